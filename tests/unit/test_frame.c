/* tcpseg_locate() and tcpseg_parse_frame(): the samples, whole, cut and damaged,
 * and what the answer says in detail. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "frame_int.h"
#include "frames.h"
#include "tcpseg/tcpseg.h"

#define D(name) (UINT64_C(1) << TCPSEG_FRAME_##name)

enum { ETH = TCPSEG_LINK_ETHERNET, IN = TCPSEG_LOCATE_TUNNELS };

/* A copy in a block of exactly that size: a sanitizer sees each byte too far. */
static uint8_t *exact(const uint8_t *bytes, size_t len)
{
    uint8_t *block = malloc(len ? len : 1);

    cr_assert(block != NULL);
    memcpy(block, bytes, len);
    return block;
}

static const struct frame_sample *sample(const char *name)
{
    for (size_t i = 0; i < frame_sample_count; i++)
        if (strcmp(frame_samples[i].name, name) == 0)
            return &frame_samples[i];
    cr_assert_fail("no sample %s", name);
    return NULL;
}

/* What holds of every answer. */
static void holds(const char *name, const tcpseg_frame *f, int error,
                  size_t captured, size_t length)
{
    static const uint64_t zero[5];
    size_t there = captured < length ? captured : length;
    bool found = f->stop == TCPSEG_STOP_NONE;

    cr_assert_eq(error, found ? TCPSEG_OK : TCPSEG_ERR_NOT_FOUND, "%s", name);
    cr_assert(f->stop <= TCPSEG_STOP_LIMIT, "%s", name);
    cr_assert((uint64_t)f->offset + f->captured <= there, "%s", name);
    cr_assert(f->captured <= f->length, "%s", name);
    cr_assert(f->ip_offset <= there && f->trailer <= length, "%s", name);
    cr_assert(f->vlan_count <= 4 && f->mpls_count <= 8 && f->ecn <= 3, "%s",
              name);
    cr_assert(f->tunnel_depth <= 4 && f->addr.reserved == 0, "%s", name);
    cr_assert(f->defects >> (TCPSEG_FRAME_EXTENSION_CUT + 1) == 0, "%s", name);
    cr_assert(memcmp(f->reserved, zero, sizeof zero) == 0, "%s", name);
    if (!found) {
        cr_assert(f->offset == 0 && f->captured == 0 && f->length == 0, "%s",
                  name);
        return;
    }
    cr_assert(f->addr.protocol == 6 || f->addr.protocol == 17, "%s", name);
    cr_assert(f->addr.family == 4 || f->addr.family == 6, "%s", name);
    cr_assert(f->addr.length <= f->length, "%s", name);
    cr_assert(f->offset >= f->ip_offset + (f->addr.family == 4 ? 20u : 40u),
              "%s", name);
}

/* tcpseg_parse_frame() says what tcpseg_locate() and tcpseg_parse() say. */
static void parses_alike(const char *name, uint32_t linktype, uint32_t options,
                         const uint8_t *block, size_t captured, size_t length,
                         const tcpseg_frame *found)
{
    tcpseg alone, beside, want;
    tcpseg_frame frame;
    int error = tcpseg_parse_frame(&alone, NULL, 0, linktype, options, block,
                                   captured, length);

    cr_assert_eq(error,
                 tcpseg_parse_frame(&beside, &frame, sizeof frame, linktype,
                                    options, block, captured, length),
                 "%s", name);
    cr_assert(memcmp(&alone, &beside, sizeof alone) == 0, "%s", name);
    cr_assert(memcmp(&frame, found, sizeof frame) == 0, "%s", name);
    memset(&want, 0, sizeof want);
    want.error = TCPSEG_ERR_NOT_FOUND;
    if (found->stop == TCPSEG_STOP_NONE && found->addr.protocol == 6) {
        tcpseg_parse(&want, block + found->offset, found->captured,
                     found->length);
        want.ip_ecn = found->ecn;
        want.ip_ttl = found->ttl;
        want.ip_id = found->ip_id;
    }
    cr_assert_eq(error, want.error, "%s", name);
    cr_assert(memcmp(&alone, &want, sizeof want) == 0, "%s", name);
}

/* Locate in the first `captured` of a frame's bytes: both ways, with all that
 * must hold. */
static int locate(tcpseg_frame *out, const char *name, uint32_t linktype,
                  uint32_t options, const uint8_t *bytes, size_t captured,
                  size_t length)
{
    size_t there = captured < length ? captured : length;
    uint8_t *block = exact(bytes, captured);
    tcpseg_frame general;
    int error, error_general;

    memset(out, 0xa5, sizeof *out);
    memset(&general, 0x5a, sizeof general);
    error = tcpseg_locate(out, sizeof *out, linktype, options, block, captured,
                          length);
    error_general = tcpsegp_locate_general(&general, linktype, options, block,
                                           (uint32_t)there, (uint32_t)length);
    cr_assert_eq(error, error_general, "%s", name);
    cr_assert(memcmp(out, &general, sizeof general) == 0,
              "%s: the short cut differs", name);
    holds(name, out, error, captured, length);
    parses_alike(name, linktype, options, block, captured, length, out);
    free(block);
    return error;
}

