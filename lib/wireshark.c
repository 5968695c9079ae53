/* Wireshark's flags, by the rules that Wireshark 4.0 was measured to follow. They are
 * no rules of TCP: numbers are compared as it compares them, 0 stands for "not known"
 * as there, and every segment counts, whatever its receiver does with it.
 *
 * Where Wireshark keeps a list of all segments not acknowledged, sixteen are kept
 * here. Flags do not depend on them; round trips, time-outs and the bytes in flight
 * do. */
#include "analysis_int.h"
#include "sent.h"

/* Nanoseconds. */
enum { FAST = 20000000, NO_ROUND_TRIP = 3000000 };

/* One segment, and the two directions as it finds them. */
struct look {
    struct conn_analysis *a;
    struct shark *f, *r; /* its own direction, and the reverse one */
    const tcpseg *seg;
    uint64_t now;
    uint32_t len;       /* of its data */
    uint32_t end, next; /* behind its data, and behind SYN or FIN */
    uint32_t said;      /* bit n: TCPCONN_ANALYSIS_ n */
    bool marked;        /* it has SYN, FIN or RST */
};

static inline void say(struct look *l, unsigned bit)
{
    l->said |= UINT32_C(1) << bit;
}

static inline bool said(const struct look *l, unsigned bit)
{
    return l->said >> bit & 1;
}

/* ---- one conversation after another ---- */

static void begin(struct conn_analysis *a)
{
    memset(a->shark, 0, sizeof a->shark);
    a->talk = 0;
    a->completeness = 0;
    a->initial_rtt = 0;
}

/* A SYN elsewhere, or after an end. */
static bool is_reuse(const struct look *l)
{
    const struct shark *f = l->f;

    return l->seg->flags & TCPSEG_SYN && f->flags & SH_BASE &&
           l->seg->seq != f->base;
}

static void learn_base(const struct look *l)
{
    struct shark *f = l->f, *r = l->r;
    unsigned flags = l->seg->flags;

    if (!(f->flags & SH_BASE)) {
        f->base = l->seg->seq - !(flags & TCPSEG_SYN);
        f->flags |= SH_BASE;
    }
    if (!(r->flags & SH_BASE) && flags & TCPSEG_ACK) {
        r->base = l->seg->ack - 1;
        r->flags |= SH_BASE;
    }
}

static void tell_fast_open(struct look *l)
{
    const tcpseg *seg = l->seg;
    uint32_t acked = seg->ack - l->r->base;

    if (!(seg->flags & TCPSEG_ACK)) {
        if (seg->present & TCPSEG_HAS_FASTOPEN && seg->fastopen_len)
            say(l, TCPCONN_ANALYSIS_TFO_SYN);
        if (l->len)
            l->f->flags |= SH_SYN_DATA;
        return;
    }
    if (acked > 1)
        say(l, TCPCONN_ANALYSIS_TFO_ACK);
    else if (acked == 1 && l->r->flags & SH_SYN_DATA)
        say(l, TCPCONN_ANALYSIS_TFO_IGNORED);
}

/* The window of a SYN is not scaled: until the first ACK without one, that is it. */
static void set_shift(struct shark *f)
{
    f->shift = f->flags & SH_SCALED && f->scale > SCALE_0
                   ? (uint8_t)(f->scale - SCALE_0)
                   : 0;
}

/* Both sides scale their windows, or none does. */
static void learn_scale(const struct look *l)
{
    struct shark *f = l->f, *r = l->r;
    bool scales = l->seg->present & TCPSEG_HAS_WSCALE;

    if (scales)
        f->scale =
            (uint8_t)(SCALE_0 + (l->seg->wscale < 14 ? l->seg->wscale : 14));
    if (!scales)
        f->scale = r->scale = SCALE_UNUSED;
    else if (l->seg->flags & TCPSEG_ACK && r->scale == SCALE_UNUSED)
        f->scale = SCALE_UNUSED;
    set_shift(f);
    set_shift(r);
}

static void learn_syn(struct look *l)
{
    learn_scale(l);
    tell_fast_open(l);
    if (l->seg->flags & TCPSEG_ACK)
        return;
    l->a->syn_time = l->now;
    l->a->talk |= TALK_SYN;
}

