/* Frames put together header by header. */
#include "frames.h"

#include <stdlib.h>
#include <string.h>

void frame_u8(struct frame *f, unsigned v)
{
    if (f->len == FRAME_ROOM)
        abort(); /* a sample larger than its room */
    f->bytes[f->len++] = (uint8_t)v;
}

void frame_u16(struct frame *f, unsigned v)
{
    frame_u8(f, v >> 8);
    frame_u8(f, v & 255);
}

void frame_u32(struct frame *f, uint32_t v)
{
    frame_u16(f, v >> 16);
    frame_u16(f, v & 0xffff);
}

void frame_fill(struct frame *f, unsigned byte, size_t len)
{
    while (len-- > 0)
        frame_u8(f, byte);
}

void frame_hex(struct frame *f, const char *text)
{
    static const char digits[] = "0123456789abcdef";
    unsigned byte = 0, n = 0;

    for (; *text; text++) {
        const char *digit = strchr(digits, *text);

        if (digit == NULL)
            continue;
        byte = (byte << 4 | (unsigned)(digit - digits)) & 255;
        if (++n % 2 == 0)
            frame_u8(f, byte);
    }
}

static void put_u16(struct frame *f, size_t at, size_t v)
{
    f->bytes[at] = (uint8_t)(v >> 8);
    f->bytes[at + 1] = (uint8_t)v;
}

static void open_header(struct frame *f, char kind)
{
    if (f->open_count == FRAME_OPEN)
        abort();
    f->open[f->open_count].at = f->len;
    f->open[f->open_count++].kind = kind;
}

void frame_ethernet(struct frame *f, unsigned type)
{
    frame_hex(f, "020000000002 020000000001");
    frame_u16(f, type);
}

void frame_mpls(struct frame *f, uint32_t label, bool bottom)
{
    frame_u32(f, label << 12 | (bottom ? 0x100u : 0) | 64);
}

void frame_pppoe(struct frame *f, unsigned protocol)
{
    open_header(f, 'p');
    frame_hex(f, "11 00 0001 0000");
    frame_u16(f, protocol);
}

void frame_ipv4_with(struct frame *f, unsigned protocol, unsigned fragment,
                     const char *options)
{
    size_t at = f->len;

    open_header(f, '4');
    f->ip = at;
    f->has_origin = f->has_final = false;
    frame_hex(f, "45 02 0000 1234"); /* ECT(0) */
    frame_u16(f, fragment);
    frame_u8(f, 64);
    frame_u8(f, protocol);
    frame_u16(f, 0);
    frame_u32(f, FRAME_V4_SRC);
    frame_u32(f, FRAME_V4_DST);
    frame_hex(f, options);
    f->bytes[at] = (uint8_t)(0x40 | (f->len - at) / 4);
}

void frame_ipv4(struct frame *f, unsigned protocol)
{
    frame_ipv4_with(f, protocol, 0x4000, "");
}

void frame_ipv6(struct frame *f, unsigned next)
{
    open_header(f, '6');
    f->ip = f->len;
    f->has_origin = f->has_final = false;
    frame_hex(f, "60300000 0000"); /* CE */
    frame_u8(f, next);
    frame_u8(f, 63);
    frame_hex(f, "fd000000000000000000000000000001");
    frame_hex(f, "fd000000000000000000000000000002");
}

void frame_extension(struct frame *f, unsigned next, unsigned units)
{
    frame_u8(f, next);
    frame_u8(f, units - 1);
    frame_hex(f, "01 04 00000000"); /* PadN */
    frame_fill(f, 0, 8 * (size_t)(units - 1));
}

void frame_fragment6(struct frame *f, unsigned next, unsigned word)
{
    frame_u8(f, next);
    frame_u8(f, 0);
    frame_u16(f, word);
    frame_u32(f, 0x01020304);
}

void frame_udp(struct frame *f, unsigned port)
{
    f->transport = f->len;
    open_header(f, 'u');
    frame_u16(f, 1000);
    frame_u16(f, port);
    frame_u32(f, 0);
}

void frame_tcp(struct frame *f, size_t payload)
{
    f->transport = f->len;
    open_header(f, 't');
    frame_hex(f, "03e8 07d0 01020304 0a0b0c0d 80 18 2000 0000 0000");
    frame_hex(f, "01 01 08 0a 00000001 00000002");
    frame_fill(f, 'x', payload);
}

void frame_vxlan(struct frame *f, uint32_t vni)
{
    frame_hex(f, "08000000");
    frame_u32(f, vni << 8);
}

void frame_geneve(struct frame *f, unsigned type, unsigned option_words)
{
    frame_u8(f, option_words);
    frame_u8(f, 0);
    frame_u16(f, type);
    frame_hex(f, "00002a 00");
    for (unsigned i = 0; i < option_words; i++)
        frame_hex(f, "0102 80 00");
}

/* GTP-U: `flags` is the low three bits of the first byte, of which 4 announces
 * an extension header; the caller appends what they promise. */
void frame_gtp(struct frame *f, unsigned flags)
{
    open_header(f, 'g');
    frame_u8(f, 0x30 | flags);
    frame_hex(f, "ff 0000 0000002b");
}

static void other_address(const struct frame *f, uint8_t to[16], size_t at4,
                          size_t at6, unsigned last)
{
    bool v4 = f->bytes[f->ip] >> 4 == 4;

    memset(to, 0, 16);
    memcpy(to, f->bytes + f->ip + (v4 ? at4 : at6), v4 ? 4 : 16);
    to[v4 ? 3 : 15] = (uint8_t)last;
}

void frame_goes_to(struct frame *f, unsigned last)
{
    other_address(f, f->final, 16, 24, last);
    f->has_final = true;
}

