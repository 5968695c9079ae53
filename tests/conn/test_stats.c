/* The counters: what is new, what was sent before, windows, ACKs. */
#include "judge_int.h"
#include "wire.h"

/* ---- bytes ---- */

SCENE(stats, a_whole_connection)
{
    tcpconn_stats a, b;

    wire_open(w);
    SAY(w, A, .seq = 1, .len = 100, .ack = 1);
    SAY(w, B, .seq = 1, .ack = 101);
    SAY(w, B, .flags = TCPSEG_FIN, .seq = 1, .len = 50, .ack = 101);
    SAY(w, A, .flags = TCPSEG_FIN, .seq = 101, .ack = 52);
    SAY(w, B, .seq = 52, .ack = 102);
    a = wire_stats(w, A);
    b = wire_stats(w, B);
    SAME(a.segments, 4);
    SAME(a.bytes, 100);
    SAME(a.new_segments, 3); /* SYN, text, FIN */
    SAME(a.new_bytes, 100);
    SAME(a.acks, 1);
    SAME(b.segments, 4);
    SAME(b.new_segments, 2);
    SAME(b.new_bytes, 50);
    SAME(b.acks, 2);
    SAME(a.resent_segments + b.resent_segments, 0);
    SAME(a.rejected + b.rejected, 0);
    SAME(a.duplicate_acks + b.duplicate_acks, 0);
    SAME(a.in_flight + b.in_flight, 0);
}

SCENE(stats, sent_again_in_part_and_whole)
{
    tcpconn_stats a;

    wire_open(w);
    SAY(w, A, .seq = 1, .len = 100, .ack = 1);
    SAY(w, A, .seq = 1, .len = 100, .ack = 1);
    SAY(w, A, .seq = 51, .len = 100, .ack = 1);
    SAY(w, A, .flags = TCPSEG_FIN, .seq = 51, .len = 100, .ack = 1);
    SAY(w, A, .flags = TCPSEG_FIN, .seq = 151, .ack = 1);
    a = wire_stats(w, A);
    SAME(a.bytes, 400);
    SAME(a.new_bytes, 150);
    SAME(a.resent_bytes, 250);
    SAME(a.new_segments, 4); /* with the SYN, and the FIN once */
    SAME(a.resent_segments, 2);
}

SCENE(stats, a_syn_sent_again_is_not_new)
{
    SAY(w, A, .flags = TCPSEG_SYN);
    SAY(w, A, .flags = TCPSEG_SYN, .ms = 1000);
    SAY(w, B, .flags = TCPSEG_SYN, .ack = 1);
    SAY(w, B, .flags = TCPSEG_SYN, .ack = 1, .ms = 1000);
    SAME(wire_stats(w, A).new_segments, 1);
    SAME(wire_stats(w, A).resent_segments, 1);
    SAME(wire_stats(w, B).new_segments, 1);
    SAME(wire_stats(w, B).resent_segments, 1);
    SAME(wire_stats(w, A).resent_bytes, 0);
}

SCENE(stats, overtaken_is_not_sent_again)
{
    tcpconn_stats a;

    wire_open(w);
    SAY(w, A, .seq = 301, .len = 100, .ack = 1); /* 4th */
    SAY(w, A, .seq = 101, .len = 100, .ack = 1); /* 2nd */
    SAY(w, A, .seq = 201, .len = 100, .ack = 1); /* 3rd */
    SAY(w, A, .seq = 1, .len = 100, .ack = 1);   /* 1st */
    a = wire_stats(w, A);
    SAME(a.new_bytes, 400);
    SAME(a.resent_bytes, 0);
    SAME(a.queued, 3);
    SAY(w, A, .seq = 1, .len = 400, .ack = 1);
    a = wire_stats(w, A);
    SAME(a.new_bytes, 400);
    SAME(a.resent_bytes, 400);
    SAME(a.resent_segments, 1);
}

