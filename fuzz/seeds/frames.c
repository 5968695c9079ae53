/* Writes the seeds of fuzz_frames, from the captures and the sample frames of the tests,
 * and what they do not do by hand. From the top of the tree:
 *
 *     cc -Iinclude -Ifuzz -Itests/support -o /tmp/seeds fuzz/seeds/frames.c \
 *         tests/support/frames.c tests/support/frame_samples.c \
 *         tests/support/script.c $(ls lib/[a-z]*.c)
 *     /tmp/seeds fuzz/corpus/fuzz_frames
 */
#define _DEFAULT_SOURCE
#include <dirent.h>
#include <stdlib.h>

#include "../../tests/golden/capture.c"
#include "frames.h"
#include "frames_input.h"
#include "locate_input.h"
#include "script.h"
#include <string.h>

enum { MOST = 1 << 17, LARGEST_CAPTURE = 24000 };

/* The input so far. */
static uint8_t bytes[MOST];
static size_t n;

static unsigned link_index(uint32_t linktype)
{
    unsigned i = 0;

    while (i < LOCATE_LINKS - 1 && locate_links[i] != linktype)
        i++;
    return i;
}

static void begin(uint32_t linktype, uint8_t flags, uint8_t policy)
{
    memset(bytes, 0, FRAMES_HEADER);
    bytes[FRAMES_LINK] = (uint8_t)link_index(linktype);
    bytes[FRAMES_FLAGS] = flags;
    bytes[FRAMES_CONNECTIONS] = 7;
    bytes[FRAMES_IPV6] = 255;
    bytes[FRAMES_TRANSLATIONS] = 4;
    bytes[FRAMES_POLICY] = policy;
    bytes[FRAMES_EVENTS] = 31;
    n = FRAMES_HEADER;
}

static void add(uint8_t op, uint64_t later, unsigned how, const void *data,
                size_t len)
{
    uint8_t shift = 0;

    while (later >> shift > 255)
        shift++;
    if (n + FRAMES_RECORD + len > sizeof bytes)
        return;
    bytes[n + FRAMES_OP] = op;
    bytes[n + FRAMES_TIME] = shift;
    bytes[n + FRAMES_BY] = (uint8_t)(later >> shift);
    bytes[n + FRAMES_HOW] = (uint8_t)how;
    bytes[n + FRAMES_LEN] = (uint8_t)(len >> 8);
    bytes[n + FRAMES_LEN + 1] = (uint8_t)len;
    if (len)
        memcpy(bytes + n + FRAMES_RECORD, data, len);
    n += FRAMES_RECORD + len;
}

static int save(const char *directory, const char *name)
{
    char path[4096];
    FILE *file;

    snprintf(path, sizeof path, "%s/%s", directory, name);
    file = fopen(path, "wb");
    if (!file || fwrite(bytes, 1, n, file) != n || fclose(file)) {
        perror(path);
        return 1;
    }
    return 0;
}

/* ---- the scenarios of the tests ---- */

static uint64_t waited;

/* Its checksum, as the script has it. */
static void sum_up(uint8_t *tcp, const struct script_segment *s, int whole)
{
    tcpseg_address address = {.family = 4, .protocol = 6};
    uint16_t sum = 0;

    address.src[0] = address.dst[0] = 10;
    address.src[3] = (uint8_t)(1 + s->sender);
    address.dst[3] = (uint8_t)(2 - s->sender);
    tcp[16] = tcp[17] = 0;
    if (whole)
        tcpseg_checksum_compute(&sum, tcp, s->header_len + s->seg.payload_len,
                                &address);
    sum = (uint16_t)(sum + (s->seg.checksum_status == TCPSEG_CHECKSUM_BAD));
    tcp[16] = (uint8_t)(sum >> 8);
    tcp[17] = (uint8_t)sum;
}

