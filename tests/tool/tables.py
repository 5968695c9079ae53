#!/usr/bin/env python3
"""The guide's tables and its state diagram are what the code says.

usage: tables.py TABLES_PROGRAM [--update]

TABLES_PROGRAM (tables.c) prints what the library knows; sentences beside constants
are those of the public headers. A table stands between `<!-- table: NAME -->` and
`<!-- end of table -->` in the page; the diagram is a file beside it. Both are made
again and compared; --update writes them."""

import collections
import pathlib
import re
import subprocess
import sys

TOP = pathlib.Path(__file__).resolve().parents[2]
PAGES = [TOP / "docs/guide" / name for name in ("states-and-verdicts.md", "stream.md")]
DIAGRAM = TOP / "docs/guide/states.svg"
BLOCK = re.compile(r"(<!-- table: (\S+) -->\n)(.*?)(<!-- end of table -->\n)", re.S)
COMMENT = re.compile(r"\b(TCPCONN_\w+) = (\d+),? */\*\*< (.*?) \*/", re.S)


def facts(program):
    """The program's lines by their first word."""
    text = subprocess.run([program], check=True, capture_output=True,
                          encoding="ascii").stdout
    found = collections.defaultdict(list)
    for line in text.splitlines():
        kind, *rest = line.split("\t")
        found[kind].append(rest)
    return found


def sentences():
    """What the public headers say of each constant."""
    text = "".join((TOP / "include/tcpseg" / name).read_text(encoding="ascii")
                   for name in ("check.h", "conn.h", "stream.h"))
    return {name: " ".join(words.split()) for name, _, words in COMMENT.findall(text)}


def constant(name):
    return "TCPCONN_" + name.upper().replace("-", "_")


def table(head, rows):
    lines = [head, ["---"] * len(head), *rows]
    return "\n" + "".join("| " + " | ".join(map(str, line)) + " |\n" for line in lines) + "\n"


# ---- tables ----


def named(kind, what):
    """Names of one kind, with their constants and what the header says."""
    def rows(known):
        said = sentences()
        return table([what, "constant", "meaning"],
                     [[name, f"`{constant(name)}`", said[constant(name)]]
                      for _, name in known[kind]])
    return rows


def machine(known):
    moves = {(start, event): end for start, event, end in known["move"]}
    events = [name for _, name in known["event"]]
    return table(["", *events],
                 [[f"**{state}**", *(moves.get((state, event), "") for event in events)]
                  for _, state in known["state"]])


def outside(known):
    causes = {}
    for start, cause, end in known["outside"]:
        causes.setdefault((cause, end), []).append(start)
    every = [state for _, state in known["state"] if state != "CLOSED"]
    return table(["cause", "from", "to"],
                 [[cause, "any but CLOSED" if starts == every else ", ".join(starts), end]
                  for (cause, end), starts in causes.items()])


def checks(known):
    order = {name: int(n) for n, name in known["severity"]}
    rows = sorted(known["check"], key=lambda row: -order[row[2]])  # stable: by importance
    return table(["check", "severity", "what it says", "rule"],
                 [[name, severity, text, rule] for _, name, severity, rule, text in rows])


# How a member of lib's struct profile reads, and its values by number.
PROFILE = {
    "paws_slack": ("a timestamp may be older than the latest one (PAWS) by", "{} ticks"),
    "paws_reordered": ("and that of a bare ACK that says nothing new by", "{} ticks"),
    "needs_timestamp": ("a segment without the timestamp agreed on", "is taken", "is rejected"),
    "trims_overhang": ("a segment that ends beyond the window",
                       "is taken whole, or not at all", "is trimmed to the window"),
    "fin_in_no_window": ("a bare FIN into a closed window", "is rejected", "is taken"),
    "rst_around": ("an RST on its sender's FIN, or at the edge of the highest SACK block",
                   "is rejected", "is taken"),
}


def profiles(known):
    values = collections.defaultdict(dict)
    for member, number, value in known["profile"]:
        text, *words = PROFILE[member]
        shown = words[0].format(value) if len(words) == 1 else words[int(value)]
        values[text][number] = "1 tick" if shown == "1 ticks" else shown
    numbers = sorted({number for _, number, _ in known["profile"]})
    return table(["", "`TCPCONN_PROFILE_LINUX`", "`TCPCONN_PROFILE_RFC9293`"],
                 [[text, *(row[number] for number in numbers)]
                  for text, row in values.items()])


def duration(seconds):
    for unit, name in (86400, "d"), (3600, "h"), (60, "min"):
        if seconds >= 2 * unit and seconds % unit == 0:
            return f"{seconds // unit} {name}"
    return f"{seconds} s"


