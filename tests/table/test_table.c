/* The table as its user meets it. */
#include "traffic.h"

static struct world w;

static void set_up(void)
{
    world_set_up(&w, 64, 16);
    world_begin(&w);
}

static void tear_down(void)
{
    world_tear_down(&w);
}

TestSuite(table, .init = set_up, .fini = tear_down);

Test(table, one_id_from_the_syn_to_the_end)
{
    struct pair p = pair_of(1);
    tcptable_id id;

    cr_assert_eq(send_segment(&w, &p, false, TCPSEG_SYN, 0, 0, NULL),
                 TCPCONN_ACCEPTED);
    id = w.out.conn;
    cr_assert_neq(id, 0);
    cr_assert_eq(w.out.flags,
                 TCPTABLE_IS_TCP | TCPTABLE_BEGUN | TCPTABLE_IS_HALF_OPEN);
    cr_assert_str_eq(states_of(&w, id), "SYN-SENT/LISTEN");
    cr_assert_eq(stats_of(&w).half_open, 1);
    send_segment(&w, &p, true, TCPSEG_SYN | TCPSEG_ACK, 0, 1, NULL);
    cr_assert_eq(w.out.conn, id);
    cr_assert_eq(w.out.flags, TCPTABLE_IS_TCP | TCPTABLE_REVERSED);
    cr_assert_str_eq(states_of(&w, id), "SYN-SENT/SYN-RECEIVED");
    cr_assert_eq(stats_of(&w).half_open, 0);
    cr_assert_eq(stats_of(&w).answered, 1);
    send_segment(&w, &p, false, TCPSEG_ACK, 1, 1, NULL);
    cr_assert_eq(w.out.conn, id);
    cr_assert_str_eq(states_of(&w, id), "ESTABLISHED/ESTABLISHED");
    send_segment(&w, &p, false, TCPSEG_ACK | TCPSEG_PSH, 1, 1, "hello");
    cr_assert_eq(w.bytes, 5);
    cr_assert_eq(tcptable_remove(w.table, w.env, id, TCPCONN_END_CAPTURE),
                 TCPCONN_END_CAPTURE);
    cr_assert_eq(w.ended, id, "known by its id to the last");
    cr_assert_null(tcptable_conn(w.table, id));
    cr_assert_eq(tcptable_remove(w.table, w.env, id, TCPCONN_END_CAPTURE),
                 TCPSEG_ERR_NOT_FOUND);
}

Test(table, another_connection_in_its_place_has_another_id)
{
    struct pair p = pair_of(1);
    tcptable_id id = open_pair(&w, &p), next;

    tcptable_remove(w.table, w.env, id, TCPCONN_END_CAPTURE);
    next = open_pair(&w, &p);
    cr_assert_neq(next, id);
    cr_assert_null(tcptable_conn(w.table, id));
    send_segment(&w, &p, false, TCPSEG_RST, 1, 0, NULL);
    cr_assert_str_eq(states_of(&w, next), "CLOSED/CLOSED");
    send_segment(&w, &p, false, TCPSEG_SYN, 500000, 0, NULL);
    cr_assert_neq(w.out.conn, next, "the ports are used again");
    cr_assert(w.out.flags & TCPTABLE_BEGUN);
    cr_assert_eq(w.ends[TCPCONN_END_RESET] + w.ends[TCPCONN_END_REUSED], 1);
    cr_assert_null(tcptable_conn(w.table, next));
}

