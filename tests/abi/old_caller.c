/* A program compiled against another version of the headers, older or newer, and
 * this library: its structures end elsewhere. Each function that is told a size is
 * called with every size from nothing to beyond its structure: it writes what both
 * know, zeroes what only the caller knows, touches nothing behind, and answers the
 * same. Each that reads a configuration reads no more than the caller has. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <tcpseg/tcpseg.h>

enum { MOST = 1024, BEYOND = 24, CANARY = 0xa5, IP = 20, TCP = 20 };

/* clang-format off */
/* Bare IPv4, a SYN, and room for options. */
static const uint8_t syn[IP + TCP] = {
    0x45, 0, 0, 40, 0, 1, 0, 0, 64, 6, 0, 0, 192, 0, 2, 1, 192, 0, 2, 2,
    0x12, 0x34, 0, 80, 0, 0, 0, 7, 0, 0, 0, 0, 0x50, 2, 0xfa, 0xf0, 0, 0, 0, 0};

/* ICMP: port unreachable, quoting the SYN. */
static const uint8_t icmp[IP + 8] = {
    0x45, 0, 0, 68, 0, 1, 0, 0, 64, 1, 0, 0, 192, 0, 2, 2, 192, 0, 2, 1,
    3, 3, 0, 0, 0, 0, 0, 0};

static const uint8_t
    fastopen[] = {34, 10, 1, 2, 3, 4, 5, 6, 7, 8},
    auth[] = {29, 16, 3, 4, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12},
    user_timeout[] = {28, 4, 0x80, 9},
    quick_start[] = {27, 8, 0x15, 6, 1, 2, 3, 4},
    scps[] = {20, 4, 0xc0, 5},
    eno[] = {69, 4, 1, 0x21},
    accecn[] = {172, 11, 0, 0, 1, 0, 0, 2, 0, 0, 3},
    mptcp[] = {30, 12, 1, 1, 1, 2, 3, 4, 5, 6, 7, 8},
    experiment[] = {253, 6, 0x12, 0x34, 1, 2};
/* clang-format on */

static uint8_t packet[256];
static tcpseg_option option;
static tcpconn_env_storage env_memory;
static tcpconn_event ring[16];
static uint64_t conn_memory[512], pool_memory[4096], table_memory[8192];
static tcpconn *conn;
static tcpconn_pool *pool;
static tcptable *table;
static tcptable_id id;

/* ---- what is asked: the answer to `out`, and whether there is one ---- */

#define DECODES(kind)                                                          \
    static int ask_##kind(void *out, size_t size)                              \
    {                                                                          \
        return tcpseg_option_##kind(&option, packet + IP, out, size);          \
    }
DECODES(fastopen)
DECODES(auth)
DECODES(user_timeout)
DECODES(quick_start)
DECODES(scps)
DECODES(eno)
DECODES(accecn)
DECODES(mptcp)
DECODES(experiment)

static int ask_locate(void *out, size_t size)
{
    return tcpseg_locate(out, size, TCPSEG_LINK_RAW, 0, syn, sizeof syn,
                         sizeof syn);
}

static int ask_frame(void *out, size_t size)
{
    tcpseg seg;

    return tcpseg_parse_frame(&seg, out, size, TCPSEG_LINK_RAW, 0, syn,
                              sizeof syn, sizeof syn);
}

static int ask_burst(void *out, size_t size)
{
    const void *frames[] = {syn};
    const uint32_t captured[] = {sizeof syn};
    tcpseg seg;

    return tcpseg_parse_burst(&seg, out, size, TCPSEG_LINK_RAW, 0, 1, frames,
                              captured, NULL);
}

static int ask_icmp(void *out, size_t size)
{
    uint8_t whole[sizeof icmp + sizeof syn];
    tcpseg_frame frame;

    memcpy(whole, icmp, sizeof icmp);
    memcpy(whole + sizeof icmp, syn, sizeof syn);
    (void)tcpseg_locate(&frame, sizeof frame, TCPSEG_LINK_RAW, 0, whole,
                        sizeof whole, sizeof whole);
    return tcpseg_icmp_parse(out, size, &frame, whole, sizeof whole,
                             sizeof whole);
}

/* Each event is told once, so the connection begins anew. */
static int ask_event(void *out, size_t size)
{
    tcpconn_config cfg;
    tcpconn_env *env;
    tcpseg seg;

    tcpconn_config_default(&cfg, sizeof cfg);
    cfg.events = ring;
    cfg.events_size = sizeof ring[0];
    cfg.events_capacity = sizeof ring / sizeof ring[0];
    if (tcpconn_env_init(&env_memory, sizeof env_memory, &cfg, &env) ||
        tcpconn_init(conn_memory, sizeof conn_memory,
                     TCPCONN_WITH_STATS | TCPCONN_WITH_ANALYSIS, &conn) ||
        tcpseg_parse(&seg, syn + IP, TCP, TCP))
        return TCPSEG_ERR_STATE;
    (void)tcpconn_feed(conn, env, 0, &seg, syn + IP, 5, NULL);
    return tcpconn_next_event(env, out, size);
}

