/* Who is in a table, as lists: what the guide's "Who gives way" and "Time" say, and
 * nothing of how the library does it. A connection is a number below MODEL_MOST. */
#ifndef FUZZ_TABLE_MODEL_H
#define FUZZ_TABLE_MODEL_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <tcpseg/table.h>

enum {
    MODEL_MOST = 64,
    MODEL_SOME = 16, /* of so many the quietest gives way */
    MODEL_HALF = TCPTABLE_N_RANKS,
    MODEL_LINES,
    MODEL_NOWHERE = MODEL_LINES,
    MODEL_NOBODY = -1, /* has to go */
    MODEL_FULL = -2    /* and there is no place all the same */
};
#define MODEL_SECOND UINT64_C(1000000000)

struct model_member {
    unsigned where; /* a rank, MODEL_HALF, or MODEL_NOWHERE */
    bool six;
    uint64_t last, deadline;
};

/* Who came first is first. */
struct model_line {
    unsigned n;
    unsigned who[MODEL_MOST];
};

struct model {
    unsigned connections, places, half_open, ipv6, crowded;
    struct model_member of[MODEL_MOST];
    struct model_line lines[MODEL_LINES];
};

static void model_begin(struct model *m)
{
    memset(m, 0, sizeof *m);
    for (unsigned i = 0; i < MODEL_MOST; i++)
        m->of[i].where = MODEL_NOWHERE;
}

static void model_take_out(struct model *m, unsigned who)
{
    struct model_line *line;
    unsigned at = 0;

    if (m->of[who].where == MODEL_NOWHERE)
        return;
    line = &m->lines[m->of[who].where];
    while (line->who[at] != who)
        at++;
    line->n--;
    memmove(line->who + at, line->who + at + 1,
            (line->n - at) * sizeof *line->who);
    m->of[who].where = MODEL_NOWHERE;
}

static void model_append(struct model *m, unsigned who, unsigned where)
{
    struct model_line *line = &m->lines[where];

    model_take_out(m, who);
    line->who[line->n++] = who;
    m->of[who].where = where;
}

/* To the end of another line; in its own it keeps its place. */
static void model_move(struct model *m, unsigned who, unsigned where)
{
    if (m->of[who].where != where)
        model_append(m, who, where);
}

static unsigned model_taken(const struct model *m)
{
    unsigned n = 0;

    for (unsigned rank = 0; rank < TCPTABLE_N_RANKS; rank++)
        n += m->lines[rank].n;
    return n;
}

static unsigned model_taken_by_six(const struct model *m)
{
    unsigned n = 0;

    for (unsigned i = 0; i < MODEL_MOST; i++)
        n += m->of[i].six && m->of[i].where < TCPTABLE_N_RANKS;
    return n;
}

/* ---- who gives way ---- */

/* Some at the head of the line are looked at and go to its end: of them, the one that
 * was quiet for longest. */
static int model_quietest(struct model *m, unsigned rank, int except)
{
    struct model_line *line = &m->lines[rank];
    unsigned n = line->n < MODEL_SOME ? line->n : MODEL_SOME;
    int best = MODEL_NOBODY;

    for (unsigned k = 0; k < n; k++) {
        unsigned who = line->who[0];

        model_append(m, who, rank);
        if ((int)who != except &&
            (best == MODEL_NOBODY || m->of[who].last < m->of[best].last))
            best = (int)who;
    }
    return best;
}

static int model_first(const struct model *m, unsigned rank, bool six)
{
    const struct model_line *line = &m->lines[rank];

    for (unsigned k = 0; k < line->n; k++)
        if (!six || m->of[line->who[k]].six)
            return (int)line->who[k];
    return MODEL_NOBODY;
}

/* Who goes so that one more has a place. */
static int model_give_place(struct model *m, bool six)
{
    bool only_six = six && model_taken_by_six(m) >= m->ipv6;
    int who;

    if (!only_six && model_taken(m) < m->places)
        return MODEL_NOBODY;
    for (unsigned rank = TCPTABLE_OVER; rank <= TCPTABLE_ASSUMED; rank++) {
        who = rank == TCPTABLE_ASSUMED && !only_six
                  ? model_quietest(m, rank, MODEL_NOBODY)
                  : model_first(m, rank, only_six);
        if (who != MODEL_NOBODY)
            return who;
    }
    return MODEL_FULL;
}

/* Who goes so that one more can be half-open. */
static int model_give_half(const struct model *m)
{
    return m->lines[MODEL_HALF].n < m->half_open
               ? MODEL_NOBODY
               : model_first(m, MODEL_HALF, false);
}

/* Who goes since one more is proven. */
static int model_give_way_to(struct model *m, unsigned newest)
{
    int who;

    if (m->lines[TCPTABLE_CLOSING].n + m->lines[TCPTABLE_OPEN].n <=
        m->connections)
        return MODEL_NOBODY;
    who = model_quietest(m, TCPTABLE_CLOSING, (int)newest);
    return who != MODEL_NOBODY ? who
                               : model_quietest(m, TCPTABLE_OPEN, (int)newest);
}

/* ---- time ---- */

static bool model_is_due(const struct model *m, unsigned who, uint64_t now)
{
    return m->of[who].deadline <= now;
}

/* With so many places taken: from `crowded` percent on, down to nothing at 100. */
static bool model_may_hurry(const struct model *m, unsigned who, uint64_t now)
{
    const struct model_member *it = &m->of[who];
    bool half = it->where == MODEL_HALF;
    unsigned taken = half ? m->lines[MODEL_HALF].n : model_taken(m);
    unsigned percent = taken * 100 / (half ? m->half_open : m->places);
    uint64_t wait = it->deadline - it->last;

    if (percent <= m->crowded || it->where == TCPTABLE_CLOSING ||
        it->where == TCPTABLE_OPEN)
        return false;
    return percent >= 100 ||
           now - it->last >= wait / (100 - m->crowded) * (100 - percent);
}

/* Nobody is there a second after its time. */
static bool model_is_kept_up(const struct model *m, uint64_t now)
{
    for (unsigned i = 0; i < MODEL_MOST; i++)
        if (m->of[i].where != MODEL_NOWHERE &&
            m->of[i].deadline < now - MODEL_SECOND)
            return false;
    return true;
}

#endif
