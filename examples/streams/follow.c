/* From a frame to the bytes that its connection's receivers got. The library's calls
 * are here: tcpseg_parse_frame(), tcpconn_feed(), and tcpconn_end(). */
#include "streams.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_ACTIVE = 1 << 20 }; /* connections followed at once */

/* 2MSL as the library has it: so long after both ends are done, all is over. */
#define OVER_AFTER UINT64_C(60000000000)

struct follower {
    const struct options *options;
    struct target *target;
    uint32_t linktype, locate;
    tcpconn_env_storage env_memory;
    tcpconn_env *env;
    void *pool;
    struct pairs pairs;
    struct pair *current; /* whose connection the library is at work on */
    int dir;              /* and the sender of the segment */
    bool feeding;         /* it was given a segment */
    uint64_t connections;
};

/* ---- connections ---- */

static void begin(struct follower *f, struct pair *p, int dir)
{
    p->a = (uint8_t)dir;
    p->number = f->connections++;
    p->has_copy = false;
    p->copy = 0;
    for (uint8_t i = 0; i < 2; i++) {
        p->plain[i] = (struct sink){.pair = p, .fd = UNKNOWN, .endpoint = i};
        p->urgent[i] = p->plain[i];
        p->urgent[i].urgent = true;
    }
}

static void finish(struct follower *f, struct pair *p)
{
    for (int i = 0; i < 2; i++) {
        sink_close(f->target, &p->plain[i]);
        sink_close(f->target, &p->urgent[i]);
    }
}

/* Where bytes of an endpoint go; NULL: nowhere. */
static struct sink *sink_of(struct follower *f, const tcpconn_event *ev)
{
    const struct options *o = f->options;
    struct pair *p = f->current;

    if (!p->has_copy && ev->len) {
        p->copy = p->told++;
        p->has_copy = true;
    }
    if ((o->one_conn && p->number != o->conn) ||
        (o->dir != UNKNOWN && (ev->dir ^ p->a) != o->dir))
        return NULL;
    return &p->plain[ev->dir];
}

/* ---- the library's callbacks ---- */

static void on_data(void *user, tcpconn *conn, const tcpconn_event *ev,
                    const void *bytes)
{
    struct follower *f = user;
    struct sink *sink = sink_of(f, ev);

    (void)conn;
    if (sink && ev->why == TCPCONN_DATA_URGENT)
        sink = f->options->urgent == URGENT_APART ? &f->current->urgent[ev->dir]
                                                  : NULL;
    if (sink)
        sink_write(f->target, sink, bytes, ev->len);
}

static void say(const struct follower *f, const struct sink *sink,
                const tcpconn_event *ev, const char *what, const char *detail)
{
    char name[SINK_NAME];

    if (f->options->quiet)
        return;
    sink_name(sink, name);
    complain("%s: bytes %" PRIu64 " to %" PRIu64 " %s%s", name, ev->offset,
             ev->offset + ev->len, what, detail);
}

static void say_moved(const struct follower *f, const struct sink *sink)
{
    char name[SINK_NAME];

    sink_name(sink, name);
    if (!f->options->quiet)
        complain("%s begins anew: the bytes so far were from elsewhere", name);
}

static void on_gap(void *user, tcpconn *conn, const tcpconn_event *ev,
                   const void *bytes)
{
    struct follower *f = user;
    struct sink *sink = sink_of(f, ev);

    (void)conn;
    (void)bytes;
    if (!sink)
        return;
    if (ev->type == TCPCONN_EV_NOT_KEPT) {
        say(f, sink, ev, "came out of order and found no room", "");
    } else if (ev->why == TCPCONN_GAP_MOVED) {
        say_moved(f, sink);
        sink_restart(f->target, sink);
    } else {
        say(f, sink, ev, "are missing: ", tcpconn_gap_name(ev->why));
        if (!f->options->skip_gaps)
            sink_fill(f->target, sink, ev->len);
    }
}

static void on_overlap(void *user, tcpconn *conn, const tcpconn_event *ev,
                       const void *bytes)
{
    const struct follower *f = user;
    const struct sink *sink = sink_of(user, ev);

    (void)conn;
    (void)bytes;
    if (sink)
        say(f, sink, ev, "came twice and differ: ",
            ev->winner == TCPCONN_WINNER_NEW ? "the new ones stay"
                                             : "the old ones stay");
}

/* With a segment in hand, another connection begins on the same ports. */
static void on_end(void *user, tcpconn *conn, const tcpconn_event *ev,
                   const void *bytes)
{
    struct follower *f = user;

    (void)conn;
    (void)ev;
    (void)bytes;
    finish(f, f->current);
    if (f->feeding)
        begin(f, f->current, f->dir);
}

/* ---- setting up ---- */

