/* One connection of fuzz_conn, and all that has to hold of its answers and of what its
 * callbacks are told. */
#ifndef FUZZ_CONN_RUN_H
#define FUZZ_CONN_RUN_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "conn_int.h"
#include "judge_int.h"
#include "seq.h"
#include "tcpseg/tcpseg.h"

/* One connection, and what its events told. */
struct run {
    tcpconn *conn; /* NULL: there is none */
    tcpconn_env_storage env_mem;
    tcpconn_env *env;
    int mirrored;   /* A is endpoint 1 */
    int counts_ids; /* every provisional verdict of it was seen */
    uint8_t state[2];
    /* of the call at hand */
    int by_segment; /* a segment is fed */
    unsigned n_events, n_by_time;
    uint64_t in_order, together; /* digests of its events */
    int ended;
    /* provisional verdicts given and not settled, a bit for each id,
     * by the sender: the ids of two endpoints' SYNs may be the same */
    uint8_t given[2][0x20000 / 8];
    /* With a pool: its streams are watched, and how far each is told. */
    tcpconn_pool *pool;
    uint64_t told[2];
};

static tcpconn_env_storage quiet_mem;
static tcpconn_env *quiet;
static uint32_t parts;
static uint64_t now, then; /* of this call, of the one before */

/* ---- what is told ---- */

/* Along the arrows of the two tables. */
static int follows(uint8_t from, uint8_t to)
{
    const struct endpoint e = {.state = from};
    uint8_t next;

    for (unsigned i = 0; i < N_EVENTS; i++)
        if (tcpsegp_fsm_event(&e, i, &next) && next == to)
            return 1;
    for (unsigned i = 0; i < N_OUTSIDE; i++)
        if (tcpsegp_fsm_outside(&e, i, &next) && next == to)
            return 1;
    return 0;
}

static uint64_t digest(const void *bytes, size_t size)
{
    const uint8_t *p = bytes;
    uint64_t hash = UINT64_C(0xcbf29ce484222325);

    while (size--)
        hash = (hash ^ *p++) * UINT64_C(0x100000001b3);
    return hash;
}

static void check_revision(struct run *r, const tcpconn_event *ev)
{
    CHECK(ev->verdict <= TCPCONN_REJECTED && ev->id > 0 && ev->id < 0x20000);
    CHECK(!r->counts_ids || r->given[ev->dir][ev->id / 8] >> ev->id % 8 & 1);
    /* A SYN's id is made of its number: one in 65536 has another's as well. */
    if (ev->id < 0x10000)
        r->given[ev->dir][ev->id / 8] &= (uint8_t) ~(1u << ev->id % 8);
}

static void check_end(struct run *r, const tcpconn_event *ev)
{
    CHECK(ev->why >= TCPCONN_END_CLOSED && ev->why <= TCPCONN_END_CAPTURE);
    CHECK(ev->old_state == r->state[0] && ev->new_state == r->state[1]);
    r->state[0] = r->state[1] = TCPCONN_CLOSED;
    r->told[0] = r->told[1] = 0;
    r->ended = 1;
}

/* An event as the base would be told it. What time does has no direction, and does
 * to both endpoints what it does at once. */
static tcpconn_event as_base(const struct run *r, tcpconn_event ev)
{
    uint8_t state = ev.old_state;

    if (r->n_events < r->n_by_time ||
        (!r->by_segment && ev.type != TCPCONN_EV_FINDING))
        ev.dir = 0;
    else
        ev.dir ^= (uint8_t)r->mirrored;
    if (ev.type == TCPCONN_EV_STATE) {
        ev.endpoint ^= (uint8_t)r->mirrored;
    } else if (ev.type == TCPCONN_EV_END && r->mirrored) {
        ev.old_state = ev.new_state;
        ev.new_state = state;
    }
    return ev;
}

static void on_event(void *user, tcpconn *conn, const tcpconn_event *ev,
                     const void *bytes)
{
    struct run *r = user;
    tcpconn_event seen = as_base(r, *ev);

    CHECK(conn == r->conn && !bytes && ev->dir < 2 && ev->tag == 77);
    CHECK(tcpconn_tick(conn, r->env, now) == TCPSEG_ERR_REENTRY);
    if (ev->type == TCPCONN_EV_STATE) {
        CHECK(ev->endpoint < 2 && ev->sure < 2);
        CHECK(ev->old_state == r->state[ev->endpoint]);
        CHECK(follows(ev->old_state, ev->new_state));
        r->state[ev->endpoint] = ev->new_state;
    } else if (ev->type == TCPCONN_EV_END) {
        check_end(r, ev);
    } else if (ev->type == TCPCONN_EV_REVISE) {
        check_revision(r, ev);
    } else {
        CHECK(ev->type == TCPCONN_EV_FINDING);
        CHECK(ev->checks && !(ev->checks & (ev->checks - 1)));
    }
    r->n_events++;
    r->together += digest(&seen, sizeof seen);
    r->in_order = r->in_order * 31 + digest(ev, sizeof *ev);
}

