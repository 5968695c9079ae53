/* The verdict: what the receiver does with a segment, and why. In the order of
 * RFC 9293 section 3.10.7.4; each step either settles the verdict or passes the
 * segment on to the next. Nothing here changes the connection. */
#include "conn_int.h"
#include "inline.h"
#include "seq.h"

enum {
    MAX_WINDOW = 1 << 30, /* RFC 7323 section 2.3: 65535 * 2^14, rounded up */
    NUMBERS_END = 16      /* header bytes up to the window, which are needed */
};

static void remark(struct step *s, unsigned check)
{
    s->checks |= UINT64_C(1) << check;
}

static bool settle(struct step *s, int verdict, unsigned check, uint8_t advice)
{
    remark(s, check);
    s->verdict = verdict;
    s->advice = advice;
    return true;
}

NOINLINE static bool reject(struct step *s, unsigned check)
{
    return settle(s, TCPCONN_REJECTED, check, TCPCONN_DROP);
}

/* Refused, but the receiver has to answer: dropping it would wedge a connection
 * whose two ends disagree. */
NOINLINE static bool refuse(struct step *s, unsigned check)
{
    return settle(s, TCPCONN_REJECTED, check, TCPCONN_PASS_AND_LIMIT);
}

/* The caller follows connections from their SYN on, and this one has none. */
static bool outside_policy(const struct step *s)
{
    return s->env->cfg.midstream && !(s->conn->flags & CONN_BEGUN) &&
           (s->seg->flags & (TCPSEG_SYN | TCPSEG_ACK | TCPSEG_RST)) !=
               TCPSEG_SYN;
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
    if (seg->checksum_status == TCPSEG_CHECKSUM_BAD)
        return reject(s, TCPCONN_CHECK_BAD_CHECKSUM);
    if ((seg->flags & (TCPSEG_SYN | TCPSEG_FIN | TCPSEG_RST)) ==
        (TCPSEG_SYN | TCPSEG_FIN))
        return reject(s, TCPCONN_CHECK_BAD_FLAGS);
    if (!(seg->flags & (TCPSEG_SYN | TCPSEG_RST | TCPSEG_ACK)))
        return reject(s, TCPCONN_CHECK_NO_ACK);
    if (!conn_over(s->conn) && !outside_policy(s))
        return false;
    return seg->flags & TCPSEG_RST ? reject(s, TCPCONN_CHECK_NO_CONNECTION)
                                   : refuse(s, TCPCONN_CHECK_NO_CONNECTION);
}

/* An ACK of the handshake is right if it covers the peer's SYN and nothing it
 * has not sent. */
static bool ack_covers_syn(const struct endpoint *p, const tcpseg *seg)
{
    return seg->ack != p->iss && seq_between(p->iss, seg->ack, p->snd_nxt);
}

/* Second step: an RST is believed if its number is one that the receiver may be
 * expecting; in SYN-SENT, if it acknowledges the SYN. */
static bool check_rst(struct step *s)
{
    const struct endpoint *e = &s->conn->ep[s->dir], *p = &s->conn->ep[!s->dir];
    const tcpseg *seg = s->seg;
    uint32_t low, high;

    if (!(seg->flags & TCPSEG_RST))
        return false;
    if (!(s->conn->flags & CONN_BEGUN)) /* CLOSED discards it: 3.10.7.1 */
        return reject(s, TCPCONN_CHECK_NO_CONNECTION);
    s->verdict = TCPCONN_ACCEPTED;
    if (!(e->flags & EP_HEARD) && p->flags & EP_SYN) {
        if (seg->flags & TCPSEG_ACK && ack_covers_syn(p, seg))
            return true;
        if (p->state == TCPCONN_SYN_SENT)
            return refuse(s, TCPCONN_CHECK_RST_INEXACT);
    }
    /* The receiver's RCV.NXT is no less than what it has acknowledged and no
     * more than what was sent to it. */
    low = p->flags & EP_ACKED ? p->rcv_ack : e->iss;
    high = e->flags & EP_HEARD ? e->snd_nxt : low;
    if (seg->seq == low ||
        (seq_le(low, high) && seq_between(low, seg->seq, high)))
        return true;
    return refuse(s, TCPCONN_CHECK_RST_INEXACT);
}

static bool check_syn_ack(struct step *s)
{
    const struct endpoint *p = &s->conn->ep[!s->dir];

    if (s->seg->flags & TCPSEG_ACK && p->flags & EP_NUMBERS &&
        !ack_covers_syn(p, s->seg))
        return refuse(s, TCPCONN_CHECK_ACK_UNSENT);
    s->verdict = TCPCONN_ACCEPTED;
    return true;
}

