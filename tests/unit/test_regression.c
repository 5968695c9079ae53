/* Segments on which other parsers have crashed, looped, read too far or lost
 * count. Each test is one class of such bugs. */
#include "sample.h"

Test(regression, t01_option_length_zero)
{
    sample s = parse(ACK, "02000000");

    cr_assert_eq(s.error, TCPSEG_OK);
    HAS_DEFECTS(s, D(OPTION_LEN_LT_2));
    HAS_ERROR(s, 21, 2, 0);
    cr_assert_eq(s.count, 1);
    IS_OPTION(s, 0, 2, 0, 20, LEN_LT_2);
    cr_assert_eq(s.seg.options_walked, 0);
    cr_assert_eq(s.seg.present, 0);
}

Test(regression, t01_prefix_before_length_zero_is_kept)
{
    sample s = parse(SYN, "020405b4 01 030307 0800 0000");

    HAS_DEFECTS(s, D(OPTION_LEN_LT_2));
    HAS_ERROR(s, 29, 8, 0);
    cr_assert_eq(s.count, 4);
    cr_assert_eq(s.seg.mss, 1460);
    cr_assert_eq(s.seg.wscale, 7);
    cr_assert_eq(s.seg.options_walked, 8);
}

Test(regression, t02_option_length_one)
{
    sample s = parse(ACK, "02010000");

    HAS_DEFECTS(s, D(OPTION_LEN_LT_2));
    HAS_ERROR(s, 21, 2, 1);
    cr_assert_eq(s.count, 1);
    IS_OPTION(s, 0, 2, 1, 20, LEN_LT_2);
    s = parse(ACK, "63010000");
    HAS_DEFECTS(s, D(OPTION_LEN_LT_2));
    HAS_ERROR(s, 21, 0x63, 1);
}

Test(regression, t03_kind_at_the_last_byte)
{
    sample s = parse(ACK, "01010102");

    HAS_DEFECTS(s, D(OPTION_NO_LEN));
    HAS_ERROR(s, 23, 2, 0);
    cr_assert_eq(s.count, 4);
    cr_assert_eq(s.option[3].status, TCPSEG_OPTION_NO_LEN);
    cr_assert_eq(s.option[3].offset, 23);
    cr_assert_eq(s.seg.options_walked, 3);
}

/* The payload that follows looks like the rest of an option. */
Test(regression, t03_payload_is_no_length)
{
    sample s = parse_with(ACK, "01010102", 3);

    hex(s.data + 24, 3, "0405b4");
    look(&s, 27, 27);
    HAS_DEFECTS(s, D(OPTION_NO_LEN));
    cr_assert_eq(s.seg.mss, 0);
    cr_assert_eq(s.seg.payload_len, 3);
}

Test(regression, t04_length_past_the_area)
{
    sample s = parse_with(ACK, "022805b4", 60);

    HAS_DEFECTS(s, D(OPTION_LEN_BEYOND));
    HAS_ERROR(s, 21, 2, 40);
    cr_assert_eq(s.count, 1);
    IS_OPTION(s, 0, 2, 40, 20, LEN_BEYOND);
    s = parse_with(ACK, "020505b4", 60);
    HAS_DEFECTS(s, D(OPTION_LEN_BEYOND));
}

Test(regression, t05_mss_of_length_three)
{
    sample s = parse(ACK, "02030500");

    HAS_DEFECTS(s, D(OPTION_BAD_LEN));
    HAS_ERROR(s, 21, 2, 3);
    cr_assert_eq(s.count, 2);
    IS_OPTION(s, 0, 2, 3, 20, BAD_LEN);
    IS_OPTION(s, 1, 0, 1, 23, OK);
    cr_assert_eq(s.seg.mss, 0);
    cr_assert_eq(s.seg.options_walked, 4);
}

Test(regression, t06_walk_goes_by_the_stated_length)
{
    sample s = parse(ACK, "020605b4 01020101");

    HAS_DEFECTS(s, D(OPTION_BAD_LEN));
    HAS_ERROR(s, 21, 2, 6);
    cr_assert_eq(s.count, 3);
    IS_OPTION(s, 0, 2, 6, 20, BAD_LEN);
    IS_OPTION(s, 1, 1, 1, 26, OK);
    IS_OPTION(s, 2, 1, 1, 27, OK);
    cr_assert_eq(s.seg.present, 0);
}

