/* A connection from the inside. */
#ifndef TCPSEG_LIB_CONN_INT_H
#define TCPSEG_LIB_CONN_INT_H

#include <tcpseg/conn.h>

#include <stdbool.h>

/* The C library functions of bytes.h are declared there; the tracker reads no
 * bytes, so it does not include it. */
void *memcpy(void *restrict to, const void *restrict from, size_t len);
void *memset(void *to, int byte, size_t len);

enum {
    CONN_MAGIC = 0x6e6f6354, /* "Tcon" as it lies in memory on most hosts */
    ENV_MAGIC = 0x766e6554,
    LAYOUT = 1, /* moves when struct tcpconn does */
    N_STATES = TCPCONN_TIME_WAIT + 1
};

/* The events that drive an endpoint: RFC 9293 section 3.3.2, Figure 5. */
enum {
    SND_SYN,
    RCV_SYN,
    RCV_SYN_ACK,
    RCV_ACK_OF_SYN,
    SND_FIN,
    RCV_ACK_OF_FIN,
    RCV_FIN,
    TIMEOUT_2MSL,
    N_EVENTS
};

/* What is stored of an endpoint besides numbers: endpoint.flags. */
enum {
    EP_NUMBERS = 0x01,   /* iss and snd_nxt mean something */
    EP_HEARD = 0x02,     /* it was seen sending */
    EP_SYN = 0x04,       /* its SYN was seen, or is implied by what it sent */
    EP_SYN_ACK = 0x08,   /* that SYN came with an ACK */
    EP_ACKED = 0x10,     /* rcv_ack means something */
    EP_FIN = 0x20,       /* it has sent a FIN, numbered fin_seq */
    EP_FIN_AHEAD = 0x40, /* a FIN out of order, numbered fin_seq: a candidate */
    EP_CROSSED = 0x80,   /* its FIN was acknowledged after the peer's FIN was on
                            the wire, which it had not acknowledged then */
    EP_FIN_AGAIN = 0x100, /* and the peer's FIN was sent again since */
    EP_WSCALE = 0x200,    /* its SYN had a window scale */
    EP_SURE = 0x400       /* the traffic proves its state */
};

/* One endpoint, as the wire shows it. An observer's numbers lag or lead those
 * inside the host: snd_nxt is what it was *seen* to send, rcv_nxt what it can
 * have received in order, rcv_ack what it has said it received. SND.UNA is the
 * peer's rcv_ack. */
struct endpoint {
    uint32_t iss;     /* ISS; of a connection picked up, the first number - 1 */
    uint32_t snd_nxt; /* the number after the last one sent */
    uint32_t rcv_nxt; /* the number after the last one it can have in order */
    uint32_t rcv_ack; /* the highest ACK it has sent */
    uint32_t fin_seq; /* its FIN's number */
    uint16_t flags;   /* EP_ */
    uint8_t state;    /* TCPCONN_ */
    uint8_t fired;    /* events that have moved it, one bit each */
    uint8_t wscale;   /* its window scale shift, at most 14 */
    uint8_t reserved[7];
    uint64_t time_wait; /* when TIME-WAIT began or began anew */
};

/* conn.flags */
enum {
    CONN_BEGUN = 1,  /* a segment was taken */
    CONN_PICKED = 2, /* its beginning was not seen */
    CONN_RESET = 4,  /* an RST ended it */
    CONN_ENDED = 8,  /* tcpconn_end() was called */
    CONN_BUSY = 16   /* its callbacks are running */
};

struct tcpconn {
    uint32_t magic;
    uint16_t layout;
    uint16_t flags;
    uint64_t tag;
    struct endpoint ep[2];
};

struct tcpconn_env {
    uint32_t magic;
    uint32_t layout;
    const tcpconn *busy; /* whose callbacks are running */
    tcpconn_config cfg;
};

/* A change of state, kept until the callbacks run. */
struct change {
    uint8_t endpoint, old_state, new_state, sure;
};

enum { MAX_CHANGES = 16 };

/* One call of tcpconn_feed() or tcpconn_tick(): what is known and what came of
 * it. */
struct step {
    tcpconn *conn;
    tcpconn_env *env;
    const tcpseg *seg; /* NULL in a tick */
    uint64_t now;
    uint64_t checks;
    int dir;
    int verdict;
    uint8_t advice;
    uint8_t n_changes, n_expired; /* of them, the first by time alone */
    struct change changes[MAX_CHANGES];
};

/* fsm.c: the two tables. */
bool tcpsegp_fsm_event(const struct endpoint *ep, unsigned event,
                       uint8_t *next);
enum {
    OUTSIDE_PEER_SYN,       /* the peer's first SYN */
    OUTSIDE_PICK_UP,        /* the first segment seen is not a SYN */
    OUTSIDE_PICK_UP_OPENER, /* the first segment seen is the peer's SYN,ACK */
    OUTSIDE_PICK_UP_ANSWER, /* it is this endpoint's */
    OUTSIDE_ONE_SIDED,      /* it goes on though its peer was never heard */
    OUTSIDE_SILENT,         /* the peer goes on as if it had answered */
    OUTSIDE_RST,            /* a valid RST, sent or received */
    N_OUTSIDE
};
bool tcpsegp_fsm_outside(const struct endpoint *ep, unsigned cause,
                         uint8_t *next);

/* event.c: take over the segment's numbers, then let the events move both
 * endpoints. */
void tcpsegp_learn(struct step *s);
void tcpsegp_run_events(struct step *s);
void tcpsegp_expire(struct step *s);

/* verdict.c: what the receiver does with the segment. Changes only the step. */
void tcpsegp_judge(struct step *s);
uint8_t tcpsegp_severity(uint64_t checks, uint8_t *top);

/* conn_notify.c */
void tcpsegp_change(struct step *s, int endpoint, uint8_t state, bool sure);
void tcpsegp_notify(struct step *s);

static inline bool conn_valid(const tcpconn *conn)
{
    return conn->magic == CONN_MAGIC && conn->layout == LAYOUT;
}

static inline bool env_valid(const tcpconn_env *env)
{
    return env->magic == ENV_MAGIC && env->layout == LAYOUT;
}

/* The connection was, and is over. */
static inline bool conn_over(const tcpconn *conn)
{
    return conn->flags & CONN_BEGUN && conn->ep[0].state == TCPCONN_CLOSED &&
           conn->ep[1].state == TCPCONN_CLOSED;
}

#endif
