/* The registry: each kind's legal lengths, the experiments, the names. */
#include "sample.h"

/* ------------------------------------------------------------------------
 * Legal lengths
 * --------------------------------------------------------------------- */

static void only_lengths(unsigned kind, uint64_t legal, const char *what)
{
    unsigned len;

    for (len = 2; len <= 40; len++) {
        sample s = of_len(kind, len);
        bool good = legal >> len & 1;

        cr_assert_eq(s.option[0].status,
                     good ? TCPSEG_OPTION_OK : TCPSEG_OPTION_BAD_LEN,
                     "%s of length %u", what, len);
        cr_assert_eq(!!(s.seg.defects & D(OPTION_BAD_LEN)), !good);
        cr_assert_eq(s.option[0].data_len, len - 2);
        cr_assert_eq(s.seg.error_offset, good ? 0 : 21);
        cr_assert_eq(s.seg.error_kind, good ? 0 : kind);
        cr_assert_eq(s.seg.error_len, good ? 0 : len);
    }
}

#define L(n) (UINT64_C(1) << (n))

Test(option_kinds, lengths_of_fixed_kinds)
{
    only_lengths(2, L(4), "MSS");
    only_lengths(3, L(3), "window scale");
    only_lengths(4, L(2), "SACK permitted");
    only_lengths(5, L(10) | L(18) | L(26) | L(34), "SACK");
    only_lengths(6, L(6), "echo");
    only_lengths(7, L(6), "echo reply");
    only_lengths(8, L(10), "timestamps");
    only_lengths(9, L(2), "POC permitted");
    only_lengths(10, L(3), "POC profile");
    only_lengths(11, L(6), "CC");
    only_lengths(12, L(6), "CC.NEW");
    only_lengths(13, L(6), "CC.ECHO");
    only_lengths(14, L(3), "alternate checksum request");
    only_lengths(18, L(3), "trailer checksum");
    only_lengths(19, L(18), "MD5");
    only_lengths(20, L(4), "SCPS");
    only_lengths(21, L(6), "SNACK");
    only_lengths(22, L(2), "record boundaries");
    only_lengths(23, L(2), "corruption");
    only_lengths(27, L(8), "quick-start");
    only_lengths(28, L(4), "user timeout");
}

Test(option_kinds, lengths_of_open_kinds)
{
    const uint64_t any = (L(41) - 1) & ~UINT64_C(3);

    only_lengths(15, any, "alternate checksum data");
    only_lengths(16, any, "skeeter");
    only_lengths(17, any, "bubba");
    only_lengths(24, any, "SNAP");
    only_lengths(26, any, "compression filter");
    only_lengths(29, any & ~L(2) & ~L(3), "AO");
    only_lengths(69, any, "ENO");
    only_lengths(172, any, "AccECN0");
    only_lengths(174, any, "AccECN1");
    only_lengths(34, L(2) | L(6) | L(8) | L(10) | L(12) | L(14) | L(16) | L(18),
                 "Fast Open");
}

/* RFC 9768 section 3.2.3: an odd length is read as far as whole counters go. */
Test(option_kinds, accecn_of_odd_lengths)
{
    unsigned len;

    for (len = 2; len <= 40; len++) {
        sample s = of_len(172, len);
        bool exact = len == 2 || len == 5 || len == 8 || len == 11;

        cr_assert_eq(!!(s.seg.defects & D(ACCECN_PARTIAL)), !exact);
        cr_assert_eq(s.seg.present & TCPSEG_HAS_ACCECN, TCPSEG_HAS_ACCECN);
    }
}

/* Every kind that nothing says a length of. */
Test(option_kinds, kinds_nobody_registered)
{
    unsigned kind;

    for (kind = 0; kind < 256; kind++) {
        bool bad = (kind >= 31 && kind <= 33) || kind == 70 ||
                   (kind >= 76 && kind <= 79);
        bool raw = bad || kind == 25 || (kind >= 35 && kind <= 68) ||
                   (kind >= 71 && kind <= 171) || kind == 173 ||
                   (kind >= 175 && kind <= 252) || kind == 255;
        sample s;

        if (!raw)
            continue;
        s = of_len(kind, 7);
        cr_assert_eq(s.option[0].status, TCPSEG_OPTION_RAW, "kind %u", kind);
        cr_assert_eq(s.option[0].data_len, 5);
        HAS_DEFECTS(s, D(MSS_MISSING) |
                           (bad ? D(OPTION_UNAUTHORISED) : D(OPTION_UNKNOWN)));
        cr_assert_eq(s.seg.present, 0);
    }
}

Test(option_kinds, obsolete_kinds)
{
    static const uint8_t len[16] = {
        [6] = 6,  [7] = 6,  [9] = 2,  [10] = 3, [11] = 6,
        [12] = 6, [13] = 6, [14] = 3, [15] = 5};
    unsigned kind;

    for (kind = 2; kind < 30; kind++) {
        if (kind < 16 && len[kind])
            HAS_DEFECTS(of_len(kind, len[kind]),
                        D(MSS_MISSING) | D(OPTION_OBSOLETE));
    }
    HAS_DEFECTS(of_len(16, 2), D(MSS_MISSING));
    HAS_DEFECTS(of_len(18, 3), D(MSS_MISSING));
}

