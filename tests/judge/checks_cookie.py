# SPDX-License-Identifier: BSD-3-Clause
"""Cookies, both ways: what site A asks for under load, and what it does with replies to itself.

Under load is made by a burst of initiations whose mac1 is right: it lasts a second after the queue was
last long (A22). A check that made it waits for its end, as others could not begin a handshake."""
import os
import time

from checks_handshake import flip
from checks_timers import REKEY_TIMEOUT, knock
from court import await_true, check, require, slow
from protocol import (COOKIE, RESPONSE, Refused, add_macs, blake2s, cookie_reply, index_at,
                      mac1_of, mac2_of, open_cookie_reply)
from world import HERE, HERE_TOO

BURST = 3000
LINGER = 1.0


def is_right_mac2(message, cookie):
    return mac2_of(message) == blake2s(message[:-16], key=cookie, size=16)


class Load:
    """Site A is under load from here to a little before the end of the block."""

    def __init__(self, court):
        self.court = court
        self.flooder = court.world.udp("siteB", HERE)
        body = bytes([1, 0, 0, 0]) + os.urandom(112)
        self.message = add_macs(body, court.site.public)

    def __enter__(self):
        peer = self.court.honest
        for _ in range(20):
            before = self.court.world.counters()["black tx_cookie"]
            for _ in range(BURST):
                peer.send(self.message, socket=self.flooder)
            # the burst was more than the port had room for
            require(await_true(10, lambda: peer.good(0.2)), "no ping passes after a burst")
            if self.court.world.counters()["black tx_cookie"] > before:
                return
        require(False, "site A does not come under load")

    def __exit__(self, *_):
        self.flooder.close()
        time.sleep(LINGER + 0.2)
        peer = self.court.herald
        require(peer.initiate(), "the load does not end")


def ask(peer, message, socket=None):
    """The cookie that comes for it."""
    peer.send(message, socket=socket)
    reply, _ = peer.wait(COOKIE, 1, socket)
    index, cookie = open_cookie_reply(reply, peer.site_key, mac1_of(message))
    require(index == index_at(message, 4), "the reply is to index", index)
    return cookie


def nothing_but(peer, kind, seconds=0.1, socket=None):
    """Messages that came: all of that kind."""
    time.sleep(seconds)
    got = []
    while True:
        message, _ = peer.receive(0, socket)
        if message is None:
            return got
        require(message[0] == kind, "a message of type", message[0])
        got.append(message)


@check("A19, A21: under load an initiation without mac2 draws a cookie reply and nothing else")
def draws_reply(court):
    peer = court.peer()
    with Load(court):
        replies = []
        for _ in range(3):
            _, message = peer.initiation()
            peer.send(message)
            replies.append(peer.wait(COOKIE, 1)[0])
            open_cookie_reply(replies[-1], peer.site_key, mac1_of(message))
            try:
                open_cookie_reply(replies[-1], peer.keys.public, mac1_of(message))
                require(False, "sealed with another key than its sender's")
            except Refused:
                pass
        require(len({r[8:32] for r in replies}) == 3, "a nonce came again")
        require(not nothing_but(peer, COOKIE), "more than one each")


@check("A17, A18: the cookie's mac2 is taken, and the same cookie is given until the secret changes")
def takes_mac2(court):
    peer = court.peer()
    with Load(court):
        cookie = ask(peer, peer.initiation()[1])
        require(ask(peer, peer.initiation()[1]) == cookie, "another cookie")
        state, message = peer.initiation(cookie=cookie)
        before = court.world.counters()["black rx_proven"]
        peer.send(message)
        peer.session = state.finish(peer.wait(RESPONSE)[0])
        peer.confirm().echo()
        require(court.world.counters()["black rx_proven"] > before, "not by mac2")


@check("A17, A21: a wrong mac2 draws another reply, a right one under a wrong mac1 draws nothing")
def wrong_mac2(court):
    peer = court.peer()
    with Load(court):
        cookie = ask(peer, peer.initiation()[1])
        _, message = peer.initiation(cookie=cookie)
        for bent in (flip(message, 8 * 147), flip(message, 8 * 132), message[:-16] + os.urandom(16),
                     peer.initiation(cookie=os.urandom(16))[1]):
            require(ask(peer, bent) == cookie, "another cookie")
        _, message = peer.initiation(cookie=cookie)
        peer.send(flip(message, 8 * 120))
        body = flip(message, 8 * 40)[:-32]
        peer.send(add_macs(body, court.site.public, mac1=os.urandom(16), cookie=cookie))
        require(not nothing_but(peer, COOKIE), "an answer to a wrong mac1")