SCENE(stats, an_ack_that_overtakes_text)
{
    wire_open(w);
    SAY(w, A, .seq = 101, .ack = 1);
    SAY(w, A, .seq = 1, .len = 100, .ack = 1);
    SAME(wire_stats(w, A).new_bytes, 100);
    SAME(wire_stats(w, A).resent_bytes, 0);
}

/* A hole in the middle of a hole, and a segment that lies over its edges. */
SCENE(stats, holes_are_split_and_filled)
{
    tcpconn_stats a;

    wire_open(w);
    SAY(w, A, .seq = 1001, .len = 10, .ack = 1);
    SAY(w, A, .seq = 401, .len = 100, .ack = 1);
    SAY(w, A, .seq = 301, .len = 300, .ack = 1);
    a = wire_stats(w, A);
    SAME(a.new_bytes, 310);
    SAME(a.resent_bytes, 100);
    SAY(w, A, .seq = 1, .len = 1010, .ack = 1);
    a = wire_stats(w, A);
    SAME(a.new_bytes, 1010);
    SAME(a.resent_bytes, 410);
}

SCENE(stats, more_holes_than_are_kept)
{
    tcpconn_stats a;

    wire_open(w);
    for (uint32_t i = 1; i <= 12; i++)
        SAY(w, A, .seq = 1 + 20 * i, .len = 10, .ack = 1);
    SAME(wire_stats(w, A).new_bytes, 120);
    SAY(w, A, .seq = 1, .len = 250, .ack = 1);
    a = wire_stats(w, A);
    /* Eight holes of ten: the first four count as sent before. */
    SAME(a.new_bytes, 200);
    SAME(a.resent_bytes, 170);
}

SCENE(stats, the_oldest_holes_are_given_up_first)
{
    wire_open(w);
    for (uint32_t i = 1; i <= 12; i++)
        SAY(w, A, .seq = 1 + 20 * i, .len = 10, .ack = 1);
    SAY(w, A, .seq = 231, .len = 10, .ack = 1);
    SAME(wire_stats(w, A).new_bytes, 130);
    SAY(w, A, .seq = 1, .len = 100, .ack = 1);
    SAME(wire_stats(w, A).new_bytes, 130 + 10);
}

/* The same numbers, 2^32 bytes later. */
SCENE(stats, holes_of_another_lap)
{
    uint64_t sent = 100, lap = UINT64_C(1) << 32;
    tcpconn_stats before;

    wire_open(w);
    while (sent < lap + 1000) {
        SAY(w, A, .seq = 1 + (uint32_t)sent, .len = 65534, .ack = 1);
        sent += 65534;
        SAY(w, B, .seq = 1, .ack = 1 + (uint32_t)sent);
    }
    before = wire_stats(w, A);
    SAME(SAY(w, A, .seq = 1, .len = 100, .ack = 1), TCPCONN_DUPLICATE);
    SAME(wire_stats(w, A).new_bytes, before.new_bytes);
    SAME(wire_stats(w, A).resent_bytes, 100);
}

SCENE(stats, another_syn)
{
    SAY(w, A, .flags = TCPSEG_SYN);
    SAY(w, A, .flags = TCPSEG_SYN, .seq = 5000);
    SAME(wire_stats(w, A).new_segments, 2);
    SAME(wire_stats(w, A).resent_segments, 0);
    SAY(w, B, .flags = TCPSEG_SYN, .ack = 5001);
    SAME(wire_stats(w, A).rtt_samples, 0);
    SAY(w, A, .seq = 5001, .ack = 1);
    SAY(w, A, .seq = 5001, .len = 100, .ack = 1);
    SAME(wire_stats(w, A).new_bytes, 100);
    SAME(wire_stats(w, A).in_flight, 100);
}

