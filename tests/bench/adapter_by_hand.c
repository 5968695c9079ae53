/* This library's connections, found in a table as small as can be: what following and
 * delivering cost by themselves. */
#include "bench.h"
#include "listener.h"
#include <stdlib.h>
#include <string.h>
#include <tcpseg/tcpseg.h>

struct slot {
    uint32_t address[2];
    uint16_t port[2];
    uint32_t used;
    tcpconn_storage conn;
};

struct tracker {
    size_t mask;
    struct listener listener;
    struct slot *slots;
};

static void *track_new(size_t connections)
{
    struct tracker *t = calloc(1, sizeof *t);
    size_t n = 1024;

    while (n < 2 * connections)
        n *= 2;
    t->mask = n - 1;
    t->slots = calloc(n, sizeof *t->slots);
    listen_begin(&t->listener);
    return t;
}

/* The same for both directions. */
static struct slot *find(struct tracker *t, const uint8_t *ip,
                         const tcpseg *seg, int *dir)
{
    uint32_t a[2];
    uint64_t hash;

    memcpy(a, ip + 12, 8);
    hash = ((uint64_t)a[0] * seg->src_port + 1) ^
           ((uint64_t)a[1] * seg->dst_port + 1);
    hash = (hash + (a[0] ^ a[1])) * UINT64_C(0x9e3779b97f4a7c15) >> 20;
    for (;; hash++) {
        struct slot *s = &t->slots[hash & t->mask];

        if (!s->used) {
            tcpconn *conn;

            s->used = 1;
            memcpy(s->address, a, sizeof a);
            s->port[0] = seg->src_port;
            s->port[1] = seg->dst_port;
            tcpconn_init(&s->conn, sizeof s->conn, 0, &conn);
        }
        for (*dir = 0; *dir < 2; ++*dir)
            if (s->address[*dir] == a[0] && s->address[!*dir] == a[1] &&
                s->port[*dir] == seg->src_port &&
                s->port[!*dir] == seg->dst_port)
                return s;
    }
}

static uint64_t track_feed(void *tracker, const struct packet *p, size_t n)
{
    struct tracker *t = tracker;
    tcpseg seg;

    for (size_t i = 0; i < n; i++) {
        int dir;
        struct slot *s;

        if (tcpseg_parse_frame(&seg, NULL, 0, TCPSEG_LINK_ETHERNET, 0, p[i].eth,
                               p[i].len, p[i].len) != TCPSEG_OK)
            continue;
        s = find(t, p[i].eth + 14, &seg, &dir);
        tcpconn_feed((tcpconn *)&s->conn, t->listener.env, dir, &seg,
                     p[i].eth + p[i].l4, p[i].us * 1000, NULL);
    }
    return t->listener.bytes;
}

static size_t track_bytes(void *tracker)
{
    struct tracker *t = tracker;

    return (t->mask + 1) * sizeof *t->slots;
}

static void track_free(void *tracker)
{
    struct tracker *t = tracker;

    free(t->slots);
    listen_end(&t->listener);
    free(t);
}

const struct adapter bench_adapter = {
    .name = "libtcpseg, found by hand",
    .track_new = track_new,
    .track_feed = track_feed,
    .track_bytes = track_bytes,
    .track_free = track_free,
};
