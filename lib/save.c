/* Saving and restoring. What is written is what the members mean, not the memory:
 * one table for each struct says which there are, and both ways walk the tables, so
 * they cannot differ.
 *
 * The form: HEADER, then the members, all little-endian. What is read may be
 * anybody's, and later code indexes with it and trusts that its parts agree: a
 * connection that no traffic leads to is refused. */
#include <tcpseg/save.h>

#include "stats_int.h"

enum {
    FORM_VERSION = 1, /* moves when a table does, or what a member means */
    AT_MAGIC = 0,     /* "TCSv" */
    AT_VERSION = 4,   /* 16 bits */
    AT_PARTS = 6,     /* 16 bits, TCPCONN_WITH_ */
    AT_LENGTH = 8,    /* 32 bits, of all */
    AT_CHECKSUM = 12, /* 32 bits, of all but these */
    HEADER = 16
};
static const uint32_t form_magic = 0x76534354;

/* Flags of a connection that outlive the call, and do not follow from others. */
enum {
    SAVED_FLAGS = CONN_BEGUN | CONN_PICKED | CONN_RESET | CONN_TIMED_OUT |
                  CONN_LOSSY | CONN_TS | CONN_RIVALS | CONN_DISPUTED |
                  CONN_MANY_SYNS | CONN_SIGNED | CONN_WATCHED
};

/* A connection with all parts. */
struct image {
    struct tcpconn conn;
    struct conn_stats stats;
};

_Static_assert(offsetof(struct image, stats) == sizeof(struct tcpconn),
               "the counters stand behind the connection");
/* No member takes more room than in memory. */
_Static_assert(HEADER + sizeof(struct image) <= TCPCONN_SAVED_SIZE,
               "grew past the ABI");

/* ---- tables ---- */

/* A member, or neighbours alike. */
struct member {
    uint16_t offset;
    uint8_t width, count;
    uint64_t most; /* the largest value there is */
};

#define MEMBERS(type, name, width, count, most)                                \
    {                                                                          \
        offsetof(struct type, name), width, count, most                        \
    }
#define U8(type, name, most)  MEMBERS(type, name, 1, 1, most)
#define U16(type, name, most) MEMBERS(type, name, 2, 1, most)
#define U32(type, name)       MEMBERS(type, name, 4, 1, UINT32_MAX)
#define U64(type, name)       MEMBERS(type, name, 8, 1, UINT64_MAX)

/* clang-format off */
static const struct member conn_members[] = {
    U16(tcpconn, flags, UINT16_MAX),
    U8(tcpconn, last_id, UINT8_MAX),
    U64(tcpconn, last),
    U64(tcpconn, tag),
};

static const struct member endpoint_members[] = {
    U32(endpoint, snd_nxt),
    U32(endpoint, rcv_nxt),
    U32(endpoint, rcv_ack),
    U32(endpoint, rcv_edge),
    U32(endpoint, ts_recent),
    U16(endpoint, flags, UINT16_MAX),
    U8(endpoint, state, TCPCONN_TIME_WAIT),
    U8(endpoint, scale, 14 << 4 | 14),
};

static const struct member details_members[] = {
    U32(details, iss),
    U32(details, fin_seq),
    U32(details, wraps),
    U32(details, next_syn.iss),
    U16(details, next_syn.mss, UINT16_MAX),
    U16(details, next_syn.offered, UINT16_MAX),
    U16(details, mss, UINT16_MAX),
    U16(details, offered, 2 * TCPCONN_OFFER_AO - 1),
    U16(details, digest, UINT16_MAX),
    U16(details, wnd_max, UINT16_MAX),
    U8(details, fired, UINT8_MAX),
    U8(details, ttl, UINT8_MAX),
    U16(details, flags, 2 * EP_FIN_DOUBT - 1),
};
/* The rest of them, by state. */
static const struct member waiting_members[] = { U64(details, time_wait) };
static const struct member active_members[] = {
    U32(details, sack_edge),
    U32(details, ts_time),
};

