/* Every public function with any arguments: objects that were never set up, or are over,
 * NULL, sizes of all kinds, numbers that mean nothing. None crashes, each answers with
 * what it may, and what an error leaves behind still works.
 *
 * Input: calls_input.h. */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "calls_input.h"
#include "check.h"
#include "tcpseg/tcpseg.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { N_OBJECTS = 4, ROOM = 4096, BLOCK = 1024, RING = 3, TABLE_ROOM = 65536 };

/* Objects: index 0 is NULL, 1 was never set up. */
static uint64_t conn_memory[N_OBJECTS][ROOM / 8],
    env_memory[N_OBJECTS][ROOM / 8];
static uint64_t table_memory[N_OBJECTS][TABLE_ROOM / 8],
    pool_memory[ROOM / 8 * 4];
static tcpconn_event ring[RING];
static tcpconn *conns[N_OBJECTS];
static tcpconn_env *envs[N_OBJECTS];
static tcptable *tables[N_OBJECTS];
static tcptable_config table_config;
static tcpconn_pool *pool;
static tcptable_id last_id;

/* What calls read: exactly as much as there is. */
static uint8_t *bytes;
static size_t n_bytes;
static tcpseg seg;
static tcpseg_frame frame;
static uint64_t now;

/* For answers, of any size that is asked for. */
static uint64_t answer[1024 / 8];

/* Policies, with room for as many members as a size of one byte may tell of. */
static union {
    tcpconn_config conn;
    tcptable_config table;
    uint8_t room[512];
} policy;

/* A record being carried out. */
static const uint8_t *in;

/* ---- arguments ---- */

static int number(unsigned which)
{
    return (int8_t)in[which];
}

static bool is_null(unsigned pointer)
{
    return in[CALLS_NULL] >> pointer & 1;
}

#define OR_NULL(pointer, object) (is_null(pointer) ? NULL : (object))

static tcpconn *conn(void)
{
    return conns[in[CALLS_WHO] % N_OBJECTS];
}

static tcpconn_env *env(void)
{
    return envs[(in[CALLS_WHO] >> 4) % N_OBJECTS];
}

static tcptable *table(void)
{
    return tables[in[CALLS_WHO] % N_OBJECTS];
}

/* Around the size that is right, or small, or 0. */
static size_t size_near(size_t right)
{
    unsigned how = in[CALLS_SIZE];

    if (how < 64 || !right)
        return right;
    return how < 128 ? right - 1 : how < 192 ? right + 8 : how - 192;
}

/* Memory of that size on the heap, so that a sanitizer sees its end; perhaps not
 * aligned. */
static uint8_t *memory, *given;

static void *memory_of(size_t size)
{
    unsigned off = in[CALLS_D] & 1;

    memory = malloc(size + 1);
    if (!memory)
        abort();
    memset(memory, 0xa5, size + 1);
    given = is_null(0) ? NULL : memory + off;
    return given;
}

static void answered(int result)
{
    const char *words = tcpseg_strerror(result);

    CHECK(result >= 0 || (words && *words));
    free(memory);
    memory = NULL;
}

/* ---- calls: names ---- */

static void ask_names(void)
{
    unsigned bit = in[CALLS_A];
    int n = number(CALLS_A);
    const char *names[] = {
        tcpconn_advice_name(n),
        tcpconn_analysis_name(bit),
        tcpconn_analysis_text(bit),
        tcpconn_check_name(bit),
        tcpconn_check_rfc(bit),
        tcpconn_check_text(bit),
        tcpconn_end_name(n),
        tcpconn_gap_name(n),
        tcpconn_overlap_name(n),
        tcpconn_severity_name(n),
        tcpconn_state_name(n),
        tcpconn_verdict_name(n),
        tcpconn_zeek_state_name(n),
        tcpseg_checksum_name(n),
        tcpseg_defect_name(bit),
        tcpseg_defect_rfc(bit),
        tcpseg_defect_text(bit),
        tcpseg_exid_name((uint32_t)n),
        tcpseg_frame_defect_name(bit),
        tcpseg_frame_defect_rfc(bit),
        tcpseg_frame_defect_text(bit),
        tcpseg_mptcp_name(bit),
        tcpseg_option_name(bit),
        tcpseg_option_rfc(bit),
        tcpseg_option_status_name(n),
        tcpseg_stop_name(n),
        tcpseg_udp_defect_name(bit),
        tcpseg_udp_defect_rfc(bit),
        tcpseg_udp_defect_text(bit),
        tcptable_rank_name(n),
        tcpseg_strerror(n),
    };

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        CHECK(!names[i] || strlen(names[i]) < 200);
    CHECK(tcpconn_check_severity(bit) <= TCPCONN_HOSTILE);
    CHECK(tcpseg_abi_sizeof(n) < 65536 && tcpseg_version());
    CHECK(tcpconn_size(bit) <= ROOM && tcpconn_env_size() <= TCPCONN_ENV_SIZE);
}

