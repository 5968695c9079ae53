// What a picture of a connection is made of, as examples/inspect/diagram.c has it: its
// segments in the order of the capture, the states they move its ends to, and what later
// frames tell of earlier ones.

import * as tcp from './tcpseg.mjs';
import { eachCheck, endpointName } from './connections.mjs';

/** What became of a segment: bits of message.marks. */
export const AGAIN = 1, LOST = 2, EARLY = 4, REFUSED = 8, COPY = 16, CUT = 32;

export const MSL = 30000000000n;
const MESSAGES_MOST = 200000; // of a connection,
const ALL_MOST = 500000; // and of all
const NONE = Object.freeze([]); // most segments move nobody
const MOVES_MOST = 6;

const CAPTURE_DUPLICATE = 34, KEEP_ALIVE = 31, WINDOW_PROBE = 32, OLD_SEQUENCE = 0,
    SYN_REPEATED = 23;
const has = (checks, check) => (checks >> BigInt(check) & 1n) === 1n;

function marksOf(m) {
    const numbers = m.len || m.flags & (tcp.SYN | tcp.FIN);
    if (has(m.checks, CAPTURE_DUPLICATE))
        return COPY;
    switch (m.verdict) {
    case tcp.QUEUED:
        return EARLY;
    case tcp.DUPLICATE:
    case tcp.TRIMMED:
        return numbers && !has(m.checks, KEEP_ALIVE) ? AGAIN : 0;
    case tcp.REJECTED:
        return REFUSED;
    case tcp.MALFORMED:
        return CUT;
    default:
        return 0;
    }
}

/** The output for a Tracker that collects diagrams, in the order of connections. */
export class Collector {
    constructor() {
        this.diagrams = [];
        this.origin = null;
        this.kept = 0;
    }

    diagramOf(flow) {
        return this.diagrams[flow.number] ??= { flow, number: flow.number,
            origin: this.origin, begin: [tcp.CLOSED, tcp.CLOSED],
            end: [tcp.CLOSED, tcp.CLOSED], timeWait: 0n, guesses: false,
            messages: [], provisional: new Map(), leftOut: 0, settled: false };
    }

    opened(flow, frame) {
        this.origin ??= frame.time;
        this.diagramOf(flow);
    }

    messageNew(d, message) {
        if (d.messages.length === MESSAGES_MOST || this.kept === ALL_MOST) {
            d.leftOut++;
            return null;
        }
        this.kept++;
        d.messages.push(message);
        return message;
    }

    addMoves(d, m, changes, time) {
        for (const c of changes) {
            const move = { endpoint: c.endpoint, from: c.oldState, to: c.newState,
                sure: c.sure };
            d.end[move.endpoint] = move.to;
            d.guesses ||= !move.sure;
            if (move.to === tcp.TIME_WAIT)
                d.timeWait = time;
            if (m && m.moves.length < MOVES_MOST)
                m.moves = [...m.moves, move];
        }
    }

    segment(at) {
        const { flow, seg, report, packet, dir } = at;
        this.origin ??= packet.time;
        if (!flow)
            return;
        const d = this.diagramOf(flow);
        const m = this.messageNew(d, messageOf(at));
        this.addMoves(d, m, at.news.changes, packet.time);
        if (m && report.provisional)
            d.provisional.set(m.frame, m);
        if (d.end[1 - dir] === tcp.TIME_WAIT && seg.flags & tcp.FIN &&
            report.verdict <= tcp.DUPLICATE)
            d.timeWait = packet.time; // RFC 9293 section 3.6.1: anew
        this.revise(d, at.news.revisions);
    }

    // Changes that no segment made: a row without an arrow.
    passed(flow, frame, news) {
        const d = this.diagramOf(flow);
        this.revise(d, news.revisions);
        if (!news.changes.length)
            return;
        const { time } = news.changes[0];
        const m = this.messageNew(d, { frame: 0, time, dir: 0, checks: 0n, marks: 0,
            moves: NONE });
        this.addMoves(d, m, news.changes, time);
    }

    // The page's table shows the verdicts that stand; the picture, as the tool's does,
    // those at first.
    revise(d, revisions) {
        for (const r of revisions) {
            const m = d.provisional.get(r.frame);
            d.provisional.delete(r.frame);
            if (m)
                m.revised = { verdict: r.verdict, checks: r.checks };
        }
    }
}

function messageOf({ flow, seg, report, packet, dir, analysis }) {
    const [own, other] = [flow.side[dir], flow.side[1 - dir]];
    const from = (n, side) => (n - (side.hasBase ? side.base : 0)) >>> 0;
    const m = { frame: packet.number, time: packet.time, dir, moves: NONE,
        verdict: report.verdict, checks: report.checks, top: report.topCheck,
        revised: null, seen: analysis.flags,
        flags: seg.flags, seq: from(seg.seq, own), ack: from(seg.ack, other),
        len: seg.payloadLen, wnd: report.wndScaled,
        mss: seg.present & tcp.HAS_MSS ? seg.mss : 0,
        wscale: seg.present & tcp.HAS_WSCALE ? seg.wscale + 1 : 0,
        sack: seg.sack && seg.sack.map((n) => (n - other.base) >>> 0), marks: 0 };
    m.marks = marksOf(m);
    return m;
}

