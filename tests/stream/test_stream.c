/* What is told of the streams, and when. */
#include "flow.h"

static void start(struct flow *f)
{
    flow_set_up(f, 16, 1024);
    flow_begin(f);
    flow_open(f);
}

static void finish(struct flow *f)
{
    cr_expect_eq(flow_used(f), 0, "%u blocks are lost", flow_used(f));
    flow_tear_down(f);
}

#define STREAM_TEST(name, words)                                               \
    static void name(struct flow *f);                                          \
    Test(stream, name)                                                         \
    {                                                                          \
        for (int swapped = 0; swapped < 2; swapped++) {                        \
            struct flow f;                                                     \
                                                                               \
            flow_set_up(&f, 16, 1024);                                         \
            f.swapped = swapped;                                               \
            flow_begin(&f);                                                    \
            flow_open(&f);                                                     \
            name(&f);                                                          \
            cr_expect_str_eq(flow_log(&f), words);                             \
            finish(&f);                                                        \
        }                                                                      \
    }                                                                          \
    static void name(struct flow *f)

STREAM_TEST(bytes_in_order_need_no_memory, "a0=hello a5=, world b0=yes")
{
    flow_say(f, A, 1, "hello");
    flow_say(f, A, 6, ", world");
    f->ack[B] = 13;
    flow_say(f, B, 1, "yes");
    cr_expect_eq(flow_used(f), 0);
}

STREAM_TEST(bytes_out_of_order_wait, "a0=abc a3=def a6=ghi")
{
    flow_say(f, A, 7, "ghi");
    flow_say(f, A, 4, "def");
    cr_expect_eq(f->told[A].at, 0);
    cr_expect_gt(flow_used(f), 0);
    flow_say(f, A, 1, "abc");
    cr_expect_eq(flow_ack(f, B, 10), TCPCONN_ACCEPTED);
}

STREAM_TEST(what_comes_again_is_told_once, "a0=abc a3=d")
{
    flow_say(f, A, 1, "abc");
    flow_say(f, A, 1, "abc");
    flow_say(f, A, 2, "bcd");
}

STREAM_TEST(what_waits_already_is_a_duplicate, "a0=ab a2=cdef a6=g")
{
    cr_expect_eq(flow_say(f, A, 3, "cdef"), TCPCONN_QUEUED);
    cr_expect_eq(flow_say(f, A, 3, "cdef"), TCPCONN_DUPLICATE);
    cr_expect_eq(flow_say(f, A, 4, "de"), TCPCONN_DUPLICATE);
    cr_expect_eq(flow_say(f, A, 4, "defg"), TCPCONN_QUEUED);
    flow_say(f, A, 1, "ab");
}

STREAM_TEST(a_gap_is_told_when_acknowledged,
            "a0=abc a3-6!acknowledged-unseen a6=ghi")
{
    flow_say(f, A, 1, "abc");
    flow_say(f, A, 7, "ghi");
    flow_ack(f, B, 4);
    cr_expect_eq(f->told[A].at, 3);
    flow_ack(f, B, 10);
}

STREAM_TEST(a_gap_that_nobody_acknowledged_is_given_up_at_the_end,
            "a0=abc a3-6!given-up a6=ghi")
{
    flow_say(f, A, 1, "abc");
    flow_say(f, A, 7, "ghi");
    flow_end(f);
}

STREAM_TEST(the_fin_is_no_byte, "a0=abc a3=def b0=x")
{
    flow_feed(f, A, TCPSEG_ACK | TCPSEG_FIN, 4, "def", 3, 3, 0);
    flow_say(f, A, 1, "abc");
    flow_ack(f, B, 8);
    flow_feed(f, B, TCPSEG_ACK | TCPSEG_FIN, 1, "x", 1, 1, 0);
    flow_ack(f, A, 3);
    flow_end(f);
}

