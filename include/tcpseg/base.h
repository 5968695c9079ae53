/** @file
 *  What every other header needs: export mark, errors, self-checks. */
#ifndef TCPSEG_BASE_H
#define TCPSEG_BASE_H

#include <stddef.h>
#include <stdint.h>

#include "version.h"

/**
 * @defgroup tcpseg_base Basics: errors and self-checks
 *
 * Functions of this library return an `int`: zero or more for an answer, less
 * than zero for an error. There are two families of errors, and strange
 * traffic is in neither:
 *
 * - *misuse* (-1 to -19): the caller passed a null pointer, too little memory,
 *   or called from where it may not. Nothing was written, nothing changed.
 * - *not there* (-20 and below): the bytes are not what was asked for. The
 *   answer is filled in as far as it goes.
 *
 * A SYN with data, an option of a wrong length, a checksum that does not fit:
 * these are facts about the traffic, told in the answer as *defects* (oddities
 * of one segment) and *checks* (of a segment against its connection), never as
 * errors.
 *
 * The library allocates nothing, keeps no global state and calls nothing but
 * memcpy, memmove, memset and memcmp. Unless a function says otherwise, two
 * threads may call it at once with different objects.
 * @{
 */

/** Marks an exported function. On Windows the exports come from a .def file;
 *  define TCPSEG_SHARED to import from the DLL directly. */
#if defined(_WIN32) || defined(__CYGWIN__)
#if defined(TCPSEG_SHARED)
#define TCPSEG_API __declspec(dllimport)
#else
#define TCPSEG_API
#endif
#elif defined(__GNUC__)
#define TCPSEG_API __attribute__((visibility("default")))
#else
#define TCPSEG_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

/** What a function returns instead of an answer. */
enum {
    TCPSEG_OK = 0, /**< No error. */

    TCPSEG_ERR_ARG = -1,     /**< A pointer is NULL or a value is out of range. */
    TCPSEG_ERR_SIZE = -2,    /**< The memory handed in is too small. */
    TCPSEG_ERR_ALIGN = -3,   /**< The memory handed in is not aligned for a 64-bit number. */
    TCPSEG_ERR_REENTRY = -4, /**< Called from inside a callback of this object. */
    TCPSEG_ERR_STATE = -5,   /**< Not initialised, or laid out by another build. */

    TCPSEG_ERR_SHORT = -20,  /**< Fewer bytes than the fixed header needs. */
    TCPSEG_ERR_OFFSET = -21, /**< Data offset below 5 or past the segment. */

    TCPSEG_ERR_NOT_FOUND = -30, /**< What was asked for is not there. */
    TCPSEG_ERR_FULL = -31       /**< No room left for what was to be added. */
};

/**
 * Say in one sentence what an error means.
 *
 * @param error  a TCPSEG_ERR_ value, or any other number.
 * @return a constant ASCII string without newline; "unknown error" for a number
 *         that is no error of this library. Never NULL; do not free.
 * @since 0.1
 */
TCPSEG_API const char *tcpseg_strerror(int error);

/**
 * Tell the version of the library that runs.
 *
 * @return `major << 16 | minor << 8 | patch`, as TCPSEG_VERSION_NUM of the
 *         header the library was built with.
 * @since 0.1
 */
TCPSEG_API uint32_t tcpseg_version(void);

/** Types whose size a binding can ask for: arguments of tcpseg_abi_sizeof().
 *  Numbers are never reused. */
enum {
    TCPSEG_TYPE_SEGMENT = 1,      /**< tcpseg */
    TCPSEG_TYPE_OPTION = 2,       /**< tcpseg_option */
    TCPSEG_TYPE_SACK = 3,         /**< tcpseg_sack */
    TCPSEG_TYPE_ADDRESS = 4,      /**< tcpseg_address */
    TCPSEG_TYPE_FRAME = 5,        /**< tcpseg_frame */
    TCPSEG_TYPE_UDP = 6,          /**< tcpseg_udp */
    TCPSEG_TYPE_MPTCP = 7,        /**< tcpseg_mptcp */
    TCPSEG_TYPE_ACCECN = 8,       /**< tcpseg_accecn */
    TCPSEG_TYPE_AUTH = 9,         /**< tcpseg_auth */
    TCPSEG_TYPE_ENO = 10,         /**< tcpseg_eno */
    TCPSEG_TYPE_USER_TIMEOUT = 11, /**< tcpseg_user_timeout */
    TCPSEG_TYPE_QUICK_START = 12, /**< tcpseg_quick_start */
    TCPSEG_TYPE_SCPS = 13,        /**< tcpseg_scps */
    TCPSEG_TYPE_FASTOPEN = 14,    /**< tcpseg_fastopen */
    TCPSEG_TYPE_EXPERIMENT = 15,  /**< tcpseg_experiment */
    TCPSEG_TYPE_EVENT = 32,       /**< tcpconn_event */
    TCPSEG_TYPE_REPORT = 33,      /**< tcpconn_report */
    TCPSEG_TYPE_CONFIG = 34,      /**< tcpconn_config (has pointers: differs by target) */
    TCPSEG_TYPE_SUMMARY = 35,     /**< tcpconn_summary */
    TCPSEG_TYPE_STATS = 36,       /**< tcpconn_stats */
    TCPSEG_TYPE_POOL_STATS = 37,  /**< tcpconn_pool_stats */
    TCPSEG_TYPE_ICMP = 38,        /**< tcpseg_icmp */
    TCPSEG_TYPE_ANALYSIS = 39,    /**< tcpconn_analysis */
    TCPSEG_TYPE_TUPLE = 48,       /**< tcptable_tuple */
    TCPSEG_TYPE_TABLE_CONFIG = 49, /**< tcptable_config */
    TCPSEG_TYPE_PACKET = 50,      /**< tcptable_packet */
    TCPSEG_TYPE_TABLE_STATS = 51  /**< tcptable_stats */
};

/**
 * Tell the size of a public structure, as this library was built.
 *
 * A binding that mirrors the structures in another language compares its own
 * sizes with these once, when it is loaded.
 *
 * @param type  a TCPSEG_TYPE_ value.
 * @return bytes, or 0 for a type this library does not know.
 * @since 0.1
 */
TCPSEG_API size_t tcpseg_abi_sizeof(int type);

#ifdef __cplusplus
}
#endif
/** @} */
#endif