/* One segment far from the SYN may be forged, the next one that goes on is not. */
SCENE(stats, what_is_not_believed_so_far)
{
    SAY(w, A, .flags = TCPSEG_SYN);
    SAY(w, A, .seq = 1000000, .len = 100, .ack = 1);
    SAME(wire_stats(w, A).segments, 2);
    SAME(wire_stats(w, A).new_bytes, 0);
    SAY(w, A, .seq = 1000100, .len = 100, .ack = 1);
    SAME(wire_stats(w, A).new_bytes, 100);
}

SCENE(stats, forged_segments_bend_nothing)
{
    tcpconn_stats before, after;

    wire_open(w);
    SAY(w, A, .seq = 1, .len = 100, .ack = 1);
    before = wire_stats(w, A);
    SAME(SAY(w, A, .seq = 0x40000000, .len = 1000, .ack = 1), TCPCONN_REJECTED);
    SAME(SAY(w, A, .seq = 0x90000000, .len = 60000, .ack = 1, .wnd = SHUT),
         TCPCONN_DUPLICATE);
    SAME(SAY(w, A, .seq = 101, .len = 10, .ack = 1, .wnd = 1,
             .checksum_status = TCPSEG_CHECKSUM_BAD),
         TCPCONN_REJECTED);
    after = wire_stats(w, A);
    SAME(after.segments, before.segments + 3);
    SAME(after.bytes, before.bytes + 61010);
    SAME(after.rejected, 2);
    SAME(after.checks[TCPCONN_CHECK_BAD_CHECKSUM], 1);
    SAME(after.checks[TCPCONN_CHECK_BEYOND_WINDOW] +
                 after.checks[TCPCONN_CHECK_OLD_SEQUENCE] +
                 after.checks[TCPCONN_CHECK_ACK_TOO_OLD] >
             0,
         1);
    SAME(after.new_bytes, before.new_bytes);
    SAME(after.new_segments, before.new_segments);
    SAME(after.resent_bytes, 0);
    SAME(after.in_flight, 100);
    SAME(after.in_flight_max, 100);
    SAME(after.zero_windows, 0);
    SAME(after.window_min, 65535);
}

SCENE(stats, what_is_no_segment)
{
    tcpseg junk;

    memset(&junk, 0, sizeof junk);
    junk.error = TCPSEG_ERR_OFFSET;
    wire_open(w);
    tcpconn_feed(w->conn, w->env, A ^ w->swapped, &junk, NULL, w->now, NULL);
    SAME(wire_stats(w, A).segments, 2);
    SAME(wire_stats(w, A).malformed, 1);
    SAME(wire_stats(w, A).checks[TCPCONN_CHECK_BAD_OFFSET], 1);
}

SCENE(stats, a_copy_of_the_capture_is_in_no_other_counter)
{
    tcpconn_stats before, after;

    wire_open(w);
    SAY(w, A, .seq = 1, .len = 100, .ack = 1, .ip_id = 7);
    before = wire_stats(w, A);
    SAY(w, A, .seq = 1, .len = 100, .ack = 1, .ip_id = 7, .ms = SHUT);
    after = wire_stats(w, A);
    SAME(after.captured_twice, 1);
    after.captured_twice = 0;
    SAME(memcmp(&after, &before, sizeof after), 0);
    SAY(w, A, .seq = 1, .len = 100, .ack = 1, .ip_id = 8, .ms = SHUT);
    SAME(wire_stats(w, A).captured_twice, 1);
    SAME(wire_stats(w, A).resent_bytes, 100);
}

SCENE(stats, dropped_by_the_caller)
{
    tcpseg seg;

    wire_open(w);
    seg = wire_segment(w, A, &(struct words){.seq = 1, .len = 9, .ack = 1});
    SAME(tcpconn_drop(w->conn, w->env, A ^ w->swapped, &seg, w->now), 0);
    SAME(wire_stats(w, A).dropped, 1);
    SAME(wire_stats(w, A).segments, 2);
    SAME(wire_stats(w, B).dropped, 0);
}

/* ---- verdicts settled later ---- */

