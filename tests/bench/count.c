/* Instructions of single calls, exact and repeatable.
 *
 *     valgrind --tool=callgrind --callgrind-out-file=OUT count
 *     count.py OUT
 *
 * Each case is a loop around one call, between two marks; count.py takes away
 * what the same loop around a function that does nothing needs. */
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <tcpseg/tcpseg.h>
#include <valgrind/callgrind.h>

enum { REPEATS = 1000, ROOM = 2048, ETHERNET = 14, IPV4 = 20 };

/* A header: its name, what is counted for, flags, options. */
struct header {
    const char *name;
    const char *options;
    uint8_t flags;
    uint8_t options_len;
};

#define OPTIONS(text) text, sizeof(text) - 1
#define H(name, flags, text)                                                   \
    {                                                                          \
        name, text, flags, sizeof(text) - 1                                    \
    }
#define TWICE(text) text text
#define TEN(text)   TWICE(text) TWICE(text) TWICE(text) TWICE(text) TWICE(text)

#define TS0 "\x08\x0a\x01\x02\x03\x04\x00\x00\x00\x00" /* echoes nothing */
#define TS  "\x08\x0a\x01\x02\x03\x04\x05\x06\x07\x08"

/* Layouts that the parser predicts, and others it need not. */
static const struct header usual[] = {
    H("no options", TCPSEG_ACK, ""),
    H("timestamps", TCPSEG_ACK, "\x01\x01" TS),
    H("SYN of Linux", TCPSEG_SYN,
      "\x02\x04\x05\xb4\x04\x02" TS0 "\x01\x03\x03\x07"),
    H("SYN,ACK of Linux", TCPSEG_SYN | TCPSEG_ACK,
      "\x02\x04\x05\xb4\x04\x02" TS "\x01\x03\x03\x07"),
    H("SYN of Windows", TCPSEG_SYN,
      "\x02\x04\x05\xb4\x01\x03\x03\x08\x01\x01\x04\x02"),
    H("SYN of macOS", TCPSEG_SYN,
      "\x02\x04\x05\xb4\x01\x03\x03\x06\x01\x01" TS0 "\x04\x02\x00\x00"),
    H("SYN of FreeBSD", TCPSEG_SYN,
      "\x02\x04\x05\xb4\x01\x03\x03\x06\x04\x02" TS0),
    H("SYN with MSS only", TCPSEG_SYN, "\x02\x04\x05\xb4"),
    H("timestamps, one SACK block", TCPSEG_ACK,
      "\x01\x01" TS "\x01\x01\x05\x0a\x00\x00\x00\x01\x00\x00\x00\x02"),
    H("timestamps, three SACK blocks", TCPSEG_ACK,
      "\x01\x01" TS "\x01\x01\x05\x1a" TEN("\x00\x01") "\x00\x02\x00\x01"),
    H("SACK block without timestamps", TCPSEG_ACK,
      "\x01\x01\x05\x0a\x00\x00\x00\x01\x00\x00\x00\x02"),
};

