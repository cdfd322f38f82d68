# SPDX-License-Identifier: BSD-3-Clause
"""What was fuzzed so far: a line of JSON for each slice of a run, and what the lines add up to."""
import hashlib
import json
import os
import subprocess
import threading

SOURCES = ['include', 'src', 'tests/fuzz/*.c', 'tests/fuzz/*.h', 'tests/unit']
adding = threading.Lock()


def path(build):
    return os.path.join(build, 'ledger')


def git(top, *words):
    return subprocess.run(['git', '-C', top, *words], capture_output=True, text=True, check=True).stdout


def note_sources(top, build):
    """Which sources the targets in `build` are made of: the commit, and a digest of the files."""
    digest = hashlib.sha256()
    for name in sorted(git(top, 'ls-files', '--', *SOURCES).split('\n')):
        if name and os.path.isfile(os.path.join(top, name)):
            with open(os.path.join(top, name), 'rb') as file:
                digest.update(name.encode() + b'\0' + hashlib.sha256(file.read()).digest())
    changed = git(top, 'status', '--porcelain', '--', *SOURCES)
    noted = {'commit': git(top, 'describe', '--always').strip() + ('-changed' if changed else ''),
             'sources': digest.hexdigest()[:12]}
    with open(os.path.join(build, 'sources'), 'w', encoding='ascii') as file:
        json.dump(noted, file)


def sources(build):
    with open(os.path.join(build, 'sources'), encoding='ascii') as file:
        return json.load(file)


def add(build, entry):
    with adding, open(path(build), 'a', encoding='ascii') as file:
        file.write(json.dumps(entry) + '\n')


def entries(build, target):
    if not os.path.exists(path(build)):
        return []
    with open(path(build), encoding='ascii') as file:
        return [entry for entry in map(json.loads, file) if entry['target'] == target]


def cpu_seconds(build, target):
    return sum(entry['cpu_s'] for entry in entries(build, target))


def next_seed(build, target):
    return 1 + max((entry['seed'] for entry in entries(build, target)), default=0)


def ranges(numbers):
    """[1, 2, 3, 7] is 1-3,7."""
    found = []
    for number in sorted(set(numbers)):
        if found and found[-1][1] == number - 1:
            found[-1][1] = number
        else:
            found.append([number, number])
    return ','.join(str(a) if a == b else '%d-%d' % (a, b) for a, b in found)


def table(build, targets):
    rows = []
    for target in targets:
        all_of_it = entries(build, target)
        if not all_of_it:
            continue
        executions = sum(e['executions'] for e in all_of_it)
        seconds = sum(e['cpu_s'] for e in all_of_it)
        commits = {}
        for e in all_of_it:
            commits[e['commit']] = round(commits.get(e['commit'], 0) + e['cpu_s'], 1)
        rows.append({
            'target': target, 'cpu_s': round(seconds, 1), 'executions': executions,
            'executions_per_cpu_s': round(executions / seconds) if seconds else 0,
            'edges': all_of_it[-1]['edges'], 'features': all_of_it[-1]['features'],
            'inputs': all_of_it[-1]['inputs'], 'seeds': ranges(e['seed'] for e in all_of_it),
            'found': [name for e in all_of_it for name in e['found']], 'cpu_s_by_commit': commits,
        })
    return rows


def as_json(rows):
    return json.dumps(rows, indent=2)


def as_text(rows):
    lines = ['%-11s %7s %12s %8s %6s %8s %6s  %-9s %s' % (
        'target', 'CPU s', 'executions', '/ CPU s', 'edges', 'features', 'inputs', 'seeds', 'found')]
    for row in rows:
        lines.append('%-11s %7.0f %12d %8d %6d %8d %6d  %-9s %s' % (
            row['target'], row['cpu_s'], row['executions'], row['executions_per_cpu_s'], row['edges'],
            row['features'], row['inputs'], row['seeds'], ' '.join(row['found']) or 'nothing'))
    return '\n'.join(lines)
