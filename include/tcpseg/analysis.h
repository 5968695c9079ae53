/** @file
 *  What a segment means to a reader: retransmissions, losses, windows, round trips. */
#ifndef TCPSEG_ANALYSIS_H
#define TCPSEG_ANALYSIS_H

#include "conn.h"

/**
 * @defgroup tcpseg_analysis The analysis
 *
 * A verdict says what a segment's receiver does with it. The analysis says what a
 * person who reads the capture wants to know of it, if the connection was set up with
 * TCPCONN_WITH_ANALYSIS. tcpconn_report::analysis has two masks in one word:
 *
 * - bits 0 to 31, **Wireshark's flags** (TCPCONN_ANALYSIS_): exactly what Wireshark 4
 *   writes before its Info column, by the same rules, so that a person sees the same
 *   words in both. Some of them are guesses from timing. Like Wireshark they look at
 *   every segment, refused ones too, and take a second SYN for a new conversation.
 * - bits 32 to 63, **what was seen** (TCPCONN_SEEN_): only what the capture proves,
 *   and only of segments that their receiver does not refuse. Where it proves nothing,
 *   no bit is set.
 *
 * tcpconn_get_analysis() tells the numbers beside them, and what is known of the whole
 * connection: the initial round trip, Wireshark's completeness, Zeek's history and
 * connection state.
 *
 * The memory is bounded: of what was sent and is not acknowledged, sixteen segments of
 * a direction are kept with their times. With more in flight, the latest ones share a
 * place, and an acknowledgment of one of those that end inside it gives no round trip;
 * flags do not depend on it.
 *
 * docs/guide/reading-a-capture.md shows both masks at work.
 * @{
 */

