#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# siteA behind an address translator that remembers each flow for two seconds: it forgets one and gives
# it another port in mid-flow (A51); it is kept open by a persistent keepalive (A38), and closes without.
#
#   pcA ───── siteA ───── inet ────────── siteB ────────────────────────── pcB
#             encrypterd  masquerading    encrypterd, then wireguard-go
#
. "$(dirname "$0")/_init.sh"
. "$here/_outside.sh"
need_encrypterd
need_wireguard_go

masquerade() {
	on inet nft -f - <<END || return
table ${table[$family]} nat {
	chain out {
		type nat hook postrouting priority 100;
		oif portB masquerade fully-random
	}
}
END
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
	local old status=0
	begin_pings ab pcA 150 0.02 10.0.2.10
	begin_pings ba pcB 150 0.02 10.0.1.10
	for _ in 1 2 3; do
		old=$(seen_at)
		ping_once pcA 10.0.2.10 && forget_mapping && await 2 seen_elsewhere "$old" || status=1
		printf 'from %s to %s\n' "$old" "$(seen_at)"
	done
	pings_end ab && pings_end ba && [ $status = 0 ]
}

keepalive() { # SECONDS, of siteA's
	wg set "$lab-siteA" peer "$(wg show "$lab-siteA" peers)" persistent-keepalive "$1"
}

nat() { # KIND-OF-SITE-B
	local who=$1
	lab_up --no-endpoint B --siteB "$1"
	make_router && masquerade || exit 1
	place siteA "$(endpoint_text "${inside[${family}siteB]}" 51820)" && place siteB "" || exit 1
	check "$who: traffic passes" pings pcA 5 10.0.2.10 -i 0.05
	check "$who: siteB sees the translator" seen_as_the_translator

	remember_handshakes
	check "$who: the mapping is lost three times in mid-flow, each time there is another port" rebinds
	check "$who: pings from pcA go on" lost_at_most ab 6
	check "$who: pings from pcB go on" lost_at_most ba 6
	check "A51: $who: no handshake, the session is kept" no_handshake

	check "$who: without keepalives the mapping closes" await 10 no_mapping
	check "$who: then nothing gets in" no_ping pcB 10.0.1.10
	check "A38: $who: a keepalive of a second is turned on" keepalive 1
	check "A38: $who: at once pcB reaches pcA" await 5 ping_once pcB 10.0.1.10
	# It is time that has to pass: more than the mapping would live by itself.
	sleep 5
	check "A38: $who: so it does after five seconds without traffic" pings pcB 5 10.0.1.10 -i 0.05
	check "A38: $who: keepalives are turned off" keepalive off
	check "$who: then the mapping closes" await 10 no_mapping
	lab_down
}

family=4
nat encrypterd
nat wireguard-go
skip "translation over IPv6" "encrypterd has no outer IPv6 yet"

done_testing