Test(regression, t07_timestamps_of_length_nine)
{
    sample s = parse(ACK, "0809 00000001 000000 010101");

    HAS_DEFECTS(s, D(OPTION_BAD_LEN));
    HAS_ERROR(s, 21, 8, 9);
    cr_assert_eq(s.count, 4);
    IS_OPTION(s, 0, 8, 9, 20, BAD_LEN);
    IS_OPTION(s, 1, 1, 1, 29, OK);
    IS_OPTION(s, 3, 1, 1, 31, OK);
    cr_assert_eq(s.seg.tsval, 0);
    cr_assert_eq(s.seg.tsecr, 0);
}

Test(regression, t08_window_scale_above_14)
{
    sample s = parse(SYN, "020405b4 03030f00");

    HAS_DEFECTS(s, D(WSCALE_GT_14));
    cr_assert_eq(s.seg.wscale, 15);
    s = parse(SYN, "020405b4 0303ff00");
    HAS_DEFECTS(s, D(WSCALE_GT_14));
    cr_assert_eq(s.seg.wscale, 255);
    s = parse(SYN, "020405b4 03030e00");
    HAS_DEFECTS(s, 0);
}

Test(regression, t09_sack_permitted_of_length_three)
{
    sample s = parse(SYN, "020405b4 04030001");

    HAS_DEFECTS(s, D(OPTION_BAD_LEN));
    HAS_ERROR(s, 25, 4, 3);
    cr_assert_eq(s.seg.present, TCPSEG_HAS_MSS);
    IS_OPTION(s, 2, 1, 1, 27, OK);
}

Test(regression, t10_sack_without_a_block)
{
    sample s = parse(ACK, "05020101");

    HAS_DEFECTS(s, D(OPTION_BAD_LEN) | D(SACK_EMPTY));
    HAS_ERROR(s, 21, 5, 2);
    cr_assert_eq(s.count, 3);
    IS_OPTION(s, 0, 5, 2, 20, BAD_LEN);
    cr_assert_eq(s.seg.present, 0);
}

Test(regression, t11_sack_of_half_a_block)
{
    sample s = parse(ACK, "0509 00000001 000000 01 0101");

    HAS_DEFECTS(s, D(OPTION_BAD_LEN));
    HAS_ERROR(s, 21, 5, 9);
    cr_assert_eq(s.count, 4);
    s = parse(ACK, "052a0000");
    HAS_DEFECTS(s, D(OPTION_LEN_BEYOND));
    HAS_ERROR(s, 21, 5, 42);
}

Test(regression, t12_four_sack_blocks)
{
    sample s = parse(ACK, "0522 00000001 00000002 00000003 00000004"
                          "00000005 00000006 00000007 00000009 0101");

    HAS_DEFECTS(s, 0);
    cr_assert_eq(s.seg.sack_count, 4);
    cr_assert_eq(s.seg.sack[0].left, 1);
    cr_assert_eq(s.seg.sack[3].left, 7);
    cr_assert_eq(s.seg.sack[3].right, 9);
}

Test(regression, t13_sack_edges_that_are_no_block)
{
    static const char *const bad[] = {
        "0101 050a 00000002 00000001", /* backwards */
        "0101 050a 00000002 00000002", /* empty */
        "0101 050a 00000000 80000000", /* neither is before the other */
        "0101 050a 80000000 00000000",
        "0101 0512 00000001 00000002 00000004 00000003"};
    unsigned i;

    for (i = 0; i < 5; i++) {
        sample s = parse(ACK, bad[i]);

        HAS_DEFECTS(s, D(SACK_EDGES));
        cr_assert(s.seg.present & TCPSEG_HAS_SACK);
    }
    /* Backwards is not a D-SACK, whatever the acknowledgment number. */
    cr_assert_eq(parse(ACK, bad[0]).seg.present, TCPSEG_HAS_SACK);
    HAS_DEFECTS(parse(ACK, "0101 050a 00000000 7fffffff"), 0);
    HAS_DEFECTS(parse(ACK, "0101 050a fffffffe 00000001"), 0);
}

