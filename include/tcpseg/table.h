/** @file
 *  Many connections in one block of memory. */
#ifndef TCPSEG_TABLE_H
#define TCPSEG_TABLE_H

#include "conn.h"
#include "frame.h"

/**
 * @defgroup tcpseg_table The table
 *
 * What a firewall or an intrusion detection system really wants: hand it packets, get
 * connections. A table lives in one block of the caller's memory, finds the connection
 * of each packet by its addresses and ports, feeds it, and forgets what is over.
 *
 * **Memory** is fixed when the table is made: tcptable_size() tells it, nothing is
 * allocated later, and a flood changes nothing about it. The block holds no pointers.
 * It may be moved, mapped from a file, shared, or survive the process: after that,
 * tcptable_attach() checks that this build knows its layout.
 *
 * **Names.** A connection is known by its tcptable_id, from its first SYN until it is
 * gone; after that the id finds nothing, whoever sits in its place. A `tcpconn *` is
 * good until the next call that feeds, ticks, removes or adds.
 *
 * **Half-open** connections, of which only a SYN was seen, live in small entries of
 * their own until somebody answers, so that a flood of SYNs costs little and pushes
 * nothing out. A connection whose SYN brought data, or options beyond the usual four,
 * or that was given a tag, takes a whole place at once.
 *
 * **Pressure.** When places run out, the least worth goes first: what is over, what was
 * never answered (the oldest first), what was picked up in its middle and not proven.
 * A connection whose two ends have both proven their numbers gives way only to another
 * such one, and then the half-closed before the idle.
 *
 * **Time** is that of the packets. Each call that feeds does a bounded share of the
 * work that is due; tcptable_tick() does the rest when nothing comes.
 *
 * Everything that a tcpconn of a table does is told through the environment's
 * callbacks, as without a table; TCPCONN_EV_END is the last, with the reason, and while
 * it runs tcpconn_get_summary() and tcptable_id_of() answer. Inside a callback no call
 * that changes the table is allowed.
 *
 * One table belongs to one thread. tcptable_hash() is symmetric, so that both
 * directions of a connection can be sent to the same one.
 * @{
 */

