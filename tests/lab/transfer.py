#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Data through a tunnel, checked at both ends.

  transfer.py receive PORT            take one TCP connection, print the SHA-256 of what came
  transfer.py send HOST PORT FILE     send the file over TCP
  transfer.py echo PORT               send every UDP datagram back to its sender
  transfer.py exchange HOST PORT MAX  UDP datagrams of 0..MAX bytes to an echo, one after the other;
                                      each must come back unchanged within two seconds
"""
import hashlib
import os
import socket
import sys

PATIENCE = int(os.environ.get("PATIENCE", "1"))  # as tools/_common.sh has it


def listening(port):
    """In both families, where the machine has both."""
    try:
        return socket.create_server(("::", port), family=socket.AF_INET6, dualstack_ipv6=True)
    except OSError:
        return socket.create_server(("0.0.0.0", port))


def receive(port):
    with listening(port) as server:
        connection, _ = server.accept()
        digest = hashlib.sha256()
        while chunk := connection.recv(1 << 16):
            digest.update(chunk)
    print(digest.hexdigest())


def send(host, port, path):
    with socket.create_connection((host, port), timeout=30 * PATIENCE) as connection, open(path, "rb") as file:
        connection.sendfile(file)


def echo(port):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.bind(("0.0.0.0", port))
        while True:
            s.sendto(*s.recvfrom(65536))


def exchange(host, port, largest):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.settimeout(2 * PATIENCE)
        s.connect((host, port))
        for size in list(range(0, largest, 7)) + [largest]:
            sent = os.urandom(size)
            s.send(sent)
            if s.recv(65536) != sent:
                sys.exit(f"a datagram of {size} bytes came back changed")


VERBS = {"receive": (receive, [int]), "send": (send, [str, int, str]), "echo": (echo, [int]),
         "exchange": (exchange, [str, int, int])}

if __name__ == "__main__":
    if len(sys.argv) < 2 or sys.argv[1] not in VERBS:
        sys.exit(__doc__)
    verb, types = VERBS[sys.argv[1]]
    verb(*(convert(word) for convert, word in zip(types, sys.argv[2:], strict=True)))
