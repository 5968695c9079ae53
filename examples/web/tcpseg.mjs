// The library as WebAssembly: loads the module that build.sh makes of lib/ and glue.c,
// and reads its answers. Runs in browsers and in Node.
//
//     const library = await Library.load(bytesOfTheWasmFile);
//     const capture = follow(library, bytesOfACaptureFile);   // connections.mjs
//
// Names are those of the C library; numbers of 64 bits are BigInts.

const U32 = (value) => value >>> 0;

/** Errors of the library, by its own numbers. */
export class LibraryError extends Error {
    constructor(message) {
        super(message);
        this.name = 'LibraryError';
    }
}

// include/tcpseg/conn.h and check.h: numbers that never change.
export const CLOSED = 0, SYN_SENT = 2, ESTABLISHED = 4, TIME_WAIT = 10;
export const ACCEPTED = 0, TRIMMED = 1, QUEUED = 2, DUPLICATE = 3, REJECTED = 4,
    MALFORMED = 5;
export const EV_STATE = 1, EV_DATA = 2, EV_GAP = 3, EV_OVERLAP = 4, EV_FINDING = 5,
    EV_REVISE = 6, EV_END = 7, EV_NOT_KEPT = 8;
export const END_CLOSED = 1, END_RESET = 2, END_REUSED = 4, END_EVICTED = 5,
    END_CAPTURE = 6;
export const FIN = 1, SYN = 2, RST = 4, PSH = 8, ACK = 16;
export const HAS_MSS = 1, HAS_WSCALE = 2;
/** include/tcpseg/analysis.h: where what is proven begins. */
export const FIRST_SEEN = 32;
export const ENDPOINT_FIN = 8, ENDPOINT_FIN_ACKED = 16;
export const REVERSED = 8, BEGUN = 16;
export const FINDING_SILENCE = 1;
export const ERR_ARG = -1, ERR_FULL = -31;
export const LINK_RAW = 101;
/** What a frame was: glue.c. */
export const OTHER = 0, SEGMENT = 1, DATAGRAM = 2, ICMP = 3;

// The structures this file reads, and their sizes: base.h.
const SIZES = [[1, 128, 'tcpseg'], [5, 128, 'tcpseg_frame'], [32, 64, 'tcpconn_event'],
    [33, 64, 'tcpconn_report'], [50, 96, 'tcptable_packet'],
    [36, 456, 'tcpconn_stats'], [39, 96, 'tcpconn_analysis']];
const EVENT_SIZE = 80, COUNTERS_SIZE = 456, ANALYSIS_SIZE = 96;
const ANALYSIS_AT = 360, HISTORY_AT = 64; // in struct web_answer, in tcpconn_analysis
// tcpconn_stats, as summary.h has it: from the first of each size on.
const COUNTERS_64 = ['segments', 'bytes', 'newSegments', 'newBytes', 'resentSegments',
    'resentBytes', 'queued', 'rejected', 'malformed', 'dropped', 'capturedTwice', 'acks',
    'duplicateAcks', 'challengeAcks', 'keepAlives', 'windowProbes', 'zeroWindows',
    'icmpErrors'];
const COUNTERS_32 = ['pathMtu', 'windowMin', 'windowMax', 'inFlight', 'inFlightMax',
    'rttSamples'];
const TIMES = ['rttHandshake', 'rttMin', 'rttSmoothed', 'rttLast'];
const LOCATE_TUNNELS = 1, LOCATE_CHECKSUM = 2;
const CONNECTIONS_MOST = 65536, BLOCKS_MOST = 32768, LEAST_FRAME = 40;

/** Counters of a direction in which nothing was sent. */
export function noCounters() {
    return Object.fromEntries([...COUNTERS_64, ...COUNTERS_32, ...TIMES]
        .map((name) => [name, 0]));
}

function names(count, name) {
    const list = [];
    for (let i = 0; i < count; i++)
        list.push(name(i));
    return list;
}

