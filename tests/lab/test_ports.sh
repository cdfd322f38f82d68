#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Ports that are no Linux interface taken from the kernel: DPDK's virtual devices by their string, and
# a PCI address. One daemon alone, in a namespace of its own.
#
#   kernel ── tapred ── encrypterd ── tapblack ── kernel
#   10.9.1.1          .254     192.0.2.10         192.0.2.1
#
. "$(dirname "$0")/_init.sh"
need_encrypterd
[ -c /dev/net/tun ] || skip_all "/dev/net/tun is missing, which net_tap needs"

space=$lab-ports
name=$lab-ports
leave_space() {
	leave
	ip netns del "$space" 2>/dev/null
}
trap leave_space EXIT
ip netns add "$space"
(umask 077 && "$BUILD/encrypterctl" genkey >"$scratch/key")

configure() { # BLACK RED POLL
	cat >"$scratch/conf" <<END
[Node]
Name = $name
Poll = $3
StateDirectory = $scratch/state
[Black]
Port = $1
Address = 192.0.2.10/24
[Red]
Port = $2
Address = 10.9.1.254/24
[Crypt]
PrivateKeyFile = $scratch/key
END
}

start() {
	rm -f "$scratch/log"
	ip netns exec "$space" "$BUILD/encrypterd" -c "$scratch/conf" >"$scratch/log" 2>&1 </dev/null &
	daemon=$!
	process_keep "$scratch/daemon.pid" $daemon
	await 30 grep -qsE '^[a-z]+ [a-z]+ ready( |$)' "$scratch/log"
	local status=$?
	cat "$scratch/log"
	return $status
}

stop() {
	local status=0
	kill -s TERM $daemon
	wait $daemon || status=$?
	tail -n 3 "$scratch/log"
	[ $status = 0 ]
}

fails_naming() { # WHAT: exit 1, and the log names it
	local status=0
	timeout 30 ip netns exec "$space" "$BUILD/encrypterd" -c "$scratch/conf" >"$scratch/log" 2>&1 \
		</dev/null || status=$?
	cat "$scratch/log"
	[ $status = 1 ] && grep -qF "$1" "$scratch/log"
}

in_space() {
	ip netns exec "$space" "$@"
}

for poll in adaptive busy; do
	configure net_null0 net_null1 $poll
	check "Poll = $poll: starts on net_null ports, which always have packets" start
	check "Poll = $poll: answers while they flood it" "$BUILD/encrypterctl" -n "$name" status
	check "Poll = $poll: ends on SIGTERM with 0" stop
done

configure net_tap0,iface=tapblack net_tap1,iface=tapred adaptive
check "starts on net_tap ports" start
# the driver gives the kernel's end its own address; two stations need two
in_space ip link set tapblack address 02:00:00:00:00:01
in_space ip link set tapred address 02:00:00:00:00:02
in_space ip addr add 192.0.2.1/24 dev tapblack
in_space ip addr add 10.9.1.1/24 dev tapred
in_space ip link set tapblack up
in_space ip link set tapred up
check "net_tap: the red address answers" in_space ping -q -c 50 -i 0.01 -W 2 10.9.1.254
check "net_tap: the black address answers" in_space ping -q -c 50 -i 0.01 -W 2 192.0.2.10
check "net_tap: ends on SIGTERM with 0" stop
gone() { ! in_space ip link show tapred; }
check "net_tap: its interfaces are gone" gone

configure 0000:fe:1f.7 net_null1 adaptive
check "a PCI device that is not there: 1, and it is named" fails_naming 0000:fe:1f.7
configure net_nonsense0 net_null1 adaptive
check "a virtual device that DPDK does not know: 1, and it is named" fails_naming net_nonsense0

done_testing
