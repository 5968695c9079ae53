/* From a frame to what is known of its connection. Everything the library does
 * for this program happens here: tcpseg_parse_frame(), tcptable_feed() and, when
 * time passes or the capture ends, tcptable_tick() and tcptable_remove(). */
#include "inspect.h"

#include <stdlib.h>
#include <string.h>

enum {
    MAX_CHANGES = 64, /* a segment moves two endpoints a few steps each */
    MAX_FINDINGS = 64,
    /* Frames of a connection whose verdict is open. Some never are settled, and
     * a live capture may last: the oldest are given up. */
    MAX_PROVISIONAL = 8192,
    MAX_REVISIONS = MAX_PROVISIONAL,
    MAX_KEPT = 1 << 17 /* ended, and kept for the summary */
};

/* What the library tells of a connection in one call. */
struct book {
    struct flow *flow;
    struct news news; /* what follows, counted */
    struct change changes[MAX_CHANGES];
    struct revision revisions[MAX_REVISIONS];
    struct finding findings[MAX_FINDINGS];
    struct told *told;
    size_t room; /* of told */
};

struct tracker {
    uint32_t linktype, locate;
    struct output *out;
    tcpconn_env_storage env_memory;
    tcpconn_env *env;
    tcptable *table;
    void *memory, *pool;
    struct flows flows;
    size_t kept;
    struct totals totals;
    /* The segment at hand, or the one that an ICMP error quotes. */
    const struct sighting *at;
    struct flow *fresh; /* for the connection that may begin with it */
    int why;            /* how the one before on its ports ended; 0: not now */
    /* What is told of the segment's connection is printed under its line. Of all
     * others, whose time is over or that give way, it is printed at once. */
    struct book own, other;
    /* A segment that is refused before any other was taken begins no connection in
     * the library. Here it does, so that numbers are those of other tools. */
    size_t refused, most_refused;
    uint64_t over_after; /* the last of them, it is forgotten */
    uint64_t seed[2];
    bool hash;
};

static void tell_passed(struct tracker *t, const struct flow *f,
                        const struct news *news)
{
    if ((news->n_changes | news->n_revisions | news->n_findings |
         news->n_told) &&
        t->out->passed)
        t->out->passed(t->out, f, &t->totals.last, news);
}

static void book_clear(struct book *b)
{
    b->flow = NULL;
    b->news = (struct news){
        b->changes, b->revisions, b->findings, b->told, 0, 0, 0, 0};
}

/* It was nothing that a segment of its own caused. */
static void book_tell(struct tracker *t, struct book *b)
{
    if (b->flow)
        tell_passed(t, b->flow, &b->news);
    book_clear(b);
}

static bool same(const struct endpoint *e, const uint8_t *address,
                 uint16_t port)
{
    return e->port == port && memcmp(e->address, address, 16) == 0;
}

/* Whether an endpoint of a connection, or of one that it may be, sent a segment. */
static bool is_from(const struct sighting *s, const struct flow *f,
                    int endpoint)
{
    const tcpseg_address *a = &s->frame->addr;

    return same(&f->ep[endpoint], a->src, s->seg->src_port) &&
           same(&f->ep[!endpoint], a->dst, s->seg->dst_port);
}

static bool is_same_pair(const struct sighting *s, const struct flow *f)
{
    return f->family == s->frame->addr.family &&
           (is_from(s, f, 0) || is_from(s, f, 1));
}

static bool is_at_hand(const struct tracker *t, const struct flow *f)
{
    return t->at && (f == t->fresh || is_same_pair(t->at, f));
}

/* Where to write what is told of a connection; NULL: nowhere. */
static struct book *book_of(struct tracker *t, const tcpconn *conn)
{
    struct flow *f = flows_find(&t->flows, tcptable_id_of(t->table, conn));
    struct book *b;

    if (!f && t->at)
        f = t->fresh;
    if (!f)
        return NULL;
    b = is_at_hand(t, f) ? &t->own : &t->other;
    if (b->flow != f)
        book_tell(t, b);
    b->flow = f;
    return b;
}

/* ---- the library's callbacks. Lines are printed after the call, when the
 * segment's own line is out. ---- */

static void on_state(void *user, tcpconn *conn, const tcpconn_event *ev,
                     const void *bytes)
{
    struct book *b = book_of(user, conn);

    (void)bytes;
    if (!b || b->news.n_changes == MAX_CHANGES)
        return;
    b->changes[b->news.n_changes++] = (struct change){
        .time = ev->now,
        .endpoint = ev->endpoint ^ b->flow->flipped,
        .old_state = ev->old_state,
        .new_state = ev->new_state,
        .sure = ev->sure,
    };
}

