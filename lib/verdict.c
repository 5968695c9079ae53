/* The verdict: what the receiver does with a segment, and why. In the order of
 * RFC 9293 section 3.10.7.4; each test either settles the verdict or passes the
 * segment on to the next. Nothing here changes the connection. */
#include "inline.h"
#include "judge_int.h"

enum { NUMBERS_END = 16 }; /* header bytes up to the window, which are needed */

static bool settle(struct step *s, int verdict, unsigned check, uint8_t advice)
{
    remark(s, check);
    if (s->verdict != TCPCONN_REJECTED)
        s->advice = advice;
    s->verdict = verdict;
    s->provisional = PENDING_NONE;
    return true;
}

NOINLINE bool tcpsegp_reject(struct step *s, unsigned check)
{
    return settle(s, TCPCONN_REJECTED, check, TCPCONN_DROP);
}

NOINLINE bool tcpsegp_refuse(struct step *s, unsigned check)
{
    return settle(s, TCPCONN_REJECTED, check, TCPCONN_PASS_AND_LIMIT);
}

/* ---- nothing to find ---- */

/* Nothing about the segment alone asks for more than is looked at here. */
static INLINE bool is_common(const struct step *s)
{
    const unsigned signs = TCPSEG_HAS_MD5 | TCPSEG_HAS_AO;
    const tcpseg *seg = s->seg;
    const struct details *d = s->d;

    return (seg->flags & (TCPSEG_SYN | TCPSEG_RST | TCPSEG_URG | TCPSEG_ACK)) ==
               TCPSEG_ACK &&
           !(seg->defects | (uint32_t)seg->error | (seg->present & signs) |
             seg->sack_count) &&
           seg->header_captured >= NUMBERS_END &&
           seg->checksum_status != TCPSEG_CHECKSUM_BAD &&
           (!seg->ip_ttl || !d->ttl || seg->ip_ttl == d->ttl) &&
           (!seg->ip_id || digest_of(seg) != d->digest);
}

/* Nor about the connection. */
static INLINE bool is_usual(const struct step *s)
{
    const unsigned odd =
        CONN_TIMED_OUT | CONN_RIVALS | CONN_SIGNED | CONN_WATCHED;
    const unsigned waits = EP_PENDING | EP_FIN_AHEAD;
    const tcpconn *conn = s->conn;
    const struct endpoint *e = sender(s), *p = receiver(s);

    return (conn->flags & (CONN_BEGUN | odd)) == CONN_BEGUN &&
           !conn_over(conn) && !(s->d->flags & EP_NEXT_SYN) &&
           !((s->d->flags | s->q->flags) & EP_DRIFT) &&
           !((e->flags | p->flags) & waits) && p->flags & EP_NUMBERS &&
           (e->flags & (EP_NUMBERS | EP_HEARD | EP_CHALLENGED)) ==
               (EP_NUMBERS | EP_HEARD) &&
           p->flags & EP_WINDOW && p->state != TCPCONN_SYN_SENT &&
           (e->state != TCPCONN_SYN_SENT || !(e->flags & EP_ACKED));
}

/* In order, in the window, and not behind a FIN. */
static INLINE bool is_in_order(const struct step *s)
{
    const struct endpoint *e = sender(s), *p = receiver(s);
    uint32_t room = p->rcv_edge - p->rcv_nxt, len = length_of(s->seg);

    return s->seg->seq == p->rcv_nxt &&
           (!len || (!(e->flags & EP_FIN) && room && room < MAX_WINDOW &&
                     s->seg->payload_len <= room));
}

/* It acknowledges what was sent and seen, and takes no window back. */
static INLINE bool has_good_ack(const struct step *s)
{
    const struct endpoint *e = sender(s), *p = receiver(s);
    uint32_t una = e->flags & EP_ACKED ? e->rcv_ack : s->q->iss + 1;
    uint32_t acked = s->seg->ack - una, got = e->rcv_nxt - una;
    uint32_t sent = p->snd_nxt - una;
    uint32_t edge = s->seg->ack + ((uint32_t)s->seg->wnd << (e->scale >> 4));

    return acked <= got && got <= sent && sent <= MAX_WINDOW &&
           (acked || edge - e->rcv_edge <= MAX_WINDOW ||
            !(e->flags & EP_WINDOW));
}

