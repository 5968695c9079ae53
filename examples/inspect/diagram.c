/* What a picture of a connection is made of: its segments in the order of the capture,
 * the states they move its ends to, and what later frames tell of earlier ones. */
#include "diagram.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* One picture book: there is one at a time, as there is one capture. */
static struct {
    struct diagram *first, *last;
    struct canvas canvas;
    uint64_t msl;
    int64_t only;
    bool full; /* no memory for more */
    drawer *draw;
    bool done;
} book;

/* ---- collecting ---- */

static struct diagram *diagram_new(const struct flow *f, uint64_t origin)
{
    struct diagram *d = calloc(1, sizeof *d);

    if (!d)
        return NULL;
    d->number = f->number;
    d->origin = origin;
    d->msl = book.msl;
    for (int i = 0; i < 2; i++) {
        struct text name = {.len = 0}; /* all 0 behind it */

        text_endpoint(&name, f, i);
        memcpy(d->name[i], name.bytes, sizeof d->name[i] - 1);
    }
    if (book.last)
        book.last->next = d;
    else
        book.first = d;
    return book.last = d;
}

/* The latest one is the likeliest. */
static struct diagram *diagram_of(const struct flow *f, uint64_t origin)
{
    struct diagram *d = book.last;

    if (book.only >= 0 && f->number != (uint64_t)book.only)
        return NULL;
    if (d && d->number == f->number)
        return d;
    for (d = book.first; d; d = d->next)
        if (d->number == f->number)
            return d;
    return diagram_new(f, origin);
}

static struct message *message_new(struct diagram *d)
{
    if (d->n == MESSAGES_MOST || book.full) {
        d->left_out++;
        return NULL;
    }
    if (d->n == d->capacity) {
        size_t capacity = d->capacity ? 2 * d->capacity : 16;
        struct message *more =
            realloc(d->messages, capacity * sizeof *d->messages);

        if (!more) {
            book.full = true;
            d->left_out++;
            return NULL;
        }
        d->messages = more;
        d->capacity = capacity;
    }
    memset(&d->messages[d->n], 0, sizeof *d->messages);
    return &d->messages[d->n++];
}

static void add_moves(struct diagram *d, struct message *m,
                      const struct news *news, uint64_t time)
{
    for (size_t i = 0; i < news->n_changes; i++) {
        const struct change *c = &news->changes[i];
        struct move move = {c->endpoint, c->old_state, c->new_state, c->sure};

        d->end[move.endpoint] = move.to;
        d->guesses |= !move.sure;
        if (move.to == TCPCONN_TIME_WAIT)
            d->time_wait = time;
        if (m && m->n_moves < MOVES_MOST)
            m->moves[m->n_moves++] = move;
    }
}

static void read_header(struct message *m, const struct sighting *s)
{
    const struct flow *f = s->flow;
    const tcpseg *seg = s->seg;
    uint32_t base = f->side[s->dir].base, other = f->side[!s->dir].base;

    m->flags = seg->flags;
    m->seq = f->side[s->dir].has_base ? seg->seq - base : seg->seq;
    m->ack = f->side[!s->dir].has_base ? seg->ack - other : seg->ack;
    m->len = seg->payload_len;
    m->wnd = s->report.wnd_scaled;
    if (seg->present & TCPSEG_HAS_MSS)
        m->mss = seg->mss;
    if (seg->present & TCPSEG_HAS_WSCALE)
        m->wscale = (uint8_t)(seg->wscale + 1);
    if (seg->sack_count) {
        m->sack_left = seg->sack[0].left - other;
        m->sack_right = seg->sack[0].right - other;
    }
}

static bool has_check(uint64_t checks, unsigned check)
{
    return checks >> check & 1;
}

static uint8_t marks_of(const struct message *m)
{
    bool numbers = m->len || m->flags & (TCPSEG_SYN | TCPSEG_FIN);
    uint8_t marks = 0;

    if (has_check(m->checks, TCPCONN_CHECK_CAPTURE_DUPLICATE))
        return MARK_COPY;
    switch (m->verdict) {
    case TCPCONN_QUEUED:
        marks = MARK_EARLY;
        break;
    case TCPCONN_DUPLICATE:
    case TCPCONN_TRIMMED:
        if (numbers && !has_check(m->checks, TCPCONN_CHECK_KEEP_ALIVE))
            marks = MARK_AGAIN;
        break;
    case TCPCONN_REJECTED:
        marks = MARK_REFUSED;
        break;
    case TCPCONN_MALFORMED:
        marks = MARK_CUT;
        break;
    }
    return marks;
}

