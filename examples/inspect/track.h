/* What track.c and told.c share. */
#ifndef INSPECT_TRACK_H
#define INSPECT_TRACK_H

#include "inspect.h"

enum {
    MAX_CHANGES = 64, /* a segment moves two endpoints a few steps each */
    MAX_FINDINGS = 64,
    /* Frames of a connection whose verdict is open. Some never are settled, and
     * a live capture may last: the oldest are given up. */
    MAX_PROVISIONAL = 8192,
    MAX_REVISIONS = MAX_PROVISIONAL,
    MAX_KEPT = 1 << 17 /* ended, and kept for the summary */
};

/* What the library tells of a connection in one call. */
struct book {
    struct flow *flow;
    struct news news; /* what follows, counted */
    struct change changes[MAX_CHANGES];
    struct revision revisions[MAX_REVISIONS];
    struct finding findings[MAX_FINDINGS];
    struct told *told;
    size_t room; /* of told */
};

struct tracker {
    uint32_t linktype, locate;
    struct output *out;
    tcpconn_env_storage env_memory;
    tcpconn_env *env;
    tcptable *table;
    void *memory, *pool;
    struct flows flows;
    size_t kept;
    struct totals totals;
    /* The segment at hand, or the one that an ICMP error quotes. */
    const struct sighting *at;
    struct flow *fresh; /* for the connection that may begin with it */
    int why;            /* how the one before on its ports ended; 0: not now */
    /* What is told of the segment's connection is printed under its line. Of all
     * others, whose time is over or that give way, it is printed at once. */
    struct book own, other;
    /* A segment that is refused before any other was taken begins no connection in
     * the library. Here it does, so that numbers are those of other tools. */
    size_t refused, most_refused;
    uint64_t over_after; /* the last of them, it is forgotten */
    uint64_t seed[2];
    bool hash;
};

/* ---- told.c: what the library tells ---- */

/* Callbacks that write into t->own and t->other. */
void told_listen(struct tracker *t, tcpconn_config *config);
void book_clear(struct book *b);
/* It was nothing that a segment of its own caused. */
void book_tell(struct tracker *t, struct book *b);
/* Tell the end of a connection whose numbers are kept. */
void close_flow(struct tracker *t, struct flow *f, int why);
/* Whether an endpoint of a connection, or of one that it may be, sent a segment. */
bool is_from(const struct sighting *s, const struct flow *f, int endpoint);
bool is_same_pair(const struct sighting *s, const struct flow *f);

#endif
