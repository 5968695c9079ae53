#include "script.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <tcpseg/checksum.h>

char *script_word(char **text)
{
    char *word = *text + strspn(*text, " ");
    size_t len = strcspn(word, " ");

    if (!len)
        return NULL;
    *text = word + len + (word[len] == ' ');
    word[len] = 0;
    return word;
}

/* ---- options ---- */

struct area {
    uint8_t bytes[40];
    size_t len;
    uint32_t peer_iss; /* SACK blocks are relative to it */
};

static int put(struct area *a, const uint8_t *bytes, size_t len)
{
    if (len > sizeof a->bytes - a->len)
        return 0;
    memcpy(a->bytes + a->len, bytes, len);
    a->len += len;
    return 1;
}

static void store32(uint8_t *to, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        to[i] = (uint8_t)(value >> (24 - 8 * i));
}

static int put_timestamps(struct area *a, unsigned val, unsigned ecr)
{
    uint8_t option[10] = {8, 10};

    store32(option + 2, val);
    store32(option + 6, ecr);
    return put(a, option, sizeof option);
}

static int put_sack(struct area *a, const char *blocks)
{
    uint8_t option[34] = {5, 2};
    unsigned left, right;
    int used;

    while (option[1] < sizeof option &&
           sscanf(blocks, " %u:%u%n", &left, &right, &used) == 2) {
        store32(option + option[1], left + a->peer_iss);
        store32(option + option[1] + 4, right + a->peer_iss);
        option[1] = (uint8_t)(option[1] + 8);
        blocks += used;
    }
    return option[1] > 2 && put(a, option, option[1]);
}

static int put_cookie(struct area *a, const char *hex)
{
    uint8_t option[18] = {34, 2};
    unsigned byte;

    for (; option[1] < sizeof option && sscanf(hex, "%2x", &byte) == 1;
         hex += 2)
        option[option[1]++] = (uint8_t)byte;
    return put(a, option, option[1]);
}

/* Options that are always the same bytes. */
static const struct {
    const char *name;
    uint8_t bytes[20];
    uint8_t len;
} fixed[] = {
    {"nop", {1}, 1},
    {"eol", {0}, 1},
    {"sackOK", {4, 2}, 2},
    {"md5", {19, 18, 0xaa, 0xbb}, 18},
    {"ao", {29, 16, 1, 1, 0xaa}, 16},
    {"mptcp", {30, 12, 0x01, 0x01, 1, 2, 3, 4, 5, 6, 7, 8}, 12},
    {"join", {30, 12, 0x10, 0x01, 1, 2, 3, 4, 5, 6, 7, 8}, 12},
    {"join16", {30, 16, 0x10, 0x01, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}, 16},
    {"FO", {34, 2}, 2},
};

static int put_option(struct area *a, const char *text)
{
    unsigned x, y;

    for (size_t i = 0; i < sizeof fixed / sizeof *fixed; i++)
        if (!strcmp(text, fixed[i].name))
            return put(a, fixed[i].bytes, fixed[i].len);
    if (sscanf(text, "mss %u", &x) == 1)
        return put(a, (uint8_t[]){2, 4, (uint8_t)(x >> 8), (uint8_t)x}, 4);
    if (sscanf(text, "wscale %u", &x) == 1)
        return put(a, (uint8_t[]){3, 3, (uint8_t)x}, 3);
    if (sscanf(text, "TS val %u ecr %u", &x, &y) == 2)
        return put_timestamps(a, x, y);
    if (!strncmp(text, "sack ", 5))
        return put_sack(a, text + 5);
    if (!strncmp(text, "FO ", 3))
        return put_cookie(a, text + 3);
    return 0;
}

static const char *put_options(struct area *a, const char *text, size_t len)
{
    static char problem[128];
    char list[256], *option = list;

    snprintf(list, sizeof list, "%.*s", (int)len, text);
    while (*option) {
        size_t n = strcspn(option, ",");
        int last = !option[n];

        option[n] = 0;
        option += strspn(option, " ");
        if (!put_option(a, option)) {
            snprintf(problem, sizeof problem, "no such option: %.60s", option);
            return problem;
        }
        option = last ? option + strlen(option) : option + strlen(option) + 1;
    }
    return NULL;
}

