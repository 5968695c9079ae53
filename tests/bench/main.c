/* Drives one adapter over a capture file that gen.c made.
 *
 *     PROGRAM parse FILE hot|stream [RUNS]
 *     PROGRAM track FILE [BEFORE [CONNECTIONS [RUNS]]]
 *     PROGRAM count FILE tcp|eth|verify PACKETS RUNS
 *
 * hot: 2048 frames from the file's middle, over and over; stream: the whole file,
 * swept once, so that each header is a cache miss. track starts the clock after
 * the first BEFORE packets, and tells what memory was needed for it. count does just that much work, for callgrind.
 * Lines of output: row, metric, value, unit, remarks, with tabs between. */
#define _GNU_SOURCE
#include "bench.h"
#include "block.h"
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { HOT_FRAMES = 2048, HOT_REPEATS = 50, RUNS_MOST = 99 };

typedef uint64_t (*work)(const struct packet *p, size_t n);

/* Time of this process alone: what other jobs take does not count. */
static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static void *need(void *p, const char *what)
{
    if (p == NULL) {
        perror(what);
        exit(1);
    }
    return p;
}

static uint8_t *read_all(int fd, size_t size)
{
    uint8_t *block = block_new(size);

    for (size_t at = 0; at < size;) {
        ssize_t got = read(fd, block + at, size - at);

        if (got <= 0)
            need(NULL, "read");
        at += (size_t)got;
    }
    close(fd);
    return block;
}

static uint8_t *map_file(const char *name, size_t *size)
{
    int fd = open(name, O_RDONLY);
    struct stat info;
    void *p;

    if (fd < 0 || fstat(fd, &info) != 0)
        need(NULL, name);
    *size = (size_t)info.st_size;
    if (getenv("BENCH_PAGES"))
        return read_all(fd, *size);
    p = mmap(NULL, *size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_POPULATE,
             fd, 0);
    if (p == MAP_FAILED)
        need(NULL, name);
    return p;
}

static struct packet *load(const char *name, size_t *n)
{
    size_t size, room = 1 << 16, count = 0, at = 24;
    const uint8_t *file = map_file(name, &size);
    struct packet *p = need(malloc(room * sizeof *p), name);

    while (at + 16 <= size) {
        uint32_t head[4];

        memcpy(head, file + at, sizeof head);
        at += sizeof head;
        if (head[2] > size - at)
            break;
        if (count == room)
            p = need(realloc(p, (room *= 2) * sizeof *p), name);
        p[count].eth = file + at;
        p[count].len = head[2];
        p[count].l4 = (uint16_t)(14 + (file[at + 14] & 15) * 4);
        p[count].us = (uint64_t)head[0] * 1000000 + head[1];
        count++;
        at += head[2];
    }
    *n = count;
    return p;
}

/* Copies of frames from the middle: past the first handshakes, and each at the
 * place in a cache line where network cards put it. */
static struct packet *hot_frames(const struct packet *p, size_t *n)
{
    size_t count = *n < HOT_FRAMES ? *n : HOT_FRAMES, total = 4096;
    const struct packet *from = p + (*n - count) / 2;
    struct packet *hot = need(malloc(count * sizeof *hot), "memory");
    uint8_t *slot;

    for (size_t i = 0; i < count; i++)
        total += (from[i].len + 127) & ~63u;
    slot = need(aligned_alloc(64, total & ~(size_t)63), "memory");
    for (size_t i = 0; i < count; i++) {
        hot[i] = from[i];
        hot[i].eth = memcpy(slot + 2, from[i].eth, from[i].len);
        slot += (from[i].len + 127) & ~63u;
    }
    *n = count;
    return hot;
}

static void time_work(const char *what, const char *how, work f,
                      const struct packet *p, size_t n, int runs, int repeats)
{
    double times[RUNS_MOST], start;
    uint64_t digest;

    if (f == NULL)
        return;
    digest = f(p, n);
    for (int run = 0; run < runs; run++) {
        start = now();
        for (int i = 0; i < repeats; i++) {
            digest = f(p, n);
            __asm__ volatile("" ::: "memory");
        }
        times[run] = (now() - start) / (double)n / repeats;
    }
    qsort(times, (size_t)runs, sizeof *times, by_value);
    printf("%s\t%s-%s\t%.2f\tns/packet\tdigest %016llx\n", bench_adapter.name,
           what, how, times[runs / 2], (unsigned long long)digest);
    fflush(stdout);
}

