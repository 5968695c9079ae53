/* A packet's addresses and ports as one key of sixteen bytes, the same for both
 * directions: for tables that are not this library's. */
#ifndef TESTS_BENCH_TUPLE_H
#define TESTS_BENCH_TUPLE_H

#include "bench.h"
#include <string.h>

struct tuple {
    uint32_t address[2];
    uint16_t port[2];
    uint32_t zone;
};

static inline struct tuple tuple_of(const struct packet *p)
{
    const uint8_t *tcp = p->eth + p->l4;
    uint32_t a[2];
    uint16_t port[2];
    struct tuple t;
    int upper;

    memcpy(a, p->eth + 26, 8);
    memcpy(port, tcp, 4);
    upper = a[0] > a[1];
    t.address[0] = a[upper];
    t.address[1] = a[!upper];
    t.port[0] = port[upper];
    t.port[1] = port[!upper];
    t.zone = 0;
    return t;
}

#endif
