/* Provisional verdicts: kept until the traffic itself settles them.
 *
 * An observer does not see all that a receiver knows: whether its queue is read,
 * what the tap has missed. Where that decides, the verdict is given at once, moves
 * no number that counts, and is settled by what the two endpoints do next. */
#include "deliver_int.h"
#include "inline.h"
#include "judge_int.h"

/* A verdict that was given as `old` is settled as `verdict`. */
void tcpsegp_revise(struct step *s, int dir, uint32_t id, int old, int verdict,
                    unsigned check)
{
    struct revision *r;

    if (s->n_revisions == MAX_REVISIONS)
        return;
    r = &s->revisions[s->n_revisions++];
    r->dir = (uint8_t)dir;
    r->id = id;
    r->old = (uint8_t)old;
    r->verdict = (uint8_t)verdict;
    r->checks = verdict == TCPCONN_REJECTED || verdict == TCPCONN_TRIMMED
                    ? UINT64_C(1) << check
                    : 0;
}

/* clang-format off */
static const struct {
    uint8_t check, old_verdict;
    bool is_text; /* which the receiver's ACK settles */
} kinds[] = {
    [PENDING_ACK]      = { TCPCONN_CHECK_ACK_UNSENT,      TCPCONN_ACCEPTED, false },
    [PENDING_AHEAD]    = { TCPCONN_CHECK_BEYOND_WINDOW,   TCPCONN_REJECTED, true },
    [PENDING_RUN]      = { TCPCONN_CHECK_BEYOND_WINDOW,   TCPCONN_REJECTED, true },
    [PENDING_CHECKSUM] = { TCPCONN_CHECK_BAD_CHECKSUM,    TCPCONN_REJECTED, true },
    [PENDING_OVERHANG] = { TCPCONN_CHECK_WINDOW_OVERHANG, TCPCONN_ACCEPTED, true },
    [PENDING_DISPUTE]  = { TCPCONN_CHECK_AFTER_RESET,     TCPCONN_REJECTED, false },
};
/* clang-format on */

/* Text ahead of the window; a run of it that began near is so, however far it goes. */
static bool is_ahead(uint8_t kind)
{
    return kind == PENDING_AHEAD || kind == PENDING_RUN;
}

static void release(tcpconn *conn, int dir, int i)
{
    struct pending *all = &conn->pending[dir];

    all->kind[i] = PENDING_NONE;
    if (!all->kind[0] && !all->kind[1])
        conn->ep[dir].flags &= (uint16_t)~EP_PENDING;
}

static void settle(struct step *s, int dir, int i, int verdict)
{
    const struct pending *all = &s->conn->pending[dir];
    uint32_t end = all->end[i];

    if (kinds[all->kind[i]].is_text && verdict == TCPCONN_REJECTED)
        tcpsegp_deliver_refuse(s, dir, end - all->len[i], end);
    tcpsegp_revise(s, dir, all->id[i], kinds[all->kind[i]].old_verdict, verdict,
                   kinds[all->kind[i]].check);
    release(s->conn, dir, i);
}

static uint8_t next_id(tcpconn *conn)
{
    conn->last_id = conn->last_id == 255 ? 1 : (uint8_t)(conn->last_id + 1);
    return conn->last_id;
}

/* A segment joins the run that it continues or repeats; a larger ACK takes the
 * smaller one's place. */
static bool joins(struct pending *all, int i, uint8_t kind, uint32_t end,
                  uint32_t len)
{
    uint32_t run = all->len[i] + len;

    if (all->kind[i] != kind && !(is_ahead(all->kind[i]) && is_ahead(kind)))
        return false;
    if (all->end[i] == end && all->len[i] >= len)
        return true;
    if (kind != PENDING_ACK && all->end[i] + len != end)
        return false;
    if (seq_lt(all->end[i], end))
        all->end[i] = end;
    all->len[i] = (uint16_t)(run < UINT16_MAX ? run : UINT16_MAX);
    return true;
}

/* Of texts ahead of the window, the one furthest behind: it has led to nothing. -1 if
 * there is none. */
