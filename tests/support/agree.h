/* The library held against the walker on one segment. */
#ifndef TCPSEG_TESTS_AGREE_H
#define TCPSEG_TESTS_AGREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* True if tcpseg_parse() and tcpseg_option_next() give what the walker gives,
 * bit for bit. Tells the difference on stderr if not. */
bool agree(const uint8_t *data, size_t captured, size_t length);

/* The same with the bytes in a block of exactly `captured`, so that a checker
 * of memory finds a read past them. */
bool agree_exact(const uint8_t *data, size_t captured, size_t length);

#endif
