#include "traffic.h"

static void on_event(void *user, tcpconn *conn, const tcpconn_event *ev,
                     const void *bytes)
{
    struct world *w = user;

    (void)bytes;
    w->events[ev->type]++;
    if (ev->type == TCPCONN_EV_DATA)
        w->bytes += ev->len;
    if (ev->type == TCPCONN_EV_END) {
        w->ends[ev->why]++;
        w->ended = tcptable_id_of(w->table, conn);
        w->ended_tag = ev->tag;
    }
}

void world_set_up(struct world *w, uint32_t connections, uint32_t half_open)
{
    memset(w, 0, sizeof *w);
    w->now = UINT64_C(1000000) * SECOND;
    tcptable_config_default(&w->cfg, sizeof w->cfg);
    w->cfg.connections = connections;
    w->cfg.half_open = half_open;
    w->cfg.crowded = 100;
    w->cfg.seed[0] = 1;
    w->cfg.seed[1] = 2;
    tcpconn_config_default(&w->conn_cfg, sizeof w->conn_cfg);
    w->conn_cfg.user = w;
    w->conn_cfg.on_state = on_event;
    w->conn_cfg.on_data = on_event;
    w->conn_cfg.on_gap = on_event;
    w->conn_cfg.on_end = on_event;
}

void world_begin(struct world *w)
{
    w->size = tcptable_size(&w->cfg);
    w->block = aligned_alloc(64, w->size);
    cr_assert_not_null(w->block);
    cr_assert_eq(tcptable_init(w->block, w->size, &w->cfg, &w->table),
                 TCPSEG_OK);
    cr_assert_eq(
        tcpconn_env_init(&w->env_mem, sizeof w->env_mem, &w->conn_cfg, &w->env),
        TCPSEG_OK);
}

void world_tear_down(struct world *w)
{
    free(w->block);
}

struct pair pair_of(uint32_t n)
{
    return (struct pair){.a = 0x0a000000 + n,
                         .b = 0xc0a80001,
                         .a_port = (uint16_t)(1024 + n % 60000),
                         .b_port = 443,
                         .family = 4};
}

static void put32(uint8_t *to, uint32_t v)
{
    to[0] = (uint8_t)(v >> 24);
    to[1] = (uint8_t)(v >> 16);
    to[2] = (uint8_t)(v >> 8);
    to[3] = (uint8_t)v;
}

static void put_address(uint8_t *to, uint8_t family, uint32_t host)
{
    memset(to, 0, 16);
    if (family == 6)
        to[0] = 0xfd;
    put32(to + (family == 6 ? 12 : 0), host);
}

tcptable_tuple tuple_of(const struct pair *p, bool from_b)
{
    tcptable_tuple t;

    memset(&t, 0, sizeof t);
    t.family = p->family;
    put_address(from_b ? t.dst : t.src, p->family, p->a);
    put_address(from_b ? t.src : t.dst, p->family, p->b);
    t.src_port = from_b ? p->b_port : p->a_port;
    t.dst_port = from_b ? p->a_port : p->b_port;
    return t;
}

static size_t write_header(uint8_t *to, const struct pair *p, bool from_b,
                           uint8_t protocol, size_t len)
{
    size_t at = 12, ip;

    memset(to, 2, 12);
    if (p->vlan) {
        to[at++] = 0x81;
        to[at++] = 0x00;
        to[at++] = (uint8_t)(p->vlan >> 8);
        to[at++] = (uint8_t)p->vlan;
    }
    to[at++] = p->family == 6 ? 0x86 : 0x08;
    to[at++] = p->family == 6 ? 0xdd : 0x00;
    ip = at;
    if (p->family == 6) {
        memset(to + ip, 0, 8);
        to[ip] = 0x60;
        to[ip + 4] = (uint8_t)(len >> 8);
        to[ip + 5] = (uint8_t)len;
        to[ip + 6] = protocol;
        to[ip + 7] = 64;
        put_address(to + ip + 8, 6, from_b ? p->b : p->a);
        put_address(to + ip + 24, 6, from_b ? p->a : p->b);
        return ip + 40;
    }
    memset(to + ip, 0, 12);
    to[ip] = 0x45;
    to[ip + 2] = (uint8_t)((len + 20) >> 8);
    to[ip + 3] = (uint8_t)(len + 20);
    to[ip + 8] = 64;
    to[ip + 9] = protocol;
    put32(to + ip + 12, from_b ? p->b : p->a);
    put32(to + ip + 16, from_b ? p->a : p->b);
    return ip + 20;
}

