#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Writes the named inputs of the targets whose inputs are programs of steps: tests/fuzz/corpus/NAME.
The steps and their fields are those of fuzz_NAME.c; a number first chooses the step.

  seeds.py            writes them
  seeds.py --check    exit status 1 when what is there differs
"""
import os
import struct
import sys

CORPUS = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'corpus')
seeds = {}


def seed(target, name, *steps):
    seeds[os.path.join(target, name)] = b''.join(steps)


def be16(n):
    return struct.pack('>H', n)


def le32(n):
    return struct.pack('<I', n)


def bend(*changes):
    """Of a message: (offset, what to xor with)."""
    return bytes([len(changes)]) + b''.join(be16(at) + bytes([by]) for at, by in changes)


STRAIGHT = bend()


def piece(data):
    return be16(len(data)) + data


# ---- handshake ----

SECOND = 200  # of time_passes


def initiation(peer, how=0, stamp=0, index=1, bent=STRAIGHT, extra=b''):
    return bytes([0, peer, how, stamp]) + extra + le32(index) + bent


def response(peer, how=0, index=2, bent=STRAIGHT, extra=b''):
    return bytes([1, peer, how]) + extra + le32(index) + bent


def raw(data):
    return bytes([2]) + piece(data)


def again(peer, kept):
    return bytes([3, peer, kept])


def installed(peer):
    return bytes([4, peer, 0])


def ticks(n):
    return bytes([5]) + be16(n) + bytes([0])


def traffic(slot, events):
    return bytes([6, slot]) + be16(events)


def admin(what, peer, *rest):
    return bytes([7, what, peer, *rest])


def cookie(peer, how=0, value=9, bent=STRAIGHT, extra=b''):
    return bytes([8, peer, how, value]) + extra + bent


def handshake_of(p):
    both = traffic(p, 1) + response(p) + installed(p)
    seed('handshake', 'answers%d' % p, initiation(p), installed(p), traffic(p, 0x80 | 0x20), ticks(10),
         traffic(p, 8))
    seed('handshake', 'begins%d' % p, both, traffic(p, 0x10), ticks(130 * SECOND), traffic(p, 2))
    seed('handshake', 'crossing%d' % p, traffic(p, 1), initiation(p), installed(p), response(p), installed(p))
    seed('handshake', 'replay%d' % p, initiation(p), again(p, 0), installed(p), again(p, 0), ticks(10),
         initiation(p), initiation(p, stamp=210), again(p, 1))
    seed('handshake', 'liar%d' % p, initiation(p, 1), bytes(32))
    seed('handshake', 'bent%d' % p, initiation(p, bent=bend((50, 3))), traffic(p, 1),
         response(p, bent=bend((20, 3))), response(p, 1, extra=bytes(32)), response(p))
    seed('handshake', 'retries%d' % p, traffic(p, 1), *[ticks(6 * SECOND)] * 20, response(p))
    seed('handshake', 'life%d' % p, both, *[traffic(p, 0x28) + ticks(15 * SECOND)] * 15, ticks(60000),
         ticks(60000))
    seed('handshake', 'admin%d' % p, admin(2, p, 25), initiation(p), installed(p), admin(4, p, 1),
         initiation(p), admin(3, p), initiation(p), admin(0, p), initiation(p, index=7), admin(1, p, 1, 50),
         initiation(p), admin(1, p, 0, 3), initiation(p), admin(5, p))
    seed('handshake', 'cookies%d' % p, traffic(p, 1), cookie(p, bent=bend((40, 1))), cookie(p, 1),
         cookie(p, 2, extra=bytes(4)), cookie(p), cookie(p), ticks(6 * SECOND), response(p), installed(p),
         ticks(10), initiation(p), installed(p), cookie(p, value=5), ticks(10), initiation(p), installed(p),
         ticks(120 * SECOND), traffic(p, 1), ticks(6 * SECOND), traffic(p, 1))


for number in (0, 1):
    handshake_of(number)
seed('handshake', 'raw', *[raw(bytes([kind]) + bytes(size - 1)) for kind, size in ((1, 148), (2, 92), (3, 64))],
     raw(b''), raw(bytes([1, 1]) + bytes(146)))
seed('handshake', 'low', traffic(2, 1), admin(2, 2, 3), ticks(4 * SECOND))
seed('handshake', 'cookie', traffic(0, 1), raw(bytes([3]) + bytes(63)))


# ---- transport: every one with both engines ----

def session(how):
    return bytes([0, how])


def message(how, counter, plaintext, bent=STRAIGHT, port=7):
    return bytes([1, how]) + counter + plaintext + bent + be16(port)


def ipv4(length, bent=STRAIGHT):
    return bytes([0]) + be16(length - 20) + bent


def ipv6(length, bent=STRAIGHT):
    return bytes([2]) + be16(length - 20) + bent


def plain(data):
    return bytes([1]) + piece(data)


NEXT = bytes([33])


def corner(n):
    return bytes([n])


def number_of(n):
    return bytes([20]) + struct.pack('<Q', n)


def burst(n):
    return bytes([3, n])


def packet(to, length, bent=STRAIGHT):
    return bytes([5, to]) + be16(length - 20) + bent


def time(n):
    return bytes([6]) + be16(n)


def order(kind, slot, again_there=1):
    return bytes([7, kind, slot, again_there])


INNER = (b'\x45', b'\x60' + bytes(10), b'\x45\0\0\x14' + bytes(16), b'\x44\0\0\x14' + bytes(16),
         b'\x50' + bytes(30), b'\x60' + bytes(39))
TO_0X45 = 0x4f ^ 0x45  # a first byte of IPv4 with 15 words of header


def transport_of(engine):
    def add(name, *steps):
        seed('transport', '%s%d' % (name, engine), bytes([engine]), *steps)

    def lengths(bents):
        return b''.join(message(0, NEXT, ipv4(100, b)) for b in bents)

    add('open', session(0x80), message(0, corner(0), ipv4(100)), message(0, NEXT, ipv6(100)),
        message(0, NEXT, plain(b'')), message(0, NEXT, ipv4(1440)))
    add('window', session(0), message(0, number_of(20000), ipv4(60)),
        *[message(0, corner(8 + i), ipv4(60)) for i in range(8)],
        *[message(0, corner(i), ipv4(60)) for i in range(8)])
    add('sessions', *[session(k) + message(3 * i, corner(0), ipv4(40))
                      for i, k in enumerate((0x80, 0, 0, 0x80, 0x81, 1, 2))],
        *[message(how, NEXT, ipv4(50)) for how in (0, 3, 6)])
    add('send', packet(0, 100), packet(0, 1420), session(0x80), packet(0, 60), packet(1, 60), packet(3, 60),
        packet(2, 21, bend((0, 0x20))), session(1), message(4, corner(0), plain(b'')), packet(1, 600),
        order(2, 0), order(4, 1))
    add('six', session(0x80), *[packet(0x40 | to, length) for to in range(4) for length in (40, 39, 60, 1420)],
        packet(0x40, 60, bend((24, 1))), packet(0x40, 60, bend((0, 0x10))))
    add('old', session(0x80), session(1), time(64 * 125), packet(0, 60), message(0, NEXT, ipv4(40)),
        time(64 * 60), packet(0, 60), message(0, NEXT, ipv4(40)), time(64 * 2), message(0, NEXT, ipv4(40)))
    add('inner', session(0x80), *[message(0, NEXT, plain(each)) for each in INNER],
        lengths([bend((13, 5)), bend((3, 255))]))
    add('short', session(0x80), lengths([bend((3, 100 ^ n)) for n in (0, 1, 19, 20, 21, 99, 101)]),
        lengths([bend((0, TO_0X45)), bend((0, TO_0X45), (3, 100 ^ 59)), bend((0, TO_0X45), (3, 100 ^ 60))]))
    add('bent', session(0x80),
        *[message(0, NEXT, ipv4(100), bend((i, 1))) for i in (0, 1, 4, 8, 15, 16, 60, 131)],
        bytes([4]) + piece(b'\4\0\0\0' + bytes(36)) + be16(7))
    add('admin', *[session(0x80) + packet(0, 80) + message(0, NEXT, ipv4(80)) + order(k, 0, k & 1)
                   for k in range(5)], packet(0, 80), packet(1, 200) * 20, order(3, 1), order(1, 1))
    add('burst', session(0x80), burst(7), message(0, NEXT, ipv4(60)) * 7, session(0), session(0x80), burst(4),
        *[message(3 * k, NEXT, ipv4(60)) for k in (0, 1, 2, 1)])
    add('dropped', session(0x80), message(0, corner(0), ipv4(60)), session(0), message(3, corner(0), ipv4(60)),
        session(0), burst(4), message(0, NEXT, ipv4(60)), message(6, corner(0), ipv4(60)),
        message(0, number_of(77), ipv4(60)), message(3, NEXT, ipv4(60)), burst(3),
        message(6, number_of(9), ipv4(44)), message(6, number_of(9), ipv4(44)),
        message(6, number_of(10), ipv4(44)))


for number in (0, 1):
    transport_of(number)


# ---- black: hosts are 0 to 7 of fuzz_black.c's lists ----

REPAIR, SIX = 4, 8


def datagram(sender=0, port=1000, how=0, to=None, bent=STRAIGHT):
    """Where it comes from, after what is in it."""
    return bytes([sender]) + be16(port) + bytes([how]) + (be16(to) if to is not None else b'') + bent


HERE = datagram()


def handshake(kind, bent=STRAIGHT, by=HERE, mac2=False, wrong_mac1=False):
    return bytes([2, kind - 1 | mac2 << 7 | wrong_mac1 << 6]) + piece(b'') + bent + by


def data(length, index=1, by=HERE):
    return bytes([3]) + be16(length) + struct.pack('>I', index) + by


def udp(payload, by=HERE):
    return bytes([1]) + piece(payload) + by


def black_arp(asks, sender, to, bent=STRAIGHT):
    return bytes([4, asks, sender, to]) + bent


def black_echo(sender, to, length, bent=STRAIGHT, repair=b''):
    return bytes([5, sender, to]) + be16(length) + bent + repair


def endpoint(slot, host, port):
    return bytes([6, slot, host]) + be16(port)


def control_sends(host, port, length, local=b'\0'):
    return bytes([7, host]) + be16(port) + piece(bytes(length)) + local


def crypt_sends(slot, length):
    return bytes([8, slot]) + be16(length)


def eighths(n):
    return bytes([9, n])


def give_back(n):
    return bytes([10, n])


def packet6(sender, to, protocol, payload):
    """The checksum is ICMPv6's, put right."""
    return bytes([11, 4, sender, to, protocol]) + piece(payload) + STRAIGHT


