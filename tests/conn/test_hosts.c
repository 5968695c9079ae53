/* Two honest TCPs with a tap between them. Unlike the tracker they know what
 * they received. Segments are lost before and behind the tap and sent again, the
 * hosts open and close from either side or both at once, and the tracker may
 * never be ahead of a host when it says it is sure, nor differ from it at the
 * end. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "judge_int.h"

enum {
    ROUNDS = 3000,
    MAX_TIME = 4000,
    RETRANSMIT = 60, /* ticks of the simulation; a round trip is below 40 */
    MAX_PACKETS = 64,
    LOG = 8192
};

struct packet {
    uint32_t seq, ack, len, tsval, tsecr;
    uint16_t flags, wnd;
    int from, verdict;
    int at_tap, at_end; /* when; -1: never, or not any more */
};

struct host {
    uint8_t state;
    unsigned visited;                 /* bits of the states it has been in */
    uint32_t una, nxt, rcv_nxt, told; /* told: the last ACK it has sent */
    uint32_t wrote; /* number after the last byte the program has written */
    uint32_t room, edge, peer_edge; /* its window, and where the two end */
    uint32_t recent;                /* TS.Recent: RFC 7323 section 4.3 */
    int stalled;                    /* until when its program reads nothing */
    int closed; /* the program has closed: a FIN follows the last byte */
    int fin_sent, ack_due, timer; /* when it sent again, or got on */
};

struct net {
    struct host host[2];
    struct packet packets[MAX_PACKETS];
    int last_tap[2], last_end[2]; /* a path keeps the order */
    int now, both_open, lost_before, lost_behind, resets, unseen_fin, aborted;
    uint16_t ids[2];
    int stamped; /* timestamps are agreed on */
    int doubted; /* an RST looked inexact */
    uint32_t iss[2];
    uint32_t parts; /* TCPCONN_WITH_ */
    uint64_t conn_mem[512], twin_mem[512];
    tcpconn_env_storage env_mem;
    tcpconn *conn, *twin; /* the twin never takes the straight path */
    tcpconn_env *env;
    const char *wrong;
    char log[LOG];
};

static uint64_t chance_state;
static int straight; /* segments that could go straight */

static uint32_t below(uint32_t n)
{
    chance_state ^= chance_state << 13;
    chance_state ^= chance_state >> 7;
    chance_state ^= chance_state << 17;
    return (uint32_t)(chance_state >> 16) % n;
}

static void say(struct net *n, const char *what, const struct packet *p)
{
    size_t used = strlen(n->log);
    char flags[9], *f = flags;

    for (int bit = 0; bit < 8; bit++)
        if (p->flags >> bit & 1)
            *f++ = "FSRP.UEW"[bit];
    *f = 0;
    snprintf(n->log + used, sizeof n->log - used,
             "%c > %-3s %u:%u(%u) ack %u  %s: A %s, B %s; tracker %s, %s\n",
             "AB"[p->from], flags, p -> seq, p -> seq + p -> len, p -> len,
             p -> ack, what, tcpconn_state_name(n->host[0].state),
             tcpconn_state_name(n->host[1].state),
             tcpconn_state_name(tcpconn_state(n->conn, 0)),
             tcpconn_state_name(tcpconn_state(n->conn, 1)));
}

/* ---- a host ---- */

static void become(struct host *h, uint8_t state)
{
    h->state = state;
    h->visited |= 1u << state;
}

/* The window in a segment of h's: it never goes back, and stays where it is while
 * nothing is read. */
static uint16_t offer(const struct net *n, struct host *h)
{
    if (h->state <= TCPCONN_SYN_SENT)
        return (uint16_t)h->room;
    if (n->now >= h->stalled && (int32_t)(h->rcv_nxt + h->room - h->edge) > 0)
        h->edge = h->rcv_nxt + h->room;
    if ((int32_t)(h->edge - h->rcv_nxt) < 0)
        return 0; /* a FIN needs no room */
    return (uint16_t)(h->edge - h->rcv_nxt);
}