static const struct member syn_members[] = {
    U32(syn, iss),
    U16(syn, mss, UINT16_MAX),
    U16(syn, offered, UINT16_MAX),
};
static const struct member pending_members[] = {
    MEMBERS(pending, end, 4, N_PENDING, UINT32_MAX),
    MEMBERS(pending, len, 2, N_PENDING, UINT16_MAX),
    MEMBERS(pending, id, 1, N_PENDING, UINT8_MAX),
    MEMBERS(pending, kind, 1, N_PENDING, PENDING_DISPUTE),
};

enum {
    N_COUNTERS = (offsetof(tcpconn_stats, path_mtu) -
                  offsetof(tcpconn_stats, segments)) / 8,
    N_WORDS = (offsetof(tcpconn_stats, rtt_handshake) -
               offsetof(tcpconn_stats, path_mtu)) / 4,
    N_TIMES = (offsetof(tcpconn_stats, checks) -
               offsetof(tcpconn_stats, rtt_handshake)) / 8
};
_Static_assert(offsetof(tcpconn_stats, checks) + 64 * 4 == sizeof(tcpconn_stats),
               "a counter that is not saved");

static const struct member stats_members[] = {
    U64(dir_stats, timed_at),
    U32(dir_stats, timed_end),
    U32(dir_stats, timed_tsval),
    U16(dir_stats, wnd, UINT16_MAX),
    U8(dir_stats, flags, ST_ALL),
    U8(dir_stats, n_holes, N_HOLES),
    MEMBERS(dir_stats, sum.segments, 8, N_COUNTERS, UINT64_MAX),
    MEMBERS(dir_stats, sum.path_mtu, 4, N_WORDS, UINT32_MAX),
    MEMBERS(dir_stats, sum.rtt_handshake, 8, N_TIMES, UINT64_MAX),
    MEMBERS(dir_stats, sum.checks, 4, 64, UINT32_MAX),
    MEMBERS(dir_stats, holes, 4, 2 * N_HOLES, UINT32_MAX),
    MEMBERS(dir_stats, open, 4, 3 * N_OPEN, UINT32_MAX),
};
/* clang-format on */

/* ---- walking them ---- */

/* One pass over all members: written, or read, or only counted. */
struct pass {
    const uint8_t *from;
    uint8_t *to;
    uint32_t done; /* bytes of the form */
    bool odd;      /* a value that there is not */
};

/* One number of `width` bytes of the host's. */
static uint64_t fetch(const uint8_t *p, unsigned width)
{
    uint16_t v16;
    uint32_t v32;
    uint64_t v64;

    switch (width) {
    case 1:
        return *p;
    case 2:
        memcpy(&v16, p, sizeof v16);
        return v16;
    case 4:
        memcpy(&v32, p, sizeof v32);
        return v32;
    default:
        memcpy(&v64, p, sizeof v64);
        return v64;
    }
}

static void put(uint8_t *p, unsigned width, uint64_t value)
{
    uint8_t v8 = (uint8_t)value;
    uint16_t v16 = (uint16_t)value;
    uint32_t v32 = (uint32_t)value;

    switch (width) {
    case 1:
        *p = v8;
        break;
    case 2:
        memcpy(p, &v16, sizeof v16);
        break;
    case 4:
        memcpy(p, &v32, sizeof v32);
        break;
    default:
        memcpy(p, &value, sizeof value);
        break;
    }
}

static uint64_t load_le(const uint8_t *p, unsigned width)
{
    uint64_t value = 0;

    while (width)
        value = value << 8 | p[--width];
    return value;
}

static void store_le(uint8_t *p, unsigned width, uint64_t value)
{
    for (unsigned i = 0; i < width; i++)
        p[i] = (uint8_t)(value >> 8 * i);
}

