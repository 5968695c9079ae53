/* Recorded connections: the tracker says of both endpoints what their own kernels
 * said (tests/captures, made by tests/lab/record). */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "follow.h"

/* The tracker's history of the endpoint with this port, of the n-th connection
 * that has it. */
static const char *history(const struct follower *f, const char *pcap,
                           const char *endpoint, size_t line)
{
    const struct followed *c = &f->conns[line / 2];
    unsigned port = (unsigned)atoi(strrchr(endpoint, ':') + 1);

    cr_assert_lt(line / 2, f->n, "%s: no connection for %s", pcap, endpoint);
    return c->states[c->port[0] == port ? 0 : 1];
}

static void compare(const char *pcap, const char *states)
{
    static struct follower f;
    char line[MAX_TEXT], want[MAX_TEXT];
    FILE *file = fopen(states, "r");
    unsigned refused = 0;
    size_t n = 0;

    cr_assert_not_null(file, "%s", states);
    follow(&f, pcap, 0);
    while (fgets(line, sizeof line, file)) {
        char *endpoint = strtok(line, " \n"), *state;

        if (!endpoint || *endpoint == '#')
            continue;
        if (!strcmp(endpoint, "refused")) {
            refused = (unsigned)atoi(strtok(NULL, " \n"));
            continue;
        }
        want[0] = 0;
        while ((state = strtok(NULL, " \n")))
            append_state(want, state);
        cr_expect_str_eq(history(&f, pcap, endpoint, n), want,
                         "%s: %s: want%s, got%s", pcap, endpoint, want,
                         history(&f, pcap, endpoint, n));
        n++;
    }
    fclose(file);
    cr_expect_eq(n, 2 * f.n, "%s: %zu endpoints, %zu connections", pcap, n,
                 f.n);
    /* Fewer: an old copy that a host refuses for its timestamp, the tap may see
     * before the ACK that made it old, and then it is a plain duplicate. */
    cr_expect_leq(f.refused, refused,
                  "%s: %u segments refused, %u by the hosts", pcap, f.refused,
                  refused);
    cr_expect_eq(f.bad_checksums, 0, "%s", pcap);
}

Test(captures, states_are_the_kernels)
{
    cr_expect_geq(each_capture(".states", compare),
                  getenv("TCPSEG_LAB") ? 20 : 45);
}
