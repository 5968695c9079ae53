/* From a frame to what is known of its connection. Everything the library does
 * for this program happens here: tcpseg_parse_frame(), tcptable_feed() and, when
 * time passes or the capture ends, tcptable_tick() and tcptable_remove(). */
#include "track.h"

#include <stdlib.h>
#include <string.h>

static bool make_memory(struct tracker *t, const struct room *room,
                        tcpconn_config *config)
{
    const tcptable_config *c = &room->table;

    t->table = room_make(room, &t->memory);
    config->pool = room_make_pool(room, &t->pool);
    return t->table && config->pool &&
           flows_init(&t->flows, (size_t)c->connections + c->half_open);
}

static void free_tracker(struct tracker *t)
{
    free(t->own.told);
    free(t->other.told);
    if (t->fresh)
        flows_free(t->fresh);
    free(t->memory);
    free(t->pool);
    free(t);
}

struct tracker *tracker_new(uint32_t linktype, uint32_t locate,
                            const tcpconn_config *policy,
                            const struct room *room, bool hash,
                            struct output *out)
{
    struct tracker *t = calloc(1, sizeof *t);
    tcpconn_config config = *policy;

    if (!t || !make_memory(t, room, &config)) {
        complain("out of memory");
        if (t)
            free_tracker(t);
        return NULL;
    }
    t->linktype = linktype;
    t->locate = locate;
    t->most_refused = room->table.connections;
    room_seed(t->seed);
    t->out = out;
    t->over_after = room_forget_soon(&config);
    told_listen(t, &config);
    t->hash = hash;
    tcpconn_env_init(&t->env_memory, sizeof t->env_memory, &config, &t->env);
    return t;
}

/* Around each call of the library with a segment. */
static void take_up(struct tracker *t, const struct sighting *s)
{
    t->at = s;
    t->why = 0;
    book_clear(&t->own);
}

static void put_down(struct tracker *t)
{
    t->at = NULL;
    book_tell(t, &t->other);
}

static void pass_time(struct tracker *t)
{
    tcptable_tick(t->table, t->env, t->totals.last.time, 0);
    book_tell(t, &t->other);
}

/* ---- segments ---- */

