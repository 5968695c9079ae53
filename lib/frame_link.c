/* Link layers, and what may stand between one and IP. */
#include "frame_int.h"

enum { LLC_LARGEST = 1500 }; /* up to here an ethertype is a length: 802.3 */

enum { PPP_IPV4 = 0x0021, PPP_IPV6 = 0x0057 };

/* Too few bytes for a header. That is the capture's doing, whatever length it
 * states for the wire: no link carries a frame without its header. */
static enum layer cut(struct frame_walk *w)
{
    return frame_stop(w, TCPSEG_STOP_CUT);
}

static enum layer not_ip(struct frame_walk *w)
{
    return frame_stop(w, TCPSEG_STOP_NOT_IP);
}

/* A header of fixed size with an ethertype in it. */
static enum layer fixed_header(struct frame_walk *w, uint32_t size,
                               uint32_t ethertype_at)
{
    if (!frame_has(w, size))
        return cut(w);
    return frame_next(w, size, load_be16(frame_at(w) + ethertype_at),
                      LAYER_ETHERTYPE);
}

static enum layer link_ethernet(struct frame_walk *w)
{
    return fixed_header(w, 14, 12);
}

static enum layer link_sll(struct frame_walk *w)
{
    return fixed_header(w, 16, 14);
}

static enum layer link_sll2(struct frame_walk *w)
{
    return fixed_header(w, 20, 0);
}

static enum layer link_c_hdlc(struct frame_walk *w)
{
    return fixed_header(w, 4, 2);
}

/* The address family of the capturing host, in its byte order, which may not be
 * this host's. AF_INET is 2 everywhere; AF_INET6 is 10 on Linux, 23 on Windows,
 * 24 on NetBSD and OpenBSD, 28 on FreeBSD, 30 on macOS. */
static enum layer link_null(struct frame_walk *w)
{
    const uint8_t *p = frame_at(w);
    uint32_t family;

    if (!frame_has(w, 4))
        return cut(w);
    family = load_be32(p);
    if (family > 0xffff)
        family = (uint32_t)p[3] << 24 | (uint32_t)p[2] << 16 |
                 (uint32_t)p[1] << 8 | (uint32_t)p[0];
    switch (family) {
    case 2:
        return frame_next(w, 4, ETHERTYPE_IPV4, LAYER_IP);
    case 10:
    case 23:
    case 24:
    case 28:
    case 30:
        return frame_next(w, 4, ETHERTYPE_IPV6, LAYER_IP);
    default:
        return not_ip(w);
    }
}

static enum layer ppp_protocol(struct frame_walk *w, uint32_t len,
                               uint32_t protocol)
{
    switch (protocol) {
    case PPP_IPV4:
        return frame_next(w, len, ETHERTYPE_IPV4, LAYER_IP);
    case PPP_IPV6:
        return frame_next(w, len, ETHERTYPE_IPV6, LAYER_IP);
    default:
        return not_ip(w);
    }
}

/* RFC 1661 section 2, RFC 1662 section 3.1: address (all ones) and control bytes
 * may have been left out, and so may the protocol's first byte if it is 0. */
static enum layer link_ppp(struct frame_walk *w)
{
    const uint8_t *p = frame_at(w);
    uint32_t at;

    if (!frame_has(w, 1))
        return cut(w);
    at = p[0] == 0xff ? 2 : 0;
    if (!frame_has(w, at + 1))
        return cut(w);
    if (p[at] & 1)
        return ppp_protocol(w, at + 1, p[at]);
    if (!frame_has(w, at + 2))
        return cut(w);
    return ppp_protocol(w, at + 2, load_be16(p + at));
}

static enum layer link_raw(struct frame_walk *w)
{
    return frame_next(w, 0, ETHERTYPE_NONE, LAYER_IP);
}

static enum layer link_ipv4(struct frame_walk *w)
{
    return frame_next(w, 0, ETHERTYPE_IPV4, LAYER_IP);
}

static enum layer link_ipv6(struct frame_walk *w)
{
    return frame_next(w, 0, ETHERTYPE_IPV6, LAYER_IP);
}

