/** @file
 *  The option area: a cursor over it, and a decoder for each kind. */
#ifndef TCPSEG_OPTION_H
#define TCPSEG_OPTION_H

#include "segment.h"

/**
 * @defgroup tcpseg_option Options
 *
 * Up to 40 bytes between the fixed header and the payload hold the options. An
 * option is a kind byte, a length byte that counts both, and its data; kinds 0
 * (end of list) and 1 (no operation) are single bytes. tcpseg_option_next()
 * visits them one by one in wire order, each exactly as it stands: duplicates,
 * NOPs, padding, unknown kinds and malformed ones too. There is no iterator
 * object, only a number that the caller keeps:
 *
 * @code
 * uint32_t cursor = 0;
 * tcpseg_option opt;
 * while (tcpseg_option_next(&seg, data, &cursor, &opt) == 1)
 *     printf("%s at byte %u\n", tcpseg_option_name(opt.kind), opt.offset);
 * @endcode
 *
 * tcpseg_option::status says whether the option has a length its kind allows.
 * The decoders below take an option whose status is TCPSEG_OPTION_OK; each fills
 * a structure for one kind. They follow one rule for growth: the caller says how
 * large its structure is, the library writes as much of it as both know, and
 * returns the number of bytes it knows itself.
 * @{
 */

