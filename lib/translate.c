/* Second tuples: a connection on both sides of an address translator. */
#include "table_int.h"

static void fill(tcptable *t, uint32_t i, const struct name *name,
                 uint32_t record, const uint32_t delta[2])
{
    struct alias *alias = alias_at(t, i);

    memset(alias, 0, sizeof *alias);
    tcpsegp_put_name(t, &alias->place, name);
    alias->record = record;
    alias->delta[0] = delta[0];
    alias->delta[1] = delta[1];
    alias->bits = (uint8_t)(name->six | BIT_TAKEN);
    if (name->upper)
        alias->bits |= BIT_UPPER;
    tcpsegp_enlist(t, name->hash, i | IS_ALIAS);
    cell_at(t, record)->alias = i + 1;
    t->stats.translations++;
}

int tcptable_translate(tcptable *table, tcptable_id id,
                       const tcptable_tuple *tuple, const uint32_t delta[2])
{
    struct name name;
    uint32_t record, i;

    if (!table || !tuple || !delta)
        return TCPSEG_ERR_ARG;
    if (!table_valid(table))
        return TCPSEG_ERR_STATE;
    if (table->busy)
        return TCPSEG_ERR_REENTRY;
    if (!tcpsegp_name_tuple(&name, table, tuple))
        return TCPSEG_ERR_ARG;
    record = id ? tcpsegp_find_id(table, id) : NOBODY;
    if (record == NOBODY || record & IS_HALF)
        return TCPSEG_ERR_NOT_FOUND;
    tcpsegp_drop_alias(table, record);
    i = table->free_alias;
    if (i == NOBODY || tcpsegp_find(table, &name) != NOBODY ||
        (name.six && table->free_wide == NOBODY))
        return TCPSEG_ERR_FULL;
    table->free_alias = alias_at(table, i)->record;
    fill(table, i, &name, record, delta);
    return TCPSEG_OK;
}
