"""A host under test: a kernel in a namespace, a tap on its wire, and all that the
kernel will say about what it did with one segment."""

import contextlib
import os
import re
import socket
import struct
import subprocess
import time

import kernel
from net import PACKET_OUTGOING, inside, run, switch_off_offloads
from peer import MAC, Segment

PEER, HOST = "10.77.0.1", "10.77.0.2"
STATES = ["", "ESTABLISHED", "SYN-SENT", "SYN-RECEIVED", "FIN-WAIT-1", "FIN-WAIT-2",
          "TIME-WAIT", "CLOSED", "CLOSE-WAIT", "LAST-ACK", "LISTEN", "CLOSING",
          "SYN-RECEIVED"]
# From struct tcp_info: bytes received in order (a FIN counts as one) and segments
# received out of order.
BYTES_RECEIVED, RECEIVED_OUT_OF_ORDER = (128, "Q"), (224, "I")
NETSTAT = ("TCPChallengeACK", "TCPSYNChallenge", "PAWSEstab", "PAWSActive", "PAWSOldAck",
           "TCPDSACKOldSent", "TCPDSACKOfoSent", "TCPACKSkippedSeq", "TCPOFOQueue",
           "TCPAbortOnData", "BeyondWindow", "TCPZeroWindowDrop", "TCPMD5Unexpected",
           "TSEcrRejected", "TCPReqQFullDrop", "TCPOrigDataSent", "TCPPureAcks",
           "TCPHPAcks", "TCPHPHits", "TW", "TWKilled")
DROP = re.compile(r"^\s*(.+)-(\d+)\s+\[.* kfree_skb: .*location=(\w+)\+\S+ reason: (\w+)")


class Drops(kernel.Trace):
    """The reasons for which the kernel frees segments unread."""

    EVENTS = {"skb/kfree_skb": "protocol == 2048"}

    def __init__(self):
        super().__init__()
        self.path += "-drops"

    def __enter__(self):
        os.mkdir(self.path)
        for event, condition in self.EVENTS.items():
            self.write(f"events/{event}/filter", condition)
            self.write(f"events/{event}/enable", "1")
        return self

    def __exit__(self, *_):
        for event in self.EVENTS:
            self.write(f"events/{event}/enable", "0")
        super().leave()

    def reasons(self):
        """Reasons given inside TCP, in this thread: a frame sent to a veth is
        received in the sender's context, or else in ksoftirqd's."""
        with open(self.path + "/trace") as f:
            for line in f:
                m = DROP.search(line)
                if m and m[3].startswith("tcp_") and (
                        int(m[2]) == os.getpid() or m[1].startswith("ksoftirqd")):
                    yield m[4]


