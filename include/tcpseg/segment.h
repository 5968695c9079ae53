/** @file
 *  Bytes to a TCP segment, and back. */
#ifndef TCPSEG_SEGMENT_H
#define TCPSEG_SEGMENT_H

#include "base.h"

/**
 * @defgroup tcpseg_segment The segment
 *
 * A TCP segment is a header of 20 to 60 bytes and a payload. The header starts
 * with ten fixed fields; up to 40 bytes of options follow. tcpseg_parse() turns
 * it into one flat value, tcpseg: 128 bytes, no pointers, the same layout on
 * every machine, all numbers in host order. Copy it, store it, send it through
 * a queue; it does not refer to the packet any more.
 *
 * The fields that a connection tracker needs are decoded at once, the usual
 * options (MSS, window scale, SACK, timestamps) among them. Everything else in
 * the option area, in wire order and with duplicates and padding, is read with
 * the cursor of option.h.
 *
 * **Captured and length.** A capture may hold fewer bytes than the wire did.
 * Every function takes both numbers: `length`, the segment's length on the wire
 * (from the IP header, never from the frame), and `captured`, how many of those
 * bytes there are. A field is known exactly if it ends at or before
 * tcpseg::header_captured; all others are 0.
 *
 * **Three things are kept apart.** *Misuse* is a negative return and nothing is
 * written. *Not a TCP header* (shorter than 20 bytes, or a data offset that
 * cannot be) is a negative return and what was there is filled in. *Odd but
 * decodable* is 0 and one bit of tcpseg::defects for each oddity. A defect is
 * an observation: whether it matters is the caller's to decide.
 *
 * **Options.** The walk advances by the length each option states, as the
 * receiving host does; an option whose length does not fit its kind is skipped
 * and marked. Only three things end the walk early: a kind without room for its
 * length, a length below 2, a length past the end of the area. What stood
 * before is kept (RFC 9293 section 3.1, MUST-6 and MUST-7). Of two options of
 * one kind the last one counts.
 * @{
 */

