#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""What a layer's library references, as nm shows it: includes tell the intention, symbols the fact.

symbols.py LIBRARY...       libblack.a, libred.a, libwg.a, ...: the rule follows from the name
symbols.py --selftest CC... plants offending objects, compiled by the command CC, and must find each
"""
import os
import re
import subprocess
import sys
import tempfile

# Handshakes, sessions, keys and what computes them. Each is a name's beginning, or a word in it.
SECRETS = re.compile(
    r'^(noise|session|keypair|timers|peer|jar|device|allowedips|replay|indices|index|timestamp|wg|dh|'
    r'kdf|hmac|aead|xaead|blake2s?|blake2b|cookie|ratelimit|crypto|sodium|randombytes|secret|random|key)(_|$)|'
    r'handshake|x25519|curve25519|poly1305|chacha20|sodium|EVP_|^rte_crypto|^(init|alloc)_mb_mgr')
MUTABLE = re.compile(r'^\.(data(?!\.rel\.ro)|bss|tdata|tbss)|^\*COM\*')

# Library: (own prefix, what may be referenced all the same, what may not, writable globals allowed)
RULES = {
    # cookie_*: mac1, mac2 and cookie replies need our public key and a secret that guards nothing else
    # (src/wg/cookie.h). What takes a cookie out of a reply is jar_*, and control's.
    'black': ('black_', re.compile(r'^(cookie|ratelimit)_'), SECRETS, True),
    'red': ('red_', None, SECRETS, True),
    # Pure: no DPDK, no sockets, no files, no clock, no threads, no log, nothing that is kept.
    'wg': ('', None, re.compile(
        r'^rte_|^(socket|bind|connect|listen|accept4?|send(to|m?msg)?|recv(from|m?msg)?|'
        r'open(at)?|close|read|write|ioctl|fopen|f?printf|printf|puts|poll|epoll_\w+|select|'
        r'time|clock(_\w+)?|gettimeofday|u?sleep|nanosleep|getenv|syscall|rand(om)?|'
        r'pthread_\w+|log_\w+)$|^__(printf|fprintf|vsnprintf)_chk$'), False),
    'net': ('', None, re.compile(r'^rte_|^(noise|session|aead|dh|kdf|crypto|sodium)(_|$)'), True),
    # The replay windows and counters of sessions have one thread, crypt's: nobody else can reach them.
    'ctl': ('', None, re.compile(r'^(session_[rt]x|replay)_'), True),
    'dp': ('', None, re.compile(r'^(wg|noise|session|replay)_'), True),
    'util': ('', None, re.compile(r'^(rte|crypto|sodium|wg|noise|session)_'), True),
    'crypto': ('', None, re.compile(r'^(rte|wg|noise|session)_'), True),
}


def nm(library, *options):
    result = subprocess.run(['nm', *options, library], stdout=subprocess.PIPE, text=True,
                            check=True)
    return result.stdout.splitlines()


def global_names(library):
    """(object, name) of every symbol that is referenced or offered to others."""
    where = os.path.basename(library)
    for line in nm(library, '-g'):
        if line.endswith(':') and ' ' not in line:
            where = line[:-1]
        elif line.strip():
            yield where, line.split()[-1]


def writable(library):
    """(object, name) of every variable, static ones too."""
    where = os.path.basename(library)
    for line in nm(library, '--format=sysv'):
        if line.startswith(('Symbols from', 'Undefined symbols')):
            where = line.split('[')[-1].rstrip(']:')
        fields = [field.strip() for field in line.split('|')]
        if len(fields) == 7 and MUTABLE.match(fields[6]):
            yield where, fields[0]


def layer_of(library):
    return re.sub(r'^lib|\.a$', '', os.path.basename(library))


def check(library):
    """Offences of one library as lines; None when no rule has its name."""
    if layer_of(library) not in RULES:
        return None
    own, exempt, forbidden, may_keep = RULES[layer_of(library)]
    found = ['%s: %s: %s' % (library, where, name) for where, name in global_names(library)
             if forbidden.search(name) and not (own and name.startswith(own))
             and not (exempt and exempt.match(name))]
    if not may_keep:
        found += ['%s: %s: %s is a writable global' % (library, where, name)
                  for where, name in writable(library)]
    return sorted(set(found))


CALLS = '#include <stddef.h>\nvoid %(name)s(void);\nvoid %(own)sentry(void);\n' \
        'void %(own)sentry(void)\n{\n\t%(name)s();\n}\n'
PLANTED = {
    'black': ['noise_consume_initiation', 'session_open', 'dh', 'dh_generate', 'x25519', 'kdf',
              'aead_open', 'xaead_open', 'wg_receive', 'crypto_scalarmult', 'sodium_memzero',
              'secret_wipe', 'blake2s_init', 'xaead_seal', 'jar_consume', 'jar_add_macs', 'handshake_begin', 'peer_find', 'random_bytes'],
    'red': ['noise_create_response', 'session_seal', 'dh_base', 'kdf', 'aead_seal',
            'cookie_check_mac1', 'ratelimit_allow', 'wg_send', 'blake2s_update', 'crypto_init',
            'rte_cryptodev_enqueue_burst'],
    'wg': ['rte_malloc', 'rte_ring_enqueue', 'clock_gettime', 'sendto', 'log_event',
           'pthread_create'],
    'ctl': ['session_rx_accept', 'session_tx_claim', 'replay_accept'],
    'dp': ['session_rx_accept', 'noise_create_response'],
}
CLEAN = {
    'black': ['cookie_check_mac1', 'cookie_make_reply', 'ratelimit_allow', 'rte_ring_enqueue', 'black_handshake_ring',
              'memcpy_s', 'log_event'],
    'red': ['rte_ring_enqueue', 'checksum_add', 'red_session_of_host'],
    'wg': ['noise_consume_initiation', 'aead_open', 'secret_wipe', 'blake2s'],
    'ctl': ['wg_receive', 'wg_session_installed'],
}
KEPT = 'static int kept;\nint counter(void);\nint counter(void)\n{\n\treturn ++kept;\n}\n'
CONSTANT = 'static const char *const words[] = {"a", "b"};\nconst char *word(int i);\n' \
           'const char *word(int i)\n{\n\treturn words[i & 1];\n}\n'


def library_of(folder, layer, compiler, source):
    library = os.path.join(folder, 'lib%s.a' % layer)
    stem = os.path.join(folder, layer)
    if os.path.exists(library):
        os.unlink(library)
    with open(stem + '.c', 'w', encoding='utf-8') as file:
        file.write(source)
    subprocess.run([*compiler, '-fPIC', '-fno-builtin', '-c', stem + '.c', '-o', stem + '.o'],
                   check=True)
    subprocess.run(['ar', 'rcs', library, stem + '.o'], check=True)
    return library


def selftest(compiler):
    wrong = planted = 0
    with tempfile.TemporaryDirectory() as folder:
        def expect(layer, name, source, offends):
            nonlocal wrong, planted
            planted += offends
            found = check(library_of(folder, layer, compiler, source))
            if bool(found) != offends or (offends and not any(name in line for line in found)):
                print('%s: %s: %s' % (layer, name, 'not found' if offends else found))
                wrong += 1

        for names, offends in ((PLANTED, True), (CLEAN, False)):
            for layer in names:
                for name in names[layer]:
                    values = {'name': name, 'own': layer + '_' if layer != 'wg' else 'index_'}
                    expect(layer, name, CALLS % values, offends)
        expect('wg', 'kept', KEPT, True)
        expect('wg', 'words', CONSTANT, False)
        # Defined is as bad as referenced: the code itself has moved in.
        expect('black', 'noise_init', 'void noise_init(void);\nvoid noise_init(void)\n{\n}\n', True)
    print('%d offences planted, %d wrong answers' % (planted, wrong))
    return 1 if wrong else 0


def main(arguments):
    if arguments[:1] == ['--selftest'] and len(arguments) > 1:
        return selftest(arguments[1:])
    if not arguments or arguments[0].startswith('-'):
        sys.exit(__doc__)
    status = 0
    for library in arguments:
        found = check(library)
        if found is None:
            found = ['%s: no rule for this library' % library]
        elif not any(True for _ in global_names(library)):
            found = ['%s: no symbols at all' % library]
        print(*found, sep='\n', end='\n' if found else '')
        print('%s: %d offences' % (library, len(found)))
        status |= bool(found)
    return int(status)


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
