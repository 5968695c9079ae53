// From frames to connections: what examples/inspect/track.c and told.c do, in the same
// steps, so that the page numbers and tells connections as tcpseg-inspect does.

import * as tcp from './tcpseg.mjs';
import { CaptureError, readCapture } from './capture.mjs';

const MAX_PROVISIONAL = 8192; // frames of a connection whose verdict is open
const REFUSED_OVER = 60000000000n; // 2MSL after the last of them, it is forgotten
const MOST_REFUSED = 65536;
const HEADER_NUMBERS = 16; // bytes of a header, to its flags

const newSide = () => ({ base: 0, hasBase: false, hasSyn: false, fin: false,
    counters: tcp.noCounters(), data: 0n, gaps: 0, conflicts: 0, notKept: 0,
    dupFrame: 0 }); // dupFrame: the first with its latest ACK

const NOTHING_AGREED = { ecn: 0, fastopen: 0, timestamps: false, sack: false,
    wscale: false };

const newNews = () => ({ changes: [], revisions: [], findings: [], told: [] });

const isEmpty = (news) => !(news.changes.length || news.revisions.length ||
    news.findings.length || news.told.length);

const pairOf = (at) => [at.frame.family,
    ...[`${at.frame.src} ${at.seg.srcPort}`, `${at.frame.dst} ${at.seg.dstPort}`].sort(),
].join(' ');

function isFrom(at, flow, endpoint) {
    const sender = flow.ep[endpoint], receiver = flow.ep[1 - endpoint];
    return sender.address === at.frame.src && sender.port === at.seg.srcPort &&
        receiver.address === at.frame.dst && receiver.port === at.seg.dstPort;
}

const isSamePair = (at, flow) => flow.family === at.frame.family &&
    (isFrom(at, flow, 0) || isFrom(at, flow, 1));

// What became of a connection: filled here, read by outputs.
function newFlow(at) {
    return {
        id: 0n, number: -1, family: at.frame.family,
        ep: [{ address: at.frame.src, port: at.seg.srcPort },
            { address: at.frame.dst, port: at.seg.dstPort }],
        opener: -1, flipped: 0, side: [newSide(), newSide()], provisional: [],
        firstTime: 0n, lastTime: 0n, ended: false,
        why: 0, state: [0, 0], agreed: NOTHING_AGREED, silent: false, refusedAs: null,
        record: null, // what the analysis knew of it at its end
    };
}

const swapped = ([x, y]) => [y, x];

/** Follows the frames of one capture and tells an output of them:
 *
 *      opened(flow, frame), segment(sighting), passed(flow, frame, news),
 *      ended(flow, frame); each may be missing.
 *
 *  A sighting has the frame, its answer (seg, report), flow, dir and news, the latter
 *  being what the library told: changes, revisions, findings, told (of the streams). */
export class Tracker {
    constructor(library, output) {
        this.library = library;
        this.output = output;
        this.flows = new Map(); // by the library's ids
        this.refused = new Map(); // by addresses and ports
        this.open = new Set(); // in the order they began
        this.totals = { frames: 0, segments: 0, datagrams: 0, others: 0,
            connections: 0, badChecksums: 0, icmpErrors: 0, noPlace: 0 };
        this.own = { flow: null, news: newNews() };
        this.other = { flow: null, news: newNews() };
        this.at = null;
        this.fresh = null;
        this.last = null;
        this.why = 0;
    }

    feed(frame) {
        this.totals.frames++;
        this.last = frame;
        this.passTime();
        const what = this.library.feed(frame);
        if (what === tcp.SEGMENT)
            this.segment({ packet: frame, ...this.library.answer() });
        else if (what === tcp.ICMP)
            this.notice({ packet: frame, ...this.library.answer() });
        else if (what === tcp.DATAGRAM)
            this.totals.datagrams++;
        if (what === tcp.OTHER || what === tcp.ICMP)
            this.totals.others++;
    }

    finish() {
        if (this.last)
            this.passTime();
        for (const flow of [...this.open]) {
            if (flow.ended)
                continue;
            const known = flow.refusedAs === null &&
                this.library.end(flow.id, tcp.END_CAPTURE);
            if (known)
                this.hear();
            else
                this.endRefused(flow);
        }
    }

    tell(name, ...what) {
        this.output[name]?.(...what);
    }

    // ---- segments ----

