#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# siteA's own black address, the way out, and the family of both change while it runs: sessions survive,
# without a handshake, and the other side follows (A51, A52).
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
becomes_and_is_at() { # NUMBER-OR-ADDRESS, then as `becomes`; siteB follows
	local at
	at=$(endpoint_text "$1" 51820)
	shift
	becomes "$@" && await 2 endpoint_is siteB "$at"
}

# An address in siteB's network, and one in another, by a router; with lengths, and the routers.
ours() { if [ $family = 4 ]; then echo "192.168.1.$1"; else echo "2001:db8:168::$1"; fi; }
ours_with() { echo "$(ours "$1")/${length[$family]}"; }
abroad() { echo "${inside[${family}siteA]}"; }
abroad_with() { echo "$(abroad)/${length[$family]}"; }
abroad_router() { echo "${router[${family}siteA]}"; }

# Of the messages that siteB gets, the next five come from siteA itself, or from the router. Pings flow.
come_from() { # MAC
	on inet timeout 3 tcpdump -i portB -c 5 "ether src $1 and udp port 51820"
}
come_from_siteA() { come_from "$(on siteA cat /sys/class/net/wan0/address)"; }
come_from_router() { come_from "$(on inet cat /sys/class/net/black0/address)"; }

use_family() { # 4 or 6: for both sites, by siteA's file alone
	family=$1
	sed -i "s|^Endpoint = .*|Endpoint = $(endpoint_text "$(ours 20)" 51820)|" "$(conf_of siteA)"
	becomes "$(ours_with 10)" "$(ours 100)" && await 5 ping_once pcA 10.0.2.10 && endpoint_is siteB "$(endpoint_text "$(ours 10)" 51820)"
}

# Nobody sends anything, siteB learns of it all the same, and reaches siteA.
when_idle() { # KIND-OF-SITE-B
	local who="$1 over IPv$family"
	check "A51: $who: another address while the tunnel is idle: siteB is told" \
		becomes_and_is_at "$(ours 12)" "$(ours_with 12)" "$(ours 100)"
	check "A51: $who: and reaches siteA" pings pcB 5 10.0.1.10 -i 0.05
	check "$who: the former one is nobody's" not_there "$(ours 10)"
	check "$who: the new one answers" pings inet 3 "$(ours 12)" -i 0.1
	check "A52: $who: a second address comes" becomes "$(ours_with 12),$(ours_with 13)" "$(ours 100)"
	wg set "$lab-siteB" peer "$(wg show "$lab-siteB" peers)" endpoint "$(endpoint_text "$(ours 13)" 51820)"
	check "A52: $who: siteB reaches siteA there" pings pcB 5 10.0.1.10 -i 0.05
	check "A52: $who: and is answered from there" \
		endpoint_is siteB "$(endpoint_text "$(ours 13)" 51820)"
}
not_there() { ! ping_once inet "$1"; }

# Under pings both ways; some that are on their way to a former address may be lost.
when_busy() { # KIND-OF-SITE-B
	local who="$1 over IPv$family"
	begin_flow
	check "A52: $who: the address at which siteB reaches us goes, the other stays: siteB follows" \
		in_flow becomes_and_is_at "$(ours 12)" "$(ours_with 12)" "$(ours 100)"
	check "A51: $who: another address: siteB follows" \
		in_flow becomes_and_is_at "$(ours 11)" "$(ours_with 11)" "$(ours 100)"
	check "A51: $who: another network and gateway: siteB follows" \
		in_flow becomes_and_is_at "$(abroad)" "$(abroad_with)" "$(abroad_router)"
	check "$who: messages come by the router" come_from_router
	check "$who: a better way, an address in siteB's network" \
		in_flow becomes_and_is_at "$(abroad)" "$(abroad_with),$(ours_with 14)" "$(abroad_router)"
	check "$who: messages come straight from siteA" come_from_siteA
	check "$who: a reload that changes nothing" in_flow ctl siteA reload
	check "$who: pings went on" end_flow
	check "$who: none but a few of pcA's were lost" lost_at_most ab 15
	check "$who: none but a few of pcB's were lost" lost_at_most ba 15
}

changes() { # KIND-OF-SITE-B
	lab_up --ipv6 --no-endpoint B --siteB "$1"
	ip -n "$lab-inet" addr add "${router[4siteA]}/24" dev black0
	ip -n "$lab-inet" addr add "${router[6siteA]}/64" dev black0
	on inet sysctl -q -w net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1 \
		net.ipv4.conf.all.send_redirects=0 net.ipv4.conf.black0.send_redirects=0
	shaken=
	for family in 4 6; do
		check "A51: $1: over IPv$family traffic passes" use_family $family
		[ -n "$shaken" ] || remember_handshakes
		when_idle "$1"
		when_busy "$1"
	done
	check "A51: $1: no handshake but the first, nor when the family changed" no_handshake
	lab_down
}
changes encrypterd
changes wireguard-go
family=4

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