Test(regression, t14_small_mss)
{
    sample s = parse(SYN, "02040000");

    HAS_DEFECTS(s, D(MSS_ZERO));
    cr_assert_eq(s.seg.present, TCPSEG_HAS_MSS);
    HAS_DEFECTS(parse(SYN, "02040001"), D(MSS_SMALL));
    s = parse(SYN, "0204002f");
    HAS_DEFECTS(s, D(MSS_SMALL));
    cr_assert_eq(s.seg.mss, 47);
    HAS_DEFECTS(parse(SYN, "02040030"), 0);
    s = parse(SYN, "0204ffff");
    HAS_DEFECTS(s, 0);
    cr_assert_eq(s.seg.mss, 65535);
}

Test(regression, t15_handshake_options_elsewhere)
{
    sample s = parse(ACK, "020405b4");

    HAS_DEFECTS(s, D(OPTION_SYN_ONLY));
    cr_assert_eq(s.seg.mss, 1460);
    s = parse(ACK, "03030701");
    HAS_DEFECTS(s, D(OPTION_SYN_ONLY));
    cr_assert_eq(s.seg.wscale, 7);
    s = parse(ACK, "04020101");
    HAS_DEFECTS(s, D(OPTION_SYN_ONLY));
    cr_assert_eq(s.seg.present, TCPSEG_HAS_SACK_PERMITTED);
    s = parse(ACK, "22020101");
    HAS_DEFECTS(s, D(OPTION_SYN_ONLY));
    cr_assert_eq(s.seg.present, TCPSEG_HAS_FASTOPEN);
    HAS_DEFECTS(parse(ACK, "fe04f989"),
                D(OPTION_SYN_ONLY) | D(OPTION_EXPERIMENT));
    s = parse(SYN | ACK, "020405b4 0101 050a 00000001 00000002");
    HAS_DEFECTS(s, D(OPTION_NOT_ON_SYN));
    cr_assert_eq(s.seg.sack_count, 1);
}

Test(regression, t16_bytes_behind_the_end_of_the_list)
{
    sample s = parse_with(SYN, "020405b4 00aabbcc", 2);

    HAS_DEFECTS(s, D(PADDING) | D(SYN_DATA));
    cr_assert_eq(s.count, 3);
    IS_OPTION(s, 1, 0, 1, 24, OK);
    IS_OPTION(s, 2, 0, 3, 25, PADDING_NONZERO);
    cr_assert_eq(s.seg.data_offset, 7);
    cr_assert_eq(s.seg.payload_len, 2);
    cr_assert_eq(s.seg.options_walked, 8);
    s = parse(SYN, "020405b4 00000000");
    HAS_DEFECTS(s, 0);
    IS_OPTION(s, 2, 0, 3, 25, PADDING);
    HAS_DEFECTS(parse(SYN, "020405b4 00000001"), D(PADDING));
}

/* An option behind the end of the list is none. */
Test(regression, t16_end_of_the_list_ends_it)
{
    sample s = parse(SYN, "00000000 020405b4");

    HAS_DEFECTS(s, D(PADDING) | D(MSS_MISSING));
    cr_assert_eq(s.seg.present, 0);
    cr_assert_eq(s.count, 2);
}

Test(regression, t17_last_of_two_counts)
{
    sample s = parse(SYN, "020405b4 030307 030308 0000");
    uint32_t first, last;

    HAS_DEFECTS(s, D(OPTION_DUPLICATE));
    cr_assert_eq(s.seg.wscale, 8);
    IS_OPTION(s, 1, 3, 3, 24, OK);
    IS_OPTION(s, 2, 3, 3, 27, OK);
    cr_assert_eq(tcpseg_option_number(&s.option[1], s.data, &first), 0);
    cr_assert_eq(tcpseg_option_number(&s.option[2], s.data, &last), 0);
    cr_assert_eq(first, 7);
    cr_assert_eq(last, 8);
}

Test(regression, t17_what_may_stand_twice)
{
    HAS_DEFECTS(parse(ACK, "1e048000 1e048000"), 0);
    HAS_DEFECTS(parse(ACK, "1e0380 1e0380 0101"), D(OPTION_BAD_LEN));
    HAS_DEFECTS(parse(ACK, "fd040ca0 fd040ca0"), D(OPTION_EXPERIMENT));
    HAS_DEFECTS(parse(ACK, "63026302"),
                D(OPTION_UNKNOWN) | D(OPTION_DUPLICATE));
    /* A malformed one counts as well, and does not replace the value. */
    sample s = parse(SYN, "020405b4 02030001");

    HAS_DEFECTS(s, D(OPTION_DUPLICATE) | D(OPTION_BAD_LEN));
    cr_assert_eq(s.seg.mss, 1460);
}

