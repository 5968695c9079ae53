"""What the two hosts do in each recording. A scene gets the net and returns the
endpoints whose states are to be written down."""

import socket
import struct
import threading
import time

from net import V4, V6

PORT, FIRST_CLIENT_PORT = 80, 43610
MSG_FASTOPEN, TCP_FASTOPEN, MPTCP, TCP_QUICKACK = 0x20000000, 23, 262, 12
REQUEST = b"GET /article HTTP/1.0\r\nHost: b.example\r\n\r\n"
ANSWER = (b"HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\n"
          b"A handshake, two questions answered, and a close.\n")
PAUSE = 0.15  # longer than a delayed ACK and any delay of the bridge


class Pair:
    """A connection from A to B, and what is needed to play on it."""

    def __init__(self, net, addresses=V4, protocol=0, port=FIRST_CLIENT_PORT):
        self.net, self.addresses, self.port = net, addresses, port
        self.family = socket.AF_INET6 if ":" in addresses["a"] else socket.AF_INET
        self.listener = self.bound("b", PORT, protocol)
        self.listener.listen(5)
        self.a = self.bound("a", port, protocol)

    def bound(self, host, port, protocol=0):
        s = self.net.socket(host, self.family, socket.SOCK_STREAM, protocol)
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        s.bind((self.addresses[host], port))
        return s

    def open(self):
        self.a.connect((self.addresses["b"], PORT))
        self.b, _ = self.listener.accept()
        self.b.settimeout(5)
        time.sleep(PAUSE)
        return self

    def talk(self):
        self.a.send(REQUEST)
        self.b.recv(65536)
        self.b.send(ANSWER)
        self.a.recv(65536)
        time.sleep(PAUSE)
        return self

    def endpoints(self):
        yield self.addresses["a"], self.port, PORT
        yield self.addresses["b"], PORT, self.port


def close_in_turn(first, second):
    first.close()
    time.sleep(PAUSE)
    second.close()
    time.sleep(PAUSE)


def client_closes(net, **options):
    pair = Pair(net, **options).open().talk()
    close_in_turn(pair.a, pair.b)
    return pair.endpoints()


def server_closes(net):
    pair = Pair(net).open().talk()
    close_in_turn(pair.b, pair.a)
    return pair.endpoints()


def closes_at_once(net):
    """B answers the FIN with its own in the same segment."""
    pair = Pair(net).open().talk()

    def answer():
        pair.b.setsockopt(socket.IPPROTO_TCP, TCP_QUICKACK, 0)
        pair.b.recv(1)
        pair.b.close()

    thread = threading.Thread(target=answer)
    thread.start()
    pair.a.close()
    thread.join()
    time.sleep(PAUSE)
    return pair.endpoints()


def half_close(net):
    pair = Pair(net).open().talk()
    pair.a.shutdown(socket.SHUT_WR)
    time.sleep(PAUSE)
    for _ in range(3):
        pair.b.send(b"b has more to say. " * 40)
        time.sleep(0.05)
    pair.b.close()
    while pair.a.recv(65536):
        pass
    pair.a.close()
    time.sleep(PAUSE)
    return pair.endpoints()


def simultaneous_close(net):
    pair = Pair(net).open().talk()
    pair.a.close()
    pair.b.close()
    time.sleep(2 * PAUSE)
    return pair.endpoints()


def simultaneous_open(net):
    hosts = {}
    for host, port in (("a", FIRST_CLIENT_PORT), ("b", PORT)):
        hosts[host] = net.socket(host)
        hosts[host].setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        hosts[host].bind((V4[host], port))
        hosts[host].setblocking(False)
    hosts["a"].connect_ex((V4["b"], PORT))
    hosts["b"].connect_ex((V4["a"], FIRST_CLIENT_PORT))
    time.sleep(2 * PAUSE)
    hosts["a"].send(b"hello from a")
    hosts["b"].send(b"hello from b")
    time.sleep(2 * PAUSE)
    hosts["a"].recv(100)
    hosts["b"].recv(100)
    close_in_turn(hosts["a"], hosts["b"])
    return [(V4["a"], FIRST_CLIENT_PORT, PORT), (V4["b"], PORT, FIRST_CLIENT_PORT)]


def abort(net):
    pair = Pair(net).open().talk()
    pair.a.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    pair.a.close()
    time.sleep(PAUSE)
    return pair.endpoints()


def close_with_unread_data(net):
    pair = Pair(net).open()
    pair.a.send(REQUEST)
    time.sleep(PAUSE)
    pair.b.close()
    time.sleep(PAUSE)
    return pair.endpoints()


def data_after_close(net):
    pair = Pair(net).open().talk()
    pair.a.close()
    time.sleep(PAUSE)
    pair.b.send(b"too late")
    time.sleep(PAUSE)
    return pair.endpoints()


def refused(net):
    a = net.socket("a")
    a.bind((V4["a"], FIRST_CLIENT_PORT))
    try:
        a.connect((V4["b"], PORT))
    except ConnectionRefusedError:
        pass
    return [(V4["a"], FIRST_CLIENT_PORT, PORT), (V4["b"], PORT, FIRST_CLIENT_PORT)]


def loses(n, side, matches):
    """Lose the n-th TCP segment (from 1) from a side (0: A) that matches."""
    count = 0

    def lose(from_side, tcp):
        nonlocal count
        if from_side == side and matches(tcp):
            count += 1
            return count == n
        return False
    return lose


def flags(tcp):
    return tcp[13] & 0x17  # FIN SYN RST ACK


def has_data(tcp):
    return len(tcp) > 4 * (tcp[12] >> 4)


def lost_syn(net):
    net.bridge.lose = loses(1, 0, lambda tcp: flags(tcp) == 2)
    return client_closes(net)


