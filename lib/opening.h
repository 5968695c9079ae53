/* The usual SYN, in a small form: what the tracker makes a connection of, and what a
 * table keeps of one until somebody answers. */
#ifndef TCPSEG_LIB_OPENING_H
#define TCPSEG_LIB_OPENING_H

#include <tcpseg/conn.h>

#include <stdbool.h>

/* A SYN without data, with no options but the usual four. */
struct opening {
    uint32_t iss;
    uint32_t tsval;
    uint16_t wnd, mss;
    uint16_t digest; /* to know a copy */
    uint8_t ttl;
    uint8_t shift; /* the window scale */
    uint8_t offer; /* TCPCONN_OFFER_, of which the first eight are enough */
    uint8_t ecn;   /* the flags, as bits of details.flags */
    uint8_t bits;  /* the table's */
    uint8_t reserved;
};

/* False if there is more about the SYN than has a place. */
bool tcpsegp_opening_read(const tcpseg *seg, struct opening *out);
/* It begins the connection, which has not begun: endpoint `dir` has sent it. */
void tcpsegp_opening_apply(const struct opening *opening, tcpconn *conn,
                           int dir, uint64_t now);
/* What is reported of its SYN where nobody but endpoint 0 was there before. */
void tcpsegp_opening_report(const struct opening *opening,
                            tcpconn_report *report);
/* The same in memory that tcpconn_init() has set up, with its counters. */
void tcpsegp_opening_unpack(const struct opening *opening, tcpconn *conn,
                            tcpconn_env *env, uint64_t now);

#endif
