#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Both families inside the tunnel, over both families outside; neighbours, routers and switches are
# the kernel's.
#
#   pcA ───────── siteA ══════════ inet ══════════ siteB ───────── pcB
#  10.0.1.10     encrypterd   192.168.1.0/24     encrypterd,     10.0.2.10
#  fd00:1::10               2001:db8:168::/64    wireguard-go    fd00:2::10
#
. "$(dirname "$0")/_init.sh"
need_encrypterd

# ---- helpers ----

# streams FROM TO ADDRESS [OPTION…]: four streams at once carry data for two seconds, all of them
streams() {
	local from=$1 to=$2 address=$3
	shift 3
	spawn iperf "$scratch/iperf.out" "$to" iperf3 -s -1 -p 7010
	await 10 listens "$to" 7010 || return
	on "$from" iperf3 -c "$address" -p 7010 -P 4 -t 2 -J "$@" >"$scratch/streams.json" || return
	python3 - "$scratch/streams.json" <<'END'
import json, sys
streams = json.load(open(sys.argv[1]))["end"]["streams"]
received = [s["receiver"]["bytes"] if "receiver" in s else
            s["udp"]["bytes"] - s["udp"]["lost_packets"] * s["udp"]["bytes"] // s["udp"]["packets"]
            for s in streams]
print("bytes received by each stream:", received)
sys.exit(len(received) != 4 or min(received) < 100000)
END
}

says() { # PATTERN HOST COMMAND…: what the command says, whatever its exit status
	local pattern=$1
	shift
	on "$@" >"$scratch/says.out" 2>&1
	cat "$scratch/says.out"
	grep -qE "$pattern" "$scratch/says.out"
}

capture() { # HOST IFACE FILTER…
	spawn capture "$scratch/capture" "$1" tcpdump -i "$2" -U -w - "${@:3}"
	capturing() { grep -q 'listening on' "$scratch/capture.err"; }
	await 10 capturing
}

seen() { # TCPDUMP-ARGUMENT…: how many packets of the capture
	tcpdump -r "$scratch/capture" -nn "$@" 2>/dev/null | wc -l
}

captured() { # COUNT FILTER…
	[ "$(seen "${@:2}")" -ge "$1" ]
}

end_capture() { # COUNT FILTER…
	await 5 captured "$@"
	local status=$?
	despawn capture
	return $status
}

# A cable between two machines carries finished frames; a veth only does when it is told to.
finish_frames() {
	local site
	for site in siteA siteB; do
		on $site ethtool -K wan0 tx off >/dev/null || return
	done
}

# ---- what must hold in every combination ----

both_inside() { # TEXT: what is outside
	check "A25: over $1, IPv6: the first packet arrives" pings pcA 1 fd00:2::10
	check "over $1, IPv6: 300 pings from pcA" pings pcA 300 fd00:2::10 -i 0.002
	check "over $1, IPv6: 300 pings from pcB" pings pcB 300 fd00:1::10 -i 0.002
	check "over $1, IPv4: 300 pings from pcA" pings pcA 300 10.0.2.10 -i 0.002
	check "over $1, IPv4: 300 pings from pcB" pings pcB 300 10.0.1.10 -i 0.002
	check "over $1, IPv6: TCP from pcA unchanged" transfers pcA pcB fd00:2::10 16
	check "over $1, IPv6: TCP from pcB unchanged" transfers pcB pcA fd00:1::10 16
	check "over $1, IPv4: TCP from pcA unchanged" transfers pcA pcB 10.0.2.10 16
	check "over $1, IPv6: four streams at once" streams pcA pcB fd00:2::10
	check "over $1, IPv4: four streams at once" streams pcB pcA 10.0.1.10
	check "over $1, IPv6: four UDP streams at once" streams pcA pcB fd00:2::10 -u -b 2M
	check "A49: over $1: 1420 bytes of IPv6 pass" pings pcA 3 fd00:2::10 -M 'do' -s 1372 -i 0.1
	forget_paths
	check "A49: over $1: 1421 bytes draw 'packet too big', MTU 1420" \
		says 'From fd00:1::254 .*Packet too big: mtu=1420' \
		pcA ping -c 1 -W 2 -M 'do' -s 1373 fd00:2::10
	forget_paths # both hosts learn the size from fragments of theirs, the first of which are lost
	check "A49: over $1: large data pass in fragments" await 10 ping_once pcA fd00:2::10 -s 4000
}

forget_paths() {
	ip -6 -n "$lab-pcA" route flush cache
	ip -6 -n "$lab-pcB" route flush cache
}

