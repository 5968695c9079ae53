/* Writes the seeds of fuzz_checksum:
 *
 *     cc -Ifuzz -o /tmp/seeds fuzz/seeds/checksum.c
 *     /tmp/seeds fuzz/corpus/fuzz_checksum
 */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "checksum_input.h"

enum { MOST = 2048 };

/* Headers of 20 bytes unless said, from 192.0.2.1 or 2001:db8::1. */
static const struct seed {
    const char *name;
    unsigned how, align, status;
    unsigned split, edit, edit_len;
    unsigned length;
    uint8_t changed; /* each new byte */
    uint8_t payload; /* each byte of it */
} seeds[] = {
    {"nothing", 0, 0, 0, 0, 0, 0, 0, 0, 0},
    {"header-ipv4", 0, 0, CHECKSUM_FIELD_RIGHT, 10, 4, 4, 20, 0x55, 0},
    {"header-ipv6", CHECKSUM_IPV6, 2, CHECKSUM_FIELD_RIGHT, 6, 8, 4, 20, 0, 0},
    {"header-short", 0, 1, 0, 0, 0, 2, 19, 0, 0},
    {"odd-payload", 0, 3, CHECKSUM_FIELD_RIGHT, 20, 21, 1, 21, 0xff, 'x'},
    {"straight-127", 0, 2, CHECKSUM_FIELD_RIGHT, 64, 2, 2, 127, 0xff, 0xa5},
    {"vectors-128", 0, 2, CHECKSUM_FIELD_RIGHT, 64, 100, 8, 128, 1, 0xa5},
    {"vectors-511", 0, 31, CHECKSUM_FIELD_RIGHT, 32, 300, 7, 511, 1, 0xfe},
    {"full-1460", 0, 2, CHECKSUM_FIELD_RIGHT, 730, 700, 8, 1460, 0, 0x5a},
    {"full-1461-odd-address", CHECKSUM_IPV6, 7, CHECKSUM_FIELD_RIGHT, 1460,
     1400, 6, 1461, 0xff, 0x5a},
    {"field-zero", 0, 0, CHECKSUM_FIELD_ZERO, 0, 0, 0, 60, 0, 'y'},
    {"field-ffff", 0, 0, CHECKSUM_FIELD_FFFF, 0, 0, 0, 60, 0, 'y'},
    {"field-offload", 0, 0, CHECKSUM_FIELD_OFFLOAD, 0, 0, 0, 60, 0, 'y'},
    {"field-offload-no-length", 0, 0, CHECKSUM_FIELD_NO_LENGTH, 0, 0, 0, 60, 0,
     'y'},
    {"field-offload-ipv6", CHECKSUM_IPV6, 0, CHECKSUM_FIELD_OFFLOAD, 0, 0, 0,
     60, 0, 'y'},
    {"field-wrong", 0, 0, CHECKSUM_FIELD_AS_IS, 0, 0, 0, 60, 0, 'y'},
    {"fragment", CHECKSUM_FRAGMENT, 0, CHECKSUM_FIELD_RIGHT, 0, 0, 0, 60, 0,
     'y'},
    {"udp", CHECKSUM_UDP, 0, 0, 8, 0, 2, 33, 0, 'z'},
    {"all-ones", 0, 4, CHECKSUM_FIELD_AS_IS, 100, 30, 8, 300, 0, 0xff},
    {"all-zeros", CHECKSUM_IPV6, 6, CHECKSUM_FIELD_RIGHT, 100, 30, 8, 300, 0xff,
     0},
};

static size_t make(uint8_t out[MOST], const struct seed *s)
{
    static const uint8_t ipv4[2][4] = {{192, 0, 2, 1}, {198, 51, 100, 2}};
    static const uint8_t header[20] = {0xc0, 0x00, 0x01, 0xbb, 1, 2,    3,
                                       4,    5,    6,    7,    8, 0x50, 0x18,
                                       0xfa, 0xf0, 0x12, 0x34, 0, 0};
    uint8_t *data = out + CHECKSUM_INPUT_DATA;

    memset(out, 0, CHECKSUM_INPUT_DATA);
    out[CHECKSUM_INPUT_HOW] = (uint8_t)s->how;
    out[CHECKSUM_INPUT_ALIGN] = (uint8_t)s->align;
    out[CHECKSUM_INPUT_SPLIT] = (uint8_t)(s->split >> 8);
    out[CHECKSUM_INPUT_SPLIT + 1] = (uint8_t)s->split;
    out[CHECKSUM_INPUT_EDIT] = (uint8_t)(s->edit >> 8);
    out[CHECKSUM_INPUT_EDIT + 1] = (uint8_t)s->edit;
    out[CHECKSUM_INPUT_LEN] = (uint8_t)s->edit_len;
    out[CHECKSUM_INPUT_STATUS] = (uint8_t)s->status;
    memset(out + CHECKSUM_INPUT_NEW, s->changed, 8);
    if (s->how & CHECKSUM_IPV6) {
        memcpy(out + CHECKSUM_INPUT_SRC, "\x20\x01\x0d\xb8", 4);
        memcpy(out + CHECKSUM_INPUT_DST, "\x20\x01\x0d\xb8", 4);
        out[CHECKSUM_INPUT_SRC + 15] = 1;
        out[CHECKSUM_INPUT_DST + 15] = 2;
    } else {
        memcpy(out + CHECKSUM_INPUT_SRC, ipv4[0], 4);
        memcpy(out + CHECKSUM_INPUT_DST, ipv4[1], 4);
    }
    memset(data, s->payload, s->length);
    memcpy(data, header, s->length < sizeof header ? s->length : sizeof header);
    return CHECKSUM_INPUT_DATA + s->length;
}

int main(int argc, char **argv)
{
    for (size_t i = 0; argc == 2 && i < sizeof seeds / sizeof *seeds; i++) {
        uint8_t out[MOST];
        size_t size = make(out, &seeds[i]);
        char path[4096];
        FILE *file;

        snprintf(path, sizeof path, "%s/%s", argv[1], seeds[i].name);
        file = fopen(path, "wb");
        if (file == NULL || fwrite(out, 1, size, file) != size ||
            fclose(file) != 0) {
            perror(path);
            return 1;
        }
    }
    return argc != 2;
}
