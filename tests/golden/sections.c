#include "sections.h"

#include <inttypes.h>
#include <string.h>

#include "agree.h"
#include "areas.h"
#include "frames.h"
#include "print.h"
#include "say.h"
#include "tcpseg/tcpseg.h"

unsigned section_segments(unsigned *failed)
{
    uint64_t rng = 1;
    unsigned i;

    for (i = 0; i < 20000; i++) {
        areas_segment s;
        tcpseg seg;
        uint8_t buf[60];
        int len;

        areas_make(&rng, &s);
        if (!agree_exact(s.data, s.captured, s.length))
            ++*failed;
        say("%u: %d", i, tcpseg_parse(&seg, s.data, s.captured, s.length));
        print_segment(&seg);
        print_options(&seg, s.data);
        len = tcpseg_build(buf, sizeof buf, &seg, NULL, 0, NULL, 0, NULL);
        say("  built %d", len);
        while (len > 20)
            say(" %02x", buf[--len]);
        say("\n");
    }
    return i;
}

/* Sums over every length, start and alignment: where code for wide registers
 * begins and ends differs between machines, the sum must not. */
static void sums(const uint8_t *data, size_t len)
{
    size_t start;

    for (start = 0; start < 17 && start <= len; start++)
        say(" %04x",
            tcpseg_checksum_sum((uint16_t)start, data + start, len - start));
}

/* A packet rewritten: the corrected checksum must be the one computed anew. */
static unsigned rewrite(uint8_t *data, size_t len, uint16_t was,
                        const tcpseg_address *address, uint32_t number)
{
    uint8_t new_seq[4] = {(uint8_t)(number >> 24), (uint8_t)(number >> 16),
                          (uint8_t)(number >> 8), (uint8_t)number};
    uint32_t old = (uint32_t)data[4] << 24 | (uint32_t)data[5] << 16 |
                   (uint32_t)data[6] << 8 | data[7];
    uint16_t a = tcpseg_checksum_update(was, data + 4, new_seq, 4);
    uint16_t b = tcpseg_checksum_update32(was, old, number), anew = 0;

    memcpy(data + 4, new_seq, 4);
    tcpseg_checksum_compute(&anew, data, len, address);
    say(" rewritten %04x", anew);
    return a != anew || b != anew;
}

unsigned section_checksums(unsigned *failed)
{
    static uint8_t data[2048];
    uint64_t rng = 2;
    unsigned len, i, cases = 0;

    for (len = 20; len < sizeof data; len += 1 + len / 64, cases++) {
        tcpseg_address address = {.family = len % 2 ? 4 : 6, .protocol = 6};
        tcpseg seg;
        uint16_t checksum = 0;

        for (i = 0; i < len; i++)
            data[i] = (uint8_t)areas_random(&rng);
        for (i = 0; i < (len % 2 ? 4 : 16); i++)
            address.src[i] = address.dst[15 - i] = (uint8_t)areas_random(&rng);
        if (address.family == 4)
            memset(address.dst + 4, 0, 12);
        data[12] = 0x50;
        say("%u:", len);
        sums(data, len);
        say(" computed %d",
            tcpseg_checksum_compute(&checksum, data, len, &address));
        tcpseg_parse(&seg, data, len, len);
        say(" %04x before %d", checksum,
            tcpseg_checksum_verify(&seg, data, &address));
        data[16] = (uint8_t)(checksum >> 8);
        data[17] = (uint8_t)checksum;
        tcpseg_parse(&seg, data, len, len);
        if (tcpseg_checksum_verify(&seg, data, &address) != TCPSEG_CHECKSUM_OK)
            ++*failed;
        *failed += rewrite(data, len, checksum, &address,
                           (uint32_t)areas_random(&rng));
        say("\n");
    }
    return cases;
}

/* A frame whole and, if it is short, cut at every byte. */
static void one_frame(const struct frame_sample *sample, const struct frame *f)
{
    size_t cut;

    for (cut = f->len < 256 ? 0 : f->len; cut <= f->len; cut++) {
        tcpseg_frame frame;
        tcpseg seg;
        int found =
            tcpseg_locate(&frame, sizeof frame, sample->linktype,
                          sample->options, f->bytes, cut, frame_wire(f));

        say("%s/%u: %d", sample->name, (unsigned)cut, found);
        print_frame(&frame);
        if (found == TCPSEG_OK && frame.addr.protocol == 17) {
            tcpseg_udp udp;

            say("  %d", tcpseg_udp_parse(&udp, f->bytes + frame.offset,
                                         frame.captured, frame.length));
            say(" %d", tcpseg_udp_checksum_verify(&udp, f->bytes + frame.offset,
                                                  &frame.addr));
            print_udp(&udp);
        }
        say("  %d",
            tcpseg_parse_frame(&seg, &frame, sizeof frame, sample->linktype,
                               sample->options | TCPSEG_LOCATE_CHECKSUM,
                               f->bytes, cut, frame_wire(f)));
        print_segment(&seg);
    }
}

unsigned section_frames(unsigned *failed)
{
    static struct frame f;
    size_t i;

    for (i = 0; i < frame_sample_count; i++) {
        memset(&f, 0, sizeof f);
        frame_write(&f, frame_samples[i].text);
        if (f.len > sizeof f.bytes)
            ++*failed;
        one_frame(&frame_samples[i], &f);
    }
    return (unsigned)i;
}
