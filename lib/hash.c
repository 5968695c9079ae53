/* Who a packet belongs to, as numbers that are the same for both directions. */
#include "table_int.h"

static uint64_t rotl(uint64_t v, int by)
{
    return v << by | v >> (64 - by);
}

/* SipHash-1-3 (Aumasson and Bernstein, 2012): one round for each word, three at the
 * end. No length at the end: all inputs of a family have the same, and families begin
 * differently. */
struct sip {
    uint64_t v0, v1, v2, v3;
};

static inline void sip_round(struct sip *s)
{
    s->v0 += s->v1;
    s->v2 += s->v3;
    s->v1 = rotl(s->v1, 13) ^ s->v0;
    s->v3 = rotl(s->v3, 16) ^ s->v2;
    s->v0 = rotl(s->v0, 32) + s->v3;
    s->v2 += s->v1;
    s->v1 = rotl(s->v1, 17) ^ s->v2;
    s->v3 = rotl(s->v3, 21) ^ s->v0;
    s->v2 = rotl(s->v2, 32);
}

static inline void sip_add(struct sip *s, uint64_t word)
{
    s->v3 ^= word;
    sip_round(s);
    s->v0 ^= word;
}

static inline uint32_t sip_end(struct sip *s)
{
    s->v2 ^= 0xff;
    sip_round(s);
    sip_round(s);
    sip_round(s);
    return (uint32_t)((s->v0 ^ s->v1 ^ s->v2 ^ s->v3) >> 32);
}

void tcpsegp_rehash(struct name *out, const uint64_t seed[2])
{
    struct sip s = {seed[0] ^ UINT64_C(0x736f6d6570736575),
                    seed[1] ^ UINT64_C(0x646f72616e646f6d) ^ out->six,
                    seed[0] ^ UINT64_C(0x6c7967656e657261),
                    seed[1] ^ UINT64_C(0x7465646279746573)};

    if (out->six) {
        const uint8_t *bytes = out->wide.address[0];

        for (int i = 0; i < 32; i += 8)
            sip_add(&s, load_be64(bytes + i));
    } else {
        sip_add(&s, (uint64_t)out->word[0] << 32 | out->word[1]);
    }
    sip_add(&s, (uint64_t)out->word[2] << 32 | out->word[3]);
    out->hash = sip_end(&s);
}

/* The endpoint with the lower address is first; with the lower port, on one host. */
static inline void set_name(struct name *out, const uint8_t *src,
                            const uint8_t *dst, uint8_t family,
                            uint16_t src_port, uint16_t dst_port, uint32_t zone)
{
    uint32_t a = load_be32(src), b = load_be32(dst);
    int order = a < b ? -1 : a > b;

    out->six = family == 6 ? BIT_SIX : 0;
    if (out->six)
        order = memcmp(src, dst, 16);
    if (!order)
        order = (int)src_port - (int)dst_port;
    out->upper = order > 0;
    out->word[2] = out->upper ? (uint32_t)dst_port << 16 | src_port
                              : (uint32_t)src_port << 16 | dst_port;
    out->word[3] = zone;
    if (out->six) {
        out->word[0] = out->word[1] = 0;
        memcpy(out->wide.address[out->upper], src, 16);
        memcpy(out->wide.address[!out->upper], dst, 16);
    } else {
        out->word[0] = out->upper ? b : a;
        out->word[1] = out->upper ? a : b;
    }
}

/* Without its hash. */
void tcpsegp_name(struct name *out, const uint8_t *src, const uint8_t *dst,
                  uint8_t family, const tcpseg *seg, uint32_t zone)
{
    set_name(out, src, dst, family, seg->src_port, seg->dst_port, zone);
}

bool tcpsegp_same_name(const struct name *a, const struct name *b)
{
    return !memcmp(a->word, b->word, sizeof a->word) && a->six == b->six &&
           (!a->six || !memcmp(&a->wide, &b->wide, sizeof a->wide));
}

static bool is_tuple(const tcptable_tuple *tuple)
{
    return tuple->family == 4 || tuple->family == 6;
}

static void set_tuple(struct name *out, const tcptable_tuple *tuple)
{
    set_name(out, tuple->src, tuple->dst, tuple->family, tuple->src_port,
             tuple->dst_port, tuple->zone);
}

bool tcpsegp_name_tuple(struct name *out, const tcptable *t,
                        const tcptable_tuple *tuple)
{
    if (!is_tuple(tuple))
        return false;
    set_tuple(out, tuple);
    tcpsegp_rehash(out, t->shape.seed);
    return true;
}

uint32_t tcptable_hash(const tcptable_tuple *tuple, const uint64_t seed[2])
{
    struct name name;

    if (!tuple || !seed || !is_tuple(tuple))
        return 0;
    set_tuple(&name, tuple);
    tcpsegp_rehash(&name, seed);
    return name.hash;
}

uint32_t tcptable_zone(uint32_t flags, const tcpseg_frame *frame)
{
    uint32_t zone = 0;

    if (!frame)
        return 0;
    if (flags & TCPTABLE_KEY_VLAN && frame->vlan_count)
        zone = (frame->vlan[0] & 0xfffu) | 1u << 24;
    if (flags & TCPTABLE_KEY_VLAN && frame->vlan_count > 1)
        zone |= (frame->vlan[1] & 0xfffu) << 12 | 1u << 25;
    if (flags & TCPTABLE_KEY_TUNNEL && frame->tunnel_depth)
        zone = frame->tunnel_id;
    return zone;
}

/* Each bit of the input that is set adds the key's 32 bits from there on. */
static uint32_t toeplitz(uint32_t sum, const uint8_t *in, size_t len,
                         const uint8_t *key)
{
    for (size_t i = 0; i < len; i++) {
        uint64_t window = (uint64_t)load_be32(key + i) << 8 | key[i + 4];

        for (int bit = 7; bit >= 0; bit--)
            if (in[i] >> bit & 1)
                sum ^= (uint32_t)(window >> (bit + 1));
    }
    return sum;
}

uint32_t tcptable_toeplitz(const tcptable_tuple *tuple, const uint8_t *key,
                           size_t key_len)
{
    size_t address = tuple && tuple->family == 6 ? 16 : 4;
    uint8_t ports[4];
    uint32_t sum;

    if (!tuple || !key || !is_tuple(tuple) || key_len < 2 * address + 8)
        return 0;
    store_be16(ports, tuple->src_port);
    store_be16(ports + 2, tuple->dst_port);
    sum = toeplitz(0, tuple->src, address, key);
    sum = toeplitz(sum, tuple->dst, address, key + address);
    return toeplitz(sum, ports, sizeof ports, key + 2 * address);
}
