/* UDP's eight bytes: RFC 768. */
#include <tcpseg/udp.h>

#include "bytes.h"

#define UDP_DEFECT(name) (UINT64_C(1) << TCPSEG_UDP_##name)

enum { UDP_HEADER = 8, UDP_PROTOCOL = 17, LENGTH_FIELD_MOST = 65535 };

/* The header, as far as `captured` goes: a field is read if it is whole. */
static void read_header(tcpseg_udp *out, const uint8_t *p, uint32_t captured)
{
    out->header_captured =
        (uint8_t)(captured < UDP_HEADER ? captured : UDP_HEADER);
    if (captured >= 2)
        out->src_port = load_be16(p);
    if (captured >= 4)
        out->dst_port = load_be16(p + 2);
    if (captured >= 6)
        out->length = load_be16(p + 4);
    if (captured >= 8) {
        out->checksum = load_be16(p + 6);
        out->no_checksum = out->checksum == 0;
    }
    if (captured >= 4 && out->dst_port == 0)
        out->defects |= UDP_DEFECT(PORT_ZERO);
}

/* Where the payload ends, which the length field and the packet may see
 * differently. False if the field cannot be. */
static bool read_length(tcpseg_udp *out, uint32_t captured, uint32_t length)
{
    uint32_t end = out->length;

    /* RFC 2675 section 4: a jumbogram's length does not fit and is left 0. */
    if (end == 0 && length > LENGTH_FIELD_MOST)
        end = length;
    if (end < UDP_HEADER) {
        out->defects |= UDP_DEFECT(LENGTH_LT_8);
        return false;
    }
    if (end > length) {
        out->defects |= UDP_DEFECT(LENGTH_BEYOND);
        end = length;
    } else if (end < length) {
        out->defects |= UDP_DEFECT(SURPLUS);
        out->surplus_len = length - end;
    }
    if (captured < end && end > UDP_HEADER)
        out->defects |= UDP_DEFECT(PAYLOAD_CUT);
    out->payload_len = end - UDP_HEADER;
    if (captured > UDP_HEADER)
        out->payload_captured = (captured < end ? captured : end) - UDP_HEADER;
    return true;
}

int tcpseg_udp_parse(tcpseg_udp *out, const void *data, size_t captured,
                     size_t length)
{
    uint32_t there;

    if (!out || !data || length > UINT32_MAX)
        return TCPSEG_ERR_ARG;
    there = (uint32_t)(captured < length ? captured : length);
    memset(out, 0, sizeof *out);
    read_header(out, data, there);
    if (there < UDP_HEADER && there < length)
        out->defects |= UDP_DEFECT(HEADER_CUT);
    if (length < UDP_HEADER) {
        out->defects |= UDP_DEFECT(SHORT);
        out->error = TCPSEG_ERR_SHORT;
    } else if (there >= 6 && !read_length(out, there, (uint32_t)length)) {
        out->error = TCPSEG_ERR_OFFSET;
    }
    return out->error;
}

/* The pseudo-header: RFC 768, RFC 8200 section 8.1. */
static uint16_t sum_pseudo_header(const tcpseg_address *address,
                                  uint32_t length)
{
    size_t len = address->family == 4 ? 4 : 16;
    uint8_t tail[8] = {0};
    uint16_t sum;

    store_be32(tail, length);
    tail[7] = UDP_PROTOCOL;
    sum = tcpseg_checksum_sum(0, address->src, len);
    sum = tcpseg_checksum_sum(sum, address->dst, len);
    return tcpseg_checksum_sum(sum, tail, sizeof tail);
}

/* The answer where a checksum was sent. */
static uint8_t verify(const tcpseg_udp *udp, const void *data,
                      const tcpseg_address *address)
{
    uint32_t length = UDP_HEADER + udp->payload_len;
    uint16_t pseudo;

    if (address->fragment || udp->payload_captured < udp->payload_len ||
        udp->defects & UDP_DEFECT(LENGTH_BEYOND))
        return TCPSEG_CHECKSUM_CUT;
    pseudo = sum_pseudo_header(address, length);
    if (tcpseg_checksum_sum(pseudo, data, length) == 0xffff)
        return TCPSEG_CHECKSUM_OK;
    return udp->checksum == pseudo ? TCPSEG_CHECKSUM_OFFLOAD
                                   : TCPSEG_CHECKSUM_BAD;
}

int tcpseg_udp_checksum_verify(tcpseg_udp *udp, const void *data,
                               const tcpseg_address *address)
{
    if (!udp || !data || !address ||
        (address->family != 4 && address->family != 6))
        return TCPSEG_ERR_ARG;
    if (udp->no_checksum) {
        udp->checksum_status = TCPSEG_CHECKSUM_UNKNOWN;
        if (address->family == 6)
            udp->defects |= UDP_DEFECT(NO_CHECKSUM_V6);
    } else if (udp->error || udp->header_captured < UDP_HEADER) {
        udp->checksum_status = TCPSEG_CHECKSUM_CUT;
    } else {
        udp->checksum_status = verify(udp, data, address);
    }
    return udp->checksum_status;
}

uint16_t tcpseg_udp_checksum_update16(uint16_t checksum, uint16_t old_word,
                                      uint16_t new_word)
{
    uint16_t updated;

    if (checksum == 0)
        return 0;
    updated = tcpseg_checksum_update16(checksum, old_word, new_word);
    return updated ? updated : 0xffff;
}

struct words {
    const char *name, *text, *rfc;
};

/* clang-format off */
static const struct words defects[] = {
    [TCPSEG_UDP_SHORT] = { "short",
        "The datagram has fewer than the 8 bytes of a UDP header.", "RFC 768" },
    [TCPSEG_UDP_LENGTH_LT_8] = { "length-lt-8",
        "The length field is below 8, the length of the header alone.", "RFC 768" },
    [TCPSEG_UDP_LENGTH_BEYOND] = { "length-beyond",
        "The length field reaches past the IP packet.", "RFC 768" },
    [TCPSEG_UDP_SURPLUS] = { "surplus",
        "The IP packet goes on behind the datagram, where UDP options may stand.", "RFC 9868" },
    [TCPSEG_UDP_PORT_ZERO] = { "port-zero",
        "The destination port is 0, which is reserved.", "RFC 6335 6" },
    [TCPSEG_UDP_HEADER_CUT] = { "header-cut",
        "The capture ends inside the UDP header.", "-" },
    [TCPSEG_UDP_PAYLOAD_CUT] = { "payload-cut",
        "The capture ends inside the payload.", "-" },
    [TCPSEG_UDP_NO_CHECKSUM_V6] = { "no-checksum-v6",
        "The datagram has no checksum over IPv6, which only tunnels may leave out.", "RFC 6935" },
};
/* clang-format on */

enum { N_DEFECTS = sizeof defects / sizeof *defects };

const char *tcpseg_udp_defect_name(unsigned bit)
{
    return bit < N_DEFECTS ? defects[bit].name : NULL;
}

const char *tcpseg_udp_defect_text(unsigned bit)
{
    return bit < N_DEFECTS ? defects[bit].text : NULL;
}

const char *tcpseg_udp_defect_rfc(unsigned bit)
{
    return bit < N_DEFECTS ? defects[bit].rfc : NULL;
}
