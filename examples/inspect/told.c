/* What the library tells through its callbacks, kept until it is printed, and the ends
 * of connections. */
#include "track.h"

#include <stdlib.h>
#include <string.h>

static void tell_passed(struct tracker *t, const struct flow *f,
                        const struct news *news)
{
    if ((news->n_changes | news->n_revisions | news->n_findings |
         news->n_told) &&
        t->out->passed)
        t->out->passed(t->out, f, &t->totals.last, news);
}

void book_clear(struct book *b)
{
    b->flow = NULL;
    b->news = (struct news){
        b->changes, b->revisions, b->findings, b->told, 0, 0, 0, 0};
}

void book_tell(struct tracker *t, struct book *b)
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

bool is_from(const struct sighting *s, const struct flow *f, int endpoint)
{
    const tcpseg_address *a = &s->frame->addr;

    return same(&f->ep[endpoint], a->src, s->seg->src_port) &&
           same(&f->ep[!endpoint], a->dst, s->seg->dst_port);
}

bool is_same_pair(const struct sighting *s, const struct flow *f)
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

void close_flow(struct tracker *t, struct flow *f, int why)
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
    tcpconn_get_analysis(conn, &f->analysis, sizeof f->analysis);
    for (int i = 0; i < 2; i++)
        add_stats(&f->side[i ^ f->flipped], conn, i);
    book_tell(t, b);
    close_flow(t, f, true_end(f, ev->why));
}

void told_listen(struct tracker *t, tcpconn_config *config)
{
    config->user = t;
    config->on_state = on_state;
    config->on_revise = on_revise;
    config->on_finding = on_finding;
    config->on_end = on_end;
    config->on_data = config->on_gap = config->on_overlap = on_stream;
    config->urgent = TCPCONN_URGENT_APART;
}
