#include "play.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "play_int.h"
#include "script.h"

struct play_met play_met;

static const uint64_t MS = 1000000, SECOND = 1000000000;
static char problem[3 * MAX_TEXT];

const char *play_complain(const char *what, const char *want, const char *got)
{
    static char text[2 * MAX_TEXT + 64];

    snprintf(text, sizeof text, "%s: want \"%s\", got \"%s\"", what, want, got);
    return text;
}

void play_append(char *to, const char *format, ...)
{
    size_t used = strlen(to);
    va_list args;

    va_start(args, format);
    vsnprintf(to + used, MAX_TEXT - used, format, args);
    va_end(args);
}

void play_checks(char *to, uint64_t checks)
{
    for (unsigned i = 0; tcpconn_check_name(i); i++)
        if (checks >> i & 1)
            play_append(to, " %s", tcpconn_check_name(i));
}

/* ---- events ---- */

static char name_of(const struct player *p, int endpoint)
{
    return "AB"[endpoint ^ p->as->swapped];
}

static const char *label_of(const struct player *p, uint32_t id)
{
    for (int i = p->n_labels; i-- > 0;)
        if (p->labels[i].id == id)
            return p->labels[i].name;
    return "[?]";
}

static void tell_finding(struct player *p, const tcpconn_event *ev)
{
    static const char *const why[] = {"", " silence", " disputed"};

    play_append(p->events, "finding %c", name_of(p, ev->dir));
    play_checks(p->events, ev->checks);
    play_append(p->events, "%s", why[ev->why]);
}

static void on_event(void *user, tcpconn *conn, const tcpconn_event *ev,
                     const void *bytes)
{
    struct player *p = user;

    (void)conn;
    (void)bytes;
    if (ev->type == TCPCONN_EV_FINDING && !p->show_findings)
        return;
    if (*p->events)
        play_append(p->events, ", ");
    switch (ev->type) {
    case TCPCONN_EV_STATE:
        play_met.changes[ev->old_state] |= (uint16_t)(1u << ev->new_state);
        play_append(p->events, "%c %s%s", name_of(p, ev->endpoint),
                    tcpconn_state_name(ev->new_state), ev->sure ? "" : "?");
        break;
    case TCPCONN_EV_FINDING:
        tell_finding(p, ev);
        break;
    case TCPCONN_EV_REVISE:
        play_append(p->events, "revise %s %s", label_of(p, ev->id),
                    tcpconn_verdict_name(ev->verdict));
        play_checks(p->events, ev->checks);
        break;
    default:
        play_append(p->events, "end %s", tcpconn_end_name(ev->why));
    }
}

/* ---- the connection's memory ---- */

static uint32_t parts_of(const struct play_as *as)
{
    return as->how == PLAY_COUNTED || as->how == PLAY_SAVED
               ? TCPCONN_WITH_STATS | TCPCONN_WITH_ANALYSIS
               : 0;
}

static const char *set_up(struct player *p)
{
    p->cfg.user = p;
    p->cfg.on_state = p->cfg.on_finding = on_event;
    p->cfg.on_revise = p->cfg.on_end = on_event;
    if (tcpconn_env_init(&p->env_mem, sizeof p->env_mem, &p->cfg, &p->env) ||
        tcpconn_init(p->mem[0], MEMORY, parts_of(p->as), &p->conn))
        return "cannot set up the tracker";
    return NULL;
}

/* Between two lines the connection moves, or is saved and restored. */
static const char *keep(struct player *p)
{
    int to = (void *)p->conn == p->mem[0];
    unsigned char saved[TCPCONN_SAVED_SIZE];
    size_t used;

    if (p->as->how == PLAY_MOVED) {
        memcpy(p->mem[to], p->mem[!to], MEMORY);
        memset(p->mem[!to], 0xdd, MEMORY);
        p->conn = (tcpconn *)p->mem[to];
    } else if (p->as->how == PLAY_SAVED) {
        if (tcpconn_save(p->conn, p->env, saved, sizeof saved, &used))
            return NULL; /* ended: nothing to save */
        memset(p->mem[!to], 0xdd, MEMORY);
        if (tcpconn_restore(p->mem[to], MEMORY, saved, used, 0, &p->conn))
            return "what was saved cannot be restored";
    }
    return NULL;
}

/* ---- lines ---- */

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

/* What a line expects of the answer. */
struct wanted {
    char verdict[MAX_TEXT]; /* with checks, and whether it is provisional */
    const char *advice;
    long new_len, at; /* -1: anything */
};

static void note_check(const char *name)
{
    for (unsigned i = 0; tcpconn_check_name(i); i++)
        if (!strcmp(name, tcpconn_check_name(i)))
            play_met.checks |= UINT64_C(1) << i;
}

