// Capture files: frames out of classic pcap and pcapng. A file is what a stranger sent:
// every number in it is checked before it is used.

export const FRAME_MOST = 262144; // bytes: more than any link carries

const SECOND = 1000000000n;
const U64 = (1n << 64n) - 1n;

// What is wrong with a file, and where. The frames before that place are good.
export class CaptureError extends Error {
    constructor(message, offset, frames) {
        super(frames === undefined || offset === undefined ? message
            : frames ? `at byte ${offset}, after frame ${frames}: ${message}`
            : `at byte ${offset}, before the first frame: ${message}`);
        this.name = 'CaptureError';
        this.offset = offset;
        this.frames = frames;
    }
}

// What a file that is no capture may be instead, by its first bytes.
const OTHERS = [
    [[0x1f, 0x8b], 'it is compressed with gzip: unpack it first'],
    [[0x28, 0xb5, 0x2f, 0xfd], 'it is compressed with zstd: unpack it first'],
    [[0xfd, 0x37, 0x7a, 0x58, 0x5a], 'it is compressed with xz: unpack it first'],
    [[0x50, 0x4b, 0x03, 0x04], 'it is a zip archive: unpack it first'],
];

// Classic files by their first word, read as little-endian: byte order, nanoseconds in
// one unit of the fraction, bytes of a record's header.
const CLASSIC = new Map([
    [0xa1b2c3d4, { little: true, unit: 1000n, header: 16 }],
    [0xd4c3b2a1, { little: false, unit: 1000n, header: 16 }],
    [0xa1b23c4d, { little: true, unit: 1n, header: 16 }],
    [0x4d3cb2a1, { little: false, unit: 1n, header: 16 }],
    [0xa1b2cd34, { little: true, unit: 1000n, header: 24 }], // Kuznetsov's
    [0x34cdb2a1, { little: false, unit: 1000n, header: 24 }],
]);

const NG_SECTION = 0x0a0d0d0a;
const NG_INTERFACE = 1;
const NG_OLD_PACKET = 2;
const NG_SIMPLE = 3;
const NG_PACKET = 6;
const NG_ORDER = 0x1a2b3c4d;

/**
 * Frames of a capture file.
 *
 * @param bytes  the file, a Uint8Array.
 * @return an iterator of {number, time, linktype, bytes, length}: time is a BigInt in
 *         nanoseconds since 1970, bytes a view of the file, length that on the wire.
 *         It throws a CaptureError where the file is broken.
 */
export function readCapture(bytes) {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    if (bytes.length < 4)
        throw new CaptureError(bytes.length ? 'the file has less than 4 bytes'
            : 'the file is empty');
    const magic = view.getUint32(0, true);
    if (magic === NG_SECTION)
        return readPcapng(bytes, view);
    if (CLASSIC.has(magic))
        return readPcap(bytes, view, CLASSIC.get(magic));
    for (const [start, why] of OTHERS) {
        if (start.every((byte, i) => bytes[i] === byte))
            throw new CaptureError(`no capture file: ${why}`);
    }
    throw new CaptureError('no capture file: it begins neither as pcap nor as pcapng');
}

function checkCaptured(captured, offset, frames) {
    if (captured > FRAME_MOST) {
        throw new CaptureError(`a frame of ${captured} bytes, more than ` +
            `${FRAME_MOST}`, offset, frames);
    }
}

const inRange = (time) => (time < 0n ? 0n : time > U64 ? U64 : time);

// ---- pcap ----

function* readPcap(bytes, view, { little, unit, header }) {
    if (bytes.length < 24)
        throw new CaptureError('the file header ends early', 0, 0);
    const major = view.getUint16(4, little), minor = view.getUint16(6, little);
    if (major !== 2 || minor < 3 || minor > 4)
        throw new CaptureError(`version ${major}.${minor} is not known`, 4, 0);
    const linktype = view.getUint32(20, little) & 0x03ffffff; // FCS bits above
    // What is beyond the file's own limit libpcap leaves out; 0 is none.
    const most = view.getUint32(16, little) || FRAME_MOST;
    let number = 0;
    for (let at = 24; at < bytes.length;) {
        if (bytes.length - at < header)
            throw new CaptureError('a record header ends early', at, number);
        let captured = view.getUint32(at + 8, little);
        let length = view.getUint32(at + 12, little);
        if (minor < 4 && captured > length) // some programs had them swapped
            [captured, length] = [length, captured];
        checkCaptured(captured, at, number);
        if (bytes.length - at - header < captured) {
            throw new CaptureError(`a frame of ${captured} bytes, of which ` +
                `${bytes.length - at - header} are there`, at, number);
        }
        // A fraction below 0 is a fault, which some programs make.
        const time = BigInt(view.getUint32(at, little)) * SECOND +
            BigInt(view.getInt32(at + 4, little)) * unit;
        at += header;
        yield { number: ++number, time: inRange(time), linktype, length,
            bytes: bytes.subarray(at, at + Math.min(captured, most)) };
        at += captured;
    }
}

