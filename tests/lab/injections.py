"""Hand-made segments for a Linux host in every state: one function for each way to
get there, and one table of what is then sent."""

import contextlib
import socket

from peer import MD5, option

PORT, SMALL_PORT, FIRST_PORT = 80, 81, 40000
SMALL_BUFFER = 2304  # the least the kernel allows: its window is below one MSS
ASKED, TOLD, MORE = b"the peer asks. ", b"the host answers. ", b"and on.."
ALL = "FSRPAUEC"
SIGNATURE = option(MD5, bytes(16))


# ---- to each state

def listen(peer):
    pass


def syn_received(peer):
    peer.say("S")


def opened(peer):
    peer.say("S")
    peer.say("A")
    peer.sock = peer.host.accept(peer.port, peer.host_port)


def asked(peer):
    opened(peer)
    peer.say("AP", ASKED, acked=True)
    peer.sock.recv(100)


def established(peer):
    asked(peer)
    peer.sock.send(TOLD)
    peer.hear(wanted="P")
    peer.say("A")


def plain(peer):
    """Without timestamps."""
    peer.tsval = None
    asked(peer)


def unread(peer):
    """Data in the host's receive queue, and a window small enough to pass."""
    opened(peer)
    peer.say("AP", b"not read yet. " * 10, acked=True)


def zero_window(peer):
    unread(peer)
    for _ in range(20):
        room = peer.edge - peer.snd_nxt
        if room <= 0:
            return
        peer.say("AP", b"w" * min(room, 500), acked=True)


def fin_wait_1(peer):
    asked(peer)
    peer.sock.shutdown(socket.SHUT_WR)
    fin = peer.hear(wanted="F")
    peer.rcv_nxt = fin.end - 1  # seen, and not yet acknowledged


def fin_wait_2(peer):
    fin_wait_1(peer)
    peer.rcv_nxt += 1
    peer.say("A")


def close_wait(peer):
    asked(peer)
    peer.say("FA", acked=True)


def closing(peer):
    fin_wait_1(peer)
    peer.say("FA", acked=True)


def last_ack(peer):
    close_wait(peer)
    peer.sock.shutdown(socket.SHUT_WR)
    fin = peer.hear(wanted="F")
    peer.rcv_nxt = fin.end - 1


def time_wait(peer):
    fin_wait_2(peer)
    peer.say("FA", acked=True)


def syn_sent(peer):
    peer.host_port = peer.port - 20000
    peer.sock = peer.host.socket(peer.host_port)
    peer.sock.connect_ex((socket.inet_ntoa(peer.host.addresses[0]), peer.port))
    peer.hear(wanted="S")


def answered(peer):
    """The host opened, and nothing was said since."""
    syn_sent(peer)
    peer.say("SA", acked=True)


def syn_crossed(peer):
    syn_sent(peer)
    peer.send("S")
    peer.hear(wanted="SA")
    peer.opening = "S"


# ---- and on from there, so that the capture shows what became of it

def talk(peer):
    """Data both ways, as far as each side may still send."""
    say_more(peer)
    with contextlib.suppress(OSError):
        peer.sock.send(TOLD)
        peer.hear(wanted="P", wait=0.05)
        peer.say("A")


def say_more(peer):
    peer.say("AP", MORE, acked=True)


def shake_hands(peer):
    """A whole opening: shows that the host still listens, or goes on."""
    if peer.irs is None:
        peer.say("S")
    if peer.irs is not None:
        peer.say("A")
        peer.sock = peer.sock or peer.host.accept(peer.port, peer.host_port)
        say_more(peer)


def acknowledge(peer):
    peer.rcv_nxt += 1
    peer.say("A")


def answer_syn(peer):
    peer.say("SA")
    talk(peer)


def answer_syn_ack(peer):
    peer.say("A")
    talk(peer)


def repeat_fin(peer):
    peer.send("FA", seq=-1)
    peer.hear()


def nothing(peer):
    pass


def at_edge(shift=0):
    return lambda peer: peer.edge - peer.snd_nxt + shift


def to_edge(shift=0):
    return lambda peer: b"Z" * (peer.edge - peer.snd_nxt + shift)


def first(peer):
    return peer.iss - peer.snd_nxt


NEW = b"INJECTED"
AHEAD = len(MORE)  # what is sent there joins up with what talk() sends