@check("A18, C13: a cookie is worth nothing at another port, nor at another address")
def bound_cookie(court):
    peer = court.peer()
    elsewhere = [court.world.udp("siteB", HERE), court.world.udp("siteB", HERE_TOO),
                 court.world.udp("siteB", HERE_TOO, peer.at[1])]
    with Load(court):
        cookie = ask(peer, peer.initiation()[1])
        cookies = {cookie}
        for other in elsewhere:
            cookies.add(ask(peer, peer.initiation(cookie=cookie)[1], other))
        require(len(cookies) == 4, "cookies for two places are equal")
        require(not nothing_but(peer, COOKIE), "an answer")


@check("A4, A21: under load, too, a cookie reply only after a right mac1")
def silent_without_mac1(court):
    peer = court.peer()
    with Load(court):
        _, message = peer.initiation()
        for bit in range(128):
            peer.send(flip(message, 8 * 116 + bit))
        peer.send(message[:-1])
        peer.send(flip(message, 8))
        require(not nothing_but(peer, COOKIE), "an answer")


@check("A21, A20: under load a response needs mac2 as well; the cookie reply names the response's index")
def response_under_load(court):
    peer = court.peer()
    with Load(court):
        knock(court, peer)
        received = peer.wait_initiation()
        cookie = ask(peer, received.response(77)[0])
        message, peer.session = received.response(78, cookie=cookie)
        peer.send(message)
        require(peer.wait_data()[0][28:] == b"hello", "not taken")


@check("A23: with cookies 5 at once and 20 in a second for an address; established sessions do not notice")
def rate_limit(court):
    peers = [court.peer(address=HERE_TOO) for _ in range(3)]
    with Load(court):
        cookies = [ask(p, p.initiation()[1]) for p in peers]
        before = court.world.counters()
        begun = time.monotonic()
        for _ in range(5):
            for peer, cookie in zip(peers, cookies):
                peer.send(peer.initiation(cookie=cookie)[1])
        require(court.honest.good(), "no ping")
        took = time.monotonic() - begun
        after = court.world.counters()
        proven = after["black rx_proven"] - before["black rx_proven"]
        limited = after["black drop_source_limit"] - before["black drop_source_limit"]
        require(proven + limited == 15, proven, "taken,", limited, "limited")
        require(5 <= proven <= 6 + 20 * took, proven, "taken in", took)


@slow("A20: a cookie reply to site A: nothing happens at once, the next retry has mac2; a second is ignored")
def consumes_reply(court, peer):
    elsewhere = court.world.udp("siteB", HERE)
    court.world.quiet.add(elsewhere.getsockname())
    with court.turn:
        knock(court, peer)
        first = peer.wait_initiation()
        mac1, index = mac1_of(first.message), first.remote_index
        cookie = os.urandom(16)
        good = cookie_reply(index, cookie, peer.keys.public, mac1)
        bad = [flip(good, 8 * byte) for byte in range(8, 64)]
        bad += [cookie_reply(index, cookie, court.site.public, mac1),
                cookie_reply(index, cookie, peer.keys.public, bytes(16))]
        court.refused(lambda: [peer.send(m) for m in bad], control_drop_proof=len(bad))
        lost = [cookie_reply(0, cookie, peer.keys.public, mac1)]
        lost += [flip(good, bit) for bit in range(32, 64)]
        court.refused(lambda: [peer.send(m) for m in lost], control_drop_unknown=len(lost))
        changed, sent = court.observe(lambda: peer.send(good, socket=elsewhere))
        require(changed.get("control rx_handshake") == 2 and not sent, changed)  # one is settle()'s
        again = cookie_reply(index, os.urandom(16), peer.keys.public, mac1)
        court.refused(lambda: [peer.send(again), peer.send(good)], control_drop_unknown=2)
        require(peer.endpoint() == "%s:%d" % peer.at, "the endpoint moved")
        require(not peer.drain(), "an initiation at once")
    second = peer.wait_initiation(REKEY_TIMEOUT + 2)
    require(is_right_mac2(second.message, cookie), "mac2 is", mac2_of(second.message).hex())
    message, peer.session = second.response(peer.new_index())
    with court.turn:
        peer.send(message)
        require(peer.wait_data()[0][28:] == b"hello", "no session")


@check("A20: a cookie reply to site A's response, by the session's index: the next response has mac2")
def reply_to_response(court):
    peer = court.peer()
    state, message = peer.initiation()
    peer.pace()
    peer.send(message)
    response, _ = peer.wait(RESPONSE)
    peer.session = state.finish(response)
    peer.confirm().echo()
    cookie = os.urandom(16)
    peer.send(cookie_reply(peer.session.remote, cookie, peer.keys.public, mac1_of(response)))
    court.settle()
    require(not peer.drain() and peer.good(), "an effect at once")
    state, message = peer.initiation()
    peer.pace()
    peer.send(message)
    response, _ = peer.wait(RESPONSE)
    require(is_right_mac2(response, cookie), "mac2 is", mac2_of(response).hex())
    peer.session = state.finish(response)
    peer.confirm().echo()
