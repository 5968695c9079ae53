/* The segment that nearly all are, in one straight piece of code: for the parser
 * and for the frame walk, which would spend as much again on a call. */
#ifndef TCPSEG_LIB_SEGMENT_PLAIN_H
#define TCPSEG_LIB_SEGMENT_PLAIN_H

#include "inline.h"
#include "option_int.h"

/* Set or not, these flags leave a segment with ACK a plain one. */
enum {
    FREE = TCPSEG_FIN | TCPSEG_PSH | TCPSEG_ECE | TCPSEG_CWR | TCPSEG_AE,
    OFFSET = 0xf000
};

/* 64 bytes by one store for each sixteen, where compilers make a slow string
 * instruction of a whole segment. */
static INLINE void zero_cache_line(void *line)
{
    uint8_t *to = line;

    memset(to, 0, 16);
    memset(to + 16, 0, 16);
    memset(to + 32, 0, 16);
    memset(to + 48, 0, 16);
}

/* Four neighbouring bytes as one number. */
static INLINE void store_quad(uint8_t *to, uint32_t a, uint32_t b, uint32_t c,
                              uint32_t d)
{
    uint32_t v = little_endian() ? a | b << 8 | c << 16 | d << 24
                                 : a << 24 | b << 16 | c << 8 | d;

    memcpy(to, &v, sizeof v);
}

/* A segment without an oddity and with no urgent pointer, wholly captured.
 * Neighbours are stored together, some over zeros: most of the time goes into
 * stores. */
static INLINE void fill_plain(tcpseg *seg, const uint8_t *p, uint32_t end,
                              uint32_t flags, uint32_t present,
                              const uint8_t *timestamps, size_t length)
{
    uint8_t *to = (uint8_t *)seg;

    zero_cache_line(seg->sack);
    memset(to + offsetof(tcpseg, defects), 0, 16); /* to tsval */
    memset(to + offsetof(tcpseg, up), 0, 4);       /* and data_offset */
    copy_pair16(to + offsetof(tcpseg, src_port), p);
    copy_pair32(to + offsetof(tcpseg, seq), p + 4);
    seg->flags = (uint16_t)flags;
    copy_pair16(to + offsetof(tcpseg, wnd), p + 14);
    store_quad(to + offsetof(tcpseg, data_offset), end / 4, end,
               end - FIXED_HEADER, 0);
    seg->payload_len = (uint32_t)length - end;
    seg->payload_captured = seg->payload_len;
    seg->present = present;
    seg->error = TCPSEG_OK;
    if (timestamps)
        copy_pair32(to + offsetof(tcpseg, tsval), timestamps);
    else
        memset(to + offsetof(tcpseg, tsval), 0, 8);
    seg->checksum_status = seg->ip_ecn = seg->ip_ttl = seg->mptcp_subtype = 0;
}

/* A plain segment's bytes 12 and 13, with `end` bytes of header. */
static inline bool plain_word(uint32_t word, uint32_t end)
{
    return (word & ~(uint32_t)FREE) == (end << 10 | TCPSEG_ACK);
}

/* Wholly captured, with two ports and no urgent pointer, and of at least `least`
 * bytes: what every straight path asks for. */
static INLINE bool is_usual(const tcpseg *out, const uint8_t *p,
                            size_t captured, size_t length, size_t least)
{
    return captured == length && captured - least <= UINT32_MAX / 4 && out &&
           p && load_be16(p) && load_be16(p + 2) && !load_be16(p + 18);
}

/* RFC 7323 appendix A: NOP, NOP, timestamps and nothing else, the option area of
 * most segments. For one of 32 bytes or more that is_usual(); false if it has
 * another layout, and then nothing was written. */
static INLINE bool parse_timestamps_only(tcpseg *seg, const uint8_t *p,
                                         size_t length)
{
    uint32_t word = load_be16(p + 12);

    if (!plain_word(word, 32) || load_be32(p + FIXED_HEADER) != 0x0101080a)
        return false;
    fill_plain(seg, p, 32, word & ~(uint32_t)OFFSET, TCPSEG_HAS_TIMESTAMPS,
               p + FIXED_HEADER + 4, length);
    return true;
}

#endif
