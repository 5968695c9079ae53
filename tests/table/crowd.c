#include "crowd.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    GUARD = 64,
    GUARD_BYTE = 0xa5,
    POOL_BLOCK = 1024,
    POOL_BLOCKS = 256,
    CLIENTS = 0x0a000000, /* 10.0.0.0/8 */
    STEP = 1000           /* nanoseconds from segment to segment */
};

static void put32(uint8_t *to, uint32_t v)
{
    to[0] = (uint8_t)(v >> 24);
    to[1] = (uint8_t)(v >> 16);
    to[2] = (uint8_t)(v >> 8);
    to[3] = (uint8_t)v;
}

static uint32_t get32(const uint8_t *from)
{
    return (uint32_t)from[0] << 24 | (uint32_t)from[1] << 16 |
           (uint32_t)from[2] << 8 | from[3];
}

tcptable_tuple crowd_tuple(uint32_t i)
{
    tcptable_tuple t;

    memset(&t, 0, sizeof t);
    put32(t.src, CLIENTS + i);
    put32(t.dst, 0xc0a80001);
    t.src_port = (uint16_t)(1024 + i % 60000);
    t.dst_port = 443;
    t.family = 4;
    return t;
}

uint8_t crowd_byte(uint32_t i, uint32_t offset)
{
    return (uint8_t)((i * 2654435761u >> 16) + offset * 7);
}

uint32_t crowd_iss(uint32_t i, bool from_server)
{
    return (i + 1) * (from_server ? 2246822519u : 3266489917u);
}

/* Whose bytes these are is known by the connection's addresses alone; UINT32_MAX is
 * a stranger's, whose first segment comes before it has a place. */
static uint32_t number_of(const struct crowd *c, const tcpconn *conn)
{
    tcptable_tuple t;
    uint32_t i;

    if (tcptable_get_tuple(c->table, tcptable_id_of(c->table, conn), &t,
                           sizeof t) < 0)
        return UINT32_MAX;
    i = get32(t.src) - CLIENTS;
    return i < c->n ? i : UINT32_MAX;
}

static void on_data(void *user, tcpconn *conn, const tcpconn_event *ev,
                    const void *bytes)
{
    struct crowd *c = user;
    const uint8_t *text = bytes;
    uint32_t i = number_of(c, conn);

    if (i == UINT32_MAX)
        return;
    c->wrong += ev->dir != 0 || ev->offset != c->got[i];
    for (uint32_t k = 0; k < ev->len; k++) {
        c->wrong += text[k] != crowd_byte(i, c->got[i] + k);
        c->sum += text[k];
    }
    c->got[i] += ev->len;
    c->bytes += ev->len;
}

static void on_gap(void *user, tcpconn *conn, const tcpconn_event *ev,
                   const void *bytes)
{
    struct crowd *c = user;

    (void)ev;
    (void)bytes;
    c->wrong += number_of(c, conn) != UINT32_MAX;
}

bool crowd_begin(struct crowd *c, uint32_t n, const tcptable_config *cfg)
{
    size_t pool_size = tcpconn_pool_size(POOL_BLOCKS, POOL_BLOCK);
    tcpconn_config conn;

    memset(c, 0, sizeof *c);
    c->n = n;
    c->now = UINT64_C(1) << 50;
    c->size = tcptable_size(cfg);
    c->block = malloc(c->size + GUARD);
    c->got = calloc(n, sizeof *c->got);
    c->pool = malloc(pool_size);
    if (!c->size || !c->block || !c->got || !c->pool)
        return false;
    memset(c->block + c->size, GUARD_BYTE, GUARD);
    tcpconn_config_default(&conn, sizeof conn);
    conn.user = c;
    conn.on_data = on_data;
    conn.on_gap = on_gap;
    return tcpconn_pool_init(c->pool, pool_size, POOL_BLOCK, &conn.pool) ==
               TCPSEG_OK &&
           tcpconn_env_init(&c->env_mem, sizeof c->env_mem, &conn, &c->env) ==
               TCPSEG_OK &&
           tcptable_init(c->block, c->size, cfg, &c->table) == TCPSEG_OK;
}

