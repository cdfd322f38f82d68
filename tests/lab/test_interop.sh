#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Independent implementations as site B: wireguard-go and, where it has one, the kernel's; each side
# begins, with and without a preshared key, over IPv4 and over IPv6; each moves in mid-flow.
#
#   pcA ───── siteA ═════ inet ═════ siteB ────────── pcB
#             encrypterd             wireguard-go,
#                                    wireguard-kernel
#
# Arguments: which of them (default: both).
. "$(dirname "$0")/_init.sh"
need_encrypterd
need_wireguard_go

declare -A address=([4pcA]=10.0.1.10 [4pcB]=10.0.2.10 [6pcA]=fd00:1::10 [6pcB]=fd00:2::10)

# interop PEER TEXT FAMILY FIRST-HOST OTHER-HOST OPTION…: the first host's site is the only one that can
# begin; FAMILY is that outside the tunnel, and here inside too
interop() {
	local peer=$1 text=$2 family=$3 first=$4 other=$5
	local a=${address[$3pcA]} b=${address[$3pcB]}
	shift 5
	lab_up --siteB "$peer" --outer "$family" "$@"
	check "$text: the first ping arrives" pings "$first" 1 "${address[$family$other]}"
	check "$text: 1000 pings from pcA" pings pcA 1000 "$b" -i 0.002
	check "$text: 1000 pings from pcB" pings pcB 1000 "$a" -i 0.002
	check "$text: both ends saw the handshake" both_shook_hands
	check "$text: TCP from pcA unchanged" transfers pcA pcB "$b" 16
	check "$text: TCP from pcB unchanged" transfers pcB pcA "$a" 16
}

both_shook_hands() {
	[ "$(handshake_time siteA)" -gt 0 ] && [ "$(handshake_time siteB)" -gt 0 ]
}

# ---- each end is suddenly somewhere else; its keepalives tell the other ----

peer_of() { # SITE
	cat "/run/encrypter-lab/$lab/$1.pub"
}

endpoint_is() { # SITE ENDPOINT: of its only peer
	on "$1" wg show "$lab-$1" endpoints | cut -f 2 | grep -qxF "$2"
}

keepalives() { # SITE PEER SECONDS, of the site
	on "$1" wg set "$lab-$1" peer "$(peer_of "$2")" persistent-keepalive "$3"
}

keepalives_come() {
	local before
	before=$(counter siteA crypt keepalives_received)
	more_came() { [ "$(counter siteA crypt keepalives_received)" -ge $((before + 2)) ]; }
	await 10 more_came
}

bytes_received() { # SITE
	on "$1" wg show "$lab-$1" transfer | cut -f 2
}

keepalives_go() {
	local before
	before=$(bytes_received siteB)
	more_came() { [ "$(bytes_received siteB)" -ge $((before + 64)) ]; }
	await 10 more_came
}

new_port() { # SITE OTHER ADDRESS, of the site
	on "$1" wg set "$lab-$1" listen-port 51999 && await 10 endpoint_is "$2" "$3:51999"
}

new_address() { # of site B
	ip -n "$lab-siteB" addr flush dev wan0 && ip -n "$lab-siteB" addr add 192.168.1.21/24 dev wan0 &&
		ip -n "$lab-siteB" route replace default via 192.168.1.100 &&
		await 10 endpoint_is siteA 192.168.1.21:51999
}

# No handshake since the one at $shaken, unless its session became old enough to be renewed (A31), which
# only happens on a slow machine.
same_session() {
	local now
	now=$(handshake_time siteA)
	printf 'handshakes: %s before, %s now\n' "$shaken" "$now"
	[ "$now" = "$shaken" ] || [ $((now - shaken)) -ge 120 ]
}

moves() { # PEER
	shaken=$(handshake_time siteA)
	check "A38: $1: its keepalives arrive" keepalives siteB siteA 1
	check "A38: $1: and are counted" keepalives_come
	check "A38: $1: ours" keepalives siteA siteB 1
	check "A38: $1: arrive there" keepalives_go
	check "A51: $1 follows site A to another port" new_port siteA siteB 192.168.1.10
	check "A51: $1: pings from pcB after that" pings pcB 50 10.0.1.10 -i 0.01
	check "A51: site A follows $1 to another port" new_port siteB siteA 192.168.1.20
	# wireguard-go goes on sending from its former address, and is refused
	[ "$1" = wireguard-go ] || check "A51: site A follows $1 to another address" new_address
	check "A51: $1: pings from pcA after that" pings pcA 50 10.0.2.10 -i 0.01
	check "A51: $1: no handshake, the session is kept" same_session
}

interop_all() { # PEER
	interop "$1" "encrypterd begins with $1, no preshared key" 4 pcA pcB --no-endpoint B
	lab_down
	interop "$1" "encrypterd begins with $1, preshared key" 4 pcA pcB --no-endpoint B --psk
	lab_down
	interop "$1" "$1 begins, no preshared key" 4 pcB pcA --no-endpoint A
	lab_down
	interop "$1" "$1 begins, preshared key" 4 pcB pcA --no-endpoint A --psk
	moves "$1"
	lab_down
	interop "$1" "encrypterd begins with $1 over IPv6" 6 pcA pcB --no-endpoint B --psk
	lab_down
	interop "$1" "$1 begins over IPv6" 6 pcB pcA --no-endpoint A --psk
	lab_down
}

[ $# != 0 ] || set -- wireguard-go wireguard-kernel
for peer in "$@"; do
	if [ "$peer" = wireguard-kernel ] && ! kernel_has_wireguard; then
		skip "$peer" "$no_kernel_wireguard"
	else
		interop_all "$peer"
	fi
done
done_testing
