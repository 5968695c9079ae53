/* The checksum: every kernel against bytes added one at a time, the answers of
 * verify, and RFC 1624's update against computing anew. */
#define _DEFAULT_SOURCE
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "checksum_kernel.h"
#include "tcpseg/tcpseg.h"

#define FFFF (UINT64_C(1) << TCPSEG_DEFECT_CHECKSUM_FFFF)

enum { HEADER = 20, CHECKSUM_AT = 16, PORT_AT = 2, BIG = 1 << 20 };

/* ---- references */

/* RFC 1071 section 4.1, as it is defined and no faster. */
static uint16_t slow_sum(uint32_t sum, const uint8_t *p, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        sum += (uint32_t)p[i] << (i % 2 ? 0 : 8);
        if (sum > 0xffff)
            sum -= 0xffff;
    }
    return (uint16_t)sum;
}

/* The pseudo-header written out, as the RFCs draw it, and summed. */
static uint16_t slow_pseudo(const tcpseg_address *a, uint8_t protocol,
                            uint32_t length)
{
    uint8_t drawn[40] = {0};
    size_t size = a->family == 4 ? 4 : 16;

    memcpy(drawn, a->src, size);
    memcpy(drawn + size, a->dst, size);
    if (a->family == 4) {
        drawn[9] = protocol; /* after a zero; then 16 bits of length */
        cr_assert(length <= 0xffff, "no IPv4 packet is this long");
        store_be16(drawn + 10, length);
        return slow_sum(0, drawn, 12);
    }
    store_be32(drawn + 32, length);
    drawn[39] = protocol;
    return slow_sum(0, drawn, 40);
}

static uint32_t random_state = 1;

static uint32_t random32(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 17;
    random_state ^= random_state << 5;
    return random_state;
}

static uint16_t random16(void)
{
    return (uint16_t)(random32() >> 9);
}

static void fill_random(uint8_t *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        p[i] = (uint8_t)(random32() >> 11);
}

/* ---- kernels */

/* A kernel's answer as a sum in network order. */
static uint16_t as_sum(uint64_t kernel)
{
    while (kernel > 0xffff)
        kernel = (kernel & 0xffff) + (kernel >> 16);
    return net16((unsigned)kernel);
}

static const struct kernel {
    const char *name;
    uint64_t (*sum)(const uint8_t *p, size_t n);
    size_t least;
    bool (*usable)(void);
} kernels[] = {
    {"scalar", tcpsegp_sum_scalar, 0, NULL},
#if TCPSEGP_VECTOR
    {"16-byte vectors", tcpsegp_sum_vector, 16, NULL},
#endif
#if TCPSEGP_AVX2
    {"AVX2", tcpsegp_sum_avx2, 32, tcpsegp_cpu_has_avx2},
#endif
};
enum { KERNELS = sizeof kernels / sizeof *kernels };

static void each_kernel(const uint8_t *p, size_t n, const char *what)
{
    uint16_t right = slow_sum(0, p, n);

    cr_assert_eq(tcpseg_checksum_sum(0, p, n), right, "%s: %zu bytes", what, n);
    for (size_t k = 0; k < KERNELS; k++) {
        if (n < kernels[k].least ||
            (kernels[k].usable != NULL && !kernels[k].usable()))
            continue;
        cr_assert_eq(as_sum(kernels[k].sum(p, n)), right,
                     "%s: the %s kernel, %zu bytes at %zu of 32", what,
                     kernels[k].name, n, (size_t)((uintptr_t)p & 31));
    }
}

enum filling { RANDOM, ONES, ZEROS, LAST_BYTE, FILLINGS };

static void fill(uint8_t *p, size_t n, enum filling how)
{
    switch (how) {
    case RANDOM:
        fill_random(p, n);
        break;
    case ONES:
        memset(p, 0xff, n);
        break;
    default:
        memset(p, 0, n);
        break;
    }
    if (how == LAST_BYTE && n > 0)
        p[n - 1] = 0xa7;
}

/* Each block ends where its memory ends, so that a sanitizer sees a read past
 * it, and is surrounded by ones before it, so that a sum shows one. */
