/* MPTCP, option kind 30: a protocol of its own inside one option. Versions 0
 * (RFC 6824) and 1 (RFC 8684). */
#include "option_int.h"

#define LEN(n) (UINT64_C(1) << (n))

/* The low nibble of an ADD_ADDR: the IP version in version 0, flags in 1. */
enum { ADD_ADDR_V4 = 4, ADD_ADDR_V6 = 6, ADD_ADDR_ECHO = 1 };

/* Lengths by subtype: which form an option has follows from its length. Those of
 * 0 are computed below. */
static const struct {
    uint64_t lengths;
    const char *name;
} subtypes[16] = {
    [TCPSEG_MPTCP_CAPABLE] = {0, "MP_CAPABLE"},
    [TCPSEG_MPTCP_JOIN] = {LEN(12) | LEN(16) | LEN(24), "MP_JOIN"},
    [TCPSEG_MPTCP_DSS] = {0, "DSS"},
    [TCPSEG_MPTCP_ADD_ADDR] = {0, "ADD_ADDR"},
    [TCPSEG_MPTCP_REMOVE_ADDR] = {~UINT64_C(0) << 4, "REMOVE_ADDR"},
    [TCPSEG_MPTCP_PRIO] = {LEN(3) | LEN(4), "MP_PRIO"},
    [TCPSEG_MPTCP_FAIL] = {LEN(12), "MP_FAIL"},
    [TCPSEG_MPTCP_FASTCLOSE] = {LEN(12), "MP_FASTCLOSE"},
    [TCPSEG_MPTCP_TCPRST] = {LEN(4), "MP_TCPRST"},
    [TCPSEG_MPTCP_PRIVATE] = {~UINT64_C(0) << 4, "private"},
};

/* Section 3.1: in version 1 a SYN offers no key yet, and data may come with the
 * third step. */
static uint64_t capable_lengths(uint8_t version)
{
    const uint64_t keys = LEN(12) | LEN(20);

    return version == 0 ? keys : keys | LEN(4) | LEN(22) | LEN(24);
}

/* RFC 8684 section 3.3: each part present adds its bytes; the checksum comes
 * with a mapping only. */
static uint64_t dss_lengths(uint8_t flags)
{
    uint32_t len = 4;

    if (flags & TCPSEG_MPTCP_DSS_ACK)
        len += flags & TCPSEG_MPTCP_DSS_ACK8 ? 8 : 4;
    if (!(flags & TCPSEG_MPTCP_DSS_MAPPING))
        return LEN(len);
    len += (flags & TCPSEG_MPTCP_DSS_DSN8 ? 8u : 4u) + 4 + 2;
    return LEN(len) | LEN(len + 2);
}

/* RFC 6824 and 8684, section 3.4.1: address, then perhaps a port, then, in
 * version 1 and without echo, eight bytes of HMAC. */
static uint64_t add_addr_lengths(uint8_t nibble)
{
    switch (nibble) {
    case ADD_ADDR_V4:
        return LEN(8) | LEN(10);
    case ADD_ADDR_V6:
        return LEN(20) | LEN(22);
    default:
        return nibble & ADD_ADDR_ECHO ? LEN(8) | LEN(10) | LEN(20) | LEN(22)
                                      : LEN(16) | LEN(18) | LEN(28) | LEN(30);
    }
}

uint8_t tcpsegp_mptcp_status(const uint8_t *option, uint32_t len)
{
    uint64_t lengths;
    unsigned subtype;

    if (len < 3)
        return TCPSEG_OPTION_BAD_LEN;
    subtype = option[2] >> 4;
    if (!subtypes[subtype].name)
        return TCPSEG_OPTION_RAW;
    lengths = subtypes[subtype].lengths;
    if (subtype == TCPSEG_MPTCP_CAPABLE) {
        if ((option[2] & 15) > 1)
            return TCPSEG_OPTION_RAW; /* a version to come: not for us to judge */
        lengths = capable_lengths(option[2] & 15);
    }
    if (subtype == TCPSEG_MPTCP_DSS && len >= 4)
        lengths = dss_lengths(option[3]);
    if (subtype == TCPSEG_MPTCP_ADD_ADDR)
        lengths = add_addr_lengths(option[2] & 15);
    return lengths >> len & 1 ? TCPSEG_OPTION_OK : TCPSEG_OPTION_BAD_LEN;
}

static void read_capable(tcpseg_mptcp *m, const uint8_t *o, uint32_t len)
{
    m->version = o[2] & 15;
    m->flags = o[3];
    if (len >= 12) {
        m->sender_key = load_be64(o + 4);
        m->present |= TCPSEG_MPTCP_HAS_SENDER_KEY;
    }
    if (len >= 20) {
        m->receiver_key = load_be64(o + 12);
        m->present |= TCPSEG_MPTCP_HAS_RECEIVER_KEY;
    }
    if (len >= 22) {
        m->data_len = load_be16(o + 20);
        m->present |= TCPSEG_MPTCP_HAS_DATA_LEN;
    }
    if (len >= 24) {
        m->checksum = load_be16(o + 22);
        m->present |= TCPSEG_MPTCP_HAS_CHECKSUM;
    }
}

static void read_hmac(tcpseg_mptcp *m, const uint8_t *from, uint8_t len)
{
    memcpy(m->hmac, from, len);
    m->hmac_len = len;
    m->present |= TCPSEG_MPTCP_HAS_HMAC;
}

