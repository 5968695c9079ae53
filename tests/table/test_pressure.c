/* Floods, crowds and time: who stays, who goes, and who is told. */
#include "traffic.h"

static struct world w;

static void set_up(void)
{
    world_set_up(&w, 32, 8);
    world_begin(&w);
}

static void tear_down(void)
{
    world_tear_down(&w);
}

TestSuite(pressure, .init = set_up, .fini = tear_down);

enum { PLACES = 36 }; /* of a table for 32: four for those not proven */

static void say(const struct pair *p, bool from_b, uint32_t seq, uint32_t ack)
{
    send_segment(&w, p, from_b, TCPSEG_ACK, seq, ack, NULL);
}

Test(pressure, proven_connections_outlive_a_syn_flood)
{
    tcptable_id ids[32];
    tcptable_stats s;

    for (uint32_t i = 0; i < 32; i++) {
        struct pair p = pair_of(i);

        ids[i] = open_pair(&w, &p);
    }
    for (uint32_t i = 100; i < 5100; i++) {
        struct pair p = pair_of(i);

        cr_assert_eq(send_segment(&w, &p, false, TCPSEG_SYN, 0, 0, NULL),
                     TCPCONN_ACCEPTED);
        if (i % 3 == 0) /* answered, and never completed */
            send_segment(&w, &p, true, TCPSEG_SYN | TCPSEG_ACK, 0, 1, NULL);
        if (i % 5 == 0) { /* in the middle of nothing */
            p.b_port = 80;
            send_segment(&w, &p, false, TCPSEG_ACK | TCPSEG_PSH, 7, 7, "x");
        }
    }
    for (uint32_t i = 0; i < 32; i++) {
        struct pair p = pair_of(i);

        send_segment(&w, &p, false, TCPSEG_ACK | TCPSEG_PSH, 1, 1, "still");
        cr_assert_eq(w.out.conn, ids[i]);
        cr_assert_eq(w.out.result, TCPCONN_ACCEPTED);
        cr_assert_eq(w.out.report.checks, 0);
    }
    s = stats_of(&w);
    cr_assert_eq(s.now[TCPTABLE_OPEN], 32);
    cr_assert_eq(s.evicted[TCPTABLE_OPEN], 0);
    cr_assert_eq(s.half_open, 8);
    cr_assert_eq(s.begun, s.half_open + 32 + s.now[TCPTABLE_UNANSWERED] +
                              s.now[TCPTABLE_ASSUMED] +
                              s.ended[TCPCONN_END_EVICTED]);
    cr_assert_eq(w.ends[TCPCONN_END_EVICTED], s.ended[TCPCONN_END_EVICTED]);
}

Test(pressure, the_oldest_syn_goes_first)
{
    tcptable_id ids[10];

    for (uint32_t i = 0; i < 10; i++) {
        struct pair p = pair_of(i);

        send_segment(&w, &p, false, TCPSEG_SYN, 0, 0, NULL);
        ids[i] = w.out.conn;
        if (i >= 8)
            cr_assert_eq(w.ended, ids[i - 8]);
    }
    for (uint32_t i = 0; i < 10; i++)
        cr_assert_eq(tcptable_conn(w.table, ids[i]) == NULL, i < 2);
}

/* Over, then unanswered, then assumed. */
Test(pressure, least_worth_first)
{
    tcptable_id ids[PLACES];
    struct pair p;

    for (uint32_t i = 0; i < 30; i++) {
        p = pair_of(i);
        ids[i] = open_pair(&w, &p);
    }
    for (uint32_t i = 30; i < PLACES; i++) {
        p = pair_of(i);
        if (i < 32) {
            say(&p, false, 1, 1);
        } else if (i < 34) {
            send_segment(&w, &p, false, TCPSEG_SYN, 0, 0, NULL);
            send_segment(&w, &p, true, TCPSEG_SYN | TCPSEG_ACK, 0, 1, NULL);
        } else {
            open_pair(&w, &p);
            send_segment(&w, &p, false, TCPSEG_RST, 1, 0, NULL);
        }
        ids[i] = w.out.conn;
    }
    cr_assert_eq(stats_of(&w).now[TCPTABLE_OVER], 2);
    cr_assert_eq(stats_of(&w).now[TCPTABLE_UNANSWERED], 2);
    cr_assert_eq(stats_of(&w).now[TCPTABLE_ASSUMED], 2);
    for (uint32_t i = 0; i < 6; i++) {
        static const unsigned order[] = {34, 35, 32, 33, 30, 31};

        p = pair_of(1000 + i);
        say(&p, false, 1, 1);
        cr_assert_eq(w.ended, ids[order[i]], "%u", i);
    }
}