def echo6(sender, to, length):
    return bytes([11, 1, sender, to]) + be16(length) + STRAIGHT


def neighbour6(asks, sender, to, bent=STRAIGHT):
    return bytes([12, asks | 2, sender, to]) + bent


def endpoint6(slot, host, port, local=b'\0'):
    return bytes([13, slot, host]) + be16(port) + local


def busy(frames):
    return bytes([14, frames])


def crowd(count, six=0):
    """Messages of as many sources, before which control has no time: load begins."""
    return busy(255) + b''.join(handshake(1, by=datagram(1 + n % 2, 2000 + n, six)) for n in range(count))


BENT_HEADERS = ((0, 1), (0, 0x20), (1, 4), (2, 1), (3, 1), (6, 0x20), (6, 0x40), (7, 1), (8, 64), (9, 1), (10, 1),
                (12, 0x80), (16, 1))
FROM_SECOND = datagram(2, 9, 1)
ANY6 = (bytes.fromhex('02000000000102000000000286dd60000000000811') + b'\x40' + bytes([0xfd]) + bytes(15) +
        bytes.fromhex('fe80') + bytes(13) + bytes.fromhex('01') + bytes.fromhex('0001ca6c00080000'))
VLAN = bytes.fromhex('020000000001020000000002810000050800') + bytes(42)


