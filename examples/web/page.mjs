// The page: a file in, connections and their pictures out. What is in a capture is what
// strangers sent; it reaches the document as text and attributes only, never as markup.

import { endpointName, eachCheck, follow } from './connections.mjs';
import { Collector, agreement, flagWords, messageLabel, pairWords, settle, spanWords,
    timeWords, troubles } from './diagram.mjs';
import { drawDiagram, layoutFor, legend } from './svg.mjs';
import { Library, MALFORMED, REJECTED } from './tcpseg.mjs';
import { svgFile } from './save.mjs';

const SVG = 'http://www.w3.org/2000/svg';
const FILE_MOST = 512 * 1024 * 1024; // bytes that browsers hand over at once
const ROWS = 200; // at a time, of connections and of segments,
const MESSAGES = 300; // and in a picture

const $ = (id) => document.getElementById(id);

/** What is shown. */
const shown = { module: null, library: null, list: [], chosen: null, rows: ROWS,
    messages: MESSAGES, segments: ROWS, run: 0 };

// ---- elements ----

function element(name, words, attributes = {}) {
    const made = document.createElement(name);
    if (words !== undefined)
        made.textContent = words;
    for (const [key, value] of Object.entries(attributes))
        made.setAttribute(key, value);
    return made;
}

function drawing(name, attributes, words) {
    const made = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(attributes))
        made.setAttribute(key, value);
    if (words)
        made.textContent = words;
    return made;
}

/** "1,234" with narrow blanks in place of commas, which not all read alike. */
const grouped = (n) => String(n).replace(/\B(?=(\d{3})+$)/g, '\u202f');

const plural = (n, word) => `${grouped(n)} ${word}${n === 1 ? '' : 's'}`;

function say(words) {
    $('status').textContent = words;
}

function complain(words) {
    $('trouble').textContent = words.replace(/\.+$/, '.');
    $('trouble').hidden = !words;
}

/** A line "showing 200 of 1000" with a button for more. */
function offerMore(id, there, all, what, more) {
    const line = $(id);
    line.replaceChildren();
    line.hidden = there >= all;
    if (line.hidden)
        return;
    const button = element('button', `Show ${grouped(Math.min(all - there, ROWS))} more`,
        { type: 'button' });
    button.addEventListener('click', more);
    line.append(element('span', `${grouped(there)} of ${plural(all, what)}`), button);
}

// ---- the list ----

function rowOf(diagram) {
    const { flow } = diagram, { stateNames, endNames } = shown.library;
    const [a, b] = flow.side;
    const span = flow.lastTime > flow.firstTime ? flow.lastTime - flow.firstTime : 0n;
    const trouble = troubles(flow);
    return { diagram, number: flow.number, points: trouble.points,
        bytes: a.counters.newBytes + b.counters.newBytes, trouble: trouble.words,
        pair: pairWords(flow), ended: endNames[flow.why] ?? '',
        states: flow.state.map((state) => stateNames[state]).join(', '),
        seconds: (Number(span) / 1e9).toFixed(3),
        sent: a.counters.newBytes, back: b.counters.newBytes };
}

const rowText = (row) => [row.number, row.pair, row.ended, row.states, row.trouble]
    .join(' ').toLowerCase();

const ORDERS = {
    number: (x, y) => x.number - y.number,
    points: (x, y) => y.points - x.points || x.number - y.number,
    bytes: (x, y) => y.bytes - x.bytes || x.number - y.number,
};

function wantedRows() {
    const words = $('filter').value.toLowerCase().split(/\s+/).filter(Boolean);
    return shown.list
        .filter((row) => words.every((word) => rowText(row).includes(word)))
        .sort(ORDERS[$('order').value]);
}

function rowElement(row) {
    const line = element('tr'), first = element('td');
    const button = element('button', row.pair, { 'type': 'button',
        'class': row.pair.length > 44 ? 'long' : '' });
    // The unit is for narrow screens, where there are no columns.
    const cells = [[row.ended, 'whole'], [row.states, 'whole'],
        [row.seconds, 'right', 'seconds'], [grouped(row.sent), 'right', 'bytes'],
        [grouped(row.back), 'right', 'back'], [row.trouble, '']];
    first.append(button);
    line.append(element('td', String(row.number), { class: 'right' }), first,
        ...cells.map(([words, kind, unit = '']) => element('td', words,
            { 'class': kind, 'data-unit': unit })));
    line.addEventListener('click', () => {
        choose(row.diagram);
        goToConnection();
    });
    line.dataset.number = row.number;
    mark(line);
    return line;
}

