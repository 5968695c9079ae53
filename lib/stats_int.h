/* The counters of a connection from the inside, and what is derived from its
 * numbers in more than one place. */
#ifndef TCPSEG_LIB_STATS_INT_H
#define TCPSEG_LIB_STATS_INT_H

#include <tcpseg/summary.h>

#include "conn_int.h"
#include "seq.h"

/* dir_stats.flags */
enum {
    ST_TIMED = 1,   /* a round trip is under way */
    ST_STAMPED = 2, /* timed_tsval is the TSval of the segment timed */
    ST_AGAIN = 4,   /* it was sent again: only its echo can tell */
    ST_SYN = 8,     /* it is a SYN */
    ST_WINDOW = 16, /* wnd means something */
    ST_SHUT = 32,   /* the window offered last is closed */
    ST_TIMING = ST_TIMED | ST_STAMPED | ST_AGAIN | ST_SYN,
    ST_ALL = ST_TIMING | ST_WINDOW | ST_SHUT
};

enum { N_HOLES = 8, N_OPEN = 4 };

/* Numbers passed over, [from, to): not seen so far although later ones were. */
struct hole {
    uint32_t from, to;
};

/* A provisional verdict, and what it was given on. */
struct open_verdict {
    uint32_t id, segments, bytes;
};

/* What is counted of the segments of one direction. What an in-order segment
 * touches comes first. */
struct dir_stats {
    uint64_t timed_at;  /* when the segment timed was seen */
    uint32_t timed_end; /* the ACK that ends its round trip */
    uint32_t timed_tsval;
    uint16_t wnd;  /* SEG.WND of its sender's latest ACK */
    uint8_t flags; /* ST_ */
    uint8_t n_holes;
    uint32_t reserved; /* 0 */
    tcpconn_stats sum; /* but for in_flight, which follows from the numbers */
    struct hole holes[N_HOLES];
    struct open_verdict open[N_OPEN]; /* id 0: free */
};

struct conn_stats {
    struct dir_stats dir[2];
};

/* NULL: the connection has none. */
static inline struct conn_stats *tcpsegp_stats(tcpconn *conn)
{
    return conn->flags & CONN_STATS ? (struct conn_stats *)(conn + 1) : NULL;
}

static inline const struct conn_stats *tcpsegp_const_stats(const tcpconn *conn)
{
    return conn->flags & CONN_STATS ? (const struct conn_stats *)(conn + 1)
                                    : NULL;
}

/* tcpsegp_stats_count() for a segment of the straight path, which has moved the
 * numbers already. */
void tcpsegp_stats_straight(tcpconn *conn, int dir, const tcpseg *seg,
                            uint64_t now);

/* SND.UNA: the oldest number of an endpoint that its peer has not acknowledged. Its
 * numbers are known. */
static inline uint32_t tcpsegp_snd_una(const tcpconn *conn, int dir)
{
    const struct endpoint *p = &conn->ep[!dir];

    if (p->flags & EP_ACKED)
        return p->rcv_ack;
    return conn->more[dir].iss + !!(conn->flags & CONN_PICKED);
}

#endif
