/* A connection under any calls at all, and beside it others that have to agree: with
 * the endpoints exchanged, restored from what was saved, with a segment in two pieces;
 * one restored from spoiled bytes; and one whose streams are watched. The input: conn_input.h. */
#include "conn_input.h"
#include "conn_run.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { BASE, MIRROR, TWIN, SPOILED, STREAMED, N_RUNS };
static struct run runs[N_RUNS];
static struct run pieces; /* for CONN_OP_SPLIT */

/* ---- segments ---- */

static uint32_t number(uint32_t from, uint8_t code)
{
    int by = (int8_t)code, far = by < 0 ? -by : by;
    uint32_t far_by;

    if (far < 64)
        return from + (uint32_t)by;
    far_by = (UINT32_C(1) << (far < 127 ? far - 64 : 63) / 2) + (far & 1);
    return by < 0 ? from - far_by : from + far_by;
}

static uint32_t iss_of[2];

/* SND.NXT, or where the numbers will begin. */
static uint32_t next_of(const struct run *r, int dir)
{
    const tcpconn *conn = r->conn;

    return conn->ep[dir].flags & EP_NUMBERS ? conn->ep[dir].snd_nxt
                                            : iss_of[dir];
}

static void spoil(tcpseg *seg, unsigned how)
{
    static const uint32_t options[CONN_ODDS] = {
        [CONN_ODD_MD5] = TCPSEG_HAS_MD5,
        [CONN_ODD_AO] = TCPSEG_HAS_AO,
        [CONN_ODD_FAST_OPEN] = TCPSEG_HAS_FASTOPEN,
    };

    how %= CONN_ODDS;
    seg->present |= options[how];
    if (how == CONN_ODD_OFFSET)
        seg->error = TCPSEG_ERR_OFFSET;
    if (how == CONN_ODD_TRUNCATED)
        seg->header_captured = 12;
    if (how == CONN_ODD_CHECKSUM)
        seg->checksum_status = TCPSEG_CHECKSUM_BAD;
    if (how == CONN_ODD_FAST_OPEN)
        seg->fastopen_len = 8;
    if (how == CONN_ODD_URGENT)
        seg->defects |= UINT64_C(1) << TCPSEG_DEFECT_URGENT_ZERO;
    if (how == CONN_ODD_ECHO)
        seg->tsecr = UINT32_MAX / 2;
}

static void put_options(tcpseg *seg, const uint8_t *in, int dir)
{
    const tcpconn *conn = runs[BASE].conn;
    unsigned how = in[CONN_HOW];

    if (how & CONN_HOW_TIMESTAMP) {
        seg->present |= TCPSEG_HAS_TIMESTAMPS;
        seg->tsval = (uint32_t)(now / 1000000) + (in[CONN_TIME] >> 4 & 7u) -
                     (in[CONN_TIME] >> 4 & 8u);
        seg->tsecr = conn->ep[dir].ts_recent;
    }
    if (how & CONN_HOW_SACK) {
        seg->present |= TCPSEG_HAS_SACK;
        seg->sack_count = 1;
        seg->sack[0].left = seg->ack + 1;
        seg->sack[0].right = next_of(&runs[BASE], !dir);
    }
    if (how & CONN_HOW_SYN_OPTIONS) {
        seg->present |=
            TCPSEG_HAS_MSS | TCPSEG_HAS_WSCALE | TCPSEG_HAS_SACK_PERMITTED;
        seg->mss = 1460;
        seg->wscale = in[CONN_WND] & 15;
        if (!(seg->flags & TCPSEG_SYN))
            seg->defects |= UINT64_C(1) << TCPSEG_DEFECT_OPTION_SYN_ONLY;
    }
}

