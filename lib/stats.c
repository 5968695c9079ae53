/* The optional part: counters and round-trip times.
 *
 * One call for each segment, when all is decided. Only what the receiver takes
 * moves the counters of new and repeated bytes, so that forged segments cannot.
 *
 * "Sent before" is what was seen before. Numbers that were passed over are kept as
 * holes, so that a segment overtaken on its way is not taken for one sent twice. */
#include "inline.h"
#include "judge_int.h"
#include "stats_int.h"

_Static_assert(sizeof(struct conn_stats) % 8 == 0, "a size is a multiple of 8");
_Static_assert(sizeof(struct tcpconn) % _Alignof(struct conn_stats) == 0,
               "it stands behind a connection");

size_t tcpsegp_stats_size(void)
{
    return sizeof(struct conn_stats);
}

void tcpsegp_stats_reset(tcpconn *conn)
{
    struct conn_stats *stats = tcpsegp_stats(conn);

    if (stats)
        memset(stats, 0, sizeof *stats);
}

static struct dir_stats *stats_of(const struct step *s, int dir)
{
    return &((struct conn_stats *)(s->conn + 1))->dir[dir];
}

/* The numbers with which the segment's sender was found mean something. */
static bool is_known(const struct step *s)
{
    const unsigned both = EP_NUMBERS | EP_HEARD;

    return (s->before[s->dir].flags & both) == both && s->begin == BEGIN_NOT;
}

/* Behind all that its receiver has acknowledged: nothing in it is believed. */
static bool is_stale(const struct step *s, uint32_t len)
{
    const struct endpoint *p = &s->before[!s->dir];

    return s->verdict == TCPCONN_DUPLICATE && p->flags & EP_ACKED &&
           seq_lt(s->seg->seq + len, p->rcv_ack);
}

/* ---- round trips ---- */

static void stop_timing(struct dir_stats *d)
{
    d->flags &= (uint8_t)~ST_TIMING;
}

/* RFC 6298 section 2, with alpha = 1/8. */
static void sample(tcpconn_stats *sum, uint64_t rtt)
{
    if (rtt == 0)
        rtt = 1; /* shorter than the clock's step: 0 says "not measured" */
    sum->rtt_last = rtt;
    if (!sum->rtt_min || rtt < sum->rtt_min)
        sum->rtt_min = rtt;
    if (!sum->rtt_samples++)
        sum->rtt_smoothed = rtt;
    else
        sum->rtt_smoothed += rtt / 8 - sum->rtt_smoothed / 8;
}

/* RFC 7323 section 4: an echo tells which of several copies is answered. */
static bool is_echo(const tcpconn *conn, const struct dir_stats *d,
                    const tcpseg *seg)
{
    return d->flags & ST_STAMPED && conn->flags & CONN_TS &&
           seg->present & TCPSEG_HAS_TIMESTAMPS && seg->tsecr == d->timed_tsval;
}

/* The segment acknowledges the one that is timed; d counts its receiver's. */
NOINLINE static void end_timing(const tcpconn *conn, struct dir_stats *d,
                                const tcpseg *seg, uint64_t now)
{
    unsigned flags = d->flags;
    bool believed = !(flags & ST_AGAIN) || is_echo(conn, d, seg);

    stop_timing(d);
    if (!believed || now < d->timed_at)
        return;
    sample(&d->sum, now - d->timed_at);
    if ((flags & (ST_SYN | ST_AGAIN)) == ST_SYN)
        d->sum.rtt_handshake = d->sum.rtt_last;
}

static void time_answer(const struct step *s)
{
    struct dir_stats *d = stats_of(s, !s->dir);
    const struct endpoint *e = s->e, *was = &s->before[s->dir];

    if (!(d->flags & ST_TIMED) || !(e->flags & EP_ACKED) ||
        !seq_le(d->timed_end, e->rcv_ack))
        return;
    if (was->flags & EP_ACKED && s->begin == BEGIN_NOT &&
        seq_le(d->timed_end, was->rcv_ack))
        stop_timing(d); /* acknowledged before, by a segment not seen */
    else
        end_timing(s->conn, d, s->seg, s->now);
}

/* The segment goes beyond all its sender has sent. One in flight is timed at a
 * time. */
