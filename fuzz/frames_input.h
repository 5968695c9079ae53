/* What an input of fuzz_frames means: FRAMES_HEADER bytes, then records: FRAMES_RECORD
 * bytes, and behind them as many as FRAMES_LEN says. */
#ifndef FUZZ_FRAMES_INPUT_H
#define FUZZ_FRAMES_INPUT_H

enum {
    FRAMES_LINK = 0,        /* an index of locate_links */
    FRAMES_FLAGS = 1,       /* FRAMES_ bits, from 1 to 8 those of the table */
    FRAMES_CONNECTIONS = 2, /* less 1 */
    FRAMES_HALF_OPEN = 3,
    FRAMES_IPV6 = 4, /* 255: all */
    FRAMES_TRANSLATIONS = 5,
    FRAMES_CROWDED = 6,
    FRAMES_POLICY = 7,   /* FRAMES_POLICY_ bits */
    FRAMES_OVERLAP = 8,  /* either endpoint's, a half each */
    FRAMES_TIMEOUTS = 9, /* one of the sets */
    FRAMES_KEEP = 10,    /* times 256 */
    FRAMES_DEPTH = 11,   /* times 16 */
    FRAMES_ISLANDS = 12,
    FRAMES_EVENTS = 13, /* the ring's */
    FRAMES_HEADER = 16
};

enum {
    FRAMES_STATS = 16,
    FRAMES_RING = 32, /* events are pulled */
    FRAMES_POOL = 64,
    FRAMES_ANALYSIS = 128
};

enum {
    FRAMES_RFC9293 = 1, /* endpoint 0's profile */
    FRAMES_INLINE = 2,
    FRAMES_FROM_SYN = 4,
    FRAMES_ON_ACK = 8,
    FRAMES_URGENT_OUT = 16
};

/* The bytes of a record. */
enum {
    FRAMES_OP = 0,
    FRAMES_TIME = 1, /* the clock goes on by FRAMES_BY << FRAMES_TIME */
    FRAMES_BY = 2,
    FRAMES_HOW = 3,
    FRAMES_LEN = 4, /* two bytes, the larger first */
    FRAMES_RECORD = 6
};

enum {
    FRAMES_FEED,      /* a frame, located first; HOW: bytes the wire had more */
    FRAMES_QUEUE,     /* a frame, for the next FRAMES_BURST */
    FRAMES_BURST,     /* what is queued */
    FRAMES_TICK,      /* HOW: at most so many time-outs */
    FRAMES_REMOVE,    /* HOW: whom */
    FRAMES_TRANSLATE, /* HOW: whom; bytes: the tuple's ports, two deltas */
    FRAMES_RESTORE, /* HOW: who is saved, removed and restored; bytes: where it
                         is spoiled, by how much, the flags */
    FRAMES_MOVE,
    FRAMES_MARK,
    FRAMES_STOP,   /* HOW: whose stream, both directions */
    FRAMES_NAMES,  /* HOW: each name for this number */
    FRAMES_MISUSE, /* HOW: whom; every call with what it refuses */
    FRAMES_JUDGE,  /* HOW: whom; bytes: a TCP header */
    FRAMES_DROP,
    FRAMES_OPS
};

#endif