/* What is told of a stream leaves no hole and comes once. */
static void on_stream(void *user, tcpconn *conn, const tcpconn_event *ev,
                      const void *bytes)
{
    struct run *r = user;
    const uint8_t *got = bytes;
    unsigned sum = 0;

    CHECK(conn == r->conn && ev->dir < 2 && ev->tag == 77);
    CHECK(!got == (ev->type != TCPCONN_EV_DATA));
    for (uint32_t i = 0; got && i < ev->len; i++)
        sum += got[i]; /* all of it can be read */
    CHECK(sum <= ev->len * 255u);
    if (ev->type == TCPCONN_EV_GAP && ev->why == TCPCONN_GAP_MOVED)
        r->told[ev->dir] = 0;
    if (ev->type > TCPCONN_EV_GAP)
        return;
    CHECK(ev->offset == r->told[ev->dir]);
    r->told[ev->dir] += ev->len;
}

static void count_event(void *user, tcpconn *conn, const tcpconn_event *ev,
                        const void *bytes)
{
    (void)conn, (void)ev, (void)bytes;
    ++*(unsigned *)user;
}

/* ---- memory ---- */

static size_t conn_size(const struct run *r)
{
    return tcpconn_size(parts_of(r->conn));
}

/* Exactly as large as need be, so that a sanitizer sees the end. */
static void *allocate(size_t size)
{
    void *block = malloc(size);

    if (!block)
        abort();
    return block;
}

static void let_go(struct run *r)
{
    free(r->conn);
    r->conn = NULL;
}

static void move(struct run *r)
{
    size_t size = conn_size(r);
    tcpconn *to = allocate(size);

    memcpy(to, r->conn, size);
    let_go(r);
    r->conn = to;
}

static void begin(struct run *r)
{
    size_t size = tcpconn_size(parts);
    void *mem = allocate(size);

    CHECK(tcpconn_init(mem, size - 1, parts, &r->conn) == TCPSEG_ERR_SIZE);
    CHECK(tcpconn_init(mem, size, parts, &r->conn) == TCPSEG_OK);
    tcpconn_set_tag(r->conn, 77);
    r->state[0] = r->state[1] = TCPCONN_CLOSED;
    memset(r->given, 0, sizeof r->given);
}

static void set_up(struct run *r, tcpconn_config cfg, int mirrored)
{
    uint8_t profile = cfg.profile[0];

    memset(r, 0, sizeof *r);
    r->mirrored = mirrored;
    r->counts_ids = 1;
    cfg.profile[0] = cfg.profile[mirrored];
    cfg.profile[mirrored] = profile;
    cfg.user = r;
    cfg.on_state = cfg.on_finding = cfg.on_revise = cfg.on_end = on_event;
    CHECK(!tcpconn_env_init(&r->env_mem, sizeof r->env_mem, &cfg, &r->env));
}

/* Nothing is left in the pool when nobody is followed. */
static void check_pool(const struct run *r)
{
    tcpconn_pool_stats stats;

    CHECK(tcpconn_pool_get_stats(r->pool, &stats, sizeof stats) > 0);
    CHECK(!stats.used);
}

/* The same policy, and streams of which only so much is kept. */
static void watch_streams(struct run *r, uint8_t how)
{
    static uint64_t mem[2200];
    tcpconn_config cfg = r->env->cfg;

    CHECK(!tcpconn_pool_init(mem, sizeof mem, 1024, &r->pool));
    cfg.struct_size = sizeof cfg;
    cfg.pool = r->pool;
    cfg.on_data = cfg.on_gap = cfg.on_overlap = on_stream;
    cfg.overlap[0] = how % TCPCONN_N_OVERLAPS;
    cfg.overlap[1] = (how >> 1) % TCPCONN_N_OVERLAPS;
    cfg.delivery = how >> 4 & 1;
    cfg.urgent = how >> 5 & 1;
    cfg.islands = how >> 6;
    CHECK(!tcpconn_env_init(&r->env_mem, sizeof r->env_mem, &cfg, &r->env));
}