def timeouts(known):
    said = sentences()
    situations = [name for name in said if re.match(r"TCPCONN_TIMEOUT_", name)]
    sets = [name for name in said if re.match(r"TCPCONN_TIMEOUTS_", name)]
    cells = {(int(i), int(s)): duration(int(seconds)) for i, s, seconds in known["timeout"]}
    return table(["`TCPCONN_TIMEOUT_` ..", "when",
                  *(name.rsplit("_", 1)[1].lower() for name in sets)],
                 [[f"`{name[16:]}`", said[name], *(cells[i, s] for s in range(len(sets)))]
                  for i, name in enumerate(situations)])


def gaps(known):
    said = {int(n): (name, " ".join(words.split())) for name, n, words in COMMENT.findall(
        (TOP / "include/tcpseg/stream.h").read_text(encoding="ascii"))
        if name.startswith("TCPCONN_GAP_")}
    return table(["gap", "constant", "meaning"],
                 [[name, f"`{said[int(n)][0]}`", said[int(n)][1]] for n, name in known["gap"]])


def owner(suricata, suricata_alone, snort, snort_alone):
    """A cell of the policies: its four values, of both readings."""
    word = {"0": "old", "1": "new"}
    assert suricata == suricata_alone
    if snort != snort_alone:
        return f"{word[suricata]} (Snort: {word[snort_alone]} if apart)"
    return word[suricata] if snort == suricata else f"{word[suricata]} (Snort: {word[snort]})"


def overlaps(known):
    rows = collections.defaultdict(dict)
    for policy, case, *values in known["overlap"]:
        rows[policy][case] = owner(*values)
    cases = list(next(iter(rows.values())))
    return table(["policy", *cases],
                 [[f"**{policy}**", *(row[case] for case in cases)]
                  for policy, row in rows.items()])


def size(number):
    number = int(number)
    for shift, name in (30, "GiB"), (20, "MiB"), (10, "KiB"):
        if number >> shift and not number % (1 << shift):
            return f"{number >> shift} {name}"
    return str(number)


def blocks(known):
    return table(["block", "runs at most", "how far ahead at most"],
                 [[size(block), runs, size(reach)] for block, runs, reach in known["block"]])


TABLES = {
    "states": named("state", "state"),
    "machine": machine,
    "outside": outside,
    "verdicts": named("verdict", "verdict"),
    "severities": named("severity", "severity"),
    "advice": named("advice", "advice"),
    "checks": checks,
    "profiles": profiles,
    "timeouts": timeouts,
    "gaps": gaps,
    "overlaps": overlaps,
    "blocks": blocks,
}

# ---- the diagram ----

WIDTH, HEIGHT, BOX = 980, 760, (140, 36)
AFTER = "CLOSED, after"  # drawn a second time: where all ends
PLACES = {
    "CLOSED": (490, 40), "LISTEN": (490, 150), "SYN-RECEIVED": (170, 260),
    "SYN-SENT": (810, 260), "ESTABLISHED": (490, 370), "FIN-WAIT-1": (170, 480),
    "CLOSE-WAIT": (810, 480), "FIN-WAIT-2": (170, 620), "CLOSING": (490, 580),
    "LAST-ACK": (810, 600), "TIME-WAIT": (490, 720), AFTER: (810, 720),
}
# Arrows that are not straight, or whose label is not in their middle: how far the
# middle is pushed aside, and where along the arrow the label stands.
SHAPES = {
    ("SYN-RECEIVED", "rcv FIN"): (-85, 0.86),
    ("SYN-SENT", "rcv SYN"): (0, 0.6),
    ("SYN-SENT", "goes on alone"): (-44, 0.36),
    ("SYN-SENT", "rcv SYN,ACK"): (4, 0.42),
    ("LISTEN", "peer goes on alone"): (-34, 0.3),
    ("LISTEN", "rcv SYN"): (14, 0.5),
    ("CLOSED", "pick-up"): (110, 0.86),
    ("CLOSED", "pick-up, peer's SYN,ACK"): (-60, 0.42),
    ("CLOSED", "snd SYN"): (-4, 0.55),
    ("CLOSED", "pick-up, own SYN,ACK"): (60, 0.45),
}
STYLE = """<style>
text { font: 13px sans-serif; text-anchor: middle; fill: #222 }
.state { font-weight: bold }
.label { font-size: 12px; paint-order: stroke; stroke: #fff; stroke-width: 5px }
rect { fill: #eef3f9; stroke: #345; stroke-width: 1.5 }
path { fill: none; stroke: #345; stroke-width: 1.5; marker-end: url(#head) }
.outside { stroke-dasharray: 5 4; stroke: #888 }
.legend { text-anchor: start; font-size: 12px }
</style>"""


