/* The handshake: which SYN counts, what it offers, and how one connection follows
 * another between the same ports. */
#include "inline.h"
#include "judge_int.h"

enum {
    FREE_PLACE = 0xffff, /* struct syn.offered, where there is none */
    MP_JOIN = 1          /* RFC 8684 section 8 */
};

/* ---- what a SYN offers ---- */

static uint16_t offered_by(const tcpseg *seg)
{
    const uint32_t signs = TCPSEG_HAS_MD5 | TCPSEG_HAS_AO;
    uint32_t offered = usual_offers(seg->present) | (seg->present & signs) << 4;

    if (seg->present & TCPSEG_HAS_FASTOPEN)
        offered |= seg->fastopen_len ? TCPCONN_OFFER_FASTOPEN_COOKIE
                                     : TCPCONN_OFFER_FASTOPEN_REQUEST;
    if (seg->present & TCPSEG_HAS_MPTCP)
        offered |= seg->mptcp_subtype == MP_JOIN ? TCPCONN_OFFER_MPTCP_JOIN
                                                 : TCPCONN_OFFER_MPTCP_CAPABLE;
    return (uint16_t)offered;
}

static struct syn read_syn(const tcpseg *seg)
{
    bool scaled = seg->present & TCPSEG_HAS_WSCALE;
    unsigned shift = !scaled ? 0 : seg->wscale < 14 ? seg->wscale : 14u;
    struct syn syn = {seg->seq, seg->mss, 0};

    syn.offered = (uint16_t)((unsigned)offered_by(seg) << 4 | shift);
    return syn;
}

/* ---- candidates ---- */

/* Which of the SYNs an endpoint has sent an ACK covers. */
int tcpsegp_covered_syn(const tcpconn *conn, int dir, uint32_t ack)
{
    const struct endpoint *e = &conn->ep[dir];
    const struct details *d = &conn->more[dir];

    if (e->flags & EP_NUMBERS && ack != d->iss &&
        seq_between(d->iss, ack, e->snd_nxt))
        return CURRENT_SYN;
    for (int i = 0; conn->flags & CONN_RIVALS && i < N_RIVALS; i++)
        if (conn->rivals[dir][i].offered != FREE_PLACE &&
            conn->rivals[dir][i].iss + 1 == ack)
            return i + 1;
    if (d->flags & EP_NEXT_SYN && d->next_syn.iss + 1 == ack)
        return NEXT_SYN;
    return NO_SYN;
}

/* A rival's id, told with its verdict and again when it is settled. */
static uint32_t rival_id(uint32_t iss)
{
    return UINT32_C(0x10000) | ((iss ^ iss >> 16) & 0xffff);
}

static struct syn *place_of(tcpconn *conn, int dir, int which)
{
    return which == NEXT_SYN ? &conn->more[dir].next_syn
                             : &conn->rivals[dir][which - 1];
}

static void open_rivals(tcpconn *conn)
{
    if (conn->flags & CONN_RIVALS)
        return;
    conn->flags |= CONN_RIVALS;
    memset(conn->rivals, 0xff, sizeof conn->rivals);
    for (int i = 0; i < 2; i++) {
        conn->ep[i].flags &= (uint16_t)~EP_PENDING;
        conn->more[i].first_iss = conn->more[i].iss;
    }
}

/* The handshake is going on: either side's SYN may still turn out another. */
static bool is_opening(const tcpconn *conn)
{
    return conn->ep[0].state <= TCPCONN_SYN_RECEIVED &&
           conn->ep[1].state <= TCPCONN_SYN_RECEIVED && !conn_over(conn);
}

/* Keep a SYN that did not become the connection's. The first ones stay; of the
 * others, the latest. */
void tcpsegp_keep_syn(struct step *s)
{
    tcpconn *conn = s->conn;
    struct details *d = s->d;
    struct syn syn = read_syn(s->seg);

    if (is_opening(conn)) {
        open_rivals(conn);
        for (int i = 0; i < N_RIVALS; i++) {
            struct syn *place = &conn->rivals[s->dir][i];

            if (place->offered != FREE_PLACE && place->iss != syn.iss)
                continue;
            *place = syn;
            return;
        }
        conn->flags |= CONN_MANY_SYNS;
    }
    d->next_syn = syn;
    d->flags |= EP_NEXT_SYN;
}

