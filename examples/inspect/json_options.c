/* The options of a segment in JSON: every one, in wire order, with what the
 * library decodes of it. Numbers of 64 bits are hex strings, since many readers
 * of JSON keep only 53 bits. */
#include "inspect.h"

#include <inttypes.h>

static void put_hex(const char *key, const uint8_t *bytes, size_t len)
{
    printf(",\"%s\":\"", key);
    for (size_t i = 0; i < len; i++)
        printf("%02x", bytes[i]);
    printf("\"");
}

static void put(const char *key, uint32_t value)
{
    printf(",\"%s\":%" PRIu32, key, value);
}

static void put_name(const char *key, const char *name)
{
    if (name)
        printf(",\"%s\":\"%s\"", key, name);
}

static void raw(const tcpseg_option *opt, const uint8_t *data)
{
    put_hex("data", data + opt->offset + opt->len - opt->data_len,
            opt->data_len);
}

static void number(const char *key, const tcpseg_option *opt,
                   const uint8_t *data)
{
    uint32_t value;

    if (tcpseg_option_number(opt, data, &value) == TCPSEG_OK)
        put(key, value);
}

static void mss(const tcpseg_option *opt, const uint8_t *data)
{
    number("mss", opt, data);
}

static void wscale(const tcpseg_option *opt, const uint8_t *data)
{
    number("shift", opt, data);
}

static void value(const tcpseg_option *opt, const uint8_t *data)
{
    number("value", opt, data);
}

static void sack(const tcpseg_option *opt, const uint8_t *data)
{
    tcpseg_sack blocks[4];
    int n = tcpseg_option_sack(opt, data, blocks, 4);

    printf(",\"sack\":[");
    for (int i = 0; i < n && i < 4; i++)
        printf("%s[%" PRIu32 ",%" PRIu32 "]", i ? "," : "", blocks[i].left,
               blocks[i].right);
    printf("]");
}

static void timestamps(const tcpseg_option *opt, const uint8_t *data)
{
    uint32_t tsval, tsecr;

    if (tcpseg_option_timestamps(opt, data, &tsval, &tsecr) != TCPSEG_OK)
        return;
    put("tsval", tsval);
    put("tsecr", tsecr);
}

static void auth(const tcpseg_option *opt, const uint8_t *data)
{
    tcpseg_auth a;

    if (tcpseg_option_auth(opt, data, &a, sizeof a) < 0)
        return;
    if (a.kind == TCPSEG_KIND_AO) {
        put("keyid", a.key_id);
        put("rnextkeyid", a.rnext_key_id);
    }
    put_hex("mac", a.mac, a.mac_len);
}

static void scps(const tcpseg_option *opt, const uint8_t *data)
{
    tcpseg_scps s;

    if (tcpseg_option_scps(opt, data, &s, sizeof s) < 0)
        return;
    if (s.kind == TCPSEG_KIND_SCPS) {
        put("scps_flags", s.flags);
        put("connection_id", s.connection_id);
    } else {
        put("hole_offset", s.hole_offset);
        put("hole_size", s.hole_size);
    }
}

static void quick_start(const tcpseg_option *opt, const uint8_t *data)
{
    tcpseg_quick_start q;

    if (tcpseg_option_quick_start(opt, data, &q, sizeof q) < 0)
        return;
    put("rate", q.rate);
    printf(",\"bits_per_second\":%" PRIu64, q.bits_per_second);
    put("ttl_diff", q.ttl_diff);
    put("nonce", q.nonce);
}

static void user_timeout(const tcpseg_option *opt, const uint8_t *data)
{
    tcpseg_user_timeout u;

    if (tcpseg_option_user_timeout(opt, data, &u, sizeof u) >= 0)
        put("seconds", u.seconds);
}

static void fastopen(const tcpseg_option *opt, const uint8_t *data)
{
    tcpseg_fastopen f;

    if (tcpseg_option_fastopen(opt, data, &f, sizeof f) >= 0)
        put_hex("cookie", f.cookie, f.cookie_len);
}