    segment(sighting) {
        const { seg, report, answer } = sighting;
        this.totals.segments++;
        this.totals.badChecksums += this.library.checksumNames[seg.checksumStatus] === 'bad';
        this.totals.noPlace += answer.result === tcp.ERR_FULL;
        const at = Object.assign(sighting, { dir: 0, flow: null });
        this.fresh = null;
        this.takeUp(at);
        this.hear();
        this.putDown();
        const flow = this.flowAfter(at);
        if (this.fresh && this.own.flow === this.fresh)
            this.clear(this.own); // of a connection that did not begin
        this.fresh = null;
        if (flow) {
            if (flow.flipped)
                Object.assign(report, { state: swapped(report.state),
                    sure: swapped(report.sure) });
            this.keep(flow, at);
        }
        at.flow = flow;
        at.news = this.own.news;
        this.tell('segment', at);
        this.clear(this.own);
    }

    // What later segments and events refer to.
    keep(flow, at) {
        const { seg, report, dir } = at;
        if (report.provisional) {
            if (flow.provisional.length === MAX_PROVISIONAL)
                flow.provisional.splice(0, MAX_PROVISIONAL / 2);
            flow.provisional.push({ frame: at.packet.number, id: report.id, dir });
        }
        flow.lastTime = at.packet.time;
        if (at.analysis.segment && at.analysis.dupAckOf === at.analysis.segment)
            flow.side[dir].dupFrame = at.packet.number;
        this.learnBases(flow, dir, seg, report);
        if (seg.flags & tcp.SYN && (report.verdict < tcp.REJECTED || report.provisional))
            flow.side[dir].hasSyn = true;
    }

    // Relative numbers count from the library's; where it refused a segment before
    // knowing any, from the first number seen.
    learnBases(flow, dir, seg, report) {
        const certain = report.verdict < tcp.REJECTED;
        const set = (side, base) => {
            if (!side.hasBase || certain)
                Object.assign(side, { base: base >>> 0, hasBase: true });
        };
        if (seg.headerCaptured < HEADER_NUMBERS || seg.error)
            return;
        set(flow.side[dir], certain ? seg.seq - report.relSeq
            : seg.seq - (seg.flags & tcp.SYN ? 0 : 1));
        if (seg.flags & tcp.ACK)
            set(flow.side[1 - dir], seg.ack - (certain ? report.relAck : 1));
    }

    flowAfter(at) {
        const { answer } = at;
        let flow;
        if (answer.flags & tcp.BEGUN)
            flow = this.admit(at);
        else if (answer.conn)
            flow = this.flows.get(answer.conn) ?? null;
        else
            return answer.result === tcp.ERR_FULL ? null : this.refuse(at);
        if (flow)
            at.dir = (answer.flags & tcp.REVERSED ? 1 : 0) ^ flow.flipped;
        return flow;
    }

    // For the connection that may begin with the segment at hand.
    freshFlow(at) {
        this.fresh ??= newFlow(at);
        return this.fresh;
    }

    admit(at) {
        const { answer, seg } = at;
        const before = this.findRefused(at);
        if (before)
            return this.acceptRefused(at, before);
        const flow = this.freshFlow(at);
        if (answer.flags & tcp.REVERSED)
            this.flip(flow);
        // Where the answer decides, the SYN was shown under the old connection.
        flow.side[1].hasSyn = this.why === tcp.END_REUSED &&
            (seg.flags & (tcp.SYN | tcp.ACK)) === (tcp.SYN | tcp.ACK);
        this.opened(at, flow);
        this.name(flow, answer.conn);
        return flow;
    }

    opened(at, flow) {
        this.fresh = null;
        flow.number = this.totals.connections++;
        flow.firstTime = at.packet.time;
        if (at.seg.flags & tcp.SYN)
            flow.opener = at.seg.flags & tcp.ACK ? 1 : 0;
        this.open.add(flow);
        this.tell('opened', flow, at.packet);
    }

    name(flow, id) {
        flow.id = id;
        this.flows.set(id, flow);
    }

    // A connection that took the memory of the one before has its endpoints numbered
    // alike; here the sender of the first segment is 0.
    flip(flow) {
        const { news } = this.own;
        flow.flipped = 1;
        const [a, b] = flow.side;
        for (const key of ['data', 'gaps', 'conflicts', 'notKept'])
            [a[key], b[key]] = [b[key], a[key]];
        for (const change of news.changes)
            change.endpoint ^= 1;
        for (const one of [...news.findings, ...news.told])
            one.dir ^= 1;
    }

    // ---- what was refused from its first segment on: for the library no connection,
    // and one here, so that numbers are those of other tools ----

