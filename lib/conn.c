/* The connection's calls: set up, feed, judge, let time pass, end. */
#include "calm.h"
#include "deliver_int.h"
#include "inline.h"
#include "judge_int.h"
#include "opening.h"
#include "stats_int.h"
#include "straight.h"

_Static_assert(sizeof(struct tcpconn) <= TCPCONN_STORAGE_SIZE,
               "grew past the ABI");
_Static_assert(offsetof(struct tcpconn, tag) == 64,
               "an in-order segment touches one cache line");
_Static_assert(_Alignof(struct tcpconn) <= _Alignof(tcpconn_storage),
               "alignment");

size_t tcpconn_size(uint32_t parts)
{
    if (parts & ~(uint32_t)(TCPCONN_WITH_STATS | TCPCONN_WITH_ANALYSIS))
        return 0;
    return sizeof(struct tcpconn) +
           (parts & TCPCONN_WITH_STATS ? tcpsegp_stats_size() : 0) +
           (parts & TCPCONN_WITH_ANALYSIS ? tcpsegp_analysis_size() : 0);
}

int tcpconn_init(void *mem, size_t mem_size, uint32_t parts, tcpconn **out)
{
    tcpconn *conn = mem;
    size_t size = tcpconn_size(parts);

    if (!mem || !out || !size)
        return TCPSEG_ERR_ARG;
    if (mem_size < size)
        return TCPSEG_ERR_SIZE;
    if ((uintptr_t)mem % _Alignof(tcpconn_storage))
        return TCPSEG_ERR_ALIGN;
    memset(conn, 0, sizeof *conn);
    conn->magic = CONN_MAGIC;
    if (parts & TCPCONN_WITH_STATS)
        conn->flags |= CONN_STATS;
    if (parts & TCPCONN_WITH_ANALYSIS)
        conn->flags |= CONN_ANALYSIS;
    tcpsegp_stats_reset(conn);
    if (parts & TCPCONN_WITH_ANALYSIS)
        tcpsegp_analysis_reset(conn);
    *out = conn;
    return TCPSEG_OK;
}

static INLINE int enter(struct step *s, tcpconn *conn, tcpconn_env *env,
                        uint64_t now)
{
    if (!conn || !env)
        return TCPSEG_ERR_ARG;
    if (!conn_valid(conn) || !env_valid(env))
        return TCPSEG_ERR_STATE;
    if (env->busy || conn->flags & CONN_BUSY)
        return TCPSEG_ERR_REENTRY;
    if (conn->flags & CONN_ENDED ||
        (conn->pool && !tcpsegp_deliver_has_pool(conn, env)))
        return TCPSEG_ERR_STATE;
    /* All but the arrays, which their counts cover. */
    memset(s, 0, offsetof(struct step, before));
    s->conn = conn;
    s->env = env;
    s->now = now;
    return TCPSEG_OK;
}

int tcpsegp_enter(struct step *s, tcpconn *conn, tcpconn_env *env, uint64_t now)
{
    return enter(s, conn, env, now);
}

/* Never scaled in a SYN; what is not known to be scaled is not. */
static uint32_t scaled_window(const struct step *s)
{
    unsigned low = sender(s)->scale & 15u;

    return wnd_of(s->seg, low);
}

/* Where the segment's new bytes are in the stream. */
static void report_text(tcpconn_report *r, const struct step *s)
{
    const struct endpoint *p = receiver(s);
    uint32_t rcv_before = s->before[!s->dir].rcv_nxt;
    uint32_t text = s->seg->seq + !!(s->seg->flags & TCPSEG_SYN);
    uint32_t end = text + s->seg->payload_len;
    uint32_t skip = 0;

    if (s->verdict == TCPCONN_TRIMMED && seq_lt(text, rcv_before))
        skip = rcv_before - text;
    if (seq_lt(p->rcv_nxt, end)) /* not taken so far, or not at all */
        end = p->rcv_nxt;
    if (s->verdict <= TCPCONN_TRIMMED && seq_lt(text + skip, end))
        r->new_len = end - text - skip;
    r->offset = tcpsegp_offset(s->conn, s->dir, text + skip);
}