static tcpseg segment(const uint8_t *in, int dir)
{
    unsigned how = in[CONN_HOW], len = in[CONN_LEN];
    uint32_t seq = next_of(&runs[BASE], dir), ack = next_of(&runs[BASE], !dir);
    tcpseg seg;

    memset(&seg, 0, sizeof seg);
    seg.flags = in[CONN_FLAGS];
    seg.seq =
        number(how & CONN_HOW_SEQ_FIXED ? iss_of[dir] : seq, in[CONN_SEQ]);
    if (seg.flags & TCPSEG_ACK)
        seg.ack =
            number(how & CONN_HOW_ACK_FIXED ? iss_of[!dir] : ack, in[CONN_ACK]);
    seg.data_offset = 5;
    seg.header_captured = 20;
    seg.payload_len =
        len < 200 ? len : UINT32_C(1) << (len - 200 < 31 ? len - 200 : 31);
    seg.wnd = (uint16_t)(in[CONN_WND] << 8 | in[CONN_WND]);
    seg.ip_ttl = how & CONN_HOW_TTL ? 63 : 64;
    seg.ip_id = how & CONN_HOW_IP_ID ? 77 : 0;
    put_options(&seg, in, dir);
    if (in[CONN_OP] % CONN_OPS == CONN_OP_ODD)
        spoil(&seg, in[CONN_TIME] >> 4);
    return seg;
}

/* ---- calls ---- */
/* The same events, in the same order unless the endpoints are exchanged. */
static void agrees(const struct run *r)
{
    const struct run *base = &runs[BASE];

    CHECK(r->n_events == base->n_events && r->together == base->together);
    CHECK(r->mirrored || r->in_order == base->in_order);
}

static int is_held_to_base(int i)
{
    return i == MIRROR || (i == TWIN && runs[TWIN].conn);
}

static void feed_all(const tcpseg *seg, int dir)
{
    tcpconn_report first = feed(&runs[BASE], seg, dir);

    for (int i = BASE + 1; i < N_RUNS; i++) {
        tcpconn_report got;

        if (!runs[i].conn)
            continue;
        got = feed(&runs[i], seg, dir);
        if (!is_held_to_base(i))
            continue;
        if (i == TWIN) /* whose analysis began with it */
            got.analysis = first.analysis;
        CHECK(!memcmp(&first, &got, sizeof got));
        agrees(&runs[i]);
    }
}

/* A call without a report, on each: its answer. */
static int call(struct run *r, int op, const tcpseg *seg, int dir,
                const uint8_t *in)
{
    int why = TCPCONN_END_TIMED_OUT + in[CONN_SEQ] % 4;

    dir ^= r->mirrored;
    start_call(r, 0);
    if (op == CONN_OP_DROP)
        return tcpconn_drop(r->conn, r->env, dir, seg, now);
    if (op == CONN_OP_ICMP)
        return tcpconn_icmp(r->conn, r->env, dir, seg, in[CONN_LEN],
                            in[CONN_WND], in[CONN_ACK], now);
    if (op == CONN_OP_END) {
        int told;

        r->n_by_time = 0;
        told = tcpconn_end(r->conn, r->env, why);
        CHECK(told > 0 && r->ended);
        CHECK(tcpconn_end(r->conn, r->env, why) == TCPSEG_ERR_STATE);
        return told;
    }
    CHECK(tcpconn_deadline(r->conn, r->env) > now || r->n_by_time ||
          conn_over(r->conn));
    return tcpconn_tick(r->conn, r->env, now);
}

static void call_all(int op, const uint8_t *in)
{
    int dir = in[CONN_HOW] & CONN_HOW_B;
    tcpseg seg = segment(in, dir);
    int first = call(&runs[BASE], op, &seg, dir, in);

    CHECK(op != CONN_OP_TICK || first == (int)runs[BASE].n_events);
    for (int i = BASE + 1; i < N_RUNS; i++) {
        int answer = runs[i].conn ? call(&runs[i], op, &seg, dir, in) : 0;

        if (!is_held_to_base(i))
            continue;
        CHECK(answer == first);
        agrees(&runs[i]);
    }
}

