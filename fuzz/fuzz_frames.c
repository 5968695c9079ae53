/* A table fed frames as they were captured: by hand, in bursts, with ICMP errors, second
 * tuples, connections saved and restored, streams, events told or pulled. What the table
 * says of itself has to agree with what is found in it. The input: frames_input.h. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "frames_input.h"
#include "frames_names.h"
#include "locate_input.h"
#include "tcpseg/tcpseg.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MOST_RECORDS = 800, QUEUE = 80, RING = 64, BLOCKS = 16, BLOCK = 1024 };

struct record {
    uint8_t op, how;
    const uint8_t *bytes;
    uint32_t len;
};

static tcptable *table;
static tcpconn_env *env;
static void *block;
static size_t block_size;
static uint32_t linktype, parts, mark;
static uint64_t now;
static int pulled;
static struct {
    void *at[QUEUE];
    uint32_t captured[QUEUE], n;
} queue;

static void *allocate(size_t size)
{
    void *p = malloc(size ? size : 1);

    if (!p)
        abort();
    return p;
}

static void *copy_of(const void *bytes, size_t size)
{
    void *p = allocate(size);

    if (size)
        memcpy(p, bytes, size);
    return p;
}

/* ---- what is told ---- */

static void read_bytes(const tcpconn_event *ev, const uint8_t *bytes)
{
    static volatile uint8_t sum;

    for (uint32_t i = 0; bytes && i < ev->len; i++)
        sum = (uint8_t)(sum + bytes[i]);
}

static void on_event(void *user, tcpconn *conn, const tcpconn_event *ev,
                     const void *bytes)
{
    CHECK(user == &table && ev->type && ev->dir < 2);
    CHECK(tcpconn_tick(conn, env, now) == TCPSEG_ERR_REENTRY);
    CHECK(tcptable_tick(table, env, now, 1) == TCPSEG_ERR_REENTRY);
    read_bytes(ev, bytes);
}

/* What was pulled: no more than the ring holds, and then that some are missing. */
static void pull(void)
{
    tcpconn_event ev;
    unsigned n = 0;
    int got;

    while ((got = tcpconn_next_event(env, &ev, sizeof ev)) == 1) {
        CHECK(++n <= RING && ev.type);
        CHECK(!tcpconn_event_bytes(env, &ev, NULL) ||
              ev.type == TCPCONN_EV_DATA);
    }
    CHECK(got == 0 || got == TCPSEG_ERR_FULL || !pulled);
}

/* ---- set up ---- */

static void set_up_env(const uint8_t *in)
{
    static const int timeouts[] = {
        TCPCONN_TIMEOUTS_DEFAULT, TCPCONN_TIMEOUTS_NETFILTER,
        TCPCONN_TIMEOUTS_PF, TCPCONN_TIMEOUTS_SURICATA};
    static tcpconn_env_storage mem;
    static uint64_t pool_mem[BLOCKS * (BLOCK + 64) / 8];
    static tcpconn_event ring[RING];
    unsigned policy = in[FRAMES_POLICY];
    tcpconn_config cfg;

    tcpconn_config_default(&cfg, sizeof cfg);
    CHECK(!tcpconn_config_timeouts(&cfg, timeouts[in[FRAMES_TIMEOUTS] % 4]));
    cfg.user = &table;
    cfg.profile[0] = policy & FRAMES_RFC9293 ? TCPCONN_PROFILE_RFC9293
                                             : TCPCONN_PROFILE_LINUX;
    cfg.vantage =
        policy & FRAMES_INLINE ? TCPCONN_VANTAGE_INLINE : TCPCONN_VANTAGE_TAP;
    cfg.midstream = !!(policy & FRAMES_FROM_SYN);
    cfg.delivery = !!(policy & FRAMES_ON_ACK);
    cfg.urgent = !!(policy & FRAMES_URGENT_OUT);
    cfg.overlap[0] = (in[FRAMES_OVERLAP] & 15) % TCPCONN_N_OVERLAPS;
    cfg.overlap[1] = (in[FRAMES_OVERLAP] >> 4) % TCPCONN_N_OVERLAPS;
    cfg.keep = in[FRAMES_KEEP] * 256u;
    cfg.depth[0] = cfg.depth[1] = in[FRAMES_DEPTH] * 16u;
    cfg.islands = in[FRAMES_ISLANDS] % 48;
    if (in[FRAMES_FLAGS] & FRAMES_POOL) {
        CHECK(tcpconn_pool_size(BLOCKS, BLOCK) <= sizeof pool_mem);
        CHECK(!tcpconn_pool_init(pool_mem, sizeof pool_mem, BLOCK, &cfg.pool));
    }
    pulled = in[FRAMES_FLAGS] & FRAMES_RING;
    cfg.on_state = cfg.on_data = cfg.on_gap = cfg.on_overlap = on_event;
    cfg.on_finding = cfg.on_revise = cfg.on_end = on_event;
    if (pulled) {
        cfg.on_state = cfg.on_data = cfg.on_gap = cfg.on_overlap = NULL;
        cfg.on_finding = cfg.on_revise = cfg.on_end = NULL;
        cfg.events = ring;
        cfg.events_size = sizeof *ring;
        cfg.events_capacity = 1 + in[FRAMES_EVENTS] % RING;
    }
    CHECK(tcpconn_env_size() <= sizeof mem);
    CHECK(!tcpconn_env_init(&mem, sizeof mem, &cfg, &env));
}

