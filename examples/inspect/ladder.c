/* A connection as a ladder of text: its ends are the two rails, and their states stand
 * beside them. */
#include "diagram.h"

#include <inttypes.h>
#include <string.h>

enum {
    NUMBER_WIDTH = 6,
    TIME_WIDTH = 12,
    STATE_WIDTH = 13, /* SYN-RECEIVED and a question mark */
    WIRE_LEAST = 22,
    WIRE_MOST = 76
};

/* What lines are made of. */
struct pen {
    const char *rail, *line, *dash, *to_right, *to_left, *cross, *stop,
        *silence, *foot;
};
static const struct pen pens[] = {
    {"\xe2\x94\x82", "\xe2\x94\x80", "\xe2\x95\x8c", "\xe2\x96\xb6",
     "\xe2\x97\x80", "\xe2\x9c\x97", "\xe2\x94\xa4", "\xe2\x8b\xae",
     "\xe2\x94\x94 "},
    {"|", "-", ".", ">", "<", "x", "]", ":", "` "},
};

/* Where things are. */
struct layout {
    const struct canvas *canvas;
    const struct pen *pen;
    unsigned number, time, wire; /* columns; number may be none */
};

/* As wide as the latest one, and two blanks. */
static unsigned time_width(const struct diagram *first)
{
    unsigned widest = TIME_WIDTH;

    for (const struct diagram *d = first; d; d = d->next) {
        struct text t = {.len = 0};

        if (!d->n)
            continue;
        text_time(&t, d, d->messages[d->n - 1].time + 2 * d->msl);
        if (t.len + 2 > widest)
            widest = (unsigned)t.len + 2;
    }
    return widest;
}

static struct layout lay_out(const struct canvas *canvas,
                             const struct diagram *first)
{
    struct layout l = {canvas, &pens[canvas->ascii], NUMBER_WIDTH,
                       time_width(first), 0};
    unsigned rest =
        2 * (STATE_WIDTH + 1) + 3; /* rails, and blanks beside them */
    unsigned columns = canvas->columns;

    if (columns < NUMBER_WIDTH + l.time + rest + WIRE_LEAST)
        l.number = 0;
    rest += l.number + l.time;
    l.wire = columns > rest + WIRE_LEAST ? columns - rest : WIRE_LEAST;
    if (l.wire > WIRE_MOST)
        l.wire = WIRE_MOST;
    return l;
}

static void repeat(struct text *t, const char *what, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        text_add(t, "%s", what);
}

/* ---- color: what is as it should be has none ---- */

static const char *color_of(const struct message *m)
{
    if (m->marks & MARK_LOST)
        return "\033[35m";
    if (m->marks & (MARK_REFUSED | MARK_CUT))
        return "\033[31m";
    if (m->marks & (MARK_AGAIN | MARK_COPY))
        return "\033[33m";
    if (m->flags & (TCPSEG_SYN | TCPSEG_FIN | TCPSEG_RST))
        return "\033[1m";
    return NULL;
}

static void put_colored(struct text *t, const struct layout *l,
                        const char *color, const char *what)
{
    color = l->canvas->color ? color : NULL;
    text_add(t, "%s%s%s", color ? color : "", what, color ? "\033[0m" : "");
}

/* ---- one row ---- */

/* "[SYN] Seq=0" on its way from rail to rail. A lost one ends halfway, a refused one
 * at a cross. */
