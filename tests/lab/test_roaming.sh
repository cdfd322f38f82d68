#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# A site is suddenly seen at another address and port, in mid-flow. The other side follows what it can
# authenticate: no handshake, no lost session (A51).
#
#   pcA ───── siteA ───── inet ───── siteB ────────────────────────────── pcB
#             encrypterd  translator encrypterd, then wireguard-go
#
. "$(dirname "$0")/_init.sh"
. "$here/_outside.sh"
need_encrypterd
need_wireguard_go

# A ping every 20 ms while something moves. What is on its way to the old address is lost, until the
# other side has seen one packet from the new one: not more than two pings a move.
survives() { # TEXT LOSSES-ALLOWED COMMAND…: the command makes the move
	local text=$1 losses=$2
	shift 2
	remember_handshakes
	flow_began=$(counter siteA red rx_packets)
	begin_pings ab pcA 150 0.02 10.0.2.10
	begin_pings ba pcB 150 0.02 10.0.1.10
	check "$text" moves_under_way "$@"
	check "$text: pings from pcA go on" lost_at_most ab "$losses"
	check "$text: pings from pcB go on" lost_at_most ba "$losses"
	check "A51: $text: no handshake, the session is kept" no_handshake
}

moves_under_way() {
	local status=0
	await 5 flowing || status=1
	"$@" || status=1
	pings_end ab && pings_end ba && [ $status = 0 ]
}

flowing() { [ "$(counter siteA red rx_packets)" -gt $((flow_began + 50)) ]; }

a_moves() {
	moves_to siteA 2 40002 && await 2 endpoint_is siteB "$(endpoint_text "$(public siteA 2)" 40002)"
}
b_moves() {
	moves_to siteB 2 41002 && await 2 endpoint_is siteA "$(endpoint_text "$(public siteB 2)" 41002)"
}
# Both at once: each is seen at a new place, and what was sent to the old one still arrives.
both_move() {
	appears siteA "$(public siteA 3)" 40003
	appears siteB "$(public siteB 3)" 41003
	reachable siteA "$(public siteA 2)" 40002 "$(public siteA 3)" 40003
	reachable siteB "$(public siteB 2)" 41002 "$(public siteB 3)" 41003
	translate && await 2 endpoint_is siteB "$(endpoint_text "$(public siteA 3)" 40003)" &&
		await 2 endpoint_is siteA "$(endpoint_text "$(public siteB 3)" 41003)"
}
# TCP both ways at once, while siteA moves twice a second: what it sends itself tells siteB where it is.
carries_tcp() {
	local i
	spawn server "$scratch/server.out" pcB iperf3 -s -1
	await 5 listens pcB 5201 || return
	spawn tcp "$scratch/tcp.json" pcA iperf3 -c 10.0.2.10 -t 4 --bidir -J
	await 5 streaming || return
	for i in 4 5 6 7 8 9; do
		moves_to siteA $i $((40000 + i)) && sleep 0.5 || return
	done
	await 20 process_gone "$scratch/tcp.pid" && await 5 process_gone "$scratch/server.pid" || return
	python3 -c '
import json, sys
end = json.load(sys.stdin)["end"]
carried = [end[name]["bytes"] / 1e6 for name in ("sum_received", "sum_received_bidir_reverse")]
print("MB carried:", carried)
sys.exit(min(carried) < 10)' <"$scratch/tcp.json"
}
streaming() { [ "$(on pcB ss -Htn state established "sport = :5201" | wc -l)" -ge 3 ]; }

roaming() { # KIND-OF-SITE-B
	local who=$1
	lab_up --no-endpoint B --siteB "$1"
	make_router || exit 1
	moves_to siteA 1 40001
	moves_to siteB 1 41001
	place siteA "$(endpoint_text "$(public siteB 1)" 41001)" && place siteB "" || exit 1
	check "$who: traffic passes" pings pcA 5 10.0.2.10 -i 0.05
	check "$who: siteB sees siteA where the network shows it" \
		endpoint_is siteB "$(endpoint_text "$(public siteA 1)" 40001)"
	survives "$who: siteA moves" 2 a_moves
	survives "$who: siteB moves" 2 b_moves
	survives "$who: both move at once" 0 both_move
	remember_handshakes
	check "$who: TCP goes on both ways while siteA moves six times" carries_tcp
	check "A51: $who: no handshake then either" no_handshake
	lab_down
}

family=4
roaming encrypterd
roaming wireguard-go
skip "roaming over IPv6" "encrypterd has no outer IPv6 yet"

done_testing