/* It is neither stale nor with or without a timestamp for no reason; nor does it
 * end a handshake with a wrong echo. */
static INLINE bool has_good_time(const struct step *s)
{
    const tcpseg *seg = s->seg;
    const struct endpoint *e = sender(s), *p = receiver(s);

    if (!(s->conn->flags & CONN_TS))
        return !(seg->present & TCPSEG_HAS_TIMESTAMPS);
    return seg->present & TCPSEG_HAS_TIMESTAMPS && p->flags & EP_TS &&
           !seq_lt(seg->tsval, p->ts_recent) &&
           (p->state != TCPCONN_SYN_RECEIVED || !(e->flags & EP_TS) ||
            !seq_lt(e->ts_recent, seg->tsecr));
}

/* Most segments pass all of the tests below, which one look tells. */
bool tcpsegp_is_plain(const struct step *s)
{
    return is_common(s) && is_usual(s) && is_in_order(s) && has_good_ack(s) &&
           has_good_time(s);
}

/* Before the first step: is it a segment at all. */
static bool check_form(struct step *s)
{
    const tcpseg *seg = s->seg;

    if (seg->error)
        return settle(s, TCPCONN_MALFORMED, TCPCONN_CHECK_BAD_OFFSET,
                      TCPCONN_DROP);
    if (seg->header_captured < NUMBERS_END)
        return settle(s, TCPCONN_MALFORMED, TCPCONN_CHECK_TRUNCATED,
                      TCPCONN_PASS);
    if (tcpsegp_is_copy(s))
        return settle(s, TCPCONN_DUPLICATE, TCPCONN_CHECK_CAPTURE_DUPLICATE,
                      TCPCONN_PASS);
    if (seg->checksum_status != TCPSEG_CHECKSUM_BAD)
        return false;
    tcpsegp_reject(s, TCPCONN_CHECK_BAD_CHECKSUM);
    /* What was sent over a broken tap only may be acknowledged all the same. */
    if (!is_inline(s) && length_of(seg) &&
        sender(s)->state >= TCPCONN_ESTABLISHED &&
        seq_le(sender(s)->snd_nxt, seg->seq))
        s->provisional = PENDING_CHECKSUM;
    return true;
}

static bool check_flags(struct step *s)
{
    unsigned flags = s->seg->flags;

    if (flags & TCPSEG_RST) {
        if (flags & (TCPSEG_SYN | TCPSEG_FIN))
            remark(s, TCPCONN_CHECK_BAD_FLAGS);
        if (s->seg->payload_len)
            remark(s, TCPCONN_CHECK_RST_DATA);
        return false;
    }
    if ((flags & (TCPSEG_SYN | TCPSEG_FIN | TCPSEG_ACK)) ==
        (TCPSEG_SYN | TCPSEG_FIN)) {
        remark(s, TCPCONN_CHECK_BAD_FLAGS);
        /* In SYN-SENT a SYN is a SYN. */
        return receiver(s)->state != TCPCONN_SYN_SENT &&
               tcpsegp_reject(s, TCPCONN_CHECK_BAD_FLAGS);
    }
    if (flags & (TCPSEG_SYN | TCPSEG_ACK))
        return false;
    remark(s, TCPCONN_CHECK_NO_ACK);
    /* In TIME-WAIT nobody asks for an ACK. */
    return receiver(s)->state != TCPCONN_TIME_WAIT &&
           tcpsegp_reject(s, TCPCONN_CHECK_NO_ACK);
}

/* The two endpoints sign all of their segments or none. */
static bool check_signature(struct step *s)
{
    int known = sender(s)->flags & EP_HEARD ? s->dir : !s->dir;
    const struct details *d = &s->conn->more[known];
    bool md5 = s->seg->present & TCPSEG_HAS_MD5;
    bool ao = s->seg->present & TCPSEG_HAS_AO;

    if (!(s->conn->ep[known].flags & EP_HEARD) || tcpsegp_is_open_question(s))
        return false;
    if (md5 != !!(d->offered & TCPCONN_OFFER_MD5))
        return tcpsegp_reject(s, TCPCONN_CHECK_MD5_UNEXPECTED);
    return ao != !!(d->offered & TCPCONN_OFFER_AO) &&
           tcpsegp_reject(s, TCPCONN_CHECK_AO_UNEXPECTED);
}