uint32_t write_frame(uint8_t *to, const struct pair *p, bool from_b,
                     unsigned flags, uint32_t seq, uint32_t ack,
                     const char *text)
{
    size_t len = text ? strlen(text) : 0;
    size_t options = flags & TCPSEG_SYN ? 4 : 0, tcp;

    tcp = write_header(to, p, from_b, 6, 20 + options + len);
    memset(to + tcp, 0, 20);
    to[tcp] = (uint8_t)((from_b ? p->b_port : p->a_port) >> 8);
    to[tcp + 1] = (uint8_t)(from_b ? p->b_port : p->a_port);
    to[tcp + 2] = (uint8_t)((from_b ? p->a_port : p->b_port) >> 8);
    to[tcp + 3] = (uint8_t)(from_b ? p->a_port : p->b_port);
    put32(to + tcp + 4, (from_b ? ISS_B : ISS_A) + seq);
    if (flags & TCPSEG_ACK)
        put32(to + tcp + 8, (from_b ? ISS_A : ISS_B) + ack);
    to[tcp + 12] = (uint8_t)((20 + options) / 4 << 4);
    to[tcp + 13] = (uint8_t)flags;
    to[tcp + 14] = 0x40;
    if (options)
        memcpy(to + tcp + 20, "\x02\x04\x05\xb4", 4);
    if (len)
        memcpy(to + tcp + 20 + options, text, len);
    return (uint32_t)(tcp + 20 + options + len);
}

int send_segment(struct world *w, const struct pair *p, bool from_b,
                 unsigned flags, uint32_t seq, uint32_t ack, const char *text)
{
    uint8_t bytes[2048];
    uint32_t len = write_frame(bytes, p, from_b, flags, seq, ack, text);
    tcpseg_frame frame;
    tcpseg seg;

    cr_assert_eq(tcpseg_parse_frame(&seg, &frame, sizeof frame,
                                    TCPSEG_LINK_ETHERNET, 0, bytes, len, len),
                 TCPSEG_OK);
    w->now += 1000000;
    return tcptable_feed(w->table, w->env, &frame, &seg, bytes + frame.offset,
                         w->now, &w->out);
}

tcptable_id open_pair(struct world *w, const struct pair *p)
{
    cr_assert_eq(send_segment(w, p, false, TCPSEG_SYN, 0, 0, NULL),
                 TCPCONN_ACCEPTED);
    cr_assert_eq(send_segment(w, p, true, TCPSEG_SYN | TCPSEG_ACK, 0, 1, NULL),
                 TCPCONN_ACCEPTED);
    cr_assert_eq(send_segment(w, p, false, TCPSEG_ACK, 1, 1, NULL),
                 TCPCONN_ACCEPTED);
    return w->out.conn;
}

tcptable_stats stats_of(const struct world *w)
{
    tcptable_stats s;

    cr_assert_eq(tcptable_get_stats(w->table, &s, sizeof s), (int)sizeof s);
    return s;
}

const char *states_of(const struct world *w, tcptable_id id)
{
    static char text[64];
    tcpconn *conn = tcptable_conn(w->table, id);

    if (!conn)
        return "gone";
    snprintf(text, sizeof text, "%s/%s",
             tcpconn_state_name(tcpconn_state(conn, 0)),
             tcpconn_state_name(tcpconn_state(conn, 1)));
    return text;
}
