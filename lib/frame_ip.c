/* IP headers: version, length, fragment, final destination, what follows. */
#include "frame_int.h"

enum { IPV4_HEADER = 20, IPV6_HEADER = 40, EXTENSION_LEAST = 8 };

enum {
    OPTION_END = 0,
    OPTION_NOP = 1,
    OPTION_RECORD_ROUTE = 7,
    OPTION_TIMESTAMP = 68,
    OPTION_LOOSE_ROUTE = 131,
    OPTION_STRICT_ROUTE = 137,
    OPTION_ROUTER_ALERT = 148
};

enum { ROUTING_SOURCE = 0, ROUTING_MOBILE = 2, ROUTING_SEGMENTS = 4 };

enum { OPTION_JUMBO = 0xc2, OPTION_HOME_ADDRESS = 0xc9 };

enum { JUMBO_LEAST = 65536 };

/* The word that a fragment's place and flags share. */
enum {
    IPV4_RESERVED = 0x8000,
    IPV4_DONT = 0x4000,
    IPV4_MORE = 0x2000,
    IPV4_OFFSET = 0x1fff,
    IPV6_OFFSET = 0xfff8,
    IPV6_MORE = 0x0001
};

/* Behind the outermost packet: Ethernet's padding, a check sequence, a trailer
 * some switch appended, or something hidden. */
static void note_trailer(struct frame_walk *w, uint64_t end)
{
    w->out->trailer = (uint32_t)(w->end - end);
    w->out->defects |= FRAME_DEFECT(TRAILER);
    if (end < w->captured &&
        !frame_all_zero(w->frame + end, (size_t)(w->captured - end)))
        w->out->defects |= FRAME_DEFECT(TRAILER_NONZERO);
}

/* Narrow the walk to one IP packet that starts here. */
static void enter_packet(struct frame_walk *w, uint64_t total)
{
    uint64_t end = w->pos + total, there = end < w->end ? end : w->end;

    if (end > w->end)
        w->out->defects |= FRAME_DEFECT(LENGTH_BEYOND);
    if (there > w->captured)
        w->out->defects |= FRAME_DEFECT(CUT);
    if (end < w->end && w->out->tunnel_depth == 0)
        note_trailer(w, end);
    w->end = end;
    if (w->captured > end)
        w->captured = (uint32_t)end;
}

static void take_addresses(tcpseg_frame *out, uint8_t family,
                           const uint8_t *src, const uint8_t *dst, size_t len)
{
    memset(&out->addr, 0, sizeof out->addr);
    memcpy(out->addr.src, src, len);
    memcpy(out->addr.dst, dst, len);
    out->addr.family = family;
}

/* A fragment whose data starts here. `before` counts the bytes that a length
 * field covers besides the data of all fragments. */
static enum layer take_fragment(struct frame_walk *w, uint32_t offset,
                                uint64_t before)
{
    tcpseg_frame *out = w->out;

    out->addr.fragment = 1;
    if (before + offset * UINT64_C(8) + (w->end - w->pos) > 65535)
        out->defects |= FRAME_DEFECT(FRAGMENT_BEYOND);
    if (offset == 0) {
        out->defects |= FRAME_DEFECT(FRAGMENT_FIRST);
        return LAYER_TRANSPORT;
    }
    if (offset == 1 && out->addr.protocol == PROTOCOL_TCP)
        out->defects |= FRAME_DEFECT(FRAGMENT_OVERLAP);
    return frame_stop(w, TCPSEG_STOP_FRAGMENT);
}

/* Whether a length can be that of the kind, where the kind fixes it. */
static bool option_fits(uint8_t kind, uint32_t len)
{
    switch (kind) {
    case OPTION_RECORD_ROUTE:
    case OPTION_LOOSE_ROUTE:
    case OPTION_STRICT_ROUTE:
        return len >= 3 && (len - 3) % 4 == 0;
    case OPTION_TIMESTAMP:
        return len >= 4 && len % 4 == 0;
    case OPTION_ROUTER_ALERT:
        return len == 4;
    default:
        return true;
    }
}