static void set_up(const uint8_t *in)
{
    tcptable_config cfg;

    linktype = locate_links[in[FRAMES_LINK] % LOCATE_LINKS];
    parts = in[FRAMES_FLAGS] & FRAMES_STATS ? TCPCONN_WITH_STATS : 0;
    parts |= in[FRAMES_FLAGS] & FRAMES_ANALYSIS ? TCPCONN_WITH_ANALYSIS : 0;
    tcptable_config_default(&cfg, sizeof cfg);
    cfg.connections = 1u + in[FRAMES_CONNECTIONS] % 64;
    cfg.half_open = in[FRAMES_HALF_OPEN] % 32;
    cfg.ipv6 = in[FRAMES_IPV6] == 255 ? UINT32_MAX : in[FRAMES_IPV6] % 32;
    cfg.translations = in[FRAMES_TRANSLATIONS] % 8;
    cfg.crowded = in[FRAMES_CROWDED];
    cfg.parts = parts;
    cfg.flags = in[FRAMES_FLAGS] & 15;
    block_size = tcptable_size(&cfg);
    CHECK(block_size);
    block = allocate(block_size);
    CHECK(tcptable_init(block, block_size - 1, &cfg, &table) ==
          TCPSEG_ERR_SIZE);
    CHECK(tcptable_init(block, block_size, &cfg, &table) == TCPSEG_OK);
    set_up_env(in);
    now = UINT64_C(1) << 40;
    mark = 0;
    queue.n = 0;
}

/* ---- the table, as it stands ---- */

/* The n-th connection, half-open or not, or 0. */
static tcptable_id whom(unsigned n)
{
    uint64_t cursor = 0;
    tcptable_id id, last = 0;

    while ((id = tcptable_next(table, &cursor)) && n--)
        last = id;
    return id ? id : last;
}

static void check_table(void)
{
    uint64_t cursor = 0, sum = 0, here = 0, copies = 0;
    tcptable_stats s;
    tcptable_id id;

    while ((id = tcptable_next(table, &cursor))) {
        tcpconn *conn = tcptable_conn(table, id);
        tcptable_tuple tuple;
        tcpconn_summary summary;

        here++;
        CHECK(conn);
        /* Of a half-open one it is a copy. */
        if (tcptable_id_of(table, conn) != id)
            copies++;
        CHECK(tcptable_get_tuple(table, id, &tuple, sizeof tuple) > 0);
        CHECK(tcptable_find(table, &tuple) == id);
        CHECK(tcpconn_get_summary(conn, &summary, sizeof summary) > 0);
        CHECK(tcpconn_deadline(conn, env) > 0);
    }
    CHECK(tcptable_get_stats(table, &s, sizeof s) == (int)sizeof s);
    for (unsigned i = 0; i < TCPTABLE_N_RANKS; i++)
        sum += s.now[i];
    CHECK(sum + s.half_open == here && copies == s.half_open);
    CHECK(s.half_open <= s.half_open_max && s.ipv6 <= here);
    CHECK(s.now[TCPTABLE_OPEN] + s.now[TCPTABLE_CLOSING] <= s.connections_max);
    for (unsigned i = 0; i < 8; i++)
        sum += s.ended[i];
    CHECK(sum + s.half_open == s.begun);
}

static void check_answer(const tcptable_packet *p, int answer)
{
    CHECK(answer == p->result);
    CHECK(p->result <= TCPCONN_MALFORMED);
    CHECK(!p->conn || tcptable_conn(table, p->conn));
}

