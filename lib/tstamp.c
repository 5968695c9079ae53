/* Timestamps: RFC 7323 sections 3 to 5. */
#include "inline.h"
#include "judge_int.h"

/* RFC 7323 section 5.5: a timestamp that old may have wrapped. */
enum { TOO_OLD = (int)((UINT64_C(24 * 86400) * 1000000000) >> TS_TIME_SHIFT) };

static uint32_t now_units(const struct step *s)
{
    return (uint32_t)(s->now >> TS_TIME_SHIFT);
}

/* A bare ACK overtaken on its way, which changes nothing either way. */
static bool is_reordered(const struct step *s, uint32_t behind)
{
    const struct endpoint *e = sender(s);

    return behind <= tcpsegp_profile(s)->paws_reordered &&
           e->flags & EP_WINDOW && !length_of(s->seg) &&
           s->seg->seq == receiver(s)->rcv_nxt && s->seg->ack == e->rcv_ack &&
           !seq_lt(e->rcv_edge, s->seg->ack + wnd_of(s->seg, e->scale >> 4));
}

/* The timestamp is older than the latest one received, and that is not itself too
 * old to tell. Half the circle behind is half the circle ahead: not old. */
bool tcpsegp_is_stale(const struct step *s)
{
    const struct endpoint *p = receiver(s);
    uint32_t behind = p->ts_recent - s->seg->tsval;
    uint32_t age = now_units(s) - s->q->ts_time;

    return s->conn->flags & CONN_TS && p->flags & EP_TS &&
           s->seg->present & TCPSEG_HAS_TIMESTAMPS && behind <= INT32_MAX &&
           behind > tcpsegp_profile(s)->paws_slack &&
           /* in TIME-WAIT, 2MSL is its age */
           (p->state == TCPCONN_TIME_WAIT || age <= TOO_OLD || age > INT32_MAX);
}

/* Section 5.3: protection against wrapped sequence numbers. */
void tcpsegp_check_paws(struct step *s)
{
    const struct profile *profile = tcpsegp_profile(s);
    const struct endpoint *p = receiver(s);
    uint32_t behind = p->ts_recent - s->seg->tsval;

    if (!(s->conn->flags & CONN_TS)) {
        if (s->seg->present & TCPSEG_HAS_TIMESTAMPS &&
            !(s->conn->flags & CONN_PICKED) &&
            sender(s)->flags & p->flags & EP_SYN)
            remark(s, TCPCONN_CHECK_TIMESTAMP_UNEXPECTED);
        return;
    }
    if (!(s->seg->present & TCPSEG_HAS_TIMESTAMPS)) {
        remark(s, TCPCONN_CHECK_TIMESTAMP_MISSING);
        if (profile->needs_timestamp)
            tcpsegp_reject(s, TCPCONN_CHECK_TIMESTAMP_MISSING);
        return;
    }
    if (!tcpsegp_is_stale(s))
        return;
    if (is_reordered(s, behind) && s->verdict != TCPCONN_REJECTED) {
        remark(s, TCPCONN_CHECK_PAWS);
        s->verdict = TCPCONN_DUPLICATE;
        return;
    }
    tcpsegp_refuse(s, TCPCONN_CHECK_PAWS);
}

/* What a handshake's answer echoes was sent before. A tap may have missed it. */
void tcpsegp_check_echo(struct step *s)
{
    const struct endpoint *e = sender(s);

    if (!(s->seg->present & TCPSEG_HAS_TIMESTAMPS) || !(e->flags & EP_TS) ||
        !(s->seg->flags & TCPSEG_ACK) || !seq_lt(e->ts_recent, s->seg->tsecr))
        return;
    remark(s, TCPCONN_CHECK_ECHO_WRONG);
    if (is_inline(s))
        tcpsegp_refuse(s, TCPCONN_CHECK_ECHO_WRONG);
}

/* Text that its receiver has already: whether that looks at more than its number, or
 * throws it away unread, hangs on an ACK which a tap may not have seen yet. */
static bool may_be_unread(const struct step *s)
{
    return !is_inline(s) && s->verdict == TCPCONN_DUPLICATE &&
           s->seg->payload_len;
}

/* Section 4.3: TS.Recent follows the segments that begin no later than the last
 * ACK sent. A SYN begins it. */
void tcpsegp_learn_timestamp(struct step *s)
{
    struct endpoint *p = s->p;
    bool syn = s->seg->flags & TCPSEG_SYN;

    if (!(s->seg->present & TCPSEG_HAS_TIMESTAMPS) ||
        p->state == TCPCONN_TIME_WAIT)
        return;
    if (!syn && s->conn->flags & CONN_PICKED && sender(s)->flags & EP_TS)
        s->conn->flags |= CONN_TS;
    if (!syn && (!(p->flags & EP_ACKED) || seq_lt(p->rcv_ack, s->seg->seq) ||
                 may_be_unread(s) ||
                 (p->flags & EP_TS && seq_lt(s->seg->tsval, p->ts_recent))))
        return;
    p->ts_recent = s->seg->tsval;
    p->flags |= EP_TS;
    s->q->ts_time = now_units(s);
}
