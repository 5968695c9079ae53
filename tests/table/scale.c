/* Floods against connections that are proven, and as many connections as there may
 * be. TCPSEG_LONG=1: ten million SYNs, two million connections. Prints the Test
 * Anything Protocol. */
#include "crowd.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HOUR (UINT64_C(3600) * 1000000000)

static unsigned n_checks, n_failed;

static void check(bool good, const char *what)
{
    n_failed += !good;
    printf("%sok %u - %s\n", good ? "" : "not ", ++n_checks, what);
    fflush(stdout);
}

static tcptable_stats stats_of(const struct crowd *c)
{
    tcptable_stats s;

    memset(&s, 0, sizeof s);
    (void)tcptable_get_stats(c->table, &s, sizeof s);
    return s;
}

static tcptable_config config_for(uint32_t n)
{
    tcptable_config cfg;

    tcptable_config_default(&cfg, sizeof cfg);
    cfg.connections = n;
    cfg.ipv6 = 0;
    cfg.seed[0] = UINT64_C(0x243f6a8885a308d3);
    cfg.seed[1] = UINT64_C(0x13198a2e03707344);
    return cfg;
}

/* ---- floods ---- */

static uint64_t state = 88172645463325252u;

static uint32_t random32(void)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (uint32_t)(state >> 16);
}

/* Anybody but a client of the crowd. */
static tcptable_tuple stranger(void)
{
    uint32_t address = random32();
    tcptable_tuple t = crowd_tuple(0);

    if (address >> 24 == 10)
        address ^= UINT32_C(0x80000000);
    t.src[0] = (uint8_t)(address >> 24);
    t.src[1] = (uint8_t)(address >> 16);
    t.src[2] = (uint8_t)(address >> 8);
    t.src[3] = (uint8_t)address;
    t.src_port = (uint16_t)(random32() | 1);
    return t;
}

static void flood_syn(struct crowd *c, uint32_t n)
{
    for (uint32_t k = 0; k < n; k++) {
        tcptable_tuple t = stranger();

        c->wrong += crowd_send(c, &t, TCPSEG_SYN, random32(), 0, 0, 0, 0) !=
                    TCPCONN_ACCEPTED;
    }
}

/* Both halves of the handshake's first two steps are forged. */
static void flood_answered(struct crowd *c, uint32_t n)
{
    for (uint32_t k = 0; k < n; k++) {
        tcptable_tuple t = stranger(), back = t;
        uint32_t iss = random32();

        memcpy(back.src, t.dst, 16);
        memcpy(back.dst, t.src, 16);
        back.src_port = t.dst_port;
        back.dst_port = t.src_port;
        c->wrong +=
            crowd_send(c, &t, TCPSEG_SYN, iss, 0, 0, 0, 0) != TCPCONN_ACCEPTED;
        c->wrong += crowd_send(c, &back, TCPSEG_SYN | TCPSEG_ACK, random32(),
                               iss + 1, 0, 0, 0) != TCPCONN_ACCEPTED;
    }
}

static void flood_text(struct crowd *c, uint32_t n)
{
    for (uint32_t k = 0; k < n; k++) {
        tcptable_tuple t = stranger();

        c->wrong += crowd_send(c, &t, TCPSEG_ACK | TCPSEG_PSH, random32(),
                               random32(), 0, 0, CROWD_SAYS) < 0;
    }
}

/* Tuples that collide under a seed that is not the table's: under the table's, they
 * are spread like any others. */
static void flood_colliding(struct crowd *c, uint32_t n)
{
    static const uint64_t guessed[2] = {1, 2};
    const tcptable_config cfg = config_for(1);
    static uint32_t met[256];
    uint32_t most = 0;

    memset(met, 0, sizeof met);
    for (uint32_t k = 0; k < n;) {
        tcptable_tuple t = stranger();

        if (tcptable_hash(&t, guessed) >> 24)
            continue;
        k++;
        met[tcptable_hash(&t, cfg.seed) >> 24]++;
        c->wrong += crowd_send(c, &t, TCPSEG_SYN, random32(), 0, 0, 0, 0) !=
                    TCPCONN_ACCEPTED;
        c->wrong += crowd_send(c, &t, TCPSEG_ACK, random32(), 1, 0, 0, 0) < 0;
    }
    for (unsigned k = 0; k < 256; k++)
        most = met[k] > most ? met[k] : most;
    c->wrong += most > 3 * (n / 256) + 30;
}

static const struct flood {
    const char *name;
    void (*run)(struct crowd *c, uint32_t n);
    uint32_t part; /* of so many SYNs */
} floods[] = {
    {"SYNs from anywhere", flood_syn, 1},
    {"SYNs with forged answers", flood_answered, 10},
    {"text from nowhere", flood_text, 10},
    {"tuples that collide under a guessed seed", flood_colliding, 200},
};

