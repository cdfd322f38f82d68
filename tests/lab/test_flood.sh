#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Floods from a thousand addresses into the black port of site A, while TCP runs between the sites.
# Judged: no established session is lost, a site that has none gets in within 10 s, and the attack's
# beginning and end are told. Speeds are told; they are judged by their medians alone.
#
#   pcA ───── siteA ◄═════ inet ═════ siteB ───── pcB
#           encrypterd ▲   flood
#                      └─── 50,000 initiations a second, and junk as fast as it goes
#
# LONG=yes: floods that last until the session was renewed under each of them.
# RUNS=5: each flood so many times, and the table of docs/operations.md (a minute a run).
. "$(dirname "$0")/_init.sh"
need_encrypterd
need_wireguard_go
lab_up --keepalive 1

long=${LONG:-no} runs=${RUNS:-1} after=
declare -A port=([siteA]=portA [siteB]=portB) black=([siteA]=192.168.1.10 [siteB]=192.168.1.20)

# Beside the other site: the one that has all the work has its core to itself.
flood() { # KIND RATE SITE OTHER-SITE [INTERFACE]
	spawn flood "$scratch/flood.out" inet \
		taskset -c "$(taskset -pc "$(daemon_pid "$4")" | sed 's/.*: //')" \
		"$BUILD/tests/lab/flood" "$1" "${5:-${port[$3]}}" \
		"$(on "$3" cat /sys/class/net/wan0/address)" "${black[$3]}" 51820 \
		"$(cat "/run/encrypter-lab/$lab/$3.pub")" "$2" 600 1000
}

value() { # KEY, of status
	ctl siteA status --json | python3 -c '
import json, sys
print(json.load(sys.stdin)[sys.argv[1]])' "$1"
}

attacked() {
	[ "$(value attack)" = "$1" ]
}

log_has() { # PATTERN COUNT
	[ "$("$top/tools/lab" log --name "$lab" siteA | grep -c "$1")" -ge "$2" ]
}

# Mbit/s, and the connection must live to its end.
speed() {
	on pcA iperf3 -c 10.0.2.10 -t "$seconds" -J >"$scratch/iperf.json" || return
	python3 -c '
import json, sys
print("%.0f" % (json.load(open(sys.argv[1]))["end"]["sum_received"]["bits_per_second"] / 1e6))' \
		"$scratch/iperf.json"
}

# The session from before is still the one in use: nobody had to make another.
session_kept() { # ITS-TIME
	[ "$(handshake_time siteA)" = "$1" ]
}

# It was renewed while it still held, and nobody was given up.
session_renewed() { # ITS-TIME
	await 150 renewed_since "$1" && [ $(($(handshake_time siteA) - $1)) -lt 180 ] &&
		! log_has 'does not answer' 1
}

renewed_since() { # UNIX-SECONDS
	[ "$(handshake_time siteA)" -gt "$1" ]
}

gets_in() {
	await 10 ping_once pcB 10.0.1.10
}

# ---- figures ----