static void fill_report(tcpconn_report *r, const struct step *s)
{
    const struct endpoint *e = sender(s), *p = receiver(s);

    memset(r, 0, sizeof *r);
    r->verdict = s->verdict;
    r->top_check = 255;
    if (s->checks)
        r->severity = tcpsegp_severity(s->checks, &r->top_check);
    r->checks = s->checks;
    r->analysis = s->analysis;
    r->events = tcpsegp_count_events(s);
    r->advice = s->advice;
    r->provisional = s->id != 0;
    r->id = s->id;
    for (int i = 0; i < 2; i++) {
        r->state[i] = s->conn->ep[i].state;
        r->sure[i] = !!(s->conn->ep[i].flags & EP_SURE);
    }
    if (s->verdict == TCPCONN_MALFORMED)
        return;
    if (e->flags & EP_NUMBERS)
        r->rel_seq = s->seg->seq - s->d->iss;
    if (s->seg->flags & TCPSEG_ACK && p->flags & EP_NUMBERS)
        r->rel_ack = s->seg->ack - s->q->iss;
    r->wnd_scaled = scaled_window(s);
    if (s->verdict != TCPCONN_REJECTED && !(s->seg->flags & TCPSEG_RST) &&
        e->flags & EP_NUMBERS)
        report_text(r, s);
}

static bool opens(const tcpseg *seg)
{
    return (seg->flags & (TCPSEG_SYN | TCPSEG_ACK)) == TCPSEG_SYN;
}

static void gain_time(struct step *s)
{
    if (s->now > s->conn->last)
        s->conn->last = s->now;
}

/* What a segment that its receiver takes changes. */
static void take(struct step *s)
{
    tcpconn *conn = s->conn;

    if (s->begin)
        tcpsegp_begin(s);
    if (!(conn->flags & CONN_BEGUN) && !opens(s->seg))
        conn->flags |= CONN_PICKED;
    if (receiver(s)->flags & EP_PENDING) {
        tcpsegp_settle_sent(s);
        tcpsegp_settle_refused(s);
    }
    if (tcpsegp_learn(s))
        tcpsegp_run_events(s);
    if (conn->flags & CONN_RIVALS)
        tcpsegp_close_handshake(s);
    if ((conn->ep[0].flags | conn->ep[1].flags) & EP_PENDING)
        tcpsegp_settle_heard(s);
    if (s->verdict == TCPCONN_QUEUED && tcpsegp_deliver_gives_up(s))
        tcpsegp_receive(s, !s->dir, s->seg->seq + s->seg->payload_len);
    if (s->provisional)
        tcpsegp_pend(s);
    if (!remarked(s, TCPCONN_CHECK_SYN_REPEATED) &&
        (!is_ancient(s) || remarked(s, TCPCONN_CHECK_KEEP_ALIVE)))
        gain_time(s);
}

/* A refused segment moves no number; what may turn out to matter is kept. */
static void refuse(struct step *s)
{
    uint64_t syns = UINT64_C(1) << TCPCONN_CHECK_SYN_IN_CONNECTION |
                    UINT64_C(1) << TCPCONN_CHECK_SYN_ACK_DIFFERS |
                    UINT64_C(1) << TCPCONN_CHECK_SYN_DIFFERS;

    if (s->checks & syns)
        tcpsegp_keep_syn(s);
    if (remarked(s, TCPCONN_CHECK_RST_INEXACT))
        s->d->flags |= EP_RST_DOUBT, s->conn->flags |= CONN_WATCHED;
    if (s->provisional &&
        (s->seg->flags & (TCPSEG_SYN | TCPSEG_FIN)) == TCPSEG_FIN)
        tcpsegp_keep_fin(s);
    if (tcpsegp_agrees_elsewhere(s)) {
        tcpsegp_note_agreed(s, s->dir, s->seg->seq);
        tcpsegp_note_agreed(s, !s->dir, s->seg->ack);
    }
    if (s->advice == TCPCONN_PASS_AND_LIMIT && s->conn->flags & CONN_BEGUN &&
        !conn_over(s->conn))
        s->p->flags |= EP_CHALLENGED;
    if (s->provisional)
        tcpsegp_pend(s);
}

/* What is kept of every segment, whatever its verdict. */
static void note_segment(struct step *s)
{
    struct details *d = s->d;

    d->digest = digest_of(s->seg);
    if (!d->ttl && s->verdict != TCPCONN_REJECTED)
        d->ttl = s->seg->ip_ttl;
    if (remarked(s, TCPCONN_CHECK_CHALLENGE_ACK))
        s->e->flags &= (uint16_t)~EP_CHALLENGED;
}

/* An RST that was refused, and now the connection is over: it is told again. */
static void doubt_rst(struct step *s)
{
    for (int i = 0; i < 2; i++)
        if (s->conn->more[i].flags & EP_RST_DOUBT) {
            s->conn->more[i].flags &= (uint16_t)~EP_RST_DOUBT;
            s->doubted |= (uint8_t)(1u << i);
        }
}

