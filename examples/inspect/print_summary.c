/* The summary behind the lines: each connection, and what was no TCP. */
#include "inspect.h"

#include <inttypes.h>

/* "1 frame", "2 frames" */
static void add_count(struct text *t, uint64_t n, const char *what)
{
    text_add(t, "%" PRIu64 " %s%s", n, what, n == 1 ? "" : "s");
}

static void add_opener(struct text *t, const struct flow *f)
{
    if (f->opener == UNKNOWN) {
        text_add(t, "opened before the capture began");
        return;
    }
    text_add(t, "opened by ");
    text_endpoint(t, f, f->opener);
}

static void add_duration(struct text *t, const struct flow *f)
{
    uint64_t ns =
        f->last_time > f->first_time ? f->last_time - f->first_time : 0;

    text_add(t, "%" PRIu64 ".%06" PRIu64 " s", ns / 1000000000,
             ns / 1000 % 1000000);
}

/* The counters worth a word, if they are not 0. */
static void add_counters(struct text *t, const tcpconn_stats *s)
{
    const struct {
        uint64_t n;
        const char *one, *many;
    } rows[] = {
        {s->resent_segments, "resent", "resent"},
        {s->queued, "out of order", "out of order"},
        {s->rejected, "rejected", "rejected"},
        {s->malformed, "malformed", "malformed"},
        {s->captured_twice, "captured twice", "captured twice"},
        {s->duplicate_acks, "repeated ACK", "repeated ACKs"},
        {s->challenge_acks, "challenge ACK", "challenge ACKs"},
        {s->keep_alives, "keep-alive", "keep-alives"},
        {s->window_probes, "window probe", "window probes"},
        {s->zero_windows, "closed window", "closed windows"},
        {s->icmp_errors, "ICMP error", "ICMP errors"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].n)
            text_add(t, ", %" PRIu64 " %s", rows[i].n,
                     rows[i].n == 1 ? rows[i].one : rows[i].many);
}

static void add_stream(struct text *t, const struct stream *s)
{
    const struct {
        uint64_t n;
        const char *one, *many;
    } rows[] = {
        {s->gaps, "gap", "gaps"},
        {s->conflicts, "conflict", "conflicts"},
        {s->not_kept, "not kept", "not kept"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].n)
            text_add(t, ", %" PRIu64 " %s", rows[i].n,
                     rows[i].n == 1 ? rows[i].one : rows[i].many);
}

static void add_ms(struct text *t, const char *what, uint64_t ns)
{
    if (ns)
        text_add(t, "%s%" PRIu64 ".%03" PRIu64 " ms", what, ns / 1000000,
                 ns / 1000 % 1000);
}

static void print_round_trips(const tcpconn_stats *s)
{
    struct text t = {.len = 0};

    if (!s->rtt_min && !s->rtt_handshake)
        return;
    text_add(&t, "%28s", "");
    add_ms(&t, "  handshake ", s->rtt_handshake);
    add_ms(&t, "  RTT ", s->rtt_smoothed);
    if (s->rtt_samples > 1) {
        add_ms(&t, ", at least ", s->rtt_min);
        add_ms(&t, ", last ", s->rtt_last);
    }
    puts(t.bytes);
}

/* Bytes under way, the windows it offered, the MTU it was told. */
static void print_sizes(const tcpconn_stats *s)
{
    struct text t = {.len = 0};

    if (!s->in_flight_max && !s->window_max && !s->path_mtu)
        return;
    text_add(&t, "%28s", "");
    if (s->in_flight_max)
        text_add(&t, "  at most %" PRIu32 " bytes in flight", s->in_flight_max);
    if (s->window_max)
        text_add(&t, "  window %" PRIu32, s->window_min);
    if (s->window_max != s->window_min)
        text_add(&t, " to %" PRIu32, s->window_max);
    if (s->path_mtu)
        text_add(&t, "  path MTU %" PRIu32, s->path_mtu);
    puts(t.bytes);
}

