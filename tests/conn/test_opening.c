/* Openings: from CLOSED to ESTABLISHED. Suites are the RFC's states. */
#include "scenes.h"

SCENE(closed, three_way_handshake, OPEN)

SCENE(syn_sent, syn_again_changes_nothing,
      "A > S   0:0(0)           # A SYN-SENT, B LISTEN?\n"
      "A > S   0:0(0)           = duplicate syn-repeated\n"
      "B > S.  0:0(0) ack 1     # B SYN-RECEIVED\n")

SCENE(syn_sent, a_new_number_before_any_answer_is_followed,
      "A > S   0:0(0)           # A SYN-SENT, B LISTEN?\n"
      "A > S   7:7(0)           = accepted syn-differs\n"
      "B > S.  0:0(0) ack 8     # B SYN-RECEIVED\n"
      "A > .   8:8(0) ack 1     # A ESTABLISHED, B ESTABLISHED?\n")

SCENE(syn_sent, refused,
      "A > S   0:0(0)           # A SYN-SENT, B LISTEN?\n"
      "B > R.  0:0(0) ack 1     # B CLOSED, A CLOSED?\n")

SCENE(syn_sent, rst_that_does_not_cover_the_syn,
      "A > S   0:0(0)           # A SYN-SENT, B LISTEN?\n"
      "B > R.  0:0(0) ack 0     = rejected rst-inexact\n"
      "B > R.  0:0(0) ack 2     = rejected rst-inexact\n"
      "B > R   0:0(0)           = rejected rst-inexact\n")

SCENE(syn_sent, answer_to_an_old_syn,
      "A > S   0:0(0)           # A SYN-SENT, B LISTEN?\n"
      "B > S.  0:0(0) ack 900   = rejected ack-unsent\n"
      "A > R   900:900(0)       = rejected no-connection\n"
      "B > S.  5:5(0) ack 1     # B SYN-RECEIVED\n"
      "A > .   1:1(0) ack 6     # A ESTABLISHED, B ESTABLISHED?\n")

SCENE(syn_sent, ack_of_no_syn,
      "A > S   0:0(0)           # A SYN-SENT, B LISTEN?\n"
      "B > S.  0:0(0) ack 1     # B SYN-RECEIVED\n"
      "A > .   1:1(0) ack 9     = rejected ack-unsent\n"
      "A > .   1:1(0) ack 1     # A ESTABLISHED, B ESTABLISHED?\n")

SCENE(syn_sent, data_in_the_third_step,
      "A > S   0:0(0)           # A SYN-SENT, B LISTEN?\n"
      "B > S.  0:0(0) ack 1     # B SYN-RECEIVED\n"
      "A > P.  1:11(10) ack 1   # A ESTABLISHED, B ESTABLISHED?\n"
      "B > .   1:1(0) ack 11\n")

SCENE(syn_sent, fin_in_the_third_step,
      "A > S   0:0(0)           # A SYN-SENT, B LISTEN?\n"
      "B > S.  0:0(0) ack 1     # B SYN-RECEIVED\n"
      "A > F.  1:1(0) ack 1     # A ESTABLISHED, A FIN-WAIT-1, B ESTABLISHED?\n"
      "B > .   1:1(0) ack 2     # B CLOSE-WAIT, A FIN-WAIT-2?\n")

SCENE(syn_received, syn_ack_again_changes_nothing,
      "A > S   0:0(0)           # A SYN-SENT, B LISTEN?\n"
      "B > S.  0:0(0) ack 1     # B SYN-RECEIVED\n"
      "B > S.  0:0(0) ack 1     = duplicate syn-repeated\n"
      "A > .   1:1(0) ack 1     # A ESTABLISHED, B ESTABLISHED?\n")

SCENE(syn_received, syn_data_acknowledged,
      "A > S   0:5(5) = accepted syn-data # A SYN-SENT, B LISTEN?\n"
      "B > S.  0:0(0) ack 6     # B SYN-RECEIVED\n"
      "A > .   6:6(0) ack 1     # A ESTABLISHED, B ESTABLISHED?\n"
      "B > .   1:1(0) ack 6\n")