/* ---- there is no connection ---- */

static bool opens(const tcpseg *seg)
{
    return (seg->flags & (TCPSEG_SYN | TCPSEG_ACK | TCPSEG_RST)) == TCPSEG_SYN;
}

static bool no_connection(struct step *s)
{
    return s->seg->flags & TCPSEG_RST
               ? tcpsegp_reject(s, TCPCONN_CHECK_NO_CONNECTION)
               : tcpsegp_refuse(s, TCPCONN_CHECK_NO_CONNECTION);
}

static bool first_segment(struct step *s, uint8_t begin)
{
    if (s->seg->flags & TCPSEG_RST || (s->env->cfg.midstream && !opens(s->seg)))
        return no_connection(s);
    s->begin = begin;
    if (s->seg->flags & TCPSEG_SYN)
        tcpsegp_check_opening(s);
    return true;
}

/* The RST's own sender goes on where it was: so perhaps it was not its sender. */
static bool outlives_rst(const struct step *s)
{
    return s->d->flags & EP_RST_SENT && s->seg->seq == sender(s)->snd_nxt;
}

/* Text whose acknowledgment would show that both ends live on. */
static bool tries_rst(const struct step *s)
{
    uint32_t end = s->seg->seq + s->seg->payload_len;

    return s->conn->flags & CONN_RESET && s->seg->payload_len &&
           receiver(s)->flags & EP_ACKED && seq_lt(receiver(s)->rcv_ack, end) &&
           tcpsegp_is_near(s->conn, s->dir, end);
}

/* The answer to a SYN that an RST seemed to refuse; or to one kept besides. */
static bool answers_syn(const struct step *s)
{
    int which = tcpsegp_covered_syn(s->conn, !s->dir, s->seg->ack);

    if (!(s->seg->flags & TCPSEG_SYN))
        return false;
    return which > CURRENT_SYN ||
           (which == CURRENT_SYN && !(sender(s)->flags & EP_SYN) &&
            s->seg->ack == s->q->iss + 1);
}

/* A SYN,ACK with a number of its own, of no SYN that this connection had: the tap has
 * missed the next one's. */
static bool answers_unseen_syn(const struct step *s)
{
    const unsigned answer = TCPSEG_SYN | TCPSEG_ACK;
    const struct details *d = s->conn->more;

    return !is_inline(s) && (s->seg->flags & answer) == answer &&
           sender(s)->flags & receiver(s)->flags & EP_NUMBERS &&
           s->seg->seq != d[s->dir].iss && s->seg->ack != d[!s->dir].iss + 1;
}

/* The connection is over: what may follow it. */
static bool follows(struct step *s)
{
    if (opens(s->seg)) {
        remark(s, TCPCONN_CHECK_PAIR_REUSED);
        return first_segment(s, BEGIN_REUSE);
    }
    if (s->seg->flags & TCPSEG_RST)
        return no_connection(s);
    if (answers_syn(s)) {
        remark(s, TCPCONN_CHECK_PAIR_REUSED);
        return first_segment(s, BEGIN_NEXT);
    }
    if (answers_unseen_syn(s)) {
        remark(s, TCPCONN_CHECK_PAIR_REUSED);
        return first_segment(s, BEGIN_REUSE);
    }
    if (tcpsegp_disproves_rst(s)) {
        s->begin = BEGIN_AGAIN;
        return true;
    }
    no_connection(s);
    if (outlives_rst(s))
        remark(s, TCPCONN_CHECK_AFTER_RESET);
    if (tries_rst(s))
        s->provisional = PENDING_DISPUTE;
    return true;
}

static bool check_life(struct step *s)
{
    if (!(s->conn->flags & CONN_BEGUN))
        return first_segment(s, BEGIN_NOT);
    if (s->conn->flags & CONN_TIMED_OUT)
        return first_segment(s, BEGIN_ANEW);
    if (tcpsegp_follows_own_syn(s)) {
        remark(s, TCPCONN_CHECK_PAIR_REUSED);
        return first_segment(s, BEGIN_REUSE);
    }
    return conn_over(s->conn) && follows(s);
}

/* ---- second step: RST ---- */

