/* The library's answers as text: every field by its value, so that no byte
 * order, alignment or width of the machine shows. */
#ifndef TCPSEG_TESTS_PRINT_H
#define TCPSEG_TESTS_PRINT_H

#include "tcpseg/tcpseg.h"

void print_segment(const tcpseg *seg);
/* The options in wire order, each with what its decoders say. */
void print_options(const tcpseg *seg, const uint8_t *data);
void print_frame(const tcpseg_frame *frame);
void print_udp(const tcpseg_udp *udp);
void print_event(const tcpconn_event *event);
void print_report(const tcpconn_report *report);

#endif
