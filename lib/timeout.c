/* Time: what happens because nothing did. */
#include "conn_int.h"
#include "inline.h"

#define SECONDS(n) (UINT64_C(1000000000) * (n))

/* RESET is how long stragglers belong to a connection that is over.
 * Sources. Default: RFC 9293 section 3.8.3 (SYN: R2 of at least 3 minutes), 4.4BSD's
 * 75 s for an unanswered SYN,ACK, RFC 5382 REQ-5 (open: above 2 h 4 min; closing: 4
 * minutes), pf's 15 minutes for half-closed, netfilter's 5 minutes for what was
 * picked up. Netfilter: nf_conntrack_proto_tcp.c; its FIN_WAIT counts as half-closed,
 * LAST_ACK as closing. Pf: tcp.first, opening, established, closing, finwait, closed.
 * Suricata: flow-timeouts tcp, where a session is "established" until LAST-ACK. */
static const uint64_t sets[][TCPCONN_N_TIMEOUTS] = {
    /* SYN-SENT, SYN-RECEIVED, ESTABLISHED, half-closed, closing, reset, assumed */
    [TCPCONN_TIMEOUTS_DEFAULT] = {SECONDS(180), SECONDS(75), SECONDS(432000),
                                  SECONDS(900), SECONDS(240), SECONDS(240),
                                  SECONDS(300)},
    [TCPCONN_TIMEOUTS_NETFILTER] = {SECONDS(120), SECONDS(60), SECONDS(432000),
                                    SECONDS(120), SECONDS(30), SECONDS(10),
                                    SECONDS(300)},
    [TCPCONN_TIMEOUTS_PF] = {SECONDS(120), SECONDS(30), SECONDS(86400),
                             SECONDS(900), SECONDS(45), SECONDS(90),
                             SECONDS(30)},
    [TCPCONN_TIMEOUTS_SURICATA] = {SECONDS(60), SECONDS(60), SECONDS(600),
                                   SECONDS(600), SECONDS(60), SECONDS(60),
                                   SECONDS(600)},
};

int tcpsegp_timeouts(uint64_t timeout[TCPCONN_N_TIMEOUTS], int set)
{
    if (set < 0 || set >= (int)(sizeof sets / sizeof *sets))
        return TCPSEG_ERR_ARG;
    memcpy(timeout, sets[set], sizeof sets[set]);
    return TCPSEG_OK;
}

uint64_t tcpsegp_soonest(const uint64_t timeout[TCPCONN_N_TIMEOUTS])
{
    uint64_t soonest = UINT64_MAX;

    for (int i = 0; i < TCPCONN_N_TIMEOUTS; i++)
        if (timeout[i] < soonest)
            soonest = timeout[i];
    return soonest;
}

/* TCPCONN_TIMEOUT_ of the connection as it is. */
unsigned tcpsegp_situation(const tcpconn *conn)
{
    const struct endpoint *a = &conn->ep[0], *b = &conn->ep[1];
    int fins = !!(a->flags & EP_FIN) + !!(b->flags & EP_FIN);

    if (conn_over(conn))
        return TCPCONN_TIMEOUT_RESET;
    if (fins)
        return fins == 1 ? TCPCONN_TIMEOUT_HALF_CLOSED
                         : TCPCONN_TIMEOUT_CLOSING;
    if (!(a->flags & b->flags & EP_HEARD) &&
        (conn->flags & CONN_PICKED || a->state >= TCPCONN_ESTABLISHED ||
         b->state >= TCPCONN_ESTABLISHED))
        return TCPCONN_TIMEOUT_ASSUMED;
    if (a->state == TCPCONN_ESTABLISHED && b->state == TCPCONN_ESTABLISHED)
        return TCPCONN_TIMEOUT_ESTABLISHED;
    if (a->state == TCPCONN_SYN_RECEIVED || b->state == TCPCONN_SYN_RECEIVED)
        return TCPCONN_TIMEOUT_SYN_RECEIVED;
    return TCPCONN_TIMEOUT_SYN_SENT;
}

static uint64_t two_msl(const tcpconn_env *env)
{
    return env->cfg.msl > UINT64_MAX / 2 ? UINT64_MAX : 2 * env->cfg.msl;
}

/* When `wait` will have passed since `start`; UINT64_MAX: never. */
static uint64_t due(uint64_t start, uint64_t wait)
{
    return wait < UINT64_MAX - start ? start + wait : UINT64_MAX;
}

static bool waits(const tcpconn *conn)
{
    return conn->flags & CONN_BEGUN && !(conn->flags & CONN_TIMED_OUT);
}

static void expire_time_wait(struct step *s)
{
    for (int i = 0; i < 2; i++) {
        const struct endpoint *e = &s->conn->ep[i];
        uint8_t next;

        if (e->state == TCPCONN_TIME_WAIT &&
            s->now >= due(s->conn->more[i].time_wait, two_msl(s->env)) &&
            tcpsegp_fsm_event(e, TIMEOUT_2MSL, &next))
            tcpsegp_change(s, i, next, false);
    }
}

/* A step back in time expires nothing: due() is never before `last`. */
NOINLINE static void expire_slowly(struct step *s)
{
    tcpconn *conn = s->conn;
    bool over;

    expire_time_wait(s);
    if (s->now < due(conn->last, s->env->cfg.timeout[tcpsegp_situation(conn)]))
        return;
    over = conn_over(conn);
    conn->flags |= CONN_TIMED_OUT;
    conn->flags &= (uint16_t)~CONN_STRAIGHT;
    if (over)
        return;
    for (int i = 0; i < 2; i++) {
        tcpsegp_move(s, i, OUTSIDE_TIME, false);
        if (conn->more[i].flags & EP_RST_DOUBT)
            s->doubted |= (uint8_t)(1u << i);
        conn->more[i].flags &= (uint16_t)~EP_RST_DOUBT;
    }
}

void tcpsegp_expire(struct step *s)
{
    if (waits(s->conn))
        expire_slowly(s);
}

uint64_t tcpconn_deadline(const tcpconn *conn, const tcpconn_env *env)
{
    uint64_t deadline;

    if (!conn || !env || !conn_valid(conn) || !env_valid(env) ||
        conn->flags & CONN_ENDED || !waits(conn))
        return UINT64_MAX;
    deadline = due(conn->last, env->cfg.timeout[tcpsegp_situation(conn)]);
    for (int i = 0; i < 2; i++)
        if (conn->ep[i].state == TCPCONN_TIME_WAIT &&
            due(conn->more[i].time_wait, two_msl(env)) < deadline)
            deadline = due(conn->more[i].time_wait, two_msl(env));
    return deadline;
}
