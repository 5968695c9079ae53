/* Events: what a segment proves about either endpoint. Numbers are learned
 * first; every event is then a condition on numbers, so that a proof that comes
 * late or twice is a proof all the same. */
#include "conn_int.h"
#include "inline.h"
#include "seq.h"

/* e has acknowledged all of its peer's numbers before n. */
NOINLINE static bool has_acked(const struct endpoint *e, uint32_t n)
{
    return e->flags & EP_ACKED && seq_le(n, e->rcv_ack);
}

/* ---- learning ---- */

/* The first number an endpoint is heard to send, when that is no SYN: what came
 * before is implied. An RST implies nothing: a closed port sends one too. */
static void first_heard(struct endpoint *e, const tcpseg *seg)
{
    if (!(e->flags & EP_NUMBERS)) {
        e->iss = seg->seq - 1;
        e->snd_nxt = seg->seq;
        e->flags |= EP_NUMBERS;
    }
    e->flags |= EP_HEARD;
    if (!(seg->flags & TCPSEG_RST))
        e->flags |= EP_SYN;
}

static void learn_syn(struct endpoint *e, struct endpoint *p, const tcpseg *seg)
{
    bool again = e->flags & EP_SYN && e->iss == seg->seq;

    if (!again) {
        e->iss = seg->seq;
        e->snd_nxt = seg->seq + 1;
        p->rcv_nxt = e->snd_nxt;
        /* What acknowledged other numbers acknowledges none of these. */
        if (!seq_between(e->iss, p->rcv_ack, e->snd_nxt))
            p->flags &= (uint16_t)~EP_ACKED;
    }
    e->flags |= EP_SYN | EP_HEARD | EP_NUMBERS;
    if (seg->flags & TCPSEG_ACK)
        e->flags |= EP_SYN_ACK;
    if (again && p->flags & EP_HEARD)
        return; /* the options that were answered stand */
    e->flags &= (uint16_t)~EP_WSCALE;
    if (seg->present & TCPSEG_HAS_WSCALE) {
        e->flags |= EP_WSCALE;
        e->wscale = seg->wscale < 14 ? seg->wscale : 14;
    }
}

/* The ACK: what e says it has received, no further than p was seen to send. An
 * ACK from before any of p's numbers is known gives p's numbers by implication. */
static void learn_ack(struct endpoint *e, struct endpoint *p, uint32_t ack)
{
    bool news;

    if (!(p->flags & EP_NUMBERS)) {
        p->iss = ack - 1;
        p->snd_nxt = e->rcv_nxt = ack;
        p->flags |= EP_NUMBERS;
    }
    if (!(p->flags & EP_HEARD) && seq_lt(p->snd_nxt, ack))
        p->snd_nxt =
            ack; /* only e's direction is captured: taken at its word */
    news = !(e->flags & EP_ACKED) || seq_lt(e->rcv_ack, ack);
    if (!news || seq_lt(p->snd_nxt, ack) || seq_lt(ack, p->iss))
        return;

    /* Section 3.6's crossing FINs: p's FIN is acknowledged after e's own went
     * out. Which of the two p receives first, p's next ACK will show. */
    if (p->flags & EP_FIN && !has_acked(e, p->fin_seq + 1) &&
        seq_lt(p->fin_seq, ack) && e->flags & (EP_FIN | EP_FIN_AHEAD) &&
        !has_acked(p, e->fin_seq + 1))
        p->flags |= EP_CROSSED;

    e->rcv_ack = ack;
    e->flags |= EP_ACKED;
    if (seq_lt(e->rcv_nxt, ack))
        e->rcv_nxt = ack;
}

/* A FIN out of order counts once everything before it may have arrived; data
 * beyond it proves that it was none. */
NOINLINE static void settle_fin(struct endpoint *e, struct endpoint *p)
{
    if (!(e->flags & EP_FIN_AHEAD))
        return;
    if (seq_lt(e->fin_seq + 1, e->snd_nxt)) {
        e->flags &= (uint16_t)~EP_FIN_AHEAD;
        p->flags &= (uint16_t) ~(EP_CROSSED | EP_FIN_AGAIN);
    } else if (seq_le(e->fin_seq, p->rcv_nxt) || has_acked(p, e->fin_seq + 1)) {
        e->flags &= (uint16_t)~EP_FIN_AHEAD;
        e->flags |= EP_FIN;
    }
}

