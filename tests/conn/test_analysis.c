/* What a segment means to a reader: Wireshark's flags, what is proven, Zeek's words. */
#include "wire.h"

#include <tcpseg/analysis.h>

static tcpconn_analysis told(const struct wire *w)
{
    tcpconn_analysis a;

    cr_assert_eq(tcpconn_get_analysis(w->conn, &a, sizeof a), sizeof a);
    cr_expect_eq(a.flags, w->report.analysis);
    return a;
}

/* Names of the flags from one bit on, with blanks between. */
static const char *flags(const struct wire *w, unsigned from, unsigned to)
{
    static char text[2000];
    uint64_t bits = told(w).flags;

    *text = 0;
    for (unsigned i = from; i < to; i++) {
        if (!(bits >> i & 1))
            continue;
        if (*text)
            strcat(text, " ");
        strcat(text, tcpconn_analysis_name(i) ? tcpconn_analysis_name(i) : "?");
    }
    return text;
}

#define SHARK(w, want)                                                         \
    cr_expect_str_eq(flags(w, 0, 32), want, "wireshark: %s", flags(w, 0, 32))
#define SEEN(w, want)                                                          \
    cr_expect_str_eq(flags(w, 32, 64), want, "seen: %s", flags(w, 32, 64))

/* ---- nothing to say ---- */

SCENE(analysis, of_an_ordinary_connection_says_nothing)
{
    tcpconn_analysis a;

    SAY(w, A, .flags = TCPSEG_SYN);
    SHARK(w, "");
    SAY(w, B, .flags = TCPSEG_SYN, .ack = 1, .ms = 7);
    SHARK(w, "");
    SAME(told(w).ack_rtt, 7 * MS);
    SAME(told(w).initial_rtt, 0);
    SAY(w, A, .seq = 1, .ack = 1, .ms = 5);
    SAME(told(w).ack_rtt, 5 * MS);
    SAME(told(w).initial_rtt, 12 * MS);
    for (uint32_t i = 0; i < 40; i++) {
        SAY(w, A, .seq = 1 + 100 * i, .len = 100, .ack = 1);
        SHARK(w, "");
        SEEN(w, "");
        SAME(told(w).bytes_in_flight, 100);
        SAY(w, B, .seq = 1, .ack = 101 + 100 * i, .ms = 3);
        SHARK(w, "");
        SEEN(w, "");
        SAME(told(w).ack_rtt, 3 * MS);
        SAME(told(w).bytes_in_flight, 0);
    }
    SAY(w, A, .flags = TCPSEG_FIN, .seq = 4001, .ack = 1);
    SAY(w, B, .flags = TCPSEG_FIN, .seq = 1, .ack = 4002);
    SAY(w, A, .seq = 4002, .ack = 2);
    SHARK(w, "");
    SEEN(w, "");
    a = told(w);
    SAME(a.segment, 86);
    SAME(a.dir, A ^ w->swapped);
    SAME(a.completeness, 31);
    cr_expect_str_eq(a.history, "ShADaFf", "%s", a.history);
    SAME(a.zeek_state, TCPCONN_ZEEK_SF);
}

/* ---- sent again, lost, out of order ---- */

SCENE(analysis, sent_again_by_a_timer)
{
    wire_open(w);
    SAY(w, A, .seq = 1, .len = 100, .ack = 1);
    SAY(w, A, .seq = 101, .len = 100, .ack = 1, .ms = 1);
    SAME(told(w).bytes_in_flight, 200);
    SAY(w, A, .seq = 1, .len = 100, .ack = 1, .ms = 300);
    SHARK(w, "retransmission");
    SEEN(w, "resent resent-untold");
    SAME(told(w).rto, 301 * MS);
    SAY(w, B, .seq = 1, .ack = 101, .ms = 2);
    SHARK(w, "");
    SEEN(w, "rtt-ambiguous");
    SAME(told(w).ack_rtt,
         303 * MS); /* of the first copy, as Wireshark has it */
    SAY(w, B, .seq = 1, .ack = 201, .ms = 2);
    SEEN(w, "");
}