outer_is() { # FAMILY: the endpoint that each side knows
	local pattern='2001:db8'
	[ "$1" = 6 ] || pattern='192\.168'
	wg show "$lab-siteA" endpoints | grep -q "$pattern" && wg show "$lab-siteB" endpoints | grep -q "$pattern"
}

# ---- IPv4 outside ----

lab_up --ipv6 --outer 4
both_inside IPv4
check "over IPv4: that it was" outer_is 4

check "A45: a secure address that no peer covers is unreachable, and the sender is told" \
	says 'From fd00:1::254 .*Destination unreachable: Address unreachable' \
	pcA ping -c 1 -W 2 fd00:3::1
check "what is no secure site's is refused, and the sender is told" \
	says 'From fd00:1::254 .*Destination unreachable: Administratively prohibited' \
	pcA ping -c 1 -W 2 2001:db8:168::100
check "hops end here, and the sender is told" says 'From fd00:1::254 .*Time exceeded: Hop limit' \
	pcA ping -c 1 -W 2 -t 1 fd00:2::10
check "the red address answers" pings pcA 3 fd00:1::254 -i 0.1
check "the red address answers from the other site" pings pcB 3 fd00:1::254 -i 0.1
check "the black address answers" pings inet 3 2001:db8:168::10 -i 0.1
link_local() { # SITE IFACE: as EUI-64 has it
	on "$1" cat "/sys/class/net/$2/address" | python3 -c '
import sys
b = bytes.fromhex(sys.stdin.read().strip().replace(":", ""))
print("fe80::%02x%02x:%02xff:fe%02x:%02x%02x" % (b[0] ^ 2, *b[1:]))'
}
check "the red port's link-local address answers" pings pcA 3 "$(link_local siteA lan0)%eth0" -i 0.1
check "the black port's link-local address answers" pings inet 3 "$(link_local siteA wan0)%black0" -i 0.1

# Somebody takes our address: the kernel asks first whether it is free, and is told.
address_refused() {
	on pcA sysctl -q -w net.ipv6.conf.eth0.accept_dad=1 net.ipv6.conf.eth0.dad_transmits=1
	ip -n "$lab-pcA" addr add fd00:1::254/64 dev eth0 || return
	failed() { ip -n "$lab-pcA" addr show dev eth0 | grep -q 'fd00:1::254.*dadfailed'; }
	await 10 failed
	local status=$?
	ip -n "$lab-pcA" addr show dev eth0
	ip -n "$lab-pcA" addr del fd00:1::254/64 dev eth0
	return $status
}
check "an address of ours cannot be taken by another" address_refused

# router_says HOST HOPS: "I am your router", to pcA alone, as from that far away
router_says() {
	on "$1" python3 - "$2" <<'END'
import socket, sys
s = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6)
s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_UNICAST_HOPS, int(sys.argv[1]))
s.sendto(bytes([134, 0, 0, 0, 64, 0, 7, 8]) + bytes(8), ("fd00:1::10", 0))
END
}
not_into_tunnel() { # HOPS COUNTER: pcB says so, and siteB tells no other site
	local before
	before=$(counter siteB red rx_tunnel)
	router_says pcB "$1" && await 5 counter_is siteB red "$2" 1 || return
	[ "$(counter siteB red rx_tunnel)" = "$before" ]
}
check "C33: neighbour discovery does not enter the tunnel" not_into_tunnel 255 drop_nd_others
check "C33: nor does what breaks its rules" not_into_tunnel 254 drop_nd_malformed

capture inet portA udp port 51820
check "A47: pings with a traffic class pass" pings pcA 20 fd00:2::10 -i 0.02 -Q 0xba
check "A47: they are captured" end_capture 40
plain_class() {
	tcpdump -r "$scratch/capture" -nnv 2>/dev/null | grep 'tos 0x' >"$scratch/decoded"
	[ "$(wc -l <"$scratch/decoded")" -ge 40 ] && ! grep -qv 'tos 0x0, ttl 64' "$scratch/decoded"
}
check "A47: outside, nothing of it is seen" plain_class
lab_down

# ---- IPv6 outside, a switch that forwards groups only to who wants them ----

lab=t$$x
lab_up --ipv6 --outer 6
both_inside IPv6
check "over IPv6: that it was" outer_is 6

