#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# A site with two addresses on the black side: what it sends comes from the one at which the peer
# reaches it (A52).
#
#   pcA ───── siteA ═══════════════ inet ═════ siteB ────────────────────────── pcB
#             encrypterd                       wireguard-go, then encrypterd
#             192.168.1.10 and .11
#
. "$(dirname "$0")/_init.sh"
. "$here/_outside.sh"
need_encrypterd
need_wireguard_go

seen() { tcpdump -r "$scratch/capture" -nn "$@" 2>/dev/null | wc -l; }

# reaches ADDRESS HOST TARGET: pings from there; on the wire all of siteA's messages come from ADDRESS
reaches() {
	local address=$1 status=0
	rm -f "$scratch/capture" "$scratch/capture.err"
	spawn capture "$scratch/capture" inet tcpdump -i portA -U -w - udp
	capturing() { grep -q 'listening on' "$scratch/capture.err"; }
	await 10 capturing || status=1
	pings "$2" 20 "$3" -i 0.02 || status=1
	all_seen() { [ "$(seen src host "$address")" -ge 20 ]; }
	await 5 all_seen || status=1
	despawn capture
	tcpdump -r "$scratch/capture" -nn 2>/dev/null | head -n 4
	[ $status = 0 ] && [ "$(seen src net 192.168.1.8/29 and not src host "$address")" = 0 ]
}

# The first answer after a turn still leaves from the address before: black is told by way of control.
turns() { # KIND-OF-SITE-B
	if [ "$1" = wireguard-go ]; then
		skip "A52: $1: it turns to the first address" \
			"the answer to its first message comes from the second, and it follows that"
		return
	fi
	remember_handshakes
	wg set "$lab-siteB" peer "$(wg show "$lab-siteB" peers)" endpoint 192.168.1.10:51820
	check "A52: $1: it turns to the first address" pings pcB 5 10.0.1.10 -i 0.05
	check "A52: $1: siteA does so too" reaches 192.168.1.10 pcB 10.0.1.10
	check "A52: $1: that takes no handshake" no_handshake
	check "A52: $1: and holds" reaches 192.168.1.10 pcA 10.0.2.10
}

two_addresses() { # KIND-OF-SITE-B
	local who=$1
	lab_up --no-endpoint A --siteB "$1"
	lab_do stop siteA && readdress siteA 192.168.1.10/24,192.168.1.11/24 192.168.1.100 &&
		lab_do start siteA || exit 1
	wg set "$lab-siteB" peer "$(wg show "$lab-siteB" peers)" endpoint 192.168.1.11:51820
	check "A52: $who: the peer reaches the second: answers to its handshake and data come from there" \
		reaches 192.168.1.11 pcB 10.0.1.10
	check "A52: $who: so does what siteA sends of itself" reaches 192.168.1.11 pcA 10.0.2.10
	check "the peer's idea of it has not moved" endpoint_is siteB 192.168.1.11:51820
	turns "$who"
	lab_down
}

two_addresses wireguard-go
two_addresses encrypterd

done_testing
