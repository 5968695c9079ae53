/* The least that a table can do: parse 32 packets, read one line of the index for each,
 * and change two lines of its record. Where both are is known before the clock runs: no
 * hash, no key, no connection. */
#include "block.h"
#include "tuple.h"
#include <tcpseg/tcpseg.h>

enum { BATCH = 32, PER_LINE = 16, USED = 10, WORDS = 16 };

struct tracker {
    size_t lines, connections, size;
    uint32_t (*index)[PER_LINE];
    uint64_t (*records)[WORDS];
    uint32_t *line; /* of each packet */
    const struct packet *first;
    uint64_t sum;
};

static void *track_new(size_t connections)
{
    struct tracker *t = calloc(1, sizeof *t);

    t->connections = connections;
    t->lines = (connections + USED - 1) / USED;
    t->size = t->lines * sizeof *t->index + connections * sizeof *t->records;
    t->index = block_new(t->size);
    t->records = (void *)(t->index + t->lines);
    return t;
}

/* A number below `connections` for each tuple, and no two alike if there are not more:
 * the order in which they come first. */
static uint32_t number(struct tuple *seen, size_t mask, uint32_t *numbers,
                       uint32_t *count, const struct tuple *key)
{
    uint64_t hash = ((uint64_t)key->address[0] << 32 | key->address[1]) *
                    UINT64_C(0x9e3779b97f4a7c15);

    hash ^= ((uint64_t)key->port[0] << 16 | key->port[1]) *
            UINT64_C(0xd6e8feb86659fd93);
    for (hash ^= hash >> 29;; hash++) {
        size_t i = hash & mask;

        if (!memcmp(&seen[i], key, sizeof *key))
            return numbers[i];
        if (!seen[i].port[0]) {
            seen[i] = *key;
            return numbers[i] = (*count)++;
        }
    }
}

static void track_prepare(void *tracker, const struct packet *p, size_t n)
{
    struct tracker *t = tracker;
    size_t room = 1024;
    uint32_t count = 0;
    struct tuple *seen;
    uint32_t *numbers;

    while (room < 2 * t->connections)
        room *= 2;
    seen = calloc(room, sizeof *seen);
    numbers = calloc(room, sizeof *numbers);
    t->first = p;
    t->line = block_new(n * sizeof *t->line);
    for (size_t i = 0; i < n; i++) {
        struct tuple key = tuple_of(&p[i]);
        uint32_t own =
            number(seen, room - 1, numbers, &count, &key) % t->connections;

        /* Neighbours in time are none in the index. */
        t->line[i] = (uint32_t)(own * UINT64_C(2654435761) % t->lines);
        t->line[i] = t->line[i] * PER_LINE + own % USED;
        t->index[t->line[i] / PER_LINE][t->line[i] % PER_LINE] = own;
    }
    free(seen);
    free(numbers);
}

static void find(struct tracker *t, const struct packet *p,
                 const uint32_t *line, unsigned n)
{
    uint64_t *records[BATCH];
    const void *frames[BATCH];
    uint32_t lengths[BATCH];
    tcpseg seg[BATCH];

    for (unsigned i = 0; i < n; i++) {
        frames[i] = p[i].eth;
        lengths[i] = p[i].len;
        __builtin_prefetch(t->index[line[i] / PER_LINE]);
    }
    tcpseg_parse_burst(seg, NULL, 0, TCPSEG_LINK_ETHERNET, 0, n, frames,
                       lengths, NULL);
    for (unsigned i = 0; i < n; i++) {
        records[i] =
            t->records[t->index[line[i] / PER_LINE][line[i] % PER_LINE]];
        __builtin_prefetch(records[i], 1);
        __builtin_prefetch(records[i] + 8, 1);
    }
    for (unsigned i = 0; i < n; i++) {
        records[i][1] += seg[i].seq;
        records[i][9] += t->sum;
        t->sum += records[i][3] + 1;
    }
}

static uint64_t track_feed(void *tracker, const struct packet *p, size_t n)
{
    struct tracker *t = tracker;
    const uint32_t *line = t->line + (p - t->first);

    for (size_t i = 0; i < n; i += BATCH)
        find(t, p + i, line + i, n - i < BATCH ? (unsigned)(n - i) : BATCH);
    return t->sum;
}

static size_t track_bytes(void *tracker)
{
    struct tracker *t = tracker;

    return t->size;
}

static void track_free(void *tracker)
{
    (void)tracker;
}

const struct adapter bench_adapter = {
    .name = "ideal table, with the parsing",
    .track_new = track_new,
    .track_prepare = track_prepare,
    .track_feed = track_feed,
    .track_bytes = track_bytes,
    .track_free = track_free,
};
