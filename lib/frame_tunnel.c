/* What IP carries: TCP or UDP, or a tunnel with another packet in it. */
#include "frame_int.h"

enum { TCP_FLAGS_END = 16, UDP_HEADER = 8 };

/* GRE's first word: RFC 2784 section 2.1, RFC 2890 section 2. */
enum {
    GRE_CHECKSUM = 0x8000,
    GRE_KEY = 0x2000,
    GRE_SEQUENCE = 0x1000,
    GRE_OTHER = 0x4c07 /* source route and its kin, a version other than 0 */
};

enum {
    PORT_GTP_U = 2152,
    PORT_VXLAN = 4789,
    PORT_GENEVE = 6081,
    GTP_EXTENSIONS = 16
};

static enum layer found(struct frame_walk *w)
{
    tcpseg_frame *out = w->out;

    out->offset = w->pos;
    out->captured = w->captured - w->pos;
    out->length = (uint32_t)(w->end - w->pos);
    out->addr.length = out->length;
    if (!memcmp(out->addr.src, out->addr.dst, sizeof out->addr.src))
        out->defects |= FRAME_DEFECT(SAME_ADDRESS);
    return LAYER_DONE;
}

/* RFC 1858 section 3: a first fragment too short to show TCP's flags keeps
 * them from a filter. */
static enum layer found_tcp(struct frame_walk *w)
{
    if (w->out->addr.fragment && w->end - w->pos < TCP_FLAGS_END)
        w->out->defects |= FRAME_DEFECT(FRAGMENT_TINY);
    return found(w);
}

/* UDP's pseudo-header holds UDP's own length (RFC 768), where it makes sense. */
static enum layer found_udp(struct frame_walk *w)
{
    tcpseg_frame *out = w->out;
    uint32_t length;

    found(w);
    if (out->captured >= 6) {
        length = load_be16(w->frame + out->offset + 4);
        if (length >= UDP_HEADER && length < out->length)
            out->addr.length = length;
    }
    return LAYER_DONE;
}

/* Count one more tunnel, unless it is one too many, and step over `len` bytes of
 * its header to what the ethertype names. */
static enum layer enter(struct frame_walk *w, uint32_t len, uint16_t ethertype,
                        uint32_t id)
{
    tcpseg_frame *out = w->out;

    if (out->tunnel_depth == MAX_TUNNELS) {
        out->defects |= FRAME_DEFECT(TUNNEL_LIMIT);
        return frame_stop(w, TCPSEG_STOP_LIMIT);
    }
    out->tunnel_depth++;
    out->tunnel_id = id;
    switch (ethertype) {
    case ETHERTYPE_TRANSPARENT:
        return frame_next(w, len, ethertype, LAYER_ETHERNET);
    case ETHERTYPE_NONE:
        return frame_next(w, len, ethertype, LAYER_IP);
    default:
        return frame_next(w, len, ethertype, LAYER_ETHERTYPE);
    }
}

static bool tunnels_carry(uint16_t ethertype)
{
    switch (ethertype) {
    case ETHERTYPE_IPV4:
    case ETHERTYPE_IPV6:
    case ETHERTYPE_MPLS:
    case ETHERTYPE_MPLS_UPSTREAM:
    case ETHERTYPE_TRANSPARENT:
        return true;
    default:
        return false;
    }
}

static enum layer open_gre(struct frame_walk *w)
{
    const uint8_t *gre = frame_at(w);
    uint32_t flags, len = 4, key_at;

    if (!frame_has(w, 4))
        return frame_stop(w, TCPSEG_STOP_CUT);
    flags = load_be16(gre);
    if (flags & GRE_OTHER || !tunnels_carry(load_be16(gre + 2)))
        return frame_stop(w, TCPSEG_STOP_PROTOCOL);
    if (flags & GRE_CHECKSUM)
        len += 4;
    key_at = len;
    if (flags & GRE_KEY)
        len += 4;
    if (flags & GRE_SEQUENCE)
        len += 4;
    if (!frame_has(w, len))
        return frame_stop(w, TCPSEG_STOP_CUT);
    return enter(w, len, load_be16(gre + 2),
                 flags & GRE_KEY ? load_be32(gre + key_at) : w->out->tunnel_id);
}

/* The openers of UDP tunnels get the datagram's payload; `size` bytes of it are
 * there. They return how long the tunnel's header is, 0 if it is none. */

/* RFC 7348 section 5; the I flag tells that a network identifier is there. */
static uint32_t read_vxlan(const uint8_t *p, uint32_t size, uint16_t *ethertype,
                           uint32_t *id)
{
    enum { HEADER = 8, FLAG_I = 0x08 };

    if (size < HEADER || !(p[0] & FLAG_I))
        return 0;
    *ethertype = ETHERTYPE_TRANSPARENT;
    *id = load_be24(p + 4);
    return HEADER;
}

