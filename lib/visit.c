/* One segment, on its way to its connection: that which has a place, that which is half
 * open, or a new one. */
#include "table_int.h"

/* Steps of what is due that a segment does on its way. */
enum { SHARE = 4 };

struct visit {
    tcptable *table;
    tcpconn_env *env;
    const struct name *name;
    const tcpseg *seg;
    const void *data;
    uint64_t now;
    tcptable_packet *out;
};

static int feed_conn(const struct visit *v, tcpconn *conn, int dir,
                     const tcpseg *seg)
{
    int verdict;

    v->table->busy = 1;
    verdict =
        tcpconn_feed(conn, v->env, dir, seg, v->data, v->now, &v->out->report);
    v->table->busy = 0;
    if (dir)
        v->out->flags |= TCPTABLE_REVERSED;
    return verdict;
}

/* If the connection ended and its memory has another one now, that is another one to
 * those who know ids. */
static uint32_t serial_after(const struct visit *v, uint32_t serial)
{
    tcptable *t = v->table;
    int end = tcpsegp_env_take_end(v->env);

    if (!end)
        return serial;
    t->stats.ended[end]++;
    t->stats.begun++;
    v->out->flags |= TCPTABLE_BEGUN;
    return ++t->serial;
}

static int dir_of(const struct visit *v, uint8_t bits)
{
    return v->name->upper ^ !!(bits & BIT_UPPER);
}

static int feed_cell(const struct visit *v, uint32_t i, int dir,
                     const tcpseg *seg)
{
    tcptable *t = v->table;
    struct cell *cell = cell_at(t, i);
    tcpconn *conn = conn_at(t, i);
    bool steady = tcpsegp_is_steady(conn);
    int verdict = feed_conn(v, conn, dir, seg);

    cell->changed = t->round;
    if (!steady || !tcpsegp_is_steady(conn)) {
        cell->place.serial = serial_after(v, cell->place.serial);
        tcpsegp_settle(t, v->env, i);
    }
    v->out->conn = (uint64_t)cell->place.serial << 32 | v->name->hash;
    return verdict;
}

/* The numbers of a segment with the second tuple, as they are with the first. */
static const tcpseg *set_back(tcptable *t, const struct alias *alias, int dir,
                              const tcpseg *seg)
{
    tcpseg *own = &t->moved;
    uint32_t there = alias->delta[!dir];

    *own = *seg;
    own->seq -= alias->delta[dir];
    if (own->flags & TCPSEG_ACK)
        own->ack -= there;
    for (unsigned i = 0; i < own->sack_count && i < 4; i++) {
        own->sack[i].left -= there;
        own->sack[i].right -= there;
    }
    return own;
}

static int feed_alias(const struct visit *v, uint32_t i)
{
    const struct alias *alias = alias_at(v->table, i);
    int dir = dir_of(v, alias->bits);
    struct visit own = *v;
    struct name name;

    tcpsegp_name_of_index(&name, v->table, alias->record);
    own.name = &name;
    v->out->flags |= TCPTABLE_TRANSLATED;
    return feed_cell(&own, alias->record, dir,
                     set_back(v->table, alias, dir, v->seg));
}

/* ---- connections without a place ---- */

/* The guest gets one, in place of its half-open entry if it has one. */
static uint32_t place_guest(tcptable *t, tcpconn_env *env,
                            const struct name *name, uint32_t half)
{
    uint32_t i = tcpsegp_take_cell(t, env, name);
    struct cell *cell;

    if (i == NOBODY)
        return NOBODY;
    cell = cell_at(t, i);
    memcpy(conn_at(t, i), guest_at(t, COMING), t->shape.conn_size);
    cell->place.serial = (uint32_t)(t->guest[COMING] >> 32);
    t->guest[COMING] = 0;
    if (half == NOBODY) {
        tcpsegp_enlist(t, name->hash, i);
    } else {
        cell->bits &= (uint8_t)~BIT_UPPER;
        cell->bits |= half_at(t, half)->opening.bits & BIT_UPPER;
        tcpsegp_rename(t, name->hash, half | IS_HALF, i);
        tcpsegp_free_half(t, half);
    }
    tcpsegp_admit(t, env, i);
    return i;
}

