#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# siteA behind an address translator that remembers each flow for two seconds: it forgets one and gives
# it another port in mid-flow (A51); it is kept open by a persistent keepalive (A38), and closes without.
# Over IPv4 and over IPv6.
#
#   pcA ───── siteA ───── inet ────────── siteB ────────────────────────── pcB
#             encrypterd  masquerading    encrypterd, then wireguard-go
#
. "$(dirname "$0")/_init.sh"
. "$here/_outside.sh"
need_encrypterd
need_wireguard_go

masquerade() { # in both families
	local table
	for table in ip ip6; do
		on inet nft -f - <<END || return
table $table nat {
	chain out {
		type nat hook postrouting priority 100;
		oif portB masquerade fully-random
	}
}
END
	done
	on inet sysctl -q -w net.netfilter.nf_conntrack_udp_timeout=2 \
		net.netfilter.nf_conntrack_udp_timeout_stream=2
}

mappings() { on inet conntrack -L -f "ipv$family" -p udp --orig-port-dst 51820 2>/dev/null; }
no_mapping() { [ -z "$(mappings)" ]; }
forget_mapping() { on inet conntrack -D -f "ipv$family" -p udp --orig-port-dst 51820; }
seen_at() { wg show "$lab-siteB" endpoints | cut -f 2; }
seen_elsewhere() { [ "$(seen_at)" != "$1" ]; }
seen_as_the_translator() { seen_at | grep -F "${router[${family}siteB]}"; }

rebinds() {
	local old
	for _ in 1 2 3; do
		old=$(seen_at)
		forget_mapping && await 2 seen_elsewhere "$old" || return
		printf 'from %s to %s\n' "$old" "$(seen_at)"
	done
}

keepalive() { # SECONDS, of siteA's
	wg set "$lab-siteA" peer "$(wg show "$lab-siteA" peers)" persistent-keepalive "$1"
}
not_reached() { ! ping_once pcB 10.0.1.10; }

translated() { # KIND-OF-SITE-B
	local who="$1 over IPv$family"
	place siteA "$(endpoint_text "${inside[${family}siteB]}" 51820)" && place siteB "" || exit 1
	check "$who: traffic passes" await 5 ping_once pcA 10.0.2.10
	check "$who: siteB sees the translator" seen_as_the_translator

	remember_handshakes
	begin_flow
	check "A51: $who: the mapping is lost three times in mid-flow, each time there is another port" \
		in_flow rebinds
	check "$who: pings go on" end_flow
	check "$who: none but a few of pcA's were lost" lost_at_most ab 12
	check "$who: none but a few of pcB's were lost" lost_at_most ba 12
	check "A51: $who: no handshake, the session is kept" no_handshake
}

# Longer than a mapping lives by itself, which takes its time.
kept_open() { # KIND-OF-SITE-B
	local who="$1 over IPv$family"
	check "$who: without keepalives the mapping closes" await 10 no_mapping
	check "$who: then nothing gets in" not_reached
	check "A38: $who: a keepalive of a second is turned on" keepalive 1
	check "A38: $who: at once pcB reaches pcA" await 5 ping_once pcB 10.0.1.10
	sleep 3
	check "A38: $who: so it does after three seconds without traffic" pings pcB 5 10.0.1.10 -i 0.05
}

nat() { # KIND-OF-SITE-B
	lab_up --no-endpoint B --siteB "$1"
	make_router && masquerade || exit 1
	for family in 4 6; do
		translated "$1"
		# Who is at site B has no part in it: one for each family.
		[ "$family$1" != 4wireguard-go ] && [ "$family$1" != 6encrypterd ] || continue
		kept_open "$1"
		check "A38: $1: keepalives are turned off" keepalive off
		[ $family = 6 ] || check "A38: $1: then the mapping closes" await 10 no_mapping
	done
	lab_down
}
nat encrypterd
nat wireguard-go

done_testing
