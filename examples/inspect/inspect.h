/* tcpseg-inspect: a capture, as the library sees it.
 *
 *   source.c  frames out of a file, a pipe or an interface, with libpcap
 *   track.c   frame -> segment -> connection: the library's calls are here
 *   told.c    what the library tells of connections, and their ends
 *   icmp.c    ICMP errors: what they quote
 *   streams.c the byte streams, counted and hashed
 *   flows.c   what is kept of each connection, by its id in the table
 *   room.c    the table: how large it is, and --memory
 *   print_*.c what became of it, as text or JSON; each is a struct output
 *   tags.c    the analysis of a segment, in words
 *   explain.c one segment in sentences; diagram.h lists those who draw pictures
 *   main.c    options, signals, the loop
 */
#ifndef INSPECT_H
#define INSPECT_H

#include <tcpseg/tcpseg.h>

#include <nettle/sha2.h>
#include <stdbool.h>
#include <stdio.h>

/* ---- text.c: characters ---- */

/* Text under construction. What does not fit is left out. */
struct text {
    size_t len;
    char bytes[2000];
};

#if defined(__GNUC__)
#define LIKE_PRINTF(at) __attribute__((format(printf, at, (at) + 1)))
#else
#define LIKE_PRINTF(at)
#endif

void text_add(struct text *t, const char *format, ...) LIKE_PRINTF(2);
void text_hex(struct text *t, const uint8_t *bytes, size_t len);
/* Nothing that could steer a terminal passes: bytes other than printable ASCII
 * become \xHH. */
void text_escaped(struct text *t, const char *string);
/* Blanks up to a column, counted as a terminal counts. */
void text_pad(struct text *t, size_t start, size_t columns);
void text_address(struct text *t, const uint8_t *address, unsigned family);

/* A line on stderr, behind the program's name. Arguments from outside go
 * through text_escaped() first. */
void complain(const char *format, ...) LIKE_PRINTF(1);

/* ---- main.c ---- */

enum { EXIT_INPUT = 1, EXIT_USAGE = 2 };

/* ---- source.c: frames ---- */

struct packet {
    uint64_t number; /* 1 for the first */
    uint64_t time;   /* nanoseconds since 1970 */
    uint64_t origin; /* the same of the capture's first frame */
    const uint8_t *bytes;
    uint32_t captured, length;
};

/* How a capture, or an attempt at one, ended. */
enum { SOURCE_MORE = 1, SOURCE_END = 0, SOURCE_ERROR = -1 };

struct source; /* one capture; there is one at a time */

/* An open capture, or NULL after a complaint: then *status is what to exit
 * with. */
struct source *source_open(const char *name, bool live, const char *filter,
                           int *status);
uint32_t source_linktype(const struct source *s);
/* The most bytes that it keeps of a frame. */
uint32_t source_snaplen(const struct source *s);
/* Fetch a frame: SOURCE_MORE, SOURCE_END (also after source_stop()), or
 * SOURCE_ERROR after a complaint. */
int source_next(struct source *s, struct packet *p);
/* How much of a regular file has been read, in percent; -1: not known. */
int source_percent(const struct source *s);
/* Bytes of a regular file; -1: it is none. */
int64_t source_size(const struct source *s);
void source_close(struct source *s);
/* End the capture; may be called by a signal handler. */
void source_stop(void);

/* ---- room.c: the table ---- */

/* What is made once, and never grows. */
struct room {
    tcptable_config table;
    uint32_t pool_blocks, pool_block; /* for bytes out of order */
    bool chosen;                      /* by the caller */
};

/* Of each connection with these TCPCONN_WITH_. */
void room_default(struct room *r, uint32_t parts);
/* Random bits. */
void room_seed(uint64_t seed[2]);
/* Fewer connections than that many bytes of a capture may hold need less room; -1:
 * not known. */
void room_fit(struct room *r, int64_t bytes);
/* What is over is kept for stragglers, but no longer than TIME-WAIT lasts, unless a
 * set of time-outs was chosen: returns for how long. */
uint64_t room_forget_soon(tcpconn_config *config);
/* The table, or NULL; *memory is to be freed. */
tcptable *room_make(const struct room *r, void **memory);
tcpconn_pool *room_make_pool(const struct room *r, void **memory);
/* The value of --connections, --half-open or --ipv6, which `option` tells; false if it
 * is none. */
enum { ROOM_CONNECTIONS = 256, ROOM_HALF_OPEN, ROOM_IPV6, ROOM_MEMORY };
bool room_option(struct room *r, int option, const char *word);
/* What --connections without --half-open says; false if there is no such table. */
bool room_settle(struct room *r);
/* --memory */
void room_print(const struct room *r);

/* ---- flows.c: what is kept of connections ---- */

struct link {
    struct link *prev, *next;
};

struct endpoint {
    uint8_t address[16]; /* IPv4 in the first 4 bytes, the rest 0 */
    uint16_t port;
};