static int ask_summary(void *out, size_t size)
{
    return tcpconn_get_summary(conn, out, size);
}

static int ask_stats(void *out, size_t size)
{
    return tcpconn_get_stats(conn, 0, out, size);
}

static int ask_analysis(void *out, size_t size)
{
    return tcpconn_get_analysis(conn, out, size);
}

static int ask_pool(void *out, size_t size)
{
    return tcpconn_pool_get_stats(pool, out, size);
}

static int ask_tuple(void *out, size_t size)
{
    return tcptable_get_tuple(table, id, out, size);
}

static int ask_table(void *out, size_t size)
{
    return tcptable_get_stats(table, out, size);
}

static int ask_config(void *out, size_t size)
{
    tcpconn_config_default(out, size);
    return 0;
}

static int ask_table_config(void *out, size_t size)
{
    tcptable_config_default(out, size);
    return 0;
}

/* clang-format off */
static const struct question {
    const char *name;
    int (*ask)(void *out, size_t size);
    size_t size;
    const uint8_t *option;
    size_t least; /* below, nothing is written */
    int is_config; /* begins with the size */
} questions[] = {
    {"tcpseg_option_fastopen", ask_fastopen, sizeof(tcpseg_fastopen), fastopen, 0, 0},
    {"tcpseg_option_auth", ask_auth, sizeof(tcpseg_auth), auth, 0, 0},
    {"tcpseg_option_user_timeout", ask_user_timeout, sizeof(tcpseg_user_timeout), user_timeout, 0, 0},
    {"tcpseg_option_quick_start", ask_quick_start, sizeof(tcpseg_quick_start), quick_start, 0, 0},
    {"tcpseg_option_scps", ask_scps, sizeof(tcpseg_scps), scps, 0, 0},
    {"tcpseg_option_eno", ask_eno, sizeof(tcpseg_eno), eno, 0, 0},
    {"tcpseg_option_accecn", ask_accecn, sizeof(tcpseg_accecn), accecn, 0, 0},
    {"tcpseg_option_mptcp", ask_mptcp, sizeof(tcpseg_mptcp), mptcp, 0, 0},
    {"tcpseg_option_experiment", ask_experiment, sizeof(tcpseg_experiment), experiment, 0, 0},
    {"tcpseg_locate", ask_locate, sizeof(tcpseg_frame), NULL, 1, 0},
    {"tcpseg_parse_frame", ask_frame, sizeof(tcpseg_frame), NULL, 1, 0},
    {"tcpseg_parse_burst", ask_burst, sizeof(tcpseg_frame), NULL, 1, 0},
    {"tcpseg_icmp_parse", ask_icmp, sizeof(tcpseg_icmp), NULL, 0, 0},
    {"tcpconn_next_event", ask_event, sizeof(tcpconn_event), NULL, 0, 0},
    {"tcpconn_get_summary", ask_summary, sizeof(tcpconn_summary), NULL, 0, 0},
    {"tcpconn_get_stats", ask_stats, sizeof(tcpconn_stats), NULL, 0, 0},
    {"tcpconn_get_analysis", ask_analysis, sizeof(tcpconn_analysis), NULL, 0, 0},
    {"tcpconn_pool_get_stats", ask_pool, sizeof(tcpconn_pool_stats), NULL, 0, 0},
    {"tcptable_get_tuple", ask_tuple, sizeof(tcptable_tuple), NULL, 0, 0},
    {"tcptable_get_stats", ask_table, sizeof(tcptable_stats), NULL, 0, 0},
    {"tcpconn_config_default", ask_config, sizeof(tcpconn_config), NULL, 4, 1},
    {"tcptable_config_default", ask_table_config, sizeof(tcptable_config), NULL, 4, 1},
};
/* clang-format on */

static int count, failures;

static void check(int holds, const char *what)
{
    failures += !holds;
    printf("%sok %d - %s\n", holds ? "" : "not ", ++count, what);
}

static size_t least_of(size_t a, size_t b)
{
    return a < b ? a : b;
}

static int all_are(const uint8_t *bytes, size_t from, size_t to, uint8_t value)
{
    for (; from < to; from++)
        if (bytes[from] != value)
            return 0;
    return 1;
}

/* The option alone behind a TCP header, as a packet has it. */
static int put_option(const uint8_t *bytes)
{
    size_t padded = (bytes[1] + 3u) & ~3u;
    uint32_t cursor = 0;
    tcpseg seg;

    memset(packet, 0, sizeof packet);
    memcpy(packet, syn, sizeof syn);
    memcpy(packet + IP + TCP, bytes, bytes[1]);
    packet[IP + 12] = (uint8_t)((TCP + padded) / 4 << 4);
    return !tcpseg_parse(&seg, packet + IP, TCP + padded, TCP + padded) &&
           tcpseg_option_next(&seg, packet + IP, &cursor, &option) == 1;
}

/* Called with `size`, is all as the full answer lets expect? A configuration
 * begins with the size itself. */