static void begin_timing(struct dir_stats *d, const tcpseg *seg, uint64_t now,
                         uint32_t end)
{
    if (d->flags & ST_TIMED)
        return;
    d->timed_at = now;
    d->timed_end = end;
    d->timed_tsval = seg->tsval;
    d->flags |= ST_TIMED;
    if (seg->present & TCPSEG_HAS_TIMESTAMPS)
        d->flags |= ST_STAMPED;
    if (seg->flags & TCPSEG_SYN)
        d->flags |= ST_SYN;
}

/* RFC 6298 section 3, Karn's algorithm: which copy an ACK answers is not known,
 * unless a timestamp tells them apart. Also what was sent before the segment that
 * is timed delays its ACK when it is sent late. */
static void doubt_timing(const struct step *s, struct dir_stats *d)
{
    if (!(d->flags & ST_TIMED) || !seq_lt(s->seg->seq, d->timed_end))
        return;
    d->flags |= ST_AGAIN;
    if (!(d->flags & ST_STAMPED) ||
        !(s->seg->present & TCPSEG_HAS_TIMESTAMPS) ||
        s->seg->tsval == d->timed_tsval)
        stop_timing(d);
}

/* ---- what was sent before ---- */

static void drop_hole(struct dir_stats *d, unsigned i)
{
    d->holes[i] = d->holes[--d->n_holes];
}

/* With no room left, the oldest numbers will count as sent before. */
static void add_hole(struct dir_stats *d, uint32_t from, uint32_t to)
{
    unsigned oldest = 0;

    if (from == to)
        return;
    if (d->n_holes == N_HOLES) {
        for (unsigned i = 1; i < N_HOLES; i++)
            if (seq_lt(d->holes[i].from, d->holes[oldest].from))
                oldest = i;
        drop_hole(d, oldest);
    }
    d->holes[d->n_holes++] = (struct hole){from, to};
}

/* Of another lap round the circle, or about to be: no segment is that late. */
NOINLINE static void drop_old_holes(struct dir_stats *d, uint32_t snd_nxt)
{
    for (unsigned i = d->n_holes; i-- > 0;)
        if (snd_nxt - d->holes[i].from > 1u << 30)
            drop_hole(d, i);
}

/* Take [from, to) out of the holes; how many of its numbers were in them. */
static uint32_t fill_holes(struct dir_stats *d, uint32_t from, uint32_t to)
{
    uint32_t filled = 0;

    for (unsigned i = d->n_holes; i-- > 0;) {
        struct hole h = d->holes[i];
        uint32_t first = seq_max(h.from, from);
        uint32_t last = seq_lt(to, h.to) ? to : h.to;

        if (!seq_lt(first, last))
            continue;
        filled += last - first;
        drop_hole(d, i);
        add_hole(d, h.from, first);
        add_hole(d, last, h.to);
    }
    return filled;
}

/* How many of the numbers [from, to) were not sent before; snd_nxt is the number
 * up to which they may have been. */
static uint32_t unsent(struct dir_stats *d, uint32_t snd_nxt, uint32_t from,
                       uint32_t to)
{
    uint32_t beyond = 0;

    if (seq_lt(snd_nxt, to))
        beyond = to - seq_max(from, snd_nxt);
    return beyond + (d->n_holes ? fill_holes(d, from, to) : 0);
}

/* ---- text ---- */

static void count_new(struct dir_stats *d, uint32_t bytes)
{
    d->sum.new_segments++;
    d->sum.new_bytes += bytes;
}

/* The segment does not begin where its sender left off. */
NOINLINE static void count_elsewhere(const struct step *s, struct dir_stats *d,
                                     uint32_t end)
{
    const tcpseg *seg = s->seg;
    uint32_t snd_nxt = s->before[s->dir].snd_nxt, seq = seg->seq;
    uint32_t text = seq + !!(seg->flags & TCPSEG_SYN);
    uint32_t text_end = text + seg->payload_len, bytes, marks;

    if (seq_lt(snd_nxt, seq)) {
        add_hole(d, snd_nxt, seq);
        count_new(d, seg->payload_len);
        begin_timing(d, seg, s->now, end);
        return;
    }
    doubt_timing(s, d);
    bytes = unsent(d, snd_nxt, text, text_end);
    marks = unsent(d, snd_nxt, text_end, end) + unsent(d, snd_nxt, seq, text);
    d->sum.resent_bytes += seg->payload_len - bytes;
    if (bytes + marks)
        count_new(d, bytes);
    else
        d->sum.resent_segments++;
}