/* RFC 791 section 3.1: while the pointer has not passed the list, the list's
 * last address is where the packet is going. */
static void take_source_route(tcpseg_frame *out, const uint8_t *option,
                              uint32_t len)
{
    out->defects |= FRAME_DEFECT(SOURCE_ROUTE);
    if (option[2] < 4)
        out->defects |= FRAME_DEFECT(IP_OPTION);
    else if (len >= 7 && option[2] <= len)
        memcpy(out->addr.dst, option + len - 4, 4);
}

static void walk_ipv4_options(tcpseg_frame *out, const uint8_t *area,
                              uint32_t size)
{
    bool routed = false;
    uint32_t len;

    for (uint32_t pos = 0; pos < size && area[pos] != OPTION_END; pos += len) {
        uint8_t kind = area[pos];

        len = 1;
        if (kind == OPTION_NOP)
            continue;
        len = pos + 1 < size ? area[pos + 1] : 0;
        if (len < 2 || len > size - pos) {
            out->defects |= FRAME_DEFECT(IP_OPTION);
            return;
        }
        if (!option_fits(kind, len)) {
            out->defects |= FRAME_DEFECT(IP_OPTION);
        } else if (kind == OPTION_LOOSE_ROUTE || kind == OPTION_STRICT_ROUTE) {
            if (routed) /* RFC 1122 section 3.2.1.8: not two of them */
                out->defects |= FRAME_DEFECT(IP_OPTION);
            else
                take_source_route(out, area + pos, len);
            routed = true;
        }
    }
}

/* What is wrong with the two lengths of an IPv4 header; 0 for nothing. */
static uint64_t ipv4_length_defects(uint32_t header, uint64_t total)
{
    uint64_t defects = 0;

    if (header < IPV4_HEADER || (header > IPV4_HEADER && header > total))
        defects |= FRAME_DEFECT(IHL);
    if (total < header)
        defects |= FRAME_DEFECT(TOTAL_LENGTH);
    return defects;
}

/* The second 16-bit word of fragmentation: RFC 791 section 3.1. */
static enum layer ipv4_fragment(struct frame_walk *w, uint32_t word,
                                uint32_t header)
{
    if (word & IPV4_RESERVED)
        w->out->defects |= FRAME_DEFECT(FRAGMENT_RESERVED);
    if (!(word & (IPV4_MORE | IPV4_OFFSET)))
        return LAYER_TRANSPORT;
    if (word & IPV4_DONT)
        w->out->defects |= FRAME_DEFECT(FRAGMENT_DF);
    return take_fragment(w, word & IPV4_OFFSET, header);
}

static enum layer ipv4(struct frame_walk *w)
{
    const uint8_t *ip = frame_at(w);
    tcpseg_frame *out = w->out;
    uint32_t header;
    uint64_t total, bad;

    if (!frame_has(w, IPV4_HEADER))
        return frame_stop(w, TCPSEG_STOP_CUT);
    out->ip_offset = w->pos;
    out->ecn = ip[1] & 3;
    out->ip_id = load_be16(ip + 4);
    out->ttl = ip[8];
    take_addresses(out, 4, ip + 12, ip + 16, 4);
    out->addr.protocol = ip[9];

    header = (ip[0] & 15u) * 4;
    total = load_be16(ip + 2);
    if (total == 0) { /* segmentation is left to the hardware */
        out->defects |= FRAME_DEFECT(LENGTH_ZERO);
        total = w->end - w->pos;
    }
    bad = ipv4_length_defects(header, total);
    out->defects |= bad;
    if (bad)
        return frame_stop(w, TCPSEG_STOP_BAD_IP);
    enter_packet(w, total);
    if (!frame_has(w, header))
        return frame_stop(w, TCPSEG_STOP_CUT);
    walk_ipv4_options(out, ip + IPV4_HEADER, header - IPV4_HEADER);
    w->pos += header;
    return ipv4_fragment(w, load_be16(ip + 6), header);
}

/* Where an option stands in a whole hop-by-hop or destination options header; 0
 * if it does not: RFC 8200 section 4.2. */
