/* The stream: bytes in the order of their numbers, each told once, out of the packet
 * at hand and the queue. */
#include "stream_int.h"

static struct queue *queue_of(const struct stream *s)
{
    return stream_has_queue(s) ? queue_at(s->pool, *s->head) : NULL;
}

static void tell(struct stream *s, const struct telling *what)
{
    if (what->start != what->end)
        s->tell(s->to, what);
}

static void tell_gap(struct stream *s, uint32_t start, uint32_t end, int why)
{
    struct telling what = {.type = TCPCONN_EV_GAP, .why = (uint8_t)why};

    what.start = start;
    what.end = end;
    tell(s, &what);
}

/* Bytes of which the piece is told differently by another segment. */
static void tell_difference(void *to, const struct piece *old, uint32_t start,
                            uint32_t end, int winner)
{
    struct stream *s = to;
    struct telling what = {.type = TCPCONN_EV_OVERLAP, .old = old};

    what.winner = (uint8_t)winner;
    what.start = start;
    what.end = end;
    tell(s, &what);
}

/* ---- data ---- */

/* The first urgent byte from `at` to before `end`, or `end`. */
static uint32_t next_mark(const struct stream *s, uint32_t at, uint32_t end)
{
    const struct queue *q = queue_of(s);

    if (s->marked && s->mark - at < end - at)
        end = s->mark;
    for (unsigned i = 0; q && i < q->n_marks; i++)
        if (q->mark[i] - at < end - at)
            end = q->mark[i];
    return end;
}

static void tell_data(struct stream *s, uint32_t start, uint32_t end,
                      const uint8_t *bytes, bool stored)
{
    struct telling what = {.type = TCPCONN_EV_DATA, .stored = stored};

    for (uint32_t at = start; at != end; at = what.end) {
        uint32_t mark = s->apart ? next_mark(s, at, end) : end;

        what.start = at;
        what.end = mark == at ? at + 1 : mark;
        what.why = mark == at ? TCPCONN_DATA_URGENT : TCPCONN_DATA_PLAIN;
        what.bytes = bytes + (at - start);
        tell(s, &what);
    }
}

static void tell_text(struct stream *s, uint32_t start, uint32_t end,
                      const struct text *t)
{
    uint32_t have = seq_lt(t->have_end, end) ? t->have_end : end;

    if (seq_lt(start, have))
        tell_data(s, start, have, t->bytes + (start - t->start), false);
    else
        have = start;
    tell_gap(s, have, end, TCPCONN_GAP_CUT);
}

/* A piece, from `at` to before `end`. */
static void tell_piece(struct stream *s, const struct queue *q, uint32_t at,
                       uint32_t end, unsigned kind)
{
    static const uint8_t whys[] = {
        [PIECE_CUT] = TCPCONN_GAP_CUT,
        [PIECE_LOST] = TCPCONN_GAP_NOT_KEPT,
        [PIECE_DOUBTED] = TCPCONN_GAP_GIVEN_UP,
    };

    if (kind <= PIECE_LOST ||
        (kind == PIECE_DOUBTED && seq_lt(s->proven, end))) {
        tell_gap(s, at, end, whys[kind]);
        return;
    }
    while (at != end) {
        uint32_t stop = end;
        const uint8_t *bytes = tcpsegp_queue_bytes(s->pool, q, at, &stop);

        tell_data(s, at, stop, bytes, true);
        at = stop;
    }
}

/* ---- advance ---- */

static uint32_t first_of(uint32_t a, uint32_t b)
{
    return seq_lt(a, b) ? a : b;
}

static bool covers(const struct text *t, uint32_t at)
{
    return t && seq_le(t->start, at) && seq_lt(at, t->end);
}

/* Where `at` is in the first piece: that, or the text at hand if it wins. */
static uint32_t pass_piece(struct stream *s, struct queue *q, uint32_t at,
                           uint32_t to, const struct text *t)
{
    const struct piece p = q->piece[0];
    uint32_t end = first_of(p.end, to);
    bool wins = false;

    if (covers(t, at)) {
        uint32_t shared = first_of(p.end, t->end);

        wins = tcpsegp_queue_new_wins(q, 0, t, s->policy);
        if (p.kind >= PIECE_DOUBTED &&
            tcpsegp_queue_differs(s->pool, q, t, at, shared))
            tell_difference(s, &p, at, shared, wins);
        if (wins)
            end = first_of(end, t->end);
    } else if (t && seq_lt(at, t->start)) {
        end = first_of(end, t->start);
    }
    if (wins)
        tell_text(s, at, end, t);
    else
        tell_piece(s, q, at, end, p.kind);
    return end;
}