static int last_behind(const struct pending *all)
{
    int last = -1;

    for (int i = 0; i < N_PENDING; i++)
        if (is_ahead(all->kind[i]) &&
            (last < 0 || seq_lt(all->end[i], all->end[last])))
            last = i;
    return last;
}

/* Keep this segment's verdict, which is provisional, if there is room. */
void tcpsegp_pend(struct step *s)
{
    tcpconn *conn = s->conn;
    struct pending *all = &conn->pending[s->dir];
    uint8_t kind = s->provisional;
    uint32_t len = kind == PENDING_ACK ? 0 : length_of(s->seg);
    uint32_t end = kind == PENDING_ACK ? s->seg->ack : s->seg->seq + len;
    uint32_t old = s->before[!s->dir].rcv_nxt - s->seg->seq;
    int place = -1;

    if (len && old < len) /* only what is new is in question */
        len -= old;

    if (conn->flags & CONN_RIVALS || len > UINT16_MAX)
        return;
    if (kind == PENDING_AHEAD && tcpsegp_is_near(conn, s->dir, end))
        kind = PENDING_RUN;
    for (int i = N_PENDING - 1; i >= 0; i--) {
        if (joins(all, i, kind, end, len)) {
            s->id = all->id[i];
            return;
        }
        if (!all->kind[i])
            place = i;
    }
    if (place < 0 && is_ahead(kind))
        place = last_behind(all);
    if (place < 0)
        return;
    all->kind[place] = kind;
    all->end[place] = end;
    all->len[place] = (uint16_t)len;
    all->id[place] = next_id(conn);
    s->id = all->id[place];
    s->e->flags |= EP_PENDING;
}

/* No sender is that far beyond what its receiver has offered. */
bool tcpsegp_is_near(const tcpconn *conn, int dir, uint32_t number)
{
    const struct endpoint *e = &conn->ep[dir], *p = &conn->ep[!dir];
    uint32_t reach = tcpsegp_largest_window(conn, !dir);

    if (p->flags & EP_WINDOW && seq_lt(e->snd_nxt, p->rcv_edge))
        reach += p->rcv_edge - e->snd_nxt;
    return number - e->snd_nxt <= (reach > 65535 ? reach : 65535) ||
           seq_le(number, e->snd_nxt);
}

/* RCV.NXT of the segment's receiver, which waits for a verdict. If it has
 * acknowledged what the tap did not see, and the sender goes on from there, the two
 * agree. */
uint32_t tcpsegp_believed_ack(const struct step *s)
{
    const struct endpoint *p = receiver(s);
    const struct pending *all = &s->conn->pending[!s->dir];

    for (int i = 0; i < N_PENDING; i++)
        if (all->kind[i] == PENDING_ACK && seq_lt(p->rcv_nxt, all->end[i]) &&
            seq_le(all->end[i], s->seg->seq) &&
            tcpsegp_is_near(s->conn, s->dir, all->end[i]))
            return all->end[i];
    return p->rcv_nxt;
}

static void believe_ack(struct step *s, int dir, uint32_t ack)
{
    struct endpoint *e = &s->conn->ep[dir];

    tcpsegp_advance(s->conn, !dir, ack);
    e->rcv_ack = ack;
    e->flags |= EP_ACKED;
    tcpsegp_receive(s, dir, ack);
}

/* What the sender's going on says about its peer's ACKs, of which one is pending. */
void tcpsegp_settle_sent(struct step *s)
{
    int peer = !s->dir;
    uint32_t believed = tcpsegp_believed_ack(s);

    for (int i = 0; i < N_PENDING; i++) {
        if (s->conn->pending[peer].kind[i] != PENDING_ACK ||
            s->conn->pending[peer].end[i] != believed ||
            seq_lt(s->seg->seq, believed))
            continue;
        s->conn->flags |= CONN_LOSSY;
        believe_ack(s, peer, believed);
        settle(s, peer, i, TCPCONN_ACCEPTED);
    }
}

static bool sacks(const tcpseg *seg, uint32_t from, uint32_t end)
{
    for (unsigned i = 0; i < seg->sack_count && i < 4; i++)
        if (seq_le(seg->sack[i].left, from) && seq_le(end, seg->sack[i].right))
            return true;
    return false;
}

