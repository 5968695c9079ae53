/* The library against the walker where every case can be tried, and on a
 * million segments made at random. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "agree.h"
#include "areas.h"

/* A header with an option area of `space` bytes rounded up to a word, its first
 * bytes NOPs so that `space` bytes are left behind them. Returns the segment's
 * length; *at is where the space starts. */
static unsigned header(uint8_t *data, unsigned space, unsigned flags,
                       unsigned *at)
{
    static const uint8_t fixed[12] = {4, 210, 0, 80, 0, 0, 16, 0, 0, 0, 32, 0};
    unsigned length = 20 + (space + 3) / 4 * 4;

    memcpy(data, fixed, sizeof fixed);
    data[12] = (uint8_t)(length / 4 << 4 | flags >> 8);
    data[13] = (uint8_t)flags;
    memset(data + 14, 0, 6);
    memset(data + 20, 1, 40);
    *at = length - space;
    return length;
}

/* Kind, length and bytes that depend on both, so that options which look into
 * themselves meet different things. What is left behind it holds other options,
 * or what looks like them. */
static void fill(uint8_t *p, unsigned space, unsigned kind, unsigned len)
{
    static const uint8_t rest[40] = {0, 4, 3, 3, 9, 2, 4, 2, 0, 1, 1, 1, 1};
    unsigned i;

    for (i = 2; i < space; i++)
        p[i] = i < len ? (uint8_t)(kind * 7 + len * 31 + i * 5) : rest[i - len];
    p[0] = (uint8_t)kind;
    if (space > 1)
        p[1] = (uint8_t)len;
}

static void every_triple(unsigned flags)
{
    uint8_t data[60];
    unsigned space, kind, len, at, length;

    for (space = 1; space <= 40; space++) {
        length = header(data, space, flags, &at);
        for (kind = 0; kind < 256; kind++)
            for (len = 0; len < 256; len++) {
                fill(data + at, space, kind, len);
                cr_assert(agree(data, length, length));
            }
    }
}

/* 256 kinds, 256 lengths, 40 spaces: 2 621 440 segments each. */
Test(exhaustive, t50_kind_length_space_in_a_syn)
{
    every_triple(0x002);
}

Test(exhaustive, t50_kind_length_space_in_an_ack)
{
    every_triple(0x010);
}

/* All words of bytes 12 and 13, with the capture whole, cut and short. */
Test(exhaustive, t50_offset_and_flags)
{
    static const size_t sizes[][2] = {{20, 20}, {60, 60}, {64, 64}, {37, 64},
                                      {20, 64}, {14, 64}, {13, 64}, {40, 40}};
    uint8_t data[64];
    unsigned word, i;

    memset(data, 0, sizeof data);
    data[1] = data[3] = data[11] = data[19] = 1;
    memcpy(data + 20, "\2\4\5\264\4\2\10\12\0\0\0\1\0\0\0\2\1\3\3\7", 20);
    for (word = 0; word < 0x10000; word++) {
        data[12] = (uint8_t)(word >> 8);
        data[13] = (uint8_t)word;
        for (i = 0; i < sizeof sizes / sizeof *sizes; i++)
            cr_assert(agree(data, sizes[i][0], sizes[i][1]));
    }
}

/* Every subtype, version and flag byte of MPTCP with every length. */
Test(exhaustive, mptcp)
{
    uint8_t data[60];
    unsigned byte2, byte3, len, at, length;

    for (len = 2; len <= 40; len++) {
        length = header(data, 40, 0x010, &at);
        fill(data + at, 40, 30, len);
        for (byte2 = 0; byte2 < 256; byte2++)
            for (byte3 = 0; byte3 < 256; byte3++) {
                data[22] = (uint8_t)byte2;
                data[23] = (uint8_t)byte3;
                cr_assert(agree(data, length, length));
            }
    }
}

/* Every 16-bit identifier with every length, and around the 32-bit ones. */
Test(exhaustive, identifiers)
{
    uint8_t data[60];
    unsigned exid, len, at, length;

    for (len = 2; len <= 40; len++) {
        length = header(data, 40, 0x002, &at);
        fill(data + at, 40, 253 + len % 2, len);
        for (exid = 0; exid < 0x10000; exid++) {
            data[22] = (uint8_t)(exid >> 8);
            data[23] = (uint8_t)exid;
            cr_assert(agree(data, length, length));
        }
        data[22] = 0xe2;
        data[23] = 0xd4;
        for (exid = 0; exid < 0x10000; exid++) {
            data[24] = (uint8_t)(exid >> 8);
            data[25] = (uint8_t)exid;
            cr_assert(agree(data, length, length));
        }
    }
}

/* ------------------------------------------------------------------------
 * The layouts that most segments have, and what is nearly one of them: where a
 * fast path would take what it should leave alone
 * --------------------------------------------------------------------- */