SCENE(stats, refused_and_taken_after_all)
{
    tcpconn_stats a;

    SAY(w, A, .flags = TCPSEG_SYN);
    SAY(w, B, .flags = TCPSEG_SYN, .ack = 1, .wnd = 100);
    SAY(w, A, .seq = 1, .ack = 1);
    SAY(w, A, .seq = 1, .len = 100, .ack = 1);
    SAME(SAY(w, A, .seq = 101, .len = 50, .ack = 1), TCPCONN_REJECTED);
    a = wire_stats(w, A);
    SAME(a.rejected, 1);
    SAME(a.new_bytes, 100);
    SAY(w, B, .seq = 1, .ack = 151, .wnd = 100);
    a = wire_stats(w, A);
    SAME(a.rejected, 0);
    SAME(a.new_bytes, 150);
    SAME(a.new_segments, 3);
}

/* Of what the tap missed before it, nothing is counted. */
SCENE(stats, refused_behind_a_gap_and_taken_after_all)
{
    SAY(w, A, .flags = TCPSEG_SYN);
    SAY(w, B, .flags = TCPSEG_SYN, .ack = 1, .wnd = 100);
    SAY(w, A, .seq = 1, .ack = 1);
    SAY(w, A, .seq = 1, .len = 100, .ack = 1);
    SAME(SAY(w, A, .seq = 201, .len = 50, .ack = 1), TCPCONN_REJECTED);
    SAY(w, B, .seq = 1, .ack = 251, .wnd = 100);
    SAME(wire_stats(w, A).rejected, 0);
    SAME(wire_stats(w, A).new_bytes, 150);
}

SCENE(stats, taken_and_refused_after_all)
{
    SAY(w, A, .flags = TCPSEG_SYN);
    SAY(w, B, .flags = TCPSEG_SYN, .ack = 1, .wnd = 100);
    SAY(w, A, .seq = 1, .ack = 1);
    SAME(SAY(w, A, .seq = 1, .len = 150, .ack = 1), TCPCONN_ACCEPTED);
    SAME(w->report.provisional, 1);
    SAME(wire_stats(w, A).rejected, 0);
    SAY(w, B, .seq = 1, .ack = 1, .wnd = 100);
    SAME(wire_stats(w, A).rejected, 1);
}

SCENE(stats, an_rst_disproved)
{
    wire_open(w);
    SAY(w, A, .seq = 1, .len = 100, .ack = 1);
    SAY(w, A, .flags = TCPSEG_RST, .seq = 101);
    SAME(SAY(w, A, .seq = 101, .len = 100, .ack = 1), TCPCONN_REJECTED);
    SAME(wire_stats(w, A).rejected, 1);
    SAY(w, B, .seq = 1, .ack = 201);
    SAME(wire_stats(w, A).rejected, 0);
    SAME(wire_stats(w, B).segments, 1); /* a connection of its own */
}

/* ---- in flight, windows ---- */

SCENE(stats, in_flight)
{
    tcpconn_stats a;

    wire_open(w);
    SAME(wire_stats(w, A).in_flight_max, 0);
    SAY(w, A, .seq = 1, .len = 100, .ack = 1);
    SAY(w, A, .flags = TCPSEG_FIN, .seq = 101, .len = 200, .ack = 1);
    a = wire_stats(w, A);
    SAME(a.in_flight, 300);
    SAME(a.in_flight_max, 300);
    SAY(w, B, .seq = 1, .ack = 101);
    SAME(wire_stats(w, A).in_flight, 200);
    SAY(w, B, .seq = 1, .ack = 302);
    a = wire_stats(w, A);
    SAME(a.in_flight, 0);
    SAME(a.in_flight_max, 300);
}

SCENE(stats, nothing_is_in_flight_to_a_peer_that_is_not_heard)
{
    for (uint32_t i = 0; i < 20; i++)
        SAY(w, A, .seq = 1 + 1000 * i, .len = 1000, .ack = 1);
    SAME(wire_stats(w, A).new_bytes, 20000);
    SAME(wire_stats(w, A).in_flight, 0);
    SAME(wire_stats(w, A).in_flight_max, 0);
}

