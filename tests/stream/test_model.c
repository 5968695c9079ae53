/* Random schedules against a naive model: every byte, under every policy and both ways
 * of delivery. */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "../../fuzz/stream_run.h"

enum { MOST_RECORDS = 33 };

static uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state * UINT64_C(0x2545f4914f6cdd1d);
}

/* A million; a tenth of that if TCPSEG_LONG is 0. Each part is a process of its own. */
static void run_part(unsigned part, unsigned parts)
{
    static struct stream_run run;
    const char *wish = getenv("TCPSEG_LONG");
    unsigned schedules = wish && wish[0] == '0' ? 100000 : 1000000;
    uint64_t state = UINT64_C(0x9e3779b97f4a7c15) * (part + 1);

    for (unsigned i = part; i < schedules; i += parts) {
        uint8_t bytes[STREAM_RECORD * MOST_RECORDS];
        size_t n = 2 + next_random(&state) % (MOST_RECORDS - 1);
        const char *wrong;

        for (size_t at = 0; at < n * STREAM_RECORD; at++)
            bytes[at] = (uint8_t)(next_random(&state) >> 40);
        bytes[0] = (uint8_t)(i % TCPCONN_N_OVERLAPS | (i & 16) << 3);
        wrong = stream_schedule(&run, bytes, n * STREAM_RECORD);
        if (!wrong)
            continue;
        for (size_t at = 0; at < n * STREAM_RECORD; at++)
            fprintf(stderr, "%02x%s", bytes[at],
                    at % STREAM_RECORD == STREAM_RECORD - 1 ? "\n" : "");
        cr_assert_fail("schedule %u: %s", i, wrong);
    }
}

enum { PARTS = 4 };

Test(model, schedules_part_1)
{
    run_part(0, PARTS);
}
Test(model, schedules_part_2)
{
    run_part(1, PARTS);
}
Test(model, schedules_part_3)
{
    run_part(2, PARTS);
}
Test(model, schedules_part_4)
{
    run_part(3, PARTS);
}
