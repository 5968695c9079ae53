/* Zeek's words for a connection: the history, a letter for each thing that happened
 * first, and the state in which it ended. Zeek's endpoints have states of their own;
 * they are moved here by every segment, as there. */
#include "analysis_int.h"

/* To Zeek a FIN or an RST needs no valid number. */
enum { INACTIVE, PARTIAL, SYN_SENT, SYN_ACK_SENT, ESTABLISHED, CLOSED, RESET };

/* An ACK further ahead of what was seen is not believed. */
enum { FAR = 1 << 20 };

/* zeek.known, above the numbers' bits */
enum { KNOWN_ACKED = 1 << N_NUMBERED };

struct turn {
    struct conn_analysis *a;
    struct zeek *e, *p; /* the sender's, and its peer's */
    const tcpseg *seg;
    int dir;
};

static void add(struct conn_analysis *a, char letter)
{
    if (a->n_history < sizeof a->history - 1)
        a->history[a->n_history++] = letter;
}

static void tell(const struct turn *t, char letter)
{
    add(t->a, t->dir == t->a->opener ? (char)(letter - 'a' + 'A') : letter);
}

static void tell_once(const struct turn *t, unsigned which, char letter)
{
    if (t->e->once & which)
        return;
    t->e->once |= (uint8_t)which;
    tell(t, letter);
}

/* Again only with another number. */
static void tell_number(const struct turn *t, unsigned which, char letter,
                        uint32_t number)
{
    struct zeek *e = t->e;

    if (e->known >> which & 1 && e->number[which] == number)
        return;
    e->known |= (uint8_t)(1u << which);
    e->number[which] = number;
    tell(t, letter);
}

/* The 1st, 10th, 100th time. */
static void tell_count(const struct turn *t, int whose, unsigned which,
                       char letter)
{
    uint16_t *count = &t->a->zeek[whose].count[which];
    struct turn as = *t;

    if (*count == UINT16_MAX)
        return;
    ++*count;
    as.dir = whose;
    for (unsigned n = 1; n <= *count; n *= 10)
        if (*count == n)
            tell(&as, letter);
}

/* ---- who opened it ---- */

/* The first segment seen was a SYN,ACK: it was the answer. */
static void flip(struct conn_analysis *a)
{
    unsigned n = a->n_history;

    for (unsigned i = 0; i < n; i++)
        a->history[i] ^= 'a' ^ 'A';
    if (n < sizeof a->history - 1)
        a->n_history++;
    for (unsigned i = a->n_history - 1u; i > 0; i--)
        a->history[i] = a->history[i - 1];
    a->history[0] = '^';
    a->opener ^= 1;
}

static void find_opener(const struct turn *t)
{
    struct conn_analysis *a = t->a;
    const unsigned marks = TCPSEG_SYN | TCPSEG_FIN | TCPSEG_RST;

    if (!a->n_history && a->zeek[0].state == INACTIVE &&
        a->zeek[1].state == INACTIVE)
        a->opener = (uint8_t)t->dir;
    if (a->n_history == 1 && a->history[0] == 'H' && !(t->seg->flags & marks))
        flip(a);
}

/* ---- states ---- */

static void move_by_rst(const struct turn *t)
{
    if (t->e->state == CLOSED && t->p->state == CLOSED)
        return;
    t->e->state =
        t->p->state == CLOSED && t->e->state != CLOSED ? CLOSED : RESET;
}

static void move_by_syn(const struct turn *t)
{
    bool answer = t->seg->flags & TCPSEG_ACK;

    if (t->e->state != INACTIVE && t->e->state != SYN_SENT)
        return;
    if (t->p->state == SYN_SENT && (answer || t->e->state == INACTIVE))
        t->p->state = t->e->state = ESTABLISHED;
    else if (!answer)
        t->e->state = SYN_SENT;
    else
        t->e->state = t->dir == t->a->opener ? SYN_ACK_SENT : ESTABLISHED;
}

static void move(const struct turn *t)
{
    unsigned flags = t->seg->flags;

    if (flags & TCPSEG_RST)
        move_by_rst(t);
    else if (flags & TCPSEG_FIN && t->e->state != RESET)
        t->e->state = CLOSED;
    else if (flags & TCPSEG_SYN)
        move_by_syn(t);
    else if (t->p->state == SYN_ACK_SENT)
        t->p->state = t->e->state = ESTABLISHED;
    else if (t->e->state == INACTIVE)
        t->e->state = PARTIAL;
}

/* ---- letters ---- */

static void tell_flags(const struct turn *t)
{
    const tcpseg *seg = t->seg;
    unsigned flags = seg->flags;
    bool syn = flags & TCPSEG_SYN, fin = flags & TCPSEG_FIN;
    bool rst = flags & TCPSEG_RST;

    if (syn && (fin || rst))
        tell_once(t, Z_SYN_AND, 'q');
    else if (fin && rst)
        tell_once(t, Z_FIN_RST, 'i');
    if (syn && flags & TCPSEG_ACK)
        tell_number(t, Z_SYN_ACK, 'h', seg->seq);
    else if (syn)
        tell_number(t, Z_SYN, 's', seg->seq);
    if (seg->payload_len)
        tell_once(t, Z_DATA, 'd');
    else if (flags & TCPSEG_ACK && !syn && !fin && !rst)
        tell_once(t, Z_ACK, 'a');
    if (fin)
        tell_number(t, Z_FIN, 'f', seg->seq + seg->payload_len);
    if (rst)
        tell_number(t, Z_RST, 'r', seg->seq);
}