STREAM_TEST(a_cut_payload_is_told_not_invented, "a0=ab a2-5!cut a5=fgh")
{
    flow_feed(f, A, TCPSEG_ACK, 1, "abcde", 5, 2, 0);
    flow_say(f, A, 6, "fgh");
}

STREAM_TEST(a_cut_payload_out_of_order, "a0=12 a2=ab a4-7!cut a7=fgh")
{
    flow_say(f, A, 8, "fgh");
    flow_feed(f, A, TCPSEG_ACK, 3, "abcde", 5, 2, 0);
    flow_say(f, A, 1, "12");
}

STREAM_TEST(bytes_sent_again_fill_what_was_cut, "a0=12 a2=ab a4=cde")
{
    flow_feed(f, A, TCPSEG_ACK, 3, "abcde", 5, 2, 0);
    flow_say(f, A, 3, "abcde");
    flow_say(f, A, 1, "12");
}

STREAM_TEST(headers_alone_show_where_bytes_would_be, "a0-5!cut a5-8!cut")
{
    f->headers_only = true;
    flow_feed(f, A, TCPSEG_ACK, 6, "xyz", 3, 3, 0);
    flow_feed(f, A, TCPSEG_ACK, 1, "abcde", 5, 5, 0);
}

STREAM_TEST(a_stream_stops_on_demand, "a0=abc b0=xyz")
{
    flow_say(f, A, 1, "abc");
    flow_say(f, A, 7, "ghi");
    cr_expect_gt(flow_used(f), 0);
    cr_assert_eq(tcpconn_stream_stop(f->conn, f->env, A ^ f->swapped), 0);
    cr_expect_eq(flow_used(f), 0);
    flow_say(f, A, 4, "def");
    f->ack[B] = 10;
    flow_say(f, B, 1, "xyz");
    cr_assert_eq(tcpconn_stream_stop(f->conn, f->env, A ^ f->swapped), 0);
    cr_assert_eq(tcpconn_stream_stop(f->conn, f->env, 2), TCPSEG_ERR_ARG);
}

/* ---- content that differs ---- */

STREAM_TEST(the_same_bytes_are_no_overlap, "a0=12 a2=abcd a6=ef")
{
    flow_say(f, A, 3, "abcd");
    flow_say(f, A, 5, "cdef");
    flow_say(f, A, 1, "12");
}

STREAM_TEST(other_bytes_are_told_with_both_ranges,
            "a4-6<old(2-6) a0=12 a2=abcd a6=ef")
{
    flow_say(f, A, 3, "abcd");
    flow_say(f, A, 5, "XYef");
    flow_say(f, A, 1, "12");
}

STREAM_TEST(what_fills_the_gap_wins_where_it_begins_before,
            "a0=12 a2-4<new(2-6) a2=XY a4=cd")
{
    flow_say(f, A, 3, "abcd");
    flow_say(f, A, 1, "12XY");
}

STREAM_TEST(bytes_in_order_are_never_replaced, "a0=abcd a4=e")
{
    flow_say(f, A, 1, "abcd");
    flow_say(f, A, 1, "WXYZe");
}

/* ---- urgent ---- */

static void urgent(struct flow *f, uint8_t how)
{
    flow_set_up(f, 16, 1024);
    f->cfg.urgent = how;
    flow_begin(f);
    flow_open(f);
}

Test(urgent, in_line_is_a_byte_like_others)
{
    struct flow f;

    urgent(&f, TCPCONN_URGENT_IN_LINE);
    flow_feed(&f, A, TCPSEG_ACK | TCPSEG_URG, 1, "abcde", 5, 5, 3);
    TELLS(&f, "a0=abcde");
    finish(&f);
}

