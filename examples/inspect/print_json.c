/* JSON lines for programs: one object a line, in capture order. Nothing here is
 * text from the wire, only numbers, names of the library's, and hex digits. */
#include "inspect.h"

#include <inttypes.h>

static const char *const directions[] = {"ab", "ba"};

static void print_string(const char *key, const char *value)
{
    if (value)
        printf(",\"%s\":\"%s\"", key, value);
    else
        printf(",\"%s\":null", key);
}

/* A header field, null where the capture ends before it. */
static void print_field(const char *key, uint64_t value, bool known)
{
    if (known)
        printf(",\"%s\":%" PRIu64, key, value);
    else
        printf(",\"%s\":null", key);
}

static void print_time(uint64_t time)
{
    printf(",\"t\":\"%" PRIu64 ".%09" PRIu64 "\"", time / 1000000000,
           time % 1000000000);
}

static void start(const char *event, const struct flow *f, uint64_t frame,
                  uint64_t time)
{
    printf("{\"ev\":\"%s\"", event);
    print_field("conn", f ? f->number : 0, f);
    printf(",\"frame\":%" PRIu64, frame);
    print_time(time);
}

static void print_endpoint(const char *key, const struct flow *f, int endpoint)
{
    struct text t = {.len = 0};

    text_address(&t, f->ep[endpoint].address, f->family);
    printf(",\"%s\":{\"ip\":\"%s\",\"port\":%u}", key, t.bytes,
           f->ep[endpoint].port);
}

static void json_opened(struct output *out, const struct flow *f,
                        const struct packet *p)
{
    static const char *const names[] = {"a", "b"};

    (void)out;
    start("conn", f, p->number, p->time);
    print_endpoint("a", f, 0);
    print_endpoint("b", f, 1);
    print_string("opener", f->opener == UNKNOWN ? NULL : names[f->opener]);
    printf(",\"assumed\":%s}\n", f->opener == UNKNOWN ? "true" : "false");
}

/* ---- seg ---- */

static void print_flags(unsigned flags)
{
    static const char cells[] = "RRReCEUAPRSF"; /* bit 11 first */
    char shown[sizeof cells];

    for (unsigned i = 0; i < sizeof cells - 1; i++)
        shown[i] = flags >> (11 - i) & 1 ? cells[i] : '.';
    shown[sizeof cells - 1] = '\0';
    print_string("flags", shown);
}

static void print_header(const struct sighting *s)
{
    const tcpseg *seg = s->seg;
    unsigned known = seg->header_captured;

    print_field("sport", seg->src_port, known >= 2);
    print_field("dport", seg->dst_port, known >= 4);
    print_field("ipid", s->frame->ip_id, s->frame->addr.family == 4);
    print_field("seq", seg->seq, known >= 8);
    print_field("ack", seg->ack, known >= 12);
    if (known >= 14)
        print_flags(seg->flags);
    else
        print_string("flags", NULL);
    print_field("hdr_len", seg->data_offset * 4u, known >= 13);
    print_field("win", seg->wnd, known >= 16);
    print_field("win_scaled", s->report.wnd_scaled,
                s->report.verdict != TCPCONN_MALFORMED);
    print_field("csum", seg->checksum, known >= 18);
    print_field("urg", seg->up, known >= 20);
    print_field("len", seg->payload_len, !seg->error && known >= 13);
    print_field("cap_len", seg->payload_captured, true);
}

static void print_defects(uint64_t defects)
{
    const char *before = "";

    printf(",\"defects\":[");
    for (unsigned i = 0; tcpseg_defect_name(i); i++) {
        if (defects >> i & 1) {
            printf("%s\"%s\"", before, tcpseg_defect_name(i));
            before = ",";
        }
    }
    printf("]");
}

struct list {
    const char *before;
};

static void add_reason(void *context, const char *name)
{
    struct list *list = context;

    printf("%s\"%s\"", list->before, name);
    list->before = ",";
}

static void print_reasons(uint64_t checks, unsigned top)
{
    struct list list = {""};

    printf(",\"reasons\":[");
    each_check(checks, top, add_reason, &list);
    printf("]");
}