static void transmit(struct net *n, int from, unsigned flags, uint32_t seq,
                     uint32_t len)
{
    struct host *h = &n->host[from];
    struct packet *p = n->packets;
    int quiet = n->now > MAX_TIME / 2; /* then the network heals */
    int tap, end;

    while (p < n->packets + MAX_PACKETS && (p->at_tap >= 0 || p->at_end >= 0))
        p++;
    h->ack_due = 0;
    n->resets |= !!(flags & TCPSEG_RST);
    if (p == n->packets + MAX_PACKETS) { /* lost in a full queue */
        n->unseen_fin |= !!(flags & TCPSEG_FIN);
        return;
    }
    tap = n->now + 1 + (int)below(15);
    if (tap <= n->last_tap[from])
        tap = n->last_tap[from] + 1;
    end = tap + (int)below(15);
    if (end <= n->last_end[from])
        end = n->last_end[from] + 1;
    n->last_tap[from] = tap;
    n->last_end[from] = end;
    *p = (struct packet){.seq = seq,
                         .len = len,
                         .flags = (uint16_t)flags,
                         .from = from,
                         .at_tap = tap,
                         .at_end = end};
    p->wnd = offer(n, h);
    p->tsval = (uint32_t)n->now + 1000u * (unsigned)from;
    p->tsecr = h->recent;
    if (flags & TCPSEG_ACK)
        p->ack = h->told = h->rcv_nxt;
    if (quiet || flags & TCPSEG_RST)
        return;
    if ((int)below(100) < n->lost_before) {
        n->unseen_fin |= !!(flags & TCPSEG_FIN);
        p->at_tap = p->at_end = -1;
    } else if ((int)below(100) < n->lost_behind) {
        p->at_end = -2; /* the tap still sees it */
    }
}

static void sent_fin(struct host *h)
{
    h->fin_sent = 1;
    if (h->state == TCPCONN_CLOSE_WAIT)
        become(h, TCPCONN_LAST_ACK);
    else if (h->state == TCPCONN_ESTABLISHED ||
             h->state == TCPCONN_SYN_RECEIVED)
        become(h, TCPCONN_FIN_WAIT_1);
}

/* Send what is written from seq on, and the FIN where it is due. */
static void send_from(struct net *n, int i, uint32_t seq)
{
    struct host *h = &n->host[i];
    uint32_t len = h->wrote - seq;
    unsigned flags = TCPSEG_ACK;

    if ((int32_t)len < 0)
        len = 0;
    if (len > 20)
        len = 20;
    if ((int32_t)(h->peer_edge - seq) < (int32_t)len)
        len = (int32_t)(h->peer_edge - seq) > 0 ? h->peer_edge - seq : 0;
    if (!len && (int32_t)(h->peer_edge - seq) <= 0) {
        /* Closed: ask whether it still is, on a number received before. */
        transmit(n, i, TCPSEG_ACK, h->una - 1, 0);
        return;
    }
    if (h->closed && seq + len == h->wrote && (!len || below(2)))
        flags |= TCPSEG_FIN;
    if (h->fin_sent && seq + len == h->wrote)
        flags |= TCPSEG_FIN;
    if ((int32_t)(h->peer_edge - seq - len) <= 0)
        flags = TCPSEG_ACK; /* it takes a number, too */
    transmit(n, i, flags, seq, len);
    seq += len + !!(flags & TCPSEG_FIN);
    if ((int32_t)(seq - h->nxt) > 0)
        h->nxt = seq;
    if (flags & TCPSEG_FIN && !h->fin_sent)
        sent_fin(h);
}

static void send_syn(struct net *n, int i)
{
    struct host *h = &n->host[i];

    h->timer = n->now;
    transmit(n, i,
             h->state == TCPCONN_SYN_SENT ? TCPSEG_SYN
                                          : TCPSEG_SYN | TCPSEG_ACK,
             0, 0);
}

static int may_send(const struct host *h)
{
    return h->state >= TCPCONN_ESTABLISHED && h->state != TCPCONN_FIN_WAIT_2 &&
           h->state != TCPCONN_TIME_WAIT;
}

static void receive_syn(struct net *n, int i, const struct packet *p)
{
    struct host *h = &n->host[i];
    int acked = p->flags & TCPSEG_ACK && p->ack >= 1;

    if (h->state > TCPCONN_SYN_SENT) { /* again: answer again */
        if (acked && h->state == TCPCONN_SYN_RECEIVED) {
            h->una = 1;
            become(h, TCPCONN_ESTABLISHED);
        }
        if (h->state == TCPCONN_SYN_RECEIVED)
            send_syn(n, i);
        else
            h->ack_due = 1;
        return;
    }
    h->rcv_nxt = 1;
    h->edge = 1 + h->room;
    h->peer_edge = 1 + p->wnd;
    h->nxt = h->wrote = 1;
    if (h->state == TCPCONN_SYN_SENT && acked) {
        h->una = 1;
        become(h, TCPCONN_ESTABLISHED);
        h->ack_due = 1;
        return;
    }
    become(h, TCPCONN_SYN_RECEIVED);
    send_syn(n, i);
}