/* ---- the segment ---- */

static int read_flags(const char *letters, uint16_t *flags)
{
    static const char names[] = "FSRP.UEWA";

    *flags = 0;
    for (; *letters; letters++) {
        const char *at = strchr(names, *letters);

        if (!at)
            return 0;
        *flags |= (uint16_t)(1u << (at - names));
    }
    return 1;
}

/* What stands behind the numbers. */
struct extras {
    unsigned ack, win, urg, id, ttl;
    uint8_t sum;
};

static const char *read_extras(char *rest, struct extras *x)
{
    static const char *const names[] = {"ack", "win", "urg", "id", "ttl"};
    unsigned *const values[] = {&x->ack, &x->win, &x->urg, &x->id, &x->ttl};
    const char *key;

    while ((key = script_word(&rest)) != NULL) {
        const char *value = script_word(&rest);
        size_t i = 0;

        if (!value)
            return "a word without its value";
        if (!strcmp(key, "sum")) {
            x->sum = !strcmp(value, "bad") ? TCPSEG_CHECKSUM_BAD
                                           : TCPSEG_CHECKSUM_OK;
            continue;
        }
        while (i < sizeof names / sizeof *names && strcmp(key, names[i]) != 0)
            i++;
        if (i == sizeof names / sizeof *names)
            return "a word that is none of ack win urg id ttl sum";
        *values[i] = (unsigned)strtoul(value, NULL, 10);
    }
    return NULL;
}

/* As bytes and back. */
static const char *through_bytes(struct script_segment *out,
                                 const struct area *a, uint32_t payload_len)
{
    static const tcpseg_address nowhere = {.family = 4};
    int n = tcpseg_build(out->header, sizeof out->header, &out->seg, a->bytes,
                         a->len, NULL, 0, &nowhere);

    if (n < 0)
        return tcpseg_strerror(n);
    out->header_len = (unsigned)n;
    n = tcpseg_parse(&out->seg, out->header, (size_t)n,
                     (size_t)n + payload_len);
    return n < 0 ? tcpseg_strerror(n) : NULL;
}

const char *script_segment(const char *text, const uint32_t iss[2],
                           struct script_segment *out)
{
    struct extras x = {.win = 65535};
    struct area area = {.len = 0};
    char who, letters[16], rest[256];
    const char *open = strchr(text, '<'), *error = NULL;
    const char *close = open ? strchr(open, '>') : NULL;
    unsigned seq, end, len;
    tcpseg *seg = &out->seg;
    int used = 0;

    if (open && open > text && !close)
        return "an option list without its end";
    memset(out, 0, sizeof *out);
    if (sscanf(text, "%c > %15s %u:%u(%u)%n", &who, letters, &seq, &end, &len,
               &used) != 5 ||
        (who != 'A' && who != 'B') || end - seq != len)
        return "not WHO > FLAGS FROM:TO(LEN)";
    if (!read_flags(letters, &seg->flags))
        return "flags are letters of FSRP.UEWA";
    out->sender = who == 'B';
    area.peer_iss = iss[!out->sender];
    if (open)
        error = put_options(&area, open + 1, (size_t)(close - open) - 1);
    snprintf(rest, sizeof rest, "%.*s %s",
             (int)(open ? (size_t)(open - text) - (size_t)used
                        : strlen(text + used)),
             text + used, open ? close + 1 : "");
    if (!error)
        error = read_extras(rest, &x);
    if (error)
        return error;
    seg->seq = iss[out->sender] + seq;
    seg->ack = seg->flags & TCPSEG_ACK ? iss[!out->sender] + x.ack : 0;
    seg->wnd = (uint16_t)x.win;
    seg->up = (uint16_t)x.urg;
    error = through_bytes(out, &area, len);
    seg->ip_id = (uint16_t)x.id;
    seg->ip_ttl = (uint8_t)x.ttl;
    seg->checksum_status = x.sum;
    return error;
}
