/* Packets of made-up hosts, a table that takes them, and what it tells. */
#ifndef TESTS_TABLE_TRAFFIC_H
#define TESTS_TABLE_TRAFFIC_H

#include <criterion/criterion.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <tcpseg/tcpseg.h>

enum { SECOND = 1000000000, ISS_A = 1000, ISS_B = 9000 };

/* Who talks to whom: both by number. */
struct pair {
    uint32_t a, b;
    uint16_t a_port, b_port;
    uint8_t family;
    uint16_t vlan; /* 0: none */
};

struct world {
    void *block;
    size_t size;
    tcptable *table;
    tcptable_config cfg;
    tcpconn_config conn_cfg;
    tcpconn_env *env;
    tcpconn_env_storage env_mem;
    uint64_t now;
    tcptable_packet out; /* the last answer */
    /* What was told: events by type, ends by reason, bytes. */
    unsigned events[16], ends[16];
    tcptable_id ended; /* the last one that did */
    uint64_t ended_tag, bytes;
};

/* w->cfg and w->conn_cfg are changed by the test between the two. */
void world_set_up(struct world *w, uint32_t connections, uint32_t half_open);
void world_begin(struct world *w);
void world_tear_down(struct world *w);

struct pair pair_of(uint32_t n);
tcptable_tuple tuple_of(const struct pair *p, bool from_b);

/* One segment; numbers count from each end's ISS. */
int send_segment(struct world *w, const struct pair *p, bool from_b,
                 unsigned flags, uint32_t seq, uint32_t ack, const char *text);
/* SYN, SYN,ACK, ACK: the id. */
tcptable_id open_pair(struct world *w, const struct pair *p);
/* The same as bytes of a frame of Ethernet; how many. */
uint32_t write_frame(uint8_t *to, const struct pair *p, bool from_b,
                     unsigned flags, uint32_t seq, uint32_t ack,
                     const char *text);
tcptable_stats stats_of(const struct world *w);
/* The states of a connection, as their names with a slash. */
const char *states_of(const struct world *w, tcptable_id id);

#endif
