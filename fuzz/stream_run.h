/* A schedule of segments, fed to the library and to the model, which have to agree on
 * every byte. The schedule: a first record that chooses the policy, then one for each
 * segment, each of four bytes. */
#ifndef FUZZ_STREAM_RUN_H
#define FUZZ_STREAM_RUN_H

#include "stream_model.h"

#include <stdio.h>
#include <tcpseg/tcpseg.h>

enum {
    STREAM_RECORD = 4,
    STREAM_END = 60000, /* inside one window */
    STREAM_BLOCKS = 96,
    STREAM_BLOCK = 1024
};

struct stream_run {
    tcpconn_storage mem;
    tcpconn_env_storage env_mem;
    tcpconn *conn;
    tcpconn_env *env;
    tcpconn_pool *pool;
    uint32_t iss[2], scale;
    int from;             /* who sends the text */
    uint64_t told;        /* by the library */
    unsigned differences; /* told in this call */
    const char *wrong;    /* the first thing that was */
    uint64_t pool_mem[(STREAM_BLOCKS * (STREAM_BLOCK + 8) + 256) / 8];
    struct model model;
    uint8_t text[20 + 16384];
};

static void stream_is(struct stream_run *r, bool right, const char *wrong)
{
    if (!right && !r->wrong)
        r->wrong = wrong;
}

static void stream_event(void *user, tcpconn *conn, const tcpconn_event *ev,
                         const void *bytes)
{
    struct stream_run *r = user;
    const uint8_t *got = bytes;

    (void)conn;
    if (ev->type == TCPCONN_EV_OVERLAP) {
        r->differences++;
        return;
    }
    stream_is(r, ev->type != TCPCONN_EV_NOT_KEPT, "bytes were not kept");
    if (ev->type == TCPCONN_EV_NOT_KEPT)
        return;
    stream_is(r, ev->dir == r->from, "the other direction's");
    stream_is(r, ev->offset == r->told, "out of order");
    for (uint32_t i = 0; i < ev->len && !r->wrong; i++) {
        uint32_t at = (uint32_t)r->told + i;

        stream_is(r, at < r->model.told, "told too early");
        stream_is(r, r->model.out[at] == (got ? got[i] : MODEL_GAP),
                  got ? "another byte" : "a gap where a byte is");
    }
    r->told += ev->len;
}

static void stream_feed(struct stream_run *r, int dir, unsigned flags,
                        uint32_t seq, uint32_t ack, uint32_t len)
{
    tcpseg seg;

    memset(&seg, 0, sizeof seg);
    seg.seq = r->iss[dir] + seq;
    seg.ack = flags & TCPSEG_ACK ? r->iss[!dir] + ack : 0;
    seg.flags = (uint16_t)flags;
    seg.wnd = 65535;
    seg.data_offset = 5;
    seg.header_captured = 20;
    seg.payload_len = seg.payload_captured = len;
    stream_is(r,
              tcpconn_feed(r->conn, r->env, dir, &seg, r->text, 1, NULL) <=
                  TCPCONN_DUPLICATE,
              "a segment was refused");
}

static uint32_t stream_least(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

/* Bytes as everybody would send them, or, `how` odd, others. */
static void stream_fill(struct stream_run *r, uint32_t start, uint32_t len,
                        unsigned how)
{
    for (uint32_t i = 0; i < len; i++) {
        uint32_t honest = (start + i) * 0x9e3779b1u >> 24;

        r->text[20 + i] = (uint8_t)(how & 1 ? honest ^ how : honest);
    }
}

static void stream_step(struct stream_run *r, const uint8_t op[STREAM_RECORD])
{
    struct model *m = &r->model;
    uint32_t scale = r->scale, start, end, ack;

    r->differences = 0;
    if ((op[0] & 7) == 7) {
        ack = stream_least(m->acked + op[1] % 64 * scale, m->most);
        model_ack(m, ack);
        stream_feed(r, !r->from, TCPSEG_ACK, 1, 1 + ack, 0);
    } else {
        uint32_t ahead = m->rcv_nxt + op[1] % 40u * scale;

        start = ahead > 8 * scale ? ahead - 8 * scale : 0;
        end = start + 1 + op[2] % 16u * scale + (op[2] >> 4 & 1);
        if (end > STREAM_END)
            return;
        stream_fill(r, start, end - start, op[3]);
        model_text(m, start, end, r->text + 20);
        stream_feed(r, r->from, TCPSEG_ACK, 1 + start, 1, end - start);
    }
    stream_is(r, r->told == m->told, "not all was told");
    stream_is(r, r->differences == m->differences,
              "differences were not counted alike");
}

static bool stream_model_empty(const struct model *m)
{
    for (uint32_t at = m->told; at < m->most; at++)
        if (m->id[at])
            return false;
    return true;
}

static void stream_begin(struct stream_run *r, const uint8_t op[STREAM_RECORD])
{
    static const uint32_t scales[] = {1, 1, 7, 300};
    tcpconn_config cfg;
    unsigned policy = op[0] % TCPCONN_N_OVERLAPS;

    r->wrong = NULL;
    r->told = 0;
    r->from = op[1] >> 1 & 1;
    r->scale = scales[op[2] & 3];
    r->iss[0] = 0 - (uint32_t)op[3] * 64;
    r->iss[1] = 0x80000000u - (uint32_t)op[3];
    model_set_up(&r->model, policy, op[0] >> 7, op[1] & 1);
    tcpconn_config_default(&cfg, sizeof cfg);
    (void)tcpconn_pool_init(r->pool_mem, sizeof r->pool_mem, STREAM_BLOCK,
                            &r->pool);
    cfg.user = r;
    cfg.pool = r->pool;
    cfg.on_data = cfg.on_gap = cfg.on_overlap = stream_event;
    cfg.delivery = op[1] & 1;
    cfg.overlap[0] = cfg.overlap[1] = (uint8_t)(policy | (op[0] & 0x80));
    stream_is(
        r,
        !tcpconn_env_init(&r->env_mem, sizeof r->env_mem, &cfg, &r->env) &&
            !tcpconn_init(&r->mem, sizeof r->mem, 0, &r->conn),
        "no environment");
    stream_feed(r, 0, TCPSEG_SYN, 0, 0, 0);
    stream_feed(r, 1, TCPSEG_SYN | TCPSEG_ACK, 0, 1, 0);
    stream_feed(r, 0, TCPSEG_ACK, 1, 1, 0);
}

/* NULL, or what the library and the model do not agree on. */
static inline const char *stream_schedule(struct stream_run *r,
                                          const uint8_t *bytes, size_t size)
{
    tcpconn_pool_stats stats;

    if (size < STREAM_RECORD)
        return NULL;
    stream_begin(r, bytes);
    for (size_t at = STREAM_RECORD; size - at >= STREAM_RECORD && !r->wrong &&
                                    r->model.ids < MODEL_IDS - 2;
         at += STREAM_RECORD)
        stream_step(r, bytes + at);
    (void)tcpconn_pool_get_stats(r->pool, &stats, sizeof stats);
    stream_is(r, !stats.used == stream_model_empty(&r->model),
              "blocks are kept for nothing");
    return r->wrong;
}

#endif
