/* What the files that judge a segment share. They read the connection and write
 * the step only. */
#ifndef TCPSEG_LIB_JUDGE_INT_H
#define TCPSEG_LIB_JUDGE_INT_H

#include "conn_int.h"
#include "seq.h"

enum {
    MAX_WINDOW = 1 << 30
}; /* RFC 7323 section 2.3: 65535 * 2^14, rounded up */

static inline const struct endpoint *sender(const struct step *s)
{
    return s->e;
}

static inline const struct endpoint *receiver(const struct step *s)
{
    return s->p;
}

static inline bool is_inline(const struct step *s)
{
    return s->env->cfg.vantage == TCPCONN_VANTAGE_INLINE;
}

/* Where hosts differ: one line of profile.c. */
struct profile {
    uint8_t paws_slack;      /* how many ticks a timestamp may step back */
    uint16_t paws_reordered; /* and a bare ACK that says nothing new */
    bool needs_timestamp;    /* refuses a segment without one */
    bool trims_overhang;   /* takes no byte beyond its window, all before it */
    bool fin_in_no_window; /* takes a FIN into a closed window */
    bool rst_around;       /* takes an RST at its SACKed edge, or at the FIN */
};
const struct profile *tcpsegp_profile(const struct step *s);

static inline void remark(struct step *s, unsigned check)
{
    s->checks |= UINT64_C(1) << check;
}

static inline bool remarked(const struct step *s, unsigned check)
{
    return s->checks >> check & 1;
}

/* SEG.LEN, which counts SYN and FIN: tcpseg_len() without a call. */
static inline uint32_t length_of(const tcpseg *seg)
{
    return seg->payload_len + !!(seg->flags & TCPSEG_SYN) +
           !!(seg->flags & TCPSEG_FIN);
}

/* e has acknowledged all of its peer's numbers before n. */
static inline bool has_acked(const struct endpoint *e, uint32_t n)
{
    return e->flags & EP_ACKED && seq_le(n, e->rcv_ack);
}

/* A duplicate from before what its receiver had acknowledged: too old to be
 * believed in anything. */
static inline bool is_ancient(const struct step *s)
{
    return s->verdict == TCPCONN_DUPLICATE && receiver(s)->flags & EP_ACKED &&
           seq_lt(s->seg->seq + length_of(s->seg), receiver(s)->rcv_ack);
}

/* From before its sender's SYN: forged, or of an earlier connection. */
static inline bool tcpsegp_is_before_syn(const struct step *s)
{
    uint32_t behind = s->e->snd_nxt - s->seg->seq;

    return !(s->conn->flags & CONN_PICKED) && behind <= INT32_MAX &&
           behind > tcpsegp_sent(s->conn, s->dir) + 1;
}

/* Settle the verdict; true, so that it ends a test. Of several reasons the first
 * gives the advice. */
bool tcpsegp_reject(struct step *s, unsigned check);
/* Refused, but the receiver has to answer: dropping it would wedge a connection
 * whose two ends disagree. */
bool tcpsegp_refuse(struct step *s, unsigned check);

/* SEG.WND in bytes: never scaled in a SYN (RFC 7323 section 2.2). */
static inline uint32_t wnd_of(const tcpseg *seg, unsigned scale)
{
    return seg->flags & TCPSEG_SYN ? seg->wnd : (uint32_t)seg->wnd << scale;
}

/* window.c */
void tcpsegp_check_sequence(struct step *s);
uint32_t tcpsegp_largest_window(const tcpconn *conn, int dir);

/* tstamp.c */
void tcpsegp_check_paws(struct step *s);
bool tcpsegp_is_stale(const struct step *s);
void tcpsegp_check_echo(struct step *s);
void tcpsegp_learn_timestamp(struct step *s);

/* handshake.c */
enum { NO_SYN = -1, CURRENT_SYN = 0, NEXT_SYN = N_RIVALS + 1 };
int tcpsegp_covered_syn(const tcpconn *conn, int dir, uint32_t ack);
bool tcpsegp_check_syn(struct step *s);
bool tcpsegp_check_answer(struct step *s);
bool tcpsegp_follows_own_syn(const struct step *s);
bool tcpsegp_is_open_question(const struct step *s);
void tcpsegp_check_opening(struct step *s);
bool tcpsegp_learn_syn(struct step *s);
void tcpsegp_adopt(struct step *s, int dir, int which);
void tcpsegp_keep_syn(struct step *s);
void tcpsegp_close_handshake(struct step *s);
void tcpsegp_forget(tcpconn *conn, int dir);
void tcpsegp_begin(struct step *s);

