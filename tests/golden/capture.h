/* A reader of classic pcap files, in either byte order, so that the golden run
 * needs no library but the one under test. */
#ifndef TCPSEG_TESTS_CAPTURE_H
#define TCPSEG_TESTS_CAPTURE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum { CAPTURE_MAX = 262144 };

struct capture {
    FILE *file;
    bool swapped;  /* written by a machine of the other byte order */
    uint32_t unit; /* nanoseconds in a unit of the second time field */
    uint32_t linktype;
    uint64_t now; /* of the last packet, nanoseconds */
    uint32_t captured, length;
    uint8_t data[CAPTURE_MAX];
};

/* False, with a reason on stderr, if it cannot be read as classic pcap. */
bool capture_open(struct capture *c, const char *path);
/* False at the end, or where a record is cut. */
bool capture_next(struct capture *c);
void capture_close(struct capture *c);

#endif