static uint32_t find_option(const uint8_t *header, uint32_t size, uint8_t type)
{
    uint32_t pos = 2;

    while (pos + 1 < size && header[pos] != type)
        pos += header[pos] == 0 ? 1 : 2u + header[pos + 1];
    return pos + 1 < size ? pos : 0;
}

/* What a jumbo payload option says, 0 without one: RFC 2675 section 2. */
static uint32_t read_jumbo(tcpseg_frame *out, const uint8_t *header,
                           uint32_t size)
{
    uint32_t pos = find_option(header, size, OPTION_JUMBO), jumbo = 0;

    if (pos == 0)
        return 0;
    if (header[pos + 1] == 4 && pos + 6 <= size && pos % 4 == 2)
        jumbo = load_be32(header + pos + 2);
    if (jumbo < JUMBO_LEAST)
        out->defects |= FRAME_DEFECT(JUMBO);
    return jumbo;
}

/* A mobile node away from home: to everything above IP, and so to the checksum,
 * it has its home address (RFC 6275 section 6.3). */
static void take_home_address(tcpseg_frame *out, const uint8_t *header,
                              uint32_t size)
{
    uint32_t pos = find_option(header, size, OPTION_HOME_ADDRESS);

    if (pos && header[pos + 1] == 16 && pos + 18 <= size)
        memcpy(out->addr.src, header + pos + 2, 16);
}

/* The payload length of an IPv6 header, or what stands in for a 0. */
static uint64_t ipv6_payload(struct frame_walk *w, const uint8_t *ip)
{
    uint32_t payload = load_be16(ip + 4), jumbo = 0, size;
    const uint8_t *options = ip + IPV6_HEADER;

    if (ip[6] == PROTOCOL_HOP_BY_HOP &&
        frame_has(w, IPV6_HEADER + EXTENSION_LEAST)) {
        size = (options[1] + 1u) * 8;
        if (frame_has(w, IPV6_HEADER + size))
            jumbo = read_jumbo(w->out, options, size);
    }
    if (jumbo && payload)
        w->out->defects |= FRAME_DEFECT(JUMBO);
    if (payload || ip[6] == PROTOCOL_NONE)
        return payload;
    if (jumbo)
        return jumbo;
    w->out->defects |= FRAME_DEFECT(LENGTH_ZERO);
    return w->end - w->pos - IPV6_HEADER;
}

static enum layer ipv6(struct frame_walk *w)
{
    const uint8_t *ip = frame_at(w);
    tcpseg_frame *out = w->out;

    if (!frame_has(w, IPV6_HEADER))
        return frame_stop(w, TCPSEG_STOP_CUT);
    out->ip_offset = w->pos;
    out->ecn = ip[1] >> 4 & 3;
    out->ip_id = 0;
    out->ttl = ip[7];
    take_addresses(out, 6, ip + 8, ip + 24, 16);
    out->addr.protocol = ip[6];
    enter_packet(w, IPV6_HEADER + ipv6_payload(w, ip));
    w->pos += IPV6_HEADER;
    return LAYER_TRANSPORT;
}

/* RFC 8200 section 8.1: with segments left, the checksum goes by the last
 * address of the route. A segment routing header lists it first (RFC 8754
 * section 2). The compressed lists of RFC 6554 are not unpacked. */
static void take_routing(tcpseg_frame *out, const uint8_t *header)
{
    uint32_t addresses = header[1] / 2u, left = header[3];

    out->defects |= FRAME_DEFECT(SOURCE_ROUTE);
    if (left == 0 || left > addresses)
        return;
    if (header[2] == ROUTING_SEGMENTS)
        memcpy(out->addr.dst, header + 8, 16);
    else if (header[2] == ROUTING_SOURCE || header[2] == ROUTING_MOBILE)
        memcpy(out->addr.dst, header + 16 * addresses - 8, 16);
}

static enum layer ipv6_fragment(struct frame_walk *w, const uint8_t *header)
{
    uint32_t word = load_be16(header + 2);