function mark(line) {
    const chosen = shown.chosen?.number === Number(line.dataset.number);
    line.classList.toggle('chosen', chosen);
    line.querySelector('button').setAttribute('aria-pressed', String(chosen));
}

function showRows() {
    const rows = wantedRows();
    $('rows').replaceChildren(...rows.slice(0, shown.rows).map(rowElement));
    if (!rows.length) {
        const none = element('td', shown.list.length ? 'None is like that.'
            : 'There is no TCP in it.', { colspan: 8 });
        $('rows').append(element('tr'));
        $('rows').lastChild.append(none);
    }
    offerMore('more-rows', Math.min(shown.rows, rows.length), rows.length, 'connection',
        () => {
            shown.rows += ROWS;
            showRows();
        });
}

// ---- one connection ----

function choose(diagram) {
    shown.chosen = diagram;
    shown.messages = MESSAGES;
    shown.segments = ROWS;
    settle(diagram);
    for (const line of $('rows').querySelectorAll('tr[data-number]'))
        mark(line);
    $('connection').hidden = false;
    $('ladder-title').textContent =
        `Connection ${diagram.number}: ${pairWords(diagram.flow)}`;
    $('facts').textContent = facts(diagram);
    $('segments').open = false;
    $('segment-rows').replaceChildren();
    $('reasons').replaceChildren();
    for (const i of [0, 1])
        $(`states-${i}`).textContent = endpointName(diagram.flow, i);
    showLegend(diagram);
    showLadder();
}

function goToConnection() {
    $('connection').focus({ preventScroll: true });
    $('connection').scrollIntoView({ block: 'start',
        behavior: matchMedia('(prefers-reduced-motion: reduce)').matches ? 'auto'
            : 'smooth' });
}

function facts({ flow, leftOut }) {
    const { stateNames, endNames } = shown.library, [a, b] = flow.side;
    const ends = [0, 1].map((i) =>
        `${endpointName(flow, i)} in ${stateNames[flow.state[i]]}`);
    const agreed = agreement(flow).join(', ');
    const rtt = [a, b].map((side) => side.counters.rttMin).filter(Boolean);
    const parts = [`ended: ${endNames[flow.why]}, with ${ends.join(' and ')}`,
        `${plural(a.counters.segments, 'segment')} and ${b.counters.segments} back`];
    if (agreed)
        parts.push(`agreed on ${agreed}`);
    if (rtt.length)
        parts.push(`shortest round trip ${spanWords(BigInt(Math.min(...rtt)))}`);
    if (flow.record?.history)
        parts.push(`zeek would write ${shown.library.zeekStateNames[flow.record.zeekState]}` +
            ` ${flow.record.history}`);
    if (leftOut)
        parts.push(`${plural(leftOut, 'frame')} left out: there is no room for more`);
    return parts.map((words) => `${words[0].toUpperCase()}${words.slice(1)}.`).join(' ');
}

function showLegend(diagram) {
    $('legend').replaceChildren(...legend(diagram).map(([kind, words]) => {
        const line = element('li');
        if (kind) {
            const sample = drawing('svg', { viewBox: '0 0 44 14', 'aria-hidden': 'true' });
            sample.append(drawing('path', { d: 'M0 7h40', class: `w ${kind}` }));
            if (kind !== 'again')
                sample.append(drawing('path', { d: 'M28 1l12 12m0 -12l-12 12',
                    class: `w ${kind} cross` }));
            line.append(sample);
        }
        line.append(element('span', words));
        return line;
    }));
}

