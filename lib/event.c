/* Events: what a segment proves about either endpoint. Numbers are learned
 * first; every event is then a condition on numbers, so that a proof that comes
 * late or twice is a proof all the same. */
#include "inline.h"
#include "judge_int.h"

/* What of the opening has happened to e, whose peer is p: one bit for each event. */
static unsigned syn_events(const struct endpoint *e, const struct endpoint *p,
                           const struct details *d, const struct details *q)
{
    bool received = p->flags & EP_SYN && has_acked(e, q->iss + 1);
    unsigned events = 0;

    if (received && !(e->flags & EP_SYN_ACK))
        events |= 1u << RCV_SYN_ACK;
    if (!(e->flags & EP_SYN))
        return events;
    if (!d->fired)
        events |= 1u << SND_SYN;
    if (received && (e->flags & EP_SYN_ACK || e->state == TCPCONN_LISTEN))
        events |= 1u << RCV_SYN;
    /* Or, from a peer never heard, data that came with the ACK. */
    if (has_acked(p, d->iss + 1) ||
        (!(p->flags & EP_HEARD) && has_acked(e, q->iss + 2)))
        events |= 1u << RCV_ACK_OF_SYN;
    return events;
}

/* And of the close. */
static unsigned fin_events(const struct endpoint *e, const struct endpoint *p,
                           const struct details *d, const struct details *q)
{
    bool received = p->flags & EP_FIN && has_acked(e, q->fin_seq + 1);
    unsigned events = (unsigned)received << RCV_FIN;

    if (!(e->flags & EP_FIN))
        return events;
    events |= 1u << SND_FIN;
    /* With crossed FINs e's own answer has to decide. */
    if (has_acked(p, d->fin_seq + 1) && (!(e->flags & EP_CROSSED) || received))
        events |= 1u << RCV_ACK_OF_FIN;
    return events;
}

/* What has happened to e and has not moved it yet. In Figure 5 no SYN moves an
 * endpoint that is open. */
static INLINE unsigned happened(const struct endpoint *e,
                                const struct endpoint *p,
                                const struct details *d,
                                const struct details *q)
{
    unsigned events = 0;

    if (e->state < TCPCONN_ESTABLISHED)
        events |= syn_events(e, p, d, q);
    if ((e->flags | p->flags) & EP_FIN)
        events |= fin_events(e, p, d, q);
    return events & ~(unsigned)d->fired;
}

/* Groups of events, which are tried in the order of their numbers. */
enum {
    FIN_RECEIPTS = 1 << RCV_ACK_OF_FIN | 1 << RCV_FIN,
    RECEIPTS =
        1 << RCV_SYN | 1 << RCV_SYN_ACK | 1 << RCV_ACK_OF_SYN | FIN_RECEIPTS,
    /* A FIN kept as out of order is one that was sent once its peer covers it:
     * before the segment that shows so. */
    LATE_SENDS = 1 << SND_FIN,
    SENDS = 1 << SND_SYN | LATE_SENDS
};

/* So an ACK of the FIN comes before the peer's FIN, unless the two FINs crossed and
 * the peer's came through at once. */
static bool fin_is_first(const struct endpoint *e)
{
    return (e->flags & (EP_CROSSED | EP_FIN_AGAIN)) == EP_CROSSED;
}

static unsigned receipts_for(const struct endpoint *e)
{
    return fin_is_first(e) ? FIN_RECEIPTS : RECEIPTS;
}

static unsigned first_event(unsigned events, bool fin_first)
{
    return fin_first && events >> RCV_FIN & 1 ? RCV_FIN : lowest_bit(events);
}

/* An endpoint with its details. */
static INLINE void change(struct step *s, struct endpoint *e, struct details *d,
                          uint8_t state, bool sure)
{
    /* Sixteen are more than the two tables can make of one segment. */
    if (s->n_changes < MAX_CHANGES) {
        struct change *c = &s->changes[s->n_changes++];

        c->endpoint = e != s->conn->ep;
        c->old_state = e->state;
        c->new_state = state;
        c->sure = sure;
    }
    if (e->state == TCPCONN_TIME_WAIT) /* what lies beside it means no more */
        d->time_wait = 0;
    if (state == TCPCONN_TIME_WAIT)
        d->time_wait = s->now;
    e->state = state;
    e->flags = (uint16_t)((e->flags & ~EP_SURE) | (sure ? EP_SURE : 0));
}

