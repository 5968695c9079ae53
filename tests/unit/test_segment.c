/* The fixed header, what a cut capture leaves of it, and the defects that need
 * no option. */
#include "sample.h"

#include "agree.h"

/* Every field different, every flag and reserved bit set but RST and NS. */
static const uint8_t header[20] = {0x12, 0x34, 0x56, 0x78, 0x9a, 0xbc, 0xde,
                                   0xf0, 0x0f, 0xed, 0xcb, 0xa9, 0x5a, 0xfb,
                                   0x87, 0x65, 0x43, 0x21, 0x13, 0x57};

static sample with_header(size_t captured, size_t length)
{
    sample s = {.count = 0};

    memcpy(s.data, header, sizeof header);
    look(&s, captured, length);
    return s;
}

Test(segment, fields)
{
    sample s = with_header(25, 30);

    cr_assert_eq(s.error, TCPSEG_OK);
    cr_assert_eq(s.seg.src_port, 0x1234);
    cr_assert_eq(s.seg.dst_port, 0x5678);
    cr_assert_eq(s.seg.seq, 0x9abcdef0);
    cr_assert_eq(s.seg.ack, 0x0fedcba9);
    cr_assert_eq(s.seg.data_offset, 5);
    cr_assert_eq(s.seg.flags, 0xafb);
    cr_assert_eq(s.seg.wnd, 0x8765);
    cr_assert_eq(s.seg.checksum, 0x4321);
    cr_assert_eq(s.seg.up, 0x1357);
    cr_assert_eq(s.seg.header_captured, 20);
    cr_assert_eq(s.seg.options_walked, 0);
    cr_assert_eq(s.seg.payload_len, 10);
    cr_assert_eq(s.seg.payload_captured, 5);
    cr_assert_eq(s.seg.present, 0);
    cr_assert_eq(s.seg.error, 0);
    cr_assert_eq(s.seg.error_offset, 0);
    cr_assert_eq(s.seg.checksum_status, TCPSEG_CHECKSUM_UNKNOWN);
    cr_assert_eq(s.seg.ip_ecn + s.seg.ip_ttl + s.seg.ip_id, 0);
}

/* The whole value is overwritten, also what this version reserves. */
Test(segment, overwrites_all)
{
    tcpseg a, b;

    memset(&a, 0x00, sizeof a);
    memset(&b, 0xff, sizeof b);
    tcpseg_parse(&a, header, 20, 20);
    tcpseg_parse(&b, header, 20, 20);
    cr_assert_arr_eq(&a, &b, sizeof a);
    cr_assert_eq(b.reserved[0] | b.reserved[1] | b.reserved[2], 0);
    cr_assert_eq(b.reserved0 | b.mptcp_subtype, 0);
}

Test(segment, each_flag_by_itself)
{
    static const struct {
        unsigned flag, byte, bit;
    } flags[] = {
        {TCPSEG_FIN, 13, 0x01}, {TCPSEG_SYN, 13, 0x02}, {TCPSEG_RST, 13, 0x04},
        {TCPSEG_PSH, 13, 0x08}, {TCPSEG_ACK, 13, 0x10}, {TCPSEG_URG, 13, 0x20},
        {TCPSEG_ECE, 13, 0x40}, {TCPSEG_CWR, 13, 0x80}, {TCPSEG_AE, 12, 0x01},
        {0x200, 12, 0x02},      {0x400, 12, 0x04},      {0x800, 12, 0x08}};
    unsigned i;

    for (i = 0; i < 12; i++) {
        sample s = parse(0, "");

        s.data[flags[i].byte] |= (uint8_t)flags[i].bit;
        look(&s, 20, 20);
        cr_assert_eq(s.seg.flags, flags[i].flag);
        cr_assert_eq(s.seg.data_offset, 5);
    }
    cr_assert_eq(TCPSEG_NS, TCPSEG_AE);
    cr_assert_eq(TCPSEG_RESERVED, 0xe00);
}

