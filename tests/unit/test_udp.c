/* UDP's header, its length field's quirks and its checksum. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "tcpseg/tcpseg.h"

#define D(name) (UINT64_C(1) << TCPSEG_UDP_##name)

enum { ROOM = 128 };

/* Ports 1000 and 53, a length field and a checksum field, then 'x'. */
static void header(uint8_t data[ROOM], unsigned length, unsigned checksum)
{
    const uint8_t fixed[8] = {0x03,
                              0xe8,
                              0x00,
                              0x35,
                              (uint8_t)(length >> 8),
                              (uint8_t)length,
                              (uint8_t)(checksum >> 8),
                              (uint8_t)checksum};

    memset(data, 'x', ROOM);
    memcpy(data, fixed, sizeof fixed);
}

/* Parse from a block of exactly `captured` bytes. */
static tcpseg_udp parse(const uint8_t *data, size_t captured, size_t length)
{
    uint8_t *block = malloc(captured ? captured : 1);
    tcpseg_udp udp;

    cr_assert(block != NULL);
    memcpy(block, data, captured);
    memset(&udp, 0xa5, sizeof udp);
    cr_assert_eq(tcpseg_udp_parse(&udp, block, captured, length), udp.error);
    free(block);
    return udp;
}

static tcpseg_udp parse_field(unsigned field, size_t captured, size_t length)
{
    uint8_t data[ROOM];

    header(data, field, 0x1234);
    return parse(data, captured, length);
}

/* The pseudo-header summed by its definition, then the bytes. */
static uint32_t slow_sum(const uint8_t *data, size_t len,
                         const tcpseg_address *a)
{
    size_t size = a->family == 4 ? 4 : 16;
    uint32_t s = 17 + (uint32_t)len;

    for (size_t i = 0; i < size; i++)
        s += (uint32_t)(a->src[i] + a->dst[i]) << (i % 2 ? 0 : 8);
    for (size_t i = 0; i < len; i++)
        s += (uint32_t)data[i] << (i % 2 ? 0 : 8);
    while (s >> 16)
        s = (s & 0xffff) + (s >> 16);
    return s;
}

static tcpseg_address address(uint8_t family)
{
    tcpseg_address a;

    memset(&a, 0, sizeof a);
    a.family = family;
    a.protocol = 17;
    memset(a.src, 0x11, family == 4 ? 4 : 16);
    memset(a.dst, 0xe2, family == 4 ? 4 : 16);
    return a;
}

static void put_checksum(uint8_t *data, uint32_t v)
{
    data[6] = (uint8_t)(v >> 8);
    data[7] = (uint8_t)v;
}

static int verify(tcpseg_udp *udp, const uint8_t *data, size_t captured,
                  size_t length, const tcpseg_address *a)
{
    int status;

    *udp = parse(data, captured, length);
    status = tcpseg_udp_checksum_verify(udp, data, a);
    cr_assert_eq(udp->checksum_status, status);
    return status;
}

Test(udp, plain)
{
    tcpseg_udp udp = parse_field(18, 18, 18);

    cr_assert_eq(udp.error, TCPSEG_OK);
    cr_assert_eq(udp.src_port, 1000);
    cr_assert_eq(udp.dst_port, 53);
    cr_assert_eq(udp.length, 18);
    cr_assert_eq(udp.checksum, 0x1234);
    cr_assert_eq(udp.payload_len, 10);
    cr_assert_eq(udp.payload_captured, 10);
    cr_assert_eq(udp.surplus_len, 0);
    cr_assert_eq(udp.defects, 0);
    cr_assert_eq(udp.header_captured, 8);
    cr_assert_eq(udp.no_checksum, 0);
    cr_assert_eq(udp.checksum_status, TCPSEG_CHECKSUM_UNKNOWN);
}

Test(udp, empty)
{
    tcpseg_udp udp = parse_field(8, 8, 8);

    cr_assert_eq(udp.error, TCPSEG_OK);
    cr_assert_eq(udp.payload_len, 0);
    cr_assert_eq(udp.defects, 0);
}

