/* What a table asks of a connection: how it stands, and of an environment. */
#include "standing.h"
#include "deliver_int.h"
#include "judge_int.h"
#include "pool_int.h"

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

bool tcpsegp_is_no_more(const tcpconn *conn)
{
    return !conn->tag && tcpsegp_is_unanswered(conn);
}

bool tcpsegp_is_unanswered(const tcpconn *conn)
{
    return conn->ep[0].state == TCPCONN_SYN_SENT &&
           conn->ep[1].state == TCPCONN_LISTEN && !conn->pool;
}

bool tcpsegp_is_timed_out(const tcpconn *conn)
{
    return conn->flags & CONN_TIMED_OUT;
}

uint32_t tcpsegp_parts(const tcpconn *conn)
{
    return parts_of(conn);
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

bool tcpsegp_env_tells_changes(const tcpconn_env *env)
{
    return env->changes;
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
