/* Errors and the segment's defects, in words. */
#include <tcpseg/segment.h>

const char *tcpseg_strerror(int error)
{
    switch (error) {
    case TCPSEG_OK:
        return "no error";
    case TCPSEG_ERR_ARG:
        return "a pointer is NULL or a value is out of range";
    case TCPSEG_ERR_SIZE:
        return "the memory handed in is too small";
    case TCPSEG_ERR_ALIGN:
        return "the memory handed in is not aligned for a 64-bit number";
    case TCPSEG_ERR_REENTRY:
        return "called from inside a callback of the same object";
    case TCPSEG_ERR_STATE:
        return "not initialised, or laid out by another build of the library";
    case TCPSEG_ERR_SHORT:
        return "fewer bytes than the fixed header needs";
    case TCPSEG_ERR_OFFSET:
        return "the header length is too small or reaches past the segment";
    case TCPSEG_ERR_NOT_FOUND:
        return "what was asked for is not there";
    case TCPSEG_ERR_FULL:
        return "no room left for what was to be added";
    default:
        return "unknown error";
    }
}

struct words {
    const char *name, *text, *rfc;
};

/* clang-format off */
static const struct words defects[] = {
    [TCPSEG_DEFECT_OPTION_NO_LEN] = { "option-no-len",
        "The option area ends with a kind that has no room for its length.", "RFC 9293 3.1" },
    [TCPSEG_DEFECT_OPTION_LEN_LT_2] = { "option-len-lt-2",
        "An option states a length of 0 or 1; the options end there.", "RFC 9293 3.2" },
    [TCPSEG_DEFECT_OPTION_LEN_BEYOND] = { "option-len-beyond",
        "An option states a length past the end of the header; the options end there.", "RFC 9293 3.2" },
    [TCPSEG_DEFECT_OPTION_BAD_LEN] = { "option-bad-len",
        "An option has a length its kind cannot have; it was skipped by that length.", "RFC 9293 3.2" },
    [TCPSEG_DEFECT_OPTION_UNKNOWN] = { "option-unknown",
        "An option kind, experiment or MPTCP subtype is not registered.", "RFC 9293 3.1 (MUST-6)" },
    [TCPSEG_DEFECT_OPTION_OBSOLETE] = { "option-obsolete",
        "An option belongs to an extension that was withdrawn.", "RFC 6247" },
    [TCPSEG_DEFECT_OPTION_EXPERIMENT] = { "option-experiment",
        "An option is one of the two kinds set aside for experiments.", "RFC 6994" },
    [TCPSEG_DEFECT_OPTION_UNAUTHORISED] = { "option-unauthorised",
        "An option kind is in known use without ever having been assigned.", "IANA tcp-parameters" },
    [TCPSEG_DEFECT_OPTION_DUPLICATE] = { "option-duplicate",
        "An option that should stand once stands twice; the last one counts.", "RFC 9293 3.2" },
    [TCPSEG_DEFECT_OPTION_SYN_ONLY] = { "option-syn-only",
        "An option of the handshake stands in a segment without SYN; receivers ignore it there.", "RFC 9293 3.7.1 (MUST-65)" },
    [TCPSEG_DEFECT_OPTION_NOT_ON_SYN] = { "option-not-on-syn",
        "A SYN carries SACK blocks though nothing can have been received yet.", "RFC 2018 3" },
    [TCPSEG_DEFECT_PADDING] = { "padding-nonzero",
        "Bytes behind the end of the option list are not zero.", "RFC 9293 3.1 (MUST-69)" },
    [TCPSEG_DEFECT_NOP_RUN] = { "nop-run",
        "Four or more NOPs stand in a row; a device on the path may have erased an option.", "RFC 9293 3.1" },
    [TCPSEG_DEFECT_NO_EXID] = { "no-exid",
        "An experiment option is too short to name its experiment.", "RFC 6994 3" },
    [TCPSEG_DEFECT_WSCALE_GT_14] = { "wscale-gt-14",
        "The window scale shift is above 14; receivers use 14.", "RFC 7323 2.3" },
    [TCPSEG_DEFECT_MSS_ZERO] = { "mss-zero",
        "The maximum segment size is 0, so no data could ever be sent.", "RFC 9293 3.7.1" },
    [TCPSEG_DEFECT_MSS_SMALL] = { "mss-small",
        "The maximum segment size is below 48 bytes, which makes the peer send tiny segments.", "RFC 9293 3.7.1" },
    [TCPSEG_DEFECT_MSS_MISSING] = { "mss-missing",
        "A SYN carries no maximum segment size; the default of 536 or 1220 bytes applies.", "RFC 9293 3.7.1 (MUST-15)" },
    [TCPSEG_DEFECT_SACK_EDGES] = { "sack-edges",
        "A SACK block does not start before it ends.", "RFC 2018 3" },
    [TCPSEG_DEFECT_SACK_EMPTY] = { "sack-empty",
        "A SACK option holds no block.", "RFC 2018 3" },
    [TCPSEG_DEFECT_TSECR_NO_ACK] = { "tsecr-no-ack",
        "A timestamp is echoed in a segment that acknowledges nothing.", "RFC 7323 3.2" },
    [TCPSEG_DEFECT_AUTH_CONFLICT] = { "auth-conflict",
        "More than one signature option stands in the segment; the receiver must discard it.", "RFC 5925 2.2" },
    [TCPSEG_DEFECT_EXTENDED_OFFSET] = { "extended-offset",
        "An experiment extends the header beyond its data offset.", "draft-ietf-tcpm-tcp-edo" },
    [TCPSEG_DEFECT_USER_TIMEOUT_ZERO] = { "user-timeout-zero",
        "The user timeout is 0, a reserved value that receivers ignore.", "RFC 5482 3.1" },
    [TCPSEG_DEFECT_ACCECN_PARTIAL] = { "accecn-partial",
        "An AccECN option is not made of whole counters; those that fit count.", "RFC 9768 3.2.3" },
    [TCPSEG_DEFECT_RESERVED_BITS] = { "reserved-bits",
        "A reserved bit of the header is set; receivers ignore it.", "RFC 9293 3.1" },
    [TCPSEG_DEFECT_FLAGS_NULL] = { "flags-null",
        "None of the six classic flags is set, as in a null scan.", "RFC 9293 3.10.7" },
    [TCPSEG_DEFECT_FLAGS_XMAS] = { "flags-xmas",
        "FIN, PSH and URG are set together, as in a Christmas-tree scan.", "RFC 9293 3.10.7" },
    [TCPSEG_DEFECT_SYN_FIN] = { "syn-fin",
        "SYN and FIN are set together: a connection that would open and close at once.", "RFC 9293 3.10.7" },
    [TCPSEG_DEFECT_SYN_RST] = { "syn-rst",
        "SYN and RST are set together; receivers take it as an RST.", "RFC 9293 3.10.7" },
    [TCPSEG_DEFECT_RST_FIN] = { "rst-fin",
        "RST and FIN are set together; receivers take it as an RST.", "RFC 9293 3.10.7" },
    [TCPSEG_DEFECT_FIN_NO_ACK] = { "fin-no-ack",
        "FIN is set without ACK, which no open connection sends.", "RFC 9293 3.10.7.4" },
    [TCPSEG_DEFECT_NO_SYN_ACK_RST] = { "no-syn-ack-rst",
        "None of SYN, ACK and RST is set; no state accepts such a segment.", "RFC 9293 3.10.7.4" },
    [TCPSEG_DEFECT_ACK_NUMBER_NO_ACK] = { "ack-number-no-ack",
        "The acknowledgment number is not 0 though ACK is not set.", "RFC 9293 3.1" },
    [TCPSEG_DEFECT_URGENT_NO_URG] = { "urgent-no-urg",
        "The urgent pointer is not 0 though URG is not set.", "RFC 9293 3.1" },
    [TCPSEG_DEFECT_URGENT_BEYOND] = { "urgent-beyond",
        "The urgent pointer points past the segment's data.", "RFC 9293 3.8.5" },
    [TCPSEG_DEFECT_URGENT_ZERO] = { "urgent-zero",
        "URG is set with an urgent pointer of 0.", "RFC 6093 3" },
    [TCPSEG_DEFECT_PORT_ZERO] = { "port-zero",
        "A port number is 0, which is reserved.", "RFC 6335 6" },
    [TCPSEG_DEFECT_SYN_DATA] = { "syn-data",
        "A SYN carries data; without Fast Open it is delivered only after the handshake, or not at all.", "RFC 7413 2" },
    [TCPSEG_DEFECT_ECN_SYN] = { "ecn-syn",
        "The ECN bits of a SYN are a combination that no ECN handshake uses.", "RFC 9768 3.1" },
    [TCPSEG_DEFECT_HEADER_CUT] = { "header-cut",
        "The capture ends inside the TCP header.", "-" },
    [TCPSEG_DEFECT_PAYLOAD_CUT] = { "payload-cut",
        "Bytes of the payload were not captured.", "-" },
    [TCPSEG_DEFECT_SHORT] = { "short",
        "The segment has fewer than the 20 bytes of a TCP header.", "RFC 9293 3.1" },
    [TCPSEG_DEFECT_OFFSET_LT_5] = { "offset-lt-5",
        "The data offset is below 5 words, the length of the fixed header.", "RFC 9293 3.1" },
    [TCPSEG_DEFECT_OFFSET_BEYOND] = { "offset-beyond",
        "The data offset points past the end of the segment.", "RFC 9293 3.1" },
    [TCPSEG_DEFECT_CHECKSUM_FFFF] = { "checksum-ffff",
        "The checksum is 0xffff where 0x0000 was due; the sums are equal, but no correct sender writes it.", "RFC 1624 3" },
};
/* clang-format on */

enum { N_DEFECTS = sizeof defects / sizeof *defects };

const char *tcpseg_defect_name(unsigned bit)
{
    return bit < N_DEFECTS ? defects[bit].name : NULL;
}

const char *tcpseg_defect_text(unsigned bit)
{
    return bit < N_DEFECTS ? defects[bit].text : NULL;
}

const char *tcpseg_defect_rfc(unsigned bit)
{
    return bit < N_DEFECTS ? defects[bit].rfc : NULL;
}
