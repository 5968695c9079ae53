"""Text that overlaps, sent by hand to a Linux host: what its application reads in the
end. One connection for each case."""

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


def run_case(host, pieces, port):
    """The bytes that the application read."""
    peer = Peer(host, port, PORT)
    opened(peer)
    first = peer.snd_nxt
    for start, text in pieces:
        peer.send("AP", text, seq=first + start - peer.snd_nxt)
        peer.hear(wait=0.05)
    peer.hear("A", wait=0.05)
    peer.snd_nxt = max(peer.snd_nxt, peer.acked)
    peer.say("FA", acked=True)
    time.sleep(0.005)
    read = b""
    with contextlib.suppress(OSError):
        while piece := peer.sock.recv(65536):
            read += piece
    peer.sock.close()
    peer.hear("F", wait=0.05)
    peer.rcv_nxt += 1
    peer.say("A")
    return read


def overlap(drops):
    """All cases: the host, with its records, and lines for the file beside them."""
    with Victim(drops) as host:
        host.listener(PORT)
        lines = []
        for i, (name, pieces) in enumerate(OVERLAPS.items()):
            port = FIRST_PORT + i
            read = run_case(host, pieces, port)
            lines.append(line(PEER, port, HOST, PORT, read,
                              f"{name}: {read.decode('ascii')}"))
        return host, lines


def line(source, sport, target, dport, read, note=""):
    """What went from source to target, as the application read it."""
    digest = hashlib.sha256(read).hexdigest()
    return f"{source}:{sport} {target}:{dport} {len(read)} {digest} {note}".rstrip()