/* Of the first segment only a SYN counts, and of SYNs only the first segment. */
static unsigned completed_by(const struct look *l)
{
    unsigned flags = l->seg->flags, done = 0;
    unsigned opening = flags & (TCPSEG_SYN | TCPSEG_ACK);
    unsigned text = l->len ? TCPCONN_COMPLETE_DATA : 0;

    if (!(l->a->talk & TALK_BEGUN))
        return opening == TCPSEG_SYN ? TCPCONN_COMPLETE_SYN | text : 0;
    if (opening == (TCPSEG_SYN | TCPSEG_ACK))
        done |= TCPCONN_COMPLETE_SYN_ACK;
    else if (opening == TCPSEG_ACK)
        done |= text ? text : TCPCONN_COMPLETE_ACK;
    if ((flags & (TCPSEG_FIN | TCPSEG_ACK)) == (TCPSEG_FIN | TCPSEG_ACK))
        done |= TCPCONN_COMPLETE_FIN;
    if (flags & TCPSEG_RST)
        done |= TCPCONN_COMPLETE_RST;
    return done;
}

static void note_conversation(struct look *l)
{
    struct conn_analysis *a = l->a;
    unsigned flags = l->seg->flags;

    if (is_reuse(l)) {
        say(l, TCPCONN_ANALYSIS_REUSED_PORTS);
        if (!(flags & TCPSEG_ACK))
            begin(a);
        l->f->flags &= (uint16_t)~SH_BASE;
    }
    learn_base(l);
    if (flags & TCPSEG_SYN)
        learn_syn(l);
    a->completeness |= (uint8_t)completed_by(l);
    a->talk |= TALK_BEGUN;
    if (flags & (TCPSEG_FIN | TCPSEG_RST))
        a->talk |= TALK_OVER;
    if (!a->initial_rtt && a->talk & TALK_SYN &&
        (flags & (TCPSEG_SYN | TCPSEG_ACK)) == TCPSEG_ACK)
        a->initial_rtt = since(l->now, a->syn_time);
}

/* ---- the flags ---- */

static bool is_window_probe(const struct look *l)
{
    return l->len == 1 && l->f->next_seq && l->seg->seq == l->f->next_seq &&
           l->r->flags & SH_WINDOW && l->r->wnd == 0;
}

static bool fills_window(const struct look *l)
{
    const struct shark *r = l->r;

    return l->len && r->scale != SCALE_UNKNOWN && r->flags & SH_WINDOW &&
           l->end == r->ack + ((uint32_t)r->wnd << r->shift) && !l->marked;
}

/* A bare ACK where its sender left off: is it an update, an answer, or the same as
 * before? */
static void tell_bare_ack(struct look *l)
{
    const struct shark *f = l->f, *r = l->r;
    bool same_wnd = f->flags & SH_WINDOW && l->seg->wnd == f->wnd;
    bool same = l->seg->ack == f->ack, next = l->seg->ack == f->ack + 1;
    bool probed = r->flags & SH_PROBE;

    if (!l->seg->wnd) {
        if (same_wnd && probed && (same || next))
            say(l, TCPCONN_ANALYSIS_ZERO_WINDOW_PROBE_ACK);
        return;
    }
    if (!same_wnd) {
        if (same || (next && probed))
            say(l, TCPCONN_ANALYSIS_WINDOW_UPDATE);
        return;
    }
    if (!same)
        return;
    if (r->flags & SH_KEEP_ALIVE) {
        say(l, TCPCONN_ANALYSIS_KEEP_ALIVE_ACK);
        return;
    }
    say(l, TCPCONN_ANALYSIS_DUPLICATE_ACK);
    l->f->dup_num++;
}

static void tell_place(struct look *l)
{
    struct shark *f = l->f;
    uint32_t seq = l->seg->seq;

    if (is_window_probe(l)) {
        say(l, TCPCONN_ANALYSIS_ZERO_WINDOW_PROBE);
        return;
    }
    if (!l->seg->wnd && !l->marked)
        say(l, TCPCONN_ANALYSIS_ZERO_WINDOW);
    if (f->next_seq && seq_lt(f->next_seq, seq) &&
        !(l->seg->flags & TCPSEG_RST)) {
        say(l, TCPCONN_ANALYSIS_LOST_SEGMENT);
        f->flags |= SH_LOST;
    }
    if (l->len <= 1 && f->next_seq && seq == f->next_seq - 1 && !l->marked)
        say(l, TCPCONN_ANALYSIS_KEEP_ALIVE);
    if (fills_window(l))
        say(l, TCPCONN_ANALYSIS_WINDOW_FULL);
    if (!l->len && seq == f->next_seq && !l->marked)
        tell_bare_ack(l);
}

