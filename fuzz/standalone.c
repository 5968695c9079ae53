/* A main() for a fuzz harness without a fuzzing engine: runs it once on each file
 * given, and on each file of each directory given. */
#define _DEFAULT_SOURCE
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A block of the file's exact size, so that a sanitizer sees a read past it. */
static uint8_t *contents(const char *path, size_t *size)
{
    FILE *file = fopen(path, "rb");
    uint8_t *data = NULL;
    long end = -1;

    if (file == NULL)
        return NULL;
    if (fseek(file, 0, SEEK_END) == 0 && (end = ftell(file)) >= 0)
        data = malloc((size_t)end);
    if (end == 0 && data == NULL) /* what malloc(0) may give */
        data = malloc(1);
    *size = end < 0 ? 0 : (size_t)end;
    rewind(file);
    if (data != NULL && fread(data, 1, *size, file) != *size) {
        free(data);
        data = NULL;
    }
    fclose(file);
    return data;
}

/* Replay one file; 1, or -1 if it cannot be read. */
static int replay_file(const char *path)
{
    size_t size = 0;
    uint8_t *data = contents(path, &size);

    if (data == NULL) {
        perror(path);
        return -1;
    }
    LLVMFuzzerTestOneInput(data, size);
    free(data);
    return 1;
}

/* Replay a file or a directory's files; how many, or -1 on an error. */
static int replay(const char *path)
{
    struct dirent *entry;
    char name[4096];
    int count = 0, last = 0;
    DIR *directory = opendir(path);

    if (directory == NULL)
        return replay_file(path);
    while (last >= 0 && (entry = readdir(directory)) != NULL) {
        struct stat info;

        snprintf(name, sizeof name, "%s/%s", path, entry->d_name);
        if (stat(name, &info) != 0 || !S_ISREG(info.st_mode))
            continue;
        last = replay_file(name);
        count += last;
    }
    closedir(directory);
    return last < 0 ? -1 : count;
}

int main(int argc, char **argv)
{
    int total = 0;

    for (int i = 1; i < argc; i++) {
        int count = replay(argv[i]);

        if (count < 0)
            return 1;
        total += count;
    }
    printf("%d inputs replayed\n", total);
    if (total == 0)
        fprintf(stderr, "usage: %s FILE|DIRECTORY ...\n", argv[0]);
    return total == 0;
}
