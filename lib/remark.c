/* What is worth a remark about a segment and decides nothing. */
#include "inline.h"
#include "judge_int.h"

enum { COPY_TIME = 1000000 }; /* nanoseconds in which a copy follows */

/* Numbers that were chosen to look like a copy's must not hide anything: a copy has
 * no number and no ACK that was not there before, and an RST that counts has ended
 * the connection. */
static bool brings_nothing(const struct step *s)
{
    const struct endpoint *e = sender(s);

    if (s->seg->flags & TCPSEG_RST)
        return conn_over(s->conn);
    if (seq_lt(e->snd_nxt, s->seg->seq + length_of(s->seg)))
        return false;
    return !(s->seg->flags & TCPSEG_ACK) || !(e->flags & EP_ACKED) ||
           seq_le(s->seg->ack, e->rcv_ack);
}

/* The packet before it from this sender, captured a second time. */
bool tcpsegp_is_copy(const struct step *s)
{
    const tcpconn *conn = s->conn;
    uint16_t digest = digest_of(s->seg);

    return digest && digest == s->d->digest && conn->flags & CONN_BEGUN &&
           s->now >= conn->last && s->now - conn->last <= COPY_TIME &&
           brings_nothing(s);
}

/* An ACK that says nothing new, from an endpoint that has refused something. */
static bool is_challenge_ack(const struct step *s)
{
    const struct endpoint *e = sender(s);

    return e->flags & EP_CHALLENGED && e->flags & EP_ACKED &&
           !length_of(s->seg) && s->seg->seq == e->snd_nxt &&
           s->seg->ack == e->rcv_ack;
}

/* Rounding to the scale may move the edge by less than one unit. */
static bool shrinks_window(const struct step *s)
{
    const struct endpoint *e = sender(s);
    unsigned high = e->scale >> 4;
    uint32_t edge = s->seg->ack + wnd_of(s->seg, high);

    return e->flags & EP_WINDOW && e->flags & EP_ACKED &&
           high == (e->scale & 15u) && s->seg->ack == e->rcv_ack &&
           s->seg->seq == e->snd_nxt &&
           seq_le(edge + (1u << high), e->rcv_edge);
}

/* Defects that mean something to the connection. */
static const struct {
    uint8_t defect, check;
} from_defects[] = {
    {TCPSEG_DEFECT_URGENT_ZERO, TCPCONN_CHECK_URGENT_ODD},
    {TCPSEG_DEFECT_URGENT_BEYOND, TCPCONN_CHECK_URGENT_ODD},
    {TCPSEG_DEFECT_URGENT_NO_URG, TCPCONN_CHECK_URGENT_ODD},
    {TCPSEG_DEFECT_OPTION_SYN_ONLY, TCPCONN_CHECK_SYN_OPTION_LATE},
};

void tcpsegp_remark(struct step *s)
{
    const tcpseg *seg = s->seg;
    uint8_t ttl = s->d->ttl;
    bool plain_ack = !(seg->flags & (TCPSEG_SYN | TCPSEG_RST));

    if (seg->ip_ttl && ttl && seg->ip_ttl != ttl)
        remark(s, TCPCONN_CHECK_TTL_CHANGED);
    for (unsigned i = 0; i < sizeof from_defects / sizeof *from_defects; i++)
        if (seg->defects >> from_defects[i].defect & 1)
            remark(s, from_defects[i].check);
    if (!plain_ack || s->begin || s->verdict == TCPCONN_REJECTED)
        return;
    if (is_challenge_ack(s))
        remark(s, TCPCONN_CHECK_CHALLENGE_ACK);
    if (shrinks_window(s))
        remark(s, TCPCONN_CHECK_WINDOW_SHRUNK);
}
