/* What the library's analysis says of a segment: tags before the Info column, as
 * Wireshark writes them, and the names and numbers of the JSON. */
#include "inspect.h"

#include <inttypes.h>

bool has_flag(const struct sighting *s, unsigned bit)
{
    return s->analysis.flags >> bit & 1;
}

enum { FIRST_SEEN = TCPCONN_SEEN_GAP, N_BITS = 64 };

uint64_t seen_flags(const struct sighting *s)
{
    return s->analysis.flags >> FIRST_SEEN << FIRST_SEEN;
}

/* In the order in which they stand. */
static const struct {
    unsigned bit;
    const char *words;
} tags[] = {
    {TCPCONN_ANALYSIS_ZERO_WINDOW_PROBE_ACK, "TCP ZeroWindowProbeAck"},
    {TCPCONN_ANALYSIS_ZERO_WINDOW, "TCP ZeroWindow"},
    {TCPCONN_ANALYSIS_ZERO_WINDOW_PROBE, "TCP ZeroWindowProbe"},
    {TCPCONN_ANALYSIS_DUPLICATE_ACK, "TCP Dup ACK"},
    {TCPCONN_ANALYSIS_KEEP_ALIVE_ACK, "TCP Keep-Alive ACK"},
    {TCPCONN_ANALYSIS_KEEP_ALIVE, "TCP Keep-Alive"},
    {TCPCONN_ANALYSIS_WINDOW_FULL, "TCP Window Full"},
    {TCPCONN_ANALYSIS_WINDOW_UPDATE, "TCP Window Update"},
    {TCPCONN_ANALYSIS_ACK_LOST_SEGMENT, "TCP ACKed unseen segment"},
    {TCPCONN_ANALYSIS_LOST_SEGMENT, "TCP Previous segment not captured"},
    {TCPCONN_ANALYSIS_OUT_OF_ORDER, "TCP Out-Of-Order"},
    {TCPCONN_ANALYSIS_SPURIOUS_RETRANSMISSION, "TCP Spurious Retransmission"},
    {TCPCONN_ANALYSIS_FAST_RETRANSMISSION, "TCP Fast Retransmission"},
    {TCPCONN_ANALYSIS_RETRANSMISSION, "TCP Retransmission"},
    {TCPCONN_ANALYSIS_REUSED_PORTS, "TCP Port numbers reused"},
};

/* The two special kinds of retransmission are also one. */
static bool is_said_better(const struct sighting *s, unsigned bit)
{
    return bit == TCPCONN_ANALYSIS_RETRANSMISSION &&
           (has_flag(s, TCPCONN_ANALYSIS_FAST_RETRANSMISSION) ||
            has_flag(s, TCPCONN_ANALYSIS_SPURIOUS_RETRANSMISSION));
}

void info_tags(struct text *t, const struct sighting *s)
{
    for (size_t i = 0; i < sizeof tags / sizeof *tags; i++) {
        if (!has_flag(s, tags[i].bit) || is_said_better(s, tags[i].bit))
            continue;
        text_add(t, "[%s", tags[i].words);
        if (tags[i].bit == TCPCONN_ANALYSIS_DUPLICATE_ACK && s->flow)
            text_add(t, " %" PRIu64 "#%" PRIu32,
                     s->flow->side[s->dir].dup_frame, s->analysis.dup_ack_num);
        text_add(t, "] ");
    }
}

static void json_names(const char *key, const struct sighting *s, unsigned from,
                       unsigned to)
{
    const char *before = "";

    printf(",\"%s\":[", key);
    for (unsigned i = from; i < to; i++) {
        if (has_flag(s, i) && tcpconn_analysis_name(i)) {
            printf("%s\"%s\"", before, tcpconn_analysis_name(i));
            before = ",";
        }
    }
    printf("]");
}

static void json_number(const char *key, uint64_t value)
{
    if (value)
        printf(",\"%s\":%" PRIu64, key, value);
}

void json_analysis(const struct sighting *s)
{
    const tcpconn_analysis *a = &s->analysis;

    json_names("analysis", s, 0, FIRST_SEEN);
    json_names("seen", s, FIRST_SEEN, N_BITS);
    json_number("dup_ack_num", a->dup_ack_num);
    if (a->dup_ack_num && s->flow)
        json_number("dup_ack_frame", s->flow->side[s->dir].dup_frame);
    json_number("bytes_in_flight", a->bytes_in_flight);
    json_number("push_bytes", a->push_bytes);
    json_ms("rto_ms", a->rto);
    json_ms("ack_rtt_ms", a->ack_rtt);
    json_ms("initial_rtt_ms", a->initial_rtt);
    if (a->segment)
        printf(",\"completeness\":%u", a->completeness);
}

/* An end, and before it both SYNs and the third step. */
void text_completeness(struct text *t, unsigned completeness)
{
    const unsigned opened =
        TCPCONN_COMPLETE_SYN | TCPCONN_COMPLETE_SYN_ACK | TCPCONN_COMPLETE_ACK;
    const unsigned end = TCPCONN_COMPLETE_FIN | TCPCONN_COMPLETE_RST;
    bool data = completeness & TCPCONN_COMPLETE_DATA;

    if ((completeness & opened) == opened && completeness & end)
        text_add(t, data ? "complete with data" : "complete without data");
    else
        text_add(t, "incomplete");
}