static const struct {
    uint32_t type;
    enum layer (*open)(struct frame_walk *w);
} links[] = {
    {TCPSEG_LINK_ETHERNET, link_ethernet}, {TCPSEG_LINK_NULL, link_null},
    {TCPSEG_LINK_LOOP, link_null},         {TCPSEG_LINK_PPP, link_ppp},
    {TCPSEG_LINK_C_HDLC, link_c_hdlc},     {TCPSEG_LINK_LINUX_SLL, link_sll},
    {TCPSEG_LINK_LINUX_SLL2, link_sll2},   {TCPSEG_LINK_RAW, link_raw},
    {TCPSEG_LINK_DLT_RAW, link_raw},       {TCPSEG_LINK_DLT_RAW_BSD, link_raw},
    {TCPSEG_LINK_IPV4, link_ipv4},         {TCPSEG_LINK_IPV6, link_ipv6},
};

enum layer tcpsegp_frame_link(struct frame_walk *w, uint32_t linktype)
{
    for (size_t i = 0; i < sizeof links / sizeof *links; i++)
        if (links[i].type == linktype)
            return links[i].open(w);
    return frame_stop(w, TCPSEG_STOP_LINK);
}

/* Tag control information, then the next ethertype: IEEE 802.1Q. */
static enum layer take_vlan(struct frame_walk *w)
{
    tcpseg_frame *out = w->out;

    if (out->vlan_count == MAX_VLANS) {
        out->defects |= FRAME_DEFECT(VLAN_LIMIT);
        return frame_stop(w, TCPSEG_STOP_LIMIT);
    }
    if (!frame_has(w, 4))
        return cut(w);
    out->vlan[out->vlan_count++] = load_be16(frame_at(w));
    return fixed_header(w, 4, 2);
}

/* RFC 3032 section 2.1. Nothing says what a stack of labels carries; IP is told
 * by its first nibble (RFC 4928 section 3). */
static enum layer take_mpls(struct frame_walk *w)
{
    enum { LABEL = 4, BOTTOM = 1 };
    tcpseg_frame *out = w->out;
    uint8_t bottom = 0;

    while (!bottom) {
        if (out->mpls_count == MAX_LABELS) {
            out->defects |= FRAME_DEFECT(MPLS_LIMIT);
            return frame_stop(w, TCPSEG_STOP_LIMIT);
        }
        if (!frame_has(w, LABEL))
            return cut(w);
        bottom = frame_at(w)[2] & BOTTOM;
        out->mpls_count++;
        w->pos += LABEL;
    }
    return frame_next(w, 0, ETHERTYPE_NONE, LAYER_IP);
}

/* RFC 2516 section 4: version and type 1, code 0 for session data. */
static enum layer take_pppoe(struct frame_walk *w)
{
    const uint8_t *p = frame_at(w);

    if (!frame_has(w, 8))
        return cut(w);
    if (p[0] != 0x11 || p[1] != 0)
        return not_ip(w);
    return ppp_protocol(w, 8, load_be16(p + 6));
}

/* RFC 1042: IP over 802.2 with a subnetwork header that holds an ethertype. */
static enum layer take_snap(struct frame_walk *w)
{
    static const uint8_t snap[] = {0xaa, 0xaa, 0x03, 0, 0, 0};
    const uint8_t *p = frame_at(w);

    if (!frame_has(w, 8))
        return cut(w);
    if (memcmp(p, snap, sizeof snap) || load_be16(p + 6) <= LLC_LARGEST)
        return not_ip(w); /* the second: or it could nest for ever */
    return fixed_header(w, 8, 6);
}

enum layer tcpsegp_frame_ethertype(struct frame_walk *w)
{
    switch (w->ethertype) {
    case ETHERTYPE_IPV4:
    case ETHERTYPE_IPV6:
        return LAYER_IP;
    case 0x8100: /* 802.1Q, 802.1ad, and two numbers used before that */
    case 0x88a8:
    case 0x9100:
    case 0x9200:
        return take_vlan(w);
    case ETHERTYPE_MPLS:
    case ETHERTYPE_MPLS_UPSTREAM:
        return take_mpls(w);
    case 0x8864:
        return take_pppoe(w);
    default:
        return w->ethertype <= LLC_LARGEST ? take_snap(w) : not_ip(w);
    }
}
