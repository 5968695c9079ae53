/* Streams against a naive model: schedules of overlapping segments and ACKs, under
 * every policy and both ways of delivery. The input: stream_run.h. */
#include "stream_run.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct stream_run run;
    const char *wrong = stream_schedule(&run, data, size);

    if (wrong) {
        fprintf(stderr, "%s\n", wrong);
        abort();
    }
    return 0;
}
