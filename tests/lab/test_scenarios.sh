#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# What else the Linux kernel's own test of WireGuard tries in its namespaces, as far as it means us;
# moving sites and translators are in test_roaming.sh and test_nat.sh, many prefixes in
# test_prefixes.sh, the rest in test_tunnel.sh and test_uapi.sh.
#
#   pcA ───── siteA ═════ inet ═════ siteB ───── pcB
#             encrypterd             encrypterd
#
. "$(dirname "$0")/_init.sh"
need_encrypterd
umask 077
lab_up --ipv6
a=$lab-siteA b=$lab-siteB
keys=/run/encrypter-lab/$lab
key_a=$(cat "$keys/siteA.pub") key_b=$(cat "$keys/siteB.pub")

check "traffic passes" pings pcA 5 10.0.2.10 -i 0.05

# ---- parallel streams ----

# streams TEXT MINIMUM-OF-EACH-IN-KB OPTION…: iperf3 from pcA
streams() {
	local text=$1 least=$2
	shift 2
	spawn server "$scratch/server.out" pcB iperf3 -s -1
	await 5 listens pcB 5201
	check "$text" on pcA timeout 30 iperf3 -c 10.0.2.10 -J --logfile "$scratch/streams.json" "$@"
	check "$text: each carries" each_carries "$least"
	check "$text: the server ends" await 10 process_gone "$scratch/server.pid"
	rm -f "$scratch/streams.json"
}
each_carries() {
	python3 -c '
import json, sys
streams = json.load(sys.stdin)["end"]["streams"]
carried = [s["receiver"]["bytes"] if "receiver" in s else s["udp"]["bytes"] for s in streams]
print("bytes of each stream:", carried)
sys.exit(not carried or min(carried) < int(sys.argv[1]) * 1000)' "$1" <"$scratch/streams.json"
}
streams "50 TCP streams at once" 50 -P 50 -t 2
streams "16 TCP streams at once, the other way" 500 -P 16 -t 2 -R
streams "8 TCP streams each way at once" 200 -P 8 -t 2 --bidir
streams "8 UDP streams at once" 400 -P 8 -t 2 -u -b 2M
same_order() {
	local site
	for site in siteA siteB; do
		counter_is $site crypt drop_replay 0 && counter_is $site crypt drop_tag 0 || return
	done
}
check "none of that looked like a replay or a forgery" same_order

# ---- a packet without a way ----

told() { # EXPECTED… DESTINATION [TTL]
	local expected=$1 answer
	shift
	answer=$(on pcA python3 "$here/icmp_error.py" 10.0.1.10 "$@") || return
	printf 'told: %s, expected: %s\n' "$answer" "$expected"
	[ "$answer" = "$expected" ]
}
unreachable="3 1 10.0.1.254
No route to host"
prohibited="3 13 10.0.1.254
No route to host"
quiet=$(wg genkey | wg pubkey)
wg set "$a" peer "$quiet" allowed-ips 10.0.4.0/24
check "A45: no peer has the address: 3/1, with the packet as it was sent" told "$unreachable" 10.0.3.1
check "A45: its peer has no endpoint: 3/1, likewise" told "$unreachable" 10.0.4.1
check "no secure address: 3/13, likewise" told "$prohibited" 198.51.100.80
check "the packet's life ends here: 11/0, likewise" told "11 0 10.0.1.254" 10.0.2.10 1
wg set "$a" peer "$quiet" endpoint 192.168.1.100:9
staged() { [ "$(counter siteA crypt staged)" -gt "$1" ]; }
waits_for_a_peer() {
	local before
	before=$(counter siteA crypt staged)
	! ping_once pcA 10.0.4.1 && staged "$before"
}
check "with an endpoint the packet waits for a session" waits_for_a_peer
wg set "$a" peer "$quiet" remove
check "A45: the peer is removed: 3/1 again" told "$unreachable" 10.0.4.1

# ---- AllowedIPs that overlap: the longest match has it, out and in ----

