/* Which lengths an option may have: the registry as a list of sentences in
 * code. */
#ifndef TCPSEG_TESTS_WALKER_REGISTRY_H
#define TCPSEG_TESTS_WALKER_REGISTRY_H

#include <stdint.h>

/* How an option stands whose `len` bytes, kind and length first, are all there:
 * TCPSEG_OPTION_OK, RAW, BAD_LEN or NO_EXID. */
int walker_judge(const uint8_t *p, unsigned len);

/* Bytes of an experiment's registered identifier; 0 if nobody registered it.
 * The option has at least 4 bytes. */
unsigned walker_exid_bytes(const uint8_t *p, unsigned len);

static inline unsigned walker_be16(const uint8_t *p)
{
    return (unsigned)p[0] * 256u + p[1];
}

static inline uint32_t walker_be32(const uint8_t *p)
{
    return (uint32_t)walker_be16(p) * 65536u + walker_be16(p + 2);
}

#endif
