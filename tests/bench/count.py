#!/usr/bin/env python3
"""count.py FILE... - instructions a call from what callgrind wrote for count.c.

Lines as the other benchmarks print them: row, metric, value, unit, remarks."""
import re
import sys

REPEATS = 1000

cases = []
for name in sys.argv[1:]:
    text = open(name).read()
    case = re.search(r'^desc: Trigger: Client Request: (.*)$', text, re.M)
    total = re.search(r'^(?:totals|summary): (\d+)', text, re.M)
    if case and total:
        cases.append((*case[1].split('|'), int(total[1]) / REPEATS))

loop = next((count for kind, _, _, count in cases if kind == 'loop'), None)
if loop is None:
    sys.exit('no loop to take away')
conn_loop = next((count for kind, _, _, count in cases if kind == 'loop-conn'), loop)
parsed = {}
for kind, name, size, count in cases:
    if kind.startswith('loop'):
        continue
    if kind == 'conn':  # two segments
        count = (count - conn_loop) / 2
    else:
        count -= loop
    size = int(size)
    remarks = []
    if kind == 'odd' and size:
        remarks.append(f'{count / size:.1f} an option byte')
    if kind in ('parse', 'odd'):
        parsed[name] = count
    if kind == 'frame' and name in parsed:
        remarks.append(f'{count - parsed[name]:.0f} to locate')
    print(f'{name}\tcall-{kind}\t{count:.1f}\tinstructions\t{", ".join(remarks)}')
