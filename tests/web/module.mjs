// The WebAssembly module itself: it asks for nothing, and nothing makes it trap.
import { Random } from './random.mjs';
import * as tcp from '../../examples/web/tcpseg.mjs';

// As the module's functions see them: a number of 32 bits, or a BigInt.
const PARAMETERS = {
    web_begin: [32, 32, 32, 64, 64], web_frame: [], web_frame_most: [],
    web_feed: [32, 32, 32, 64], web_answer: [], web_tick: [64], web_end: [64, 32],
    web_events: [], web_counters: [], web_n_events: [], web_lost_events: [], web_knows_link: [32],
};

const ODD = [0, 1, 2, 3, 19, 20, 64, 262144, 262145, 0x7fffffff, 0x80000000, 0xffffffff];

function argument(random, bits) {
    const n = random.below(3) ? random.pick(ODD) : random.below(2 ** 32);
    return bits === 32 ? n : BigInt(n) << BigInt(random.below(2) * 32);
}

/** Calls with any numbers, in any order: a trap is an exception. */
async function anyCalls(library) {
    const fresh = await library.again();
    const random = new Random(1);
    for (let i = 0; i < 3000; i++) {
        const name = random.pick(Object.keys(PARAMETERS));
        const list = PARAMETERS[name].map((bits) => argument(random, bits));
        if (name === 'web_begin' && random.below(8)) { // small ones are made quickly
            list[0] = 1 + random.below(50);
            list[1] = 1 + random.below(50);
        }
        fresh.bytes.set(random.bytes(200), fresh.c.web_frame() >>> 0);
        fresh.c[name](...list);
    }
    return null;
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
