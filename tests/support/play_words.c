/* Members of the summary and the counters, by name. */
#include "play_int.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "script.h"

struct member {
    const char *name;
    unsigned char offset_high, offset_low, width,
        relative; /* to 1: own ISS, 2: peer's */
};

#define AT(type, name, relative)                                               \
    {                                                                          \
#name, (unsigned char)(offsetof(type, name) >> 8),                     \
            (unsigned char)offsetof(type, name), sizeof(((type *)0)->name),    \
            relative                                                           \
    }
#define EP(name, relative) AT(tcpconn_endpoint_summary, name, relative)
#define ALL(name)          AT(tcpconn_summary, name, 0)
#define COUNT(name)        AT(tcpconn_stats, name, 0)

/* clang-format off */
static const struct member of_endpoint[] = {
    EP(iss, 1), EP(snd_una, 1), EP(snd_nxt, 1), EP(rcv_nxt, 2), EP(rcv_wnd, 0),
    EP(ts_recent, 0), EP(mss, 0), EP(offered, 0), EP(state, 0), EP(sure, 0),
    EP(flags, 0), EP(ttl, 0), EP(scale_low, 0), EP(scale_high, 0), EP(sent, 0),
    EP(acked, 0), {0},
};
static const struct member of_all[] = {
    ALL(assumed), ALL(why), ALL(fastopen), ALL(ecn), ALL(syn_ecn),
    ALL(timestamps), ALL(sack), ALL(wscale), ALL(split), {0},
};
static const struct member of_stats[] = {
    COUNT(segments), COUNT(bytes), COUNT(new_segments), COUNT(new_bytes),
    COUNT(resent_segments), COUNT(resent_bytes), COUNT(queued), COUNT(rejected),
    COUNT(malformed), COUNT(dropped), COUNT(captured_twice), COUNT(acks),
    COUNT(duplicate_acks), COUNT(challenge_acks), COUNT(keep_alives),
    COUNT(window_probes), COUNT(zero_windows), COUNT(icmp_errors),
    COUNT(path_mtu), COUNT(window_min), COUNT(window_max), COUNT(in_flight),
    COUNT(in_flight_max), COUNT(rtt_samples), COUNT(rtt_handshake),
    COUNT(rtt_min), COUNT(rtt_smoothed), COUNT(rtt_last), {0},
};

/* Values with names, and bits with names. */
static const struct { const char *key, *name; unsigned value; } named[] = {
    { "fastopen", "none", TCPCONN_FASTOPEN_NONE }, { "fastopen", "requested", TCPCONN_FASTOPEN_REQUESTED },
    { "fastopen", "granted", TCPCONN_FASTOPEN_GRANTED }, { "fastopen", "tried", TCPCONN_FASTOPEN_TRIED },
    { "fastopen", "accepted", TCPCONN_FASTOPEN_ACCEPTED }, { "fastopen", "ignored", TCPCONN_FASTOPEN_IGNORED },
    { "ecn", "none", TCPCONN_ECN_NONE }, { "ecn", "offered", TCPCONN_ECN_OFFERED },
    { "ecn", "classic", TCPCONN_ECN_CLASSIC }, { "ecn", "accurate", TCPCONN_ECN_ACCURATE },
};
static const struct { const char *key; unsigned bit; } bits[] = {
    { "heard", TCPCONN_EP_HEARD }, { "opener", TCPCONN_EP_OPENER }, { "proven", TCPCONN_EP_PROVEN },
    { "fin", TCPCONN_EP_FIN }, { "fin_acked", TCPCONN_EP_FIN_ACKED }, { "window", TCPCONN_EP_WINDOW },
    { "rst_doubted", TCPCONN_EP_RST_DOUBTED },
};
/* clang-format on */

static const struct member *find(const struct member *all, const char *name)
{
    while (all->name && strcmp(all->name, name) != 0)
        all++;
    return all->name ? all : NULL;
}

static uint64_t read_member(const void *from, const struct member *m)
{
    const unsigned char *at =
        (const unsigned char *)from + (m->offset_high << 8 | m->offset_low);
    uint64_t u64;
    uint32_t u32;
    uint16_t u16;

    switch (m->width) {
    case 8:
        memcpy(&u64, at, 8);
        return u64;
    case 4:
        memcpy(&u32, at, 4);
        return u32;
    case 2:
        memcpy(&u16, at, 2);
        return u16;
    default:
        return *at;
    }
}

static const char *compare(const char *key, const char *value, uint64_t got)
{
    char text[24];

    for (size_t i = 0; i < sizeof named / sizeof *named; i++)
        if (!strcmp(key, named[i].key) && !strcmp(value, named[i].name))
            return named[i].value == got
                       ? NULL
                       : play_complain(key, value, "another outcome");
    snprintf(text, sizeof text, "%" PRIu64, got);
    return strcmp(text, value) ? play_complain(key, value, text) : NULL;
}

const char *play_summary(const struct player *p, char *text)
{
    tcpconn_summary all;
    char *key = script_word(&text), *value;
    int a = key && !strcmp(key, "A"), b = key && !strcmp(key, "B");
    const tcpconn_endpoint_summary *ep = &all.ep[b ^ p->as->swapped];
    const struct member *m;

    if (a || b)
        key = script_word(&text);
    value = script_word(&text);
    if (!key || !value)
        return "summary [WHO] KEY VALUE";
    if (tcpconn_get_summary(p->conn, &all, sizeof all) <= 0)
        return "no summary";
    for (size_t i = 0; (a || b) && i < sizeof bits / sizeof *bits; i++)
        if (!strcmp(key, bits[i].key))
            return compare(key, value, !!(ep->flags & bits[i].bit));
    m = find(a || b ? of_endpoint : of_all, key);
    if (!m)
        return "no such member";
    if (!a && !b)
        return compare(key, value, read_member(&all, m));
    if (!m->relative)
        return compare(key, value, read_member(ep, m));
    return compare(
        key, value,
        (uint32_t)(read_member(ep, m) - p->as->iss[b ^ (m->relative == 2)]));
}

const char *play_stats(const struct player *p, char *text)
{
    tcpconn_stats stats;
    const char *who = script_word(&text), *key = script_word(&text),
               *value = script_word(&text);
    const struct member *m = key ? find(of_stats, key) : NULL;

    if (!who || !key || !value || !m)
        return "stats WHO KEY VALUE";
    if (tcpconn_get_stats(p->conn, (*who == 'B') ^ p->as->swapped, &stats,
                          sizeof stats) == TCPSEG_ERR_STATE)
        return NULL; /* played without */
    return compare(key, value, read_member(&stats, m));
}
