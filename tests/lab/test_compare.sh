#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# tools/compare works, and its JSON is complete. What it measures in a second says nothing.
#
#   pcA ───── siteA ═════ inet ═════ siteB ───── pcB
#             two encrypterd, then two kernels that forward
#
. "$(dirname "$0")/_init.sh"
need_encrypterd
lab=c$$
labs+=("$lab")

command=("$top/tools/compare" --name "$lab" --build "$BUILD" --quick --json "$scratch/json")
compare() { "${command[@]}" "$@"; }
complete() {
	python3 -c '
import json, sys
out = json.load(open(sys.argv[1]))
print(json.dumps(out, indent=1))
for table in out["tables"]:
    for peer in ("encrypterd", "forward"):
        figures = table["peers"][peer]["rounds"][0]
        missing = [key for key in sys.argv[2].split() if not figures[key] > 0]
        assert not missing, (peer, missing)
        assert table["peers"][peer]["median"]["tcp1_mbit_s"] == figures["tcp1_mbit_s"]
assert out["versions"]["encrypterd"] and out["versions"]["forward"]
assert {mark["key"] for mark in out["marks"]} == {"tcp1_mbit_s", "tcp4_mbit_s"}' "$scratch/json" \
		'tcp1_mbit_s tcp4_mbit_s udp_mbit_s ping_idle_p50_ms ping_idle_p99_ms ping_udp_p99_ms
		ping_tcp_p99_ms cpu_lab_s_gb cpu_machine_s_gb'
}
nothing_left() {
	! ip netns list | grep "^$lab-" && [ ! -e "/run/encrypter-lab/$lab" ]
}
interrupted() { # in the middle of a run
	local pid status
	"${command[@]}" forward >"$scratch/out" 2>&1 &
	pid=$!
	await 20 listens pcB 5201
	kill -s TERM $pid
	wait $pid
	status=$?
	cat "$scratch/out"
	[ $status = 143 ]
}
refused() { ! compare "$1"; }

check "an unknown peer is refused" refused nonesuch
check "encrypterd and plain forwarding are measured" compare encrypterd forward
check "the JSON has every figure of both" complete
check "nothing is left" nothing_left
check "it can be interrupted" interrupted
check "and leaves nothing" nothing_left
done_testing
