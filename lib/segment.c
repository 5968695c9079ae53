/* Bytes to a TCP segment: the fixed header, then the options. */
#include "option_int.h"
#include "segment_plain.h"

#define DEFECT(name) (UINT64_C(1) << TCPSEG_DEFECT_##name)

/* The low six flags decide these, and only these. */
/*@ assigns \nothing; */
static inline uint64_t flag_defects(unsigned flags)
{
    uint64_t d = 0;

    if (!(flags & (TCPSEG_FIN | TCPSEG_SYN | TCPSEG_RST | TCPSEG_PSH |
                   TCPSEG_ACK | TCPSEG_URG)))
        d |= DEFECT(FLAGS_NULL);
    if (!(flags & (TCPSEG_SYN | TCPSEG_ACK | TCPSEG_RST)))
        d |= DEFECT(NO_SYN_ACK_RST);
    if ((flags & TCPSEG_FIN) && (flags & TCPSEG_PSH) && (flags & TCPSEG_URG))
        d |= DEFECT(FLAGS_XMAS);
    if ((flags & TCPSEG_SYN) && (flags & TCPSEG_FIN))
        d |= DEFECT(SYN_FIN);
    if ((flags & TCPSEG_SYN) && (flags & TCPSEG_RST))
        d |= DEFECT(SYN_RST);
    if ((flags & TCPSEG_RST) && (flags & TCPSEG_FIN))
        d |= DEFECT(RST_FIN);
    if ((flags & TCPSEG_FIN) && !(flags & TCPSEG_ACK))
        d |= DEFECT(FIN_NO_ACK);
    return d;
}

/* ECN in a handshake, as AE CWR ECE: RFC 3168 section 6.1.1, RFC 9768 section
 * 3.1.1. A SYN asks for nothing, classic or accurate ECN; of a SYN,ACK's eight
 * combinations one was RFC 3540's and one comes from hosts that echo. */
/*@ requires flags <= 0xffff;
    assigns \nothing; */
static inline bool ecn_syn_odd(unsigned flags)
{
    unsigned ecn = (flags >> 6) & 7;
    unsigned odd = flags & TCPSEG_ACK
                       ? 1u << 5 | 1u << 7
                       : 1u << 1 | 1u << 2 | 1u << 4 | 1u << 5 | 1u << 6;

    return odd >> ecn & 1;
}

/* The defects of everything but a plain segment of an open connection. Out of
 * line: most segments never come here. */
/*@ requires \valid_read(seg);
    assigns \nothing; */
static uint64_t odd_header_defects(const tcpseg *seg)
{
    unsigned flags = seg->flags;
    uint64_t d = flag_defects(flags);

    if (flags & TCPSEG_RESERVED)
        d |= DEFECT(RESERVED_BITS);
    if (!seg->src_port || !seg->dst_port)
        d |= DEFECT(PORT_ZERO);
    if (seg->ack && !(flags & TCPSEG_ACK))
        d |= DEFECT(ACK_NUMBER_NO_ACK);
    if (seg->up && !(flags & TCPSEG_URG))
        d |= DEFECT(URGENT_NO_URG);
    if (!seg->up && (flags & TCPSEG_URG))
        d |= DEFECT(URGENT_ZERO);
    if ((flags & TCPSEG_URG) && seg->up > seg->payload_len)
        d |= DEFECT(URGENT_BEYOND);
    if (flags & TCPSEG_SYN) {
        if (seg->payload_len)
            d |= DEFECT(SYN_DATA);
        if (ecn_syn_odd(flags))
            d |= DEFECT(ECN_SYN);
    }
    return d;
}

/*@ requires \valid(seg);
    assigns seg->error, seg->defects, seg->error_offset;
    ensures \result == error == seg->error; */
static int not_tcp(tcpseg *seg, int error, uint64_t defect, uint32_t offset)
{
    seg->error = error;
    seg->defects |= defect;
    seg->error_offset = (uint16_t)offset;
    return error;
}

/*@ requires \valid(seg);
    assigns seg->error, seg->defects, seg->error_offset;
    ensures \result == TCPSEG_ERR_OFFSET; */
