/* How events reach the caller: by callbacks or by the ring, in which order, and how
 * often the same finding is told. */
#include <criterion/criterion.h>
#include <string.h>

#include <tcpseg/tcpseg.h>

enum { ROOM = 32 };

struct caller {
    uint64_t memory[512];
    tcpconn_env_storage env_memory;
    tcpconn *conn;
    tcpconn_env *env;
    tcpconn_event told[512], ring[ROOM];
    int n_told;
    uint64_t now;
};

static void on_event(void *user, tcpconn *conn, const tcpconn_event *ev,
                     const void *bytes)
{
    struct caller *c = user;

    (void)conn;
    (void)bytes;
    if (c->n_told < 512)
        c->told[c->n_told++] = *ev;
}

static void set_up(struct caller *c, uint32_t parts, uint32_t ring)
{
    tcpconn_config cfg;

    memset(c, 0, sizeof *c);
    tcpconn_config_default(&cfg, sizeof cfg);
    cfg.user = c;
    cfg.on_state = cfg.on_finding = cfg.on_revise = cfg.on_end = on_event;
    if (ring) {
        cfg.events = c->ring;
        cfg.events_size = sizeof *c->ring;
        cfg.events_capacity = ring;
    }
    cr_assert_eq(
        tcpconn_env_init(&c->env_memory, sizeof c->env_memory, &cfg, &c->env),
        0);
    cr_assert_eq(tcpconn_init(c->memory, sizeof c->memory, parts, &c->conn), 0);
    tcpconn_set_tag(c->conn, 42);
}

static tcpconn_report feed(struct caller *c, int dir, unsigned flags,
                           uint32_t seq, uint32_t ack)
{
    tcpseg seg;
    tcpconn_report report;

    memset(&seg, 0, sizeof seg);
    seg.flags = (uint16_t)flags;
    seg.seq = seq;
    seg.ack = ack;
    seg.wnd = 1000;
    seg.header_captured = 20;
    seg.data_offset = 5;
    c->now += 1000;
    tcpconn_feed(c->conn, c->env, dir, &seg, NULL, c->now, &report);
    return report;
}

static void open_it(struct caller *c)
{
    feed(c, 0, TCPSEG_SYN, 0, 0);
    feed(c, 1, TCPSEG_SYN | TCPSEG_ACK, 100, 1);
    feed(c, 0, TCPSEG_ACK, 1, 101);
}

/* The same list, whichever way it comes. */
Test(events, ring_and_callbacks_tell_the_same)
{
    static struct caller by_callback, by_ring;
    tcpconn_event ev;
    int n = 0;

    set_up(&by_callback, 0, 0);
    set_up(&by_ring, 0, ROOM);
    for (int i = 0; i < 2; i++) {
        struct caller *c = i ? &by_ring : &by_callback;

        open_it(c);
        feed(c, 0, TCPSEG_RST, 50, 0);
        feed(c, 0, TCPSEG_RST, 1, 0);
        feed(c, 0, TCPSEG_SYN, 7, 0);
        tcpconn_end(c->conn, c->env, TCPCONN_END_CAPTURE);
    }
    cr_expect_eq(by_ring.n_told, 0, "with a ring no callback runs");
    cr_expect_gt(by_callback.n_told, 8);
    while (tcpconn_next_event(by_ring.env, &ev, sizeof ev) == 1) {
        cr_assert_lt(n, by_callback.n_told);
        cr_expect(!memcmp(&ev, &by_callback.told[n], sizeof ev), "event %d", n);
        cr_expect_eq(ev.tag, 42);
        n++;
    }
    cr_expect_eq(n, by_callback.n_told);
    cr_expect_eq(tcpconn_next_event(by_ring.env, &ev, sizeof ev), 0);
}

/* A full ring keeps the first events and says once that later ones are missing. */
Test(events, a_full_ring_says_so)
{
    static struct caller c;
    tcpconn_event ev;

    set_up(&c, 0, 3);
    open_it(&c); /* five changes of state */
    for (int i = 0; i < 3; i++)
        cr_expect_eq(tcpconn_next_event(c.env, &ev, sizeof ev), 1);
    cr_expect_eq(tcpconn_next_event(c.env, &ev, sizeof ev), TCPSEG_ERR_FULL);
    cr_expect_eq(tcpconn_next_event(c.env, &ev, sizeof ev), 0);
    feed(&c, 0, TCPSEG_RST, 1, 0);
    cr_expect_eq(tcpconn_next_event(c.env, &ev, sizeof ev), 1);
    cr_expect_eq(ev.type, TCPCONN_EV_STATE);
    cr_expect_eq(ev.new_state, TCPCONN_CLOSED);
}

