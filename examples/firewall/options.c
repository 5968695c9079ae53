/* What the caller wants. */
#include "firewall.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

/* clang-format off */
static const char help[] =
    "usage: tcpseg-firewall [options] -r IN.pcap -w OUT.pcap\n"
    "       tcpseg-firewall [options] --inline IF0 IF1\n"
    "\n"
    "Holds back TCP segments that their receiver would not miss, lets the others and\n"
    "all that is not TCP go on, and says at the end what it did. -r, -w: from one\n"
    "capture (- is standard input) to another. --inline: between two Ethernet\n"
    "interfaces of Linux, in both directions, until SIGINT or SIGTERM.\n"
    "\n"
    "  -r, --read FILE       a capture, pcap or pcapng\n"
    "  -w, --write FILE      what goes on, as pcap with nanoseconds; replaced\n"
    "  -i, --inline          between two interfaces\n"
    "  -l, --log FILE        a line for each segment held back; -: standard output\n"
    "  -n, --dry-run         judge, log and count, but let all go on\n"
    "      --limit N         segments that their receiver refuses but must answer: so\n"
    "                        many go on in a second (default 1000)\n"
    "      --fragments pass|drop   IP fragments behind the first (default pass)\n"
    "      --midstream on|off      follow connections whose SYN was not seen (default\n"
    "                        on); off: hold back what belongs to none\n"
    "      --profile linux|rfc     whose rules the receivers follow (default linux)\n"
    "      --connections N   how many the table holds (default 65536)\n"
    "      --half-open N     how many besides of which only a SYN was seen (default:\n"
    "                        a quarter as many)\n"
    "  -c, --count N         inline: end after N frames\n"
    "  -t, --time SECONDS    inline: end after so long\n"
    "  -k, --no-checksums    verify none\n"
    "  -h, --help            this text\n"
    "  -V, --version         version numbers\n"
    "\n"
    "Exit status: 0 done, 1 a capture or an interface could not be used, 2 usage.\n";

static const struct option long_options[] = {
    {"connections", required_argument, NULL, 'C'},
    {"count", required_argument, NULL, 'c'},
    {"dry-run", no_argument, NULL, 'n'},
    {"fragments", required_argument, NULL, 'F'},
    {"half-open", required_argument, NULL, 'H'},
    {"help", no_argument, NULL, 'h'},
    {"inline", no_argument, NULL, 'i'},
    {"limit", required_argument, NULL, 'L'},
    {"log", required_argument, NULL, 'l'},
    {"midstream", required_argument, NULL, 'M'},
    {"no-checksums", no_argument, NULL, 'k'},
    {"profile", required_argument, NULL, 'P'},
    {"read", required_argument, NULL, 'r'},
    {"time", required_argument, NULL, 't'},
    {"version", no_argument, NULL, 'V'},
    {"write", required_argument, NULL, 'w'},
    {NULL, 0, NULL, 0},
};

/* Options with one of two words. */
static const struct choice {
    int option;
    const char *words[2], *problem;
} choices[] = {
    {'F', {"pass", "drop"}, "--fragments wants pass or drop"},
    {'M', {"on", "off"}, "--midstream wants on or off"},
    {'P', {"linux", "rfc"}, "--profile wants linux or rfc"},
};

/* Options with a number. */
static const struct number {
    int option;
    uint64_t least, most;
    const char *problem;
} numbers[] = {
    {'C', 1, 1 << 26, "--connections wants a number, 1 to 67108864"},
    {'H', 1, 1 << 26, "--half-open wants a number, 1 to 67108864"},
    {'L', 0, NS_PER_S, "--limit wants a number, 0 to 1000000000"},
    {'c', 1, UINT64_MAX, "--count wants a number above 0"},
    {'t', 1, UINT32_MAX, "--time wants seconds, above 0"},
};
/* clang-format on */

static int usage(const char *problem)
{
    if (problem)
        complain("%s", problem);
    fputs("try: tcpseg-firewall --help\n", stderr);
    return EXIT_USAGE;
}

static int print_version(void)
{
    uint32_t v = tcpseg_version();

    printf("tcpseg-firewall " TCPSEG_VERSION ", libtcpseg %u.%u.%u\n",
           v >> 16 & 0xff, v >> 8 & 0xff, v & 0xff);
    return EXIT_SUCCESS;
}

static void set_choice(struct options *o, int option, bool second)
{
    if (option == 'F')
        o->drop_fragments = second;
    else if (option == 'M')
        o->policy.midstream = second;
    else
        o->policy.profile[0] = o->policy.profile[1] =
            second ? TCPCONN_PROFILE_RFC9293 : TCPCONN_PROFILE_LINUX;
}

static int take_choice(struct options *o, const struct choice *c)
{
    bool second = !strcmp(optarg, c->words[1]);

    if (!second && strcmp(optarg, c->words[0]))
        return usage(c->problem);
    set_choice(o, c->option, second);
    return GO_ON;
}

static void set_number(struct options *o, int option, uint64_t n)
{
    if (option == 'C')
        o->connections = (uint32_t)n;
    else if (option == 'H')
        o->half_open = (uint32_t)n;
    else
        *(option == 'L'   ? &o->limit
          : option == 'c' ? &o->count
                          : &o->seconds) = n;
}

static int take_number(struct options *o, const struct number *wanted)
{
    char *end;
    uint64_t n;

    errno = 0;
    n = strtoull(optarg, &end, 10);
    if (*optarg < '0' || *optarg > '9' || *end || errno || n < wanted->least ||
        n > wanted->most)
        return usage(wanted->problem);
    set_number(o, wanted->option, n);
    return GO_ON;
}

static int take_value(struct options *o, int option)
{
    for (size_t i = 0; i < sizeof choices / sizeof *choices; i++)
        if (choices[i].option == option)
            return take_choice(o, &choices[i]);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        if (numbers[i].option == option)
            return take_number(o, &numbers[i]);
    return usage(NULL); /* getopt_long() has complained */
}

static int take_option(struct options *o, int option, bool *live)
{
    switch (option) {
    case 'h':
        fputs(help, stdout);
        return EXIT_SUCCESS;
    case 'i':
        *live = true;
        return GO_ON;
    case 'k':
        o->no_checksums = true;
        return GO_ON;
    case 'l':
        o->log = optarg;
        return GO_ON;
    case 'n':
        o->dry_run = true;
        return GO_ON;
    case 'r':
        o->input = optarg;
        return GO_ON;
    case 'V':
        return print_version();
    case 'w':
        o->output = optarg;
        return GO_ON;
    default:
        return take_value(o, option);
    }
}

int options_read(struct options *o, int argc, char **argv)
{
    int option, status = GO_ON;
    bool live = false;

    *o = (struct options){.limit = 1000};
    tcpconn_config_default(&o->policy, sizeof o->policy);
    o->policy.vantage = TCPCONN_VANTAGE_INLINE;
    while (status == GO_ON &&
           (option = getopt_long(argc, argv, "c:hikl:nr:t:Vw:", long_options,
                                 NULL)) != -1)
        status = take_option(o, option, &live);
    if (status != GO_ON)
        return status;
    if (live == (o->input || o->output) || (!live && !(o->input && o->output)))
        return usage("either -r IN.pcap -w OUT.pcap or --inline is wanted");
    if (argc - optind != (live ? 2 : 0))
        return usage(live ? "--inline wants two interfaces"
                          : "-r and -w name all captures");
    for (int i = 0; live && i < 2; i++)
        o->interface[i] = argv[optind + i];
    return GO_ON;
}
