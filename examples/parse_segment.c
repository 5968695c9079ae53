/* Decode one TCP segment and walk its options: a SYN that a Linux host sent. */
#include <tcpseg/tcpseg.h>

#include <stdio.h>

/* clang-format off */
static const uint8_t syn[] = {
    0xaa, 0x5a, 0x00, 0x50, 0x58, 0xab, 0x13, 0x6c, 0x00, 0x00, 0x00, 0x00,
    0xa0, 0x02, 0xfa, 0xf0, 0x29, 0x85, 0x00, 0x00, 0x02, 0x04, 0x05, 0xb4,
    0x04, 0x02, 0x08, 0x0a, 0x0c, 0xf5, 0xeb, 0x33, 0x00, 0x00, 0x00, 0x00,
    0x01, 0x03, 0x03, 0x0a
};
/* clang-format on */

static void print_options(const tcpseg *seg, const void *data)
{
    tcpseg_option opt;
    uint32_t cursor = 0, number, tsval, tsecr;

    while (tcpseg_option_next(seg, data, &cursor, &opt) == 1) {
        printf("  byte %u: %s", opt.offset, tcpseg_option_name(opt.kind));
        if (opt.status != TCPSEG_OPTION_OK)
            printf(", %s", tcpseg_option_status_name(opt.status));
        else if (tcpseg_option_number(&opt, data, &number) == TCPSEG_OK)
            printf(" = %lu", (unsigned long)number);
        else if (tcpseg_option_timestamps(&opt, data, &tsval, &tsecr) ==
                 TCPSEG_OK)
            printf(" = %lu, echo %lu", (unsigned long)tsval,
                   (unsigned long)tsecr);
        printf("\n");
    }
}

/* What is odd about a segment, in words and with the rule that says so. */
static void print_defects(const tcpseg *seg)
{
    for (unsigned i = 0; tcpseg_defect_name(i); i++) {
        if (seg->defects >> i & 1)
            printf("%s (%s)\n", tcpseg_defect_text(i), tcpseg_defect_rfc(i));
    }
}

int main(void)
{
    tcpseg seg;
    int error = tcpseg_parse(&seg, syn, sizeof syn, sizeof syn);

    if (error) {
        printf("%s at byte %u\n", tcpseg_strerror(error), seg.error_offset);
        return 1;
    }
    printf("port %u to port %u, sequence number %lu\n", seg.src_port,
           seg.dst_port, (unsigned long)seg.seq);
    printf("SYN %d, ACK %d, window %u, %lu bytes of payload\n",
           seg.flags & TCPSEG_SYN ? 1 : 0, seg.flags & TCPSEG_ACK ? 1 : 0,
           seg.wnd, (unsigned long)seg.payload_len);

    /* The usual options are in the segment already ... */
    if (seg.present & TCPSEG_HAS_MSS)
        printf("the sender takes %u bytes a segment\n", seg.mss);
    /* ... and all of them, in the order they stand in, are one cursor away. */
    print_options(&seg, syn);
    print_defects(&seg);
    return 0;
}
