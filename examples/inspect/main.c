/* tcpseg-inspect: show the TCP connections of a capture. */
#include "diagram.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

struct options {
    const char *name; /* a file, "-", or an interface */
    const char *filter;
    uint64_t count;   /* 0: all */
    uint64_t explain; /* a frame; 0: none */
    bool live, json, quiet, summary, ascii, no_checksums, hash, memory;
    struct picture picture;
    tcpconn_config policy;
    struct room room;
};

static const char help[] =
    "usage: tcpseg-inspect [options] FILE|-\n"
    "       tcpseg-inspect [options] -i INTERFACE\n"
    "\n"
    "Shows a capture (pcap or pcapng; - is standard input): a line per frame "
    "with\n"
    "TCP or UDP in Wireshark's style, under it the states that the segment "
    "moves\n"
    "the connection's two endpoints to, and at the end each connection in "
    "short.\n"
    "\n"
    "  -i, --interface NAME  capture from a network interface until Ctrl-C\n"
    "  -c, --count N         stop after N frames\n"
    "  -f, --filter EXPR     only frames that match, as tcpdump: 'host a and "
    "port b'\n"
    "  -e, --explain N       everything known about the segment in frame N\n"
    "  -q, --quiet           no frames, only each connection in short at the "
    "end\n"
    "  -s, --summary         only a table of the connections, those with most "
    "trouble\n"
    "                        first\n"
    "  -j, --json            one JSON object a line\n"
    "      --hash            with --json: the SHA-256 of each direction's "
    "bytes\n"
    "      --overlap NAME    who owns bytes sent twice: linux (default), "
    "first,\n"
    "                        last, bsd, windows, vista, solaris ...\n"
    "      --on-ack          bytes count once their receiver has acknowledged "
    "them\n"
    "  -k, --no-checksums    verify none: for captures whose addresses were "
    "edited\n"
    "  -a, --ascii           -> for the arrow, and ladders of ASCII\n"
    "  -l, --ladder          draw each connection: its segments between its "
    "two "
    "ends,\n"
    "                        whose states stand beside them\n"
    "      --svg FILE        draw the same as a picture; - is standard output\n"
    "      --time-sequence FILE\n"
    "                        draw its numbers over time (SVG, by gnuplot): of "
    "several\n"
    "                        connections, that which sent most\n"
    "      --only N          with these: only connection N of the summary\n"
    "      --width N         columns of a ladder, 72 to 160 (the terminal's, "
    "or "
    "100)\n"
    "      --color WHEN      auto (default; never if NO_COLOR is set), always, "
    "never\n"
    "      --profile NAME    how receivers decide: linux (default) or rfc9293\n"
    "      --inline          the capture was taken on the path and misses "
    "nothing\n"
    "      --timeouts NAME   default, netfilter, pf or suricata\n"
    "      --msl SECONDS     maximum segment lifetime; TIME-WAIT lasts twice "
    "this\n"
    "      --connections N   room for so many at once (default 65536); what is "
    "worth\n"
    "                        least gives way: \"evicted\"\n"
    "      --half-open N     and so many SYNs without an answer (default: as "
    "many)\n"
    "      --ipv6 N          how many may be IPv6 (default: all)\n"
    "      --memory          tell what memory that takes, and do nothing else\n"
    "      --checks          explain every check: name, severity, rule, "
    "sentence\n"
    "  -h, --help            this text\n"
    "  -V, --version         version numbers\n"
    "\n"
    "Sequence numbers are relative and windows scaled, but not in JSON, which "
    "has\n"
    "both. A state with a question mark is inferred, not proven by a segment "
    "yet.\n"
    "Under a segment, \"rejected\", \"duplicate\" ... say what its receiver "
    "does with\n"
    "it and why; \"odd\" lists what is unusual in the segment itself.\n"
    "\n"
    "Exit status: 0 done, 1 the capture could not be read (to its end), 2 "
    "usage.\n";

static const struct option long_options[] = {
    {"ascii", no_argument, NULL, 'a'},
    {"checks", no_argument, NULL, 'C'},
    {"connections", required_argument, NULL, ROOM_CONNECTIONS},
    {"color", required_argument, NULL, PICTURE_COLOR},
    {"count", required_argument, NULL, 'c'},
    {"explain", required_argument, NULL, 'e'},
    {"filter", required_argument, NULL, 'f'},
    {"half-open", required_argument, NULL, ROOM_HALF_OPEN},
    {"hash", no_argument, NULL, 'H'},
    {"help", no_argument, NULL, 'h'},
    {"interface", required_argument, NULL, 'i'},
    {"inline", no_argument, NULL, 'I'},
    {"ipv6", required_argument, NULL, ROOM_IPV6},
    {"json", no_argument, NULL, 'j'},
    {"memory", no_argument, NULL, ROOM_MEMORY},
    {"ladder", no_argument, NULL, PICTURE_LADDER},
    {"msl", required_argument, NULL, 'M'},
    {"on-ack", no_argument, NULL, 'A'},
    {"only", required_argument, NULL, PICTURE_ONLY},
    {"overlap", required_argument, NULL, 'O'},
    {"no-checksums", no_argument, NULL, 'k'},
    {"profile", required_argument, NULL, 'P'},
    {"quiet", no_argument, NULL, 'q'},
    {"summary", no_argument, NULL, 's'},
    {"svg", required_argument, NULL, PICTURE_SVG},
    {"time-sequence", required_argument, NULL, PICTURE_TIME_SEQUENCE},
    {"timeouts", required_argument, NULL, 'T'},
    {"version", no_argument, NULL, 'V'},
    {"width", required_argument, NULL, PICTURE_WIDTH},
    {NULL, 0, NULL, 0},
};

