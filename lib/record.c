/* Places: taken, named, and given back. */
#include "table_int.h"

/* Free places of a kind are linked by a member that is used otherwise when taken. */
static uint32_t pop(uint32_t *head, uint32_t next)
{
    uint32_t i = *head;

    *head = next;
    return i;
}

tcptable_id tcpsegp_id(const tcptable *t, uint32_t index)
{
    struct name name;

    tcpsegp_name_of_index(&name, t, index);
    return (uint64_t)tcpsegp_place(t, index)->serial << 32 | name.hash;
}

bool tcpsegp_put_name(tcptable *t, struct place *place, const struct name *name)
{
    memcpy(place->word, name->word, sizeof place->word);
    if (!name->six)
        return true;
    if (t->free_wide == NOBODY)
        return false;
    place->word[0] = t->free_wide;
    memcpy(&t->free_wide, wide_at(t, t->free_wide), sizeof t->free_wide);
    *wide_at(t, place->word[0]) = name->wide;
    t->stats.ipv6++;
    return true;
}

void tcpsegp_drop_name(tcptable *t, const struct place *place, uint8_t bits)
{
    if (!(bits & BIT_SIX))
        return;
    memcpy(wide_at(t, place->word[0]), &t->free_wide, sizeof t->free_wide);
    t->free_wide = place->word[0];
    t->stats.ipv6--;
}

void tcpsegp_rank_put(tcptable *t, uint32_t i, uint8_t rank)
{
    struct list *list = &t->ranks[rank];
    struct link *link = &links_at(t, i)->rank;

    link->next = NOBODY;
    link->prev = list->last;
    if (list->last != NOBODY)
        links_at(t, list->last)->rank.next = i;
    else
        list->first = i;
    list->last = i;
    list->count++;
    cell_at(t, i)->rank = rank;
}

void tcpsegp_rank_remove(tcptable *t, uint32_t i)
{
    struct list *list = &t->ranks[cell_at(t, i)->rank];
    const struct link *link = &links_at(t, i)->rank;

    if (link->prev != NOBODY)
        links_at(t, link->prev)->rank.next = link->next;
    else
        list->first = link->next;
    if (link->next != NOBODY)
        links_at(t, link->next)->rank.prev = link->prev;
    else
        list->last = link->prev;
    list->count--;
}

/* Its connection is put there by the caller, who ranks it too. */
uint32_t tcpsegp_take_cell(tcptable *t, tcpconn_env *env,
                           const struct name *name)
{
    bool six = name->six && t->six >= t->shape.most_six;
    struct cell *cell;
    uint32_t i;

    if ((t->free_cell == NOBODY || six) && !tcpsegp_make_room(t, env, six))
        return NOBODY;
    i = pop(&t->free_cell, links_at(t, t->free_cell)->turn.next);
    cell = cell_at(t, i);
    memset(cell, 0, sizeof *cell);
    (void)tcpsegp_put_name(t, &cell->place, name);
    cell->bits = (uint8_t)(name->six | BIT_TAKEN);
    if (name->upper)
        cell->bits |= BIT_UPPER;
    cell->changed = t->round;
    t->six += !!name->six;
    t->taken++;
    return i;
}

void tcpsegp_free_cell(tcptable *t, uint32_t i)
{
    struct cell *cell = cell_at(t, i);

    tcpsegp_drop_name(t, &cell->place, cell->bits);
    t->six -= cell->bits & BIT_SIX;
    t->taken--;
    cell->bits = 0;
    links_at(t, i)->turn.next = t->free_cell;
    t->free_cell = i;
}

static void age_put(tcptable *t, uint32_t i)
{
    struct half *half = half_at(t, i);
    struct list *list = &t->halves_by_age;

    half->next = NOBODY;
    half->prev = list->last;
    if (list->last != NOBODY)
        half_at(t, list->last)->next = i;
    else
        list->first = i;
    list->last = i;
    list->count++;
}

static void age_remove(tcptable *t, uint32_t i)
{
    const struct half *half = half_at(t, i);
    struct list *list = &t->halves_by_age;

    if (half->prev != NOBODY)
        half_at(t, half->prev)->next = half->next;
    else
        list->first = half->next;
    if (half->next != NOBODY)
        half_at(t, half->next)->prev = half->prev;
    else
        list->last = half->prev;
    list->count--;
}

/* The oldest gives way. */
uint32_t tcpsegp_take_half(tcptable *t, tcpconn_env *env,
                           const struct name *name)
{
    struct half *half;
    uint32_t i;

    if (t->free_half == NOBODY || (name->six && t->free_wide == NOBODY)) {
        i = t->halves_by_age.first;
        if (i == NOBODY)
            return NOBODY;
        tcpsegp_end_half(t, env, i, TCPCONN_END_EVICTED);
    }
    if (name->six && t->free_wide == NOBODY)
        return NOBODY;
    i = pop(&t->free_half, half_at(t, t->free_half)->next);
    half = half_at(t, i);
    memset(half, 0, sizeof *half);
    (void)tcpsegp_put_name(t, &half->place, name);
    half->opening.bits = (uint8_t)(name->six | BIT_TAKEN);
    if (name->upper)
        half->opening.bits |= BIT_UPPER;
    age_put(t, i);
    return i;
}

void tcpsegp_free_half(tcptable *t, uint32_t i)
{
    struct half *half = half_at(t, i);

    age_remove(t, i);
    tcpsegp_drop_name(t, &half->place, half->opening.bits);
    half->opening.bits = 0;
    half->next = t->free_half;
    t->free_half = i;
}
