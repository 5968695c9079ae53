/* A plain parser in the manner of Linux's input path: one 32-bit comparison
 * predicts "NOP NOP timestamps", else a walk. Written from the description. */
#include "bench.h"
#include <string.h>

struct options {
    uint32_t tsval, tsecr, sack[8];
    uint16_t mss;
    uint8_t wscale, sack_permitted, blocks;
};

static uint32_t load32(const uint8_t *p)
{
    uint32_t v;

    memcpy(&v, p, sizeof v);
    return __builtin_bswap32(v);
}

static uint16_t load16(const uint8_t *p)
{
    uint16_t v;

    memcpy(&v, p, sizeof v);
    return __builtin_bswap16(v);
}

static void option(const uint8_t *p, uint8_t len, struct options *o)
{
    switch (p[0]) {
    case 2:
        if (len == 4)
            o->mss = load16(p + 2);
        break;
    case 3:
        if (len == 3)
            o->wscale = p[2] > 14 ? 14 : p[2];
        break;
    case 4:
        o->sack_permitted = len == 2;
        break;
    case 5:
        if (len < 10 || (len - 2) % 8 != 0)
            break;
        o->blocks = (uint8_t)((len - 2) / 8);
        for (int i = 0; i < o->blocks * 2; i++)
            o->sack[i] = load32(p + 2 + 4 * i);
        break;
    case 8:
        if (len == 10) {
            o->tsval = load32(p + 2);
            o->tsecr = load32(p + 6);
        }
        break;
    default:
        break;
    }
}

static __attribute__((noinline)) void walk(const uint8_t *p, uint32_t n,
                                           struct options *o)
{
    while (n > 0 && p[0] != 0) {
        uint8_t len = 1;

        if (p[0] != 1) {
            if (n < 2 || p[1] < 2 || p[1] > n)
                return;
            len = p[1];
            option(p, len, o);
        }
        p += len;
        n -= len;
    }
}

static inline uint64_t segment(const uint8_t *p, uint32_t len)
{
    struct options o = {0};
    uint32_t header;

    if (len < 20)
        return 0;
    header = (p[12] >> 4) * 4u;
    if (header < 20 || header > len)
        return 0;
    if (header == 32 && load32(p + 20) == 0x0101080a) {
        o.tsval = load32(p + 24);
        o.tsecr = load32(p + 28);
    } else if (header > 20) {
        walk(p + 20, header - 20, &o);
    }
    return fold_fields(load16(p), load16(p + 2), load32(p + 4), load32(p + 8),
                       p[13], load16(p + 14), o.tsval, o.tsecr, o.mss,
                       o.wscale);
}

static uint64_t parse_tcp(const struct packet *p, size_t n)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < n; i++)
        sum += segment(p[i].eth + p[i].l4, p[i].len - p[i].l4);
    return sum;
}

static inline uint64_t frame(const uint8_t *p, uint32_t len)
{
    const uint8_t *ip = p + 14;
    uint32_t header, total;

    if (len < 34 || load16(p + 12) != 0x0800)
        return 0;
    header = (ip[0] & 15) * 4u;
    total = load16(ip + 2);
    if (ip[0] >> 4 != 4 || header < 20 || total < header || total > len - 14 ||
        ip[9] != 6 || (load16(ip + 6) & 0x1fff) != 0)
        return 0;
    return segment(ip + header, total - header);
}

static uint64_t parse_eth(const struct packet *p, size_t n)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < n; i++)
        sum += frame(p[i].eth, p[i].len);
    return sum;
}

static inline int sums_right(const uint8_t *p, uint32_t n, uint64_t sum)
{
    uint64_t v;

    for (; n >= 8; p += 8, n -= 8) {
        memcpy(&v, p, 8);
        sum += v;
        sum += sum < v;
    }
    if (n > 0) {
        v = 0;
        memcpy(&v, p, n);
        sum += v;
        sum += sum < v;
    }
    sum = (sum & 0xffffffff) + (sum >> 32);
    sum = (sum & 0xffffffff) + (sum >> 32);
    sum = (sum & 0xffff) + (sum >> 16);
    return ((sum & 0xffff) + (sum >> 16)) == 0xffff;
}

static uint64_t verify(const struct packet *p, size_t n)
{
    uint64_t good = 0, addresses;

    for (size_t i = 0; i < n; i++) {
        const uint8_t *tcp = p[i].eth + p[i].l4;
        uint32_t len = p[i].len - p[i].l4;

        memcpy(&addresses, tcp - 8, 8);
        good +=
            (uint64_t)sums_right(tcp, len,
                                 (addresses & 0xffffffff) + (addresses >> 32) +
                                     0x0600 + __builtin_bswap16((uint16_t)len));
    }
    return good;
}

const struct adapter bench_adapter = {
    .name = "plain C like Linux",
    .parse_tcp = parse_tcp,
    .parse_eth = parse_eth,
    .verify = verify,
};
