/* Makes capture files to measure with. The same arguments give the same bytes.
 *
 *     gen mixed    FILE [PACKETS [CONNECTIONS]]   many connections, all at once
 *     gen bulk     FILE [SEGMENTS]                one connection, full segments
 *     gen small    FILE [PACKETS [CONNECTIONS]]   acknowledgments only
 *     gen synflood FILE [PACKETS]                 SYNs from everywhere
 *     gen many     FILE [CONNECTIONS [PACKETS]]   handshakes, then 64-byte data
 *     gen churn    FILE [CONNECTIONS [AT_ONCE]]   short connections
 *
 * Ethernet, IPv4 and TCP with right checksums; classic pcap of this machine's
 * byte order, in microseconds. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIN = 1, SYN = 2, RST = 4, PSH = 8, ACK = 16 };
enum { MSS = 1460, STAMP_MOST = 7777777, PATTERN = 65536 + 2048 };

static FILE *out;
static uint64_t packets;
static uint64_t now_us = UINT64_C(1700000000) * 1000000;
static uint8_t pattern[PATTERN];

static uint64_t random64(void)
{
    static uint64_t state = UINT64_C(0x9e3779b97f4a7c14);

    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state * UINT64_C(0x2545f4914f6cdd1d);
}

static uint32_t below(uint32_t n)
{
    return (uint32_t)((random64() >> 32) * n >> 32);
}

static void store16(uint8_t *p, uint32_t v)
{
    p[0] = (uint8_t)(v >> 8);
    p[1] = (uint8_t)v;
}

static void store32(uint8_t *p, uint32_t v)
{
    store16(p, v >> 16);
    store16(p + 2, v & 0xffff);
}

static uint32_t sum16(const uint8_t *p, size_t n, uint32_t sum)
{
    for (size_t i = 0; i < n; i++)
        sum += (uint32_t)p[i] << (i % 2 ? 0 : 8);
    return sum;
}

static uint16_t checksum(uint32_t sum)
{
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)~sum;
}

/* ---- segments */

struct segment {
    uint32_t src, dst, seq, ack;
    uint16_t src_port, dst_port, wnd, payload;
    uint8_t flags, options_len, options[40];
};

static void write_ip(uint8_t *ip, const struct segment *s, uint32_t total)
{
    memset(ip, 0, 20);
    ip[0] = 0x45;
    store16(ip + 2, total);
    store16(ip + 4, (uint32_t)packets & 0xffff);
    ip[6] = 0x40;
    ip[8] = 64;
    ip[9] = 6;
    store32(ip + 12, s->src);
    store32(ip + 16, s->dst);
    store16(ip + 10, checksum(sum16(ip, 20, 0)));
}

static void write_tcp(uint8_t *tcp, const uint8_t *ip, const struct segment *s,
                      uint32_t header)
{
    store16(tcp, s->src_port);
    store16(tcp + 2, s->dst_port);
    store32(tcp + 4, s->seq);
    store32(tcp + 8, s->ack);
    tcp[12] = (uint8_t)(header / 4 << 4);
    tcp[13] = s->flags;
    store16(tcp + 14, s->wnd);
    store32(tcp + 16, 0);
    memcpy(tcp + 20, s->options, s->options_len);
    memcpy(tcp + header, pattern + (s->seq & 0xffff), s->payload);
    store16(tcp + 16,
            checksum(sum16(tcp, header + s->payload,
                           sum16(ip + 12, 8, 6 + header + s->payload))));
}

static void emit(const struct segment *s)
{
    uint8_t record[16 + 14 + 20 + 60 + 2048];
    uint8_t *eth = record + 16, *ip = eth + 14, *tcp = ip + 20;
    uint32_t header = 20u + s->options_len, total = 20 + header + s->payload;
    uint32_t head[4];

    now_us += 1 + below(3);
    head[0] = (uint32_t)(now_us / 1000000);
    head[1] = (uint32_t)(now_us % 1000000);
    head[2] = head[3] = 14 + total;
    memcpy(record, head, sizeof head);
    memcpy(eth, "\x02\0\0\0\0\x02\x02\0\0\0\0\x01\x08\0", 14);
    write_ip(ip, s, total);
    write_tcp(tcp, ip, s, header);
    fwrite(record, 1, 16 + 14 + total, out);
    packets++;
}

/* ---- connections */

struct side {
    uint32_t ip, next, recent;
    uint16_t port;
};