static void print_findings(const struct flow *f, const struct packet *p,
                           const struct news *news)
{
    static const char *const why[] = {"seen", "silence", "disputed"};

    for (size_t i = 0; i < news->n_findings; i++) {
        const struct finding *found = &news->findings[i];
        int severity = tcpconn_check_severity(found->check);

        start("finding", f, p->number, p->time);
        print_string("dir", directions[found->dir]);
        print_string("why", why[found->why]);
        print_string("check", tcpconn_check_name(found->check));
        print_string("severity", tcpconn_severity_name(severity));
        print_field("count", found->count, found->count);
        printf("}\n");
    }
}

static void print_revisions(const struct flow *f, const struct packet *p,
                            const struct news *news)
{
    for (size_t i = 0; i < news->n_revisions; i++) {
        const struct revision *r = &news->revisions[i];

        start("revise", f, p->number, p->time);
        printf(",\"of\":%" PRIu64, r->frame);
        print_string("verdict", tcpconn_verdict_name(r->verdict));
        print_reasons(r->checks, 255);
        printf("}\n");
    }
}

static void print_changes(const struct flow *f, uint64_t frame,
                          const struct change *changes, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const struct change *c = &changes[i];

        start("state", f, frame, c->time);
        print_string("ep", c->endpoint ? "b" : "a");
        print_string("old", tcpconn_state_name(c->old_state));
        print_string("new", tcpconn_state_name(c->new_state));
        printf(",\"sure\":%s}\n", c->sure ? "true" : "false");
    }
}

static void print_told(const struct flow *f, const struct packet *p,
                       const struct news *news)
{
    static const char *const names[] = {
        [TCPCONN_EV_DATA] = "data",
        [TCPCONN_EV_GAP] = "gap",
        [TCPCONN_EV_OVERLAP] = "overlap",
        [TCPCONN_EV_NOT_KEPT] = "not-kept",
    };

    for (size_t i = 0; i < news->n_told; i++) {
        const struct told *told = &news->told[i];

        start(names[told->type], f, p->number, p->time);
        print_string("dir", directions[told->dir]);
        print_field("off", told->offset, true);
        print_field("len", told->len, true);
        if (told->type == TCPCONN_EV_GAP)
            print_string("why", tcpconn_gap_name(told->why));
        if (told->type == TCPCONN_EV_OVERLAP)
            print_string("winner", told->winner ? "new" : "old");
        if (told->type == TCPCONN_EV_DATA && told->why == TCPCONN_DATA_URGENT)
            printf(",\"urgent\":true");
        printf("}\n");
    }
}

static void print_news(const struct flow *f, const struct packet *p,
                       const struct news *news)
{
    print_changes(f, p->number, news->changes, news->n_changes);
    print_told(f, p, news);
    print_findings(f, p, news);
    print_revisions(f, p, news);
}

static void json_segment(struct output *out, const struct sighting *s)
{
    const tcpconn_report *r = &s->report;

    (void)out;
    start("seg", s->flow, s->packet->number, s->packet->time);
    print_string("dir", directions[s->dir]);
    print_header(s);
    json_options(s->seg, s->data);
    print_defects(s->seg->defects);
    print_string("checksum", tcpseg_checksum_name(s->seg->checksum_status));
    print_string("verdict", tcpconn_verdict_name(r->verdict));
    printf(",\"provisional\":%s", r->provisional ? "true" : "false");
    print_string("severity", tcpconn_severity_name(r->severity));
    print_string("advice", tcpconn_advice_name(r->advice));
    print_reasons(r->checks, r->top_check);
    json_analysis(s);
    print_string("state_a", s->flow ? tcpconn_state_name(r->state[0]) : NULL);
    print_string("state_b", s->flow ? tcpconn_state_name(r->state[1]) : NULL);
    printf("}\n");
    if (s->flow)
        print_news(s->flow, s->packet, &s->news);
}

/* ---- time and ends ---- */

static void json_passed(struct output *out, const struct flow *f,
                        const struct packet *p, const struct news *news)
{
    (void)out;
    print_news(f, p, news);
}

/* A frame without TCP has no line of its own. */
static void json_notice(struct output *out, const struct notice *n)
{
    (void)out;
    print_news(n->flow, n->packet, &n->news);
}

void json_ms(const char *key, uint64_t ns)
{
    if (ns)
        printf(",\"%s\":%" PRIu64 ".%06" PRIu64, key, ns / 1000000,
               ns % 1000000);
}

