/* A captured frame to the bytes that tcpseg_parse() wants. */
#include "frame_int.h"
#include "inline.h"
#include "segment_plain.h"

/* The frame that most are: Ethernet II, IPv4 without options, TCP. */
enum { PLAIN_IP = 14 };

/* The most that may follow its headers, so that no sum overflows. */
#define PLAIN_ROOM (UINT32_MAX / 4)

/* All of it, by one store for each sixteen bytes, where compilers make a slow
 * string instruction of the whole. */
static inline void clear(tcpseg_frame *out)
{
    uint8_t *to = (uint8_t *)out;

    memset(to, 0, 16);
    memset(to + 16, 0, 16);
    memset(to + 32, 0, 16);
    memset(to + 48, 0, 16);
    memset(to + 64, 0, 16);
    memset(to + 80, 0, 16);
    memset(to + 96, 0, 16);
    memset(to + 112, 0, 16);
}

_Static_assert(sizeof(tcpseg_frame) == 128, "clear() clears all of it");

static inline enum layer step(struct frame_walk *w, enum layer layer)
{
    switch (layer) {
    case LAYER_ETHERNET:
        return tcpsegp_frame_link(w, TCPSEG_LINK_ETHERNET);
    case LAYER_ETHERTYPE:
        return tcpsegp_frame_ethertype(w);
    case LAYER_IP:
        return tcpsegp_frame_ip(w);
    case LAYER_TRANSPORT:
    case LAYER_DONE: /* never asked for */
    default:
        return tcpsegp_frame_transport(w);
    }
}

/* Whether the walk believed a UDP port and then met no IP. */
static bool misled(const struct frame_walk *w)
{
    const unsigned stops = 1u << TCPSEG_STOP_NOT_IP | 1u << TCPSEG_STOP_CUT |
                           1u << TCPSEG_STOP_BAD_IP;

    return w->doubt_depth != NO_DEPTH && stops >> w->out->stop & 1;
}

int tcpsegp_locate_general(tcpseg_frame *out, uint32_t linktype,
                           uint32_t options, const uint8_t *frame,
                           uint32_t captured, uint32_t length)
{
    struct frame_walk w = {.out = out,
                           .frame = frame,
                           .options = options,
                           .doubt_depth = NO_DEPTH};
    enum layer layer;

    /* At most twice: the second walk takes the UDP datagram that misled the
     * first one for what it is. */
    do {
        clear(out);
        w.opaque_depth = w.doubt_depth;
        w.doubt_depth = NO_DEPTH;
        w.pos = 0;
        w.end = length;
        w.captured = captured;
        w.extensions = 0;
        layer = tcpsegp_frame_link(&w, linktype);
        while (layer != LAYER_DONE)
            layer = step(&w, layer);
    } while (misled(&w));
    return out->stop == TCPSEG_STOP_NONE ? TCPSEG_OK : TCPSEG_ERR_NOT_FOUND;
}

/* Recognise the plain frame by the first 24 bytes: IPv4, five words, no fragment,
 * TCP. Whatever is odd is left to the general walk. */
static inline bool is_plain(const uint8_t *p)
{
    const uint32_t fragment_protocol = 0xbfff00ff; /* all but DF and TTL */

    return (load_be32(p + 12) & 0xffffff00) == 0x08004500 &&
           (load_be32(p + 20) & fragment_protocol) == PROTOCOL_TCP;
}

/* How long its segment says to be; past any frame if the IP length is below its
 * header's. */
static inline uint32_t plain_segment(const uint8_t *p)
{
    return load_be16(p + 16) - (uint32_t)(PLAIN_TCP - PLAIN_IP);
}

static inline void describe_plain(tcpseg_frame *out, const uint8_t *p,
                                  uint32_t captured, uint32_t length,
                                  uint32_t segment)
{
    uint32_t end = PLAIN_TCP + segment;

    clear(out);
    memcpy(out->addr.src, p + 26, 4);
    memcpy(out->addr.dst, p + 30, 4);
    out->addr.family = 4;
    out->addr.protocol = PROTOCOL_TCP;
    out->addr.length = segment;
    out->offset = PLAIN_TCP;
    out->captured = (captured < end ? captured : end) - PLAIN_TCP;
    out->length = segment;
    out->ip_offset = PLAIN_IP;
    out->trailer = length - end;
    out->ttl = p[22];
    out->ecn = p[15] & 3;
    out->ip_id = load_be16(p + 18);
    if (captured < end)
        out->defects = FRAME_DEFECT(CUT);
    if (out->trailer)
        out->defects |= FRAME_DEFECT(TRAILER);
    if (captured > end && !frame_all_zero(p + end, captured - end))
        out->defects |= FRAME_DEFECT(TRAILER_NONZERO);
    if (!memcmp(p + 26, p + 30, 4))
        out->defects |= FRAME_DEFECT(SAME_ADDRESS);
}

