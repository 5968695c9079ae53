/* The connection's calls: what they refuse, and what a callback may do. */
#include <criterion/criterion.h>
#include <string.h>

#include <tcpseg/conn.h>

static const tcpseg syn = {
    .flags = TCPSEG_SYN, .data_offset = 5, .header_captured = 20};

struct fixture {
    tcpconn_storage conn_mem;
    tcpconn_env_storage env_mem;
    tcpconn *conn;
    tcpconn_env *env;
    int calls, feed, tick, end, state, why;
    tcpconn_event last;
};

static void inside(void *user, tcpconn *conn, const tcpconn_event *ev,
                   const void *bytes)
{
    struct fixture *f = user;

    f->calls++;
    f->last = *ev;
    f->feed = tcpconn_feed(conn, f->env, 0, &syn, NULL, 0, NULL);
    f->tick = tcpconn_tick(conn, f->env, 0);
    f->end = tcpconn_end(conn, f->env, TCPCONN_END_CAPTURE);
    f->state = tcpconn_state(conn, 0);
    cr_expect_null(bytes);
}

static void set_up(struct fixture *f)
{
    tcpconn_config cfg;

    memset(f, 0, sizeof *f);
    tcpconn_config_default(&cfg, sizeof cfg);
    cfg.user = f;
    cfg.on_state = cfg.on_end = inside;
    cr_assert_eq(
        tcpconn_env_init(&f->env_mem, sizeof f->env_mem, &cfg, &f->env), 0);
    cr_assert_eq(tcpconn_init(&f->conn_mem, sizeof f->conn_mem, 0, &f->conn),
                 0);
}

Test(api, misuse_is_refused)
{
    struct fixture f;
    tcpconn_report report;

    set_up(&f);
    cr_expect_eq(tcpconn_feed(NULL, f.env, 0, &syn, NULL, 0, NULL),
                 TCPSEG_ERR_ARG);
    cr_expect_eq(tcpconn_feed(f.conn, NULL, 0, &syn, NULL, 0, NULL),
                 TCPSEG_ERR_ARG);
    cr_expect_eq(tcpconn_feed(f.conn, f.env, 0, NULL, NULL, 0, &report),
                 TCPSEG_ERR_ARG);
    cr_expect_eq(tcpconn_feed(f.conn, f.env, 2, &syn, NULL, 0, NULL),
                 TCPSEG_ERR_ARG);
    cr_expect_eq(tcpconn_feed(f.conn, f.env, -1, &syn, NULL, 0, NULL),
                 TCPSEG_ERR_ARG);
    cr_expect_eq(tcpconn_tick(NULL, f.env, 0), TCPSEG_ERR_ARG);
    cr_expect_eq(tcpconn_end(f.conn, f.env, 0), TCPSEG_ERR_ARG);
    cr_expect_eq(tcpconn_end(f.conn, f.env, TCPCONN_END_CLOSED),
                 TCPSEG_ERR_ARG);
    cr_expect_eq(tcpconn_state(f.conn, 2), TCPSEG_ERR_ARG);
    cr_expect_eq(tcpconn_state(NULL, 0), TCPSEG_ERR_ARG);
    cr_expect_eq(tcpconn_deadline(NULL, f.env), UINT64_MAX);
    cr_expect_eq(tcpconn_tag(NULL), 0);
    tcpconn_set_tag(NULL, 1);
    cr_expect_eq(f.calls, 0);
}

Test(api, foreign_memory_is_refused)
{
    struct fixture f;
    tcpconn_storage zero;
    tcpconn_env_storage zero_env;

    set_up(&f);
    memset(&zero, 0, sizeof zero);
    memset(&zero_env, 0, sizeof zero_env);
    cr_expect_eq(tcpconn_feed((tcpconn *)&zero, f.env, 0, &syn, NULL, 0, NULL),
                 TCPSEG_ERR_STATE);
    cr_expect_eq(
        tcpconn_feed(f.conn, (tcpconn_env *)&zero_env, 0, &syn, NULL, 0, NULL),
        TCPSEG_ERR_STATE);
    cr_expect_eq(tcpconn_state((tcpconn *)&zero, 0), TCPSEG_ERR_STATE);
    cr_expect_eq(tcpconn_deadline((tcpconn *)&zero, f.env), UINT64_MAX);
    tcpconn_set_tag((tcpconn *)&zero, 7);
    cr_expect_eq(tcpconn_tag((tcpconn *)&zero), 0);
}