static void print_stream(const struct stream *s, bool hashes)
{
    char hex[STREAM_HEX];

    print_field("delivered", s->data, true);
    print_field("gaps", s->gaps, true);
    print_field("conflicts", s->conflicts, true);
    print_field("not_kept", s->not_kept, true);
    if (!hashes)
        return;
    stream_digest(&s->hashes->all, hex);
    print_string("sha256", hex);
    stream_digest(&s->hashes->no_urgent, hex);
    print_string("sha256_no_urgent", hex);
}

static void print_counters(const struct flow *f, int dir, bool hashes)
{
    const tcpconn_stats *s = &f->side[dir].stats;
    const tcpconn_endpoint_summary *ep = &f->summary.ep[dir ^ f->flipped];
    const struct {
        const char *key;
        uint64_t value;
    } rows[] = {
        {"new_bytes", s->new_bytes},
        {"retransmissions", s->resent_segments},
        {"resent_bytes", s->resent_bytes},
        {"queued", s->queued},
        {"rejected", s->rejected},
        {"malformed", s->malformed},
        {"captured_twice", s->captured_twice},
        {"duplicate_acks", s->duplicate_acks},
        {"challenge_acks", s->challenge_acks},
        {"keep_alives", s->keep_alives},
        {"window_probes", s->window_probes},
        {"zero_windows", s->zero_windows},
        {"icmp_errors", s->icmp_errors},
        {"in_flight_max", s->in_flight_max},
        {"rtt_samples", s->rtt_samples},
    };

    printf(",\"%s\":{\"segments\":%" PRIu64 ",\"bytes\":%" PRIu64 ",\"fin\":%s",
           directions[dir], s->segments, s->new_bytes,
           ep->flags & TCPCONN_EP_FIN ? "true" : "false");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        print_field(rows[i].key, rows[i].value, true);
    if (s->window_max) {
        print_field("window_min", s->window_min, true);
        print_field("window_max", s->window_max, true);
    }
    if (s->path_mtu)
        print_field("path_mtu", s->path_mtu, true);
    json_ms("rtt_handshake_ms", s->rtt_handshake);
    json_ms("rtt_min_ms", s->rtt_min);
    json_ms("rtt_ms", s->rtt_smoothed);
    json_ms("rtt_last_ms", s->rtt_last);
    print_stream(&f->side[dir].stream, hashes);
    printf("}");
}

static void print_bool(const char *key, bool value)
{
    printf(",\"%s\":%s", key, value ? "true" : "false");
}

/* What the two agreed on; each one's own offer beside it. */
static void print_agreement(const struct flow *f)
{
    const tcpconn_summary *s = &f->summary;

    printf(",\"agreed\":{\"ecn\":\"%s\",\"fastopen\":\"%s\"", ecn_name(s->ecn),
           fastopen_name(s->fastopen));
    print_bool("timestamps", s->timestamps);
    print_bool("sack", s->sack);
    print_bool("wscale", s->wscale);
    for (int i = 0; i < 2; i++) {
        const tcpconn_endpoint_summary *ep = &s->ep[i ^ f->flipped];

        printf(",\"%c\":{\"mss\":%u,\"scale_low\":%u,\"scale_high\":%u",
               "ab"[i], ep -> mss, ep -> scale_low, ep -> scale_high);
        print_bool("mptcp_capable", ep->offered & TCPCONN_OFFER_MPTCP_CAPABLE);
        print_bool("mptcp_join", ep->offered & TCPCONN_OFFER_MPTCP_JOIN);
        printf("}");
    }
    printf("}");
}

/* What others would call it. */
static void print_record(const struct flow *f)
{
    const tcpconn_analysis *a = &f->analysis;

    print_field("completeness", a->completeness, true);
    print_string("history", a->history);
    print_string("conn_state", tcpconn_zeek_state_name(a->zeek_state));
    json_ms("initial_rtt_ms", a->initial_rtt);
}

static void json_ended(struct output *out, const struct flow *f,
                       const struct packet *p)
{
    start("end", f, p->number, p->time);
    print_string("why", tcpconn_end_name(f->why));
    print_string("state_a", tcpconn_state_name(f->state[0]));
    print_string("state_b", tcpconn_state_name(f->state[1]));
    print_record(f);
    print_agreement(f);
    print_counters(f, 0, out->hashes);
    print_counters(f, 1, out->hashes);
    printf("}\n");
}

struct output output_json(void)
{
    return (struct output){
        .opened = json_opened,
        .segment = json_segment,
        .notice = json_notice,
        .passed = json_passed,
        .ended = json_ended,
    };
}
