/* A half-open connection is no more than its SYN, and yet the very same connection. */
#include "traffic.h"

/* What the tracker says of the second segment, and how the connection ends up: with a
 * small entry between the two, and without. */
static void try_pair(tcpseg *syn, const tcpseg *second, int dir, bool half,
                     bool told)
{
    static struct world w;
    tcpseg_frame there = {0}, back;
    tcpconn_storage mem;
    tcpconn *conn;
    tcpconn_report a, b;
    tcptable_packet out;
    int verdict;

    world_set_up(&w, 8, 8);
    w.conn_cfg.on_data = w.conn_cfg.on_gap = w.conn_cfg.on_end = NULL;
    if (!told)
        w.conn_cfg.on_state = NULL;
    world_begin(&w);
    there.addr.family = 4;
    there.addr.src[3] = 1;
    there.addr.dst[3] = 2;
    back = there;
    back.addr.src[3] = 2;
    back.addr.dst[3] = 1;
    tcpconn_init(&mem, sizeof mem, 0, &conn);
    tcpconn_feed(conn, w.env, 0, syn, NULL, w.now, &a);
    cr_assert_geq(tcptable_feed(w.table, w.env, &there, syn, NULL, w.now, &out),
                  0);
    cr_assert_eq(!!(out.flags & TCPTABLE_IS_HALF_OPEN), half);
    b = out.report;
    cr_assert_arr_eq(&a, &b, sizeof a, "of the SYN");
    verdict = tcpconn_feed(conn, w.env, dir, second, NULL, w.now + 5, &a);
    cr_assert_eq(tcptable_feed(w.table, w.env, dir ? &back : &there, second,
                               NULL, w.now + 5, &out),
                 verdict);
    b = out.report;
    cr_assert_arr_eq(&a, &b, sizeof a);
    cr_assert_arr_eq(tcptable_conn(w.table, out.conn), conn, sizeof mem);
    world_tear_down(&w);
}

static void both_ways(tcpseg *syn, const tcpseg *second, int dir, bool half)
{
    try_pair(syn, second, dir, half, false);
    try_pair(syn, second, dir, half, true);
}

static tcpseg syn_with(unsigned options, uint16_t flags)
{
    tcpseg s = {.flags = (uint16_t)(TCPSEG_SYN | flags),
                .seq = 77,
                .wnd = 64000,
                .src_port = 5,
                .dst_port = 6,
                .data_offset = 5,
                .header_captured = 20,
                .ip_ttl = 61,
                .checksum = 0x1234,
                .ip_id = 99};

    if (options & 1)
        s.present |= TCPSEG_HAS_MSS, s.mss = 1400;
    if (options & 2)
        s.present |= TCPSEG_HAS_WSCALE, s.wscale = 9;
    if (options & 4)
        s.present |= TCPSEG_HAS_SACK_PERMITTED;
    if (options & 8)
        s.present |= TCPSEG_HAS_TIMESTAMPS, s.tsval = 0xfffffff0;
    s.ip_ecn = options >> 4 & 3;
    return s;
}

Test(half_open, is_the_same_connection)
{
    static const uint16_t ecn[] = {0, TCPSEG_ECE | TCPSEG_CWR,
                                   TCPSEG_ECE | TCPSEG_CWR | TCPSEG_AE};

    for (unsigned options = 0; options < 64; options++)
        for (unsigned e = 0; e < 3; e++) {
            tcpseg syn = syn_with(options, ecn[e]), answer = syn;

            answer.flags |= TCPSEG_ACK;
            answer.src_port = 6;
            answer.dst_port = 5;
            answer.seq = 10000;
            answer.ack = 78;
            answer.tsecr = syn.tsval;
            both_ways(&syn, &answer, 1, true);
            answer = syn; /* again, with another window */
            answer.wnd = 3;
            both_ways(&syn, &answer, 0, true);
            answer.flags = TCPSEG_RST | TCPSEG_ACK; /* refused */
            answer.src_port = 6;
            answer.dst_port = 5;
            answer.ack = 78;
            both_ways(&syn, &answer, 1, true);
        }
}

/* What has no place in a small entry gets a whole one. */
Test(half_open, unless_its_syn_is_unusual)
{
    tcpseg syn = syn_with(15, 0), answer = syn_with(15, TCPSEG_ACK);

    answer.src_port = 6;
    answer.dst_port = 5;
    answer.ack = 78;
    syn.payload_len = 5;
    both_ways(&syn, &answer, 1, false);
    syn.payload_len = 0;
    syn.tsecr = 1;
    both_ways(&syn, &answer, 1, false);
    syn.tsecr = 0;
    syn.present |= TCPSEG_HAS_FASTOPEN;
    both_ways(&syn, &answer, 1, false);
}

static void tag(void *user, tcpconn *conn, const tcpconn_event *ev,
                const void *bytes)
{
    (void)user;
    (void)ev;
    (void)bytes;
    tcpconn_set_tag(conn, 4711);
}

Test(half_open, a_tag_is_kept)
{
    static struct world w;
    struct pair p = pair_of(1);

    world_set_up(&w, 8, 8);
    w.conn_cfg.on_state = tag;
    world_begin(&w);
    send_segment(&w, &p, false, TCPSEG_SYN, 0, 0, NULL);
    cr_assert_not(w.out.flags & TCPTABLE_IS_HALF_OPEN);
    cr_assert_eq(tcpconn_tag(tcptable_conn(w.table, w.out.conn)), 4711);
    world_tear_down(&w);
}

/* Where places are scarce, a SYN sent again takes none. */
Test(half_open, a_repeated_syn_takes_no_place_that_is_wanted)
{
    static struct world w;
    struct pair p = pair_of(1);
    tcptable_id id;

    world_set_up(&w, 4, 4);
    world_begin(&w);
    for (uint32_t i = 10; i < 18; i++) {
        struct pair q = pair_of(i);

        send_segment(&w, &q, false, TCPSEG_ACK, 1, 1, NULL);
    }
    cr_assert_eq(stats_of(&w).now[TCPTABLE_ASSUMED], 8);
    send_segment(&w, &p, false, TCPSEG_SYN, 0, 0, NULL);
    id = w.out.conn;
    send_segment(&w, &p, false, TCPSEG_SYN, 0, 0, NULL);
    cr_assert_eq(w.out.conn, id);
    cr_assert(w.out.flags & TCPTABLE_IS_HALF_OPEN);
    cr_assert_eq(stats_of(&w).now[TCPTABLE_ASSUMED], 8);
    send_segment(&w, &p, true, TCPSEG_SYN | TCPSEG_ACK, 0, 1, NULL);
    cr_assert_eq(w.out.conn, id);
    cr_assert_str_eq(states_of(&w, id), "SYN-SENT/SYN-RECEIVED");
    cr_assert_eq(stats_of(&w).now[TCPTABLE_ASSUMED], 7, "an answer does");
    world_tear_down(&w);
}
