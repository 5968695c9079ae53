/* The checksum's kernels against each other and against bytes added one at a
 * time; split sums; updates against computing anew; every answer of verify
 * against its definition. The input: checksum_input.h. */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "checksum_input.h"
#include "checksum_kernel.h"
#include "tcpseg/tcpseg.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CHECK(property)                                                        \
    do {                                                                       \
        if (!(property)) {                                                     \
            fprintf(stderr, "line %d: not so: %s\n", __LINE__, #property);     \
            abort();                                                           \
        }                                                                      \
    } while (0)

enum { TCP_FIELD = 16, UDP_FIELD = 6 };

static uint16_t slow_sum(uint32_t sum, const uint8_t *p, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        sum += (uint32_t)p[i] << (i % 2 ? 0 : 8);
        if (sum > 0xffff)
            sum -= 0xffff;
    }
    return (uint16_t)sum;
}

static uint16_t slow_pseudo(const tcpseg_address *a, uint8_t protocol,
                            size_t length)
{
    size_t size = a->family == 4 ? 4 : 16;
    uint8_t rest[8] = {0};
    uint32_t sum;

    store_be32(rest, (uint32_t)length);
    rest[7] = protocol;
    sum = slow_sum(slow_sum(0, a->src, size), a->dst, size);
    return slow_sum(sum, rest, sizeof rest);
}

/* A kernel's answer in network order. */
static uint16_t as_sum(uint64_t kernel)
{
    while (kernel > 0xffff)
        kernel = (kernel & 0xffff) + (kernel >> 16);
    return net16((unsigned)kernel);
}

static void kernels_agree(const uint8_t *p, size_t n)
{
    uint16_t right = slow_sum(0, p, n);

    CHECK(tcpseg_checksum_sum(0, p, n) == right);
    CHECK(as_sum(tcpsegp_sum_scalar(p, n)) == right);
#if TCPSEGP_VECTOR
    if (n >= 16)
        CHECK(as_sum(tcpsegp_sum_vector(p, n)) == right);
#endif
#if TCPSEGP_AVX2
    if (n >= 32 && tcpsegp_cpu_has_avx2())
        CHECK(as_sum(tcpsegp_sum_avx2(p, n)) == right);
#endif
}

static void split_sum(const uint8_t *p, size_t n, size_t at)
{
    uint16_t sum;

    at = at % (n + 1) & ~(size_t)1;
    sum = tcpseg_checksum_sum(tcpseg_checksum_sum(0, p, at), p + at, n - at);
    CHECK(sum == slow_sum(0, p, n));
}

static uint16_t compute(const uint8_t *p, size_t n, const tcpseg_address *a)
{
    size_t field = a->protocol == 6 ? TCP_FIELD : UDP_FIELD;
    uint32_t sum = slow_pseudo(a, a->protocol, n);
    uint16_t got = 0x1234, right;
    int error = tcpseg_checksum_compute(&got, p, n, a);

    if (n < field + 2) {
        CHECK(error == TCPSEG_ERR_SHORT && got == 0x1234);
        return 0;
    }
    sum = slow_sum(sum, p, field);
    right = (uint16_t)~slow_sum(sum, p + field + 2, n - field - 2);
    if (right == 0 && a->protocol == 17)
        right = 0xffff;
    CHECK(error == TCPSEG_OK && got == right);
    return got;
}

/* Change up to 8 bytes outside the field, and the checksum with them. */
static void update(uint8_t *p, size_t n, const tcpseg_address *a,
                   const uint8_t *how)
{
    size_t at = load_be16(how + CHECKSUM_INPUT_EDIT) % (n + 1) & ~(size_t)1;
    size_t len = how[CHECKSUM_INPUT_LEN] % 9;
    uint16_t field = compute(p, n, a), right;
    uint8_t before[8];

    if (n < TCP_FIELD + 2 || a->protocol != 6)
        return;
    len = len > n - at ? n - at : len;
    if (at < TCP_FIELD + 2 && at + len > TCP_FIELD)
        return;
    memcpy(before, p + at, len);
    memcpy(p + at, how + CHECKSUM_INPUT_NEW, len);
    right = compute(p, n, a);
    CHECK(tcpseg_checksum_update(field, before, p + at, len) == right);
    CHECK(tcpseg_checksum_update(right, p + at, before, len) == field);
    if (len == 2)
        CHECK(tcpseg_checksum_update16(field, load_be16(before),
                                       load_be16(p + at)) == right);
    if (len == 4)
        CHECK(tcpseg_checksum_update32(field, load_be32(before),
                                       load_be32(p + at)) == right);
}

