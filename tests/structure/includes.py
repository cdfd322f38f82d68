#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Who may include whom: every #include line is compared with the list of its layer.

includes.py ROOT        prints each offence as FILE:LINE: what; exit status 1 when there is one
includes.py --selftest  plants offences in a tree of its own and must find each
"""
import os
import re
import sys
import tempfile

# Headers without system calls behind them; what a pure layer may have is less still.
PURE = {'assert.h', 'endian.h', 'errno.h', 'inttypes.h', 'limits.h', 'stdalign.h', 'stdbool.h',
        'stddef.h', 'stdint.h', 'stdlib.h', 'string.h'}
STANDARD = PURE | {'ctype.h', 'stdarg.h', 'stdatomic.h', 'stdio.h', 'strings.h'}
LIBC = STANDARD | {
    'arpa/inet.h', 'dirent.h', 'fcntl.h', 'getopt.h', 'grp.h', 'ifaddrs.h', 'libgen.h', 'math.h',
    'net/if.h', 'net/if_', 'netdb.h', 'netinet/', 'poll.h', 'pthread.h', 'pwd.h', 'sched.h', 'setjmp.h',
    'signal.h', 'spawn.h', 'syslog.h', 'termios.h', 'time.h', 'ucontext.h', 'unistd.h',
    'sys/', 'linux/', 'asm/'}
DPDK = {'rte_'}
CONTRACTS = {'encrypter/boundary.h', 'encrypter/stats.h'}

# Layer: (own headers, system headers). A name with a slash or an underscore at its end is a prefix.
LAYERS = {
    'include/encrypter': (CONTRACTS | {'util/addr.h'}, PURE | {'stdatomic.h'}),
    'src/util': ({'util/'}, LIBC),
    'src/crypto': ({'crypto/', 'util/'}, LIBC | {'sodium.h'}),
    'src/wg': ({'wg/', 'crypto/', 'util/', 'encrypter/boundary.h'}, PURE),
    'src/net': ({'net/', 'util/'}, PURE),
    'src/dp': ({'dp/', 'net/', 'util/', 'encrypter/boundary.h', 'crypto/aead.h', 'crypto/secret.h'},
               LIBC | DPDK | {'intel-ipsec-mb.h'}),
    'src/red': ({'red/', 'dp/', 'net/', 'util/'} | CONTRACTS, STANDARD | DPDK),
    'src/black': ({'black/', 'dp/', 'net/', 'util/', 'wg/cookie.h', 'wg/ratelimit.h',
                   'wg/messages.h'} | CONTRACTS, STANDARD | DPDK),
    'src/crypt': ({'crypt/', 'dp/', 'net/', 'util/', 'wg/', 'crypto/'} | CONTRACTS,
                  STANDARD | DPDK),
    'src/ctl': ({'ctl/', 'wg/', 'crypto/', 'util/', 'encrypter/', 'dp/ring.h', 'dp/bell.h'},
                LIBC | {'ini.h', 'libmnl/'}),
    'src/daemon': ({'daemon/', 'util/', 'crypto/', 'wg/', 'net/', 'dp/', 'black/', 'crypt/', 'red/',
                    'ctl/', 'encrypter/'}, LIBC),
    'src/main.c': ({'daemon/', 'util/', 'crypto/', 'wg/', 'net/', 'dp/', 'black/', 'crypt/', 'red/', 'ctl/',
                    'encrypter/', 'hooks/'}, LIBC),
    'tools/encrypterctl': ({'encrypterctl/', 'util/', 'crypto/keytext.h', 'crypto/dh.h',
                            'crypto/secret.h', 'crypto/provider.h', 'encrypter/ctl.h',
                            'encrypter/stats.h'}, LIBC),
}

DIRECTIVE = re.compile(r'^\s*#\s*include(_next)?\b\s*(?P<what>.*)$')
TARGET = re.compile(r'^(?:"(?P<own>[^"]+)"|<(?P<system>[^>]+)>)')


def allowed(name, names):
    return name in names or any(n[-1] in '/_' and name.startswith(n) for n in names)


def layer_of(path):
    for layer in LAYERS:
        if path == layer or path.startswith(layer + '/'):
            return layer
    return None


def offence(layer, what):
    """Why a layer may not have an #include of what, or None."""
    target = TARGET.match(what)
    if not target:
        return 'cannot tell what "%s" includes' % what
    own, system = LAYERS[layer]
    name = target['own'] or target['system']
    if '..' in name.split('/'):
        return '%s leaves its folder' % name
    if target['own'] is not None:
        if '/' not in name:
            return '"%s" does not name its layer' % name
        if not allowed(name, own):
            return '%s may not include "%s"' % (layer, name)
    elif not allowed(name, system):
        return '%s may not include <%s>' % (layer, name)
    return None


def sources(root):
    for top in ('src', 'include', 'tools/encrypterctl'):
        for folder, folders, files in os.walk(os.path.join(root, top)):
            folders.sort()
            for name in sorted(files):
                if name.endswith(('.c', '.h')):
                    yield os.path.relpath(os.path.join(folder, name), root)


