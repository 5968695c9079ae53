"""Scenes in which the applications keep what they read: on a wire that loses, repeats
and reorders, into closed windows, urgent, and with the first segment."""

import random
import socket
import threading
import time

import streams
from net import transport
from scenes import MSG_FASTOPEN, PAUSE, TCP_FASTOPEN, Pair, close_in_turn, has_data

AMOUNT = 24000  # bytes each way


def text(seed):
    """Bytes that compress, so that a repository holds them lightly, and still differ
    from place to place."""
    words = random.Random(seed)
    return b"".join(b"%d " % words.randrange(10000) for _ in range(AMOUNT // 5))


def read_all(sock, into, wait=lambda: None):
    wait()
    while piece := sock.recv(65536):
        into += piece
        wait()


def keep(net, pair, got_by_a, got_by_b):
    """What the applications read, beside the recording."""
    a, b = pair.addresses["a"], pair.addresses["b"]
    net.streams = [streams.line(a, pair.port, b, 80, bytes(got_by_b)),
                   streams.line(b, 80, a, pair.port, bytes(got_by_a))]


def transfer(net, before=None, behind=None, wait=lambda: None, buffer=0):
    """Text both ways, to the end; the second host's application waits before it reads."""
    pair = Pair(net)
    if buffer:
        pair.listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
    pair.open()
    if before:
        net.bridge.before = before
    if behind:
        net.bridge.behind = behind
    got = {"a": bytearray(), "b": bytearray()}
    pair.a.settimeout(20)
    pair.b.settimeout(20)

    def host(name, seed):
        sock = getattr(pair, name)
        reader = threading.Thread(target=read_all, args=(
            sock, got[name], *([wait] if name == "b" else [])))
        reader.start()
        sock.sendall(text(seed))
        sock.shutdown(socket.SHUT_WR)
        reader.join()

    threads = [threading.Thread(target=host, args=("a", 1)),
               threading.Thread(target=host, args=("b", 2))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    close_in_turn(pair.a, pair.b)
    keep(net, pair, got["a"], got["b"])
    return pair.endpoints()


def sometimes(share, what, seed=7):
    """For a share of the segments with text, `what` instead of passing them on."""
    dice = random.Random(seed)

    def pass_on(side, tcp):
        return what if has_data(tcp) and dice.random() < share else (0,)
    return pass_on


def stream_lost_behind(net):
    return transfer(net, behind=sometimes(0.1, ()))


def stream_lost_before(net):
    return transfer(net, before=sometimes(0.1, ()))


def stream_repeated(net):
    return transfer(net, before=sometimes(0.3, (0, 0.002)))


def stream_reordered(net):
    return transfer(net, before=sometimes(0.3, (0.004,)))


CLOSED = 3  # times that the window closes


def closed_windows(net):
    """How many segments have offered none, and how many probes were sent into that."""
    segments = [transport(frame)[1] for _, frame in list(net.bridge.records)]
    flags = [(tcp[13], tcp[14:16]) for tcp in segments]
    return sum(window == b"\0\0" and not bits & 6 for bits, window in flags)


def stream_zero_window(net):
    """The application does not read before its window is closed, and was probed."""
    seen = [0]

    def wait():
        if len(seen) > CLOSED:
            return
        end = time.monotonic() + 5
        while closed_windows(net) < seen[-1] + 2:  # the second answers a probe
            if time.monotonic() > end:
                raise RuntimeError("the window did not close")
            time.sleep(0.005)
        seen.append(closed_windows(net))

    endpoints = transfer(net, wait=wait, buffer=4096)
    if len(seen) <= CLOSED:
        raise RuntimeError(f"the window closed {len(seen) - 1} times")
    return endpoints


def urgent(net, in_line):
    """An urgent byte, which the application reads in line, or leaves alone."""
    pair = Pair(net).open()
    pair.b.setsockopt(socket.SOL_SOCKET, socket.SO_OOBINLINE, in_line)
    got = bytearray()
    for piece in (b"plain ", b"then urgen", b"and plain"):
        if piece.startswith(b"then"):
            pair.a.send(piece + b"T", socket.MSG_OOB)
        else:
            pair.a.send(piece)
        time.sleep(0.05)
        got += pair.b.recv(65536)
    time.sleep(PAUSE)
    pair.a.shutdown(socket.SHUT_WR)
    read_all(pair.b, got)
    close_in_turn(pair.a, pair.b)
    a, b = pair.addresses["a"], pair.addresses["b"]
    net.streams = [streams.line(a, pair.port, b, 80, bytes(got),
                                "" if in_line else "no urgent")]
    return pair.endpoints()


def stream_urgent(net):
    return urgent(net, in_line=False)


def stream_urgent_in_line(net):
    return urgent(net, in_line=True)


def stream_fast_open(net):
    """The second connection's text comes with its SYN."""
    pair = Pair(net)
    pair.listener.setsockopt(socket.IPPROTO_TCP, TCP_FASTOPEN, 5)
    lines = []
    for round_, sock in enumerate((pair.a, pair.bound("a", pair.port + 1))):
        said = b"with the SYN, round %d" % round_
        sock.settimeout(None)  # connecting by sendto() has to block
        sock.sendto(said, MSG_FASTOPEN, (pair.addresses["b"], 80))
        b, _ = pair.listener.accept()
        b.settimeout(5)
        got = bytearray()
        sock.shutdown(socket.SHUT_WR)
        read_all(b, got)
        close_in_turn(sock, b)
        lines.append(streams.line(pair.addresses["a"], pair.port + round_,
                                  pair.addresses["b"], 80, bytes(got)))
    net.streams = lines
    return pair.endpoints()


DELAY = 0.002
SCENES = {
    "stream-lost-behind": (stream_lost_behind, DELAY, {}),
    "stream-lost-before": (stream_lost_before, DELAY, {}),
    "stream-repeated": (stream_repeated, DELAY, {}),
    "stream-reordered": (stream_reordered, DELAY, {}),
    "stream-zero-window": (stream_zero_window, DELAY, {}),
    "stream-urgent": (stream_urgent, DELAY, {}),
    "stream-urgent-in-line": (stream_urgent_in_line, DELAY, {}),
    "stream-fast-open": (stream_fast_open, DELAY,
                         {"settings": (("net/ipv4/tcp_fastopen", 3),)}),
}