static void set_base(struct side *s, uint32_t base, bool certain)
{
    if (s->has_base && (!certain || s->base == base))
        return;
    s->base = base;
    s->has_base = true;
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

static void learn_syn(struct flow *f, int dir, const tcpseg *seg,
                      const tcpconn_report *r)
{
    if (seg->flags & TCPSEG_SYN &&
        (r->verdict < TCPCONN_REJECTED || r->provisional))
        f->side[dir].has_syn = true;
}

/* What it means to a reader, as the connection stands now. */
static void analyse(struct tracker *t, struct flow *f, struct sighting *s)
{
    const tcpconn *conn = tcptable_conn(t->table, f->id);

    if (!conn ||
        tcpconn_get_analysis(conn, &s->analysis, sizeof s->analysis) < 0)
        return;
    if (s->analysis.dup_ack_of == s->analysis.segment)
        f->side[s->dir].dup_frame = s->packet->number;
}

static void set_opener(struct flow *f, const tcpseg *seg)
{
    if (seg->flags & TCPSEG_SYN)
        f->opener = seg->flags & TCPSEG_ACK ? 1 : 0;
}

/* Something to write into if a connection begins. */
static bool prepare(struct tracker *t, const struct sighting *s)
{
    struct flow *f = t->fresh ? t->fresh : flows_new(t->hash);

    if (!f)
        return false;
    t->fresh = f;
    f->family = s->frame->addr.family;
    memcpy(f->ep[0].address, s->frame->addr.src, sizeof f->ep[0].address);
    memcpy(f->ep[1].address, s->frame->addr.dst, sizeof f->ep[1].address);
    f->ep[0].port = s->seg->src_port;
    f->ep[1].port = s->seg->dst_port;
    return true;
}

static void swap(struct stream *x, struct stream *y)
{
    struct stream kept = *x;

    *x = *y;
    *y = kept;
}

/* A connection that took the memory of the one before has its endpoints numbered
 * alike; here the sender of the first segment is 0. */
static void flip(struct tracker *t, struct flow *f)
{
    struct book *b = &t->own;

    f->flipped = true;
    swap(&f->side[0].stream, &f->side[1].stream);
    f->silent = (uint8_t)((f->silent & 1u) << 1 | f->silent >> 1);
    for (size_t i = 0; i < b->news.n_changes; i++)
        b->changes[i].endpoint ^= 1;
    for (size_t i = 0; i < b->news.n_findings; i++)
        b->findings[i].dir ^= 1;
    for (size_t i = 0; i < b->news.n_told; i++)
        b->told[i].dir ^= 1;
}

/* ---- what was refused from its first segment on ---- */

/* The table's ids are above all of these. */
static tcptable_id refused_id(const struct tracker *t, const struct sighting *s)
{
    tcptable_tuple tuple = {.family = s->frame->addr.family,
                            .src_port = s->seg->src_port,
                            .dst_port = s->seg->dst_port};

    memcpy(tuple.src, s->frame->addr.src, sizeof tuple.src);
    memcpy(tuple.dst, s->frame->addr.dst, sizeof tuple.dst);
    return tcptable_hash(&tuple, t->seed);
}

static void end_refused(struct tracker *t, struct flow *f)
{
    tcpconn_storage memory;
    tcpconn *none;

    tcpconn_init(&memory, sizeof memory, 0, &none);
    tcpconn_get_summary(none, &f->summary, sizeof f->summary);
    t->refused--;
    close_flow(t, f, TCPCONN_END_CAPTURE);
}

static struct flow *find_refused(struct tracker *t, const struct sighting *s)
{
    struct flow *f =
        t->refused ? flows_find(&t->flows, refused_id(t, s)) : NULL;

    if (!f || !is_same_pair(s, f))
        return NULL;
    if (s->packet->time <= f->last_time ||
        s->packet->time - f->last_time < t->over_after)
        return f;
    end_refused(t, f);
    return NULL;
}

static void count_refused(struct side *side, const tcpconn_report *r)
{
    tcpconn_stats *s = &side->stats;

    s->segments++;
    s->rejected++;
    for (size_t i = 0; i < sizeof s->checks / sizeof *s->checks; i++)
        s->checks[i] += (uint32_t)(r->checks >> i & 1);
}

static void open_flow(struct tracker *t, const struct sighting *s,
                      struct flow *f, tcptable_id id)
{
    t->fresh = NULL;
    flows_insert(&t->flows, f, id);
    f->number = t->totals.connections++;
    f->first_time = s->packet->time;
    set_opener(f, s->seg);
    if (t->out->opened)
        t->out->opened(t->out, f, s->packet);
}

static struct flow *refuse(struct tracker *t, struct sighting *s)
{
    struct flow *f = find_refused(t, s);

    if (s->report.verdict != TCPCONN_REJECTED)
        return NULL;
    if (!f && t->refused < t->most_refused) {
        t->refused++;
        f = t->fresh;
        open_flow(t, s, f, refused_id(t, s));
    }
    if (!f)
        return NULL;
    s->dir = !is_from(s, f, 0);
    count_refused(&f->side[s->dir], &s->report);
    return f;
}

/* Now it is one of the library, too, whose endpoint 0 is the sender. */
static struct flow *accept_refused(struct tracker *t, const struct sighting *s,
                                   struct flow *f, tcptable_id id)
{
    if (!is_from(s, f, 0))
        flip(t, t->fresh);
    f->flipped = t->fresh->flipped;
    f->silent = t->fresh->silent;
    for (int i = 0; i < 2; i++)
        swap(&f->side[i].stream, &t->fresh->side[i].stream);
    flows_free(t->fresh);
    t->fresh = NULL;
    t->refused--;
    flows_rename(&t->flows, f, id);
    return f;
}

/* ---- segments ---- */

static struct flow *admit(struct tracker *t, const struct sighting *s,
                          const tcptable_packet *answer)
{
    struct flow *f = find_refused(t, s);

    if (f)
        return accept_refused(t, s, f, answer->conn);
    f = t->fresh;
    if (answer->flags & TCPTABLE_REVERSED)
        flip(t, f);
    /* Where the answer decides, the SYN was shown under the old connection. */
    f->side[1].has_syn = t->why == TCPCONN_END_REUSED &&
                         s->seg->flags & TCPSEG_SYN &&
                         s->seg->flags & TCPSEG_ACK;
    open_flow(t, s, f, answer->conn);
    return f;
}

/* The connection of a segment that was fed; NULL: none. */
static struct flow *flow_after(struct tracker *t, struct sighting *s,
                               const tcptable_packet *answer)
{
    struct flow *f;

    if (answer->flags & TCPTABLE_BEGUN)
        f = admit(t, s, answer);
    else if (answer->conn)
        f = flows_find(&t->flows, answer->conn);
    else
        return answer->result == TCPSEG_ERR_FULL ? NULL : refuse(t, s);
    if (f)
        s->dir = !!(answer->flags & TCPTABLE_REVERSED) ^ f->flipped;
    return f;
}

static bool keep_provisional(struct flow *f, const struct sighting *s)
{
    struct provisional *more;

    if (f->n_provisional == MAX_PROVISIONAL) {
        f->n_provisional /= 2;
        memmove(f->provisional, f->provisional + f->n_provisional,
                f->n_provisional * sizeof *more);
    }
    more = realloc(f->provisional, (f->n_provisional + 1) * sizeof *more);
    if (!more)
        return false;
    f->provisional = more;
    more[f->n_provisional++] =
        (struct provisional){s->packet->number, s->report.id, s->dir};
    return true;
}

/* The report's endpoints are the library's. */
static void unflip(tcpconn_report *r)
{
    tcpconn_report copy = *r;

    for (int i = 0; i < 2; i++) {
        r->state[i] = copy.state[!i];
        r->sure[i] = copy.sure[!i];
    }
}

/* Whether with this segment both endpoints are beyond the handshake, and both SYNs
 * were seen. */
static bool is_agreed(struct tracker *t, struct flow *f,
                      const struct sighting *s)
{
    const uint8_t *state = s->report.state;

    if (f->agreed || !f->side[0].has_syn || !f->side[1].has_syn ||
        state[0] < TCPCONN_ESTABLISHED || state[1] < TCPCONN_ESTABLISHED)
        return false;
    tcpconn_get_summary(tcptable_conn(t->table, f->id), &f->summary,
                        sizeof f->summary);
    f->agreed = true;
    return true;
}

static void tell_segment(struct tracker *t, struct sighting *s, struct flow *f)
{
    s->flow = f;
    s->news = t->own.news;
    s->agreed = f && is_agreed(t, f, s);
    if (t->out->segment)
        t->out->segment(t->out, s);
}

/* What was told of a connection that did not begin is of no use. */
static void discard(struct tracker *t)
{
    book_clear(&t->own);
    flows_free(t->fresh);
    t->fresh = NULL;
}

static bool feed_segment(struct tracker *t, struct sighting *s)
{
    tcptable_packet answer;
    struct flow *f;

    if (!prepare(t, s))
        return false;
    take_up(t, s);
    if (tcptable_feed(t->table, t->env, s->frame, s->seg, s->data,
                      s->packet->time, &answer) == TCPSEG_ERR_FULL)
        t->totals.refused++;
    put_down(t);
    s->report = answer.report;
    f = flow_after(t, s, &answer);
    if (t->fresh && t->own.flow == t->fresh)
        discard(t);
    if (f) {
        if (f->flipped)
            unflip(&s->report);
        if (s->report.provisional && !keep_provisional(f, s))
            return false;
        f->last_time = s->packet->time;
        learn_bases(f, s->dir, s->seg, &s->report);
        learn_syn(f, s->dir, s->seg, &s->report);
        if (s->report.verdict != TCPCONN_MALFORMED)
            analyse(t, f, s);
    }
    tell_segment(t, s, f);
    return true;
}

/* ---- ICMP ---- */

/* An error is fed to the connection whose segment it quotes. */
static void feed_icmp(struct tracker *t, const struct packet *p,
                      const tcpseg_frame *outer)
{
    tcpseg_frame inner;
    tcpseg quoted;
    struct sighting s = {.frame = &inner, .seg = &quoted};
    struct notice n = {.packet = p, .frame = outer};
    tcptable_packet answer;
    struct flow *f;

    if (!icmp_read(&n, &inner, &quoted))
        return;
    take_up(t, &s);
    n.believed = tcptable_icmp(t->table, t->env, outer, p->bytes, p->captured,
                               p->length, p->time, &answer) == TCPCONN_ACCEPTED;
    put_down(t);
    f = answer.conn ? flows_find(&t->flows, answer.conn) : NULL;
    if (!f)
        return;
    t->totals.icmp_errors++;
    n.dir = !!(answer.flags & TCPTABLE_REVERSED) ^ f->flipped;
    n.flow = f;
    n.news = t->own.news;
    if (t->out->notice)
        t->out->notice(t->out, &n);
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
    pass_time(t);
    tcpseg_parse_frame(&seg, &frame, sizeof frame, t->linktype, t->locate,
                       p->bytes, p->captured, p->length);
    if (frame.stop != TCPSEG_STOP_NONE) {
        if (frame.stop == TCPSEG_STOP_PROTOCOL)
            feed_icmp(t, p, &frame);
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
    struct flow *f, *next;

    if (t->totals.frames)
        pass_time(t);
    for (f = flows_next(&t->flows, NULL); f; f = next) {
        next = flows_next(&t->flows, f);
        if (!f->ended &&
            tcptable_remove(t->table, t->env, f->id, TCPCONN_END_CAPTURE) < 0)
            end_refused(t, f);
    }
    if (t->out->finished)
        t->out->finished(t->out, &t->flows, &t->totals);
    flows_destroy(&t->flows);
    free_tracker(t);
}
