#include "print.h"

#include <inttypes.h>
#include "say.h"

static void print_hex(const char *name, const uint8_t *p, size_t len)
{
    size_t i;

    say(" %s=", name);
    for (i = 0; i < len; i++)
        say("%02x", p[i]);
}

static void print_bits(const char *name, uint64_t bits,
                       const char *(*name_of)(unsigned))
{
    unsigned n;

    say(" %s=%" PRIx64, name, bits);
    for (n = 0; n < 64; n++)
        if (bits >> n & 1)
            say(" %s", name_of(n) ? name_of(n) : "?");
}

void print_segment(const tcpseg *s)
{
    unsigned i;

    say(" error=%" PRId32 " at=%u kind=%u len=%u", s->error, s->error_offset,
        s->error_kind, s->error_len);
    say(" ports=%u,%u seq=%" PRIx32 " ack=%" PRIx32 " flags=%03x wnd=%u"
        " checksum=%04x up=%u",
        s->src_port, s->dst_port, s->seq, s->ack, s->flags, s->wnd, s->checksum,
        s->up);
    say(" offset=%u header=%u walked=%u payload=%" PRIu32 "/%" PRIu32,
        s->data_offset, s->header_captured, s->options_walked,
        s->payload_captured, s->payload_len);
    say(" present=%" PRIx32 " mss=%u ws=%u ts=%" PRIx32 ",%" PRIx32, s->present,
        s->mss, s->wscale, s->tsval, s->tsecr);
    for (i = 0; i < s->sack_count && i < 4; i++)
        say(" sack=%" PRIx32 "-%" PRIx32, s->sack[i].left, s->sack[i].right);
    say(" tfo=%u+%u status=%u ecn=%u ttl=%u id=%u len=%" PRIu32,
        s->fastopen_offset, s->fastopen_len, s->checksum_status, s->ip_ecn,
        s->ip_ttl, s->ip_id, tcpseg_len(s));
    print_bits("defects", s->defects, tcpseg_defect_name);
    say("\n");
}

/* ------------------------------------------------------------------------
 * Options
 * --------------------------------------------------------------------- */

static void print_numbers(const tcpseg_option *opt, const uint8_t *data)
{
    uint32_t a = 0, b = 0;
    tcpseg_sack sack[4];
    int n, i;

    if (tcpseg_option_number(opt, data, &a) == TCPSEG_OK)
        say(" number=%" PRIu32, a);
    if (tcpseg_option_timestamps(opt, data, &a, &b) == TCPSEG_OK)
        say(" timestamps=%" PRIx32 ",%" PRIx32, a, b);
    n = tcpseg_option_sack(opt, data, sack, 4);
    for (i = 0; i < n; i++)
        say(" block=%" PRIx32 "-%" PRIx32, sack[i].left, sack[i].right);
}

static void print_small(const tcpseg_option *opt, const uint8_t *data)
{
    tcpseg_fastopen fo;
    tcpseg_user_timeout ut;
    tcpseg_quick_start qs;
    tcpseg_scps scps;
    tcpseg_auth auth;

    if (tcpseg_option_fastopen(opt, data, &fo, sizeof fo) > 0) {
        print_hex("cookie", fo.cookie, fo.cookie_len);
        say(" experiment=%u", fo.experiment);
    }
    if (tcpseg_option_user_timeout(opt, data, &ut, sizeof ut) > 0)
        say(" timeout=%" PRIu32 " value=%u minutes=%u", ut.seconds, ut.value,
            ut.minutes);
    if (tcpseg_option_quick_start(opt, data, &qs, sizeof qs) > 0)
        say(" rate=%u bps=%" PRIu64 " ttl=%u nonce=%" PRIx32, qs.rate,
            qs.bits_per_second, qs.ttl_diff, qs.nonce);
    if (tcpseg_option_scps(opt, data, &scps, sizeof scps) > 0)
        say(" scps=%u,%x,%u,%u,%u", scps.kind, scps.flags, scps.connection_id,
            scps.hole_offset, scps.hole_size);
    if (tcpseg_option_auth(opt, data, &auth, sizeof auth) > 0) {
        say(" auth=%u,%u,%u", auth.kind, auth.key_id, auth.rnext_key_id);
        print_hex("mac", auth.mac, auth.mac_len);
    }
}

static void print_lists(const tcpseg_option *opt, const uint8_t *data)
{
    tcpseg_eno eno;
    tcpseg_accecn ae;
    tcpseg_experiment ex;
    unsigned i;

    if (tcpseg_option_eno(opt, data, &eno, sizeof eno) > 0) {
        say(" eno=%u,%u,%x", eno.count, eno.valid, eno.global);
        for (i = 0; i < eno.count && i < 38; i++)
            say(" %02x:%u@%u+%u", eno.suboption[i].id, eno.suboption[i].v,
                eno.suboption[i].offset, eno.suboption[i].len);
    }
    if (tcpseg_option_accecn(opt, data, &ae, sizeof ae) > 0)
        say(" accecn=%u,%x,%u %" PRIx32 ",%" PRIx32 ",%" PRIx32, ae.order,
            ae.present, ae.trailing, ae.ee0b, ae.eceb, ae.ee1b);
    if (tcpseg_option_experiment(opt, data, &ex, sizeof ex) > 0)
        say(" exid=%" PRIx32 "/%u@%u+%u value=%u,%" PRIx32 " (%s)", ex.exid,
            ex.exid_len, ex.data_offset, ex.data_len, ex.has_value, ex.value,
            tcpseg_exid_name(ex.exid) ? tcpseg_exid_name(ex.exid) : "-");
}

