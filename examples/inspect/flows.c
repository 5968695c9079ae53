/* What is kept of each connection, found by its id in the library's table. */
#include "inspect.h"

#include <stdlib.h>

enum { LEAST_BUCKETS = 1024, MOST_BUCKETS = 1 << 22 };

#define FLOW_OF(link_)                                                         \
    ((struct flow *)(void *)((char *)(link_)-offsetof(struct flow, order)))

static void list_init(struct link *list)
{
    list->prev = list->next = list;
}

bool flows_init(struct flows *t, size_t n)
{
    *t = (struct flows){.n_buckets = LEAST_BUCKETS};
    list_init(&t->order);
    while (t->n_buckets < n && t->n_buckets < MOST_BUCKETS)
        t->n_buckets *= 2;
    t->buckets = calloc(t->n_buckets, sizeof *t->buckets);
    return t->buckets;
}

/* The lower half of an id is the table's hash, with its secret seed. */
static struct flow **bucket_of(const struct flows *t, tcptable_id id)
{
    return &t->buckets[id & (t->n_buckets - 1)];
}

struct flow *flows_find(struct flows *t, tcptable_id id)
{
    struct flow *f = t->last;

    if (f && f->id == id)
        return f;
    for (f = *bucket_of(t, id); f; f = f->chain)
        if (f->id == id)
            return t->last = f;
    return NULL;
}

struct flow *flows_new(bool hash)
{
    struct flow *f = calloc(1, sizeof *f);

    if (!f)
        return NULL;
    f->opener = UNKNOWN;
    list_init(&f->order);
    if (stream_begin(&f->side[0].stream, hash) &&
        stream_begin(&f->side[1].stream, hash))
        return f;
    flows_free(f);
    return NULL;
}

static void put(struct flows *t, struct flow *f, tcptable_id id)
{
    struct flow **bucket = bucket_of(t, id);

    f->id = id;
    f->chain = *bucket;
    *bucket = t->last = f;
}

void flows_rename(struct flows *t, struct flow *f, tcptable_id id)
{
    flows_forget(t, f);
    put(t, f, id);
}

void flows_insert(struct flows *t, struct flow *f, tcptable_id id)
{
    put(t, f, id);
    f->order.prev = t->order.prev;
    f->order.next = &t->order;
    t->order.prev->next = &f->order;
    t->order.prev = &f->order;
}

void flows_forget(struct flows *t, struct flow *f)
{
    struct flow **at = bucket_of(t, f->id);

    while (*at && *at != f)
        at = &(*at)->chain;
    if (*at)
        *at = f->chain;
    if (t->last == f)
        t->last = NULL;
}

void flows_free(struct flow *f)
{
    f->order.prev->next = f->order.next;
    f->order.next->prev = f->order.prev;
    stream_end(&f->side[0].stream);
    stream_end(&f->side[1].stream);
    free(f->provisional);
    free(f);
}

struct flow *flows_next(const struct flows *t, const struct flow *f)
{
    const struct link *next = f ? f->order.next : t->order.next;

    return next == &t->order ? NULL : FLOW_OF(next);
}

void flows_destroy(struct flows *t)
{
    struct flow *f;

    while ((f = flows_next(t, NULL)))
        flows_free(f);
    free(t->buckets);
}
