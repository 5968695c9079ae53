/* The state table against RFC 9293's Figure 5, both ways: each arrow of the
 * figure is in the table, and each cell of the table is an arrow. */
#include <criterion/criterion.h>
#include <string.h>

#include "conn_int.h"

/* The figure, arrow by arrow, as an observer's events. */
static const struct arrow {
    uint8_t from, event, to;
} figure[] = {
    {TCPCONN_CLOSED, SND_SYN, TCPCONN_SYN_SENT},
    {TCPCONN_LISTEN, SND_SYN, TCPCONN_SYN_SENT},
    {TCPCONN_LISTEN, RCV_SYN, TCPCONN_SYN_RECEIVED},
    {TCPCONN_SYN_SENT, RCV_SYN, TCPCONN_SYN_RECEIVED},
    {TCPCONN_SYN_SENT, RCV_SYN_ACK, TCPCONN_ESTABLISHED},
    {TCPCONN_SYN_RECEIVED, RCV_ACK_OF_SYN, TCPCONN_ESTABLISHED},
    {TCPCONN_SYN_RECEIVED, SND_FIN, TCPCONN_FIN_WAIT_1},
    {TCPCONN_ESTABLISHED, SND_FIN, TCPCONN_FIN_WAIT_1},
    {TCPCONN_ESTABLISHED, RCV_FIN, TCPCONN_CLOSE_WAIT},
    {TCPCONN_FIN_WAIT_1, RCV_ACK_OF_FIN, TCPCONN_FIN_WAIT_2},
    {TCPCONN_FIN_WAIT_1, RCV_FIN, TCPCONN_CLOSING},
    {TCPCONN_FIN_WAIT_2, RCV_FIN, TCPCONN_TIME_WAIT},
    {TCPCONN_CLOSE_WAIT, SND_FIN, TCPCONN_LAST_ACK},
    {TCPCONN_CLOSING, RCV_ACK_OF_FIN, TCPCONN_TIME_WAIT},
    {TCPCONN_LAST_ACK, RCV_ACK_OF_FIN, TCPCONN_CLOSED},
    {TCPCONN_TIME_WAIT, TIMEOUT_2MSL, TCPCONN_CLOSED},
    /* Not drawn: section 3.10.7.4, eighth step, on a FIN in SYN-RECEIVED. */
    {TCPCONN_SYN_RECEIVED, RCV_FIN, TCPCONN_CLOSE_WAIT},
};

static const struct arrow *in_figure(unsigned from, unsigned event)
{
    for (size_t i = 0; i < sizeof figure / sizeof *figure; i++)
        if (figure[i].from == from && figure[i].event == event)
            return &figure[i];
    return NULL;
}

Test(fsm, table_is_the_figure)
{
    for (unsigned state = 0; state < N_STATES; state++) {
        for (unsigned event = 0; event < N_EVENTS; event++) {
            const struct endpoint ep = {.state = (uint8_t)state};
            const struct arrow *arrow = in_figure(state, event);
            uint8_t next;
            bool moves = tcpsegp_fsm_event(&ep, event, &next);

            cr_expect_eq(moves, !!arrow, "%s, event %u",
                         tcpconn_state_name((int)state), event);
            if (moves && arrow)
                cr_expect_eq(next, arrow->to, "%s, event %u",
                             tcpconn_state_name((int)state), event);
        }
    }
}

Test(fsm, an_rst_closes_from_everywhere)
{
    for (unsigned state = 1; state < N_STATES; state++) {
        const struct endpoint ep = {.state = (uint8_t)state};
        uint8_t next;

        cr_expect(tcpsegp_fsm_outside(&ep, OUTSIDE_RST, &next));
        cr_expect_eq(next, TCPCONN_CLOSED);
        cr_expect(tcpsegp_fsm_outside(&ep, OUTSIDE_TIME, &next));
        cr_expect_eq(next, TCPCONN_CLOSED);
        cr_expect_eq(tcpsegp_fsm_outside(&ep, OUTSIDE_ICMP, &next),
                     state <= TCPCONN_SYN_SENT, "nobody has answered");
        cr_expect_eq(next, TCPCONN_CLOSED);
    }
}

Test(fsm, everything_else_outside_the_figure_has_one_origin)
{
    static const struct {
        unsigned cause;
        uint8_t from, to;
    } want[] = {
        {OUTSIDE_PEER_SYN, TCPCONN_CLOSED, TCPCONN_LISTEN},
        {OUTSIDE_PICK_UP, TCPCONN_CLOSED, TCPCONN_ESTABLISHED},
        {OUTSIDE_PICK_UP_OPENER, TCPCONN_CLOSED, TCPCONN_SYN_SENT},
        {OUTSIDE_PICK_UP_ANSWER, TCPCONN_CLOSED, TCPCONN_SYN_RECEIVED},
        {OUTSIDE_ONE_SIDED, TCPCONN_SYN_SENT, TCPCONN_ESTABLISHED},
        {OUTSIDE_SILENT, TCPCONN_LISTEN, TCPCONN_SYN_RECEIVED},
    };

    for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
        for (unsigned state = 0; state < N_STATES; state++) {
            const struct endpoint ep = {.state = (uint8_t)state};
            uint8_t next;
            bool moves = tcpsegp_fsm_outside(&ep, want[i].cause, &next);

            cr_expect_eq(moves, state == want[i].from);
            if (moves)
                cr_expect_eq(next, want[i].to);
        }
    }
}

Test(names, end_with_null_and_are_unique)
{
    cr_expect_str_eq(tcpconn_state_name(TCPCONN_SYN_RECEIVED), "SYN-RECEIVED");
    cr_expect_null(tcpconn_state_name(-1));
    cr_expect_null(tcpconn_state_name(N_STATES));
    cr_expect_str_eq(tcpconn_verdict_name(TCPCONN_MALFORMED), "malformed");
    cr_expect_null(tcpconn_verdict_name(6));
    cr_expect_str_eq(tcpconn_advice_name(TCPCONN_PASS_AND_LIMIT),
                     "pass-and-limit");
    cr_expect_null(tcpconn_advice_name(3));
    cr_expect_str_eq(tcpconn_severity_name(TCPCONN_HOSTILE), "hostile");
    cr_expect_null(tcpconn_severity_name(5));
    cr_expect_str_eq(tcpconn_end_name(TCPCONN_END_CAPTURE), "end-of-capture");
    cr_expect_null(tcpconn_end_name(0));
    cr_expect_null(tcpconn_end_name(7));

    unsigned n = 0;
    while (tcpconn_check_name(n)) {
        for (unsigned i = 0; i < n; i++)
            cr_expect_str_neq(tcpconn_check_name(i), tcpconn_check_name(n));
        cr_expect(tcpconn_check_text(n) && tcpconn_check_rfc(n));
        cr_expect(tcpconn_check_severity(n) > TCPCONN_PLAIN);
        n++;
    }
    cr_expect_eq(n, TCPCONN_CHECK_SYN_ACK_FIN + 1);
    cr_expect_null(tcpconn_check_text(n));
    cr_expect_null(tcpconn_check_rfc(n));
    cr_expect_eq(tcpconn_check_severity(n), TCPSEG_ERR_ARG);
}