static int bad_offset(tcpseg *seg)
{
    return not_tcp(
        seg, TCPSEG_ERR_OFFSET,
        seg->data_offset < 5 ? DEFECT(OFFSET_LT_5) : DEFECT(OFFSET_BEYOND), 12);
}

/* The fixed header, as far as `captured` goes: a field is read if it is whole. */
/*@ requires \valid_read(p + (0 .. captured - 1)) && captured < FIXED_HEADER;
    requires \valid(seg) && \separated(seg, p + (0 .. captured - 1));
    assigns seg->src_port, seg->dst_port, seg->seq, seg->ack, seg->data_offset,
            seg->flags, seg->wnd, seg->checksum; */
static void read_cut_header(tcpseg *seg, const uint8_t *p, uint32_t captured)
{
    if (captured >= 2)
        seg->src_port = load_be16(p);
    if (captured >= 4)
        seg->dst_port = load_be16(p + 2);
    if (captured >= 8)
        seg->seq = load_be32(p + 4);
    if (captured >= 12)
        seg->ack = load_be32(p + 8);
    if (captured >= 13)
        seg->data_offset = p[12] >> 4;
    if (captured >= 14)
        seg->flags = load_be16(p + 12) & 0xfff;
    if (captured >= 16)
        seg->wnd = load_be16(p + 14);
    if (captured >= 18)
        seg->checksum = load_be16(p + 16);
}

/* What the fields that are there say; the rest is 0 and proves nothing. */
/*@ requires \valid_read(seg);
    assigns \nothing; */
static uint64_t cut_header_defects(const tcpseg *seg, uint32_t captured)
{
    const uint64_t urgent =
        DEFECT(URGENT_NO_URG) | DEFECT(URGENT_ZERO) | DEFECT(URGENT_BEYOND);

    if (captured >= 14)
        return odd_header_defects(seg) & ~urgent;
    if ((captured >= 2 && !seg->src_port) || (captured >= 4 && !seg->dst_port))
        return DEFECT(PORT_ZERO);
    return 0;
}

/* Fewer than 20 bytes captured, or fewer than 20 there ever were. */
/*@ requires \valid_read(p + (0 .. captured - 1)) && captured < FIXED_HEADER;
    requires \valid(seg) && \separated(seg, p + (0 .. captured - 1));
    assigns *seg;
    ensures length < FIXED_HEADER ==> \result == TCPSEG_ERR_SHORT; */
static int parse_cut(tcpseg *seg, const uint8_t *p, uint32_t captured,
                     uint32_t length)
{
    uint32_t end;

    seg->header_captured = (uint8_t)captured;
    read_cut_header(seg, p, captured);
    end = seg->data_offset * 4u;
    if (captured >= 13 && end >= FIXED_HEADER && end <= length)
        seg->payload_len = length - end;
    seg->defects = cut_header_defects(seg, captured);
    if (captured < length)
        seg->defects |= DEFECT(HEADER_CUT);
    if (length < FIXED_HEADER)
        return not_tcp(seg, TCPSEG_ERR_SHORT, DEFECT(SHORT), length);
    if (captured >= 13 && (end < FIXED_HEADER || end > length))
        return bad_offset(seg);
    if (seg->payload_len)
        seg->defects |= DEFECT(PAYLOAD_CUT);
    return TCPSEG_OK;
}

/* The whole fixed header is there, but not all of the options. */
static int parse_cut_options(tcpseg *seg, const uint8_t *p, uint32_t captured,
                             uint32_t end)
{
    seg->header_captured = (uint8_t)captured;
    seg->defects |= DEFECT(HEADER_CUT);
    if (seg->payload_len)
        seg->defects |= DEFECT(PAYLOAD_CUT);
    tcpsegp_walk_options(seg, p, captured, end);
    return TCPSEG_OK;
}

/*@ requires \valid_read(p + (0 .. FIXED_HEADER - 1));
    requires \valid(seg) && \separated(seg, p + (0 .. FIXED_HEADER - 1));
    assigns seg->src_port, seg->dst_port, seg->seq, seg->ack, seg->data_offset,
            seg->flags, seg->wnd, seg->checksum, seg->up; */