/* Proven ones give way to each other alone: the half-closed, then the quietest. */
Test(pressure, the_newly_proven_may_take_an_idle_ones_place)
{
    struct pair p;
    tcptable_id half_closed, idle = 0, next;

    for (uint32_t i = 0; i < 32; i++) {
        p = pair_of(i);
        next = open_pair(&w, &p);
        if (i == 5)
            idle = next;
    }
    for (uint32_t i = 0; i < 32; i++) {
        p = pair_of(i);
        if (i != 5)
            send_segment(&w, &p, false, TCPSEG_ACK | TCPSEG_PSH, 1, 1, "x");
    }
    p = pair_of(9);
    send_segment(&w, &p, false, TCPSEG_ACK | TCPSEG_FIN, 2, 1, NULL);
    half_closed = w.out.conn;
    p = pair_of(100);
    open_pair(&w, &p);
    cr_assert_eq(w.ended, half_closed);
    p = pair_of(101);
    open_pair(&w, &p);
    cr_assert_eq(w.ended, idle);
    cr_assert_eq(stats_of(&w).now[TCPTABLE_OPEN], 32);
}

Test(pressure, ipv6_gives_way_to_ipv6)
{
    struct pair p;

    world_tear_down(&w);
    world_set_up(&w, 32, 4);
    w.cfg.ipv6 = 3;
    world_begin(&w);
    for (uint32_t i = 0; i < 12; i++) {
        p = pair_of(i);
        p.family = i % 2 ? 6 : 4;
        say(&p, false, 1, 1);
        cr_assert_neq(w.out.conn, 0);
    }
    cr_assert_eq(stats_of(&w).now[TCPTABLE_ASSUMED], 9);
    cr_assert_eq(stats_of(&w).ipv6, 3);
    for (uint32_t i = 20; i < 23; i++) {
        p = pair_of(i);
        p.family = 6;
        open_pair(&w, &p);
    }
    cr_assert_eq(stats_of(&w).now[TCPTABLE_OPEN], 3);
    p = pair_of(30);
    p.family = 6;
    say(&p, false, 1, 1);
    cr_assert_eq(w.out.result, TCPSEG_ERR_FULL);
    cr_assert_eq(w.out.conn, 0);
    cr_assert_eq(stats_of(&w).refused, 1);
    world_tear_down(&w);
    world_set_up(&w, 32, 4);
    w.cfg.ipv6 = 0;
    world_begin(&w);
    say(&p, false, 1, 1);
    cr_assert_eq(w.out.result, TCPSEG_ERR_FULL);
    send_segment(&w, &p, false, TCPSEG_SYN, 0, 0, NULL);
    cr_assert_eq(w.out.result, TCPSEG_ERR_FULL);
}

static unsigned ends_after(uint64_t seconds)
{
    unsigned before = 0, after = 0;

    for (unsigned i = 0; i < 16; i++)
        before += w.ends[i];
    w.now += seconds * SECOND;
    tcptable_tick(w.table, w.env, w.now, 0);
    for (unsigned i = 0; i < 16; i++)
        after += w.ends[i];
    return after - before;
}

Test(pressure, each_goes_when_its_time_has_come)
{
    struct pair half = pair_of(1), answered = pair_of(2), open = pair_of(3),
                reset = pair_of(4), closed = pair_of(5), middle = pair_of(6);

    send_segment(&w, &half, false, TCPSEG_SYN, 0, 0, NULL);
    send_segment(&w, &answered, false, TCPSEG_SYN, 0, 0, NULL);
    send_segment(&w, &answered, true, TCPSEG_SYN | TCPSEG_ACK, 0, 1, NULL);
    open_pair(&w, &open);
    open_pair(&w, &reset);
    send_segment(&w, &reset, false, TCPSEG_RST, 1, 0, NULL);
    open_pair(&w, &closed);
    send_segment(&w, &closed, false, TCPSEG_ACK | TCPSEG_FIN, 1, 1, NULL);
    send_segment(&w, &closed, true, TCPSEG_ACK | TCPSEG_FIN, 1, 2, NULL);
    say(&closed, false, 2, 2);
    say(&middle, false, 1, 1);
    cr_assert_eq(ends_after(74), 0);
    cr_assert_eq(ends_after(2), 1);
    cr_assert_eq(w.ends[TCPCONN_END_TIMED_OUT], 1, "the SYN,ACK");
    cr_assert_eq(ends_after(105), 1);
    cr_assert_eq(w.ends[TCPCONN_END_TIMED_OUT], 2, "the SYN");
    ends_after(120);
    cr_assert_eq(w.ends[TCPCONN_END_RESET], 1);
    cr_assert_eq(w.ends[TCPCONN_END_CLOSED], 1);
    ends_after(600);
    cr_assert_eq(w.ends[TCPCONN_END_TIMED_OUT], 3);
    cr_assert_eq(stats_of(&w).now[TCPTABLE_OPEN], 1);
    say(&open, true, 1, 1);
    cr_assert_eq(w.out.result, TCPCONN_ACCEPTED);
    ends_after(431990);
    cr_assert_eq(stats_of(&w).now[TCPTABLE_OPEN], 1, "it has gained time");
    ends_after(300);
    cr_assert_eq(stats_of(&w).now[TCPTABLE_OPEN], 0);
    cr_assert_eq(stats_of(&w).ended[TCPCONN_END_TIMED_OUT], 4);
}

