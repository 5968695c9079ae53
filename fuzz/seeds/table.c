/* Writes the seeds of fuzz_table:
 *
 *     cc -Ifuzz -o /tmp/seeds fuzz/seeds/table.c
 *     /tmp/seeds fuzz/corpus/fuzz_table
 */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { FIN = 1, SYN = 2, RST = 4, PSH = 8, ACK = 16 };
enum { FEED = 0, TICK = 12, REMOVE = 13, MOVE = 14 };
enum { BACK = 0x80, MOST = 4096 }; /* added to a tuple: the other direction */

/* The input so far. */
static uint8_t bytes[MOST];
static size_t n;

static void begin(uint8_t how)
{
    bytes[0] = how;
    n = 1;
}

static void add(uint8_t op, uint8_t tuple, uint8_t flags, uint8_t len,
                uint8_t time, uint8_t shift)
{
    const uint8_t record[] = {op, tuple, flags, 0, 0, len, time, shift};

    memcpy(bytes + n, record, sizeof record);
    n += sizeof record;
}

static void shake(uint8_t tuple)
{
    add(FEED, tuple, SYN, 1, 1, 20);
    add(FEED, tuple | BACK, SYN | ACK, 1, 1, 20);
    add(FEED, tuple, ACK, 0, 1, 20);
    add(FEED, tuple | BACK, ACK, 0, 1, 20);
}

static void part(uint8_t tuple)
{
    add(FEED, tuple, FIN | ACK, 0, 1, 20);
    add(FEED, tuple | BACK, FIN | ACK, 0, 1, 20);
    add(FEED, tuple, ACK, 0, 1, 20);
}

static int save(const char *directory, const char *name)
{
    char path[512];
    FILE *file;

    snprintf(path, sizeof path, "%s/%s", directory, name);
    file = fopen(path, "wb");
    if (!file || fwrite(bytes, 1, n, file) != n || fclose(file)) {
        perror(path);
        return 1;
    }
    return 0;
}

static void from_handshake_to_time_out(void)
{
    begin(3);
    shake(0);
    add(FEED, 0, ACK | PSH, 100, 1, 20);
    part(0);
    add(TICK, 0, 0, 0, 15, 37);
}

static void syns_from_everywhere(void)
{
    begin(1);
    shake(1);
    shake(2);
    for (uint8_t i = 3; i < 24; i++)
        add(FEED, i, SYN, 1, 1, 10);
    for (uint8_t i = 3; i < 24; i += 2)
        add(FEED, i | BACK, SYN | ACK, 1, 1, 10);
    add(FEED, 1, ACK | PSH, 10, 1, 20);
}

static void text_from_nowhere(void)
{
    begin(1);
    shake(1);
    shake(2);
    for (uint8_t i = 3; i < 24; i++)
        add(FEED, i, ACK | PSH, 10, 1, 10);
    add(FEED, 1, ACK | PSH, 10, 1, 20);
}

static void more_proven_than_places(void)
{
    begin(2);
    for (uint8_t i = 0; i < 8; i++)
        shake(i);
    add(FEED, 7, FIN | ACK, 0, 1, 20);
    for (uint8_t i = 8; i < 12; i++)
        shake(i);
}

static void few_places_for_ipv6(void)
{
    begin(32 | 3);
    for (uint8_t i = 0; i < 24; i += 3)
        add(FEED, i, ACK, 5, 1, 20);
    shake(0);
}

static void a_crowd_in_a_hurry(void)
{
    begin(64 | 8);
    for (uint8_t i = 0; i < 12; i++)
        add(FEED, i, ACK, 5, 15, 30);
    for (uint8_t i = 12; i < 18; i++)
        add(FEED, i, SYN, 0, 15, 32);
}

