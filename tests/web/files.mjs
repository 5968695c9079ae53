// Capture files that are broken, hostile, or of another kind than the shipped ones.
import { readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { disagreement } from './agree.mjs';
import { Random } from './random.mjs';
import { CaptureError, readCapture } from '../../examples/web/capture.mjs';
import { follow } from '../../examples/web/connections.mjs';
import { transcript } from './transcript.mjs';

const HEADER = 24, RECORD = 16;

function* records(pcap) {
    const view = new DataView(pcap.buffer, pcap.byteOffset);
    for (let at = HEADER; at < pcap.length;) {
        const captured = view.getUint32(at + 8, true);
        yield { at, seconds: view.getUint32(at, true),
            fraction: view.getUint32(at + 4, true), captured,
            length: view.getUint32(at + 12, true),
            bytes: pcap.subarray(at + RECORD, at + RECORD + captured) };
        at += RECORD + captured;
    }
}

// ---- the same frames in files of other kinds ----

/** Classic, with other numbers in its header. */
function asPcap(pcap, { little = true, magic, header = RECORD, scale = 1, times = 1 }) {
    const list = [...records(pcap)];
    const size = list.reduce((sum, r) => sum + header + r.captured, HEADER);
    const out = new Uint8Array(size), view = new DataView(out.buffer);
    view.setUint32(0, magic, little);
    view.setUint16(4, 2, little);
    view.setUint16(6, 4, little);
    view.setUint32(16, 262144, little);
    view.setUint32(20, pcap[20], little);
    let at = HEADER;
    for (const r of list) {
        const fields = [r.seconds * times, Math.floor(r.fraction * scale * times),
            r.captured, r.length];
        fields.forEach((n, i) => view.setUint32(at + 4 * i, n, little));
        out.set(r.bytes, at + header);
        at += header + r.captured;
    }
    return out;
}

function block(type, body, little) {
    const length = 12 + Math.ceil(body.length / 4) * 4;
    const out = new Uint8Array(length), view = new DataView(out.buffer);
    view.setUint32(0, type, little);
    view.setUint32(4, length, little);
    out.set(body, 8);
    view.setUint32(length - 4, length, little);
    return out;
}

function words(little, ...list) {
    const view = new DataView(new ArrayBuffer(4 * list.length));
    list.forEach((n, i) => view.setUint32(4 * i, n, little));
    return new Uint8Array(view.buffer);
}

const join8 = (...parts) => Uint8Array.from(parts.flatMap((part) => [...part]));

function packetBlock(r, little, kind, unit, origin) {
    const SIMPLE = 3; // it has no time, and is as long as it says
    if (kind === SIMPLE)
        return block(kind, join8(words(little, r.length), r.bytes), little);
    const time = (BigInt(r.seconds) * 1000000000n + BigInt(r.fraction)) * unit.top /
        unit.bottom - origin;
    const [high, low] = [Number(time >> 32n), Number(time & 0xffffffffn)];
    return block(kind, join8(words(little, 0, high, low, r.captured, r.length),
        r.bytes), little);
}

/** pcapng: blocks of a kind, times in units of 1/resolution seconds. */
function asPcapng(pcap, { little = true, kind = 6, resolution, offset = 0n }) {
    const order = words(little, 0x1a2b3c4d, little ? 1 : 1 << 16, 0xffffffff, 0xffffffff);
    const name = block(0x0a0d0d0a, order, little);
    const link = words(little, little ? pcap[20] : pcap[20] << 16, 0);
    const code = (n, len) => words(little, little ? n | len << 16 : n << 16 | len);
    const shift = new DataView(new ArrayBuffer(8));
    shift.setBigInt64(0, offset, little);
    const options = join8(code(9, 1), [resolution, 0, 0, 0],
        code(14, 8), new Uint8Array(shift.buffer), words(little, 0));
    const base = resolution & 0x80 ? 2n : 10n;
    const unit = { top: base ** BigInt(resolution & 0x7f), bottom: 1000000000n };
    const origin = offset * unit.top;
    return join8(name, block(1, join8(link, options), little),
        block(0xbad, [1, 2, 3], little), // of a kind that nobody knows
        ...[...records(pcap)].map((r) => packetBlock(r, little, kind, unit, origin)));
}

const NANO = 0xa1b23c4d, MICRO = 0xa1b2c3d4, LONGER = 0xa1b2cd34;
const micro = { magic: MICRO, scale: 1e-3 };

// The sample's own times are nanoseconds; some kinds have not all of their digits.
const KINDS = {
    'pcap, big-endian': [(p) => asPcap(p, { little: false, magic: NANO })],
    'pcap, microseconds, big-endian': [
        (p) => asPcap(p, { ...micro, little: false }), (p) => asPcap(p, micro)],
    'pcap, longer records': [
        (p) => asPcap(p, { ...micro, magic: LONGER, header: 24 }),
        (p) => asPcap(p, micro)],
    'pcapng': [(p) => asPcapng(p, { resolution: 9 })],
    'pcapng, big-endian': [(p) => asPcapng(p, { resolution: 9, little: false })],
    'pcapng, microseconds': [
        (p) => asPcapng(p, { resolution: 6 }), (p) => asPcap(p, micro)],
    'pcapng, finer than nanoseconds': [(p) => asPcapng(p, { resolution: 10 })],
    'pcapng, blocks of the old kind': [(p) => asPcapng(p, { resolution: 9, kind: 2 })],
    'pcapng, blocks without a time': [
        (p) => asPcapng(p, { resolution: 9, kind: 3 }),
        (p) => asPcap(p, { magic: NANO, times: 0 })],
    'pcapng, times from 2001 on': [
        (p) => asPcapng(p, { resolution: 9, offset: 1000000000n })],
};

async function linesOf(library, bytes) {
    const lines = [];
    const { error } = await follow(library, bytes, transcript(library, lines));
    return { lines: lines.map((line) => JSON.stringify(line)), error };
}

async function sameFrames(library, pcap, [make, other = (p) => p]) {
    const due = await linesOf(library, other(pcap));
    const is = await linesOf(library, make(pcap));
    if (is.error)
        return is.error.message;
    const at = due.lines.findIndex((line, i) => line !== is.lines[i]);
    if (at >= 0)
        return `line ${at + 1}: ${due.lines[at]}, here ${is.lines[at]}`;
    return due.lines.length > 20 ? null : 'too few lines';
}

/** Each packet inside another one, of a tunnel: bare IPv4 in IPv4. */
function inTunnel(pcap) {
    const ETHERNET = 14, RAW = 101;
    const parts = [pcap.slice(0, HEADER)];
    parts[0][20] = RAW;
    for (const r of records(pcap)) {
        const inner = r.bytes.subarray(ETHERNET), length = 20 + inner.length;
        parts.push(words(true, r.seconds, r.fraction, length, r.length + 20 - ETHERNET),
            [0x45, 0, length >> 8, length & 255, 0, 0, 0x40, 0, 64, 4, 0, 0],
            [192, 0, 2, 1, 192, 0, 2, 2], inner);
    }
    return join8(...parts);
}

async function agreeInTunnel({ library, inspect, sample, directory }) {
    const file = join(directory, 'tunnel.pcap');
    writeFileSync(file, inTunnel(new Uint8Array(readFileSync(sample))));
    const { why, lines } = await disagreement(library, inspect, file);
    return why ?? (lines > 20 ? null : `${lines} lines`);
}

// ---- what is broken ----

/** Whether reading ends well or with a CaptureError in words; anything else is told. */
function readAll(bytes) {
    try {
        let frames = 0;
        for (const frame of readCapture(bytes))
            frames = frame.number;
        return { frames };
    } catch (error) {
        if (!(error instanceof CaptureError) || error.message.length < 10)
            throw error;
        return { frames: error.frames ?? 0, error };
    }
}

/** A file cut after each of its bytes: whole frames before that, and what is wrong. */
function cutEverywhere(file, starts) {
    for (let n = 0; n < file.length; n++) {
        const { frames, error } = readAll(file.subarray(0, n));
        const whole = starts.filter((at) => at <= n).length - 1;
        if (frames !== Math.max(0, whole))
            return `cut to ${n} bytes: ${frames} frames of ${whole}`;
        if (!error && !starts.includes(n))
            return `cut to ${n} bytes: no error`;
    }
    return null;
}

const WRONG = {
    'an empty file': [new Uint8Array(0), /empty/],
    'three bytes': [Uint8Array.of(1, 2, 3), /less than 4/],
    'text': [new TextEncoder().encode('GET / HTTP/1.1\r\n'), /neither as pcap nor/],
    'a gzip file': [Uint8Array.of(0x1f, 0x8b, 8, 0, 0, 0), /gzip: unpack/],
    'a zip archive': [Uint8Array.of(0x50, 0x4b, 3, 4, 0, 0), /zip archive: unpack/],
};

/** Numbers in a file's headers, written over: field, bytes, value, and what is due. */
const HOSTILE = [
    [HEADER + 8, 4, 0xffffffff, /a frame of 4294967295 bytes, more than/],
    [HEADER + 8, 4, 262145, /a frame of 262145 bytes, more than/],
    [HEADER + 8, 4, 200000, /a frame of 200000 bytes, of which \d+ are there/],
    [4, 2, 9, /version 9\.4 is not known/],
    [20, 4, 147, /link type 147 is not supported/],
];

async function overwritten(library, pcap, [at, size, value, due]) {
    const bytes = pcap.slice(), view = new DataView(bytes.buffer);
    if (size === 4)
        view.setUint32(at, value, true);
    else
        view.setUint16(at, value, true);
    const error = (await linesOf(library, bytes).catch((e) => ({ error: e }))).error;
    return error?.name === 'CaptureError' && due.test(error.message) ? null
        : `${error}`;
}

const HOSTILE_NG = [
    ['a block of no bytes', 32, 0, /a block of 0 bytes/],
    ['a block of odd length', 32, 33, /a block of 33 bytes/],
    ['a block beyond the file', 32, 0xfffffffc, /of which \d+ are there/],
    ['another byte order', 8, 0x01020304, /without byte order/],
];

// ---- what changed on its way ----

/** Frames, not headers of the file: the tool must read it too. */
function damaged(pcap, random) {
    const bytes = pcap.slice();
    for (const r of records(bytes)) {
        if (random.below(3))
            continue;
        for (let n = 1 + random.below(6); n > 0 && r.bytes.length; n--)
            r.bytes[random.below(r.bytes.length)] ^= 1 << random.below(8);
    }
    return bytes;
}

async function agreeOnDamaged({ library, inspect, captures, directory }) {
    const random = new Random(7);
    for (let i = 0; i < 60; i++) {
        const file = random.pick(captures), changed = join(directory, 'changed.pcap');
        writeFileSync(changed, damaged(readFileSync(file), random));
        const { why } = await disagreement(library, inspect, changed);
        if (why)
            return `${basename(file)}, changed ${i}: ${why}`;
    }
    return null;
}

export async function files(tap, context) {
    const { library, sample } = context;
    const pcap = new Uint8Array(readFileSync(sample));
    for (const [name, make] of Object.entries(KINDS))
        await tap.check(`the same frames as ${name}`, () =>
            sameFrames(library, pcap, make));
    await tap.check('through a tunnel, as the tool says', () => agreeInTunnel(context));
    for (const [name, [bytes, due]] of Object.entries(WRONG)) {
        await tap.check(`${name}: what is wrong is told`, () => {
            const { error } = readAll(bytes);
            return error && due.test(error.message) ? null : `${error}`;
        });
    }
    for (const one of HOSTILE) {
        await tap.check(`byte ${one[0]} is ${one[2]}: told`, () =>
            overwritten(library, pcap, one));
    }
    const starts = [HEADER, ...[...records(pcap)].map((r) => r.at + RECORD + r.captured)];
    await tap.check('pcap, cut after each byte', () =>
        cutEverywhere(pcap.subarray(0, starts[5]), starts));
    const ng = KINDS.pcapng[0](pcap);
    for (const [name, at, value, due] of HOSTILE_NG) {
        await tap.check(`pcapng, ${name}: told`, () =>
            overwritten(library, ng, [at, 4, value, due]));
    }
    await tap.check('pcapng, any byte changed: an answer or an error', () => {
        for (let i = 0; i < 400; i++) {
            for (const value of [0, 0x7f, 0xff]) {
                const bytes = ng.slice();
                bytes[i] = value;
                readAll(bytes);
            }
        }
        return null;
    });
    await tap.check('frames with changed bits: as the tool says', () =>
        agreeOnDamaged(context));
}