# (what it is, its flags, how it differs from what would be right[, earlier ones]):
# the fields are Peer.send()'s; one that is a function gets the peer.
ANYWHERE = [
    ("RST, exact", "R", {}),
    ("RST, one ahead", "R", dict(seq=1)),
    ("RST, out of the window", "R", dict(seq=100000)),
    ("the handshake's SYN again", "S", dict(seq=first)),
    ("SYN in the window", "S", dict(seq=5000)),
    ("data without ACK", "P", dict(data=NEW)),
    ("ACK of what was never sent", "A", dict(ack=5000)),
    ("ACK, much too old", "A", dict(ack=-100000)),
    ("keep-alive probe", "A", dict(seq=-1)),
]
# One look at the segment is enough: hardly a state cares.
UNFIT = [
    ("no flags", "", {}),
    ("FIN without ACK", "F", {}),
    ("ACK with a bad checksum", "A", dict(spoil=1)),
    ("ACK with MD5", "A", dict(extra=SIGNATURE)),
]
# While the host still takes data.
OPEN = [
    ("data", "AP", dict(data=NEW)),
    ("data, two ticks old", "AP", dict(data=NEW, ts=-2)),
    ("data beyond the window", "AP", dict(data=NEW, seq=at_edge(100))),
    ("data, part of it old", "AP", dict(seq=-4, data=b"old." + NEW)),
    ("FIN", "FA", {}),
    ("FIN ahead", "FA", dict(seq=AHEAD)),
    ("RST, one behind", "R", dict(seq=-1)),
]
# After the peer's FIN.
ENDED = [
    ("RST, one behind", "R", dict(seq=-1)),
    ("FIN again", "FA", dict(seq=-1)),
    ("FIN behind the first", "FA", {}),
    ("data behind the FIN", "AP", dict(data=NEW)),
    ("data on the FIN's number", "AP", dict(seq=-1, data=NEW)),
    ("old data", "AP", dict(seq=-5, data=b"ks. ")),
]
CASES = {
    "listen": [
        ("SYN", "S", {}),
        ("SYN with data", "S", dict(data=NEW)),
        ("SYN with PSH and URG", "SPU", dict(urgent=1)),
        ("SYN with ECE and CWR", "SEC", {}),
        ("SYN with a bad checksum", "S", dict(spoil=1)),
        ("SYN with a data offset of 4", "S", dict(offset=4)),
        ("SYN with a data offset beyond its end", "S", dict(offset=15)),
        ("SYN with MD5", "S", dict(extra=SIGNATURE)),
        ("SYN,FIN", "SF", {}),
        ("SYN,RST", "SR", {}),
        ("SYN,ACK", "SA", dict(ack=1)),
        ("ACK", "A", dict(ack=1)),
        ("data", "AP", dict(ack=1, data=NEW)),
        ("FIN", "FA", dict(ack=1)),
        ("FIN without ACK", "F", {}),
        ("RST", "R", {}),
        ("no flags", "", {}),
        ("all flags", ALL, {}),
    ],
    "syn-received": [
        ("ACK", "A", {}),
        ("ACK with data", "AP", dict(data=NEW)),
        ("ACK with FIN", "FA", {}),
        ("ACK of what was never sent", "A", dict(ack=1)),
        ("ACK, too old", "A", dict(ack=-1)),
        ("ACK, two ticks old", "A", dict(ts=-2)),
        ("ACK beyond the window", "A", dict(seq=at_edge(1))),
        ("data ahead", "AP", dict(seq=AHEAD, data=NEW)),
        ("data without ACK", "P", dict(data=NEW)),
        ("FIN without ACK", "F", {}),
        ("no flags", "", {}),
        ("ACK with a bad checksum", "A", dict(spoil=1)),
        ("SYN again", "S", dict(seq=-1)),
        ("SYN, one ahead", "S", {}),
        ("SYN, far off", "S", dict(seq=200000)),
        ("SYN,ACK", "SA", dict(seq=-1)),
        ("RST, exact", "R", {}),
        ("RST, one ahead", "R", dict(seq=1)),
        ("RST on the SYN's number", "R", dict(seq=-1)),
        ("RST, out of the window", "R", dict(seq=100000)),
    ],
    "syn-sent": [
        ("SYN,ACK", "SA", {}),
        ("SYN,ACK of what was never sent", "SA", dict(ack=1)),
        ("SYN,ACK, too old", "SA", dict(ack=-1)),
        ("SYN,ACK with data", "SA", dict(data=NEW)),
        ("SYN,ACK with FIN", "SAF", {}),
        ("SYN,ACK with a bad checksum", "SA", dict(spoil=1)),
        ("SYN,ACK with MD5", "SA", dict(extra=SIGNATURE)),
        ("SYN", "S", {}),
        ("SYN,FIN", "SF", {}),
        ("RST,ACK", "RA", {}),
        ("RST,ACK of what was never sent", "RA", dict(ack=1)),
        ("RST without ACK", "R", {}),
        ("ACK without SYN", "A", {}),
        ("ACK without SYN, of what was never sent", "A", dict(ack=1)),
        ("data", "AP", dict(data=NEW)),
        ("FIN", "FA", {}),
        ("no flags", "", {}),
    ],
    "syn-crossed": [
        ("SYN,ACK", "SA", dict(seq=-1)),
        ("ACK", "A", {}),
        ("ACK of what was never sent", "A", dict(ack=1)),
        ("SYN again", "S", dict(seq=-1)),
        ("RST, exact", "R", {}),
        ("RST, one ahead", "R", dict(seq=1)),
        ("data", "AP", dict(data=NEW)),
    ],
    "answered": [
        ("SYN,ACK again", "SA", dict(seq=-1)),
        ("SYN,ACK with another number", "SA", dict(seq=300)),
        ("SYN with the SYN,ACK's number", "S", dict(seq=-1)),
    ],
    "established": ANYWHERE + UNFIT + OPEN + [
        ("ACK again", "A", {}),
        ("SYN,ACK", "SA", {}),
        ("SYN,ACK with the SYN's number", "SA", dict(seq=first)),
        ("all flags", ALL, {}),
        ("SYN,RST, exact", "SR", {}),
        ("RST, exact, two ticks old", "R", dict(ts=-2)),
        ("RST, exact, ACK of what was never sent", "RA", dict(ack=5000)),
        ("RST, exact, with data", "R", dict(data=NEW)),
        ("RST on the window's edge", "R", dict(seq=at_edge())),
        ("RST on the right edge of SACK", "R", dict(seq=AHEAD + len(NEW)),
         [("data ahead", "AP", dict(seq=AHEAD, data=NEW))]),
        ("RST on the left edge of SACK", "R", dict(seq=AHEAD),
         [("data ahead", "AP", dict(seq=AHEAD, data=NEW))]),
        ("data, one tick old", "AP", dict(data=NEW, ts=-1)),
        ("data without a timestamp", "AP", dict(data=NEW, ts=None)),
        ("ACK, two ticks old", "A", dict(ts=-2)),
        ("ACK, a day and a half old", "A", dict(ts=-130000000)),
        ("older ACK, two ticks old", "A", dict(ts=-2, ack=-4)),
        ("FIN, two ticks old", "FA", dict(ts=-2)),
        ("data with an older ACK", "AP", dict(data=NEW, ack=-4)),
        ("data with an ACK of what was never sent", "AP", dict(data=NEW, ack=5000)),
        ("data with an ACK much too old", "AP", dict(data=NEW, ack=-100000)),
        ("FIN with an ACK of what was never sent", "FA", dict(ack=5000)),
        ("FIN beyond the window", "FA", dict(seq=at_edge(100))),
        ("data with a bad checksum", "AP", dict(data=NEW, spoil=1)),
        ("data with a data offset of 4", "AP", dict(data=NEW, offset=4)),
        ("data with a larger data offset", "AP",
         dict(data=b"\1\1\1\1" + NEW, offset=9)),
        ("data with MD5", "AP", dict(data=NEW, extra=SIGNATURE)),
        ("data ahead", "AP", dict(seq=AHEAD, data=NEW)),
        ("data ahead, again", "AP", dict(seq=AHEAD, data=NEW),
         [("data ahead", "AP", dict(seq=AHEAD, data=NEW))]),
        ("data that fills a gap and passes it", "AP", dict(data=b"FILLING." + NEW),
         [("data ahead", "AP", dict(seq=AHEAD, data=b"QUEUED.."[:4]))]),
        ("data at the window's edge", "AP", dict(seq=at_edge(), data=b"Z")),
        ("the window's last byte", "AP", dict(seq=at_edge(-1), data=b"Z")),
        ("data across the window's edge, nothing unread", "AP",
         dict(seq=at_edge(-4), data=NEW)),
        ("old data", "AP", dict(seq=-4, data=b"ks. ")),
        ("old data of other content", "AP", dict(seq=-4, data=b"LIES")),
        ("data on the handshake's number", "AP",
         dict(seq=lambda p: first(p) - 20, data=NEW)),
        ("one old byte", "A", dict(seq=-1, data=b" ")),
        ("urgent data", "APU", dict(data=NEW, urgent=4)),
        ("urgent data, pointer 0", "APU", dict(data=NEW, urgent=0)),
        ("urgent data, pointer beyond it", "APU", dict(data=NEW, urgent=1000)),
        ("FIN ahead, then data across it", "AP", dict(data=b"PASSING IT"),
         [("FIN ahead", "FA", dict(seq=4))]),
        ("FIN ahead, then one further on", "FA", dict(seq=AHEAD + 4),
         [("FIN ahead", "FA", dict(seq=AHEAD))]),
    ],
    "plain": [
        ("data with a timestamp", "AP", dict(
            data=NEW, extra=b"\1\1\x08\x0a" + bytes(8))),
        ("RST, one ahead", "R", dict(seq=1)),
        ("keep-alive probe", "A", dict(seq=-1)),
        ("SYN in the window", "S", dict(seq=5000)),
    ],
    "small-window": [
        ("data up to the edge", "AP", dict(data=to_edge())),
        ("data across the edge", "AP", dict(data=to_edge(12))),
        ("data ahead, across the edge", "AP", dict(seq=4, data=to_edge())),
    ],
    "unread": [
        ("data up to the edge", "AP", dict(data=to_edge())),
        ("data across the edge", "AP", dict(data=to_edge(12))),
        ("data ahead, across the edge", "AP", dict(seq=4, data=to_edge())),
        ("data and FIN up to the edge", "FA", dict(data=to_edge())),
    ],
    "zero-window": [
        ("window probe with a byte", "A", dict(data=b"Z")),
        ("FIN", "FA", {}),
        ("data and FIN", "FA", dict(data=b"Z")),
        ("RST, exact", "R", {}),
        ("RST, one ahead", "R", dict(seq=1)),
        ("data, part of it old", "AP", dict(seq=-4, data=b"wwww" + NEW)),
    ],
    "fin-wait-1": ANYWHERE + OPEN,
    "fin-wait-2": ANYWHERE + OPEN,
    "close-wait": ANYWHERE + ENDED + [
        ("ACK", "A", {}),
        ("SYN,ACK", "SA", {}),
    ],
    "closing": ANYWHERE + ENDED + [
        ("ACK", "A", {}),
        ("ACK of its FIN", "A", dict(ack=1)),
    ],
    "last-ack": ANYWHERE + ENDED + [
        ("ACK", "A", {}),
        ("ACK of its FIN", "A", dict(ack=1)),
    ],
    "time-wait": [c for c in ANYWHERE if c[0] != "SYN in the window"] + UNFIT[:1] +
    ENDED + [
        ("ACK", "A", {}),
        ("SYN, newer in both", "S", dict(seq=5000)),
        ("SYN, older number, newer timestamp", "S", dict(seq=-5000)),
        ("SYN, newer number, same timestamp", "S", dict(seq=5000, ts=0)),
        ("SYN, older number, same timestamp", "S", dict(seq=-5000, ts=0)),
        ("SYN, newer number, older timestamp", "S", dict(seq=5000, ts=-5)),
        ("SYN, older in both", "S", dict(seq=-5000, ts=-5)),
        ("RST, two ticks old", "R", dict(ts=-2)),
    ],
}