/* Beside RCV.NXT, Linux takes an RST that comes before its sender's FIN, in whose
 * place it may have been sent, and one behind all that was acknowledged out of
 * order. */
static bool is_around(const struct step *s)
{
    const struct endpoint *e = sender(s), *p = receiver(s);
    const struct details *d = s->d;
    uint32_t edge = s->q->sack_edge;

    if (!tcpsegp_profile(s)->rst_around || p->state == TCPCONN_TIME_WAIT)
        return false;
    return (e->flags & EP_FIN && s->seg->seq == d->fin_seq &&
            p->rcv_nxt == d->fin_seq + 1) ||
           (!(s->conn->flags & CONN_RIVALS) && edge && s->seg->seq == edge &&
            seq_lt(p->rcv_nxt, edge));
}

/* What was lost behind the tap did not move the receiver's RCV.NXT: that may be no
 * further than its last ACK, which is just where a closed port resets. */
static bool answers_old_ack(const struct step *s)
{
    const struct endpoint *p = receiver(s);

    return !is_inline(s) && p->flags & EP_ACKED && s->d->flags & EP_BEHIND &&
           s->seg->seq == p->rcv_ack;
}

/* RFC 5961 section 3.2: the number has to be the one expected next. */
static bool is_expected(const struct step *s)
{
    const struct endpoint *e = sender(s), *p = receiver(s);
    uint32_t ahead = s->seg->seq - believed_rcv_nxt(s);

    if (!(e->flags & EP_NUMBERS))
        return false;
    if (ahead == 0)
        return true;
    /* Only this direction is captured, or not all of it. */
    if (!(p->flags & EP_HEARD) || s->conn->flags & CONN_LOSSY)
        return seq_between(p->rcv_nxt, s->seg->seq, e->snd_nxt) &&
               !seq_lt(e->snd_nxt, p->rcv_nxt);
    return is_around(s) || answers_old_ack(s);
}

/* To a SYN, an RST has to acknowledge it (section 3.10.7.3, second step). */
static bool resets_opening(const struct step *s)
{
    return s->seg->flags & TCPSEG_ACK &&
           tcpsegp_covered_syn(s->conn, !s->dir, s->seg->ack) != NO_SYN;
}

static bool check_rst(struct step *s)
{
    const struct endpoint *e = sender(s), *p = receiver(s);
    uint32_t ahead = s->seg->seq - p->rcv_nxt;

    if (!(s->seg->flags & TCPSEG_RST))
        return false;
    if (!(e->flags & EP_HEARD) && p->flags & EP_SYN && resets_opening(s))
        return true;
    if (p->state == TCPCONN_SYN_SENT)
        return resets_opening(s) || (e->flags & EP_SYN_ACK && is_expected(s)) ||
               tcpsegp_reject(s, TCPCONN_CHECK_RST_INEXACT);
    if (p->state <= TCPCONN_LISTEN && ahead)
        return no_connection(s);
    /* Elsewhere an RST is not asked for its timestamp. */
    if (p->state == TCPCONN_TIME_WAIT && tcpsegp_is_stale(s))
        return tcpsegp_reject(s, TCPCONN_CHECK_PAWS);
    if (is_expected(s))
        return true;
    if (p->state != TCPCONN_TIME_WAIT && p->flags & EP_WINDOW &&
        ahead <= p->rcv_edge - p->rcv_nxt && ahead < MAX_WINDOW)
        return tcpsegp_refuse(s, TCPCONN_CHECK_RST_INEXACT);
    return tcpsegp_reject(s, TCPCONN_CHECK_RST_INEXACT);
}

/* ---- fifth step: the acknowledgment ---- */

/* RFC 5961 section 5.2, with Linux's bound: no ACK on its way can be older than the
 * largest window, or than the first byte. */
static bool is_too_old(const struct step *s)
{
    const struct endpoint *e = sender(s), *p = receiver(s);
    uint32_t bound = tcpsegp_largest_window(s->conn, s->dir);
    uint64_t acked = tcpsegp_sent(s->conn, !s->dir) - (p->snd_nxt - e->rcv_ack);

    if (!(e->flags & EP_ACKED) || !(p->flags & EP_PROVEN))
        return false;
    if (!(s->conn->flags & CONN_PICKED) && acked < bound)
        bound = (uint32_t)acked;
    return seq_lt(s->seg->ack, e->rcv_ack - bound);
}

