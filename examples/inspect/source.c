/* Frames out of a capture file, a pipe or an interface: all that is libpcap. */
#include "inspect.h"

#include <errno.h>
#include <pcap/pcap.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum {
    SNAPLEN = 262144, /* live: whole frames */
    TIMEOUT_MS = 100, /* live: how long the kernel may keep frames back */
    NS_PER_S = 1000000000
};

struct source {
    pcap_t *pcap;
    bool live;
    struct text name; /* fit for a terminal */
    uint64_t frames;
    uint64_t origin; /* time of the first one */
    bool filtered;
    struct bpf_program filter; /* files: applied here, so that frames keep
                                  their numbers */
    int64_t offset; /* in the file, of the record read last; -1: not known */
    int64_t size;   /* of a regular file, else -1 */
    uint32_t last;  /* bytes of the frame read last */
    bool counts;    /* the offset is known without asking, which takes a call of
                       the kernel for each frame */
};

/* Of a classic capture file, in bytes. */
enum { FILE_HEADER = 24, RECORD_HEADER = 16 };

/* For the signal handler; written before there is one and after it is gone. */
static pcap_t *volatile stoppable;
static volatile sig_atomic_t stopped;

void source_stop(void)
{
    pcap_t *pcap = stoppable;

    stopped = 1;
    if (pcap)
        pcap_breakloop(pcap);
}

/* "FILE: at byte 123, after frame 4: what libpcap says" */
static void complain_of(const struct source *s, const char *cause)
{
    struct text t = {.len = 0};

    if (stopped) /* a read was interrupted, as it was meant to be */
        return;
    if (s->offset >= 0)
        text_add(&t, "at byte %lld, ", (long long)s->offset);
    if (s->frames)
        text_add(&t, "after frame %llu: ", (unsigned long long)s->frames);
    else if (!s->live)
        text_add(&t, "before the first frame: ");
    text_escaped(&t, cause);
    complain("%s: %s", s->name.bytes, t.bytes);
}

static bool open_file(struct source *s, const char *name)
{
    char error[PCAP_ERRBUF_SIZE] = "";
    bool from_stdin = strcmp(name, "-") == 0;
    FILE *file = from_stdin ? stdin : fopen(name, "rb");
    struct stat st;

    if (!file) {
        complain("%s: %s", s->name.bytes, strerror(errno));
        return false;
    }
    if (fstat(fileno(file), &st) == 0 && S_ISREG(st.st_mode))
        s->size = st.st_size;
    s->offset = ftell(file);
    s->pcap = pcap_fopen_offline_with_tstamp_precision(
        file, PCAP_TSTAMP_PRECISION_NANO, error);
    if (s->pcap)
        return true;
    complain_of(s, error);
    if (!from_stdin)
        fclose(file);
    return false;
}

/* Negative numbers of libpcap are errors, positive ones are warnings. */
static bool activate(struct source *s)
{
    int status = pcap_activate(s->pcap);
    const char *detail = pcap_geterr(s->pcap);

    if (status != 0)
        complain_of(s, *detail ? detail : pcap_statustostr(status));
    return status >= 0;
}

static bool open_interface(struct source *s, const char *name)
{
    char error[PCAP_ERRBUF_SIZE] = "";

    s->pcap = pcap_create(name, error);
    if (!s->pcap) {
        complain_of(s, error);
        return false;
    }
    pcap_set_snaplen(s->pcap, SNAPLEN);
    pcap_set_promisc(s->pcap, 1);
    pcap_set_timeout(s->pcap, TIMEOUT_MS);
    /* Where there are only microseconds, source_next() will see so. */
    pcap_set_tstamp_precision(s->pcap, PCAP_TSTAMP_PRECISION_NANO);
    return activate(s);
}

static bool known_linktype(const struct source *s)
{
    tcpseg_frame frame;
    int linktype = pcap_datalink(s->pcap);
    const char *name = pcap_datalink_val_to_name(linktype);

    /* No frame, so the only thing to stumble over is the type. */
    tcpseg_locate(&frame, sizeof frame, (uint32_t)linktype, 0, "", 0, 0);
    if (frame.stop != TCPSEG_STOP_LINK)
        return true;
    complain("%s: link type %d (%s) is not supported", s->name.bytes, linktype,
             name ? name : "unknown");
    return false;
}

