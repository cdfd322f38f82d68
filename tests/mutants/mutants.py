#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Breaks src/wg on purpose, one small change at a time, and sees which unit test notices.

    tests/mutants/mutants.py [--build DIR] [--jobs N] [--only PATTERN | --names FILE]
                             [--sample N --seed S] [--programs wg,ctl,…]
    tests/mutants/mutants.py --list

Each mutant is one file compiled anew and linked before what is built already. unit/wg runs until its
first failure; a mutant that it passes goes to unit/ctl, unit/crypt and unit/black. Mutants that are no
different, or whose difference no test can see, are listed with the reason in survivors.txt.

Exit status 1 when a mutant survives that is not listed there, or fewer than 95 % are killed.
"""
import argparse
import concurrent.futures
import fnmatch
import os
import random
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import threading

from generate import mutants_of

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
SOURCES = 'src/wg'
PROGRAMS = ['wg', 'ctl', 'crypt', 'black']  # in the order in which they are tried
CPU_SECONDS = {'near': 3, 'all': 15}  # that programs may take: endless loops are killed, too
SECONDS = 600  # on a machine that is busy, or for what waits for ever
LEAST = 0.95
LONG = ('simulation:', 'day:')  # hours in a virtual clock: the last of unit/wg
NO_TEST = ('\0',)
# Suites of unit/wg that are tried first, since they are the most likely to notice: the file's own, or
NEAREST = {'actions': 'memory', 'device': 'admin', 'initiate': 'initiation',
           'receive': 'handshake', 'traffic': 'clockwork'}


def all_mutants():
    folder = os.path.join(ROOT, SOURCES)
    for name in sorted(os.listdir(folder)):
        if name.endswith(('.c', '.h')):
            path = f'{SOURCES}/{name}'
            with open(os.path.join(ROOT, path), encoding='utf-8') as f:
                yield from mutants_of(path, f.read())


def survivors():
    """{name: reason} of those that are known to survive."""
    return listed(os.path.join(HERE, 'survivors.txt'))


def listed(path):
    known = {}
    with open(path, encoding='utf-8') as f:
        for line in f:
            name, _, reason = line.strip().partition(' ')
            if name and not name.startswith('#'):
                known[name] = reason.strip()
    return known


class Build:
    """What meson has built, and how: its compiler and linker lines."""

    def __init__(self, folder, programs):
        self.folder = os.path.abspath(folder)
        self.programs = programs
        paths = [f'tests/unit/{p}/unit-{p}' for p in programs]
        subprocess.run(['ninja', '-C', self.folder, '-j', '2'] + paths, check=True,
                       stdout=subprocess.DEVNULL)
        self.links = {p: self.commands(path)[-1] for p, path in zip(programs, paths)}
        self.compiles = {}
        for line in self.commands('src/wg/libwg.a'):
            if ' -c ' in line:
                words = shlex.split(line)
                source = os.path.normpath(os.path.join(self.folder, words[-1]))
                self.compiles[os.path.relpath(source, ROOT)] = self.plain(words)

    def commands(self, target):
        done = subprocess.run(['ninja', '-C', self.folder, '-t', 'commands', target], check=True,
                              stdout=subprocess.PIPE, text=True)
        return done.stdout.strip().splitlines()

    @staticmethod
    def plain(words):
        """The compiler and its flags, without sources, objects and dependency files."""
        flags, skip = [], False
        for word in words[:-1]:
            if skip:
                skip = False
            elif word in ('-o', '-MQ', '-MF'):
                skip = True
            elif word not in ('-c', '-MD') and not word.startswith('-W'):
                flags.append(word)
        return flags + ['-w']

    def compile(self, flags, source, target):
        done = subprocess.run(flags + ['-c', source, '-o', target], cwd=self.folder,
                              stderr=subprocess.DEVNULL)
        return done.returncode == 0

    def mutant_objects(self, mutant, folder):
        """Objects of the files that the mutant changes; None when they do not compile."""
        with open(os.path.join(ROOT, mutant.path), encoding='utf-8') as f:
            text = mutant.apply(f.read())
        changed = os.path.join(folder, 'wg', os.path.basename(mutant.path))
        os.makedirs(os.path.dirname(changed))
        with open(changed, 'w', encoding='utf-8') as f:
            f.write(text)
        if mutant.path.endswith('.c'):
            jobs = [(mutant.path, changed)]
        else:  # the tests keep the constant as it ought to be
            jobs = [(path, os.path.join(ROOT, path)) for path in self.compiles]
        objects = []
        for path, source in jobs:
            flags = self.compiles[path]
            target = os.path.join(folder, os.path.basename(path) + '.o')
            if not self.compile(flags[:1] + ['-I' + folder] + flags[1:], source, target):
                return None
            objects.append(target)
        return objects

    def link(self, program, objects, folder):
        words = shlex.split(self.links[program])
        target = os.path.join(folder, 'unit-' + program)
        words[words.index('-o') + 1] = target
        first = next(i for i, w in enumerate(words) if w.endswith('.o'))
        subprocess.run(words[:first] + objects + words[first:], cwd=self.folder, check=True,
                       stderr=subprocess.DEVNULL)
        return target


def run(path, folder, suites, most):
    """(tests passed, the first that failed or None, exit status), stopped at the first failure.
    It passes, too, when so many tests have passed."""
    command = ['prlimit', f'--cpu={CPU_SECONDS["near" if suites else "all"]}', path]
    command += [suites] * bool(suites)
    program = subprocess.Popen(command, stdout=subprocess.PIPE,
                               stderr=subprocess.DEVNULL, text=True, cwd=folder,
                               start_new_session=True)
    timer = threading.Timer(SECONDS, lambda: os.killpg(program.pid, signal.SIGKILL))
    timer.start()
    passed, failed = 0, None
    for line in program.stdout:
        m = re.match(r'(not )?ok \d+ - (.*)', line)
        if m and m.group(1):
            failed = m.group(2).strip()
            break
        passed += bool(m)
        if passed == most:
            break
    if failed or passed == most:
        program.kill()
    program.stdout.close()
    status = program.wait()
    timer.cancel()
    return passed, failed, 0 if passed == most else status


def names_of_tests(build):
    """Of every program, in order: to name the test in which a mutant crashes."""
    names = {}
    for program in build.programs:
        path = os.path.join(build.folder, f'tests/unit/{program}/unit-{program}')
        done = subprocess.run([path], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        names[program] = re.findall(r'^ok \d+ - (.*)$', done.stdout, re.M)
        if done.returncode != 0:
            sys.exit(f'unit/{program} fails without any mutant')
    return names


def nearest(names, mutant):
    """A part of the names of suites of unit/wg, or nothing."""
    stem = os.path.splitext(os.path.basename(mutant.path))[0]
    part = NEAREST.get(stem, stem)
    return [part] if any(part in n.partition(':')[0] for n in names['wg']) else []


def judge(build, names, mutant, skip):
    """None: does not compile. '': survived. Else the test that killed it."""
    folder = tempfile.mkdtemp(prefix='mutant-')
    try:
        objects = build.mutant_objects(mutant, folder)
        if objects is None:
            return None
        for program in build.programs:
            path = build.link(program, objects, folder)
            most = next((i for i, n in enumerate(names[program]) if n.startswith(skip)), -1)
            for suites in nearest(names, mutant) + [''] if program == 'wg' else ['']:
                passed, failed, status = run(path, folder, suites, most)
                if failed:
                    return f'unit/{program}: {failed}'
                if status != 0:
                    tried = [n for n in names[program] if suites in n.partition(':')[0]]
                    at = tried[passed] if passed < len(tried) else 'the end'
                    return f'unit/{program}: {at} (it ended there, status {status})'
        return ''
    finally:
        shutil.rmtree(folder)


def options():
    p = argparse.ArgumentParser(description=__doc__,
                                formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('--build', default=os.path.join(ROOT, 'build'))
    p.add_argument('--list', action='store_true', help='name the mutants, and make none')
    p.add_argument('--only', help='those whose names match, as in receive.c:* or *:limit:*')
    p.add_argument('--names', help='those that the file names, as the first word of a line')
    p.add_argument('--programs', default=','.join(PROGRAMS), help='unit tests to be tried')
    p.add_argument('--quick', action='store_true', help='without the simulations of hours')
    p.add_argument('--sample', type=int, help='so many, at random')
    p.add_argument('--seed', type=int, default=1)
    p.add_argument('--jobs', type=int, default=2)
    p.add_argument('--quiet', action='store_true', help='do not name those that are killed')
    return p.parse_args()


def chosen(o):
    mutants = list(all_mutants())
    for name in sorted(set(survivors()) - {m.name for m in mutants}):
        print(f'survivors.txt has {name}, which there is not any more')
    if o.only:
        mutants = [m for m in mutants if fnmatch.fnmatch(m.name, o.only)]
    if o.names:
        wanted = listed(o.names)
        mutants = [m for m in mutants if m.name in wanted]
    if o.sample and o.sample < len(mutants):
        mutants = random.Random(o.seed).sample(mutants, o.sample)
    return mutants


def report(mutant, killer, quiet):
    if killer is None:
        print(f'void      {mutant}')
    elif killer == '':
        print(f'SURVIVED  {mutant}')
    elif not quiet:
        print(f'killed    {mutant}\n          by {killer}')
    sys.stdout.flush()


def main():
    o = options()
    mutants = chosen(o)
    if o.list:
        print('\n'.join(map(str, mutants)))
        return 0
    build = Build(o.build, o.programs.split(','))
    names, known = names_of_tests(build), survivors()
    killed, survived = 0, []
    with concurrent.futures.ThreadPoolExecutor(o.jobs) as pool:
        jobs = {pool.submit(judge, build, names, m, LONG if o.quick else NO_TEST): m for m in mutants}
        for job in concurrent.futures.as_completed(jobs):
            mutant, killer = jobs[job], job.result()
            report(mutant, killer, o.quiet)
            killed += bool(killer)
            if killer == '':
                survived.append(mutant.name)
            elif killer and mutant.name in known:
                print(f'          (survivors.txt still has it: {known[mutant.name]})')
    total = killed + len(survived)
    surprises = [n for n in survived if n not in known]
    print(f'{total} mutants, {killed} killed ({100 * killed / max(total, 1):.1f} %), '
          f'{len(survived)} survived, {len(surprises)} of them not in survivors.txt')
    few = not (o.sample or o.only or o.names) and killed < LEAST * total
    return 1 if surprises or few else 0


if __name__ == '__main__':
    sys.exit(main())