/* ---- calls ---- */

static void feed(const struct record *r)
{
    uint8_t *bytes = copy_of(r->bytes, r->len);
    size_t length = r->len + (r->how & 0x7fu);
    tcptable_packet out;
    tcpseg_frame frame;
    tcpseg seg;
    int answer;

    (void)tcpseg_parse_frame(&seg, &frame, sizeof frame, linktype,
                             TCPSEG_LOCATE_TUNNELS | TCPSEG_LOCATE_CHECKSUM,
                             bytes, r->len, length);
    answer =
        tcptable_icmp(table, env, &frame, bytes, r->len, length, now, &out);
    if (answer == TCPSEG_ERR_NOT_FOUND && !out.flags)
        answer = tcptable_feed(table, env, &frame, &seg, bytes + frame.offset,
                               now, &out);
    check_answer(&out, answer);
    free(bytes);
}

static void empty_queue(void)
{
    for (uint32_t i = 0; i < queue.n; i++)
        free(queue.at[i]);
    queue.n = 0;
}

static void put_in_queue(const struct record *r)
{
    if (queue.n == QUEUE)
        return;
    queue.captured[queue.n] = r->len;
    queue.at[queue.n++] = copy_of(r->bytes, r->len);
}

static void feed_burst(const struct record *r)
{
    static tcptable_packet io[QUEUE];
    uint32_t length[QUEUE];
    int found, counted = 0;

    for (uint32_t i = 0; i < queue.n; i++) {
        io[i].now = now + i;
        length[i] = queue.captured[i] + (r->how & 0x7f);
    }
    found = tcptable_feed_burst(table, env, linktype, queue.n,
                                (const void *const *)queue.at, queue.captured,
                                r->how & 0x80 ? NULL : length, io);
    for (uint32_t i = 0; i < queue.n; i++) {
        CHECK(io[i].result <= TCPCONN_MALFORMED);
        counted += io[i].flags != 0;
    }
    CHECK(found == counted);
    empty_queue();
}

static uint32_t word(const struct record *r, uint32_t at)
{
    uint32_t value = 0;

    for (uint32_t i = at; i < at + 4; i++)
        value = value << 8 | (i < r->len ? r->bytes[i] : 0u);
    return value;
}

static void translate(const struct record *r)
{
    tcptable_id id = whom(r->how);
    const uint32_t delta[] = {word(r, 4), word(r, 8)};
    tcptable_tuple tuple;
    int answer;

    memset(&tuple, 0, sizeof tuple);
    tuple.family = 4;
    if (id)
        CHECK(tcptable_get_tuple(table, id, &tuple, sizeof tuple) > 0);
    tuple.src_port = (uint16_t)(word(r, 0) >> 16);
    tuple.dst_port = (uint16_t)word(r, 0);
    answer = tcptable_translate(table, id, &tuple, delta);
    CHECK(answer <= 0 && (id || answer == TCPSEG_ERR_NOT_FOUND));
}

/* Out of the table and into it again: under its own name, there is a place. */
static void restore(const struct record *r)
{
    uint8_t form[TCPCONN_SAVED_SIZE];
    tcptable_id id = whom(r->how), back = 0;
    uint32_t flags = word(r, 4);
    tcptable_tuple tuple;
    size_t used;
    int answer;

    if (!id)
        return;
    CHECK(tcptable_get_tuple(table, id, &tuple, sizeof tuple) > 0);
    if (tcpconn_save(tcptable_conn(table, id), env, form, sizeof form, &used))
        return;
    CHECK(tcptable_remove(table, env, id, TCPCONN_END_CAPTURE) > 0);
    CHECK(!tcptable_conn(table, id));
    form[(word(r, 0) >> 8) % used] ^= (uint8_t)word(r, 0);
    answer = tcptable_restore(table, env, &tuple, form, used,
                              flags ? TCPCONN_RESTORE_ASSUMED : 0, now, &back);
    CHECK(answer <= 0);
    if (answer == TCPSEG_OK)
        CHECK(back && tcptable_find(table, &tuple) == back);
    else
        CHECK(!tcptable_find(table, &tuple));
}

static void move(void)
{
    void *to = copy_of(block, block_size);

    memset(block, 0xa5, block_size);
    free(block);
    block = to;
    CHECK(tcptable_attach(block, block_size, &table) == TCPSEG_OK);
}

static void changed(void)
{
    uint64_t cursor = 0;
    tcptable_id id;

    while ((id = tcptable_next_changed(table, mark, &cursor)))
        CHECK(tcptable_conn(table, id));
    mark = tcptable_mark(table);
}

