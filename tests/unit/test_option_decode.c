/* Each kind's decoder. */
#include "sample.h"

/* ------------------------------------------------------------------------
 * Decoders
 * --------------------------------------------------------------------- */

Test(option_decode, decode_experiment)
{
    static const struct {
        const char *bytes;
        uint32_t exid;
        unsigned exid_len, data_offset, data_len, has_value;
        uint32_t value;
    } cases[] = {
        {"fd0400ac", 0x00ac, 2, 24, 0, 0, 0},
        {"fd0500ac21", 0x00ac, 2, 24, 1, 1, 0x21},
        {"fd0603481234", 0x0348, 2, 24, 2, 1, 0x1234},
        {"fe08034812345678", 0x0348, 2, 24, 4, 1, 0x12345678},
        {"fe0453230101", 0x5323, 2, 24, 0, 0, 0},
        {"fe0853231a2b3c4d", 0x5323, 2, 24, 4, 1, 0x1a2b3c4d},
        {"fe0775ec010203", 0x75ec, 2, 24, 3, 1, 0x010203},
        {"fe060ed00007", 0x0ed0, 2, 24, 2, 1, 7},
        {"fe080ed000070020", 0x0ed0, 2, 24, 4, 1, 7},
        {"fe060a0d1234", 0x0a0d, 2, 24, 2, 0, 0},
        {"fe06f9901234", 0xf990, 2, 24, 2, 0, 0},
        {"fe06beef1234", 0xbeef, 2, 24, 2, 0, 0},
        {"fe06e2d4c3d9", 0xe2d4c3d9, 4, 26, 0, 0, 0},
        {"fe08e2d4c3c40102", 0xe2d4c3c4, 4, 26, 2, 0, 0},
        {"fe06e2d40102", 0xe2d4, 2, 24, 2, 0, 0},
        {"fe04f989", 0xf989, 2, 24, 0, 0, 0},
    };
    unsigned i;

    for (i = 0; i < sizeof cases / sizeof *cases; i++) {
        sample s = one(SYN, cases[i].bytes);
        tcpseg_experiment got;

        memset(&got, 0xff, sizeof got);
        cr_assert_eq(
            tcpseg_option_experiment(&s.option[0], s.data, &got, sizeof got),
            (int)sizeof got, "%s", cases[i].bytes);
        cr_assert_eq(got.exid, cases[i].exid, "%s", cases[i].bytes);
        cr_assert_eq(got.exid_len, cases[i].exid_len);
        cr_assert_eq(got.data_offset, cases[i].data_offset);
        cr_assert_eq(got.data_len, cases[i].data_len);
        cr_assert_eq(got.has_value, cases[i].has_value, "%s", cases[i].bytes);
        cr_assert_eq(got.value, cases[i].value, "%s", cases[i].bytes);
        cr_assert_eq(got.reserved, 0);
    }
}

Test(option_decode, decode_number)
{
    static const struct {
        const char *bytes;
        uint32_t value;
    } cases[] = {
        {"020405b4", 1460},
        {"0204ffff", 65535},
        {"030307", 7},
        {"0303ff", 255},
        {"060601020304", 0x01020304},
        {"0706fffffffe", 0xfffffffe},
        {"0a0380", 2},
        {"0a0340", 1},
        {"0a03c0", 3},
        {"0b06deadbeef", 0xdeadbeef},
        {"0c0600000001", 1},
        {"0d0680000000", 0x80000000},
        {"0e0302", 2},
        {"1203aa", 0xaa},
    };
    unsigned i;

    for (i = 0; i < sizeof cases / sizeof *cases; i++) {
        sample s = one(SYN, cases[i].bytes);
        uint32_t value = 0x77777777;

        cr_assert_eq(tcpseg_option_number(&s.option[0], s.data, &value),
                     TCPSEG_OK, "%s", cases[i].bytes);
        cr_assert_eq(value, cases[i].value, "%s", cases[i].bytes);
    }
}

/* The decoder for one number takes no other kind, and none that is
 * malformed. */
