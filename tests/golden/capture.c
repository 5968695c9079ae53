#include "capture.h"

static uint32_t number(const struct capture *c, const uint8_t *p)
{
    if (c->swapped)
        return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
               (uint32_t)p[2] << 8 | (uint32_t)p[3];
    return (uint32_t)p[3] << 24 | (uint32_t)p[2] << 16 | (uint32_t)p[1] << 8 |
           (uint32_t)p[0];
}

bool capture_open(struct capture *c, const char *path)
{
    uint8_t header[24];
    uint32_t magic;

    c->file = fopen(path, "rb");
    if (!c->file) {
        perror(path);
        return false;
    }
    c->swapped = fread(header, 1, 24, c->file) == 24 && header[0] == 0xa1;
    magic = number(c, header);
    if (magic != 0xa1b2c3d4 && magic != 0xa1b23c4d) {
        fprintf(stderr, "%s: not a classic pcap file\n", path);
        capture_close(c);
        return false;
    }
    c->unit = magic == 0xa1b2c3d4 ? 1000 : 1;
    c->linktype = number(c, header + 20) & 0x0fffffff;
    return true;
}

bool capture_next(struct capture *c)
{
    uint8_t header[16];

    if (fread(header, 1, 16, c->file) != 16)
        return false;
    c->now = number(c, header) * UINT64_C(1000000000) +
             (uint64_t)number(c, header + 4) * c->unit;
    c->captured = number(c, header + 8);
    c->length = number(c, header + 12);
    return c->captured <= CAPTURE_MAX &&
           fread(c->data, 1, c->captured, c->file) == c->captured;
}

void capture_close(struct capture *c)
{
    if (c->file)
        fclose(c->file);
    c->file = NULL;
}
