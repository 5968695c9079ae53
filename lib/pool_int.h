/* The pool from the inside: blocks of equal size, named by numbers from 1 on, so that
 * the memory can be moved. 0 is no block. */
#ifndef TCPSEG_LIB_POOL_INT_H
#define TCPSEG_LIB_POOL_INT_H

#include "bytes.h"

#include <tcpseg/stream.h>

enum {
    POOL_MAGIC = 0x6c6f7001
}; /* "pol" in memory on most hosts, and a layout */

struct tcpconn_pool {
    uint32_t magic;
    uint32_t block_size, shift; /* a power of two, and which */
    uint32_t blocks, used, most_used;
    uint32_t free; /* the first of the free ones */
    /* Given back since the last call began: not used again before the next one, as
     * their bytes may still be read. */
    uint32_t given_first, given_last, given;
    uint32_t reserved;
    uint32_t id; /* 1 to 255, unlike that of most other pools */
    uint64_t refused;
    uint32_t
        next[]; /* of each block, in one of the two lists; then the blocks */
};

static inline bool pool_valid(const tcpconn_pool *pool)
{
    return pool->magic == POOL_MAGIC;
}

/* How many blocks can be had now. */
static inline uint32_t pool_room(const tcpconn_pool *pool)
{
    return pool->blocks - pool->used;
}

static inline uint8_t *pool_block(const tcpconn_pool *pool, uint32_t block)
{
    size_t links = ((size_t)pool->blocks + 1) / 2 * 8;

    return (uint8_t *)(uintptr_t)pool + offsetof(tcpconn_pool, next) + links +
           ((size_t)(block - 1) << pool->shift);
}

/* A block that was free, or 0. */
uint32_t tcpsegp_pool_take(tcpconn_pool *pool);
void tcpsegp_pool_give(tcpconn_pool *pool, uint32_t block);
/* A new call begins. */
void tcpsegp_pool_turn(tcpconn_pool *pool);

#endif
