/* The Info column, as Wireshark writes it: ports, flags, relative numbers,
 * scaled window, option texts in wire order. */
#include "inspect.h"

const char *arrow(const struct output *out)
{
    return out->ascii ? "->" : "\xe2\x86\x92";
}

/* ---- options ---- */

struct option_at {
    const tcpseg_option *opt;
    const uint8_t *data;
    uint32_t ack_base; /* SACK edges are numbers of the other direction */
    const char *word;
};

static void word(struct text *t, const struct option_at *o)
{
    text_add(t, " %s", o->word);
}

static void number(struct text *t, const struct option_at *o)
{
    uint32_t value;

    if (tcpseg_option_number(o->opt, o->data, &value) == TCPSEG_OK)
        text_add(t, " %s=%lu", o->word, (unsigned long)value);
}

/* The factor, not the shift; a shift above 14 counts as 14. */
static void wscale(struct text *t, const struct option_at *o)
{
    uint32_t shift;

    if (tcpseg_option_number(o->opt, o->data, &shift) == TCPSEG_OK)
        text_add(t, " WS=%u", 1u << (shift < 14 ? shift : 14));
}

static void sack(struct text *t, const struct option_at *o)
{
    tcpseg_sack blocks[4];
    int n = tcpseg_option_sack(o->opt, o->data, blocks, 4);

    for (int i = 0; i < n && i < 4; i++)
        text_add(t, " SLE=%lu SRE=%lu",
                 (unsigned long)(uint32_t)(blocks[i].left - o->ack_base),
                 (unsigned long)(uint32_t)(blocks[i].right - o->ack_base));
}

static void timestamps(struct text *t, const struct option_at *o)
{
    uint32_t val, ecr;

    if (tcpseg_option_timestamps(o->opt, o->data, &val, &ecr) == TCPSEG_OK)
        text_add(t, " TSval=%lu TSecr=%lu", (unsigned long)val,
                 (unsigned long)ecr);
}

static void scps(struct text *t, const struct option_at *o)
{
    static const char *const names[] = {"BETS", "SNACK1", "SNACK2", "COMP",
                                        "NLTS"};
    tcpseg_scps scps;
    const char *before = " SCPS[";

    if (tcpseg_option_scps(o->opt, o->data, &scps, sizeof scps) < 0)
        return;
    for (unsigned i = 0; i < sizeof names / sizeof *names; i++) {
        if (scps.flags & TCPSEG_SCPS_BETS >> i) {
            text_add(t, "%s%s", before, names[i]);
            before = ", ";
        }
    }
    text_add(t, "%s Connection ID=%u", *before == ',' ? "]" : "",
             scps.connection_id);
}

static void user_timeout(struct text *t, const struct option_at *o)
{
    tcpseg_user_timeout u;

    if (tcpseg_option_user_timeout(o->opt, o->data, &u, sizeof u) >= 0)
        text_add(t, " USER_TO=%u", u.value);
}

static void quick_start(struct text *t, const struct option_at *o)
{
    static const struct {
        const char *name;
        double size;
    } units[] = {
        {"bit/s", 1}, {"Kbit/s", 1e3}, {"Mbit/s", 1e6}, {"Gbit/s", 1e9}};
    tcpseg_quick_start q;
    unsigned i = 0;

    if (tcpseg_option_quick_start(o->opt, o->data, &q, sizeof q) < 0)
        return;
    while (i < 3 && (double)q.bits_per_second >= units[i + 1].size)
        i++;
    text_add(t, " QSresp=%g %s", (double)q.bits_per_second / units[i].size,
             units[i].name);
}

static void fastopen(struct text *t, const struct option_at *o)
{
    tcpseg_fastopen f;

    if (tcpseg_option_fastopen(o->opt, o->data, &f, sizeof f) >= 0)
        text_add(t, " TFO=%c", f.cookie_len ? 'C' : 'R');
}

