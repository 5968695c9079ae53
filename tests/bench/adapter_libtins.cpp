// libtins: a tree of objects for each packet, options in a list.
#include "bench.h"
#include <tins/tins.h>

using Tins::EthernetII;
using Tins::TCP;

static uint64_t fold(const TCP &tcp)
{
    uint32_t tsval = 0, tsecr = 0, mss = 0, wscale = 0;

    for (const auto &option : tcp.options()) {
        if (option.option() == TCP::MSS) {
            mss = option.to<uint16_t>();
        } else if (option.option() == TCP::WSCALE) {
            wscale = option.to<uint8_t>();
        } else if (option.option() == TCP::TSOPT) {
            auto stamps = option.to<std::pair<uint32_t, uint32_t>>();
            tsval = stamps.first;
            tsecr = stamps.second;
        }
    }
    return fold_fields(tcp.sport(), tcp.dport(), tcp.seq(), tcp.ack_seq(),
                       (uint8_t)tcp.flags(), tcp.window(), tsval, tsecr, mss,
                       wscale);
}

static uint64_t parse_tcp(const struct packet *p, size_t n)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < n; i++)
        sum += fold(TCP(p[i].eth + p[i].l4, p[i].len - p[i].l4));
    return sum;
}

static uint64_t parse_eth(const struct packet *p, size_t n)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < n; i++) {
        EthernetII frame(p[i].eth, p[i].len);

        if (const TCP *tcp = frame.find_pdu<TCP>())
            sum += fold(*tcp);
    }
    return sum;
}

extern "C" {
const struct adapter bench_adapter = {"libtins", parse_tcp, parse_eth, nullptr,
                                      nullptr,   nullptr,   nullptr,   nullptr};
}