SCENE(analysis, sent_again_after_duplicate_acks)
{
    wire_open(w);
    for (uint32_t i = 0; i < 5; i++)
        SAY(w, A, .seq = 1 + 100 * i, .len = 100, .ack = 1);
    SAY(w, B, .seq = 1, .ack = 101);
    for (uint32_t i = 1; i <= 3; i++) {
        SAY(w, B, .seq = 1, .ack = 101, .ms = 1);
        SHARK(w, "duplicate_ack");
        SEEN(w, "duplicate-ack");
        SAME(told(w).dup_ack_num, i);
        SAME(told(w).dup_ack_of, 9);
    }
    SAY(w, A, .seq = 101, .len = 100, .ack = 1, .ms = 1);
    SHARK(w, "retransmission fast_retransmission");
    SEEN(w, "resent resent-told");
    SAME(told(w).rto, 0);
}

SCENE(analysis, sent_again_though_acknowledged)
{
    wire_open(w);
    SAY(w, A, .seq = 1, .len = 100, .ack = 1);
    SAY(w, B, .seq = 1, .ack = 101);
    SAY(w, A, .seq = 1, .len = 100, .ack = 1, .ms = 300);
    SHARK(w, "retransmission spurious_retransmission");
    SEEN(w, "resent resent-late");
}

/* Nobody has told of anything but that bytes came twice. */
SCENE(analysis, a_dsack_proves_it_needless)
{
    tcpseg seg;

    wire_open(w);
    SAY(w, A, .seq = 1, .len = 100, .ack = 1);
    SAY(w, A, .seq = 1, .len = 100, .ack = 1, .ms = 300);
    seg = wire_segment(w, B, &(struct words){.seq = 1, .ack = 101});
    seg.present |= TCPSEG_HAS_SACK | TCPSEG_HAS_DSACK;
    seg.sack_count = 1;
    seg.sack[0] = (tcpseg_sack){w->iss[A] + 1, w->iss[A] + 101};
    tcpconn_feed(w->conn, w->env, B ^ w->swapped, &seg, NULL, w->now + 1000,
                 &w->report);
    SEEN(w, "dsack needless rtt-ambiguous");
}

SCENE(analysis, a_segment_not_captured)
{
    wire_open(w);
    SAY(w, A, .seq = 101, .len = 100, .ack = 1);
    SHARK(w, "lost_segment");
    SEEN(w, "gap");
    SAME(told(w).bytes_in_flight, 0); /* not known */
    SAY(w, B, .seq = 1, .ack = 301);
    SHARK(w, "ack_lost_segment");
    SEEN(w, "ack-unseen");
}

/* The second segment is behind the third: the timestamp tells why. */
SCENE(analysis, overtaken_or_lost_before)
{
    const uint32_t syn = TCPSEG_SYN;

    for (int lost = 0; lost < 2; lost++) {
        struct wire each = *w;

        wire_configure(&each);
        tcpconn_init(each.mem, sizeof each.mem, TCPCONN_WITH_ANALYSIS,
                     &each.conn);
        SAY(&each, A, .flags = syn, .tsval = 5);
        SAY(&each, B, .flags = syn, .ack = 1, .tsval = 5, .tsecr = 5);
        SAY(&each, A, .seq = 1, .ack = 1, .tsval = 6, .tsecr = 5);
        SAY(&each, A, .seq = 101, .len = 100, .ack = 1, .tsval = 8, .tsecr = 5);
        SHARK(&each, "lost_segment");
        SAY(&each, A, .seq = 1, .len = 100, .ack = 1, .ms = lost ? 40 : 1,
            .tsval = lost ? 9 : 7, .tsecr = 5);
        SHARK(&each, lost ? "retransmission" : "out_of_order");
        SEEN(&each, lost ? "fills-gap lost-before" : "fills-gap overtaken");
    }
}

SCENE(analysis, the_ip_id_tells_it_too)
{
    wire_open(w);
    SAY(w, A, .seq = 101, .len = 100, .ack = 1, .ip_id = 2);
    SAY(w, A, .seq = 1, .len = 100, .ack = 1, .ip_id = 1);
    SEEN(w, "fills-gap overtaken");
    SAY(w, A, .seq = 301, .len = 100, .ack = 1, .ip_id = 0xffff);
    SAY(w, A, .seq = 201, .len = 100, .ack = 1, .ip_id = 3);
    SEEN(w, "fills-gap lost-before");
    SAY(w, A, .seq = 501, .len = 100, .ack = 1);
    SAY(w, A, .seq = 351, .len = 150, .ack = 1);
    SEEN(w, "resent-part resent-untold fills-gap");
}

/* ---- windows, probes ---- */