/* A SYN with another number than the one its sender began with. */
static bool is_other_syn(const struct step *s)
{
    return s->seg->flags & TCPSEG_SYN && s->seg->seq != s->d->iss;
}

/* What takes up sequence numbers. */
static void count_numbers(const struct step *s, struct dir_stats *d,
                          uint32_t len)
{
    uint32_t end = s->seg->seq + len;

    if (is_other_syn(s)) { /* until it is chosen, its numbers mean nothing */
        d->sum.new_segments++;
        stop_timing(d);
        return;
    }
    if (tcpsegp_is_before_syn(s) || seq_lt(s->e->snd_nxt, end))
        return; /* or not believed so far */
    if (d->n_holes)
        drop_old_holes(d, s->before[s->dir].snd_nxt);
    if (is_known(s) && s->seg->seq != s->before[s->dir].snd_nxt) {
        count_elsewhere(s, d, end);
        return;
    }
    if (!is_known(s))
        stop_timing(d);
    count_new(d, s->seg->payload_len);
    begin_timing(d, s->seg, s->now, end);
}

/* An ACK stands where its sender has got to: what it passes over was not seen. */
static void count_place(const struct step *s, struct dir_stats *d)
{
    uint32_t snd_nxt = s->before[s->dir].snd_nxt;

    if (is_known(s) && seq_lt(snd_nxt, s->seg->seq) &&
        s->e->snd_nxt == s->seg->seq)
        add_hole(d, snd_nxt, s->seg->seq);
}

/* Bytes in flight, without SYN and FIN. Of a peer that was not heard, nothing is
 * known. */
static uint32_t in_flight(const tcpconn *conn, int dir)
{
    const struct endpoint *e = &conn->ep[dir], *p = &conn->ep[!dir];
    const struct details *d = &conn->more[dir];
    uint32_t una = d->iss + 1, n;

    if (!(e->flags & EP_NUMBERS))
        return 0;
    if (p->flags & EP_ACKED)
        una = seq_max(una, p->rcv_ack);
    else if (e->state != TCPCONN_SYN_SENT && e->state != TCPCONN_SYN_RECEIVED)
        return 0;
    n = seq_lt(una, e->snd_nxt) ? e->snd_nxt - una : 0;
    if (n && e->flags & (EP_FIN | EP_FIN_AHEAD) && e->snd_nxt == d->fin_seq + 1)
        n--;
    return n;
}

static void count_flight(const struct step *s, struct dir_stats *d)
{
    uint32_t most = d->sum.in_flight_max, now;

    if (s->e->snd_nxt - s->p->rcv_ack <= most)
        return;
    now = in_flight(s->conn, s->dir);
    if (now > most)
        d->sum.in_flight_max = now;
}

/* ---- acknowledgments ---- */

/* A probe repeats a number that was acknowledged long ago; the same segment before
 * its ACK is a byte sent again. */
static bool is_probe(const struct step *s)
{
    const struct endpoint *p = &s->before[!s->dir];

    return remarked(s, TCPCONN_CHECK_KEEP_ALIVE) && p->flags & EP_ACKED &&
           p->rcv_ack == s->before[s->dir].snd_nxt;
}

/* RFC 5681 section 2, "duplicate acknowledgment": (a) to (e). */
static bool is_duplicate_ack(const struct step *s, const struct dir_stats *d)
{
    const struct endpoint *e = &s->before[s->dir], *p = &s->before[!s->dir];

    return s->begin == BEGIN_NOT && e->flags & EP_ACKED &&
           s->seg->ack == e->rcv_ack && seq_lt(s->seg->ack, p->snd_nxt) &&
           d->flags & ST_WINDOW && s->seg->wnd == d->wnd;
}