def any_frame(frame):
    return bytes([0]) + piece(frame)


seed('black', 'handshakes', handshake(1), handshake(2), handshake(3), handshake(1, bend((120, 1))),
     handshake(2, bend((70, 1))), handshake(1, by=FROM_SECOND))
seed('black', 'data', data(32), data(1400, 7), data(31), data(3), data(600, by=datagram(2, 9, 3, 53)),
     give_back(9), data(100))
seed('black', 'udp', udp(b''), udp(b'\1'), udp(b'\4\0\0\1' + bytes(40)), udp(b'\5\0\0\0' + bytes(40)),
     udp(bytes([1]) + bytes(140)))
seed('black', 'arp', *[black_arp(*each) for each in ((1, 0, 3), (0, 0, 3), (1, 2, 3), (1, 5, 5), (1, 3, 3),
                                                    (1, 0, 0), (1, 1, 4), (1, 0, 3, bend((15, 1))))])
seed('black', 'echo', black_echo(0, 3, 56), black_echo(2, 3, 1399), black_echo(0, 6, 10), black_echo(3, 3, 10),
     black_echo(0, 3, 10, bend((34, 8)), b'\1'), black_echo(0, 3, 10, bend((36, 8)), b'\1'))
seed('black', 'send', endpoint(1, 0, 99), crypt_sends(1, 100), black_arp(0, 0, 3), crypt_sends(1, 200),
     crypt_sends(2, 100), endpoint(2, 2, 9), crypt_sends(2, 1300), eighths(40), black_arp(0, 1, 3),
     crypt_sends(2, 50), eighths(255), crypt_sends(1, 32))
