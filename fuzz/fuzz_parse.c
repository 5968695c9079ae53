/* A segment through the parser, the cursor, every decoder and back through the
 * builder; and all of it held against the reference walker of the tests.
 *
 * Input: two bytes, then the captured bytes. The two, most significant
 * first, say how many more bytes the wire had; with the top bit set, how
 * many fewer. */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tcpseg/tcpseg.h"

/* Here and not in the build, so that a harness is one file to compile. */
#include "../tests/support/agree.c"
#include "../tests/support/walker.c"
#include "../tests/support/walker_registry.c"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CHECK(property)                                                        \
    do {                                                                       \
        if (!(property)) {                                                     \
            fprintf(stderr, "line %d: not so: %s\n", __LINE__, #property);     \
            abort();                                                           \
        }                                                                      \
    } while (0)

/* A decoder's answer: all of the structure, or a refusal that wrote nothing. */
static bool answered(int got, const void *out, size_t size)
{
    const uint8_t *p = out;
    size_t i;

    if (got == TCPSEG_ERR_ARG) {
        for (i = 0; i < size; i++)
            CHECK(p[i] == 0xa5);
        return false;
    }
    CHECK(got == (int)size);
    return true;
}

#define DECODE(name, out)                                                      \
    (memset(&(out), 0xa5, sizeof(out)),                                        \
     answered(tcpseg_option_##name(opt, data, &(out), sizeof(out)), &(out),    \
              sizeof(out)))

static void decode_signatures(const tcpseg_option *opt, const uint8_t *data)
{
    tcpseg_auth auth;
    tcpseg_fastopen fastopen;

    if (DECODE(auth, auth)) {
        CHECK(opt->kind == auth.kind && auth.mac_len <= sizeof auth.mac);
        CHECK(memcmp(auth.mac, data + opt->offset + opt->len - auth.mac_len,
                     auth.mac_len) == 0);
    }
    if (DECODE(fastopen, fastopen)) {
        CHECK(fastopen.cookie_len == opt->data_len);
        CHECK(fastopen.cookie_len <= 16 && fastopen.cookie_len % 2 == 0);
        CHECK(fastopen.experiment == (opt->kind != TCPSEG_KIND_FASTOPEN));
    }
}

static void decode_lists(const tcpseg_option *opt, const uint8_t *data)
{
    tcpseg_eno eno;
    tcpseg_accecn accecn;
    unsigned i, end = opt->offset + opt->len;

    if (DECODE(eno, eno)) {
        CHECK(eno.count <= 38 && eno.count <= opt->data_len);
        for (i = 0; i < eno.count && eno.valid; i++)
            CHECK(eno.suboption[i].offset + eno.suboption[i].len <= end);
    }
    if (DECODE(accecn, accecn)) {
        CHECK((accecn.ee0b | accecn.eceb | accecn.ee1b) < 1u << 24);
        CHECK(accecn.trailing <= opt->data_len && accecn.present < 8);
    }
}

static void decode_mptcp(const tcpseg_option *opt, const uint8_t *data)
{
    tcpseg_mptcp mptcp;

    if (!DECODE(mptcp, mptcp)) {
        CHECK(opt->kind != TCPSEG_KIND_MPTCP ||
              opt->status != TCPSEG_OPTION_OK);
        return;
    }
    CHECK(mptcp.subtype == data[opt->offset + 2] >> 4);
    CHECK(tcpseg_mptcp_name(mptcp.subtype) != NULL);
    CHECK(mptcp.hmac_len <= sizeof mptcp.hmac);
    CHECK(!(mptcp.present & TCPSEG_MPTCP_HAS_HMAC) == !mptcp.hmac_len);
    CHECK(!(mptcp.present & TCPSEG_MPTCP_HAS_ADDRESS) == !mptcp.address_family);
}

static void decode_small(const tcpseg_option *opt, const uint8_t *data)
{
    tcpseg_user_timeout timeout;
    tcpseg_quick_start quick;
    tcpseg_scps scps;
    tcpseg_experiment experiment;

    if (DECODE(user_timeout, timeout))
        CHECK(timeout.seconds == timeout.value * (timeout.minutes ? 60u : 1u));
    if (DECODE(quick_start, quick))
        CHECK(quick.rate < 16 && quick.nonce < 1u << 30);
    if (DECODE(scps, scps))
        CHECK(scps.kind == opt->kind);
    if (DECODE(experiment, experiment)) {
        CHECK(experiment.data_len == opt->data_len);
        CHECK(experiment.data_offset + experiment.data_len ==
              opt->offset + opt->len);
        CHECK(experiment.exid >> (experiment.exid_len == 4 ? 16 : 0) ==
              opt->exid);
    }
}

/* What the parser took from the options, taken again from the last of each. */
struct again {
    uint32_t mss, wscale, tsval, tsecr;
    tcpseg_sack sack[4];
    int blocks;
};

static void decode_eager(struct again *a, const tcpseg_option *opt,
                         const uint8_t *data)
{
    uint32_t value;

    if (tcpseg_option_number(opt, data, &value) == TCPSEG_OK) {
        if (opt->kind == TCPSEG_KIND_MSS)
            a->mss = value;
        if (opt->kind == TCPSEG_KIND_WSCALE)
            a->wscale = value;
    }
    tcpseg_option_timestamps(opt, data, &a->tsval, &a->tsecr);
    if (opt->kind == TCPSEG_KIND_SACK && opt->status == TCPSEG_OPTION_OK) {
        memset(a->sack, 0, sizeof a->sack);
        a->blocks = tcpseg_option_sack(opt, data, a->sack, 4);
    }
}

static void decode_all(const tcpseg *seg, const uint8_t *data)
{
    struct again a = {0, 0, 0, 0, {{0, 0}}, 0};
    tcpseg_option opt;
    uint32_t cursor = 0;
    unsigned steps = 0;

    while (tcpseg_option_next(seg, data, &cursor, &opt) == 1) {
        CHECK(++steps <= 40);
        CHECK(opt.offset >= 20 && opt.offset < seg->header_captured);
        CHECK(tcpseg_option_name(opt.kind) != NULL);
        CHECK(tcpseg_option_status_name(opt.status) != NULL);
        decode_eager(&a, &opt, data);
        decode_signatures(&opt, data);
        decode_lists(&opt, data);
        decode_mptcp(&opt, data);
        decode_small(&opt, data);
    }
    CHECK(a.mss == seg->mss && a.wscale == seg->wscale);
    CHECK(a.tsval == seg->tsval && a.tsecr == seg->tsecr);
    CHECK(a.blocks == seg->sack_count);
    CHECK(memcmp(a.sack, seg->sack, sizeof a.sack) == 0);
}

/* The header with its own option area is the header again. */
static void build_same(const tcpseg *seg, const uint8_t *data)
{
    size_t header = 4u * seg->data_offset;
    uint8_t buf[60];

    CHECK(tcpseg_build(buf, header, seg, data + 20, header - 20, NULL, 0,
                       NULL) == (int)header);
    CHECK(memcmp(buf, data, header) == 0);
}

/* From the values alone: the same values, and a checksum that verifies. */
static void build_values(const tcpseg *seg)
{
    const uint32_t eager = TCPSEG_HAS_MSS | TCPSEG_HAS_WSCALE |
                           TCPSEG_HAS_SACK_PERMITTED | TCPSEG_HAS_SACK |
                           TCPSEG_HAS_TIMESTAMPS;
    tcpseg_address address = {
        .src = {192, 0, 2, 1}, .family = 4, .protocol = 6};
    uint8_t buf[60];
    tcpseg back;
    int len = tcpseg_build(buf, sizeof buf, seg, NULL, 0, NULL, 0, &address);

    if (len == TCPSEG_ERR_FULL)
        return;
    CHECK(len >= 20 && len <= 60 && len % 4 == 0);
    CHECK(tcpseg_parse(&back, buf, (size_t)len, (size_t)len) == TCPSEG_OK);
    CHECK((back.present & eager) == (seg->present & eager));
    CHECK(back.src_port == seg->src_port && back.dst_port == seg->dst_port);
    CHECK(back.seq == seg->seq && back.ack == seg->ack);
    CHECK(back.flags == seg->flags && back.wnd == seg->wnd);
    CHECK(back.up == seg->up);
    CHECK(back.mss == seg->mss && back.wscale == seg->wscale);
    CHECK(back.tsval == seg->tsval && back.tsecr == seg->tsecr);
    CHECK(back.sack_count == seg->sack_count);
    CHECK(memcmp(back.sack, seg->sack, sizeof back.sack) == 0);
    CHECK(tcpseg_checksum_verify(&back, buf, &address) == TCPSEG_CHECKSUM_OK);
}

static void one_segment(const uint8_t *data, size_t captured, size_t length)
{
    tcpseg seg;
    int error;

    CHECK(agree(data, captured, length));
    error = tcpseg_parse(&seg, data, captured, length);
    CHECK(error == seg.error);
    CHECK(seg.payload_captured <= seg.payload_len);
    CHECK(seg.header_captured <= captured);
    decode_all(&seg, data);
    if (error != TCPSEG_OK || seg.data_offset == 0)
        return;
    CHECK(4u * seg.data_offset + seg.payload_len == length);
    if (seg.header_captured == 4u * seg.data_offset) {
        build_same(&seg, data);
        build_values(&seg);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t captured, length, word;
    uint8_t *block;

    if (size < 2)
        return 0;
    captured = size - 2;
    word = (size_t)data[0] << 8 | data[1];
    if (word & 0x8000)
        length = captured - (word & 0x7fff) % (captured + 1);
    else
        length = captured + word;
    block = malloc(captured ? captured : 1);
    if (!block)
        return 0;
    memcpy(block, data + 2, captured);
    one_segment(block, captured, length);
    free(block);
    return 0;
}