static bool is_open(const struct endpoint *e)
{
    const unsigned open =
        EP_NUMBERS | EP_HEARD | EP_SYN | EP_ACKED | EP_WINDOW | EP_PROVEN;
    const unsigned unusual = EP_FIN | EP_FIN_AHEAD | EP_CROSSED | EP_FIN_AGAIN |
                             EP_CHALLENGED | EP_PENDING;

    return e->state == TCPCONN_ESTABLISHED &&
           (e->flags & (open | unusual)) == open;
}

/* Whether the next segment may go straight on: straight.h looks at no more. */
static void flag_straight(tcpconn *conn, const tcpconn_env *env)
{
    const struct endpoint *a = &conn->ep[0], *b = &conn->ep[1];
    unsigned usual = CONN_STRAIGHT | CONN_PARTS | CONN_TS | CONN_MANY_SYNS;

    conn->flags &= (uint16_t)~CONN_STRAIGHT;
    if (conn->pool || (env->streams && env->cfg.delivery))
        return;
    if ((conn->flags & ~usual) == CONN_BEGUN && is_open(a) && is_open(b) &&
        (!(conn->flags & CONN_TS) || a->flags & b->flags & EP_TS))
        conn->flags |= CONN_STRAIGHT;
}

/* Where nothing is asked, nothing waits and nothing may be told. */
static INLINE void take_plain(struct step *s, const void *data)
{
    if (s->conn->pool || s->seg->payload_len || s->env->cfg.delivery)
        tcpsegp_deliver_begin(s, data);
    s->verdict = TCPCONN_ACCEPTED;
    s->advice = TCPCONN_PASS;
    tcpsegp_learn_plain(s);
    tcpsegp_run_events(s);
    gain_time(s);
}

static INLINE void judge(struct step *s, const void *data)
{
    tcpsegp_deliver_begin(s, data);
    tcpsegp_judge(s);
    if (s->verdict < TCPCONN_REJECTED &&
        !remarked(s, TCPCONN_CHECK_CAPTURE_DUPLICATE))
        take(s);
    else if (s->verdict == TCPCONN_REJECTED)
        refuse(s);
}

/* A connection that begins as most do. */
static INLINE bool take_opening(struct step *s)
{
    struct opening opening;

    if (!tcpsegp_opening_read(s->seg, &opening))
        return false;
    memcpy(s->before, s->conn->ep, sizeof s->before);
    s->verdict = TCPCONN_ACCEPTED;
    s->advice = TCPCONN_PASS;
    tcpsegp_change(s, s->dir, TCPCONN_SYN_SENT, true);
    tcpsegp_change(s, !s->dir, TCPCONN_LISTEN, false);
    tcpsegp_opening_apply(&opening, s->conn, s->dir, s->now);
    return true;
}

static INLINE bool is_fresh(const tcpconn *conn)
{
    return !(conn->flags & ~(unsigned)CONN_PARTS);
}

/* The optional parts. */
NOINLINE static void count(struct step *s)
{
    if (s->conn->flags & CONN_STATS)
        tcpsegp_stats_count(s);
    if (s->conn->flags & CONN_ANALYSIS)
        s->analysis = tcpsegp_analyse(s);
}

static INLINE void process(struct step *s, const tcpseg *seg, int dir,
                           const void *data)
{
    if (is_fresh(s->conn) && !s->thorough) {
        set_segment(s, seg, dir);
        if (take_opening(s)) {
            if (s->conn->flags & CONN_PARTS)
                count(s);
            return;
        }
    }
    if (may_expire(s->conn, s->env, s->now))
        tcpsegp_expire(s);
    s->n_expired = s->n_changes;
    set_segment(s, seg, dir);
    memcpy(s->before, s->conn->ep, sizeof s->before);
    if (!s->thorough && tcpsegp_is_plain(s))
        take_plain(s, data);
    else
        judge(s, data);
    if (s->verdict != TCPCONN_MALFORMED && s->conn->flags & CONN_BEGUN)
        note_segment(s);
    if (s->conn->flags & CONN_RESET)
        doubt_rst(s);
    flag_straight(s->conn, s->env);
    if (s->conn->flags & CONN_PARTS)
        count(s);
}

/* What enter() checks, in one go, but for what way_of() tells. */
static INLINE bool may_enter(const tcpconn *conn, const tcpconn_env *env)
{
    return conn && env && conn->magic == CONN_MAGIC &&
           env->magic == ENV_MAGIC && !env->busy;
}

/* Whether nothing but the segment may keep it from going straight: with no more than
 * these parts. */
static INLINE bool may_go_straight(const tcpconn *conn, unsigned parts)
{
    const unsigned way = CONN_STRAIGHT | CONN_BUSY | CONN_PARTS;

    return (conn->flags & way & ~parts) == CONN_STRAIGHT;
}