Test(udp, cut_everywhere)
{
    uint8_t data[ROOM];

    header(data, 18, 0x1234);
    for (size_t captured = 0; captured <= 18; captured++) {
        tcpseg_udp udp = parse(data, captured, 18);
        uint64_t defects =
            (captured < 8 ? D(HEADER_CUT) : 0) |
            (captured < 18 && captured >= 6 ? D(PAYLOAD_CUT) : 0);

        cr_assert_eq(udp.error, TCPSEG_OK);
        cr_assert_eq(udp.header_captured, captured < 8 ? captured : 8);
        cr_assert_eq(udp.src_port, captured >= 2 ? 1000 : 0);
        cr_assert_eq(udp.dst_port, captured >= 4 ? 53 : 0);
        cr_assert_eq(udp.length, captured >= 6 ? 18 : 0);
        cr_assert_eq(udp.checksum, captured >= 8 ? 0x1234 : 0);
        cr_assert_eq(udp.payload_len, captured >= 6 ? 10 : 0);
        cr_assert_eq(udp.payload_captured, captured > 8 ? captured - 8 : 0);
        cr_assert_eq(udp.defects, defects, "%zu: %llx", captured,
                     (unsigned long long)udp.defects);
    }
}

Test(udp, too_short)
{
    for (size_t length = 0; length < 8; length++) {
        tcpseg_udp udp = parse_field(8, length, length);

        cr_assert_eq(udp.error, TCPSEG_ERR_SHORT);
        cr_assert_eq(udp.defects, D(SHORT));
        cr_assert_eq(udp.header_captured, length);
        cr_assert_eq(udp.payload_len, 0);
        cr_assert_eq(udp.src_port, length >= 2 ? 1000 : 0);
    }
    cr_assert_eq(parse_field(8, 3, 5).defects, D(SHORT) | D(HEADER_CUT));
}

Test(udp, length_below_header)
{
    for (unsigned field = 0; field < 8; field++) {
        tcpseg_udp udp = parse_field(field, 18, 18);

        cr_assert_eq(udp.error, TCPSEG_ERR_OFFSET, "%u", field);
        cr_assert_eq(udp.defects, D(LENGTH_LT_8));
        cr_assert_eq(udp.length, field);
        cr_assert_eq(udp.payload_len, 0);
        cr_assert_eq(udp.payload_captured, 0);
    }
}

Test(udp, length_beyond)
{
    tcpseg_udp udp = parse_field(19, 18, 18);

    cr_assert_eq(udp.error, TCPSEG_OK);
    cr_assert_eq(udp.defects, D(LENGTH_BEYOND));
    cr_assert_eq(udp.payload_len, 10);
    cr_assert_eq(udp.payload_captured, 10);
}

Test(udp, surplus)
{
    tcpseg_udp udp = parse_field(12, 18, 18);

    cr_assert_eq(udp.error, TCPSEG_OK);
    cr_assert_eq(udp.defects, D(SURPLUS));
    cr_assert_eq(udp.payload_len, 4);
    cr_assert_eq(udp.payload_captured, 4);
    cr_assert_eq(udp.surplus_len, 6);
    udp = parse_field(12, 13, 18);
    cr_assert_eq(udp.defects, D(SURPLUS), "the payload is whole");
    cr_assert_eq(udp.payload_captured, 4);
    udp = parse_field(12, 10, 18);
    cr_assert_eq(udp.defects, D(SURPLUS) | D(PAYLOAD_CUT));
    cr_assert_eq(udp.payload_captured, 2);
}

/* RFC 2675 section 4. */
Test(udp, jumbogram)
{
    tcpseg_udp udp = parse_field(0, 20, 70000);

    cr_assert_eq(udp.error, TCPSEG_OK);
    cr_assert_eq(udp.payload_len, 69992);
    cr_assert_eq(udp.payload_captured, 12);
    cr_assert_eq(udp.defects, D(PAYLOAD_CUT));
    cr_assert_eq(parse_field(0, 20, 65535).error, TCPSEG_ERR_OFFSET);
    cr_assert_eq(parse_field(0, 20, 65536).error, TCPSEG_OK);
}

Test(udp, captured_past_length)
{
    tcpseg_udp udp = parse_field(18, 40, 18);

    cr_assert_eq(udp.defects, 0);
    cr_assert_eq(udp.payload_captured, 10);
}

Test(udp, port_zero)
{
    uint8_t data[ROOM];

    header(data, 8, 1);
    memset(data, 0, 2);
    cr_assert_eq(parse(data, 8, 8).defects, 0, "no answer is expected");
    memset(data + 2, 0, 2);
    cr_assert_eq(parse(data, 8, 8).defects, D(PORT_ZERO));
    cr_assert_eq(parse(data, 3, 8).defects, D(HEADER_CUT));
}

