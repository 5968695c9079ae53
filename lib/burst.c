/* Many packets at once. Each stage asks for the memory that the next one reads, so that
 * it comes while other packets are worked on: frames, then buckets, then connections. */
#include "frame_int.h"
#include "table_int.h"

/* How many packets later than its parsing a packet is looked up, and fed: time for its
 * bucket, and for its connection, to come. */
enum { TO_GUESS = 6, TO_FEED = 12 };

_Static_assert((int)TO_FEED < (int)BURST, "a packet is kept until it is fed");

struct burst {
    tcptable *table;
    tcpconn_env *env;
    const void *const *frames;
    const uint32_t *captured, *length; /* bytes there, and on the wire */
    tcptable_packet *io;
    uint32_t linktype, n;
};

static uint32_t length_of(const struct burst *b, uint32_t i)
{
    return b->length && b->length[i] > b->captured[i] ? b->length[i]
                                                      : b->captured[i];
}

static uint32_t options_of(const tcptable *t)
{
    uint32_t options = 0;

    if (t->shape.flags & TCPTABLE_TUNNELS)
        options |= TCPSEG_LOCATE_TUNNELS;
    if (t->shape.flags & TCPTABLE_CHECKSUM)
        options |= TCPSEG_LOCATE_CHECKSUM;
    return options;
}

/* Most frames are plain, and told apart without being described. */
static void parse(const struct burst *b, uint32_t i, struct parsed *p,
                  struct name *name)
{
    const tcptable *t = b->table;
    const uint8_t *bytes = b->frames[i];
    uint32_t options = options_of(t), length = length_of(b, i);

    if (b->linktype == TCPSEG_LINK_ETHERNET && !options &&
        tcpsegp_parse_plain(&p->seg, bytes, b->captured[i], length)) {
        p->flags = TCPTABLE_IS_TCP;
        p->offset = PLAIN_TCP;
        tcpsegp_name(name, bytes + PLAIN_SRC, bytes + PLAIN_DST, 4, &p->seg, 0);
        return;
    }
    p->flags = 0;
    if (tcpseg_parse_frame(&p->seg, &p->frame, sizeof p->frame, b->linktype,
                           options, bytes, b->captured[i],
                           length) == TCPSEG_ERR_ARG ||
        p->frame.stop != TCPSEG_STOP_NONE ||
        p->frame.addr.protocol != PROTOCOL_TCP)
        return;
    p->flags = tcpsegp_flags_of(&p->frame);
    p->offset = p->frame.offset;
    tcpsegp_name(name, p->frame.addr.src, p->frame.addr.dst,
                 p->frame.addr.family, &p->seg,
                 tcptable_zone(t->shape.flags, &p->frame));
}

/* Packets come in trains: what one has asked for, the next of the same connection need
 * not. */
static void parse_next(const struct burst *b, uint32_t i)
{
    tcptable *t = b->table;
    struct parsed *p = &t->burst[i % BURST];
    struct name *name = &t->names[i % BURST];
    uint32_t before = (i + BURST - 1) % BURST;

    if (b->n - i > AHEAD)
        frame_prefetch(b->frames[i + AHEAD]);
    parse(b, i, p, name);
    if (!p->flags)
        return;
    name->again = i && t->burst[before].flags &&
                  tcpsegp_same_name(name, &t->names[before]);
    if (name->again) {
        name->hash = t->names[before].hash;
    } else {
        tcpsegp_rehash(name, t->shape.seed);
        tcpsegp_prefetch_bucket(t, name->hash);
    }
}

static void guess_next(tcptable *t, uint32_t i)
{
    uint32_t k = i % BURST;

    if (!t->burst[k].flags)
        return;
    t->guesses[k] = t->names[k].again ? t->guesses[(i + BURST - 1) % BURST]
                                      : tcpsegp_guess(t, t->names[k].hash);
}

static int feed_other(const struct burst *b, uint32_t i, const struct parsed *p,
                      tcptable_packet *out)
{
    uint64_t now = out->now;
    int answer = tcptable_icmp(b->table, b->env, &p->frame, b->frames[i],
                               b->captured[i], length_of(b, i), now, out);

    if (answer != TCPSEG_ERR_NOT_FOUND || out->flags)
        return answer;
    return tcpsegp_visit_other(b->table, b->env, &p->frame, now, out);
}

/* Whether it was of TCP. */
static bool feed_next(const struct burst *b, uint32_t i)
{
    tcptable *t = b->table;
    const struct parsed *p = &t->burst[i % BURST];
    tcptable_packet *out = &b->io[i];
    const uint8_t *bytes = b->frames[i];
    uint64_t now = out->now;

    if (p->flags) {
        begin_answer(out, now);
        out->flags = p->flags;
        (void)tcpsegp_visit(t, b->env, &p->seg, bytes + p->offset, now,
                            &t->names[i % BURST], t->guesses[i % BURST], out);
    } else {
        (void)feed_other(b, i, p, out);
    }
    return out->flags != 0;
}

static int feed_burst(const struct burst *b)
{
    uint32_t n = b->n, found = 0;
    uint32_t guessed = n < TO_GUESS ? n : TO_GUESS;
    uint32_t fed = n < TO_FEED ? n : TO_FEED;

    for (uint32_t i = 0; i < n && i < AHEAD; i++)
        frame_prefetch(b->frames[i]);
    for (uint64_t step = 0; step < (uint64_t)n + fed; step++) {
        uint32_t i = (uint32_t)step;

        if (step < n)
            parse_next(b, i);
        if (step - guessed < n)
            guess_next(b->table, i - guessed);
        if (step - fed < n)
            found += feed_next(b, i - fed);
    }
    return (int)(found > INT32_MAX ? INT32_MAX : found);
}

int tcptable_feed_burst(tcptable *table, tcpconn_env *env, uint32_t linktype,
                        uint32_t n, const void *const *frames,
                        const uint32_t *captured, const uint32_t *length,
                        tcptable_packet *io)
{
    struct burst b = {table, env, frames, captured, length, io, linktype, n};
    int error = tcpsegp_table_enter(table, env);

    if (error)
        return error;
    if (n && (!frames || !captured || !io))
        return TCPSEG_ERR_ARG;
    return feed_burst(&b);
}
