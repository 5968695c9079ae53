/* Sequence arithmetic: RFC 9293 section 3.4. */
#include <criterion/criterion.h>

#include "seq.h"

Test(seq, less_than_walks_up_to_half_the_circle)
{
    static const uint32_t starts[] = {0,          1,          0x7fffffff,
                                      0x80000000, 0xfffffff0, 0xffffffff};

    for (size_t i = 0; i < sizeof starts / sizeof *starts; i++) {
        uint32_t a = starts[i];

        cr_expect(!seq_lt(a, a));
        cr_expect(seq_le(a, a));
        cr_expect(seq_lt(a, a + 1));
        cr_expect(!seq_lt(a + 1, a));
        cr_expect(seq_lt(a, a + 0x7fffffff));
        cr_expect(!seq_lt(a + 0x7fffffff, a));
    }
}

Test(seq, half_the_circle_apart_is_before_neither)
{
    cr_expect(!seq_lt(0, 0x80000000));
    cr_expect(!seq_lt(0x80000000, 0));
    cr_expect(!seq_le(5, 0x80000005));
    cr_expect(!seq_le(0x80000005, 5));
}

Test(seq, between_includes_both_ends)
{
    cr_expect(seq_between(10, 10, 20));
    cr_expect(seq_between(10, 20, 20));
    cr_expect(!seq_between(10, 21, 20));
    cr_expect(!seq_between(10, 9, 20));
    cr_expect(seq_between(0xfffffff0, 5, 10));
    cr_expect(!seq_between(0xfffffff0, 11, 10));
}

Test(seq, max_is_the_later_one)
{
    cr_expect_eq(seq_max(1, 2), 2);
    cr_expect_eq(seq_max(0xffffffff, 2), 2);
    cr_expect_eq(seq_max(2, 0xffffffff), 2);
}