SCENE(stats, windows_are_scaled)
{
    tcpconn_stats b;

    SAY(w, A, .flags = TCPSEG_SYN, .present = TCPSEG_HAS_WSCALE, .wscale = 2);
    SAY(w, B, .flags = TCPSEG_SYN, .ack = 1, .present = TCPSEG_HAS_WSCALE,
        .wscale = 7, .wnd = 100);
    SAY(w, A, .seq = 1, .ack = 1, .wnd = 1000);
    SAME(wire_stats(w, B).window_max, 0); /* a SYN's is not */
    SAME(wire_stats(w, A).window_max, 4000);
    SAY(w, A, .seq = 1, .len = 100, .ack = 1);
    SAY(w, B, .seq = 1, .ack = 50, .wnd = 500);
    SAY(w, B, .seq = 1, .ack = 101, .wnd = 30);
    SAY(w, B, .seq = 1, .ack = 50, .wnd = 20); /* overtaken */
    b = wire_stats(w, B);
    SAME(b.window_min, 30 * 128);
    SAME(b.window_max, 500 * 128);
}

SCENE(stats, a_window_closes)
{
    SAY(w, A, .flags = TCPSEG_SYN);
    SAY(w, B, .flags = TCPSEG_SYN, .ack = 1, .wnd = 100);
    SAY(w, A, .seq = 1, .ack = 1);
    SAY(w, A, .seq = 1, .len = 100, .ack = 1);
    SAY(w, B, .seq = 1, .ack = 101, .wnd = SHUT);
    SAY(w, B, .seq = 1, .ack = 101, .wnd = SHUT);
    SAME(wire_stats(w, B).zero_windows, 1);
    SAME(SAY(w, A, .seq = 101, .len = 1, .ack = 1), TCPCONN_REJECTED);
    SAME(wire_stats(w, A).window_probes, 1);
    SAY(w, A, .seq = 100, .ack = 1); /* as Linux does it */
    SAME(wire_stats(w, A).window_probes, 2);
    SAME(wire_stats(w, A).keep_alives, 0);
    SAY(w, B, .seq = 1, .ack = 101, .wnd = 500);
    SAY(w, B, .seq = 1, .ack = 101, .wnd = SHUT);
    SAME(wire_stats(w, B).zero_windows, 2);
    SAME(wire_stats(w, B).window_min, 0);
}

SCENE(stats, an_rst_offers_no_window)
{
    wire_open(w);
    SAY(w, B, .flags = TCPSEG_RST, .seq = 1, .ack = 1, .wnd = SHUT);
    SAME(wire_stats(w, B).zero_windows, 0);
    SAME(wire_stats(w, B).acks, 0);
}

/* ---- acknowledgments ---- */

SCENE(stats, duplicate_acks)
{
    wire_open(w);
    SAY(w, B, .seq = 1, .ack = 1);
    SAY(w, B, .seq = 1, .ack = 1);
    SAME(wire_stats(w, B).duplicate_acks, 0); /* nothing is in flight */
    SAY(w, A, .seq = 1, .len = 100, .ack = 1);
    SAY(w, B, .seq = 1, .ack = 1);
    SAY(w, B, .seq = 1, .ack = 1);
    SAME(wire_stats(w, B).duplicate_acks, 2);
    SAY(w, B, .seq = 1, .ack = 1, .wnd = 500);            /* another window */
    SAY(w, B, .seq = 1, .ack = 1, .len = 10, .wnd = 500); /* text */
    SAY(w, B, .seq = 11, .ack = 50, .wnd = 500);          /* news */
    SAME(wire_stats(w, B).duplicate_acks, 2);
    SAY(w, B, .seq = 11, .ack = 50, .wnd = 500);
    SAME(wire_stats(w, B).duplicate_acks, 3);
    SAME(wire_stats(w, B).acks, 7);
    SAY(w, B, .seq = 11, .ack = 5000, .wnd = 500); /* of what was not seen */
    SAME(wire_stats(w, B).duplicate_acks, 3);
    SAME(wire_stats(w, B).acks, 8);
}

