#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# The main job: real traffic between two sites through two encrypterd.
#
#   pcA ───── siteA ═════ inet ═════ siteB ───── pcB
#  10.0.1.10  encrypterd             encrypterd  10.0.2.10
#
. "$(dirname "$0")/_init.sh"
need_encrypterd
lab_up

fast_engine() { # by which encrypterd was built with it
	ctl siteA status --json | tee /dev/stderr | python3 -c '
import json, sys
sys.exit(json.load(sys.stdin)["engine"] != "ipsec-mb")'
}
if ls /usr/lib/*/libIPSec_MB.so >/dev/null 2>&1; then
	check "the engine is ipsec-mb" fast_engine
else
	skip "the engine is ipsec-mb" "libipsec-mb-dev is not installed"
fi

# A packet that starts the handshake waits for it (staged, A42) and arrives.
check "A25: the first packet, sent when there is no session, arrives" pings pcA 1 10.0.2.10
check "1000 pings from pcA to pcB, none lost" pings pcA 1000 10.0.2.10 -i 0.002
check "1000 pings from pcB to pcA, none lost" pings pcB 1000 10.0.1.10 -i 0.002
check "TCP carries a file from pcA to pcB unchanged" transfers pcA pcB 10.0.2.10 64
check "TCP carries a file from pcB to pcA unchanged" transfers pcB pcA 10.0.1.10 64

spawn echo /dev/null pcB python3 "$here/transfer.py" echo 7001
udp_open() { on pcB ss -Hlun 'sport = :7001' | grep -q .; }
await 10 udp_open
check "UDP datagrams of 0 to 1392 bytes come back unchanged" \
	on pcA python3 "$here/transfer.py" exchange 10.0.2.10 7001 1392
despawn echo

# ---- sizes: the tunnel carries IP packets of 1420 bytes (28 of them are ICMP's and IP's here) ----

forget_path() { on pcA ip route flush cache && on pcB ip route flush cache; }
frag_needed() {
	forget_path
	on pcA ping -c 2 -i 0.2 -W 2 -M 'do' -s 1393 10.0.2.10 >"$scratch/out" 2>&1
	cat "$scratch/out"
	grep -qE 'From 10.0.1.254 .*Frag needed and DF set \(mtu = 1420\)' "$scratch/out"
}
check "A49: 1420 bytes with DF pass" pings pcA 3 10.0.2.10 -M 'do' -s 1392 -i 0.1
check "A49: 1421 bytes with DF draw 'fragmentation needed', MTU 1420" frag_needed
too_big_counted() { [ "$(counter siteA red tx_icmp_too_big)" -ge 1 ]; }
check "A49: that was counted" too_big_counted
check "A49: sent again in a size that fits, large data pass" pings pcA 3 10.0.2.10 -s 4000 -i 0.1
forget_path
check "A49: 1500 bytes without DF pass, in fragments" pings pcA 3 10.0.2.10 -M dont -s 1472 -i 0.1

# ---- where no site is ----

unreachable() { # ADDRESS
	on pcA ping -c 1 -W 2 "$1" >"$scratch/out" 2>&1
	cat "$scratch/out"
	grep -qE "From 10.0.1.254 .*(Destination Host Unreachable|Packet filtered)" "$scratch/out"
}
check "A45: a secure address that no peer covers is unreachable, and the sender is told" \
	unreachable 10.0.3.1
check "what is no secure site's is refused, and the sender is told" unreachable 198.51.100.80
check "the red address answers pings" pings pcA 3 10.0.1.254 -i 0.1
check "the black address answers pings" pings inet 3 192.168.1.10 -i 0.1

# ---- what the untrusted network sees ----

spawn capture "$scratch/capture" inet tcpdump -i portA -U -w -
capturing() { grep -q 'listening on' "$scratch/capture.err"; }
await 10 capturing
# "Attack at dawn!!" in every packet
check "pings with a known text pass" pings pcA 20 10.0.2.10 -i 0.02 -s 200 \
	-p 41747461636b206174206461776e2121
seen() { tcpdump -r "$scratch/capture" -nn "$@" 2>/dev/null | wc -l; }
captured() { [ "$(seen udp port 51820)" -ge 40 ]; }
check "their packets were captured on the black wire" await 5 captured
despawn capture
check "only WireGuard and ARP are on the black wire" test "$(seen not udp port 51820 and not arp)" = 0
check "the text is not" sh -c "! grep -aq 'Attack at dawn' '$scratch/capture'"

done_testing
