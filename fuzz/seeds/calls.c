/* Writes the seeds of fuzz_calls: usage: calls DIRECTORY
 *
 * A seed for each function or family, in the order of fuzz_calls.c, with every object,
 * size, number and missing pointer in turn; one argument is odd at a time. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "calls_input.h"

/* What calls read: an IPv4 packet in Ethernet with a SYN and its options; a datagram; an
 * error that quotes a segment. */
static const uint8_t syn[] =
    "\x02\0\0\0\0\2\x02\0\0\0\0\1\x08\0"
    "\x45\0\0\x3c\0\1\0\0\x40\6\0\0\x0a\0\0\1\x0a\0\0\2"
    "\xaa\x5a\0\x50\x58\xab\x13\x6c\0\0\0\0\xa0\2\xfa\xf0\x29\x85\0\0"
    "\2\4\5\xb4\4\2\x08\x0a\x0c\xf5\xeb\x33\0\0\0\0\1\3\3\x0a";
static const uint8_t header[] =
    "\xaa\x5a\0\x50\x58\xab\x13\x6c\0\0\0\0\xa0\2\xfa\xf0\x29\x85\0\0"
    "\2\4\5\xb4\4\2\x08\x0a\x0c\xf5\xeb\x33\0\0\0\0\1\3\3\x0atext";
static const uint8_t datagram[] = "\x12\x34\0\x35\0\x0c\xab\xcd"
                                  "text";
static const uint8_t error[] =
    "\x02\0\0\0\0\2\x02\0\0\0\0\1\x08\0"
    "\x45\0\0\x38\0\1\0\0\x40\1\0\0\x0a\0\0\2\x0a\0\0\1"
    "\3\4\0\0\0\0\5\0"
    "\x45\0\0\x3c\0\1\0\0\x40\6\0\0\x0a\0\0\1\x0a\0\0\2"
    "\xaa\x5a\0\x50\x58\xab\x13\x6c";

#define BYTES(array) array, sizeof(array) - 1

enum { PARSE = 1, LOCATE = 2, FEED = 14, FEED_TABLE = 22 };

/* In the order of fuzz_calls.c. */
static const struct {
    const char *name;
    const uint8_t *bytes;
    size_t n;
} families[] = {
    {"names", BYTES(syn)},
    {"parse", BYTES(header)},
    {"locate", BYTES(syn)},
    {"udp", BYTES(datagram)},
    {"icmp", BYTES(error)},
    {"checksum", BYTES(header)},
    {"build", BYTES(header)},
    {"put-option", BYTES(header)},
    {"decode-option", BYTES(header)},
    {"walk-options", BYTES(header)},
    {"config", BYTES(header)},
    {"env", BYTES(header)},
    {"conn", BYTES(header)},
    {"pool", BYTES(header)},
    {"feed", BYTES(header)},
    {"conn-icmp", BYTES(header)},
    {"tick", BYTES(header)},
    {"end", BYTES(header)},
    {"ask-conn", BYTES(header)},
    {"save", BYTES(header)},
    {"pull", BYTES(header)},
    {"table", BYTES(syn)},
    {"feed-table", BYTES(syn)},
    {"ask-table", BYTES(syn)},
    {"change-table", BYTES(syn)},
};

static FILE *file;

static void record(unsigned op, const uint8_t arguments[CALLS_RECORD])
{
    uint8_t bytes[CALLS_RECORD];

    memcpy(bytes, arguments, sizeof bytes);
    bytes[CALLS_OP] = (uint8_t)op;
    fwrite(bytes, 1, sizeof bytes, file);
}

/* One argument at a time takes each of its values; the others are as they should be. */
static void vary(unsigned op, const uint8_t usual[CALLS_RECORD])
{
    static const uint8_t values[] = {
        0,  1,  2,  3,   4,   5,   6,   7,   8,   9,   10,  16,  30, 33,
        34, 64, 69, 100, 127, 128, 132, 150, 172, 192, 200, 253, 255};

    for (unsigned at = CALLS_WHO; at < CALLS_RECORD; at++) {
        uint8_t arguments[CALLS_RECORD];

        memcpy(arguments, usual, sizeof arguments);
        if (at == CALLS_WHO) {
            for (unsigned who = 0; who < 16; who++) {
                arguments[at] = (uint8_t)(who / 4 << 4 | who % 4);
                record(op, arguments);
            }
            continue;
        }
        for (unsigned i = 0; i < sizeof values; i++) {
            arguments[at] = values[i];
            record(op, arguments);
        }
    }
}

static void write_seed(const char *directory, unsigned op)
{
    static const uint8_t usual[][CALLS_RECORD] = {
        {0, 0x22, 0, 0, 0, 0, 0, 0},
        {0, 0x33, 0, 1, 1, 1, 1, 0},
        {0, 0x33, 0, 2, 2, 12, 0, 0},
    };
    char path[4096];
    uint8_t length = (uint8_t)families[op].n;

    snprintf(path, sizeof path, "%s/%s", directory, families[op].name);
    file = fopen(path, "wb");
    if (!file) {
        perror(path);
        exit(1);
    }
    fwrite(&length, 1, 1, file);
    fwrite(families[op].bytes, 1, families[op].n, file);
    for (unsigned i = 0; i < sizeof usual / sizeof *usual; i++) {
        record(op < 15 || op > 20 ? LOCATE : PARSE, usual[0]);
        record(op == FEED_TABLE || op > 22 ? FEED_TABLE : FEED, usual[1]);
        vary(op, usual[i]);
    }
    fclose(file);
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fputs("usage: calls DIRECTORY\n", stderr);
        return 2;
    }
    for (unsigned op = 0; op < sizeof families / sizeof *families; op++)
        write_seed(argv[1], op);
    return 0;
}
