// usage: node run.mjs DIRECTORY TCPSEG_INSPECT CAPTURE...
// DIRECTORY holds tcpseg.wasm, and may be written in. See run.sh.
import { webcrypto } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Library } from '../../examples/web/tcpseg.mjs';
import { agree } from './agree.mjs';
import { files } from './files.mjs';
import { guide } from './guide.mjs';
import { module } from './module.mjs';
import { pictures } from './pictures.mjs';
import { Tap } from './tap.mjs';

globalThis.crypto ??= webcrypto; // Node 18 has it under another name
const [directory, inspect, ...captures] = process.argv.slice(2);
const tap = new Tap();
const context = {
    directory, inspect, captures,
    sample: captures.find((file) => file.endsWith('four-way-close-client.pcap')),
    library: await Library.load(readFileSync(`${directory}/tcpseg.wasm`)),
};
await module(tap, context);
await agree(tap, context);
await files(tap, context);
await pictures(tap, context);
await guide(tap, context);
tap.finish();
