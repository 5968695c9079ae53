// What tcpseg-inspect --json prints of a capture, from the page's modules: the same
// objects with the same members, but for the options of a segment and a part of what
// was agreed on, which the page does not have.
import { eachCheck } from '../../examples/web/connections.mjs';
import * as tcp from '../../examples/web/tcpseg.mjs';

const DIRECTIONS = ['ab', 'ba'];
const FLAGS = 'RRReCEUAPRSF'; // bit 11 first
const TOLD = { [tcp.EV_DATA]: 'data', [tcp.EV_GAP]: 'gap', [tcp.EV_OVERLAP]: 'overlap',
    [tcp.EV_NOT_KEPT]: 'not-kept' };
const FINDINGS = ['seen', 'silence', 'disputed'];
const ECN = ['none', 'offered', 'classic', 'accurate'];

const time = (ns) => `${ns / 1000000000n}.${String(ns % 1000000000n).padStart(9, '0')}`;

const flagsOf = (flags) => [...FLAGS].map((c, i) => (flags >> 11 - i & 1 ? c : '.'))
    .join('');

const MEMBERS = { new_bytes: 'newBytes', retransmissions: 'resentSegments',
    resent_bytes: 'resentBytes', queued: 'queued', rejected: 'rejected',
    malformed: 'malformed', captured_twice: 'capturedTwice',
    duplicate_acks: 'duplicateAcks', challenge_acks: 'challengeAcks',
    keep_alives: 'keepAlives', window_probes: 'windowProbes',
    zero_windows: 'zeroWindows', icmp_errors: 'icmpErrors',
    in_flight_max: 'inFlightMax', rtt_samples: 'rttSamples' };
const RTTS = { rtt_handshake_ms: 'rttHandshake', rtt_min_ms: 'rttMin',
    rtt_ms: 'rttSmoothed', rtt_last_ms: 'rttLast' };

function counters({ counters: c, fin }) {
    const all = { segments: c.segments, bytes: c.newBytes, fin };
    for (const [key, name] of Object.entries(MEMBERS))
        all[key] = c[name];
    if (c.windowMax)
        Object.assign(all, { window_min: c.windowMin, window_max: c.windowMax });
    if (c.pathMtu)
        all.path_mtu = c.pathMtu;
    for (const [key, name] of Object.entries(RTTS)) {
        if (c[name])
            all[key] = Number((c[name] / 1e6).toFixed(6));
    }
    return all;
}

const ms = (ns) => Number((ns / 1e6).toFixed(6));

// What is 0 is not told.
const told = (members) => Object.fromEntries(Object.entries(members)
    .filter(([, value]) => value));

function analysis(library, { analysis: a, flow, dir }) {
    const of = (from, to) => library.analysisNames.filter((name, i) =>
        i >= from && i < to && a.flags >> BigInt(i) & 1n);
    return { analysis: of(0, tcp.FIRST_SEEN), seen: of(tcp.FIRST_SEEN, 64),
        ...told({ dup_ack_num: a.dupAckNum,
            dup_ack_frame: a.dupAckNum && flow && flow.side[dir].dupFrame,
            bytes_in_flight: a.bytesInFlight, push_bytes: a.pushBytes,
            rto_ms: ms(a.rto), ack_rtt_ms: ms(a.ackRtt),
            initial_rtt_ms: ms(a.initialRtt) }),
        ...a.segment && { completeness: a.completeness } };
}

function record(library, a) {
    return { completeness: a?.completeness ?? 0, history: a?.history ?? '',
        conn_state: library.zeekStateNames[a?.zeekState ?? 0],
        ...told({ initial_rtt_ms: ms(a?.initialRtt ?? 0) }) };
}