ip -n "$lab-pcB" addr add 10.0.2.200/24 dev eth0
check "10.0.2.200 is the peer's of 10.0.2.0/24" pings pcA 3 10.0.2.200 -i 0.05
wg set "$a" peer "$quiet" allowed-ips 10.0.2.128/25
check "A45: another peer's /25 takes it away" no_ping pcA 10.0.2.200
check "A45: but not its neighbours" pings pcA 3 10.0.2.10 -i 0.05
from_200() {
	local before
	before=$(counter siteA crypt drop_inner_source)
	! on pcB ping -q -c 3 -i 0.2 -W 1 -I 10.0.2.200 10.0.1.10 &&
		counter_is siteA crypt drop_inner_source $((before + 3))
}
wg set "$b" listen-port 51999
check "A44: nor may its former owner send from it" from_200
moved() { wg show "$a" endpoints | grep -F "$key_b" | grep -qF 192.168.1.20:51999; }
check "A51: but what is refused was authentic: the port that it came from is followed" moved
wg set "$b" listen-port 51820
check "A51: and back again" pings pcB 3 10.0.1.10 -i 0.05
wg set "$a" peer "$quiet" allowed-ips 10.0.2.192/26,10.0.0.0/8
check "A46: the /25 is gone, a /26 of that peer still has it" no_ping pcA 10.0.2.200
wg set "$a" peer "$key_b" allowed-ips 10.0.2.0/24,10.0.2.200/32
check "A45: a /32 brings it back" pings pcA 3 10.0.2.200 -i 0.05
wg set "$a" peer "$quiet" allowed-ips 10.0.2.200/32
check "A46: moved to the other peer" no_ping pcA 10.0.2.200
check "A46: which is shown so" sh -c "wg show $a allowed-ips | grep -F '$key_b' | grep -qvF /32"
wg set "$a" peer "$quiet" remove
check "A46: its peer is removed: the /24 has it again" pings pcA 3 10.0.2.200 -i 0.05

# ---- peers that cannot be: ours, and points of low order ----

