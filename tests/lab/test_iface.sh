#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Taking an interface from the kernel and giving it back (src/ctl/iface.h).
#
#     far ────────────────── near            near also has 10.9.9.9 on its loopback interface
#     out0 10.9.0.9          in0 10.9.0.1, 10.9.0.2, fd00:9::1
#
# shellcheck source=_init.sh
. "$(dirname "$0")/_init.sh"

tool=$BUILD/tests/lab/iface_tool
[ "$(id -u)" = 0 ] || skip_all "only root can make network namespaces"
[ -x "$tool" ] || skip_all "iface_tool is not built"

lab=if$$
near() { ip netns exec "$lab-near" "$@"; }
far() { ip netns exec "$lab-far" "$@"; }

clean() {
	tool_end KILL
	ip netns del "$lab-near" 2>/dev/null
	ip netns del "$lab-far" 2>/dev/null
	leave
}
trap clean EXIT

make_network() {
	ip netns add "$lab-near" && ip netns add "$lab-far" || return
	ip -n "$lab-near" link add in0 type veth peer name out0 netns "$lab-far" || return
	near sysctl -q net.ipv4.conf.in0.forwarding=1 net.ipv4.conf.all.rp_filter=0 || return
	ip -n "$lab-near" address add 10.9.9.9/32 dev lo
	ip -n "$lab-near" link set lo up
	ip -n "$lab-near" address add 10.9.0.1/24 brd + dev in0 label in0:one || return
	ip -n "$lab-near" address add 10.9.0.2/24 dev in0 || return
	ip -n "$lab-near" address add fd00:9::1/64 dev in0 nodad || return
	ip -n "$lab-near" link set in0 up
	ip -n "$lab-far" address add 10.9.0.9/24 dev out0
	ip -n "$lab-far" address add fd00:9::9/64 dev out0 nodad
	ip -n "$lab-far" link set out0 up
	await 5 settled || return
	ip -n "$lab-near" route add 10.77.0.0/16 via 10.9.0.9 metric 7 || return
	ip -n "$lab-near" route add fd00:77::/64 via fd00:9::9 metric 7 || return
	ip -n "$lab-far" route add 10.9.9.9/32 via 10.9.0.1
	near ethtool -K in0 gro on
}

settled() { # both ends have their link-local addresses, and no more doubts
	has_settled near in0 && has_settled far out0
}

has_settled() { # NAMESPACE INTERFACE
	[ "$(ip -n "$lab-$1" -6 address show dev "$2" scope link -tentative | wc -l)" != 0 ] &&
		[ "$(ip -n "$lab-$1" -6 address show dev "$2" tentative | wc -l)" = 0 ]
}

tool_start() { # [COMMAND…] before the tool
	mkfifo "$scratch/hold"
	rm -f "$scratch/tool.out"
	ip netns exec "$lab-near" "$@" "$tool" in0 <"$scratch/hold" >"$scratch/tool.out" 2>"$scratch/tool.err" &
	process_keep "$scratch/tool.pid" $!
	disown $!
	exec 9>"$scratch/hold"
	rm "$scratch/hold"
	await 10 tool_took_or_ended && grep -q '^taken' "$scratch/tool.out"
}

tool_took_or_ended() {
	grep -qs '^taken' "$scratch/tool.out" || process_gone "$scratch/tool.pid"
}

tool_stop() { # its standard input ends
	exec 9>&-
	await 10 process_gone "$scratch/tool.pid"
	rm -f "$scratch/tool.pid"
	cat "$scratch/tool.err"
	grep -q '^given back' "$scratch/tool.out" && [ ! -s "$scratch/tool.err" ]
}

tool_end() { # SIGNAL, while it holds the interface
	[ ! -e "$scratch/tool.pid" ] || process_end "$scratch/tool.pid" "$1"
	exec 9>&-
	rm -f "$scratch/tool.pid"
}

tool_fails() { # MESSAGE INTERFACE [COMMAND…]
	local message=$1 interface=$2
	shift 2
	near "$@" "$tool" "$interface" </dev/null >"$scratch/fail.out" 2>&1
	local status=$?
	cat "$scratch/fail.out"
	[ "$status" = 1 ] && grep -qF "$message" "$scratch/fail.out"
}