finish_frames
capture inet portA udp port 51820
check "A48: pings over finished frames pass" pings pcA 50 fd00:2::10 -i 0.01 -s 1000
check "A48: they are captured" end_capture 100 ip6
sums_right() {
	tcpdump -r "$scratch/capture" -nnvv ip6 >"$scratch/decoded" 2>/dev/null
	local packets right
	packets=$(grep -c 'next-header UDP' "$scratch/decoded")
	right=$(grep -c 'udp sum ok' "$scratch/decoded")
	printf '%s packets, %s with a right checksum\n' "$packets" "$right"
	[ "$packets" -ge 100 ] && [ "$packets" = "$right" ]
}
check "A48, C20: every outer UDP checksum is there and right" sums_right
labels_zero() { [ "$(grep -c 'hlim 64' "$scratch/decoded")" -ge 100 ] && ! grep -qE 'flowlabel|class' "$scratch/decoded"; }
check "A47, A48: hop limit 64, no flow label, no traffic class" labels_zero

snooping_switch() {
	local site
	ip -n "$lab-inet" link set black0 type bridge mcast_snooping 1 mcast_querier 1 || return
	for site in siteA siteB; do
		lab_do stop $site && lab_do start $site || return
	done
	listed() {
		bridge -n "$lab-inet" mdb show >"$scratch/groups"
		grep -q 'portA.*ff02::1:ff00:10' "$scratch/groups" &&
			grep -q 'portB.*ff02::1:ff00:20' "$scratch/groups"
	}
	await 10 listed
	local status=$?
	cat "$scratch/groups"
	return $status
}
check "a switch learns which groups the black ports listen to" snooping_switch
check "and what it forwards is enough for the sites to find each other" pings pcB 5 fd00:1::10 -i 0.1
lab_down

# ---- another implementation; two addresses; the keys that open channels ----

if command -v wireguard-go >/dev/null && [ -c /dev/net/tun ]; then
	lab=t$$y
	lab_up --siteB wireguard-go --outer 6 --no-endpoint A \
		--more siteA.Black 'Address = 192.168.1.11/24' \
		--more siteA.Black 'Address = 2001:db8:168::11/64' \
		--more siteA.Black 'UdpChecksum = yes' \
		--more siteA.Crypt 'Dscp = copy' --more siteA.Crypt 'Ecn = copy'
	key=$(cat "/run/encrypter-lab/$lab/siteA.pub")
	reach_at() { # ENDPOINT: site B turns there, and is answered from there
		wg set "$lab-siteB" peer "$key" endpoint "$1" || return
		pings pcB 50 fd00:1::10 -i 0.01 && pings pcB 50 10.0.1.10 -i 0.01 || return
		wg show "$lab-siteB" endpoints
		wg show "$lab-siteB" endpoints | grep -qF "$1"
	}
	check "A52: reached at its second IPv6 address, site A answers from that" \
		reach_at '[2001:db8:168::11]:51820'
	check "with wireguard-go over IPv6: TCP over IPv6 unchanged" transfers pcB pcA fd00:1::10 16
	check "with wireguard-go over IPv6: TCP over IPv4 unchanged" transfers pcA pcB 10.0.2.10 16
	check "with wireguard-go over IPv6: four streams at once" streams pcA pcB fd00:2::10
	finish_frames
	capture inet portA udp port 51820
	check "A47: pings with a traffic class pass" pings pcA 20 fd00:2::10 -i 0.02 -Q 0xba
	check "A47: they are captured" end_capture 40 ip6
	classes() { [ "$(tcpdump -r "$scratch/capture" -nnv ip6 2>/dev/null | grep -c 'class 0xba')" -ge 20 ]; }
	check "A47: with Dscp and Ecn = copy, it is seen outside" classes
	check "A52: moved to IPv4, to the second address there" reach_at '192.168.1.11:51820'
	capture inet portA udp port 51820
	check "A48: pings over IPv4 pass" pings pcA 20 10.0.2.10 -i 0.02
	check "A48: they are captured" end_capture 40 ip
	sums4() { # of site A's, since the other leaves them to its kernel
		tcpdump -r "$scratch/capture" -nnvv src host 192.168.1.11 >"$scratch/decoded" 2>/dev/null
		[ "$(grep -c 'udp sum ok' "$scratch/decoded")" -ge 20 ] && ! grep -qE 'no cksum|bad udp' "$scratch/decoded"
	}
	check "A48: with UdpChecksum = yes, over IPv4 too every message has one" sums4
	check "A52: back to the first address, in IPv6" reach_at '[2001:db8:168::10]:51820'
	not_out_of_tunnel() {
		router_says siteB 255 && await 5 counter_is siteA red drop_nd_others 1
	}
	check "C33: what another site says as if it were on our link is dropped" not_out_of_tunnel
	lab_down
else
	skip "with wireguard-go over IPv6" "wireguard-go or /dev/net/tun is missing"
fi

done_testing
