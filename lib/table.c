/* The table itself: made, taken over, asked. */
#include "table_int.h"

#include <tcpseg/save.h>

_Static_assert(sizeof(struct bucket) == 64, "a bucket is a cache line");
_Static_assert(sizeof(struct cell) == 32, "two cells are a cache line");
_Static_assert(sizeof(struct half) == 56, "with its entry, 64 bytes");
_Static_assert(sizeof(struct wide) >= sizeof(uint32_t), "free ones are linked");

enum {
    LINE = 64,
    USUAL = 65536,
    USUAL_CROWD = 60,
    MOST = 1 << 28,    /* indexes have two bits less than 32, and room to add */
    LEAST_RESERVE = 4, /* places besides, for those not proven yet: */
    MOST_RESERVE = 1024, /* one in */
    RESERVE_OF = 64,     /* of the connections */
    FILL = 80            /* percent of a bucket's entries, on average */
};

#define KNOWN_FLAGS                                                            \
    ((uint32_t)(TCPTABLE_KEY_VLAN | TCPTABLE_KEY_TUNNEL | TCPTABLE_TUNNELS |   \
                TCPTABLE_CHECKSUM))

/* ---- making one ---- */

void tcptable_config_default(tcptable_config *cfg, size_t cfg_size)
{
    tcptable_config own;

    if (!cfg || cfg_size < sizeof cfg->struct_size || cfg_size > UINT32_MAX)
        return;
    memset(&own, 0, sizeof own);
    own.struct_size = (uint32_t)cfg_size;
    own.connections = USUAL;
    own.ipv6 = UINT32_MAX;
    copy_out(cfg, cfg_size, &own, sizeof own);
}

/* A configuration of this version, from one of any other; false if it cannot be. */
static bool read_config(tcptable_config *own, const tcptable_config *cfg)
{
    const uint8_t *bytes = (const uint8_t *)cfg;

    if (!cfg || cfg->struct_size < offsetof(tcptable_config, parts))
        return false;
    for (size_t i = sizeof *own; i < cfg->struct_size; i++)
        if (bytes[i])
            return false;
    memset(own, 0, sizeof *own);
    memcpy(own, cfg,
           cfg->struct_size < sizeof *own ? cfg->struct_size : sizeof *own);
    if (!own->half_open)
        own->half_open = own->connections / 4 + 1;
    if (!own->crowded)
        own->crowded = USUAL_CROWD;
    return own->connections && own->connections <= MOST &&
           own->half_open <= MOST && own->translations <= MOST &&
           !(own->flags & ~KNOWN_FLAGS) && tcpconn_size(own->parts);
}

static uint32_t reserve_for(uint32_t connections)
{
    uint32_t n = connections / RESERVE_OF;

    if (n < LEAST_RESERVE)
        return LEAST_RESERVE;
    return n < MOST_RESERVE ? n : MOST_RESERVE;
}

/* Whole lines, so that all connections lie alike in them. */
static uint32_t conn_size_of(uint32_t parts)
{
    return (uint32_t)((tcpconn_size(parts) + LINE - 1) / LINE * LINE);
}

static void set_numbers(struct shape *s, const tcptable_config *cfg)
{
    uint64_t entries;

    s->flags = cfg->flags;
    s->parts = cfg->parts;
    s->crowded = cfg->crowded;
    memcpy(s->seed, cfg->seed, sizeof s->seed);
    s->connections = cfg->connections;
    s->n_cells = cfg->connections + reserve_for(cfg->connections);
    s->n_halves = cfg->half_open;
    s->n_aliases = cfg->translations;
    s->most_six = cfg->ipv6 < s->n_cells ? cfg->ipv6 : s->n_cells;
    /* An entry that is answered has two names for a moment. */
    s->n_wides = s->most_six ? s->most_six + s->n_halves + s->n_aliases + 1 : 0;
    entries = (uint64_t)s->n_cells + s->n_halves + s->n_aliases;
    s->n_buckets = (uint32_t)(entries * 100 / (ENTRIES * FILL) + 2);
    s->conn_size = conn_size_of(cfg->parts);
}

/* Where an array of n begins, behind all before it. */
static uint64_t lay(struct shape *s, uint64_t n, uint64_t each)
{
    uint64_t at = s->size;

    s->size += (n * each + LINE - 1) / LINE * LINE;
    return at;
}

