/* Checksum kernels beside DPDK's and beside the limit, reading alone. Nothing is
 * drawn from one kernel's figure but its ratio to another's in the same run.
 *
 *   cksum [hot|stream] [RUNS]
 *
 * hot: a few bytes over and over; stream: 512 MiB swept once. Every row is
 * measured once a run, one after the other; the median of the runs is printed as
 * row, metric, nanoseconds a call, unit, GB/s, separated by tabs. */
#define _GNU_SOURCE
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <tcpseg/checksum.h>
#include "checksum_kernel.h"

#define NOINLINE __attribute__((noinline))

/* As tcpseg_checksum_sum(), so that nothing stands between it and the clock. */
typedef uint16_t kernel_fn(uint16_t sum, const void *data, size_t len);

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static uint16_t fold64(uint64_t s)
{
    s = (s >> 32) + (s & 0xffffffff);
    s = (s >> 32) + (s & 0xffffffff);
    s = (s >> 16) + (s & 0xffff);
    s = (s >> 16) + (s & 0xffff);
    return (uint16_t)((s >> 16) + (s & 0xffff));
}

NOINLINE static uint16_t plain16(uint16_t sum, const void *data, size_t n)
{
    const uint8_t *p = data;
    uint32_t s = sum;
    uint16_t v;

    for (; n > 1; p += 2, n -= 2) {
        memcpy(&v, p, 2);
        s += v;
        __asm__("" : "+r"(s)); /* keeps it what it says: not vectorised */
    }
    if (n > 0)
        s += *p;
    return fold64(s);
}

/* The best straight-line code for little: 64-bit numbers, each carry added to
 * the next. */
NOINLINE static uint16_t adc_chain(uint16_t sum, const void *data, size_t n)
{
    const uint8_t *p = data;
    uint64_t s = sum, v[4], tail = 0;

    for (; n >= 32; p += 32, n -= 32) {
        memcpy(v, p, 32);
#ifdef __x86_64__
        __asm__("addq %1, %0\n\tadcq %2, %0\n\tadcq %3, %0\n\tadcq %4, %0\n\t"
                "adcq $0, %0"
                : "+r"(s)
                : "rm"(v[0]), "rm"(v[1]), "rm"(v[2]), "rm"(v[3])
                : "cc");
#else
        for (int i = 0; i < 4; i++) {
            s += v[i];
            s += s < v[i];
        }
#endif
    }
    for (; n >= 8; p += 8, n -= 8) {
        memcpy(v, p, 8);
        s += v[0];
        s += s < v[0];
    }
    if (n > 0) {
        memcpy(&tail, p, n);
        s += tail;
        s += s < tail;
    }
    return fold64(s);
}

/* rte_raw_cksum() in files of their own: as DPDK's package says to compile it,
 * and for this machine's processor. */
#ifdef WITH_DPDK
kernel_fn dpdk_packaged, dpdk_native;
#endif

NOINLINE static uint16_t scalar(uint16_t sum, const void *data, size_t n)
{
    return fold64(sum + tcpsegp_sum_scalar(data, n));
}

#if TCPSEGP_VECTOR
NOINLINE static uint16_t vector(uint16_t sum, const void *data, size_t n)
{
    return fold64(sum + tcpsegp_sum_vector(data, n));
}
#endif

/* What no checksum can be faster than: load and OR. */
#if TCPSEGP_AVX2
NOINLINE static uint16_t avx2(uint16_t sum, const void *data, size_t n)
{
    return fold64(sum + tcpsegp_sum_avx2(data, n));
}

typedef uint64_t vec32 __attribute__((vector_size(32)));

NOINLINE __attribute__((target("avx2"))) static uint16_t
read_only(uint16_t sum, const void *data, size_t n)
{
    const uint8_t *p = data;
    vec32 a = {0}, b = {0}, c = {0}, d = {0}, v;
    uint64_t s = sum, w;

    for (; n >= 128; p += 128, n -= 128) {
        memcpy(&v, p, 32);
        a |= v;
        memcpy(&v, p + 32, 32);
        b |= v;
        memcpy(&v, p + 64, 32);
        c |= v;
        memcpy(&v, p + 96, 32);
        d |= v;
    }
    for (; n >= 8; p += 8, n -= 8) {
        memcpy(&w, p, 8);
        s |= w;
    }
    a |= b | c | d;
    return (uint16_t)(s | a[0] | a[2]);
}
#else
NOINLINE static uint16_t read_only(uint16_t sum, const void *data, size_t n)
{
    const uint8_t *p = data;
    uint64_t s = sum, w;

    for (; n >= 8; p += 8, n -= 8) {
        memcpy(&w, p, 8);
        s |= w;
    }
    return (uint16_t)s;
}
#endif

