/* The byte streams: what the library tells of them, counted and hashed. */
#include "inspect.h"

#include <inttypes.h>
#include <stdlib.h>

bool stream_begin(struct stream *s, bool hash)
{
    *s = (struct stream){.data = 0};
    if (!hash)
        return true;
    s->hashes = malloc(sizeof *s->hashes);
    if (!s->hashes)
        return false;
    sha256_init(&s->hashes->all);
    sha256_init(&s->hashes->no_urgent);
    return true;
}

void stream_end(struct stream *s)
{
    free(s->hashes);
    s->hashes = NULL;
}

void stream_take(struct stream *s, const tcpconn_event *ev, const void *bytes)
{
    s->data += ev->type == TCPCONN_EV_DATA ? ev->len : 0;
    s->gaps += ev->type == TCPCONN_EV_GAP && ev->len;
    s->conflicts += ev->type == TCPCONN_EV_OVERLAP;
    s->not_kept += ev->type == TCPCONN_EV_NOT_KEPT;
    if (!s->hashes || !bytes)
        return;
    sha256_update(&s->hashes->all, ev->len, bytes);
    if (ev->why != TCPCONN_DATA_URGENT)
        sha256_update(&s->hashes->no_urgent, ev->len, bytes);
}

void stream_digest(const struct sha256_ctx *sum, char hex[STREAM_HEX])
{
    struct sha256_ctx copy = *sum;
    uint8_t digest[SHA256_DIGEST_SIZE];

    sha256_digest(&copy, sizeof digest, digest);
    for (size_t i = 0; i < sizeof digest; i++)
        sprintf(hex + 2 * i, "%02x", digest[i]);
}

void text_told(struct text *t, const struct flow *f, const struct told *told)
{
    text_add(t, "%s: ",
             told->type == TCPCONN_EV_GAP       ? "gap"
             : told->type == TCPCONN_EV_OVERLAP ? "overlap"
                                                : "no room");
    text_add(t, "bytes %" PRIu64 " to %" PRIu64 " of ", told->offset,
             told->offset + told->len);
    text_endpoint(t, f, told->dir);
    if (told->type == TCPCONN_EV_GAP)
        text_add(t, " are missing: %s", tcpconn_gap_name(told->why));
    else if (told->type == TCPCONN_EV_OVERLAP)
        text_add(t, " came twice and differ: the %s ones stay",
                 told->winner == TCPCONN_WINNER_NEW ? "new" : "old");
    else
        text_add(t, " came out of order and are not kept");
}