static bool set_filter(struct source *s, const char *expression, int *status)
{
    struct text t = {.len = 0};

    if (pcap_compile(s->pcap, &s->filter, expression, 1,
                     PCAP_NETMASK_UNKNOWN)) {
        text_escaped(&t, pcap_geterr(s->pcap));
        complain("--filter: %s", t.bytes);
        *status = EXIT_USAGE;
        return false;
    }
    s->filtered = true;
    if (!s->live || pcap_setfilter(s->pcap, &s->filter) == 0)
        return true;
    complain_of(s, pcap_geterr(s->pcap));
    return false;
}

struct source *source_open(const char *name, bool live, const char *filter,
                           int *status)
{
    struct source *s = calloc(1, sizeof *s);

    *status = EXIT_INPUT;
    if (!s) {
        complain("out of memory");
        return NULL;
    }
    s->live = live;
    s->offset = s->size = -1;
    text_escaped(&s->name, live || strcmp(name, "-") ? name : "stdin");
    if (!(live ? open_interface(s, name) : open_file(s, name)) ||
        !known_linktype(s) || (filter && !set_filter(s, filter, status))) {
        source_close(s);
        if (stopped)
            *status = EXIT_SUCCESS;
        return NULL;
    }
    stoppable = s->pcap;
    return s;
}

uint32_t source_linktype(const struct source *s)
{
    return (uint32_t)pcap_datalink(s->pcap);
}

uint32_t source_snaplen(const struct source *s)
{
    return (uint32_t)pcap_snapshot(s->pcap);
}

static void note_offset(struct source *s)
{
    FILE *file = s->live || s->counts ? NULL : pcap_file(s->pcap);

    if (file)
        s->offset = ftell(file);
}

/* The first frame tells whether the file is of the kind whose records are a header
 * and the frame: the next one is where that says. */
static void learn_offsets(struct source *s, uint32_t captured)
{
    const int64_t next = FILE_HEADER + RECORD_HEADER + (int64_t)captured;

    s->counts = !s->live && s->offset == FILE_HEADER &&
                ftell(pcap_file(s->pcap)) == next;
}

static uint64_t nanoseconds(const struct source *s, const struct timeval *ts)
{
    bool nano =
        pcap_get_tstamp_precision(s->pcap) == PCAP_TSTAMP_PRECISION_NANO;

    return (uint64_t)ts->tv_sec * NS_PER_S +
           (uint64_t)ts->tv_usec * (nano ? 1 : 1000);
}

/* What pcap_next_ex() gives, but 0 only for a frame that the filter refuses. */
static int read_frame(struct source *s, struct pcap_pkthdr **header,
                      const uint8_t **bytes)
{
    int got = 0;

    if (s->counts)
        s->offset += RECORD_HEADER + (int64_t)s->last;
    note_offset(s);
    while (got == 0 && !stopped) { /* live, and none came in time */
        got = pcap_next_ex(s->pcap, header, bytes);
        if (got == 0)
            fflush(stdout);
    }
    if (stopped)
        return PCAP_ERROR_BREAK;
    if (got != 1)
        return got;
    if (s->frames++ == 0) {
        s->origin = nanoseconds(s, &(*header)->ts);
        learn_offsets(s, (*header)->caplen);
    }
    s->last = (*header)->caplen;
    return s->live || !s->filtered ||
           pcap_offline_filter(&s->filter, *header, *bytes) != 0;
}

int source_next(struct source *s, struct packet *p)
{
    struct pcap_pkthdr *header;
    int got;

    do
        got = read_frame(s, &header, &p->bytes);
    while (got == 0);
    if (got == PCAP_ERROR_BREAK)
        return SOURCE_END;
    if (got != 1) {
        complain_of(s, pcap_geterr(s->pcap));
        return SOURCE_ERROR;
    }
    p->number = s->frames;
    p->time = nanoseconds(s, &header->ts);
    p->origin = s->origin;
    p->captured = header->caplen;
    p->length = header->len;
    return SOURCE_MORE;
}

int source_percent(const struct source *s)
{
    if (s->size <= 0 || s->offset < 0 || s->offset > s->size)
        return -1;
    return (int)(s->offset * 100 / s->size);
}

int64_t source_size(const struct source *s)
{
    return s->size;
}

void source_close(struct source *s)
{
    stoppable = NULL;
    if (s->filtered)
        pcap_freecode(&s->filter);
    if (s->pcap)
        pcap_close(s->pcap);
    free(s);
}