Test(urgent, apart_counts_from_the_first_byte)
{
    struct flow f;

    urgent(&f, TCPCONN_URGENT_APART);
    flow_feed(&f, A, TCPSEG_ACK | TCPSEG_URG, 1, "abcde", 5, 5, 3);
    TELLS(&f, "a0=ab a2^c a3=de");
    flow_feed(&f, A, TCPSEG_ACK | TCPSEG_URG, 6, "abcde", 5, 5, 0);
    TELLS(&f, "a5^a a6=bcde");
    flow_feed(&f, A, TCPSEG_ACK | TCPSEG_URG, 11, "abcde", 5, 5, 1);
    TELLS(&f, "a10^a a11=bcde");
    flow_feed(&f, A, TCPSEG_ACK | TCPSEG_URG, 16, "abcde", 5, 5, 5);
    TELLS(&f, "a15=abcd a19^e");
    finish(&f);
}

Test(urgent, a_pointer_beyond_its_segment_is_kept)
{
    struct flow f;

    urgent(&f, TCPCONN_URGENT_APART);
    flow_feed(&f, A, TCPSEG_ACK | TCPSEG_URG, 1, "ab", 2, 2, 4);
    flow_say(&f, A, 3, "cdef");
    TELLS(&f, "a0=ab a2=c a3^d a4=ef");
    finish(&f);
}

Test(urgent, a_pointer_out_of_order_is_kept)
{
    struct flow f;

    urgent(&f, TCPCONN_URGENT_APART);
    flow_feed(&f, A, TCPSEG_ACK | TCPSEG_URG, 3, "cdef", 4, 4, 2);
    flow_say(&f, A, 1, "ab");
    TELLS(&f, "a0=ab a2=c a3^d a4=ef");
    finish(&f);
}

/* ---- openings ---- */

Test(opening, text_of_a_syn_is_delivered_when_acknowledged)
{
    struct flow f;

    flow_set_up(&f, 16, 1024);
    flow_begin(&f);
    flow_feed(&f, A, TCPSEG_SYN, 0, "early", 5, 5, 0);
    TELLS(&f, "");
    f.ack[B] = 6;
    f.ack[A] = 1;
    flow_feed(&f, B, TCPSEG_SYN | TCPSEG_ACK, 0, NULL, 0, 0, 0);
    TELLS(&f, "a0=early");
    flow_say(&f, A, 6, "late");
    TELLS(&f, "a5=late");
    finish(&f);
}

Test(opening, text_of_a_syn_that_is_ignored_is_not)
{
    struct flow f;

    flow_set_up(&f, 16, 1024);
    flow_begin(&f);
    flow_feed(&f, A, TCPSEG_SYN, 0, "early", 5, 5, 0);
    f.ack[B] = f.ack[A] = 1;
    flow_feed(&f, B, TCPSEG_SYN | TCPSEG_ACK, 0, NULL, 0, 0, 0);
    flow_say(&f, A, 1, "other text");
    TELLS(&f, "a0=other text");
    finish(&f);
}

Test(opening, in_the_middle_of_a_connection)
{
    struct flow f;

    flow_set_up(&f, 16, 1024);
    flow_begin(&f);
    f.ack[A] = 500;
    f.ack[B] = 1004;
    flow_say(&f, A, 1001, "abc");
    flow_say(&f, B, 500, "xyz");
    TELLS(&f, "a0=abc b0=xyz");
    finish(&f);
}

Test(opening, in_the_middle_what_waits_is_not_elsewhere)
{
    struct flow f;

    flow_set_up(&f, 16, 1024);
    flow_begin(&f);
    f.ack[A] = 500;
    f.ack[B] = 1004;
    flow_say(&f, A, 1001, "abc");
    flow_say(&f, B, 500, "xyz");
    flow_say(&f, A, 1007, "ghi");
    cr_expect_eq(flow_say(&f, A, 1007, "ghi"), TCPCONN_DUPLICATE);
    flow_say(&f, A, 1004, "def");
    TELLS(&f, "a0=abc b0=xyz a3=def a6=ghi");
    finish(&f);
}

/* Picked up, so that the window is one of 1 GiB; the bytes themselves are not
 * captured. */
