"""What the kernel says about the states its sockets go through: each change by the
tracepoint sock:inet_sock_set_state, and the two kinds of socket it does not cover
(SYN-RECEIVED requests, TIME-WAIT) by asking inet_diag every few milliseconds."""

import collections
import os
import re
import socket
import struct
import subprocess
import tempfile
import threading
import time

from net import inside

NAMES = {
    "TCP_CLOSE": "CLOSED", "TCP_LISTEN": "LISTEN", "TCP_SYN_SENT": "SYN-SENT",
    "TCP_SYN_RECV": "SYN-RECEIVED", "TCP_NEW_SYN_RECV": "SYN-RECEIVED",
    "TCP_ESTABLISHED": "ESTABLISHED", "TCP_FIN_WAIT1": "FIN-WAIT-1",
    "TCP_FIN_WAIT2": "FIN-WAIT-2", "TCP_CLOSE_WAIT": "CLOSE-WAIT",
    "TCP_CLOSING": "CLOSING", "TCP_LAST_ACK": "LAST-ACK",
    "TCP_TIME_WAIT": "TIME-WAIT",
}
TIME_WAIT, SYN_RECV, NEW_SYN_RECV = 6, 3, 12
NETLINK_SOCK_DIAG, SOCK_DIAG_BY_FAMILY, NLM_F_DUMP_REQUEST = 4, 20, 0x301
BEGINNINGS = ("CLOSED", "LISTEN", "TIME-WAIT")
LEAVING = ("FIN-WAIT-1", "FIN-WAIT-2", "CLOSING")
LINE = re.compile(r"family=AF_(INET6?) protocol=IPPROTO_TCP sport=(\d+) dport=(\d+) saddr=(\S+) daddr=(\S+) "
                  r"saddrv6=(\S+) daddrv6=(\S+) oldstate=(\w+) newstate=(\w+)")


class Trace:
    """A tracing instance of our own."""

    def __init__(self):
        self.mount = None
        root = "/sys/kernel/tracing"
        if not os.path.isdir(root + "/instances"):
            self.mount = root = tempfile.mkdtemp()
            subprocess.run(["mount", "-t", "tracefs", "nodev", root], check=True)
        self.path = f"{root}/instances/tcpseg-{os.getpid()}"

    def __enter__(self):
        os.mkdir(self.path)
        self.write("trace_clock", "mono")
        self.write("events/sock/inet_sock_set_state/enable", "1")
        return self

    def __exit__(self, *_):
        self.write("events/sock/inet_sock_set_state/enable", "0")
        self.leave()

    def leave(self):
        os.rmdir(self.path)
        if self.mount:
            subprocess.run(["umount", self.mount])
            os.rmdir(self.mount)

    def write(self, name, text):
        with open(os.path.join(self.path, name), "w") as f:
            f.write(text)

    def clear(self):
        self.write("trace", "")

    def changes(self):
        """(address, port, peer port, old, new) in order."""
        with open(self.path + "/trace") as f:
            for line in f:
                m = LINE.search(line)
                if m:
                    family, sport, dport, v4, _, v6, _, old, new = m.groups()
                    address = v4 if family == "INET" else v6
                    yield address, int(sport), int(dport), NAMES[old], NAMES[new]


class Poll(threading.Thread):
    """Which endpoints inet_diag has shown in SYN-RECEIVED and in TIME-WAIT."""

    def __init__(self, namespaces):
        super().__init__(daemon=True)
        self.seen = collections.defaultdict(set)
        self.latest = set()  # what the last look around showed
        self.running = True
        self.sockets = []
        for name in namespaces:
            with inside(name):
                self.sockets.append(socket.socket(socket.AF_NETLINK, socket.SOCK_RAW,
                                                  NETLINK_SOCK_DIAG))

    def run(self):
        while self.running:
            self.look = set()
            for s in self.sockets:
                for family in (socket.AF_INET, socket.AF_INET6):
                    self.ask(s, family)
            self.latest = self.look
            time.sleep(0.002)

    def stop(self):
        self.running = False
        self.join()
        for s in self.sockets:
            s.close()

    def ask(self, s, family):
        wanted = 1 << TIME_WAIT | 1 << SYN_RECV | 1 << NEW_SYN_RECV
        body = struct.pack("BBBxI", family, socket.IPPROTO_TCP, 0, wanted) + bytes(48)
        s.send(struct.pack("IHHII", 16 + len(body), SOCK_DIAG_BY_FAMILY,
                           NLM_F_DUMP_REQUEST, 1, 0) + body)
        done = False
        while not done:
            data = s.recv(65536)
            while len(data) >= 16:
                length, kind = struct.unpack_from("IH", data)
                done = kind in (2, 3)
                if kind == SOCK_DIAG_BY_FAMILY:
                    self.note(data[16:length])
                data = data[(length + 3) & ~3:]

    def note(self, message):
        family, state = message[0], message[1]
        sport, dport = struct.unpack_from("!HH", message, 4)
        size = 4 if family == socket.AF_INET else 16
        address = socket.inet_ntop(family, message[8:8 + size])
        name = "TIME-WAIT" if state == TIME_WAIT else "SYN-RECEIVED"
        self.seen[address, sport, dport].add(name)
        self.look.add((address, sport, dport))


def refusals(namespaces):
    """How many segments these hosts refused for their old timestamps."""
    total = 0
    for name in namespaces:
        with inside(name), open("/proc/thread-self/net/netstat") as f:
            names, values = f.readline().split(), f.readline().split()
            total += int(values[names.index("PAWSEstab")])
    return total


def address(text):
    """One spelling for an IPv6 address, whoever printed it."""
    family = socket.AF_INET6 if ":" in text else socket.AF_INET
    text = socket.inet_ntop(family, socket.inet_pton(family, text))
    return text[7:] if text.startswith("::ffff:") else text


def sequences(changes, poll, connections):
    """For each endpoint of each connection ((address, port, peer port)), the states
    it went through. The listener's LISTEN counts as its connections' too."""
    listening = {(address(a), port) for a, port, peer, _, new in changes
                 if new == "LISTEN" and not peer}
    for key in connections:
        host, port, _ = key
        listens = {(host, port), ("0.0.0.0", port), ("::", port)} & listening
        states = ["CLOSED", "LISTEN"] if listens else ["CLOSED"]
        polled = poll.seen.get(key, set())
        if listens and "SYN-RECEIVED" in polled:
            states.append("SYN-RECEIVED")
        for a, sport, dport, old, new in changes:
            if (address(a), sport, dport) == key:
                if old == "SYN-RECEIVED" and states[-1] in BEGINNINGS:
                    states.append(old)
                if new == "CLOSED" and "TIME-WAIT" in polled and states[-1] in LEAVING:
                    new = "TIME-WAIT"  # of which the socket itself knows nothing
                if new != states[-1]:
                    states.append(new)
        if states[-1] == "SYN-RECEIVED" and key not in poll.latest:
            states.append("CLOSED")  # the request is gone, and became no socket
        if "TIME-WAIT" in polled and "TIME-WAIT" not in states:
            states.append("TIME-WAIT")
        yield key, states
