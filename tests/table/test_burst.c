/* Packets of many connections, of none, and none at all: whatever comes between them,
 * a burst answers each as one call for it does. */
#include "traffic.h"

enum { PACKETS = 600, PAIRS = 12, ROOM = 256, NO_FRAME = 13, NO_TCP = 9 };

static uint8_t bytes[PACKETS][ROOM];
static const void *frames[PACKETS];
static uint32_t captured[PACKETS];
static tcptable_packet want[PACKETS], got[PACKETS];

static uint32_t next_random(void)
{
    static uint64_t state = 11;

    state = state * UINT64_C(6364136223846793005) + 1442695040888963407u;
    return (uint32_t)(state >> 33);
}

/* Trains of one connection, and changes between them; each opens in its turn. */
static void write_frames(void)
{
    static const unsigned flags[] = {TCPSEG_SYN, TCPSEG_SYN | TCPSEG_ACK,
                                     TCPSEG_ACK, TCPSEG_ACK,
                                     TCPSEG_ACK, TCPSEG_ACK | TCPSEG_FIN};
    unsigned steps[PAIRS] = {0}, n = 0;

    for (unsigned i = 0; i < PACKETS; i++) {
        struct pair p;
        unsigned step;

        if (next_random() % 3)
            n = next_random() % PAIRS;
        p = pair_of(n);
        p.family = n % 3 ? 4 : 6;
        step = steps[n]++ % 6;
        captured[i] = write_frame(bytes[i], &p, step == 1, flags[step],
                                  step > 1, step > 0, NULL);
        frames[i] = bytes[i];
        if (i % NO_TCP == NO_TCP - 1)
            bytes[i][12] = 0x12;
        if (i % NO_FRAME == NO_FRAME - 1)
            frames[i] = NULL;
    }
}

static void one_by_one(struct world *w)
{
    for (unsigned i = 0; i < PACKETS; i++) {
        tcpseg_frame frame;
        tcpseg seg;
        int error;

        memset(&want[i], 0, sizeof want[i]);
        want[i].now = got[i].now = SECOND + i * UINT64_C(1000000);
        want[i].result = TCPSEG_ERR_ARG;
        if (!frames[i])
            continue;
        error =
            tcpseg_parse_frame(&seg, &frame, sizeof frame, TCPSEG_LINK_ETHERNET,
                               0, frames[i], captured[i], captured[i]);
        tcptable_feed(w->table, w->env, &frame,
                      error == TCPSEG_ERR_NOT_FOUND ? NULL : &seg,
                      bytes[i] + frame.offset, want[i].now, &want[i]);
    }
}

/* A table with too few places: connections come and go within a burst. */
static void set_up(struct world *w)
{
    world_set_up(w, PAIRS / 3, 2);
    world_begin(w);
}

Test(table_burst, as_one_by_one)
{
    static const uint32_t sizes[] = {1,  2,  5,  6,  7,      12,
                                     13, 16, 17, 32, PACKETS};
    static struct world one, many;
    tcptable_stats a, b;

    write_frames();
    set_up(&one);
    one_by_one(&one);
    a = stats_of(&one);
    cr_assert(a.begun > 2 * PAIRS && a.not_tcp > 50 && a.verdicts[0] > 100,
              "%u begun, %u of other kinds, %u accepted", (unsigned)a.begun,
              (unsigned)a.not_tcp, (unsigned)a.verdicts[0]);
    for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++) {
        uint32_t size = sizes[k];

        set_up(&many);
        for (uint32_t i = 0; i < PACKETS; i += size)
            tcptable_feed_burst(many.table, many.env, TCPSEG_LINK_ETHERNET,
                                size < PACKETS - i ? size : PACKETS - i,
                                frames + i, captured + i, NULL, got + i);
        for (uint32_t i = 0; i < PACKETS; i++) {
            cr_assert(!memcmp(&got[i], &want[i], sizeof *got),
                      "packet %u in bursts of %u: %d, not %d", i, size,
                      got[i].result, want[i].result);
        }
        b = stats_of(&many);
        cr_assert(!memcmp(&a, &b, sizeof a), "%u", size);
        world_tear_down(&many);
    }
    world_tear_down(&one);
}