/* ---- calls: segments ---- */

static void parse(void)
{
    answered(tcpseg_parse(OR_NULL(0, &seg), OR_NULL(1, bytes),
                          is_null(1) ? n_bytes + in[CALLS_A] : n_bytes,
                          size_near(n_bytes)));
    CHECK(tcpseg_len(&seg) <= seg.payload_len + 2);
}

static void locate(void)
{
    static const uint32_t links[] = {1, 101, 113, 276, 0, 12, 228, 229};
    size_t length = size_near(n_bytes);

    memset(&seg, 0, sizeof seg);
    answered(tcpseg_parse_frame(
        OR_NULL(0, &seg), OR_NULL(1, &frame),
        in[CALLS_B] < 8 ? in[CALLS_B] : sizeof frame, links[in[CALLS_A] % 8],
        in[CALLS_C] & 7u, OR_NULL(2, bytes), is_null(2) ? 0 : n_bytes, length));
}

static void read_udp(void)
{
    tcpseg_udp udp;

    memset(&udp, 0, sizeof udp);
    answered(tcpseg_udp_parse(OR_NULL(0, &udp), OR_NULL(1, bytes),
                              is_null(1) ? 0 : n_bytes, size_near(n_bytes)));
    frame.addr.family = (uint8_t)(in[CALLS_A] & 7);
    answered(tcpseg_udp_checksum_verify(OR_NULL(2, &udp), OR_NULL(3, bytes),
                                        OR_NULL(4, &frame.addr)));
    (void)tcpseg_udp_checksum_update16(udp.checksum, in[CALLS_A], in[CALLS_B]);
}

static void read_icmp(void)
{
    answered(tcpseg_icmp_parse(OR_NULL(0, (void *)answer),
                               size_near(sizeof(tcpseg_icmp)),
                               OR_NULL(1, &frame), OR_NULL(2, bytes),
                               is_null(2) ? 0 : n_bytes, n_bytes));
}

static void sum(void)
{
    uint16_t checksum = 0;

    frame.addr.family = (uint8_t)(in[CALLS_A] & 7);
    answered(tcpseg_checksum_compute(OR_NULL(0, &checksum), OR_NULL(1, bytes),
                                     is_null(1) ? 0 : n_bytes,
                                     OR_NULL(2, &frame.addr)));
    answered(tcpseg_checksum_verify(OR_NULL(3, &seg), OR_NULL(1, bytes),
                                    OR_NULL(2, &frame.addr)));
    checksum = tcpseg_checksum_update32(checksum, in[CALLS_A], in[CALLS_B]);
    checksum = tcpseg_checksum_update16(checksum, in[CALLS_A], in[CALLS_B]);
    (void)tcpseg_checksum_update(checksum, bytes, bytes, n_bytes & ~(size_t)1);
}

static void build(void)
{
    size_t size = size_near(64);
    void *to = memory_of(size);
    tcpseg made = seg;

    made.flags = (uint16_t)number(CALLS_A);
    answered(tcpseg_build(to, size, OR_NULL(1, &made), OR_NULL(2, bytes),
                          is_null(2) ? in[CALLS_C] & 3u : n_bytes & in[CALLS_B],
                          OR_NULL(3, bytes), n_bytes < 8 ? n_bytes : 8,
                          OR_NULL(4, &frame.addr)));
}

