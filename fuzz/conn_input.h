/* What an input of fuzz_conn means: CONN_INPUT_HEADER bytes, then records of
 * CONN_RECORD bytes, each one call. */
#ifndef FUZZ_CONN_INPUT_H
#define FUZZ_CONN_INPUT_H

enum {
    CONN_INPUT_POLICY = 0, /* CONN_POLICY_ bits */
    CONN_INPUT_ISS = 1,    /* two bytes: the top and the bottom of either ISS */
    CONN_INPUT_TIME = 3,   /* the clock's first byte */
    CONN_INPUT_HEADER = 4
};

enum {
    CONN_POLICY_INLINE = 1,
    CONN_POLICY_RFC9293 = 2,
    CONN_POLICY_FROM_SYN = 4,
    CONN_POLICY_STATS = 8,
    CONN_POLICY_ANALYSIS = 16
};

/* The bytes of a record. */
enum {
    CONN_OP = 0,    /* CONN_OP_ */
    CONN_HOW = 1,   /* CONN_HOW_ bits */
    CONN_FLAGS = 2, /* TCPSEG_, the lower eight */
    CONN_SEQ = 3,   /* SEG.SEQ from its sender's SND.NXT on: conn_number() */
    CONN_ACK = 4,   /* SEG.ACK from its receiver's SND.NXT on */
    CONN_LEN = 5,   /* bytes of text; from 200 on, powers of two */
    CONN_WND = 6,   /* SEG.WND, both bytes */
    CONN_TIME = 7,  /* low half: the step before it; high half: TSval, signed */
    CONN_RECORD = 8
};

enum {
    CONN_OP_SEGMENT,
    CONN_OP_ODD,   /* a segment with what CONN_TIME's high half says */
    CONN_OP_SPLIT, /* a segment, and beside it the same in two pieces */
    CONN_OP_JUDGE, /* a segment that is only judged */
    CONN_OP_DROP,  /* a segment that is dropped */
    CONN_OP_ICMP,  /* type, code and MTU: CONN_LEN, CONN_WND, CONN_ACK */
    CONN_OP_TICK,
    CONN_OP_FORWARD, /* time: CONN_SEQ << CONN_ACK nanoseconds */
    CONN_OP_BACK,
    CONN_OP_SAVE,   /* and a second connection goes on from what was saved */
    CONN_OP_ASSUME, /* saved, and restored as assumed */
    CONN_OP_DAMAGE, /* saved, and spoiled: CONN_SEQ, CONN_ACK: where; CONN_LEN,
                        CONN_WND: what is added there; CONN_TIME: where else */
    CONN_OP_MOVE,   /* to other memory */
    CONN_OP_END,
    CONN_OPS
};

enum {
    CONN_HOW_B = 1,         /* endpoint 1 sends it */
    CONN_HOW_SEQ_FIXED = 2, /* CONN_SEQ counts from the ISS on */
    CONN_HOW_ACK_FIXED = 4,
    CONN_HOW_TIMESTAMP = 8,
    CONN_HOW_SACK = 16,
    CONN_HOW_SYN_OPTIONS = 32, /* MSS, SACK permitted, window scale: CONN_WND's
                                  lower half */
    CONN_HOW_TTL = 64,         /* another one */
    CONN_HOW_IP_ID = 128       /* always the same, where others tell none */
};

enum {
    CONN_ODD_OFFSET,
    CONN_ODD_TRUNCATED,
    CONN_ODD_CHECKSUM,
    CONN_ODD_MD5,
    CONN_ODD_AO,
    CONN_ODD_FAST_OPEN,
    CONN_ODD_URGENT,
    CONN_ODD_ECHO, /* a TSecr nobody sent */
    CONN_ODDS
};

#endif
