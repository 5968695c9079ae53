/* Continues test_regression.c: options of a wrong form or an odd value, the
 * fixed header, and the builder. */
#include "sample.h"

Test(regression, t26_mptcp_join_of_length_five)
{
    sample s = parse(SYN, "1e05100102 020405b4 030307");

    HAS_DEFECTS(s, D(OPTION_BAD_LEN));
    HAS_ERROR(s, 21, 30, 5);
    IS_OPTION(s, 0, 30, 5, 20, BAD_LEN);
    IS_OPTION(s, 1, 2, 4, 25, OK);
    cr_assert_eq(s.seg.present, TCPSEG_HAS_MSS | TCPSEG_HAS_WSCALE);
}

Test(regression, t27_ao_of_length_three)
{
    sample s = parse(ACK, "1d030101");

    HAS_DEFECTS(s, D(OPTION_BAD_LEN));
    HAS_ERROR(s, 21, 29, 3);
    cr_assert_eq(s.seg.present, 0);
    s = parse(ACK, "1d040101");
    HAS_DEFECTS(s, 0);
    cr_assert_eq(s.seg.present, TCPSEG_HAS_AO);
}

/* Kept as it stands: what the parser reads, the builder writes back. */
Test(regression, t28_scps_of_length_two)
{
    sample s = parse(SYN, "020405b4 1402 0101");
    uint8_t again[60];

    HAS_DEFECTS(s, D(OPTION_BAD_LEN));
    IS_OPTION(s, 1, 20, 2, 24, BAD_LEN);
    cr_assert_eq(tcpseg_build(again, sizeof again, &s.seg, s.data + 20, 8, NULL,
                              0, NULL),
                 28);
    cr_assert_arr_eq(again, s.data, 28);
}

Test(regression, t29_signatures)
{
    sample s = parse(ACK, "1311 000102030405060708090a0b0c0d0e 010101");

    HAS_DEFECTS(s, D(OPTION_BAD_LEN));
    HAS_ERROR(s, 21, 19, 17);
    s = parse(ACK, "1312 000102030405060708090a0b0c0d0e0f 1d040102 0101");
    HAS_DEFECTS(s, D(AUTH_CONFLICT));
    cr_assert_eq(s.seg.present, TCPSEG_HAS_MD5 | TCPSEG_HAS_AO);
    HAS_DEFECTS(parse(ACK, "1d040102 1d040102"),
                D(AUTH_CONFLICT) | D(OPTION_DUPLICATE));
    HAS_DEFECTS(parse(ACK, "1d040102 1d030101"),
                D(OPTION_BAD_LEN) | D(OPTION_DUPLICATE));
}

Test(regression, t30_experiment_without_identifier)
{
    sample s = parse(ACK, "fe03f900");

    HAS_DEFECTS(s, D(NO_EXID) | D(OPTION_EXPERIMENT));
    HAS_ERROR(s, 21, 254, 3);
    IS_OPTION(s, 0, 254, 3, 20, NO_EXID);
    IS_OPTION(s, 1, 0, 1, 23, OK);
    s = parse(ACK, "fd020101");
    HAS_DEFECTS(s, D(NO_EXID) | D(OPTION_EXPERIMENT));
    IS_OPTION(s, 0, 253, 2, 20, NO_EXID);
}

Test(regression, t31_accecn_draft_of_length_13)
{
    sample s = parse(ACK, "fe0dacce 000000000000000000 010101");

    HAS_DEFECTS(s, D(OPTION_EXPERIMENT));
    IS_OPTION(s, 0, 254, 13, 20, OK);
    cr_assert_eq(s.option[0].exid, 0xacce);
    cr_assert_eq(s.option[0].data_len, 9);
}

Test(regression, t32_accecn_of_length_seven)
{
    sample s = parse(ACK, "ac070000010203 01");
    tcpseg_accecn got;

    HAS_DEFECTS(s, D(ACCECN_PARTIAL));
    IS_OPTION(s, 0, 172, 7, 20, OK);
    cr_assert_eq(tcpseg_option_accecn(&s.option[0], s.data, &got, sizeof got),
                 16);
    cr_assert_eq(got.present, TCPSEG_ACCECN_E0B);
    cr_assert_eq(got.ee0b, 1);
    cr_assert_eq(got.trailing, 2);
}