Test(segment, defects_of_flags)
{
    enum { F = TCPSEG_FIN, S = TCPSEG_SYN, R = TCPSEG_RST, P = TCPSEG_PSH };
    enum { A = TCPSEG_ACK, U = TCPSEG_URG };
    static const struct {
        unsigned flags;
        uint64_t defects;
    } cases[] = {
        {0, D(FLAGS_NULL) | D(NO_SYN_ACK_RST)},
        {TCPSEG_ECE | TCPSEG_CWR, D(FLAGS_NULL) | D(NO_SYN_ACK_RST)},
        {F, D(FIN_NO_ACK) | D(NO_SYN_ACK_RST)},
        {S, D(MSS_MISSING)},
        {R, 0},
        {P, D(NO_SYN_ACK_RST)},
        {A, 0},
        {F | A, 0},
        {S | A, D(MSS_MISSING)},
        {R | A, 0},
        {S | F, D(SYN_FIN) | D(FIN_NO_ACK) | D(MSS_MISSING)},
        {S | F | A, D(SYN_FIN) | D(MSS_MISSING)},
        {S | R, D(SYN_RST) | D(MSS_MISSING)},
        {R | F, D(RST_FIN) | D(FIN_NO_ACK)},
        {R | F | A, D(RST_FIN)},
        {F | P | U,
         D(FLAGS_XMAS) | D(FIN_NO_ACK) | D(NO_SYN_ACK_RST) | D(URGENT_ZERO)},
        {F | P | U | A, D(FLAGS_XMAS) | D(URGENT_ZERO)},
        {S | R | F,
         D(SYN_RST) | D(SYN_FIN) | D(RST_FIN) | D(FIN_NO_ACK) | D(MSS_MISSING)},
        {U | A, D(URGENT_ZERO)},
    };
    unsigned i;

    for (i = 0; i < sizeof cases / sizeof *cases; i++) {
        sample s = parse(cases[i].flags, "");

        HAS_DEFECTS(s, cases[i].defects);
    }
}

/* RFC 3168 and RFC 9768: AE, CWR and ECE of a SYN, and of its answer. */
Test(segment, ecn_of_the_handshake)
{
    static const bool syn_odd[8] = {0, 1, 1, 0, 1, 1, 1, 0};
    static const bool answer_odd[8] = {0, 0, 0, 0, 0, 1, 0, 1};
    unsigned bits;

    for (bits = 0; bits < 8; bits++) {
        HAS_DEFECTS(parse(SYN | bits << 6, "020405b4"),
                    syn_odd[bits] ? D(ECN_SYN) : 0);
        HAS_DEFECTS(parse(SYN | ACK | bits << 6, "020405b4"),
                    answer_odd[bits] ? D(ECN_SYN) : 0);
        HAS_DEFECTS(parse(ACK | bits << 6, ""), 0);
    }
}

Test(segment, ack_number_without_ack)
{
    sample s = parse(TCPSEG_RST, "");

    HAS_DEFECTS(s, 0);
    s.data[11] = 1;
    look(&s, 20, 20);
    HAS_DEFECTS(s, D(ACK_NUMBER_NO_ACK));
    s.data[13] |= ACK;
    look(&s, 20, 20);
    HAS_DEFECTS(s, 0);
}

Test(segment, port_zero)
{
    sample s = parse(ACK, "");

    memset(s.data, 0, 2);
    look(&s, 20, 20);
    HAS_DEFECTS(s, D(PORT_ZERO));
    s.data[1] = 1;
    memset(s.data + 2, 0, 2);
    look(&s, 20, 20);
    HAS_DEFECTS(s, D(PORT_ZERO));
    /* A port that was not captured is not known to be 0. */
    look(&s, 3, 20);
    HAS_DEFECTS(s, D(HEADER_CUT));
    look(&s, 4, 20);
    HAS_DEFECTS(s, D(HEADER_CUT) | D(PORT_ZERO));
    s.data[1] = 0;
    look(&s, 1, 20);
    HAS_DEFECTS(s, D(HEADER_CUT));
    look(&s, 2, 20);
    HAS_DEFECTS(s, D(HEADER_CUT) | D(PORT_ZERO));
}

