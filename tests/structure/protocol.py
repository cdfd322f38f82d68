#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""docs/protocol.md tells the truth: every row is there, and the files, functions and tests that it
names exist. protocol.py ROOT prints each row that does not hold; exit status 1 when there is one."""
import os
import re
import sys


def scenarios(root):
    """Rows N: each case that is named is in the test that is named before it."""
    bad, rows = [], 0
    for line in open(os.path.join(root, 'docs/protocol.md'), encoding='utf-8'):
        m = re.match(r'\| (N\d+) \|', line)
        if not m:
            continue
        rows += 1
        text = ''
        for name in re.findall(r'`([^`]+)`', line.split('|')[3]):
            path, _, case = name.partition(': ') if re.match(r'\w+/', name) else ('', '', name)
            if path and not os.path.exists(os.path.join(root, 'tests', path)):
                bad.append(f'{m.group(1)}: no file {path}')
                continue
            text = open(os.path.join(root, 'tests', path)).read() if path else text
            if case not in text:
                bad.append(f'{m.group(1)}: no case "{case}"')
    return bad if rows else ['no scenarios']


def check(root):
    bad, rows = [], set()
    for line in open(os.path.join(root, 'docs/protocol.md'), encoding='utf-8'):
        m = re.match(r'\| ([AC]\d+) \|', line)
        if not m:
            continue
        row = m.group(1)
        rows.add(row)
        _, _, where, tests = [c.strip() for c in line.split('|')[1:-1]]
        current = None
        for text in re.findall(r'`([^`]+)`', where):
            name, _, function = text.partition(': ')
            if '/' in name:
                current = os.path.join(root, 'tests' if name.startswith('unit/') else 'src', name)
            else:
                function = name
            if not os.path.exists(current):
                bad.append(f'{row}: no file {name}')
            elif function and not re.search(rf'\b{function}\(', open(current).read()):
                bad.append(f'{row}: no function {function} in {current}')
        for test in re.findall(r'`([^`]+)`', tests):
            path = os.path.join(root, 'tests', test)
            if not os.path.exists(path):
                bad.append(f'{row}: no file {test}')
            elif path.endswith('.c') and not re.search(rf'\b{row}\b', open(path).read()):
                bad.append(f'{row}: {test} does not name it')
        if not tests and 'not yet' not in where:
            bad.append(f'{row}: no test, and not said so')
    bad += scenarios(root)
    expected = {f'A{i}' for i in range(1, 56)} | {f'C{i}' for i in range(1, 36)}
    return bad + [f'{row}: no row' for row in sorted(expected - rows)]


if __name__ == '__main__':
    found = check(sys.argv[1])
    print('\n'.join(found))
    sys.exit(bool(found))
