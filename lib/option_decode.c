/* The decoders: one option's bytes to a structure for its kind. */
#include "inline.h"
#include "option_int.h"

/* Where a well-formed option is, or NULL: everything a decoder checks first. Its
 * status says that its bytes are there; that they fit its kind is checked again,
 * since the caller's option is not taken on trust. */
NOINLINE static const uint8_t *well_formed(const tcpseg_option *opt,
                                           const void *data, const void *out)
{
    const uint8_t *o = option_bytes(opt, data);

    if (!o || !out || opt->status != TCPSEG_OPTION_OK || o[0] != opt->kind ||
        opt->kind <= TCPSEG_KIND_NOP ||
        tcpsegp_option_read(o, opt->len, false).status != TCPSEG_OPTION_OK)
        return NULL;
    return o;
}

/* The bytes before the data of an option that stands either under its own kind
 * or as an experiment; 0 if it is neither. */
static uint32_t data_start(const uint8_t *o, uint32_t len, unsigned kind,
                           uint32_t exid)
{
    if (o[0] == kind)
        return 2;
    if (kind_of(o[0])->form == FORM_EXID &&
        tcpsegp_experiment(o, len)->exid == exid)
        return 4;
    return 0;
}

NOINLINE static int give(void *out, size_t out_size, const void *decoded,
                         size_t size)
{
    return copy_out(out, out_size, decoded, size);
}

int tcpseg_option_number(const tcpseg_option *opt, const void *data,
                         uint32_t *value)
{
    static const uint8_t bytes[] = {
        [TCPSEG_KIND_MSS] = 2,
        [TCPSEG_KIND_WSCALE] = 1,
        [TCPSEG_KIND_ECHO] = 4,
        [TCPSEG_KIND_ECHO_REPLY] = 4,
        [TCPSEG_KIND_POC_PROFILE] = 1,
        [TCPSEG_KIND_CC] = 4,
        [TCPSEG_KIND_CC_NEW] = 4,
        [TCPSEG_KIND_CC_ECHO] = 4,
        [TCPSEG_KIND_ALTSUM_REQUEST] = 1,
        [TCPSEG_KIND_TRAILER_CHECKSUM] = 1,
    };
    const uint8_t *o = well_formed(opt, data, value);

    if (!o || opt->kind >= sizeof bytes || !bytes[opt->kind])
        return TCPSEG_ERR_ARG;
    *value = 0;
    for (uint32_t i = 0; i < bytes[opt->kind]; i++)
        *value = *value << 8 | o[2 + i];
    if (opt->kind == TCPSEG_KIND_POC_PROFILE)
        *value >>= 6; /* start and end are the two upper bits */
    return TCPSEG_OK;
}

int tcpseg_option_timestamps(const tcpseg_option *opt, const void *data,
                             uint32_t *tsval, uint32_t *tsecr)
{
    const uint8_t *o = well_formed(opt, data, tsval);

    if (!o || !tsecr || opt->kind != TCPSEG_KIND_TIMESTAMPS)
        return TCPSEG_ERR_ARG;
    *tsval = load_be32(o + 2);
    *tsecr = load_be32(o + 6);
    return TCPSEG_OK;
}

int tcpseg_option_sack(const tcpseg_option *opt, const void *data,
                       tcpseg_sack *blocks, size_t capacity)
{
    const uint8_t *o = well_formed(opt, data, blocks);
    uint32_t n;

    if (!o || opt->kind != TCPSEG_KIND_SACK)
        return TCPSEG_ERR_ARG;
    n = (opt->len - 2u) / 8;
    for (uint32_t i = 0; i < n && i < capacity; i++) {
        blocks[i].left = load_be32(o + 2 + 8 * i);
        blocks[i].right = load_be32(o + 6 + 8 * i);
    }
    return (int)n;
}

int tcpseg_option_fastopen(const tcpseg_option *opt, const void *data,
                           tcpseg_fastopen *out, size_t out_size)
{
    const uint8_t *o = well_formed(opt, data, out);
    tcpseg_fastopen f;
    uint32_t start;

    if (!o || !(start = data_start(o, opt->len, TCPSEG_KIND_FASTOPEN,
                                   TCPSEG_EXID_FASTOPEN)))
        return TCPSEG_ERR_ARG;
    memset(&f, 0, sizeof f);
    f.experiment = start != 2;
    f.cookie_len = (uint8_t)(opt->len - start);
    memcpy(f.cookie, o + start, f.cookie_len);
    return give(out, out_size, &f, sizeof f);
}

