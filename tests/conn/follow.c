#include "follow.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../golden/capture.h"

void append_state(char *states, const char *name)
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
    append_state(f->conns[ev->tag].states[ev->endpoint],
                 tcpconn_state_name(ev->new_state));
}

static void on_revise(void *user, tcpconn *conn, const tcpconn_event *ev,
                      const void *bytes)
{
    struct follower *f = user;

    (void)conn;
    (void)bytes;
    for (size_t i = 1; i <= f->n_frames; i++) {
        struct verdict *v = &f->frames[i];

        if (v->id == ev->id && v->connection == ev->tag) {
            v->verdict = ev->verdict;
            v->checks = ev->checks;
        }
    }
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

static void feed(struct follower *f, const struct capture *capture,
                 const tcpseg_frame *where, const tcpseg *seg)
{
    struct verdict *v = &f->frames[f->n_frames];
    tcpconn_report report;
    struct followed *c;
    int dir;

    c = find(f, where, seg, &dir);
    v->connection = tcpconn_tag(c->conn);
    v->verdict =
        tcpconn_feed(c->conn, f->env, dir, seg, capture->data + where->offset,
                     capture->now, &report);
    v->at_first = v->verdict;
    v->id = report.provisional ? report.id : 0;
    v->checks = report.checks;
    v->is_bare = !seg->payload_len &&
                 !(seg->flags & (TCPSEG_SYN | TCPSEG_FIN)) &&
                 (seg->flags & (TCPSEG_RST | TCPSEG_ACK)) == TCPSEG_ACK;
    f->refused += v->verdict >= TCPCONN_REJECTED;
    f->bad_checksums += seg->checksum_status != TCPSEG_CHECKSUM_OK;
}

void follow(struct follower *f, const char *path, uint8_t midstream)
{
    struct capture *capture = malloc(sizeof *capture);
    tcpconn_config cfg;

    memset(f, 0, sizeof *f);
    tcpconn_config_default(&cfg, sizeof cfg);
    cfg.user = f;
    cfg.midstream = midstream;
    cfg.on_state = on_state;
    cfg.on_revise = on_revise;
    cr_assert_eq(
        tcpconn_env_init(&f->env_memory, sizeof f->env_memory, &cfg, &f->env),
        0);
    cr_assert(capture && capture_open(capture, path));
    while (capture_next(capture)) {
        tcpseg_frame where;
        tcpseg seg;

        cr_assert_lt(f->n_frames, MAX_FRAMES);
        f->frames[++f->n_frames].verdict = -1;
        tcpseg_parse_frame(&seg, &where, sizeof where, capture->linktype,
                           TCPSEG_LOCATE_CHECKSUM, capture->data,
                           capture->captured, capture->length);
        if (where.stop == TCPSEG_STOP_NONE && where.addr.protocol == 6)
            feed(f, capture, &where, &seg);
    }
    capture_close(capture);
    free(capture);
}

int each_capture(const char *suffix, capture_test *test)
{
    const char *root = getenv("TCPSEG_SOURCE_ROOT"),
               *lab = getenv("TCPSEG_LAB");
    char directory[512], pcap[1024], truth[1024];
    struct dirent *entry;
    DIR *dir;
    int n = 0;

    snprintf(directory, sizeof directory, "%s%s",
             lab    ? lab
             : root ? root
                    : ".",
             lab ? "" : "/tests/captures");
    dir = opendir(directory);
    cr_assert_not_null(dir, "%s", directory);
    while ((entry = readdir(dir))) {
        size_t len = strlen(entry->d_name), tail = strlen(suffix);

        if (len <= tail || strcmp(entry->d_name + len - tail, suffix) != 0)
            continue;
        snprintf(truth, sizeof truth, "%s/%s", directory, entry->d_name);
        snprintf(pcap, sizeof pcap, "%s/%.*s.pcap", directory,
                 (int)(len - tail), entry->d_name);
        test(pcap, truth);
        n++;
    }
    closedir(dir);
    return n;
}