lasting() { # what counts down is left out
	sed 's/ expires [0-9]*sec//'
}

# All that taking changes, as text.
state() {
	ip -n "$lab-near" -o address show dev in0 | tr -s ' '
	ip -n "$lab-near" route show table all dev in0 | lasting | sort
	ip -n "$lab-near" -6 route show table all dev in0 | lasting | sort
	ip -n "$lab-near" route show | sort # also those that lead over more than in0
	ip -n "$lab-near" -6 route show | lasting | sort
	ip -n "$lab-near" -o link show dev in0 | grep -o '<.*>'
	near sysctl net.ipv6.conf.in0.disable_ipv6 net.ipv4.conf.in0.forwarding \
		net.ipv6.conf.in0.forwarding
	near tc qdisc show dev in0 clsact
	near tc filter show dev in0 ingress
	near ethtool -k in0 | grep -E '^(generic|large)-receive-offload'
}

remember() { # FILE
	await 10 settled
	state >"$scratch/$1"
}

state_is() { # FILE: before long (IPv6 looks for duplicates of its address first)
	await 10 state_is_now "$1" && return
	diff "$1" "$scratch/state.now"
}

state_is_now() {
	state >"$scratch/state.now"
	cmp -s "$1" "$scratch/state.now"
}

ping_far() { # ADDRESS
	far ping -q -c 1 -W 3 "$1"
}

nothing_answers() { # ADDRESS
	! far ping -q -c 2 -i 0.2 -W 1 "$1"
}

setting_is() { # KEY VALUE
	[ "$(near sysctl -n "$1")" = "$2" ]
}

link_has() { # FLAG
	ip -n "$lab-near" -o link show dev in0 | grep -q "[<,]$1[,>]"
}

no_address() {
	[ -z "$(ip -n "$lab-near" -o address show dev in0)" ]
}

no_drop() {
	[ -z "$(near tc qdisc show dev in0 clsact)" ]
}

one_drop() {
	[ "$(near tc filter show dev in0 ingress | grep -c encrypter_drop)" = 1 ]
}