static bool set_up(struct follower *f, const struct options *o)
{
    size_t size = tcpconn_pool_size(o->pool_blocks, POOL_BLOCK);
    tcpconn_config config = o->policy;

    f->pool = malloc(size);
    if (!f->pool || !pairs_init(&f->pairs))
        return false;
    config.user = f;
    config.on_data = on_data;
    config.on_gap = on_gap;
    config.on_overlap = on_overlap;
    config.on_end = on_end;
    config.urgent = o->urgent == URGENT_IN_LINE ? TCPCONN_URGENT_IN_LINE
                                                : TCPCONN_URGENT_APART;
    return !tcpconn_pool_init(f->pool, size, POOL_BLOCK, &config.pool) &&
           !tcpconn_env_init(&f->env_memory, sizeof f->env_memory, &config,
                             &f->env);
}

struct follower *follower_new(uint32_t linktype, const struct options *o,
                              struct target *target)
{
    struct follower *f = calloc(1, sizeof *f);

    if (!f || !set_up(f, o)) {
        complain("out of memory");
        if (f)
            free(f->pool);
        free(f);
        return NULL;
    }
    f->options = o;
    f->target = target;
    f->linktype = linktype;
    f->locate =
        TCPSEG_LOCATE_TUNNELS | (o->no_checksums ? 0 : TCPSEG_LOCATE_CHECKSUM);
    return f;
}

/* ---- segments ---- */

static void end_pair(struct follower *f, struct pair *p, int why)
{
    f->current = p;
    f->feeding = false;
    tcpconn_end(p->conn, f->env, why);
    pairs_end(&f->pairs, p);
}

static bool over(const tcpconn *conn)
{
    for (int i = 0; i < 2; i++) {
        int state = tcpconn_state(conn, i);

        if (state != TCPCONN_CLOSED && state != TCPCONN_TIME_WAIT)
            return false;
    }
    return true;
}

/* Forget what is over, and what there is no room for. */
static void sweep(struct follower *f, uint64_t now)
{
    struct pair *p;

    while ((p = pairs_oldest(&f->pairs.over)) && now > p->last_time &&
           now - p->last_time >= OVER_AFTER)
        end_pair(f, p, TCPCONN_END_CAPTURE);
    if (f->pairs.n_active < MAX_ACTIVE)
        return;
    p = pairs_oldest(&f->pairs.over);
    end_pair(f, p ? p : pairs_oldest(&f->pairs.active), TCPCONN_END_EVICTED);
}

static struct pair *pair_of(struct follower *f, const tcpseg_frame *frame,
                            const tcpseg *seg)
{
    struct endpoint src, dst;

    memcpy(src.address, frame->addr.src, sizeof src.address);
    memcpy(dst.address, frame->addr.dst, sizeof dst.address);
    src.port = seg->src_port;
    dst.port = seg->dst_port;
    return pairs_get(&f->pairs, frame->addr.family, &src, &dst, &f->dir);
}

static bool feed(struct follower *f, const tcpseg_frame *frame,
                 const tcpseg *seg, const struct packet *packet)
{
    struct pair *p = pair_of(f, frame, seg);
    bool fresh = p && !p->conn;
    int verdict;

    if (!p)
        return false;
    if (fresh && !pairs_begin(&f->pairs, p))
        return false;
    if (fresh)
        begin(f, p, f->dir);
    f->current = p;
    f->feeding = true;
    verdict = tcpconn_feed(p->conn, f->env, f->dir, seg,
                           packet->bytes + frame->offset, packet->time, NULL);
    if (fresh && verdict == TCPCONN_MALFORMED) { /* no connection by itself */
        f->connections--;
        pairs_end(&f->pairs, p);
        return true;
    }
    p->last_time = packet->time;
    pairs_touch(&f->pairs, p, over(p->conn));
    return true;
}

bool follower_feed(struct follower *f, const struct packet *p)
{
    tcpseg_frame frame;
    tcpseg seg;

    sweep(f, p->time);
    tcpseg_parse_frame(&seg, &frame, sizeof frame, f->linktype, f->locate,
                       p->bytes, p->captured, p->length);
    if (frame.stop != TCPSEG_STOP_NONE || frame.addr.protocol != 6)
        return true;
    if (!feed(f, &frame, &seg, p)) {
        complain("out of memory");
        return false;
    }
    return !f->target->error;
}

uint64_t follower_finish(struct follower *f)
{
    uint64_t connections = f->connections;
    struct pair *p;

    while ((p = pairs_oldest(&f->pairs.over)) ||
           (p = pairs_oldest(&f->pairs.active)))
        end_pair(f, p, TCPCONN_END_CAPTURE);
    pairs_destroy(&f->pairs);
    free(f->pool);
    free(f);
    return connections;
}