static void collect_segment(struct output *out, const struct sighting *s)
{
    struct diagram *d;
    struct message *m;

    (void)out;
    if (!s->flow)
        return;
    d = diagram_of(s->flow, s->packet->origin);
    if (!d)
        return;
    m = message_new(d);
    if (m) {
        m->frame = s->packet->number;
        m->time = s->packet->time;
        m->dir = (uint8_t)s->dir;
        m->verdict = (uint8_t)s->report.verdict;
        m->checks = s->report.checks;
        m->top = s->report.top_check;
        m->analysis = s->analysis.flags;
        read_header(m, s);
        m->marks = marks_of(m);
    }
    add_moves(d, m, &s->news, s->packet->time);
    if (d->end[!s->dir] == TCPCONN_TIME_WAIT && s->seg->flags & TCPSEG_FIN &&
        s->report.verdict <= TCPCONN_DUPLICATE)
        d->time_wait = s->packet->time; /* RFC 9293 section 3.6.1: anew */
}

/* Changes that no segment made: a row without an arrow. */
static void collect_passed(struct output *out, const struct flow *f,
                           const struct packet *p, const struct news *news)
{
    struct diagram *d = NULL;
    struct message *m;

    (void)out;
    if (news->n_changes)
        d = diagram_of(f, p->origin);
    if (!d)
        return;
    m = message_new(d);
    if (m)
        m->time = news->changes[0].time;
    add_moves(d, m, news, news->changes[0].time);
}

static void collect_notice(struct output *out, const struct notice *n)
{
    collect_passed(out, n->flow, n->packet, &n->news);
}

/* ---- settling ---- */

/* The numbers a segment takes. */
static uint32_t end_of(const struct message *m)
{
    return m->seq + m->len + !!(m->flags & TCPSEG_SYN) +
           !!(m->flags & TCPSEG_FIN);
}

static bool before(uint32_t a, uint32_t b)
{
    return (uint32_t)(a - b) > INT32_MAX;
}

/* Whether its peer has told that it has it: an ACK that covers it, or a block. */
static bool tells_of(const struct message *answer, const struct message *m)
{
    uint32_t end = end_of(m);

    if (answer->dir == m->dir || !(answer->flags & TCPSEG_ACK))
        return false;
    return !before(answer->ack, end) ||
           (answer->sack_right != answer->sack_left &&
            !before(m->seq, answer->sack_left) &&
            !before(answer->sack_right, end));
}

/* A block that reports it as come twice (RFC 2883): neither of the two was lost. */
static bool tells_twice(const struct message *answer, const struct message *m)
{
    return answer->dir != m->dir && answer->sack_right != answer->sack_left &&
           before(answer->sack_left, answer->ack) &&
           !before(m->seq, answer->sack_left) &&
           before(m->seq, answer->sack_right);
}

/* Whether it sends the first of m's numbers once more. */
static bool repeats(const struct message *n, const struct message *m)
{
    return n->dir == m->dir && n->marks & MARK_AGAIN &&
           !before(m->seq, n->seq) && before(m->seq, end_of(n));
}

/* Lost is what was sent again before anything told of it, and of which nothing tells
 * later that it came twice. */
static bool is_lost(const struct diagram *d, size_t i)
{
    enum { AHEAD = 1000 }; /* a few windows */
    const struct message *m = &d->messages[i];
    bool again = false;

    for (size_t k = i + 1; k < d->n && k < i + AHEAD; k++) {
        const struct message *n = &d->messages[k];

        if (!n->frame || n->marks & (MARK_COPY | MARK_REFUSED | MARK_CUT))
            continue;
        if (tells_twice(n, m) || (!again && tells_of(n, m)))
            return false;
        again |= repeats(n, m);
    }
    return again;
}

static void settle(struct diagram *d)
{
    for (size_t i = 0; i < d->n; i++) {
        struct message *m = &d->messages[i];

        if (m->frame && end_of(m) != m->seq &&
            !(m->marks & (MARK_REFUSED | MARK_COPY | MARK_CUT)) &&
            is_lost(d, i))
            m->marks |= MARK_LOST;
    }
}

static void free_diagrams(void)
{
    while (book.first) {
        struct diagram *d = book.first;

        book.first = d->next;
        free(d->messages);
        free(d);
    }
    book.last = NULL;
}

