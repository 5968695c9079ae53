/* Recorded connections, all of them through one table that is much too small: no
 * packet is lost count of. TCPSEG_CAPTURES names more of them, of which
 * those in pcapng are left out. */
#include <dirent.h>

#include "../golden/capture.h"
#include "traffic.h"

static struct world w;

/* Of each kind, by the parser alone, and by the table's answers. */
static struct {
    uint64_t packets, segments, fragments;
    uint64_t verdicts, refused, icmp, not_tcp;
} seen;

static void count_parsed(const struct capture *c)
{
    tcpseg_frame f;
    tcpseg seg;

    tcpseg_parse_frame(&seg, &f, sizeof f, c->linktype, 0, c->data, c->captured,
                       c->length);
    seen.packets++;
    seen.segments += f.stop == TCPSEG_STOP_NONE && f.addr.protocol == 6;
    seen.fragments += f.stop == TCPSEG_STOP_FRAGMENT;
}

static void count_answer(const tcptable_packet *out, const char *path)
{
    if (out->flags & TCPTABLE_IS_TCP) {
        cr_assert(out->result >= 0 || out->result == TCPSEG_ERR_FULL, "%s: %d",
                  path, out->result);
        seen.verdicts += out->result >= 0;
        seen.refused += out->result < 0;
    } else if (out->flags & TCPTABLE_IS_ICMP) {
        seen.icmp++;
    } else if (!(out->flags & TCPTABLE_IS_FRAGMENT)) {
        seen.not_tcp++;
    }
}

static void feed_file(const char *path)
{
    static struct capture c;

    if (!capture_open(&c, path))
        return;
    while (capture_next(&c)) {
        const void *frame = c.data;
        tcptable_packet io;

        memset(&io, 0, sizeof io);
        io.now = c.now;
        cr_assert_geq(tcptable_feed_burst(w.table, w.env, c.linktype, 1, &frame,
                                          &c.captured, &c.length, &io),
                      0, "%s", path);
        count_parsed(&c);
        count_answer(&io, path);
    }
    capture_close(&c);
}

static void feed_directory(const char *name)
{
    DIR *dir = opendir(name);
    struct dirent *entry;
    char path[4096];

    cr_assert_not_null(dir, "%s", name);
    while ((entry = readdir(dir))) {
        if (!strstr(entry->d_name, ".pcap") || strstr(entry->d_name, ".pcapng"))
            continue;
        snprintf(path, sizeof path, "%s/%s", name, entry->d_name);
        feed_file(path);
    }
    closedir(dir);
}

Test(small_table, every_packet_is_accounted_for)
{
    const char *more = getenv("TCPSEG_CAPTURES");
    char path[4096];
    tcptable_stats s;
    uint64_t verdicts = 0, ended = 0, now = 0;

    world_set_up(&w, 64, 16);
    w.cfg.crowded = 60;
    w.cfg.ipv6 = 1; /* so that some are refused */
    world_begin(&w);
    feed_directory("tests/captures");
    if (more && *more) {
        snprintf(path, sizeof path, "%s/pcap", more);
        feed_directory(path);
    }
    s = stats_of(&w);
    for (unsigned i = 0; i < 8; i++) {
        verdicts += s.verdicts[i];
        ended += s.ended[i];
    }
    for (unsigned i = 0; i < TCPTABLE_N_RANKS; i++)
        now += s.now[i];
    cr_assert_eq(s.packets, seen.packets);
    cr_assert_eq(verdicts, seen.verdicts);
    cr_assert_eq(s.refused, seen.refused);
    cr_assert_eq(seen.verdicts + seen.refused, seen.segments);
    cr_assert_eq(s.fragments, seen.fragments);
    cr_assert_eq(s.icmp, seen.icmp);
    cr_assert_eq(s.not_tcp, seen.not_tcp);
    cr_assert_eq(verdicts + s.refused + s.fragments + s.icmp + s.not_tcp,
                 seen.packets);
    cr_assert_eq(ended + now + s.half_open, s.begun);
    cr_assert_gt(s.ended[TCPCONN_END_EVICTED], 0);
    cr_assert(s.refused > 0 || !more || !*more);
    cr_assert_leq(s.now[TCPTABLE_OPEN] + s.now[TCPTABLE_CLOSING], 64);
    world_tear_down(&w);
}