Test(checksum_kernel, lengths_to_300_at_every_alignment)
{
    for (size_t align = 0; align < 32; align++)
        for (size_t n = 0; n <= 300; n++) {
            uint8_t *memory = aligned_alloc(32, 352), *p;

            cr_assert(memory != NULL);
            memset(memory, 0xff, 352);
            p = memory + align;
            for (enum filling how = RANDOM; how < FILLINGS; how++) {
                fill(p, n, how);
                each_kernel(p, n, "inside a block");
            }
            free(memory);
            memory = malloc(align + n > 0 ? align + n : 1);
            cr_assert(memory != NULL);
            memset(memory, 0xff, align + n);
            fill_random(memory + align, n);
            each_kernel(memory + align, n, "to a block's end");
            free(memory);
        }
}

Test(checksum_kernel, long_lengths)
{
    static const size_t lengths[] = {511,   512,   513,   575,   1023,
                                     1460,  4095,  4097,  9000,  9001,
                                     65534, 65535, 65536, 70000, BIG};
    uint8_t *memory = malloc(BIG + 32);

    cr_assert(memory != NULL);
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++)
        for (size_t align = 0; align < 32; align += lengths[i] < BIG ? 1 : 15)
            for (enum filling how = RANDOM; how < FILLINGS; how++) {
                memset(memory, 0xff, BIG + 32);
                fill(memory + align, lengths[i], how);
                each_kernel(memory + align, lengths[i], "long");
            }
    free(memory);
}

/* More than one call of a kernel takes. Nearly all of it is the system's one
 * page of zeros. */
Test(checksum_kernel, more_than_a_gigabyte)
{
    size_t size = TCPSEGP_SUM_MOST + 300;
    uint8_t *memory;

    if (sizeof(size_t) < 8)
        cr_skip_test("no room in 32 bits");
    memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
                  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED)
        cr_skip_test("no memory");
    store_be16(memory, 0x1111);
    store_be16(memory + TCPSEGP_SUM_MOST - 2, 0x0220);
    store_be16(memory + TCPSEGP_SUM_MOST, 0x4000);
    store_be16(memory + size - 2, 0xfff0);
    cr_assert_eq(tcpseg_checksum_sum(0, memory, size), 0x5322);
    cr_assert_eq(tcpseg_checksum_sum(0, memory, TCPSEGP_SUM_MOST), 0x1331);
    cr_assert_eq(tcpseg_checksum_sum(0, memory, TCPSEGP_SUM_MOST + 2), 0x5331);
    munmap(memory, size);
}

/* ---- the sum */

/* The bytes RFC 1071 section 3 adds up. */
Test(checksum_sum, example_of_rfc_1071)
{
    const uint8_t bytes[] = {0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7};

    cr_assert_eq(tcpseg_checksum_sum(0, bytes, sizeof bytes), 0xddf2);
}

Test(checksum_sum, nothing)
{
    cr_assert_eq(tcpseg_checksum_sum(0, NULL, 0), 0);
    cr_assert_eq(tcpseg_checksum_sum(0xabcd, NULL, 0), 0xabcd);
    cr_assert_eq(tcpseg_checksum_sum(0xffff, NULL, 0), 0xffff);
}

Test(checksum_sum, odd_byte_is_the_upper_half)
{
    cr_assert_eq(tcpseg_checksum_sum(0, "\x12", 1), 0x1200);
    cr_assert_eq(tcpseg_checksum_sum(0, "\x12\x34\x56", 3), 0x6834);
}

Test(checksum_sum, end_around_carry)
{
    cr_assert_eq(tcpseg_checksum_sum(0xffff, "\x00\x01", 2), 1);
    cr_assert_eq(tcpseg_checksum_sum(0xffff, "\xff\xff", 2), 0xffff);
    cr_assert_eq(tcpseg_checksum_sum(0x8000, "\x80\x00", 2), 1);
}

