/* From a frame to what is known of its connection. Everything the library does
 * for this program happens here: tcpseg_parse_frame(), tcpconn_feed() and, when
 * time passes or the capture ends, tcpconn_tick() and tcpconn_end(). */
#include "inspect.h"

#include <stdlib.h>
#include <string.h>

enum {
    MAX_CHANGES = 32,    /* a segment moves two endpoints a few steps each */
    MAX_FLOWS = 1 << 20, /* followed at once */
    MAX_KEPT = 1 << 17   /* ended, and kept for the summary */
};

/* After this long in TIME-WAIT or CLOSED a connection is told to be over: twice
 * the library's maximum segment lifetime. */
#define OVER_AFTER UINT64_C(60000000000)

struct tracker {
    uint32_t linktype, locate;
    struct output *out;
    tcpconn_env_storage env_memory;
    tcpconn_env *env;
    struct flows flows;
    size_t kept;
    struct totals totals;
    struct change changes[MAX_CHANGES]; /* since the last call of the library */
    size_t n_changes;
};

/* The library's callback. Lines are printed after the call, when the segment's
 * own line is out. */
static void on_state(void *user, tcpconn *conn, const tcpconn_event *ev,
                     const void *bytes)
{
    struct tracker *t = user;

    (void)conn;
    (void)bytes;
    if (t->n_changes == MAX_CHANGES)
        return;
    t->changes[t->n_changes++] = (struct change){
        .time = ev->now,
        .endpoint = ev->endpoint,
        .old_state = ev->old_state,
        .new_state = ev->new_state,
        .sure = ev->sure,
    };
}

struct tracker *tracker_new(uint32_t linktype, uint32_t locate,
                            struct output *out)
{
    struct tracker *t = calloc(1, sizeof *t);
    tcpconn_config config;

    if (!t || !flows_init(&t->flows)) {
        complain("out of memory");
        free(t);
        return NULL;
    }
    t->linktype = linktype;
    t->locate = locate;
    t->out = out;
    tcpconn_config_default(&config, sizeof config);
    config.user = t;
    config.on_state = on_state;
    tcpconn_env_init(&t->env_memory, sizeof t->env_memory, &config, &t->env);
    return t;
}

/* ---- ends ---- */

static void tell_expired(struct tracker *t, const struct flow *f)
{
    if (t->n_changes && t->out->expired)
        t->out->expired(t->out, f, &t->totals.last, t->changes, t->n_changes);
    t->n_changes = 0;
}

/* Let a connection's timer run out at the very time it was due. */
static void expire(struct tracker *t, struct flow *f)
{
    uint64_t due;

    while ((due = tcpconn_deadline(f->conn, t->env)) <= t->totals.last.time &&
           due != UINT64_MAX && tcpconn_tick(f->conn, t->env, due) > 0)
        tell_expired(t, f);
}

static void end_flow(struct tracker *t, struct flow *f, int why)
{
    for (int i = 0; i < 2; i++)
        f->state[i] = (uint8_t)tcpconn_state(f->conn, i);
    f->why = tcpconn_end(f->conn, t->env, why);
    f->ended = true;
    if (t->out->ended)
        t->out->ended(t->out, f, &t->totals.last);
    flows_forget(&t->flows, f);
    if (t->out->keeps_ended && t->kept < MAX_KEPT) {
        t->kept++;
        return;
    }
    t->totals.dropped += t->out->keeps_ended;
    flows_free(f);
}

/* Forget connections that have been over for long enough. */
static void sweep(struct tracker *t)
{
    struct flow *f;

    while ((f = flows_oldest(&t->flows.over)) &&
           t->totals.last.time > f->last_time &&
           t->totals.last.time - f->last_time >= OVER_AFTER) {
        expire(t, f);
        end_flow(t, f, TCPCONN_END_CAPTURE);
    }
}

static void make_room(struct tracker *t)
{
    struct flow *f = flows_oldest(&t->flows.over);

    if (t->flows.n_flows < MAX_FLOWS)
        return;
    if (!f)
        f = flows_oldest(&t->flows.active);
    end_flow(t, f, TCPCONN_END_EVICTED);
}

