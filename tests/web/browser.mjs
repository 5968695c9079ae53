// usage: node browser.mjs PAGE CHROMIUM TCPSEG_INSPECT SCRATCH PICTURES
// The page in directory PAGE, in Chromium: a capture in, its connections listed, the
// picture of one of them drawn; with mouse and keyboard, in light and dark, wide and
// narrow; what is hostile shown as text. Screenshots go to PICTURES, to be looked at.
import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join, resolve } from 'node:path';
import { Chromium } from './chromium.mjs';
import { readPng } from './png.mjs';
import { Tap } from './tap.mjs';

const [page, program, inspect, scratch, pictures] = process.argv.slice(2);
const captures = resolve('tests/captures');
const tap = new Tap();

// What old servers know; all else is for them just bytes.
const TYPES = { '.html': 'text/html', '.css': 'text/css', '.js': 'text/javascript',
    '.svg': 'image/svg+xml' };

/** A server of static files on this machine's own address. */
function serve(directory, requests) {
    const server = createServer((request, response) => {
        const name = request.url === '/' ? 'index.html' : request.url.slice(1);
        const file = join(directory, name);
        requests.push(request.url);
        if (!/^[\w.-]+$/.test(name) || !existsSync(file)) {
            response.writeHead(404);
            response.end();
            return;
        }
        response.writeHead(200, { 'content-type':
            TYPES[extname(name)] ?? 'application/octet-stream' });
        response.end(readFileSync(file));
    });
    return new Promise((done) => {
        server.listen(0, '127.0.0.1', () => done(server));
    });
}

const requests = [], strangerRequests = [], complaints = [], asked = [];
const server = await serve(page, requests);
const stranger = await serve(page, strangerRequests);
const home = `http://127.0.0.1:${server.address().port}/`;
const browser = new Chromium(program, join(scratch, 'profile'));

try {
    await browser.open((method, params) => {
        if (method === 'Runtime.exceptionThrown')
            complaints.push(params.exceptionDetails.exception?.description ?? 'exception');
        else if (method === 'Log.entryAdded')
            complaints.push(params.entry.text);
        else if (method === 'Network.requestWillBeSent')
            asked.push(params.request.url);
    });
} catch (error) {
    const why = error.message.trim().split('\n').pop();
    console.log(`ok 1 - the page in a browser # SKIP Chromium does not start: ${why}`);
    console.log('1..1');
    process.exit(0);
}

const text = (selector) =>
    browser.value(`document.querySelector(${JSON.stringify(selector)}).innerText`);
const texts = (selector) => browser.value(
    `[...document.querySelectorAll(${JSON.stringify(selector)})].map((e) => e.textContent)`);
const same = (is, due) => (JSON.stringify(is) === JSON.stringify(due) ? null
    : `${JSON.stringify(is)}, due ${JSON.stringify(due)}`);

async function start(width = 1200, height = 900, scheme = 'light') {
    await browser.look(width, height, scheme);
    await browser.visit(home);
    await browser.until('document.getElementById("about").textContent');
}

const DONE = `!document.getElementById('results').hidden ||
    !document.getElementById('trouble').hidden`;

async function give(name) {
    await browser.giveFile('#file', resolve(captures, name));
    await browser.until(`(${DONE}) && (document.getElementById('status').innerText +
        document.getElementById('trouble').innerText)
        .includes(${JSON.stringify(name.split('/').pop())})`);
}

const LEGEND = /^(sent again|lost on its way|refused by its receiver|\?: .*)$/;

