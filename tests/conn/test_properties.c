/* What holds for any segments whatever: random ones, near the live numbers and
 * far from them, are fed to a tracker, and then again at other initial numbers,
 * with the endpoints exchanged, and to a tracker that is moved about. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "conn_int.h"

enum {
    N_OPS = 40,
    MAX_EVENTS = 96,
    MOST_PER_CALL = 20, /* an end, and an opening and a close in one segment */
    ROUNDS = 9000,
    N_VERDICTS = TCPCONN_MALFORMED + 1
};

static const uint64_t TWO_MSL = UINT64_C(60000000000); /* by default */

/* One call, in numbers relative to their sender's first one. */
struct op {
    uint64_t now;
    uint32_t seq, ack, len;
    uint16_t flags;
    uint8_t dir, wscale, spoil, tick;
};

/* What a sequence of calls came to, as if A were endpoint 0 and both numbers
 * began at 0. */
struct trace {
    tcpconn_report reports[N_OPS];
    tcpconn_event events[MAX_EVENTS];
    int n_events;
};

struct as {
    uint32_t iss[2];
    int swapped, moved;
    uint8_t vantage;
};

static unsigned states_seen, verdicts_seen;

/* ---- chance ---- */

static uint64_t chance_state;

static uint32_t chance(void)
{
    chance_state ^= chance_state << 13;
    chance_state ^= chance_state >> 7;
    chance_state ^= chance_state << 17;
    return (uint32_t)(chance_state >> 16);
}

static uint32_t below(uint32_t n)
{
    return chance() % n;
}

/* ---- making calls ---- */

static uint16_t some_flags(void)
{
    static const uint16_t usual[] = {TCPSEG_ACK,
                                     TCPSEG_ACK,
                                     TCPSEG_ACK,
                                     TCPSEG_ACK,
                                     TCPSEG_ACK | TCPSEG_PSH,
                                     TCPSEG_ACK | TCPSEG_PSH,
                                     TCPSEG_ACK | TCPSEG_PSH,
                                     TCPSEG_ACK | TCPSEG_FIN,
                                     TCPSEG_ACK | TCPSEG_FIN,
                                     TCPSEG_ACK | TCPSEG_FIN,
                                     TCPSEG_SYN,
                                     TCPSEG_SYN | TCPSEG_ACK};

    switch (below(24)) {
    case 0:
        return TCPSEG_RST | (below(2) ? TCPSEG_ACK : 0);
    case 1:
        return (uint16_t)below(0x1000);
    default:
        return usual[below(sizeof usual / sizeof *usual)];
    }
}

/* A number near the one expected next, seldom anywhere. */
static uint32_t some_number(uint32_t next)
{
    switch (below(20)) {
    case 0:
    case 1:
        return next - below(12);
    case 2:
        return next + below(12);
    case 3:
        return below(3);
    case 4:
        return next ? below(next) : 0;
    case 5:
        return below(3) ? next + (below(8) << 29) + below(4) - 2 : chance();
    default:
        return next;
    }
}

static uint32_t some_length(uint16_t flags)
{
    if (!below(60))
        return below(2) ? chance() : (below(8) << 29) - below(3);
    if (flags & TCPSEG_PSH || !below(8))
        return below(3) ? below(12) : below(1500);
    return 0;
}

static uint64_t some_time(uint64_t now)
{
    const uint64_t s = 1000000000;

    switch (below(40)) {
    case 0:
        return now + 30 * s;
    case 1:
        return now + 60 * s;
    case 2:
        return now > s ? now - s : 0;
    case 3:
        return below(8) ? now : (uint64_t)chance() << below(33);
    default:
        return now + 1000;
    }
}

static void make_op(struct op *op, uint64_t now, uint32_t next[2])
{
    memset(op, 0, sizeof *op);
    op->now = some_time(now);
    op->tick = !below(24);
    op->dir = (uint8_t)below(2);
    op->flags = some_flags();
    op->len = some_length(op->flags);
    op->seq = some_number(next[op->dir]);
    op->ack = some_number(next[!op->dir]);
    op->wscale = (uint8_t)below(32);
    if (!below(30))
        op->spoil = (uint8_t)(1 + below(3));
    /* Mostly the next segment goes on from this one. */
    if (!op->tick && op->len < 2000 && op->seq - next[op->dir] < 2000)
        next[op->dir] = op->seq + op->len + !!(op->flags & TCPSEG_SYN) +
                        !!(op->flags & TCPSEG_FIN);
}