/* A segment of a script, in an IPv4 packet. Of much text the end is left out. */
static void add_scripted(const struct script_segment *s)
{
    enum { IP = 20, MOST_TEXT = 600 };
    uint8_t packet[IP + 60 + MOST_TEXT] = {0x45};
    uint32_t text = s->seg.payload_len, all = IP + s->header_len + text;
    uint32_t here = text < MOST_TEXT ? text : MOST_TEXT;

    packet[2] = (uint8_t)(all >> 8);
    packet[3] = (uint8_t)all;
    packet[4] = (uint8_t)(s->seg.ip_id >> 8);
    packet[5] = (uint8_t)s->seg.ip_id;
    packet[8] = s->seg.ip_ttl ? s->seg.ip_ttl : 64;
    packet[9] = 6;
    packet[12] = packet[16] = 10;
    packet[15] = (uint8_t)(1 + s->sender);
    packet[19] = (uint8_t)(2 - s->sender);
    memcpy(packet + IP, s->header, s->header_len);
    memset(packet + IP + s->header_len, 'a', here);
    packet[IP] = packet[IP + 1] = packet[IP + 2] = packet[IP + 3] = 0;
    packet[IP + (s->sender ? 3 : 1)] = 80;
    packet[IP + (s->sender ? 1 : 3)] = 90;
    sum_up(packet + IP, s, text == here);
    add(FRAMES_FEED, waited, text - here < 255 ? text - here : 255, packet,
        IP + s->header_len + here);
    waited = 1000000;
}

/* What is behind "=" and "#" is for the tests; so are directives that no frame can
 * follow. */
static void add_line(char *line)
{
    static const uint32_t iss[2] = {0x1000, 0xfffffff0};
    struct script_segment s;
    char *end = strpbrk(line, "=#"), *text = line;

    if (end)
        *end = 0;
    while (*text == ' ' || *text == '[')
        text += *text == '[' ? strcspn(text, "]") + 1 : 1;
    if (!strncmp(text, "midstream off", 13))
        bytes[FRAMES_POLICY] |= FRAMES_FROM_SYN;
    else if (!strncmp(text, "vantage inline", 14))
        bytes[FRAMES_POLICY] |= FRAMES_INLINE;
    else if (!strncmp(text, "profile A rfc9293", 17))
        bytes[FRAMES_POLICY] |= FRAMES_RFC9293;
    else if (!strncmp(text, "wait ", 5))
        waited += strtoull(text + 5, NULL, 10) *
                  (strstr(text, "ms") ? 1000000u : 1000000000u);
    else if ((*text == 'A' || *text == 'B') && !script_segment(text, iss, &s))
        add_scripted(&s);
}

static int from_script(const char *directory, const char *file, unsigned i)
{
    char path[4096], line[1024], name[300];
    FILE *script;

    snprintf(path, sizeof path, "tests/scenario/%s", file);
    script = fopen(path, "r");
    if (!script)
        return 1;
    begin(TCPSEG_LINK_RAW, i % 2 ? FRAMES_ANALYSIS | FRAMES_STATS : FRAMES_POOL,
          0);
    waited = 1000000;
    while (fgets(line, sizeof line, script))
        add_line(line);
    fclose(script);
    add(FRAMES_TICK, UINT64_C(1) << 40, 255, NULL, 0);
    snprintf(name, sizeof name, "scenario-%.*s", (int)(strlen(file) - 4), file);
    return save(directory, name);
}

static int is_script(const struct dirent *entry)
{
    size_t len = strlen(entry->d_name);

    return len > 4 && !strcmp(entry->d_name + len - 4, ".scn");
}

static int from_scripts(const char *directory)
{
    struct dirent **list;
    int count = scandir("tests/scenario", &list, is_script, alphasort);
    int failed = count <= 0;

    for (int i = 0; i < count; i++) {
        failed |= from_script(directory, list[i]->d_name, (unsigned)i);
        free(list[i]);
    }
    if (count > 0)
        free(list);
    return failed;
}