/** A loaded module. Any number of captures may be followed with it, one after another
 *  or, each with a module of its own (again()), at once. */
export class Library {
    /** @param source  bytes of tcpseg.wasm, or a WebAssembly.Module. */
    static async load(source) {
        const module = source instanceof WebAssembly.Module ? source
            : await WebAssembly.compile(source);
        return new Library(module, await WebAssembly.instantiate(module, {}));
    }

    constructor(module, instance) {
        this.module = module;
        this.c = instance.exports;
        for (const [type, size, name] of SIZES) {
            if (this.c.tcpseg_abi_sizeof(type) !== size)
                throw new LibraryError(`${name} is laid out by another version`);
        }
        this.stateNames = this.names('tcpconn_state_name');
        this.verdictNames = this.names('tcpconn_verdict_name');
        this.checkNames = this.names('tcpconn_check_name');
        this.severityNames = this.names('tcpconn_severity_name');
        this.adviceNames = this.names('tcpconn_advice_name');
        this.checksumNames = this.names('tcpseg_checksum_name');
        this.gapNames = this.names('tcpconn_gap_name');
        this.endNames = this.names('tcpconn_end_name');
        this.analysisNames = this.names('tcpconn_analysis_name');
        this.zeekStateNames = this.names('tcpconn_zeek_state_name');
        this.defectNames = this.names('tcpseg_defect_name');
        this.stopNames = this.names('tcpseg_stop_name');
    }

    /** Another instance of the same module, with memory of its own. */
    again() {
        return Library.load(this.module);
    }

    // ---- memory ----

    // Memory that has grown is another buffer.
    get view() {
        if (!this.cachedView || this.cachedView.buffer !== this.c.memory.buffer) {
            this.cachedView = new DataView(this.c.memory.buffer);
            this.cachedBytes = new Uint8Array(this.c.memory.buffer);
        }
        return this.cachedView;
    }

    get bytes() {
        return this.view && this.cachedBytes;
    }

    /** A C string, or null for a null pointer. */
    string(pointer) {
        let words = '';
        if (!pointer)
            return null;
        for (let at = U32(pointer); this.bytes[at]; at++)
            words += String.fromCharCode(this.bytes[at]);
        return words;
    }

    // All names of a function that has one for each small number, perhaps not for 0.
    names(name) {
        const list = names(64, (i) => this.string(this.c[name](i)));
        while (list.length && list[list.length - 1] === null)
            list.pop();
        return list;
    }

    version() {
        const n = this.c.tcpseg_version();
        return `${n >> 16}.${n >> 8 & 255}.${n & 255}`;
    }

    checkText(check) {
        return this.string(this.c.tcpconn_check_text(check));
    }

    checkRfc(check) {
        return this.string(this.c.tcpconn_check_rfc(check));
    }

    checkSeverity(check) {
        return this.c.tcpconn_check_severity(check);
    }

    knowsLink(linktype) {
        return this.c.web_knows_link(linktype) !== 0;
    }

    // ---- calls ----

    check(result, what) {
        if (result >= 0)
            return result;
        const why = this.string(this.c.tcpseg_strerror(result));
        throw new LibraryError(`${what}: ${why}`);
    }

    /**
     * Begin a capture.
     *
     * @param size       bytes of its file: how much memory to make for it.
     * @param checksums  whether to verify them.
     */
    begin(size, checksums) {
        const most = Math.floor(size / LEAST_FRAME) + 1;
        const seed = crypto.getRandomValues(new BigUint64Array(2));
        this.check(this.c.web_begin(Math.min(most, CONNECTIONS_MOST),
            Math.min(most + 64, BLOCKS_MOST),
            LOCATE_TUNNELS | (checksums ? LOCATE_CHECKSUM : 0), seed[0], seed[1]),
        'memory for the connections');
        this.frame = U32(this.c.web_frame());
        this.frameMost = U32(this.c.web_frame_most());
        this.answerAt = U32(this.c.web_answer());
        this.eventsAt = U32(this.c.web_events());
        this.countersAt = U32(this.c.web_counters());
        this.recordsAt = U32(this.c.web_records());
    }

