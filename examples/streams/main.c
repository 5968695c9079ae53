/* tcpseg-streams: the byte streams of a capture, as files. */
#include "streams.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

static void on_signal(int number)
{
    (void)number;
    source_stop();
}

static void set_signals(void)
{
    struct sigaction stop, ignore;

    memset(&stop, 0, sizeof stop);
    stop.sa_handler = on_signal; /* without SA_RESTART: a read must return */
    sigaction(SIGINT, &stop, NULL);
    sigaction(SIGTERM, &stop, NULL);
    memset(&ignore, 0, sizeof ignore);
    ignore.sa_handler = SIG_IGN;
    sigaction(SIGPIPE, &ignore, NULL);
}

/* The last bytes may fail as well. */
static int status_of(struct target *t)
{
    if (!t->error && fflush(stdout) != 0) {
        t->error = errno;
        if (t->error != EPIPE)
            complain("standard output: %s", strerror(t->error));
    }
    return t->error && (t->error != EPIPE || t->dir >= 0) ? EXIT_INPUT
                                                          : EXIT_SUCCESS;
}

static int run(struct options *o, struct source *source, struct target *target)
{
    struct follower *f;
    struct packet packet;
    uint64_t connections;
    int got, status;

    room_fit(&o->room, source_size(source));
    f = follower_new(source_linktype(source), o, target);
    if (!f)
        return EXIT_INPUT;
    do {
        got = source_next(source, &packet);
        if (got == SOURCE_MORE && !follower_feed(f, &packet))
            got = SOURCE_ERROR;
    } while (got == SOURCE_MORE);
    connections = follower_finish(f);
    status = status_of(target);
    if (target->error || got == SOURCE_ERROR)
        return target->error ? status : EXIT_INPUT;
    if (o->one_conn && o->conn >= connections) {
        complain("--conn %" PRIu64 ": there are %" PRIu64
                 " connections, numbered from 0",
                 o->conn, connections);
        return EXIT_INPUT;
    }
    return status;
}

int main(int argc, char **argv)
{
    struct options o;
    struct target target;
    struct source *source;
    int status = options_read(&o, argc, argv);

    if (status != GO_ON)
        return status;
    set_signals();
    source = source_open(o.name, false, o.filter, &status);
    if (!source)
        return status;
    status = target_open(&target, &o) ? run(&o, source, &target) : EXIT_INPUT;
    source_close(source);
    return status;
}
