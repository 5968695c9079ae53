/* What the capture proves about a segment, as a reader would say it. Only of segments
 * that their receiver does not refuse, and by the connection's own numbers, so that
 * neither forged segments nor a wrapped number mislead it. Nothing is guessed from
 * times: what was overtaken and what was lost is told apart by what its sender wrote
 * into it, and where it wrote nothing, neither is told. */
#include "analysis_int.h"
#include "inline.h"
#include "judge_int.h"

/* RFC 5681 section 3.2 */
enum { DUPLICATES_FOR_LOSS = 3 };

struct view {
    struct conn_analysis *a;
    const struct step *s;
    const tcpseg *seg;
    struct seen *e, *p; /* the sender's, and its peer's */
    const struct endpoint *was,
        *at;      /* sender and receiver before the segment */
    uint32_t len; /* SEG.LEN */
    uint64_t bits;
};

static inline void note(struct view *v, unsigned bit)
{
    v->bits |= flag_of(bit);
}

/* ---- ranges of numbers ---- */

static bool overlap(uint32_t from, uint32_t to, const struct range *r)
{
    return r->from != r->to && seq_lt(from, r->to) && seq_lt(r->from, to);
}

static bool was_resent(const struct seen *by, uint32_t from, uint32_t to)
{
    for (unsigned i = 0; i < N_RESENT; i++)
        if (overlap(from, to, &by->resent[i]))
            return true;
    return false;
}

static void keep_resent(struct seen *e, uint32_t from, uint32_t to)
{
    e->resent[e->next_resent++ % N_RESENT] = (struct range){from, to};
}

static void drop_gap(struct seen *e, unsigned i)
{
    e->n_gaps--;
    for (; i < e->n_gaps; i++)
        e->gaps[i] = e->gaps[i + 1];
}

/* In the order in which they came about; with no room left, the oldest goes. */
static void keep_gap(struct seen *e, const struct gap *gap)
{
    if (gap->from == gap->to)
        return;
    if (e->n_gaps == N_GAPS)
        drop_gap(e, 0);
    e->gaps[e->n_gaps++] = *gap;
}

static void open_gap(struct view *v, uint32_t from)
{
    const tcpseg *seg = v->seg;
    bool stamped = seg->present & TCPSEG_HAS_TIMESTAMPS;
    struct gap gap = {from, seg->seq, seg->tsval, seg->ip_id, stamped};

    note(v, TCPCONN_SEEN_GAP);
    keep_gap(v->e, &gap);
}

/* Which was sent first, this segment or the one behind the gap? */
static void tell_order(struct view *v, const struct gap *gap)
{
    const tcpseg *seg = v->seg;
    uint16_t ahead = (uint16_t)(seg->ip_id - gap->ip_id);

    if (gap->stamped && seg->present & TCPSEG_HAS_TIMESTAMPS &&
        seg->tsval != gap->tsval)
        note(v, seq_lt(seg->tsval, gap->tsval) ? TCPCONN_SEEN_OVERTAKEN
                                               : TCPCONN_SEEN_LOST_BEFORE);
    else if (seg->ip_id && gap->ip_id && ahead)
        note(v, ahead > INT16_MAX ? TCPCONN_SEEN_OVERTAKEN
                                  : TCPCONN_SEEN_LOST_BEFORE);
}

/* How many numbers of [from, to) were missing so far. */
static uint32_t fill_gaps(struct view *v, uint32_t from, uint32_t to)
{
    struct seen *e = v->e;
    uint32_t filled = 0;

    for (unsigned i = e->n_gaps; i-- > 0;) {
        struct gap g = e->gaps[i], right = g;
        uint32_t first = seq_max(g.from, from);
        uint32_t last = seq_lt(to, g.to) ? to : g.to;

        if (!seq_lt(first, last))
            continue;
        filled += last - first;
        tell_order(v, &g);
        drop_gap(e, i);
        g.to = first;
        right.from = last;
        keep_gap(e, &g);
        keep_gap(e, &right);
    }
    return filled;
}

