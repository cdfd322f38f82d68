# SPDX-License-Identifier: BSD-3-Clause
"""What the files of _load.sh say, for the programs that print it."""
import json
import os
import re

TICKS_A_SECOND = os.sysconf('SC_CLK_TCK')


def read(folder, name):
    with open(os.path.join(folder, name), encoding='utf-8') as file:
        return file.read()


def clocks(folder, key):
    """What passed during a run, in seconds: 'elapsed', and the CPU time of each clock."""
    before, after = ({name: int(value) for name, value in
                      (line.split() for line in read(folder, key + end).splitlines())}
                     for end in ('.before', '.after'))
    passed = {name: after[name] - before[name] for name in after}
    elapsed = passed.pop('now_us') / 1e6
    return {'elapsed': elapsed,
            **{name: ticks / TICKS_A_SECOND for name, ticks in passed.items()}}


def run(folder, key):
    """The end of an iperf3 run, as it prints it."""
    return json.loads(read(folder, key + '.json'))['end']


def tcp(folder, key):
    end = run(folder, key)
    return {'mbit_s': round(end['sum_received']['bits_per_second'] / 1e6, 1),
            'retransmits': end['sum_sent']['retransmits']}


def udp(folder, key):
    """Loss on the way: what only the receiver's socket had no room for is told apart."""
    total = run(folder, key)['sum']
    overflows = int(read(folder, key + '.overflows'))
    lost = max(0, total['lost_packets'] - overflows)
    return {'mbit_s': round(total['bits_per_second'] / 1e6, 1), 'sent': total['packets'],
            'overflows': overflows, 'lost': lost,
            'loss_percent': round(100.0 * lost / max(1, total['packets']), 4)}


def ping(folder, key):
    text = read(folder, key + '.txt')
    times = sorted(float(t) for t in re.findall(r'time=([0-9.]+) ms', text))
    sent = int(re.search(r'(\d+) packets transmitted', text).group(1))

    def percentile(part):
        return times[min(len(times) - 1, int(len(times) * part))] if times else None
    return {'sent': sent, 'lost': sent - len(times), 'p50_ms': percentile(0.50),
            'p99_ms': percentile(0.99), 'max_ms': times[-1] if times else None}
