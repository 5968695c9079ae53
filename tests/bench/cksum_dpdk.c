/* DPDK's checksum as a row of cksum.c, under the name DPDK_ROW: compiled once for
 * each set of flags to be compared. */
#include <rte_ip.h>

uint16_t DPDK_ROW(uint16_t sum, const void *data, size_t len);

uint16_t DPDK_ROW(uint16_t sum, const void *data, size_t len)
{
    return (uint16_t)(sum + rte_raw_cksum(data, len));
}
