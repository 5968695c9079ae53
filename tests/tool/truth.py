#!/usr/bin/env python3
"""What tcpseg-inspect reads in other projects' captures is what tshark reads.

usage: truth.py TOOL

The environment variable TCPSEG_CAPTURES names a directory with pcap/FILE,
truth/pkt/FILE.tsv.gz, tshark's fields of each frame of FILE that has TCP, and
truth/streams.tsv.gz, what the bytes of each direction hash to; a header line first.
TOOL --json --hash FILE is compared with that: header fields, options, checksum, which
frames have a segment at all, and the streams without a gap on which tshark and another
tool agree. A TCP header that an ICMP error quotes is no segment.

truth-differences.tsv, beside this script, lists the known differences, each with its
reason. FRAMES are numbers and ranges, 3,7-9, or * for all frames of the capture that
this is compared in. A difference that is not listed fails, and so does a line, or a
frame of a line, that is no difference any more. WHAT is

  missing     tshark has a segment there, the tool none
  extra       the tool has a segment there, tshark none
  kinds       the options' kinds, in order, up to the first 0
  checksum    whether it is good
  stream0     what the first endpoint's bytes hash to; the "frame" is tshark's number
  stream1     of the stream. The second one's
  NAME        a header field or an option's value, as the JSON names it

TAP, one test a capture; the last line is a comment with the totals."""

import collections
import csv
import gzip
import json
import os
import pathlib
import re
import subprocess
import sys

LIST = pathlib.Path(__file__).with_name("truth-differences.tsv")
TIMEOUT = 60
SHOWN = 10  # differences of one capture that are printed

# The JSON's name, tshark's.
FIELDS = {
    "sport": "tcp.srcport",
    "dport": "tcp.dstport",
    "seq": "tcp.seq_raw",
    "ack": "tcp.ack_raw",
    "hdr_len": "tcp.hdr_len",
    "flags": "tcp.flags",
    "win": "tcp.window_size_value",
    "csum": "tcp.checksum",
    "urg": "tcp.urgent_pointer",
    "len": "tcp.len",
}
OPTION_VALUES = {
    "mss": "tcp.options.mss_val",
    "shift": "tcp.options.wscale.shift",
    "tsval": "tcp.options.timestamp.tsval",
    "tsecr": "tcp.options.timestamp.tsecr",
    "subtype": "tcp.options.mptcp.subtype",
}
CHECKSUM_BAD, CHECKSUM_GOOD = "0", "1"  # tshark's; others mean it did not verify

GROUPS = ("present", "fields", "options", "checksum", "streams")

Difference = collections.namedtuple("Difference", "frame what truth ours")


def numbers(cell):
    """tshark's cell: numbers with commas between, decimal or 0x."""
    return [int(number, 0) for number in cell.split(",")] if cell else []


def rows_of(file):
    return csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)


def flag_bits(cells):
    """The JSON's twelve cells as a number."""
    if cells is None or len(cells) != 12:
        return None
    return int("".join("0" if cell == "." else "1" for cell in cells), 2)


def to_first_end(kinds):
    return kinds[:kinds.index(0) + 1] if 0 in kinds else kinds


def has_segment(row):
    """Whether tshark's row is about one segment, and not one that ICMP quotes."""
    layers = row["frame.protocols"].split(":")
    return row["ntcp"] == "1" and not {"icmp", "icmpv6"} & set(layers)


class Capture:
    """One capture's comparisons: how many of each group, and what differed."""

    def __init__(self):
        self.compared = collections.defaultdict(set)  # what -> frames
        self.differences = []
        self.groups = collections.Counter()
        self.agreed = collections.Counter()

    def compare(self, group, frame, what, truth, ours):
        self.compared[what].add(frame)
        self.groups[group] += 1
        if truth == ours:
            self.agreed[group] += 1
        else:
            self.differences.append(Difference(frame, what, truth, ours))

    def segment(self, row, seg):
        frame = int(row["frame.number"])
        self.fields(frame, row, seg)
        if row["tcp.option_kind"]:
            self.options(frame, row, seg["options"])
        if row["tcp.checksum.status"] in (CHECKSUM_BAD, CHECKSUM_GOOD):
            self.compare("checksum", frame, "checksum",
                         row["tcp.checksum.status"] == CHECKSUM_GOOD,
                         seg["checksum"] == "ok")

    def fields(self, frame, row, seg):
        for name, column in FIELDS.items():
            truth = numbers(row[column])
            if truth:
                ours = flag_bits(seg[name]) if name == "flags" else seg[name]
                self.compare("fields", frame, name, truth, [ours])

    def options(self, frame, row, options):
        self.compare("options", frame, "kinds",
                     to_first_end(numbers(row["tcp.option_kind"])),
                     to_first_end([option["kind"] for option in options]))
        for name, column in OPTION_VALUES.items():
            truth = numbers(row[column])
            ours = [option[name] for option in options if name in option]
            if truth or ours:
                self.compare("options", frame, name, truth, ours)
        edges = [numbers(row["tcp.options.sack_" + edge]) for edge in ("le", "re")]
        ours = [block for option in options for block in option.get("sack", [])]
        ours = [[block[0] for block in ours], [block[1] for block in ours]]
        if edges[0] or ours[0]:
            self.compare("options", frame, "sack", edges, ours)


    def stream(self, row, ends):
        """A line of streams.tsv; ends are the endpoints' hashes, by address."""
        for i in "01":
            known = row["tcpflow" + i] == "same" and row["gaps" + i] in ("", "0")
            if known and row["node" + i] in ends:
                self.compare("streams", int(row["stream"]), "stream" + i,
                             row["sha256_" + i], ends[row["node" + i]])


