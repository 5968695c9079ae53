/* The environment: the caller's policy and callbacks, checked once. */
#include "conn_int.h"

_Static_assert(sizeof(struct tcpconn_env) <= TCPCONN_ENV_SIZE,
               "grew past the ABI");
_Static_assert(_Alignof(struct tcpconn_env) <= _Alignof(tcpconn_env_storage),
               "alignment");

/* RFC 9293 section 3.4.2 says two minutes; hosts of today wait for 60 s in
 * TIME-WAIT, which makes 30. */
static const uint64_t default_msl = UINT64_C(30000000000);

enum { SMALLEST_CONFIG = offsetof(tcpconn_config, profile) };

size_t tcpconn_env_size(void)
{
    return sizeof(struct tcpconn_env);
}

void tcpconn_config_default(tcpconn_config *cfg, size_t cfg_size)
{
    if (!cfg || cfg_size < sizeof cfg->struct_size || cfg_size > UINT32_MAX)
        return;
    memset(cfg, 0, cfg_size);
    cfg->struct_size = (uint32_t)cfg_size;
}

static bool all_zero(const void *bytes, size_t len)
{
    const unsigned char *p = bytes;

    while (len)
        if (p[--len])
            return false;
    return true;
}

/* A caller built against a later header may set what this version does not know:
 * better to refuse than to ignore it. */
static bool unknown_is_set(const tcpconn_config *cfg)
{
    const tcpconn_config *own = NULL;
    size_t known = sizeof *own;

    return cfg->struct_size > known &&
           !all_zero((const unsigned char *)cfg + known,
                     cfg->struct_size - known);
}

/* Members that later versions give a meaning. */
static bool later_is_set(const tcpconn_config *cfg)
{
    return cfg->flags || !all_zero(cfg->profile, sizeof cfg->profile) ||
           !all_zero(cfg->overlap, sizeof cfg->overlap) || cfg->delivery ||
           cfg->urgent || !all_zero(cfg->timeout, sizeof cfg->timeout) ||
           cfg->on_data || cfg->on_gap || cfg->on_overlap || cfg->on_finding ||
           cfg->on_revise || cfg->pool || cfg->events || cfg->events_size ||
           cfg->events_capacity;
}

int tcpconn_env_init(void *mem, size_t mem_size, const tcpconn_config *cfg,
                     tcpconn_env **out)
{
    tcpconn_config own;
    struct tcpconn_env *env = mem;

    if (!mem || !out)
        return TCPSEG_ERR_ARG;
    if (mem_size < sizeof *env)
        return TCPSEG_ERR_SIZE;
    if ((uintptr_t)mem % _Alignof(tcpconn_env_storage))
        return TCPSEG_ERR_ALIGN;

    tcpconn_config_default(&own, sizeof own);
    if (cfg) {
        if (cfg->struct_size < SMALLEST_CONFIG || unknown_is_set(cfg))
            return TCPSEG_ERR_ARG;
        memcpy(&own, cfg,
               cfg->struct_size < sizeof own ? cfg->struct_size : sizeof own);
        own.struct_size = sizeof own;
    }
    if (later_is_set(&own) || own.vantage > TCPCONN_VANTAGE_INLINE ||
        own.midstream > 1)
        return TCPSEG_ERR_ARG;
    if (!own.msl)
        own.msl = default_msl;

    memset(env, 0, sizeof *env);
    env->magic = ENV_MAGIC;
    env->layout = LAYOUT;
    env->cfg = own;
    *out = env;
    return TCPSEG_OK;
}
