/* What an input of fuzz_calls means: the bytes that calls read, and then records of
 * CALLS_RECORD bytes, each one call. */
#ifndef FUZZ_CALLS_INPUT_H
#define FUZZ_CALLS_INPUT_H

enum {
    CALLS_LENGTH = 0, /* how many bytes follow it that calls read */
    CALLS_HEADER = 1
};

/* The bytes of a record. */
enum {
    CALLS_OP = 0, /* which function: calls_names.h */
    CALLS_WHO =
        1, /* which object it is called on, low half; which other, high half */
    CALLS_SIZE = 2, /* how large memory is that it is given: calls_size() */
    CALLS_A = 3,    /* numbers among its arguments, as signed bytes */
    CALLS_B = 4,
    CALLS_C = 5,
    CALLS_D = 6,
    CALLS_NULL = 7, /* bit n: the nth pointer is NULL */
    CALLS_RECORD = 8
};

#endif