/* The rest of a call whose step is set up. */
static INLINE int finish(struct step *s, int dir, const tcpseg *seg,
                         const void *data, tcpconn_report *report)
{
    process(s, seg, dir, data);
    if (report)
        fill_report(report, s);
    tcpsegp_notify(s);
    return s->verdict;
}

NOINLINE static int feed(tcpconn *conn, tcpconn_env *env, int dir,
                         const tcpseg *seg, const void *data, uint64_t now,
                         tcpconn_report *report)
{
    struct step s;
    int error = enter(&s, conn, env, now);

    return error ? error : finish(&s, dir, seg, data, report);
}

/* The same answer, but without a shorter way where nothing is odd: for the test that
 * compares. */
int tcpsegp_feed_generally(tcpconn *conn, tcpconn_env *env, int dir,
                           const tcpseg *seg, const void *data, uint64_t now,
                           tcpconn_report *report)
{
    struct step s;
    int error = tcpsegp_enter(&s, conn, env, now);

    if (error)
        return error;
    s.thorough = true;
    return finish(&s, dir, seg, data, report);
}

/* The straight path has moved the streams. The last thing done in a call, so that
 * nothing has to be kept for what comes behind. */
NOINLINE static int tell_straight(tcpconn *conn, tcpconn_env *env, int dir,
                                  const tcpseg *seg, const void *data,
                                  uint64_t now)
{
    deliver_straight(conn, env, dir, seg, data, now);
    return TCPCONN_ACCEPTED;
}

static INLINE int end_straight(tcpconn *conn, tcpconn_env *env, int dir,
                               const tcpseg *seg, const void *data,
                               uint64_t now)
{
    if (env->streams && seg->payload_len)
        return tell_straight(conn, env, dir, seg, data, now);
    return TCPCONN_ACCEPTED;
}

NOINLINE static int tell_analysed(tcpconn *conn, tcpconn_env *env, int dir,
                                  const tcpseg *seg, const void *data,
                                  uint64_t now, tcpconn_report *report)
{
    analyse_straight(analysis_behind(conn, true), conn, dir, seg, now, report);
    return end_straight(conn, env, dir, seg, data, now);
}

/* The straight path of a connection with counters, and perhaps the analysis. */
NOINLINE static int feed_counted(tcpconn *conn, tcpconn_env *env, int dir,
                                 const tcpseg *seg, const void *data,
                                 uint64_t now, tcpconn_report *report)
{
    if (!may_go_straight(conn, CONN_PARTS) ||
        !go_either(conn, env, dir, seg, now, report))
        return feed(conn, env, dir, seg, data, now, report);
    tcpsegp_stats_straight(conn, dir, seg, now);
    if (conn->flags & CONN_ANALYSIS)
        return tell_analysed(conn, env, dir, seg, data, now, report);
    return end_straight(conn, env, dir, seg, data, now);
}

/* For one direction, as go_straight(). */
static INLINE bool go_analysed(tcpconn *conn, const tcpconn_env *env, int dir,
                               const tcpseg *seg, uint64_t now,
                               tcpconn_report *report)
{
    if (!go_straight(conn, env, dir, seg, now, report))
        return false;
    analyse_straight(analysis_behind(conn, false), conn, dir, seg, now, report);
    return true;
}

/* And of one with the analysis alone. */
NOINLINE static int feed_analysed(tcpconn *conn, tcpconn_env *env, int dir,
                                  const tcpseg *seg, const void *data,
                                  uint64_t now, tcpconn_report *report)
{
    if (!may_go_straight(conn, CONN_ANALYSIS) ||
        !(dir ? go_analysed(conn, env, 1, seg, now, report)
              : go_analysed(conn, env, 0, seg, now, report)))
        return feed(conn, env, dir, seg, data, now, report);
    return end_straight(conn, env, dir, seg, data, now);
}

int tcpconn_feed(tcpconn *conn, tcpconn_env *env, int dir, const tcpseg *seg,
                 const void *data, uint64_t now, tcpconn_report *report)
{
    if (!seg || (dir != 0 && dir != 1))
        return TCPSEG_ERR_ARG;
    if (!may_enter(conn, env))
        return feed(conn, env, dir, seg, data, now, report);
    if (!may_go_straight(conn, 0))
        return conn->flags & CONN_STATS
                   ? feed_counted(conn, env, dir, seg, data, now, report)
                   : feed_analysed(conn, env, dir, seg, data, now, report);
    if (!go_either(conn, env, dir, seg, now, report))
        return feed(conn, env, dir, seg, data, now, report);
    return end_straight(conn, env, dir, seg, data, now);
}

