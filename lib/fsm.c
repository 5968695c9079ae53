/* The state machine of one endpoint: two tables, no conditions. */
#include "conn_int.h"

/* RFC 9293 section 3.3.2, Figure 5, one endpoint at a time. "snd" is a segment
 * this endpoint sent, "rcv" one it has received, on the evidence event.c asks
 * for. Events are conditions on stored numbers, so no cell needs one. */
enum {
    ____ = 0xff,
    CLOS = TCPCONN_CLOSED,
    LSTN = TCPCONN_LISTEN,
    SYNS = TCPCONN_SYN_SENT,
    SYNR = TCPCONN_SYN_RECEIVED,
    ESTB = TCPCONN_ESTABLISHED,
    FW_1 = TCPCONN_FIN_WAIT_1,
    FW_2 = TCPCONN_FIN_WAIT_2,
    CLSW = TCPCONN_CLOSE_WAIT,
    CLSG = TCPCONN_CLOSING,
    LACK = TCPCONN_LAST_ACK,
    TIMW = TCPCONN_TIME_WAIT
};

/* clang-format off */
static const uint8_t next_state[N_STATES][N_EVENTS] = {
    /*                          snd    rcv    rcv      rcv      snd    rcv      rcv    2MSL
     *                          SYN    SYN    SYN,ACK  ACK/SYN  FIN    ACK/FIN  FIN    timeout */
    [TCPCONN_CLOSED]       = { SYNS,  ____,  ____,    ____,    ____,  ____,    ____,  ____ }, /* 1 */
    [TCPCONN_LISTEN]       = { SYNS,  SYNR,  ____,    ____,    ____,  ____,    ____,  ____ },
    [TCPCONN_SYN_SENT]     = { ____,  SYNR,  ESTB,    ____,    ____,  ____,    ____,  ____ }, /* 2 */
    [TCPCONN_SYN_RECEIVED] = { ____,  ____,  ____,    ESTB,    FW_1,  ____,    CLSW,  ____ }, /* 3 */
    [TCPCONN_ESTABLISHED]  = { ____,  ____,  ____,    ____,    FW_1,  ____,    CLSW,  ____ },
    [TCPCONN_FIN_WAIT_1]   = { ____,  ____,  ____,    ____,    ____,  FW_2,    CLSG,  ____ }, /* 4 */
    [TCPCONN_FIN_WAIT_2]   = { ____,  ____,  ____,    ____,    ____,  ____,    TIMW,  ____ },
    [TCPCONN_CLOSE_WAIT]   = { ____,  ____,  ____,    ____,    LACK,  ____,    ____,  ____ },
    [TCPCONN_CLOSING]      = { ____,  ____,  ____,    ____,    ____,  TIMW,    ____,  ____ },
    [TCPCONN_LAST_ACK]     = { ____,  ____,  ____,    ____,    ____,  CLOS,    ____,  ____ },
    [TCPCONN_TIME_WAIT]    = { ____,  ____,  ____,    ____,    ____,  ____,    ____,  CLOS },
};
/* 1  The passive OPEN is not on the wire: a peer's SYN puts a CLOSED endpoint in
 *    LISTEN (second table).
 * 2  A SYN,ACK is one event here, shown by this endpoint's own ACK: SYN-SENT to
 *    ESTABLISHED, one arrow in Figure 5. A bare crossing SYN, shown by this
 *    endpoint's own SYN,ACK, is the other arrow.
 * 3  FIN in SYN-RECEIVED: not drawn, but 3.10.7.4, eighth step.
 * 4  FIN that also acknowledges ours: rcv ACK/FIN then rcv FIN, so FIN-WAIT-1 ends
 *    in TIME-WAIT: Figure 5's Note 2. */

/* DEVIATION: what Figure 5 does not have, because its endpoints know what they
 * did before the first segment and what happens to those they send. An observer
 * has to infer the one and be told the other by an RST. */
#define FROM(state) (1u << (state))
#define FROM_ANY ((1u << N_STATES) - 1u)
static const struct {
    uint16_t from;
    uint8_t to;
} outside[N_OUTSIDE] = {
    [OUTSIDE_PEER_SYN]       = { FROM(TCPCONN_CLOSED),   LSTN },
    [OUTSIDE_PICK_UP]        = { FROM(TCPCONN_CLOSED),   ESTB },
    [OUTSIDE_PICK_UP_OPENER] = { FROM(TCPCONN_CLOSED),   SYNS },
    [OUTSIDE_PICK_UP_ANSWER] = { FROM(TCPCONN_CLOSED),   SYNR },
    [OUTSIDE_ONE_SIDED]      = { FROM(TCPCONN_SYN_SENT), ESTB },
    [OUTSIDE_SILENT]         = { FROM(TCPCONN_LISTEN),   SYNR },
    [OUTSIDE_RST]            = { FROM_ANY & ~FROM(TCPCONN_CLOSED), CLOS },
    [OUTSIDE_TIME]           = { FROM_ANY & ~FROM(TCPCONN_CLOSED), CLOS },
    [OUTSIDE_ICMP]           = { FROM(TCPCONN_SYN_SENT) | FROM(TCPCONN_LISTEN), CLOS },
};
/* clang-format on */

/* A transition that is found leads forward, or to CLOSED. What begins with an
 * at-sign is for Frama-C: tests/proof/run. */
/*@ requires \valid_read(ep) && \valid(next) && \separated(ep, next);
    requires ep->state < N_STATES && event < N_EVENTS;
    assigns *next;
    ensures \result ==> *next < N_STATES;
    ensures \result ==> ep->state < *next || *next == TCPCONN_CLOSED; */
bool tcpsegp_fsm_event(const struct endpoint *ep, unsigned event, uint8_t *next)
{
    *next = next_state[ep->state][event];
    return *next != ____;
}

/*@ requires \valid_read(ep) && \valid(next) && \separated(ep, next);
    requires ep->state < N_STATES && cause < N_OUTSIDE;
    assigns *next;
    ensures *next < N_STATES; */
bool tcpsegp_fsm_outside(const struct endpoint *ep, unsigned cause,
                         uint8_t *next)
{
    *next = outside[cause].to;
    return outside[cause].from >> ep->state & 1;
}

/*@ assigns \result \from state;
    ensures state < 0 || state >= N_STATES ==> \result == \null; */
const char *tcpconn_state_name(int state)
{
    static const char *const names[N_STATES] = {
        [TCPCONN_CLOSED] = "CLOSED",
        [TCPCONN_LISTEN] = "LISTEN",
        [TCPCONN_SYN_SENT] = "SYN-SENT",
        [TCPCONN_SYN_RECEIVED] = "SYN-RECEIVED",
        [TCPCONN_ESTABLISHED] = "ESTABLISHED",
        [TCPCONN_FIN_WAIT_1] = "FIN-WAIT-1",
        [TCPCONN_FIN_WAIT_2] = "FIN-WAIT-2",
        [TCPCONN_CLOSE_WAIT] = "CLOSE-WAIT",
        [TCPCONN_CLOSING] = "CLOSING",
        [TCPCONN_LAST_ACK] = "LAST-ACK",
        [TCPCONN_TIME_WAIT] = "TIME-WAIT",
    };

    return state >= 0 && state < N_STATES ? names[state] : NULL;
}