    findRefused(at) {
        const flow = this.refused.size ? this.refused.get(pairOf(at)) : null;
        if (!flow)
            return null;
        if (at.packet.time <= flow.lastTime ||
            at.packet.time - flow.lastTime < REFUSED_OVER)
            return flow;
        this.endRefused(flow);
        return null;
    }

    refuse(at) {
        let flow = this.findRefused(at);
        if (at.report.verdict !== tcp.REJECTED)
            return null;
        if (!flow && this.refused.size < MOST_REFUSED) {
            flow = this.freshFlow(at);
            flow.refusedAs = pairOf(at);
            this.refused.set(flow.refusedAs, flow);
            this.opened(at, flow);
        }
        if (!flow)
            return null;
        at.dir = isFrom(at, flow, 0) ? 0 : 1;
        flow.side[at.dir].counters.segments++;
        flow.side[at.dir].counters.rejected++;
        return flow;
    }

    endRefused(flow) {
        this.refused.delete(flow.refusedAs);
        this.close(flow, tcp.END_CAPTURE);
    }

    // Now it is one of the library, too, whose endpoint 0 is the sender.
    acceptRefused(at, flow) {
        const fresh = this.freshFlow(at);
        if (!isFrom(at, flow, 0))
            this.flip(fresh);
        flow.flipped = fresh.flipped;
        for (let i = 0; i < 2; i++) {
            const { data, gaps, conflicts, notKept } = fresh.side[i];
            Object.assign(flow.side[i], { data, gaps, conflicts, notKept });
        }
        // What was told of the connection is told of this one.
        if (this.own.flow === fresh)
            this.own.flow = flow;
        this.fresh = null;
        this.refused.delete(flow.refusedAs);
        flow.refusedAs = null;
        this.name(flow, at.answer.conn);
        return flow;
    }

    // ---- ICMP ----

    notice(sighting) {
        this.takeUp(sighting);
        this.hear();
        this.putDown();
        const { conn } = sighting.answer;
        const flow = conn ? this.flows.get(conn) : null;
        if (flow) {
            this.totals.icmpErrors++;
            if (!isEmpty(this.own.news))
                this.tell('passed', flow, this.last, this.own.news);
        }
        this.clear(this.own);
    }

    // ---- what the library tells ----

    // Around each call with a segment: what is told of its connection goes with it. Of
    // all others, whose time is over or that give way, it is told at once.
    takeUp(at) {
        this.at = at;
        this.why = 0;
        this.clear(this.own);
    }

    putDown() {
        this.at = null;
        this.tellBook(this.other);
    }

    passTime() {
        this.library.tick(this.last.time, () => this.hear());
        this.tellBook(this.other);
    }

    clear(book) {
        book.flow = null;
        book.news = newNews();
    }

    tellBook(book) {
        if (book.flow && !isEmpty(book.news))
            this.tell('passed', book.flow, this.last, book.news);
        this.clear(book);
    }

    bookOf(id) {
        const flow = this.flows.get(id) ?? (this.at ? this.freshFlow(this.at) : null);
        if (!flow)
            return null;
        const own = this.at && (flow === this.fresh || isSamePair(this.at, flow));
        const book = own ? this.own : this.other;
        if (book.flow !== flow)
            this.tellBook(book);
        book.flow = flow;
        return book;
    }

    hear() {
        if (!this.library.c.web_n_events())
            return;
        for (const event of this.library.events()) {
            const book = this.bookOf(event.conn);
            if (book)
                HEAR[event.type].call(this, book, event);
        }
    }

    onEnd(book, event) {
        const { flow } = book;
        if (flow === this.fresh) { // it found no place
            this.clear(book);
            return;
        }
        if (book === this.own)
            this.why = event.why;
        flow.state = flow.flipped ? [event.newState, event.oldState]
            : [event.oldState, event.newState];
        flow.agreed = event.agreed;
        flow.record = event.record;
        for (let i = 0; i < 2; i++)
            this.count(flow.side[i ^ flow.flipped], event.counters[i], event.flags[i]);
        this.tellBook(book);
        this.close(flow, trueEnd(flow, event));
    }

    // Together with what was refused before the library's connection began.
    count(side, counters, flags) {
        const { segments, rejected } = side.counters;
        side.fin = (flags & tcp.ENDPOINT_FIN) !== 0;
        side.counters = { ...counters, segments: counters.segments + segments,
            rejected: counters.rejected + rejected };
    }

