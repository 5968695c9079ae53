#!/usr/bin/env python3
"""usage: pictures.py TOOL [CAPTURE...]

What --ladder and --svg draw of each capture (those of this tree): every frame is there, no line is wider
than asked for, and in the picture no text lies on another one. An SVG is XML that an
XML parser takes, and librsvg makes a picture of it that is not empty. Speaks TAP."""
import glob
import json
import os
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as tree
import zlib

SVG = '{http://www.w3.org/2000/svg}'
# Pixels that a character takes at most, on the average of such words, and above and
# below the line on which it stands.
WIDE = {'h': 10.0, 'n': 8.9, 't': 6.9, 'k': 7.2, 'note': 7.0}
HIGH = {'h': (12, 3), 'n': (9, 2), 't': (8, 2), 'k': (8, 2), 'note': (8, 2)}

count = 0


def ok(good, name, why=''):
    global count
    count += 1
    print(f'{"ok" if good else "not ok"} {count} - {name}')
    if not good and why:
        print('#', why)


def skip(name, why):
    global count
    count += 1
    print(f'ok {count} - {name} # SKIP {why}')


def run(tool, *arguments):
    done = subprocess.run([tool, *arguments], capture_output=True)
    return done.returncode, done.stdout, done.stderr.decode()


def box(text):
    kind = text.get('class')
    words = ''.join(text.itertext())
    width = len(words) * WIDE[kind]
    x, y = float(text.get('x')), float(text.get('y'))
    left = {'start': x, 'middle': x - width / 2, 'end': x - width}
    above, below = HIGH[kind]
    left = left[text.get('text-anchor')]
    return left, y - above, left + width, y + below, words


def first_overlap(texts):
    """Two boxes of text that share a pixel, or None. Sorted by their upper edges, only
    the next few can."""
    boxes = sorted((box(t) for t in texts), key=lambda b: b[1])
    for i, a in enumerate(boxes):
        for b in boxes[i + 1:]:
            if b[1] >= a[3]:
                break
            if a[0] < b[2] and b[0] < a[2]:
                return f'"{a[4]}" and "{b[4]}"'
    return None


def out_of_sight(root, texts):
    width, height = float(root.get('width')), float(root.get('height'))
    for text in texts:
        left, top, right, bottom, words = box(text)
        if left < 0 or top < 0 or right > width or bottom > height:
            return words
    return None


def frames_of(tool, capture):
    """Numbers of the frames with a segment of a connection; None if it cannot be
    read."""
    status, text, _ = run(tool, '--json', capture)
    if status != 0:
        return None
    lines = map(json.loads, text.decode().splitlines())
    return {l['frame'] for l in lines
            if l['ev'] == 'seg' and l.get('conn') is not None}


def colors(png):
    """How many different rows of pixels there are: a picture of nothing has one."""
    data, at, parts = open(png, 'rb').read(), 8, b''
    while at < len(data):
        size, kind = struct.unpack('>I4s', data[at:at + 8])
        if kind == b'IHDR':
            width, height, depth, color = struct.unpack('>IIBB', data[at + 8:at + 18])
        if kind == b'IDAT':
            parts += data[at + 8:at + 8 + size]
        at += 12 + size
    raw = zlib.decompress(parts)
    row = len(raw) // height
    return width, len({raw[i:i + row] for i in range(0, len(raw), row)})


def check_svg(tool, capture, scratch, frames):
    name = os.path.basename(capture)
    path = os.path.join(scratch, name + '.svg')
    status, _, complaint = run(tool, '--svg', path, capture)
    ok(status == 0 and not complaint, f'{name}: drawn', complaint)
    root = tree.parse(path).getroot()
    texts = root.findall(SVG + 'text')
    overlap = first_overlap(texts)
    ok(overlap is None, f'{name}: no text on another', overlap)
    out = out_of_sight(root, texts)
    ok(out is None, f'{name}: all text in sight', out)
    margin = {int(t.text) for t in texts if t.get('class') == 't' and t.get('x') == '44'
              and t.get('text-anchor') == 'end'}
    ok(margin == frames, f'{name}: every frame',
       f'not the same: {sorted(margin ^ frames)[:5]}')
    if not shutil.which('rsvg-convert'):
        skip(f'{name}: seen as a picture', 'rsvg-convert is not here')
    elif frames and float(root.get('height')) < 6000:
        png = path + '.png'
        subprocess.run(['rsvg-convert', path, '-o', png], check=True)
        width, rows = colors(png)
        ok(width == int(root.get('width')) and rows > 20, f'{name}: seen as a picture',
           f'{rows} different rows')