static inline int locate(tcpseg_frame *out, uint32_t linktype, uint32_t options,
                         const uint8_t *frame, uint32_t captured,
                         uint32_t length)
{
    if (linktype != TCPSEG_LINK_ETHERNET || captured < PLAIN_TCP ||
        length - PLAIN_TCP > PLAIN_ROOM || !is_plain(frame) ||
        plain_segment(frame) > length - PLAIN_TCP)
        return tcpsegp_locate_general(out, linktype, options, frame, captured,
                                      length);
    describe_plain(out, frame, captured, length, plain_segment(frame));
    return TCPSEG_OK;
}

/* For a caller whose structure is shorter than this library's. */
NOINLINE static int locate_short(void *out, size_t out_size, uint32_t linktype,
                                 uint32_t options, const uint8_t *frame,
                                 uint32_t captured, uint32_t length)
{
    tcpseg_frame found;
    int error = locate(&found, linktype, options, frame, captured, length);

    copy_out(out, out_size, &found, sizeof found);
    return error;
}

static inline bool is_unknown(uint32_t options)
{
    const uint32_t known = TCPSEG_LOCATE_TUNNELS | TCPSEG_LOCATE_CHECKSUM;

    return options & ~known;
}

static inline bool is_misuse(uint32_t options, const void *frame, size_t length)
{
    return is_unknown(options) || !frame || length > UINT32_MAX;
}

/* For a caller whose structure is longer. */
static inline void zero_tail(tcpseg_frame *out, size_t out_size)
{
    if (out_size > sizeof *out)
        memset(out + 1, 0, out_size - sizeof *out);
}

int tcpseg_locate(tcpseg_frame *out, size_t out_size, uint32_t linktype,
                  uint32_t options, const void *frame, size_t captured,
                  size_t length)
{
    if (!out || !out_size || is_misuse(options, frame, length))
        return TCPSEG_ERR_ARG;
    if (captured > length)
        captured = length;
    if (out_size < sizeof *out)
        return locate_short(out, out_size, linktype, options, frame,
                            (uint32_t)captured, (uint32_t)length);
    zero_tail(out, out_size);
    return locate(out, linktype, options, frame, (uint32_t)captured,
                  (uint32_t)length);
}

static int parse_found(tcpseg *out, const tcpseg_frame *found, uint32_t options,
                       const uint8_t *frame)
{
    const uint8_t *segment = frame + found->offset;
    int error = tcpseg_parse(out, segment, found->captured, found->length);

    out->ip_ecn = found->ecn;
    out->ip_ttl = found->ttl;
    out->ip_id = found->ip_id;
    if (options & TCPSEG_LOCATE_CHECKSUM)
        tcpseg_checksum_verify(out, segment, &found->addr);
    return error;
}

NOINLINE static int parse_located(tcpseg *out, tcpseg_frame *frame_out,
                                  size_t frame_size, uint32_t linktype,
                                  uint32_t options, const void *frame,
                                  size_t captured, size_t length)
{
    tcpseg_frame own, *found = &own;
    int error;

    if (!out || (frame_out && !frame_size) || is_misuse(options, frame, length))
        return TCPSEG_ERR_ARG;
    if (captured > length)
        captured = length;
    if (frame_out && frame_size >= sizeof own) {
        found = frame_out;
        zero_tail(found, frame_size);
    }
    error = locate(found, linktype, options, frame, (uint32_t)captured,
                   (uint32_t)length);
    if (frame_out && found == &own)
        copy_out(frame_out, frame_size, &own, sizeof own);
    if (error == TCPSEG_OK && found->addr.protocol == PROTOCOL_TCP)
        return parse_found(out, found, options, frame);
    memset(out, 0, sizeof *out);
    out->error = TCPSEG_ERR_NOT_FOUND;
    return TCPSEG_ERR_NOT_FOUND;
}

/* The plain frame, captured whole, where nobody wants to know more about it, is
 * not described but parsed on the spot. False: it is none. */
static INLINE bool parse_plain(tcpseg *out, const uint8_t *p, size_t captured,
                               size_t length, int *error)
{
    size_t room = captured - PLAIN_TCP;
    uint32_t segment;

    if (captured != length || room > PLAIN_ROOM || !p || !is_plain(p) ||
        (segment = plain_segment(p)) > room)
        return false;
    p += PLAIN_TCP;
    *error = TCPSEG_OK;
    if (!is_usual(out, p, segment, segment, 32) ||
        !parse_timestamps_only(out, p, segment))
        *error = tcpseg_parse(out, p, segment, segment);
    p -= PLAIN_TCP;
    out->ip_ecn = p[15] & 3;
    out->ip_ttl = p[22];
    out->ip_id = load_be16(p + 18);
    return true;
}