SCENE(stats, keep_alives)
{
    tcpconn_stats a;

    wire_open(w);
    SAY(w, A, .seq = 1, .len = 100, .ack = 1);
    SAY(w, A, .seq = 100, .len = 1, .ack = 1); /* not acknowledged: again */
    SAME(wire_stats(w, A).keep_alives, 0);
    SAME(wire_stats(w, A).resent_bytes, 1);
    SAY(w, B, .seq = 1, .ack = 101);
    SAY(w, A, .seq = 100, .ack = 1);
    SAY(w, A, .seq = 100, .len = 1, .ack = 1);
    a = wire_stats(w, A);
    SAME(a.keep_alives, 2);
    SAME(a.resent_bytes, 1);
    SAME(a.acks, 2); /* one of them has no byte */
}

SCENE(stats, challenge_acks)
{
    wire_open(w);
    SAY(w, A, .seq = 1, .len = 100, .ack = 1);
    SAY(w, B, .seq = 1, .ack = 101);
    SAY(w, A, .flags = TCPSEG_SYN, .seq = 5000);
    SAY(w, B, .seq = 1, .ack = 101);
    SAME(wire_stats(w, B).challenge_acks, 1);
    SAME(wire_stats(w, A).checks[TCPCONN_CHECK_SYN_IN_CONNECTION], 1);
}

/* ---- the straight path ---- */

static uint32_t dice(uint32_t *seed, uint32_t below)
{
    *seed = *seed * 1664525u + 1013904223u;
    return (*seed >> 8) % below;
}

/* Text and ACKs as they come in an open connection, now and then late or twice.
 * Fed to one connection as ever, to its twin past the straight path. */
static void chat(struct wire *w, struct wire *twin, uint32_t seed)
{
    uint32_t next[2] = {1, 1}, acked[2] = {1, 1};

    for (int i = 0; i < 400; i++) {
        int who = (int)dice(&seed, 2), odd = !dice(&seed, 20);
        uint32_t len = dice(&seed, 2) ? 100 + dice(&seed, 900) : 0;
        int shut = !dice(&seed, 30);
        uint32_t back = odd && next[who] > 2000 ? dice(&seed, 2000) : 0;
        tcpseg seg;

        if (len && !dice(&seed, 10))
            len = 1;
        acked[who] += dice(&seed, next[!who] - acked[who] + 1);
        seg = wire_segment(
            w, who,
            &(struct words){.seq = next[who] - back,
                            .len = len,
                            .ack = acked[who],
                            .wnd = shut ? SHUT : 50000 + (int)dice(&seed, 3)});
        if (!back)
            next[who] += len;
        w->now += dice(&seed, 5) * (uint64_t)MS;
        SAME(tcpconn_feed(w->conn, w->env, who ^ w->swapped, &seg, NULL, w->now,
                          NULL),
             tcpsegp_feed_generally(twin->conn, twin->env, who ^ w->swapped,
                                    &seg, NULL, w->now, NULL));
    }
}

SCENE(stats, straight_and_general_count_alike)
{
    for (uint32_t seed = 0; seed < 20; seed++) {
        struct wire one = *w, twin = *w;

        for (struct wire *each = &one;; each = &twin) {
            wire_configure(each);
            cr_assert_eq(
                tcpconn_init(each->mem, sizeof each->mem,
                             TCPCONN_WITH_STATS | TCPCONN_WITH_ANALYSIS,
                             &each->conn),
                0);
            wire_open(each);
            if (each == &twin)
                break;
        }
        chat(&one, &twin, seed);
        for (int who = A; who <= B; who++) {
            tcpconn_stats a = wire_stats(&one, who);
            tcpconn_stats b = wire_stats(&twin, who);

            SAME(memcmp(&a, &b, sizeof a), 0);
            SAME(memcmp(one.conn, twin.conn, sizeof one.mem), 0);
            SAME(a.new_segments > 50, 1);
            SAME(a.rtt_samples > 10, 1);
        }
    }
}

