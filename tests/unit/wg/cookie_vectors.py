#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Writes cookie_vectors.h: cookies, mac2 and cookie replies by a second implementation.

BLAKE2s is Python's hashlib (RFC 7693), XChaCha20-Poly1305 is written here from RFC 8439 and
draft-irtf-cfrg-xchacha-03; its own test vector (A.3.1 of the draft) is checked first.
"""
import hashlib
import ipaddress
import struct


def rotate(v, n):
    return (v << n | v >> 32 - n) & 0xffffffff


def quarter(s, a, b, c, d):
    for x, y, z, n in ((a, b, d, 16), (c, d, b, 12), (a, b, d, 8), (c, d, b, 7)):
        s[x] = (s[x] + s[y]) & 0xffffffff
        s[z] = rotate(s[z] ^ s[x], n)


def rounds(state):
    s = list(state)
    for _ in range(10):
        for i in range(4):
            quarter(s, i, i + 4, i + 8, i + 12)
        for i in range(4):
            quarter(s, i, (i + 1) % 4 + 4, (i + 2) % 4 + 8, (i + 3) % 4 + 12)
    return s


def initial(key, last):
    return list(struct.unpack('<4I', b'expand 32-byte k') + struct.unpack('<8I', key) +
                struct.unpack('<4I', last))


def block(key, counter, nonce):
    state = initial(key, struct.pack('<I', counter) + nonce)
    return struct.pack('<16I', *((a + b) & 0xffffffff for a, b in zip(rounds(state), state)))


def hchacha(key, nonce):
    s = rounds(initial(key, nonce))
    return struct.pack('<8I', *s[:4], *s[12:])


def poly1305(key, text):
    r = int.from_bytes(key[:16], 'little') & 0x0ffffffc0ffffffc0ffffffc0fffffff
    total = 0
    for i in range(0, len(text), 16):
        total = (total + int.from_bytes(text[i:i + 16] + b'\1', 'little')) * r % ((1 << 130) - 5)
    return ((total + int.from_bytes(key[16:], 'little')) % (1 << 128)).to_bytes(16, 'little')


def padded(text):
    return text + bytes(-len(text) % 16)


def xchacha_seal(key, nonce, text, data):
    key, nonce = hchacha(key, nonce[:16]), bytes(4) + nonce[16:]
    stream = b''.join(block(key, 1 + i, nonce) for i in range(len(text) // 64 + 1))
    sealed = bytes(a ^ b for a, b in zip(text, stream))
    return sealed + poly1305(block(key, 0, nonce), padded(data) + padded(sealed) +
                             struct.pack('<QQ', len(data), len(sealed)))


def check():
    text = (b"Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the "
            b'future, sunscreen would be it.')
    sealed = xchacha_seal(bytes(range(0x80, 0xa0)), bytes(range(0x40, 0x58)), text,
                          bytes.fromhex('50515253c0c1c2c3c4c5c6c7'))
    assert sealed[-16:].hex() == 'c0875924c1c7987947deafd8780acf49'
    assert sealed[:16].hex() == 'bd6d179d3e83d43b9576579493c0e939'


def blake2s(text, size, key=b''):
    return hashlib.blake2s(text, digest_size=size, key=key).digest()


def numbered(label, size):
    """Bytes that look like nothing in particular."""
    return b''.join(blake2s(b'%s %d' % (label, i), 32) for i in range(size // 32 + 1))[:size]


def vector(name, kind, size, address, port):
    label = name.encode()
    receiver, secret = numbered(label + b' public', 32), numbered(label + b' secret', 32)
    body = bytes([kind, 0, 0, 0]) + numbered(label + b' body', size - 4 - 32)
    mac1 = blake2s(body, 16, blake2s(b'mac1----' + receiver, 32))
    source = ipaddress.ip_address(address).packed + struct.pack('>H', port)
    cookie = blake2s(source, 16, secret)
    mac2 = blake2s(body + mac1, 16, cookie)
    nonce = numbered(label + b' nonce', 24)
    key = blake2s(b'cookie--' + receiver, 32)
    reply = b'\3\0\0\0' + body[4:8] + nonce + xchacha_seal(key, nonce, cookie, mac1)
    return {'name': name, 'receiver': receiver, 'secret': secret, 'address': address, 'port': port,
            'message': body + mac1 + mac2, 'cookie': cookie, 'nonce': nonce, 'reply': reply}


HEAD = '''/* SPDX-License-Identifier: BSD-3-Clause */
/* Written by cookie_vectors.py, a second implementation. Hexadecimal; addresses as text. */
#ifndef COOKIE_VECTORS_H
#define COOKIE_VECTORS_H

#include <stdint.h>

struct cookie_vector {
\tconst char *name;
\tconst char *receiver; /* public key of whoever makes the cookie */
\tconst char *secret;   /* its secret of these two minutes */
\tconst char *address;  /* of the sender */
\tuint16_t port;
\tconst char *message;  /* with both macs */
\tconst char *cookie;
\tconst char *nonce;
\tconst char *reply;
};

static const struct cookie_vector cookie_vectors[] = {
'''


def literal(value):
    if isinstance(value, int):
        return str(value)
    if isinstance(value, str):
        return '"%s"' % value
    text = value.hex()
    return '\n\t\t\t'.join('"%s"' % text[i:i + 64] for i in range(0, len(text), 64))


def main():
    check()
    print(HEAD, end='')
    for v in (vector('initiation from IPv4', 1, 148, '192.0.2.77', 51820),
              vector('response from IPv4', 2, 92, '198.51.100.3', 258),
              vector('initiation from IPv6', 1, 148, '2001:db8:1:2::77', 40000),
              vector('response from IPv6', 2, 92, 'fe80::1', 65535)):
        print('\t{')
        for key, value in v.items():
            print('\t\t.%s = %s,' % (key, literal(value)))
        print('\t},')
    print('};\n\n#endif')


if __name__ == '__main__':
    main()
