/* Which of two segments owns the bytes they share, while neither is in order: the
 * policies of tcpconn_config::overlap, as data. */
#include "queue_int.h"

/* How a new segment lies against an old one: the columns of the table. */
enum {
    ENDS_INSIDE,  /* begins before, ends inside */
    BEFORE_SAME,  /* begins before, ends with it */
    ENGULFS,      /* begins before, ends after */
    SHORTER,      /* begins with it, ends inside */
    EXACT,        /* the same range */
    LONGER,       /* begins with it, ends after */
    INSIDE,       /* begins after, ends inside */
    INSIDE_SAME,  /* begins inside, ends with it */
    BEGINS_INSIDE /* begins inside, ends after */
};

enum {
    N_CASES = BEGINS_INSIDE + 1,
    /* Equal ranges, and something older before them that they do not touch: the old
     * one. */
    ALONE = 1 << N_CASES
};

#define BIT(name) (1u << (name))
enum {
    NEW_BEFORE = BIT(ENDS_INSIDE) | BIT(BEFORE_SAME) | BIT(ENGULFS),
    NEW_LONGER = BIT(BEFORE_SAME) | BIT(ENGULFS) | BIT(LONGER),
    NEW_RIGHT = NEW_LONGER | BIT(EXACT) | BIT(BEGINS_INSIDE)
};

/* A bit for each case in which the new segment wins, by Suricata's reading and by
 * Snort's: they differ on three systems. */
/* clang-format off */
static const struct {
    const char *name;
    uint16_t wins[2];
} policies[] = {
    [TCPCONN_OVERLAP_LINUX]     = { "linux",     { NEW_BEFORE | BIT(LONGER), NEW_BEFORE | BIT(LONGER) } },
    [TCPCONN_OVERLAP_FIRST]     = { "first",     { 0, 0 } },
    [TCPCONN_OVERLAP_LAST]      = { "last",      { ALONE - 1, ALONE - 1 } },
    [TCPCONN_OVERLAP_BSD]       = { "bsd",       { NEW_BEFORE, NEW_BEFORE } },
    [TCPCONN_OVERLAP_MACOS]     = { "macos",     { NEW_BEFORE, NEW_BEFORE } },
    [TCPCONN_OVERLAP_WINDOWS]   = { "windows",   { NEW_BEFORE, NEW_BEFORE } },
    [TCPCONN_OVERLAP_VISTA]     = { "vista",     { 0, 0 } },
    [TCPCONN_OVERLAP_OLD_LINUX] = { "old-linux", { NEW_BEFORE | BIT(EXACT) | BIT(LONGER), NEW_BEFORE | BIT(EXACT) | BIT(LONGER) } },
    [TCPCONN_OVERLAP_IRIX]      = { "irix",      { NEW_BEFORE, NEW_BEFORE | BIT(LONGER) } },
    [TCPCONN_OVERLAP_HPUX10]    = { "hpux10",    { NEW_BEFORE, NEW_BEFORE | BIT(LONGER) } },
    [TCPCONN_OVERLAP_HPUX11]    = { "hpux11",    { NEW_RIGHT, NEW_RIGHT | ALONE } },
    [TCPCONN_OVERLAP_SOLARIS]   = { "solaris",   { NEW_RIGHT, NEW_RIGHT | ALONE } },
};
/* clang-format on */

_Static_assert(sizeof policies / sizeof *policies == TCPCONN_N_OVERLAPS,
               "a row for each policy");

/* -1, 0 or 1: where b is, seen from a. */
static int side(uint32_t a, uint32_t b)
{
    return a == b ? 0 : seq_lt(a, b) ? 1 : -1;
}

static unsigned case_of(uint32_t start, uint32_t end, const struct piece *old)
{
    static const uint8_t cases[3][3] = {
        {INSIDE, INSIDE_SAME, BEGINS_INSIDE},
        {SHORTER, EXACT, LONGER},
        {ENDS_INSIDE, BEFORE_SAME, ENGULFS},
    };

    return cases[side(start, old->start) + 1][side(old->end, end) + 1];
}

bool tcpsegp_overlap_new_wins(unsigned policy, uint32_t start, uint32_t end,
                              const struct piece *old, bool alone)
{
    unsigned reading = policy >> 7, which = case_of(start, end, old);
    unsigned wins = policies[policy & 0x7f].wins[reading];

    if (which == EXACT && alone && wins & ALONE)
        return false;
    return wins >> which & 1;
}

const char *tcpconn_overlap_name(int policy)
{
    unsigned row = (unsigned)policy & ~(unsigned)TCPCONN_OVERLAP_SNORT;

    return row < TCPCONN_N_OVERLAPS ? policies[row].name : NULL;
}
