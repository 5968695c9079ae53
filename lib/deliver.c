/* Delivery: what the numbers of a connection mean for its streams. A stream has no
 * position of its own: it is where its receiver is, RCV.NXT or the ACK it has sent, so
 * that bytes are told whenever that moves, and a connection in order needs no memory
 * for them. */
#include "deliver_int.h"
#include "inline.h"
#include "judge_int.h"
#include "stream_int.h"

/* In one direction alone, bytes behind a hole wait for so many. */
enum { PATIENCE = 1 << 18 };

/* How far the receiver of dir has acknowledged. */
static uint32_t acked_position(const struct step *s, int dir)
{
    const struct endpoint *p = &s->conn->ep[!dir];
    uint32_t iss = s->conn->more[dir].iss;
    uint32_t at = p->flags & EP_ACKED ? p->rcv_ack : iss;

    /* A SYN is no byte. */
    return at + (at == iss && tcpsegp_sent(s->conn, dir) <= UINT32_MAX);
}

/* A number in the stream: a FIN has one, and is no byte. One that came before all
 * others, of a connection picked up by its ACK, stands before the stream; and one that
 * was acknowledged before it was seen is told. */
static INLINE uint32_t without_fin(const tcpconn *conn, int dir, uint32_t at)
{
    const struct details *d = &conn->more[dir];

    return conn->ep[dir].flags & EP_FIN && at == d->fin_seq + 1 &&
                   d->fin_seq != d->iss && !(d->flags & EP_FIN_TOLD)
               ? d->fin_seq
               : at;
}

/* How far the receiver of dir is known to be. */
static INLINE uint32_t position(const struct step *s, int dir)
{
    uint32_t at = s->env->cfg.delivery == TCPCONN_DELIVER_ON_ACK
                      ? acked_position(s, dir)
                      : s->conn->ep[!dir].rcv_nxt;

    return without_fin(s->conn, dir, at);
}

static bool is_followed(const struct step *s, int dir)
{
    return s->conn->queue[dir] != STREAM_STOPPED &&
           s->conn->ep[dir].flags & EP_NUMBERS;
}

static bool has_queue(const tcpconn *conn, int dir)
{
    return conn->queue[dir] != NO_QUEUE && conn->queue[dir] != STREAM_STOPPED;
}

bool tcpsegp_deliver_has_pool(const tcpconn *conn, const tcpconn_env *env)
{
    const tcpconn_pool *pool = env->cfg.pool;

    return pool && pool_valid(pool) && pool->id == conn->pool;
}

/* ---- telling ---- */

/* One direction's stream, and where it is told. */
struct outlet {
    struct stream stream;
    struct step *step;
    int dir;
    bool deep; /* the depth is reached */
};

static void tell_limit(struct outlet *o, uint8_t type, uint8_t why,
                       uint32_t start, uint32_t len)
{
    struct step *s = o->step;
    tcpconn_event ev;

    tcpsegp_begin_event(s, &ev, type);
    ev.dir = (uint8_t)o->dir;
    ev.offset = tcpsegp_offset(s->conn, o->dir, start);
    ev.len = len;
    ev.why = why;
    tcpsegp_tell(s, &ev, s->env->cfg.on_gap, NULL);
}

/* Where bytes are for those who read the event later: tcpconn_event_bytes(). */
static uint64_t place_of(const struct step *s, const struct telling *what)
{
    const uint8_t *base = what->stored ? (const uint8_t *)s->env->cfg.pool
                                       : (const uint8_t *)s->data;

    return (uint64_t)(what->bytes - base) | (uint64_t)what->stored << 63;
}

static void fill_event(const struct outlet *o, tcpconn_event *ev,
                       const struct telling *what)
{
    const struct step *s = o->step;

    tcpsegp_begin_event(s, ev, what->type);
    ev->dir = (uint8_t)o->dir;
    ev->offset = tcpsegp_offset(s->conn, o->dir, what->start);
    ev->len = what->end - what->start;
    ev->why = what->why;
    ev->winner = what->winner;
    if (what->bytes)
        ev->place = place_of(s, what);
    if (what->old) {
        ev->place = tcpsegp_offset(s->conn, o->dir, what->old->start);
        ev->id = what->old->end - what->old->start;
    }
}

