/* Learning: what an accepted segment says, as numbers. Every event is then a
 * condition on numbers (event.c), so that a proof that comes late or twice is a
 * proof all the same. */
#include "deliver_int.h"
#include "inline.h"
#include "judge_int.h"

static uint32_t iss_of(const struct step *s, int endpoint)
{
    return s->conn->more[endpoint].iss;
}

static uint32_t fin_of(const struct step *s, int endpoint)
{
    return s->conn->more[endpoint].fin_seq;
}

/* An endpoint has sent up to `end`. */
void tcpsegp_advance(tcpconn *conn, int dir, uint32_t end)
{
    struct endpoint *e = &conn->ep[dir];

    if (!seq_lt(e->snd_nxt, end))
        return;
    conn->more[dir].wraps += end < e->snd_nxt;
    e->snd_nxt = end;
}

/* How far a number is into the stream of its sender, across wraps. Ahead of what was
 * sent it is by no more than a window. */
uint64_t tcpsegp_offset(const tcpconn *conn, int dir, uint32_t seq)
{
    uint64_t sent = tcpsegp_sent(conn, dir);
    uint32_t ahead = seq - conn->ep[dir].snd_nxt, back = 0 - ahead;

    if (ahead <= MAX_WINDOW)
        return sent + ahead;
    return back <= sent ? sent - back : 0;
}

/* Nothing behind a FIN waits for its turn: once that has come, the receiver throws it
 * away. Of a candidate its ACK will tell. */
static uint32_t up_to_fin(const struct step *s, int dir, uint32_t end,
                          uint32_t reach)
{
    uint32_t fin_seq = fin_of(s, dir);

    if (!(s->conn->ep[dir].flags & (EP_FIN | EP_FIN_AHEAD)) ||
        seq_lt(fin_seq + 1, end) || seq_le(reach, fin_seq))
        return reach;
    return seq_max(end, fin_seq);
}

/* An endpoint has all numbers before `end`, and what is known to wait behind them. */
void tcpsegp_receive(struct step *s, int endpoint, uint32_t end)
{
    struct endpoint *e = &s->conn->ep[endpoint];

    if (seq_lt(e->rcv_nxt, end))
        e->rcv_nxt = up_to_fin(s, !endpoint, end,
                               tcpsegp_deliver_reach(s, !endpoint, end));
}

/* An endpoint's numbers are known from `first` on. */
static void begin_numbers(tcpconn *conn, int dir, uint32_t first)
{
    conn->more[dir].iss = first - 1;
    conn->more[dir].wraps = 0;
    if (conn->flags & CONN_RIVALS)
        conn->more[dir].first_iss = first - 1;
    conn->ep[dir].snd_nxt = conn->ep[!dir].rcv_nxt = first;
    conn->ep[dir].flags |= EP_NUMBERS;
}

/* The first number an endpoint is heard to send, when that is no SYN: what came
 * before is implied. An RST implies nothing: a closed port sends one too. */
NOINLINE static void first_heard(struct step *s)
{
    struct endpoint *e = s->e;
    struct details *d = s->d;
    const tcpseg *seg = s->seg;

    if (!(e->flags & EP_NUMBERS))
        begin_numbers(s->conn, s->dir, seg->seq);
    e->flags |= EP_HEARD;
    if (seg->flags & TCPSEG_RST)
        return;
    e->flags |= EP_SYN;
    if (s->conn->flags & CONN_PICKED)
        e->scale = 14 << 4;
    if (seg->present & TCPSEG_HAS_MD5)
        d->offered |= TCPCONN_OFFER_MD5;
    if (seg->present & TCPSEG_HAS_AO)
        d->offered |= TCPCONN_OFFER_AO;
    if (seg->present & (TCPSEG_HAS_MD5 | TCPSEG_HAS_AO))
        s->conn->flags |= CONN_SIGNED;
}

/* It goes on where its sender was, as far as that is known. */
bool tcpsegp_is_in_place(const struct step *s)
{
    const struct endpoint *e = &s->before[s->dir], *p = &s->before[!s->dir];

    return s->begin || !(e->flags & EP_HEARD) || s->seg->seq == p->rcv_nxt;
}

/* No window reaches from what p has sent to there. */
static bool is_out_of_reach(const struct endpoint *p, uint32_t ack)
{
    return seq_lt(p->snd_nxt + MAX_WINDOW, ack) ||
           seq_lt(ack, p->snd_nxt - MAX_WINDOW);
}

