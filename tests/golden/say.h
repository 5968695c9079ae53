/* The transcript: printed, or only its digest taken. */
#ifndef TCPSEG_TESTS_SAY_H
#define TCPSEG_TESTS_SAY_H

#include <stdbool.h>
#include <stdint.h>

#if defined(__GNUC__)
#define SAY_LIKE_PRINTF __attribute__((format(printf, 1, 2)))
#else
#define SAY_LIKE_PRINTF
#endif

/* Begin a section: its digest starts anew. */
void say_begin(bool print);
void say(const char *format, ...) SAY_LIKE_PRINTF;
/* Of all that was said since the section began. */
uint64_t say_digest(void);

#endif
