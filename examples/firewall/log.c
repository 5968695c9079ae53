/* What is told of frames that are held back. */
#include "firewall.h"

#include <inttypes.h>

/* clang-format off */
static const char *const reasons[N_WHYS] = {
    [WHY_FRAGMENT] = "later-fragment: it has no TCP header, and --fragments=drop",
    [WHY_STRAY] = "stray: it belongs to no connection, and --midstream=off",
    [WHY_FULL] = "table-full: all connections in the table are worth more",
};
static const char *const names[N_WHYS] = {
    [WHY_LIMITED] = "over the limit",
    [WHY_FRAGMENT] = "later-fragment",
    [WHY_STRAY] = "stray",
    [WHY_FULL] = "table-full",
};
/* clang-format on */

static void text_side(struct text *t, const struct judgement *j,
                      const uint8_t *address, unsigned port)
{
    bool with_port = j->why != WHY_FRAGMENT;
    bool brackets = with_port && j->frame.addr.family == 6;

    text_add(t, brackets ? "[" : "");
    text_address(t, address, j->frame.addr.family);
    text_add(t, brackets ? "]" : "");
    if (with_port)
        text_add(t, ":%u", port);
}

static void text_reason(struct text *t, const struct judgement *j)
{
    const tcpconn_report *r = &j->answer.report;
    const char *verdict = tcpconn_verdict_name(r->verdict);
    const char *check = tcpconn_check_name(r->top_check);

    if (reasons[j->why]) {
        text_add(t, "%s", reasons[j->why]);
        return;
    }
    text_add(t, "%s", verdict ? verdict : "-");
    if (check)
        text_add(t, " %s: %s (%s)", check, tcpconn_check_text(r->top_check),
                 tcpconn_check_rfc(r->top_check));
}

void log_frame(FILE *log, const struct packet *p, const struct judgement *j)
{
    struct text t = {.len = 0};

    text_add(&t, "%" PRIu64 ".%09" PRIu64 " %" PRIu64 " ", p->time / NS_PER_S,
             p->time % NS_PER_S, p->number);
    text_side(&t, j, j->frame.addr.src, j->seg.src_port);
    text_add(&t, " > ");
    text_side(&t, j, j->frame.addr.dst, j->seg.dst_port);
    text_add(&t, j->why == WHY_LIMITED ? " limited " : " dropped ");
    text_reason(&t, j);
    fprintf(log, "%s\n", t.bytes);
}

static void tell(FILE *out, const char *name, uint64_t n)
{
    if (n)
        fprintf(out, "  %-24s %" PRIu64 "\n", name, n);
}

void log_counts(FILE *out, const struct counts *c, const tcptable_stats *t,
                bool dry_run)
{
    uint64_t held = c->frames - c->passed;

    fprintf(out,
            "%" PRIu64 " frames: %" PRIu64 " passed, %" PRIu64 " %s; %" PRIu64
            " not TCP, %" PRIu64 " later fragments\n",
            c->frames, c->passed, held,
            dry_run ? "would be held back" : "held back", c->not_tcp,
            c->fragments);
    for (unsigned i = 0; i < N_CHECKS; i++)
        tell(out, tcpconn_check_name(i), c->checks[i]);
    for (unsigned i = 0; i < N_WHYS; i++)
        if (names[i])
            tell(out, names[i], c->held[i]);
    fprintf(out, "%" PRIu64 " challenged within the limit\n", c->challenged);
    fprintf(out,
            "%" PRIu64 " connections: %" PRIu64 " closed, %" PRIu64
            " reset, %" PRIu64 " timed out, %" PRIu64 " evicted, %" PRIu32
            " in the table, %" PRIu32 " half-open\n",
            t->begun, t->ended[TCPCONN_END_CLOSED], t->ended[TCPCONN_END_RESET],
            t->ended[TCPCONN_END_TIMED_OUT], t->ended[TCPCONN_END_EVICTED],
            t->now[0] + t->now[1] + t->now[2] + t->now[3] + t->now[4],
            t->half_open);
}
