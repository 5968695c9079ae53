"""Scenes on a wire that loses, repeats and reorders more than the odd segment."""

import random
import socket
import time

from scenes import PAUSE, Pair, client_closes, close_in_turn, flags, has_data

LATE = 0.005  # less than a round trip: nothing is retransmitted in its place


def repeats_all(side, tcp):
    """Each SYN, FIN and text comes twice; but B's FIN, whose copy would be answered
    by an ACK that no socket waits for."""
    again = has_data(tcp) or flags(tcp) & (2 if side else 3)
    return (0, 0.002) if again else (0,)


def duplicated(net):
    net.bridge.before = repeats_all
    return client_closes(net)


def duplicated_behind(net):
    """The copies are made behind the tap, so only the answers to them show."""
    net.bridge.behind = repeats_all
    return client_closes(net)


def delays(n, matches):
    """Hold back A's n-th segment (from 1) that matches, so that others pass it."""
    count = 0

    def delay(side, tcp):
        nonlocal count
        if side == 0 and matches(tcp):
            count += 1
            if count == n:
                return (LATE,)
        return (0,)
    return delay


def send_pieces(pair):
    pair.a.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for i in range(6):
        pair.a.send(b"piece %d " % i * 20)
        time.sleep(0.002)


def reordered(net):
    pair = Pair(net).open()
    net.bridge.before = delays(2, has_data)
    send_pieces(pair)
    time.sleep(PAUSE)
    pair.b.recv(65536)
    close_in_turn(pair.a, pair.b)
    return pair.endpoints()


def reordered_behind(net):
    pair = Pair(net).open()
    net.bridge.behind = delays(3, has_data)
    send_pieces(pair)
    time.sleep(PAUSE)
    pair.b.recv(65536)
    close_in_turn(pair.a, pair.b)
    return pair.endpoints()


def fin_first(net):
    """A's FIN passes its last text."""
    pair = Pair(net).open().talk()
    net.bridge.before = delays(1, has_data)
    pair.a.send(b"the last word, which comes after the end")
    pair.a.close()
    time.sleep(PAUSE)
    pair.b.recv(100)
    pair.b.close()
    time.sleep(PAUSE)
    return pair.endpoints()


def storm(net):
    """Anything may happen to any segment with text, either way; always the same."""
    chance = random.Random(9293)

    def weather(_side, tcp):
        if not has_data(tcp):
            return (0,)
        return chance.choice(((0,), (0,), (0,), (0, 0.005), (0.01,), ()))

    pair = Pair(net).open()
    net.bridge.before = weather
    net.bridge.lose = lambda side, tcp: has_data(tcp) and chance.random() < 0.15
    for s in (pair.a, pair.b):
        s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for i in range(12):
        pair.a.send(b"A%02d " % i * 16)
        pair.b.send(b"B%02d " % i * 16)
        time.sleep(0.004)
    for s in (pair.a, pair.b):
        read = 0
        while read < 12 * 64:
            read += len(s.recv(65536))
    net.bridge.before = None
    net.bridge.lose = lambda side, tcp: False
    time.sleep(PAUSE)
    close_in_turn(pair.a, pair.b)
    return pair.endpoints()


SCENES = {
    "duplicated": (duplicated, 0.004, {}),
    "duplicated-behind": (duplicated_behind, 0.004, {}),
    "reordered": (reordered, 0.004, {}),
    "reordered-behind": (reordered_behind, 0.004, {}),
    "fin-first": (fin_first, 0.004, {}),
    "storm": (storm, 0.004, {}),
}