enum { UNKNOWN = -1 };

struct hashes {
    struct sha256_ctx all, no_urgent;
};

/* What was told of the bytes of one direction. */
struct stream {
    uint64_t data; /* bytes */
    uint32_t gaps, conflicts, not_kept;
    struct hashes *hashes; /* of them; NULL: not wanted */
};

/* A connection. Endpoint 0 is the source of the first segment seen; JSON calls
 * it a, and the other one b. */
struct flow {
    tcptable_id id;
    struct flow *chain; /* in the same bucket */
    struct endpoint ep[2];
    uint8_t family;   /* 4 or 6 */
    int8_t opener;    /* 0, 1 or UNKNOWN */
    bool ended;       /* nothing more will be told of it */
    int why;          /* TCPCONN_END_, when ended */
    uint8_t state[2]; /* of the endpoints, when ended */
    uint64_t first_time, last_time;
    struct link order; /* by number */
    uint64_t number;
    struct side {      /* an endpoint */
        uint32_t base; /* its relative number 0 */
        bool has_base;
        bool has_syn;       /* its SYN was seen, and not refused */
        uint64_t dup_frame; /* the first frame with its latest ACK */
        struct stream stream;
        tcpconn_stats stats; /* of what it sent, when ended */
    } side[2];
    tcpconn_summary summary;   /* when agreed, and when ended */
    tcpconn_analysis analysis; /* when ended */
    bool agreed;               /* the handshake was seen to its end */
    uint8_t silent; /* bit n: nothing followed a refused RST of endpoint n */
    /* The library's endpoint 0 is endpoint 1 here: after the pair was reused from
     * the other side. */
    bool flipped;
    struct provisional *provisional; /* frames whose verdict is */
    size_t n_provisional;
};

struct provisional {
    uint64_t frame;
    uint32_t id;
    int dir;
};

struct flows {
    struct flow **buckets;
    size_t n_buckets;  /* a power of two */
    struct flow *last; /* found */
    struct link order; /* all, oldest first, the ended ones that are kept too */
};

/* For about so many connections at once. */
bool flows_init(struct flows *t, size_t n);
/* What is kept of a connection that has not ended, or NULL. */
struct flow *flows_find(struct flows *t, tcptable_id id);
/* For a connection that may begin, not to be found yet; NULL without memory. */
struct flow *flows_new(bool hash);
void flows_insert(struct flows *t, struct flow *f, tcptable_id id);
void flows_rename(struct flows *t, struct flow *f, tcptable_id id);
/* Nothing finds it any more; it stays in t->order. */
void flows_forget(struct flows *t, struct flow *f);
void flows_free(struct flow *f);
void flows_destroy(struct flows *t);
/* Walk t->order: pass NULL first. NULL at the end. */
struct flow *flows_next(const struct flows *t, const struct flow *f);

/* ---- track.c: what is told to an output ---- */

struct change {
    uint64_t time;
    uint8_t endpoint, old_state, new_state, sure;
};

/* A provisional verdict that is settled. */
struct revision {
    uint64_t frame; /* whose it was */
    uint64_t checks;
    uint8_t verdict;
};

struct finding {
    uint8_t dir, why; /* TCPCONN_FINDING_ */
    uint8_t check;
    uint32_t count; /* met so often */
};

/* An event of a stream: data, a gap, bytes that differ or found no room. */
struct told {
    uint8_t type, dir, why, winner;
    uint32_t len;
    uint64_t offset;
};

/* What the library told in one call, or before and after the end of a connection
 * in it. */
struct news {
    const struct change *changes;
    const struct revision *revisions;
    const struct finding *findings;
    const struct told *told;
    size_t n_changes, n_revisions, n_findings, n_told;
};

/* A TCP segment and what the library says of it. */
struct sighting {
    const struct packet *packet;
    const tcpseg_frame *frame;
    const tcpseg *seg;
    const uint8_t *data;     /* the segment's bytes */
    const struct flow *flow; /* NULL: not known, so nothing changed */
    int dir;
    tcpconn_report report;
    tcpconn_analysis analysis; /* all 0 without a connection */
    struct news news;
    bool agreed; /* with this segment the handshake is done */
};

/* An ICMP error about a segment of a connection. */
struct notice {
    const struct packet *packet;
    const tcpseg_frame *frame; /* the error's own */
    const tcpseg *quoted;
    const struct flow *flow;
    int dir;             /* of the quoted segment */
    unsigned type, code; /* as ICMPv4 has them */
    uint32_t mtu;        /* 0: none told */
    bool believed;       /* what it quotes is in flight */
    struct news news;
};