Test(udp, checksum)
{
    for (uint8_t family = 4; family <= 6; family = (uint8_t)(family + 2)) {
        for (size_t length = 8; length < 60; length++) {
            tcpseg_address a = address(family);
            uint8_t data[ROOM];
            tcpseg_udp udp;
            uint32_t right;

            header(data, (unsigned)length, 0);
            right = ~slow_sum(data, length, &a) & 0xffff;
            right = right ? right : 0xffff;
            put_checksum(data, right);
            cr_assert_eq(verify(&udp, data, length, length, &a),
                         TCPSEG_CHECKSUM_OK, "%zu over %u", length, family);
            put_checksum(data, right ^ 0x0100);
            cr_assert_eq(verify(&udp, data, length, length, &a),
                         TCPSEG_CHECKSUM_BAD);
            put_checksum(data, slow_sum(data, 0, &a) + (uint32_t)length);
            if (length > 8)
                cr_assert_eq(verify(&udp, data, length, length, &a),
                             TCPSEG_CHECKSUM_OFFLOAD);
            cr_assert_eq(udp.defects, 0);
        }
    }
}

/* A sum of 0 is sent as 0xffff, and verifies. */
Test(udp, checksum_ffff)
{
    tcpseg_address a = address(4);
    uint8_t data[ROOM];
    tcpseg_udp udp;
    uint32_t s;

    header(data, 10, 0);
    memset(data + 8, 0, 2);
    s = ~slow_sum(data, 10, &a) & 0xffff;
    data[8] = (uint8_t)(s >> 8);
    data[9] = (uint8_t)s;
    cr_assert_eq(slow_sum(data, 10, &a), 0xffff);
    put_checksum(data, 0xffff);
    cr_assert_eq(verify(&udp, data, 10, 10, &a), TCPSEG_CHECKSUM_OK);
}

Test(udp, checksum_absent)
{
    tcpseg_address v4 = address(4), v6 = address(6);
    uint8_t data[ROOM];
    tcpseg_udp udp;

    header(data, 18, 0);
    cr_assert_eq(verify(&udp, data, 18, 18, &v4), TCPSEG_CHECKSUM_UNKNOWN);
    cr_assert_eq(udp.no_checksum, 1);
    cr_assert_eq(udp.defects, 0);
    cr_assert_eq(verify(&udp, data, 18, 18, &v6), TCPSEG_CHECKSUM_UNKNOWN);
    cr_assert_eq(udp.defects, D(NO_CHECKSUM_V6));
}

Test(udp, checksum_not_computable)
{
    tcpseg_address a = address(4);
    uint8_t data[ROOM];
    tcpseg_udp udp;

    header(data, 18, 0x1234);
    cr_assert_eq(verify(&udp, data, 17, 18, &a), TCPSEG_CHECKSUM_CUT);
    cr_assert_eq(verify(&udp, data, 7, 18, &a), TCPSEG_CHECKSUM_CUT);
    cr_assert_eq(verify(&udp, data, 7, 7, &a), TCPSEG_CHECKSUM_CUT, "short");
    cr_assert_eq(verify(&udp, data, 17, 17, &a), TCPSEG_CHECKSUM_CUT, "beyond");
    a.fragment = 1;
    cr_assert_eq(verify(&udp, data, 18, 18, &a), TCPSEG_CHECKSUM_CUT);
    header(data, 7, 0x1234);
    a.fragment = 0;
    cr_assert_eq(verify(&udp, data, 18, 18, &a), TCPSEG_CHECKSUM_CUT, "field");
}

/* The surplus area is not summed. */
Test(udp, checksum_of_a_surplus)
{
    tcpseg_address a = address(6);
    uint8_t data[ROOM];
    tcpseg_udp udp;

    header(data, 13, 0);
    put_checksum(data, ~slow_sum(data, 13, &a));
    cr_assert_eq(verify(&udp, data, 20, 20, &a), TCPSEG_CHECKSUM_OK);
    cr_assert_eq(udp.surplus_len, 7);
}