    /** Follow a frame of readCapture(): what it was. answer() and events() tell more. */
    feed({ bytes, length, linktype, time }) {
        if (bytes.length > this.frameMost)
            throw new LibraryError(`a frame of ${bytes.length} bytes`);
        this.bytes.set(bytes, this.frame);
        return this.check(this.c.web_feed(linktype, bytes.length, length, time),
            'a frame');
    }

    /** Let time pass, and call told() whenever there may be events. */
    tick(time, told) {
        let more;
        do {
            more = this.check(this.c.web_tick(time), 'time');
            if (this.c.web_n_events())
                told();
        } while (more);
    }

    /** End a connection; false if the library has none of this id. */
    end(id, why) {
        return this.c.web_end(id, why) >= 0;
    }

    /** What the library says of the frame fed last. */
    answer() {
        const at = this.answerAt;
        return { answer: this.readPacket(at), report: this.readReport(at + 32),
            seg: this.readSegment(at + 96), frame: this.readFrame(at + 224),
            analysis: this.readAnalysis(at + ANALYSIS_AT) };
    }

    readPacket(at) {
        const v = this.view;
        return { conn: v.getBigUint64(at + 8, true), result: v.getInt32(at + 16, true),
            flags: v.getUint32(at + 20, true) };
    }

    readReport(at) {
        const v = this.view;
        return {
            verdict: v.getInt32(at, true), severity: v.getUint8(at + 4),
            topCheck: v.getUint8(at + 5),
            state: [v.getUint8(at + 6), v.getUint8(at + 7)],
            checks: v.getBigUint64(at + 8, true),
            relSeq: v.getUint32(at + 36, true), relAck: v.getUint32(at + 40, true),
            wndScaled: v.getUint32(at + 44, true), advice: v.getUint8(at + 52),
            provisional: v.getUint8(at + 53) !== 0,
            sure: [v.getUint8(at + 54) !== 0, v.getUint8(at + 55) !== 0],
            id: v.getUint32(at + 56, true),
        };
    }

    readSegment(at) {
        const v = this.view;
        const sack = v.getUint8(at + 51) ? [v.getUint32(at + 64, true),
            v.getUint32(at + 68, true)] : null;
        return {
            srcPort: v.getUint16(at, true), dstPort: v.getUint16(at + 2, true),
            seq: v.getUint32(at + 4, true), ack: v.getUint32(at + 8, true),
            flags: v.getUint16(at + 12, true), wnd: v.getUint16(at + 14, true),
            checksum: v.getUint16(at + 16, true), up: v.getUint16(at + 18, true),
            dataOffset: v.getUint8(at + 20), headerCaptured: v.getUint8(at + 21),
            payloadLen: v.getUint32(at + 24, true),
            payloadCaptured: v.getUint32(at + 28, true),
            present: v.getUint32(at + 32, true), error: v.getInt32(at + 36, true),
            defects: v.getBigUint64(at + 40, true),
            mss: v.getUint16(at + 48, true), wscale: v.getUint8(at + 50), sack,
            checksumStatus: v.getUint8(at + 60),
        };
    }

    readAnalysis(at) {
        const v = this.view, ns = (i) => Number(v.getBigUint64(at + i, true));
        return {
            flags: v.getBigUint64(at, true), ackRtt: ns(8), rto: ns(16),
            initialRtt: ns(24), bytesInFlight: v.getUint32(at + 32, true),
            pushBytes: v.getUint32(at + 36, true),
            dupAckNum: v.getUint32(at + 40, true),
            dupAckOf: v.getUint32(at + 44, true), segment: v.getUint32(at + 48, true),
            completeness: v.getUint8(at + 53), zeekState: v.getUint8(at + 54),
            history: this.string(at + HISTORY_AT),
        };
    }

