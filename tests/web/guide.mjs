// The program in the guide, as it stands there, says what the guide shows.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const PAGE = 'docs/guide/browser.md';

function block(kind) {
    return new RegExp(`^\`\`\`${kind}\\n([^]*?)^\`\`\`$`, 'm').exec(
        readFileSync(PAGE, 'utf8'))[1];
}

export async function guide(tap, { directory }) {
    await tap.check(`the program in ${PAGE} says what is shown there`, () => {
        const program = join(directory, 'program.mjs');
        const modules = resolve('examples/web');
        // Node 18 has no `crypto` of itself.
        writeFileSync(program, "import { webcrypto } from 'node:crypto';\n" +
            'globalThis.crypto ??= webcrypto;\n' +
            block('js').replaceAll("from './", `from '${modules}/`));
        const says = execFileSync('node', [program, join(directory, 'tcpseg.wasm'),
            'tests/captures/storm.pcap'], { encoding: 'utf8' });
        return says === block('text') ? null : says;
    });
}