/* Far from where the connection is, but about where its two ends agreed before. */
static bool agreed_there(const struct step *s, int dir, uint32_t number)
{
    const struct details *d = &s->conn->more[dir];
    uint32_t reach = tcpsegp_largest_window(s->conn, !dir);

    if (reach < UINT16_MAX)
        reach = UINT16_MAX;
    return d->flags & EP_DRIFT && number - d->far_seq + reach <= 2 * reach;
}

/* They agree far away: once may be forged, twice in one place the tap was blind for a
 * while. A candidate FIN has the place of the number; it is as far away. */
void tcpsegp_note_agreed(struct step *s, int dir, uint32_t number)
{
    s->conn->more[dir].flags |= EP_DRIFT;
    s->conn->flags |= CONN_WATCHED;
    if (!(s->conn->ep[dir].flags & (EP_FIN | EP_FIN_AHEAD)))
        s->conn->more[dir].far_seq = number;
}

static bool drifted(struct step *s, int dir, uint8_t kind, uint32_t end)
{
    if (kind == PENDING_RUN || tcpsegp_is_near(s->conn, dir, end) ||
        agreed_there(s, dir, s->seg->ack)) {
        s->conn->more[dir].flags &= (uint16_t)~EP_DRIFT;
        return true;
    }
    tcpsegp_note_agreed(s, dir, s->seg->ack);
    return false;
}

/* The ACK covers text that was refused, or part of it: so it was sent, and taken. Before
 * the ACK itself is learned, which then finds its numbers. */
void tcpsegp_settle_refused(struct step *s)
{
    int peer = !s->dir;
    const struct pending *all = &s->conn->pending[peer];

    if (s->conn->flags & CONN_RIVALS ||
        (s->seg->flags & (TCPSEG_ACK | TCPSEG_RST)) != TCPSEG_ACK ||
        is_ancient(s))
        return;
    for (int i = 0; i < N_PENDING; i++) {
        uint32_t end = all->end[i], ack = s->seg->ack;

        if ((!is_ahead(all->kind[i]) && all->kind[i] != PENDING_CHECKSUM) ||
            seq_le(ack, end - all->len[i]))
            continue;
        end = seq_lt(ack, end) ? ack : end;
        if (!seq_lt(s->conn->ep[peer].snd_nxt, end))
            continue;
        if (!drifted(s, peer, all->kind[i], end))
            return; /* however many texts it covers, it agrees once */
        s->conn->flags |= is_ahead(all->kind[i]) ? CONN_LOSSY : 0;
        tcpsegp_advance(s->conn, peer, end);
    }
}

/* What the segment's ACK says about text of its receiver's that is pending. */
static void settle_text(struct step *s, int i)
{
    int peer = !s->dir;
    const struct pending *all = &s->conn->pending[peer];
    uint32_t end = all->end[i], seq = end - all->len[i], ack = s->seg->ack;
    const struct endpoint *before = &s->before[s->dir];

    /* Sent again with a good checksum, it says nothing of the bad one. */
    if (all->kind[i] == PENDING_CHECKSUM &&
        seq_le(end, s->before[peer].snd_nxt)) {
        settle(s, peer, i, TCPCONN_REJECTED);
    } else if (seq_le(end, ack)) {
        settle(s, peer, i, TCPCONN_ACCEPTED);
    } else if (sacks(s->seg, seq, end)) {
        tcpsegp_advance(s->conn, peer, end);
        settle(s, peer, i, TCPCONN_QUEUED);
    } else if (seq_lt(seq, ack) && is_ahead(all->kind[i])) {
        s->conn->pending[peer].len[i] = (uint16_t)(end - ack);
    } else if (seq_lt(seq, ack)) {
        settle(s, peer, i, TCPCONN_TRIMMED);
    } else if (!length_of(s->seg) && before->flags & EP_ACKED &&
               ack == before->rcv_ack) {
        settle(s, peer, i, TCPCONN_REJECTED);
    }
}

/* What the segment says about provisional verdicts of before: its ACK about its
 * peer's text, its numbers about its own ACKs. */
