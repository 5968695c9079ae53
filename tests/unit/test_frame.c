/* tcpseg_locate() and tcpseg_parse_frame(): the samples, whole, cut and damaged;
 * misuse; other sizes of the structure; names. */
#include "frame_checks.h"

Test(frame, samples)
{
    for (size_t i = 0; i < frame_sample_count; i++) {
        const struct frame_sample *s = &frame_samples[i];
        struct frame f;
        tcpseg_frame out;

        locate_sample(&out, &f, s->name);
        cr_expect_eq(out.stop, s->stop, "%s: stop %s", s->name,
                     tcpseg_stop_name(out.stop));
        cr_expect_eq(out.addr.protocol, s->protocol, "%s: protocol %u", s->name,
                     out.addr.protocol);
        cr_expect_eq(out.tunnel_depth, s->tunnels, "%s: %u tunnels", s->name,
                     out.tunnel_depth);
        cr_expect_eq(out.defects, s->defects, "%s: defects %llx, not %llx",
                     s->name, (unsigned long long)out.defects,
                     (unsigned long long)s->defects);
        if (s->stop == TCPSEG_STOP_NONE)
            cr_expect_eq(out.offset, f.transport, "%s: at %u", s->name,
                         out.offset);
        if (s->stop == TCPSEG_STOP_NONE)
            cr_expect_eq(out.ip_offset, f.ip, "%s: IP at %u", s->name,
                         out.ip_offset);
    }
}

/* Cut a sample to `captured` bytes. Where its TCP or UDP header starts inside or
 * at the end of what is left, it is still found; before that, nothing is, but
 * for the datagram that a tunnel starts with. */
static void cut(const struct frame_sample *s, const struct frame *f,
                const tcpseg_frame *whole, size_t captured)
{
    tcpseg_frame out;

    locate(&out, s->name, s->linktype, s->options, f->bytes, captured,
           frame_wire(f));
    if (whole->stop != TCPSEG_STOP_NONE)
        return;
    if (captured >= whole->offset) {
        size_t left = captured - whole->offset;

        cr_assert_eq(out.stop, TCPSEG_STOP_NONE, "%s at %zu", s->name,
                     captured);
        cr_assert_eq(out.offset, whole->offset, "%s at %zu", s->name, captured);
        cr_assert_eq(out.length, whole->length, "%s at %zu", s->name, captured);
        cr_assert_eq(out.captured,
                     left < whole->captured ? left : whole->captured,
                     "%s at %zu", s->name, captured);
        cr_assert(memcmp(&out.addr, &whole->addr, 32) == 0, "%s at %zu",
                  s->name, captured);
    } else if (out.stop == TCPSEG_STOP_NONE) {
        cr_assert(s->options & IN && out.addr.protocol == 17 &&
                      out.offset < whole->offset,
                  "%s at %zu", s->name, captured);
    } else {
        cr_assert_eq(out.stop, TCPSEG_STOP_CUT, "%s at %zu", s->name, captured);
    }
}

Test(frame, samples_cut_everywhere)
{
    for (size_t i = 0; i < frame_sample_count; i++) {
        const struct frame_sample *s = &frame_samples[i];
        tcpseg_frame whole;
        struct frame f;

        locate_sample(&whole, &f, s->name);
        for (size_t captured = 0; captured <= f.len; captured++)
            cut(s, &f, &whole, captured);
    }
}

Test(frame, every_defect_has_a_sample)
{
    uint64_t seen = D(CUT); /* above */

    for (size_t i = 0; i < frame_sample_count; i++)
        seen |= frame_samples[i].defects;
    cr_assert_eq(seen, (UINT64_C(2) << TCPSEG_FRAME_EXTENSION_CUT) - 1, "%llx",
                 (unsigned long long)seen);
}

Test(frame, more_captured_than_length)
{
    struct frame f;
    tcpseg_frame out;

    frame_write(&f, sample("ethernet-ipv4")->text);
    frame_fill(&f, 0xff, 20);
    locate(&out, "captured", ETH, 0, f.bytes, f.len, f.len - 20);
    cr_assert_eq(out.defects, 0);
    cr_assert_eq(out.captured, 42);
    locate(&out, "captured", ETH, 0, f.bytes, f.len, 40);
    cr_assert_eq(out.defects, D(LENGTH_BEYOND));
    cr_assert_eq(out.captured, 6);
    locate(&out, "captured", ETH, 0, f.bytes, f.len, 20);
    cr_assert_eq(out.stop, TCPSEG_STOP_CUT);
}

