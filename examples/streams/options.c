/* What the caller wants. */
#include "streams.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCKS_PER_MIB = 1048576 / 2048, MOST_MIB = 1 << 20 };

/* clang-format off */
static const char help[] =
    "usage: tcpseg-streams [options] FILE|- -o DIRECTORY\n"
    "       tcpseg-streams [options] FILE|- -o - --conn N\n"
    "\n"
    "Writes what the receivers in a capture (pcap or pcapng; - is standard input) got:\n"
    "the bytes of each direction of each connection, in order, to a file of their own,\n"
    "named by source and destination: 010.000.000.001.01024-010.000.000.002.00080.\n"
    "A later connection between the same ports has c1, c2 .. added.\n"
    "\n"
    "  -o, --output DIR      where the files go; made if it is not there. -: standard\n"
    "                        output, of one connection\n"
    "  -n, --conn N          only this one, numbered as tcpseg-inspect does, from 0\n"
    "  -d, --dir ab|ba       only one direction; a is who was seen sending first\n"
    "  -g, --gaps fill|skip  bytes that are missing: zeros (default), or nothing\n"
    "  -u, --urgent WHERE    urgent bytes: in-line (default), apart (a file named\n"
    "                        .urgent), or out (left out)\n"
    "      --on-ack          only what the receiver has acknowledged\n"
    "      --overlap NAME    who owns bytes sent twice: linux (default), first, last,\n"
    "                        bsd, macos, windows, vista, old-linux, irix, hpux10,\n"
    "                        hpux11, solaris\n"
    "      --snort           of irix, hpux10, hpux11, solaris: Snort's reading\n"
    "      --pool MIB        memory for bytes out of order (default 64)\n"
    "      --connections N   room for so many at once (default 65536); what is worth\n"
    "                        least gives way, and ends there\n"
    "      --half-open N     and so many SYNs without an answer (default: as many)\n"
    "      --ipv6 N          how many may be IPv6 (default: all)\n"
    "      --memory          tell what memory that takes, and do nothing else\n"
    "  -f, --filter EXPR     only frames that match, as tcpdump: 'host a and port b'\n"
    "  -k, --no-checksums    verify none: for captures whose addresses were edited\n"
    "  -w, --overwrite       replace files that are there; else they are an error\n"
    "  -q, --quiet           tell no gaps, overlaps, and bytes without room\n"
    "  -h, --help            this text\n"
    "  -V, --version         version numbers\n"
    "\n"
    "Exit status: 0 done, 1 the capture could not be read (to its end) or a file not\n"
    "be written, 2 usage.\n";

static const struct option long_options[] = {
    {"conn", required_argument, NULL, 'n'},
    {"connections", required_argument, NULL, ROOM_CONNECTIONS},
    {"dir", required_argument, NULL, 'd'},
    {"filter", required_argument, NULL, 'f'},
    {"gaps", required_argument, NULL, 'g'},
    {"half-open", required_argument, NULL, ROOM_HALF_OPEN},
    {"help", no_argument, NULL, 'h'},
    {"ipv6", required_argument, NULL, ROOM_IPV6},
    {"memory", no_argument, NULL, ROOM_MEMORY},
    {"no-checksums", no_argument, NULL, 'k'},
    {"on-ack", no_argument, NULL, 'A'},
    {"output", required_argument, NULL, 'o'},
    {"overlap", required_argument, NULL, 'O'},
    {"overwrite", no_argument, NULL, 'w'},
    {"pool", required_argument, NULL, 'P'},
    {"quiet", no_argument, NULL, 'q'},
    {"snort", no_argument, NULL, 'S'},
    {"urgent", required_argument, NULL, 'u'},
    {"version", no_argument, NULL, 'V'},
    {NULL, 0, NULL, 0},
};
/* clang-format on */

static int usage(const char *problem)
{
    if (problem)
        complain("%s", problem);
    fputs("try: tcpseg-streams --help\n", stderr);
    return EXIT_USAGE;
}

static int print_version(void)
{
    uint32_t v = tcpseg_version();

    printf("tcpseg-streams " TCPSEG_VERSION ", libtcpseg %u.%u.%u\n",
           v >> 16 & 0xff, v >> 8 & 0xff, v & 0xff);
    return EXIT_SUCCESS;
}

static bool read_number(const char *word, uint64_t *number)
{
    char *end;

    errno = 0;
    *number = strtoull(word, &end, 10);
    return *word >= '0' && *word <= '9' && !*end && !errno;
}

