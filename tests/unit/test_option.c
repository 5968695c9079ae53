/* The cursor, what all decoders have in common, and the writer of options. */
#include "sample.h"

#include "areas.h"

/* ------------------------------------------------------------------------
 * The cursor
 * --------------------------------------------------------------------- */

Test(option, cursor_misuse)
{
    sample s = parse(SYN, "020405b4");
    tcpseg_option opt;
    uint32_t cursor = 0;

    memset(&opt, 0x5a, sizeof opt);
    cr_assert_eq(tcpseg_option_next(NULL, s.data, &cursor, &opt),
                 TCPSEG_ERR_ARG);
    cr_assert_eq(tcpseg_option_next(&s.seg, NULL, &cursor, &opt),
                 TCPSEG_ERR_ARG);
    cr_assert_eq(tcpseg_option_next(&s.seg, s.data, NULL, &opt),
                 TCPSEG_ERR_ARG);
    cr_assert_eq(tcpseg_option_next(&s.seg, s.data, &cursor, NULL),
                 TCPSEG_ERR_ARG);
    cr_assert_eq(cursor, 0);
    cr_assert_eq(opt.kind, 0x5a);
}

Test(option, cursor_stays_at_the_end)
{
    sample s = parse(SYN, "020405b4");
    static const tcpseg_option zero;
    tcpseg_option opt;
    uint32_t cursor = 0;
    unsigned i;

    cr_assert_eq(tcpseg_option_next(&s.seg, s.data, &cursor, &opt), 1);
    for (i = 0; i < 3; i++) {
        memset(&opt, 0x5a, sizeof opt);
        cr_assert_eq(tcpseg_option_next(&s.seg, s.data, &cursor, &opt), 0);
        cr_assert_arr_eq(&opt, &zero, sizeof opt);
    }
}

Test(option, cursor_on_what_is_no_header)
{
    sample s = parse(SYN, "020405b4");

    look(&s, 19, 19);
    cr_assert_eq(s.count, 0);
    look(&s, 23, 23); /* the data offset says 24 */
    cr_assert_eq(s.count, 0);
    s.data[12] = 0x40;
    look(&s, 24, 24);
    cr_assert_eq(s.count, 0);
}

/* A cursor that some other code wrote must not lead it astray. */
Test(option, cursor_from_anywhere)
{
    sample s = parse(SYN, "020405b4 01 030307 0402 0101 080a 00000001 "
                          "00000000 0101");
    uint32_t start;

    for (start = 0; start < 70000; start++) {
        uint32_t cursor = start < 65536 ? start : start * 61681u;
        tcpseg_option opt;
        unsigned steps = 0;

        while (tcpseg_option_next(&s.seg, s.data, &cursor, &opt) == 1) {
            cr_assert_leq(++steps, 40);
            cr_assert_geq(opt.offset, 20);
            cr_assert_leq(opt.offset, 60);
        }
    }
}

/* The same for a tcpseg that no parser filled in. */
Test(option, cursor_over_a_false_segment)
{
    uint8_t *data = calloc(1, 60);
    unsigned have, words;

    cr_assert_not_null(data);
    memset(data, 0x1e, 60);
    for (have = 0; have <= 60; have++)
        for (words = 0; words < 256; words++) {
            tcpseg seg = {.header_captured = (uint8_t)have,
                          .data_offset = (uint8_t)words};
            tcpseg_option opt;
            uint32_t cursor = 0;
            unsigned steps = 0;

            while (tcpseg_option_next(&seg, data, &cursor, &opt) == 1)
                cr_assert_leq(++steps, 40);
        }
    free(data);
}

/* ------------------------------------------------------------------------
 * Rules that all decoders follow
 * --------------------------------------------------------------------- */

typedef int decoder(const tcpseg_option *, const void *, void *, size_t);

/* One function type for all, so that a table can hold them. */
#define WRAP(name, type)                                                       \
    static int any_##name(const tcpseg_option *opt, const void *data,          \
                          void *out, size_t size)                              \
    {                                                                          \
        return tcpseg_option_##name(opt, data, (type *)out, size);             \
    }