static void put_option(void)
{
    size_t size = size_near(40);
    void *to = memory_of(size);

    answered(tcpseg_option_put(to, size, in[CALLS_A], in[CALLS_B],
                               OR_NULL(1, bytes),
                               in[CALLS_C] < n_bytes ? in[CALLS_C] : n_bytes));
}

/* A view that no walk has made: its bytes are there, whatever it says of them. */
static void decode_option(void)
{
    static uint8_t header[512];
    tcpseg_option made = {.kind = in[CALLS_A],
                          .len = in[CALLS_B],
                          .data_len = in[CALLS_C],
                          .status = in[CALLS_D] & 7};
    const tcpseg_option *opt = OR_NULL(0, &made);
    const void *from = OR_NULL(1, header);
    size_t size = size_near(64);
    uint32_t x, y;
    tcpseg_sack blocks[4];
    void *to = memory_of(size < 512 ? 512 : size);

    memcpy(header, bytes, n_bytes < sizeof header ? n_bytes : sizeof header);
    if (made.data_len > made.len)
        made.data_len = made.len;
    (void)tcpseg_option_number(opt, from, OR_NULL(2, &x));
    (void)tcpseg_option_timestamps(opt, from, OR_NULL(2, &x), OR_NULL(3, &y));
    (void)tcpseg_option_sack(opt, from, OR_NULL(2, blocks), in[CALLS_D] & 3u);
    (void)tcpseg_option_fastopen(opt, from, to, size);
    (void)tcpseg_option_auth(opt, from, to, size);
    (void)tcpseg_option_user_timeout(opt, from, to, size);
    (void)tcpseg_option_quick_start(opt, from, to, size);
    (void)tcpseg_option_scps(opt, from, to, size);
    (void)tcpseg_option_eno(opt, from, to, size);
    (void)tcpseg_option_accecn(opt, from, to, size);
    (void)tcpseg_option_mptcp(opt, from, to, size);
    answered(tcpseg_option_experiment(opt, from, to, size));
}

static void walk_options(void)
{
    uint32_t cursor = in[CALLS_A] & 1 ? 0 : in[CALLS_B];
    tcpseg_option opt;
    tcpseg none;
    int got;

    memset(&none, 0, sizeof none);
    tcpseg_parse(&none, bytes, n_bytes, n_bytes);
    do
        got = tcpseg_option_next(OR_NULL(0, &none), OR_NULL(1, bytes),
                                 OR_NULL(2, &cursor), OR_NULL(3, &opt));
    while (got == 1);
    answered(got);
}

/* ---- calls: environments, connections, pools ---- */

static void default_config(void)
{
    tcpconn_config *cfg = &policy.conn;
    size_t size = size_near(sizeof *cfg);

    memory_of(size);
    tcpconn_config_default(
        in[CALLS_D] & 1 ? NULL : (tcpconn_config *)(void *)given, size);
    answered(TCPSEG_OK);
    tcpconn_config_default(cfg, sizeof *cfg);
    cfg->struct_size = (uint32_t)size_near(sizeof *cfg);
    answered(tcpconn_config_timeouts(OR_NULL(0, cfg), number(CALLS_A)));
}

static void set_up_env(void)
{
    tcpconn_config *cfg = &policy.conn;
    size_t size = size_near(tcpconn_env_size());
    tcpconn_env *made = NULL;
    uint8_t *members[] = {&cfg->profile[0],       &cfg->overlap[1],
                          &cfg->delivery,         &cfg->midstream,
                          &cfg->urgent,           &cfg->vantage,
                          (uint8_t *)&cfg->flags, (uint8_t *)&cfg->timeout[15]};

    memset(&policy, 0, sizeof policy);
    tcpconn_config_default(cfg, sizeof *cfg);
    *members[in[CALLS_A] & 7] = in[CALLS_B];
    if (in[CALLS_C] & 1)
        cfg->struct_size = in[CALLS_B] + 128u;
    cfg->events = in[CALLS_C] & 2 ? ring : NULL;
    cfg->events_size = in[CALLS_C] & 4 ? sizeof *ring : in[CALLS_B];
    cfg->events_capacity = in[CALLS_C] & 8 ? RING : 0;
    cfg->islands = in[CALLS_C] & 16 ? 1000 : 0;
    policy.room[sizeof *cfg] = in[CALLS_C] >> 7; /* a member it does not know */
    answered(tcpconn_env_init(memory_of(size), size, OR_NULL(1, cfg),
                              OR_NULL(2, &made)));
}