static struct times {
    unsigned n;
    uint64_t at[8];
} times;

static void note_time(void *user, tcpconn *conn, const tcpconn_event *ev,
                      const void *bytes)
{
    (void)user;
    (void)conn;
    (void)bytes;
    if (ev->new_state == TCPCONN_CLOSED && times.n < 8)
        times.at[times.n++] = ev->now;
}

Test(pressure, a_time_out_tells_when_it_was_due)
{
    struct pair half = pair_of(1), closed = pair_of(2);
    uint64_t syn, last;

    world_tear_down(&w);
    world_set_up(&w, 32, 8);
    w.conn_cfg.on_state = note_time;
    world_begin(&w);
    open_pair(&w, &closed);
    send_segment(&w, &closed, false, TCPSEG_ACK | TCPSEG_FIN, 1, 1, NULL);
    send_segment(&w, &closed, true, TCPSEG_ACK | TCPSEG_FIN, 1, 2, NULL);
    say(&closed, false, 2, 2);
    last = w.now;
    send_segment(&w, &half, false, TCPSEG_SYN, 0, 0, NULL);
    syn = w.now;
    times.n = 0;
    tcptable_tick(w.table, w.env, w.now + UINT64_C(1000) * SECOND, 0);
    cr_assert_eq(times.n, 3, "%u", times.n);
    cr_assert_eq(times.at[0], syn + UINT64_C(180) * SECOND);
    cr_assert_eq(times.at[1], syn + UINT64_C(180) * SECOND);
    cr_assert_eq(times.at[2], last + UINT64_C(60) * SECOND, "TIME-WAIT");
}

Test(pressure, a_step_back_in_time_ends_nothing)
{
    struct pair p = pair_of(1), q = pair_of(2);

    open_pair(&w, &p);
    send_segment(&w, &q, false, TCPSEG_SYN, 0, 0, NULL);
    w.now -= UINT64_C(500000) * SECOND;
    cr_assert_eq(ends_after(1), 0);
    say(&p, true, 1, 1);
    cr_assert_eq(w.out.result, TCPCONN_ACCEPTED);
    cr_assert_eq(ends_after(UINT64_C(499999)), 0);
}

Test(pressure, a_bounded_share_at_a_time)
{
    for (uint32_t i = 0; i < 8; i++) {
        struct pair p = pair_of(i);

        send_segment(&w, &p, false, TCPSEG_SYN, 0, 0, NULL);
    }
    w.now += UINT64_C(1000) * SECOND;
    cr_assert_eq(tcptable_tick(w.table, w.env, w.now, 3), 3);
    cr_assert_eq(stats_of(&w).half_open, 5);
    cr_assert_eq(tcptable_tick(w.table, w.env, w.now, 0), 5);
    cr_assert_eq(stats_of(&w).half_open, 0);
}

Test(pressure, a_crowd_makes_time_short_for_the_unproven)
{
    struct pair p;
    uint64_t hurried;

    world_tear_down(&w);
    world_set_up(&w, 32, 100);
    w.cfg.crowded = 50;
    world_begin(&w);
    for (uint32_t i = 0; i < 90; i++) {
        p = pair_of(i);
        send_segment(&w, &p, false, TCPSEG_SYN, 0, 0, NULL);
    }
    cr_assert_eq(stats_of(&w).half_open, 90);
    w.now += UINT64_C(60) * SECOND; /* of 180 so much is left at 83 percent */
    for (uint32_t i = 0; i < 50; i++)
        tcptable_tick(w.table, w.env, w.now, 1);
    hurried = stats_of(&w).hurried;
    cr_assert_eq(hurried, 7);
    cr_assert_eq(stats_of(&w).ended[TCPCONN_END_TIMED_OUT], hurried);
}

/* Any number of connections: none is taken for another, none is lost. */
Test(pressure, a_hundred_thousand)
{
    enum { N = 100000 };
    static tcptable_id ids[N];
    struct pair p;

    world_tear_down(&w);
    world_set_up(&w, N, 64);
    world_begin(&w);
    for (uint32_t i = 0; i < N; i++) {
        p = pair_of(i);
        ids[i] = open_pair(&w, &p);
    }
    cr_assert_eq(stats_of(&w).now[TCPTABLE_OPEN], N);
    for (uint32_t i = 0; i < N; i += 7) {
        tcptable_tuple t;

        p = pair_of(i);
        t = tuple_of(&p, true);
        cr_assert_eq(tcptable_find(w.table, &t), ids[i]);
    }
    for (uint32_t i = 0; i < N; i += 3)
        cr_assert_gt(
            tcptable_remove(w.table, w.env, ids[i], TCPCONN_END_CAPTURE), 0);
    for (uint32_t i = 0; i < N; i++) {
        tcptable_tuple t;

        p = pair_of(i);
        t = tuple_of(&p, false);
        cr_assert_eq(tcptable_find(w.table, &t), i % 3 ? ids[i] : 0);
    }
}
