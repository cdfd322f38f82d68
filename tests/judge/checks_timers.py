# SPDX-License-Identifier: BSD-3-Clause
"""What happens by itself, in real time: all of these begin at the start and wait beside the others."""
import os
import struct
import time

from checks_handshake import flip
from court import check, require, slow
from protocol import (DATA, INITIATION, LOW_ORDER_BOTH, RESPONSE, again_with_mac1, mac1_holds, mac2_of,
                      stamp_ns)
from world import HERE, PC, PORT, SITE_AGAIN, udp4

REKEY_TIMEOUT = 5.0
JITTER = 0.333
KEEPALIVE = 10.0
LATE = 0.35  # control looks at reports every 100 ms; the machine is shared


def knock(court, peer, text=b"hello"):
    court.world.udp("pcA", PC).sendto(text, (peer.inner, 9))


def initiations(peer, count, seconds):
    """[(time, Received)]"""
    out = []
    for _ in range(count):
        received = peer.wait_initiation(seconds)
        out.append((time.monotonic(), received))
    return out


@slow("A33, A10: initiations 5 s apart and a little more, each with ephemeral, index and time of its own")
def retries(court, peer):
    with court.turn:
        begun = time.monotonic()
        knock(court, peer)
    seen = initiations(peer, 4, REKEY_TIMEOUT + 2)
    require(seen[0][0] - begun < 0.5, "the first came late:", seen[0][0] - begun)
    gaps = [b[0] - a[0] for a, b in zip(seen, seen[1:])]
    require(all(REKEY_TIMEOUT - 0.05 <= gap <= REKEY_TIMEOUT + JITTER + LATE for gap in gaps), gaps)
    require(max(gaps) - min(gaps) > 0.0005, "no jitter:", gaps)
    messages = [r for _, r in seen]
    for what in ("ephemeral", "remote_index", "timestamp"):
        require(len({getattr(r, what) for r in messages}) == 4, what, "was used again")
    stamps = [stamp_ns(r.timestamp) for r in messages]
    require(stamps == sorted(stamps), "timestamps fall")
    # A13: whitened to 2^24 ns, and near the wall clock
    require(all(ns % 10 ** 9 % (1 << 24) == 0 for ns in stamps), [ns % 10 ** 9 for ns in stamps])
    require(abs(stamps[-1] - time.time_ns()) < 3 * 10 ** 9, "the clock")
    require(all(mac1_holds(r.message, peer.keys.public) and mac2_of(r.message) == bytes(16)
                for r in messages), "macs")
    court.indices += [r.remote_index for r in messages]


@slow("A10, A11, A9, C2: responses: to an older initiation, bent, of low order, wrong psk, twice")
def responses(court, peer):
    with court.turn:
        knock(court, peer)
    older = peer.wait_initiation()
    received = peer.wait_initiation(REKEY_TIMEOUT + 2)
    with court.turn:  # all of it before the next retry
        bad_responses(court, peer, older, received)
        good, session = received.response(peer.new_index(), mac2=os.urandom(16))  # A21: ignored
        peer.send(good)
        require(peer.wait_data(session=session)[0][28:] == b"hello", "not at once (A25)")
        court.refused(lambda: peer.send(good), control_drop_unknown=1)
        peer.session = session
        require(peer.good(), "the session does not work")
        again, _ = received.response(peer.new_index())
        court.refused(lambda: peer.send(again), control_drop_unknown=1)