/* Of another lap round the circle: no segment is that late. */
NOINLINE static void drop_old_gaps(struct seen *e, uint32_t snd_nxt)
{
    for (unsigned i = e->n_gaps; i-- > 0;)
        if (snd_nxt - e->gaps[i].from > 1u << 30)
            drop_gap(e, i);
}

/* ---- what it brings ---- */

static void tell_resent(struct view *v, uint32_t fresh)
{
    uint32_t from = v->seg->seq, to = from + v->len;
    const struct seen *p = v->p;
    bool told = p->dup_acks >= DUPLICATES_FOR_LOSS ||
                (p->last & LAST_SACK && seq_lt(from, p->sack_edge));

    note(v, fresh ? TCPCONN_SEEN_RESENT_PART : TCPCONN_SEEN_RESENT);
    if (!fresh && has_acked(v->at, to))
        note(v, TCPCONN_SEEN_RESENT_LATE);
    else
        note(v, told ? TCPCONN_SEEN_RESENT_TOLD : TCPCONN_SEEN_RESENT_UNTOLD);
    keep_resent(v->e, from, seq_lt(v->was->snd_nxt, to) ? v->was->snd_nxt : to);
}

static void tell_numbers(struct view *v)
{
    uint32_t snd_nxt = v->was->snd_nxt, from = v->seg->seq, to = from + v->len;
    uint32_t filled, beyond = 0;

    if (v->e->n_gaps)
        drop_old_gaps(v->e, snd_nxt);
    if (from == snd_nxt)
        return;
    if (seq_lt(snd_nxt, from)) {
        open_gap(v, snd_nxt);
        return;
    }
    if (seq_lt(snd_nxt, to))
        beyond = to - snd_nxt;
    filled = fill_gaps(v, from, to);
    if (filled)
        note(v, TCPCONN_SEEN_FILLS_GAP);
    if (filled + beyond < v->len)
        tell_resent(v, filled + beyond);
}

/* The byte before the next, when all was acknowledged. */
static bool is_probe(const struct view *v)
{
    return remarked(v->s, TCPCONN_CHECK_KEEP_ALIVE) &&
           v->at->flags & EP_ACKED && v->at->rcv_ack == v->was->snd_nxt;
}

/* One byte more, although the window is closed. */
static bool asks_for_window(const struct seen *p, const tcpseg *seg,
                            uint32_t snd_nxt)
{
    return seg->payload_len == 1 && p->last & LAST_SHUT && seg->seq == snd_nxt;
}

static unsigned probe_of(const struct view *v)
{
    if (remarked(v->s, TCPCONN_CHECK_ZERO_WINDOW_PROBE) ||
        asks_for_window(v->p, v->seg, v->was->snd_nxt))
        return LAST_PROBE;
    if (!is_probe(v))
        return 0;
    return v->p->last & LAST_SHUT ? LAST_PROBE : LAST_KEEP_ALIVE;
}

/* Its sender's numbers mean something, and its own are among them. */
static bool is_placed(const struct view *v)
{
    const unsigned both = EP_NUMBERS | EP_HEARD;
    const struct step *s = v->s;

    return (v->was->flags & both) == both && s->begin == BEGIN_NOT &&
           !(v->seg->flags & TCPSEG_SYN && v->seg->seq != s->d->iss) &&
           !seq_lt(s->e->snd_nxt, v->seg->seq + v->len) &&
           !tcpsegp_is_before_syn(s);
}

static void tell_full(struct view *v)
{
    if (v->seg->payload_len && has_known_scale(v->at) &&
        v->seg->seq + v->seg->payload_len == v->at->rcv_edge)
        note(v, TCPCONN_SEEN_WINDOW_FULL);
}