static void receive_ack(struct host *h, uint32_t ack)
{
    if ((int32_t)(ack - h->una) > 0 && (int32_t)(ack - h->nxt) <= 0)
        h->una = ack;
    if (h->state == TCPCONN_SYN_RECEIVED && h->una >= 1)
        become(h, TCPCONN_ESTABLISHED);
    if (!h->fin_sent || h->una != h->nxt)
        return;
    if (h->state == TCPCONN_FIN_WAIT_1)
        become(h, TCPCONN_FIN_WAIT_2);
    else if (h->state == TCPCONN_CLOSING)
        become(h, TCPCONN_TIME_WAIT);
    else if (h->state == TCPCONN_LAST_ACK)
        become(h, TCPCONN_CLOSED);
}

static void receive_fin(struct host *h)
{
    h->rcv_nxt++;
    if (h->state == TCPCONN_ESTABLISHED)
        become(h, TCPCONN_CLOSE_WAIT);
    else if (h->state == TCPCONN_FIN_WAIT_1)
        become(h, TCPCONN_CLOSING);
    else if (h->state == TCPCONN_FIN_WAIT_2)
        become(h, TCPCONN_TIME_WAIT);
}

/* What the tracker said the receiver would do, where nothing is lost between. */
static void check_verdict(struct net *n, const struct host *h,
                          const struct packet *p)
{
    uint32_t end = p->seq + p->len + !!(p->flags & TCPSEG_FIN);

    if (n->lost_behind || end == p->seq || n->resets)
        return;
    if (p->verdict != (p->seq == h->rcv_nxt                 ? TCPCONN_ACCEPTED
                       : (int32_t)(p->seq - h->rcv_nxt) > 0 ? TCPCONN_QUEUED
                       : (int32_t)(end - h->rcv_nxt) > 0    ? TCPCONN_TRIMMED
                                                         : TCPCONN_DUPLICATE))
        n->wrong = "the receiver did something else than the verdict said";
}

static void receive(struct net *n, int i, const struct packet *p)
{
    struct host *h = &n->host[i];
    uint32_t end = p->seq + p->len;

    if (p->flags & TCPSEG_SYN || (int32_t)(p->seq - h->told) <= 0)
        h->recent = p->tsval;
    if (h->state == TCPCONN_CLOSED) {
        if (!(p->flags & TCPSEG_RST))
            transmit(n, i, TCPSEG_RST, p->ack, 0);
        return;
    }
    if (p->flags & TCPSEG_RST) { /* RFC 5961 section 3.2 */
        if (p->seq == h->rcv_nxt)
            become(h, TCPCONN_CLOSED);
        else
            h->ack_due = 1;
        return;
    }
    if (p->flags & TCPSEG_SYN) {
        receive_syn(n, i, p);
        return;
    }
    if (h->state <= TCPCONN_SYN_SENT)
        return;
    check_verdict(n, h, p);
    if ((int32_t)(end + !!(p->flags & TCPSEG_FIN) - h->told) < 0) {
        h->ack_due = 1; /* too old: RFC 9293 section 3.10.7.4, first step */
        return;
    }
    receive_ack(h, p->ack);
    if ((int32_t)(p->ack + p->wnd - h->peer_edge) > 0)
        h->peer_edge = p->ack + p->wnd;
    if (p->len || p->flags & TCPSEG_FIN)
        h->ack_due = 1;
    if ((int32_t)(p->seq - h->rcv_nxt) > 0)
        return; /* it keeps nothing out of order */
    if ((int32_t)(end - h->rcv_nxt) > 0)
        h->rcv_nxt = end;
    if (p->flags & TCPSEG_FIN && end == h->rcv_nxt)
        receive_fin(h);
}

