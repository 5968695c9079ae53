/* tcpseg-firewall: by the library's advice, from one side to the other. */
#include "firewall.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

volatile sig_atomic_t stop_asked;

static void on_signal(int number)
{
    (void)number;
    stop_asked = 1;
    source_stop();
}

static void set_signals(void)
{
    struct sigaction stop;

    memset(&stop, 0, sizeof stop);
    stop.sa_handler = on_signal; /* without SA_RESTART: a wait must end */
    sigaction(SIGINT, &stop, NULL);
    sigaction(SIGTERM, &stop, NULL);
}

static FILE *open_log(const char *name)
{
    struct text t = {.len = 0};
    FILE *log = strcmp(name, "-") ? fopen(name, "w") : stdout;

    text_escaped(&t, name);
    if (!log)
        complain("%s: %s", t.bytes, strerror(errno));
    return log;
}

/* The last lines may fail as well. */
static int finish(FILE *file, const char *name)
{
    struct text t = {.len = 0};

    if (!file || (fflush(file) == 0 && !ferror(file)))
        return EXIT_SUCCESS;
    text_escaped(&t, name);
    complain("%s: %s", t.bytes, strerror(errno));
    return EXIT_INPUT;
}

int main(int argc, char **argv)
{
    struct options o;
    struct filter *f;
    FILE *log = NULL;
    int status = options_read(&o, argc, argv);

    if (status != GO_ON)
        return status;
    set_signals();
    if (o.log && !(log = open_log(o.log)))
        return EXIT_INPUT;
    f = filter_new(&o, log);
    if (!f)
        return EXIT_INPUT;
    status = o.input ? run_capture(&o, f) : run_inline(&o, f);
    if (status == EXIT_SUCCESS || stop_asked)
        filter_summary(f, stdout);
    filter_free(f);
    if (finish(log, o.log ? o.log : "") | finish(stdout, "standard output"))
        status = EXIT_INPUT;
    return status;
}
