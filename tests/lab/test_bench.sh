#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# What a packet costs the crypt domain with 1, 250 and 10,000 peers (encrypter-bench). The figures are
# reported; since a shared machine disturbs them, only what would be another order is a failure.
#
. "$(dirname "$0")/_init.sh"
bench=$BUILD/encrypter-bench
[ -x "$bench" ] || skip_all "encrypter-bench is not built"
[ "$(id -u)" = 0 ] || skip_all "DPDK wants root here"

run() { timeout 200 "$bench" --rounds 41 --json >"$scratch/bench"; }
holds() { # EXPRESSION, of every case
	python3 -c '
import json, sys
for case in json.load(open(sys.argv[1])):
    print(case)
    if not eval(sys.argv[2], {}, case):
        sys.exit(1)' "$scratch/bench" "$1"
}
check "encrypter-bench runs" run
check "10,000 peers: a packet costs less than 1.5 times what it costs with one peer" \
	holds 'seal_to_first < 1.5 and open_to_first < 1.5'
python3 -c '
import json, sys
for c in json.load(open(sys.argv[1])):
    print("# {size} bytes, {peers} peers: seal {seal_ticks:.0f} ticks ({seal_to_first:.2f}), "
          "open {open_ticks:.0f} ({open_to_first:.2f}); engine alone {engine_seal_ticks:.0f} and "
          "{engine_open_ticks:.0f}".format(**c))' "$scratch/bench"
done_testing
