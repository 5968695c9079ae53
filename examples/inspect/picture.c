/* Pictures as the caller of the tool asks for them. */
#include "diagram.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { COLUMNS = 100, COLUMNS_LEAST = 72, COLUMNS_MOST = 160 };

#define DEFAULT_MSL UINT64_C(30000000000) /* tcpconn_config::msl */

static bool read_number(const char *word, unsigned long least,
                        unsigned long most, unsigned long *n)
{
    char *end;

    errno = 0;
    *n = strtoul(word, &end, 10);
    return *word >= '0' && *word <= '9' && !*end && !errno && *n >= least &&
           *n <= most;
}

static bool take_drawer(struct picture *p, drawer *draw, const char *name,
                        const char **wrong)
{
    if (p->draw) {
        *wrong = "--ladder, --svg and --time-sequence exclude each other";
        return false;
    }
    p->draw = draw;
    p->name = name;
    return true;
}

static bool take_color(struct picture *p, const char *word, const char **wrong)
{
    static const char *const when[] = {"auto", "always", "never"};

    for (p->color = 0; p->color < 3; p->color++)
        if (!strcmp(word, when[p->color]))
            return true;
    *wrong = "--color wants auto, always or never";
    return false;
}

bool picture_option(struct picture *p, int option, const char *argument,
                    const char **wrong)
{
    unsigned long n;

    switch (option) {
    case PICTURE_LADDER:
        return take_drawer(p, draw_ladder, "-", wrong);
    case PICTURE_SVG:
        return take_drawer(p, draw_svg, argument, wrong);
    case PICTURE_TIME_SEQUENCE:
        return take_drawer(p, draw_time_sequence, argument, wrong);
    case PICTURE_COLOR:
        return take_color(p, argument, wrong);
    case PICTURE_ONLY:
        if (read_number(argument, 0, INT32_MAX, &n)) {
            p->only = (int64_t)n;
            return true;
        }
        *wrong = "--only wants the number of a connection";
        return false;
    case PICTURE_WIDTH:
        if (read_number(argument, COLUMNS_LEAST, COLUMNS_MOST, &n)) {
            p->columns = (unsigned)n;
            return true;
        }
        *wrong = "--width wants columns, 72 to 160";
        return false;
    default:
        return false;
    }
}

bool picture_wanted(const struct picture *p)
{
    return p->draw;
}

static bool fail(const char *name)
{
    struct text safe = {.len = 0};
    int error = errno;

    text_escaped(&safe, name);
    complain("%s: %s", safe.bytes, strerror(error));
    return false;
}

bool picture_open(struct picture *p)
{
    p->to = stdout;
    if (!p->draw || !strcmp(p->name, "-"))
        return true;
    p->to = fopen(p->name, "w");
    return p->to || fail(p->name);
}

/* Escapes only where somebody looks, and wants them: no-color.org. */
static bool wants_color(int when)
{
    const char *none = getenv("NO_COLOR"), *terminal = getenv("TERM");

    if (when)
        return when == 1;
    return isatty(STDOUT_FILENO) && !(none && *none) &&
           !(terminal && !strcmp(terminal, "dumb"));
}

static unsigned columns_of(const struct picture *p)
{
    struct winsize size;

    if (p->columns)
        return p->columns;
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col)
        return size.ws_col;
    return COLUMNS;
}

struct output picture_output(const struct picture *p, uint64_t msl, bool ascii)
{
    struct canvas canvas = {p->to, columns_of(p), ascii, wants_color(p->color)};

    return output_diagram(&canvas, msl ? msl : DEFAULT_MSL, p->only, p->draw);
}

bool picture_close(struct picture *p)
{
    bool good = !p->draw || diagram_done();

    if (p->to == stdout)
        return good;
    if (ferror(p->to) | fclose(p->to))
        return fail(p->name);
    return good;
}
