/* The parts of the golden run. Each says what the library answers to a fixed
 * set of inputs, and returns how many there were; *failed counts the answers
 * that contradict each other or the walker. */
#ifndef TCPSEG_TESTS_SECTIONS_H
#define TCPSEG_TESTS_SECTIONS_H

unsigned section_segments(unsigned *failed);
unsigned section_checksums(unsigned *failed);
unsigned section_frames(unsigned *failed);
unsigned section_connections(unsigned *failed);
/* The packets of a classic pcap file, and the connections in it. */
unsigned section_capture(const char *path, unsigned *failed);

#endif