WRAP(fastopen, tcpseg_fastopen)
WRAP(auth, tcpseg_auth)
WRAP(user_timeout, tcpseg_user_timeout)
WRAP(quick_start, tcpseg_quick_start)
WRAP(scps, tcpseg_scps)
WRAP(eno, tcpseg_eno)
WRAP(accecn, tcpseg_accecn)
WRAP(mptcp, tcpseg_mptcp)
WRAP(experiment, tcpseg_experiment)

static const struct {
    decoder *decode;
    int size;
    const char *option;
    uint8_t kind[4];
} decoders[] = {
    {any_fastopen, 24, "220601020304", {34, 253, 254}},
    {any_auth, 48, "1d0801020a0b0c0d", {19, 29}},
    {any_user_timeout, 8, "1c04803c", {28}},
    {any_quick_start, 16, "1b08017b12345679", {27}},
    {any_scps, 8, "1404a855", {20, 21}},
    {any_eno, 160, "45050121a2", {69, 253, 254}},
    {any_accecn, 16, "ac0b010203040506070809", {172, 174, 253, 254}},
    {any_mptcp, 128, "1e0c6000 0102030405060708", {30}},
    {any_experiment, 16, "fd0500ac21", {253, 254}},
};

enum { N_DECODERS = sizeof decoders / sizeof *decoders };

/* An older caller's structure is shorter, a newer one's longer. */
Test(option, structures_of_other_sizes)
{
    unsigned i;

    for (i = 0; i < N_DECODERS; i++) {
        sample s = one(SYN, decoders[i].option);
        size_t size = (size_t)decoders[i].size, n, k;
        uint8_t all[256], part[256];

        memset(all, 0xee, sizeof all);
        cr_assert_eq(decoders[i].decode(&s.option[0], s.data, all, size),
                     decoders[i].size, "decoder %u", i);
        for (n = 0; n <= size + 20; n++) {
            memset(part, 0xee, sizeof part);
            cr_assert_eq(decoders[i].decode(&s.option[0], s.data, part, n),
                         decoders[i].size);
            for (k = 0; k < sizeof part; k++)
                cr_assert_eq(part[k],
                             k >= n     ? 0xee
                             : k < size ? all[k]
                                        : 0,
                             "decoder %u, size %zu, byte %zu", i, n, k);
        }
    }
}

Test(option, decoders_refuse_null)
{
    unsigned i;
    uint32_t value;
    tcpseg_sack block;

    for (i = 0; i < N_DECODERS; i++) {
        sample s = one(SYN, decoders[i].option);
        uint8_t out[256];

        cr_assert_eq(decoders[i].decode(NULL, s.data, out, sizeof out),
                     TCPSEG_ERR_ARG);
        cr_assert_eq(decoders[i].decode(&s.option[0], NULL, out, sizeof out),
                     TCPSEG_ERR_ARG);
        cr_assert_eq(decoders[i].decode(&s.option[0], s.data, NULL, 256),
                     TCPSEG_ERR_ARG);
    }
    sample mss = one(SYN, "020405b4"), ts = one(SYN, "080a0000000100000000");
    sample sack = one(ACK, "050a0000000100000002");

    cr_assert_eq(tcpseg_option_number(NULL, mss.data, &value), TCPSEG_ERR_ARG);
    cr_assert_eq(tcpseg_option_number(mss.option, NULL, &value),
                 TCPSEG_ERR_ARG);
    cr_assert_eq(tcpseg_option_number(mss.option, mss.data, NULL),
                 TCPSEG_ERR_ARG);
    cr_assert_eq(tcpseg_option_timestamps(NULL, ts.data, &value, &value),
                 TCPSEG_ERR_ARG);
    cr_assert_eq(tcpseg_option_timestamps(ts.option, NULL, &value, &value),
                 TCPSEG_ERR_ARG);
    cr_assert_eq(tcpseg_option_timestamps(ts.option, ts.data, NULL, &value),
                 TCPSEG_ERR_ARG);
    cr_assert_eq(tcpseg_option_timestamps(ts.option, ts.data, &value, NULL),
                 TCPSEG_ERR_ARG);
    cr_assert_eq(tcpseg_option_sack(NULL, sack.data, &block, 1),
                 TCPSEG_ERR_ARG);
    cr_assert_eq(tcpseg_option_sack(sack.option, NULL, &block, 1),
                 TCPSEG_ERR_ARG);
    cr_assert_eq(tcpseg_option_sack(sack.option, sack.data, NULL, 1),
                 TCPSEG_ERR_ARG);
}

