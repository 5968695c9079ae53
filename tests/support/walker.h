/* A second reading of the TCP header, to hold the library against.
 *
 * Slow and plain on purpose: it goes byte by byte, knows the registry as a list
 * of sentences in code and shares neither table nor line with lib/. Where it
 * and the library differ, one of them is wrong. */
#ifndef TCPSEG_TESTS_WALKER_H
#define TCPSEG_TESTS_WALKER_H

#include <stddef.h>
#include <stdint.h>

#include "tcpseg/tcpseg.h"

/* An option area has 40 bytes and every entry takes at least one of them. */
enum { WALKER_OPTIONS = 40 };

typedef struct walker_answer {
    int error;  /* what tcpseg_parse() should return */
    tcpseg seg; /* what it should fill in */
    tcpseg_option option[WALKER_OPTIONS]; /* what the cursor should visit */
    unsigned count;
} walker_answer;

/* Reads at most `captured` bytes at `data`. */
void walker_read(walker_answer *out, const uint8_t *data, size_t captured,
                 size_t length);

#endif
