# SPDX-License-Identifier: BSD-3-Clause
"""Data messages that a good peer never sends: counters, sessions, bits, lengths, endpoints."""
import os
import struct

from checks_handshake import flip
from court import await_true, check, require
from protocol import DATA, REJECT_AFTER_MESSAGES, RESPONSE, WINDOW
from world import HERE, PC, udp4

HEADER = 16
TAG = 16


def data(peer, counter=None, **how):
    """A packet for pcA that needs no answer."""
    return peer.session.seal(udp4(peer.inner, PC, b"judge"), counter, **how)


# ---- who may send when ----

@check("A25: a responder sends no data before the first message under the session, then what waited")
def unconfirmed(court):
    peer = court.peer()
    knock = court.world.udp("pcA", PC)
    peer.initiate()
    before = court.world.counters()["crypt staged"]
    for n in range(3):
        knock.sendto(b"waiting %d" % n, (peer.inner, 9))
    require(await_true(5, lambda: court.world.counters()["crypt staged"] == before + 3), "not staged")
    court.settle()
    require(not peer.drain(), "data before it was confirmed")
    peer.confirm()
    got = [peer.wait_data()[0][28:37] for _ in range(3)]
    require(got == [b"waiting 0", b"waiting 1", b"waiting 2"], got)


@check("A25: a replayed or bent first message confirms nothing (C5)")
def confirmed_by_no_replay(court):
    peer = court.up()
    old = peer.session
    replay = old.seal(b"")
    peer.send(replay)
    peer.initiate()
    first = peer.session.seal(b"")
    knock = court.world.udp("pcA", PC)

    court.refused(lambda: peer.send(replay), crypt_drop_replay=1)
    court.refused(lambda: peer.send(flip(first, 8 * HEADER)), crypt_drop_tag=1)
    knock.sendto(b"hello", (peer.inner, 9))
    packet, _ = peer.wait_data(session=old)  # still under the former session
    require(packet[28:] == b"hello", packet)
    peer.send(first)
    court.settle()
    knock.sendto(b"again", (peer.inner, 9))
    require(peer.wait_data()[0][28:] == b"again", "not under the new session")


@check("A25: of unconfirmed sessions only the last is kept; what confirms it may be data, for whatever "
       "inner source")
def last_unconfirmed(court):
    peer = court.up()
    old = peer.session
    first = peer.initiate()
    last = peer.initiate()
    knock = court.world.udp("pcA", PC)
    court.refused(lambda: peer.send(first.seal(b"")), crypt_drop_index=1)
    knock.sendto(b"hello", (peer.inner, 9))
    require(peer.wait_data(session=old)[0][28:] == b"hello", "not under the former session")
    spoofed = last.seal(udp4("10.0.2.10", PC, b"spoofed"))
    court.refused(lambda: peer.send(spoofed), crypt_drop_inner_source=1)
    knock.sendto(b"again", (peer.inner, 9))
    require(peer.wait_data(session=last)[0][28:] == b"again", "not under the new session")


@check("A24, A26: data under the previous session is taken, under the one before it is not")
def previous_session(court):
    peer = court.up()
    first = peer.session
    court.accepted(lambda: peer.send(data(peer)))
    peer.initiate()
    peer.confirm().echo()
    second, peer.session = peer.session, first
    court.accepted(lambda: peer.send(data(peer)))
    peer.session = second
    peer.echo()  # what comes back is under the current one
    peer.initiate()
    peer.confirm().echo()
    peer.session = first
    court.refused(lambda: peer.send(data(peer)), crypt_drop_index=1)
    peer.session = second
    court.accepted(lambda: peer.send(data(peer)))


# ---- replay window ----

@check("A28: a message sent again, at once and a hundred messages later")
def replayed(court):
    peer = court.up()
    message = data(peer)
    court.accepted(lambda: peer.send(message))
    court.refused(lambda: peer.send(message), crypt_drop_replay=1)
    court.accepted(lambda: [peer.send(data(peer)) for _ in range(100)], 100)
    court.refused(lambda: [peer.send(message) for _ in range(10)], crypt_drop_replay=10)