// ---- pcapng ----

// How many nanoseconds a unit of time has, as a fraction.
function resolution(byte) {
    const power = BigInt(byte & 0x7f);
    return { top: SECOND, bottom: (byte & 0x80 ? 2n : 10n) ** power };
}

function* options(view, at, end, little) {
    while (end - at >= 4) {
        const code = view.getUint16(at, little);
        const len = view.getUint16(at + 2, little);
        at += 4;
        if (code === 0 || len > end - at)
            return;
        yield { code, len, at };
        at += len + (4 - len % 4) % 4;
    }
}

function readInterface(view, at, end, little) {
    const found = { linktype: view.getUint16(at, little), offset: 0n,
        snaplen: view.getUint32(at + 4, little), ...resolution(6) };
    for (const option of options(view, at + 8, end, little)) {
        if (option.code === 9 && option.len === 1)
            Object.assign(found, resolution(view.getUint8(option.at)));
        else if (option.code === 14 && option.len === 8)
            found.offset = view.getBigInt64(option.at, little) * SECOND;
    }
    return found;
}

function timeOf(where, high, low) {
    const units = BigInt(high) << 32n | BigInt(low);
    const time = units * where.top / where.bottom + where.offset;
    return inRange(time);
}

// Where the fields of a block with a packet are, from its body on.
const PACKETS = {
    [NG_PACKET]: { face: (v, at, l) => v.getUint32(at, l), fixed: 20 },
    [NG_OLD_PACKET]: { face: (v, at, l) => v.getUint16(at, l), fixed: 20 },
};

function readPacket(state, type, at, end) {
    const { view, little, interfaces, number } = state;
    const fail = (why) => new CaptureError(why, at - 8, number);
    const simple = type === NG_SIMPLE;
    const fixed = simple ? 4 : PACKETS[type].fixed;
    if (end - at < fixed)
        throw fail('a packet block ends early');
    const id = simple ? 0 : PACKETS[type].face(view, at, little);
    const where = interfaces[id];
    if (!where)
        throw fail(`a packet of interface ${id}, which is not described`);
    const length = view.getUint32(simple ? at : at + 16, little);
    const most = where.snaplen || length;
    const captured = simple ? Math.min(length, most, end - at - 4)
        : view.getUint32(at + 12, little);
    checkCaptured(captured, at - 8, number);
    if (captured > end - at - fixed)
        throw fail(`a frame of ${captured} bytes in a block with less`);
    const time = simple ? 0n
        : timeOf(where, view.getUint32(at + 4, little), view.getUint32(at + 8, little));
    return { number: number + 1, time, linktype: where.linktype, length,
        bytes: state.bytes.subarray(at + fixed, at + fixed + captured) };
}

function startSection(state, at) {
    if (state.bytes.length - at < 28)
        throw new CaptureError('a section header ends early', at, state.number);
    state.little = state.view.getUint32(at + 8, true) === NG_ORDER;
    if (!state.little && state.view.getUint32(at + 8, false) !== NG_ORDER)
        throw new CaptureError('a section without byte order', at, state.number);
    const major = state.view.getUint16(at + 12, state.little);
    if (major !== 1)
        throw new CaptureError(`version ${major} is not known`, at, state.number);
    state.interfaces = [];
}

function blockLength(state, at) {
    const left = state.bytes.length - at;
    const length = state.view.getUint32(at + 4, state.little);
    if (length < 12 || length % 4)
        throw new CaptureError(`a block of ${length} bytes`, at, state.number);
    if (length > left) {
        throw new CaptureError(`a block of ${length} bytes, of which ${left} are ` +
            'there', at, state.number);
    }
    if (state.view.getUint32(at + length - 4, state.little) !== length)
        throw new CaptureError('a block with two lengths', at, state.number);
    return length;
}

function* readPcapng(bytes, view) {
    const state = { bytes, view, little: true, interfaces: [], number: 0 };
    for (let at = 0; at < bytes.length;) {
        if (bytes.length - at < 12)
            throw new CaptureError('a block ends early', at, state.number);
        const section = view.getUint32(at, true) === NG_SECTION;
        if (section)
            startSection(state, at);
        const length = blockLength(state, at);
        const type = view.getUint32(at, state.little);
        const end = at + length - 4;
        if (type === NG_INTERFACE && !section) {
            if (end - at < 16)
                throw new CaptureError('an interface ends early', at, state.number);
            state.interfaces.push(readInterface(view, at + 8, end, state.little));
        } else if (type === NG_PACKET || type === NG_OLD_PACKET ||
                   type === NG_SIMPLE) {
            const frame = readPacket(state, type, at + 8, end);
            state.number++;
            yield frame;
        }
        at += length;
    }
}