Test(option_decode, decode_number_refuses_the_rest)
{
    static const uint8_t numbers[] = {2, 3, 6, 7, 10, 11, 12, 13, 14, 18};
    unsigned kind, len, i;

    for (kind = 2; kind < 256; kind++)
        for (len = 2; len <= 20; len++) {
            sample s = of_len(kind, len);
            uint32_t value = 0x77777777;
            bool takes = false;

            for (i = 0; i < sizeof numbers; i++)
                takes |= numbers[i] == kind;
            takes &= s.option[0].status == TCPSEG_OPTION_OK;
            cr_assert_eq(tcpseg_option_number(&s.option[0], s.data, &value),
                         takes ? TCPSEG_OK : TCPSEG_ERR_ARG,
                         "kind %u length %u", kind, len);
            cr_assert_eq(value, takes ? 0 : 0x77777777);
        }
}

Test(option_decode, decode_timestamps)
{
    sample s = one(ACK, "080a0102030480000000");
    uint32_t tsval = 0, tsecr = 0;

    cr_assert_eq(tcpseg_option_timestamps(&s.option[0], s.data, &tsval, &tsecr),
                 TCPSEG_OK);
    cr_assert_eq(tsval, 0x01020304);
    cr_assert_eq(tsecr, 0x80000000);
    cr_assert_eq(s.seg.tsval, tsval);
    cr_assert_eq(s.seg.tsecr, tsecr);
    cr_assert_eq(s.seg.present, TCPSEG_HAS_TIMESTAMPS);
}

Test(option_decode, decode_sack)
{
    sample s = one(ACK, "051a 00000001 00000002 00000003 00000004"
                        "00000005 00000006");
    tcpseg_sack blocks[4];
    unsigned i, room;

    for (room = 0; room <= 4; room++) {
        memset(blocks, 0xee, sizeof blocks);
        cr_assert_eq(tcpseg_option_sack(&s.option[0], s.data, blocks, room), 3);
        for (i = 0; i < 4; i++) {
            bool written = i < room && i < 3;

            cr_assert_eq(blocks[i].left, written ? 2 * i + 1 : 0xeeeeeeee);
            cr_assert_eq(blocks[i].right, written ? 2 * i + 2 : 0xeeeeeeee);
        }
    }
}

Test(option_decode, decode_fast_open)
{
    static const struct {
        const char *bytes;
        unsigned len, first, last, experiment;
    } cases[] = {
        {"2202", 0, 0, 0, 0},
        {"220601020304", 4, 1, 4, 0},
        {"220a0102030405060708", 8, 1, 8, 0},
        {"22120102030405060708090a0b0c0d0e0f10", 16, 1, 16, 0},
        {"fe04f989", 0, 0, 0, 1},
        {"fd08f98901020304", 4, 1, 4, 1},
        {"fe14f9890102030405060708090a0b0c0d0e0f10", 16, 1, 16, 1},
    };
    unsigned i, n;

    for (i = 0; i < sizeof cases / sizeof *cases; i++) {
        sample s = one(SYN, cases[i].bytes);
        tcpseg_fastopen got;

        memset(&got, 0xff, sizeof got);
        cr_assert_eq(
            tcpseg_option_fastopen(&s.option[0], s.data, &got, sizeof got),
            (int)sizeof got);
        cr_assert_eq(got.cookie_len, cases[i].len);
        cr_assert_eq(got.cookie[0], cases[i].first);
        cr_assert_eq(got.cookie[cases[i].len ? cases[i].len - 1 : 0],
                     cases[i].last);
        for (n = got.cookie_len; n < 16; n++)
            cr_assert_eq(got.cookie[n], 0);
        cr_assert_eq(got.experiment, cases[i].experiment);
        cr_assert_eq(s.seg.fastopen_len, cases[i].len);
        cr_assert_eq(s.seg.fastopen_offset, cases[i].experiment ? 24 : 22);
        cr_assert_eq(s.seg.present, TCPSEG_HAS_FASTOPEN);
    }
}

