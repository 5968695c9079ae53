// The states of a connection, in Node with koffi. usage: follow.mjs LIBRARY CAPTURE
//
// A callback from C into JavaScript is dear: events are pulled. Memory is koffi's, which
// does not move it.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const koffi = createRequire(`${process.env.KOFFI ?? process.cwd()}/`)('koffi');
const lib = koffi.load(process.argv[2]);
const ENDS = ['client', 'server'], ROOM = 64; // more events than one segment can cause
const SEGMENT = 1, EVENT = 32, CONFIG = 34, EV_STATE = 1, END_CAPTURE = 6, ETHERNET = 1;
const FLAGS = [[2, 'SYN '], [1, 'FIN '], [16, 'ACK ']];

// As much of the structures as is read here, and their sizes.
const bytes = (n) => koffi.array('uint8_t', n);
const Segment = koffi.struct('tcpseg', { src_port: 'uint16_t', dst_port: 'uint16_t',
    seq: 'uint32_t', ack: 'uint32_t', flags: 'uint16_t', other: bytes(10),
    payload_len: 'uint32_t', rest: bytes(100) });
const Event = koffi.struct('tcpconn_event', { numbers: bytes(24), type: 'uint8_t',
    dir: 'uint8_t', endpoint: 'uint8_t', old_state: 'uint8_t', new_state: 'uint8_t',
    sure: 'uint8_t', rest: bytes(34) });
const Config = koffi.struct('tcpconn_config', { struct_size: 'uint32_t',
    choices: bytes(12), times: koffi.array('uint64_t', 17), user: 'void *',
    callbacks: koffi.array('void *', 8), events: 'void *', events_size: 'uint32_t',
    events_capacity: 'uint32_t', depth: koffi.array('uint64_t', 2), limits: bytes(8) });
const c = Object.fromEntries(['uint32_t tcpseg_version()',
    'const char *tcpseg_strerror(int)', 'size_t tcpseg_abi_sizeof(int)',
    'int tcpseg_parse(_Out_ tcpseg *, const void *, size_t, size_t)',
    'int tcpseg_parse_frame(_Out_ tcpseg *, void *, size_t, uint32_t, uint32_t, const void *, size_t, size_t)',
    'void tcpconn_config_default(_Out_ tcpconn_config *, size_t)',
    'int tcpconn_env_init(void *, size_t, const tcpconn_config *, _Out_ void **)',
    'int tcpconn_init(void *, size_t, uint32_t, _Out_ void **)',
    'int tcpconn_feed(void *, void *, int, const tcpseg *, const void *, uint64_t, void *)',
    'int tcpconn_next_event(void *, _Out_ tcpconn_event *, size_t)',
    'const char *tcpconn_state_name(int)', 'int tcpconn_end(void *, void *, int)',
    'const char *tcpconn_end_name(int)', 'size_t tcpconn_env_size()',
    'size_t tcpconn_size(uint32_t)']
    .map((words) => [words.match(/(\w+)\(/)[1], lib.func(words)]));

for (const [number, mirror] of [[SEGMENT, Segment], [EVENT, Event], [CONFIG, Config]]) {
    if (Number(c.tcpseg_abi_sizeof(number)) !== koffi.sizeof(mirror))
        throw new Error('the library has other structures');
}
function check(result) {
    if (result < 0)
        throw new Error(c.tcpseg_strerror(result));
    return result;
}

const version = c.tcpseg_version();
console.log(`libtcpseg ${version >> 16}.${version >> 8 & 255}.${version & 255}`);
const [config, env, conn] = [{}, [null], [null]];
c.tcpconn_config_default(config, koffi.sizeof(Config));
Object.assign(config, { events: koffi.alloc(Event, ROOM), events_size: koffi.sizeof(Event),
    events_capacity: ROOM });
const sizes = [Number(c.tcpconn_env_size()), Number(c.tcpconn_size(0))];
const [envMemory, connMemory] = sizes.map((size) => koffi.alloc('uint64_t', size / 8));
check(c.tcpconn_env_init(envMemory, sizes[0], config, env));
check(c.tcpconn_init(connMemory, sizes[1], 0, conn));

const capture = readFileSync(process.argv[3]), seg = {}, event = {};
let client = 0, frame;
for (let at = 24; at < capture.length; at += 16 + frame.length) {
    const [s, ns, captured, length] = [0, 4, 8, 12].map((i) => capture.readUInt32LE(at + i));
    frame = capture.subarray(at + 16, at + 16 + captured);
    check(c.tcpseg_parse_frame(seg, null, 0, ETHERNET, 0, frame, captured, length));
    client ||= seg.src_port;
    const dir = seg.src_port === client ? 0 : 1;
    const flags = FLAGS.filter(([bit]) => seg.flags & bit).map(([, name]) => name).join('');
    console.log(`${ENDS[dir]} sends ${flags}${seg.payload_len} bytes`);
    const now = BigInt(s) * 1000000000n + BigInt(ns);
    check(c.tcpconn_feed(conn[0], env[0], dir, seg, null, now, null));
    while (check(c.tcpconn_next_event(env[0], event, koffi.sizeof(Event))) === 1) {
        if (event.type === EV_STATE)
            console.log(`    ${ENDS[event.endpoint]}: ${c.tcpconn_state_name(event.old_state)}` +
                ` -> ${c.tcpconn_state_name(event.new_state)}${event.sure ? '' : ' (inferred)'}`);
    }
}
console.log('ended:', c.tcpconn_end_name(c.tcpconn_end(conn[0], env[0], END_CAPTURE)));
const error = c.tcpseg_parse(seg, frame, 19, 19);
console.log(`caught ${error}: ${c.tcpseg_strerror(error)}`);