static int locate_text(tcpseg_frame *out, uint32_t options, const char *text)
{
    struct frame f;

    frame_write(&f, text);
    return locate(out, text, ETH, options, f.bytes, f.len, frame_wire(&f));
}

static int locate_sample(tcpseg_frame *out, struct frame *f, const char *name)
{
    const struct frame_sample *s = sample(name);

    frame_write(f, s->text);
    return locate(out, name, s->linktype, s->options, f->bytes, f->len,
                  frame_wire(f));
}

Test(frame, samples)
{
    for (size_t i = 0; i < frame_sample_count; i++) {
        const struct frame_sample *s = &frame_samples[i];
        struct frame f;
        tcpseg_frame out;

        locate_sample(&out, &f, s->name);
        cr_expect_eq(out.stop, s->stop, "%s: stop %s", s->name,
                     tcpseg_stop_name(out.stop));
        cr_expect_eq(out.addr.protocol, s->protocol, "%s: protocol %u", s->name,
                     out.addr.protocol);
        cr_expect_eq(out.tunnel_depth, s->tunnels, "%s: %u tunnels", s->name,
                     out.tunnel_depth);
        cr_expect_eq(out.defects, s->defects, "%s: defects %llx, not %llx",
                     s->name, (unsigned long long)out.defects,
                     (unsigned long long)s->defects);
        if (s->stop == TCPSEG_STOP_NONE)
            cr_expect_eq(out.offset, f.transport, "%s: at %u", s->name,
                         out.offset);
        if (s->stop == TCPSEG_STOP_NONE)
            cr_expect_eq(out.ip_offset, f.ip, "%s: IP at %u", s->name,
                         out.ip_offset);
    }
}

/* Cut a sample to `captured` bytes. Where its TCP or UDP header starts inside or
 * at the end of what is left, it is still found; before that, nothing is, but
 * for the datagram that a tunnel starts with. */
static void cut(const struct frame_sample *s, const struct frame *f,
                const tcpseg_frame *whole, size_t captured)
{
    tcpseg_frame out;

    locate(&out, s->name, s->linktype, s->options, f->bytes, captured,
           frame_wire(f));
    if (whole->stop != TCPSEG_STOP_NONE)
        return;
    if (captured >= whole->offset) {
        size_t left = captured - whole->offset;

        cr_assert_eq(out.stop, TCPSEG_STOP_NONE, "%s at %zu", s->name,
                     captured);
        cr_assert_eq(out.offset, whole->offset, "%s at %zu", s->name, captured);
        cr_assert_eq(out.length, whole->length, "%s at %zu", s->name, captured);
        cr_assert_eq(out.captured,
                     left < whole->captured ? left : whole->captured,
                     "%s at %zu", s->name, captured);
        cr_assert(memcmp(&out.addr, &whole->addr, 32) == 0, "%s at %zu",
                  s->name, captured);
    } else if (out.stop == TCPSEG_STOP_NONE) {
        cr_assert(s->options & IN && out.addr.protocol == 17 &&
                      out.offset < whole->offset,
                  "%s at %zu", s->name, captured);
    } else {
        cr_assert_eq(out.stop, TCPSEG_STOP_CUT, "%s at %zu", s->name, captured);
    }
}

Test(frame, samples_cut_everywhere)
{
    for (size_t i = 0; i < frame_sample_count; i++) {
        const struct frame_sample *s = &frame_samples[i];
        tcpseg_frame whole;
        struct frame f;

        locate_sample(&whole, &f, s->name);
        for (size_t captured = 0; captured <= f.len; captured++)
            cut(s, &f, &whole, captured);
    }
}

Test(frame, cut_defect)
{
    struct frame f;
    tcpseg_frame out;

    frame_write(&f, "eth 0x0800, ip4 6, tcp 10, done, fill 0 4");
    locate(&out, "padding", ETH, 0, f.bytes, f.len - 4, f.len);
    cr_assert_eq(out.defects, D(TRAILER), "padding is not the packet");
    locate(&out, "payload", ETH, 0, f.bytes, f.len - 5, f.len);
    cr_assert_eq(out.defects, D(TRAILER) | D(CUT));
    cr_assert_eq(out.captured + 1, out.length);
    locate(&out, "frame", ETH, 0, f.bytes, f.len - 5, f.len - 5);
    cr_assert_eq(out.defects, D(LENGTH_BEYOND), "the wire had no more");
    cr_assert_eq(out.captured + 1, out.length);
}

