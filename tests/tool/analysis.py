#!/usr/bin/env python3
"""What tcpseg-inspect says of segments in Wireshark's words is what tshark says.

usage: analysis.py TOOL

The environment variable TCPSEG_CAPTURES names a directory with pcap/FILE and
truth/pkt/FILE.tsv.gz, as for truth.py. TOOL --json --no-checksums FILE, which like tshark
asks for no checksum, is compared with that: the flags of each frame, the round trip and
the other numbers beside them, the initial round trip and the completeness.

Where the two have not the same segments before them, they cannot agree; from there on
the stream is counted apart, by its reason:

  frames      one has frames of this stream that the other has not, or reads fragments
              in another way
  length      they read another length of a segment: truth-differences.tsv says why
  connection  one begins a new connection where the other goes on, after a time-out or
              between two that take turns at one pair of ports
  refused     the connection has not begun here: its first segments open none

Everything else must agree. analysis-differences.tsv lists what does not, each with its
reason; a difference that is not listed fails, and so does a line that is none any more.
Of the numbers that follow from segments in flight, some are not known here, as only
sixteen are kept: those are counted as missed, and most must be known.

Each flag must have a precision and a recall of 99 % where the same is before both, and
the table tells them.

TAP; the table is in comments."""

import collections
import gzip
import json
import os
import pathlib
import subprocess
import sys

import truth as fields

LIST = pathlib.Path(__file__).with_name("analysis-differences.tsv")
TIMEOUT = 60
SHOWN = 20
BAR = 0.99
KNOWN_BAR = 0.95  # of the round trips

# The JSON's name, tshark's, and what one of tshark's units is in ours.
NUMBERS = {
    "ack_rtt_ms": ("tcp.analysis.ack_rtt", 1000),
    "rto_ms": ("tcp.analysis.rto", 1000),
    "initial_rtt_ms": ("tcp.analysis.initial_rtt", 1000),
    "bytes_in_flight": ("tcp.analysis.bytes_in_flight", 1),
    "push_bytes": ("tcp.analysis.push_bytes_sent", 1),
    "dup_ack_num": ("tcp.analysis.duplicate_ack_num", 1),
    "dup_ack_frame": ("tcp.analysis.duplicate_ack_frame", 1),
}
MAY_MISS = ("ack_rtt_ms", "rto_ms")  # what is not in flight any more, to us


def flags_of(row):
    names = (name.removeprefix("tcp.analysis.") for name in row["analysis"].split(","))
    return {name for name in names if name}


def is_fragment(row):
    more = row["ip.flags.mf"] + row["ipv6.fraghdr.more"]
    return any(bit in ("1", "True") for bit in more.split(",")) or \
        bool(row["ipv6.fraghdr.offset"])


def segments_of(tool, capture):
    run = subprocess.run([tool, "--json", "--no-checksums", capture],
                         timeout=TIMEOUT, capture_output=True)
    events = [json.loads(line) for line in run.stdout.decode("utf-8").splitlines()]
    return {event["frame"]: event for event in events if event["ev"] == "seg"}


class Result:
    def __init__(self):
        self.flags = collections.defaultdict(collections.Counter)
        self.numbers = collections.defaultdict(collections.Counter)
        self.apart = collections.Counter()
        self.rows = self.same = 0
        self.differences = {}  # (capture, frame, what) -> words

    def number(self, where, name, want, got):
        column = self.numbers[name]
        if want is None and got is None:
            return
        if got is None and name in MAY_MISS:
            column["missed"] += 1
        elif None not in (want, got) and abs(want - got) < 1e-3:
            column["equal"] += 1
        else:
            column["different"] += 1
            self.differences[where + (name,)] = f"tshark {want}, ours {got}"

    def row(self, where, row, seg, before):
        want, got = flags_of(row), set(seg["analysis"])
        self.same += want == got
        for flag in want | got:
            kind = "both" if flag in want & got else "missed" if flag in want else "extra"
            self.flags[flag][kind] += 1
        if want != got:
            self.differences[where + ("flags",)] = \
                f"tshark {' '.join(sorted(want))}, ours {' '.join(sorted(got))}"
        for name, (column, unit) in NUMBERS.items():
            value = float(row[column]) * unit if row[column] else None
            if name == "rto_ms" and value is not None and value <= 0:
                value = None  # a clock set back
            if name == "initial_rtt_ms" and value is None:
                continue  # tshark does not tell it of every frame
            self.number(where, name, value, seg.get(name))
        # tshark tells it as it was before the frame.
        if before and row["tcp.completeness"]:
            self.number(where, "completeness", int(row["tcp.completeness"]),
                        before.get("completeness"))