/* What is believed of the receiver's numbers may be wrong. */
static bool is_guess(const struct step *s)
{
    return !(s->p->flags & (EP_PROVEN | EP_FIN)) &&
           s->conn->flags & CONN_PICKED && tcpsegp_is_in_place(s);
}

/* An ACK from before any of p's numbers is known gives them by implication; where
 * only e's direction is captured, or not all of p's, or p's numbers are a guess, it
 * is taken at its word. A guess that is out of its reach was wrong. */
static void imply_numbers(struct step *s, uint32_t ack)
{
    const struct endpoint *p = receiver(s);

    if (p->flags & EP_NUMBERS && is_out_of_reach(p, ack)) {
        if (!is_guess(s))
            return;
        tcpsegp_forget(s->conn, !s->dir);
        s->anew = true;
    }
    if (!(p->flags & EP_NUMBERS))
        begin_numbers(s->conn, !s->dir, ack);
    if (!(p->flags & EP_HEARD) || s->conn->flags & CONN_LOSSY ||
        (!(p->flags & EP_PROVEN) && tcpsegp_is_in_place(s)))
        tcpsegp_advance(s->conn, !s->dir, ack);
}

/* Section 3.6's crossing FINs: p's FIN is acknowledged after e's own went out.
 * Which of the two p receives first, p's next ACK will show. */
static bool crosses(const struct step *s, uint32_t ack)
{
    const struct endpoint *e = s->e, *p = s->p;
    uint32_t own = fin_of(s, s->dir), peers = fin_of(s, !s->dir);

    return p->flags & EP_FIN && !has_acked(e, peers + 1) &&
           seq_lt(peers, ack) &&
           (e->flags & EP_FIN ||
            (e->flags & EP_FIN_AHEAD && !(s->d->flags & EP_FIN_DOUBT))) &&
           !has_acked(p, own + 1);
}

/* Numbers that the peer acknowledges are proven: those of a handshake at once, those
 * of a connection picked up the second time. */
static void prove(struct step *s, int dir)
{
    struct endpoint *e = &s->conn->ep[dir];

    if (e->flags & EP_PROVEN || !(e->flags & EP_HEARD))
        return;
    if (e->flags & EP_ONCE || !(s->conn->flags & CONN_PICKED))
        e->flags |= EP_PROVEN;
    e->flags |= EP_ONCE;
}

/* The straight path looks at no details, so what waits there is flagged. */
static void stop_watching(tcpconn *conn)
{
    if (!((conn->more[0].flags | conn->more[1].flags) &
          (EP_RST_DOUBT | EP_BEHIND | EP_DRIFT)))
        conn->flags &= (uint16_t)~CONN_WATCHED;
}

/* A sender whose scale is not known obeys the one that is: what was acknowledged
 * at once fitted into the window offered before. */
NOINLINE static void raise_scale(const struct step *s, struct endpoint *e,
                                 uint32_t acked)
{
    unsigned low = e->scale & 15, high = e->scale >> 4;
    uint32_t raw;

    if (!(e->flags & EP_WINDOW) || s->conn->flags & CONN_LOSSY ||
        !(s->before[s->dir].flags & EP_ACKED))
        return;
    raw = (e->rcv_edge - s->before[s->dir].rcv_ack) >> high;
    while (low < high && acked > raw << low)
        low++;
    e->scale = (uint8_t)(high << 4 | low);
}

/* The window that comes with an accepted ACK, the newest one. */
static INLINE void learn_window(struct step *s)
{
    struct endpoint *e = s->e;
    unsigned scale = e->scale >> 4;
    uint32_t wnd = s->seg->wnd, edge = s->seg->ack + wnd_of(s->seg, scale);

    if (scale != (e->scale & 15u))
        raise_scale(s, e, s->seg->ack - s->before[s->dir].rcv_ack);
    if (!(e->flags & EP_WINDOW) || seq_lt(e->rcv_edge, edge))
        e->rcv_edge = edge;
    e->flags |= EP_WINDOW;
    if (s->seg->flags & TCPSEG_SYN) /* not scaled: in units, rounded up */
        wnd = (wnd + (UINT32_C(1) << scale) - 1) >> scale;
    if (wnd > s->d->wnd_max)
        s->d->wnd_max = (uint16_t)wnd;
}

