#!/usr/bin/env python3
"""The states of a connection, in Python with ctypes. usage: follow_ctypes.py LIBRARY CAPTURE"""
import ctypes as c
import struct
import sys


class Segment(c.Structure):  # tcpseg: as much of it as is read here, and its size
    _fields_ = [("src_port", c.c_uint16), ("dst_port", c.c_uint16), ("seq", c.c_uint32),
                ("ack", c.c_uint32), ("flags", c.c_uint16), ("rest", c.c_uint8 * 10),
                ("payload_len", c.c_uint32), ("more", c.c_uint8 * 100)]


class Event(c.Structure):  # tcpconn_event
    _fields_ = [("now", c.c_uint64), ("offset", c.c_uint64), ("len", c.c_uint32),
                ("seq", c.c_uint32), ("type", c.c_uint8), ("dir", c.c_uint8),
                ("endpoint", c.c_uint8), ("old_state", c.c_uint8), ("new_state", c.c_uint8),
                ("sure", c.c_uint8), ("rest", c.c_uint8 * 34)]


CALLBACK = c.CFUNCTYPE(None, c.c_void_p, c.c_void_p, c.POINTER(Event), c.c_void_p)


class Config(c.Structure):  # tcpconn_config
    _fields_ = [("struct_size", c.c_uint32), ("choices", c.c_uint32 * 3),
                ("times", c.c_uint64 * 17), ("user", c.c_void_p), ("on_state", CALLBACK),
                ("others", c.c_void_p * 8), ("rest", c.c_uint64 * 4)]


def memory(size):
    """Zeroes at a multiple of 8, as long as the object that is returned."""
    return (c.c_uint64 * ((size + 7) // 8))()


lib = c.CDLL(sys.argv[1])
for name in ("tcpseg_strerror", "tcpconn_state_name", "tcpconn_end_name"):
    getattr(lib, name).restype = c.c_char_p
for name in ("tcpseg_abi_sizeof", "tcpconn_size", "tcpconn_env_size"):
    getattr(lib, name).restype = c.c_size_t
for number, mirror in ((1, Segment), (32, Event), (34, Config)):  # TCPSEG_TYPE_
    assert lib.tcpseg_abi_sizeof(number) == c.sizeof(mirror), mirror
ENDS = ("client", "server")


def check(result):
    if result < 0:
        raise RuntimeError(lib.tcpseg_strerror(result).decode())
    return result


@CALLBACK
def on_state(user, conn, event, data):
    e = event.contents
    old, new = (lib.tcpconn_state_name(s).decode() for s in (e.old_state, e.new_state))
    print(f"    {ENDS[e.endpoint]}: {old} -> {new}{'' if e.sure else ' (inferred)'}")


version = lib.tcpseg_version()
print(f"libtcpseg {version >> 16}.{version >> 8 & 255}.{version & 255}")
config, env, conn = Config(), c.c_void_p(), c.c_void_p()
lib.tcpconn_config_default(c.byref(config), c.c_size_t(c.sizeof(config)))
config.on_state = on_state  # which must live as long as the environment
sizes = lib.tcpconn_env_size(), lib.tcpconn_size(0)
own = [memory(size) for size in sizes]
check(lib.tcpconn_env_init(own[0], c.c_size_t(sizes[0]), c.byref(config), c.byref(env)))
check(lib.tcpconn_init(own[1], c.c_size_t(sizes[1]), 0, c.byref(conn)))

capture, at, client = open(sys.argv[2], "rb").read(), 24, None
while at < len(capture):  # seconds, nanoseconds, bytes captured and on the wire
    s, ns, captured, length = struct.unpack_from("<4I", capture, at)
    frame, at = capture[at + 16:at + 16 + captured], at + 16 + captured
    seg = Segment()
    check(lib.tcpseg_parse_frame(c.byref(seg), None, c.c_size_t(0), 1, 0, frame,
                                 c.c_size_t(captured), c.c_size_t(length)))
    client = client or seg.src_port
    flags = [name for bit, name in ((2, "SYN"), (1, "FIN"), (16, "ACK")) if seg.flags & bit]
    print(ENDS[seg.src_port != client], "sends", *flags, seg.payload_len, "bytes")
    check(lib.tcpconn_feed(conn, env, int(seg.src_port != client), c.byref(seg), None,
                           c.c_uint64(s * 10**9 + ns), None))
print("ended:", lib.tcpconn_end_name(lib.tcpconn_end(conn, env, 6)).decode())
error = lib.tcpseg_parse(c.byref(Segment()), frame, c.c_size_t(19), c.c_size_t(19))
print(f"caught {error}:", lib.tcpseg_strerror(error).decode())
