/* What the tracker asks of the streams. */
#ifndef TCPSEG_LIB_DELIVER_INT_H
#define TCPSEG_LIB_DELIVER_INT_H

#include "conn_int.h"

/* Where the streams stand before a segment is processed. */
void tcpsegp_deliver_begin(struct step *s, const void *data);
/* RCV.NXT of the receiver of dir, of which it has all before `end`: bytes queued are
 * in order if they go on from there. */
uint32_t tcpsegp_deliver_reach(const struct step *s, int dir, uint32_t end);
/* Whether the segment's text waits already, all of it. */
bool tcpsegp_deliver_waits(const struct step *s);
/* It is known now that the receiver of dir refused [start, end). */
void tcpsegp_deliver_refuse(struct step *s, int dir, uint32_t start,
                            uint32_t end);
/* Where only one direction is seen, nobody tells what arrived: whether to go on
 * behind a hole. */
bool tcpsegp_deliver_gives_up(const struct step *s);
/* Tell what the segment has brought. */
void tcpsegp_deliver(struct step *s);
/* Tell what is left, and give the blocks back. */
void tcpsegp_deliver_end(struct step *s);
/* The straight path has moved the stream: the same from there. */
void tcpsegp_deliver_behind(tcpconn *conn, tcpconn_env *env, int dir,
                            const tcpseg *seg, const void *data, uint64_t now);
/* Whether the connection's blocks are in the environment's pool. */
bool tcpsegp_deliver_has_pool(const tcpconn *conn, const tcpconn_env *env);

#endif
