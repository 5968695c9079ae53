/* This library. */
#include "bench.h"
#include <string.h>
#include <tcpseg/tcpseg.h>

static uint64_t fold(const tcpseg *seg)
{
    return fold_fields(seg->src_port, seg->dst_port, seg->seq, seg->ack,
                       (uint8_t)seg->flags, seg->wnd, seg->tsval, seg->tsecr,
                       seg->mss, seg->wscale);
}

static uint64_t parse_tcp(const struct packet *p, size_t n)
{
    uint64_t sum = 0;
    tcpseg seg;

    for (size_t i = 0; i < n; i++) {
        size_t len = p[i].len - p[i].l4;

        if (tcpseg_parse(&seg, p[i].eth + p[i].l4, len, len) == TCPSEG_OK)
            sum += fold(&seg);
    }
    return sum;
}

static uint64_t parse_eth(const struct packet *p, size_t n)
{
    uint64_t sum = 0;
    tcpseg seg;

    for (size_t i = 0; i < n; i++)
        if (tcpseg_parse_frame(&seg, NULL, 0, TCPSEG_LINK_ETHERNET, 0, p[i].eth,
                               p[i].len, p[i].len) == TCPSEG_OK)
            sum += fold(&seg);
    return sum;
}

/* With the parsing that comes before it. */
static uint64_t verify(const struct packet *p, size_t n)
{
    tcpseg_address address = {.family = 4, .protocol = 6};
    uint64_t good = 0;
    tcpseg seg;

    for (size_t i = 0; i < n; i++) {
        const uint8_t *tcp = p[i].eth + p[i].l4;
        size_t len = p[i].len - p[i].l4;

        memcpy(address.src, tcp - 8, 4);
        memcpy(address.dst, tcp - 4, 4);
        tcpseg_parse(&seg, tcp, len, len);
        good +=
            tcpseg_checksum_verify(&seg, tcp, &address) == TCPSEG_CHECKSUM_OK;
    }
    return good;
}

const struct adapter bench_adapter = {
    .name = "libtcpseg",
    .parse_tcp = parse_tcp,
    .parse_eth = parse_eth,
    .verify = verify,
};