static uint8_t known_scale(unsigned shift)
{
    return (uint8_t)(shift << 4 | shift);
}

static void put_offer(tcpconn *conn, int dir, struct syn syn)
{
    struct details *d = &conn->more[dir];

    d->mss = syn.mss;
    d->offered = (uint16_t)(syn.offered >> 4);
    conn->ep[dir].scale = known_scale(syn.offered & 15);
    if (d->offered & (TCPCONN_OFFER_MD5 | TCPCONN_OFFER_AO))
        conn->flags |= CONN_SIGNED;
}

/* A SYN's numbers, and what it offered. */
static void put_syn(tcpconn *conn, int dir, struct syn syn)
{
    struct endpoint *e = &conn->ep[dir], *p = &conn->ep[!dir];
    struct details *d = &conn->more[dir];

    /* The peer's window begins where this SYN's numbers do. */
    if (p->flags & EP_WINDOW) {
        p->rcv_edge += syn.iss - d->iss;
    } else if (p->flags & EP_HEARD && p->rcv_edge) {
        p->rcv_edge += syn.iss + 1;
        p->flags |= EP_WINDOW;
    }
    put_offer(conn, dir, syn);
    if (!(e->flags & EP_NUMBERS) || d->iss != syn.iss) {
        e->snd_nxt = p->rcv_nxt = syn.iss + 1;
        d->wraps = 0;
    }
    d->iss = syn.iss;
    /* What acknowledged other numbers acknowledges none of these. */
    if (!seq_between(d->iss, p->rcv_ack, e->snd_nxt))
        p->flags &= (uint16_t)~EP_ACKED;
    e->flags |= EP_SYN | EP_HEARD | EP_NUMBERS;
}

static struct syn current_syn(const tcpconn *conn, int dir)
{
    const struct details *d = &conn->more[dir];
    struct syn syn = {d->iss, d->mss, 0};

    syn.offered = (uint16_t)((unsigned)d->offered << 4 |
                             (conn->ep[dir].scale >> 4 & 15u));
    return syn;
}

/* The answer has chosen another SYN than the first: they change places. */
void tcpsegp_adopt(struct step *s, int dir, int which)
{
    tcpconn *conn = s->conn;
    struct details *d = &conn->more[dir];
    struct syn *place = place_of(conn, dir, which);
    struct syn chosen = *place;

    *place = current_syn(conn, dir);
    put_syn(conn, dir, chosen);
    conn->ep[!dir].flags &= (uint16_t)~EP_TS; /* its timestamp was not kept */
    d->flags &= (uint16_t) ~(EP_SYN_TEXT | EP_FAST_OPEN);
}

/* The first SYN's verdict was not provisional, the others' were. Only before any
 * answer another one is accepted. */
static void settle_rival(struct step *s, int dir, uint32_t iss, int verdict)
{
    bool answer = s->conn->ep[dir].flags & EP_SYN_ACK;

    if (s->conn->more[dir].first_iss != iss)
        tcpsegp_revise(s, dir, rival_id(iss),
                       answer ? TCPCONN_REJECTED : TCPCONN_ACCEPTED, verdict,
                       answer ? TCPCONN_CHECK_SYN_ACK_DIFFERS
                              : TCPCONN_CHECK_SYN_DIFFERS);
}

/* Several SYNs came. Once the handshake is done, those that came to nothing are
 * settled. */
void tcpsegp_close_handshake(struct step *s)
{
    tcpconn *conn = s->conn;

    if (is_opening(conn))
        return;
    for (int k = 0; k < 2; k++) {
        int dir = s->dir ^ k;

        settle_rival(s, dir, conn->more[dir].iss, TCPCONN_ACCEPTED);
        for (int i = 0; i < N_RIVALS; i++)
            if (conn->rivals[dir][i].offered != FREE_PLACE)
                settle_rival(s, dir, conn->rivals[dir][i].iss,
                             TCPCONN_REJECTED);
    }
    conn->flags &= (uint16_t)~CONN_RIVALS;
    memset(conn->pending, 0, sizeof conn->pending);
    conn->more[0].sack_edge = conn->more[1].sack_edge = 0;
}