def lost_last_ack(net):
    pair = Pair(net).open().talk()
    pair.a.close()
    time.sleep(PAUSE)
    net.bridge.lose = loses(1, 0, lambda tcp: flags(tcp) == 16)
    pair.b.close()
    time.sleep(4 * PAUSE)
    return pair.endpoints()


def lost_syn_ack(net):
    net.bridge.lose = loses(1, 1, lambda tcp: flags(tcp) == 18)
    return client_closes(net)


def lost_third_step(net):
    net.bridge.lose = loses(1, 0, lambda tcp: flags(tcp) == 16)
    return client_closes(net)


def lost_crossing_fin(net):
    """B's first FIN never reaches A, so for A the two did not cross."""
    net.bridge.lose = loses(1, 1, lambda tcp: flags(tcp) == 17)
    endpoints = simultaneous_close(net)
    time.sleep(3 * PAUSE)
    return endpoints


def abort_half_open(net):
    """A gives up between the two steps: its kernel resets what B answers."""
    pair = Pair(net)
    pair.a.setblocking(False)
    pair.a.connect_ex((V4["b"], PORT))
    pair.a.close()
    time.sleep(2 * PAUSE)
    return pair.endpoints()


def lost_data(net):
    pair = Pair(net).open()
    net.bridge.lose = loses(2, 0, has_data)
    pair.a.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for i in range(6):
        pair.a.send(b"piece %d " % i * 20)
        time.sleep(0.005)
    time.sleep(4 * PAUSE)
    pair.b.recv(65536)
    close_in_turn(pair.a, pair.b)
    return pair.endpoints()


def fast_open(net):
    pair = Pair(net)
    endpoints = []
    pair.listener.setsockopt(socket.IPPROTO_TCP, TCP_FASTOPEN, 5)
    for port in (FIRST_CLIENT_PORT, FIRST_CLIENT_PORT + 1):
        if port != FIRST_CLIENT_PORT:
            pair.a, pair.port = pair.bound("a", port), port
        pair.a.settimeout(None)  # connecting by sendto() has to block
        pair.a.sendto(REQUEST, MSG_FASTOPEN, (V4["b"], PORT))
        pair.b, _ = pair.listener.accept()
        pair.b.recv(65536)
        pair.b.send(ANSWER)
        pair.a.recv(65536)
        time.sleep(2 * PAUSE)
        close_in_turn(pair.a, pair.b)
        endpoints += pair.endpoints()
    return endpoints


def urgent(net):
    pair = Pair(net).open()
    pair.a.send(b"calm")
    time.sleep(PAUSE)
    pair.a.send(b"!", socket.MSG_OOB)
    pair.a.send(b"calm again")
    time.sleep(PAUSE)
    pair.b.recv(4)
    pair.b.recv(65536)
    time.sleep(PAUSE)
    close_in_turn(pair.a, pair.b)
    return pair.endpoints()


def udp(net, addresses=V4):
    family = socket.AF_INET6 if ":" in addresses["a"] else socket.AF_INET
    a = net.socket("a", family, socket.SOCK_DGRAM)
    b = net.socket("b", family, socket.SOCK_DGRAM)
    a.bind((addresses["a"], FIRST_CLIENT_PORT))
    b.bind((addresses["b"], 53))
    a.sendto(b"what is the time?", (addresses["b"], 53))
    question, sender = b.recvfrom(100)
    b.sendto(b"later than when you asked", sender)
    a.recv(100)
    time.sleep(PAUSE)
    return []


def off(*names):
    return tuple(("net/ipv4/" + name, 0) for name in names)


# name: (what to do, one-way delay in seconds, options of Net)
SCENES = {
    "four-way-close-client": (client_closes, 0.004, {}),
    "four-way-close-server": (server_closes, 0.004, {}),
    "three-way-close": (closes_at_once, 0.004, {}),
    "half-close": (half_close, 0.004, {}),
    "simultaneous-close": (simultaneous_close, 0.04, {}),
    "simultaneous-open": (simultaneous_open, 0.04, {}),
    "rst-abort": (abort, 0.004, {}),
    "rst-unread-data": (close_with_unread_data, 0.004, {}),
    "rst-data-after-close": (data_after_close, 0.004, {}),
    "refused": (refused, 0.004, {}),
    "ipv6": (lambda net: client_closes(net, addresses=V6), 0.004, {}),
    "vlan": (client_closes, 0.004, {"vlan": 42}),
    "no-timestamps": (client_closes, 0.004, {"settings": off("tcp_timestamps")}),
    "no-sack": (client_closes, 0.004, {"settings": off("tcp_sack")}),
    "no-wscale": (client_closes, 0.004, {"settings": off("tcp_window_scaling")}),
    "no-options": (client_closes, 0.004, {"settings": off(
        "tcp_timestamps", "tcp_sack", "tcp_window_scaling")}),
    "retransmitted-syn": (lost_syn, 0.004, {}),
    "retransmitted-fin": (lost_last_ack, 0.004, {}),
    "retransmitted-syn-ack": (lost_syn_ack, 0.004, {}),
    "lost-third-step": (lost_third_step, 0.004, {}),
    "lost-crossing-fin": (lost_crossing_fin, 0.04, {}),
    "rst-half-open": (abort_half_open, 0.04, {}),
    "lost-data": (lost_data, 0.02, {}),
    "fast-open": (fast_open, 0.004, {"settings": (("net/ipv4/tcp_fastopen", 3),)}),
    "mptcp": (lambda net: client_closes(net, protocol=MPTCP), 0.004, {}),
    "urgent": (urgent, 0.004, {}),
    "udp": (udp, 0.004, {}),
    "udp6": (lambda net: udp(net, V6), 0.004, {}),
}
