/* Between two interfaces, with Linux's packet sockets.
 *
 * PACKET_VNET_HDR puts a virtio_net_hdr before each frame, both ways: it carries what
 * the kernel has left undone (a checksum, the segmentation of a frame that GRO made
 * large), so that the other interface does it. */
#define _GNU_SOURCE /* recvmmsg(), sendmmsg() */

#include "firewall.h"

#ifdef __linux__

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/virtio_net.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#ifndef PACKET_IGNORE_OUTGOING
#define PACKET_IGNORE_OUTGOING 23
#endif

enum {
    BURST = 32,
    FRAME_MOST = 66000, /* 64 KiB of IP, and what is before it */
    TAG = 4,            /* a VLAN tag, put back where the kernel took it out */
    ADDRESSES = 12,     /* bytes of Ethernet before it */
    WAIT_MS = 100,
    BUFFER = 16 << 20
};

struct slot {
    struct virtio_net_hdr vnet;
    /* The frame, behind room for a tag: its addresses move there. */
    uint8_t bytes[TAG + FRAME_MOST];
};

struct burst {
    struct mmsghdr in[BURST], out[BURST];
    struct iovec parts[BURST][2], out_parts[BURST][2];
    struct sockaddr_ll from[BURST];
    struct control {
        _Alignas(struct cmsghdr) char bytes[CMSG_SPACE(
            sizeof(struct tpacket_auxdata))];
    } control[BURST];
    struct slot slots[BURST];
};

struct wire {
    const struct options *options;
    struct filter *filter;
    int fd[2];
    uint64_t frames, start,
        epoch; /* epoch: of the monotonic clock, since 1970 */
    uint64_t too_large, unsent;
    struct burst *burst;
};

static bool refuse(const char *interface, const char *cause)
{
    struct text t = {.len = 0};

    text_escaped(&t, interface);
    complain("%s: %s", t.bytes, cause);
    return false;
}

static uint64_t read_clock(clockid_t id)
{
    struct timespec t;

    clock_gettime(id, &t);
    return (uint64_t)t.tv_sec * NS_PER_S + (uint64_t)t.tv_nsec;
}

/* ---- sockets ---- */

static bool is_ethernet(int fd, const char *name)
{
    struct ifreq request;

    memset(&request, 0, sizeof request);
    memcpy(request.ifr_name, name, strlen(name));
    return ioctl(fd, SIOCGIFHWADDR, &request) == 0 &&
           request.ifr_hwaddr.sa_family == ARPHRD_ETHER;
}

static bool set_options(int fd, int index)
{
    static const int on[] = {PACKET_VNET_HDR, PACKET_AUXDATA};
    struct packet_mreq all = {.mr_ifindex = index,
                              .mr_type = PACKET_MR_PROMISC};
    int one = 1, size = BUFFER;

    for (size_t i = 0; i < sizeof on / sizeof *on; i++)
        if (setsockopt(fd, SOL_PACKET, on[i], &one, sizeof one))
            return false;
    /* Old kernels lack the first, small rights the second: neither is needed. */
    setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &one, sizeof one);
    setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size);
    return !setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &all, sizeof all);
}

static bool open_wire(struct wire *w, int side)
{
    const char *name = w->options->interface[side];
    unsigned index = strlen(name) < IFNAMSIZ ? if_nametoindex(name) : 0;
    struct sockaddr_ll address = {.sll_family = AF_PACKET,
                                  .sll_protocol = htons(ETH_P_ALL),
                                  .sll_ifindex = (int)index};
    /* Protocol 0 hears nothing until it is bound. */
    int fd = index ? socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0) : -1;

    w->fd[side] = fd;
    if (!index)
        return refuse(name, "no such interface");
    if (fd < 0)
        return refuse(name, strerror(errno));
    if (!is_ethernet(fd, name))
        return refuse(name, "not an Ethernet interface");
    if (!set_options(fd, (int)index) ||
        bind(fd, (struct sockaddr *)&address, sizeof address))
        return refuse(name, strerror(errno));
    return true;
}

/* ---- a burst ---- */

static void prepare(struct burst *b)
{
    for (int i = 0; i < BURST; i++) {
        struct slot *slot = &b->slots[i];
        struct msghdr *m = &b->in[i].msg_hdr;

        b->parts[i][0] = (struct iovec){&slot->vnet, sizeof slot->vnet};
        b->parts[i][1] = (struct iovec){slot->bytes + TAG, FRAME_MOST};
        memset(m, 0, sizeof *m);
        m->msg_name = &b->from[i];
        m->msg_namelen = sizeof b->from[i];
        m->msg_iov = b->parts[i];
        m->msg_iovlen = 2;
        m->msg_control = &b->control[i];
        m->msg_controllen = sizeof b->control[i];
    }
}

/* The VLAN tag that the kernel has taken out of a frame; false: none. */
static bool read_tag(struct msghdr *m, uint16_t tag[2])
{
    struct cmsghdr *c = CMSG_FIRSTHDR(m);
    struct tpacket_auxdata aux;

    if (!c || c->cmsg_level != SOL_PACKET || c->cmsg_type != PACKET_AUXDATA)
        return false;
    memcpy(&aux, CMSG_DATA(c), sizeof aux);
    tag[0] = htons(aux.tp_status & TP_STATUS_VLAN_TPID_VALID ? aux.tp_vlan_tpid
                                                             : ETH_P_8021Q);
    tag[1] = htons(aux.tp_vlan_tci);
    return aux.tp_status & TP_STATUS_VLAN_VALID;
}