static void tell_text(struct view *v)
{
    unsigned probe = probe_of(v);

    v->e->last &= (uint8_t) ~(LAST_PROBE | LAST_KEEP_ALIVE);
    v->e->last |= (uint8_t)probe;
    if (probe)
        note(v, probe == LAST_PROBE ? TCPCONN_SEEN_WINDOW_PROBE
                                    : TCPCONN_SEEN_KEEP_ALIVE);
    else if (v->len && is_placed(v))
        tell_numbers(v);
    else if (!v->len && is_placed(v) && seq_lt(v->was->snd_nxt, v->seg->seq))
        open_gap(v, v->was->snd_nxt);
    if (!probe)
        tell_full(v);
}

/* ---- what it acknowledges ---- */

static void tell_sack(struct view *v)
{
    const tcpseg *seg = v->seg;
    struct seen *e = v->e;

    if (seg->present & TCPSEG_HAS_DSACK) {
        note(v, TCPCONN_SEEN_DSACK);
        if (was_resent(v->p, seg->sack[0].left, seg->sack[0].right))
            note(v, TCPCONN_SEEN_NEEDLESS);
    }
    for (unsigned i = 0; i < seg->sack_count && i < 4; i++) {
        uint32_t right = seg->sack[i].right;

        if (!seq_lt(seg->ack, right))
            continue;
        e->sack_edge =
            e->last & LAST_SACK ? seq_max(e->sack_edge, right) : right;
        e->last |= LAST_SACK;
    }
    if (e->last & LAST_SACK && seq_le(e->sack_edge, seg->ack))
        e->last &= (uint8_t)~LAST_SACK; /* all is there */
}

static void tell_bare_ack(struct view *v)
{
    const tcpseg *seg = v->seg;
    bool same = v->e->last & LAST_WINDOW && seg->wnd == v->e->wnd;
    bool in_place = seg->seq == v->was->snd_nxt;

    if (same && seq_lt(seg->ack, v->at->snd_nxt)) {
        note(v, TCPCONN_SEEN_DUPLICATE_ACK);
        v->e->dup_acks =
            (uint16_t)(v->e->dup_acks + (v->e->dup_acks < UINT16_MAX));
    } else if (v->e->last & LAST_WINDOW && seg->wnd > v->e->wnd) {
        note(v, TCPCONN_SEEN_WINDOW_UPDATE);
    } else if (same && in_place && v->p->last & LAST_KEEP_ALIVE) {
        note(v, TCPCONN_SEEN_KEEP_ALIVE_ACK);
    }
    if (!seg->wnd && v->e->last & LAST_SHUT && in_place &&
        v->p->last & LAST_PROBE)
        note(v, TCPCONN_SEEN_WINDOW_PROBE_ACK);
}

static void keep_window(struct seen *e, uint16_t wnd, uint64_t *bits)
{
    bool shut = e->last & LAST_SHUT;

    if (!wnd && !shut)
        *bits |= flag_of(TCPCONN_SEEN_WINDOW_CLOSED);
    else if (wnd && shut)
        *bits |= flag_of(TCPCONN_SEEN_WINDOW_OPENED);
    e->last &= (uint8_t)~LAST_SHUT;
    e->last |= wnd ? LAST_WINDOW : LAST_WINDOW | LAST_SHUT;
    e->wnd = wnd;
}

/* What it acknowledges may have been sent twice. */
static void tell_trip(const struct conn_analysis *a, struct seen *e,
                      const struct seen *p, uint32_t ack, uint64_t *bits)
{
    if (a->ack_rtt && e->last & LAST_ACKED && was_resent(p, e->acked, ack))
        *bits |= flag_of(TCPCONN_SEEN_RTT_AMBIGUOUS);
    e->acked = ack;
    e->last |= LAST_ACKED;
}

