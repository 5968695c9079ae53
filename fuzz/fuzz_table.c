/* The table beside a list: connections of a few tuples in a table of a few places,
 * each also kept by itself and fed the same. Whoever is in the table answers as its
 * twin in the list does; nobody else is found; and who leaves, when, and before whom
 * is what the lists of table_model.h say. Input: records of RECORD bytes, see struct
 * record. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <tcpseg/tcpseg.h>

#include "check.h"
#include "conn_int.h"
#include "table_model.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { RECORD = 8, TUPLES = MODEL_MOST, MOST_RECORDS = 600, ISS = 1000 };
enum { OP_TICK = 12, OP_REMOVE, OP_MOVE }; /* below the first: a segment */

/* One record: what is done, to whom, and with which numbers. */
struct record {
    uint8_t op, tuple, flags, seq, ack, len, time[2];
};

/* A connection of the list. */
static struct twin {
    tcptable_id id; /* 0: none */
    tcpconn_storage mem;
} twins[TUPLES];

/* What the table told in a call, in order: that a connection is over, or that an
 * endpoint changed its state as time passed. */
struct told {
    tcptable_id id;
    uint8_t type, why;
    bool in_place; /* another one began in its memory */
};

static tcptable *table;
static tcpconn_env *env, *quiet;
static struct model model;
static uint64_t now, hurried;
static struct told told[4 * TUPLES];
static unsigned n_told;

static void on_event(void *user, tcpconn *conn, const tcpconn_event *ev,
                     const void *bytes)
{
    struct told *it = &told[n_told++];

    (void)user;
    (void)bytes;
    CHECK(n_told <= sizeof told / sizeof *told);
    it->id = tcptable_id_of(table, conn);
    it->type = ev->type;
    it->why = ev->why;
    it->in_place = ev->type == TCPCONN_EV_END && ev->now != 0;
    CHECK(it->id);
}

/* The twins' callbacks: with them both environments count events alike. */
static void on_nothing(void *user, tcpconn *conn, const tcpconn_event *ev,
                       const void *bytes)
{
    (void)user;
    (void)conn;
    (void)ev;
    (void)bytes;
}

static tcptable_stats stats(void)
{
    tcptable_stats s;

    CHECK(tcptable_get_stats(table, &s, sizeof s) == (int)sizeof s);
    return s;
}

static void *begin(uint8_t how, void **spare, size_t *size)
{
    static const uint32_t sizes[] = {1, 2, 3, 4, 5, 6, 20, 40};
    static const uint32_t sixes[] = {UINT32_MAX, 2, UINT32_MAX, 0};
    static tcpconn_env_storage mems[2];
    tcptable_config cfg;
    tcpconn_config conn;
    void *block;

    tcptable_config_default(&cfg, sizeof cfg);
    cfg.connections = sizes[how & 7];
    cfg.half_open = 1 + (how >> 3 & 3);
    cfg.ipv6 = sixes[(how >> 5 & 1) | (how >> 6 & 2)];
    cfg.crowded = how & 64 ? 30 : 100;
    cfg.seed[0] = how;
    *size = tcptable_size(&cfg);
    block = malloc(*size);
    *spare = malloc(*size);
    CHECK(block && *spare);
    CHECK(tcptable_init(block, *size, &cfg, &table) == TCPSEG_OK);
    tcpconn_config_default(&conn, sizeof conn);
    conn.on_end = conn.on_state = on_nothing;
    CHECK(tcpconn_env_init(&mems[0], sizeof mems[0], &conn, &quiet) == 0);
    conn.on_end = conn.on_state = on_event;
    CHECK(tcpconn_env_init(&mems[1], sizeof mems[1], &conn, &env) == 0);
    memset(twins, 0, sizeof twins);
    now = UINT64_C(1) << 40;
    hurried = n_told = 0;
    model_begin(&model);
    model.connections = cfg.connections;
    model.places = stats().connections_max;
    model.half_open = cfg.half_open;
    model.ipv6 = cfg.ipv6;
    model.crowded = cfg.crowded;
    return block;
}

static tcptable_tuple tuple_of(unsigned i, bool reversed)
{
    tcptable_tuple t = {.family = i % 3 ? 4 : 6,
                        .src_port = (uint16_t)(1000 + i),
                        .dst_port = 80};
    uint8_t *host[2] = {t.src, t.dst};

    host[0][0] = (uint8_t)(i * 7);
    host[1][0] = (uint8_t)(i % 5 * 40);
    if (reversed) {
        tcptable_tuple r = t;

        memcpy(r.src, t.dst, 16);
        memcpy(r.dst, t.src, 16);
        r.src_port = t.dst_port;
        r.dst_port = t.src_port;
        return r;
    }
    return t;
}

