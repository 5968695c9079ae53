"""Scenes of what TCP does more rarely: windows that close, numbers that wrap, ports
used again, ends by RST."""

import socket
import struct
import time

from net import V4
from scenes import (ANSWER, FIRST_CLIENT_PORT, MSG_FASTOPEN, PAUSE, PORT, REQUEST,
                    TCP_FASTOPEN, TCP_QUICKACK, Pair, client_closes, close_in_turn)

TCP_REPAIR, TCP_REPAIR_QUEUE, TCP_QUEUE_SEQ, SEND_QUEUE = 19, 20, 21, 2
TCP_MD5SIG = 14
NEAR_THE_END = 2**32 - 100


def zero_window(net):
    """B does not read, A sends more than fits, and probes until B reads."""
    pair = Pair(net)
    pair.listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2304)
    pair.open()
    pair.a.setblocking(False)
    pair.a.send(b"more than it wants " * 300)
    time.sleep(0.7)
    read = 0
    while read < 19 * 300:
        read += len(pair.b.recv(65536))
    time.sleep(PAUSE)
    close_in_turn(pair.a, pair.b)
    return pair.endpoints()


def keep_alive(net):
    pair = Pair(net).open()
    pair.a.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    pair.a.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 1)
    pair.a.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 1)
    time.sleep(2.4)
    close_in_turn(pair.a, pair.b)
    return pair.endpoints()


def begin_at(sock, number):
    """The socket's SYN will have this number."""
    for option, value in ((TCP_REPAIR, 1), (TCP_REPAIR_QUEUE, SEND_QUEUE),
                          (TCP_QUEUE_SEQ, number), (TCP_REPAIR, 0)):
        sock.setsockopt(socket.IPPROTO_TCP, option, struct.pack("I", number)
                        if option == TCP_QUEUE_SEQ else value)


def wrap_around(net):
    pair = Pair(net)
    begin_at(pair.a, NEAR_THE_END)
    pair.open()
    for _ in range(4):
        pair.talk()
    close_in_turn(pair.a, pair.b)
    return pair.endpoints()


def wrap_in_handshake(net):
    """The SYN has the last number there is."""
    pair = Pair(net)
    begin_at(pair.a, 2**32 - 1)
    pair.open().talk()
    close_in_turn(pair.a, pair.b)
    return pair.endpoints()


def wrap_both(net):
    """Simultaneous open, in which both numbers can be chosen."""
    a, b = net.socket("a"), net.socket("b")
    for s, host, port in ((a, "a", FIRST_CLIENT_PORT), (b, "b", PORT)):
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        s.bind((V4[host], port))
        begin_at(s, NEAR_THE_END)
        s.setblocking(False)
    a.connect_ex((V4["b"], PORT))
    b.connect_ex((V4["a"], FIRST_CLIENT_PORT))
    time.sleep(2 * PAUSE)
    for _ in range(2):
        a.send(b"from a, past the end of the numbers. " * 3)
        b.send(b"from b, past the end of the numbers. " * 3)
        time.sleep(PAUSE)
    a.recv(1000)
    b.recv(1000)
    close_in_turn(a, b)
    return [(V4["a"], FIRST_CLIENT_PORT, PORT), (V4["b"], PORT, FIRST_CLIENT_PORT)]


def reuse(net):
    """B closes first, and A comes again from the same port."""
    pair = Pair(net).open().talk()
    close_in_turn(pair.b, pair.a)
    time.sleep(1.1)  # so that the new timestamps are newer by any clock
    pair.a = pair.bound("a", pair.port)
    pair.open().talk()
    close_in_turn(pair.a, pair.b)
    return pair.endpoints()


def abort(sock):
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()
    time.sleep(PAUSE)


def abort_in_close_wait(net):
    pair = Pair(net).open().talk()
    pair.a.shutdown(socket.SHUT_WR)
    time.sleep(PAUSE)
    abort(pair.b)
    return pair.endpoints()