bool crowd_end(struct crowd *c)
{
    bool kept = true;

    for (size_t k = 0; k < GUARD; k++)
        kept &= c->block[c->size + k] == GUARD_BYTE;
    free(c->block);
    free(c->got);
    free(c->pool);
    return kept;
}

static tcptable_tuple turned(const tcptable_tuple *t)
{
    tcptable_tuple r = *t;

    memcpy(r.src, t->dst, sizeof r.src);
    memcpy(r.dst, t->src, sizeof r.dst);
    r.src_port = t->dst_port;
    r.dst_port = t->src_port;
    return r;
}

int crowd_send(struct crowd *c, const tcptable_tuple *tuple, unsigned flags,
               uint32_t seq, uint32_t ack, uint32_t i, uint32_t offset,
               uint32_t len)
{
    uint8_t bytes[20 + CROWD_SAYS];
    tcpseg_frame frame;
    tcpseg seg;

    memset(&frame, 0, sizeof frame);
    memset(&seg, 0, sizeof seg);
    memset(bytes, 0, 20);
    for (uint32_t k = 0; k < len; k++)
        bytes[20 + k] = crowd_byte(i, offset + k);
    frame.addr.family = tuple->family;
    memcpy(frame.addr.src, tuple->src, 16);
    memcpy(frame.addr.dst, tuple->dst, 16);
    seg.src_port = tuple->src_port;
    seg.dst_port = tuple->dst_port;
    seg.flags = (uint16_t)flags;
    seg.seq = seq;
    seg.ack = flags & TCPSEG_ACK ? ack : 0;
    seg.wnd = 60000;
    seg.data_offset = 5;
    seg.header_captured = 20;
    seg.payload_len = seg.payload_captured = (uint16_t)len;
    c->now += STEP;
    return tcptable_feed(c->table, c->env, &frame, &seg, bytes, c->now,
                         &c->out);
}

/* Of connection i, `from_server` or not; numbers count from the first byte. */
static void send_own(struct crowd *c, uint32_t i, bool from_server,
                     unsigned flags, uint32_t seq, uint32_t ack, uint32_t len)
{
    tcptable_tuple t = crowd_tuple(i);
    int verdict;

    if (from_server)
        t = turned(&t);
    verdict = crowd_send(c, &t, flags, crowd_iss(i, from_server) + 1 + seq,
                         crowd_iss(i, !from_server) + 1 + ack, i, seq, len);
    c->wrong += verdict != TCPCONN_ACCEPTED && verdict != TCPCONN_QUEUED;
    c->wrong += !c->out.conn;
}

void crowd_open(struct crowd *c, uint32_t i)
{
    send_own(c, i, false, TCPSEG_SYN, UINT32_MAX, 0, 0);
    send_own(c, i, true, TCPSEG_SYN | TCPSEG_ACK, UINT32_MAX, 0, 0);
    send_own(c, i, false, TCPSEG_ACK, 0, 0, 0);
}

void crowd_say(struct crowd *c, uint32_t i, uint32_t at)
{
    send_own(c, i, false, TCPSEG_ACK | TCPSEG_PSH, at, 0, CROWD_SAYS);
}

void crowd_close(struct crowd *c, uint32_t i, uint32_t said)
{
    send_own(c, i, false, TCPSEG_ACK | TCPSEG_FIN, said, 0, 0);
    send_own(c, i, true, TCPSEG_ACK | TCPSEG_FIN, 0, said + 1, 0);
    send_own(c, i, false, TCPSEG_ACK, said + 1, 1, 0);
}

uint32_t crowd_scale(uint32_t small, uint32_t usual, uint32_t large)
{
    const char *wish = getenv("TCPSEG_LONG");

    if (!wish || !*wish)
        return usual;
    return strcmp(wish, "0") == 0 ? small : large;
}
