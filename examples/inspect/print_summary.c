/* The summary behind the lines: each connection, and what was no TCP. */
#include "inspect.h"

#include <inttypes.h>

/* "1 frame", "2 frames" */
static void add_count(struct text *t, uint64_t n, const char *what)
{
    text_add(t, "%" PRIu64 " %s%s", n, what, n == 1 ? "" : "s");
}

static void add_opener(struct text *t, const struct flow *f)
{
    if (f->opener == UNKNOWN) {
        text_add(t, "opened before the capture began");
        return;
    }
    text_add(t, "opened by ");
    text_endpoint(t, f, f->opener);
}

static void add_duration(struct text *t, const struct flow *f)
{
    uint64_t ns =
        f->last_time > f->first_time ? f->last_time - f->first_time : 0;

    text_add(t, "%" PRIu64 ".%06" PRIu64 " s", ns / 1000000000,
             ns / 1000 % 1000000);
}

static void print_side(const struct flow *f, int endpoint)
{
    const struct side *s = &f->side[endpoint];
    struct text t = {.len = 0};
    size_t start;

    text_add(&t, "    ");
    start = t.len;
    text_endpoint(&t, f, endpoint);
    text_pad(&t, start, 24);
    text_add(&t, "  %-13s sent ", tcpconn_state_name(f->state[endpoint]));
    start = t.len;
    add_count(&t, s->segments, "segment");
    text_add(&t, ", ");
    add_count(&t, s->bytes, "byte");
    text_add(&t, "%s", s->fin ? ", FIN" : "");
    puts(t.bytes);
}

void print_summary(const struct output *out, const struct flow *f)
{
    struct text t = {.len = 0};

    (void)out;
    text_add(&t, "\nconnection %" PRIu64 ": ", f->number);
    add_opener(&t, f);
    text_add(&t, ", %s, ", tcpconn_end_name(f->why));
    add_duration(&t, f);
    puts(t.bytes);
    print_side(f, 0);
    print_side(f, 1);
}

/* "3 frames without TCP or UDP (2 not-ip, 1 fragment)" */
static void print_others(const struct totals *totals)
{
    struct text t = {.len = 0};
    const char *before = " (";

    add_count(&t, totals->others, "frame");
    text_add(&t, " without TCP or UDP");
    for (int i = 0; i < N_STOPS; i++) {
        const char *name = tcpseg_stop_name(i);

        if (!totals->stops[i])
            continue;
        text_add(&t, "%s%" PRIu64 " %s", before, totals->stops[i],
                 name ? name : "other");
        before = ", ";
    }
    text_add(&t, ")");
    puts(t.bytes);
}

void print_totals(const struct output *out, const struct totals *totals)
{
    struct text t = {.len = 0};

    text_add(&t, "\n");
    add_count(&t, totals->frames, "frame");
    text_add(&t, ": ");
    add_count(&t, totals->segments, "TCP segment");
    text_add(&t, " of ");
    add_count(&t, totals->connections, "connection");
    text_add(&t, ", ");
    add_count(&t, totals->datagrams, "UDP datagram");
    puts(t.bytes);
    if (totals->others)
        print_others(totals);
    if (totals->bad_checksums)
        printf("rejected for a wrong checksum: %" PRIu64
               " (--no-checksums, if the capture was edited)\n",
               totals->bad_checksums);
    if (totals->dropped)
        printf("%" PRIu64 " connections have no summary here: too many\n",
               totals->dropped);
    if (out->inferred_shown)
        puts("A state with a question mark is inferred: no segment proves it"
             " yet.");
}
