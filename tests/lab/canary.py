#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""A known pattern through a tunnel, and the question where it lies in a daemon's memory.

  canary.py ask NAME REQUEST…         ask the scanner of instance NAME (tests/hooks/scan.h)
  canary.py flood HOST PORT HEX       the pattern in every UDP datagram, until ended
"""
import socket
import sys


def ask(name, *request):
    with socket.socket(socket.AF_UNIX) as s:
        s.settimeout(120)
        s.connect(f"/run/encrypter/{name}/scan.sock")
        s.sendall((" ".join(request) + "\n").encode())
        answer = b""
        while not answer.endswith(b"end\n"):
            chunk = s.recv(4096)
            if not chunk:
                sys.exit("the scanner went away")
            answer += chunk
    print(answer.decode(), end="")


def flood(host, port, pattern):
    # 8 ms between datagrams: always some in flight or in a buffer just used
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.settimeout(0.008)
        data = bytes.fromhex(pattern) * 16
        while True:
            s.sendto(data, (host, int(port)))
            try:
                s.recv(1)
            except (TimeoutError, ConnectionRefusedError):
                pass


if __name__ == "__main__":
    {"ask": ask, "flood": flood}[sys.argv[1]](*sys.argv[2:])
