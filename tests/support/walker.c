#include "walker.h"

#include <stdbool.h>
#include <string.h>

#include "walker_registry.h"

/* The place of the walk, and what it must remember to find duplicates. */
struct walk {
    walker_answer *out;
    const uint8_t *data;
    unsigned at;    /* byte that comes next */
    unsigned have;  /* bytes of the header in the capture */
    unsigned end;   /* end of the option area */
    unsigned nops;  /* NOPs in a row up to here */
    unsigned auths; /* MD5 and TCP-AO options up to here */
    bool mss;       /* a well-formed MSS was met */
    bool seen[256]; /* by kind */
};

static void defect(walker_answer *out, unsigned number)
{
    out->seg.defects |= (uint64_t)1 << number;
}

/* RFC 9293 section 3.4, by the definition: from a, walk up fewer than 2^31
 * steps, but at least one, to reach b. */
static bool before(uint32_t a, uint32_t b)
{
    uint32_t steps = b - a;

    return steps >= 1 && steps <= 0x7fffffff;
}

/* ------------------------------------------------------------------------
 * What a well-formed option means
 * --------------------------------------------------------------------- */

static void take_mss(struct walk *w, unsigned mss)
{
    w->out->seg.mss = (uint16_t)mss;
    w->out->seg.present |= TCPSEG_HAS_MSS;
    w->mss = true;
    if (mss == 0)
        defect(w->out, TCPSEG_DEFECT_MSS_ZERO);
    if (mss >= 1 && mss <= 47)
        defect(w->out, TCPSEG_DEFECT_MSS_SMALL);
}

static void take_wscale(struct walk *w, unsigned shift)
{
    w->out->seg.wscale = (uint8_t)shift;
    w->out->seg.present |= TCPSEG_HAS_WSCALE;
    if (shift > 14)
        defect(w->out, TCPSEG_DEFECT_WSCALE_GT_14);
}

/* RFC 2018 section 3: pairs of edges. */
static void take_sack(struct walk *w, const uint8_t *p, unsigned len)
{
    tcpseg *seg = &w->out->seg;
    unsigned n;

    memset(seg->sack, 0, sizeof seg->sack);
    seg->present |= TCPSEG_HAS_SACK;
    seg->sack_count = (uint8_t)((len - 2) / 8);
    for (n = 0; n < seg->sack_count; n++) {
        seg->sack[n].left = walker_be32(p + 2 + 8 * n);
        seg->sack[n].right = walker_be32(p + 6 + 8 * n);
        if (!before(seg->sack[n].left, seg->sack[n].right))
            defect(w->out, TCPSEG_DEFECT_SACK_EDGES);
    }
}

static void take_timestamps(struct walk *w, const uint8_t *p)
{
    tcpseg *seg = &w->out->seg;

    seg->present |= TCPSEG_HAS_TIMESTAMPS;
    seg->tsval = walker_be32(p + 2);
    seg->tsecr = walker_be32(p + 6);
}

static void take_auth(struct walk *w, uint32_t bit)
{
    w->out->seg.present |= bit;
    w->auths++;
    if (w->auths > 1)
        defect(w->out, TCPSEG_DEFECT_AUTH_CONFLICT);
}

static void take_fastopen(struct walk *w, unsigned cookie, unsigned len)
{
    w->out->seg.present |= TCPSEG_HAS_FASTOPEN;
    w->out->seg.fastopen_offset = (uint8_t)cookie;
    w->out->seg.fastopen_len = (uint8_t)len;
    if (!(w->out->seg.flags & TCPSEG_SYN))
        defect(w->out, TCPSEG_DEFECT_OPTION_SYN_ONLY);
}

/* RFC 9768 section 3.2.3: counters of 3 bytes, at most three of them. */
static void take_accecn(struct walk *w, unsigned data_len)
{
    w->out->seg.present |= TCPSEG_HAS_ACCECN;
    if (data_len != 0 && data_len != 3 && data_len != 6 && data_len != 9)
        defect(w->out, TCPSEG_DEFECT_ACCECN_PARTIAL);
}