/* ---- the twins and the model ---- */

static tcpconn *twin_of(unsigned i)
{
    return (tcpconn *)&twins[i].mem;
}

static int twin_with(tcptable_id id)
{
    for (unsigned i = 0; i < TUPLES; i++)
        if (twins[i].id == id)
            return (int)i;
    return -1;
}

/* What table.h calls its rank. */
static unsigned rank_of(const tcpconn *conn)
{
    const unsigned both = conn->ep[0].flags & conn->ep[1].flags;
    const unsigned either = conn->ep[0].flags | conn->ep[1].flags;
    tcpconn_summary s;

    CHECK(tcpconn_get_summary(conn, &s, sizeof s) > 0);
    if (s.ep[0].state == TCPCONN_CLOSED && s.ep[1].state == TCPCONN_CLOSED)
        return TCPTABLE_OVER;
    if (both & EP_PROVEN)
        return either & EP_FIN ? TCPTABLE_CLOSING : TCPTABLE_OPEN;
    return s.assumed || s.ep[0].state >= TCPCONN_ESTABLISHED ||
                   s.ep[1].state >= TCPCONN_ESTABLISHED
               ? TCPTABLE_ASSUMED
               : TCPTABLE_UNANSWERED;
}

/* The model learns a connection's rank and time from the twin, never the table. */
static void rank(unsigned i, unsigned where)
{
    tcpconn_summary s;

    CHECK(tcpconn_get_summary(twin_of(i), &s, sizeof s) > 0);
    model.of[i].last = s.last;
    model.of[i].deadline = tcpconn_deadline(twin_of(i), quiet);
    if (model.of[i].deadline == UINT64_MAX) /* fed after its time */
        model.of[i].deadline = now;
    model.of[i].six = i % 3 == 0;
    model_move(&model, i, where);
}

static void drop(unsigned i)
{
    model_take_out(&model, i);
    twins[i].id = 0;
}

/* Time changed it, and may have ended it, which is told next. */
static void tick_twin(unsigned i)
{
    CHECK(model_is_due(&model, i, now));
    CHECK(tcpconn_tick(twin_of(i), quiet, now) >= 0);
    if (tcpconn_deadline(twin_of(i), quiet) != UINT64_MAX)
        rank(i, rank_of(twin_of(i)));
}

/* Changes of one connection's states are told one behind the other. Returns the last
 * of them. */
static unsigned last_change(unsigned at)
{
    while (at + 1 < n_told && told[at + 1].id == told[at].id &&
           told[at + 1].type == TCPCONN_EV_STATE)
        at++;
    return at;
}

static bool is_end_by_time(unsigned at, tcptable_id id)
{
    return at < n_told && told[at].id == id &&
           told[at].type == TCPCONN_EV_END && !told[at].in_place &&
           told[at].why != TCPCONN_END_EVICTED;
}

/* What was told of those whom time ended or changed. Returns where something else
 * begins. Who was fed is `fed`: before it was, time may have ended it. */
static unsigned take_time(tcptable_id fed, unsigned hurry)
{
    unsigned at = 0;

    for (; at < n_told; at++) {
        const struct told *it = &told[at];
        int i = twin_with(it->id);

        if (i < 0 || it->in_place || it->why == TCPCONN_END_EVICTED)
            break;
        if (it->type == TCPCONN_EV_STATE) {
            at = last_change(at);
            if (it->id == fed && !is_end_by_time(at + 1, fed))
                return (unsigned)(it - told);
            tick_twin((unsigned)i);
            continue;
        }
        if (!model_is_due(&model, (unsigned)i, now)) {
            CHECK(hurry-- && model_may_hurry(&model, (unsigned)i, now));
        }
        drop((unsigned)i);
    }
    CHECK(!hurry);
    return at;
}

static unsigned newly_hurried(void)
{
    uint64_t before = hurried;

    hurried = stats().hurried;
    CHECK(hurried - before <= 2 * TUPLES);
    return (unsigned)(hurried - before);
}

/* The next one told to give way is the one who has to. */
static unsigned take_evicted(unsigned at, int who)
{
    if (who < 0)
        return at;
    while (at < n_told && told[at].type == TCPCONN_EV_STATE)
        at++;
    CHECK(at < n_told && told[at].type == TCPCONN_EV_END);
    CHECK(told[at].why == TCPCONN_END_EVICTED);
    CHECK(twins[who].id == told[at].id);
    drop((unsigned)who);
    return at + 1;
}

