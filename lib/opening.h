/* What a table asks of a connection beside the public calls: what it is worth, and a
 * small form of one of which only a SYN was seen. */
#ifndef TCPSEG_LIB_OPENING_H
#define TCPSEG_LIB_OPENING_H

#include <tcpseg/conn.h>

#include <stdbool.h>

/* A SYN without data, with no options but the usual four. */
struct opening {
    uint32_t iss;
    uint32_t tsval;
    uint16_t wnd, mss;
    uint16_t digest;  /* to know a copy */
    uint8_t ttl, ecn; /* of IP; and the ECN flags */
    uint8_t options;  /* which: OPENING_, and the window scale */
    uint8_t bits;     /* the table's */
    uint8_t reserved[2];
};

/* Whether the connection is no more than what this SYN has made of it. */
bool tcpsegp_opening_pack(const tcpconn *conn, const tcpseg *seg,
                          struct opening *out);
/* The same connection again, in memory that tcpconn_init() has set up: endpoint 0 has
 * sent the SYN at `now`. */
void tcpsegp_opening_unpack(const struct opening *opening, tcpconn *conn,
                            tcpconn_env *env, uint64_t now);

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
uint32_t tcpsegp_parts(const tcpconn *conn);
uint64_t tcpsegp_last_time(const tcpconn *conn);
/* Whether somebody would be told. */
bool tcpsegp_env_listens(const tcpconn_env *env);
bool tcpsegp_env_valid(const tcpconn_env *env);
bool tcpsegp_env_busy(const tcpconn_env *env);
uint32_t tcpsegp_env_pool(const tcpconn_env *env);
uint64_t tcpsegp_env_timeout(const tcpconn_env *env, uint8_t situation);
/* Why a connection ended in the last call, and the next began in its memory; 0. */
int tcpsegp_env_take_end(tcpconn_env *env);

#endif
