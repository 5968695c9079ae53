/* The loop for registers of 32 bytes, and whether this machine has them. */
#include "checksum_kernel.h"

#if TCPSEGP_AVX2
#include <immintrin.h>

#define AVX2 __attribute__((target("avx2")))

typedef struct lanes {
    __m256i all;
    __m256i high;
} lanes;

AVX2 static inline __m256i load32(const uint8_t *p)
{
    __m256i v = _mm256_loadu_si256((const void *)p);

    /* Nothing but this load shall read `p`: gcc would make a second one of it
     * to save a register, and loads are what the loop waits for. */
    __asm__("" : "+x"(v));
    return v;
}

AVX2 static inline void lanes_add(lanes *sum, __m256i v)
{
    sum->all = _mm256_add_epi64(sum->all, v);
    sum->high = _mm256_add_epi64(sum->high, _mm256_srli_epi64(v, 32));
}

AVX2 static inline uint64_t lanes_fold(const lanes *a, const lanes *b)
{
    __m256i all = _mm256_add_epi64(a->all, b->all);
    __m256i high = _mm256_add_epi64(a->high, b->high);
    __m256i both = _mm256_add_epi64(_mm256_unpacklo_epi64(all, high),
                                    _mm256_unpackhi_epi64(all, high));
    __m128i sums = _mm_add_epi64(_mm256_castsi256_si128(both),
                                 _mm256_extracti128_si256(both, 1));

    return lanes_total((uint64_t)_mm_cvtsi128_si64(sums),
                       (uint64_t)_mm_extract_epi64(sums, 1));
}

AVX2 uint64_t tcpsegp_sum_avx2(const uint8_t *p, size_t n)
{
    enum { ALIGN_FROM = 512 }; /* below, it costs what it saves */
    lanes a = {_mm256_setzero_si256(), _mm256_setzero_si256()}, b = a;
    size_t head = (size_t)(0 - (uintptr_t)p) & 31, even;

    /* From an odd address no aligned vector starts at an even byte. */
    if (n >= ALIGN_FROM && (head & 1) == 0) {
        lanes_add(&a, _mm256_andnot_si256(load32(tcpsegp_last + 32 - head),
                                          load32(p)));
        p += head;
        n -= head;
    }
    for (; n >= 128; p += 128, n -= 128) {
        lanes_add(&a, load32(p));
        lanes_add(&b, load32(p + 32));
        lanes_add(&a, load32(p + 64));
        lanes_add(&b, load32(p + 96));
    }
    for (; n >= 32; p += 32, n -= 32)
        lanes_add(&a, load32(p));
    even = n & ~(size_t)1;
    if (even > 0)
        lanes_add(&b, _mm256_and_si256(load32(tcpsegp_last + even),
                                       load32(p + even - 32)));
    return lanes_fold(&a, &b) + (n & 1 ? p[even] : 0);
}

static inline void cpuid(uint32_t leaf, uint32_t reg[4])
{
    __asm__ volatile("cpuid"
                     : "=a"(reg[0]), "=b"(reg[1]), "=c"(reg[2]), "=d"(reg[3])
                     : "a"(leaf), "c"(0));
}

/* Intel SDM volume 1, 14.3 and 14.7.1: the processor has AVX2, and the operating
 * system saves the wide registers (OSXSAVE, then bits 1 and 2 of XCR0). */
bool tcpsegp_cpu_has_avx2(void)
{
    const uint32_t osxsave = UINT32_C(1) << 27, avx = UINT32_C(1) << 28,
                   avx2 = UINT32_C(1) << 5;
    uint32_t reg[4], xcr0, xcr0_high;

    cpuid(0, reg);
    if (reg[0] < 7)
        return false;
    cpuid(1, reg);
    if ((reg[2] & osxsave) == 0 || (reg[2] & avx) == 0)
        return false;
    __asm__ volatile("xgetbv" : "=a"(xcr0), "=d"(xcr0_high) : "c"(0));
    if ((xcr0 & 6) != 6)
        return false;
    cpuid(7, reg);
    return (reg[1] & avx2) != 0;
}
#else
/* No file may be empty. */
typedef int tcpsegp_no_avx2;
#endif