/* ------------------------------------------------------------------------
 * Experiments
 * --------------------------------------------------------------------- */

/* Identifier, its legal lengths, and its name's first letters. */
static const struct {
    unsigned exid;
    uint64_t lengths;
} exids[] = {
    {0x00ac, L(4) | L(5)},
    {0x0348, (L(41) - 1) & ~UINT64_C(15)},
    {0x0a0d, (L(41) - 1) & ~UINT64_C(15)},
    {0x0ca0, (L(41) - 1) & ~UINT64_C(15)},
    {0x0ed0, (L(41) - 1) & ~UINT64_C(15)},
    {0x454e, (L(41) - 1) & ~UINT64_C(15)},
    {0x5323, (L(41) - 1) & ~UINT64_C(15)},
    {0x75ec, (L(41) - 1) & ~UINT64_C(15)},
    {0xacc0, (L(41) - 1) & ~UINT64_C(15)},
    {0xacc1, (L(41) - 1) & ~UINT64_C(15)},
    {0xacce, (L(41) - 1) & ~UINT64_C(15)},
    {0xf989, L(4) | L(8) | L(10) | L(12) | L(14) | L(16) | L(18) | L(20)},
    {0xf990, (L(41) - 1) & ~UINT64_C(15)},
};

static sample experiment(unsigned kind, unsigned len, uint32_t exid)
{
    char text[81];
    unsigned i;

    snprintf(text, sizeof text, "%02x%02x%08x", kind, len, exid);
    for (i = 6; i < len; i++)
        snprintf(text + 2 * i, 3, "00");
    text[2 * len] = '\0';
    return one(SYN, text);
}

Test(option_kinds, lengths_of_experiments)
{
    unsigned i, len, kind;

    for (kind = 253; kind <= 254; kind++)
        for (i = 0; i < sizeof exids / sizeof *exids; i++)
            for (len = 4; len <= 40; len++) {
                sample s = experiment(kind, len, exids[i].exid << 16);
                bool good = exids[i].lengths >> len & 1;

                cr_assert_eq(s.option[0].status,
                             good ? TCPSEG_OPTION_OK : TCPSEG_OPTION_BAD_LEN,
                             "ExID %04x of length %u", exids[i].exid, len);
                cr_assert_eq(s.option[0].exid, exids[i].exid);
                cr_assert_eq(s.option[0].data_len, len - 4);
                cr_assert(s.seg.defects & D(OPTION_EXPERIMENT));
            }
}

Test(option_kinds, experiments_with_32_bits)
{
    sample s = experiment(254, 8, 0xe2d4c3d9);

    IS_OPTION(s, 0, 254, 8, 20, OK);
    cr_assert_eq(s.option[0].exid, 0xe2d4);
    cr_assert_eq(s.option[0].data_len, 2);
    s = experiment(254, 6, 0xe2d4c3c4);
    IS_OPTION(s, 0, 254, 6, 20, OK);
    cr_assert_eq(s.option[0].data_len, 0);
    HAS_DEFECTS(s, D(MSS_MISSING) | D(OPTION_EXPERIMENT));
    s = experiment(254, 5, 0xe2d4c3d9);
    IS_OPTION(s, 0, 254, 5, 20, RAW);
    HAS_DEFECTS(s, D(MSS_MISSING) | D(OPTION_EXPERIMENT) | D(OPTION_UNKNOWN));
    cr_assert_eq(s.option[0].data_len, 1);
    s = experiment(254, 6, 0xe2d4c3da);
    IS_OPTION(s, 0, 254, 6, 20, RAW);
    cr_assert_eq(s.option[0].data_len, 2);
    cr_assert(s.seg.defects & D(OPTION_UNKNOWN));
}

Test(option_kinds, experiments_nobody_registered)
{
    unsigned exid, i, known = 0;

    for (exid = 0; exid < 0x10000; exid++) {
        sample s = experiment(253, 6, exid << 16);
        bool registered = false;

        for (i = 0; i < sizeof exids / sizeof *exids; i++)
            registered |= exids[i].exid == exid;
        known += registered;
        if (registered) {
            cr_assert(!(s.seg.defects & D(OPTION_UNKNOWN)), "%04x", exid);
            continue;
        }
        cr_assert_eq(s.option[0].status, TCPSEG_OPTION_RAW, "%04x", exid);
        cr_assert(s.seg.defects & D(OPTION_UNKNOWN));
    }
    cr_assert_eq(known, 13);
}

Test(option_kinds, extended_data_offset_is_told)
{
    sample s = experiment(253, 8, 0x0ed00006);

    HAS_DEFECTS(s, D(MSS_MISSING) | D(OPTION_EXPERIMENT) | D(EXTENDED_OFFSET));
    cr_assert_eq(s.seg.data_offset, 7); /* told, not followed */
}

