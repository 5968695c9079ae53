"""Two hosts and a wire between them: network namespaces A, M and B, of which M
holds a bridge of our own that delays, drops and records frames."""

import array
import contextlib
import ctypes
import fcntl
import heapq
import os
import select
import socket
import struct
import subprocess
import threading
import time

CLONE_NEWNET = 0x40000000
SIOCETHTOOL = 0x8946
# ETHTOOL_S...: checksums, scatter-gather and segmentation, all off, so that the
# wire carries what it would between two machines.
OFFLOADS = {"stxcsum": 0x17, "ssg": 0x19, "stso": 0x1F, "sgso": 0x24, "sgro": 0x2C}
PACKET_OUTGOING = 4

V4 = {"a": "10.77.0.1", "b": "10.77.0.2"}
V6 = {"a": "fd77::1", "b": "fd77::2"}

libc = ctypes.CDLL(None, use_errno=True)


def run(*command):
    subprocess.run(command, check=True, capture_output=True)


@contextlib.contextmanager
def inside(name):
    """This thread in another network namespace. Sockets made there stay there."""
    def enter(path):
        fd = os.open(path, os.O_RDONLY)
        if libc.setns(fd, CLONE_NEWNET):
            raise OSError(ctypes.get_errno(), "setns " + path)
        os.close(fd)

    home = os.open(f"/proc/self/task/{threading.get_native_id()}/ns/net", os.O_RDONLY)
    enter("/run/netns/" + name)
    try:
        yield
    finally:
        libc.setns(home, CLONE_NEWNET)
        os.close(home)


def switch_off_offloads(device):
    with socket.socket() as s:
        for command in OFFLOADS.values():
            value = array.array("B", struct.pack("II", command, 0))
            request = struct.pack("16sP", device.encode(), value.buffer_info()[0])
            with contextlib.suppress(OSError):
                fcntl.ioctl(s, SIOCETHTOOL, request)


def transport(frame):
    """(protocol, transport bytes) of a frame, or (None, b"")."""
    kind = struct.unpack_from("!H", frame, 12)[0]
    if kind == 0x0800:
        return frame[23], frame[14 + 4 * (frame[14] & 15):]
    if kind == 0x86DD:
        return frame[20], frame[54:]
    return None, b""


def write_pcap(path, records):
    """Records are (time, frame), in order."""
    with open(path, "wb") as f:
        f.write(struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 65535, 1))
        for when, frame in records:
            ns = int(when * 1e9)
            f.write(struct.pack("<IIII", ns // 10**9, ns % 10**9, len(frame),
                                len(frame)))
            f.write(frame)


class Bridge(threading.Thread):
    """Carries frames between two devices. A frame takes `delay` seconds; halfway
    it is recorded, and may be lost right behind that point. `before` and `behind`
    that point a segment may also come more than once or late: they give the extra
    delays of the copies that go on. With a `vlan`, the point is on a trunk between
    two switches: frames are tagged there.

    One thread does it all, and a frame is sent on only once it is in `records`, with
    the time at which it got there, by a clock that never steps back: however late
    the thread is, no answer stands before what it answers."""

    def __init__(self, sockets, delay, vlan):
        super().__init__(daemon=True)
        self.sockets, self.delay = sockets, delay
        self.tag = struct.pack("!HH", 0x8100, vlan) if vlan else b""
        self.lose = lambda side, tcp: False
        self.before = self.behind = None
        self.records, self.queue, self.count = [], [], 0
        self.epoch = time.time() - time.monotonic()
        self.running = True

    def receive(self, side):
        frame, address = self.sockets[side].recvfrom(65536)
        if address[2] == PACKET_OUTGOING:
            return
        for extra in self.copies(self.before, side, frame):
            self.put(time.monotonic() + self.delay / 2 + extra, self.pass_tap, side, frame)

    @staticmethod
    def copies(treat, side, frame):
        protocol, data = transport(frame)
        return treat(side, data) if treat and protocol == 6 else (0,)

    def put(self, when, what, side, frame):
        self.count += 1
        heapq.heappush(self.queue, (when, self.count, what, side, frame))

    def pass_tap(self, side, frame):
        now = time.monotonic()
        protocol, data = transport(frame)
        if protocol in (6, 17):
            self.records.append((self.epoch + now, frame[:12] + self.tag + frame[12:]))
        if protocol == 6 and self.lose(side, data):
            return
        for extra in self.copies(self.behind, side, frame):
            self.put(now + self.delay / 2 + extra, self.deliver, side, frame)

    def deliver(self, side, frame):
        with contextlib.suppress(OSError):
            self.sockets[1 - side].send(frame)

    def run(self):
        while self.running:
            wait = 0.01
            if self.queue:
                wait = min(wait, max(0, self.queue[0][0] - time.monotonic()))
            for ready in select.select(self.sockets, [], [], wait)[0]:
                self.receive(self.sockets.index(ready))
            while self.queue and self.queue[0][0] <= time.monotonic():
                _, _, what, side, frame = heapq.heappop(self.queue)
                what(side, frame)


class Net:
    """The three namespaces, as a context manager that leaves nothing behind."""

    def __init__(self, delay, vlan=0, settings=()):
        self.delay, self.vlan, self.settings = delay, vlan, settings
        self.names = {k: f"tcpseg-{k}-{os.getpid()}" for k in "amb"}

    def __enter__(self):
        try:
            self.build()
        except BaseException:
            self.remove()
            raise
        return self

    def __exit__(self, *_):
        self.bridge.running = False
        self.bridge.join(1)
        for s in self.bridge.sockets:
            s.close()
        self.remove()

    def remove(self):
        for name in self.names.values():
            subprocess.run(["ip", "netns", "del", name], capture_output=True)

    def build(self):
        for name in self.names.values():
            run("ip", "netns", "add", name)
        for host in "ab":
            run("ip", "-n", self.names[host], "link", "add", "eth0", "type", "veth",
                "peer", "name", "to" + host, "netns", self.names["m"])
        for host in "ab":
            self.configure(host)
        with inside(self.names["m"]):
            for host in "ab":
                switch_off_offloads("to" + host)
                run("ip", "link", "set", "to" + host, "up")
            self.bridge = Bridge([self.packet_socket("to" + h) for h in "ab"],
                                 self.delay, self.vlan)
        self.bridge.start()
        time.sleep(0.1)

    def configure(self, host):
        with inside(self.names[host]):
            for name, value in (("net/ipv6/conf/default/accept_dad", 0),
                                ("net/ipv6/conf/all/accept_dad", 0),
                                *self.settings):
                with open("/proc/sys/" + name, "w") as f:
                    f.write(str(value))
            switch_off_offloads("eth0")
            run("ip", "link", "set", "lo", "up")
            run("ip", "link", "set", "eth0", "up")
            run("ip", "addr", "add", V4[host] + "/24", "dev", "eth0")
            run("ip", "addr", "add", V6[host] + "/64", "dev", "eth0", "nodad")

    @staticmethod
    def packet_socket(device):
        s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
        s.bind((device, 0))
        return s

    def socket(self, host, family=socket.AF_INET, kind=socket.SOCK_STREAM, protocol=0):
        with inside(self.names[host]):
            s = socket.socket(family, kind, protocol)
        s.settimeout(5)
        return s