static void take_experiment(struct walk *w, const uint8_t *p, unsigned len)
{
    switch (walker_be16(p + 2)) {
    case 0x0ed0:
        defect(w->out, TCPSEG_DEFECT_EXTENDED_OFFSET);
        break;
    case 0xacc0:
    case 0xacc1:
        take_accecn(w, len - 4);
        break;
    case 0xf989:
        take_fastopen(w, w->at + 4, len - 4);
        break;
    default:
        break;
    }
}

static void take(struct walk *w, const uint8_t *p, unsigned len)
{
    bool syn = w->out->seg.flags & TCPSEG_SYN;
    unsigned kind = p[0];

    if ((kind == 2 || kind == 3 || kind == 4) && !syn)
        defect(w->out, TCPSEG_DEFECT_OPTION_SYN_ONLY);
    if (kind == 5 && syn)
        defect(w->out, TCPSEG_DEFECT_OPTION_NOT_ON_SYN);
    if (kind == 6 || kind == 7 || (kind >= 9 && kind <= 15))
        defect(w->out, TCPSEG_DEFECT_OPTION_OBSOLETE);
    if (kind == 2)
        take_mss(w, walker_be16(p + 2));
    if (kind == 3)
        take_wscale(w, p[2]);
    if (kind == 4)
        w->out->seg.present |= TCPSEG_HAS_SACK_PERMITTED;
    if (kind == 5)
        take_sack(w, p, len);
    if (kind == 8)
        take_timestamps(w, p);
    if (kind == 19)
        take_auth(w, TCPSEG_HAS_MD5);
    if (kind == 28 && (walker_be16(p + 2) & 0x7fff) == 0)
        defect(w->out, TCPSEG_DEFECT_USER_TIMEOUT_ZERO);
    if (kind == 29)
        take_auth(w, TCPSEG_HAS_AO);
    if (kind == 30) {
        w->out->seg.present |= TCPSEG_HAS_MPTCP;
        w->out->seg.mptcp_subtype = p[2] >> 4;
    }
    if (kind == 34)
        take_fastopen(w, w->at + 2, len - 2);
    if (kind == 172 || kind == 174)
        take_accecn(w, len - 2);
    if (kind == 253 || kind == 254)
        take_experiment(w, p, len);
}

/* ------------------------------------------------------------------------
 * The walk
 * --------------------------------------------------------------------- */

static tcpseg_option *list(struct walk *w, unsigned kind, unsigned len,
                           int status)
{
    tcpseg_option *opt = &w->out->option[w->out->count++];

    memset(opt, 0, sizeof *opt);
    opt->kind = (uint8_t)kind;
    opt->len = (uint8_t)len;
    opt->offset = (uint8_t)w->at;
    opt->status = (uint8_t)status;
    return opt;
}

/* The first malformed option is the one that is told. */
static void complain(struct walk *w, unsigned number, unsigned offset,
                     unsigned kind, unsigned len)
{
    tcpseg *seg = &w->out->seg;

    defect(w->out, number);
    if (seg->error_offset != 0)
        return;
    seg->error_offset = (uint16_t)offset;
    seg->error_kind = (uint8_t)kind;
    seg->error_len = (uint8_t)len;
}

static void nop(struct walk *w)
{
    list(w, 1, 1, TCPSEG_OPTION_OK);
    w->at++;
    w->nops++;
    if (w->nops >= 4)
        defect(w->out, TCPSEG_DEFECT_NOP_RUN);
}

/* RFC 9293 section 3.2: what follows the end of the list is padding, of
 * zeros. */
static void end_of_list(struct walk *w)
{
    unsigned i;
    tcpseg_option *opt;

    list(w, 0, 1, TCPSEG_OPTION_OK);
    w->at++;
    if (w->at == w->have)
        return;
    opt = list(w, 0, w->have - w->at, TCPSEG_OPTION_PADDING);
    opt->data_len = opt->len;
    for (i = w->at; i < w->have; i++)
        if (w->data[i] != 0)
            opt->status = TCPSEG_OPTION_PADDING_NONZERO;
    if (opt->status == TCPSEG_OPTION_PADDING_NONZERO)
        defect(w->out, TCPSEG_DEFECT_PADDING);
    w->at = w->have;
}

