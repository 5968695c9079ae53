/* A table from the inside: arrays in one block, and numbers in place of pointers. */
#ifndef TCPSEG_LIB_TABLE_INT_H
#define TCPSEG_LIB_TABLE_INT_H

#include "bytes.h"
#include "opening.h"
#include "standing.h"

#include <tcpseg/table.h>

enum {
    TABLE_MAGIC = 0x62617401, /* "tab" in memory on most hosts, and a layout */
    ENTRIES = 12,             /* of a bucket */
    N_LEVELS = 4,
    LEVEL_SLOTS = 64,
    N_SLOTS = N_LEVELS * LEVEL_SLOTS,
    TICK_SHIFT = 28, /* a tick is a quarter of a second */
    BURST = 16       /* packets between the stages of one */
};

/* What an index of a bucket names. */
#define NOBODY   UINT32_MAX
#define IS_HALF  (UINT32_C(1) << 31)
#define IS_ALIAS (UINT32_C(1) << 30)

/* One cache line. A tag of 0 is a free entry. */
struct bucket {
    uint8_t tag[ENTRIES];
    uint32_t passed; /* entries that would be here or before, and are behind */
    uint32_t index[ENTRIES];
};

/* Who it is. IPv4: the lower and the upper endpoint's address, their ports, the zone.
 * IPv6: its number in `wide` in place of the addresses. */
struct place {
    uint32_t word[4];
    uint32_t serial; /* with the hash, a tcptable_id */
};

/* bits */
enum {
    BIT_SIX = 1,   /* IPv6 */
    BIT_UPPER = 2, /* endpoint 0 is the upper one */
    BIT_TAKEN = 4,
    BIT_TIMED = 8 /* it is in a slot of the wheel */
};

/* A connection's place; the connection itself is beside it, in conns. */
struct cell {
    struct place place;
    uint32_t alias;   /* its number + 1, or 0 */
    uint32_t changed; /* round in which it was fed last */
    uint8_t bits;
    uint8_t rank;      /* TCPTABLE_ */
    uint8_t slot;      /* of the wheel, with BIT_TIMED */
    uint8_t situation; /* what its time-out was computed for */
};

/* Neighbours in a list. */
struct link {
    uint32_t next, prev;
};

/* Of a connection, in the list of its slot, and of its rank; free cells are in one by
 * `turn`. */
struct links {
    struct link turn, rank;
};

/* A half-open connection: its SYN. Free ones are in a list by `age`. */
struct half {
    struct place place;
    struct opening opening;
    uint64_t time;
    struct link age;
};

/* Two IPv6 addresses, the lower endpoint's first. */
struct wide {
    uint8_t address[2][16];
};

/* The second tuple of a connection. */
struct alias {
    struct place place;
    uint32_t record;
    uint32_t delta[2];
    uint8_t bits;
    uint8_t reserved[3];
};

struct list {
    uint32_t first, last, count;
};

/* Timers, by when they are due: a slot of level 0 is one tick, one of each other
 * level all slots of the level below. */
struct wheel {
    uint64_t now;              /* in ticks; what is due before was seen to */
    uint64_t filled[N_LEVELS]; /* slots that are not empty */
    uint32_t first[N_SLOTS];
};

/* A packet, located and parsed. */
struct parsed {
    tcpseg_frame frame; /* unless it is plain */
    tcpseg seg;
    uint32_t offset; /* of the segment in its frame */
    uint32_t flags;  /* TCPTABLE_IS_: 0 is no segment */
};

/* A packet's endpoints in order, so that both directions say the same. */
struct name {
    uint32_t word[4];
    struct wide wide;
    uint32_t hash;
    uint8_t six;   /* BIT_SIX or 0 */
    uint8_t upper; /* 1: the upper endpoint is its sender */
    bool again;    /* in a burst: as the one before */
};

/* A packet between the stages of a burst, who it is, and who seems to have it. */
struct slot {
    struct parsed parsed;
    struct name name;
    uint32_t guess;
};

/* How many of what there are, and where: bytes from the table's first. Never changed
 * once it is made. */