int tcpseg_option_auth(const tcpseg_option *opt, const void *data,
                       tcpseg_auth *out, size_t out_size)
{
    const uint8_t *o = well_formed(opt, data, out);
    tcpseg_auth a;
    uint32_t start;

    if (!o || (opt->kind != TCPSEG_KIND_AO && opt->kind != TCPSEG_KIND_MD5))
        return TCPSEG_ERR_ARG;
    memset(&a, 0, sizeof a);
    start = 2;
    a.kind = opt->kind;
    if (opt->kind == TCPSEG_KIND_AO) {
        a.key_id = o[2];
        a.rnext_key_id = o[3];
        start = 4;
    }
    a.mac_len = (uint8_t)(opt->len - start);
    memcpy(a.mac, o + start, a.mac_len);
    return give(out, out_size, &a, sizeof a);
}

int tcpseg_option_user_timeout(const tcpseg_option *opt, const void *data,
                               tcpseg_user_timeout *out, size_t out_size)
{
    const uint8_t *o = well_formed(opt, data, out);
    tcpseg_user_timeout u = {0, 0, 0, 0};

    if (!o || opt->kind != TCPSEG_KIND_USER_TIMEOUT)
        return TCPSEG_ERR_ARG;
    u.minutes = o[2] >> 7; /* granularity: the first bit of the sixteen */
    u.value = load_be16(o + 2) & 0x7fff;
    u.seconds = u.minutes ? u.value * 60u : u.value;
    return give(out, out_size, &u, sizeof u);
}

int tcpseg_option_quick_start(const tcpseg_option *opt, const void *data,
                              tcpseg_quick_start *out, size_t out_size)
{
    const uint8_t *o = well_formed(opt, data, out);
    tcpseg_quick_start q = {0, 0, 0, 0, {0, 0}};

    if (!o || opt->kind != TCPSEG_KIND_QUICK_START)
        return TCPSEG_ERR_ARG;
    q.rate = o[2] & 15;
    q.ttl_diff = o[3];
    q.nonce = load_be32(o + 4) >> 2;
    q.bits_per_second = q.rate ? UINT64_C(40000) << q.rate : 0;
    return give(out, out_size, &q, sizeof q);
}

int tcpseg_option_scps(const tcpseg_option *opt, const void *data,
                       tcpseg_scps *out, size_t out_size)
{
    const uint8_t *o = well_formed(opt, data, out);
    tcpseg_scps s = {0, 0, 0, 0, 0, 0};

    if (!o || (opt->kind != TCPSEG_KIND_SCPS && opt->kind != TCPSEG_KIND_SNACK))
        return TCPSEG_ERR_ARG;
    s.kind = opt->kind;
    if (s.kind == TCPSEG_KIND_SCPS) {
        s.flags = o[2];
        s.connection_id = o[3];
    } else {
        s.hole_offset = load_be16(o + 2);
        s.hole_size = load_be16(o + 4);
    }
    return give(out, out_size, &s, sizeof s);
}

/* RFC 8547 section 4.1: a byte with v=0 is a suboption; a length byte gives the
 * data length of the suboption that follows it; a suboption with v=1 and no
 * length byte before it reaches to the end. */
static void read_eno(tcpseg_eno *e, const uint8_t *o, uint32_t pos,
                     uint32_t len, uint32_t offset)
{
    enum { V = 0x80, LENGTH_MASK = 0xe0, FIRST_TEP = 0x20 };

    e->valid = 1;
    while (pos < len) {
        uint8_t byte = o[pos++];
        uint32_t data = 0;

        if ((byte & LENGTH_MASK) == V) { /* a length byte: 1 to 32 */
            data = (byte & 31u) + 1;
            /* It must stand before a suboption with data, and not the last. */
            if (pos >= len || (o[pos] & LENGTH_MASK) == V || !(o[pos] & V) ||
                data > len - pos - 1) {
                e->valid = 0;
                return;
            }
            byte = o[pos++];
        } else if (byte & V) {
            data = len - pos;
        }
        if (!(byte & V) && byte < FIRST_TEP)
            e->global = byte;
        e->suboption[e->count].id = byte & 0x7f;
        e->suboption[e->count].v = byte >> 7;
        e->suboption[e->count].offset = (uint8_t)(offset + pos);
        e->suboption[e->count++].len = (uint8_t)data;
        pos += data;
    }
}