Test(segment, urgent_pointer_at_the_end_of_data)
{
    sample s = parse_with(ACK | TCPSEG_URG, "", 5);

    s.data[19] = 5;
    look(&s, 25, 25);
    HAS_DEFECTS(s, 0);
    s.data[19] = 6;
    look(&s, 25, 25);
    HAS_DEFECTS(s, D(URGENT_BEYOND));
    s.data[19] = 0;
    look(&s, 25, 25);
    HAS_DEFECTS(s, D(URGENT_ZERO));
    s.data[13] = ACK;
    s.data[18] = 1;
    look(&s, 25, 25);
    HAS_DEFECTS(s, D(URGENT_NO_URG));
}

Test(segment, data_in_a_syn)
{
    HAS_DEFECTS(parse_with(SYN, "020405b4", 1), D(SYN_DATA));
    HAS_DEFECTS(parse_with(SYN | ACK, "020405b4", 1), D(SYN_DATA));
    HAS_DEFECTS(parse_with(ACK, "", 1), 0);
    HAS_DEFECTS(parse_with(TCPSEG_RST, "", 1), 0);
}

Test(segment, mss_missing_only_where_all_options_were_seen)
{
    sample s = parse(SYN, "02030101");

    HAS_DEFECTS(s, D(MSS_MISSING) | D(OPTION_BAD_LEN));
    HAS_DEFECTS(parse(SYN, "01010102"), D(OPTION_NO_LEN));
    HAS_DEFECTS(parse(SYN, "02010000"), D(OPTION_LEN_LT_2));
    HAS_DEFECTS(parse(SYN, "02ff0000"), D(OPTION_LEN_BEYOND));
    s = parse(SYN, "01010100 00000000");
    HAS_DEFECTS(s, D(MSS_MISSING));
    look(&s, 27, 28);
    HAS_DEFECTS(s, D(HEADER_CUT));
}

Test(segment, echoed_timestamp_without_ack)
{
    HAS_DEFECTS(parse(SYN, "020405b4 0101 080a 00000001 00000002"),
                D(TSECR_NO_ACK));
    HAS_DEFECTS(parse(SYN, "020405b4 0101 080a 00000001 00000000"), 0);
    HAS_DEFECTS(parse(SYN | ACK, "020405b4 0101 080a 00000001 00000002"), 0);
}

/* RFC 2883 section 4, one case a line: acknowledgment number, first block,
 * second block. */
Test(segment, dsack)
{
    static const struct {
        const char *ack, *blocks;
        bool dsack;
    } cases[] = {
        {"00000100", "050a 00000050 00000060", true},  /* below the ACK */
        {"00000100", "050a 000000f0 00000100", true},  /* up to the ACK */
        {"00000100", "050a 000000f0 00000101", false}, /* past it */
        {"00000100", "050a 00000200 00000300", false},
        {"00000010", "050a fffffff0 00000000", true}, /* across 0 */
        {"80000000", "050a 00000000 00000001", true},
        {"80000002", "050a 00000000 00000001", false}, /* too far below */
        {"00000100", "0512 00000220 00000230 00000200 00000300", true},
        {"00000100", "0512 00000200 00000300 00000200 00000300", true},
        {"00000100", "0512 000001ff 00000300 00000200 00000300", false},
        {"00000100", "0512 00000200 00000301 00000200 00000300", false},
        {"00000100", "0512 00000400 00000500 00000200 00000300", false},
        /* Half the circle away, and longer than what should hold it. */
        {"00000000", "0512 fffffff9 0000000e 80000000 8000000c", false},
        {"ffffff00", "0512 fffffffa 00000002 fffffff0 00000010", true},
    };
    unsigned i;

    for (i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[81] = "0101";
        sample s = parse(ACK, strcat(text, cases[i].blocks));

        hex(s.data + 8, 4, cases[i].ack);
        look(&s, s.length, s.length);
        HAS_DEFECTS(s, 0);
        cr_assert_eq(!!(s.seg.present & TCPSEG_HAS_DSACK), cases[i].dsack,
                     "case %u", i);
        /* Without ACK there is no acknowledgment number to compare with. */
        s.data[13] = TCPSEG_RST;
        look(&s, s.length, s.length);
        cr_assert_eq(!!(s.seg.present & TCPSEG_HAS_DSACK),
                     cases[i].dsack && s.seg.sack_count == 2, "case %u", i);
    }
}

