"""A TCP peer in user space: it has no kernel behind it that would answer, so it can
send any segment at any moment, right or wrong."""

import struct
import time

FLAGS = {letter: 1 << bit for bit, letter in enumerate("FSRPAUEC")}
MSS, WSCALE, SACK_OK, SACK, TIMESTAMP, MD5 = 2, 3, 4, 5, 8, 19
MAX_WINDOW = 65535
MAC = {"peer": bytes.fromhex("02000000000a"), "host": bytes.fromhex("02000000000b")}


def internet_sum(data):
    total = sum(struct.unpack(f"!{len(data) // 2}H", data[:len(data) & ~1]))
    if len(data) & 1:
        total += data[-1] << 8
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return total ^ 0xFFFF


def option(kind, body=b""):
    return bytes((kind, 2 + len(body))) + body


def frame(addresses, ports, seq, ack, flags, window, options=b"", data=b"", urgent=0,
          offset=None, spoil=0):
    """An Ethernet frame with one segment. `offset` overrides the data offset and
    `spoil` is added to the checksum."""
    options += b"\1" * (-len(options) % 4)
    words = 5 + len(options) // 4 if offset is None else offset
    tcp = bytearray(struct.pack("!HHIIBBHHH", *ports, seq % 2**32, ack % 2**32,
                                words << 4, flags, window, 0, urgent))
    tcp += options + data
    pseudo = addresses[0] + addresses[1] + struct.pack("!HH", 6, len(tcp))
    checksum = (internet_sum(pseudo + tcp) + spoil) & 0xFFFF
    tcp[16:18] = struct.pack("!H", checksum)
    ip = bytearray(struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(tcp), 0, 0x4000, 64,
                               6, 0, *addresses))
    ip[10:12] = struct.pack("!H", internet_sum(ip))
    return MAC["host"] + MAC["peer"] + b"\x08\x00" + ip + tcp


class Segment:
    """What the host's kernel sent."""

    def __init__(self, data):
        ip = data[14:14 + struct.unpack_from("!H", data, 16)[0]]
        tcp = ip[4 * (ip[0] & 15):]
        (self.sport, self.dport, self.seq, self.ack, offset, self.flags,
         self.window) = struct.unpack_from("!HHIIBBH", tcp)
        self.data = tcp[4 * (offset >> 4):]
        self.tsval, self.sack = None, []
        self.read_options(tcp[20:4 * (offset >> 4)])
        self.end = self.seq + len(self.data) + bool(self.flags & 1) + bool(
            self.flags & 2)

    def read_options(self, options):
        while options and options[0]:
            size = 1 if options[0] == 1 else options[1]
            if options[0] == TIMESTAMP:
                self.tsval = struct.unpack_from("!I", options, 2)[0]
            elif options[0] == SACK:
                edges = struct.unpack(f"!{(size - 2) // 4}I", options[2:size])
                self.sack = list(zip(edges[::2], edges[1::2]))
            options = options[size:]

    def has(self, letters):
        return all(self.flags & FLAGS[letter] for letter in letters)

    def name(self):
        for letter, name in (("R", "RST"), ("F", "FIN")):
            if self.has(letter):
                return name
        if self.has("S"):
            return "SYN,ACK" if self.has("A") else "SYN"
        return "data" if self.data else "ACK with SACK" if self.sack else "ACK"


class Peer:
    """One connection's far end. Numbers given to send() are relative to what would
    be right: `seq` to SND.NXT, `ack` to RCV.NXT, `ts` to the last TSval sent."""

    def __init__(self, host, port, host_port, timestamps=True):
        self.host, self.port, self.host_port = host, port, host_port
        self.iss = self.snd_nxt = 1000000 + 65536 * (port % 100)
        self.rcv_nxt, self.irs, self.window = 0, None, MAX_WINDOW
        self.tsval, self.tsecr = (500000, 0) if timestamps else (None, 0)
        self.opening = None  # flags of the SYN sent
        self.acked = 0    # the host's latest acknowledgement
        self.edge = 0     # right edge of the window that it offers
        self.heard = []   # since the last forget()
        self.sock = None  # the application's socket in the host

    def options(self, flags, ts):
        options = b""
        if "S" in flags:
            options = option(MSS, b"\x05\xb4") + option(SACK_OK)
        if self.tsval is not None and ts is not None:
            self.tsval += 10 if ts == "fresh" else 0
            value = self.tsval if ts == "fresh" else self.tsval + ts
            options += option(TIMESTAMP, struct.pack("!II", value % 2**32,
                                                     self.tsecr))
        return options

    def send(self, flags, data=b"", seq=0, ack=0, ts="fresh", extra=b"", **fields):
        """Send without taking it for sent; the frame's number in the capture."""
        options = self.options(flags, ts)
        bits = sum(FLAGS[letter] for letter in flags)
        return self.host.send(frame(
            self.host.addresses, (self.port, self.host_port), self.snd_nxt + seq,
            self.rcv_nxt + ack if "A" in flags else 0, bits, self.window,
            options + extra, data, **fields))

    def say(self, flags, data=b"", acked=False, **how):
        """Send the next segment, and hear what comes back: something, if `acked`."""
        self.send(flags, data, **how)
        self.snd_nxt += len(data) + flags.count("S") + flags.count("F")
        self.opening = flags if "S" in flags else self.opening
        self.hear("S" if flags == "S" else None)
        if acked and self.acked < self.snd_nxt:
            self.hear("A", wait=0.06)

    def hear(self, wanted=None, wait=0.5):
        """Take in what the host sends, until `wanted` (letters) came or, with
        nothing wanted, until the host has had all that was sent."""
        end = time.monotonic() + wait
        found = None
        while time.monotonic() < end:
            settled = self.host.settled()
            for segment in self.host.receive(self.port, self.host_port):
                self.take(segment)
                if wanted and segment.has(wanted):
                    found = segment
            if settled and not wanted or found:
                break
            time.sleep(0.0005)
        return found

    def take(self, segment):
        self.heard.append(segment)
        if segment.has("R"):
            return
        if segment.tsval is not None:
            self.tsecr = segment.tsval
        if self.irs is None and segment.has("S"):
            self.irs = self.rcv_nxt = segment.seq
        if segment.seq <= self.rcv_nxt < segment.end:
            self.rcv_nxt = segment.end
        if segment.has("A"):
            if self.iss < segment.ack < self.iss + 2**20:
                self.snd_nxt = max(self.snd_nxt, segment.ack)
            self.acked = max(self.acked, segment.ack)
            self.edge = segment.ack + segment.window

    def forget(self):
        self.heard = []