SCENE(analysis, a_window_closes_and_opens)
{
    wire_open(w);
    SAY(w, B, .seq = 1, .ack = 1, .wnd = 100);
    SHARK(w, "window_update");
    SAY(w, A, .seq = 1, .len = 100, .ack = 1);
    SHARK(w, "window_full");
    SAY(w, B, .seq = 1, .ack = 101, .wnd = SHUT);
    SHARK(w, "zero_window");
    SEEN(w, "window-closed");
    SAY(w, A, .seq = 101, .len = 1, .ack = 1, .ms = 200);
    SHARK(w, "zero_window_probe");
    SEEN(w, "window-probe");
    SAY(w, B, .seq = 1, .ack = 101, .wnd = SHUT);
    SHARK(w, "zero_window zero_window_probe_ack");
    SAY(w, B, .seq = 1, .ack = 101, .wnd = 5000);
    SHARK(w, "window_update");
    SEEN(w, "window-opened window-update");
}

SCENE(analysis, a_window_full_at_its_furthest_edge)
{
    SAY(w, A, .flags = TCPSEG_SYN, .present = TCPSEG_HAS_WSCALE, .wscale = 2,
        .wnd = 50);
    SAY(w, B, .flags = TCPSEG_SYN, .ack = 1, .present = TCPSEG_HAS_WSCALE,
        .wscale = 3, .wnd = 50);
    SAY(w, A, .seq = 1, .ack = 1, .wnd = 50);
    SAY(w, B, .seq = 1, .ack = 1, .wnd = 100);
    SAY(w, A, .seq = 1, .len = 799, .ack = 1, .wnd = 50);
    SHARK(w, "");
    SAY(w, A, .seq = 800, .len = 1, .ack = 1, .wnd = 50);
    SHARK(w, "window_full");
    SAY(w, B, .seq = 1, .len = 200, .ack = 801, .wnd = 100);
    SHARK(w, "window_full");
    SEEN(w, "window-full");
}

SCENE(analysis, keep_alives)
{
    wire_open(w);
    SAY(w, A, .seq = 1, .len = 100, .ack = 1);
    SAY(w, B, .seq = 1, .ack = 101);
    for (int i = 0; i < 3; i++) {
        SAY(w, A, .seq = 100, .len = (uint32_t)(i & 1), .ack = 1, .ms = 60000);
        SHARK(w, "keep_alive");
        SEEN(w, "keep-alive");
        SAY(w, B, .seq = 1, .ack = 101);
        SHARK(w, "keep_alive_ack");
        SEEN(w, "keep-alive-ack");
    }
}

/* ---- beginnings ---- */

SCENE(analysis, a_second_conversation)
{
    wire_open(w);
    SAY(w, A, .flags = TCPSEG_RST, .seq = 1);
    SAME(told(w).completeness, 39);
    w->iss[A] += 100000;
    w->iss[B] += 100000;
    SAY(w, A, .flags = TCPSEG_SYN, .ms = 1000);
    SHARK(w, "reused_ports");
    SAME(told(w).completeness, 1);
    cr_expect_str_eq(told(w).history, "S");
    SAY(w, B, .flags = TCPSEG_SYN, .ack = 1);
    SHARK(w, "");
    SAME(told(w).completeness, 3);
    SAME(told(w).zeek_state, TCPCONN_ZEEK_S1);
}

SCENE(analysis, fast_open)
{
    SAY(w, A, .flags = TCPSEG_SYN, .len = 10, .present = TCPSEG_HAS_FASTOPEN,
        .fastopen_len = 8);
    SHARK(w, "tfo_syn");
    SAME(told(w).completeness, 9);
    SAY(w, B, .flags = TCPSEG_SYN, .ack = 11);
    SHARK(w, "tfo_ack");
}

SCENE(analysis, fast_open_ignored)
{
    SAY(w, A, .flags = TCPSEG_SYN, .len = 10, .present = TCPSEG_HAS_FASTOPEN,
        .fastopen_len = 8);
    SAY(w, B, .flags = TCPSEG_SYN, .ack = 1);
    SHARK(w, "tfo_ignored");
}

SCENE(analysis, picked_up_in_the_middle)
{
    SAY(w, A, .seq = 5000, .len = 100, .ack = 700);
    SHARK(w, "");
    SAME(told(w).completeness, 0);
    SAY(w, B, .seq = 700, .ack = 5100);
    SHARK(w, "");
    SAME(told(w).completeness, 4);
    SAME(told(w).initial_rtt, 0);
    SAME(told(w).zeek_state, TCPCONN_ZEEK_OTH);
    cr_expect_str_eq(told(w).history, "Da");
}