/* The ACK: what e says it has received, no further than p was seen to send. */
static void learn_ack(struct step *s, uint32_t ack)
{
    struct endpoint *e = s->e, *p = s->p;
    bool news;

    imply_numbers(s, ack);
    news = !(e->flags & EP_ACKED) || seq_lt(e->rcv_ack, ack);
    /* Half the circle behind its ISS, a number is before that no more. */
    if (seq_lt(p->snd_nxt, ack) ||
        (!(e->flags & EP_ACKED) && seq_lt(ack, iss_of(s, !s->dir))))
        return;
    if (news || ack == e->rcv_ack) /* none before it covered more */
        learn_window(s);
    if (!news) {
        if (ack == e->rcv_ack && s->q->flags & EP_RST_DOUBT)
            s->q->flags |= EP_BEHIND;
        return;
    }
    s->q->flags &= (uint16_t)~EP_BEHIND;
    stop_watching(s->conn);
    if (crosses(s, ack))
        p->flags |= EP_CROSSED;
    prove(s, !s->dir);
    e->rcv_ack = ack;
    e->flags |= EP_ACKED;
    tcpsegp_receive(s, s->dir, ack);
}

NOINLINE static void learn_sack(struct step *s)
{
    struct details *d = s->d;
    const struct endpoint *p = s->p;

    if (s->conn->flags & CONN_RIVALS || s->e->state == TCPCONN_TIME_WAIT)
        return;
    for (unsigned i = 0; i < s->seg->sack_count && i < 4; i++) {
        uint32_t right = s->seg->sack[i].right;

        if (seq_le(right, p->snd_nxt) && seq_lt(s->seg->ack, right) &&
            (!d->sack_edge || seq_lt(d->sack_edge, right)))
            d->sack_edge = right;
    }
}

/* A FIN out of order counts once everything before it may have arrived. Text in order
 * in its place, or an ACK beyond, proves that it was none; with text that waits beyond
 * it, only an ACK shows which of the two its receiver kept. */
NOINLINE static void settle_fin(struct step *s, int dir)
{
    struct endpoint *e = &s->conn->ep[dir], *p = &s->conn->ep[!dir];
    uint32_t fin_seq = fin_of(s, dir);
    bool text = dir == s->dir && s->verdict < TCPCONN_QUEUED &&
                fin_seq - s->seg->seq < s->seg->payload_len;

    if (!(e->flags & EP_FIN_AHEAD))
        return;
    if (seq_lt(fin_seq + 1, e->snd_nxt))
        s->conn->more[dir].flags |= EP_FIN_DOUBT;
    if (text || has_acked(p, fin_seq + 2)) {
        e->flags &= (uint16_t)~EP_FIN_AHEAD;
        p->flags &= (uint16_t) ~(EP_CROSSED | EP_FIN_AGAIN);
    } else if ((!(s->conn->more[dir].flags & EP_FIN_DOUBT) &&
                seq_le(fin_seq, p->rcv_nxt)) ||
               has_acked(p, fin_seq + 1)) {
        e->flags &= (uint16_t)~EP_FIN_AHEAD;
        e->flags |= EP_FIN;
    }
}

/* A FIN that its receiver may have refused: only an ACK shows that it has not. */
void tcpsegp_keep_fin(struct step *s)
{
    struct endpoint *e = s->e;
    struct details *d = s->d;

    if (e->flags & EP_FIN ||
        (e->flags & EP_FIN_AHEAD && !(d->flags & EP_FIN_DOUBT)))
        return;
    d->fin_seq = s->seg->seq + s->seg->payload_len;
    d->flags |= EP_FIN_DOUBT;
    e->flags |= EP_FIN_AHEAD;
}

/* A FIN in order is one. Ahead of what its receiver has, it is a candidate; behind
 * that, on a number already seen to carry something else, it is none. */