Test(frame, misuse_writes_nothing)
{
    struct frame f;
    tcpseg_frame out, before;
    tcpseg seg, seg_before;
    size_t n;

    frame_write(&f, sample("ethernet-ipv4")->text);
    n = f.len;
    memset(&before, 0xa5, sizeof before);
    memset(&seg_before, 0xa5, sizeof seg_before);
    out = before;
    seg = seg_before;
    cr_expect_eq(tcpseg_locate(NULL, sizeof out, ETH, 0, f.bytes, n, n), -1);
    cr_expect_eq(tcpseg_locate(&out, 0, ETH, 0, f.bytes, n, n), -1);
    cr_expect_eq(tcpseg_locate(&out, sizeof out, ETH, 4, f.bytes, n, n), -1);
    cr_expect_eq(tcpseg_locate(&out, sizeof out, ETH, 0, NULL, n, n), -1);
    cr_expect_eq(tcpseg_parse_frame(NULL, NULL, 0, ETH, 0, f.bytes, n, n), -1);
    cr_expect_eq(
        tcpseg_parse_frame(NULL, &out, sizeof out, ETH, 0, f.bytes, n, n), -1);
    cr_expect_eq(tcpseg_parse_frame(&seg, &out, 0, ETH, 0, f.bytes, n, n), -1);
    cr_expect_eq(tcpseg_parse_frame(&seg, NULL, 0, ETH, 8, f.bytes, n, n), -1);
    cr_expect_eq(
        tcpseg_parse_frame(&seg, &out, sizeof out, ETH, 8, f.bytes, n, n), -1);
    cr_expect_eq(tcpseg_parse_frame(&seg, NULL, 0, ETH, 0, NULL, n, n), -1);
    cr_expect_eq(tcpseg_parse_frame(&seg, NULL, 0, ETH, 1, NULL, n, n), -1);
#if SIZE_MAX > UINT32_MAX
    for (size_t over = 0; over <= 40; over++) {
        size_t length = (size_t)UINT32_MAX + 1 + over;

        cr_expect_eq(
            tcpseg_locate(&out, sizeof out, ETH, 0, f.bytes, n, length), -1);
        f.bytes[16] = 0; /* a total length below 20, down to 0 */
        f.bytes[17] = (uint8_t)(over / 2);
        cr_expect_eq(
            tcpseg_parse_frame(&seg, NULL, 0, ETH, 0, f.bytes, n, length), -1,
            "%zu", over);
    }
#endif
    cr_expect(memcmp(&out, &before, sizeof out) == 0);
    cr_expect(memcmp(&seg, &seg_before, sizeof seg) == 0);
}

/* A caller built with a shorter or longer structure. */
Test(frame, other_sizes_of_the_structure)
{
    static const char *const names[] = {"ethernet-ipv4", "vlan", "arp"};
    uint8_t longer[sizeof(tcpseg_frame) + 24], shorter[64];
    tcpseg_frame whole;
    tcpseg seg;

    for (size_t i = 0; i < 3; i++) {
        struct frame f;

        locate_sample(&whole, &f, names[i]);
        for (int parse = 0; parse < 2; parse++) {
            memset(longer, 0xa5, sizeof longer);
            memset(shorter, 0xa5, sizeof shorter);
            if (parse) {
                tcpseg_parse_frame(&seg, (tcpseg_frame *)(void *)longer,
                                   sizeof longer, ETH, 0, f.bytes, f.len,
                                   f.len);
                tcpseg_parse_frame(&seg, (tcpseg_frame *)(void *)shorter, 40,
                                   ETH, 0, f.bytes, f.len, f.len);
            } else {
                tcpseg_locate((tcpseg_frame *)(void *)longer, sizeof longer,
                              ETH, 0, f.bytes, f.len, f.len);
                tcpseg_locate((tcpseg_frame *)(void *)shorter, 40, ETH, 0,
                              f.bytes, f.len, f.len);
            }
            cr_assert(memcmp(longer, &whole, sizeof whole) == 0);
            cr_assert(memcmp(shorter, &whole, 40) == 0);
            for (size_t k = sizeof whole; k < sizeof longer; k++)
                cr_assert_eq(longer[k], 0);
            for (size_t k = 40; k < sizeof shorter; k++)
                cr_assert_eq(shorter[k], 0xa5);
        }
    }
}

Test(frame, parse_frame_without_tcp)
{
    struct frame f;
    tcpseg_frame out;
    tcpseg seg, zero;

    memset(&zero, 0, sizeof zero);
    zero.error = TCPSEG_ERR_NOT_FOUND;
    frame_write(&f, sample("ethernet-udp")->text);
    memset(&seg, 0xa5, sizeof seg);
    cr_assert_eq(tcpseg_parse_frame(&seg, &out, sizeof out, ETH, 0, f.bytes,
                                    f.len, f.len),
                 TCPSEG_ERR_NOT_FOUND);
    cr_assert(memcmp(&seg, &zero, sizeof seg) == 0);
    cr_assert_eq(out.stop, TCPSEG_STOP_NONE);
    cr_assert_eq(out.addr.protocol, 17);
    memset(&seg, 0xa5, sizeof seg);
    cr_assert_eq(
        tcpseg_parse_frame(&seg, NULL, 0, ETH, 0, f.bytes, f.len, f.len),
        TCPSEG_ERR_NOT_FOUND);
    cr_assert(memcmp(&seg, &zero, sizeof seg) == 0);
}