/* Fourth step: a SYN opens, repeats, or has no business here. */
static bool check_syn(struct step *s)
{
    const struct endpoint *e = &s->conn->ep[s->dir], *p = &s->conn->ep[!s->dir];
    const tcpseg *seg = s->seg;
    bool answers = seg->flags & TCPSEG_ACK && !(e->flags & EP_SYN_ACK);

    if (!(seg->flags & TCPSEG_SYN))
        return false;
    if (!(e->flags & EP_SYN) &&
        (e->state <= TCPCONN_LISTEN || !(e->flags & EP_HEARD)))
        return check_syn_ack(s);
    if (e->flags & EP_SYN && seg->seq == e->iss) {
        if (answers && e->state == TCPCONN_SYN_SENT)
            return check_syn_ack(s); /* a crossing SYN, answered */
        return settle(s, TCPCONN_DUPLICATE, TCPCONN_CHECK_OLD_SEQUENCE,
                      TCPCONN_PASS);
    }
    /* Nobody has answered yet: the sender may begin again with a new number. */
    if (e->state == TCPCONN_SYN_SENT && !(p->flags & EP_HEARD)) {
        s->verdict = TCPCONN_ACCEPTED;
        return true;
    }
    return refuse(s, TCPCONN_CHECK_SYN_IN_CONNECTION);
}

/* Fifth step: the acknowledgment. DEVIATION: from a tap, an ACK of data never
 * seen may be the tap's loss, so only an inline observer rejects it. */
static bool check_ack(struct step *s)
{
    const struct endpoint *e = &s->conn->ep[s->dir], *p = &s->conn->ep[!s->dir];
    const tcpseg *seg = s->seg;

    /* check_form() let nothing without ACK come here. */
    if (e->state == TCPCONN_SYN_SENT && p->flags & EP_HEARD &&
        !ack_covers_syn(p, seg))
        return refuse(s, TCPCONN_CHECK_ACK_UNSENT);
    /* The other way round: to a SYN, only what acknowledges it is an answer. */
    if (p->state == TCPCONN_SYN_SENT && p->flags & EP_HEARD &&
        e->state == TCPCONN_LISTEN && tcpseg_len(seg) &&
        !ack_covers_syn(p, seg))
        return refuse(s, TCPCONN_CHECK_ACK_UNSENT);
    /* Without an answer seen, it goes on only right behind its SYN. */
    if (e->state == TCPCONN_SYN_SENT && e->flags & EP_HEARD &&
        !(p->flags & EP_HEARD) &&
        !seq_between(e->iss + 1, seg->seq, e->snd_nxt))
        return refuse(s, TCPCONN_CHECK_ACK_UNSENT);
    if (p->flags & EP_HEARD && seq_lt(p->snd_nxt, seg->ack)) {
        if (s->env->cfg.vantage == TCPCONN_VANTAGE_INLINE)
            return refuse(s, TCPCONN_CHECK_ACK_UNSENT);
        remark(s, TCPCONN_CHECK_ACK_UNSENT);
    }
    return false;
}

/* First and seventh step, together because the window is not tested yet: where
 * the segment lies against what its receiver has in order. */
static void check_sequence(struct step *s)
{
    const struct endpoint *e = &s->conn->ep[s->dir], *p = &s->conn->ep[!s->dir];
    uint32_t len = tcpseg_len(s->seg);
    uint32_t ahead = s->seg->seq - p->rcv_nxt;

    s->verdict = TCPCONN_ACCEPTED;
    if (len > MAX_WINDOW) {
        refuse(s, TCPCONN_CHECK_BEYOND_WINDOW);
        return;
    }
    if (!(e->flags & EP_NUMBERS) || ahead == 0)
        return;
    if (seq_lt(p->rcv_nxt, s->seg->seq)) {
        if (ahead > MAX_WINDOW - len)
            refuse(s, TCPCONN_CHECK_BEYOND_WINDOW);
        else if (len)
            s->verdict = TCPCONN_QUEUED;
        return;
    }
    remark(s, TCPCONN_CHECK_OLD_SEQUENCE);
    s->verdict = seq_lt(p->rcv_nxt, s->seg->seq + len) ? TCPCONN_TRIMMED
                                                       : TCPCONN_DUPLICATE;
}

void tcpsegp_judge(struct step *s)
{
    s->advice = TCPCONN_PASS;
    if (check_form(s) || check_rst(s) || check_syn(s) || check_ack(s))
        return;
    check_sequence(s);
}

/* ---- the checks, in words ---- */

