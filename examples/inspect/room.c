/* The library's table: how large it is, and made. */
#include "inspect.h"

#include <inttypes.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

/* Twice the library's maximum segment lifetime. */
#define DEFAULT_2MSL UINT64_C(60000000000)

enum {
    ALIGN = 64,
    HUGE_PAGE = 1 << 21, /* a huge page on most hosts */
    LEAST_FRAME =
        40 /* bytes in a file, of one with the ports of a connection */
};

void room_default(struct room *r, uint32_t parts)
{
    tcptable_config_default(&r->table, sizeof r->table);
    r->table.parts = parts;
    /* A capture is read to see all of it: nobody is hurried while there is room. */
    r->table.crowded = 100;
    r->table.half_open = 0;
    r->pool_blocks = 1u << 15;
    r->pool_block = 2048;
}

bool room_option(struct room *r, int option, const char *word)
{
    char *end;
    unsigned long n = strtoul(word, &end, 10);

    if (*word < '0' || *word > '9' || *end || n > UINT32_MAX)
        return false;
    r->chosen = true;
    if (option == ROOM_IPV6)
        r->table.ipv6 = (uint32_t)n;
    else if (n == 0)
        return false;
    else if (option == ROOM_HALF_OPEN)
        r->table.half_open = (uint32_t)n;
    else
        r->table.connections = (uint32_t)n;
    return true;
}

/* A half-open one is so small that there may be as many. */
bool room_settle(struct room *r)
{
    if (!r->table.half_open)
        r->table.half_open = r->table.connections;
    return tcptable_size(&r->table) &&
           tcpconn_pool_size(r->pool_blocks, r->pool_block);
}

/* Traffic must not be able to choose its bucket. Nothing shown depends on the seed:
 * without one the table is only easier to attack. */
void room_seed(uint64_t seed[2])
{
    if (getentropy(seed, 2 * sizeof *seed) != 0)
        seed[0] = seed[1] = (uint64_t)getpid();
}

/* The memory of a table is written when it is made, which takes longer than to read a
 * small file. */
void room_fit(struct room *r, int64_t bytes)
{
    const int64_t most = bytes / LEAST_FRAME + 1;

    if (r->chosen || bytes < 0 || most >= r->table.connections)
        return;
    r->table.connections = (uint32_t)most;
    r->table.half_open = (uint32_t)most;
}

uint64_t room_forget_soon(tcpconn_config *config)
{
    enum { OVER = TCPCONN_TIMEOUT_RESET };
    tcpconn_config usual;

    tcpconn_config_default(&usual, sizeof usual);
    if (config->timeout[OVER] == usual.timeout[OVER])
        config->timeout[OVER] = config->msl ? 2 * config->msl : DEFAULT_2MSL;
    return config->timeout[OVER];
}

tcptable *room_make(const struct room *r, void **memory)
{
    tcptable_config config = r->table;
    size_t size = tcptable_size(&config);
    size_t align = size < HUGE_PAGE ? ALIGN : HUGE_PAGE;
    size_t whole = (size + align - 1) / align * align;
    tcptable *table = NULL;

    *memory = size ? aligned_alloc(align, whole) : NULL;
    if (!*memory)
        return NULL;
#ifdef MADV_HUGEPAGE
    if (align == HUGE_PAGE) /* as good without */
        (void)madvise(*memory, whole, MADV_HUGEPAGE);
#endif
    room_seed(config.seed);
    tcptable_init(*memory, size, &config, &table);
    return table;
}

tcpconn_pool *room_make_pool(const struct room *r, void **memory)
{
    size_t size = tcpconn_pool_size(r->pool_blocks, r->pool_block);
    tcpconn_pool *pool = NULL;

    *memory = size ? malloc(size) : NULL;
    if (*memory)
        tcpconn_pool_init(*memory, size, r->pool_block, &pool);
    return pool;
}

/* ---- --memory ---- */

/* Bytes that one more takes: the mean of many, which has the index in it. */
static double per_one(const tcptable_config *base, uint32_t connections,
                      uint32_t ipv6, uint32_t half_open)
{
    enum { MANY = 1 << 20 };
    tcptable_config few = *base, more = *base;

    few.connections = few.half_open = MANY;
    few.ipv6 = MANY * ipv6;
    more.connections = MANY * (1 + connections);
    more.half_open = MANY * (1 + half_open);
    more.ipv6 = MANY * (1 + connections) * ipv6;
    return (double)(tcptable_size(&more) - tcptable_size(&few)) / MANY;
}

void room_print(const struct room *r)
{
    const tcptable_config *c = &r->table;
    size_t table = tcptable_size(c);
    size_t pool = tcpconn_pool_size(r->pool_blocks, r->pool_block);
    uint32_t ipv6 = c->ipv6 < c->connections ? c->ipv6 : c->connections;

    printf("%12" PRIu32 " connections, of which %" PRIu32
           " may be IPv6, and %" PRIu32 " half-open\n",
           c->connections, ipv6, c->half_open);
    printf("%12zu bytes of table\n", table);
    printf("%12.0f bytes of it a connection, %.0f of IPv6\n",
           per_one(c, 1, 0, 0), per_one(c, 1, 1, 0));
    printf("%12.0f bytes of it a half-open one, %.0f of IPv6\n",
           per_one(c, 0, 0, 1), per_one(c, 0, 1, 1));
    printf("%12zu bytes for what comes out of order\n", pool);
    printf("%12zu bytes in all\n", table + pool);
}