Test(table, ipv6_vlans_and_addresses_alike)
{
    struct pair p = pair_of(1), six = p, tagged = p, other = p;
    tcptable_id ids[4];
    tcptable_tuple t;

    six.family = 6;
    tagged.vlan = 7;
    other.b_port = 80;
    ids[0] = open_pair(&w, &p);
    ids[1] = open_pair(&w, &six);
    ids[2] = open_pair(&w, &other);
    for (int i = 0; i < 3; i++)
        for (int k = 0; k < i; k++)
            cr_assert_neq(ids[i], ids[k]);
    cr_assert_eq(tcptable_get_tuple(w.table, ids[1], &t, sizeof t),
                 (int)sizeof t);
    {
        tcptable_tuple want = tuple_of(&six, false);

        cr_assert_arr_eq(&t, &want, sizeof t);
        want = tuple_of(&six, true);
        cr_assert_eq(tcptable_find(w.table, &want), ids[1]);
        want.zone = 1;
        cr_assert_eq(tcptable_find(w.table, &want), 0);
    }
    send_segment(&w, &tagged, false, TCPSEG_ACK, 1, 1, NULL);
    cr_assert_eq(w.out.conn, ids[0], "tags are no part of the key");
    world_tear_down(&w);
    world_set_up(&w, 64, 16);
    w.cfg.flags = TCPTABLE_KEY_VLAN;
    world_begin(&w);
    ids[0] = open_pair(&w, &p);
    ids[3] = open_pair(&w, &tagged);
    cr_assert_neq(ids[0], ids[3], "unless they are asked for");
    tcptable_get_tuple(w.table, ids[3], &t, sizeof t);
    cr_assert_eq(tcptable_find(w.table, &t), ids[3]);
}

Test(table, moved_and_attached_it_goes_on)
{
    struct pair p = pair_of(3), q = pair_of(4);
    tcptable_id id = open_pair(&w, &p);
    void *other = aligned_alloc(64, w.size);
    tcptable *again;

    q.family = 6;
    send_segment(&w, &q, false, TCPSEG_SYN, 0, 0, NULL);
    memcpy(other, w.block, w.size);
    memset(w.block, 0x5a, w.size);
    cr_assert_eq(tcptable_attach(w.block, w.size, &again), TCPSEG_ERR_STATE);
    cr_assert_eq(tcptable_attach(other, w.size - 1, &again), TCPSEG_ERR_SIZE);
    cr_assert_eq(tcptable_attach(other, w.size, &again), TCPSEG_OK);
    free(w.block);
    w.block = other;
    w.table = again;
    send_segment(&w, &p, true, TCPSEG_ACK | TCPSEG_PSH, 1, 1, "abc");
    cr_assert_eq(w.out.conn, id);
    cr_assert_eq(w.out.result, TCPCONN_ACCEPTED);
    cr_assert_eq(w.bytes, 3);
    send_segment(&w, &q, true, TCPSEG_SYN | TCPSEG_ACK, 0, 1, NULL);
    cr_assert_str_eq(states_of(&w, w.out.conn), "SYN-SENT/SYN-RECEIVED");
}

Test(table, going_through_all_of_them)
{
    uint64_t cursor = 0;
    unsigned seen = 0;
    tcptable_id id;

    for (uint32_t i = 0; i < 20; i++) {
        struct pair p = pair_of(i);

        if (i % 4)
            open_pair(&w, &p);
        else
            send_segment(&w, &p, false, TCPSEG_SYN, 0, 0, NULL);
    }
    while ((id = tcptable_next(w.table, &cursor))) {
        cr_assert_not_null(tcptable_conn(w.table, id));
        if (++seen == 7) /* what goes meanwhile is not met */
            tcptable_remove(w.table, w.env, id, TCPCONN_END_CAPTURE);
    }
    cr_assert_eq(seen, 20);
    cursor = 0;
    for (seen = 0; tcptable_next(w.table, &cursor); seen++)
        ;
    cr_assert_eq(seen, 19);
}

