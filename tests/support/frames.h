/* Frames put together header by header, and a list of them with what
 * tcpseg_locate() has to say of each. Knows nothing of the library's insides. */
#ifndef TCPSEG_TESTS_FRAMES_H
#define TCPSEG_TESTS_FRAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    FRAME_ROOM = 8192,
    FRAME_OPEN = 32,
    FRAME_V4_SRC = 0x0a000001, /* 10.0.0.1 */
    FRAME_V4_DST = 0x0a000002
};

/* A header whose length or checksum waits for what follows it. */
struct frame_open {
    size_t at;
    char kind; /* '4', '6', 'u'dp, 't'cp, 'p'ppoe or 'g'tp */
};

struct frame {
    uint8_t bytes[FRAME_ROOM];
    size_t len;       /* bytes so far */
    size_t wire;      /* the length on the wire, if not `len` */
    size_t ip;        /* where the last IP header starts */
    size_t transport; /* where the last TCP or UDP header starts */
    struct frame_open open[FRAME_OPEN];
    size_t open_count;
    /* Source and final destination, where they are not the header's. */
    uint8_t origin[16], final[16];
    bool has_origin, has_final;
};

void frame_u8(struct frame *f, unsigned v);
void frame_u16(struct frame *f, unsigned v);
void frame_u32(struct frame *f, uint32_t v);
void frame_fill(struct frame *f, unsigned byte, size_t len);
void frame_hex(struct frame *f, const char *text); /* blanks are skipped */

/* Headers. Those of IP, UDP and TCP are completed by frame_done(). */
void frame_ethernet(struct frame *f, unsigned type);
void frame_mpls(struct frame *f, uint32_t label, bool bottom);
void frame_pppoe(struct frame *f, unsigned protocol);
void frame_ipv4(struct frame *f, unsigned protocol);
void frame_ipv4_with(struct frame *f, unsigned protocol, unsigned fragment,
                     const char *options);
void frame_ipv6(struct frame *f, unsigned next);
void frame_extension(struct frame *f, unsigned next, unsigned units);
void frame_fragment6(struct frame *f, unsigned next, unsigned word);
void frame_udp(struct frame *f, unsigned port);
void frame_tcp(struct frame *f, size_t payload);
void frame_vxlan(struct frame *f, uint32_t vni);
void frame_geneve(struct frame *f, unsigned type, unsigned option_words);
void frame_gtp(struct frame *f, unsigned flags);

/* The last IP header goes to another address in the end: `last` is its last
 * byte in 10.0.0.0/24 or fd00::/64. */
void frame_goes_to(struct frame *f, unsigned last);

/* And comes from another one, alike. */
void frame_comes_from(struct frame *f, unsigned last);

/* Overwrite 16 bits at an offset from the last IP header. */
void frame_ip_u16(struct frame *f, size_t at, unsigned v);

/* Fill in the lengths and TCP's checksums. */
void frame_done(struct frame *f);

/* What to put in `wire`: the length on the wire. */
static inline size_t frame_wire(const struct frame *f)
{
    return f->wire ? f->wire : f->len;
}

/* Put a whole frame together from a list of the above, separated by commas:
 * "eth 0x0800, ip4 6, tcp 10". Numbers are C's; hexadecimal text follows "hex" and
 * the protocol of "opt4"; "17*ext 60 1" is seventeen times the same. "done" closes
 * the headers so far, so that what follows lies behind the packet, and "ip" does
 * so before it overwrites 16 bits of the last IP header. "goes" and "comes" name a
 * route's end, "here" marks `transport`, "wire" sets the length on the wire. */
void frame_write(struct frame *f, const char *text);

struct frame_sample {
    const char *name;
    uint32_t linktype;
    uint32_t options;
    uint8_t stop;     /* TCPSEG_STOP_; NONE: TCP or UDP is at `transport` */
    uint8_t protocol; /* what tcpseg_address::protocol must be */
    uint8_t tunnels;  /* what tcpseg_frame::tunnel_depth must be */
    uint64_t defects; /* exactly these */
    const char *text; /* for frame_write() */
};

extern const struct frame_sample frame_samples[];
extern const size_t frame_sample_count;

#endif