/* A FIN in order is one. Ahead of what its receiver has, it is a candidate; behind
 * that, on a number already seen to carry something else, it is none. */
static void learn_fin(struct step *s, struct endpoint *e, struct endpoint *p,
                      bool heard)
{
    uint32_t fin_seq = s->seg->seq + s->seg->payload_len;

    if (e->flags & EP_FIN) { /* the first one counts */
        if (fin_seq != e->fin_seq)
            return;
        if (p->flags & EP_CROSSED)
            p->flags |= EP_FIN_AGAIN;
        if (s->now > p->time_wait) /* section 3.6.1: 2MSL starts anew */
            p->time_wait = s->now;
        return;
    }
    if (s->verdict == TCPCONN_ACCEPTED || s->verdict == TCPCONN_TRIMMED) {
        e->fin_seq = fin_seq;
        e->flags &= (uint16_t)~EP_FIN_AHEAD;
        e->flags |= EP_FIN;
        return;
    }
    if (s->verdict == TCPCONN_DUPLICATE && heard &&
        seq_lt(fin_seq, e->snd_nxt) &&
        !(e->flags & EP_FIN_AHEAD && e->fin_seq == fin_seq))
        return;
    e->fin_seq = fin_seq;
    e->flags |= EP_FIN_AHEAD;
}

static void learn_text(struct step *s, struct endpoint *e, struct endpoint *p)
{
    uint32_t end = s->seg->seq + tcpseg_len(s->seg);

    if (seq_lt(e->snd_nxt, end))
        e->snd_nxt = end;
    /* A bare ACK ahead of a hole fills no hole. */
    if ((s->verdict == TCPCONN_ACCEPTED || s->verdict == TCPCONN_TRIMMED) &&
        (s->seg->flags & TCPSEG_SYN || seq_le(s->seg->seq, p->rcv_nxt))) {
        /* Data in a SYN may be refused: its acknowledgment will tell. */
        if (s->seg->flags & TCPSEG_SYN)
            end = s->seg->seq + 1;
        if (seq_lt(p->rcv_nxt, end))
            p->rcv_nxt = end;
    }
}

/* A bare ACK before the sender's own SYN: its receiver, in SYN-SENT, drops it
 * (section 3.10.7.3, fifth step), and the SYN may still come: a split handshake. */
static bool says_nothing(const struct endpoint *e, const tcpseg *seg)
{
    return e->state == TCPCONN_LISTEN && !tcpseg_len(seg) &&
           !(seg->flags & TCPSEG_RST);
}

/* A duplicate from before what its receiver had acknowledged: too old to be
 * believed in anything. */
static bool is_stale(const struct step *s, const struct endpoint *p)
{
    return s->verdict == TCPCONN_DUPLICATE && p->flags & EP_ACKED &&
           seq_lt(s->seg->seq + tcpseg_len(s->seg), p->rcv_ack);
}

/* Take over what an accepted segment says: acknowledgment before FIN, since the
 * order of the two is the order in which its receiver acts on them. */
void tcpsegp_learn(struct step *s)
{
    struct endpoint *e = &s->conn->ep[s->dir], *p = &s->conn->ep[!s->dir];
    const tcpseg *seg = s->seg;
    bool known = p->flags & EP_HEARD, heard = e->flags & EP_HEARD;

    if (says_nothing(e, seg))
        return;
    if ((seg->flags & (TCPSEG_SYN | TCPSEG_RST)) == TCPSEG_SYN) {
        learn_syn(e, p, seg);
    } else if (!(e->flags & EP_HEARD)) {
        bool had_numbers = e->flags & EP_NUMBERS;

        first_heard(e, seg);
        if (!had_numbers)
            p->rcv_nxt = seg->seq;
    }
    if (seg->flags & TCPSEG_ACK && !is_stale(s, p))
        learn_ack(e, p, seg->ack);
    if (seg->flags & TCPSEG_RST)
        return;
    if (seg->flags & TCPSEG_FIN)
        learn_fin(s, e, p, heard);
    learn_text(s, e, p);
    settle_fin(e, p);
    settle_fin(p, e);

    /* What was taken to be so is proved by acting on it; of a connection picked
     * up, by acknowledging what its peer was seen to send. */
    if (s->verdict == TCPCONN_DUPLICATE && (tcpseg_len(seg) || is_stale(s, p)))
        return; /* sent again, it proves that the answer has not arrived */
    if (e->state > TCPCONN_ESTABLISHED)
        return; /* an ACK of its FIN shows in its next state only */
    if (!(s->conn->flags & CONN_PICKED) ||
        (known && has_acked(e, p->iss) && e->rcv_ack == seg->ack))
        e->flags |= EP_SURE;
}

