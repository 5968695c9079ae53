/* The option area into a segment: each option by the length it states, as the
 * receiving host does. */
#include "inline.h"
#include "option_int.h"
#include "seq.h"

#define DEFECT(name) (UINT64_C(1) << TCPSEG_DEFECT_##name)

/* What a walk carries along. */
struct walk {
    tcpseg *seg;
    const uint8_t *header;
    uint32_t captured, end; /* header bytes there are, and there should be */
    uint64_t seen[4];       /* kinds met so far */
    bool syn;
};

enum { NOP_RUN = 4 };

static void note_error(tcpseg *seg, uint32_t offset, uint8_t kind, uint32_t len)
{
    if (seg->error_offset)
        return; /* the first in wire order is told */
    seg->error_offset = (uint16_t)offset;
    seg->error_kind = kind;
    seg->error_len = (uint8_t)len;
}

/* RFC 2883 section 4: the first block repeats what was acknowledged, or lies
 * inside the second. */
static bool is_dsack(const tcpseg *seg)
{
    const tcpseg_sack *b = seg->sack;

    if (!seq_lt(b[0].left, b[0].right))
        return false;
    if ((seg->flags & TCPSEG_ACK) && seq_le(b[0].right, seg->ack))
        return true;
    return seg->sack_count > 1 && seq_lt(b[1].left, b[1].right) &&
           seq_between(b[1].left, b[0].left, b[1].right) &&
           seq_between(b[1].left, b[0].right, b[1].right);
}

void tcpsegp_take_sack(tcpseg *seg, const uint8_t *option, uint32_t len)
{
    memset(seg->sack, 0, sizeof seg->sack);
    seg->sack_count = (uint8_t)((len - 2) / 8);
    //@ loop unroll 4;
    for (uint32_t i = 0; i < seg->sack_count; i++) {
        copy_pair32((uint8_t *)&seg->sack[i], option + 2 + 8 * i);
        if (!seq_lt(seg->sack[i].left, seg->sack[i].right))
            seg->defects |= DEFECT(SACK_EDGES);
    }
    seg->present &= ~(uint32_t)TCPSEG_HAS_DSACK;
    seg->present |= TCPSEG_HAS_SACK;
    if (is_dsack(seg))
        seg->present |= TCPSEG_HAS_DSACK;
}

static void take_fastopen(tcpseg *seg, uint32_t pos, uint32_t skip,
                          uint32_t len)
{
    seg->present |= TCPSEG_HAS_FASTOPEN;
    seg->fastopen_offset = (uint8_t)(pos + skip);
    seg->fastopen_len = (uint8_t)(len - skip);
}

/* Take over what one well-formed option says. */
NOINLINE static void take_value(struct walk *w, uint32_t pos, uint32_t len)
{
    const uint8_t *option = w->header + pos;
    tcpseg *seg = w->seg;

    switch (option[0]) {
    case TCPSEG_KIND_SACK:
        tcpsegp_take_sack(seg, option, len);
        break;
    case TCPSEG_KIND_MD5:
    case TCPSEG_KIND_AO: /* RFC 5925 section 2.2: at most one, and not both */
        if (seg->present & (TCPSEG_HAS_MD5 | TCPSEG_HAS_AO))
            seg->defects |= DEFECT(AUTH_CONFLICT);
        break;
    case TCPSEG_KIND_USER_TIMEOUT:
        if (!(load_be16(option + 2) & 0x7fff))
            seg->defects |= DEFECT(USER_TIMEOUT_ZERO);
        break;
    case TCPSEG_KIND_FASTOPEN:
        take_fastopen(seg, pos, 2, len);
        break;
    default:
        break;
    }
    seg->present |= kind_of(option[0])->present;
}

