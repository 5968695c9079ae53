/* Endings: from ESTABLISHED to CLOSED. Suites are the RFC's states. */
#include "scenes.h"

SCENE(established, data_both_ways,
      OPEN "A > P.  1:101(100) ack 1\n"
           "B > .   1:1(0) ack 101\n"
           "B > P.  1:1401(1400) ack 101\n"
           "A > .   101:101(0) ack 1401\n")

SCENE(established, old_new_and_partly_new_data,
      OPEN "A > P.  1:101(100) ack 1\n"
           "A > P.  1:101(100) ack 1    = duplicate old-sequence\n"
           "A > P.  51:151(100) ack 1   = trimmed old-sequence\n"
           "A > P.  201:251(50) ack 1   = queued\n"
           "A > P.  151:201(50) ack 1\n"
           "B > .   1:1(0) ack 251\n"
           "A > P.  251:301(50) ack 1\n"
           "A > .   290:290(0) ack 1    = duplicate old-sequence\n")

SCENE(established, further_ahead_than_any_window,
      OPEN "A > P.  1200000001:1200000002(1) ack 1 = rejected beyond-window\n"
           "A > P.  1:2(1) ack 1\n")

SCENE(established, ack_of_what_was_never_seen,
      OPEN "B > .   1:1(0) ack 700      = accepted ack-unsent\n"
           "A > F.  1:1(0) ack 1        # A FIN-WAIT-1\n")

SCENE(close_wait, four_way_close, BOTH_CLOSED)

SCENE(close_wait, four_way_close_after_data,
      OPEN "A > P.  1:11(10) ack 1\n"
           "B > P.  1:21(20) ack 11\n"
           "A > F.  11:11(0) ack 21    # A FIN-WAIT-1\n"
           "B > .   21:21(0) ack 12    # B CLOSE-WAIT, A FIN-WAIT-2?\n"
           "B > F.  21:21(0) ack 12    # B LAST-ACK\n"
           "A > .   12:12(0) ack 22    # A TIME-WAIT, B CLOSED?\n")

SCENE(close_wait, three_way_close,
      A_CLOSES
      "B > F.  1:1(0) ack 2     # B CLOSE-WAIT, B LAST-ACK, A FIN-WAIT-2?\n"
      "A > .   2:2(0) ack 2     # A TIME-WAIT, B CLOSED?\n")

SCENE(close_wait, half_closed_data_flows_on,
      A_HALF_CLOSED "B > P.  1:1001(1000) ack 2\n"
                    "A > .   2:2(0) ack 1001\n"
                    "B > P.  1001:2001(1000) ack 2\n"
                    "A > .   2:2(0) ack 2001\n"
                    "B > FP. 2001:2101(100) ack 2  # B LAST-ACK\n"
                    "A > .   2:2(0) ack 2102       # A TIME-WAIT, B CLOSED?\n")

SCENE(fin_wait_1, fin_with_data,
      OPEN "A > FP. 1:11(10) ack 1    # A FIN-WAIT-1\n"
           "B > .   1:1(0) ack 12     # B CLOSE-WAIT, A FIN-WAIT-2?\n")

SCENE(fin_wait_1, ack_of_the_data_but_not_of_the_fin,
      OPEN "A > FP. 1:11(10) ack 1    # A FIN-WAIT-1\n"
           "B > .   1:1(0) ack 11\n"
           "B > .   1:1(0) ack 12     # B CLOSE-WAIT, A FIN-WAIT-2?\n")

SCENE(fin_wait_1, fin_again,
      A_CLOSES "A > F.  1:1(0) ack 1     = duplicate old-sequence\n"
               "B > .   1:1(0) ack 2     # B CLOSE-WAIT, A FIN-WAIT-2?\n")

SCENE(fin_wait_1, fin_after_a_hole,
      OPEN
      "A > P.  11:21(10) ack 1   = queued\n"
      "A > F.  21:21(0) ack 1    = queued\n"
      "A > P.  1:11(10) ack 1\n"
      "B > .   1:1(0) ack 22     # A FIN-WAIT-1, B CLOSE-WAIT, A FIN-WAIT-2?\n")

SCENE(established, fin_out_of_order_that_data_runs_over,
      OPEN "A > F.  5:5(0) ack 1      = queued\n"
           "A > P.  1:11(10) ack 1\n"
           "B > .   1:1(0) ack 11\n"
           "A > P.  11:12(1) ack 1\n")

SCENE(fin_wait_1, challenge_ack_is_no_ack_of_the_fin,
      A_CLOSES "A > S   900:900(0)       = rejected syn-in-connection\n"
               "B > .   1:1(0) ack 1     = accepted challenge-ack\n"
               "B > .   1:1(0) ack 2     # B CLOSE-WAIT, A FIN-WAIT-2?\n")

SCENE(closing, fins_cross,
      A_CLOSES
      "B > F.  1:1(0) ack 1     # B FIN-WAIT-1\n"
      "A > .   2:2(0) ack 2     # A CLOSING\n"
      "B > .   2:2(0) ack 2     # B CLOSING, B TIME-WAIT?, A TIME-WAIT?\n")