Test(opening, offsets_go_beyond_4_gib)
{
    const uint32_t len = 1 << 20, first = 1001, n = 3 * 1600;
    struct flow f;

    flow_set_up(&f, 16, 1024);
    flow_begin(&f);
    f.ack[A] = 500;
    f.ack[B] = first;
    flow_feed(&f, A, TCPSEG_ACK, first, NULL, 0, 0, 0);
    flow_feed(&f, B, TCPSEG_ACK, 500, NULL, 0, 0, 0);
    for (uint32_t i = 0; i < n; i++) {
        uint32_t seq = first + i * len;

        /* Each third one comes before the one before it. */
        if (i % 3 == 1)
            seq += len;
        else if (i % 3 == 2)
            seq -= len;
        flow_feed(&f, A, TCPSEG_ACK, seq, NULL, len, 0, 0);
        if (i % 3 == 2) {
            f.ack[B] = first + (i + 1) * len;
            flow_feed(&f, B, TCPSEG_ACK, 500, NULL, 0, 0, 0);
        }
        f.log[0] = 0;
    }
    flow_say(&f, A, first + n * len, "behind 4 GiB");
    cr_expect_eq(f.told[A].at, n * (uint64_t)len + 12);
    cr_expect_eq(f.told[A].data, 12);
    flow_end(&f);
    finish(&f);
}

Test(opening, one_direction_alone)
{
    struct flow f;

    flow_set_up(&f, 16, 1024);
    flow_begin(&f);
    f.ack[A] = 500;
    flow_say(&f, A, 1001, "abc");
    flow_say(&f, A, 1007, "ghi");
    flow_say(&f, A, 1004, "def");
    TELLS(&f, "a0=abc a3=def a6=ghi");
    flow_end(&f);
    finish(&f);
}

Test(opening, one_direction_alone_waits_only_so_long)
{
    struct flow f;
    static char text[1001];

    memset(text, 't', sizeof text - 1);
    flow_set_up(&f, 1024, 1024);
    flow_begin(&f);
    f.ack[A] = 500;
    flow_say(&f, A, 1001, "abc");
    for (uint32_t i = 0; i < 400; i++)
        flow_say(&f, A, 1005 + i * 1000, text);
    cr_expect_gt(f.told[A].data, 100000);
    cr_expect_eq(f.told[A].gaps, 1);
    flow_end(&f);
    cr_expect_eq(f.told[A].data, 400003);
    finish(&f);
}

/* ---- provisional ---- */

Test(provisional, text_beyond_the_window_is_delivered_if_acknowledged)
{
    struct flow f;

    flow_set_up(&f, 16, 1024);
    f.wnd[B] = 4;
    flow_begin(&f);
    flow_open(&f);
    flow_say(&f, A, 1, "abcdef"); /* ends beyond */
    cr_expect(f.report.provisional);
    TELLS(&f, "");
    flow_ack(&f, B, 7);
    TELLS(&f, "a0=abcdef");
    finish(&f);
}

Test(provisional, and_forgotten_if_refused)
{
    struct flow f;

    flow_set_up(&f, 16, 1024);
    f.wnd[B] = 4;
    flow_begin(&f);
    flow_open(&f);
    flow_say(&f, A, 1, "abcdef");
    flow_ack(&f, B, 1);
    cr_expect_eq(flow_used(&f), 0);
    flow_say(&f, A, 1, "WXYZ");
    TELLS(&f, "a0=WXYZ");
    finish(&f);
}

/* ---- delivery on acknowledgement ---- */

static void on_ack(struct flow *f)
{
    flow_set_up(f, 16, 1024);
    f->cfg.delivery = TCPCONN_DELIVER_ON_ACK;
    flow_begin(f);
    flow_open(f);
}

Test(on_ack, bytes_wait_for_the_receiver)
{
    struct flow f;

    on_ack(&f);
    flow_say(&f, A, 1, "abc");
    flow_say(&f, A, 4, "def");
    TELLS(&f, "");
    flow_ack(&f, B, 3);
    TELLS(&f, "a0=ab");
    flow_ack(&f, B, 7);
    TELLS(&f, "a2=cdef");
    cr_expect_eq(flow_used(&f), 0);
    flow_say(&f, A, 7, "never");
    flow_end(&f);
    TELLS(&f, "a6-11!unproven");
    finish(&f);
}

