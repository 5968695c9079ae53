/* What the answer of tcpseg_locate() says in detail: fields, lengths, fragments,
 * final destinations, tunnels. The tNN are rows of a list of past mistakes in
 * parsers. */
#include "frame_checks.h"

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
