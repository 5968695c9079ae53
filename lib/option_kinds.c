/* The registries as data: option kinds, experiments, what each allows. */
#include "option_int.h"

#define LEN(n)       (UINT64_C(1) << (n))
#define LEN_FROM(n)  (~UINT64_C(0) << (n))
#define DEFECT(name) (UINT64_C(1) << TCPSEG_DEFECT_##name)

enum {
    UNASSIGNED,
    EOL,
    NOP,
    MSS,
    WSCALE,
    SACK_PERMITTED,
    SACK,
    ECHO,
    ECHO_REPLY,
    TIMESTAMPS,
    POC_PERMITTED,
    POC_PROFILE,
    CC,
    CC_NEW,
    CC_ECHO,
    ALTSUM_REQUEST,
    ALTSUM_DATA,
    SKEETER,
    BUBBA,
    TRAILER_CHECKSUM,
    MD5,
    SCPS,
    SNACK,
    RECORD_BOUNDARIES,
    CORRUPTION,
    SNAP,
    COMPRESSION_FILTER,
    QUICK_START,
    USER_TIMEOUT,
    AO,
    MPTCP,
    UNAUTHORISED,
    FASTOPEN,
    ENO,
    ACCECN0,
    ACCECN1,
    EXPERIMENT1,
    EXPERIMENT2
};

/* clang-format off */
#define ALWAYS(mask)     { (mask), (mask) }
#define SYN_ONLY         { DEFECT(OPTION_SYN_ONLY), 0 }
#define NOT_ON_SYN       { 0, DEFECT(OPTION_NOT_ON_SYN) }
#define NONE             { 0, 0 }
#define OBSOLETE         ALWAYS(DEFECT(OPTION_OBSOLETE))
#define ANY              LEN_FROM(2)
#define COOKIE_LENGTHS(first) (LEN(first) | LEN((first) + 2) | LEN((first) + 4) | \
    LEN((first) + 6) | LEN((first) + 8) | LEN((first) + 10) | LEN((first) + 12))

