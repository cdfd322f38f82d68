#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""What a host is told about a packet that has no way.

  icmp_error.py SOURCE DESTINATION [TTL]   send a UDP datagram and wait for the error about it: prints
                                           "TYPE CODE FROM" when all of it is right, otherwise fails
"""
import os
import socket
import struct
import sys
import time

PAYLOAD = os.urandom(900)  # more than an error may quote


def fail(what):
    sys.exit(f"the error {what}")


def checksum(data):
    data += b"\0" * (len(data) % 2)
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def await_packet(s, protocol, other, seconds=3):
    """The next IPv4 packet of that protocol on the wire, from or to the other."""
    deadline = time.monotonic() + seconds
    while (left := deadline - time.monotonic()) > 0:
        s.settimeout(left)
        try:
            packet = s.recv(65536)
        except TimeoutError:
            break
        packet = packet[14:]
        length = struct.unpack("!H", packet[2:4])[0]
        if packet[0] >> 4 == 4 and packet[9] == protocol and other in (packet[12:16], packet[16:20]):
            return packet[:length]
    return None


def forwarded(header):
    """As it is after one hop, which an error may quote too (RFC 1812 4.3.2.3)."""
    header = bytearray(header)
    header[8] -= 1
    header[10:12] = bytes(2)
    header[10:12] = struct.pack("!H", checksum(bytes(header)))
    return bytes(header)


def check_error(error, sent, source):
    if checksum(error[:20]) != 0:
        fail("has a wrong IP checksum")
    if error[16:20] != socket.inet_aton(source):
        fail("is not addressed to the sender")
    if len(error) > 576:
        fail(f"is {len(error)} bytes long: more than 576 (RFC 1812 4.3.2.3)")
    message = error[20:]
    if checksum(message) != 0:
        fail("has a wrong ICMP checksum")
    if message[4:8] != bytes(4):
        fail("has something in its unused bytes")
    quoted = message[8:]
    if len(quoted) < 28:
        fail("quotes less than the header and eight bytes (RFC 792)")
    if quoted[:20] not in (sent[:20], forwarded(sent[:20])) or quoted[20:] != sent[20:len(quoted)]:
        fail("does not quote the packet as it was sent")
    return message[0], message[1]


def main(source, destination, ttl=64):
    wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x0003))
    udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    with wire, udp:
        wire.bind(("eth0", 0))
        udp.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, int(ttl))
        udp.setsockopt(socket.IPPROTO_IP, 10, 0)  # IP_MTU_DISCOVER: the kernel sets no DF
        udp.setsockopt(socket.IPPROTO_IP, 11, 1)  # IP_RECVERR: every error is told
        udp.bind((source, 0))
        udp.connect((destination, 9))
        udp.send(PAYLOAD)
        sent = await_packet(wire, socket.IPPROTO_UDP, socket.inet_aton(destination))
        error = await_packet(wire, socket.IPPROTO_ICMP, socket.inet_aton(source))
        if error is None:
            fail("did not come")
        kind, code = check_error(error, sent, source)
        print(kind, code, socket.inet_ntoa(error[12:16]))
        if kind == 3:  # the kernel believes it too: the socket's owner is told
            try:
                udp.send(b"again")
            except OSError as told:
                print(told.strerror)
            else:
                fail("did not reach the socket")


if __name__ == "__main__":
    if len(sys.argv) not in (3, 4):
        sys.exit(__doc__)
    main(*sys.argv[1:])