static inline void read_fixed_header(tcpseg *seg, const uint8_t *p)
{
    seg->src_port = load_be16(p);
    seg->dst_port = load_be16(p + 2);
    seg->seq = load_be32(p + 4);
    seg->ack = load_be32(p + 8);
    seg->data_offset = p[12] >> 4;
    seg->flags = load_be16(p + 12) & 0xfff;
    seg->wnd = load_be16(p + 14);
    seg->checksum = load_be16(p + 16);
    seg->up = load_be16(p + 18);
}

/* Any segment at all. The straight paths below give the same answer for most. */
NOINLINE static int parse_any(tcpseg *out, const uint8_t *p, size_t captured,
                              size_t length)
{
    uint32_t end;

    if (!out || (!p && captured) || length > UINT32_MAX)
        return TCPSEG_ERR_ARG;
    if (captured > length)
        captured = length;
    zero_cache_line(out);
    zero_cache_line(out->sack);
    if (captured < FIXED_HEADER)
        return parse_cut(out, p, (uint32_t)captured, (uint32_t)length);

    read_fixed_header(out, p);
    out->header_captured = FIXED_HEADER;
    end = out->data_offset * 4u;
    if (end < FIXED_HEADER || end > length) {
        out->defects = odd_header_defects(out) & ~DEFECT(URGENT_BEYOND);
        return bad_offset(out);
    }
    out->payload_len = (uint32_t)length - end;
    if ((out->flags & ~(uint32_t)FREE) != TCPSEG_ACK || out->up ||
        !out->src_port || !out->dst_port)
        out->defects = odd_header_defects(out);
    if (captured < end)
        return parse_cut_options(out, p, (uint32_t)captured, end);
    out->header_captured = (uint8_t)end;
    out->payload_captured = (uint32_t)captured - end;
    if (captured < length)
        out->defects |= DEFECT(PAYLOAD_CUT);
    tcpsegp_walk_options(out, p, end, end);
    return TCPSEG_OK;
}

/* ---- the straight paths: what nearly all segments look like ---- */

/* What four option bytes are above a fixed pattern that they start with; a number
 * out of any range if they do not. */
static inline uint32_t above(const uint8_t *option, uint32_t pattern)
{
    return load_be32(option) - pattern;
}

/* A SYN of a known layout, with timestamps standing where told (0: none). False:
 * a value in it is one to remark on. */
static INLINE bool fill_syn(tcpseg *seg, const uint8_t *p, uint32_t len,
                            uint32_t flags, uint32_t timestamps,
                            uint32_t wscale)
{
    const uint8_t *area = p + FIXED_HEADER;
    uint32_t mss = above(area, 0x02040000);
    uint32_t present =
        TCPSEG_HAS_MSS | TCPSEG_HAS_WSCALE | TCPSEG_HAS_SACK_PERMITTED;

    if (mss - SMALLEST_MSS > UINT16_MAX - SMALLEST_MSS ||
        wscale > LARGEST_SHIFT)
        return false;
    if (timestamps)
        present |= TCPSEG_HAS_TIMESTAMPS;
    if (!(flags & TCPSEG_ACK) &&
        (load_be32(p + 8) || (timestamps && load_be32(area + timestamps + 6))))
        return false;
    fill_plain(seg, p, FIXED_HEADER + len, flags, present,
               timestamps ? area + timestamps + 2 : NULL, FIXED_HEADER + len);
    seg->mss = (uint16_t)mss;
    seg->wscale = (uint8_t)wscale;
    return true;
}

/* The option areas of common hosts' SYNs and SYN,ACKs that are all header: fixed
 * bytes in fixed places, checked whole before anything is believed. False: it is
 * for parse_any(). */
