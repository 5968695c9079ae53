/* Addresses and ports, and what is kept of them: found by a hash of them, and by the id
 * of the connection that the library's table has between them now. */
#include "streams.h"

#include <stdlib.h>
#include <string.h>

enum { FIRST_BUCKETS = 1024, MOST_IDS = 1 << 22 }; /* powers of two */

/* Traffic must not be able to choose its bucket. Nothing written depends on the
 * seed. */
bool pairs_init(struct pairs *t, size_t connections)
{
    *t = (struct pairs){.n_buckets = FIRST_BUCKETS, .n_ids = FIRST_BUCKETS};
    while (t->n_ids < connections && t->n_ids < MOST_IDS)
        t->n_ids *= 2;
    room_seed(t->seed);
    t->buckets = calloc(t->n_buckets, sizeof *t->buckets);
    t->ids = calloc(t->n_ids, sizeof *t->ids);
    return t->buckets && t->ids;
}

static bool same(const struct endpoint *e, const uint8_t *address,
                 uint16_t port)
{
    return e->port == port && memcmp(e->address, address, 16) == 0;
}

static struct pair *find(struct pairs *t, uint32_t hash,
                         const tcptable_tuple *tuple, int *dir)
{
    for (struct pair *p = t->buckets[hash & (t->n_buckets - 1)]; p;
         p = p->chain) {
        if (p->hash != hash || p->family != tuple->family)
            continue;
        for (*dir = 0; *dir < 2; ++*dir)
            if (same(&p->ep[*dir], tuple->src, tuple->src_port) &&
                same(&p->ep[!*dir], tuple->dst, tuple->dst_port))
                return p;
    }
    return NULL;
}

static void put(struct pairs *t, struct pair *p)
{
    struct pair **bucket = &t->buckets[p->hash & (t->n_buckets - 1)];

    p->chain = *bucket;
    *bucket = p;
}

static bool grow(struct pairs *t)
{
    struct pair **old = t->buckets;
    size_t n_old = t->n_buckets;
    struct pair **bigger = calloc(2 * n_old, sizeof *bigger);

    if (!bigger)
        return false;
    t->buckets = bigger;
    t->n_buckets = 2 * n_old;
    for (size_t i = 0; i < n_old; i++) {
        for (struct pair *p = old[i], *next; p; p = next) {
            next = p->chain;
            put(t, p);
        }
    }
    free(old);
    return true;
}

static struct endpoint endpoint(const uint8_t *address, uint16_t port)
{
    struct endpoint e = {.port = port};

    memcpy(e.address, address, sizeof e.address);
    return e;
}

struct pair *pairs_get(struct pairs *t, const tcptable_tuple *tuple, int *dir)
{
    uint32_t hash = tcptable_hash(tuple, t->seed);
    struct pair *p = find(t, hash, tuple, dir);

    if (p)
        return p;
    *dir = 0;
    p = calloc(1, sizeof *p);
    if (!p || (t->n_pairs >= t->n_buckets && !grow(t))) {
        free(p);
        return NULL;
    }
    p->hash = hash;
    p->family = tuple->family;
    p->ep[0] = endpoint(tuple->src, tuple->src_port);
    p->ep[1] = endpoint(tuple->dst, tuple->dst_port);
    t->n_pairs++;
    put(t, p);
    return p;
}

/* The lower half of an id is the table's hash, with its secret seed. */
static struct pair **bucket_of(const struct pairs *t, tcptable_id id)
{
    return &t->ids[id & (t->n_ids - 1)];
}

struct pair *pairs_of(const struct pairs *t, tcptable_id id)
{
    struct pair *p = *bucket_of(t, id);

    while (p && p->id != id)
        p = p->id_next;
    return p;
}

void pairs_name(struct pairs *t, struct pair *p, tcptable_id id)
{
    struct pair **bucket = bucket_of(t, id);

    p->id = id;
    p->id_next = *bucket;
    *bucket = p;
}

void pairs_end(struct pairs *t, struct pair *p)
{
    struct pair **at = bucket_of(t, p->id);

    p->open = p->refused = false;
    if (!p->id)
        return;
    while (*at != p)
        at = &(*at)->id_next;
    *at = p->id_next;
    p->id = 0;
}

void pairs_release(struct pairs *t, struct pair *p)
{
    struct pair **at = &t->buckets[p->hash & (t->n_buckets - 1)];

    if (p->open || p->told)
        return;
    while (*at != p)
        at = &(*at)->chain;
    *at = p->chain;
    t->n_pairs--;
    free(p);
}

void pairs_destroy(struct pairs *t)
{
    for (size_t i = 0; i < t->n_buckets; i++) {
        for (struct pair *p = t->buckets[i], *next; p; p = next) {
            next = p->chain;
            free(p);
        }
    }
    free(t->buckets);
    free(t->ids);
}
