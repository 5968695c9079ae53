/* What the driver (main.c) and an adapter share. An adapter is one file that
 * defines bench_adapter: how one library does the same work. */
#ifndef TESTS_BENCH_BENCH_H
#define TESTS_BENCH_BENCH_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A frame of Ethernet and IPv4 as gen.c makes them. */
struct packet {
    const uint8_t *eth;
    uint32_t len;
    uint16_t l4; /* where TCP's header starts in it */
    uint64_t us; /* when, in microseconds */
};

/* What every parser has to find in a segment, made one number: so that nothing
 * of the work can be left out, and rows that differ are seen. Absent options
 * are 0. */
static inline uint64_t fold_fields(uint16_t src_port, uint16_t dst_port,
                                   uint32_t seq, uint32_t ack, uint8_t flags,
                                   uint16_t wnd, uint32_t tsval, uint32_t tsecr,
                                   uint32_t mss, uint32_t wscale)
{
    uint64_t ports = (uint64_t)src_port << 16 ^ dst_port;

    return ports + (uint64_t)seq * 3 + (uint64_t)ack * 5 + flags * 7u +
           wnd * 11u + (uint64_t)tsval * 13 + (uint64_t)tsecr * 17 + mss * 19u +
           wscale * 23u;
}

/* A function that is NULL is work this library does not offer. */
struct adapter {
    const char *name;
    /* from TCP's header; the sum of fold_fields() */
    uint64_t (*parse_tcp)(const struct packet *p, size_t n);
    /* the same from Ethernet's */
    uint64_t (*parse_eth)(const struct packet *p, size_t n);
    /* how many checksums are right */
    uint64_t (*verify)(const struct packet *p, size_t n);
    /* a tracker for so many connections; bytes delivered and connections seen */
    void *(*track_new)(size_t connections);
    /* if there is one: what is done before the clock runs, for all packets */
    void (*track_prepare)(void *tracker, const struct packet *p, size_t n);
    uint64_t (*track_feed)(void *tracker, const struct packet *p, size_t n);
    size_t (*track_bytes)(void *tracker);
    void (*track_free)(void *tracker);
};

extern const struct adapter bench_adapter;

#ifdef __cplusplus
}
#endif
#endif