/* ---- judging ---- */

/* What is odd about a SYN that opens or answers. */
void tcpsegp_check_opening(struct step *s)
{
    const tcpseg *seg = s->seg;

    if (seg->present & TCPSEG_HAS_WSCALE && seg->wscale > 14)
        remark(s, TCPCONN_CHECK_SCALE_TOO_LARGE);
    if (seg->payload_len && !(seg->present & TCPSEG_HAS_FASTOPEN))
        remark(s, TCPCONN_CHECK_SYN_DATA);
    if ((seg->flags & (TCPSEG_FIN | TCPSEG_ACK)) == (TCPSEG_FIN | TCPSEG_ACK))
        remark(s, TCPCONN_CHECK_SYN_ACK_FIN);
}

/* The answer to a SYN has to acknowledge it. */
static bool check_syn_ack(struct step *s)
{
    tcpsegp_check_opening(s);
    if (s->seg->flags & TCPSEG_ACK) {
        if (receiver(s)->flags & EP_NUMBERS &&
            tcpsegp_covered_syn(s->conn, !s->dir, s->seg->ack) == NO_SYN)
            return tcpsegp_refuse(s, TCPCONN_CHECK_ACK_UNSENT);
        tcpsegp_check_echo(s);
    }
    return true;
}

/* The same number again. */
static bool check_repeated(struct step *s)
{
    const struct endpoint *e = sender(s);
    const struct details *d = s->d;
    const struct details *q = s->q;
    bool answer = s->seg->flags & TCPSEG_ACK;
    struct syn syn = read_syn(s->seg);

    if (answer != !!(e->flags & EP_SYN_ACK)) {
        if (answer && e->state == TCPCONN_SYN_SENT &&
            (q->fired >> SND_SYN & 1 || !(receiver(s)->flags & EP_HEARD)))
            return check_syn_ack(s); /* a crossing SYN, answered */
        return tcpsegp_refuse(s, TCPCONN_CHECK_SYN_IN_CONNECTION);
    }
    remark(s, TCPCONN_CHECK_SYN_REPEATED);
    if (!(s->conn->flags & CONN_PICKED) &&
        (syn.mss != d->mss || syn.offered >> 4 != d->offered))
        remark(s, s->seg->flags & TCPSEG_ACK ? TCPCONN_CHECK_SYN_ACK_DIFFERS
                                             : TCPCONN_CHECK_SYN_DIFFERS);
    s->verdict = TCPCONN_DUPLICATE;
    return true;
}

/* A SYN in TIME-WAIT opens a new connection if it is newer than the old one: RFC
 * 9293 section 3.6.1, RFC 6191 section 2. */
static bool is_newer(const struct step *s)
{
    const struct endpoint *p = receiver(s);
    bool stamped = s->seg->present & TCPSEG_HAS_TIMESTAMPS && p->flags & EP_TS;
    uint32_t behind = p->ts_recent - s->seg->tsval;
    bool old = stamped && behind - 1u < INT32_MAX;
    bool newer = stamped && behind > INT32_MAX;

    return newer || (!old && seq_lt(p->rcv_nxt, s->seg->seq));
}

/* What a SYN of an endpoint that has sent one before may do. */
static bool check_reuse(struct step *s)
{
    if (receiver(s)->state == TCPCONN_TIME_WAIT && !is_newer(s))
        return tcpsegp_refuse(s, TCPCONN_CHECK_SYN_TOO_OLD);
    s->begin = BEGIN_REUSE;
    remark(s, TCPCONN_CHECK_PAIR_REUSED);
    tcpsegp_check_opening(s);
    return true;
}

/* The receiver is through with the old connection. */
static bool may_reuse(const struct step *s)
{
    return !(s->seg->flags & TCPSEG_ACK) &&
           (receiver(s)->state == TCPCONN_TIME_WAIT ||
            receiver(s)->state == TCPCONN_CLOSED);
}

