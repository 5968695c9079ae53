/** @file
 *  Segments to a connection: the states of both endpoints. */
#ifndef TCPSEG_CONN_H
#define TCPSEG_CONN_H

#include "check.h"
#include "segment.h"

/**
 * @defgroup tcpseg_conn The connection
 *
 * A TCP connection is two endpoints, each with a state of its own (RFC 9293
 * section 3.3.2), and neither is on the wire: only segments are. An observer at
 * a tap feeds those segments to tcpconn_feed(), in the order captured, and is
 * told what they prove about both endpoints.
 *
 * What an endpoint *sends* is certain: a FIN on the wire was sent. What it has
 * *received* is not: a segment seen at the tap may be lost behind it. So a
 * receipt takes effect when the endpoint's own answer shows it: a listener has
 * received a SYN when its SYN,ACK is seen, and a FIN when its ACK covers it.
 * Where no answer is due (the third step of the handshake, the ACK of a FIN) the
 * receipt is taken to have happened when it is seen, and marked `sure` 0 until
 * the endpoint acts on it (after ESTABLISHED: until its next change of state). A
 * state never moves backwards: a retransmitted SYN or FIN changes nothing.
 *
 * **Verdicts.** Of every segment the library says what its receiver does with it
 * (TCPCONN_ACCEPTED ..) and why, as a mask of named checks (check.h). The receiver
 * is a Linux host unless tcpconn_config::profile says otherwise. Where only the
 * receiver's own answer can tell, the verdict is *provisional*
 * (tcpconn_report::provisional), and one TCPCONN_EV_REVISE with the same id
 * follows when that answer is seen. A rejected segment moves no number.
 *
 * **Reuse.** When a SYN opens a new connection between the same two ports, the old
 * one ends (TCPCONN_EV_END, TCPCONN_END_REUSED) and the same memory follows the new
 * one. So it is with traffic after a time-out.
 *
 * Directions and endpoints are 0 and 1; which is which is the caller's choice
 * and must only be the same for all segments of a connection. The library knows
 * no client and no server.
 *
 * **Memory.** The caller gives it. A connection lives in TCPCONN_STORAGE_SIZE
 * bytes anywhere: stack, array, shared memory. It holds no pointers and may be
 * moved with memcpy (the old copy is then dead) and used by the same build of
 * the library elsewhere. The environment (tcpconn_env) holds the caller's policy
 * and callbacks, serves any number of connections and belongs to one thread.
 *
 * **Callbacks** run at the end of a call, when the state is final. Inside one
 * the accessors may be called; feed, tick and end on the same connection or
 * environment are TCPSEG_ERR_REENTRY.
 *
 * **Time** is nanoseconds since any moment the caller likes. The library has no
 * clock. A step back expires nothing.
 *
 * docs/guide/handshake-and-close.md walks through a whole connection,
 * docs/guide/states-and-verdicts.md lists states, events and checks.
 * @{
 */