static void judge(const struct record *r)
{
    tcptable_id id = whom(r->how);
    tcpconn *conn = id ? tcptable_conn(table, id) : NULL;
    tcpconn_report report;
    tcpseg seg;

    if (!conn)
        return;
    (void)tcpseg_parse(&seg, r->bytes, r->len, r->len);
    if (tcpconn_judge(conn, env, r->how & 1, &seg, NULL, now, &report) >= 0)
        CHECK(report.verdict <= TCPCONN_MALFORMED);
    if (r->op == FRAMES_DROP)
        CHECK(tcpconn_drop(conn, env, r->how & 1, &seg, now) >= 0);
}

/* ---- what is refused ---- */

static void misuse_table(tcptable_id id)
{
    const uint32_t delta[2] = {0, 0};
    uint64_t nonsense[64] = {0}, cursor = 0;
    tcptable *none = (tcptable *)(void *)nonsense;
    tcptable_tuple tuple = {.family = 9};
    tcptable_stats s;
    tcpseg_frame frame;
    tcpseg seg;

    memset(&seg, 0, sizeof seg);
    memset(&frame, 0, sizeof frame);
    frame.addr.family = 4;
    CHECK(tcptable_tick(NULL, env, now, 1) == TCPSEG_ERR_ARG);
    CHECK(tcptable_tick(table, NULL, now, 1) == TCPSEG_ERR_ARG);
    CHECK(tcptable_tick(none, env, now, 1) == TCPSEG_ERR_STATE);
    CHECK(tcptable_feed(NULL, env, &frame, &seg, NULL, now, NULL) ==
          TCPSEG_ERR_ARG);
    CHECK(tcptable_feed(table, env, NULL, &seg, NULL, now, NULL) ==
          TCPSEG_ERR_ARG);
    CHECK(tcptable_icmp(NULL, env, &frame, NULL, 0, 0, now, NULL) ==
          TCPSEG_ERR_ARG);
    CHECK(tcptable_feed_burst(NULL, env, 1, 0, NULL, NULL, NULL, NULL) ==
          TCPSEG_ERR_ARG);
    CHECK(tcptable_feed_burst(table, env, 1, 1, NULL, NULL, NULL, NULL) ==
          TCPSEG_ERR_ARG);
    CHECK(tcptable_translate(NULL, id, &tuple, delta) == TCPSEG_ERR_ARG);
    CHECK(tcptable_translate(none, id, &tuple, delta) == TCPSEG_ERR_STATE);
    CHECK(tcptable_translate(table, id, &tuple, delta) == TCPSEG_ERR_ARG);
    CHECK(tcptable_translate(table, id, NULL, delta) == TCPSEG_ERR_ARG);
    CHECK(tcptable_restore(NULL, env, &tuple, nonsense, 8, 0, now, NULL) ==
          TCPSEG_ERR_ARG);
    CHECK(tcptable_restore(table, env, &tuple, nonsense, 8, 0, now, NULL) < 0);
    CHECK(tcptable_remove(NULL, env, id, 1) == TCPSEG_ERR_ARG);
    CHECK(tcptable_remove(table, env, 0, TCPCONN_END_CAPTURE) < 0);
    CHECK(tcptable_remove(table, env, id, 99) < 0);
    CHECK(tcptable_attach(NULL, 0, &none) == TCPSEG_ERR_ARG);
    CHECK(tcptable_attach(nonsense, sizeof nonsense, &none) < 0);
    CHECK(tcptable_get_stats(NULL, &s, sizeof s) == TCPSEG_ERR_ARG);
    CHECK(tcptable_get_tuple(table, 0, &tuple, sizeof tuple) < 0);
    CHECK(tcptable_get_tuple(NULL, id, &tuple, sizeof tuple) < 0);
    CHECK(!tcptable_find(NULL, &tuple) && !tcptable_find(table, NULL));
    CHECK(!tcptable_conn(NULL, id) && !tcptable_conn(table, 0));
    CHECK(!tcptable_id_of(NULL, NULL) && !tcptable_id_of(table, NULL));
    CHECK(!tcptable_next(NULL, &cursor) && !tcptable_next(table, NULL));
    CHECK(!tcptable_mark(NULL) && !tcptable_size(NULL));
    CHECK(!tcptable_next_changed(NULL, 0, &cursor));
}

