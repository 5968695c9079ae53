/* Play a connection from a script and compare what the tracker says.
 *
 *     [x] A > P. 1:11(10) ack 1 win 100 <...>  = queued provisional  # EVENT, EVENT
 *
 * A segment is written as script.h has it. Behind "=" stands the verdict if it is not
 * plainly "accepted": its checks, in their order, then "provisional", the advice
 * ("limit", "drop"; not compared if absent), "new N" and "at N". Behind "#" stands
 * every event, in order:
 *
 *     A ESTABLISHED, B LISTEN?      states; "?" where the tracker is not sure
 *     end reused
 *     revise [x] rejected CHECK..   the verdict of the line labelled [x] is settled
 *     finding A CHECK [silence|disputed]    only after the directive `findings`
 *
 * Directives, each on a line of its own, with events behind "#" where there may be
 * any: `profile A rfc9293`, `vantage inline`, `midstream off`, `timeouts NAME`,
 * `msl SECONDS`, `findings` (before the first segment); `wait 60`, `wait 5ms`,
 * `back 10`, `tick`; `icmp A SEQ type N code N [mtu N] = VERDICT`; `drop SEGMENT`;
 * `finish REASON`; `deadline SECONDS` since the last segment, or `deadline never`;
 * `summary [A] KEY VALUE` and `stats A KEY VALUE`, by the names of the members. */
#ifndef TESTS_SUPPORT_PLAY_H
#define TESTS_SUPPORT_PLAY_H

#include <tcpseg/tcpseg.h>

/* How to keep the connection between two lines. */
enum {
    PLAY_PLAIN,
    PLAY_COUNTED, /* with counters and the analysis */
    PLAY_MOVED,   /* elsewhere in memory each time */
    PLAY_SAVED,   /* saved and restored each time, with both */
    N_PLAY
};

struct play_as {
    uint32_t iss[2]; /* first sequence numbers of A and B */
    int swapped;     /* A is endpoint 1 */
    int vantage;
    int how; /* PLAY_ */
};

/* What the scripts played so far have met. */
struct play_met {
    uint64_t checks;      /* expected of some segment */
    uint16_t changes[16]; /* by old state, bits of the new ones */
};
extern struct play_met play_met;

/* NULL, or what went wrong and in which line; valid until the next call. */
const char *play(const char *script, const struct play_as *as);

/* Play at the start, the middle and the end of the number space, with A as
 * either endpoint, and in every way to keep it. NULL, or what went wrong. */
const char *play_everywhere(const char *script);

#endif
