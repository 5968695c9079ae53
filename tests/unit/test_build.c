/* The builder: what the parser reads, written back. */
#include "sample.h"

#include "areas.h"

static const tcpseg plain = {.src_port = 0x1234,
                             .dst_port = 0x5678,
                             .seq = 0x9abcdef0,
                             .ack = 0x0fedcba9,
                             .flags = 0xfff,
                             .wnd = 0x8765,
                             .checksum = 0x4321,
                             .up = 0x1357};

Test(build, fixed_header)
{
    static const uint8_t want[20] = {0x12, 0x34, 0x56, 0x78, 0x9a, 0xbc, 0xde,
                                     0xf0, 0x0f, 0xed, 0xcb, 0xa9, 0x5f, 0xff,
                                     0x87, 0x65, 0x43, 0x21, 0x13, 0x57};
    uint8_t buf[21];

    memset(buf, 0xee, sizeof buf);
    cr_assert_eq(tcpseg_build(buf, 20, &plain, NULL, 0, NULL, 0, NULL), 20);
    cr_assert_arr_eq(buf, want, 20);
    cr_assert_eq(buf[20], 0xee);
}

/* Bits above the twelve are nobody's and must not reach the data offset. */
Test(build, flags_of_twelve_bits)
{
    tcpseg seg = {.flags = 0xffff};
    uint8_t buf[20];

    cr_assert_eq(tcpseg_build(buf, 20, &seg, NULL, 0, NULL, 0, NULL), 20);
    cr_assert_eq(buf[12], 0x5f);
    cr_assert_eq(buf[13], 0xff);
}

/* Of what the parser fills in for the reader's sake, nothing is written. */
Test(build, data_offset_follows_from_the_options)
{
    tcpseg seg = {.data_offset = 15, .payload_len = 99};
    uint8_t buf[60];

    cr_assert_eq(tcpseg_build(buf, 60, &seg, NULL, 0, NULL, 0, NULL), 20);
    cr_assert_eq(buf[12], 0x50);
}

Test(build, fills_an_ended_list_with_zeros)
{
    static const uint8_t ended[5] = {2, 4, 5, 0xb4, 0};
    uint8_t buf[28];

    memset(buf, 0xee, sizeof buf);
    cr_assert_eq(tcpseg_build(buf, 28, &plain, ended, 5, NULL, 0, NULL), 28);
    cr_assert_arr_eq(buf + 20, ended, 5);
    cr_assert_eq(buf[25] | buf[26] | buf[27], 0);
    /* A zero inside an option ends nothing. */
    cr_assert_eq(
        tcpseg_build(buf, 28, &plain, "\2\4\0\0\3\3\0", 7, NULL, 0, NULL), 28);
    cr_assert_eq(buf[27], 1);
}

/* In the order and with the NOPs of a Linux SYN. */
Test(build, options_from_values)
{
    tcpseg seg = {.present = TCPSEG_HAS_MSS | TCPSEG_HAS_SACK_PERMITTED |
                             TCPSEG_HAS_TIMESTAMPS | TCPSEG_HAS_WSCALE,
                  .mss = 1460,
                  .wscale = 7,
                  .tsval = 0x11223344,
                  .tsecr = 0x55667788};
    uint8_t buf[60], want[20];

    cr_assert_eq(tcpseg_build(buf, 60, &seg, NULL, 0, NULL, 0, NULL), 40);
    hex(want, 20, "020405b4 0402 080a 11223344 55667788 01 030307");
    cr_assert_arr_eq(buf + 20, want, 20);
}

Test(build, sack_from_values)
{
    tcpseg seg = {.present = TCPSEG_HAS_TIMESTAMPS | TCPSEG_HAS_SACK,
                  .tsval = 1,
                  .tsecr = 2,
                  .sack_count = 3,
                  .sack = {{1, 2}, {3, 4}, {5, 6}}};
    uint8_t buf[60], want[40];

    cr_assert_eq(tcpseg_build(buf, 60, &seg, NULL, 0, NULL, 0, NULL), 60);
    hex(want, 40,
        "0101 080a 00000001 00000002"
        "0101 051a 00000001 00000002 00000003 00000004 00000005 00000006");
    cr_assert_arr_eq(buf + 20, want, 40);
}

/* Every set of values: parsed again it is the same set with the same values, or
 * it did not fit. */