struct shape {
    uint64_t size;
    uint64_t seed[2];
    uint64_t guests, buckets, cells, links, conns, halves, wides, aliases;
    uint32_t n_buckets, n_cells, n_halves, n_wides, n_aliases;
    uint32_t conn_size;
    uint32_t connections; /* that may be proven */
    uint32_t most_six;    /* that may be IPv6 */
    uint32_t flags, parts, crowded;
    uint32_t layout; /* sizes of what lies there, in this build */
};

/* Two connections without a place, one that comes and one that goes, are behind the
 * table's own members. */
enum { COMING, GOING, N_GUESTS };

struct tcptable {
    uint32_t magic;
    uint32_t busy; /* callbacks are running */
    struct shape shape;
    uint32_t free_cell, free_half, free_wide, free_alias;
    uint32_t serial, round;
    uint32_t pool; /* id of the environment's, or 0 */
    uint32_t started;
    uint32_t hurry;                    /* which rank is hurried next, */
    uint32_t looked[TCPTABLE_CLOSING]; /* and from whom on; NOBODY: the first */
    uint32_t six;                      /* connections of IPv6 */
    uint32_t taken;                    /* places of connections */
    uint32_t crowd, half_crowd;        /* with more of these, it is crowded */
    uint64_t rested; /* the tick up to which nothing is left to do */
    tcptable_id guest[N_GUESTS]; /* whose connections are there, */
    struct name newcomer;        /* and who comes, as endpoint 0 sends */
    uint64_t now;                /* the latest time seen */
    struct list ranks[TCPTABLE_N_RANKS];
    struct list halves_by_age;
    struct wheel wheel;
    tcptable_stats stats;
    tcpseg moved; /* a segment with the second tuple's numbers set back */
    struct parsed quoted;     /* by an ICMP error */
    tcpconn_env_storage own;  /* an environment without anybody to tell */
    struct slot burst[BURST]; /* around */
};

static inline void *table_at(const tcptable *t, uint64_t offset)
{
    return (uint8_t *)(uintptr_t)t + offset;
}

static inline struct bucket *bucket_at(const tcptable *t, uint32_t i)
{
    return (struct bucket *)table_at(t, t->shape.buckets) + i;
}

static inline struct cell *cell_at(const tcptable *t, uint32_t i)
{
    return (struct cell *)table_at(t, t->shape.cells) + i;
}

static inline struct links *links_at(const tcptable *t, uint32_t i)
{
    return (struct links *)table_at(t, t->shape.links) + i;
}

static inline tcpconn *conn_at(const tcptable *t, uint32_t i)
{
    return table_at(t, t->shape.conns + (uint64_t)i * t->shape.conn_size);
}

static inline struct half *half_at(const tcptable *t, uint32_t i)
{
    return (struct half *)table_at(t, t->shape.halves) + i;
}

static inline struct wide *wide_at(const tcptable *t, uint32_t i)
{
    return (struct wide *)table_at(t, t->shape.wides) + i;
}

static inline struct alias *alias_at(const tcptable *t, uint32_t i)
{
    return (struct alias *)table_at(t, t->shape.aliases) + i;
}

static inline tcpconn *guest_at(const tcptable *t, int which)
{
    return table_at(t, t->shape.guests +
                           (uint64_t)(unsigned)which * t->shape.conn_size);
}

static inline bool table_valid(const tcptable *t)
{
    return t->magic == TABLE_MAGIC;
}

static inline bool is_crowded(const tcptable *t)
{
    return t->taken > t->crowd || t->halves_by_age.count > t->half_crowd;
}

/* An answer without anything in it yet. */
static inline void begin_answer(tcptable_packet *out, uint64_t now)
{
    memset(out, 0, sizeof *out);
    out->now = now;
}

/* Nothing was left to do in this tick. */
static inline bool has_rested(const tcptable *t, uint64_t now)
{
    return now >> TICK_SHIFT <= t->rested;
}

/* hash.c: who a packet is. */
void tcpsegp_name(struct name *out, const uint8_t *src, const uint8_t *dst,
                  uint8_t family, const tcpseg *seg, uint32_t zone);
bool tcpsegp_same_name(const struct name *a, const struct name *b);
bool tcpsegp_name_tuple(struct name *out, const tcptable *t,
                        const tcptable_tuple *tuple);
void tcpsegp_rehash(struct name *out, const uint64_t seed[2]);