@check("A28: every message of a burst twice, and in reverse order: each counts once")
def burst_twice(court):
    peer = court.up()
    messages = [data(peer) for _ in range(60)]
    changed, _ = court.observe(lambda: [peer.send(m) for m in reversed(messages) for _ in (0, 1)])
    require(changed.get("crypt opened_packets") == 61, changed)
    require(changed.get("crypt drop_replay") == 60, changed)


@check("A28: counter 0 is valid, once")
def counter_zero(court):
    peer = court.peer()
    peer.initiate()
    court.accepted(lambda: peer.send(data(peer, 0)))
    court.refused(lambda: peer.send(data(peer, 0)), crypt_drop_replay=1)


@check("A28: the window ends 8128 behind the greatest counter")
def window(court):
    peer = court.up()
    for top in (20000, 50001, 80063, 120064, 160065, 200127):
        court.accepted(lambda t=top: peer.send(data(peer, t)))
        court.accepted(lambda t=top: peer.send(data(peer, t - WINDOW)))
        court.refused(lambda t=top: peer.send(data(peer, t - WINDOW)), crypt_drop_replay=1)
        court.refused(lambda t=top: peer.send(data(peer, t - WINDOW - 1)), crypt_drop_replay=1)
        court.accepted(lambda t=top: peer.send(data(peer, t - WINDOW + 1)))


@check("A28: jumps of 8127, 8128, 8129 and many times 8192 leave no hole and no ghost")
def jumps(court):
    peer = court.up()
    at = 2000
    behind = (1, 63, 64, 65, 128, 1000)
    for jump in (WINDOW - 1, WINDOW, WINDOW + 1, 8191, 8192, 8193, 64 * 8192, 1 << 40):
        court.accepted(lambda a=at: [peer.send(data(peer, a - n)) for n in (0, *behind)], 1 + len(behind))
        court.accepted(lambda a=at, j=jump: peer.send(data(peer, a + j)))
        inside = jump <= WINDOW
        if inside:
            court.refused(lambda a=at: peer.send(data(peer, a)), crypt_drop_replay=1)
        # a ring that is not cleared would take these for seen
        court.accepted(lambda a=at, j=jump: [peer.send(data(peer, a + j - n)) for n in behind], len(behind))
        at += jump + 20000


@check("C3: counters beyond 32 bits")
def wide_counters(court):
    peer = court.up()
    for counter in (2 ** 32 - 1, 2 ** 32, 2 ** 32 + 1, 2 ** 33):
        court.accepted(lambda c=counter: peer.send(data(peer, c)))
        court.refused(lambda c=counter: peer.send(data(peer, c)), crypt_drop_replay=1)


@check("A29: a first message with the greatest counter there is, and a window that is whole behind it")
def greatest_first(court):
    peer = court.peer()
    peer.initiate()
    last = REJECT_AFTER_MESSAGES - 1
    court.refused(lambda: [peer.send(data(peer, last + n)) for n in (1, 2)], crypt_drop_expired=2)
    court.accepted(lambda: peer.send(data(peer, last)))
    edges = (1, 2, 63, 64, 65, WINDOW - 1, WINDOW)
    court.accepted(lambda: [peer.send(data(peer, last - n)) for n in edges], len(edges))
    court.refused(lambda: [peer.send(data(peer, last - n)) for n in (0, *edges, WINDOW + 1, last)],
                  crypt_drop_replay=len(edges) + 3)


