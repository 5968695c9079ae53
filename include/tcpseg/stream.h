/** @file
 *  The byte streams of a connection: what its receivers got. */
#ifndef TCPSEG_STREAM_H
#define TCPSEG_STREAM_H

#include "conn.h"

/**
 * @defgroup tcpseg_stream The byte stream
 *
 * TCP gives each receiver a stream of bytes without loss, repetition or disorder
 * (RFC 9293 section 2.2). tcpconn_feed() shows that same stream, of both directions,
 * to the callbacks tcpconn_config::on_data, on_gap and on_overlap. Where none of them
 * is set, and TCPCONN_CONFIG_STREAMS neither, streams cost nothing.
 *
 * **In order** bytes are delivered straight from the packet, without a copy and
 * without any memory. Only bytes that come out of order are copied, into a pool of
 * fixed blocks in the caller's memory that all connections of an environment share.
 * What finds no room there is not kept, and told as missing when its turn comes.
 *
 * **Offsets** are 64-bit and count the bytes behind the sender's SYN, or behind the
 * first byte seen of a connection picked up. The events of one direction are
 * contiguous: each TCPCONN_EV_DATA or TCPCONN_EV_GAP starts where the one before it
 * ended. Nothing is lost without being told, and nothing is invented.
 *
 * **When** bytes are delivered: on arrival as soon as they are in order, or on
 * acknowledgement, when their receiver has said that it took them
 * (tcpconn_config::delivery). On arrival, a segment lost behind the tap is delivered
 * when it is first seen.
 *
 * docs/guide/stream.md says more.
 * @{
 */

