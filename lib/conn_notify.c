/* What the caller is told: changes of state, findings, settled verdicts, the end.
 * All of it happened before; it is told at the end of the call. */
#include "deliver_int.h"
#include "inline.h"

/* One event, to the ring or to its callback. */
void tcpsegp_tell(struct step *s, const tcpconn_event *ev,
                  tcpconn_callback *callback, const void *bytes)
{
    tcpconn_env *env = s->env;

    if (!env->cfg.events) {
        if (callback)
            callback(env->cfg.user, s->conn, ev, bytes);
        return;
    }
    if (env->lost || env->ring_used == env->cfg.events_capacity) {
        env->lost++; /* nothing is told behind a gap before the gap is */
        return;
    }
    env->cfg.events[(env->ring_first + env->ring_used++) %
                    env->cfg.events_capacity] = *ev;
}

static void tell(struct step *s, const tcpconn_event *ev,
                 tcpconn_callback *callback)
{
    tcpsegp_tell(s, ev, callback, NULL);
}

/* The members that all events of a step share. */
void tcpsegp_begin_event(const struct step *s, tcpconn_event *ev, uint8_t type)
{
    memset(ev, 0, sizeof *ev);
    ev->now = s->now;
    ev->type = type;
    ev->tag = s->conn->tag;
    if (s->seg) {
        ev->dir = (uint8_t)s->dir;
        ev->seq = s->seg->seq;
    }
}

static void tell_changes(struct step *s)
{
    tcpconn_event ev;

    tcpsegp_begin_event(s, &ev, TCPCONN_EV_STATE);
    ev.checks = s->checks;
    for (uint8_t i = 0; i < s->n_changes; i++) {
        if (i < s->n_expired) { /* no segment's doing */
            ev.dir = 0;
            ev.seq = 0;
            ev.checks = 0;
        } else if (s->seg) {
            ev.dir = (uint8_t)s->dir;
            ev.seq = s->seg->seq;
            ev.checks = s->checks;
        }
        ev.endpoint = s->changes[i].endpoint;
        ev.old_state = s->changes[i].old_state;
        ev.new_state = s->changes[i].new_state;
        ev.sure = s->changes[i].sure;
        tell(s, &ev, s->env->cfg.on_state);
    }
}

/* Of a finding that is counted, the 1st, 10th, 100th .. is told. */
static bool is_round(uint32_t n)
{
    while (n >= 10 && n % 10 == 0)
        n /= 10;
    return n <= 1;
}

static void tell_findings(struct step *s)
{
    uint64_t findings = tcpsegp_findings(s->checks);
    tcpconn_event ev;

    tcpsegp_begin_event(s, &ev, TCPCONN_EV_FINDING);
    ev.verdict = (uint8_t)s->verdict;
    for (unsigned i = 0; findings >> i; i++) {
        if (!(findings >> i & 1))
            continue;
        ev.len = tcpsegp_stats_met(s->conn, i);
        ev.checks = UINT64_C(1) << i;
        ev.why = i == TCPCONN_CHECK_AFTER_RESET ? TCPCONN_FINDING_DISPUTED
                                                : TCPCONN_FINDING_SEEN;
        if (is_round(ev.len))
            tell(s, &ev, s->env->cfg.on_finding);
    }
}

/* An inexact RST of before, about which nothing more came. */
static void tell_silence(struct step *s)
{
    tcpconn_event ev;

    tcpsegp_begin_event(s, &ev, TCPCONN_EV_FINDING);
    ev.why = TCPCONN_FINDING_SILENCE;
    ev.checks = UINT64_C(1) << TCPCONN_CHECK_RST_INEXACT;
    ev.verdict = TCPCONN_REJECTED;
    ev.seq = 0;
    for (uint8_t i = 0; i < 2; i++) {
        ev.dir = i;
        if (s->doubted >> i & 1)
            tell(s, &ev, s->env->cfg.on_finding);
    }
}

static void tell_revisions(struct step *s)
{
    tcpconn_event ev;

    tcpsegp_begin_event(s, &ev, TCPCONN_EV_REVISE);
    ev.seq = 0; /* the id tells which one */
    for (uint8_t i = 0; i < s->n_revisions; i++) {
        const struct revision *r = &s->revisions[i];

        ev.dir = r->dir;
        ev.id = r->id;
        ev.checks = r->checks;
        ev.verdict = r->verdict;
        tell(s, &ev, s->env->cfg.on_revise);
    }
}

void tcpsegp_go_busy(struct step *s)
{
    s->env->busy = s->conn;
    s->conn->flags |= CONN_BUSY;
}

void tcpsegp_be_free(struct step *s)
{
    s->conn->flags &= (uint16_t)~CONN_BUSY;
    s->env->busy = NULL;
}

/* Run the callbacks that there may be something for. The state is final: what they
 * read is what they are told, and what they call cannot change it. */
void tcpsegp_notify_all(struct step *s)
{
    if (s->quiet)
        return;
    tcpsegp_go_busy(s);
    if (s->n_changes && s->env->changes)
        tell_changes(s);
    if (s->env->streams && s->fed)
        tcpsegp_deliver(s);
    if (s->checks)
        tell_findings(s);
    if (s->doubted)
        tell_silence(s);
    if (s->n_revisions)
        tell_revisions(s);
    tcpsegp_be_free(s);
}

/* What is known of an old connection is told before its end. */
void tcpsegp_flush(struct step *s)
{
    if (!s->quiet && s->n_changes | s->doubted | s->n_revisions) {
        tcpsegp_go_busy(s);
        tell_changes(s);
        tell_silence(s);
        tell_revisions(s);
        tcpsegp_be_free(s);
    }
    s->n_told += tcpsegp_count_kept(s);
    s->n_changes = s->n_expired = s->n_revisions = s->doubted = 0;
}

/* The end, told before the memory is given to the next connection. */
void tcpsegp_tell_end(struct step *s, int why)
{
    tcpconn_event ev;

    s->n_told++;
    if (s->quiet)
        return;
    s->env->ended = (uint8_t)why;
    tcpsegp_begin_event(s, &ev, TCPCONN_EV_END);
    ev.why = (uint8_t)why;
    ev.old_state = s->conn->ep[0].state;
    ev.new_state = s->conn->ep[1].state;
    tcpsegp_go_busy(s);
    tcpsegp_deliver_end(s);
    tell(s, &ev, s->env->cfg.on_end);
    tcpsegp_be_free(s);
}
