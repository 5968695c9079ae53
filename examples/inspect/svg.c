/* A connection as a picture to paste into a document: SVG 1.1, drawn so that it reads
 * in print and without color. All text goes through escaped(). */
#include "diagram.h"

#include <inttypes.h>
#include <string.h>

/* Pixels. */
enum {
    WIDTH = 1080,
    LEFT = 340, /* the rails */
    RIGHT = 740,
    NUMBER = 44, /* where frames' numbers end, */
    TIME = 160,  /* and times */
    RAIL = 10,
    SLOPE = 12,   /* how much later a segment arrives than it is sent */
    HEAD = 74,    /* above the first row */
    ROW = 34,     /* from segment to segment */
    NOTE = 14,    /* more, where something is noted */
    SILENCE = 34, /* a long one */
    STEP = 15,    /* from state to state of one segment */
    FOOT = 30,
    APART = 40,    /* between connections */
    LABEL = 58,    /* characters that fit on a wire, */
    BOLD_MOST = 32 /* and above a rail, in bold */
};

/* Okabe and Ito's colors, which the color-blind tell apart; dashes and crosses say the
 * same once more. */
static const char style[] =
    "text{font:12px 'DejaVu Sans','Liberation Sans',Helvetica,Arial,sans-serif;"
    "fill:#111}"
    ".h{font-size:15px;font-weight:bold}.n{font-weight:bold}"
    ".t{font-size:11px;fill:#555}.k{font-size:11px}"
    ".note{font-size:11px;font-style:italic}"
    ".w{stroke:#111;stroke-width:1.4;fill:none}"
    ".again{stroke:#0072b2;stroke-dasharray:6 4}"
    ".lost{stroke:#d55e00}.refused{stroke:#d55e00}"
    ".fill-again{fill:#0072b2}.fill-lost{fill:#d55e00}.fill-refused{fill:#"
    "d55e00}"
    ".gap{stroke:#999;stroke-dasharray:2 4;stroke-width:1.2}"
    ".wait{fill:#f5e4ee;stroke:#555;stroke-dasharray:3 3}";

/* What a state looks like on the rail: from nothing over open to closing. */
static const struct {
    int state;
    const char *fill;
} fills[] = {
    {TCPCONN_CLOSED, "#d9d9d9"},      {TCPCONN_LISTEN, "#f0f0f0"},
    {TCPCONN_SYN_SENT, "#f0e442"},    {TCPCONN_SYN_RECEIVED, "#f0e442"},
    {TCPCONN_ESTABLISHED, "#009e73"}, {TCPCONN_FIN_WAIT_1, "#56b4e9"},
    {TCPCONN_FIN_WAIT_2, "#56b4e9"},  {TCPCONN_CLOSE_WAIT, "#56b4e9"},
    {TCPCONN_CLOSING, "#0072b2"},     {TCPCONN_LAST_ACK, "#0072b2"},
    {TCPCONN_TIME_WAIT, "#cc79a7"},
};

static FILE *to; /* where it is drawn: there is one picture at a time */

static const char *fill_of(int state)
{
    for (size_t i = 0; i < sizeof fills / sizeof *fills; i++)
        if (fills[i].state == state)
            return fills[i].fill;
    return "#ffffff";
}

/* ---- elements ---- */

static void escaped(const char *text)
{
    for (; *text; text++) {
        switch (*text) {
        case '<':
            fputs("&lt;", to);
            break;
        case '>':
            fputs("&gt;", to);
            break;
        case '&':
            fputs("&amp;", to);
            break;
        case '"':
            fputs("&quot;", to);
            break;
        default:
            if ((unsigned char)*text >= ' ' && (unsigned char)*text < 0x7f)
                putc(*text, to);
            else
                fprintf(to, "\\x%02x", (unsigned char)*text);
        }
    }
}

static void put_text(int x, int y, const char *class, const char *anchor,
                     const char *words)
{
    fprintf(to, "<text x=\"%d\" y=\"%d\" class=\"%s\" text-anchor=\"%s\">", x,
            y, class, anchor);
    escaped(words);
    fputs("</text>\n", to);
}

static void put_line(int x1, int y1, int x2, int y2, const char *class)
{
    fprintf(to, "<path d=\"M%d %dL%d %d\" class=\"%s\"/>\n", x1, y1, x2, y2,
            class);
}

/* A head at the end of a line, pointing along it. */
static void put_head(int x, int y, int dir, const char *class)
{
    int back = dir ? 11 : -11;

    fprintf(to, "<path d=\"M%d %dl%d -5v9z\" class=\"fill%s%s\"/>\n", x, y,
            back, *class ? "-" : "", class);
}

static void put_cross(int x, int y, const char *class)
{
    fprintf(to,
            "<path d=\"M%d %dl12 12m0 -12l-12 12\" class=\"w %s\" "
            "style=\"stroke-dasharray:none;stroke-width:2.4\"/>\n",
            x - 6, y - 6, class);
}

/* ---- rails: what an end was, from when to when ---- */

struct rail {
    int x, since; /* pixels */
    uint8_t state;
};