# What no observer can find out, not even from what follows, and why.
UNKNOWABLE = {
    ("listen", "SYN with MD5"):
        "a listener with the key would take it; one without is silent, as if it were "
        "lost",
    ("syn-sent", "data"):
        "a SYN,ACK that the tap missed would make it good, and the host is silent",
    ("syn-sent", "FIN"):
        "a SYN,ACK that the tap missed would make it good, and the host is silent",
    ("established", "data ahead, again"):
        "which numbers were received out of order is the stream's to know",
}

# state: (how to get there, what is done afterwards)
STATES = {
    "listen": (listen, shake_hands),
    "syn-received": (syn_received, shake_hands),
    "syn-sent": (syn_sent, answer_syn),
    "syn-crossed": (syn_crossed, answer_syn_ack),
    "answered": (answered, say_more),
    "established": (established, say_more),
    "plain": (plain, say_more),
    "small-window": (opened, say_more),
    "unread": (unread, say_more),
    "zero-window": (zero_window, nothing),
    "fin-wait-1": (fin_wait_1, say_more),
    "fin-wait-2": (fin_wait_2, say_more),
    "close-wait": (close_wait, talk),
    "closing": (closing, acknowledge),
    "last-ack": (last_ack, acknowledge),
    "time-wait": (time_wait, repeat_fin),
}
SMALL = ("small-window", "unread", "zero-window")
