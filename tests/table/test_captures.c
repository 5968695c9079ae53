/* Recorded connections: through a table, in bursts of any size, each segment gets the
 * answer that it gets when its connection is found by hand; nothing is left out. */
#include <dirent.h>

#include "../golden/capture.h"
#include "traffic.h"

enum { MOST = 4096, HANDS = 128, ROOM = 1 << 21 };

static uint8_t room[ROOM];
static const void *frames[MOST];
static uint32_t captured[MOST], lengths[MOST], link_type;
static uint64_t times[MOST];
static uint32_t n_frames;

/* What the first way said of each frame: 0 where it was no segment. */
static tcpconn_report reports[MOST];
static bool segments[MOST];

static void load(const char *path)
{
    static struct capture c;
    size_t at = 0;

    cr_assert(capture_open(&c, path), "%s", path);
    link_type = c.linktype;
    for (n_frames = 0; n_frames < MOST && capture_next(&c); n_frames++) {
        cr_assert_leq(at + c.captured, ROOM);
        memcpy(room + at, c.data, c.captured);
        frames[n_frames] = room + at;
        captured[n_frames] = c.captured;
        lengths[n_frames] = c.length;
        times[n_frames] = c.now;
        at += c.captured;
    }
    capture_close(&c);
    cr_assert_lt(n_frames, MOST);
}

static struct hand {
    tcpconn_storage mem;
    tcpseg_address addr;
    uint16_t port[2];
} hands[HANDS];
static size_t n_hands;

static int find_hand(const tcpseg_frame *f, const tcpseg *seg, int *dir)
{
    tcpconn *conn;

    for (size_t i = 0; i < n_hands; i++) {
        const struct hand *h = &hands[i];

        for (*dir = 0; *dir < 2; ++*dir)
            if (!memcmp(*dir ? h->addr.dst : h->addr.src, f->addr.src, 16) &&
                !memcmp(*dir ? h->addr.src : h->addr.dst, f->addr.dst, 16) &&
                h->port[*dir] == seg->src_port &&
                h->port[!*dir] == seg->dst_port)
                return (int)i;
    }
    cr_assert_lt(n_hands, HANDS);
    hands[n_hands].addr = f->addr;
    hands[n_hands].port[0] = seg->src_port;
    hands[n_hands].port[1] = seg->dst_port;
    tcpconn_init(&hands[n_hands].mem, sizeof hands->mem, 0, &conn);
    *dir = 0;
    return (int)n_hands++;
}

static void by_hand(void)
{
    static tcpconn_env_storage mem;
    tcpconn_env *env;

    tcpconn_env_init(&mem, sizeof mem, NULL, &env);
    n_hands = 0;
    memset(reports, 0, sizeof reports);
    for (uint32_t i = 0; i < n_frames; i++) {
        tcpseg_frame f;
        tcpseg seg;
        int hand, dir;

        tcpseg_parse_frame(&seg, &f, sizeof f, link_type, 0, frames[i],
                           captured[i], lengths[i]);
        segments[i] = f.stop == TCPSEG_STOP_NONE && f.addr.protocol == 6;
        if (!segments[i])
            continue;
        hand = find_hand(&f, &seg, &dir);
        tcpconn_feed((tcpconn *)&hands[hand].mem, env, dir, &seg,
                     (const uint8_t *)frames[i] + f.offset, times[i],
                     &reports[i]);
    }
}

static void by_table(const char *path, uint32_t burst, uint32_t connections)
{
    static tcptable_packet io[MOST];
    static struct world w;
    tcptable_stats s;
    uint64_t sum = 0;

    world_set_up(&w, connections, 64);
    world_begin(&w);
    for (uint32_t i = 0; i < n_frames; i++)
        io[i].now = times[i];
    for (uint32_t i = 0; i < n_frames; i += burst)
        cr_assert_geq(
            tcptable_feed_burst(w.table, w.env, link_type,
                                burst < n_frames - i ? burst : n_frames - i,
                                frames + i, captured + i, lengths + i, io + i),
            0);
    for (uint32_t i = 0; i < n_frames; i++) {
        cr_assert_eq(!!(io[i].flags & TCPTABLE_IS_TCP), segments[i],
                     "%s: frame %u", path, i + 1);
        if (segments[i])
            cr_assert_arr_eq(&io[i].report, &reports[i], sizeof *reports,
                             "%s: frame %u: %s, by hand %s", path, i + 1,
                             tcpconn_verdict_name(io[i].result),
                             tcpconn_verdict_name(reports[i].verdict));
    }
    s = stats_of(&w);
    for (unsigned i = 0; i < 8; i++)
        sum += s.verdicts[i];
    cr_assert_eq(s.packets, n_frames);
    cr_assert_eq(sum + s.fragments + s.icmp + s.not_tcp, n_frames);
    world_tear_down(&w);
}

Test(table_captures, as_by_hand)
{
    static const uint32_t bursts[] = {1, 7, 32, MOST};
    DIR *dir = opendir("tests/captures");
    struct dirent *entry;
    unsigned seen = 0;
    char path[300];

    cr_assert_not_null(dir);
    while ((entry = readdir(dir))) {
        if (!strstr(entry->d_name, ".pcap"))
            continue;
        snprintf(path, sizeof path, "tests/captures/%s", entry->d_name);
        load(path);
        by_hand();
        for (unsigned i = 0; i < sizeof bursts / sizeof *bursts; i++)
            by_table(path, bursts[i], 1024);
        seen++;
    }
    closedir(dir);
    cr_assert_gt(seen, 50);
}
