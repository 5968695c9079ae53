/* What a table asks of a connection: how it stands, and its small form while only a
 * SYN was seen. */
#include "opening.h"
#include "deliver_int.h"
#include "inline.h"
#include "judge_int.h"
#include "pool_int.h"

/* opening.options: which were there, above the window scale. */
enum {
    OPENING_MSS = 0x10,
    OPENING_WSCALE = 0x20,
    OPENING_SACK = 0x40,
    OPENING_TIMESTAMPS = 0x80
};
enum { ECN_BITS = 3, AE = 4, CWR = 8, ECE = 16 };

static const struct {
    uint32_t present;
    uint8_t bit;
} options[] = {
    {TCPSEG_HAS_MSS, OPENING_MSS},
    {TCPSEG_HAS_WSCALE, OPENING_WSCALE},
    {TCPSEG_HAS_SACK_PERMITTED, OPENING_SACK},
    {TCPSEG_HAS_TIMESTAMPS, OPENING_TIMESTAMPS},
};
static const struct {
    uint16_t flag;
    uint8_t bit;
} ecn_flags[] = {
    {TCPSEG_AE, AE},
    {TCPSEG_CWR, CWR},
    {TCPSEG_ECE, ECE},
};

/* Nothing about it that the small form has no place for. */
static bool is_usual(const tcpseg *seg)
{
    const uint32_t usual = TCPSEG_HAS_MSS | TCPSEG_HAS_WSCALE |
                           TCPSEG_HAS_SACK_PERMITTED | TCPSEG_HAS_TIMESTAMPS;
    const unsigned flags = TCPSEG_SYN | TCPSEG_AE | TCPSEG_CWR | TCPSEG_ECE;

    return seg->flags & TCPSEG_SYN && !(seg->flags & ~flags) &&
           !(seg->present & ~usual) && !seg->defects && !seg->error &&
           !seg->payload_len && !seg->tsecr && !seg->up && seg->wscale <= 14 &&
           seg->ip_ecn <= ECN_BITS;
}

bool tcpsegp_opening_pack(const tcpconn *conn, const tcpseg *seg,
                          struct opening *out)
{
    if (!is_usual(seg) || conn->tag || !tcpsegp_is_unanswered(conn))
        return false;
    memset(out, 0, sizeof *out);
    out->iss = seg->seq;
    out->tsval = seg->tsval;
    out->wnd = seg->wnd;
    out->mss = seg->mss;
    out->digest = conn->more[0].digest;
    out->ttl = seg->ip_ttl;
    out->ecn = seg->ip_ecn;
    out->options = seg->wscale;
    for (unsigned i = 0; i < sizeof options / sizeof *options; i++)
        if (seg->present & options[i].present)
            out->options |= options[i].bit;
    for (unsigned i = 0; i < sizeof ecn_flags / sizeof *ecn_flags; i++)
        if (seg->flags & ecn_flags[i].flag)
            out->ecn |= ecn_flags[i].bit;
    return true;
}

/* The SYN is taken once more, and nobody is told. */
void tcpsegp_opening_unpack(const struct opening *opening, tcpconn *conn,
                            tcpconn_env *env, uint64_t now)
{
    tcpseg seg;

    memset(&seg, 0, sizeof seg);
    seg.flags = TCPSEG_SYN;
    seg.seq = opening->iss;
    seg.tsval = opening->tsval;
    seg.wnd = opening->wnd;
    seg.mss = opening->mss;
    seg.ip_ttl = opening->ttl;
    seg.ip_ecn = opening->ecn & ECN_BITS;
    seg.wscale = opening->options & 15;
    for (unsigned i = 0; i < sizeof options / sizeof *options; i++)
        if (opening->options & options[i].bit)
            seg.present |= options[i].present;
    for (unsigned i = 0; i < sizeof ecn_flags / sizeof *ecn_flags; i++)
        if (opening->ecn & ecn_flags[i].bit)
            seg.flags |= ecn_flags[i].flag;
    seg.data_offset = 5;
    seg.header_captured = 20;
    tcpsegp_feed_quietly(conn, env, 0, &seg, now);
    conn->more[0].digest = opening->digest;
}

uint8_t tcpsegp_standing(const tcpconn *conn, uint8_t *situation)
{
    const struct endpoint *a = &conn->ep[0], *b = &conn->ep[1];

    *situation = (uint8_t)tcpsegp_situation(conn);
    if (conn_over(conn))
        return STANDING_OVER;
    if (a->state == TCPCONN_TIME_WAIT || b->state == TCPCONN_TIME_WAIT)
        *situation |= 8u; /* and that ends sooner */
    if (a->flags & b->flags & EP_PROVEN)
        return (a->flags | b->flags) & EP_FIN ? STANDING_CLOSING
                                              : STANDING_OPEN;
    if (conn->flags & CONN_PICKED || a->state >= TCPCONN_ESTABLISHED ||
        b->state >= TCPCONN_ESTABLISHED)
        return STANDING_ASSUMED;
    return STANDING_UNANSWERED;
}

bool tcpsegp_is_steady(const tcpconn *conn)
{
    return conn->flags & CONN_STRAIGHT;
}

bool tcpsegp_has_begun(const tcpconn *conn)
{
    return conn->flags & CONN_BEGUN;
}

bool tcpsegp_is_unanswered(const tcpconn *conn)
{
    return conn->ep[0].state == TCPCONN_SYN_SENT &&
           conn->ep[1].state == TCPCONN_LISTEN && !conn->pool;
}

uint32_t tcpsegp_parts(const tcpconn *conn)
{
    return conn->flags & CONN_STATS ? TCPCONN_WITH_STATS : 0;
}

uint64_t tcpsegp_last_time(const tcpconn *conn)
{
    return conn->last;
}

bool tcpsegp_env_listens(const tcpconn_env *env)
{
    const tcpconn_config *cfg = &env->cfg;

    return cfg->events || cfg->on_state || cfg->on_end || cfg->on_finding ||
           cfg->on_revise;
}

bool tcpsegp_env_valid(const tcpconn_env *env)
{
    return env_valid(env);
}

bool tcpsegp_env_busy(const tcpconn_env *env)
{
    return env->busy;
}

uint32_t tcpsegp_env_pool(const tcpconn_env *env)
{
    return env->cfg.pool ? env->cfg.pool->id : 0;
}

uint64_t tcpsegp_env_timeout(const tcpconn_env *env, uint8_t situation)
{
    return env->cfg.timeout[situation & 7];
}

int tcpsegp_env_take_end(tcpconn_env *env)
{
    int why = env->ended;

    env->ended = 0;
    return why;
}
