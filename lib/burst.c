/* Many packets at once. Each stage asks for the memory that the next one reads, so that
 * the processor waits for all of it together: frames, then buckets, then connections. */
#include "frame_int.h"
#include "table_int.h"

/* Frames, and how many bytes of each there are and were. */
struct frames {
    const void *const *at;
    const uint32_t *captured, *length;
};

static uint32_t length_of(const struct frames *f, uint32_t i)
{
    return f->length && f->length[i] > f->captured[i] ? f->length[i]
                                                      : f->captured[i];
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
static void parse(tcptable *t, uint32_t linktype, const struct frames *f,
                  uint32_t i, struct parsed *p, struct name *name)
{
    const uint8_t *bytes = f->at[i];
    uint32_t options = options_of(t), length = length_of(f, i);

    if (linktype == TCPSEG_LINK_ETHERNET && !options &&
        tcpsegp_parse_plain(&p->seg, bytes, f->captured[i], length)) {
        p->flags = TCPTABLE_IS_TCP;
        p->offset = PLAIN_TCP;
        tcpsegp_name(name, bytes + PLAIN_SRC, bytes + PLAIN_DST, 4, &p->seg, 0);
        return;
    }
    (void)tcpseg_parse_frame(&p->seg, &p->frame, sizeof p->frame, linktype,
                             options, bytes, f->captured[i], length);
    p->flags = 0;
    if (p->frame.stop != TCPSEG_STOP_NONE ||
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
static void parse_all(tcptable *t, uint32_t linktype, const struct frames *f,
                      uint32_t first, uint32_t n)
{
    const struct name *last = NULL;

    for (uint32_t k = 0; k < n; k++) {
        struct name *name = &t->names[k];

        if (k + AHEAD < n)
            frame_prefetch(f->at[first + k + AHEAD]);
        parse(t, linktype, f, first + k, &t->burst[k], name);
        if (!t->burst[k].flags)
            continue;
        name->again = last && tcpsegp_same_name(name, last);
        if (name->again) {
            name->hash = last->hash;
        } else {
            tcpsegp_rehash(name, t->shape.seed);
            tcpsegp_prefetch_bucket(t, name->hash);
        }
        last = name;
    }
}

static void guess_all(tcptable *t, uint32_t n)
{
    uint32_t guess = NOBODY;

    for (uint32_t k = 0; k < n; k++) {
        if (!t->burst[k].flags)
            continue;
        if (!t->names[k].again)
            guess = tcpsegp_guess(t, t->names[k].hash);
        t->guesses[k] = guess;
    }
}

static int feed_other(tcptable *t, tcpconn_env *env, const struct frames *f,
                      uint32_t i, const struct parsed *p, tcptable_packet *out)
{
    uint64_t now = out->now;
    int answer = tcptable_icmp(t, env, &p->frame, f->at[i], f->captured[i],
                               length_of(f, i), now, out);

    if (answer != TCPSEG_ERR_NOT_FOUND || out->flags)
        return answer;
    return tcpsegp_visit_other(t, env, &p->frame, now, out);
}

static uint32_t feed_all(tcptable *t, tcpconn_env *env, const struct frames *f,
                         uint32_t first, uint32_t n, tcptable_packet *io)
{
    uint32_t found = 0;

    for (uint32_t k = 0; k < n; k++) {
        const struct parsed *p = &t->burst[k];
        tcptable_packet *out = &io[first + k];
        const uint8_t *bytes = f->at[first + k];
        uint64_t now = out->now;

        if (p->flags) {
            begin_answer(out, now);
            out->flags = p->flags;
            (void)tcpsegp_visit(t, env, &p->seg, bytes + p->offset, now,
                                &t->names[k], t->guesses[k], out);
        } else {
            (void)feed_other(t, env, f, first + k, p, out);
        }
        found += out->flags != 0;
    }
    return found;
}

int tcptable_feed_burst(tcptable *table, tcpconn_env *env, uint32_t linktype,
                        uint32_t n, const void *const *frames,
                        const uint32_t *captured, const uint32_t *length,
                        tcptable_packet *io)
{
    struct frames f = {frames, captured, length};
    int error = tcpsegp_table_enter(table, env);
    uint32_t found = 0;

    if (error)
        return error;
    if (n && (!frames || !captured || !io))
        return TCPSEG_ERR_ARG;
    for (uint32_t first = 0; first < n; first += BURST) {
        uint32_t some = n - first < BURST ? n - first : BURST;

        for (uint32_t k = 0; k < AHEAD && k < some; k++)
            frame_prefetch(frames[first + k]);
        parse_all(table, linktype, &f, first, some);
        guess_all(table, some);
        found += feed_all(table, env, &f, first, some, io);
    }
    return (int)(found > INT32_MAX ? INT32_MAX : found);
}
