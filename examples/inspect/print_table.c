/* --summary: a line for each connection, those with most trouble first. */
#include "inspect.h"

#include <inttypes.h>
#include <stdlib.h>

/* What is counted as trouble, and how much of it: points by which lines are sorted. What
 * is wrong with the bytes weighs more than what only took time. */
struct trouble {
    uint64_t n;
    unsigned points;
    const char *one, *many;
};

enum { N_TROUBLES = 14 };

static void count_troubles(const struct flow *f, struct trouble to[N_TROUBLES])
{
    const tcpconn_stats *a = &f->side[0].stats, *b = &f->side[1].stats;
    const struct stream *x = &f->side[0].stream, *y = &f->side[1].stream;
    bool unanswered = !a->segments != !b->segments;
    const struct trouble rows[N_TROUBLES] = {
        {x->conflicts + y->conflicts, 20, "conflict", "conflicts"},
        {x->gaps + y->gaps, 10, "gap", "gaps"},
        {x->not_kept + y->not_kept, 10, "not kept", "not kept"},
        {!!f->silent, 10, "RST in doubt", "RST in doubt"},
        {a->malformed + b->malformed, 10, "malformed", "malformed"},
        {a->rejected + b->rejected, 5, "rejected", "rejected"},
        {a->icmp_errors + b->icmp_errors, 5, "ICMP error", "ICMP errors"},
        {unanswered, 5, "one side alone", "one side alone"},
        {f->why == TCPCONN_END_RESET, 4, "reset", "reset"},
        {a->zero_windows + b->zero_windows, 3, "closed window",
         "closed windows"},
        {a->resent_segments + b->resent_segments, 2, "resent", "resent"},
        {a->challenge_acks + b->challenge_acks, 2, "challenge ACK",
         "challenge ACKs"},
        {a->queued + b->queued, 1, "out of order", "out of order"},
        {a->window_probes + b->window_probes, 1, "window probe",
         "window probes"},
    };

    for (int i = 0; i < N_TROUBLES; i++)
        to[i] = rows[i];
}

struct line {
    const struct flow *flow;
    uint64_t points;
};

static uint64_t points_of(const struct flow *f)
{
    struct trouble rows[N_TROUBLES];
    uint64_t points = 0;

    count_troubles(f, rows);
    for (int i = 0; i < N_TROUBLES; i++)
        points += rows[i].n * rows[i].points;
    return points;
}

static int worst_first(const void *a, const void *b)
{
    const struct line *x = a, *y = b;

    if (x->points != y->points)
        return x->points < y->points ? 1 : -1;
    return x->flow->number < y->flow->number ? -1 : 1;
}

/* "10.0.0.1:4000 -> 10.0.0.2:80" */
static void add_pair(struct text *t, const struct output *out,
                     const struct flow *f)
{
    text_endpoint(t, f, 0);
    text_add(t, " %s ", arrow(out));
    text_endpoint(t, f, 1);
}

static size_t columns_of(const struct output *out, const struct flow *f)
{
    struct text t = {.len = 0};

    add_pair(&t, out, f);
    return t.len - (out->ascii ? 0 : 2); /* the arrow's bytes */
}

static void put_line(const struct output *out, const struct line *line,
                     size_t columns)
{
    const struct flow *f = line->flow;
    struct trouble rows[N_TROUBLES];
    uint64_t ns =
        f->last_time > f->first_time ? f->last_time - f->first_time : 0;
    const char *before = "  ";
    struct text t = {.len = 0};
    size_t start;

    text_add(&t, "%6" PRIu64 "  ", f->number);
    start = t.len;
    add_pair(&t, out, f);
    text_pad(&t, start, columns);
    text_add(&t, "  %-14s %10" PRIu64 ".%03" PRIu64 " %11" PRIu64 " %11" PRIu64,
             tcpconn_end_name(f->why), ns / 1000000000, ns / 1000000 % 1000,
             f->side[0].stats.new_bytes, f->side[1].stats.new_bytes);
    count_troubles(f, rows);
    for (int i = 0; i < N_TROUBLES; i++) {
        if (!rows[i].n)
            continue;
        text_add(&t, "%s%" PRIu64 " %s", before, rows[i].n,
                 rows[i].n == 1 ? rows[i].one : rows[i].many);
        before = ", ";
    }
    puts(t.bytes);
}

static void put_head(size_t columns)
{
    struct text t = {.len = 0};

    text_add(&t, "%6s  %-*s  %-14s %14s %11s %11s  %s", "conn", (int)columns,
             "from and to", "ended", "seconds", "bytes", "bytes back",
             "trouble");
    puts(t.bytes);
}

void print_table(const struct output *out, const struct flows *flows)
{
    const struct flow *f = NULL;
    size_t n = 0, columns = 11, i = 0;
    struct line *lines;

    while ((f = flows_next(flows, f))) {
        size_t own = columns_of(out, f);

        columns = own > columns ? own : columns;
        n++;
    }
    lines = malloc((n + 1) * sizeof *lines);
    if (!lines) {
        complain("out of memory for the table of connections");
        return;
    }
    while ((f = flows_next(flows, f)))
        lines[i++] = (struct line){f, points_of(f)};
    qsort(lines, n, sizeof *lines, worst_first);
    put_head(columns);
    for (i = 0; i < n; i++)
        put_line(out, &lines[i], columns);
    free(lines);
}