static void tell(void *to, const struct telling *what)
{
    struct outlet *o = to;
    const tcpconn_config *cfg = &o->step->env->cfg;
    tcpconn_callback *const callbacks[] = {
        [TCPCONN_EV_DATA] = cfg->on_data,
        [TCPCONN_EV_GAP] = cfg->on_gap,
        [TCPCONN_EV_OVERLAP] = cfg->on_overlap,
    };
    uint64_t depth = cfg->depth[o->dir];
    tcpconn_event ev;

    if (o->deep)
        return;
    fill_event(o, &ev, what);
    if (depth && ev.offset + ev.len > depth) {
        o->deep = true;
        ev.len = ev.offset < depth ? (uint32_t)(depth - ev.offset) : 0;
    }
    if (ev.len)
        tcpsegp_tell(o->step, &ev, callbacks[what->type], what->bytes);
    if (o->deep)
        tell_limit(o, TCPCONN_EV_GAP, TCPCONN_GAP_DEPTH, what->start + ev.len,
                   0);
}

static struct limits limits_of(const tcpconn_env *env)
{
    return (struct limits){env->most_pieces, env->most_blocks};
}

static struct outlet outlet_for(struct step *s, int dir)
{
    const tcpconn_env *env = s->env;
    const struct endpoint *p = &s->conn->ep[!dir];
    struct outlet o = {.step = s, .dir = dir};

    o.stream.pool = env->cfg.pool;
    o.stream.head = &s->conn->queue[dir];
    o.stream.most = limits_of(env);
    o.stream.policy = env->cfg.overlap[!dir];
    o.stream.apart = env->cfg.urgent == TCPCONN_URGENT_APART;
    o.stream.proven =
        p->flags & EP_ACKED ? p->rcv_ack : s->conn->more[dir].iss + 1;
    return o;
}

/* Called last of all: the connection's blocks are where it says. */
static void close_outlet(struct outlet *o)
{
    tcpconn *conn = o->step->conn;

    o->stream.to = NULL;
    if (o->deep)
        tcpsegp_stream_clear(&o->stream, STREAM_STOPPED);
    conn->pool = 0;
    if (has_queue(conn, 0) || has_queue(conn, 1)) {
        conn->pool = (uint8_t)o->stream.pool->id;
        conn->flags &= (uint16_t)~CONN_STRAIGHT;
    }
}

/* ---- the segment ---- */

/* What the receiver does with the segment's text: nothing, or one of the PIECE_
 * kinds. */
static int kind_of_text(const struct step *s)
{
    const unsigned waits = 1u << PENDING_AHEAD | 1u << PENDING_CHECKSUM;

    if (!s->seg->payload_len || s->seg->flags & TCPSEG_RST ||
        remarked(s, TCPCONN_CHECK_CAPTURE_DUPLICATE))
        return -1;
    if (s->verdict > TCPCONN_DUPLICATE)
        return waits >> s->provisional & 1 ? PIECE_DOUBTED : -1;
    /* Text in a SYN is acknowledged with it, or thrown away. */
    return s->provisional || s->seg->flags & TCPSEG_SYN ? PIECE_TENTATIVE
                                                        : PIECE_FIRM;
}

/* The segment's text from `at` on; false if nothing is left of it. */
static bool get_text(const struct step *s, uint32_t at, struct text *t)
{
    int kind = kind_of_text(s);
    uint32_t start = s->seg->seq + !!(s->seg->flags & TCPSEG_SYN);
    uint32_t have = s->data ? s->seg->payload_captured : 0;
    uint32_t skip = seq_lt(start, at) ? at - start : 0;

    if (kind < 0 || skip >= s->seg->payload_len)
        return false;
    t->kind = (uint8_t)kind;
    t->start = start + skip;
    t->end = start + s->seg->payload_len;
    t->have_end = have > skip ? start + have : t->start;
    t->bytes = have > skip
                   ? (const uint8_t *)s->data + s->seg->data_offset * 4u + skip
                   : NULL;
    return true;
}