/* ---- numbers that do not fit ---- */

/* Of more in flight than there is room for, the oldest and the newest are known. */
SCENE(analysis, many_in_flight)
{
    uint32_t trips = 0;

    wire_open(w);
    for (uint32_t i = 0; i < 100; i++) {
        SAY(w, A, .seq = 1 + 100 * i, .len = 100, .ack = 1, .ms = 1);
        SAME(told(w).bytes_in_flight, 100 * (i + 1));
    }
    for (uint32_t i = 0; i < 100; i++) {
        SAY(w, B, .seq = 1, .ack = 101 + 100 * i, .ms = 1);
        trips += told(w).ack_rtt != 0;
        if (told(w).ack_rtt)
            SAME(told(w).ack_rtt, 100 * MS);
    }
    SAME(trips, 16);
    SAY(w, A, .seq = 10001, .len = 100, .ack = 1);
    SAME(told(w).bytes_in_flight, 100);
}

SCENE(analysis, bytes_since_the_last_push)
{
    wire_open(w);
    SAY(w, A, .seq = 1, .len = 100, .ack = 1);
    SAME(told(w).push_bytes, 100);
    SAY(w, A, .flags = TCPSEG_PSH, .seq = 101, .len = 50, .ack = 1);
    SAME(told(w).push_bytes, 150);
    SAY(w, A, .seq = 151, .len = 7, .ack = 1);
    SAME(told(w).push_bytes, 7);
}

/* A forged segment is Wireshark's business, but proves nothing. */
SCENE(analysis, refused_segments_prove_nothing)
{
    wire_open(w);
    SAY(w, A, .seq = 1, .len = 100, .ack = 1);
    SAY(w, A, .seq = 1000000, .len = 100, .ack = 1);
    SAME(w->report.verdict, TCPCONN_REJECTED);
    SHARK(w, "lost_segment");
    SEEN(w, "");
    SAY(w, A, .seq = 101, .len = 100, .ack = 1, .ms = 50);
    SHARK(w, "retransmission");
    SEEN(w, "");
}

/* ---- Zeek's words ---- */

struct step {
    int who;
    struct words words;
};

#define SYN TCPSEG_SYN
#define FIN TCPSEG_FIN
#define RST TCPSEG_RST