Test(frame, every_defect_has_a_sample)
{
    uint64_t seen = D(CUT); /* above */

    for (size_t i = 0; i < frame_sample_count; i++)
        seen |= frame_samples[i].defects;
    cr_assert_eq(seen, (UINT64_C(2) << TCPSEG_FRAME_EXTENSION_CUT) - 1, "%llx",
                 (unsigned long long)seen);
}

Test(frame, ipv4_fields)
{
    static const uint8_t src[16] = {10, 0, 0, 1}, dst[16] = {10, 0, 0, 2};
    tcpseg_frame out;
    struct frame f;

    cr_assert_eq(locate_sample(&out, &f, "ethernet-ipv4"), TCPSEG_OK);
    cr_assert(memcmp(out.addr.src, src, 16) == 0);
    cr_assert(memcmp(out.addr.dst, dst, 16) == 0);
    cr_assert_eq(out.addr.family, 4);
    cr_assert_eq(out.addr.fragment, 0);
    cr_assert_eq(out.addr.length, 42);
    cr_assert_eq(out.offset, 34);
    cr_assert_eq(out.captured, 42);
    cr_assert_eq(out.length, 42);
    cr_assert_eq(out.ip_offset, 14);
    cr_assert_eq(out.trailer, 0);
    cr_assert_eq(out.ttl, 64);
    cr_assert_eq(out.ecn, 2);
    cr_assert_eq(out.ip_id, 0x1234);
}

Test(frame, ipv6_fields)
{
    static const uint8_t src[16] = {0xfd, [15] = 1}, dst[16] = {0xfd, [15] = 2};
    tcpseg_frame out;
    struct frame f;

    cr_assert_eq(locate_sample(&out, &f, "ethernet-ipv6"), TCPSEG_OK);
    cr_assert(memcmp(out.addr.src, src, 16) == 0);
    cr_assert(memcmp(out.addr.dst, dst, 16) == 0);
    cr_assert_eq(out.addr.family, 6);
    cr_assert_eq(out.addr.length, 42);
    cr_assert_eq(out.offset, 54);
    cr_assert_eq(out.ttl, 63);
    cr_assert_eq(out.ecn, 3);
    cr_assert_eq(out.ip_id, 0);
}

Test(frame, tags_and_labels)
{
    tcpseg_frame out;
    struct frame f;

    locate_sample(&out, &f, "vlan");
    cr_assert_eq(out.vlan_count, 1);
    cr_assert_eq(out.vlan[0], 0x6001);
    locate_sample(&out, &f, "vlan-802.1ad");
    cr_assert_eq(out.vlan_count, 2);
    cr_assert_eq(out.vlan[0], 7);
    cr_assert_eq(out.vlan[1], 8);
    locate_sample(&out, &f, "vlan-four");
    cr_assert_eq(out.vlan_count, 4);
    cr_assert_eq(out.vlan[3], 2);
    locate_sample(&out, &f, "mpls-eight-ipv6");
    cr_assert_eq(out.mpls_count, 8);
    locate_sample(&out, &f, "vxlan-ipv6-vlan");
    cr_assert_eq(out.vlan_count, 2);
    cr_assert_eq(out.vlan[0], 1);
    cr_assert_eq(out.vlan[1], 2);
}

Test(frame, tunnel_ids)
{
    static const struct {
        const char *name;
        uint32_t id;
    } cases[] = {
        {"vxlan", 0x2a},
        {"vxlan-ipv6-vlan", 0xffffff},
        {"geneve", 0x2a},
        {"geneve-options-ipv4", 0x2a},
        {"gtp", 0x2b},
        {"gtp-extensions", 0x2b},
        {"gre", 0},
        {"gre-key", 0x2a},
        {"gre-checksum-key-sequence", 0x2a},
        {"gre-sequence", 0},
        {"mixed-four", 0x2b},
        {"vxlan-of-arp", 0},
        {"vxlan-of-ipip-of-nothing", 0x2a},
    };
    tcpseg_frame out;
    struct frame f;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        locate_sample(&out, &f, cases[i].name);
        cr_expect_eq(out.tunnel_id, cases[i].id, "%s: %x", cases[i].name,
                     out.tunnel_id);
    }
}

/* The inner packet ends with the UDP datagram, though IP goes on behind it. */
Test(frame, tunnel_ends_with_its_datagram)
{
    tcpseg_frame out;
    struct frame f;

    frame_write(&f, "eth 0x0800, ip4 17, udp 4789, vxlan 42, eth 0x0800, "
                    "ip4 6, tcp 10, fill 0xee 8, ip 2 62");
    f.bytes[34 + 4] = 0;
    f.bytes[34 + 5] = 8 + 8 + 14 + 62 - 4;
    locate(&out, "surplus", ETH, IN, f.bytes, f.len, f.len);
    cr_assert_eq(out.stop, TCPSEG_STOP_NONE);
    cr_assert_eq(out.length, 42);
    cr_assert_eq(out.captured, 38);
    cr_assert_eq(out.defects, D(LENGTH_BEYOND));
}

