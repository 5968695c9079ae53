/* Round trips: which segments are timed, and which answers tell. */
#include "wire.h"

SCENE(round_trips, handshake)
{
    SAY(w, A, .flags = TCPSEG_SYN);
    SAY(w, B, .flags = TCPSEG_SYN, .ack = 1, .ms = 30);
    SAY(w, A, .seq = 1, .ack = 1, .ms = 2);
    SAME(wire_stats(w, A).rtt_handshake, 30 * MS);
    SAME(wire_stats(w, B).rtt_handshake, 2 * MS);
    SAME(wire_stats(w, A).rtt_samples, 1);
}

SCENE(round_trips, handshake_sent_twice_measures_nothing)
{
    SAY(w, A, .flags = TCPSEG_SYN);
    SAY(w, A, .flags = TCPSEG_SYN, .ms = 1000);
    SAY(w, B, .flags = TCPSEG_SYN, .ack = 1, .ms = 30);
    SAY(w, A, .seq = 1, .ack = 1, .ms = 2);
    SAME(wire_stats(w, A).rtt_handshake, 0);
    SAME(wire_stats(w, A).rtt_samples, 0);
    SAME(wire_stats(w, B).rtt_handshake, 2 * MS);
}

SCENE(round_trips, refused_connection_is_a_round_trip_too)
{
    SAY(w, A, .flags = TCPSEG_SYN);
    SAY(w, B, .flags = TCPSEG_RST, .ack = 1, .ms = 30);
    SAME(wire_stats(w, A).rtt_handshake, 30 * MS);
}

SCENE(round_trips, round_trips_are_smoothed)
{
    tcpconn_stats a;

    wire_open(w); /* 10 ms */
    SAY(w, A, .seq = 1, .len = 100, .ack = 1);
    SAY(w, A, .seq = 101, .len = 100, .ack = 1, .ms = 1); /* the same flight */
    SAY(w, B, .seq = 1, .ack = 201, .ms = 17);            /* 18 ms */
    a = wire_stats(w, A);
    SAME(a.rtt_samples, 2);
    SAME(a.rtt_last, 18 * MS);
    SAME(a.rtt_min, 10 * MS);
    SAME(a.rtt_smoothed, 11 * MS);
    SAME(a.rtt_handshake, 10 * MS);
    SAY(w, A, .seq = 201, .len = 100, .ack = 1);
    SAY(w, B, .seq = 1, .ack = 250, .ms = 5); /* not all of it */
    SAME(wire_stats(w, A).rtt_samples, 2);
    SAY(w, B, .seq = 1, .ack = 301, .ms = SHUT);
    a = wire_stats(w, A);
    SAME(a.rtt_samples, 3);
    SAME(a.rtt_min, 5 * MS);
    SAME(a.rtt_smoothed, 11 * MS + 5 * MS / 8 - 11 * MS / 8);
}

SCENE(round_trips, sent_again_measures_nothing)
{
    wire_open(w);
    SAY(w, A, .seq = 1, .len = 100, .ack = 1);
    SAY(w, A, .seq = 1, .len = 100, .ack = 1, .ms = 300);
    SAY(w, B, .seq = 1, .ack = 101, .ms = 7);
    SAME(wire_stats(w, A).rtt_samples, 1);
    SAME(wire_stats(w, A).rtt_last, 10 * MS);
    SAY(w, A, .seq = 101, .len = 100, .ack = 1);
    SAY(w, B, .seq = 1, .ack = 201, .ms = 7);
    SAME(wire_stats(w, A).rtt_samples, 2);
}

/* Its ACK waits for what was lost before it. */
SCENE(round_trips, an_ack_that_waited_measures_nothing)
{
    wire_open(w);
    SAY(w, A, .seq = 101, .len = 100, .ack = 1);
    SAY(w, A, .seq = 1, .len = 100, .ack = 1, .ms = 300);
    SAY(w, B, .seq = 1, .ack = 201, .ms = 7);
    SAME(wire_stats(w, A).rtt_samples, 1);
}

static void open_with_timestamps(struct wire *w)
{
    SAY(w, A, .flags = TCPSEG_SYN, .tsval = 100);
    SAY(w, B, .flags = TCPSEG_SYN, .ack = 1, .tsval = 900, .tsecr = 100);
    SAY(w, A, .seq = 1, .ack = 1, .tsval = 101, .tsecr = 900);
}

