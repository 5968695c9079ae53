/** @file
 *  A connection's numbers: what was agreed, how far it is, what was counted. */
#ifndef TCPSEG_SUMMARY_H
#define TCPSEG_SUMMARY_H

#include "conn.h"

/**
 * @defgroup tcpseg_summary The summary
 *
 * tcpconn_get_summary() tells what is known of a connection at any time: both
 * endpoints' numbers, what their SYNs offered, what the two agreed on.
 * tcpconn_get_stats() tells what was counted of the segments of one direction, if
 * the connection was set up with TCPCONN_WITH_STATS. Both fill as much of the
 * caller's struct as the two sides know.
 * @{
 */

#ifdef __cplusplus
extern "C" {
#endif

/** Bits of tcpconn_endpoint_summary::flags. */
enum {
    TCPCONN_EP_HEARD = 1,    /**< it was seen sending */
    TCPCONN_EP_OPENER = 2,   /**< it sent the first SYN (both, in a simultaneous open) */
    TCPCONN_EP_PROVEN = 4,   /**< its numbers are proven: by its SYN, or by its peer's ACKs since */
    TCPCONN_EP_FIN = 8,      /**< it has sent a FIN */
    TCPCONN_EP_FIN_ACKED = 16, /**< which was acknowledged */
    TCPCONN_EP_WINDOW = 32,  /**< it has acknowledged with a window: rcv_wnd says how far */
    TCPCONN_EP_RST_DOUBTED = 64 /**< an inexact RST in its name was refused */
};

/** What an endpoint's SYN offered: bits of tcpconn_endpoint_summary::offered. */
enum {
    TCPCONN_OFFER_MSS = 1,         /**< maximum segment size (RFC 9293 section 3.7.1) */
    TCPCONN_OFFER_WSCALE = 2,      /**< window scale (RFC 7323 section 2) */
    TCPCONN_OFFER_SACK = 4,        /**< SACK permitted (RFC 2018 section 2) */
    TCPCONN_OFFER_TIMESTAMPS = 8,  /**< timestamps (RFC 7323 section 3) */
    TCPCONN_OFFER_FASTOPEN_REQUEST = 16, /**< an empty Fast Open cookie: asks for one (RFC 7413 section 4.1.1) */
    TCPCONN_OFFER_FASTOPEN_COOKIE = 32, /**< a Fast Open cookie: used by an opener, given by its peer */
    TCPCONN_OFFER_MPTCP_CAPABLE = 64, /**< MP_CAPABLE (RFC 8684 section 3.1) */
    TCPCONN_OFFER_MPTCP_JOIN = 128, /**< MP_JOIN (RFC 8684 section 3.2) */
    TCPCONN_OFFER_ECN = 256,       /**< ECN setup (RFC 3168 section 6.1.1) */
    TCPCONN_OFFER_ACCECN = 512,    /**< AccECN setup (RFC 9768 section 3.1.1) */
    TCPCONN_OFFER_MD5 = 1024,      /**< an MD5 signature (RFC 2385) */
    TCPCONN_OFFER_AO = 2048        /**< TCP-AO (RFC 5925) */
};

/** What became of Fast Open (RFC 7413): tcpconn_summary::fastopen. */
enum {
    TCPCONN_FASTOPEN_NONE = 0,      /**< not mentioned */
    TCPCONN_FASTOPEN_REQUESTED = 1, /**< a cookie was asked for, and not given so far */
    TCPCONN_FASTOPEN_GRANTED = 2,   /**< and given */
    TCPCONN_FASTOPEN_TRIED = 3,     /**< a cookie was used; not answered so far, or without data in the SYN */
    TCPCONN_FASTOPEN_ACCEPTED = 4,  /**< data in the SYN was acknowledged by the SYN,ACK */
    TCPCONN_FASTOPEN_IGNORED = 5    /**< only the SYN was */
};

/** What was agreed on about ECN: tcpconn_summary::ecn. */
enum {
    TCPCONN_ECN_NONE = 0,    /**< not offered, or refused */
    TCPCONN_ECN_OFFERED = 1, /**< not answered so far */
    TCPCONN_ECN_CLASSIC = 2, /**< ECN as in RFC 3168 */
    TCPCONN_ECN_ACCURATE = 3 /**< AccECN (RFC 9768 section 3.1) */
};

/** One endpoint of a summary. 64 bytes, host order. Numbers are sequence numbers as
 *  on the wire; those of an endpoint of which nothing is known are 0. */
typedef struct tcpconn_endpoint_summary {
    uint32_t iss;      /**< ISS; picked up in the middle: the first number seen less 1 */
    uint32_t snd_una;  /**< oldest number its peer has not acknowledged */
    uint32_t snd_nxt;  /**< number after the last one it was seen to send */
    uint32_t rcv_nxt;  /**< number after the last one it can have received in order */
    uint32_t rcv_wnd;  /**< bytes it takes from its last ACK on: up to the furthest right edge it has offered, by scale_high */
    uint32_t ts_recent; /**< TS.Recent (RFC 7323 section 4.3), if timestamps are agreed on; else 0 */
    uint16_t mss;      /**< MSS its SYN announced; 0: none */
    uint16_t offered;  /**< TCPCONN_OFFER_ of its SYN */
    uint8_t state;     /**< TCPCONN_CLOSED and up */
    uint8_t sure;      /**< 1 if the traffic proves that state */
    uint8_t flags;     /**< TCPCONN_EP_ */
    uint8_t ttl;       /**< TTL or hop limit of its first segment; 0: not told */
    uint8_t scale_low; /**< window scale shift in use is at least this, */
    uint8_t scale_high; /**< and at most this: equal when known, 0 and 14 when nothing is */
    uint8_t reserved0[6]; /**< 0 */
    uint64_t sent;     /**< bytes of its stream up to snd_nxt, without SYN and FIN */
    uint64_t acked;    /**< of them, acknowledged */
    uint64_t reserved; /**< 0 */
} tcpconn_endpoint_summary;

/** A connection's summary. Grows at its end. Host order. */
typedef struct tcpconn_summary {
    uint64_t tag;     /**< what tcpconn_set_tag() was given */
    uint64_t last;    /**< time of the last accepted segment, nanoseconds */
    uint32_t parts;   /**< TCPCONN_WITH_ it was set up with */
    uint8_t assumed;  /**< 1: its beginning was not seen */
    uint8_t why;      /**< TCPCONN_END_CLOSED, RESET or TIMED_OUT once that has come about; else 0 */
    uint8_t fastopen; /**< TCPCONN_FASTOPEN_ */
    uint8_t ecn;      /**< TCPCONN_ECN_ */
    uint8_t syn_ecn;  /**< with TCPCONN_ECN_ACCURATE: the IP-ECN field with which the SYN arrived, as its answer reports it: 0 Not-ECT, 1 ECT(1), 2 ECT(0), 3 CE */
    uint8_t timestamps; /**< 1: agreed on */
    uint8_t sack;     /**< 1: agreed on */
    uint8_t wscale;   /**< 1: agreed on */
    uint8_t split;    /**< 1: simultaneous open or split handshake */
    uint8_t reserved0[3]; /**< 0 */
    tcpconn_endpoint_summary ep[2]; /**< both endpoints */
} tcpconn_summary;

/** Counters of the segments one endpoint sent. Grows at its end. Segments are those
 *  fed, without capture duplicates. Refused ones are in `segments`, `bytes`,
 *  `rejected`, `window_probes` and `checks` only, so that forged segments cannot bend
 *  the others. What was "sent before" was *seen* before: a segment that overtook
 *  another on its way does not turn that into one sent twice (up to eight such gaps
 *  are kept). A new connection on the same ports begins at 0. Times are nanoseconds
 *  at the place of capture: of the way to one endpoint and back. */
typedef struct tcpconn_stats {
    uint64_t segments;   /**< segments of any verdict but MALFORMED */
    uint64_t bytes;      /**< their payload, as the IP header tells it */
    uint64_t new_segments; /**< of them, with sequence numbers not sent before */
    uint64_t new_bytes;  /**< and payload not sent before */
    uint64_t resent_segments; /**< with numbers all sent before */
    uint64_t resent_bytes; /**< payload sent before, in them and in trimmed ones */
    uint64_t queued;     /**< segments out of order */
    uint64_t rejected;   /**< segments refused, after revision */
    uint64_t malformed;  /**< segments that are none */
    uint64_t dropped;    /**< segments told to tcpconn_drop() */
    uint64_t captured_twice; /**< capture duplicates, in no other counter */
    uint64_t acks;       /**< segments without SYN, FIN, RST and payload */
    uint64_t duplicate_acks; /**< of them, those that say nothing new while data is in flight (RFC 5681 section 2) */
    uint64_t challenge_acks; /**< answers to refused segments */
    uint64_t keep_alives; /**< probes of an idle connection */
    uint64_t window_probes; /**< probes of a window its peer has closed */
    uint64_t zero_windows; /**< times its window closed */
    uint64_t icmp_errors; /**< ICMP errors believed that quote it */
    uint32_t path_mtu;   /**< the smallest MTU of 68 or more told by them; 0: none */
    uint32_t window_min; /**< smallest window it offered after its SYN, bytes, by scale_low */
    uint32_t window_max; /**< largest window it offered after its SYN, bytes */
    uint32_t in_flight;  /**< bytes sent and not acknowledged, without SYN and FIN; 0 if its peer was not heard */
    uint32_t in_flight_max; /**< most bytes so at any time */
    uint32_t rtt_samples; /**< round trips measured: from its segments to their first acknowledgment, one at a time; of a segment sent twice only if the echoed timestamp tells which was answered (RFC 6298 section 3, RFC 7323 section 4) */
    uint64_t rtt_handshake; /**< from its SYN or SYN,ACK, sent once, to the answer; 0: not measured */
    uint64_t rtt_min;    /**< shortest, at least 1; 0: none measured */
    uint64_t rtt_smoothed; /**< SRTT (RFC 6298 section 2) */
    uint64_t rtt_last;   /**< latest */
    uint32_t checks[64]; /**< how often each check was met, by number */
} tcpconn_stats;

/**
 * Tell what is known of a connection.
 *
 * @param conn      the connection; also inside a callback.
 * @param out       receives it.
 * @param out_size  sizeof *out in the caller's program. Bytes this library does not
 *                  know are zeroed.
 * @return the bytes this library knows (above 0), or
 * @retval TCPSEG_ERR_ARG    a NULL pointer.
 * @retval TCPSEG_ERR_STATE  not a connection of this build.
 *
 * Constant time. Any number of threads may read a connection that none changes.
 * @since 0.1
 */
TCPSEG_API int tcpconn_get_summary(const tcpconn *conn, tcpconn_summary *out,
                                   size_t out_size);

/**
 * Tell what was counted of one direction.
 *
 * @param conn      the connection; also inside a callback.
 * @param dir       which endpoint sent the segments: 0 or 1.
 * @param out       receives the counters.
 * @param out_size  sizeof *out in the caller's program. Bytes this library does not
 *                  know are zeroed.
 * @return the bytes this library knows (above 0), or
 * @retval TCPSEG_ERR_ARG    a NULL pointer, or @p dir is not a direction.
 * @retval TCPSEG_ERR_STATE  not a connection of this build, or one set up without
 *                           TCPCONN_WITH_STATS.
 *
 * Constant time.
 * @since 0.1
 */
TCPSEG_API int tcpconn_get_stats(const tcpconn *conn, int dir,
                                 tcpconn_stats *out, size_t out_size);

#ifdef __cplusplus
}
#endif
/** @} */
#endif
