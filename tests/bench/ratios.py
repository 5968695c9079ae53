#!/usr/bin/env python3
"""ratios.py FILE - what libtcpseg aims at, and what was measured.

Each aim is a ratio of two rows of one run, by their medians; those whose rows are
missing are left out. FILE as for table.py."""
import collections
import statistics
import sys

OURS, SINGLE = 'libtcpseg', 'libtcpseg, packet by packet'
HASH, HASH_SINGLE = ('rte_hash, 32 keys, and a record',
                     'rte_hash, key by key, and a record')
IDEAL = 'ideal table, with the parsing'


def many(count, pages):
    return f'many-{count} {pages} track'


# What, row over row, and the most that the ratio may be.
aims = []
for pages in ('small', 'huge'):
    million, thousand = many(1000000, pages), many(1000, pages)
    aims += [
        (f'1 M connections, burst: rte_hash, {pages} pages', (OURS, million), (HASH, million), 2),
        (f'1 M connections, burst: ideal, {pages} pages', (OURS, million), (IDEAL, million), 2.5),
        (f'1 M connections, one: rte_hash, {pages} pages', (SINGLE, million), (HASH_SINGLE, million), 1.3),
        (f'burst, 1 M : 1 k connections, {pages} pages', (OURS, million), (OURS, thousand), 4),
        (f'one, 1 M : 1 k connections, {pages} pages', (SINGLE, million), (SINGLE, thousand), 8),
    ]
aims += [
    ('SYN flood: libnids', (OURS, 'flood track'), ('libnids', 'flood track'), 1 / 4),
    ('whole process: tcptrace', ('tcpseg-inspect', 'whole mixed'), ('tcptrace', 'whole mixed'), 1 / 8),
    ('memory at 100 k connections: libnids', (OURS, 'many-100000 resident'),
     ('libnids', 'many-100000 resident'), 1 / 4),
]

values = collections.defaultdict(list)
for line in open(sys.argv[1]):
    field = line.rstrip('\n').split('\t')
    if len(field) >= 4:
        values[field[0], field[1]].append(float(field[2]))

shown = False
for what, over, under, most in aims:
    if not values.get(over) or not values.get(under):
        continue
    if not shown:
        print('\nratios aimed at')
        shown = True
    ratio = statistics.median(values[over]) / statistics.median(values[under])
    verdict = 'met' if ratio <= most else 'MISSED'
    print(f'  {what:52} {ratio:8.3f}  at most {most:5.3f}  {verdict}')