static void end_band(struct rail *r, int y)
{
    if (y > r->since)
        fprintf(to,
                "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" "
                "fill=\"%s\" stroke=\"#555\" stroke-width=\".6\"/>\n",
                r->x - RAIL / 2, r->since, RAIL, y - r->since,
                fill_of(r->state));
    r->since = y;
}

static void put_state(const struct rail *r, int endpoint, int y,
                      const struct move *move)
{
    struct text words = {.len = 0};

    text_add(&words, "%s%s", tcpconn_state_name(move->to),
             move->sure ? "" : "?");
    put_text(endpoint ? r->x + RAIL : r->x - RAIL, y + 4, "n",
             endpoint ? "start" : "end", words.bytes);
}

/* All that a segment did to one end, at the place where it was there. The pixels it
 * takes below. */
static int put_moves(struct rail *r, int endpoint, int y,
                     const struct message *m)
{
    int n = 0;

    for (unsigned i = 0; i < m->n_moves; i++) {
        if (m->moves[i].endpoint != endpoint)
            continue;
        end_band(r, y + n * STEP);
        r->state = m->moves[i].to;
        put_state(r, endpoint, y + n * STEP, &m->moves[i]);
        n++;
    }
    return n > 1 ? (n - 1) * STEP : 0;
}

/* ---- rows ---- */

static void put_margin(const struct diagram *d, const struct message *m, int y)
{
    struct text words = {.len = 0};

    text_time(&words, d, m->time);
    put_text(TIME, y + 4, "t", "end", words.bytes);
    if (m->frame) {
        words.len = 0;
        text_add(&words, "%" PRIu64, m->frame);
        put_text(NUMBER, y + 4, "t", "end", words.bytes);
    }
}

static const char *class_of(const struct message *m)
{
    if (m->marks & MARK_LOST)
        return "lost";
    if (m->marks & (MARK_REFUSED | MARK_CUT))
        return "refused";
    return m->marks & (MARK_AGAIN | MARK_COPY) ? "again" : "";
}

/* The wire of one segment, from y on. */
static void put_wire(const struct message *m, int y)
{
    struct text label = {.len = 0}, class = {.len = 0};
    int start = m->dir ? RIGHT - RAIL / 2 - 1 : LEFT + RAIL / 2 + 1;
    int stop = m->dir ? LEFT + RAIL / 2 + 1 : RIGHT - RAIL / 2 - 1;
    int end = y + SLOPE;
    const char *kind = class_of(m);

    if (m->marks & MARK_LOST) {
        stop = start + (stop - start) * 4 / 5;
        end = y + SLOPE * 4 / 5;
    }
    text_add(&class, "w %s", kind);
    put_line(start, y, stop, end, class.bytes);
    if (m->marks & MARK_LOST)
        put_cross(stop, end, kind);
    else if (m->marks & (MARK_REFUSED | MARK_CUT))
        put_cross(stop + (m->dir ? 8 : -8), end, kind);
    else
        put_head(stop, end, m->dir, kind);
    message_label(&label, m, LABEL);
    put_text((LEFT + RIGHT) / 2, y - 4, "k", "middle", label.bytes);
}

/* Draw a message; what is below it. */
static int put_message(const struct diagram *d, struct rail rails[2],
                       const struct message *m, int y)
{
    struct text note = {.len = 0};
    int sent = y, arrives = m->frame ? y + SLOPE : y, below[2];

    put_margin(d, m, y);
    if (m->frame) {
        put_wire(m, y);
        message_note(&note, m);
    }
    for (int i = 0; i < 2; i++)
        below[i] = put_moves(&rails[i], i, i == m->dir ? sent : arrives, m);
    y += ROW + (below[0] > below[1] ? below[0] : below[1]);
    if (note.len) {
        if (note.len > LABEL + 4)
            strcpy(note.bytes + LABEL + 1, "...");
        put_text((LEFT + RIGHT) / 2, sent + SLOPE + 11, "note", "middle",
                 note.bytes);
        y += NOTE;
    }
    return y;
}

static int put_silence(uint64_t span, int y)
{
    struct text words = {.len = 0};

    text_span(&words, span);
    text_add(&words, " later");
    put_line(LEFT + RAIL, y, RIGHT - RAIL, y, "gap");
    fprintf(to,
            "<rect x=\"%d\" y=\"%d\" width=\"110\" height=\"16\" "
            "fill=\"#fff\"/>\n",
            (LEFT + RIGHT) / 2 - 55, y - 8);
    put_text((LEFT + RIGHT) / 2, y + 4, "t", "middle", words.bytes);
    return y + SILENCE;
}

/* TIME-WAIT, beyond what the capture shows. */
static int put_time_wait(const struct diagram *d, struct rail rails[2], int y)
{
    enum { LENGTH = 60 };
    struct move over = {.to = TCPCONN_CLOSED, .sure = 1};
    struct text words = {.len = 0};
    bool any = false;

    text_add(&words, "2MSL: %" PRIu64 " s", 2 * d->msl / 1000000000);
    for (int i = 0; i < 2; i++) {
        if (d->end[i] != TCPCONN_TIME_WAIT)
            continue;
        any = true;
        end_band(&rails[i], y);
        fprintf(to,
                "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" "
                "class=\"wait\"/>\n",
                rails[i].x - RAIL / 2, y, RAIL, LENGTH);
        put_text(i ? rails[i].x - RAIL : rails[i].x + RAIL, y + LENGTH / 2 + 4,
                 "t", i ? "end" : "start", words.bytes);
        rails[i].since = y + LENGTH;
        rails[i].state = TCPCONN_CLOSED;
        put_state(&rails[i], i, y + LENGTH, &over);
    }
    return any ? y + LENGTH + 10 : y;
}

