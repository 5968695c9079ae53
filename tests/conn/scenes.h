/* A connection test is a script and a name: SCENE(suite, name, lines...). */
#ifndef TESTS_CONN_SCENES_H
#define TESTS_CONN_SCENES_H

#include <criterion/criterion.h>

#include "play.h"

#define SCENE(suite, name, script)                                             \
    Test(suite, name)                                                          \
    {                                                                          \
        const char *error = play_everywhere(script);                           \
        cr_assert(!error, "%s", error);                                        \
    }

/* The usual beginnings, to be continued. */
#define OPEN                                                                   \
    "A > S   0:0(0)           # A SYN-SENT, B LISTEN?\n"                       \
    "B > S.  0:0(0) ack 1     # B SYN-RECEIVED\n"                              \
    "A > .   1:1(0) ack 1     # A ESTABLISHED, B ESTABLISHED?\n"
#define A_CLOSES OPEN "A > F.  1:1(0) ack 1     # A FIN-WAIT-1\n"
#define A_HALF_CLOSED                                                          \
    A_CLOSES "B > .   1:1(0) ack 2     # B CLOSE-WAIT, A FIN-WAIT-2?\n"
#define BOTH_CLOSED                                                            \
    A_HALF_CLOSED "B > F.  1:1(0) ack 2     # B LAST-ACK\n"                    \
                  "A > .   2:2(0) ack 2     # A TIME-WAIT, B CLOSED?\n"

#endif
