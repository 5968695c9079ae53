/* Plays the scripts given as arguments, one test point each, and then asks whether
 * they met every check and every transition. Needs no test framework, so that it
 * runs on every target. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conn_int.h"
#include "play.h"

static int points, failures;

static void point(int good, const char *name, const char *why)
{
    points++;
    failures += !good;
    printf("%sok %d - %s\n", good ? "" : "not ", points, name);
    for (const char *line = good ? "" : why; *line;) {
        size_t len = strcspn(line, "\n");

        printf("# %.*s\n", (int)len, line);
        line += len + (line[len] == '\n');
    }
}

static void play_file(const char *path)
{
    static char script[65536];
    const char *name = strrchr(path, '/');
    FILE *file = fopen(path, "rb");
    const char *error = "cannot be read";

    if (file) {
        size_t n = fread(script, 1, sizeof script - 1, file);

        script[n] = 0;
        error = n < sizeof script - 1 ? play_everywhere(script) : "too long";
        fclose(file);
    }
    point(!error, name ? name + 1 : path, error ? error : "");
}

static void ask_for_checks(void)
{
    for (unsigned i = 0; tcpconn_check_name(i); i++) {
        char text[96];

        snprintf(text, sizeof text, "a script expects %s",
                 tcpconn_check_name(i));
        /* No script can write what is no header. */
        if (i != TCPCONN_CHECK_BAD_OFFSET && i != TCPCONN_CHECK_TRUNCATED)
            point(play_met.checks >> i & 1, text, "");
    }
}

static void ask_for_transition(uint8_t from, uint8_t to)
{
    char text[96];

    /* The ACK that comes with the FIN has made it ESTABLISHED before. */
    if (from == TCPCONN_SYN_RECEIVED && to == TCPCONN_CLOSE_WAIT)
        return;
    snprintf(text, sizeof text, "a script goes from %s to %s",
             tcpconn_state_name(from), tcpconn_state_name(to));
    point(play_met.changes[from] >> to & 1, text, "");
}

/* Both tables of fsm.c, each cell once. */
static void ask_for_transitions(void)
{
    for (uint8_t from = 0; from < N_STATES; from++) {
        const struct endpoint ep = {.state = from};
        unsigned to = 0;
        uint8_t next;

        for (unsigned event = 0; event < N_EVENTS; event++)
            if (tcpsegp_fsm_event(&ep, event, &next))
                to |= 1u << next;
        for (unsigned cause = 0; cause < N_OUTSIDE; cause++)
            if (tcpsegp_fsm_outside(&ep, cause, &next))
                to |= 1u << next;
        for (next = 0; next < N_STATES; next++)
            if (to >> next & 1)
                ask_for_transition(from, next);
    }
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        play_file(argv[i]);
    if (argc > 100) { /* all of them */
        ask_for_checks();
        ask_for_transitions();
    }
    printf("1..%d\n", points);
    return failures != 0;
}
