/* The connection's calls: set up, feed, let time pass, end. */
#include "conn_int.h"
#include "inline.h"

_Static_assert(sizeof(struct tcpconn) <= TCPCONN_STORAGE_SIZE,
               "grew past the ABI");
_Static_assert(sizeof(struct tcpconn) <= 128, "two cache lines");
_Static_assert(_Alignof(struct tcpconn) <= _Alignof(tcpconn_storage),
               "alignment");

size_t tcpconn_size(uint32_t parts)
{
    return parts ? 0 : sizeof(struct tcpconn);
}

int tcpconn_init(void *mem, size_t mem_size, uint32_t parts, tcpconn **out)
{
    tcpconn *conn = mem;

    if (!mem || !out || parts)
        return TCPSEG_ERR_ARG;
    if (mem_size < sizeof *conn)
        return TCPSEG_ERR_SIZE;
    if ((uintptr_t)mem % _Alignof(tcpconn_storage))
        return TCPSEG_ERR_ALIGN;
    memset(conn, 0, sizeof *conn);
    conn->magic = CONN_MAGIC;
    conn->layout = LAYOUT;
    *out = conn;
    return TCPSEG_OK;
}

/* What every call that may change a connection checks first. */
NOINLINE static int enter(struct step *s, tcpconn *conn, tcpconn_env *env,
                          uint64_t now)
{
    if (!conn || !env)
        return TCPSEG_ERR_ARG;
    if (!conn_valid(conn) || !env_valid(env))
        return TCPSEG_ERR_STATE;
    if (env->busy || conn->flags & CONN_BUSY)
        return TCPSEG_ERR_REENTRY;
    if (conn->flags & CONN_ENDED)
        return TCPSEG_ERR_STATE;
    s->conn = conn;
    s->env = env;
    s->seg = NULL;
    s->now = now;
    s->checks = 0;
    s->dir = 0;
    s->verdict = TCPCONN_ACCEPTED;
    s->advice = TCPCONN_PASS;
    s->n_changes = s->n_expired = 0;
    return TCPSEG_OK;
}

/* SEG.WND in bytes: never scaled in a SYN, and only if both SYNs had the option.
 * A SYN,ACK has it only if the SYN had, so it also speaks for a SYN that was not
 * seen (RFC 7323 section 2.2). */
static uint32_t scaled_window(const struct step *s)
{
    const struct endpoint *e = &s->conn->ep[s->dir], *p = &s->conn->ep[!s->dir];
    bool agreed = p->flags & EP_WSCALE ||
                  (s->conn->flags & CONN_PICKED && e->flags & EP_SYN_ACK);

    if (s->seg->flags & TCPSEG_SYN || !agreed || !(e->flags & EP_WSCALE))
        return s->seg->wnd;
    return (uint32_t)s->seg->wnd << e->wscale;
}

/* Where the segment's new bytes are in the stream: rcv_before is what its
 * receiver had in order before it. */
static void report_text(tcpconn_report *r, const struct step *s,
                        uint32_t rcv_before)
{
    const struct endpoint *e = &s->conn->ep[s->dir];
    uint32_t text = s->seg->seq + !!(s->seg->flags & TCPSEG_SYN);
    uint32_t skip = 0;

    if (s->verdict == TCPCONN_TRIMMED)
        skip = rcv_before - text;
    if (s->verdict <= TCPCONN_TRIMMED && skip < s->seg->payload_len)
        r->new_len = s->seg->payload_len - skip;
    if (e->flags & EP_NUMBERS)
        r->offset = text + skip - e->iss - 1;
}

