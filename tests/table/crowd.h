/* Any number of connections to one server, by number: what each says is a function of
 * its number, so that whoever is told can check every byte. Without a test framework,
 * and for several threads, each with a crowd of its own. */
#ifndef TESTS_TABLE_CROWD_H
#define TESTS_TABLE_CROWD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <tcpseg/tcpseg.h>

enum { CROWD_SAYS = 40 }; /* bytes of one segment */

struct crowd {
    tcptable *table;
    tcpconn_env *env;
    tcpconn_env_storage env_mem;
    uint8_t *block;
    void *pool;
    size_t size;   /* of the table, without the guard behind it */
    uint32_t n;    /* connections are numbered below that */
    uint32_t *got; /* by number: bytes delivered */
    uint64_t now, bytes, sum;
    uint64_t wrong; /* bytes, offsets or answers that were not so */
    tcptable_packet out;
};

/* A table made as `cfg` says. False without memory. */
bool crowd_begin(struct crowd *c, uint32_t n, const tcptable_config *cfg);
/* Frees it; whether nothing was written behind the table. */
bool crowd_end(struct crowd *c);

/* The client's packets of connection i have this tuple; below 2^24. */
tcptable_tuple crowd_tuple(uint32_t i);
/* What connection i says at this offset. */
uint8_t crowd_byte(uint32_t i, uint32_t offset);
uint32_t crowd_iss(uint32_t i, bool from_server);

/* A segment with any tuple, its payload being connection i's from `offset` on. */
int crowd_send(struct crowd *c, const tcptable_tuple *tuple, unsigned flags,
               uint32_t seq, uint32_t ack, uint32_t i, uint32_t offset,
               uint32_t len);
/* Three segments of connection i, all of them accepted or c->wrong. */
void crowd_open(struct crowd *c, uint32_t i);
/* CROWD_SAYS more bytes, `at` being where: c->wrong if they are not accepted. */
void crowd_say(struct crowd *c, uint32_t i, uint32_t at);
/* Both ends close, `said` bytes behind the client's beginning. */
void crowd_close(struct crowd *c, uint32_t i, uint32_t said);

/* TCPSEG_LONG: 1 the long form, 0 the short one, else that in between. */
uint32_t crowd_scale(uint32_t small, uint32_t usual, uint32_t large);

#endif