Test(regression, t33_user_timeout_of_an_hour)
{
    sample s = parse(ACK, "1c04803c");
    tcpseg_user_timeout got;

    HAS_DEFECTS(s, 0);
    cr_assert_eq(
        tcpseg_option_user_timeout(&s.option[0], s.data, &got, sizeof got), 8);
    cr_assert_eq(got.seconds, 3600);
    cr_assert_eq(got.value, 60);
    cr_assert_eq(got.minutes, 1);
}

Test(regression, t34_fast_open_lengths)
{
    char option[81];
    unsigned len;

    for (len = 2; len <= 40; len++) {
        bool legal = len == 2 || (len >= 6 && len <= 18 && len % 2 == 0);
        sample s;

        memset(option, '0', sizeof option);
        option[2 * len] = '\0';
        option[0] = option[1] = '2';
        option[2] = "0123456789abcdef"[len / 16];
        option[3] = "0123456789abcdef"[len % 16];
        s = one(ACK | SYN, option);
        cr_assert_eq(s.option[0].status,
                     legal ? TCPSEG_OPTION_OK : TCPSEG_OPTION_BAD_LEN,
                     "length %u", len);
        cr_assert_eq(s.seg.present, legal ? TCPSEG_HAS_FASTOPEN : 0);
        cr_assert_eq(s.seg.fastopen_offset, legal ? 22 : 0);
        cr_assert_eq(s.seg.fastopen_len, legal ? len - 2 : 0);
    }
}

Test(regression, t35_unknown_kind_between_known_ones)
{
    sample s = parse(SYN, "020405b4 6304aabb 030307 01");

    HAS_DEFECTS(s, D(OPTION_UNKNOWN));
    cr_assert_eq(s.count, 4);
    IS_OPTION(s, 0, 2, 4, 20, OK);
    IS_OPTION(s, 1, 0x63, 4, 24, RAW);
    IS_OPTION(s, 2, 3, 3, 28, OK);
    cr_assert_eq(s.option[1].data_len, 2);
    cr_assert_eq(s.seg.present, TCPSEG_HAS_MSS | TCPSEG_HAS_WSCALE);
}

Test(regression, t36_reserved_bits)
{
    unsigned bits;

    for (bits = 1; bits < 8; bits++) {
        sample s = parse(ACK | bits << 9, "");

        HAS_DEFECTS(s, D(RESERVED_BITS));
        cr_assert_eq(s.seg.flags, ACK | bits << 9);
    }
    sample s = parse(ACK | TCPSEG_AE, "");

    HAS_DEFECTS(s, 0);
    cr_assert_eq(s.seg.flags, 0x110);
}

Test(regression, t37_urgent_pointer)
{
    sample s = parse_with(ACK | TCPSEG_URG, "", 1);

    memset(s.data + 18, 0xff, 2);
    look(&s, 21, 21);
    HAS_DEFECTS(s, D(URGENT_BEYOND));
    cr_assert_eq(s.seg.up, 65535);
    cr_assert_eq(s.seg.payload_len, 1);
    cr_assert_eq(s.seg.payload_captured, 1);
    HAS_DEFECTS(parse_with(ACK | TCPSEG_URG, "", 1), D(URGENT_ZERO));
    s = parse_with(ACK | TCPSEG_URG, "", 1);
    s.data[19] = 1;
    look(&s, 21, 21);
    HAS_DEFECTS(s, 0);
    s.data[13] = ACK;
    look(&s, 21, 21);
    HAS_DEFECTS(s, D(URGENT_NO_URG));
}

/* A header and one word of payload that brings the sum where it is wanted. */
static sample with_sum(unsigned field, unsigned word, tcpseg_address *address)
{
    sample s = parse_with(ACK, "", 2);

    memset(address, 0, sizeof *address);
    address->family = 4;
    address->protocol = 6;
    s.data[16] = (uint8_t)(field >> 8);
    s.data[17] = (uint8_t)field;
    s.data[20] = (uint8_t)(word >> 8);
    s.data[21] = (uint8_t)word;
    look(&s, 22, 22);
    return s;
}

