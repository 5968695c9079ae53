/* The walk from a frame's first byte down to its transport header. */
#ifndef TCPSEG_LIB_FRAME_INT_H
#define TCPSEG_LIB_FRAME_INT_H

#include <tcpseg/frame.h>

#include "bytes.h"
#include "inline.h"

#define FRAME_DEFECT(name) (UINT64_C(1) << TCPSEG_FRAME_##name)

enum {
    MAX_VLANS = 4,
    MAX_LABELS = 8,
    MAX_EXTENSIONS = 16,
    MAX_TUNNELS = 4,
    NO_DEPTH = 255
};

enum {
    ETHERTYPE_NONE = 0, /* nothing was claimed: the first nibble decides */
    ETHERTYPE_IPV4 = 0x0800,
    ETHERTYPE_TRANSPARENT =
        0x6558, /* a whole Ethernet frame inside: RFC 1701 */
    ETHERTYPE_IPV6 = 0x86dd,
    ETHERTYPE_MPLS = 0x8847,
    ETHERTYPE_MPLS_UPSTREAM = 0x8848
};

/* IP protocol numbers and IPv6 next headers, one number space. */
enum {
    PROTOCOL_HOP_BY_HOP = 0,
    PROTOCOL_IPV4 = 4,
    PROTOCOL_TCP = 6,
    PROTOCOL_UDP = 17,
    PROTOCOL_IPV6 = 41,
    PROTOCOL_ROUTING = 43,
    PROTOCOL_FRAGMENT = 44,
    PROTOCOL_GRE = 47,
    PROTOCOL_ESP = 50,
    PROTOCOL_AH = 51,
    PROTOCOL_NONE = 59,
    PROTOCOL_DESTINATION = 60,
    PROTOCOL_MOBILITY = 135,
    PROTOCOL_HIP = 139,
    PROTOCOL_SHIM6 = 140
};

/* What stands at the walk's position. Each step returns the next one; a tunnel
 * is another turn of the same loop, so no depth of nesting costs stack. */
enum layer {
    LAYER_DONE,      /* found, or stopped */
    LAYER_ETHERNET,  /* an Ethernet header */
    LAYER_ETHERTYPE, /* what `ethertype` says: tags, labels, PPPoE, IP */
    LAYER_IP,        /* an IP header; `ethertype` is the claim, 0 for none */
    LAYER_TRANSPORT  /* what tcpseg_address::protocol says */
};

/* pos <= captured <= end, at every step. */
struct frame_walk {
    tcpseg_frame *out;
    const uint8_t *frame;
    uint64_t end;       /* where the packet ends on the wire, as far as known */
    uint32_t pos;       /* where the next header starts */
    uint32_t captured;  /* where the packet's captured bytes end */
    uint32_t options;   /* TCPSEG_LOCATE_ bits */
    uint16_t ethertype; /* how the last header named the next one */
    uint8_t extensions; /* extension headers so far */
    uint8_t opaque_depth; /* UDP behind this many tunnels is not looked into */
    uint8_t
        doubt_depth; /* a UDP port here promised a tunnel; NO_DEPTH: proven */
};

static inline const uint8_t *frame_at(const struct frame_walk *w)
{
    return w->frame + w->pos;
}

static inline bool frame_has(const struct frame_walk *w, uint32_t len)
{
    return w->captured - w->pos >= len;
}

static inline bool frame_all_zero(const uint8_t *p, size_t len)
{
    /* The first byte is 0, and each other one equals the one before. */
    return len == 0 || (p[0] == 0 && memcmp(p, p + 1, len - 1) == 0);
}

static inline enum layer frame_stop(struct frame_walk *w, uint8_t why)
{
    w->out->stop = why;
    return LAYER_DONE;
}

/* Step over the present header to something of the type that it names. */
static inline enum layer frame_next(struct frame_walk *w, uint32_t len,
                                    uint16_t ethertype, enum layer layer)
{
    w->pos += len;
    w->ethertype = ethertype;
    return layer;
}

enum layer tcpsegp_frame_link(struct frame_walk *w, uint32_t linktype);
enum layer tcpsegp_frame_ethertype(struct frame_walk *w);
enum layer tcpsegp_frame_ip(struct frame_walk *w);
enum layer tcpsegp_frame_transport(struct frame_walk *w);

/* tcpseg_locate() without its short cut, the arguments being good. */
int tcpsegp_locate_general(tcpseg_frame *out, uint32_t linktype,
                           uint32_t options, const uint8_t *frame,
                           uint32_t captured, uint32_t length);

/* frame.c. Of the plain frame: Ethernet, IPv4 without options, TCP, captured whole.
 * False if it is not that; else `out` is what tcpseg_parse_frame() makes of it. */
enum { PLAIN_SRC = 26, PLAIN_DST = 30, PLAIN_TCP = 34 };
bool tcpsegp_parse_plain(tcpseg *out, const uint8_t *frame, size_t captured,
                         size_t length);

/* Bursts work on one frame while the headers of the frame so far behind it come from
 * memory. */
enum { AHEAD = 16, LINE = 64 };

/* As numbers, since a frame may be NULL, or shorter than that. */
static INLINE void frame_prefetch(const void *frame)
{
    PREFETCH(frame);
    PREFETCH((const void *)((uintptr_t)frame + LINE));
}

#endif
