/* The analysis of a segment of the straight path: straight.h. When all is told that can
 * be told of data and its ACKs, and the other files have found nothing under way, one
 * more changes little, and that is done here; test_hosts.c and fuzz_conn hold it to
 * them.
 *
 * A header, to become part of tcpconn_feed(): all of it stays in registers. */
#ifndef TCPSEG_LIB_CALM_H
#define TCPSEG_LIB_CALM_H

#include "sent.h"

/* Data up to `end` leaves its receiver no window. */
static INLINE uint64_t tell_full(const struct shark *r,
                                 const struct endpoint *at, uint32_t end)
{
    uint64_t flags = 0;

    if (end == r->ack + ((uint32_t)r->wnd << r->shift) &&
        r->scale != SCALE_UNKNOWN)
        flags = flag_of(TCPCONN_ANALYSIS_WINDOW_FULL);
    if (end == at->rcv_edge && has_known_scale(at))
        flags |= flag_of(TCPCONN_SEEN_WINDOW_FULL);
    return flags;
}

/* The next data, or an ACK of some, as conn.c found, and nothing else to look for:
 * all that is left of what stands in the other files. */
static INLINE uint64_t add_usual(struct conn_analysis *a, const tcpconn *conn,
                                 int dir, const tcpseg *seg, uint64_t now)
{
    struct shark *f = &a->shark[dir], *r = &a->shark[!dir];
    uint32_t len = seg->payload_len, end = seg->seq + len;
    uint64_t flags = 0;

    a->segment++;
    a->dir = (uint8_t)dir;
    a->data = len;
    a->marks = 0;
    f->wnd = a->seen[dir].wnd = seg->wnd;
    f->ack_time = now;
    a->ack_rtt = 0;
    if (seg->ack != f->ack) {
        f->ack = a->seen[dir].acked = seg->ack;
        f->dup_of = a->segment;
        a->ack_rtt = forget_sent(r, seg->ack, now);
    }
    if (len) {
        f->next_seq = f->max_ack = end;
        f->next_time = now;
        keep_sent(f, seg->seq, end, now);
        keep_push(f, seg);
        flags = tell_full(r, &conn->ep[!dir], end);
    }
    return a->flags = flags;
}

static INLINE void analyse_straight(struct conn_analysis *a,
                                    const tcpconn *conn, int dir,
                                    const tcpseg *seg, uint64_t now,
                                    tcpconn_report *report)
{
    unsigned kind = seg->payload_len ? CALM_DATA : CALM_ACK;
    uint64_t flags;

    if (a->calm >> 2 * dir & kind && seg->wnd)
        flags = add_usual(a, conn, dir, seg, now);
    else
        flags = tcpsegp_analyse_again(a, conn, dir, seg, now);
    if (report)
        report->analysis = flags;
}

#endif