# far sends, to near's own MAC address: an echo request to near's loopback address, and a question
# who has it. Nobody answers either; a packet socket on in0 sees both; the kernel's counter stands still.
unheard_but_seen() {
	local mac before after
	mac=$(near cat /sys/class/net/in0/address)
	before=$(echoes_in)
	rm -f "$scratch/seen"
	near timeout 20 python3 - >"$scratch/seen" <<'END' &
import socket
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
s.bind(("in0", 0))
print("ready", flush=True)
wanted = {b"\x08\x06", b"\x08\x00"}
while wanted:
    frame, where = s.recvfrom(2048)
    if where[2] != socket.PACKET_OUTGOING and bytes([10, 9, 9, 9]) in frame:
        wanted.discard(frame[12:14])
print("seen", flush=True)
END
	process_keep "$scratch/seen.pid" $!
	await 10 grep -qs ready "$scratch/seen" || return
	far timeout 20 python3 - "$mac" <<'END'
import socket, struct, sys
near = bytes.fromhex(sys.argv[1].replace(":", ""))
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
s.bind(("out0", 0))
far = s.getsockname()[4]
me, you = bytes([10, 9, 0, 9]), bytes([10, 9, 9, 9])
arp = struct.pack("!HHBBH", 1, 0x800, 6, 4, 1) + far + me + bytes(6) + you

def checksum(data):
    total = sum(struct.unpack("!%dH" % (len(data) // 2), data))
    while total > 0xffff:
        total = (total & 0xffff) + (total >> 16)
    return struct.pack("!H", ~total & 0xffff)

icmp = b"\x08\x00\x00\x00\x12\x34\x00\x01" + b"encrypter lab..."
icmp = icmp[:2] + checksum(icmp) + icmp[4:]
ip = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(icmp), 1, 0, 64, 1, 0) + me + you
ip = ip[:10] + checksum(ip) + ip[12:]
s.send(b"\xff" * 6 + far + b"\x08\x06" + arp)
s.send(near + far + b"\x08\x06" + arp)
s.send(near + far + b"\x08\x00" + ip + icmp)
s.settimeout(1)
try:
    while True:
        frame, where = s.recvfrom(2048)
        if where[2] != socket.PACKET_OUTGOING:
            sys.exit("near answered: " + frame.hex())
except socket.timeout:
    pass
END
	local silent=$?
	await 10 process_gone "$scratch/seen.pid"
	after=$(echoes_in)
	cat "$scratch/seen"
	printf 'echo requests that the kernel took: %s before, %s after\n' "$before" "$after"
	[ "$silent" = 0 ] && grep -q seen "$scratch/seen" && [ "$before" = "$after" ]
}

echoes_in() {
	near cat /proc/net/snmp | awk '/^Icmp:/ { if (n++) print $(column); else
		for (i = 1; i <= NF; i++) if ($i == "InEchos") column = i }'
}

heard() { # the kernel takes the request and answers
	unheard_but_seen >"$scratch/heard" 2>&1
	cat "$scratch/heard"
	grep -q '^seen' "$scratch/heard" && grep -q '^near answered' "$scratch/heard" &&
		awk '/ took: / { more = $9 > $7 } END { exit !more }' "$scratch/heard"
}

# Its namespace and its number: whoever may not write to root's folder cannot be there first.
lock_file() {
	printf '/run/encrypter/.iface-%s-%s' "$(near stat -Lc %i /proc/self/ns/net)" \
		"$(near cat /sys/class/net/in0/ifindex)"
}
no_lock_file() { [ ! -e "$(lock_file)" ]; }
# A user without rights takes the name that was the lock once.
squat() {
	ip netns exec "$lab-near" python3 -c '
import os, socket, sys, time
os.setgroups([])
os.setgid(65534)
os.setuid(65534)
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind("\0encrypter/iface/" + sys.argv[1])
print("ready", flush=True)
time.sleep(60)' "$(near cat /sys/class/net/in0/ifindex)" >"$scratch/squat" 2>&1 &
	process_keep "$scratch/squat.pid" $!
	disown $!
	await 10 grep -qs ready "$scratch/squat"
}

# ---- taken and given back ----

check "two namespaces and a cable" make_network || done_testing
check "the kernel answers on the interface" ping_far 10.9.9.9
check "the kernel answers on the interface over IPv6" ping_far fd00:9::1
check "the kernel answers frames made by hand" heard
remember state.before

check "somebody without rights takes a name" squat
check "the interface is taken all the same" tool_start
process_end "$scratch/squat.pid"
check "it tells the addresses it found" grep -qx 'taken addresses=4' "$scratch/tool.out"
check "no addresses are left" no_address
check "IPv6 is off" setting_is net.ipv6.conf.in0.disable_ipv6 1
check "IPv4 forwarding is off" setting_is net.ipv4.conf.in0.forwarding 0
check "IPv6 forwarding is off" setting_is net.ipv6.conf.in0.forwarding 0
check "the link is up" link_has UP
check "the link has no ARP" link_has NOARP
check "receive merging is off" grep -q 'generic-receive-offload: off' <(near ethtool -k in0)
check "the drop is there" one_drop
check "the kernel hears nothing, a packet socket sees all" unheard_but_seen
check "its lock is for root alone" test "$(stat -c %a-%u "$(lock_file)")" = 600-0
check "another daemon is refused" tool_fails "interface in0 is another encrypterd's" in0
check "and has changed nothing" one_drop
check "it is given back" tool_stop
check "no lock is left" no_lock_file
check "everything is as it was" state_is "$scratch/state.before"
check "the kernel answers again" ping_far 10.9.9.9
check "the kernel answers again over IPv6" ping_far fd00:9::1

# ---- a daemon that died ----

check "taken again" tool_start
tool_end KILL
check "the drop outlives the daemon" one_drop
ip -n "$lab-near" address add 10.9.0.1/24 dev in0
ip -n "$lab-near" link set dev in0 arp on
check "so that the kernel still hears nothing" nothing_answers 10.9.9.9
check "its successor takes the interface" tool_start
check "with one drop" one_drop
check "and gives it back" tool_stop
check "no lock is left, either" no_lock_file
check "without the drop" no_drop
check "with ARP" test "$(link_has NOARP || echo arp)" = arp
check "with IPv6" setting_is net.ipv6.conf.in0.disable_ipv6 0
check "with what it found of addresses" ping_far 10.9.9.9

# ---- somebody else's filters ----

near tc qdisc add dev in0 clsact
near tc filter add dev in0 ingress prio 5 u32 match u32 0 0 flowid 1:1
remember state.tc
check "an interface with filters is taken" tool_start
check "the kernel hears nothing, whatever they say" unheard_but_seen
check "and given back" tool_stop
check "with those filters and without ours" state_is "$scratch/state.tc"
near tc qdisc del dev in0 clsact
check "taken without filters" tool_start
near tc filter add dev in0 egress prio 5 u32 match u32 0 0 flowid 1:1
check "given back with one that came meanwhile" tool_stop
check "which stays" grep -q u32 <(near tc filter show dev in0 egress)
near tc qdisc del dev in0 clsact

# ---- routes without an address: nothing leaves by them, either ----

no_route() { [ -z "$(ip -n "$lab-near" route show table all dev in0)" ]; }
ip -n "$lab-near" address flush dev in0 scope global
ip -n "$lab-near" route add default dev in0
ip -n "$lab-near" route add 10.78.0.0/16 dev in0 metric 9 table 77
remember state.routes
check "an interface with routes and no IPv4 address is taken" tool_start
check "no route is left" no_route
check "and given back" tool_stop
check "with its routes" state_is "$scratch/state.routes"
ip -n "$lab-near" route del default dev in0
ip -n "$lab-near" route del 10.78.0.0/16 dev in0 metric 9 table 77
ip -n "$lab-near" address add 10.9.0.1/24 brd + dev in0
ip -n "$lab-near" address add fd00:9::1/64 dev in0 nodad

# ---- routes that need others, and that do not simply name the interface ----

add_routes() {
	ip -n "$lab-near" link add in1 type veth peer name out1 netns "$lab-far" || return
	ip -n "$lab-near" address add 10.8.0.1/24 dev in1
	ip -n "$lab-near" address add fd00:8::1/64 dev in1 nodad
	ip -n "$lab-near" link set in1 up
	ip -n "$lab-far" link set out1 up
	ip -n "$lab-near" route add 10.66.0.1 dev in0 || return
	ip -n "$lab-near" route add default via 10.66.0.1 || return # the kernel tells it first
	ip -n "$lab-near" route add 10.52.0.0/16 nexthop via 10.9.0.9 dev in0 weight 3 nexthop via 10.8.0.9 dev in1 || return
	ip -n "$lab-near" -6 route add fd00:52::/64 \
		nexthop via fd00:9::9 dev in0 weight 3 nexthop via fd00:8::9 dev in1 || return
	ip -n "$lab-near" -6 route add fd00:53::/64 via fd00:9::9 dev in0 expires 500 || return
	near sysctl -q net.ipv4.conf.in0.forwarding=1
}

add_objects() {
	ip -n "$lab-near" nexthop add id 5 via 10.9.0.9 dev in0 || return
	ip -n "$lab-near" nexthop add id 6 via fd00:9::9 dev in0 || return
	ip -n "$lab-near" nexthop add id 7 via 10.8.0.9 dev in1 || return
	ip -n "$lab-near" nexthop add id 8 group 5/7 || return
	ip -n "$lab-near" route add 10.50.0.0/16 nhid 5 || return
	ip -n "$lab-near" route add 10.51.0.0/16 nhid 8 || return
	ip -n "$lab-near" route add fd00:50::/64 nhid 6
}

no_way_out() { # but for those of other interfaces alone
	! (ip -n "$lab-near" route show table all && ip -n "$lab-near" -6 route show table all) | grep in0
}

expires_kept() {
	local seconds
	seconds=$(ip -n "$lab-near" -6 route show fd00:53::/64 | grep -o 'expires [0-9]*')
	printf 'left: %s\n' "$seconds"
	[ "${seconds#expires }" -gt 400 ]
}

check "routes by a gateway that a route leads to, over two interfaces, and for a time" add_routes
remember state.ways
check "an interface with these is taken" tool_start
check "no route leads over it" no_way_out
check "and given back" tool_stop
check "with all of them" state_is "$scratch/state.ways"
check "and what was left of the time" expires_kept
check "a start that fails" tool_fails "make /proc/sys writable" in0 \
	unshare -m sh -ec 'mount -o bind,ro /proc/sys/net/ipv4 /proc/sys/net/ipv4; exec "$@"' sh
check "gives all of them back, too" state_is "$scratch/state.ways"
ip -n "$lab-near" address del 10.9.0.1/24 dev in0
ip -n "$lab-near" route add 10.9.0.0/24 dev in0
ip -n "$lab-near" route replace 10.52.0.0/16 nexthop via 10.9.0.9 dev in0 nexthop via 10.8.0.9 dev in1
remember state.ways4
check "taken without an IPv4 address" tool_start
check "no route leads over it then, either" no_way_out
check "given back once more" tool_stop
check "with all of them as before" state_is "$scratch/state.ways4"
ip -n "$lab-near" route del 10.9.0.0/24 dev in0
ip -n "$lab-near" address add 10.9.0.1/24 brd + dev in0
if add_objects >/dev/null 2>&1; then
	remember state.objects
	check "an interface with routes by nexthop objects is taken" tool_start
	check "no route leads over it by an object" no_way_out
	check "it is given back" tool_stop
	check "with those routes" state_is "$scratch/state.objects"
	near sysctl -q net.ipv4.nexthop_compat_mode=0
	check "routes whose objects the kernel does not tell are refused" \
		tool_fails "ip nexthop flush dev in0" in0
	ip -n "$lab-near" nexthop flush dev in0 >/dev/null
	ip -n "$lab-near" route add 10.55.0.0/16 nhid 7
	check "such routes over another interface are none of its business" tool_start
	check "and stay" grep -q 'nhid 7' <(ip -n "$lab-near" route)
	check "when it is given back, too" tool_stop
else
	skip "an interface with routes by nexthop objects" "none in this kernel"
fi
ip -n "$lab-near" link del in1
ip -n "$lab-near" route del default

# ---- what was down goes down ----

ip -n "$lab-near" link set in0 down
state >"$scratch/state.down"
check "an interface that is down is taken" tool_start
check "and comes up" link_has UP
check "and is given back" tool_stop
check "down as it was" state_is "$scratch/state.down"
ip -n "$lab-near" link set in0 up

# ---- refusals change nothing ----

remember state.before
check "no such interface" tool_fails "there is no interface wan7; see" wan7
check "a name too long for one" tool_fails "there is no interface" 12345678901234567890123
check "the loopback interface" tool_fails "interface lo is not one of Ethernet" lo
check "without privileges" tool_fails "run as root, or with CAP_NET_ADMIN" in0 \
	setpriv --reuid 65534 --regid 65534 --clear-groups
check "with a read-only /proc/sys" tool_fails "make /proc/sys writable" in0 \
	unshare -m sh -ec 'mount -o bind,ro /proc/sys /proc/sys; exec "$@"' sh
check "all of which changed nothing" state_is "$scratch/state.before"
for i in $(seq 20); do
	ip -n "$lab-near" address add "10.9.1.$i/32" dev in0
done
remember state.many
check "more addresses than fit" tool_fails "more than 16 addresses" in0
check "which are all still there" state_is "$scratch/state.many"
if ip -n "$lab-near" link add br0 type bridge 2>/dev/null; then
	ip -n "$lab-near" link set in0 master br0
	check "a part of a bridge" tool_fails "interface in0 is a part of br0; take it out" in0
	ip -n "$lab-near" link set in0 nomaster
else
	skip "a part of a bridge" "no bridges in this kernel"
fi

# ---- an interface that goes away ----

ip -n "$lab-near" address flush dev in0
check "taken for the last time" tool_start
ip -n "$lab-near" link del in0
check "there is nothing to give back, and nothing to complain of" tool_stop
done_testing