/* A twin was fed and is in the table: whoever had to make room did. */
static unsigned take_place(unsigned at, unsigned i, const tcptable_packet *out)
{
    int who;

    if (out->flags & TCPTABLE_IS_HALF_OPEN) {
        /* It was there before and no place is free for more. */
        if (model.of[i].where == MODEL_HALF) {
            CHECK(model_taken(&model) == model.places);
            rank(i, MODEL_HALF);
            return at;
        }
        at = take_evicted(at, model_give_half(&model));
        rank(i, MODEL_HALF);
        return at;
    }
    if (model.of[i].where >= TCPTABLE_N_RANKS) {
        who = model_give_place(&model, i % 3 == 0);
        CHECK(who != MODEL_FULL);
        at = take_evicted(at, who);
    }
    rank(i, rank_of(twin_of(i)));
    return take_evicted(at, model_give_way_to(&model, i));
}

/* Nothing else was told than of the connection at hand. */
static void take_rest(unsigned at, tcptable_id id)
{
    for (; at < n_told; at++)
        CHECK(told[at].type == TCPCONN_EV_STATE || told[at].in_place ||
              told[at].id == id);
    n_told = 0;
}

static void check_all(void)
{
    uint64_t cursor = 0;
    unsigned in_list = 0, in_table = 0;
    tcptable_stats s = stats();
    uint64_t sum = 0;
    tcptable_id id;

    while ((id = tcptable_next(table, &cursor))) {
        CHECK(tcptable_conn(table, id));
        in_table++;
    }
    for (unsigned i = 0; i < TUPLES; i++) {
        tcptable_tuple t = tuple_of(i, i & 1);

        CHECK(tcptable_find(table, &t) == twins[i].id);
        in_list += !!twins[i].id;
    }
    CHECK(in_list == in_table);
    for (unsigned i = 0; i < 5; i++) {
        CHECK(s.now[i] == model.lines[i].n);
        sum += s.now[i];
    }
    CHECK(s.half_open == model.lines[MODEL_HALF].n);
    CHECK(sum + s.half_open == in_table);
    CHECK(s.now[TCPTABLE_OPEN] + s.now[TCPTABLE_CLOSING] <= s.connections_max);
    for (unsigned i = 0; i < 8; i++)
        sum += s.ended[i];
    CHECK(sum + s.half_open == s.begun);
}

/* About the next number of an endpoint. */
static uint32_t near(const struct endpoint *e, uint8_t by)
{
    uint32_t next = e->flags & EP_NUMBERS ? e->snd_nxt : ISS;

    return next + by - (by > 127 ? 256u : 0);
}

/* A segment near to what would be right. */
static tcpseg segment(const struct record *r, int dir, const tcpconn *conn)
{
    static const uint32_t options[] = {0, TCPSEG_HAS_MSS,
                                       TCPSEG_HAS_MSS | TCPSEG_HAS_WSCALE};
    const struct endpoint *e = &conn->ep[dir], *p = &conn->ep[!dir];
    tcpseg s;

    memset(&s, 0, sizeof s);
    s.flags = r->flags & 0x3f;
    s.seq = near(e, r->seq);
    s.ack = near(p, r->ack);
    if (!(s.flags & TCPSEG_ACK))
        s.ack = 0;
    s.wnd = 5000;
    s.payload_len = s.flags & TCPSEG_SYN ? 0 : r->len;
    s.present = s.flags & TCPSEG_SYN ? options[r->len % 3] : 0;
    s.mss = s.present & TCPSEG_HAS_MSS ? 1460 : 0;
    s.wscale = s.present & TCPSEG_HAS_WSCALE ? 7 : 0;
    s.data_offset = 5;
    s.header_captured = 20;
    return s;
}

/* The table and its twin take the same segment. */
static int feed_twin(unsigned i, int dir, const tcpseg *seg,
                     const tcptable_packet *out)
{
    struct twin *twin = &twins[i];
    tcpconn_report report;
    tcpconn_storage was;
    tcpconn *conn = twin_of(i);
    int verdict;

    if (!twin->id) {
        tcpconn_init(&twin->mem, sizeof twin->mem, 0, &conn);
        dir = 0;
    }
    was = twin->mem;
    verdict = tcpconn_feed(conn, quiet, dir, seg, NULL, now, &report);
    CHECK(!memcmp(&report, &out->report, sizeof report));
    /* A half-open one that was not answered stays as it was. */
    if (out->flags & TCPTABLE_IS_HALF_OPEN && !(out->flags & TCPTABLE_BEGUN))
        twin->mem = was;
    twin->id = out->conn;
    return verdict;
}