/* Checks met in one direction, and how often. */
static void print_checks(const tcpconn_stats *s)
{
    struct text t = {.len = 0};
    const char *before = "  ";

    text_add(&t, "%28s", "");
    for (unsigned i = 0; tcpconn_check_name(i); i++) {
        if (!s->checks[i])
            continue;
        text_add(&t, "%s%s", before, tcpconn_check_name(i));
        if (s->checks[i] > 1)
            text_add(&t, " (%" PRIu32 ")", s->checks[i]);
        before = ", ";
    }
    if (*before == ',')
        puts(t.bytes);
}

static void print_side(const struct flow *f, int endpoint)
{
    const tcpconn_stats *s = &f->side[endpoint].stats;
    const tcpconn_endpoint_summary *ep = &f->summary.ep[endpoint ^ f->flipped];
    struct text t = {.len = 0};
    size_t start;

    text_add(&t, "    ");
    start = t.len;
    text_endpoint(&t, f, endpoint);
    text_pad(&t, start, 24);
    text_add(&t, "  %-13s sent ", tcpconn_state_name(f->state[endpoint]));
    add_count(&t, s->segments, "segment");
    text_add(&t, ", ");
    add_count(&t, s->new_bytes, "byte");
    text_add(&t, "%s", ep->flags & TCPCONN_EP_FIN ? ", FIN" : "");
    add_counters(&t, s);
    add_stream(&t, &f->side[endpoint].stream);
    puts(t.bytes);
    print_round_trips(s);
    print_sizes(s);
    print_checks(s);
}

const char *ecn_name(unsigned ecn)
{
    static const char *const names[] = {"none", "offered", "classic",
                                        "accurate"};

    return names[ecn < 4 ? ecn : 0];
}

const char *fastopen_name(unsigned fastopen)
{
    static const char *const names[] = {"none",  "requested", "granted",
                                        "tried", "accepted",  "ignored"};

    return names[fastopen < 6 ? fastopen : 0];
}

static void add_mss(struct text *t, const tcpconn_endpoint_summary *ep)
{
    if (ep->offered & TCPCONN_OFFER_MSS)
        text_add(t, "%u", ep->mss);
    else
        text_add(t, "none");
}

void text_agreement(struct text *t, const struct flow *f)
{
    const tcpconn_summary *s = &f->summary;
    const tcpconn_endpoint_summary *a = &s->ep[f->flipped],
                                   *b = &s->ep[!f->flipped];
    unsigned both = a->offered & b->offered;

    text_add(t, "agreed: MSS ");
    add_mss(t, a);
    text_add(t, " and ");
    add_mss(t, b);
    if (s->wscale)
        text_add(t, ", window scale %u and %u", a->scale_high, b->scale_high);
    text_add(t, "%s%s", s->sack ? ", SACK" : "",
             s->timestamps ? ", timestamps" : "");
    if (s->ecn >= TCPCONN_ECN_CLASSIC)
        text_add(t, ", %s ECN", ecn_name(s->ecn));
    if (s->fastopen)
        text_add(t, ", Fast Open %s", fastopen_name(s->fastopen));
    if (both & TCPCONN_OFFER_MPTCP_CAPABLE)
        text_add(t, ", MPTCP");
    if (both & TCPCONN_OFFER_MPTCP_JOIN)
        text_add(t, ", MPTCP join");
    if (both & TCPCONN_OFFER_MD5)
        text_add(t, ", MD5 signatures");
    if (both & TCPCONN_OFFER_AO)
        text_add(t, ", TCP-AO");
    if (s->split)
        text_add(t, ", both opened");
}

/* Also with --summary, which shows no segment under which it stands. */
static void print_agreement(const struct flow *f)
{
    struct text t = {.len = 0};

    if (!f->agreed)
        return;
    text_add(&t, "    ");
    text_agreement(&t, f);
    puts(t.bytes);
}