function showLadder() {
    const diagram = shown.chosen;
    const picture = drawDiagram(shown.library, diagram,
        layoutFor($('ladder').clientWidth), shown.messages);
    const svg = drawing('svg', { viewBox: `0 0 ${picture.width} ${picture.height}`,
        width: picture.width, height: picture.height, role: 'img',
        'aria-label': `Segments between ${endpointName(diagram.flow, 0)} and ` +
            `${endpointName(diagram.flow, 1)}, with both ends' states; the table below ` +
            'says the same in words' });
    svg.append(...picture.elements.map(({ name, attributes, words }) =>
        drawing(name, attributes, words)));
    $('ladder').replaceChildren(svg);
    shown.width = picture.width;
    offerMore('more-messages', Math.min(shown.messages, diagram.messages.length),
        diagram.messages.length, 'segment', () => {
            shown.messages += MESSAGES;
            showLadder();
        });
}

// ---- its segments, as a table ----

function verdictCell({ verdict, revised }) {
    const { verdictNames } = shown.library;
    const last = revised?.verdict ?? verdict;
    const words = last === verdict ? verdictNames[verdict]
        : `${verdictNames[last]} (at first ${verdictNames[verdict]})`;
    const bad = last === REJECTED || last === MALFORMED;
    return element('td', words, { class: bad ? 'verdict-bad' : '' });
}

function reasonsCell(m) {
    const { library } = shown, cell = element('td');
    const checks = eachCheck(library, m.revised?.checks ?? m.checks, m.top);
    checks.forEach((check, i) => {
        const severity = library.severityNames[library.checkSeverity(check)];
        cell.append(...i ? [', '] : [], element('span', library.checkNames[check],
            { class: 'whole', title: `${library.checkText(check)} (${severity})` }));
    });
    return cell;
}

function movesWords(moves, of) {
    const { stateNames } = shown.library;
    return moves.filter(({ endpoint }) => endpoint === of)
        .map(({ to, sure }) => `${stateNames[to]}${sure ? '' : '?'}`).join(', ');
}

function segmentRow(diagram, m) {
    const line = element('tr');
    const cell = (words, kind = '') => element('td', words, { class: kind });
    line.append(cell(m.frame ? String(m.frame) : '', 'right'),
        cell(timeWords(diagram, m.time), 'right'));
    if (m.frame)
        line.append(cell(endpointName(diagram.flow, m.dir)), cell(messageLabel(m, 200)),
            verdictCell(m), reasonsCell(m));
    else
        line.append(cell(''), cell('time passed'), cell(''), cell(''));
    line.append(...[0, 1].map((i) => cell(movesWords(m.moves, i), 'whole')));
    return line;
}

// What each check that was met here means.
function showReasons({ messages }) {
    const { library } = shown;
    const met = messages.reduce((all, m) => all | m.checks | (m.revised?.checks ?? 0n), 0n);
    $('reasons').replaceChildren(...eachCheck(library, met, 255).flatMap((check) => {
        const rule = library.checkRfc(check);
        const severity = library.severityNames[library.checkSeverity(check)];
        return [element('dt', library.checkNames[check]), element('dd',
            `${library.checkText(check)} (${severity}${rule === '-' ? '' : `; ${rule}`})`)];
    }));
}

function showSegments() {
    const diagram = shown.chosen, { messages } = diagram;
    const there = $('segment-rows').childElementCount;
    if (!there)
        showReasons(diagram);
    $('segment-rows').append(...messages.slice(there, shown.segments)
        .map((m) => segmentRow(diagram, m)));
    offerMore('more-segments', Math.min(shown.segments, messages.length),
        messages.length, 'segment', () => {
            shown.segments += ROWS;
            showSegments();
        });
}

// ---- a file ----

async function loadModule() {
    if (!shown.module) {
        const answer = await fetch('tcpseg.wasm');
        if (!answer.ok)
            throw new Error(`tcpseg.wasm: ${answer.status} ${answer.statusText}`);
        shown.module = await WebAssembly.compile(await answer.arrayBuffer());
    }
    return Library.load(shown.module);
}

const later = () => new Promise((resolve) => {
    setTimeout(resolve, 0);
});

function totalsWords(name, { frames, segments, connections, datagrams, others,
    badChecksums }) {
    const parts = [`${name}: ${plural(frames, 'frame')}`, plural(segments, 'TCP segment'),
        plural(connections, 'connection')];
    if (datagrams)
        parts.push(plural(datagrams, 'UDP datagram'));
    if (others)
        parts.push(`${plural(others, 'frame')} of other kinds`);
    if (badChecksums)
        parts.push(plural(badChecksums, 'bad checksum'));
    return `${parts.join(', ')}.`;
}

