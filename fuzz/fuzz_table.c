/* The table beside a list: connections of a few tuples in a table of a few places,
 * each also kept by itself and fed the same. Whoever is in the table answers as its
 * twin in the list does; whoever leaves was told to leave, and had to; nobody else is
 * found. Input: records of RECORD bytes, see struct record. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <tcpseg/tcpseg.h>

#include "check.h"
#include "conn_int.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { RECORD = 8, TUPLES = 24, MOST_RECORDS = 600, ISS = 1000 };
enum {
    OP_FEED = 12,
    OP_TICK,
    OP_REMOVE,
    OP_MOVE
}; /* below the first: a segment */

/* One record: what is done, to whom, and with which numbers. */
struct record {
    uint8_t op, tuple, flags, seq, ack, len, time[2];
};

/* A connection of the list. */
static struct twin {
    tcptable_id id; /* 0: none */
    tcpconn_storage mem;
} twins[TUPLES];

static tcptable *table;
static tcpconn_env *env, *quiet;
static uint64_t now;
/* What the table told to be over since the last call. */
static struct {
    tcptable_id id;
    uint8_t why, proven;
    bool in_place; /* another one began in its memory */
} ended[TUPLES + 16];
static unsigned n_ended;

static void on_end(void *user, tcpconn *conn, const tcpconn_event *ev,
                   const void *bytes)
{
    (void)user;
    (void)bytes;
    CHECK(n_ended < sizeof ended / sizeof *ended);
    ended[n_ended].id = tcptable_id_of(table, conn);
    CHECK(ended[n_ended].id);
    ended[n_ended].why = ev->why;
    ended[n_ended].proven =
        conn->ep[0].flags & conn->ep[1].flags & EP_PROVEN && !conn_over(conn);
    ended[n_ended].in_place = ev->now != 0;
    n_ended++;
}

static void *begin(uint8_t how, void **spare, size_t *size)
{
    static tcpconn_env_storage mems[2];
    tcptable_config cfg;
    tcpconn_config conn;
    void *block;

    tcptable_config_default(&cfg, sizeof cfg);
    cfg.connections = 1 + (how & 7);
    cfg.half_open = 1 + (how >> 3 & 3);
    cfg.ipv6 = how & 32 ? 2 : UINT32_MAX;
    cfg.crowded = how & 64 ? 30 : 100;
    cfg.seed[0] = how;
    *size = tcptable_size(&cfg);
    block = malloc(*size);
    *spare = malloc(*size);
    CHECK(block && *spare);
    CHECK(tcptable_init(block, *size, &cfg, &table) == TCPSEG_OK);
    tcpconn_config_default(&conn, sizeof conn);
    CHECK(tcpconn_env_init(&mems[0], sizeof mems[0], &conn, &quiet) == 0);
    conn.on_end = on_end;
    CHECK(tcpconn_env_init(&mems[1], sizeof mems[1], &conn, &env) == 0);
    memset(twins, 0, sizeof twins);
    now = UINT64_C(1) << 40;
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

/* Who is gone is gone. */
static void take_out(void)
{
    for (unsigned i = 0; i < n_ended; i++)
        for (unsigned k = 0; k < TUPLES; k++)
            if (twins[k].id == ended[i].id && !ended[i].in_place)
                twins[k].id = 0;
    n_ended = 0;
}

static void check_all(void)
{
    uint64_t cursor = 0;
    unsigned in_list = 0, in_table = 0;
    tcptable_stats s;
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
    CHECK(tcptable_get_stats(table, &s, sizeof s) == (int)sizeof s);
    for (unsigned i = 0; i < 5; i++)
        sum += s.now[i];
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

/* Nobody proven makes room for less. */
static bool made_room_for_less(tcptable_id fed)
{
    const tcpconn *conn = fed ? tcptable_conn(table, fed) : NULL;
    bool proven = conn && conn->ep[0].flags & conn->ep[1].flags & EP_PROVEN;

    for (unsigned i = 0; i < n_ended; i++)
        if (ended[i].why == TCPCONN_END_EVICTED && ended[i].proven && !proven)
            return true;
    return false;
}

static void feed(const struct record *r)
{
    unsigned i = (r->tuple & 0x7fu) % TUPLES;
    bool reversed = r->tuple >> 7;
    struct twin *twin = &twins[i];
    tcptable_tuple t = tuple_of(i, reversed), first;
    tcpseg_frame frame;
    tcptable_packet out;
    tcpconn_report report;
    tcpconn_storage was;
    tcpconn *conn = (tcpconn *)&twin->mem;
    int dir = reversed, verdict;
    tcpseg seg;

    if (twin->id &&
        tcptable_get_tuple(table, twin->id, &first, sizeof first) > 0)
        dir = memcmp(&first, &t, sizeof t) != 0;
    if (!twin->id)
        tcpconn_init(&twin->mem, sizeof twin->mem, 0, &conn);
    seg = segment(r, twin->id ? dir : 0, conn);
    seg.src_port = t.src_port;
    seg.dst_port = t.dst_port;
    memset(&frame, 0, sizeof frame);
    frame.addr.family = t.family;
    memcpy(frame.addr.src, t.src, 16);
    memcpy(frame.addr.dst, t.dst, 16);
    verdict = tcptable_feed(table, env, &frame, &seg, NULL, now, &out);
    CHECK(!made_room_for_less(out.conn));
    take_out();
    if (verdict == TCPSEG_ERR_FULL) {
        twin->id = 0;
        return;
    }
    CHECK(verdict >= 0);
    if (!twin->id) {
        tcpconn_init(&twin->mem, sizeof twin->mem, 0, &conn);
        dir = 0;
    }
    was = twin->mem;
    CHECK(tcpconn_feed(conn, quiet, dir, &seg, NULL, now, &report) == verdict);
    CHECK(!memcmp(&report, &out.report, sizeof report));
    /* A half-open one that was not answered stays as it was. */
    if (out.flags & TCPTABLE_IS_HALF_OPEN && !(out.flags & TCPTABLE_BEGUN))
        twin->mem = was;
    twin->id = out.conn;
}

static void run(const struct record *r, void **block, void **spare, size_t size)
{
    tcptable_id id = twins[(r->tuple & 0x7fu) % TUPLES].id;
    void *old = *block;

    now += (uint64_t)(r->time[0] & 15) << (r->time[1] % 38);
    if (r->op % 16 < OP_FEED) {
        feed(r);
    } else if (r->op % 16 == OP_TICK) {
        CHECK(tcptable_tick(table, env, now, r->len % 4) >= 0);
        take_out();
    } else if (r->op % 16 == OP_REMOVE) {
        int end = id ? tcptable_remove(table, env, id, TCPCONN_END_CAPTURE) : 1;

        CHECK(end > 0);
        take_out();
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
    n_ended = 0;
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
