/* DPDK: finds the headers and reads the fixed fields, but no options; needs no
 * environment of its own. */
#include "bench.h"
#include <string.h>
#include <rte_ip.h>
#include <rte_mbuf.h>
#include <rte_net.h>
#include <rte_tcp.h>

static uint64_t parse_eth(const struct packet *p, size_t n)
{
    struct rte_net_hdr_lens lens;
    struct rte_mbuf m;
    uint64_t sum = 0;

    memset(&m, 0, sizeof m);
    m.nb_segs = 1;
    for (size_t i = 0; i < n; i++) {
        const struct rte_tcp_hdr *tcp;
        uint32_t type;

        m.buf_addr = (void *)(uintptr_t)p[i].eth;
        m.pkt_len = p[i].len;
        m.data_len = (uint16_t)p[i].len;
        type = rte_net_get_ptype(&m, &lens, RTE_PTYPE_ALL_MASK);
        if ((type & RTE_PTYPE_L4_MASK) != RTE_PTYPE_L4_TCP)
            continue;
        tcp = (const void *)(p[i].eth + lens.l2_len + lens.l3_len);
        sum += fold_fields(
            rte_be_to_cpu_16(tcp->src_port), rte_be_to_cpu_16(tcp->dst_port),
            rte_be_to_cpu_32(tcp->sent_seq), rte_be_to_cpu_32(tcp->recv_ack),
            tcp->tcp_flags, rte_be_to_cpu_16(tcp->rx_win), 0, 0, 0, 0);
    }
    return sum;
}

static uint64_t verify(const struct packet *p, size_t n)
{
    uint64_t good = 0;

    for (size_t i = 0; i < n; i++)
        good += rte_ipv4_udptcp_cksum_verify((const void *)(p[i].eth + 14),
                                             p[i].eth + p[i].l4) == 0;
    return good;
}

const struct adapter bench_adapter = {
    .name = "DPDK (no options)",
    .parse_eth = parse_eth,
    .verify = verify,
};