int tcpseg_option_eno(const tcpseg_option *opt, const void *data,
                      tcpseg_eno *out, size_t out_size)
{
    const uint8_t *o = well_formed(opt, data, out);
    tcpseg_eno e;
    uint32_t start;

    if (!o ||
        !(start = data_start(o, opt->len, TCPSEG_KIND_ENO, TCPSEG_EXID_ENO)))
        return TCPSEG_ERR_ARG;
    memset(&e, 0, sizeof e);
    read_eno(&e, o, start, opt->len, opt->offset);
    return give(out, out_size, &e, sizeof e);
}

/* The counters in wire order: kind 172 sends E0B, CE, E1B and kind 174 the
 * reverse; trailing ones may be left out. RFC 9768 section 3.2.3. */
static void read_accecn(tcpseg_accecn *a, const uint8_t *p, uint32_t len)
{
    uint32_t *counters[3] = {&a->ee0b, &a->eceb, &a->ee1b};
    uint32_t n = len / 3 < 3 ? len / 3 : 3;

    for (uint32_t i = 0; i < n; i++) {
        uint32_t which = a->order ? 2 - i : i;

        *counters[which] = load_be24(p + 3 * i);
        a->present |= (uint8_t)(1u << which);
    }
    a->trailing = (uint8_t)(len - 3 * n);
}

int tcpseg_option_accecn(const tcpseg_option *opt, const void *data,
                         tcpseg_accecn *out, size_t out_size)
{
    const uint8_t *o = well_formed(opt, data, out);
    tcpseg_accecn a = {0, 0, 0, 0, 0, 0, 0};
    uint32_t start;

    if (!o)
        return TCPSEG_ERR_ARG;
    start = data_start(o, opt->len, TCPSEG_KIND_ACCECN0, TCPSEG_EXID_ACCECN0);
    if (!start) {
        a.order = 1;
        start =
            data_start(o, opt->len, TCPSEG_KIND_ACCECN1, TCPSEG_EXID_ACCECN1);
    }
    if (!start)
        return TCPSEG_ERR_ARG;
    read_accecn(&a, o + start, opt->len - start);
    return give(out, out_size, &a, sizeof a);
}

int tcpseg_option_experiment(const tcpseg_option *opt, const void *data,
                             tcpseg_experiment *out, size_t out_size)
{
    const uint8_t *o = option_bytes(opt, data);
    tcpseg_experiment e = {0, 0, 0, 0, 0, 0, 0};
    struct option_reading r;
    const struct experiment *known;

    if (!o || !out || opt->status > TCPSEG_OPTION_RAW || o[0] != opt->kind ||
        kind_of(o[0])->form != FORM_EXID)
        return TCPSEG_ERR_ARG;
    r = tcpsegp_option_read(o, opt->len, false);
    if (r.status != TCPSEG_OPTION_OK && r.status != TCPSEG_OPTION_RAW)
        return TCPSEG_ERR_ARG;
    known = tcpsegp_experiment(o, opt->len);
    e.exid = r.exid;
    e.exid_len = r.exid_len;
    e.data_offset = (uint8_t)(opt->offset + 2 + r.exid_len);
    e.data_len = (uint8_t)(opt->len - 2 - r.exid_len);
    if (known && known->has_value && e.data_len && e.data_len <= 4) {
        /* An extended offset may be followed by the segment's length. */
        uint32_t len =
            e.exid == TCPSEG_EXID_EDO && e.data_len == 4 ? 2 : e.data_len;

        e.has_value = 1;
        for (uint32_t i = 0; i < len; i++)
            e.value = e.value << 8 | o[2u + r.exid_len + i];
    }
    return give(out, out_size, &e, sizeof e);
}