bool tcpsegp_parse_plain(tcpseg *out, const uint8_t *frame, size_t captured,
                         size_t length)
{
    int error;

    return parse_plain(out, frame, captured, length, &error);
}

int tcpseg_parse_frame(tcpseg *out, tcpseg_frame *frame_out, size_t frame_size,
                       uint32_t linktype, uint32_t options, const void *frame,
                       size_t captured, size_t length)
{
    int error;

    if (((linktype ^ TCPSEG_LINK_ETHERNET) | options | (uintptr_t)frame_out) ||
        !out || !parse_plain(out, frame, captured, length, &error))
        return parse_located(out, frame_out, frame_size, linktype, options,
                             frame, captured, length);
    return error;
}

/* ---- many at once ---- */

struct burst {
    tcpseg *out;
    tcpseg_frame *frame_out;
    size_t frame_size;
    uint32_t linktype, options;
};

/* A frame in a burst that the straight path does not take. */
NOINLINE static int parse_other(const struct burst *b, uint32_t i,
                                const void *frame, uint32_t captured,
                                uint32_t length)
{
    uint8_t *beside = (uint8_t *)b->frame_out;

    if (beside)
        beside += i * b->frame_size;
    if (frame)
        return parse_located(&b->out[i], (tcpseg_frame *)(void *)beside,
                             b->frame_size, b->linktype, b->options, frame,
                             captured, length);
    memset(&b->out[i], 0, sizeof b->out[i]);
    if (beside)
        memset(beside, 0, b->frame_size);
    return b->out[i].error = TCPSEG_ERR_ARG;
}

static int parse_burst(const struct burst *b, uint32_t n,
                       const void *const *frames, const uint32_t *captured,
                       const uint32_t *length)
{
    bool straight =
        b->linktype == TCPSEG_LINK_ETHERNET && !b->options && !b->frame_out;
    uint32_t found = 0;

    for (uint32_t i = 0; i < n && i < AHEAD; i++)
        frame_prefetch(frames[i]);
    for (uint32_t i = 0; i < n; i++) {
        int error;

        if (n - i > AHEAD)
            frame_prefetch(frames[i + AHEAD]);
        if (!straight ||
            !parse_plain(&b->out[i], frames[i], captured[i], length[i], &error))
            error = parse_other(b, i, frames[i], captured[i], length[i]);
        found += error == TCPSEG_OK;
    }
    return (int)(found > INT32_MAX ? INT32_MAX : found);
}

int tcpseg_parse_burst(tcpseg *out, tcpseg_frame *frame_out, size_t frame_size,
                       uint32_t linktype, uint32_t options, uint32_t n,
                       const void *const *frames, const uint32_t *captured,
                       const uint32_t *length)
{
    struct burst b = {out, frame_out, frame_size, linktype, options};

    if ((n && (!out || !frames || !captured)) || (frame_out && !frame_size) ||
        is_unknown(options))
        return TCPSEG_ERR_ARG;
    return parse_burst(&b, n, frames, captured, length ? length : captured);
}

struct words {
    const char *name, *text, *rfc;
};

