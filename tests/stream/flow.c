#include "flow.h"

enum { ROOM = 1 << 18, WINDOW = 65535 };

static void note(struct flow *f, const char *words)
{
    size_t used = strlen(f->log);

    if (used + strlen(words) < sizeof f->log)
        strcpy(f->log + used, words);
}

/* "a0=text " data, "a0^x " urgent, "a4-7!unseen " a gap, "a4-7<old(4-9) " a
 * difference, "a4-7~ " not kept. */
static void note_event(struct flow *f, int who, const tcpconn_event *ev,
                       const void *bytes)
{
    unsigned long from = (unsigned long)ev->offset, to = from + ev->len;
    char words[256], side = who == A ? 'a' : 'b';
    unsigned long old = (unsigned long)ev->place;

    if (ev->type == TCPCONN_EV_DATA)
        snprintf(words, sizeof words, "%c%lu%c%.*s ", side, from,
                 ev->why == TCPCONN_DATA_URGENT ? '^' : '=',
                 (int)(ev->len < 80 ? ev->len : 80), (const char *)bytes);
    else if (ev->type == TCPCONN_EV_GAP)
        snprintf(words, sizeof words, "%c%lu-%lu!%s ", side, from, to,
                 tcpconn_gap_name(ev->why));
    else if (ev->type == TCPCONN_EV_OVERLAP)
        snprintf(words, sizeof words, "%c%lu-%lu<%s(%lu-%lu) ", side, from, to,
                 ev->winner == TCPCONN_WINNER_NEW ? "new" : "old", old,
                 old + ev->id);
    else
        snprintf(words, sizeof words, "%c%lu-%lu~ ", side, from, to);
    note(f, words);
}

static void keep(struct told *t, const tcpconn_event *ev, const void *bytes)
{
    bool data = ev->type == TCPCONN_EV_DATA;

    cr_assert_eq(ev->offset, t->at, "%s at %llu, not at %llu",
                 data ? "data" : "a gap", (unsigned long long)ev->offset,
                 (unsigned long long)t->at);
    cr_assert(!data == !bytes);
    for (uint32_t i = 0; i < ev->len && t->at + i < t->room; i++) {
        t->bytes[t->at + i] = data ? ((const unsigned char *)bytes)[i] : 0;
        t->events[t->at + i] = !data                            ? 'g'
                               : ev->why == TCPCONN_DATA_URGENT ? 'u'
                                                                : 'd';
    }
    t->at += ev->len;
    *(data ? &t->data : &t->gaps) += ev->len;
}

static void on_stream(void *user, tcpconn *conn, const tcpconn_event *ev,
                      const void *bytes)
{
    struct flow *f = user;
    int who = ev->dir ^ f->swapped;

    cr_assert_eq(conn, f->conn);
    if (ev->type == TCPCONN_EV_GAP && ev->why == TCPCONN_GAP_MOVED)
        f->told[who].at = 0;
    else if (ev->type == TCPCONN_EV_DATA || ev->type == TCPCONN_EV_GAP)
        keep(&f->told[who], ev, bytes);
    note_event(f, who, ev, bytes);
}

void flow_set_up(struct flow *f, uint32_t blocks, uint32_t block_size)
{
    size_t size = tcpconn_pool_size(blocks, block_size);

    memset(f, 0, sizeof *f);
    for (int i = 0; i < 2; i++) {
        f->told[i].room = ROOM;
        f->told[i].bytes = calloc(1, ROOM);
        f->told[i].events = calloc(1, ROOM);
        f->wnd[i] = WINDOW;
    }
    f->iss[A] = 0xfffffff0u;
    f->iss[B] = 0x7ffffff8u;
    f->now = 1;
    tcpconn_config_default(&f->cfg, sizeof f->cfg);
    f->cfg.user = f;
    f->cfg.on_data = f->cfg.on_gap = f->cfg.on_overlap = on_stream;
    if (!blocks)
        return;
    cr_assert_neq(size, 0);
    cr_assert_eq(tcpconn_pool_init(malloc(size), size, block_size, &f->pool),
                 0);
    f->cfg.pool = f->pool;
}

void flow_begin(struct flow *f)
{
    cr_assert_eq(
        tcpconn_env_init(&f->env_mem, sizeof f->env_mem, &f->cfg, &f->env), 0);
    cr_assert_eq(tcpconn_init(&f->mem, sizeof f->mem, 0, &f->conn), 0);
}

void flow_tear_down(struct flow *f)
{
    for (int i = 0; i < 2; i++) {
        free(f->told[i].bytes);
        free(f->told[i].events);
    }
    free(f->pool);
}

int flow_feed(struct flow *f, int who, unsigned flags, uint32_t seq,
              const void *text, uint32_t len, uint32_t captured, uint16_t up)
{
    /* Text in a block of its own size: a read beyond it is found. */
    unsigned char *data = malloc(20 + captured + 1u);
    tcpseg seg;
    int verdict;

    memset(&seg, 0, sizeof seg);
    seg.seq = f->iss[who] + seq;
    seg.ack = flags & TCPSEG_ACK ? f->iss[!who] + f->ack[who] : 0;
    seg.flags = (uint16_t)flags;
    seg.wnd = f->wnd[who];
    seg.up = up;
    seg.data_offset = 5;
    seg.header_captured = 20;
    seg.payload_len = len;
    seg.payload_captured = captured;
    memset(data, 0, 20);
    if (captured)
        memcpy(data + 20, text, captured);
    data = realloc(data, 20 + captured);
    f->now += 1000;
    verdict = tcpconn_feed(f->conn, f->env, who ^ f->swapped, &seg,
                           f->headers_only ? NULL : data, f->now, &f->report);
    free(data);
    return verdict;
}

void flow_open(struct flow *f)
{
    (void)flow_feed(f, A, TCPSEG_SYN, 0, NULL, 0, 0, 0);
    f->ack[B] = f->ack[A] = 1;
    (void)flow_feed(f, B, TCPSEG_SYN | TCPSEG_ACK, 0, NULL, 0, 0, 0);
    (void)flow_feed(f, A, TCPSEG_ACK, 1, NULL, 0, 0, 0);
}

int flow_say(struct flow *f, int who, uint32_t seq, const char *text)
{
    uint32_t len = (uint32_t)strlen(text);

    return flow_feed(f, who, TCPSEG_ACK | TCPSEG_PSH, seq, text, len, len, 0);
}

int flow_ack(struct flow *f, int who, uint32_t ack)
{
    tcpconn_summary sum;

    f->ack[who] = ack;
    (void)tcpconn_get_summary(f->conn, &sum, sizeof sum);
    return flow_feed(f, who, TCPSEG_ACK,
                     sum.ep[who ^ f->swapped].snd_nxt - f->iss[who], NULL, 0, 0,
                     0);
}

void flow_end(struct flow *f)
{
    cr_assert_gt(tcpconn_end(f->conn, f->env, TCPCONN_END_CAPTURE), 0);
}

const char *flow_log(struct flow *f)
{
    static char last[sizeof f->log];
    size_t len;

    strcpy(last, f->log);
    f->log[0] = 0;
    len = strlen(last);
    if (len)
        last[len - 1] = 0; /* the last blank */
    return last;
}

uint32_t flow_used(const struct flow *f)
{
    tcpconn_pool_stats stats;

    cr_assert_gt(tcpconn_pool_get_stats(f->pool, &stats, sizeof stats), 0);
    return stats.used;
}
