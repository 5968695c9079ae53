/** @file
 *  The whole library: include this one. */
#ifndef TCPSEG_TCPSEG_H
#define TCPSEG_TCPSEG_H

/**
 * @mainpage libtcpseg
 *
 * Two verbs carry this library. tcpseg_parse() turns bytes into a TCP segment
 * with all its options; tcpconn_feed() turns segments into a connection: the
 * state of both endpoints, told through callbacks, and a verdict with its
 * reasons on every segment. Around them stand tcpseg_locate(), which finds the
 * segment in a captured frame, the checksum calls, and tcpseg_build(), which
 * writes what the parser reads.
 *
 * It watches and never sends. It allocates nothing, keeps no global state, reads
 * no clock and calls nothing from the C library but memcpy, memmove, memset and
 * memcmp: time and memory are arguments. Any bytes in any order give a defined
 * answer in bounded time; no read passes the captured length.
 *
 * The usual way through it:
 *
 * @code
 * tcpseg_parse_frame()   frame  -> segment, and where it was
 * tcpconn_feed()         segment -> verdict, states, callbacks
 * tcptable_feed()        the same, and finds the connection first
 * tcptable_feed_burst()  frames -> all of that
 * @endcode
 *
 * Start with @ref tcpseg_segment, then @ref tcpseg_conn, then @ref tcpseg_table.
 */

#include "version.h"
#include "base.h"
#include "segment.h"
#include "option.h"
#include "checksum.h"
#include "frame.h"
#include "udp.h"
#include "conn.h"
#include "stream.h"
#include "summary.h"
#include "analysis.h"
#include "save.h"
#include "table.h"

#endif
