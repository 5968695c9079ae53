/* What goes: when its time has come, when the table is crowded, when another one that
 * is worth more needs the place. */
#include "table_int.h"

enum {
    SAMPLE = 16, /* of them, the one goes that was quiet for longest */
    SEARCH = 64  /* looked at to find one of IPv6 */
};

/* ---- the end of one ---- */

static int end_conn(tcptable *t, tcpconn_env *env, tcpconn *conn, int why)
{
    int end;

    t->busy = 1;
    end = tcpconn_end(conn, env, why);
    t->busy = 0;
    (void)tcpsegp_env_take_end(env);
    if (end > 0)
        t->stats.ended[end]++;
    return end;
}

int tcpsegp_end_guest(tcptable *t, tcpconn_env *env, int which, int why)
{
    int end = end_conn(t, env, guest_at(t, which), why);

    t->guest[which] = 0;
    return end;
}

/* Nobody finds it any more. */
static void unlist(tcptable *t, uint32_t index)
{
    struct name name;

    tcpsegp_name_of_index(&name, t, index);
    tcpsegp_strike(t, name.hash, index);
}

void tcpsegp_drop_alias(tcptable *t, uint32_t record)
{
    struct cell *cell = cell_at(t, record);
    struct alias *alias;
    uint32_t i = cell->alias - 1;

    if (!cell->alias)
        return;
    alias = alias_at(t, i);
    unlist(t, i | IS_ALIAS);
    tcpsegp_drop_name(t, &alias->place, alias->bits);
    alias->bits = 0;
    alias->record = t->free_alias;
    t->free_alias = i;
    t->stats.translations--;
    cell->alias = 0;
}

int tcpsegp_end_cell(tcptable *t, tcpconn_env *env, uint32_t i, int why)
{
    int end = end_conn(t, env, conn_at(t, i), why);

    if (end == TCPCONN_END_EVICTED)
        t->stats.evicted[cell_at(t, i)->rank]++;
    tcpsegp_wheel_remove(t, i);
    tcpsegp_rank_remove(t, i);
    tcpsegp_drop_alias(t, i);
    unlist(t, i);
    tcpsegp_free_cell(t, i);
    return end;
}

tcpconn *tcpsegp_unpack_half(tcptable *t, uint32_t i, int which)
{
    const struct half *half = half_at(t, i);
    tcpconn *conn = NULL;

    (void)tcpconn_init(guest_at(t, which), t->shape.conn_size, t->shape.parts,
                       &conn);
    tcpsegp_opening_unpack(&half->opening, conn, (tcpconn_env *)&t->own,
                           half->time);
    t->guest[which] = tcpsegp_id(t, i | IS_HALF);
    return conn;
}

/* Each of its timers runs out at the very time that it was due: either end leaves
 * TIME-WAIT, and then the connection is forgotten. */
static uint64_t catch_up(tcptable *t, tcpconn_env *env, tcpconn *conn,
                         uint64_t now)
{
    enum { TIMERS = 3 };
    uint64_t deadline = tcpconn_deadline(conn, env);

    t->busy = 1;
    for (int n = 0; n < TIMERS && deadline <= now && deadline != UINT64_MAX;
         n++) {
        (void)tcpconn_tick(conn, env, deadline);
        deadline = tcpconn_deadline(conn, env);
    }
    t->busy = 0;
    return deadline;
}

/* If nobody listens, nobody has to be made. */
int tcpsegp_end_half(tcptable *t, tcpconn_env *env, uint32_t i, int why)
{
    int end = why;

    if (tcpsegp_env_listens(env)) {
        tcpconn *conn = tcpsegp_unpack_half(t, i, GOING);

        if (why == TCPCONN_END_TIMED_OUT)
            (void)catch_up(t, env, conn, t->now);
        end = tcpsegp_end_guest(t, env, GOING, why);
    } else {
        t->stats.ended[why]++;
    }
    if (why == TCPCONN_END_EVICTED)
        t->stats.evicted[TCPTABLE_UNANSWERED]++;
    unlist(t, i | IS_HALF);
    tcpsegp_free_half(t, i);
    return end;
}