Test(checksum_sum, in_pieces)
{
    uint8_t data[2000];

    for (int round = 0; round < 20000; round++) {
        size_t n = random32() % (round % 2 ? 300 : sizeof data);
        uint16_t start = random16(), sum = start;
        size_t at = 0, piece;

        fill_random(data, n);
        while (n - at > 1 && random32() % 4) {
            piece = random32() % (n - at) & ~(size_t)1;
            sum = tcpseg_checksum_sum(sum, data + at, piece);
            at += piece;
        }
        sum = tcpseg_checksum_sum(sum, data + at, n - at);
        cr_assert_eq(sum, tcpseg_checksum_sum(start, data, n));
        cr_assert_eq(sum, slow_sum(start, data, n), "%zu bytes", n);
    }
}

/* ---- compute and verify */

static tcpseg_address address_of(int family)
{
    tcpseg_address a = {.family = (uint8_t)family, .protocol = 6};

    fill_random(a.src, family == 4 ? 4 : 16);
    fill_random(a.dst, family == 4 ? 4 : 16);
    return a;
}

/* A header of 20 bytes and random payload, the field as it should be. */
static void make(uint8_t *p, size_t length, const tcpseg_address *a)
{
    uint32_t sum;

    fill_random(p, length);
    p[12] = 5 << 4;
    store_be16(p + CHECKSUM_AT, 0);
    sum = slow_pseudo(a, 6, (uint32_t)length);
    sum = (uint16_t)~slow_sum(sum, p, length);
    store_be16(p + CHECKSUM_AT, sum);
}

/* Makes the right checksum 0: what it was goes into a port instead. */
static void make_zero(uint8_t *p, size_t length, const tcpseg_address *a)
{
    make(p, length, a);
    store_be16(p + PORT_AT,
               slow_sum(load_be16(p + PORT_AT), p + CHECKSUM_AT, 2));
    store_be16(p + CHECKSUM_AT, 0);
}

static int verify(const uint8_t *p, size_t captured, size_t length,
                  const tcpseg_address *a, tcpseg *seg)
{
    int status;

    tcpseg_parse(seg, p, captured, length);
    cr_assert_eq(seg->checksum_status, TCPSEG_CHECKSUM_UNKNOWN);
    status = tcpseg_checksum_verify(seg, p, a);
    cr_assert_eq(status, seg->checksum_status);
    return status;
}

static int status_of(const uint8_t *p, size_t length, const tcpseg_address *a)
{
    tcpseg seg;

    return verify(p, length, length, a, &seg);
}

Test(checksum_verify, ok_over_both_families_at_every_alignment)
{
    uint8_t memory[1600];

    for (int family = 4; family <= 6; family += 2)
        for (size_t align = 0; align < 32; align++)
            for (size_t length = HEADER; length < 1500;
                 length += length < 200 ? 1 : 61) {
                tcpseg_address a = address_of(family);
                uint8_t *p = memory + align;
                uint16_t sum = 0;

                make(p, length, &a);
                cr_assert_eq(status_of(p, length, &a), TCPSEG_CHECKSUM_OK);
                cr_assert_eq(tcpseg_checksum_compute(&sum, p, length, &a), 0);
                cr_assert_eq(sum, load_be16(p + CHECKSUM_AT));
                p[length - 1] ^= 0x10;
                cr_assert_eq(status_of(p, length, &a), TCPSEG_CHECKSUM_BAD);
            }
}

/* Each part of the pseudo-header counts, and of an IPv4 address only 4 bytes. */
Test(checksum_verify, every_part_of_the_pseudo_header)
{
    uint8_t p[64];

    for (int family = 4; family <= 6; family += 2) {
        tcpseg_address a = address_of(family);

        make(p, sizeof p, &a);
        for (size_t i = 0; i < 16; i++) {
            int expected = family == 4 && i >= 4 ? TCPSEG_CHECKSUM_OK
                                                 : TCPSEG_CHECKSUM_BAD;

            a.src[i] ^= 1;
            cr_assert_eq(status_of(p, sizeof p, &a), expected, "src %zu", i);
            a.src[i] ^= 1;
            a.dst[i] ^= 1;
            cr_assert_eq(status_of(p, sizeof p, &a), expected, "dst %zu", i);
            a.dst[i] ^= 1;
        }
        p[61] = p[62] = p[63] = 0; /* zeros cut off change but the length */
        make(p, 60, &a);
        p[60] = 0;
        cr_assert_eq(status_of(p, 60, &a), TCPSEG_CHECKSUM_OK);
        cr_assert_eq(status_of(p, 61, &a), TCPSEG_CHECKSUM_BAD);
        a.length = 12345; /* not read, nor is the protocol: this is TCP */
        a.protocol = 0;
        cr_assert_eq(status_of(p, 60, &a), TCPSEG_CHECKSUM_OK);
    }
}

