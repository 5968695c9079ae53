/* What a direction has in flight: segments sent and not acknowledged, oldest first, in
 * a ring. The usual case is here, to become part of who calls it; the rest is in
 * sent.c. */
#ifndef TCPSEG_LIB_SENT_H
#define TCPSEG_LIB_SENT_H

#include "analysis_int.h"
#include "inline.h"

void tcpsegp_merge_sent(struct shark *f, uint32_t next, uint64_t now);
int64_t tcpsegp_forget_mixed(struct shark *r, uint32_t ack, uint64_t now);

static inline unsigned slot(const struct shark *f, unsigned i)
{
    return (f->first + i) % N_SENT;
}

static inline int64_t since(uint64_t now, uint64_t then)
{
    return (int64_t)(now - then);
}

/* [seq, next) was sent, behind all before it. */
static INLINE void keep_sent(struct shark *f, uint32_t seq, uint32_t next,
                             uint64_t now)
{
    unsigned n = f->n_sent, at = (f->first + n) % N_SENT;

    if (n == N_SENT) {
        tcpsegp_merge_sent(f, next, now);
        return;
    }
    f->sent[at] = (struct sent){now, seq, next};
    f->n_sent = (uint8_t)(n + 1);
    if (f->merged)
        f->merged &= (uint16_t) ~(1u << at);
}

/* Everything before ack was received. Returns since when the segment that ends there
 * was under way; 0 if there is none, or no time has passed. */
static INLINE int64_t forget_sent(struct shark *r, uint32_t ack, uint64_t now)
{
    const struct sent *s = &r->sent[r->first];
    uint64_t sent = now;

    if (r->flags & SH_MIXED)
        return tcpsegp_forget_mixed(r, ack, now);
    for (; r->n_sent && !seq_lt(ack, s->next); s = &r->sent[r->first]) {
        if (s->next == ack)
            sent = s->time;
        r->first = (uint8_t)slot(r, 1);
        r->n_sent--;
    }
    if (r->n_sent && seq_lt(s->seq, ack))
        r->sent[r->first].seq = ack; /* in part */
    return since(now, sent);
}

/* Bytes since the last PSH. */
static inline void keep_push(struct shark *f, const tcpseg *seg)
{
    uint32_t before = f->pushed ? 0 : f->push_bytes;

    f->push_bytes = before + seg->payload_len;
    f->pushed = seg->flags & TCPSEG_PSH;
}

#endif
