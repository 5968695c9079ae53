/* The summary: numbers, what was offered and agreed on, how it ended. */
#include "wire.h"

/* ---- numbers ---- */

SCENE(summary, before_anything)
{
    tcpconn_summary sum = wire_summary(w);

    SAME(sum.parts, TCPCONN_WITH_STATS | TCPCONN_WITH_ANALYSIS);
    SAME(sum.why, 0);
    SAME(sum.assumed, 0);
    for (int i = 0; i < 2; i++) {
        SAME(sum.ep[i].state, TCPCONN_CLOSED);
        SAME(sum.ep[i].flags, 0);
        SAME(sum.ep[i].scale_low, 0);
        SAME(sum.ep[i].scale_high, 14);
        SAME(sum.ep[i].iss, 0);
        SAME(sum.ep[i].sent, 0);
    }
}

SCENE(summary, numbers)
{
    tcpconn_endpoint_summary a, b;
    const int sound = TCPCONN_EP_HEARD | TCPCONN_EP_PROVEN;

    tcpconn_set_tag(w->conn, 77);
    SAY(w, A, .flags = TCPSEG_SYN, .mss = 1460, .ttl = 64, .wnd = 5000);
    a = wire_end(w, A);
    SAME(a.iss, w->iss[A]);
    SAME(a.snd_una, w->iss[A]);
    SAME(a.snd_nxt, w->iss[A] + 1);
    SAME(a.state, TCPCONN_SYN_SENT);
    SAME(a.mss, 1460);
    SAME(a.ttl, 64);
    SAME(a.flags, sound | TCPCONN_EP_OPENER);
    SAME(a.sent, 0);
    SAME(a.rcv_nxt, 0);
    SAY(w, B, .flags = TCPSEG_SYN, .ack = 1, .wnd = 600, .ttl = 128);
    SAY(w, A, .seq = 1, .ack = 1, .wnd = 5000, .ttl = 64);
    SAY(w, A, .seq = 1, .len = 300, .ack = 1, .wnd = 5000, .ttl = 64);
    SAY(w, B, .seq = 1, .ack = 101, .wnd = 600, .ttl = 128);
    SAME(wire_summary(w).tag, 77);
    SAME(wire_summary(w).last, w->now);
    SAME(wire_summary(w).assumed, 0);
    a = wire_end(w, A);
    b = wire_end(w, B);
    SAME(a.snd_una, w->iss[A] + 101);
    SAME(a.snd_nxt, w->iss[A] + 301);
    SAME(a.rcv_nxt, w->iss[B] + 1);
    SAME(a.rcv_wnd, 5000);
    SAME(a.sent, 300);
    SAME(a.acked, 100);
    SAME(a.flags, sound | TCPCONN_EP_OPENER | TCPCONN_EP_WINDOW);
    SAME(a.sure, 1);
    SAME(b.iss, w->iss[B]);
    SAME(b.rcv_nxt, w->iss[A] + 301);
    SAME(b.rcv_wnd, 600);
    SAME(b.sent, 0);
    SAME(b.ttl, 128);
    SAME(b.flags, sound | TCPCONN_EP_WINDOW);
}

SCENE(summary, fins_are_no_bytes)
{
    tcpconn_endpoint_summary a;

    wire_open(w);
    SAY(w, A, .flags = TCPSEG_FIN, .seq = 1, .len = 300, .ack = 1);
    a = wire_end(w, A);
    SAME(a.sent, 300);
    SAME(a.acked, 0);
    SAME(a.flags & (TCPCONN_EP_FIN | TCPCONN_EP_FIN_ACKED), TCPCONN_EP_FIN);
    SAY(w, B, .seq = 1, .ack = 301);
    SAME(wire_end(w, A).flags & TCPCONN_EP_FIN_ACKED, 0);
    SAME(wire_end(w, A).acked, 300);
    SAY(w, B, .seq = 1, .ack = 302);
    a = wire_end(w, A);
    SAME(a.flags & TCPCONN_EP_FIN_ACKED, TCPCONN_EP_FIN_ACKED);
    SAME(a.sent, 300);
    SAME(a.acked, 300);
    SAME(wire_summary(w).why, 0);
    SAY(w, B, .flags = TCPSEG_FIN, .seq = 1, .ack = 302);
    SAY(w, A, .seq = 302, .ack = 2);
    SAME(wire_summary(w).why, TCPCONN_END_CLOSED);
}

