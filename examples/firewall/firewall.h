/* tcpseg-firewall: what a receiver would not miss does not reach it.
 *
 *   options.c what the caller wants
 *   filter.c  frame -> segment -> table -> advice: the library's calls are here
 *   log.c     a line for each frame that is held back, and the summary
 *   capture.c from one capture to another
 *   inline.c  between two interfaces, with Linux's packet sockets
 *   main.c    signals, and which of the two
 *
 * Frames of captures and characters come from tcpseg-inspect's source.c and text.c. */
#ifndef FIREWALL_H
#define FIREWALL_H

#include "../inspect/inspect.h"

#include <signal.h>

/* ---- options.c ---- */

struct options {
    const char *input, *output; /* captures, or both NULL */
    const char *interface[2];   /* or both NULL */
    const char *log;            /* a file, "-", or NULL */
    bool drop_fragments, dry_run, no_checksums;
    uint32_t connections, half_open; /* 0: the table's own choice */
    uint64_t limit;                  /* challenged segments in a second */
    uint64_t count, seconds;         /* inline: end after so many; 0: never */
    tcpconn_config policy;
};

enum { GO_ON = -1 };

/* GO_ON, or an exit status. */
int options_read(struct options *o, int argc, char **argv);

/* ---- filter.c ---- */

enum { N_CHECKS = 64, NS_PER_S = 1000000000 };

/* Why a frame goes no further, or may: beside the checks of tcpconn_check_name(). */
enum {
    WHY_CHECK,    /* the report's top check */
    WHY_LIMITED,  /* the same, and there were too many of these */
    WHY_FRAGMENT, /* a later fragment, and the policy */
    WHY_STRAY,    /* of no connection, and the policy begins none with it */
    WHY_FULL,     /* no place for its connection */
    N_WHYS
};

struct judgement {
    bool pass;
    int why;                /* of what does not pass */
    tcptable_packet answer; /* the table's */
    tcpseg_frame frame;
    tcpseg seg;
};

struct counts {
    uint64_t frames, passed,
        challenged;              /* the last: passed, within the limit */
    uint64_t not_tcp, fragments; /* of any fate */
    uint64_t held[N_WHYS], checks[N_CHECKS];
};

struct filter;

/* NULL after a complaint. */
struct filter *filter_new(const struct options *o, FILE *log);
/* Whether the frame goes on. partial: its checksum is still to be computed. */
bool filter_pass(struct filter *f, uint32_t linktype, const struct packet *p,
                 bool partial);
/* Time passes without a frame. */
void filter_tick(struct filter *f, uint64_t now);
void filter_summary(const struct filter *f, FILE *out);
void filter_free(struct filter *f);

/* ---- log.c ---- */

void log_frame(FILE *log, const struct packet *p, const struct judgement *j);
void log_counts(FILE *out, const struct counts *c, const tcptable_stats *t,
                bool dry_run);

/* ---- capture.c, inline.c: an exit status ---- */

int run_capture(const struct options *o, struct filter *f);
int run_inline(const struct options *o, struct filter *f);

/* ---- main.c ---- */

extern volatile sig_atomic_t stop_asked;

#endif
