/* The usual SYN in its small form. A connection that begins with one goes through here,
 * so that the one a table has kept is the one that the tracker would have made. */
#include "opening.h"
#include "judge_int.h"

enum { IP_ECN = 3 }; /* opening.ecn: below the flags */

_Static_assert(((EP_AE | EP_CWR | EP_ECE) & ~(0xff & ~IP_ECN)) == 0,
               "all of them in a byte");
_Static_assert((TCPCONN_OFFER_MSS | TCPCONN_OFFER_WSCALE | TCPCONN_OFFER_SACK |
                TCPCONN_OFFER_TIMESTAMPS) <= 15,
               "and a few bits");

/* Nothing about it that the small form has no place for, or that would be remarked on. */
static bool is_usual(const tcpseg *seg)
{
    const uint32_t usual = TCPSEG_HAS_MSS | TCPSEG_HAS_WSCALE |
                           TCPSEG_HAS_SACK_PERMITTED | TCPSEG_HAS_TIMESTAMPS;
    const unsigned flags = TCPSEG_AE | TCPSEG_CWR | TCPSEG_ECE;

    return (seg->flags & ~flags) == TCPSEG_SYN && !(seg->present & ~usual) &&
           !(seg->defects | (uint32_t)seg->error | seg->payload_len |
             seg->tsecr | seg->up) &&
           seg->wscale <= 14 && seg->ip_ecn <= IP_ECN &&
           seg->header_captured >= 20 &&
           seg->checksum_status != TCPSEG_CHECKSUM_BAD;
}

bool tcpsegp_opening_read(const tcpseg *seg, struct opening *out)
{
    if (!is_usual(seg))
        return false;
    out->iss = seg->seq;
    out->tsval = seg->tsval;
    out->wnd = seg->wnd;
    out->mss = seg->mss;
    out->digest = digest_of(seg);
    out->ttl = seg->ip_ttl;
    out->shift = seg->wscale;
    out->offer = (uint8_t)usual_offers(seg->present);
    out->ecn = (uint8_t)(ecn_flags(seg->flags) | seg->ip_ecn);
    out->bits = out->reserved = 0;
    return true;
}

void tcpsegp_opening_apply(const struct opening *opening, tcpconn *conn,
                           int dir, uint64_t now)
{
    struct endpoint *e = &conn->ep[dir], *p = &conn->ep[!dir];
    struct details *d = &conn->more[dir], *q = &conn->more[!dir];

    conn->flags |= CONN_BEGUN;
    conn->last = now;
    e->snd_nxt = p->rcv_nxt = opening->iss + 1;
    e->rcv_edge = opening->wnd; /* counts from the peer's SYN on */
    e->flags = EP_SYN | EP_HEARD | EP_NUMBERS | EP_SURE;
    e->state = TCPCONN_SYN_SENT;
    e->scale = (uint8_t)(opening->shift << 4); /* until it is agreed on */
    p->state = TCPCONN_LISTEN;
    d->iss = opening->iss;
    d->mss = opening->mss;
    d->offered = opening->offer;
    d->digest = opening->digest;
    d->fired = 1 << SND_SYN;
    d->ttl = opening->ttl;
    d->flags = opening->ecn & (EP_AE | EP_CWR | EP_ECE);
    if (!(opening->offer & TCPCONN_OFFER_TIMESTAMPS))
        return;
    p->flags = EP_TS;
    p->ts_recent = opening->tsval;
    q->ts_time = (uint32_t)(now >> TS_TIME_SHIFT);
}

void tcpsegp_opening_report(const struct opening *opening,
                            tcpconn_report *report)
{
    memset(report, 0, sizeof *report);
    report->verdict = TCPCONN_ACCEPTED;
    report->top_check = 255;
    report->advice = TCPCONN_PASS;
    report->state[0] = TCPCONN_SYN_SENT;
    report->state[1] = TCPCONN_LISTEN;
    report->sure[0] = 1;
    report->events = 2; /* these */
    report->wnd_scaled = opening->wnd;
}

/* The segment that it was made of, as far as anybody counts it. */
static void write_segment(const struct opening *opening, tcpseg *seg)
{
    memset(seg, 0, sizeof *seg);
    seg->flags = TCPSEG_SYN;
    seg->flags |= opening->ecn & EP_AE ? TCPSEG_AE : 0;
    seg->flags |= opening->ecn & EP_CWR ? TCPSEG_CWR : 0;
    seg->flags |= opening->ecn & EP_ECE ? TCPSEG_ECE : 0;
    seg->seq = opening->iss;
    seg->tsval = opening->tsval;
    seg->wnd = opening->wnd;
    seg->mss = opening->mss;
    seg->ip_ttl = opening->ttl;
    seg->ip_ecn = opening->ecn & IP_ECN;
    seg->wscale = opening->shift;
    seg->present = opening->offer + (opening->offer & TCPCONN_OFFER_TIMESTAMPS);
    seg->data_offset = 5;
    seg->header_captured = 20;
}

void tcpsegp_opening_unpack(const struct opening *opening, tcpconn *conn,
                            tcpconn_env *env, uint64_t now)
{
    tcpseg seg;

    if (conn->flags & CONN_PARTS) {
        write_segment(opening, &seg);
        tcpsegp_feed_quietly(conn, env, 0, &seg, now);
        conn->more[0].digest = opening->digest;
        return;
    }
    tcpsegp_opening_apply(opening, conn, 0, now);
}