Test(api, memory_must_be_enough_and_aligned)
{
    union {
        tcpconn_env_storage env;
        tcpconn_storage conn;
        unsigned char bytes[2 * TCPCONN_ENV_SIZE];
    } mem;
    tcpconn_env *env = NULL;
    tcpconn *conn = NULL;

    cr_expect_eq(tcpconn_init(&mem, tcpconn_size(0) - 1, 0, &conn),
                 TCPSEG_ERR_SIZE);
    cr_expect_eq(tcpconn_init(mem.bytes + 1, sizeof mem - 1, 0, &conn),
                 TCPSEG_ERR_ALIGN);
    cr_expect_eq(tcpconn_init(&mem, sizeof mem, 1u << 31, &conn),
                 TCPSEG_ERR_ARG);
    cr_expect_eq(tcpconn_init(NULL, sizeof mem, 0, &conn), TCPSEG_ERR_ARG);
    cr_expect_eq(tcpconn_init(&mem, sizeof mem, 0, NULL), TCPSEG_ERR_ARG);
    cr_expect_eq(tcpconn_env_init(&mem, tcpconn_env_size() - 1, NULL, &env),
                 TCPSEG_ERR_SIZE);
    cr_expect_eq(
        tcpconn_env_init(mem.bytes + 4 + 1, sizeof mem - 8, NULL, &env),
        TCPSEG_ERR_ALIGN);
    cr_expect_eq(tcpconn_env_init(NULL, sizeof mem, NULL, &env),
                 TCPSEG_ERR_ARG);
    cr_expect_eq(tcpconn_env_init(&mem, sizeof mem, NULL, NULL),
                 TCPSEG_ERR_ARG);
    cr_expect_null(env);
    cr_expect_null(conn);
    cr_expect_eq(tcpconn_init(&mem, tcpconn_size(0), 0, &conn), 0);
    cr_expect_eq(tcpconn_size(1u << 31), 0);
    cr_expect_gt(tcpconn_size(TCPCONN_WITH_STATS), tcpconn_size(0));
    cr_expect_eq(tcpconn_size(TCPCONN_WITH_STATS) % 8, 0);
    cr_expect_leq(tcpconn_size(0), TCPCONN_STORAGE_SIZE);
    cr_expect_leq(tcpconn_env_size(), TCPCONN_ENV_SIZE);
}

Test(api, a_callback_may_look_but_not_feed)
{
    struct fixture f;

    set_up(&f);
    tcpconn_set_tag(f.conn, 42);
    cr_expect_eq(tcpconn_feed(f.conn, f.env, 0, &syn, NULL, 5, NULL),
                 TCPCONN_ACCEPTED);
    cr_expect_eq(f.calls, 2);
    cr_expect_eq(f.feed, TCPSEG_ERR_REENTRY);
    cr_expect_eq(f.tick, TCPSEG_ERR_REENTRY);
    cr_expect_eq(f.end, TCPSEG_ERR_REENTRY);
    cr_expect_eq(f.state, TCPCONN_SYN_SENT);
    cr_expect_eq(f.last.tag, 42);
    cr_expect_eq(f.last.now, 5);
    cr_expect_eq(f.last.type, TCPCONN_EV_STATE);
    cr_expect_eq(f.last.endpoint, 1);
    cr_expect_eq(tcpconn_tag(f.conn), 42);
    cr_expect_eq(tcpconn_tick(f.conn, f.env, 6), 0, "busy no longer");
}

Test(api, end_comes_once)
{
    struct fixture f;

    set_up(&f);
    cr_expect_eq(tcpconn_end(f.conn, f.env, TCPCONN_END_EVICTED),
                 TCPCONN_END_EVICTED);
    cr_expect_eq(f.last.type, TCPCONN_EV_END);
    cr_expect_eq(f.last.why, TCPCONN_END_EVICTED);
    cr_expect_eq(f.end, TCPSEG_ERR_REENTRY);
    cr_expect_eq(tcpconn_end(f.conn, f.env, TCPCONN_END_EVICTED),
                 TCPSEG_ERR_STATE);
    cr_expect_eq(tcpconn_feed(f.conn, f.env, 0, &syn, NULL, 0, NULL),
                 TCPSEG_ERR_STATE);
    cr_expect_eq(tcpconn_state(f.conn, 0), TCPCONN_CLOSED);
}