Test(frame, parse_frame_checks_only_if_told)
{
    struct frame f;
    tcpseg seg;

    frame_write(&f, sample("ethernet-ipv4")->text);
    tcpseg_parse_frame(&seg, NULL, 0, ETH, 0, f.bytes, f.len, f.len);
    cr_assert_eq(seg.checksum_status, TCPSEG_CHECKSUM_UNKNOWN);
    tcpseg_parse_frame(&seg, NULL, 0, ETH, TCPSEG_LOCATE_CHECKSUM, f.bytes,
                       f.len, f.len);
    cr_assert_eq(seg.checksum_status, TCPSEG_CHECKSUM_OK);
    f.bytes[f.len - 1] ^= 1;
    tcpseg_parse_frame(&seg, NULL, 0, ETH, TCPSEG_LOCATE_CHECKSUM, f.bytes,
                       f.len, f.len);
    cr_assert_eq(seg.checksum_status, TCPSEG_CHECKSUM_BAD);
    tcpseg_parse_frame(&seg, NULL, 0, ETH, TCPSEG_LOCATE_CHECKSUM, f.bytes,
                       f.len - 1, f.len);
    cr_assert_eq(seg.checksum_status, TCPSEG_CHECKSUM_CUT);
}

static uint32_t next_random(uint64_t *state)
{
    *state =
        *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963);
    return (uint32_t)(*state >> 33);
}

/* Damage a few bytes, mostly in the headers, or nothing but lengths. */
static void damage(struct frame *f, uint64_t *state)
{
    unsigned count = next_random(state) % 6;
    size_t reach = f->len < 120 ? f->len : 120;

    for (unsigned i = 0; i < count; i++) {
        uint32_t r = next_random(state);
        uint8_t *byte = &f->bytes[next_random(state) % reach];

        if (r % 3 == 0)
            *byte ^= (uint8_t)(1u << (r >> 8 & 7));
        else if (r % 3 == 1)
            *byte = (uint8_t)(r >> 8);
        else
            *byte = (uint8_t[]){0, 1, 4, 6, 0xff, 0x45, 0x60, 47}[r >> 8 & 7];
    }
}

Test(frame, hostile_frames, .timeout = 120)
{
    static const uint32_t links[] = {0,   1,   9,   12,  14,  101, 104,
                                     108, 113, 228, 229, 276, 147};
    uint64_t state = 7, found = 0;

    for (unsigned i = 0; i < 100000; i++) {
        const struct frame_sample *s =
            &frame_samples[next_random(&state) % frame_sample_count];
        uint32_t linktype = s->linktype, options = next_random(&state) % 4;
        size_t length, captured;
        tcpseg_frame out;
        struct frame f;

        frame_write(&f, s->text);
        damage(&f, &state);
        if (next_random(&state) % 16 == 0)
            linktype = links[next_random(&state) % 13];
        captured =
            f.len - (next_random(&state) % 4 ? 0 : next_random(&state) % f.len);
        length = captured +
                 (next_random(&state) % 4 ? 0 : next_random(&state) % 2000);
        if (next_random(&state) % 8 == 0)
            length = next_random(&state) % (f.len + 1);
        locate(&out, s->name, linktype, options & IN, f.bytes, captured,
               length);
        found += out.stop == TCPSEG_STOP_NONE;
    }
    cr_assert(found > 20000 && found < 90000, "%u found", (unsigned)found);
}

/* No two names alike, and none missing up to the last one. */
static void names(const char *(*name)(unsigned), unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        cr_assert(name(i) != NULL && *name(i), "%u", i);
        for (unsigned k = 0; k < i; k++)
            cr_assert(strcmp(name(i), name(k)) != 0, "%u and %u", i, k);
    }
    cr_assert(name(count) == NULL);
    cr_assert(name(UINT32_MAX) == NULL);
}

static const char *stop_name(unsigned stop)
{
    return tcpseg_stop_name((int)stop);
}

Test(frame, names)
{
    names(tcpseg_frame_defect_name, TCPSEG_FRAME_EXTENSION_CUT + 1);
    names(tcpseg_frame_defect_text, TCPSEG_FRAME_EXTENSION_CUT + 1);
    names(stop_name, TCPSEG_STOP_LIMIT + 1);
    for (unsigned i = 0; i <= TCPSEG_FRAME_EXTENSION_CUT; i++)
        cr_assert(tcpseg_frame_defect_rfc(i) != NULL);
    cr_assert(tcpseg_frame_defect_rfc(TCPSEG_FRAME_EXTENSION_CUT + 1) == NULL);
    cr_assert(tcpseg_stop_name(-1) == NULL);
}
