/* A capture, followed: each of its connections, the states told of it, and the
 * verdict on each frame, as it stands at the end. */
#ifndef TESTS_CONN_FOLLOW_H
#define TESTS_CONN_FOLLOW_H

#include <stdbool.h>
#include <stddef.h>

#include <tcpseg/tcpseg.h>

enum { MAX_CONNECTIONS = 80, MAX_FRAMES = 1200, MAX_TEXT = 256 };

/* One connection and what was told of it: states[i] is endpoint i's history. */
struct followed {
    tcpconn_storage memory;
    tcpconn *conn;
    tcpseg_address addr; /* as its first segment had it */
    uint16_t port[2];
    char states[2][MAX_TEXT];
};

struct verdict {
    int verdict, at_first; /* now, and before any revision */
    uint64_t checks;       /* of the verdict now */
    uint64_t connection;
    uint32_t id;  /* of a provisional one, above 0 */
    bool is_bare; /* an ACK and nothing else */
};

struct follower {
    tcpconn_env_storage env_memory;
    tcpconn_env *env;
    struct followed conns[MAX_CONNECTIONS];
    size_t n;
    struct verdict frames[MAX_FRAMES + 1]; /* by frame number, from 1 */
    size_t n_frames;
    unsigned refused, bad_checksums;
};

/* Adds a state to a history, unless it is LISTEN or there already. LISTEN is never
 * on the wire: the tracker infers it where a kernel with no listener stays CLOSED. */
void append_state(char *states, const char *name);

/* midstream as in tcpconn_config. */
void follow(struct follower *f, const char *path, uint8_t midstream);

typedef void capture_test(const char *pcap, const char *truth);

/* Calls test for each pair NAME.pcap, NAME followed by suffix, among the kept
 * captures, or in the directory that TCPSEG_LAB names. How many there were. */
int each_capture(const char *suffix, capture_test *test);

#endif