/* The receiver takes no byte beyond where it is now, and waits for none. */
static bool is_trimmed(const struct step *s)
{
    return s->verdict == TCPCONN_TRIMMED && !s->provisional;
}

/* Linux counts from the segment's first byte, 1 and 0 being that one itself. */
static void set_mark(struct stream *st, const struct step *s)
{
    uint32_t up = s->seg->up;

    if (!st->apart || !(s->seg->flags & TCPSEG_URG) ||
        s->verdict > TCPCONN_DUPLICATE)
        return;
    st->marked = true;
    st->mark = s->seg->seq + up - !!up;
}

/* Keep what is not in order, or not acknowledged. */
static void keep(struct outlet *o, uint32_t at)
{
    struct step *s = o->step;
    struct stream *st = &o->stream;
    uint32_t settled = s->conn->ep[!o->dir].rcv_nxt;
    uint32_t head = has_queue(s->conn, o->dir) ? *st->head : NO_QUEUE;
    struct text t;
    bool fits, in_reach;

    if (!get_text(s, at, &t))
        return;
    if (is_trimmed(s) && seq_lt(settled, t.end))
        t.end = settled;
    if (!seq_lt(t.start, t.end))
        return;
    if (seq_lt(t.end, t.have_end))
        t.have_end = t.end;
    in_reach = st->pool && t.end - at <= tcpsegp_queue_reach(st->pool);
    fits = in_reach && tcpsegp_queue_fits(st->pool, head, &st->most, at, &t);
    if (!fits)
        tell_limit(o, TCPCONN_EV_NOT_KEPT, 0, t.start, t.end - t.start);
    if (fits || (head && in_reach && t.kind == PIECE_FIRM))
        tcpsegp_stream_keep(st, s->before[!o->dir].rcv_nxt, &t, !fits);
}

/* Text of a SYN that its answer does not cover is thrown away. */
static bool refuses_syn_text(const struct step *s, int dir, uint32_t at)
{
    const unsigned answer = TCPSEG_SYN | TCPSEG_ACK;

    return dir != s->dir && (s->seg->flags & answer) == answer &&
           s->verdict <= TCPCONN_TRIMMED && at == s->conn->more[dir].iss + 1;
}

/* The numbers of a direction are others than before, or those of another place. */
static bool is_elsewhere(const struct step *s, int dir)
{
    return s->from_iss[dir] != s->conn->more[dir].iss ||
           s->begin == BEGIN_THERE ||
           (s->begin == BEGIN_HERE && dir == s->dir) ||
           (s->anew && dir != s->dir);
}

/* With its numbers, the ACKs of an endpoint are forgotten. */
static bool begins_anew(const struct step *s, int dir)
{
    return !s->from_known[dir] || is_elsewhere(s, dir) ||
           (s->env->cfg.delivery && s->from_known[!dir] &&
            is_elsewhere(s, !dir));
}

/* Offsets begin anew. */
static void move(struct outlet *o, uint32_t at)
{
    tcpsegp_stream_clear(&o->stream, NO_QUEUE);
    if (o->step->from_known[o->dir] &&
        o->step->from[o->dir] != o->step->from_iss[o->dir] + 1)
        tell_limit(o, TCPCONN_EV_GAP, TCPCONN_GAP_MOVED, at, 0);
}

/* The FIN's turn has come: what waits beyond it is thrown away. */
static bool is_over(const tcpconn *conn, int dir, uint32_t at)
{
    uint32_t fin_seq = conn->more[dir].fin_seq;

    return conn->ep[dir].flags & EP_FIN && at == fin_seq &&
           conn->ep[!dir].rcv_nxt == fin_seq + 1 && has_queue(conn, dir);
}

