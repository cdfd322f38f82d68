# SPDX-License-Identifier: BSD-3-Clause
"""What is inside: packets that came out of decryption, and those that site A puts in."""
import struct

from court import await_true, check, require
from protocol import DATA
from world import PC, SITE, udp4, udp6

TUNNEL_MTU = 1420
UDP4 = 28  # bytes of IP and UDP headers


def sealed(court, peer, packet, **drops):
    """The packet, sealed, is refused for that reason."""
    court.refused(lambda: peer.send(peer.session.seal(packet)), **drops)


@check("A44: inner sources that are not the peer's: another peer's, pcA's, site A's, the world's")
def spoofed(court):
    peer = court.up()
    mark = court.world.red.mark()
    sources = ["10.0.2.10", PC, "10.0.1.254", SITE, "198.51.100.80", "0.0.0.0", "255.255.255.255",
               "127.0.0.1", "224.0.0.1", "10.0.%d.1" % (peer.number + 1)]
    court.refused(lambda: [peer.send(peer.session.seal(udp4(s, PC, b"spoofed"))) for s in sources],
                  crypt_drop_inner_source=len(sources))
    require(not [p for _, p in court.world.red.since(mark) if b"spoofed" in p], "it came out at red")
    require(peer.good(), "good packets do not pass")


@check("A44: IPv6 sources likewise; those that are the peer's pass")
def spoofed6(court):
    peer = court.up()
    sources = ["fd00:2::1", "::", "::1", "fe80::1", "::ffff:10.0.%d.10" % peer.number, "ff02::1"]
    court.refused(lambda: [peer.send(peer.session.seal(udp6(s, "fd00:1::a", b"x"))) for s in sources],
                  crypt_drop_inner_source=len(sources))
    good = udp6("fd00:%d::a" % peer.number, "fd00:1::a", b"good")
    changed, _ = court.observe(lambda: peer.send(peer.session.seal(good)))
    require(changed.get("crypt opened_packets") == 2, changed)  # with the ping of settle()


@check("A44: IP versions that there are not")
def versions(court):
    peer = court.up()
    packet = udp4(peer.inner, PC, b"version")
    bent = [bytes([v << 4 | 5]) + packet[1:] for v in range(16) if v not in (4, 6)]
    court.refused(lambda: [peer.send(peer.session.seal(p)) for p in bent],
                  crypt_drop_inner_version=len(bent))


@check("A44: an IPv4 length beyond the plaintext, below the header, and headers that do not fit")
def lengths(court):
    peer = court.up()
    packet = udp4(peer.inner, PC, bytes(36))  # 64 bytes: no padding
    bent = [packet[:2] + struct.pack("!H", n) + packet[4:] for n in (0, 1, 19, 65, 1500, 65535)]
    bent += [bytes([0x40 | words]) + packet[1:] for words in (0, 1, 4)]
    bent += [bytes([0x4f]) + packet[1:2] + struct.pack("!H", 59) + packet[4:]]
    court.refused(lambda: [peer.send(peer.session.seal(p)) for p in bent],
                  crypt_drop_inner_length=len(bent))


@check("A44: an IPv6 length beyond the plaintext")
def lengths6(court):
    peer = court.up()
    packet = udp6("fd00:%d::a" % peer.number, "fd00:1::a", bytes(16))
    bent = [packet[:4] + struct.pack("!H", n) + packet[6:] for n in (25, 1000, 65535)]
    court.refused(lambda: [peer.send(peer.session.seal(p)) for p in bent], crypt_drop_inner_length=3)


@check("A44: plaintexts of 1 to 19 bytes, and an IPv6 header cut short")
def short(court):
    peer = court.up()
    four, six = udp4(peer.inner, PC, b""), udp6("fd00:%d::a" % peer.number, "fd00:1::a", b"")
    bent = [four[:n] for n in range(1, 20)] + [six[:n] for n in range(1, 40)]
    court.refused(lambda: [peer.send(peer.session.seal(p)) for p in bent],
                  crypt_drop_inner_length=len(bent))


@check("A44: an empty plaintext is a keepalive, and nothing comes out at red")
def keepalive(court):
    peer = court.up()
    mark = court.world.red.mark()
    changed, sent = court.observe(lambda: [peer.send(peer.session.seal(b"")) for _ in range(20)])
    require(changed.get("crypt keepalives_received", 0) >= 20 and not sent, changed)
    others = [p for _, p in court.world.red.since(mark) if b"judge" not in p]  # those are pings
    require(not others, others)


