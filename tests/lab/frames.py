#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Frames that a port must survive, and the counter that each must move.

  frames.py list black|red                  "NAME DOMAIN COUNTER" of each, a line each
  frames.py send black|red NAME IFACE MAC [KEY]
                                            send it five times from IFACE to the port with that MAC;
                                            KEY is the site's public key in base64, for mac1
  frames.py grab IFACE FILE                 keep the first WireGuard data message that IFACE sends
  frames.py again IFACE FILE [bend]         send that frame again, or with its last bit changed
"""
import base64
import hashlib
import os
import socket
import struct
import sys

COPIES = 5
PORT = 51820
BLACK, RED = "192.168.1.10", "10.0.1.254"  # siteA's addresses
OUTSIDE, INSIDE = "192.168.1.100", "10.0.1.10"  # those of the hosts beside it
BEHIND = "10.0.2.10"
SENDER_MAC = bytes.fromhex("02aabbccddee")


def checksum(data):
    data += b"\0" * (len(data) % 2)
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def ipv4(payload, src, dst, protocol=17, version=4, words=5, length=None, fragment=0, ttl=64,
         bad_checksum=False):
    length = 20 + len(payload) if length is None else length
    head = struct.pack("!BBHHHBBH4s4s", version << 4 | words, 0, length, 1, fragment, ttl, protocol, 0,
                       socket.inet_aton(src), socket.inet_aton(dst))
    total = checksum(head) ^ (0x5555 if bad_checksum else 0)
    return head[:10] + struct.pack("!H", total) + head[12:] + payload


def udp(payload, port=PORT, length=None, total=0):
    length = 8 + len(payload) if length is None else length
    return struct.pack("!HHHH", 40000, port, length, total) + payload


def arp(target, htype=1, source=OUTSIDE):
    return struct.pack("!HHBBH6s4s6s4s", htype, 0x0800, 6, 4, 1, SENDER_MAC, socket.inet_aton(source),
                       b"\0" * 6, socket.inet_aton(target))


def initiation(key=None):
    body = struct.pack("<II", 1, 0x1234) + os.urandom(108)
    mac1 = os.urandom(16)
    if key:
        mac_key = hashlib.blake2s(b"mac1----" + key).digest()
        mac1 = hashlib.blake2s(body, key=mac_key, digest_size=16).digest()
    return body + mac1 + bytes(16)


def data(length):
    return struct.pack("<IIQ", 4, 0xDEADBEEF, 7) + os.urandom(length - 16)


def black_frames(mac, key):
    def ip(payload, **options):
        return ethernet(mac, 0x0800, ipv4(payload, **{"src": OUTSIDE, "dst": BLACK, **options}))

    good = udp(data(96))
    yield "runt", "black drop_runt", ethernet(mac, 0x0800, ipv4(good, OUTSIDE, BLACK)[:12])
    yield "vlan", "black drop_vlan", mac + SENDER_MAC + struct.pack("!HH", 0x8100, 5) + ip(good)[12:]
    yield "lldp", "black drop_ethertype", ethernet(mac, 0x88CC, bytes(60))
    yield "other-mac", "black drop_not_ours_l2", ethernet(b"\x02\1\2\3\4\5", 0x0800, ip(good)[14:])
    yield "arp-type", "black drop_arp_malformed", ethernet(mac, 0x0806, arp(BLACK, htype=6))
    yield "arp-others", "black drop_arp_others", ethernet(b"\xff" * 6, 0x0806, arp("192.168.1.77"))
    yield "ip-version", "black drop_ip_header", ip(good, version=5)
    yield "ip-header-length", "black drop_ip_header", ip(good, words=4)
    yield "ip-length", "black drop_ip_length", ip(good, length=1400)
    yield "ip-checksum", "black drop_ip_checksum", ip(good, bad_checksum=True)
    yield "ip-fragment", "black drop_ip_fragment", ip(good, fragment=0x2000)
    yield "ip-source", "black drop_ip_source", ip(good, src="127.0.0.1")
    yield "ip-others", "black drop_not_ours", ip(good, dst="192.168.1.77")
    yield "tcp", "black drop_protocol", ip(bytes(20), protocol=6)
    yield "udp-length", "black drop_udp_length", ip(udp(data(96), length=500))
    yield "udp-checksum", "black drop_udp_checksum", ip(udp(initiation(key), total=0x1111))
    yield "udp-port", "black drop_udp_port", ip(udp(data(96), port=53))
    yield "type", "black drop_type", ip(udp(struct.pack("<I", 9) + bytes(60)))
    yield "reserved-bytes", "black drop_type", ip(udp(struct.pack("<I", 0x01000004) + bytes(60)))
    yield "initiation-size", "black drop_size", ip(udp(initiation(key)[:147]))
    yield "data-size", "black drop_size", ip(udp(data(31)))
    yield "mac1", "black drop_mac1", ip(udp(initiation()))
    yield "unknown-initiator", "black rx_handshake", ip(udp(initiation(key)))
    yield "unknown-index", "crypt drop_index", ip(good)
    yield "jumbo", "black -", ip(udp(data(8900)))


def red_frames(mac, _key):
    def ip(payload, **options):
        return ethernet(mac, 0x0800, ipv4(payload, **{"src": INSIDE, "dst": BEHIND, **options}))

    good = udp(b"hello", port=9)
    yield "runt", "red drop_runt", ethernet(mac, 0x0800, ipv4(good, INSIDE, BEHIND)[:12])
    yield "vlan", "red drop_vlan", mac + SENDER_MAC + struct.pack("!HH", 0x8100, 5) + ip(good)[12:]
    yield "lldp", "red drop_ethertype", ethernet(mac, 0x88CC, bytes(60))
    yield "other-mac", "red drop_not_ours_l2", ethernet(b"\x02\1\2\3\4\5", 0x0800, ip(good)[14:])
    yield "arp-type", "red drop_arp_malformed", ethernet(mac, 0x0806, arp(RED, 6, INSIDE))
    yield "arp-others", "red drop_arp_others", ethernet(b"\xff" * 6, 0x0806,
                                                        arp("10.0.1.77", source=INSIDE))
    yield "ip-version", "red drop_ip_header", ip(good, version=5)
    yield "ip-header-length", "red drop_ip_header", ip(good, words=4)
    yield "ip-length", "red drop_ip_length", ip(good, length=1400)
    yield "ip-checksum", "red drop_ip_checksum", ip(good, bad_checksum=True)
    yield "ip-source", "red drop_ip_source", ip(good, src="127.0.0.1")
    yield "multicast", "red drop_ip_destination", ip(good, dst="224.0.0.1")
    yield "service", "red drop_ours", ip(bytes(20), dst=RED, protocol=6)
    yield "not-secure", "red drop_refused", ip(good, dst="198.51.100.80")
    yield "ttl", "red drop_ttl", ip(good, ttl=1)
    yield "too-big", "red drop_too_big", ip(udp(bytes(1472), port=9), fragment=0x4000)
    yield "jumbo", "red -", ip(udp(bytes(8900), port=9))


def ethernet(mac, ethertype, payload):
    return mac + SENDER_MAC + struct.pack("!H", ethertype) + payload


SIDES = {"black": black_frames, "red": red_frames}


def raw_socket(interface):
    s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x0003))
    s.bind((interface, 0))
    return s


def listing(side):
    for name, counter, _ in SIDES[side](bytes(6), bytes(32)):
        print(name, counter)


def send(side, wanted, interface, mac, key=""):
    mac = bytes.fromhex(mac.replace(":", ""))
    for name, _, frame in SIDES[side](mac, base64.b64decode(key)):
        if name == wanted:
            with raw_socket(interface) as s:
                for _ in range(COPIES):
                    s.send(frame)
            return
    sys.exit(f"there is no frame {wanted}")


def grab(interface, path):
    with raw_socket(interface) as s:
        s.settimeout(10)
        print("grabbing", flush=True)
        while True:
            frame, address = s.recvfrom(65536)
            outgoing = address[2] == socket.PACKET_OUTGOING
            if outgoing and frame[12:14] == b"\x08\0" and frame[42:46] == b"\4\0\0\0" and len(frame) > 100:
                with open(path, "wb") as file:
                    file.write(frame)
                return


def again(interface, path, how=""):
    with open(path, "rb") as file:
        frame = bytearray(file.read())
    if how == "bend":
        frame[-1] ^= 1
        frame[50] ^= 0x80  # a counter that was not used yet: it is the tag that must refuse it
    with raw_socket(interface) as s:
        for _ in range(COPIES):
            s.send(frame)


VERBS = {"list": listing, "send": send, "grab": grab, "again": again}

if __name__ == "__main__":
    if len(sys.argv) < 3 or sys.argv[1] not in VERBS:
        sys.exit(__doc__)
    VERBS[sys.argv[1]](*sys.argv[2:])