/* The pseudo-header of UDP has UDP's own length. */
Test(frame, udp_length)
{
    tcpseg_frame out;

    cr_assert_eq(locate_text(&out, 0,
                             "eth 0x0800, ip4 17, udp 53, fill 1 4, done, "
                             "fill 2 6, ip 2 38"),
                 TCPSEG_OK);
    cr_assert_eq(out.length, 18);
    cr_assert_eq(out.addr.length, 12);
    cr_assert_eq(locate_text(&out, 0,
                             "eth 0x0800, ip4 17, hex 00010002 ffff "
                             "0000, fill 1 4"),
                 TCPSEG_OK);
    cr_assert_eq(out.addr.length, 12, "a length that cannot be");
    cr_assert_eq(locate_text(&out, 0,
                             "eth 0x0800, ip4 17, hex 00010002 0007 "
                             "0000, fill 1 4"),
                 TCPSEG_OK);
    cr_assert_eq(out.addr.length, 12, "a length that cannot be");
}

Test(frame, fragment_mark)
{
    static const struct {
        const char *name;
        uint8_t fragment;
        uint32_t length;
    } cases[] = {
        {"fragment-first", 1, 48},   {"fragment-later", 1, 0},
        {"fragment-df", 1, 48},      {"fragment-reserved-bit", 0, 48},
        {"fragment6-first", 1, 48},  {"fragment6-later", 1, 0},
        {"fragment6-atomic", 0, 48}, {"fragment-tiny", 1, 8},
        {"vxlan-of-fragment", 1, 0},
    };
    tcpseg_frame out;
    struct frame f;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        locate_sample(&out, &f, cases[i].name);
        cr_expect_eq(out.addr.fragment, cases[i].fragment, "%s", cases[i].name);
        cr_expect_eq(out.length, cases[i].length, "%s: %u", cases[i].name,
                     out.length);
    }
}

/* Checksums of the samples go to their final destination. */
Test(frame, checksum_by_final_destination)
{
    for (size_t i = 0; i < frame_sample_count; i++) {
        const struct frame_sample *s = &frame_samples[i];
        uint32_t options = s->options | TCPSEG_LOCATE_CHECKSUM;
        tcpseg_frame frame;
        struct frame f;
        tcpseg seg;
        int error;

        frame_write(&f, s->text);
        error = tcpseg_parse_frame(&seg, &frame, sizeof frame, s->linktype,
                                   options, f.bytes, f.len, f.len);
        if (error != TCPSEG_OK)
            continue;
        /* These changed the length or address behind the checksum's back. */
        if (strncmp(s->name, "same-", 5) == 0 ||
            strncmp(s->name, "total-", 6) == 0 ||
            strcmp(s->name, "ipip-short-inner") == 0 ||
            frame.captured < frame.length)
            continue;
        if (frame.addr.fragment)
            cr_expect_eq(seg.checksum_status, TCPSEG_CHECKSUM_CUT, "%s",
                         s->name);
        else
            cr_expect_eq(seg.checksum_status, TCPSEG_CHECKSUM_OK, "%s",
                         s->name);
    }
}

Test(frame, t40_ten_bytes_of_tcp)
{
    struct frame f;
    tcpseg_frame frame;
    tcpseg seg;

    frame_write(&f, sample("total-30")->text);
    cr_assert_eq(tcpseg_parse_frame(&seg, &frame, sizeof frame, ETH, 0, f.bytes,
                                    f.len, f.len),
                 TCPSEG_ERR_SHORT);
    cr_assert_eq(seg.header_captured, 10);
    cr_assert_eq(seg.src_port, 1000);
    cr_assert_eq(frame.length, 10);
    cr_assert_eq(frame.trailer, 32);
}

Test(frame, t41_capture_ends_in_the_header)
{
    static const size_t lengths[] = {0, 10, 20, 25};
    struct frame f;

    frame_write(&f, sample("ethernet-ipv4")->text);
    for (size_t i = 0; i < 4; i++) {
        uint8_t *block = exact(f.bytes, 34 + lengths[i]);
        tcpseg seg;

        cr_assert_eq(tcpseg_parse_frame(&seg, NULL, 0, ETH, 0, block,
                                        34 + lengths[i], f.len),
                     TCPSEG_OK);
        cr_assert_eq(seg.header_captured, lengths[i]);
        cr_assert(seg.defects >> TCPSEG_DEFECT_HEADER_CUT & 1);
        cr_assert_eq(seg.seq, lengths[i] >= 8 ? 0x01020304 : 0);
        cr_assert_eq(seg.ip_ttl, 64);
        cr_assert_eq(seg.ip_ecn, 2);
        cr_assert_eq(seg.ip_id, 0x1234);
        free(block);
    }
}

