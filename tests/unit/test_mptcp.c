/* MPTCP: each subtype in both versions, each legal length and those beside
 * it. */
#include "sample.h"

#define L(n) (UINT64_C(1) << (n))

/* An MPTCP option of this length with these two bytes behind kind and
 * length. */
static sample subtype(unsigned len, unsigned byte2, unsigned byte3)
{
    char text[81];
    unsigned i;

    snprintf(text, sizeof text, "1e%02x%02x%02x", len, byte2, byte3);
    for (i = 4; i < len; i++)
        snprintf(text + 2 * i, 3, "%02x", 0xa0 + i);
    text[2 * len] = '\0';
    return one(ACK, text);
}

static void only_lengths(unsigned byte2, unsigned byte3, uint64_t legal)
{
    unsigned len;

    for (len = 2; len <= 40; len++) {
        sample s = subtype(len, byte2, byte3);
        bool good = legal >> len & 1;

        cr_assert_eq(s.option[0].status,
                     good ? TCPSEG_OPTION_OK : TCPSEG_OPTION_BAD_LEN,
                     "%02x %02x of length %u", byte2, byte3, len);
        cr_assert_eq(s.seg.present, good ? TCPSEG_HAS_MPTCP : 0);
        HAS_DEFECTS(s, good ? 0 : D(OPTION_BAD_LEN));
        cr_assert_eq(s.seg.error_offset, good ? 0 : 21);
    }
}

Test(mptcp, lengths_of_capable)
{
    only_lengths(0x00, 0x01, L(12) | L(20));
    only_lengths(0x01, 0x01, L(4) | L(12) | L(20) | L(22) | L(24));
}

/* A version to come is kept and not flagged: its form is not known. */
Test(mptcp, capable_of_a_version_to_come)
{
    unsigned version, len;

    for (version = 2; version < 16; version++)
        for (len = 3; len <= 40; len++) {
            sample s = subtype(len, version, 0x01);

            IS_OPTION(s, 0, 30, len, 20, RAW);
            HAS_DEFECTS(s, 0);
        }
}

Test(mptcp, lengths_of_join)
{
    only_lengths(0x10, 0x00, L(12) | L(16) | L(24));
    only_lengths(0x11, 0xff, L(12) | L(16) | L(24));
}

/* RFC 8684 section 3.3, all flags: what they announce makes the length. */
Test(mptcp, lengths_of_dss)
{
    unsigned flags;

    for (flags = 0; flags < 256; flags++) {
        unsigned ack = !(flags & 1) ? 0 : flags & 2 ? 8 : 4;
        unsigned map = !(flags & 4) ? 0 : flags & 8 ? 14 : 10;

        only_lengths(0x20, flags,
                     L(4 + ack + map) | (map ? L(4 + ack + map + 2) : 0));
    }
}

Test(mptcp, lengths_of_add_addr)
{
    only_lengths(0x34, 1, L(8) | L(10));                  /* v0, IPv4 */
    only_lengths(0x36, 1, L(20) | L(22));                 /* v0, IPv6 */
    only_lengths(0x31, 1, L(8) | L(10) | L(20) | L(22));  /* v1, echo */
    only_lengths(0x30, 1, L(16) | L(18) | L(28) | L(30)); /* v1, HMAC */
}

Test(mptcp, lengths_of_the_rest)
{
    const uint64_t any = (L(41) - 1) & ~UINT64_C(15);

    only_lengths(0x40, 1, any);         /* REMOVE_ADDR */
    only_lengths(0x50, 1, L(3) | L(4)); /* MP_PRIO */
    only_lengths(0x51, 1, L(3) | L(4));
    only_lengths(0x60, 0, L(12)); /* MP_FAIL */
    only_lengths(0x70, 0, L(12)); /* MP_FASTCLOSE */
    only_lengths(0x80, 0, L(4));  /* MP_TCPRST */
    only_lengths(0xf0, 0, any);   /* private use */
}

Test(mptcp, subtypes_nobody_registered)
{
    unsigned sub, len;

    for (sub = 9; sub < 15; sub++) {
        cr_assert_eq(subtype(2, sub << 4, 0).option[0].status,
                     TCPSEG_OPTION_BAD_LEN);
        for (len = 3; len <= 40; len++) {
            sample s = subtype(len, sub << 4, 0);

            IS_OPTION(s, 0, 30, len, 20, RAW);
            HAS_DEFECTS(s, D(OPTION_UNKNOWN));
        }
    }
}