Test(build, every_set_of_values)
{
    static const unsigned bits[5] = {TCPSEG_HAS_MSS, TCPSEG_HAS_WSCALE,
                                     TCPSEG_HAS_SACK_PERMITTED, TCPSEG_HAS_SACK,
                                     TCPSEG_HAS_TIMESTAMPS};
    unsigned set, blocks, i, fitted = 0;

    for (set = 0; set < 32; set++)
        for (blocks = 1; blocks <= 4; blocks++) {
            tcpseg seg = plain, back;
            uint8_t buf[60];
            unsigned need = 0;
            int len;

            for (i = 0; i < 5; i++)
                seg.present |= set >> i & 1 ? bits[i] : 0;
            seg.mss = 536;
            seg.wscale = 3;
            seg.tsval = 0x01020304;
            seg.tsecr = 0x05060708;
            seg.sack_count = (uint8_t)blocks;
            for (i = 0; i < blocks; i++)
                seg.sack[i] = (tcpseg_sack){i, i + 1};
            need += set & 1 ? 4 : 0;
            need += set & 2 ? 3 : 0;
            need += set & 4 ? 2 : 0;
            need += set & 8 ? 2 + 8 * blocks : 0;
            need += set & 16 ? 10 : 0;
            len = tcpseg_build(buf, 60, &seg, NULL, 0, NULL, 0, NULL);
            if (len == TCPSEG_ERR_FULL) {
                cr_assert_gt(need + 6, 40, "%u bytes did not fit", need);
                continue;
            }
            fitted++;
            cr_assert_eq(len % 4, 0);
            cr_assert_eq(tcpseg_parse(&back, buf, (size_t)len, (size_t)len),
                         TCPSEG_OK);
            cr_assert_eq(back.present & 0x1f, seg.present);
            cr_assert_eq(back.mss, set & 1 ? 536 : 0);
            cr_assert_eq(back.wscale, set & 2 ? 3 : 0);
            cr_assert_eq(back.sack_count, set & 8 ? blocks : 0);
            if (set & 8)
                cr_assert_arr_eq(back.sack, seg.sack, sizeof seg.sack);
            cr_assert_eq(back.tsval, set & 16 ? 0x01020304 : 0);
            cr_assert_eq(back.tsecr, set & 16 ? 0x05060708 : 0);
            cr_assert_eq(back.defects & D(NOP_RUN), 0);
        }
    cr_assert_gt(fitted, 64);
}

/* A count that no parser wrote must not be believed. */
Test(build, sack_count_out_of_range)
{
    tcpseg seg = {.present = TCPSEG_HAS_SACK, .sack_count = 255};
    uint8_t buf[60];
    int len;

    memset(buf, 0xee, sizeof buf);
    len = tcpseg_build(buf, 60, &seg, NULL, 0, NULL, 0, NULL);
    cr_assert(len < 0 || (len <= 60 && buf[21] != 255));
    seg.sack_count = 0;
    len = tcpseg_build(buf, 60, &seg, NULL, 0, NULL, 0, NULL);
    cr_assert_geq(len, 20);
}

/* ------------------------------------------------------------------------
 * Checksum
 * --------------------------------------------------------------------- */

Test(build, checksum_verifies)
{
    static const tcpseg_address v4 = {.src = {192, 0, 2, 1},
                                      .dst = {192, 0, 2, 2},
                                      .family = 4,
                                      .protocol = 6};
    tcpseg_address v6 = {.family = 6, .protocol = 6};
    unsigned n;

    for (n = 0; n < 16; n++) {
        v6.src[n] = (uint8_t)(0x20 + n);
        v6.dst[n] = (uint8_t)(0xf0 - 3 * n);
    }
    for (n = 0; n < 40; n++) {
        const tcpseg_address *address = n % 4 < 2 ? &v4 : &v6;
        uint8_t all[60 + 40], payload[40];
        tcpseg seg = plain, back;
        int len;

        memset(payload, (int)(0x30 + n), sizeof payload);
        seg.present = n % 2 ? TCPSEG_HAS_MSS : 0;
        len = tcpseg_build(all, 60, &seg, NULL, 0, payload, n, address);
        cr_assert_eq(len, n % 2 ? 24 : 20);
        memcpy(all + len, payload, n);
        cr_assert_eq(tcpseg_parse(&back, all, (size_t)len + n, (size_t)len + n),
                     TCPSEG_OK);
        cr_assert_eq(tcpseg_checksum_verify(&back, all, address),
                     TCPSEG_CHECKSUM_OK, "payload of %u", n);
    }
}