static void draw_wire(struct text *t, const struct layout *l,
                      const struct message *m)
{
    const struct pen *pen = l->pen;
    const char *line =
        m->marks & (MARK_AGAIN | MARK_COPY) ? pen->dash : pen->line;
    bool lost = m->marks & MARK_LOST;
    bool refused = m->marks & (MARK_REFUSED | MARK_CUT);
    const char *head = lost || refused ? pen->cross
                       : m->dir        ? pen->to_left
                                       : pen->to_right;
    unsigned reach = lost ? l->wire - l->wire / 6 : l->wire;
    struct text label = {.len = 0};
    unsigned rest;

    message_label(&label, m, reach - 6);
    if (label.len > l->wire - 4)
        label.bytes[label.len = l->wire - 4] = 0;
    rest = reach > label.len + 5 ? reach - (unsigned)label.len - 5 : 0;
    if (m->dir) {
        repeat(t, " ", l->wire - reach);
        text_add(t, "%s", head);
        repeat(t, line, rest);
        text_add(t, " %s ", label.bytes);
        repeat(t, line, 2);
    } else {
        repeat(t, line, 2);
        text_add(t, " %s ", label.bytes);
        repeat(t, line, rest);
        text_add(t, "%s", head);
        repeat(t, " ", l->wire - reach);
    }
}

/* A state, as wide as all; the empty string for none. */
static void state_text(struct text *t, const struct layout *l,
                       const struct move *move, bool left)
{
    struct text state = {.len = 0};

    (void)l;
    if (move)
        text_add(&state, "%s%s", tcpconn_state_name(move->to),
                 move->sure ? "" : "?");
    if (left)
        text_add(t, "%*s", STATE_WIDTH, state.bytes);
    else
        text_add(t, "%s", state.bytes);
}

static void add_margin(struct text *t, const struct layout *l,
                       const struct diagram *d, const struct message *m)
{
    struct text time = {.len = 0};

    if (!m) {
        repeat(t, " ", l->number + l->time);
        return;
    }
    text_time(&time, d, m->time);
    if (l->number && m->frame)
        text_add(t, "%*" PRIu64, (int)l->number - 1, m->frame);
    else if (l->number)
        text_add(t, "%*s", (int)l->number - 1, "-");
    text_add(t, "%*s", (int)(l->time + (l->number ? 1 : 0)), time.bytes);
}

static FILE *to; /* where it is drawn: there is one picture at a time */

static void put_line(struct text *t)
{
    while (t->len && t->bytes[t->len - 1] == ' ')
        t->bytes[--t->len] = 0;
    fprintf(to, "%s\n", t->bytes);
}

/* `margin` is what the line begins with, NULL for blanks; `wire` is what is between the
 * rails. */
static void put_row(const struct layout *l, const struct diagram *d,
                    const struct message *margin, const char *wire,
                    const struct move *left, const struct move *right)
{
    struct text t = {.len = 0};

    add_margin(&t, l, d, margin);
    text_add(&t, " ");
    state_text(&t, l, left, true);
    text_add(&t, " %s%s%s ", l->pen->rail, wire, l->pen->rail);
    state_text(&t, l, right, false);
    put_line(&t);
}

static void put_between(const struct layout *l, const struct diagram *d,
                        const char *words, bool left)
{
    struct text wire = {.len = 0};
    size_t columns = strlen(words); /* ASCII, but for the pen's */
    unsigned start = left ? 4 : 0;

    if (!left && columns < l->wire)
        start = (l->wire - (unsigned)columns) / 2;
    repeat(&wire, " ", start);
    text_add(&wire, "%.*s", (int)(l->wire - start), words);
    text_pad(&wire, 0, l->wire);
    put_row(l, d, NULL, wire.bytes, NULL, NULL);
}

/* The n-th move of an end in a message; NULL: there is none. */
static const struct move *move_of(const struct message *m, int endpoint,
                                  unsigned n)
{
    for (unsigned i = 0; i < m->n_moves; i++)
        if (m->moves[i].endpoint == endpoint && n-- == 0)
            return &m->moves[i];
    return NULL;
}