Test(frame, t42_ip_length)
{
    struct frame f;
    tcpseg_frame out;

    locate_sample(&out, &f, "total-0");
    cr_assert_eq(out.length, 3032);
    cr_assert_eq(out.captured, 3032);
    locate_sample(&out, &f, "payload-0-ipv6");
    cr_assert_eq(out.length, 3032);
    locate_sample(&out, &f, "total-19");
    cr_assert_eq(out.stop, TCPSEG_STOP_BAD_IP);
    locate_sample(&out, &f, "total-past-frame");
    cr_assert_eq(out.length, 1980);
    cr_assert_eq(out.captured, 42);
    locate_sample(&out, &f, "payload-past-frame-ipv6");
    cr_assert_eq(out.length, 2000);
    cr_assert_eq(out.captured, 42);
}

/* A frame too large for the builder. */
static uint8_t *large_ipv6(size_t payload, unsigned next)
{
    uint8_t *bytes = calloc(1, 54 + payload);
    struct frame f;

    cr_assert(bytes != NULL);
    frame_write(&f, "eth 0x86dd, ip6 0");
    memcpy(bytes, f.bytes, 54);
    bytes[18] = (uint8_t)(payload >> 8);
    bytes[19] = (uint8_t)payload;
    bytes[20] = (uint8_t)next;
    return bytes;
}

Test(frame, t43_endless_extensions)
{
    enum { HOPS = 4096 };
    uint8_t *bytes = large_ipv6(HOPS * 8 + 20, 60);
    tcpseg_frame out;

    for (size_t i = 0; i < HOPS; i++)
        bytes[54 + 8 * i] = i + 1 < HOPS ? 60 : 6;
    locate(&out, "4096 hops", ETH, 0, bytes, 54 + HOPS * 8 + 20,
           54 + HOPS * 8 + 20);
    cr_assert_eq(out.stop, TCPSEG_STOP_LIMIT);
    cr_assert_eq(out.defects, D(EXTENSION_LIMIT));
    free(bytes);

    bytes = large_ipv6(17 * 2048, 60);
    for (size_t i = 0; i < 17; i++)
        memcpy(bytes + 54 + 2048 * i, "\x3c\xff", 2);
    locate(&out, "length 255", ETH, 0, bytes, 54 + 17 * 2048, 54 + 17 * 2048);
    cr_assert_eq(out.stop, TCPSEG_STOP_LIMIT);
    locate(&out, "length 255", ETH, 0, bytes, 54 + 2047, 54 + 17 * 2048);
    cr_assert_eq(out.stop, TCPSEG_STOP_CUT);
    free(bytes);
    locate_sample(&out, &(struct frame){.len = 0}, "hop-by-hop-twice");
    cr_assert_eq(out.defects, D(HOP_BY_HOP));
}

Test(frame, t44_fragment_over_the_flags)
{
    tcpseg_frame out;
    struct frame f;
    tcpseg seg;

    locate_sample(&out, &f, "fragment-overlap");
    cr_assert_eq(out.stop, TCPSEG_STOP_FRAGMENT);
    cr_assert_eq(
        tcpseg_parse_frame(&seg, NULL, 0, ETH, 0, f.bytes, f.len, f.len),
        TCPSEG_ERR_NOT_FOUND, "never parsed");
}

Test(frame, t45_stacks_without_end)
{
    uint8_t *bytes = calloc(1, 9000);
    tcpseg_frame out;

    memcpy(bytes + 12, "\x88\x47", 2); /* no label has the bottom's bit */
    locate(&out, "labels", ETH, 0, bytes, 9000, 9000);
    cr_assert_eq(out.stop, TCPSEG_STOP_LIMIT);
    cr_assert_eq(out.mpls_count, 8);
    for (size_t at = 12; at < 9000; at += 4)
        memcpy(bytes + at, "\x81\x00", 2);
    locate(&out, "tags", ETH, 0, bytes, 9000, 9000);
    cr_assert_eq(out.stop, TCPSEG_STOP_LIMIT);
    cr_assert_eq(out.defects, D(VLAN_LIMIT));
    cr_assert_eq(out.vlan_count, 4);
    free(bytes);
}

Test(frame, t46_padding_is_no_payload)
{
    tcpseg_frame out;
    struct frame f;
    tcpseg seg;

    frame_write(&f, "eth 0x0800, ip4 6, hex 03e807d0 01020304 0a0b0c0d 5010 "
                    "2000 0000 0000, done, fill 0 6");
    cr_assert_eq(f.len, 60);
    cr_assert_eq(tcpseg_parse_frame(&seg, &out, sizeof out, ETH, 0, f.bytes,
                                    f.len, f.len),
                 TCPSEG_OK);
    cr_assert_eq(seg.payload_len, 0);
    cr_assert_eq(seg.payload_captured, 0);
    cr_assert_eq(out.trailer, 6);
    cr_assert_eq(out.length, 20);
    cr_assert_eq(out.defects, D(TRAILER));
}