static int right_status(const tcpseg *seg, const uint8_t *p, size_t n,
                        const tcpseg_address *a)
{
    uint16_t pseudo = slow_pseudo(a, 6, n);

    if (seg->error != 0 || a->fragment)
        return TCPSEG_CHECKSUM_CUT;
    if (slow_sum(pseudo, p, n) == 0xffff)
        return TCPSEG_CHECKSUM_OK;
    if (seg->checksum == 0)
        return TCPSEG_CHECKSUM_ZERO;
    if (seg->checksum == pseudo || seg->checksum == slow_pseudo(a, 6, 0))
        return TCPSEG_CHECKSUM_OFFLOAD;
    return TCPSEG_CHECKSUM_BAD;
}

/* What the input asks for in the field. For CHECKSUM_FIELD_FFFF, 0 is made the
 * right checksum first: the destination port takes up what it was. */
static void fill_field(uint8_t *p, size_t n, const tcpseg_address *a,
                       unsigned what)
{
    uint8_t *field = p + TCP_FIELD, *port = p + 2;
    uint16_t right = compute(p, n, a);

    switch (what % CHECKSUM_FIELDS) {
    case CHECKSUM_FIELD_RIGHT:
        store_be16(field, right);
        break;
    case CHECKSUM_FIELD_ZERO:
        store_be16(field, 0);
        break;
    case CHECKSUM_FIELD_FFFF:
        store_be16(field, right);
        store_be16(port, slow_sum(load_be16(port), field, 2));
        store_be16(field, 0xffff);
        break;
    case CHECKSUM_FIELD_OFFLOAD:
        store_be16(field, slow_pseudo(a, 6, n));
        break;
    case CHECKSUM_FIELD_NO_LENGTH:
        store_be16(field, slow_pseudo(a, 6, 0));
        break;
    default:
        break;
    }
}

static void verify_cut(const uint8_t *p, size_t captured, size_t n,
                       const tcpseg_address *a)
{
    tcpseg seg;

    if (tcpseg_parse(&seg, p, captured, n) == TCPSEG_OK)
        CHECK(tcpseg_checksum_verify(&seg, p, a) == TCPSEG_CHECKSUM_CUT);
}

static void verify(uint8_t *p, size_t n, const tcpseg_address *a, unsigned what)
{
    const uint64_t ffff = UINT64_C(1) << TCPSEG_DEFECT_CHECKSUM_FFFF;
    int status;
    tcpseg seg;

    if (n >= TCP_FIELD + 2)
        fill_field(p, n, a, what);
    tcpseg_parse(&seg, p, n, n);
    status = tcpseg_checksum_verify(&seg, p, a);
    CHECK(status == seg.checksum_status);
    CHECK(status == right_status(&seg, p, n, a));
    CHECK(tcpseg_checksum_name(status) != NULL);
    CHECK(!(seg.defects & ffff) ==
          !(status == TCPSEG_CHECKSUM_OK && seg.checksum == 0xffff));
    for (size_t cut = 1; cut <= n; cut += cut < 60 ? 1 : cut)
        verify_cut(p, n - cut, n, a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    tcpseg_address a = {.family = 4, .protocol = 6};
    size_t n, align;
    uint8_t *block, *p;

    if (size < CHECKSUM_INPUT_DATA)
        return 0;
    n = size - CHECKSUM_INPUT_DATA;
    align = data[CHECKSUM_INPUT_ALIGN] % 32;
    if (data[CHECKSUM_INPUT_HOW] & CHECKSUM_IPV6)
        a.family = 6;
    if (data[CHECKSUM_INPUT_HOW] & CHECKSUM_FRAGMENT)
        a.fragment = 1;
    memcpy(a.src, data + CHECKSUM_INPUT_SRC, sizeof a.src);
    memcpy(a.dst, data + CHECKSUM_INPUT_DST, sizeof a.dst);
    block = malloc(align + n > 0 ? align + n : 1);
    if (block == NULL)
        return 0;
    p = block + align;
    memset(block, 0xff, align);
    memcpy(p, data + CHECKSUM_INPUT_DATA, n);
    kernels_agree(p, n);
    split_sum(p, n, load_be16(data + CHECKSUM_INPUT_SPLIT));
    verify(p, n, &a, data[CHECKSUM_INPUT_STATUS]);
    if (data[CHECKSUM_INPUT_HOW] & CHECKSUM_UDP)
        a.protocol = 17;
    update(p, n, &a, data);
    free(block);
    return 0;
}