/* ---- captures ---- */

/* How the table is set up for a capture: another way for each. */
static void begin_for(uint32_t linktype, unsigned i)
{
    static const uint8_t flags[] = {FRAMES_POOL, FRAMES_POOL | FRAMES_STATS, 0,
                                    FRAMES_POOL | FRAMES_RING,
                                    FRAMES_POOL | FRAMES_STATS | 1 | 8};
    static const uint8_t policy[] = {0,
                                     FRAMES_ON_ACK,
                                     FRAMES_INLINE,
                                     FRAMES_RFC9293 | FRAMES_URGENT_OUT,
                                     FRAMES_FROM_SYN,
                                     FRAMES_ON_ACK,
                                     FRAMES_INLINE | FRAMES_RFC9293};

    begin(linktype, flags[i % 5], policy[i % 7]);
    bytes[FRAMES_OVERLAP] = (uint8_t)(i % 6 * 0x11);
    bytes[FRAMES_TIMEOUTS] = (uint8_t)(i % 4);
    bytes[FRAMES_DEPTH] = i % 11 ? 0 : 100;
    bytes[FRAMES_KEEP] = i % 13 ? 0 : 4;
}

static int from_capture(const char *directory, const char *file, unsigned i)
{
    static struct capture c;
    char path[4096], name[300];
    uint64_t last = 0;
    unsigned frames = 0;

    snprintf(path, sizeof path, "tests/captures/%s", file);
    if (!capture_open(&c, path))
        return 1;
    begin_for(c.linktype, i);
    while (n < LARGEST_CAPTURE && capture_next(&c)) {
        uint64_t later = last && c.now > last ? c.now - last : 0;
        uint32_t beyond = c.length - c.captured;

        last = c.now;
        add(i % 3 ? FRAMES_FEED : FRAMES_QUEUE, later,
            beyond < 127 ? beyond : 127, c.data, c.captured);
        if (i % 3 == 0 && ++frames % 7 == 0)
            add(FRAMES_BURST, 0, i & 1 ? 0x80 : 0, NULL, 0);
    }
    capture_close(&c);
    add(FRAMES_BURST, 0, 0, NULL, 0);
    add(FRAMES_TICK, UINT64_C(1) << 40, 255, NULL, 0);
    snprintf(name, sizeof name, "capture-%.*s", (int)(strlen(file) - 5), file);
    return save(directory, name);
}

static int is_capture(const struct dirent *entry)
{
    size_t len = strlen(entry->d_name);

    return len > 5 && !strcmp(entry->d_name + len - 5, ".pcap");
}

static int from_captures(const char *directory)
{
    struct dirent **list;
    int count = scandir("tests/captures", &list, is_capture, alphasort);
    int failed = count <= 0;

    for (int i = 0; i < count; i++) {
        failed |= from_capture(directory, list[i]->d_name, (unsigned)i);
        free(list[i]);
    }
    if (count > 0)
        free(list);
    return failed;
}

/* ---- the sample frames ---- */

static int from_samples(const char *directory, uint32_t linktype)
{
    char name[64];
    struct frame f;

    begin(linktype, 2 | 4 | 8, 0);
    for (size_t i = 0; i < frame_sample_count; i++) {
        if (frame_samples[i].linktype != linktype)
            continue;
        frame_write(&f, frame_samples[i].text);
        if (f.len > 600)
            continue;
        add(FRAMES_FEED, 1000, 0, f.bytes, f.len);
        add(FRAMES_QUEUE, 1000, 0, f.bytes, f.len);
    }
    if (n == FRAMES_HEADER)
        return 0;
    add(FRAMES_BURST, 0, 0, NULL, 0);
    snprintf(name, sizeof name, "samples-of-link-type-%u", (unsigned)linktype);
    return save(directory, name);
}

/* ---- by hand ---- */

