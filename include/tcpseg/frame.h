/** @file
 *  A captured frame to the TCP or UDP bytes inside it. */
#ifndef TCPSEG_FRAME_H
#define TCPSEG_FRAME_H

#include "checksum.h"

/**
 * @defgroup tcpseg_frame The frame
 *
 * Captures hold frames: a link-layer header, perhaps VLAN tags or labels, an IP
 * header with options or extension headers, perhaps a tunnel and another IP
 * header, and only then TCP. tcpseg_locate() walks down there and says where the
 * TCP (or UDP) bytes are, how long they are *by the IP header* (Ethernet pads
 * short frames; padding is no payload), between which addresses, and what it
 * noticed on the way. It reads headers only and copies no payload.
 *
 * A frame that holds no TCP or UDP is not an error of anyone: the call returns
 * TCPSEG_ERR_NOT_FOUND and tcpseg_frame::stop says why.
 *
 * Fragments: the first fragment of a segment is found and marked (its checksum
 * cannot be computed); a later fragment has no TCP header and is never parsed.
 *
 * The walk is bounded: four VLAN tags, eight MPLS labels, sixteen IPv6 extension
 * headers, four nested tunnels.
 * @{
 */

#ifdef __cplusplus
extern "C" {
#endif

/** Link types, by the numbers in capture files (LINKTYPE_) and those libpcap
 *  gives on some systems (DLT_). */
enum {
    TCPSEG_LINK_NULL = 0,        /**< BSD loopback, 4 bytes of address family in host order */
    TCPSEG_LINK_ETHERNET = 1,    /**< Ethernet II and 802.3 */
    TCPSEG_LINK_PPP = 9,         /**< PPP, with or without HDLC-like framing */
    TCPSEG_LINK_DLT_RAW = 12,    /**< bare IP, by libpcap's number on most systems */
    TCPSEG_LINK_DLT_RAW_BSD = 14, /**< bare IP, by OpenBSD's */
    TCPSEG_LINK_RAW = 101,       /**< bare IP, version by its first nibble */
    TCPSEG_LINK_C_HDLC = 104,    /**< Cisco HDLC */
    TCPSEG_LINK_LOOP = 108,      /**< OpenBSD loopback, family in network order */
    TCPSEG_LINK_LINUX_SLL = 113, /**< Linux "cooked" capture */
    TCPSEG_LINK_IPV4 = 228,      /**< bare IPv4 */
    TCPSEG_LINK_IPV6 = 229,      /**< bare IPv6 */
    TCPSEG_LINK_LINUX_SLL2 = 276 /**< Linux "cooked" capture, version 2 */
};

/** What tcpseg_locate() should do besides: bits of its `options`. */
enum {
    TCPSEG_LOCATE_TUNNELS = 1,  /**< look into IPIP, 6in4, 4in6, GRE, VXLAN, Geneve and GTP-U */
    TCPSEG_LOCATE_CHECKSUM = 2  /**< tcpseg_parse_frame() only: verify the TCP checksum as well */
};

/** Why no TCP or UDP was found: values of tcpseg_frame::stop. */
enum {
    TCPSEG_STOP_NONE = 0,      /**< it was found */
    TCPSEG_STOP_LINK = 1,      /**< a link type this library does not know */
    TCPSEG_STOP_NOT_IP = 2,    /**< the frame carries something else: ARP, LLDP ... */
    TCPSEG_STOP_CUT = 3,       /**< the capture ends before the transport header */
    TCPSEG_STOP_BAD_IP = 4,    /**< an IP header that contradicts itself; see the defects */
    TCPSEG_STOP_FRAGMENT = 5,  /**< a later fragment: no transport header in it */
    TCPSEG_STOP_PROTOCOL = 6,  /**< IP carries another protocol; tcpseg_address::protocol names it */
    TCPSEG_STOP_ENCRYPTED = 7, /**< ESP */
    TCPSEG_STOP_LIMIT = 8      /**< more tags, labels, extension headers or tunnels than the limit */
};

/** Oddities on the way: bit *numbers* of tcpseg_frame::defects. */
enum {
    TCPSEG_FRAME_ETHERTYPE_MISMATCH = 0, /**< the link says one IP version, the header another */
    TCPSEG_FRAME_IHL = 1,             /**< IPv4 header length below 5 words or past the packet */
    TCPSEG_FRAME_TOTAL_LENGTH = 2,    /**< IPv4 total length below the header length */
    TCPSEG_FRAME_LENGTH_BEYOND = 3,   /**< the IP length reaches past the frame on the wire */
    TCPSEG_FRAME_CUT = 4,             /**< the capture ends inside the IP packet */
    TCPSEG_FRAME_LENGTH_ZERO = 5,     /**< an IP length of 0: segmentation offload; the frame's length counts */
    TCPSEG_FRAME_FRAGMENT_FIRST = 6,  /**< a first fragment */
    TCPSEG_FRAME_FRAGMENT_TINY = 7,   /**< a first fragment that hides TCP's flags: RFC 1858 */
    TCPSEG_FRAME_FRAGMENT_OVERLAP = 8, /**< a fragment at offset 1, over TCP's header: RFC 3128 */
    TCPSEG_FRAME_FRAGMENT_DF = 9,     /**< a fragment with the don't-fragment bit */
    TCPSEG_FRAME_FRAGMENT_RESERVED = 10, /**< the reserved fragment bit is set */
    TCPSEG_FRAME_FRAGMENT_BEYOND = 11, /**< a fragment that ends past 65535 bytes */
    TCPSEG_FRAME_HOP_BY_HOP = 12,     /**< a hop-by-hop header that is not the first, or a second one */
    TCPSEG_FRAME_JUMBO = 13,          /**< a jumbo payload option where the length fits without, or that is malformed */
    TCPSEG_FRAME_SOURCE_ROUTE = 14,   /**< a source route or routing header: the final destination differs or may */
    TCPSEG_FRAME_IP_OPTION = 15,      /**< a malformed IPv4 option */
    TCPSEG_FRAME_TRAILER = 16,        /**< bytes behind the IP packet: padding, or something else */
    TCPSEG_FRAME_TRAILER_NONZERO = 17, /**< some of them are not zero */
    TCPSEG_FRAME_ATOMIC_FRAGMENT = 18, /**< an IPv6 fragment header on a whole packet: RFC 6946 */
    TCPSEG_FRAME_SAME_ADDRESS = 19,   /**< source and destination address are equal */
    TCPSEG_FRAME_VLAN_LIMIT = 20,     /**< more than four VLAN tags */
    TCPSEG_FRAME_MPLS_LIMIT = 21,     /**< more than eight MPLS labels without the bottom of the stack */
    TCPSEG_FRAME_EXTENSION_LIMIT = 22, /**< more than sixteen IPv6 extension headers */
    TCPSEG_FRAME_TUNNEL_LIMIT = 23,   /**< more than four tunnels */
    TCPSEG_FRAME_EXTENSION_CUT = 24   /**< an extension header reaches past the packet */
};

/** Where the segment is in a frame. 128 bytes, the same layout on every target. */
typedef struct tcpseg_frame {
    tcpseg_address addr;  /**< addresses (the innermost), protocol, length: for checksum and table */
    uint32_t offset;      /**< where the transport bytes start, from the frame's first byte */
    uint32_t captured;    /**< how many of them there are */
    uint32_t length;      /**< how many the wire had, by the IP header */
    uint32_t ip_offset;   /**< where the (innermost) IP header starts */
    uint32_t trailer;     /**< bytes of the frame on the wire behind the outermost IP packet */
    uint16_t vlan[4];     /**< VLAN tags (priority, DEI and identifier), outermost first */
    uint8_t vlan_count;   /**< how many */
    uint8_t ttl;          /**< TTL or hop limit */
    uint8_t ecn;          /**< ECN field, 0 to 3: RFC 3168 section 5 */
    uint8_t tunnel_depth; /**< tunnels on the way */
    uint8_t stop;         /**< TCPSEG_STOP_ */
    uint8_t mpls_count;   /**< MPLS labels on the way */
    uint16_t ip_id;       /**< IPv4 identification, 0 for IPv6 */
    uint32_t tunnel_id;   /**< innermost VNI, TEID or GRE key; 0: none */
    uint64_t defects;     /**< one bit per oddity: bit n is TCPSEG_FRAME_ n */
    uint64_t reserved[5]; /**< 0 */
} tcpseg_frame;

/**
 * Find the TCP or UDP bytes in a captured frame.
 *
 * @param out       receives the answer, also with TCPSEG_ERR_NOT_FOUND, as far
 *                  as the walk came.
 * @param out_size  sizeof *out in the caller's program; the library writes as
 *                  much as both know and zeroes the rest.
 * @param linktype  a TCPSEG_LINK_ number.
 * @param options   TCPSEG_LOCATE_ bits; an unknown bit is refused.
 * @param frame     the frame's bytes, any alignment. Read during the call only.
 * @param captured  how many there are; more than @p length is cut to it.
 * @param length    the frame's length on the wire.
 *
 * @retval TCPSEG_OK             found: `addr.protocol` is 6 or 17, `offset`,
 *                               `captured` and `length` tell the bytes.
 * @retval TCPSEG_ERR_NOT_FOUND  there is none; tcpseg_frame::stop says why.
 * @retval TCPSEG_ERR_ARG        a NULL pointer, an @p out_size of 0, an unknown
 *                               option, or a length above 2^32-1. Nothing was
 *                               written.
 *
 * Bounded by the limits above; copies two addresses. RFC 791, RFC 8200, RFC 6946.
 * @since 0.1
 */
TCPSEG_API int tcpseg_locate(tcpseg_frame *out, size_t out_size,
                             uint32_t linktype, uint32_t options,
                             const void *frame, size_t captured,
                             size_t length);

/**
 * Find and parse: tcpseg_locate(), then tcpseg_parse() on what it found.
 *
 * Also fills tcpseg::ip_ecn, tcpseg::ip_ttl, tcpseg::ip_id, and with
 * TCPSEG_LOCATE_CHECKSUM tcpseg::checksum_status.
 *
 * @param out         receives the segment.
 * @param frame_out   receives what tcpseg_locate() found; may be NULL.
 * @param frame_size  sizeof *frame_out in the caller's program.
 * @param linktype    a TCPSEG_LINK_ number.
 * @param options     TCPSEG_LOCATE_ bits.
 * @param frame       the frame's bytes.
 * @param captured    how many there are.
 * @param length      the frame's length on the wire.
 *
 * @return what tcpseg_parse() returned, or:
 * @retval TCPSEG_ERR_NOT_FOUND  no TCP (UDP is in @p frame_out); @p out is zero
 *                               but for its `error`.
 * @retval TCPSEG_ERR_ARG        as tcpseg_locate(). Nothing was written.
 * @since 0.1
 */
TCPSEG_API int tcpseg_parse_frame(tcpseg *out, tcpseg_frame *frame_out,
                                  size_t frame_size, uint32_t linktype,
                                  uint32_t options, const void *frame,
                                  size_t captured, size_t length);

/**
 * Find and parse many: what tcpseg_parse_frame() does, for each frame.
 *
 * The answers are the same, byte for byte. What is gained is time: each frame's headers
 * are asked for while those of frames before it are worked on, so that frames fresh from
 * a network card or a file need not be waited for one by one. For callers with a table of
 * their own; tcptable_feed_burst() does the same and more.
 *
 * @param out         receives the segments, one for each frame. What
 *                    tcpseg_parse_frame() would have returned is its tcpseg::error.
 * @param frame_out   receives what tcpseg_locate() found of each: addresses for a table's
 *                    key, where the segment is, and why there is none; may be NULL, which
 *                    is faster.
 * @param frame_size  sizeof *frame_out in the caller's program: the distance from one to
 *                    the next.
 * @param linktype    a TCPSEG_LINK_ number, of all frames.
 * @param options     TCPSEG_LOCATE_ bits.
 * @param n           how many; 16 and more are best. There is no limit.
 * @param frames      where each begins, read during the call only. For one that is NULL,
 *                    `error` is TCPSEG_ERR_ARG and the rest of the answer zero.
 * @param captured    bytes there of each; more than its length are cut to it.
 * @param length      bytes that each had on the wire; NULL: as captured.
 *
 * @return for how many of them tcpseg_parse_frame() would have returned TCPSEG_OK, or:
 * @retval TCPSEG_ERR_ARG  a NULL array that is needed, a @p frame_size of 0 with
 *                         @p frame_out, or an unknown option. Nothing was written.
 *
 * Bounded as tcpseg_parse_frame(), for each frame. The two cache lines from a frame's
 * first byte on are prefetched, which never faults, but not read beyond its end.
 * @since 0.1
 */
TCPSEG_API int tcpseg_parse_burst(tcpseg *out, tcpseg_frame *frame_out,
                                  size_t frame_size, uint32_t linktype,
                                  uint32_t options, uint32_t n,
                                  const void *const *frames,
                                  const uint32_t *captured,
                                  const uint32_t *length);

/** An ICMP error, in the words of ICMPv4. 16 bytes, the same layout on every target. */
typedef struct tcpseg_icmp {
    uint32_t quoted;  /**< where the quoted IP packet starts, from the frame's first byte */
    uint32_t mtu;     /**< with type 3, code 4: the next link's MTU, 0 if not told */
    uint8_t type;     /**< 3 unreachable, 11 time exceeded, 12 parameter problem */
    uint8_t code;     /**< as ICMPv4's: RFC 792, RFC 1122 section 3.2.2.1 */
    uint8_t own_type; /**< as on the wire */
    uint8_t own_code; /**< as on the wire */
    uint32_t reserved; /**< 0 */
} tcpseg_icmp;

/**
 * Read an ICMP error that quotes a packet.
 *
 * What it quotes is then read with tcpseg_parse_frame(), link type TCPSEG_LINK_RAW, from
 * byte tcpseg_icmp::quoted on; tcpconn_icmp() takes both.
 *
 * @param out       receives it.
 * @param out_size  sizeof(tcpseg_icmp) in the caller's program.
 * @param frame     of the packet, as tcpseg_locate() filled it: with TCPSEG_STOP_PROTOCOL.
 * @param packet    the frame's first byte.
 * @param captured  bytes there.
 * @param length    bytes on the wire.
 *
 * @return bytes known, or:
 * @retval TCPSEG_ERR_ARG        a NULL pointer.
 * @retval TCPSEG_ERR_NOT_FOUND  no ICMP (RFC 792) or ICMPv6 (RFC 4443) error, or one cut
 *                               before its quotation. Behind IPv6 extension headers none
 *                               is looked for.
 * @since 0.1
 */
TCPSEG_API int tcpseg_icmp_parse(tcpseg_icmp *out, size_t out_size,
                                 const tcpseg_frame *frame, const void *packet,
                                 size_t captured, size_t length);

/**
 * Name an oddity of a frame, in lower case with hyphens.
 *
 * @param bit  a TCPSEG_FRAME_ number.
 * @return a constant ASCII string; NULL past the last one.
 * @since 0.1
 */
TCPSEG_API const char *tcpseg_frame_defect_name(unsigned bit);

/**
 * Explain an oddity of a frame in one sentence.
 *
 * @param bit  a TCPSEG_FRAME_ number.
 * @return a constant ASCII string; NULL past the last one.
 * @since 0.1
 */
TCPSEG_API const char *tcpseg_frame_defect_text(unsigned bit);

/**
 * Name the rule behind an oddity of a frame.
 *
 * @param bit  a TCPSEG_FRAME_ number.
 * @return a constant ASCII string; NULL past the last one.
 * @since 0.1
 */
TCPSEG_API const char *tcpseg_frame_defect_rfc(unsigned bit);

/**
 * Name the reason why nothing was found.
 *
 * @param stop  a TCPSEG_STOP_ value.
 * @return a constant ASCII string; NULL past the last one.
 * @since 0.1
 */
TCPSEG_API const char *tcpseg_stop_name(int stop);

#ifdef __cplusplus
}
#endif
/** @} */
#endif
