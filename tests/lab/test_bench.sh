#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# A short run of encrypter-bench: every stage, both ways, one peer and many. The figures are reported;
# since a shared machine disturbs them, only what would be another order is a failure.
#
. "$(dirname "$0")/_init.sh"
bench=$BUILD/encrypter-bench
[ -x "$bench" ] || skip_all "encrypter-bench is not built"
[ "$(id -u)" = 0 ] || skip_all "DPDK wants root here"

quick() { timeout 100 "$bench" --quick --json >"$scratch/quick"; }
peers() {
	timeout 100 "$bench" --engine auto --peers 1,10000 --sizes 64,1420 --rounds 11 --bursts 40 --json \
		>"$scratch/peers"
}
holds() { # FILE EXPRESSION, of every stage
	python3 -c '
import json, sys
for stage in json.load(open(sys.argv[1]))["stages"]:
    if not eval(sys.argv[2], {}, stage):
        sys.exit("not of %s" % stage)' "$scratch/$1" "$2"
}
check "encrypter-bench --quick runs" quick
check "every stage took some time, and less than 30 times the cipher's" \
	holds quick '0 < ticks and (to_engine < 30)'
check "the pipeline is the sum of its domains" python3 -c '
import json, sys
cases = {}
for s in json.load(open(sys.argv[1]))["stages"]:
    cases.setdefault((s["peers"], s["size"]), {})[s["stage"]] = s["ticks"]
for c in cases.values():
    for way in "in", "out":
        parts = sum(c[way + "_" + domain] for domain in ("black", "crypt", "red"))
        if not 0.5 < parts / c[way] < 1.5:
            sys.exit("%s: %s, parts %s" % (way, c[way], parts))' "$scratch/quick"
check "handshakes, mac1 checks and memory are told" python3 -c '
import json, sys
run = json.load(open(sys.argv[1]))
for name in "initiator", "responder":
    assert 1 <= run["handshakes"][name]["to_x25519"] < 3
for name in "passed", "refused":
    assert run["mac1"][name]["per_second"] > 10000
assert run["memory"]["session"] > 0' "$scratch/quick"
check "encrypter-bench runs with 10,000 peers" peers
check "10,000 peers: a packet costs less than 3 times what it costs with one peer" \
	holds peers 'to_first < 3 or stage not in ("in", "out", "crypt_seal", "crypt_open")'
threads() {
	timeout 60 "$bench" --engine auto --crypt-threads 2 --peers 10 --sizes 64,1420 --rounds 5 --bursts 20 |
		tee "$scratch/threads"
	awk 'NR > 2 && NF == 7 && $4 > 0 && $7 > 0 { n++ } END { exit n != 2 }' "$scratch/threads"
}
check "two crypt threads run at once, and pass all" threads
refused() {
	"$bench" "$@" >/dev/null 2>&1
	[ $? = 2 ]
}
check "a size that does not go into the tunnel is refused" refused --sizes 1421
check "no number is no number of peers" refused --peers 1,

# ---- what reads the results ----

report() {
	mkdir -p "$scratch/docs" && cp "$top/docs/performance.md" "$scratch/docs" &&
		"$top/tools/bench-report" --run "$scratch/quick" --docs "$scratch/docs"
}
drawn() {
	python3 -c '
import sys, xml.dom.minidom
for name in "rates", "ticks":
    drawing = xml.dom.minidom.parse("%s/performance-%s.svg" % (sys.argv[1], name))
    assert len(drawing.getElementsByTagName("rect")) > 5' "$scratch/docs"
}
# results BASE-FACTORS PRESENT-FACTORS: of a bench that takes so many times as long, pair after pair
results() {
	rm -rf "$scratch/taken" && mkdir "$scratch/taken" && python3 -c '
import json, sys
for who, factors in (("base", sys.argv[3]), ("present", sys.argv[4])):
    for i, factor in enumerate(factors.split()):
        run = json.load(open(sys.argv[1]))
        for s in run["stages"]:
            if s["stage"] == "red_rx":
                s["ticks"] *= float(factor)
        json.dump(run, open("%s/%s-%d.json" % (sys.argv[2], who, i), "w"))' \
		"$scratch/quick" "$scratch/taken" "$1" "$2"
}
judged() { # STATUS BASE-FACTORS PRESENT-FACTORS
	results "$2" "$3" || return 1
	"$top/tools/bench-compare" --taken "$scratch/taken"
	[ $? = "$1" ]
}
check "bench-report fills the page's tables" report
check "and draws" drawn
check "bench-compare: the same is no slower" judged 0 "1 1.2 0.9 1" "1 1.2 0.9 1"
check "bench-compare: 20 % more is slower" judged 1 "1 1.1 0.9 1" "1.2 1.3 1.1 1.2"
check "bench-compare: 20 % more within the spread is not" judged 0 "1 1 1 1" "0.7 0.9 1.3 1.4"
check "bench-compare: 3 % more is not" judged 0 "1 1 1 1" "1.03 1.03 1.03 1.03"
for file in quick peers; do
	python3 -c '
import json, sys
for s in json.load(open(sys.argv[1]))["stages"]:
    print("# {size} bytes, {peers} peers: {stage} {ticks:.0f} ticks, {to_engine:.2f} of the engine, "
          "{to_first:.2f} of the first".format(**s))' "$scratch/$file"
done
done_testing
