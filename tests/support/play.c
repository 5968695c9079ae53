#include "play.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_TEXT = 512 };

struct player {
    const struct play_as *as;
    tcpconn_storage conn_mem;
    tcpconn_env_storage env_mem;
    tcpconn *conn;
    tcpconn_env *env;
    uint64_t now;
    char changes[MAX_TEXT];
};

static char problem[2 * MAX_TEXT + 256];

static const char *complain(const char *line, const char *what,
                            const char *want, const char *got)
{
    snprintf(problem, sizeof problem, "%s\n  %s: want \"%s\", got \"%s\"", line,
             what, want, got);
    return problem;
}

static void on_state(void *user, tcpconn *conn, const tcpconn_event *ev,
                     const void *bytes)
{
    struct player *p = user;
    size_t used = strlen(p->changes);

    (void)conn;
    (void)bytes;
    snprintf(p->changes + used, sizeof p->changes - used, "%s%c %s%s",
             used ? ", " : "", "AB"[ev->endpoint ^ p->as->swapped],
             tcpconn_state_name(ev->new_state), ev -> sure ? "" : "?");
}

static int set_up(struct player *p, const struct play_as *as)
{
    tcpconn_config cfg;

    memset(p, 0, sizeof *p);
    p->as = as;
    p->now = 1000;
    tcpconn_config_default(&cfg, sizeof cfg);
    cfg.user = p;
    cfg.on_state = on_state;
    cfg.vantage = (uint8_t)as->vantage;
    return tcpconn_env_init(&p->env_mem, sizeof p->env_mem, &cfg, &p->env) ||
           tcpconn_init(&p->conn_mem, sizeof p->conn_mem, 0, &p->conn);
}

static uint16_t read_flags(const char *letters)
{
    static const char names[] = "FSRP.UEW";
    uint16_t flags = 0;

    for (; *letters; letters++) {
        const char *at = strchr(names, *letters);

        if (at)
            flags |= (uint16_t)(1u << (at - names));
    }
    return flags;
}

/* The verdict and checks of a report, as the script writes them. */
static void describe(const tcpconn_report *r, char *to, size_t size)
{
    int n = snprintf(to, size, "%s", tcpconn_verdict_name(r->verdict));

    for (unsigned i = 0; tcpconn_check_name(i); i++)
        if (r->checks >> i & 1 && n > 0 && (size_t)n < size)
            n += snprintf(to + n, size - (size_t)n, " %s",
                          tcpconn_check_name(i));
}

static void trim_end(char *text)
{
    size_t len = strlen(text);

    while (len && text[len - 1] == ' ')
        text[--len] = 0;
}

/* Cut what stands behind a mark off a line, and return it without blanks. */
static char *cut_at(char *line, char mark)
{
    char *at = strchr(line, mark);

    if (!at)
        return NULL;
    *at++ = 0;
    trim_end(line);
    at += strspn(at, " ");
    trim_end(at);
    return at;
}

static const char *play_segment(struct player *p, const char *line,
                                const char *text, const char *verdict)
{
    char who, letters[16];
    unsigned seq, end, len, ack;
    char got[MAX_TEXT];
    tcpconn_report report;
    tcpseg seg;
    int n, dir, sender;

    n = sscanf(text, "%c > %15s %u:%u(%u) ack %u", &who, letters, &seq, &end,
               &len, &ack);
    if (n < 5 || (who != 'A' && who != 'B') || end - seq != len)
        return complain(line, "script", "WHO > FLAGS FROM:TO(LEN) [ack N]",
                        text);
    sender = who == 'B';
    dir = sender ^ p->as->swapped;
    memset(&seg, 0, sizeof seg);
    seg.flags = read_flags(letters);
    seg.seq = p->as->iss[sender] + seq;
    seg.ack = n == 6 ? p->as->iss[!sender] + ack : 0;
    seg.data_offset = 5;
    seg.header_captured = 20;
    seg.payload_len = len;
    seg.wnd = 65535;
    n = tcpconn_feed(p->conn, p->env, dir, &seg, NULL, p->now, &report);
    if (n != report.verdict)
        return complain(line, "return value", "the report's verdict", "other");
    describe(&report, got, sizeof got);
    if (strcmp(got, verdict ? verdict : "accepted") != 0)
        return complain(line, "verdict", verdict ? verdict : "accepted", got);
    return NULL;
}

static const char *play_line(struct player *p, const char *line)
{
    char text[MAX_TEXT];
    char *changes, *verdict;
    const char *error = NULL;
    unsigned seconds;

    snprintf(text, sizeof text, "%s", line);
    changes = cut_at(text, '#');
    verdict = cut_at(text, '=');
    p->changes[0] = 0;
    p->now += 1000000;
    if (sscanf(text, "wait %u", &seconds) == 1) {
        p->now += seconds * UINT64_C(1000000000);
        tcpconn_tick(p->conn, p->env, p->now);
    } else if (text[strspn(text, " ")]) {
        error = play_segment(p, line, text + strspn(text, " "), verdict);
    }
    if (!error && strcmp(p->changes, changes ? changes : "") != 0)
        error = complain(line, "states", changes ? changes : "", p->changes);
    return error;
}

const char *play(const char *script, const struct play_as *as)
{
    struct player p;
    const char *error = NULL;

    if (set_up(&p, as))
        return "cannot set up the tracker";
    while (*script && !error) {
        char line[MAX_TEXT];
        size_t len = strcspn(script, "\n");

        snprintf(line, sizeof line, "%.*s", (int)len, script);
        error = play_line(&p, line);
        script += len + (script[len] == '\n');
    }
    return error;
}

const char *play_everywhere(const char *script)
{
    static const uint32_t starts[] = {0, 0x7fffffff, 0xfffffff0};
    static char where[sizeof problem + 64];

    for (unsigned i = 0; i < 18; i++) {
        const struct play_as as = {.iss = {starts[i % 3], starts[i / 3 % 3]},
                                   .swapped = i >= 9};
        const char *error = play(script, &as);

        if (error) {
            snprintf(where, sizeof where,
                     "ISS 0x%08" PRIx32 " and 0x%08" PRIx32 "%s: %s", as.iss[0],
                     as.iss[1], as.swapped ? ", swapped" : "", error);
            return where;
        }
    }
    return NULL;
}