/* A segment in order and unremarkable comes to the same in two pieces. */
static void split(const tcpseg *whole, int dir)
{
    const struct tcpconn *base = runs[BASE].conn;
    size_t size = conn_size(&runs[BASE]);
    tcpseg piece = *whole;
    tcpconn_report report;

    if (whole->payload_len < 2 || whole->payload_len > UINT16_MAX ||
        whole->ip_id || whole->flags & (TCPSEG_SYN | TCPSEG_RST | TCPSEG_URG) ||
        !(base->ep[!dir].flags & EP_WINDOW) ||
        whole->seq != base->ep[!dir].rcv_nxt ||
        tcpconn_judge(base, runs[BASE].env, dir, whole, NULL, now, &report) !=
            TCPCONN_ACCEPTED ||
        report.checks) {
        feed_all(whole, dir);
        return;
    }
    memcpy(pieces.state, runs[BASE].state, sizeof pieces.state);
    pieces.counts_ids = 0;
    pieces.conn = memcpy(allocate(size), base, size);
    piece.payload_len /= 2;
    piece.flags &= (uint16_t)~TCPSEG_FIN;
    feed(&pieces, &piece, dir);
    piece = *whole;
    piece.seq += whole->payload_len / 2;
    piece.payload_len -= whole->payload_len / 2;
    feed(&pieces, &piece, dir);
    feed_all(whole, dir);
    base = runs[BASE].conn;
    for (int i = 0; i < 2; i++) {
        CHECK(pieces.conn->ep[i].state == base->ep[i].state);
        CHECK(pieces.conn->ep[i].rcv_nxt == base->ep[i].rcv_nxt);
        CHECK(pieces.conn->ep[i].snd_nxt == base->ep[i].snd_nxt);
    }
    let_go(&pieces);
}

/* ---- saving ---- */

static size_t save(const struct run *r, uint8_t form[TCPCONN_SAVED_SIZE])
{
    size_t used = 0, needed = 0;

    CHECK(tcpconn_save(r->conn, r->env, NULL, 0, &needed) == TCPSEG_ERR_SIZE);
    CHECK(tcpconn_save(r->conn, r->env, form, TCPCONN_SAVED_SIZE, &used) ==
          TCPSEG_OK);
    CHECK(used == needed);
    return used;
}

/* Restored from an exact copy of what was saved, into exactly the room. */
static int restore(struct run *r, const uint8_t *form, size_t used,
                   uint32_t flags)
{
    size_t size = tcpconn_size(parts);
    void *mem = allocate(size), *copy = allocate(used);
    int error;

    memcpy(copy, form, used);
    memset(mem, 0xa5, size);
    error = tcpconn_restore(mem, size, copy, used, flags, &r->conn);
    free(copy);
    if (error) {
        for (size_t i = 0; i < size; i++)
            CHECK(((uint8_t *)mem)[i] == 0xa5);
        free(mem);
        return error;
    }
    for (int i = 0; i < 2; i++)
        r->state[i] = r->conn->ep[i].state;
    return 0;
}

/* No member is forgotten; one flag follows from the rest. */
static int is_same_memory(const tcpconn *a, const tcpconn *b, size_t size)
{
    struct tcpconn mine = *a, theirs = *b;

    mine.flags &= (uint16_t)~CONN_STRAIGHT;
    theirs.flags &= (uint16_t)~CONN_STRAIGHT;
    return !memcmp(&mine, &theirs, sizeof mine) &&
           !memcmp(a + 1, b + 1, size - sizeof mine);
}

static void make_twin(void)
{
    uint8_t form[TCPCONN_SAVED_SIZE], again[TCPCONN_SAVED_SIZE];
    size_t used = save(&runs[BASE], form);
    struct run *twin = &runs[TWIN];

    let_go(twin);
    CHECK(!restore(twin, form, used, 0));
    CHECK(save(twin, again) == used && !memcmp(form, again, used));
    CHECK(is_same_memory(runs[BASE].conn, twin->conn,
                         tcpconn_size(parts & TCPCONN_WITH_STATS)));
    memcpy(twin->given, runs[BASE].given, sizeof twin->given);
}

static void assume_all(void)
{
    uint8_t form[TCPCONN_SAVED_SIZE];

    for (int i = 0; i < N_RUNS; i++) {
        struct run was;

        if (!runs[i].conn || i == STREAMED) /* it would forget its blocks */
            continue;
        was = runs[i];
        CHECK(!restore(&runs[i], form, save(&was, form),
                       TCPCONN_RESTORE_ASSUMED));
        let_go(&was);
    }
}