/* ---- segments ---- */

static bool over(const struct flow *f)
{
    for (int i = 0; i < 2; i++) {
        int state = tcpconn_state(f->conn, i);

        if (state != TCPCONN_CLOSED && state != TCPCONN_TIME_WAIT)
            return false;
    }
    return true;
}

/* A SYN with a new number on the addresses and ports of a connection that is
 * over begins another one. */
static bool begins_anew(const struct flow *f, int dir, const tcpseg *seg)
{
    const struct side *s = &f->side[dir];

    return (seg->flags & (TCPSEG_SYN | TCPSEG_ACK | TCPSEG_RST)) ==
               TCPSEG_SYN &&
           seg->header_captured >= HEADER_FIXED && !seg->error &&
           seg->checksum_status != TCPSEG_CHECKSUM_BAD && over(f) &&
           s->has_base && s->base != seg->seq;
}

/* Where the sender's stream ends, 64 bits wide, though numbers on the wire and
 * the report's offset have 32. */
static void count_stream(struct side *s, const tcpseg *seg,
                         const tcpconn_report *r)
{
    uint32_t end =
        seg->seq - s->base + !!(seg->flags & TCPSEG_SYN) + seg->payload_len;
    uint32_t ahead = end - (uint32_t)s->top;

    if (r->verdict <= TCPCONN_TRIMMED)
        s->bytes += r->new_len;
    else if (r->verdict == TCPCONN_QUEUED && ahead < UINT32_C(1) << 31)
        s->bytes += ahead < seg->payload_len ? ahead : seg->payload_len;
    if (ahead < UINT32_C(1) << 31)
        s->top += ahead;
    if (seg->flags & TCPSEG_FIN)
        s->fin = true;
}

static void set_base(struct side *s, uint32_t base, bool certain)
{
    if (s->has_base && (!certain || s->base == base))
        return;
    s->base = base;
    s->has_base = true;
    s->top = 1;
}

/* Relative numbers count from the library's; where it refused a segment before
 * knowing any, from the first number seen. */
static void learn_bases(struct flow *f, int dir, const tcpseg *seg,
                        const tcpconn_report *r)
{
    bool certain = r->verdict < TCPCONN_REJECTED;

    if (seg->header_captured < HEADER_NUMBERS || seg->error)
        return;
    if (certain)
        set_base(&f->side[dir], seg->seq - r->rel_seq, true);
    else
        set_base(&f->side[dir], seg->seq - !(seg->flags & TCPSEG_SYN), false);
    if (seg->flags & TCPSEG_ACK)
        set_base(&f->side[!dir], certain ? seg->ack - r->rel_ack : seg->ack - 1,
                 certain);
}

static void count_segment(struct flow *f, const struct sighting *s)
{
    f->last_time = s->packet->time;
    f->side[s->dir].segments++;
    learn_bases(f, s->dir, s->seg, &s->report);
    if (s->report.verdict < TCPCONN_DUPLICATE)
        count_stream(&f->side[s->dir], s->seg, &s->report);
}

static void set_opener(struct flow *f, const tcpseg *seg)
{
    if (seg->flags & TCPSEG_SYN)
        f->opener = seg->flags & TCPSEG_ACK ? 1 : 0;
}

static void endpoints(const tcpseg_frame *frame, const tcpseg *seg,
                      struct endpoint *src, struct endpoint *dst)
{
    memcpy(src->address, frame->addr.src, sizeof src->address);
    memcpy(dst->address, frame->addr.dst, sizeof dst->address);
    src->port = seg->src_port;
    dst->port = seg->dst_port;
}

/* The connection of a segment; NULL: none was known, so *fresh is a new one
 * that is not in the table yet, or NULL without memory. */
