#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# How a daemon starts and ends: its exit statuses, and that a name belongs to one instance.
#
#   siteA, siteB: encrypterd
#
. "$(dirname "$0")/_init.sh"
need_encrypterd
lab_up
conf=/run/encrypter-lab/$lab/siteA.conf

exits() { # STATUS COMMAND…: and says why on stderr, which is kept
	local expected=$1 status=0
	shift
	timeout 30 "$@" >"$scratch/out" 2>"$scratch/err" </dev/null || status=$?
	printf 'exit status %d, expected %d\n' $status "$expected"
	cat "$scratch/err"
	[ $status = "$expected" ]
}
says() { grep -qE "$1" "$scratch/err"; }

check "--check of a good configuration: 0" exits 0 "$BUILD/encrypterd" -c "$conf" --check
check "no configuration named: 2" exits 2 "$BUILD/encrypterd"
check "an unknown option: 2" exits 2 "$BUILD/encrypterd" --frobnicate
check "a configuration that is not there: 2" exits 2 "$BUILD/encrypterd" -c "$scratch/none.conf"
check "and it is named" says "$scratch/none.conf"
sed 's/^AllowedIPs.*/AllowedIPs = 10.0.2.0\/33/' "$conf" >"$scratch/bad.conf"
line=$(grep -n '^AllowedIPs' "$scratch/bad.conf" | cut -d : -f 1)
check "a bad configuration: 2" exits 2 "$BUILD/encrypterd" -c "$scratch/bad.conf"
check "with FILE:LINE: and what is wrong" says "$scratch/bad.conf:$line: .+"

check "a second instance of one name: 2" exits 2 \
	ip netns exec "$lab-siteA" "$BUILD/encrypterd" -c "$conf"
check "and the name is named" says "$lab-siteA"
check "the first one goes on" pings pcA 10 10.0.2.10 -i 0.05
closed() {
	on siteA ip addr add 10.0.1.97/24 dev lan0 && no_ping pcA 10.0.1.97
	local status=$?
	on siteA ip addr del 10.0.1.97/24 dev lan0
	return $status
}
check "and its interfaces stay closed to the kernel" closed

check "SIGTERM: 0" lab_do stop siteA
check "no socket is left in /run/encrypter" test ! -e "/run/encrypter/$lab-siteA"
check "no socket is left for wg" test ! -e "/var/run/wireguard/$lab-siteA.sock"

sed 's/iface:lan0/iface:nosuch0/' "$conf" >"$scratch/port.conf"
check "an interface that is not there: 1" exits 1 \
	ip netns exec "$lab-siteA" "$BUILD/encrypterd" -c "$scratch/port.conf"
check "and it is named" says nosuch0

# Another program serves wg's socket of that name.
rivalled() {
	local socket=/var/run/wireguard/$lab-siteA.sock line status
	line=$(grep -n '^Name' "$conf" | head -n 1 | cut -d : -f 1)
	mkdir -p /var/run/wireguard
	spawn rival "$scratch/rival" siteA python3 -c 'import socket, sys, time
s = socket.socket(socket.AF_UNIX)
s.bind(sys.argv[1])
s.listen()
print("listens", flush=True)
time.sleep(60)' "$socket"
	await 10 grep -q listens "$scratch/rival" &&
		exits 2 ip netns exec "$lab-siteA" "$BUILD/encrypterd" -c "$conf" &&
		says "$conf:$line: .* served by another program"
	status=$?
	despawn rival
	rm -f "$socket"
	return $status
}
check "a name whose socket is another program's: 2, with FILE:LINE:" rivalled

# A port's frames may be too short for a tunnel, too long for a buffer, or want more memory than there is.
starts_not() { # INTERFACE MTU: 2, whatever it says
	on siteA ip link set "$1" mtu "$2" &&
		exits 2 ip netns exec "$lab-siteA" "$BUILD/encrypterd" -c "${3:-$conf}"
	local status=$?
	on siteA ip link set "$1" mtu 1500
	return $status
}
check "a black MTU of 68: 2" starts_not wan0 68
check "and it is said" says '\.conf:[0-9]+: the MTU of \[Black\] Port is 68, too small for a tunnel; give it one of 656 or more'
check "a red MTU of 65535: 2" starts_not lan0 65535
check "and it is said" says 'MTU of \[Red\] Port is 65535.*; give it a smaller one, or set Mtu = 9000'
sed '/^\[Black\]/a Memory = 40M' "$conf" >"$scratch/memory.conf"
check "a red MTU of 9000 with too little memory: 2" starts_not lan0 9000 "$scratch/memory.conf"
check "section, MTU and remedy are named" \
	says '\[Black\] Memory is too small .* MTU of 9000 .*; set Memory = [0-9]+M or more'
sed "s/= 40M/= $(sed -n 's/.*set Memory = \([0-9]*M\) or more.*/\1/p' "$scratch/err")/" \
	"$scratch/memory.conf" >"$scratch/enough.conf"
check "--check of what is wanted then: 0" exits 0 "$BUILD/encrypterd" -c "$scratch/enough.conf" --check
sed 's/= 40M/= 16M/' "$scratch/memory.conf" >"$scratch/little.conf"
check "--check of a memory with which nothing starts: 2" exits 2 "$BUILD/encrypterd" -c "$scratch/little.conf" --check

interrupted() { # SIGINT
	local pid status
	# bash starts background commands with SIGINT ignored; a shell's foreground command has it not.
	env --default-signal=INT ip netns exec "$lab-siteA" "$BUILD/encrypterd" -c "$conf" \
		>"$scratch/log" 2>&1 </dev/null &
	pid=$!
	process_keep "$scratch/second.pid" $pid
	await 30 grep -qE '^[a-z]+ [a-z]+ ready( |$)' "$scratch/log" || return
	kill -s INT $pid
	await 10 process_gone "$scratch/second.pid"
	wait $pid
	status=$?
	printf 'exit status %d\n' $status
	tail -n 5 "$scratch/log"
	[ $status = 0 ]
}
check "SIGINT: 0" interrupted

# Other WireGuard programs use this folder, too, and may take it away when they leave it empty.
take_folder_away() {
	while :; do rmdir /var/run/wireguard 2>/dev/null; done
}
lab_do stop siteB
take_folder_away &
process_keep "$scratch/taker.pid" $!
check "it starts while wg's folder is taken away again and again" lab_do start siteA
process_end "$scratch/taker.pid"
check "and its socket is there" wg show "$lab-siteA" public-key

done_testing