    close(flow, why) {
        flow.why = why;
        flow.ended = true;
        flow.provisional = [];
        this.tell('ended', flow, this.last);
        this.open.delete(flow);
        if (this.flows.get(flow.id) === flow)
            this.flows.delete(flow.id);
    }
}

// Whoever gives way when all was over has ended in its own way.
function trueEnd(flow, { why, flags }) {
    if (why !== tcp.END_EVICTED)
        return why;
    if (flags[0] & flags[1] & tcp.ENDPOINT_FIN_ACKED)
        return tcp.END_CLOSED;
    return flow.state[0] === tcp.CLOSED && flow.state[1] === tcp.CLOSED
        ? tcp.END_RESET : why;
}

function onState({ flow, news }, event) {
    news.changes.push({ time: event.now, endpoint: event.endpoint ^ flow.flipped,
        oldState: event.oldState, newState: event.newState, sure: event.sure });
}

// All frames whose verdict had this id.
function onRevise({ flow, news }, event) {
    const settled = (p) => p.id === event.id && p.dir === (event.dir ^ flow.flipped);
    for (const p of flow.provisional.filter(settled)) {
        news.revisions.push({ frame: p.frame, checks: event.checks,
            verdict: event.verdict });
    }
    flow.provisional = flow.provisional.filter((p) => !settled(p));
}

function onFinding({ flow, news }, event) {
    let check = 0;
    while (check < 63 && !(event.checks >> BigInt(check) & 1n))
        check++;
    if (event.why === tcp.FINDING_SILENCE)
        flow.silent = true;
    news.findings.push({ dir: event.dir ^ flow.flipped, why: event.why, check,
        count: event.len });
}

function onStream({ flow, news }, event) {
    const dir = event.dir ^ flow.flipped, side = flow.side[dir];
    side.data += event.type === tcp.EV_DATA ? BigInt(event.len) : 0n;
    side.gaps += event.type === tcp.EV_GAP && event.len > 0;
    side.conflicts += event.type === tcp.EV_OVERLAP;
    side.notKept += event.type === tcp.EV_NOT_KEPT;
    news.told.push({ type: event.type, dir, why: event.why, winner: event.winner,
        len: event.len, offset: event.offset });
}

const HEAR = {
    [tcp.EV_STATE]: onState, [tcp.EV_DATA]: onStream, [tcp.EV_GAP]: onStream,
    [tcp.EV_OVERLAP]: onStream, [tcp.EV_NOT_KEPT]: onStream,
    [tcp.EV_FINDING]: onFinding, [tcp.EV_REVISE]: onRevise,
    [tcp.EV_END](book, event) {
        this.onEnd(book, event);
    },
};

/** "10.0.0.1:80" or "[2001:db8::1]:80" */
export function endpointName(flow, endpoint) {
    const { address, port } = flow.ep[endpoint];
    return flow.family === 6 ? `[${address}]:${port}` : `${address}:${port}`;
}

/** Numbers of the checks of a mask: the one named first, then by severity. */
export function eachCheck(library, checks, top) {
    const list = [];
    for (let i = 0; i < library.checkNames.length; i++) {
        if (checks >> BigInt(i) & 1n)
            list.push(i);
    }
    const rank = (i) => (i === top ? 100 : library.checkSeverity(i));
    return list.sort((a, b) => rank(b) - rank(a) || a - b);
}

/**
 * Follow a whole capture file, a piece at a time.
 *
 * @param library  a Library of its own.
 * @param bytes    the file.
 * @param output   see Tracker.
 * @param options  checksums: verify them (default true); pieces: how many frames at a
 *                 time; between(read): awaited between pieces, ends it all if it throws.
 *
 * @return {tracker, error}: the CaptureError that ended it early, or null. Anything else
 *         that goes wrong is thrown.
 */
export async function follow(library, bytes, output, options = {}) {
    const { checksums = true, pieces = 4096, between } = options;
    const tracker = new Tracker(library, output);
    let error = null;
    library.begin(bytes.length, checksums);
    try {
        for (const frame of readCapture(bytes)) {
            if (!library.knowsLink(frame.linktype)) {
                throw new CaptureError(`link type ${frame.linktype} is not supported`,
                    frame.bytes.byteOffset - bytes.byteOffset, frame.number - 1);
            }
            tracker.feed(frame);
            if (between && frame.number % pieces === 0)
                await between(frame.bytes.byteOffset - bytes.byteOffset);
        }
    } catch (caught) {
        if (caught.name !== 'CaptureError')
            throw caught;
        error = caught;
    }
    tracker.finish();
    return { tracker, error };
}