static void finish(struct output *out, const struct flows *flows,
                   const struct totals *totals)
{
    (void)out;
    (void)flows;
    (void)totals;
    for (struct diagram *d = book.first; d; d = d->next)
        settle(d);
    book.done = book.draw(book.first, &book.canvas);
    if (book.full)
        complain("out of memory: the diagrams are not complete");
    free_diagrams();
}

bool diagram_done(void)
{
    return book.done;
}

struct output output_diagram(const struct canvas *canvas, uint64_t msl,
                             int64_t only, drawer *draw)
{
    book.canvas = *canvas;
    book.msl = msl;
    book.only = only;
    book.draw = draw;
    return (struct output){.segment = collect_segment,
                           .passed = collect_passed,
                           .notice = collect_notice,
                           .finished = finish,
                           .ascii = canvas->ascii};
}

/* ---- words ---- */

/* Flags as the field writes them, in Wireshark's order. */
static void add_flags(struct text *t, unsigned flags)
{
    static const struct {
        unsigned bit;
        const char *name;
    } names[] = {
        {TCPSEG_FIN, "FIN"}, {TCPSEG_SYN, "SYN"}, {TCPSEG_RST, "RST"},
        {TCPSEG_PSH, "PSH"}, {TCPSEG_ACK, "ACK"}, {TCPSEG_URG, "URG"},
        {TCPSEG_ECE, "ECE"}, {TCPSEG_CWR, "CWR"}, {TCPSEG_AE, "AE"},
    };
    const char *between = "[";

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (!(flags & names[i].bit))
            continue;
        text_add(t, "%s%s", between, names[i].name);
        between = ", ";
    }
    text_add(t, *between == ',' ? "]" : "[<None>]");
}

enum { FLAGS, SEQ, ACK, WIN, LEN, MSS, WSCALE, SACK, N_FIELDS };

static void add_field(struct text *t, const struct message *m, unsigned field)
{
    switch (field) {
    case FLAGS:
        add_flags(t, m->flags);
        break;
    case SEQ:
        text_add(t, " Seq=%" PRIu32, m->seq);
        break;
    case ACK:
        text_add(t, " Ack=%" PRIu32, m->ack);
        break;
    case WIN:
        text_add(t, " Win=%" PRIu32, m->wnd);
        break;
    case LEN:
        text_add(t, " Len=%" PRIu32, m->len);
        break;
    case MSS:
        text_add(t, " MSS=%u", m->mss);
        break;
    case WSCALE:
        text_add(t, " WS=%u", 1u << (m->wscale < 15 ? m->wscale - 1 : 14));
        break;
    case SACK:
        text_add(t, " SLE=%" PRIu32 " SRE=%" PRIu32, m->sack_left,
                 m->sack_right);
        break;
    }
}

static unsigned fields_of(const struct message *m)
{
    unsigned fields = 1u << FLAGS | 1u << SEQ | 1u << WIN;

    if (m->flags & TCPSEG_ACK)
        fields |= 1u << ACK;
    if (m->len)
        fields |= 1u << LEN;
    if (m->mss)
        fields |= 1u << MSS;
    if (m->wscale)
        fields |= 1u << WSCALE;
    if (m->sack_left != m->sack_right)
        fields |= 1u << SACK;
    return fields;
}

/* What goes first when it is too long: of a bare ACK other things count. */
static const uint8_t *least_first(const struct message *m)
{
    static const uint8_t sends[] = {WIN, WSCALE, MSS, SACK,
                                    ACK, LEN,    SEQ, FLAGS};
    static const uint8_t acks[] = {WIN,  WSCALE, MSS, SEQ,
                                   SACK, LEN,    ACK, FLAGS};

    return end_of(m) == m->seq && m->flags & TCPSEG_ACK ? acks : sends;
}

void message_label(struct text *t, const struct message *m, size_t columns)
{
    unsigned fields = fields_of(m);
    const uint8_t *drop = least_first(m);

    for (;;) {
        struct text own = {.len = 0};

        for (unsigned i = 0; i < N_FIELDS; i++)
            if (fields >> i & 1)
                add_field(&own, m, i);
        if (own.len <= columns || fields == 1u << FLAGS) {
            text_add(t, "%s", own.bytes);
            return;
        }
        while (!(fields >> *drop & 1))
            drop++;
        fields &= ~(1u << *drop);
    }
}

struct list {
    struct text *text;
    const char *between;
};

static void add_name(void *context, const char *name)
{
    struct list *list = context;

    text_add(list->text, "%s%s", list->between, name);
    list->between = ", ";
}

