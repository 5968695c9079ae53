/* Windows: where a segment lies against what its receiver has offered to take. */
#include "deliver_int.h"
#include "inline.h"
#include "judge_int.h"

/* The largest window an endpoint has offered, from its SYN,ACK on. */
uint32_t tcpsegp_largest_window(const tcpconn *conn, int dir)
{
    return (uint32_t)conn->more[dir].wnd_max << (conn->ep[dir].scale >> 4);
}

/* How far beyond `from` the receiver takes bytes. Where it has offered nothing
 * yet that was seen, as far as any window reaches. */
static uint32_t room_from(const struct step *s, uint32_t from)
{
    const struct endpoint *p = receiver(s);
    uint32_t room, least;

    if (!(p->flags & EP_WINDOW))
        return MAX_WINDOW;
    room = seq_lt(from, p->rcv_edge) ? p->rcv_edge - from : 0;
    /* The window of an ACK that is still in question was not taken. */
    least = from == p->rcv_nxt ? 0 : tcpsegp_largest_window(s->conn, !s->dir);
    return room < least ? least : room;
}

/* The segment begins beyond the window. A tap may have missed the receiver's
 * opening it: its answer will tell. */
static void refuse_beyond(struct step *s, uint32_t ahead, uint32_t room)
{
    const struct endpoint *p = receiver(s);
    bool probe = s->seg->payload_len == 1 && !ahead && !room &&
                 p->rcv_edge == p->rcv_ack;

    if (s->conn->flags & CONN_LOSSY &&
        ahead - room < tcpsegp_largest_window(s->conn, !s->dir)) {
        remark(s, TCPCONN_CHECK_WINDOW_OVERHANG);
        return;
    }
    tcpsegp_refuse(s, probe ? TCPCONN_CHECK_ZERO_WINDOW_PROBE
                            : TCPCONN_CHECK_BEYOND_WINDOW);
    if (!is_inline(s) && length_of(s->seg) && ahead < MAX_WINDOW)
        s->provisional = PENDING_AHEAD;
}

/* DEVIATION: section 3.10.7.4 trims to the window. Linux takes the whole segment,
 * or none of it when what came before is still unread, which no observer sees. */
static void overhang(struct step *s)
{
    remark(s, TCPCONN_CHECK_WINDOW_OVERHANG);
    if (tcpsegp_profile(s)->trims_overhang)
        s->verdict = TCPCONN_TRIMMED;
    else
        s->provisional = PENDING_OVERHANG;
}

/* `ahead` is how far behind RCV.NXT the part begins that is new. */
static void check_window(struct step *s, uint32_t from, uint32_t ahead,
                         uint32_t text)
{
    uint32_t room = room_from(s, from);
    bool bare_fin = s->seg->flags & TCPSEG_FIN && !text && ahead == 0;

    if (!length_of(s->seg)) {
        if (ahead > room)
            tcpsegp_refuse(s, TCPCONN_CHECK_BEYOND_WINDOW);
    } else if (ahead >= room) {
        if (!bare_fin || !tcpsegp_profile(s)->fin_in_no_window)
            refuse_beyond(s, ahead, room);
    } else if (text > room - ahead) {
        overhang(s);
    }
}

/* First and seventh step: old, new, ahead, beyond. */
void tcpsegp_check_sequence(struct step *s)
{
    const struct endpoint *e = sender(s);
    uint32_t rcv_nxt = believed_rcv_nxt(s);
    uint32_t seq = s->seg->seq, len = length_of(s->seg);
    uint32_t ahead = seq - rcv_nxt;

    if (len > MAX_WINDOW) {
        tcpsegp_refuse(s, TCPCONN_CHECK_BEYOND_WINDOW);
        return;
    }
    if (!(e->flags & EP_NUMBERS))
        return;
    if (ahead == 0 || seq_lt(rcv_nxt, seq)) {
        if (ahead && len)
            s->verdict = TCPCONN_QUEUED;
        if (ahead && s->seg->payload_len &&
            !(s->seg->flags & (TCPSEG_SYN | TCPSEG_FIN)) &&
            tcpsegp_deliver_waits(s))
            s->verdict = TCPCONN_DUPLICATE;
        check_window(s, rcv_nxt, ahead, s->seg->payload_len);
        return;
    }
    remark(s, TCPCONN_CHECK_OLD_SEQUENCE);
    if (!seq_lt(rcv_nxt, seq + len)) {
        s->verdict = TCPCONN_DUPLICATE;
        if (seq + 1 == e->snd_nxt && s->seg->payload_len <= 1 &&
            !(s->seg->flags & TCPSEG_FIN))
            remark(s, TCPCONN_CHECK_KEEP_ALIVE);
        return;
    }
    s->verdict = TCPCONN_TRIMMED;
    if (s->seg->payload_len > rcv_nxt - seq)
        check_window(s, rcv_nxt, 0, s->seg->payload_len - (rcv_nxt - seq));
}
