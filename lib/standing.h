/* What a table asks of a connection beside the public calls: what it is worth. */
#ifndef TCPSEG_LIB_STANDING_H
#define TCPSEG_LIB_STANDING_H

#include <tcpseg/conn.h>

#include <stdbool.h>

/* What a connection is: the time-out that counts for it, and what it is worth. */
enum {
    STANDING_OVER,
    STANDING_UNANSWERED,
    STANDING_ASSUMED,
    STANDING_CLOSING,
    STANDING_OPEN
};
uint8_t tcpsegp_standing(const tcpconn *conn, uint8_t *situation);
/* Nothing has changed about its standing since it was last asked for, if it was so
 * then. */
bool tcpsegp_is_steady(const tcpconn *conn);
bool tcpsegp_has_begun(const tcpconn *conn);
/* Nobody has answered, and it holds nothing. */
bool tcpsegp_is_unanswered(const tcpconn *conn);
/* Nor has it a tag: it is no more than what its SYN has made of it. */
bool tcpsegp_is_no_more(const tcpconn *conn);
/* Its time-out has passed: nothing is due any more. */
bool tcpsegp_is_timed_out(const tcpconn *conn);
uint32_t tcpsegp_parts(const tcpconn *conn);
uint64_t tcpsegp_last_time(const tcpconn *conn);
/* Whether somebody would be told. */
bool tcpsegp_env_listens(const tcpconn_env *env);
/* Or at least of changes of state. */
bool tcpsegp_env_tells_changes(const tcpconn_env *env);
bool tcpsegp_env_valid(const tcpconn_env *env);
bool tcpsegp_env_busy(const tcpconn_env *env);
uint32_t tcpsegp_env_pool(const tcpconn_env *env);
uint64_t tcpsegp_env_timeout(const tcpconn_env *env, uint8_t situation);
/* Why a connection ended in the last call, and the next began in its memory; 0. */
int tcpsegp_env_take_end(tcpconn_env *env);

#endif
