/* A connection as a picture, before it is drawn.
 *
 *   diagram.c  collects what is in it, and settles what later frames tell of earlier
 *   ladder.c   draws it as text
 *   svg.c      draws it as SVG
 *   picture.c  options of pictures
 *   time_sequence.c  has gnuplot draw its numbers over time
 */
#ifndef INSPECT_DIAGRAM_H
#define INSPECT_DIAGRAM_H

#include "inspect.h"

/* What became of a segment: bits of message.marks. */
enum {
    MARK_AGAIN = 1, /* its bytes had been sent before */
    MARK_LOST = 2,  /* it was sent again, and nothing told of it before that */
    MARK_EARLY = 4, /* ahead of a hole */
    MARK_REFUSED = 8, /* its receiver throws it away */
    MARK_COPY = 16,   /* the same packet, captured twice */
    MARK_CUT = 32     /* not all of it was captured, or it is malformed */
};

struct move {
    uint8_t endpoint, from, to, sure;
};

enum { MOVES_MOST = 6, MESSAGES_MOST = 200000 };

/* A segment between the two; or, with frame 0, time that passed. */
struct message {
    uint64_t frame, time;
    uint64_t checks, analysis;
    uint32_t seq, ack, len, wnd;      /* relative, the window scaled */
    uint32_t sack_left, sack_right;   /* the first block; both 0: none */
    uint16_t flags, mss;              /* mss: 0 none */
    uint8_t wscale;                   /* shift + 1; 0: none */
    uint8_t dir, verdict, top, marks; /* top: the most important check */
    uint8_t n_moves;
    struct move moves[MOVES_MOST];
};

struct diagram {
    struct diagram *next;
    uint64_t number;    /* the connection's */
    char name[2][64];   /* address and port */
    uint64_t origin;    /* the time that is 0 */
    uint64_t time_wait; /* when 2MSL began for who is in TIME-WAIT; 0: nobody */
    uint64_t msl;
    uint8_t begin[2], end[2]; /* states */
    struct message *messages;
    size_t n, capacity;
    uint64_t left_out; /* frames for which there was no room */
    bool guesses;      /* a state is inferred */
};

/* How it is drawn. */
struct canvas {
    FILE *to;
    unsigned columns; /* of a terminal */
    bool ascii, color;
};

/* Draws the connections, and whether that worked; not called for complaints about
 * writing to canvas->to, which its owner sees. */
typedef bool drawer(const struct diagram *first, const struct canvas *canvas);

/* The output that collects: everything, or connection `only` if that is not negative.
 * Each is drawn at the end, by their numbers. */
struct output output_diagram(const struct canvas *canvas, uint64_t msl,
                             int64_t only, drawer *draw);

/* Whether the last one was drawn. */
bool diagram_done(void);

drawer draw_ladder, draw_svg, draw_time_sequence;

/* ---- picture.c: options, and the file drawn in ---- */

/* Options of getopt_long(); ROOM_ has those before. */
enum {
    PICTURE_LADDER = 'l',
    PICTURE_SVG = 512,
    PICTURE_TIME_SEQUENCE,
    PICTURE_ONLY,
    PICTURE_WIDTH,
    PICTURE_COLOR
};

struct picture {
    drawer *draw; /* NULL: none is wanted */
    const char *name;
    FILE *to;
    int64_t only; /* one connection's number; -1: all */
    unsigned columns;
    int color;
};

/* Take an option; if that is no good, *wrong says why. */
bool picture_option(struct picture *p, int option, const char *argument,
                    const char **wrong);
bool picture_wanted(const struct picture *p);
/* Opened before the capture is read, so that nobody waits for nothing. False after a
 * complaint. */
bool picture_open(struct picture *p);
struct output picture_output(const struct picture *p, uint64_t msl, bool ascii);
/* Whether it was drawn and written, else after a complaint. */
bool picture_close(struct picture *p);

/* ---- parts of pictures ---- */

/* The label of a segment, in Wireshark's words: as many of them as fit. */
void message_label(struct text *t, const struct message *m, size_t columns);
/* What is worth a word besides: "sent again", "rejected: rst-inexact"; empty if
 * nothing is. */
void message_note(struct text *t, const struct message *m);
/* A time span in the unit that suits it. */
void text_span(struct text *t, uint64_t nanoseconds);
/* Seconds since the capture's first frame. */
void text_time(struct text *t, const struct diagram *d, uint64_t time);
/* From how long a silence on it is marked. */
uint64_t long_silence(const struct diagram *d);

#endif