/* Lengths as the documents give them; where a document gives none, any. */
const struct option_kind tcpsegp_kinds[] = {
    /*                     lengths    marks       present                    form        many raw */
    [UNASSIGNED]        = { ANY,      ALWAYS(DEFECT(OPTION_UNKNOWN)), 0,     FORM_RAW,    0, 1, "unassigned", "-" },
    [EOL]               = { LEN(1),   NONE,       0,                         FORM_PLAIN,  1, 0, "end-of-list", "RFC 9293" },
    [NOP]               = { LEN(1),   NONE,       0,                         FORM_PLAIN,  1, 0, "no-operation", "RFC 9293" },
    [MSS]               = { LEN(4),   SYN_ONLY,   TCPSEG_HAS_MSS,            FORM_PLAIN,  0, 0, "maximum-segment-size", "RFC 9293" },
    [WSCALE]            = { LEN(3),   SYN_ONLY,   TCPSEG_HAS_WSCALE,         FORM_PLAIN,  0, 0, "window-scale", "RFC 7323" },
    [SACK_PERMITTED]    = { LEN(2),   SYN_ONLY,   TCPSEG_HAS_SACK_PERMITTED, FORM_PLAIN,  0, 0, "sack-permitted", "RFC 2018" },
    [SACK]              = { LEN(10) | LEN(18) | LEN(26) | LEN(34), NOT_ON_SYN, TCPSEG_HAS_SACK, FORM_PLAIN, 0, 0, "sack", "RFC 2018" },
    [ECHO]              = { LEN(6),   OBSOLETE,   0,                         FORM_PLAIN,  0, 0, "echo", "RFC 1072" },
    [ECHO_REPLY]        = { LEN(6),   OBSOLETE,   0,                         FORM_PLAIN,  0, 0, "echo-reply", "RFC 1072" },
    [TIMESTAMPS]        = { LEN(10),  NONE,       TCPSEG_HAS_TIMESTAMPS,     FORM_PLAIN,  0, 0, "timestamps", "RFC 7323" },
    [POC_PERMITTED]     = { LEN(2),   OBSOLETE,   0,                         FORM_PLAIN,  0, 0, "partial-order-permitted", "RFC 1693" },
    [POC_PROFILE]       = { LEN(3),   OBSOLETE,   0,                         FORM_PLAIN,  0, 0, "partial-order-profile", "RFC 1693" },
    [CC]                = { LEN(6),   OBSOLETE,   0,                         FORM_PLAIN,  0, 0, "cc", "RFC 1644" },
    [CC_NEW]            = { LEN(6),   OBSOLETE,   0,                         FORM_PLAIN,  0, 0, "cc-new", "RFC 1644" },
    [CC_ECHO]           = { LEN(6),   OBSOLETE,   0,                         FORM_PLAIN,  0, 0, "cc-echo", "RFC 1644" },
    [ALTSUM_REQUEST]    = { LEN(3),   OBSOLETE,   0,                         FORM_PLAIN,  0, 0, "alternate-checksum-request", "RFC 1146" },
    [ALTSUM_DATA]       = { ANY,      OBSOLETE,   0,                         FORM_PLAIN,  0, 0, "alternate-checksum-data", "RFC 1146" },
    [SKEETER]           = { ANY,      NONE,       0,                         FORM_PLAIN,  0, 0, "skeeter", "-" },
    [BUBBA]             = { ANY,      NONE,       0,                         FORM_PLAIN,  0, 0, "bubba", "-" },
    [TRAILER_CHECKSUM]  = { LEN(3),   NONE,       0,                         FORM_PLAIN,  0, 0, "trailer-checksum", "-" },
    [MD5]               = { LEN(18),  NONE,       TCPSEG_HAS_MD5,            FORM_PLAIN,  0, 0, "md5-signature", "RFC 2385" },
    [SCPS]              = { LEN(4),   NONE,       0,                         FORM_PLAIN,  0, 0, "scps-capabilities", "CCSDS 714.0-B-2" },
    [SNACK]             = { LEN(6),   NONE,       0,                         FORM_PLAIN,  0, 0, "snack", "CCSDS 714.0-B-2" },
    [RECORD_BOUNDARIES] = { LEN(2),   NONE,       0,                         FORM_PLAIN,  0, 0, "record-boundaries", "CCSDS 714.0-B-2" },
    [CORRUPTION]        = { LEN(2),   NONE,       0,                         FORM_PLAIN,  0, 0, "corruption-experienced", "CCSDS 714.0-B-2" },
    [SNAP]              = { ANY,      NONE,       0,                         FORM_PLAIN,  0, 0, "snap", "-" },
    [COMPRESSION_FILTER] = { ANY,     NONE,       0,                         FORM_PLAIN,  0, 0, "compression-filter", "-" },
    [QUICK_START]       = { LEN(8),   NONE,       0,                         FORM_PLAIN,  0, 0, "quick-start-response", "RFC 4782" },
    [USER_TIMEOUT]      = { LEN(4),   NONE,       0,                         FORM_PLAIN,  0, 0, "user-timeout", "RFC 5482" },
    [AO]                = { LEN_FROM(4), NONE,    TCPSEG_HAS_AO,             FORM_PLAIN,  0, 0, "tcp-ao", "RFC 5925" },
    [MPTCP]             = { ANY,      NONE,       TCPSEG_HAS_MPTCP,          FORM_MPTCP,  1, 0, "mptcp", "RFC 8684" },
    [UNAUTHORISED]      = { ANY,      ALWAYS(DEFECT(OPTION_UNAUTHORISED)), 0, FORM_RAW,   0, 1, "unauthorised", "-" },
    [FASTOPEN]          = { LEN(2) | COOKIE_LENGTHS(6), SYN_ONLY, TCPSEG_HAS_FASTOPEN, FORM_PLAIN, 0, 0, "fast-open", "RFC 7413" },
    [ENO]               = { ANY,      NONE,       0,                         FORM_PLAIN,  0, 0, "encryption-negotiation", "RFC 8547" },
    [ACCECN0]           = { ANY,      NONE,       TCPSEG_HAS_ACCECN,         FORM_ACCECN, 0, 0, "accecn-0", "RFC 9768" },
    [ACCECN1]           = { ANY,      NONE,       TCPSEG_HAS_ACCECN,         FORM_ACCECN, 0, 0, "accecn-1", "RFC 9768" },
    [EXPERIMENT1]       = { ANY,      NONE,       0,                         FORM_EXID,   1, 0, "experiment-1", "RFC 6994" },
    [EXPERIMENT2]       = { ANY,      NONE,       0,                         FORM_EXID,   1, 0, "experiment-2", "RFC 6994" },
};

const uint8_t tcpsegp_kind_row[256] = {
    [0] = EOL, [1] = NOP, [2] = MSS, [3] = WSCALE, [4] = SACK_PERMITTED,
    [5] = SACK, [6] = ECHO, [7] = ECHO_REPLY, [8] = TIMESTAMPS,
    [9] = POC_PERMITTED, [10] = POC_PROFILE, [11] = CC, [12] = CC_NEW,
    [13] = CC_ECHO, [14] = ALTSUM_REQUEST, [15] = ALTSUM_DATA, [16] = SKEETER,
    [17] = BUBBA, [18] = TRAILER_CHECKSUM, [19] = MD5, [20] = SCPS,
    [21] = SNACK, [22] = RECORD_BOUNDARIES, [23] = CORRUPTION, [24] = SNAP,
    [26] = COMPRESSION_FILTER, [27] = QUICK_START, [28] = USER_TIMEOUT,
    [29] = AO, [30] = MPTCP, [31] = UNAUTHORISED, [32] = UNAUTHORISED,
    [33] = UNAUTHORISED, [34] = FASTOPEN, [69] = ENO, [70] = UNAUTHORISED,
    [76] = UNAUTHORISED, [77] = UNAUTHORISED, [78] = UNAUTHORISED,
    [79] = UNAUTHORISED, [172] = ACCECN0, [174] = ACCECN1,
    [253] = EXPERIMENT1, [254] = EXPERIMENT2,
};