/* A second block whose edges are no block encloses nothing. */
Test(segment, dsack_inside_no_block)
{
    sample s = parse(ACK, "0101 0512 8b0b0c0d 8b0b0c1d 2b0b0c0d eb0b0c0d");

    HAS_DEFECTS(s, D(SACK_EDGES));
    cr_assert_eq(s.seg.present, TCPSEG_HAS_SACK);
    s = parse(ACK, "0101 0512 8b0b0c0d 8b0b0c1d 8a0b0c0d 8c0b0c0d");
    HAS_DEFECTS(s, 0);
    cr_assert_eq(s.seg.present, TCPSEG_HAS_SACK | TCPSEG_HAS_DSACK);
}

Test(segment, sequence_numbers_it_takes_up)
{
    sample s = parse_with(ACK, "", 7);

    cr_assert_eq(tcpseg_len(&s.seg), 7);
    s = parse_with(SYN, "020405b4", 7);
    cr_assert_eq(tcpseg_len(&s.seg), 8);
    s = parse_with(TCPSEG_FIN | ACK, "", 0);
    cr_assert_eq(tcpseg_len(&s.seg), 1);
    s = parse_with(TCPSEG_FIN | SYN, "", 3);
    cr_assert_eq(tcpseg_len(&s.seg), 5);
    cr_assert_eq(tcpseg_len(NULL), 0);
}

/* ------------------------------------------------------------------------
 * Captures that end early
 * --------------------------------------------------------------------- */

/* A SYN with every field and its usual options; 44 bytes and 4 of payload. */
static sample whole_syn(void)
{
    sample s = parse_with(SYN | ACK,
                          "020405b4 0402 080a 11223344 55667788 01 030307 01"
                          "01 0101",
                          4);

    hex(s.data + 14, 6, "876543211357");
    look(&s, s.length, s.length);
    cr_assert_eq(s.seg.data_offset, 11);
    return s;
}

/* A field is known exactly if it ends at or before header_captured. */
static void known_fields(const tcpseg *got, const tcpseg *all, unsigned cut)
{
    cr_assert_eq(got->src_port, cut >= 2 ? all->src_port : 0);
    cr_assert_eq(got->dst_port, cut >= 4 ? all->dst_port : 0);
    cr_assert_eq(got->seq, cut >= 8 ? all->seq : 0);
    cr_assert_eq(got->ack, cut >= 12 ? all->ack : 0);
    cr_assert_eq(got->data_offset, cut >= 13 ? all->data_offset : 0);
    cr_assert_eq(got->flags, cut >= 14 ? all->flags : 0);
    cr_assert_eq(got->wnd, cut >= 16 ? all->wnd : 0);
    cr_assert_eq(got->checksum, cut >= 18 ? all->checksum : 0);
    cr_assert_eq(got->up, cut >= 20 ? all->up : 0);
    cr_assert_eq(got->mss, cut >= 24 ? all->mss : 0);
    cr_assert_eq(!!(got->present & TCPSEG_HAS_SACK_PERMITTED), cut >= 26);
    cr_assert_eq(got->tsval, cut >= 36 ? all->tsval : 0);
    cr_assert_eq(got->tsecr, cut >= 36 ? all->tsecr : 0);
    cr_assert_eq(got->wscale, cut >= 40 ? all->wscale : 0);
}

Test(segment, cut_at_every_byte)
{
    sample all = whole_syn();
    unsigned cut;

    cr_assert_eq(all.length, 48);
    for (cut = 0; cut <= 48; cut++) {
        sample s = all;

        look(&s, cut, 48);
        cr_assert_eq(s.error, TCPSEG_OK);
        known_fields(&s.seg, &all.seg, cut);
        cr_assert_eq(s.seg.header_captured, cut < 44 ? cut : 44);
        cr_assert_eq(!!(s.seg.defects & D(HEADER_CUT)), cut < 44);
        cr_assert_eq(s.seg.payload_len, cut >= 13 ? 4 : 0);
        cr_assert_eq(s.seg.payload_captured, cut > 44 ? cut - 44 : 0);
        cr_assert_eq(!!(s.seg.defects & D(PAYLOAD_CUT)), cut >= 13 && cut < 48);
        cr_assert(agree_exact(all.data, cut, 48));
    }
}