static uint32_t crc32(const uint8_t *form, size_t size)
{
    uint32_t crc = UINT32_MAX;

    for (size_t i = 0; i < size; i++) {
        if (i >= 12 && i < 16)
            continue;
        crc ^= form[i];
        for (int k = 0; k < 8; k++)
            crc = crc >> 1 ^ (crc & 1 ? 0xedb88320 : 0);
    }
    return ~crc;
}

/* Spoiled bytes are noticed; with a checksum that fits, they are refused, or a
 * connection like any other. */
static void damage(const uint8_t *in)
{
    uint8_t form[TCPCONN_SAVED_SIZE];
    const struct run *from = runs[SPOILED].conn ? &runs[SPOILED] : &runs[BASE];
    size_t used = save(from, form);
    size_t at = (in[CONN_SEQ] | (size_t)in[CONN_ACK] << 8) % used;
    size_t also = in[CONN_TIME] % used;
    struct run *r = &runs[SPOILED];
    uint32_t crc;

    let_go(r);
    form[at] = (uint8_t)(form[at] + in[CONN_LEN]);
    form[also] = (uint8_t)(form[also] + in[CONN_WND]);
    crc = crc32(form, used);
    if (at != also && !in[CONN_WND] && in[CONN_LEN])
        CHECK(restore(r, form, used, 0) == TCPSEG_ERR_STATE);
    for (unsigned i = 0; i < 4; i++)
        form[12 + i] = (uint8_t)(crc >> 8 * i);
    CHECK(restore(r, form, used - 1, 0) == TCPSEG_ERR_STATE);
    if (restore(r, form, used, 0)) {
        r->conn = NULL;
        return;
    }
    r->counts_ids = 0;
    tcpconn_set_tag(r->conn, 77);
}

/* ---- an input ---- */

static uint64_t step_of(unsigned code)
{
    static const uint64_t steps[16] = {0,
                                       1,
                                       1000,
                                       100000,
                                       500000,
                                       1000000,
                                       10000000,
                                       50000000,
                                       200000000,
                                       1000000000,
                                       UINT64_C(10000000000),
                                       UINT64_C(30000000000),
                                       UINT64_C(60000000000),
                                       UINT64_C(240000000000),
                                       UINT64_C(900000000000),
                                       UINT64_C(432000000000000)};

    return steps[code & 15];
}

static void play(const uint8_t *in)
{
    unsigned op = in[CONN_OP] % CONN_OPS;
    int dir = in[CONN_HOW] & CONN_HOW_B;
    uint64_t step = (uint64_t)in[CONN_SEQ] << in[CONN_ACK] % 50;
    tcpseg seg;

    then = now;
    if (op <= CONN_OP_TICK)
        now += step_of(in[CONN_TIME]);
    else if (op == CONN_OP_FORWARD)
        now += step;
    else if (op == CONN_OP_BACK)
        now -= step < now ? step : now;
    seg = segment(in, dir);
    if (op <= CONN_OP_ODD)
        feed_all(&seg, dir);
    else if (op == CONN_OP_SPLIT)
        split(&seg, dir);
    else if (op == CONN_OP_JUDGE)
        CHECK(tcpconn_judge(runs[BASE].conn, runs[BASE].env, dir, &seg, NULL,
                            now, NULL) >= 0);
    else if (op <= CONN_OP_TICK)
        call_all((int)op, in);
    else if (op == CONN_OP_SAVE)
        make_twin();
    else if (op == CONN_OP_ASSUME)
        assume_all();
    else if (op == CONN_OP_DAMAGE)
        damage(in);
    else if (op == CONN_OP_MOVE)
        move(&runs[BASE]);
    else if (op == CONN_OP_END)
        call_all((int)op, in);
    if (op != CONN_OP_END)
        return;
    check_pool(&runs[STREAMED]);
    let_go(&runs[SPOILED]);
    for (int i = 0; i < N_RUNS; i++)
        if (runs[i].conn) {
            let_go(&runs[i]);
            begin(&runs[i]);
        }
}