def border(box, towards):
    """Where the line from the middle of a box leaves it."""
    (x, y), (tx, ty) = PLACES[box], towards
    dx, dy = tx - x, ty - y
    scale = min(BOX[side] / 2 / abs(d) for side, d in enumerate((dx, dy)) if d)
    return x + dx * scale, y + dy * scale


def arrow(start, event, end, kind):
    end = AFTER if end == "CLOSED" else end
    push, along = SHAPES.get((start, event), (0, 0.5))
    (x1, y1), (x2, y2) = PLACES[start], PLACES[end]
    length = ((x2 - x1) ** 2 + (y2 - y1) ** 2) ** 0.5
    cx = (x1 + x2) / 2 + 2 * push * (y1 - y2) / length
    cy = (y1 + y2) / 2 + 2 * push * (x2 - x1) / length
    (x1, y1), (x2, y2) = border(start, (cx, cy)), border(end, (cx, cy))
    lx, ly = ((1 - along) ** 2 * a + 2 * along * (1 - along) * c + along ** 2 * b
              for a, c, b in ((x1, cx, x2), (y1, cy, y2)))
    return (f'<path class="{kind}" d="M {x1:.0f} {y1:.0f} Q {cx:.0f} {cy:.0f} '
            f'{x2:.0f} {y2:.0f}"/>\n',
            f'<text class="label" x="{lx:.0f}" y="{ly + 4:.0f}">{event}</text>\n')


def diagram(known):
    every = len(known["state"]) - 1
    causes = collections.Counter(cause for _, cause, _ in known["outside"])
    ends = [cause for cause, n in causes.items() if n > 1]  # said in words
    arrows = [arrow(*move, "figure") for move in known["move"]]
    arrows += [arrow(*move, "outside") for move in known["outside"] if move[1] not in ends]
    boxes = "".join(
        f'<rect x="{x - BOX[0] / 2:.0f}" y="{y - BOX[1] / 2:.0f}" width="{BOX[0]}" '
        f'height="{BOX[1]}" rx="8"/>\n<text class="state" x="{x}" y="{y + 5}">'
        f'{state.split(",")[0]}</text>\n' for state, (x, y) in PLACES.items())
    words = ["dashed: inferred by the observer"]
    for cause in ends:
        starts = [start for start, c, _ in known["outside"] if c == cause]
        words.append(f"{cause}: {'any state' if len(starts) == every else ' or '.join(starts)}"
                     " to CLOSED")
    legend = "".join(f'<text class="legend" x="20" y="{HEIGHT - 70 + 18 * i}">{line}</text>\n'
                     for i, line in enumerate(words))
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
            f'width="{WIDTH}" height="{HEIGHT}">\n{STYLE}\n'
            '<defs><marker id="head" viewBox="0 0 10 10" refX="9" refY="5" '
            'markerWidth="7" markerHeight="7" orient="auto">\n'
            '<polygon points="0,0 10,5 0,10" fill="#345"/></marker></defs>\n'
            f'<rect x="0" y="0" width="{WIDTH}" height="{HEIGHT}" '
            'style="fill: #fff; stroke: none"/>\n'
            + "".join(line for line, _ in arrows) + boxes
            + "".join(label for _, label in arrows) + legend + "</svg>\n")


def main():
    known, update = facts(pathlib.Path(sys.argv[1]).resolve()), "--update" in sys.argv[2:]
    pages, drawn = {page: page.read_text("utf-8") for page in PAGES}, diagram(known)
    shown = {name: body for text in pages.values() for _, name, body, _ in BLOCK.findall(text)}
    points = [(f"table {name}", shown.get(name) == make(known))
              for name, make in TABLES.items()]
    points.append(("no other table", set(shown) <= set(TABLES)))
    points.append(("diagram", DIAGRAM.exists() and DIAGRAM.read_text("utf-8") == drawn))
    for number, (name, good) in enumerate(points, 1):
        print("ok" if good else "not ok", number, "-", name)
    print(f"1..{len(points)}")
    if update:
        for page, text in pages.items():
            page.write_text(BLOCK.sub(lambda m: m[1] + TABLES[m[2]](known) + m[4], text),
                            "utf-8")
        DIAGRAM.write_text(drawn, "utf-8")
    return 0 if all(good for _, good in points) else 1


if __name__ == "__main__":
    sys.exit(main())