static void count_window(struct dir_stats *d, uint16_t wnd, unsigned scale)
{
    uint32_t window = (uint32_t)wnd << scale;

    if (!(d->flags & ST_WINDOW) || window < d->sum.window_min)
        d->sum.window_min = window;
    if (window > d->sum.window_max)
        d->sum.window_max = window;
    if (!window && !(d->flags & ST_SHUT))
        d->sum.zero_windows++;
    d->flags &= (uint8_t)~ST_SHUT;
    d->flags |= window ? ST_WINDOW : ST_WINDOW | ST_SHUT;
    d->wnd = wnd;
}

static void count_ack(const struct step *s, struct dir_stats *d, uint32_t len)
{
    const struct endpoint *e = s->e;
    bool stale = is_stale(s, len);

    if (!len) {
        d->sum.acks++;
        d->sum.duplicate_acks += !stale && is_duplicate_ack(s, d);
    }
    if (stale)
        return;
    /* An overtaken ACK's window is of the past. */
    if (!(s->seg->flags & TCPSEG_SYN) && e->flags & EP_ACKED &&
        s->seg->ack == e->rcv_ack)
        count_window(d, s->seg->wnd, e->scale & 15);
    time_answer(s);
}

/* ---- verdicts ---- */

/* A segment's verdict is provisional: all that share its id are settled as one. */
NOINLINE static void keep_open(const struct step *s, struct dir_stats *d)
{
    struct open_verdict *place = &d->open[0];

    for (unsigned i = 0; i < N_OPEN; i++) {
        if (d->open[i].id == s->id) {
            d->open[i].segments++;
            d->open[i].bytes += s->seg->payload_len;
            return;
        }
        if (!d->open[i].id)
            place = &d->open[i];
    }
    *place = (struct open_verdict){s->id, 1, s->seg->payload_len};
}

static struct open_verdict close_open(struct dir_stats *d, uint32_t id)
{
    struct open_verdict found = {0, 0, 0};

    for (unsigned i = 0; i < N_OPEN; i++) {
        if (d->open[i].id != id)
            continue;
        found = d->open[i];
        d->open[i].id = 0;
    }
    return found;
}

/* Text that was refused when it came, and was taken after all. No more of it than
 * its sender has gone on by: some may have been sent again since. */
static void count_believed(const struct step *s, int dir,
                           const struct open_verdict *open)
{
    struct dir_stats *d = stats_of(s, dir);
    uint32_t was = s->before[dir].snd_nxt, is = s->conn->ep[dir].snd_nxt;

    if (!(s->before[dir].flags & EP_NUMBERS) || !seq_lt(was, is))
        return;
    d->sum.new_segments += open->segments;
    d->sum.new_bytes += open->bytes < is - was ? open->bytes : is - was;
}

NOINLINE static void count_revisions(const struct step *s)
{
    for (uint8_t i = 0; i < s->n_revisions; i++) {
        const struct revision *r = &s->revisions[i];
        struct dir_stats *d = stats_of(s, r->dir);
        struct open_verdict open = close_open(d, r->id);
        bool was = r->old == TCPCONN_REJECTED;
        bool is = r->verdict == TCPCONN_REJECTED;

        if (is && !was)
            d->sum.rejected += open.segments;
        if (!was || is)
            continue;
        d->sum.rejected -=
            open.segments < d->sum.rejected ? open.segments : d->sum.rejected;
        if (r->dir != s->dir)
            count_believed(s, r->dir, &open);
    }
}

/* false: that is all there is to count of it. */
NOINLINE static bool count_checks(const struct step *s, struct dir_stats *d)
{
    if (remarked(s, TCPCONN_CHECK_CAPTURE_DUPLICATE)) {
        d->sum.captured_twice++;
        return false;
    }
    for (unsigned i = 0; s->checks >> i; i++)
        d->sum.checks[i] += remarked(s, i);
    d->sum.challenge_acks += remarked(s, TCPCONN_CHECK_CHALLENGE_ACK);
    if (remarked(s, TCPCONN_CHECK_ZERO_WINDOW_PROBE))
        d->sum.window_probes++;
    else if (!is_probe(s))
        return true;
    else if (stats_of(s, !s->dir)->flags & ST_SHUT)
        d->sum.window_probes++;
    else
        d->sum.keep_alives++;
    return true;
}

