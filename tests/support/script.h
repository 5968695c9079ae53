/* One line of a script, as packetdrill would write it:
 *
 *     A > F.  1:1(0) ack 1 win 100 urg 5 <nop,nop,TS val 7 ecr 8> id 7 ttl 64 sum bad
 *
 * Flags are letters (F S R P . for ACK, U E W A); numbers are relative to their
 * sender's first one. The segment is built as bytes and parsed, so that it is what
 * the wire would give. */
#ifndef TESTS_SUPPORT_SCRIPT_H
#define TESTS_SUPPORT_SCRIPT_H

#include <tcpseg/segment.h>

struct script_segment {
    tcpseg seg;
    int sender;         /* 0: A, 1: B */
    uint8_t header[60]; /* as bytes, without ports and checksum */
    unsigned header_len;
};

/* NULL, or what is wrong with the text. iss: the first numbers of A and B. */
const char *script_segment(const char *text, const uint32_t iss[2],
                           struct script_segment *out);

/* The next word, cut off at blanks; NULL at the end. */
char *script_word(char **text);

#endif