enum { OPENING, ANSWERED, OPENED, DATA, CLOSING, CLOSED_BY_0, CLOSED, RESET };

struct connection {
    struct side side[2];
    struct segment held, last;
    uint32_t id, left, burst, sack_left, sack_right;
    uint8_t stamps, sack, wscale, reset, state, turn, unacked;
    uint8_t held_for, has_last, sacking, sack_side;
};

/* Ordinary ones differ in options and length; plain ones are all alike. */
static void connect(struct connection *c, int plain, uint32_t segments)
{
    static uint32_t connections;
    uint32_t id = connections++, u;

    memset(c, 0, sizeof *c);
    c->id = id;
    c->side[0].ip = 0x0a000001 + (id * UINT32_C(2654435761) >> 10) % 0xfffff0;
    c->side[0].port = (uint16_t)(32768 + id % 28000);
    c->side[1].ip = 0xc0a80001 + id % 251;
    c->side[1].port = id & 3 ? 443 : 80;
    c->side[0].next = (uint32_t)random64();
    c->side[1].next = (uint32_t)random64();
    c->stamps = plain || below(100) < 85;
    c->sack = plain || below(100) < 90;
    c->wscale = plain || below(100) < 90;
    c->reset = below(100) < 12;
    c->burst = 1 + below(4);
    c->left = segments;
    u = below(100); /* most are short, few are long */
    if (segments > 0)
        return;
    if (u < 50)
        c->left = 2 + below(8);
    else if (u < 85)
        c->left = 10 + below(50);
    else if (u < 97)
        c->left = 60 + below(200);
    else
        c->left = 300 + below(1500);
}

static uint8_t *option_room(struct segment *s, unsigned len)
{
    uint8_t *p = s->options + s->options_len;

    s->options_len = (uint8_t)(s->options_len + len);
    return p;
}

static void put_stamps(uint8_t *p, struct connection *c, int side)
{
    uint32_t stamp =
        (uint32_t)(now_us / 1000) + (side ? STAMP_MOST : 0) + c->id;

    p[0] = 8;
    p[1] = 10;
    store32(p + 2, stamp);
    store32(p + 6, c->side[side].recent);
    c->side[!side].recent = stamp;
}

static void put_aligned_stamps(struct segment *s, struct connection *c,
                               int side)
{
    uint8_t *p = option_room(s, 12);

    p[0] = p[1] = 1;
    put_stamps(p + 2, c, side);
}

/* MSS, SACK permitted, timestamps, NOP, window scale: as Linux has them. */
static void put_syn_options(struct segment *s, struct connection *c, int side)
{
    uint8_t *p = option_room(s, 4);

    memcpy(p, "\x02\x04", 2);
    store16(p + 2, MSS);
    if (c->sack && c->stamps) {
        p = option_room(s, 12);
        memcpy(p, "\x04\x02", 2);
        put_stamps(p + 2, c, side);
    } else {
        if (c->sack)
            memcpy(option_room(s, 4), "\x01\x01\x04\x02", 4);
        if (c->stamps)
            put_aligned_stamps(s, c, side);
    }
    if (c->wscale)
        memcpy(option_room(s, 4), "\x01\x03\x03\x07", 4);
}

static void put_options(struct segment *s, struct connection *c, int side)
{
    uint8_t *p;

    if (c->stamps)
        put_aligned_stamps(s, c, side);
    if (!c->sack || !c->sacking || c->sack_side != side)
        return;
    p = option_room(s, 12);
    memcpy(p, "\x01\x01\x05\x0a", 4);
    store32(p + 4, c->sack_left);
    store32(p + 8, c->sack_right);
}

static struct segment make(struct connection *c, int side, uint8_t flags,
                           uint16_t payload)
{
    struct side *from = &c->side[side], *to = &c->side[!side];
    struct segment s = {.src = from->ip,
                        .dst = to->ip,
                        .src_port = from->port,
                        .dst_port = to->port,
                        .seq = from->next,
                        .ack = flags & ACK ? to->next : 0,
                        .flags = flags,
                        .payload = payload,
                        .wnd = c->wscale ? 2000 : 65000};

    if (flags & SYN) {
        s.wnd = 64240;
        put_syn_options(&s, c, side);
    } else {
        put_options(&s, c, side);
    }
    from->next += payload + (flags & SYN ? 1u : 0u) + (flags & FIN ? 1u : 0u);
    return s;
}

