/* What an input of fuzz_checksum means: 48 bytes of CHECKSUM_INPUT_, then the
 * segment. */
#ifndef FUZZ_CHECKSUM_INPUT_H
#define FUZZ_CHECKSUM_INPUT_H

enum {
    CHECKSUM_INPUT_HOW = 0,    /* CHECKSUM_ bits */
    CHECKSUM_INPUT_ALIGN = 1,  /* where the segment starts in 32 bytes */
    CHECKSUM_INPUT_SPLIT = 2,  /* 16 bits: where the sum is split */
    CHECKSUM_INPUT_EDIT = 4,   /* 16 bits: where the segment is changed */
    CHECKSUM_INPUT_LEN = 6,    /* how many bytes are changed, 0 to 8 */
    CHECKSUM_INPUT_STATUS = 7, /* what goes into the field: CHECKSUM_FIELD_ */
    CHECKSUM_INPUT_NEW = 8,    /* 8 bytes: what they are changed to */
    CHECKSUM_INPUT_SRC = 16,   /* 16 bytes */
    CHECKSUM_INPUT_DST = 32,   /* 16 bytes */
    CHECKSUM_INPUT_DATA = 48
};

enum { CHECKSUM_IPV6 = 1, CHECKSUM_FRAGMENT = 2, CHECKSUM_UDP = 4 };

/* The field before tcpseg_checksum_verify() is asked. */
enum {
    CHECKSUM_FIELD_AS_IS = 0,
    CHECKSUM_FIELD_RIGHT = 1,
    CHECKSUM_FIELD_ZERO = 2,
    CHECKSUM_FIELD_FFFF = 3,
    CHECKSUM_FIELD_OFFLOAD = 4,
    CHECKSUM_FIELD_NO_LENGTH = 5,
    CHECKSUM_FIELDS = 6
};

#endif
