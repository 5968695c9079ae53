#include "walker_registry.h"

#include <stdbool.h>

#include "tcpseg/tcpseg.h"

static int fits(bool legal)
{
    return legal ? TCPSEG_OPTION_OK : TCPSEG_OPTION_BAD_LEN;
}

static bool even_from_to(unsigned len, unsigned lowest, unsigned highest)
{
    return len >= lowest && len <= highest && len % 2 == 0;
}

/* RFC 8684 section 3.3: what the flags say is there decides the length; only
 * the checksum behind a mapping may be there or not. */
static bool dss_fits(const uint8_t *p, unsigned len)
{
    unsigned flags, need = 4;

    if (len < 4)
        return false;
    flags = p[3];
    if (flags & 0x01)
        need += flags & 0x02 ? 8 : 4;
    if (flags & 0x04) {
        need += flags & 0x08 ? 8 : 4;
        need += 4 + 2;
        return len == need || len == need + 2;
    }
    return len == need;
}

/* RFC 6824 section 3.4.1 puts the IP version (4 or 6) where RFC 8684 has three
 * reserved bits and E. An address 4 or 16, a port 0 or 2, and in version 1 an
 * HMAC of 8 unless E says echo. */
static bool add_addr_fits(const uint8_t *p, unsigned len)
{
    unsigned low = p[2] & 0x0f;
    unsigned hmac = low & 1 ? 0 : 8;

    if (low == 4)
        return len == 4 + 4 || len == 4 + 4 + 2;
    if (low == 6)
        return len == 4 + 16 || len == 4 + 16 + 2;
    return len == 4 + 4 + hmac || len == 4 + 4 + 2 + hmac ||
           len == 4 + 16 + hmac || len == 4 + 16 + 2 + hmac;
}

/* RFC 8684 section 3.1; RFC 6824 section 3.1. A version to come may have any
 * form. */
static int capable(const uint8_t *p, unsigned len)
{
    unsigned version = p[2] & 0x0f;

    if (version == 0)
        return fits(len == 12 || len == 20);
    if (version == 1)
        return fits(len == 4 || len == 12 || len == 20 || len == 22 ||
                    len == 24);
    return TCPSEG_OPTION_RAW;
}

static int mptcp(const uint8_t *p, unsigned len)
{
    if (len < 3)
        return TCPSEG_OPTION_BAD_LEN;
    switch (p[2] >> 4) {
    case 0: /* MP_CAPABLE */
        return capable(p, len);
    case 1: /* MP_JOIN: SYN; SYN,ACK; ACK */
        return fits(len == 12 || len == 16 || len == 24);
    case 2:
        return fits(dss_fits(p, len));
    case 3:
        return fits(add_addr_fits(p, len));
    case 4: /* REMOVE_ADDR: at least one identifier */
        return fits(len >= 4);
    case 5: /* MP_PRIO: with an identifier or without */
        return fits(len == 3 || len == 4);
    case 6: /* MP_FAIL */
    case 7: /* MP_FASTCLOSE */
        return fits(len == 12);
    case 8: /* MP_TCPRST */
        return fits(len == 4);
    case 15: /* private use */
        return fits(len >= 4);
    default:
        return TCPSEG_OPTION_RAW;
    }
}

unsigned walker_exid_bytes(const uint8_t *p, unsigned len)
{
    switch (walker_be16(p + 2)) {
    case 0x00ac:
    case 0x0348:
    case 0x0a0d:
    case 0x0ca0:
    case 0x0ed0:
    case 0x454e:
    case 0x5323:
    case 0x75ec:
    case 0xacc0:
    case 0xacc1:
    case 0xacce:
    case 0xf989:
    case 0xf990:
        return 2;
    default:
        break;
    }
    if (len >= 6 &&
        (walker_be32(p + 2) == 0xe2d4c3d9 || walker_be32(p + 2) == 0xe2d4c3c4))
        return 4;
    return 0;
}

static int experiment(const uint8_t *p, unsigned len)
{
    if (len < 4)
        return TCPSEG_OPTION_NO_EXID;
    if (walker_exid_bytes(p, len) == 0)
        return TCPSEG_OPTION_RAW;
    if (walker_be16(p + 2) == 0x00ac)
        return fits(len == 4 || len == 5);
    if (walker_be16(p + 2) == 0xf989)
        return fits(len == 4 || even_from_to(len, 8, 20));
    return TCPSEG_OPTION_OK;
}

/* The registry, kind by kind. All `len` bytes of the option are there. */
int walker_judge(const uint8_t *p, unsigned len)
{
    switch (p[0]) {
    case 2:
        return fits(len == 4);
    case 3:
        return fits(len == 3);
    case 4:
        return fits(len == 2);
    case 5:
        return fits(len == 10 || len == 18 || len == 26 || len == 34);
    case 6:
    case 7:
        return fits(len == 6);
    case 8:
        return fits(len == 10);
    case 9:
        return fits(len == 2);
    case 10:
        return fits(len == 3);
    case 11:
    case 12:
    case 13:
        return fits(len == 6);
    case 14:
        return fits(len == 3);
    case 15:
    case 16:
    case 17:
        return TCPSEG_OPTION_OK;
    case 18:
        return fits(len == 3);
    case 19:
        return fits(len == 18);
    case 20:
        return fits(len == 4);
    case 21:
        return fits(len == 6);
    case 22:
    case 23:
        return fits(len == 2);
    case 24:
    case 26:
        return TCPSEG_OPTION_OK;
    case 27:
        return fits(len == 8);
    case 28:
        return fits(len == 4);
    case 29:
        return fits(len >= 4);
    case 30:
        return mptcp(p, len);
    case 34:
        return fits(len == 2 || even_from_to(len, 6, 18));
    case 69:
    case 172:
    case 174:
        return TCPSEG_OPTION_OK;
    case 253:
    case 254:
        return experiment(p, len);
    default:
        return TCPSEG_OPTION_RAW;
    }
}