/* SYN: token and nonce. SYN,ACK: short HMAC and nonce. ACK: whole HMAC. */
static void read_join(tcpseg_mptcp *m, const uint8_t *o, uint32_t len)
{
    if (len == 24) {
        read_hmac(m, o + 4, 20);
        return;
    }
    m->flags = o[2] & 15;
    m->address_id = o[3];
    m->nonce = load_be32(o + len - 4);
    m->present |= TCPSEG_MPTCP_HAS_ADDRESS_ID | TCPSEG_MPTCP_HAS_NONCE;
    if (len == 16) {
        read_hmac(m, o + 4, 8);
        return;
    }
    m->token = load_be32(o + 4);
    m->present |= TCPSEG_MPTCP_HAS_TOKEN;
}

static uint64_t load_4_or_8(const uint8_t **p, bool eight)
{
    uint64_t v = eight ? load_be64(*p) : load_be32(*p);

    *p += eight ? 8 : 4;
    return v;
}

static void read_dss(tcpseg_mptcp *m, const uint8_t *o, uint32_t len)
{
    const uint8_t *p = o + 4;

    m->flags = o[3];
    if (m->flags & TCPSEG_MPTCP_DSS_ACK) {
        m->data_ack = load_4_or_8(&p, m->flags & TCPSEG_MPTCP_DSS_ACK8);
        m->present |= TCPSEG_MPTCP_HAS_DATA_ACK;
    }
    if (!(m->flags & TCPSEG_MPTCP_DSS_MAPPING))
        return;
    m->dsn = load_4_or_8(&p, m->flags & TCPSEG_MPTCP_DSS_DSN8);
    m->subflow_seq = load_be32(p);
    m->data_len = load_be16(p + 4);
    m->present |= TCPSEG_MPTCP_HAS_DSN | TCPSEG_MPTCP_HAS_MAPPING;
    if (p + 6 < o + len) {
        m->checksum = load_be16(p + 6);
        m->present |= TCPSEG_MPTCP_HAS_CHECKSUM;
    }
}

static void read_add_addr(tcpseg_mptcp *m, const uint8_t *o, uint32_t len)
{
    uint8_t nibble = o[2] & 15;
    bool v0 = nibble == ADD_ADDR_V4 || nibble == ADD_ADDR_V6;
    uint32_t hmac = !v0 && !(nibble & ADD_ADDR_ECHO) ? 8 : 0;
    uint32_t rest = len - 4 - hmac;
    uint32_t address = rest >= 16 ? 16 : 4;

    m->version = !v0;
    m->flags = v0 ? 0 : nibble;
    m->address_id = o[3];
    m->address_family = address == 4 ? 4 : 6;
    memcpy(m->address, o + 4, address);
    m->present |= TCPSEG_MPTCP_HAS_ADDRESS_ID | TCPSEG_MPTCP_HAS_ADDRESS;
    if (rest > address) {
        m->port = load_be16(o + 4 + address);
        m->present |= TCPSEG_MPTCP_HAS_PORT;
    }
    if (hmac)
        read_hmac(m, o + len - hmac, 8);
}

static void read_remove_addr(tcpseg_mptcp *m, const uint8_t *o, uint32_t len)
{
    m->remove_count = (uint8_t)(len - 3);
    for (uint32_t i = 0; i < len - 3 && i < sizeof m->remove; i++)
        m->remove[i] = o[3 + i];
}

static void read_prio(tcpseg_mptcp *m, const uint8_t *o, uint32_t len)
{
    m->flags = o[2] & 15;
    if (len == 4) {
        m->address_id = o[3];
        m->present |= TCPSEG_MPTCP_HAS_ADDRESS_ID;
    }
}

static void read_fail(tcpseg_mptcp *m, const uint8_t *o, uint32_t len)
{
    (void)len;
    m->dsn = load_be64(o + 4);
    m->present |= TCPSEG_MPTCP_HAS_DSN;
}

static void read_fastclose(tcpseg_mptcp *m, const uint8_t *o, uint32_t len)
{
    (void)len;
    m->receiver_key = load_be64(o + 4);
    m->present |= TCPSEG_MPTCP_HAS_RECEIVER_KEY;
}

static void read_tcprst(tcpseg_mptcp *m, const uint8_t *o, uint32_t len)
{
    (void)len;
    m->flags = o[2] & 15;
    m->reason = o[3];
    m->present |= TCPSEG_MPTCP_HAS_REASON;
}

int tcpseg_option_mptcp(const tcpseg_option *opt, const void *data,
                        tcpseg_mptcp *out, size_t out_size)
{
    static void (*const readers[16])(tcpseg_mptcp *, const uint8_t *,
                                     uint32_t) = {
        [TCPSEG_MPTCP_CAPABLE] = read_capable,
        [TCPSEG_MPTCP_JOIN] = read_join,
        [TCPSEG_MPTCP_DSS] = read_dss,
        [TCPSEG_MPTCP_ADD_ADDR] = read_add_addr,
        [TCPSEG_MPTCP_REMOVE_ADDR] = read_remove_addr,
        [TCPSEG_MPTCP_PRIO] = read_prio,
        [TCPSEG_MPTCP_FAIL] = read_fail,
        [TCPSEG_MPTCP_FASTCLOSE] = read_fastclose,
        [TCPSEG_MPTCP_TCPRST] = read_tcprst,
    };
    const uint8_t *o = option_bytes(opt, data);
    tcpseg_mptcp m;

    if (!o || !out || opt->kind != TCPSEG_KIND_MPTCP ||
        opt->status != TCPSEG_OPTION_OK ||
        tcpsegp_mptcp_status(o, opt->len) != TCPSEG_OPTION_OK)
        return TCPSEG_ERR_ARG;
    memset(&m, 0, sizeof m);
    m.subtype = o[2] >> 4;
    if (readers[m.subtype])
        readers[m.subtype](&m, o, opt->len);
    return copy_out(out, out_size, &m, sizeof m);
}

const char *tcpseg_mptcp_name(unsigned subtype)
{
    return subtype < 16 ? subtypes[subtype].name : NULL;
}