/* The capture ends inside the option: its form fits, its bytes are not there.
 * In a block of the exact size. */
Test(option, decoders_refuse_what_is_cut)
{
    unsigned i, cut;

    for (i = 0; i < N_DECODERS; i++) {
        sample s = one(SYN, decoders[i].option);
        unsigned end = 20u + s.option[0].len;

        for (cut = 22; cut < end; cut++) {
            uint8_t *block = malloc(cut), out[256];
            tcpseg_option opt;
            tcpseg seg;
            uint32_t cursor = 0;

            cr_assert_not_null(block);
            memcpy(block, s.data, cut);
            memset(out, 0xee, sizeof out);
            tcpseg_parse(&seg, block, cut, s.length);
            cr_assert_eq(tcpseg_option_next(&seg, block, &cursor, &opt), 1);
            cr_assert_eq(opt.status, TCPSEG_OPTION_CUT);
            cr_assert_eq(decoders[i].decode(&opt, block, out, sizeof out),
                         TCPSEG_ERR_ARG, "decoder %u cut at %u", i, cut);
            cr_assert(out[0] == 0xee && out[255] == 0xee);
            free(block);
        }
    }
}

Test(option, numbers_refuse_what_is_cut)
{
    sample mss = one(SYN, "020405b4"), ts = one(SYN, "080a0000000100000002");
    sample sack = one(ACK, "050a0000000100000002");
    uint32_t a, b;
    tcpseg_sack block;

    look(&mss, 23, mss.length);
    look(&ts, 29, ts.length);
    look(&sack, 29, sack.length);
    cr_assert_eq(tcpseg_option_number(mss.option, mss.data, &a),
                 TCPSEG_ERR_ARG);
    cr_assert_eq(tcpseg_option_timestamps(ts.option, ts.data, &a, &b),
                 TCPSEG_ERR_ARG);
    cr_assert_eq(tcpseg_option_sack(sack.option, sack.data, &block, 1),
                 TCPSEG_ERR_ARG);
}

/* Every decoder on every kind and length: it takes its own, if well formed, and
 * writes nothing otherwise. */
Test(option, decoders_refuse_other_kinds)
{
    unsigned i, j, kind, len;

    for (kind = 0; kind < 256; kind++)
        for (len = 2; len <= 40; len++) {
            sample s = of_len(kind, len);

            for (i = 0; i < N_DECODERS; i++) {
                bool takes = false;
                uint8_t out[256];

                for (j = 0; j < 4; j++)
                    takes |= kind && decoders[i].kind[j] == kind;
                takes &= s.option[0].status == TCPSEG_OPTION_OK ||
                         (decoders[i].decode == any_experiment &&
                          s.option[0].status == TCPSEG_OPTION_RAW);
                /* The identifier is 0: nobody's. */
                if (kind >= 253 && decoders[i].decode != any_experiment)
                    takes = false;
                memset(out, 0xee, sizeof out);
                cr_assert_eq(decoders[i].decode(&s.option[0], s.data, out, 256),
                             takes ? decoders[i].size : TCPSEG_ERR_ARG,
                             "decoder %u, kind %u, length %u", i, kind, len);
                cr_assert(takes || (out[0] == 0xee && out[255] == 0xee));
            }
        }
}

/* An option that the cursor did not give: whatever it claims, nothing
 * outside a header is read, and where the bytes are no option of that kind
 * it is refused. */