Test(checksum_verify, zero_where_it_does_not_verify)
{
    tcpseg_address a = address_of(4);
    uint8_t p[40];

    make(p, sizeof p, &a);
    store_be16(p + CHECKSUM_AT, 0);
    cr_assert_eq(status_of(p, sizeof p, &a), TCPSEG_CHECKSUM_ZERO);
}

/* What Linux leaves in the field for a network card to finish. */
Test(checksum_verify, offload_is_the_sum_of_the_pseudo_header)
{
    for (int family = 4; family <= 6; family += 2)
        for (uint32_t length = HEADER; length < 400; length += 19) {
            tcpseg_address a = address_of(family);
            uint8_t p[400];

            make(p, length, &a);
            store_be16(p + CHECKSUM_AT, slow_pseudo(&a, 6, length));
            cr_assert_eq(status_of(p, length, &a), TCPSEG_CHECKSUM_OFFLOAD);
            store_be16(p + CHECKSUM_AT, (uint16_t)~slow_pseudo(&a, 6, length));
            cr_assert_eq(status_of(p, length, &a), TCPSEG_CHECKSUM_BAD);
        }
}

/* Hardware that cuts a segment up adds each piece's length itself. */
Test(checksum_verify, offload_of_segmentation_leaves_the_length_out)
{
    for (int family = 4; family <= 6; family += 2) {
        tcpseg_address a = address_of(family);
        uint8_t p[400];

        make(p, sizeof p, &a);
        store_be16(p + CHECKSUM_AT, slow_pseudo(&a, 6, 0));
        cr_assert_eq(status_of(p, sizeof p, &a), TCPSEG_CHECKSUM_OFFLOAD);
        store_be16(p + CHECKSUM_AT, (uint16_t)(slow_pseudo(&a, 6, 0) + 1));
        cr_assert_eq(status_of(p, sizeof p, &a), TCPSEG_CHECKSUM_BAD);
    }
}

/* One segment in 65535 has the pseudo-header's sum for its right checksum. */
Test(checksum_verify, right_although_it_looks_like_offload)
{
    tcpseg_address a = address_of(4);
    uint8_t p[HEADER] = {0};
    uint16_t pseudo = slow_pseudo(&a, 6, sizeof p), rest;

    p[12] = 5 << 4;
    store_be16(p + CHECKSUM_AT, pseudo);
    rest = (uint16_t)~slow_sum(pseudo, p, sizeof p);
    store_be16(p + PORT_AT, rest);
    cr_assert_eq(status_of(p, sizeof p, &a), TCPSEG_CHECKSUM_OK);
}

Test(checksum_verify, cut)
{
    tcpseg_address a = address_of(6), fragment = a;
    uint8_t p[100];
    tcpseg seg;

    fragment.fragment = 1;
    make(p, sizeof p, &a);
    cr_assert_eq(verify(p, 100, 100, &a, &seg), TCPSEG_CHECKSUM_OK);
    cr_assert_eq(verify(p, 99, 100, &a, &seg), TCPSEG_CHECKSUM_CUT);
    cr_assert_eq(verify(p, 20, 100, &a, &seg), TCPSEG_CHECKSUM_CUT);
    cr_assert_eq(verify(p, 19, 100, &a, &seg), TCPSEG_CHECKSUM_CUT);
    cr_assert_eq(verify(p, 100, 100, &fragment, &seg), TCPSEG_CHECKSUM_CUT);
    cr_assert_eq(verify(p, 0, 100, &a, &seg), TCPSEG_CHECKSUM_CUT);
}

