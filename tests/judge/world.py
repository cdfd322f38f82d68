# SPDX-License-Identifier: BSD-3-Clause
"""The lab as the judge sees it: sockets in any host's namespace, every frame that site A sends to the
black network, site A's counters, and the stock wg to add peers."""
import ctypes
import json
import os
import socket
import struct
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lab"))
from frames import checksum  # noqa: E402

SITE = "192.168.1.10"
SITE_AGAIN = "192.168.1.11"  # a second address of the same port
PORT = 51820
HERE = "192.168.1.20"  # where site B was
HERE_TOO = "192.168.1.21"
PC = "10.0.1.10"
CLONE_NEWNET = 0x40000000
ETH_P_ALL = 3  # a bridge takes frames before sockets of a single protocol see them
RECEIVE_BUFFER = 4 << 20


def await_true(seconds, condition):
    limit = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > limit:
            return False
        time.sleep(0.01)
    return True


class Capture(threading.Thread):
    """UDP datagrams that a frame socket sees, as (time, source, destination, payload); also IP's whole
    packets when asked."""

    def __init__(self, frames, keep):
        super().__init__(daemon=True)
        self.frames, self.keep = frames, keep
        self.seen = []
        self.start()

    def run(self):
        while True:
            frame, address = self.frames.recvfrom(65536)
            if address[2] == socket.PACKET_OUTGOING or frame[12:14] != b"\x08\0":
                continue
            kept = self.keep(frame[14:])
            if kept:
                self.seen.append((time.monotonic(), *kept))

    def mark(self):
        return len(self.seen)

    def since(self, mark):
        return self.seen[mark:]


def parse_udp(packet):
    """((source, port), (destination, port), payload, headers of IP and UDP), or None"""
    head = (packet[0] & 15) * 4
    if packet[9] != 17:
        return None
    ports = struct.unpack_from("!HH", packet, head)
    length = struct.unpack_from("!H", packet, head + 4)[0]
    return ((socket.inet_ntoa(packet[12:16]), ports[0]), (socket.inet_ntoa(packet[16:20]), ports[1]),
            packet[head + 8:head + length], packet[:head + 8])


class World:
    def __init__(self, lab, build):
        self.lab, self.name = lab, lab + "-siteA"
        self.control = os.path.join(build, "encrypterctl")
        self.state = os.path.join("/run/encrypter-lab", lab)
        self.libc = ctypes.CDLL(None, use_errno=True)
        self.home = os.open("/proc/self/ns/net", os.O_RDONLY)
        # what site A sends to the black network, and what it hands to pcA
        self.black = Capture(self.frame_socket("inet", "portA"), parse_udp)
        self.red = Capture(self.frame_socket("pcA", "eth0"), lambda packet: (packet,))
        self.quiet = set()  # endpoints whose traffic is another check's

    # ---- sockets ----

    def inside(self, host, make):
        """make(), with this thread in a host's namespace."""
        with open("/run/netns/%s-%s" % (self.lab, host), "rb") as there:
            if self.libc.setns(there.fileno(), CLONE_NEWNET) != 0:
                raise OSError(ctypes.get_errno(), "setns " + host)
        try:
            return make()
        finally:
            self.libc.setns(self.home, CLONE_NEWNET)

    def frame_socket(self, host, interface):
        def make():
            s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
            s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
            s.bind((interface, 0))
            return s
        return self.inside(host, make)

    def udp(self, host, address, port=0):
        def make():
            s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
            s.bind((address, port))
            return s
        return self.inside(host, make)

    # ---- the daemon ----

    def key(self, site):
        import base64
        with open(os.path.join(self.state, site + ".key"), encoding="ascii") as file:
            return base64.b64decode(file.read())

    def counters(self):
        """{"black drop_size": 3, …}"""
        out = subprocess.run([self.control, "-n", self.name, "stats", "--json"], check=True,
                             capture_output=True, timeout=20).stdout
        return {domain + " " + name: value for domain, all_of_it in json.loads(out).items()
                for name, value in all_of_it.items()}

    def wg(self, *words):
        return subprocess.run(["wg", *words[:1], self.name, *words[1:]], check=True,
                              capture_output=True, text=True, timeout=20).stdout

    def about(self, what, peer):
        """A field of `wg show`, for a peer by its public key in base64."""
        for line in self.wg("show", what).splitlines():
            key, *rest = line.split("\t")
            if key == peer:
                return "\t".join(rest)
        return None


# ---- packets inside the tunnel ----

def udp4(source, destination, payload, port=9000):
    from frames import ipv4, udp
    return ipv4(udp(payload, port=port), source, destination)


def echo4(source, destination, number, payload=b"judge"):
    from frames import ipv4
    head = struct.pack("!BBHHH", 8, 0, 0, 0x4a55, number)
    head = head[:2] + struct.pack("!H", checksum(head + payload)) + head[4:]
    return ipv4(head + payload, source, destination, protocol=1)


def is_echo_reply(packet, number):
    return len(packet) >= 28 and packet[9] == 1 and packet[20] == 0 and \
        struct.unpack_from("!HH", packet, 24) == (0x4a55, number)


def udp6(source, destination, payload):
    body = struct.pack("!HHHH", 4000, 9, 8 + len(payload), 0) + payload
    return struct.pack("!IHBB", 6 << 28, len(body), 17, 64) + \
        socket.inet_pton(socket.AF_INET6, source) + socket.inet_pton(socket.AF_INET6, destination) + body