/* Checked by hand: 192.0.2.1 to 192.0.2.2, ports 1 and 2, SYN, window 3.
 * Sums: c000 + 0201 + c000 + 0202 + 0006 + 0014 = 1841d; 0001 + 0002 + 5002 +
 * 0003 = 5008; together 1d425, folded d426, complemented 2bd9. */
Test(build, checksum_by_hand)
{
    tcpseg_address address = {
        .src = {192, 0, 2, 1}, .dst = {192, 0, 2, 2}, .family = 4};
    tcpseg seg = {.src_port = 1, .dst_port = 2, .flags = SYN, .wnd = 3};
    uint8_t buf[20];

    cr_assert_eq(tcpseg_build(buf, 20, &seg, NULL, 0, NULL, 0, &address), 20);
    cr_assert_eq(buf[16], 0x2b);
    cr_assert_eq(buf[17], 0xd9);
}

/* ------------------------------------------------------------------------
 * Misuse
 * --------------------------------------------------------------------- */

Test(build, misuse_writes_nothing)
{
    uint8_t buf[64], before[64];
    tcpseg_address address = {.family = 4, .protocol = 6};
    uint8_t options[41] = {1};

    memset(buf, 0xee, sizeof buf);
    memcpy(before, buf, sizeof buf);
    cr_assert_eq(tcpseg_build(NULL, 60, &plain, NULL, 0, NULL, 0, NULL),
                 TCPSEG_ERR_ARG);
    cr_assert_eq(tcpseg_build(buf, 60, NULL, NULL, 0, NULL, 0, NULL),
                 TCPSEG_ERR_ARG);
    cr_assert_eq(tcpseg_build(buf, 60, &plain, NULL, 4, NULL, 0, NULL),
                 TCPSEG_ERR_ARG);
    cr_assert_eq(tcpseg_build(buf, 60, &plain, NULL, 0, NULL, 1, &address),
                 TCPSEG_ERR_ARG);
    cr_assert_eq(tcpseg_build(buf, 60, &plain, options, 41, NULL, 0, NULL),
                 TCPSEG_ERR_FULL);
    cr_assert_eq(
        tcpseg_build(buf, 60, &plain, options, SIZE_MAX, NULL, 0, NULL),
        TCPSEG_ERR_FULL);
    cr_assert_eq(tcpseg_build(buf, 19, &plain, NULL, 0, NULL, 0, NULL),
                 TCPSEG_ERR_SIZE);
    cr_assert_eq(tcpseg_build(buf, 23, &plain, options, 1, NULL, 0, NULL),
                 TCPSEG_ERR_SIZE);
    cr_assert_eq(tcpseg_build(buf, 0, &plain, NULL, 0, NULL, 0, NULL),
                 TCPSEG_ERR_SIZE);
    address.family = 5;
    cr_assert_eq(tcpseg_build(buf, 60, &plain, NULL, 0, NULL, 0, &address),
                 TCPSEG_ERR_ARG);
    cr_assert_arr_eq(buf, before, sizeof buf);
}

/* A payload without addresses is not read. */
Test(build, payload_without_address)
{
    uint8_t buf[20];

    cr_assert_eq(tcpseg_build(buf, 20, &plain, NULL, 0, NULL, 100, NULL), 20);
    cr_assert_eq(buf[16], 0x43);
    cr_assert_eq(buf[17], 0x21);
}

/* ------------------------------------------------------------------------
 * Parse, build, compare
 * --------------------------------------------------------------------- */

Test(build, inverse_of_the_parser)
{
    uint64_t rng = 11;
    unsigned i, compared = 0;

    for (i = 0; i < 200000; i++) {
        areas_segment s;
        tcpseg seg;
        uint8_t buf[60];
        size_t header;

        areas_make(&rng, &s);
        if (tcpseg_parse(&seg, s.data, s.captured, s.length) != TCPSEG_OK)
            continue;
        header = 4u * seg.data_offset;
        if (seg.header_captured < 20 || seg.header_captured < header)
            continue;
        cr_assert_eq(tcpseg_build(buf, sizeof buf, &seg, s.data + 20,
                                  header - 20, NULL, 0, NULL),
                     (int)header);
        cr_assert_arr_eq(buf, s.data, header);
        compared++;
    }
    cr_assert_gt(compared, 150000);
}
