/* Who is told of this library's connections: an environment with a pool, and somebody
 * who counts the bytes. */
#ifndef TESTS_BENCH_LISTENER_H
#define TESTS_BENCH_LISTENER_H

#include <stdlib.h>
#include <tcpseg/tcpseg.h>

enum { POOL_BLOCKS = 4096, POOL_BLOCK = 2048 };

struct listener {
    uint64_t bytes;
    tcpconn_env *env;
    tcpconn_env_storage memory;
    void *pool;
};

static void on_data(void *user, tcpconn *conn, const tcpconn_event *ev,
                    const void *bytes)
{
    struct listener *l = user;

    (void)conn;
    (void)bytes;
    l->bytes += ev->len;
}

static void listen_begin(struct listener *l)
{
    size_t size = tcpconn_pool_size(POOL_BLOCKS, POOL_BLOCK);
    tcpconn_config cfg;

    l->bytes = 0;
    l->pool = malloc(size);
    tcpconn_config_default(&cfg, sizeof cfg);
    tcpconn_pool_init(l->pool, size, POOL_BLOCK, &cfg.pool);
    cfg.user = l;
    cfg.on_data = on_data;
    tcpconn_env_init(&l->memory, sizeof l->memory, &cfg, &l->env);
}

static void listen_end(struct listener *l)
{
    free(l->pool);
}

#endif