Test(frame, t49_routing_header_without_segments_left)
{
    static const char *const names[] = {
        "rh2-used-up", "rh2", "rh0-used-up", "rh0", "srh-used-up", "srh"};
    for (size_t i = 0; i < 6; i++) {
        tcpseg_frame out;
        struct frame f;
        tcpseg seg;

        frame_write(&f, sample(names[i])->text);
        tcpseg_parse_frame(&seg, &out, sizeof out, ETH, TCPSEG_LOCATE_CHECKSUM,
                           f.bytes, f.len, f.len);
        cr_assert_eq(seg.checksum_status, TCPSEG_CHECKSUM_OK, "%s", names[i]);
        cr_assert_eq(out.addr.dst[15], i % 2 ? 9 : 2, "%s", names[i]);
    }
}

Test(frame, jumbogram)
{
    enum { PAYLOAD = 100000 };
    uint8_t *bytes = large_ipv6(PAYLOAD, 0);
    tcpseg_frame out;

    memcpy(bytes + 18, "\0\0", 2);
    memcpy(bytes + 54, "\x06\x00\xc2\x04\x00\x01\x86\xa0", 8);
    locate(&out, "jumbogram", ETH, 0, bytes, 54 + PAYLOAD, 54 + PAYLOAD);
    cr_assert_eq(out.stop, TCPSEG_STOP_NONE);
    cr_assert_eq(out.defects, 0);
    cr_assert_eq(out.length, PAYLOAD - 8);
    memcpy(bytes + 58, "\xff\xff\xff\xff", 4);
    locate(&out, "largest", ETH, 0, bytes, 54 + PAYLOAD, 54 + PAYLOAD);
    cr_assert_eq(out.defects, D(LENGTH_BEYOND));
    cr_assert_eq(out.length, 0xffffffff - 8);
    cr_assert_eq(out.captured, PAYLOAD - 8);
    /* Without the option it is what segmentation offload leaves behind. */
    memset(bytes + 56, 0, 6);
    locate(&out, "offload", ETH, 0, bytes, 54 + PAYLOAD, 54 + PAYLOAD);
    cr_assert_eq(out.defects, D(LENGTH_ZERO));
    cr_assert_eq(out.length, PAYLOAD - 8);
    free(bytes);
}

/* The short cut leaves a very long trailer to the general walk. */
Test(frame, long_trailer)
{
    enum { TRAILER = 70000 };
    uint8_t *bytes = calloc(1, 76 + TRAILER);
    tcpseg_frame out;
    struct frame f;

    frame_write(&f, sample("ethernet-ipv4")->text);
    memcpy(bytes, f.bytes, f.len);
    locate(&out, "zero", ETH, 0, bytes, 76 + TRAILER, 76 + TRAILER);
    cr_assert_eq(out.trailer, TRAILER);
    cr_assert_eq(out.defects, D(TRAILER));
    bytes[75 + TRAILER] = 1;
    locate(&out, "dirty", ETH, 0, bytes, 76 + TRAILER, 76 + TRAILER);
    cr_assert_eq(out.defects, D(TRAILER) | D(TRAILER_NONZERO));
    locate(&out, "unseen", ETH, 0, bytes, 75 + TRAILER, 76 + TRAILER);
    cr_assert_eq(out.defects, D(TRAILER));
    free(bytes);
}

Test(frame, more_captured_than_length)
{
    struct frame f;
    tcpseg_frame out;

    frame_write(&f, sample("ethernet-ipv4")->text);
    frame_fill(&f, 0xff, 20);
    locate(&out, "captured", ETH, 0, f.bytes, f.len, f.len - 20);
    cr_assert_eq(out.defects, 0);
    cr_assert_eq(out.captured, 42);
    locate(&out, "captured", ETH, 0, f.bytes, f.len, 40);
    cr_assert_eq(out.defects, D(LENGTH_BEYOND));
    cr_assert_eq(out.captured, 6);
    locate(&out, "captured", ETH, 0, f.bytes, f.len, 20);
    cr_assert_eq(out.stop, TCPSEG_STOP_CUT);
}