#ifdef __cplusplus
extern "C" {
#endif

/** States of an endpoint: RFC 9293 section 3.3.2. */
enum {
    TCPCONN_CLOSED = 0,       /**< no connection: before it, or after it */
    TCPCONN_LISTEN = 1,       /**< waiting for a SYN; inferred from a peer's SYN */
    TCPCONN_SYN_SENT = 2,     /**< has sent a SYN */
    TCPCONN_SYN_RECEIVED = 3, /**< has received a SYN and sent its own */
    TCPCONN_ESTABLISHED = 4,  /**< open: data may flow both ways */
    TCPCONN_FIN_WAIT_1 = 5,   /**< has sent a FIN */
    TCPCONN_FIN_WAIT_2 = 6,   /**< its FIN is acknowledged; the peer may still send */
    TCPCONN_CLOSE_WAIT = 7,   /**< has received a FIN; may still send */
    TCPCONN_CLOSING = 8,      /**< both FINs crossed; its own is not acknowledged yet */
    TCPCONN_LAST_ACK = 9,     /**< has received a FIN, sent its own, waits for the last ACK */
    TCPCONN_TIME_WAIT = 10    /**< done; waits 2MSL in case its last ACK was lost */
};

/** Where the observer stands: tcpconn_config::vantage. */
enum {
    TCPCONN_VANTAGE_TAP = 0,   /**< beside the path: may miss and reorder segments */
    TCPCONN_VANTAGE_INLINE = 1 /**< on the path: sees all that arrives */
};

/** Whose rules a receiver follows where hosts differ: tcpconn_config::profile. */
enum {
    TCPCONN_PROFILE_LINUX = 0,  /**< Linux 6, as measured */
    TCPCONN_PROFILE_RFC9293 = 1 /**< RFC 9293, 5961 and 7323 to the letter */
};

/** Optional parts of a connection: tcpconn_size(), tcpconn_init(). */
enum {
    TCPCONN_WITH_STATS = 1,   /**< counters and round-trip times: tcpconn_get_stats() */
    TCPCONN_WITH_ANALYSIS = 2 /**< what segments mean to a reader, at most 1024 bytes: tcpconn_get_analysis() */
};

/** Situations with a time-out: indexes of tcpconn_config::timeout. A connection in
 *  which nothing was accepted for so long is over: TCPCONN_END_TIMED_OUT. (2MSL in
 *  TIME-WAIT is tcpconn_config::msl.) */
enum {
    TCPCONN_TIMEOUT_SYN_SENT = 0,     /**< a SYN without an answer; sending it again gains no time */
    TCPCONN_TIMEOUT_SYN_RECEIVED = 1, /**< a SYN,ACK without an answer */
    TCPCONN_TIMEOUT_ESTABLISHED = 2,  /**< open */
    TCPCONN_TIMEOUT_HALF_CLOSED = 3,  /**< one FIN was sent */
    TCPCONN_TIMEOUT_CLOSING = 4,      /**< both FINs were sent */
    TCPCONN_TIMEOUT_RESET = 5,        /**< an RST ended it: how long stragglers count as its own */
    TCPCONN_TIMEOUT_ASSUMED = 6,      /**< picked up in its middle, one direction heard so far */
    TCPCONN_N_TIMEOUTS = 7            /**< how many there are */
};

/** Sets of time-outs: tcpconn_config_timeouts(). */
enum {
    TCPCONN_TIMEOUTS_DEFAULT = 0,  /**< the RFCs' */
    TCPCONN_TIMEOUTS_NETFILTER = 1, /**< as Linux's nf_conntrack */
    TCPCONN_TIMEOUTS_PF = 2,       /**< as OpenBSD's pf */
    TCPCONN_TIMEOUTS_SURICATA = 3  /**< as Suricata's */
};

/** Event types: tcpconn_event::type. */
enum {
    TCPCONN_EV_STATE = 1,   /**< an endpoint changed its state */
    TCPCONN_EV_DATA = 2,    /**< bytes of a stream, in order: stream.h */
    TCPCONN_EV_GAP = 3,     /**< bytes of a stream are missing */
    TCPCONN_EV_OVERLAP = 4, /**< two segments sent the same numbers with different bytes */
    TCPCONN_EV_FINDING = 5, /**< a check of severity TCPCONN_BENIGN or more */
    TCPCONN_EV_REVISE = 6,  /**< a provisional verdict is settled */
    TCPCONN_EV_END = 7,     /**< the connection is over: tcpconn_end(), reuse, or traffic after a time-out */
    TCPCONN_EV_NOT_KEPT = 8 /**< bytes came out of order, and there was no room for them: when their turn comes they will be missing */
};

/** What a TCPCONN_EV_FINDING is about: tcpconn_event::why. */
enum {
    TCPCONN_FINDING_SEEN = 0,    /**< the segment at hand */
    TCPCONN_FINDING_SILENCE = 1, /**< an inexact RST refused earlier, after which the connection fell silent or died */
    TCPCONN_FINDING_DISPUTED = 2 /**< an RST believed earlier, whose supposed sender goes on */
};

/** Why a connection ended: tcpconn_event::why of TCPCONN_EV_END. */
enum {
    TCPCONN_END_CLOSED = 1,    /**< both FINs were acknowledged */
    TCPCONN_END_RESET = 2,     /**< an RST ended it */
    TCPCONN_END_TIMED_OUT = 3, /**< nothing was seen for too long */
    TCPCONN_END_REUSED = 4,    /**< its addresses and ports serve a new connection */
    TCPCONN_END_EVICTED = 5,   /**< the caller needed the memory */
    TCPCONN_END_CAPTURE = 6    /**< there are no more segments to see */
};

/** A connection: opaque, in the caller's memory. */
typedef struct tcpconn tcpconn;
/** The caller's policy and callbacks: opaque, in the caller's memory. */
typedef struct tcpconn_env tcpconn_env;
/** Memory for out-of-order bytes. */
typedef struct tcpconn_pool tcpconn_pool;

/** What a callback is told. Frozen: 64 bytes, the same layout on every target. */
typedef struct tcpconn_event {
    uint64_t now;       /**< time of the segment or tick that caused it, nanoseconds; 0 for the END of tcpconn_end() */
    uint64_t offset;    /**< DATA, GAP, OVERLAP, NOT_KEPT: of the first byte, in the stream of `dir`. Otherwise 0 */
    uint32_t len;       /**< DATA, GAP, OVERLAP, NOT_KEPT: bytes. FINDING: how often this check was met in this connection, where counted (TCPCONN_WITH_STATS), else 0. Otherwise 0 */
    uint32_t seq;       /**< sequence number of the segment it is about, or that caused it; 0 without one, and for REVISE */
    uint8_t type;       /**< TCPCONN_EV_ */
    uint8_t dir;        /**< who sent the segment it is about, or the bytes */
    uint8_t endpoint;   /**< STATE: whose state changed */
    uint8_t old_state;  /**< STATE: before. END: endpoint 0's */
    uint8_t new_state;  /**< STATE: after. END: endpoint 1's */
    uint8_t sure;       /**< STATE: 1 if the traffic proves it, 0 if it was inferred */
    uint8_t why;        /**< END: TCPCONN_END_. FINDING: TCPCONN_FINDING_. GAP: TCPCONN_GAP_. DATA: TCPCONN_DATA_ */
    uint8_t winner;     /**< OVERLAP: TCPCONN_WINNER_ */
    uint64_t checks;    /**< STATE: checks of the segment that caused it. FINDING: the one check. REVISE: the checks that stand now */
    uint64_t tag;       /**< what tcpconn_set_tag() was given */
    uint32_t id;        /**< REVISE: tcpconn_report::id of the verdict it settles. OVERLAP: bytes of the older piece, whole */
    uint8_t verdict;    /**< REVISE: the verdict that stands now. FINDING: the segment's */
    uint8_t reserved0[3]; /**< 0 */
    uint64_t place;     /**< OVERLAP: where the older piece began, in the stream. DATA: for tcpconn_event_bytes(). Otherwise 0 */
} tcpconn_event;

/**
 * A callback.
 *
 * @param user   tcpconn_config::user.
 * @param conn   the connection; accessors only.
 * @param ev     the event, valid during the call.
 * @param bytes  DATA: tcpconn_event::len bytes, valid during the call. NULL for all
 *               others.
 */
typedef void tcpconn_callback(void *user, tcpconn *conn,
                              const tcpconn_event *ev, const void *bytes);

/** Policy. The caller starts with tcpconn_config_default(), changes what it
 *  likes, and passes it to tcpconn_env_init(), which reads it once. Members this
 *  version does not act on must stay as the default has them. */
typedef struct tcpconn_config {
    uint32_t struct_size; /**< sizeof(tcpconn_config) in the caller's program */
    uint32_t flags;       /**< TCPCONN_CONFIG_ bits */
    uint8_t profile[2];   /**< TCPCONN_PROFILE_ of either endpoint as a receiver */
    uint8_t overlap[2];   /**< TCPCONN_OVERLAP_ of either endpoint as a receiver */
    uint8_t delivery;     /**< TCPCONN_DELIVER_ */
    uint8_t midstream;    /**< 0: follow a connection from where it is first seen. 1: only from its SYN */
    uint8_t urgent;       /**< TCPCONN_URGENT_ */
    uint8_t vantage;      /**< TCPCONN_VANTAGE_ */
    uint64_t msl;         /**< maximum segment lifetime, nanoseconds; 0: the default of 30 s. TIME-WAIT lasts twice this */
    uint64_t timeout[16]; /**< by TCPCONN_TIMEOUT_, nanoseconds; 0: the default, UINT64_MAX: never */
    void *user;           /**< handed to every callback */
    tcpconn_callback *on_state; /**< TCPCONN_EV_STATE, or NULL */
    tcpconn_callback *on_data;    /**< TCPCONN_EV_DATA, or NULL */
    tcpconn_callback *on_gap;     /**< TCPCONN_EV_GAP and TCPCONN_EV_NOT_KEPT, or NULL */
    tcpconn_callback *on_overlap; /**< TCPCONN_EV_OVERLAP, or NULL */
    tcpconn_callback *on_finding; /**< TCPCONN_EV_FINDING, or NULL. Of a check counted by TCPCONN_WITH_STATS the 1st, 10th, 100th .. is told, else each */
    tcpconn_callback *on_revise;  /**< TCPCONN_EV_REVISE, or NULL */
    tcpconn_callback *on_end;   /**< TCPCONN_EV_END, or NULL */
    tcpconn_pool *pool;         /**< memory for bytes out of order, for as long as the environment is used, or NULL: they are told, not kept */
    tcpconn_event *events;      /**< pull instead of callbacks: a ring for events, the caller's memory, or NULL. Read it with tcpconn_next_event() */
    uint32_t events_size;       /**< sizeof(tcpconn_event) in the caller's program */
    uint32_t events_capacity;   /**< how many it holds */
    uint64_t depth[2];          /**< by direction: of a stream, no byte behind so many is told; 0: all are */
    uint32_t islands;           /**< runs of bytes out of order that a direction may keep; 0: 64. At most what a block holds: 48 in one of 1024 bytes, 112 in one of 2048 */
    uint32_t keep;              /**< bytes out of order that a direction may keep, about; 0: as the pool allows */
} tcpconn_config;

/** The answer for one segment. Frozen: 64 bytes, the same layout on every
 *  target. */
typedef struct tcpconn_report {
    int32_t verdict;    /**< TCPCONN_ACCEPTED and up */
    uint8_t severity;   /**< of the most severe check: TCPCONN_PLAIN and up */
    uint8_t top_check;  /**< the most important check's number; 255: none */
    uint8_t state[2];   /**< both endpoints after this segment */
    uint64_t checks;    /**< bit n is TCPCONN_CHECK_ n */
    uint64_t analysis;  /**< TCPCONN_ANALYSIS_ and TCPCONN_SEEN_ bits (analysis.h); 0 without TCPCONN_WITH_ANALYSIS */
    uint64_t offset;    /**< stream offset of the first new byte, from the SYN or the first byte seen; across wraps of the sequence number */
    uint32_t new_len;   /**< new bytes of payload in order; 0 when queued, or accepted provisionally */
    uint32_t rel_seq;   /**< SEG.SEQ from the sender's first number on */
    uint32_t rel_ack;   /**< SEG.ACK from the receiver's first number on; 0 without ACK */
    uint32_t wnd_scaled; /**< SEG.WND in bytes, scaled where both SYNs allow (RFC 7323 section 2.2) */
    uint32_t events;    /**< events this segment caused, without those of the streams */
    uint8_t advice;     /**< TCPCONN_PASS and up */
    uint8_t provisional; /**< 1: a TCPCONN_EV_REVISE with this id may follow, once the receiver's answer has settled the verdict */
    uint8_t sure[2];    /**< 1 if the traffic proves that endpoint's state */
    uint32_t id;        /**< of a provisional verdict, above 0, unlike those of its direction that are open; segments that one answer will settle share theirs */
    uint32_t reserved;  /**< 0 */
} tcpconn_report;

/** Bytes that hold any connection without optional parts. */
#define TCPCONN_STORAGE_SIZE 192
/** Memory for one connection where a size must be known at compile time. */
typedef union tcpconn_storage {
    uint64_t align_;                           /**< for alignment */
    unsigned char bytes[TCPCONN_STORAGE_SIZE]; /**< the memory */
} tcpconn_storage;

/** Bytes that hold any environment. */
#define TCPCONN_ENV_SIZE 512
/** Memory for one environment where a size must be known at compile time. */
typedef union tcpconn_env_storage {
    uint64_t align_;                       /**< for alignment */
    unsigned char bytes[TCPCONN_ENV_SIZE]; /**< the memory */
} tcpconn_env_storage;

/**
 * Fill a policy with the defaults.
 *
 * @param cfg       receives them; its struct_size becomes @p cfg_size.
 * @param cfg_size  sizeof *cfg in the caller's program. Bytes this library does
 *                  not know are zeroed.
 *
 * A NULL @p cfg or a size below that of struct_size does nothing.
 * @since 0.1
 */
TCPSEG_API void tcpconn_config_default(tcpconn_config *cfg, size_t cfg_size);

/**
 * Choose a set of time-outs.
 *
 * @param cfg       the policy; its tcpconn_config::timeout is overwritten.
 * @param timeouts  TCPCONN_TIMEOUTS_.
 *
 * @retval TCPSEG_OK       done.
 * @retval TCPSEG_ERR_ARG  @p cfg is NULL or too small, or no such set.
 *
 * Sources are in docs/guide/states-and-verdicts.md.
 * @since 0.1
 */
TCPSEG_API int tcpconn_config_timeouts(tcpconn_config *cfg, int timeouts);

/**
 * Tell the bytes an environment needs.
 *
 * @return at most TCPCONN_ENV_SIZE.
 * @since 0.1
 */
TCPSEG_API size_t tcpconn_env_size(void);

/**
 * Set up an environment in the caller's memory.
 *
 * @param mem       the memory, aligned as tcpconn_env_storage; holds pointers, so
 *                  it may not be moved between processes.
 * @param mem_size  its bytes, at least tcpconn_env_size().
 * @param cfg       the policy; read once. NULL: the defaults, without callbacks.
 * @param out       receives @p mem as an environment.
 *
 * @retval TCPSEG_OK         ready.
 * @retval TCPSEG_ERR_ARG    a NULL pointer, a struct_size below this version's
 *                           first, a member out of range, or one this version
 *                           does not know and that is not 0.
 * @retval TCPSEG_ERR_SIZE   @p mem_size is too small.
 * @retval TCPSEG_ERR_ALIGN  @p mem is not aligned so.
 *
 * There is nothing to tear down: the memory is the caller's to reuse.
 * @since 0.1
 */
TCPSEG_API int tcpconn_env_init(void *mem, size_t mem_size,
                                const tcpconn_config *cfg, tcpconn_env **out);

/**
 * Take the oldest event from the environment's ring.
 *
 * @param env       an environment whose policy has a ring.
 * @param out       receives the event.
 * @param out_size  sizeof *out in the caller's program.
 *
 * @retval 1                  an event was taken.
 * @retval 0                  there is none.
 * @retval TCPSEG_ERR_ARG     a NULL pointer, or no ring.
 * @retval TCPSEG_ERR_STATE   not an environment of this build.
 * @retval TCPSEG_ERR_FULL    events were lost since the last call, because the ring
 *                            was full: the latest ones, so what is left is without
 *                            gaps up to there. Told once; the next call goes on.
 *
 * A ring holds the same events in the same order as the callbacks would be given,
 * of any number of connections, told apart by tcpconn_event::tag. With a ring no
 * callback runs. Constant time.
 * @since 0.1
 */
TCPSEG_API int tcpconn_next_event(tcpconn_env *env, tcpconn_event *out,
                                  size_t out_size);

/**
 * Tell the bytes a connection needs.
 *
 * @param parts  TCPCONN_WITH_ of the optional parts, or 0.
 * @return at most TCPCONN_STORAGE_SIZE for 0 parts, a multiple of 8; 0 if
 *         @p parts names an unknown part.
 * @since 0.1
 */
TCPSEG_API size_t tcpconn_size(uint32_t parts);

/**
 * Set up a connection in the caller's memory: both endpoints CLOSED.
 *
 * @param mem       the memory, aligned as tcpconn_storage.
 * @param mem_size  its bytes, at least tcpconn_size().
 * @param parts     TCPCONN_WITH_ of the optional parts, or 0.
 * @param out       receives @p mem as a connection.
 *
 * @retval TCPSEG_OK         ready.
 * @retval TCPSEG_ERR_ARG    a NULL pointer or an unknown part.
 * @retval TCPSEG_ERR_SIZE   @p mem_size is too small.
 * @retval TCPSEG_ERR_ALIGN  @p mem is not aligned so.
 *
 * There is nothing to tear down; tcpconn_end() tells the last event.
 * @since 0.1
 */
TCPSEG_API int tcpconn_init(void *mem, size_t mem_size, uint32_t parts,
                            tcpconn **out);

/**
 * Feed one segment, in capture order, to the connection tracker.
 *
 * Updates both endpoints as RFC 9293 section 3.10.7.4 orders it: sequence
 * check, RST, SYN, ACK, text, FIN. First does what tcpconn_tick() would.
 * Callbacks run last, on the final state.
 *
 * @param conn    tracker set up by tcpconn_init().
 * @param env     the caller's policy and callbacks; this thread's alone.
 * @param dir     which endpoint sent @p seg: 0 or 1.
 * @param seg     decoded segment.
 * @param data    the bytes @p seg was decoded from, read during the call only;
 *                NULL follows headers without payload.
 * @param now     capture time in nanoseconds; may repeat or step back.
 * @param report  receives the full answer; may be NULL.
 *
 * @return the verdict, a TCPCONN_ACCEPTED .. value (0 or more), or an error:
 * @retval TCPSEG_ERR_ARG      a pointer is NULL or @p dir is not a direction.
 *                             Nothing changed.
 * @retval TCPSEG_ERR_STATE    @p conn or @p env was not set up, or by another
 *                             build. Nothing changed.
 * @retval TCPSEG_ERR_REENTRY  called from inside a callback of @p conn or
 *                             @p env. Nothing changed.
 *
 * Strange traffic is not an error: a SYN inside a connection or an ACK of data
 * never seen is a verdict with its checks, never a negative value. A checksum
 * known to be bad (tcpseg::checksum_status) is rejected; one that nobody
 * verified is not looked at.
 *
 * Constant time. Allocates nothing, blocks on nothing. Two threads may feed two
 * trackers at once through two environments, never the same one.
 *
 * @since 0.1
 */
TCPSEG_API int tcpconn_feed(tcpconn *conn, tcpconn_env *env, int dir,
                            const tcpseg *seg, const void *data, uint64_t now,
                            tcpconn_report *report);

/**
 * Tell what tcpconn_feed() would, and change nothing.
 *
 * For a firewall: judge, act on the advice, then feed what was forwarded and
 * tcpconn_drop() what was not. No callback runs.
 *
 * @param conn    as tcpconn_feed().
 * @param env     as tcpconn_feed().
 * @param dir     as tcpconn_feed().
 * @param seg     as tcpconn_feed().
 * @param data    as tcpconn_feed().
 * @param now     as tcpconn_feed().
 * @param report  receives the answer that tcpconn_feed() would give, with the
 *                states it would lead to; may be NULL.
 * @return the verdict, or an error as tcpconn_feed().
 * @since 0.1
 */
TCPSEG_API int tcpconn_judge(const tcpconn *conn, const tcpconn_env *env,
                             int dir, const tcpseg *seg, const void *data,
                             uint64_t now, tcpconn_report *report);

/**
 * Tell that the caller kept a segment from its receiver.
 *
 * It is counted (tcpconn_stats::dropped) and moves nothing. Lets time pass as
 * tcpconn_tick() does.
 *
 * @param conn  the connection.
 * @param env   the environment.
 * @param dir   which endpoint sent it: 0 or 1.
 * @param seg   the segment.
 * @param now   time in nanoseconds.
 * @return TCPSEG_OK, or an error as tcpconn_feed().
 * @since 0.1
 */
TCPSEG_API int tcpconn_drop(tcpconn *conn, tcpconn_env *env, int dir,
                            const tcpseg *seg, uint64_t now);

/**
 * Feed an ICMP error to the connection whose segment it quotes.
 *
 * An error is believed if the quoted number is one in flight (RFC 5927 section
 * 4.1). Believed, "unreachable" ends an attempt that nobody has answered (RFC 9293
 * section 3.9.2.2: both endpoints CLOSED, `sure` 0) and "fragmentation needed"
 * lowers tcpconn_stats::path_mtu; an open connection outlives all of them.
 *
 * @param conn    the connection.
 * @param env     the environment.
 * @param dir     which endpoint sent the quoted segment: 0 or 1. The error is on
 *                its way to that endpoint.
 * @param quoted  the quoted segment; its ports and sequence number suffice, since
 *                the quotation may end there.
 * @param type    ICMPv4 type: 3 unreachable, 11 time exceeded, 12 parameter
 *                problem. Translate ICMPv6 types 1, 2, 3, 4 to 3, 3 with code 4,
 *                11, 12.
 * @param code    ICMPv4 code.
 * @param mtu     next-hop MTU in bytes; 0 if none is told.
 * @param now     time in nanoseconds.
 * @return TCPCONN_ACCEPTED if it was believed, TCPCONN_REJECTED if not, or an
 *         error as tcpconn_feed().
 * @since 0.1
 */
TCPSEG_API int tcpconn_icmp(tcpconn *conn, tcpconn_env *env, int dir,
                            const tcpseg *quoted, int type, int code,
                            uint32_t mtu, uint64_t now);

/**
 * Let time pass: what is due by now happens.
 *
 * An endpoint that has been in TIME-WAIT for 2MSL becomes CLOSED (RFC 9293
 * section 3.6.1), and so do both endpoints of a connection whose time-out is over
 * (TCPCONN_TIMEOUT_), `sure` 0, since no segment shows it.
 *
 * @param conn  the connection.
 * @param env   the environment.
 * @param now   the time in nanoseconds; a step back does nothing.
 * @return the number of events, or an error as tcpconn_feed().
 * @since 0.1
 */
TCPSEG_API int tcpconn_tick(tcpconn *conn, tcpconn_env *env, uint64_t now);

/**
 * Tell when tcpconn_tick() has something to do.
 *
 * @param conn  the connection.
 * @param env   the environment.
 * @return nanoseconds, on the caller's clock; UINT64_MAX if nothing is due, or
 *         for a NULL pointer.
 * @since 0.1
 */
TCPSEG_API uint64_t tcpconn_deadline(const tcpconn *conn,
                                     const tcpconn_env *env);

/**
 * End the observation of a connection: the last event, TCPCONN_EV_END.
 *
 * @param conn  the connection; afterwards only accessors and tcpconn_init() take
 *              its memory.
 * @param env   the environment.
 * @param why   why the caller stops: TCPCONN_END_TIMED_OUT, REUSED, EVICTED or
 *              CAPTURE. With TIMED_OUT and CAPTURE the event says CLOSED or RESET
 *              where the connection itself had ended so.
 * @return the reason told in the event (above 0), or an error as tcpconn_feed();
 *         TCPSEG_ERR_STATE also for a connection already ended.
 * @since 0.1
 */
TCPSEG_API int tcpconn_end(tcpconn *conn, tcpconn_env *env, int why);

/**
 * Tell the state of an endpoint.
 *
 * @param conn      the connection.
 * @param endpoint  0 or 1.
 * @return TCPCONN_CLOSED .., or TCPSEG_ERR_ARG, TCPSEG_ERR_STATE.
 * @since 0.1
 */
TCPSEG_API int tcpconn_state(const tcpconn *conn, int endpoint);

/**
 * Attach a word of the caller's to a connection. It comes with every event.
 *
 * @param conn  the connection; NULL is ignored.
 * @param tag   any value.
 * @since 0.1
 */
TCPSEG_API void tcpconn_set_tag(tcpconn *conn, uint64_t tag);

/**
 * Read the caller's word.
 *
 * @param conn  the connection.
 * @return the tag, 0 at first and for NULL.
 * @since 0.1
 */
TCPSEG_API uint64_t tcpconn_tag(const tcpconn *conn);

/**
 * Name a state as RFC 9293 writes it: "SYN-RECEIVED".
 *
 * @param state  TCPCONN_CLOSED ..
 * @return a constant ASCII string; NULL past the last one.
 * @since 0.1
 */
TCPSEG_API const char *tcpconn_state_name(int state);

/**
 * Name the reason of an end: "closed", "reset", "timed-out" ...
 *
 * @param why  TCPCONN_END_CLOSED ..
 * @return a constant ASCII string; NULL for any other number.
 * @since 0.1
 */
TCPSEG_API const char *tcpconn_end_name(int why);

#ifdef __cplusplus
}
#endif
/** @} */
#endif