Test(checksum_verify, header_cut_without_payload)
{
    tcpseg_address a = address_of(4);
    uint8_t p[60];
    tcpseg seg;

    make(p, sizeof p, &a);
    p[12] = 15 << 4;
    for (size_t captured = 0; captured < sizeof p; captured++)
        cr_assert_eq(verify(p, captured, sizeof p, &a, &seg),
                     TCPSEG_CHECKSUM_CUT);
}

Test(checksum_verify, no_tcp_header_cannot_be_judged)
{
    tcpseg_address a = address_of(4);
    uint8_t p[40];
    tcpseg seg;

    make(p, sizeof p, &a);
    p[12] = 4 << 4;
    cr_assert_eq(verify(p, 40, 40, &a, &seg), TCPSEG_CHECKSUM_CUT);
    p[12] = 11 << 4;
    cr_assert_eq(verify(p, 40, 40, &a, &seg), TCPSEG_CHECKSUM_CUT);
    cr_assert_eq(verify(p, 19, 19, &a, &seg), TCPSEG_CHECKSUM_CUT);
    make(p, sizeof p, &a); /* the parser's answer alone is enough */
    tcpseg_parse(&seg, p, sizeof p, sizeof p);
    seg.error = TCPSEG_ERR_OFFSET;
    cr_assert_eq(tcpseg_checksum_verify(&seg, p, &a), TCPSEG_CHECKSUM_CUT);
}

Test(checksum_verify, misuse_writes_nothing)
{
    tcpseg_address a = address_of(4);
    uint8_t p[40];
    tcpseg seg, before;

    make(p, sizeof p, &a);
    tcpseg_parse(&seg, p, sizeof p, sizeof p);
    before = seg;
    cr_assert_eq(tcpseg_checksum_verify(NULL, p, &a), TCPSEG_ERR_ARG);
    cr_assert_eq(tcpseg_checksum_verify(&seg, NULL, &a), TCPSEG_ERR_ARG);
    cr_assert_eq(tcpseg_checksum_verify(&seg, p, NULL), TCPSEG_ERR_ARG);
    for (unsigned family = 0; family < 256; family++) {
        a.family = (uint8_t)family;
        if (family != 4 && family != 6)
            cr_assert_eq(tcpseg_checksum_verify(&seg, p, &a), TCPSEG_ERR_ARG);
    }
    cr_assert_eq(memcmp(&seg, &before, sizeof seg), 0);
}

/* Table row T38. */
Test(checksum_verify, t38_zero_and_ffff_where_zero_is_due)
{
    for (size_t length = HEADER; length < 300; length += 7) {
        tcpseg_address a = address_of(length % 2 ? 4 : 6);
        uint8_t p[300];
        uint16_t sum = 1;
        tcpseg seg;

        make_zero(p, length, &a);
        cr_assert_eq(verify(p, length, length, &a, &seg), TCPSEG_CHECKSUM_OK);
        cr_assert_eq(seg.defects & FFFF, 0);
        cr_assert_eq(tcpseg_checksum_compute(&sum, p, length, &a), 0);
        cr_assert_eq(sum, 0);

        store_be16(p + CHECKSUM_AT, 0xffff);
        cr_assert_eq(verify(p, length, length, &a, &seg), TCPSEG_CHECKSUM_OK);
        cr_assert_eq(seg.defects & FFFF, FFFF);
        cr_assert_eq(tcpseg_checksum_compute(&sum, p, length, &a), 0);
        cr_assert_eq(sum, 0, "never 0xffff");

        a.dst[0] ^= 0x40; /* asked again with another address */
        cr_assert_eq(tcpseg_checksum_verify(&seg, p, &a), TCPSEG_CHECKSUM_BAD);
        cr_assert_eq(seg.defects & FFFF, 0);
        p[PORT_AT] ^= 0x20;
        cr_assert_eq(verify(p, length, length, &a, &seg), TCPSEG_CHECKSUM_BAD);
        cr_assert_eq(seg.defects & FFFF, 0);
    }
}