SCENE(round_trips, an_echo_tells_which_copy_was_answered)
{
    open_with_timestamps(w);
    SAY(w, A, .seq = 1, .len = 100, .ack = 1, .tsval = 102, .tsecr = 900);
    SAY(w, A, .seq = 1, .len = 100, .ack = 1, .tsval = 103, .tsecr = 900,
        .ms = 300);
    SAY(w, B, .seq = 1, .ack = 101, .tsval = 901, .tsecr = 102, .ms = 7);
    SAME(wire_stats(w, A).rtt_samples, 2);
    SAME(wire_stats(w, A).rtt_last, 307 * MS);

    SAY(w, A, .seq = 101, .len = 100, .ack = 1, .tsval = 110, .tsecr = 901);
    SAY(w, A, .seq = 101, .len = 100, .ack = 1, .tsval = 111, .tsecr = 901,
        .ms = 300);
    SAY(w, B, .seq = 1, .ack = 201, .tsval = 902, .tsecr = 111, .ms = 7);
    SAME(wire_stats(w, A).rtt_samples, 2);

    SAY(w, A, .seq = 201, .len = 100, .ack = 1, .tsval = 120, .tsecr = 902);
    SAY(w, A, .seq = 201, .len = 100, .ack = 1, .tsval = 120, .tsecr = 902);
    SAY(w, B, .seq = 1, .ack = 301, .tsval = 903, .tsecr = 120, .ms = 7);
    SAME(wire_stats(w, A).rtt_samples, 2);
}

SCENE(round_trips, echoes_nobody_agreed_on_tell_nothing)
{
    wire_open(w);
    SAY(w, A, .seq = 1, .len = 100, .ack = 1, .tsval = 102);
    SAY(w, A, .seq = 1, .len = 100, .ack = 1, .tsval = 103, .ms = 300);
    SAY(w, B, .seq = 1, .ack = 101, .tsval = 901, .tsecr = 102, .ms = 7);
    SAME(wire_stats(w, A).rtt_samples, 1);
}

SCENE(round_trips, a_syn_sent_twice_whose_echo_tells)
{
    SAY(w, A, .flags = TCPSEG_SYN, .tsval = 100);
    SAY(w, A, .flags = TCPSEG_SYN, .tsval = 1100, .ms = 1000);
    SAY(w, B, .flags = TCPSEG_SYN, .ack = 1, .tsval = 900, .tsecr = 100);
    SAME(wire_stats(w, A).rtt_samples, 1);
    SAME(wire_stats(w, A).rtt_last, 1010 * MS);
    SAME(wire_stats(w, A).rtt_handshake, 0);
}

SCENE(round_trips, a_clock_too_coarse_and_one_that_steps_back)
{
    wire_open(w);
    SAY(w, A, .seq = 1, .len = 100, .ack = 1);
    SAY(w, B, .seq = 1, .ack = 101, .ms = SHUT);
    SAME(wire_stats(w, A).rtt_samples, 2);
    SAME(wire_stats(w, A).rtt_min, 1);
    SAY(w, A, .seq = 101, .len = 100, .ack = 1);
    w->now -= 500 * (uint64_t)MS;
    SAY(w, B, .seq = 1, .ack = 201);
    SAME(wire_stats(w, A).rtt_samples, 2);
}

/* What acknowledged it was not seen; the ACK at hand only says so again. */
SCENE(round_trips, acknowledged_unseen)
{
    wire_open(w);
    SAY(w, A, .seq = 1, .len = 100, .ack = 1);
    SAY(w, B, .seq = 1, .ack = 301);
    SAME(w->report.provisional, 1);
    SAY(w, A, .seq = 301, .len = 100, .ack = 1);
    SAME(wire_end(w, A).acked, 300);
    SAY(w, B, .seq = 1, .ack = 301);
    SAME(wire_stats(w, A).rtt_samples, 1);
}

SCENE(round_trips, picked_up_at_the_wrong_place)
{
    SAY(w, A, .seq = 5000, .len = 100, .ack = 7000);
    SAY(w, A, .seq = 0x60000000, .len = 100, .ack = 7000);
    SAME(w->report.verdict, TCPCONN_ACCEPTED);
    SAY(w, B, .seq = 7000, .ack = 0x60000064);
    SAME(wire_stats(w, A).rtt_samples, 1);
    SAME(wire_stats(w, A).rtt_last, 10 * MS);
}