Test(frame, misuse_writes_nothing)
{
    struct frame f;
    tcpseg_frame out, before;
    tcpseg seg, seg_before;
    size_t n;

    frame_write(&f, sample("ethernet-ipv4")->text);
    n = f.len;
    memset(&before, 0xa5, sizeof before);
    memset(&seg_before, 0xa5, sizeof seg_before);
    out = before;
    seg = seg_before;
    cr_expect_eq(tcpseg_locate(NULL, sizeof out, ETH, 0, f.bytes, n, n), -1);
    cr_expect_eq(tcpseg_locate(&out, 0, ETH, 0, f.bytes, n, n), -1);
    cr_expect_eq(tcpseg_locate(&out, sizeof out, ETH, 4, f.bytes, n, n), -1);
    cr_expect_eq(tcpseg_locate(&out, sizeof out, ETH, 0, NULL, n, n), -1);
    cr_expect_eq(tcpseg_parse_frame(NULL, NULL, 0, ETH, 0, f.bytes, n, n), -1);
    cr_expect_eq(
        tcpseg_parse_frame(NULL, &out, sizeof out, ETH, 0, f.bytes, n, n), -1);
    cr_expect_eq(tcpseg_parse_frame(&seg, &out, 0, ETH, 0, f.bytes, n, n), -1);
    cr_expect_eq(tcpseg_parse_frame(&seg, NULL, 0, ETH, 8, f.bytes, n, n), -1);
    cr_expect_eq(
        tcpseg_parse_frame(&seg, &out, sizeof out, ETH, 8, f.bytes, n, n), -1);
    cr_expect_eq(tcpseg_parse_frame(&seg, NULL, 0, ETH, 0, NULL, n, n), -1);
    cr_expect_eq(tcpseg_parse_frame(&seg, NULL, 0, ETH, 1, NULL, n, n), -1);
#if SIZE_MAX > UINT32_MAX
    for (size_t over = 0; over <= 40; over++) {
        size_t length = (size_t)UINT32_MAX + 1 + over;

        cr_expect_eq(
            tcpseg_locate(&out, sizeof out, ETH, 0, f.bytes, n, length), -1);
        f.bytes[16] = 0; /* a total length below 20, down to 0 */
        f.bytes[17] = (uint8_t)(over / 2);
        cr_expect_eq(
            tcpseg_parse_frame(&seg, NULL, 0, ETH, 0, f.bytes, n, length), -1,
            "%zu", over);
    }
#endif
    cr_expect(memcmp(&out, &before, sizeof out) == 0);
    cr_expect(memcmp(&seg, &seg_before, sizeof seg) == 0);
}

/* A caller built with a shorter or longer structure. */
Test(frame, other_sizes_of_the_structure)
{
    static const char *const names[] = {"ethernet-ipv4", "vlan", "arp"};
    uint8_t longer[sizeof(tcpseg_frame) + 24], shorter[64];
    tcpseg_frame whole;
    tcpseg seg;

    for (size_t i = 0; i < 3; i++) {
        struct frame f;

        locate_sample(&whole, &f, names[i]);
        for (int parse = 0; parse < 2; parse++) {
            memset(longer, 0xa5, sizeof longer);
            memset(shorter, 0xa5, sizeof shorter);
            if (parse) {
                tcpseg_parse_frame(&seg, (tcpseg_frame *)(void *)longer,
                                   sizeof longer, ETH, 0, f.bytes, f.len,
                                   f.len);
                tcpseg_parse_frame(&seg, (tcpseg_frame *)(void *)shorter, 40,
                                   ETH, 0, f.bytes, f.len, f.len);
            } else {
                tcpseg_locate((tcpseg_frame *)(void *)longer, sizeof longer,
                              ETH, 0, f.bytes, f.len, f.len);
                tcpseg_locate((tcpseg_frame *)(void *)shorter, 40, ETH, 0,
                              f.bytes, f.len, f.len);
            }
            cr_assert(memcmp(longer, &whole, sizeof whole) == 0);
            cr_assert(memcmp(shorter, &whole, 40) == 0);
            for (size_t k = sizeof whole; k < sizeof longer; k++)
                cr_assert_eq(longer[k], 0);
            for (size_t k = 40; k < sizeof shorter; k++)
                cr_assert_eq(shorter[k], 0xa5);
        }
    }
}

Test(frame, parse_frame_without_tcp)
{
    struct frame f;
    tcpseg_frame out;
    tcpseg seg, zero;

    memset(&zero, 0, sizeof zero);
    zero.error = TCPSEG_ERR_NOT_FOUND;
    frame_write(&f, sample("ethernet-udp")->text);
    memset(&seg, 0xa5, sizeof seg);
    cr_assert_eq(tcpseg_parse_frame(&seg, &out, sizeof out, ETH, 0, f.bytes,
                                    f.len, f.len),
                 TCPSEG_ERR_NOT_FOUND);
    cr_assert(memcmp(&seg, &zero, sizeof seg) == 0);
    cr_assert_eq(out.stop, TCPSEG_STOP_NONE);
    cr_assert_eq(out.addr.protocol, 17);
    memset(&seg, 0xa5, sizeof seg);
    cr_assert_eq(
        tcpseg_parse_frame(&seg, NULL, 0, ETH, 0, f.bytes, f.len, f.len),
        TCPSEG_ERR_NOT_FOUND);
    cr_assert(memcmp(&seg, &zero, sizeof seg) == 0);
}

