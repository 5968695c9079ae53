/* The library for a browser: what JavaScript calls, and the memory it reads answers
 * from. Nothing is imported: no clock, no random numbers, no callbacks into JavaScript.
 *
 *   web_begin()   make a table in memory behind this module's own
 *   web_frame()   where to put a captured frame's bytes
 *   web_feed()    follow it: struct web_answer has the answer
 *   web_tick()    let time pass;  web_end()  end a connection
 *   web_events()  what callbacks told during the last of these calls
 *
 * tcpseg.mjs is the other side. It reads these structures by their offsets, which are
 * those of every target; the ones it counts on are held below. */
#include <tcpseg/tcpseg.h>

#define EXPORT __attribute__((visibility("default")))

enum {
    FRAME_MOST = 262144, /* the most that capture files have of one frame */
    EVENTS_MOST = 8192,
    ENDS_MOST = 64, /* connections that end in one call */
    CONNECTIONS_MOST = 1 << 16,
    POOL_BLOCK = 2048,
    POOL_BLOCKS_MOST = 1 << 15,
    ALIGN = 64,
    PAGE = 65536 /* of WebAssembly's memory */
};

/* Twice the library's maximum segment lifetime. */
#define TWO_MSL UINT64_C(60000000000)

/* What a frame was. */
enum { WEB_OTHER = 0, WEB_SEGMENT = 1, WEB_DATAGRAM = 2, WEB_ICMP = 3 };

/* The answer to one frame. */
struct web_answer {
    tcptable_packet packet;
    tcpseg seg;         /* WEB_ICMP: the one that the error quotes */
    tcpseg_frame frame; /* WEB_ICMP: of that */
    uint32_t what;      /* WEB_ */
    uint32_t reserved;
    tcpconn_analysis analysis; /* all 0 without a connection */
};

/* What a callback was told. */
struct web_event {
    tcptable_id conn;
    tcpconn_event event;
    /* Of an end: what had been agreed on, and TCPCONN_EP_ bits of both. */
    uint8_t ecn, fastopen, timestamps, sack, wscale, flags[2];
    uint8_t
        counters; /* where in web_counters() and web_records(), plus 1; 0: none */
};