/* ------------------------------------------------------------------------
 * Names
 * --------------------------------------------------------------------- */

Test(option_kinds, kind_names)
{
    unsigned kind, other, unassigned = 0;

    for (kind = 0; kind < 256; kind++) {
        cr_assert_not_null(tcpseg_option_name(kind));
        cr_assert_not_null(tcpseg_option_rfc(kind));
        cr_assert_neq(tcpseg_option_name(kind)[0], '\0');
        cr_assert_neq(tcpseg_option_rfc(kind)[0], '\0');
        if (strcmp(tcpseg_option_name(kind), "unassigned") == 0)
            unassigned++;
    }
    for (kind = 0; kind < 31; kind++)
        for (other = 0; other < kind; other++)
            cr_assert_str_neq(tcpseg_option_name(kind),
                              tcpseg_option_name(other));
    cr_assert_str_eq(tcpseg_option_name(25), "unassigned");
    cr_assert_str_eq(tcpseg_option_name(99), "unassigned");
    cr_assert_str_neq(tcpseg_option_name(172), tcpseg_option_name(174));
    cr_assert_str_eq(tcpseg_option_rfc(8), "RFC 7323");
    cr_assert_str_eq(tcpseg_option_rfc(99), "-");
    cr_assert_gt(unassigned, 200);
    cr_assert_null(tcpseg_option_name(256));
    cr_assert_null(tcpseg_option_rfc(256));
    cr_assert_null(tcpseg_option_name(0xffffffffu));
    cr_assert_null(tcpseg_option_rfc(0xffffffffu));
}

/* The document of every registered kind, in the registry's order. */
Test(option_kinds, documents)
{
    static const struct {
        unsigned kind;
        const char *rfc;
    } want[] = {{0, "RFC 9293"},
                {1, "RFC 9293"},
                {2, "RFC 9293"},
                {3, "RFC 7323"},
                {4, "RFC 2018"},
                {5, "RFC 2018"},
                {6, "RFC 1072"},
                {7, "RFC 1072"},
                {8, "RFC 7323"},
                {9, "RFC 1693"},
                {10, "RFC 1693"},
                {11, "RFC 1644"},
                {12, "RFC 1644"},
                {13, "RFC 1644"},
                {14, "RFC 1146"},
                {15, "RFC 1146"},
                {16, "-"},
                {17, "-"},
                {18, "-"},
                {19, "RFC 2385"},
                {20, "CCSDS 714.0-B-2"},
                {21, "CCSDS 714.0-B-2"},
                {22, "CCSDS 714.0-B-2"},
                {23, "CCSDS 714.0-B-2"},
                {24, "-"},
                {25, "-"},
                {26, "-"},
                {27, "RFC 4782"},
                {28, "RFC 5482"},
                {29, "RFC 5925"},
                {30, "RFC 8684"},
                {34, "RFC 7413"},
                {69, "RFC 8547"},
                {172, "RFC 9768"},
                {174, "RFC 9768"},
                {253, "RFC 6994"},
                {254, "RFC 6994"}};
    unsigned i;

    for (i = 0; i < sizeof want / sizeof *want; i++)
        cr_assert_str_eq(tcpseg_option_rfc(want[i].kind), want[i].rfc,
                         "kind %u", want[i].kind);
}

Test(option_kinds, status_names)
{
    int i, j;

    for (i = 0; i <= TCPSEG_OPTION_LEN_BEYOND; i++) {
        cr_assert_not_null(tcpseg_option_status_name(i));
        for (j = 0; j < i; j++)
            cr_assert_str_neq(tcpseg_option_status_name(i),
                              tcpseg_option_status_name(j));
    }
    cr_assert_str_eq(tcpseg_option_status_name(0), "ok");
    for (; i < 1000; i++)
        cr_assert_null(tcpseg_option_status_name(i));
    cr_assert_null(tcpseg_option_status_name(-1));
    cr_assert_null(tcpseg_option_status_name(-2147483647 - 1));
}

Test(option_kinds, experiment_names)
{
    unsigned i, j, exid, named = 0;

    for (i = 0; i < sizeof exids / sizeof *exids; i++) {
        cr_assert_not_null(tcpseg_exid_name(exids[i].exid));
        for (j = 0; j < i; j++)
            cr_assert_str_neq(tcpseg_exid_name(exids[i].exid),
                              tcpseg_exid_name(exids[j].exid));
    }
    for (exid = 0; exid < 0x10000; exid++)
        named += tcpseg_exid_name(exid) != NULL;
    cr_assert_eq(named, 13);
    cr_assert_not_null(tcpseg_exid_name(TCPSEG_EXID_SMC_R));
    cr_assert_not_null(tcpseg_exid_name(TCPSEG_EXID_SMC_D));
    cr_assert_null(tcpseg_exid_name(0xe2d4c3da));
    cr_assert_null(tcpseg_exid_name(0x000100ac));
}