SCENE(summary, more_bytes_than_there_are_numbers)
{
    const uint64_t most = UINT64_C(5) << 31;
    uint64_t total = 0;

    wire_open(w);
    while (total < most) {
        SAY(w, A, .seq = 1 + (uint32_t)total, .len = 65534, .ack = 1);
        total += 65534;
        SAY(w, B, .seq = 1, .ack = 1 + (uint32_t)total);
    }
    SAME(wire_end(w, A).sent, total);
    SAME(wire_end(w, A).acked, total);
    SAME(wire_stats(w, A).new_bytes, total);
    SAME(wire_stats(w, B).rejected, 0);
}

SCENE(summary, picked_up_in_the_middle)
{
    tcpconn_endpoint_summary a, b;

    SAY(w, A, .seq = 5000, .len = 100, .ack = 7000);
    a = wire_end(w, A);
    b = wire_end(w, B);
    SAME(wire_summary(w).assumed, 1);
    SAME(a.iss, w->iss[A] + 4999);
    SAME(a.snd_una, w->iss[A] + 5000);
    SAME(a.sent, 100);
    SAME(a.acked, 0);
    SAME(a.flags & (TCPCONN_EP_OPENER | TCPCONN_EP_PROVEN), 0);
    SAME(a.scale_low, 0);
    SAME(a.scale_high, 14);
    SAME(b.flags, 0);
    SAME(b.snd_nxt, w->iss[B] + 7000);
    SAY(w, B, .seq = 7000, .ack = 5100);
    SAY(w, A, .seq = 5100, .len = 100, .ack = 7000);
    SAY(w, B, .seq = 7000, .ack = 5200);
    SAME(wire_end(w, A).flags & TCPCONN_EP_PROVEN, TCPCONN_EP_PROVEN);
    SAME(wire_end(w, A).acked, 200);
}

SCENE(summary, endings)
{
    wire_open(w);
    SAY(w, B, .flags = TCPSEG_RST, .seq = 1, .ack = 1);
    SAME(wire_summary(w).why, TCPCONN_END_RESET);
}

SCENE(summary, silence)
{
    wire_open(w);
    tcpconn_tick(w->conn, w->env, UINT64_MAX / 2);
    SAME(wire_summary(w).why, TCPCONN_END_TIMED_OUT);
}

SCENE(summary, a_doubted_rst)
{
    wire_open(w);
    SAY(w, A, .flags = TCPSEG_RST, .seq = 500);
    SAME(wire_end(w, A).flags & TCPCONN_EP_RST_DOUBTED, TCPCONN_EP_RST_DOUBTED);
    SAME(wire_end(w, B).flags & TCPCONN_EP_RST_DOUBTED, 0);
}

SCENE(summary, both_open)
{
    SAY(w, A, .flags = TCPSEG_SYN);
    SAY(w, B, .flags = TCPSEG_SYN);
    SAME(wire_summary(w).split, 1);
    SAME(wire_end(w, A).flags & TCPCONN_EP_OPENER, TCPCONN_EP_OPENER);
    SAME(wire_end(w, B).flags & TCPCONN_EP_OPENER, TCPCONN_EP_OPENER);
}

SCENE(summary, whose_syn_was_not_captured_is_no_opener)
{
    SAY(w, A, .flags = TCPSEG_SYN);
    SAY(w, B, .seq = 1, .len = 10, .ack = 1);
    SAME(wire_summary(w).split, 0);
    SAME(wire_end(w, A).flags & TCPCONN_EP_OPENER, TCPCONN_EP_OPENER);
    SAME(wire_end(w, B).flags & TCPCONN_EP_OPENER, 0);
}

/* ---- options ---- */

/* What either end offers, and what they agree on. */
static void check_offers(struct wire *w, unsigned a, unsigned b, int sack,
                         int wscale, int timestamps)
{
    tcpconn_summary sum;

    SAY(w, A, .flags = TCPSEG_SYN, .present = a, .wscale = 3);
    SAME(wire_summary(w).sack, 0);
    SAY(w, B, .flags = TCPSEG_SYN, .ack = 1, .present = b, .wscale = 7);
    sum = wire_summary(w);
    SAME(sum.sack, sack);
    SAME(sum.wscale, wscale);
    SAME(sum.timestamps, timestamps);
    SAME(wire_end(w, A).scale_low, wscale ? 3 : 0);
    SAME(wire_end(w, A).scale_high, wscale ? 3 : 0);
    SAME(wire_end(w, B).scale_low, wscale ? 7 : 0);
    SAME(wire_end(w, B).scale_high, wscale ? 7 : 0);
}

