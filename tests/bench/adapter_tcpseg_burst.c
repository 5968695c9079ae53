/* This library, many frames a call. */
#include "bench.h"
#include <tcpseg/tcpseg.h>

enum { BURST = 32 };

static uint64_t fold(const tcpseg *seg)
{
    return fold_fields(seg->src_port, seg->dst_port, seg->seq, seg->ack,
                       (uint8_t)seg->flags, seg->wnd, seg->tsval, seg->tsecr,
                       seg->mss, seg->wscale);
}

static uint64_t parse_eth(const struct packet *p, size_t n)
{
    const void *frames[BURST];
    uint32_t lengths[BURST];
    tcpseg seg[BURST];
    uint64_t sum = 0;

    for (size_t first = 0; first < n; first += BURST) {
        size_t some = n - first < BURST ? n - first : BURST;

        for (size_t i = 0; i < some; i++) {
            frames[i] = p[first + i].eth;
            lengths[i] = p[first + i].len;
        }
        tcpseg_parse_burst(seg, NULL, 0, TCPSEG_LINK_ETHERNET, 0,
                           (uint32_t)some, frames, lengths, NULL);
        for (size_t i = 0; i < some; i++)
            if (seg[i].error == TCPSEG_OK)
                sum += fold(&seg[i]);
    }
    return sum;
}

const struct adapter bench_adapter = {
    .name = "libtcpseg, in bursts",
    .parse_eth = parse_eth,
};