/* Order 1 is order 0 read backwards. */
static void accecn(struct text *t, const struct option_at *o)
{
    static const char *const names[] = {"EE0B", "ECEB", "EE1B"};
    tcpseg_accecn a;
    int first, step;

    if (tcpseg_option_accecn(o->opt, o->data, &a, sizeof a) < 0)
        return;

    const uint32_t values[] = {a.ee0b, a.eceb, a.ee1b};

    first = a.order ? 2 : 0;
    step = a.order ? -1 : 1;
    for (int i = first; i >= 0 && i < 3; i += step) {
        if (a.present >> i & 1) /* TCPSEG_ACCECN_E0B, _CEB, _E1B */
            text_add(t, " %s=%lu", names[i], (unsigned long)values[i]);
    }
    if (!a.present)
        text_add(t, " AccECN");
}

/* How many segments an ACK should stand for, in the upper seven bits. */
static void ack_rate(struct text *t, const struct option_at *o)
{
    tcpseg_experiment e;

    text_add(t, " TARR");
    if (tcpseg_option_experiment(o->opt, o->data, &e, sizeof e) >= 0 &&
        e.data_len == 1)
        text_add(t, "=%lu", (unsigned long)e.value >> 1);
}

static void experiment(struct text *t, const struct option_at *o)
{
    switch (o->opt->exid) {
    case TCPSEG_EXID_FASTOPEN:
        fastopen(t, o);
        break;
    case TCPSEG_EXID_ACCECN0:
    case TCPSEG_EXID_ACCECN1:
        accecn(t, o);
        break;
    case TCPSEG_EXID_TARR:
        ack_rate(t, o);
        break;
    default:
        text_add(t, " ExID=%X", o->opt->exid);
    }
}

/* Kinds without an entry have no text, in Wireshark either. */
static const struct {
    void (*write)(struct text *, const struct option_at *);
    const char *word;
} option_texts[256] = {
    [TCPSEG_KIND_MSS] = {number, "MSS"},
    [TCPSEG_KIND_WSCALE] = {wscale, NULL},
    [TCPSEG_KIND_SACK_PERMITTED] = {word, "SACK_PERM"},
    [TCPSEG_KIND_SACK] = {sack, NULL},
    [TCPSEG_KIND_ECHO] = {number, "ECHO"},
    [TCPSEG_KIND_ECHO_REPLY] = {number, "ECHO"},
    [TCPSEG_KIND_TIMESTAMPS] = {timestamps, NULL},
    [TCPSEG_KIND_CC] = {number, "CC"},
    [TCPSEG_KIND_CC_NEW] = {number, "CC"},
    [TCPSEG_KIND_CC_ECHO] = {number, "CC"},
    [TCPSEG_KIND_MD5] = {word, "MD5"},
    [TCPSEG_KIND_SCPS] = {scps, NULL},
    [TCPSEG_KIND_QUICK_START] = {quick_start, NULL},
    [TCPSEG_KIND_USER_TIMEOUT] = {user_timeout, NULL},
    [TCPSEG_KIND_AO] = {word, "TCP AO"},
    [TCPSEG_KIND_FASTOPEN] = {fastopen, NULL},
    [TCPSEG_KIND_ACCECN0] = {accecn, NULL},
    [TCPSEG_KIND_ACCECN1] = {accecn, NULL},
    [TCPSEG_KIND_EXPERIMENT1] = {experiment, NULL},
    [TCPSEG_KIND_EXPERIMENT2] = {experiment, NULL},
};

void info_option(struct text *t, const struct sighting *s,
                 const tcpseg_option *opt)
{
    struct option_at o = {
        .opt = opt, .data = s->data, .word = option_texts[opt->kind].word};
    bool whole =
        opt->status == TCPSEG_OPTION_OK || opt->status == TCPSEG_OPTION_RAW;

    if (s->flow && s->flow->side[!s->dir].has_base)
        o.ack_base = s->flow->side[!s->dir].base;
    if (whole && option_texts[opt->kind].write)
        option_texts[opt->kind].write(t, &o);
}

static void options(struct text *t, const struct sighting *s)
{
    tcpseg_option opt;
    uint32_t cursor = 0;

    while (tcpseg_option_next(s->seg, s->data, &cursor, &opt) == 1)
        info_option(t, s, &opt);
}

