/* --explain FRAME: everything known about one segment, in sentences. What the library
 * has words for (oddities, checks) is told in those; the rest is here. */
#include "inspect.h"

#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

/* There is one frame to explain, as there is one capture. */
static struct {
    uint64_t frame;
    bool found;
} wanted;

enum { COLUMNS = 78, INDENT = 4 };

/* ---- sentences ---- */

/* One paragraph: a dash, and lines of words. */
static void put_words(const char *words)
{
    size_t column = INDENT;

    fputs("  - ", stdout);
    for (bool first = true; *words; first = false) {
        size_t len = strcspn(words, " ");

        if (!first && column + 1 + len > COLUMNS) {
            printf("\n%*s", INDENT, "");
            column = INDENT;
        } else if (!first) {
            putchar(' ');
            column++;
        }
        fwrite(words, 1, len, stdout);
        column += len;
        words += len + (words[len] == ' ');
    }
    putchar('\n');
}

static void tell(const char *format, ...) LIKE_PRINTF(1);

static void tell(const char *format, ...)
{
    char words[1000];
    va_list list;

    va_start(list, format);
    vsnprintf(words, sizeof words, format, list);
    va_end(list);
    put_words(words);
}

static void head(const char *words)
{
    printf("\n%s\n", words);
}

static const char *plural(uint64_t n)
{
    return n == 1 ? "" : "s";
}

/* ---- the header ---- */

/* A number counted from its sender's first; as it stands where that is not known. */
static uint32_t counted(const struct sighting *s, int endpoint, uint32_t number)
{
    const struct flow *f = s->flow;

    return f && f->side[endpoint].has_base ? number - f->side[endpoint].base
                                           : number;
}

static void tell_sequence(const struct sighting *s)
{
    const tcpseg *seg = s->seg;
    uint32_t takes = tcpseg_len(seg), from = counted(s, s->dir, seg->seq);

    tell("Sequence number %" PRIu32 ", on the wire %" PRIu32
         ": where in its sender's stream it begins (RFC 9293 section 3.4).",
         from, seg->seq);
    if (takes)
        tell("It takes %" PRIu32 " number%s: %" PRIu32
             " byte%s of text%s%s. What follows begins at %" PRIu32 ".",
             takes, plural(takes), seg->payload_len, plural(seg->payload_len),
             seg->flags & TCPSEG_SYN ? ", one for the SYN" : "",
             seg->flags & TCPSEG_FIN ? ", one for the FIN" : "", from + takes);
    else
        tell(
            "It takes no number, having neither text nor SYN nor FIN, so it is "
            "not acknowledged itself.");
}

static void tell_ack(const struct sighting *s)
{
    const tcpseg *seg = s->seg;

    if (seg->flags & TCPSEG_ACK)
        tell(
            "Acknowledgment number %" PRIu32 ", on the wire %" PRIu32
            ": its sender has all before that and wants it next (section 3.4).",
            counted(s, !s->dir, seg->ack), seg->ack);
    else if (seg->ack)
        tell("Acknowledgment number %" PRIu32
             " means nothing, as the ACK flag is not set (section 3.1).",
             seg->ack);
}

static void tell_window(const struct sighting *s)
{
    const tcpseg *seg = s->seg;

    if (seg->flags & TCPSEG_SYN)
        tell("Window %u bytes: in a SYN it is not scaled yet (RFC 7323 section "
             "2.2).",
             seg->wnd);
    else if (s->report.wnd_scaled != seg->wnd)
        tell("Window %u, which the handshake's scale makes %" PRIu32
             " bytes: so much more its sender takes (RFC 7323 section 2.3).",
             seg->wnd, s->report.wnd_scaled);
    else
        tell("Window %u bytes: so much more its sender takes (section 3.8.6).",
             seg->wnd);
}