/* provisional.c */
uint32_t tcpsegp_believed_ack(const struct step *s);
static inline uint32_t believed_rcv_nxt(const struct step *s)
{
    return receiver(s)->flags & EP_PENDING ? tcpsegp_believed_ack(s)
                                           : receiver(s)->rcv_nxt;
}
void tcpsegp_pend(struct step *s);
void tcpsegp_settle_sent(struct step *s);
void tcpsegp_settle_refused(struct step *s);
void tcpsegp_settle_heard(struct step *s);
void tcpsegp_revise(struct step *s, int dir, uint32_t id, int old, int verdict,
                    unsigned check);
bool tcpsegp_disproves_rst(const struct step *s);
void tcpsegp_settle_dispute(struct step *s);
void tcpsegp_settle_agreed(struct step *s);
bool tcpsegp_agrees_elsewhere(const struct step *s);
bool tcpsegp_agrees_again(const struct step *s);
void tcpsegp_note_agreed(struct step *s, int dir, uint32_t number);
bool tcpsegp_acks_refused(const struct step *s);
bool tcpsegp_is_near(const tcpconn *conn, int dir, uint32_t number);

/* verdict.c: accepted, in order, and with nothing to remark on or to settle. */
bool tcpsegp_is_plain(const struct step *s);

/* remark.c */
void tcpsegp_remark(struct step *s);
bool tcpsegp_is_copy(const struct step *s);

/* A number that two packets seldom share: the checksum covers the rest of a segment.
 * 0 if the packet's ID is not known, as a repeated segment would otherwise count as a
 * copy. The factor keeps a timestamp's tick and the ID's from cancelling out. */
static inline uint16_t digest_of(const tcpseg *seg)
{
    return seg->ip_id ? (uint16_t)(seg->checksum * 40503u + seg->ip_id) : 0;
}

/* ---- what a SYN offers ---- */

/* What is offered by being there has a bit in either mask: the same one, or one that
 * stands elsewhere. */
_Static_assert(TCPCONN_OFFER_MSS == TCPSEG_HAS_MSS << 0 &&
                   TCPCONN_OFFER_WSCALE == TCPSEG_HAS_WSCALE << 0 &&
                   TCPCONN_OFFER_SACK == TCPSEG_HAS_SACK_PERMITTED << 0,
               "as they are");
_Static_assert(TCPCONN_OFFER_TIMESTAMPS == TCPSEG_HAS_TIMESTAMPS >> 1,
               "one down");
_Static_assert(TCPCONN_OFFER_MD5 == TCPSEG_HAS_MD5 << 4 &&
                   TCPCONN_OFFER_AO == TCPSEG_HAS_AO << 4,
               "four up");

static inline uint32_t usual_offers(uint32_t present)
{
    const uint32_t same =
        TCPSEG_HAS_MSS | TCPSEG_HAS_WSCALE | TCPSEG_HAS_SACK_PERMITTED;

    return (present & same) | (present & TCPSEG_HAS_TIMESTAMPS) >> 1;
}

static inline uint16_t ecn_flags(unsigned flags)
{
    return (uint16_t)((flags & TCPSEG_AE ? EP_AE : 0) |
                      (flags & TCPSEG_CWR ? EP_CWR : 0) |
                      (flags & TCPSEG_ECE ? EP_ECE : 0));
}

/* conn.c */
int tcpsegp_feed_generally(tcpconn *conn, tcpconn_env *env, int dir,
                           const tcpseg *seg, const void *data, uint64_t now,
                           tcpconn_report *report);

void tcpsegp_feed_quietly(tcpconn *conn, tcpconn_env *env, int dir,
                          const tcpseg *seg, uint64_t now);

/* learn.c */
void tcpsegp_learn_plain(struct step *s);
bool tcpsegp_is_in_place(const struct step *s);
void tcpsegp_keep_fin(struct step *s);
void tcpsegp_advance(tcpconn *conn, int dir, uint32_t end);
uint64_t tcpsegp_offset(const tcpconn *conn, int dir, uint32_t seq);
void tcpsegp_receive(struct step *s, int endpoint, uint32_t end);

#endif