static void tell_unseen(struct look *l)
{
    struct shark *f = l->f, *r = l->r;
    uint32_t ack = l->seg->ack;

    if (!r->max_ack || !seq_lt(r->max_ack, ack) ||
        !(l->seg->flags & TCPSEG_ACK))
        return;
    if (ack == f->ack + 1 && l->seg->seq == f->next_seq &&
        r->flags & SH_PROBE) {
        say(l, TCPCONN_ANALYSIS_WINDOW_UPDATE);
        return;
    }
    say(l, TCPCONN_ANALYSIS_ACK_LOST_SEGMENT);
    if (r->flags & SH_GAP)
        r->max_ack = r->next_seq;
    else
        r->max_ack = 0, r->flags &= (uint16_t)~SH_NORMAL;
    r->flags &= (uint16_t)~SH_GAP;
    f->flags |= SH_NORMAL;
}

/* Only these look at times. */
static void tell_late(struct look *l)
{
    struct conn_analysis *a = l->a;
    const struct shark *f = l->f, *r = l->r;
    int64_t trip = a->initial_rtt ? a->initial_rtt : NO_ROUND_TRIP;
    int64_t waited = since(l->now, f->next_time);
    bool fast = !(r->flags & SH_ACKED) || since(l->now, r->ack_time) < FAST;

    if (fast && r->dup_num >= 2 && r->ack == l->seg->seq) {
        say(l, TCPCONN_ANALYSIS_FAST_RETRANSMISSION);
        say(l, TCPCONN_ANALYSIS_RETRANSMISSION);
        return;
    }
    if (waited >= 0 && waited < trip && f->next_seq != l->next) {
        say(l, TCPCONN_ANALYSIS_OUT_OF_ORDER);
        return;
    }
    say(l, TCPCONN_ANALYSIS_RETRANSMISSION);
    a->rto = waited;
    if (f->n_sent)
        a->rto = f->merged >> f->first & 1
                     ? 0
                     : since(l->now, f->sent[f->first].time);
}

static void tell_again(struct look *l)
{
    const struct shark *f = l->f;
    uint32_t seq = l->seg->seq, ack = l->r->ack;

    if (said(l, TCPCONN_ANALYSIS_ZERO_WINDOW_PROBE) ||
        said(l, TCPCONN_ANALYSIS_KEEP_ALIVE))
        return;
    if (l->len && ack && !seq_lt(ack, l->end)) {
        say(l, TCPCONN_ANALYSIS_SPURIOUS_RETRANSMISSION);
        say(l, TCPCONN_ANALYSIS_RETRANSMISSION);
    } else if (l->next != seq && f->next_seq && seq_lt(seq, f->next_seq) &&
               !(l->len > 1 && seq == f->next_seq - 1)) {
        tell_late(l);
    }
}

/* ---- what is kept ---- */

static void move_max_ack(struct shark *f, const struct look *l, uint32_t was)
{
    if (!was) {
        f->max_ack = l->next;
        f->flags |= SH_NORMAL;
    } else if (f->max_ack && l->seg->seq == f->max_ack) {
        f->max_ack = f->flags & SH_NORMAL ? f->next_seq : 0;
        f->flags &= (uint16_t)~SH_GAP;
    } else if (seq_lt(was, l->next) && l->seg->seq != was) {
        if (!f->max_ack) {
            f->max_ack = was;
            f->flags &= (uint16_t)~SH_GAP;
            f->flags |= f->flags & SH_NORMAL ? SH_GAP : 0;
        } else if (f->flags & SH_NORMAL) {
            f->flags |= SH_GAP;
        }
    }
}

static void keep_numbers(const struct look *l)
{
    struct shark *f = l->f;
    uint32_t was = f->next_seq;

    if (l->next != l->seg->seq) {
        if (f->n_sent &&
            !seq_lt(f->sent[slot(f, f->n_sent - 1u)].next, l->next))
            f->flags |= SH_MIXED;
        keep_sent(f, l->seg->seq, l->next, l->now);
    }
    if (said(l, TCPCONN_ANALYSIS_ZERO_WINDOW_PROBE))
        return;
    if (!was || seq_lt(was, l->next)) {
        f->next_seq = l->next;
        f->next_time = l->now;
    }
    move_max_ack(f, l, was);
}

