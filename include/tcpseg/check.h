/** @file
 *  Verdicts on segments, and the checks behind them. */
#ifndef TCPSEG_CHECK_H
#define TCPSEG_CHECK_H

#include "base.h"

/**
 * @defgroup tcpseg_check Verdicts and checks
 *
 * A *verdict* says what the receiver of a segment does with it. A *check* is one
 * thing that was noticed about the segment against its connection, with a name, a
 * sentence, the rule behind it and a severity. Every verdict that is not the plain
 * one comes with the checks that led to it. (An oddity of a segment alone is a
 * *defect*: tcpseg::defects.)
 * @{
 */

#ifdef __cplusplus
extern "C" {
#endif

/** Verdicts: what the receiver does with a segment. No more will come in this
 *  ABI. */
enum {
    TCPCONN_ACCEPTED = 0,  /**< takes it, in order */
    TCPCONN_TRIMMED = 1,   /**< takes the part that is new */
    TCPCONN_QUEUED = 2,    /**< keeps it out of order */
    TCPCONN_DUPLICATE = 3, /**< nothing new in it */
    TCPCONN_REJECTED = 4,  /**< refuses it: it changes nothing */
    TCPCONN_MALFORMED = 5  /**< not a TCP header, or too much of it is missing */
};

/** Advice to a firewall. */
enum {
    TCPCONN_PASS = 0,           /**< let it through */
    TCPCONN_PASS_AND_LIMIT = 1, /**< the receiver refuses it but must answer: let through, at a limited rate */
    TCPCONN_DROP = 2            /**< the receiver would not miss it */
};

/** Severities of a check, least first. */
enum {
    TCPCONN_PLAIN = 0,   /**< nothing to remark */
    TCPCONN_NOTE = 1,    /**< ordinary, worth telling apart */
    TCPCONN_BENIGN = 2,  /**< a fault that honest networks produce */
    TCPCONN_SUSPECT = 3, /**< honest hosts seldom do this */
    TCPCONN_HOSTILE = 4  /**< no honest host does this */
};

/** Checks of a segment against its connection: bit *numbers* of
 *  tcpconn_report::checks. More may be added; numbers never change meaning. */
enum {
    TCPCONN_CHECK_OLD_SEQUENCE = 0,  /**< some or all of its sequence numbers were received before */
    TCPCONN_CHECK_BAD_CHECKSUM = 1,  /**< the checksum does not verify */
    TCPCONN_CHECK_BAD_OFFSET = 2,    /**< not a TCP header */
    TCPCONN_CHECK_TRUNCATED = 3,     /**< the capture ends before the numbers needed */
    TCPCONN_CHECK_BAD_FLAGS = 4,     /**< flags no endpoint sends together */
    TCPCONN_CHECK_NO_ACK = 5,        /**< no ACK flag in a connection that is open */
    TCPCONN_CHECK_ACK_UNSENT = 6,    /**< acknowledges what the peer has not sent */
    TCPCONN_CHECK_RST_INEXACT = 7,   /**< an RST whose number is not the one expected next */
    TCPCONN_CHECK_SYN_IN_CONNECTION = 8, /**< a new SYN in a connection that is open */
    TCPCONN_CHECK_NO_CONNECTION = 9, /**< a segment for a connection that is over, or that the policy does not pick up */
    TCPCONN_CHECK_BEYOND_WINDOW = 10, /**< begins beyond the receiver's window */
    TCPCONN_CHECK_WINDOW_OVERHANG = 11, /**< begins inside the receiver's window and ends beyond it */
    TCPCONN_CHECK_PAWS = 12,         /**< its timestamp is older than the latest one received */
    TCPCONN_CHECK_ACK_TOO_OLD = 13,  /**< acknowledges less than any ACK still under way can */
    TCPCONN_CHECK_DATA_AFTER_FIN = 14, /**< data on numbers beyond its sender's FIN */
    TCPCONN_CHECK_FIN_MOVED = 15,    /**< a FIN elsewhere than its sender's first one */
    TCPCONN_CHECK_MD5_UNEXPECTED = 16, /**< an MD5 signature nobody asked for, or none where one is due */
    TCPCONN_CHECK_AO_UNEXPECTED = 17, /**< a TCP-AO option nobody asked for, or none where one is due */
    TCPCONN_CHECK_URGENT_ODD = 18,   /**< an urgent pointer of 0, beyond the segment, or without URG */
    TCPCONN_CHECK_TIMESTAMP_MISSING = 19, /**< no timestamp although agreed on */
    TCPCONN_CHECK_TIMESTAMP_UNEXPECTED = 20, /**< a timestamp although not agreed on */
    TCPCONN_CHECK_SYN_OPTION_LATE = 21, /**< an option of the handshake, later */
    TCPCONN_CHECK_SCALE_TOO_LARGE = 22, /**< a window scale above 14 */
    TCPCONN_CHECK_SYN_REPEATED = 23, /**< the same SYN or SYN,ACK again */
    TCPCONN_CHECK_SYN_DIFFERS = 24,  /**< another SYN of the same sender, before the first was answered for good */
    TCPCONN_CHECK_SYN_ACK_DIFFERS = 25, /**< another SYN,ACK of the same sender, or one with another number */
    TCPCONN_CHECK_SYN_DATA = 26,     /**< data in a SYN that is no Fast Open */
    TCPCONN_CHECK_SPLIT_HANDSHAKE = 27, /**< the answer to a SYN comes as an ACK and a SYN apart */
    TCPCONN_CHECK_SYN_TOO_OLD = 28,  /**< a SYN in TIME-WAIT whose number and timestamp are not newer */
    TCPCONN_CHECK_PAIR_REUSED = 29,  /**< the beginning of a new connection on the same ports */
    TCPCONN_CHECK_CHALLENGE_ACK = 30, /**< the answer to a segment that was refused */
    TCPCONN_CHECK_KEEP_ALIVE = 31,   /**< a probe of an idle connection */
    TCPCONN_CHECK_ZERO_WINDOW_PROBE = 32, /**< a probe of a closed window */
    TCPCONN_CHECK_WINDOW_SHRUNK = 33, /**< takes back part of the window offered before */
    TCPCONN_CHECK_CAPTURE_DUPLICATE = 34, /**< the same packet, captured twice */
    TCPCONN_CHECK_TTL_CHANGED = 35,  /**< its time to live is not that of its sender's other segments */
    TCPCONN_CHECK_RST_DATA = 36,     /**< an RST with data */
    TCPCONN_CHECK_ECHO_WRONG = 37,   /**< echoes a timestamp that its receiver has not sent yet */
    TCPCONN_CHECK_AFTER_RESET = 38,  /**< its sender is said to have reset the connection, and goes on */
    TCPCONN_CHECK_SYN_ACK_FIN = 39 /**< a FIN in a SYN,ACK, which its receiver ignores */
};

/**
 * Name a verdict in lower case.
 *
 * @param verdict  TCPCONN_ACCEPTED ..
 * @return a constant ASCII string; NULL past the last one.
 * @since 0.1
 */
TCPSEG_API const char *tcpconn_verdict_name(int verdict);

/**
 * Name a piece of advice: "pass", "pass-and-limit", "drop".
 *
 * @param advice  TCPCONN_PASS ..
 * @return a constant ASCII string; NULL past the last one.
 * @since 0.1
 */
TCPSEG_API const char *tcpconn_advice_name(int advice);

/**
 * Name a severity: "plain", "note", "benign", "suspect", "hostile".
 *
 * @param severity  TCPCONN_PLAIN ..
 * @return a constant ASCII string; NULL past the last one.
 * @since 0.1
 */
TCPSEG_API const char *tcpconn_severity_name(int severity);

/**
 * Name a check, in lower case with hyphens.
 *
 * @param bit  a TCPCONN_CHECK_ number.
 * @return a constant ASCII string; NULL past the last check.
 * @since 0.1
 */
TCPSEG_API const char *tcpconn_check_name(unsigned bit);

/**
 * Explain a check in one sentence.
 *
 * @param bit  a TCPCONN_CHECK_ number.
 * @return a constant ASCII string; NULL past the last check.
 * @since 0.1
 */
TCPSEG_API const char *tcpconn_check_text(unsigned bit);

/**
 * Name the rule behind a check.
 *
 * @param bit  a TCPCONN_CHECK_ number.
 * @return a constant ASCII string, "-" where no RFC has one; NULL past the last
 *         check.
 * @since 0.1
 */
TCPSEG_API const char *tcpconn_check_rfc(unsigned bit);

/**
 * Tell how severe a check is.
 *
 * @param bit  a TCPCONN_CHECK_ number.
 * @return TCPCONN_PLAIN .., or TCPSEG_ERR_ARG past the last check.
 * @since 0.1
 */
TCPSEG_API int tcpconn_check_severity(unsigned bit);

#ifdef __cplusplus
}
#endif
/** @} */
#endif