static void set_places(struct shape *s)
{
    s->size = 0;
    (void)lay(s, 1, sizeof(struct tcptable));
    s->guests = lay(s, N_GUESTS, s->conn_size);
    s->buckets = lay(s, s->n_buckets, sizeof(struct bucket));
    s->cells = lay(s, s->n_cells, sizeof(struct cell));
    s->conns = lay(s, s->n_cells, s->conn_size);
    s->links = lay(s, s->n_cells, sizeof(struct links));
    s->halves = lay(s, s->n_halves, sizeof(struct half));
    s->wides = lay(s, s->n_wides, sizeof(struct wide));
    s->aliases = lay(s, s->n_aliases, sizeof(struct alias));
}

static uint32_t layout_of(const struct shape *s)
{
    return (uint32_t)sizeof(struct tcptable) << 12 ^ s->conn_size ^
           (uint32_t)TCPSEG_VERSION_NUM << 4;
}

static bool get_shape(struct shape *s, const tcptable_config *cfg)
{
    tcptable_config own;

    if (!read_config(&own, cfg))
        return false;
    memset(s, 0, sizeof *s);
    set_numbers(s, &own);
    set_places(s);
    s->layout = layout_of(s);
    return s->size <= SIZE_MAX;
}

size_t tcptable_size(const tcptable_config *cfg)
{
    struct shape shape;

    return get_shape(&shape, cfg) ? (size_t)shape.size : 0;
}

/* All places are free. */
static void link_free(tcptable *t)
{
    const struct shape *s = &t->shape;

    t->free_cell = t->free_half = t->free_wide = t->free_alias = NOBODY;
    for (uint32_t i = s->n_cells; i--; t->free_cell = i)
        links_at(t, i)->turn.next = t->free_cell;
    for (uint32_t i = s->n_halves; i--; t->free_half = i)
        half_at(t, i)->age.next = t->free_half;
    for (uint32_t i = s->n_wides; i--; t->free_wide = i)
        memcpy(wide_at(t, i), &t->free_wide, sizeof t->free_wide);
    for (uint32_t i = s->n_aliases; i--; t->free_alias = i)
        alias_at(t, i)->record = t->free_alias;
    for (unsigned i = 0; i < TCPTABLE_N_RANKS; i++)
        t->ranks[i].first = t->ranks[i].last = NOBODY;
    for (unsigned i = 0; i < TCPTABLE_CLOSING; i++)
        t->looked[i] = NOBODY;
    t->halves_by_age.first = t->halves_by_age.last = NOBODY;
}

static uint32_t part_of(uint32_t all, uint32_t percent)
{
    return percent < 100 ? (uint32_t)((uint64_t)all * percent / 100) : all;
}

int tcptable_init(void *mem, size_t mem_size, const tcptable_config *cfg,
                  tcptable **out)
{
    tcptable *t = mem;
    tcpconn_env *env;
    struct shape shape;

    if (!mem || !out || !get_shape(&shape, cfg))
        return TCPSEG_ERR_ARG;
    if ((uintptr_t)mem % _Alignof(tcpconn_storage))
        return TCPSEG_ERR_ALIGN;
    if (mem_size < shape.size)
        return TCPSEG_ERR_SIZE;
    memset(mem, 0, (size_t)shape.size);
    t->shape = shape;
    t->round = 1;
    t->crowd = part_of(shape.n_cells, shape.crowded);
    t->half_crowd = part_of(shape.n_halves, shape.crowded);
    link_free(t);
    (void)tcpconn_env_init(&t->own, sizeof t->own, NULL, &env);
    t->magic = TABLE_MAGIC;
    *out = t;
    return TCPSEG_OK;
}

int tcptable_attach(void *mem, size_t mem_size, tcptable **out)
{
    tcptable *t = mem;
    struct shape now;

    if (!mem || !out)
        return TCPSEG_ERR_ARG;
    if ((uintptr_t)mem % _Alignof(tcpconn_storage))
        return TCPSEG_ERR_ALIGN;
    if (mem_size < sizeof *t)
        return TCPSEG_ERR_SIZE;
    now = t->shape;
    set_places(&now);
    now.layout = layout_of(&now);
    now.conn_size = conn_size_of(now.parts);
    if (!table_valid(t) || t->busy || memcmp(&now, &t->shape, sizeof now) != 0)
        return TCPSEG_ERR_STATE;
    if (mem_size < t->shape.size)
        return TCPSEG_ERR_SIZE;
    *out = t;
    return TCPSEG_OK;
}