static void learn_fin(struct step *s, bool heard)
{
    struct endpoint *e = s->e, *p = s->p;
    struct details *d = s->d, *q = s->q;
    uint32_t fin_seq = s->seg->seq + s->seg->payload_len;

    if (e->flags & EP_FIN) { /* the first one counts */
        if (fin_seq != d->fin_seq)
            return;
        if (p->flags & EP_CROSSED)
            p->flags |= EP_FIN_AGAIN;
        /* section 3.6.1: 2MSL starts anew */
        if (p->state == TCPCONN_TIME_WAIT && s->now > q->time_wait)
            q->time_wait = s->now;
        return;
    }
    if (s->provisional || (s->verdict == TCPCONN_TRIMMED &&
                           remarked(s, TCPCONN_CHECK_WINDOW_OVERHANG))) {
        tcpsegp_keep_fin(s);
        return;
    }
    d->flags &= (uint16_t)~EP_FIN_DOUBT;
    if (s->verdict == TCPCONN_ACCEPTED || s->verdict == TCPCONN_TRIMMED) {
        d->fin_seq = fin_seq;
        e->flags &= (uint16_t)~EP_FIN_AHEAD;
        e->flags |= EP_FIN;
        return;
    }
    if (s->verdict == TCPCONN_DUPLICATE && heard &&
        !(e->flags & EP_FIN_AHEAD && d->fin_seq == fin_seq))
        return;
    d->fin_seq = fin_seq;
    e->flags |= EP_FIN_AHEAD;
}

static void learn_text(struct step *s)
{
    struct endpoint *p = s->p;
    bool syn = s->seg->flags & TCPSEG_SYN;
    uint32_t end = s->seg->seq + length_of(s->seg);

    if (s->verdict != TCPCONN_DUPLICATE || syn)
        tcpsegp_advance(s->conn, s->dir, end);
    if (s->seg->payload_len && p->flags & EP_ACKED &&
        s->seg->seq == p->rcv_ack && seq_lt(s->seg->seq, p->rcv_nxt))
        s->d->flags |= EP_BEHIND, s->conn->flags |= CONN_WATCHED;
    /* A bare ACK ahead of a hole fills no hole; what may be refused waits for the
     * receiver's answer, as does data in a SYN. */
    if (s->verdict > TCPCONN_TRIMMED || s->provisional ||
        (!syn && seq_lt(p->rcv_nxt, s->seg->seq)))
        return;
    if (syn)
        end = s->seg->seq + 1;
    if (remarked(s, TCPCONN_CHECK_WINDOW_OVERHANG) &&
        s->verdict == TCPCONN_TRIMMED)
        end = p->rcv_edge;
    tcpsegp_receive(s, !s->dir, end);
}

/* What was taken to be so is proved by acting on it; of a connection picked up, by
 * acknowledging what its peer was seen to send. */
static void become_sure(struct step *s, bool known)
{
    struct endpoint *e = s->e;

    if (s->verdict == TCPCONN_DUPLICATE && (length_of(s->seg) || is_ancient(s)))
        return; /* sent again, it proves that the answer has not arrived */
    if (e->state > TCPCONN_ESTABLISHED)
        return; /* an ACK of its FIN shows in its next state only */
    if (!(s->conn->flags & CONN_PICKED) ||
        (known && e->flags & EP_ACKED && e->rcv_ack == s->seg->ack))
        e->flags |= EP_SURE;
}

/* In SYN-SENT: only the opener's direction is captured, and not all of it. One segment far from
 * its SYN may be forged; the next one that goes on behind it is believed. */
NOINLINE static bool waits_for_another(struct step *s)
{
    struct endpoint *e = s->e, *p = s->p;
    struct details *d = s->d;

    if (p->flags & EP_HEARD || s->seg->flags & (TCPSEG_SYN | TCPSEG_RST) ||
        seq_between(d->iss + 1, s->seg->seq, e->snd_nxt))
        return false;
    if (d->flags & EP_FAR &&
        seq_between(d->far_seq, s->seg->seq, d->far_seq + UINT16_MAX)) {
        d->flags &= (uint16_t)~EP_FAR;
        if (seq_lt(s->seg->seq, p->rcv_nxt)) /* that SYN was another one's */
            begin_numbers(s->conn, s->dir, s->seg->seq);
        p->rcv_nxt = s->seg->seq;
        return false;
    }
    d->far_seq = s->seg->seq + length_of(s->seg);
    d->flags |= EP_FAR;
    return true;
}

/* Only its own going on tells which SYN of an endpoint counts whose peer is not heard. */
NOINLINE static void choose_own_syn(struct step *s)
{
    const unsigned flags = TCPSEG_SYN | TCPSEG_RST | TCPSEG_ACK;
    int which;

    if (receiver(s)->flags & EP_HEARD || sender(s)->state != TCPCONN_SYN_SENT ||
        (s->seg->flags & flags) != TCPSEG_ACK)
        return;
    which = tcpsegp_covered_syn(s->conn, s->dir, s->seg->seq);
    if (which > CURRENT_SYN)
        tcpsegp_adopt(s, s->dir, which);
}

