/* How an input of fuzz_locate is laid out, for the harness and its seeds. */
#ifndef TCPSEG_FUZZ_LOCATE_INPUT_H
#define TCPSEG_FUZZ_LOCATE_INPUT_H

#include <stdint.h>

#include "tcpseg/frame.h"

/* Byte 0 indexes this list, byte 1 is TCPSEG_LOCATE_ bits, bytes 2 and 3 are how
 * much longer the frame was on the wire than the bytes that follow. */
enum { LOCATE_INPUT_HEADER = 4 };

static const uint32_t locate_links[] = {
    TCPSEG_LINK_ETHERNET,
    TCPSEG_LINK_NULL,
    TCPSEG_LINK_LOOP,
    TCPSEG_LINK_PPP,
    TCPSEG_LINK_C_HDLC,
    TCPSEG_LINK_LINUX_SLL,
    TCPSEG_LINK_LINUX_SLL2,
    TCPSEG_LINK_RAW,
    TCPSEG_LINK_DLT_RAW,
    TCPSEG_LINK_DLT_RAW_BSD,
    TCPSEG_LINK_IPV4,
    TCPSEG_LINK_IPV6,
    105 /* unknown */
};

enum { LOCATE_LINKS = sizeof locate_links / sizeof *locate_links };

#endif