    if (!(word & (IPV6_MORE | IPV6_OFFSET))) {
        w->out->defects |= FRAME_DEFECT(ATOMIC_FRAGMENT);
        return LAYER_TRANSPORT;
    }
    /* A length field does not cover the fixed header, and this header goes. */
    return take_fragment(w, word >> 3,
                         w->pos - w->out->ip_offset - IPV6_HEADER -
                             EXTENSION_LEAST);
}

/* How long an extension header is; 0 for what is none. */
static uint32_t extension_size(uint8_t family, uint8_t kind, uint8_t field)
{
    if (kind == PROTOCOL_AH) /* RFC 4302 section 2.2: words minus two */
        return (field + 2u) * 4;
    if (family != 6)
        return 0;
    switch (kind) {
    case PROTOCOL_FRAGMENT:
        return EXTENSION_LEAST;
    case PROTOCOL_HOP_BY_HOP:
    case PROTOCOL_ROUTING:
    case PROTOCOL_DESTINATION:
    case PROTOCOL_MOBILITY:
    case PROTOCOL_HIP:
    case PROTOCOL_SHIM6:
        return (field + 1u) * 8;
    default:
        return 0;
    }
}

/* One extension header, whole: RFC 8200 section 4. */
static enum layer take_extension(struct frame_walk *w, uint8_t kind,
                                 uint32_t size)
{
    const uint8_t *header = frame_at(w);
    tcpseg_frame *out = w->out;

    if (kind == PROTOCOL_HOP_BY_HOP && w->pos != out->ip_offset + IPV6_HEADER)
        out->defects |= FRAME_DEFECT(HOP_BY_HOP);
    if (kind == PROTOCOL_ROUTING)
        take_routing(out, header);
    if (kind == PROTOCOL_DESTINATION)
        take_home_address(out, header, size);
    out->addr.protocol = header[0];
    w->pos += size;
    if (kind == PROTOCOL_FRAGMENT)
        return ipv6_fragment(w, header);
    return LAYER_TRANSPORT;
}

/* Walk the extension headers. IPv4 knows one of them, authentication. */
static enum layer walk_extensions(struct frame_walk *w)
{
    tcpseg_frame *out = w->out;
    enum layer next = LAYER_TRANSPORT;

    while (next == LAYER_TRANSPORT) {
        uint8_t kind = out->addr.protocol;
        uint32_t size = extension_size(out->addr.family, kind, 0);

        if (size == 0)
            return LAYER_TRANSPORT;
        if (w->extensions == MAX_EXTENSIONS) {
            out->defects |= FRAME_DEFECT(EXTENSION_LIMIT);
            return frame_stop(w, TCPSEG_STOP_LIMIT);
        }
        w->extensions++;
        if (frame_has(w, 2))
            size = extension_size(out->addr.family, kind, frame_at(w)[1]);
        if (w->end - w->pos < size) {
            out->defects |= FRAME_DEFECT(EXTENSION_CUT);
            return frame_stop(w, TCPSEG_STOP_BAD_IP);
        }
        if (!frame_has(w, size))
            return frame_stop(w, TCPSEG_STOP_CUT);
        next = take_extension(w, kind, size);
    }
    return next;
}

/* Go by the version that the header itself states: hosts do. */
enum layer tcpsegp_frame_ip(struct frame_walk *w)
{
    enum layer next;
    unsigned version;
    bool is_ip;

    if (!frame_has(w, 1))
        return frame_stop(w, TCPSEG_STOP_CUT);
    version = *frame_at(w) >> 4;
    is_ip = version == 4 || version == 6;
    if (w->ethertype != ETHERTYPE_NONE &&
        w->ethertype != (version == 4 ? ETHERTYPE_IPV4 : ETHERTYPE_IPV6))
        w->out->defects |= FRAME_DEFECT(ETHERTYPE_MISMATCH);
    if (!is_ip)
        return frame_stop(w, w->ethertype == ETHERTYPE_NONE
                                 ? TCPSEG_STOP_NOT_IP
                                 : TCPSEG_STOP_BAD_IP);
    next = version == 4 ? ipv4(w) : ipv6(w);
    if (next != LAYER_TRANSPORT)
        return next;
    w->doubt_depth = NO_DEPTH; /* the tunnel holds IP indeed */
    return walk_extensions(w);
}
