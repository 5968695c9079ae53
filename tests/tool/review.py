#!/usr/bin/env python3
"""What the tool suspects in captures of other people's, reviewed.

usage: review.py TOOL [--print]

Two things are counted for each capture in TCPSEG_CAPTURES/pcap: every check of
severity suspect or hostile, and every segment with text, SYN or FIN that was refused for
good and that its receiver then acknowledged (`acknowledged`). review.tsv has the counts that
were looked at, each with its reason; any other count fails. Skipped without captures.
--print prints the counts instead."""

import collections
import json
import os
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
SEVERE = ("suspect", "hostile")


def records(tool, capture):
    run = subprocess.run([tool, "--json", capture], capture_output=True, check=False)
    return [json.loads(line) for line in run.stdout.decode().splitlines()]


def severe_checks(tool):
    text = subprocess.run([tool, "--checks"], capture_output=True, check=True).stdout
    return {name for name, severity in (line.split()[:2] for line in text.decode().splitlines())
            if severity in SEVERE}


def count(tool, capture, severe):
    counts, refused = collections.Counter(), collections.defaultdict(list)
    lines = records(tool, capture)
    settled = {r["of"]: r["verdict"] for r in lines if r["ev"] == "revise"}
    for seg in lines:
        if seg["ev"] != "seg":
            continue
        counts.update(set(seg["reasons"]) & severe)
        if seg["conn"] is None or seg["flags"] is None:
            continue
        peer = seg["conn"], "ba" if seg["dir"] == "ab" else "ab"
        good = "A" in seg["flags"] and "R" not in seg["flags"] and "bad-checksum" not in seg["reasons"]
        for end in list(refused[peer]):
            if good and (seg["ack"] - end) % 2**32 < 2**30:
                counts["acknowledged"] += 1
                refused[peer].remove(end)
        length = (seg["len"] or 0) + ("S" in seg["flags"]) + ("F" in seg["flags"])
        if settled.get(seg["frame"], seg["verdict"]) == "rejected" and length and "R" not in seg["flags"]:
            refused[seg["conn"], seg["dir"]].append((seg["seq"] + length) % 2**32)
    return counts


def main():
    tool, printing = os.path.abspath(sys.argv[1]), "--print" in sys.argv[2:]
    captures = pathlib.Path(os.environ.get("TCPSEG_CAPTURES", "")) / "pcap"
    if not os.environ.get("TCPSEG_CAPTURES") or not captures.is_dir():
        print("1..0 # SKIP no other captures: TCPSEG_CAPTURES is not set")
        return 0
    severe = severe_checks(tool)
    found = {(capture.name, what): str(n) for capture in sorted(captures.iterdir())
             for what, n in sorted(count(tool, capture, severe).items())}
    if printing:
        for (capture, what), n in found.items():
            print(capture, what, n, "", sep="\t")
        return 0
    rows = [line.rstrip("\n").split("\t") for line in open(HERE / "review.tsv", encoding="utf-8")
            if not line.startswith("#")]
    known = {(capture, what): n for capture, what, n, why in rows if why}
    failed = 0
    for number, key in enumerate(sorted(found.keys() | known.keys()), 1):
        good = found.get(key) == known.get(key)
        failed += not good
        print("ok" if good else "not ok", number, "-", *key)
        if not good:
            print(f"# found {found.get(key, 0)}, reviewed {known.get(key, 0)}")
    print(f"1..{len(found.keys() | known.keys())}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