Test(option, decoders_on_forged_options)
{
    uint8_t *header = malloc(60), out[256];
    uint64_t rng = 5;
    unsigned n, i, taken = 0;

    cr_assert_not_null(header);
    for (n = 0; n < 300000; n++) {
        tcpseg_option opt = {.kind = (uint8_t)areas_random(&rng),
                             .len = (uint8_t)areas_below(&rng, 48),
                             .offset = (uint8_t)areas_below(&rng, 64),
                             .status = (uint8_t)areas_below(&rng, 2)};
        tcpseg_sack blocks[4];
        uint32_t a, b;

        for (i = 0; i < 60; i++)
            header[i] = (uint8_t)areas_random(&rng);
        if (n % 2)
            opt.kind = decoders[areas_below(&rng, N_DECODERS)].kind[0];
        if (n % 4 && opt.offset < 60)
            header[opt.offset] = opt.kind;
        for (i = 0; i < N_DECODERS; i++)
            taken += decoders[i].decode(&opt, header, out, sizeof out) > 0;
        tcpseg_option_number(&opt, header, &a);
        tcpseg_option_timestamps(&opt, header, &a, &b);
        tcpseg_option_sack(&opt, header, blocks, 4);
    }
    cr_assert_gt(taken, 1000);
    free(header);
}

/* What it claims to be must be what stands there. */
Test(option, decoders_refuse_what_is_forged)
{
    unsigned i;

    for (i = 0; i < N_DECODERS; i++) {
        sample s = one(SYN, decoders[i].option);
        tcpseg_option opt = s.option[0];
        uint8_t out[256];

        opt.offset--; /* another kind stands there, or none */
        cr_assert_eq(decoders[i].decode(&opt, s.data, out, sizeof out),
                     TCPSEG_ERR_ARG, "decoder %u", i);
        opt = s.option[0];
        opt.kind = 8;
        cr_assert_eq(decoders[i].decode(&opt, s.data, out, sizeof out),
                     TCPSEG_ERR_ARG);
        opt = s.option[0];
        opt.len = 1;
        cr_assert_eq(decoders[i].decode(&opt, s.data, out, sizeof out),
                     TCPSEG_ERR_ARG);
        opt.len = 41;
        cr_assert_eq(decoders[i].decode(&opt, s.data, out, sizeof out),
                     TCPSEG_ERR_ARG);
    }
    sample mss = one(SYN, "020405b4"), bad = one(SYN, "fd0300");
    sample tarr = one(SYN, "fd0600ac0102");
    tcpseg_experiment experiment;
    uint32_t value;

    mss.option[0].len = 3;
    cr_assert_eq(tcpseg_option_number(mss.option, mss.data, &value),
                 TCPSEG_ERR_ARG);
    bad.option[0].status = tarr.option[0].status = TCPSEG_OPTION_OK;
    cr_assert_eq(tcpseg_option_experiment(bad.option, bad.data, &experiment,
                                          sizeof experiment),
                 TCPSEG_ERR_ARG);
    cr_assert_eq(tcpseg_option_experiment(tarr.option, tarr.data, &experiment,
                                          sizeof experiment),
                 TCPSEG_ERR_ARG);
}

Test(option, timestamps_and_sack_refuse_other_kinds)
{
    unsigned kind, len;

    for (kind = 0; kind < 256; kind++)
        for (len = 2; len <= 40; len++) {
            sample s = of_len(kind, len);
            bool good = s.option[0].status == TCPSEG_OPTION_OK;
            uint32_t a = 0x77, b = 0x77;
            tcpseg_sack blocks[4];

            cr_assert_eq(tcpseg_option_timestamps(&s.option[0], s.data, &a, &b),
                         good && kind == 8 ? TCPSEG_OK : TCPSEG_ERR_ARG);
            cr_assert_eq(a, good && kind == 8 ? 0 : 0x77);
            cr_assert_eq(tcpseg_option_sack(&s.option[0], s.data, blocks, 4),
                         good && kind == 5 ? (int)(len - 2) / 8
                                           : TCPSEG_ERR_ARG);
        }
}

/* ------------------------------------------------------------------------
 * Writing options
 * --------------------------------------------------------------------- */

