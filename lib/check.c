/* The checks, in words, and the names of everything a report says. */
#include "conn_int.h"

/* clang-format off */
static const struct {
    const char *name, *text, *rfc;
    uint8_t severity, rank; /* of several, the one with the highest rank is named */
} checks[] = {
    [TCPCONN_CHECK_OLD_SEQUENCE] = { "old-sequence",
        "Some or all of its sequence numbers were received before.", "RFC 9293 3.10.7.4", TCPCONN_NOTE, 1 },
    [TCPCONN_CHECK_BAD_CHECKSUM] = { "bad-checksum",
        "The checksum does not verify, so the receiver discards the segment.", "RFC 9293 3.1", TCPCONN_BENIGN, 38 },
    [TCPCONN_CHECK_BAD_OFFSET] = { "bad-offset",
        "The bytes are no TCP header: too few, or with a data offset that cannot be.", "RFC 9293 3.1", TCPCONN_SUSPECT, 40 },
    [TCPCONN_CHECK_TRUNCATED] = { "truncated",
        "The capture ends before the numbers that are needed.", "-", TCPCONN_NOTE, 39 },
    [TCPCONN_CHECK_BAD_FLAGS] = { "bad-flags",
        "No endpoint sends these flags together.", "RFC 9293 3.10.7", TCPCONN_HOSTILE, 37 },
    [TCPCONN_CHECK_NO_ACK] = { "no-ack",
        "Only an opening SYN or an RST may come without ACK.", "RFC 9293 3.10.7.4", TCPCONN_SUSPECT, 36 },
    [TCPCONN_CHECK_ACK_UNSENT] = { "ack-unsent",
        "It acknowledges numbers that the peer was not seen to send.", "RFC 9293 3.10.7.4", TCPCONN_BENIGN, 22 },
    [TCPCONN_CHECK_RST_INEXACT] = { "rst-inexact",
        "The RST's number is not the one that the receiver expects next.", "RFC 5961 3.2", TCPCONN_SUSPECT, 30 },
    [TCPCONN_CHECK_SYN_IN_CONNECTION] = { "syn-in-connection",
        "A new SYN arrives while the connection is open; the receiver only answers with an ACK.", "RFC 5961 4.2", TCPCONN_SUSPECT, 29 },
    [TCPCONN_CHECK_NO_CONNECTION] = { "no-connection",
        "There is no connection, or no longer; the receiver answers with an RST, if at all.", "RFC 9293 3.10.7.1", TCPCONN_BENIGN, 31 },
    [TCPCONN_CHECK_BEYOND_WINDOW] = { "beyond-window",
        "It begins beyond the window that the receiver has offered.", "RFC 9293 3.10.7.4", TCPCONN_SUSPECT, 25 },
    [TCPCONN_CHECK_WINDOW_OVERHANG] = { "window-overhang",
        "It begins inside the window that the receiver has offered and ends beyond it.", "RFC 9293 3.10.7.4", TCPCONN_BENIGN, 20 },
    [TCPCONN_CHECK_PAWS] = { "paws",
        "Its timestamp is older than the latest one received in order.", "RFC 7323 5.3", TCPCONN_BENIGN, 26 },
    [TCPCONN_CHECK_ACK_TOO_OLD] = { "ack-too-old",
        "It acknowledges less than any ACK that can still be under way.", "RFC 5961 5.2", TCPCONN_BENIGN, 21 },
    [TCPCONN_CHECK_DATA_AFTER_FIN] = { "data-after-fin",
        "It has data on numbers that lie behind its sender's FIN.", "RFC 9293 3.10.7.4", TCPCONN_SUSPECT, 24 },
    [TCPCONN_CHECK_FIN_MOVED] = { "fin-moved",
        "It has a FIN elsewhere than its sender's first FIN.", "RFC 9293 3.10.7.4", TCPCONN_SUSPECT, 23 },
    [TCPCONN_CHECK_MD5_UNEXPECTED] = { "md5-unexpected",
        "It has an MD5 signature and its sender's SYN had none, or the other way round.", "RFC 2385 2", TCPCONN_SUSPECT, 34 },
    [TCPCONN_CHECK_AO_UNEXPECTED] = { "ao-unexpected",
        "It has a TCP-AO option and its sender's SYN had none, or the other way round.", "RFC 5925 7.5", TCPCONN_SUSPECT, 33 },
    [TCPCONN_CHECK_URGENT_ODD] = { "urgent-odd",
        "Its urgent pointer is zero, points behind its data, or is set without URG.", "RFC 9293 3.8.5", TCPCONN_BENIGN, 9 },
    [TCPCONN_CHECK_TIMESTAMP_MISSING] = { "timestamp-missing",
        "It has no timestamp although both SYNs agreed on timestamps.", "RFC 7323 3.2", TCPCONN_BENIGN, 12 },
    [TCPCONN_CHECK_TIMESTAMP_UNEXPECTED] = { "timestamp-unexpected",
        "It has a timestamp although the SYNs did not agree on timestamps.", "RFC 7323 3.2", TCPCONN_BENIGN, 11 },
    [TCPCONN_CHECK_SYN_OPTION_LATE] = { "syn-option-late",
        "It has an option that means something in a SYN only.", "RFC 9293 3.1", TCPCONN_BENIGN, 10 },
    [TCPCONN_CHECK_SCALE_TOO_LARGE] = { "scale-too-large",
        "Its window scale is above 14 and counts as 14.", "RFC 7323 2.3", TCPCONN_SUSPECT, 14 },
    [TCPCONN_CHECK_SYN_REPEATED] = { "syn-repeated",
        "The same SYN was seen before.", "RFC 9293 3.8.1", TCPCONN_NOTE, 2 },
    [TCPCONN_CHECK_SYN_DIFFERS] = { "syn-differs",
        "Its sender has sent another SYN before, with another number or other options.", "RFC 9293 3.5", TCPCONN_BENIGN, 15 },
    [TCPCONN_CHECK_SYN_ACK_DIFFERS] = { "syn-ack-differs",
        "Its sender has sent another SYN before, with another number.", "RFC 9293 3.5", TCPCONN_SUSPECT, 28 },
    [TCPCONN_CHECK_SYN_DATA] = { "syn-data",
        "It has data with its SYN, and no Fast Open cookie for it.", "RFC 9293 3.5", TCPCONN_NOTE, 7 },
    [TCPCONN_CHECK_SPLIT_HANDSHAKE] = { "split-handshake",
        "It acknowledges a SYN whose receiver has not sent its own SYN.", "RFC 9293 3.10.7.3", TCPCONN_SUSPECT, 27 },
    [TCPCONN_CHECK_SYN_TOO_OLD] = { "syn-too-old",
        "A SYN arrives in TIME-WAIT whose number and timestamp are not newer than the connection's.", "RFC 6191 2", TCPCONN_BENIGN, 19 },
    [TCPCONN_CHECK_PAIR_REUSED] = { "pair-reused",
        "It opens a new connection between ports whose connection is over.", "RFC 9293 3.6.1", TCPCONN_NOTE, 8 },
    [TCPCONN_CHECK_CHALLENGE_ACK] = { "challenge-ack",
        "It answers a segment that its sender has refused.", "RFC 5961 3.2", TCPCONN_NOTE, 3 },
    [TCPCONN_CHECK_KEEP_ALIVE] = { "keep-alive",
        "It asks for a sign of life, on a number that was acknowledged before.", "RFC 9293 3.8.4", TCPCONN_NOTE, 4 },
    [TCPCONN_CHECK_ZERO_WINDOW_PROBE] = { "zero-window-probe",
        "It asks, with one byte, whether the window is still closed.", "RFC 9293 3.8.6.1", TCPCONN_NOTE, 5 },
    [TCPCONN_CHECK_WINDOW_SHRUNK] = { "window-shrunk",
        "It takes back part of the window that was offered before.", "RFC 9293 3.8.6", TCPCONN_BENIGN, 13 },
    [TCPCONN_CHECK_CAPTURE_DUPLICATE] = { "capture-duplicate",
        "It is the packet before it, captured a second time.", "-", TCPCONN_NOTE, 35 },
    [TCPCONN_CHECK_TTL_CHANGED] = { "ttl-changed",
        "Its time to live is not that of its sender's first segment.", "-", TCPCONN_BENIGN, 6 },
    [TCPCONN_CHECK_RST_DATA] = { "rst-data",
        "It is an RST with data, perhaps a reason in words.", "RFC 9293 3.5.2", TCPCONN_NOTE, 6 },
    [TCPCONN_CHECK_ECHO_WRONG] = { "echo-wrong",
        "It echoes a timestamp that its receiver has not sent yet.", "RFC 7323 3.2", TCPCONN_SUSPECT, 16 },
    [TCPCONN_CHECK_AFTER_RESET] = { "after-reset",
        "Its sender goes on although an RST in its name has ended the connection.", "RFC 9293 3.5.3", TCPCONN_SUSPECT, 32 },
    [TCPCONN_CHECK_SYN_ACK_FIN] = { "syn-ack-fin",
        "It is a SYN,ACK with a FIN, which its receiver ignores.", "RFC 9293 3.10.7.3", TCPCONN_SUSPECT, 17 },
};
/* clang-format on */