Test(option_decode, decode_md5)
{
    sample s = one(ACK, "1312000102030405060708090a0b0c0d0e0f");
    tcpseg_auth got;
    unsigned i;

    memset(&got, 0xff, sizeof got);
    cr_assert_eq(tcpseg_option_auth(&s.option[0], s.data, &got, sizeof got),
                 48);
    cr_assert_eq(got.kind, 19);
    cr_assert_eq(got.key_id + got.rnext_key_id, 0);
    cr_assert_eq(got.mac_len, 16);
    for (i = 0; i < 36; i++)
        cr_assert_eq(got.mac[i], i < 16 ? i : 0);
    cr_assert_eq(got.reserved[0], 0);
    cr_assert_eq(s.seg.present, TCPSEG_HAS_MD5);
}

Test(option_decode, decode_ao)
{
    unsigned len, i;

    for (len = 4; len <= 40; len++) {
        char text[81];
        sample s;
        tcpseg_auth got;

        for (i = 0; i < len; i++)
            snprintf(text + 2 * i, 3, "%02x",
                     i == 0   ? 29
                     : i == 1 ? len
                              : 0x60 + i);
        s = one(ACK, text);
        memset(&got, 0xff, sizeof got);
        cr_assert_eq(tcpseg_option_auth(&s.option[0], s.data, &got, sizeof got),
                     48);
        cr_assert_eq(got.kind, 29);
        cr_assert_eq(got.key_id, 0x62);
        cr_assert_eq(got.rnext_key_id, 0x63);
        cr_assert_eq(got.mac_len, len - 4);
        for (i = 0; i < 36; i++)
            cr_assert_eq(got.mac[i], i < len - 4 ? 0x64 + i : 0);
    }
}

Test(option_decode, decode_user_timeout)
{
    static const struct {
        const char *bytes;
        unsigned value, minutes;
        uint32_t seconds;
    } cases[] = {
        {"1c04803c", 60, 1, 3600},     {"1c04003c", 60, 0, 60},
        {"1c047fff", 32767, 0, 32767}, {"1c04ffff", 32767, 1, 32767 * 60},
        {"1c040000", 0, 0, 0},         {"1c048000", 0, 1, 0}};
    unsigned i;

    for (i = 0; i < sizeof cases / sizeof *cases; i++) {
        sample s = one(ACK, cases[i].bytes);
        tcpseg_user_timeout got;

        memset(&got, 0xff, sizeof got);
        cr_assert_eq(
            tcpseg_option_user_timeout(&s.option[0], s.data, &got, sizeof got),
            8);
        cr_assert_eq(got.value, cases[i].value);
        cr_assert_eq(got.minutes, cases[i].minutes);
        cr_assert_eq(got.seconds, cases[i].seconds);
        cr_assert_eq(got.reserved, 0);
        HAS_DEFECTS(s, cases[i].value ? 0 : D(USER_TIMEOUT_ZERO));
    }
}

/* RFC 4782 section 3.1: the rate is 40000 bits per second, doubled N times. */
Test(option_decode, decode_quick_start)
{
    unsigned rate;

    for (rate = 0; rate < 16; rate++) {
        char text[17];
        sample s;
        tcpseg_quick_start got;

        snprintf(text, sizeof text, "1b08a%x7b12345679", rate);
        s = one(ACK, text);
        memset(&got, 0xff, sizeof got);
        cr_assert_eq(
            tcpseg_option_quick_start(&s.option[0], s.data, &got, sizeof got),
            16);
        cr_assert_eq(got.rate, rate);
        cr_assert_eq(got.ttl_diff, 0x7b);
        cr_assert_eq(got.nonce, 0x12345679 >> 2);
        cr_assert_eq(got.bits_per_second,
                     rate ? UINT64_C(40000) << rate : UINT64_C(0));
        cr_assert_eq(got.reserved[0] + got.reserved[1], 0);
    }
    cr_assert_eq(UINT64_C(40000) << 15, UINT64_C(1310720000));
}