static void send(struct connection *c, int side, uint8_t flags,
                 uint16_t payload)
{
    struct segment s = make(c, side, flags, payload);

    emit(&s);
}

static uint16_t mixed_size(const struct connection *c)
{
    uint32_t u = below(100);

    if (u < 30)
        return (uint16_t)(1 + below(96));
    if (u < 55)
        return (uint16_t)(400 + below(200));
    return c->stamps ? MSS - 12 : MSS;
}

/* A segment that was held back comes late, and is acknowledged. */
static void release(struct connection *c)
{
    emit(&c->held);
    c->sacking = 0;
    send(c, c->held.src == c->side[0].ip, ACK, 0);
}

static void acknowledge(struct connection *c)
{
    struct segment s = make(c, !c->turn, ACK, 0);

    if (c->held_for)
        s.ack = c->held.seq; /* that one is still missing */
    emit(&s);
    c->unacked = 0;
}

/* In a thousand: 8 retransmissions, 12 segments out of order. */
static void send_data(struct connection *c, int perfect)
{
    uint32_t u = perfect ? 1000 : below(1000);
    struct segment s;

    if (u < 8 && c->has_last && c->last.src == c->side[c->turn].ip) {
        emit(&c->last);
        return;
    }
    s = make(c, c->turn, ACK | (c->burst == 1 ? PSH : 0), mixed_size(c));
    c->burst--;
    c->left--;
    if (u >= 8 && u < 20 && !c->held_for) {
        c->held = s;
        c->held_for = (uint8_t)(1 + below(3));
        c->sacking = 0;
        return;
    }
    if (c->held_for && s.src == c->held.src) {
        if (!c->sacking)
            c->sack_left = s.seq;
        c->sacking = 1;
        c->sack_side = !c->turn;
        c->sack_right = s.seq + s.payload;
    } else {
        c->last = s;
        c->has_last = 1;
    }
    emit(&s);
    c->unacked++;
}

static void data_step(struct connection *c, int perfect)
{
    if (c->unacked >= 2 || (c->burst == 0 && c->unacked > 0)) {
        acknowledge(c);
    } else if ((c->left == 0 || c->burst == 0) && c->held_for) {
        c->held_for = 1;
    } else if (c->left == 0) {
        c->state = c->reset ? RESET : CLOSING;
    } else {
        if (c->burst == 0) {
            c->turn = !c->turn;
            c->burst = 1 + below(c->turn ? 12 : 2);
        }
        send_data(c, perfect);
    }
}

/* The connection's next packets, mostly one. 0 when it has ended. */
static int step(struct connection *c, int perfect)
{
    if (c->held_for && --c->held_for == 0) {
        release(c);
        return 1;
    }
    switch (c->state) {
    case OPENING:
        send(c, 0, SYN, 0);
        c->state = ANSWERED;
        return 1;
    case ANSWERED:
        send(c, 1, SYN | ACK, 0);
        c->state = OPENED;
        return 1;
    case OPENED:
        send(c, 0, ACK, 0);
        c->state = DATA;
        return 1;
    case DATA:
        data_step(c, perfect);
        return 1;
    case CLOSING:
        send(c, 0, FIN | ACK, 0);
        c->state = CLOSED_BY_0;
        return 1;
    case CLOSED_BY_0:
        send(c, 1, FIN | ACK, 0);
        c->state = CLOSED;
        return 1;
    case CLOSED:
        send(c, 0, ACK, 0);
        return 0;
    default:
        send(c, below(2) != 0, RST | ACK, 0);
        return 0;
    }
}

/* ---- workloads */

static struct connection *connections(uint64_t n, int plain, uint32_t segments)
{
    struct connection *c = calloc(n, sizeof *c);

    if (c == NULL || n == 0 || n > UINT32_MAX) {
        fprintf(stderr, "no memory for %llu connections\n",
                (unsigned long long)n);
        exit(1);
    }
    for (uint64_t i = 0; i < n; i++)
        connect(&c[i], plain, segments);
    return c;
}

static void open_all(struct connection *c, uint64_t n)
{
    for (uint64_t i = 0; i < n; i++)
        for (int j = 0; j < 3; j++)
            step(&c[i], 1);
}

static void mixed(uint64_t n, uint64_t at_once)
{
    struct connection *c = connections(at_once, 0, 0), *next;

    while (packets < n) {
        next = &c[below((uint32_t)at_once)];
        if (!step(next, 0))
            connect(next, 0, 0);
    }
    free(c);
}

