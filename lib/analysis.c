/* The optional part that says what a segment means to a reader: its memory, its analysis_names,
 * and what is told of it. */
#include "inline.h"
#include "sent.h"

_Static_assert(sizeof(struct conn_analysis) <= 1024, "as promised");
_Static_assert(sizeof(struct conn_analysis) % 8 == 0,
               "a size is a multiple of 8");

size_t tcpsegp_analysis_size(void)
{
    return sizeof(struct conn_analysis);
}

void tcpsegp_analysis_reset(tcpconn *conn)
{
    memset(tcpsegp_analysis(conn), 0, sizeof(struct conn_analysis));
}

/* Another connection in the same memory. Wireshark decides for itself when a
 * conversation is a new one. */
void tcpsegp_analysis_renew(tcpconn *conn)
{
    struct conn_analysis *a = tcpsegp_analysis(conn);

    memset(a->seen, 0, sizeof a->seen);
    memset(a->zeek, 0, sizeof a->zeek);
    memset(a->history, 0, sizeof a->history);
    a->n_history = 0;
}

/* One more segment of this direction. */
static void count(struct conn_analysis *a, int dir)
{
    a->segment++;
    a->dir = (uint8_t)dir;
    a->data = 0;
    a->rto = 0;
}

/* Most of a connection is data and ACKs of it. When all is told that can be told of
 * them, one more adds little: calm.h. */
static void look_ahead(struct conn_analysis *a, const tcpconn *conn)
{
    bool calm = !a->rto && tcpsegp_wireshark_calm(a, conn) &&
                tcpsegp_seen_calm(a, conn);

    a->calm = calm ? tcpsegp_zeek_calm(a) : 0;
}

uint64_t tcpsegp_analyse(struct step *s)
{
    struct conn_analysis *a = tcpsegp_analysis(s->conn);

    if (s->verdict == TCPCONN_MALFORMED)
        return 0;
    count(a, s->dir);
    tcpsegp_zeek(a, s->dir, s->seg);
    a->flags = tcpsegp_wireshark(a, s->dir, s->seg, s->now);
    a->flags |= tcpsegp_seen(a, s);
    a->calm = 0;
    if (s->conn->flags & CONN_STRAIGHT)
        look_ahead(a, s->conn);
    return a->flags;
}

/* ---- the straight path ---- */

uint64_t tcpsegp_analyse_again(struct conn_analysis *a, const tcpconn *conn,
                               int dir, const tcpseg *seg, uint64_t now)
{
    count(a, dir);
    tcpsegp_zeek(a, dir, seg);
    a->flags = tcpsegp_wireshark(a, dir, seg, now);
    a->flags |= tcpsegp_seen_straight(a, conn, dir, seg);
    look_ahead(a, conn);
    return a->flags;
}

static uint64_t time_of(int64_t since)
{
    return since > 0 ? (uint64_t)since : 0;
}

static void describe_segment(const struct conn_analysis *a,
                             tcpconn_analysis *out)
{
    const struct shark *f = &a->shark[a->dir];

    out->flags = a->flags;
    out->segment = a->segment;
    out->dir = a->dir;
    out->ack_rtt = time_of(a->ack_rtt);
    out->rto = time_of(a->rto);
    out->bytes_in_flight = tcpsegp_bytes_in_flight(a);
    out->window = tcpsegp_window(a);
    out->push_bytes = out->bytes_in_flight ? f->push_bytes : 0;
    out->dup_ack_of = f->dup_of;
    if (a->flags & flag_of(TCPCONN_ANALYSIS_DUPLICATE_ACK))
        out->dup_ack_num = f->dup_num;
}