def check(root):
    """All offences of a tree, as (path, line number, what)."""
    found = []
    for path in sources(root):
        layer = layer_of(path)
        if layer is None:
            found.append((path, 1, 'no layer has this place'))
            continue
        with open(os.path.join(root, path), encoding='utf-8') as file:
            for number, line in enumerate(file, 1):
                directive = DIRECTIVE.match(line)
                why = directive and offence(layer, directive['what'].strip())
                if why:
                    found.append((path, number, why))
    return found


PLANTED = {
    'include/encrypter/bad.h': ['"wg/noise.h"', '<rte_mbuf.h>', '<sodium.h>'],
    'src/util/bad.c': ['"crypto/aead.h"', '<sodium.h>', '"encrypter/boundary.h"'],
    'src/crypto/bad.c': ['"wg/noise.h"', '<rte_mbuf.h>', '<openssl/evp.h>', '<blake2.h>'],
    'src/wg/bad.c': ['<sodium.h>', '<blake2.h>', '<rte_ring.h>', '<sys/socket.h>', '<time.h>',
                     '"dp/ring.h"', '"encrypter/stats.h"', '"noise.h"', '<stdio.h>'],
    'src/net/bad.c': ['"crypto/secret.h"', '"dp/pool.h"', '<rte_ip.h>', '<netinet/in.h>'],
    'src/dp/bad.c': ['"wg/session.h"', '"crypto/dh.h"', '<sodium.h>', '"black/black.h"'],
    'src/red/bad.c': ['"wg/cookie.h"', '"crypto/aead.h"', '"black/black.h"', '"crypt/crypt.h"',
                      '<sys/socket.h>', '"encrypter/ctl.h"'],
    'src/black/bad.c': ['"wg/noise.h"', '"wg/jar.h"', '"wg/session.h"', '"crypto/blake2s.h"', '"red/red.h"',
                        '"crypt/crypt.h"', '"wg/cookie.h/../noise.h"'],
    'src/crypt/bad.c': ['"black/black.h"', '"ctl/config.h"', '<sodium.h>', '<sys/socket.h>'],
    'src/ctl/bad.c': ['"dp/pool.h"', '"crypt/crypt.h"', '<rte_ring.h>', '<sodium.h>'],
    'src/main.c': ['<sodium.h>', '<ini.h>', '<rte_eal.h>', '"config.h"'],
    'src/stray/bad.c': [],
    'tools/encrypterctl/bad.c': ['"crypto/aead.h"', '"ctl/config.h"', '"wg/messages.h"',
                                 '<ini.h>', '"encrypter/boundary.h"'],
    'src/util/macro.c': ['HEADER'],
}
CLEAN = {
    'src/wg/good.c': ['"wg/noise.h"', '"crypto/aead.h"', '"util/addr.h"', '<string.h>'],
    'src/black/good.c': ['"wg/cookie.h"', '"wg/messages.h"', '"dp/ring.h"', '<rte_mbuf.h>'],
    'src/crypto/good.c': ['<sodium.h>', '"util/bytes.h"'],
    'src/ctl/good.c': ['<ini.h>', '<libmnl/libmnl.h>', '"dp/bell.h"', '<sys/socket.h>'],
    'include/encrypter/good.h': ['"util/addr.h"', '<stdint.h>'],
}


def plant(root, files):
    for path, includes in files.items():
        os.makedirs(os.path.dirname(os.path.join(root, path)), exist_ok=True)
        with open(os.path.join(root, path), 'w', encoding='utf-8') as file:
            file.write('/* first line */\n')
            for number, what in enumerate(includes):
                file.write(('#include %s\n', '# include\t%s /* spaced */\n')[number % 2] % what)


def selftest():
    with tempfile.TemporaryDirectory() as root:
        plant(root, CLEAN)
        unexpected = check(root)
        plant(root, PLANTED)
        expected = {(path, 2 + i) for path, includes in PLANTED.items()
                    for i in range(len(includes))} | {('src/stray/bad.c', 1)}
        found = {(path, number) for path, number, _ in check(root)}
    for path, number in sorted(expected - found):
        print('%s:%d: planted and not found' % (path, number))
    for path, number in sorted(found - expected):
        print('%s:%d: found and not planted' % (path, number))
    for path, number, why in unexpected:
        print('%s:%d: clean, but: %s' % (path, number, why))
    print('%d offences planted, %d found' % (len(expected), len(found & expected)))
    return 0 if expected == found and not unexpected else 1


def main(arguments):
    if arguments == ['--selftest']:
        return selftest()
    if len(arguments) != 1:
        sys.exit(__doc__)
    found = check(arguments[0])
    for path, number, why in found:
        print('%s:%d: %s' % (path, number, why))
    count = sum(1 for _ in sources(arguments[0]))
    print('%d files, %d offences' % (count, len(found)))
    return 1 if found or count == 0 else 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