/* Where a word stands in a list that NULL ends; -1: not there. */
static int find_word(const char *word, const char *const *list)
{
    for (int i = 0; list[i]; i++)
        if (!strcmp(word, list[i]))
            return i;
    return -1;
}

static int find_policy(const char *word)
{
    for (int i = 0; tcpconn_overlap_name(i); i++)
        if (!strcmp(word, tcpconn_overlap_name(i)))
            return i;
    return -1;
}

/* Options with one of a few words; GO_ON, or an exit status. */
static int take_word(struct options *o, int option)
{
    static const char *const dirs[] = {"ab", "ba", NULL};
    static const char *const gaps[] = {"fill", "skip", NULL};
    static const char *const urgent[] = {"in-line", "apart", "out", NULL};
    int n;

    switch (option) {
    case 'd':
        n = o->dir = find_word(optarg, dirs);
        return n < 0 ? usage("--dir wants ab or ba") : GO_ON;
    case 'g':
        n = find_word(optarg, gaps);
        o->skip_gaps = n == 1;
        return n < 0 ? usage("--gaps wants fill or skip") : GO_ON;
    case 'u':
        n = o->urgent = find_word(optarg, urgent);
        return n < 0 ? usage("--urgent wants in-line, apart or out") : GO_ON;
    default:
        n = find_policy(optarg);
        if (n < 0)
            return usage("--overlap wants a name that --help lists");
        for (int i = 0; i < 2; i++)
            o->policy.overlap[i] =
                (o->policy.overlap[i] & TCPCONN_OVERLAP_SNORT) | (uint8_t)n;
        return GO_ON;
    }
}

/* Options with a number. */
static int take_number(struct options *o, int option)
{
    uint64_t n;
    bool good = read_number(optarg, &n);

    if (option == 'n') {
        o->one_conn = true;
        o->conn = n;
        return good ? GO_ON : usage("--conn wants a number, 0 for the first");
    }
    if (!good || !n || n > MOST_MIB)
        return usage("--pool wants MiB, 1 to 1048576");
    o->room.pool_blocks = (uint32_t)n * BLOCKS_PER_MIB;
    return GO_ON;
}

static int take_option(struct options *o, int option)
{
    switch (option) {
    case 'A':
        o->policy.delivery = TCPCONN_DELIVER_ON_ACK;
        break;
    case 'f':
        o->filter = optarg;
        break;
    case 'h':
        fputs(help, stdout);
        return EXIT_SUCCESS;
    case 'k':
        o->no_checksums = true;
        break;
    case ROOM_CONNECTIONS:
    case ROOM_HALF_OPEN:
    case ROOM_IPV6:
        if (!room_option(&o->room, option, optarg))
            return usage("--connections, --half-open and --ipv6 want numbers");
        break;
    case ROOM_MEMORY:
        o->memory = true;
        break;
    case 'n':
    case 'P':
        return take_number(o, option);
    case 'd':
    case 'g':
    case 'O':
    case 'u':
        return take_word(o, option);
    case 'o':
        o->target = optarg;
        o->to_stdout = !strcmp(optarg, "-");
        break;
    case 'q':
        o->quiet = true;
        break;
    case 'S':
        for (int i = 0; i < 2; i++)
            o->policy.overlap[i] |= TCPCONN_OVERLAP_SNORT;
        break;
    case 'V':
        return print_version();
    case 'w':
        o->overwrite = true;
        break;
    default: /* getopt_long() has complained */
        return usage(NULL);
    }
    return GO_ON;
}

int options_read(struct options *o, int argc, char **argv)
{
    int option, status = GO_ON;

    *o = (struct options){.dir = UNKNOWN};
    room_default(&o->room, 0);
    tcpconn_config_default(&o->policy, sizeof o->policy);
    while (status == GO_ON &&
           (option = getopt_long(argc, argv, "d:f:g:hkn:o:qu:Vw", long_options,
                                 NULL)) != -1)
        status = take_option(o, option);
    if (status != GO_ON)
        return status;
    if (!room_settle(&o->room))
        return usage("--connections, --half-open or --pool is too large");
    if (o->memory) {
        room_print(&o->room);
        return EXIT_SUCCESS;
    }
    if (optind != argc - 1)
        return usage("one FILE, or - for standard input, is wanted");
    o->name = argv[optind];
    if (!o->target || !*o->target)
        return usage("-o DIRECTORY, or -o - for standard output, is wanted");
    if (o->to_stdout && !o->one_conn)
        return usage("-o - is for one connection: --conn N");
    if (o->to_stdout && o->urgent == URGENT_APART)
        return usage("-o - has one place for all: --urgent in-line or out");
    return GO_ON;
}
