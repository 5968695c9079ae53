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
    uint32_t linktype, options, n;
    bool straight; /* most frames are plain, and need not be described */
};

static struct slot *slot_at(const struct burst *b, uint32_t i)
{
    return &b->table->burst[i % BURST];
}

static uint32_t length_of(const struct burst *b, uint32_t i)
{
    return b->length[i] > b->captured[i] ? b->length[i] : b->captured[i];
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

/* Whether it is of TCP. */
NOINLINE static bool parse_other(const struct burst *b, uint32_t i,
                                 struct slot *slot)
{
    struct parsed *p = &slot->parsed;
    tcpseg_frame *f = &p->frame;

    p->flags = 0;
    if (tcpseg_parse_frame(&p->seg, f, sizeof *f, b->linktype, b->options,
                           b->frames[i], b->captured[i],
                           length_of(b, i)) == TCPSEG_ERR_ARG ||
        f->stop != TCPSEG_STOP_NONE || f->addr.protocol != PROTOCOL_TCP)
        return false;
    p->flags = tcpsegp_flags_of(f);
    p->offset = f->offset;
    tcpsegp_name(&slot->name, f->addr.src, f->addr.dst, f->addr.family, &p->seg,
                 tcptable_zone(b->table->shape.flags, f));
    return true;
}

static bool parse(const struct burst *b, uint32_t i, struct slot *slot)
{
    struct parsed *p = &slot->parsed;
    const uint8_t *bytes = b->frames[i];

    if (!b->straight ||
        !tcpsegp_parse_plain(&p->seg, bytes, b->captured[i], length_of(b, i)))
        return parse_other(b, i, slot);
    p->flags = TCPTABLE_IS_TCP;
    p->offset = PLAIN_TCP;
    tcpsegp_name(&slot->name, bytes + PLAIN_SRC, bytes + PLAIN_DST, 4, &p->seg,
                 0);
    return true;
}

/* Packets come in trains: what one has asked for, the next of the same connection need
 * not. */
static void parse_next(const struct burst *b, uint32_t i)
{
    struct slot *slot = slot_at(b, i);
    const struct slot *last = slot_at(b, i + BURST - 1);
    struct name *name = &slot->name;

    if (b->n - i > AHEAD)
        frame_prefetch(b->frames[i + AHEAD]);
    if (!parse(b, i, slot))
        return;
    name->again =
        i && last->parsed.flags && tcpsegp_same_name(name, &last->name);
    if (name->again) {
        name->hash = last->name.hash;
    } else {
        tcpsegp_rehash(name, b->table->shape.seed);
        tcpsegp_prefetch_bucket(b->table, name->hash);
    }
}

static void guess_next(const struct burst *b, uint32_t i)
{
    struct slot *slot = slot_at(b, i);

    if (!slot->parsed.flags)
        return;
    slot->guess = slot->name.again ? slot_at(b, i + BURST - 1)->guess
                                   : tcpsegp_guess(b->table, slot->name.hash);
}

NOINLINE static bool feed_other(const struct burst *b, uint32_t i,
                                const struct parsed *p)
{
    tcptable_packet *out = &b->io[i];
    uint64_t now = out->now;
    int answer = tcptable_icmp(b->table, b->env, &p->frame, b->frames[i],
                               b->captured[i], length_of(b, i), now, out);

    if (answer == TCPSEG_ERR_NOT_FOUND && !out->flags)
        (void)tcpsegp_visit_other(b->table, b->env, &p->frame, now, out);
    return out->flags != 0;
}

/* Whether it was of TCP. */
static bool feed_next(const struct burst *b, uint32_t i)
{
    const struct slot *slot = slot_at(b, i);
    const struct parsed *p = &slot->parsed;
    tcptable_packet *out = &b->io[i];
    const uint8_t *bytes = b->frames[i];
    uint64_t now = out->now;

    if (!p->flags)
        return feed_other(b, i, p);
    begin_answer(out, now);
    out->flags = p->flags;
    (void)tcpsegp_visit(b->table, b->env, &p->seg, bytes + p->offset, now,
                        &slot->name, slot->guess, out);
    return true;
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
            guess_next(b, i - guessed);
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
    struct burst b = {.table = table,
                      .env = env,
                      .frames = frames,
                      .captured = captured,
                      .length = length ? length : captured,
                      .io = io,
                      .linktype = linktype,
                      .n = n};
    int error = tcpsegp_table_enter(table, env);

    if (error)
        return error;
    if (n && (!frames || !captured || !io))
        return TCPSEG_ERR_ARG;
    b.options = options_of(table);
    b.straight = linktype == TCPSEG_LINK_ETHERNET && !b.options;
    return feed_burst(&b);
}
