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

void tcpsegp_put_name(tcptable *t, struct place *place, const struct name *name)
{
    memcpy(place->word, name->word, sizeof place->word);
    if (!name->six)
        return;
    place->word[0] = t->free_wide;
    memcpy(&t->free_wide, wide_at(t, t->free_wide), sizeof t->free_wide);
    *wide_at(t, place->word[0]) = name->wide;
}

void tcpsegp_drop_name(tcptable *t, const struct place *place, uint8_t bits)
{
    if (!(bits & BIT_SIX))
        return;
    memcpy(wide_at(t, place->word[0]), &t->free_wide, sizeof t->free_wide);
    t->free_wide = place->word[0];
}

/* ---- lists: by number, in the order in which they came ---- */

/* Where the links of one kind are: that of the first, and how far apart. */
struct chain {
    uint8_t *first;
    size_t apart;
};

static struct chain chain_of_ranks(const tcptable *t)
{
    return (struct chain){(uint8_t *)&links_at(t, 0)->rank,
                          sizeof(struct links)};
}

static struct chain chain_of_ages(const tcptable *t)
{
    return (struct chain){(uint8_t *)&half_at(t, 0)->age, sizeof(struct half)};
}

static struct link *link_at(struct chain chain, uint32_t i)
{
    return (struct link *)(void *)(chain.first + chain.apart * i);
}

static void append(struct list *list, struct chain chain, uint32_t i)
{
    struct link *link = link_at(chain, i);

    link->next = NOBODY;
    link->prev = list->last;
    if (list->last != NOBODY)
        link_at(chain, list->last)->next = i;
    else
        list->first = i;
    list->last = i;
    list->count++;
}

static void take_out(struct list *list, struct chain chain, uint32_t i)
{
    const struct link *link = link_at(chain, i);

    if (link->prev != NOBODY)
        link_at(chain, link->prev)->next = link->next;
    else
        list->first = link->next;
    if (link->next != NOBODY)
        link_at(chain, link->next)->prev = link->prev;
    else
        list->last = link->prev;
    list->count--;
}

void tcpsegp_rank_put(tcptable *t, uint32_t i, uint8_t rank)
{
    append(&t->ranks[rank], chain_of_ranks(t), i);
    cell_at(t, i)->rank = rank;
}

void tcpsegp_rank_remove(tcptable *t, uint32_t i)
{
    uint8_t rank = cell_at(t, i)->rank;

    if (rank < TCPTABLE_CLOSING && t->looked[rank] == i)
        t->looked[rank] = links_at(t, i)->rank.next;
    take_out(&t->ranks[rank], chain_of_ranks(t), i);
}

/* ---- places ---- */

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
    tcpsegp_put_name(t, &cell->place, name);
    cell->bits = (uint8_t)(name->six | BIT_TAKEN);
    if (name->upper)
        cell->bits |= BIT_UPPER;
    cell->changed = t->round;
    t->six += name->six;
    t->stats.ipv6 += name->six;
    t->taken++;
    return i;
}

void tcpsegp_free_cell(tcptable *t, uint32_t i)
{
    struct cell *cell = cell_at(t, i);

    tcpsegp_drop_name(t, &cell->place, cell->bits);
    t->six -= cell->bits & BIT_SIX;
    t->stats.ipv6 -= cell->bits & BIT_SIX;
    t->taken--;
    cell->bits = 0;
    links_at(t, i)->turn.next = t->free_cell;
    t->free_cell = i;
}

/* The oldest gives way. */
uint32_t tcpsegp_take_half(tcptable *t, tcpconn_env *env,
                           const struct name *name)
{
    struct half *half;
    uint32_t i;

    if (name->six && !t->shape.n_wides)
        return NOBODY;
    if (t->free_half == NOBODY)
        tcpsegp_end_half(t, env, t->halves_by_age.first, TCPCONN_END_EVICTED);
    i = pop(&t->free_half, half_at(t, t->free_half)->age.next);
    half = half_at(t, i);
    memset(half, 0, sizeof *half);
    tcpsegp_put_name(t, &half->place, name);
    half->opening.bits = (uint8_t)(name->six | BIT_TAKEN);
    if (name->upper)
        half->opening.bits |= BIT_UPPER;
    t->stats.ipv6 += name->six;
    append(&t->halves_by_age, chain_of_ages(t), i);
    return i;
}

void tcpsegp_free_half(tcptable *t, uint32_t i)
{
    struct half *half = half_at(t, i);

    take_out(&t->halves_by_age, chain_of_ages(t), i);
    tcpsegp_drop_name(t, &half->place, half->opening.bits);
    t->stats.ipv6 -= half->opening.bits & BIT_SIX;
    half->opening.bits = 0;
    half->age.next = t->free_half;
    t->free_half = i;
}