/* bucket.c: who is where. `index` has IS_HALF or IS_ALIAS. */
uint32_t tcpsegp_find(const tcptable *t, const struct name *name);
uint32_t tcpsegp_find_id(const tcptable *t, tcptable_id id);
void tcpsegp_enlist(tcptable *t, uint32_t hash, uint32_t index);
void tcpsegp_rename(tcptable *t, uint32_t hash, uint32_t from, uint32_t to);
void tcpsegp_strike(tcptable *t, uint32_t hash, uint32_t index);
void tcpsegp_name_of_index(struct name *out, const tcptable *t, uint32_t index);
uint8_t tcpsegp_bits(const tcptable *t, uint32_t index);
struct place *tcpsegp_place(const tcptable *t, uint32_t index);
/* Nearer to the processor: its bucket; and then who seems to be there, or NOBODY. */
void tcpsegp_prefetch_bucket(const tcptable *t, uint32_t hash);
uint32_t tcpsegp_guess(const tcptable *t, uint32_t hash);
bool tcpsegp_is_taken_by(const tcptable *t, uint32_t index,
                         const struct name *name);

/* record.c: places of connections, taken and given back. NOBODY: there is none. */
uint32_t tcpsegp_take_cell(tcptable *t, tcpconn_env *env,
                           const struct name *name);
uint32_t tcpsegp_take_half(tcptable *t, tcpconn_env *env,
                           const struct name *name);
void tcpsegp_free_cell(tcptable *t, uint32_t i);
void tcpsegp_free_half(tcptable *t, uint32_t i);
/* For a name of IPv6, free_wide is there. */
void tcpsegp_put_name(tcptable *t, struct place *place,
                      const struct name *name);
void tcpsegp_drop_name(tcptable *t, const struct place *place, uint8_t bits);
tcptable_id tcpsegp_id(const tcptable *t, uint32_t index);
void tcpsegp_rank_put(tcptable *t, uint32_t i, uint8_t rank);
void tcpsegp_rank_remove(tcptable *t, uint32_t i);

/* wheel.c: when what is due. */
void tcpsegp_wheel_put(tcptable *t, uint32_t i, uint64_t deadline);
void tcpsegp_wheel_remove(tcptable *t, uint32_t i);
/* The next one that is due at `now`, taken out; NOBODY. Each look is a step. */
uint32_t tcpsegp_wheel_next(tcptable *t, uint64_t now, uint32_t *steps);

/* expiry.c: what goes, and why. */
/* It has a connection now; and: it was fed. */
void tcpsegp_admit(tcptable *t, tcpconn_env *env, uint32_t i);
void tcpsegp_settle(tcptable *t, tcpconn_env *env, uint32_t i);
int tcpsegp_end_cell(tcptable *t, tcpconn_env *env, uint32_t i, int why);
int tcpsegp_end_half(tcptable *t, tcpconn_env *env, uint32_t i, int why);
int tcpsegp_end_guest(tcptable *t, tcpconn_env *env, int which, int why);
bool tcpsegp_make_room(tcptable *t, tcpconn_env *env, bool six);
uint32_t tcpsegp_pass_time(tcptable *t, tcpconn_env *env, uint64_t now,
                           uint32_t most);
/* The connection of a half-open one, as a guest. */
tcpconn *tcpsegp_unpack_half(tcptable *t, uint32_t i, int which);
void tcpsegp_drop_alias(tcptable *t, uint32_t record);

/* table.c: what every call that changes something checks first. */
int tcpsegp_table_enter(tcptable *t, const tcpconn_env *env);

/* visit.c: a half-open connection gets a whole place: its number, or NOBODY if none is
 * free. */
uint32_t tcpsegp_grow(tcptable *t, tcpconn_env *env, uint32_t half);
/* One segment, `name` being its endpoints'; `guess` is who has it, or NOBODY.
 * out->flags says what it is. */
int tcpsegp_visit(tcptable *t, tcpconn_env *env, const tcpseg *seg,
                  const void *data, uint64_t now, const struct name *name,
                  uint32_t guess, tcptable_packet *out);
/* A packet without one. */
int tcpsegp_visit_other(tcptable *t, tcpconn_env *env,
                        const tcpseg_frame *frame, uint64_t now,
                        tcptable_packet *out);
/* What a frame with a segment is. */
uint32_t tcpsegp_flags_of(const tcpseg_frame *frame);

#endif
