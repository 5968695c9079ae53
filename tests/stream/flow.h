/* A connection whose streams are watched: segments in relative numbers go in, and
 * what is told is kept, as bytes and in short words. Every event is held to the rule
 * that a direction's events leave no hole and tell nothing twice. */
#ifndef TESTS_STREAM_FLOW_H
#define TESTS_STREAM_FLOW_H

#include <criterion/criterion.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <tcpseg/tcpseg.h>

enum { A, B }; /* who sends */

/* What was told of one direction. */
struct told {
    uint64_t at;          /* all before is told */
    unsigned char *bytes; /* the bytes, where there are any; 0 where not */
    size_t room;          /* of `bytes`: what lies behind is told, not kept */
    unsigned char
        *events;         /* what each byte was: 'd' data, 'u' urgent, 'g' gap */
    uint64_t data, gaps; /* bytes */
};

struct flow {
    tcpconn_storage mem;
    tcpconn_env_storage env_mem;
    tcpconn *conn;
    tcpconn_env *env;
    tcpconn_pool *pool;
    tcpconn_config cfg;
    tcpconn_report report;
    uint64_t now;
    uint32_t iss[2];
    uint32_t ack[2]; /* that each sends with its text */
    uint16_t wnd[2];
    int swapped; /* A is endpoint 1 */
    bool headers_only;
    struct told told[2]; /* of what A, B sent */
    char log[4096];      /* in short words: see flow_event() */
};

/* What a test chooses is put into f->cfg between the two. A pool of 0 blocks is
 * none. */
void flow_set_up(struct flow *f, uint32_t blocks, uint32_t block_size);
void flow_begin(struct flow *f);
void flow_tear_down(struct flow *f);
/* SYN, SYN,ACK, ACK: both streams begin at number 1. */
void flow_open(struct flow *f);

/* A segment as it is: its text is `len` bytes, of which `captured` are there. */
int flow_feed(struct flow *f, int who, unsigned flags, uint32_t seq,
              const void *text, uint32_t len, uint32_t captured, uint16_t up);
/* The usual ones. */
int flow_say(struct flow *f, int who, uint32_t seq, const char *text);
int flow_ack(struct flow *f, int who, uint32_t ack);
void flow_end(struct flow *f);
/* What was told since the last call. */
const char *flow_log(struct flow *f);
/* Blocks of the pool in use. */
uint32_t flow_used(const struct flow *f);

#define TELLS(f, words) cr_assert_str_eq(flow_log(f), words)

#endif
