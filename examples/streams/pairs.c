/* Addresses and ports to a connection: a chained hash table, and two lists of the
 * connections in it. */
#include "streams.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FIRST_BUCKETS = 1024 }; /* a power of two, as all later sizes */

#define PAIR_OF(link_)                                                         \
    ((struct pair *)(void *)((char *)(link_)-offsetof(struct pair, use)))

static void list_remove(struct link *link)
{
    link->prev->next = link->next;
    link->next->prev = link->prev;
}

static void list_append(struct link *list, struct link *link)
{
    link->prev = list->prev;
    link->next = list;
    list->prev->next = link;
    list->prev = link;
}

bool pairs_init(struct pairs *t)
{
    *t = (struct pairs){.n_buckets = FIRST_BUCKETS};
    t->active.prev = t->active.next = &t->active;
    t->over.prev = t->over.next = &t->over;
    /* Traffic must not be able to choose its bucket. Nothing written depends on
     * the seed. */
    if (getentropy(&t->seed, sizeof t->seed) != 0)
        t->seed = (uint64_t)getpid();
    t->buckets = calloc(FIRST_BUCKETS, sizeof *t->buckets);
    return t->buckets;
}

static uint64_t mix(uint64_t h, uint64_t word)
{
    h = (h ^ word) * UINT64_C(0x9e3779b97f4a7c15);
    return h ^ h >> 29;
}

static uint64_t hash_of(uint64_t seed, const struct endpoint *e)
{
    uint64_t half[2];

    memcpy(half, e->address, sizeof half);
    return mix(mix(mix(mix(seed, half[0]), half[1]), e->port), seed);
}

static bool same(const struct endpoint *x, const struct endpoint *y)
{
    return x->port == y->port && memcmp(x->address, y->address, 16) == 0;
}

static struct pair *find(struct pairs *t, uint32_t hash, unsigned family,
                         const struct endpoint *src, const struct endpoint *dst,
                         int *dir)
{
    for (struct pair *p = t->buckets[hash & (t->n_buckets - 1)]; p;
         p = p->chain) {
        if (p->hash != hash || p->family != family)
            continue;
        for (*dir = 0; *dir < 2; ++*dir)
            if (same(src, &p->ep[*dir]) && same(dst, &p->ep[!*dir]))
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

struct pair *pairs_get(struct pairs *t, unsigned family,
                       const struct endpoint *src, const struct endpoint *dst,
                       int *dir)
{
    uint64_t h = hash_of(t->seed, src) + hash_of(t->seed, dst);
    uint32_t hash = (uint32_t)(h >> 32 ^ h);
    struct pair *p = find(t, hash, family, src, dst, dir);

    if (p)
        return p;
    *dir = 0;
    p = calloc(1, sizeof *p);
    if (!p || (t->n_pairs >= t->n_buckets && !grow(t))) {
        free(p);
        return NULL;
    }
    p->hash = hash;
    p->family = (uint8_t)family;
    p->ep[0] = *src;
    p->ep[1] = *dst;
    t->n_pairs++;
    put(t, p);
    return p;
}

bool pairs_begin(struct pairs *t, struct pair *p)
{
    void *memory = malloc(tcpconn_size(0));

    if (!memory || tcpconn_init(memory, tcpconn_size(0), 0, &p->conn)) {
        free(memory);
        return false;
    }
    t->n_active++;
    list_append(&t->active, &p->use);
    return true;
}

void pairs_touch(struct pairs *t, struct pair *p, bool over)
{
    list_remove(&p->use);
    list_append(over ? &t->over : &t->active, &p->use);
}

struct pair *pairs_oldest(const struct link *list)
{
    return list->next == list ? NULL : PAIR_OF(list->next);
}

void pairs_end(struct pairs *t, struct pair *p)
{
    struct pair **at = &t->buckets[p->hash & (t->n_buckets - 1)];

    if (p->conn) {
        list_remove(&p->use);
        free(p->conn); /* where its memory begins */
        p->conn = NULL;
        t->n_active--;
    }
    if (p->told)
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
            free(p->conn);
            free(p);
        }
    }
    free(t->buckets);
}