static void make_ops(struct op *ops)
{
    static const struct op openings[][3] = {
        {{.flags = TCPSEG_SYN},
         {.flags = TCPSEG_SYN | TCPSEG_ACK, .dir = 1, .ack = 1},
         {.flags = TCPSEG_ACK, .seq = 1, .ack = 1}},
        {{.flags = TCPSEG_SYN},
         {.flags = TCPSEG_SYN, .dir = 1},
         {.flags = TCPSEG_SYN | TCPSEG_ACK, .ack = 1}},
    };
    uint32_t next[2] = {0, 0};
    int i = 0;

    if (below(4)) {
        const struct op *opening = openings[!below(4)];

        for (; i < 1 + (int)below(3); i++) {
            ops[i] = opening[i];
            next[ops[i].dir] = 1;
        }
    }
    for (; i < N_OPS; i++)
        make_op(&ops[i], i ? ops[i - 1].now : 1000, next);
}

/* ---- watching one run ---- */

struct run {
    const struct as *as;
    struct trace *trace;
    uint8_t state[2]; /* as the events tell it, by the tracker's endpoints */
    int n_events;
    int n_by_time; /* of this call's events, the first ones that time alone made */
    const char *wrong;
    uint64_t time_wait[2]; /* when it was entered */
    tcpconn_storage mem[2];
    tcpconn_env_storage env_mem, quiet_mem;
    tcpconn *conn;
    tcpconn_env *env, *quiet;
};

static void require(struct run *r, int holds, const char *what)
{
    if (!holds && !r->wrong)
        r->wrong = what;
}

/* Figure 5 with what an observer adds, as bits of the states that may follow. */
#define S(state) (1u << TCPCONN_##state)
static const unsigned follows[N_STATES] = {
    [TCPCONN_CLOSED] =
        S(LISTEN) | S(SYN_SENT) | S(SYN_RECEIVED) | S(ESTABLISHED),
    [TCPCONN_LISTEN] = S(SYN_SENT) | S(SYN_RECEIVED) | S(CLOSED),
    [TCPCONN_SYN_SENT] = S(SYN_RECEIVED) | S(ESTABLISHED) | S(CLOSED),
    [TCPCONN_SYN_RECEIVED] =
        S(ESTABLISHED) | S(FIN_WAIT_1) | S(CLOSE_WAIT) | S(CLOSED),
    [TCPCONN_ESTABLISHED] = S(FIN_WAIT_1) | S(CLOSE_WAIT) | S(CLOSED),
    [TCPCONN_FIN_WAIT_1] = S(FIN_WAIT_2) | S(CLOSING) | S(CLOSED),
    [TCPCONN_FIN_WAIT_2] = S(TIME_WAIT) | S(CLOSED),
    [TCPCONN_CLOSE_WAIT] = S(LAST_ACK) | S(CLOSED),
    [TCPCONN_CLOSING] = S(TIME_WAIT) | S(CLOSED),
    [TCPCONN_LAST_ACK] = S(CLOSED),
    [TCPCONN_TIME_WAIT] = S(CLOSED),
};

/* The event as it would be with A as endpoint 0 and numbers from 0. */
static void record(struct run *r, tcpconn_event ev)
{
    struct trace *t = r->trace;
    int sender = ev.dir ^ r->as->swapped;
    int by_time = r->n_events < r->n_by_time;
    tcpconn_event *last = t->n_events ? &t->events[t->n_events - 1] : NULL;

    if (!by_time)
        ev.dir = (uint8_t)sender;
    if (!by_time && ev.type != TCPCONN_EV_REVISE &&
        !(ev.type == TCPCONN_EV_FINDING && ev.why == TCPCONN_FINDING_SILENCE))
        ev.seq -= r->as->iss[ev.dir];
    if (ev.type == TCPCONN_EV_STATE)
        ev.endpoint ^= (uint8_t)r->as->swapped;
    if (ev.type == TCPCONN_EV_END && r->as->swapped) {
        uint8_t state = ev.old_state;

        ev.old_state = ev.new_state;
        ev.new_state = state;
    }
    if (ev.id >= 0x10000) /* made of the numbers themselves */
        ev.id = 0x10000;
    if (t->n_events == MAX_EVENTS)
        return;
    t->events[t->n_events] = ev;
    /* What happens to both at once has no order. */
    if (last && ((by_time && r->n_events && !ev.endpoint &&
                  last->type == TCPCONN_EV_STATE) ||
                 (ev.why == TCPCONN_FINDING_SILENCE &&
                  ev.type == TCPCONN_EV_FINDING && last->type == ev.type &&
                  last->why == ev.why && last->dir > ev.dir))) {
        t->events[t->n_events] = *last;
        *last = ev;
    }
    t->n_events++;
}

