#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Independent implementations as site B: wireguard-go and, where it has one, the kernel's; each side
# begins, with and without a preshared key.
#
#   pcA ───── siteA ═════ inet ═════ siteB ────────── pcB
#             encrypterd             wireguard-go,
#                                    wireguard-kernel
#
. "$(dirname "$0")/_init.sh"
need_encrypterd
need_wireguard_go

# interop PEER TEXT FIRST-HOST FIRST-TARGET OPTION…: the first host's site is the only one that can begin
interop() {
	local peer=$1 text=$2 host=$3 target=$4
	shift 4
	lab_up --siteB "$peer" "$@"
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

interop_all() { # PEER
	interop "$1" "encrypterd begins with $1, no preshared key" pcA 10.0.2.10 --no-endpoint B
	interop "$1" "encrypterd begins with $1, preshared key" pcA 10.0.2.10 --no-endpoint B --psk
	interop "$1" "$1 begins, no preshared key" pcB 10.0.1.10 --no-endpoint A
	interop "$1" "$1 begins, preshared key" pcB 10.0.1.10 --no-endpoint A --psk
}

interop_all wireguard-go
if kernel_has_wireguard; then
	interop_all wireguard-kernel
else
	skip "wireguard-kernel" "this kernel has no WireGuard"
fi
done_testing
