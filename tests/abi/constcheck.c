/* Constants against what they stand for: pinned values, storage macros against
 * the functions that tell the size, the version in its four forms. */
#include <stdio.h>
#include <string.h>

#include <tcpseg/tcpseg.h>

static int count, failures;

static void check(int holds, const char *what)
{
    failures += !holds;
    printf("%sok %d - %s\n", holds ? "" : "not ", ++count, what);
}

static const struct pin {
    const char *name;
    int64_t is, pinned;
} pins[] = {
#define PIN(name, value) {#name, name, value},
#include "constants.h"
#undef PIN
};

static void check_pins(void)
{
    size_t moved = 0;

    for (size_t i = 0; i < sizeof pins / sizeof pins[0]; i++) {
        if (pins[i].is == pins[i].pinned)
            continue;
        moved++;
        printf("# %s is %lld, not %lld\n", pins[i].name, (long long)pins[i].is,
               (long long)pins[i].pinned);
    }
    check(moved == 0, "no constant has moved");
}

static const struct sized {
    int type;
    size_t size;
    const char *name;
} sized[] = {
    {TCPSEG_TYPE_SEGMENT, sizeof(tcpseg), "tcpseg"},
    {TCPSEG_TYPE_OPTION, sizeof(tcpseg_option), "tcpseg_option"},
    {TCPSEG_TYPE_SACK, sizeof(tcpseg_sack), "tcpseg_sack"},
    {TCPSEG_TYPE_ADDRESS, sizeof(tcpseg_address), "tcpseg_address"},
    {TCPSEG_TYPE_FRAME, sizeof(tcpseg_frame), "tcpseg_frame"},
    {TCPSEG_TYPE_UDP, sizeof(tcpseg_udp), "tcpseg_udp"},
    {TCPSEG_TYPE_MPTCP, sizeof(tcpseg_mptcp), "tcpseg_mptcp"},
    {TCPSEG_TYPE_ACCECN, sizeof(tcpseg_accecn), "tcpseg_accecn"},
    {TCPSEG_TYPE_AUTH, sizeof(tcpseg_auth), "tcpseg_auth"},
    {TCPSEG_TYPE_ENO, sizeof(tcpseg_eno), "tcpseg_eno"},
    {TCPSEG_TYPE_USER_TIMEOUT, sizeof(tcpseg_user_timeout),
     "tcpseg_user_timeout"},
    {TCPSEG_TYPE_QUICK_START, sizeof(tcpseg_quick_start), "tcpseg_quick_start"},
    {TCPSEG_TYPE_SCPS, sizeof(tcpseg_scps), "tcpseg_scps"},
    {TCPSEG_TYPE_FASTOPEN, sizeof(tcpseg_fastopen), "tcpseg_fastopen"},
    {TCPSEG_TYPE_EXPERIMENT, sizeof(tcpseg_experiment), "tcpseg_experiment"},
    {TCPSEG_TYPE_EVENT, sizeof(tcpconn_event), "tcpconn_event"},
    {TCPSEG_TYPE_REPORT, sizeof(tcpconn_report), "tcpconn_report"},
    {TCPSEG_TYPE_CONFIG, sizeof(tcpconn_config), "tcpconn_config"},
    {TCPSEG_TYPE_SUMMARY, sizeof(tcpconn_summary), "tcpconn_summary"},
    {TCPSEG_TYPE_POOL_STATS, sizeof(tcpconn_pool_stats), "tcpconn_pool_stats"},
    {TCPSEG_TYPE_STATS, sizeof(tcpconn_stats), "tcpconn_stats"},
    {TCPSEG_TYPE_ICMP, sizeof(tcpseg_icmp), "tcpseg_icmp"},
    {TCPSEG_TYPE_ANALYSIS, sizeof(tcpconn_analysis), "tcpconn_analysis"},
    {TCPSEG_TYPE_TUPLE, sizeof(tcptable_tuple), "tcptable_tuple"},
    {TCPSEG_TYPE_TABLE_CONFIG, sizeof(tcptable_config), "tcptable_config"},
    {TCPSEG_TYPE_PACKET, sizeof(tcptable_packet), "tcptable_packet"},
    {TCPSEG_TYPE_TABLE_STATS, sizeof(tcptable_stats), "tcptable_stats"},
};

/* Every number from -1 to 1000 that is no type must have no size. */
static void check_abi_sizeof(void)
{
    int wrong = 0;

    for (int type = -1; type <= 1000; type++) {
        const char *name = "no type";
        size_t size = 0;

        for (size_t i = 0; i < sizeof sized / sizeof sized[0]; i++) {
            if (sized[i].type != type)
                continue;
            size = sized[i].size;
            name = sized[i].name;
        }
        if (tcpseg_abi_sizeof(type) == size)
            continue;
        wrong++;
        printf("# tcpseg_abi_sizeof(%d) is %zu; %s has %zu\n", type,
               tcpseg_abi_sizeof(type), name, size);
    }
    check(wrong == 0, "tcpseg_abi_sizeof() tells the sizes of the headers");
}

static void check_storage(void)
{
    check(sizeof(tcpconn_storage) == TCPCONN_STORAGE_SIZE,
          "tcpconn_storage has TCPCONN_STORAGE_SIZE bytes");
    check(sizeof(tcpconn_env_storage) == TCPCONN_ENV_SIZE,
          "tcpconn_env_storage has TCPCONN_ENV_SIZE bytes");
    check(tcpconn_size(0) > 0 && tcpconn_size(0) <= TCPCONN_STORAGE_SIZE,
          "a connection fits into its storage");
    check(tcpconn_env_size() > 0 && tcpconn_env_size() <= TCPCONN_ENV_SIZE,
          "an environment fits into its storage");
}

static void check_version(void)
{
    char text[32];

    snprintf(text, sizeof text, "%d.%d.%d", TCPSEG_VERSION_MAJOR,
             TCPSEG_VERSION_MINOR, TCPSEG_VERSION_PATCH);
    check(strcmp(text, TCPSEG_VERSION) == 0,
          "TCPSEG_VERSION is the three numbers as text");
    check(TCPSEG_VERSION_NUM ==
              (TCPSEG_VERSION_MAJOR << 16 | TCPSEG_VERSION_MINOR << 8 |
               TCPSEG_VERSION_PATCH),
          "TCPSEG_VERSION_NUM is the three numbers as one");
    check(tcpseg_version() == TCPSEG_VERSION_NUM,
          "the library has the header's version");
}

int main(void)
{
    check_pins();
    check_abi_sizeof();
    check_storage();
    check_version();
    printf("1..%d\n", count);
    return failures != 0;
}
