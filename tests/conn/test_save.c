/* Saving and restoring: what goes on from saved bytes goes on alike, and bytes that
 * nobody saved are refused. */
#include "wire.h"

#include <tcpseg/save.h>

#include "conn_int.h"

enum { AT_VERSION = 4, AT_LENGTH = 8, AT_CHECKSUM = 12, HEADER = 16 };

struct form {
    unsigned char bytes[TCPCONN_SAVED_SIZE];
    size_t size;
};

static struct form save(const struct wire *w)
{
    struct form f;

    memset(&f, 0xa5, sizeof f);
    SAME(tcpconn_save(w->conn, w->env, f.bytes, sizeof f.bytes, &f.size), 0);
    return f;
}

/* The bytes of the form are the same on every host, so its checksum is too. */
static void fit_checksum(struct form *f)
{
    uint32_t crc = UINT32_MAX;

    for (size_t i = 0; i < f->size; i++) {
        if (i >= AT_CHECKSUM && i < HEADER)
            continue;
        crc ^= f->bytes[i];
        for (int k = 0; k < 8; k++)
            crc = crc >> 1 ^ (crc & 1 ? 0xedb88320 : 0);
    }
    for (unsigned i = 0; i < 4; i++)
        f->bytes[AT_CHECKSUM + i] = (unsigned char)(~crc >> 8 * i);
}

static int restore(struct wire *w, const struct form *f, uint32_t flags)
{
    return tcpconn_restore(w->mem, sizeof w->mem, f->bytes, f->size, flags,
                           &w->conn);
}

/* Restored in place of what was saved. */
static void save_and_restore(struct wire *w, uint32_t flags)
{
    struct form f = save(w);
    struct tcpconn *conn = w->conn;
    size_t size =
        tcpconn_size(conn->flags & CONN_STATS ? TCPCONN_WITH_STATS : 0);
    unsigned char was[sizeof w->mem];

    conn->flags &= (uint16_t)~CONN_STRAIGHT; /* follows from the rest */
    memcpy(was, conn, size);
    memset(w->mem, 0xa5, sizeof w->mem);
    SAME(restore(w, &f, flags), 0);
    if (!flags)
        cr_expect(!memcmp(was, w->mem, size), "a member was not saved");
}

/* A life with something of everything, saved and restored before call `at`. */
static tcpconn_report live(struct wire *w, int at, int until)
{
    static const struct {
        int who;
        struct words said;
    } life[] = {
        {A, {.flags = TCPSEG_SYN, .tsval = 1}},
        {A, {.flags = TCPSEG_SYN, .tsval = 2, .seq = 700}},
        {B, {.flags = TCPSEG_SYN, .ack = 1, .tsval = 9, .tsecr = 1}},
        {A, {.seq = 1, .ack = 1, .tsval = 3, .tsecr = 9, .ttl = 64}},
        {A, {.seq = 1, .ack = 1, .len = 100, .tsval = 3, .tsecr = 9}},
        {A, {.seq = 301, .ack = 1, .len = 100, .tsval = 3, .tsecr = 9}},
        {B, {.seq = 1, .ack = 900, .tsval = 9, .tsecr = 3, .wnd = 10}},
        {A, {.flags = TCPSEG_RST, .seq = 450}},
        {A, {.seq = 401, .ack = 1, .len = 50, .tsval = 4, .tsecr = 9}},
        {B, {.flags = TCPSEG_FIN, .seq = 1, .ack = 451, .tsval = 10}},
        {A, {.flags = TCPSEG_FIN, .seq = 451, .ack = 1, .tsval = 4}},
        {A, {.seq = 452, .ack = 2, .tsval = 5, .tsecr = 10}},
        {B, {.seq = 2, .ack = 452, .tsval = 11, .tsecr = 5}},
        {A, {.flags = TCPSEG_FIN, .seq = 451, .ack = 2, .tsval = 6}},
        {A, {.flags = TCPSEG_SYN, .seq = 9000, .tsval = 7}},
    };

    for (int i = 0; i < until && i < (int)(sizeof life / sizeof *life); i++) {
        if (i == at)
            save_and_restore(w, 0);
        wire_say(w, life[i].who, &life[i].said);
    }
    return w->report;
}