static void set_up_conn(void)
{
    uint32_t parts = in[CALLS_A] & 7u;
    size_t size = size_near(tcpconn_size(parts));
    tcpconn *made;

    answered(tcpconn_init(memory_of(size), size, parts, OR_NULL(1, &made)));
}

static void set_up_pool(void)
{
    size_t size = size_near(tcpconn_pool_size(8, BLOCK));
    uint32_t block = in[CALLS_A] & 1 ? BLOCK : (uint32_t)in[CALLS_B] << 4;
    tcpconn_pool *made;

    (void)tcpconn_pool_size(in[CALLS_C] & 1 ? UINT32_MAX : in[CALLS_C], block);
    answered(
        tcpconn_pool_init(memory_of(size), size, block, OR_NULL(1, &made)));
    answered(tcpconn_pool_get_stats(OR_NULL(2, pool),
                                    OR_NULL(3, (void *)answer),
                                    size_near(sizeof(tcpconn_pool_stats))));
}

static void feed(void)
{
    const void *text = seg.payload_captured && !is_null(1) ? bytes : NULL;
    tcpconn_report report;

    if (text &&
        (seg.error || n_bytes < seg.data_offset * 4u + seg.payload_captured))
        text = NULL;
    if (in[CALLS_A] & 4)
        answered(tcpconn_judge(conn(), env(), number(CALLS_B), OR_NULL(0, &seg),
                               text, now, OR_NULL(2, &report)));
    answered(tcpconn_feed(conn(), env(), number(CALLS_B), OR_NULL(0, &seg),
                          text, now, OR_NULL(2, &report)));
    answered(
        tcpconn_drop(conn(), env(), number(CALLS_C), OR_NULL(3, &seg), now));
}

static void tell_icmp(void)
{
    answered(tcpconn_icmp(conn(), env(), number(CALLS_A), OR_NULL(0, &seg),
                          in[CALLS_B], in[CALLS_C], in[CALLS_D], now));
}

static void pass_time(void)
{
    now += (uint64_t)in[CALLS_A] << in[CALLS_B] % 48;
    answered(tcpconn_tick(conn(), env(), now));
    CHECK(tcpconn_deadline(conn(), env()) <= UINT64_MAX);
}

static void end(void)
{
    answered(tcpconn_end(conn(), env(), number(CALLS_A)));
}

static void ask_conn(void)
{
    size_t size = size_near(sizeof(tcpconn_stats));
    void *to = memory_of(size + 1);

    (void)tcpconn_state(conn(), number(CALLS_A));
    tcpconn_set_tag(conn(), in[CALLS_B]);
    CHECK(in[CALLS_WHO] % N_OBJECTS < 2 || tcpconn_tag(conn()) == in[CALLS_B]);
    (void)tcpconn_get_summary(conn(), to, size);
    (void)tcpconn_get_stats(conn(), number(CALLS_A), to, size);
    answered(tcpconn_get_analysis(conn(), to, size));
}

static void save(void)
{
    size_t size = size_near(TCPCONN_SAVED_SIZE), used = 0;
    void *to = memory_of(size + 1);
    int error = tcpconn_save(conn(), env(), to, to ? size : in[CALLS_A] & 1,
                             OR_NULL(1, &used));

    if (!error && to)
        error = tcpconn_restore(OR_NULL(2, conn_memory[3]), size_near(ROOM), to,
                                used, in[CALLS_C] & 3u, OR_NULL(3, &conns[3]));
    answered(error);
}

