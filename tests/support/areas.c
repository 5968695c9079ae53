#include "areas.h"

#include <stdbool.h>
#include <string.h>

/* splitmix64, a public-domain generator. */
uint64_t areas_random(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

unsigned areas_below(uint64_t *state, unsigned n)
{
    return (unsigned)(areas_random(state) >> 32) % n;
}

static bool one_in(uint64_t *state, unsigned n)
{
    return areas_below(state, n) == 0;
}

static unsigned one_of(uint64_t *state, const uint8_t *list, unsigned n)
{
    return list[areas_below(state, n)];
}

/* Kinds worth meeting, the frequent ones more than once. */
static unsigned some_kind(uint64_t *state)
{
    static const uint8_t kinds[] = {
        0,  1,  1,  1,  1,  2,  2,  2,   3,   3,   4,   4,   5,   5,   5,  8,
        8,  8,  6,  7,  9,  10, 11, 12,  13,  14,  15,  16,  17,  18,  19, 20,
        21, 22, 23, 24, 25, 26, 27, 28,  28,  29,  29,  30,  30,  30,  30, 30,
        30, 31, 34, 34, 69, 70, 99, 172, 172, 174, 253, 253, 254, 254, 254};

    if (one_in(state, 16))
        return areas_below(state, 256);
    return one_of(state, kinds, sizeof kinds);
}

/* A length that belongs to the kind, as often as not. */
static unsigned some_len(uint64_t *state, unsigned kind)
{
    static const uint8_t any[] = {2,  3,  4,  5,  6,  8,  10, 11, 12,
                                  16, 18, 20, 22, 24, 26, 28, 30, 34};

    switch (kind) {
    case 2:
    case 20:
    case 28:
        return 4;
    case 3:
    case 10:
    case 14:
    case 18:
        return 3;
    case 4:
    case 9:
    case 22:
    case 23:
        return 2;
    case 5:
        return 2 + 8 * (1 + areas_below(state, 4));
    case 6:
    case 7:
    case 11:
    case 12:
    case 13:
    case 21:
        return 6;
    case 8:
        return 10;
    case 19:
        return 18;
    case 27:
        return 8;
    case 30:
        return one_of(state, any + 1, sizeof any - 1);
    case 172:
    case 174:
        return 2 + 3 * areas_below(state, 4);
    default:
        return one_of(state, any, sizeof any);
    }
}

static void put16(uint8_t *p, unsigned v)
{
    p[0] = (uint8_t)(v >> 8);
    p[1] = (uint8_t)v;
}

/* SACK edges that touch, cross and lie in each other need nearby numbers. */
static void near_numbers(uint64_t *state, uint8_t *p, unsigned len)
{
    static const uint32_t bases[] = {0, 0x7ffffff0, 0xfffffff0, 1000};
    uint32_t base = bases[areas_below(state, 4)];
    unsigned i;

    for (i = 2; i + 4 <= len; i += 4) {
        uint32_t v;

        if (one_in(state, 8))
            base = bases[areas_below(state, 4)];
        v = base + areas_below(state, 32);
        put16(p + i, v >> 16);
        put16(p + i + 2, v & 0xffff);
    }
}

static void identifier(uint64_t *state, uint8_t *p, unsigned len)
{
    static const uint16_t known[] = {
        0x00ac, 0x0348, 0x0a0d, 0x0ca0, 0x0ed0, 0x454e, 0x5323, 0x75ec, 0xacc0,
        0xacc1, 0xacce, 0xf989, 0xf989, 0xf990, 0xe2d4, 0xe2d4, 0xe2d5, 0xf900};

    if (len < 4)
        return;
    put16(p + 2, known[areas_below(state, sizeof known / sizeof *known)]);
    if (len >= 6 && p[2] == 0xe2)
        put16(p + 4,
              one_in(state, 2) ? 0xc3d9 : 0xc3c4 + areas_below(state, 2));
}

/* Makes the length follow from subtype and flags, where there is such a
 * rule. */
static unsigned mptcp_len(uint64_t *state, uint8_t *p, unsigned len)
{
    static const uint8_t capable[] = {4, 12, 20, 22, 24};
    static const uint8_t address[] = {8, 10, 16, 18, 20, 22, 28, 30};

    p[2] = (uint8_t)(areas_below(state, 16) << 4 | areas_below(state, 8));
    p[3] = (uint8_t)areas_below(state, 32);
    switch (p[2] >> 4) {
    case 0:
        p[2] &= 0x01;
        return one_of(state, capable, sizeof capable);
    case 1:
        return 12 + 4 * areas_below(state, 4);
    case 2:
        len = 4 + (p[3] & 1 ? p[3] & 2 ? 8u : 4u : 0u);
        if (p[3] & 4)
            len += (p[3] & 8 ? 14u : 10u) + 2 * areas_below(state, 2);
        return len;
    case 3:
        return one_of(state, address, sizeof address);
    case 5:
    case 8:
        return 3 + areas_below(state, 2);
    case 6:
    case 7:
        return 12;
    default:
        return len;
    }
}

/* Writes one option at `p` where `room` bytes are left; returns how many it
 * took, which is less than it states where it ends past the area. */
static unsigned option(uint64_t *state, uint8_t *p, unsigned room)
{
    uint8_t whole[40] = {0};
    unsigned kind = some_kind(state), len = some_len(state, kind), i;

    if (kind < 2) {
        p[0] = (uint8_t)kind;
        return 1;
    }
    for (i = 2; i < len && !one_in(state, 12); i++)
        whole[i] = (uint8_t)areas_random(state);
    if (kind == 5 || (kind == 8 && one_in(state, 2)))
        near_numbers(state, whole, len);
    if (kind == 30)
        len = mptcp_len(state, whole, len);
    if (kind >= 253)
        identifier(state, whole, len);
    whole[0] = (uint8_t)kind;
    whole[1] = (uint8_t)len;
    if (one_in(state, 6))
        len = whole[1] = (uint8_t)(len + areas_below(state, 5) - 2);
    if (one_in(state, 64))
        whole[1] = (uint8_t)areas_random(state);
    if (len > 40)
        len = 40;
    if (len == 0)
        len = 1;
    if (len > room)
        len = room;
    memcpy(p, whole, len);
    return len;
}

unsigned areas_options(uint64_t *state, uint8_t area[40])
{
    unsigned size = 4 * (1 + areas_below(state, 10)), at = 0;

    memset(area, 0, 40);
    if (one_in(state, 8))
        memset(area, 1, 40);
    while (at < size) {
        at += option(state, area + at, size - at);
        if (one_in(state, 12))
            break;
    }
    if (at < size && one_in(state, 8))
        area[size - 1] = (uint8_t)areas_random(state);
    return size;
}

static unsigned some_flags(uint64_t *state)
{
    static const uint16_t usual[] = {0x002, 0x012, 0x010, 0x018, 0x011, 0x004,
                                     0x014, 0x0c2, 0x1c2, 0x052, 0x030};

    if (one_in(state, 4))
        return areas_below(state, 4096);
    return usual[areas_below(state, sizeof usual / sizeof *usual)];
}

void areas_make(uint64_t *state, areas_segment *out)
{
    uint8_t *p = out->data;
    unsigned size, i;

    memset(out, 0, sizeof *out);
    for (i = 0; i < AREAS_SEGMENT_MAX; i++)
        p[i] = (uint8_t)areas_random(state);
    size = one_in(state, 16) ? 0 : areas_options(state, p + 20);
    if (one_in(state, 2))
        near_numbers(state, p + 2, 10); /* seq and ack beside SACK edges */
    put16(p + 12, (5 + size / 4) << 12 | some_flags(state));
    if (one_in(state, 32))
        p[12] = (uint8_t)areas_random(state);
    if (one_in(state, 2))
        memset(p + 18, 0, 2); /* urgent pointer */
    if (!(p[13] & 0x10) && one_in(state, 2))
        memset(p + 8, 0, 4); /* acknowledgment number */
    if (one_in(state, 16))
        memset(p + 2 * areas_below(state, 2), 0, 2); /* a port */
    out->length = 20 + size + (one_in(state, 2) ? areas_below(state, 64) : 0);
    if (one_in(state, 64))
        out->length = areas_below(state, 60);
    out->captured = out->length;
    if (one_in(state, 8))
        out->captured = areas_below(state, (unsigned)out->length + 1);
}