Test(option_decode, decode_scps)
{
    sample s = one(SYN, "1404a855");
    tcpseg_scps got;

    memset(&got, 0xff, sizeof got);
    cr_assert_eq(tcpseg_option_scps(&s.option[0], s.data, &got, sizeof got), 8);
    cr_assert_eq(got.kind, 20);
    cr_assert_eq(got.flags,
                 TCPSEG_SCPS_BETS | TCPSEG_SCPS_SNACK2 | TCPSEG_SCPS_NLTS);
    cr_assert_eq(got.connection_id, 0x55);
    cr_assert_eq(got.hole_offset + got.hole_size + got.reserved, 0);
    s = one(ACK, "150601020304");
    memset(&got, 0xff, sizeof got);
    cr_assert_eq(tcpseg_option_scps(&s.option[0], s.data, &got, sizeof got), 8);
    cr_assert_eq(got.kind, 21);
    cr_assert_eq(got.hole_offset, 0x0102);
    cr_assert_eq(got.hole_size, 0x0304);
    cr_assert_eq(got.flags + got.connection_id, 0);
}

Test(option_decode, decode_accecn)
{
    static const struct {
        const char *bytes;
        unsigned order, present, trailing;
        uint32_t ee0b, eceb, ee1b;
    } cases[] = {
        {"ac02", 0, 0, 0, 0, 0, 0},
        {"ac05010203", 0, 1, 0, 0x010203, 0, 0},
        {"ac08010203040506", 0, 3, 0, 0x010203, 0x040506, 0},
        {"ac0b010203040506070809", 0, 7, 0, 0x010203, 0x040506, 0x070809},
        {"ae02", 1, 0, 0, 0, 0, 0},
        {"ae05010203", 1, 4, 0, 0, 0, 0x010203},
        {"ae08010203040506", 1, 6, 0, 0, 0x040506, 0x010203},
        {"ae0bffffff040506000001", 1, 7, 0, 1, 0x040506, 0xffffff},
        {"ac03aa", 0, 0, 1, 0, 0, 0},
        {"ac04aabb", 0, 0, 2, 0, 0, 0},
        {"ac0601020304", 0, 1, 1, 0x010203, 0, 0},
        {"ac0a0102030405060708", 0, 3, 2, 0x010203, 0x040506, 0},
        {"ac0d0102030405060708090a0b", 0, 7, 2, 0x010203, 0x040506, 0x070809},
        {"ac0e0102030405060708090a0b0c", 0, 7, 3, 0x010203, 0x040506, 0x070809},
        {"fe04acc0", 0, 0, 0, 0, 0, 0},
        {"fe07acc0010203", 0, 1, 0, 0x010203, 0, 0},
        {"fd0dacc1010203040506070809", 1, 7, 0, 0x070809, 0x040506, 0x010203},
        {"fe08acc101020304", 1, 4, 1, 0, 0, 0x010203},
    };
    unsigned i;

    for (i = 0; i < sizeof cases / sizeof *cases; i++) {
        sample s = one(ACK, cases[i].bytes);
        tcpseg_accecn got;

        memset(&got, 0xff, sizeof got);
        cr_assert_eq(
            tcpseg_option_accecn(&s.option[0], s.data, &got, sizeof got), 16,
            "%s", cases[i].bytes);
        cr_assert_eq(got.order, cases[i].order, "%s", cases[i].bytes);
        cr_assert_eq(got.present, cases[i].present, "%s", cases[i].bytes);
        cr_assert_eq(got.trailing, cases[i].trailing, "%s", cases[i].bytes);
        cr_assert_eq(got.ee0b, cases[i].ee0b, "%s", cases[i].bytes);
        cr_assert_eq(got.eceb, cases[i].eceb, "%s", cases[i].bytes);
        cr_assert_eq(got.ee1b, cases[i].ee1b, "%s", cases[i].bytes);
        cr_assert_eq(got.reserved, 0);
        cr_assert_eq(!!(s.seg.defects & D(ACCECN_PARTIAL)),
                     cases[i].trailing != 0);
        cr_assert_eq(s.seg.present, TCPSEG_HAS_ACCECN);
    }
}

