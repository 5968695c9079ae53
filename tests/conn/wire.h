/* Segments in relative numbers, fed to a connection with counters: for the tests of
 * what is counted and summed up. */
#ifndef TESTS_CONN_WIRE_H
#define TESTS_CONN_WIRE_H

#include <criterion/criterion.h>
#include <stdalign.h>
#include <string.h>

#include <tcpseg/summary.h>

enum { A, B };         /* who sends */
enum { SHUT = -1 };    /* words.wnd: a window of 0 */
enum { MS = 1000000 }; /* nanoseconds */

/* A segment. What is not said is usual: a window of 65535, 10 ms after the one
 * before. */
struct words {
    unsigned flags;    /* TCPSEG_; ACK is implied by ack */
    uint32_t seq, len; /* from the sender's SYN on, which is 0 */
    uint32_t ack;      /* 0: none */
    int wnd;
    uint32_t tsval, tsecr; /* a timestamp, if tsval is not 0 */
    uint32_t present;      /* TCPSEG_HAS_ besides */
    uint8_t wscale, ttl, checksum_status, fastopen_len;
    uint16_t mss, ip_id;
    int ms; /* since the one before; SHUT: none */
};

struct wire {
    alignas(8) unsigned char mem[4096];
    tcpconn_env_storage env_mem;
    tcpconn *conn;
    tcpconn_env *env;
    tcpconn_config cfg;
    uint64_t now;
    uint32_t iss[2];
    int swapped; /* A is endpoint 1 */
    tcpconn_report report;
};

static inline void wire_configure(struct wire *w)
{
    cr_assert_eq(
        tcpconn_env_init(&w->env_mem, sizeof w->env_mem, &w->cfg, &w->env), 0);
}

static inline void wire_set_up(struct wire *w, uint32_t parts)
{
    memset(w, 0, sizeof *w);
    w->now = 1000 * (uint64_t)MS;
    tcpconn_config_default(&w->cfg, sizeof w->cfg);
    wire_configure(w);
    cr_assert_eq(tcpconn_init(w->mem, sizeof w->mem, parts, &w->conn), 0);
}

static inline tcpseg wire_segment(const struct wire *w, int who,
                                  const struct words *said)
{
    tcpseg seg;

    memset(&seg, 0, sizeof seg);
    seg.flags = (uint16_t)said->flags;
    seg.seq = w->iss[who] + said->seq;
    if (said->ack) {
        seg.flags |= TCPSEG_ACK;
        seg.ack = w->iss[!who] + said->ack;
    }
    seg.data_offset = 5;
    seg.header_captured = 20;
    seg.payload_len = said->len;
    seg.wnd = (uint16_t)(said->wnd == SHUT ? 0 : said->wnd ? said->wnd : 65535);
    seg.present = said->present;
    if (said->tsval) {
        seg.present |= TCPSEG_HAS_TIMESTAMPS;
        seg.tsval = said->tsval;
        seg.tsecr = said->tsecr;
    }
    if (said->mss)
        seg.present |= TCPSEG_HAS_MSS;
    seg.mss = said->mss;
    seg.wscale = said->wscale;
    seg.fastopen_len = said->fastopen_len;
    seg.ip_ttl = said->ttl;
    seg.ip_id = said->ip_id;
    seg.checksum_status = said->checksum_status;
    return seg;
}

static inline int wire_say(struct wire *w, int who, const struct words *said)
{
    tcpseg seg = wire_segment(w, who, said);

    w->now += (uint64_t)(said->ms == SHUT ? 0 : said->ms ? said->ms : 10) * MS;
    return tcpconn_feed(w->conn, w->env, who ^ w->swapped, &seg, NULL, w->now,
                        &w->report);
}

/* SAY(w, A, .seq = 1, .len = 100, .ack = 1) returns the verdict. */
#define SAY(w, who, ...) wire_say(w, who, &(struct words){__VA_ARGS__})

/* SYN, SYN,ACK, ACK: ten milliseconds apart. */
static inline void wire_open(struct wire *w)
{
    SAY(w, A, .flags = TCPSEG_SYN);
    SAY(w, B, .flags = TCPSEG_SYN, .ack = 1);
    SAY(w, A, .seq = 1, .ack = 1);
}

static inline tcpconn_stats wire_stats(const struct wire *w, int who)
{
    tcpconn_stats stats;

    cr_assert_eq(
        tcpconn_get_stats(w->conn, who ^ w->swapped, &stats, sizeof stats),
        sizeof stats);
    return stats;
}

static inline tcpconn_summary wire_summary(const struct wire *w)
{
    tcpconn_summary sum;

    cr_assert_eq(tcpconn_get_summary(w->conn, &sum, sizeof sum), sizeof sum);
    return sum;
}

static inline tcpconn_endpoint_summary wire_end(const struct wire *w, int who)
{
    return wire_summary(w).ep[who ^ w->swapped];
}

static inline void wire_everywhere(void scene(struct wire *))
{
    static const uint32_t starts[] = {0, 0x7fffffff, 0xfffffff0};

    for (unsigned i = 0; i < 6; i++) {
        struct wire w;

        wire_set_up(&w, TCPCONN_WITH_STATS | TCPCONN_WITH_ANALYSIS);
        w.iss[A] = starts[i % 3];
        w.iss[B] = starts[(i + 1) % 3];
        w.swapped = i >= 3;
        scene(&w);
    }
}

/* A test that is played at the start, the middle and the end of the number space,
 * with A as either endpoint. */
#define SCENE(suite, name)                                                     \
    static void name(struct wire *w);                                          \
    Test(suite, name)                                                          \
    {                                                                          \
        wire_everywhere(name);                                                 \
    }                                                                          \
    static void name(struct wire *w)

#define SAME(got, want)                                                        \
    do {                                                                       \
        long long got_ = (long long)(got), want_ = (long long)(want);          \
                                                                               \
        cr_expect_eq(got_, want_, "%s: %lld, not %s", #got, got_, #want);      \
    } while (0)

#endif