seed('black', 'control', control_sends(0, 99, 148), control_sends(2, 99, 92), black_arp(0, 1, 3),
     control_sends(0, 99, 64, b'\1\3'), control_sends(0, 1, 10, b'\1\4'), eighths(200))
seed('black', 'ip', *[data(100, by=datagram(bent=bend((14 + at, by)), how=REPAIR)) for at, by in BENT_HEADERS],
     *[data(100, by=datagram(bent=bend(each))) for each in ((12, 0x80), (0, 1), (13, 6), (38, 6))],
     handshake(1, by=datagram(bent=bend((40, 6)))))
seed('black', 'frames', any_frame(ANY6), any_frame(bytes(10)), any_frame(VLAN))
seed('black', 'six', *[handshake(kind, by=datagram(0, 5, SIX)) for kind in (1, 2, 3)],
     data(100, by=datagram(2, 5, SIX)), data(100, by=datagram(2, 5, SIX | 1)), data(100, by=datagram(7, 5, SIX)),
     data(100, by=datagram(0, 5, SIX, bent=bend((60, 1)))), data(100, by=datagram(0, 5, SIX, bent=bend((18, 1)))),
     echo6(0, 3, 100), echo6(0, 4, 1390), echo6(5, 3, 0), echo6(0, 6, 10))
seed('black', 'extensions', *[packet6(0, 3, protocol, bytes([17, 0]) + bytes(30))
                              for protocol in (0, 43, 44, 50, 51, 59, 60, 135, 17, 6, 4, 41)])
seed('black', 'icmp6', *[packet6(0, 3, 58, bytes([kind, 0]) + bytes(40))
                         for kind in (1, 2, 3, 4, 128, 129, 130, 131, 133, 134, 135, 136, 137, 200)])
seed('black', 'neighbours', *[neighbour6(asks, sender, to) for asks in (1, 0) for sender, to in (
    (0, 3), (1, 3), (5, 3), (0, 4), (7, 3), (3, 3), (0, 0))], neighbour6(1, 0, 3, bend((21, 1))),
     neighbour6(0, 0, 3, bend((58, 0x40))))
seed('black', 'send6', endpoint6(1, 0, 99), crypt_sends(1, 100), neighbour6(0, 0, 3), crypt_sends(1, 200),
     endpoint6(2, 2, 9, b'\1\4'), crypt_sends(2, 1300), neighbour6(0, 1, 3), crypt_sends(2, 40), eighths(255),
     crypt_sends(1, 32))
for family, bit in (('4', 0), ('6', SIX)):
    me, other, port = (datagram(host, n, bit) for host, n in ((0, 7), (1, 7), (0, 8)))
    seed('black', 'load' + family, crowd(8, bit), handshake(1, by=me), handshake(2, by=me),
         handshake(3, by=me), handshake(1, bend((140, 1)), me), handshake(1, bend((120, 1)), me), eighths(8),
         handshake(1, by=me))
    seed('black', 'proves' + family, crowd(8, bit), handshake(1, by=me, mac2=True),
         handshake(1, by=me, mac2=True), handshake(1, by=other, mac2=True), handshake(2, by=me, mac2=True),
         handshake(1, by=port, mac2=True), handshake(1, bend((140, 1)), me, True),
         handshake(1, bend((120, 1)), me, True), handshake(1, by=me, mac2=True),
         handshake(1, by=me, mac2=True, wrong_mac1=True), busy(0), handshake(1, by=me, mac2=True))
    seed('black', 'cookie' + family, crowd(8, bit), handshake(1, by=me, mac2=True), eighths(7),
         handshake(1, by=me, mac2=True) * 12, eighths(255), eighths(255), eighths(255), eighths(255),
         crowd(8, bit), handshake(1, by=me, mac2=True) * 2)
    seed('black', 'limits' + family, crowd(40, bit), handshake(1, by=me, mac2=True) * 20)


# ---- red ----

def packet4(to, length, fragment=0, ttl=64, bent=STRAIGHT, repair=0, code=0):
    return bytes([1, to]) + be16(length) + be16(fragment) + bytes([ttl, repair]) + bent + bytes([code])


def red_packet6(which, protocol, length, bent=STRAIGHT, code=0):
    return bytes([2, which, protocol]) + be16(length) + bent + bytes([code])


def red_arp(asks, sender, to):
    return bytes([3, asks, sender, to]) + STRAIGHT


