/* The pieces of a queue: what came out of order, apart from each other, by number. */
#include "queue_page.h"

/* As many blocks as a queue of one short segment needs. */
enum { FEW_BLOCKS = 4, FAIR_SHARE = 4 };

_Static_assert(sizeof(struct queue) +
                       (64 + SPARE_PIECES) * sizeof(struct piece) <=
                   2048,
               "a block as recommended holds a queue of the usual size");

static bool has_bytes(const struct piece *p)
{
    return p->kind >= PIECE_DOUBTED;
}

static bool touches(const struct piece *left, const struct piece *right)
{
    return left->end == right->start && left->kind == right->kind;
}

uint32_t tcpsegp_queue_pieces(const tcpconn_pool *pool)
{
    return (uint32_t)((pool->block_size - sizeof(struct queue)) /
                      sizeof(struct piece)) -
           SPARE_PIECES;
}

uint32_t tcpsegp_queue_reach(const tcpconn_pool *pool)
{
    uint64_t reach = (uint64_t)(N_INDEXES - 1)
                     << (pool->shift + pool->shift - 2);

    return reach < UINT32_C(1) << 30 ? (uint32_t)reach : UINT32_C(1) << 30;
}

uint32_t tcpsegp_queue_open(tcpconn_pool *pool)
{
    uint32_t head = tcpsegp_pool_take(pool);

    if (head) {
        struct queue *q = queue_at(pool, head);

        memset(q, 0, sizeof *q);
        q->magic = QUEUE_MAGIC;
        q->blocks = 1;
    }
    return head;
}

void tcpsegp_queue_close(tcpconn_pool *pool, uint32_t head)
{
    struct queue *q = queue_at(pool, head);

    if (q->n)
        tcpsegp_queue_drop(pool, q, q->piece[q->n - 1].end);
    q->magic = 0;
    tcpsegp_pool_give(pool, head);
}

/* The first piece that ends behind `at`. */
static unsigned find(const struct queue *q, uint32_t at)
{
    unsigned i = 0;

    if (q->n && seq_le(q->piece[q->n - 1].end, at)) /* as most segments come */
        return q->n;
    while (i < q->n && seq_le(q->piece[i].end, at))
        i++;
    return i;
}

uint32_t tcpsegp_queue_end(const tcpconn_pool *pool, uint32_t head, uint32_t at)
{
    const struct queue *q = queue_at(pool, head);

    for (unsigned i = find(q, at); i < q->n; i++) {
        const struct piece *p = &q->piece[i];

        if ((p->kind != PIECE_FIRM && p->kind != PIECE_CUT) ||
            seq_lt(at, p->start))
            break;
        at = p->end;
    }
    return at;
}

/* ---- room ---- */

/* As many pieces as there would be if those that touch were one. */
static unsigned islands(const struct queue *q)
{
    unsigned n = q->n;

    for (unsigned i = 1; i < q->n; i++)
        n -= touches(&q->piece[i - 1], &q->piece[i]);
    return n;
}

static bool is_beside(const struct queue *q, uint32_t start, uint32_t end)
{
    unsigned i = find(q, start - 1);

    return i < q->n && seq_le(q->piece[i].start, end);
}

/* A queue may hold a fixed multiple of what it leaves free, so that of many that grow
 * each finds something, and one alone most of it. */
bool tcpsegp_queue_fits(const tcpconn_pool *pool, uint32_t head,
                        const struct limits *most, uint32_t at,
                        const struct text *t)
{
    const struct queue *q = head ? queue_at(pool, head) : NULL;
    uint32_t held = q ? q->blocks : 0, room = pool_room(pool);
    uint32_t wanted = !q, sum;

    if (seq_lt(t->start, at))
        return false;
    if (q && q->n >= most->pieces && islands(q) >= most->pieces &&
        !is_beside(q, t->start, t->end))
        return false;
    wanted += tcpsegp_pages_wanted(pool, q, t->start, t->have_end);
    sum = held + wanted;
    return wanted <= room && sum <= most->blocks &&
           (sum <= FEW_BLOCKS || sum <= (uint64_t)FAIR_SHARE * (room - wanted));
}

/* ---- change ---- */

static uint16_t short_of(uint32_t n)
{
    return n < UINT16_MAX ? (uint16_t)n : UINT16_MAX;
}