/* ---- events ---- */

static bool fin_received(const struct endpoint *e, const struct endpoint *p)
{
    return p->flags & EP_FIN && has_acked(e, p->fin_seq + 1);
}

/* Whether an event has happened to e, whose peer is p. */
static bool happened(const struct endpoint *e, const struct endpoint *p,
                     unsigned event)
{
    bool syn_received = p->flags & EP_SYN && has_acked(e, p->iss + 1);

    switch (event) {
    case SND_SYN:
        return e->flags & EP_SYN && !e->fired;
    case RCV_SYN:
        return syn_received && e->flags & EP_SYN &&
               (e->flags & EP_SYN_ACK || e->state == TCPCONN_LISTEN);
    case RCV_SYN_ACK:
        return syn_received && !(e->flags & EP_SYN_ACK);
    case RCV_ACK_OF_SYN: /* or, from a peer never heard, data that came with it */
        return e->flags & EP_SYN &&
               (has_acked(p, e->iss + 1) ||
                (!(p->flags & EP_HEARD) && has_acked(e, p->iss + 2)));
    case SND_FIN:
        return e->flags & EP_FIN;
    case RCV_ACK_OF_FIN: /* with crossed FINs e's own answer has to decide */
        return e->flags & EP_FIN && has_acked(p, e->fin_seq + 1) &&
               (!(e->flags & EP_CROSSED) || fin_received(e, p));
    case RCV_FIN:
        return fin_received(e, p);
    default:
        return false;
    }
}

/* The order in which receipts are tried: an ACK of the FIN before the peer's
 * FIN, unless the two FINs crossed and the peer's came through at once. */
static const uint8_t receipts[] = {RCV_SYN,        RCV_SYN_ACK, RCV_ACK_OF_SYN,
                                   RCV_ACK_OF_FIN, RCV_FIN,     N_EVENTS};
static const uint8_t receipts_crossed[] = {RCV_FIN, RCV_ACK_OF_FIN, N_EVENTS};
static const uint8_t sends[] = {SND_SYN, SND_FIN, N_EVENTS};
/* A FIN kept as out of order is one that was sent once its peer covers it: before
 * the segment that shows so. */
static const uint8_t late_sends[] = {SND_FIN, N_EVENTS};
/* An RST acknowledges, but does not answer a SYN. */
static const uint8_t receipts_of_rst[] = {RCV_ACK_OF_FIN, RCV_FIN, N_EVENTS};

static const uint8_t *receipts_for(const struct endpoint *e)
{
    return (e->flags & (EP_CROSSED | EP_FIN_AGAIN)) == EP_CROSSED
               ? receipts_crossed
               : receipts;
}

/* Whether what an endpoint sends shows that it had received the event, and not only
 * that the event was on the wire: a SYN,ACK may leave before the ACK of the SYN
 * arrives, and the ACK of a crossing FIN before the ACK of its own. */
static bool is_shown(const struct step *s, unsigned event, uint8_t next)
{
    if (event == RCV_ACK_OF_SYN)
        return !(s->seg->flags & TCPSEG_SYN);
    return event != RCV_ACK_OF_FIN || next != TCPCONN_TIME_WAIT;
}

/* Let events of one group move one endpoint until none applies. Each event moves
 * an endpoint at most once, so this ends. */
NOINLINE static void run_group(struct step *s, int endpoint,
                               const uint8_t *group, bool sure)
{
    struct endpoint *e = &s->conn->ep[endpoint], *p = &s->conn->ep[!endpoint];

    for (const uint8_t *event = group; *event != N_EVENTS;) {
        uint8_t next;

        if (e->fired >> *event & 1 || !happened(e, p, *event) ||
            !tcpsegp_fsm_event(e, *event, &next)) {
            event++;
            continue;
        }
        e->fired |= (uint8_t)(1u << *event);
        tcpsegp_change(s, endpoint, next, sure && is_shown(s, *event, next));
        event = group;
    }
}

NOINLINE static void move_outside(struct step *s, int endpoint, unsigned cause,
                                  bool sure)
{
    uint8_t next;

    if (tcpsegp_fsm_outside(&s->conn->ep[endpoint], cause, &next))
        tcpsegp_change(s, endpoint, next, sure);
}

