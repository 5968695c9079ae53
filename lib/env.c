/* The environment: the caller's policy and callbacks, checked once. */
#include "conn_int.h"
#include "queue_int.h"

_Static_assert(sizeof(struct tcpconn_env) <= TCPCONN_ENV_SIZE,
               "grew past the ABI");
_Static_assert(_Alignof(struct tcpconn_env) <= _Alignof(tcpconn_env_storage),
               "alignment");

/* RFC 9293 section 3.4.2 says two minutes; hosts of today wait for 60 s in
 * TIME-WAIT, which makes 30. */
static const uint64_t default_msl = UINT64_C(30000000000);

/* An edge on either side, the list and its index. */
enum { USUAL_ISLANDS = 64, BLOCKS_BESIDE = 4 };
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
    return !all_zero(cfg->timeout + TCPCONN_N_TIMEOUTS,
                     sizeof cfg->timeout -
                         TCPCONN_N_TIMEOUTS * sizeof *cfg->timeout);
}

/* A ring holds elements as large as the caller's event, which may be older and
 * smaller than ours. */
static bool ring_is_odd(const tcpconn_config *cfg)
{
    if (!cfg->events)
        return cfg->events_size || cfg->events_capacity;
    return cfg->events_size != sizeof(tcpconn_event) || !cfg->events_capacity ||
           (uintptr_t)cfg->events % _Alignof(tcpconn_event);
}

static bool is_policy(unsigned overlap)
{
    return (overlap & ~(unsigned)TCPCONN_OVERLAP_SNORT) < TCPCONN_N_OVERLAPS;
}

static bool streams_are_odd(const tcpconn_config *cfg)
{
    return cfg->flags & ~(uint32_t)TCPCONN_CONFIG_STREAMS ||
           cfg->delivery > TCPCONN_DELIVER_ON_ACK ||
           cfg->urgent > TCPCONN_URGENT_APART || !is_policy(cfg->overlap[0]) ||
           !is_policy(cfg->overlap[1]) || (cfg->pool && !pool_valid(cfg->pool));
}

static bool out_of_range(const tcpconn_config *cfg)
{
    return streams_are_odd(cfg) || cfg->vantage > TCPCONN_VANTAGE_INLINE ||
           cfg->midstream > 1 || cfg->profile[0] > TCPCONN_PROFILE_RFC9293 ||
           cfg->profile[1] > TCPCONN_PROFILE_RFC9293 || ring_is_odd(cfg);
}

static void fill_times(tcpconn_config *cfg)
{
    uint64_t defaults[TCPCONN_N_TIMEOUTS];

    (void)tcpsegp_timeouts(defaults, TCPCONN_TIMEOUTS_DEFAULT);
    for (unsigned i = 0; i < TCPCONN_N_TIMEOUTS; i++)
        if (!cfg->timeout[i])
            cfg->timeout[i] = defaults[i];
    if (!cfg->msl)
        cfg->msl = default_msl;
}

int tcpconn_config_timeouts(tcpconn_config *cfg, int timeouts)
{
    if (!cfg ||
        cfg->struct_size < offsetof(tcpconn_config, timeout) +
                               TCPCONN_N_TIMEOUTS * sizeof *cfg->timeout)
        return TCPSEG_ERR_ARG;
    return tcpsegp_timeouts(cfg->timeout, timeouts);
}

/* What one direction may keep: as many pieces as its first block has room for, as
 * many bytes as the caller says. */
static void set_up_streams(tcpconn_env *env)
{
    const tcpconn_config *cfg = &env->cfg;
    uint32_t size = cfg->pool ? cfg->pool->block_size : 0;
    uint32_t room = size ? tcpsegp_queue_pieces(cfg->pool) : 0;

    env->streams = cfg->events ? cfg->flags & TCPCONN_CONFIG_STREAMS
                               : cfg->on_data || cfg->on_gap || cfg->on_overlap;
    for (int dir = 0; dir < 2; dir++)
        env->straight[dir] = cfg->delivery || cfg->depth[dir] || cfg->events
                                 ? NULL
                                 : cfg->on_data;
    env->most_pieces = cfg->islands ? cfg->islands : USUAL_ISLANDS;
    if (env->most_pieces > room)
        env->most_pieces = room;
    env->most_blocks = UINT32_MAX;
    if (cfg->keep && size)
        env->most_blocks = cfg->keep / size + BLOCKS_BESIDE;
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
    if (later_is_set(&own) || out_of_range(&own))
        return TCPSEG_ERR_ARG;
    fill_times(&own);

    memset(env, 0, sizeof *env);
    env->magic = ENV_MAGIC;
    env->cfg = own;
    env->changes = own.on_state || own.events;
    env->soonest = tcpsegp_soonest(own.timeout);
    set_up_streams(env);
    *out = env;
    return TCPSEG_OK;
}

int tcpconn_next_event(tcpconn_env *env, tcpconn_event *out, size_t out_size)
{
    const tcpconn_event *oldest;

    if (!env || !out)
        return TCPSEG_ERR_ARG;
    if (!env_valid(env))
        return TCPSEG_ERR_STATE;
    if (!env->cfg.events)
        return TCPSEG_ERR_ARG;
    if (!env->ring_used) {
        if (!env->lost)
            return 0;
        env->lost = 0; /* told where they are missing: behind all the others */
        return TCPSEG_ERR_FULL;
    }
    oldest = &env->cfg.events[env->ring_first];
    memset(out, 0, out_size);
    memcpy(out, oldest, out_size < sizeof *oldest ? out_size : sizeof *oldest);
    env->ring_first = (env->ring_first + 1) % env->cfg.events_capacity;
    env->ring_used--;
    return 1;
}
