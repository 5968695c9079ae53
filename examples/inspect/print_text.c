/* Text for people: a line per frame, and under it what it did to the
 * connection's two endpoints, each in its own column. */
#include "inspect.h"

#include <inttypes.h>

enum {
    STATE_COLUMN = 17, /* where the lines under a frame's line begin */
    STATE_WIDTH = 50   /* the left endpoint's share of them */
};

static void put(const struct text *t)
{
    puts(t->bytes);
}

/* ---- a frame's line ---- */

static void add_time(struct text *t, uint64_t time, uint64_t origin)
{
    uint64_t us = (time < origin ? origin - time : time - origin) / 1000;
    struct text number = {.len = 0};

    text_add(&number, "%s%" PRIu64 ".%06" PRIu64, time < origin ? "-" : "",
             us / 1000000, us % 1000000);
    text_add(t, "%11s", number.bytes);
}

/* The column grows to the widest pair of addresses seen so far. */
static void add_addresses(struct text *t, struct output *out,
                          const tcpseg_frame *frame)
{
    struct text pair = {.len = 0};
    size_t columns;

    text_address(&pair, frame->addr.src, frame->addr.family);
    columns = pair.len;
    text_add(&pair, " %s ", arrow(out));
    text_address(&pair, frame->addr.dst, frame->addr.family);
    columns = pair.len - (out->ascii ? 0 : 2);
    if (columns > out->address_columns)
        out->address_columns = columns;
    text_pad(&pair, 0, out->address_columns);
    text_add(t, "%s", pair.bytes);
}

static void start_line(struct text *t, struct output *out,
                       const struct packet *p, const tcpseg_frame *frame)
{
    text_add(t, "%5" PRIu64 " ", p->number);
    add_time(t, p->time, p->origin);
    text_add(t, "  ");
    add_addresses(t, out, frame);
    text_add(t, "  ");
}

/* ---- the lines under it ---- */

void text_endpoint(struct text *t, const struct flow *f, int endpoint)
{
    const struct endpoint *e = &f->ep[endpoint];

    text_add(t, f->family == 6 ? "[" : "");
    text_address(t, e->address, f->family);
    text_add(t, f->family == 6 ? "]:%u" : ":%u", e->port);
}

/* "10.0.0.1:80  ESTABLISHED -> CLOSE-WAIT -> LAST-ACK": all steps of one
 * endpoint in a row. */
static bool add_steps(struct text *t, struct output *out, const struct flow *f,
                      int endpoint, const struct change *changes, size_t n)
{
    bool any = false;

    for (size_t i = 0; i < n; i++) {
        const struct change *c = &changes[i];

        if (c->endpoint != endpoint)
            continue;
        if (!any) {
            text_endpoint(t, f, endpoint);
            text_add(t, "  %s", tcpconn_state_name(c->old_state));
        }
        text_add(t, " %s %s%s", arrow(out), tcpconn_state_name(c->new_state),
                 c->sure ? "" : "?");
        out->inferred_shown |= !c->sure;
        any = true;
    }
    return any;
}

static const char *rule(const struct output *out)
{
    return out->ascii ? "| " : "\xe2\x94\x82 ";
}

static void start_under(struct text *t, const struct output *out)
{
    text_add(t, "%*s", STATE_COLUMN, "");
    text_add(t, "%s", rule(out));
}

static void print_changes(struct output *out, const struct flow *f,
                          const struct change *changes, size_t n)
{
    struct text t = {.len = 0};
    size_t start;

    if (!n)
        return;
    start_under(&t, out);
    start = t.len;
    add_steps(&t, out, f, 0, changes, n);
    for (size_t i = 0; i < n; i++) {
        if (changes[i].endpoint == 1) {
            text_add(&t, " ");
            text_pad(&t, start, STATE_WIDTH);
            text_add(&t, "%s", rule(out));
            add_steps(&t, out, f, 1, changes, n);
            break;
        }
    }
    put(&t);
}

/* "label: name, name": the names of the bits set. */
static void print_names(const struct output *out, const char *label,
                        uint64_t bits, const char *(*name)(unsigned bit))
{
    struct text t = {.len = 0};
    const char *before = ": ";

    start_under(&t, out);
    text_add(&t, "%s", label);
    for (unsigned i = 0; bits; i++, bits >>= 1) {
        if (bits & 1 && name(i)) {
            text_add(&t, "%s%s", before, name(i));
            before = ", ";
        }
    }
    put(&t);
}

struct list {
    struct text *text;
    const char *before;
};

static void add_name(void *context, const char *name)
{
    struct list *list = context;

    text_add(list->text, "%s%s", list->before, name);
    list->before = ", ";
}

/* "verdict: check, check" behind what the line begins with. */
static void print_verdict(const struct output *out, const char *begin,
                          int verdict, uint64_t checks, unsigned top,
                          const char *end)
{
    struct text t = {.len = 0};
    struct list list = {&t, ": "};

    start_under(&t, out);
    text_add(&t, "%s%s", begin, tcpconn_verdict_name(verdict));
    each_check(checks, top, add_name, &list);
    text_add(&t, "%s", end);
    put(&t);
}