Test(segment, option_that_is_cut_is_the_last)
{
    sample s = whole_syn();

    look(&s, 30, 48); /* in the timestamps */
    cr_assert_eq(s.count, 3);
    IS_OPTION(s, 2, 8, 10, 26, CUT);
    cr_assert_eq(s.option[2].data_len, 0);
    cr_assert_eq(s.seg.error_offset, 0);
    cr_assert_eq(s.seg.options_walked, 6);
    look(&s, 27, 48); /* behind its kind */
    cr_assert_eq(s.count, 3);
    IS_OPTION(s, 2, 8, 0, 26, CUT);
    look(&s, 26, 48); /* between two options: nothing is cut */
    cr_assert_eq(s.count, 2);
    IS_OPTION(s, 1, 4, 2, 24, OK);
}

/* What can be known of a cut option is told: its length does not fit. */
Test(segment, cut_does_not_hide_a_hard_stop)
{
    sample s = parse(ACK, "0802 0101 0101 0101");

    s.data[21] = 1;
    look(&s, 22, 28);
    HAS_DEFECTS(s, D(HEADER_CUT) | D(OPTION_LEN_LT_2));
    s.data[21] = 9;
    look(&s, 22, 28);
    HAS_DEFECTS(s, D(HEADER_CUT) | D(OPTION_LEN_BEYOND));
    s.data[21] = 8;
    look(&s, 22, 28);
    HAS_DEFECTS(s, D(HEADER_CUT));
    IS_OPTION(s, 0, 8, 8, 20, CUT);
}

/* Every cut of every header length, whatever the options, in exact blocks. */
Test(segment, cut_at_every_byte_of_every_header)
{
    uint8_t data[60 + 4];
    unsigned words, cut, fill;

    for (fill = 0; fill < 256; fill++) {
        memset(data, (int)fill, sizeof data);
        memcpy(data, header, sizeof header);
        for (words = 0; words < 16; words++) {
            data[12] = (uint8_t)(words << 4);
            for (cut = 0; cut <= sizeof data; cut++) {
                cr_assert(agree_exact(data, cut, sizeof data));
                cr_assert(agree_exact(data, cut, cut));
            }
        }
    }
}

Test(segment, short_on_the_wire)
{
    unsigned length;

    for (length = 0; length < 20; length++) {
        sample s = with_header(length, length);

        cr_assert_eq(s.error, TCPSEG_ERR_SHORT);
        cr_assert_eq(s.seg.error, TCPSEG_ERR_SHORT);
        cr_assert(s.seg.defects & D(SHORT));
        cr_assert_eq(!!(s.seg.defects & D(HEADER_CUT)), 0);
        cr_assert_eq(s.seg.header_captured, length);
        cr_assert_eq(s.seg.error_offset, length);
        cr_assert_eq(s.seg.src_port, length >= 2 ? 0x1234 : 0);
        cr_assert_eq(s.seg.seq, length >= 8 ? 0x9abcdef0 : 0);
        cr_assert_eq(s.seg.checksum, length >= 18 ? 0x4321 : 0);
        cr_assert_eq(s.seg.payload_len, 0);
        cr_assert_eq(s.count, 0);
    }
}

/* More captured than the wire had is padding, and none of the segment's. */
Test(segment, captured_beyond_the_length)
{
    sample s = with_header(26, 20);

    cr_assert_eq(s.seg.payload_len, 0);
    cr_assert_eq(s.seg.payload_captured, 0);
    s = with_header(26, 19);
    cr_assert_eq(s.error, TCPSEG_ERR_SHORT);
    cr_assert_eq(s.seg.up, 0);
}

/* ------------------------------------------------------------------------
 * Misuse and names
 * --------------------------------------------------------------------- */