static void tell_again(const struct turn *t)
{
    uint32_t sent = t->a->shark[t->dir].next_seq;

    if (t->seg->payload_len && sent &&
        seq_le(t->seg->seq + t->seg->payload_len, sent))
        tell_count(t, t->dir, Z_AGAIN, 't');
}

static bool is_over(const struct zeek *z)
{
    return z->state == CLOSED || z->state == RESET;
}

/* An endpoint whose peer has closed takes nothing any more. */
static void tell_window(const struct turn *t)
{
    if (!t->seg->wnd && !(t->seg->flags & (TCPSEG_SYN | TCPSEG_RST)) &&
        t->e->state != RESET && !is_over(t->p))
        tell_count(t, t->dir, Z_WINDOW, 'w');
}

/* The segment acknowledges what its peer was not seen to send. */
static void tell_gap(const struct turn *t)
{
    uint32_t sent = t->a->shark[!t->dir].next_seq, ack = t->seg->ack;
    struct zeek *e = t->e;

    if (!(t->seg->flags & TCPSEG_ACK) || t->seg->flags & TCPSEG_RST || !sent ||
        e->state < ESTABLISHED || t->p->state < ESTABLISHED)
        return;
    if (e->known & KNOWN_ACKED)
        sent = seq_max(sent, e->acked);
    if (!seq_lt(sent, ack) || ack - sent > FAR)
        return;
    e->known |= KNOWN_ACKED;
    e->acked = ack;
    tell_count(t, !t->dir, Z_GAP, 'g');
}

void tcpsegp_zeek(struct conn_analysis *a, int dir, const tcpseg *seg)
{
    struct turn t = {a, &a->zeek[dir], &a->zeek[!dir], seg, dir};

    if (seg->checksum_status == TCPSEG_CHECKSUM_BAD) {
        if (!a->n_history)
            a->opener = (uint8_t)dir;
        tell_count(&t, dir, Z_CHECKSUM, 'c');
        return;
    }
    find_opener(&t);
    tell_again(&t);
    tell_flags(&t);
    tell_window(&t);
    move(&t);
    tell_gap(&t);
}

/* More of what was told adds no letter. */
uint8_t tcpsegp_zeek_calm(const struct conn_analysis *a)
{
    _Static_assert((int)Z_DATA == (int)CALM_DATA && (int)Z_ACK == (int)CALM_ACK,
                   "the same bits");
    const struct zeek *z = a->zeek;

    if (z[0].state != ESTABLISHED || z[1].state != ESTABLISHED)
        return 0;
    return (uint8_t)((z[0].once & 3) | (z[1].once & 3) << 2);
}

/* ---- the connection's state ---- */

/* "S", and none of these of the opener before its "R". */
static bool was_opened_in_vain(const char *history)
{
    history += *history == '^';
    if (*history++ != 'S')
        return false;
    for (; *history; history++) {
        if (*history == 'R')
            return true;
        for (const char *bad = "HAFGIQ"; *bad; bad++)
            if (*history == *bad)
                return false;
    }
    return false;
}

static bool is_inactive(const struct zeek *z)
{
    return z->state == INACTIVE || z->state == PARTIAL;
}

static bool is_opening(const struct zeek *z)
{
    return z->state == SYN_SENT || z->state == SYN_ACK_SENT;
}

static uint8_t reset_state(const struct conn_analysis *a, const struct zeek *o,
                           const struct zeek *r)
{
    bool data = (o->once | r->once) & Z_DATA;

    if (r->state == RESET) {
        if (is_opening(o) || (o->state == RESET && !data))
            return TCPCONN_ZEEK_REJ;
        return is_inactive(o) ? TCPCONN_ZEEK_RSTRH : TCPCONN_ZEEK_RSTR;
    }
    if (!is_inactive(r))
        return TCPCONN_ZEEK_RSTO;
    return was_opened_in_vain(a->history) ? TCPCONN_ZEEK_RSTOS0
                                          : TCPCONN_ZEEK_OTH;
}

/* The first that fits. */
uint8_t tcpsegp_zeek_state(const struct conn_analysis *a)
{
    const struct zeek *o = &a->zeek[a->opener], *r = &a->zeek[!a->opener];

    if (o->state == RESET || r->state == RESET)
        return reset_state(a, o, r);
    if (o->state == CLOSED && r->state == CLOSED)
        return TCPCONN_ZEEK_SF;
    if (o->state == CLOSED)
        return is_inactive(r) ? TCPCONN_ZEEK_SH : TCPCONN_ZEEK_S2;
    if (r->state == CLOSED)
        return is_inactive(o) ? TCPCONN_ZEEK_SHR : TCPCONN_ZEEK_S3;
    if (o->state == SYN_SENT && r->state == INACTIVE)
        return TCPCONN_ZEEK_S0;
    return o->state == ESTABLISHED && r->state == ESTABLISHED
               ? TCPCONN_ZEEK_S1
               : TCPCONN_ZEEK_OTH;
}