@check("A44: what is behind the IP length is cut off")
def trimmed(court):
    peer = court.up()
    listener = court.world.udp("pcA", PC)
    port = listener.getsockname()[1]
    for padding in (b"", b"\0" * 15, b"secret" * 20):
        packet = udp4(peer.inner, PC, b"trimmed", port)
        mark = court.world.red.mark()
        court.accepted(lambda p=packet + padding: peer.send(peer.session.seal(p)))
        listener.settimeout(2)
        require(listener.recv(2000) == b"trimmed", "not as it was sent")
        frames = [p for _, p in court.world.red.since(mark) if b"trimmed" in p]
        require(frames and all(b"secret" not in p for p in frames), "the rest is on the wire")


@check("A43: what site A sends is padded with zeros to 16 bytes, never beyond 1420")
def padding(court):
    peer = court.up()
    knock = court.world.udp("pcA", PC)
    sizes = [*range(0, 70), 500, *range(TUNNEL_MTU - UDP4 - 40, TUNNEL_MTU - UDP4 + 1)]
    for size in sizes:
        payload = bytes([size % 255 + 1]) * size
        knock.sendto(payload, (peer.inner, 9))
        message, _ = peer.wait(DATA)
        plaintext = peer.session.open(message)[1]
        length = struct.unpack_from("!H", plaintext, 2)[0]
        expected = min((UDP4 + size + 15) // 16 * 16, TUNNEL_MTU)
        require(length == UDP4 + size and plaintext[UDP4:length] == payload, "another packet")
        require(len(plaintext) == expected, size, "bytes became", len(plaintext), "not", expected)
        require(not any(plaintext[length:]), "padding is not zero")


@check("A3, A28: site A's counters begin at 0 and rise by one")
def counters(court):
    peer = court.peer()
    peer.initiate()
    peer.confirm()
    knock = court.world.udp("pcA", PC)
    seen = []
    for n in range(50):
        knock.sendto(b"%d" % n, (peer.inner, 9))
        counter, plaintext = peer.session.open(peer.wait(DATA)[0])
        seen.append((counter, plaintext[UDP4:UDP4 + len(b"%d" % n)]))
    require(seen == [(n, b"%d" % n) for n in range(50)], seen)


@check("A47, A48: outer headers: DSCP and ECN 0, DF clear, TTL constant, no UDP checksum, no IP options")
def outer(court):
    peer = court.up()
    mark = court.world.black.mark()
    knock = court.world.udp("pcA", PC)
    for tos in (0, 0x03, 0xb8, 0xff):
        knock.setsockopt(0, 1, tos)  # IP_TOS
        knock.sendto(b"tos", (peer.inner, 9))
        peer.wait_data()
    peer.initiate()
    require(await_true(2, lambda: len([d for d in court.world.black.since(mark) if d[2] == peer.at]) > 4),
            "no capture")
    heads = [d[4] for d in court.world.black.since(mark) if d[2] == peer.at]
    require(all(len(h) == 28 and h[1] == 0 and not h[6] & 0x40 for h in heads), "TOS or DF",
            [h.hex() for h in heads])
    require(all(h[26:] == bytes(2) for h in heads), "UDP checksums", [h.hex() for h in heads])
    require(len({h[8] for h in heads}) == 1, "TTL differs")


@check("A55: bytes are counted with overhead and handshakes")
def transfer(court):
    peer = court.peer()
    peer.initiate()  # 148 in, 92 out
    peer.confirm()   # 32 in
    for size in (1, 100):
        peer.send(peer.session.seal(udp4(peer.inner, "10.0.1.10", bytes(size))))
    court.settle()
    heard, said = court.world.about("transfer", peer.text).split("\t")
    # each of those two provokes an ICMP error of pcA, which is data; padded
    require(int(heard) == 148 + 32 + (32 + 29) + (32 + 128), "received", heard)
    require(int(said) >= 92, "sent", said)


@check("A45: a packet for no peer, and for one without endpoint: ICMP 3/1 to pcA, nothing to black")
def no_way(court):
    lost = court.peer(endpoint=False)
    knock = court.world.udp("pcA", PC)
    for target, counter in (("10.250.0.1", "red drop_no_peer"), (lost.inner, "red drop_no_endpoint")):
        mark = court.world.red.mark()
        changed, sent = court.observe(lambda t=target: knock.sendto(b"hello", (t, 9)))
        require(not sent, "sent", sent)
        require(await_true(2, lambda m=mark: any(
            p[9] == 1 and p[20:22] == b"\3\1" for _, p in court.world.red.since(m))), "no ICMP", changed)
        require(changed.get(counter) == 1, counter, changed)
