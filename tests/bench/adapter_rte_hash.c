/* DPDK's hash table, asked for 32 keys at once, and a record of two cache lines for
 * each. The keys are ready before the clock runs, nothing is parsed, and no connection
 * is followed: it is what finding alone costs. With ONE_BY_ONE, a key a call. */
#include "block.h"
#include "tuple.h"
#include <rte_eal.h>
#include <rte_hash.h>
#include <rte_hash_crc.h>
#include <rte_malloc.h>

enum { BATCH = 32, WORDS = 16 };

struct tracker {
    struct rte_hash *hash;
    uint64_t (*records)[WORDS];
    struct tuple *keys; /* of each packet */
    const struct packet *first;
    uint64_t sum;
    size_t size;
};

static void must(int holds, const char *what)
{
    if (holds)
        return;
    fprintf(stderr, "%s failed\n", what);
    exit(1);
}

/* Its own memory is of the page kind of all rows, too. */
static int heap_of(size_t size)
{
    static char *words[] = {"rte_hash",
                            "--no-huge",
                            "--no-pci",
                            "--no-shconf",
                            "--log-level=error",
                            "--no-telemetry",
                            "-m",
                            "64",
                            "-l",
                            "0"};
    const char *name = "bench";

    must(rte_eal_init(sizeof words / sizeof *words, words) >= 0,
         "rte_eal_init");
    must(rte_malloc_heap_create(name) == 0, "rte_malloc_heap_create");
    must(rte_malloc_heap_memory_add(name, block_new(size), size, NULL,
                                    (unsigned)(size / 4096), 4096) == 0,
         "rte_malloc_heap_memory_add");
    return rte_malloc_heap_get_socket(name);
}

static void *track_new(size_t connections)
{
    struct tracker *t = calloc(1, sizeof *t);
    size_t entries = connections * 5 / 4 + 64;
    struct rte_hash_parameters config = {.name = "bench",
                                         .entries = (uint32_t)entries,
                                         .key_len = sizeof(struct tuple),
                                         .hash_func = rte_hash_crc};

    config.socket_id =
        heap_of((entries * 160 + (64 << 20)) & ~(size_t)(HUGE_PAGE - 1));
    t->hash = rte_hash_create(&config);
    must(t->hash != NULL, "rte_hash_create");
    t->size = (entries + 8) * sizeof *t->records;
    t->records = block_new(t->size);
    return t;
}

static void track_prepare(void *tracker, const struct packet *p, size_t n)
{
    struct tracker *t = tracker;

    t->first = p;
    t->keys = block_new(n * sizeof *t->keys);
    for (size_t i = 0; i < n; i++) {
        t->keys[i] = tuple_of(&p[i]);
        must(rte_hash_add_key(t->hash, &t->keys[i]) >= 0, "rte_hash_add_key");
    }
}

static void use(struct tracker *t, int32_t position)
{
    uint64_t *record = t->records[position];

    record[1]++;
    record[9] += t->sum;
    t->sum += record[3] + 1;
}

#ifdef ONE_BY_ONE
static void find(struct tracker *t, const struct tuple *keys, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        use(t, rte_hash_lookup(t->hash, &keys[i]));
}
#else
static void find(struct tracker *t, const struct tuple *keys, unsigned n)
{
    const void *wanted[BATCH];
    int32_t positions[BATCH];

    for (unsigned i = 0; i < n; i++)
        wanted[i] = &keys[i];
    rte_hash_lookup_bulk(t->hash, wanted, n, positions);
    for (unsigned i = 0; i < n; i++) {
        __builtin_prefetch(t->records[positions[i]], 1);
        __builtin_prefetch(&t->records[positions[i]][8], 1);
    }
    for (unsigned i = 0; i < n; i++)
        use(t, positions[i]);
}
#endif

static uint64_t track_feed(void *tracker, const struct packet *p, size_t n)
{
    struct tracker *t = tracker;
    const struct tuple *keys = t->keys + (p - t->first);

    for (size_t i = 0; i < n; i += BATCH)
        find(t, keys + i, n - i < BATCH ? (unsigned)(n - i) : BATCH);
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
#ifdef ONE_BY_ONE
    .name = "rte_hash, key by key, and a record",
#else
    .name = "rte_hash, 32 keys, and a record",
#endif
    .track_new = track_new,
    .track_prepare = track_prepare,
    .track_feed = track_feed,
    .track_bytes = track_bytes,
    .track_free = track_free,
};