Test(table, a_standby_is_told_what_changed)
{
    struct pair p = pair_of(1), q = pair_of(2);
    tcptable_id id = open_pair(&w, &p), moved;
    uint8_t form[TCPCONN_SAVED_SIZE];
    static struct world standby;
    tcptable_tuple tuple;
    uint64_t cursor = 0;
    uint32_t round;
    size_t used;

    open_pair(&w, &q);
    round = tcptable_mark(w.table);
    send_segment(&w, &p, false, TCPSEG_ACK | TCPSEG_PSH, 1, 1, "abc");
    cr_assert_eq(tcptable_next_changed(w.table, round + 1, &cursor), id);
    cr_assert_eq(tcptable_next_changed(w.table, round + 1, &cursor), 0);
    world_set_up(&standby, 8, 8);
    world_begin(&standby);
    standby.now = w.now;
    tcptable_get_tuple(w.table, id, &tuple, sizeof tuple);
    cr_assert_eq(tcpconn_save(tcptable_conn(w.table, id), w.env, form,
                              sizeof form, &used),
                 TCPSEG_OK);
    cr_assert_eq(tcptable_restore(standby.table, standby.env, &tuple, form,
                                  used - 1, 0, w.now, &moved),
                 TCPSEG_ERR_STATE);
    for (int i = 0; i < 2; i++) /* the second in place of the first */
        cr_assert_eq(tcptable_restore(standby.table, standby.env, &tuple, form,
                                      used, 0, w.now, &moved),
                     TCPSEG_OK);
    cr_assert_eq(stats_of(&standby).now[TCPTABLE_OPEN], 1);
    send_segment(&standby, &p, true, TCPSEG_ACK, 1, 4, NULL);
    cr_assert_eq(standby.out.conn, moved);
    cr_assert_eq(standby.out.result, TCPCONN_ACCEPTED);
    cr_assert_eq(standby.out.report.checks, 0);
    world_tear_down(&standby);
}

Test(table, a_second_tuple_is_no_connection)
{
    struct pair p = pair_of(1), outside = pair_of(77);
    const uint32_t delta[2] = {0, 0};
    tcptable_tuple t;
    tcptable_id id;

    world_tear_down(&w);
    world_set_up(&w, 8, 8);
    w.cfg.translations = 1;
    world_begin(&w);
    p.family = outside.family = 6;
    id = open_pair(&w, &p);
    t = tuple_of(&outside, false);
    cr_assert_eq(tcptable_translate(w.table, id, &t, delta), TCPSEG_OK);
    cr_assert_eq(stats_of(&w).ipv6, 1);
    cr_assert_eq(stats_of(&w).translations, 1);
    tcptable_remove(w.table, w.env, id, TCPCONN_END_CAPTURE);
    cr_assert_eq(stats_of(&w).ipv6, 0);
}

Test(table, both_sides_of_a_translator)
{
    struct pair p = pair_of(1), outside = pair_of(77), q = pair_of(5);
    uint32_t delta[2] = {5000, 70000};
    tcptable_id id = open_pair(&w, &p);
    tcptable_tuple t = tuple_of(&outside, false), taken = tuple_of(&q, false);

    cr_assert_eq(tcptable_translate(w.table, id, &t, delta), TCPSEG_ERR_FULL);
    world_tear_down(&w);
    world_set_up(&w, 64, 16);
    w.cfg.translations = 1;
    world_begin(&w);
    id = open_pair(&w, &p);
    open_pair(&w, &q);
    cr_assert_eq(tcptable_translate(w.table, id, &taken, delta),
                 TCPSEG_ERR_FULL);
    for (int i = 0; i < 3; i++)
        cr_assert_eq(tcptable_translate(w.table, id, &t, delta), TCPSEG_OK);
    send_segment(&w, &outside, false, TCPSEG_ACK | TCPSEG_PSH, 5001, 70001,
                 "abc");
    cr_assert_eq(w.out.conn, id);
    cr_assert_eq(w.out.result, TCPCONN_ACCEPTED);
    cr_assert_eq(w.out.flags, TCPTABLE_IS_TCP | TCPTABLE_TRANSLATED);
    cr_assert_eq(w.bytes, 3);
    send_segment(&w, &outside, true, TCPSEG_ACK, 70001, 5004, NULL);
    cr_assert_eq(w.out.result, TCPCONN_ACCEPTED);
    cr_assert(w.out.flags & TCPTABLE_REVERSED);
    send_segment(&w, &p, true, TCPSEG_ACK | TCPSEG_PSH, 1, 4, "de");
    cr_assert_eq(w.bytes, 5);
    cr_assert_eq(tcptable_find(w.table, &t), id);
    tcptable_remove(w.table, w.env, id, TCPCONN_END_CAPTURE);
    cr_assert_eq(tcptable_find(w.table, &t), 0);
    cr_assert_eq(stats_of(&w).translations, 0);
}

