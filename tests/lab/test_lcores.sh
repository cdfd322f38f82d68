#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Several crypt threads, two and then three: the directions of a peer belong to two of them, nothing gets
# lost or out of order, also while peers come and go and prefixes change.
#
#   pcA ───── siteA ═════════ inet ═════════ siteB ───── pcB
#             red ─► crypt1 ─► black         one seals,
#                 ◄─ crypt0 ◄─               the other opens
#
. "$(dirname "$0")/_init.sh"
. "$here/_outside.sh"
need_encrypterd
umask 077

# As many threads on the core that the lab gives a site.
cores() { # COUNT CORE
	local list=$2 i
	for ((i = 1; i < $1; i++)); do
		list+=", $2"
	done
	printf 'Cores = %s' "$list"
}

lab_with() { # THREADS NAME
	lab=$2
	lab_up "${with_hook[@]}" --more siteA.Crypt "$(cores "$1" "$(cpu_of siteA)")" \
		--more siteB.Crypt "$(cores "$1" "$(cpu_of siteB)")"
}

# Time on a core of every crypt thread of site A, in ns: NAME TIME.
crypt_times() {
	local task
	for task in "/proc/$(daemon_pid siteA)"/task/*; do
		case $(cat "$task/comm") in
		crypt*) printf '%s %s\n' "$(cat "$task/comm")" "$(cut -d ' ' -f 1 "$task/schedstat")" ;;
		esac
	done | sort
}

# The one that works most while a command runs.
busiest() { # COMMAND…
	crypt_times >"$scratch/times"
	"$@" >/dev/null 2>&1 || return
	crypt_times | join "$scratch/times" - | awk '$3 - $2 > most { most = $3 - $2; name = $1 } END { print name }'
}

# UDP at a rate that is easy. Lost may be what pcB's own socket has no room for; not out of order.
udp_flow() { # FROM ADDRESS
	on "$1" iperf3 -c "$2" -u -b 60M -l 1200 -t 1 --json >"$scratch/udp.json"
}
in_order() { # FROM ADDRESS
	udp_flow "$@" || return
	python3 - "$scratch/udp.json" <<'END'
import json
import sys
end = json.load(open(sys.argv[1]))['end']
streams = [s['udp'] for s in end['streams']]
print('packets %d, lost %d, out of order %d' % (
    end['sum']['packets'], end['sum']['lost_packets'], sum(s['out_of_order'] for s in streams)))
sys.exit(end['sum']['packets'] < 500 or any(s['out_of_order'] for s in streams))
END
}

# What was there before goes on, and no ping is lost in either direction.
undisturbed() { # COMMAND…
	local status=0
	begin_pings ab pcA 150 0.01 10.0.2.10
	begin_pings ba pcB 150 0.01 10.0.1.10
	"$@" || status=1
	pings_end ab
	pings_end ba
	lost_at_most ab 0 && lost_at_most ba 0 && [ $status = 0 ]
}

strangers=()
for _ in 1 2 3 4 5; do
	strangers+=("$(wg genkey | wg pubkey)")
done

# Peers that are never there: each packet for them has their handshake begun.
strangers_come() {
	local i
	for i in 0 1 2 3 4; do
		on siteA wg set "$lab-siteA" peer "${strangers[$i]}" endpoint "192.168.1.$((200 + i)):7" \
			allowed-ips "10.0.$((100 + i)).0/24" || return
		on pcA ping -q -c 2 -i 0.05 -W 0.1 "10.0.$((100 + i)).1" >/dev/null
	done
	[ "$(on siteA wg show "$lab-siteA" peers | wc -l)" = 6 ]
}
strangers_go() {
	local key
	for key in "${strangers[@]}"; do
		on siteA wg set "$lab-siteA" peer "$key" remove || return
	done
}
come_and_go() { strangers_come && strangers_go; }

# A prefix inside the peer's own goes to a stranger and comes back; others come into the file and go.
prefixes_change() {
	local i
	on siteA wg set "$lab-siteA" peer "${strangers[0]}" allowed-ips 10.0.2.128/25 || return
	on siteA wg set "$lab-siteA" peer "$(cat "/run/encrypter-lab/$lab/siteB.pub")" \
		allowed-ips 10.0.2.0/24,10.0.2.128/25 || return
	for i in 1 2 3; do
		sed -i "s|^AllowedIPs = 10.0.2.0/24.*|AllowedIPs = 10.0.2.0/24, 10.0.7$i.0/24|" "$(conf_of siteA)"
		ctl siteA reload || return
	done
}

# It goes away and comes back as another: with no session left, its threads are chosen anew.
peer_anew() {
	local key
	key=$(cat "/run/encrypter-lab/$lab/siteB.pub")
	on siteA wg set "$lab-siteA" peer "$key" remove &&
		on siteA wg set "$lab-siteA" peer "$key" endpoint 192.168.1.20:51820 \
			allowed-ips 10.0.2.0/24 && await 10 ping_once pcA 10.0.2.10
}

restarts() { # SITE
	lab_do stop "$1" && lab_do start "$1"
}

only_crypt() { # SITE: see test_canary.sh
	python3 "$here/canary.py" ask "$lab-$1" keys >"$scratch/answer"
	cat "$scratch/answer"
	awk '$1 == "crypt" { there = $NF } $1 != "crypt" && $1 != "sessions" && $1 != "end" { wrong = 1 }
		END { exit !(there >= 2) || wrong }' "$scratch/answer"
}

shows_threads() { # COUNT
	ctl siteA status | tee "$scratch/status"
	[ "$(grep -c '^crypt[0-9]' "$scratch/status")" = "$1" ] && ! grep -qE '^crypt ' "$scratch/status"
}

try() { # THREADS
	local forth back
	check "$1 threads: status shows them" shows_threads "$1"
	check "$1 threads: A25: the first packet, sent when there is no session, arrives" pings pcA 1 10.0.2.10
	check "$1 threads: 300 pings from pcA to pcB, none lost" pings pcA 300 10.0.2.10 -i 0.002
	check "$1 threads: 300 pings from pcB to pcA, none lost" pings pcB 300 10.0.1.10 -i 0.002
	check "$1 threads: TCP carries a file from pcA to pcB unchanged" transfers pcA pcB 10.0.2.10 16
	check "$1 threads: TCP carries a file from pcB to pcA unchanged" transfers pcB pcA 10.0.1.10 16
	spawn server /dev/null pcB iperf3 -s
	spawn other-server /dev/null pcA iperf3 -s
	await 5 listens pcB 5201 && await 5 listens pcA 5201
	check "$1 threads: A50: no datagram from pcA to pcB comes out of order" in_order pcA 10.0.2.10
	check "$1 threads: A50: nor from pcB to pcA" in_order pcB 10.0.1.10
	forth=$(busiest udp_flow pcA 10.0.2.10)
	back=$(busiest udp_flow pcB 10.0.1.10)
	check "$1 threads: one seals ($forth), another opens ($back)" \
		[ -n "$forth" -a -n "$back" -a "$forth" != "$back" ]
	check "$1 threads: peers come and go: nothing is lost" undisturbed come_and_go
	check "$1 threads: prefixes change, by wg and by reload: nothing is lost" undisturbed prefixes_change
	on siteA wg set "$lab-siteA" peer "${strangers[0]}" remove
	check "$1 threads: the peer itself goes and comes: traffic passes again" peer_anew
	check "$1 threads: without further loss, both ways" undisturbed true
	check "$1 threads: still in order" in_order pcA 10.0.2.10
	# siteB begins anew: for siteA that is another session of a peer that has one
	check "$1 threads: siteB stops and starts" restarts siteB
	check "$1 threads: A24: with its handshake traffic is back" await 10 ping_once pcB 10.0.1.10
	check "$1 threads: without further loss, both ways" undisturbed true
	check "$1 threads: no session was refused" counter_is siteA crypt sessions_refused 0
	check "$1 threads: session keys are in crypt's memory and in no other" only_crypt siteA
	despawn server
	despawn other-server
	check "$1 threads: SIGTERM: it ends with status 0" lab_do stop siteA
}

lab_with 2 t$$
try 2
lab_down
lab_with 3 t$$b
try 3
lab_down
done_testing
