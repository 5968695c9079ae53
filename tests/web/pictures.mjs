// The page's pictures are those that tcpseg-inspect --svg draws: the same words and lines
// at the same places, of every connection of every shipped capture.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { follow } from '../../examples/web/connections.mjs';
import { Collector, settle } from '../../examples/web/diagram.mjs';
import { WIDE, drawDiagram, layoutFor } from '../../examples/web/svg.mjs';

const FILLS = { 'closed': '#d9d9d9', 'listen': '#f0f0f0', 'opening': '#f0e442',
    'open': '#009e73', 'closing': '#56b4e9', 'last': '#0072b2', 'wait': '#cc79a7' };
const PLACES = ['x', 'y', 'width', 'height', 'd', 'text-anchor'];

const unescaped = (text) => text.replace(/&lt;/g, '<').replace(/&gt;/g, '>')
    .replace(/&quot;/g, '"').replace(/&amp;/g, '&');

/** The tool's elements, one string each, by connection. Its legend is below the last. */
function native(inspect, file) {
    const { stdout } = spawnSync(inspect, ['--svg', '-', file],
        { encoding: 'utf8', maxBuffer: 1 << 28, stdio: ['ignore', 'pipe', 'ignore'] });
    const parts = [];
    for (const line of stdout.split('\n')) {
        const tag = /^<(text|path|rect) ([^>]*?)\/?>(?:([^<]*)<\/text>)?$/.exec(line);
        if (!tag || tag[2].includes('100%'))
            continue;
        const attributes = Object.fromEntries([...tag[2].matchAll(/([\w-]+)="([^"]*)"/g)]
            .map((m) => [m[1], m[2]]));
        const words = unescaped(tag[3] ?? '');
        if (/^connection \d+$/.test(words) && attributes.class === 'h')
            parts.push([]);
        else
            parts.at(-1).push({ name: tag[1], attributes, words });
    }
    return parts;
}

// Where the tool draws a connection below another one.
function lower(element, by) {
    const { attributes } = element, out = { ...attributes };
    if (attributes.d)
        out.d = attributes.d.replace(/([ML])(\d+) (-?\d+)/g,
            (all, letter, x, y) => `${letter}${x} ${Number(y) + by}`);
    else
        out.y = Number(attributes.y) + by;
    return { ...element, attributes: out };
}

function line({ name, attributes, words }) {
    const kind = (attributes.class ?? '').replace(/\bcross\b/, '').trim();
    const band = /^band (\w+)/.exec(kind);
    const fill = band ? FILLS[band[1]] : kind === 'paper' ? '#fff'
        : attributes.fill ?? '';
    const own = kind === 'waiting' ? 'wait' : band || kind === 'paper' ? '' : kind;
    return [name, ...PLACES.map((key) => attributes[key] ?? ''), own, fill, words ?? '']
        .join(' ');
}

async function collect(library, file) {
    const collector = new Collector();
    await follow(library, new Uint8Array(readFileSync(file)), collector);
    collector.diagrams.forEach(settle);
    return collector.diagrams;
}

async function otherPicture(library, inspect, file) {
    const theirs = native(inspect, file);
    const diagrams = await collect(library, file);
    if (theirs.length !== diagrams.length)
        return { why: `${theirs.length} connections, here ${diagrams.length}` };
    let elements = 0;
    for (const [i, diagram] of diagrams.entries()) {
        const ours = drawDiagram(library, diagram, WIDE).elements;
        const by = Number(theirs[i][0].attributes.y) - ours[0].attributes.y;
        for (const [k, element] of ours.entries()) {
            const [x, y] = [line(theirs[i][k]), line(lower(element, by))];
            if (x !== y)
                return { why: `connection ${i}: ${x}, here ${y}` };
        }
        elements += ours.length;
    }
    return { elements };
}

// Pixels that a character takes at most, on the average of such words.
const CHARACTER = { n: 8.9, t: 6.9, k: 7.2, note: 7.0 };

/** A text that leaves the picture, or lies on the one before it. */
function badText({ elements, width, height }) {
    const texts = elements.filter((e) => e.name === 'text' && e.words);
    const boxes = texts.map(({ attributes: a, words }) => {
        const wide = words.length * CHARACTER[a.class];
        const left = { start: a.x, middle: a.x - wide / 2, end: a.x - wide }[a['text-anchor']];
        return { left, right: left + wide, top: a.y - 8, bottom: a.y + 2, words };
    });
    for (const [i, box] of boxes.entries()) {
        if (box.left < -1 || box.right > width + 1 || box.bottom > height)
            return `"${box.words}" leaves a picture of ${width} pixels`;
        const on = boxes.slice(i + 1).find((other) => other.left < box.right &&
            box.left < other.right && other.top < box.bottom && box.top < other.bottom);
        if (on)
            return `"${box.words}" and "${on.words}" in ${width} pixels`;
    }
    return null;
}

async function badTexts(library, captures, width) {
    for (const file of captures) {
        for (const diagram of await collect(library, file)) {
            if (diagram.messages.length > 300)
                continue;
            const why = badText(drawDiagram(library, diagram, layoutFor(width)));
            if (why)
                return `${basename(file)}: ${why}`;
        }
    }
    return null;
}

export async function pictures(tap, { library, inspect, captures }) {
    let elements = 0;
    for (const file of captures) {
        await tap.check(`the picture of ${basename(file)} is the tool's`, async () => {
            const found = await otherPicture(library, inspect, file);
            elements += found.elements ?? 0;
            return found.why;
        });
    }
    await tap.check('there was something in the pictures', () =>
        (elements < 20 * captures.length ? `${elements} elements` : null));
    for (const width of [320, 390, 560, 700, 900, 1080]) {
        await tap.check(`no text on another in ${width} pixels`, () =>
            badTexts(library, captures, width));
    }
}