/* RFC 8926 section 3.4. */
static uint32_t read_geneve(const uint8_t *p, uint32_t size,
                            uint16_t *ethertype, uint32_t *id)
{
    enum { HEADER = 8 };

    if (size < HEADER || p[0] >> 6 != 0 || !tunnels_carry(load_be16(p + 2)))
        return 0;
    *ethertype = load_be16(p + 2);
    *id = load_be24(p + 4);
    return HEADER + (p[0] & 0x3fu) * 4;
}

/* GTP-U's extension headers: each states its length in words and ends with the
 * type of the next (3GPP TS 29.281 section 5.2.1). Returns where the last ends. */
static uint32_t skip_gtp_extensions(const uint8_t *p, uint32_t size,
                                    uint32_t pos)
{
    for (int i = 0; i < GTP_EXTENSIONS; i++) {
        if (p[pos - 1] == 0)
            return pos;
        if (pos >= size || p[pos] == 0 || p[pos] * 4u > size - pos)
            return 0;
        pos += p[pos] * 4u;
    }
    return 0;
}

/* 3GPP TS 29.281 section 5.1: version 1, GTP rather than GTP', user data. */
static uint32_t read_gtp(const uint8_t *p, uint32_t size, uint16_t *ethertype,
                         uint32_t *id)
{
    enum { HEADER = 8, LONG_HEADER = 12, VERSION_1_GTP = 3, USER_DATA = 255 };
    uint32_t more;

    if (size < HEADER || p[0] >> 4 != VERSION_1_GTP || p[1] != USER_DATA)
        return 0;
    *ethertype = ETHERTYPE_NONE;
    *id = load_be32(p + 4);
    more = p[0] & 7;
    if (!more) /* no extension, sequence or N-PDU number */
        return HEADER;
    if (size < LONG_HEADER)
        return 0;
    return p[0] & 4 ? skip_gtp_extensions(p, size, LONG_HEADER) : LONG_HEADER;
}

static const struct {
    uint16_t port;
    uint32_t (*read)(const uint8_t *p, uint32_t size, uint16_t *ethertype,
                     uint32_t *id);
} udp_tunnels[] = {
    {PORT_GTP_U, read_gtp},
    {PORT_VXLAN, read_vxlan},
    {PORT_GENEVE, read_geneve},
};

/* A port number is a hint and no more: unless a tunnel's header stands behind it
 * and IP in there, the datagram itself is the answer. */
static enum layer open_udp(struct frame_walk *w)
{
    const uint8_t *udp = frame_at(w);
    uint32_t id = 0, len = 0, size = w->captured - w->pos;
    uint16_t ethertype = ETHERTYPE_NONE, port, udp_len;

    if (size < UDP_HEADER || w->opaque_depth == w->out->tunnel_depth)
        return found_udp(w);
    port = load_be16(udp + 2);
    for (size_t i = 0; i < sizeof udp_tunnels / sizeof *udp_tunnels; i++)
        if (udp_tunnels[i].port == port)
            len = udp_tunnels[i].read(udp + UDP_HEADER, size - UDP_HEADER,
                                      &ethertype, &id);
    if (len == 0 || len > size - UDP_HEADER)
        return found_udp(w);

    w->doubt_depth = w->out->tunnel_depth;
    udp_len = load_be16(udp + 4);
    if (udp_len >= UDP_HEADER + len && udp_len < w->end - w->pos) {
        w->end = w->pos + udp_len;
        if (w->captured > w->end)
            w->captured = (uint32_t)w->end;
    }
    w->pos += UDP_HEADER;
    return enter(w, len, ethertype, id);
}

/* The protocols that only tunnels have. */
static enum layer open_tunnel(struct frame_walk *w)
{
    switch (w->out->addr.protocol) {
    case PROTOCOL_IPV4:
        return enter(w, 0, ETHERTYPE_IPV4, w->out->tunnel_id);
    case PROTOCOL_IPV6:
        return enter(w, 0, ETHERTYPE_IPV6, w->out->tunnel_id);
    case PROTOCOL_GRE:
        return open_gre(w);
    default:
        return frame_stop(w, TCPSEG_STOP_PROTOCOL);
    }
}

enum layer tcpsegp_frame_transport(struct frame_walk *w)
{
    bool look = w->options & TCPSEG_LOCATE_TUNNELS;

    switch (w->out->addr.protocol) {
    case PROTOCOL_TCP:
        return found_tcp(w);
    case PROTOCOL_UDP:
        return look ? open_udp(w) : found_udp(w);
    case PROTOCOL_ESP:
        return frame_stop(w, TCPSEG_STOP_ENCRYPTED);
    default:
        return look ? open_tunnel(w) : frame_stop(w, TCPSEG_STOP_PROTOCOL);
    }
}
