# SPDX-License-Identifier: BSD-3-Clause
"""Which lines of src/ the inputs in tests/fuzz/corpus reach, by clang's own counting."""
import json
import os
import subprocess

OPTIONS = ['--buildtype=debug', '-Db_lundef=false',
           '-Dc_args=-fprofile-instr-generate -fcoverage-mapping', '-Dc_link_args=-fprofile-instr-generate']


def tool(*words):
    return subprocess.run(words, check=True, capture_output=True, text=True).stdout


def program(folder, target):
    return os.path.join(folder, 'tests/fuzz/fuzz-' + target)


def replay(folder, corpus, target):
    """The corpus, without mutations. Returns the profile."""
    raw, profile = (os.path.join(folder, target + end) for end in ('.raw', '.profile'))
    subprocess.run([program(folder, target), os.path.join(corpus, target)], check=True,
                   stdout=subprocess.DEVNULL, env={**os.environ, 'LLVM_PROFILE_FILE': raw})
    tool('llvm-profdata', 'merge', '-o', profile, raw)
    return profile


def lines_of(folder, profile, targets):
    """{file: (lines reached, lines)} for what lies in src/."""
    objects = [word for target in targets[1:] for word in ('-object', program(folder, target))]
    out = tool('llvm-cov', 'export', '-summary-only', '-instr-profile=' + profile,
               program(folder, targets[0]), *objects)
    return {f['filename'].split('/src/')[1]: (f['summary']['lines']['covered'],
                                              f['summary']['lines']['count'])
            for data in json.loads(out)['data'] for f in data['files'] if '/src/' in f['filename']}


def print_lines(rows):
    for name, (covered, count) in sorted(rows.items()):
        if covered:
            print('  %5.1f %%  %4d of %4d lines  %s' % (100 * covered / count, covered, count, name))


def print_missed(folder, profile, targets, name):
    objects = [word for target in targets[1:] for word in ('-object', program(folder, target))]
    out = tool('llvm-cov', 'show', '-instr-profile=' + profile, program(folder, targets[0]), *objects)
    inside = False
    for line in out.split('\n'):
        if line.endswith(':') and line.startswith('/'):
            inside = line.endswith('/src/%s:' % name)
        elif inside and line.split('|')[1:2] and line.split('|')[1].strip() == '0':
            print(line)


def show(folder, corpus, targets, missed):
    profiles = [replay(folder, corpus, target) for target in targets]
    together = os.path.join(folder, 'all.profile')
    tool('llvm-profdata', 'merge', '-o', together, *profiles)
    if missed:
        print_missed(folder, together, targets, missed)
        return 0
    for target, profile in zip(targets, profiles):
        print(target)
        print_lines(lines_of(folder, profile, [target]))
    rows = lines_of(folder, together, targets)
    print('together')
    print_lines(rows)
    layers = {}
    for name, (covered, count) in rows.items():
        if covered:
            layer = layers.setdefault(name.split('/')[0], [0, 0])
            layer[0] += covered
            layer[1] += count
    print('layers, their files that are reached at all')
    print_lines({name: tuple(layer) for name, layer in layers.items()})
    return 0
