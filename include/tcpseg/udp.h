/** @file
 *  UDP's eight bytes, for comparison and for tools that see both. */
#ifndef TCPSEG_UDP_H
#define TCPSEG_UDP_H

#include "checksum.h"

/**
 * @defgroup tcpseg_udp UDP
 *
 * UDP's header has four fields: two ports, a length, a checksum (RFC 768). No
 * sequence numbers, no acknowledgments, no window, no flags: nothing that would
 * make a connection, and so nothing here to follow.
 *
 * Its length field gives it a quirk that TCP does not have: the datagram may end
 * before the IP packet does. What is left over is the *surplus area*, where RFC
 * 9868 puts UDP options.
 * @{
 */

#ifdef __cplusplus
extern "C" {
#endif

/** Oddities of a datagram: bit *numbers* of tcpseg_udp::defects. */
enum {
    TCPSEG_UDP_SHORT = 0,       /**< fewer than 8 bytes on the wire */
    TCPSEG_UDP_LENGTH_LT_8 = 1, /**< a length field of 1 to 7, or of 0 where no jumbogram needs it */
    TCPSEG_UDP_LENGTH_BEYOND = 2, /**< a length field past the IP packet */
    TCPSEG_UDP_SURPLUS = 3,     /**< bytes behind the datagram: RFC 9868 */
    TCPSEG_UDP_PORT_ZERO = 4,   /**< destination port 0 (a source port of 0 is legal) */
    TCPSEG_UDP_HEADER_CUT = 5,  /**< the capture ends inside the header */
    TCPSEG_UDP_PAYLOAD_CUT = 6, /**< the capture ends inside the payload */
    TCPSEG_UDP_NO_CHECKSUM_V6 = 7 /**< no checksum over IPv6: legal in tunnels only, RFC 6935 */
};

/** A UDP datagram. Frozen: 64 bytes, the same offsets on every target, host
 *  order. */
typedef struct tcpseg_udp {
    uint16_t src_port;         /**< source port; 0: no answer is expected */
    uint16_t dst_port;         /**< destination port */
    uint16_t length;           /**< the length field: header and payload */
    uint16_t checksum;         /**< the checksum field */
    uint32_t payload_len;      /**< bytes of payload on the wire */
    uint32_t payload_captured; /**< bytes of payload in the buffer */
    uint32_t surplus_len;      /**< bytes of the surplus area, behind the payload */
    int32_t error;             /**< what tcpseg_udp_parse() returned */
    uint64_t defects;          /**< bit n is TCPSEG_UDP_ n */
    uint8_t header_captured;   /**< bytes of the header that there were */
    uint8_t checksum_status;   /**< TCPSEG_CHECKSUM_; from tcpseg_udp_checksum_verify() */
    uint8_t no_checksum;       /**< 1 if the field is 0: none was computed */
    uint8_t reserved0[5];      /**< 0 */
    uint64_t reserved[3];      /**< 0 */
} tcpseg_udp;

/**
 * Decode a UDP header.
 *
 * @param out       receives the datagram; overwritten whole.
 * @param data      its bytes, any alignment. Read during the call only.
 * @param captured  how many there are; more than @p length is cut to it.
 * @param length    bytes of IP payload on the wire.
 *
 * @retval TCPSEG_OK          a UDP header; oddities are bits of `defects`. A
 *                            length field past the IP packet is cut to it.
 * @retval TCPSEG_ERR_SHORT   @p length is below 8.
 * @retval TCPSEG_ERR_OFFSET  the length field is below 8 (0 stands for all of a
 *                            jumbogram: RFC 2675 section 4).
 * @retval TCPSEG_ERR_ARG     a NULL pointer. Nothing was written.
 * @since 0.1
 */
TCPSEG_API int tcpseg_udp_parse(tcpseg_udp *out, const void *data,
                                size_t captured, size_t length);

/**
 * Verify a UDP checksum.
 *
 * @param udp      the parsed datagram; receives the answer.
 * @param data     the bytes it was parsed from.
 * @param address  the pseudo-header.
 * @return the answer, as tcpseg_checksum_verify() gives it. A field of 0 means
 *         "none" (RFC 768): the answer is TCPSEG_CHECKSUM_UNKNOWN, and over IPv6
 *         the defect TCPSEG_UDP_NO_CHECKSUM_V6 is set.
 * @retval TCPSEG_ERR_ARG  a NULL pointer or a family other than 4 and 6.
 * @since 0.1
 */
TCPSEG_API int tcpseg_udp_checksum_verify(tcpseg_udp *udp, const void *data,
                                          const tcpseg_address *address);

/**
 * Correct a UDP checksum for one changed 16-bit number.
 *
 * As tcpseg_checksum_update16(), but "none" stays none and a result of 0 is
 * written as 0xffff.
 *
 * @param checksum  the field before the change.
 * @param old_word  the number before.
 * @param new_word  the number after.
 * @return the field after the change.
 * @since 0.1
 */
TCPSEG_API uint16_t tcpseg_udp_checksum_update16(uint16_t checksum,
                                                 uint16_t old_word,
                                                 uint16_t new_word);

/**
 * Name an oddity of a datagram, in lower case with hyphens.
 *
 * @param bit  a TCPSEG_UDP_ number.
 * @return a constant ASCII string; NULL past the last one.
 * @since 0.1
 */
TCPSEG_API const char *tcpseg_udp_defect_name(unsigned bit);

/**
 * Explain an oddity of a datagram in one sentence.
 *
 * @param bit  a TCPSEG_UDP_ number.
 * @return a constant ASCII string; NULL past the last one.
 * @since 0.1
 */
TCPSEG_API const char *tcpseg_udp_defect_text(unsigned bit);

/**
 * Name the rule behind an oddity of a datagram.
 *
 * @param bit  a TCPSEG_UDP_ number.
 * @return a constant ASCII string; NULL past the last one.
 * @since 0.1
 */
TCPSEG_API const char *tcpseg_udp_defect_rfc(unsigned bit);

#ifdef __cplusplus
}
#endif
/** @} */
#endif