    readFrame(at) {
        const v = this.view;
        const family = v.getUint8(at + 32);
        return { family, src: this.address(at, family),
            dst: this.address(at + 16, family), stop: v.getUint8(at + 72),
            ipId: v.getUint16(at + 74, true) };
    }

    /** What callbacks were told during the last call, in order. */
    events() {
        if (this.c.web_lost_events())
            throw new LibraryError('more events than there is room for');
        return names(this.c.web_n_events(),
            (i) => this.readEvent(this.eventsAt + EVENT_SIZE * i));
    }

    readEvent(at) {
        const v = this.view, e = at + 8;
        const event = {
            conn: v.getBigUint64(at, true),
            now: v.getBigUint64(e, true), offset: v.getBigUint64(e + 8, true),
            len: v.getUint32(e + 16, true), type: v.getUint8(e + 24),
            dir: v.getUint8(e + 25), endpoint: v.getUint8(e + 26),
            oldState: v.getUint8(e + 27), newState: v.getUint8(e + 28),
            sure: v.getUint8(e + 29) !== 0, why: v.getUint8(e + 30),
            winner: v.getUint8(e + 31), checks: v.getBigUint64(e + 32, true),
            id: v.getUint32(e + 48, true), verdict: v.getUint8(e + 52),
        };
        return event.type === EV_END ? { ...event, ...this.readEnd(at + 72) } : event;
    }

    // What had been agreed on, and the counters of both directions.
    readEnd(at) {
        const v = this.view, index = v.getUint8(at + 7) - 1;
        return {
            agreed: { ecn: v.getUint8(at), fastopen: v.getUint8(at + 1),
                timestamps: v.getUint8(at + 2) !== 0, sack: v.getUint8(at + 3) !== 0,
                wscale: v.getUint8(at + 4) !== 0 },
            flags: [v.getUint8(at + 5), v.getUint8(at + 6)],
            counters: names(2, (dir) => (index < 0 ? noCounters()
                : this.readCounters(this.countersAt +
                    COUNTERS_SIZE * (2 * index + dir)))),
            record: index < 0 ? null
                : this.readAnalysis(this.recordsAt + ANALYSIS_SIZE * index),
        };
    }

    readCounters(at) {
        const v = this.view, counters = {};
        COUNTERS_64.forEach((name, i) => {
            counters[name] = Number(v.getBigUint64(at + 8 * i, true));
        });
        COUNTERS_32.forEach((name, i) => {
            counters[name] = v.getUint32(at + 144 + 4 * i, true);
        });
        TIMES.forEach((name, i) => {
            counters[name] = Number(v.getBigUint64(at + 168 + 8 * i, true));
        });
        return counters;
    }

    address(at, family) {
        if (family === 4)
            return Array.from(this.bytes.subarray(at, at + 4)).join('.');
        return formatIPv6(names(8, (i) => this.view.getUint16(at + 2 * i, false)));
    }
}

/** Eight numbers as RFC 5952 writes an address: the longest run of zeros is "::", and
 *  an IPv4 address inside is written as one. */
export function formatIPv6(words) {
    let run = 0, start = -1;
    for (let i = 0; i < 8; i++) {
        let n = 0;
        while (i + n < 8 && words[i + n] === 0)
            n++;
        if (n > run && n > 1)
            [run, start] = [n, i];
    }
    const hex = (list) => list.map((word) => word.toString(16)).join(':');
    if (start < 0)
        return hex(words);
    if (start === 0 && (run === 6 || (run === 5 && words[5] === 0xffff))) {
        const bytes = [words[6] >> 8, words[6] & 255, words[7] >> 8, words[7] & 255];
        return `::${run === 5 ? 'ffff:' : ''}${bytes.join('.')}`;
    }
    return `${hex(words.slice(0, start))}::${hex(words.slice(start + run))}`;
}
