/* Bytes out of order, of one direction: pieces, which say what is there, and pages,
 * which hold it. All of it is in blocks of a pool. Numbers are sequence numbers, and
 * nobody here knows what a connection is. */
#ifndef TCPSEG_LIB_QUEUE_INT_H
#define TCPSEG_LIB_QUEUE_INT_H

#include "pool_int.h"
#include "seq.h"

/* What is known of a piece, from little to much. Of the first two no byte is there. */
enum {
    PIECE_CUT,     /* captured without these bytes */
    PIECE_LOST,    /* there was no room for them */
    PIECE_DOUBTED, /* refused, it seems: the receiver's ACK may tell otherwise */
    PIECE_TENTATIVE, /* taken, it seems: the same */
    PIECE_FIRM       /* the receiver has them */
};

/* What is left of a segment: the bytes it has lost to others, on either side, still
 * count where the policies ask how two segments lie, since hosts keep them whole. */
struct piece {
    uint32_t start, end;
    uint16_t lost_before, lost_behind; /* 65535 and more */
    uint8_t kind, reserved[3];
};

enum {
    QUEUE_MAGIC = 0x75757101,
    N_INDEXES = 32,
    N_MARKS = 4,
    SPARE_PIECES = 2 /* for those that a piece falls into */
};

/* The first block of a queue. The page of a number is found in two steps: its upper
 * bits choose an index block, the middle ones a page there. Indexes are used in a
 * ring, which is why all that is kept lies within tcpsegp_queue_reach(). */
struct queue {
    uint32_t magic;
    uint32_t blocks; /* held, this one included */
    uint16_t n;      /* pieces: apart from each other, by number */
    uint16_t n_marks;
    uint32_t mark[N_MARKS];    /* numbers of urgent bytes to come */
    uint32_t index[N_INDEXES]; /* index blocks, or 0 */
    uint16_t live[N_INDEXES];  /* pages in each */
    struct piece piece[];
};

/* A segment's text: [start, end), of which the bytes before have_end are there. */
struct text {
    uint32_t start, end, have_end;
    const uint8_t *bytes; /* from start on */
    uint8_t kind;         /* PIECE_DOUBTED and up */
};

/* What a direction may take. */
struct limits {
    uint32_t pieces, blocks;
};

/* Whom to tell of bytes that differ: what was there, where the two overlap, who
 * wins. */
typedef void tell_overlap(void *to, const struct piece *old, uint32_t start,
                          uint32_t end, int winner);

/* overlap.c, of two whole segments. `detached`: something older is before the old one,
 * and does not touch it. */
bool tcpsegp_overlap_new_wins(unsigned policy, uint32_t start, uint32_t end,
                              const struct piece *old, bool detached);

/* A queue by its first block. */
static inline struct queue *queue_at(const tcpconn_pool *pool, uint32_t head)
{
    return (struct queue *)(void *)pool_block(pool, head);
}

/* How many pieces a queue has places for. */
uint32_t tcpsegp_queue_pieces(const tcpconn_pool *pool);
/* How far beyond the first number there may be anything. */
uint32_t tcpsegp_queue_reach(const tcpconn_pool *pool);
/* Whether a text in reach would find room in a queue whose stream is at `at`; head 0:
 * there is none yet. Reads only. */
bool tcpsegp_queue_fits(const tcpconn_pool *pool, uint32_t head,
                        const struct limits *most, uint32_t at,
                        const struct text *t);
/* The number behind what the receiver has from `at` on. What was lost here is left
 * out: it may come again, before an ACK covers it. */
uint32_t tcpsegp_queue_end(const tcpconn_pool *pool, uint32_t head,
                           uint32_t at);

uint32_t tcpsegp_queue_open(tcpconn_pool *pool); /* its head, or 0 */
void tcpsegp_queue_close(tcpconn_pool *pool, uint32_t head);
/* Whether the new text owns what it shares with piece i. */
bool tcpsegp_queue_new_wins(const struct queue *q, unsigned i,
                            const struct text *t, unsigned policy);
/* Whether the bytes that both have differ, from `start` to before `end`. */
bool tcpsegp_queue_differs(const tcpconn_pool *pool, const struct queue *q,
                           const struct text *t, uint32_t start, uint32_t end);
/* Keep a text for which there is room, or, lost, that it was there. */
void tcpsegp_queue_put(tcpconn_pool *pool, struct queue *q,
                       const struct limits *most, const struct text *t,
                       unsigned policy, bool lost, tell_overlap *tell,
                       void *to);
/* Pieces before `at` become one where they touch. */
void tcpsegp_queue_join(struct queue *q, uint32_t at);
/* Forget all before `at`. */
void tcpsegp_queue_drop(tcpconn_pool *pool, struct queue *q, uint32_t at);
/* Forget what is tentative from start to before end. */
void tcpsegp_queue_refuse(tcpconn_pool *pool, struct queue *q, uint32_t start,
                          uint32_t end);
/* The bytes from `at` to before *end, or to the end of their page, which *end then
 * is. */
const uint8_t *tcpsegp_queue_bytes(const tcpconn_pool *pool,
                                   const struct queue *q, uint32_t at,
                                   uint32_t *end);

#endif