/* ---- header ---- */

static void flags(struct text *t, unsigned value)
{
    static const struct {
        unsigned bit;
        const char *name;
    } names[] = {
        {TCPSEG_FIN, "FIN"},           {TCPSEG_SYN, "SYN"}, {TCPSEG_RST, "RST"},
        {TCPSEG_PSH, "PSH"},           {TCPSEG_ACK, "ACK"}, {TCPSEG_URG, "URG"},
        {TCPSEG_ECE, "ECE"},           {TCPSEG_CWR, "CWR"}, {TCPSEG_AE, "AE"},
        {TCPSEG_RESERVED, "Reserved"},
    };
    const char *before = " [";

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (value & names[i].bit) {
            text_add(t, "%s%s", before, names[i].name);
            before = ", ";
        }
    }
    text_add(t, *before == ',' ? "]" : " [<None>]");
}

/* A number of endpoint e's, counted from its first one; as it stands while that
 * is not known, and where the header goes past the segment's end. */
static unsigned long relative(const struct sighting *s, int e, uint32_t number)
{
    if (!s->flow || !s->flow->side[e].has_base ||
        s->seg->defects >> TCPSEG_DEFECT_OFFSET_BEYOND & 1)
        return number;
    return (uint32_t)(number - s->flow->side[e].base);
}

/* Everything up to the window. */
static void numbers(struct text *t, const struct sighting *s)
{
    const tcpseg *seg = s->seg;

    flags(t, seg->flags);
    text_add(t, " Seq=%lu", relative(s, s->dir, seg->seq));
    if (seg->flags & TCPSEG_ACK)
        text_add(t, " Ack=%lu", relative(s, !s->dir, seg->ack));
    text_add(
        t, " Win=%lu",
        (unsigned long)(s->analysis.segment ? s->analysis.window : seg->wnd));
}

static void wrong_offset(struct text *t, const tcpseg *seg)
{
    if (seg->error == TCPSEG_ERR_SHORT)
        text_add(t, ", only %u bytes of header", seg->header_captured);
    else if (seg->data_offset < 5)
        text_add(t, ", bogus TCP header length (%u, must be at least 20)",
                 seg->data_offset * 4u);
    else
        text_add(t, ", TCP header length %u goes past the end of the segment",
                 seg->data_offset * 4u);
}

void info_segment(struct text *t, const struct output *out,
                  const struct sighting *s)
{
    const tcpseg *seg = s->seg;

    if (seg->header_captured < HEADER_PORTS) {
        text_add(t, "TCP, but not even its ports were captured");
        return;
    }
    info_tags(t, s);
    text_add(t, "%u %s %u", seg->src_port, arrow(out), seg->dst_port);
    if (seg->header_captured >= HEADER_NUMBERS)
        numbers(t, s);
    if (seg->error) {
        wrong_offset(t, seg);
        return;
    }
    if (seg->header_captured >= HEADER_FIXED) {
        if (seg->checksum_status == TCPSEG_CHECKSUM_BAD)
            text_add(t, " [TCP CHECKSUM INCORRECT]");
        if (seg->flags & TCPSEG_URG)
            text_add(t, " Urg=%u", seg->up);
        text_add(t, " Len=%lu", (unsigned long)seg->payload_len);
        options(t, s);
    }
    if (seg->defects >> TCPSEG_DEFECT_HEADER_CUT & 1)
        text_add(t, "[Packet size limited during capture]");
}

void info_datagram(struct text *t, const struct output *out,
                   const tcpseg_udp *udp)
{
    if (udp->header_captured < HEADER_PORTS) {
        text_add(t, "UDP, but not even its ports were captured");
        return;
    }
    text_add(t, "UDP %u %s %u", udp->src_port, arrow(out), udp->dst_port);
    if (udp->checksum_status == TCPSEG_CHECKSUM_BAD)
        text_add(t, " [UDP CHECKSUM INCORRECT]");
    if (udp->header_captured == 8)
        text_add(t, " Len=%lu", (unsigned long)udp->payload_len);
}