static void bulk(uint64_t n, uint64_t unused)
{
    struct connection *c = connections(1, 1, 1);

    (void)unused;
    c->stamps = 0;
    c->reset = 0;
    open_all(c, 1);
    for (uint64_t i = 0; i < n; i++) {
        send(c, 1, ACK, MSS);
        if (i % 2)
            send(c, 0, ACK, 0);
    }
    c->state = CLOSING;
    while (step(c, 1))
        ;
    free(c);
}

/* Acknowledgments of data that this tap did not see, one in twenty with SACK. */
static void small(uint64_t n, uint64_t at_once)
{
    struct connection *c = connections(at_once, 1, 1), *next;

    for (uint64_t i = 0; i < at_once; i++)
        c[i].stamps = i % 4 != 0;
    open_all(c, at_once);
    while (packets < n) {
        int side = (int)below(2);

        next = &c[below((uint32_t)at_once)];
        next->side[!side].next += 1448;
        next->sacking = below(20) == 0;
        next->sack_side = (uint8_t)side;
        next->sack_left = next->side[!side].next + 1448;
        next->sack_right = next->sack_left + 2896;
        send(next, side, ACK, 0);
    }
    free(c);
}

static void synflood(uint64_t n, uint64_t unused)
{
    struct connection c;

    (void)unused;
    for (uint64_t i = 0; i < n; i++) {
        uint64_t r = random64();

        connect(&c, 1, 1);
        c.side[0].ip = 0x01000000 + (uint32_t)r % 0xde000000;
        c.side[0].port = (uint16_t)(r >> 40 | 1);
        c.side[1].ip = 0xc0a80001;
        c.side[1].port = 443;
        if ((r >> 32) % 10 < 3)
            c.stamps = c.sack = c.wscale = 0;
        send(&c, 0, SYN, 0);
    }
}

static void many(uint64_t n, uint64_t data)
{
    struct connection *c = connections(n, 1, 1);

    open_all(c, n);
    for (uint64_t i = 0; i < data; i++)
        send(&c[below((uint32_t)n)], (int)below(2), ACK | PSH, 64);
    free(c);
}

static void churn(uint64_t n, uint64_t at_once)
{
    struct connection *c = connections(at_once, 1, 2), *next;
    uint64_t done = 0;

    while (done < n) {
        next = &c[below((uint32_t)at_once)];
        if (step(next, 1))
            continue;
        done++;
        connect(next, 1, 2);
    }
    free(c);
}

static const struct workload {
    const char *name;
    void (*make)(uint64_t, uint64_t);
    uint64_t first, second;
} workloads[] = {
    {"mixed", mixed, 1000000, 10000}, {"bulk", bulk, 300000, 0},
    {"small", small, 1000000, 1000},  {"synflood", synflood, 2000000, 0},
    {"many", many, 1000000, 2000000}, {"churn", churn, 150000, 100},
};

static uint64_t number(int argc, char **argv, int i, uint64_t otherwise)
{
    return argc > i ? strtoull(argv[i], NULL, 0) : otherwise;
}

int main(int argc, char **argv)
{
    static const uint16_t version[2] = {2, 4};
    static const uint32_t magic = 0xa1b2c3d4, rest[4] = {0, 0, 262144, 1};
    const struct workload *w = NULL;

    for (size_t i = 0; argc > 2 && i < sizeof workloads / sizeof *w; i++)
        if (strcmp(argv[1], workloads[i].name) == 0)
            w = &workloads[i];
    if (w == NULL) {
        fprintf(stderr, "usage: gen mixed|bulk|small|synflood|many|churn FILE "
                        "[NUMBER [NUMBER]]\n");
        return 2;
    }
    out = fopen(argv[2], "wb");
    if (out == NULL) {
        perror(argv[2]);
        return 1;
    }
    for (size_t i = 0; i < sizeof pattern; i++)
        pattern[i] = (uint8_t)(32 + (i * 7 + i / 61) % 94);
    fwrite(&magic, 1, sizeof magic, out);
    fwrite(version, 1, sizeof version, out);
    fwrite(rest, 1, sizeof rest, out);
    w->make(number(argc, argv, 3, w->first), number(argc, argv, 4, w->second));
    if (ferror(out) || fclose(out) != 0) {
        perror(argv[2]);
        return 1;
    }
    fprintf(stderr, "%s: %llu packets\n", argv[2], (unsigned long long)packets);
    return 0;
}
