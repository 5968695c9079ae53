/* The pool: its limits, and what hostile traffic makes of it. */
#include "flow.h"

#include "queue_int.h"

static char text[60001];

static void open_flow(struct flow *f, uint32_t blocks, uint32_t block_size)
{
    memset(text, 't', sizeof text - 1);
    flow_set_up(f, blocks, block_size);
    flow_begin(f);
    flow_open(f);
}

static int say_bytes(struct flow *f, uint32_t seq, uint32_t len)
{
    return flow_feed(f, A, TCPSEG_ACK, seq, text, len, len, 0);
}

Test(pool, sizes)
{
    static const uint32_t wrong[] = {0, 1, 512, 1000, 1025, 131072};
    uint64_t mem[1 << 10];
    tcpconn_pool *pool;

    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        cr_expect_eq(tcpconn_pool_size(64, wrong[i]), 0);
        cr_expect_eq(tcpconn_pool_init(mem, sizeof mem, wrong[i], &pool),
                     TCPSEG_ERR_ARG);
    }
    cr_expect_eq(tcpconn_pool_size(3, 1024), 0);
    cr_expect_gt(tcpconn_pool_size(4, 65536), 4 * 65536);
    cr_expect_eq(tcpconn_pool_init(NULL, sizeof mem, 1024, &pool),
                 TCPSEG_ERR_ARG);
    cr_expect_eq(tcpconn_pool_init(mem, sizeof mem, 1024, NULL),
                 TCPSEG_ERR_ARG);
    cr_expect_eq(tcpconn_pool_init((char *)mem + 2, 5000, 1024, &pool),
                 TCPSEG_ERR_ALIGN);
    cr_expect_eq(tcpconn_pool_init(mem, 0, 1024, &pool), TCPSEG_ERR_SIZE);
    for (uint32_t blocks = 4; blocks < 8; blocks++) {
        size_t size = tcpconn_pool_size(blocks, 1024);
        tcpconn_pool_stats stats;

        cr_assert_eq(tcpconn_pool_init(mem, size, 1024, &pool), 0);
        cr_assert_eq(tcpconn_pool_get_stats(pool, &stats, sizeof stats),
                     sizeof stats);
        cr_expect_eq(stats.blocks, blocks);
        cr_expect_eq(stats.block_size, 1024);
        cr_expect_eq(tcpconn_pool_init(mem, size - 1, 1024, &pool),
                     blocks == 4 ? TCPSEG_ERR_SIZE : TCPSEG_OK);
    }
}

Test(pool, misuse)
{
    uint64_t mem[1 << 10] = {0};
    tcpconn_pool_stats stats;

    cr_expect_eq(tcpconn_pool_get_stats(NULL, &stats, sizeof stats),
                 TCPSEG_ERR_ARG);
    cr_expect_eq(
        tcpconn_pool_get_stats((tcpconn_pool *)mem, &stats, sizeof stats),
        TCPSEG_ERR_STATE);
    cr_expect_null(tcpconn_event_bytes(NULL, NULL, NULL));
    cr_expect_str_eq(tcpconn_overlap_name(TCPCONN_OVERLAP_SOLARIS), "solaris");
    cr_expect_str_eq(
        tcpconn_overlap_name(TCPCONN_OVERLAP_SOLARIS | TCPCONN_OVERLAP_SNORT),
        "solaris");
    cr_expect_null(tcpconn_overlap_name(TCPCONN_N_OVERLAPS));
    cr_expect_null(tcpconn_overlap_name(-1));
    cr_expect_str_eq(tcpconn_gap_name(TCPCONN_GAP_MOVED), "moved");
    cr_expect_null(tcpconn_gap_name(0));
    cr_expect_null(tcpconn_gap_name(TCPCONN_GAP_MOVED + 1));
}

Test(pool, another_one_is_refused)
{
    struct flow f;
    uint64_t *other;
    size_t size = tcpconn_pool_size(8, 1024);
    tcpconn_pool *own;

    open_flow(&f, 8, 1024);
    flow_say(&f, A, 4, "def");
    own = f.pool;
    other = malloc(2 * size);
    /* One of them has another id: a pool is known by its place. */
    for (size_t at = 0; at < size / 8; at++) {
        tcpconn_env *env = f.env;
        tcpconn_env_storage mem;

        cr_assert_eq(tcpconn_pool_init(other + at, size, 1024, &f.cfg.pool), 0);
        cr_assert_eq(tcpconn_env_init(&mem, sizeof mem, &f.cfg, &f.env), 0);
        if (flow_say(&f, A, 7, "ghi") == TCPSEG_ERR_STATE) {
            f.cfg.pool = NULL;
            cr_assert_eq(tcpconn_env_init(&mem, sizeof mem, &f.cfg, &f.env), 0);
            cr_expect_eq(flow_say(&f, A, 7, "ghi"), TCPSEG_ERR_STATE);
            cr_expect_eq(tcpconn_end(f.conn, f.env, TCPCONN_END_CAPTURE),
                         TCPSEG_ERR_STATE);
            f.env = env;
            f.cfg.pool = own;
            flow_say(&f, A, 1, "abc");
            TELLS(&f, "a0=abc a3=def");
            free(other);
            flow_tear_down(&f);
            return;
        }
        f.env = env;
    }
    cr_assert_fail("every pool has the same id");
}

