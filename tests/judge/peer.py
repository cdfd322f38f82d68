# SPDX-License-Identifier: BSD-3-Clause
"""A peer of site A: a key, a socket, sessions. What it sends is right unless it is told otherwise."""
import base64
import random
import select
import subprocess
import time

from protocol import (COOKIE, DATA, INITIATION, NO_PSK, RESPONSE, STAMP_STEP_NS, Initiation, Keys,
                      Received, Refused, stamp)
from world import HERE, PC, PORT, SITE, echo4, is_echo_reply

# A14: initiations of one peer closer than 1/50 s are refused.
INITIATION_GAP = 0.025


class Peer:
    """number N: AllowedIPs 10.0.N.0/24 and fd00:N::/64, UDP port 51800 + N (site B is 2: 51820 - so
    it is where the lab's configuration says)."""

    def __init__(self, world, number, site_key, keys=None, psk=NO_PSK, address=HERE, port=None):
        self.world, self.number, self.site_key = world, number, site_key
        self.keys, self.psk = keys or Keys(), psk
        self.text = base64.b64encode(self.keys.public).decode()
        self.inner = "10.0.%d.10" % number
        self.socket = world.udp("siteB", address, port or 51900 + number)
        self.at = self.socket.getsockname()
        self.stamped = 0
        self.initiated = 0.0
        self.session = None
        self.echoes = 0

    def register(self, *words, endpoint=True):
        """Makes site A know this peer."""
        if endpoint:
            words += ("endpoint", "%s:%d" % self.at)
        psk = self.psk != NO_PSK and base64.b64encode(self.psk).decode()
        if psk:
            words += ("preshared-key", "/dev/stdin")
        subprocess.run(["wg", "set", self.world.name, "peer", self.text, "allowed-ips",
                        "10.0.%d.0/24,fd00:%d::/64" % (self.number, self.number), *words],
                       check=True, capture_output=True, timeout=20, text=True, input=psk or "")
        return self

    def endpoint(self):
        return self.world.about("endpoints", self.text)

    # ---- the wire ----

    def send(self, message, to=(SITE, PORT), socket=None):
        (socket or self.socket).sendto(message, to)

    def receive(self, seconds, socket=None):
        """(message, source), or (None, None)"""
        socket = socket or self.socket
        if not select.select([socket], [], [], max(seconds, 0))[0]:
            return None, None
        return socket.recvfrom(65536)

    def wait(self, kind, seconds=5, socket=None):
        """The next message of that kind: (message, source). Others are passed over."""
        limit = time.monotonic() + seconds
        while True:
            message, source = self.receive(limit - time.monotonic(), socket)
            if message is None:
                raise Refused("no message of type %d in %g s" % (kind, seconds))
            if message[0] == kind:
                return message, source

    def drain(self):
        """What has come so far."""
        out = []
        while True:
            message, source = self.receive(0)
            if message is None:
                return out
            out.append((message, source))

    # ---- handshakes ----

    def new_stamp(self):
        self.stamped = max(time.time_ns(), self.stamped + STAMP_STEP_NS)
        return stamp(self.stamped)

    def new_index(self):
        return random.getrandbits(32)

    def pace(self):
        """Not so fast that A14 applies."""
        time.sleep(max(0.0, self.initiated + INITIATION_GAP - time.monotonic()))
        self.initiated = time.monotonic()

    def initiation(self, timestamp=None, index=None, keys=None, **how):
        """(state, message)"""
        state = Initiation(keys or self.keys, self.site_key, self.psk)
        message = state.message(self.new_index() if index is None else index,
                                timestamp or self.new_stamp(), **how)
        return state, message

    def initiate(self, to=(SITE, PORT), socket=None, **how):
        """A whole handshake that we begin: the session, which is not confirmed yet."""
        self.drain()
        state, message = self.initiation(**how)
        self.pace()
        self.send(message, to, socket)
        response, source = self.wait(RESPONSE, socket=socket)
        self.initiated = time.monotonic()  # not earlier than site A took it
        if source != to:
            raise Refused("the response came from %s:%d" % source)
        self.session = state.finish(response)
        return self.session

    def confirm(self):
        self.send(self.session.seal(b""))
        return self

    def wait_initiation(self, seconds=5):
        """One that site A sends, read and proved."""
        message, _ = self.wait(INITIATION, seconds)
        received = Received(self.keys, message)
        if received.remote != self.site_key:
            raise Refused("an initiation of somebody else")
        return received

    # ---- traffic ----

    def wait_data(self, seconds=5, session=None, socket=None):
        """(packet, source) of the next data message, without padding; keepalives are passed over."""
        session = session or self.session
        limit = time.monotonic() + seconds
        while True:
            message, source = self.wait(DATA, limit - time.monotonic(), socket)
            plaintext = session.open(message)[1]
            if plaintext:
                return plaintext[:int.from_bytes(plaintext[2:4], "big")], source

    def echo(self, seconds=5, session=None, socket=None):
        """A ping from our network to pcA, and its answer, both through the tunnel."""
        session = session or self.session
        self.echoes += 1
        self.send(session.seal(echo4(self.inner, PC, self.echoes)), socket=socket)
        limit = time.monotonic() + seconds
        while True:
            packet, _ = self.wait_data(limit - time.monotonic(), session, socket)
            if is_echo_reply(packet, self.echoes):
                return packet

    def good(self, seconds=5):
        """True when a ping gets its answer; the session stays as it is."""
        try:
            self.echo(seconds)
            return True
        except Refused:
            return False


KINDS = {INITIATION: "initiation", RESPONSE: "response", COOKIE: "cookie reply", DATA: "data"}
