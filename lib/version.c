/* What this build is: its version and the sizes of its public structures. */
#include <tcpseg/tcpseg.h>

uint32_t tcpseg_version(void)
{
    return TCPSEG_VERSION_NUM;
}

size_t tcpseg_abi_sizeof(int type)
{
    static const uint16_t sizes[] = {
        [TCPSEG_TYPE_SEGMENT] = sizeof(tcpseg),
        [TCPSEG_TYPE_OPTION] = sizeof(tcpseg_option),
        [TCPSEG_TYPE_SACK] = sizeof(tcpseg_sack),
        [TCPSEG_TYPE_ADDRESS] = sizeof(tcpseg_address),
        [TCPSEG_TYPE_FRAME] = sizeof(tcpseg_frame),
        [TCPSEG_TYPE_UDP] = sizeof(tcpseg_udp),
        [TCPSEG_TYPE_MPTCP] = sizeof(tcpseg_mptcp),
        [TCPSEG_TYPE_ACCECN] = sizeof(tcpseg_accecn),
        [TCPSEG_TYPE_AUTH] = sizeof(tcpseg_auth),
        [TCPSEG_TYPE_ENO] = sizeof(tcpseg_eno),
        [TCPSEG_TYPE_USER_TIMEOUT] = sizeof(tcpseg_user_timeout),
        [TCPSEG_TYPE_QUICK_START] = sizeof(tcpseg_quick_start),
        [TCPSEG_TYPE_SCPS] = sizeof(tcpseg_scps),
        [TCPSEG_TYPE_FASTOPEN] = sizeof(tcpseg_fastopen),
        [TCPSEG_TYPE_EXPERIMENT] = sizeof(tcpseg_experiment),
        [TCPSEG_TYPE_EVENT] = sizeof(tcpconn_event),
        [TCPSEG_TYPE_REPORT] = sizeof(tcpconn_report),
        [TCPSEG_TYPE_CONFIG] = sizeof(tcpconn_config),
        [TCPSEG_TYPE_SUMMARY] = sizeof(tcpconn_summary),
        [TCPSEG_TYPE_POOL_STATS] = sizeof(tcpconn_pool_stats),
        [TCPSEG_TYPE_STATS] = sizeof(tcpconn_stats),
        [TCPSEG_TYPE_ICMP] = sizeof(tcpseg_icmp),
        [TCPSEG_TYPE_ANALYSIS] = sizeof(tcpconn_analysis),
        [TCPSEG_TYPE_TUPLE] = sizeof(tcptable_tuple),
        [TCPSEG_TYPE_TABLE_CONFIG] = sizeof(tcptable_config),
        [TCPSEG_TYPE_PACKET] = sizeof(tcptable_packet),
        [TCPSEG_TYPE_TABLE_STATS] = sizeof(tcptable_stats),
    };

    if (type < 0 || (size_t)type >= sizeof sizes / sizeof *sizes)
        return 0;
    return sizes[type];
}
