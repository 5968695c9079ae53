// Of every capture, the module says of every frame what tcpseg-inspect --json does.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { follow } from '../../examples/web/connections.mjs';
import { transcript } from './transcript.mjs';

// What only the tool has: of a segment, and of what was agreed on.
const ONLY_NATIVE = new Set(['options', 'agreed.fastopen', 'agreed.a', 'agreed.b']);

/** What is wrong with ours, against the tool's: a sentence, or null. */
function difference(theirs, ours, within = '') {
    for (const key of new Set([...Object.keys(theirs), ...Object.keys(ours)])) {
        const [x, y] = [theirs[key], ours[key]], path = within + key;
        if (ONLY_NATIVE.has(path))
            continue;
        const open = x && y && typeof x === 'object' && !Array.isArray(x);
        const why = open ? difference(x, y, `${path}.`)
            : JSON.stringify(x) === JSON.stringify(y) ? null
                : `${path}: ${JSON.stringify(x)}, here ${JSON.stringify(y)}`;
        if (why)
            return why;
    }
    return null;
}

/** The tool's lines, and whether it could read the file to its end. */
function native(inspect, file) {
    const { stdout, status } = spawnSync(inspect, ['--json', file],
        { encoding: 'utf8', maxBuffer: 1 << 30, stdio: ['ignore', 'pipe', 'ignore'] });
    return { good: status === 0,
        theirs: stdout.split('\n').filter(Boolean).map((line) => JSON.parse(line)) };
}

/** What is wrong with the module's answers, or null; and how many lines it had. */
export async function disagreement(library, inspect, file) {
    const ours = [];
    const { tracker, error } = await follow(library,
        new Uint8Array(readFileSync(file)), transcript(library, ours));
    const { good, theirs } = native(inspect, file);
    for (let i = 0; i < Math.min(ours.length, theirs.length); i++) {
        const why = difference(theirs[i], ours[i]);
        if (why)
            return { why: `line ${i + 1}, ${theirs[i].ev} of frame ` +
                `${theirs[i].frame}: ${why}` };
    }
    if (ours.length !== theirs.length)
        return { why: `${theirs.length} lines, here ${ours.length}` };
    if (good === Boolean(error))
        return { why: error ? error.message : 'the tool cannot read it' };
    return { why: error || tracker.totals.frames ? null : 'no frames',
        lines: ours.length };
}

export async function agree(tap, { library, inspect, captures }) {
    let lines = 0;
    for (const file of captures) {
        await tap.check(`${basename(file)} as the tool says`, async () => {
            const found = await disagreement(library, inspect, file);
            lines += found.lines ?? 0;
            return found.why;
        });
    }
    await tap.check('there was something to compare', () =>
        (captures.length && lines < 20 * captures.length ? `${lines} lines` : null));
    console.log(`# ${lines} lines of the tool's, ${captures.length} captures`);
}