/* Nothing has come in this direction or moved it, and nothing is kept. */
static bool is_idle(const struct step *s, int dir, uint32_t to)
{
    if (s->conn->pool ||
        (dir == s->dir && (s->seg->payload_len || s->seg->flags & TCPSEG_URG)))
        return false;
    if (begins_anew(s, dir))
        return !s->from_known[dir] && to == s->conn->more[dir].iss + 1;
    return to == s->from[dir];
}

/* `to` is where the stream is now. */
static void deliver_dir(struct step *s, int dir, uint32_t to)
{
    struct outlet o = outlet_for(s, dir);
    uint32_t from = s->from[dir];
    struct text t;

    o.stream.to = &o;
    o.stream.tell = tell;
    if (begins_anew(s, dir)) {
        from = s->conn->more[dir].iss + 1;
        move(&o, from);
    }
    if (dir == s->dir)
        set_mark(&o.stream, s);
    if (seq_lt(from, to))
        tcpsegp_stream_advance(&o.stream, from, to,
                               dir == s->dir && get_text(s, from, &t) ? &t
                                                                      : NULL);
    else if (seq_lt(to,
                    from)) /* a FIN has come to light, behind what was told */
        s->conn->more[dir].flags |= EP_FIN_TOLD, to = from;
    if (dir == s->dir && !o.deep) {
        keep(&o, to);
        tcpsegp_stream_keep_mark(&o.stream, to);
    }
    if (refuses_syn_text(s, dir, to))
        tcpsegp_stream_refuse(&o.stream, to, to + (1u << 30));
    if (is_over(s->conn, dir, to))
        tcpsegp_stream_clear(&o.stream, NO_QUEUE);
    tcpsegp_stream_tidy(&o.stream, to);
    close_outlet(&o);
}

void tcpsegp_deliver_begin(struct step *s, const void *data)
{
    s->fed = true;
    s->data = data;
    if (s->env->cfg.pool && s->env->cfg.pool->given && !s->quiet)
        tcpsegp_pool_turn(s->env->cfg.pool);
    for (int dir = 0; dir < 2; dir++) {
        s->from_known[dir] = s->conn->ep[dir].flags & EP_NUMBERS;
        s->from_iss[dir] = s->conn->more[dir].iss;
        s->from[dir] = position(s, dir);
    }
}

/* The other direction's first: what it had sent was there before. */
void tcpsegp_deliver(struct step *s)
{
    for (int i = 0; i < 2; i++) {
        int dir = i ? s->dir : !s->dir;
        uint32_t to;

        if (!is_followed(s, dir))
            continue;
        to = position(s, dir);
        if (!is_idle(s, dir, to))
            deliver_dir(s, dir, to);
    }
}

uint32_t tcpsegp_deliver_reach(const struct step *s, int dir, uint32_t end)
{
    if (!has_queue(s->conn, dir) || s->from_iss[dir] != s->conn->more[dir].iss)
        return end;
    return tcpsegp_queue_end(s->env->cfg.pool, s->conn->queue[dir], end);
}

bool tcpsegp_deliver_waits(const struct step *s)
{
    uint32_t end = s->seg->seq + s->seg->payload_len;

    return has_queue(s->conn, s->dir) &&
           seq_le(end, tcpsegp_deliver_reach(s, s->dir, s->seg->seq));
}

void tcpsegp_deliver_refuse(struct step *s, int dir, uint32_t start,
                            uint32_t end)
{
    struct outlet o = outlet_for(s, dir);

    if (s->env->streams && !s->quiet && has_queue(s->conn, dir))
        tcpsegp_stream_refuse(&o.stream, start, end);
}