@check("A29: counters up to 2^64 - 2^13 - 2 are taken, from 2^64 - 2^13 - 1 on refused")
def limits(court):
    peer = court.up()
    last = REJECT_AFTER_MESSAGES - 1
    for counter in (2 ** 60 - 1, 2 ** 60, 2 ** 63, last - 1, last):
        court.accepted(lambda c=counter: peer.send(data(peer, c)))
    for counter in (last + 1, last + 2, 2 ** 64 - 8130, 2 ** 64 - 2, 2 ** 64 - 1):
        court.refused(lambda c=counter: peer.send(data(peer, c)), crypt_drop_expired=1)
    court.refused(lambda: peer.send(data(peer, last)), crypt_drop_replay=1)
    court.accepted(lambda: peer.send(data(peer, last - WINDOW)))
    court.refused(lambda: peer.send(data(peer, last - WINDOW - 1)), crypt_drop_replay=1)
    peer.initiate()
    peer.confirm().echo()


# ---- bits and lengths ----

@check("A27: a receiver index with any bit changed, and index 0")
def wrong_index(court):
    peer = court.up()
    message = data(peer)
    bent = [flip(message, 32 + bit) for bit in range(32)] + [data(peer, remote=0)]
    court.refused(lambda: [peer.send(m) for m in bent], crypt_drop_index=len(bent))
    court.accepted(lambda: peer.send(message))


@check("C1: each bit of the counter, the tag and the first bytes of a message changed")
def wrong_bits(court):
    peer = court.up()
    message = data(peer)
    bits = [*range(64, 128), *range(8 * HEADER, 8 * HEADER + 64),
            *range(8 * (len(message) - TAG), 8 * len(message))]
    court.refused(lambda: [peer.send(flip(message, bit)) for bit in bits], crypt_drop_tag=len(bits))
    court.refused(lambda: [peer.send(flip(message, 8 * byte)) for byte in range(HEADER, len(message))],
                  crypt_drop_tag=len(message) - HEADER)
    court.accepted(lambda: peer.send(message))


@check("C1: a tag of zeros, of another key, and a keepalive's bits")
def wrong_tags(court):
    peer = court.up()
    message, empty = data(peer), peer.session.seal(b"")

    def act():
        peer.send(message[:-TAG] + bytes(TAG))
        peer.send(message[:-TAG] + os.urandom(TAG))
        for bit in range(128):
            peer.send(flip(empty, 8 * HEADER + bit))
    court.refused(act, crypt_drop_tag=130)


@check("A2: a data message cut to every length, and with up to 64 bytes added")
def data_lengths(court):
    peer = court.up()
    message = data(peer)
    lengths = [n for n in range(len(message) + 65) if n != len(message)]
    court.refused(lambda: [peer.send((message + os.urandom(64))[:n]) for n in lengths],
                  black_drop_type=4, black_drop_size=32 - 4, crypt_drop_tag=len(lengths) - 32)
    court.accepted(lambda: peer.send(message))


@check("A2: the longest datagrams that the wire carries, with right and with wrong tags")
def long_data(court):
    peer = court.up()
    for size in (1420, 1424, 1432, 1440):  # the last makes a frame of 1500 bytes
        packet = udp4(peer.inner, PC, bytes(size - 28))
        court.accepted(lambda p=packet: peer.send(peer.session.seal(p)))
        court.refused(lambda p=packet: peer.send(flip(peer.session.seal(p), 8 * 900)), crypt_drop_tag=1)


@check("C17: a datagram in IP fragments: dropped, whatever is in it")
def fragments(court):
    peer = court.up()
    packet = udp4(peer.inner, PC, bytes(2000))
    court.refused(lambda: peer.send(peer.session.seal(packet)), black_drop_ip_fragment=2)


@check("C1: messages of random bytes: 2,000 of all types and lengths")
def random_messages(court):
    peer = court.up()

    def act():
        for n in range(2000):
            kind = bytes([1 + n % 4, 0, 0, 0])
            peer.send(kind + os.urandom(n % 300))
            if n % 50 == 49:
                court.honest.echo()
    changed, sent = court.observe(act)
    drops = sum(n for name, n in changed.items() if " drop_" in name and not name.startswith("red "))
    handed_on = changed.get("control drop_unknown", 0)
    require(drops == 2000, drops, "dropped;", changed)
    require(handed_on <= 10 and not sent, "answers:", sent)