static void by_kind(struct walk *w, unsigned kind)
{
    bool may_repeat = kind == 30 || kind == 253 || kind == 254;

    if (w->seen[kind] && !may_repeat)
        defect(w->out, TCPSEG_DEFECT_OPTION_DUPLICATE);
    w->seen[kind] = true;
    if (kind == 253 || kind == 254)
        defect(w->out, TCPSEG_DEFECT_OPTION_EXPERIMENT);
}

static bool unauthorised(unsigned kind)
{
    return (kind >= 31 && kind <= 33) || kind == 70 ||
           (kind >= 76 && kind <= 79);
}

/* An MP_CAPABLE of a version to come is not one nobody registered. */
static bool unknown(const uint8_t *p)
{
    return !unauthorised(p[0]) && !(p[0] == 30 && p[2] >> 4 == 0);
}

/* An option that is all there: kind, length, and as many bytes as that says. */
static void whole(struct walk *w, unsigned kind, unsigned len)
{
    const uint8_t *p = w->data + w->at;
    int status = walker_judge(p, len);
    tcpseg_option *opt = list(w, kind, len, status);

    opt->data_len = (uint8_t)(len - 2);
    if ((kind == 253 || kind == 254) && len >= 4) {
        unsigned bytes = walker_exid_bytes(p, len);

        opt->exid = (uint16_t)walker_be16(p + 2);
        opt->data_len = (uint8_t)(len - 2 - (bytes ? bytes : 2));
    }
    if (status == TCPSEG_OPTION_OK)
        take(w, p, len);
    if (status == TCPSEG_OPTION_RAW && unauthorised(kind))
        defect(w->out, TCPSEG_DEFECT_OPTION_UNAUTHORISED);
    if (status == TCPSEG_OPTION_RAW && unknown(p))
        defect(w->out, TCPSEG_DEFECT_OPTION_UNKNOWN);
    if (status == TCPSEG_OPTION_BAD_LEN)
        complain(w, TCPSEG_DEFECT_OPTION_BAD_LEN, w->at + 1, kind, len);
    if (status == TCPSEG_OPTION_NO_EXID)
        complain(w, TCPSEG_DEFECT_NO_EXID, w->at + 1, kind, len);
    if (kind == 5 && len == 2)
        defect(w->out, TCPSEG_DEFECT_SACK_EMPTY);
    w->at += len;
}

/* One step. False when the walk is over. `have` and `end` part company only
 * where the capture ends inside the area. */
static bool step(struct walk *w)
{
    unsigned kind, len;

    if (w->at >= w->have)
        return false;
    kind = w->data[w->at];
    if (kind == 1) {
        nop(w);
        return true;
    }
    w->nops = 0;
    if (kind == 0) {
        end_of_list(w);
        return false;
    }
    if (w->at + 1 == w->end) {
        list(w, kind, 0, TCPSEG_OPTION_NO_LEN);
        complain(w, TCPSEG_DEFECT_OPTION_NO_LEN, w->at, kind, 0);
        return false;
    }
    if (w->at + 1 == w->have) {
        list(w, kind, 0, TCPSEG_OPTION_CUT);
        return false;
    }
    len = w->data[w->at + 1];
    if (len < 2) {
        list(w, kind, len, TCPSEG_OPTION_LEN_LT_2);
        complain(w, TCPSEG_DEFECT_OPTION_LEN_LT_2, w->at + 1, kind, len);
        return false;
    }
    if (w->at + len > w->end) {
        list(w, kind, len, TCPSEG_OPTION_LEN_BEYOND);
        complain(w, TCPSEG_DEFECT_OPTION_LEN_BEYOND, w->at + 1, kind, len);
        return false;
    }
    if (w->at + len > w->have) {
        list(w, kind, len, TCPSEG_OPTION_CUT);
        return false;
    }
    by_kind(w, kind);
    whole(w, kind, len);
    return true;
}

