/* Segments made at random, with option areas that are nearly right: the
 * mistakes worth finding are one byte away from a legal option. The same seed
 * gives the same segments on every machine. */
#ifndef TCPSEG_TESTS_AREAS_H
#define TCPSEG_TESTS_AREAS_H

#include <stddef.h>
#include <stdint.h>

enum { AREAS_SEGMENT_MAX = 60 + 64 };

/* A segment on the wire: `length` bytes at most, the capture has `captured`. */
typedef struct areas_segment {
    uint8_t data[AREAS_SEGMENT_MAX];
    size_t captured;
    size_t length;
} areas_segment;

/* The next of a sequence of random numbers; any seed will do. */
uint64_t areas_random(uint64_t *state);

/* A number from 0 to `n` - 1. */
unsigned areas_below(uint64_t *state, unsigned n);

/* Fills an option area of 4 to 40 bytes; returns its size, a multiple of 4. */
unsigned areas_options(uint64_t *state, uint8_t area[40]);

/* Makes a segment, most often a whole one. */
void areas_make(uint64_t *state, areas_segment *out);

#endif