static void tell_flags(const tcpseg *seg)
{
    static const struct {
        unsigned bit;
        const char *words;
    } flags[] = {
        {TCPSEG_SYN, "SYN: synchronizes sequence numbers; its own is the first "
                     "of its sender's (section 3.5)."},
        {TCPSEG_ACK, "ACK: the acknowledgment number counts; set in every "
                     "segment but the first SYN (section 3.1)."},
        {TCPSEG_PSH, "PSH: its sender has no more for now, so hand the text "
                     "on (section 3.9.1.2)."},
        {TCPSEG_FIN, "FIN: its sender sends no more text (section 3.6)."},
        {TCPSEG_RST, "RST: there is no connection, or none any more (section "
                     "3.5.2)."},
        {TCPSEG_URG, "URG: the urgent pointer counts (section 3.8.5)."},
        {TCPSEG_ECE,
         "ECE: asks for ECN in a SYN, else tells of congestion (RFC "
         "3168 section 6.1)."},
        {TCPSEG_CWR, "CWR: asks for ECN in a SYN, else answers ECE (RFC 3168 "
                     "section 6.1)."},
        {TCPSEG_AE,
         "AE: counts congestion with the other two (RFC 9768 section "
         "3.1)."},
    };

    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
        if (seg->flags & flags[i].bit)
            tell("%s", flags[i].words);
}

static void tell_header(const struct sighting *s)
{
    const tcpseg *seg = s->seg;

    head("The header (RFC 9293 section 3.1)");
    if (seg->header_captured < HEADER_NUMBERS || seg->error) {
        tell("Of its %u bytes %u were captured.", seg->data_offset * 4u,
             seg->header_captured);
        return;
    }
    tell_flags(seg);
    tell_sequence(s);
    tell_ack(s);
    tell_window(s);
    tell("Checksum 0x%04x: %s.", seg->checksum,
         tcpseg_checksum_name(seg->checksum_status));
    if (seg->flags & TCPSEG_URG)
        tell("Urgent pointer %u: the byte before number %" PRIu32 " is urgent.",
             seg->up, counted(s, s->dir, seg->seq) + seg->up);
}

static void tell_options(const struct sighting *s)
{
    tcpseg_option opt;
    uint32_t cursor = 0;
    bool any = false;

    while (tcpseg_option_next(s->seg, s->data, &cursor, &opt) == 1) {
        const char *name = tcpseg_option_name(opt.kind);
        const char *rfc = tcpseg_option_rfc(opt.kind);
        struct text value = {.len = 0};

        if (!any)
            head("Its options, as they stand in the header");
        any = true;
        info_option(&value, s, &opt);
        tell("Kind %u, %s%s%s%s: %u byte%s.%s%s", opt.kind,
             name ? name : "not registered", rfc ? " (" : "", rfc ? rfc : "",
             rfc ? ")" : "", opt.len, plural(opt.len), value.bytes,
             opt.status == TCPSEG_OPTION_OK || opt.status == TCPSEG_OPTION_RAW
                 ? ""
                 : " It is not well formed.");
    }
}

static void tell_oddities(const tcpseg *seg)
{
    if (seg->defects)
        head("What is odd about it alone");
    for (unsigned i = 0; i < 64 && tcpseg_defect_name(i); i++)
        if (seg->defects >> i & 1)
            tell("%s: %s (%s)", tcpseg_defect_name(i), tcpseg_defect_text(i),
                 tcpseg_defect_rfc(i));
}

/* ---- what came of it ---- */

static void tell_check(void *context, const char *name)
{
    (void)context;
    for (unsigned i = 0; tcpconn_check_name(i); i++)
        if (!strcmp(tcpconn_check_name(i), name))
            tell("%s (%s): %s (%s)", name,
                 tcpconn_severity_name(tcpconn_check_severity(i)),
                 tcpconn_check_text(i), tcpconn_check_rfc(i));
}