static struct misuse {
    tcptable *table;
    tcpconn_env *env;
    int answers[4];
    tcptable_tuple who;
} misuse;

static void call_back(void *user, tcpconn *conn, const tcpconn_event *ev,
                      const void *bytes)
{
    struct misuse *m = user;
    tcpseg_frame frame = {0};
    tcptable_id id = tcptable_id_of(m->table, conn);

    (void)ev;
    (void)bytes;
    m->answers[0] =
        tcptable_feed(m->table, m->env, &frame, NULL, NULL, 0, NULL);
    m->answers[1] = tcptable_tick(m->table, m->env, 0, 0);
    m->answers[2] = tcptable_remove(m->table, m->env, id, TCPCONN_END_CAPTURE);
    m->answers[3] = tcptable_conn(m->table, id) == conn;
    memset(&m->who, 0xee, sizeof m->who);
    cr_assert_eq(tcptable_get_tuple(m->table, id, &m->who, sizeof m->who),
                 sizeof m->who);
}

Test(table, callbacks_may_ask_and_not_change)
{
    struct pair p = pair_of(1);
    tcptable_tuple there = tuple_of(&p, false);

    world_tear_down(&w);
    world_set_up(&w, 64, 16);
    w.conn_cfg.on_state = call_back;
    w.conn_cfg.user = &misuse;
    w.conn_cfg.on_end = w.conn_cfg.on_data = w.conn_cfg.on_gap = NULL;
    world_begin(&w);
    misuse.table = w.table;
    misuse.env = w.env;
    send_segment(&w, &p, false, TCPSEG_SYN, 0, 0, NULL);
    for (int i = 0; i < 3; i++)
        cr_assert_eq(misuse.answers[i], TCPSEG_ERR_REENTRY, "%d", i);
    cr_assert(misuse.answers[3]);
    cr_assert_arr_eq(&misuse.who, &there, sizeof there);
    send_segment(&w, &p, true, TCPSEG_SYN | TCPSEG_ACK, 0, 1, NULL);
    cr_assert_arr_eq(&misuse.who, &there, sizeof there);
}

Test(table, what_is_no_segment)
{
    tcpseg_frame frame = {.stop = TCPSEG_STOP_NOT_IP};
    tcptable_stats s;

    cr_assert_eq(tcptable_feed(w.table, w.env, &frame, NULL, NULL, 0, &w.out),
                 TCPSEG_ERR_NOT_FOUND);
    frame.stop = TCPSEG_STOP_FRAGMENT;
    cr_assert_eq(tcptable_feed(w.table, w.env, &frame, NULL, NULL, 0, &w.out),
                 TCPSEG_ERR_NOT_FOUND);
    cr_assert_eq(w.out.flags, TCPTABLE_IS_FRAGMENT);
    s = stats_of(&w);
    cr_assert_eq(s.packets, 2);
    cr_assert_eq(s.not_tcp, 1);
    cr_assert_eq(s.fragments, 1);
}

/* Destination unreachable, and the first 28 bytes of what was sent. */
static uint32_t write_error(uint8_t *to, const struct pair *p)
{
    uint8_t quoted[256];
    struct pair router = pair_of(0xff);

    router.family = p->family;
    write_frame(quoted, p, false, TCPSEG_SYN, 0, 0, NULL);
    if (p->family == 6) {
        write_frame(to, &router, false, 0, 0, 0, "");
        to[14 + 5] = 8 + 40 + 8;
        to[14 + 6] = 58;
        memset(to + 54, 0, 8);
        to[54] = 1;
        to[55] = 4;
        memcpy(to + 62, quoted + 14, 48);
        return 62 + 48;
    }
    write_frame(to, &router, false, 0, 0, 0, "");
    to[14 + 3] = 20 + 8 + 28;
    to[14 + 9] = 1;
    memset(to + 34, 0, 8);
    to[34] = 3;
    to[35] = 3;
    memcpy(to + 42, quoted + 14, 28);
    return 42 + 28;
}

