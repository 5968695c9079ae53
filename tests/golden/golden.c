/* What the library answers to a fixed set of inputs, which must be the same on
 * every machine and from one version to the next.
 *
 *   golden DIRECTORY          compares each section with
 *                             DIRECTORY/digests.txt, in the Test Anything
 *                             Protocol; captures named there stand in
 *                             DIRECTORY/../captures
 *   golden --digests FILE...  prints what belongs into digests.txt: the
 *                             built-in sections, and these captures
 *   golden --print FILE...    prints everything, to be compared line by line
 *                             with another machine's or another version's
 *
 * After a change that is meant, write digests.txt anew and say why. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "say.h"
#include "sections.h"

static const struct {
    const char *name;
    unsigned (*run)(unsigned *failed);
} sections[] = {
    {"segments", section_segments},
    {"checksums", section_checksums},
    {"frames", section_frames},
    {"connections", section_connections},
};

enum { SECTIONS = sizeof sections / sizeof *sections };

struct outcome {
    unsigned cases, failed;
    uint64_t digest;
};

/* A built-in section if there is one of that name, else a capture. */
static struct outcome run(const char *name, const char *path, bool print)
{
    struct outcome out = {0, 0, 0};
    unsigned i;

    say_begin(print);
    for (i = 0; i < SECTIONS && strcmp(sections[i].name, name) != 0; i++)
        ;
    out.cases = i < SECTIONS ? sections[i].run(&out.failed)
                             : section_capture(path, &out.failed);
    out.digest = say_digest();
    return out;
}

static const char *base(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}

/* All sections, then the captures; the exit status. */
static int tell_all(int files, char **file, bool print)
{
    unsigned failed = 0, cases = 0;
    int i;

    for (i = 0; i < SECTIONS + files; i++) {
        const char *path = i < SECTIONS ? "" : file[i - SECTIONS];
        const char *name = i < SECTIONS ? sections[i].name : base(path);
        struct outcome out = run(name, path, print);

        printf("%s%s %u %016" PRIx64 "\n", print ? "# " : "", name, out.cases,
               out.digest);
        failed += out.failed;
        cases += out.cases;
    }
    fprintf(print ? stdout : stderr, "# %u cases\n", cases);
    if (failed)
        fprintf(stderr, "%u contradictions\n", failed);
    return failed != 0;
}

/* One line of digests.txt; true if this machine says the same. */
static bool compare(const char *directory, const char *line, unsigned number)
{
    char name[128], path[1024];
    struct outcome want = {0, 0, 0}, got;
    bool same;

    if (sscanf(line, "%127s %u %" SCNx64, name, &want.cases, &want.digest) !=
        3) {
        printf("not ok %u - a line of digests.txt: %s\n", number, line);
        return false;
    }
    snprintf(path, sizeof path, "%s/../captures/%s", directory, name);
    got = run(name, path, false);
    same =
        got.failed == 0 && got.cases == want.cases && got.digest == want.digest;
    printf("%sok %u - %s\n", same ? "" : "not ", number, name);
    printf("# %u cases, digest %016" PRIx64 ", %u contradictions\n", got.cases,
           got.digest, got.failed);
    return same;
}

static int compare_all(const char *directory)
{
    char path[1024], line[256];
    unsigned number = 0;
    bool same = true;
    FILE *file;

    snprintf(path, sizeof path, "%s/digests.txt", directory);
    file = fopen(path, "r");
    if (!file) {
        perror(path);
        return 1;
    }
    while (fgets(line, sizeof line, file)) {
        if (line[0] == '#' || line[0] == '\n')
            continue;
        line[strcspn(line, "\n")] = '\0';
        same = compare(directory, line, ++number) && same;
    }
    fclose(file);
    printf("1..%u\n", number);
    return !same || number < SECTIONS;
}

int main(int argc, char **argv)
{
    if (argc >= 2 && strcmp(argv[1], "--print") == 0)
        return tell_all(argc - 2, argv + 2, true);
    if (argc >= 2 && strcmp(argv[1], "--digests") == 0)
        return tell_all(argc - 2, argv + 2, false);
    if (argc == 2 && argv[1][0] != '-')
        return compare_all(argv[1]);
    fprintf(stderr,
            "usage: %s DIRECTORY | --digests FILE ... | --print FILE ...\n",
            argv[0]);
    return 2;
}
