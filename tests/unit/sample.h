/* A segment written as its flags and the hexadecimal text of its options,
 * parsed and walked, for the tests of this directory. */
#ifndef TCPSEG_TESTS_SAMPLE_H
#define TCPSEG_TESTS_SAMPLE_H

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tcpseg/tcpseg.h"

/* A defect's bit. */
#define D(name) (UINT64_C(1) << TCPSEG_DEFECT_##name)

#define SYN TCPSEG_SYN
#define ACK TCPSEG_ACK

enum { SAMPLE_SEQ = 0x01020304, SAMPLE_ACK = 0x7a0b0c0d, SAMPLE_MAX = 128 };

typedef struct sample {
    uint8_t data[SAMPLE_MAX];
    size_t length;
    int error;
    tcpseg seg;
    tcpseg_option option[41];
    unsigned count;
} sample;

/* "02 04 05b4" to bytes; blanks are skipped. Returns their number. */
static inline size_t hex(uint8_t *out, size_t room, const char *text)
{
    static const char digits[] = "0123456789abcdef";
    size_t n = 0;

    for (; *text; text++) {
        const char *digit = strchr(digits, *text);

        if (*text == ' ')
            continue;
        cr_assert(digit && n / 2 < room, "hexadecimal text: %s", text);
        if (n % 2 == 0)
            out[n / 2] = (uint8_t)((digit - digits) << 4);
        else
            out[n / 2] |= (uint8_t)(digit - digits);
        n++;
    }
    cr_assert(n % 2 == 0, "hexadecimal text: odd number of digits");
    return n / 2;
}

/* Parses and walks with the bytes in a block of exactly `captured`. */
static inline void look(sample *s, size_t captured, size_t length)
{
    uint8_t *block = malloc(captured ? captured : 1);
    uint32_t cursor = 0;

    cr_assert(block != NULL);
    memcpy(block, s->data, captured);
    s->count = 0;
    s->length = length;
    s->error = tcpseg_parse(&s->seg, block, captured, length);
    while (s->count < 41 && tcpseg_option_next(&s->seg, block, &cursor,
                                               &s->option[s->count]) == 1)
        s->count++;
    free(block);
}

/* A header with these options, which must fill whole words, and `payload` bytes
 * behind it. Ports 1000 and 2000; an acknowledgment number only with ACK. */
static inline sample parse_with(unsigned flags, const char *options,
                                size_t payload)
{
    sample s = {.data = {0x03, 0xe8, 0x07, 0xd0, 0x01, 0x02, 0x03, 0x04}};
    size_t size = hex(s.data + 20, 40, options);

    cr_assert(size % 4 == 0, "options of %zu bytes", size);
    if (flags & ACK)
        hex(s.data + 8, 4, "7a0b0c0d");
    s.data[12] = (uint8_t)((20 + size) / 4 << 4 | flags >> 8);
    s.data[13] = (uint8_t)flags;
    s.data[14] = 0x20;
    look(&s, 20 + size + payload, 20 + size + payload);
    return s;
}

static inline sample parse(unsigned flags, const char *options)
{
    return parse_with(flags, options, 0);
}

/* One option alone, filled up with NOPs, as the cursor gives it. */
static inline sample one(unsigned flags, const char *option)
{
    sample s = {.count = 0};
    uint8_t bytes[40];
    char text[81] = "";
    size_t n = hex(bytes, sizeof bytes, option), i;

    for (i = 0; i < n || i % 4; i++)
        snprintf(text + 2 * i, 3, "%02x", i < n ? bytes[i] : 1);
    s = parse(flags, text);
    cr_assert(s.count >= 1, "%s: no option", option);
    return s;
}

/* An option of this kind and length with zeros in it, behind enough SYN or ACK
 * to be at home; its status and the defects it brings. */
static inline sample of_len(unsigned kind, unsigned len)
{
    char text[81];
    unsigned i;

    for (i = 0; i < len; i++)
        snprintf(text + 2 * i, 3, "%02x", i == 0 ? kind : i == 1 ? len : 0);
    return one(kind == 5 ? ACK : SYN, text);
}

/* Option `i` of the list is this one. */
static inline void is_option(const sample *s, unsigned i, unsigned kind,
                             unsigned len, unsigned offset, int status,
                             const char *file, int line)
{
    const tcpseg_option *opt = &s->option[i];

    cr_assert(i < s->count, "%s:%d: only %u options", file, line, s->count);
    cr_assert(opt->kind == kind && opt->len == len && opt->offset == offset &&
                  opt->status == status && opt->reserved == 0,
              "%s:%d: option %u is kind %u, len %u, at %u, status %d", file,
              line, i, opt->kind, opt->len, opt->offset, opt->status);
}

#define IS_OPTION(s, i, kind, len, offset, status)                             \
    is_option(&(s), i, kind, len, offset, TCPSEG_OPTION_##status, __FILE__,    \
              __LINE__)

/* The defects are exactly these. */
#define HAS_DEFECTS(s, mask)                                                   \
    cr_assert((s).seg.defects == (mask), "defects %llx, not %llx",             \
              (unsigned long long)(s).seg.defects, (unsigned long long)(mask))

/* The first malformed option is told so; an offset of 0 means there is none. */
#define HAS_ERROR(s, offset, kind, len)                                        \
    do {                                                                       \
        cr_assert_eq((s).seg.error_offset, offset, "error at %u",              \
                     (s).seg.error_offset);                                    \
        cr_assert_eq((s).seg.error_kind, kind);                                \
        cr_assert_eq((s).seg.error_len, len);                                  \
    } while (0)

#endif