static tcptable_packet feed_error(const struct pair *p)
{
    uint8_t bytes[256];
    const void *frames[1] = {bytes};
    uint32_t len = write_error(bytes, p);
    tcptable_packet io = {.now = w.now};

    cr_assert_eq(tcptable_feed_burst(w.table, w.env, TCPSEG_LINK_ETHERNET, 1,
                                     frames, &len, NULL, &io),
                 1);
    return io;
}

Test(table, an_icmp_error_finds_its_connection)
{
    for (uint8_t family = 4; family <= 6; family += 2) {
        struct pair p = pair_of(9);
        tcptable_packet io;

        p.family = family;
        io = feed_error(&p);
        cr_assert_eq(io.result, TCPSEG_ERR_NOT_FOUND);
        cr_assert_eq(io.flags, TCPTABLE_IS_ICMP);
        send_segment(&w, &p, false, TCPSEG_SYN, 0, 0, NULL);
        io = feed_error(&p);
        cr_assert_eq(io.result, TCPCONN_ACCEPTED, "family %d", family);
        cr_assert_eq(io.conn, w.out.conn);
        cr_assert_str_eq(states_of(&w, io.conn), "CLOSED/CLOSED");
    }
}

Test(table, misuse_is_refused)
{
    tcptable_config cfg;
    tcpseg_frame frame = {0};
    struct pair p = pair_of(1);
    tcptable_tuple t = tuple_of(&p, false);
    uint32_t delta[2] = {0, 0};
    tcptable *out;

    cr_assert_eq(tcptable_size(NULL), 0);
    tcptable_config_default(&cfg, sizeof cfg);
    cr_assert_neq(tcptable_size(&cfg), 0);
    cfg.connections = 0;
    cr_assert_eq(tcptable_size(&cfg), 0);
    cfg.connections = UINT32_MAX;
    cr_assert_eq(tcptable_size(&cfg), 0);
    cfg.connections = 10;
    cfg.flags = 1u << 31;
    cr_assert_eq(tcptable_size(&cfg), 0);
    cfg.flags = 0;
    cfg.parts = 1u << 31;
    cr_assert_eq(tcptable_size(&cfg), 0);
    cfg.parts = 0;
    cfg.struct_size = 4;
    cr_assert_eq(tcptable_size(&cfg), 0);
    cfg.struct_size = sizeof cfg;
    cr_assert_eq(tcptable_init(NULL, 0, &cfg, &out), TCPSEG_ERR_ARG);
    cr_assert_eq(tcptable_init(w.block, 100, &cfg, &out), TCPSEG_ERR_SIZE);
    cr_assert_eq(tcptable_init((char *)w.block + 4, w.size, &cfg, &out),
                 TCPSEG_ERR_ALIGN);
    cr_assert_eq(tcptable_attach(NULL, 0, &out), TCPSEG_ERR_ARG);
    cr_assert_eq(tcptable_feed(NULL, w.env, &frame, NULL, NULL, 0, NULL),
                 TCPSEG_ERR_ARG);
    cr_assert_eq(tcptable_feed(w.table, NULL, &frame, NULL, NULL, 0, NULL),
                 TCPSEG_ERR_ARG);
    cr_assert_eq(tcptable_feed(w.table, w.env, NULL, NULL, NULL, 0, NULL),
                 TCPSEG_ERR_ARG);
    cr_assert_eq(tcptable_find(w.table, NULL), 0);
    cr_assert_eq(tcptable_find(NULL, &t), 0);
    t.family = 5;
    cr_assert_eq(tcptable_find(w.table, &t), 0);
    cr_assert_eq(tcptable_translate(w.table, 1, &t, delta), TCPSEG_ERR_ARG);
    cr_assert_null(tcptable_conn(w.table, 0));
    cr_assert_null(tcptable_conn(w.table, UINT64_MAX));
    cr_assert_eq(tcptable_id_of(w.table, (const tcpconn *)&cfg), 0);
    cr_assert_eq(tcptable_tick(NULL, w.env, 0, 0), TCPSEG_ERR_ARG);
    cr_assert_null(tcptable_rank_name(-1));
    cr_assert_str_eq(tcptable_rank_name(TCPTABLE_OPEN), "open");
}