static bool hard_stop(const tcpseg *seg)
{
    return seg->defects >> TCPSEG_DEFECT_OPTION_NO_LEN & 1 ||
           seg->defects >> TCPSEG_DEFECT_OPTION_LEN_LT_2 & 1 ||
           seg->defects >> TCPSEG_DEFECT_OPTION_LEN_BEYOND & 1;
}

/* RFC 2883 section 4, as far as one segment tells: the first block lies below
 * the acknowledgment, or inside the second block. */
static bool dsack(const tcpseg *seg)
{
    uint32_t left = seg->sack[0].left, right = seg->sack[0].right;
    uint32_t size;

    if (seg->sack_count == 0 || !before(left, right))
        return false;
    if ((seg->flags & TCPSEG_ACK) &&
        (right == seg->ack || before(right, seg->ack)))
        return true;
    if (seg->sack_count == 1 || !before(seg->sack[1].left, seg->sack[1].right))
        return false;
    size = seg->sack[1].right - seg->sack[1].left;
    return left - seg->sack[1].left < size &&
           right - seg->sack[1].left <= size &&
           left - seg->sack[1].left < right - seg->sack[1].left;
}

static void options(walker_answer *out, const uint8_t *data)
{
    struct walk w = {.out = out, .data = data, .at = 20};
    tcpseg *seg = &out->seg;

    w.have = seg->header_captured;
    w.end = 4u * seg->data_offset;
    while (step(&w))
        ;
    if (seg->header_captured > 20)
        seg->options_walked = (uint8_t)(w.at - 20);
    if (seg->tsecr != 0 && !(seg->flags & TCPSEG_ACK))
        defect(out, TCPSEG_DEFECT_TSECR_NO_ACK);
    if (dsack(seg))
        seg->present |= TCPSEG_HAS_DSACK;
    if ((seg->flags & TCPSEG_SYN) && !w.mss && w.have == w.end &&
        !hard_stop(seg))
        defect(out, TCPSEG_DEFECT_MSS_MISSING);
}

/* ------------------------------------------------------------------------
 * The fixed header
 * --------------------------------------------------------------------- */

static void fields(tcpseg *seg, const uint8_t *data, size_t captured)
{
    if (captured >= 2)
        seg->src_port = (uint16_t)walker_be16(data);
    if (captured >= 4)
        seg->dst_port = (uint16_t)walker_be16(data + 2);
    if (captured >= 8)
        seg->seq = walker_be32(data + 4);
    if (captured >= 12)
        seg->ack = walker_be32(data + 8);
    if (captured >= 13)
        seg->data_offset = data[12] >> 4;
    if (captured >= 14)
        seg->flags = (uint16_t)(walker_be16(data + 12) & 0x0fff);
    if (captured >= 16)
        seg->wnd = (uint16_t)walker_be16(data + 14);
    if (captured >= 18)
        seg->checksum = (uint16_t)walker_be16(data + 16);
    if (captured >= 20)
        seg->up = (uint16_t)walker_be16(data + 18);
}

/* RFC 3168 section 6.1.1 and RFC 9768 section 3.1.1: AE, CWR, ECE as the three
 * digits of a number. */
static bool odd_ecn(unsigned flags)
{
    unsigned bits = flags >> 6 & 7;

    if (!(flags & TCPSEG_SYN))
        return false;
    if (flags & TCPSEG_ACK)
        return bits == 5 || bits == 7;
    return bits != 0 && bits != 3 && bits != 7;
}

