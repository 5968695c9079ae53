/* ICMP errors: what they say, and of which segment. */
#include "inspect.h"

enum { TCP = 6, LEAST_QUOTED = 8 /* of the segment, to its sequence number */ };

/* Types and a code of ICMPv4, RFC 792. */
enum { TIME_EXCEEDED = 11, PARAMETER_PROBLEM = 12, TOO_BIG = 4 };

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
    const struct packet *p = n->packet;
    tcpseg_icmp icmp;

    if (tcpseg_icmp_parse(&icmp, sizeof icmp, n->frame, p->bytes, p->captured,
                          p->length) < 0)
        return false;
    n->type = icmp.type;
    n->code = icmp.code;
    n->mtu = icmp.mtu;
    return quotes_tcp(n, icmp.quoted, inner, quoted);
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