Test(regression, t38_checksum_of_zero)
{
    tcpseg_address address;
    sample s = with_sum(0, 0, &address);
    uint16_t due;

    cr_assert_eq(tcpseg_checksum_compute(&due, s.data, 22, &address), 0);
    s = with_sum(0, due, &address); /* now the field is due to be 0 */
    cr_assert_eq(tcpseg_checksum_compute(&due, s.data, 22, &address), 0);
    cr_assert_eq(due, 0);
    cr_assert_eq(tcpseg_checksum_verify(&s.seg, s.data, &address),
                 TCPSEG_CHECKSUM_OK);
    HAS_DEFECTS(s, 0);
    s = with_sum(0xffff, (unsigned)(s.data[20] << 8 | s.data[21]), &address);
    cr_assert_eq(tcpseg_checksum_verify(&s.seg, s.data, &address),
                 TCPSEG_CHECKSUM_OK);
    HAS_DEFECTS(s, D(CHECKSUM_FFFF));
    s = with_sum(0, 0x1234, &address);
    cr_assert_eq(tcpseg_checksum_verify(&s.seg, s.data, &address),
                 TCPSEG_CHECKSUM_ZERO);
    cr_assert_eq(s.seg.checksum_status, TCPSEG_CHECKSUM_ZERO);
    s = with_sum(0x4321, 0x1234, &address);
    cr_assert_eq(tcpseg_checksum_verify(&s.seg, s.data, &address),
                 TCPSEG_CHECKSUM_BAD);
}

Test(regression, t39_payload_lengths)
{
    static const uint32_t lengths[] = {
        0, 1, 2, 65514, 65515, 65516, 100000, 0x7fffffff, 0xffffffeb};
    unsigned i;

    for (i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        sample s = parse(ACK, "");

        look(&s, 20, (size_t)20 + lengths[i]);
        cr_assert_eq(s.error, TCPSEG_OK);
        cr_assert_eq(s.seg.payload_len, lengths[i]);
        cr_assert_eq(s.seg.payload_captured, 0);
        HAS_DEFECTS(s, lengths[i] ? D(PAYLOAD_CUT) : 0);
        cr_assert_eq(tcpseg_len(&s.seg), lengths[i]);
    }
}

/* Every size of the option area comes out as whole words, and one more byte
 * than there is room for is refused. */
Test(regression, t47_builder_fills_the_last_word)
{
    uint8_t options[41], buf[64];
    tcpseg seg = {.src_port = 1, .flags = ACK}, back;
    unsigned n, i;

    memset(options, 1, sizeof options);
    for (n = 0; n <= 40; n++) {
        unsigned want = 20 + (n + 3) / 4 * 4;

        memset(buf, 0xee, sizeof buf);
        options[0] = n >= 2 ? 0x63 : 1;
        options[1] = (uint8_t)n;
        if (n < 2)
            options[1] = 1;
        cr_assert_eq(tcpseg_build(buf, 60, &seg, options, n, NULL, 0, NULL),
                     (int)want);
        cr_assert_eq(tcpseg_parse(&back, buf, want, want), TCPSEG_OK);
        cr_assert_eq(back.data_offset, want / 4);
        cr_assert_arr_eq(buf + 20, options, n);
        for (i = 20 + n; i < want; i++)
            cr_assert_eq(buf[i], 1, "byte %u of %u options", i, n);
        cr_assert_eq(buf[want], 0xee);
    }
    memset(buf, 0xee, sizeof buf);
    cr_assert_eq(tcpseg_build(buf, 64, &seg, options, 41, NULL, 0, NULL),
                 TCPSEG_ERR_FULL);
    cr_assert_eq(buf[0], 0xee);
}

Test(regression, t48_builder_writes_options_without_data)
{
    uint8_t area[40];
    int used = tcpseg_option_put(area, 40, 0, 34, NULL, 0);

    cr_assert_eq(used, 2);
    cr_assert_eq(area[0], 34);
    cr_assert_eq(area[1], 2);
    cr_assert_eq(tcpseg_option_put(area, 40, 2, 4, NULL, 0), 4);
    cr_assert_eq(area[3], 2);
}
