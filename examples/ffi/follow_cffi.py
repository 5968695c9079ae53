#!/usr/bin/env python3
"""The states of a connection, in Python with cffi, which reads the library's own headers.

usage: follow_cffi.py LIBRARY CAPTURE DIRECTORY_OF_TCPSEG_H"""
import struct
import sys

import cffi

from declarations import declarations

ffi = cffi.FFI()
ffi.cdef(declarations(sys.argv[3]))
lib = ffi.dlopen(sys.argv[1])
ENDS = ("client", "server")
for number, name in ((lib.TCPSEG_TYPE_SEGMENT, "tcpseg"), (lib.TCPSEG_TYPE_EVENT, "tcpconn_event"),
                     (lib.TCPSEG_TYPE_CONFIG, "tcpconn_config")):
    assert lib.tcpseg_abi_sizeof(number) == ffi.sizeof(name), name


def words(string):
    return ffi.string(string).decode()


def check(result):
    if result < 0:
        raise RuntimeError(words(lib.tcpseg_strerror(result)))
    return result


@ffi.callback("tcpconn_callback")
def on_state(user, conn, event, data):
    old, new = (words(lib.tcpconn_state_name(s)) for s in (event.old_state, event.new_state))
    print(f"    {ENDS[event.endpoint]}: {old} -> {new}{'' if event.sure else ' (inferred)'}")


version = lib.tcpseg_version()
print(f"libtcpseg {version >> 16}.{version >> 8 & 255}.{version & 255}")
config = ffi.new("tcpconn_config *")
lib.tcpconn_config_default(config, ffi.sizeof(config[0]))
config.on_state = on_state  # which must live as long as the environment
env_memory, conn_memory = ffi.new("tcpconn_env_storage *"), ffi.new("tcpconn_storage *")
env, conn = ffi.new("tcpconn_env **"), ffi.new("tcpconn **")
check(lib.tcpconn_env_init(env_memory, ffi.sizeof(env_memory[0]), config, env))
check(lib.tcpconn_init(conn_memory, ffi.sizeof(conn_memory[0]), 0, conn))

capture, at, client = open(sys.argv[2], "rb").read(), 24, None
while at < len(capture):  # seconds, nanoseconds, bytes captured and on the wire
    s, ns, captured, length = struct.unpack_from("<4I", capture, at)
    frame, at = capture[at + 16:at + 16 + captured], at + 16 + captured
    seg = ffi.new("tcpseg *")
    check(lib.tcpseg_parse_frame(seg, ffi.NULL, 0, lib.TCPSEG_LINK_ETHERNET, 0, frame, captured, length))
    client = client or seg.src_port
    flags = [name for name in ("SYN", "FIN", "ACK") if seg.flags & getattr(lib, "TCPSEG_" + name)]
    print(ENDS[seg.src_port != client], "sends", *flags, seg.payload_len, "bytes")
    check(lib.tcpconn_feed(conn[0], env[0], seg.src_port != client, seg, ffi.NULL,
                           s * 10**9 + ns, ffi.NULL))
print("ended:", words(lib.tcpconn_end_name(lib.tcpconn_end(conn[0], env[0], lib.TCPCONN_END_CAPTURE))))
error = lib.tcpseg_parse(seg, frame, 19, 19)
print(f"caught {error}:", words(lib.tcpseg_strerror(error)))