def node(endpoint):
    address = endpoint["ip"]
    return f"[{address}]:{endpoint['port']}" if ":" in address else f"{address}:{endpoint['port']}"


def hashes(events):
    """Connection -> {endpoint: hash}."""
    conns = {event["conn"]: event for event in events if event["ev"] == "conn"}
    return {event["conn"]: {node(conns[event["conn"]][side]): event[way]["sha256"]
                            for side, way in (("a", "ab"), ("b", "ba"))}
            for event in events if event["ev"] == "end"}


def events_of(tool, capture):
    """The tool's events. An exit status of 1 and a message of the
    tool's own say that it did not get to the file's end; what it lost is compared."""
    if not capture.is_file():
        raise ValueError("the capture is not there")
    run = subprocess.run([tool, "--json", "--hash", capture], timeout=TIMEOUT,
                         capture_output=True)
    told = run.stderr.startswith(b"tcpseg-inspect: ") and run.stderr.count(b"\n") == 1
    if (run.returncode, bool(run.stderr)) != ((1, True) if told else (0, False)):
        raise ValueError(f"exit status {run.returncode}; {run.stderr[-500:]!r}")
    return [json.loads(line) for line in run.stdout.decode("utf-8").splitlines()]


def segments(events):
    """Those of the events that are segments, by frame."""
    events = [event for event in events if event["ev"] == "seg"]
    by_frame = {event["frame"]: event for event in events}
    if len(by_frame) != len(events):
        raise ValueError("two segments in one frame")
    return by_frame


def compare(tool, capture, truth, streams):
    result = Capture()
    events = events_of(tool, capture)
    rest = segments(events)
    conns = {}  # tshark's stream -> ours
    with gzip.open(truth, "rt", encoding="utf-8") as file:
        for row in filter(has_segment, rows_of(file)):
            frame = int(row["frame.number"])
            seg = rest.pop(frame, None)
            result.compare("present", frame, "missing", True, seg is not None)
            if seg:
                result.segment(row, seg)
                conns[row["tcp.stream"]] = seg["conn"]
    for frame in rest:
        result.compare("extra", frame, "extra", False, True)
    ends = hashes(events)
    for row in streams:
        result.stream(row, ends.get(conns.get(row["stream"]), {}))
    return result


def frames_of(cell):
    """3,7-9 as numbers."""
    frames = []
    for part in cell.split(","):
        match = re.fullmatch(r"(\d+)(?:-(\d+))?", part)
        if not match:
            raise ValueError(f"no frame numbers: {cell}")
        first, last = match.groups()
        frames += range(int(first), int(last or first) + 1)
    return frames


def known_differences():
    """The list: capture -> [(frames, what)]."""
    known = collections.defaultdict(list)
    with LIST.open(encoding="utf-8") as file:
        for row in rows_of(file):
            if None in row or not all(row.values()):
                raise ValueError(f"{LIST.name}: not four columns: {row}")
            known[row["capture"]].append((row["frames"], row["what"]))
    return known


def judge(result, known):
    """What is wrong: differences without a line, lines without a difference."""
    unexplained = {(d.frame, d.what): d for d in result.differences}
    wrong = []
    for frames, what in known:
        every = sorted(result.compared[what]) if frames == "*" else frames_of(frames)
        stale = [n for n in every if unexplained.pop((n, what), None) is None]
        if stale or not every:
            wrong.append(f"listed, but no difference (or listed twice): "
                         f"{frames} {what}; frames {stale[:SHOWN]}")
    wrong += [f"frame {d.frame}, {d.what}: tshark {d.truth}, ours {d.ours}"
              for d in unexplained.values()]
    return wrong


class Tap:
    def __init__(self):
        self.number = self.failed = 0

    def test(self, name, wrong):
        self.number += 1
        self.failed += bool(wrong)
        print("not ok" if wrong else "ok", self.number, "-", name)
        for line in wrong[:SHOWN]:
            print("#", line)
        if len(wrong) > SHOWN:
            print(f"# and {len(wrong) - SHOWN} more")


def main():
    tool = str(pathlib.Path(sys.argv[1]).resolve())
    top = pathlib.Path(os.environ.get("TCPSEG_CAPTURES") or "/nonexistent")
    truths = sorted((top / "truth/pkt").glob("*.tsv.gz"))
    if not truths:
        print("1..0 # SKIP TCPSEG_CAPTURES names no directory with pcap/ and truth/")
        return 0
    known, tap = known_differences(), Tap()
    groups, agreed = collections.Counter(), collections.Counter()
    streams = collections.defaultdict(list)
    with gzip.open(top / "truth/streams.tsv.gz", "rt", encoding="utf-8") as file:
        for row in rows_of(file):
            streams[row["file"]].append(row)
    for truth in truths:
        name = truth.name[:-len(".tsv.gz")]
        listed = known.pop(name, [])
        try:
            result = compare(tool, top / "pcap" / name, truth, streams[name])
            tap.test(name, judge(result, listed))
        except (OSError, ValueError, subprocess.TimeoutExpired) as error:
            tap.test(name, [str(error)])
            continue
        groups += result.groups
        agreed += result.agreed
    tap.test("every listed capture is there", sorted(known))
    print(f"1..{tap.number}")
    print("# agreed/compared:", ", ".join(
        f"{group} {agreed[group]}/{groups[group]}" for group in GROUPS),
        f"and {groups['extra']} extra")
    return 1 if tap.failed else 0


if __name__ == "__main__":
    sys.exit(main())