#ifdef __cplusplus
extern "C" {
#endif

/** Flags of tcpconn_config::flags. */
enum {
    TCPCONN_CONFIG_STREAMS = 1 /**< with an event ring: DATA, GAP and OVERLAP go there too */
};

/** When bytes are delivered: tcpconn_config::delivery. */
enum {
    TCPCONN_DELIVER_ON_ARRIVAL = 0, /**< once they are in order */
    TCPCONN_DELIVER_ON_ACK = 1      /**< once the receiver has acknowledged them. All of them are copied, and both directions have to be seen */
};

/** What becomes of urgent bytes (RFC 9293 section 3.8.5, RFC 6093):
 *  tcpconn_config::urgent. Offsets count them either way. */
enum {
    TCPCONN_URGENT_IN_LINE = 0, /**< bytes like all others, as with SO_OOBINLINE */
    TCPCONN_URGENT_APART = 1    /**< a TCPCONN_EV_DATA of its own, tcpconn_event::why TCPCONN_DATA_URGENT: Linux gives it out of band unless asked */
};

/** What a TCPCONN_EV_DATA holds: tcpconn_event::why. */
enum {
    TCPCONN_DATA_PLAIN = 0, /**< bytes of the stream */
    TCPCONN_DATA_URGENT = 1 /**< one urgent byte, with TCPCONN_URGENT_APART */
};

/** Why bytes are missing: tcpconn_event::why of TCPCONN_EV_GAP. */
enum {
    TCPCONN_GAP_UNSEEN = 1,   /**< the receiver has acknowledged them, and no segment with them was seen */
    TCPCONN_GAP_CUT = 2,      /**< their segment was seen, and captured without them */
    TCPCONN_GAP_NOT_KEPT = 3, /**< they came out of order, and there was no room */
    TCPCONN_GAP_GIVEN_UP = 4, /**< nobody has shown that they ever arrived; what was seen behind them is delivered */
    TCPCONN_GAP_UNPROVEN = 5, /**< they were seen and never acknowledged: TCPCONN_DELIVER_ON_ACK, at the end */
    TCPCONN_GAP_DEPTH = 6,    /**< 0 bytes: tcpconn_config::depth is reached, and nothing more is told of this direction */
    TCPCONN_GAP_MOVED = 7     /**< 0 bytes: the connection was picked up at a wrong place; what came before was none of it. Offsets begin at 0 again */
};

/** Who owns bytes that two segments sent differently: tcpconn_event::winner. */
enum {
    TCPCONN_WINNER_OLD = 0, /**< the segment that came first */
    TCPCONN_WINNER_NEW = 1  /**< the one that came last */
};

/** How a receiver treats segments that overlap while they wait for bytes before them:
 *  tcpconn_config::overlap, for either endpoint as a receiver. Bytes already in order
 *  are never replaced. The rows: Novak and Sturges, Target-Based TCP Stream
 *  Reassembly (2007). */
enum {
    TCPCONN_OVERLAP_LINUX = 0,     /**< Linux 2.4 and later, as measured on 6 */
    TCPCONN_OVERLAP_FIRST = 1,     /**< what came first */
    TCPCONN_OVERLAP_LAST = 2,      /**< what came last */
    TCPCONN_OVERLAP_BSD = 3,       /**< the BSDs */
    TCPCONN_OVERLAP_MACOS = 4,     /**< as BSD */
    TCPCONN_OVERLAP_WINDOWS = 5,   /**< up to Windows 2003 */
    TCPCONN_OVERLAP_VISTA = 6,     /**< Windows Vista and later */
    TCPCONN_OVERLAP_OLD_LINUX = 7, /**< Linux up to 2.2 */
    TCPCONN_OVERLAP_IRIX = 8,      /**< IRIX */
    TCPCONN_OVERLAP_HPUX10 = 9,    /**< HP-UX 10 */
    TCPCONN_OVERLAP_HPUX11 = 10,   /**< HP-UX 11 */
    TCPCONN_OVERLAP_SOLARIS = 11,  /**< Solaris */
    TCPCONN_N_OVERLAPS = 12,       /**< how many there are */
    TCPCONN_OVERLAP_SNORT = 0x80   /**< added: where the two engines that read the literature disagree (IRIX, HP-UX, Solaris), Snort's reading instead of Suricata's */
};

/** What a pool has seen: tcpconn_pool_get_stats(). */
typedef struct tcpconn_pool_stats {
    uint32_t block_size; /**< bytes */
    uint32_t blocks;     /**< all */
    uint32_t used;       /**< now */
    uint32_t most_used;  /**< ever */
    uint64_t refused;    /**< segments that found no room */
    uint64_t reserved;   /**< 0 */
} tcpconn_pool_stats;

/**
 * Tell the bytes a pool needs.
 *
 * @param blocks      how many blocks.
 * @param block_size  bytes of one: a power of two from 1024 to 65536.
 * @return bytes; 0 if an argument is out of range, or the sum above SIZE_MAX.
 * @since 0.1
 */
TCPSEG_API size_t tcpconn_pool_size(uint32_t blocks, uint32_t block_size);

/**
 * Set up a pool in the caller's memory: as many blocks as fit.
 *
 * A direction whose bytes come out of order takes one block for its list of ranges,
 * one for an index, and as many as the bytes need; all are given back as the stream
 * goes on. 2048 is a good size.
 *
 * @param mem         the memory, aligned as tcpconn_storage. It holds no pointers and may be
 *                    moved with memcpy, like a connection.
 * @param mem_size    its bytes.
 * @param block_size  bytes of one block: a power of two from 1024 to 65536.
 * @param out         receives @p mem as a pool.
 *
 * @retval TCPSEG_OK         ready.
 * @retval TCPSEG_ERR_ARG    a NULL pointer, or no such block size.
 * @retval TCPSEG_ERR_SIZE   not even four blocks fit.
 * @retval TCPSEG_ERR_ALIGN  @p mem is not aligned so.
 *
 * A pool belongs to one thread, and may serve several environments there. Cost: one
 * word is written for each block.
 * @since 0.1
 */
TCPSEG_API int tcpconn_pool_init(void *mem, size_t mem_size,
                                 uint32_t block_size, tcpconn_pool **out);

/**
 * Tell how full a pool is.
 *
 * @param pool      the pool.
 * @param out       receives the numbers.
 * @param out_size  sizeof *out in the caller's program.
 * @return the bytes of them that this library knows, TCPSEG_ERR_ARG for a NULL
 *         pointer, TCPSEG_ERR_STATE for what is not a pool of this build.
 * @since 0.1
 */
TCPSEG_API int tcpconn_pool_get_stats(const tcpconn_pool *pool,
                                      tcpconn_pool_stats *out, size_t out_size);

/**
 * Stop following a direction's bytes. Its blocks are free again; states and verdicts
 * go on as before.
 *
 * @param conn  the connection, not inside a callback.
 * @param env   its environment.
 * @param dir   whose bytes: 0 or 1, their sender.
 * @return TCPSEG_OK, also if it was stopped before, or an error as tcpconn_feed().
 *
 * A new connection on the same ports (TCPCONN_END_REUSED) is followed again.
 * @since 0.1
 */
TCPSEG_API int tcpconn_stream_stop(tcpconn *conn, tcpconn_env *env, int dir);

/**
 * Find the bytes of a TCPCONN_EV_DATA that was read from the event ring.
 *
 * @param env   the environment.
 * @param ev    the event, from tcpconn_next_event() after the call that caused it and
 *              before the next call that feeds anything to an environment with the
 *              same pool.
 * @param data  what that call was given as `data`.
 * @return tcpconn_event::len bytes; NULL for other events and NULL pointers.
 * @since 0.1
 */
TCPSEG_API const void *tcpconn_event_bytes(const tcpconn_env *env,
                                           const tcpconn_event *ev,
                                           const void *data);

/**
 * Name the reason of a gap: "acknowledged-unseen", "cut" ...
 *
 * @param why  TCPCONN_GAP_UNSEEN ..
 * @return a constant ASCII string; NULL for any other number.
 * @since 0.1
 */
TCPSEG_API const char *tcpconn_gap_name(int why);

/**
 * Name an overlap policy: "linux", "first" ...
 *
 * @param policy  TCPCONN_OVERLAP_LINUX .., with or without TCPCONN_OVERLAP_SNORT.
 * @return a constant ASCII string; NULL past the last one.
 * @since 0.1
 */
TCPSEG_API const char *tcpconn_overlap_name(int policy);

#ifdef __cplusplus
}
#endif
/** @} */
#endif