/* The SACK option that counts is the last, with all of its blocks. */
Test(regression, t17_second_sack_replaces_the_first)
{
    sample s = parse(ACK, "0512 00000001 00000002 00000003 00000004"
                          "050a 00000009 0000000a");

    HAS_DEFECTS(s, D(OPTION_DUPLICATE));
    cr_assert_eq(s.seg.sack_count, 1);
    cr_assert_eq(s.seg.sack[0].left, 9);
    cr_assert_eq(s.seg.sack[1].left, 0);
    cr_assert_eq(s.seg.sack[1].right, 0);
}

Test(regression, t18_data_offset_that_cannot_be)
{
    unsigned offset;

    for (offset = 0; offset < 16; offset++) {
        sample s = parse(ACK, "");

        s.data[12] = (uint8_t)(offset << 4);
        look(&s, 20, 20);
        cr_assert_eq(s.error, offset == 5 ? TCPSEG_OK : TCPSEG_ERR_OFFSET);
        cr_assert_eq(s.seg.error, s.error);
        cr_assert_eq(s.seg.payload_len, 0);
        cr_assert_eq(s.seg.payload_captured, 0);
        cr_assert_eq(s.seg.error_offset, offset == 5 ? 0 : 12);
        cr_assert_eq(s.seg.seq, SAMPLE_SEQ);
        cr_assert_eq(s.seg.data_offset, offset);
        cr_assert_eq(s.count, 0);
        HAS_DEFECTS(s, offset < 5   ? D(OFFSET_LT_5)
                       : offset > 5 ? D(OFFSET_BEYOND)
                                    : 0);
    }
}

Test(regression, t19_forty_nops)
{
    sample s = parse(ACK, "0101010101010101010101010101010101010101"
                          "0101010101010101010101010101010101010101");
    unsigned i;

    HAS_DEFECTS(s, D(NOP_RUN));
    cr_assert_eq(s.count, 40);
    for (i = 0; i < 40; i++)
        IS_OPTION(s, i, 1, 1, 20 + i, OK);
    HAS_DEFECTS(parse(ACK, "01010101"), D(NOP_RUN));
    HAS_DEFECTS(parse(ACK, "01010100"), 0);
    HAS_DEFECTS(parse(ACK, "010101 1602 010101"), 0);
}

Test(regression, t20_mptcp_kind_at_the_last_byte)
{
    sample s = parse(ACK, "0101011e");

    HAS_DEFECTS(s, D(OPTION_NO_LEN));
    HAS_ERROR(s, 23, 30, 0);
}

Test(regression, t21_mptcp_without_subtype)
{
    sample s = parse(ACK, "01011e02");

    HAS_DEFECTS(s, D(OPTION_BAD_LEN));
    HAS_ERROR(s, 23, 30, 2);
    IS_OPTION(s, 2, 30, 2, 22, BAD_LEN);
}

Test(regression, t22_mptcp_into_the_payload)
{
    sample s = parse_with(ACK, "1e140101", 32);

    HAS_DEFECTS(s, D(OPTION_LEN_BEYOND));
    HAS_ERROR(s, 21, 30, 20);
    cr_assert_eq(s.seg.payload_len, 32);
}

Test(regression, t23_mptcp_past_the_segment)
{
    sample s = parse(ACK, "1e140101");

    HAS_DEFECTS(s, D(OPTION_LEN_BEYOND));
    HAS_ERROR(s, 21, 30, 20);
    IS_OPTION(s, 0, 30, 20, 20, LEN_BEYOND);
}

Test(regression, t24_mptcp_length_200)
{
    sample s = parse(ACK, "1ec8f000");

    HAS_DEFECTS(s, D(OPTION_LEN_BEYOND));
    HAS_ERROR(s, 21, 30, 200);
}

Test(regression, t25_mptcp_length_zero)
{
    sample s = parse(ACK, "1e00f000");

    HAS_DEFECTS(s, D(OPTION_LEN_LT_2));
    HAS_ERROR(s, 21, 30, 0);
}