static int usage(const char *problem)
{
    if (problem)
        complain("%s", problem);
    fputs("try: tcpseg-inspect --help\n", stderr);
    return EXIT_USAGE;
}

static void print_version(void)
{
    uint32_t v = tcpseg_version();

    printf("tcpseg-inspect " TCPSEG_VERSION ", libtcpseg %u.%u.%u\n",
           v >> 16 & 0xff, v >> 8 & 0xff, v & 0xff);
}

static void print_checks(void)
{
    for (unsigned i = 0; tcpconn_check_name(i); i++)
        printf("%-21s %-8s %-18s %s\n", tcpconn_check_name(i),
               tcpconn_severity_name(tcpconn_check_severity(i)),
               tcpconn_check_rfc(i), tcpconn_check_text(i));
}

static bool read_count(const char *word, uint64_t *count)
{
    char *end;

    errno = 0;
    *count = strtoull(word, &end, 10);
    return *word >= '0' && *word <= '9' && !*end && !errno && *count;
}

/* Where a word stands in a list; -1: not there. */
static int find_word(const char *word, const char *const *list, int n)
{
    for (int i = 0; i < n; i++)
        if (!strcmp(word, list[i]))
            return i;
    return -1;
}

enum { GO_ON = -1 };

/* Options that are the library's policy. */
static int take_policy(tcpconn_config *policy, int option)
{
    static const char *const profiles[] = {"linux", "rfc9293"};
    static const char *const timeouts[] = {"default", "netfilter", "pf",
                                           "suricata"};
    uint64_t seconds;
    int n;

    switch (option) {
    case 'A':
        policy->delivery = TCPCONN_DELIVER_ON_ACK;
        return GO_ON;
    case 'O':
        for (n = 0; tcpconn_overlap_name(n); n++)
            if (!strcmp(optarg, tcpconn_overlap_name(n)))
                break;
        if (!tcpconn_overlap_name(n))
            return usage("--overlap wants linux, first, last, bsd, macos, "
                         "windows, vista, old-linux, irix, hpux10, hpux11 or "
                         "solaris");
        policy->overlap[0] = policy->overlap[1] = (uint8_t)n;
        return GO_ON;
    case 'I':
        policy->vantage = TCPCONN_VANTAGE_INLINE;
        return GO_ON;
    case 'M':
        if (!read_count(optarg, &seconds) || seconds > 86400)
            return usage("--msl wants seconds, 1 to 86400");
        policy->msl = seconds * UINT64_C(1000000000);
        return GO_ON;
    case 'P':
        n = find_word(optarg, profiles, 2);
        if (n < 0)
            return usage("--profile wants linux or rfc9293");
        policy->profile[0] = policy->profile[1] = (uint8_t)n;
        return GO_ON;
    default:
        n = find_word(optarg, timeouts, 4);
        if (n < 0)
            return usage("--timeouts wants default, netfilter, pf or suricata");
        tcpconn_config_timeouts(policy, n);
        return GO_ON;
    }
}

/* One option; GO_ON, or an exit status. */
static int take_option(struct options *o, int option)
{
    const char *wrong = NULL;

    switch (option) {
    case 'a':
        o->ascii = true;
        break;
    case 'c':
        if (!read_count(optarg, &o->count))
            return usage("--count wants a number above 0");
        break;
    case 'C':
        print_checks();
        return EXIT_SUCCESS;
    case 'e':
        if (!read_count(optarg, &o->explain))
            return usage("--explain wants the number of a frame");
        break;
    case 'f':
        o->filter = optarg;
        break;
    case 'H':
        o->hash = true;
        break;
    case 'h':
        fputs(help, stdout);
        return EXIT_SUCCESS;
    case 'i':
        o->name = optarg;
        o->live = true;
        break;
    case 'j':
        o->json = true;
        break;
    case 'k':
        o->no_checksums = true;
        break;
    case 'A':
    case 'I':
    case 'M':
    case 'O':
    case 'P':
    case 'T':
        return take_policy(&o->policy, option);
    case ROOM_CONNECTIONS:
    case ROOM_HALF_OPEN:
    case ROOM_IPV6:
        if (!room_option(&o->room, option, optarg))
            return usage("--connections, --half-open and --ipv6 want numbers");
        break;
    case ROOM_MEMORY:
        o->memory = true;
        break;
    case 'q':
        o->quiet = true;
        break;
    case 's':
        o->summary = true;
        break;
    case 'V':
        print_version();
        return EXIT_SUCCESS;
    default:
        if (!picture_option(&o->picture, option, optarg, &wrong))
            return usage(wrong); /* or getopt_long() has complained */
    }
    return GO_ON;
}