/* All frames whose verdict had this id. */
static void on_revise(void *user, tcpconn *conn, const tcpconn_event *ev,
                      const void *bytes)
{
    struct book *b = book_of(user, conn);
    struct flow *f = b ? b->flow : NULL;
    size_t kept = 0;

    (void)bytes;
    if (!f)
        return;
    for (size_t i = 0; i < f->n_provisional; i++) {
        const struct provisional *p = &f->provisional[i];

        if (p->id != ev->id || p->dir != (ev->dir ^ f->flipped))
            f->provisional[kept++] = *p;
        else if (b->news.n_revisions < MAX_REVISIONS)
            b->revisions[b->news.n_revisions++] = (struct revision){
                .frame = p->frame,
                .checks = ev->checks,
                .verdict = ev->verdict,
            };
    }
    f->n_provisional = kept;
}

static void on_finding(void *user, tcpconn *conn, const tcpconn_event *ev,
                       const void *bytes)
{
    struct book *b = book_of(user, conn);
    uint8_t dir, check = 0;

    (void)bytes;
    if (!b)
        return;
    dir = ev->dir ^ b->flow->flipped;
    while (check < 63 && !(ev->checks >> check & 1))
        check++;
    if (ev->why == TCPCONN_FINDING_SILENCE)
        b->flow->silent |= (uint8_t)(1u << dir);
    if (b->news.n_findings < MAX_FINDINGS)
        b->findings[b->news.n_findings++] =
            (struct finding){dir, ev->why, check, ev->len};
}

static bool keep_told(struct book *b, const struct told *told)
{
    if (b->news.n_told == b->room) {
        size_t room = b->room ? 2 * b->room : 64;
        struct told *more = realloc(b->told, room * sizeof *more);

        if (!more)
            return false;
        b->news.told = b->told = more;
        b->room = room;
    }
    b->told[b->news.n_told++] = *told;
    return true;
}

static void on_stream(void *user, tcpconn *conn, const tcpconn_event *ev,
                      const void *bytes)
{
    struct tracker *t = user;
    struct book *b = book_of(t, conn);
    struct told told = {ev->type,   ev->dir, ev->why,
                        ev->winner, ev->len, ev->offset};

    if (!b)
        return;
    told.dir ^= b->flow->flipped;
    stream_take(&b->flow->side[told.dir].stream, ev, bytes);
    if (!t->out->summary_only)
        (void)keep_told(b, &told); /* without memory a line is lost, no byte */
}

/* Tell the end of a connection whose numbers on_end() has kept. */
static void close_flow(struct tracker *t, struct flow *f, int why)
{
    f->why = why;
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

/* Whoever gives way when all was over has ended in its own way. */
static int true_end(const struct flow *f, int why)
{
    const tcpconn_endpoint_summary *ep = f->summary.ep;

    if (why != TCPCONN_END_EVICTED)
        return why;
    if (ep[0].flags & ep[1].flags & TCPCONN_EP_FIN_ACKED)
        return TCPCONN_END_CLOSED;
    return f->state[0] == TCPCONN_CLOSED && f->state[1] == TCPCONN_CLOSED
               ? TCPCONN_END_RESET
               : why;
}

/* Together with what was refused before the library's connection began. */
static void add_stats(struct side *side, const tcpconn *conn, int endpoint)
{
    tcpconn_stats before = side->stats, *s = &side->stats;

    tcpconn_get_stats(conn, endpoint, s, sizeof *s);
    s->segments += before.segments;
    s->rejected += before.rejected;
    for (size_t i = 0; i < sizeof s->checks / sizeof *s->checks; i++)
        s->checks[i] += before.checks[i];
}

/* The last moment at which the library knows the connection's numbers. */
static void on_end(void *user, tcpconn *conn, const tcpconn_event *ev,
                   const void *bytes)
{
    struct tracker *t = user;
    struct book *b = book_of(t, conn);
    struct flow *f = b ? b->flow : NULL;

    (void)bytes;
    if (!f)
        return;
    if (f == t->fresh) { /* it found no place */
        book_clear(b);
        return;
    }
    if (b == &t->own)
        t->why = ev->why;
    f->state[f->flipped] = ev->old_state;
    f->state[!f->flipped] = ev->new_state;
    tcpconn_get_summary(conn, &f->summary, sizeof f->summary);
    for (int i = 0; i < 2; i++)
        add_stats(&f->side[i ^ f->flipped], conn, i);
    book_tell(t, b);
    close_flow(t, f, true_end(f, ev->why));
}

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
    config.user = t;
    config.on_state = on_state;
    config.on_revise = on_revise;
    config.on_finding = on_finding;
    config.on_end = on_end;
    config.on_data = config.on_gap = config.on_overlap = on_stream;
    config.urgent = TCPCONN_URGENT_APART;
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
        s->checks[i] += r->checks >> i & 1;
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