uint32_t tcpsegp_grow(tcptable *t, tcpconn_env *env, uint32_t half)
{
    struct name name;

    if (t->free_cell == NOBODY)
        return NOBODY;
    (void)tcpsegp_unpack_half(t, half, COMING);
    tcpsegp_name_of_index(&name, t, half | IS_HALF);
    return place_guest(t, env, &name, half);
}

static bool settle_guest(const struct visit *v, uint32_t half)
{
    if (place_guest(v->table, v->env, v->name, half) == NOBODY)
        return false;
    v->table->stats.answered += half != NOBODY;
    return true;
}

static int refuse_guest(const struct visit *v)
{
    v->table->stats.refused++;
    tcpsegp_end_guest(v->table, v->env, COMING, TCPCONN_END_EVICTED);
    v->out->conn = 0;
    v->out->flags &= ~(uint32_t)(TCPTABLE_BEGUN | TCPTABLE_IS_HALF_OPEN);
    return TCPSEG_ERR_FULL;
}

static void name_guest(const struct visit *v, uint32_t serial, bool upper)
{
    v->out->conn = (uint64_t)serial << 32 | v->name->hash;
    v->table->guest[COMING] = v->out->conn;
    v->table->newcomer = *v->name;
    v->table->newcomer.upper = upper;
}

/* What comes after a SYN mostly answers it. If not, the entry stays as it was where no
 * place is free. */
static int feed_half(const struct visit *v, uint32_t i)
{
    tcptable *t = v->table;
    tcpconn *conn = tcpsegp_unpack_half(t, i, COMING);
    int verdict =
        feed_conn(v, conn, dir_of(v, half_at(t, i)->opening.bits), v->seg);

    name_guest(v, serial_after(v, (uint32_t)(t->guest[COMING] >> 32)),
               half_at(t, i)->opening.bits & BIT_UPPER);
    if (tcpsegp_is_unanswered(conn) && t->free_cell == NOBODY) {
        v->out->flags |= TCPTABLE_IS_HALF_OPEN;
        t->guest[COMING] = 0;
        return verdict;
    }
    if (settle_guest(v, i))
        return verdict;
    tcpsegp_strike(t, v->name->hash, i | IS_HALF);
    tcpsegp_free_half(t, i);
    return refuse_guest(v);
}

/* A half-open entry for the visitor. */
static bool put_half(const struct visit *v, const struct opening *opening,
                     uint32_t serial)
{
    tcptable *t = v->table;
    uint32_t i = tcpsegp_take_half(t, v->env, v->name);
    struct half *half;
    uint8_t bits;

    if (i == NOBODY)
        return false;
    half = half_at(t, i);
    bits = half->opening.bits;
    half->opening = *opening;
    half->opening.bits = bits;
    half->time = v->now;
    half->place.serial = serial;
    tcpsegp_enlist(t, v->name->hash, i | IS_HALF);
    v->out->flags |= TCPTABLE_IS_HALF_OPEN;
    return true;
}

static bool keep_half(const struct visit *v)
{
    tcptable *t = v->table;
    struct opening opening;

    if (!tcpsegp_is_no_more(guest_at(t, COMING)) ||
        !tcpsegp_opening_read(v->seg, &opening) ||
        !put_half(v, &opening, (uint32_t)(t->guest[COMING] >> 32)))
        return false;
    t->guest[COMING] = 0;
    return true;
}

static void count_new(const struct visit *v)
{
    v->table->serial++;
    v->table->stats.begun++;
    v->out->flags |= TCPTABLE_BEGUN;
}

/* Where nobody is told, a SYN goes into its entry without a connection being made. */
static bool feed_untold(const struct visit *v)
{
    tcptable *t = v->table;
    struct opening opening;

    if (t->shape.parts || tcpsegp_env_tells_changes(v->env) ||
        !tcpsegp_opening_read(v->seg, &opening) ||
        !put_half(v, &opening, t->serial + 1))
        return false;
    count_new(v);
    v->out->conn = (uint64_t)t->serial << 32 | v->name->hash;
    tcpsegp_opening_report(&opening, &v->out->report);
    return true;
}

