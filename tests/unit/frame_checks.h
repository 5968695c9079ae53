/* tcpseg_locate() called with all that must hold of any answer checked, for the
 * tests of this directory. */
#ifndef TCPSEG_TESTS_FRAME_CHECKS_H
#define TCPSEG_TESTS_FRAME_CHECKS_H

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "frame_int.h"
#include "frames.h"
#include "tcpseg/tcpseg.h"

#define D(name) (UINT64_C(1) << TCPSEG_FRAME_##name)

enum { ETH = TCPSEG_LINK_ETHERNET, IN = TCPSEG_LOCATE_TUNNELS };

/* A copy in a block of exactly that size: a sanitizer sees each byte too far. */
static inline uint8_t *exact(const uint8_t *bytes, size_t len)
{
    uint8_t *block = malloc(len ? len : 1);

    cr_assert(block != NULL);
    memcpy(block, bytes, len);
    return block;
}

static inline const struct frame_sample *sample(const char *name)
{
    for (size_t i = 0; i < frame_sample_count; i++)
        if (strcmp(frame_samples[i].name, name) == 0)
            return &frame_samples[i];
    cr_assert_fail("no sample %s", name);
    return NULL;
}

/* What holds of every answer. */
static inline void holds(const char *name, const tcpseg_frame *f, int error,
                         size_t captured, size_t length)
{
    static const uint64_t zero[5];
    size_t there = captured < length ? captured : length;
    bool found = f->stop == TCPSEG_STOP_NONE;

    cr_assert_eq(error, found ? TCPSEG_OK : TCPSEG_ERR_NOT_FOUND, "%s", name);
    cr_assert(f->stop <= TCPSEG_STOP_LIMIT, "%s", name);
    cr_assert((uint64_t)f->offset + f->captured <= there, "%s", name);
    cr_assert(f->captured <= f->length, "%s", name);
    cr_assert(f->ip_offset <= there && f->trailer <= length, "%s", name);
    cr_assert(f->vlan_count <= 4 && f->mpls_count <= 8 && f->ecn <= 3, "%s",
              name);
    cr_assert(f->tunnel_depth <= 4 && f->addr.reserved == 0, "%s", name);
    cr_assert(f->defects >> (TCPSEG_FRAME_EXTENSION_CUT + 1) == 0, "%s", name);
    cr_assert(memcmp(f->reserved, zero, sizeof zero) == 0, "%s", name);
    if (!found) {
        cr_assert(f->offset == 0 && f->captured == 0 && f->length == 0, "%s",
                  name);
        return;
    }
    cr_assert(f->addr.protocol == 6 || f->addr.protocol == 17, "%s", name);
    cr_assert(f->addr.family == 4 || f->addr.family == 6, "%s", name);
    cr_assert(f->addr.length <= f->length, "%s", name);
    cr_assert(f->offset >= f->ip_offset + (f->addr.family == 4 ? 20u : 40u),
              "%s", name);
}

/* tcpseg_parse_frame() says what tcpseg_locate() and tcpseg_parse() say. */
static inline void parses_alike(const char *name, uint32_t linktype,
                                uint32_t options, const uint8_t *block,
                                size_t captured, size_t length,
                                const tcpseg_frame *found)
{
    tcpseg alone, beside, want;
    tcpseg_frame frame;
    int error = tcpseg_parse_frame(&alone, NULL, 0, linktype, options, block,
                                   captured, length);

    cr_assert_eq(error,
                 tcpseg_parse_frame(&beside, &frame, sizeof frame, linktype,
                                    options, block, captured, length),
                 "%s", name);
    cr_assert(memcmp(&alone, &beside, sizeof alone) == 0, "%s", name);
    cr_assert(memcmp(&frame, found, sizeof frame) == 0, "%s", name);
    memset(&want, 0, sizeof want);
    want.error = TCPSEG_ERR_NOT_FOUND;
    if (found->stop == TCPSEG_STOP_NONE && found->addr.protocol == 6) {
        tcpseg_parse(&want, block + found->offset, found->captured,
                     found->length);
        want.ip_ecn = found->ecn;
        want.ip_ttl = found->ttl;
        want.ip_id = found->ip_id;
    }
    cr_assert_eq(error, want.error, "%s", name);
    cr_assert(memcmp(&alone, &want, sizeof want) == 0, "%s", name);
}

/* Locate in the first `captured` of a frame's bytes: both ways, with all that
 * must hold. */
static inline int locate(tcpseg_frame *out, const char *name, uint32_t linktype,
                         uint32_t options, const uint8_t *bytes,
                         size_t captured, size_t length)
{
    size_t there = captured < length ? captured : length;
    uint8_t *block = exact(bytes, captured);
    tcpseg_frame general;
    int error, error_general;

    memset(out, 0xa5, sizeof *out);
    memset(&general, 0x5a, sizeof general);
    error = tcpseg_locate(out, sizeof *out, linktype, options, block, captured,
                          length);
    error_general = tcpsegp_locate_general(&general, linktype, options, block,
                                           (uint32_t)there, (uint32_t)length);
    cr_assert_eq(error, error_general, "%s", name);
    cr_assert(memcmp(out, &general, sizeof general) == 0,
              "%s: the short cut differs", name);
    holds(name, out, error, captured, length);
    parses_alike(name, linktype, options, block, captured, length, out);
    free(block);
    return error;
}

static inline int locate_text(tcpseg_frame *out, uint32_t options,
                              const char *text)
{
    struct frame f;

    frame_write(&f, text);
    return locate(out, text, ETH, options, f.bytes, f.len, frame_wire(&f));
}

static inline int locate_sample(tcpseg_frame *out, struct frame *f,
                                const char *name)
{
    const struct frame_sample *s = sample(name);

    frame_write(f, s->text);
    return locate(out, name, s->linktype, s->options, f->bytes, f->len,
                  frame_wire(f));
}

#endif