static void goes_on(uint32_t parts)
{
    for (int at = 0; at < 16; at++)
        for (int until = at + 1; until <= 15; until++) {
            struct wire a, b;
            tcpconn_report left, kept;
            struct form one, other;

            wire_set_up(&a, parts);
            wire_set_up(&b, parts);
            a.iss[A] = b.iss[A] = 0xfffffff0;
            kept = live(&a, -1, until);
            left = live(&b, at, until);
            cr_expect(!memcmp(&kept, &left, sizeof kept), "%d: %d", at, until);
            one = save(&a);
            other = save(&b);
            cr_expect(one.size == other.size &&
                          !memcmp(one.bytes, other.bytes, one.size),
                      "%d: %d", at, until);
            SAME(tcpconn_deadline(a.conn, a.env),
                 tcpconn_deadline(b.conn, b.env));
        }
}

Test(save, goes_on_alike)
{
    goes_on(0);
}

Test(save, goes_on_alike_with_counters)
{
    goes_on(TCPCONN_WITH_STATS);
}

SCENE(save, counters_and_tag_are_kept)
{
    tcpconn_stats before, after;

    tcpconn_set_tag(w->conn, UINT64_C(0x1122334455667788));
    wire_open(w);
    SAY(w, A, .seq = 1, .ack = 1, .len = 100);
    before = wire_stats(w, A);
    save_and_restore(w, 0);
    after = wire_stats(w, A);
    SAME(before.bytes, 100);
    cr_expect(!memcmp(&before, &after, sizeof after));
    cr_expect_eq(tcpconn_tag(w->conn), UINT64_C(0x1122334455667788));
}

/* The form is a promise to other hosts and later versions. */
Test(save, form_is_pinned)
{
    static const unsigned char head[] = {'T', 'C', 'S', 'v', 1, 0, 0, 0};
    struct wire w;
    struct form f;
    uint32_t crc = 0;

    wire_set_up(&w, 0);
    tcpconn_set_tag(w.conn, 0x0102);
    w.iss[A] = 0x12345678;
    w.iss[B] = 0x9abcdef0;
    wire_open(&w);
    SAY(&w, A, .flags = TCPSEG_FIN, .seq = 1, .ack = 1, .len = 7);
    f = save(&w);
    for (unsigned i = 4; i-- > 0;)
        crc = crc << 8 | f.bytes[AT_CHECKSUM + i];
    SAME(f.size, 195);
    cr_expect(!memcmp(f.bytes, head, sizeof head));
    SAME(f.bytes[AT_LENGTH], f.size);
    SAME(crc, 0x1cbd10c5);
}

