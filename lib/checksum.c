#include <tcpseg/checksum.h>

#include "checksum_kernel.h"

#if TCPSEGP_AVX2
#include <stdatomic.h>
#endif

enum {
    TCP = 6,
    UDP = 17,
    HEADER_LEAST = 20,
    TCP_CHECKSUM_AT = 16,
    UDP_CHECKSUM_AT = 6,
    STRAIGHT_MOST = 127 /* up to here a loop costs more than it saves */
};

/* The sum of a number's 16-bit parts, in the upper half of the answer. Adding a
 * number to itself turned by half puts the sum of the halves, with end-around
 * carry, in the upper. */
static inline uint32_t folded(uint64_t sum)
{
    uint32_t half = (uint32_t)((sum + (sum << 32 | sum >> 32)) >> 32);

    return half + (half << 16 | half >> 16);
}

static inline uint16_t fold(uint64_t sum)
{
    return (uint16_t)(folded(sum) >> 16);
}

/* The same, from host to network order or back. */
static inline uint16_t fold_net(uint64_t sum)
{
    uint32_t f = folded(sum);

    if (host_is_big_endian())
        return (uint16_t)(f >> 16);
    return (uint16_t)(f >> 24 | (f >> 8 & 0xff00));
}

#if TCPSEGP_AVX2
/* The library's one variable. Every thread that finds it 0 stores the same
 * answer, so no order between them is needed. */
static _Atomic uint8_t avx2;
enum { AVX2_UNKNOWN, AVX2_YES, AVX2_NO };

static uint64_t sum_block(const uint8_t *p, size_t n)
{
    uint8_t known = atomic_load_explicit(&avx2, memory_order_relaxed);

    if (known == AVX2_UNKNOWN) {
        known = tcpsegp_cpu_has_avx2() ? AVX2_YES : AVX2_NO;
        atomic_store_explicit(&avx2, known, memory_order_relaxed);
    }
    return known == AVX2_YES ? tcpsegp_sum_avx2(p, n)
                             : tcpsegp_sum_vector(p, n);
}
#elif TCPSEGP_VECTOR
static uint64_t sum_block(const uint8_t *p, size_t n)
{
    return tcpsegp_sum_vector(p, n);
}
#else
static uint64_t sum_block(const uint8_t *p, size_t n)
{
    return tcpsegp_sum_scalar(p, n);
}
#endif

/* Any number of bytes, more than one kernel call takes among them. */
static NOINLINE uint64_t sum_any(const uint8_t *p, size_t n)
{
    checksum_acc acc = {0, 0};

    for (; n > TCPSEGP_SUM_MOST; p += TCPSEGP_SUM_MOST, n -= TCPSEGP_SUM_MOST)
        acc_add(&acc, sum_block(p, TCPSEGP_SUM_MOST));
    acc_add(&acc,
            n > STRAIGHT_MOST ? sum_block(p, n) : tcpsegp_sum_scalar(p, n));
    return acc_total(&acc);
}

/* More than STRAIGHT_MOST bytes. Out of line, so that little segments need not
 * save registers for it. */
static NOINLINE uint64_t sum_long(uint64_t start, const uint8_t *p, size_t n)
{
    checksum_acc acc = {start, 0};

    acc_add(&acc, n > TCPSEGP_SUM_MOST ? sum_any(p, n) : sum_block(p, n));
    return acc_total(&acc);
}

static ALWAYS_INLINE uint64_t sum_from(checksum_acc start, const uint8_t *p,
                                       size_t n)
{
    if (n > STRAIGHT_MOST)
        return sum_long(acc_total(&start), p, n);
    acc_add_bytes(&start, p, n);
    return acc_total(&start);
}

/* RFC 9293 section 3.1, RFC 8200 section 8.1. The length has 32 bits in both: a
 * 16-bit one with 16 zeros before it has the same sum. Never 0. */
static inline checksum_acc pseudo_header(const tcpseg_address *address,
                                         uint8_t protocol, uint32_t length)
{
    checksum_acc acc = {(uint64_t)net16(protocol) + net32(length), 0};

    if (address->family == 4) {
        acc.sum +=
            (uint64_t)load_host32(address->src) + load_host32(address->dst);
        return acc;
    }
    acc_add(&acc, load_host64(address->src));
    acc_add(&acc, load_host64(address->src + 8));
    acc_add(&acc, load_host64(address->dst));
    acc_add(&acc, load_host64(address->dst + 8));
    return acc;
}

static inline bool is_ip(unsigned family)
{
    return family == 4 || family == 6;
}

uint16_t tcpseg_checksum_sum(uint16_t sum, const void *data, size_t len)
{
    checksum_acc start = {net16(sum), 0};

    return fold_net(sum_from(start, data, len));
}

