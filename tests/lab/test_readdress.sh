#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# siteA's own black address, and the way out, change while it runs: sessions survive, without a handshake,
# and the other side follows (A51, A52).
#
#   pcA ───── siteA ═══════════════ inet ═════ siteB ────────────────────────── pcB
#             encrypterd,                      encrypterd, then wireguard-go
#             192.168.1.10, then others
#
. "$(dirname "$0")/_init.sh"
. "$here/_outside.sh"
need_encrypterd
need_wireguard_go

# becomes ADDRESS/LENGTH[,…] GATEWAY: in the file, and in the running daemon
becomes() {
	readdress siteA "$@" && ctl siteA reload
}
# Under pings both ways; some that are on their way to the former address may be lost.
survives() { # TEXT ENDPOINT-AT-SITE-B LOSSES-ALLOWED COMMAND…
	local text=$1 endpoint=$2 losses=$3
	shift 3
	remember_handshakes
	begin_pings ab pcA 100 0.02 10.0.2.10
	begin_pings ba pcB 100 0.02 10.0.1.10
	check "$text" under_way "$@"
	check "A51: $text: siteB follows" endpoint_is siteB "$endpoint"
	check "$text: pings from pcA go on" lost_at_most ab "$losses"
	check "$text: pings from pcB go on" lost_at_most ba "$losses"
	check "$text: no handshake, the session is kept" no_handshake
}
under_way() {
	local status=0 began
	began=$(counter siteA red rx_packets)
	flowing() { [ "$(counter siteA red rx_packets)" -gt $((began + 30)) ]; }
	await 5 flowing || status=1
	"$@" || status=1
	pings_end ab && pings_end ba && [ $status = 0 ]
}
# Frames that siteB gets from siteA itself, and not from the router.
direct() {
	local mac before
	mac=$(on siteA cat /sys/class/net/wan0/address)
	rm -f "$scratch/capture.err"
	spawn capture "$scratch/capture" inet tcpdump -i portB -U -w - "ether src $mac and udp"
	capturing() { grep -q 'listening on' "$scratch/capture.err"; }
	await 10 capturing || return
	pings pcA 10 10.0.2.10 -i 0.02 || return
	all_seen() { [ "$(tcpdump -r "$scratch/capture" -nn 2>/dev/null | wc -l)" -ge 10 ]; }
	await 2 all_seen
	before=$?
	despawn capture
	return $before
}
not_direct() { ! direct; }

family=4
changes() { # KIND-OF-SITE-B
	local who=$1
	lab_up --no-endpoint B --siteB "$1"
	check "$who: traffic passes" pings pcA 5 10.0.2.10 -i 0.05
	survives "$who: another address" 192.168.1.11:51820 2 becomes 192.168.1.11/24 192.168.1.100
	check "$who: the former one is nobody's" no_ping inet 192.168.1.10
	check "$who: the new one answers" pings inet 3 192.168.1.11 -i 0.1

	# Nobody sends anything; siteB learns of it all the same, and reaches siteA.
	remember_handshakes
	check "A51: $who: while the tunnel is idle" becomes 192.168.1.12/24 192.168.1.100
	check "A51: $who: siteB is told" await 2 endpoint_is siteB 192.168.1.12:51820
	check "A51: $who: and reaches siteA" pings pcB 5 10.0.1.10 -i 0.05
	check "A51: $who: without a handshake" no_handshake

	[ "$who" = wireguard-go ] || second_address "$who"
	other_ways "$who"
	lab_down
}
second_address() { # KIND-OF-SITE-B
	local who=$1
	survives "A52: $who: a second address comes" 192.168.1.12:51820 0 \
		becomes 192.168.1.12/24,192.168.1.13/24 192.168.1.100
	# siteB reaches the second, to which siteA is bound then (A52); and that one goes.
	wg set "$lab-siteB" peer "$(wg show "$lab-siteB" peers)" endpoint 192.168.1.13:51820
	check "A52: $who: the second is reached" await 5 ping_once pcB 10.0.1.10
	survives "A52: $who: the address at which siteB reached us goes" 192.168.1.12:51820 2 \
		becomes 192.168.1.12/24 192.168.1.100
}
# By a router, and a better one.
other_ways() { # KIND-OF-SITE-B
	local who=$1
	ip -n "$lab-inet" addr add 172.16.1.1/24 dev black0
	on inet sysctl -q -w net.ipv4.ip_forward=1 net.ipv4.conf.all.send_redirects=0 \
		net.ipv4.conf.black0.send_redirects=0
	survives "$who: another network and gateway" 172.16.1.2:51820 2 becomes 172.16.1.2/24 172.16.1.1
	check "$who: by the router" not_direct
	survives "$who: a better way: an address in siteB's network" 172.16.1.2:51820 2 \
		becomes 172.16.1.2/24,192.168.1.14/24 172.16.1.1
	check "$who: messages go straight to siteB" direct
	check "$who: a reload that changes nothing" ctl siteA reload
	check "$who: traffic passes" pings pcA 5 10.0.2.10 -i 0.05
}
changes encrypterd
changes wireguard-go
skip "other addresses in IPv6" "encrypterd has no outer IPv6 yet"

# ---- what is refused ----

lab_up
refused() { # PATTERN COMMAND…
	local pattern=$1
	shift
	! "$@" 2>"$scratch/err" && cat "$scratch/err" && grep -q "$pattern" "$scratch/err"
}
check "a gateway in no network of ours is refused" refused 'is in no network of \[Black\] Address' \
	becomes 172.16.1.2/24 192.168.1.100
check "and the addresses are as they were" pings inet 3 192.168.1.10 -i 0.1
check "traffic passes" pings pcA 5 10.0.2.10 -i 0.05

done_testing