static void eno(const tcpseg_option *opt, const uint8_t *data)
{
    tcpseg_eno e;

    if (tcpseg_option_eno(opt, data, &e, sizeof e) < 0)
        return;
    printf(",\"eno_valid\":%s,\"eno\":[", e.valid ? "true" : "false");
    for (unsigned i = 0; i < e.count; i++) {
        const tcpseg_eno_suboption *s = &e.suboption[i];

        printf("%s{\"id\":%u", i ? "," : "", s->id);
        if (s->v)
            put_hex("data", data + s->offset, s->len);
        printf("}");
    }
    printf("]");
}

static void accecn(const tcpseg_option *opt, const uint8_t *data)
{
    tcpseg_accecn a;

    if (tcpseg_option_accecn(opt, data, &a, sizeof a) < 0)
        return;
    if (a.present & TCPSEG_ACCECN_E0B)
        put("ee0b", a.ee0b);
    if (a.present & TCPSEG_ACCECN_CEB)
        put("eceb", a.eceb);
    if (a.present & TCPSEG_ACCECN_E1B)
        put("ee1b", a.ee1b);
}

/* ---- MPTCP ---- */

static void put_u64(const char *key, uint64_t number64)
{
    printf(",\"%s\":\"%016" PRIx64 "\"", key, number64);
}

static void mptcp_data(const tcpseg_mptcp *m)
{
    if (m->present & TCPSEG_MPTCP_HAS_DATA_ACK)
        put_u64("data_ack", m->data_ack);
    if (m->present & TCPSEG_MPTCP_HAS_DSN)
        put_u64("dsn", m->dsn);
    if (m->present & TCPSEG_MPTCP_HAS_MAPPING)
        put("subflow_seq", m->subflow_seq);
    if (m->present & (TCPSEG_MPTCP_HAS_MAPPING | TCPSEG_MPTCP_HAS_DATA_LEN))
        put("data_len", m->data_len);
    if (m->present & TCPSEG_MPTCP_HAS_CHECKSUM)
        put("checksum", m->checksum);
}

static void mptcp_address(const tcpseg_mptcp *m)
{
    struct text t = {.len = 0};

    if (m->present & TCPSEG_MPTCP_HAS_ADDRESS_ID)
        put("address_id", m->address_id);
    if (m->present & TCPSEG_MPTCP_HAS_ADDRESS) {
        text_address(&t, m->address, m->address_family);
        put_name("address", t.bytes);
    }
    if (m->present & TCPSEG_MPTCP_HAS_PORT)
        put("port", m->port);
}

static void mptcp_keys(const tcpseg_mptcp *m)
{
    if (m->present & TCPSEG_MPTCP_HAS_SENDER_KEY)
        put_u64("sender_key", m->sender_key);
    if (m->present & TCPSEG_MPTCP_HAS_RECEIVER_KEY)
        put_u64("receiver_key", m->receiver_key);
    if (m->present & TCPSEG_MPTCP_HAS_TOKEN)
        put("token", m->token);
    if (m->present & TCPSEG_MPTCP_HAS_NONCE)
        put("nonce", m->nonce);
    if (m->present & TCPSEG_MPTCP_HAS_HMAC)
        put_hex("hmac", m->hmac, m->hmac_len);
}

static void mptcp(const tcpseg_option *opt, const uint8_t *data)
{
    tcpseg_mptcp m;

    if (tcpseg_option_mptcp(opt, data, &m, sizeof m) < 0)
        return;
    put("subtype", m.subtype);
    put_name("name", tcpseg_mptcp_name(m.subtype));
    if (m.subtype == TCPSEG_MPTCP_CAPABLE)
        put("version", m.version);
    put("flags", m.flags);
    mptcp_keys(&m);
    mptcp_address(&m);
    mptcp_data(&m);
    if (m.subtype == TCPSEG_MPTCP_REMOVE_ADDR)
        put_hex("remove", data + opt->offset + 3, opt->len - 3u);
    if (m.present & TCPSEG_MPTCP_HAS_REASON)
        put("reason", m.reason);
}

