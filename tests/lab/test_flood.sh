#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Floods from a thousand addresses into the black port of site A, while TCP runs between the sites.
# Speeds are told, not judged; what is judged: no established session is lost, a site that has none
# gets in within 10 s, and the attack's beginning and end are told.
#
#   pcA ───── siteA ◄═════ inet ═════ siteB ───── pcB
#           encrypterd ▲   flood
#                      └─── 50,000 initiations a second, and junk as fast as it goes
#
# LONG=yes: floods that last until the session was renewed under each of them.
. "$(dirname "$0")/_init.sh"
need_encrypterd
need_wireguard_go
lab_up --keepalive 1

long=${LONG:-no}
declare -A port=([siteA]=portA [siteB]=portB) black=([siteA]=192.168.1.10 [siteB]=192.168.1.20)

# Beside the other site: the one that has all the work has its core to itself.
flood() { # KIND RATE SITE OTHER-SITE
	spawn flood "$scratch/flood.out" inet \
		taskset -c "$(taskset -pc "$(daemon_pid "$4")" | sed 's/.*: //')" \
		"$BUILD/tests/lab/flood" "$1" "${port[$3]}" \
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

speed() { # SECONDS: Mbit/s, and the connection must live to its end
	on pcA iperf3 -c 10.0.2.10 -t "$1" -J >"$scratch/iperf.json" || return
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

under() { # KIND RATE
	local before during after kept started
	before=$(speed "$seconds")
	kept=$(handshake_time siteA)
	flood "$1" "$2" siteA siteB
	check "$1: the attack is noticed" await 5 attacked True
	[ "$1" != answering ] || check "$1: and has cookies" await 5 more_than rx_proven 1000
	during=$(speed "$seconds")
	check "$1: TCP lives through it" test -n "$during"
	check "$1: pings pass" pings pcA 10 10.0.2.10 -i 0.1
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
	diag "$1: it took $((($(now_us) - started) / 1000)) ms"
	ctl siteA status | grep '^attack' | sed 's/^/# /'
	despawn flood INT
	after=$(speed "$seconds")
	diag "$1: TCP $before, $during, $after Mbit/s before, in and after it;" \
		"in: $((200 * during / (before + after))) % of the others"
	diag "$1: flood $(cat "$scratch/flood.out")"
	check "$1: its end is told" await 15 attacked False
}

more_than() { # COUNTER NUMBER
	[ "$(counter siteA black "$1")" -gt "$2" ]
}

# The judge: wireguard-go takes our cookies and we take its.
under_with_wireguard_go() {
	local proven
	lab=${lab}g
	lab_up --siteB wireguard-go --keepalive 1
	check "wireguard-go: traffic passes" pings pcA 5 10.0.2.10 -i 0.05
	flood initiations 50000 siteA siteB
	await 5 attacked True
	proven=$(counter siteA black rx_proven)
	lab_do kill siteB
	lab_do start siteB
	check "A19, A21: asked for proof, wireguard-go gets in within 10 s" gets_in
	check "A17, A18: its mac2 was right" more_than rx_proven "$proven"
	despawn flood INT

	flood initiations 10000 siteB siteA
	spawn mac2 "$scratch/mac2.out" inet tcpdump -i portB -c 1 \
		"src host ${black[siteA]} and udp[8] = 1 and udp[140:4] != 0"
	capturing() { grep -qs listening "$scratch/mac2.err"; }
	await 10 capturing
	lab_do kill siteA
	lab_do start siteA
	check "A20: asked by wireguard-go, site A sends mac2" await 15 process_gone "$scratch/mac2.pid"
	check "A17: it is right: the handshake is completed" await 15 log_has 'handshake completed' 2
	despawn flood INT # which wireguard-go has no time for anything else under
	check "wireguard-go: traffic passes after" await 10 ping_once pcA 10.0.2.10
}

seconds=2
[ "$long" = no ] || seconds=10
spawn iperf "$scratch/iperf.out" pcB iperf3 -s
await 10 listens pcB 5201
check "traffic passes before" pings pcA 5 10.0.2.10 -i 0.05

under initiations 50000
under answering 50000
under junk 0
check "C12: the log tells when attacks begin" log_has 'attack begins messages=' 3
check "C12: and when they ended, with messages and sources" \
	log_has 'attack ended seconds=[0-9]* messages=[0-9]* sources=[0-9]' 3
check "traffic passes after" pings pcA 20 10.0.2.10 -i 0.02
lab_down
under_with_wireguard_go

done_testing