/* What its receiver took, or could have. */
static void count_taken(const struct step *s, struct dir_stats *d)
{
    unsigned flags = s->seg->flags;
    uint32_t len =
        s->seg->payload_len + !!(flags & TCPSEG_SYN) + !!(flags & TCPSEG_FIN);

    if (flags & TCPSEG_RST) {
        if (flags & TCPSEG_ACK)
            time_answer(s);
        return;
    }
    d->sum.queued += s->verdict == TCPCONN_QUEUED;
    if (len && !is_probe(s)) {
        count_numbers(s, d, len);
        count_flight(s, d);
    } else {
        count_place(s, d);
    }
    if (flags & TCPSEG_ACK)
        count_ack(s, d, len);
}

void tcpsegp_stats_count(struct step *s)
{
    struct dir_stats *d;

    if (!(s->conn->flags & CONN_STATS))
        return;
    d = stats_of(s, s->dir);
    if (s->n_revisions)
        count_revisions(s);
    if (s->checks && !count_checks(s, d))
        return;
    if (s->verdict == TCPCONN_MALFORMED) {
        d->sum.malformed++;
        return;
    }
    d->sum.segments++;
    d->sum.bytes += s->seg->payload_len;
    if (s->id)
        keep_open(s, d);
    if (s->verdict == TCPCONN_REJECTED)
        d->sum.rejected++;
    else
        count_taken(s, d);
}

/* What tcpsegp_stats_count() comes to where nothing happens but that text goes on,
 * or an ACK of it. */
void tcpsegp_stats_straight(tcpconn *conn, int dir, const tcpseg *seg,
                            uint64_t now)
{
    struct dir_stats *d = &((struct conn_stats *)(conn + 1))->dir[dir];
    struct dir_stats *q = &((struct conn_stats *)(conn + 1))->dir[!dir];
    uint32_t len = seg->payload_len;
    uint32_t flight = seg->seq + len - conn->ep[!dir].rcv_ack;

    d->sum.segments++;
    if (len) {
        if (d->n_holes)
            drop_old_holes(d, seg->seq);
        d->sum.bytes += len;
        count_new(d, len);
        begin_timing(d, seg, now, seg->seq + len);
        if (flight > d->sum.in_flight_max)
            d->sum.in_flight_max = flight;
    } else {
        d->sum.acks++;
    }
    if (seg->wnd != d->wnd || !(d->flags & ST_WINDOW))
        count_window(d, seg->wnd, conn->ep[dir].scale & 15);
    if (q->flags & ST_TIMED && seq_le(q->timed_end, seg->ack))
        end_timing(conn, q, seg, now);
}

void tcpsegp_stats_drop(struct step *s)
{
    if (s->conn->flags & CONN_STATS)
        stats_of(s, s->dir)->sum.dropped++;
}

void tcpsegp_stats_icmp(tcpconn *conn, int dir, uint32_t mtu)
{
    struct conn_stats *stats = tcpsegp_stats(conn);
    tcpconn_stats *sum;

    if (!stats)
        return;
    sum = &stats->dir[dir].sum;
    sum->icmp_errors++;
    if (mtu && (!sum->path_mtu || mtu < sum->path_mtu))
        sum->path_mtu = mtu;
}

uint32_t tcpsegp_stats_met(const tcpconn *conn, unsigned check)
{
    const struct conn_stats *stats = tcpsegp_const_stats(conn);

    return stats && check < 64 ? stats->dir[0].sum.checks[check] +
                                     stats->dir[1].sum.checks[check]
                               : 0;
}

int tcpconn_get_stats(const tcpconn *conn, int dir, tcpconn_stats *out,
                      size_t out_size)
{
    tcpconn_stats sum;

    if (!conn || !out || (dir != 0 && dir != 1))
        return TCPSEG_ERR_ARG;
    if (!conn_valid(conn) || !(conn->flags & CONN_STATS))
        return TCPSEG_ERR_STATE;
    sum = tcpsegp_const_stats(conn)->dir[dir].sum;
    sum.in_flight = in_flight(conn, dir);
    memset(out, 0, out_size);
    memcpy(out, &sum, out_size < sizeof sum ? out_size : sizeof sum);
    return (int)sizeof sum;
}