#ifdef __cplusplus
extern "C" {
#endif

/** Bits of tcpconn_report::analysis, by number. More may be added; numbers never
 *  change meaning. "Sent", "acknowledged" and so on: as seen here. */
enum {
    TCPCONN_ANALYSIS_RETRANSMISSION = 0,  /**< begins below the highest number sent; also with the next two */
    TCPCONN_ANALYSIS_FAST_RETRANSMISSION = 1, /**< and at the number that two duplicate ACKs asked for, less than 20 ms after the last one */
    TCPCONN_ANALYSIS_SPURIOUS_RETRANSMISSION = 2, /**< all its data was acknowledged before */
    TCPCONN_ANALYSIS_OUT_OF_ORDER = 3,    /**< begins below the highest number sent, less than the initial round trip (or 3 ms) after it */
    TCPCONN_ANALYSIS_LOST_SEGMENT = 4,    /**< begins above the highest number sent: "previous segment not captured" */
    TCPCONN_ANALYSIS_ACK_LOST_SEGMENT = 5, /**< acknowledges what was not sent: "ACKed unseen segment" */
    TCPCONN_ANALYSIS_WINDOW_UPDATE = 6,   /**< only the window has changed */
    TCPCONN_ANALYSIS_WINDOW_FULL = 7,     /**< its data ends where the receiver's window ends */
    TCPCONN_ANALYSIS_KEEP_ALIVE = 8,      /**< at most one byte, on the number before the next */
    TCPCONN_ANALYSIS_KEEP_ALIVE_ACK = 9,  /**< the answer to it */
    TCPCONN_ANALYSIS_DUPLICATE_ACK = 10,  /**< the same ACK again; tcpconn_analysis::dup_ack_num */
    TCPCONN_ANALYSIS_ZERO_WINDOW = 11,    /**< offers no window */
    TCPCONN_ANALYSIS_ZERO_WINDOW_PROBE = 12, /**< one byte into a closed window */
    TCPCONN_ANALYSIS_ZERO_WINDOW_PROBE_ACK = 13, /**< the answer to it */
    TCPCONN_ANALYSIS_REUSED_PORTS = 14,   /**< a SYN that begins a new conversation on the same ports */
    TCPCONN_ANALYSIS_TFO_SYN = 15,        /**< a SYN with a Fast Open cookie */
    TCPCONN_ANALYSIS_TFO_ACK = 16,        /**< a SYN,ACK that acknowledges a SYN's data */
    TCPCONN_ANALYSIS_TFO_IGNORED = 17,    /**< a SYN,ACK that acknowledges the SYN and not its data */

    TCPCONN_SEEN_GAP = 32,          /**< begins above all its sender has sent: segments between are missing so far */
    TCPCONN_SEEN_RESENT = 33,       /**< all its numbers were sent before */
    TCPCONN_SEEN_RESENT_PART = 34,  /**< some of its numbers were sent before */
    TCPCONN_SEEN_RESENT_TOLD = 35,  /**< sent again after its receiver had told of the loss: by three duplicate ACKs, or a SACK of later bytes (RFC 5681 section 3.2, RFC 6675) */
    TCPCONN_SEEN_RESENT_UNTOLD = 36, /**< sent again without such a sign: a time-out, or a probe (RFC 6298, RFC 8985) */
    TCPCONN_SEEN_RESENT_LATE = 37,  /**< sent again although the ACK of all of it had passed here */
    TCPCONN_SEEN_FILLS_GAP = 38,    /**< brings numbers that were missing */
    TCPCONN_SEEN_OVERTAKEN = 39,    /**< and was sent before those that came first, by timestamp or IP ID: reordered on its way */
    TCPCONN_SEEN_LOST_BEFORE = 40,  /**< and was sent after those that came first, by timestamp or IP ID: the first copy was lost before it came here */
    TCPCONN_SEEN_ACK_UNSEEN = 41,   /**< acknowledges numbers that never came by here: the capture misses segments */
    TCPCONN_SEEN_DUPLICATE_ACK = 42, /**< a duplicate acknowledgment while data is in flight (RFC 5681 section 2) */
    TCPCONN_SEEN_DSACK = 43,        /**< tells that bytes came twice (RFC 2883) */
    TCPCONN_SEEN_NEEDLESS = 44,     /**< and these were seen to be sent twice, so that the second time was needless (RFC 3708) */
    TCPCONN_SEEN_KEEP_ALIVE = 45,   /**< a probe of an idle connection (RFC 9293 section 3.8.4) */
    TCPCONN_SEEN_KEEP_ALIVE_ACK = 46, /**< the answer to it */
    TCPCONN_SEEN_WINDOW_PROBE = 47, /**< a probe of a closed window (RFC 9293 section 3.8.6.1) */
    TCPCONN_SEEN_WINDOW_PROBE_ACK = 48, /**< the answer to it: the window is still closed */
    TCPCONN_SEEN_WINDOW_CLOSED = 49, /**< its sender's window has just closed */
    TCPCONN_SEEN_WINDOW_OPENED = 50, /**< its sender's window was closed and is open again */
    TCPCONN_SEEN_WINDOW_UPDATE = 51, /**< offers a further right edge and nothing else */
    TCPCONN_SEEN_WINDOW_FULL = 52,  /**< ends where the furthest right edge its receiver has offered is; only where the scale is known */
    TCPCONN_SEEN_RTT_AMBIGUOUS = 53, /**< acknowledges bytes that were sent twice: Karn's algorithm takes no round trip of it (RFC 6298 section 3) */
    TCPCONN_SEEN_CAPTURED_TWICE = 54 /**< the same packet as the one before, captured a second time */
};

/** Bits of tcpconn_analysis::completeness, as Wireshark numbers them. Complete with
 *  data are 31 (FINs), 47 (an RST) and 63 (both). */
enum {
    TCPCONN_COMPLETE_SYN = 1,     /**< the opening SYN was seen */
    TCPCONN_COMPLETE_SYN_ACK = 2, /**< a SYN,ACK was seen */
    TCPCONN_COMPLETE_ACK = 4,     /**< an ACK without data was seen */
    TCPCONN_COMPLETE_DATA = 8,    /**< data was seen */
    TCPCONN_COMPLETE_FIN = 16,    /**< a FIN was seen */
    TCPCONN_COMPLETE_RST = 32     /**< an RST was seen */
};

/** Connection states as Zeek names them: tcpconn_analysis::zeek_state. The opener is
 *  the endpoint first seen, or the receiver of a SYN,ACK first seen. */
enum {
    TCPCONN_ZEEK_OTH = 0,    /**< none of the others: no SYN seen */
    TCPCONN_ZEEK_S0 = 1,     /**< a SYN, no answer */
    TCPCONN_ZEEK_S1 = 2,     /**< open */
    TCPCONN_ZEEK_SF = 3,     /**< opened and closed */
    TCPCONN_ZEEK_REJ = 4,    /**< refused */
    TCPCONN_ZEEK_S2 = 5,     /**< the opener has closed, the responder has not */
    TCPCONN_ZEEK_S3 = 6,     /**< the responder has closed, the opener has not */
    TCPCONN_ZEEK_RSTO = 7,   /**< open, and reset by the opener */
    TCPCONN_ZEEK_RSTR = 8,   /**< open, and reset by the responder */
    TCPCONN_ZEEK_RSTOS0 = 9, /**< a SYN, then an RST of the opener, and no answer between */
    TCPCONN_ZEEK_RSTRH = 10, /**< an answer to a SYN not seen, then an RST of the responder */
    TCPCONN_ZEEK_SH = 11,    /**< a SYN, then a FIN of the opener, and no answer between */
    TCPCONN_ZEEK_SHR = 12    /**< an answer to a SYN not seen, then a FIN of the responder */
};

/** What the analysis knows: of the segment fed last, and of the connection so far.
 *  Grows at its end. Times are nanoseconds at the place of capture, 0 where there is
 *  none. Segments are numbered in the order fed, from 1. */
typedef struct tcpconn_analysis {
    uint64_t flags;         /**< the segment's, as tcpconn_report::analysis */
    uint64_t ack_rtt;       /**< since the segment that this one acknowledges to its end was sent */
    uint64_t rto;           /**< with TCPCONN_ANALYSIS_RETRANSMISSION, where Wireshark tells it: since the oldest segment not acknowledged */
    uint64_t initial_rtt;   /**< of the connection: from the opener's latest SYN to the handshake's third step */
    uint32_t bytes_in_flight; /**< its sender's bytes not acknowledged, less those that SACK told of, with this segment; 0: not known */
    uint32_t push_bytes;    /**< its sender's bytes since the last PSH, with this segment; 0: not known */
    uint32_t dup_ack_num;   /**< with TCPCONN_ANALYSIS_DUPLICATE_ACK: how often so far */
    uint32_t dup_ack_of;    /**< number of the segment of its sender that had this ACK first; itself, mostly */
    uint32_t segment;       /**< the segment's number; 0: none was fed */
    uint8_t dir;            /**< who sent it: 0 or 1 */
    uint8_t completeness;   /**< of the connection: TCPCONN_COMPLETE_ */
    uint8_t zeek_state;     /**< of the connection: TCPCONN_ZEEK_ */
    uint8_t reserved0;      /**< 0 */
    uint32_t window;        /**< the segment's window, bytes, as Wireshark reads it: scaled where its sender's SYN told the scale, and its peer's SYN, if seen, did not refuse it; tcpconn_report::wnd_scaled may know better */
    uint32_t reserved;      /**< 0 */
    char history[32];       /**< of the connection: Zeek's letters, upper case for the opener; what comes after the 31st is left out */
} tcpconn_analysis;

/**
 * Tell what the analysis knows.
 *
 * @param conn      the connection; also inside a callback.
 * @param out       receives it.
 * @param out_size  sizeof *out in the caller's program. Bytes this library does not
 *                  know are zeroed.
 * @return the bytes this library knows (above 0), or
 * @retval TCPSEG_ERR_ARG    a NULL pointer.
 * @retval TCPSEG_ERR_STATE  not a connection of this build, or one set up without
 *                           TCPCONN_WITH_ANALYSIS.
 *
 * Inside a TCPCONN_EV_END because of reuse it still is the old connection's. A
 * restored connection's analysis begins anew (save.h). Constant time; any number of
 * threads may read a connection that none changes.
 * @since 0.1
 */
TCPSEG_API int tcpconn_get_analysis(const tcpconn *conn, tcpconn_analysis *out,
                                    size_t out_size);

/**
 * Name a bit of tcpconn_report::analysis: Wireshark's by the name of its display
 * filter without "tcp.analysis.", ours in lower case with hyphens.
 *
 * @param bit  TCPCONN_ANALYSIS_ or TCPCONN_SEEN_.
 * @return a constant ASCII string; NULL for any other number.
 * @since 0.1
 */
TCPSEG_API const char *tcpconn_analysis_name(unsigned bit);

/**
 * Say in a sentence what a bit of tcpconn_report::analysis means.
 *
 * @param bit  TCPCONN_ANALYSIS_ or TCPCONN_SEEN_.
 * @return a constant ASCII string; NULL for any other number.
 * @since 0.1
 */
TCPSEG_API const char *tcpconn_analysis_text(unsigned bit);

/**
 * Name a connection state as Zeek writes it: "SF".
 *
 * @param state  TCPCONN_ZEEK_.
 * @return a constant ASCII string; NULL past the last one.
 * @since 0.1
 */
TCPSEG_API const char *tcpconn_zeek_state_name(int state);

#ifdef __cplusplus
}
#endif
/** @} */
#endif
