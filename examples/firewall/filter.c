/* From a frame to whether it goes on. The library's calls are here:
 * tcpseg_parse_frame(), tcptable_feed(), tcptable_icmp(), tcptable_tick().
 *
 * A segment is fed before it is let through: what the advice is to drop is refused by
 * its receiver, and refused segments move nothing in the tracker either. */
#include "firewall.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

enum { TICK_STEPS = 256, CACHE_LINE = 64 };

/* Tokens are nanoseconds: each second brings NS_PER_S, each segment costs a share. */
struct bucket {
    uint64_t cost, tokens, filled; /* the last: when */
};

struct filter {
    const struct options *options;
    FILE *log;
    tcpconn_env_storage env_memory;
    tcpconn_env *env;
    void *memory;
    tcptable *table;
    struct bucket bucket;
    struct counts counts;
};

static bool set_up(struct filter *f)
{
    const struct options *o = f->options;
    tcptable_config config;
    size_t size;

    tcptable_config_default(&config, sizeof config);
    config.connections = o->connections ? o->connections : config.connections;
    config.half_open = o->half_open;
    config.flags = TCPTABLE_KEY_VLAN;
    if (getrandom(config.seed, sizeof config.seed, 0) !=
        (ssize_t)sizeof config.seed)
        return false;
    size = tcptable_size(&config);
    size = (size + CACHE_LINE - 1) / CACHE_LINE * CACHE_LINE;
    f->memory = size ? aligned_alloc(CACHE_LINE, size) : NULL;
    return f->memory && !tcptable_init(f->memory, size, &config, &f->table) &&
           !tcpconn_env_init(&f->env_memory, sizeof f->env_memory, &o->policy,
                             &f->env);
}

struct filter *filter_new(const struct options *o, FILE *log)
{
    struct filter *f = calloc(1, sizeof *f);

    if (f) {
        f->options = o;
        f->log = log;
        f->bucket.cost = o->limit ? NS_PER_S / o->limit : 0;
        f->bucket.tokens = NS_PER_S;
    }
    if (f && set_up(f))
        return f;
    complain("no memory for a table of this size");
    filter_free(f);
    return NULL;
}

void filter_free(struct filter *f)
{
    if (f)
        free(f->memory);
    free(f);
}

/* Challenged segments draw an answer each: RFC 5961 section 7 asks for a limit. */
static bool take_token(struct filter *f, uint64_t now)
{
    struct bucket *b = &f->bucket;
    uint64_t room = NS_PER_S - b->tokens;
    uint64_t gained = now > b->filled ? now - b->filled : 0;

    b->tokens += gained < room ? gained : room;
    b->filled = now;
    if (!f->options->limit || b->tokens < b->cost)
        return false;
    b->tokens -= b->cost;
    return true;
}

static void judge_segment(struct filter *f, struct judgement *j,
                          const struct packet *p)
{
    int result = tcptable_feed(f->table, f->env, &j->frame, &j->seg,
                               p->bytes + j->frame.offset, p->time, &j->answer);

    if (result == TCPSEG_ERR_FULL) {
        j->why = WHY_FULL;
    } else if (j->answer.report.advice == TCPCONN_DROP) {
        j->why = WHY_CHECK;
    } else if (!j->answer.conn && f->options->policy.midstream) {
        j->why = WHY_STRAY;
    } else if (j->answer.report.advice == TCPCONN_PASS_AND_LIMIT) {
        j->why = WHY_LIMITED;
        j->pass = take_token(f, p->time);
        f->counts.challenged += j->pass;
    } else {
        j->pass = true;
    }
}

static void judge(struct filter *f, struct judgement *j, uint32_t linktype,
                  const struct packet *p, bool partial)
{
    bool verify = !partial && !f->options->no_checksums;

    tcpseg_parse_frame(&j->seg, &j->frame, sizeof j->frame, linktype,
                       verify ? TCPSEG_LOCATE_CHECKSUM : 0, p->bytes,
                       p->captured, p->length);
    if (j->frame.stop == TCPSEG_STOP_NONE && j->frame.addr.protocol == 6) {
        judge_segment(f, j, p);
        return;
    }
    j->pass = true;
    if (j->frame.stop == TCPSEG_STOP_FRAGMENT) {
        f->counts.fragments++;
        j->pass = !f->options->drop_fragments;
        j->why = WHY_FRAGMENT;
        return;
    }
    f->counts.not_tcp++;
    if (j->frame.stop == TCPSEG_STOP_PROTOCOL)
        tcptable_icmp(f->table, f->env, &j->frame, p->bytes, p->captured,
                      p->length, p->time, NULL);
}

bool filter_pass(struct filter *f, uint32_t linktype, const struct packet *p,
                 bool partial)
{
    struct judgement j;
    unsigned check;

    memset(&j, 0, sizeof j);
    judge(f, &j, linktype, p, partial);
    check = j.answer.report.top_check;
    f->counts.frames++;
    if (j.pass) {
        f->counts.passed++;
        return true;
    }
    f->counts.held[j.why]++;
    if (j.why == WHY_CHECK && check < N_CHECKS)
        f->counts.checks[check]++;
    if (f->log)
        log_frame(f->log, p, &j);
    return f->options->dry_run;
}

void filter_tick(struct filter *f, uint64_t now)
{
    tcptable_tick(f->table, f->env, now, TICK_STEPS);
}

void filter_summary(const struct filter *f, FILE *out)
{
    tcptable_stats stats;

    tcptable_get_stats(f->table, &stats, sizeof stats);
    log_counts(out, &f->counts, &stats, f->options->dry_run);
}
