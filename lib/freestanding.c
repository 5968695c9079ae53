/* The four functions that this library takes from a C library, for targets that
 * have none: wasm32, kernels, bare metal. Compiled with -ffreestanding; empty
 * otherwise, so that all C files of this directory are always the right list.
 * Leave it out where the target brings its own. */
#include "bytes.h"

#if !defined(__STDC_HOSTED__) || __STDC_HOSTED__ == 0

/* Or gcc finds that the loop of memcpy is a memcpy, and calls it. Clang does not
 * look under -ffreestanding. */
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("no-tree-loop-distribute-patterns")
#endif

void *memcpy(void *restrict to, const void *restrict from, size_t len)
{
    uint8_t *t = to;
    const uint8_t *f = from;

    for (size_t i = 0; i < len; i++)
        t[i] = f[i];
    return to;
}

void *memmove(void *to, const void *from, size_t len)
{
    uint8_t *t = to;
    const uint8_t *f = from;

    /* Up when the target starts before the source, or apart from it: as numbers,
     * since pointers into two objects may not be compared. */
    if ((uintptr_t)t - (uintptr_t)f >= len) {
        for (size_t i = 0; i < len; i++)
            t[i] = f[i];
    } else {
        for (size_t i = len; i > 0; i--)
            t[i - 1] = f[i - 1];
    }
    return to;
}

void *memset(void *to, int byte, size_t len)
{
    uint8_t *t = to;

    for (size_t i = 0; i < len; i++)
        t[i] = (uint8_t)byte;
    return to;
}

int memcmp(const void *a, const void *b, size_t len)
{
    const uint8_t *x = a, *y = b;

    for (size_t i = 0; i < len; i++) {
        if (x[i] != y[i])
            return x[i] < y[i] ? -1 : 1;
    }
    return 0;
}

#endif
