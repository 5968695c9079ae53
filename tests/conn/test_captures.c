/* Recorded connections: the tracker says of both endpoints what their own kernels
 * said (tests/captures, made by tests/lab/record). */
#include <criterion/criterion.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <tcpseg/tcpseg.h>

#include "../golden/capture.h"

enum { MAX_CONNECTIONS = 4, MAX_TEXT = 256 };

/* One connection and what was told of it: states[i] is endpoint i's history. */
struct followed {
    tcpconn_storage memory;
    tcpconn *conn;
    tcpseg_address addr; /* as its first segment had it */
    uint16_t port[2];
    char states[2][MAX_TEXT];
};

struct follower {
    tcpconn_env_storage env_memory;
    tcpconn_env *env;
    struct followed conns[MAX_CONNECTIONS];
    size_t n;
    unsigned refused;
};

/* LISTEN is left out on both sides: it is never on the wire, so the tracker infers
 * it where a kernel with no listener stays CLOSED. */
static void append(char *states, const char *name)
{
    const char *last = strrchr(states, ' ');

    if (!strcmp(name, "LISTEN") || (last && !strcmp(last + 1, name)))
        return;
    strncat(states, " ", MAX_TEXT - strlen(states) - 1);
    strncat(states, name, MAX_TEXT - strlen(states) - 1);
}

static void on_state(void *user, tcpconn *conn, const tcpconn_event *ev,
                     const void *bytes)
{
    struct follower *f = user;

    (void)conn;
    (void)bytes;
    append(f->conns[ev->tag].states[ev->endpoint],
           tcpconn_state_name(ev->new_state));
}

static int direction(const struct followed *c, const tcpseg_frame *where,
                     const tcpseg *seg)
{
    if (!memcmp(c->addr.src, where->addr.src, 16) &&
        c->port[0] == seg->src_port && c->port[1] == seg->dst_port)
        return 0;
    if (!memcmp(c->addr.src, where->addr.dst, 16) &&
        c->port[0] == seg->dst_port && c->port[1] == seg->src_port)
        return 1;
    return -1;
}

static struct followed *find(struct follower *f, const tcpseg_frame *where,
                             const tcpseg *seg, int *dir)
{
    struct followed *c;

    for (size_t i = 0; i < f->n; i++)
        if ((*dir = direction(&f->conns[i], where, seg)) >= 0)
            return &f->conns[i];
    cr_assert_lt(f->n, MAX_CONNECTIONS);
    c = &f->conns[f->n];
    c->addr = where->addr;
    c->port[0] = seg->src_port;
    c->port[1] = seg->dst_port;
    strcpy(c->states[0], " CLOSED");
    strcpy(c->states[1], " CLOSED");
    cr_assert_eq(tcpconn_init(&c->memory, sizeof c->memory, 0, &c->conn), 0);
    tcpconn_set_tag(c->conn, f->n++);
    *dir = 0;
    return c;
}

static void follow(struct follower *f, const char *path)
{
    struct capture *capture = malloc(sizeof *capture);
    tcpconn_config cfg;

    memset(f, 0, sizeof *f);
    tcpconn_config_default(&cfg, sizeof cfg);
    cfg.user = f;
    cfg.on_state = on_state;
    cr_assert_eq(
        tcpconn_env_init(&f->env_memory, sizeof f->env_memory, &cfg, &f->env),
        0);
    cr_assert(capture && capture_open(capture, path));
    while (capture_next(capture)) {
        tcpseg_frame where;
        tcpseg seg;
        int dir;

        if (tcpseg_parse_frame(&seg, &where, sizeof where, capture->linktype,
                               TCPSEG_LOCATE_CHECKSUM, capture->data,
                               capture->captured, capture->length) == 0) {
            struct followed *c = find(f, &where, &seg, &dir);

            cr_expect_eq(seg.checksum_status, TCPSEG_CHECKSUM_OK, "%s", path);
            f->refused += tcpconn_feed(c->conn, f->env, dir, &seg, NULL,
                                       capture->now, NULL) >= TCPCONN_REJECTED;
        }
    }
    capture_close(capture);
    free(capture);
}

/* The tracker's history of the endpoint with this port, of the n-th connection
 * that has it. */
static const char *history(const struct follower *f, const char *endpoint,
                           size_t line)
{
    const struct followed *c = &f->conns[line / 2];
    unsigned port = (unsigned)atoi(strrchr(endpoint, ':') + 1);

    cr_assert_lt(line / 2, f->n, "no connection for %s", endpoint);
    return c->states[c->port[0] == port ? 0 : 1];
}

static void compare(const char *pcap, const char *states)
{
    static struct follower f;
    char line[MAX_TEXT], want[MAX_TEXT];
    FILE *file = fopen(states, "r");
    size_t n = 0;

    cr_assert_not_null(file, "%s", states);
    follow(&f, pcap);
    while (fgets(line, sizeof line, file)) {
        char *endpoint = strtok(line, " \n"), *state;

        if (!endpoint || *endpoint == '#')
            continue;
        want[0] = 0;
        while ((state = strtok(NULL, " \n")))
            append(want, state);
        cr_expect_str_eq(history(&f, endpoint, n), want,
                         "%s: %s: want%s, got%s", pcap, endpoint, want,
                         history(&f, endpoint, n));
        n++;
    }
    fclose(file);
    cr_expect_eq(n, 2 * f.n, "%s: %zu endpoints, %zu connections", pcap, n,
                 f.n);
    cr_expect_eq(f.refused, 0, "%s: %u segments refused", pcap, f.refused);
}

Test(captures, states_are_the_kernels)
{
    const char *root = getenv("TCPSEG_SOURCE_ROOT");
    char directory[512], pcap[1024], states[1024];
    struct dirent *entry;
    DIR *dir;
    int n = 0;

    snprintf(directory, sizeof directory, "%s/tests/captures",
             root ? root : ".");
    dir = opendir(directory);
    cr_assert_not_null(dir, "%s", directory);
    while ((entry = readdir(dir))) {
        size_t len = strlen(entry->d_name);

        if (len < 8 || strcmp(entry->d_name + len - 7, ".states") != 0)
            continue;
        snprintf(states, sizeof states, "%s/%s", directory, entry->d_name);
        snprintf(pcap, sizeof pcap, "%s/%.*s.pcap", directory, (int)len - 7,
                 entry->d_name);
        compare(pcap, states);
        n++;
    }
    closedir(dir);
    cr_expect_geq(n, 20);
}