/* What the capture proves of it and a mark does not say. */
static void add_seen(struct list *list, const struct message *m)
{
    static const struct {
        uint8_t bit;
        const char *text;
    } notes[] = {
        {TCPCONN_SEEN_RESENT_TOLD, "as asked for"},
        {TCPCONN_SEEN_RESENT_LATE, "though acknowledged"},
        {TCPCONN_SEEN_OVERTAKEN, "overtaken"},
        {TCPCONN_SEEN_LOST_BEFORE, "first copy lost before"},
        {TCPCONN_SEEN_NEEDLESS, "came twice"},
        {TCPCONN_SEEN_ACK_UNSEEN, "acknowledges what was not captured"},
        {TCPCONN_SEEN_KEEP_ALIVE, "keep-alive"},
        {TCPCONN_SEEN_KEEP_ALIVE_ACK, "still there"},
        {TCPCONN_SEEN_WINDOW_PROBE, "window probe"},
        {TCPCONN_SEEN_WINDOW_PROBE_ACK, "still closed"},
        {TCPCONN_SEEN_WINDOW_CLOSED, "window closed"},
        {TCPCONN_SEEN_WINDOW_OPENED, "window open again"},
        {TCPCONN_SEEN_WINDOW_FULL, "window full"},
        {TCPCONN_SEEN_DUPLICATE_ACK, "asks again"},
    };

    for (size_t i = 0; i < sizeof notes / sizeof *notes; i++)
        if (m->analysis >> notes[i].bit & 1)
            add_name(list, notes[i].text);
}

void message_note(struct text *t, const struct message *m)
{
    static const struct {
        uint8_t mark;
        const char *text;
    } notes[] = {
        {MARK_COPY, "the same packet, captured twice"},
        {MARK_AGAIN, "sent again"},
        {MARK_LOST, "lost"},
        {MARK_EARLY, "ahead of a hole"},
    };
    const uint64_t told = UINT64_C(1) << TCPCONN_CHECK_CAPTURE_DUPLICATE |
                          UINT64_C(1) << TCPCONN_CHECK_OLD_SEQUENCE |
                          UINT64_C(1) << TCPCONN_CHECK_SYN_REPEATED |
                          UINT64_C(1) << TCPCONN_CHECK_KEEP_ALIVE |
                          UINT64_C(1) << TCPCONN_CHECK_ZERO_WINDOW_PROBE;
    struct list list = {t, ""};

    for (size_t i = 0; i < sizeof notes / sizeof *notes; i++)
        if (m->marks & notes[i].mark)
            add_name(&list, notes[i].text);
    add_seen(&list, m);
    if (m->marks & (MARK_REFUSED | MARK_CUT)) {
        add_name(&list, tcpconn_verdict_name(m->verdict));
        list.between = ": ";
        each_check(m->checks, m->top, add_name, &list);
    } else if (m->checks & ~told) {
        each_check(m->checks & ~told, 255, add_name, &list);
    }
}

void text_span(struct text *t, uint64_t ns)
{
    if (ns >= UINT64_C(10000000000))
        text_add(t, "%.1f s", (double)ns / 1e9);
    else if (ns >= 1000000000)
        text_add(t, "%.3f s", (double)ns / 1e9);
    else if (ns >= 1000000)
        text_add(t, "%.0f ms", (double)ns / 1e6);
    else
        text_add(t, "%.0f us", (double)ns / 1e3);
}

void text_time(struct text *t, const struct diagram *d, uint64_t time)
{
    uint64_t us = (time > d->origin ? time - d->origin : 0) / 1000;

    text_add(t, "%" PRIu64 ".%06" PRIu64, us / 1000000, us % 1000000);
}

static int by_size(const void *a, const void *b)
{
    const uint64_t *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}

/* A tenth of a second, or more where most silences are that long. */
uint64_t long_silence(const struct diagram *d)
{
    const uint64_t least = 100000000;
    uint64_t *spans = malloc((d->n + 1) * sizeof *spans), typical;
    size_t n = 0;

    if (!spans)
        return least;
    for (size_t i = 1; i < d->n; i++)
        if (d->messages[i].time > d->messages[i - 1].time)
            spans[n++] = d->messages[i].time - d->messages[i - 1].time;
    qsort(spans, n, sizeof *spans, by_size);
    typical = n ? 4 * spans[n / 2] : 0;
    free(spans);
    return typical > least ? typical : least;
}