SCENE(syn_received, syn_data_refused_and_sent_again,
      "A > S   0:5(5) = accepted syn-data # A SYN-SENT, B LISTEN?\n"
      "B > S.  0:0(0) ack 1     # B SYN-RECEIVED\n"
      "A > P.  1:6(5) ack 1     # A ESTABLISHED, B ESTABLISHED?\n"
      "B > .   1:1(0) ack 6\n")

SCENE(syn_received, simultaneous_open,
      "A > S   0:0(0)           # A SYN-SENT, B LISTEN?\n"
      "B > S   0:0(0)           # B SYN-SENT\n"
      "A > S.  0:0(0) ack 1     # A SYN-RECEIVED\n"
      "B > S.  0:0(0) ack 1     # B SYN-RECEIVED, B ESTABLISHED?, A "
      "ESTABLISHED?\n"
      "A > .   1:1(0) ack 1\n"
      "B > .   1:1(0) ack 1\n")

SCENE(syn_received, simultaneous_open_the_other_answers_first,
      "A > S   0:0(0)           # A SYN-SENT, B LISTEN?\n"
      "B > S   0:0(0)           # B SYN-SENT\n"
      "B > S.  0:0(0) ack 1     # B SYN-RECEIVED\n"
      "A > S.  0:0(0) ack 1     # A SYN-RECEIVED, A ESTABLISHED?, B "
      "ESTABLISHED?\n")

SCENE(syn_received, simultaneous_open_answered_with_a_bare_ack,
      "A > S   0:0(0)           # A SYN-SENT, B LISTEN?\n"
      "B > S   0:0(0)           # B SYN-SENT\n"
      "A > S.  0:0(0) ack 1     # A SYN-RECEIVED\n"
      "B > .   1:1(0) ack 1     # B ESTABLISHED, A ESTABLISHED?\n")

SCENE(syn_received, reset_before_it_opens,
      "A > S   0:0(0)           # A SYN-SENT, B LISTEN?\n"
      "B > S.  0:0(0) ack 1     # B SYN-RECEIVED\n"
      "A > R   1:1(0)           # A CLOSED, B CLOSED?\n")

SCENE(syn_received, fin_before_the_handshake_is_over,
      "A > S   0:0(0)           # A SYN-SENT, B LISTEN?\n"
      "B > S.  0:0(0) ack 1     # B SYN-RECEIVED\n"
      "B > F.  1:1(0) ack 1     # B FIN-WAIT-1\n"
      "A > .   1:1(0) ack 2     # A ESTABLISHED, A CLOSE-WAIT, B FIN-WAIT-2?\n")

SCENE(listen, syn_ack_not_captured,
      "A > S   0:0(0)           # A SYN-SENT, B LISTEN?\n"
      "A > .   1:1(0) ack 1     # A ESTABLISHED?, B SYN-RECEIVED?\n"
      "B > P.  1:5(4) ack 1     # B ESTABLISHED\n")

SCENE(listen, syn_ack_and_third_step_not_captured,
      "A > S   0:0(0)           # A SYN-SENT, B LISTEN?\n"
      "B > P.  1:5(4) ack 1     # B SYN-RECEIVED\n"
      "A > .   1:1(0) ack 5     # A ESTABLISHED, B ESTABLISHED?\n")

SCENE(closed, syn_not_captured,
      "B > S.  0:0(0) ack 1     # B SYN-RECEIVED?, A SYN-SENT?\n"
      "A > .   1:1(0) ack 1     # A ESTABLISHED, B ESTABLISHED?\n")

SCENE(
    closed, picked_up_in_mid_connection,
    "A > P.  700:800(100) ack 300  # A ESTABLISHED?, B ESTABLISHED?\n"
    "B > .   300:300(0) ack 800\n"
    "A > F.  800:800(0) ack 300    # A FIN-WAIT-1\n"
    "B > F.  300:300(0) ack 801    # B CLOSE-WAIT, B LAST-ACK, A FIN-WAIT-2?\n"
    "A > .   801:801(0) ack 301    # A TIME-WAIT, B CLOSED?\n")