Test(pool, everything_may_be_moved)
{
    struct flow f, moved;
    size_t size = tcpconn_pool_size(8, 1024);
    tcpconn_pool *pool = malloc(size);

    open_flow(&f, 8, 1024);
    flow_say(&f, A, 4, "def");
    memcpy(pool, f.pool, size);
    memset(f.pool, 0xee, size);
    moved = f;
    memset(&f.mem, 0xee, sizeof f.mem);
    free(f.pool);
    moved.pool = moved.cfg.pool = pool;
    moved.cfg.user = &moved;
    moved.conn = (tcpconn *)&moved.mem;
    cr_assert_eq(tcpconn_env_init(&moved.env_mem, sizeof moved.env_mem,
                                  &moved.cfg, &moved.env),
                 0);
    flow_say(&moved, A, 1, "abc");
    TELLS(&moved, "a0=abc a3=def");
    flow_tear_down(&moved);
}

/* ---- pull ---- */

Test(pull, bytes_are_found_until_the_next_call)
{
    struct flow f;
    tcpconn_event ring[8], ev;
    unsigned char data[26] = "....................abc";
    tcpseg seg;
    char got[16] = "";

    flow_set_up(&f, 8, 1024);
    f.cfg.on_data = f.cfg.on_gap = f.cfg.on_overlap = NULL;
    f.cfg.flags = TCPCONN_CONFIG_STREAMS;
    f.cfg.events = ring;
    f.cfg.events_size = sizeof *ring;
    f.cfg.events_capacity = 8;
    flow_begin(&f);
    flow_open(&f);
    while (tcpconn_next_event(f.env, &ev, sizeof ev) > 0)
        cr_expect_null(tcpconn_event_bytes(f.env, &ev, data));
    flow_say(&f, A, 4, "def");
    cr_expect_eq(tcpconn_next_event(f.env, &ev, sizeof ev), 0);
    memset(&seg, 0, sizeof seg);
    seg.seq = f.iss[A] + 1;
    seg.ack = f.iss[B] + 1;
    seg.flags = TCPSEG_ACK;
    seg.wnd = 65535;
    seg.data_offset = 5;
    seg.header_captured = 20;
    seg.payload_len = seg.payload_captured = 3;
    cr_assert_eq(tcpconn_feed(f.conn, f.env, A, &seg, data, f.now, NULL), 0);
    while (tcpconn_next_event(f.env, &ev, sizeof ev) > 0) {
        cr_assert_eq(ev.type, TCPCONN_EV_DATA);
        strncat(got, tcpconn_event_bytes(f.env, &ev, data), ev.len);
    }
    cr_expect_str_eq(got, "abcdef");
    flow_tear_down(&f);
}

/* ---- hostile ---- */

Test(hostile, single_bytes_in_reverse_order_take_few_blocks)
{
    struct flow f;

    open_flow(&f, 64, 1024);
    for (uint32_t seq = 20000; seq > 1; seq--)
        flow_feed(&f, A, TCPSEG_ACK, seq, text, 1, 1, 0);
    cr_expect_leq(flow_used(&f), 24);
    say_bytes(&f, 1, 1);
    cr_expect_eq(f.told[A].data, 20000);
    cr_expect_eq(flow_used(&f), 0);
    flow_tear_down(&f);
}

Test(hostile, holes_without_end_take_so_many_islands)
{
    struct flow f;

    open_flow(&f, 64, 2048);
    for (uint32_t seq = 3; seq < 60000; seq += 2)
        flow_feed(&f, A, TCPSEG_ACK, seq, text, 1, 1, 0);
    cr_expect_leq(flow_used(&f), 5);
    /* What was kept is told, what was not is missing. */
    flow_ack(&f, B, 60000);
    cr_expect_eq(f.told[A].at, 59999);
    cr_expect_eq(f.told[A].data, 64);
    cr_expect_eq(flow_used(&f), 0);
    flow_tear_down(&f);
}

Test(hostile, nothing_acknowledged_in_order_is_lost)
{
    struct flow f;

    /* A flood of text ahead of the window's first byte fills the pool; what comes in
     * order is delivered all the same. */
    open_flow(&f, 8, 1024);
    for (uint32_t seq = 2; seq < 59000; seq += 977)
        say_bytes(&f, seq, 900);
    for (uint32_t seq = 1; seq < 60000; seq += 1000) {
        say_bytes(&f, seq, 1000);
        flow_ack(&f, B, seq + 1000);
    }
    cr_expect_eq(f.told[A].data, 60000);
    cr_expect_eq(flow_used(&f), 0);
    flow_tear_down(&f);
}