/* ---- experiments ---- */

static void experiment(const tcpseg_option *opt, const uint8_t *data)
{
    tcpseg_experiment e;

    if (tcpseg_option_experiment(opt, data, &e, sizeof e) < 0)
        return;
    put("exid", e.exid);
    put_name("name", tcpseg_exid_name(e.exid));
    if (e.exid == TCPSEG_EXID_FASTOPEN)
        fastopen(opt, data);
    else if (e.exid == TCPSEG_EXID_ENO)
        eno(opt, data);
    else if (e.exid == TCPSEG_EXID_ACCECN0 || e.exid == TCPSEG_EXID_ACCECN1)
        accecn(opt, data);
    else if (e.has_value)
        put("value", e.value);
    else
        put_hex("data", data + e.data_offset, e.data_len);
}

/* ---- all ---- */

/* Kinds that hold data but have no entry are shown as they are, in hex. */
static void (*const writers[256])(const tcpseg_option *, const uint8_t *) = {
    [TCPSEG_KIND_MSS] = mss,
    [TCPSEG_KIND_WSCALE] = wscale,
    [TCPSEG_KIND_SACK] = sack,
    [TCPSEG_KIND_ECHO] = value,
    [TCPSEG_KIND_ECHO_REPLY] = value,
    [TCPSEG_KIND_TIMESTAMPS] = timestamps,
    [TCPSEG_KIND_POC_PROFILE] = value,
    [TCPSEG_KIND_CC] = value,
    [TCPSEG_KIND_CC_NEW] = value,
    [TCPSEG_KIND_CC_ECHO] = value,
    [TCPSEG_KIND_ALTSUM_REQUEST] = value,
    [TCPSEG_KIND_TRAILER_CHECKSUM] = value,
    [TCPSEG_KIND_MD5] = auth,
    [TCPSEG_KIND_SCPS] = scps,
    [TCPSEG_KIND_SNACK] = scps,
    [TCPSEG_KIND_QUICK_START] = quick_start,
    [TCPSEG_KIND_USER_TIMEOUT] = user_timeout,
    [TCPSEG_KIND_AO] = auth,
    [TCPSEG_KIND_MPTCP] = mptcp,
    [TCPSEG_KIND_FASTOPEN] = fastopen,
    [TCPSEG_KIND_ENO] = eno,
    [TCPSEG_KIND_ACCECN0] = accecn,
    [TCPSEG_KIND_ACCECN1] = accecn,
    [TCPSEG_KIND_EXPERIMENT1] = experiment,
    [TCPSEG_KIND_EXPERIMENT2] = experiment,
};

static void put_option(const tcpseg_option *opt, const uint8_t *data)
{
    printf("{\"kind\":%u", opt->kind);
    if (opt->kind > TCPSEG_KIND_NOP || opt->status != TCPSEG_OPTION_OK)
        put("len", opt->len);
    if (opt->status > TCPSEG_OPTION_RAW)
        put_name("bad", tcpseg_option_status_name(opt->status));
    if (opt->status == TCPSEG_OPTION_OK && writers[opt->kind])
        writers[opt->kind](opt, data);
    else if (opt->data_len)
        raw(opt, data);
    printf("}");
}

void json_options(const tcpseg *seg, const uint8_t *data)
{
    const char *before = "";
    tcpseg_option opt;
    uint32_t cursor = 0;

    printf(",\"options\":[");
    while (tcpseg_option_next(seg, data, &cursor, &opt) == 1) {
        /* Zeros behind the end of the list are as they should be. */
        if (opt.status == TCPSEG_OPTION_PADDING)
            continue;
        printf("%s", before);
        put_option(&opt, data);
        before = ",";
    }
    printf("]");
}
