/* ICMP errors: which are believed, and what they do. */
#include "wire.h"

enum { UNREACHABLE = 3, HOST = 1, TOO_BIG = 4, TIME_EXCEEDED = 11 };

/* An error that quotes a segment of `who` with a number. */
static int icmp(struct wire *w, int who, uint32_t seq, int type, int code,
                uint32_t mtu)
{
    tcpseg quoted;

    memset(&quoted, 0, sizeof quoted);
    quoted.seq = w->iss[who] + seq;
    quoted.header_captured = 8;
    quoted.error = TCPSEG_ERR_SHORT; /* all that a router has to quote */
    return tcpconn_icmp(w->conn, w->env, who ^ w->swapped, &quoted, type, code,
                        mtu, w->now);
}

static int state(const struct wire *w, int who)
{
    return tcpconn_state(w->conn, who ^ w->swapped);
}

SCENE(icmp, only_what_is_in_flight_is_believed)
{
    wire_open(w);
    SAY(w, A, .seq = 1, .len = 100, .ack = 1);
    SAY(w, B, .seq = 1, .ack = 51);
    SAME(icmp(w, A, 50, UNREACHABLE, TOO_BIG, 1400), TCPCONN_REJECTED);
    SAME(icmp(w, A, 101, UNREACHABLE, TOO_BIG, 1400), TCPCONN_REJECTED);
    SAME(icmp(w, A, 0x80000000, UNREACHABLE, TOO_BIG, 1400), TCPCONN_REJECTED);
    SAME(icmp(w, B, 1, UNREACHABLE, TOO_BIG, 1400), TCPCONN_REJECTED);
    SAME(wire_stats(w, A).icmp_errors, 0);
    SAME(wire_stats(w, A).path_mtu, 0);
    SAME(icmp(w, A, 51, UNREACHABLE, TOO_BIG, 1400), TCPCONN_ACCEPTED);
    SAME(icmp(w, A, 100, UNREACHABLE, TOO_BIG, 1300), TCPCONN_ACCEPTED);
    SAME(icmp(w, A, 100, UNREACHABLE, TOO_BIG, 1350), TCPCONN_ACCEPTED);
    SAME(icmp(w, A, 100, UNREACHABLE, TOO_BIG, 67), TCPCONN_ACCEPTED);
    SAME(icmp(w, A, 100, TIME_EXCEEDED, TOO_BIG, 1000), TCPCONN_ACCEPTED);
    SAME(wire_stats(w, A).icmp_errors, 5);
    SAME(wire_stats(w, A).path_mtu, 1300);
    SAME(wire_stats(w, B).icmp_errors, 0);
}

SCENE(icmp, an_open_connection_outlives_them)
{
    wire_open(w);
    SAY(w, A, .seq = 1, .len = 100, .ack = 1);
    SAME(icmp(w, A, 1, UNREACHABLE, HOST, 0), TCPCONN_ACCEPTED);
    SAME(state(w, A), TCPCONN_ESTABLISHED);
    SAME(state(w, B), TCPCONN_ESTABLISHED);
}

SCENE(icmp, an_attempt_that_was_answered_outlives_them)
{
    SAY(w, A, .flags = TCPSEG_SYN);
    SAY(w, B, .flags = TCPSEG_SYN, .ack = 1);
    SAME(icmp(w, B, 0, UNREACHABLE, HOST, 0), TCPCONN_ACCEPTED);
    SAME(icmp(w, A, 0, UNREACHABLE, HOST, 0), TCPCONN_REJECTED);
    SAME(state(w, A), TCPCONN_SYN_SENT);
    SAME(state(w, B), TCPCONN_SYN_RECEIVED);
}

SCENE(icmp, an_attempt_met_by_another_outlives_them)
{
    SAY(w, A, .flags = TCPSEG_SYN);
    SAY(w, B, .flags = TCPSEG_SYN);
    SAME(icmp(w, A, 0, UNREACHABLE, HOST, 0), TCPCONN_ACCEPTED);
    SAME(state(w, A), TCPCONN_SYN_SENT);
    SAME(state(w, B), TCPCONN_SYN_SENT);
}

struct told {
    int n;
    tcpconn_event ev[4];
};