static struct flow *find_flow(struct tracker *t, const struct sighting *s,
                              int *dir, struct flow **fresh)
{
    struct endpoint src, dst;
    struct flow *f;

    endpoints(s->frame, s->seg, &src, &dst);
    f = flows_find(&t->flows, s->frame->addr.family, &src, &dst, dir);
    if (f && begins_anew(f, *dir, s->seg)) {
        expire(t, f);
        end_flow(t, f, TCPCONN_END_REUSED);
        *dir = 0;
        f = NULL;
    }
    *fresh = f ? NULL : flows_new(s->frame->addr.family, &src, &dst);
    if (*fresh)
        tcpconn_init(&(*fresh)->memory, sizeof(*fresh)->memory, 0,
                     &(*fresh)->conn);
    return f;
}

static struct flow *admit(struct tracker *t, struct flow *f,
                          const struct sighting *s)
{
    make_room(t);
    if (!flows_insert(&t->flows, f)) {
        flows_free(f);
        return NULL;
    }
    f->number = t->totals.connections++;
    f->first_time = s->packet->time;
    set_opener(f, s->seg);
    if (t->out->opened)
        t->out->opened(t->out, f, s->packet);
    return f;
}

static bool feed_segment(struct tracker *t, struct sighting *s)
{
    struct flow *fresh, *f = find_flow(t, s, &s->dir, &fresh);

    if (!f && !fresh)
        return false;
    t->n_changes = 0;
    tcpconn_feed(f ? f->conn : fresh->conn, t->env, s->dir, s->seg, s->data,
                 s->packet->time, &s->report);
    s->changes = t->changes;
    s->n_changes = t->n_changes;

    if (fresh && s->report.verdict == TCPCONN_MALFORMED) {
        flows_free(fresh); /* told, but no reason to see a connection */
    } else if (fresh) {
        f = admit(t, fresh, s);
        if (!f)
            return false;
    }
    s->flow = f;
    if (f)
        count_segment(f, s);
    if (t->out->segment)
        t->out->segment(t->out, s);
    t->n_changes = 0;
    if (f)
        flows_touch(&t->flows, f, over(f));
    return true;
}

static void feed_datagram(struct tracker *t, const struct packet *p,
                          const tcpseg_frame *frame)
{
    tcpseg_udp udp;

    t->totals.datagrams++;
    tcpseg_udp_parse(&udp, p->bytes + frame->offset, frame->captured,
                     frame->length);
    if (t->locate & TCPSEG_LOCATE_CHECKSUM)
        tcpseg_udp_checksum_verify(&udp, p->bytes + frame->offset,
                                   &frame->addr);
    if (t->out->datagram)
        t->out->datagram(t->out, p, frame, &udp);
}

bool tracker_feed(struct tracker *t, const struct packet *p)
{
    tcpseg_frame frame;
    tcpseg seg;
    struct sighting s = {.packet = p, .frame = &frame, .seg = &seg};

    t->totals.frames++;
    t->totals.last = *p;
    sweep(t);
    tcpseg_parse_frame(&seg, &frame, sizeof frame, t->linktype, t->locate,
                       p->bytes, p->captured, p->length);
    if (frame.stop != TCPSEG_STOP_NONE) {
        t->totals.others++;
        t->totals.stops[frame.stop < N_STOPS ? frame.stop : N_STOPS - 1]++;
        return true;
    }
    if (frame.addr.protocol != 6) {
        feed_datagram(t, p, &frame);
        return true;
    }
    t->totals.segments++;
    t->totals.bad_checksums += seg.checksum_status == TCPSEG_CHECKSUM_BAD;
    s.data = p->bytes + frame.offset;
    if (feed_segment(t, &s))
        return true;
    complain("out of memory");
    return false;
}

void tracker_finish(struct tracker *t)
{
    struct flow *f = flows_next(&t->flows, NULL), *next;

    for (; f; f = next) {
        next = flows_next(&t->flows, f);
        if (f->ended)
            continue;
        expire(t, f);
        end_flow(t, f, TCPCONN_END_CAPTURE);
    }
    if (t->out->finished)
        t->out->finished(t->out, &t->flows, &t->totals);
    flows_destroy(&t->flows);
    free(t);
}