enum { FIN = 1, SYN = 2, RST = 4, PSH = 8, ACK = 16, URG = 32 };
enum { ISS_A = 1000, ISS_B = 5000 };

/* A segment between port `port` of 10.0.0.1 and port 80 of 10.0.0.2, from the second
 * one with `back`; as a raw IPv4 packet. */
static size_t packet(uint8_t *p, int back, unsigned port, unsigned flags,
                     uint32_t seq, uint32_t ack, unsigned len)
{
    size_t size = 40 + len;
    uint8_t *tcp = p + 20;

    memset(p, 0, 40);
    memset(p + 40, (int)seq & 255, len);
    p[0] = 0x45;
    p[2] = (uint8_t)(size >> 8);
    p[3] = (uint8_t)size;
    p[8] = 64;
    p[9] = 6;
    p[12] = p[16] = 10;
    p[15] = back ? 2 : 1;
    p[19] = back ? 1 : 2;
    tcp[back ? 2 : 0] = (uint8_t)(port >> 8);
    tcp[back ? 3 : 1] = (uint8_t)port;
    tcp[back ? 1 : 3] = 80;
    for (unsigned i = 0; i < 4; i++) {
        tcp[4 + i] = (uint8_t)(seq >> (24 - 8 * i));
        tcp[8 + i] = (uint8_t)(ack >> (24 - 8 * i));
    }
    tcp[12] = 0x50;
    tcp[13] = (uint8_t)flags;
    tcp[14] = 0x20;
    return size;
}

static void segment(int back, unsigned port, unsigned flags, uint32_t seq,
                    uint32_t ack, unsigned len)
{
    uint8_t p[2000];
    size_t size = packet(p, back, port, flags, seq, ack, len);

    add(FRAMES_FEED, 1000000, 0, p, size);
}

static void shake(unsigned port)
{
    segment(0, port, SYN, ISS_A, 0, 0);
    segment(1, port, SYN | ACK, ISS_B, ISS_A + 1, 0);
    segment(0, port, ACK, ISS_A + 1, ISS_B + 1, 0);
    segment(0, port, ACK | PSH, ISS_A + 1, ISS_B + 1, 10);
    segment(1, port, ACK, ISS_B + 1, ISS_A + 11, 0);
}

static void icmp_error(unsigned type, unsigned code, unsigned quoted_port,
                       uint32_t seq, size_t quoted_len)
{
    uint8_t p[128];
    size_t size = 28 + quoted_len;

    packet(p + 28, 0, quoted_port, ACK, seq, ISS_B + 1, 0);
    memset(p, 0, 28);
    p[0] = 0x45;
    p[3] = (uint8_t)size;
    p[8] = 64;
    p[9] = 1;
    p[12] = p[16] = 10;
    p[15] = 9;
    p[19] = 1;
    p[20] = (uint8_t)type;
    p[21] = (uint8_t)code;
    p[26] = 5;
    p[27] = 0xdc;
    add(FRAMES_FEED, 1000, 0, p, size);
    add(FRAMES_QUEUE, 1000, 0, p, size);
}

static void all_names(void)
{
    begin(TCPSEG_LINK_RAW, 0, 0);
    for (unsigned i = 0; i < 256; i++)
        add(FRAMES_NAMES, 0, i, NULL, 0);
}

static void refused_calls(void)
{
    begin(TCPSEG_LINK_RAW, FRAMES_STATS, 0);
    add(FRAMES_MISUSE, 0, 0, NULL, 0);
    shake(2000);
    add(FRAMES_MISUSE, 0, 0, NULL, 0);
}

