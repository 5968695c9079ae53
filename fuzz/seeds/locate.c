/* Writes the seeds of fuzz_locate, one for each sample frame of the tests:
 *
 *     cc -Iinclude -Ifuzz -Itests/support -o /tmp/seeds fuzz/seeds/locate.c \
 *         tests/support/frames.c tests/support/frame_samples.c
 *     /tmp/seeds fuzz/corpus/fuzz_locate
 */
#include <stdio.h>

#include "frames.h"
#include "locate_input.h"

static unsigned link_index(uint32_t linktype)
{
    unsigned i = 0;

    while (i < LOCATE_LINKS - 1 && locate_links[i] != linktype)
        i++;
    return i;
}

static int write_seed(const char *directory, const struct frame_sample *sample)
{
    struct frame f;
    char path[4096];
    size_t excess;
    FILE *file;
    int failed;

    frame_write(&f, sample->text);
    excess = frame_wire(&f) - f.len;
    snprintf(path, sizeof path, "%s/%s", directory, sample->name);
    file = fopen(path, "wb");
    if (file == NULL) {
        perror(path);
        return 1;
    }
    fputc((int)link_index(sample->linktype), file);
    fputc((int)sample->options, file);
    fputc((int)(excess >> 8), file);
    fputc((int)(excess & 255), file);
    failed = fwrite(f.bytes, 1, f.len, file) != f.len;
    if (fclose(file) != 0 || failed) {
        perror(path);
        return 1;
    }
    return 0;
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: %s DIRECTORY\n", argv[0]);
        return 2;
    }
    for (size_t i = 0; i < frame_sample_count; i++)
        if (write_seed(argv[1], &frame_samples[i]))
            return 1;
    printf("%zu seeds written\n", frame_sample_count);
    return 0;
}