bool tcpsegp_deliver_gives_up(const struct step *s)
{
    const struct endpoint *p = receiver(s);
    const tcpconn_pool *pool = s->env->cfg.pool;
    uint32_t head = has_queue(s->conn, s->dir) ? s->conn->queue[s->dir] : 0;
    struct limits most = limits_of(s->env);
    struct text t;

    if (!s->env->streams || s->verdict != TCPCONN_QUEUED || s->provisional ||
        p->flags & EP_HEARD || !(p->flags & EP_NUMBERS) ||
        !get_text(s, p->rcv_nxt, &t))
        return false;
    /* The patience is well within reach. */
    return t.end - p->rcv_nxt > PATIENCE || !pool ||
           !tcpsegp_queue_fits(pool, head, &most, p->rcv_nxt, &t);
}

/* ---- the end ---- */

/* What waited for bytes before it is told behind a gap, and verdicts that nothing has
 * settled stand. What waited for delivery by an ACK is not told. */
static void end_dir(struct step *s, int dir)
{
    struct outlet o = outlet_for(s, dir);
    uint32_t at = position(s, dir);
    uint32_t end = without_fin(s->conn, dir, s->conn->ep[!dir].rcv_nxt);

    o.stream.to = &o;
    o.stream.tell = tell;
    if (s->env->cfg.delivery == TCPCONN_DELIVER_ON_ACK) {
        end = seq_max(end, tcpsegp_stream_last(&o.stream, end));
        if (seq_lt(at, end))
            tell_limit(&o, TCPCONN_EV_GAP, TCPCONN_GAP_UNPROVEN, at, end - at);
    } else if (has_queue(s->conn, dir)) {
        end = tcpsegp_stream_last(&o.stream, at);
        tcpsegp_stream_advance(&o.stream, at, end, NULL);
    }
    tcpsegp_stream_clear(&o.stream, NO_QUEUE);
    close_outlet(&o);
}

void tcpsegp_deliver_end(struct step *s)
{
    for (int dir = 0; dir < 2; dir++)
        if (s->env->streams && is_followed(s, dir))
            end_dir(s, dir);
}

int tcpconn_stream_stop(tcpconn *conn, tcpconn_env *env, int dir)
{
    struct step s;
    struct outlet o;
    int error;

    if (dir != 0 && dir != 1)
        return TCPSEG_ERR_ARG;
    error = tcpsegp_enter(&s, conn, env, 0);
    if (error)
        return error;
    o = outlet_for(&s, dir);
    tcpsegp_stream_clear(&o.stream, STREAM_STOPPED);
    close_outlet(&o);
    return TCPSEG_OK;
}

/* ---- the straight path ---- */

void tcpsegp_deliver_behind(tcpconn *conn, tcpconn_env *env, int dir,
                            const tcpseg *seg, const void *data, uint64_t now)
{
    struct step s;

    memset(&s, 0, offsetof(struct step, changes));
    s.conn = conn;
    s.env = env;
    s.now = now;
    set_segment(&s, seg, dir);
    memcpy(s.before, conn->ep, sizeof s.before);
    tcpsegp_deliver_begin(&s, data);
    s.from[dir] = seg->seq; /* and is behind the segment now */
    tcpsegp_go_busy(&s);
    tcpsegp_deliver(&s);
    tcpsegp_be_free(&s);
}

/* ---- pull ---- */

const void *tcpconn_event_bytes(const tcpconn_env *env, const tcpconn_event *ev,
                                const void *data)
{
    const uint64_t stored = UINT64_C(1) << 63;
    const uint8_t *base = data;

    if (!env || !ev || !env_valid(env) || ev->type != TCPCONN_EV_DATA)
        return NULL;
    if (ev->place & stored)
        base = (const uint8_t *)env->cfg.pool;
    return base ? base + (ev->place & ~stored) : NULL;
}

const char *tcpconn_gap_name(int why)
{
    static const char *const names[] = {"acknowledged-unseen",
                                        "cut",
                                        "not-kept",
                                        "given-up",
                                        "unproven",
                                        "depth",
                                        "moved"};

    return why >= TCPCONN_GAP_UNSEEN && why <= TCPCONN_GAP_MOVED
               ? names[why - TCPCONN_GAP_UNSEEN]
               : NULL;
}