/* Table row T39: no payload, an odd one, the longest of IPv4, a jumbogram. */
Test(checksum_verify, t39_payload_lengths)
{
    static const size_t lengths[] = {0, 1, 2, 3, 65515 - 20, 65515, 69980};
    uint8_t *p = malloc(70000);

    cr_assert(p != NULL);
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        size_t length = HEADER + lengths[i];
        tcpseg_address a = address_of(length > 65515 ? 6 : 4);
        uint16_t sum = 0;

        make(p, length, &a);
        cr_assert_eq(status_of(p, length, &a), TCPSEG_CHECKSUM_OK);
        cr_assert_eq(tcpseg_checksum_compute(&sum, p, length, &a), 0);
        cr_assert_eq(sum, load_be16(p + CHECKSUM_AT));
        p[length - 1] ^= 1;
        cr_assert_eq(status_of(p, length, &a), TCPSEG_CHECKSUM_BAD);
    }
    free(p);
}

/* Of a jumbogram's length the upper half counts too: RFC 2675 section 4. */
Test(checksum_compute, length_above_65535)
{
    tcpseg_address a = address_of(6);
    uint8_t *p = calloc(70000, 1);
    uint16_t short_one, jumbo;

    cr_assert(p != NULL);
    cr_assert_eq(tcpseg_checksum_compute(&short_one, p, 70000 - 65536, &a), 0);
    cr_assert_eq(tcpseg_checksum_compute(&jumbo, p, 70000, &a), 0);
    cr_assert_eq(jumbo, tcpseg_checksum_update16(short_one, 0, 1));
    free(p);
}

Test(checksum_compute, udp_has_its_field_elsewhere_and_no_zero)
{
    uint8_t p[64];
    int zeros = 0;

    for (unsigned round = 0; round < 2000; round++) {
        tcpseg_address a = address_of(round % 2 ? 4 : 6);
        size_t length = 8 + round % 50;
        uint16_t right, sum = 1;

        a.protocol = 17;
        fill_random(p, length);
        if (round % 3 == 0) { /* what would be 0 */
            store_be16(p + 6, 0);
            right = slow_sum(slow_pseudo(&a, 17, (uint32_t)length), p, length);
            store_be16(p, slow_sum((uint16_t)~right, p, 2));
        }
        cr_assert_eq(tcpseg_checksum_compute(&sum, p, length, &a), 0);
        store_be16(p + 6, 0);
        right = slow_sum(slow_pseudo(&a, 17, (uint32_t)length), p, length);
        right = (uint16_t)~right;
        zeros += right == 0;
        cr_assert_eq(sum, right ? right : 0xffff);
    }
    cr_assert_geq(zeros, 600);
}

Test(checksum_compute, misuse)
{
    tcpseg_address a = address_of(4);
    uint8_t p[HEADER] = {0};
    uint16_t sum = 0x5a5a;

    cr_assert_eq(tcpseg_checksum_compute(NULL, p, HEADER, &a), TCPSEG_ERR_ARG);
    cr_assert_eq(tcpseg_checksum_compute(&sum, NULL, HEADER, &a),
                 TCPSEG_ERR_ARG);
    cr_assert_eq(tcpseg_checksum_compute(&sum, p, HEADER, NULL),
                 TCPSEG_ERR_ARG);
    for (size_t length = 0; length < 18; length++)
        cr_assert_eq(tcpseg_checksum_compute(&sum, p, length, &a),
                     TCPSEG_ERR_SHORT);
    a.protocol = 17;
    for (size_t length = 0; length < 8; length++)
        cr_assert_eq(tcpseg_checksum_compute(&sum, p, length, &a),
                     TCPSEG_ERR_SHORT);
    if (sizeof(size_t) > 4)
        cr_assert_eq(tcpseg_checksum_compute(&sum, p, (size_t)-1, &a),
                     TCPSEG_ERR_ARG);
    a.protocol = 132;
    cr_assert_eq(tcpseg_checksum_compute(&sum, p, HEADER, &a), TCPSEG_ERR_ARG);
    a.protocol = 6;
    a.family = 5;
    cr_assert_eq(tcpseg_checksum_compute(&sum, p, HEADER, &a), TCPSEG_ERR_ARG);
    cr_assert_eq(sum, 0x5a5a);
    a.family = 4;
    cr_assert_eq(tcpseg_checksum_compute(&sum, p, 18, &a), 0);
}

