/* What the compiler should put together and what apart, where it decides worse:
 * straight paths are one piece and need no saved registers if the rest is kept out
 * of them; what is called from many places and seldom need not be copied to each. */
#ifndef TCPSEG_LIB_INLINE_H
#define TCPSEG_LIB_INLINE_H

#if defined(__GNUC__)
#define INLINE      inline __attribute__((always_inline))
#define NOINLINE    __attribute__((noinline))
#define PREFETCH(p) __builtin_prefetch(p)
#else
#define INLINE inline
#define NOINLINE
#define PREFETCH(p) ((void)(p))
#endif

/* The number of the lowest bit that is set; one is. */
static inline unsigned lowest_bit(unsigned bits)
{
#if defined(__GNUC__)
    return (unsigned)__builtin_ctz(bits);
#else
    unsigned n = 0;

    while (!(bits >> n & 1))
        n++;
    return n;
#endif
}

#endif
