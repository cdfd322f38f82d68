#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# wireguard-go, an independent implementation, as site B; each side begins, with and without a
# preshared key.
#
#   pcA ───── siteA ═════ inet ═════ siteB ───────── pcB
#             encrypterd             wireguard-go
#
. "$(dirname "$0")/_init.sh"
need_encrypterd
need_wireguard_go

# interop TEXT FIRST-HOST FIRST-TARGET OPTION…: the first host's site is the only one that can begin
interop() {
	local text=$1 host=$2 target=$3
	shift 3
	lab_up --siteB wireguard-go "$@"
	check "$text: the first ping arrives" pings "$host" 1 "$target"
	check "$text: 1000 pings from pcA" pings pcA 1000 10.0.2.10 -i 0.002
	check "$text: 1000 pings from pcB" pings pcB 1000 10.0.1.10 -i 0.002
	check "$text: both ends saw the handshake" both_shook_hands
	check "$text: TCP from pcA unchanged" transfers pcA pcB 10.0.2.10 16
	check "$text: TCP from pcB unchanged" transfers pcB pcA 10.0.1.10 16
	lab_down
}

both_shook_hands() {
	[ "$(handshake_time siteA)" -gt 0 ] && [ "$(handshake_time siteB)" -gt 0 ]
}

interop "encrypterd begins, no preshared key" pcA 10.0.2.10 --no-endpoint B
interop "encrypterd begins, preshared key" pcA 10.0.2.10 --no-endpoint B --psk
interop "wireguard-go begins, no preshared key" pcB 10.0.1.10 --no-endpoint A
interop "wireguard-go begins, preshared key" pcB 10.0.1.10 --no-endpoint A --psk

done_testing