/* An ACK that chooses another SYN than the first makes that the connection's. */
NOINLINE static void choose_syn(struct step *s)
{
    int which;

    if (remarked(s, TCPCONN_CHECK_SYN_REPEATED) ||
        (s->seg->flags & (TCPSEG_ACK | TCPSEG_RST)) != TCPSEG_ACK)
        return;
    which = tcpsegp_covered_syn(s->conn, !s->dir, s->seg->ack);
    if (which > CURRENT_SYN)
        tcpsegp_adopt(s, !s->dir, which);
}

/* What goes on in its place disproves that the ends have drifted elsewhere. */
static void stay(struct step *s)
{
    const struct endpoint *p = receiver(s), *e = sender(s);
    unsigned drift =
        (s->conn->more[0].flags | s->conn->more[1].flags) & EP_DRIFT;

    if (!(drift | (s->conn->flags & CONN_WATCHED)) || s->provisional ||
        s->begin ||
        (p->rcv_nxt == s->before[!s->dir].rcv_nxt &&
         e->rcv_ack == s->before[s->dir].rcv_ack))
        return;
    s->conn->more[0].flags &= (uint16_t)~EP_DRIFT;
    s->conn->more[1].flags &= (uint16_t)~EP_DRIFT;
    stop_watching(s->conn);
}

/* Take over what an accepted segment says: acknowledgment before FIN, since the
 * order of the two is the order in which its receiver acts on them. False if it says
 * nothing yet. */
bool tcpsegp_learn(struct step *s)
{
    struct endpoint *e = s->e, *p = s->p;
    const tcpseg *seg = s->seg;
    bool known = p->flags & EP_HEARD, heard = e->flags & EP_HEARD;
    bool settled = s->provisional != PENDING_ACK, believed;
    bool rivals = s->conn->flags & CONN_RIVALS;

    if (rivals)
        choose_own_syn(s);
    if (e->state == TCPCONN_SYN_SENT && waits_for_another(s))
        /* near, it shows that the SYN was answered */
        return seg->seq - e->snd_nxt <= UINT16_MAX;
    if (rivals)
        choose_syn(s);
    if ((seg->flags & (TCPSEG_SYN | TCPSEG_RST)) == TCPSEG_SYN) {
        if (!tcpsegp_learn_syn(s))
            return false;
    } else if (!heard) {
        first_heard(s);
    }
    believed = settled && !is_ancient(s);
    if (seg->flags & TCPSEG_ACK && believed) {
        if (seg->sack_count && !(seg->flags & TCPSEG_RST))
            learn_sack(s);
        learn_ack(s, seg->ack);
    }
    if (seg->flags & TCPSEG_RST)
        return true;
    if (seg->present & TCPSEG_HAS_TIMESTAMPS && believed &&
        !(seg->flags & TCPSEG_SYN))
        tcpsegp_learn_timestamp(s);
    if (seg->flags & TCPSEG_FIN && settled && !(seg->flags & TCPSEG_SYN))
        learn_fin(s, heard);
    learn_text(s);
    if ((e->flags | p->flags) & EP_FIN_AHEAD) {
        settle_fin(s, 0);
        settle_fin(s, 1);
    }
    stay(s);
    become_sure(s, known);
    return true;
}

/* The same of a segment that is plain: in order, all of it in the window, with an ACK
 * of what was sent. Nothing waits for what it says. */
void tcpsegp_learn_plain(struct step *s)
{
    struct endpoint *e = s->e;
    const tcpseg *seg = s->seg;
    uint32_t end = seg->seq + length_of(seg);

    learn_ack(s, seg->ack);
    if (seg->present & TCPSEG_HAS_TIMESTAMPS)
        tcpsegp_learn_timestamp(s);
    if (seg->flags & TCPSEG_FIN && !(e->flags & EP_FIN)) {
        s->d->fin_seq = end - 1;
        s->d->flags &= (uint16_t)~EP_FIN_DOUBT;
        e->flags |= EP_FIN;
    }
    tcpsegp_advance(s->conn, s->dir, end);
    tcpsegp_receive(s, !s->dir, end);
    become_sure(s, s->p->flags & EP_HEARD);
}
