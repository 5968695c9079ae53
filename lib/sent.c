/* What a direction has in flight, where it is not as usual: more than there is room
 * for, or not in order. */
#include "sent.h"

/* With no room left, the last place grows. */
NOINLINE void tcpsegp_merge_sent(struct shark *f, uint32_t next, uint64_t now)
{
    unsigned last = slot(f, N_SENT - 1);
    struct sent *s = &f->sent[last];

    if (!seq_lt(s->next, next))
        return;
    s->next = next;
    s->time = now;
    f->merged |= (uint16_t)(1u << last);
}

/* Of segments with the same end, the oldest. */
static int64_t find_end(const struct shark *r, uint32_t ack, uint64_t now)
{
    for (unsigned i = 0; i < r->n_sent; i++) {
        const struct sent *s = &r->sent[slot(r, i)];

        if (s->next == ack)
            return since(now, s->time);
    }
    return 0;
}

/* Acknowledged segments in any place. */
NOINLINE int64_t tcpsegp_forget_mixed(struct shark *r, uint32_t ack,
                                      uint64_t now)
{
    int64_t trip = find_end(r, ack, now);
    unsigned kept = 0, merged = 0;

    for (unsigned i = 0; i < r->n_sent; i++) {
        unsigned from = slot(r, i), to = slot(r, kept);

        if (!seq_lt(ack, r->sent[from].next))
            continue;
        r->sent[to] = r->sent[from];
        if (seq_lt(r->sent[to].seq, ack))
            r->sent[to].seq = ack; /* in part */
        merged |= (r->merged >> from & 1u) << to;
        kept++;
    }
    r->n_sent = (uint8_t)kept;
    r->merged = (uint16_t)merged;
    if (!kept)
        r->flags &= (uint16_t)~SH_MIXED;
    return trip;
}

/* From the lowest number not acknowledged to the highest one of data. */
uint32_t tcpsegp_bytes_in_flight(const struct conn_analysis *a)
{
    const struct shark *f = &a->shark[a->dir], *r = &a->shark[!a->dir];
    uint32_t low, high, n;

    if (!a->data || !f->n_sent)
        return 0;
    low = f->sent[f->first].seq;
    high = f->sent[f->first].next;
    for (unsigned i = 1; i < f->n_sent; i++) {
        const struct sent *s = &f->sent[slot(f, i)];

        if (seq_lt(s->seq, low))
            low = s->seq;
        high = seq_max(high, s->next);
    }
    n = high - low - r->sacked - (a->marks & MARK_NUMBER);
    return n < 2000000000 ? n : 0;
}