/* It goes round, and the caller's event may be smaller or larger than ours. */
Test(events, a_ring_goes_round)
{
    static struct caller c;
    struct {
        tcpconn_event ev;
        uint64_t later;
    } large;
    unsigned char small[8];

    set_up(&c, 0, 4);
    for (int i = 0; i < 10; i++) {
        feed(&c, 0, TCPSEG_SYN, 5u * (unsigned)i, 0);
        feed(&c, 1, TCPSEG_RST | TCPSEG_ACK, 0, 5u * (unsigned)i + 1);
        memset(&large, 0xff, sizeof large);
        cr_expect_eq(tcpconn_next_event(c.env, &large.ev, sizeof large), 1);
        cr_expect_eq(large.later, 0);
        cr_expect_eq(tcpconn_next_event(c.env, (tcpconn_event *)(void *)small,
                                        sizeof small),
                     1);
        while (tcpconn_next_event(c.env, &large.ev, sizeof large) != 0)
            ;
    }
}

Test(events, a_ring_that_is_none)
{
    static struct caller c;
    tcpconn_event ev;
    tcpconn_config cfg;

    set_up(&c, 0, 0);
    cr_expect_eq(tcpconn_next_event(c.env, &ev, sizeof ev), TCPSEG_ERR_ARG);
    cr_expect_eq(tcpconn_next_event(NULL, &ev, sizeof ev), TCPSEG_ERR_ARG);
    cr_expect_eq(tcpconn_next_event(c.env, NULL, sizeof ev), TCPSEG_ERR_ARG);
    tcpconn_config_default(&cfg, sizeof cfg);
    cfg.events = c.ring;
    cfg.events_size = sizeof *c.ring - 8;
    cfg.events_capacity = 4;
    cr_expect_eq(
        tcpconn_env_init(&c.env_memory, sizeof c.env_memory, &cfg, &c.env),
        TCPSEG_ERR_ARG);
    cfg.events_size = sizeof *c.ring;
    cfg.events_capacity = 0;
    cr_expect_eq(
        tcpconn_env_init(&c.env_memory, sizeof c.env_memory, &cfg, &c.env),
        TCPSEG_ERR_ARG);
}

static int findings_told(const struct caller *c, unsigned check)
{
    int n = 0;

    for (int i = 0; i < c->n_told; i++)
        n += c->told[i].type == TCPCONN_EV_FINDING &&
             c->told[i].checks == UINT64_C(1) << check;
    return n;
}

/* Counted, the 1st, 10th, 100th is told; not counted, each. */
Test(events, findings_have_rate_classes)
{
    static struct caller counted, plain;

    set_up(&counted, TCPCONN_WITH_STATS, 0);
    set_up(&plain, 0, 0);
    for (int i = 0; i < 2; i++) {
        struct caller *c = i ? &plain : &counted;

        open_it(c);
        for (unsigned k = 0; k < 120; k++)
            feed(c, 0, TCPSEG_RST, 50 + k, 0);
    }
    cr_expect_eq(findings_told(&counted, TCPCONN_CHECK_RST_INEXACT), 3);
    cr_expect_eq(findings_told(&plain, TCPCONN_CHECK_RST_INEXACT), 120);
}

/* Findings name one check each; notes are none. */
Test(events, a_note_is_no_finding)
{
    static struct caller c;
    tcpconn_report r;

    set_up(&c, 0, 0);
    open_it(&c);
    c.n_told = 0;
    r = feed(&c, 0, TCPSEG_ACK, 0, 101); /* a keep-alive */
    cr_expect_eq(r.severity, TCPCONN_NOTE);
    cr_expect_eq(r.events, 0);
    cr_expect_eq(c.n_told, 0);
    r = feed(&c, 0, TCPSEG_FIN, 1, 0);
    cr_expect_eq(r.events, 1);
    cr_assert_eq(c.n_told, 1);
    cr_expect_eq(c.told[0].type, TCPCONN_EV_FINDING);
    cr_expect_eq(c.told[0].checks, UINT64_C(1) << TCPCONN_CHECK_NO_ACK);
    cr_expect_eq(c.told[0].verdict, TCPCONN_REJECTED);
}

/* An end in the middle of a call comes first, and with the old numbers. */
Test(events, the_old_end_comes_before_the_new_beginning)
{
    static struct caller c;

    set_up(&c, 0, 0);
    open_it(&c);
    feed(&c, 0, TCPSEG_RST, 1, 0);
    c.n_told = 0;
    cr_expect_eq(feed(&c, 0, TCPSEG_SYN, 9000, 0).events, 3);
    cr_assert_eq(c.n_told, 3);
    cr_expect_eq(c.told[0].type, TCPCONN_EV_END);
    cr_expect_eq(c.told[0].why, TCPCONN_END_REUSED);
    cr_expect_eq(c.told[1].new_state, TCPCONN_SYN_SENT);
    cr_expect_eq(c.told[2].new_state, TCPCONN_LISTEN);
    cr_expect_eq(tcpconn_tag(c.conn), 42, "the caller's word stays");
}
