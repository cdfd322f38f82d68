#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The measurable part of the house style: licence lines, lengths, nothing left to do.

style.py ROOT        prints each offence as FILE:LINE: what; exit status 1 when there is one
style.py --selftest  plants offences in a tree of its own and must find each
"""
import os
import re
import sys
import tempfile

FILE_LINES = 500
FUNCTION_LINES = 80
LICENCE = 'SPDX-License-Identifier: BSD-3-Clause'
UNDONE = re.compile(r'\b(TO' r'DO|FIX' r'ME|XX' r'X)\b')  # in two pieces: this file is read too
SKIPPED_FOLDERS = {'.git', '__pycache__', 'subprojects', 'corpus'}


def is_build_folder(path):
    return os.path.exists(os.path.join(path, 'meson-private'))


def files(root):
    """Paths of the tree that were written by hand, relative to it."""
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(f for f in folders if f not in SKIPPED_FOLDERS
                            and not is_build_folder(os.path.join(folder, f)))
        for name in sorted(names):
            yield os.path.relpath(os.path.join(folder, name), root)


def is_source(path, lines):
    name = os.path.basename(path)
    return name.endswith(('.c', '.h', '.py', '.sh')) or \
        name in ('meson.build', 'meson_options.txt') or lines[0].startswith('#!')


def licence_offence(path, lines):
    """The licence is the first line; in scripts, which have one for a program, the second will do."""
    script = not path.endswith(('.c', '.h'))
    expected = '# ' + LICENCE if script else '/* %s */' % LICENCE
    if expected in lines[:2 if script else 1]:
        return []
    return [(2 if lines[0].startswith('#!') else 1, 'no "%s"' % expected)]


def function_offences(lines):
    """Functions are what begins and ends with a brace in the first column."""
    found, start = [], None
    for number, line in enumerate(lines, 1):
        if line == '{':
            start = number - 1  # the signature's last line counts, its others do not
        elif line.startswith('}') and start is not None:
            length = number - start + 1
            if length > FUNCTION_LINES:
                found.append((start, 'a function of %d lines (at most %d)'
                              % (length, FUNCTION_LINES)))
            start = None
    return found


def file_offences(path, lines):
    found = licence_offence(path, lines)
    found += [(number, 'something is left to do') for number, line in enumerate(lines, 1)
              if UNDONE.search(line)]
    found += [(number, 'blanks at the end') for number, line in enumerate(lines, 1)
              if line != line.rstrip()]
    if path.endswith(('.c', '.h')):
        found += function_offences(lines)
        if len(lines) > FILE_LINES and path.startswith(('src/', 'include/', 'tools/')):
            found.append((len(lines), '%d lines (at most %d)' % (len(lines), FILE_LINES)))
    return sorted(found)


def check(root):
    """(number of sources, all offences as (path, line number, what))."""
    count, found = 0, []
    for path in files(root):
        try:
            with open(os.path.join(root, path), encoding='utf-8') as file:
                lines = file.read().split('\n')
        except UnicodeDecodeError:
            continue
        if lines[-1] == '':
            lines.pop()
        if not lines or not is_source(path, lines):
            continue
        count += 1
        found += [(path, number, what) for number, what in file_offences(path, lines)]
    return count, found


def body(lines):
    return 'int f(void)\n{\n' + '\tg();\n' * (lines - 3) + '}\n'


C = '/* %s */\n' % LICENCE
PLANTED = {  # content, lines that offend
    'src/no_licence.c': ('int x;\n', [1]),
    'src/second_line.h': ('\n' + C, [1]),
    'src/other_licence.c': ('/* SPDX-License-Identifier: MIT */\n', [1]),
    'tools/no_licence': ('#!/bin/sh\necho\n', [2]),
    'tests/meson.build': ('project()\n', [1]),
    'tests/x.py': ('# nothing\n', [1]),
    'src/undone.c': (C + '/* TO' 'DO */\nint a; /* FIX' 'ME: b */\n/* XX' 'X */\n', [2, 3, 4]),
    'src/long.c': (C + '\n' * 500, [501]),
    'tools/x/long.c': (C + '\n' * 500, [501]),
    'src/function.c': (C + body(81), [2]),
    'tests/two.c': (C + body(80) + body(82), [82]),
    'src/blanks.c': (C + 'int a; \n', [2]),
}
CLEAN = {
    'src/good.c': (C + body(80) + 'struct s {\n' + '\tint a;\n' * 90 + '};\n', []),
    'tests/long.c': (C + '\n' * 600, []),
    'tools/good': ('#!/bin/sh\n# ' + LICENCE + '\nmktemp /tmp/a.XXXXXX\n', []),
    'build/meson-private/x': ('', []),
    'build/generated.c': ('int x;\n', []),
    'tools/_sourced.sh': ('# shellcheck shell=bash\n# ' + LICENCE + '\n', []),
    'README.md': ('no licence line\n', []),
}


def selftest():
    with tempfile.TemporaryDirectory() as root:
        for path, (content, _) in {**PLANTED, **CLEAN}.items():
            os.makedirs(os.path.dirname(os.path.join(root, path)), exist_ok=True)
            with open(os.path.join(root, path), 'w', encoding='utf-8') as file:
                file.write(content)
        expected = {(path, number) for path, (_, numbers) in PLANTED.items()
                    for number in numbers}
        found = {(path, number) for path, number, _ in check(root)[1]}
    for path, number in sorted(expected - found):
        print('%s:%d: planted and not found' % (path, number))
    for path, number in sorted(found - expected):
        print('%s:%d: found and not planted' % (path, number))
    print('%d offences planted, %d found' % (len(expected), len(found & expected)))
    return 0 if expected == found else 1


def main(arguments):
    if arguments == ['--selftest']:
        return selftest()
    if len(arguments) != 1:
        sys.exit(__doc__)
    count, found = check(arguments[0])
    for path, number, what in found:
        print('%s:%d: %s' % (path, number, what))
    print('%d sources, %d offences' % (count, len(found)))
    return 1 if found or count == 0 else 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