Test(save, misuse_is_refused)
{
    struct wire w;
    struct form f;
    size_t used = 0;
    tcpconn *out = NULL;

    wire_set_up(&w, TCPCONN_WITH_STATS);
    f = save(&w);
    SAME(tcpconn_save(NULL, w.env, f.bytes, f.size, &used), TCPSEG_ERR_ARG);
    SAME(tcpconn_save(w.conn, NULL, f.bytes, f.size, &used), TCPSEG_ERR_ARG);
    SAME(tcpconn_save(w.conn, w.env, NULL, 1, &used), TCPSEG_ERR_ARG);
    SAME(tcpconn_save(w.conn, w.env, f.bytes, f.size, NULL), TCPSEG_ERR_ARG);
    SAME(tcpconn_save(w.conn, w.env, NULL, 0, &used), TCPSEG_ERR_SIZE);
    SAME(used, f.size);
    SAME(tcpconn_save(w.conn, w.env, f.bytes, f.size - 1, &used),
         TCPSEG_ERR_SIZE);
    SAME(tcpconn_restore(NULL, 4096, f.bytes, f.size, 0, &out), TCPSEG_ERR_ARG);
    SAME(tcpconn_restore(w.mem, 4096, NULL, 0, 0, &out), TCPSEG_ERR_ARG);
    SAME(tcpconn_restore(w.mem, 4096, f.bytes, f.size, 2, &out),
         TCPSEG_ERR_ARG);
    SAME(tcpconn_restore(w.mem, 4096, f.bytes, f.size, 0, NULL),
         TCPSEG_ERR_ARG);
    SAME(tcpconn_restore(w.mem + 4, 4000, f.bytes, f.size, 0, &out),
         TCPSEG_ERR_ALIGN);
    SAME(tcpconn_restore(w.mem, tcpconn_size(TCPCONN_WITH_STATS) - 1, f.bytes,
                         f.size, 0, &out),
         TCPSEG_ERR_SIZE);
    tcpconn_end(w.conn, w.env, TCPCONN_END_CAPTURE);
    SAME(tcpconn_save(w.conn, w.env, f.bytes, f.size, &used), TCPSEG_ERR_STATE);
    memset(w.mem, 0, 4);
    SAME(tcpconn_save(w.conn, w.env, f.bytes, f.size, &used), TCPSEG_ERR_STATE);
}

static int saved_inside;

static void on_state(void *user, tcpconn *conn, const tcpconn_event *ev,
                     const void *bytes)
{
    struct wire *w = user;
    struct form f;

    (void)ev;
    (void)bytes;
    saved_inside = tcpconn_save(conn, w->env, f.bytes, sizeof f.bytes, &f.size);
}

Test(save, not_inside_a_callback)
{
    struct wire w;

    wire_set_up(&w, 0);
    w.cfg.user = &w;
    w.cfg.on_state = on_state;
    wire_configure(&w);
    SAY(&w, A, .flags = TCPSEG_SYN);
    SAME(saved_inside, TCPSEG_ERR_REENTRY);
}

/* Whatever byte is changed, and wherever it is cut; and the memory stays. */
Test(save, damage_is_noticed)
{
    struct wire w;
    struct form f, bad;
    unsigned char was[sizeof w.mem];

    wire_set_up(&w, TCPCONN_WITH_STATS);
    wire_open(&w);
    f = save(&w);
    memcpy(was, w.mem, sizeof was);
    for (size_t i = 0; i < f.size; i++) {
        bad = f;
        bad.bytes[i] ^= (unsigned char)(1u << i % 8);
        SAME(restore(&w, &bad, 0), TCPSEG_ERR_STATE);
        bad = f;
        bad.size = i;
        SAME(restore(&w, &bad, 0), TCPSEG_ERR_STATE);
    }
    bad = f;
    bad.bytes[AT_VERSION]++;
    fit_checksum(&bad);
    SAME(restore(&w, &bad, 0), TCPSEG_ERR_STATE);
    cr_expect(!memcmp(was, w.mem, sizeof was));
}

/* What no traffic leads to, with a checksum that fits: found in the form by what a
 * change of the connection changes there. */
static int restore_changed(struct wire *w, const struct tcpconn *changed)
{
    struct wire other = *w;
    struct form f;

    other.conn = (tcpconn *)other.mem;
    memcpy(other.mem, changed, sizeof *changed);
    f = save(&other);
    return restore(&other, &f, 0);
}