/* ------------------------------------------------------------------------
 * The decoder, with golden values
 * --------------------------------------------------------------------- */

static tcpseg_mptcp decode(const char *bytes)
{
    sample s = one(ACK, bytes);
    tcpseg_mptcp got;

    memset(&got, 0xff, sizeof got);
    cr_assert_eq(tcpseg_option_mptcp(&s.option[0], s.data, &got, sizeof got),
                 128, "%s", bytes);
    return got;
}

/* Compares all 128 bytes: what is not in `want` must be 0. */
static void is_mptcp(const char *bytes, tcpseg_mptcp want)
{
    tcpseg_mptcp got = decode(bytes);

    cr_assert_eq(got.subtype, want.subtype, "%s", bytes);
    cr_assert_eq(got.present, want.present, "%s: present %x", bytes,
                 got.present);
    cr_assert_eq(got.flags, want.flags, "%s: flags %x", bytes, got.flags);
    cr_assert_eq(got.version, want.version, "%s: version %u", bytes,
                 got.version);
    cr_assert_arr_eq(&got, &want, sizeof got, "%s", bytes);
}

#define SENDER   UINT64_C(0x0102030405060708)
#define RECEIVER UINT64_C(0x1112131415161718)

Test(mptcp, decode_capable)
{
    tcpseg_mptcp want = {.version = 1, .flags = 0x81};

    is_mptcp("1e040181", want);
    want.present = TCPSEG_MPTCP_HAS_SENDER_KEY;
    want.sender_key = SENDER;
    is_mptcp("1e0c0181 0102030405060708", want);
    want.present |= TCPSEG_MPTCP_HAS_RECEIVER_KEY;
    want.receiver_key = RECEIVER;
    is_mptcp("1e140181 0102030405060708 1112131415161718", want);
    want.present |= TCPSEG_MPTCP_HAS_DATA_LEN;
    want.data_len = 0x2122;
    is_mptcp("1e160181 0102030405060708 1112131415161718 2122", want);
    want.present |= TCPSEG_MPTCP_HAS_CHECKSUM;
    want.checksum = 0x3132;
    is_mptcp("1e180181 0102030405060708 1112131415161718 2122 3132", want);
}

Test(mptcp, decode_capable_of_version_0)
{
    tcpseg_mptcp want = {.flags = 0x01,
                         .present = TCPSEG_MPTCP_HAS_SENDER_KEY,
                         .sender_key = SENDER};

    is_mptcp("1e0c0001 0102030405060708", want);
    want.present |= TCPSEG_MPTCP_HAS_RECEIVER_KEY;
    want.receiver_key = RECEIVER;
    is_mptcp("1e140001 0102030405060708 1112131415161718", want);
}

Test(mptcp, decode_join)
{
    tcpseg_mptcp syn = {.subtype = TCPSEG_MPTCP_JOIN,
                        .flags = 1,
                        .address_id = 9,
                        .present = TCPSEG_MPTCP_HAS_ADDRESS_ID |
                                   TCPSEG_MPTCP_HAS_TOKEN |
                                   TCPSEG_MPTCP_HAS_NONCE,
                        .token = 0x01020304,
                        .nonce = 0x05060708};
    tcpseg_mptcp answer = {.subtype = TCPSEG_MPTCP_JOIN,
                           .address_id = 8,
                           .hmac_len = 8,
                           .present = TCPSEG_MPTCP_HAS_ADDRESS_ID |
                                      TCPSEG_MPTCP_HAS_HMAC |
                                      TCPSEG_MPTCP_HAS_NONCE,
                           .nonce = 0x11121314,
                           .hmac = {1, 2, 3, 4, 5, 6, 7, 8}};
    tcpseg_mptcp ack = {.subtype = TCPSEG_MPTCP_JOIN,
                        .hmac_len = 20,
                        .present = TCPSEG_MPTCP_HAS_HMAC};
    unsigned i;

    syn.version = answer.version = ack.version =
        decode("1e0c1109 01020304 05060708").version; /* told by CAPABLE only */
    is_mptcp("1e0c1109 01020304 05060708", syn);
    is_mptcp("1e101008 0102030405060708 11121314", answer);
    for (i = 0; i < 20; i++)
        ack.hmac[i] = (uint8_t)(0x40 + i);
    is_mptcp("1e181000 404142434445464748494a4b4c4d4e4f50515253", ack);
}

