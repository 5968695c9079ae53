// A connection as a picture: what examples/inspect/svg.c draws, as elements that a page
// makes in its document (page.mjs), or a program writes down.

import * as tcp from './tcpseg.mjs';
import { AGAIN, COPY, CUT, LOST, MSL, REFUSED, longSilence, messageLabel, messageNote,
    spanWords, timeWords } from './diagram.mjs';
import { endpointName } from './connections.mjs';

// Pixels.
const RAIL = 10;
const SLOPE = 12; // how much later a segment arrives than it is sent
const NOTE = 14; // more, where something is noted
const SILENCE = 34; // a long one
const STEP = 15; // from state to state of one segment
const BOLD_MOST = 32; // characters above a rail, in bold
const WAIT = 60; // TIME-WAIT, beyond what the capture shows

/** The tool's. */
export const WIDE = { width: 1080, left: 340, right: 740, number: 44, time: 160,
    head: 74, row: 34, label: 58, inside: false };

/** Where things are in a picture of so many pixels. On a telephone the states stand
 *  between the rails. */
export function layoutFor(pixels) {
    const width = Math.min(Math.max(pixels, 280), WIDE.width);
    if (width < 680) {
        return { width, left: 8, right: width - 8, number: 18, time: 60, head: 92,
            row: 66, label: Math.floor((width - 30) / 7), inside: true };
    }
    const left = 250, right = width - 135;
    return { ...WIDE, width, left, right, number: 34, time: 112,
        label: Math.floor((right - left) / 7) };
}

/** Classes of states' bands: from nothing over open to closing. */
const BANDS = ['closed', 'listen', 'opening', 'opening', 'open', 'closing', 'closing',
    'closing', 'last', 'last', 'wait'];

const classOf = (m) => (m.marks & LOST ? 'lost'
    : m.marks & (REFUSED | CUT) ? 'refused'
        : m.marks & (AGAIN | COPY) ? 'again' : '');

/** Draws one diagram, from its beginning to message `most`. */
class Pen {
    constructor(library, diagram, layout, most) {
        this.library = library;
        this.d = diagram;
        this.layout = layout;
        this.most = Math.min(most, diagram.messages.length);
        this.elements = [];
        this.rails = [layout.left, layout.right].map((x, i) => ({ x,
            since: layout.head - 26, state: diagram.begin[i] }));
    }

    put(name, attributes, words) {
        this.elements.push({ name, attributes, words });
    }

    text(x, y, kind, anchor, words) {
        this.put('text', { x, y, class: kind, 'text-anchor': anchor }, words);
    }

    line(x1, y1, x2, y2, kind) {
        this.put('path', { d: `M${x1} ${y1}L${x2} ${y2}`, class: kind });
    }

    // A head at the end of a line, pointing along it.
    head(x, y, dir, kind) {
        this.put('path', { d: `M${x} ${y}l${dir ? 11 : -11} -5v9z`,
            class: kind ? `fill-${kind}` : 'fill' });
    }

    cross(x, y, kind) {
        this.put('path', { d: `M${x - 6} ${y - 6}l12 12m0 -12l-12 12`,
            class: `w ${kind} cross` });
    }

    rect(x, y, width, height, kind) {
        this.put('rect', { x, y, width, height, class: kind });
    }

    // ---- rails: what an end was, from when to when ----

    endBand(rail, y) {
        if (y > rail.since) {
            this.rect(rail.x - RAIL / 2, rail.since, RAIL, y - rail.since,
                `band ${BANDS[rail.state] ?? ''}`);
        }
        rail.since = y;
    }

    state(endpoint, y, { to, sure }) {
        const rail = this.rails[endpoint];
        const outwards = (endpoint === 1) !== this.layout.inside;
        this.text(outwards ? rail.x + RAIL : rail.x - RAIL, y + 4, 'n',
            outwards ? 'start' : 'end', this.library.stateNames[to] + (sure ? '' : '?'));
    }

    // All that a segment did to one end, at the place where it was there. The pixels it
    // takes below.
    moves(endpoint, y, m) {
        const rail = this.rails[endpoint];
        const list = m.moves.filter((move) => move.endpoint === endpoint);
        list.forEach((move, n) => {
            this.endBand(rail, y + n * STEP);
            rail.state = move.to;
            this.state(endpoint, y + n * STEP + (this.layout.inside ? 13 : 0), move);
        });
        return list.length > 1 ? (list.length - 1) * STEP : 0;
    }

    // ---- rows ----

    margin(m, y) {
        const { number, time, inside } = this.layout, words = timeWords(this.d, m.time);
        const anchor = inside ? 'start' : 'end';
        if (inside) {
            this.text(number, y - 18, 't', anchor, m.frame ? `${m.frame}` : '');
            this.text(time, y - 18, 't', anchor, words);
            return;
        }
        this.text(time, y + 4, 't', anchor, words);
        if (m.frame)
            this.text(number, y + 4, 't', anchor, `${m.frame}`);
    }