static void pass_member(struct pass *p, uint8_t *at, const struct member *m)
{
    for (unsigned i = 0; i < m->count; i++, at += m->width) {
        if (p->to) {
            store_le(p->to + p->done, m->width, fetch(at, m->width));
        } else if (p->from) {
            uint64_t value = load_le(p->from + p->done, m->width);

            p->odd |= value > m->most;
            put(at, m->width, value);
        }
        p->done += m->width;
    }
}

static void pass_members(struct pass *p, void *object,
                         const struct member *members, size_t size)
{
    for (size_t i = 0; i < size / sizeof *members; i++)
        pass_member(p, (uint8_t *)object + members[i].offset, &members[i]);
}

#define PASS(p, object, members)                                               \
    pass_members(p, object, members, sizeof(members))

static void pass_endpoint(struct pass *p, tcpconn *conn, int i)
{
    PASS(p, &conn->ep[i], endpoint_members);
    PASS(p, &conn->more[i], details_members);
    if (conn->ep[i].state == TCPCONN_TIME_WAIT)
        PASS(p, &conn->more[i], waiting_members);
    else
        PASS(p, &conn->more[i], active_members);
    if (!(conn->flags & CONN_RIVALS))
        PASS(p, &conn->pending[i], pending_members);
    else
        for (unsigned k = 0; k < N_RIVALS; k++)
            PASS(p, &conn->rivals[i][k], syn_members);
}

static void pass_all(struct pass *p, struct image *image, bool with_stats)
{
    PASS(p, &image->conn, conn_members);
    for (int i = 0; i < 2; i++)
        pass_endpoint(p, &image->conn, i);
    for (int i = 0; with_stats && i < 2; i++)
        PASS(p, &image->stats.dir[i], stats_members);
}

/* The same whatever is in it: what shares memory takes the same room. */
static uint32_t form_size(bool with_stats)
{
    struct image image;
    struct pass count = {NULL, NULL, HEADER, false};

    memset(&image, 0, sizeof image);
    pass_all(&count, &image, with_stats);
    return count.done;
}

/* CRC-32 as in IEEE 802.3, four bits at a time: it finds all that transport and
 * storage do to bytes, and keeps nobody from forging them. */
static uint32_t checksum(uint32_t crc, const uint8_t *p, size_t len)
{
    static const uint32_t table[16] = {
        0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4,
        0x4db26158, 0x5005713c, 0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c,
        0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c};

    crc = ~crc;
    while (len--) {
        crc ^= *p++;
        crc = crc >> 4 ^ table[crc & 15];
        crc = crc >> 4 ^ table[crc & 15];
    }
    return ~crc;
}

static uint32_t form_checksum(const uint8_t *form, uint32_t size)
{
    return checksum(checksum(0, form, AT_CHECKSUM), form + HEADER,
                    size - HEADER);
}

/* ---- saving ---- */

static int check_saving(const tcpconn *conn, const tcpconn_env *env,
                        const void *buf, size_t size, const size_t *used)
{
    if (!conn || !env || !used || (!buf && size))
        return TCPSEG_ERR_ARG;
    if (!conn_valid(conn) || !env_valid(env))
        return TCPSEG_ERR_STATE;
    if (env->busy || conn->flags & CONN_BUSY)
        return TCPSEG_ERR_REENTRY;
    return conn->flags & CONN_ENDED ? TCPSEG_ERR_STATE : TCPSEG_OK;
}