static void flag_defects(walker_answer *out)
{
    unsigned f = out->seg.flags;

    if (f & 0xe00)
        defect(out, TCPSEG_DEFECT_RESERVED_BITS);
    if ((f & 0x3f) == 0)
        defect(out, TCPSEG_DEFECT_FLAGS_NULL);
    if ((f & TCPSEG_FIN) && (f & TCPSEG_PSH) && (f & TCPSEG_URG))
        defect(out, TCPSEG_DEFECT_FLAGS_XMAS);
    if ((f & TCPSEG_SYN) && (f & TCPSEG_FIN))
        defect(out, TCPSEG_DEFECT_SYN_FIN);
    if ((f & TCPSEG_SYN) && (f & TCPSEG_RST))
        defect(out, TCPSEG_DEFECT_SYN_RST);
    if ((f & TCPSEG_RST) && (f & TCPSEG_FIN))
        defect(out, TCPSEG_DEFECT_RST_FIN);
    if ((f & TCPSEG_FIN) && !(f & TCPSEG_ACK))
        defect(out, TCPSEG_DEFECT_FIN_NO_ACK);
    if (!(f & TCPSEG_SYN) && !(f & TCPSEG_ACK) && !(f & TCPSEG_RST))
        defect(out, TCPSEG_DEFECT_NO_SYN_ACK_RST);
    if (!(f & TCPSEG_ACK) && out->seg.ack != 0)
        defect(out, TCPSEG_DEFECT_ACK_NUMBER_NO_ACK);
    if (odd_ecn(f))
        defect(out, TCPSEG_DEFECT_ECN_SYN);
}

static void urgent_defects(walker_answer *out)
{
    bool urg = out->seg.flags & TCPSEG_URG;

    if (!urg && out->seg.up != 0)
        defect(out, TCPSEG_DEFECT_URGENT_NO_URG);
    if (urg && out->seg.up == 0)
        defect(out, TCPSEG_DEFECT_URGENT_ZERO);
}

static void field_defects(walker_answer *out, size_t captured)
{
    if (captured >= 2 && out->seg.src_port == 0)
        defect(out, TCPSEG_DEFECT_PORT_ZERO);
    if (captured >= 4 && out->seg.dst_port == 0)
        defect(out, TCPSEG_DEFECT_PORT_ZERO);
    if (captured >= 14)
        flag_defects(out);
    if (captured >= 20)
        urgent_defects(out);
}

static void not_a_header(walker_answer *out, int error, unsigned number,
                         size_t offset)
{
    out->error = error;
    out->seg.error = error;
    out->seg.error_offset = (uint16_t)offset;
    defect(out, number);
}

static void payload(walker_answer *out, size_t captured, size_t length)
{
    tcpseg *seg = &out->seg;
    size_t header = 4u * seg->data_offset;

    seg->payload_len = (uint32_t)(length - header);
    if (captured > header)
        seg->payload_captured = (uint32_t)(captured - header);
    if (seg->payload_captured < seg->payload_len)
        defect(out, TCPSEG_DEFECT_PAYLOAD_CUT);
    if ((seg->flags & TCPSEG_SYN) && seg->payload_len > 0)
        defect(out, TCPSEG_DEFECT_SYN_DATA);
    if (captured >= 20 && (seg->flags & TCPSEG_URG) &&
        seg->up > seg->payload_len)
        defect(out, TCPSEG_DEFECT_URGENT_BEYOND);
}

void walker_read(walker_answer *out, const uint8_t *data, size_t captured,
                 size_t length)
{
    tcpseg *seg = &out->seg;
    size_t header = 20;

    memset(out, 0, sizeof *out);
    if (captured > length)
        captured = length;
    fields(seg, data, captured);
    field_defects(out, captured);
    if (captured >= 13 && seg->data_offset > 5 &&
        4u * seg->data_offset <= length)
        header = 4u * seg->data_offset;
    seg->header_captured = (uint8_t)(captured < header ? captured : header);
    if (captured < header && captured < length)
        defect(out, TCPSEG_DEFECT_HEADER_CUT);
    if (length < 20) {
        not_a_header(out, TCPSEG_ERR_SHORT, TCPSEG_DEFECT_SHORT, length);
        return;
    }
    if (captured < 13)
        return;
    if (seg->data_offset < 5) {
        not_a_header(out, TCPSEG_ERR_OFFSET, TCPSEG_DEFECT_OFFSET_LT_5, 12);
        return;
    }
    if (4u * seg->data_offset > length) {
        not_a_header(out, TCPSEG_ERR_OFFSET, TCPSEG_DEFECT_OFFSET_BEYOND, 12);
        return;
    }
    payload(out, captured, length);
    if (seg->data_offset > 5)
        options(out, data);
    else if ((seg->flags & TCPSEG_SYN) && captured >= 20)
        defect(out, TCPSEG_DEFECT_MSS_MISSING);
}