    wire(m, y) {
        const { left, right, label } = this.layout;
        const start = m.dir ? right - RAIL / 2 - 1 : left + RAIL / 2 + 1;
        let stop = m.dir ? left + RAIL / 2 + 1 : right - RAIL / 2 - 1, end = y + SLOPE;
        const kind = classOf(m);
        if (m.marks & LOST) {
            stop = start + Math.trunc((stop - start) * 4 / 5);
            end = y + Math.trunc(SLOPE * 4 / 5);
        }
        this.line(start, y, stop, end, `w ${kind}`);
        if (m.marks & LOST)
            this.cross(stop, end, kind);
        else if (m.marks & (REFUSED | CUT))
            this.cross(stop + (m.dir ? 8 : -8), end, kind);
        else
            this.head(stop, end, m.dir, kind);
        this.text(this.middle(), y - 4, 'k', 'middle', messageLabel(m, label));
    }

    middle() {
        return Math.trunc((this.layout.left + this.layout.right) / 2);
    }

    // Below the wire, and below states that stand there.
    note(words, y) {
        const { label } = this.layout;
        const cut = words.length > label + 4 ? `${words.slice(0, label + 1)}...` : words;
        this.text(this.middle(), y, 'note', 'middle', cut);
    }

    // Draw a message; what is below it.
    message(m, y) {
        const arrives = m.frame ? y + SLOPE : y;
        let words = '';
        this.margin(m, y);
        if (m.frame) {
            this.wire(m, y);
            words = messageNote(this.library, m);
        }
        const below = [0, 1].map((i) => this.moves(i, i === m.dir ? y : arrives, m));
        let next = y + this.layout.row + Math.max(...below);
        if (words) {
            this.note(words, y + SLOPE + (this.layout.inside && m.moves.length
                ? 28 + Math.max(...below) : 11));
            next += NOTE;
        }
        return next;
    }

    silence(span, y) {
        const { left, right } = this.layout;
        this.line(left + RAIL, y, right - RAIL, y, 'gap');
        this.rect(this.middle() - 55, y - 8, 110, 16, 'paper');
        this.text(this.middle(), y + 4, 't', 'middle', `${spanWords(span)} later`);
        return y + SILENCE;
    }

    // TIME-WAIT, beyond what the capture shows.
    timeWait(y) {
        const words = `2MSL: ${2n * MSL / 1000000000n} s`;
        const { inside } = this.layout;
        let any = false;
        this.rails.forEach((rail, i) => {
            if (this.d.end[i] !== tcp.TIME_WAIT)
                return;
            any = true;
            this.endBand(rail, y);
            this.rect(rail.x - RAIL / 2, y, RAIL, WAIT, 'waiting');
            this.text(i ? rail.x - RAIL : rail.x + RAIL, y + WAIT / 2 + 4, 't',
                i ? 'end' : 'start', words);
            rail.since = y + WAIT;
            rail.state = tcp.CLOSED;
            this.state(i, y + WAIT + (inside ? 4 : 0), { to: tcp.CLOSED, sure: true });
        });
        return any ? y + WAIT + 10 : y;
    }

    // ---- the whole ----

    // Above their rails; a long one as far outwards as there is room. On a telephone
    // one above the other.
    names() {
        const { left, right, head, width, inside } = this.layout;
        for (const i of [0, 1]) {
            const name = endpointName(this.d.flow, i), long = name.length > BOLD_MOST;
            const wide = name.length * (long ? 6.9 : 8.9);
            const x = i ? Math.max(0, Math.min(right - RAIL / 2, width - 2 - wide))
                : Math.max(left + RAIL / 2, Math.min(wide, width));
            this.text(inside ? (i ? width - 2 : 2) : Math.round(x),
                head - 34 - (inside && !i ? 18 : 0), long ? 't' : 'n',
                inside === (i === 1) ? 'end' : 'start', name);
        }
    }

    begin() {
        const { head, inside } = this.layout;
        this.names();
        for (const i of [0, 1]) {
            this.state(i, head - 18 + (inside ? 2 : 0),
                { to: this.d.begin[i], sure: true });
        }
        return head + (inside ? 20 : 0);
    }

    draw() {
        const { d, layout } = this, { messages } = d;
        const silence = longSilence(d);
        let y = this.begin();
        for (let i = 0; i < this.most; i++) {
            const span = i ? messages[i].time - messages[i - 1].time : 0n;
            if (span >= silence)
                y = this.silence(span, y - 4 - (layout.inside ? 14 : 0)) + 4 +
                    (layout.inside ? 14 : 0);
            y = this.message(messages[i], y);
        }
        y -= Math.trunc(layout.row / 2);
        if (this.most === messages.length)
            y = this.timeWait(y);
        for (const rail of this.rails)
            this.endBand(rail, y + 4);
        return { elements: this.elements, width: layout.width, height: y + 20 };
    }
}

/**
 * Draw a connection.
 *
 * @param library  for the names of states, verdicts and checks.
 * @param diagram  of a Collector, settled.
 * @param layout   of layoutFor().
 * @param most     messages to draw; the rest is left out.
 *
 * @return {elements, width, height}: elements are {name, attributes, words}.
 */
export function drawDiagram(library, diagram, layout, most = Infinity) {
    return new Pen(library, diagram, layout, most).draw();
}

/** What the lines of a diagram mean, where there are such: [class, words]. */
export function legend(d) {
    const marks = d.messages.reduce((all, m) => all | m.marks, 0);
    return [[marks & AGAIN, 'again', 'sent again'],
        [marks & LOST, 'lost', 'lost on its way'],
        [marks & (REFUSED | CUT), 'refused', 'refused by its receiver'],
        [d.guesses, '', '?: inferred, no segment proves it yet'],
    ].filter(([there]) => there).map(([, kind, words]) => [kind, words]);
}