// ---- what later frames tell ----

const endOf = (m) => (m.seq + m.len + !!(m.flags & tcp.SYN) + !!(m.flags & tcp.FIN)) >>> 0;

const before = (a, b) => (a - b) >>> 0 > 0x7fffffff;

// Whether its peer has told that it has it: an ACK that covers it, or a block.
function tellsOf(answer, m) {
    const end = endOf(m), [left, right] = answer.sack ?? [0, 0];
    if (answer.dir === m.dir || !(answer.flags & tcp.ACK))
        return false;
    return !before(answer.ack, end) ||
        (right !== left && !before(m.seq, left) && !before(right, end));
}

// A block that reports it as come twice (RFC 2883): neither of the two was lost.
function tellsTwice(answer, m) {
    const [left, right] = answer.sack ?? [0, 0];
    return answer.dir !== m.dir && right !== left && before(left, answer.ack) &&
        !before(m.seq, left) && before(m.seq, right);
}

// Whether it sends the first of m's numbers once more.
const repeats = (n, m) => n.dir === m.dir && n.marks & AGAIN && !before(m.seq, n.seq) &&
    before(m.seq, endOf(n));

// Lost is what was sent again before anything told of it, and of which nothing tells
// later that it came twice.
function isLost(messages, i) {
    const AHEAD = 1000; // a few windows
    const m = messages[i];
    let again = false;
    for (let k = i + 1; k < messages.length && k < i + AHEAD; k++) {
        const n = messages[k];
        if (!n.frame || n.marks & (COPY | REFUSED | CUT))
            continue;
        if (tellsTwice(n, m) || (!again && tellsOf(n, m)))
            return false;
        again ||= Boolean(repeats(n, m));
    }
    return again;
}

/** Mark what later frames show to be lost; once, when a diagram is complete. */
export function settle(d) {
    if (d.settled)
        return;
    d.settled = true;
    d.messages.forEach((m, i) => {
        if (m.frame && endOf(m) !== m.seq && !(m.marks & (REFUSED | COPY | CUT)) &&
            isLost(d.messages, i))
            m.marks |= LOST;
    });
}

// ---- words ----

const FLAG_NAMES = [[1, 'FIN'], [2, 'SYN'], [4, 'RST'], [8, 'PSH'], [16, 'ACK'],
    [32, 'URG'], [64, 'ECE'], [128, 'CWR'], [256, 'AE']];

/** Flags as the field writes them, in Wireshark's order. */
export function flagWords(flags) {
    const list = FLAG_NAMES.filter(([bit]) => flags & bit).map(([, name]) => name);
    return `[${list.join(', ') || '<None>'}]`;
}

const FIELDS = {
    flags: (m) => flagWords(m.flags),
    seq: (m) => ` Seq=${m.seq}`,
    ack: (m) => (m.flags & tcp.ACK ? ` Ack=${m.ack}` : ''),
    win: (m) => ` Win=${m.wnd}`,
    len: (m) => (m.len ? ` Len=${m.len}` : ''),
    mss: (m) => (m.mss ? ` MSS=${m.mss}` : ''),
    wscale: (m) => (m.wscale ? ` WS=${1 << Math.min(m.wscale - 1, 14)}` : ''),
    sack: (m) => (m.sack && m.sack[0] !== m.sack[1]
        ? ` SLE=${m.sack[0]} SRE=${m.sack[1]}` : ''),
};
// What goes first when it is too long: of a bare ACK other things count.
const SENDS = ['win', 'wscale', 'mss', 'sack', 'ack', 'len', 'seq'];
const ACKS = ['win', 'wscale', 'mss', 'seq', 'sack', 'len', 'ack'];

/** The label of a segment, in Wireshark's words: as many of them as fit. */
export function messageLabel(m, columns) {
    const words = new Map(Object.entries(FIELDS).map(([key, make]) => [key, make(m)]));
    const drop = endOf(m) === m.seq && m.flags & tcp.ACK ? ACKS : SENDS;
    const text = () => [...words.values()].join('');
    for (const key of drop) {
        if (text().length <= columns)
            break;
        words.delete(key);
    }
    return text();
}

const NOTES = [[COPY, 'the same packet, captured twice'], [AGAIN, 'sent again'],
    [LOST, 'lost'], [EARLY, 'ahead of a hole']];
const TOLD = [CAPTURE_DUPLICATE, OLD_SEQUENCE, SYN_REPEATED, KEEP_ALIVE, WINDOW_PROBE]
    .reduce((mask, check) => mask | 1n << BigInt(check), 0n);
