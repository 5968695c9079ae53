/* Errors as sentences, sizes for bindings, the version. */
#include "sample.h"

static const int errors[] = {
    TCPSEG_OK,        TCPSEG_ERR_ARG,    TCPSEG_ERR_SIZE,
    TCPSEG_ERR_ALIGN, TCPSEG_ERR_STATE,  TCPSEG_ERR_REENTRY,
    TCPSEG_ERR_SHORT, TCPSEG_ERR_OFFSET, TCPSEG_ERR_NOT_FOUND,
    TCPSEG_ERR_FULL};

enum { N_ERRORS = sizeof errors / sizeof *errors };

Test(error, sentences)
{
    unsigned i, j;

    for (i = 0; i < N_ERRORS; i++) {
        const char *text = tcpseg_strerror(errors[i]);

        cr_assert_not_null(text);
        cr_assert_neq(text[0], '\0');
        cr_assert_str_neq(text, "unknown error");
        for (j = 0; text[j]; j++)
            cr_assert(text[j] >= ' ' && text[j] <= '~');
        for (j = 0; j < i; j++)
            cr_assert_str_neq(text, tcpseg_strerror(errors[j]));
    }
}

Test(error, every_other_number_is_unknown)
{
    int n;
    unsigned i;

    for (n = -1000; n <= 1000; n++) {
        bool known = false;

        for (i = 0; i < N_ERRORS; i++)
            known |= errors[i] == n;
        cr_assert_eq(strcmp(tcpseg_strerror(n), "unknown error") == 0, !known,
                     "%d", n);
    }
    cr_assert_str_eq(tcpseg_strerror(-2147483647 - 1), "unknown error");
    cr_assert_str_eq(tcpseg_strerror(2147483647), "unknown error");
}

Test(error, sizes)
{
    static const struct {
        int type;
        size_t size;
    } types[] = {{TCPSEG_TYPE_SEGMENT, 128},
                 {TCPSEG_TYPE_OPTION, 8},
                 {TCPSEG_TYPE_SACK, 8},
                 {TCPSEG_TYPE_ADDRESS, 40},
                 {TCPSEG_TYPE_FRAME, 128},
                 {TCPSEG_TYPE_UDP, sizeof(tcpseg_udp)},
                 {TCPSEG_TYPE_MPTCP, 128},
                 {TCPSEG_TYPE_ACCECN, 16},
                 {TCPSEG_TYPE_AUTH, 48},
                 {TCPSEG_TYPE_ENO, 160},
                 {TCPSEG_TYPE_USER_TIMEOUT, 8},
                 {TCPSEG_TYPE_QUICK_START, 16},
                 {TCPSEG_TYPE_SCPS, 8},
                 {TCPSEG_TYPE_FASTOPEN, 24},
                 {TCPSEG_TYPE_EXPERIMENT, 16},
                 {TCPSEG_TYPE_EVENT, 64},
                 {TCPSEG_TYPE_REPORT, 64},
                 {TCPSEG_TYPE_CONFIG, sizeof(tcpconn_config)},
                 {TCPSEG_TYPE_SUMMARY, sizeof(tcpconn_summary)},
                 {TCPSEG_TYPE_STATS, sizeof(tcpconn_stats)},
                 {TCPSEG_TYPE_POOL_STATS, 32},
                 {TCPSEG_TYPE_ICMP, 16},
                 {TCPSEG_TYPE_ANALYSIS, 96},
                 {TCPSEG_TYPE_TUPLE, 48},
                 {TCPSEG_TYPE_TABLE_CONFIG, 48},
                 {TCPSEG_TYPE_PACKET, 96},
                 {TCPSEG_TYPE_TABLE_STATS, 272}};
    int type;
    unsigned i;

    for (type = -10; type < 100; type++) {
        size_t want = 0;

        for (i = 0; i < sizeof types / sizeof *types; i++)
            if (types[i].type == type)
                want = types[i].size;
        cr_assert_eq(tcpseg_abi_sizeof(type), want, "type %d", type);
    }
    cr_assert_eq(tcpseg_abi_sizeof(-2147483647 - 1), 0);
    cr_assert_eq(tcpseg_abi_sizeof(2147483647), 0);
}

Test(error, version)
{
    cr_assert_eq(tcpseg_version(), TCPSEG_VERSION_NUM);
    cr_assert_eq(TCPSEG_VERSION_NUM, TCPSEG_VERSION_MAJOR << 16 |
                                         TCPSEG_VERSION_MINOR << 8 |
                                         TCPSEG_VERSION_PATCH);
}
