/* The summary: what is known of a connection, in one answer. */
#include "judge_int.h"
#include "stats_int.h"

/* ---- what the two agreed on ---- */

/* Both sent a SYN of their own accord: they opened at once, or one of them answered
 * with an ACK and a SYN apart. A listener's SYN is an answer. */
static bool is_split(const tcpconn *conn)
{
    return conn->more[0].fired & conn->more[1].fired & 1u << SND_SYN;
}

/* What was offered, if both did. A SYN,ACK has nothing that the SYN before it had
 * not, so it also speaks for a SYN that was not seen. */
static bool is_agreed(const tcpconn *conn, unsigned offer)
{
    unsigned a = conn->more[0].offered, b = conn->more[1].offered;

    if (conn->flags & CONN_PICKED && conn->ep[0].flags & EP_SYN_ACK)
        return a & offer;
    if (conn->flags & CONN_PICKED && conn->ep[1].flags & EP_SYN_ACK)
        return b & offer;
    return a & b & offer;
}

/* RFC 9768 section 3.1, by the flags AE, CWR, ECE of the SYN,ACK: what was agreed
 * on, and the IP-ECN field with which the SYN arrived. */
struct ecn_answer {
    uint8_t ecn, syn_ecn;
};

/* clang-format off */
/* The SYN had all three flags. */
static const struct ecn_answer to_accurate[8] = {
    [0] = { TCPCONN_ECN_NONE,     0 },
    [1] = { TCPCONN_ECN_CLASSIC,  0 },
    [2] = { TCPCONN_ECN_ACCURATE, 0 },
    [3] = { TCPCONN_ECN_ACCURATE, 1 },
    [4] = { TCPCONN_ECN_ACCURATE, 2 },
    [5] = { TCPCONN_ECN_CLASSIC,  0 }, /* with the nonce of RFC 3540 */
    [6] = { TCPCONN_ECN_ACCURATE, 3 },
    [7] = { TCPCONN_ECN_NONE,     0 }, /* a host that copies what it gets */
};
/* It had CWR and ECE: RFC 3168 section 6.1.1 wants ECE without CWR in return, and
 * does not know AE. */
static const struct ecn_answer to_classic[8] = {
    [1] = { TCPCONN_ECN_CLASSIC, 0 },
    [5] = { TCPCONN_ECN_CLASSIC, 0 },
};
static const struct ecn_answer to_none[8] = { { TCPCONN_ECN_NONE, 0 } };
/* clang-format on */

/* The flags of an endpoint's SYN: AE 4, CWR 2, ECE 1. */
static unsigned ecn_of(const tcpconn *conn, int i)
{
    unsigned flags = conn->more[i].flags;

    return (flags & EP_AE ? 4u : 0u) | (flags & EP_CWR ? 2u : 0u) |
           (flags & EP_ECE ? 1u : 0u);
}

/* How the SYN,ACK to an endpoint's SYN is read. */
static const struct ecn_answer *ecn_answers(const tcpconn *conn, int opener)
{
    unsigned flags = ecn_of(conn, opener);

    if (conn->flags & CONN_PICKED) /* it was not seen: any answer fits */
        return to_accurate;
    return flags == 7 ? to_accurate : flags == 3 ? to_classic : to_none;
}

static void summarise_ecn(const tcpconn *conn, tcpconn_summary *out)
{
    for (int i = 0; i < 2; i++) {
        const struct ecn_answer *answers = ecn_answers(conn, !i);

        if (conn->ep[i].flags & EP_SYN_ACK) {
            out->ecn = answers[ecn_of(conn, i)].ecn;
            out->syn_ecn = answers[ecn_of(conn, i)].syn_ecn;
            return;
        }
    }
    for (int i = 0; i < 2; i++)
        if (ecn_of(conn, i) == 7 || ecn_of(conn, i) == 3)
            out->ecn = TCPCONN_ECN_OFFERED;
}