/* Lengths count kind, length and identifier. */
static const struct experiment experiments[] = {
    { LEN(4) | LEN(5), NONE,  TCPSEG_EXID_TARR, 0,              2, 1, "ack-rate-request" },
    { LEN_FROM(4), NONE,      TCPSEG_EXID_HOST_ID, 0,           2, 1, "host-id" },
    { LEN_FROM(4), NONE,      TCPSEG_EXID_ASC, 0,               2, 0, "autonomous-system-compensation" },
    { LEN_FROM(4), NONE,      TCPSEG_EXID_CAPABILITY, 0,        2, 0, "capability" },
    { LEN_FROM(4), ALWAYS(DEFECT(EXTENDED_OFFSET)), TCPSEG_EXID_EDO, 0, 2, 1, "extended-data-offset" },
    { LEN_FROM(4), NONE,      TCPSEG_EXID_ENO, 0,               2, 0, "encryption-negotiation" },
    { LEN_FROM(4), NONE,      TCPSEG_EXID_SERVICE_NUMBER, 0,    2, 1, "service-number" },
    { LEN_FROM(4), NONE,      TCPSEG_EXID_TIMESTAMP_INTERVAL, 0, 2, 1, "timestamp-interval" },
    { LEN_FROM(4), NONE,      TCPSEG_EXID_ACCECN0, TCPSEG_HAS_ACCECN, 2, 0, "accecn-0" },
    { LEN_FROM(4), NONE,      TCPSEG_EXID_ACCECN1, TCPSEG_HAS_ACCECN, 2, 0, "accecn-1" },
    { LEN_FROM(4), NONE,      TCPSEG_EXID_ACCECN, 0,            2, 0, "accecn-draft" },
    { LEN(4) | COOKIE_LENGTHS(8), SYN_ONLY, TCPSEG_EXID_FASTOPEN, TCPSEG_HAS_FASTOPEN, 2, 0, "fast-open" },
    { LEN_FROM(4), NONE,      TCPSEG_EXID_LOW_LATENCY, 0,       2, 0, "low-latency" },
    { LEN_FROM(6), NONE,      TCPSEG_EXID_SMC_R, 0,             4, 0, "smc-r" },
    { LEN_FROM(6), NONE,      TCPSEG_EXID_SMC_D, 0,             4, 0, "smc-d" },
};
/* clang-format on */

const struct experiment *tcpsegp_experiment(const uint8_t *option, uint32_t len)
{
    uint32_t narrow = load_be16(option + 2);
    uint32_t wide = len >= 6 ? load_be32(option + 2) : 0;

    for (size_t i = 0; i < sizeof experiments / sizeof *experiments; i++) {
        const struct experiment *e = &experiments[i];

        if (e->exid == (e->exid_len == 4 ? wide : narrow))
            return e;
    }
    return NULL;
}

const char *tcpseg_option_name(unsigned kind)
{
    return kind > 255 ? NULL : kind_of((uint8_t)kind)->name;
}

const char *tcpseg_option_rfc(unsigned kind)
{
    return kind > 255 ? NULL : kind_of((uint8_t)kind)->rfc;
}

const char *tcpseg_exid_name(uint32_t exid)
{
    for (size_t i = 0; i < sizeof experiments / sizeof *experiments; i++)
        if (experiments[i].exid == exid)
            return experiments[i].name;
    return NULL;
}

const char *tcpseg_option_status_name(int status)
{
    static const char *const names[] = {
        [TCPSEG_OPTION_OK] = "ok",
        [TCPSEG_OPTION_RAW] = "raw",
        [TCPSEG_OPTION_BAD_LEN] = "option-bad-len",
        [TCPSEG_OPTION_NO_EXID] = "no-exid",
        [TCPSEG_OPTION_PADDING] = "padding",
        [TCPSEG_OPTION_PADDING_NONZERO] = "padding-nonzero",
        [TCPSEG_OPTION_CUT] = "cut",
        [TCPSEG_OPTION_NO_LEN] = "option-no-len",
        [TCPSEG_OPTION_LEN_LT_2] = "option-len-lt-2",
        [TCPSEG_OPTION_LEN_BEYOND] = "option-len-beyond",
    };

    if (status < 0 || (size_t)status >= sizeof names / sizeof *names)
        return NULL;
    return names[status];
}