/* An option that is malformed, or whose length alone does not tell. */
NOINLINE static void take_reading(struct walk *w, uint32_t pos, uint32_t len)
{
    const uint8_t *option = w->header + pos;
    struct option_reading r = tcpsegp_option_read(option, len, w->syn);
    tcpseg *seg = w->seg;

    seg->defects |= r.defects;
    if (option[0] == TCPSEG_KIND_SACK && len == 2)
        seg->defects |= DEFECT(SACK_EMPTY);
    if (r.status == TCPSEG_OPTION_BAD_LEN || r.status == TCPSEG_OPTION_NO_EXID)
        note_error(seg, pos + 1, option[0], len);
    if (r.status != TCPSEG_OPTION_OK)
        return;
    seg->present |= kind_of(option[0])->present | r.present;
    if (option[0] == TCPSEG_KIND_MPTCP)
        seg->mptcp_subtype = r.subtype;
    if (r.exid_len && r.exid == TCPSEG_EXID_FASTOPEN)
        take_fastopen(seg, pos, 4, len);
}

/* The end of the list: what is behind must be zero (RFC 9293 section 3.1). */
static uint32_t walk_padding(struct walk *w, uint32_t pos)
{
    for (; pos < w->captured; pos++)
        if (w->header[pos])
            w->seg->defects |= DEFECT(PADDING);
    return w->captured;
}

static void walk_stop(struct walk *w, uint32_t pos, uint8_t status,
                      uint32_t len)
{
    static const uint64_t defects[] = {
        [TCPSEG_OPTION_CUT] = 0,
        [TCPSEG_OPTION_NO_LEN] = DEFECT(OPTION_NO_LEN),
        [TCPSEG_OPTION_LEN_LT_2] = DEFECT(OPTION_LEN_LT_2),
        [TCPSEG_OPTION_LEN_BEYOND] = DEFECT(OPTION_LEN_BEYOND),
    };

    w->seg->defects |= defects[status];
    if (status != TCPSEG_OPTION_CUT)
        note_error(w->seg, pos + (status != TCPSEG_OPTION_NO_LEN),
                   w->header[pos], len);
}

/* Where an option does not lie whole before `captured`: one that is cut, or a hard
 * stop. */
NOINLINE static uint32_t walk_end(struct walk *w, uint32_t pos)
{
    uint32_t len;
    uint8_t status = option_extent(w->header, pos, w->captured, w->end, &len);

    walk_stop(w, pos, status, len);
    return pos;
}

/* Kind and length of the options that fill most headers. */
enum {
    WHOLE_MSS = TCPSEG_KIND_MSS << 8 | 4,
    WHOLE_WSCALE = TCPSEG_KIND_WSCALE << 8 | 3,
    WHOLE_SACK_PERMITTED = TCPSEG_KIND_SACK_PERMITTED << 8 | 2,
    WHOLE_TIMESTAMPS = TCPSEG_KIND_TIMESTAMPS << 8 | 10
};

/* Take one of those four, all of which is there: the bit to be set for it in
 * tcpseg::present, or 0 for any other. Of duplicates the last counts, as it does on
 * a Linux receiver. */
static INLINE uint32_t take_common(tcpseg *seg, const uint8_t *option)
{
    switch (load_be16(option)) {
    case WHOLE_TIMESTAMPS:
        //@ assert length_of_timestamps: option[1] == 10;
        copy_pair32((uint8_t *)seg + offsetof(tcpseg, tsval), option + 2);
        return TCPSEG_HAS_TIMESTAMPS;
    case WHOLE_MSS:
        //@ assert length_of_mss: option[1] == 4;
        seg->mss = load_be16(option + 2);
        if (seg->mss < SMALLEST_MSS)
            seg->defects |= seg->mss ? DEFECT(MSS_SMALL) : DEFECT(MSS_ZERO);
        return TCPSEG_HAS_MSS;
    case WHOLE_WSCALE:
        //@ assert length_of_wscale: option[1] == 3;
        seg->wscale = option[2];
        if (seg->wscale > LARGEST_SHIFT)
            seg->defects |= DEFECT(WSCALE_GT_14);
        return TCPSEG_HAS_WSCALE;
    case WHOLE_SACK_PERMITTED:
        return TCPSEG_HAS_SACK_PERMITTED;
    default:
        return 0;
    }
}

