/* The inner loops of the Internet checksum. RFC 1071 section 2: the sum may be
 * taken over numbers of the host's own byte order and of any multiple of 16
 * bits, because 2^16, 2^32 and 2^64 are all 1 modulo 2^16 - 1. So nothing here
 * swaps bytes; checksum.c does so once, at the end. */
#ifndef TCPSEG_LIB_CHECKSUM_KERNEL_H
#define TCPSEG_LIB_CHECKSUM_KERNEL_H

#include "bytes.h"

/* Compilers that take one vector for a value, and machines where that is one
 * register. */
#if defined(__GNUC__) && (defined(__SSE2__) || defined(__ARM_NEON) ||          \
                          defined(__VX__) || defined(__wasm_simd128__))
#define TCPSEGP_VECTOR 1
#else
#define TCPSEGP_VECTOR 0
#endif

/* The wider registers that only some x86-64 processors have, and an operating
 * system need not save; a freestanding program may be one. */
#if defined(__GNUC__) && defined(__x86_64__) && __STDC_HOSTED__ == 1
#define TCPSEGP_AVX2 1
#else
#define TCPSEGP_AVX2 0
#endif

/* Addition with carry. */
#if defined(__x86_64__) && defined(__has_builtin)
#if __has_builtin(__builtin_ia32_addcarryx_u64)
#define TCPSEGP_ADC 1
#endif
#endif
#ifndef TCPSEGP_ADC
#define TCPSEGP_ADC 0
#endif

#if defined(__GNUC__)
#define ALWAYS_INLINE inline __attribute__((always_inline))
#define NOINLINE      __attribute__((noinline))
#else
#define ALWAYS_INLINE inline
#define NOINLINE
#endif

/* The most bytes one call of a kernel takes: their sum fits 64 bits. */
#define TCPSEGP_SUM_MOST ((size_t)1 << 30)

/* Each kernel gives a number that is congruent to the sum of the bytes at `p`,
 * read as 16-bit numbers of the host's order, and 0 only if all are 0. The odd
 * last byte is the first of a pair whose second is 0. */
uint64_t tcpsegp_sum_scalar(const uint8_t *p, size_t n);

#if TCPSEGP_VECTOR
uint64_t tcpsegp_sum_vector(const uint8_t *p, size_t n); /* n >= 16 */
#endif

#if TCPSEGP_AVX2
bool tcpsegp_cpu_has_avx2(void);
uint64_t tcpsegp_sum_avx2(const uint8_t *p, size_t n); /* n >= 32 */
#endif

/* `tcpsegp_last + r` for 0 <= r <= 32: a mask of 32 bytes that keeps the last r,
 * the end of it (from + 32 - size) one of 16 or 8. Reading the last whole word
 * of a block again through such a mask sums what a loop has left over without a
 * read past the end, and without a branch for each size. */
extern const uint8_t tcpsegp_last[64];

static inline uint64_t load_host64(const uint8_t *p)
{
    uint64_t v;

    memcpy(&v, p, sizeof v);
    return v;
}

static inline uint32_t load_host32(const uint8_t *p)
{
    uint32_t v;

    memcpy(&v, p, sizeof v);
    return v;
}

/* Compilers know the answer. */
static inline bool host_is_big_endian(void)
{
    const uint16_t one = 1;
    uint8_t first;

    memcpy(&first, &one, 1);
    return first == 0;
}

/* Between the number two bytes make in network order and the one they make in
 * the host's: its own inverse. */
static inline uint16_t net16(unsigned v)
{
    if (host_is_big_endian())
        return (uint16_t)v;
    return (uint16_t)((v << 8 & 0xff00) | (v >> 8 & 0xff));
}

static inline uint32_t net32(uint32_t v)
{
    if (host_is_big_endian())
        return v;
    return v << 24 | (v << 8 & 0xff0000) | (v >> 8 & 0xff00) | v >> 24;
}

