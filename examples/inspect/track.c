/* From a frame to what is known of its connection. Everything the library does
 * for this program happens here: tcpseg_parse_frame(), tcpconn_feed() and, when
 * time passes or the capture ends, tcpconn_tick() and tcpconn_end(). */
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
    MAX_FLOWS = 1 << 20,   /* followed at once */
    MAX_KEPT = 1 << 17,    /* ended, and kept for the summary */
    POOL_BLOCKS = 1 << 15, /* for bytes out of order */
    POOL_BLOCK = 2048
};

/* Twice the library's maximum segment lifetime. */
#define DEFAULT_2MSL UINT64_C(60000000000)

struct tracker {
    uint32_t linktype, locate;
    struct output *out;
    tcpconn_env_storage env_memory;
    tcpconn_env *env;
    struct flows flows;
    size_t kept;
    struct totals totals;
    /* After this long in TIME-WAIT or CLOSED a connection is told to be over. */
    uint64_t over_after;
    struct flow *current; /* whose connection the library is at work on */
    /* Since the last call of the library: */
    struct change changes[MAX_CHANGES];
    struct revision revisions[MAX_REVISIONS];
    struct finding findings[MAX_FINDINGS];
    struct told *told;
    size_t room;      /* of told */
    struct news news; /* the same, counted */
    struct news old;  /* of it, what is about a connection that ended, */
    bool ended;       /* whereupon another one began */
    int why;          /* it ended */
    bool hash;
    struct stream next[2]; /* the other one's, in the library's directions */
    void *pool;
};

/* ---- the library's callbacks. Lines are printed after the call, when the
 * segment's own line is out. ---- */

static void on_state(void *user, tcpconn *conn, const tcpconn_event *ev,
                     const void *bytes)
{
    struct tracker *t = user;

    (void)conn;
    (void)bytes;
    if (t->news.n_changes == MAX_CHANGES)
        return;
    t->changes[t->news.n_changes++] = (struct change){
        .time = ev->now,
        .endpoint = ev->endpoint ^ t->current->flipped,
        .old_state = ev->old_state,
        .new_state = ev->new_state,
        .sure = ev->sure,
    };
}