static int parse(int argc, char **argv)
{
    int hot = argc > 3 && strcmp(argv[3], "hot") == 0;
    int runs = argc > 4 ? atoi(argv[4]) : 5, repeats = hot ? HOT_REPEATS : 1;
    const char *how = hot ? "hot" : "stream";
    struct packet *p;
    size_t n;

    if (runs < 1 || runs > RUNS_MOST)
        return 2;
    p = load(argv[2], &n);
    if (hot)
        p = hot_frames(p, &n);
    time_work("tcp", how, bench_adapter.parse_tcp, p, n, runs, repeats);
    time_work("eth", how, bench_adapter.parse_eth, p, n, runs, repeats);
    time_work("verify", how, bench_adapter.verify, p, n, runs, repeats);
    return 0;
}

/* Bytes of memory that this process really has. */
static size_t resident(void)
{
    unsigned long all, here = 0;
    FILE *f = fopen("/proc/self/statm", "r");

    if (f == NULL || fscanf(f, "%lu %lu", &all, &here) != 2)
        need(NULL, "statm");
    fclose(f);
    return here * (size_t)sysconf(_SC_PAGESIZE);
}

static int track(int argc, char **argv)
{
    size_t before = argc > 3 ? strtoull(argv[3], NULL, 0) : 0;
    size_t connections = argc > 4 ? strtoull(argv[4], NULL, 0) : 100000;
    int runs = argc > 5 ? atoi(argv[5]) : 5;
    double times[RUNS_MOST], start;
    uint64_t digest = 0;
    size_t n, bytes = 0, kept = 0;
    const struct packet *p = load(argv[2], &n);

    if (bench_adapter.track_feed == NULL || runs < 1 || runs > RUNS_MOST ||
        before >= n)
        return 2;
    for (int run = 0; run < runs; run++) {
        size_t held = resident();
        void *tracker = bench_adapter.track_new(connections);

        if (bench_adapter.track_prepare)
            bench_adapter.track_prepare(tracker, p, n);
        digest = bench_adapter.track_feed(tracker, p, before);
        start = now();
        digest += bench_adapter.track_feed(tracker, p + before, n - before);
        times[run] = (now() - start) / (double)(n - before);
        bytes = bench_adapter.track_bytes(tracker);
        kept = resident() - held;
        bench_adapter.track_free(tracker);
    }
    qsort(times, (size_t)runs, sizeof *times, by_value);
    printf("%s\ttrack\t%.2f\tns/packet\tdigest %016llx, %zu bytes\n",
           bench_adapter.name, times[runs / 2], (unsigned long long)digest,
           bytes);
    if (!bench_adapter.track_prepare)
        printf("%s\tresident\t%.1f\tbytes/connection\n", bench_adapter.name,
               (double)kept / (double)connections);
    return 0;
}

static int count(int argc, char **argv)
{
    const struct {
        const char *name;
        work f;
    } works[] = {{"tcp", bench_adapter.parse_tcp},
                 {"eth", bench_adapter.parse_eth},
                 {"verify", bench_adapter.verify}};
    size_t n, most = argc > 4 ? strtoull(argv[4], NULL, 0) : 0;
    int runs = argc > 5 ? atoi(argv[5]) : 1;
    const struct packet *p = load(argv[2], &n);
    uint64_t digest = 0;

    if (n > most) {
        p += (n - most) / 2;
        n = most;
    }
    for (size_t i = 0; argc > 3 && i < 3; i++)
        for (int run = 0; run < runs; run++)
            if (strcmp(argv[3], works[i].name) == 0 && works[i].f != NULL)
                digest += works[i].f(p, n);
    printf("%zu packets, digest %llx\n", n, (unsigned long long)digest);
    return digest == 0; /* nothing was done */
}

int main(int argc, char **argv)
{
    if (argc > 2 && strcmp(argv[1], "parse") == 0)
        return parse(argc, argv);
    if (argc > 2 && strcmp(argv[1], "track") == 0)
        return track(argc, argv);
    if (argc > 2 && strcmp(argv[1], "count") == 0)
        return count(argc, argv);
    fprintf(stderr, "usage: %s parse|track|count FILE ...\n", argv[0]);
    return 2;
}
