/* What a stream should be, the slow way: an array of bytes, in which each knows the
 * segment it came with. Written from the rules, with no line of the library. */
#ifndef FUZZ_STREAM_MODEL_H
#define FUZZ_STREAM_MODEL_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

enum { MODEL_ROOM = 65536, MODEL_GAP = 256, MODEL_IDS = 2050 };

struct model {
    unsigned policy; /* a row of the table below */
    bool snort, on_ack;
    uint32_t rcv_nxt; /* all before is in order */
    uint32_t acked;
    uint32_t told;
    uint32_t most; /* beyond all that was seen */
    uint16_t ids;
    unsigned differences;    /* that the last segment showed */
    uint16_t id[MODEL_ROOM]; /* of the segment that owns the byte; 0: none */
    uint32_t start[MODEL_IDS], end[MODEL_IDS]; /* of each segment, as it came */
    uint8_t value[MODEL_ROOM];
    uint16_t out[MODEL_ROOM]; /* what was told: a byte, or MODEL_GAP */
};

/* Where a new segment begins before, with or behind the old one, and ends before, with
 * or behind it: who owns what they share, by Novak and Sturges. */
static const char *const model_rows[][2] = {
    /* The columns: begins before, ends inside; ends alike; engulfs; begins alike,
     * shorter; exact; longer; inside; ends alike; begins inside, ends after. */
    {"NNNOONOOO", "NNNOONOOO"}, /* linux */
    {"OOOOOOOOO", "OOOOOOOOO"}, /* first */
    {"NNNNNNNNN", "NNNNNNNNN"}, /* last */
    {"NNNOOOOOO", "NNNOOOOOO"}, /* bsd */
    {"NNNOOOOOO", "NNNOOOOOO"}, /* macos */
    {"NNNOOOOOO", "NNNOOOOOO"}, /* windows */
    {"OOOOOOOOO", "OOOOOOOOO"}, /* vista */
    {"NNNONNOOO", "NNNONNOOO"}, /* old-linux */
    {"NNNOOOOOO", "NNNOONOOO"}, /* irix */
    {"NNNOOOOOO", "NNNOONOOO"}, /* hpux10 */
    {"ONNONNOON", "ONNOXNOON"}, /* hpux11; X: old if detached on its left */
    {"ONNONNOON", "ONNOXNOON"}, /* solaris */
};

static char model_case(const struct model *m, uint32_t start, uint32_t end,
                       uint32_t old_start, uint32_t old_end, bool detached)
{
    const char *row = model_rows[m->policy][m->snort];
    unsigned column;
    char owner;

    if (start < old_start)
        column = end < old_end ? 0 : end == old_end ? 1 : 2;
    else if (start == old_start)
        column = end < old_end ? 3 : end == old_end ? 4 : 5;
    else
        column = end < old_end ? 6 : end == old_end ? 7 : 8;
    owner = row[column];
    return owner == 'X' ? (detached ? 'O' : 'N') : owner;
}

static inline void model_set_up(struct model *m, unsigned policy, bool snort,
                                bool on_ack)
{
    memset(m->id, 0, sizeof m->id);
    m->policy = policy;
    m->snort = snort;
    m->on_ack = on_ack;
    m->rcv_nxt = m->acked = m->told = m->most = 0;
    m->ids = 0;
}

/* Two bytes side by side are of one piece if one segment brought them, or if both are
 * in order. */
static bool model_joined(const struct model *m, uint32_t a)
{
    return m->id[a] && m->id[a + 1] &&
           (a + 1 < m->rcv_nxt ||
            (m->id[a] == m->id[a + 1] && a + 1 != m->rcv_nxt));
}

/* The piece around a byte, not counting what is told already. */
static void model_piece(const struct model *m, uint32_t at, uint32_t *start,
                        uint32_t *end)
{
    *start = at;
    *end = at + 1;
    while (*start > m->told && model_joined(m, *start - 1))
        --*start;
    while (model_joined(m, *end - 1))
        ++*end;
}

static bool model_detached(const struct model *m, uint32_t start)
{
    if (start <= m->told || m->id[start - 1])
        return false;
    for (uint32_t at = m->told; at < start; at++)
        if (m->id[at])
            return true;
    return false;
}

static void model_tell(struct model *m, uint32_t to)
{
    for (; m->told < to; m->told++)
        m->out[m->told] = m->id[m->told] ? m->value[m->told] : MODEL_GAP;
}

static void model_go_on(struct model *m)
{
    while (m->rcv_nxt < m->most && m->id[m->rcv_nxt])
        m->rcv_nxt++;
    model_tell(m, m->on_ack ? m->acked : m->rcv_nxt);
}

/* Settle one old piece against the part [start, end) of a new segment. How the two
 * lie is asked of the whole segments. */
static void model_settle(struct model *m, uint32_t start, uint32_t end,
                         uint32_t old_start, uint32_t old_end,
                         const uint8_t *bytes, uint16_t id)
{
    bool ordered = old_start < m->rcv_nxt;
    uint16_t old = m->id[old_start];
    char owner = ordered ? 'O'
                         : model_case(m, start, end, m->start[old], m->end[old],
                                      model_detached(m, old_start));
    bool differs = false;

    for (uint32_t i = start > old_start ? start : old_start;
         i < end && i < old_end; i++) {
        differs |= m->value[i] != bytes[i - start];
        if (owner == 'O')
            continue;
        m->id[i] = id;
        m->value[i] = bytes[i - start];
    }
    m->differences += differs;
}

static void model_part(struct model *m, uint32_t start, uint32_t end,
                       const uint8_t *bytes)
{
    uint16_t id = ++m->ids;

    m->start[id] = start;
    m->end[id] = end;
    for (uint32_t at = start; at < end;) {
        uint32_t old_start, old_end;

        if (!m->id[at]) {
            at++;
            continue;
        }
        model_piece(m, at, &old_start, &old_end);
        model_settle(m, start, end, old_start, old_end, bytes, id);
        at = old_end;
    }
    for (uint32_t at = start; at < end; at++)
        if (!m->id[at]) {
            m->id[at] = id;
            m->value[at] = bytes[at - start];
        }
}

/* A segment with the bytes [start, end). */
static inline void model_text(struct model *m, uint32_t start, uint32_t end,
                              const uint8_t *bytes)
{
    m->differences = 0;
    if (m->most < end)
        m->most = end;
    if (start < m->told) {
        if (end <= m->told)
            return;
        bytes += m->told - start;
        start = m->told;
    }
    if (start < m->rcv_nxt) {
        uint32_t border = end < m->rcv_nxt ? end : m->rcv_nxt;

        model_part(m, start, border, bytes);
        bytes += border - start;
        start = border;
    }
    if (start < end)
        model_part(m, start, end, bytes);
    model_go_on(m);
}

/* The receiver says that it has all before `ack`. */
static inline void model_ack(struct model *m, uint32_t ack)
{
    m->differences = 0;
    if (m->acked < ack)
        m->acked = ack;
    if (m->rcv_nxt < ack)
        m->rcv_nxt = ack;
    model_go_on(m);
}

#endif