Test(on_ack, what_waits_behind_a_hole_is_told_as_well)
{
    struct flow f;

    on_ack(&f);
    flow_say(&f, A, 1, "abc");
    flow_say(&f, A, 7, "ghi");
    flow_end(&f);
    TELLS(&f, "a0-9!unproven");
    finish(&f);
}

Test(on_ack, bytes_in_order_are_not_replaced_while_they_wait)
{
    struct flow f;

    on_ack(&f);
    flow_say(&f, A, 1, "abc");
    flow_say(&f, A, 1, "XYZdef");
    TELLS(&f, "a0-3<old(0-3)");
    flow_ack(&f, B, 7);
    TELLS(&f, "a0=abcdef");
    finish(&f);
}

/* ---- limits ---- */

Test(limit, depth_ends_a_stream)
{
    struct flow f;

    flow_set_up(&f, 16, 1024);
    f.cfg.depth[A] = 5;
    flow_begin(&f);
    flow_open(&f);
    flow_say(&f, A, 1, "abc");
    flow_say(&f, A, 4, "def");
    flow_say(&f, A, 7, "ghi");
    f.ack[B] = 10;
    flow_say(&f, B, 1, "beyond the depth of the other");
    TELLS(&f, "a0=abc a3=de a5-5!depth b0=beyond the depth of the other");
    finish(&f);
}

Test(limit, without_a_pool_nothing_waits)
{
    struct flow f;

    flow_set_up(&f, 0, 0);
    flow_begin(&f);
    flow_open(&f);
    flow_say(&f, A, 4, "def");
    TELLS(&f, "a3-6~");
    flow_say(&f, A, 1, "abc");
    TELLS(&f, "a0=abc");
    flow_ack(&f, B, 7);
    TELLS(&f, "a3-6!acknowledged-unseen");
    flow_tear_down(&f);
}

Test(limit, what_finds_no_room_is_missing_in_its_turn)
{
    struct flow f;
    static char text[3001];

    memset(text, 't', sizeof text - 1);
    flow_set_up(&f, 5, 1024);
    flow_begin(&f);
    flow_open(&f);
    flow_say(&f, A, 4, "def");
    flow_say(&f, A, 7, text);
    TELLS(&f, "a6-3006~");
    flow_say(&f, A, 1, "abc");
    TELLS(&f, "a0=abc a3=def");
    flow_say(&f, A, 7, "xyz"); /* a part of it comes again */
    TELLS(&f, "a6=xyz");
    flow_ack(&f, B, 3007);
    TELLS(&f, "a9-3006!not-kept");
    finish(&f);
}

/* ---- reuse, ends ---- */

Test(end, the_old_connection_s_bytes_come_before_its_end)
{
    struct flow f;

    start(&f);
    flow_say(&f, A, 4, "def");
    f.ack[B] = 1;
    flow_feed(&f, B, TCPSEG_RST | TCPSEG_ACK, 1, NULL, 0, 0, 0);
    TELLS(&f, "");
    f.iss[A] += 70000;
    f.told[A].at = 0;
    flow_feed(&f, A, TCPSEG_SYN, 0, NULL, 0, 0, 0);
    cr_expect_str_eq(flow_log(&f), "a0-3!given-up a3=def");
    f.told[A].at = 0;
    f.ack[B] = f.ack[A] = 1;
    f.iss[B] += 5000;
    flow_feed(&f, B, TCPSEG_SYN | TCPSEG_ACK, 0, NULL, 0, 0, 0);
    flow_feed(&f, A, TCPSEG_ACK, 1, NULL, 0, 0, 0);
    flow_say(&f, A, 1, "new");
    TELLS(&f, "a0=new");
    finish(&f);
}
