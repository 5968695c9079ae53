/* A TCP header from its values: the parser's inverse. */
#include <tcpseg/checksum.h>

#include "inline.h"
#include "option_int.h"

enum { CHECKSUM_AT = 16, TCP = 6 };

/* An option area being filled. A negative `used` is an error that stays. */
struct area {
    uint8_t bytes[LARGEST_AREA];
    int used;
};

NOINLINE static void put(struct area *a, unsigned kind, const void *data,
                         size_t len)
{
    if (a->used >= 0)
        a->used = tcpseg_option_put(a->bytes, sizeof a->bytes, (size_t)a->used,
                                    kind, data, len);
}

static void put_nops(struct area *a, unsigned n)
{
    while (n--)
        put(a, TCPSEG_KIND_NOP, NULL, 0);
}

static void put_sack(struct area *a, const tcpseg *seg)
{
    uint8_t blocks[32];
    uint32_t n = seg->sack_count < 4 ? seg->sack_count : 4;

    for (uint32_t i = 0; i < n; i++) {
        store_be32(blocks + 8 * i, seg->sack[i].left);
        store_be32(blocks + 8 * i + 4, seg->sack[i].right);
    }
    put_nops(a, 2);
    put(a, TCPSEG_KIND_SACK, blocks, 8 * n);
}

/* The options whose values a segment carries, in Linux's order: in a SYN, SACK
 * permitted and timestamps share the NOPs' place. */
static void put_values(struct area *a, const tcpseg *seg)
{
    bool sack_permitted = seg->present & TCPSEG_HAS_SACK_PERMITTED;
    bool timestamps = seg->present & TCPSEG_HAS_TIMESTAMPS;
    uint8_t value[8];

    if (seg->present & TCPSEG_HAS_MSS) {
        store_be16(value, seg->mss);
        put(a, TCPSEG_KIND_MSS, value, 2);
    }
    if (sack_permitted != timestamps)
        put_nops(a, 2);
    if (sack_permitted)
        put(a, TCPSEG_KIND_SACK_PERMITTED, NULL, 0);
    if (timestamps) {
        store_be32(value, seg->tsval);
        store_be32(value + 4, seg->tsecr);
        put(a, TCPSEG_KIND_TIMESTAMPS, value, 8);
    }
    if (seg->present & TCPSEG_HAS_WSCALE) {
        put_nops(a, 1);
        put(a, TCPSEG_KIND_WSCALE, &seg->wscale, 1);
    }
    if (seg->present & TCPSEG_HAS_SACK && seg->sack_count)
        put_sack(a, seg);
}

/* Whether a well-formed area says that its list is over: then zeros follow. */
static bool list_is_over(const uint8_t *area, uint32_t len)
{
    for (uint32_t pos = 0, step; pos < len; pos += step) {
        step = 1;
        if (area[pos] == TCPSEG_KIND_EOL)
            return true;
        if (area[pos] > TCPSEG_KIND_NOP) {
            if (pos + 1 >= len || area[pos + 1] < 2)
                return false;
            step = area[pos + 1];
        }
    }
    return false;
}

static void pad(struct area *a)
{
    uint8_t fill = list_is_over(a->bytes, (uint32_t)a->used) ? TCPSEG_KIND_EOL
                                                             : TCPSEG_KIND_NOP;

    while (a->used & 3)
        a->bytes[a->used++] = fill;
}

static void write_header(uint8_t *p, const tcpseg *seg, const struct area *a)
{
    uint32_t words = (FIXED_HEADER + (uint32_t)a->used) / 4;

    store_be16(p, seg->src_port);
    store_be16(p + 2, seg->dst_port);
    store_be32(p + 4, seg->seq);
    store_be32(p + 8, seg->ack);
    store_be16(p + 12, words << 12 | (seg->flags & 0xfffu));
    store_be16(p + 14, seg->wnd);
    store_be16(p + CHECKSUM_AT, seg->checksum);
    store_be16(p + 18, seg->up);
    memcpy(p + FIXED_HEADER, a->bytes, (size_t)a->used);
}

/* Pseudo-header, header and payload are summed apart: the header's length is
 * even, so the payload starts at an even offset. */
static uint16_t header_checksum(const uint8_t *header, size_t header_len,
                                const void *payload, size_t payload_len,
                                const tcpseg_address *address)
{
    size_t address_len = address->family == 4 ? 4 : 16;
    uint8_t rest[8];
    uint16_t sum;

    store_be32(rest, (uint32_t)(header_len + payload_len));
    store_be32(rest + 4, TCP);
    sum = tcpseg_checksum_sum(0, address->src, address_len);
    sum = tcpseg_checksum_sum(sum, address->dst, address_len);
    sum = tcpseg_checksum_sum(sum, rest, sizeof rest);
    sum = tcpseg_checksum_sum(sum, header, header_len);
    return (uint16_t)~tcpseg_checksum_sum(sum, payload, payload_len);
}

int tcpseg_build(void *buf, size_t buf_size, const tcpseg *seg,
                 const void *options, size_t options_len, const void *payload,
                 size_t payload_len, const tcpseg_address *address)
{
    struct area a = {{0}, 0};
    uint8_t *p = buf;
    int len;

    if (!buf || !seg || (!options && options_len) ||
        (address && ((!payload && payload_len) ||
                     (address->family != 4 && address->family != 6) ||
                     payload_len > UINT32_MAX - LARGEST_HEADER)))
        return TCPSEG_ERR_ARG;
    if (options_len > LARGEST_AREA)
        return TCPSEG_ERR_FULL;
    if (options) {
        memcpy(a.bytes, options, options_len);
        a.used = (int)options_len;
    } else {
        put_values(&a, seg);
    }
    if (a.used < 0)
        return a.used;
    pad(&a);
    len = FIXED_HEADER + a.used;
    if (buf_size < (size_t)len)
        return TCPSEG_ERR_SIZE;

    write_header(p, seg, &a);
    if (address) {
        store_be16(p + CHECKSUM_AT, 0);
        store_be16(p + CHECKSUM_AT, header_checksum(p, (size_t)len, payload,
                                                    payload_len, address));
    }
    return len;
}
