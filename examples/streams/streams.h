/* tcpseg-streams: the bytes of each direction of each connection, in files.
 *
 *   options.c what the caller wants
 *   follow.c  frame -> segment -> connection: the library's calls are here
 *   pairs.c   addresses and ports -> names of files; connections of the library's table
 *             by their ids
 *   sink.c    where bytes go: files, of which few are open, or standard output
 *   main.c    signals, the loop
 *
 * Frames, characters and the table come from tcpseg-inspect's source.c, text.c and
 * room.c. */
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
    struct room room;
    bool memory; /* tell only what it takes */
    tcpconn_config policy;
};

enum { GO_ON = -1 };

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

/* ---- pairs.c ---- */

/* Two endpoints, and the connection between them, if there is one now. A pair whose
 * connections had bytes is kept, so that no two files get one name. */
struct pair {
    struct pair *chain;   /* with the same hash */
    struct pair *id_next; /* in the same bucket of ids */
    uint32_t hash;
    struct endpoint ep[2];
    uint8_t family;
    tcptable_id id; /* 0: it is over */
    uint32_t told;  /* connections that had bytes, so far */
    uint32_t copy;  /* of them, which one this is */
    bool has_copy;
    bool open; /* it has a connection, by its number */
    bool
        refused; /* nothing of it was taken so far: the table has no connection */
    uint8_t a;   /* the endpoint that this connection was seen from first */
    uint8_t zero;       /* the endpoint that is 0 to the library */
    uint8_t zero_next;  /* and will be to a connection that may begin */
    uint64_t number;    /* of the connection */
    uint64_t last_time; /* of a segment that was refused */
    struct sink plain[2], urgent[2]; /* by endpoint */
};

struct pairs {
    struct pair **buckets, **ids;
    size_t n_buckets, n_pairs, n_ids;
    uint64_t seed[2];
};

/* For about so many connections at once. */
bool pairs_init(struct pairs *t, size_t connections);
/* The pair with these endpoints, which is new if nobody knew it; NULL without
 * memory. *dir is 1 if its endpoint 1 is the source. */
struct pair *pairs_get(struct pairs *t, const tcptable_tuple *tuple, int *dir);
/* The pair with that connection, or NULL. */
struct pair *pairs_of(const struct pairs *t, tcptable_id id);
/* It has that connection now. */
void pairs_name(struct pairs *t, struct pair *p, tcptable_id id);
/* Its connection is over. */
void pairs_end(struct pairs *t, struct pair *p);
/* Free it, if it has no connection and never had bytes. */
void pairs_release(struct pairs *t, struct pair *p);
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
