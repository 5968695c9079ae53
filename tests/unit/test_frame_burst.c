/* tcpseg_parse_burst(): what tcpseg_parse_frame() says of each frame, whatever stands
 * beside it. */
#include "frame_checks.h"

enum { MOST = 1000 };

/* Frames of one link type, and what one call for each says. */
struct burst {
    uint8_t *frames[MOST];
    uint32_t captured[MOST], length[MOST];
    tcpseg seg[MOST];
    tcpseg_frame frame[MOST];
    uint32_t linktype, options, n;
};

static void add(struct burst *b, const struct frame *f, size_t captured)
{
    uint32_t i = b->n++;

    cr_assert(b->n <= MOST);
    b->frames[i] = exact(f->bytes, captured);
    b->captured[i] = (uint32_t)captured;
    b->length[i] = (uint32_t)frame_wire(f);
    tcpseg_parse_frame(&b->seg[i], &b->frame[i], sizeof b->frame[i],
                       b->linktype, b->options, b->frames[i], captured,
                       b->length[i]);
}

/* Every sample of the link type: whole, cut, and with more captured than was sent. */
static void fill(struct burst *b, uint32_t linktype, uint32_t options)
{
    memset(b, 0, sizeof *b);
    b->linktype = linktype;
    b->options = options;
    for (size_t i = 0; i < frame_sample_count; i++) {
        struct frame f;

        if (frame_samples[i].linktype != linktype)
            continue;
        frame_write(&f, frame_samples[i].text);
        add(b, &f, f.len);
        add(b, &f, f.len / 2);
        if (i % 4)
            continue;
        frame_write(&f, sample("ethernet-ipv4")->text);
        add(b, &f, f.len);
        f.wire = f.len - 20;
        add(b, &f, f.len);
    }
}

static void discard(struct burst *b)
{
    for (uint32_t i = 0; i < b->n; i++)
        free(b->frames[i]);
}

static void agrees(const struct burst *b, const uint32_t *length, uint32_t size)
{
    static tcpseg seg[MOST];
    static tcpseg_frame frame[MOST];

    for (int beside = 0; beside < 2; beside++) {
        memset(seg, 0xa5, sizeof seg);
        memset(frame, 0xa5, sizeof frame);
        for (uint32_t first = 0; first < b->n; first += size) {
            uint32_t n = b->n - first < size ? b->n - first : size;
            int want = 0;

            for (uint32_t i = first; i < first + n; i++)
                want += b->seg[i].error == TCPSEG_OK;
            cr_assert_eq(tcpseg_parse_burst(
                             seg + first, beside ? frame + first : NULL,
                             sizeof *frame, b->linktype, b->options, n,
                             (const void *const *)b->frames + first,
                             b->captured + first, length ? length + first : 0),
                         want);
        }
        for (uint32_t i = 0; i < b->n; i++) {
            cr_assert(!memcmp(&seg[i], &b->seg[i], sizeof *seg), "frame %u", i);
            cr_assert(!beside ||
                          !memcmp(&frame[i], &b->frame[i], sizeof *frame),
                      "frame %u", i);
        }
        for (size_t i = b->n * sizeof *seg; i < sizeof seg; i++)
            cr_assert_eq(((uint8_t *)seg)[i], 0xa5);
    }
}

Test(frame_burst, says_what_one_call_says)
{
    static const uint32_t links[] = {ETH, TCPSEG_LINK_RAW, TCPSEG_LINK_NULL,
                                     TCPSEG_LINK_LINUX_SLL};
    static const uint32_t sizes[] = {1, 7, 8, 9, 32, MOST};
    static struct burst b;

    for (size_t i = 0; i < sizeof links / sizeof *links; i++)
        for (uint32_t options = 0; options < 4; options++) {
            fill(&b, links[i], options);
            cr_assert(b.n > 3 && (links[i] != ETH || b.n > 64), "%u", b.n);
            for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++)
                agrees(&b, b.length, sizes[k]);
            discard(&b);
        }
}