SCENE(closed, one_direction_only,
      "A > S   0:0(0)           # A SYN-SENT, B LISTEN?\n"
      "A > .   1:1(0) ack 1     # A ESTABLISHED?, B SYN-RECEIVED?\n"
      "A > P.  1:11(10) ack 1\n"
      "A > F.  11:11(0) ack 90  # A FIN-WAIT-1\n")

SCENE(closed, syn_with_fin, "A > SF  0:0(0)           = rejected bad-flags\n")

SCENE(closed, neither_syn_nor_ack_nor_rst,
      "A > P   0:0(0)           = rejected no-ack\n"
      "A > FPU 0:0(0)           = rejected no-ack\n")

SCENE(established, new_syn,
      OPEN "A > S   500:500(0)       = rejected syn-in-connection\n"
           "B > S.  500:500(0) ack 1 = rejected syn-ack-differs\n"
           "B > .   1:1(0) ack 1     = accepted challenge-ack\n")

SCENE(listen, split_handshake,
      "A > S   0:0(0)           # A SYN-SENT, B LISTEN?\n"
      "B > .   77:77(0) ack 1   = rejected split-handshake\n"
      "B > S   0:0(0)           # B SYN-SENT\n"
      "A > S.  0:0(0) ack 1     # A SYN-RECEIVED\n"
      "B > .   1:1(0) ack 1     # B ESTABLISHED, A ESTABLISHED?\n")

SCENE(syn_received, only_the_answering_direction_is_captured,
      "B > S.  0:0(0) ack 1     # B SYN-RECEIVED?, A SYN-SENT?\n"
      "B > P.  1:11(10) ack 377 # B ESTABLISHED\n"
      "B > F.  11:11(0) ack 400 # B FIN-WAIT-1\n")

SCENE(listen, data_that_answers_another_connection,
      "A > S   0:0(0)           # A SYN-SENT, B LISTEN?\n"
      "B > P.  777:787(10) ack 333 = rejected ack-unsent\n"
      "B > S.  0:0(0) ack 1     # B SYN-RECEIVED\n")

SCENE(syn_sent, ack_far_from_its_own_syn,
      "A > S   0:0(0)           # A SYN-SENT, B LISTEN?\n"
      "A > .   900000:900000(0) ack 5000 # A ESTABLISHED?, B SYN-RECEIVED?\n"
      "B > S.  0:0(0) ack 1\n"
      "A > .   1:1(0) ack 1     # B ESTABLISHED?\n")

SCENE(syn_received, third_step_captured_before_the_second,
      "A > S   0:0(0)           # A SYN-SENT, B LISTEN?\n"
      "A > .   1:1(0) ack 1     # A ESTABLISHED?, B SYN-RECEIVED?\n"
      "B > S.  0:0(0) ack 1     # B ESTABLISHED?\n"
      "A > P.  1:11(10) ack 1\n")

SCENE(syn_received, refused_after_a_forged_third_step,
      "A > S   0:0(0)           # A SYN-SENT, B LISTEN?\n"
      "A > .   1:1(0) ack 1     # A ESTABLISHED?, B SYN-RECEIVED?\n"
      "B > R.  0:0(0) ack 1     # B CLOSED, A CLOSED?\n")

SCENE(syn_sent, first_step_captured_after_the_second,
      "B > S.  0:0(0) ack 1     # B SYN-RECEIVED?, A SYN-SENT?\n"
      "A > S   0:0(0)\n"
      "A > .   1:1(0) ack 1     # A ESTABLISHED, B ESTABLISHED?\n")

SCENE(closed, a_late_rst_begins_nothing,
      "A > R   5:5(0)           = rejected no-connection\n"
      "A > S   0:0(0)           # A SYN-SENT, B LISTEN?\n")

SCENE(closed, a_syn_of_other_numbers_takes_the_old_ack_with_it,
      "B > S.  500:500(0) ack 900 # B SYN-RECEIVED?, A SYN-SENT?\n"
      "A > S   0:0(0)\n"
      "A > R   90000:90000(0)     = rejected rst-inexact\n")
