#!/usr/bin/env python3
"""Count what `meson test` ran, test by test.

usage: count.py TESTLOG_JSON [REQUIRED_PROGRAM...]

A program that speaks the Test Anything Protocol counts for each of its tests, any
other for one. Prints a line for each program, what failed and why, and at last
`total PASSED FAILED SKIPPED`. A required program that did not run has failed.
"""

import json
import re
import sys

LINE = re.compile(r'(not )?ok\b[ \d]*(?:- )?([^#]*)(#\s*SKIP\b.*)?', re.I)
GOOD = ('OK', 'EXPECTEDFAIL')


def tap(text):
    """The passed, failed and skipped tests in a TAP stream, as descriptions;
    with the failed ones the lines that explain them."""
    passed, failed, skipped = [], [], []
    last = None
    for line in text.splitlines():
        match = LINE.match(line)
        if match:
            last = (failed if match.group(1) else
                    skipped if match.group(3) else passed)
            last.append(line)
        elif last is failed and line[:2] in ('  ', '# '):
            failed[-1] += '\n' + line
    return passed, failed, skipped


def count(record):
    """(passed, failed, skipped, explanation) of one program."""
    output, errors = record.get('stdout', ''), record.get('stderr', '')
    passed, failed, skipped = tap(output)
    result = record['result']
    if result not in GOOD + ('SKIP',) and not failed:
        # It died, or told fewer tests than it announced.
        failed.append('%s: %s\n%s' % (' '.join(record.get('command', [])),
                                      result, output[-3000:]))
    elif not (passed or failed or skipped):
        (skipped if result == 'SKIP' else passed).append('')
    explanation = failed + skipped + ([errors[-3000:]] if failed else [])
    return len(passed), len(failed), len(skipped), '\n'.join(explanation)


def main():
    required = set(sys.argv[2:])
    total = [0, 0, 0]
    with open(sys.argv[1], encoding='utf-8', errors='replace') as log:
        for line in log:
            record = json.loads(line)
            name = record['name'].split(' / ')[-1]
            required.discard(name)
            *numbers, explanation = count(record)
            total = [a + b for a, b in zip(total, numbers)]
            print('  %-18s %4d passed, %d failed, %d skipped  (%.1f s)' %
                  (name, *numbers, record['duration']))
            for text in explanation.splitlines():
                print('    ' + text)
    for name in sorted(required):
        print('  %-18s did not run' % name)
        total[1] += 1
    print('total %d %d %d' % tuple(total))


main()
