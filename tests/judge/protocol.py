# SPDX-License-Identifier: BSD-3-Clause
"""WireGuard once more, from the whitepaper alone: X25519 and ChaCha20-Poly1305 from OpenSSL, BLAKE2s
from Python, HChaCha20 by hand. It shares no code with the daemon, and it is free to misbehave: every
field of a message can be given."""
import hashlib
import hmac
import os
import struct
import time

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

INITIATION, RESPONSE, COOKIE, DATA = 1, 2, 3, 4
SIZES = {INITIATION: 148, RESPONSE: 92, COOKIE: 64}
REJECT_AFTER_MESSAGES = 2 ** 64 - 2 ** 13 - 1
WINDOW = 8128
STAMP_STEP_NS = 1 << 24
NO_PSK = bytes(32)

# RFC 7748 and the whitepaper's 5.4: with these every shared secret is zero.
P = 2 ** 255 - 19
LOW_ORDER = [n.to_bytes(32, "little") for n in (
    0, 1,
    325606250916557431795983626356110631294008115727848805560023387167927233504,
    39382357235489614581723060781553021112529911719440698176882885853963445705823,
    P - 1, P, P + 1)]


class Refused(Exception):
    """What the other side sent does not hold."""


# ---- primitives ----

def blake2s(*parts, key=b"", size=32):
    return hashlib.blake2s(b"".join(parts), key=key, digest_size=size).digest()


def kdf(key, data, count):
    secret = hmac.new(key, data, hashlib.blake2s).digest()
    out, last = [], b""
    for i in range(1, count + 1):
        last = hmac.new(secret, last + bytes([i]), hashlib.blake2s).digest()
        out.append(last)
    return out if count > 1 else out[0]


def dh(private, public):
    """Zero where OpenSSL refuses: it is the other side that must not go on with that."""
    try:
        return X25519PrivateKey.from_private_bytes(private).exchange(
            X25519PublicKey.from_public_bytes(public))
    except ValueError:
        return bytes(32)


def public_of(private):
    return X25519PrivateKey.from_private_bytes(private).public_key().public_bytes(
        Encoding.Raw, PublicFormat.Raw)


def seal(key, counter, plaintext, ad=b""):
    return ChaCha20Poly1305(key).encrypt(bytes(4) + struct.pack("<Q", counter), plaintext, ad)


def unseal(key, counter, ciphertext, ad=b""):
    try:
        return ChaCha20Poly1305(key).decrypt(bytes(4) + struct.pack("<Q", counter), ciphertext, ad)
    except InvalidTag as error:
        raise Refused("the tag is wrong") from error


def quarter_round(x, a, b, c, d):
    for p, q, r, turn in ((a, b, d, 16), (c, d, b, 12), (a, b, d, 8), (c, d, b, 7)):
        x[p] = (x[p] + x[q]) & 0xffffffff
        x[r] ^= x[p]
        x[r] = (x[r] << turn | x[r] >> (32 - turn)) & 0xffffffff


def hchacha20(key, nonce):
    x = list(struct.unpack("<16I", b"expand 32-byte k" + key + nonce))
    for _ in range(10):
        for column in range(4):
            quarter_round(x, column, 4 + column, 8 + column, 12 + column)
        for diagonal in range(4):
            quarter_round(x, diagonal, 4 + (diagonal + 1) % 4, 8 + (diagonal + 2) % 4,
                          12 + (diagonal + 3) % 4)
    return struct.pack("<8I", *x[:4], *x[12:])


def xseal(key, nonce, plaintext, ad):
    return ChaCha20Poly1305(hchacha20(key, nonce[:16])).encrypt(bytes(4) + nonce[16:], plaintext, ad)


def xunseal(key, nonce, ciphertext, ad):
    try:
        return ChaCha20Poly1305(hchacha20(key, nonce[:16])).decrypt(bytes(4) + nonce[16:], ciphertext,
                                                                    ad)
    except InvalidTag as error:
        raise Refused("the tag is wrong") from error


# ---- names that the handshake begins with ----

CK0 = blake2s(b"Noise_IKpsk2_25519_ChaChaPoly_BLAKE2s")
H0 = blake2s(CK0, b"WireGuard v1 zx2c4 Jason@zx2c4.com")


class Keys:
    def __init__(self, private=None, public=None):
        self.private = private or os.urandom(32)
        self.public = public or public_of(self.private)


