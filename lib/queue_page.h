/* The pages of a queue: a number's page is found in constant time. */
#ifndef TCPSEG_LIB_QUEUE_PAGE_H
#define TCPSEG_LIB_QUEUE_PAGE_H

#include "queue_int.h"

/* How many pages one index block has. */
static inline uint32_t pages_per_index(const tcpconn_pool *pool)
{
    return pool->block_size / sizeof(uint32_t);
}

static inline uint32_t page_of(const tcpconn_pool *pool, uint32_t number)
{
    return number >> pool->shift;
}

static inline uint32_t index_of(const tcpconn_pool *pool, uint32_t page)
{
    return page / pages_per_index(pool) % N_INDEXES;
}

/* Where a page is noted; NULL if there is no index block for it. */
static inline uint32_t *page_place(const tcpconn_pool *pool,
                                   const struct queue *q, uint32_t page)
{
    uint32_t block = q->index[index_of(pool, page)];

    if (!block)
        return NULL;
    return (uint32_t *)(void *)pool_block(pool, block) +
           page % pages_per_index(pool);
}

/* The number behind a page, no further than `end`. */
static inline uint32_t page_end(const tcpconn_pool *pool, uint32_t at,
                                uint32_t end)
{
    uint32_t left = pool->block_size - (at & (pool->block_size - 1));

    return end - at < left ? end : at + left;
}

/* queue_page.c. Blocks that the pages of [start, end) still want. */
uint32_t tcpsegp_pages_wanted(const tcpconn_pool *pool, const struct queue *q,
                              uint32_t start, uint32_t end);
/* Write there; the pages wanted can be had. */
void tcpsegp_pages_write(tcpconn_pool *pool, struct queue *q, uint32_t start,
                         uint32_t end, const uint8_t *bytes);
void tcpsegp_page_give(tcpconn_pool *pool, struct queue *q, uint32_t page);

#endif