/* A SYN with another number than its sender's. */
static bool check_other_syn(struct step *s)
{
    const struct endpoint *e = sender(s), *p = receiver(s);
    bool answers = s->seg->flags & TCPSEG_ACK;

    /* Of a peer that is never heard no answer will be. */
    if (may_reuse(s) || (!(p->flags & EP_HEARD) && !is_inline(s) &&
                         e->state > TCPCONN_ESTABLISHED))
        return check_reuse(s);
    if (answers &&
        tcpsegp_covered_syn(s->conn, !s->dir, s->seg->ack) == NEXT_SYN &&
        !is_opening(s->conn)) {
        s->begin = BEGIN_NEXT;
        remark(s, TCPCONN_CHECK_PAIR_REUSED);
        tcpsegp_check_opening(s);
        return true;
    }
    if (!is_opening(s->conn))
        return tcpsegp_refuse(s, answers ? TCPCONN_CHECK_SYN_ACK_DIFFERS
                                         : TCPCONN_CHECK_SYN_IN_CONNECTION);
    if (answers && tcpsegp_covered_syn(s->conn, !s->dir, s->seg->ack) == NO_SYN)
        return tcpsegp_refuse(s, TCPCONN_CHECK_ACK_UNSENT);
    s->id = rival_id(s->seg->seq);
    /* Nobody has answered yet: the answer will tell which one counts. */
    if (!answers && e->state == TCPCONN_SYN_SENT && !(p->flags & EP_HEARD)) {
        remark(s, TCPCONN_CHECK_SYN_DIFFERS);
        tcpsegp_check_opening(s);
        return true;
    }
    return tcpsegp_refuse(s, answers ? TCPCONN_CHECK_SYN_ACK_DIFFERS
                                     : TCPCONN_CHECK_SYN_DIFFERS);
}

/* Which of several SYNs counts, and whether its options do, the answer will tell. */
bool tcpsegp_is_open_question(const struct step *s)
{
    const struct endpoint *e = sender(s), *p = receiver(s);

    if (!(s->seg->flags & TCPSEG_SYN))
        return false;
    if (may_reuse(s))
        return true;
    if (!(s->seg->flags & TCPSEG_ACK))
        return e->state == TCPCONN_SYN_SENT && !(p->flags & EP_HEARD);
    return p->state == TCPCONN_SYN_SENT &&
           tcpsegp_covered_syn(s->conn, !s->dir, s->seg->ack) > CURRENT_SYN;
}

/* Its peer is never heard: that it goes on behind another SYN of its own is the only
 * proof that there will be. */
bool tcpsegp_follows_own_syn(const struct step *s)
{
    const struct details *d = s->d;

    if ((s->seg->flags & (TCPSEG_SYN | TCPSEG_RST | TCPSEG_ACK)) != TCPSEG_ACK)
        return false;
    /* Or both SYNs of another handshake were kept, whose third step this is. */
    if (is_opening(s->conn))
        return s->conn->flags & CONN_RIVALS &&
               tcpsegp_covered_syn(s->conn, s->dir, s->seg->seq) >
                   CURRENT_SYN &&
               tcpsegp_covered_syn(s->conn, !s->dir, s->seg->ack) > CURRENT_SYN;
    return d->flags & EP_NEXT_SYN && !(receiver(s)->flags & EP_HEARD) &&
           !is_inline(s) && s->seg->seq == d->next_syn.iss + 1;
}

/* Fourth step: a SYN opens, repeats, or has no business here. */
bool tcpsegp_check_syn(struct step *s)
{
    const struct endpoint *e = sender(s);
    bool known = e->flags & EP_SYN;

    if (!(s->seg->flags & TCPSEG_SYN))
        return false;
    if (length_of(s->seg) > MAX_WINDOW)
        return tcpsegp_refuse(s, TCPCONN_CHECK_BEYOND_WINDOW);
    if (!known && (e->state <= TCPCONN_LISTEN || !(e->flags & EP_HEARD)))
        return check_syn_ack(s);
    if (known && s->seg->seq == s->d->iss && !(may_reuse(s) && is_newer(s)))
        return check_repeated(s);
    return check_other_syn(s);
}

