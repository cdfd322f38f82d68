#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The judging half of tools/compare.

_compare.py passes FOLDER MBIT PERCENT    did the UDP run lose less than that? exit status 0 yes, 1 no,
                                          2 the load generator did not reach the rate,
                                          but the one that is printed
_compare.py report FOLDER ROUNDS SECONDS LOAD JSON PEER…    the tables, the verdicts, and the JSON file
"""
import json
import os
import platform
import statistics
import sys

import _figures as figures

OURS = 'encrypterd'
REACHED_PART = 0.95  # of the wanted rate: below that the load generator did not keep up

# (key, what, unit, digits)
ROWS = [
    ('tcp1_mbit_s', 'TCP, one stream', 'Mbit/s', 0),
    ('tcp4_mbit_s', 'TCP, four streams', 'Mbit/s', 0),
    ('udp_mbit_s', 'UDP, under 0.1 % lost', 'Mbit/s', 0),
    ('ping_idle_p50_ms', 'ping, idle, p50', 'ms', 3),
    ('ping_idle_p99_ms', 'ping, idle, p99', 'ms', 3),
    ('ping_udp_p50_ms', 'ping beside UDP, p50', 'ms', 3),
    ('ping_udp_p99_ms', 'ping beside UDP, p99', 'ms', 3),
    ('ping_paced_p50_ms', 'ping beside paced TCP, p50', 'ms', 3),
    ('ping_paced_p99_ms', 'ping beside paced TCP, p99', 'ms', 3),
    ('ping_tcp_p50_ms', 'ping beside full TCP, p50', 'ms', 3),
    ('ping_tcp_p99_ms', 'ping beside full TCP, p99', 'ms', 3),
    ('cpu_daemons_s_gb', 'CPU, the daemons', 's/GB', 2),
    ('cpu_lab_s_gb', 'CPU, all of the lab', 's/GB', 2),
    ('cpu_machine_s_gb', 'CPU, all of the machine', 's/GB', 2),
]
# (key, peer, at least or at most, ratio of ours to the peer's)
MARKS = [(key, 'wireguard-go', 'least', 4) for key in ('tcp1_mbit_s', 'tcp4_mbit_s')] + \
    [(key, 'testpmd', 'least', 0.9) for key in ('tcp1_mbit_s', 'tcp4_mbit_s')] + \
    [(key, 'forward', 'least', 0.65) for key in ('tcp1_mbit_s', 'tcp4_mbit_s')] + \
    [('cpu_daemons_s_gb', 'wireguard-go', 'most', 1 / 3)] + \
    [(key, 'wireguard-go', 'most', 1) for key, *_ in ROWS if key.startswith('ping_')]


def passes(folder, mbit, percent):
    run = figures.udp(folder, 'udp')
    print(int(run['mbit_s']))
    if run['loss_percent'] >= float(percent):
        return 1
    return 0 if run['mbit_s'] >= REACHED_PART * float(mbit) else 2


def cpu_per_gb(folder):
    """Of the TCP run with one stream. The load generator says itself what it used."""
    passed, end = figures.clocks(folder, 'tcp1'), figures.run(folder, 'tcp1')
    gigabytes = end['sum_received']['bytes'] / 1e9
    percent = end['cpu_utilization_percent']
    generator = end['sum_sent']['seconds'] * (percent['host_total'] + percent['remote_total']) / 100
    daemons = passed['siteA'] + passed['siteB']
    return {'cpu_daemons_s_gb': daemons / gigabytes,
            'cpu_lab_s_gb': (daemons + generator + passed['ksoftirqd']) / gigabytes,
            'cpu_machine_s_gb': passed['machine'] / gigabytes}


def case(folder):
    """The figures of one peer in one round, or None when it could not be measured."""
    if not os.path.exists(os.path.join(folder, 'complete')):
        return None
    found = {}
    for key in ('tcp1', 'tcp4'):
        run = figures.tcp(folder, key)
        found.update({key + '_mbit_s': run['mbit_s'], key + '_retransmits': run['retransmits']})
    rate, limit = figures.read(folder, 'udp.rate').split()
    found.update({'udp_mbit_s': int(rate), 'udp_limit': limit})
    for key in ('ping_idle', 'ping_udp', 'ping_paced', 'ping_tcp'):
        for name, value in figures.ping(folder, key).items():
            found['%s_%s' % (key, name)] = value
    found.update({key: round(value, 3) for key, value in cpu_per_gb(folder).items()})
    return found


def median_of(rounds):
    return {key: statistics.median(values) for key, *_ in ROWS
            if (values := [r[key] for r in rounds if r and r[key] is not None])}


def ratios(ours, theirs, key):
    """Round by round: what disturbed a round disturbed both."""
    return [a[key] / b[key] for a, b in zip(ours, theirs)
            if a and b and a[key] is not None and b[key]]


def cell(rounds, key, digits):
    values = [r[key] for r in rounds if r and r[key] is not None]
    if not values:
        return '-'
    text = ['%.*f' % (digits, v) for v in (statistics.median(values), min(values), max(values))]
    at_least = '>' if key == 'udp_mbit_s' and any(r['udp_limit'] == 'generator'
                                                   for r in rounds if r) else ''
    return at_least + (text[0] if len(values) == 1 else '%s (%s-%s)' % tuple(text))


def print_table(table, peers, settings):
    cases = table['peers']
    print('\nThe PCs\' offloads %s. Rounds: %d, runs of %d s, UDP and paced TCP beside pings %d Mbit/s. '
          'Median (least-most):\n' % ('on' if table['offloads'] else 'off', settings['rounds'],
                                      settings['seconds'], settings['load_mbit']))
    print(('%-32s' % '' + ''.join('%-24s' % peer for peer in peers)).rstrip())
    for key, what, unit, digits in ROWS:
        print(('%-32s' % ('%s, %s' % (what, unit)) + ''.join(
            '%-24s' % cell(cases[peer]['rounds'], key, digits) for peer in peers)).rstrip())
    if OURS not in peers or len(peers) == 1:
        return
    print('\nencrypterd\'s figure by the other\'s, round by round, median (least-most):\n')
    print(('%-32s' % '' + ''.join('%-24s' % peer for peer in peers if peer != OURS)).rstrip())
    for key, what, _, _ in ROWS:
        row = '%-32s' % what
        for peer in peers:
            found = ratios(cases[OURS]['rounds'], cases[peer]['rounds'], key)
            if peer != OURS:
                row += '%-24s' % (('%.2f (%.2f-%.2f)' % (statistics.median(found), min(found),
                                                         max(found))) if found else '-')
        print(row.rstrip())


def judge(table):
    """A verdict for each mark whose two peers were measured."""
    found, cases = [], table['peers']
    names = {key: what for key, what, *_ in ROWS}
    for key, peer, way, limit in MARKS:
        values = ratios(cases[OURS]['rounds'], cases[peer]['rounds'], key) \
            if OURS in cases and peer in cases else []
        if not values:
            continue

        def holds(value, way=way, limit=limit):
            return value >= limit if way == 'least' else value < limit or limit < 1 and value == limit
        ratio = statistics.median(values)
        found.append({'key': key, 'what': names[key], 'peer': peer, 'way': way,
                      'limit': round(limit, 3), 'ratio': round(ratio, 3),
                      'min': round(min(values), 3), 'max': round(max(values), 3),
                      'reached': holds(ratio),
                      'in_every_round': len({holds(v) for v in values}) == 1})
    return found


def print_marks(marks):
    if marks:
        print('\nMarks:\n')
    for m in marks:
        verdict = 'reached' if m['reached'] else 'not reached'
        if not m['in_every_round']:
            verdict += ', but the rounds disagree'
        print('%-28s %4.2f times %s\'s (%.2f-%.2f), wanted at %s %.2f: %s' % (
            m['what'] + ':', m['ratio'], m['peer'], m['min'], m['max'], m['way'], m['limit'],
            verdict))


def cpu_name():
    with open('/proc/cpuinfo', encoding='utf-8') as file:
        return next((line.split(':', 1)[1].strip() for line in file
                     if line.startswith('model name')), platform.machine())


def read_table(folder, offloads, rounds, peers):
    table = {'offloads': offloads == 'yes', 'peers': {}}
    for peer in peers:
        found = [case(os.path.join(folder, 'offloads-' + offloads, str(number), peer))
                 for number in range(1, rounds + 1)]
        table['peers'][peer] = {'rounds': found, 'median': median_of(found)}
    return table


def report(folder, rounds, seconds, load_mbit, json_path, *peers):
    out = {'machine': {'cpu': cpu_name(), 'cores': os.cpu_count(), 'kernel': platform.release()},
           'settings': {'rounds': int(rounds), 'seconds': int(seconds), 'load_mbit': int(load_mbit)},
           'versions': {peer: figures.read(folder, peer + '.version').strip() for peer in peers}}
    out['tables'] = [read_table(folder, offloads, int(rounds), peers) for offloads in ('no', 'yes')
                     if os.path.isdir(os.path.join(folder, 'offloads-' + offloads))]
    out['marks'] = judge(out['tables'][0])
    print('%(cpu)s, %(cores)d cores, Linux %(kernel)s' % out['machine'])
    for version in sorted(set(out['versions'].values())):
        print(version)
    for table in out['tables']:
        print_table(table, peers, out['settings'])
    print_marks(out['marks'])
    if json_path:
        with open(json_path, 'w', encoding='utf-8') as file:
            json.dump(out, file, indent=2)
            file.write('\n')
    return 0


if __name__ == '__main__':
    sys.exit({'passes': passes, 'report': report}[sys.argv[1]](*sys.argv[2:]))