static void print_mptcp(const tcpseg_option *opt, const uint8_t *data)
{
    tcpseg_mptcp m;

    if (tcpseg_option_mptcp(opt, data, &m, sizeof m) <= 0)
        return;
    say(" mptcp=%u (%s) version=%u flags=%x present=%" PRIx32, m.subtype,
        tcpseg_mptcp_name(m.subtype), m.version, m.flags, m.present);
    say(" id=%u family=%u reason=%u token=%" PRIx32 " nonce=%" PRIx32,
        m.address_id, m.address_family, m.reason, m.token, m.nonce);
    say(" keys=%" PRIx64 ",%" PRIx64 " ack=%" PRIx64 " dsn=%" PRIx64,
        m.sender_key, m.receiver_key, m.data_ack, m.dsn);
    say(" ssn=%" PRIx32 " dlen=%u sum=%x port=%u", m.subflow_seq, m.data_len,
        m.checksum, m.port);
    print_hex("address", m.address, 16);
    print_hex("hmac", m.hmac, sizeof m.hmac);
    say(" remove=%u", m.remove_count);
    print_hex("ids", m.remove, 4);
}

void print_options(const tcpseg *seg, const uint8_t *data)
{
    tcpseg_option opt;
    uint32_t cursor = 0;

    while (tcpseg_option_next(seg, data, &cursor, &opt) == 1) {
        say("  @%u kind=%u (%s) len=%u %s exid=%x data=%u", opt.offset,
            opt.kind, tcpseg_option_name(opt.kind), opt.len,
            tcpseg_option_status_name(opt.status), opt.exid, opt.data_len);
        print_numbers(&opt, data);
        print_small(&opt, data);
        print_lists(&opt, data);
        print_mptcp(&opt, data);
        say("\n");
    }
}

/* ------------------------------------------------------------------------
 * Frames, datagrams, connections
 * --------------------------------------------------------------------- */

void print_frame(const tcpseg_frame *f)
{
    unsigned i;

    say(" stop=%s protocol=%u family=%u fragment=%u",
        tcpseg_stop_name(f->stop) ? tcpseg_stop_name(f->stop) : "?",
        f->addr.protocol, f->addr.family, f->addr.fragment);
    print_hex("src", f->addr.src, 16);
    print_hex("dst", f->addr.dst, 16);
    say(" at=%" PRIu32 " captured=%" PRIu32 " length=%" PRIu32 " upper=%" PRIu32
        " ip=%" PRIu32 " trailer=%" PRIu32,
        f->offset, f->captured, f->length, f->addr.length, f->ip_offset,
        f->trailer);
    for (i = 0; i < f->vlan_count && i < 4; i++)
        say(" vlan=%04x", f->vlan[i]);
    say(" ttl=%u ecn=%u id=%u tunnels=%u/%" PRIx32 " mpls=%u", f->ttl, f->ecn,
        f->ip_id, f->tunnel_depth, f->tunnel_id, f->mpls_count);
    print_bits("defects", f->defects, tcpseg_frame_defect_name);
    say("\n");
}

void print_udp(const tcpseg_udp *udp)
{
    say(" udp ports=%u,%u length=%u checksum=%04x payload=%" PRIu32 "/%" PRIu32
        " surplus=%" PRIu32,
        udp->src_port, udp->dst_port, udp->length, udp->checksum,
        udp->payload_captured, udp->payload_len, udp->surplus_len);
    print_bits("defects", udp->defects, tcpseg_udp_defect_name);
    say("\n");
}

void print_event(const tcpconn_event *e)
{
    say("  event type=%u now=%" PRIu64 " dir=%u endpoint=%u %s -> %s"
        " sure=%u why=%u seq=%" PRIx32 " checks=%" PRIx64 " tag=%" PRIu64
        " id=%" PRIu32 " verdict=%u\n",
        e->type, e->now, e->dir, e->endpoint, tcpconn_state_name(e->old_state),
        tcpconn_state_name(e->new_state), e->sure, e->why, e->seq, e->checks,
        e->tag, e->id, e->verdict);
}

void print_report(const tcpconn_report *r)
{
    say("  %s %s severity=%s top=%u states=%s%s,%s%s",
        tcpconn_verdict_name(r->verdict), tcpconn_advice_name(r->advice),
        tcpconn_severity_name(r->severity), r->top_check,
        tcpconn_state_name(r->state[0]), r->sure[0] ? "" : "?",
        tcpconn_state_name(r->state[1]), r->sure[1] ? "" : "?");
    say(" offset=%" PRIu64 " new=%" PRIu32 " seq=%" PRIu32 " ack=%" PRIu32
        " wnd=%" PRIu32 " events=%" PRIu32 " provisional=%u/%" PRIu32,
        r->offset, r->new_len, r->rel_seq, r->rel_ack, r->wnd_scaled, r->events,
        r->provisional, r->id);
    print_bits("checks", r->checks, tcpconn_check_name);
    say("\n");
}