# What of a flood arrived at the daemon so far, what the port had no room for, and the time in us.
tally() {
	ctl siteA stats --json | python3 -c '
import json, sys, time
black = json.load(sys.stdin)["black"]
print(sum(black[c] for c in (
    "rx_handshake", "drop_type", "drop_size", "drop_udp_checksum", "drop_limit", "drop_mac1", "drop_mac2",
    "drop_cookie_limit", "drop_source_limit", "drop_control_full")), black["rx_missed"], time.time_ns() // 1000)'
}

# On the established session, and nothing else beside the flood. Sets pings_sent, pings_lost.
count_pings() {
	pings_sent=50
	on pcA "$top/tools/_pings" $pings_sent -i 0.02 10.0.2.10 >"$scratch/pings"
	pings_lost=$((pings_sent - $(sed -n 's/.*transmitted, \([0-9]*\) received.*/\1/p' "$scratch/pings")))
}

# What the port had no room for is the wire's loss, as of any port that gets more than it can take.
pings_pass() {
	[ "$pings_lost" = 0 ] || [ "$missed" -gt 0 ] && [ "$pings_lost" -le 5 ]
}

# figures KIND…: of all runs the median, and the smallest and largest.
figures() {
	python3 - "$scratch/figures" "$@" <<'END'
import statistics, sys

def told(values, form="%.0f"):
    middle, low, high = (form % f(values) for f in (statistics.median, min, max))
    return middle if low == high else "%s (%s to %s)" % (middle, low, high)

runs = [line.split() for line in open(sys.argv[1])]
for kind in sys.argv[2:]:
    rows = [[float(x) for x in run[1:]] for run in runs if run[0] == kind]
    if not rows:
        continue
    before, during, after, sent, arrived, missed, cpu, pings, lost, new = zip(*rows)
    ratio = [200 * d / (b + a) for b, d, a in zip(before, during, after)]
    print("# | %s | %d | %s | %s | %s | %s | %s | %s %% | %d of %d | %s |" % (
        kind, len(rows), told([s / 1000 for s in sent]),
        told([a / 1000 for a in arrived]) + ("" if not any(missed) else
            " + " + told([m / 1000 for m in missed]) + " missed"),
        told(before), told(during), told(after), told(ratio), sum(lost), sum(pings),
        "–" if new[0] < 0 else told([n / 1000 for n in new], "%.1f") + " s"))
    print("# %s: TCP in it: %.0f %% of before and after; the flood's own process took %s %% of a core" % (
        kind, statistics.median(ratio), told(cpu)))
END
}

median_ratio() { # KIND PERCENT: no less
	[ "$(figures "$1" | sed -n "s/^# $1: TCP in it: \([0-9]*\) .*/\1/p")" -ge "$2" ]
}

# ---- floods ----

# One TCP before, in and after it, and pings. Sets all that figures() tells.
measure() { # KIND RATE [INTERFACE]
	local from to
	before=${after:-$(speed)}
	flood "$1" "$2" siteA siteB ${3:+"$3"}
	if [ $# = 2 ]; then
		check "$1: the attack is noticed" await 5 attacked True
		[ "$1" != answering ] || check "$1: and has cookies" await 5 more_than rx_proven 1000
	fi
	read -ra from <<<"$(tally)"
	during=$(speed)
	count_pings
	read -ra to <<<"$(tally)"
	arrived=$(((to[0] - from[0]) * 1000000 / (to[2] - from[2])))
	missed=$(((to[1] - from[1]) * 1000000 / (to[2] - from[2])))
}

flood_ends() { # NAME
	despawn flood INT
	after=$(speed)
	diag "$1: TCP $before, $during, $after Mbit/s before, in and after it; $arrived messages a second" \
		"arrived and $missed missed; flood $(cat "$scratch/flood.out")"
	rate=$(sed 's/.*rate=\([0-9]*\).*/\1/' "$scratch/flood.out")
	echo "$1 $before $during $after $rate $arrived $missed" \
		"$(sed 's/.*cpu=\([0-9]*\).*/\1/' "$scratch/flood.out")" \
		"$pings_sent $pings_lost $new_ms" >>"$scratch/figures"
}

# Far below what any flood leaves, and far above nothing.
lives() { # MBIT-IN-IT MBIT-BEFORE
	[ "${2:-0}" -gt 0 ] && [ $((10 * ${1:-0})) -ge "$2" ]
}

under() { # KIND RATE
	local kept started
	kept=$(handshake_time siteA)
	measure "$1" "$2"
	check "$1: TCP lives through it: $during of $before Mbit/s" lives "$during" "$before"
	check "$1: pings pass: $((pings_sent - pings_lost)) of $pings_sent" pings_pass
	if [ "$long" = yes ]; then
		check "$1: the session is renewed in time" session_renewed "$kept"
		check "$1: pings pass after that" pings pcA 10 10.0.2.10 -i 0.1
	else
		check "$1: the session is the same" session_kept "$kept"
	fi
	lab_do kill siteB
	lab_do start siteB
	started=$(now_us)
	check "$1: a site without a session gets in within 10 s" gets_in
	new_ms=$((($(now_us) - started) / 1000))
	ctl siteA status | grep '^attack' | sed 's/^/# /'
	flood_ends "$1"
	check "$1: its end is told" await 15 attacked False
}

# The same flood past the daemon: what TCP loses then is the time that the flood's process and its
# frames take from site B's core.
past() { # KIND RATE
	ip -n "$lab-inet" link show nowhere >/dev/null 2>&1 || {
		ip -n "$lab-inet" link add nowhere type veth peer name nobody
		ip -n "$lab-inet" link set nowhere up
		ip -n "$lab-inet" link set nobody up
	}
	measure "$1" "$2" nowhere
	new_ms=-1
	flood_ends "$1-elsewhere"
}

all_figures() {
	local kind left
	for ((left = runs; left > 0; left--)); do
		for kind in initiations answering strangers; do
			under $kind 50000
		done
		past initiations 50000
		under junk 0
		past junk "$rate"
	done
	diag '| flood | runs | thousands a second sent | arrived | TCP before, Mbit/s | in it | after | in it, of the mean of both | pings lost | a new site is in after |'
	diag '|---|---|---|---|---|---|---|---|---|---|'
	figures answering initiations strangers junk initiations-elsewhere junk-elsewhere
	for kind in answering initiations strangers junk; do
		check "$kind: TCP keeps 70 % or more" median_ratio $kind 70
	done
}

more_than() { # COUNTER NUMBER
	[ "$(counter siteA black "$1")" -gt "$2" ]
}

# C12: of 4000 a second a source gets its one, and all of them what is common.
cookies_limited() { # FROM-COUNT FROM-US
	local rate=$((($(counter siteA black tx_cookie) - $1) * 1000000 / ($(now_us) - $2)))
	echo "$rate cookie replies a second"
	[ $rate -gt 1000 ] && [ $rate -lt 2600 ]
}

wireguard_go_asks() { # for mac2: it does so while there is much in its queue
	"$top/tools/lab" log --name "$lab" siteB | grep -q 'Sending cookie response'
}

# In a moment in which its queue is short wireguard-go lets site A in without: then once more, under more.
proves_itself() {
	local rate
	for rate in 15000 22000 33000 50000 75000; do
		completed=$(completions)
		lab_do kill siteA
		lab_do start siteA
		await 15 asked_or_in || return
		! process_gone "$scratch/mac2.pid" || return 0
		despawn flood INT
		flood initiations $rate siteB siteA
	done
	return 1
}
completions() { "$top/tools/lab" log --name "$lab" siteA | grep -c 'handshake completed'; }
asked_or_in() {
	process_gone "$scratch/mac2.pid" || [ "$(completions)" -gt "$completed" ]
}

# In a moment in which our queue is short it gets in without a mac2 (A21): then once more, as a source
# that has just had its share.
gets_in_by_proof() {
	local proven seconds=10
	for _ in {1..5}; do
		proven=$(counter siteA black rx_proven)
		lab_do kill siteB
		lab_do start siteB
		await $seconds ping_once pcB 10.0.1.10 || return
		! more_than rx_proven "$proven" || return 0
		seconds=20
	done
	return 1
}

# The judge: wireguard-go takes our cookies and we take its.
under_with_wireguard_go() {
	local from from_us
	lab=${lab}g
	lab_up --siteB wireguard-go --keepalive 1 --more siteA.Black 'CookieLimit = 4000' \
		--more siteA.Black 'HandshakeLimitPerSource = 1'
	check "wireguard-go: traffic passes" pings pcA 5 10.0.2.10 -i 0.05
	flood initiations 50000 siteA siteB
	await 5 attacked True
	from=$(counter siteA black tx_cookie)
	from_us=$(now_us)
	check "A17-A21: asked for proof, wireguard-go gets in within 10 s: its mac2 was right" gets_in_by_proof
	check "C12: CookieLimit and HandshakeLimitPerSource hold meanwhile" cookies_limited "$from" "$from_us"
	despawn flood INT

	flood initiations 10000 siteB siteA
	spawn mac2 "$scratch/mac2.out" inet tcpdump -i portB -c 1 \
		"src host ${black[siteA]} and udp[8] = 1 and udp[140:4] != 0"
	capturing() { grep -qs listening "$scratch/mac2.err"; }
	await 10 capturing
	await 10 wireguard_go_asks
	check "A20: asked by wireguard-go, site A sends mac2" proves_itself
	check "A17: it is right: the handshake is completed" await 15 log_has 'handshake completed' $((completed + 1))
	despawn flood INT # which wireguard-go has no time for anything else under
	check "wireguard-go: traffic passes after" await 10 ping_once pcA 10.0.2.10
}

seconds=2
[ "$long" = no ] || seconds=10
spawn iperf "$scratch/iperf.out" pcB iperf3 -s
await 10 listens pcB 5201
check "traffic passes before" pings pcA 5 10.0.2.10 -i 0.05

if [ "$runs" -gt 1 ]; then
	all_figures
	done_testing
fi
under initiations 50000
under answering 50000
under junk 0
figures initiations answering junk
check "C12: the log tells when attacks begin" log_has 'attack begins messages=' 3
check "C12: and when they ended, with messages and sources" \
	log_has 'attack ended seconds=[0-9]* messages=[0-9]* sources=[0-9]' 3
check "traffic passes after" pings pcA 20 10.0.2.10 -i 0.02
lab_down
under_with_wireguard_go

done_testing
