#!/usr/bin/env python3
"""The lines of tcpseg-inspect are those that tshark writes in its Info column.

usage: info.py TOOL

Every capture of tests/captures is read by both, and with TCPSEG_LONG=1 those of the
directory pcap/ in TCPSEG_CAPTURES, with no checksum asked for, as tshark does by default. Compared are
the packets whose Protocol column is TCP, with one TCP layer that no ICMP error quotes.

In our own captures every line must be the same, but in those of injected segments
(inject-*): a SYN in the middle of a connection makes tshark count from its number on,
and the library does not believe it. There, and in others' captures, so many must be.

TAP; skipped without tshark."""

import os
import pathlib
import re
import shutil
import subprocess
import sys

import truth

BAR_INJECTED, BAR_OTHERS = 0.95, 0.99
TIMEOUT = 120
ARGUMENTS = ["-n", "-d", "tcp.port==0-65535,data",
             "-o", "tcp.desegment_tcp_streams:FALSE", "-o", "tcp.try_heuristic_first:FALSE",
             "-o", "ip.tso_support:TRUE", "-o", "ipv6.tso_support:TRUE",
             "-o", "ip.defragment:FALSE", "-o", "ipv6.defragment:FALSE",
             "-T", "fields", "-e", "frame.number", "-e", "_ws.col.Protocol",
             "-e", "frame.protocols", "-e", "_ws.col.Info"]
LINE = re.compile(r" *(\d+) +-?\d+\.\d+  \S+ \u2192 \S+ +(.*)")


def run(command):
    text = subprocess.run(command, timeout=TIMEOUT, capture_output=True).stdout
    return text.decode("utf-8", "replace").split("\n")


def infos(capture):
    """tshark's, by frame."""
    found = {}
    for line in run(["tshark", "-r", capture] + ARGUMENTS):
        cells = line.split("\t", 3)
        layers = cells[2].split(":") if len(cells) == 4 else []
        if len(cells) == 4 and cells[1] == "TCP" and layers.count("tcp") == 1 and \
                not {"icmp", "icmpv6"} & set(layers):
            found[int(cells[0])] = cells[3]
    return found


def lines(tool, capture):
    """The tool's, by frame."""
    matches = map(LINE.fullmatch, run([tool, "--no-checksums", capture]))
    return {int(match[1]): match[2] for match in matches if match}


def compare(tool, captures):
    """How many lines there are, and those that differ."""
    compared, different = 0, []
    for capture in captures:
        want, got = infos(capture), lines(tool, capture)
        compared += len(want)
        for frame in sorted(want):
            if want[frame] != got.get(frame):
                different.append(f"{capture.name} frame {frame}: tshark {want[frame]!r}, "
                                 f"ours {got.get(frame)!r}")
    return compared, different


def judge(tap, name, answer, bar):
    compared, different = answer
    part = 1 - len(different) / compared if compared else 0
    tap.test(f"{name}: {compared - len(different)} of {compared} lines",
             different if part < bar else [])


def main():
    tool = str(pathlib.Path(sys.argv[1]).resolve())
    if not shutil.which("tshark"):
        print("1..0 # SKIP there is no tshark")
        return 0
    tap = truth.Tap()
    own = sorted(pathlib.Path(__file__).parents[1].glob("captures/*.pcap"))
    injected = [capture for capture in own if capture.name.startswith("inject-")]
    others = os.environ.get("TCPSEG_CAPTURES")
    judge(tap, "our captures",
          compare(tool, [capture for capture in own if capture not in injected]), 1)
    judge(tap, "our captures of injected segments", compare(tool, injected), BAR_INJECTED)
    if others and os.environ.get("TCPSEG_LONG") == "1":
        judge(tap, "others' captures",
              compare(tool, sorted(pathlib.Path(others, "pcap").iterdir())), BAR_OTHERS)
    print(f"1..{tap.number}")
    return 1 if tap.failed else 0


if __name__ == "__main__":
    sys.exit(main())