/* DEVIATION: from a tap, an ACK of data never seen may be the tap's loss, so only an
 * inline observer refuses it at once. */
static void check_ack(struct step *s)
{
    const struct endpoint *p = receiver(s);

    /* In TIME-WAIT it has nothing left to acknowledge. */
    if (!(p->flags & EP_NUMBERS) || p->state == TCPCONN_TIME_WAIT)
        return;
    if (is_too_old(s)) {
        tcpsegp_refuse(s, TCPCONN_CHECK_ACK_TOO_OLD);
        return;
    }
    if (!seq_lt(p->snd_nxt, s->seg->ack) || !(p->flags & EP_HEARD) ||
        (!(p->flags & EP_PROVEN) && tcpsegp_is_in_place(s)))
        return;
    if (is_inline(s)) {
        tcpsegp_refuse(s, TCPCONN_CHECK_ACK_UNSENT);
        return;
    }
    if (tcpsegp_acks_refused(s))
        return;
    remark(s, TCPCONN_CHECK_ACK_UNSENT);
    if (s->conn->flags & CONN_LOSSY &&
        tcpsegp_is_near(s->conn, !s->dir, s->seg->ack))
        return;
    if (s->verdict != TCPCONN_REJECTED && !is_ancient(s))
        s->provisional = PENDING_ACK;
}

/* ---- eighth step: the FIN ---- */

/* Behind its FIN an endpoint sends nothing. */
static void check_fin(struct step *s)
{
    const struct endpoint *e = sender(s);
    uint32_t fin_seq = s->d->fin_seq;
    uint32_t end = s->seg->seq + s->seg->payload_len;

    if (!(e->flags & EP_FIN))
        return;
    if (s->seg->payload_len && seq_lt(fin_seq, end))
        tcpsegp_reject(s, TCPCONN_CHECK_DATA_AFTER_FIN);
    if (!(s->seg->flags & TCPSEG_FIN) || end == fin_seq)
        return;
    remark(s, TCPCONN_CHECK_FIN_MOVED);
    if (seq_lt(fin_seq, end))
        tcpsegp_reject(s, TCPCONN_CHECK_FIN_MOVED);
}

/* Where a connection was picked up is believed until the two endpoints have
 * confirmed it. A segment far from there shows that it was wrong; not a FIN, behind
 * which nothing would show whether that was wrong too. */
static bool is_elsewhere(const struct step *s)
{
    const struct endpoint *e = sender(s);
    uint32_t old = receiver(s)->rcv_nxt - 0x100000;

    if (!(s->conn->flags & CONN_PICKED) || e->flags & EP_PROVEN ||
        !(e->flags & EP_HEARD) || s->seg->flags & TCPSEG_FIN)
        return false;
    return remarked(s, TCPCONN_CHECK_BEYOND_WINDOW) ||
           (s->verdict == TCPCONN_DUPLICATE && seq_lt(s->seg->seq, old));
}

/* The tests of an open connection, all of them, so that all that fail are named. */
static void check_segment(struct step *s)
{
    tcpsegp_check_sequence(s);
    check_fin(s);
    tcpsegp_check_paws(s);
    check_ack(s);
    if (tcpsegp_agrees_again(s))
        s->begin = BEGIN_THERE;
    else if (is_elsewhere(s))
        s->begin = BEGIN_HERE;
    if (s->begin) {
        s->verdict = TCPCONN_ACCEPTED;
        s->advice = TCPCONN_PASS;
        s->checks = 0;
        s->provisional = PENDING_NONE;
    }
}

void tcpsegp_judge(struct step *s)
{
    s->verdict = TCPCONN_ACCEPTED;
    s->advice = TCPCONN_PASS;
    if (!check_form(s) && !check_flags(s) && !check_life(s) &&
        !check_signature(s) && !check_rst(s) && !tcpsegp_check_syn(s) &&
        !tcpsegp_check_answer(s))
        check_segment(s);
    if (s->verdict < TCPCONN_MALFORMED &&
        !remarked(s, TCPCONN_CHECK_CAPTURE_DUPLICATE))
        tcpsegp_remark(s);
}
