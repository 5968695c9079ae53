/* Any bytes as a frame of any link type: the answer keeps its promises, the short
 * cut says what the walk says, what is found can be parsed, and many at once are
 * parsed alike. */
#include <stdlib.h>
#include <string.h>

#include "frame_int.h"
#include "locate_input.h"
#include "tcpseg/udp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A broken promise stops the program, in every build. */
static void must(int holds)
{
    if (!holds)
        abort();
}

static void check_answer(const tcpseg_frame *f, int error, size_t captured,
                         size_t length)
{
    must(error == (f->stop ? TCPSEG_ERR_NOT_FOUND : TCPSEG_OK));
    must(f->stop <= TCPSEG_STOP_LIMIT);
    must((uint64_t)f->offset + f->captured <= captured);
    must(f->captured <= f->length);
    must(f->ip_offset <= captured && f->trailer <= length);
    must(f->vlan_count <= MAX_VLANS && f->mpls_count <= MAX_LABELS);
    must(f->tunnel_depth <= MAX_TUNNELS);
    must(f->defects >> (TCPSEG_FRAME_EXTENSION_CUT + 1) == 0);
    for (unsigned bit = 0; f->defects >> bit; bit++)
        must(tcpseg_frame_defect_name(bit) != NULL);
    if (f->stop) {
        must(f->offset == 0 && f->captured == 0 && f->length == 0);
    } else {
        must(f->addr.protocol == PROTOCOL_TCP ||
             f->addr.protocol == PROTOCOL_UDP);
        must(f->addr.length <= f->length && f->offset > f->ip_offset);
    }
}

static void check_udp(const uint8_t *bytes, const tcpseg_frame *f)
{
    tcpseg_udp udp;
    int error = tcpseg_udp_parse(&udp, bytes, f->captured, f->length);

    must(error == udp.error);
    must(udp.payload_captured <= udp.payload_len);
    must((uint64_t)udp.header_captured + udp.payload_captured <= f->captured);
    must((uint64_t)udp.payload_len + udp.surplus_len <= f->length);
    must(tcpseg_udp_checksum_verify(&udp, bytes, &f->addr) <=
         TCPSEG_CHECKSUM_CUT);
}

/* Ten times the frame, and once nothing: each answer is what one call says. */
static void check_burst(const uint8_t *bytes, size_t captured, size_t length,
                        uint32_t linktype, uint32_t options,
                        const tcpseg_frame *found, const tcpseg *want)
{
    enum { N = 10 };
    const void *frames[N];
    uint32_t there[N], were[N];
    tcpseg out[N], out_beside[N];
    tcpseg_frame beside[N];
    int good = want->error == TCPSEG_OK ? N - 1 : 0;

    for (int i = 0; i < N; i++) {
        frames[i] = i == 4 ? NULL : bytes;
        there[i] = (uint32_t)captured;
        were[i] = (uint32_t)length;
    }
    must(tcpseg_parse_burst(out, NULL, 0, linktype, options, N, frames, there,
                            were) == good);
    must(tcpseg_parse_burst(out_beside, beside, sizeof *beside, linktype,
                            options, N, frames, there, were) == good);
    must(!memcmp(out, out_beside, sizeof out));
    for (int i = 0; i < N; i++) {
        if (!frames[i]) {
            must(out[i].error == TCPSEG_ERR_ARG);
            continue;
        }
        must(!memcmp(&out[i], want, sizeof *want));
        must(!memcmp(&beside[i], found, sizeof *found));
    }
}

static void check_frame(const uint8_t *bytes, size_t captured, size_t length,
                        uint32_t linktype, uint32_t options)
{
    tcpseg_frame found, general, beside;
    tcpseg seg, seg_beside;
    int error, parsed;

    error = tcpseg_locate(&found, sizeof found, linktype, options, bytes,
                          captured, length);
    check_answer(&found, error, captured, length);
    must(error == tcpsegp_locate_general(&general, linktype, options, bytes,
                                         (uint32_t)captured, (uint32_t)length));
    must(!memcmp(&found, &general, sizeof found));

    parsed = tcpseg_parse_frame(&seg, NULL, 0, linktype, options, bytes,
                                captured, length);
    must(parsed == seg.error);
    must(parsed == tcpseg_parse_frame(&seg_beside, &beside, sizeof beside,
                                      linktype, options, bytes, captured,
                                      length));
    must(!memcmp(&seg, &seg_beside, sizeof seg));
    must(!memcmp(&beside, &found, sizeof found));
    check_burst(bytes, captured, length, linktype, options, &found, &seg);
    if (found.stop == TCPSEG_STOP_NONE && found.addr.protocol == PROTOCOL_UDP)
        check_udp(bytes + found.offset, &found);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t *block;
    size_t captured;

    if (size < LOCATE_INPUT_HEADER)
        return 0;
    captured = size - LOCATE_INPUT_HEADER;
    block = malloc(captured ? captured : 1);
    if (block == NULL)
        return 0;
    memcpy(block, data + LOCATE_INPUT_HEADER, captured);
    check_frame(block, captured, captured + load_be16(data + 2),
                locate_links[data[0] % LOCATE_LINKS], data[1] & 3);
    free(block);
    return 0;
}