/* The first segment seen, when it is not an opening SYN: the connection is older
 * than the observation. A SYN,ACK tells that much of it. */
static void pick_up(struct step *s)
{
    bool syn_ack = s->seg->flags & TCPSEG_SYN;

    s->conn->flags |= CONN_PICKED;
    move_outside(s, s->dir, syn_ack ? OUTSIDE_PICK_UP_ANSWER : OUTSIDE_PICK_UP,
                 false);
    move_outside(s, !s->dir, syn_ack ? OUTSIDE_PICK_UP_OPENER : OUTSIDE_PICK_UP,
                 false);
    if (!syn_ack) /* its handshake is behind it */
        s->conn->ep[0].flags |= EP_SYN, s->conn->ep[1].flags |= EP_SYN;
}

static void run_rst(struct step *s)
{
    const uint8_t *group = receipts_for(&s->conn->ep[s->dir]);

    run_group(s, s->dir, group == receipts ? receipts_of_rst : group, true);
    s->conn->flags |= CONN_RESET;
    /* DEVIATION: Figure 5's Note 3 lets only the receiver go to CLOSED; what
     * sends an RST has no connection either. */
    move_outside(s, s->dir, OUTSIDE_RST, true);
    move_outside(s, !s->dir, OUTSIDE_RST, false);
}

/* An endpoint in SYN-SENT that goes on without an answer seen: only its own
 * direction is captured. */
static bool one_sided(const struct step *s)
{
    return s->conn->ep[s->dir].state == TCPCONN_SYN_SENT &&
           !(s->conn->ep[!s->dir].flags & EP_HEARD) &&
           (s->seg->flags & (TCPSEG_SYN | TCPSEG_ACK)) == TCPSEG_ACK;
}

void tcpsegp_run_events(struct step *s)
{
    const struct endpoint *e = &s->conn->ep[s->dir];
    bool first = !(s->conn->flags & CONN_BEGUN);
    unsigned flags = s->seg->flags;

    s->conn->flags |= CONN_BEGUN;
    if (flags & TCPSEG_RST) {
        run_rst(s);
        return;
    }
    if (first && (flags & (TCPSEG_SYN | TCPSEG_ACK)) != TCPSEG_SYN)
        pick_up(s);
    if (one_sided(s)) {
        move_outside(s, s->dir, OUTSIDE_ONE_SIDED, false);
        move_outside(s, !s->dir, OUTSIDE_SILENT, false);
    }
    run_group(s, !s->dir, late_sends, true);
    /* Which of two FINs the endpoint answers is a guess. */
    run_group(s, s->dir, receipts_for(e), !(e->flags & EP_FIN_AGAIN));
    run_group(s, s->dir, sends, true);
    if (flags & TCPSEG_SYN && s->verdict == TCPCONN_ACCEPTED)
        move_outside(s, !s->dir, OUTSIDE_PEER_SYN, false);
    run_group(s, !s->dir, receipts_for(&s->conn->ep[!s->dir]), false);
}

/* ---- time ---- */

static uint64_t two_msl(const tcpconn_env *env)
{
    return env->cfg.msl > UINT64_MAX / 2 ? UINT64_MAX : 2 * env->cfg.msl;
}

void tcpsegp_expire(struct step *s)
{
    for (int i = 0; i < 2; i++) {
        struct endpoint *e = &s->conn->ep[i];
        uint64_t elapsed = s->now > e->time_wait ? s->now - e->time_wait : 0;
        uint8_t next;

        if (e->state == TCPCONN_TIME_WAIT && elapsed >= two_msl(s->env) &&
            tcpsegp_fsm_event(e, TIMEOUT_2MSL, &next))
            tcpsegp_change(s, i, next, false);
    }
}

uint64_t tcpconn_deadline(const tcpconn *conn, const tcpconn_env *env)
{
    uint64_t deadline = UINT64_MAX;

    if (!conn || !env || !conn_valid(conn) || !env_valid(env) ||
        conn->flags & CONN_ENDED)
        return deadline;
    for (int i = 0; i < 2; i++) {
        const struct endpoint *e = &conn->ep[i];
        uint64_t room = UINT64_MAX - e->time_wait;

        if (e->state == TCPCONN_TIME_WAIT && two_msl(env) < room &&
            e->time_wait + two_msl(env) < deadline)
            deadline = e->time_wait + two_msl(env);
    }
    return deadline;
}