/* An ACK seen before, or the next one. */
static void tell_latest_ack(struct view *v)
{
    const struct endpoint *was = v->was;
    bool repeats = was->flags & EP_ACKED && v->seg->ack == was->rcv_ack &&
                   v->s->begin == BEGIN_NOT;

    if (!repeats)
        v->e->dup_acks = 0;
    if (repeats && !v->len)
        tell_bare_ack(v);
    tell_trip(v->a, v->e, v->p, v->seg->ack, &v->bits);
    if (!(v->seg->flags & TCPSEG_SYN))
        keep_window(v->e, v->seg->wnd, &v->bits);
}

static void tell_ack(struct view *v)
{
    const unsigned both = EP_NUMBERS | EP_HEARD;
    const struct endpoint *now = sender(v->s);

    if (is_ancient(v->s))
        return;
    if ((v->at->flags & both) == both && v->s->begin == BEGIN_NOT &&
        seq_lt(v->at->snd_nxt, v->seg->ack))
        note(v, TCPCONN_SEEN_ACK_UNSEEN);
    /* An overtaken ACK's window is of the past. */
    if (now->flags & EP_ACKED && v->seg->ack == now->rcv_ack)
        tell_latest_ack(v);
    if (v->seg->sack_count || v->e->last & LAST_SACK)
        tell_sack(v);
}

uint64_t tcpsegp_seen(struct conn_analysis *a, const struct step *s)
{
    int dir = s->dir;
    struct view v = {.a = a,
                     .s = s,
                     .seg = s->seg,
                     .e = &a->seen[dir],
                     .p = &a->seen[!dir],
                     .was = &s->before[dir],
                     .at = &s->before[!dir],
                     .len = length_of(s->seg)};

    if (remarked(s, TCPCONN_CHECK_CAPTURE_DUPLICATE))
        return flag_of(TCPCONN_SEEN_CAPTURED_TWICE);
    if (s->verdict >= TCPCONN_REJECTED || s->seg->flags & TCPSEG_RST)
        return 0;
    tell_text(&v);
    if (s->seg->flags & TCPSEG_ACK)
        tell_ack(&v);
    return v.bits;
}

uint64_t tcpsegp_seen_straight(struct conn_analysis *a, const tcpconn *conn,
                               int dir, const tcpseg *seg)
{
    const struct seen *p = &a->seen[!dir];
    struct seen *e = &a->seen[dir];
    const struct endpoint *at = &conn->ep[!dir];
    uint64_t bits = 0;
    bool acks = a->shark[dir].dup_of == a->segment; /* something new */

    if (e->n_gaps)
        drop_old_gaps(e, seg->seq);
    e->last &= (uint8_t) ~(LAST_PROBE | LAST_KEEP_ALIVE | LAST_SACK);
    if (asks_for_window(p, seg, seg->seq)) {
        bits |= flag_of(TCPCONN_SEEN_WINDOW_PROBE);
        e->last |= LAST_PROBE;
    } else if (seg->payload_len && has_known_scale(at) &&
               conn->ep[dir].snd_nxt == at->rcv_edge) {
        bits |= flag_of(TCPCONN_SEEN_WINDOW_FULL);
    }
    if (acks)
        e->dup_acks = 0;
    if (seg->wnd != e->wnd || !(e->last & LAST_WINDOW))
        keep_window(e, seg->wnd, &bits);
    tell_trip(a, e, p, seg->ack, &bits);
    return bits;
}

/* Nothing of its peer's that was sent again waits for an ACK. */
static bool has_settled(const struct seen *e, const struct endpoint *p)
{
    for (unsigned i = 0; i < N_RESENT; i++)
        if (e->resent[i].from != e->resent[i].to &&
            !has_acked(p, e->resent[i].to))
            return false;
    return true;
}

bool tcpsegp_seen_calm(const struct conn_analysis *a, const tcpconn *conn)
{
    for (int i = 0; i < 2; i++) {
        const struct seen *e = &a->seen[i];

        if (e->n_gaps || e->dup_acks || e->last != (LAST_WINDOW | LAST_ACKED) ||
            !has_settled(e, &conn->ep[!i]))
            return false;
    }
    return true;
}
