/* What has to hold of each record of an op-coded input. */
#ifndef FUZZ_CHECK_H
#define FUZZ_CHECK_H

#include <stdio.h>
#include <stdlib.h>

static unsigned record_number; /* for CHECK() */

#define CHECK(property)                                                        \
    do {                                                                       \
        if (!(property)) {                                                     \
            fprintf(stderr, "line %d, record %u: not so: %s\n", __LINE__,      \
                    record_number, #property);                                 \
            abort();                                                           \
        }                                                                      \
    } while (0)

#endif