static void check_transition(struct run *r, const tcpconn_event *ev)
{
    require(r, ev->endpoint < 2 && ev->sure < 2, "event: range");
    require(r, ev->new_state < N_STATES, "event: state");
    if (r->wrong)
        return;
    require(r, ev->old_state == r->state[ev->endpoint], "events do not chain");
    require(r, follows[ev->old_state] >> ev->new_state & 1,
            "no such transition");
    if (r->n_events < r->n_by_time && ev->old_state == TCPCONN_TIME_WAIT)
        require(r,
                ev->now >= r->time_wait[ev->endpoint] &&
                    ev->now - r->time_wait[ev->endpoint] >= TWO_MSL,
                "TIME-WAIT ends before 2MSL");
    if (ev->new_state == TCPCONN_TIME_WAIT)
        r->time_wait[ev->endpoint] = ev->now;
    r->state[ev->endpoint] = ev->new_state;
    states_seen |= 1u << ev->new_state;
}

static void on_event(void *user, tcpconn *conn, const tcpconn_event *ev,
                     const void *bytes)
{
    struct run *r = user;

    require(r, conn == r->conn && !bytes, "callback: connection");
    require(r, ev->dir < 2, "event: range");
    require(r, ev->tag == 77, "event: tag");
    if (ev->type == TCPCONN_EV_STATE)
        check_transition(r, ev);
    else if (ev->type == TCPCONN_EV_END)
        r->state[0] = r->state[1] = TCPCONN_CLOSED;
    else
        require(r,
                ev->type == TCPCONN_EV_FINDING || ev->type == TCPCONN_EV_REVISE,
                "event: type");
    if (r->wrong)
        return;
    record(r, *ev);
    r->n_events++;
}

static void count_event(void *user, tcpconn *conn, const tcpconn_event *ev,
                        const void *bytes)
{
    struct run *r = user;

    (void)conn;
    (void)ev;
    (void)bytes;
    r->n_by_time++;
}

/* How many events time alone makes now. */
static void let_time_pass(struct run *r, uint64_t now)
{
    tcpconn_storage copy;

    memcpy(&copy, r->conn, tcpconn_size(0));
    r->n_by_time = 0;
    tcpconn_tick((tcpconn *)&copy, r->quiet, now);
}

static int set_up(struct run *r, const struct as *as, struct trace *trace)
{
    tcpconn_config cfg;

    memset(r, 0, sizeof *r);
    memset(trace, 0, sizeof *trace);
    r->as = as;
    r->trace = trace;
    tcpconn_config_default(&cfg, sizeof cfg);
    cfg.vantage = as->vantage;
    cfg.user = r;
    cfg.on_state = count_event;
    if (tcpconn_env_init(&r->quiet_mem, sizeof r->quiet_mem, &cfg, &r->quiet))
        return -1;
    cfg.on_state = cfg.on_finding = cfg.on_revise = cfg.on_end = on_event;
    if (tcpconn_env_init(&r->env_mem, sizeof r->env_mem, &cfg, &r->env) ||
        tcpconn_init(&r->mem[0], sizeof r->mem[0], 0, &r->conn))
        return -1;
    tcpconn_set_tag(r->conn, 77);
    return 0;
}

static tcpseg segment_of(const struct op *op, const struct as *as)
{
    tcpseg seg;

    memset(&seg, 0, sizeof seg);
    seg.flags = op->flags;
    seg.seq = op->seq + as->iss[op->dir];
    seg.ack = op->flags & TCPSEG_ACK ? op->ack + as->iss[!op->dir] : 0;
    seg.payload_len = op->len;
    seg.data_offset = 5;
    seg.header_captured = 20;
    seg.wnd = 1000;
    if (op->flags & TCPSEG_SYN && op->wscale < 24) {
        seg.present = TCPSEG_HAS_WSCALE;
        seg.wscale = op->wscale;
    }
    if (op->spoil == 1)
        seg.error = TCPSEG_ERR_OFFSET;
    else if (op->spoil == 2)
        seg.header_captured = 12;
    else if (op->spoil == 3)
        seg.checksum_status = TCPSEG_CHECKSUM_BAD;
    return seg;
}

/* ---- what must hold of each answer ---- */