/* An endpoint's part in it. */
static unsigned offered_ecn(const tcpconn *conn, int i)
{
    static const uint16_t offers[] = {
        [TCPCONN_ECN_NONE] = 0,
        [TCPCONN_ECN_OFFERED] = 0,
        [TCPCONN_ECN_CLASSIC] = TCPCONN_OFFER_ECN,
        [TCPCONN_ECN_ACCURATE] = TCPCONN_OFFER_ACCECN,
    };
    unsigned flags = ecn_of(conn, i);

    if (conn->ep[i].flags & EP_SYN_ACK)
        return offers[ecn_answers(conn, !i)[flags].ecn];
    return flags == 7   ? (unsigned)TCPCONN_OFFER_ACCECN
           : flags == 3 ? (unsigned)TCPCONN_OFFER_ECN
                        : 0u;
}

/* What became of a SYN's request, or of its cookie: RFC 7413 section 4. */
static uint8_t fastopen(const tcpconn *conn, int opener)
{
    const struct details *d = &conn->more[opener];
    bool answered = conn->ep[!opener].flags & EP_SYN_ACK;
    bool given =
        answered && conn->more[!opener].offered & TCPCONN_OFFER_FASTOPEN_COOKIE;

    if (d->offered & TCPCONN_OFFER_FASTOPEN_COOKIE) {
        if (d->flags & EP_FAST_OPEN)
            return TCPCONN_FASTOPEN_ACCEPTED;
        return answered && d->flags & EP_SYN_TEXT ? TCPCONN_FASTOPEN_IGNORED
                                                  : TCPCONN_FASTOPEN_TRIED;
    }
    if (given)
        return TCPCONN_FASTOPEN_GRANTED;
    return d->offered & TCPCONN_OFFER_FASTOPEN_REQUEST
               ? TCPCONN_FASTOPEN_REQUESTED
               : TCPCONN_FASTOPEN_NONE;
}

static void summarise_agreement(const tcpconn *conn, tcpconn_summary *out)
{
    int opener = conn->ep[0].flags & EP_SYN_ACK ? 1 : 0;

    if (!(conn->ep[1].flags & EP_SYN_ACK) && !conn->more[0].offered)
        opener = 1;
    out->fastopen = fastopen(conn, opener);
    out->timestamps = !!(conn->flags & CONN_TS);
    out->sack = is_agreed(conn, TCPCONN_OFFER_SACK);
    out->wscale = is_agreed(conn, TCPCONN_OFFER_WSCALE);
    out->split = is_split(conn);
    summarise_ecn(conn, out);
}

/* ---- one endpoint ---- */

/* A listener receives a SYN, an opener a SYN,ACK; who crosses, both. */
static bool is_opener(const tcpconn *conn, int i)
{
    const struct endpoint *e = &conn->ep[i];

    if (is_split(conn))
        return true;
    if (conn->flags & CONN_PICKED)
        return conn->ep[!i].flags & EP_SYN_ACK;
    return e->flags & EP_SYN && !(e->flags & EP_SYN_ACK) &&
           !(conn->more[i].fired >> RCV_SYN & 1);
}

static uint8_t flags_of(const tcpconn *conn, int i)
{
    const struct endpoint *e = &conn->ep[i], *p = &conn->ep[!i];
    bool opener = is_opener(conn, i);
    bool by_syn =
        e->flags & EP_SYN_ACK || (opener && !(conn->flags & CONN_PICKED));
    unsigned flags = 0;

    if (e->flags & EP_HEARD)
        flags |= TCPCONN_EP_HEARD;
    if (opener)
        flags |= TCPCONN_EP_OPENER;
    if (by_syn || e->flags & EP_PROVEN)
        flags |= TCPCONN_EP_PROVEN;
    if (e->flags & EP_FIN)
        flags |= TCPCONN_EP_FIN;
    if (e->flags & EP_FIN && p->flags & EP_ACKED &&
        seq_lt(conn->more[i].fin_seq, p->rcv_ack))
        flags |= TCPCONN_EP_FIN_ACKED;
    if (e->flags & EP_WINDOW)
        flags |= TCPCONN_EP_WINDOW;
    if (conn->more[i].flags & EP_RST_DOUBT)
        flags |= TCPCONN_EP_RST_DOUBTED;
    return (uint8_t)flags;
}