Test(frame, parse_frame_checks_only_if_told)
{
    struct frame f;
    tcpseg seg;

    frame_write(&f, sample("ethernet-ipv4")->text);
    tcpseg_parse_frame(&seg, NULL, 0, ETH, 0, f.bytes, f.len, f.len);
    cr_assert_eq(seg.checksum_status, TCPSEG_CHECKSUM_UNKNOWN);
    tcpseg_parse_frame(&seg, NULL, 0, ETH, TCPSEG_LOCATE_CHECKSUM, f.bytes,
                       f.len, f.len);
    cr_assert_eq(seg.checksum_status, TCPSEG_CHECKSUM_OK);
    f.bytes[f.len - 1] ^= 1;
    tcpseg_parse_frame(&seg, NULL, 0, ETH, TCPSEG_LOCATE_CHECKSUM, f.bytes,
                       f.len, f.len);
    cr_assert_eq(seg.checksum_status, TCPSEG_CHECKSUM_BAD);
    tcpseg_parse_frame(&seg, NULL, 0, ETH, TCPSEG_LOCATE_CHECKSUM, f.bytes,
                       f.len - 1, f.len);
    cr_assert_eq(seg.checksum_status, TCPSEG_CHECKSUM_CUT);
}

static uint32_t next_random(uint64_t *state)
{
    *state =
        *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963);
    return (uint32_t)(*state >> 33);
}

/* Damage a few bytes, mostly in the headers, or nothing but lengths. */
static void damage(struct frame *f, uint64_t *state)
{
    unsigned count = next_random(state) % 6;
    size_t reach = f->len < 120 ? f->len : 120;

    for (unsigned i = 0; i < count; i++) {
        uint32_t r = next_random(state);
        uint8_t *byte = &f->bytes[next_random(state) % reach];

        if (r % 3 == 0)
            *byte ^= (uint8_t)(1u << (r >> 8 & 7));
        else if (r % 3 == 1)
            *byte = (uint8_t)(r >> 8);
        else
            *byte = (uint8_t[]){0, 1, 4, 6, 0xff, 0x45, 0x60, 47}[r >> 8 & 7];
    }
}

Test(frame, hostile_frames, .timeout = 120)
{
    static const uint32_t links[] = {0,   1,   9,   12,  14,  101, 104,
                                     108, 113, 228, 229, 276, 147};
    uint64_t state = 7, found = 0;

    for (unsigned i = 0; i < 100000; i++) {
        const struct frame_sample *s =
            &frame_samples[next_random(&state) % frame_sample_count];
        uint32_t linktype = s->linktype, options = next_random(&state) % 4;
        size_t length, captured;
        tcpseg_frame out;
        struct frame f;

        frame_write(&f, s->text);
        damage(&f, &state);
        if (next_random(&state) % 16 == 0)
            linktype = links[next_random(&state) % 13];
        captured =
            f.len - (next_random(&state) % 4 ? 0 : next_random(&state) % f.len);
        length = captured +
                 (next_random(&state) % 4 ? 0 : next_random(&state) % 2000);
        if (next_random(&state) % 8 == 0)
            length = next_random(&state) % (f.len + 1);
        locate(&out, s->name, linktype, options & IN, f.bytes, captured,
               length);
        found += out.stop == TCPSEG_STOP_NONE;
    }
    cr_assert(found > 20000 && found < 90000, "%u found", (unsigned)found);
}

/* No two names alike, and none missing up to the last one. */
static void names(const char *(*name)(unsigned), unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        cr_assert(name(i) != NULL && *name(i), "%u", i);
        for (unsigned k = 0; k < i; k++)
            cr_assert(strcmp(name(i), name(k)) != 0, "%u and %u", i, k);
    }
    cr_assert(name(count) == NULL);
    cr_assert(name(UINT32_MAX) == NULL);
}

static const char *stop_name(unsigned stop)
{
    return tcpseg_stop_name((int)stop);
}

Test(frame, names)
{
    names(tcpseg_frame_defect_name, TCPSEG_FRAME_EXTENSION_CUT + 1);
    names(tcpseg_frame_defect_text, TCPSEG_FRAME_EXTENSION_CUT + 1);
    names(stop_name, TCPSEG_STOP_LIMIT + 1);
    for (unsigned i = 0; i <= TCPSEG_FRAME_EXTENSION_CUT; i++)
        cr_assert(tcpseg_frame_defect_rfc(i) != NULL);
    cr_assert(tcpseg_frame_defect_rfc(TCPSEG_FRAME_EXTENSION_CUT + 1) == NULL);
    cr_assert(tcpseg_stop_name(-1) == NULL);
}