static int feed_new(const struct visit *v)
{
    tcptable *t = v->table;
    tcpconn *conn = NULL;
    int verdict;

    if (feed_untold(v))
        return TCPCONN_ACCEPTED;
    (void)tcpconn_init(guest_at(t, COMING), t->shape.conn_size, t->shape.parts,
                       &conn);
    name_guest(v, t->serial + 1, v->name->upper);
    verdict = feed_conn(v, conn, 0, v->seg);
    if (!tcpsegp_has_begun(conn)) {
        t->guest[COMING] = 0;
        v->out->conn = 0;
        return verdict;
    }
    count_new(v);
    if (keep_half(v) || settle_guest(v, NOBODY))
        return verdict;
    return refuse_guest(v);
}

/* ---- any packet ---- */

static int feed_segment(const struct visit *v, uint32_t guess)
{
    uint32_t i = guess;

    if (i == NOBODY || !tcpsegp_is_taken_by(v->table, i, v->name))
        i = tcpsegp_find(v->table, v->name);
    if (i == NOBODY)
        return feed_new(v);
    if (i & IS_HALF)
        return feed_half(v, i & ~IS_HALF);
    if (i & IS_ALIAS)
        return feed_alias(v, i & ~IS_ALIAS);
    return feed_cell(v, i, dir_of(v, cell_at(v->table, i)->bits), v->seg);
}

/* Mostly there is nothing to do. */
static inline void pass_time(tcptable *t, tcpconn_env *env, uint64_t now)
{
    if (now > t->now)
        t->now = now;
    if (!has_rested(t, now) || is_crowded(t) || !t->started)
        (void)tcpsegp_pass_time(t, env, now, SHARE);
}

uint32_t tcpsegp_flags_of(const tcpseg_frame *frame)
{
    return frame->defects >> TCPSEG_FRAME_FRAGMENT_FIRST & 1
               ? TCPTABLE_IS_TCP | TCPTABLE_IS_FRAGMENT
               : TCPTABLE_IS_TCP;
}

int tcpsegp_visit_other(tcptable *t, tcpconn_env *env,
                        const tcpseg_frame *frame, uint64_t now,
                        tcptable_packet *out)
{
    t->stats.packets++;
    pass_time(t, env, now);
    if (frame->stop == TCPSEG_STOP_FRAGMENT) {
        out->flags |= TCPTABLE_IS_FRAGMENT;
        t->stats.fragments++;
    } else {
        t->stats.not_tcp++;
    }
    return out->result = TCPSEG_ERR_NOT_FOUND;
}

int tcpsegp_visit(tcptable *t, tcpconn_env *env, const tcpseg *seg,
                  const void *data, uint64_t now, const struct name *name,
                  uint32_t guess, tcptable_packet *out)
{
    struct visit v = {t, env, name, seg, data, now, out};

    t->stats.packets++;
    pass_time(t, env, now);
    out->result = feed_segment(&v, guess);
    if (out->result >= 0)
        t->stats.verdicts[out->result & 7]++;
    return out->result;
}

int tcptable_feed(tcptable *table, tcpconn_env *env, const tcpseg_frame *frame,
                  const tcpseg *seg, const void *data, uint64_t now,
                  tcptable_packet *out)
{
    tcptable_packet own;
    struct name name;
    int error;

    if (!frame)
        return TCPSEG_ERR_ARG;
    error = tcpsegp_table_enter(table, env);
    if (error)
        return error;
    if (!out)
        out = &own;
    begin_answer(out, now);
    if (!seg)
        return tcpsegp_visit_other(table, env, frame, now, out);
    out->flags = tcpsegp_flags_of(frame);
    tcpsegp_name(&name, frame->addr.src, frame->addr.dst, frame->addr.family,
                 seg, tcptable_zone(table->shape.flags, frame));
    tcpsegp_rehash(&name, table->shape.seed);
    return tcpsegp_visit(table, env, seg, data, now, &name, NOBODY, out);
}