/* What follows a SYN has to answer it. */
bool tcpsegp_check_answer(struct step *s)
{
    const struct endpoint *e = sender(s), *p = receiver(s);
    int covered;

    if (e->state != TCPCONN_SYN_SENT && p->state != TCPCONN_SYN_SENT &&
        p->state != TCPCONN_SYN_RECEIVED)
        return false;
    covered = tcpsegp_covered_syn(s->conn, !s->dir, s->seg->ack);
    if (p->state == TCPCONN_SYN_RECEIVED)
        tcpsegp_check_echo(s);
    if (e->state == TCPCONN_SYN_SENT && p->flags & EP_HEARD &&
        covered == NO_SYN)
        return tcpsegp_refuse(s, TCPCONN_CHECK_ACK_UNSENT);
    if (p->state != TCPCONN_SYN_SENT || !(p->flags & EP_HEARD) ||
        e->state != TCPCONN_LISTEN)
        return s->verdict == TCPCONN_REJECTED;
    if (covered == NO_SYN)
        return tcpsegp_refuse(s, TCPCONN_CHECK_ACK_UNSENT);
    /* Section 3.10.7.3, fifth step: neither SYN nor RST, so it is dropped; the
     * SYN may still come. With data, the SYN,ACK was not captured. */
    return (!length_of(s->seg) || is_inline(s)) &&
           tcpsegp_reject(s, TCPCONN_CHECK_SPLIT_HANDSHAKE);
}

/* ---- learning ---- */

/* Once both SYNs are known, what only one of them offered is off (RFC 7323 section
 * 1.3). A SYN,ACK offers nothing that the SYN did not, so it speaks also for a SYN
 * that was not seen. */
static void agree(tcpconn *conn, int dir)
{
    const struct details *d = &conn->more[dir], *q = &conn->more[!dir];
    bool alone = !(conn->ep[!dir].flags & EP_SYN);
    unsigned both = alone ? d->offered : d->offered & q->offered;

    if (alone && !(conn->flags & CONN_PICKED)) { /* not answered yet */
        conn->ep[dir].scale &= 0xf0;
        return;
    }
    if (both & TCPCONN_OFFER_TIMESTAMPS)
        conn->flags |= CONN_TS;
    else
        conn->flags &= (uint16_t)~CONN_TS;
    for (int i = 0; i < 2; i++) {
        unsigned shift = conn->ep[i].scale >> 4;

        if (!(both & TCPCONN_OFFER_WSCALE))
            conn->ep[i].scale = 0;
        else if (i == !dir && alone)
            conn->ep[i].scale = 14 << 4;
        else
            conn->ep[i].scale = known_scale(shift);
    }
}

/* A SYN that was accepted, or that repeats one. False if it is only kept. */
bool tcpsegp_learn_syn(struct step *s)
{
    tcpconn *conn = s->conn;
    struct endpoint *e = s->e, *p = s->p;
    struct details *d = s->d;
    const tcpseg *seg = s->seg;
    bool again = e->flags & EP_SYN && d->iss == seg->seq;

    if (e->flags & EP_SYN && !again) {
        tcpsegp_keep_syn(s);
        return false;
    }
    if (!again)
        put_syn(conn, s->dir, read_syn(seg));
    if (seg->flags & TCPSEG_ACK) {
        e->flags |= EP_SYN_ACK;
        if (seq_lt(s->q->iss + 1, seg->ack))
            s->q->flags |= EP_FAST_OPEN;
    }
    if (again && p->flags & EP_HEARD && !(seg->flags & TCPSEG_ACK)) {
        /* The options that were answered stand; the answer echoes the latest
         * timestamp before it. */
        if (!has_acked(p, d->iss + 1))
            tcpsegp_learn_timestamp(s);
        return true;
    }
    if (again) {
        put_offer(conn, s->dir, read_syn(seg));
    } else if (conn->flags & CONN_RIVALS) {
        d->first_iss = d->iss;
    }
    d->flags &= (uint16_t) ~(EP_AE | EP_CWR | EP_ECE);
    d->flags |= ecn_flags(seg->flags);
    if (seg->payload_len)
        d->flags |= EP_SYN_TEXT;
    if (!(seg->flags & TCPSEG_ACK) && !(e->flags & EP_WINDOW))
        e->rcv_edge = seg->wnd; /* counts from the peer's SYN on */
    agree(conn, s->dir);
    tcpsegp_learn_timestamp(s);
    return true;
}