/* clang-format off */
static const struct words defects[] = {
    [TCPSEG_FRAME_ETHERTYPE_MISMATCH] = { "ethertype-mismatch",
        "The link layer announces one IP version and the IP header states another; the header counts.", "RFC 894" },
    [TCPSEG_FRAME_IHL] = { "ip-header-length",
        "The IPv4 header length is below 5 words or reaches past the packet.", "RFC 791 3.1" },
    [TCPSEG_FRAME_TOTAL_LENGTH] = { "ip-total-length",
        "The IPv4 total length does not even cover the header.", "RFC 791 3.1" },
    [TCPSEG_FRAME_LENGTH_BEYOND] = { "ip-length-beyond",
        "By its IP header the packet is longer than the frame or tunnel that carried it.", "RFC 791 3.1" },
    [TCPSEG_FRAME_CUT] = { "cut",
        "The capture holds only the first part of the IP packet.", "-" },
    [TCPSEG_FRAME_LENGTH_ZERO] = { "ip-length-zero",
        "The IP length is 0, as before segmentation by hardware; the frame's length counts.", "-" },
    [TCPSEG_FRAME_FRAGMENT_FIRST] = { "fragment-first",
        "This is the first fragment of a packet; the rest of the segment comes in others.", "RFC 791 3.2" },
    [TCPSEG_FRAME_FRAGMENT_TINY] = { "fragment-tiny",
        "The first fragment is so short that TCP's flags are not in it, which hides them from filters.", "RFC 1858 3" },
    [TCPSEG_FRAME_FRAGMENT_OVERLAP] = { "fragment-overlap",
        "The fragment starts 8 bytes into the TCP header and would overwrite its flags.", "RFC 3128" },
    [TCPSEG_FRAME_FRAGMENT_DF] = { "fragment-df",
        "A fragment carries the bit that forbids fragments.", "RFC 791 3.1" },
    [TCPSEG_FRAME_FRAGMENT_RESERVED] = { "fragment-reserved",
        "The reserved bit beside the fragmentation bits is set.", "RFC 791 3.1" },
    [TCPSEG_FRAME_FRAGMENT_BEYOND] = { "fragment-beyond",
        "With this fragment the packet would be longer than 65535 bytes.", "RFC 8200 4.5" },
    [TCPSEG_FRAME_HOP_BY_HOP] = { "hop-by-hop-order",
        "A hop-by-hop header does not stand right behind the IPv6 header.", "RFC 8200 4.1" },
    [TCPSEG_FRAME_JUMBO] = { "jumbo",
        "A jumbo payload option is malformed, or the length would have fitted without it.", "RFC 2675 3" },
    [TCPSEG_FRAME_SOURCE_ROUTE] = { "source-route",
        "The packet carries a route; its final destination may not be the one in the IP header.", "RFC 8200 4.4" },
    [TCPSEG_FRAME_IP_OPTION] = { "ip-option",
        "An IPv4 option has a length or pointer it cannot have, or a second route follows a first.", "RFC 791 3.1" },
    [TCPSEG_FRAME_TRAILER] = { "trailer",
        "Bytes follow the IP packet in the frame: padding, a check sequence or something else.", "RFC 894" },
    [TCPSEG_FRAME_TRAILER_NONZERO] = { "trailer-nonzero",
        "Bytes behind the IP packet are not the zeros that padding is made of.", "RFC 894" },
    [TCPSEG_FRAME_ATOMIC_FRAGMENT] = { "atomic-fragment",
        "An IPv6 fragment header stands in a packet that is whole.", "RFC 6946" },
    [TCPSEG_FRAME_SAME_ADDRESS] = { "same-address",
        "Source and destination are one address: loopback, or an attempt to confuse the receiver.", "RFC 1122 3.2.1.3" },
    [TCPSEG_FRAME_VLAN_LIMIT] = { "vlan-limit",
        "The frame has more than four VLAN tags.", "IEEE 802.1Q" },
    [TCPSEG_FRAME_MPLS_LIMIT] = { "mpls-limit",
        "Eight MPLS labels did not reach the bottom of their stack.", "RFC 3032 2.1" },
    [TCPSEG_FRAME_EXTENSION_LIMIT] = { "extension-limit",
        "The frame has more than sixteen extension headers.", "RFC 8504 5.3" },
    [TCPSEG_FRAME_TUNNEL_LIMIT] = { "tunnel-limit",
        "The frame has more than four tunnels inside each other.", "RFC 2473 4.1.1" },
    [TCPSEG_FRAME_EXTENSION_CUT] = { "extension-cut",
        "An extension header states a length past the end of the packet.", "RFC 8200 4" },
};

static const char *const stops[] = {
    [TCPSEG_STOP_NONE] = "none",
    [TCPSEG_STOP_LINK] = "link",
    [TCPSEG_STOP_NOT_IP] = "not-ip",
    [TCPSEG_STOP_CUT] = "cut",
    [TCPSEG_STOP_BAD_IP] = "bad-ip",
    [TCPSEG_STOP_FRAGMENT] = "fragment",
    [TCPSEG_STOP_PROTOCOL] = "protocol",
    [TCPSEG_STOP_ENCRYPTED] = "encrypted",
    [TCPSEG_STOP_LIMIT] = "limit",
};
/* clang-format on */

enum {
    N_DEFECTS = sizeof defects / sizeof *defects,
    N_STOPS = sizeof stops / sizeof *stops
};

const char *tcpseg_frame_defect_name(unsigned bit)
{
    return bit < N_DEFECTS ? defects[bit].name : NULL;
}

const char *tcpseg_frame_defect_text(unsigned bit)
{
    return bit < N_DEFECTS ? defects[bit].text : NULL;
}

const char *tcpseg_frame_defect_rfc(unsigned bit)
{
    return bit < N_DEFECTS ? defects[bit].rfc : NULL;
}

const char *tcpseg_stop_name(int stop)
{
    return stop >= 0 && stop < N_STOPS ? stops[stop] : NULL;
}
