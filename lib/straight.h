/* The straight path: the next bytes in order, or an ACK of them, in a connection that
 * is open both ways and in which nothing is odd or under way. Nine in ten segments are
 * such; for them the general path (verdict.c, learn.c, event.c) comes to what stands
 * here, and test_hosts.c holds the two to each other.
 *
 * A header, to become part of tcpconn_feed(): all of it stays in registers. */
#ifndef TCPSEG_LIB_STRAIGHT_H
#define TCPSEG_LIB_STRAIGHT_H

#include "deliver_int.h"
#include "inline.h"
#include "judge_int.h"

/* 0 if nothing about the segment alone is unusual. */
static INLINE uint64_t oddness(const tcpconn *conn, const tcpseg *seg)
{
    uint32_t present = conn->flags & CONN_TS ? TCPSEG_HAS_TIMESTAMPS : 0;

    return seg->defects | (uint32_t)seg->error | (seg->present ^ present) |
           ((seg->flags ^ (unsigned)TCPSEG_ACK) & ~(unsigned)TCPSEG_PSH) |
           (seg->checksum_status == TCPSEG_CHECKSUM_BAD);
}

/* In order, inside the window, and saying something new. */
static INLINE bool goes_on(const struct endpoint *e, const struct endpoint *p,
                           const tcpseg *seg, uint32_t edge)
{
    uint32_t acked = seg->ack - e->rcv_ack, room = p->rcv_edge - seg->seq;

    return seg->seq == p->rcv_nxt && seg->seq == e->snd_nxt &&
           acked <= e->rcv_nxt - e->rcv_ack && seg->payload_len <= room &&
           room <= MAX_WINDOW &&
           (acked || (seg->payload_len && !seq_lt(edge, e->rcv_edge)));
}

static INLINE bool is_in_time(const tcpconn *conn, const tcpconn_env *env,
                              uint64_t now)
{
    return now <= conn->last ||
           now - conn->last < env->cfg.timeout[TCPCONN_TIMEOUT_ESTABLISHED];
}

static INLINE bool is_straight(const tcpconn *conn, const tcpconn_env *env,
                               int dir, const tcpseg *seg, uint64_t now,
                               uint32_t edge)
{
    const struct endpoint *e = &conn->ep[dir], *p = &conn->ep[!dir];

    return !oddness(conn, seg) && seg->header_captured >= 20 &&
           goes_on(e, p, seg, edge) && is_in_time(conn, env, now) &&
           seg->ip_ttl == conn->more[dir].ttl &&
           (!(conn->flags & CONN_TS) || !seq_lt(seg->tsval, p->ts_recent));
}

static INLINE void go_on(tcpconn *conn, int dir, const tcpseg *seg,
                         uint64_t now, uint32_t edge)
{
    struct endpoint *e = &conn->ep[dir], *p = &conn->ep[!dir];
    struct details *d = &conn->more[dir];
    uint32_t end = seg->seq + seg->payload_len;

    if (conn->flags & CONN_TS && !seq_lt(p->rcv_ack, seg->seq)) {
        p->ts_recent = seg->tsval;
        conn->more[!dir].ts_time = (uint32_t)(now >> TS_TIME_SHIFT);
    }
    if (end < seg->seq)
        d->wraps++;
    e->snd_nxt = p->rcv_nxt = end;
    e->rcv_ack = seg->ack;
    e->flags |= EP_SURE; /* it acts on what it was taken to have received */
    if (seq_lt(e->rcv_edge, edge))
        e->rcv_edge = edge;
    if (seg->wnd > d->wnd_max)
        d->wnd_max = seg->wnd;
    d->digest = digest_of(seg);
    if (now > conn->last)
        conn->last = now;
}

/* What such a segment is reported as. */
static INLINE void report_straight(tcpconn_report *r, const tcpconn *conn,
                                   int dir, const tcpseg *seg)
{
    memset(r, 0, sizeof *r);
    r->top_check = 255;
    r->state[0] = r->state[1] = TCPCONN_ESTABLISHED;
    r->sure[dir] = 1;
    r->sure[!dir] = conn->ep[!dir].flags / EP_SURE & 1;
    r->rel_seq = seg->seq - conn->more[dir].iss;
    r->rel_ack = seg->ack - conn->more[!dir].iss;
    r->wnd_scaled = (uint32_t)seg->wnd << (conn->ep[dir].scale & 15);
    r->new_len = seg->payload_len;
    r->offset = tcpsegp_sent(conn, dir) - seg->payload_len;
}

/* The text of such a segment: mostly one event, out of the packet. */
static INLINE void deliver_straight(tcpconn *conn, tcpconn_env *env, int dir,
                                    const tcpseg *seg, const void *data,
                                    uint64_t now)
{
    tcpconn_callback *callback = env->straight[dir];
    uint32_t len = seg->payload_len, at = seg->data_offset * 4u;
    tcpconn_event ev;

    if (!callback || !data || conn->queue[dir] ||
        seg->payload_captured != len) {
        tcpsegp_deliver_behind(conn, env, dir, seg, data, now);
        return;
    }
    ev = (tcpconn_event){
        .now = now,
        .offset = tcpsegp_sent(conn, dir) - len,
        .len = len,
        .seq = seg->seq,
        .type = TCPCONN_EV_DATA,
        .dir = (uint8_t)dir,
        .tag = conn->tag,
        .place = at,
    };
    env->busy = conn;
    conn->flags |= CONN_BUSY;
    callback(env->cfg.user, conn, &ev, (const uint8_t *)data + at);
    conn->flags &= (uint16_t)~CONN_BUSY;
    env->busy = NULL;
}

/* For one direction: with a number there the compiler knows all places. False if it
 * is not such a segment; then nothing was done. */
static INLINE bool go_straight(tcpconn *conn, const tcpconn_env *env, int dir,
                               const tcpseg *seg, uint64_t now,
                               tcpconn_report *report)
{
    uint32_t edge =
        seg->ack + ((uint32_t)seg->wnd << (conn->ep[dir].scale >> 4));

    if (!is_straight(conn, env, dir, seg, now, edge))
        return false;
    go_on(conn, dir, seg, now, edge);
    if (report)
        report_straight(report, conn, dir, seg);
    return true;
}

static INLINE bool go_either(tcpconn *conn, const tcpconn_env *env, int dir,
                             const tcpseg *seg, uint64_t now,
                             tcpconn_report *report)
{
    return dir ? go_straight(conn, env, 1, seg, now, report)
               : go_straight(conn, env, 0, seg, now, report);
}

#endif