#define REFUSED(change)                                                        \
    do {                                                                       \
        struct tcpconn c = *w.conn;                                            \
                                                                               \
        change;                                                                \
        cr_expect_eq(restore_changed(&w, &c), TCPSEG_ERR_STATE, "%s",          \
                     #change);                                                 \
    } while (0)

Test(save, impossible_connections_are_refused)
{
    struct wire w;

    wire_set_up(&w, 0);
    SAME(restore_changed(&w, w.conn), 0);
    REFUSED(c.ep[0].state = TCPCONN_SYN_SENT);
    REFUSED(c.flags |= CONN_TS);
    REFUSED(c.ep[1].flags |= EP_NUMBERS);
    REFUSED(c.more[1].fired = 1);
    wire_open(&w);
    SAME(restore_changed(&w, w.conn), 0);
    REFUSED(c.ep[0].state = TCPCONN_TIME_WAIT + 1);
    REFUSED(c.ep[1].state = TCPCONN_CLOSED);
    REFUSED(c.ep[0].state = c.ep[1].state = TCPCONN_LISTEN);
    REFUSED(c.flags &= (uint16_t)~CONN_BEGUN);
    REFUSED(c.flags |= CONN_RESET);
    REFUSED(c.flags |= CONN_TIMED_OUT);
    REFUSED(c.flags |= CONN_RIVALS);
    REFUSED(c.ep[0].scale = 15 << 4);
    REFUSED(c.ep[0].scale = 3 << 4 | 4);
    REFUSED(c.ep[0].flags &= (uint16_t)~EP_NUMBERS);
    REFUSED(c.ep[0].flags |= EP_FIN | EP_FIN_AHEAD);
    REFUSED(c.ep[1].flags &= (uint16_t)~EP_SYN);
    REFUSED(c.ep[0].rcv_ack = c.ep[0].rcv_nxt + 1);
    REFUSED(c.pending[1].kind[1] = PENDING_AHEAD);
    REFUSED(c.pending[0].kind[0] = PENDING_DISPUTE + 1);
    REFUSED(c.more[0].next_syn.offered = 15);
    REFUSED(c.more[0].flags = 2 * EP_FIN_DOUBT);
    REFUSED(c.more[0].flags = EP_RST_DOUBT);
    REFUSED(c.more[1].offered = TCPCONN_OFFER_MD5);
    REFUSED(c.more[1].offered = 2 * TCPCONN_OFFER_AO);
}

/* Segments passed unseen: nothing is refused, and soon all is proven again. */
SCENE(save, assumed_finds_its_place)
{
    wire_open(w);
    SAY(w, A, .seq = 1, .ack = 1, .len = 100);
    SAY(w, B, .seq = 1, .ack = 101, .wnd = 200);
    save_and_restore(w, TCPCONN_RESTORE_ASSUMED);
    SAME(wire_summary(w).assumed, 1);
    SAME(wire_end(w, A).flags & TCPCONN_EP_WINDOW, 0);
    SAME(wire_end(w, A).state, TCPCONN_ESTABLISHED);
    SAME(wire_end(w, A).sure, 0);
    SAME(SAY(w, A, .seq = 5001, .ack = 9001, .len = 1000) <= TCPCONN_QUEUED, 1);
    SAME(SAY(w, B, .seq = 9001, .ack = 6001), TCPCONN_ACCEPTED);
    for (uint32_t i = 0; i < 4; i++) {
        SAME(SAY(w, A, .seq = 6001 + i, .ack = 9001 + i, .len = 1),
             TCPCONN_ACCEPTED);
        SAME(SAY(w, B, .seq = 9001 + i, .ack = 6002 + i, .len = 1),
             TCPCONN_ACCEPTED);
    }
    SAME(wire_end(w, A).sure, 1);
    SAME(wire_end(w, B).sure, 1);
    SAME(!(wire_end(w, A).flags & TCPCONN_EP_PROVEN), 0);
    SAME(!(wire_end(w, B).flags & TCPCONN_EP_PROVEN), 0);
}

SCENE(save, assumed_end_stays_one)
{
    wire_open(w);
    SAY(w, A, .flags = TCPSEG_RST, .seq = 1);
    save_and_restore(w, TCPCONN_RESTORE_ASSUMED);
    SAME(wire_summary(w).assumed, 0);
    SAME(wire_summary(w).why, TCPCONN_END_RESET);
    SAME(SAY(w, A, .flags = TCPSEG_SYN, .seq = 9000), TCPCONN_ACCEPTED);
}