enum {
    SACK = TCPSEG_HAS_SACK_PERMITTED,
    SCALE = TCPSEG_HAS_WSCALE,
    STAMP = TCPSEG_HAS_TIMESTAMPS
};

SCENE(summary, all_agreed)
{
    const int offers =
        TCPCONN_OFFER_SACK | TCPCONN_OFFER_WSCALE | TCPCONN_OFFER_TIMESTAMPS;

    check_offers(w, SACK | SCALE | STAMP, SACK | SCALE | STAMP, 1, 1, 1);
    SAME(wire_end(w, A).offered, offers);
    SAME(wire_end(w, B).offered, offers);
}

SCENE(summary, offered_by_one)
{
    check_offers(w, SACK | STAMP, SCALE | SACK, 1, 0, 0);
    SAME(wire_end(w, A).offered, TCPCONN_OFFER_SACK | TCPCONN_OFFER_TIMESTAMPS);
    SAME(wire_end(w, B).offered, TCPCONN_OFFER_SACK | TCPCONN_OFFER_WSCALE);
}

SCENE(summary, the_answer_alone_was_seen)
{
    SAY(w, B, .flags = TCPSEG_SYN, .ack = 1, .present = SACK | SCALE,
        .wscale = 7);
    SAME(wire_summary(w).sack, 1);
    SAME(wire_summary(w).wscale, 1);
    SAME(wire_summary(w).timestamps, 0);
    SAME(wire_end(w, B).scale_low, 7);
    SAME(wire_end(w, A).scale_low, 0);
    SAME(wire_end(w, A).scale_high, 14);
    SAME(wire_end(w, A).flags, TCPCONN_EP_OPENER);
    SAME(wire_end(w, B).flags & TCPCONN_EP_PROVEN, TCPCONN_EP_PROVEN);
}

SCENE(summary, timestamps)
{
    SAY(w, A, .flags = TCPSEG_SYN, .tsval = 100);
    SAME(wire_end(w, B).ts_recent, 0); /* not agreed on yet */
    SAY(w, B, .flags = TCPSEG_SYN, .ack = 1, .tsval = 900, .tsecr = 100);
    SAME(wire_end(w, B).ts_recent, 100);
    SAME(wire_end(w, A).ts_recent, 900);
}

/* ---- ECN ---- */

static const unsigned ace[8] = {
    0,
    TCPSEG_ECE,
    TCPSEG_CWR,
    TCPSEG_CWR | TCPSEG_ECE,
    TCPSEG_AE,
    TCPSEG_AE | TCPSEG_ECE,
    TCPSEG_AE | TCPSEG_CWR,
    TCPSEG_AE | TCPSEG_CWR | TCPSEG_ECE,
};

/* RFC 9768 section 3.1, Table 2: rows by the SYN, columns by the SYN,ACK. "n"one,
 * "c"lassic, or the IP-ECN field that the SYN,ACK reports. */
static const char *const table[8] = {
    [0] = "nnnnnnnn", [1] = "nnnnnnnn", [2] = "nnnnnnnn", [3] = "ncnnncnn",
    [4] = "nnnnnnnn", [5] = "nnnnnnnn", [6] = "nnnnnnnn", [7] = "nc012c3n",
};

static void check_ecn(unsigned syn, unsigned syn_ack, char want)
{
    struct wire w;
    tcpconn_summary sum;
    int accurate = want >= '0' && want <= '3';

    wire_set_up(&w, 0);
    SAY(&w, A, .flags = TCPSEG_SYN | ace[syn]);
    SAME(wire_summary(&w).ecn,
         syn == 3 || syn == 7 ? TCPCONN_ECN_OFFERED : TCPCONN_ECN_NONE);
    SAY(&w, B, .flags = TCPSEG_SYN | ace[syn_ack], .ack = 1);
    sum = wire_summary(&w);
    cr_expect_eq(sum.ecn,
                 accurate      ? TCPCONN_ECN_ACCURATE
                 : want == 'c' ? TCPCONN_ECN_CLASSIC
                               : TCPCONN_ECN_NONE,
                 "SYN %u, SYN,ACK %u: %u", syn, syn_ack, sum.ecn);
    SAME(sum.syn_ecn, accurate ? want - '0' : 0);
    SAME(sum.ep[0].offered, syn == 7   ? TCPCONN_OFFER_ACCECN
                            : syn == 3 ? TCPCONN_OFFER_ECN
                                       : 0);
    SAME(sum.ep[1].offered, accurate      ? TCPCONN_OFFER_ACCECN
                            : want == 'c' ? TCPCONN_OFFER_ECN
                                          : 0);
}