/* Legal, and not usual: as many options as fit, of each form. */
static const struct header odd[] = {
    H("40 NOPs", TCPSEG_ACK, TWICE(TWICE(TEN("\x01")))),
    H("end of list first", TCPSEG_ACK, "\x00\x00\x00\x00" TEN("\0\0\0")),
    H("20 SACK permitted", TCPSEG_SYN, TWICE(TEN("\x04\x02"))),
    H("20 unknown of 2", TCPSEG_ACK, TWICE(TEN("\x63\x02"))),
    H("13 window scales", TCPSEG_SYN,
      TEN("\x03\x03\x07") "\x03\x03\x07\x03\x03"
                          "\x07\x03\x03\x07\x01"),
    H("10 MSS", TCPSEG_SYN, TEN("\x02\x04\x05\xb4")),
    H("4 timestamps", TCPSEG_ACK, TWICE(TWICE(TS))),
    H("4 SACK of one block", TCPSEG_ACK,
      TWICE(TWICE("\x05\x0a\x00\x00\x00\x01\x00\x00\x00\x02"))),
    H("4 SACK blocks", TCPSEG_ACK,
      "\x01\x01\x05\x22" TEN("\x00\x01") TEN("\x00\x02")
          TEN("\x00\x03") "\x00\x04"),
    H("10 experiments", TCPSEG_ACK, TEN("\xfd\x04\xf9\x89")),
    H("20 experiments without ExID", TCPSEG_ACK, TWICE(TEN("\xfe\x02"))),
    H("10 MPTCP", TCPSEG_ACK, TEN("\x1e\x04\x40\x00")),
    H("MPTCP data sequence", TCPSEG_ACK,
      "\x01\x01" TS "\x1e\x14\x20\x05" TWICE("\x00\x01\x02\x03")
          TWICE("\x00\x01\x02\x03")),
    H("MD5 signature", TCPSEG_ACK,
      "\x13\x12" TWICE("\x11\x22\x33\x44\x55\x66\x77\x88") "\x01\x01"),
    H("TCP-AO", TCPSEG_ACK, "\x1d\x10" TWICE("\x11\x22\x33\x44\x55\x66\x77")),
    H("10 user time-outs", TCPSEG_ACK, TEN("\x1c\x04\x80\x05")),
    H("Fast Open", TCPSEG_SYN,
      "\x02\x04\x05\xb4\x22\x0a\x01\x02\x03\x04\x05\x06\x07\x08\x01\x01"),
    H("AccECN", TCPSEG_ACK,
      "\x01\x01" TS "\xac\x0b\x01\x02\x03\x04\x05\x06\x07\x08\x09\x01"),
    H("Quick-Start", TCPSEG_SYN, "\x1b\x08\x00\x40\x00\x00\x00\x10"),
    H("NOP, timestamps, NOP", TCPSEG_ACK, "\x01" TS "\x01"),
    H("NOPs between", TCPSEG_SYN,
      "\x01\x02\x04\x05\xb4\x01\x03\x03\x07\x01\x04\x02\x01\x01" TS0),
};

static uint8_t frame[ROOM];

static size_t build(const struct header *h, size_t payload)
{
    uint8_t *ip = frame + ETHERNET, *tcp = ip + IPV4;
    size_t header = 20 + ((size_t)h->options_len + 3) / 4 * 4;
    size_t total = IPV4 + header + payload;

    memset(frame, 0, sizeof frame);
    frame[12] = 0x08;
    ip[0] = 0x45;
    ip[2] = (uint8_t)(total >> 8);
    ip[3] = (uint8_t)total;
    ip[8] = 64;
    ip[9] = 6;
    memcpy(ip + 12, "\xc0\x00\x02\x01\xc0\x00\x02\x02", 8);
    memcpy(tcp, "\xc0\x00\x01\xbb\x01\x02\x03\x04", 8);
    if (h->flags & TCPSEG_ACK)
        memcpy(tcp + 8, "\x05\x06\x07\x08", 4);
    tcp[12] = (uint8_t)(header / 4 << 4);
    tcp[13] = h->flags;
    tcp[14] = 0x20;
    memcpy(tcp + 20, h->options, h->options_len);
    memset(tcp + header, 'x', payload);
    return total;
}

__attribute__((noinline)) static void nothing(void)
{
    __asm__ volatile("");
}

/* A case is known by its name and how many option bytes it has. */
#define COUNT(kind, name, bytes, call)                                         \
    do {                                                                       \
        char text[128];                                                        \
                                                                               \
        snprintf(text, sizeof text, "%s|%s|%zu", kind, name, (size_t)(bytes)); \
        call; /* what is done once is done now */                              \
        CALLGRIND_ZERO_STATS;                                                  \
        for (int i_ = 0; i_ < REPEATS; i_++) {                                 \
            call;                                                              \
            __asm__ volatile("" ::: "memory");                                 \
        }                                                                      \
        CALLGRIND_DUMP_STATS_AT(text);                                         \
    } while (0)