/* It does not depend on which endpoint is which. */
static void check_analysis(void)
{
    tcpconn_analysis mine, theirs;

    CHECK(tcpconn_get_analysis(runs[BASE].conn, &mine, sizeof mine) > 0);
    CHECK(tcpconn_get_analysis(runs[MIRROR].conn, &theirs, sizeof theirs) > 0);
    theirs.dir ^= mine.segment != 0;
    CHECK(!memcmp(&mine, &theirs, sizeof mine));
    CHECK(mine.history[sizeof mine.history - 1] == 0);
}

/* What was counted, and all that is kept. */
static void check_last(void)
{
    uint8_t form[TCPCONN_SAVED_SIZE], again[TCPCONN_SAVED_SIZE];
    tcpconn_stats mine, theirs;
    tcpconn_summary sum;

    for (int i = 0; i < N_RUNS; i++)
        if (runs[i].conn)
            CHECK(tcpconn_get_summary(runs[i].conn, &sum, sizeof sum) > 0);
    if (parts & TCPCONN_WITH_ANALYSIS)
        check_analysis();
    for (int dir = 0; parts & TCPCONN_WITH_STATS && dir < 2; dir++) {
        CHECK(tcpconn_get_stats(runs[BASE].conn, dir, &mine, sizeof mine) > 0);
        CHECK(tcpconn_get_stats(runs[MIRROR].conn, !dir, &theirs,
                                sizeof theirs) > 0);
        CHECK(!memcmp(&mine, &theirs, sizeof mine));
    }
    if (runs[TWIN].conn)
        CHECK(save(&runs[BASE], form) == save(&runs[TWIN], again) &&
              !memcmp(form, again, save(&runs[BASE], form)));
}

static void set_up_all(const uint8_t *in)
{
    uint8_t policy = in[CONN_INPUT_POLICY];
    tcpconn_config cfg;

    tcpconn_config_default(&cfg, sizeof cfg);
    cfg.vantage = policy & CONN_POLICY_INLINE ? TCPCONN_VANTAGE_INLINE
                                              : TCPCONN_VANTAGE_TAP;
    cfg.profile[0] = policy & CONN_POLICY_RFC9293 ? TCPCONN_PROFILE_RFC9293
                                                  : TCPCONN_PROFILE_LINUX;
    cfg.midstream = !!(policy & CONN_POLICY_FROM_SYN);
    parts = policy & CONN_POLICY_STATS ? TCPCONN_WITH_STATS : 0;
    parts |= policy & CONN_POLICY_ANALYSIS ? TCPCONN_WITH_ANALYSIS : 0;
    for (int i = 0; i < N_RUNS; i++)
        set_up(&runs[i], cfg, i == MIRROR);
    set_up(&pieces, cfg, 0);
    begin(&runs[BASE]);
    begin(&runs[MIRROR]);
    watch_streams(&runs[STREAMED], policy ^ in[CONN_INPUT_ISS] ^
                                       (uint8_t)(in[CONN_INPUT_TIME] << 4));
    begin(&runs[STREAMED]);
    for (int i = 0; i < 2; i++) {
        uint8_t byte = in[CONN_INPUT_ISS + i];

        iss_of[i] = (uint32_t)(byte >> 4) * 0x11111111 - (byte & 15u);
    }
    now = (uint64_t)in[CONN_INPUT_TIME] * 1000000000;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < CONN_INPUT_HEADER)
        return 0;
    set_up_all(data);
    record_number = 0;
    for (size_t at = CONN_INPUT_HEADER; at + CONN_RECORD <= size;
         at += CONN_RECORD) {
        record_number++;
        play(data + at);
    }
    check_last();
    CHECK(tcpconn_end(runs[STREAMED].conn, runs[STREAMED].env,
                      TCPCONN_END_CAPTURE) > 0);
    check_pool(&runs[STREAMED]);
    for (int i = 0; i < N_RUNS; i++)
        let_go(&runs[i]);
    return 0;
}