/* It may be that this one's rank changes by time alone just before it is fed, or as
 * it is fed; for the order that is not the same. Then it is done before. */
static void settle_time_of(unsigned i)
{
    tcpconn_storage copy = twins[i].mem;

    if (!twins[i].id || !model_is_due(&model, i, now))
        return;
    CHECK(tcpconn_tick((tcpconn *)&copy, quiet, now) >= 0);
    if (tcpconn_deadline((tcpconn *)&copy, quiet) == UINT64_MAX)
        return;
    CHECK(tcptable_tick(table, env, now + MODEL_SECOND, 0) >= 0);
    now += MODEL_SECOND;
    CHECK(take_time(0, newly_hurried()) == n_told);
    n_told = 0;
}

static void feed(const struct record *r)
{
    unsigned i = (r->tuple & 0x7fu) % TUPLES, at;
    bool reversed = r->tuple >> 7;
    tcptable_tuple t = tuple_of(i, reversed), first;
    tcpseg_frame frame;
    tcptable_packet out;
    tcpconn *conn = twin_of(i);
    int dir = reversed, verdict;
    tcptable_id before;
    tcpseg seg;

    settle_time_of(i);
    before = twins[i].id;
    if (twins[i].id &&
        tcptable_get_tuple(table, twins[i].id, &first, sizeof first) > 0)
        dir = memcmp(&first, &t, sizeof t) != 0;
    if (!twins[i].id)
        tcpconn_init(&twins[i].mem, sizeof twins[i].mem, 0, &conn);
    seg = segment(r, twins[i].id ? dir : 0, conn);
    seg.src_port = t.src_port;
    seg.dst_port = t.dst_port;
    memset(&frame, 0, sizeof frame);
    frame.addr.family = t.family;
    memcpy(frame.addr.src, t.src, 16);
    memcpy(frame.addr.dst, t.dst, 16);
    verdict = tcptable_feed(table, env, &frame, &seg, NULL, now, &out);
    at = take_time(before, newly_hurried());
    if (verdict == TCPSEG_ERR_FULL) {
        CHECK(model.of[i].where >= TCPTABLE_N_RANKS);
        CHECK(model_give_place(&model, i % 3 == 0) == MODEL_FULL);
        drop(i);
        n_told = 0;
        return;
    }
    CHECK(feed_twin(i, dir, &seg, &out) == verdict && verdict >= 0);
    if (out.conn)
        at = take_place(at, i, &out);
    take_rest(at, out.conn);
}

static void tick(unsigned most)
{
    int steps = tcptable_tick(table, env, now, most);

    CHECK(steps >= 0 && (!most || (unsigned)steps <= most));
    CHECK(take_time(0, newly_hurried()) == n_told);
    n_told = 0;
    if (!most)
        CHECK(model_is_kept_up(&model, now));
}

static void remove_one(unsigned i)
{
    tcptable_id id = twins[i].id;

    if (!id)
        return;
    CHECK(tcptable_remove(table, env, id, TCPCONN_END_CAPTURE) > 0);
    CHECK(n_told && told[n_told - 1].id == id);
    drop(i);
    n_told = 0;
}

static void run(const struct record *r, void **block, void **spare, size_t size)
{
    void *old = *block;

    now += (uint64_t)(r->time[0] & 15) << (r->time[1] % 38);
    if (r->op % 16 < OP_TICK) {
        feed(r);
    } else if (r->op % 16 == OP_TICK) {
        tick(r->len % 4);
    } else if (r->op % 16 == OP_REMOVE) {
        remove_one((r->tuple & 0x7fu) % TUPLES);
    } else {
        memcpy(*spare, *block, size);
        memset(*block, 0xa5, size);
        *block = *spare;
        *spare = old;
        CHECK(tcptable_attach(*block, size, &table) == TCPSEG_OK);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    void *block, *spare;
    size_t block_size;

    record_number = 0;
    if (size < 1 + RECORD)
        return 0;
    block = begin(data[0], &spare, &block_size);
    for (size_t at = 1; at + RECORD <= size && record_number < MOST_RECORDS;
         at += RECORD) {
        struct record r;

        memcpy(&r, data + at, sizeof r);
        record_number++;
        run(&r, &block, &spare, block_size);
        check_all();
    }
    free(block);
    free(spare);
    return 0;
}
