/* Writes the seeds of fuzz_stream:
 *
 *     cc -Ifuzz -o /tmp/seeds fuzz/seeds/stream.c
 *     /tmp/seeds fuzz/corpus/fuzz_stream
 */
#include <stdint.h>
#include <stdio.h>

enum { MOST = 16, RECORD = 4, BEHIND = 8 };

/* The first record. */
#define START(policy, how, scale, iss)                                         \
    {                                                                          \
        policy, how, scale, iss                                                \
    }
/* `from` units behind the bytes in order, one byte and so many units long. */
#define TEXT(from, units)                                                      \
    {                                                                          \
        0, BEHIND + (from), units, 0                                           \
    }
#define LIES(from, units)                                                      \
    {                                                                          \
        0, BEHIND + (from), units, 0x55                                        \
    }
#define ACK(units)                                                             \
    {                                                                          \
        7, units, 0, 0                                                         \
    }

enum {
    ON_ACK = 1,
    SWAPPED = 2,
    SNORT = 0x80,
    BYTES = 0,
    SEVENS = 2,
    PAGES = 3
};

static const struct seed {
    const char *name;
    uint8_t records[MOST][RECORD];
    unsigned n;
} seeds[] = {
    {"in-order", {START(0, 0, PAGES, 0), TEXT(0, 4), TEXT(0, 4), ACK(8)}, 4},
    {"in-order-on-ack",
     {START(0, ON_ACK, PAGES, 1), TEXT(0, 4), TEXT(0, 4), ACK(3), ACK(9)},
     5},
    {"reverse",
     {START(0, SWAPPED, SEVENS, 2), TEXT(9, 2), TEXT(6, 2), TEXT(3, 2),
      TEXT(0, 2)},
     5},
    {"across-pages",
     {START(1, 0, PAGES, 3), TEXT(1, 15), TEXT(18, 15), LIES(10, 12),
      TEXT(0, 15), TEXT(0, 15)},
     6},
    {"gap-acknowledged",
     {START(0, 0, SEVENS, 4), TEXT(4, 4), TEXT(12, 2), ACK(30)},
     4},
    {"gap-acknowledged-on-ack",
     {START(0, ON_ACK, SEVENS, 5), TEXT(4, 4), TEXT(0, 1), ACK(30)},
     4},
    {"engulfs-last",
     {START(2, 0, SEVENS, 6), TEXT(4, 4), LIES(2, 12), TEXT(0, 4)},
     4},
    {"inside-last",
     {START(2, 0, SEVENS, 7), TEXT(2, 12), LIES(4, 4), TEXT(0, 4)},
     4},
    {"exact-old-linux",
     {START(7, 0, SEVENS, 8), TEXT(2, 4), LIES(2, 4), TEXT(0, 2)},
     4},
    {"exact-detached-solaris",
     {START(11 | SNORT, 0, SEVENS, 9), TEXT(2, 1), TEXT(5, 2), LIES(5, 2),
      TEXT(0, 4)},
     5},
    {"longer-irix-snort",
     {START(8 | SNORT, 0, SEVENS, 10), TEXT(2, 3), LIES(2, 6), TEXT(0, 4)},
     4},
    {"longer-irix",
     {START(8, 0, SEVENS, 11), TEXT(2, 3), LIES(2, 6), TEXT(0, 4)},
     4},
    {"lies-in-order-on-ack",
     {START(2, ON_ACK, SEVENS, 12), TEXT(0, 4), LIES(-4, 8), ACK(60)},
     4},
    {"many-islands",
     {START(0, 0, BYTES, 13), TEXT(1, 0), TEXT(3, 0), TEXT(5, 0), TEXT(7, 0),
      TEXT(9, 0), TEXT(11, 0), LIES(2, 12), TEXT(0, 1), ACK(40)},
     10},
};

int main(int argc, char **argv)
{
    for (size_t i = 0; argc == 2 && i < sizeof seeds / sizeof *seeds; i++) {
        size_t size = (size_t)seeds[i].n * RECORD;
        char path[4096];
        FILE *file;

        snprintf(path, sizeof path, "%s/%s", argv[1], seeds[i].name);
        file = fopen(path, "wb");
        if (file == NULL || fwrite(seeds[i].records, 1, size, file) != size ||
            fclose(file) != 0) {
            perror(path);
            return 1;
        }
    }
    return argc != 2;
}
