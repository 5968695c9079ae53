/** @file
 *  A connection as bytes: for another build, another host, another day. */
#ifndef TCPSEG_SAVE_H
#define TCPSEG_SAVE_H

#include "conn.h"

/**
 * @defgroup tcpseg_save Saving and restoring
 *
 * Between processes that use the same build, a connection can simply be moved with
 * memcpy(). For everything else, a fail-over to another host or a restart after an
 * upgrade, tcpconn_save() writes it in a form that does not depend on the machine:
 * versioned, little-endian, with all windows, candidates, provisional verdicts and
 * counters. tcpconn_restore() treats that form as hostile: every member is checked,
 * and what could not have been saved is refused.
 *
 * The analysis (analysis.h) is not saved: a restored connection has one if the saved
 * one had, and it begins anew.
 *
 * What waits in a pool (stream.h) is not saved: those bytes are missing after
 * restoring, and are told so once their receiver has acknowledged them. A stream that
 * was stopped is followed again.
 * @{
 */

#ifdef __cplusplus
extern "C" {
#endif

/** How to go on: flags of tcpconn_restore(). */
enum {
    /** Traffic may have passed since it was saved: numbers and windows count as
     *  assumed until the traffic proves them, as after a pick-up. */
    TCPCONN_RESTORE_ASSUMED = 1
};

/** Bytes that hold any saved connection of this version. */
#define TCPCONN_SAVED_SIZE 1536

/**
 * Write a connection as bytes.
 *
 * @param conn  the connection, not inside a callback.
 * @param env   its environment.
 * @param buf   receives the bytes; NULL with @p size 0 asks only for their number.
 * @param size  bytes at @p buf; TCPCONN_SAVED_SIZE is always enough.
 * @param used  receives the bytes written or, after TCPSEG_ERR_SIZE, needed.
 *
 * @retval TCPSEG_OK          written.
 * @retval TCPSEG_ERR_ARG     a NULL pointer.
 * @retval TCPSEG_ERR_SIZE    @p size is too small; nothing was written.
 * @retval TCPSEG_ERR_STATE   not a connection or environment of this build, or one
 *                            that was ended.
 * @retval TCPSEG_ERR_REENTRY called from inside a callback.
 *
 * The caller's tag is saved. Time stamps are the caller's clock: restore under one
 * that goes on. Constant time.
 * @since 0.1
 */
TCPSEG_API int tcpconn_save(const tcpconn *conn, const tcpconn_env *env,
                            void *buf, size_t size, size_t *used);

/**
 * Set up a connection from saved bytes.
 *
 * @param mem       memory for it, as tcpconn_init() wants it, of at least
 *                  tcpconn_size() of the parts it was saved with.
 * @param mem_size  its bytes.
 * @param buf       the saved bytes; anything at all.
 * @param size      their number.
 * @param flags     0, or TCPCONN_RESTORE_ASSUMED.
 * @param out       receives @p mem as a connection.
 *
 * @retval TCPSEG_OK         ready; it goes on as the saved one would have.
 * @retval TCPSEG_ERR_ARG    a NULL pointer or an unknown flag.
 * @retval TCPSEG_ERR_SIZE   @p mem_size is too small.
 * @retval TCPSEG_ERR_ALIGN  @p mem is not aligned as tcpconn_storage.
 * @retval TCPSEG_ERR_STATE  the bytes are not a saved connection, are damaged, or
 *                           were written by a version this one does not read.
 *
 * On error @p mem is left as it was. Constant time.
 * @since 0.1
 */
TCPSEG_API int tcpconn_restore(void *mem, size_t mem_size, const void *buf,
                               size_t size, uint32_t flags, tcpconn **out);

#ifdef __cplusplus
}
#endif
/** @} */
#endif