#define AT(type, member, offset)                                               \
    _Static_assert(offsetof(type, member) == (offset), #type "." #member)

/* clang-format off */
_Static_assert(sizeof(struct web_answer) == 456, "struct web_answer");
AT(struct web_answer, packet, 0);
AT(struct web_answer, seg, 96);
AT(struct web_answer, frame, 224);
AT(struct web_answer, what, 352);
AT(struct web_answer, analysis, 360);
_Static_assert(sizeof(struct web_event) == 80, "struct web_event");
AT(struct web_event, event, 8);
AT(struct web_event, ecn, 72);
AT(struct web_event, flags, 77);
AT(struct web_event, counters, 79);
AT(tcptable_packet, conn, 8);
AT(tcptable_packet, result, 16);
AT(tcptable_packet, flags, 20);
AT(tcptable_packet, report, 32);
AT(tcpconn_report, verdict, 0);
AT(tcpconn_report, severity, 4);
AT(tcpconn_report, top_check, 5);
AT(tcpconn_report, state, 6);
AT(tcpconn_report, checks, 8);
AT(tcpconn_report, rel_seq, 36);
AT(tcpconn_report, rel_ack, 40);
AT(tcpconn_report, wnd_scaled, 44);
AT(tcpconn_report, advice, 52);
AT(tcpconn_report, provisional, 53);
AT(tcpconn_report, sure, 54);
AT(tcpconn_report, id, 56);
AT(tcpseg, src_port, 0);
AT(tcpseg, dst_port, 2);
AT(tcpseg, seq, 4);
AT(tcpseg, ack, 8);
AT(tcpseg, flags, 12);
AT(tcpseg, wnd, 14);
AT(tcpseg, checksum, 16);
AT(tcpseg, up, 18);
AT(tcpseg, data_offset, 20);
AT(tcpseg, header_captured, 21);
AT(tcpseg, payload_len, 24);
AT(tcpseg, payload_captured, 28);
AT(tcpseg, present, 32);
AT(tcpseg, error, 36);
AT(tcpseg, defects, 40);
AT(tcpseg, mss, 48);
AT(tcpseg, wscale, 50);
AT(tcpseg, sack_count, 51);
AT(tcpseg, checksum_status, 60);
AT(tcpseg, sack, 64);
AT(tcpseg_frame, addr, 0);
AT(tcpseg_frame, stop, 72);
AT(tcpseg_frame, ip_id, 74);
AT(tcpconn_event, now, 0);
AT(tcpconn_event, offset, 8);
AT(tcpconn_event, len, 16);
AT(tcpconn_event, type, 24);
AT(tcpconn_event, dir, 25);
AT(tcpconn_event, endpoint, 26);
AT(tcpconn_event, old_state, 27);
AT(tcpconn_event, new_state, 28);
AT(tcpconn_event, sure, 29);
AT(tcpconn_event, why, 30);
AT(tcpconn_event, winner, 31);
AT(tcpconn_event, checks, 32);
AT(tcpconn_event, id, 48);
AT(tcpconn_event, verdict, 52);
_Static_assert(sizeof(tcpconn_stats) == 456, "tcpconn_stats");
AT(tcpconn_analysis, flags, 0);
AT(tcpconn_analysis, ack_rtt, 8);
AT(tcpconn_analysis, rto, 16);
AT(tcpconn_analysis, initial_rtt, 24);
AT(tcpconn_analysis, bytes_in_flight, 32);
AT(tcpconn_analysis, push_bytes, 36);
AT(tcpconn_analysis, dup_ack_num, 40);
AT(tcpconn_analysis, dup_ack_of, 44);
AT(tcpconn_analysis, segment, 48);
AT(tcpconn_analysis, completeness, 53);
AT(tcpconn_analysis, zeek_state, 54);
AT(tcpconn_analysis, history, 64);
_Static_assert(sizeof(tcpconn_analysis) == 96, "tcpconn_analysis");
/* clang-format on */

/* One capture at a time, in one instance of the module: these are its state. */
static struct {
    tcptable *table;
    tcpconn_env *env;
    tcpconn_env_storage env_memory;
    struct web_answer answer;
    uint32_t n_events, n_ends, lost, locate;
    uint8_t frame[FRAME_MOST];
    struct web_event events[EVENTS_MOST];
    tcpconn_stats counters[ENDS_MOST][2];
    tcpconn_analysis records[ENDS_MOST];
} web;

/* Where the linker says that memory is free from. */
extern uint8_t __heap_base;

EXPORT int web_begin(uint32_t connections, uint32_t blocks, uint32_t locate,
                     uint64_t seed0, uint64_t seed1);
EXPORT void *web_frame(void);
EXPORT uint32_t web_frame_most(void);
EXPORT int web_feed(uint32_t linktype, uint32_t captured, uint32_t length,
                    uint64_t now);
EXPORT const void *web_answer(void);
EXPORT int web_tick(uint64_t now);
EXPORT int web_end(uint64_t conn, int why);
EXPORT const void *web_events(void);
EXPORT const void *web_counters(void);
EXPORT const void *web_records(void);
EXPORT uint32_t web_n_events(void);
EXPORT uint32_t web_lost_events(void);
EXPORT int web_knows_link(uint32_t linktype);

/* ---- what the library tells ---- */

static void summarise(struct web_event *e, const tcpconn *conn)
{
    tcpconn_summary s;

    if (tcpconn_get_summary(conn, &s, sizeof s) < 0)
        return;
    e->ecn = s.ecn;
    e->fastopen = s.fastopen;
    e->timestamps = s.timestamps;
    e->sack = s.sack;
    e->wscale = s.wscale;
    for (int i = 0; i < 2; i++)
        e->flags[i] = (uint8_t)s.ep[i].flags;
}

static void keep_counters(struct web_event *e, const tcpconn *conn)
{
    if (web.n_ends == ENDS_MOST) {
        web.lost++;
        return;
    }
    for (int i = 0; i < 2; i++)
        tcpconn_get_stats(conn, i, &web.counters[web.n_ends][i],
                          sizeof web.counters[0][i]);
    tcpconn_get_analysis(conn, &web.records[web.n_ends], sizeof web.records[0]);
    e->counters = (uint8_t)++web.n_ends;
}

static void on_event(void *user, tcpconn *conn, const tcpconn_event *event,
                     const void *bytes)
{
    struct web_event *e = &web.events[web.n_events];

    (void)user;
    (void)bytes;
    if (web.n_events == EVENTS_MOST) {
        web.lost++;
        return;
    }
    web.n_events++;
    *e = (struct web_event){.conn = tcptable_id_of(web.table, conn),
                            .event = *event};
    if (event->type != TCPCONN_EV_END)
        return;
    summarise(e, conn);
    keep_counters(e, conn);
}

static void listen(tcpconn_config *config)
{
    config->on_state = config->on_revise = config->on_finding = on_event;
    config->on_end = config->on_data = config->on_gap = on_event;
    config->on_overlap = on_event;
    config->urgent = TCPCONN_URGENT_APART;
    /* What is over is kept for stragglers, but no longer than TIME-WAIT lasts. */
    config->timeout[TCPCONN_TIMEOUT_RESET] = TWO_MSL;
}

static void forget_events(void)
{
    web.n_events = web.n_ends = web.lost = 0;
}

/* ---- memory ---- */

static int grow_to(uint64_t end)
{
    uint64_t have = (uint64_t)__builtin_wasm_memory_size(0) * PAGE;

    if (end <= have)
        return TCPSEG_OK;
    if (end > UINT32_MAX ||
        __builtin_wasm_memory_grow(
            0, (size_t)((end - have + PAGE - 1) / PAGE)) == SIZE_MAX)
        return TCPSEG_ERR_FULL;
    return TCPSEG_OK;
}

static uint64_t round_up(uint64_t n)
{
    return (n + ALIGN - 1) / ALIGN * ALIGN;
}

/* The table and the pool behind it, both behind all that is static. */
static int make(const tcptable_config *table, uint32_t blocks,
                tcpconn_config *config)
{
    uint64_t size = tcptable_size(table);
    uint64_t pool_size = tcpconn_pool_size(blocks, POOL_BLOCK);
    uint64_t at = round_up((uintptr_t)&__heap_base);
    uint64_t pool_at = round_up(at + size);
    int error;

    if (!size || !pool_size)
        return TCPSEG_ERR_ARG;
    error = grow_to(pool_at + pool_size);
    if (error)
        return error;
    error = tcpconn_pool_init((void *)(uintptr_t)pool_at, (size_t)pool_size,
                              POOL_BLOCK, &config->pool);
    if (error)
        return error;
    return tcptable_init((void *)(uintptr_t)at, (size_t)size, table,
                         &web.table);
}

/* Make room for so many connections and blocks of bytes out of order, and forget what
 * was there. locate: TCPSEG_LOCATE_ bits. */
int web_begin(uint32_t connections, uint32_t blocks, uint32_t locate,
              uint64_t seed0, uint64_t seed1)
{
    tcptable_config table;
    tcpconn_config config;
    int error;

    web.table = NULL;
    if (connections - 1u >= CONNECTIONS_MOST || blocks - 1u >= POOL_BLOCKS_MOST)
        return TCPSEG_ERR_ARG;
    forget_events();
    tcptable_config_default(&table, sizeof table);
    table.connections = table.half_open = connections;
    table.parts = TCPCONN_WITH_STATS | TCPCONN_WITH_ANALYSIS;
    table.crowded = 100; /* a file is read to see all of it */
    table.seed[0] = seed0;
    table.seed[1] = seed1;
    tcpconn_config_default(&config, sizeof config);
    listen(&config);
    web.locate = locate;
    error = make(&table, blocks, &config);
    if (!error)
        error = tcpconn_env_init(&web.env_memory, sizeof web.env_memory,
                                 &config, &web.env);
    if (error)
        web.table = NULL;
    return error;
}

/* ---- frames ---- */

void *web_frame(void)
{
    return web.frame;
}

uint32_t web_frame_most(void)
{
    return FRAME_MOST;
}

/* An error about a segment goes to the connection that it quotes. */
static void feed_icmp(struct web_answer *a, uint32_t captured, uint32_t length,
                      uint64_t now)
{
    enum { TCP = 6, LEAST_QUOTED = 8 /* bytes, to the sequence number */ };
    tcpseg_frame outer = a->frame;
    tcpseg_icmp icmp;

    if (tcpseg_icmp_parse(&icmp, sizeof icmp, &outer, web.frame, captured,
                          length) < 0)
        return;
    tcpseg_parse_frame(&a->seg, &a->frame, sizeof a->frame, TCPSEG_LINK_RAW, 0,
                       web.frame + icmp.quoted, captured - icmp.quoted,
                       length - icmp.quoted);
    if (a->frame.stop != TCPSEG_STOP_NONE || a->frame.addr.protocol != TCP ||
        a->seg.header_captured < LEAST_QUOTED)
        return;
    a->what = WEB_ICMP;
    tcptable_icmp(web.table, web.env, &outer, web.frame, captured, length, now,
                  &a->packet);
}

static void feed_segment(struct web_answer *a, uint64_t now)
{
    a->what = WEB_SEGMENT;
    a->packet.result =
        tcptable_feed(web.table, web.env, &a->frame, &a->seg,
                      web.frame + a->frame.offset, now, &a->packet);
    if (a->packet.report.verdict != TCPCONN_MALFORMED)
        tcpconn_get_analysis(tcptable_conn(web.table, a->packet.conn),
                             &a->analysis, sizeof a->analysis);
}

/* Follow the frame at web_frame(). The return value is WEB_, or an error. */
int web_feed(uint32_t linktype, uint32_t captured, uint32_t length,
             uint64_t now)
{
    enum { TCP = 6 };
    struct web_answer *a = &web.answer;

    if (!web.table)
        return TCPSEG_ERR_STATE;
    if (captured > FRAME_MOST)
        return TCPSEG_ERR_ARG;
    captured = captured < length ? captured : length;
    forget_events();
    *a = (struct web_answer){.what = WEB_OTHER};
    if (tcpseg_parse_frame(&a->seg, &a->frame, sizeof a->frame, linktype,
                           web.locate, web.frame, captured,
                           length) == TCPSEG_ERR_ARG)
        return TCPSEG_ERR_ARG;
    if (a->frame.stop == TCPSEG_STOP_PROTOCOL)
        feed_icmp(a, captured, length, now);
    else if (a->frame.stop != TCPSEG_STOP_NONE)
        return WEB_OTHER;
    else if (a->frame.addr.protocol != TCP)
        a->what = WEB_DATAGRAM;
    else
        feed_segment(a, now);
    return (int)a->what;
}

const void *web_answer(void)
{
    return &web.answer;
}

/* ---- time and ends ---- */

/* Above 0: call again, there may be more. Few steps at a time, so that what they tell
 * has room. */
int web_tick(uint64_t now)
{
    enum { STEPS = 8 };
    int steps;

    if (!web.table)
        return TCPSEG_ERR_STATE;
    forget_events();
    steps = tcptable_tick(web.table, web.env, now, STEPS);
    return steps == STEPS || steps < 0 ? steps : 0;
}

int web_end(uint64_t conn, int why)
{
    if (!web.table)
        return TCPSEG_ERR_STATE;
    forget_events();
    return tcptable_remove(web.table, web.env, conn, why);
}

/* ---- what was told ---- */

const void *web_events(void)
{
    return web.events;
}

/* Of both directions of a connection that ended. */
const void *web_counters(void)
{
    return web.counters;
}

/* And what was known of it. */
const void *web_records(void)
{
    return web.records;
}

uint32_t web_n_events(void)
{
    return web.n_events;
}

uint32_t web_lost_events(void)
{
    return web.lost;
}

/* No frame, so the only thing to stumble over is the type. */
int web_knows_link(uint32_t linktype)
{
    tcpseg_frame frame;

    tcpseg_locate(&frame, sizeof frame, linktype, 0, "", 0, 0);
    return frame.stop != TCPSEG_STOP_LINK;
}
