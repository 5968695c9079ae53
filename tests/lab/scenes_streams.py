"""Scenes in which the applications keep what they read: on a wire that loses, repeats
and reorders, into closed windows, urgent, and with the first segment."""

import random
import socket
import threading
import time

import streams
from scenes import MSG_FASTOPEN, PAUSE, TCP_FASTOPEN, Pair, close_in_turn, has_data

AMOUNT = 24000  # bytes each way


def text(seed):
    """Bytes that compress, so that a repository holds them lightly, and still differ
    from place to place."""
    words = random.Random(seed)
    return b"".join(b"%d " % words.randrange(10000) for _ in range(AMOUNT // 5))


def read_all(sock, into, pause=0):
    while piece := sock.recv(65536):
        into += piece
        time.sleep(pause)


def keep(net, pair, got_by_a, got_by_b):
    """What the applications read, beside the recording."""
    a, b = pair.addresses["a"], pair.addresses["b"]
    net.streams = [streams.line(a, pair.port, b, 80, bytes(got_by_b)),
                   streams.line(b, 80, a, pair.port, bytes(got_by_a))]


def transfer(net, before=None, behind=None, pause=0, buffer=0):
    """Text both ways, to the end."""
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
            sock, got[name], pause if name == "b" else 0))
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


def stream_zero_window(net):
    return transfer(net, pause=0.02, buffer=4096)


def stream_urgent(net):
    """Urgent bytes, which the application leaves out of line and does not read."""
    pair = Pair(net).open()
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
    net.streams = [streams.line(a, pair.port, b, 80, bytes(got), "no urgent")]
    return pair.endpoints()


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
    "stream-fast-open": (stream_fast_open, DELAY,
                         {"settings": (("net/ipv4/tcp_fastopen", 3),)}),
}