enum { LIMIT, NETWORK, HOST }; /* which order a row's sum has */

static const struct row {
    const char *name;
    kernel_fn *sum;
    size_t least;
    int order;
} rows[] = {
    {"libtcpseg", tcpseg_checksum_sum, 0, NETWORK},
    {"libtcpseg's scalar kernel", scalar, 0, HOST},
#if TCPSEGP_VECTOR
    {"libtcpseg's 16-byte vectors (SSE2)", vector, 16, HOST},
#endif
#if TCPSEGP_AVX2
    {"libtcpseg's AVX2 kernel", avx2, 32, HOST},
#endif
#ifdef WITH_DPDK
    {"DPDK rte_raw_cksum", dpdk_packaged, 0, HOST},
    {"DPDK rte_raw_cksum -march=native", dpdk_native, 0, HOST},
#endif
    {"64-bit adc chain", adc_chain, 0, HOST},
    {"16 bits at a time", plain16, 0, HOST},
    {"read-only limit", read_only, 0, LIMIT},
};
enum { ROWS = sizeof rows / sizeof *rows, RUNS_MOST = 99 };

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static void *map(size_t size)
{
    uint8_t *m = mmap(NULL, size, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    uint64_t x = 88172645463325252u;

    if (m == MAP_FAILED) {
        perror("mmap");
        exit(1);
    }
    madvise(m, size, MADV_HUGEPAGE);
    for (size_t i = 0; i < size; i += 8) {
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        memcpy(m + i, &x, 8);
    }
    return m;
}

/* Nanoseconds of one call: 14 bytes of Ethernet leave IP at an even address. */
static double time_row(const struct row *row, const uint8_t *m, size_t memory,
                       int stream, size_t size)
{
    size_t slot = (size + 63) & ~(size_t)63;
    size_t calls = stream ? (memory - 128) / slot : 20000000 / (size + 60);
    double start = now();
    uint32_t s = 0;

    for (size_t i = 0; i < calls; i++)
        s += row->sum(0, m + 2 + (stream ? i * slot : (i & 7) * 2), size);
    start = now() - start;
    __asm__ volatile("" ::"r"(s));
    return start / (double)calls;
}

static int is_right(const struct row *row, const uint8_t *p, size_t size)
{
    uint32_t right = plain16(0, p, size), sum = row->sum(0, p, size);

    if (row->order == NETWORK)
        sum = net16(sum);
    return row->order == LIMIT || sum % 0xffff == right % 0xffff;
}

static void measure(const uint8_t *m, size_t memory, int stream, size_t size,
                    int runs)
{
    double times[ROWS][RUNS_MOST];

    for (int i = 0; i < ROWS; i++)
        if (size >= rows[i].least && !is_right(&rows[i], m + 2, size))
            printf("WRONG SUM\t%s of %zu bytes\n", rows[i].name, size);
    for (int run = 0; run < runs; run++)
        for (int i = 0; i < ROWS; i++)
            if (size >= rows[i].least)
                times[i][run] = time_row(&rows[i], m, memory, stream, size);
    for (int i = 0; i < ROWS; i++) {
        if (size < rows[i].least)
            continue;
        qsort(times[i], (size_t)runs, sizeof(double), by_value);
        printf("%s\tchecksum-%s-%zu\t%.2f\tns/call\t%.2f GB/s\n", rows[i].name,
               stream ? "stream" : "hot", size, times[i][runs / 2],
               (double)size / times[i][runs / 2]);
    }
    fflush(stdout);
}

int main(int argc, char **argv)
{
    static const size_t sizes[] = {20,  32,  40,   52,   64,   96,
                                   128, 576, 1460, 9000, 65535};
    int stream = argc > 1 && strcmp(argv[1], "stream") == 0;
    int runs = argc > 2 ? atoi(argv[2]) : 9;
    size_t memory = stream ? (size_t)512 << 20 : (size_t)1 << 17;
    const uint8_t *m = map(memory);

    if (runs < 1 || runs > RUNS_MOST)
        return 2;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        measure(m, memory, stream, sizes[i], runs);
    return 0;
}