void tcpsegp_change(struct step *s, int endpoint, uint8_t state, bool sure)
{
    change(s, &s->conn->ep[endpoint], &s->conn->more[endpoint], state, sure);
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

NOINLINE static void move_by(struct step *s, struct endpoint *e,
                             struct details *d, unsigned events, bool sure)
{
    bool fin_first = fin_is_first(e);

    for (unsigned left = events; left;) {
        unsigned event = first_event(left, fin_first);
        uint8_t next;

        left &= ~(1u << event);
        if (!tcpsegp_fsm_event(e, event, &next))
            continue;
        d->fired |= (uint8_t)(1u << event);
        events &= ~(unsigned)d->fired;
        left = events; /* what did not apply before may now */
        change(s, e, d, next, sure && is_shown(s, event, next));
    }
}

/* Let events move one endpoint until none applies. Each moves it at most once, so
 * this ends. */
static INLINE void run_group(struct step *s, struct endpoint *e,
                             struct details *d, unsigned events, bool sure)
{
    if (events)
        move_by(s, e, d, events, sure);
}

/* A transition that Figure 5 does not have. */
NOINLINE void tcpsegp_move(struct step *s, int endpoint, unsigned cause,
                           bool sure)
{
    uint8_t next;

    if (tcpsegp_fsm_outside(&s->conn->ep[endpoint], cause, &next))
        tcpsegp_change(s, endpoint, next, sure);
}

/* The first segment seen is not an opening SYN: the connection is older than the
 * observation. A SYN,ACK tells that much of it. */
static void pick_up(struct step *s)
{
    bool syn_ack = s->seg->flags & TCPSEG_SYN;

    tcpsegp_move(s, s->dir, syn_ack ? OUTSIDE_PICK_UP_ANSWER : OUTSIDE_PICK_UP,
                 false);
    tcpsegp_move(s, !s->dir, syn_ack ? OUTSIDE_PICK_UP_OPENER : OUTSIDE_PICK_UP,
                 false);
    if (!syn_ack) /* its handshake is behind it */
        s->conn->ep[0].flags |= EP_SYN, s->conn->ep[1].flags |= EP_SYN;
}

static void run_rst(struct step *s)
{
    /* An RST acknowledges, but does not answer a SYN. */
    run_group(s, s->e, s->d, happened(s->e, s->p, s->d, s->q) & FIN_RECEIPTS,
              true);
    s->conn->flags |= CONN_RESET;
    s->d->flags |= EP_RST_SENT;
    /* DEVIATION: Figure 5's Note 3 lets only the receiver go to CLOSED; what
     * sends an RST has no connection either. */
    tcpsegp_move(s, s->dir, OUTSIDE_RST, true);
    tcpsegp_move(s, !s->dir, OUTSIDE_RST, false);
}

/* An endpoint in SYN-SENT that goes on without an answer seen: only its own
 * direction is captured. */
static bool one_sided(const struct step *s)
{
    return s->e->state == TCPCONN_SYN_SENT && s->verdict != TCPCONN_DUPLICATE &&
           !(s->p->flags & EP_HEARD) &&
           (s->seg->flags & (TCPSEG_SYN | TCPSEG_ACK)) == TCPSEG_ACK;
}

/* Open both ways, endpoints are moved by FINs only. */
static bool is_open(const tcpconn *conn)
{
    const struct endpoint *a = &conn->ep[0], *b = &conn->ep[1];

    return a->state >= TCPCONN_ESTABLISHED && b->state >= TCPCONN_ESTABLISHED &&
           !((a->flags | b->flags) & EP_FIN);
}

void tcpsegp_run_events(struct step *s)
{
    struct endpoint *e = s->e, *p = s->p;
    bool first = !(s->conn->flags & CONN_BEGUN);
    unsigned flags = s->seg->flags, events;

    s->conn->flags |= CONN_BEGUN;
    if (flags & TCPSEG_RST) {
        run_rst(s);
        return;
    }
    if (first && s->conn->flags & CONN_PICKED)
        pick_up(s);
    if (is_open(s->conn))
        return;
    if (one_sided(s)) {
        tcpsegp_move(s, s->dir, OUTSIDE_ONE_SIDED, false);
        tcpsegp_move(s, !s->dir, OUTSIDE_SILENT, false);
    }
    if (p->flags & EP_FIN && !(s->q->fired >> SND_FIN & 1))
        run_group(s, p, s->q, happened(p, e, s->q, s->d) & LATE_SENDS, true);
    events = happened(e, p, s->d, s->q);
    /* Which of two FINs the endpoint answers is a guess. */
    run_group(s, e, s->d, events & receipts_for(e), !(e->flags & EP_FIN_AGAIN));
    run_group(s, e, s->d, events & SENDS, true);
    if (flags & TCPSEG_SYN && s->verdict == TCPCONN_ACCEPTED)
        tcpsegp_move(s, !s->dir, OUTSIDE_PEER_SYN, false);
    run_group(s, p, s->q, happened(p, e, s->q, s->d) & receipts_for(p), false);
}