/* A refused RST that may have been taken: no answer told. */
static void print_silence(const struct flow *f)
{
    for (int i = 0; i < 2; i++) {
        struct text t = {.len = 0};

        if (!(f->silent >> i & 1))
            continue;
        text_add(&t, "    in doubt: an RST of ");
        text_endpoint(&t, f, i);
        text_add(&t, ", refused: not exact");
        puts(t.bytes);
    }
}

/* What others would call it. */
static void print_record(const struct flow *f)
{
    const tcpconn_analysis *a = &f->analysis;
    struct text t = {.len = 0};

    if (!*a->history)
        return;
    text_add(&t, "    Wireshark: completeness %u, ", a->completeness);
    text_completeness(&t, a->completeness);
    text_add(&t, "; Zeek: %s %s", tcpconn_zeek_state_name(a->zeek_state),
             a->history);
    puts(t.bytes);
}

void print_summary(const struct output *out, const struct flow *f)
{
    struct text t = {.len = 0};

    (void)out;
    text_add(&t, "\nconnection %" PRIu64 ": ", f->number);
    add_opener(&t, f);
    text_add(&t, ", %s, ", tcpconn_end_name(f->why));
    add_duration(&t, f);
    puts(t.bytes);
    print_agreement(f);
    print_record(f);
    print_side(f, 0);
    print_side(f, 1);
    print_silence(f);
}

/* The checks of a mask: the one named first, then by severity. */
void each_check(uint64_t checks, unsigned top,
                void (*add)(void *context, const char *name), void *context)
{
    if (tcpconn_check_name(top) && checks >> top & 1) {
        add(context, tcpconn_check_name(top));
        checks &= ~(UINT64_C(1) << top);
    }
    for (int severity = TCPCONN_HOSTILE; severity >= TCPCONN_PLAIN; severity--)
        for (unsigned i = 0; tcpconn_check_name(i); i++)
            if (checks >> i & 1 && tcpconn_check_severity(i) == severity)
                add(context, tcpconn_check_name(i));
}

/* "3 frames without TCP or UDP (2 not-ip, 1 fragment)" */
static void print_others(const struct totals *totals)
{
    struct text t = {.len = 0};
    const char *before = " (";

    add_count(&t, totals->others, "frame");
    text_add(&t, " without TCP or UDP");
    for (int i = 0; i < N_STOPS; i++) {
        const char *name = tcpseg_stop_name(i);

        if (!totals->stops[i])
            continue;
        text_add(&t, "%s%" PRIu64 " %s", before, totals->stops[i],
                 name ? name : "other");
        before = ", ";
    }
    text_add(&t, ")");
    puts(t.bytes);
}

void print_totals(const struct output *out, const struct totals *totals)
{
    struct text t = {.len = 0};

    text_add(&t, "\n");
    add_count(&t, totals->frames, "frame");
    text_add(&t, ": ");
    add_count(&t, totals->segments, "TCP segment");
    text_add(&t, " of ");
    add_count(&t, totals->connections, "connection");
    text_add(&t, ", ");
    add_count(&t, totals->datagrams, "UDP datagram");
    puts(t.bytes);
    if (totals->others)
        print_others(totals);
    if (totals->bad_checksums)
        printf("rejected for a wrong checksum: %" PRIu64
               " (--no-checksums, if the capture was edited)\n",
               totals->bad_checksums);
    if (totals->icmp_errors)
        printf("ICMP errors about segments of these connections: %" PRIu64 "\n",
               totals->icmp_errors);
    if (totals->dropped)
        printf("%" PRIu64 " connections have no summary here: too many\n",
               totals->dropped);
    if (totals->refused)
        printf("%" PRIu64 " segments began a connection that found no place:"
               " see --connections\n",
               totals->refused);
    if (out->inferred_shown)
        puts("A state with a question mark is inferred: no segment proves it"
             " yet.");
}