/** The texts of the tool's own picture of one connection. */
function toolTexts(name, only) {
    const svg = execFileSync(inspect, ['--svg', '-', '--only', String(only),
        join(captures, name)], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
    return [...svg.matchAll(/<text [^>]*class="(\w+)"[^>]*>([^<]*)</g)]
        .filter(([, kind, words]) => kind !== 'h' && !(kind === 't' && LEGEND.test(words)))
        .map(([, , words]) => words.replace(/&gt;/g, '>').replace(/&lt;/g, '<')
            .replace(/&amp;/g, '&'));
}

async function shoot(name) {
    const png = await browser.picture();
    writeFileSync(join(pictures, `${name}.png`), png);
    return readPng(png);
}

await tap.check('the page starts', () => start());

await tap.check('a capture is chosen: its connections are listed', async () => {
    await give('inject-fin-wait-1.pcap');
    const rows = await texts('#rows tr button');
    return same([rows.length, rows[1]], [16, '10.77.0.1:40001 → 10.77.0.2:80']);
});

await tap.check('a click draws the connection, with the words of the tool', async () => {
    await browser.click('#rows tr:nth-child(2) button');
    await browser.until('document.querySelector("#ladder svg")');
    const is = await texts('#ladder svg text');
    const shortened = toolTexts('inject-fin-wait-1.pcap', 1);
    return same(is, shortened);
});

await tap.check('the states stand down the sides, as bands and words', async () => same(
    [await texts('#ladder text.n'), await browser.value(
        '[...document.querySelectorAll("#ladder .band")].map((e) => ' +
        'getComputedStyle(e).fill)')],
    [['10.77.0.1:40001', '10.77.0.2:80', 'CLOSED', 'CLOSED', 'SYN-SENT', 'LISTEN?',
        'SYN-RECEIVED', 'ESTABLISHED', 'ESTABLISHED?', 'FIN-WAIT-1'],
    ['rgb(217, 217, 217)', 'rgb(217, 217, 217)', 'rgb(240, 240, 240)',
        'rgb(240, 228, 66)', 'rgb(240, 228, 66)', 'rgb(0, 158, 115)',
        'rgb(0, 158, 115)', 'rgb(86, 180, 233)']]));

await tap.check('the table has every verdict, and says what its reasons mean', async () => {
    await browser.click('#segments summary');
    await browser.until('document.querySelector("#segment-rows tr")');
    const row = await texts('#segment-rows tr:nth-child(7) td');
    return same([row[0], row[4], row[5], await texts('#reasons dt')],
        ['16', 'rejected', 'rst-inexact', ['rst-inexact', 'challenge-ack']]);
});

await tap.check('the screenshot shows it', async () => {
    const png = await shoot('page');
    const [green, orange] = [png.count(0, 158, 115), png.count(184, 74, 0)];
    return png.width === 1200 && green > 2000 && orange > 100 ? null
        : `${png.width} pixels wide, green ${green}, orange ${orange}`;
});

await tap.check('with the keyboard alone', async () => {
    await browser.value('document.querySelector("#rows button").focus()');
    await browser.key('Tab', 9);
    await browser.key('Tab', 9);
    await browser.key('Enter', 13);
    return same([await text('#ladder-title'),
        await texts('#rows button[aria-pressed="true"]'),
        await browser.value('document.activeElement.id')],
    ['Connection 2: 10.77.0.1:40002 → 10.77.0.2:80',
        ['10.77.0.1:40002 → 10.77.0.2:80'], 'connection']);
});

await tap.check('the file can be chosen with the keyboard', async () => {
    await browser.value('document.activeElement.blur()');
    await start();
    const ids = [];
    for (let i = 0; i < 4; i++) {
        await browser.key('Tab', 9);
        ids.push(await browser.value('document.activeElement.id'));
    }
    return same(ids, ['', 'file', 'example', 'checksums']);
});

await tap.check('order and filter', async () => {
    await give('inject-fin-wait-1.pcap');
    await browser.value(`(() => { const o = document.getElementById('order');
        o.value = 'points'; o.dispatchEvent(new Event('change')); })()`);
    const worst = (await texts('#rows tr td:first-child')).slice(0, 2);
    await browser.value(`(() => { const f = document.getElementById('filter');
        f.value = '40003 established'; f.dispatchEvent(new Event('input')); })()`);
    return same([worst, await texts('#rows tr td:first-child')], [worstOfTool(2), ['3']]);
});

function worstOfTool(n) {
    const lines = execFileSync(inspect, ['--summary',
        join(captures, 'inject-fin-wait-1.pcap')], { encoding: 'utf8' }).split('\n');
    return lines.slice(1, 1 + n).map((line) => line.trim().split(/\s+/)[0]);
}

await tap.check('a file is dropped on the page', async () => {
    await start();
    await browser.dropFile('#drop', join(captures, 'lost-data.pcap'));
    await browser.until('document.querySelector("#ladder svg")');
    return same(await text('#status'), 'lost-data.pcap: 20 frames, 20 TCP segments, ' +
        '1 connection.');
});

await tap.check('what the tool can draw, the page can save', async () => {
    await browser.value(`(() => { window.saved = new Promise((resolve) => {
        const make = URL.createObjectURL;
        URL.createObjectURL = (blob) => { resolve(blob.text()); return make(blob); };
    }); document.getElementById('save').click(); })()`);
    const svg = await browser.value('saved');
    const due = toolTexts('lost-data.pcap', 0);
    const is = [...svg.matchAll(/<text [^>]*>([^<]*)</g)].map(([, words]) => words);
    return same(is, due);
});

await tap.check('the example is shown', async () => {
    await start();
    await browser.click('#example');
    await browser.until('document.querySelector("#ladder svg")');
    return same((await texts('#ladder text.n')).at(-1), 'CLOSED');
});

// ---- what is large ----

/** One frame of a capture, n times, each changed by change(bytes, i). */
function repeated(name, frame, n, change) {
    const whole = readFileSync(join(captures, name)), parts = [whole.subarray(0, 24)];
    let at = 24;
    for (let i = 1; i < frame; i++)
        at += 16 + whole.readUInt32LE(at + 8);
    const record = whole.subarray(at, at + 16 + whole.readUInt32LE(at + 8));
    for (let i = 0; i < n; i++) {
        const copy = Buffer.from(record);
        copy.writeUInt32LE(copy.readUInt32LE(0) + i, 0); // a second later
        change(copy.subarray(16), i);
        parts.push(copy);
    }
    return Buffer.concat(parts);
}

const SOURCE_PORT = 14 + 20; // in Ethernet and IPv4

await tap.check('many connections: a part of them, and a button for more', async () => {
    const file = join(scratch, 'many.pcap');
    writeFileSync(file, repeated('lost-data.pcap', 1, 450,
        (bytes, i) => bytes.writeUInt16BE(1000 + i, SOURCE_PORT)));
    await start();
    await give(file);
    const counts = [await texts('#rows tr')];
    for (let i = 0; i < 2; i++) {
        await browser.click('#more-rows button');
        counts.push(await texts('#rows tr'));
    }
    return same([counts.map((rows) => rows.length), await browser.value(
        'document.getElementById("more-rows").hidden')], [[200, 400, 450], true]);
});

await tap.check('their checksums are wrong, which can be overlooked', async () => {
    const cells = async () => (await texts('#rows tr:first-child td')).slice(3);
    const strict = await cells();
    await browser.click('#checksums');
    await browser.until('!document.getElementById("rows").textContent.includes("reject")');
    const lenient = await cells();
    return same([strict[0], strict.at(-1), lenient[0], lenient.at(-1)],
        ['CLOSED, CLOSED', '1 rejected, 1 one side alone', 'CLOSED, CLOSED',
            '1 one side alone']);
});

await tap.check('many segments: a part of them, and buttons for more', async () => {
    const file = join(scratch, 'long.pcap');
    writeFileSync(file, repeated('lost-data.pcap', 4, 700, () => {}));
    await start();
    await give(file);
    await browser.until('document.querySelector("#ladder svg")');
    const labels = async () => (await texts('#ladder text.k')).length;
    const counts = [await labels()];
    await browser.click('#more-messages button');
    counts.push(await labels());
    await browser.click('#segments summary');
    await browser.until('document.querySelector("#segment-rows tr")');
    counts.push((await texts('#segment-rows tr')).length);
    await browser.click('#more-segments button');
    counts.push((await texts('#segment-rows tr')).length);
    return same(counts, [300, 600, 200, 400]);
});

// ---- what is hostile ----

await tap.check('a file that is cut: what is there, and what is wrong', async () => {
    const file = join(scratch, 'cut.pcap');
    const whole = readFileSync(join(captures, 'lost-data.pcap'));
    writeFileSync(file, whole.subarray(0, whole.length - 7));
    await start();
    await give(file);
    const why = await text('#trouble'), status = await text('#status');
    return /^cut\.pcap: at byte \d+, after frame 19: .*What is before/.test(why) &&
        status.startsWith('cut.pcap: 19 frames') ? null : `${why} ${status}`;
});

await tap.check('a file that is no capture: a clear error, and nothing else', async () => {
    const file = join(scratch, 'page.pcap');
    writeFileSync(file, '<!DOCTYPE html><script>alert(1)</script>');
    await give(file);
    return same([await text('#trouble'), await browser.value(
        'document.getElementById("results").hidden')],
    ['page.pcap: no capture file: it begins neither as pcap nor as pcapng.', true]);
});

await tap.check('markup in a file name is text', async () => {
    const name = '<img src=x onerror=alert(1)>.pcap', file = join(scratch, name);
    copyFileSync(join(captures, 'lost-data.pcap'), file);
    await give(file);
    return same([await browser.value('document.querySelectorAll("img").length'),
        (await text('#status')).startsWith(name)], [0, true]);
});

await tap.check('damaged frames do no harm', async () => {
    const bytes = readFileSync(join(captures, 'storm.pcap')), file = join(scratch, 'x.pcap');
    for (let at = 60; at < bytes.length; at += 97)
        bytes[at] ^= at & 255;
    // Lengths stay, or the file ends there.
    const good = readFileSync(join(captures, 'storm.pcap'));
    for (let at = 24; at < good.length; at += 16 + good.readUInt32LE(at + 8))
        good.copy(bytes, at, at, at + 16);
    writeFileSync(file, bytes);
    await give(file);
    return (await text('#status')).startsWith('x.pcap: 49 frames') ? null
        : `${await text('#status')} ${await text('#trouble')}`;
});

await tap.check('nothing was complained about', () => complaints.join('\n'));

await tap.check('nothing was asked of anybody else', () =>
    asked.filter((url) => !url.startsWith(home) && !/^(blob|about):/.test(url)).join(' '));

await tap.check('of its own server the page wants its parts, and nothing per file', () => {
    const parts = new Set(requests);
    const known = /^\/(|[a-z]+\.js|style\.css|icon\.svg|tcpseg\.wasm|example\.pcap)$/;
    return [...parts].filter((url) => !known.test(url)).join(' ');
});

await tap.check('the page may not connect elsewhere', async () => {
    const port = stranger.address().port;
    const refused = await browser.value(
        `fetch('http://127.0.0.1:${port}/').then(() => false, () => true)`);
    return same([refused, strangerRequests.length], [true, 0]);
});

// ---- how it looks ----

async function fits(width, scheme, name, paper) {
    await start(width, 844, scheme);
    await give('lost-data.pcap');
    await browser.until('document.querySelector("#ladder svg")');
    const needs = await browser.value('document.documentElement.scrollWidth');
    const outside = await browser.value(`(() => {
        const svg = document.querySelector('#ladder svg').getBoundingClientRect();
        return [...document.querySelectorAll('#ladder text')].filter((t) => {
            const box = t.getBoundingClientRect();
            return box.left < svg.left - 1 || box.right > svg.right + 1;
        }).map((t) => t.textContent);
    })()`);
    const png = await shoot(name), area = png.width * png.height;
    return same([needs <= width, outside, png.count(...paper) > area / 2],
        [true, [], true]);
}

await tap.check('on a telephone', () => fits(360, 'light', 'narrow', [255, 255, 255]));
await tap.check('in the dark', () => fits(1200, 'dark', 'dark', [22, 24, 27]));
await tap.check('in the dark, on a tablet', () => fits(800, 'dark', 'tablet', [22, 24, 27]));

await browser.close();
server.close();
stranger.close();
tap.finish();