static void read_wanted(struct wanted *w, char *text)
{
    char *word;

    memset(w, 0, sizeof *w);
    w->new_len = w->at = -1;
    while (text && (word = script_word(&text)) != NULL) {
        if (!strcmp(word, "new") && text)
            w->new_len = atol(script_word(&text));
        else if (!strcmp(word, "at") && text)
            w->at = atol(script_word(&text));
        else if (!strcmp(word, "limit"))
            w->advice = "pass-and-limit";
        else if (!strcmp(word, "drop") || !strcmp(word, "pass"))
            w->advice = word;
        else
            play_append(w->verdict, "%s%s", *w->verdict ? " " : "", word),
                note_check(word);
    }
    if (!*w->verdict)
        play_append(w->verdict, "accepted");
}

static const char *compare(const struct wanted *w, const tcpconn_report *r)
{
    char got[MAX_TEXT] = "";

    play_append(got, "%s", tcpconn_verdict_name(r->verdict));
    play_checks(got, r->checks);
    if (r->provisional)
        play_append(got, " provisional");
    if (strcmp(got, w->verdict) != 0)
        return play_complain("verdict", w->verdict, got);
    if (w->advice && strcmp(w->advice, tcpconn_advice_name(r->advice)) != 0)
        return play_complain("advice", w->advice,
                             tcpconn_advice_name(r->advice));
    snprintf(got, sizeof got, "new %" PRIu32 " at %" PRIu64, r->new_len,
             r->offset);
    if ((w->new_len >= 0 && w->new_len != (long)r->new_len) ||
        (w->at >= 0 && w->at != (long)r->offset))
        return play_complain("text", "as said", got);
    return NULL;
}

static const char *play_segment(struct player *p, char *text, char *expected,
                                const char *label)
{
    unsigned char before[MEMORY];
    struct script_segment line;
    struct wanted w;
    tcpconn_report judged, report;
    const char *error = script_segment(text, p->as->iss, &line);
    int dir = line.sender ^ p->as->swapped, n;

    if (error)
        return error;
    read_wanted(&w, expected);
    memcpy(before, p->conn, tcpconn_size(parts_of(p->as)));
    tcpconn_judge(p->conn, p->env, dir, &line.seg, NULL, p->now, &judged);
    if (memcmp(before, p->conn, tcpconn_size(parts_of(p->as))) != 0)
        return "judging changed the connection";
    n = tcpconn_feed(p->conn, p->env, dir, &line.seg, NULL, p->now, &report);
    p->last = p->now;
    if (n != report.verdict)
        return "the returned verdict is not the report's";
    if (memcmp(&judged, &report, sizeof report) != 0)
        return "judged otherwise than fed";
    if (label && p->n_labels < MAX_LABELS) {
        snprintf(p->labels[p->n_labels].name, 8, "%s", label);
        p->labels[p->n_labels++].id = report.id;
    }
    return compare(&w, &report);
}

static const char *play_icmp(struct player *p, char *text, const char *expected)
{
    char who;
    unsigned seq, type, code, mtu = 0;
    tcpseg quoted;
    int n;

    if (sscanf(text, "%c %u type %u code %u mtu %u", &who, &seq, &type, &code,
               &mtu) < 4)
        return "icmp WHO SEQ type N code N [mtu N]";
    memset(&quoted, 0, sizeof quoted);
    quoted.seq = p->as->iss[who == 'B'] + seq;
    quoted.header_captured = 8;
    n = tcpconn_icmp(p->conn, p->env, (who == 'B') ^ p->as->swapped, &quoted,
                     (int)type, (int)code, mtu, p->now);
    if (n < 0)
        return tcpseg_strerror(n);
    expected = expected ? expected : "accepted";
    return strcmp(tcpconn_verdict_name(n), expected) == 0
               ? NULL
               : play_complain("icmp", expected, tcpconn_verdict_name(n));
}

static const char *play_drop(struct player *p, char *text)
{
    struct script_segment line;
    const char *error = script_segment(text, p->as->iss, &line);

    if (error)
        return error;
    return tcpconn_drop(p->conn, p->env, line.sender ^ p->as->swapped,
                        &line.seg, p->now)
               ? "not to be dropped"
               : NULL;
}

static const char *play_finish(struct player *p, const char *reason)
{
    for (int why = 1; tcpconn_end_name(why); why++)
        if (!strcmp(reason, tcpconn_end_name(why)) ||
            (!strcmp(reason, "capture") && why == TCPCONN_END_CAPTURE))
            return tcpconn_end(p->conn, p->env, why) < 0 ? "cannot end" : NULL;
    return "no such reason";
}

static const char *play_deadline(const struct player *p, const char *text)
{
    uint64_t got = tcpconn_deadline(p->conn, p->env);
    char told[32];

    if (!strcmp(text, "never"))
        return got == UINT64_MAX ? NULL : "there is a deadline";
    if (got == p->last + strtoul(text, NULL, 10) * SECOND)
        return NULL;
    snprintf(told, sizeof told, "%.3f",
             (double)(got - p->last) / (double)SECOND);
    return play_complain("deadline", text, told);
}