def bad_responses(court, peer, older, received):
    late, _ = older.response(peer.new_index())
    court.refused(lambda: peer.send(late), control_drop_unknown=1)
    index = received.remote_index
    others = [received.response(1, receiver=i)[0]
              for i in (0, older.remote_index, *(index ^ 1 << bit for bit in range(32)))]
    court.refused(lambda: [peer.send(m) for m in others], control_drop_unknown=len(others))
    good, _ = received.response(peer.new_index())
    court.refused(lambda: [peer.send(flip(good, 8 * byte)) for byte in range(4, 76)], black_drop_mac1=72)
    # data for the handshake's index, before there is a session
    early = struct.pack("<IIQ", DATA, index, 0) + os.urandom(16)
    court.refused(lambda: peer.send(early), crypt_drop_index=1)
    bent = [again_with_mac1(flip(good, 8 * byte), court.site.public) for byte in range(12, 60)]
    court.refused(lambda: [peer.send(m) for m in bent], control_drop_proof=48)
    low = [received.response(1, ephemeral=point)[0] for point in LOW_ORDER_BOTH]
    court.refused(lambda: [peer.send(m) for m in low], control_drop_proof=len(low))
    wrong, _ = received.response(1, psk=os.urandom(32))
    court.refused(lambda: peer.send(wrong), control_drop_proof=1)
    require(not [m for m, _ in peer.drain() if m[0] == DATA], "data without a session")


@slow("A25: an initiator with nothing to say sends a keepalive at once")
def empty_handed(court, peer):
    # a persistent keepalive is a reason to begin without a packet
    court.world.wg("set", "peer", peer.text, "persistent-keepalive", "600")
    received = peer.wait_initiation()
    message, session = received.response(peer.new_index())
    begun = time.monotonic()
    with court.turn:
        peer.send(message)
        first, _ = peer.wait(DATA)
    require(session.open(first) == (0, b""), "not a keepalive")
    require(time.monotonic() - begun < 0.5, "late")


@slow("A37: data and no answer for 10 s: one keepalive, and none after it")
def passive_keepalive(court, peer):
    sink = court.world.udp("pcA", PC)  # it does not answer
    with court.turn:
        peer.initiate()
        peer.confirm().echo()
        peer.send(peer.session.seal(udp4(peer.inner, PC, b"x", sink.getsockname()[1])))
        begun = time.monotonic()
    message, _ = peer.wait(DATA, KEEPALIVE + 3)
    took = time.monotonic() - begun
    require(peer.session.open(message)[1] == b"", "not a keepalive")
    require(KEEPALIVE - 0.05 <= took <= KEEPALIVE + LATE, "after", took)
    with court.turn:
        peer.send(peer.session.seal(b""))  # keepalives provoke nothing
    time.sleep(KEEPALIVE / 2)
    require(not peer.drain(), "a second one")


@slow("A36: data and nothing back for 15 s: an initiation, to the same endpoint")
def unanswered(court, peer):
    with court.turn:
        peer.initiate()
        peer.confirm().echo()
        peer.drain()
        knock(court, peer)
        begun = time.monotonic()
        peer.wait_data()
    court.refused(lambda: peer.send(flip(peer.session.seal(b""), 8 * 20)), crypt_drop_tag=1)
    received = peer.wait_initiation(20)
    took = time.monotonic() - begun
    message, _ = received.response(1, receiver=peer.session.remote)
    # the index leads to the peer, which has an initiation outstanding: but not under that index
    court.refused(lambda: peer.send(message), control_drop_unknown=1)
    require(14.9 <= took <= 15 + JITTER + LATE, "after", took)


@slow("A38: a persistent keepalive: at once when it is turned on, then each interval, moved by traffic")
def persistent(court, peer):
    with court.turn:
        peer.initiate()
        peer.confirm().echo()
        peer.drain()
    begun = time.monotonic()
    court.world.wg("set", "peer", peer.text, "persistent-keepalive", "2")
    times = []
    for _ in range(4):
        message, _ = peer.wait(DATA, 4)
        times.append(time.monotonic() - begun)
        require(peer.session.open(message)[1] == b"", "not a keepalive")
    require(times[0] < 0.5, "the first after", times[0])
    require(all(1.9 <= b - a <= 2 + LATE for a, b in zip(times, times[1:])), times)
    time.sleep(1)
    with court.turn:
        peer.drain()
        peer.send(peer.session.seal(b""))
        begun = time.monotonic()
    peer.wait(DATA, 4)
    took = time.monotonic() - begun
    require(1.85 <= took <= 2 + LATE, "traffic did not move it: the next after", took)
    court.world.wg("set", "peer", peer.text, "persistent-keepalive", "off")