def red_echo(sender, to, length, bent=STRAIGHT, repair=b''):
    return bytes([4, sender, to]) + be16(length) + bent + repair + b'\0'


def opened(sender, to, length, bent=STRAIGHT, how=0):
    return bytes([5, how, sender, to]) + be16(length) + bent


def red_neighbour6(asks, sender, to, bent=STRAIGHT):
    return bytes([7, asks | 2, sender, to]) + bent


def red_echo6(sender, to, length, code=0):
    return bytes([8, sender, to]) + be16(length) + STRAIGHT + bytes([code])


def prefix(six=0, gone=0):
    return bytes([9, six | gone << 1])


def opened6(sender, to, protocol, length, bent=STRAIGHT):
    return bytes([5, 4, sender, to, protocol]) + be16(length) + bent


seed('red', 'tunnel', packet4(1, 100), packet4(1, 1472), packet4(1, 1472, 0x4000), packet4(1, 1393),
     packet4(1, 20, 0, 1), packet4(1, 20, code=1), packet4(1, 20, code=2), packet4(1, 1472, 0x2000),
     packet4(1, 1472, 0x20b9))
seed('red', 'others', *[packet4(to, 50) for to in range(8)])
seed('red', 'six', *[red_packet6(to, 17, 50, code=to) for to in range(6)], red_packet6(0, 17, 1400),
     red_packet6(0, 58, 8), red_packet6(0, 17, 20, bend((21, 63))))
seed('red', 'arp', *[red_arp(*each) for each in ((1, 0, 3), (0, 0, 3), (1, 1, 3), (1, 5, 5), (1, 0, 0))])
seed('red', 'echo', red_echo(0, 3, 56), red_echo(0, 1, 56), red_echo(0, 5, 56),
     red_echo(0, 3, 1280, bend((34, 8)), b'\1'))
seed('red', 'opened', red_arp(1, 0, 3), opened(1, 0, 56), opened(1, 3, 56), opened(1, 2, 56), opened(1, 4, 56),
     opened(0, 0, 56), opened(1, 5, 20), opened(1, 7, 10), opened(1, 6, 10),
     opened(1, 0, 56, bend((14, 1)), 2), bytes([5, 1]) + piece(b'\x45\0\0\x14' + bytes(16)),
     bytes([6, 255]), opened(1, 2, 1390), bytes([6, 20]))
# found: the answer was longer than the tunnel's MTU
seed('red', 'answer-too-long', opened(1, 3, 1392), opened(1, 3, 1393))
seed('red', 'opened6', red_neighbour6(1, 1, 2), *[opened6(0, to, 17, 56) for to in range(8)],
     opened6(1, 1, 17, 56), opened6(0, 1, 58, 1380), opened6(0, 5, 17, 20), bytes([6, 255]),
     opened6(0, 1, 17, 56, bend((21, 63))), red_neighbour6(0, 1, 2), opened6(0, 1, 17, 60),
     opened6(0, 1, 17, 60, bend((21, 64 ^ 255))))
seed('red', 'neighbours', *[red_neighbour6(asks, sender, to) for asks in (1, 0) for sender, to in (
    (1, 2), (6, 2), (4, 7), (5, 2), (2, 2), (1, 1))], red_neighbour6(1, 1, 2, bend((21, 1))),
     red_echo6(1, 2, 56), red_echo6(1, 7, 1390), red_echo6(1, 3, 8), red_echo6(1, 0, 100, 2))
seed('red', 'prefixes', packet4(4, 50), prefix(), packet4(4, 50), prefix(), prefix(gone=1), packet4(4, 50),
     prefix(gone=1), packet4(4, 50), prefix(gone=1), red_packet6(5, 17, 50), prefix(1), red_packet6(5, 17, 50),
     prefix(1), prefix(1, 1), red_packet6(5, 17, 50), prefix(1, 1), red_packet6(5, 17, 50), prefix(1, 1))
seed('red', 'errors', packet4(4, 50, 0x00ff), packet4(4, 50), packet4(4, 50, 0, 64, bend((23, 0x10)), 1),
     packet4(1, 30, 0, 0), packet4(1, 30, 0, 255, bend((26, 0xff)), 1))


def main():
    differing = 0
    for name, content in sorted(seeds.items()):
        path = os.path.join(CORPUS, name)
        if sys.argv[1:] == ['--check']:
            there = os.path.exists(path) and open(path, 'rb').read()
            if there != content:
                differing += 1
                print(name, 'differs')
        else:
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, 'wb') as file:
                file.write(content)
    return 1 if differing else 0


if __name__ == '__main__':
    sys.exit(main())
