/* Everything that has a name, and the numbers that have none. */
#ifndef FUZZ_FRAMES_NAMES_H
#define FUZZ_FRAMES_NAMES_H

#include <tcpseg/tcpseg.h>

#include "check.h"

static void check_text(const char *text)
{
    CHECK(!text || *text);
}

static void names_of_connections(int n)
{
    unsigned bit = (unsigned)n;

    check_text(tcpconn_verdict_name(n));
    check_text(tcpconn_advice_name(n));
    check_text(tcpconn_severity_name(n));
    check_text(tcpconn_state_name(n));
    check_text(tcpconn_end_name(n));
    check_text(tcpconn_gap_name(n));
    check_text(tcpconn_overlap_name(n));
    check_text(tcptable_rank_name(n));
    CHECK(!tcpconn_check_name(bit) == !tcpconn_check_text(bit));
    CHECK(!tcpconn_check_name(bit) == !tcpconn_check_rfc(bit));
    CHECK(!tcpconn_check_name(bit) == (tcpconn_check_severity(bit) < 0));
}

static void names_of_segments(int n)
{
    unsigned bit = (unsigned)n;

    CHECK(tcpseg_strerror(n) && tcpseg_strerror(-n));
    check_text(tcpseg_stop_name(n));
    check_text(tcpseg_checksum_name(n));
    check_text(tcpseg_mptcp_name(bit));
    check_text(tcpseg_exid_name(bit));
    check_text(tcpseg_option_name(bit));
    check_text(tcpseg_option_rfc(bit));
    check_text(tcpseg_option_status_name(n));
    CHECK(!tcpseg_defect_name(bit) == !tcpseg_defect_text(bit));
    CHECK(!tcpseg_defect_name(bit) == !tcpseg_defect_rfc(bit));
    CHECK(!tcpseg_frame_defect_name(bit) == !tcpseg_frame_defect_text(bit));
    CHECK(!tcpseg_frame_defect_name(bit) == !tcpseg_frame_defect_rfc(bit));
    CHECK(!tcpseg_udp_defect_name(bit) == !tcpseg_udp_defect_text(bit));
    CHECK(!tcpseg_udp_defect_name(bit) == !tcpseg_udp_defect_rfc(bit));
    CHECK(tcpseg_version() == TCPSEG_VERSION_NUM);
    CHECK(tcpseg_abi_sizeof(n) < 4096);
}

#endif