static int size_is_honoured(const struct question *q, size_t size,
                            const uint8_t *full, int answer)
{
    uint64_t aligned[MOST / 8];
    uint8_t *bytes = (uint8_t *)aligned;
    uint32_t own_size = (uint32_t)size;
    size_t from = 0;
    int answered;

    memset(bytes, CANARY, MOST);
    answered = q->ask(bytes, size);
    if (size < q->least)
        return all_are(bytes, 0, MOST, CANARY);
    if (q->is_config) {
        from = sizeof own_size;
        if (memcmp(bytes, &own_size, sizeof own_size) != 0)
            return 0;
    }
    if (answered != answer)
        return 0;
    return memcmp(bytes + from, full + from, least_of(size, q->size) - from) ==
               0 &&
           all_are(bytes, least_of(size, q->size), size, 0) &&
           all_are(bytes, size, MOST, CANARY);
}

static void check_question(const struct question *q)
{
    uint64_t full[MOST / 8] = {0};
    int answer, good = 1;

    if (q->option)
        good = put_option(q->option);
    answer = q->ask(full, q->size);
    /* An answer that is an error or all zero would show nothing. */
    good = good && answer >= 0 && !all_are((uint8_t *)full, 0, q->size, 0);
    for (size_t size = 0; size <= q->size + BEYOND; size++) {
        if (size_is_honoured(q, size, (const uint8_t *)full, answer))
            continue;
        good = 0;
        printf("# %s with a size of %zu, its own being %zu\n", q->name, size,
               q->size);
    }
    check(good, q->name);
}

/* ---- configurations: of exactly `size` bytes, in memory of their own ---- */

/* Whether one of that size is taken; what is behind it would be refused if read. */
static int env_takes(size_t size, uint8_t beyond)
{
    tcpconn_config cfg;
    tcpconn_env *env;
    uint8_t *bytes = malloc(size + BEYOND);
    int error;

    if (!bytes)
        return -1;
    tcpconn_config_default(&cfg, sizeof cfg);
    cfg.struct_size = (uint32_t)size;
    memset(bytes, 0, size + BEYOND);
    memcpy(bytes, &cfg, least_of(size, sizeof cfg));
    memset(bytes + size - (beyond ? 1 : 0), beyond ? beyond : CANARY, BEYOND);
    error = tcpconn_env_init(&env_memory, sizeof env_memory,
                             (const void *)bytes, &env);
    free(bytes);
    return error == TCPSEG_OK;
}

static int table_takes(size_t size, uint8_t beyond)
{
    tcptable_config cfg;
    uint8_t *bytes = malloc(size + BEYOND);
    size_t need;

    if (!bytes)
        return -1;
    tcptable_config_default(&cfg, sizeof cfg);
    cfg.struct_size = (uint32_t)size;
    memset(bytes, 0, size + BEYOND);
    memcpy(bytes, &cfg, least_of(size, sizeof cfg));
    memset(bytes + size - (beyond ? 1 : 0), beyond ? beyond : CANARY, BEYOND);
    need = tcptable_size((const void *)bytes);
    free(bytes);
    return need > 0;
}

/* From the end of the last member a first version had, member by member. */
static void check_configs(void)
{
    int good = 1;

    for (size_t size = offsetof(tcpconn_config, pool);
         size <= sizeof(tcpconn_config) + BEYOND; size += 8)
        good &= env_takes(size, 0) == 1;
    check(good, "tcpconn_env_init takes older and newer configurations");
    check(env_takes(sizeof(tcpconn_config) + 8, 1) == 0,
          "and none that sets what it does not know");
    good = 1;
    for (size_t size = offsetof(tcptable_config, flags);
         size <= sizeof(tcptable_config) + BEYOND; size += 4)
        good &= table_takes(size, 0) == 1;
    check(good, "tcptable_size takes older and newer configurations");
    check(table_takes(sizeof(tcptable_config) + 8, 1) == 0,
          "and none that sets what it does not know");
}

static int set_up_table(void)
{
    tcptable_config cfg;
    tcptable_packet answer;
    tcpseg_frame frame;
    tcpconn_env *env;
    tcpseg seg;

    tcptable_config_default(&cfg, sizeof cfg);
    cfg.connections = 8;
    cfg.half_open = 8;
    if (tcptable_init(table_memory, sizeof table_memory, &cfg, &table) ||
        tcpconn_env_init(&env_memory, sizeof env_memory, NULL, &env) ||
        tcpseg_parse_frame(&seg, &frame, sizeof frame, TCPSEG_LINK_RAW, 0, syn,
                           sizeof syn, sizeof syn) < 0)
        return 0;
    memset(&answer, 0, sizeof answer);
    (void)tcptable_feed(table, env, &frame, &seg, syn + IP, 5, &answer);
    id = answer.conn;
    return 1;
}

int main(void)
{
    check(set_up_table() &&
              !tcpconn_pool_init(pool_memory, sizeof pool_memory, 1024, &pool),
          "a table and a pool to ask");
    for (size_t i = 0; i < sizeof questions / sizeof questions[0]; i++)
        check_question(&questions[i]);
    check_configs();
    printf("1..%d\n", count);
    return failures != 0;
}
