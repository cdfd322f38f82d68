#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# What kernels leave to one another where no wire is between them: checksums to be completed, and
# frames of many segments to be cut (C21); and frames of ours that leave joined.
. "$(dirname "$0")/_init.sh"
need_encrypterd

both_ways() { # TEXT
	check "$1: 200 pings from pcA" pings pcA 200 10.0.2.10 -i 0.005
	check "$1: TCP from pcA unchanged" transfers pcA pcB 10.0.2.10 16
	check "$1: TCP from pcB unchanged" transfers pcB pcA 10.0.1.10 16
	check "$1: datagrams from pcA unchanged" datagrams pcA pcB 10.0.2.10 $trains
	[ -n "$trains" ] || return 0
	skip "$1: trains of datagrams from pcA" \
		"Linux before 6.2 gives a packet socket no trains of UDP that a local sender leaves to be cut"
	check "$1: such a train is counted as missed" train_missed
}

train_missed() {
	local before
	before=$(counter siteA red rx_missed)
	on pcA python3 "$here/datagrams.py" train 10.0.2.10 || return
	missed() { [ "$(counter siteA red rx_missed)" -gt "${before:-0}" ]; }
	await 5 missed
}

both_ways6() { # TEXT
	check "C21: $1: TCP in IPv6 from pcA unchanged" transfers pcA pcB fd00:2::10 16
	check "C21: $1: TCP in IPv6 from pcB unchanged" transfers pcB pcA fd00:1::10 16
}

# Datagrams of many lengths up to the tunnel's, sent singly and 40 at once (UDP_SEGMENT), unless all singly.
datagrams() { # FROM TO ADDRESS [singly]
	spawn datagrams "$scratch/datagrams" "$2" python3 "$here/datagrams.py" receive "$3"
	await 10 takes_datagrams "$2" || return
	on "$1" python3 "$here/datagrams.py" send "${@:3}" || return
	await 15 process_gone "$scratch/datagrams.pid" || return
	cat "$scratch/datagrams" "$scratch/datagrams.err"
	grep -qx 'all came' "$scratch/datagrams"
}

takes_datagrams() { # HOST
	on "$1" ss -Hlun 'sport = :5555' | grep -q .
}

# While TCP passes, HOST's IFACE receives a frame longer than its MTU.
sees_joined() { # HOST IFACE FROM TO ADDRESS
	spawn capture "$scratch/joined" "$1" tcpdump -i "$2" -Q in -c 1 -nn 'greater 3000'
	await 10 grep -q 'listening on' "$scratch/capture.err" || return
	for _ in 1 2 3 4 5; do
		transfers "$3" "$4" "$5" 16 || break
		process_gone "$scratch/capture.pid" && break
	done
	despawn capture
	grep -q length "$scratch/joined"
}

# What comes first, at a slow machine's handshake, may be more than waits for the neighbour at the far end.
ready_lab() { # OPTION…
	lab_up "$@"
	check "the first ping arrives${*:+ ($*)}" await 10 ping_once pcA 10.0.2.10
	trains=
	[[ " $* " != *" --offloads "* ]] || ! kernel_before 6 2 || trains=singly
}

# TCP from pcA while siteA's daemon stands still, with trains that it has not read, and its link breaks.
transfers_over_break() {
	local pid transfer status
	pid=$(daemon_pid siteA)
	transfers pcA pcB 10.0.2.10 64 &
	transfer=$!
	await 20 halt_with_trains siteA "$pid"
	status=$?
	on siteA ip link set lan0 down
	on siteA ip link set lan0 up
	kill -s CONT "$pid"
	wait $transfer && return $status
}
halt_with_trains() { # SITE PID
	kill -s STOP "$2"
	for _ in 1 2 3 4 5; do
		trains_wait "$1" && return
	done
	kill -s CONT "$2"
	return 1
}
trains_wait() { # SITE: trains, and nothing else, lie in the queue of a packet socket
	on "$1" awk '$7 > 0 && NR > 1 { found = 1 } END { exit !found }' /proc/net/packet
}

too_long() { # SITE DOMAIN
	counter "$1" "$2" rx_too_long
}

ready_lab
both_ways "PCs as on a wire"
check "frames to pcB leave joined" sees_joined pcB eth0 pcA pcB 10.0.2.10
if kernel_before 6 2; then
	skip "messages to site B leave joined" "Linux before 6.2 takes no joined UDP from a packet socket"
else
	check "messages to site B leave joined" sees_joined siteB wan0 pcA pcB 10.0.2.10
fi

# A device that does not cut loses what is joined: the daemon sends one by one from then on.
on siteA ethtool -K lan0 tso off >/dev/null
on siteB ethtool -K lan0 tso off >/dev/null
on siteA ethtool -K wan0 tx-udp-segmentation off >/dev/null
both_ways "ports without segmentation"
on siteA ethtool -K lan0 tx off >/dev/null
on siteA ethtool -K wan0 tx off >/dev/null
both_ways "ports without checksums"
lab_down

ready_lab --offloads --ipv6
both_ways "PCs with offloads"
both_ways6 "PCs with offloads"
check "pcA leaves frames to be cut" sees_joined siteA lan0 pcA pcB 10.0.2.10
check "no frame was lost for its length" test "$(too_long siteA red)$(too_long siteB red)" = 00
check "none on the black side" test "$(too_long siteA black)$(too_long siteB black)" = 00
lab_down

# A thread that rests takes note of the link before it reads; one that never rests finds out as it reads.
ready_lab --offloads --poll busy
check "a link that breaks under trains: TCP unchanged" transfers_over_break
check "and TCP after it" transfers pcA pcB 10.0.2.10 16
lab_down

if command -v wireguard-go >/dev/null && [ -c /dev/net/tun ]; then
	ready_lab --offloads --outer 6 --siteB wireguard-go
	both_ways "with wireguard-go, over IPv6"
	both_ways6 "with wireguard-go, over IPv6"
	lab_down
else
	skip "with wireguard-go" "wireguard-go or /dev/net/tun is missing"
fi

done_testing