/* clang-format off */
static const struct {
    const char *name, *text, *rfc;
    uint8_t severity, rank; /* of several, the one with the highest rank is named */
} checks[] = {
    [TCPCONN_CHECK_OLD_SEQUENCE] = { "old-sequence",
        "Some or all of its sequence numbers were received before.", "RFC 9293 3.10.7.4", TCPCONN_NOTE, 1 },
    [TCPCONN_CHECK_BAD_CHECKSUM] = { "bad-checksum",
        "The checksum does not verify, so the receiver discards the segment.", "RFC 9293 3.1", TCPCONN_BENIGN, 11 },
    [TCPCONN_CHECK_BAD_OFFSET] = { "bad-offset",
        "The bytes are no TCP header: too few, or with a data offset that cannot be.", "RFC 9293 3.1", TCPCONN_SUSPECT, 13 },
    [TCPCONN_CHECK_TRUNCATED] = { "truncated",
        "The capture ends before the numbers that are needed.", "-", TCPCONN_NOTE, 12 },
    [TCPCONN_CHECK_BAD_FLAGS] = { "bad-flags",
        "No endpoint sends these flags together.", "RFC 9293 3.10.7", TCPCONN_HOSTILE, 10 },
    [TCPCONN_CHECK_NO_ACK] = { "no-ack",
        "Only an opening SYN or an RST may come without ACK.", "RFC 9293 3.10.7.4", TCPCONN_SUSPECT, 9 },
    [TCPCONN_CHECK_ACK_UNSENT] = { "ack-unsent",
        "It acknowledges numbers that the peer was not seen to send.", "RFC 9293 3.10.7.4", TCPCONN_BENIGN, 5 },
    [TCPCONN_CHECK_RST_INEXACT] = { "rst-inexact",
        "The RST's number is none that the receiver can be expecting.", "RFC 5961 3.2", TCPCONN_SUSPECT, 7 },
    [TCPCONN_CHECK_SYN_IN_CONNECTION] = { "syn-in-connection",
        "A new SYN arrives while the connection is open; the receiver only answers with an ACK.", "RFC 5961 4.2", TCPCONN_SUSPECT, 6 },
    [TCPCONN_CHECK_NO_CONNECTION] = { "no-connection",
        "There is no connection, or no longer; the receiver answers with an RST, if at all.", "RFC 9293 3.10.7.1", TCPCONN_BENIGN, 8 },
    [TCPCONN_CHECK_BEYOND_WINDOW] = { "beyond-window",
        "Its numbers lie further ahead than any window reaches.", "RFC 9293 3.10.7.4", TCPCONN_SUSPECT, 4 },
};
/* clang-format on */

enum { N_CHECKS = sizeof checks / sizeof *checks };

/* The most severe check's severity; the most important check's number. */
uint8_t tcpsegp_severity(uint64_t mask, uint8_t *top)
{
    uint8_t severity = TCPCONN_PLAIN, rank = 0;

    *top = 255;
    for (uint8_t i = 0; mask; i++, mask >>= 1) {
        if (!(mask & 1))
            continue;
        if (checks[i].severity > severity)
            severity = checks[i].severity;
        if (checks[i].rank > rank) {
            rank = checks[i].rank;
            *top = i;
        }
    }
    return severity;
}

const char *tcpconn_check_name(unsigned bit)
{
    return bit < N_CHECKS ? checks[bit].name : NULL;
}

const char *tcpconn_check_text(unsigned bit)
{
    return bit < N_CHECKS ? checks[bit].text : NULL;
}

const char *tcpconn_check_rfc(unsigned bit)
{
    return bit < N_CHECKS ? checks[bit].rfc : NULL;
}

int tcpconn_check_severity(unsigned bit)
{
    return bit < N_CHECKS ? checks[bit].severity : TCPSEG_ERR_ARG;
}

static const char *name_in(const char *const *names, int n, int i)
{
    return i >= 0 && i < n ? names[i] : NULL;
}

const char *tcpconn_verdict_name(int verdict)
{
    static const char *const names[] = {"accepted",  "trimmed",  "queued",
                                        "duplicate", "rejected", "malformed"};

    return name_in(names, 6, verdict);
}

const char *tcpconn_advice_name(int advice)
{
    static const char *const names[] = {"pass", "pass-and-limit", "drop"};

    return name_in(names, 3, advice);
}

const char *tcpconn_severity_name(int severity)
{
    static const char *const names[] = {"plain", "note", "benign", "suspect",
                                        "hostile"};

    return name_in(names, 5, severity);
}

const char *tcpconn_end_name(int why)
{
    static const char *const names[] = {"closed", "reset",   "timed-out",
                                        "reused", "evicted", "end-of-capture"};

    return name_in(names, 6, why - TCPCONN_END_CLOSED);
}