static void put_message(const struct layout *l, const struct diagram *d,
                        const struct message *m)
{
    struct text wire = {.len = 0}, colored = {.len = 0}, blank = {.len = 0};
    struct text note = {.len = 0};

    repeat(&blank, " ", l->wire);
    if (m->frame) {
        draw_wire(&wire, l, m);
        put_colored(&colored, l, color_of(m), wire.bytes);
        message_note(&note, m);
    }
    put_row(l, d, m, m->frame ? colored.bytes : blank.bytes, move_of(m, 0, 0),
            move_of(m, 1, 0));
    for (unsigned n = 1; move_of(m, 0, n) || move_of(m, 1, n); n++)
        put_row(l, d, NULL, blank.bytes, move_of(m, 0, n), move_of(m, 1, n));
    if (note.len)
        put_between(l, d, note.bytes, true);
}

static void put_silence(const struct layout *l, const struct diagram *d,
                        uint64_t span)
{
    struct text words = {.len = 0};

    text_add(&words, ": ");
    text_span(&words, span);
    text_add(&words, " :");
    put_between(l, d, words.bytes, false);
}

/* ---- the whole ---- */

/* Each end's name stands above its rail: the left one ends there, the right one begins
 * there, as far as there is room. */
static void put_names(const struct layout *l, const struct diagram *d)
{
    size_t rail = l->number + l->time + 1 + STATE_WIDTH + 1;
    size_t all = rail + 1 + l->wire + 2 + STATE_WIDTH;
    size_t start = rail + 1 + l->wire, len = strlen(d->name[1]);
    struct text t = {.len = 0};

    if (start + len > all)
        start = all > len ? all - len : 0;
    text_add(&t, "%*s", (int)rail + 1, d->name[0]);
    if (t.len + 2 > start) {
        put_line(&t);
        t.len = 0;
    }
    text_pad(&t, 0, start);
    text_add(&t, "%s", d->name[1]);
    put_line(&t);
}

static void put_head(const struct layout *l, const struct diagram *d)
{
    struct text blank = {.len = 0};
    struct move begin[2] = {{0, 0, d->begin[0], 1}, {1, 0, d->begin[1], 1}};

    fprintf(to, "connection %" PRIu64 "\n", d->number);
    put_names(l, d);
    repeat(&blank, " ", l->wire);
    put_row(l, d, NULL, blank.bytes, &begin[0], &begin[1]);
}

/* What the capture does not show any more: the end of TIME-WAIT. */
static void put_time_wait(const struct layout *l, const struct diagram *d)
{
    struct text words = {.len = 0}, blank = {.len = 0};
    struct move over = {0, TCPCONN_TIME_WAIT, TCPCONN_CLOSED, 1};
    struct message then = {.frame = 0, .time = d->time_wait + 2 * d->msl};
    bool left = d->end[0] == TCPCONN_TIME_WAIT;
    bool right = d->end[1] == TCPCONN_TIME_WAIT;

    if (!left && !right)
        return;
    text_add(&words, ": 2MSL = %" PRIu64 " s :", 2 * d->msl / 1000000000);
    put_between(l, d, words.bytes, false);
    repeat(&blank, " ", l->wire);
    put_row(l, d, &then, blank.bytes, left ? &over : NULL,
            right ? &over : NULL);
}

static void draw_one(const struct layout *l, const struct diagram *d)
{
    uint64_t silence = long_silence(d);

    put_head(l, d);
    for (size_t i = 0; i < d->n; i++) {
        const struct message *m = &d->messages[i];

        if (i && m->time > m[-1].time && m->time - m[-1].time >= silence)
            put_silence(l, d, m->time - m[-1].time);
        put_message(l, d, m);
    }
    if (d->left_out)
        fprintf(to, "%" PRIu64 " more frames have no room here\n", d->left_out);
    put_time_wait(l, d);
}

bool draw_ladder(const struct diagram *first, const struct canvas *canvas)
{
    struct layout l = lay_out(canvas, first);
    bool guesses = false;

    to = canvas->to;
    for (const struct diagram *d = first; d; d = d->next) {
        if (d != first)
            putc('\n', to);
        draw_one(&l, d);
        guesses |= d->guesses;
    }
    if (guesses)
        fputs(
            "\nA state with a question mark is inferred: no segment proves it "
            "yet.\n",
            to);
    return true;
}