static void misuse_connection(tcpconn *conn)
{
    uint64_t nonsense[64] = {0};
    tcpconn *none = (tcpconn *)(void *)nonsense;
    tcpconn_summary sum;
    tcpconn_stats stats;
    tcpseg seg;
    size_t used;

    memset(&seg, 0, sizeof seg);
    CHECK(tcpconn_tick(NULL, env, now) == TCPSEG_ERR_ARG);
    CHECK(tcpconn_tick(none, env, now) == TCPSEG_ERR_STATE);
    CHECK(tcpconn_feed(conn, NULL, 0, &seg, NULL, now, NULL) == TCPSEG_ERR_ARG);
    CHECK(tcpconn_feed(conn, env, 2, &seg, NULL, now, NULL) == TCPSEG_ERR_ARG);
    CHECK(tcpconn_feed(conn, env, 0, NULL, NULL, now, NULL) == TCPSEG_ERR_ARG);
    CHECK(tcpconn_judge(NULL, env, 0, &seg, NULL, now, NULL) == TCPSEG_ERR_ARG);
    CHECK(tcpconn_judge(conn, env, 2, &seg, NULL, now, NULL) == TCPSEG_ERR_ARG);
    CHECK(tcpconn_drop(conn, env, 2, &seg, now) == TCPSEG_ERR_ARG);
    CHECK(tcpconn_drop(NULL, env, 0, &seg, now) == TCPSEG_ERR_ARG);
    CHECK(tcpconn_icmp(conn, env, 2, &seg, 3, 1, 0, now) == TCPSEG_ERR_ARG);
    CHECK(tcpconn_icmp(NULL, env, 0, &seg, 3, 1, 0, now) == TCPSEG_ERR_ARG);
    CHECK(tcpconn_end(conn, env, 99) == TCPSEG_ERR_ARG);
    CHECK(tcpconn_end(NULL, env, 1) == TCPSEG_ERR_ARG);
    CHECK(tcpconn_state(NULL, 0) < 0 && tcpconn_state(none, 0) < 0);
    CHECK(tcpconn_state(conn, 2) < 0);
    CHECK(!tcpconn_tag(NULL) && !tcpconn_tag(none));
    tcpconn_set_tag(NULL, 1);
    CHECK(tcpconn_stream_stop(conn, env, 2) == TCPSEG_ERR_ARG);
    CHECK(tcpconn_stream_stop(none, env, 0) == TCPSEG_ERR_STATE);
    CHECK(tcpconn_get_summary(NULL, &sum, sizeof sum) < 0);
    CHECK(tcpconn_get_stats(NULL, 0, &stats, sizeof stats) < 0);
    CHECK(tcpconn_get_stats(conn, 2, &stats, sizeof stats) < 0);
    CHECK(tcpconn_save(NULL, env, nonsense, 8, &used) < 0);
    CHECK(tcpconn_restore(NULL, 0, nonsense, 8, 0, &none) < 0);
    CHECK(tcpconn_init(NULL, 0, 0, &none) == TCPSEG_ERR_ARG);
    CHECK(tcpconn_init((char *)nonsense + 1, 8, 0, &none) < 0);
    CHECK(tcpconn_env_init(NULL, 0, NULL, NULL) == TCPSEG_ERR_ARG);
    CHECK(tcpconn_next_event(NULL, NULL, 0) == TCPSEG_ERR_ARG);
    CHECK(tcpconn_pool_init(NULL, 0, BLOCK, NULL) == TCPSEG_ERR_ARG);
    CHECK(tcpconn_pool_init(nonsense, sizeof nonsense, 8, NULL) < 0);
    CHECK(!tcpconn_event_bytes(NULL, NULL, NULL));
    CHECK(tcpconn_config_timeouts(NULL, 0) == TCPSEG_ERR_ARG);
}