SCENE(closing, fins_cross_the_other_answers_first,
      A_CLOSES
      "B > F.  1:1(0) ack 1     # B FIN-WAIT-1\n"
      "B > .   2:2(0) ack 2     # B CLOSING\n"
      "A > .   2:2(0) ack 2     # A CLOSING, A TIME-WAIT?, B TIME-WAIT?\n")

SCENE(fin_wait_2, crossing_fin_lost_behind_the_tap,
      A_CLOSES
      "B > F.  1:1(0) ack 1     # B FIN-WAIT-1\n"
      "B > .   2:2(0) ack 2     # B CLOSING\n"
      "B > F.  1:1(0) ack 2     = duplicate old-sequence\n"
      "A > .   2:2(0) ack 2     # A FIN-WAIT-2?, A TIME-WAIT?, B TIME-WAIT?\n")

SCENE(last_ack, last_ack_lost_and_fin_sent_again,
      BOTH_CLOSED "B > F.  1:1(0) ack 2     = duplicate old-sequence\n"
                  "A > .   2:2(0) ack 2\n")

SCENE(time_wait, two_msl,
      BOTH_CLOSED "wait 59\n"
                  "wait 1                   # A CLOSED?\n"
                  "A > .   2:2(0) ack 2     = rejected no-connection\n")

SCENE(time_wait, fin_again_starts_2msl_anew,
      BOTH_CLOSED "wait 50\n"
                  "B > F.  1:1(0) ack 2     = duplicate old-sequence\n"
                  "wait 59\n"
                  "wait 1                   # A CLOSED?\n")

SCENE(established, rst,
      OPEN "A > R.  1:1(0) ack 1     # A CLOSED, B CLOSED?\n"
           "B > P.  1:2(1) ack 1     = rejected no-connection\n")

SCENE(established, rst_between_what_is_acknowledged_and_what_was_sent,
      OPEN "A > P.  1:101(100) ack 1\n"
           "A > R   102:102(0)       = rejected rst-inexact\n"
           "A > R   0:0(0)           = rejected rst-inexact\n"
           "A > R   101:101(0)       # A CLOSED, B CLOSED?\n")

SCENE(fin_wait_2, data_after_close_answered_by_rst,
      A_HALF_CLOSED "B > P.  1:11(10) ack 2\n"
                    "A > R   2:2(0)           # A CLOSED, B CLOSED?\n")

SCENE(close_wait, rst_that_acknowledges_the_fin,
      A_CLOSES "B > R.  1:1(0) ack 2     # B CLOSE-WAIT, B CLOSED, A CLOSED?\n")

SCENE(time_wait, rst, BOTH_CLOSED "A > R   2:2(0)           # A CLOSED\n")

SCENE(last_ack, syn_in_the_last_moment,
      A_HALF_CLOSED "B > F.  1:1(0) ack 2     # B LAST-ACK\n"
                    "A > S   99:99(0)         = rejected syn-in-connection\n"
                    "A > .   2:2(0) ack 2     # A TIME-WAIT, B CLOSED?\n")

SCENE(time_wait, an_old_syn_again_moves_nobody_back,
      BOTH_CLOSED "A > S   0:0(0)           = duplicate syn-repeated\n"
                  "B > S.  0:0(0) ack 1     = duplicate syn-repeated\n")

SCENE(established, fin_on_a_number_that_was_data,
      OPEN "A > P.  1:11(10) ack 1\n"
           "A > F.  10:10(0) ack 1   = duplicate old-sequence\n"
           "B > .   1:1(0) ack 11\n")

SCENE(fin_wait_1, fin_in_order_behind_something_ahead,
      OPEN "A > P.  500:510(10) ack 1 = queued\n"
           "A > F.  1:1(0) ack 1     # A FIN-WAIT-1\n"
           "B > .   1:1(0) ack 2     # B CLOSE-WAIT, A FIN-WAIT-2?\n")

SCENE(fin_wait_1, ack_of_an_ancient_duplicate,
      OPEN "A > P.  1:11(10) ack 1\n"
           "A > F.  11:11(0) ack 1   # A FIN-WAIT-1\n"
           "B > .   2294967296:2294967296(0) ack 12 = duplicate old-sequence\n"
           "B > .   1:1(0) ack 12    # B CLOSE-WAIT, A FIN-WAIT-2?\n")

SCENE(fin_wait_1, a_candidate_that_is_erased_no_longer_crosses,
      A_CLOSES "B > F.  5:5(0) ack 1     = queued\n"
               "B > .   1:1(0) ack 2     # B CLOSE-WAIT\n"
               "B > P.  1:11(10) ack 2   # A FIN-WAIT-2?\n")

SCENE(established, a_bare_ack_ahead_fills_no_hole,
      OPEN "A > .   11:11(0) ack 1\n"
           "A > P.  1:11(10) ack 1\n")

Test(established, an_inline_observer_rejects_an_ack_of_nothing_sent)
{
    const struct play_as as = {.vantage = TCPCONN_VANTAGE_INLINE};
    const char *error =
        play(OPEN "B > .   1:1(0) ack 700      = rejected ack-unsent\n"
                  "B > .   1:1(0) ack 1\n",
             &as);

    cr_assert(!error, "%s", error);
}