static void fill_report(tcpconn_report *r, const struct step *s,
                        uint32_t rcv_before)
{
    const struct endpoint *e = &s->conn->ep[s->dir], *p = &s->conn->ep[!s->dir];

    memset(r, 0, sizeof *r);
    r->verdict = s->verdict;
    r->severity = tcpsegp_severity(s->checks, &r->top_check);
    r->checks = s->checks;
    r->events = (uint32_t)(s->n_changes - s->n_expired);
    r->advice = s->advice;
    for (int i = 0; i < 2; i++) {
        r->state[i] = s->conn->ep[i].state;
        r->sure[i] = !!(s->conn->ep[i].flags & EP_SURE);
    }
    if (s->verdict == TCPCONN_MALFORMED)
        return;
    r->rel_seq = e->flags & EP_NUMBERS ? s->seg->seq - e->iss : 0;
    if (s->seg->flags & TCPSEG_ACK && p->flags & EP_NUMBERS)
        r->rel_ack = s->seg->ack - p->iss;
    r->wnd_scaled = scaled_window(s);
    if (s->verdict != TCPCONN_REJECTED && !(s->seg->flags & TCPSEG_RST))
        report_text(r, s, rcv_before);
}

int tcpconn_feed(tcpconn *conn, tcpconn_env *env, int dir, const tcpseg *seg,
                 const void *data, uint64_t now, tcpconn_report *report)
{
    struct step s;
    uint32_t rcv_before;
    int error;

    (void)data; /* headers alone move states */
    if (!seg || (dir != 0 && dir != 1))
        return TCPSEG_ERR_ARG;
    error = enter(&s, conn, env, now);
    if (error)
        return error;
    tcpsegp_expire(&s);
    s.n_expired = s.n_changes;
    s.seg = seg;
    s.dir = dir;

    tcpsegp_judge(&s);
    rcv_before = conn->ep[!dir].rcv_nxt;
    if (s.verdict < TCPCONN_REJECTED) {
        tcpsegp_learn(&s);
        tcpsegp_run_events(&s);
    }
    if (report)
        fill_report(report, &s, rcv_before);
    tcpsegp_notify(&s);
    return s.verdict;
}

int tcpconn_tick(tcpconn *conn, tcpconn_env *env, uint64_t now)
{
    struct step s;
    int error = enter(&s, conn, env, now);

    if (error)
        return error;
    tcpsegp_expire(&s);
    tcpsegp_notify(&s);
    return s.n_changes;
}

/* How the connection itself had ended, whatever the caller's reason to stop. */
static int natural_end(const tcpconn *conn, int why)
{
    const unsigned done =
        1u << RCV_ACK_OF_FIN; /* both FINs were sent and acknowledged */

    if (why != TCPCONN_END_TIMED_OUT && why != TCPCONN_END_CAPTURE)
        return why;
    if (conn->ep[0].fired & conn->ep[1].fired & done)
        return TCPCONN_END_CLOSED;
    return conn->flags & CONN_RESET ? TCPCONN_END_RESET : why;
}

int tcpconn_end(tcpconn *conn, tcpconn_env *env, int why)
{
    struct step s;
    tcpconn_event ev;
    int error;

    if (why < TCPCONN_END_TIMED_OUT || why > TCPCONN_END_CAPTURE)
        return TCPSEG_ERR_ARG;
    error = enter(&s, conn, env, 0);
    if (error)
        return error;
    memset(&ev, 0, sizeof ev);
    ev.type = TCPCONN_EV_END;
    ev.why = (uint8_t)natural_end(conn, why);
    ev.old_state = conn->ep[0].state;
    ev.new_state = conn->ep[1].state;
    ev.tag = conn->tag;
    conn->flags |= CONN_ENDED;
    if (env->cfg.on_end) {
        env->busy = conn;
        conn->flags |= CONN_BUSY;
        env->cfg.on_end(env->cfg.user, conn, &ev, NULL);
        conn->flags &= (uint16_t)~CONN_BUSY;
        env->busy = NULL;
    }
    return ev.why;
}

int tcpconn_state(const tcpconn *conn, int endpoint)
{
    if (!conn || (endpoint != 0 && endpoint != 1))
        return TCPSEG_ERR_ARG;
    if (!conn_valid(conn))
        return TCPSEG_ERR_STATE;
    return conn->ep[endpoint].state;
}

void tcpconn_set_tag(tcpconn *conn, uint64_t tag)
{
    if (conn && conn_valid(conn))
        conn->tag = tag;
}

uint64_t tcpconn_tag(const tcpconn *conn)
{
    return conn && conn_valid(conn) ? conn->tag : 0;
}
