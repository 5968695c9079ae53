/* Play a connection from a script and compare what the tracker says.
 *
 *     A > S   0:0(0)            # A SYN-SENT, B LISTEN?
 *     B > S.  0:0(0) ack 1      # B SYN-RECEIVED
 *     A > .   1:1(0) ack 1      # A ESTABLISHED, B ESTABLISHED?
 *     A > R   9:9(0)            = rejected rst-inexact
 *     wait 60                   # A CLOSED?
 *
 * A segment's flags are letters (S F R P U E W and . for ACK), its numbers are
 * relative to their sender's first one. Behind "=" stands the verdict, if it is
 * not "accepted", and its checks; behind "#" every change of state, in order,
 * with a "?" where the tracker is not sure. "wait" lets seconds pass. */
#ifndef TESTS_SUPPORT_PLAY_H
#define TESTS_SUPPORT_PLAY_H

#include <tcpseg/conn.h>

struct play_as {
    uint32_t iss[2]; /* first sequence numbers of A and B */
    int swapped;     /* A is endpoint 1 */
    int vantage;
};

/* NULL, or what went wrong and in which line; valid until the next call. */
const char *play(const char *script, const struct play_as *as);

/* Play at the start, the middle and the end of the number space, with A as
 * either endpoint. NULL, or what went wrong. */
const char *play_everywhere(const char *script);

#endif