static int feed(struct fixture *f, int dir, unsigned flags, uint32_t seq,
                uint32_t ack)
{
    tcpseg seg = syn;

    seg.flags = (uint16_t)flags;
    seg.seq = seq;
    seg.ack = ack;
    return tcpconn_feed(f->conn, f->env, dir, &seg, NULL, 0, NULL);
}

static void set_up_closed(struct fixture *f)
{
    set_up(f);
    feed(f, 0, TCPSEG_SYN, 0, 0);
    feed(f, 1, TCPSEG_SYN | TCPSEG_ACK, 0, 1);
    feed(f, 0, TCPSEG_ACK, 1, 1);
    feed(f, 0, TCPSEG_FIN | TCPSEG_ACK, 1, 1);
    feed(f, 1, TCPSEG_FIN | TCPSEG_ACK, 1, 2);
    feed(f, 0, TCPSEG_ACK, 2, 2);
}

Test(api, the_end_tells_how_the_connection_itself_had_ended)
{
    struct fixture f;

    set_up_closed(&f);
    cr_expect_eq(tcpconn_end(f.conn, f.env, TCPCONN_END_CAPTURE),
                 TCPCONN_END_CLOSED);
    set_up_closed(&f);
    cr_expect_eq(tcpconn_end(f.conn, f.env, TCPCONN_END_REUSED),
                 TCPCONN_END_REUSED);
    set_up_closed(&f);
    feed(&f, 0, TCPSEG_RST, 2, 0);
    cr_expect_eq(tcpconn_end(f.conn, f.env, TCPCONN_END_TIMED_OUT),
                 TCPCONN_END_CLOSED);
    set_up(&f);
    feed(&f, 0, TCPSEG_SYN, 0, 0);
    feed(&f, 1, TCPSEG_RST | TCPSEG_ACK, 0, 1);
    cr_expect_eq(tcpconn_end(f.conn, f.env, TCPCONN_END_CAPTURE),
                 TCPCONN_END_RESET);
    set_up(&f);
    cr_expect_eq(tcpconn_end(f.conn, f.env, TCPCONN_END_TIMED_OUT),
                 TCPCONN_END_TIMED_OUT);
}

Test(api, deadline_is_two_msl_after_time_wait)
{
    struct fixture f;
    tcpconn_config cfg;

    set_up_closed(&f);
    cr_expect_eq(tcpconn_deadline(f.conn, f.env), UINT64_C(60000000000));
    cr_expect_eq(tcpconn_tick(f.conn, f.env, UINT64_C(60000000000) - 1), 0);
    cr_expect_eq(tcpconn_tick(f.conn, f.env, UINT64_C(60000000000)), 1);
    /* then stragglers are waited for, which ends without an event */
    cr_expect_eq(tcpconn_deadline(f.conn, f.env), UINT64_C(240000000000));
    cr_expect_eq(tcpconn_tick(f.conn, f.env, UINT64_C(240000000000)), 0);
    cr_expect_eq(tcpconn_deadline(f.conn, f.env), UINT64_MAX);

    tcpconn_config_default(&cfg, sizeof cfg);
    cfg.msl = UINT64_MAX - 1;
    for (int i = 0; i < TCPCONN_N_TIMEOUTS; i++)
        cfg.timeout[i] = UINT64_MAX;
    cr_assert_eq(tcpconn_env_init(&f.env_mem, sizeof f.env_mem, &cfg, &f.env),
                 0);
    set_up_closed(&f);
    cr_assert_eq(tcpconn_env_init(&f.env_mem, sizeof f.env_mem, &cfg, &f.env),
                 0);
    cr_expect_eq(tcpconn_deadline(f.conn, f.env), UINT64_MAX);
    cr_expect_eq(tcpconn_tick(f.conn, f.env, UINT64_MAX - 1), 0);
}

Test(api, a_connection_may_be_moved)
{
    struct fixture f;
    tcpconn_storage elsewhere;

    set_up(&f);
    feed(&f, 0, TCPSEG_SYN, 0, 0);
    memcpy(&elsewhere, &f.conn_mem, sizeof elsewhere);
    memset(&f.conn_mem, 0xee, sizeof f.conn_mem);
    f.conn = (tcpconn *)&elsewhere;
    cr_expect_eq(feed(&f, 1, TCPSEG_SYN | TCPSEG_ACK, 9, 1), TCPCONN_ACCEPTED);
    cr_expect_eq(tcpconn_state(f.conn, 1), TCPCONN_SYN_RECEIVED);
}

/* A policy from a later header: larger, with members this library does not
 * know. */
