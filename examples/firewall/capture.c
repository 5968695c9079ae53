/* From a capture to another one, in the classic format with nanoseconds. */
#include "firewall.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { MAJOR = 2, MINOR = 4 };

#define MAGIC UINT32_C(0xa1b23c4d)

static bool same_file(const char *a, const char *b)
{
    struct stat one, other;

    return stat(a, &one) == 0 && stat(b, &other) == 0 &&
           one.st_dev == other.st_dev && one.st_ino == other.st_ino;
}

static void write_header(FILE *out, const struct source *source)
{
    const uint16_t version[2] = {MAJOR, MINOR};
    const uint32_t magic = MAGIC;
    const uint32_t rest[4] = {0, 0, source_snaplen(source),
                              source_linktype(source)};

    fwrite(&magic, sizeof magic, 1, out);
    fwrite(version, sizeof version, 1, out);
    fwrite(rest, sizeof rest, 1, out);
}

static void write_packet(FILE *out, const struct packet *p)
{
    const uint32_t record[4] = {(uint32_t)(p->time / NS_PER_S),
                                (uint32_t)(p->time % NS_PER_S), p->captured,
                                p->length};

    fwrite(record, sizeof record, 1, out);
    fwrite(p->bytes, 1, p->captured, out);
}

static int copy(struct source *source, struct filter *f, FILE *out)
{
    struct packet packet;
    int got;

    write_header(out, source);
    while ((got = source_next(source, &packet)) == SOURCE_MORE && !ferror(out))
        if (filter_pass(f, source_linktype(source), &packet, false))
            write_packet(out, &packet);
    return got == SOURCE_ERROR ? EXIT_INPUT : EXIT_SUCCESS;
}

int run_capture(const struct options *o, struct filter *f)
{
    struct text name = {.len = 0};
    struct source *source;
    FILE *out;
    int status;

    text_escaped(&name, o->output);
    if (same_file(o->input, o->output)) {
        complain("%s: is the capture that is read", name.bytes);
        return EXIT_INPUT;
    }
    source = source_open(o->input, false, NULL, &status);
    if (!source)
        return status;
    out = fopen(o->output, "wb");
    status = out ? copy(source, f, out) : EXIT_INPUT;
    source_close(source);
    if (!out || (ferror(out) | fclose(out))) {
        complain("%s: %s", name.bytes, strerror(errno));
        return EXIT_INPUT;
    }
    return status;
}
