/* A connection's numbers over time, as Stevens drew them and tcptrace does: each
 * segment is an arrow over the numbers it takes, below it runs what its receiver has
 * acknowledged, above it the edge of the window. gnuplot draws. */
#include "diagram.h"

#include <errno.h>
#include <inttypes.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

/* What is plotted, in this order: its name, and what gnuplot is told to do with it. */
static const struct {
    const char *name, *title, *style;
} rows[] = {
    {"window", "window", "with steps lc rgb '#009e73' lw 1.2"},
    {"acks", "acknowledged", "with steps lc rgb '#e69f00' lw 1.6"},
    {"sacks", "acknowledged selectively",
     "with vectors nohead lc rgb '#cc79a7' lw 2"},
    {"segments", "sent", "with vectors size graph 0.004,25 lc rgb '#111111'"},
    {"again", "sent again",
     "with vectors size graph 0.006,25 lc rgb '#d55e00' lw 1.8"},
};
enum { WINDOW, ACKS, SACKS, SEGMENTS, AGAIN, N_ROWS };

/* A direction's numbers on the way to 64 bits. */
struct unwrapped {
    uint64_t last;
};

/* The one nearest to the last. */
static uint64_t unwrap(struct unwrapped *u, uint32_t number)
{
    uint64_t there = (u->last & ~(uint64_t)UINT32_MAX) | number;

    if (there + (UINT64_C(1) << 31) < u->last)
        there += UINT64_C(1) << 32;
    else if (there > u->last + (UINT64_C(1) << 31) && there >= UINT64_C(1)
                                                                   << 32)
        there -= UINT64_C(1) << 32;
    return u->last = there;
}

static double seconds(const struct diagram *d, const struct message *m)
{
    return m->time > d->origin ? (double)(m->time - d->origin) / 1e9 : 0;
}

static bool counts(const struct message *m)
{
    return m->frame && !(m->marks & (MARK_REFUSED | MARK_COPY | MARK_CUT));
}

/* One kind of point of what `dir` sent, from a message to the plot. */
static bool put_point(FILE *to, const struct diagram *d,
                      const struct message *m, int dir, unsigned row,
                      struct unwrapped *u)
{
    uint32_t len =
        m->len + !!(m->flags & TCPSEG_SYN) + !!(m->flags & TCPSEG_FIN);
    bool again = m->marks & MARK_AGAIN, sends = m->dir == dir && len;
    bool answers = m->dir != dir && m->flags & TCPSEG_ACK;
    bool blocks = answers && m->sack_left != m->sack_right;

    if (!counts(m))
        return false;
    if ((row == SEGMENTS && sends && !again) ||
        (row == AGAIN && sends && again))
        fprintf(to, "%.9f %" PRIu64 " 0 %" PRIu32 "\n", seconds(d, m),
                unwrap(u, m->seq), len);
    else if (row == ACKS && answers)
        fprintf(to, "%.9f %" PRIu64 "\n", seconds(d, m), unwrap(u, m->ack));
    else if (row == WINDOW && answers && !(m->flags & TCPSEG_SYN))
        fprintf(to, "%.9f %" PRIu64 "\n", seconds(d, m),
                unwrap(u, m->ack) + m->wnd);
    else if (row == SACKS && blocks)
        fprintf(to, "%.9f %" PRIu64 " 0 %" PRIu32 "\n", seconds(d, m),
                unwrap(u, m->sack_left), m->sack_right - m->sack_left);
    else
        return false;
    return true;
}

/* All points of one kind, as a block that gnuplot reads; whether there are any. */
static bool put_block(FILE *to, const struct diagram *d, int dir, unsigned row)
{
    struct unwrapped u = {0};
    bool any = false;

    fprintf(to, "$%s%d << END\n", rows[row].name, dir);
    for (size_t i = 0; i < d->n; i++)
        any |= put_point(to, d, &d->messages[i], dir, row, &u);
    fputs("END\n", to);
    return any;
}

/* The window may be so far above that nothing else would be seen: then it is cut off,
 * and the panel says so. */
