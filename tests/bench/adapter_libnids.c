/* libnids, fed in memory as it feeds itself from a file. It can be set up once a
 * process. */
#include "bench.h"
#include <nids.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/time.h>

static uint64_t bytes, connections;

static void on_stream(struct tcp_stream *s, void **unused)
{
    (void)unused;
    if (s->nids_state == NIDS_JUST_EST) {
        connections++;
        s->client.collect = s->server.collect = 1;
    } else if (s->nids_state == NIDS_DATA) {
        bytes += (uint64_t)(s->client.count_new + s->server.count_new);
    }
}

static void be_quiet(int type, int error, struct ip *ip, void *data)
{
    (void)type;
    (void)error;
    (void)ip;
    (void)data;
}

static void *track_new(size_t most)
{
    static struct nids_chksum_ctl unchecked = {.action = NIDS_DONT_CHKSUM};

    /* It wants a file with the link type, which it then is not asked to read. */
    nids_params.filename = getenv("BENCH_ANY_PCAP");
    nids_params.device = NULL;
    nids_params.n_tcp_streams = (int)(most * 4 / 3 + 1000);
    nids_params.scan_num_hosts = 0;
    nids_params.syslog = (void *)be_quiet;
    if (!nids_init()) {
        fprintf(stderr, "nids_init: %s\n", nids_errbuf);
        exit(1);
    }
    nids_register_chksum_ctl(&unchecked, 1);
    nids_register_tcp((void *)on_stream);
    return &nids_params;
}

static uint64_t track_feed(void *tracker, const struct packet *p, size_t n)
{
    (void)tracker;
    for (size_t i = 0; i < n; i++) {
        struct pcap_pkthdr h = {.caplen = p[i].len, .len = p[i].len};

        h.ts.tv_sec = (time_t)(p[i].us / 1000000);
        h.ts.tv_usec = (suseconds_t)(p[i].us % 1000000);
        nids_pcap_handler(NULL, &h, (u_char *)(uintptr_t)p[i].eth);
    }
    return bytes;
}

static size_t track_bytes(void *tracker)
{
    (void)tracker;
    return 0; /* it takes what it needs with malloc() */
}

static void track_free(void *tracker)
{
    (void)tracker;
}

const struct adapter bench_adapter = {
    .name = "libnids",
    .track_new = track_new,
    .track_feed = track_feed,
    .track_bytes = track_bytes,
    .track_free = track_free,
};