static void on_state(void *user, tcpconn *conn, const tcpconn_event *ev,
                     const void *bytes)
{
    struct told *told = user;

    (void)conn, (void)bytes;
    if (told->n < 4)
        told->ev[told->n] = *ev;
    told->n++;
}

SCENE(icmp, an_attempt_ends)
{
    struct told told = {0};

    SAY(w, A, .flags = TCPSEG_SYN);
    w->cfg.on_state = on_state;
    w->cfg.user = &told;
    wire_configure(w);
    SAME(icmp(w, A, 1, UNREACHABLE, HOST, 0), TCPCONN_REJECTED);
    SAME(icmp(w, A, 0, TIME_EXCEEDED, 0, 0), TCPCONN_ACCEPTED);
    SAME(icmp(w, A, 0, UNREACHABLE, TOO_BIG, 1400), TCPCONN_ACCEPTED);
    SAME(icmp(w, A, 0, 5, HOST, 0), TCPCONN_REJECTED); /* a redirect */
    SAME(told.n, 0);
    SAME(icmp(w, A, 0, UNREACHABLE, HOST, 0), TCPCONN_ACCEPTED);
    SAME(state(w, A), TCPCONN_CLOSED);
    SAME(state(w, B), TCPCONN_CLOSED);
    SAME(told.n, 2);
    SAME(told.ev[0].endpoint, A ^ w->swapped);
    SAME(told.ev[0].old_state, TCPCONN_SYN_SENT);
    SAME(told.ev[0].sure, 0);
    SAME(told.ev[0].seq, w->iss[A]);
    SAME(told.ev[0].dir, A ^ w->swapped);
    SAME(told.ev[1].old_state, TCPCONN_LISTEN);
    SAME(wire_end(w, A).sure, 0);
    SAME(icmp(w, A, 0, UNREACHABLE, HOST, 0),
         TCPCONN_REJECTED); /* it is over */
    SAME(wire_stats(w, A).icmp_errors, 3);
}

SCENE(icmp, without_counters)
{
    cr_assert_eq(tcpconn_init(w->mem, sizeof w->mem, 0, &w->conn), 0);
    SAY(w, A, .flags = TCPSEG_SYN);
    SAME(icmp(w, A, 0, UNREACHABLE, HOST, 0), TCPCONN_ACCEPTED);
    SAME(state(w, A), TCPCONN_CLOSED);
}

SCENE(icmp, time_passes_first)
{
    struct told told = {0};

    wire_open(w);
    SAY(w, A, .seq = 1, .len = 100, .ack = 1);
    w->cfg.on_state = on_state;
    w->cfg.user = &told;
    wire_configure(w);
    w->now = UINT64_MAX / 2;
    SAME(icmp(w, A, 1, UNREACHABLE, HOST, 0), TCPCONN_REJECTED);
    SAME(told.n, 2);
    SAME(told.ev[0].seq, 0); /* no segment's doing */
    SAME(told.ev[1].seq, 0);
    SAME(state(w, A), TCPCONN_CLOSED);
    SAME(wire_summary(w).why, TCPCONN_END_TIMED_OUT);
}

Test(icmp, misuse)
{
    struct wire w;
    tcpseg quoted;

    wire_set_up(&w, 0);
    memset(&quoted, 0, sizeof quoted);
    SAY(&w, A, .flags = TCPSEG_SYN);
    quoted.header_captured = 7; /* the number is cut */
    SAME(tcpconn_icmp(w.conn, w.env, 0, &quoted, 3, 1, 0, w.now),
         TCPCONN_REJECTED);
    SAME(tcpconn_icmp(w.conn, w.env, 2, &quoted, 3, 1, 0, w.now),
         TCPSEG_ERR_ARG);
    SAME(tcpconn_icmp(w.conn, w.env, 0, NULL, 3, 1, 0, w.now), TCPSEG_ERR_ARG);
    SAME(tcpconn_icmp(NULL, w.env, 0, &quoted, 3, 1, 0, w.now), TCPSEG_ERR_ARG);
    memset(w.mem, 0, sizeof w.mem);
    SAME(tcpconn_icmp(w.conn, w.env, 0, &quoted, 3, 1, 0, w.now),
         TCPSEG_ERR_STATE);
}
