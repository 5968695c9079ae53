/* The two hashes. */
#include "traffic.h"

Test(hash, both_directions_are_one)
{
    const uint64_t seed[2] = {7, 8};

    for (uint32_t i = 0; i < 1000; i++) {
        struct pair p = pair_of(i);
        tcptable_tuple a, b;

        p.b = i * 2654435761u;
        p.family = i & 1 ? 4 : 6;
        a = tuple_of(&p, false);
        b = tuple_of(&p, true);
        cr_assert_eq(tcptable_hash(&a, seed), tcptable_hash(&b, seed));
        b.zone = 1;
        cr_assert_neq(tcptable_hash(&a, seed), tcptable_hash(&b, seed));
    }
}

Test(hash, another_seed_shares_nothing)
{
    const uint64_t seeds[2][2] = {{7, 8}, {7, 9}};
    unsigned same = 0;

    for (uint32_t i = 0; i < 4096; i++) {
        struct pair p = pair_of(i);
        tcptable_tuple t = tuple_of(&p, false);

        same += tcptable_hash(&t, seeds[0]) >> 20 ==
                tcptable_hash(&t, seeds[1]) >> 20;
    }
    cr_assert_leq(same, 8); /* 1 is to be expected */
}

Test(hash, spreads_neighbours_evenly)
{
    enum { N = 65536, BOXES = 256 };
    static unsigned boxes[2][BOXES];
    const uint64_t seed[2] = {1, 2};

    for (uint32_t i = 0; i < N; i++) {
        struct pair p = pair_of(i);
        tcptable_tuple t = tuple_of(&p, false);
        uint32_t hash = tcptable_hash(&t, seed);

        boxes[0][hash >> 24]++;
        boxes[1][hash & 255]++;
    }
    for (int k = 0; k < 2; k++)
        for (int i = 0; i < BOXES; i++) /* 256 each, six sigma */
            cr_assert(boxes[k][i] > 160 && boxes[k][i] < 352, "%u",
                      boxes[k][i]);
}

/* The verification suite for network cards that Microsoft publishes. */
Test(hash, toeplitz_as_network_cards)
{
    static const uint8_t key[40] = {
        0x6d, 0x5a, 0x56, 0xda, 0x25, 0x5b, 0x0e, 0xc2, 0x41, 0x67,
        0x25, 0x3d, 0x43, 0xa3, 0x8f, 0xb0, 0xd0, 0xca, 0x2b, 0xcb,
        0xae, 0x7b, 0x30, 0xb4, 0x77, 0xcb, 0x2d, 0xa3, 0x80, 0x30,
        0xf2, 0x0c, 0x6a, 0x42, 0xb7, 0x3b, 0xbe, 0xac, 0x01, 0xfa};
    static const struct {
        uint32_t src, dst;
        uint16_t src_port, dst_port;
        uint32_t hash;
    } rows[] = {
        {0x420995bb, 0xa18e6450, 2794, 1766, 0x51ccc178},
        {0xc75c6f02, 0x41458c53, 14230, 4739, 0xc626b0ea},
        {0x1813c65f, 0x0c16cfb8, 12898, 38024, 0x5c2b394a},
    };
    uint8_t twice[52];

    for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct pair p = {rows[i].src,      rows[i].dst, rows[i].src_port,
                         rows[i].dst_port, 4,           0};
        tcptable_tuple t = tuple_of(&p, false);

        cr_assert_eq(tcptable_toeplitz(&t, key, sizeof key), rows[i].hash);
        cr_assert_eq(tcptable_toeplitz(&t, key, 15), 0);
    }
    for (unsigned i = 0; i < sizeof twice; i += 2)
        twice[i] = 0x6d, twice[i + 1] = 0x5a;
    for (uint32_t i = 0; i < 100; i++) {
        struct pair p = pair_of(i);
        tcptable_tuple a, b;

        p.family = i & 1 ? 4 : 6;
        a = tuple_of(&p, false);
        b = tuple_of(&p, true);
        cr_assert_eq(tcptable_toeplitz(&a, twice, sizeof twice),
                     tcptable_toeplitz(&b, twice, sizeof twice));
    }
}