static void tell_verdict(const struct sighting *s)
{
    static const char *const verdicts[] = {
        [TCPCONN_ACCEPTED] =
            "takes it: it is what comes next, or acknowledges.",
        [TCPCONN_TRIMMED] =
            "takes the part of it that is new and in its window.",
        [TCPCONN_QUEUED] = "keeps it until what is missing before it has come.",
        [TCPCONN_DUPLICATE] = "has it already, and takes nothing.",
        [TCPCONN_REJECTED] = "throws it away.",
        [TCPCONN_MALFORMED] = "cannot read it.",
    };
    static const char *const advice[] = {
        [TCPCONN_PASS] = "let it pass",
        [TCPCONN_PASS_AND_LIMIT] =
            "let it pass, but not too many: its receiver has to answer",
        [TCPCONN_DROP] = "drop it",
    };
    const tcpconn_report *r = &s->report;
    struct text who = {.len = 0};

    text_endpoint(&who, s->flow, !s->dir);
    head("What its receiver does with it");
    if ((size_t)r->verdict < sizeof verdicts / sizeof *verdicts)
        tell("%s: %s %s%s", tcpconn_verdict_name(r->verdict), who.bytes,
             verdicts[r->verdict],
             r->provisional ? " A later answer may show otherwise." : "");
    if (r->new_len)
        tell("New: %" PRIu32 " byte%s, from byte %" PRIu64 " of its stream on.",
             r->new_len, plural(r->new_len), r->offset);
    each_check(r->checks, r->top_check, tell_check, NULL);
    if (r->advice < sizeof advice / sizeof *advice)
        tell("A firewall should %s.", advice[r->advice]);
}

static const struct {
    uint8_t from, to;
    const char *words;
} moves[] = {
    {TCPCONN_CLOSED, TCPCONN_SYN_SENT,
     "it opens a connection (section 3.5, Figure 6)"},
    {TCPCONN_CLOSED, TCPCONN_LISTEN,
     "it must be waiting for connections, if there is to be one"},
    {TCPCONN_CLOSED, TCPCONN_ESTABLISHED,
     "the connection is older than the capture"},
    {TCPCONN_LISTEN, TCPCONN_SYN_RECEIVED,
     "it answers the SYN with its own: the second step"},
    {TCPCONN_SYN_SENT, TCPCONN_SYN_RECEIVED,
     "both SYNs crossed: a simultaneous open (Figure 7)"},
    {TCPCONN_SYN_SENT, TCPCONN_ESTABLISHED,
     "the answer to its SYN has come, which it acknowledges: the third step"},
    {TCPCONN_SYN_RECEIVED, TCPCONN_ESTABLISHED,
     "its SYN is acknowledged; without this third step an old SYN would open a "
     "connection that nobody wants"},
    {TCPCONN_SYN_RECEIVED, TCPCONN_FIN_WAIT_1,
     "it closes before the handshake is over"},
    {TCPCONN_SYN_RECEIVED, TCPCONN_CLOSE_WAIT,
     "its peer closes before the handshake is over"},
    {TCPCONN_ESTABLISHED, TCPCONN_FIN_WAIT_1,
     "it has nothing more to send (section 3.6, Figure 12)"},
    {TCPCONN_ESTABLISHED, TCPCONN_CLOSE_WAIT,
     "its peer has nothing more to send; it may go on itself"},
    {TCPCONN_FIN_WAIT_1, TCPCONN_FIN_WAIT_2,
     "its FIN is acknowledged; that of its peer is due"},
    {TCPCONN_FIN_WAIT_1, TCPCONN_CLOSING,
     "both FINs crossed: a simultaneous close (Figure 13)"},
    {TCPCONN_CLOSE_WAIT, TCPCONN_LAST_ACK,
     "it has nothing more to send either"},
    {TCPCONN_FIN_WAIT_1, TCPCONN_TIME_WAIT,
     "its FIN is acknowledged, and its peer's has come with that"},
    {TCPCONN_FIN_WAIT_2, TCPCONN_TIME_WAIT,
     "its peer's FIN has come; for 2MSL it stays to acknowledge that again, "
     "and "
     "until old segments are gone (section 3.6.1)"},
    {TCPCONN_CLOSING, TCPCONN_TIME_WAIT,
     "its FIN is acknowledged too; for 2MSL it stays (section 3.6.1)"},
    {TCPCONN_LAST_ACK, TCPCONN_CLOSED, "its FIN is acknowledged: it is done"},
    {TCPCONN_TIME_WAIT, TCPCONN_CLOSED, "2MSL have passed, or an RST came"},
};

static const char *words_for(const struct change *c)
{
    for (size_t i = 0; i < sizeof moves / sizeof *moves; i++)
        if (moves[i].from == c->old_state && moves[i].to == c->new_state)
            return moves[i].words;
    return c->new_state == TCPCONN_CLOSED ? "an RST ends it (section 3.10.7)"
                                          : "what was seen implies it";
}