static void print_remarks(const struct output *out, const struct sighting *s)
{
    const tcpconn_report *r = &s->report;

    if (r->verdict != TCPCONN_ACCEPTED || r->checks)
        print_verdict(out, "", r->verdict, r->checks, r->top_check,
                      r->provisional ? " (until the answer tells)" : "");
    if (s->seg->defects)
        print_names(out, "odd", s->seg->defects, tcpseg_defect_name);
    if (seen_flags(s))
        print_names(out, "seen", seen_flags(s), tcpconn_analysis_name);
}

static void print_note(const struct output *out, const char *note)
{
    struct text t = {.len = 0};

    start_under(&t, out);
    text_add(&t, "%s", note);
    put(&t);
}

/* What happened to the streams, but for data. */
static void print_told(const struct output *out, const struct flow *f,
                       const struct news *news)
{
    for (size_t i = 0; i < news->n_told; i++) {
        struct text t = {.len = 0};

        if (news->told[i].type == TCPCONN_EV_DATA)
            continue;
        start_under(&t, out);
        text_told(&t, f, &news->told[i]);
        put(&t);
    }
}

/* Whether there is anything to tell of the streams. */
static bool has_told(const struct news *news)
{
    for (size_t i = 0; i < news->n_told; i++)
        if (news->told[i].type != TCPCONN_EV_DATA)
            return true;
    return false;
}

/* What became clear about earlier frames. Findings about the frame at hand are in
 * its verdict. */
static void print_aftermath(const struct output *out, const struct news *news)
{
    static const char *const notes[] = {
        [TCPCONN_FINDING_SILENCE] = "in doubt: an RST refused earlier",
        [TCPCONN_FINDING_DISPUTED] = "in doubt: an RST believed earlier",
    };

    for (size_t i = 0; i < news->n_revisions; i++) {
        const struct revision *r = &news->revisions[i];
        struct text begin = {.len = 0};

        text_add(&begin, "frame %" PRIu64 " settled: ", r->frame);
        print_verdict(out, begin.bytes, r->verdict, r->checks, 255, "");
    }
    for (size_t i = 0; i < news->n_findings; i++)
        if (notes[news->findings[i].why])
            print_note(out, notes[news->findings[i].why]);
}

/* What the two SYNs came to, once both are through the handshake. */
static void print_agreed(const struct output *out, const struct flow *f)
{
    struct text t = {.len = 0};

    start_under(&t, out);
    text_agreement(&t, f);
    put(&t);
}

static void text_segment(struct output *out, const struct sighting *s)
{
    struct text t = {.len = 0};

    if (out->summary_only)
        return;
    start_line(&t, out, s->packet, s->frame);
    info_segment(&t, out, s);
    put(&t);
    if (s->flow)
        print_changes(out, s->flow, s->news.changes, s->news.n_changes);
    if (s->agreed)
        print_agreed(out, s->flow);
    print_remarks(out, s);
    print_told(out, s->flow, &s->news);
    print_aftermath(out, &s->news);
}

static void text_datagram(struct output *out, const struct packet *p,
                          const tcpseg_frame *frame, const tcpseg_udp *udp)
{
    struct text t = {.len = 0};

    if (out->summary_only)
        return;
    start_line(&t, out, p, frame);
    info_datagram(&t, out, udp);
    put(&t);
    if (udp->defects)
        print_names(out, "odd", udp->defects, tcpseg_udp_defect_name);
}

static void text_notice(struct output *out, const struct notice *n)
{
    struct text t = {.len = 0};

    if (out->summary_only)
        return;
    start_line(&t, out, n->packet, n->frame);
    info_icmp(&t, out, n);
    put(&t);
    print_changes(out, n->flow, n->news.changes, n->news.n_changes);
    if (!n->believed)
        print_note(out, "not believed: it quotes nothing in flight");
    print_aftermath(out, &n->news);
}

/* A line of its own for what has no frame. Silence is told in the summary. */
static void text_passed(struct output *out, const struct flow *f,
                        const struct packet *p, const struct news *news)
{
    const struct change *first = news->changes;
    struct text t = {.len = 0};

    if (out->summary_only ||
        !(news->n_changes | news->n_revisions | has_told(news)))
        return;
    text_add(&t, "%5s ", "-");
    add_time(&t, news->n_changes ? first->time : p->time, p->origin);
    text_add(&t, "  %s",
             news->n_changes && first->old_state == TCPCONN_TIME_WAIT
                 ? "2MSL have passed"
                 : "time has passed");
    put(&t);
    print_changes(out, f, news->changes, news->n_changes);
    print_told(out, f, news);
    print_aftermath(out, news);
}

/* ---- the end ---- */

static void text_ended(struct output *out, const struct flow *f,
                       const struct packet *p)
{
    (void)p;
    print_summary(out, f);
}

static void text_finished(struct output *out, const struct flows *flows,
                          const struct totals *totals)
{
    const struct flow *f = NULL;

    if (out->table)
        print_table(out, flows);
    while (!out->table && (f = flows_next(flows, f)))
        print_summary(out, f);
    print_totals(out, totals);
}

struct output output_text(bool ascii, bool live)
{
    return (struct output){
        .segment = text_segment,
        .datagram = text_datagram,
        .notice = text_notice,
        .passed = text_passed,
        /* A live capture may last: its connections are told as they end. */
        .ended = live ? text_ended : NULL,
        .finished = text_finished,
        .keeps_ended = !live,
        .ascii = ascii,
    };
}
