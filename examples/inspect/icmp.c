/* ICMP errors: what they say, and of which segment. */
#include "inspect.h"

enum {
    ICMP = 1, /* protocol numbers */
    ICMPV6 = 58,
    TCP = 6,
    IPV6_HEADER = 40,
    ERROR_HEADER = 8, /* bytes before the quotation */
    LEAST_QUOTED = 8, /* of the segment, to its sequence number */
    N_V6_CODES = 7
};

/* Types of ICMPv4, RFC 792. */
enum { UNREACHABLE = 3, TIME_EXCEEDED = 11, PARAMETER_PROBLEM = 12 };
enum { TOO_BIG = 4 };

static uint32_t be16(const uint8_t *p)
{
    return (uint32_t)p[0] << 8 | p[1];
}

/* ICMPv6 (RFC 4443 section 3) as the ICMPv4 that says the same. */
static void as_v4(struct notice *n)
{
    static const uint8_t types[] = {0, UNREACHABLE, UNREACHABLE, TIME_EXCEEDED,
                                    PARAMETER_PROBLEM};
    /* No route, prohibited, beyond scope, address, port, two more prohibitions. */
    static const uint8_t codes[N_V6_CODES] = {0, 13, 0, 1, 3, 13, 13};

    if (n->type == 2)
        n->code = TOO_BIG;
    else if (n->type == 1)
        n->code = codes[n->code < N_V6_CODES ? n->code : 0];
    n->type = n->type < sizeof types ? types[n->type] : 0;
}

/* Where an error's quotation begins; 0: it is none. The library stops before what is
 * neither TCP nor UDP: behind the IP header, which is whole, or an IPv6 extension
 * header, where no error is expected. */
static size_t find_quotation(const struct notice *n)
{
    size_t at = n->frame->ip_offset;
    const uint8_t *ip = n->packet->bytes + at;

    if (n->frame->addr.protocol == ICMP && n->frame->addr.family == 4)
        at += (ip[0] & 15u) * 4u;
    else if (n->frame->addr.protocol == ICMPV6 && ip[6] == ICMPV6)
        at += IPV6_HEADER;
    else
        return 0;
    at += ERROR_HEADER;
    return at <= n->packet->captured && at <= n->packet->length ? at : 0;
}

static bool quotes_tcp(struct notice *n, size_t at, tcpseg_frame *inner,
                       tcpseg *quoted)
{
    const struct packet *p = n->packet;

    tcpseg_parse_frame(quoted, inner, sizeof *inner, TCPSEG_LINK_RAW, 0,
                       p->bytes + at, p->captured - at, p->length - at);
    n->quoted = quoted;
    return inner->stop == TCPSEG_STOP_NONE && inner->addr.protocol == TCP &&
           quoted->header_captured >= LEAST_QUOTED;
}

bool icmp_read(struct notice *n, tcpseg_frame *inner, tcpseg *quoted)
{
    size_t at = find_quotation(n);
    const uint8_t *message;

    if (!at)
        return false;
    message = n->packet->bytes + at - ERROR_HEADER;
    n->type = message[0];
    n->code = message[1];
    n->mtu = be16(message + 6);
    if (n->frame->addr.family == 6) {
        n->mtu |= be16(message + 4) << 16;
        as_v4(n);
    }
    if (n->type != UNREACHABLE && n->type != TIME_EXCEEDED &&
        n->type != PARAMETER_PROBLEM)
        return false;
    if (n->type != UNREACHABLE || n->code != TOO_BIG)
        n->mtu = 0;
    return quotes_tcp(n, at, inner, quoted);
}

static const char *words(const struct notice *n)
{
    static const char *const unreachable[] = {
        [0] = "network unreachable",  [1] = "host unreachable",
        [2] = "protocol unreachable", [3] = "port unreachable",
        [TOO_BIG] = "packet too big", [9] = "network prohibited",
        [10] = "host prohibited",     [13] = "prohibited",
    };

    if (n->type == TIME_EXCEEDED)
        return "time exceeded";
    if (n->type == PARAMETER_PROBLEM)
        return "parameter problem";
    if (n->code < sizeof unreachable / sizeof *unreachable &&
        unreachable[n->code])
        return unreachable[n->code];
    return "destination unreachable";
}

void info_icmp(struct text *t, const struct output *out, const struct notice *n)
{
    text_add(t, "ICMP %s", words(n));
    if (n->mtu)
        text_add(t, " MTU=%u", (unsigned)n->mtu);
    text_add(t, " for %u %s %u Seq=%u", n->quoted->src_port, arrow(out),
             n->quoted->dst_port,
             (unsigned)(n->quoted->seq - n->flow->side[n->dir].base));
}
