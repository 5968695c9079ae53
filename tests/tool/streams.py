#!/usr/bin/env python3
"""tcpseg-streams writes the bytes that tcpseg-inspect --hash has hashed.

usage: streams.py TCPSEG_STREAMS TCPSEG_INSPECT [CAPTURE ...]

Of each capture (our own, unless named) all directions with bytes are compared: as many
files as hashes, and the same ones. Gaps are skipped, and urgent bytes in line. TAP, one
test a capture."""

import collections
import hashlib
import json
import pathlib
import subprocess
import sys
import tempfile

TOP = pathlib.Path(__file__).resolve().parents[2]


def hashed(inspect, capture):
    """How often each hash is told; and of streams without a byte nothing."""
    out = subprocess.run([inspect, "--json", "--hash", capture], capture_output=True,
                         check=False, encoding="utf-8").stdout
    found = collections.Counter()
    for line in out.splitlines():
        event = json.loads(line)
        if event["ev"] == "end":
            found.update(event[way]["sha256"] for way in ("ab", "ba")
                         if event[way]["delivered"])
    return found


def written(streams, capture):
    with tempfile.TemporaryDirectory() as scratch:
        subprocess.run([streams, "--quiet", "--gaps", "skip", "-o", scratch, capture],
                       capture_output=True, check=False)
        return collections.Counter(hashlib.sha256(file.read_bytes()).hexdigest()
                                   for file in pathlib.Path(scratch).iterdir())


def main():
    streams, inspect = (pathlib.Path(name).resolve() for name in sys.argv[1:3])
    captures = sys.argv[3:] or sorted((TOP / "tests/captures").glob("*.pcap"))
    failed = total = 0
    for number, capture in enumerate(captures, 1):
        wanted, got = hashed(inspect, capture), written(streams, capture)
        failed += wanted != got
        total += sum(wanted.values())
        print("ok" if wanted == got else "not ok", number, "-", pathlib.Path(capture).name)
    print(f"1..{len(captures)}")
    print(f"# {total} streams")
    return 1 if failed or not total else 0


if __name__ == "__main__":
    sys.exit(main())