int tcpsegp_table_enter(tcptable *t, const tcpconn_env *env)
{
    uint32_t pool;

    if (!t || !env)
        return TCPSEG_ERR_ARG;
    if (!table_valid(t) || !tcpsegp_env_valid(env))
        return TCPSEG_ERR_STATE;
    if (t->busy || tcpsegp_env_busy(env))
        return TCPSEG_ERR_REENTRY;
    pool = tcpsegp_env_pool(env);
    if (!t->pool)
        t->pool = pool;
    return pool == t->pool ? TCPSEG_OK : TCPSEG_ERR_STATE;
}

/* ---- asking ---- */

tcptable_id tcptable_find(const tcptable *table, const tcptable_tuple *tuple)
{
    struct name name;
    uint32_t i;

    if (!table || !tuple || !table_valid(table) ||
        !tcpsegp_name_tuple(&name, table, tuple))
        return 0;
    i = tcpsegp_find(table, &name);
    if (i == NOBODY)
        return 0;
    return tcpsegp_id(table, i & IS_ALIAS && !(i & IS_HALF)
                                 ? alias_at(table, i & ~IS_ALIAS)->record
                                 : i);
}

tcpconn *tcptable_conn(tcptable *table, tcptable_id id)
{
    uint32_t i;

    if (!table || !id || !table_valid(table))
        return NULL;
    for (int which = COMING; which <= GOING; which++)
        if (table->guest[which] == id)
            return guest_at(table, which);
    i = tcpsegp_find_id(table, id);
    if (i == NOBODY)
        return NULL;
    if (!(i & IS_HALF))
        return conn_at(table, i);
    if (table->busy) /* both places may be in use */
        return NULL;
    (void)tcpsegp_unpack_half(table, i & ~IS_HALF, COMING);
    table->guest[COMING] = 0;
    return guest_at(table, COMING);
}

tcptable_id tcptable_id_of(const tcptable *table, const tcpconn *conn)
{
    const struct shape *s;
    uintptr_t from;

    if (!table || !conn || !table_valid(table))
        return 0;
    for (int which = COMING; which <= GOING; which++)
        if (conn == guest_at(table, which))
            return table->guest[which];
    s = &table->shape;
    from = (uintptr_t)conn - (uintptr_t)conn_at(table, 0);
    if (from / s->conn_size >= s->n_cells || from % s->conn_size ||
        !(cell_at(table, (uint32_t)(from / s->conn_size))->bits & BIT_TAKEN))
        return 0;
    return tcpsegp_id(table, (uint32_t)(from / s->conn_size));
}

/* Endpoint 0's view of a name. */
static void fill_tuple(tcptable_tuple *out, const struct name *name)
{
    int first = name->upper;

    memset(out, 0, sizeof *out);
    out->family = name->six ? 6 : 4;
    out->zone = name->word[3];
    out->src_port = (uint16_t)(name->word[2] >> (first ? 0 : 16));
    out->dst_port = (uint16_t)(name->word[2] >> (first ? 16 : 0));
    if (name->six) {
        memcpy(out->src, name->wide.address[first], sizeof out->src);
        memcpy(out->dst, name->wide.address[!first], sizeof out->dst);
    } else {
        store_be32(out->src, name->word[first]);
        store_be32(out->dst, name->word[!first]);
    }
}

int tcptable_get_tuple(const tcptable *table, tcptable_id id,
                       tcptable_tuple *out, size_t out_size)
{
    tcptable_tuple own;
    struct name name;
    uint32_t i;

    if (!table || !out)
        return TCPSEG_ERR_ARG;
    i = table_valid(table) && id ? tcpsegp_find_id(table, id) : NOBODY;
    if (i != NOBODY)
        tcpsegp_name_of_index(&name, table, i);
    else if (table_valid(table) && id && id == table->guest[COMING])
        name = table->newcomer;
    else
        return TCPSEG_ERR_NOT_FOUND;
    fill_tuple(&own, &name);
    return copy_out(out, out_size, &own, sizeof own);
}

/* The next place that is taken, of so many half-open ones and all others; those were
 * fed in the round or later. */
static tcptable_id next(const tcptable *t, uint64_t *cursor, uint32_t halves,
                        uint32_t since)
{
    while (*cursor < (uint64_t)halves + t->shape.n_cells) {
        uint64_t at = (*cursor)++;
        uint32_t i =
            at < halves ? (uint32_t)at | IS_HALF : (uint32_t)(at - halves);

        if (tcpsegp_bits(t, i) & BIT_TAKEN &&
            (i & IS_HALF || cell_at(t, i)->changed >= since))
            return tcpsegp_id(t, i);
    }
    return 0;
}

/* Half-open ones first: one that is answered meanwhile is met again behind them, and
 * not missed. */
