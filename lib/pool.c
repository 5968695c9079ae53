/* Memory for bytes out of order: fixed blocks, linked by number. */
#include "pool_int.h"

enum { LEAST_BLOCKS = 4, LEAST_SHIFT = 10, MOST_SHIFT = 16 };

_Static_assert(sizeof(tcpconn_pool) % 8 == 0, "blocks are aligned");

/* Which power of two; 0 if none that may be. */
static uint32_t shift_of(uint32_t block_size)
{
    for (uint32_t shift = LEAST_SHIFT; shift <= MOST_SHIFT; shift++)
        if (block_size == UINT32_C(1) << shift)
            return shift;
    return 0;
}

/* Links come in pairs, so that the blocks behind them are aligned. */
static uint64_t bytes_for(uint32_t blocks, uint32_t shift)
{
    return sizeof(tcpconn_pool) + ((uint64_t)blocks + 1) / 2 * 8 +
           ((uint64_t)blocks << shift);
}

size_t tcpconn_pool_size(uint32_t blocks, uint32_t block_size)
{
    uint32_t shift = shift_of(block_size);
    uint64_t size;

    if (!shift || blocks < LEAST_BLOCKS)
        return 0;
    size = bytes_for(blocks, shift);
    return size <= SIZE_MAX ? (size_t)size : 0;
}

static uint32_t blocks_in(size_t mem_size, uint32_t shift)
{
    uint64_t each = (UINT64_C(1) << shift) + sizeof(uint32_t);
    uint64_t n = mem_size > sizeof(tcpconn_pool)
                     ? (mem_size - sizeof(tcpconn_pool)) / each
                     : 0;

    if (n > UINT32_MAX - 1)
        n = UINT32_MAX - 1;
    if (n && bytes_for((uint32_t)n, shift) > mem_size)
        n--;
    return (uint32_t)n;
}

/* Pools that exist side by side stand at different places. */
static uint32_t id_of(const void *mem, uint32_t blocks)
{
    uint64_t place = (uint64_t)(uintptr_t)mem / 8 + blocks;

    return (uint32_t)((place * UINT64_C(0x9e3779b97f4a7c15)) >> 40) % 255 + 1;
}

int tcpconn_pool_init(void *mem, size_t mem_size, uint32_t block_size,
                      tcpconn_pool **out)
{
    tcpconn_pool *pool = mem;
    uint32_t shift = shift_of(block_size), blocks;

    if (!mem || !out || !shift)
        return TCPSEG_ERR_ARG;
    if ((uintptr_t)mem % _Alignof(tcpconn_storage))
        return TCPSEG_ERR_ALIGN;
    blocks = blocks_in(mem_size, shift);
    if (blocks < LEAST_BLOCKS)
        return TCPSEG_ERR_SIZE;
    memset(pool, 0, sizeof *pool);
    pool->magic = POOL_MAGIC;
    pool->block_size = block_size;
    pool->shift = shift;
    pool->blocks = blocks;
    pool->id = id_of(mem, blocks);
    pool->free = 1;
    for (uint32_t i = 0; i < blocks; i++)
        pool->next[i] = i + 1 < blocks ? i + 2 : 0;
    *out = pool;
    return TCPSEG_OK;
}

uint32_t tcpsegp_pool_take(tcpconn_pool *pool)
{
    uint32_t block = pool->free;

    if (!block)
        return 0;
    pool->free = pool->next[block - 1];
    pool->used++;
    if (pool->most_used < pool->used)
        pool->most_used = pool->used;
    return block;
}

void tcpsegp_pool_give(tcpconn_pool *pool, uint32_t block)
{
    pool->next[block - 1] = pool->given_first;
    pool->given_first = block;
    if (!pool->given_last)
        pool->given_last = block;
    pool->given++;
}

void tcpsegp_pool_turn(tcpconn_pool *pool)
{
    if (!pool->given_first)
        return;
    pool->next[pool->given_last - 1] = pool->free;
    pool->free = pool->given_first;
    pool->used -= pool->given;
    pool->given_first = pool->given_last = pool->given = 0;
}

int tcpconn_pool_get_stats(const tcpconn_pool *pool, tcpconn_pool_stats *out,
                           size_t out_size)
{
    tcpconn_pool_stats own;

    if (!pool || !out)
        return TCPSEG_ERR_ARG;
    if (!pool_valid(pool))
        return TCPSEG_ERR_STATE;
    memset(&own, 0, sizeof own);
    own.block_size = pool->block_size;
    own.blocks = pool->blocks;
    own.used = pool->used - pool->given;
    own.most_used = pool->most_used;
    own.refused = pool->refused;
    return copy_out(out, out_size, &own, sizeof own);
}