static void insert(struct queue *q, unsigned i, const struct piece *piece)
{
    struct piece *p = &q->piece[i];

    memmove(p + 1, p, (q->n - i) * sizeof *p);
    *p = *piece;
    q->n++;
}

/* The segment that a piece is left of. */
static struct piece whole(const struct piece *p)
{
    struct piece w = *p;

    w.start -= w.lost_before;
    w.end += w.lost_behind;
    return w;
}

static void lose_before(struct piece *p, uint32_t start)
{
    p->lost_before = short_of(p->lost_before + (start - p->start));
    p->start = start;
}

static void lose_behind(struct piece *p, uint32_t end)
{
    p->lost_behind = short_of(p->lost_behind + (p->end - end));
    p->end = end;
}

static void erase(struct queue *q, unsigned i)
{
    struct piece *p = &q->piece[i];

    q->n--;
    memmove(p, p + 1, (q->n - i) * sizeof *p);
}

void tcpsegp_queue_join(struct queue *q, uint32_t at)
{
    unsigned kept = 0;

    if (q->n < 2 || seq_lt(at, q->piece[1].end))
        return;
    for (unsigned i = 1; i < q->n; i++) {
        if (touches(&q->piece[kept], &q->piece[i]) &&
            seq_le(q->piece[i].end, at)) {
            q->piece[kept].end = q->piece[i].end;
            q->piece[kept].lost_behind = q->piece[i].lost_behind;
        } else
            q->piece[++kept] = q->piece[i];
    }
    if (q->n)
        q->n = (uint16_t)(kept + 1);
}

/* Whether a piece before or from i on has bytes on a page. */
static bool shares_page(const tcpconn_pool *pool, const struct queue *q,
                        unsigned i, uint32_t page)
{
    for (unsigned j = i; j < q->n && page_of(pool, q->piece[j].start) == page;
         j++)
        if (has_bytes(&q->piece[j]))
            return true;
    for (unsigned j = i;
         j > 0 && page_of(pool, q->piece[j - 1].end - 1) == page; j--)
        if (has_bytes(&q->piece[j - 1]))
            return true;
    return false;
}

/* Give back the pages of a piece that is gone, but for what others have on them. */
static void give_pages(tcpconn_pool *pool, struct queue *q,
                       const struct piece *gone)
{
    unsigned i = find(q, gone->start); /* the first one behind it */
    uint32_t first = page_of(pool, gone->start);
    uint32_t last = page_of(pool, gone->end - 1);

    if (!has_bytes(gone))
        return;
    for (uint32_t at = gone->start; at != gone->end;
         at = page_end(pool, at, gone->end)) {
        uint32_t page = page_of(pool, at);

        if ((page != first && page != last) || !shares_page(pool, q, i, page))
            tcpsegp_page_give(pool, q, page);
    }
}

/* Take [start, end) away from piece i. The pages stay. */
static unsigned cut(struct queue *q, unsigned i, uint32_t start, uint32_t end)
{
    struct piece *p = &q->piece[i];
    struct piece rest = *p;

    if (start == p->start && end == p->end) {
        erase(q, i);
        return i;
    }
    if (start == p->start) {
        lose_before(p, end);
        return i + 1;
    }
    lose_behind(p, start);
    lose_before(&rest, end);
    if (rest.start != rest.end)
        insert(q, i + 1, &rest);
    return i + 1;
}

/* Bytes are better than none, and what the receiver has is better than what it may
 * have refused; then the policy decides. */
bool tcpsegp_queue_new_wins(const struct queue *q, unsigned i,
                            const struct text *t, unsigned policy)
{
    const struct piece *old = &q->piece[i];
    bool detached = i > 0 && q->piece[i - 1].end != old->start;
    struct piece segment = whole(old);

    if (!has_bytes(old) || old->kind != t->kind)
        return !has_bytes(old) || old->kind < t->kind;
    return tcpsegp_overlap_new_wins(policy, t->start, t->end, &segment,
                                    detached);
}

