#!/usr/bin/env python3
"""table.py FILE - medians of what the benchmarks measured, one metric a block.

FILE has lines of row, metric, value, unit, remarks with tabs between. The last
column is a row's value by libtcpseg's: how many times as much it takes."""
import collections
import statistics
import sys

values = collections.defaultdict(lambda: collections.defaultdict(list))
units, remarks = {}, {}
for line in open(sys.argv[1]):
    field = line.rstrip('\n').split('\t')
    if len(field) < 4:
        print(line, end='')
        continue
    row, metric = field[:2]
    values[metric][row].append(float(field[2]))
    units[metric] = field[3]
    remarks[metric, row] = field[4] if len(field) > 4 else ''

for metric, rows in values.items():
    print(f'\n{metric} [{units[metric]}]')
    ours = rows.get('libtcpseg')
    ours = statistics.median(ours) if ours else 0
    order = rows.items()
    if ours:
        order = sorted(order, key=lambda item: statistics.median(item[1]))
    for row, all_values in order:
        median = statistics.median(all_values)
        text = f'  {row:36} {median:12.2f}'
        if len(all_values) > 1:
            text += f'  ({min(all_values):.2f} to {max(all_values):.2f})'
        if ours:
            text = f'{text:78} x {median / ours:.2f}'
        if not ours and remarks[metric, row]:
            text += '  ' + remarks[metric, row]
        print(text)