static uint32_t sacked_bytes(const tcpseg *seg)
{
    uint32_t bytes = 0;

    for (unsigned i = 0; i < seg->sack_count && i < 4; i++)
        bytes += seg->sack[i].right - seg->sack[i].left;
    return bytes;
}

static void keep_ack(const struct look *l)
{
    struct shark *f = l->f;
    const tcpseg *seg = l->seg;

    f->wnd = seg->wnd;
    f->flags &= (uint16_t) ~(SH_PROBE | SH_KEEP_ALIVE);
    f->flags |= SH_WINDOW;
    f->flags |= said(l, TCPCONN_ANALYSIS_ZERO_WINDOW_PROBE) ? SH_PROBE : 0;
    f->flags |= said(l, TCPCONN_ANALYSIS_KEEP_ALIVE) ? SH_KEEP_ALIVE : 0;
    if (!(seg->flags & TCPSEG_ACK))
        return;
    if (!(seg->flags & TCPSEG_SYN))
        f->flags |= SH_SCALED;
    set_shift(f);
    f->flags |= SH_ACKED;
    f->ack = seg->ack;
    f->ack_time = l->now;
    f->sacked = seg->sack_count ? sacked_bytes(seg) : 0;
    l->r->flags &= (uint16_t)~SH_LOST;
}

static void keep_data(const struct look *l)
{
    struct shark *f = l->f;

    if (!l->len || f->flags & SH_LOST)
        return;
    l->a->data = l->len;
    keep_push(f, l->seg);
}

static void keep(const struct look *l)
{
    keep_numbers(l);
    keep_ack(l);
    l->a->ack_rtt = forget_sent(l->r, l->seg->ack, l->now);
    keep_data(l);
}

uint32_t tcpsegp_wireshark(struct conn_analysis *a, int dir, const tcpseg *seg,
                           uint64_t now)
{
    struct look l = {a, &a->shark[dir], &a->shark[!dir], seg, now, 0, 0, 0,
                     0, false};

    l.len = seg->payload_len;
    l.end = seg->seq + l.len;
    l.next = l.end + !!(seg->flags & (TCPSEG_SYN | TCPSEG_FIN));
    l.marked = seg->flags & (TCPSEG_SYN | TCPSEG_FIN | TCPSEG_RST);
    a->marks = l.next != l.end ? MARK_NUMBER : 0;
    a->marks |= seg->flags & TCPSEG_SYN ? MARK_SYN : 0;
    note_conversation(&l);
    tell_place(&l);
    if (seg->ack != l.f->ack) {
        l.f->dup_num = 0;
        l.f->dup_of = a->segment;
    }
    tell_unseen(&l);
    tell_again(&l);
    keep(&l);
    return l.said;
}

uint32_t tcpsegp_window(const struct conn_analysis *a)
{
    const struct shark *f = &a->shark[a->dir];

    return a->marks & MARK_SYN ? f->wnd : (uint32_t)f->wnd << f->shift;
}

/* Where the connection is, and has been for a while, with nothing in flight that the
 * next ACK would find acknowledged already. */
static bool is_in_step(const struct shark *f, const struct endpoint *e,
                       uint32_t acked)
{
    const unsigned known =
        SH_BASE | SH_ACKED | SH_WINDOW | SH_SCALED | SH_NORMAL;

    return (f->flags & ~(unsigned)SH_SYN_DATA) == known &&
           f->next_seq == e->snd_nxt && f->max_ack == f->next_seq &&
           f->ack == e->rcv_ack && f->wnd && !f->sacked && !f->dup_num &&
           (!f->n_sent || !seq_lt(f->sent[f->first].seq, acked));
}

bool tcpsegp_wireshark_calm(const struct conn_analysis *a, const tcpconn *conn)
{
    const unsigned both = TCPCONN_COMPLETE_DATA | TCPCONN_COMPLETE_ACK;

    return (a->completeness & both) == both &&
           (a->initial_rtt || !(a->talk & TALK_SYN)) &&
           is_in_step(&a->shark[0], &conn->ep[0], a->shark[1].ack) &&
           is_in_step(&a->shark[1], &conn->ep[1], a->shark[0].ack);
}