Test(mptcp, decode_dss)
{
    enum { A = TCPSEG_MPTCP_HAS_DATA_ACK, S = TCPSEG_MPTCP_HAS_DSN };
    enum { M = TCPSEG_MPTCP_HAS_MAPPING, C = TCPSEG_MPTCP_HAS_CHECKSUM };
    tcpseg_mptcp want = {.subtype = TCPSEG_MPTCP_DSS};

    want.version = decode("1e042000").version;
    is_mptcp("1e042000", want);
    want.flags = 0x01;
    want.present = A;
    want.data_ack = 0x01020304;
    is_mptcp("1e082001 01020304", want);
    want.flags = 0x03;
    want.data_ack = SENDER;
    is_mptcp("1e0c2003 0102030405060708", want);
    want.flags = 0x17;
    want.present = A | S | M;
    want.dsn = 0x31323334;
    want.subflow_seq = 0x41424344;
    want.data_len = 0x5152;
    is_mptcp("1e162017 0102030405060708 31323334 41424344 5152", want);
    want.flags = 0x0f;
    want.present = A | S | M | C;
    want.dsn = RECEIVER;
    want.checksum = 0x6162;
    is_mptcp("1e1c200f 0102030405060708 1112131415161718 41424344 5152 6162",
             want);
    want.flags = 0x0c;
    want.present = S | M | C;
    want.data_ack = 0;
    is_mptcp("1e14200c 1112131415161718 41424344 5152 6162", want);
    want.flags = 0x04;
    want.present = S | M;
    want.dsn = 0x31323334;
    want.checksum = 0;
    is_mptcp("1e0e2004 31323334 41424344 5152", want);
}

static tcpseg_mptcp address(unsigned version, unsigned family, bool echo)
{
    tcpseg_mptcp want = {.subtype = TCPSEG_MPTCP_ADD_ADDR,
                         .version = (uint8_t)version,
                         .flags = echo,
                         .address_id = 5,
                         .address_family = (uint8_t)family,
                         .present = TCPSEG_MPTCP_HAS_ADDRESS_ID |
                                    TCPSEG_MPTCP_HAS_ADDRESS};
    unsigned i;

    for (i = 0; i < (family == 4 ? 4 : 16); i++)
        want.address[i] = (uint8_t)(0xc0 + i);
    return want;
}

static void with_port(tcpseg_mptcp *want)
{
    want->present |= TCPSEG_MPTCP_HAS_PORT;
    want->port = 0x1f90;
}

static void with_hmac(tcpseg_mptcp *want)
{
    static const uint8_t hmac[8] = {1, 2, 3, 4, 5, 6, 7, 8};

    want->present |= TCPSEG_MPTCP_HAS_HMAC;
    want->hmac_len = 8;
    memcpy(want->hmac, hmac, 8);
}

#define IP4 "c0c1c2c3"
#define IP6 "c0c1c2c3c4c5c6c7c8c9cacbcccdcecf"

Test(mptcp, decode_add_addr_of_version_0)
{
    tcpseg_mptcp want = address(0, 4, false);

    is_mptcp("1e083405" IP4, want);
    with_port(&want);
    is_mptcp("1e0a3405" IP4 "1f90", want);
    want = address(0, 6, false);
    is_mptcp("1e143605" IP6, want);
    with_port(&want);
    is_mptcp("1e163605" IP6 "1f90", want);
}

Test(mptcp, decode_add_addr_echo)
{
    tcpseg_mptcp want = address(1, 4, true);

    is_mptcp("1e083105" IP4, want);
    with_port(&want);
    is_mptcp("1e0a3105" IP4 "1f90", want);
    want = address(1, 6, true);
    is_mptcp("1e143105" IP6, want);
    with_port(&want);
    is_mptcp("1e163105" IP6 "1f90", want);
}