/* ---- how high it will be ---- */

static int moves_at(const struct message *m, int endpoint)
{
    int n = 0;

    for (unsigned i = 0; i < m->n_moves; i++)
        n += m->moves[i].endpoint == endpoint;
    return n;
}

static int height_of(const struct diagram *d)
{
    uint64_t silence = long_silence(d);
    int y = HEAD;

    for (size_t i = 0; i < d->n; i++) {
        const struct message *m = &d->messages[i];
        struct text note = {.len = 0};
        int a = moves_at(m, 0), b = moves_at(m, 1), most = a > b ? a : b;

        if (i && m->time > m[-1].time && m->time - m[-1].time >= silence)
            y += SILENCE;
        if (m->frame)
            message_note(&note, m);
        y += ROW + (most > 1 ? (most - 1) * STEP : 0) + (note.len ? NOTE : 0);
    }
    if (d->end[0] == TCPCONN_TIME_WAIT || d->end[1] == TCPCONN_TIME_WAIT)
        y += 70;
    return y + FOOT;
}

/* ---- the whole ---- */

static void put_diagram(const struct diagram *d, int y)
{
    struct rail rails[2] = {{LEFT, y + HEAD - 26, d->begin[0]},
                            {RIGHT, y + HEAD - 26, d->begin[1]}};
    struct move begin[2] = {{0, 0, d->begin[0], 1}, {1, 0, d->begin[1], 1}};
    uint64_t silence = long_silence(d);
    struct text words = {.len = 0};

    text_add(&words, "connection %" PRIu64, d->number);
    put_text(NUMBER, y + 22, "h", "start", words.bytes);
    for (int i = 0; i < 2; i++)
        put_text(i ? RIGHT - RAIL / 2 : LEFT + RAIL / 2, y + HEAD - 34,
                 strlen(d->name[i]) > BOLD_MOST ? "t" : "n",
                 i ? "start" : "end", d->name[i]);
    for (int i = 0; i < 2; i++)
        put_state(&rails[i], i, y + HEAD - 18, &begin[i]);
    y += HEAD;
    for (size_t i = 0; i < d->n; i++) {
        const struct message *m = &d->messages[i];

        if (i && m->time > m[-1].time && m->time - m[-1].time >= silence)
            y = put_silence(m->time - m[-1].time, y - 4) + 4;
        y = put_message(d, rails, m, y);
    }
    y = put_time_wait(d, rails, y - ROW / 2);
    for (int i = 0; i < 2; i++)
        end_band(&rails[i], y + 4);
}

/* What the lines mean, where there are such. */
static void put_legend(const struct diagram *first, int y)
{
    unsigned marks = 0;
    bool guesses = false;
    int x = 44;

    for (const struct diagram *d = first; d; d = d->next) {
        guesses |= d->guesses;
        for (size_t i = 0; i < d->n; i++)
            marks |= d->messages[i].marks;
    }
    if (marks & MARK_AGAIN) {
        put_line(x, y - 4, x + 40, y - 4, "w again");
        put_text(x + 48, y, "t", "start", "sent again");
        x += 140;
    }
    if (marks & MARK_LOST) {
        put_line(x, y - 4, x + 30, y - 4, "w lost");
        put_cross(x + 32, y - 4, "lost");
        put_text(x + 48, y, "t", "start", "lost on its way");
        x += 180;
    }
    if (marks & (MARK_REFUSED | MARK_CUT)) {
        put_line(x, y - 4, x + 40, y - 4, "w refused");
        put_cross(x + 34, y - 4, "refused");
        put_text(x + 48, y, "t", "start", "refused by its receiver");
        x += 230;
    }
    if (guesses)
        put_text(x, y, "t", "start", "?: inferred, no segment proves it yet");
}

bool draw_svg(const struct diagram *first, const struct canvas *canvas)
{
    int height = 0, y = 0;

    to = canvas->to;
    for (const struct diagram *d = first; d; d = d->next)
        height += height_of(d) + APART;
    fprintf(to,
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
            "<svg xmlns=\"http://www.w3.org/2000/svg\" version=\"1.1\" "
            "width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\">\n"
            "<title>TCP connections: segments and states</title>\n"
            "<style>%s</style>\n"
            "<rect width=\"100%%\" height=\"100%%\" fill=\"#fff\"/>\n",
            WIDTH, height + FOOT, WIDTH, height + FOOT, style);
    for (const struct diagram *d = first; d; d = d->next) {
        put_diagram(d, y);
        y += height_of(d) + APART;
    }
    put_legend(first, y);
    fputs("</svg>\n", to);
    return true;
}