/* Its program and its timers. */
static void live(struct net *n, int i)
{
    struct host *h = &n->host[i];

    if (h->ack_due && h->state >= TCPCONN_ESTABLISHED && !below(4))
        transmit(n, i, TCPSEG_ACK, h->nxt, 0);
    if (h->state == TCPCONN_CLOSED || h->state == TCPCONN_LISTEN)
        return;
    if (h->state <= TCPCONN_SYN_RECEIVED) {
        if (n->now - h->timer >= RETRANSMIT)
            send_syn(n, i);
        return;
    }
    if (!h->closed && !below(30) && h->wrote < 200)
        h->wrote += below(60);
    if (!h->closed && (!below(150) || n->now > MAX_TIME * 3 / 4))
        h->closed = 1;
    if (n->now == h->stalled)
        h->ack_due = 1; /* the window is open again */
    if (n->now > h->stalled && !below(200))
        h->stalled = n->now + (int)below(300);
    if (may_send(h) && !h->fin_sent && !below(8) &&
        (int32_t)(h->peer_edge - h->nxt) > 0 &&
        ((int32_t)(h->wrote - h->nxt) > 0 || h->closed))
        send_from(n, i, h->nxt);
    if (h->una == h->nxt)
        h->timer = n->now;
    if (n->now - h->timer >= RETRANSMIT) {
        h->timer = n->now;
        send_from(n, i, h->una);
    }
}

static void abort_host(struct net *n, int i)
{
    struct host *h = &n->host[i];

    if (h->state < TCPCONN_ESTABLISHED || h->state == TCPCONN_TIME_WAIT)
        return;
    n->aborted = 1;
    become(h, TCPCONN_CLOSED);
    transmit(n, i, TCPSEG_RST | TCPSEG_ACK, h->nxt, 0);
}

/* ---- the tap ---- */

static void check_sure(struct net *n, const tcpconn_report *r)
{
    /* Whether a FIN that the tap did not see, or only out of order, was sent
     * before the answer to the peer's FIN is beyond knowing. */
    for (int i = 0; i < 2 && !n->unseen_fin; i++)
        if (r->sure[i] && !(n->host[i].visited >> r->state[i] & 1))
            n->wrong = "sure of a state the host has never been in";
}

static void tap(struct net *n, struct packet *p)
{
    tcpconn_report report, general;
    tcpseg seg;

    memset(&seg, 0, sizeof seg);
    seg.flags = p->flags;
    seg.seq = p->seq + n->iss[p->from];
    seg.ack = p->flags & TCPSEG_ACK ? p->ack + n->iss[!p->from] : 0;
    seg.payload_len = p->len;
    seg.data_offset = 5;
    seg.header_captured = 20;
    seg.wnd = p->wnd;
    seg.ip_id = ++n->ids[p->from];
    seg.checksum = (uint16_t)below(0x10000);
    seg.ip_ttl = 64;
    if (n->stamped && !(p->flags & TCPSEG_RST)) {
        seg.present = TCPSEG_HAS_TIMESTAMPS;
        seg.tsval = p->tsval;
        seg.tsecr = p->flags & TCPSEG_ACK ? p->tsecr : 0;
    }
    straight += !!(n->conn->flags & CONN_STRAIGHT);
    p->verdict = tcpconn_feed(n->conn, n->env, p->from, &seg, NULL,
                              (uint64_t)n->now, &report);
    tcpsegp_feed_generally(n->twin, n->env, p->from, &seg, NULL,
                           (uint64_t)n->now, &general);
    if (memcmp(&report, &general, sizeof report) ||
        memcmp(n->conn, n->twin, tcpconn_size(n->parts)))
        n->wrong = "the straight path comes to something else";
    say(n,
        report.checks ? tcpconn_check_name(report.top_check)
                      : tcpconn_verdict_name(p->verdict),
        p);
    n->doubted |= (int)(report.checks >> TCPCONN_CHECK_RST_INEXACT & 1);
    n->unseen_fin |= p->flags & TCPSEG_FIN && p->verdict == TCPCONN_QUEUED;
    check_sure(n, &report);
    if (p->verdict >= TCPCONN_REJECTED && !n->resets)
        n->wrong = "an honest segment is rejected";
    if (report.severity > TCPCONN_NOTE && !n->resets)
        n->wrong = "an honest segment has a check";
}

static void pass_packets(struct net *n)
{
    for (int dir = 0; dir < 2; dir++)
        for (int k = 0; k < MAX_PACKETS; k++) {
            struct packet *p = &n->packets[k];

            if (p->from != dir || p->at_tap != n->now)
                continue;
            p->at_tap = -1;
            tap(n, p);
            if (p->at_end == -2)
                p->at_end = -1;
        }
    for (int k = 0; k < MAX_PACKETS; k++) {
        struct packet *p = &n->packets[k];

        if (p->at_end != n->now || p->at_tap >= 0)
            continue;
        p->at_end = -1;
        receive(n, !p->from, p);
    }
}