static void second_tuples(void)
{
    const uint8_t ports[12] = {0x0b, 0xb8, 0, 80, 0, 0, 1, 0, 0, 0, 2, 0};

    begin(TCPSEG_LINK_RAW, FRAMES_POOL, 0);
    shake(2000);
    add(FRAMES_TRANSLATE, 0, 0, ports, sizeof ports);
    segment(0, 3000, ACK | PSH, ISS_A + 11 + 0x100, ISS_B + 1 + 0x200, 20);
    segment(1, 3000, ACK, ISS_B + 1 + 0x200, ISS_A + 31 + 0x100, 0);
    segment(1, 3000, PSH, ISS_B + 1 + 0x200, 0, 5);
    add(FRAMES_TRANSLATE, 0, 0, ports, sizeof ports);
    shake(2001);
    add(FRAMES_TRANSLATE, 0, 1, ports, sizeof ports);
    add(FRAMES_TRANSLATE, 0, 0, ports, 3);
    add(FRAMES_MOVE, 0, 0, NULL, 0);
    icmp_error(3, 4, 3000, ISS_A + 1, 40);
    add(FRAMES_BURST, 0, 0, NULL, 0);
    add(FRAMES_REMOVE, 0, 0, NULL, 0);
    segment(0, 3000, ACK, ISS_A + 31, ISS_B + 1, 0);
}

static void saved_and_restored(void)
{
    const uint8_t spoiled[8] = {0, 0, 20, 1, 0, 0, 0, 0};
    const uint8_t assumed[8] = {0, 0, 0, 0, 0, 0, 0, 1};

    begin(TCPSEG_LINK_RAW, FRAMES_STATS, 0);
    shake(2000);
    shake(2001);
    add(FRAMES_RESTORE, 0, 0, NULL, 0);
    add(FRAMES_RESTORE, 0, 1, assumed, sizeof assumed);
    segment(0, 2000, ACK | PSH, ISS_A + 11, ISS_B + 1, 10);
    segment(0, 2001, ACK | PSH, ISS_A + 11, ISS_B + 1, 10);
    add(FRAMES_RESTORE, 0, 0, spoiled, sizeof spoiled);
    add(FRAMES_MARK, 0, 0, NULL, 0);
    segment(1, 2001, ACK, ISS_B + 1, ISS_A + 21, 0);
    add(FRAMES_MARK, 0, 0, NULL, 0);
}

static void icmp_of_each_kind(void)
{
    begin(TCPSEG_LINK_RAW, 0, 0);
    shake(2000);
    segment(0, 2001, SYN, ISS_A, 0, 0);
    segment(0, 2002, SYN, ISS_A, 0, 0);
    icmp_error(3, 4, 2000, ISS_A + 1, 40);
    icmp_error(3, 4, 2000, ISS_A + 90000, 40);
    icmp_error(3, 1, 2001, ISS_A, 28);
    icmp_error(3, 3, 2002, ISS_A, 40);
    icmp_error(3, 13, 2002, ISS_A, 24);
    icmp_error(11, 0, 2000, ISS_A + 1, 40);
    icmp_error(12, 0, 2000, ISS_A + 1, 40);
    icmp_error(8, 0, 2000, ISS_A + 1, 40);
    icmp_error(3, 1, 7777, ISS_A + 1, 40);
    icmp_error(3, 1, 2000, ISS_A + 1, 8);
    icmp_error(3, 1, 2000, ISS_A + 1, 0);
    add(FRAMES_BURST, 0, 0, NULL, 0);
}

static void streams_that_stop(void)
{
    begin(TCPSEG_LINK_RAW, FRAMES_POOL, FRAMES_URGENT_OUT);
    shake(2000);
    segment(0, 2000, ACK | PSH, ISS_A + 31, ISS_B + 1, 10);
    add(FRAMES_STOP, 0, 0, NULL, 0);
    segment(0, 2000, ACK | PSH, ISS_A + 11, ISS_B + 1, 20);
    shake(2001);
    segment(0, 2001, ACK | PSH, ISS_A + 21, ISS_B + 1, 10);
    segment(0, 2001, ACK | PSH, ISS_A + 41, ISS_B + 1, 10);
    segment(1, 2001, ACK, ISS_B + 1, ISS_A + 51, 0);
    segment(0, 2001, ACK | URG, ISS_A + 51, ISS_B + 1, 3);
    segment(0, 2001, RST, ISS_A + 54, 0, 0);
}

