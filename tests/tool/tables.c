/* What the library knows of states, checks and time-outs, one fact a line, for
 * tables.py: the guide's tables and its diagram are made of nothing else. */
#include <inttypes.h>
#include <stdio.h>

#include "judge_int.h"
#include "queue_int.h"

static const char *const events[N_EVENTS] = {
    [SND_SYN] = "snd SYN",         [RCV_SYN] = "rcv SYN",
    [RCV_SYN_ACK] = "rcv SYN,ACK", [RCV_ACK_OF_SYN] = "rcv ACK of SYN",
    [SND_FIN] = "snd FIN",         [RCV_ACK_OF_FIN] = "rcv ACK of FIN",
    [RCV_FIN] = "rcv FIN",         [TIMEOUT_2MSL] = "2MSL",
};

static const char *const causes[N_OUTSIDE] = {
    [OUTSIDE_PEER_SYN] = "peer's SYN",
    [OUTSIDE_PICK_UP] = "pick-up",
    [OUTSIDE_PICK_UP_OPENER] = "pick-up, peer's SYN,ACK",
    [OUTSIDE_PICK_UP_ANSWER] = "pick-up, own SYN,ACK",
    [OUTSIDE_ONE_SIDED] = "goes on alone",
    [OUTSIDE_SILENT] = "peer goes on alone",
    [OUTSIDE_RST] = "RST",
    [OUTSIDE_TIME] = "time-out",
    [OUTSIDE_ICMP] = "ICMP error",
};

static void states(void)
{
    for (int from = 0; from < N_STATES; from++)
        printf("state\t%d\t%s\n", from, tcpconn_state_name(from));
}

static void first_table(void)
{
    for (unsigned event = 0; event < N_EVENTS; event++) {
        printf("event\t%u\t%s\n", event, events[event]);
        for (unsigned from = 0; from < N_STATES; from++) {
            const struct endpoint ep = {.state = (uint8_t)from};
            uint8_t to;

            if (tcpsegp_fsm_event(&ep, event, &to))
                printf("move\t%s\t%s\t%s\n", tcpconn_state_name((int)from),
                       events[event], tcpconn_state_name(to));
        }
    }
}

static void second_table(void)
{
    for (unsigned cause = 0; cause < N_OUTSIDE; cause++) {
        for (unsigned from = 0; from < N_STATES; from++) {
            const struct endpoint ep = {.state = (uint8_t)from};
            uint8_t to;

            if (tcpsegp_fsm_outside(&ep, cause, &to))
                printf("outside\t%s\t%s\t%s\n", tcpconn_state_name((int)from),
                       causes[cause], tcpconn_state_name(to));
        }
    }
}

/* The most important first, as tcpconn_report::top_check chooses. */
static void checks(void)
{
    uint64_t left = 0;
    uint8_t i;

    for (unsigned bit = 0; tcpconn_check_name(bit); bit++)
        left |= UINT64_C(1) << bit;
    for (; left; left &= ~(UINT64_C(1) << i)) {
        tcpsegp_severity(left, &i);
        printf("check\t%u\t%s\t%s\t%s\t%s\n", i, tcpconn_check_name(i),
               tcpconn_severity_name(tcpconn_check_severity(i)),
               tcpconn_check_rfc(i), tcpconn_check_text(i));
    }
}

static void names(const char *what, const char *(*name)(int number), int first)
{
    for (int i = first; name(i); i++)
        printf("%s\t%d\t%s\n", what, i, name(i));
}

static void timeouts(void)
{
    tcpconn_config config;

    tcpconn_config_default(&config, sizeof config);
    printf("msl\t%" PRIu64 "\n", config.msl / 1000000000);
    for (int set = 0; tcpconn_config_timeouts(&config, set) == TCPSEG_OK; set++)
        for (int i = 0; i < TCPCONN_N_TIMEOUTS; i++)
            printf("timeout\t%d\t%d\t%" PRIu64 "\n", i, set,
                   config.timeout[i] / 1000000000);
}

static void profiles(void)
{
    static const int all[] = {TCPCONN_PROFILE_LINUX, TCPCONN_PROFILE_RFC9293};

    for (unsigned i = 0; i < sizeof all / sizeof *all; i++) {
        tcpconn_env env = {
            .cfg = {.profile = {(uint8_t)all[i], (uint8_t)all[i]}}};
        const struct step s = {.env = &env};
        const struct profile *p = tcpsegp_profile(&s);

        printf("profile\tpaws_slack\t%d\t%u\n", all[i], p->paws_slack);
        printf("profile\tpaws_reordered\t%d\t%u\n", all[i], p->paws_reordered);
        printf("profile\tneeds_timestamp\t%d\t%d\n", all[i],
               p->needs_timestamp);
        printf("profile\ttrims_overhang\t%d\t%d\n", all[i], p->trims_overhang);
        printf("profile\tfin_in_no_window\t%d\t%d\n", all[i],
               p->fin_in_no_window);
        printf("profile\trst_around\t%d\t%d\n", all[i], p->rst_around);
    }
}

/* Whether the new segment wins, by either reading; and where something older lies
 * apart before the two. */
static void overlap_case(int policy, uint32_t start, uint32_t end,
                         const char *name)
{
    static const int readings[] = {0, TCPCONN_OVERLAP_SNORT};
    const struct piece old = {.start = 10, .end = 20};

    printf("overlap\t%s\t%s", tcpconn_overlap_name(policy), name);
    for (int i = 0; i < 2; i++)
        for (int alone = 0; alone < 2; alone++)
            printf("\t%d",
                   tcpsegp_overlap_new_wins((unsigned)(policy | readings[i]),
                                            start, end, &old, alone));
    putchar('\n');
}

/* Every way in which a new segment can lie on an old one from 10 to 20. */
static void overlaps(void)
{
    static const struct {
        uint32_t at;
        const char *name;
    } starts[] = {{5, "before"}, {10, "with it"}, {15, "inside"}},
      ends[] = {{17, "inside"}, {20, "with it"}, {25, "after"}};
    char name[32];

    for (int policy = 0; policy < TCPCONN_N_OVERLAPS; policy++) {
        for (int i = 0; i < 9; i++) {
            snprintf(name, sizeof name, "%s, %s", starts[i / 3].name,
                     ends[i % 3].name);
            overlap_case(policy, starts[i / 3].at, ends[i % 3].at, name);
        }
    }
}

static void blocks(void)
{
    for (uint32_t shift = 10; tcpconn_pool_size(4, 1u << shift); shift++) {
        const tcpconn_pool pool = {.block_size = 1u << shift, .shift = shift};

        printf("block\t%u\t%u\t%u\n", pool.block_size,
               tcpsegp_queue_pieces(&pool), tcpsegp_queue_reach(&pool));
    }
}

int main(void)
{
    states();
    first_table();
    second_table();
    names("verdict", tcpconn_verdict_name, TCPCONN_ACCEPTED);
    names("advice", tcpconn_advice_name, TCPCONN_PASS);
    names("severity", tcpconn_severity_name, TCPCONN_PLAIN);
    names("end", tcpconn_end_name, TCPCONN_END_CLOSED);
    checks();
    profiles();
    timeouts();
    names("gap", tcpconn_gap_name, TCPCONN_GAP_UNSEEN);
    overlaps();
    blocks();
}
