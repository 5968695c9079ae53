/* ICMP errors, taken to the connection whose segment they quote. */
#include "frame_int.h"
#include "table_int.h"

enum { LEAST_QUOTED = 8 /* of the segment, to its sequence number */ };

static bool quotes_tcp(const struct parsed *p)
{
    return p->frame.stop == TCPSEG_STOP_NONE &&
           p->frame.addr.protocol == PROTOCOL_TCP &&
           p->seg.header_captured >= LEAST_QUOTED;
}

/* `name` is the quoted segment's, and so is the direction. */
static int notify(tcptable *t, tcpconn_env *env, const struct name *name,
                  const tcpseg *quoted, const tcpseg_icmp *icmp, uint64_t now,
                  tcptable_packet *out)
{
    uint32_t i = tcpsegp_find(t, name);
    int dir, answer;

    if (i != NOBODY && i & IS_HALF)
        i = tcpsegp_grow(t, env, i & ~IS_HALF);
    if (i == NOBODY || i & IS_ALIAS)
        return TCPSEG_ERR_NOT_FOUND;
    dir = name->upper ^ !!(cell_at(t, i)->bits & BIT_UPPER);
    out->conn = tcpsegp_id(t, i);
    if (dir)
        out->flags |= TCPTABLE_REVERSED;
    t->busy = 1;
    answer = tcpconn_icmp(conn_at(t, i), env, dir, quoted, icmp->type,
                          icmp->code, icmp->mtu, now);
    t->busy = 0;
    cell_at(t, i)->changed = t->round;
    tcpsegp_settle(t, env, i);
    return answer;
}

int tcptable_icmp(tcptable *table, tcpconn_env *env, const tcpseg_frame *frame,
                  const void *packet, size_t captured, size_t length,
                  uint64_t now, tcptable_packet *out)
{
    int error = tcpsegp_table_enter(table, env);
    tcptable_packet own;
    struct parsed *p;
    struct name name;
    tcpseg_icmp icmp;

    if (error)
        return error;
    if (!out)
        out = &own;
    begin_answer(out, now);
    error =
        tcpseg_icmp_parse(&icmp, sizeof icmp, frame, packet, captured, length);
    if (error < 0)
        return out->result = error;
    p = &table->quoted;
    (void)tcpseg_parse_frame(&p->seg, &p->frame, sizeof p->frame,
                             TCPSEG_LINK_RAW, 0,
                             (const uint8_t *)packet + icmp.quoted,
                             captured - icmp.quoted, length - icmp.quoted);
    if (!quotes_tcp(p))
        return out->result = TCPSEG_ERR_NOT_FOUND;
    out->flags = TCPTABLE_IS_ICMP;
    table->stats.packets++;
    table->stats.icmp++;
    (void)tcpsegp_pass_time(table, env, now, 1);
    /* The quotation has no VLAN tags of its own: those of the packet. */
    tcpsegp_name(&name, p->frame.addr.src, p->frame.addr.dst,
                 p->frame.addr.family, &p->seg,
                 tcptable_zone(table->shape.flags, frame));
    tcpsegp_rehash(&name, table->shape.seed);
    return out->result = notify(table, env, &name, &p->seg, &icmp, now, out);
}