/* All frames whose verdict had this id. */
static void on_revise(void *user, tcpconn *conn, const tcpconn_event *ev,
                      const void *bytes)
{
    struct tracker *t = user;
    struct flow *f = t->current;
    size_t kept = 0;

    (void)conn;
    (void)bytes;
    for (size_t i = 0; i < f->n_provisional; i++) {
        const struct provisional *p = &f->provisional[i];

        if (p->id != ev->id || p->dir != (ev->dir ^ f->flipped))
            f->provisional[kept++] = *p;
        else if (t->news.n_revisions < MAX_REVISIONS)
            t->revisions[t->news.n_revisions++] = (struct revision){
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
    struct tracker *t = user;
    uint8_t dir = ev->dir ^ t->current->flipped, check = 0;

    (void)conn;
    (void)bytes;
    while (check < 63 && !(ev->checks >> check & 1))
        check++;
    if (ev->why == TCPCONN_FINDING_SILENCE)
        t->current->silent |= (uint8_t)(1u << dir);
    if (t->news.n_findings < MAX_FINDINGS)
        t->findings[t->news.n_findings++] =
            (struct finding){dir, ev->why, check, ev->len};
}

static bool keep_told(struct tracker *t, const struct told *told)
{
    if (t->news.n_told == t->room) {
        size_t room = t->room ? 2 * t->room : 64;
        struct told *more = realloc(t->told, room * sizeof *more);

        if (!more)
            return false;
        t->news.told = t->told = more;
        t->room = room;
    }
    t->told[t->news.n_told++] = *told;
    return true;
}

static void on_stream(void *user, tcpconn *conn, const tcpconn_event *ev,
                      const void *bytes)
{
    struct tracker *t = user;
    uint8_t dir = ev->dir ^ t->current->flipped;
    const struct told told = {ev->type,   dir,     ev->why,
                              ev->winner, ev->len, ev->offset};

    (void)conn;
    stream_take(t->ended ? &t->next[ev->dir] : &t->current->side[dir].stream,
                ev, bytes, t->hash);
    (void)keep_told(t, &told); /* without memory a line is lost, no byte */
}

/* The last moment at which the library knows the connection's numbers. */
static void on_end(void *user, tcpconn *conn, const tcpconn_event *ev,
                   const void *bytes)
{
    struct tracker *t = user;
    struct flow *f = t->current;

    (void)bytes;
    t->ended = true;
    t->old = t->news;
    stream_begin(&t->next[0]);
    stream_begin(&t->next[1]);
    t->why = ev->why;
    f->state[f->flipped] = ev->old_state;
    f->state[!f->flipped] = ev->new_state;
    tcpconn_get_summary(conn, &f->summary, sizeof f->summary);
    for (int i = 0; i < 2; i++)
        tcpconn_get_stats(conn, i, &f->side[i ^ f->flipped].stats,
                          sizeof f->side[i].stats);
}

/* Memory that is only used where bytes come out of order. */
static tcpconn_pool *new_pool(struct tracker *t)
{
    size_t size = tcpconn_pool_size(POOL_BLOCKS, POOL_BLOCK);
    tcpconn_pool *pool = NULL;

    t->pool = malloc(size);
    if (t->pool)
        tcpconn_pool_init(t->pool, size, POOL_BLOCK, &pool);
    return pool;
}

struct tracker *tracker_new(uint32_t linktype, uint32_t locate,
                            const tcpconn_config *policy, bool hash,
                            struct output *out)
{
    struct tracker *t = calloc(1, sizeof *t);
    tcpconn_config config = *policy;

    if (!t || !flows_init(&t->flows) || !(config.pool = new_pool(t))) {
        complain("out of memory");
        free(t);
        return NULL;
    }
    t->linktype = linktype;
    t->locate = locate;
    t->out = out;
    t->over_after = policy->msl ? 2 * policy->msl : DEFAULT_2MSL;
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

/* Before each call of the library. */
static void at_work_on(struct tracker *t, struct flow *f)
{
    t->current = f;
    t->news = (struct news){
        t->changes, t->revisions, t->findings, t->told, 0, 0, 0, 0};
    t->old = t->news;
    t->ended = false;
}

/* Of the news, what came behind the end of a connection. */
static struct news news_since(const struct tracker *t)
{
    const struct news *all = &t->news, *old = &t->old;

    return (struct news){
        .changes = all->changes + old->n_changes,
        .revisions = all->revisions + old->n_revisions,
        .findings = all->findings + old->n_findings,
        .told = t->told ? t->told + old->n_told : NULL,
        .n_changes = all->n_changes - old->n_changes,
        .n_revisions = all->n_revisions - old->n_revisions,
        .n_findings = all->n_findings - old->n_findings,
        .n_told = all->n_told - old->n_told,
    };
}

/* ---- ends ---- */

static void tell_passed(struct tracker *t, const struct flow *f,
                        const struct news *news)
{
    if ((news->n_changes | news->n_revisions | news->n_findings |
         news->n_told) &&
        t->out->passed)
        t->out->passed(t->out, f, &t->totals.last, news);
}

/* Let a connection's timer run out at the very time it was due. */
static void expire(struct tracker *t, struct flow *f)
{
    uint64_t due;

    while ((due = tcpconn_deadline(f->conn, t->env)) <= t->totals.last.time &&
           due != UINT64_MAX) {
        at_work_on(t, f);
        if (tcpconn_tick(f->conn, t->env, due) < 0)
            return;
        tell_passed(t, f, &t->news);
    }
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

static void end_flow(struct tracker *t, struct flow *f, int why)
{
    at_work_on(t, f);
    why = tcpconn_end(f->conn, t->env, why);
    tell_passed(t, f, &t->old);
    close_flow(t, f, why);
}

/* Forget connections that have been over for long enough. */
static void sweep(struct tracker *t)
{
    struct flow *f;

    while ((f = flows_oldest(&t->flows.over)) &&
           t->totals.last.time > f->last_time &&
           t->totals.last.time - f->last_time >= t->over_after) {
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

static void endpoints(const tcpseg_frame *frame, const tcpseg *seg,
                      struct endpoint *src, struct endpoint *dst)
{
    memcpy(src->address, frame->addr.src, sizeof src->address);
    memcpy(dst->address, frame->addr.dst, sizeof dst->address);
    src->port = seg->src_port;
    dst->port = seg->dst_port;
}

/* A new connection, not in the table yet. */
static struct flow *new_flow(const struct sighting *s)
{
    struct endpoint src, dst;
    struct flow *f;

    endpoints(s->frame, s->seg, &src, &dst);
    f = flows_new(s->frame->addr.family, &src, &dst);
    if (f)
        tcpconn_init(f->memory, tcpconn_size(TCPCONN_WITH_STATS),
                     TCPCONN_WITH_STATS, &f->conn);
    return f;
}

static struct flow *find_flow(struct tracker *t, const struct sighting *s,
                              int *dir)
{
    struct endpoint src, dst;

    endpoints(s->frame, s->seg, &src, &dst);
    return flows_find(&t->flows, s->frame->addr.family, &src, &dst, dir);
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

/* The library follows another connection in the memory of the old one: take it
 * along, and tell the old one's end. */
static struct flow *take_over(struct tracker *t, struct flow *old,
                              struct sighting *s)
{
    struct flow *f = new_flow(s);
    int from = s->dir ^ old->flipped; /* the library's name for the sender */

    if (!f)
        return NULL;
    memcpy(f->memory, old->memory, tcpconn_size(TCPCONN_WITH_STATS));
    f->flipped = from == 1;
    for (size_t i = t->old.n_changes; i < t->news.n_changes; i++)
        t->changes[i].endpoint ^= old->flipped ^ f->flipped;
    for (size_t i = t->old.n_findings; i < t->news.n_findings; i++)
        t->findings[i].dir ^= old->flipped ^ f->flipped;
    for (size_t i = t->old.n_told; i < t->news.n_told; i++)
        t->told[i].dir ^= old->flipped ^ f->flipped;
    for (int i = 0; i < 2; i++)
        f->side[i ^ f->flipped].stream = t->next[i];
    tell_passed(t, old, &t->old);
    close_flow(t, old, t->why);
    s->dir = 0;
    /* Where the answer decides, the SYN was shown under the old connection. */
    f->side[1].has_syn = t->why == TCPCONN_END_REUSED &&
                         s->seg->flags & TCPSEG_SYN &&
                         s->seg->flags & TCPSEG_ACK;
    return admit(t, f, s);
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
static bool is_agreed(struct flow *f, const struct sighting *s)
{
    const uint8_t *state = s->report.state;

    if (f->agreed || !f->side[0].has_syn || !f->side[1].has_syn ||
        state[0] < TCPCONN_ESTABLISHED || state[1] < TCPCONN_ESTABLISHED)
        return false;
    tcpconn_get_summary(f->conn, &f->summary, sizeof f->summary);
    f->agreed = true;
    return true;
}

static void tell_segment(struct tracker *t, struct sighting *s, struct flow *f)
{
    s->flow = f;
    s->news = news_since(t);
    s->agreed = f && is_agreed(f, s);
    if (t->out->segment)
        t->out->segment(t->out, s);
}

static bool feed_segment(struct tracker *t, struct sighting *s)
{
    struct flow *known = find_flow(t, s, &s->dir);
    struct flow *f = known ? known : new_flow(s);

    if (!f)
        return false;
    at_work_on(t, f);
    tcpconn_feed(f->conn, t->env, s->dir ^ f->flipped, s->seg, s->data,
                 s->packet->time, &s->report);
    if (!known && s->report.verdict == TCPCONN_MALFORMED) {
        flows_free(f); /* told, but no reason to see a connection */
        f = NULL;
    } else if (!known) {
        f = admit(t, f, s);
    } else if (t->ended) {
        f = take_over(t, f, s);
    }
    if (!f && s->report.verdict != TCPCONN_MALFORMED)
        return false;
    if (f && f->flipped)
        unflip(&s->report);
    if (f && s->report.provisional && !keep_provisional(f, s))
        return false;
    if (f) {
        f->last_time = s->packet->time;
        learn_bases(f, s->dir, s->seg, &s->report);
        learn_syn(f, s->dir, s->seg, &s->report);
    }
    tell_segment(t, s, f);
    if (f)
        flows_touch(&t->flows, f, over(f));
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
    struct flow *f;

    if (!icmp_read(&n, &inner, &quoted))
        return;
    f = find_flow(t, &s, &n.dir);
    if (!f)
        return;
    at_work_on(t, f);
    n.believed =
        tcpconn_icmp(f->conn, t->env, n.dir ^ f->flipped, &quoted, (int)n.type,
                     (int)n.code, n.mtu, p->time) == TCPCONN_ACCEPTED;
    t->totals.icmp_errors++;
    n.flow = f;
    n.news = t->news;
    if (t->out->notice)
        t->out->notice(t->out, &n);
    if (n.believed)
        flows_touch(&t->flows, f, over(f));
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
    free(t->told);
    free(t->pool);
    free(t);
}