def stamp(ns):
    """TAI64N of a wall clock's nanoseconds."""
    return struct.pack(">QI", 0x400000000000000a + ns // 10 ** 9, ns % 10 ** 9)


def stamp_ns(text):
    seconds, ns = struct.unpack(">QI", text)
    return (seconds - 0x400000000000000a) * 10 ** 9 + ns


# ---- macs and cookies ----

def add_macs(body, receiver, mac1=None, mac2=None, cookie=None):
    """body without its macs; receiver is the public key of whoever gets the message."""
    mac1 = mac1 or blake2s(body, key=blake2s(b"mac1----", receiver), size=16)
    if mac2 is None:
        mac2 = blake2s(body, mac1, key=cookie, size=16) if cookie else bytes(16)
    return body + mac1 + mac2


def mac1_of(message):
    return message[-32:-16]


def mac2_of(message):
    return message[-16:]


def mac1_holds(message, receiver):
    return mac1_of(message) == blake2s(message[:-32], key=blake2s(b"mac1----", receiver), size=16)


def cookie_reply(index, cookie, sender, mac1, nonce=None):
    """sender: public key of whoever sends the reply; mac1: of the message that it answers."""
    nonce = nonce or os.urandom(24)
    sealed = xseal(blake2s(b"cookie--", sender), nonce, cookie, mac1)
    return struct.pack("<II", COOKIE, index) + nonce + sealed


def open_cookie_reply(message, sender, mac1):
    """(receiver index, cookie)"""
    if len(message) != SIZES[COOKIE] or message[:4] != struct.pack("<I", COOKIE):
        raise Refused("no cookie reply")
    key = blake2s(b"cookie--", sender)
    return index_at(message, 4), xunseal(key, message[8:32], message[32:], mac1)


def index_at(message, offset):
    return struct.unpack_from("<I", message, offset)[0]


# ---- the handshake ----

class Session:
    """initiator: we are. Counters may be given; else they count."""

    def __init__(self, chaining, initiator, local, remote):
        first, second = kdf(chaining, b"", 2)
        self.send, self.receive = (first, second) if initiator else (second, first)
        self.local, self.remote = local, remote
        self.next = 0
        self.begun = time.monotonic()

    def seal(self, plaintext, counter=None, remote=None, kind=DATA):
        if counter is None:
            counter = self.next
            self.next += 1
        header = struct.pack("<IIQ", kind, self.remote if remote is None else remote, counter)
        return header + seal(self.send, counter, plaintext)

    def open(self, message):
        """(counter, plaintext)"""
        kind, index, counter = struct.unpack_from("<IIQ", message)
        if kind != DATA or index != self.local:
            raise Refused("not of this session")
        return counter, unseal(self.receive, counter, message[16:])


class Initiation:
    """One that we send, and what its response is read with."""

    def __init__(self, keys, remote, psk=NO_PSK):
        self.keys, self.remote, self.psk = keys, remote, psk

    def message(self, index, timestamp, ephemeral=None, **macs):
        """timestamp: 12 bytes. ephemeral: what to claim as ours."""
        self.index = index
        self.private = os.urandom(32)
        public = ephemeral or public_of(self.private)
        low = ephemeral in LOW_ORDER_BOTH
        chaining, h = kdf(CK0, public, 1), blake2s(blake2s(H0, self.remote), public)    # e
        shared = bytes(32) if low else dh(self.private, self.remote)                     # es
        chaining, key = kdf(chaining, shared, 2)
        static = seal(key, 0, self.keys.public, h)                                       # s
        h = blake2s(h, static)
        chaining, key = kdf(chaining, dh(self.keys.private, self.remote)
                            if self.keys.public not in LOW_ORDER_BOTH else bytes(32), 2)  # ss
        sealed = seal(key, 0, timestamp, h)                                              # {t}
        self.chaining, self.hash = chaining, blake2s(h, sealed)
        body = struct.pack("<II", INITIATION, index) + public + static + sealed
        return add_macs(body, self.remote, **macs)

    def finish(self, response):
        """The session. Refused when the response does not belong to this initiation."""
        kind, sender, receiver = struct.unpack_from("<III", response)
        if len(response) != SIZES[RESPONSE] or kind != RESPONSE or receiver != self.index:
            raise Refused("no response to this initiation")
        if not mac1_holds(response, self.keys.public):
            raise Refused("mac1 is wrong")
        public = response[12:44]
        chaining, h = kdf(self.chaining, public, 1), blake2s(self.hash, public)         # e
        chaining = kdf(chaining, dh(self.private, public), 1)                            # ee
        chaining = kdf(chaining, dh(self.keys.private, public), 1)                       # se
        chaining, tau, key = kdf(chaining, self.psk, 3)                                  # psk
        h = blake2s(h, tau)
        unseal(key, 0, response[44:60], h)                                               # {}
        return Session(chaining, True, self.index, sender)


class Received:
    """An initiation that we got, and what can be answered."""

    def __init__(self, keys, message):
        if len(message) != SIZES[INITIATION] or message[:4] != struct.pack("<I", INITIATION):
            raise Refused("no initiation")
        if not mac1_holds(message, keys.public):
            raise Refused("mac1 is wrong")
        self.keys, self.message = keys, message
        self.remote_index = index_at(message, 4)
        self.ephemeral = message[8:40]
        chaining = kdf(CK0, self.ephemeral, 1)                                           # e
        h = blake2s(blake2s(H0, keys.public), self.ephemeral)
        chaining, key = kdf(chaining, dh(keys.private, self.ephemeral), 2)               # es
        self.remote = unseal(key, 0, message[40:88], h)                                  # s
        h = blake2s(h, message[40:88])
        chaining, key = kdf(chaining, dh(keys.private, self.remote), 2)                  # ss
        self.timestamp = unseal(key, 0, message[88:116], h)                              # {t}
        self.chaining, self.hash = chaining, blake2s(h, message[88:116])

    def response(self, index, psk=NO_PSK, ephemeral=None, receiver=None, **macs):
        """(message, our session)"""
        private = os.urandom(32)
        public = ephemeral or public_of(private)
        low = ephemeral in LOW_ORDER_BOTH
        chaining, h = kdf(self.chaining, public, 1), blake2s(self.hash, public)         # e
        for other in (self.ephemeral, self.remote):                                      # ee, se
            chaining = kdf(chaining, bytes(32) if low else dh(private, other), 1)
        chaining, tau, key = kdf(chaining, psk, 3)                                       # psk
        h = blake2s(h, tau)
        receiver = self.remote_index if receiver is None else receiver
        body = struct.pack("<III", RESPONSE, index, receiver) + public + seal(key, 0, b"", h)  # {}
        return (add_macs(body, self.remote, **macs),
                Session(chaining, False, index, self.remote_index))


def with_high_bit(point):
    return point[:31] + bytes([point[31] | 0x80])


# The highest bit of a point is ignored, so each has a second spelling.
LOW_ORDER_BOTH = LOW_ORDER + [with_high_bit(p) for p in LOW_ORDER]


def again_with_mac1(message, receiver):
    """A handshake message after a change of its body."""
    return add_macs(message[:-32], receiver)