Test(frame_burst, without_lengths_all_is_captured)
{
    static struct burst b;

    fill(&b, ETH, 0);
    for (uint32_t i = 0; i < b.n; i++)
        tcpseg_parse_frame(&b.seg[i], &b.frame[i], sizeof b.frame[i], ETH, 0,
                           b.frames[i], b.captured[i], b.captured[i]);
    agrees(&b, NULL, 32);
    discard(&b);
}

/* A caller built with a longer or shorter structure: its size is the distance. */
Test(frame_burst, other_sizes_of_the_structure)
{
    static uint8_t room[40 * 256];
    const uint32_t sizes[] = {40, 128, 152};
    static struct burst b;
    static tcpseg seg[40];

    fill(&b, ETH, 0);
    for (size_t k = 0; k < 3; k++) {
        uint32_t size = sizes[k], known = size < 128 ? size : 128;

        memset(room, 0xa5, sizeof room);
        tcpseg_parse_burst(seg, (tcpseg_frame *)(void *)room, size, ETH, 0, 40,
                           (const void *const *)b.frames, b.captured, b.length);
        for (uint32_t i = 0; i < 40; i++) {
            cr_assert(!memcmp(room + i * size, &b.frame[i], known), "%u", i);
            for (uint32_t at = known; at < size; at++)
                cr_assert_eq(room[i * size + at], 0);
        }
        cr_assert_eq(room[40 * size], 0xa5);
    }
    discard(&b);
}

Test(frame_burst, a_frame_that_is_not_there)
{
    const uint32_t captured[3] = {60, 60, 60};
    const void *frames[3] = {NULL};
    tcpseg seg[3], zero;
    tcpseg_frame frame[3];

    memset(&zero, 0, sizeof zero);
    zero.error = TCPSEG_ERR_ARG;
    for (int beside = 0; beside < 2; beside++) {
        memset(seg, 0xa5, sizeof seg);
        memset(frame, 0xa5, sizeof frame);
        cr_assert_eq(tcpseg_parse_burst(seg, beside ? frame : NULL,
                                        sizeof *frame, ETH, 0, 3, frames,
                                        captured, NULL),
                     0);
        for (int i = 0; i < 3; i++)
            cr_assert(!memcmp(&seg[i], &zero, sizeof zero), "%d", i);
        for (size_t i = 0; beside && i < sizeof frame; i++)
            cr_assert_eq(((uint8_t *)frame)[i], 0);
    }
}

Test(frame_burst, misuse_writes_nothing)
{
    static const uint8_t byte[64];
    const void *const frames[1] = {byte};
    const uint32_t captured[1] = {64};
    tcpseg seg, before;
    tcpseg_frame frame;

    memset(&before, 0xa5, sizeof before);
    seg = before;
    cr_expect_eq(
        tcpseg_parse_burst(NULL, NULL, 0, ETH, 0, 1, frames, captured, NULL),
        TCPSEG_ERR_ARG);
    cr_expect_eq(
        tcpseg_parse_burst(&seg, NULL, 0, ETH, 0, 1, NULL, captured, NULL),
        TCPSEG_ERR_ARG);
    cr_expect_eq(
        tcpseg_parse_burst(&seg, NULL, 0, ETH, 0, 1, frames, NULL, NULL),
        TCPSEG_ERR_ARG);
    cr_expect_eq(
        tcpseg_parse_burst(&seg, &frame, 0, ETH, 0, 1, frames, captured, NULL),
        TCPSEG_ERR_ARG);
    cr_expect_eq(
        tcpseg_parse_burst(&seg, NULL, 0, ETH, 4, 1, frames, captured, NULL),
        TCPSEG_ERR_ARG);
    cr_expect_eq(tcpseg_parse_burst(NULL, NULL, 0, ETH, 0, 0, NULL, NULL, NULL),
                 0);
    cr_expect(!memcmp(&seg, &before, sizeof seg));
}