int tcpseg_checksum_compute(uint16_t *checksum, const void *data, size_t length,
                            const tcpseg_address *address)
{
    const uint8_t *p = data;
    checksum_acc start;
    size_t at;
    uint16_t field, result;

    if (checksum == NULL || data == NULL || address == NULL ||
        !is_ip(address->family) ||
        (address->protocol != TCP && address->protocol != UDP) ||
        length >> 16 >> 16 != 0)
        return TCPSEG_ERR_ARG;
    at = address->protocol == TCP ? TCP_CHECKSUM_AT : UDP_CHECKSUM_AT;
    if (length < at + 2)
        return TCPSEG_ERR_SHORT;
    /* The field is summed with the rest, and its complement takes it out. That
     * turns no 0 into 0xffff: the pseudo-header alone is not 0. */
    field = net16(load_be16(p + at));
    start = pseudo_header(address, address->protocol, (uint32_t)length);
    acc_add(&start, (uint16_t)~field);
    acc_add(&start, sum_any(p, length));
    result = (uint16_t)~fold_net(acc_total(&start));
    if (result == 0 && address->protocol == UDP)
        result = 0xffff;
    *checksum = result;
    return TCPSEG_OK;
}

/* Where the capture ends before the data offset, that reads 0. */
static inline bool is_cut(const tcpseg *seg, uint32_t header)
{
    return header < HEADER_LEAST || seg->header_captured < header ||
           seg->payload_captured < seg->payload_len;
}

/* What a sender leaves in the field for hardware to finish: the pseudo-header's
 * sum, and where hardware also cuts the segment up, so that each piece has a
 * length of its own, the sum without the length. */
static bool is_pseudo_sum(uint16_t field, const tcpseg_address *address,
                          uint32_t length)
{
    checksum_acc whole = pseudo_header(address, TCP, length);
    checksum_acc no_length = pseudo_header(address, TCP, 0);

    return field == fold_net(acc_total(&whole)) ||
           field == fold_net(acc_total(&no_length));
}

/* A checksum that does not verify: not filled in, or damaged. Out of line: of a
 * capture's segments, few or all are such. */
static NOINLINE int judge_failed(const tcpseg *seg,
                                 const tcpseg_address *address, uint32_t length)
{
    if (seg->checksum == 0)
        return TCPSEG_CHECKSUM_ZERO;
    return is_pseudo_sum(seg->checksum, address, length)
               ? TCPSEG_CHECKSUM_OFFLOAD
               : TCPSEG_CHECKSUM_BAD;
}

/* RFC 1071: 0x0000 and 0xffff are the same number, so both verify; only a sender
 * that updated instead of computing writes the second (RFC 1624 section 3). */
static NOINLINE void note_ffff(tcpseg *seg, bool verifies)
{
    if (verifies)
        seg->defects |= bit64(TCPSEG_DEFECT_CHECKSUM_FFFF);
    else
        seg->defects &= ~bit64(TCPSEG_DEFECT_CHECKSUM_FFFF);
}

int tcpseg_checksum_verify(tcpseg *seg, const void *data,
                           const tcpseg_address *address)
{
    int status = TCPSEG_CHECKSUM_CUT;
    uint32_t header, length;
    uint64_t sum;

    if (seg == NULL || data == NULL || address == NULL ||
        !is_ip(address->family))
        return TCPSEG_ERR_ARG;
    header = seg->data_offset * 4u;
    if (seg->error == 0 && address->fragment == 0 && !is_cut(seg, header)) {
        length = header + seg->payload_len;
        sum = sum_from(pseudo_header(address, TCP, length), data, length);
        status = fold(sum) == 0xffff ? TCPSEG_CHECKSUM_OK
                                     : judge_failed(seg, address, length);
        if (seg->checksum == 0xffff)
            note_ffff(seg, status == TCPSEG_CHECKSUM_OK);
    }
    seg->checksum_status = (uint8_t)status;
    return status;
}

/* RFC 1624 equation 3, HC' = ~(~HC + ~m + m'), on folded sums of what went and
 * what came. Never 0xffff for 0x0000 unless everything summed is 0, which a
 * pseudo-header is not. */
static uint16_t update(uint16_t checksum, uint16_t went, uint16_t came)
{
    uint32_t sum = (uint16_t)~checksum;

    sum += (uint16_t)~went;
    sum += came;
    return (uint16_t)~fold(sum);
}

uint16_t tcpseg_checksum_update16(uint16_t checksum, uint16_t old_word,
                                  uint16_t new_word)
{
    return update(checksum, old_word, new_word);
}

uint16_t tcpseg_checksum_update32(uint16_t checksum, uint32_t old_word,
                                  uint32_t new_word)
{
    return update(checksum, fold(old_word), fold(new_word));
}

uint16_t tcpseg_checksum_update(uint16_t checksum, const void *old_data,
                                const void *new_data, size_t len)
{
    return update(checksum, tcpseg_checksum_sum(0, old_data, len),
                  tcpseg_checksum_sum(0, new_data, len));
}

const char *tcpseg_checksum_name(int status)
{
    static const char names[][8] = {
        [TCPSEG_CHECKSUM_UNKNOWN] = "unknown", [TCPSEG_CHECKSUM_OK] = "ok",
        [TCPSEG_CHECKSUM_BAD] = "bad",         [TCPSEG_CHECKSUM_ZERO] = "zero",
        [TCPSEG_CHECKSUM_OFFLOAD] = "offload", [TCPSEG_CHECKSUM_CUT] = "cut",
    };

    if (status < 0 || status > TCPSEG_CHECKSUM_CUT)
        return NULL;
    return names[status];
}
