"""Text sent by hand to a Linux host, as no kernel would send it: what its application
reads in the end. One connection for each case."""

import contextlib
import hashlib
import time

from injections import PORT, opened
from peer import Peer
from victim import HOST, PEER, Victim

FIRST_PORT = 42000


def old(start, end):
    return start, b"O" * (end - start)


def new(start, end):
    return start, b"n" * (end - start)


def fill(start, end):
    return start, b"f" * (end - start)


# What is sent, in this order, by number of the first byte. The old text is at 10 to 20.
OVERLAPS = {
    "begins before, ends inside": [old(10, 20), new(5, 15), fill(0, 5)],
    "begins before, ends alike": [old(10, 20), new(5, 20), fill(0, 5)],
    "engulfs": [old(10, 20), new(5, 25), fill(0, 5)],
    "begins alike, shorter": [old(10, 20), new(10, 15), fill(0, 10)],
    "the same range": [old(10, 20), new(10, 20), fill(0, 10)],
    "begins alike, longer": [old(10, 20), new(10, 25), fill(0, 10)],
    "inside": [old(10, 20), new(12, 18), fill(0, 10)],
    "begins inside, ends alike": [old(10, 20), new(15, 20), fill(0, 10)],
    "begins inside, ends after": [old(10, 20), new(15, 25), fill(0, 10)],
    "the filler overlaps": [old(10, 20), new(0, 15)],
    "the filler covers": [old(10, 20), new(0, 25)],
    "the same range, detached": [fill(2, 5), old(10, 20), new(10, 20), fill(0, 10)],
    "two apart, bridged": [old(10, 20), old(30, 40), new(15, 35), fill(0, 10)],
    "two apart, covered": [old(10, 20), old(30, 40), new(5, 45), fill(0, 5)],
    "bytes in order come again": [old(0, 10), new(0, 15)],
    "the last byte comes again": [old(0, 10), new(9, 20)],
    "three times": [old(10, 20), new(8, 14), (12, b"3" * 12), fill(0, 8)],
}


def at(peer, start, text, flags="AP"):
    """Text that begins `start` bytes into the stream."""
    peer.send(flags, text, seq=peer.iss + 1 + start - peer.snd_nxt)
    peer.hear(wait=0.05)


def sent(*pieces):
    """A case of these: where, text, and flags if they are unusual."""
    def send(peer):
        opened(peer)
        for piece in pieces:
            at(peer, *piece)
    return send


def syn_text(peer):
    """Without a cookie, the SYN's text is thrown away."""
    peer.send("S", b"in the SYN")
    peer.snd_nxt += 1
    peer.opening = "S"
    peer.hear("S")
    peer.say("A")
    peer.sock = peer.host.accept(peer.port, peer.host_port)
    at(peer, 0, b"behind it, other text")


def fill_window(peer):
    """Until nothing more is let in: how much that took."""
    sent = 0
    while peer.edge > peer.iss + 1 + sent:
        room = min(peer.edge - peer.iss - 1 - sent, 1000)
        at(peer, sent, b"w" * room)
        sent += room
    return sent


def overhang(peer):
    """The window's last byte comes with ten that are beyond it."""
    opened(peer)
    room = peer.edge - peer.iss - 1
    at(peer, 0, b"i" * (room - 1))
    at(peer, room - 1, b"l" + b"beyond it!")
    peer.read = peer.sock.recv(65536)


def window_probe(peer):
    """A byte for a closed window, refused; and again once it is open."""
    opened(peer)
    sent = fill_window(peer)
    at(peer, sent, b"p", "A")
    if peer.edge != peer.iss + 1 + sent or peer.acked != peer.edge:
        raise RuntimeError("the window did not close")
    peer.read = peer.sock.recv(65536)
    peer.hear(wait=0.05)
    at(peer, sent, b"q", "A")
    at(peer, sent + 1, b"and more")


BY_HAND = {
    "data with the FIN": sent((0, b"with the FIN", "FAP")),
    "data with the FIN, ahead": sent((6, b"and its FIN", "FAP"), (0, b"ahead ")),
    "data beyond the FIN": sent((0, b"to the FIN", "FAP"), (10, b"and beyond"),
                                (5, b"e FIN and beyond")),
    # Both are out of order: what is beyond the FIN is thrown away in the end.
    "data waits beyond the FIN": sent((5, b"world", "FAP"), (12, b"beyond"),
                                      (0, b"hello")),
    "data waited beyond the FIN": sent((12, b"beyond"), (5, b"world", "FAP"),
                                       (0, b"hello")),
    "two queued side by side": sent((10, b"cc"), (4, b"bbbbbb"), (0, b"aaaa")),
    # Windows sends a byte of the past with it.
    "a keep-alive with a byte": sent((0, b"before"), (5, b"\0", "A"), (6, b", after")),
    "data in the SYN, ignored": syn_text,
    "beyond the window": overhang,
    "a zero-window probe's byte": window_probe,
}
SMALL = {"beyond the window", "a zero-window probe's byte"}  # buffers


def read_all(peer, read):
    with contextlib.suppress(OSError):
        while piece := peer.sock.recv(65536):
            read += piece
    peer.sock.close()
    return read


def run_case(host, send, port, host_port):
    """The bytes that the application read."""
    peer = Peer(host, port, host_port)
    peer.read = b""
    send(peer)
    peer.hear("A", wait=0.05)
    peer.snd_nxt = max(peer.snd_nxt, peer.acked)
    if host.state(port, host_port) != "CLOSE-WAIT":
        peer.say("FA", acked=True)
    time.sleep(0.005)
    read = read_all(peer, peer.read)
    peer.hear("F", wait=0.05)
    peer.rcv_nxt += 1
    peer.say("A")
    return read


def run_all(drops, cases):
    """All cases: the host, with its records, and lines for the file beside them."""
    with Victim(drops) as host:
        host.listener(PORT)
        host.listener(PORT + 1, receive_buffer=4096)
        lines = []
        for i, (name, send) in enumerate(cases.items()):
            port, host_port = FIRST_PORT + i, PORT + (name in SMALL)
            read = run_case(host, send, port, host_port)
            shown = read.decode("ascii") if len(read) < 50 else f"{len(read)} bytes"
            lines.append(line(PEER, port, HOST, host_port, read, f"{name}: {shown}"))
        return host, lines


RECORDINGS = {
    "stream-overlap": {name: sent(*pieces) for name, pieces in OVERLAPS.items()},
    "stream-by-hand": BY_HAND,
}


def line(source, sport, target, dport, read, note=""):
    """What went from source to target, as the application read it."""
    digest = hashlib.sha256(read).hexdigest()
    return f"{source}:{sport} {target}:{dport} {len(read)} {digest} {note}".rstrip()