static void start_call(struct run *r, int by_segment)
{
    static unsigned n;
    struct run copy = {0};
    tcpconn_config cfg;

    r->by_segment = by_segment;
    r->n_events = 0;
    r->in_order = r->together = 0;
    r->ended = 0;
    /* How much time alone does. */
    n = 0;
    cfg = r->env->cfg;
    cfg.struct_size = sizeof cfg;
    cfg.user = &n;
    cfg.on_state = count_event;
    cfg.on_finding = cfg.on_revise = cfg.on_end = NULL;
    cfg.on_data = cfg.on_gap = cfg.on_overlap = NULL;
    CHECK(!tcpconn_env_init(&quiet_mem, sizeof quiet_mem, &cfg, &quiet));
    copy.conn = memcpy(allocate(conn_size(r)), r->conn, conn_size(r));
    CHECK(tcpconn_tick(copy.conn, quiet, now) >= 0);
    let_go(&copy);
    r->n_by_time = n;
    if (now <= then)
        CHECK(!n || now == then);
}

/* ---- a segment ---- */

static void check_report(struct run *r, int dir, int answer,
                         const tcpconn_report *got)
{
    CHECK(answer == got->verdict && answer >= 0 && answer <= TCPCONN_MALFORMED);
    CHECK(got->severity <= TCPCONN_HOSTILE && got->advice <= TCPCONN_DROP);
    CHECK(!got->checks == (got->top_check == 255));
    CHECK(!got->checks || got->checks >> got->top_check & 1);
    /* Of a finding that is counted, not each is told. */
    CHECK(parts & TCPCONN_WITH_STATS
              ? got->events + r->n_by_time >= r->n_events
              : got->events + r->n_by_time == r->n_events);
    CHECK(!got->id == !got->provisional && got->id < 0x20000);
    CHECK(got->advice == TCPCONN_PASS || answer >= TCPCONN_REJECTED);
    for (int i = 0; i < 2; i++) {
        CHECK(got->state[i] == r->state[i]);
        CHECK(tcpconn_state(r->conn, i) == r->state[i]);
    }
    if (r->ended) /* what it settled of the old connection was told behind its end */
        memset(r->given, 0, sizeof r->given);
    if (got->id)
        r->given[dir][got->id / 8] |= (uint8_t)(1u << got->id % 8);
}

/* RCV.NXT and the ACKs go forward, unless the numbers are another connection's,
 * another SYN's, or were guessed: of a peer never heard, or of a place picked up. */
static void check_forward(const struct run *r, const struct tcpconn *was)
{
    const struct tcpconn *is = r->conn;

    for (int i = 0; i < 2 && !r->ended; i++) {
        if (was->more[!i].iss != is->more[!i].iss ||
            !(was->ep[!i].flags & EP_HEARD) ||
            (is->flags & CONN_PICKED &&
             !(was->ep[0].flags & was->ep[1].flags & EP_PROVEN)))
            continue;
        CHECK(!seq_lt(is->ep[i].rcv_nxt, was->ep[i].rcv_nxt));
        CHECK(!(was->ep[i].flags & is->ep[i].flags & EP_ACKED) ||
              !seq_lt(is->ep[i].rcv_ack, was->ep[i].rcv_ack));
    }
}

/* The segment's bytes, as far as they were captured. */
static uint8_t *bytes_of(const struct run *r, tcpseg *seg)
{
    uint8_t *data;

    if (!r->pool)
        return NULL;
    seg->payload_captured = seg->payload_len < 3000 ? seg->payload_len : 3000;
    data = allocate(20 + seg->payload_captured);
    memset(data, (int)seg->seq, 20 + seg->payload_captured);
    return data;
}

static tcpconn_report feed(struct run *r, const tcpseg *fed, int dir)
{
    size_t size = conn_size(r);
    struct tcpconn *was = memcpy(allocate(size), r->conn, size);
    tcpseg copy = *fed, *seg = &copy;
    uint8_t *data = bytes_of(r, seg);
    tcpconn_report judged, got;
    int judgment, answer;

    memset(&judged, 0xa5, sizeof judged);
    memset(&got, 0x5a, sizeof got);
    dir ^= r->mirrored;
    judgment = tcpconn_judge(r->conn, r->env, dir, seg, data, now, &judged);
    CHECK(!memcmp(was, r->conn, size));
    start_call(r, 1);
    /* One of them always takes the long way. */
    answer = (r->mirrored ? tcpsegp_feed_generally : tcpconn_feed)(
        r->conn, r->env, dir, seg, data, now, &got);
    CHECK(judgment == answer && !memcmp(&judged, &got, sizeof got));
    check_report(r, dir, answer, &got);
    check_forward(r, was);
    free(was);
    free(data);
    if (r->mirrored) {
        tcpconn_report swapped = got;

        for (int i = 0; i < 2; i++) {
            swapped.state[i] = got.state[!i];
            swapped.sure[i] = got.sure[!i];
        }
        return swapped;
    }
    return got;
}

#endif