static void moved_and_removed(void)
{
    begin(4);
    shake(5);
    add(MOVE, 0, 0, 0, 0, 0);
    add(FEED, 6, SYN, 0, 1, 20);
    add(MOVE, 0, 0, 0, 0, 0);
    add(FEED, 6 | BACK, SYN | ACK, 0, 1, 20);
    add(REMOVE, 5, 0, 0, 0, 0);
    add(FEED, 5, SYN, 0, 1, 20);
}

static void ports_used_again(void)
{
    begin(5);
    shake(4);
    add(FEED, 4, RST, 0, 1, 20);
    add(FEED, 4, SYN, 1, 1, 20);
    add(FEED, 4 | BACK, RST | ACK, 0, 1, 20);
    add(FEED, 4, SYN, 1, 15, 37);
}

/* Crowded or not, of those equally quiet the first in line goes first. */
static void a_crowd_stays_in_line(void)
{
    begin(64 | 16);
    for (uint8_t i = 0; i < 12; i++)
        add(FEED, i, ACK, 5, 0, 0);
}

/* What comes to its end in a crowd, but in its own time, was not hurried. */
static void a_crowd_without_hurry(void)
{
    begin(64 | 8);
    add(FEED, 11, ACK, 5, 15, 20);
    add(FEED, 12, SYN, 0, 15, 32);
    add(FEED, 13, SYN, 0, 15, 33);
    add(TICK, 0, 0, 1, 0, 0);
    add(FEED, 14, SYN, 0, 15, 33);
}

/* A SYN of IPv6 where IPv6 has no place at all. */
static void no_place_for_ipv6(void)
{
    begin(128 | 32 | 8 | 3);
    add(FEED, 1, SYN, 0, 1, 20);
    add(FEED, 2, SYN, 0, 1, 20);
    for (uint8_t i = 0; i < 9; i += 3)
        add(FEED, i, SYN, 0, 1, 20);
}

/* More are due than one call sees to, and one of the rest is found by a segment that
 * begins nothing. */
static void found_after_its_time(void)
{
    begin(5);
    for (uint8_t i = 1; i < 7; i++)
        add(FEED, i, ACK, 5, 1, 20);
    for (uint8_t i = 1; i < 7; i++)
        add(FEED, i, RST, 0, i == 1 ? 15 : 0, 37);
    add(TICK, 0, 0, 0, 1, 31);
    add(TICK, 0, 0, 0, 15, 37);
}

/* More than are looked at to find the quietest. */
static void the_quietest_of_some(void)
{
    begin(6);
    for (uint8_t i = 0; i < 20; i++)
        shake(i);
    for (uint8_t i = 0; i < 20; i += 2)
        add(FEED, i, ACK | PSH, 10, 1, 20);
    for (uint8_t i = 20; i < 50; i++)
        shake(i);
}

static const struct seed {
    const char *name;
    void (*write)(void);
} seeds[] = {
    {"from-handshake-to-time-out", from_handshake_to_time_out},
    {"syns-from-everywhere", syns_from_everywhere},
    {"text-from-nowhere", text_from_nowhere},
    {"more-proven-than-places", more_proven_than_places},
    {"few-places-for-ipv6", few_places_for_ipv6},
    {"a-crowd-in-a-hurry", a_crowd_in_a_hurry},
    {"moved-and-removed", moved_and_removed},
    {"ports-used-again", ports_used_again},
    {"a-crowd-stays-in-line", a_crowd_stays_in_line},
    {"a-crowd-without-hurry", a_crowd_without_hurry},
    {"no-place-for-ipv6", no_place_for_ipv6},
    {"found-after-its-time", found_after_its_time},
    {"the-quietest-of-some", the_quietest_of_some},
};

int main(int argc, char **argv)
{
    int failed = 0;

    if (argc != 2) {
        fprintf(stderr, "usage: %s DIRECTORY\n", argv[0]);
        return 2;
    }
    for (size_t i = 0; i < sizeof seeds / sizeof *seeds; i++) {
        seeds[i].write();
        failed |= save(argv[1], seeds[i].name);
    }
    return failed;
}