/* ---- updates */

/* RFC 1624 section 4: the example that its predecessor's formula gets wrong. */
Test(checksum_update, example_of_rfc_1624)
{
    cr_assert_eq(tcpseg_checksum_update16(0xdd2f, 0x5555, 0x3285), 0x0000);
}

Test(checksum_update, no_change_keeps_every_checksum)
{
    for (uint32_t field = 0; field < 0xffff; field++) {
        uint16_t hc = (uint16_t)field, m = random16();

        cr_assert_eq(tcpseg_checksum_update16(hc, m, m), hc);
        cr_assert_eq(tcpseg_checksum_update16(hc, 0, 0), hc);
        cr_assert_eq(tcpseg_checksum_update16(hc, 0xffff, 0xffff), hc);
        cr_assert_eq(tcpseg_checksum_update32(hc, m * 7u, m * 7u), hc);
        cr_assert_eq(tcpseg_checksum_update(hc, &m, &m, 2), hc);
        cr_assert_eq(tcpseg_checksum_update(hc, NULL, NULL, 0), hc);
    }
}

enum { AREA = 64, EDITS = 1000000 };

/* Whatever it is, often one of the numbers where carries go wrong. */
static uint32_t tricky32(void)
{
    static const uint32_t values[] = {0,          0xffffffff, 0xffff,
                                      0xffff0000, 1,          0x80008000};
    uint32_t r = random32();

    return r % 4 ? random32() : values[(r >> 8) % 6];
}

/* Change something at an even place; what the update functions say. */
static uint16_t edit(uint8_t *area, uint16_t field)
{
    uint8_t before[AREA];
    size_t at = random32() % (AREA / 2) * 2, len = AREA - at;
    uint32_t v = tricky32();

    memcpy(before, area, AREA);
    switch (random32() % 3) {
    case 0:
        store_be16(area + at, v & 0xffff);
        return tcpseg_checksum_update16(field, load_be16(before + at),
                                        load_be16(area + at));
    case 1:
        at = at > AREA - 4 ? AREA - 4 : at;
        store_be32(area + at, v);
        return tcpseg_checksum_update32(field, load_be32(before + at),
                                        load_be32(area + at));
    default:
        len = random32() % (len + 1);
        fill_random(area + at, len);
        return tcpseg_checksum_update(field, before + at, area + at, len);
    }
}

Test(checksum_update, equals_computing_anew_over_a_million_edits)
{
    uint8_t area[AREA];
    uint16_t field, right;
    int zeros = 0;

    fill_random(area, AREA);
    field = (uint16_t)~slow_sum(0x1234, area, AREA);
    for (int i = 0; i < EDITS; i++) {
        if (i % 16 == 0) { /* now and then from a checksum of 0 */
            const uint8_t bytes[2] = {(uint8_t)(field >> 8), (uint8_t)field};

            store_be16(area, slow_sum(load_be16(area), bytes, 2));
            field = (uint16_t)~slow_sum(0x1234, area, AREA);
            zeros += field == 0;
        }
        field = edit(area, field);
        right = (uint16_t)~slow_sum(0x1234, area, AREA);
        cr_assert_eq(field, right, "edit %d: %#x, not %#x", i, field, right);
    }
    cr_assert_geq(zeros, EDITS / 20);
}

/* ---- names */

Test(checksum_name, every_status)
{
    static const char *const names[] = {"unknown", "ok",      "bad",
                                        "zero",    "offload", "cut"};

    for (int status = 0; status < 6; status++)
        cr_assert_str_eq(tcpseg_checksum_name(status), names[status]);
    cr_assert_null(tcpseg_checksum_name(-1));
    cr_assert_null(tcpseg_checksum_name(6));
    cr_assert_null(tcpseg_checksum_name(1 << 30));
}