static int settled(const struct net *n)
{
    for (int k = 0; k < MAX_PACKETS; k++)
        if (n->packets[k].at_end >= 0 || n->packets[k].at_tap >= 0)
            return 0;
    for (int i = 0; i < 2; i++)
        if (n->host[i].state != TCPCONN_CLOSED &&
            n->host[i].state != TCPCONN_TIME_WAIT)
            return 0;
    for (int i = 0; i < 2; i++)
        if (n->host[i].ack_due && n->host[i].state != TCPCONN_CLOSED)
            return 0;
    return 1;
}

static int set_up(struct net *n)
{
    tcpconn_config cfg;

    memset(n, 0, sizeof *n);
    for (int k = 0; k < MAX_PACKETS; k++)
        n->packets[k].at_tap = n->packets[k].at_end = -1;
    n->both_open = !below(3);
    n->stamped = (int)below(2);
    n->lost_before = below(2) ? (int)below(25) : 0;
    n->lost_behind = below(2) ? (int)below(25) : 0;
    for (int i = 0; i < 2; i++) {
        n->iss[i] = below(3) ? below(UINT32_MAX) : 0xfffffff0;
        n->host[i].room = below(2) ? 65000 : 20 + below(80);
        become(&n->host[i], TCPCONN_CLOSED);
        become(&n->host[i], TCPCONN_LISTEN);
    }
    for (int i = 0; i <= n->both_open; i++) {
        become(&n->host[i], TCPCONN_SYN_SENT);
        n->host[i].nxt = n->host[i].wrote = 1;
    }
    n->parts = below(4); /* none, either, both */
    tcpconn_config_default(&cfg, sizeof cfg);
    return tcpconn_env_init(&n->env_mem, sizeof n->env_mem, &cfg, &n->env) ||
           tcpconn_init(n->conn_mem, sizeof n->conn_mem, n->parts, &n->conn) ||
           tcpconn_init(n->twin_mem, sizeof n->twin_mem, n->parts, &n->twin);
}

/* At least it knows that both have closed. */
static void check_over(struct net *n)
{
    for (int i = 0; i < 2; i++) {
        int state = tcpconn_state(n->conn, i);

        if (state != TCPCONN_CLOSED && state != TCPCONN_TIME_WAIT)
            n->wrong = "the tracker does not end";
    }
}

static const char *play_hosts(struct net *n)
{
    int resetting = !below(10);

    if (set_up(n))
        return "set-up";
    for (int i = 0; i <= n->both_open; i++)
        send_syn(n, i);
    for (n->now = 1; n->now < MAX_TIME && !n->wrong; n->now++) {
        pass_packets(n);
        if (settled(n))
            break;
        for (int i = 0; i < 2; i++)
            live(n, i);
        if (resetting && !n->aborted && !below(300))
            abort_host(n, (int)below(2));
    }
    if (n->aborted && !settled(n)) /* one is dead, the other was not told */
        return n->wrong;
    /* What is lost behind the tap keeps RCV.NXT back, so that an RST which looked
     * inexact was not: the tracker tells it again when nothing more is heard. */
    if (n->doubted && n->lost_behind)
        return n->wrong;
    for (int i = 0; i < 2 && !n->wrong; i++)
        if (tcpconn_state(n->conn, i) != n->host[i].state && !n->unseen_fin)
            n->wrong = "the tracker ends in another state";
    if (n->unseen_fin && !n->wrong)
        check_over(n);
    if (!settled(n) && !n->wrong)
        n->wrong = "the hosts themselves do not end";
    return n->wrong;
}

Test(hosts, the_tracker_agrees_with_them, .timeout = 240)
{
    static struct net n;
    unsigned visited = 0;

    chance_state = 0x2545f4914f6cdd1d;
    for (int round = 0; round < ROUNDS; round++) {
        const char *wrong = play_hosts(&n);

        if (wrong)
            fprintf(stderr, "%s", n.log);
        cr_assert(!wrong, "round %d: %s", round, wrong);
        visited |= n.host[0].visited | n.host[1].visited;
    }
    cr_expect_gt(straight, 1000);
    cr_expect_eq(visited, (1u << (TCPCONN_TIME_WAIT + 1)) - 1,
                 "some state never came");
}