/* ---- one connection after another ---- */

static const uint8_t end_reason[] = {
    [BEGIN_REUSE] = TCPCONN_END_REUSED,
    [BEGIN_NEXT] = TCPCONN_END_REUSED,
    [BEGIN_ANEW] = TCPCONN_END_TIMED_OUT,
    [BEGIN_AGAIN] = TCPCONN_END_RESET,
};

static void clear(tcpconn *conn, uint64_t now)
{
    uint64_t tag = conn->tag;
    uint16_t keep = conn->flags & CONN_PARTS;

    memset(conn, 0, sizeof *conn);
    conn->magic = CONN_MAGIC;
    conn->flags = keep;
    conn->tag = tag;
    conn->last = now;
    tcpsegp_stats_reset(conn);
    if (keep & CONN_ANALYSIS)
        tcpsegp_analysis_renew(conn);
}

/* Picked up at a place that turns out wrong: forget what the sender is believed
 * to have sent, and what was concluded from it. */
void tcpsegp_forget(tcpconn *conn, int dir)
{
    conn->ep[dir].flags &= EP_SYN | EP_SURE;
    conn->more[dir].flags &= (uint16_t)~EP_FIN_TOLD;
    conn->ep[!dir].flags &=
        (uint16_t) ~(EP_ACKED | EP_WINDOW | EP_TS | EP_ONCE | EP_CHALLENGED);
    conn->ep[0].rcv_edge = conn->ep[1].rcv_edge = 0;
    conn->ep[!dir].flags &= (uint16_t)~EP_PENDING;
    conn->flags &= (uint16_t)~CONN_RIVALS;
    memset(conn->pending, 0, sizeof conn->pending);
}

/* The SYN whose answer is at hand was seen before, and counts from now on. */
static void replay_syn(struct step *s, struct syn syn)
{
    put_syn(s->conn, !s->dir, syn);
    agree(s->conn, !s->dir);
    s->conn->flags |= CONN_BEGUN;
    s->q->fired |= 1u << SND_SYN;
    tcpsegp_change(s, !s->dir, TCPCONN_SYN_SENT, true);
    tcpsegp_move(s, s->dir, OUTSIDE_PEER_SYN, false);
}

static struct syn covered(tcpconn *conn, int dir, uint32_t ack)
{
    int which = tcpsegp_covered_syn(conn, dir, ack);

    return which > CURRENT_SYN ? *place_of(conn, dir, which)
                               : current_syn(conn, dir);
}

void tcpsegp_begin(struct step *s)
{
    tcpconn *conn = s->conn;
    struct syn next = {0, 0, 0};

    if (s->begin == BEGIN_HERE) {
        tcpsegp_forget(conn, s->dir);
        return;
    }
    if (s->begin == BEGIN_THERE) {
        tcpsegp_settle_agreed(s);
        tcpsegp_forget(conn, 0);
        tcpsegp_forget(conn, 1);
        conn->more[0].flags &= (uint16_t)~EP_DRIFT;
        conn->more[1].flags &= (uint16_t)~EP_DRIFT;
        conn->flags |= CONN_PICKED | CONN_LOSSY;
        return;
    }
    if (s->begin == BEGIN_NEXT)
        next = covered(conn, !s->dir, s->seg->ack);
    if (s->begin == BEGIN_AGAIN)
        tcpsegp_settle_dispute(s);
    tcpsegp_flush(s);
    tcpsegp_tell_end(s, tcpsegp_natural_end(conn, end_reason[s->begin]));
    clear(conn, s->now);
    memset(s->before, 0, sizeof s->before);
    s->from_known[0] = s->from_known[1] = false;
    if (s->begin == BEGIN_NEXT)
        replay_syn(s, next);
}
