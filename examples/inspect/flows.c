/* Addresses and ports to a connection: a chained hash table, and three lists of
 * what is in it. */
#include "inspect.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FIRST_BUCKETS = 1024 }; /* a power of two, as all later sizes */

#define FLOW_OF(link_, member)                                                 \
    ((struct flow *)(void *)((char *)(link_)-offsetof(struct flow, member)))

static void list_init(struct link *list)
{
    list->prev = list->next = list;
}

static void list_remove(struct link *link)
{
    link->prev->next = link->next;
    link->next->prev = link->prev;
    list_init(link);
}

static void list_append(struct link *list, struct link *link)
{
    link->prev = list->prev;
    link->next = list;
    list->prev->next = link;
    list->prev = link;
}

bool flows_init(struct flows *t)
{
    memset(t, 0, sizeof *t);
    list_init(&t->order);
    list_init(&t->active);
    list_init(&t->over);
    /* Traffic must not be able to choose its bucket. Nothing printed depends on
     * the seed: without one the table is only easier to attack. */
    if (getentropy(&t->seed, sizeof t->seed) != 0)
        t->seed = (uint64_t)getpid();
    t->buckets = calloc(FIRST_BUCKETS, sizeof *t->buckets);
    t->n_buckets = t->buckets ? FIRST_BUCKETS : 0;
    return t->buckets;
}

static uint64_t mix(uint64_t h, uint64_t word)
{
    h = (h ^ word) * UINT64_C(0x9e3779b97f4a7c15);
    return h ^ h >> 29;
}

static uint64_t hash_endpoint(uint64_t seed, const struct endpoint *e)
{
    uint64_t high, low;

    memcpy(&high, e->address, sizeof high);
    memcpy(&low, e->address + sizeof high, sizeof low);
    return mix(mix(mix(mix(seed, high), low), e->port), seed);
}

/* The same for both directions. */
static uint32_t hash_pair(const struct flows *t, const struct endpoint *x,
                          const struct endpoint *y)
{
    uint64_t h = hash_endpoint(t->seed, x) + hash_endpoint(t->seed, y);

    return (uint32_t)(h >> 32 ^ h);
}

static bool same(const struct endpoint *x, const struct endpoint *y)
{
    return x->port == y->port && memcmp(x->address, y->address, 16) == 0;
}

struct flow *flows_find(struct flows *t, unsigned family,
                        const struct endpoint *src, const struct endpoint *dst,
                        int *dir)
{
    uint32_t hash = hash_pair(t, src, dst);

    for (struct flow *f = t->buckets[hash & (t->n_buckets - 1)]; f;
         f = f->chain) {
        if (f->hash != hash || f->family != family)
            continue;
        for (*dir = 0; *dir < 2; ++*dir) {
            if (same(src, &f->ep[*dir]) && same(dst, &f->ep[!*dir]))
                return f;
        }
    }
    *dir = 0;
    return NULL;
}

struct flow *flows_new(unsigned family, const struct endpoint *src,
                       const struct endpoint *dst)
{
    struct flow *f = calloc(1, sizeof *f + tcpconn_size(TCPCONN_WITH_STATS));

    if (!f)
        return NULL;
    f->family = (uint8_t)family;
    f->ep[0] = *src;
    f->ep[1] = *dst;
    f->opener = UNKNOWN;
    stream_begin(&f->side[0].stream);
    stream_begin(&f->side[1].stream);
    list_init(&f->order);
    list_init(&f->use);
    return f;
}

static void put_in_bucket(struct flows *t, struct flow *f)
{
    struct flow **bucket = &t->buckets[f->hash & (t->n_buckets - 1)];

    f->chain = *bucket;
    *bucket = f;
}

static bool grow(struct flows *t)
{
    struct flow **old = t->buckets;
    size_t n_old = t->n_buckets;
    struct flow **bigger = calloc(2 * n_old, sizeof *bigger);

    if (!bigger)
        return false;
    t->buckets = bigger;
    t->n_buckets = 2 * n_old;
    for (size_t i = 0; i < n_old; i++) {
        for (struct flow *f = old[i], *next; f; f = next) {
            next = f->chain;
            put_in_bucket(t, f);
        }
    }
    free(old);
    return true;
}

bool flows_insert(struct flows *t, struct flow *f)
{
    if (t->n_flows >= t->n_buckets && !grow(t))
        return false;
    f->hash = hash_pair(t, &f->ep[0], &f->ep[1]);
    put_in_bucket(t, f);
    t->n_flows++;
    list_append(&t->order, &f->order);
    list_append(&t->active, &f->use);
    return true;
}

void flows_touch(struct flows *t, struct flow *f, bool over)
{
    list_remove(&f->use);
    list_append(over ? &t->over : &t->active, &f->use);
}

struct flow *flows_oldest(const struct link *list)
{
    return list->next == list ? NULL : FLOW_OF(list->next, use);
}

void flows_forget(struct flows *t, struct flow *f)
{
    struct flow **at = &t->buckets[f->hash & (t->n_buckets - 1)];

    while (*at && *at != f)
        at = &(*at)->chain;
    if (*at)
        *at = f->chain, t->n_flows--;
    list_remove(&f->use);
}

void flows_free(struct flow *f)
{
    list_remove(&f->order);
    free(f->provisional);
    free(f);
}

struct flow *flows_next(const struct flows *t, const struct flow *f)
{
    const struct link *next = f ? f->order.next : t->order.next;

    return next == &t->order ? NULL : FLOW_OF(next, order);
}

void flows_destroy(struct flows *t)
{
    struct flow *f;

    while ((f = flows_next(t, NULL)))
        flows_free(f);
    free(t->buckets);
}