Test(config, unknown_members_must_be_zero)
{
    struct {
        tcpconn_config cfg;
        uint64_t later;
    } large;
    tcpconn_env_storage mem;
    tcpconn_env *env;

    tcpconn_config_default(&large.cfg, sizeof large);
    cr_expect_eq(large.cfg.struct_size, sizeof large);
    cr_expect_eq(large.later, 0);
    cr_expect_eq(tcpconn_env_init(&mem, sizeof mem, &large.cfg, &env), 0);
    large.later = 1;
    cr_expect_eq(tcpconn_env_init(&mem, sizeof mem, &large.cfg, &env),
                 TCPSEG_ERR_ARG);
}

/* A policy from an earlier header: what it does not have is the default. */
Test(config, a_shorter_policy_is_completed)
{
    tcpconn_config cfg;
    tcpconn_env_storage mem;
    tcpconn_env *env;

    memset(&cfg, 0xff, sizeof cfg);
    tcpconn_config_default(&cfg, offsetof(tcpconn_config, timeout));
    cr_expect_eq(cfg.timeout[0], UINT64_MAX, "not written beyond its size");
    cr_expect_eq(tcpconn_env_init(&mem, sizeof mem, &cfg, &env), 0);
    cfg.struct_size = 4;
    cr_expect_eq(tcpconn_env_init(&mem, sizeof mem, &cfg, &env),
                 TCPSEG_ERR_ARG);
    tcpconn_config_default(NULL, sizeof cfg);
    tcpconn_config_default(&cfg, 3);
    cr_expect_eq(cfg.struct_size, 4);
}

Test(config, what_this_version_does_not_do_is_refused)
{
    static const size_t members[] = {
        offsetof(tcpconn_config, timeout) + 8 * TCPCONN_N_TIMEOUTS,
        offsetof(tcpconn_config, events),
        offsetof(tcpconn_config, events_size),
        offsetof(tcpconn_config, events_capacity),
    };
    tcpconn_config cfg;
    tcpconn_env_storage mem;
    tcpconn_env *env;

    for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
        tcpconn_config_default(&cfg, sizeof cfg);
        ((unsigned char *)&cfg)[members[i]] = 1;
        cr_expect_eq(tcpconn_env_init(&mem, sizeof mem, &cfg, &env),
                     TCPSEG_ERR_ARG, "member at %zu", members[i]);
    }
    tcpconn_config_default(&cfg, sizeof cfg);
    cfg.vantage = 2;
    cr_expect_eq(tcpconn_env_init(&mem, sizeof mem, &cfg, &env),
                 TCPSEG_ERR_ARG);
    tcpconn_config_default(&cfg, sizeof cfg);
    cfg.profile[1] = 2;
    cr_expect_eq(tcpconn_env_init(&mem, sizeof mem, &cfg, &env),
                 TCPSEG_ERR_ARG);
    tcpconn_config_default(&cfg, sizeof cfg);
    cfg.midstream = 2;
    cr_expect_eq(tcpconn_env_init(&mem, sizeof mem, &cfg, &env),
                 TCPSEG_ERR_ARG);
}

Test(config, midstream_can_be_refused)
{
    struct fixture f;
    tcpconn_config cfg;

    set_up(&f);
    tcpconn_config_default(&cfg, sizeof cfg);
    cfg.midstream = 1;
    cr_assert_eq(tcpconn_env_init(&f.env_mem, sizeof f.env_mem, &cfg, &f.env),
                 0);
    cr_expect_eq(feed(&f, 0, TCPSEG_ACK, 5, 5), TCPCONN_REJECTED);
    cr_expect_eq(feed(&f, 0, TCPSEG_SYN | TCPSEG_ACK, 5, 5), TCPCONN_REJECTED);
    cr_expect_eq(tcpconn_state(f.conn, 0), TCPCONN_CLOSED);
    cr_expect_eq(feed(&f, 0, TCPSEG_SYN, 5, 0), TCPCONN_ACCEPTED);
    cr_expect_eq(tcpconn_state(f.conn, 0), TCPCONN_SYN_SENT);
}