static int read_options(struct options *o, int argc, char **argv)
{
    int option, status = GO_ON;

    while (status == GO_ON &&
           (option = getopt_long(argc, argv, "ac:e:f:hi:jklqsV", long_options,
                                 NULL)) != -1)
        status = take_option(o, option);
    if (status != GO_ON)
        return status;
    if (!room_settle(&o->room))
        return usage("--connections or --half-open is too large");
    if (o->memory) {
        room_print(&o->room);
        return EXIT_SUCCESS;
    }
    if (o->json + o->quiet + o->summary + !!o->explain +
            picture_wanted(&o->picture) >
        1)
        return usage(
            "--json, --quiet, --summary, --explain and pictures exclude "
            "each other");
    if (o->picture.only >= 0 && !picture_wanted(&o->picture))
        return usage("--only is for pictures");
    if (o->live ? optind != argc : optind != argc - 1)
        return usage(o->live ? "-i and a file exclude each other"
                             : "one FILE, or - for standard input, is wanted");
    if (!o->live)
        o->name = argv[optind];
    return GO_ON;
}

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

/* Shown where it disturbs nobody: a terminal that the lines do not go to. */
struct progress {
    bool wanted, shown;
    time_t last;
};

static void show_progress(struct progress *p, const struct source *s,
                          uint64_t frames)
{
    time_t now;
    int percent;

    if (!p->wanted || frames % 1024 || (now = time(NULL)) == p->last)
        return;
    p->last = now;
    p->shown = true;
    percent = source_percent(s);
    if (percent >= 0)
        fprintf(stderr, "\r%" PRIu64 " frames, %d %%", frames, percent);
    else
        fprintf(stderr, "\r%" PRIu64 " frames", frames);
}

static void end_progress(const struct progress *p)
{
    if (p->shown)
        fputs("\r\033[K", stderr);
}

/* What writing came to, once it is over. A reader that has gone (head, less) is
 * no error. */
static int output_status(int error)
{
    if (!error && fflush(stdout) != 0)
        error = errno;
    if (!error || error == EPIPE)
        return EXIT_SUCCESS;
    complain("standard output: %s", strerror(error));
    return EXIT_INPUT;
}

static struct output choose_output(const struct options *o)
{
    struct output out;

    if (picture_wanted(&o->picture))
        return picture_output(&o->picture, o->policy.msl, o->ascii);
    if (o->explain)
        return output_explain(o->explain, o->ascii);
    if (o->json)
        return output_json();
    out = output_text(o->ascii, o->live);
    out.summary_only = o->quiet || o->summary;
    out.table = o->summary;
    if (out.table) /* a table wants all of them */
        out.ended = NULL, out.keeps_ended = true;
    return out;
}

static int run(const struct options *o, struct source *source)
{
    struct output out = choose_output(o);
    uint32_t locate =
        TCPSEG_LOCATE_TUNNELS | (o->no_checksums ? 0 : TCPSEG_LOCATE_CHECKSUM);
    struct room room = o->room;
    out.hashes = o->hash;
    room_fit(&room, source_size(source));
    struct tracker *t = tracker_new(source_linktype(source), locate, &o->policy,
                                    &room, o->hash, &out);
    struct progress progress = {
        .wanted = isatty(STDERR_FILENO) && !isatty(STDOUT_FILENO),
        .last = time(NULL),
    };
    struct packet packet;
    uint64_t frames = 0;
    int got, write_error = 0, written;

    if (!t)
        return EXIT_INPUT;
    do {
        got = source_next(source, &packet);
        errno = 0;
        if (got == SOURCE_MORE && !tracker_feed(t, &packet))
            got = SOURCE_ERROR;
        if (ferror(stdout))
            write_error = errno ? errno : EPIPE;
        frames += got == SOURCE_MORE;
        show_progress(&progress, source, frames);
    } while (got == SOURCE_MORE && frames != o->count && !write_error);
    end_progress(&progress);
    tracker_finish(t);
    written = output_status(write_error);
    return got == SOURCE_ERROR ? EXIT_INPUT : written;
}

int main(int argc, char **argv)
{
    struct options o = {.picture = {.only = -1}};
    struct source *source;
    int status;

    tcpconn_config_default(&o.policy, sizeof o.policy);
    room_default(&o.room, TCPCONN_WITH_STATS | TCPCONN_WITH_ANALYSIS);
    status = read_options(&o, argc, argv);
    if (status != GO_ON)
        return status;
    set_signals();
    if (o.live || isatty(STDOUT_FILENO))
        setvbuf(stdout, NULL, _IOLBF, BUFSIZ);
    source = source_open(o.name, o.live, o.filter, &status);
    if (!source)
        return status;
    status = EXIT_INPUT;
    if (picture_open(&o.picture)) {
        status = run(&o, source);
        if (!picture_close(&o.picture) || (o.explain && !explained()))
            status = EXIT_INPUT;
    }
    source_close(source);
    return status;
}