/* Frames without TCP, by TCPSEG_STOP_, and the rest of the count. */
enum { N_STOPS = 16 };
struct totals {
    uint64_t frames, segments, datagrams, others, connections;
    uint64_t stops[N_STOPS];
    uint64_t bad_checksums;
    uint64_t icmp_errors; /* about segments of connections here */
    uint64_t dropped;     /* connections that no summary was kept of */
    uint64_t refused;     /* segments whose connection found no place */
    struct packet last;   /* number and time only */
};

/* Where it goes. A member may be NULL. */
struct output {
    void (*opened)(struct output *out, const struct flow *f,
                   const struct packet *p);
    void (*segment)(struct output *out, const struct sighting *s);
    void (*datagram)(struct output *out, const struct packet *p,
                     const tcpseg_frame *frame, const tcpseg_udp *udp);
    void (*notice)(struct output *out, const struct notice *n);
    /* What no segment of the connection caused: time passed, or it ends. */
    void (*passed)(struct output *out, const struct flow *f,
                   const struct packet *p, const struct news *news);
    void (*ended)(struct output *out, const struct flow *f,
                  const struct packet *p);
    void (*finished)(struct output *out, const struct flows *flows,
                     const struct totals *totals);

    bool hashes;       /* shows what the streams hash to */
    bool keeps_ended;  /* wants ended connections in flows, for finished() */
    bool ascii;        /* "->" for the arrow */
    bool summary_only; /* no lines of frames, */
    bool table;        /* and a table in place of each connection in short */
    /* print_text.c's own: */
    bool inferred_shown; /* a state with a question mark was printed */
    size_t address_columns;
};

struct output output_text(bool ascii, bool live);
struct output output_json(void);
/* explain.c: one frame's segment, in sentences; and whether there was one, else after
 * a complaint. */
struct output output_explain(uint64_t frame, bool ascii);
bool explained(void);

struct tracker;
/* locate: TCPSEG_LOCATE_ bits. The policy's callbacks and pool are set here; hash:
 * hash the streams. NULL after a complaint. */
struct tracker *tracker_new(uint32_t linktype, uint32_t locate,
                            const tcpconn_config *policy,
                            const struct room *room, bool hash,
                            struct output *out);
/* False: out of memory, after a complaint. */
bool tracker_feed(struct tracker *t, const struct packet *p);
void tracker_finish(struct tracker *t);

/* ---- icmp.c: errors ---- */

/* What the ICMP message at n->frame in n->packet says, and the segment that it
 * quotes; false if it is no error, or about no TCP. */
bool icmp_read(struct notice *n, tcpseg_frame *inner, tcpseg *quoted);
void info_icmp(struct text *t, const struct output *out,
               const struct notice *n);

/* ---- streams.c ---- */

enum { STREAM_HEX = 2 * SHA256_DIGEST_SIZE + 1 };

/* False: no memory for hashes. */
bool stream_begin(struct stream *s, bool hash);
void stream_end(struct stream *s);
void stream_take(struct stream *s, const tcpconn_event *ev, const void *bytes);
void stream_digest(const struct sha256_ctx *sum, char hex[STREAM_HEX]);
/* In words; not of data. */
void text_told(struct text *t, const struct flow *f, const struct told *told);

/* ---- parts of the outputs ---- */

const char *arrow(const struct output *out);
void info_segment(struct text *t, const struct output *out,
                  const struct sighting *s);
/* Wireshark's tags, each with a blank behind it. */
void info_tags(struct text *t, const struct sighting *s);
/* TCPCONN_ANALYSIS_, TCPCONN_SEEN_. */
bool has_flag(const struct sighting *s, unsigned bit);
/* Those that the capture proves. */
uint64_t seen_flags(const struct sighting *s);
void json_analysis(const struct sighting *s);
/* How much of a connection was seen: "complete with data". */
void text_completeness(struct text *t, unsigned completeness);
/* Milliseconds; nothing for 0. */
void json_ms(const char *key, uint64_t ns);
/* One option's text, with a blank before it; none if it has none. */
void info_option(struct text *t, const struct sighting *s,
                 const tcpseg_option *opt);
void info_datagram(struct text *t, const struct output *out,
                   const tcpseg_udp *udp);
/* The checks of a mask, most important first: calls add(name) for each. */
void each_check(uint64_t checks, unsigned top,
                void (*add)(void *context, const char *name), void *context);
/* Address and port. */
void text_endpoint(struct text *t, const struct flow *f, int endpoint);
/* What the two endpoints' SYNs came to. */
void text_agreement(struct text *t, const struct flow *f);
const char *ecn_name(unsigned ecn);
const char *fastopen_name(unsigned fastopen);
void print_summary(const struct output *out, const struct flow *f);
/* A line for each connection, the worst first. */
void print_table(const struct output *out, const struct flows *flows);
void print_totals(const struct output *out, const struct totals *totals);
void json_options(const tcpseg *seg, const uint8_t *data);

/* ---- the header, as far as it was captured ---- */

enum { HEADER_PORTS = 4, HEADER_NUMBERS = 16, HEADER_FIXED = 20 };

#endif