#ifdef __cplusplus
extern "C" {
#endif

/** Option kinds, by their names in the IANA registry "TCP Option Kind Numbers". */
enum {
    TCPSEG_KIND_EOL = 0,              /**< End of option list: RFC 9293 */
    TCPSEG_KIND_NOP = 1,              /**< No operation: RFC 9293 */
    TCPSEG_KIND_MSS = 2,              /**< Maximum segment size: RFC 9293 */
    TCPSEG_KIND_WSCALE = 3,           /**< Window scale: RFC 7323 */
    TCPSEG_KIND_SACK_PERMITTED = 4,   /**< SACK permitted: RFC 2018 */
    TCPSEG_KIND_SACK = 5,             /**< SACK: RFC 2018 */
    TCPSEG_KIND_ECHO = 6,             /**< Echo: RFC 1072, obsolete */
    TCPSEG_KIND_ECHO_REPLY = 7,       /**< Echo reply: RFC 1072, obsolete */
    TCPSEG_KIND_TIMESTAMPS = 8,       /**< Timestamps: RFC 7323 */
    TCPSEG_KIND_POC_PERMITTED = 9,    /**< Partial order connection permitted: RFC 1693, obsolete */
    TCPSEG_KIND_POC_PROFILE = 10,     /**< Partial order service profile: RFC 1693, obsolete */
    TCPSEG_KIND_CC = 11,              /**< CC: RFC 1644, obsolete */
    TCPSEG_KIND_CC_NEW = 12,          /**< CC.NEW: RFC 1644, obsolete */
    TCPSEG_KIND_CC_ECHO = 13,         /**< CC.ECHO: RFC 1644, obsolete */
    TCPSEG_KIND_ALTSUM_REQUEST = 14,  /**< Alternate checksum request: RFC 1146, obsolete */
    TCPSEG_KIND_ALTSUM_DATA = 15,     /**< Alternate checksum data: RFC 1146, obsolete */
    TCPSEG_KIND_SKEETER = 16,         /**< Skeeter */
    TCPSEG_KIND_BUBBA = 17,           /**< Bubba */
    TCPSEG_KIND_TRAILER_CHECKSUM = 18, /**< Trailer checksum */
    TCPSEG_KIND_MD5 = 19,             /**< MD5 signature: RFC 2385 */
    TCPSEG_KIND_SCPS = 20,            /**< SCPS capabilities: CCSDS 714.0-B-2 */
    TCPSEG_KIND_SNACK = 21,           /**< Selective negative acknowledgments: CCSDS 714.0-B-2 */
    TCPSEG_KIND_RECORD_BOUNDARIES = 22, /**< Record boundaries: CCSDS 714.0-B-2 */
    TCPSEG_KIND_CORRUPTION = 23,      /**< Corruption experienced: CCSDS 714.0-B-2 */
    TCPSEG_KIND_SNAP = 24,            /**< SNAP */
    TCPSEG_KIND_COMPRESSION_FILTER = 26, /**< TCP compression filter */
    TCPSEG_KIND_QUICK_START = 27,     /**< Quick-Start response: RFC 4782 */
    TCPSEG_KIND_USER_TIMEOUT = 28,    /**< User timeout: RFC 5482 */
    TCPSEG_KIND_AO = 29,              /**< TCP-AO: RFC 5925 */
    TCPSEG_KIND_MPTCP = 30,           /**< Multipath TCP: RFC 8684 */
    TCPSEG_KIND_FASTOPEN = 34,        /**< Fast Open cookie: RFC 7413 */
    TCPSEG_KIND_ENO = 69,             /**< Encryption negotiation: RFC 8547 */
    TCPSEG_KIND_ACCECN0 = 172,        /**< Accurate ECN order 0: RFC 9768 */
    TCPSEG_KIND_ACCECN1 = 174,        /**< Accurate ECN order 1: RFC 9768 */
    TCPSEG_KIND_EXPERIMENT1 = 253,    /**< RFC 3692 experiment 1: RFC 6994 */
    TCPSEG_KIND_EXPERIMENT2 = 254     /**< RFC 3692 experiment 2: RFC 6994 */
};

/** Experiment identifiers of kinds 253 and 254, as tcpseg_experiment::exid
 *  gives them: IANA "TCP/UDP Experimental Option Experiment Identifiers". */
enum {
    TCPSEG_EXID_TARR = 0x00ac,         /**< TCP ACK rate request */
    TCPSEG_EXID_HOST_ID = 0x0348,      /**< Host identification: RFC 7974 */
    TCPSEG_EXID_ASC = 0x0a0d,          /**< Autonomous system compensation */
    TCPSEG_EXID_CAPABILITY = 0x0ca0,   /**< Capability option */
    TCPSEG_EXID_EDO = 0x0ed0,          /**< Extended data offset */
    TCPSEG_EXID_ENO = 0x454e,          /**< Encryption negotiation before kind 69 */
    TCPSEG_EXID_SERVICE_NUMBER = 0x5323, /**< Service number */
    TCPSEG_EXID_TIMESTAMP_INTERVAL = 0x75ec, /**< Timestamp interval */
    TCPSEG_EXID_ACCECN0 = 0xacc0,      /**< Accurate ECN order 0 before kind 172 */
    TCPSEG_EXID_ACCECN1 = 0xacc1,      /**< Accurate ECN order 1 before kind 174 */
    TCPSEG_EXID_ACCECN = 0xacce,       /**< Accurate ECN, an early draft */
    TCPSEG_EXID_FASTOPEN = 0xf989,     /**< Fast Open before kind 34: RFC 7413 */
    TCPSEG_EXID_LOW_LATENCY = 0xf990   /**< Low latency option */
};

/** Experiment identifiers of 32 bits: too large for an enumerator of every C
 *  compiler, so macros. */
#define TCPSEG_EXID_SMC_D UINT32_C(0xe2d4c3c4)
/** SMC-R: RFC 7609. */
#define TCPSEG_EXID_SMC_R UINT32_C(0xe2d4c3d9)

/** How an option stands: values of tcpseg_option::status. */
enum {
    TCPSEG_OPTION_OK = 0,              /**< well formed; its decoder takes it */
    TCPSEG_OPTION_RAW = 1,             /**< nothing is known about this kind, ExID, MPTCP subtype or version */
    TCPSEG_OPTION_BAD_LEN = 2,         /**< a length its kind cannot have; skipped by that length */
    TCPSEG_OPTION_NO_EXID = 3,         /**< an experiment option too short for an ExID */
    TCPSEG_OPTION_PADDING = 4,         /**< the bytes after the end of the list, all zero */
    TCPSEG_OPTION_PADDING_NONZERO = 5, /**< the bytes after the end of the list, not all zero */
    TCPSEG_OPTION_CUT = 6,             /**< the capture ends inside this option: last entry */
    TCPSEG_OPTION_NO_LEN = 7,          /**< no room for a length: last entry */
    TCPSEG_OPTION_LEN_LT_2 = 8,        /**< a length of 0 or 1: last entry */
    TCPSEG_OPTION_LEN_BEYOND = 9       /**< a length past the end of the area: last entry */
};

/** One option where it stands. Its data are the last `data_len` of its `len`
 *  bytes: `data[offset + len - data_len]` onwards. */
typedef struct tcpseg_option {
    uint8_t kind;     /**< option kind */
    uint8_t len;      /**< bytes it takes up, kind and length included; as stated, also where that is wrong */
    uint8_t offset;   /**< where its kind stands, from the TCP header's first byte */
    uint8_t status;   /**< TCPSEG_OPTION_OK and up */
    uint16_t exid;    /**< the first 16 bits of an experiment's ExID, else 0 */
    uint8_t data_len; /**< bytes of data behind kind, length and ExID; 0 for the last three statuses and CUT */
    uint8_t reserved; /**< 0 */
} tcpseg_option;

/**
 * Step to the next option, in wire order.
 *
 * @param seg     the parsed segment. One that was not a TCP header has no
 *                options.
 * @param data    the bytes it was parsed from; read up to
 *                tcpseg::header_captured.
 * @param cursor  0 before the first call; the caller keeps it between calls and
 *                does not change it.
 * @param out     receives the option.
 *
 * @retval 1  @p out is the next option.
 * @retval 0  there is none; @p out is zero. Further calls return 0 again.
 * @retval TCPSEG_ERR_ARG  a pointer is NULL. Nothing was written.
 *
 * After an end-of-list option one entry of kind 0 and status PADDING covers the
 * bytes behind it, if there are any. Ends after at most 40 calls. RFC 9293
 * section 3.1.
 *
 * @since 0.1
 */
TCPSEG_API int tcpseg_option_next(const tcpseg *seg, const void *data,
                                  uint32_t *cursor, tcpseg_option *out);

/**
 * Append one option to an option area under construction.
 *
 * @param area      the area; 40 bytes hold any.
 * @param size      bytes at @p area.
 * @param used      how many of them are taken: 0, or what the last call returned.
 * @param kind      option kind. Kinds 0 and 1 take one byte and no data.
 * @param data      the option's data (with the ExID, for an experiment), copied.
 * @param data_len  its bytes; 0 is a legal option of length 2.
 *
 * @return the bytes taken now, for the next call or for tcpseg_build(), or:
 * @retval TCPSEG_ERR_ARG   a NULL pointer, or data for kind 0 or 1.
 * @retval TCPSEG_ERR_FULL  it does not fit into @p size or into 40 bytes.
 *                          Nothing was written.
 * @since 0.1
 */
TCPSEG_API int tcpseg_option_put(void *area, size_t size, size_t used,
                                 unsigned kind, const void *data,
                                 size_t data_len);

/** @name Decoders
 *
 * Each takes an option from tcpseg_option_next(), the bytes the segment was
 * parsed from, and a structure with its size. Each returns the bytes of the
 * structure that this library knows, or TCPSEG_ERR_ARG if a pointer is NULL or
 * the option is of another kind or its status is not TCPSEG_OPTION_OK. On error
 * nothing was written. A larger structure than the library's is zeroed behind.
 * @{ */

/**
 * Read the number of an option that holds just one.
 *
 * Kinds 2 (bytes), 3 (shift as on the wire), 6, 7, 11, 12, 13, 14, 18, and 10
 * (bit 1 start, bit 0 end).
 *
 * @param opt    the option.
 * @param data   the segment's bytes.
 * @param value  receives the number, host order.
 * @retval TCPSEG_OK       @p value was written.
 * @retval TCPSEG_ERR_ARG  a NULL pointer, or an option of another form.
 * @since 0.1
 */
TCPSEG_API int tcpseg_option_number(const tcpseg_option *opt, const void *data,
                                    uint32_t *value);

/**
 * Read the two timestamps of kind 8.
 *
 * @param opt    the option.
 * @param data   the segment's bytes.
 * @param tsval  receives TSval, host order.
 * @param tsecr  receives TSecr; meaningful if the segment has ACK.
 * @retval TCPSEG_OK       both were written.
 * @retval TCPSEG_ERR_ARG  a NULL pointer, or another option. RFC 7323 section 3.2.
 * @since 0.1
 */
TCPSEG_API int tcpseg_option_timestamps(const tcpseg_option *opt,
                                        const void *data, uint32_t *tsval,
                                        uint32_t *tsecr);

/**
 * Read the blocks of a SACK option.
 *
 * @param opt       the option.
 * @param data      the segment's bytes.
 * @param blocks    receives up to @p capacity blocks, in wire order.
 * @param capacity  blocks there is room for; 4 is always enough.
 * @return the number of blocks in the option, also where fewer were written, or
 *         TCPSEG_ERR_ARG. RFC 2018 section 3.
 * @since 0.1
 */
TCPSEG_API int tcpseg_option_sack(const tcpseg_option *opt, const void *data,
                                  tcpseg_sack *blocks, size_t capacity);

/** A Fast Open option: kind 34 or ExID 0xF989; RFC 7413 section 4.1.1. 24 bytes. */
typedef struct tcpseg_fastopen {
    uint8_t cookie[16]; /**< the cookie, zero behind */
    uint8_t cookie_len; /**< 4 to 16, even; 0 asks for a cookie */
    uint8_t experiment; /**< 1 if it came as an experiment option */
    uint8_t reserved[6]; /**< 0 */
} tcpseg_fastopen;

/**
 * Decode a Fast Open option.
 *
 * @param opt       the option.
 * @param data      the segment's bytes.
 * @param out       receives the cookie.
 * @param out_size  sizeof *out in the caller's program.
 * @return bytes this library knows, or TCPSEG_ERR_ARG.
 * @since 0.1
 */
TCPSEG_API int tcpseg_option_fastopen(const tcpseg_option *opt,
                                      const void *data, tcpseg_fastopen *out,
                                      size_t out_size);

/** A signature: TCP-AO (RFC 5925 section 2.2) or MD5 (RFC 2385). 48 bytes. */
typedef struct tcpseg_auth {
    uint8_t kind;       /**< 29 or 19 */
    uint8_t key_id;     /**< AO: KeyID, else 0 */
    uint8_t rnext_key_id; /**< AO: RNextKeyID, else 0 */
    uint8_t mac_len;    /**< bytes of `mac` */
    uint8_t mac[36];    /**< the MAC or digest, zero behind */
    uint8_t reserved[8]; /**< 0 */
} tcpseg_auth;

/**
 * Decode a TCP-AO or MD5 signature option.
 *
 * The signature is shown, not verified: that needs the key.
 *
 * @param opt       the option.
 * @param data      the segment's bytes.
 * @param out       receives key identifiers and MAC.
 * @param out_size  sizeof *out in the caller's program.
 * @return bytes this library knows, or TCPSEG_ERR_ARG.
 * @since 0.1
 */
TCPSEG_API int tcpseg_option_auth(const tcpseg_option *opt, const void *data,
                                  tcpseg_auth *out, size_t out_size);

/** A user timeout: RFC 5482 section 3.1. 8 bytes. */
typedef struct tcpseg_user_timeout {
    uint32_t seconds;    /**< the timeout; 0 is a reserved value, to be ignored */
    uint16_t value;      /**< the 15-bit number as it stood */
    uint8_t minutes;     /**< 1 if that number counts minutes, 0 for seconds */
    uint8_t reserved;    /**< 0 */
} tcpseg_user_timeout;

/**
 * Decode a user timeout option.
 *
 * @param opt       the option.
 * @param data      the segment's bytes.
 * @param out       receives the timeout.
 * @param out_size  sizeof *out in the caller's program.
 * @return bytes this library knows, or TCPSEG_ERR_ARG.
 * @since 0.1
 */
TCPSEG_API int tcpseg_option_user_timeout(const tcpseg_option *opt,
                                          const void *data,
                                          tcpseg_user_timeout *out,
                                          size_t out_size);

/** A Quick-Start response: RFC 4782 section 4. 16 bytes. */
typedef struct tcpseg_quick_start {
    uint64_t bits_per_second; /**< 40000 * 2^rate; 0 for a rate of 0: not approved */
    uint32_t nonce;      /**< QS nonce, 30 bits */
    uint8_t rate;        /**< rate request as it stood, 0 to 15 */
    uint8_t ttl_diff;    /**< TTL difference */
    uint8_t reserved[2]; /**< 0 */
} tcpseg_quick_start;

/**
 * Decode a Quick-Start response option.
 *
 * @param opt       the option.
 * @param data      the segment's bytes.
 * @param out       receives rate, TTL difference and nonce.
 * @param out_size  sizeof *out in the caller's program.
 * @return bytes this library knows, or TCPSEG_ERR_ARG.
 * @since 0.1
 */
TCPSEG_API int tcpseg_option_quick_start(const tcpseg_option *opt,
                                         const void *data,
                                         tcpseg_quick_start *out,
                                         size_t out_size);

/** Capabilities in tcpseg_scps::flags: CCSDS 714.0-B-2 section 3.2. */
enum {
    TCPSEG_SCPS_BETS = 0x80,   /**< best effort transport service may be used */
    TCPSEG_SCPS_SNACK1 = 0x40, /**< short form of SNACK may be sent */
    TCPSEG_SCPS_SNACK2 = 0x20, /**< long form of SNACK may be sent */
    TCPSEG_SCPS_COMPRESS = 0x10, /**< lossless header compression may be used */
    TCPSEG_SCPS_NLTS = 0x08    /**< network layer timestamps are available */
};

/** SCPS: capabilities (kind 20) or SNACK (kind 21). 8 bytes. */
typedef struct tcpseg_scps {
    uint8_t kind;          /**< 20 or 21 */
    uint8_t flags;         /**< kind 20: TCPSEG_SCPS_ bits */
    uint8_t connection_id; /**< kind 20: connection identifier for header compression */
    uint8_t reserved;      /**< 0 */
    uint16_t hole_offset;  /**< kind 21: offset of the hole behind the acknowledgment, in MSS units */
    uint16_t hole_size;    /**< kind 21: size of the hole, in MSS units */
} tcpseg_scps;

/**
 * Decode an SCPS capabilities or SNACK option.
 *
 * @param opt       the option.
 * @param data      the segment's bytes.
 * @param out       receives flags, or offset and size.
 * @param out_size  sizeof *out in the caller's program.
 * @return bytes this library knows, or TCPSEG_ERR_ARG.
 * @since 0.1
 */
TCPSEG_API int tcpseg_option_scps(const tcpseg_option *opt, const void *data,
                                  tcpseg_scps *out, size_t out_size);

/** One suboption of encryption negotiation. */
typedef struct tcpseg_eno_suboption {
    uint8_t id;     /**< the low 7 bits: below 0x20 a global suboption, else a TCP encryption protocol */
    uint8_t v;      /**< 1 if data belong to it */
    uint8_t offset; /**< where its data start, from the TCP header's first byte */
    uint8_t len;    /**< their bytes */
} tcpseg_eno_suboption;

/** Encryption negotiation: RFC 8547 section 4.1. 160 bytes. */
typedef struct tcpseg_eno {
    uint8_t count;    /**< suboptions */
    uint8_t valid;    /**< 0: a suboption is malformed, so the whole option means nothing (section 4.3) */
    uint8_t global;   /**< the global suboption's five bits: bit 0 is b, bit 1 is a ... */
    uint8_t reserved; /**< 0 */
    tcpseg_eno_suboption suboption[38]; /**< in wire order */
    uint32_t reserved1; /**< 0 */
} tcpseg_eno;

/**
 * Decode an encryption negotiation option: kind 69 or ExID 0x454E.
 *
 * @param opt       the option.
 * @param data      the segment's bytes.
 * @param out       receives the suboptions.
 * @param out_size  sizeof *out in the caller's program.
 * @return bytes this library knows, or TCPSEG_ERR_ARG.
 * @since 0.1
 */
TCPSEG_API int tcpseg_option_eno(const tcpseg_option *opt, const void *data,
                                 tcpseg_eno *out, size_t out_size);

/** Which counters an AccECN option carries: bits of tcpseg_accecn::present. */
enum {
    TCPSEG_ACCECN_E0B = 1, /**< tcpseg_accecn::ee0b */
    TCPSEG_ACCECN_CEB = 2, /**< tcpseg_accecn::eceb */
    TCPSEG_ACCECN_E1B = 4  /**< tcpseg_accecn::ee1b */
};

/** Accurate ECN byte counters: RFC 9768 section 3.2.3. 16 bytes. */
typedef struct tcpseg_accecn {
    uint32_t ee0b;       /**< echoed bytes received with ECT(0), modulo 2^24 */
    uint32_t eceb;       /**< echoed bytes received with CE, modulo 2^24 */
    uint32_t ee1b;       /**< echoed bytes received with ECT(1), modulo 2^24 */
    uint8_t present;     /**< TCPSEG_ACCECN_ bits: the rest of the counters is 0 and not told */
    uint8_t order;       /**< 0 (kind 172) or 1 (kind 174) */
    uint8_t trailing;    /**< bytes behind the last whole counter */
    uint8_t reserved;    /**< 0 */
} tcpseg_accecn;

/**
 * Decode an Accurate ECN option: kinds 172 and 174, ExIDs 0xACC0 and 0xACC1.
 *
 * An option whose length is not of whole counters gives those that fit.
 *
 * @param opt       the option.
 * @param data      the segment's bytes.
 * @param out       receives the counters.
 * @param out_size  sizeof *out in the caller's program.
 * @return bytes this library knows, or TCPSEG_ERR_ARG.
 * @since 0.1
 */
TCPSEG_API int tcpseg_option_accecn(const tcpseg_option *opt, const void *data,
                                    tcpseg_accecn *out, size_t out_size);

/** MPTCP subtypes: tcpseg_mptcp::subtype; RFC 8684 section 8.2. */
enum {
    TCPSEG_MPTCP_CAPABLE = 0,     /**< MP_CAPABLE */
    TCPSEG_MPTCP_JOIN = 1,        /**< MP_JOIN */
    TCPSEG_MPTCP_DSS = 2,         /**< DSS */
    TCPSEG_MPTCP_ADD_ADDR = 3,    /**< ADD_ADDR */
    TCPSEG_MPTCP_REMOVE_ADDR = 4, /**< REMOVE_ADDR */
    TCPSEG_MPTCP_PRIO = 5,        /**< MP_PRIO */
    TCPSEG_MPTCP_FAIL = 6,        /**< MP_FAIL */
    TCPSEG_MPTCP_FASTCLOSE = 7,   /**< MP_FASTCLOSE */
    TCPSEG_MPTCP_TCPRST = 8,      /**< MP_TCPRST */
    TCPSEG_MPTCP_PRIVATE = 15     /**< private use */
};

/** Which members of tcpseg_mptcp were on the wire: bits of tcpseg_mptcp::present. */
enum {
    TCPSEG_MPTCP_HAS_SENDER_KEY = 0x001,   /**< `sender_key` */
    TCPSEG_MPTCP_HAS_RECEIVER_KEY = 0x002, /**< `receiver_key` */
    TCPSEG_MPTCP_HAS_TOKEN = 0x004,        /**< `token` */
    TCPSEG_MPTCP_HAS_NONCE = 0x008,        /**< `nonce` */
    TCPSEG_MPTCP_HAS_HMAC = 0x010,         /**< `hmac`, `hmac_len` */
    TCPSEG_MPTCP_HAS_DATA_ACK = 0x020,     /**< `data_ack` */
    TCPSEG_MPTCP_HAS_DSN = 0x040,          /**< `dsn` */
    TCPSEG_MPTCP_HAS_MAPPING = 0x080,      /**< `subflow_seq`, `data_len` */
    TCPSEG_MPTCP_HAS_CHECKSUM = 0x100,     /**< `checksum` */
    TCPSEG_MPTCP_HAS_ADDRESS_ID = 0x200,   /**< `address_id` */
    TCPSEG_MPTCP_HAS_ADDRESS = 0x400,      /**< `address`, `address_family` */
    TCPSEG_MPTCP_HAS_PORT = 0x800,         /**< `port` */
    TCPSEG_MPTCP_HAS_REASON = 0x1000,      /**< `reason` */
    TCPSEG_MPTCP_HAS_DATA_LEN = 0x2000     /**< `data_len` alone: MP_CAPABLE with data */
};

/** Bits of tcpseg_mptcp::flags in a DSS option: RFC 8684 section 3.3. */
enum {
    TCPSEG_MPTCP_DSS_DATA_FIN = 0x10, /**< F: end of the data stream */
    TCPSEG_MPTCP_DSS_DSN8 = 0x08,     /**< m: the data sequence number has 8 bytes */
    TCPSEG_MPTCP_DSS_MAPPING = 0x04,  /**< M: a mapping is present */
    TCPSEG_MPTCP_DSS_ACK8 = 0x02,     /**< a: the data ACK has 8 bytes */
    TCPSEG_MPTCP_DSS_ACK = 0x01       /**< A: a data ACK is present */
};

/** An MPTCP option, versions 0 (RFC 6824) and 1 (RFC 8684). 128 bytes. Members
 *  whose bit in `present` is not set are 0. All numbers in host order. */
typedef struct tcpseg_mptcp {
    uint8_t subtype;       /**< TCPSEG_MPTCP_ */
    uint8_t version;       /**< MP_CAPABLE: 0 or 1; ADD_ADDR: 0 if told by its form, 1 else */
    uint8_t flags;         /**< the subtype's flag bits: CAPABLE A..H; JOIN and PRIO bit 0 backup; DSS; ADD_ADDR bit 0 echo; TCPRST U V W T */
    uint8_t address_id;    /**< JOIN, ADD_ADDR, PRIO */
    uint8_t address_family; /**< ADD_ADDR: 4 or 6 */
    uint8_t reason;        /**< TCPRST */
    uint8_t hmac_len;      /**< bytes of `hmac` */
    uint8_t remove_count;  /**< REMOVE_ADDR: identifiers in `remove` */
    uint32_t present;      /**< TCPSEG_MPTCP_HAS_ bits */
    uint32_t token;        /**< JOIN in a SYN: receiver's token */
    uint32_t nonce;        /**< JOIN: sender's random number */
    uint32_t subflow_seq;  /**< DSS: relative subflow sequence number */
    uint64_t sender_key;   /**< CAPABLE */
    uint64_t receiver_key; /**< CAPABLE; FASTCLOSE */
    uint64_t data_ack;     /**< DSS: 4 or 8 bytes on the wire, see `flags` */
    uint64_t dsn;          /**< DSS; FAIL: data sequence number */
    uint16_t data_len;     /**< DSS, CAPABLE: data-level length */
    uint16_t checksum;     /**< DSS, CAPABLE */
    uint16_t port;         /**< ADD_ADDR */
    uint16_t reserved0;    /**< 0 */
    uint8_t address[16];   /**< ADD_ADDR: 4 or 16 bytes, network order */
    uint8_t hmac[20];      /**< JOIN: 8 (SYN,ACK) or 20 bytes; ADD_ADDR: 8 */
    uint8_t remove[4];     /**< REMOVE_ADDR: the first four identifiers; the rest stand in the option */
    uint32_t reserved1[6]; /**< 0 */
} tcpseg_mptcp;

/**
 * Decode an MPTCP option.
 *
 * Which form of MP_CAPABLE, MP_JOIN and ADD_ADDR it is follows from its length.
 *
 * @param opt       the option, of kind 30.
 * @param data      the segment's bytes.
 * @param out       receives the fields.
 * @param out_size  sizeof *out in the caller's program.
 * @return bytes this library knows, or TCPSEG_ERR_ARG.
 * @since 0.1
 */
TCPSEG_API int tcpseg_option_mptcp(const tcpseg_option *opt, const void *data,
                                   tcpseg_mptcp *out, size_t out_size);

/** An experiment: RFC 6994 section 3. 16 bytes. */
typedef struct tcpseg_experiment {
    uint32_t exid;      /**< the identifier, 16 or 32 bits */
    uint8_t exid_len;   /**< its bytes: 2, or 4 where 32 bits are registered */
    uint8_t data_offset; /**< where the data behind it start, from the TCP header's first byte */
    uint8_t data_len;   /**< their bytes */
    uint8_t has_value;  /**< 1 if `value` was decoded */
    uint32_t value;     /**< the experiment's one number where its layout is known (see tcpseg_option_experiment()) */
    uint32_t reserved;  /**< 0 */
} tcpseg_experiment;

/**
 * Decode the identifier of an experiment option.
 *
 * For an unregistered ExID too (status TCPSEG_OPTION_RAW). Fast Open, encryption
 * negotiation and AccECN have decoders of their own. `value` holds, big-endian
 * and up to 4 bytes, the data of TARR, HOST_ID, service number, timestamp
 * interval and EDO (the whole header's length in words).
 *
 * @param opt       the option, of kind 253 or 254.
 * @param data      the segment's bytes.
 * @param out       receives identifier and data.
 * @param out_size  sizeof *out in the caller's program.
 * @return bytes this library knows, or TCPSEG_ERR_ARG.
 * @since 0.1
 */
TCPSEG_API int tcpseg_option_experiment(const tcpseg_option *opt,
                                        const void *data,
                                        tcpseg_experiment *out,
                                        size_t out_size);
/** @} */

/**
 * Name an option kind as the registry does.
 *
 * @param kind  0 to 255.
 * @return a constant ASCII string; "unassigned" for a kind nobody registered;
 *         NULL above 255.
 * @since 0.1
 */
TCPSEG_API const char *tcpseg_option_name(unsigned kind);

/**
 * Name the document that defines an option kind.
 *
 * @param kind  0 to 255.
 * @return a constant string such as "RFC 7323"; "-" where there is none; NULL
 *         above 255.
 * @since 0.1
 */
TCPSEG_API const char *tcpseg_option_rfc(unsigned kind);

/**
 * Name an option status, in lower case with hyphens.
 *
 * @param status  a TCPSEG_OPTION_OK .. value.
 * @return a constant ASCII string; NULL past the last status.
 * @since 0.1
 */
TCPSEG_API const char *tcpseg_option_status_name(int status);

/**
 * Name an experiment.
 *
 * @param exid  its identifier as tcpseg_experiment::exid has it.
 * @return a constant ASCII string, or NULL if it is not registered.
 * @since 0.1
 */
TCPSEG_API const char *tcpseg_exid_name(uint32_t exid);

/**
 * Name an MPTCP subtype as RFC 8684 does.
 *
 * @param subtype  0 to 15.
 * @return a constant ASCII string, or NULL if it is not registered.
 * @since 0.1
 */
TCPSEG_API const char *tcpseg_mptcp_name(unsigned subtype);

#ifdef __cplusplus
}
#endif
/** @} */
#endif