static const struct {
    unsigned size;
    const char *options;
} usual[] = {
    {0, ""},
    {4, "\2\4\5\264"},
    {8, "\2\4\5\264\1\1\4\2"},
    {12, "\2\4\5\264\1\3\3\10\1\1\4\2"},
    {12, "\2\4\5\264\1\1\4\2\1\3\3\7"},
    {20, "\2\4\5\264\4\2\10\12\0\0\0\1\0\0\0\0\1\3\3\7"},
    {24, "\2\4\5\264\1\3\3\6\1\1\10\12\0\0\0\1\0\0\0\0\4\2\0\0"},
    {12, "\1\1\10\12\0\0\0\1\0\0\0\2"},
    {12, "\1\1\5\12\0\0\0\1\0\0\0\2"},
    {24, "\1\1\10\12\0\0\0\1\0\0\0\2\1\1\5\12\0\0\0\1\0\0\0\2"},
    {32, "\1\1\10\12\0\0\0\1\0\0\0\2\1\1\5\22"
         "\0\0\0\3\0\0\0\4\0\0\0\1\0\0\0\5"},
    {40, "\1\1\10\12\0\0\0\1\0\0\0\2\1\1\5\32\0\0\0\1\0\0\0\2"
         "\0\0\0\3\0\0\0\4\0\0\0\5\0\0\0\6"},
};
static const unsigned usual_flags[] = {0x002, 0x012, 0x010, 0x018,
                                       0x011, 0x004, 0x0c2, 0x030};

enum {
    N_USUAL = sizeof usual / sizeof *usual,
    N_FLAGS = sizeof usual_flags / sizeof *usual_flags
};

/* All header, with payload, and with a payload that is cut. */
static void sizes(const uint8_t data[64], unsigned length)
{
    cr_assert(agree(data, length, length));
    cr_assert(agree(data, 64, 64));
    cr_assert(agree(data, length, 64));
    cr_assert(agree(data, 62, 64));
}

Test(exhaustive, one_byte_beside_the_usual_layouts)
{
    uint8_t data[64] = {0};
    unsigned i, j, at, byte, value, length, cut;

    for (i = 0; i < N_USUAL; i++)
        for (j = 0; j < N_FLAGS; j++) {
            length = header(data, usual[i].size, usual_flags[j], &at);
            memcpy(data + 20, usual[i].options, usual[i].size);
            for (byte = 0; byte < length; byte++) {
                uint8_t before = data[byte];

                for (value = 0; value < 256; value++) {
                    data[byte] = (uint8_t)value;
                    sizes(data, length);
                }
                data[byte] = before;
            }
            for (cut = 0; cut <= length; cut++)
                cr_assert(agree_exact(data, cut, length));
        }
}

Test(exhaustive, two_bytes_beside_the_usual_layouts)
{
    static const uint8_t values[] = {0, 1, 2, 3, 4, 8, 10, 15, 0x80, 0xff};
    uint8_t data[64] = {0};
    unsigned i, j, at, a, b, v, length;

    for (i = 0; i < N_USUAL; i++)
        for (j = 0; j < N_FLAGS; j++) {
            length = header(data, usual[i].size, usual_flags[j], &at);
            memcpy(data + 20, usual[i].options, usual[i].size);
            for (a = 8; a < length; a++)
                for (b = a + 1; b < length; b++) {
                    uint8_t before_a = data[a], before_b = data[b];

                    for (v = 0; v < sizeof values * sizeof values; v++) {
                        data[a] = values[v / sizeof values];
                        data[b] = values[v % sizeof values];
                        cr_assert(agree(data, length, length));
                    }
                    data[a] = before_a;
                    data[b] = before_b;
                }
        }
}

/* The payload is not read, so it need not be there: segments up to the
 * largest. */
Test(exhaustive, usual_layouts_of_huge_segments)
{
    static const uint32_t huge[] = {
        0x3fffffff, 0x40000000, 0x40000013, 0x40000014, 0x40000015, 0x40000020,
        0x40000021, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff};
    uint8_t data[64] = {0};
    unsigned i, j, k, at;

    for (i = 0; i < N_USUAL; i++)
        for (j = 0; j < N_FLAGS; j++) {
            header(data, usual[i].size, usual_flags[j], &at);
            memcpy(data + 20, usual[i].options, usual[i].size);
            for (k = 0; k < sizeof huge / sizeof *huge; k++) {
                cr_assert(agree(data, huge[k], huge[k]));
                cr_assert(agree(data, huge[k] - 1, huge[k]));
                cr_assert(agree(data, SIZE_MAX, huge[k]));
            }
        }
}

/* A million; ten million if TCPSEG_LONG is set. In blocks of the exact size. */
Test(exhaustive, random_areas)
{
    const char *wish = getenv("TCPSEG_LONG");
    unsigned n = wish && wish[0] == '1' ? 10000000 : 1000000, i;
    uint64_t rng = 7;
    areas_segment s;

    for (i = 0; i < n; i++) {
        areas_make(&rng, &s);
        cr_assert(agree_exact(s.data, s.captured, s.length));
    }
}