static void a_depth_and_an_end(void)
{
    begin(TCPSEG_LINK_RAW, FRAMES_POOL, 0);
    bytes[FRAMES_DEPTH] = 2;
    bytes[FRAMES_KEEP] = 1;
    bytes[FRAMES_ISLANDS] = 2;
    shake(2000);
    for (unsigned i = 0; i < 12; i++)
        segment(0, 2000, ACK | PSH, ISS_A + 200 + 30 * i, ISS_B + 1, 10);
    for (unsigned i = 0; i < 20; i++)
        segment(0, 2000, ACK | PSH, ISS_A + 11 + 25 * i, ISS_B + 1, 25);
    segment(1, 2000, FIN | ACK, ISS_B + 1, ISS_A + 500, 300);
}

static void a_crowd_of_syns(void)
{
    begin(TCPSEG_LINK_RAW, 0, 0);
    bytes[FRAMES_CONNECTIONS] = 1;
    bytes[FRAMES_HALF_OPEN] = 4;
    for (unsigned i = 0; i < 40; i++)
        segment(0, 2000 + i, SYN, ISS_A, 0, 0);
    for (unsigned i = 0; i < 40; i++)
        segment(1, 2000 + i, SYN | ACK, ISS_B, ISS_A + 1, 0);
    for (unsigned i = 0; i < 8; i++)
        shake(3000 + i);
    for (unsigned i = 0; i < 8; i++)
        segment(0, 2000 + i, ACK | PSH, ISS_A + 1, ISS_B + 1, 10);
    add(FRAMES_TICK, UINT64_C(1) << 36, 3, NULL, 0);
    add(FRAMES_TICK, UINT64_C(1) << 39, 255, NULL, 0);
    add(FRAMES_TICK, UINT64_C(200) << 43, 255, NULL, 0);
}

static void judged_and_dropped(void)
{
    uint8_t p[100];

    begin(TCPSEG_LINK_RAW, FRAMES_STATS, FRAMES_INLINE);
    shake(2000);
    packet(p, 0, 2000, ACK, ISS_A + 11, ISS_B + 1, 0);
    add(FRAMES_JUDGE, 0, 0, p + 20, 20);
    add(FRAMES_DROP, 0, 0, p + 20, 20);
    packet(p, 0, 2000, RST, ISS_A + 90, 0, 0);
    add(FRAMES_DROP, 0, 0, p + 20, 20);
    add(FRAMES_DROP, 0, 0, p + 20, 10);
}

static const struct seed {
    const char *name;
    void (*write)(void);
} seeds[] = {
    {"all-names", all_names},
    {"refused-calls", refused_calls},
    {"second-tuples", second_tuples},
    {"saved-and-restored", saved_and_restored},
    {"icmp-of-each-kind", icmp_of_each_kind},
    {"streams-that-stop", streams_that_stop},
    {"a-depth-and-an-end", a_depth_and_an_end},
    {"a-crowd-of-syns", a_crowd_of_syns},
    {"judged-and-dropped", judged_and_dropped},
};

int main(int argc, char **argv)
{
    int failed;

    if (argc != 2) {
        fprintf(stderr, "usage: %s DIRECTORY\n", argv[0]);
        return 2;
    }
    failed = from_captures(argv[1]) | from_scripts(argv[1]);
    for (size_t i = 0; i < LOCATE_LINKS; i++)
        failed |= from_samples(argv[1], locate_links[i]);
    for (size_t i = 0; i < sizeof seeds / sizeof *seeds; i++) {
        seeds[i].write();
        failed |= save(argv[1], seeds[i].name);
    }
    return failed;
}
