/* Sequence numbers: arithmetic on a circle of 2^32. RFC 9293 section 3.4. */
#ifndef TCPSEG_LIB_SEQ_H
#define TCPSEG_LIB_SEQ_H

#include <stdbool.h>
#include <stdint.h>

/* a < b. False both ways when they are exactly 2^31 apart, so that no two
 * numbers are each before the other. */
static inline bool seq_lt(uint32_t a, uint32_t b)
{
    return b - a - 1u < 0x7fffffffu;
}

static inline bool seq_le(uint32_t a, uint32_t b)
{
    return a == b || seq_lt(a, b);
}

/* lo <= x <= hi, walking up from lo. */
static inline bool seq_between(uint32_t lo, uint32_t x, uint32_t hi)
{
    return x - lo <= hi - lo;
}

static inline uint32_t seq_max(uint32_t a, uint32_t b)
{
    return seq_lt(a, b) ? b : a;
}

#endif
