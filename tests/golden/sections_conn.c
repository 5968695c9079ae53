/* The sections that follow connections. */
#include "sections.h"

#include <inttypes.h>
#include <string.h>

#include "agree.h"
#include "areas.h"
#include "capture.h"
#include "print.h"
#include "say.h"
#include "tcpseg/tcpseg.h"

static void on_event(void *user, tcpconn *conn, const tcpconn_event *event,
                     const void *bytes)
{
    (void)user;
    (void)conn;
    (void)bytes;
    print_event(event);
}

static tcpconn_env *environment(tcpconn_env_storage *memory)
{
    tcpconn_env *env = NULL;
    tcpconn_config config;

    tcpconn_config_default(&config, sizeof config);
    config.on_state = on_event;
    config.on_finding = on_event;
    config.on_revise = on_event;
    config.on_end = on_event;
    tcpconn_env_init(memory, sizeof *memory, &config, &env);
    return env;
}

/* ------------------------------------------------------------------------
 * Made-up connections
 * --------------------------------------------------------------------- */

/* Two endpoints that mostly keep to the rules, so that all states are met, and
 * now and then send anything. */
struct dialogue {
    uint64_t rng;
    uint32_t next[2];
    bool opened[2];
};

static unsigned next_flags(struct dialogue *d, unsigned dir)
{
    static const uint16_t usual[] = {0x010, 0x010, 0x018, 0x018, 0x011};

    if (areas_below(&d->rng, 12) == 0)
        return areas_below(&d->rng, 64);
    if (!d->opened[dir])
        return d->opened[!dir] ? 0x012 : 0x002;
    return usual[areas_below(&d->rng, 5)];
}

static void make_segment(struct dialogue *d, unsigned dir, tcpseg *seg)
{
    memset(seg, 0, sizeof *seg);
    seg->data_offset = 5;
    seg->header_captured = 20;
    seg->flags = (uint16_t)next_flags(d, dir);
    seg->wnd = 8192;
    seg->seq = d->next[dir];
    if (seg->flags & TCPSEG_ACK)
        seg->ack = d->next[!dir];
    if (seg->flags & TCPSEG_PSH)
        seg->payload_len = areas_below(&d->rng, 1000);
    if (areas_below(&d->rng, 10) == 0)
        seg->seq += areas_below(&d->rng, 3000) - 1500;
    else
        d->next[dir] = seg->seq + tcpseg_len(seg);
    if (areas_below(&d->rng, 10) == 0)
        seg->ack -= areas_below(&d->rng, 100);
    d->opened[dir] |= (seg->flags & TCPSEG_SYN) != 0;
}

static void one_connection(tcpconn_env *env, struct dialogue *d,
                           unsigned *failed)
{
    tcpconn_storage memory;
    tcpconn *conn = NULL;
    uint64_t now = 0;
    unsigned i;

    d->next[0] = (uint32_t)areas_random(&d->rng);
    d->next[1] = 0u - areas_below(&d->rng, 2000);
    d->opened[0] = d->opened[1] = false;
    *failed += tcpconn_init(&memory, sizeof memory, 0, &conn) != TCPSEG_OK;
    tcpconn_set_tag(conn, d->rng);
    for (i = 0; i < 24; i++) {
        unsigned dir = areas_below(&d->rng, 2);
        tcpconn_report report;
        tcpseg seg;
        int verdict;

        make_segment(d, dir, &seg);
        now += areas_below(&d->rng, 1u << 31);
        say(" %u seq=%" PRIx32 " ack=%" PRIx32 " flags=%x len=%" PRIu32 "\n",
            dir, seg.seq, seg.ack, seg.flags, seg.payload_len);
        verdict = tcpconn_feed(conn, env, (int)dir, &seg, NULL, now, &report);
        *failed += verdict != report.verdict;
        print_report(&report);
        say("  due %" PRIu64 "\n", tcpconn_deadline(conn, env));
    }
    tcpconn_tick(conn, env, now + UINT64_C(300000000000));
    tcpconn_end(conn, env, TCPCONN_END_CAPTURE);
}

unsigned section_connections(unsigned *failed)
{
    tcpconn_env_storage memory;
    tcpconn_env *env = environment(&memory);
    struct dialogue d = {.rng = 3};
    unsigned i;

    if (!env) {
        ++*failed;
        return 0;
    }
    for (i = 0; i < 1000; i++) {
        say("%u\n", i);
        one_connection(env, &d, failed);
    }
    return i;
}

/* ------------------------------------------------------------------------
 * Captured connections
 * --------------------------------------------------------------------- */

enum { FLOWS = 256 };

struct flow {
    uint8_t address[2][16];
    uint16_t port[2];
    tcpconn_storage memory;
    tcpconn *conn;
};

static bool is_end(const struct flow *f, unsigned end, const uint8_t *address,
                   uint16_t port)
{
    return f->port[end] == port && memcmp(f->address[end], address, 16) == 0;
}

/* The connection of a segment, a new one if need be; NULL past the limit. */
static struct flow *find_flow(struct flow *flows, unsigned *count,
                              const tcpseg_frame *frame, const tcpseg *seg,
                              int *dir)
{
    const uint8_t *src = frame->addr.src, *dst = frame->addr.dst;
    struct flow *f;
    unsigned i;

    for (i = 0; i < *count; i++) {
        f = &flows[i];
        for (*dir = 0; *dir < 2; ++*dir)
            if (is_end(f, (unsigned)*dir, src, seg->src_port) &&
                is_end(f, !*dir, dst, seg->dst_port))
                return f;
    }
    if (*count == FLOWS)
        return NULL;
    f = &flows[(*count)++];
    memcpy(f->address[0], src, 16);
    memcpy(f->address[1], dst, 16);
    f->port[0] = seg->src_port;
    f->port[1] = seg->dst_port;
    *dir = 0;
    tcpconn_init(&f->memory, sizeof f->memory, 0, &f->conn);
    tcpconn_set_tag(f->conn, *count);
    return f;
}

static void one_packet(struct capture *c, tcpconn_env *env, struct flow *flows,
                       unsigned *count, unsigned *failed)
{
    tcpseg_frame frame;
    tcpconn_report report;
    struct flow *f;
    tcpseg seg;
    int dir, error;

    error = tcpseg_parse_frame(&seg, &frame, sizeof frame, c->linktype,
                               TCPSEG_LOCATE_CHECKSUM, c->data, c->captured,
                               c->length);
    say(" %d", error);
    print_frame(&frame);
    if (error == TCPSEG_ERR_NOT_FOUND)
        return;
    say(" ");
    print_segment(&seg);
    print_options(&seg, c->data + frame.offset);
    if (!agree_exact(c->data + frame.offset, frame.captured, frame.length))
        ++*failed;
    f = find_flow(flows, count, &frame, &seg, &dir);
    if (f == NULL)
        return;
    *failed += tcpconn_feed(f->conn, env, dir, &seg, c->data + frame.offset,
                            c->now, &report) < 0;
    print_report(&report);
}

unsigned section_capture(const char *path, unsigned *failed)
{
    static struct capture c;
    static struct flow flows[FLOWS];
    tcpconn_env_storage memory;
    tcpconn_env *env = environment(&memory);
    unsigned packets = 0, count = 0, i;

    if (!env || !capture_open(&c, path)) {
        ++*failed;
        return 0;
    }
    while (capture_next(&c)) {
        say("%u", ++packets);
        one_packet(&c, env, flows, &count, failed);
    }
    capture_close(&c);
    for (i = 0; i < count; i++)
        tcpconn_end(flows[i].conn, env, TCPCONN_END_CAPTURE);
    return packets;
}
