/* Sequence numbers: arithmetic on a circle of 2^32. RFC 9293 section 3.4. */
#ifndef TCPSEG_LIB_SEQ_H
#define TCPSEG_LIB_SEQ_H

#include <stdbool.h>
#include <stdint.h>

/* What begins with an at-sign is for Frama-C: tests/proof/run. How far one has to
 * walk up from a to b; that C wraps (C11 6.2.5) is something WP has to be told. */
/*@ logic integer seq_ahead(integer a, integer b) =
        a <= b ? b - a : b - a + 0x100000000;
    axiomatic unsigned_wraps {
        axiom below_zero: \forall integer x; -0x100000000 <= x < 0 ==>
            (uint32_t)x == x + 0x100000000;
    } */

/* a < b. False both ways when they are exactly 2^31 apart, so that no two
 * numbers are each before the other. */
/*@ assigns \nothing;
    ensures \result <==> 0 < seq_ahead(a, b) < 0x80000000; */
static inline bool seq_lt(uint32_t a, uint32_t b)
{
    return b - a - 1u < 0x7fffffffu;
}

/*@ assigns \nothing;
    ensures \result <==> seq_ahead(a, b) < 0x80000000; */
static inline bool seq_le(uint32_t a, uint32_t b)
{
    return a == b || seq_lt(a, b);
}

/* lo <= x <= hi, walking up from lo. */
/*@ assigns \nothing;
    ensures \result <==> seq_ahead(lo, x) <= seq_ahead(lo, hi); */
static inline bool seq_between(uint32_t lo, uint32_t x, uint32_t hi)
{
    return x - lo <= hi - lo;
}

/*@ assigns \nothing;
    ensures \result == a || \result == b;
    ensures seq_ahead(a, b) != 0x80000000 ==>
        seq_ahead(a, \result) < 0x80000000 &&
        seq_ahead(b, \result) < 0x80000000; */
static inline uint32_t seq_max(uint32_t a, uint32_t b)
{
    return seq_lt(a, b) ? b : a;
}

#endif