static void misuse_segment(void)
{
    uint8_t byte = 0;
    tcpseg_address address = {.family = 9};
    tcpseg_icmp icmp;
    tcpseg_frame frame;
    tcpseg_udp udp;
    tcpseg seg;
    uint16_t sum;

    memset(&frame, 0, sizeof frame);
    CHECK(tcpseg_parse(NULL, &byte, 1, 1) == TCPSEG_ERR_ARG);
    CHECK(tcpseg_parse(&seg, NULL, 1, 1) < 0);
    CHECK(tcpseg_parse(&seg, &byte, 1, 0) < 0);
    CHECK(tcpseg_locate(NULL, 0, 1, 0, &byte, 1, 1) == TCPSEG_ERR_ARG);
    CHECK(tcpseg_locate(&frame, sizeof frame, 1, 0, NULL, 1, 1) < 0);
    CHECK(tcpseg_parse_frame(NULL, NULL, 0, 1, 0, &byte, 1, 1) ==
          TCPSEG_ERR_ARG);
    CHECK(tcpseg_parse_frame(&seg, NULL, 0, 1, 0, NULL, 1, 1) < 0);
    CHECK(tcpseg_icmp_parse(NULL, 0, NULL, NULL, 0, 0) == TCPSEG_ERR_ARG);
    CHECK(tcpseg_icmp_parse(&icmp, sizeof icmp, &frame, &byte, 1, 1) < 0);
    CHECK(tcpseg_udp_parse(NULL, &byte, 1, 1) == TCPSEG_ERR_ARG);
    CHECK(tcpseg_udp_parse(&udp, NULL, 1, 1) < 0);
    CHECK(tcpseg_udp_checksum_verify(NULL, &byte, &address) < 0);
    CHECK(tcpseg_checksum_compute(&sum, &byte, 1, &address) < 0);
    CHECK(tcpseg_checksum_verify(NULL, &byte, &address) < 0);
    CHECK(tcpseg_build(NULL, 0, NULL, NULL, 0, NULL, 0, NULL) < 0);
    CHECK(tcpseg_option_next(NULL, NULL, NULL, NULL) < 0);
}

static void misuse(unsigned n)
{
    tcptable_id id = whom(n);
    uint64_t mem[64];
    tcpconn *conn;

    CHECK(tcpconn_size(0) <= sizeof mem);
    CHECK(!tcpconn_init(mem, sizeof mem, 0, &conn));
    misuse_table(id);
    misuse_connection(conn);
    misuse_segment();
}

/* ---- an input ---- */

static void stop(unsigned n)
{
    tcptable_id id = whom(n);

    if (!id)
        return;
    CHECK(!tcpconn_stream_stop(tcptable_conn(table, id), env, 0));
    CHECK(!tcpconn_stream_stop(tcptable_conn(table, id), env, 1));
}

static void play(const struct record *r)
{
    tcptable_id id = whom(r->how);

    switch (r->op % FRAMES_OPS) {
    case FRAMES_FEED:
        feed(r);
        break;
    case FRAMES_QUEUE:
        put_in_queue(r);
        break;
    case FRAMES_BURST:
        feed_burst(r);
        break;
    case FRAMES_TICK:
        CHECK(tcptable_tick(table, env, now, r->how) >= 0);
        break;
    case FRAMES_REMOVE:
        CHECK(!id || tcptable_remove(table, env, id, TCPCONN_END_CAPTURE) > 0);
        break;
    case FRAMES_TRANSLATE:
        translate(r);
        break;
    case FRAMES_RESTORE:
        restore(r);
        break;
    case FRAMES_MOVE:
        move();
        break;
    case FRAMES_MARK:
        changed();
        break;
    case FRAMES_STOP:
        stop(r->how);
        break;
    case FRAMES_NAMES:
        names_of_connections((int8_t)r->how);
        names_of_segments((int8_t)r->how);
        break;
    case FRAMES_MISUSE:
        misuse(r->how);
        break;
    default:
        judge(r);
    }
}

/* How many bytes a record takes, or 0 at the end. */
static size_t read_record(struct record *r, const uint8_t *in, size_t size)
{
    size_t len;

    if (size < FRAMES_RECORD)
        return 0;
    len = (size_t)in[FRAMES_LEN] << 8 | in[FRAMES_LEN + 1];
    if (len > size - FRAMES_RECORD)
        len = size - FRAMES_RECORD;
    r->op = in[FRAMES_OP] % FRAMES_OPS;
    r->how = in[FRAMES_HOW];
    r->bytes = in + FRAMES_RECORD;
    r->len = (uint32_t)len;
    now += (uint64_t)in[FRAMES_BY] << in[FRAMES_TIME] % 44;
    return FRAMES_RECORD + len;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct record r;
    size_t at = FRAMES_HEADER, took;

    if (size < FRAMES_HEADER)
        return 0;
    record_number = 0;
    set_up(data);
    while (record_number < MOST_RECORDS &&
           (took = read_record(&r, data + at, size - at)) > 0) {
        record_number++;
        play(&r);
        pull();
        at += took;
        if (r.op != FRAMES_QUEUE)
            check_table();
    }
    empty_queue();
    free(block);
    return 0;
}