Test(udp, checksum_of_a_jumbogram)
{
    enum { LENGTH = 70001 };
    tcpseg_address a = address(6);
    uint8_t *data = calloc(1, LENGTH);
    tcpseg_udp udp;

    cr_assert(data != NULL);
    memset(data + 8, 0x5b, LENGTH - 8);
    data[3] = 53;
    put_checksum(data, ~slow_sum(data, LENGTH, &a));
    cr_assert_eq(tcpseg_udp_parse(&udp, data, LENGTH, LENGTH), TCPSEG_OK);
    cr_assert_eq(tcpseg_udp_checksum_verify(&udp, data, &a),
                 TCPSEG_CHECKSUM_OK);
    free(data);
}

static uint16_t with_word(uint16_t word, uint16_t other,
                          const tcpseg_address *a)
{
    uint8_t data[ROOM];
    uint16_t checksum;

    header(data, 12, 0);
    data[8] = (uint8_t)(word >> 8);
    data[9] = (uint8_t)word;
    data[10] = (uint8_t)(other >> 8);
    data[11] = (uint8_t)other;
    checksum = (uint16_t)~slow_sum(data, 12, a);
    return checksum ? checksum : 0xffff;
}

/* Against computing it anew, from the words where an update can go wrong to every
 * other word. */
Test(udp, update)
{
    static const uint16_t words[] = {0,      1,      0x00ff, 0x7fff, 0x8000,
                                     0xfffe, 0xffff, 0x1234, 0xedcb};
    enum { N = sizeof words / sizeof *words };
    tcpseg_address a = address(4);

    for (unsigned i = 0; i < N; i++) {
        uint16_t before = with_word(words[i], words[N - 1 - i], &a);

        for (uint32_t word = 0; word <= 0xffff; word++) {
            uint16_t want = with_word((uint16_t)word, words[N - 1 - i], &a);

            cr_assert(tcpseg_udp_checksum_update16(before, words[i],
                                                   (uint16_t)word) == want,
                      "%04x to %04x", words[i], word);
        }
    }
    cr_assert_eq(tcpseg_udp_checksum_update16(0, 1, 2), 0, "none stays none");
}

Test(udp, misuse_writes_nothing)
{
    tcpseg_address a = address(4);
    uint8_t data[ROOM];
    tcpseg_udp udp, before;

    header(data, 18, 0x1234);
    memset(&before, 0xa5, sizeof before);
    udp = before;
    cr_expect_eq(tcpseg_udp_parse(NULL, data, 18, 18), TCPSEG_ERR_ARG);
    cr_expect_eq(tcpseg_udp_parse(&udp, NULL, 18, 18), TCPSEG_ERR_ARG);
#if SIZE_MAX > UINT32_MAX
    cr_expect_eq(tcpseg_udp_parse(&udp, data, 18, (size_t)1 << 32),
                 TCPSEG_ERR_ARG);
#endif
    cr_expect_eq(tcpseg_udp_checksum_verify(NULL, data, &a), TCPSEG_ERR_ARG);
    cr_expect_eq(tcpseg_udp_checksum_verify(&udp, NULL, &a), TCPSEG_ERR_ARG);
    cr_expect_eq(tcpseg_udp_checksum_verify(&udp, data, NULL), TCPSEG_ERR_ARG);
    a.family = 5;
    cr_expect_eq(tcpseg_udp_checksum_verify(&udp, data, &a), TCPSEG_ERR_ARG);
    cr_expect(memcmp(&udp, &before, sizeof udp) == 0);
}

Test(udp, names)
{
    for (unsigned i = 0; i <= TCPSEG_UDP_NO_CHECKSUM_V6; i++) {
        cr_assert(tcpseg_udp_defect_name(i) && *tcpseg_udp_defect_name(i));
        cr_assert(tcpseg_udp_defect_text(i) && *tcpseg_udp_defect_text(i));
        cr_assert(tcpseg_udp_defect_rfc(i) && *tcpseg_udp_defect_rfc(i));
        for (unsigned k = 0; k < i; k++)
            cr_assert(strcmp(tcpseg_udp_defect_name(i),
                             tcpseg_udp_defect_name(k)) != 0);
    }
    cr_assert(tcpseg_udp_defect_name(TCPSEG_UDP_NO_CHECKSUM_V6 + 1) == NULL);
    cr_assert(tcpseg_udp_defect_text(TCPSEG_UDP_NO_CHECKSUM_V6 + 1) == NULL);
    cr_assert(tcpseg_udp_defect_rfc(TCPSEG_UDP_NO_CHECKSUM_V6 + 1) == NULL);
}