/** An output for Tracker that adds an object to lines for each line of the tool. */
export function transcript(library, lines) {
    const start = (ev, flow, frame, t, rest) => lines.push({ ev,
        conn: flow ? flow.number : null, frame: frame.number, t: time(t), ...rest });
    const reasons = (checks, top) => eachCheck(library, checks, top)
        .map((check) => library.checkNames[check]);
    const endpoint = (flow, i) => ({ ip: flow.ep[i].address, port: flow.ep[i].port });

    function header({ seg, report, frame }) {
        const known = (least, value) => (seg.headerCaptured >= least ? value : null);
        return {
            sport: known(2, seg.srcPort), dport: known(4, seg.dstPort),
            ipid: frame.family === 4 ? frame.ipId : null,
            seq: known(8, seg.seq), ack: known(12, seg.ack),
            flags: known(14, flagsOf(seg.flags)), hdr_len: known(13, seg.dataOffset * 4),
            win: known(16, seg.wnd),
            win_scaled: report.verdict === tcp.MALFORMED ? null : report.wndScaled,
            csum: known(18, seg.checksum), urg: known(20, seg.up),
            len: seg.error ? null : known(13, seg.payloadLen),
            cap_len: seg.payloadCaptured,
        };
    }

    function news(flow, frame, { changes, told, findings, revisions }) {
        for (const c of changes) {
            start('state', flow, frame, c.time, { ep: 'ab'[c.endpoint],
                old: library.stateNames[c.oldState], new: library.stateNames[c.newState],
                sure: c.sure });
        }
        for (const s of told) {
            start(TOLD[s.type], flow, frame, frame.time, { dir: DIRECTIONS[s.dir],
                off: Number(s.offset), len: s.len,
                ...s.type === tcp.EV_GAP && { why: library.gapNames[s.why] },
                ...s.type === tcp.EV_OVERLAP && { winner: s.winner ? 'new' : 'old' },
                ...s.type === tcp.EV_DATA && s.why === 1 && { urgent: true } });
        }
        for (const f of findings) {
            start('finding', flow, frame, frame.time, { dir: DIRECTIONS[f.dir],
                why: FINDINGS[f.why], check: library.checkNames[f.check],
                severity: library.severityNames[library.checkSeverity(f.check)],
                count: f.count || null });
        }
        for (const r of revisions) {
            start('revise', flow, frame, frame.time, { of: r.frame,
                verdict: library.verdictNames[r.verdict],
                reasons: reasons(r.checks, 255) });
        }
    }

    return {
        opened(flow, frame) {
            start('conn', flow, frame, frame.time, { a: endpoint(flow, 0),
                b: endpoint(flow, 1), opener: 'ab'[flow.opener] ?? null,
                assumed: flow.opener < 0 });
        },
        segment(at) {
            const { flow, report, seg, packet } = at;
            const defects = library.defectNames.filter((name, i) =>
                seg.defects >> BigInt(i) & 1n);
            start('seg', flow, packet, packet.time, { dir: DIRECTIONS[at.dir],
                ...header(at), defects,
                checksum: library.checksumNames[seg.checksumStatus],
                verdict: library.verdictNames[report.verdict],
                provisional: report.provisional,
                severity: library.severityNames[report.severity],
                advice: library.adviceNames[report.advice],
                reasons: reasons(report.checks, report.topCheck), ...analysis(library, at),
                state_a: flow ? library.stateNames[report.state[0]] : null,
                state_b: flow ? library.stateNames[report.state[1]] : null });
            if (flow)
                news(flow, packet, at.news);
        },
        passed(flow, frame, what) {
            news(flow, frame, what);
        },
        ended(flow, frame) {
            const sums = (side) => ({ ...counters(side), delivered: Number(side.data),
                gaps: side.gaps, conflicts: side.conflicts, not_kept: side.notKept });
            start('end', flow, frame, frame.time, { why: library.endNames[flow.why],
                state_a: library.stateNames[flow.state[0]],
                state_b: library.stateNames[flow.state[1]],
                ...record(library, flow.record),
                agreed: flow.agreed && { ecn: ECN[flow.agreed.ecn],
                    timestamps: flow.agreed.timestamps, sack: flow.agreed.sack,
                    wscale: flow.agreed.wscale },
                ab: sums(flow.side[0]), ba: sums(flow.side[1]) });
        },
    };
}