int tcpconn_save(const tcpconn *conn, const tcpconn_env *env, void *buf,
                 size_t size, size_t *used)
{
    struct pass pass = {NULL, buf, HEADER, false};
    int error = check_saving(conn, env, buf, size, used);
    struct image image;
    bool with_stats;
    uint32_t length;

    if (error)
        return error;
    with_stats = conn->flags & CONN_STATS;
    length = form_size(with_stats);
    *used = length;
    if (size < length)
        return TCPSEG_ERR_SIZE;
    memcpy(&image, conn, with_stats ? sizeof image : sizeof image.conn);
    image.conn.flags &= SAVED_FLAGS;
    pass_all(&pass, &image, with_stats);
    store_le(pass.to + AT_MAGIC, 4, form_magic);
    store_le(pass.to + AT_VERSION, 2, FORM_VERSION);
    store_le(pass.to + AT_PARTS, 2, parts_of(conn));
    store_le(pass.to + AT_LENGTH, 4, length);
    store_le(pass.to + AT_CHECKSUM, 4, form_checksum(pass.to, length));
    return TCPSEG_OK;
}

/* ---- restoring ---- */

static bool is_form(const uint8_t *form, size_t size)
{
    if (size < HEADER || load_le(form + AT_MAGIC, 4) != form_magic ||
        load_le(form + AT_VERSION, 2) != FORM_VERSION ||
        !tcpconn_size((uint32_t)load_le(form + AT_PARTS, 2)) ||
        load_le(form + AT_LENGTH, 4) != size ||
        form_size(load_le(form + AT_PARTS, 2) & TCPCONN_WITH_STATS) != size)
        return false;
    return load_le(form + AT_CHECKSUM, 4) ==
           form_checksum(form, (uint32_t)size);
}

/* An endpoint with one of these flags has all of those. */
static const struct {
    uint16_t one, all;
} implied[] = {
    {EP_HEARD, EP_NUMBERS},
    {EP_SYN_ACK, EP_SYN},
    {EP_FIN | EP_FIN_AHEAD, EP_NUMBERS},
};

static bool are_flags(const tcpconn *conn, int i)
{
    const struct endpoint *e = &conn->ep[i], *p = &conn->ep[!i];
    const unsigned fins = EP_FIN | EP_FIN_AHEAD;

    for (unsigned k = 0; k < sizeof implied / sizeof *implied; k++)
        if (e->flags & implied[k].one &&
            (e->flags & implied[k].all) != implied[k].all)
            return false;
    return (e->flags & fins) != fins &&
           (!(e->flags & EP_ACKED) || p->flags & EP_NUMBERS);
}

static bool is_syn(const struct syn *syn)
{
    return (syn->offered & 15) <= 14;
}

/* Provisional verdicts are flagged; other SYNs are there while a handshake is. */
static bool is_pending(const tcpconn *conn, int i)
{
    const struct pending *all = &conn->pending[i];
    bool flagged = conn->ep[i].flags & EP_PENDING;

    if (!(conn->flags & CONN_RIVALS))
        return flagged || !(all->kind[0] || all->kind[1]);
    for (unsigned k = 0; k < N_RIVALS; k++)
        if (conn->rivals[i][k].offered != UINT16_MAX &&
            !is_syn(&conn->rivals[i][k]))
            return false;
    return !flagged && conn->ep[i].state <= TCPCONN_SYN_RECEIVED;
}

/* Each member by itself and beside the others; what it has acknowledged it has, and
 * what it has was sent. */
static bool is_endpoint(const tcpconn *conn, int i)
{
    const struct endpoint *e = &conn->ep[i], *p = &conn->ep[!i];
    const struct details *d = &conn->more[i];
    unsigned low = e->scale & 15, high = e->scale >> 4;

    return low <= high && high <= 14 && are_flags(conn, i) &&
           is_syn(&d->next_syn) && is_pending(conn, i) &&
           (!(d->offered & (TCPCONN_OFFER_MD5 | TCPCONN_OFFER_AO)) ||
            conn->flags & CONN_SIGNED) &&
           (!(d->flags & (EP_RST_DOUBT | EP_BEHIND)) ||
            conn->flags & CONN_WATCHED) &&
           (!(e->flags & EP_ACKED) || seq_le(e->rcv_ack, e->rcv_nxt)) &&
           (!(p->flags & EP_NUMBERS) || seq_le(e->rcv_nxt, p->snd_nxt));
}

