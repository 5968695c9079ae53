/* Every segment that there can be, for an analyser: any bytes, any lengths. */
#include <string.h>
#include <tcpseg/segment.h>

#include "__fc_builtin.h"

static tcpseg seg;
static uint8_t header[60];

/* FROM to TO: how many bytes there are, and not one more. Of 60 and more the
 * parser may read 60. */
void parse_any_segment(void)
{
    size_t captured = Frama_C_size_t_interval(60, SIZE_MAX);
    size_t length = Frama_C_size_t_interval(0, SIZE_MAX);

    Frama_C_make_unknown((char *)header, sizeof header);
    //@ loop unroll 60;
    for (size_t there = FROM; there < TO && there < 60; there++)
        tcpseg_parse(&seg, header + 60 - there, there, length);
    if (TO > 60)
        tcpseg_parse(&seg, header, captured, length);
}
