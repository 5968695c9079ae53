/* The pages of a queue: taken, written, compared, given back. */
#include "queue_page.h"

uint32_t tcpsegp_pages_wanted(const tcpconn_pool *pool, const struct queue *q,
                              uint32_t start, uint32_t end)
{
    uint32_t wanted = 0, missing = UINT32_MAX; /* index known to be missing */

    for (uint32_t at = start; at != end; at = page_end(pool, at, end)) {
        uint32_t page = page_of(pool, at), index = index_of(pool, page);
        const uint32_t *place = q ? page_place(pool, q, page) : NULL;

        wanted += !place || !*place;
        if (!place && index != missing) {
            missing = index;
            wanted++;
        }
    }
    return wanted;
}

static uint32_t take(tcpconn_pool *pool, struct queue *q)
{
    q->blocks++;
    return tcpsegp_pool_take(pool);
}

static void give(tcpconn_pool *pool, struct queue *q, uint32_t block)
{
    q->blocks--;
    tcpsegp_pool_give(pool, block);
}

static void page_take(tcpconn_pool *pool, struct queue *q, uint32_t page)
{
    uint32_t index = index_of(pool, page), *place;

    if (!q->index[index]) {
        q->index[index] = take(pool, q);
        memset(pool_block(pool, q->index[index]), 0, pool->block_size);
    }
    place = page_place(pool, q, page);
    if (*place)
        return;
    *place = take(pool, q);
    q->live[index]++;
}

void tcpsegp_page_give(tcpconn_pool *pool, struct queue *q, uint32_t page)
{
    uint32_t *place = page_place(pool, q, page);
    uint32_t index = index_of(pool, page);

    if (!place || !*place)
        return;
    give(pool, q, *place);
    *place = 0;
    if (--q->live[index])
        return;
    give(pool, q, q->index[index]);
    q->index[index] = 0;
}

static uint8_t *byte_at(const tcpconn_pool *pool, const struct queue *q,
                        uint32_t at)
{
    const uint32_t *place = page_place(pool, q, page_of(pool, at));

    return pool_block(pool, *place) + (at & (pool->block_size - 1));
}

void tcpsegp_pages_write(tcpconn_pool *pool, struct queue *q, uint32_t start,
                         uint32_t end, const uint8_t *bytes)
{
    for (uint32_t at = start; at != end;) {
        uint32_t stop = page_end(pool, at, end);

        page_take(pool, q, page_of(pool, at));
        memcpy(byte_at(pool, q, at), bytes + (at - start), stop - at);
        at = stop;
    }
}

const uint8_t *tcpsegp_queue_bytes(const tcpconn_pool *pool,
                                   const struct queue *q, uint32_t at,
                                   uint32_t *end)
{
    *end = page_end(pool, at, *end);
    return byte_at(pool, q, at);
}

bool tcpsegp_queue_differs(const tcpconn_pool *pool, const struct queue *q,
                           const struct text *t, uint32_t start, uint32_t end)
{
    if (seq_lt(t->have_end, end))
        end = t->have_end;
    for (uint32_t at = start; seq_lt(at, end);) {
        uint32_t stop = page_end(pool, at, end);

        if (memcmp(byte_at(pool, q, at), t->bytes + (at - t->start), stop - at))
            return true;
        at = stop;
    }
    return false;
}