Test(segment, misuse_writes_nothing)
{
    tcpseg seg, before;

    memset(&seg, 0x5a, sizeof seg);
    before = seg;
    cr_assert_eq(tcpseg_parse(NULL, header, 20, 20), TCPSEG_ERR_ARG);
    cr_assert_eq(tcpseg_parse(&seg, NULL, 1, 20), TCPSEG_ERR_ARG);
#if SIZE_MAX > UINT32_MAX
    cr_assert_eq(tcpseg_parse(&seg, header, 20, (size_t)UINT32_MAX + 1),
                 TCPSEG_ERR_ARG);
#endif
    cr_assert_arr_eq(&seg, &before, sizeof seg);
}

Test(segment, nothing_captured_is_no_misuse)
{
    tcpseg seg;

    cr_assert_eq(tcpseg_parse(&seg, NULL, 0, 20), TCPSEG_OK);
    cr_assert_eq(seg.defects, D(HEADER_CUT));
    cr_assert_eq(tcpseg_parse(&seg, NULL, 0, 0), TCPSEG_ERR_SHORT);
    cr_assert_eq(seg.defects, D(SHORT));
}

Test(segment, any_alignment)
{
    sample all = whole_syn();
    uint8_t buf[64 + 8];
    unsigned shift;
    tcpseg seg;

    for (shift = 0; shift < 8; shift++) {
        memcpy(buf + shift, all.data, 48);
        cr_assert_eq(tcpseg_parse(&seg, buf + shift, 48, 48), TCPSEG_OK);
        cr_assert_arr_eq(&seg, &all.seg, sizeof seg);
    }
}

Test(segment, sizes_are_frozen)
{
    cr_assert_eq(sizeof(tcpseg), 128);
    cr_assert_eq(sizeof(tcpseg_sack), 8);
}

typedef const char *name_of(unsigned);

static unsigned names(name_of *name)
{
    unsigned n, m;

    for (n = 0; name(n) != NULL; n++) {
        cr_assert(n < 64 && name(n)[0] != '\0');
        for (m = 0; m < n; m++)
            cr_assert_str_neq(name(n), name(m));
    }
    for (m = n; m < 300; m++)
        cr_assert_null(name(m));
    cr_assert_null(name(0x80000000u));
    cr_assert_null(name(0xffffffffu));
    return n;
}

Test(segment, defect_names)
{
    unsigned n = names(tcpseg_defect_name), i, j;

    cr_assert_eq(n, TCPSEG_DEFECT_CHECKSUM_FFFF + 1);
    for (i = 0; i < n; i++) {
        const char *name = tcpseg_defect_name(i);

        for (j = 0; name[j]; j++)
            cr_assert(name[j] == '-' || (name[j] >= 'a' && name[j] <= 'z') ||
                          (name[j] >= '0' && name[j] <= '9'),
                      "%s", name);
    }
    cr_assert_str_eq(tcpseg_defect_name(TCPSEG_DEFECT_OPTION_NO_LEN),
                     "option-no-len");
    cr_assert_str_eq(tcpseg_defect_name(TCPSEG_DEFECT_SYN_FIN), "syn-fin");
    cr_assert_str_eq(tcpseg_defect_name(TCPSEG_DEFECT_CHECKSUM_FFFF),
                     "checksum-ffff");
}

Test(segment, defect_texts)
{
    unsigned i;

    cr_assert_eq(names(tcpseg_defect_text), TCPSEG_DEFECT_CHECKSUM_FFFF + 1);
    for (i = 0; tcpseg_defect_name(i); i++) {
        cr_assert_not_null(tcpseg_defect_rfc(i));
        cr_assert_neq(tcpseg_defect_rfc(i)[0], '\0');
    }
    cr_assert_null(tcpseg_defect_rfc(i));
    cr_assert_null(tcpseg_defect_rfc(0xffffffffu));
}

Test(segment, checksum_names)
{
    static const char *const want[] = {"unknown", "ok",      "bad",
                                       "zero",    "offload", "cut"};
    int i;

    for (i = 0; i < 6; i++)
        cr_assert_str_eq(tcpseg_checksum_name(i), want[i]);
    for (; i < 1000; i++)
        cr_assert_null(tcpseg_checksum_name(i));
    cr_assert_null(tcpseg_checksum_name(-1));
    cr_assert_null(tcpseg_checksum_name(-2147483647 - 1));
    cr_assert_null(tcpseg_checksum_name(2147483647));
}
