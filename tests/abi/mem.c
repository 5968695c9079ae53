/* lib/freestanding.c against the C library: every length, distance and alignment
 * up to a few words, and the bytes around left alone. */
#include <stdio.h>
#include <string.h>

/* As the build renames them, so that both can be in one program. */
void *free_memcpy(void *restrict to, const void *restrict from, size_t len);
void *free_memmove(void *to, const void *from, size_t len);
void *free_memset(void *to, int byte, size_t len);
int free_memcmp(const void *a, const void *b, size_t len);

enum { ROOM = 96, MOST = 40 };

static unsigned char ours[ROOM], theirs[ROOM];

static void fill(void)
{
    for (int i = 0; i < ROOM; i++)
        ours[i] = theirs[i] = (unsigned char)(i * 37 + 11);
}

static int differ(void)
{
    return memcmp(ours, theirs, ROOM) != 0;
}

static int move_fails(void)
{
    int wrong = 0;

    for (size_t len = 0; len <= MOST; len++) {
        for (size_t to = 0; to < ROOM - MOST; to++) {
            fill();
            memmove(theirs + to, theirs + 20, len);
            wrong += free_memmove(ours + to, ours + 20, len) != ours + to;
            wrong += differ();
        }
    }
    return wrong;
}

static int copy_fails(void)
{
    static const unsigned char from[] =
        "forty bytes to copy from, and a few more to start off them";
    int wrong = 0;

    for (size_t len = 0; len <= MOST; len++) {
        for (size_t shift = 0; shift < 9; shift++) {
            fill();
            memcpy(theirs + 8 - shift, from + shift, len);
            wrong += free_memcpy(ours + 8 - shift, from + shift, len) !=
                     ours + 8 - shift;
            wrong += differ();
        }
    }
    return wrong;
}

static int set_fails(void)
{
    int wrong = 0;

    for (size_t len = 0; len <= MOST; len++) {
        for (int byte = -1; byte < 300; byte += 7) {
            fill();
            memset(theirs + 3, byte, len);
            wrong += free_memset(ours + 3, byte, len) != ours + 3;
            wrong += differ();
        }
    }
    return wrong;
}

static int sign(int n)
{
    return (n > 0) - (n < 0);
}

static int compare_fails(void)
{
    int wrong = 0;

    for (size_t at = 0; at < MOST; at++) {
        for (int byte = 0; byte < 256; byte++) {
            fill();
            ours[at] = (unsigned char)byte;
            for (size_t len = 0; len <= MOST; len++)
                wrong += sign(free_memcmp(ours, theirs, len)) !=
                         sign(memcmp(ours, theirs, len));
        }
    }
    return wrong;
}

int main(void)
{
    static const struct {
        const char *name;
        int (*fails)(void);
    } tests[] = {
        {"memmove", move_fails},
        {"memcpy", copy_fails},
        {"memset", set_fails},
        {"memcmp", compare_fails},
    };
    int failures = 0;

    for (int i = 0; i < 4; i++) {
        int wrong = tests[i].fails();

        failures += wrong != 0;
        printf("%sok %d - freestanding %s: %d differences\n",
               wrong ? "not " : "", i + 1, tests[i].name, wrong);
    }
    printf("1..4\n");
    return failures != 0;
}
