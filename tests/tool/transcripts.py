#!/usr/bin/env python3
"""The output shown in the documents is what the tools print.

usage: transcripts.py TOOL [--update]

A line `<!-- run: tcpseg-inspect ARGS -->` in README.md or the guide says how the
fenced block after it was made. Each is run again with TOOL from the top of the tree
and compared; --update writes what it prints now."""

import pathlib
import re
import shlex
import subprocess
import sys

BLOCK = re.compile(r"(<!-- run: tcpseg-inspect (.*?) -->\n+```text\n)(.*?)(```\n)", re.S)


def main():
    tool, update = pathlib.Path(sys.argv[1]).resolve(), "--update" in sys.argv[2:]
    top = pathlib.Path(__file__).resolve().parents[2]
    number = failed = 0

    def output(args):
        return subprocess.run([tool, *shlex.split(args)], cwd=top, check=True,
                              capture_output=True, encoding="utf-8").stdout

    for page in [top / "README.md", *sorted((top / "docs/guide").glob("*.md"))]:
        text = page.read_text(encoding="utf-8")
        for start, args, shown, _ in BLOCK.findall(text):
            number += 1
            good = output(args) == shown
            failed += not good
            print("ok" if good else "not ok", number, "-",
                  f"{page.relative_to(top)}: tcpseg-inspect {args}")
        if update:
            page.write_text(BLOCK.sub(lambda m: m[1] + output(m[2]) + m[4], text),
                            encoding="utf-8")
    print(f"1..{number}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