static void check_report(struct run *r, int answer, const tcpconn_report *got)
{
    require(r, answer == got->verdict, "returned verdict is the report's");
    require(r, answer >= 0 && answer < N_VERDICTS, "verdict: range");
    require(r, got->severity <= TCPCONN_HOSTILE, "severity: range");
    require(r, got->advice <= TCPCONN_DROP, "advice: range");
    require(r, !got->checks == (got->top_check == 255), "top check: none");
    require(r, !got->checks || got->checks >> got->top_check & 1,
            "top check is one of the checks");
    require(r, (int)got->events == r->n_events - r->n_by_time,
            "report: number of events");
    for (int i = 0; i < 2; i++) {
        require(r, got->state[i] == r->state[i], "report: state");
        require(r, tcpconn_state(r->conn, i) == r->state[i], "state");
    }
    if (answer >= 0 && answer < N_VERDICTS)
        verdicts_seen |= 1u << answer;
}

/* A segment refused leaves what counts as the clock alone would have. */
static void check_untouched(struct run *r, const tcpconn_storage *before,
                            const struct op *op)
{
    tcpconn_storage ticked = *before;
    const struct tcpconn *is = r->conn, *was = (tcpconn *)&ticked;

    tcpconn_tick((tcpconn *)&ticked, r->quiet, op->now);
    for (int i = 0; i < 2; i++) {
        const unsigned kept =
            (unsigned)~(EP_CHALLENGED | EP_PENDING | EP_FIN_AHEAD);

        require(r,
                !memcmp(&is->ep[i], &was->ep[i],
                        offsetof(struct endpoint, flags)) &&
                    is->ep[i].state == was->ep[i].state &&
                    !((is->ep[i].flags ^ was->ep[i].flags) & kept) &&
                    is->more[i].iss == was->more[i].iss &&
                    (is->ep[i].flags & EP_FIN_AHEAD ||
                     is->more[i].flags & EP_DRIFT ||
                     is->more[i].fin_seq == was->more[i].fin_seq) &&
                    is->more[i].wraps == was->more[i].wraps &&
                    is->more[i].fired == was->more[i].fired,
                "a refused segment changed the connection");
    }
}

static void move(struct run *r)
{
    int from = r->conn == (tcpconn *)&r->mem[1];

    memcpy(&r->mem[!from], &r->mem[from], tcpconn_size(0));
    memset(&r->mem[from], 0xdd, sizeof r->mem[from]);
    r->conn = (tcpconn *)&r->mem[!from];
}

static void keep_report(struct run *r, tcpconn_report got, int i)
{
    tcpconn_report *to = &r->trace->reports[i];
    int swap = r->as->swapped;

    *to = got;
    if (got.id >= 0x10000)
        to->id = 0x10000;
    for (int k = 0; k < 2; k++) {
        to->state[k] = got.state[k ^ swap];
        to->sure[k] = got.sure[k ^ swap];
    }
}

static void feed_op(struct run *r, const struct op *op, int i)
{
    tcpseg seg = segment_of(op, r->as);
    tcpconn_storage before;
    tcpconn_report got, judged;
    int answer, judgment;

    memcpy(&before, r->conn, sizeof before);
    judgment = tcpconn_judge(r->conn, r->env, op->dir ^ r->as->swapped, &seg,
                             NULL, op->now, &judged);
    require(r, !memcmp(&before, r->conn, sizeof before),
            "judging changed the connection");
    let_time_pass(r, op->now);
    answer = tcpconn_feed(r->conn, r->env, op->dir ^ r->as->swapped, &seg, NULL,
                          op->now, &got);
    check_report(r, answer, &got);
    require(r, judgment == answer && !memcmp(&judged, &got, sizeof got),
            "judged otherwise");
    if (answer >= TCPCONN_REJECTED)
        check_untouched(r, &before, op);
    keep_report(r, got, i);
}

/* NULL, or what did not hold at *at. */
static const char *play_ops(const struct op *ops, const struct as *as,
                            struct trace *trace, int *at)
{
    struct run r;

    *at = 0;
    if (set_up(&r, as, trace))
        return "set-up";
    for (; *at < N_OPS && !r.wrong; ++*at) {
        const struct op *op = &ops[*at];

        r.n_events = 0;
        if (as->moved)
            move(&r);
        let_time_pass(&r, op->now);
        if (op->tick)
            require(&r, tcpconn_tick(r.conn, r.env, op->now) == r.n_events,
                    "tick returns the number of events");
        else
            feed_op(&r, op, *at);
        require(&r, r.n_events <= MOST_PER_CALL, "too many events");
    }
    return r.wrong;
}

