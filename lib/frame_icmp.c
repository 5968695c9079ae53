/* ICMP errors: what they say, and where their quotation is. */
#include "bytes.h"

#include <tcpseg/frame.h>

enum {
    ICMP = 1, /* protocol numbers */
    ICMPV6 = 58,
    IPV6_HEADER = 40,
    NEXT_HEADER = 6,  /* its place in IPv6's */
    ERROR_HEADER = 8, /* bytes before the quotation */
    N_V6_CODES = 7
};

/* RFC 792's types, and RFC 1191's code. */
enum {
    UNREACHABLE = 3,
    TIME_EXCEEDED = 11,
    PARAMETER_PROBLEM = 12,
    CODE_TOO_BIG = 4
};
/* RFC 4443's. */
enum { V6_UNREACHABLE = 1, V6_TOO_BIG = 2 };

/* ICMPv6 as the ICMPv4 that says the same. */
static void as_v4(tcpseg_icmp *out)
{
    static const uint8_t types[] = {0, UNREACHABLE, UNREACHABLE, TIME_EXCEEDED,
                                    PARAMETER_PROBLEM};
    /* No route, prohibited, beyond scope, address, port, two more prohibitions. */
    static const uint8_t codes[N_V6_CODES] = {0, 13, 0, 1, 3, 13, 13};

    if (out->own_type == V6_TOO_BIG)
        out->code = CODE_TOO_BIG;
    else if (out->own_type == V6_UNREACHABLE)
        out->code = codes[out->own_code < N_V6_CODES ? out->own_code : 0];
    out->type = out->own_type < sizeof types ? types[out->own_type] : 0;
}

/* Where the message begins: tcpseg_locate() stops before what is neither TCP nor UDP,
 * behind the IP header, which is whole, or an IPv6 extension header, where no error is
 * expected. 0: none. */
static size_t find_message(const tcpseg_frame *frame, const uint8_t *packet)
{
    const uint8_t *ip = packet + frame->ip_offset;

    if (frame->stop != TCPSEG_STOP_PROTOCOL)
        return 0;
    if (frame->addr.protocol == ICMP && frame->addr.family == 4)
        return frame->ip_offset + (ip[0] & 15u) * 4u;
    if (frame->addr.protocol == ICMPV6 && ip[NEXT_HEADER] == ICMPV6)
        return frame->ip_offset + (size_t)IPV6_HEADER;
    return 0;
}

int tcpseg_icmp_parse(tcpseg_icmp *out, size_t out_size,
                      const tcpseg_frame *frame, const void *packet,
                      size_t captured, size_t length)
{
    const uint8_t *bytes = packet;
    tcpseg_icmp own;
    size_t at;

    if (!out || !frame || !packet)
        return TCPSEG_ERR_ARG;
    if (captured > length)
        captured = length;
    at = find_message(frame, bytes);
    if (!at || captured < at + ERROR_HEADER)
        return TCPSEG_ERR_NOT_FOUND;
    memset(&own, 0, sizeof own);
    own.quoted = (uint32_t)at + ERROR_HEADER;
    own.type = own.own_type = bytes[at];
    own.code = own.own_code = bytes[at + 1];
    own.mtu = load_be16(bytes + at + 6);
    if (frame->addr.family == 6) {
        own.mtu = load_be32(bytes + at + 4);
        as_v4(&own);
    }
    if (own.type != UNREACHABLE && own.type != TIME_EXCEEDED &&
        own.type != PARAMETER_PROBLEM)
        return TCPSEG_ERR_NOT_FOUND;
    if (own.type != UNREACHABLE || own.code != CODE_TOO_BIG)
        own.mtu = 0;
    return copy_out(out, out_size, &own, sizeof own);
}