class Streams:
    """tshark's streams and our connections, and whether they still have the same."""

    def __init__(self):
        self.conn = {}    # stream -> ours
        self.stream = {}  # and back
        self.last = {}    # stream -> its segment before
        self.apart = {}   # stream -> why
        self.ours = {}    # ports -> why

    @staticmethod
    def ports(seg):
        return tuple(sorted((seg["sport"] or 0, seg["dport"] or 0)))

    def spoil(self, stream, why):
        self.apart.setdefault(stream, why)

    def only_ours(self, seg):
        """A segment without a row: its pair of ports is not the same any more."""
        self.ours.setdefault(self.ports(seg), "frames")

    def why(self, row, seg):
        """Why this row cannot be compared; None: it can."""
        stream, conn = row["tcp.stream"], seg["conn"]
        if self.ports(seg) in self.ours:
            self.spoil(stream, self.ours[self.ports(seg)])
        if row["tcp.len"] and int(row["tcp.len"]) != seg["len"]:
            self.spoil(stream, "length")
        if is_fragment(row):
            self.spoil(stream, "frames")
        if conn is None or "completeness" not in seg:
            self.spoil(stream, "refused")
        first = stream not in self.conn
        if self.conn.setdefault(stream, conn) != conn or \
                self.stream.setdefault(conn, stream) != stream and \
                not self.is_next(seg, first):
            self.spoil(stream, "connection")
        if first and "reused_ports" in flags_of(row) and \
                "reused_ports" not in seg["analysis"]:
            return "connection"  # to us it is the first; the rest can be compared
        return self.apart.get(stream)

    def is_next(self, seg, first):
        """A SYN that to tshark begins a stream may be one of a connection's to us."""
        return first and "reused_ports" in seg["analysis"] or seg["verdict"] == "rejected"


def compare(tool, capture, truth, result):
    segments = segments_of(tool, capture)
    streams = Streams()
    with gzip.open(truth, "rt", encoding="utf-8") as file:
        rows = {int(row["frame.number"]): row for row in fields.rows_of(file)}
    for frame in sorted(set(rows) | set(segments)):
        row, seg = rows.get(frame), segments.get(frame)
        if row and (not fields.has_segment(row) or not row["tcp.seq_raw"]):
            row = None
        if row is None or seg is None:
            if seg:
                streams.only_ours(seg)
            elif row:
                streams.spoil(row["tcp.stream"], "frames")
            continue
        result.rows += 1
        why = streams.why(row, seg)
        if why:
            result.apart[why] += 1
        else:
            result.row((capture.name, frame), row, seg,
                       streams.last.get(row["tcp.stream"]))
        streams.last[row["tcp.stream"]] = seg


def known_differences(captures):
    """{(capture, frame, what)}, and what is wrong with the list."""
    known = set()
    with LIST.open(encoding="utf-8") as file:
        for row in fields.rows_of(file):
            if None in row or not all(row.values()):
                raise ValueError(f"{LIST.name}: not four columns: {row}")
            if row["capture"] not in captures:
                raise ValueError(f"{LIST.name}: no such capture: {row['capture']}")
            for frame in fields.frames_of(row["frames"]):
                known.add((row["capture"], frame, row["what"]))
    return known


def ratio(part, whole):
    return part / whole if whole else 1.0


def print_table(result):
    apart = ", ".join(f"{n} {why}" for why, n in sorted(result.apart.items()))
    print(f"# {result.rows} rows; apart: {apart}")
    compared = result.rows - sum(result.apart.values())
    print(f"# flags alike in {result.same} of {compared}: "
          f"{100 * ratio(result.same, compared):.3f} %")
    print(f"# {'flag':<26}{'both':>7}{'missed':>8}{'extra':>7}  precision  recall")
    for flag, n in sorted(result.flags.items()):
        print(f"# {flag:<26}{n['both']:>7}{n['missed']:>8}{n['extra']:>7}"
              f"{ratio(n['both'], n['both'] + n['extra']):>11.4f}"
              f"{ratio(n['both'], n['both'] + n['missed']):>8.4f}")
    print(f"# {'number':<26}{'equal':>7}{'missed':>8}{'different':>11}")
    for name, n in sorted(result.numbers.items()):
        print(f"# {name:<26}{n['equal']:>7}{n['missed']:>8}{n['different']:>11}")


def check(tap, result, captures):
    known = known_differences(captures)
    found = set(result.differences)
    tap.test("every difference is explained",
             [f"{name} frame {frame}, {what}: {result.differences[name, frame, what]}"
              for name, frame, what in sorted(found - known)])
    tap.test("every explained difference is one",
             [f"{name} frame {frame}, {what}" for name, frame, what in sorted(known - found)])
    for flag, n in sorted(result.flags.items()):
        wrong = [] if min(ratio(n["both"], n["both"] + n["extra"]),
                          ratio(n["both"], n["both"] + n["missed"])) >= BAR or \
            n["both"] + n["missed"] < 200 else [str(dict(n))]
        tap.test(flag, wrong)
    for name in MAY_MISS:
        n = result.numbers[name]
        wrong = [] if ratio(n["equal"], n.total()) >= KNOWN_BAR else [str(dict(n))]
        tap.test(f"{name} is mostly known", wrong)


def main():
    tool = str(pathlib.Path(sys.argv[1]).resolve())
    top = pathlib.Path(os.environ.get("TCPSEG_CAPTURES") or "/nonexistent")
    truths = sorted((top / "truth/pkt").glob("*.tsv.gz"))
    if not truths:
        print("1..0 # SKIP TCPSEG_CAPTURES names no directory with pcap/ and truth/")
        return 0
    result, tap = Result(), fields.Tap()
    for truth in truths:
        compare(tool, top / "pcap" / truth.name[:-len(".tsv.gz")], truth, result)
    print_table(result)
    check(tap, result, {truth.name[:-len(".tsv.gz")] for truth in truths})
    print(f"1..{tap.number}")
    return 1 if tap.failed else 0


if __name__ == "__main__":
    sys.exit(main())
