# SPDX-License-Identifier: BSD-3-Clause
"""Handshakes that a good peer never attempts, with site A as the responder."""
import os
import time

from court import check, require
from peer import Peer
from protocol import (COOKIE, DATA, INITIATION, LOW_ORDER_BOTH, RESPONSE, SIZES, STAMP_STEP_NS, Initiation,
                      Keys, Refused, add_macs, again_with_mac1, cookie_reply, hchacha20, index_at,
                      mac1_holds, mac2_of, stamp)
from world import SITE, SITE_AGAIN, PORT

RESPONSES_APART = 0.020  # A14, as seen on the wire; less a little for the way there
SLACK = 0.003


def flip(message, bit):
    out = bytearray(message)
    out[bit // 8] ^= 1 << bit % 8
    return bytes(out)


@check("the judge's own HChaCha20 gives the answer of draft-irtf-cfrg-xchacha 2.2.1")
def own_hchacha20(_):
    got = hchacha20(bytes(range(32)), bytes.fromhex("000000090000004a0000000031415927"))
    require(got.hex() == "82413b4227b27bfed30e42508a877d73a0f9e4d58a74a853c12ec41326d3ecdc", got.hex())


@check("A5, A6, A7, A8: a handshake by the whitepaper, and data both ways")
def whole(court):
    peer = court.up()
    require(court.world.about("latest-handshakes", peer.text) != "0", "no handshake time")
    require(peer.session.remote != peer.session.local, "the daemon's index is its own")


@check("A7: a handshake with a preshared key")
def preshared(court):
    court.up(psk=os.urandom(32))


@check("A7: a wrong preshared key leads to no session")
def wrong_preshared(court):
    peer = court.peer(psk=os.urandom(32))
    state, message = peer.initiation()
    peer.send(message)
    response, _ = peer.wait(RESPONSE)
    state.psk = os.urandom(32)
    try:
        state.finish(response)
    except Refused:
        return
    require(False, "the response ignores the preshared key")


@check("A16, A17: the response's mac1 is right, its mac2 zero without a cookie")
def response_macs(court):
    peer = court.peer()
    _, message = peer.initiation()
    peer.send(message)
    response, _ = peer.wait(RESPONSE)
    require(len(response) == SIZES[RESPONSE] and mac1_holds(response, peer.keys.public), "mac1")
    require(mac2_of(response) == bytes(16), "mac2", mac2_of(response).hex())


# ---- size and shape ----

def one_of_each(court, peer):
    """Of the four types, as right as they can be when site A has asked for none of them."""
    _, initiation = peer.initiation()
    response = add_macs(bytes([2, 0, 0, 0]) + os.urandom(56), court.site.public)
    reply = cookie_reply(peer.session.remote, os.urandom(16), peer.keys.public, os.urandom(16))
    return [initiation, response, reply, peer.session.seal(b"")]


def rightly(court, message):
    """With mac1 for what the message has become."""
    return again_with_mac1(message, court.site.public) if len(message) in (148, 92) else message


@check("A1: reserved bytes that are not zero: each of their bits, in all four types")
def reserved(court):
    peer = court.up()
    bent = [rightly(court, flip(message, bit)) for message in one_of_each(court, peer)
            for bit in range(8, 32)]
    court.refused(lambda: [peer.send(m) for m in bent], black_drop_type=len(bent))


@check("A1, A2: each bit of the type changed, in all four types, mac1 right for what it became")
def bent_types(court):
    peer = court.up()
    bent = [rightly(court, flip(message, bit)) for message in one_of_each(court, peer)
            for bit in range(8)]
    sizes = sum(m[0] in SIZES for m in bent)  # that type has another length; no bit makes it data
    court.refused(lambda: [peer.send(m) for m in bent], black_drop_size=sizes,
                  black_drop_type=len(bent) - sizes)


@check("A2: a handshake message sent as another type, cut or filled to that type's length")
def other_lengths(court):
    peer = court.up()
    initiation, response, reply, _ = one_of_each(court, peer)
    as_response = rightly(court, bytes([RESPONSE]) + initiation[1:92])
    as_initiation = rightly(court, bytes([INITIATION]) + (response + bytes(56))[1:])
    court.refused(lambda: [peer.send(as_response), peer.send(as_initiation)], control_drop_unknown=1,
                  control_drop_proof=1)
    court.refused(lambda: peer.send(bytes([COOKIE]) + initiation[1:64]), control_drop_unknown=1)
    court.refused(lambda: peer.send(bytes([DATA]) + reply[1:]), crypt_drop_tag=1)  # a session's index


@check("A1: types that there are not")
def types(court):
    peer = court.peer()
    kinds = [k for k in range(256) if k not in (1, 2, 3, 4)]
    court.refused(lambda: [peer.send(bytes([k, 0, 0, 0]) + bytes(144)) for k in kinds],
                  black_drop_type=len(kinds))


@check("A2: a byte less and a byte more, for every type")
def sizes(court):
    peer = court.up()
    _, initiation = peer.initiation()
    messages = [initiation, bytes([2, 0, 0, 0]) + os.urandom(88), bytes([3, 0, 0, 0]) + os.urandom(60)]

    def act():
        for message in messages:
            peer.send(message[:-1])
            peer.send(message + b"\0")
        peer.send(peer.session.seal(b"")[:-1])
    court.refused(act, black_drop_size=7)
    court.refused(lambda: peer.send(peer.session.seal(b"") + b"\0"), crypt_drop_tag=1)


@check("A2: handshake messages and cookie replies cut to every length, longer by up to 200 bytes, and as "
       "long as the wire carries")
def all_sizes(court):
    peer = court.up()
    for message in one_of_each(court, peer)[:3]:
        bent = [(message + bytes(1472))[:n] for n in (*range(len(message) + 201), 1471, 1472)
                if n != len(message)]
        court.refused(lambda b=bent: [peer.send(m) for m in b],
                      black_drop_type=4, black_drop_size=len(bent) - 4)


# ---- macs ----

@check("A16: a wrong mac1, each bit of it")
def wrong_mac1(court):
    peer = court.peer()
    _, message = peer.initiation()
    first = 8 * (SIZES[INITIATION] - 32)
    court.refused(lambda: [peer.send(flip(message, first + bit)) for bit in range(128)],
                  black_drop_mac1=128)
    court.refused(lambda: [peer.send(flip(message, 8 * byte)) for byte in range(4, 116)],
                  black_drop_mac1=112)


@check("A16: mac1 for another key, for our own, and keyed with what is no hash")
def other_mac1(court):
    peer = court.peer()
    _, message = peer.initiation()

    def act():
        for key in (os.urandom(32), peer.keys.public, bytes(32)):
            peer.send(again_with_mac1(message, key))
    court.refused(act, black_drop_mac1=3)


@check("A21: off load mac2 is ignored")
def mac2_off_load(court):
    peer = court.peer()
    peer.initiate(mac2=os.urandom(16))
    peer.confirm().echo()


# ---- what is under the macs ----

@check("C1: an initiation with any encrypted byte changed, mac1 right")
def bent_initiation(court):
    peer = court.peer()
    _, message = peer.initiation()
    bent = [again_with_mac1(flip(message, 8 * byte), court.site.public) for byte in range(8, 116)]
    court.refused(lambda: [peer.send(m) for m in bent], control_drop_proof=len(bent))


@check("A27: a sender index is the sender's own affair: 0, the greatest, and another peer's")
def sender_indices(court):
    other = court.up()
    for index in (0, 0xffffffff, other.session.local, other.session.remote):
        peer = court.peer()
        peer.initiate(index=index)
        peer.confirm().echo()
    require(other.good(), "the other's session is harmed")


@check("A16, C1: a sender index changed after mac1 was made, and with mac1 made anew")
def bent_sender(court):
    peer = court.peer()
    state, message = peer.initiation()
    bent = [flip(message, bit) for bit in range(32, 64)]
    court.refused(lambda: [peer.send(m) for m in bent], black_drop_mac1=len(bent))
    peer.send(again_with_mac1(bent[0], court.site.public))
    state.index ^= 1  # nothing but mac1 covers it: the response is to that index
    peer.session = state.finish(peer.wait(RESPONSE)[0])
    peer.confirm().echo()


@check("A9: an initiation with an ephemeral of low order, all 14 spellings")
def low_order(court):
    peer = court.peer()
    messages = [peer.initiation(ephemeral=point)[1] for point in LOW_ORDER_BOTH]
    court.refused(lambda: [peer.send(m) for m in messages], control_drop_proof=len(messages))


@check("A9: an initiation for static-static zero, by whoever claims a static key of low order, all 14 "
       "spellings, each a peer of site A's")
def low_order_static(court):
    peers = [court.peer(keys=Keys(os.urandom(32), point)) for point in LOW_ORDER_BOTH]
    court.refused(lambda: [p.send(p.initiation()[1]) for p in peers], control_drop_proof=len(peers))
    for peer in peers:
        court.world.wg("set", "peer", peer.text, "remove")


@check("A9: a peer whose key is of low order never gets a packet")
def low_order_peer(court):
    peer = court.peer("persistent-keepalive", "1", keys=Keys(os.urandom(32), (1).to_bytes(32, "little")))
    knock = court.world.udp("pcA", "10.0.1.10")

    def act():
        knock.sendto(b"hello", (peer.inner, 9))
        time.sleep(1.5)  # longer than the keepalive's interval: nothing can be waited for
    _, sent = court.observe(act)
    require(not [d for d in sent if d[2] == peer.at], "it got", len(sent))
    court.world.wg("set", "peer", peer.text, "remove")


@check("A15: an unknown static key")
def stranger(court):
    peer = Peer(court.world, next(court.numbers), court.site.public)
    court.refused(lambda: peer.send(peer.initiation()[1]), control_drop_unknown=1)
    peer.register(endpoint=False)
    peer.initiate()
    peer.confirm().echo()


@check("A53: an initiation under the daemon's own key")
def own_key(court):
    peer = Peer(court.world, next(court.numbers), court.site.public, keys=court.site)
    court.refused(lambda: peer.send(peer.initiation()[1]), control_drop_unknown=1)
    peer.register()
    require(court.world.about("endpoints", peer.text) is None, "the daemon is its own peer")
    court.refused(lambda: peer.send(peer.initiation()[1]), control_drop_unknown=1)


@check("A46: an initiation of a peer that was removed")
def removed(court):
    peer = court.up()
    court.world.wg("set", "peer", peer.text, "remove")
    peer.pace()
    court.refused(lambda: peer.send(peer.initiation()[1]), control_drop_unknown=1)
    court.refused(lambda: peer.send(peer.session.seal(b"")), crypt_drop_index=1)


# ---- replays and floods ----

@check("A13: an initiation sent again, at once and after a session")
def replayed(court):
    peer = court.peer()
    state, message = peer.initiation()
    peer.send(message)
    peer.session = state.finish(peer.wait(RESPONSE)[0])
    court.refused(lambda: peer.send(message), control_drop_timestamp=1)
    peer.confirm().echo()
    court.refused(lambda: peer.send(message), control_drop_timestamp=1)
    require(peer.good(), "the session is gone")


@check("A13: the same timestamp in another initiation, and an older one")
def old_timestamps(court):
    peer = court.up()
    used = peer.stamped
    for ns in (used, used - 1, used - STAMP_STEP_NS, used - 10 ** 9, 0):
        message = peer.initiation(timestamp=stamp(ns))[1]
        peer.pace()
        court.refused(lambda m=message: peer.send(m), control_drop_timestamp=1)
    peer.send(peer.initiation(timestamp=bytes(12))[1])
    court.refused(lambda: peer.send(peer.initiation(timestamp=bytes(12))[1]), control_drop_timestamp=1)
    require(peer.good(), "the session is gone")


@check("A13: a timestamp from the far future is taken, and what is greater by one after it")
def far_future(court):
    peer = court.peer()
    for timestamp in (stamp(peer.stamped + 10 ** 18), b"\xff" * 11 + b"\xfe", b"\xff" * 12):
        peer.initiate(timestamp=timestamp)
        peer.confirm().echo()


@check("A14: of many initiations at once one in 20 ms is answered, and none of the others counts")
def flood(court):
    peer = court.up()
    time.sleep(2 * RESPONSES_APART)
    base = peer.stamped + STAMP_STEP_NS
    messages = [peer.initiation(timestamp=stamp(base + n * STAMP_STEP_NS), index=n) for n in range(12)]
    mark = court.world.black.mark()
    changed, _ = court.observe(lambda: [peer.send(m) for _, m in messages])
    answers = [(d[0], index_at(d[3], 8)) for d in court.world.black.since(mark)
               if d[2] == peer.at and d[3][0] == RESPONSE]
    refused = changed.get("control drop_flood", 0)
    require(len(answers) + refused == len(messages) and refused > 0, len(answers), "answers,", refused)
    for (before, _), (after, _) in zip(answers, answers[1:]):
        require(after - before > RESPONSES_APART - SLACK, "two answers in", after - before)
    # what was refused left no trace: a timestamp just above the last one answered is good
    last = answers[-1][1]
    if last + 1 < len(messages):
        time.sleep(2 * RESPONSES_APART)
        peer.initiate(timestamp=stamp(base + last * STAMP_STEP_NS + 1))
        peer.confirm().echo()


@check("A14, C10: a hundred initiations of one peer leave one handshake, and no more sessions")
def many_initiations(court):
    peer = court.up()
    before = court.world.counters()
    sessions = []
    for _ in range(100):
        sessions.append(peer.initiate())
    after = court.world.counters()
    installed = after["crypt sessions_installed"] - before["crypt sessions_installed"]
    wiped = after["crypt sessions_wiped"] - before["crypt sessions_wiped"]
    # one stays as the next; the first makes the previous go with it
    require(installed - wiped <= 2, installed, "installed,", wiped, "wiped")
    court.indices += [s.remote for s in sessions]
    peer.confirm().echo()
    court.refused(lambda: peer.send(sessions[0].seal(b"")), crypt_drop_index=1)


# ---- responses and cookie replies that nobody asked for ----

@check("A11: a response to nothing, to index 0, and to a session's index")
def stray_responses(court):
    peer = court.up()
    other = Initiation(peer.keys, peer.keys.public)
    body = other.message(1, stamp(0))  # any: a response is made from it

    def act():
        for receiver in (0, 0xffffffff, peer.session.remote, court.honest.session.remote):
            forged = bytes([2, 0, 0, 0]) + body[4:8] + receiver.to_bytes(4, "little") + os.urandom(48)
            peer.send(again_with_mac1(forged + bytes(32), court.site.public))
    court.refused(act, control_drop_unknown=4)
    require(peer.good(), "the session is gone")


# ---- addresses ----

@check("A52: the answer leaves from the address at which we reached it, and so does data")
def reply_address(court):
    peer = court.peer()
    for address in (SITE_AGAIN, SITE, SITE_AGAIN):
        peer.initiate(to=(address, PORT))
        peer.send(peer.session.seal(b""), (address, PORT))
        court.settle()
        peer.drain()
        knock = court.world.udp("pcA", "10.0.1.10")
        knock.sendto(b"hello", (peer.inner, 9))
        _, source = peer.wait_data()
        require(source == (address, PORT), "data came from", source)
