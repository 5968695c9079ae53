/* One table for each thread, with its own environment and pool; packets are shared out
 * by tcptable_hash(). Together they see what one table sees alone. Built with
 * -fsanitize=thread by `tests/run --all`. Prints the Test Anything Protocol. */
#include "crowd.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { THREADS = 4, ROUNDS = 3, SUMMED = 4096 };

/* Where threads wait for each other, so that none is done before the last begins. */
static struct {
    pthread_mutex_t mutex;
    pthread_cond_t all_here;
    uint32_t waiting;
} gate = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0};

static const uint64_t share_seed[2] = {7, 11};
static uint8_t summed[SUMMED];
static unsigned n_checks, n_failed;

/* One thread's, and the one who does all alone has `of` 1. */
struct worker {
    struct crowd crowd;
    uint32_t which, of;
    tcptable_stats stats;
    uint16_t checksum;
    bool good;
};

static void check(bool good, const char *what)
{
    n_failed += !good;
    printf("%sok %u - %s\n", good ? "" : "not ", ++n_checks, what);
}

/* By the upper bits, as table.h says. */
static bool is_mine(const struct worker *w, uint32_t i)
{
    tcptable_tuple t = crowd_tuple(i);

    return (uint64_t)tcptable_hash(&t, share_seed) * w->of >> 32 == w->which;
}

/* Every fourth in another order: that is a pool's work. */
static void say_all(struct crowd *c, uint32_t i)
{
    for (uint32_t round = 0; round < ROUNDS; round++)
        crowd_say(c, i, (i % 4 ? round : (round + 1) % ROUNDS) * CROWD_SAYS);
}

static void wait_for(uint32_t all)
{
    pthread_mutex_lock(&gate.mutex);
    gate.waiting++;
    pthread_cond_broadcast(&gate.all_here);
    while (gate.waiting < all)
        pthread_cond_wait(&gate.all_here, &gate.mutex);
    pthread_mutex_unlock(&gate.mutex);
}

static void *work(void *user)
{
    struct worker *w = user;
    struct crowd *c = &w->crowd;

    wait_for(w->of);
    /* The first call chooses how sums are computed: all threads make it at once. */
    w->checksum = tcpseg_checksum_sum(0, summed, sizeof summed);
    for (uint32_t i = 0; i < c->n; i++)
        if (is_mine(w, i))
            crowd_open(c, i);
    for (uint32_t i = 0; i < c->n; i++)
        if (is_mine(w, i))
            say_all(c, i);
    for (uint32_t i = 0; i < c->n; i += 2)
        if (is_mine(w, i))
            crowd_close(c, i, ROUNDS * CROWD_SAYS);
    w->good = tcptable_tick(c->table, c->env, c->now, 0) >= 0 &&
              tcptable_get_stats(c->table, &w->stats, sizeof w->stats) > 0 &&
              !c->wrong;
    return NULL;
}

static bool begin(struct worker *w, uint32_t which, uint32_t of, uint32_t n)
{
    tcptable_config cfg;

    memset(w, 0, sizeof *w);
    tcptable_config_default(&cfg, sizeof cfg);
    cfg.connections = n;
    cfg.seed[0] = which + 1;
    w->which = which;
    w->of = of;
    return crowd_begin(&w->crowd, n, &cfg);
}

static void add(tcptable_stats *sum, const tcptable_stats *s)
{
    sum->packets += s->packets;
    sum->begun += s->begun;
    sum->answered += s->answered;
    for (unsigned i = 0; i < 8; i++) {
        sum->verdicts[i] += s->verdicts[i];
        sum->ended[i] += s->ended[i];
    }
    for (unsigned i = 0; i < TCPTABLE_N_RANKS; i++)
        sum->now[i] += s->now[i];
    sum->half_open += s->half_open;
}

static void compare(const struct worker *alone, const struct worker *workers)
{
    tcptable_stats sum, one;
    uint64_t bytes = 0, of_bytes = 0;
    bool good = alone->good, busy = true, checksums = true;

    memset(&sum, 0, sizeof sum);
    memset(&one, 0, sizeof one);
    add(&one, &alone->stats);
    for (unsigned k = 0; k < THREADS; k++) {
        add(&sum, &workers[k].stats);
        bytes += workers[k].crowd.bytes;
        of_bytes += workers[k].crowd.sum;
        good &= workers[k].good;
        busy &= workers[k].stats.begun > alone->crowd.n / THREADS / 2;
        checksums &= workers[k].checksum == alone->checksum;
    }
    check(good, "each thread's segments are accepted");
    check(busy, "each thread has its share of the connections");
    check(!memcmp(&sum, &one, sizeof sum) && one.begun == alone->crowd.n,
          "the threads' statistics are those of one table");
    check(bytes == alone->crowd.bytes && of_bytes == alone->crowd.sum &&
              bytes == (uint64_t)alone->crowd.n * ROUNDS * CROWD_SAYS,
          "and so are the bytes that they deliver");
    check(checksums, "checksums of all threads are the same");
}

int main(void)
{
    static struct worker alone, workers[THREADS];
    uint32_t n = crowd_scale(2000, 10000, 50000);
    pthread_t threads[THREADS];

    for (size_t i = 0; i < SUMMED; i++)
        summed[i] = (uint8_t)(i * 31);
    if (!begin(&alone, 0, 1, n))
        return 1;
    for (uint32_t k = 0; k < THREADS; k++)
        if (!begin(&workers[k], k, THREADS, n))
            return 1;
    for (uint32_t k = 0; k < THREADS; k++)
        if (pthread_create(&threads[k], NULL, work, &workers[k]))
            return 1;
    for (uint32_t k = 0; k < THREADS; k++)
        pthread_join(threads[k], NULL);
    (void)work(&alone);
    compare(&alone, workers);
    for (uint32_t k = 0; k < THREADS; k++)
        (void)crowd_end(&workers[k].crowd);
    (void)crowd_end(&alone.crowd);
    printf("1..%u\n", n_checks);
    return n_failed != 0;
}
