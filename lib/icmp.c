/* ICMP errors: what the network says about a segment it could not deliver. Anybody
 * can send one; what it quotes is the only proof (RFC 5927 section 4.1). */
#include "stats_int.h"

/* Types and codes of ICMPv4: RFC 792, RFC 1191. */
enum {
    UNREACHABLE = 3,
    TIME_EXCEEDED = 11,
    PARAMETER_PROBLEM = 12,
    CODE_TOO_BIG = 4,
    SEQUENCE_END = 8, /* header bytes up to the sequence number */
    LEAST_MTU = 68    /* RFC 1191 section 3: no link has less */
};

static bool is_error(int type)
{
    return type == UNREACHABLE || type == TIME_EXCEEDED ||
           type == PARAMETER_PROBLEM;
}

/* SND.UNA <= SEG.SEQ < SND.NXT of who sent it. */
static bool is_in_flight(const tcpconn *conn, int dir, const tcpseg *quoted)
{
    const struct endpoint *e = &conn->ep[dir];
    uint32_t una;

    if (!(e->flags & EP_NUMBERS) || conn_over(conn) ||
        quoted->header_captured < SEQUENCE_END)
        return false;
    una = tcpsegp_snd_una(conn, dir);
    return seq_le(una, quoted->seq) && seq_lt(quoted->seq, e->snd_nxt);
}

/* RFC 9293 section 3.9.2.2, as hosts apply it: an attempt to open ends with any
 * "unreachable", an open connection with none (RFC 5927 section 5.2). */
static void end_attempt(struct step *s)
{
    if (s->conn->ep[!s->dir].state != TCPCONN_LISTEN)
        return;
    tcpsegp_move(s, s->dir, OUTSIDE_ICMP, false);
    tcpsegp_move(s, !s->dir, OUTSIDE_ICMP, false);
}

int tcpconn_icmp(tcpconn *conn, tcpconn_env *env, int dir, const tcpseg *quoted,
                 int type, int code, uint32_t mtu, uint64_t now)
{
    bool too_big = type == UNREACHABLE && code == CODE_TOO_BIG;
    struct step s;
    int error;

    if (!quoted || (dir != 0 && dir != 1))
        return TCPSEG_ERR_ARG;
    error = tcpsegp_enter(&s, conn, env, now);
    if (error)
        return error;
    tcpsegp_expire(&s);
    s.n_expired = s.n_changes;
    set_segment(&s, quoted, dir);

    s.verdict = TCPCONN_REJECTED;
    if (is_error(type) && is_in_flight(conn, dir, quoted)) {
        s.verdict = TCPCONN_ACCEPTED;
        tcpsegp_stats_icmp(conn, dir, too_big && mtu >= LEAST_MTU ? mtu : 0);
        if (type == UNREACHABLE && !too_big)
            end_attempt(&s);
    }
    tcpsegp_notify(&s);
    return s.verdict;
}