/* Any other option, all of which is there. */
static INLINE void take_other(struct walk *w, uint32_t pos, uint32_t len)
{
    uint8_t k = w->header[pos];
    //@ split k < TCPSEG_KIND_USER_TIMEOUT;
    //@ split k > TCPSEG_KIND_USER_TIMEOUT;
    //@ split len < 4;
    //@ split len > 4;
    //@ assert the_kind_is_read_once: w->header[pos] == k;
    const struct option_kind *kind = kind_of(k);

    if (w->seen[k >> 6] & bit64(k & 63) && !kind->many)
        w->seg->defects |= DEFECT(OPTION_DUPLICATE);
    if (kind->form > FORM_PLAIN || !(kind->lengths >> len & 1)) {
        take_reading(w, pos, len);
        return;
    }
    w->seg->defects |= kind->defects[w->syn];
    if (kind->form == FORM_PLAIN)
        take_value(w, pos, len);
}

/* A run of NOPs; returns where it ends. */
static INLINE uint32_t walk_nops(struct walk *w, const uint8_t *header,
                                 uint32_t pos, uint32_t captured)
{
    uint32_t start = pos;

    do
        pos++;
    while (pos < captured && header[pos] == TCPSEG_KIND_NOP);
    if (pos - start >= NOP_RUN)
        w->seg->defects |= DEFECT(NOP_RUN);
    return pos;
}

/* Returns where the sense ended: `captured`, or before a hard stop. */
static uint32_t walk_area(struct walk *w)
{
    const uint8_t *header = w->header;
    uint32_t pos = FIXED_HEADER, captured = w->captured;

    //@ dynamic_split pos;
    while (pos < captured) {
        uint8_t kind = header[pos];
        uint32_t len, present;

        if (kind == TCPSEG_KIND_NOP) {
            pos = walk_nops(w, header, pos, captured);
            continue;
        }
        if (kind == TCPSEG_KIND_EOL)
            return walk_padding(w, pos + 1);
        if (pos + 1 >= captured)
            return walk_end(w, pos);
        len = header[pos + 1];
        if (len < 2 || len > captured - pos)
            return walk_end(w, pos);
        //@ assert the_length_is_read_once: header[pos + 1] == len;
        present = take_common(w->seg, header + pos);
        if (!present) {
            take_other(w, pos, len);
        } else if (w->seen[0] & bit64(kind & 63)) {
            w->seg->defects |= DEFECT(OPTION_DUPLICATE);
        }
        w->seen[kind >> 6] |= bit64(kind & 63);
        w->seg->present |= present;
        pos += len;
    }
    return pos;
}

void tcpsegp_walk_options(tcpseg *seg, const uint8_t *header, uint32_t captured,
                          uint32_t end)
{
    const uint32_t syn_only =
        TCPSEG_HAS_MSS | TCPSEG_HAS_WSCALE | TCPSEG_HAS_SACK_PERMITTED;
    struct walk w = {seg, header,       captured,
                     end, {0, 0, 0, 0}, seg->flags & TCPSEG_SYN};
    uint32_t stop = walk_area(&w);

    seg->options_walked = (uint8_t)(stop - FIXED_HEADER);
    if (seg->tsecr && !(seg->flags & TCPSEG_ACK))
        seg->defects |= DEFECT(TSECR_NO_ACK);
    if (!w.syn && seg->present & syn_only)
        seg->defects |= DEFECT(OPTION_SYN_ONLY);
    if (w.syn && stop == end && !(seg->present & TCPSEG_HAS_MSS))
        seg->defects |= DEFECT(MSS_MISSING);
}
