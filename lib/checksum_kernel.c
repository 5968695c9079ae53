/* The loops every build has: a portable one, and one for the 16-byte vectors of
 * SSE2, NEON and s390x. That one is written with the compiler's own vectors: one
 * text for all of them, and no header that wants a C library's. */
#include "checksum_kernel.h"

/* clang-format off */
#define NONE8 0, 0, 0, 0, 0, 0, 0, 0
#define ALL8  0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff
/* clang-format on */
const uint8_t tcpsegp_last[64] = {NONE8, NONE8, NONE8, NONE8,
                                  ALL8,  ALL8,  ALL8,  ALL8};

uint64_t tcpsegp_sum_scalar(const uint8_t *p, size_t n)
{
    checksum_acc acc = {0, 0};

    acc_add_bytes(&acc, p, n);
    return acc_total(&acc);
}

#if TCPSEGP_VECTOR
typedef uint64_t vec16 __attribute__((vector_size(16)));

static inline vec16 load16(const uint8_t *p)
{
    vec16 v;

    memcpy(&v, p, sizeof v);
    return v;
}

uint64_t tcpsegp_sum_vector(const uint8_t *p, size_t n)
{
    vec16 all[2] = {{0}, {0}}, high[2] = {{0}, {0}}, v, w;
    checksum_acc acc = {0, 0};

    for (; n >= 64; p += 64, n -= 64) {
        v = load16(p);
        w = load16(p + 16);
        all[0] += v;
        high[0] += v >> 32;
        all[1] += w;
        high[1] += w >> 32;
        v = load16(p + 32);
        w = load16(p + 48);
        all[0] += v;
        high[0] += v >> 32;
        all[1] += w;
        high[1] += w >> 32;
    }
    for (; n >= 16; p += 16, n -= 16) {
        v = load16(p);
        all[0] += v;
        high[0] += v >> 32;
    }
    if (n > 0) {
        w = load16(p + (n & ~(size_t)1) - 16) &
            load16(tcpsegp_last + 16 + (n & ~(size_t)1));
        all[1] += w;
        high[1] += w >> 32;
        if (n & 1)
            acc_add_odd(&acc, p[n - 1]);
    }
    all[0] += all[1];
    high[0] += high[1];
    return acc.sum +
           lanes_total(all[0][0] + all[0][1], high[0][0] + high[0][1]);
}
#endif