/* Stream positions: numbers behind the SYN, without the FIN, past 2^32. */
static void summarise_stream(const tcpconn *conn, int i,
                             tcpconn_endpoint_summary *out)
{
    const struct endpoint *e = &conn->ep[i];
    const struct details *d = &conn->more[i];
    uint64_t sent = tcpsegp_sent(conn, i);
    uint64_t flight =
        seq_lt(out->snd_una, e->snd_nxt) ? e->snd_nxt - out->snd_una : 0;
    bool fin =
        e->flags & (EP_FIN | EP_FIN_AHEAD) && e->snd_nxt == d->fin_seq + 1;

    out->acked = sent > flight ? sent - flight : 0;
    out->sent = sent - (fin && sent);
    if (out->acked > out->sent)
        out->acked = out->sent;
}

static uint32_t window_of(const struct endpoint *e)
{
    uint32_t from = e->flags & EP_ACKED ? e->rcv_ack : e->rcv_nxt;

    if (!(e->flags & EP_WINDOW))
        return e->rcv_edge;
    return seq_lt(from, e->rcv_edge) ? e->rcv_edge - from : 0;
}

static void summarise_endpoint(const tcpconn *conn, int i,
                               tcpconn_endpoint_summary *out)
{
    const struct endpoint *e = &conn->ep[i];
    const struct details *d = &conn->more[i];
    const unsigned ecn = TCPCONN_OFFER_ECN | TCPCONN_OFFER_ACCECN;

    out->state = e->state;
    out->sure = !!(e->flags & EP_SURE);
    out->flags = flags_of(conn, i);
    out->ttl = d->ttl;
    out->mss = d->mss;
    out->offered = (uint16_t)((d->offered & ~ecn) | offered_ecn(conn, i));
    out->scale_low = e->scale & 15;
    out->scale_high = e->flags & EP_HEARD ? e->scale >> 4 : 14;
    out->rcv_nxt = e->rcv_nxt;
    if (e->flags & EP_HEARD)
        out->rcv_wnd = window_of(e);
    if (e->flags & EP_TS && conn->flags & CONN_TS)
        out->ts_recent = e->ts_recent;
    if (!(e->flags & EP_NUMBERS))
        return;
    out->iss = d->iss;
    out->snd_una = tcpsegp_snd_una(conn, i);
    out->snd_nxt = e->snd_nxt;
    summarise_stream(conn, i, out);
}

/* ---- all ---- */

static uint8_t end_of(const tcpconn *conn)
{
    int why = tcpsegp_natural_end(conn, TCPCONN_END_CAPTURE);

    return why == TCPCONN_END_CAPTURE ? 0 : (uint8_t)why;
}

int tcpconn_get_summary(const tcpconn *conn, tcpconn_summary *out,
                        size_t out_size)
{
    tcpconn_summary all;

    if (!conn || !out)
        return TCPSEG_ERR_ARG;
    if (!conn_valid(conn))
        return TCPSEG_ERR_STATE;
    memset(&all, 0, sizeof all);
    all.tag = conn->tag;
    all.last = conn->last;
    all.parts = parts_of(conn);
    all.assumed = !!(conn->flags & CONN_PICKED);
    all.why = end_of(conn);
    summarise_agreement(conn, &all);
    for (int i = 0; i < 2; i++)
        summarise_endpoint(conn, i, &all.ep[i]);
    memset(out, 0, out_size);
    memcpy(out, &all, out_size < sizeof all ? out_size : sizeof all);
    return (int)sizeof all;
}