/* clang-format off */
static const struct {
    const char *history;
    uint8_t state;
    struct step steps[8];
} zeek[] = {
    { "S",  TCPCONN_ZEEK_S0, { {A, {.flags = SYN}} } },
    { "S",  TCPCONN_ZEEK_S0, { {A, {.flags = SYN}}, {A, {.flags = SYN, .ms = 1000}} } },
    { "Sr", TCPCONN_ZEEK_REJ, { {A, {.flags = SYN}}, {B, {.flags = RST, .ack = 1}} } },
    { "SR", TCPCONN_ZEEK_RSTOS0, { {A, {.flags = SYN}}, {A, {.flags = RST, .seq = 1}} } },
    { "SF", TCPCONN_ZEEK_SH, { {A, {.flags = SYN}}, {A, {.flags = FIN, .seq = 1, .ack = 1}} } },
    { "Sh", TCPCONN_ZEEK_S1, { {A, {.flags = SYN}}, {B, {.flags = SYN, .ack = 1}} } },
    { "ShADd", TCPCONN_ZEEK_S1, { {A, {.flags = SYN}}, {B, {.flags = SYN, .ack = 1}}, {A, {.seq = 1, .ack = 1}},
        {A, {.seq = 1, .len = 9, .ack = 1}}, {B, {.seq = 1, .len = 9, .ack = 10}} } },
    { "ShAF", TCPCONN_ZEEK_S2, { {A, {.flags = SYN}}, {B, {.flags = SYN, .ack = 1}}, {A, {.seq = 1, .ack = 1}},
        {A, {.flags = FIN, .seq = 1, .ack = 1}} } },
    { "ShAf", TCPCONN_ZEEK_S3, { {A, {.flags = SYN}}, {B, {.flags = SYN, .ack = 1}}, {A, {.seq = 1, .ack = 1}},
        {B, {.flags = FIN, .seq = 1, .ack = 1}} } },
    { "ShAFf", TCPCONN_ZEEK_SF, { {A, {.flags = SYN}}, {B, {.flags = SYN, .ack = 1}}, {A, {.seq = 1, .ack = 1}},
        {A, {.flags = FIN, .seq = 1, .ack = 1}}, {B, {.flags = FIN, .seq = 1, .ack = 2}}, {A, {.seq = 2, .ack = 2}} } },
    { "ShADR", TCPCONN_ZEEK_RSTO, { {A, {.flags = SYN}}, {B, {.flags = SYN, .ack = 1}}, {A, {.seq = 1, .ack = 1}},
        {A, {.seq = 1, .len = 5, .ack = 1}}, {A, {.flags = RST, .seq = 6}} } },
    { "ShADr", TCPCONN_ZEEK_RSTR, { {A, {.flags = SYN}}, {B, {.flags = SYN, .ack = 1}}, {A, {.seq = 1, .ack = 1}},
        {A, {.seq = 1, .len = 5, .ack = 1}}, {B, {.flags = RST, .seq = 1}} } },
    { "ShAFr", TCPCONN_ZEEK_SF, { {A, {.flags = SYN}}, {B, {.flags = SYN, .ack = 1}}, {A, {.seq = 1, .ack = 1}},
        {A, {.flags = FIN, .seq = 1, .ack = 1}}, {B, {.flags = RST, .seq = 1}} } },
    { "Hr", TCPCONN_ZEEK_REJ, { {B, {.flags = SYN, .ack = 1}}, {A, {.flags = RST, .seq = 1}} } },
    { "^hADa", TCPCONN_ZEEK_S1, { {B, {.flags = SYN, .ack = 1}}, {A, {.seq = 1, .ack = 1}},
        {A, {.seq = 1, .len = 9, .ack = 1}}, {B, {.seq = 1, .ack = 10}} } },
    { "^hdr", TCPCONN_ZEEK_RSTRH, { {B, {.flags = SYN, .ack = 1}}, {B, {.seq = 1, .len = 4, .ack = 1}}, {B, {.flags = RST, .seq = 5}} } },
    { "^hdf", TCPCONN_ZEEK_SHR, { {B, {.flags = SYN, .ack = 1}}, {B, {.seq = 1, .len = 4, .ack = 1}}, {B, {.flags = FIN, .seq = 5, .ack = 1}} } },
    { "DdA", TCPCONN_ZEEK_OTH, { {A, {.seq = 1, .len = 9, .ack = 1}}, {B, {.seq = 1, .len = 9, .ack = 10}}, {A, {.seq = 10, .ack = 10}} } },
    { "ShADT", TCPCONN_ZEEK_S1, { {A, {.flags = SYN}}, {B, {.flags = SYN, .ack = 1}}, {A, {.seq = 1, .ack = 1}},
        {A, {.seq = 1, .len = 5, .ack = 1}}, {A, {.seq = 1, .len = 5, .ack = 1}} } },
    { "ShAaw", TCPCONN_ZEEK_S1, { {A, {.flags = SYN}}, {B, {.flags = SYN, .ack = 1}}, {A, {.seq = 1, .ack = 1}},
        {B, {.seq = 1, .ack = 1, .wnd = SHUT}} } },
    { "ShAaG", TCPCONN_ZEEK_S1, { {A, {.flags = SYN}}, {B, {.flags = SYN, .ack = 1}}, {A, {.seq = 1, .ack = 1}},
        {B, {.seq = 1, .ack = 301}} } },
    { "QSF", TCPCONN_ZEEK_SH, { {A, {.flags = SYN | FIN}} } },
    { "ShAifr", TCPCONN_ZEEK_RSTR, { {A, {.flags = SYN}}, {B, {.flags = SYN, .ack = 1}}, {A, {.seq = 1, .ack = 1}},
        {B, {.flags = FIN | RST, .seq = 1, .ack = 1}} } },
    { "CS", TCPCONN_ZEEK_S0, { {A, {.flags = SYN, .checksum_status = TCPSEG_CHECKSUM_BAD}}, {A, {.flags = SYN}} } },
};
/* clang-format on */