/* Where the frame begins, with its tag in it. */
static uint8_t *whole_frame(struct slot *slot, struct msghdr *m,
                            uint32_t *length)
{
    uint16_t tag[2];

    if (*length < ADDRESSES || !read_tag(m, tag))
        return slot->bytes + TAG;
    memmove(slot->bytes, slot->bytes + TAG, ADDRESSES);
    memcpy(slot->bytes + ADDRESSES, tag, TAG);
    *length += TAG;
    slot->vnet.hdr_len = (uint16_t)(slot->vnet.hdr_len + TAG);
    slot->vnet.csum_start = (uint16_t)(slot->vnet.csum_start + TAG);
    return slot->bytes;
}

/* Judge frame i of the burst and put it in place n of what is sent, if it goes on. */
static bool take_frame(struct wire *w, int i, unsigned n, uint64_t now)
{
    struct burst *b = w->burst;
    struct slot *slot = &b->slots[i];
    struct msghdr *m = &b->in[i].msg_hdr;
    uint32_t length = b->in[i].msg_len - (uint32_t)sizeof slot->vnet;
    struct packet p = {.number = ++w->frames, .time = now};

    if (m->msg_flags & MSG_TRUNC) {
        w->too_large++;
        return false;
    }
    p.bytes = whole_frame(slot, m, &length);
    p.captured = p.length = length;
    if (!filter_pass(w->filter, TCPSEG_LINK_ETHERNET, &p,
                     slot->vnet.flags & VIRTIO_NET_HDR_F_NEEDS_CSUM))
        return false;
    b->out_parts[n][0] = (struct iovec){&slot->vnet, sizeof slot->vnet};
    b->out_parts[n][1] = (struct iovec){(void *)p.bytes, length};
    memset(&b->out[n], 0, sizeof b->out[n]);
    b->out[n].msg_hdr.msg_iov = b->out_parts[n];
    b->out[n].msg_hdr.msg_iovlen = 2;
    return true;
}

/* A frame that an interface does not take is lost, as on any wire. */
static void send_all(struct wire *w, int fd, unsigned n)
{
    unsigned done = 0;

    while (done < n && !stop_asked) {
        int sent = sendmmsg(fd, w->burst->out + done, n - done, 0);

        if (sent < 0 && errno == EINTR)
            continue;
        w->unsent += sent < 0;
        done += sent < 0 ? 1 : (unsigned)sent;
    }
}

/* False: the interface is gone. */
static bool carry(struct wire *w, int side, uint64_t now)
{
    struct burst *b = w->burst;
    unsigned most = BURST, n = 0;
    int got;

    if (w->options->count && w->options->count - w->frames < most)
        most = (unsigned)(w->options->count - w->frames);
    prepare(b);
    got = recvmmsg(w->fd[side], b->in, most, MSG_DONTWAIT, NULL);
    if (got < 0)
        return errno == EAGAIN || errno == EINTR || errno == ENETDOWN ||
               refuse(w->options->interface[side], strerror(errno));
    for (int i = 0; i < got; i++)
        if (b->from[i].sll_pkttype != PACKET_OUTGOING)
            n += take_frame(w, i, n, now);
    send_all(w, w->fd[!side], n);
    return true;
}

/* ---- the loop ---- */

static bool is_over(const struct wire *w, uint64_t now)
{
    const struct options *o = w->options;

    return stop_asked || (o->count && w->frames >= o->count) ||
           (o->seconds && now - w->start >= o->seconds * NS_PER_S);
}

static int loop(struct wire *w)
{
    struct pollfd fds[2] = {{w->fd[0], POLLIN, 0}, {w->fd[1], POLLIN, 0}};
    uint64_t now = w->start = read_clock(CLOCK_MONOTONIC);

    w->epoch = read_clock(CLOCK_REALTIME) - now;
    while (!is_over(w, now)) {
        if (poll(fds, 2, WAIT_MS) < 0 && errno != EINTR)
            return EXIT_INPUT;
        now = read_clock(CLOCK_MONOTONIC);
        for (int side = 0; side < 2 && !is_over(w, now); side++)
            if (fds[side].revents && !carry(w, side, w->epoch + now))
                return EXIT_INPUT;
        filter_tick(w->filter, w->epoch + now);
    }
    return EXIT_SUCCESS;
}

int run_inline(const struct options *o, struct filter *f)
{
    struct wire w = {.options = o, .filter = f, .fd = {-1, -1}};
    int status = EXIT_INPUT;

    w.burst = malloc(sizeof *w.burst);
    if (!w.burst)
        complain("out of memory");
    else if (open_wire(&w, 0) && open_wire(&w, 1))
        status = loop(&w);
    for (int side = 0; side < 2; side++)
        if (w.fd[side] >= 0)
            close(w.fd[side]);
    if (w.too_large || w.unsent)
        complain("%llu frames were too large to read, %llu not taken by the "
                 "other interface",
                 (unsigned long long)w.too_large, (unsigned long long)w.unsent);
    free(w.burst);
    return status;
}

#else

int run_inline(const struct options *o, struct filter *f)
{
    (void)o;
    (void)f;
    complain(
        "--inline needs Linux's packet sockets, and this is another system");
    return EXIT_INPUT;
}

#endif