def abort_in_fin_wait(net):
    pair = Pair(net).open().talk()
    pair.a.shutdown(socket.SHUT_WR)
    time.sleep(PAUSE)
    abort(pair.a)
    return pair.endpoints()


def abort_by_server(net):
    pair = Pair(net).open().talk()
    abort(pair.b)
    return pair.endpoints()


def server_half_closes(net):
    pair = Pair(net).open().talk()
    pair.b.shutdown(socket.SHUT_WR)
    time.sleep(PAUSE)
    for _ in range(3):
        pair.a.send(b"a has more to say. " * 20)
        time.sleep(0.05)
    pair.b.recv(65536)
    pair.a.close()
    time.sleep(PAUSE)
    return pair.endpoints()


def signed(net):
    """RFC 2385: each segment carries a digest."""
    pair = Pair(net)
    key = b"a secret"
    for s, peer in ((pair.listener, V4["a"]), (pair.a, V4["b"])):
        s.setsockopt(socket.IPPROTO_TCP, TCP_MD5SIG, struct.pack(
            "=HH4s120xBBHi80s", socket.AF_INET, 0, socket.inet_aton(peer), 0, 0,
            len(key), 0, key))
    pair.open().talk()
    close_in_turn(pair.a, pair.b)
    return pair.endpoints()


def data_on_third_step(net):
    pair = Pair(net)
    pair.a.setsockopt(socket.IPPROTO_TCP, TCP_QUICKACK, 0)
    pair.a.connect((V4["b"], PORT))
    pair.a.send(REQUEST)
    pair.b, _ = pair.listener.accept()
    pair.b.recv(65536)
    pair.b.send(ANSWER)
    pair.a.recv(65536)
    time.sleep(PAUSE)
    close_in_turn(pair.a, pair.b)
    return pair.endpoints()


def fast_open_at_once(net):
    """Data on the SYN without a cookie: B takes it, or not, by its settings."""
    pair = Pair(net)
    pair.listener.setsockopt(socket.IPPROTO_TCP, TCP_FASTOPEN, 5)
    pair.a.settimeout(None)
    pair.a.sendto(REQUEST, MSG_FASTOPEN, (V4["b"], PORT))
    pair.b, _ = pair.listener.accept()
    pair.b.settimeout(5)
    pair.b.recv(65536)
    pair.b.send(ANSWER)
    pair.a.recv(65536)
    time.sleep(PAUSE)
    close_in_turn(pair.a, pair.b)
    return pair.endpoints()


def setting(name, value):
    return {"settings": (("net/ipv4/" + name, value),)}


SCENES = {
    "zero-window": (zero_window, 0.004, {}),
    "keep-alive": (keep_alive, 0.004, {}),
    "syn-cookies": (client_closes, 0.004, setting("tcp_syncookies", 2)),
    "wrap-around": (wrap_around, 0.004, {}),
    "wrap-in-handshake": (wrap_in_handshake, 0.004, {}),
    "wrap-both": (wrap_both, 0.04, {}),
    "reuse": (reuse, 0.004, {}),
    "reuse-no-timestamps": (reuse, 0.004, setting("tcp_timestamps", 0)),
    "ecn": (client_closes, 0.004, setting("tcp_ecn", 1)),
    "rst-close-wait": (abort_in_close_wait, 0.004, {}),
    "rst-fin-wait": (abort_in_fin_wait, 0.004, {}),
    "rst-server": (abort_by_server, 0.004, {}),
    "half-close-server": (server_half_closes, 0.004, {}),
    "signed": (signed, 0.004, {}),
    "data-on-third-step": (data_on_third_step, 0.004, {}),
    # 1 and 4: a client that sends data without a cookie. 0x200: a server that takes
    # it so.
    "fast-open-at-once": (fast_open_at_once, 0.004, setting("tcp_fastopen", 0x207)),
    "fast-open-refused": (fast_open_at_once, 0.004, setting("tcp_fastopen", 5)),
}
