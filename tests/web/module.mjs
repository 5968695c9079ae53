// The WebAssembly module itself: it asks for nothing, and nothing makes it trap. And the
// page's sources: they have no way to make markup or code of text.
import { readFileSync, readdirSync } from 'node:fs';
import { Random } from './random.mjs';
import * as tcp from '../../examples/web/tcpseg.mjs';

// As the module's functions see them: a number of 32 bits, or a BigInt.
const PARAMETERS = {
    web_begin: [32, 32, 32, 64, 64], web_frame: [], web_frame_most: [],
    web_feed: [32, 32, 32, 64], web_answer: [], web_tick: [64], web_end: [64, 32],
    web_events: [], web_counters: [], web_records: [],
    web_n_events: [], web_lost_events: [], web_knows_link: [32],
};

const MARKUP = new RegExp(['innerHTML', 'outerHTML', 'insertAdjacent', 'setHTML',
    'document\\.write', '(?<!wasm-unsafe-)\\beval\\b', 'new Function', 'DOMParser',
    'createContextualFragment', 'srcdoc', 'javascript:', '\\son\\w+='].join('|'));

const ODD = [0, 1, 2, 3, 19, 20, 64, 262144, 262145, 0x7fffffff, 0x80000000, 0xffffffff];

function argument(random, bits) {
    const n = random.below(3) ? random.pick(ODD) : random.below(2 ** 32);
    return bits === 32 ? n : BigInt(n) << BigInt(random.below(2) * 32);
}

/** An IPv4 packet that claims to be as long as can be, with a TCP header in it. */
function longPacket(random) {
    const bytes = random.bytes(200);
    bytes.set([0x45, 0, 0xff, 0xff, 0, 0, 0, 0, 64, 6]);
    bytes[32] = 0x50;
    return bytes;
}

/** Calls with any numbers, in any order: a trap is an exception. */
async function anyCalls(library) {
    const fresh = await library.again();
    const random = new Random(1);
    let begun = 0, segments = 0;
    for (let i = 0; i < 3000; i++) {
        const name = random.pick(Object.keys(PARAMETERS));
        const list = PARAMETERS[name].map((bits) => argument(random, bits));
        if (name === 'web_begin' && random.below(8)) { // small ones are made quickly
            list.splice(0, 3, 1 + random.below(50), 65 + random.below(50), 3);
        } else if (name === 'web_feed' && random.below(2)) {
            list.splice(0, 2, tcp.LINK_RAW, random.pick([40, 200, 262144]));
        }
        fresh.bytes.set(longPacket(random), fresh.c.web_frame() >>> 0);
        const result = fresh.c[name](...list);
        begun += name === 'web_begin' && result === 0;
        segments += name === 'web_feed' && result === tcp.SEGMENT;
    }
    return begun > 50 && segments > 50 ? null : `${begun} begun, ${segments} segments`;
}

/** What would be read behind the frame, or held in more memory than is meant. */
async function refused(library) {
    const fresh = await library.again();
    const begin = (connections, blocks) => fresh.c.web_begin(connections, blocks, 3, 1n, 2n);
    const bad = [begin(0, 65), begin(65537, 65), begin(1, 0), begin(1, 32769)];
    const good = begin(1, 65), most = fresh.c.web_frame_most();
    bad.push(fresh.c.web_feed(1, most + 1, most + 1, 0n),
        fresh.c.web_feed(1, 0xffffffff, 0xffffffff, 0n));
    const whole = fresh.c.web_feed(1, most, 0xffffffff, 0n);
    return bad.every((n) => n === tcp.ERR_ARG) && good === 0 && whole >= 0 ? null
        : [...bad, good, whole].join();
}

export async function module(tap, { library }) {
    const { module: wasm, c } = library;
    await tap.check('the module imports nothing', () =>
        WebAssembly.Module.imports(wasm).map((i) => `${i.module}.${i.name}`).join());
    await tap.check('its memory is exported', () =>
        (c.memory instanceof WebAssembly.Memory ? null : 'it is not'));
    await tap.check('each function of glue.c is known here', () =>
        Object.keys(c).filter((name) => name.startsWith('web_') &&
            !(name in PARAMETERS)).join());
    await tap.check('before web_begin() there is nothing to feed', async () => {
        const fresh = await library.again();
        const answers = [fresh.c.web_feed(1, 20, 20, 0n), fresh.c.web_tick(0n),
            fresh.c.web_end(1n, 6)];
        return answers.every((n) => n < 0) ? null : answers.join();
    });
    await tap.check('no text becomes markup or code', () => {
        const sources = readdirSync('examples/web').filter((f) => /mjs$|html$/.test(f));
        const bad = sources.filter((file) => MARKUP.test(
            readFileSync(`examples/web/${file}`, 'utf8')));
        return sources.length > 6 ? bad.join() : 'where are they?';
    });
    await tap.check('numbers out of range are refused', () => refused(library));
    await tap.check('calls with any numbers end', () => anyCalls(library));
    await tap.check('IPv6 addresses are written as elsewhere', () => {
        const cases = [
            [[0x2001, 0xdb8, 0, 0, 0, 0, 0, 1], '2001:db8::1'], [[0, 0, 0, 0, 0, 0, 0, 0], '::'],
            [[0, 0, 0, 0, 0, 0, 0, 1], '::1'], [[1, 0, 2, 0, 0, 3, 0, 0], '1:0:2::3:0:0'],
            [[1, 0, 2, 3, 4, 5, 6, 7], '1:0:2:3:4:5:6:7'],
            [[0, 0, 0, 0, 0, 0xffff, 0xc000, 0x201], '::ffff:192.0.2.1'],
            [[0xfe80, 0, 0, 0, 0, 0, 0, 0], 'fe80::'],
        ];
        return cases.map(([words, due]) => [tcp.formatIPv6(words), due])
            .filter(([is, due]) => is !== due).join('; ');
    });
}