static void pull(void)
{
    tcpconn_event event;

    memset(answer, in[CALLS_A], sizeof answer);
    answered(tcpconn_next_event(env(), OR_NULL(0, (void *)answer),
                                size_near(sizeof event)));
    memcpy(&event, answer, sizeof event);
    if (event.type != TCPCONN_EV_DATA)
        CHECK(
            !tcpconn_event_bytes(env(), OR_NULL(0, &event), OR_NULL(1, bytes)));
    answered(tcpconn_stream_stop(conn(), env(), number(CALLS_B)));
}

/* ---- calls: tables ---- */

static void set_up_table(void)
{
    tcptable_config *cfg = &policy.table;
    uint32_t *members[] = {&cfg->connections,  &cfg->half_open, &cfg->ipv6,
                           &cfg->translations, &cfg->parts,     &cfg->flags,
                           &cfg->crowded};
    tcptable *made;
    size_t size;

    memset(&policy, 0, sizeof policy);
    tcptable_config_default(OR_NULL(2, cfg), is_null(4) ? 0 : sizeof *cfg);
    *cfg = table_config;
    if (in[CALLS_A] % 8 < 7)
        *members[in[CALLS_A] % 8] = in[CALLS_C] & 1 ? UINT32_MAX : in[CALLS_B];
    else
        cfg->struct_size = in[CALLS_B];
    policy.room[sizeof *cfg] = in[CALLS_C] >> 7; /* a member it does not know */
    size = tcptable_size(OR_NULL(3, cfg));
    if (size > TABLE_ROOM)
        return;
    size = size_near(size);
    answered(tcptable_init(memory_of(size), size, OR_NULL(3, cfg),
                           OR_NULL(1, &made)));
    answered(tcptable_attach(memory_of(size), size, OR_NULL(1, &made)));
    answered(tcptable_attach(OR_NULL(0, table_memory[2]), size_near(TABLE_ROOM),
                             OR_NULL(1, &made)));
}

static void feed_table(void)
{
    tcptable_packet packet;
    const void *frames[] = {bytes};
    uint32_t captured[] = {(uint32_t)n_bytes};

    memset(&packet, 0, sizeof packet);
    if (in[CALLS_A] & 1) {
        answered(tcptable_feed(table(), env(), OR_NULL(0, &frame),
                               OR_NULL(1, &seg), NULL, now,
                               OR_NULL(2, &packet)));
        last_id = packet.conn ? packet.conn : last_id;
        answered(tcptable_icmp(table(), env(), OR_NULL(0, &frame),
                               OR_NULL(3, bytes), is_null(3) ? 0 : n_bytes,
                               n_bytes, now, OR_NULL(2, &packet)));
        return;
    }
    packet.now = now;
    answered(tcptable_feed_burst(table(), env(), in[CALLS_B], in[CALLS_C] & 1u,
                                 OR_NULL(0, frames), OR_NULL(1, captured),
                                 OR_NULL(2, captured), OR_NULL(3, &packet)));
}

static void ask_table(void)
{
    tcptable_id id = in[CALLS_A] & 1 ? last_id : in[CALLS_B];
    uint8_t key[40] = {in[CALLS_C]};
    uint64_t cursor = in[CALLS_D], seed[2] = {in[CALLS_A], in[CALLS_B]};
    tcptable_tuple tuple;

    memset(&tuple, 0, sizeof tuple);
    tuple.family = (uint8_t)(in[CALLS_C] & 7);
    (void)tcptable_get_tuple(table(), id, OR_NULL(0, (void *)answer),
                             size_near(sizeof tuple));
    (void)tcptable_find(table(), OR_NULL(0, &tuple));
    (void)tcptable_id_of(table(), OR_NULL(0, tcptable_conn(table(), id)));
    (void)tcptable_next(table(), OR_NULL(1, &cursor));
    (void)tcptable_next_changed(table(), tcptable_mark(table()) - in[CALLS_D],
                                OR_NULL(1, &cursor));
    (void)tcptable_hash(OR_NULL(0, &tuple), OR_NULL(2, seed));
    (void)tcptable_toeplitz(OR_NULL(0, &tuple), OR_NULL(3, key),
                            in[CALLS_D] % 41);
    (void)tcptable_zone(in[CALLS_A], OR_NULL(1, &frame));
    answered(tcptable_get_stats(table(), OR_NULL(1, (void *)answer),
                                size_near(sizeof(tcptable_stats))));
}