#ifdef __cplusplus
extern "C" {
#endif

/** The control bits, RFC 9293 section 3.1, as they stand in tcpseg::flags. */
enum {
    TCPSEG_FIN = 0x001, /**< No more data from the sender. */
    TCPSEG_SYN = 0x002, /**< Synchronise sequence numbers. */
    TCPSEG_RST = 0x004, /**< Reset the connection. */
    TCPSEG_PSH = 0x008, /**< Push function. */
    TCPSEG_ACK = 0x010, /**< The acknowledgment field is significant. */
    TCPSEG_URG = 0x020, /**< The urgent pointer is significant. */
    TCPSEG_ECE = 0x040, /**< ECN echo, RFC 3168 section 6.1. */
    TCPSEG_CWR = 0x080, /**< Congestion window reduced, RFC 3168 section 6.1. */
    TCPSEG_AE = 0x100,  /**< Accurate ECN, RFC 9768 section 3.1. */
    TCPSEG_NS = 0x100,  /**< The same bit by its old name, RFC 3540. */
    TCPSEG_RESERVED = 0xe00 /**< The three reserved bits. */
};

/** Which options tcpseg carries: bits of tcpseg::present. Set only when the
 *  option is well formed. */
enum {
    TCPSEG_HAS_MSS = 0x001,            /**< tcpseg::mss */
    TCPSEG_HAS_WSCALE = 0x002,         /**< tcpseg::wscale */
    TCPSEG_HAS_SACK_PERMITTED = 0x004, /**< SACK permitted, no value */
    TCPSEG_HAS_SACK = 0x008,           /**< tcpseg::sack, tcpseg::sack_count */
    TCPSEG_HAS_TIMESTAMPS = 0x010,     /**< tcpseg::tsval, tcpseg::tsecr */
    TCPSEG_HAS_FASTOPEN = 0x020,       /**< tcpseg::fastopen_offset and _len */
    TCPSEG_HAS_MD5 = 0x040,            /**< an MD5 signature; see option.h */
    TCPSEG_HAS_AO = 0x080,             /**< a TCP-AO option; see option.h */
    TCPSEG_HAS_MPTCP = 0x100,          /**< an MPTCP option; see option.h */
    TCPSEG_HAS_ACCECN = 0x200,         /**< AccECN0 or AccECN1; see option.h */
    TCPSEG_HAS_DSACK = 0x400           /**< sack[0] repeats what the receiver had: RFC 2883 section 4 */
};

/** Oddities of a segment: bit *numbers* of tcpseg::defects. Names and sentences
 *  from tcpseg_defect_name() and its kin. Numbers never change meaning. */
enum {
    TCPSEG_DEFECT_OPTION_NO_LEN = 0,      /**< a kind at the area's last byte: no room for its length */
    TCPSEG_DEFECT_OPTION_LEN_LT_2 = 1,    /**< an option length of 0 or 1 */
    TCPSEG_DEFECT_OPTION_LEN_BEYOND = 2,  /**< an option reaches past the option area */
    TCPSEG_DEFECT_OPTION_BAD_LEN = 3,     /**< a known option with a length it cannot have */
    TCPSEG_DEFECT_OPTION_UNKNOWN = 4,     /**< a kind, ExID or MPTCP subtype nobody registered */
    TCPSEG_DEFECT_OPTION_OBSOLETE = 5,    /**< a kind that was withdrawn */
    TCPSEG_DEFECT_OPTION_EXPERIMENT = 6,  /**< kind 253 or 254 */
    TCPSEG_DEFECT_OPTION_UNAUTHORISED = 7, /**< a kind known to be used without registration */
    TCPSEG_DEFECT_OPTION_DUPLICATE = 8,   /**< an option twice that may stand once */
    TCPSEG_DEFECT_OPTION_SYN_ONLY = 9,    /**< a handshake option in a segment without SYN */
    TCPSEG_DEFECT_OPTION_NOT_ON_SYN = 10, /**< SACK blocks in a SYN */
    TCPSEG_DEFECT_PADDING = 11,           /**< bytes other than zero after the end-of-list option */
    TCPSEG_DEFECT_NOP_RUN = 12,           /**< four or more NOPs in a row: something may have erased an option */
    TCPSEG_DEFECT_NO_EXID = 13,           /**< an experiment option too short for an ExID */
    TCPSEG_DEFECT_WSCALE_GT_14 = 14,      /**< a window scale shift above 14; counts as 14 */
    TCPSEG_DEFECT_MSS_ZERO = 15,          /**< a maximum segment size of 0 */
    TCPSEG_DEFECT_MSS_SMALL = 16,         /**< a maximum segment size of 1 to 47 */
    TCPSEG_DEFECT_MSS_MISSING = 17,       /**< a SYN without MSS option */
    TCPSEG_DEFECT_SACK_EDGES = 18,        /**< a SACK block whose left edge is not before its right edge */
    TCPSEG_DEFECT_SACK_EMPTY = 19,        /**< a SACK option without a block */
    TCPSEG_DEFECT_TSECR_NO_ACK = 20,      /**< an echoed timestamp in a segment without ACK */
    TCPSEG_DEFECT_AUTH_CONFLICT = 21,     /**< more than one MD5 or TCP-AO option together */
    TCPSEG_DEFECT_EXTENDED_OFFSET = 22,   /**< an extended data offset: the header may not end where it says */
    TCPSEG_DEFECT_USER_TIMEOUT_ZERO = 23, /**< a user timeout of 0, a reserved value */
    TCPSEG_DEFECT_ACCECN_PARTIAL = 24,    /**< bytes in an AccECN option that fill no counter */
    TCPSEG_DEFECT_RESERVED_BITS = 25,     /**< a reserved header bit is set */
    TCPSEG_DEFECT_FLAGS_NULL = 26,        /**< none of the six classic flags is set */
    TCPSEG_DEFECT_FLAGS_XMAS = 27,        /**< FIN, PSH and URG all set */
    TCPSEG_DEFECT_SYN_FIN = 28,           /**< SYN with FIN */
    TCPSEG_DEFECT_SYN_RST = 29,           /**< SYN with RST */
    TCPSEG_DEFECT_RST_FIN = 30,           /**< RST with FIN */
    TCPSEG_DEFECT_FIN_NO_ACK = 31,        /**< FIN without ACK */
    TCPSEG_DEFECT_NO_SYN_ACK_RST = 32,    /**< none of SYN, ACK, RST: no state accepts it */
    TCPSEG_DEFECT_ACK_NUMBER_NO_ACK = 33, /**< an acknowledgment number without ACK */
    TCPSEG_DEFECT_URGENT_NO_URG = 34,     /**< an urgent pointer without URG */
    TCPSEG_DEFECT_URGENT_BEYOND = 35,     /**< an urgent pointer past this segment's data */
    TCPSEG_DEFECT_URGENT_ZERO = 36,       /**< URG with an urgent pointer of 0 */
    TCPSEG_DEFECT_PORT_ZERO = 37,         /**< a port number of 0 */
    TCPSEG_DEFECT_SYN_DATA = 38,          /**< data in a SYN */
    TCPSEG_DEFECT_ECN_SYN = 39,           /**< ECN bits in a SYN that no ECN handshake uses */
    TCPSEG_DEFECT_HEADER_CUT = 40,        /**< the capture ends inside the header */
    TCPSEG_DEFECT_PAYLOAD_CUT = 41,       /**< bytes of the payload were not captured */
    TCPSEG_DEFECT_SHORT = 42,             /**< fewer than 20 bytes on the wire: no TCP header */
    TCPSEG_DEFECT_OFFSET_LT_5 = 43,       /**< a data offset below 5 words */
    TCPSEG_DEFECT_OFFSET_BEYOND = 44,     /**< a data offset past the end of the segment */
    TCPSEG_DEFECT_CHECKSUM_FFFF = 45      /**< checksum 0xffff where 0x0000 was due; equal by RFC 1071 */
};

/** What is known of the checksum: values of tcpseg::checksum_status. */
enum {
    TCPSEG_CHECKSUM_UNKNOWN = 0, /**< nobody asked */
    TCPSEG_CHECKSUM_OK = 1,      /**< it verifies */
    TCPSEG_CHECKSUM_BAD = 2,     /**< it does not */
    TCPSEG_CHECKSUM_ZERO = 3,    /**< the field is 0 and does not verify: left to the sender's hardware, or never filled */
    TCPSEG_CHECKSUM_OFFLOAD = 4, /**< the field holds just the pseudo-header's sum: left to the sender's hardware */
    TCPSEG_CHECKSUM_CUT = 5      /**< not computable: bytes are missing, or this is a fragment */
};

/** One SACK block: RFC 2018 section 3. Host order. */
typedef struct tcpseg_sack {
    uint32_t left;  /**< first sequence number of the block */
    uint32_t right; /**< the sequence number after its last */
} tcpseg_sack;

/**
 * A TCP segment: RFC 9293 section 3.1. Filled by tcpseg_parse().
 *
 * Frozen: 128 bytes, the same offsets on every target, all numbers in host
 * order. Members to come take the place of `reserved` and are told by a bit of
 * `present`.
 */
typedef struct tcpseg {
    uint16_t src_port;         /**< source port */
    uint16_t dst_port;         /**< destination port */
    uint32_t seq;              /**< SEG.SEQ, raw */
    uint32_t ack;              /**< SEG.ACK, raw; meaningful with TCPSEG_ACK */
    uint16_t flags;            /**< TCPSEG_FIN .. TCPSEG_AE, TCPSEG_RESERVED: the low 12 bits of bytes 12-13 */
    uint16_t wnd;              /**< SEG.WND, as on the wire, not scaled */
    uint16_t checksum;         /**< the checksum field */
    uint16_t up;               /**< SEG.UP, the urgent pointer */
    uint8_t data_offset;       /**< in 32-bit words, as on the wire; the payload starts at 4 * data_offset */
    uint8_t header_captured;   /**< bytes of the header that there were */
    uint8_t options_walked;    /**< bytes of the option area that made sense */
    uint8_t reserved0;         /**< 0 */
    uint32_t payload_len;      /**< bytes of payload on the wire */
    uint32_t payload_captured; /**< bytes of payload in the buffer */
    uint32_t present;          /**< TCPSEG_HAS_ bits */
    int32_t error;             /**< what tcpseg_parse() returned */
    uint64_t defects;          /**< one bit per oddity: bit n is TCPSEG_DEFECT_ n */
    uint16_t mss;              /**< maximum segment size, bytes: RFC 9293 section 3.7.1 */
    uint8_t wscale;            /**< window scale shift as on the wire; above 14 it counts as 14: RFC 7323 section 2.3 */
    uint8_t sack_count;        /**< blocks in `sack`, 0 to 4 */
    uint32_t tsval;            /**< TSval: RFC 7323 section 3.2 */
    uint32_t tsecr;            /**< TSecr */
    uint8_t checksum_status;   /**< TCPSEG_CHECKSUM_; from tcpseg_checksum_verify() */
    uint8_t ip_ecn;            /**< ECN field of the IP header, 0-3; from tcpseg_parse_frame() */
    uint8_t ip_ttl;            /**< TTL or hop limit; 0: not told */
    uint8_t mptcp_subtype;     /**< with TCPSEG_HAS_MPTCP: the subtype of the last MPTCP option (RFC 8684 section 8); else 0 */
    tcpseg_sack sack[4];       /**< the first `sack_count` are blocks, the rest 0 */
    uint8_t fastopen_offset;   /**< where the Fast Open cookie starts, from the header's first byte */
    uint8_t fastopen_len;      /**< its bytes; 0 asks for a cookie */
    uint8_t error_kind;        /**< kind of the first malformed option */
    uint8_t error_len;         /**< length that option states */
    uint16_t error_offset;     /**< byte at which the first error stands, from the header's first byte; 0: none */
    uint16_t ip_id;            /**< IPv4 identification; 0: not told */
    uint64_t reserved[3];      /**< 0 */
} tcpseg;

/**
 * Decode a TCP segment.
 *
 * @param out       receives the segment; overwritten whole.
 * @param data      the segment's bytes, from the TCP header's first; any
 *                  alignment. Read during the call only.
 * @param captured  how many bytes there are at @p data. More than @p length is
 *                  cut to @p length.
 * @param length    the segment's length on the wire, header and payload, by the
 *                  IP header.
 *
 * @retval TCPSEG_OK          a TCP header. Oddities, and a capture that ends
 *                            early, are bits of tcpseg::defects.
 * @retval TCPSEG_ERR_SHORT   @p length is below 20: not a TCP header.
 * @retval TCPSEG_ERR_OFFSET  the data offset is below 5 or past @p length.
 * @retval TCPSEG_ERR_ARG     @p out is NULL, @p data is NULL and @p captured is
 *                            not 0, or @p length is above 2^32-1. Nothing was
 *                            written.
 *
 * With SHORT and OFFSET, @p out holds every fixed field that was there, the
 * error, and the byte at which it stands; no option was walked.
 *
 * Bounded: at most 40 steps of the option walk; a header with no options, with
 * NOP, NOP, timestamps, or with a usual SYN's layout takes a straight path.
 * RFC 9293 section 3.1; RFC 7323; RFC 2018.
 *
 * @since 0.1
 */
TCPSEG_API int tcpseg_parse(tcpseg *out, const void *data, size_t captured,
                            size_t length);

/**
 * Tell SEG.LEN: the sequence numbers a segment takes up.
 *
 * @param seg  a parsed segment.
 * @return payload bytes, plus one for SYN, plus one for FIN (RFC 9293 section
 *         3.4); 0 if @p seg is NULL.
 * @since 0.1
 */
TCPSEG_API uint32_t tcpseg_len(const tcpseg *seg);

/**
 * Name a defect, in lower case with hyphens.
 *
 * @param bit  a TCPSEG_DEFECT_ number.
 * @return a constant ASCII string; NULL past the last defect, so that a loop can
 *         end there.
 * @since 0.1
 */
TCPSEG_API const char *tcpseg_defect_name(unsigned bit);

/**
 * Explain a defect in one sentence.
 *
 * @param bit  a TCPSEG_DEFECT_ number.
 * @return a constant ASCII string; NULL past the last defect.
 * @since 0.1
 */
TCPSEG_API const char *tcpseg_defect_text(unsigned bit);

/**
 * Name the rule behind a defect.
 *
 * @param bit  a TCPSEG_DEFECT_ number.
 * @return a constant string such as "RFC 9293 3.1"; NULL past the last defect.
 * @since 0.1
 */
TCPSEG_API const char *tcpseg_defect_rfc(unsigned bit);

/**
 * Name a checksum status.
 *
 * @param status  a TCPSEG_CHECKSUM_ value.
 * @return "unknown", "ok", "bad", "zero", "offload" or "cut"; NULL for any other
 *         number.
 * @since 0.1
 */
TCPSEG_API const char *tcpseg_checksum_name(int status);

struct tcpseg_address;

/**
 * Write a TCP header: the parser's inverse.
 *
 * The ports, numbers, flags (with AE and the reserved bits), window and urgent
 * pointer come from @p seg. The options come from @p options as they are, with
 * NOPs added behind to fill the last word (zeros, if the area already ends its
 * list), or, if @p options is NULL, from the values that @p seg carries
 * (tcpseg::present: MSS, SACK permitted, timestamps, window scale, SACK blocks)
 * in the order in which Linux writes them. The data offset follows from that.
 * The checksum is computed if @p address is given, else tcpseg::checksum is
 * written.
 *
 * @param buf          receives the header; any alignment.
 * @param buf_size     bytes at @p buf; 60 is always enough.
 * @param seg          the values.
 * @param options      option area to copy, or NULL; see tcpseg_option_put().
 * @param options_len  its bytes, 0 to 40.
 * @param payload      the bytes that will follow the header, for the checksum;
 *                     not copied. May be NULL if @p payload_len is 0 or
 *                     @p address is NULL.
 * @param payload_len  their number.
 * @param address      addresses for the checksum, or NULL. Its `length` and
 *                     `protocol` are not read: they follow from the rest.
 *
 * @return the header's length in bytes, 20 to 60, or an error:
 * @retval TCPSEG_ERR_ARG   a pointer is NULL that may not be.
 * @retval TCPSEG_ERR_FULL  the options do not fit into 40 bytes.
 * @retval TCPSEG_ERR_SIZE  @p buf_size is below the header's length.
 *
 * On error nothing was written. RFC 9293 section 3.1.
 *
 * @since 0.1
 */
TCPSEG_API int tcpseg_build(void *buf, size_t buf_size, const tcpseg *seg,
                            const void *options, size_t options_len,
                            const void *payload, size_t payload_len,
                            const struct tcpseg_address *address);

#ifdef __cplusplus
}
#endif
/** @} */
#endif
