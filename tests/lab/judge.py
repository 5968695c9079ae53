"""Send one segment and find out from the kernel what it did with it."""

import contextlib
import time

from injections import (AHEAD, CASES, FIRST_PORT, NEW, PORT, SMALL, SMALL_BUFFER,
                        SMALL_PORT, STATES)
from peer import Peer
from victim import Evidence, Victim

# Reasons the kernel gives for freeing a segment, where they mean: refused.
REFUSED = {
    "NO_SOCKET", "PKT_TOO_SMALL", "TCP_CSUM", "TCP_FLAGS", "TCP_ABORT_ON_DATA",
    "TCP_ZEROWINDOW", "TCP_OVERWINDOW", "TCP_RFC7323_PAWS", "TCP_RFC7323_PAWS_ACK",
    "TCP_RFC7323_TW_PAWS", "TCP_RFC7323_TSECR", "TCP_INVALID_SEQUENCE",
    "TCP_INVALID_END_SEQUENCE", "TCP_INVALID_ACK_SEQUENCE", "TCP_INVALID_SYN",
    "TCP_TOO_OLD_ACK", "TCP_ACK_UNSENT_DATA", "TCP_MD5UNEXPECTED", "TCP_CLOSE",
}
# And where they mean: all of it was there before.
OLD = {"TCP_OLD_DATA", "TCP_OLD_SEQUENCE", "TCP_OFOMERGE"}
UNTOLD = "NOT_SPECIFIED"
GONE = (None, "CLOSED")
TICKS = 0.02  # enough to see that a timer was started anew


class Shot:
    """One injected segment and what came of it."""

    def __init__(self, peer, name, flags, how):
        how = {k: v(peer) if callable(v) else v for k, v in how.items()}
        self.name, self.flags, self.data = name, flags, how.get("data", b"")
        self.read = None  # whether the application got it, where that was to be seen
        self.seq = how.get("seq", 0)  # relative to the host's RCV.NXT
        self.repeats = (flags == peer.opening and peer.snd_nxt + self.seq == peer.iss)
        peer.forget()
        if peer.host.state(peer.port, peer.host_port)[0] == "TIME-WAIT":
            time.sleep(TICKS)
        self.before = Evidence(peer)
        peer.host.drops.clear()
        self.number = peer.send(flags, **how)
        tcp = peer.host.records[-1][1][34:]
        self.length = max(0, len(tcp) - 4 * (tcp[12] >> 4)) + flags.count("F")
        peer.hear()
        time.sleep(0.003)
        peer.hear()
        if peer.sock is None and peer.host.state(peer.port, peer.host_port)[0] in (
                "ESTABLISHED", "CLOSE-WAIT"):
            peer.sock = peer.host.accept(peer.port, peer.host_port)
        self.after = Evidence(peer)
        self.reasons = list(peer.host.drops.reasons())
        self.answers = [s.name() for s in peer.heard]
        self.new = self.after.received - self.before.received

    def died(self):
        return self.before.state not in GONE and self.after.state in GONE

    def verdict(self):
        """None where the evidence does not say, or contradicts itself."""
        verdict = self.kernels()
        if self.read is not None and self.read != (
                verdict in ("accepted", "trimmed", "queued")):
            return None
        return verdict

    def kernels(self):
        if "R" in self.flags:
            return "accepted" if self.died() else "rejected"
        if set(self.reasons) & REFUSED:
            # The kernel has one reason for every SYN in a connection. One that
            # repeats the handshake's number brings nothing new, and is answered.
            return "duplicate" if self.repeats and self.answers else "rejected"
        if "S" in self.flags:
            return self.syn_verdict()
        if set(self.reasons) & OLD:
            return "duplicate"
        if self.before.state == "TIME-WAIT":
            return self.time_wait_verdict()
        if not set("SA") & set(self.flags):
            return None if self.new or self.answers else "rejected"
        if self.length:
            return self.text_verdict()
        return None if self.before.state in GONE else "accepted"

    def syn_verdict(self):
        if self.before.state != self.after.state and self.after.state not in GONE:
            return "accepted"
        if self.repeats and self.answers:
            return "duplicate"
        return "rejected" if self.answers != ["SYN,ACK"] else None

    def text_verdict(self):
        if self.new == 0:
            if self.after.disordered > self.before.disordered:
                return "queued"
            return "rejected" if self.reasons == [UNTOLD] else None
        if self.seq < 0 or self.new < self.length:
            return "trimmed"
        return "accepted"

    def time_wait_verdict(self):
        """A TIME-WAIT socket gives no reasons: it answers, starts its 2MSL anew, or
        does nothing."""
        if self.seq + self.length <= 0 and self.answers:
            return "duplicate"
        if self.length == 0 and self.after.timer > self.before.timer:
            return "accepted"
        return "rejected"

    def evidence(self):
        told = [r for r in self.reasons if r != UNTOLD]
        if self.before.state != self.after.state:
            told.append(f"{self.before.state or 'no socket'} to "
                        f"{self.after.state or 'no socket'}")
        if self.new:
            told.append(f"{self.new} of {self.length} taken")
        if self.after.timer > self.before.timer and self.after.state == "TIME-WAIT":
            told.append("2MSL anew")
        told += self.after.counted_since(self.before)
        told.append("answered by " + ", ".join(self.answers) if self.answers
                    else "no answer")
        return "; ".join(told)


def shoot(host, state, case, port):
    """One connection: to the state, the segments, and what came after. Its shots."""
    reach, go_on = STATES[state]
    name, flags, how, *earlier = case
    peer = Peer(host, port, SMALL_PORT if state in SMALL else PORT)
    reach(peer)
    shots = [Shot(peer, *e) for e in (earlier[0] if earlier else [])]
    shots.append(Shot(peer, name, flags, how))
    go_on(peer)
    text = b""
    with contextlib.suppress(OSError, AttributeError):
        while piece := peer.sock.recv(65536):
            text += piece
    for shot in shots:
        alone = not set("SRU") & set(flags) and len(shots) == 1
        if (alone and NEW in shot.data and shot.seq <= AHEAD and
                host.state(peer.port, peer.host_port)[0]):
            shot.read = NEW in text
    return shots


def inject(state, drops):
    """All shots at one state: (host, shots)."""
    with Victim(drops) as host:
        host.listener(PORT)
        host.listener(SMALL_PORT, SMALL_BUFFER)
        shots = []
        for i, case in enumerate(CASES[state]):
            shots += shoot(host, state, case, FIRST_PORT + i)
        return host, shots