static INLINE bool parse_syn(tcpseg *seg, const uint8_t *p, size_t length,
                             uint32_t word)
{
    enum { NOP_SCALE = 0x01030300, NOP_NOP_SACK = 0x01010402 };
    const uint8_t *area = p + FIXED_HEADER;
    uint32_t flags = word & ~(uint32_t)OFFSET, wscale;

    switch (word & ~(uint32_t)TCPSEG_ACK) {
    case 10 << 12 | TCPSEG_SYN: /* Linux: MSS, SACK, timestamps, NOP, scale */
        if (length != 40 || load_be32(area + 4) != 0x0402080a)
            return false;
        wscale = above(area + 16, NOP_SCALE);
        return fill_syn(seg, p, 20, flags, 6, wscale);
    case 8 << 12 | TCPSEG_SYN: /* Windows: MSS, NOP, scale, NOP, NOP, SACK */
        if (length != 32)
            return false;
        wscale = above(area + 4, NOP_SCALE);
        if (load_be32(area + 8) != NOP_NOP_SACK) { /* Linux: the other way */
            if (load_be32(area + 4) != NOP_NOP_SACK)
                return false;
            wscale = above(area + 8, NOP_SCALE);
        }
        return fill_syn(seg, p, 12, flags, 0, wscale);
    case 11 << 12 | TCPSEG_SYN: /* macOS: MSS, NOP, scale, NOP, NOP, timestamps,
                                   SACK, end, pad */
        if (length != 44 || load_be32(area + 8) != 0x0101080a ||
            load_be32(area + 20) != 0x04020000)
            return false;
        wscale = above(area + 4, NOP_SCALE);
        return fill_syn(seg, p, 24, flags, 10, wscale);
    default:
        return false;
    }
}

/* What a receiver sends while it misses something: NOP, NOP, timestamps, NOP, NOP,
 * one to three SACK blocks. False: it is for parse_any(). */
static INLINE bool parse_sack(tcpseg *seg, const uint8_t *p, size_t length,
                              uint32_t word)
{
    const uint8_t *area = p + FIXED_HEADER;
    uint32_t end = (word >> 12) * 4, len = end - FIXED_HEADER - 14;

    if (!plain_word(word, end) || length < end || end < FIXED_HEADER + 24 ||
        load_be32(area) != 0x0101080a ||
        load_be32(area + 12) != (0x01010500 | len) || len % 8 != 2)
        return false;
    //@ assert the_blocks_end_with_the_header: len == end - FIXED_HEADER - 14;
    fill_plain(seg, p, end, word & ~(uint32_t)OFFSET, TCPSEG_HAS_TIMESTAMPS,
               area + 4, length);
    tcpsegp_take_sack(seg, area + 14, len);
    return true;
}

/* The other usual ones: without options, a SYN, or SACK. */
NOINLINE static int parse_usual(tcpseg *out, const uint8_t *p, size_t length,
                                uint32_t word)
{
    if (word & TCPSEG_SYN) {
        if (parse_syn(out, p, length, word))
            return TCPSEG_OK;
    } else if (word >> 12 > 8) {
        if (parse_sack(out, p, length, word))
            return TCPSEG_OK;
    } else if (plain_word(word, FIXED_HEADER)) {
        fill_plain(out, p, FIXED_HEADER, word & ~(uint32_t)OFFSET, 0, NULL,
                   length);
        return TCPSEG_OK;
    }
    return parse_any(out, p, length, length);
}

NOINLINE static int parse_short(tcpseg *out, const uint8_t *p, size_t captured,
                                size_t length)
{
    if (!is_usual(out, p, captured, length, FIXED_HEADER))
        return parse_any(out, p, captured, length);
    return parse_usual(out, p, captured, load_be16(p + 12));
}

int tcpseg_parse(tcpseg *out, const void *data, size_t captured, size_t length)
{
    const uint8_t *p = data;

    if (!is_usual(out, p, captured, length, 32))
        return parse_short(out, p, captured, length);
    if (parse_timestamps_only(out, p, captured))
        return TCPSEG_OK;
    return parse_usual(out, p, captured, load_be16(p + 12));
}

/*@ requires seg == \null || \valid_read(seg);
    assigns \nothing; */
uint32_t tcpseg_len(const tcpseg *seg)
{
    if (!seg)
        return 0;
    return seg->payload_len + !!(seg->flags & TCPSEG_SYN) +
           !!(seg->flags & TCPSEG_FIN);
}