enum { N_CHECKS = sizeof checks / sizeof *checks };

/* The most severe check's severity; the most important check's number. */
uint8_t tcpsegp_severity(uint64_t mask, uint8_t *top)
{
    uint8_t severity = TCPCONN_PLAIN, rank = 0;

    *top = 255;
    for (uint8_t i = 0; mask; i++, mask >>= 1) {
        if (!(mask & 1))
            continue;
        if (checks[i].severity > severity)
            severity = checks[i].severity;
        if (checks[i].rank > rank) {
            rank = checks[i].rank;
            *top = i;
        }
    }
    return severity;
}

/* The checks worth an event of their own. */
uint64_t tcpsegp_findings(uint64_t mask)
{
    uint64_t findings = 0;

    for (unsigned i = 0; mask >> i; i++)
        if (mask >> i & 1 && checks[i].severity >= TCPCONN_BENIGN)
            findings |= UINT64_C(1) << i;
    return findings;
}

uint32_t tcpsegp_count_findings(uint64_t mask)
{
    uint32_t n = 0;

    for (uint64_t left = tcpsegp_findings(mask); left; left &= left - 1)
        n++;
    return n;
}

const char *tcpconn_check_name(unsigned bit)
{
    return bit < N_CHECKS ? checks[bit].name : NULL;
}