/* ---- telling what failed ---- */

static void print_ops(const struct op *ops, int n, const char *what)
{
    static const char letters[] = "FSRP.UEW";

    fprintf(stderr, "%s:\n", what);
    for (int i = 0; i < n && i < N_OPS; i++) {
        const struct op *op = &ops[i];

        if (op->tick) {
            fprintf(stderr, "tick, now %llu\n", (unsigned long long)op->now);
            continue;
        }
        fprintf(stderr, "%c > ", "AB"[op->dir]);
        for (int bit = 0; bit < 8; bit++)
            if (op->flags >> bit & 1)
                fputc(letters[bit], stderr);
        fprintf(stderr, " %u:%u(%u) ack %u  now %llu spoil %u\n", op->seq,
                op->seq + op->len, op->len, op->ack,
                (unsigned long long)op->now, op->spoil);
    }
}

static void print_report(const tcpconn_report *r)
{
    fprintf(stderr,
            "  %s checks %llx state %d %d sure %d %d new %u at %llu "
            "rel %u %u wnd %u events %u advice %d id %x\n",
            tcpconn_verdict_name(r->verdict), (unsigned long long)r->checks,
            r->state[0], r->state[1], r->sure[0], r->sure[1], r->new_len,
            (unsigned long long)r->offset, r->rel_seq, r->rel_ack,
            r->wnd_scaled, r->events, r->advice, r->id);
}

static void print_event(const tcpconn_event *ev)
{
    fprintf(stderr,
            "  type %d now %llu dir %d seq %u endpoint %d %s %s sure %d "
            "why %d checks %llx id %x verdict %d\n",
            ev->type, (unsigned long long)ev->now, ev->dir, ev->seq,
            ev->endpoint, tcpconn_state_name(ev->old_state),
            tcpconn_state_name(ev->new_state), ev->sure, ev->why,
            (unsigned long long)ev->checks, ev->id, ev->verdict);
}

static int same(const struct trace *a, const struct trace *b)
{
    for (int i = 0; i < N_OPS; i++)
        if (memcmp(&a->reports[i], &b->reports[i], sizeof *a->reports)) {
            fprintf(stderr, "answers to call %d:\n", i);
            print_report(&a->reports[i]);
            print_report(&b->reports[i]);
            return 0;
        }
    for (int i = 0; i < MAX_EVENTS; i++)
        if (memcmp(&a->events[i], &b->events[i], sizeof *a->events)) {
            fprintf(stderr, "event %d:\n", i);
            print_event(&a->events[i]);
            print_event(&b->events[i]);
            return 0;
        }
    return a->n_events == b->n_events;
}

Test(properties, any_segments, .timeout = 240)
{
    static struct trace base, other;
    struct op ops[N_OPS];
    int at;

    chance_state = 0x9e3779b97f4a7c15;
    for (int round = 0; round < ROUNDS; round++) {
        const struct as first = {.vantage = (uint8_t)(round % 8 == 7)};
        struct as variants[] = {
            {{0x7ffffff0, 0xfffffff0}, 0, 0, first.vantage},
            {{chance(), chance()}, 0, 0, first.vantage},
            {{0, 0}, 1, 0, first.vantage},
            {{0, 0}, 0, 1, first.vantage},
            {{chance(), chance()}, 1, 1, first.vantage},
        };
        static const char *const names[] = {
            "differs at other numbers", "differs at other numbers",
            "differs with endpoints exchanged", "differs when moved",
            "differs at other numbers, exchanged and moved"};
        const char *wrong;

        make_ops(ops);
        wrong = play_ops(ops, &first, &base, &at);
        for (size_t i = 0; i < sizeof names / sizeof *names && !wrong; i++) {
            wrong = play_ops(ops, &variants[i], &other, &at);
            if (!wrong && !same(&base, &other)) {
                wrong = names[i];
                fprintf(stderr, "at %u and %u\n", variants[i].iss[0],
                        variants[i].iss[1]);
            }
        }
        if (wrong)
            print_ops(ops, at, wrong);
        cr_assert(!wrong, "round %d, call %d: %s", round, at, wrong);
    }
    cr_expect_eq(states_seen, (1u << N_STATES) - 1, "some state never came");
    cr_expect_eq(verdicts_seen, (1u << N_VERDICTS) - 1,
                 "some verdict never came");
}
