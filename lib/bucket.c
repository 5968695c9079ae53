/* The index: buckets of one cache line, and in each the tags of its entries, so that
 * one line is read to find who is where. What finds its bucket full goes to the next
 * one that has room, and is counted on the way. */
#include "inline.h"
#include "table_int.h"

static uint32_t home_of(const tcptable *t, uint32_t hash)
{
    return (uint32_t)((uint64_t)hash * t->shape.n_buckets >> 32);
}

static uint8_t tag_of(uint32_t hash)
{
    uint8_t tag = (uint8_t)hash;

    return tag ? tag : 1;
}

static uint32_t next_bucket(const tcptable *t, uint32_t b)
{
    return b + 1 < t->shape.n_buckets ? b + 1 : 0;
}

/* A bit for each of eight bytes that is this one, the first byte's the lowest: bytes
 * that differ are not zero, zero ones have their top bit set, and those bits are
 * gathered by one multiplication. */
static inline uint32_t matching8(const uint8_t *bytes, uint8_t byte)
{
    const uint64_t ones = UINT64_C(0x0101010101010101), low = ones * 0x7f;
    uint64_t v;

    memcpy(&v, bytes, sizeof v);
    v = (little_endian() ? v : swap64(v)) ^ ones * byte;
    v = ~(((v & low) + low) | v | low) >> 7;
    return (uint32_t)(v * UINT64_C(0x0102040810204080) >> 56);
}

/* A bit for each entry with that tag. */
static inline uint32_t matching(const struct bucket *b, uint8_t tag)
{
    return matching8(b->tag, tag) | (matching8(b->tag + 4, tag) & 0xf0) << 4;
}

struct place *tcpsegp_place(const tcptable *t, uint32_t index)
{
    if (index & IS_HALF)
        return &half_at(t, index & ~IS_HALF)->place;
    if (index & IS_ALIAS)
        return &alias_at(t, index & ~IS_ALIAS)->place;
    return &cell_at(t, index)->place;
}

uint8_t tcpsegp_bits(const tcptable *t, uint32_t index)
{
    if (index & IS_HALF)
        return half_at(t, index & ~IS_HALF)->opening.bits;
    if (index & IS_ALIAS)
        return alias_at(t, index & ~IS_ALIAS)->bits;
    return cell_at(t, index)->bits;
}

static INLINE bool is_named(const tcptable *t, uint32_t index, const void *who)
{
    const struct place *p = tcpsegp_place(t, index);
    const struct name *name = who;

    if ((tcpsegp_bits(t, index) & BIT_SIX) != name->six ||
        p->word[2] != name->word[2] || p->word[3] != name->word[3])
        return false;
    if (name->six)
        return !memcmp(wide_at(t, p->word[0]), &name->wide, sizeof name->wide);
    return p->word[0] == name->word[0] && p->word[1] == name->word[1];
}

static INLINE bool has_serial(const tcptable *t, uint32_t index,
                              const void *serial)
{
    return !(index & IS_ALIAS) &&
           tcpsegp_place(t, index)->serial == *(const uint32_t *)serial;
}

/* The first entry under this hash that is the one. */
static INLINE uint32_t search(const tcptable *t, uint32_t hash,
                              bool is(const tcptable *, uint32_t, const void *),
                              const void *who)
{
    for (uint32_t b = home_of(t, hash);; b = next_bucket(t, b)) {
        const struct bucket *bucket = bucket_at(t, b);

        for (uint32_t m = matching(bucket, tag_of(hash)); m; m &= m - 1) {
            uint32_t index = bucket->index[lowest_bit(m)];

            if (is(t, index, who))
                return index;
        }
        if (!bucket->passed)
            return NOBODY;
    }
}

uint32_t tcpsegp_find(const tcptable *t, const struct name *name)
{
    return search(t, name->hash, is_named, name);
}

uint32_t tcpsegp_find_id(const tcptable *t, tcptable_id id)
{
    uint32_t serial = (uint32_t)(id >> 32);

    return search(t, (uint32_t)id, has_serial, &serial);
}

/* There is room: buckets have more entries than there are places. */
void tcpsegp_enlist(tcptable *t, uint32_t hash, uint32_t index)
{
    uint32_t b = home_of(t, hash);

    for (;; b = next_bucket(t, b)) {
        struct bucket *bucket = bucket_at(t, b);
        uint32_t m = matching(bucket, 0);

        if (m) {
            unsigned i = lowest_bit(m);

            bucket->tag[i] = tag_of(hash);
            bucket->index[i] = index;
            return;
        }
        bucket->passed++;
    }
}

/* The entry of an index that is enlisted under this hash. */
static struct bucket *entry_of(const tcptable *t, uint32_t hash, uint32_t index,
                               unsigned *entry)
{
    for (uint32_t b = home_of(t, hash);; b = next_bucket(t, b)) {
        struct bucket *bucket = bucket_at(t, b);

        for (uint32_t m = matching(bucket, tag_of(hash)); m; m &= m - 1)
            if (bucket->index[lowest_bit(m)] == index) {
                *entry = lowest_bit(m);
                return bucket;
            }
    }
}

void tcpsegp_rename(tcptable *t, uint32_t hash, uint32_t from, uint32_t to)
{
    unsigned i;

    entry_of(t, hash, from, &i)->index[i] = to;
}

void tcpsegp_strike(tcptable *t, uint32_t hash, uint32_t index)
{
    unsigned i;
    struct bucket *bucket = entry_of(t, hash, index, &i);

    bucket->tag[i] = 0;
    for (uint32_t b = home_of(t, hash); bucket_at(t, b) != bucket;
         b = next_bucket(t, b))
        bucket_at(t, b)->passed--;
}

void tcpsegp_name_of_index(struct name *out, const tcptable *t, uint32_t index)
{
    const struct place *p = tcpsegp_place(t, index);

    memcpy(out->word, p->word, sizeof out->word);
    out->six = tcpsegp_bits(t, index) & BIT_SIX;
    out->upper = !!(tcpsegp_bits(t, index) & BIT_UPPER);
    if (out->six) {
        out->wide = *wide_at(t, p->word[0]);
        out->word[0] = out->word[1] = 0;
    }
    tcpsegp_rehash(out, t->shape.seed);
}

void tcpsegp_prefetch_bucket(const tcptable *t, uint32_t hash)
{
    PREFETCH(bucket_at(t, home_of(t, hash)));
}

/* The first that has the tag is mostly the one. */
uint32_t tcpsegp_guess(const tcptable *t, uint32_t hash)
{
    const struct bucket *bucket = bucket_at(t, home_of(t, hash));
    uint32_t m = matching(bucket, tag_of(hash)), index;
    const uint8_t *conn;

    if (!m)
        return NOBODY;
    index = bucket->index[lowest_bit(m)];
    PREFETCH(tcpsegp_place(t, index));
    if (index & (IS_HALF | IS_ALIAS))
        return index;
    conn = (const uint8_t *)conn_at(t, index);
    PREFETCH(conn);
    PREFETCH(conn + 64);
    PREFETCH(conn + 128);
    return index;
}

bool tcpsegp_is_taken_by(const tcptable *t, uint32_t index,
                         const struct name *name)
{
    return tcpsegp_bits(t, index) & BIT_TAKEN && is_named(t, index, name);
}