int tcpconn_get_analysis(const tcpconn *conn, tcpconn_analysis *out,
                         size_t out_size)
{
    const struct conn_analysis *a;
    tcpconn_analysis all;

    if (!conn || !out)
        return TCPSEG_ERR_ARG;
    if (!conn_valid(conn) || !(conn->flags & CONN_ANALYSIS))
        return TCPSEG_ERR_STATE;
    a = tcpsegp_const_analysis(conn);
    memset(&all, 0, sizeof all);
    describe_segment(a, &all);
    all.initial_rtt = time_of(a->initial_rtt);
    all.completeness = a->completeness;
    all.zeek_state = tcpsegp_zeek_state(a);
    memcpy(all.history, a->history, sizeof all.history);
    memset(out, 0, out_size);
    memcpy(out, &all, out_size < sizeof all ? out_size : sizeof all);
    return (int)sizeof all;
}

/* ---- analysis_names ---- */

/* clang-format off */
static const struct {
    const char *name, *text;
} analysis_names[] = {
    [TCPCONN_ANALYSIS_RETRANSMISSION] = { "retransmission",
        "It begins below the highest number that its sender has sent." },
    [TCPCONN_ANALYSIS_FAST_RETRANSMISSION] = { "fast_retransmission",
        "It begins where duplicate ACKs asked for, within 20 ms of them." },
    [TCPCONN_ANALYSIS_SPURIOUS_RETRANSMISSION] = { "spurious_retransmission",
        "All its data was acknowledged before." },
    [TCPCONN_ANALYSIS_OUT_OF_ORDER] = { "out_of_order",
        "It begins below the highest number sent, within a round trip of it." },
    [TCPCONN_ANALYSIS_LOST_SEGMENT] = { "lost_segment",
        "It begins above the highest number sent: the segment before it was not captured." },
    [TCPCONN_ANALYSIS_ACK_LOST_SEGMENT] = { "ack_lost_segment",
        "It acknowledges a segment that was not captured." },
    [TCPCONN_ANALYSIS_WINDOW_UPDATE] = { "window_update",
        "Only its window differs from the ACK before." },
    [TCPCONN_ANALYSIS_WINDOW_FULL] = { "window_full",
        "Its data fills the window that the receiver has offered." },
    [TCPCONN_ANALYSIS_KEEP_ALIVE] = { "keep_alive",
        "It asks, with a number sent before, whether its receiver is there." },
    [TCPCONN_ANALYSIS_KEEP_ALIVE_ACK] = { "keep_alive_ack",
        "It answers a keep-alive." },
    [TCPCONN_ANALYSIS_DUPLICATE_ACK] = { "duplicate_ack",
        "It is the same ACK as the one before." },
    [TCPCONN_ANALYSIS_ZERO_WINDOW] = { "zero_window",
        "It offers no window." },
    [TCPCONN_ANALYSIS_ZERO_WINDOW_PROBE] = { "zero_window_probe",
        "It sends one byte into a closed window." },
    [TCPCONN_ANALYSIS_ZERO_WINDOW_PROBE_ACK] = { "zero_window_probe_ack",
        "It answers a probe of its closed window." },
    [TCPCONN_ANALYSIS_REUSED_PORTS] = { "reused_ports",
        "It begins another conversation between the same ports." },
    [TCPCONN_ANALYSIS_TFO_SYN] = { "tfo_syn",
        "It is a SYN with a Fast Open cookie." },
    [TCPCONN_ANALYSIS_TFO_ACK] = { "tfo_ack",
        "It acknowledges a SYN together with its data." },
    [TCPCONN_ANALYSIS_TFO_IGNORED] = { "tfo_ignored",
        "It acknowledges a SYN and leaves out its data." },

    [TCPCONN_SEEN_GAP] = { "gap",
        "Numbers between the last segment and this one are missing so far." },
    [TCPCONN_SEEN_RESENT] = { "resent",
        "All its numbers were sent before." },
    [TCPCONN_SEEN_RESENT_PART] = { "resent-part",
        "Some of its numbers were sent before." },
    [TCPCONN_SEEN_RESENT_TOLD] = { "resent-told",
        "Its receiver had told of the loss, by duplicate ACKs or SACK." },
    [TCPCONN_SEEN_RESENT_UNTOLD] = { "resent-untold",
        "Its receiver had told of no loss: a timer sent it again." },
    [TCPCONN_SEEN_RESENT_LATE] = { "resent-late",
        "The ACK of all of it had passed here before." },
    [TCPCONN_SEEN_FILLS_GAP] = { "fills-gap",
        "It brings numbers that were missing." },
    [TCPCONN_SEEN_OVERTAKEN] = { "overtaken",
        "It was sent before those that came first: overtaken on its way." },
    [TCPCONN_SEEN_LOST_BEFORE] = { "lost-before",
        "It was sent after those behind it: a first copy was lost before it came here." },
    [TCPCONN_SEEN_ACK_UNSEEN] = { "ack-unseen",
        "It acknowledges what never came by here: the capture misses segments." },
    [TCPCONN_SEEN_DUPLICATE_ACK] = { "duplicate-ack",
        "It says nothing new while data is in flight." },
    [TCPCONN_SEEN_DSACK] = { "dsack",
        "It tells that bytes came twice." },
    [TCPCONN_SEEN_NEEDLESS] = { "needless",
        "It proves that its peer need not have sent something again." },
    [TCPCONN_SEEN_KEEP_ALIVE] = { "keep-alive",
        "It asks whether an idle receiver is there." },
    [TCPCONN_SEEN_KEEP_ALIVE_ACK] = { "keep-alive-ack",
        "It answers a keep-alive." },
    [TCPCONN_SEEN_WINDOW_PROBE] = { "window-probe",
        "It asks whether a closed window has opened." },
    [TCPCONN_SEEN_WINDOW_PROBE_ACK] = { "window-probe-ack",
        "It answers a window probe: still closed." },
    [TCPCONN_SEEN_WINDOW_CLOSED] = { "window-closed",
        "Its sender's window has closed." },
    [TCPCONN_SEEN_WINDOW_OPENED] = { "window-opened",
        "Its sender's window is open again." },
    [TCPCONN_SEEN_WINDOW_UPDATE] = { "window-update",
        "It offers more window, and nothing else." },
    [TCPCONN_SEEN_WINDOW_FULL] = { "window-full",
        "It ends where its receiver's window ends: its sender has to wait." },
    [TCPCONN_SEEN_RTT_AMBIGUOUS] = { "rtt-ambiguous",
        "It acknowledges bytes sent twice: its round trip may be of either." },
    [TCPCONN_SEEN_CAPTURED_TWICE] = { "captured-twice",
        "It is the same packet as the one before, captured again." },
};
/* clang-format on */