static void parse(const char *kind, const struct header *h)
{
    size_t total = build(h, 0), length = total - IPV4, bytes = length - 20;
    const uint8_t *tcp = frame + ETHERNET + IPV4;
    tcpseg seg;

    if (tcpseg_parse(&seg, tcp, length, length) != TCPSEG_OK)
        fprintf(stderr, "%s: not legal\n", h->name);
    COUNT(kind, h->name, bytes, tcpseg_parse(&seg, tcp, length, length));
    COUNT("frame", h->name, bytes,
          tcpseg_parse_frame(&seg, NULL, 0, TCPSEG_LINK_ETHERNET, 0, frame,
                             ETHERNET + total, ETHERNET + total));
}

static void sums(void)
{
    static const size_t lengths[] = {0, 20, 32, 40, 52, 64, 96, 128, 576, 1460};
    tcpseg_address a = {
        .src = {192, 0, 2, 1}, .dst = {192, 0, 2, 2}, .family = 4};
    char name[32];
    tcpseg seg;

    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        snprintf(name, sizeof name, "%zu bytes", lengths[i]);
        COUNT("sum", name, 0, tcpseg_checksum_sum(0, frame + 34, lengths[i]));
    }
    for (size_t payload = 0; payload <= 1448; payload += 362) {
        size_t length = build(&usual[1], payload) - IPV4;

        tcpseg_parse(&seg, frame + 34, length, length);
        snprintf(name, sizeof name, "32+%zu bytes", payload);
        COUNT("verify", name, 0, tcpseg_checksum_verify(&seg, frame + 34, &a));
    }
}

/* ---- an open connection ---- */

struct dialogue {
    tcpconn_env_storage env_memory;
    uint64_t memory[512];
    tcpconn_env *env;
    tcpconn *conn;
    tcpseg seg[2];    /* what the two send next */
    const void *data; /* of the text, if it is delivered */
    uint64_t now;
    tcpconn_report report;
};

typedef int feeder(tcpconn *conn, tcpconn_env *env, int dir, const tcpseg *seg,
                   const void *data, uint64_t now, tcpconn_report *report);

__attribute__((noinline)) static int
feed_nothing(tcpconn *conn, tcpconn_env *env, int dir, const tcpseg *seg,
             const void *data, uint64_t now, tcpconn_report *report)
{
    __asm__ volatile("" ::"r"(conn), "r"(env), "r"(dir), "r"(seg), "r"(data),
                     "r"(now), "r"(report));
    return 0;
}

/* Text from one side, and its acknowledgment from the other. */
static void say(struct dialogue *d, feeder *feed, tcpconn_report *report)
{
    tcpseg *text = &d->seg[0], *ack = &d->seg[1];

    d->now += 1000;
    feed(d->conn, d->env, 0, text, d->data, d->now, report);
    text->seq += text->payload_len;
    text->tsval++;
    text->ip_id++;
    ack->ack = text->seq;
    ack->tsval++;
    ack->ip_id++;
    feed(d->conn, d->env, 1, ack, NULL, d->now, report);
}

static void set_up(struct dialogue *d, uint32_t parts)
{
    tcpseg syn = {.flags = TCPSEG_SYN,
                  .seq = 99,
                  .wnd = 60000,
                  .header_captured = 40,
                  .data_offset = 10,
                  .present = TCPSEG_HAS_TIMESTAMPS | TCPSEG_HAS_WSCALE,
                  .wscale = 7,
                  .ip_ttl = 64,
                  .checksum_status = TCPSEG_CHECKSUM_OK};
    tcpseg next = syn;

    memset(d, 0, sizeof *d);
    tcpconn_env_init(&d->env_memory, sizeof d->env_memory, NULL, &d->env);
    tcpconn_init(d->memory, sizeof d->memory, parts, &d->conn);
    tcpconn_feed(d->conn, d->env, 0, &syn, NULL, 0, NULL);
    syn.flags |= TCPSEG_ACK;
    syn.seq = 499;
    syn.ack = 100;
    tcpconn_feed(d->conn, d->env, 1, &syn, NULL, 1000, NULL);
    next.flags = TCPSEG_ACK;
    next.present = TCPSEG_HAS_TIMESTAMPS;
    next.tsval = 1;
    next.ip_id = 1;
    d->seg[0] = d->seg[1] = next;
    d->seg[0].seq = d->seg[1].ack = 100;
    d->seg[0].ack = d->seg[1].seq = 500;
    tcpconn_feed(d->conn, d->env, 0, &d->seg[0], NULL, 2000, NULL);
    d->seg[0].payload_len = 1448;
    d->seg[0].ip_id++;
    say(d, tcpconn_feed, NULL); /* now both are sure of it */
}