spawn capture "$scratch/capture" inet tcpdump -i portA -U -w - "udp dst portrange 2000-2999"
capturing() { grep -q 'listening on' "$scratch/capture.err"; }
await 10 capturing
# The points of RFC 7748's curve whose order divides 8: 0, 1, two of order 8, p-1, p, p+1; each also with
# the top bit set, which has no meaning.
mapfile -t low < <(python3 -c '
import base64
p = 2**255 - 19
eight = [int.from_bytes(bytes.fromhex(h), "little") for h in (
    "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
    "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157")]
for top in (0, 1 << 255):
    for point in [0, 1, *eight, p - 1, p, p + 1]:
        print(base64.b64encode((point | top).to_bytes(32, "little")).decode())')
set_low() {
	local i=0 key
	[ ${#low[@]} = 14 ] || return
	for key in "${low[@]}"; do
		wg set "$a" peer "$key" endpoint 192.168.1.100:$((2000 + i)) allowed-ips 10.50.$i.0/24 \
			persistent-keepalive 1 || return
		i=$((i + 1))
	done
}
check "A9: ${#low[@]} peers whose keys are points of low order can be set" set_low
wg set "$a" peer "$quiet" endpoint 192.168.1.100:2900 allowed-ips 10.60.0.0/24
touch_them() {
	local i
	for i in "${!low[@]}"; do ! ping_once pcA "10.50.$i.1" || return; done
	! ping_once pcA 10.60.0.1
}
check "packets to all of them, and to one with a good key, get no answer" touch_them
sent_to() { tcpdump -r "$scratch/capture" -nn "$@" 2>/dev/null | wc -l; }
initiated() { [ "$(sent_to udp dst port 2900)" -ge 1 ]; }
check "the one with a good key is sent an initiation" await 5 initiated
despawn capture
check "A9: nothing was sent to the others" test "$(sent_to udp dst portrange 2000-2899)" = 0
remove_low() {
	local key
	for key in "${low[@]}" "$quiet"; do wg set "$a" peer "$key" remove || return; done
	[ "$(wg show "$a" peers)" = "$key_b" ]
}
check "they are removed" remove_low
check "traffic passes" pings pcA 5 10.0.2.10 -i 0.05

# ---- the private key changes in mid-flow ----

declare -A host=([4pcA]=10.0.1.10 [4pcB]=10.0.2.10 [6pcA]=fd00:1::10 [6pcB]=fd00:2::10)
declare -A endpoint=([4siteA]=192.168.1.10:51820 [4siteB]=192.168.1.20:51820)
endpoint+=([6siteA]=[2001:db8:168::10]:51820 [6siteB]=[2001:db8:168::20]:51820)
family=4 # of packets inside and outside
key_now=$key_a

new_key() { # NAME
	wg genkey | tee "$scratch/$1.key" | wg pubkey >"$scratch/$1.pub"
}
tell_b() { # NEW-KEY OLD-KEY
	wg set "$b" peer "$1" endpoint "${endpoint[${family}siteA]}" allowed-ips 10.0.1.0/24,fd00:1::/64 &&
		wg set "$b" peer "$2" remove
}
# Both sites change while pings run; all that is lost is from the first command to where traffic is back.
change_under_way() { # FIRST-COMMAND… -- SECOND-COMMAND…
	local first=() status=0 began changing lost_at_most
	while [ "$1" != -- ]; do
		first+=("$1")
		shift
	done
	shift
	began=$(counter siteA red rx_packets)
	begin_traffic
	flows() { [ "$(counter siteA red rx_packets)" -gt $((began + 40)) ]; }
	await 5 flows || status=1
	changing=$(now_us)
	"${first[@]}" && "$@" || status=1
	changed=$(now_us)
	back() { ping_once pcB "${host[${family}pcA]}" -W 0.2; }
	await 3 back || status=1 # the next attempt of either site would be after 5 s
	diag "traffic was back after $((($(now_us) - changed) / 1000)) ms"
	lost_at_most=$((($(now_us) - changing) / 20000 + 5)) # one each 20 ms, and the clocks are not the same
	end_traffic $lost_at_most && [ $status = 0 ]
}
begin_traffic() {
	spawn ab "$scratch/ab.out" pcA ping -q -c 100 -i 0.02 -W 1 "${host[${family}pcB]}"
	spawn ba "$scratch/ba.out" pcB ping -q -c 100 -i 0.02 -W 1 "${host[${family}pcA]}"
}
end_traffic() { # LOST-AT-MOST, each way
	local way status=0 received
	for way in ab ba; do
		await 20 process_gone "$scratch/$way.pid" || status=1
		cat "$scratch/$way.out"
		received=$(sed -n 's/^100 packets transmitted, \([0-9]*\) received.*/\1/p' "$scratch/$way.out")
		diag "$way: ${received:-none} of 100 arrived, at most $1 may be lost"
		[ "${received:-0}" -ge $((100 - $1)) ] || status=1
	done
	return $status
}
keys_change() { # FAMILY
	family=$1
	new_key "one$family" && new_key "two$family"
	local one two
	one=$(cat "$scratch/one$family.pub") two=$(cat "$scratch/two$family.pub")
	wg set "$a" peer "$key_b" endpoint "${endpoint[${family}siteB]}" allowed-ips 10.0.2.0/24,fd00:2::/64
	wg set "$b" peer "$key_now" endpoint "${endpoint[${family}siteA]}"
	check "A54: IPv$1: siteB learns the new key first, then siteA takes it: traffic is back at once" \
		change_under_way tell_b "$one" "$key_now" -- wg set "$a" private-key "$scratch/one$family.key"
	check "A54: IPv$1: siteA takes a new key first, then siteB learns it: traffic is back at once" \
		change_under_way wg set "$a" private-key "$scratch/two$family.key" -- tell_b "$two" "$one"
	key_now=$two
	check "A54: IPv$1: traffic passes under it" pings pcA 50 "${host[${family}pcB]}" -i 0.02
	check "A54: IPv$1: outside, that it was" outside_is
}
outside_is() {
	wg show "$a" endpoints | grep -F "${endpoint[${family}siteB]}" &&
		wg show "$b" endpoints | grep -F "${endpoint[${family}siteA]}"
}
keys_change 4
keys_change 6

# A key of our own that is a peer's: that peer would be ourselves.
wg set "$a" peer "$key_a" allowed-ips 10.70.0.0/24
shows_peer() { wg show "$a" peers | grep -qxF "$1"; }
shows_no_peer() { ! shows_peer "$1"; }
check "a peer has the key that was ours" shows_peer "$key_a"
check "A53: our private key becomes that one again" wg set "$a" private-key "$keys/siteA.key"
check "A53: the peer is gone" shows_no_peer "$key_a"
check "A46: and its prefixes with it" told "$unreachable" 10.70.0.1
check "A53: the other peer stays" shows_peer "$key_b"
check "siteB learns the first key again" tell_b "$key_a" "$key_now"
check "A54: traffic passes under it, from pcB" pings pcB 5 10.0.1.10 -i 0.05
check "A54: and from pcA" pings pcA 5 10.0.2.10 -i 0.05

done_testing