/* All that were proven are there, and at the right place of their stream. */
static bool all_go_on(struct crowd *c, uint32_t at)
{
    bool good = true;

    for (uint32_t i = 0; i < c->n; i++)
        crowd_say(c, i, at);
    for (uint32_t i = 0; i < c->n; i++)
        good &= c->got[i] == at + CROWD_SAYS;
    return good && !c->wrong && stats_of(c).now[TCPTABLE_OPEN] == c->n;
}

static void floods_against_proven(void)
{
    uint32_t n = crowd_scale(2000, 20000, 100000), at = 0;
    uint32_t n_syns = crowd_scale(50000, 1000000, 10000000);
    tcptable_config cfg = config_for(n);
    struct crowd c;
    char what[160];
    tcptable_stats s;
    uint64_t cursor = 0;

    if (!crowd_begin(&c, n, &cfg)) {
        check(false, "no memory for a table");
        return;
    }
    for (uint32_t i = 0; i < n; i++)
        crowd_open(&c, i);
    for (size_t k = 0; k < sizeof floods / sizeof *floods; k++) {
        floods[k].run(&c, n_syns / floods[k].part);
        snprintf(what, sizeof what, "%u proven outlive %u %s", n,
                 n_syns / floods[k].part, floods[k].name);
        check(all_go_on(&c, at), what);
        at += CROWD_SAYS;
    }
    s = stats_of(&c);
    check(!s.evicted[TCPTABLE_OPEN] && !s.evicted[TCPTABLE_CLOSING] &&
              s.half_open <= s.half_open_max && s.evicted[TCPTABLE_UNANSWERED],
          "none of them gave way, and those who did were never answered");
    for (uint32_t i = 0; i < n; i++)
        crowd_close(&c, i, at);
    s = stats_of(&c);
    c.wrong += s.now[TCPTABLE_OPEN] || s.now[TCPTABLE_CLOSING] != n;
    c.wrong += tcptable_tick(c.table, c.env, c.now + HOUR, 0) < 0;
    s = stats_of(&c);
    check(!c.wrong && s.ended[TCPCONN_END_CLOSED] == n && !s.half_open &&
              !tcptable_next(c.table, &cursor),
          "and all of them close, and an hour later nobody is left");
    check(crowd_end(&c), "nothing was written behind the table");
}

/* ---- many ---- */

/* Each number below n once, in an order far from theirs; n is no multiple of it. */
static uint32_t shuffled(uint32_t k, uint32_t n)
{
    return (uint32_t)((uint64_t)k * 1000003 % n);
}

/* Said out of order by every fourth. */
static void say_twice(struct crowd *c, uint32_t i)
{
    bool swapped = i % 4 == 0;

    crowd_say(c, i, swapped ? CROWD_SAYS : 0);
    crowd_say(c, i, swapped ? 0 : CROWD_SAYS);
}

static bool all_are_themselves(const struct crowd *c, const tcptable_id *ids)
{
    uint64_t cursor = 0, met = 0;

    for (uint32_t i = 0; i < c->n; i++) {
        tcptable_tuple t = crowd_tuple(i), own;

        if (tcptable_find(c->table, &t) != ids[i] || !ids[i] ||
            tcptable_get_tuple(c->table, ids[i], &own, sizeof own) < 0 ||
            memcmp(&t, &own, sizeof t) != 0)
            return false;
    }
    while (tcptable_next(c->table, &cursor))
        met++;
    return met == c->n;
}

static uint64_t sum_of_all(uint32_t n)
{
    uint64_t sum = 0;

    for (uint32_t i = 0; i < n; i++)
        for (uint32_t k = 0; k < 2 * CROWD_SAYS; k++)
            sum += crowd_byte(i, k);
    return sum;
}

static void many(uint32_t n)
{
    tcptable_config cfg = config_for(n);
    tcptable_id *ids = calloc(n, sizeof *ids);
    struct crowd c;
    char what[160];

    if (!crowd_begin(&c, n, &cfg) || !ids) {
        check(false, "no memory for a table");
        return;
    }
    for (uint32_t k = 0; k < n; k++) {
        crowd_open(&c, shuffled(k, n));
        ids[shuffled(k, n)] = c.out.conn;
    }
    snprintf(what, sizeof what,
             "%u connections at once, %.1f bytes each all in, none another", n,
             (double)c.size / n);
    check(!c.wrong && stats_of(&c).now[TCPTABLE_OPEN] == n &&
              all_are_themselves(&c, ids),
          what);
    for (uint32_t k = 0; k < n; k++)
        say_twice(&c, shuffled(k, n));
    check(!c.wrong && c.bytes == (uint64_t)n * 2 * CROWD_SAYS &&
              c.sum == sum_of_all(n),
          "each byte of each is delivered once, in order");
    check(crowd_end(&c), "nothing was written behind the table");
    free(ids);
}

int main(void)
{
    floods_against_proven();
    many(crowd_scale(10000, 100000, 1000000));
    if (crowd_scale(0, 0, 1))
        many(2000000);
    printf("1..%u\n", n_checks);
    return n_failed != 0;
}