@check("C1: a message of one session under the index of another")
def crossed_sessions(court):
    one, other = court.up(), court.up()
    message = data(one, remote=other.session.remote)
    court.refused(lambda: one.send(message), crypt_drop_tag=1)
    require(one.good() and other.good(), "a session is harmed")


@check("C28: our own message, sent back to us, opens nothing")
def reflected(court):
    peer = court.up()
    knock = court.world.udp("pcA", PC)
    knock.sendto(b"hello", (peer.inner, 9))
    message, _ = peer.wait(DATA)
    reflected_to = message[:4] + struct.pack("<I", peer.session.remote) + message[8:]
    court.refused(lambda: peer.send(message), crypt_drop_index=1)
    court.refused(lambda: peer.send(reflected_to), crypt_drop_tag=1)


# ---- endpoints ----

@check("A51: an endpoint moves with data that is good, not with replays, wrong tags or random bytes")
def moves(court):
    peer = court.up()
    elsewhere = court.world.udp("siteB", HERE)
    there = elsewhere.getsockname()
    here = "%s:%d" % peer.at
    message = data(peer)
    peer.send(message)
    court.settle()
    court.refused(lambda: peer.send(message, socket=elsewhere), crypt_drop_replay=1)
    court.refused(lambda: peer.send(flip(data(peer), 8 * HEADER), socket=elsewhere), crypt_drop_tag=1)
    _, initiation = peer.initiation(timestamp=bytes(12))
    court.refused(lambda: peer.send(initiation, socket=elsewhere), control_drop_timestamp=1)
    require(peer.endpoint() == here, "moved to", peer.endpoint())
    require(peer.good(), "answers do not come back here")
    peer.send(peer.session.seal(b""), socket=elsewhere)
    require(await_true(2, lambda: peer.endpoint() == "%s:%d" % there), "did not move")
    court.world.udp("pcA", PC).sendto(b"hello", (peer.inner, 9))
    require(peer.wait_data(socket=elsewhere)[0][28:] == b"hello", "data does not go there")
    peer.send(peer.session.seal(b""))
    require(await_true(2, lambda: peer.endpoint() == here), "endpoint is", peer.endpoint())
    require(peer.good(), "not back again")


@check("A51: a spoofed inner source still moves the endpoint, a valid initiation does, a replayed does not")
def moves_before_allowed_ips(court):
    peer = court.up()
    elsewhere = court.world.udp("siteB", HERE)
    there = "%s:%d" % elsewhere.getsockname()
    spoofed = peer.session.seal(udp4("10.0.2.10", PC, b"spoofed"))
    court.refused(lambda: peer.send(spoofed, socket=elsewhere), crypt_drop_inner_source=1)
    require(await_true(2, lambda: peer.endpoint() == there), "did not move")
    third = court.world.udp("siteB", HERE)
    state, message = peer.initiation()
    peer.pace()
    peer.send(message, socket=third)
    peer.session = state.finish(peer.wait(RESPONSE, socket=third)[0])
    require(peer.endpoint() == "%s:%d" % third.getsockname(), "a valid initiation does not move")
    court.refused(lambda: peer.send(message), control_drop_timestamp=1)
    require(peer.endpoint() == "%s:%d" % third.getsockname(), "a replay moves")


@check("A24: no session is harmed by 200 bad handshakes and 200 bad messages between good ones")
def between(court):
    peer = court.up()
    session = peer.session
    for n in range(20):
        _, message = peer.initiation(timestamp=bytes(12))
        for bit in range(10):
            peer.send(flip(message, 8 * 40 + bit))
            peer.send(flip(data(peer), 8 * HEADER + bit))
        require(peer.good(), "after", n)
    require(peer.session is session, "another session")