const char *tcpconn_check_text(unsigned bit)
{
    return bit < N_CHECKS ? checks[bit].text : NULL;
}

const char *tcpconn_check_rfc(unsigned bit)
{
    return bit < N_CHECKS ? checks[bit].rfc : NULL;
}

int tcpconn_check_severity(unsigned bit)
{
    return bit < N_CHECKS ? checks[bit].severity : TCPSEG_ERR_ARG;
}

static const char *name_in(const char *const *names, int n, int i)
{
    return i >= 0 && i < n ? names[i] : NULL;
}

const char *tcpconn_verdict_name(int verdict)
{
    static const char *const names[] = {"accepted",  "trimmed",  "queued",
                                        "duplicate", "rejected", "malformed"};

    return name_in(names, 6, verdict);
}

const char *tcpconn_advice_name(int advice)
{
    static const char *const names[] = {"pass", "pass-and-limit", "drop"};

    return name_in(names, 3, advice);
}

const char *tcpconn_severity_name(int severity)
{
    static const char *const names[] = {"plain", "note", "benign", "suspect",
                                        "hostile"};

    return name_in(names, 5, severity);
}

const char *tcpconn_end_name(int why)
{
    static const char *const names[] = {"closed", "reset",   "timed-out",
                                        "reused", "evicted", "end-of-capture"};

    return name_in(names, 6, why - TCPCONN_END_CLOSED);
}