/* What is neither in the queue nor in the text. */
static uint32_t pass_gap(struct stream *s, uint32_t at, uint32_t end)
{
    tell_gap(s, at, end,
             seq_le(end, s->proven) ? TCPCONN_GAP_UNSEEN
                                    : TCPCONN_GAP_GIVEN_UP);
    return end;
}

void tcpsegp_stream_advance(struct stream *s, uint32_t from, uint32_t to,
                            const struct text *t)
{
    struct queue *q = queue_of(s);

    if (q && !t)
        tcpsegp_queue_join(q, to);
    for (uint32_t at = from; seq_lt(at, to);) {
        uint32_t end = to;

        if (q) {
            tcpsegp_queue_drop(s->pool, q, at);
            if (q->n && seq_le(q->piece[0].start, at)) {
                at = pass_piece(s, q, at, to, t);
                continue;
            }
            end = q->n ? first_of(q->piece[0].start, to) : to;
        }
        if (covers(t, at)) {
            end = first_of(end, t->end);
            tell_text(s, at, end, t);
            at = end;
            continue;
        }
        if (t && seq_lt(at, t->start))
            end = first_of(end, t->start);
        at = pass_gap(s, at, end);
    }
    if (q)
        tcpsegp_queue_drop(s->pool, q, to);
}

/* ---- keep ---- */

static bool open_queue(struct stream *s)
{
    if (!s->pool)
        return false;
    if (*s->head == NO_QUEUE)
        *s->head = tcpsegp_queue_open(s->pool);
    return stream_has_queue(s);
}

static struct text part_of(const struct text *t, uint32_t start, uint32_t end)
{
    struct text part = *t;

    if (t->start != t->have_end && seq_le(start, t->have_end))
        part.bytes += start - t->start;
    part.start = start;
    part.end = end;
    part.have_end = first_of(seq_max(t->have_end, start), end);
    return part;
}

/* What is in order is the receiver's, whatever comes later. */
void tcpsegp_stream_keep(struct stream *s, uint32_t settled,
                         const struct text *t, bool lost)
{
    uint32_t border = first_of(seq_max(settled, t->start), t->end);
    struct text old = part_of(t, t->start, border);
    struct text ahead = part_of(t, border, t->end);
    struct queue *q;

    if (!open_queue(s))
        return;
    q = queue_of(s);
    tcpsegp_queue_join(q, settled);
    if (old.start != old.end)
        tcpsegp_queue_put(s->pool, q, &s->most, &old, TCPCONN_OVERLAP_FIRST,
                          lost, tell_difference, s);
    if (ahead.start != ahead.end)
        tcpsegp_queue_put(s->pool, q, &s->most, &ahead, s->policy, lost,
                          tell_difference, s);
    s->pool->refused += lost;
}

void tcpsegp_stream_keep_mark(struct stream *s, uint32_t at)
{
    struct queue *q;

    if (!s->marked || seq_lt(s->mark, at) || !open_queue(s))
        return;
    q = queue_of(s);
    for (unsigned i = 0; i < q->n_marks; i++)
        if (q->mark[i] == s->mark)
            return;
    if (q->n_marks == N_MARKS) /* the oldest one goes */
        memmove(q->mark, q->mark + 1, --q->n_marks * sizeof *q->mark);
    q->mark[q->n_marks++] = s->mark;
}

static void drop_marks(struct queue *q, uint32_t at)
{
    unsigned kept = 0;

    for (unsigned i = 0; i < q->n_marks; i++)
        if (!seq_lt(q->mark[i], at))
            q->mark[kept++] = q->mark[i];
    q->n_marks = (uint16_t)kept;
}

void tcpsegp_stream_tidy(struct stream *s, uint32_t at)
{
    struct queue *q = queue_of(s);

    if (!q)
        return;
    drop_marks(q, at);
    if (!q->n && !q->n_marks)
        tcpsegp_stream_clear(s, NO_QUEUE);
}

void tcpsegp_stream_refuse(struct stream *s, uint32_t start, uint32_t end)
{
    struct queue *q = queue_of(s);

    if (q)
        tcpsegp_queue_refuse(s->pool, q, start, end);
}

uint32_t tcpsegp_stream_last(const struct stream *s, uint32_t at)
{
    const struct queue *q = queue_of(s);

    return q && q->n ? q->piece[q->n - 1].end : at;
}

void tcpsegp_stream_clear(struct stream *s, uint32_t head)
{
    if (stream_has_queue(s))
        tcpsegp_queue_close(s->pool, *s->head);
    *s->head = head;
}