static void put_range(FILE *to, const struct diagram *d, int dir)
{
    struct unwrapped sent = {0}, acked = {0};
    uint64_t top = 1, edge = 0;

    for (size_t i = 0; i < d->n; i++) {
        const struct message *m = &d->messages[i];

        if (counts(m) && m->dir == dir && m->len) {
            uint64_t end = unwrap(&sent, m->seq) + m->len;

            top = end > top ? end : top;
        } else if (counts(m) && m->dir != dir && m->flags & TCPSEG_ACK &&
                   !(m->flags & TCPSEG_SYN)) {
            uint64_t there = unwrap(&acked, m->ack) + m->wnd;

            edge = there > edge ? there : edge;
        }
    }
    fputs("unset label\n", to);
    if (edge > 2 * top)
        fprintf(to,
                "set yrange [0:%" PRIu64 "]\nset label 'the window is above: "
                "up to %" PRIu64 "' at graph 0.01,0.96\n",
                top + top / 4 + 1, edge);
    else
        fputs("set yrange [0:*]\n", to);
}

static void put_panel(FILE *to, const struct diagram *d, int dir)
{
    const char *before = "plot ";
    bool any[N_ROWS];

    for (unsigned row = 0; row < N_ROWS; row++)
        any[row] = put_block(to, d, dir, row);
    put_range(to, d, dir);
    /* addresses hold no character that gnuplot takes for more in '' */
    fprintf(to, "set title '%s to %s' noenhanced\n", d->name[dir],
            d->name[!dir]);
    for (unsigned row = 0; row < N_ROWS; row++) {
        if (!any[row])
            continue;
        fprintf(to, "%s$%s%d %s title '%s'", before, rows[row].name, dir,
                rows[row].style, rows[row].title);
        before = ", ";
    }
    fputs(*before == ',' ? "\n" : "", to);
}

static uint64_t sent_by(const struct diagram *d, int dir)
{
    uint64_t bytes = 0;

    for (size_t i = 0; i < d->n; i++)
        if (counts(&d->messages[i]) && d->messages[i].dir == dir)
            bytes += d->messages[i].len;
    return bytes;
}

/* One picture is of one connection: of several, that which sent most. */
static const struct diagram *largest(const struct diagram *first)
{
    const struct diagram *best = first;
    uint64_t most = 0;

    for (const struct diagram *d = first; d; d = d->next) {
        uint64_t bytes = sent_by(d, 0) + sent_by(d, 1);

        if (bytes > most) {
            most = bytes;
            best = d;
        }
    }
    return best;
}

static void put_script(FILE *to, const struct diagram *d)
{
    bool panel[2] = {sent_by(d, 0), sent_by(d, 1)};
    int n = panel[0] && panel[1] ? 2 : 1;

    fprintf(to,
            "set terminal svg size 1100,%d dynamic font 'DejaVu Sans,12' "
            "background rgb 'white'\n"
            "set multiplot layout %d,1\n"
            "set grid lc rgb '#dddddd'\nset key outside right top vertical\n"
            "set xlabel 'seconds'\nset ylabel 'sequence number'\n"
            "set format y '%%.0f'\nset border 3\nset tics nomirror\n",
            100 + 450 * n, n);
    for (int dir = 0; dir < 2; dir++)
        if (panel[dir] || (!dir && !panel[1]))
            put_panel(to, d, dir);
    fputs("unset multiplot\n", to);
}

/* gnuplot, reading from *in and writing to a file; no shell between. */
static bool start_gnuplot(FILE *to, FILE **in, pid_t *child)
{
    char name[] = "gnuplot", input[] = "-";
    char *arguments[] = {name, input, NULL};
    posix_spawn_file_actions_t files;
    int ends[2], error;

    if (pipe(ends))
        return false;
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_adddup2(&files, ends[0], STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&files, fileno(to), STDOUT_FILENO);
    posix_spawn_file_actions_addclose(&files, ends[0]);
    posix_spawn_file_actions_addclose(&files, ends[1]);
    error = posix_spawnp(child, name, &files, NULL, arguments, environ);
    posix_spawn_file_actions_destroy(&files);
    close(ends[0]);
    *in = error ? NULL : fdopen(ends[1], "w");
    if (*in)
        return true;
    close(ends[1]);
    errno = error ? error : errno;
    return false;
}

bool draw_time_sequence(const struct diagram *first,
                        const struct canvas *canvas)
{
    const struct diagram *d = largest(first);
    FILE *in;
    pid_t child;
    int status = 0;

    if (!d) {
        complain("there is no connection to draw");
        return false;
    }
    fflush(canvas->to);
    if (!start_gnuplot(canvas->to, &in, &child)) {
        complain("gnuplot, which draws time sequences: %s", strerror(errno));
        return false;
    }
    put_script(in, d);
    fclose(in);
    while (waitpid(child, &status, 0) < 0 && errno == EINTR)
        ;
    if (status)
        complain("gnuplot has failed");
    return !status;
}
