/* The order of delivery: what of one direction is told when its receiver has got
 * further. Knows numbers, no flags. */
#ifndef TCPSEG_LIB_STREAM_INT_H
#define TCPSEG_LIB_STREAM_INT_H

#include "queue_int.h"

/* A place in a connection that says it wants no queue. */
enum { NO_QUEUE = 0 };
#define STREAM_STOPPED UINT32_MAX

/* What is told: some bytes, missing ones, or a difference. */
struct telling {
    uint8_t type, why, winner; /* TCPCONN_EV_DATA, GAP, OVERLAP */
    uint32_t start, end;
    const uint8_t *bytes;    /* of DATA */
    const struct piece *old; /* of OVERLAP */
    bool stored;             /* the bytes are in the pool */
};

/* One direction, for the time of a call. */
struct stream {
    tcpconn_pool *pool; /* or NULL */
    uint32_t *head;     /* its queue, in the connection */
    struct limits most;
    unsigned policy;
    bool apart;      /* urgent bytes are told apart */
    uint32_t proven; /* the receiver has acknowledged all before */
    bool marked;     /* the text at hand says where an urgent byte is */
    uint32_t mark;
    void *to;
    void (*tell)(void *to, const struct telling *what);
};

static inline bool stream_has_queue(const struct stream *s)
{
    return s->pool && *s->head != NO_QUEUE && *s->head != STREAM_STOPPED;
}

/* Tell [from, to) of the stream: out of the text at hand, if not NULL, and the queue,
 * which forgets it. */
void tcpsegp_stream_advance(struct stream *s, uint32_t from, uint32_t to,
                            const struct text *t);
/* Keep a text, of which `settled` and what is before is in order already; or, lost,
 * that it was there. */
void tcpsegp_stream_keep(struct stream *s, uint32_t settled,
                         const struct text *t, bool lost);
/* Keep the mark of an urgent byte that is still to come. */
void tcpsegp_stream_keep_mark(struct stream *s, uint32_t at);
/* Forget what is tentative from start to before end. */
void tcpsegp_stream_refuse(struct stream *s, uint32_t start, uint32_t end);
/* The number behind all that is kept; `at` if nothing is. */
uint32_t tcpsegp_stream_last(const struct stream *s, uint32_t at);
/* The stream is at `at`: what is behind it goes, and the queue if it is empty. */
void tcpsegp_stream_tidy(struct stream *s, uint32_t at);
/* Forget all, and follow it no more if `head` is STREAM_STOPPED. */
void tcpsegp_stream_clear(struct stream *s, uint32_t head);

#endif