/* A sum of 64-bit numbers and the carries out of it. Two chains of additions,
 * where adding each carry back at once would make one of twice the length. */
typedef struct checksum_acc {
    uint64_t sum;
    uint64_t carries;
} checksum_acc;

static inline void acc_add(checksum_acc *acc, uint64_t v)
{
    acc->sum += v;
    acc->carries += acc->sum < v;
}

/* The carries are worth 1 each, and so is the one out of adding them. */
static inline uint64_t acc_total(const checksum_acc *acc)
{
    uint64_t total = acc->sum + acc->carries;

    return total + (total < acc->carries);
}

/* How vectors add without a carry: `all` sums 64-bit lanes and overflows, `high`
 * sums the upper halves of the same lanes and does not (TCPSEGP_SUM_MOST sees to
 * it). What is left of `all` is the sum of the lower halves, modulo 2^64 and so
 * exactly. Three instructions a vector, and no constants. */
static inline uint64_t lanes_total(uint64_t all, uint64_t high)
{
    return high + (all - (high << 32));
}

static inline void acc_add_odd(checksum_acc *acc, uint8_t last)
{
    acc_add(acc, net16((unsigned)last << 8));
}

/* The 1 to 7 bytes that 64-bit numbers leave over. `follows`: at least eight
 * bytes of the same block stand before them. */
static inline void acc_add_tail(checksum_acc *acc, const uint8_t *p, size_t n,
                                bool follows)
{
    uint16_t pair;

    if (follows) {
        acc_add(acc, load_host64(p + (n & 6) - 8) &
                         load_host64(tcpsegp_last + 24 + (n & 6)));
    } else {
        if (n & 4)
            acc_add(acc, load_host32(p));
        if (n & 2) {
            memcpy(&pair, p + (n & 4), sizeof pair);
            acc_add(acc, pair);
        }
    }
    if (n & 1)
        acc_add_odd(acc, p[n - 1]);
}

/* Each carry goes into the next addition, which C cannot say. */
static inline void acc_add32(checksum_acc *acc, const uint8_t *p)
{
#if TCPSEGP_ADC
    unsigned long long sum = acc->sum;
    unsigned char c;

    c = __builtin_ia32_addcarryx_u64(0, sum, load_host64(p), &sum);
    c = __builtin_ia32_addcarryx_u64(c, sum, load_host64(p + 8), &sum);
    c = __builtin_ia32_addcarryx_u64(c, sum, load_host64(p + 16), &sum);
    c = __builtin_ia32_addcarryx_u64(c, sum, load_host64(p + 24), &sum);
    acc->sum = sum;
    acc->carries += c;
#else
    acc_add(acc, load_host64(p));
    acc_add(acc, load_host64(p + 8));
    acc_add(acc, load_host64(p + 16));
    acc_add(acc, load_host64(p + 24));
#endif
}

/* Straight through for the fewer than 128 bytes of a header and little behind
 * it; the whole loop where there are no vectors. */
static ALWAYS_INLINE void acc_add_bytes(checksum_acc *acc, const uint8_t *p,
                                        size_t n)
{
    bool follows = n >= 8;

    for (; n >= 128; p += 128, n -= 128) {
        acc_add32(acc, p);
        acc_add32(acc, p + 32);
        acc_add32(acc, p + 64);
        acc_add32(acc, p + 96);
    }
    if (n & 64) {
        acc_add32(acc, p);
        acc_add32(acc, p + 32);
        p += 64;
    }
    if (n & 32) {
        acc_add32(acc, p);
        p += 32;
    }
    if ((n & 31) == 0)
        return;
    if (n & 16) {
        acc_add(acc, load_host64(p));
        acc_add(acc, load_host64(p + 8));
        p += 16;
    }
    if (n & 8) {
        acc_add(acc, load_host64(p));
        p += 8;
    }
    if (n & 7)
        acc_add_tail(acc, p, n & 7, follows);
}

#endif