class Replaced extends Error {}

async function read(name, bytes) {
    const run = ++shown.run, collector = new Collector();
    const library = await loadModule();
    const between = async (at) => {
        say(`Reading ${name}: ${Math.floor(at / bytes.length * 100)} %`);
        await later();
        if (run !== shown.run)
            throw new Replaced();
    };
    const { tracker, error } = await follow(library, bytes, collector,
        { checksums: $('checksums').checked, between });
    if (run !== shown.run)
        return;
    shown.library = library;
    Object.assign(shown, { list: collector.diagrams.map(rowOf), chosen: null,
        rows: ROWS });
    show(name, tracker, error);
}

function show(name, tracker, error) {
    const { frames } = tracker.totals;
    say(frames ? totalsWords(name, tracker.totals) : '');
    complain(error ? `${name}: ${error.message}${frames
        ? '. What is before that is shown.' : '.'}` : '');
    $('results').hidden = !frames;
    $('connection').hidden = true;
    $('filter').value = '';
    if (!frames && !error)
        complain(`${name}: there is no frame in it.`);
    if (!frames)
        return;
    showRows();
    if (shown.list.length === 1)
        choose(shown.list[0].diagram);
}

async function take(name, load) {
    complain('');
    say(`Reading ${name}`);
    try {
        await read(name, new Uint8Array(await load()));
    } catch (error) {
        if (error instanceof Replaced)
            return;
        say('');
        $('results').hidden = true;
        complain(`${name}: ${error.message}.`);
    }
}

let last = null; // to read again when an option changes

function takeFile(file) {
    if (!file)
        return;
    if (file.size > FILE_MOST) {
        complain(`${file.name}: ${grouped(file.size)} bytes; this page reads ` +
            `${grouped(FILE_MOST)} at most. tcpseg-inspect reads files of any size.`);
        return;
    }
    last = () => take(file.name, () => file.arrayBuffer());
    last();
}

function takeExample() {
    last = () => take('handshake-and-close.pcap', async () => {
        const answer = await fetch('example.pcap');
        if (!answer.ok)
            throw new Error(`${answer.status} ${answer.statusText}`);
        return answer.arrayBuffer();
    });
    last();
}

// ---- what the reader does ----

function listenForFiles() {
    const drop = $('drop');
    $('file').addEventListener('change', () => {
        takeFile($('file').files[0]);
        $('file').value = ''; // so that the same one can be chosen again
    });
    $('example').addEventListener('click', takeExample);
    $('checksums').addEventListener('change', () => last?.());
    for (const type of ['dragover', 'dragenter', 'dragleave', 'drop']) {
        document.addEventListener(type, (event) => {
            event.preventDefault(); // or the browser shows the file itself
            drop.classList.toggle('over', type === 'dragover' || type === 'dragenter');
        });
    }
    document.addEventListener('drop', (event) => takeFile(event.dataTransfer.files[0]));
}

function listenForWishes() {
    const again = () => {
        shown.rows = ROWS;
        showRows();
    };
    $('order').addEventListener('change', again);
    $('filter').addEventListener('input', again);
    $('segments').addEventListener('toggle', () => {
        if ($('segments').open)
            showSegments();
    });
    $('save').addEventListener('click', () => {
        const { chosen, library } = shown;
        const link = element('a', '', { download: `connection-${chosen.number}.svg` });
        link.href = URL.createObjectURL(new Blob([svgFile(library, chosen)],
            { type: 'image/svg+xml' }));
        link.click();
        setTimeout(() => URL.revokeObjectURL(link.href), 1000);
    });
    new ResizeObserver(() => {
        if (shown.chosen && layoutFor($('ladder').clientWidth).width !== shown.width)
            showLadder();
    }).observe($('ladder'));
}

listenForFiles();
listenForWishes();
say('');
loadModule().then((library) => {
    $('about').textContent = `libtcpseg ${library.version()}, in your browser.`;
}).catch((error) => complain(`The page cannot start: ${error.message}.`));