static void take(void *user, tcpconn *conn, const tcpconn_event *ev,
                 const void *bytes)
{
    __asm__ volatile("" ::"r"(user), "r"(conn), "r"(ev), "r"(bytes));
}

static void deliver_to(struct dialogue *d)
{
    static const unsigned char data[20 + 1448];

    d->data = data;
    d->seg[0].payload_captured = d->seg[0].payload_len;
}

/* From now on, the text goes to a callback. */
static void deliver(struct dialogue *d)
{
    tcpconn_config cfg;

    tcpconn_config_default(&cfg, sizeof cfg);
    cfg.on_data = take;
    tcpconn_env_init(&d->env_memory, sizeof d->env_memory, &cfg, &d->env);
    deliver_to(d);
}

/* ---- text out of order ---- */

static uint32_t sent; /* segments of the pattern so far */

/* Text of one segment, so far behind the next byte. */
static void say_ahead(struct dialogue *d, uint32_t ahead, uint32_t len)
{
    tcpseg text = d->seg[0];

    text.seq += ahead;
    text.payload_len = text.payload_captured = len;
    tcpconn_feed(d->conn, d->env, 0, &text, d->data, d->now, NULL);
}

static void backwards(struct dialogue *d)
{
    say_ahead(d, 7000000 - sent++, 1);
}

static void with_holes(struct dialogue *d)
{
    say_ahead(d, 1 + 2 * sent++, 1);
}

static void over_and_over(struct dialogue *d)
{
    sent = sent * 1664525u + 1013904223u;
    say_ahead(d, 1 + (sent >> 8) % 100000, 1 + (sent >> 4) % 1448);
}

static void wait_in_line(struct dialogue *d)
{
    say_ahead(d, 1448 * ++sent, 1448);
}

static void keep(struct dialogue *d)
{
    static uint64_t pool[1 << 20];
    tcpconn_config cfg;

    set_up(d, 0);
    tcpconn_config_default(&cfg, sizeof cfg);
    tcpconn_pool_init(pool, sizeof pool, 2048, &cfg.pool);
    cfg.on_data = take;
    tcpconn_env_init(&d->env_memory, sizeof d->env_memory, &cfg, &d->env);
    deliver_to(d);
    sent = 0;
}

static void out_of_order(void)
{
    static struct dialogue d;

    keep(&d);
    COUNT("wait", "1448 bytes, each behind the last", 0, wait_in_line(&d));
    keep(&d);
    COUNT("wait", "single bytes, backwards", 0, backwards(&d));
    keep(&d);
    COUNT("wait", "every second byte", 0, with_holes(&d));
    keep(&d);
    COUNT("wait", "over and over", 0, over_and_over(&d));
}

/* Two segments each: divide by two. */
static void connections(void)
{
    static struct dialogue d;

    set_up(&d, 0);
    COUNT("loop-conn", "nothing", 0, say(&d, feed_nothing, NULL));
    set_up(&d, 0);
    COUNT("conn", "text and its ACK", 0, say(&d, tcpconn_feed, NULL));
    deliver(&d);
    COUNT("conn", "text and its ACK, delivered", 0,
          say(&d, tcpconn_feed, NULL));
    set_up(&d, 0);
    COUNT("conn", "text and its ACK, with a report", 0,
          say(&d, tcpconn_feed, &d.report));
    set_up(&d, TCPCONN_WITH_STATS);
    COUNT("conn", "text and its ACK, counted", 0, say(&d, tcpconn_feed, NULL));
    set_up(&d, TCPCONN_WITH_ANALYSIS);
    COUNT("conn", "text and its ACK, analysed", 0, say(&d, tcpconn_feed, NULL));
}

int main(void)
{
    COUNT("loop", "nothing", 0, nothing());
    for (size_t i = 0; i < sizeof usual / sizeof *usual; i++)
        parse("parse", &usual[i]);
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++)
        parse("odd", &odd[i]);
    sums();
    connections();
    out_of_order();
    return 0;
}