static void change_table(void)
{
    tcptable_id id = in[CALLS_A] & 1 ? last_id : in[CALLS_B];
    uint32_t delta[2] = {in[CALLS_B], in[CALLS_C]};
    tcptable_tuple tuple;

    memset(&tuple, 0, sizeof tuple);
    tuple.family = (uint8_t)(in[CALLS_C] & 7);
    tuple.src_port = in[CALLS_D];
    answered(
        tcptable_translate(table(), id, OR_NULL(0, &tuple), OR_NULL(1, delta)));
    answered(tcptable_restore(table(), env(), OR_NULL(0, &tuple),
                              OR_NULL(1, bytes), is_null(1) ? 0 : n_bytes,
                              in[CALLS_D] & 3u, now, OR_NULL(2, &id)));
    if (in[CALLS_A] & 2)
        answered(tcptable_remove(table(), env(), id, number(CALLS_D)));
    answered(tcptable_tick(table(), env(), now, in[CALLS_D]));
}

/* ---- an input ---- */

static void (*const calls[])(void) = {
    ask_names,     parse,        locate,         read_udp,
    read_icmp,     sum,          build,          put_option,
    decode_option, walk_options, default_config, set_up_env,
    set_up_conn,   set_up_pool,  feed,           tell_icmp,
    pass_time,     end,          ask_conn,       save,
    pull,          set_up_table, feed_table,     ask_table,
    change_table,
};

/* Objects 2 and 3 are fit for use. The third environment has a ring and a pool. */
static void set_up(void)
{
    tcpconn_config cfg;

    memset(conn_memory, 0, sizeof conn_memory);
    memset(env_memory, 0, sizeof env_memory);
    memset(table_memory, 0, sizeof table_memory);
    conns[1] = (tcpconn *)(void *)conn_memory[1];
    envs[1] = (tcpconn_env *)(void *)env_memory[1];
    tables[1] = (tcptable *)(void *)table_memory[1];
    tcpconn_config_default(&cfg, sizeof cfg);
    tcptable_config_default(&table_config, sizeof table_config);
    table_config.connections = table_config.half_open = 3;
    table_config.translations = 2;
    for (int i = 2; i < N_OBJECTS; i++) {
        CHECK(!tcpconn_init(conn_memory[i], ROOM, i == 3 ? 3 : 0, &conns[i]));
        CHECK(!tcpconn_env_init(env_memory[i], ROOM, &cfg, &envs[i]));
        CHECK(!tcptable_init(table_memory[i], TABLE_ROOM, &table_config,
                             &tables[i]));
        CHECK(
            !tcpconn_pool_init(pool_memory, sizeof pool_memory, BLOCK, &pool));
        cfg.pool = pool;
        cfg.events = ring;
        cfg.events_size = sizeof *ring;
        cfg.events_capacity = RING;
    }
    memset(&seg, 0, sizeof seg);
    memset(&frame, 0, sizeof frame);
    last_id = 0;
    now = 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < CALLS_HEADER || size - CALLS_HEADER < data[CALLS_LENGTH])
        return 0;
    set_up();
    n_bytes = data[CALLS_LENGTH];
    bytes = malloc(n_bytes + !n_bytes);
    if (!bytes)
        abort();
    memcpy(bytes, data + CALLS_HEADER, n_bytes);
    for (size_t at = CALLS_HEADER + n_bytes; at + CALLS_RECORD <= size;
         at += CALLS_RECORD) {
        in = data + at;
        calls[in[CALLS_OP] % (sizeof calls / sizeof *calls)]();
    }
    free(bytes);
    return 0;
}