Test(hostile, overlaps_flood)
{
    struct flow f;
    uint32_t random = 1;

    open_flow(&f, 64, 1024);
    for (int i = 0; i < 20000; i++) {
        random = random * 1664525u + 1013904223u;
        say_bytes(&f, 2 + random % 30000, 1 + (random >> 16) % 1400);
    }
    say_bytes(&f, 1, 1);
    flow_ack(&f, B, f.report.rel_seq + f.report.new_len);
    flow_end(&f);
    cr_expect_eq(flow_used(&f), 0);
    flow_tear_down(&f);
}

/* Many connections at once: none takes it all. */
Test(hostile, a_greedy_stream_leaves_room_for_others)
{
    struct flow greedy, modest;
    tcpconn_pool *own;

    open_flow(&greedy, 50, 1024);
    for (uint32_t seq = 3; seq < 60000; seq += 1000)
        say_bytes(&greedy, seq, 1000);
    cr_expect_leq(flow_used(&greedy), 40);
    flow_set_up(&modest, 0, 0);
    own = modest.pool;
    modest.pool = modest.cfg.pool = greedy.pool;
    flow_begin(&modest);
    flow_open(&modest);
    flow_say(&modest, A, 4, "def");
    flow_say(&modest, A, 1, "abc");
    TELLS(&modest, "a0=abc a3=def");
    modest.pool = own;
    flow_tear_down(&modest);
    flow_end(&greedy);
    cr_expect_eq(flow_used(&greedy), 0);
    flow_tear_down(&greedy);
}

Test(limit, islands_and_bytes_of_a_direction)
{
    struct flow f;

    flow_set_up(&f, 64, 1024);
    f.cfg.islands = 2;
    flow_begin(&f);
    flow_open(&f);
    flow_say(&f, A, 3, "b");
    flow_say(&f, A, 5, "d");
    TELLS(&f, "");
    flow_say(&f, A, 7, "f");
    TELLS(&f, "a6-7~");
    flow_say(&f, A, 4, "c"); /* joins two: there is room for one more */
    flow_say(&f, A, 7, "f");
    TELLS(&f, "");
    flow_say(&f, A, 1, "ab");
    TELLS(&f, "a0=ab a2=bcd");
    flow_end(&f);
    flow_tear_down(&f);

    memset(text, 't', sizeof text - 1);
    flow_set_up(&f, 64, 1024);
    f.cfg.keep = 4096;
    flow_begin(&f);
    flow_open(&f);
    for (uint32_t seq = 3; seq < 20000; seq += 1000)
        say_bytes(&f, seq, 1000);
    cr_expect_leq(flow_used(&f), 8);
    cr_expect_geq(flow_used(&f), 6);
    flow_end(&f);
    flow_tear_down(&f);
}

/* What is refused goes; what stands on the same page stays. */
Test(pool, a_page_is_shared)
{
    struct flow f;

    flow_set_up(&f, 16, 1024);
    f.wnd[B] = 8;
    flow_begin(&f);
    flow_open(&f);
    flow_say(&f, A, 3, "cd");
    flow_say(&f, A, 7, "ghijkl"); /* ends beyond the window */
    cr_expect(f.report.provisional);
    flow_say(&f, A, 5, "ef");
    flow_ack(&f, B, 1); /* refused */
    flow_say(&f, A, 1, "ab");
    TELLS(&f, "a0=ab a2=cd a4=ef");
    cr_expect_eq(flow_used(&f), 0);
    flow_tear_down(&f);
}

static void nobody(void *to, const struct piece *old, uint32_t start,
                   uint32_t end, int winner)
{
    (void)to;
    (void)old;
    (void)start;
    (void)end;
    (void)winner;
}

/* The front of a piece is refused: what is left of it on the same page stays there,
 * though the piece ends on another. */
Test(pool, what_is_left_of_a_refused_piece_is_still_there)
{
    enum { BLOCK = 1024, START = BLOCK - 24, REFUSED = 10, END = BLOCK + 76 };
    static uint64_t memory[32 * BLOCK / 8];
    const struct limits most = {16, UINT32_MAX};
    uint8_t bytes[END - START];
    struct text t = {START, END, END, bytes, PIECE_TENTATIVE};
    uint32_t stop = END;
    const uint8_t *kept;
    tcpconn_pool *pool;
    struct queue *q;

    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)i;
    cr_assert_eq(tcpconn_pool_init(memory, sizeof memory, BLOCK, &pool), 0);
    q = queue_at(pool, tcpsegp_queue_open(pool));
    tcpsegp_queue_put(pool, q, &most, &t, TCPCONN_OVERLAP_LINUX, false, nobody,
                      NULL);
    tcpsegp_queue_refuse(pool, q, START - 5, START + REFUSED);
    cr_assert_eq(q->n, 1);
    cr_assert_eq(q->blocks, 4, "the queue, an index, two pages");
    kept = tcpsegp_queue_bytes(pool, q, START + REFUSED, &stop);
    cr_assert_eq(stop, BLOCK);
    cr_assert_arr_eq(kept, bytes + REFUSED, BLOCK - START - REFUSED);
}