/* On a copy, so that it cannot differ from what tcpconn_feed() says. */
int tcpconn_judge(const tcpconn *conn, const tcpconn_env *env, int dir,
                  const tcpseg *seg, const void *data, uint64_t now,
                  tcpconn_report *report)
{
    struct {
        tcpconn conn;
        struct conn_analysis analysis;
    } copy;
    struct step s;
    int error;

    if (!conn || !seg || (dir != 0 && dir != 1))
        return TCPSEG_ERR_ARG;
    memcpy(&copy.conn, conn, sizeof copy.conn);
    /* The environment is only read: a quiet step tells nobody. */
    error = tcpsegp_enter(&s, &copy.conn, (tcpconn_env *)(uintptr_t)env, now);
    if (error)
        return error;
    copy.conn.flags &= (uint16_t)~CONN_STATS;
    if (copy.conn.flags & CONN_ANALYSIS)
        memcpy(&copy.analysis, tcpsegp_const_analysis(conn),
               sizeof copy.analysis);
    s.quiet = true;
    process(&s, seg, dir, data);
    if (report)
        fill_report(report, &s);
    return s.verdict;
}

/* What a table kept of a connection is made one again: nothing of it is news. */
void tcpsegp_feed_quietly(tcpconn *conn, tcpconn_env *env, int dir,
                          const tcpseg *seg, uint64_t now)
{
    struct step s;

    if (tcpsegp_enter(&s, conn, env, now))
        return;
    s.quiet = true;
    process(&s, seg, dir, NULL);
}

int tcpconn_drop(tcpconn *conn, tcpconn_env *env, int dir, const tcpseg *seg,
                 uint64_t now)
{
    struct step s;
    int error;

    if (!seg || (dir != 0 && dir != 1))
        return TCPSEG_ERR_ARG;
    error = tcpsegp_enter(&s, conn, env, now);
    if (error)
        return error;
    tcpsegp_expire(&s);
    s.n_expired = s.n_changes;
    set_segment(&s, seg, dir);
    if (conn->flags & CONN_STATS)
        tcpsegp_stats_drop(&s);
    tcpsegp_notify(&s);
    return TCPSEG_OK;
}

int tcpconn_tick(tcpconn *conn, tcpconn_env *env, uint64_t now)
{
    struct step s;
    int error = tcpsegp_enter(&s, conn, env, now);

    if (error)
        return error;
    tcpsegp_expire(&s);
    s.n_expired = s.n_changes;
    tcpsegp_notify(&s);
    return (int)tcpsegp_count_events(&s);
}

int tcpsegp_natural_end(const tcpconn *conn, int why)
{
    const unsigned done =
        1u << RCV_ACK_OF_FIN; /* both FINs were sent and acknowledged */

    if (why == TCPCONN_END_EVICTED)
        return why;
    if (conn->more[0].fired & conn->more[1].fired & done &&
        why != TCPCONN_END_REUSED)
        return TCPCONN_END_CLOSED;
    if (conn->flags & CONN_RESET && why != TCPCONN_END_REUSED)
        return TCPCONN_END_RESET;
    return conn->flags & CONN_TIMED_OUT && why == TCPCONN_END_CAPTURE
               ? TCPCONN_END_TIMED_OUT
               : why;
}

int tcpconn_end(tcpconn *conn, tcpconn_env *env, int why)
{
    struct step s;
    int error;

    if (why < TCPCONN_END_TIMED_OUT || why > TCPCONN_END_CAPTURE)
        return TCPSEG_ERR_ARG;
    error = tcpsegp_enter(&s, conn, env, 0);
    if (error)
        return error;
    why = tcpsegp_natural_end(conn, why);
    doubt_rst(&s);
    tcpsegp_notify(&s);
    conn->flags |= CONN_ENDED;
    conn->flags &= (uint16_t)~CONN_STRAIGHT;
    tcpsegp_tell_end(&s, why);
    return why;
}

int tcpconn_state(const tcpconn *conn, int endpoint)
{
    if (!conn || (endpoint != 0 && endpoint != 1))
        return TCPSEG_ERR_ARG;
    if (!conn_valid(conn))
        return TCPSEG_ERR_STATE;
    return conn->ep[endpoint].state;
}

void tcpconn_set_tag(tcpconn *conn, uint64_t tag)
{
    if (conn && conn_valid(conn))
        conn->tag = tag;
}

uint64_t tcpconn_tag(const tcpconn *conn)
{
    return conn && conn_valid(conn) ? conn->tag : 0;
}
