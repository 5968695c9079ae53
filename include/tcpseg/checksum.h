/** @file
 *  The Internet checksum over a segment and its pseudo-header. */
#ifndef TCPSEG_CHECKSUM_H
#define TCPSEG_CHECKSUM_H

#include "segment.h"

/**
 * @defgroup tcpseg_checksum The checksum
 *
 * TCP's checksum covers the segment and a pseudo-header of addresses, protocol
 * and length taken from the IP header (RFC 9293 section 3.1; for IPv6 RFC 8200
 * section 8.1). It is the one part of a segment that cannot be judged from its
 * own bytes, so it has its own calls: parsing never looks at it.
 *
 * A checksum that does not fit is not always a damaged packet. A host whose
 * network card computes checksums shows its own packets to a capture before the
 * card has done so: the field then holds only the pseudo-header's sum, or
 * nothing. Those are answers of their own (TCPSEG_CHECKSUM_OFFLOAD, _ZERO).
 *
 * The pseudo-header wants the *final* destination: with a source route or a
 * routing header that is not the address in the IP header. tcpseg_locate()
 * fills tcpseg_address that way.
 *
 * All checksums and sums are in host order: the number that the field's two
 * bytes make, most significant first.
 * @{
 */

#ifdef __cplusplus
extern "C" {
#endif

/** The pseudo-header's parts. 40 bytes; frozen. */
typedef struct tcpseg_address {
    uint8_t src[16];  /**< source; IPv4 in the first 4 bytes, the rest 0 */
    uint8_t dst[16];  /**< the final destination, alike */
    uint8_t family;   /**< 4 or 6 */
    uint8_t protocol; /**< 6 for TCP, 17 for UDP */
    uint8_t fragment; /**< 1: bytes belong to a fragment, the checksum cannot be computed */
    uint8_t reserved; /**< 0 */
    uint32_t length;  /**< upper-layer length in bytes; UDP's is its own header's */
} tcpseg_address;

/**
 * Sum bytes as 16-bit numbers with end-around carry: RFC 1071.
 *
 * The block that everything else is built of. To sum in pieces, pass the last
 * result as @p sum; every piece but the last must have an even length.
 *
 * @param sum   what was summed so far; 0 at first.
 * @param data  the bytes, any alignment; NULL if @p len is 0.
 * @param len   their number. An odd last byte counts as the upper half.
 * @return the sum, folded, *not* complemented.
 *
 * Runs near the speed of memory. On x86-64 the first call asks the processor
 * what it can do and remembers it in one atomic byte; threads may race for it.
 * @since 0.1
 */
TCPSEG_API uint16_t tcpseg_checksum_sum(uint16_t sum, const void *data,
                                        size_t len);

/**
 * Compute the checksum a TCP segment or UDP datagram should carry.
 *
 * @param checksum  receives it. For UDP a result of 0 is given as 0xffff (RFC
 *                  768).
 * @param data      the whole segment; its checksum field counts as zero.
 * @param length    its bytes: at least 18 for TCP, 8 for UDP.
 * @param address   the pseudo-header; its `length` and `fragment` are not read.
 * @retval TCPSEG_OK        @p checksum was written.
 * @retval TCPSEG_ERR_ARG   a NULL pointer, a family other than 4 and 6, a
 *                          protocol other than 6 and 17, or more than 2^32-1
 *                          bytes.
 * @retval TCPSEG_ERR_SHORT @p length does not reach past the checksum field.
 * @since 0.1
 */
TCPSEG_API int tcpseg_checksum_compute(uint16_t *checksum, const void *data,
                                       size_t length,
                                       const tcpseg_address *address);

/**
 * Verify a TCP checksum.
 *
 * @param seg      the parsed segment; receives the answer in
 *                 tcpseg::checksum_status, and the defect CHECKSUM_FFFF where the
 *                 field holds the other zero.
 * @param data     the bytes it was parsed from.
 * @param address  the pseudo-header, as tcpseg_locate() gives it; its `length`
 *                 is not read, the segment's own counts.
 * @return the answer, TCPSEG_CHECKSUM_OK to TCPSEG_CHECKSUM_CUT, or:
 * @retval TCPSEG_ERR_ARG  a NULL pointer or a family other than 4 and 6. Nothing
 *                         was written.
 *
 * A segment that was not a TCP header, is cut, or comes from a fragment is
 * TCPSEG_CHECKSUM_CUT.
 * @since 0.1
 */
TCPSEG_API int tcpseg_checksum_verify(tcpseg *seg, const void *data,
                                      const tcpseg_address *address);

/**
 * Correct a checksum for one changed 16-bit number: RFC 1624, equation 3.
 *
 * @param checksum  the field before the change.
 * @param old_word  the number before, as two bytes at an even offset make it.
 * @param new_word  the number after.
 * @return the field after the change; the same as computing it anew.
 * @since 0.1
 */
TCPSEG_API uint16_t tcpseg_checksum_update16(uint16_t checksum,
                                             uint16_t old_word,
                                             uint16_t new_word);

/**
 * Correct a checksum for one changed 32-bit number: an IPv4 address, a sequence
 * number.
 *
 * @param checksum  the field before the change.
 * @param old_word  the number before, host order.
 * @param new_word  the number after.
 * @return the field after the change.
 * @since 0.1
 */
TCPSEG_API uint16_t tcpseg_checksum_update32(uint16_t checksum,
                                             uint32_t old_word,
                                             uint32_t new_word);

/**
 * Correct a checksum for changed bytes at an even offset: an IPv6 address, an
 * option.
 *
 * @param checksum  the field before the change.
 * @param old_data  the bytes before.
 * @param new_data  the bytes after.
 * @param len       their number, even (an odd last byte counts as the upper
 *                  half of a number whose lower half did not change).
 * @return the field after the change.
 * @since 0.1
 */
TCPSEG_API uint16_t tcpseg_checksum_update(uint16_t checksum,
                                           const void *old_data,
                                           const void *new_data, size_t len);

#ifdef __cplusplus
}
#endif
/** @} */
#endif
