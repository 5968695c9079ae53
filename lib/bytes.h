/* Reading and writing numbers in network order, at any alignment, on any host. */
#ifndef TCPSEG_LIB_BYTES_H
#define TCPSEG_LIB_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The only four functions of a C library that this one calls. Declared here and
 * not taken from <string.h>, which a freestanding compiler need not have. */
void *memcpy(void *restrict to, const void *restrict from, size_t len);
void *memmove(void *to, const void *from, size_t len);
void *memset(void *to, int byte, size_t len);
int memcmp(const void *a, const void *b, size_t len);

static inline bool little_endian(void)
{
    const uint16_t one = 1;
    uint8_t first;

    memcpy(&first, &one, 1);
    return first; /* known when this is compiled */
}

static inline uint16_t swap16(uint16_t v)
{
    return (uint16_t)(v >> 8 | v << 8);
}

static inline uint32_t swap32(uint32_t v)
{
    return v >> 24 | (v >> 8 & 0xff00) | (v << 8 & 0xff0000) | v << 24;
}

static inline uint64_t swap64(uint64_t v)
{
    return (uint64_t)swap32((uint32_t)v) << 32 | swap32((uint32_t)(v >> 32));
}

/* One load and one swap, which compilers know as such. */
/*@ requires \valid_read(p + (0 .. 1));
    assigns \result \from p[0 .. 1];
    ensures \result == p[0] * 256 + p[1]; */
static inline uint16_t load_be16(const uint8_t *p)
{
    uint16_t v;

    memcpy(&v, p, sizeof v);
    return little_endian() ? swap16(v) : v;
}

static inline uint32_t load_be24(const uint8_t *p)
{
    return (uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | (uint32_t)p[2];
}

/*@ requires \valid_read(p + (0 .. 3));
    assigns \result \from p[0 .. 3]; */
static inline uint32_t load_be32(const uint8_t *p)
{
    uint32_t v;

    memcpy(&v, p, sizeof v);
    return little_endian() ? swap32(v) : v;
}

static inline uint64_t load_be64(const uint8_t *p)
{
    uint64_t v;

    memcpy(&v, p, sizeof v);
    return little_endian() ? swap64(v) : v;
}

/* Neighbouring numbers from network to host order, two at once: the pair is
 * swapped as one number, which on a little-endian host also swaps the two. */
static inline void copy_pair16(uint8_t *to, const uint8_t *from)
{
    uint32_t v = load_be32(from);

    if (little_endian())
        v = v << 16 | v >> 16;
    memcpy(to, &v, sizeof v);
}

static inline void copy_pair32(uint8_t *to, const uint8_t *from)
{
    uint64_t v = load_be64(from);

    if (little_endian())
        v = v << 32 | v >> 32;
    memcpy(to, &v, sizeof v);
}

static inline void store_be16(uint8_t *p, unsigned v)
{
    p[0] = (uint8_t)(v >> 8);
    p[1] = (uint8_t)v;
}

static inline void store_be32(uint8_t *p, uint32_t v)
{
    store_be16(p, v >> 16);
    store_be16(p + 2, v & 0xffff);
}

/* One bit of a 64-bit mask, by number. */
static inline uint64_t bit64(unsigned n)
{
    return UINT64_C(1) << n;
}

/* The rule of kind (b) structures: write what caller and library both know of
 * `from`, zero what only the caller knows, return what the library knows. */
static inline int copy_out(void *to, size_t to_size, const void *from,
                           size_t known)
{
    size_t n = to_size < known ? to_size : known;

    memcpy(to, from, n);
    if (to_size > known)
        memset((uint8_t *)to + known, 0, to_size - known);
    return (int)known;
}

#endif