/* Before the first segment there is nothing; an end is that of both endpoints; and
 * one of them alone is CLOSED only after both FINs. */
static bool are_states(const tcpconn *conn)
{
    unsigned a = conn->ep[0].state, b = conn->ep[1].state;
    unsigned low = a < b ? a : b, high = a < b ? b : a;
    const unsigned over = CONN_RESET | CONN_TIMED_OUT;

    if (!(conn->flags & CONN_BEGUN))
        return high == TCPCONN_CLOSED && !conn->flags &&
               !((conn->ep[0].flags | conn->ep[1].flags) & ~EP_CHALLENGED) &&
               !(conn->more[0].fired | conn->more[1].fired);
    if (conn->flags & over)
        return high == TCPCONN_CLOSED;
    if (low == TCPCONN_CLOSED)
        return high == TCPCONN_CLOSED || high > TCPCONN_ESTABLISHED;
    return high > TCPCONN_LISTEN;
}

/* Traffic may have passed: the numbers are where to begin, as of a connection picked
 * up, and nobody knows which verdicts have been settled. */
static void assume(tcpconn *conn)
{
    const unsigned known =
        EP_PROVEN | EP_ONCE | EP_SURE | EP_WINDOW | EP_PENDING | EP_CHALLENGED;

    if (!(conn->flags & CONN_BEGUN) || conn_over(conn))
        return;
    for (int i = 0; i < 2; i++) {
        conn->ep[i].flags &= (uint16_t)~known;
        conn->ep[i].rcv_edge = 0;
        if (conn->ep[i].state != TCPCONN_TIME_WAIT)
            conn->more[i].sack_edge = 0;
    }
    memset(conn->pending, 0, sizeof conn->pending);
    conn->flags &= (uint16_t)~CONN_RIVALS;
    conn->flags |= CONN_PICKED;
}

static bool read_form(struct image *image, const uint8_t *form, size_t size)
{
    struct pass pass = {form, NULL, HEADER, false};
    uint64_t parts;

    if (!is_form(form, size))
        return false;
    memset(image, 0, sizeof *image);
    parts = load_le(form + AT_PARTS, 2);
    pass_all(&pass, image, parts & TCPCONN_WITH_STATS);
    if (pass.odd || image->conn.flags & ~SAVED_FLAGS ||
        !are_states(&image->conn) || !is_endpoint(&image->conn, 0) ||
        !is_endpoint(&image->conn, 1))
        return false;
    image->conn.magic = CONN_MAGIC;
    if (parts & TCPCONN_WITH_STATS)
        image->conn.flags |= CONN_STATS;
    if (parts & TCPCONN_WITH_ANALYSIS)
        image->conn.flags |= CONN_ANALYSIS;
    return true;
}

int tcpconn_restore(void *mem, size_t mem_size, const void *buf, size_t size,
                    uint32_t flags, tcpconn **out)
{
    struct image image;
    size_t needed;

    if (!mem || !buf || !out || flags & ~(uint32_t)TCPCONN_RESTORE_ASSUMED)
        return TCPSEG_ERR_ARG;
    if ((uintptr_t)mem % _Alignof(tcpconn_storage))
        return TCPSEG_ERR_ALIGN;
    if (!read_form(&image, buf, size))
        return TCPSEG_ERR_STATE;
    needed = image.conn.flags & CONN_STATS ? sizeof image : sizeof image.conn;
    if (mem_size < tcpconn_size(parts_of(&image.conn)))
        return TCPSEG_ERR_SIZE;
    if (flags & TCPCONN_RESTORE_ASSUMED)
        assume(&image.conn);
    memcpy(mem, &image, needed);
    *out = mem;
    if (image.conn.flags & CONN_ANALYSIS)
        tcpsegp_analysis_reset(*out);
    return TCPSEG_OK;
}