tcptable_id tcptable_next(const tcptable *table, uint64_t *cursor)
{
    if (!table || !cursor || !table_valid(table))
        return 0;
    return next(table, cursor, table->shape.n_halves, 0);
}

tcptable_id tcptable_next_changed(const tcptable *table, uint32_t since,
                                  uint64_t *cursor)
{
    if (!table || !cursor || !table_valid(table))
        return 0;
    return next(table, cursor, 0, since);
}

uint32_t tcptable_mark(tcptable *table)
{
    return table && table_valid(table) ? table->round++ : 0;
}

int tcptable_get_stats(const tcptable *table, tcptable_stats *out,
                       size_t out_size)
{
    tcptable_stats own;

    if (!table || !out)
        return TCPSEG_ERR_ARG;
    if (!table_valid(table))
        return TCPSEG_ERR_STATE;
    own = table->stats;
    for (unsigned i = 0; i < TCPTABLE_N_RANKS; i++)
        own.now[i] = table->ranks[i].count;
    own.half_open = table->halves_by_age.count;
    own.connections_max = table->shape.n_cells;
    own.half_open_max = table->shape.n_halves;
    return copy_out(out, out_size, &own, sizeof own);
}

const char *tcptable_rank_name(int rank)
{
    static const char *const names[] = {"over", "unanswered", "assumed",
                                        "closing", "open"};

    return rank >= TCPTABLE_OVER && rank < TCPTABLE_N_RANKS ? names[rank]
                                                            : NULL;
}

/* ---- taking out, putting in ---- */

int tcptable_remove(tcptable *table, tcpconn_env *env, tcptable_id id, int why)
{
    int error = tcpsegp_table_enter(table, env);
    uint32_t i;

    if (error)
        return error;
    if (why < TCPCONN_END_TIMED_OUT || why > TCPCONN_END_CAPTURE)
        return TCPSEG_ERR_ARG;
    i = id ? tcpsegp_find_id(table, id) : NOBODY;
    if (i == NOBODY)
        return TCPSEG_ERR_NOT_FOUND;
    return i & IS_HALF ? tcpsegp_end_half(table, env, i & ~IS_HALF, why)
                       : tcpsegp_end_cell(table, env, i, why);
}

int tcptable_tick(tcptable *table, tcpconn_env *env, uint64_t now,
                  uint32_t most)
{
    int error = tcpsegp_table_enter(table, env);
    uint32_t steps;

    if (error)
        return error;
    steps = tcpsegp_pass_time(table, env, now, most ? most : UINT32_MAX);
    return (int)(steps > INT32_MAX ? INT32_MAX : steps);
}

/* Whoever has that tuple gives way. */
static void clear_name(tcptable *t, tcpconn_env *env, const struct name *name)
{
    uint32_t i = tcpsegp_find(t, name);

    if (i == NOBODY)
        return;
    if (i & IS_HALF)
        tcpsegp_end_half(t, env, i & ~IS_HALF, TCPCONN_END_REUSED);
    else if (i & IS_ALIAS)
        tcpsegp_drop_alias(t, alias_at(t, i & ~IS_ALIAS)->record);
    else
        tcpsegp_end_cell(t, env, i, TCPCONN_END_REUSED);
}

int tcptable_restore(tcptable *table, tcpconn_env *env,
                     const tcptable_tuple *tuple, const void *buf, size_t size,
                     uint32_t flags, uint64_t now, tcptable_id *id)
{
    int error = tcpsegp_table_enter(table, env);
    struct name name;
    tcpconn *conn;
    uint32_t i;

    if (error)
        return error;
    if (!tuple || !tcpsegp_name_tuple(&name, table, tuple))
        return TCPSEG_ERR_ARG;
    error = tcpconn_restore(guest_at(table, COMING), table->shape.conn_size,
                            buf, size, flags, &conn);
    if (error)
        return error;
    if (tcpsegp_parts(conn) != table->shape.parts)
        return TCPSEG_ERR_ARG;
    (void)tcpsegp_pass_time(table, env, now, 0);
    clear_name(table, env, &name);
    i = tcpsegp_take_cell(table, env, &name);
    if (i == NOBODY)
        return TCPSEG_ERR_FULL;
    memcpy(conn_at(table, i), conn, table->shape.conn_size);
    cell_at(table, i)->place.serial = ++table->serial;
    table->stats.begun++;
    tcpsegp_enlist(table, name.hash, i);
    if (id)
        *id = tcpsegp_id(table, i);
    tcpsegp_admit(table, env, i);
    return TCPSEG_OK;
}