/* ------------------------------------------------------------------------
 * Encryption negotiation: RFC 8547 section 4.1
 * --------------------------------------------------------------------- */

static tcpseg_eno eno_of(const char *bytes)
{
    sample s = one(SYN, bytes);
    tcpseg_eno got;

    memset(&got, 0xff, sizeof got);
    cr_assert_eq(tcpseg_option_eno(&s.option[0], s.data, &got, sizeof got), 160,
                 "%s", bytes);
    cr_assert_eq(got.reserved + got.reserved1, 0);
    return got;
}

static void is_suboption(const tcpseg_eno *eno, unsigned i, unsigned id,
                         unsigned v, unsigned offset, unsigned len)
{
    cr_assert_gt(eno->count, i);
    cr_assert_eq(eno->suboption[i].id, id);
    cr_assert_eq(eno->suboption[i].v, v);
    cr_assert_eq(eno->suboption[i].len, len);
    if (len)
        cr_assert_eq(eno->suboption[i].offset, offset);
}

Test(option_decode, decode_eno)
{
    tcpseg_eno eno = eno_of("4502");

    cr_assert_eq(eno.count, 0);
    cr_assert_eq(eno.valid, 1);
    eno = eno_of("45050121227f");
    cr_assert_eq(eno.valid, 1);
    cr_assert_eq(eno.count, 3);
    cr_assert_eq(eno.global, 1);
    is_suboption(&eno, 0, 0x01, 0, 0, 0);
    is_suboption(&eno, 1, 0x21, 0, 0, 0);
    is_suboption(&eno, 2, 0x22, 0, 0, 0);
}

Test(option_decode, decode_eno_data_to_the_end)
{
    tcpseg_eno eno = eno_of("4507 21 a2 010203");

    cr_assert_eq(eno.valid, 1);
    cr_assert_eq(eno.count, 2);
    is_suboption(&eno, 0, 0x21, 0, 0, 0);
    is_suboption(&eno, 1, 0x22, 1, 24, 3);
}

/* A length byte gives the bytes of data behind the next suboption, less one. */
Test(option_decode, decode_eno_data_of_a_length)
{
    tcpseg_eno eno = eno_of("4509 02 81 a2 0102 21 a3");

    cr_assert_eq(eno.valid, 1);
    cr_assert_eq(eno.count, 4);
    cr_assert_eq(eno.global, 2);
    is_suboption(&eno, 1, 0x22, 1, 25, 2);
    is_suboption(&eno, 2, 0x21, 0, 0, 0);
    is_suboption(&eno, 3, 0x23, 1, 0, 0);
}

Test(option_decode, decode_eno_malformed)
{
    cr_assert_eq(eno_of("450381").valid, 0);       /* nothing behind it */
    cr_assert_eq(eno_of("45048121").valid, 0);     /* no data may follow 0x21 */
    cr_assert_eq(eno_of("450581a201").valid, 0);   /* one byte too few */
    cr_assert_eq(eno_of("450681a20102").valid, 1); /* enough */
    cr_assert_eq(eno_of("45048080").valid, 0);
}

Test(option_decode, decode_eno_experiment)
{
    tcpseg_eno eno = eno_of("fe06454e0121");

    cr_assert_eq(eno.valid, 1);
    cr_assert_eq(eno.count, 2);
    cr_assert_eq(eno.global, 1);
    is_suboption(&eno, 1, 0x21, 0, 0, 0);
}

Test(option_decode, decode_eno_full_of_suboptions)
{
    char text[81] = "4528";
    unsigned i;
    tcpseg_eno eno;

    for (i = 2; i < 40; i++)
        snprintf(text + 2 * i, 3, "%02x", 0x20 + i);
    eno = eno_of(text);
    cr_assert_eq(eno.count, 38);
    cr_assert_eq(eno.valid, 1);
    is_suboption(&eno, 37, 0x20 + 39, 0, 0, 0);
}