/* ---- the part itself ---- */

SCENE(stats, begin_anew_with_a_new_connection)
{
    wire_open(w);
    SAY(w, A, .seq = 1, .len = 100, .ack = 1);
    SAY(w, A, .flags = TCPSEG_RST, .seq = 101);
    w->iss[A] += 100000;
    SAY(w, A, .flags = TCPSEG_SYN, .ms = 1000);
    SAME(wire_stats(w, A).segments, 1);
    SAME(wire_stats(w, A).new_bytes, 0);
    SAME(wire_stats(w, B).segments, 0);
    SAY(w, B, .flags = TCPSEG_SYN, .ack = 1, .ms = 4);
    SAME(wire_stats(w, A).rtt_handshake, 4 * MS);
}

static int told;

static void count_finding(void *user, tcpconn *conn, const tcpconn_event *ev,
                          const void *bytes)
{
    (void)user, (void)conn, (void)bytes;
    if (ev->checks == UINT64_C(1) << TCPCONN_CHECK_BAD_CHECKSUM) {
        cr_expect(ev->len == 1 || ev->len == 10 || ev->len == 100);
        told++;
    }
}

SCENE(stats, findings_are_told_the_1st_10th_and_100th_time)
{
    w->cfg.on_finding = count_finding;
    wire_configure(w);
    told = 0;
    wire_open(w);
    for (unsigned i = 0; i < 120; i++) /* of both together */
        SAY(w, i % 2 ? A : B, .seq = 1, .len = 1, .ack = 1,
            .checksum_status = TCPSEG_CHECKSUM_BAD);
    SAME(told, 3);
}

Test(stats, sizes_and_misuse)
{
    struct wire w;
    tcpconn_stats stats;
    unsigned char larger[sizeof stats + 16];
    size_t size = tcpconn_size(TCPCONN_WITH_STATS);

    wire_set_up(&w, TCPCONN_WITH_STATS);
    SAME(size % 8, 0);
    SAME(size > tcpconn_size(0), 1);
    SAME(tcpconn_init(w.mem, size - 1, TCPCONN_WITH_STATS, &w.conn),
         TCPSEG_ERR_SIZE);
    SAME(tcpconn_get_stats(NULL, 0, &stats, sizeof stats), TCPSEG_ERR_ARG);
    SAME(tcpconn_get_stats(w.conn, 0, NULL, 0), TCPSEG_ERR_ARG);
    SAME(tcpconn_get_stats(w.conn, 2, &stats, sizeof stats), TCPSEG_ERR_ARG);
    SAME(tcpconn_get_stats(w.conn, -1, &stats, sizeof stats), TCPSEG_ERR_ARG);

    SAY(&w, A, .flags = TCPSEG_SYN);
    memset(&stats, 0xee, sizeof stats);
    SAME(tcpconn_get_stats(w.conn, 0, &stats, 8), sizeof stats);
    SAME(stats.segments, 1);
    SAME(stats.bytes, UINT64_C(0xeeeeeeeeeeeeeeee)); /* not the caller's */
    memset(larger, 0xee, sizeof larger);
    SAME(tcpconn_get_stats(w.conn, 0, (void *)larger, sizeof larger),
         sizeof stats);
    for (size_t i = sizeof stats; i < sizeof larger; i++)
        SAME(larger[i], 0);

    wire_set_up(&w, 0);
    SAY(&w, A, .flags = TCPSEG_SYN);
    SAME(tcpconn_get_stats(w.conn, 0, &stats, sizeof stats), TCPSEG_ERR_STATE);
    memset(w.mem, 0, sizeof w.mem);
    SAME(tcpconn_get_stats(w.conn, 0, &stats, sizeof stats), TCPSEG_ERR_STATE);
}
