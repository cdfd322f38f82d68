# SPDX-License-Identifier: BSD-3-Clause
"""A run of the fuzzers in slices: each is a process with a seed of its own, and what it used of the CPU
is what the kernel says when it ends. So a run can be broken off, paused and taken up again."""
import datetime
import os
import queue
import re
import signal
import subprocess
import sys
import threading
import time

import ledger

LIMITS = ['-timeout=60', '-report_slow_units=60', '-rss_limit_mb=2048', '-max_len=4096', '-reload=0']
SANITIZERS = {'ASAN_OPTIONS': 'detect_leaks=1',
              'UBSAN_OPTIONS': 'halt_on_error=1:print_stacktrace=1'}
ORPHAN_SECONDS = 1800  # a fuzzer whose run was killed ends by itself
TICK = 0.2
found_something = False
ending = threading.Event()


class Slice:
    """One process. It ends by itself, or when it is to pause or to stop."""

    def __init__(self, build, corpus, target, seed, seconds):
        self.build, self.target, self.seed, self.seconds = build, target, seed, seconds
        self.begun = datetime.datetime.now(datetime.timezone.utc)
        self.folder = os.path.join('found', target)
        for folder in (self.folder, os.path.join('corpus', target)):
            os.makedirs(os.path.join(build, folder), exist_ok=True)
        self.known = self.found()
        self.log = os.path.join(build, target + '.log')
        with open(self.log, 'wb') as log:
            self.process = subprocess.Popen(
                ['tests/fuzz/fuzz-' + target, '-seed=%d' % seed, '-max_total_time=%d' % ORPHAN_SECONDS,
                 '-print_final_stats=1', '-artifact_prefix=%s/' % self.folder, *LIMITS,
                 'corpus/' + target, os.path.join(corpus, target)],
                cwd=build, stdout=log, stderr=log, env={**os.environ, **SANITIZERS})

    def found(self):
        return set(os.listdir(os.path.join(self.build, self.folder)))

    def cpu_seconds(self):
        """So far."""
        with open('/proc/%d/stat' % self.process.pid, encoding='ascii') as file:
            fields = file.read().rpartition(')')[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf('SC_CLK_TCK')

    def wait(self, is_paused):
        """The entry for the ledger."""
        while True:
            pid, status, usage = os.wait4(self.process.pid, os.WNOHANG)
            if pid:
                break
            if self.cpu_seconds() >= self.seconds or is_paused() or ending.is_set():
                self.process.send_signal(signal.SIGUSR1)  # libFuzzer's word for a proper end
            time.sleep(TICK)
        self.process.returncode = os.waitstatus_to_exitcode(status)
        return self.entry(usage.ru_utime + usage.ru_stime)

    def entry(self, cpu):
        with open(self.log, encoding='utf-8', errors='replace') as file:
            text = file.read()
        covered = re.findall(r'^#\d+.* cov: (\d+) ft: (\d+) corp: (\d+)/', text, re.M)
        executed = re.search(r'number_of_executed_units: *(\d+)', text)
        found = sorted(self.found() - self.known)
        if self.process.returncode != 0 and not found:
            found = ['ended with %d' % self.process.returncode]
        edges, features, inputs = map(int, covered[-1]) if covered else (0, 0, 0)
        return {'target': self.target, **ledger.sources(self.build), 'seed': self.seed,
                'begun': self.begun.strftime('%Y-%m-%dT%H:%M:%SZ'), 'cpu_s': round(cpu, 2),
                'executions': int(executed.group(1)) if executed else 0,
                'edges': edges, 'features': features, 'inputs': inputs, 'found': found}


def report(build, entry):
    with open(os.path.join(build, entry['target'] + '.log'), encoding='utf-8', errors='replace') as log:
        for line in log:
            if re.search('does not hold|ERROR:|SUMMARY:', line):
                print(line.rstrip())
    print('%s: found %s with seed %d' % (entry['target'], ' '.join(entry['found']), entry['seed']))


def fuzz(options, build, corpus, target):
    """Slices of one target until it has had its time, or something is found."""
    global found_something
    done = ledger.cpu_seconds(build, target)
    until = options.cpu_seconds if options.cpu_seconds is not None else done + options.seconds
    seed = options.seed or ledger.next_seed(build, target)

    def is_paused():
        return options.pause and os.path.exists(options.pause)

    while done < until and not ending.is_set():
        if is_paused():
            time.sleep(1)
            continue
        part = Slice(build, corpus, target, seed, min(options.slice, until - done))
        entry = part.wait(is_paused)
        ledger.add(build, entry)
        done += entry['cpu_s']
        seed += 1
        print('%-11s %6.0f of %d CPU s  seed %d: %d executions, %d edges, %d features, %d inputs' % (
            target, done, until, entry['seed'], entry['executions'], entry['edges'], entry['features'],
            entry['inputs']), flush=True)
        if entry['found']:
            found_something = True
            report(build, entry)
            return


def work(options, build, corpus, waiting):
    try:
        while not ending.is_set():
            fuzz(options, build, corpus, waiting.get_nowait())
    except queue.Empty:
        pass


def run(options, build, corpus):
    """Every target, `options.jobs` at a time."""
    waiting = queue.Queue()
    for target in options.targets:
        waiting.put(target)
    signal.signal(signal.SIGTERM, lambda *_: ending.set())
    signal.signal(signal.SIGINT, lambda *_: ending.set())
    workers = [threading.Thread(target=work, args=(options, build, corpus, waiting))
               for _ in range(options.jobs)]
    for worker in workers:
        worker.start()
    while any(worker.is_alive() for worker in workers):
        if options.stop and os.path.exists(options.stop):
            ending.set()
        time.sleep(TICK)
    if ending.is_set():
        print('broken off', file=sys.stderr)
