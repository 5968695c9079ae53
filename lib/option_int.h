/* What the parser's option walk, the cursor and the decoders share. */
#ifndef TCPSEG_LIB_OPTION_INT_H
#define TCPSEG_LIB_OPTION_INT_H

#include <tcpseg/option.h>

#include "bytes.h"

enum {
    FIXED_HEADER = 20,
    LARGEST_HEADER = 60,
    LARGEST_AREA = 40,
    SMALLEST_MSS = 48, /* below it a peer sends more header than data */
    LARGEST_SHIFT = 14 /* RFC 7323 section 2.3 */
};

/* What an option's bytes are asked for beyond a length: how a kind is read. */
enum {
    FORM_RAW,   /* no layout known: any length */
    FORM_PLAIN, /* the table's lengths decide */
    FORM_MPTCP, /* the subtype decides */
    FORM_EXID,  /* the experiment's identifier decides */
    FORM_ACCECN /* whole counters count, the rest is ignored */
};

/* One row for each registered kind; row 0 stands for all others. */
struct option_kind {
    uint64_t lengths;    /* bit n: a stated length of n is legal */
    uint64_t defects[2]; /* [SYN set]: what a well-formed one is marked with */
    uint32_t present;    /* TCPSEG_HAS_ bit */
    uint8_t form;        /* FORM_ */
    uint8_t many;        /* may stand more than once */
    uint8_t raw;         /* nobody registered it */
    const char *name, *rfc;
};

extern const struct option_kind tcpsegp_kinds[];
extern const uint8_t tcpsegp_kind_row[256];

static inline const struct option_kind *kind_of(uint8_t kind)
{
    return &tcpsegp_kinds[tcpsegp_kind_row[kind]];
}

/* What an option turns out to be, beyond its kind and length. */
struct option_reading {
    uint64_t defects;       /* to mark the segment with */
    uint32_t exid, present; /* of an experiment; present: TCPSEG_HAS_ bit */
    uint8_t status, exid_len, subtype; /* subtype: MPTCP's */
};

/* Experiments, by identifier. */
struct experiment {
    uint64_t lengths;
    uint64_t defects[2];
    uint32_t exid, present;
    uint8_t exid_len, has_value;
    const char *name;
};

/* The row of the experiment that `len` option bytes (4 or more) name; NULL if it
 * is not registered. */
const struct experiment *tcpsegp_experiment(const uint8_t *option,
                                            uint32_t len);

/* Read an option of kind `option[0]` and `len` bytes, which are all there. */
struct option_reading tcpsegp_option_read(const uint8_t *option, uint32_t len,
                                          bool syn);

/* Fill in what the option area between the fixed header and `end` says; the bytes
 * up to `captured` are there. */
void tcpsegp_walk_options(tcpseg *seg, const uint8_t *header, uint32_t captured,
                          uint32_t end);

/* Take over the blocks of a well-formed SACK option of `len` bytes. */
void tcpsegp_take_sack(tcpseg *seg, const uint8_t *option, uint32_t len);

/* How an option of kind 30 stands: TCPSEG_OPTION_OK, RAW or BAD_LEN. */
/*@ requires 2 <= len <= LARGEST_AREA && \valid_read(option + (0 .. len - 1));
    assigns \nothing;
    ensures len < 3 ==> \result == TCPSEG_OPTION_BAD_LEN; */
uint8_t tcpsegp_mptcp_status(const uint8_t *option, uint32_t len);

/* How far the option at `pos` reaches: TCPSEG_OPTION_OK with its length, or the
 * reason why the walk ends here. `end` is where the option area ends, `captured`
 * where the bytes do (captured <= end, pos < captured). One byte for kinds 0 and
 * 1. RFC 9293 section 3.1. */
/*@ requires pos <= LARGEST_HEADER && captured <= LARGEST_HEADER;
    requires \valid_read(header + (0 .. captured - 1));
    requires \valid(len) && \separated(len, header + (0 .. captured - 1));
    assigns *len;
    ensures \result == TCPSEG_OPTION_OK ==>
        2 <= *len <= captured - pos && *len == header[pos + 1];
    ensures \result == TCPSEG_OPTION_LEN_LT_2 ==> *len < 2; */
static inline uint8_t option_extent(const uint8_t *header, uint32_t pos,
                                    uint32_t captured, uint32_t end,
                                    uint32_t *len)
{
    *len = 0;
    if (pos + 1 >= end)
        return TCPSEG_OPTION_NO_LEN;
    if (pos + 1 >= captured)
        return TCPSEG_OPTION_CUT;
    *len = header[pos + 1];
    if (*len < 2)
        return TCPSEG_OPTION_LEN_LT_2;
    if (*len > end - pos)
        return TCPSEG_OPTION_LEN_BEYOND;
    return *len > captured - pos ? TCPSEG_OPTION_CUT : TCPSEG_OPTION_OK;
}

/* Where a well-formed option's bytes are; NULL for what tcpseg_option_next() can
 * not have filled in. */
static inline const uint8_t *option_bytes(const tcpseg_option *opt,
                                          const void *data)
{
    if (!opt || !data || opt->offset < FIXED_HEADER || opt->len < 2 ||
        opt->offset + opt->len > LARGEST_HEADER)
        return NULL;
    return (const uint8_t *)data + opt->offset;
}

#endif