static void tell_changes(const struct sighting *s)
{
    head("What it does to the two ends (RFC 9293 section 3.3.2)");
    for (size_t i = 0; i < s->news.n_changes; i++) {
        const struct change *c = &s->news.changes[i];
        struct text who = {.len = 0};

        text_endpoint(&who, s->flow, c->endpoint);
        tell("%s goes from %s to %s: %s.%s", who.bytes,
             tcpconn_state_name(c->old_state), tcpconn_state_name(c->new_state),
             words_for(c),
             c->sure ? ""
                     : " That is inferred: what it sends next will prove it.");
    }
    if (!s->news.n_changes)
        tell("Both stay where they are: %s and %s.",
             tcpconn_state_name(s->report.state[0]),
             tcpconn_state_name(s->report.state[1]));
}

/* Bits of the analysis in a mask. */
static void tell_bits(uint64_t bits)
{
    for (unsigned i = 0; i < 64; i++)
        if (bits >> i & 1 && tcpconn_analysis_name(i))
            tell("%s: %s", tcpconn_analysis_name(i), tcpconn_analysis_text(i));
}

static void tell_span(const char *what, uint64_t ns)
{
    if (ns)
        tell("%s: %" PRIu64 ".%06" PRIu64 " ms.", what, ns / 1000000,
             ns % 1000000);
}

static void tell_analysis(const struct sighting *s)
{
    const tcpconn_analysis *a = &s->analysis;
    uint64_t seen = seen_flags(s), wireshark = a->flags & ~seen;

    if (wireshark)
        head("What Wireshark says of it, partly by guess");
    tell_bits(wireshark);
    if (seen)
        head("What the capture proves of it");
    tell_bits(seen);
    if (a->ack_rtt | a->rto | a->initial_rtt | a->bytes_in_flight)
        head("Numbers of it and its connection");
    tell_span("Since the segment that it acknowledges (RFC 6298 section 3)",
              a->ack_rtt);
    tell_span("Since the oldest segment that is not acknowledged", a->rto);
    if (a->bytes_in_flight)
        tell("In flight with it, sent by its sender and not acknowledged: "
             "%" PRIu32 " byte%s.",
             a->bytes_in_flight, plural(a->bytes_in_flight));
    tell_span("The handshake's round trip", a->initial_rtt);
}

static void tell_streams(const struct sighting *s)
{
    for (size_t i = 0; i < s->news.n_told; i++) {
        struct text words = {.len = 0};

        if (s->news.told[i].type == TCPCONN_EV_DATA)
            continue;
        text_told(&words, s->flow, &s->news.told[i]);
        tell("%s", words.bytes);
    }
}

/* ---- the output ---- */

static void explain_segment(struct output *out, const struct sighting *s)
{
    struct text t = {.len = 0};
    uint64_t us;

    if (s->packet->number != wanted.frame)
        return;
    wanted.found = true;
    us = (s->packet->time - s->packet->origin) / 1000;
    text_add(&t, "Frame %" PRIu64 ", %" PRIu64 ".%06" PRIu64 " s: ",
             s->packet->number, us / 1000000, us % 1000000);
    text_address(&t, s->frame->addr.src, s->frame->addr.family);
    text_add(&t, " %s ", arrow(out));
    text_address(&t, s->frame->addr.dst, s->frame->addr.family);
    text_add(&t, "  ");
    info_segment(&t, out, s);
    puts(t.bytes);
    tell_header(s);
    if (!s->seg->error)
        tell_options(s);
    tell_oddities(s->seg);
    if (!s->flow) {
        head("It belongs to no connection here");
        return;
    }
    tell_verdict(s);
    tell_changes(s);
    tell_streams(s);
    tell_analysis(s);
}

struct output output_explain(uint64_t frame, bool ascii)
{
    wanted.frame = frame;
    return (struct output){.segment = explain_segment, .ascii = ascii};
}

bool explained(void)
{
    if (!wanted.found)
        complain("frame %" PRIu64 " was not read, or has no TCP segment",
                 wanted.frame);
    return wanted.found;
}