Test(analysis, zeeks_histories_and_states)
{
    for (unsigned i = 0; i < sizeof zeek / sizeof *zeek; i++) {
        struct wire w;
        tcpconn_analysis a;

        wire_set_up(&w, TCPCONN_WITH_ANALYSIS);
        for (unsigned k = 0; k < 8; k++) {
            const struct words *words = &zeek[i].steps[k].words;

            if (words->flags || words->ack)
                wire_say(&w, zeek[i].steps[k].who, words);
        }
        a = told(&w);
        cr_expect_str_eq(a.history, zeek[i].history, "%u: %s, not %s", i,
                         a.history, zeek[i].history);
        cr_expect_eq(a.zeek_state, zeek[i].state, "%s: %s, not %s",
                     zeek[i].history, tcpconn_zeek_state_name(a.zeek_state),
                     tcpconn_zeek_state_name(zeek[i].state));
    }
}

/* What may come often is told the 1st, 10th and 100th time. */
SCENE(analysis, a_history_counts_by_tens)
{
    wire_open(w);
    SAY(w, A, .seq = 1, .len = 100, .ack = 1);
    for (unsigned i = 0; i < 120; i++)
        SAY(w, A, .seq = 1, .len = 100, .ack = 1);
    cr_expect_str_eq(told(w).history, "ShADTTT");
}

SCENE(analysis, a_history_has_an_end)
{
    wire_open(w);
    for (unsigned i = 0; i < 100; i++)
        SAY(w, i % 2 ? A : B, .flags = TCPSEG_RST, .seq = 2000000 + i);
    SAME(strlen(told(w).history), 31);
}

/* ---- the part itself ---- */

Test(analysis, sizes_and_misuse)
{
    unsigned char mem[2048], *at = mem + (-(uintptr_t)mem & 7);
    tcpconn_analysis a;
    tcpconn *conn;

    cr_expect_leq(tcpconn_size(TCPCONN_WITH_ANALYSIS) - tcpconn_size(0), 1024);
    cr_expect_eq(tcpconn_size(TCPCONN_WITH_ANALYSIS | TCPCONN_WITH_STATS) +
                     tcpconn_size(0),
                 tcpconn_size(TCPCONN_WITH_ANALYSIS) +
                     tcpconn_size(TCPCONN_WITH_STATS));
    SAME(tcpconn_init(at, sizeof mem - 8, 0, &conn), TCPSEG_OK);
    SAME(tcpconn_get_analysis(conn, &a, sizeof a), TCPSEG_ERR_STATE);
    SAME(tcpconn_get_analysis(NULL, &a, sizeof a), TCPSEG_ERR_ARG);
    SAME(tcpconn_init(at, sizeof mem - 8, TCPCONN_WITH_ANALYSIS, &conn),
         TCPSEG_OK);
    SAME(tcpconn_get_analysis(conn, NULL, sizeof a), TCPSEG_ERR_ARG);
    SAME(tcpconn_get_analysis(conn, &a, sizeof a), sizeof a);
    SAME(a.segment, 0);
    SAME(a.zeek_state, TCPCONN_ZEEK_OTH);
    cr_expect_str_eq(a.history, "");
}

Test(analysis, every_bit_has_a_name_and_a_sentence)
{
    for (unsigned i = 0; i < 70; i++) {
        bool is_one =
            i <= TCPCONN_ANALYSIS_TFO_IGNORED ||
            (i >= TCPCONN_SEEN_GAP && i <= TCPCONN_SEEN_CAPTURED_TWICE);

        cr_expect_eq(tcpconn_analysis_name(i) != NULL, is_one, "%u", i);
        cr_expect_eq(tcpconn_analysis_text(i) != NULL, is_one, "%u", i);
    }
    for (int i = -1; i < 16; i++)
        cr_expect_eq(tcpconn_zeek_state_name(i) != NULL, i >= 0 && i <= 12);
}

/* tcpconn_judge() says the same and keeps nothing. */
SCENE(analysis, judged_before_the_fact)
{
    tcpseg seg;
    tcpconn_report report;

    wire_open(w);
    SAY(w, A, .seq = 1, .len = 100, .ack = 1);
    seg = wire_segment(w, A, &(struct words){.seq = 1, .len = 100, .ack = 1});
    for (int i = 0; i < 2; i++) {
        tcpconn_judge(w->conn, w->env, A ^ w->swapped, &seg, NULL, w->now,
                      &report);
        SAME(report.analysis >> TCPCONN_SEEN_RESENT & 1, 1);
    }
    SAME(told(w).segment, 4);
    SAY(w, A, .seq = 1, .len = 100, .ack = 1, .ms = SHUT);
    SAME(memcmp(&w->report, &report, sizeof report), 0);
}