/* Settle who owns what in [start, end) and was there before. */
static void contend(tcpconn_pool *pool, struct queue *q, const struct text *t,
                    uint32_t start, uint32_t end, unsigned policy,
                    tell_overlap *tell, void *to)
{
    for (unsigned i = find(q, start);
         i < q->n && seq_lt(q->piece[i].start, end);) {
        struct piece old = q->piece[i];
        uint32_t from = seq_max(start, old.start);
        uint32_t until = seq_lt(end, old.end) ? end : old.end;
        bool wins = tcpsegp_queue_new_wins(q, i, t, policy);

        if (has_bytes(&old) && tcpsegp_queue_differs(pool, q, t, from, until))
            tell(to, &old, from, until, wins);
        i = wins ? cut(q, i, from, until) : i + 1;
    }
}

/* A piece where there is none. Where all places are taken, a neighbour grows. */
static bool add(struct queue *q, const struct limits *most, unsigned i,
                const struct piece *p)
{
    struct piece *left = i ? &q->piece[i - 1] : NULL, *right = &q->piece[i];

    if (q->n < most->pieces + (has_bytes(p) ? SPARE_PIECES : 0))
        insert(q, i, p);
    else if (left && touches(left, p))
        left->end = p->end;
    else if (i < q->n && touches(p, right))
        right->start = p->start;
    else
        return false;
    return true;
}

/* The part [start, end) of a text. */
static struct piece piece_of(const struct text *t, uint32_t start, uint32_t end,
                             unsigned kind)
{
    struct piece p = {.start = start, .end = end, .kind = (uint8_t)kind};

    p.lost_before = short_of(start - t->start);
    p.lost_behind = short_of(t->end - end);
    return p;
}

/* Fill what is free in [start, end). */
static void fill(tcpconn_pool *pool, struct queue *q, const struct limits *most,
                 const struct text *t, uint32_t start, uint32_t end,
                 unsigned kind)
{
    unsigned i = find(q, start);

    for (uint32_t at = start; seq_lt(at, end);) {
        uint32_t stop = end;
        struct piece p;

        if (i < q->n && seq_le(q->piece[i].start, at)) {
            at = q->piece[i++].end;
            continue;
        }
        if (i < q->n && seq_lt(q->piece[i].start, stop))
            stop = q->piece[i].start;
        p = piece_of(t, at, stop, kind);
        if (!add(q, most, i, &p))
            give_pages(pool, q, &p); /* of what it was to take the place of */
        else if (has_bytes(&p))
            tcpsegp_pages_write(pool, q, at, stop, t->bytes + (at - t->start));
        i = find(q, stop);
        at = stop;
    }
}

void tcpsegp_queue_put(tcpconn_pool *pool, struct queue *q,
                       const struct limits *most, const struct text *t,
                       unsigned policy, bool lost, tell_overlap *tell, void *to)
{
    uint32_t have = lost ? t->start : t->have_end;

    if (q->n >= most->pieces)
        tcpsegp_queue_join(q, q->piece[q->n - 1].end);
    if (t->start != have) {
        contend(pool, q, t, t->start, have, policy, tell, to);
        fill(pool, q, most, t, t->start, have, t->kind);
    }
    if (have != t->end && t->kind == PIECE_FIRM)
        fill(pool, q, most, t, have, t->end, lost ? PIECE_LOST : PIECE_CUT);
}

/* ---- forget ---- */

void tcpsegp_queue_drop(tcpconn_pool *pool, struct queue *q, uint32_t at)
{
    while (q->n && seq_lt(q->piece[0].start, at)) {
        struct piece gone = q->piece[0];

        if (seq_le(gone.end, at)) {
            erase(q, 0);
        } else {
            gone.end = at;
            lose_before(&q->piece[0], at);
        }
        give_pages(pool, q, &gone);
    }
}

void tcpsegp_queue_refuse(tcpconn_pool *pool, struct queue *q, uint32_t start,
                          uint32_t end)
{
    for (unsigned i = find(q, start);
         i < q->n && seq_lt(q->piece[i].start, end);) {
        struct piece gone = q->piece[i];

        if (gone.kind == PIECE_FIRM || !has_bytes(&gone)) {
            i++;
            continue;
        }
        gone.start = seq_max(start, gone.start);
        gone.end = seq_lt(end, gone.end) ? end : gone.end;
        i = cut(q, i, gone.start, gone.end);
        give_pages(pool, q, &gone);
    }
}