/* ---- places ---- */

/* Of the first in a list, the one that was quiet for longest; those that were not go
 * to its end. */
static uint32_t quietest(tcptable *t, uint8_t rank, uint32_t except)
{
    uint32_t best = NOBODY, n = t->ranks[rank].count;

    for (uint32_t k = 0; k < SAMPLE && k < n; k++) {
        uint32_t i = t->ranks[rank].first;

        tcpsegp_rank_remove(t, i);
        tcpsegp_rank_put(t, i, rank);
        if (i != except &&
            (best == NOBODY || tcpsegp_last_time(conn_at(t, i)) <
                                   tcpsegp_last_time(conn_at(t, best))))
            best = i;
    }
    return best;
}

static uint32_t first_six(const tcptable *t, uint8_t rank)
{
    uint32_t i = t->ranks[rank].first;

    for (unsigned k = 0; k < SEARCH && i != NOBODY; k++) {
        if (cell_at(t, i)->bits & BIT_SIX)
            return i;
        i = links_at(t, i)->rank.next;
    }
    return NOBODY;
}

/* Nobody gives way who is proven. */
bool tcpsegp_make_room(tcptable *t, tcpconn_env *env, bool six)
{
    for (uint8_t rank = TCPTABLE_OVER; rank <= TCPTABLE_ASSUMED; rank++) {
        uint32_t i = six                        ? first_six(t, rank)
                     : rank == TCPTABLE_ASSUMED ? quietest(t, rank, NOBODY)
                                                : t->ranks[rank].first;

        if (i != NOBODY) {
            tcpsegp_end_cell(t, env, i, TCPCONN_END_EVICTED);
            return true;
        }
    }
    return false;
}

/* One is proven now, so that the half-closed and the idle may have to give way. */
static void keep_to_size(tcptable *t, tcpconn_env *env, uint32_t newest)
{
    uint32_t i;

    if (t->ranks[TCPTABLE_CLOSING].count + t->ranks[TCPTABLE_OPEN].count <=
        t->shape.connections)
        return;
    i = quietest(t, TCPTABLE_CLOSING, newest);
    if (i == NOBODY)
        i = quietest(t, TCPTABLE_OPEN, newest);
    if (i != NOBODY)
        tcpsegp_end_cell(t, env, i, TCPCONN_END_EVICTED);
}

void tcpsegp_settle(tcptable *t, tcpconn_env *env, uint32_t i)
{
    const tcpconn *conn = conn_at(t, i);
    struct cell *cell = cell_at(t, i);
    uint8_t situation, rank = tcpsegp_standing(conn, &situation);
    uint8_t old = cell->rank;

    if (situation != cell->situation) {
        cell->situation = situation;
        /* What was found after its time goes with the next that do. */
        tcpsegp_wheel_put(
            t, i,
            tcpsegp_is_timed_out(conn) ? t->now : tcpconn_deadline(conn, env));
    }
    if (rank == old)
        return;
    tcpsegp_rank_remove(t, i);
    tcpsegp_rank_put(t, i, rank);
    if (rank >= TCPTABLE_CLOSING && old < TCPTABLE_CLOSING)
        keep_to_size(t, env, i);
}

void tcpsegp_admit(tcptable *t, tcpconn_env *env, uint32_t i)
{
    cell_at(t, i)->situation = UINT8_MAX; /* none: to be timed in any case */
    tcpsegp_rank_put(t, i, TCPTABLE_OVER);
    tcpsegp_settle(t, env, i);
}

/* ---- time ---- */

