/* Segments made by hand and sent to a Linux host in every state: the tracker's
 * verdict, once the host's answer has settled it, is what that kernel did
 * (tests/captures/inject-*, made by tests/lab/record). */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "follow.h"

static unsigned compared, unknowable;

/* Whether the tracker's verdict and the kernel's are the same. An ACK that brings
 * nothing new may be called either of two names; what is no header, the kernel
 * only refuses. */
static bool same(const struct verdict *v, const char *kernel)
{
    const char *name = tcpconn_verdict_name(
        v->verdict == TCPCONN_MALFORMED ? TCPCONN_REJECTED : v->verdict);

    if (!name)
        return false;
    if (v->is_bare && !strcmp(kernel, "duplicate"))
        kernel = "accepted";
    if (v->is_bare && v->verdict == TCPCONN_DUPLICATE)
        name = "accepted";
    return !strcmp(name, kernel);
}

static void print_checks(char *out, size_t size, uint64_t checks)
{
    out[0] = 0;
    for (unsigned i = 0; i < 64; i++)
        if (checks >> i & 1)
            snprintf(out + strlen(out), size - strlen(out), " %s",
                     tcpconn_check_name(i));
}

static void compare(const char *pcap, const char *verdicts)
{
    static struct follower f;
    char line[512], checks[512];
    FILE *file = fopen(verdicts, "r");

    cr_assert_not_null(file, "%s", verdicts);
    /* A host knows which connections it has, so nothing is picked up. */
    follow(&f, pcap, 1);
    while (fgets(line, sizeof line, file)) {
        size_t frame = strtoul(line, NULL, 10);
        char *kernel, *what;
        const struct verdict *v;

        if (line[0] == '#')
            continue;
        strtok(line, " ");
        kernel = strtok(NULL, " ");
        what = strtok(NULL, "\n");
        cr_assert(kernel && what && frame > 0 && frame <= f.n_frames, "%s: %zu",
                  verdicts, frame);
        if (!strcmp(kernel, "unknowable")) {
            unknowable++;
            continue;
        }
        compared++;
        v = &f.frames[frame];
        print_checks(checks, sizeof checks, v->checks);
        cr_expect(same(v, kernel),
                  "%s: frame %zu: %s: kernel %s, tracker %s (first %s):%s",
                  strrchr(pcap, '/') + 1, frame, what, kernel,
                  tcpconn_verdict_name(v->verdict),
                  tcpconn_verdict_name(v->at_first), checks);
    }
    fclose(file);
}

Test(captures, injected_segments_fare_as_in_the_kernel)
{
    cr_expect_geq(each_capture(".verdicts", compare), 10);
    cr_expect_geq(compared, 200);
    cr_expect_leq(unknowable, 10);
}