class Victim:
    """The host, its wire, and the peers' frames. A context manager that leaves
    nothing behind."""

    def __init__(self, drops, settings=()):
        self.drops, self.settings = drops, settings
        self.names = {k: f"tcpseg-{k}-{os.getpid()}" for k in "mb"}
        self.addresses = socket.inet_aton(PEER), socket.inet_aton(HOST)
        self.records, self.files = [], contextlib.ExitStack()
        self.sent, self.listeners, self.accepted = 0, {}, {}

    def __enter__(self):
        try:
            self.build()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self.files.close()
        for name in self.names.values():
            subprocess.run(["ip", "netns", "del", name], capture_output=True)

    def build(self):
        for name in self.names.values():
            run("ip", "netns", "add", name)
        host, wire = self.names["b"], self.names["m"]
        run("ip", "-n", host, "link", "add", "eth0", "address", MAC["host"].hex(":"),
            "type", "veth", "peer", "name", "tap", "address", MAC["peer"].hex(":"),
            "netns", wire)
        # A frame may pass the edge of any window, so the MTU is above the MSS. No ACK
        # is delayed, so that the answer to a segment is its own.
        with inside(host):
            for name, value in (("net/ipv6/conf/all/disable_ipv6", 1), *self.settings):
                with open("/proc/sys/" + name, "w") as f:
                    f.write(str(value))
            switch_off_offloads("eth0")
            for command in ("link set lo up", "link set eth0 up mtu 4000",
                            f"addr add {HOST}/24 dev eth0",
                            "route replace 10.77.0.0/24 dev eth0 "
                            f"src {HOST} advmss 1460 quickack 1",
                            f"neigh add {PEER} lladdr {MAC['peer'].hex(':')} dev eth0"):
                run("ip", *command.split())
            self.counters = [self.files.enter_context(open(
                "/proc/thread-self/net/" + name)) for name in ("netstat", "snmp")]
            self.diag = self.files.enter_context(socket.socket(
                socket.AF_NETLINK, socket.SOCK_RAW, kernel.NETLINK_SOCK_DIAG))
        with inside(wire):
            switch_off_offloads("tap")
            run("ip", "link", "set", "tap", "up", "mtu", "4000")
            self.wire = self.files.enter_context(socket.socket(
                socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3)))
        self.wire.bind(("tap", 0))
        self.wire.setblocking(False)

    def listener(self, port, receive_buffer=0):
        s = self.socket(port, receive_buffer)
        s.listen(200)
        self.listeners[port] = s

    def accept(self, port, host_port):
        """The application's socket for this connection; None if there is none."""
        for _ in range(50):
            with contextlib.suppress(BlockingIOError, ConnectionError):
                s, address = self.listeners[host_port].accept()
                s.setblocking(False)
                self.accepted[address[1]] = self.files.enter_context(s)
            if port in self.accepted:
                return self.accepted.pop(port)
            if not self.accepted:
                time.sleep(0.001)
        return None

    def socket(self, port=0, receive_buffer=0):
        with inside(self.names["b"]):
            s = self.files.enter_context(socket.socket())
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if receive_buffer:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        s.bind((HOST, port))
        s.setblocking(False)
        return s

    # ---- the wire

    def send(self, frame):
        """Record a frame and send it; its number in the capture."""
        self.records.append((time.time(), frame))
        self.wire.send(frame)
        self.sent += 1
        return len(self.records)

    def receive(self, port, host_port):
        """What came for this peer. The rest (what the host repeats to peers that
        are done) goes unrecorded."""
        with contextlib.suppress(BlockingIOError):
            while True:
                frame, address = self.wire.recvfrom(65536)
                if address[2] == PACKET_OUTGOING or frame[12:14] != b"\x08\x00":
                    continue
                segment = Segment(frame)
                if (segment.dport, segment.sport) == (port, host_port):
                    self.records.append((time.time(), frame))
                    yield segment

    def settled(self):
        """Whether TCP has had each frame sent so far."""
        return self.count()["InSegs"] >= self.sent

    # ---- what the kernel says

    def count(self):
        """Every counter of the namespace that is about TCP."""
        counts = {}
        for f in self.counters:
            f.seek(0)
            lines = [line.split() for line in f]
            for names, values in zip(lines[::2], lines[1::2]):
                if names[0] in ("TcpExt:", "Tcp:"):
                    counts.update(zip(names[1:], map(int, values[1:])))
        return counts

    def state(self, port, host_port):
        """State of the socket between these two ports (or None), and when its timer
        runs out, in milliseconds."""
        body = struct.pack("BBBxI", socket.AF_INET, socket.IPPROTO_TCP, 0, 0xFFFF)
        body += bytes(48)
        self.diag.send(struct.pack("IHHII", 16 + len(body), kernel.SOCK_DIAG_BY_FAMILY,
                                   kernel.NLM_F_DUMP_REQUEST, 1, 0) + body)
        found, done = (None, 0), False
        while not done:
            data = self.diag.recv(65536)
            while len(data) >= 16:
                length, kind = struct.unpack_from("IH", data)
                done = kind in (2, 3)
                if kind == kernel.SOCK_DIAG_BY_FAMILY and struct.unpack_from(
                        "!HH", data, 20) == (host_port, port):
                    found = STATES[data[17]], struct.unpack_from("I", data, 68)[0]
                data = data[(length + 3) & ~3:]
        return found


def tcp_info(sock, field):
    info = sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 280)
    return struct.unpack_from(field[1], info, field[0])[0]


class Evidence:
    """The kernel's account of a connection at one moment."""

    def __init__(self, peer):
        self.counts = peer.host.count()
        self.state, self.timer = peer.host.state(peer.port, peer.host_port)
        self.received = self.disordered = 0
        if peer.sock is not None:
            self.received = tcp_info(peer.sock, BYTES_RECEIVED)
            self.disordered = tcp_info(peer.sock, RECEIVED_OUT_OF_ORDER)

    def counted_since(self, before):
        return [f"{name}+{self.counts[name] - before.counts[name]}" for name in NETSTAT
                if self.counts.get(name, 0) > before.counts.get(name, 0)]