void tcpsegp_settle_heard(struct step *s)
{
    struct pending *own = &s->conn->pending[s->dir];

    if (s->conn->flags & CONN_RIVALS || !(s->seg->flags & TCPSEG_ACK) ||
        s->seg->flags & TCPSEG_RST || is_ancient(s))
        return;
    for (int i = 0; i < N_PENDING; i++) {
        uint8_t kind = s->conn->pending[!s->dir].kind[i];

        if (kinds[kind].is_text)
            settle_text(s, i);
        /* A bare segment has its sender's SND.NXT: nothing beyond was sent. */
        if (kind == PENDING_ACK && !length_of(s->seg) &&
            s->seg->seq == s->e->snd_nxt &&
            seq_lt(s->seg->seq, s->conn->pending[!s->dir].end[i]))
            settle(s, !s->dir, i, TCPCONN_REJECTED);
        /* An ACK does not go back: text in order with a smaller one disproves
         * the larger one. */
        if (own->kind[i] == PENDING_ACK && s->provisional != PENDING_ACK) {
            if (has_acked(s->e, own->end[i]))
                settle(s, s->dir, i, TCPCONN_ACCEPTED);
            else if (s->seg->payload_len && s->verdict <= TCPCONN_TRIMMED)
                settle(s, s->dir, i, TCPCONN_REJECTED);
        }
    }
}

/* After an RST: the peer acknowledges what its sender went on to send. */
bool tcpsegp_disproves_rst(const struct step *s)
{
    const struct pending *all = &s->conn->pending[!s->dir];

    if (!(receiver(s)->flags & EP_PENDING) || !(s->seg->flags & TCPSEG_ACK))
        return false;
    for (int i = 0; i < N_PENDING; i++)
        if (all->kind[i] == PENDING_DISPUTE && seq_le(all->end[i], s->seg->ack))
            return true;
    return false;
}

/* It did: what that sender sent since was good. */
void tcpsegp_settle_dispute(struct step *s)
{
    for (int i = 0; i < N_PENDING; i++)
        if (s->conn->pending[!s->dir].kind[i] == PENDING_DISPUTE)
            settle(s, !s->dir, i, TCPCONN_ACCEPTED);
}

static bool agrees(const struct step *s, int i)
{
    const struct pending *all = &s->conn->pending[!s->dir];

    return (is_ahead(all->kind[i]) &&
            all->end[i] - s->seg->ack < all->len[i]) ||
           (all->kind[i] == PENDING_ACK && all->end[i] == s->seg->seq);
}

void tcpsegp_settle_agreed(struct step *s)
{
    for (int i = 0; i < N_PENDING; i++)
        if (agrees(s, i))
            settle(s, !s->dir, i, TCPCONN_ACCEPTED);
}

/* Refused, but it agrees with what was refused of its peer: its ACK with the text, or
 * its number with the ACK. */
bool tcpsegp_agrees_elsewhere(const struct step *s)
{
    return !is_inline(s) && receiver(s)->flags & EP_PENDING &&
           remarked(s, TCPCONN_CHECK_BEYOND_WINDOW) &&
           s->conn->ep[0].state == TCPCONN_ESTABLISHED &&
           s->conn->ep[1].state == TCPCONN_ESTABLISHED &&
           (agrees(s, 0) || agrees(s, 1));
}

bool tcpsegp_agrees_again(const struct step *s)
{
    return tcpsegp_agrees_elsewhere(s) &&
           (agreed_there(s, s->dir, s->seg->seq) ||
            agreed_there(s, !s->dir, s->seg->ack));
}

/* The ACK covers no more than what its receiver sent and was refused: taken by the
 * other end after all. */
bool tcpsegp_acks_refused(const struct step *s)
{
    const struct pending *all = &s->conn->pending[!s->dir];

    for (int i = 0; receiver(s)->flags & EP_PENDING && i < N_PENDING; i++)
        if (kinds[all->kind[i]].is_text && seq_le(s->seg->ack, all->end[i]) &&
            seq_lt(all->end[i] - all->len[i], s->seg->ack))
            return true;
    return false;
}