// What the capture proves of it and a mark does not say: include/tcpseg/analysis.h.
const SEEN = [[35, 'as asked for'], [37, 'though acknowledged'], [39, 'overtaken'],
    [40, 'first copy lost before'], [44, 'came twice'],
    [41, 'acknowledges what was not captured'], [45, 'keep-alive'], [46, 'still there'],
    [47, 'window probe'], [48, 'still closed'], [49, 'window closed'],
    [50, 'window open again'], [52, 'window full'], [42, 'asks again']];

/** What is worth a word besides: "sent again", "rejected: rst-inexact". */
export function messageNote(library, m) {
    const names = (checks, top) => eachCheck(library, checks, top)
        .map((check) => library.checkNames[check]).join(', ');
    const parts = NOTES.filter(([mark]) => m.marks & mark).map(([, words]) => words);
    parts.push(...SEEN.filter(([bit]) => has(m.seen, bit)).map(([, words]) => words));
    if (m.marks & (REFUSED | CUT)) {
        parts.push(library.verdictNames[m.verdict]);
        const reasons = names(m.checks, m.top);
        return parts.join(', ') + (reasons && `: ${reasons}`);
    }
    if (m.checks & ~TOLD)
        parts.push(names(m.checks & ~TOLD, 255));
    return parts.join(', ');
}

/** A time span in the unit that suits it. */
export function spanWords(ns) {
    const n = Number(ns);
    if (n >= 1e10)
        return `${(n / 1e9).toFixed(1)} s`;
    if (n >= 1e9)
        return `${(n / 1e9).toFixed(3)} s`;
    return n >= 1e6 ? `${(n / 1e6).toFixed(0)} ms` : `${(n / 1e3).toFixed(0)} us`;
}

/** Seconds since the capture's first frame. */
export function timeWords(d, time) {
    const us = (time > d.origin ? time - d.origin : 0n) / 1000n;
    return `${us / 1000000n}.${String(us % 1000000n).padStart(6, '0')}`;
}

/** From how long a silence on it is marked: a tenth of a second, or more where most
 *  silences are that long. */
export function longSilence(d) {
    const LEAST = 100000000n;
    const spans = [];
    for (let i = 1; i < d.messages.length; i++) {
        const span = d.messages[i].time - d.messages[i - 1].time;
        if (span > 0n)
            spans.push(span);
    }
    spans.sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
    const typical = spans.length ? 4n * spans[spans.length >> 1] : 0n;
    return typical > LEAST ? typical : LEAST;
}

// ---- a connection in one line ----

// What is counted as trouble, and how much of it: what is wrong with the bytes weighs
// more than what only took time. examples/inspect/print_table.c has the same.
const TROUBLES = [
    [20, 'conflict', 'conflicts', (s) => s.conflicts],
    [10, 'gap', 'gaps', (s) => s.gaps],
    [10, 'not kept', 'not kept', (s) => s.notKept],
    [10, 'RST in doubt', 'RST in doubt', (s, f, dir) => dir === 0 && f.silent],
    [10, 'malformed', 'malformed', (s) => s.counters.malformed],
    [5, 'rejected', 'rejected', (s) => s.counters.rejected],
    [5, 'ICMP error', 'ICMP errors', (s) => s.counters.icmpErrors],
    [5, 'one side alone', 'one side alone', (s, f, dir) => dir === 0 &&
        !f.side[0].counters.segments !== !f.side[1].counters.segments],
    [4, 'reset', 'reset', (s, f, dir) => dir === 0 && f.why === tcp.END_RESET],
    [3, 'closed window', 'closed windows', (s) => s.counters.zeroWindows],
    [2, 'resent', 'resent', (s) => s.counters.resentSegments],
    [2, 'challenge ACK', 'challenge ACKs', (s) => s.counters.challengeAcks],
    [1, 'out of order', 'out of order', (s) => s.counters.queued],
    [1, 'window probe', 'window probes', (s) => s.counters.windowProbes],
];

/** {words, points}: what was wrong with a connection that has ended. */
export function troubles(flow) {
    const found = TROUBLES.map(([points, one, many, count]) => {
        const n = Number(count(flow.side[0], flow, 0)) +
            Number(count(flow.side[1], flow, 1));
        return { n, points: n * points, words: `${n} ${n === 1 ? one : many}` };
    }).filter(({ n }) => n);
    return { words: found.map(({ words }) => words).join(', '),
        points: found.reduce((sum, { points }) => sum + points, 0) };
}

/** What the two endpoints agreed on. */
export function agreement({ agreed, side }) {
    const parts = [[agreed.wscale, 'window scale'], [agreed.sack, 'SACK'],
        [agreed.timestamps, 'timestamps'], [agreed.ecn === 2, 'classic ECN'],
        [agreed.ecn === 3, 'accurate ECN'],
        [agreed.fastopen === 4, 'Fast Open']].filter(([yes]) => yes);
    return side.some((s) => s.counters.segments) ? parts.map(([, word]) => word) : [];
}

/** "10.0.0.1:4000 → 10.0.0.2:80" */
export function pairWords(flow) {
    return `${endpointName(flow, 0)} → ${endpointName(flow, 1)}`;
}
