/* tcpseg-streams: the bytes of each direction of each connection, in files.
 *
 *   options.c what the caller wants
 *   follow.c  frame -> segment -> connection: the library's calls are here
 *   pairs.c   addresses and ports -> connection: the table
 *   sink.c    where bytes go: files, of which few are open, or standard output
 *   main.c    signals, the loop
 *
 * Frames and characters come from tcpseg-inspect's source.c and text.c. */
#ifndef STREAMS_H
#define STREAMS_H

#include "../inspect/inspect.h"

/* ---- options.c ---- */

enum { URGENT_IN_LINE, URGENT_APART, URGENT_OUT };

struct options {
    const char *name;   /* a file, or "-" */
    const char *target; /* a directory, or "-" */
    const char *filter;
    bool to_stdout, skip_gaps, overwrite, quiet, no_checksums;
    int urgent;
    bool one_conn;
    uint64_t conn; /* its number */
    int dir;       /* 0: the bytes of its endpoint a; 1: of b; UNKNOWN: both */
    uint32_t pool_blocks;
    tcpconn_config policy;
};

enum { GO_ON = -1, POOL_BLOCK = 2048 };

/* GO_ON, or an exit status. */
int options_read(struct options *o, int argc, char **argv);

/* ---- sink.c ---- */

struct pair;

/* The bytes that one endpoint sent, or its urgent ones. */
struct sink {
    const struct pair *pair;
    uint64_t at;   /* where the next byte goes */
    uint64_t used; /* when, among all writes */
    int fd;        /* or UNKNOWN */
    uint8_t endpoint;
    bool urgent;
    bool made; /* the file is there */
};

enum { SINK_NAME = 128, MAX_OPEN = 64 };

/* Where all of them go. */
struct target {
    int dir; /* a directory, or UNKNOWN: standard output */
    struct text name;
    bool overwrite;
    uint64_t writes;
    struct sink *open[MAX_OPEN];
    unsigned n_open;
    int error; /* the first one, as errno; told, if not EPIPE */
};

bool target_open(struct target *t, const struct options *o);
/* After an error these do nothing. */
void sink_write(struct target *t, struct sink *s, const void *bytes,
                size_t len);
/* Bytes that are not there: zeros. A file is made by a byte that is. */
void sink_fill(struct target *t, struct sink *s, uint64_t len);
/* What was written was wrong. */
void sink_restart(struct target *t, struct sink *s);
void sink_close(struct target *t, struct sink *s);
/* "010.077.000.001.43610-010.077.000.002.00080" */
void sink_name(const struct sink *s, char name[SINK_NAME]);

/* ---- pairs.c: the table ---- */

/* Two endpoints, and the connection between them, if there is one now. A pair whose
 * connections had bytes is kept, so that no two files get one name. */
struct pair {
    struct link use;    /* by last use */
    struct pair *chain; /* with the same hash */
    uint32_t hash;
    struct endpoint ep[2];
    uint8_t family;
    uint32_t told; /* connections that had bytes, so far */
    uint32_t copy; /* of them, which one this is */
    bool has_copy;
    uint8_t a;       /* the endpoint that this connection was seen from first */
    uint64_t number; /* of the connection */
    uint64_t last_time;
    struct sink plain[2], urgent[2]; /* by endpoint */
    tcpconn *conn;                   /* NULL: it is over */
};

struct pairs {
    struct pair **buckets;
    size_t n_buckets, n_pairs, n_active;
    uint64_t seed;
    struct link active; /* by last use */
    struct link over;   /* the same: both endpoints CLOSED or TIME-WAIT */
};

bool pairs_init(struct pairs *t);
/* The pair with these endpoints, which is new if nobody knew it; NULL without
 * memory. *dir is 1 if its endpoint 1 is the source. */
struct pair *pairs_get(struct pairs *t, unsigned family,
                       const struct endpoint *src, const struct endpoint *dst,
                       int *dir);
/* A connection for a pair without one; false without memory. */
bool pairs_begin(struct pairs *t, struct pair *p);
void pairs_touch(struct pairs *t, struct pair *p, bool over);
/* The least recently used one of a list; NULL if it is empty. */
struct pair *pairs_oldest(const struct link *list);
/* Its connection is over; the pair may be freed. */
void pairs_end(struct pairs *t, struct pair *p);
void pairs_destroy(struct pairs *t);

/* ---- follow.c ---- */

struct follower;

/* NULL after a complaint. */
struct follower *follower_new(uint32_t linktype, const struct options *o,
                              struct target *target);
/* False: out of memory, or an error of the target; told. */
bool follower_feed(struct follower *f, const struct packet *p);
/* How many connections there were. */
uint64_t follower_finish(struct follower *f);

#endif
