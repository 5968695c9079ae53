/* This library. With ONE_BY_ONE, connections are fed a packet a call. */
#include "bench.h"
#include "block.h"
#include "listener.h"
#include <stdlib.h>
#include <string.h>
#include <tcpseg/tcpseg.h>

static uint64_t fold(const tcpseg *seg)
{
    return fold_fields(seg->src_port, seg->dst_port, seg->seq, seg->ack,
                       (uint8_t)seg->flags, seg->wnd, seg->tsval, seg->tsecr,
                       seg->mss, seg->wscale);
}

static uint64_t parse_tcp(const struct packet *p, size_t n)
{
    uint64_t sum = 0;
    tcpseg seg;

    for (size_t i = 0; i < n; i++) {
        size_t len = p[i].len - p[i].l4;

        if (tcpseg_parse(&seg, p[i].eth + p[i].l4, len, len) == TCPSEG_OK)
            sum += fold(&seg);
    }
    return sum;
}

static uint64_t parse_eth(const struct packet *p, size_t n)
{
    uint64_t sum = 0;
    tcpseg seg;

    for (size_t i = 0; i < n; i++)
        if (tcpseg_parse_frame(&seg, NULL, 0, TCPSEG_LINK_ETHERNET, 0, p[i].eth,
                               p[i].len, p[i].len) == TCPSEG_OK)
            sum += fold(&seg);
    return sum;
}

/* With the parsing that comes before it. */
static uint64_t verify(const struct packet *p, size_t n)
{
    tcpseg_address address = {.family = 4, .protocol = 6};
    uint64_t good = 0;
    tcpseg seg;

    for (size_t i = 0; i < n; i++) {
        const uint8_t *tcp = p[i].eth + p[i].l4;
        size_t len = p[i].len - p[i].l4;

        memcpy(address.src, tcp - 8, 4);
        memcpy(address.dst, tcp - 4, 4);
        tcpseg_parse(&seg, tcp, len, len);
        good +=
            tcpseg_checksum_verify(&seg, tcp, &address) == TCPSEG_CHECKSUM_OK;
    }
    return good;
}

/* ---- connections ---- */

enum { BURST = 256 };

struct tracker {
    tcptable *table;
    size_t size;
    struct listener listener;
    void *block;
    tcptable_packet answers[BURST];
};

static void *track_new(size_t connections)
{
    struct tracker *t = calloc(1, sizeof *t);
    tcptable_config table;

    tcptable_config_default(&table, sizeof table);
    table.connections = (uint32_t)connections;
    table.half_open = (uint32_t)connections;
    table.ipv6 = 0;
    table.crowded = 100;
    table.seed[0] = UINT64_C(0x243f6a8885a308d3);
    table.seed[1] = UINT64_C(0x13198a2e03707344);
    t->size = tcptable_size(&table);
    t->block = block_new(t->size);
    tcptable_init(t->block, t->size, &table, &t->table);
    listen_begin(&t->listener);
    return t;
}

#ifdef ONE_BY_ONE
static void feed_some(struct tracker *t, const struct packet *p, size_t n)
{
    tcpseg_frame frame;
    tcpseg seg;

    for (size_t i = 0; i < n; i++) {
        tcpseg_parse_frame(&seg, &frame, sizeof frame, TCPSEG_LINK_ETHERNET, 0,
                           p[i].eth, p[i].len, p[i].len);
        tcptable_feed(t->table, t->listener.env, &frame, &seg,
                      p[i].eth + frame.offset, p[i].us * 1000, t->answers);
    }
}
#else
static void feed_some(struct tracker *t, const struct packet *p, size_t n)
{
    const void *frames[BURST];
    uint32_t lengths[BURST];

    for (size_t i = 0; i < n; i++) {
        frames[i] = p[i].eth;
        lengths[i] = p[i].len;
        t->answers[i].now = p[i].us * 1000;
    }
    tcptable_feed_burst(t->table, t->listener.env, TCPSEG_LINK_ETHERNET,
                        (uint32_t)n, frames, lengths, NULL, t->answers);
}
#endif

static uint64_t track_feed(void *tracker, const struct packet *p, size_t n)
{
    struct tracker *t = tracker;

    for (size_t i = 0; i < n; i += BURST)
        feed_some(t, p + i, n - i < BURST ? n - i : BURST);
    return t->listener.bytes;
}

static size_t track_bytes(void *tracker)
{
    struct tracker *t = tracker;

    return t->size;
}

static void track_free(void *tracker)
{
    struct tracker *t = tracker;

    munmap(t->block, t->size);
    listen_end(&t->listener);
    free(t);
}

const struct adapter bench_adapter = {
#ifdef ONE_BY_ONE
    .name = "libtcpseg, packet by packet",
#else
    .name = "libtcpseg",
#endif
    .parse_tcp = parse_tcp,
    .parse_eth = parse_eth,
    .verify = verify,
    .track_new = track_new,
    .track_feed = track_feed,
    .track_bytes = track_bytes,
    .track_free = track_free,
};