/* What a connection had to be done at its time is done; over and forgotten, it goes. */
static void see_to(tcptable *t, tcpconn_env *env, uint32_t i, uint64_t now)
{
    tcpconn *conn = conn_at(t, i);
    uint64_t deadline = tcpconn_deadline(conn, env);

    if (deadline <= now) {
        deadline = catch_up(t, env, conn, now);
        if (!tcpsegp_is_timed_out(conn))
            tcpsegp_settle(t, env, i);
    }
    if (tcpsegp_is_timed_out(conn))
        tcpsegp_end_cell(t, env, i, TCPCONN_END_TIMED_OUT);
    else
        tcpsegp_wheel_put(t, i, deadline);
}

static bool is_after(uint64_t now, uint64_t then, uint64_t wait)
{
    return now > then && now - then >= wait;
}

static uint32_t expire_halves(tcptable *t, tcpconn_env *env, uint32_t steps)
{
    uint64_t wait = tcpsegp_env_timeout(env, TCPCONN_TIMEOUT_SYN_SENT);
    uint32_t i;

    while (steps && (i = t->halves_by_age.first) != NOBODY &&
           is_after(t->now, half_at(t, i)->time, wait)) {
        tcpsegp_end_half(t, env, i, TCPCONN_END_TIMED_OUT);
        steps--;
    }
    return steps;
}

/* What is left of a wait when so many of all places are taken. */
static uint64_t shrunk(const tcptable *t, uint64_t wait, uint64_t taken,
                       uint32_t all)
{
    uint64_t percent = taken * 100 / all;

    if (percent <= t->shape.crowded || wait == UINT64_MAX)
        return wait;
    return percent >= 100 ? 0
                          : wait / (100 - t->shape.crowded) * (100 - percent);
}

/* Whether time is over that was so short because of the crowd. What was over without
 * it is no hurry. */
static bool is_hurried(tcptable *t, uint64_t last, uint64_t wait, uint64_t left)
{
    if (!is_after(t->now, last, left))
        return false;
    t->stats.hurried += !is_after(t->now, last, wait);
    return true;
}

/* The oldest half-open one, and of one rank at a time the next in its line. They stay
 * in line as they came, so that a crowd changes nothing about who gives way. */
static void hurry(tcptable *t, tcpconn_env *env)
{
    uint64_t wait = tcpsegp_env_timeout(env, TCPCONN_TIMEOUT_SYN_SENT);
    uint8_t rank = (uint8_t)(t->hurry++ % TCPTABLE_CLOSING);
    uint32_t i = t->halves_by_age.first;

    if (i != NOBODY &&
        is_hurried(t, half_at(t, i)->time, wait,
                   shrunk(t, wait, t->halves_by_age.count, t->shape.n_halves)))
        tcpsegp_end_half(t, env, i, TCPCONN_END_TIMED_OUT);
    i = t->looked[rank] == NOBODY ? t->ranks[rank].first : t->looked[rank];
    if (i == NOBODY)
        return;
    t->looked[rank] = links_at(t, i)->rank.next;
    if (tcpconn_deadline(conn_at(t, i), env) <= t->now)
        return; /* something is due by itself, and told as that */
    wait = tcpsegp_env_timeout(env, cell_at(t, i)->situation);
    if (is_hurried(t, tcpsegp_last_time(conn_at(t, i)), wait,
                   shrunk(t, wait, t->taken, t->shape.n_cells)))
        tcpsegp_end_cell(t, env, i, TCPCONN_END_TIMED_OUT);
}

uint32_t tcpsegp_pass_time(tcptable *t, tcpconn_env *env, uint64_t now,
                           uint32_t most)
{
    uint64_t tick = now >> TICK_SHIFT;
    uint32_t steps = most, i;

    if (now > t->now)
        t->now = now;
    if (!t->started) {
        t->started = 1;
        t->wheel.now = t->rested = tick;
    }
    if (is_crowded(t))
        hurry(t, env);
    if (has_rested(t, now))
        return 0;
    steps = expire_halves(t, env, steps);
    while ((i = tcpsegp_wheel_next(t, now, &steps)) != NOBODY)
        see_to(t, env, i, now);
    if (steps)
        t->rested = tick;
    return most - steps;
}