static const char *configure(struct player *p, const char *what, char *text)
{
    static const char *const sets[] = {"default", "netfilter", "pf",
                                       "suricata"};

    if (!strcmp(what, "profile"))
        p->cfg.profile[(*text == 'B') ^ p->as->swapped] =
            TCPCONN_PROFILE_RFC9293;
    else if (!strcmp(what, "vantage"))
        p->cfg.vantage = TCPCONN_VANTAGE_INLINE;
    else if (!strcmp(what, "midstream"))
        p->cfg.midstream = 1;
    else if (!strcmp(what, "msl"))
        p->cfg.msl = strtoul(text, NULL, 10) * SECOND;
    for (int i = 0; !strcmp(what, "timeouts") && i < 4; i++)
        if (!strcmp(text, sets[i]))
            tcpconn_config_timeouts(&p->cfg, i);
    return set_up(p);
}

static const char *pass_time(struct player *p, const char *what,
                             const char *text)
{
    uint64_t n = strtoul(text, NULL, 10);
    uint64_t step = strstr(text, "ms") ? n * MS : n * SECOND;

    if (!strcmp(what, "back"))
        p->now -= step;
    else
        p->now += step;
    if (tcpconn_tick(p->conn, p->env, p->now) < 0)
        return "cannot tick";
    /* What happens to both at once has no order. */
    if (!strcmp(p->events, "B CLOSED?, A CLOSED?"))
        snprintf(p->events, sizeof p->events, "A CLOSED?, B CLOSED?");
    return NULL;
}

/* A line that begins with none of these words is a segment. */
static const char *play_directive(struct player *p, char *text, char *expected,
                                  int *done)
{
    char copy[MAX_TEXT], *rest = copy;
    const char *word;

    snprintf(copy, sizeof copy, "%s", text);
    word = script_word(&rest);
    *done = 1;
    if (!strcmp(word, "wait") || !strcmp(word, "back") || !strcmp(word, "tick"))
        return pass_time(p, word, rest);
    if (!strcmp(word, "icmp"))
        return play_icmp(p, rest, expected);
    if (!strcmp(word, "drop"))
        return play_drop(p, rest);
    if (!strcmp(word, "finish"))
        return play_finish(p, rest);
    if (!strcmp(word, "deadline"))
        return play_deadline(p, rest);
    if (!strcmp(word, "summary"))
        return play_summary(p, rest);
    if (!strcmp(word, "stats"))
        return play_stats(p, rest);
    if (!strcmp(word, "findings")) {
        p->show_findings = 1;
        return NULL;
    }
    if (!strcmp(word, "profile") || !strcmp(word, "vantage") ||
        !strcmp(word, "midstream") || !strcmp(word, "timeouts") ||
        !strcmp(word, "msl"))
        return configure(p, word, rest);
    *done = 0;
    return NULL;
}

static const char *play_line(struct player *p, const char *line)
{
    char copy[MAX_TEXT], *text = copy, *label = NULL, *events, *expected;
    const char *error;
    int done;

    snprintf(copy, sizeof copy, "%s", line);
    events = cut_at(text, '#');
    expected = cut_at(text, '=');
    text += strspn(text, " ");
    if (!*text)
        return NULL;
    p->events[0] = 0;
    p->now += MS;
    if (*text == '[')
        label = script_word(&text);
    text += strspn(text, " ");
    error = keep(p);
    if (!error)
        error = play_directive(p, text, expected, &done);
    if (!error && !done)
        error = play_segment(p, text, expected, label);
    if (!error && strcmp(p->events, events ? events : "") != 0)
        error = play_complain("events", events ? events : "", p->events);
    return error;
}

const char *play(const char *script, const struct play_as *as)
{
    static struct player p;
    const char *error;

    memset(&p, 0, sizeof p);
    p.as = as;
    p.now = UINT64_C(1000000) * SECOND;
    tcpconn_config_default(&p.cfg, sizeof p.cfg);
    p.cfg.vantage = (uint8_t)as->vantage;
    error = set_up(&p);
    for (int number = 1; *script && !error; number++) {
        char line[MAX_TEXT / 2];
        size_t len = strcspn(script, "\n");

        snprintf(line, sizeof line, "%.*s", (int)len, script);
        error = play_line(&p, line);
        if (error) {
            snprintf(problem, sizeof problem, "line %d: %s\n  %s", number, line,
                     error);
            error = problem;
        }
        script += len + (script[len] == '\n');
    }
    return error;
}

const char *play_everywhere(const char *script)
{
    static const char *const hows[] = {"", ", counted", ", moved", ", saved"};
    static const uint32_t starts[] = {0, 0x7fffffff, 0xfffffff0};
    static char where[sizeof problem + 96];

    for (unsigned i = 0; i < 18 * N_PLAY; i++) {
        const struct play_as as = {.iss = {starts[i % 3], starts[i / 3 % 3]},
                                   .swapped = i / 9 % 2,
                                   .how = (int)i / 18};
        const char *error = play(script, &as);

        if (error) {
            snprintf(where, sizeof where,
                     "ISS 0x%08" PRIx32 " and 0x%08" PRIx32 "%s%s: %s",
                     as.iss[0], as.iss[1], as.swapped ? ", swapped" : "",
                     hows[as.how], error);
            return where;
        }
    }
    return NULL;
}