@slow("A33: a response that was sent counts: no initiation within 5 s of it")
def response_counts(court, peer):
    with court.turn:
        peer.initiate()
        begun = time.monotonic()
        knock(court, peer)  # the session is not confirmed: it would begin one
    peer.wait(INITIATION, REKEY_TIMEOUT + 2)
    took = time.monotonic() - begun
    require(REKEY_TIMEOUT - 0.05 <= took <= REKEY_TIMEOUT + JITTER + LATE, "after", took)


@slow("C8: both begin at once: one session, whichever it is, and data both ways")
def crossing(court, peer):
    with court.turn:
        knock(court, peer)
        received = peer.wait_initiation()
        state, message = peer.initiation()
        peer.send(message)
        answer, _ = peer.receive(0.5)
        if answer and answer[0] == RESPONSE:
            peer.session = state.finish(answer)
            peer.confirm()
        else:  # it waits for its response: the judge's key is the smaller one
            answer, peer.session = received.response(peer.new_index())
            peer.send(answer)
            require(peer.wait_data()[0][28:] == b"hello", "not at once")
        require(peer.good(), "no session")


@slow("A51, A52: a valid response moves the endpoint, and the daemon goes on from where it was reached")
def response_moves(court, peer):
    elsewhere = court.world.udp("siteB", HERE)
    court.world.quiet.add(elsewhere.getsockname())
    with court.turn:
        knock(court, peer)
        received = peer.wait_initiation()
        wrong, _ = received.response(1, psk=os.urandom(32))
        court.refused(lambda: peer.send(wrong, socket=elsewhere), control_drop_proof=1)
        require(peer.endpoint() == "%s:%d" % peer.at, "a bad response moves")
        good, peer.session = received.response(2)
        peer.send(good, (SITE_AGAIN, PORT), socket=elsewhere)
        packet, source = peer.wait_data(socket=elsewhere)
    require(packet[28:] == b"hello" and source == (SITE_AGAIN, PORT), "data comes from", source)
    require(peer.endpoint() == "%s:%d" % elsewhere.getsockname(), "endpoint is", peer.endpoint())


@slow("A30: a key of 180 s is refused both ways", long=True)
def expiry(court, peer):
    with court.turn:
        peer.initiate()
        peer.confirm().echo()
        begun = time.monotonic()
    time.sleep(178.5 - (time.monotonic() - begun))
    with court.turn:
        require(peer.good(), "refused too early")
    time.sleep(180.2 - (time.monotonic() - begun))
    message = peer.session.seal(udp4(peer.inner, PC, b"late"))
    changed, _ = court.observe(lambda: peer.send(message))
    require(changed.get("crypt drop_expired", 0) + changed.get("crypt drop_index", 0) == 1, changed)
    peer.drain()
    knock(court, peer)
    require(peer.wait_initiation(8), "no new handshake")
    require(not [m for m, _ in peer.drain() if m[0] == DATA], "data under an old key")


@slow("A31: a key that we began is renewed when 120 s old, on sending", long=True)
def renewal(court, peer):
    knock(court, peer)
    received = peer.wait_initiation()
    message, peer.session = received.response(5)
    with court.turn:
        peer.send(message)
        begun = time.monotonic()
        peer.wait_data()
    while time.monotonic() - begun < 119:
        time.sleep(1)
        with court.turn:
            knock(court, peer, b"more")
            peer.send(peer.session.seal(b""))
    require(not [m for m, _ in peer.drain() if m[0] == INITIATION], "renewed too early")
    time.sleep(max(0, 120.2 - (time.monotonic() - begun)))
    knock(court, peer, b"more")
    peer.wait_initiation(1)


@check("C31, A27: indices look random: no order, no repetition, every bit in use")
def random_indices(court):
    while len(court.indices) < 128:
        court.indices.append(court.herald.initiate().remote)
    values = court.indices
    require(len(set(values)) == len(values), "an index came twice")
    for bit in range(32):
        share = sum(v >> bit & 1 for v in values) / len(values)
        require(0.25 < share < 0.75, "bit", bit, "is set in", share)
    near = sum(abs(a - b) < 1 << 20 for a, b in zip(values, values[1:]))
    require(near < 5, near, "neighbours of", len(values))
