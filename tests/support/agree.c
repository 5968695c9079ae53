#include "agree.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "walker.h"

/* What the cursor visits, in the walker's form. */
static bool visit(const tcpseg *seg, const uint8_t *data, walker_answer *out)
{
    uint32_t cursor = 0;
    tcpseg_option opt;
    int more;

    while ((more = tcpseg_option_next(seg, data, &cursor, &opt)) == 1) {
        if (out->count == WALKER_OPTIONS)
            return false;
        out->option[out->count++] = opt;
    }
    return more == 0 && tcpseg_option_next(seg, data, &cursor, &opt) == 0;
}

static void show_segment(const char *who, const tcpseg *s)
{
    unsigned n;

    fprintf(stderr,
            "%s: error %" PRId32 " at %u kind %u len %u; header %u walked %u "
            "offset %u; payload %" PRIu32 "/%" PRIu32 "; present %" PRIx32
            " mss %u ws %u ts %" PRIx32 " %" PRIx32 " sack %u tfo %u+%u\n",
            who, s->error, s->error_offset, s->error_kind, s->error_len,
            s->header_captured, s->options_walked, s->data_offset,
            s->payload_captured, s->payload_len, s->present, s->mss, s->wscale,
            s->tsval, s->tsecr, s->sack_count, s->fastopen_offset,
            s->fastopen_len);
    fprintf(stderr, "  ");
    for (n = 0; n < 64; n++)
        if (s->defects >> n & 1)
            fprintf(stderr, " %s",
                    tcpseg_defect_name(n) ? tcpseg_defect_name(n) : "?");
    fprintf(stderr, "\n");
}

static void show_options(const walker_answer *a)
{
    unsigned n;

    for (n = 0; n < a->count; n++)
        fprintf(stderr, "   at %u kind %u len %u status %u exid %04x data %u\n",
                a->option[n].offset, a->option[n].kind, a->option[n].len,
                a->option[n].status, a->option[n].exid, a->option[n].data_len);
}

static void show(const uint8_t *data, size_t captured, size_t length,
                 const walker_answer *want, const walker_answer *got)
{
    size_t i;

    fprintf(stderr,
            "disagreement, %zu of %zu bytes, returned %d not %d:", captured,
            length, got->error, want->error);
    for (i = 0; i < captured && i < 60; i++)
        fprintf(stderr, "%s%02x", i % 4 ? "" : " ", data[i]);
    fprintf(stderr, "\n");
    show_segment("walker ", &want->seg);
    show_segment("library", &got->seg);
    if (want->count == got->count &&
        memcmp(want->option, got->option, sizeof want->option) == 0)
        return;
    fprintf(stderr, "  walker's options:\n");
    show_options(want);
    fprintf(stderr, "  library's options:\n");
    show_options(got);
}

bool agree(const uint8_t *data, size_t captured, size_t length)
{
    walker_answer want, got;
    bool ended, same;

    memset(&got, 0, sizeof got);
    memset(&got.seg, 0xa5, sizeof got.seg);
    walker_read(&want, data, captured, length);
    got.error = tcpseg_parse(&got.seg, data, captured, length);
    ended = visit(&got.seg, data, &got);
    same = ended && want.error == got.error && want.count == got.count &&
           memcmp(&want.seg, &got.seg, sizeof want.seg) == 0 &&
           memcmp(want.option, got.option, sizeof want.option) == 0;
    if (!same)
        show(data, captured, length, &want, &got);
    return same;
}

bool agree_exact(const uint8_t *data, size_t captured, size_t length)
{
    uint8_t *copy = malloc(captured ? captured : 1);
    bool same;

    if (!copy)
        abort();
    memcpy(copy, data, captured);
    same = agree(copy, captured, length);
    free(copy);
    return same;
}