Test(option, put_one_by_one)
{
    static const uint8_t want[] = {2, 4, 0x05, 0xb4, 1, 3, 3, 7, 4, 2, 0};
    uint8_t area[40];
    int used = 0;

    memset(area, 0xee, sizeof area);
    used = tcpseg_option_put(area, 40, (size_t)used, 2, want + 2, 2);
    cr_assert_eq(used, 4);
    used = tcpseg_option_put(area, 40, (size_t)used, 1, NULL, 0);
    cr_assert_eq(used, 5);
    used = tcpseg_option_put(area, 40, (size_t)used, 3, want + 7, 1);
    cr_assert_eq(used, 8);
    used = tcpseg_option_put(area, 40, (size_t)used, 4, NULL, 0);
    cr_assert_eq(used, 10);
    used = tcpseg_option_put(area, 40, (size_t)used, 0, NULL, 0);
    cr_assert_eq(used, 11);
    cr_assert_arr_eq(area, want, 11);
    cr_assert_eq(area[11], 0xee);
}

/* Every fill and every size: it fits to the last byte and not beyond. */
Test(option, put_at_the_limit)
{
    static const uint8_t data[300];
    uint8_t area[300], before[300];
    size_t size, used, len;

    memset(before, 0xee, sizeof before);
    for (size = 0; size <= 50; size++)
        for (used = 0; used <= 52; used++)
            for (len = 0; len <= 45; len++) {
                size_t room = size < 40 ? size : 40;
                bool fits = used + 2 + len <= room;
                int got;

                memset(area, 0xee, sizeof area);
                got = tcpseg_option_put(area, size, used, 99, data, len);
                cr_assert_eq(got,
                             fits ? (int)(used + 2 + len) : TCPSEG_ERR_FULL);
                if (!fits)
                    cr_assert_arr_eq(area, before, sizeof area);
                got = tcpseg_option_put(area, size, used, 1, NULL, 0);
                cr_assert_eq(got, used + 1 <= room ? (int)(used + 1)
                                                   : TCPSEG_ERR_FULL);
            }
    cr_assert_eq(tcpseg_option_put(area, 300, 0, 99, data, 38), 40);
    cr_assert_eq(tcpseg_option_put(area, 300, 0, 99, data, 254),
                 TCPSEG_ERR_FULL);
    cr_assert_eq(tcpseg_option_put(area, 300, 0, 99, data, SIZE_MAX),
                 TCPSEG_ERR_FULL);
    cr_assert_eq(tcpseg_option_put(area, 300, 0, 99, data, SIZE_MAX - 1),
                 TCPSEG_ERR_FULL);
    cr_assert_eq(tcpseg_option_put(area, 300, SIZE_MAX, 99, data, 1),
                 TCPSEG_ERR_FULL);
    cr_assert_eq(tcpseg_option_put(area, 300, SIZE_MAX - 1, 1, NULL, 0),
                 TCPSEG_ERR_FULL);
}

Test(option, put_misuse)
{
    uint8_t area[40], data[2] = {1, 2};

    memset(area, 0xee, sizeof area);
    cr_assert_eq(tcpseg_option_put(NULL, 40, 0, 1, NULL, 0), TCPSEG_ERR_ARG);
    cr_assert_eq(tcpseg_option_put(area, 40, 0, 2, NULL, 2), TCPSEG_ERR_ARG);
    cr_assert_eq(tcpseg_option_put(area, 40, 0, 0, data, 1), TCPSEG_ERR_ARG);
    cr_assert_eq(tcpseg_option_put(area, 40, 0, 1, data, 1), TCPSEG_ERR_ARG);
    cr_assert_eq(tcpseg_option_put(area, 40, 0, 256, data, 1), TCPSEG_ERR_ARG);
    cr_assert_eq(area[0], 0xee);
    cr_assert_eq(tcpseg_option_put(area, 40, 0, 2, data, 2), 4);
    cr_assert_eq(tcpseg_option_put(area, 40, 0, 1, data, 0), 1);
}
