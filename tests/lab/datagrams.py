#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""UDP datagrams of many lengths, singly and in trains that the kernel passes on as one.

datagrams.py receive ADDRESS   waits for them; exit status 1 when one is missing or changed
datagrams.py send ADDRESS [singly]
datagrams.py train ADDRESS     sends one train, and does not wait for anything
"""
import errno
import hashlib
import os
import socket
import sys

PATIENCE = int(os.environ.get('PATIENCE', '1'))  # as tools/_common.sh has it
PORT = 5555
UDP_SEGMENT = 103    # linux/udp.h
SO_RCVBUFFORCE = 33  # asm-generic/socket.h
SINGLE = list(range(8, 1392, 97)) + [1392]
TRAIN, TRAINS = 40, 5
TRAIN_BYTES = 1200


def payload(number, length):
    """A number and what follows from it."""
    head = number.to_bytes(8, 'big')
    tail = b''
    while len(tail) < length - 8:
        tail += hashlib.sha256(head + len(tail).to_bytes(4, 'big')).digest()
    return head + tail[:length - 8]


def expected():
    lengths = SINGLE + [TRAIN_BYTES] * (TRAIN * TRAINS)
    return [payload(i, n) for i, n in enumerate(lengths)]


def send_joined(out, datagrams):
    """In one call. False: not here (before Linux 6.11 only with a card that makes checksums)."""
    try:
        out.setsockopt(socket.IPPROTO_UDP, UDP_SEGMENT, TRAIN_BYTES)
        out.send(b''.join(datagrams))
        return True
    except OSError as error:
        if error.errno != errno.EIO:
            raise
        out.setsockopt(socket.IPPROTO_UDP, UDP_SEGMENT, 0)
        return False


def send(address, how=''):
    out = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    out.connect((address, PORT))
    all_of_them = expected()
    for datagram in all_of_them[:len(SINGLE)]:
        out.send(datagram)
    out.settimeout(10 * PATIENCE)
    for train in range(TRAINS):
        start = len(SINGLE) + train * TRAIN
        datagrams = all_of_them[start:start + TRAIN]
        if how == 'singly' or not send_joined(out, datagrams):
            for datagram in datagrams:
                out.send(datagram)
        out.recv(1)  # that train has arrived: no buffer on the way holds more than one
    return 0


def train(address):
    out = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    out.connect((address, PORT))
    return 0 if send_joined(out, expected()[-TRAIN:]) else 1


def receive(address):
    inbox = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    inbox.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 4 << 20)
    inbox.bind((address, PORT))
    inbox.settimeout(10 * PATIENCE)
    missing = set(expected())
    while missing:
        try:
            datagram, sender = inbox.recvfrom(65536)
        except socket.timeout:
            print('missing: %d' % len(missing))
            return 1
        if datagram not in missing:
            print('changed: %d bytes, %s' % (len(datagram), datagram[:8].hex()))
            return 1
        missing.remove(datagram)
        if len(missing) % TRAIN == 0 and len(missing) < TRAIN * TRAINS:
            inbox.sendto(b'+', sender)
    print('all came')
    return 0


sys.exit({'send': send, 'train': train, 'receive': receive}[sys.argv[1]](*sys.argv[2:]))