#ifdef __cplusplus
extern "C" {
#endif

/** A table: opaque, in the caller's memory. */
typedef struct tcptable tcptable;

/** A connection of a table: never 0, and never that of another one, until 2^32 more have
 *  begun. */
typedef uint64_t tcptable_id;

/** Which packets belong together: tcptable_config::flags. */
enum {
    TCPTABLE_KEY_VLAN = 1,   /**< the two outer VLAN identifiers are part of the key */
    TCPTABLE_KEY_TUNNEL = 2, /**< in a tunnel, the innermost one's identifier is, in place of VLANs */
    TCPTABLE_TUNNELS = 4,    /**< tcptable_feed_burst() looks into tunnels: TCPSEG_LOCATE_TUNNELS */
    TCPTABLE_CHECKSUM = 8    /**< tcptable_feed_burst() verifies checksums: TCPSEG_LOCATE_CHECKSUM */
};

/** What a connection is worth when places run out: the first goes first. */
enum {
    TCPTABLE_OVER = 0,       /**< both ends are closed; kept for stragglers */
    TCPTABLE_UNANSWERED = 1, /**< its handshake is not complete; half-open ones too */
    TCPTABLE_ASSUMED = 2,    /**< picked up in its middle, or one direction alone: not proven */
    TCPTABLE_CLOSING = 3,    /**< proven in both directions, and a FIN was sent */
    TCPTABLE_OPEN = 4,       /**< proven in both directions, and open */
    TCPTABLE_N_RANKS = 5     /**< how many there are */
};

/** What a packet was: bits of tcptable_packet::flags. */
enum {
    TCPTABLE_IS_TCP = 1,       /**< a TCP segment, whole or not */
    TCPTABLE_IS_FRAGMENT = 2,  /**< part of an IP datagram. With TCPTABLE_IS_TCP the first one, which is followed as far as it goes; else for a reassembler of the caller's */
    TCPTABLE_IS_ICMP = 4,      /**< an ICMP error that quotes a TCP segment */
    TCPTABLE_REVERSED = 8,     /**< sent by endpoint 1 of its connection */
    TCPTABLE_BEGUN = 16,       /**< a connection began with it, maybe where an old one was */
    TCPTABLE_IS_HALF_OPEN = 32, /**< its connection is half-open, in a small entry */
    TCPTABLE_TRANSLATED = 64   /**< it was sent with the second tuple of tcptable_translate() */
};

/** A packet's addresses and ports. 48 bytes, the same layout on every target. */
typedef struct tcptable_tuple {
    uint8_t src[16];     /**< source address; IPv4 in the first 4 bytes, the rest 0 */
    uint8_t dst[16];     /**< destination address, alike */
    uint16_t src_port;   /**< source port */
    uint16_t dst_port;   /**< destination port */
    uint32_t zone;       /**< what else has to be equal: tcptable_zone() */
    uint8_t family;      /**< 4 or 6 */
    uint8_t reserved[7]; /**< 0 */
} tcptable_tuple;

/** How a table is made. The caller starts with tcptable_config_default(). */
typedef struct tcptable_config {
    uint32_t struct_size;  /**< sizeof(tcptable_config) in the caller's program */
    uint32_t connections;  /**< how many may be proven in both directions at once; a few more have places until they are */
    uint32_t ipv6;         /**< how many connections may be IPv6, for their longer addresses; UINT32_MAX: all */
    uint32_t half_open;    /**< how many may be half-open besides; 0: a quarter as many as `connections` */
    uint32_t translations; /**< how many second tuples: tcptable_translate() */
    uint32_t parts;        /**< TCPCONN_WITH_ of each connection */
    uint32_t flags;        /**< TCPTABLE_KEY_VLAN, KEY_TUNNEL, TUNNELS, CHECKSUM */
    uint32_t crowded;      /**< from so many percent of places taken on, time-outs of what is not proven shrink, to nothing at 100; 0: 60. Above 99: never */
    uint64_t seed[2];      /**< a secret, so that nobody outside can choose what collides: random bits */
} tcptable_config;

/** One packet's answer, and before that its time. 96 bytes, the same layout on every
 *  target. */
typedef struct tcptable_packet {
    uint64_t now;        /**< in for tcptable_feed_burst(): when it was seen, nanoseconds */
    tcptable_id conn;    /**< its connection, or 0 */
    int32_t result;      /**< the verdict, TCPCONN_ACCEPTED and up, or an error */
    uint32_t flags;      /**< TCPTABLE_IS_TCP and the bits after it */
    uint64_t reserved;   /**< 0 */
    tcpconn_report report; /**< of its segment; all 0 without one */
} tcptable_packet;

/** What a table holds and has seen. The same layout on every target. */
typedef struct tcptable_stats {
    uint64_t packets;    /**< fed, of any kind */
    uint64_t verdicts[8]; /**< of them, segments by verdict: TCPCONN_ACCEPTED and up, also of those without a connection */
    uint64_t fragments;  /**< later fragments */
    uint64_t icmp;       /**< ICMP errors that quote a TCP segment */
    uint64_t not_tcp;    /**< neither of these */
    uint64_t refused;    /**< segments whose connection found no place */
    uint64_t begun;      /**< connections, half-open ones too */
    uint64_t answered;   /**< half-open ones that were answered */
    uint64_t ended[8];   /**< by TCPCONN_END_ */
    uint64_t evicted[5]; /**< of them TCPCONN_END_EVICTED, by TCPTABLE_ rank */
    uint64_t hurried;    /**< timed out early since the table was crowded */
    uint32_t now[5];     /**< connections, by rank, without half-open ones */
    uint32_t half_open;  /**< half-open ones */
    uint32_t ipv6;       /**< of all these */
    uint32_t translations; /**< second tuples */
    uint32_t connections_max; /**< places of connections */
    uint32_t half_open_max; /**< places of half-open ones */
} tcptable_stats;

/**
 * Fill a configuration with the defaults: 65536 connections, all of which may be IPv6.
 *
 * @param cfg       receives the defaults. The seed is 0: set it.
 * @param cfg_size  sizeof(tcptable_config) in the caller's program.
 * @since 0.1
 */
TCPSEG_API void tcptable_config_default(tcptable_config *cfg, size_t cfg_size);

/**
 * Tell the bytes a table needs.
 *
 * Of IPv4 a connection takes about 255 bytes all in, and 32 more of IPv6; a half-open
 * one about 64, and 32 more; a few kilobytes come on top.
 *
 * @param cfg  how it is to be made.
 * @return bytes; 0 if @p cfg is NULL, or out of range, or the sum above SIZE_MAX.
 * @since 0.1
 */
TCPSEG_API size_t tcptable_size(const tcptable_config *cfg);

/**
 * Make a table in the caller's memory.
 *
 * @param mem       the memory, aligned as tcpconn_storage; to 64 bytes it is faster. Huge
 *                  pages serve a large table.
 * @param mem_size  its bytes; see tcptable_size().
 * @param cfg       how.
 * @param out       receives @p mem as a table.
 *
 * @retval TCPSEG_OK         ready.
 * @retval TCPSEG_ERR_ARG    a NULL pointer, or a value out of range.
 * @retval TCPSEG_ERR_SIZE   @p mem_size is too small.
 * @retval TCPSEG_ERR_ALIGN  @p mem is not aligned so.
 *
 * Cost: all of the memory is written once.
 * @since 0.1
 */
TCPSEG_API int tcptable_init(void *mem, size_t mem_size,
                             const tcptable_config *cfg, tcptable **out);

/**
 * Take over a table that another process made, or that was mapped elsewhere.
 *
 * A connection with bytes in a pool needs that pool beside it. What the table holds is
 * believed: check a file that strangers can write before you map it.
 *
 * @param mem       the memory, aligned as tcpconn_storage.
 * @param mem_size  its bytes.
 * @param out       receives @p mem as a table.
 *
 * @retval TCPSEG_OK         it goes on where it was.
 * @retval TCPSEG_ERR_ARG    a NULL pointer.
 * @retval TCPSEG_ERR_ALIGN  @p mem is not aligned so.
 * @retval TCPSEG_ERR_SIZE   @p mem_size is smaller than the table.
 * @retval TCPSEG_ERR_STATE  no table, or one of another build, or one that was being
 *                           changed when its process ended.
 * @since 0.1
 */
TCPSEG_API int tcptable_attach(void *mem, size_t mem_size, tcptable **out);

/**
 * Feed one packet's segment.
 *
 * Finds its connection or begins one, and does what tcpconn_feed() does.
 *
 * @param table  the table.
 * @param env    policy and callbacks; the same or an equal one for all packets.
 * @param frame  where the segment was, as tcpseg_locate() or tcpseg_parse_frame()
 *               filled it: its addresses, VLAN tags, tunnel, fragment and TTL count.
 * @param seg    the segment; NULL if @p frame found none, and for fragments.
 * @param data   the bytes @p seg was decoded from, or NULL: tcpconn_feed().
 * @param now    when it was seen, in nanoseconds.
 * @param out    receives the answer; may be NULL.
 *
 * @return the verdict, TCPCONN_ACCEPTED or more, or an error:
 * @retval TCPSEG_ERR_ARG        a NULL pointer.
 * @retval TCPSEG_ERR_STATE      @p table or @p env is none, or @p env has another pool.
 * @retval TCPSEG_ERR_REENTRY    called from inside a callback.
 * @retval TCPSEG_ERR_NOT_FOUND  no TCP segment, or one that neither belongs to a
 *                               connection nor begins one.
 * @retval TCPSEG_ERR_FULL       it begins a connection that found no place: all that
 *                               have one are worth more.
 *
 * Cost: one look-up and one tcpconn_feed(), beside a bounded share of what is due.
 * @since 0.1
 */
TCPSEG_API int tcptable_feed(tcptable *table, tcpconn_env *env,
                             const tcpseg_frame *frame, const tcpseg *seg,
                             const void *data, uint64_t now,
                             tcptable_packet *out);

/**
 * Feed many packets: faster than one by one, as memory is asked for in time.
 *
 * Does for each what tcpseg_parse_frame() and tcptable_feed() do, in order; ICMP errors
 * are taken to the connection they quote.
 *
 * @param table     the table.
 * @param env       policy and callbacks.
 * @param linktype  TCPSEG_LINK_ of all frames.
 * @param n         how many; 32 and more are best.
 * @param frames    where each begins, read during the call only. The answer to one that
 *                  is NULL is TCPSEG_ERR_ARG.
 * @param captured  bytes there of each.
 * @param length    bytes that each had on the wire; NULL: as captured.
 * @param io        in: tcptable_packet::now of each. Out: the answers.
 *
 * @return how many segments, fragments and ICMP errors of TCP there were, or an error
 *         as of tcptable_feed(), with nothing fed.
 * @since 0.1
 */
TCPSEG_API int tcptable_feed_burst(tcptable *table, tcpconn_env *env,
                                   uint32_t linktype, uint32_t n,
                                   const void *const *frames,
                                   const uint32_t *captured,
                                   const uint32_t *length,
                                   tcptable_packet *io);

/**
 * Feed an ICMP error to the connection whose segment it quotes.
 *
 * @param table     the table.
 * @param env       policy and callbacks.
 * @param frame     of the packet with the error, as tcpseg_locate() filled it.
 * @param packet    that packet's first byte, from which `frame` counts.
 * @param captured  its bytes there.
 * @param length    its bytes on the wire.
 * @param now       when it was seen, nanoseconds.
 * @param out       receives the answer; may be NULL.
 *
 * @return what tcpconn_icmp() returns, or an error:
 * @retval TCPSEG_ERR_ARG        a NULL pointer.
 * @retval TCPSEG_ERR_STATE      @p table or @p env is none.
 * @retval TCPSEG_ERR_REENTRY    called from inside a callback.
 * @retval TCPSEG_ERR_NOT_FOUND  no such error, or it quotes no segment of a connection
 *                               here.
 * @since 0.1
 */
TCPSEG_API int tcptable_icmp(tcptable *table, tcpconn_env *env,
                             const tcpseg_frame *frame, const void *packet,
                             size_t captured, size_t length, uint64_t now,
                             tcptable_packet *out);

/**
 * Let time pass: end what is due.
 *
 * @param table  the table.
 * @param env    policy and callbacks.
 * @param now    the time, nanoseconds; a step back ends nothing.
 * @param most   at most so many steps, each of which looks at one connection; 0: all.
 *
 * @return how many steps were done: with @p most, there may be more to do; or an error
 *         as of tcptable_feed().
 *
 * A connection is ended within a second after its time has come, if calls keep up.
 * @since 0.1
 */
TCPSEG_API int tcptable_tick(tcptable *table, tcpconn_env *env, uint64_t now,
                             uint32_t most);

/**
 * Find a connection.
 *
 * @param table  the table.
 * @param tuple  addresses and ports of a packet in either direction.
 * @return its id, or 0.
 * @since 0.1
 */
TCPSEG_API tcptable_id tcptable_find(const tcptable *table,
                                     const tcptable_tuple *tuple);

/**
 * The connection of an id.
 *
 * @param table  the table.
 * @param id     what a call returned earlier; any number.
 * @return the connection, good until the next call that changes the table; NULL once it
 *         is gone. Of a half-open one it is a copy: read it, but to give it a tag, do so
 *         in the callback of its SYN.
 * @since 0.1
 */
TCPSEG_API tcpconn *tcptable_conn(tcptable *table, tcptable_id id);

/**
 * The id of a connection, as callbacks are told it.
 *
 * @param table  the table.
 * @param conn   the connection.
 * @return its id; 0 if it is none of this table.
 * @since 0.1
 */
TCPSEG_API tcptable_id tcptable_id_of(const tcptable *table,
                                      const tcpconn *conn);

/**
 * Addresses and ports of a connection, as endpoint 0 sends them.
 *
 * @param table     the table.
 * @param id        the connection.
 * @param out       receives them.
 * @param out_size  sizeof(tcptable_tuple) in the caller's program.
 *
 * @return bytes known, or:
 * @retval TCPSEG_ERR_ARG        a NULL pointer.
 * @retval TCPSEG_ERR_NOT_FOUND  the connection is gone.
 * @since 0.1
 */
TCPSEG_API int tcptable_get_tuple(const tcptable *table, tcptable_id id,
                                  tcptable_tuple *out, size_t out_size);

/**
 * Go through all connections.
 *
 * The table may change meanwhile. A connection that is there all the time is visited;
 * one that was half-open and is answered on the way may be visited twice.
 *
 * @param table   the table.
 * @param cursor  0 at first; keeps the place.
 * @return the next one, or 0 at the end.
 * @since 0.1
 */
TCPSEG_API tcptable_id tcptable_next(const tcptable *table, uint64_t *cursor);

/**
 * End a connection and take it out.
 *
 * @param table  the table.
 * @param env    policy and callbacks: TCPCONN_EV_END comes.
 * @param id     the connection.
 * @param why    TCPCONN_END_TIMED_OUT .. TCPCONN_END_CAPTURE, as for tcpconn_end().
 *
 * @return how it ended, TCPCONN_END_CLOSED and up, or:
 * @retval TCPSEG_ERR_ARG        a NULL pointer, or @p why is no such reason.
 * @retval TCPSEG_ERR_STATE      @p table or @p env is none.
 * @retval TCPSEG_ERR_REENTRY    called from inside a callback.
 * @retval TCPSEG_ERR_NOT_FOUND  it is gone.
 * @since 0.1
 */
TCPSEG_API int tcptable_remove(tcptable *table, tcpconn_env *env,
                               tcptable_id id, int why);

/**
 * Attach a second tuple: the same connection behind an address translator.
 *
 * Segments with the second tuple are fed to the connection too, with their numbers set
 * back first. Where both sides of a translator are seen, each segment comes twice, and
 * is told as a repetition.
 *
 * @param table  the table.
 * @param id     the connection; not a half-open one.
 * @param tuple  addresses and ports on the other side, as endpoint 0's packets have them
 *               there.
 * @param delta  by direction: how much higher its sequence numbers are there.
 *
 * @retval TCPSEG_OK             attached, in place of an earlier one.
 * @retval TCPSEG_ERR_ARG        a NULL pointer, or no such family.
 * @retval TCPSEG_ERR_STATE      @p table is none.
 * @retval TCPSEG_ERR_REENTRY    called from inside a callback.
 * @retval TCPSEG_ERR_NOT_FOUND  the connection is gone, or half-open.
 * @retval TCPSEG_ERR_FULL       no room for it, or a connection has that tuple.
 * @since 0.1
 */
TCPSEG_API int tcptable_translate(tcptable *table, tcptable_id id,
                                  const tcptable_tuple *tuple,
                                  const uint32_t delta[2]);

/**
 * Begin a new round of changes: for a standby that follows.
 *
 * Connections fed from now on count as changed in this round: tcptable_next_changed().
 *
 * @param table  the table.
 * @return the number of the round that ended.
 * @since 0.1
 */
TCPSEG_API uint32_t tcptable_mark(tcptable *table);

/**
 * Go through the connections that changed in a round or after it; tcpconn_save() each.
 * Those that have ended meanwhile were told through callbacks.
 *
 * @param table   the table.
 * @param since   the round: what tcptable_mark() returned; 0: all. Half-open connections
 *                are left out.
 * @param cursor  0 at first; keeps the place.
 * @return the next one, or 0 at the end.
 * @since 0.1
 */
TCPSEG_API tcptable_id tcptable_next_changed(const tcptable *table,
                                             uint32_t since, uint64_t *cursor);

/**
 * Put in a connection that another table saved, in place of the one with that tuple.
 *
 * @param table  the table.
 * @param env    policy and callbacks.
 * @param tuple  its addresses and ports, as tcptable_get_tuple() gave them.
 * @param buf    what tcpconn_save() wrote; need not be trusted.
 * @param size   its bytes.
 * @param flags  TCPCONN_RESTORE_.
 * @param now    the time, nanoseconds.
 * @param id     receives its id here; may be NULL.
 *
 * @retval TCPSEG_OK           it goes on here.
 * @retval TCPSEG_ERR_ARG      a NULL pointer, or no such family, or the connection has
 *                             other parts than those of this table.
 * @retval TCPSEG_ERR_STATE    @p table or @p env is none, or @p buf is not what
 *                             tcpconn_save() wrote.
 * @retval TCPSEG_ERR_REENTRY  called from inside a callback.
 * @retval TCPSEG_ERR_FULL     no place for it.
 * @since 0.1
 */
TCPSEG_API int tcptable_restore(tcptable *table, tcpconn_env *env,
                                const tcptable_tuple *tuple, const void *buf,
                                size_t size, uint32_t flags, uint64_t now,
                                tcptable_id *id);

/**
 * Tell what a table holds and has seen.
 *
 * @param table     the table.
 * @param out       receives it.
 * @param out_size  sizeof(tcptable_stats) in the caller's program.
 * @return bytes known, or TCPSEG_ERR_ARG for a NULL pointer, or TCPSEG_ERR_STATE.
 * @since 0.1
 */
TCPSEG_API int tcptable_get_stats(const tcptable *table, tcptable_stats *out,
                                  size_t out_size);

/**
 * The zone of a packet for a table with these flags.
 *
 * @param flags  TCPTABLE_KEY_ bits.
 * @param frame  the packet.
 * @return tcptable_tuple::zone.
 * @since 0.1
 */
TCPSEG_API uint32_t tcptable_zone(uint32_t flags, const tcpseg_frame *frame);

/**
 * Hash a tuple, the same for both directions: SipHash-1-3 of its endpoints in order.
 *
 * Send a packet to the thread of this hash, and both directions of a connection meet in
 * one table. With the same seed a table uses the same numbers inside: share them out by
 * the upper bits, or give threads another seed than their tables.
 *
 * @param tuple  addresses, ports and zone.
 * @param seed   the secret.
 * @return the hash; 0 if @p tuple or @p seed is NULL.
 * @since 0.1
 */
TCPSEG_API uint32_t tcptable_hash(const tcptable_tuple *tuple,
                                  const uint64_t seed[2]);

/**
 * Hash a tuple as network cards do: Toeplitz over addresses and ports.
 *
 * With a key that repeats its first two bytes all along (0x6d5a is customary), both
 * directions have the same hash.
 *
 * @param tuple    addresses and ports.
 * @param key      the card's key.
 * @param key_len  its bytes, at least 16 for IPv4 and 40 for IPv6.
 * @return the hash; 0 if an argument is NULL or @p key_len too small.
 * @since 0.1
 */
TCPSEG_API uint32_t tcptable_toeplitz(const tcptable_tuple *tuple,
                                      const uint8_t *key, size_t key_len);

/**
 * Name a rank.
 *
 * @param rank  TCPTABLE_OVER .. TCPTABLE_OPEN.
 * @return a static string such as "unanswered", or NULL.
 * @since 0.1
 */
TCPSEG_API const char *tcptable_rank_name(int rank);

#ifdef __cplusplus
}
#endif
/** @} */
#endif