def check_ladder(tool, capture, frames):
    name = os.path.basename(capture)
    for width, ascii_too in ((72, False), (80, True), (100, False), (160, True)):
        options = ['--ladder', '--width', str(width)] + ['--ascii'] * ascii_too
        status, text, complaint = run(tool, *options, capture)
        lines = text.decode('ascii' if ascii_too else 'utf-8').splitlines()
        rows = [l for l in lines if not l.startswith(('connection ', 'A state'))]
        widest = max((len(l) for l in rows), default=0)
        ok(status == 0 and not complaint and widest <= width,
           f'{name}: a ladder of {width} columns', f'{widest} columns; {complaint}')
        if width >= 80:
            numbers = {int(l[:5]) for l in rows if re.match(r' *\d+  ', l[:7])}
            ok(numbers == frames, f'{name}: every frame, {width} columns',
               f'not the same: {sorted(numbers ^ frames)[:5]}')


def check_time_sequence(tool, capture, scratch):
    name = os.path.basename(capture)
    if not shutil.which('gnuplot'):
        skip(f'{name}: numbers over time', 'gnuplot is not here')
        return
    path = os.path.join(scratch, name + '.ts.svg')
    status, _, complaint = run(tool, '--time-sequence', path, capture)
    ok(status == 0 and not complaint, f'{name}: numbers over time', complaint)
    words = ''.join(tree.parse(path).getroot().itertext())
    ok('sent again' in words and 'acknowledged' in words,
       f'{name}: lines for what was sent again and acknowledged')


def check_color(tool):
    """Escapes where they are asked for, and nowhere else."""
    capture = 'tests/captures/lost-data.pcap'
    for when, wanted in (('always', True), ('never', False), ('auto', False)):
        _, text, _ = run(tool, '--ladder', '--color', when, capture)
        ok((b'\x1b[' in text) == wanted, f'--color {when}')


def check_errors(tool):
    capture = 'tests/captures/lost-data.pcap'
    for arguments, status, words in (
            (['--svg', '/nowhere/x', capture], 1, '/nowhere/x: No such file'),
            (['--svg', '/dev/full', capture], 1, 'No space left'),
            (['--ladder', '--svg', '-', capture], 2, 'exclude each other'),
            (['--ladder', '--json', capture], 2, 'exclude each other'),
            (['--only', '0', capture], 2, '--only is for pictures'),
            (['--ladder', '--only', 'x', capture], 2, '--only wants'),
            (['--ladder', '--width', '20', capture], 2, '--width wants'),
            (['--ladder', '--color', 'blue', capture], 2, '--color wants'),
            (['--time-sequence', '-', 'tests/captures/udp.pcap'], 1,
             'no connection')):
        got, _, complaint = run(tool, *arguments)
        ok(got == status and words in complaint, ' '.join(arguments),
           f'{got}: {complaint}')


def main():
    tool, captures = sys.argv[1], sys.argv[2:]
    if not captures:
        captures = sorted(glob.glob('tests/captures/*.pcap') +
                          glob.glob('examples/captures/*.pcap'))
    with tempfile.TemporaryDirectory() as scratch:
        for capture in captures:
            frames = frames_of(tool, capture)
            if frames is None:
                continue
            check_svg(tool, capture, scratch, frames)
            check_ladder(tool, capture, frames)
        check_time_sequence(tool, 'tests/captures/stream-lost-behind.pcap', scratch)
        check_errors(tool)
    check_color(tool)
    print(f'1..{count}')


main()