Test(summary, every_ecn_handshake)
{
    for (unsigned syn = 0; syn < 8; syn++)
        for (unsigned answer = 0; answer < 8; answer++)
            check_ecn(syn, answer, table[syn][answer]);
}

/* ---- Fast Open ---- */

enum { TFO = TCPSEG_HAS_FASTOPEN };

SCENE(summary, a_cookie_is_asked_for_and_given)
{
    SAY(w, A, .flags = TCPSEG_SYN, .present = TFO);
    SAME(wire_summary(w).fastopen, TCPCONN_FASTOPEN_REQUESTED);
    SAME(wire_end(w, A).offered, TCPCONN_OFFER_FASTOPEN_REQUEST);
    SAY(w, B, .flags = TCPSEG_SYN, .ack = 1, .present = TFO, .fastopen_len = 8);
    SAME(wire_summary(w).fastopen, TCPCONN_FASTOPEN_GRANTED);
    SAME(wire_end(w, B).offered, TCPCONN_OFFER_FASTOPEN_COOKIE);
}

SCENE(summary, a_cookie_is_asked_for_in_vain)
{
    SAY(w, A, .flags = TCPSEG_SYN, .present = TFO);
    SAY(w, B, .flags = TCPSEG_SYN, .ack = 1);
    SAME(wire_summary(w).fastopen, TCPCONN_FASTOPEN_REQUESTED);
}

SCENE(summary, data_in_the_syn_is_taken)
{
    SAY(w, A, .flags = TCPSEG_SYN, .len = 20, .present = TFO,
        .fastopen_len = 8);
    SAME(wire_summary(w).fastopen, TCPCONN_FASTOPEN_TRIED);
    SAY(w, B, .flags = TCPSEG_SYN, .ack = 21);
    SAME(wire_summary(w).fastopen, TCPCONN_FASTOPEN_ACCEPTED);
    SAME(wire_end(w, A).acked, 20);
}

SCENE(summary, data_in_the_syn_is_ignored)
{
    SAY(w, A, .flags = TCPSEG_SYN, .len = 20, .present = TFO,
        .fastopen_len = 8);
    SAY(w, B, .flags = TCPSEG_SYN, .ack = 1);
    SAME(wire_summary(w).fastopen, TCPCONN_FASTOPEN_IGNORED);
    SAME(wire_end(w, A).acked, 0);
}

SCENE(summary, a_cookie_without_data_tells_nothing)
{
    SAY(w, A, .flags = TCPSEG_SYN, .present = TFO, .fastopen_len = 8);
    SAY(w, B, .flags = TCPSEG_SYN, .ack = 1);
    SAME(wire_summary(w).fastopen, TCPCONN_FASTOPEN_TRIED);
}

SCENE(summary, no_fast_open)
{
    SAY(w, A, .flags = TCPSEG_SYN, .len = 20);
    SAY(w, B, .flags = TCPSEG_SYN, .ack = 1);
    SAME(wire_summary(w).fastopen, TCPCONN_FASTOPEN_NONE);
}

/* ---- the call ---- */

Test(summary, sizes_and_misuse)
{
    struct wire w;
    tcpconn_summary sum;
    unsigned char larger[sizeof sum + 16];

    wire_set_up(&w, 0);
    SAME(wire_summary(&w).parts, 0);
    SAME(tcpconn_get_summary(NULL, &sum, sizeof sum), TCPSEG_ERR_ARG);
    SAME(tcpconn_get_summary(w.conn, NULL, 0), TCPSEG_ERR_ARG);
    tcpconn_set_tag(w.conn, 5);
    memset(&sum, 0xee, sizeof sum);
    SAME(tcpconn_get_summary(w.conn, &sum, 8), sizeof sum);
    SAME(sum.tag, 5);
    SAME(sum.parts, 0xeeeeeeee); /* not the caller's */
    memset(larger, 0xee, sizeof larger);
    SAME(tcpconn_get_summary(w.conn, (void *)larger, sizeof larger),
         sizeof sum);
    for (size_t i = sizeof sum; i < sizeof larger; i++)
        SAME(larger[i], 0);
    memset(w.mem, 0, sizeof w.mem);
    SAME(tcpconn_get_summary(w.conn, &sum, sizeof sum), TCPSEG_ERR_STATE);
}