enum { N_NAMES = sizeof analysis_names / sizeof *analysis_names };

const char *tcpconn_analysis_name(unsigned bit)
{
    return bit < N_NAMES ? analysis_names[bit].name : NULL;
}

const char *tcpconn_analysis_text(unsigned bit)
{
    return bit < N_NAMES ? analysis_names[bit].text : NULL;
}

const char *tcpconn_zeek_state_name(int state)
{
    static const char *const states[] = {
        [TCPCONN_ZEEK_OTH] = "OTH",     [TCPCONN_ZEEK_S0] = "S0",
        [TCPCONN_ZEEK_S1] = "S1",       [TCPCONN_ZEEK_SF] = "SF",
        [TCPCONN_ZEEK_REJ] = "REJ",     [TCPCONN_ZEEK_S2] = "S2",
        [TCPCONN_ZEEK_S3] = "S3",       [TCPCONN_ZEEK_RSTO] = "RSTO",
        [TCPCONN_ZEEK_RSTR] = "RSTR",   [TCPCONN_ZEEK_RSTOS0] = "RSTOS0",
        [TCPCONN_ZEEK_RSTRH] = "RSTRH", [TCPCONN_ZEEK_SH] = "SH",
        [TCPCONN_ZEEK_SHR] = "SHR",
    };
    const int n = sizeof states / sizeof *states;

    return state >= 0 && state < n ? states[state] : NULL;
}
