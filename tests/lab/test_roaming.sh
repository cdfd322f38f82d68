#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# A site is suddenly seen at another address and port, in mid-flow, over IPv4 and over IPv6. The other
# side follows what it can authenticate: no handshake, no lost session (A51).
#
#   pcA ───── siteA ───── inet ───── siteB ────────────────────────────── pcB
#             encrypterd  translator encrypterd, then wireguard-go
#
. "$(dirname "$0")/_init.sh"
. "$here/_outside.sh"
need_encrypterd
need_wireguard_go

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
# siteA is told where siteB was before, where nothing reaches it. What siteB sends says where it is.
b_misplaced() {
	wg set "$lab-siteA" peer "$(wg show "$lab-siteA" peers)" \
		endpoint "$(endpoint_text "$(public siteB 1)" 41001)" &&
		await 2 endpoint_is siteA "$(endpoint_text "$(public siteB 3)" 41003)"
}

# TCP both ways at once, while siteA moves: what it sends itself tells siteB where it is.
carries_tcp() {
	local i
	spawn server "$scratch/server.out" pcB iperf3 -s -1
	await 5 listens pcB 5201 || return
	spawn tcp "$scratch/tcp.json" pcA iperf3 -c 10.0.2.10 -t 3 --bidir -J
	await 5 streaming || return
	for i in 4 5 6 7; do
		moves_to siteA $i $((40000 + i)) && sleep 0.4 || return
	done
	await 20 process_gone "$scratch/tcp.pid" && await 5 process_gone "$scratch/server.pid" || return
	python3 -c '
import json, sys
test = json.load(sys.stdin)
last = [i for i in test["intervals"] if i["sum"]["seconds"] > 0.5][-1]
total = [test["end"][n]["bytes"] / 1e6 for n in ("sum_received", "sum_received_bidir_reverse")]
after = [last[n]["bytes"] / 1e6 for n in ("sum", "sum_bidir_reverse")]
print("MB carried:", total, "of these in the last second:", after)
sys.exit(min(total) < 2 or min(after) < 0.1)' <"$scratch/tcp.json"
}
streaming() { [ "$(on pcB ss -Htn state established "sport = :5201" | wc -l)" -ge 3 ]; }

# What is on its way to an old address is lost, until the other side has seen a packet from the new one:
# a ping or two a move, more where the machine is busy with other things.
roams() { # KIND-OF-SITE-B
	local who="$1 over IPv$family"
	source=() targets=()
	moves_to siteA 1 40001
	moves_to siteB 1 41001
	place siteA "$(endpoint_text "$(public siteB 1)" 41001)" && place siteB "" || exit 1
	check "$who: traffic passes" await 5 ping_once pcA 10.0.2.10
	check "$who: siteB sees siteA where the network shows it" \
		endpoint_is siteB "$(endpoint_text "$(public siteA 1)" 40001)"
	remember_handshakes
	begin_flow
	check "A51: $who: siteA moves, siteB follows" in_flow a_moves
	check "A51: $who: siteB moves, siteA follows" in_flow b_moves
	check "A51: $who: both move at once, and follow each other" in_flow both_move
	check "A51: $who: siteA's administrator errs about siteB, its data says better" in_flow b_misplaced
	check "$who: pings go on" end_flow
	check "$who: none but a few of pcA's were lost" lost_at_most ab 12
	check "$who: none but a few of pcB's were lost" lost_at_most ba 12
	check "$who: TCP goes on both ways while siteA moves four times" carries_tcp
	check "A51: $who: no handshake, the session is kept" no_handshake
}

roaming() { # KIND-OF-SITE-B
	lab_up --no-endpoint B --siteB "$1"
	make_router || exit 1
	for family in 4 6; do
		roams "$1"
	done
	lab_down
}
roaming encrypterd
roaming wireguard-go

done_testing