Test(mptcp, decode_add_addr)
{
    tcpseg_mptcp want = address(1, 4, false);

    with_hmac(&want);
    is_mptcp("1e103005" IP4 "0102030405060708", want);
    with_port(&want);
    is_mptcp("1e123005" IP4 "1f90 0102030405060708", want);
    want = address(1, 6, false);
    with_hmac(&want);
    is_mptcp("1e1c3005" IP6 "0102030405060708", want);
    with_port(&want);
    is_mptcp("1e1e3005" IP6 "1f90 0102030405060708", want);
}

Test(mptcp, decode_remove_addr)
{
    tcpseg_mptcp got = decode("1e044007");

    cr_assert_eq(got.subtype, TCPSEG_MPTCP_REMOVE_ADDR);
    cr_assert_eq(got.remove_count, 1);
    cr_assert_eq(got.remove[0], 7);
    cr_assert_eq(got.remove[1], 0);
    got = decode("1e074007080900");
    cr_assert_eq(got.remove_count, 4);
    cr_assert_eq(got.remove[2], 9);
    cr_assert_eq(got.remove[3], 0);
    got = decode("1e09400708090a0b0c"); /* six; four fit */
    cr_assert_eq(got.remove_count, 6);
    cr_assert_eq(got.remove[0], 7);
    cr_assert_eq(got.remove[3], 10);
    cr_assert_eq(got.hmac_len, 0);
}

Test(mptcp, decode_prio)
{
    tcpseg_mptcp want = {.subtype = TCPSEG_MPTCP_PRIO, .flags = 1};

    want.version = decode("1e0351").version;
    is_mptcp("1e0351", want);
    want.present = TCPSEG_MPTCP_HAS_ADDRESS_ID;
    want.address_id = 3;
    want.flags = 0;
    is_mptcp("1e045003", want);
}

Test(mptcp, decode_fail_and_fastclose)
{
    tcpseg_mptcp want = {.subtype = TCPSEG_MPTCP_FAIL,
                         .present = TCPSEG_MPTCP_HAS_DSN,
                         .dsn = SENDER};

    want.version = decode("1e0c6000 0102030405060708").version;
    is_mptcp("1e0c6000 0102030405060708", want);
    want = (tcpseg_mptcp){.subtype = TCPSEG_MPTCP_FASTCLOSE,
                          .present = TCPSEG_MPTCP_HAS_RECEIVER_KEY,
                          .receiver_key = SENDER};
    want.version = decode("1e0c7000 0102030405060708").version;
    is_mptcp("1e0c7000 0102030405060708", want);
}

Test(mptcp, decode_tcprst)
{
    tcpseg_mptcp want = {.subtype = TCPSEG_MPTCP_TCPRST,
                         .flags = 0x09,
                         .reason = 6,
                         .present = TCPSEG_MPTCP_HAS_REASON};

    want.version = decode("1e048906").version;
    is_mptcp("1e048906", want);
}

Test(mptcp, decoder_refuses_what_is_malformed)
{
    static const char *const bad[] = {"1e02",   "1e05100102", "1e040000",
                                      "1e0340", "1e04b000",   "1e043400"};
    unsigned i;

    for (i = 0; i < sizeof bad / sizeof *bad; i++) {
        sample s = one(ACK, bad[i]);
        tcpseg_mptcp got, before;

        memset(&got, 0x5a, sizeof got);
        before = got;
        cr_assert_eq(
            tcpseg_option_mptcp(&s.option[0], s.data, &got, sizeof got),
            TCPSEG_ERR_ARG, "%s", bad[i]);
        cr_assert_arr_eq(&got, &before, sizeof got);
    }
}

Test(mptcp, names)
{
    unsigned i, j;

    for (i = 0; i < 16; i++) {
        if (i >= 9 && i <= 14) {
            cr_assert_null(tcpseg_mptcp_name(i));
            continue;
        }
        cr_assert_not_null(tcpseg_mptcp_name(i));
        for (j = 0; j < i; j++)
            if (tcpseg_mptcp_name(j))
                cr_assert_str_neq(tcpseg_mptcp_name(i), tcpseg_mptcp_name(j));
    }
    cr_assert_str_eq(tcpseg_mptcp_name(TCPSEG_MPTCP_CAPABLE), "MP_CAPABLE");
    cr_assert_str_eq(tcpseg_mptcp_name(TCPSEG_MPTCP_TCPRST), "MP_TCPRST");
    cr_assert_null(tcpseg_mptcp_name(16));
    cr_assert_null(tcpseg_mptcp_name(0xffffffffu));
}
