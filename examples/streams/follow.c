/* From a frame to the bytes that its connection's receivers got. The library's calls
 * are here: tcpseg_parse_frame(), tcptable_feed(), tcptable_tick() and tcptable_remove(). */
#include "streams.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct follower {
    const struct options *options;
    struct target *target;
    uint32_t linktype, locate;
    tcpconn_env_storage env_memory;
    tcpconn_env *env;
    tcptable *table;
    void *memory, *pool;
    struct pairs pairs;
    struct pair *current; /* of the segment at hand; NULL: there is none */
    int dir;              /* and its sender */
    uint64_t connections;
    uint64_t
        over_after; /* a segment that was refused, its connection is over */
    uint64_t now;
};

/* ---- connections ---- */

/* Its first segment is the one at hand, or is behind the end of another connection
 * in whose memory it has its endpoints numbered alike. */
static void begin(struct follower *f, struct pair *p)
{
    p->open = true;
    p->a = (uint8_t)f->dir;
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

/* The pair that has the connection, or the one that will have it. */
static struct pair *pair_of(const struct follower *f, const tcpconn *conn)
{
    struct pair *p = pairs_of(&f->pairs, tcptable_id_of(f->table, conn));

    return p ? p : f->current;
}

/* Where bytes of an endpoint go; NULL: nowhere. */
static struct sink *sink_of(struct follower *f, const tcpconn *conn,
                            const tcpconn_event *ev, bool urgent)
{
    const struct options *o = f->options;
    struct pair *p = pair_of(f, conn);
    int endpoint;

    if (!p)
        return NULL;
    if (!p->open) {
        begin(f, p);
        p->zero = p->zero_next;
    }
    if (!p->has_copy && ev->len) {
        p->copy = p->told++;
        p->has_copy = true;
    }
    endpoint = ev->dir ^ p->zero;
    if ((o->one_conn && p->number != o->conn) ||
        (o->dir != UNKNOWN && (endpoint ^ p->a) != o->dir))
        return NULL;
    return urgent ? &p->urgent[endpoint] : &p->plain[endpoint];
}

/* ---- the library's callbacks ---- */

static void on_data(void *user, tcpconn *conn, const tcpconn_event *ev,
                    const void *bytes)
{
    struct follower *f = user;
    bool urgent = ev->why == TCPCONN_DATA_URGENT;
    struct sink *sink = sink_of(f, conn, ev, urgent);

    if (sink && (!urgent || f->options->urgent == URGENT_APART))
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
    struct sink *sink = sink_of(f, conn, ev, false);

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
    const struct sink *sink = sink_of(user, conn, ev, false);

    (void)bytes;
    if (sink)
        say(f, sink, ev, "came twice and differ: ",
            ev->winner == TCPCONN_WINNER_NEW ? "the new ones stay"
                                             : "the old ones stay");
}

/* With a segment at hand, another connection may begin on the same ports. */
static void on_end(void *user, tcpconn *conn, const tcpconn_event *ev,
                   const void *bytes)
{
    struct follower *f = user;
    struct pair *p = pair_of(f, conn);

    (void)ev;
    (void)bytes;
    if (!p)
        return;
    if (p->open)
        finish(f, p);
    if (p->open && !p->id && !p->refused) /* it found no place */
        f->connections--;
    p->zero_next = p->zero;
    pairs_end(&f->pairs, p);
    if (p != f->current)
        pairs_release(&f->pairs, p);
}

/* ---- setting up ---- */

static bool set_up(struct follower *f, const struct options *o)
{
    tcpconn_config config = o->policy;

    f->table = room_make(&o->room, &f->memory);
    config.pool = room_make_pool(&o->room, &f->pool);
    if (!f->table || !config.pool ||
        !pairs_init(&f->pairs, (size_t)o->room.table.connections +
                                   o->room.table.half_open))
        return false;
    f->over_after = room_forget_soon(&config);
    config.user = f;
    config.on_data = on_data;
    config.on_gap = on_gap;
    config.on_overlap = on_overlap;
    config.on_end = on_end;
    config.urgent = o->urgent == URGENT_IN_LINE ? TCPCONN_URGENT_IN_LINE
                                                : TCPCONN_URGENT_APART;
    return !tcpconn_env_init(&f->env_memory, sizeof f->env_memory, &config,
                             &f->env);
}

static void free_follower(struct follower *f)
{
    free(f->memory);
    free(f->pool);
    free(f);
}

struct follower *follower_new(uint32_t linktype, const struct options *o,
                              struct target *target)
{
    struct follower *f = calloc(1, sizeof *f);

    if (!f || !set_up(f, o)) {
        complain("out of memory");
        if (f)
            free_follower(f);
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

/* A segment that is refused before any other was taken begins no connection in the
 * library; here it has a number, as in tcpseg-inspect. */
static void refuse(struct follower *f, struct pair *p)
{
    if (!p->open)
        begin(f, p);
    p->refused = true;
    p->last_time = f->now;
}

static void settle(struct follower *f, struct pair *p,
                   const tcptable_packet *answer)
{
    if (answer->flags & TCPTABLE_BEGUN) {
        if (!p->open)
            begin(f, p);
        p->refused = false;
        p->zero = (uint8_t)(f->dir ^ !!(answer->flags & TCPTABLE_REVERSED));
        pairs_name(&f->pairs, p, answer->conn);
    } else if (!answer->conn && answer->result == TCPCONN_REJECTED) {
        refuse(f, p);
    }
}

static bool feed(struct follower *f, const tcpseg_frame *frame,
                 const tcpseg *seg, const struct packet *packet)
{
    tcptable_tuple tuple = {.family = frame->addr.family,
                            .src_port = seg->src_port,
                            .dst_port = seg->dst_port};
    tcptable_packet answer;
    struct pair *p;

    memcpy(tuple.src, frame->addr.src, sizeof tuple.src);
    memcpy(tuple.dst, frame->addr.dst, sizeof tuple.dst);
    p = pairs_get(&f->pairs, &tuple, &f->dir);
    if (!p)
        return false;
    if (p->refused && f->now > p->last_time &&
        f->now - p->last_time >= f->over_after)
        pairs_end(&f->pairs, p);
    p->zero_next = (uint8_t)f->dir;
    if (!p->id)
        p->zero = (uint8_t)f->dir;
    f->current = p;
    tcptable_feed(f->table, f->env, frame, seg, packet->bytes + frame->offset,
                  packet->time, &answer);
    f->current = NULL;
    settle(f, p, &answer);
    pairs_release(&f->pairs, p);
    return true;
}

bool follower_feed(struct follower *f, const struct packet *p)
{
    tcpseg_frame frame;
    tcpseg seg;

    f->now = p->time;
    tcptable_tick(f->table, f->env, p->time, 0);
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
    uint64_t connections = f->connections, cursor = 0;
    tcptable_id id;

    while ((id = tcptable_next(f->table, &cursor)))
        tcptable_remove(f->table, f->env, id, TCPCONN_END_CAPTURE);
    pairs_destroy(&f->pairs);
    free_follower(f);
    return connections;
}