void frame_comes_from(struct frame *f, unsigned last)
{
    other_address(f, f->origin, 12, 8, last);
    f->has_origin = true;
}

void frame_ip_u16(struct frame *f, size_t at, unsigned v)
{
    put_u16(f, f->ip + at, v);
}

static uint32_t sum(uint32_t s, const uint8_t *p, size_t len)
{
    for (size_t i = 0; i < len; i++)
        s += i % 2 ? p[i] : (uint32_t)p[i] << 8;
    return s;
}

/* By the definition, with nothing of the library: RFC 9293 section 3.1. */
static void put_tcp_checksum(struct frame *f, size_t at)
{
    bool v4 = f->bytes[f->ip] >> 4 == 4;
    const uint8_t *ip = f->bytes + f->ip;
    size_t len = v4 ? 4 : 16;
    const uint8_t *dst = ip + (v4 ? 16 : 24);
    const uint8_t *src = ip + (v4 ? 12 : 8);
    uint32_t s = sum(6, f->has_origin ? f->origin : src, len);

    s = sum(s, f->has_final ? f->final : dst, len);
    s = sum(s + (uint32_t)(f->len - at), f->bytes + at, f->len - at);
    while (s >> 16)
        s = (s & 0xffff) + (s >> 16);
    put_u16(f, at + 16, ~s & 0xffff);
}

void frame_done(struct frame *f)
{
    while (f->open_count > 0) {
        struct frame_open open = f->open[--f->open_count];
        size_t len = f->len - open.at;

        switch (open.kind) {
        case '4':
            put_u16(f, open.at + 2, len);
            break;
        case '6':
            put_u16(f, open.at + 4, len - 40);
            break;
        case 'p':
            put_u16(f, open.at + 4, len - 6);
            break;
        case 'u':
            put_u16(f, open.at + 4, len);
            break;
        case 'g':
            put_u16(f, open.at + 2, len - 8);
            break;
        default:
            put_tcp_checksum(f, open.at);
            break;
        }
    }
}

/* One header or change by its name; false for a word that is none. */
static bool write_word(struct frame *f, const char *word, const char *text,
                       const unsigned long arg[3])
{
    unsigned a = (unsigned)arg[0], b = (unsigned)arg[1];

    if (!strcmp(word, "hex"))
        frame_hex(f, text);
    else if (!strcmp(word, "eth"))
        frame_ethernet(f, a);
    else if (!strcmp(word, "mpls"))
        frame_mpls(f, a, b);
    else if (!strcmp(word, "pppoe"))
        frame_pppoe(f, a);
    else if (!strcmp(word, "ip4"))
        frame_ipv4(f, a);
    else if (!strcmp(word, "frag4"))
        frame_ipv4_with(f, a, b, "");
    else if (!strcmp(word, "ip6"))
        frame_ipv6(f, a);
    else if (!strcmp(word, "ext"))
        frame_extension(f, a, b);
    else if (!strcmp(word, "frag6"))
        frame_fragment6(f, a, b);
    else if (!strcmp(word, "udp"))
        frame_udp(f, a);
    else if (!strcmp(word, "tcp"))
        frame_tcp(f, a);
    else if (!strcmp(word, "vxlan"))
        frame_vxlan(f, a);
    else if (!strcmp(word, "geneve"))
        frame_geneve(f, a, b);
    else if (!strcmp(word, "gtp"))
        frame_gtp(f, a);
    else if (!strcmp(word, "fill"))
        frame_fill(f, a, b);
    else
        return false;
    return true;
}

/* Those that change what is there. */
static bool write_change(struct frame *f, const char *word, const char *text,
                         const unsigned long arg[3])
{
    unsigned a = (unsigned)arg[0], b = (unsigned)arg[1];
    const char *options;

    if (!strcmp(word, "opt4")) { /* ip4 with options: protocol, then hex */
        options = strchr(text, ' ');
        frame_ipv4_with(f, a, 0x4000, options ? options : "");
    } else if (!strcmp(word, "goes")) {
        frame_goes_to(f, a);
    } else if (!strcmp(word, "comes")) {
        frame_comes_from(f, a);
    } else if (!strcmp(word, "here")) { /* what follows is the answer */
        f->transport = f->len;
    } else if (!strcmp(word, "done")) {
        frame_done(f);
    } else if (!strcmp(word, "ip")) {
        frame_done(f);
        frame_ip_u16(f, a, b);
    } else if (!strcmp(word, "wire")) {
        f->wire = a;
    } else {
        return false;
    }
    return true;
}

/* "ext 60 1" or "17*ext 60 1". */
static void write_item(struct frame *f, char *item)
{
    unsigned long arg[3] = {0, 0, 0}, times = 1;
    char *end, *text, *word;

    while (*item == ' ' || *item == '\n')
        item++;
    if (*item >= '0' && *item <= '9') {
        times = strtoul(item, &end, 10);
        item = end + 1;
    }
    word = item;
    text = strchr(item, ' ');
    if (text != NULL) {
        *text++ = '\0';
        end = text;
        for (size_t i = 0; i < 3; i++)
            arg[i] = strtoul(end, &end, 0);
    }
    for (; times > 0; times--)
        if (!write_word(f, word, text ? text : "", arg) &&
            !write_change(f, word, text ? text : "", arg))
            abort(); /* a misspelt sample */
}

void frame_write(struct frame *f, const char *text)
{
    char copy[2048], *item = copy, *comma;

    if (strlen(text) >= sizeof copy)
        abort();
    memset(f, 0, sizeof *f);
    memcpy(copy, text, strlen(text) + 1);
    while ((comma = strchr(item, ',')) != NULL) {
        *comma = '\0';
        write_item(f, item);
        item = comma + 1;
    }
    write_item(f, item);
    frame_done(f);
}