Test(report, tells_numbers_text_and_window)
{
    struct fixture f;
    tcpconn_report r;
    tcpseg seg = syn;

    set_up(&f);
    seg.present = TCPSEG_HAS_WSCALE;
    seg.wscale = 7;
    seg.seq = 100;
    seg.wnd = 1000;
    tcpconn_feed(f.conn, f.env, 0, &seg, NULL, 0, &r);
    cr_expect_eq(r.rel_seq, 0);
    cr_expect_eq(r.wnd_scaled, 1000, "never scaled in a SYN");
    cr_expect_eq(r.events, 2);
    cr_expect_eq(r.state[0], TCPCONN_SYN_SENT);
    cr_expect_eq(r.sure[0], 1);
    cr_expect_eq(r.sure[1], 0);
    seg.flags |= TCPSEG_ACK;
    seg.seq = 500;
    seg.ack = 101;
    seg.wscale = 20;
    tcpconn_feed(f.conn, f.env, 1, &seg, NULL, 0, &r);
    cr_expect_eq(r.rel_ack, 1);
    seg.flags = TCPSEG_ACK;
    seg.seq = 101;
    seg.ack = 501;
    seg.payload_len = 40;
    tcpconn_feed(f.conn, f.env, 0, &seg, NULL, 0, &r);
    cr_expect_eq(r.rel_seq, 1);
    cr_expect_eq(r.rel_ack, 1);
    cr_expect_eq(r.wnd_scaled, 1000 << 7);
    cr_expect_eq(r.offset, 0);
    cr_expect_eq(r.new_len, 40);
    cr_expect_eq(r.top_check, 255);
    seg.seq = 121;
    tcpconn_feed(f.conn, f.env, 0, &seg, NULL, 0, &r);
    cr_expect_eq(r.verdict, TCPCONN_TRIMMED);
    cr_expect_eq(r.offset, 40);
    cr_expect_eq(r.new_len, 20);
    cr_expect_eq(r.top_check, TCPCONN_CHECK_OLD_SEQUENCE);
    cr_expect_eq(r.severity, TCPCONN_NOTE);
    seg.seq = 501;
    seg.ack = 161;
    tcpconn_feed(f.conn, f.env, 1, &seg, NULL, 0, &r);
    cr_expect_eq(r.wnd_scaled, 1000 << 14, "a shift above 14 counts as 14");
}

/* RFC 7323 section 2.2: the option is in a SYN,ACK only if it was in the SYN. */
Test(report, a_scaled_syn_ack_proves_a_scaled_syn)
{
    struct fixture f;
    tcpconn_report r;
    tcpseg seg = syn;

    set_up(&f);
    seg.flags = TCPSEG_SYN | TCPSEG_ACK;
    seg.present = TCPSEG_HAS_WSCALE;
    seg.wscale = 7;
    seg.wnd = 1000;
    tcpconn_feed(f.conn, f.env, 0, &seg, NULL, 0, &r);
    seg.flags = TCPSEG_ACK;
    seg.seq = 1;
    tcpconn_feed(f.conn, f.env, 0, &seg, NULL, 0, &r);
    cr_expect_eq(r.wnd_scaled, 1000 << 7);
    seg.seq = 0;
    tcpconn_feed(f.conn, f.env, 1, &seg, NULL, 0, &r);
    cr_expect_eq(r.wnd_scaled, 1000, "its shift was not seen");
}

Test(verdict, what_is_no_segment_changes_nothing)
{
    struct fixture f;
    tcpconn_report r;
    tcpseg seg = syn;

    set_up(&f);
    seg.error = TCPSEG_ERR_OFFSET;
    cr_expect_eq(tcpconn_feed(f.conn, f.env, 0, &seg, NULL, 0, &r),
                 TCPCONN_MALFORMED);
    cr_expect_eq(r.top_check, TCPCONN_CHECK_BAD_OFFSET);
    cr_expect_eq(r.advice, TCPCONN_DROP);
    seg.error = 0;
    seg.header_captured = 15;
    cr_expect_eq(tcpconn_feed(f.conn, f.env, 0, &seg, NULL, 0, &r),
                 TCPCONN_MALFORMED);
    cr_expect_eq(r.top_check, TCPCONN_CHECK_TRUNCATED);
    seg.header_captured = 16;
    seg.checksum_status = TCPSEG_CHECKSUM_BAD;
    cr_expect_eq(tcpconn_feed(f.conn, f.env, 0, &seg, NULL, 0, &r),
                 TCPCONN_REJECTED);
    cr_expect_eq(r.top_check, TCPCONN_CHECK_BAD_CHECKSUM);
    cr_expect_eq(f.calls, 0);
    seg.checksum_status = TCPSEG_CHECKSUM_OFFLOAD;
    cr_expect_eq(tcpconn_feed(f.conn, f.env, 0, &seg, NULL, 0, &r),
                 TCPCONN_ACCEPTED);
}
