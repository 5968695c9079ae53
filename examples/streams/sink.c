/* Where bytes go. Names are made of digits here and nothing else, files are opened
 * relative to the directory, and no link is followed: nothing outside is written. */
#include "streams.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

bool target_open(struct target *t, const struct options *o)
{
    *t = (struct target){.dir = UNKNOWN, .overwrite = o->overwrite};
    if (o->to_stdout) {
        text_add(&t->name, "standard output");
        return true;
    }
    text_escaped(&t->name, o->target);
    if (mkdir(o->target, 0777) == 0 || errno == EEXIST)
        t->dir = open(o->target, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (t->dir >= 0)
        return true;
    complain("%s: %s", t->name.bytes, strerror(errno));
    return false;
}

/* ---- names ---- */

static void add_endpoint(struct text *t, const struct endpoint *e,
                         unsigned family)
{
    const uint8_t *a = e->address;

    if (family == 4) {
        text_add(t, "%03u.%03u.%03u.%03u", a[0], a[1], a[2], a[3]);
    } else {
        for (unsigned i = 0; i < 16; i += 2)
            text_add(t, "%s%02x%02x", i ? ":" : "", a[i], a[i + 1]);
    }
    text_add(t, ".%05u", e->port);
}

void sink_name(const struct sink *s, char name[SINK_NAME])
{
    const struct pair *p = s->pair;
    struct text t = {.len = 0};

    add_endpoint(&t, &p->ep[s->endpoint], p->family);
    text_add(&t, "-");
    add_endpoint(&t, &p->ep[!s->endpoint], p->family);
    if (p->copy)
        text_add(&t, "c%" PRIu32, p->copy);
    if (s->urgent)
        text_add(&t, ".urgent");
    memcpy(name, t.bytes, t.len + 1);
}

/* ---- errors ---- */

static void fail(struct target *t, const struct sink *s, int error)
{
    char name[SINK_NAME];

    if (t->error)
        return;
    t->error = error;
    if (t->dir < 0) {
        if (error != EPIPE) /* a reader that has gone is no error */
            complain("%s: %s", t->name.bytes, strerror(error));
        return;
    }
    sink_name(s, name);
    complain("%s/%s: %s%s", t->name.bytes, name, strerror(error),
             error == EEXIST && !t->overwrite ? " (--overwrite replaces it)"
                                              : "");
}

/* ---- files ---- */

void sink_close(struct target *t, struct sink *s)
{
    if (s->fd < 0)
        return;
    if (close(s->fd) != 0)
        fail(t, s, errno);
    s->fd = UNKNOWN;
    for (unsigned i = 0; i < t->n_open; i++) {
        if (t->open[i] == s) {
            t->open[i] = t->open[--t->n_open];
            return;
        }
    }
}

static void make_room(struct target *t)
{
    struct sink *oldest = t->open[0];

    if (t->n_open < MAX_OPEN)
        return;
    for (unsigned i = 1; i < t->n_open; i++)
        if (t->open[i]->used < oldest->used)
            oldest = t->open[i];
    sink_close(t, oldest);
}

/* A new file is new: what had its name is removed first, or refused. */
static bool open_file(struct target *t, struct sink *s)
{
    const int flags = O_WRONLY | O_NOFOLLOW | O_CLOEXEC;
    char name[SINK_NAME];

    s->used = ++t->writes;
    if (s->fd >= 0)
        return true;
    make_room(t);
    sink_name(s, name);
    if (!s->made && t->overwrite)
        unlinkat(t->dir, name, 0);
    s->fd =
        openat(t->dir, name, s->made ? flags : flags | O_CREAT | O_EXCL, 0666);
    if (s->fd < 0) {
        fail(t, s, errno);
        return false;
    }
    s->made = true;
    t->open[t->n_open++] = s;
    return true;
}

static void to_stdout(struct target *t, struct sink *s, const void *bytes,
                      size_t len)
{
    if (fwrite(bytes, 1, len, stdout) != len)
        fail(t, s, errno);
}

void sink_write(struct target *t, struct sink *s, const void *bytes, size_t len)
{
    const uint8_t *from = bytes;

    if (t->error)
        return;
    if (t->dir < 0) {
        to_stdout(t, s, bytes, len);
        return;
    }
    if (!open_file(t, s))
        return;
    while (len) {
        ssize_t n = pwrite(s->fd, from, len, (off_t)s->at);

        if (n < 0 && errno != EINTR) {
            fail(t, s, errno);
            return;
        }
        if (n > 0) {
            s->at += (uint64_t)n;
            from += n;
            len -= (size_t)n;
        }
    }
}

/* In a file they take no room, however many an attacker makes of them. */
void sink_fill(struct target *t, struct sink *s, uint64_t len)
{
    static const uint8_t zeros[4096];

    if (t->error)
        return;
    if (t->dir >= 0) {
        s->at += len;
        if (s->made && open_file(t, s) && ftruncate(s->fd, (off_t)s->at) != 0)
            fail(t, s, errno);
        return;
    }
    for (; len && !t->error; len -= len < sizeof zeros ? len : sizeof zeros)
        to_stdout(t, s, zeros, len < sizeof zeros ? len : sizeof zeros);
}

void sink_restart(struct target *t, struct sink *s)
{
    s->at = 0;
    if (!t->error && s->made && open_file(t, s) && ftruncate(s->fd, 0) != 0)
        fail(t, s, errno);
}
