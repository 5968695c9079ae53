/* The wheel: when each connection is due. Four levels of 64 slots; a slot of level 0 is
 * a quarter of a second, one of the next level all of those together. A connection
 * that gains time stays where it is, and is looked at again when its slot comes up. */
#include "table_int.h"

enum { SLOT_BITS = 6, SLOT_MASK = LEVEL_SLOTS - 1 };

/* The first slot behind `at` on a level with something in it: in ticks, or
 * UINT64_MAX. What is here counts when the level's hand has just come here. */
static uint64_t filled_next(const struct wheel *w, unsigned level)
{
    unsigned shift = level * SLOT_BITS;
    uint64_t lap = w->now >> shift, filled = w->filled[level], ahead;
    unsigned hand = (unsigned)(lap & SLOT_MASK);

    if (w->now & ((UINT64_C(1) << shift) - 1))
        filled &= ~(UINT64_C(1) << hand);
    if (!filled)
        return UINT64_MAX;
    ahead = filled >> hand | (hand ? filled << (LEVEL_SLOTS - hand) : 0);
    for (unsigned i = 0;; i++)
        if (ahead >> i & 1)
            return (lap + i) << shift;
}

static void put_tick(tcptable *t, uint32_t i, uint64_t tick)
{
    struct wheel *w = &t->wheel;
    unsigned level = 0, slot;
    struct link *turn = &links_at(t, i)->turn;

    if (tick < w->now)
        tick = w->now;
    while (level < N_LEVELS - 1 &&
           (tick >> (level * SLOT_BITS)) - (w->now >> (level * SLOT_BITS)) >=
               LEVEL_SLOTS)
        level++;
    tick >>= level * SLOT_BITS;
    /* Beyond the last level: looked at again then. */
    if (tick - (w->now >> (level * SLOT_BITS)) >= LEVEL_SLOTS)
        tick = (w->now >> (level * SLOT_BITS)) + SLOT_MASK;
    slot = level * LEVEL_SLOTS + (unsigned)(tick & SLOT_MASK);
    cell_at(t, i)->slot = (uint8_t)slot;
    cell_at(t, i)->bits |= BIT_TIMED;
    turn->prev = NOBODY;
    turn->next =
        w->filled[level] >> (slot & SLOT_MASK) & 1 ? w->first[slot] : NOBODY;
    if (turn->next != NOBODY)
        links_at(t, turn->next)->turn.prev = i;
    w->first[slot] = i;
    w->filled[level] |= UINT64_C(1) << (slot & SLOT_MASK);
}

void tcpsegp_wheel_remove(tcptable *t, uint32_t i)
{
    struct cell *cell = cell_at(t, i);
    struct link *turn = &links_at(t, i)->turn;
    struct wheel *w = &t->wheel;

    if (!(cell->bits & BIT_TIMED))
        return;
    cell->bits &= (uint8_t)~BIT_TIMED;
    if (turn->next != NOBODY)
        links_at(t, turn->next)->turn.prev = turn->prev;
    if (turn->prev != NOBODY)
        links_at(t, turn->prev)->turn.next = turn->next;
    else
        w->first[cell->slot] = turn->next;
    if (turn->prev == NOBODY && turn->next == NOBODY)
        w->filled[cell->slot / LEVEL_SLOTS] &=
            ~(UINT64_C(1) << (cell->slot & SLOT_MASK));
}

void tcpsegp_wheel_put(tcptable *t, uint32_t i, uint64_t deadline)
{
    uint64_t due = deadline >> TICK_SHIFT;

    tcpsegp_wheel_remove(t, i);
    if (deadline == UINT64_MAX)
        return;
    if (t->rested > due) /* it is late already: there is something to do */
        t->rested = due;
    put_tick(t, i, due + 1);
}

/* The slot that comes up next, up to tick `until`: N_SLOTS if none does. */
static unsigned turn_to(struct wheel *w, uint64_t until)
{
    uint64_t next = UINT64_MAX;
    unsigned level = 0;

    for (unsigned i = 0; i < N_LEVELS; i++) {
        uint64_t at = filled_next(w, i);

        if (at <= next && at != UINT64_MAX) { /* from the upper level first */
            next = at;
            level = i;
        }
    }
    if (next > until) {
        if (until > w->now)
            w->now = until;
        return N_SLOTS;
    }
    w->now = next;
    return level * LEVEL_SLOTS +
           (unsigned)(next >> (level * SLOT_BITS) & SLOT_MASK);
}

uint32_t tcpsegp_wheel_next(tcptable *t, uint64_t now, uint32_t *steps)
{
    uint64_t until = now >> TICK_SHIFT;

    while (*steps) {
        unsigned slot = turn_to(&t->wheel, until);
        uint32_t i;

        if (slot == N_SLOTS)
            return NOBODY;
        i = t->wheel.first[slot];
        tcpsegp_wheel_remove(t, i);
        --*steps;
        return i;
    }
    return NOBODY;
}
