#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# check: beside others
# Traffic across a rekey (every 120 seconds, A31), in two labs at once: with encrypterd, and with
# wireguard-go, at site B. With LONG=yes, ten minutes of it, beside TCP at 50 Mbit/s.
#
#   pcA ───── siteA ═════ inet ═════ siteB ───────────────────────── pcB
#             encrypterd             encrypterd, in a second lab
#                                    wireguard-go
#
. "$(dirname "$0")/_init.sh"
need_encrypterd
need_wireguard_go

seconds=130
[ "${LONG:-no}" = no ] || seconds=600
count=$((seconds * 10))
first=t$$ second=t$$b
declare -A text=([$first]="two encrypterd" [$second]="encrypterd and wireguard-go")

lab=$first
lab_up
lab=$second
lab_up --siteB wireguard-go --psk

declare -A before
for lab in $first $second; do
	check "${text[$lab]}: traffic passes" pings pcA 5 10.0.2.10 -i 0.05
	before[$lab]=$(handshake_time siteA)
	spawn "ab-$lab" "$scratch/ab-$lab" pcA ping -q -i 0.1 -c $count 10.0.2.10
	spawn "ba-$lab" "$scratch/ba-$lab" pcB ping -q -i 0.1 -c $count 10.0.1.10
	if [ $seconds = 600 ]; then
		spawn "server-$lab" /dev/null pcB iperf3 -s
		await 5 listens pcB 5201
		spawn "tcp-$lab" "$scratch/tcp-$lab" pcA iperf3 -c 10.0.2.10 -t $seconds -b 50M
	fi
done

rekeyed() { [ "$(handshake_time siteA)" -gt "${before[$lab]}" ]; }
none_lost() {
	await $((seconds + 60)) process_gone "$scratch/$1.pid"
	cat "$scratch/$1"
	grep -q " $count received, 0% packet loss" "$scratch/$1"
}
for lab in $first $second; do
	check "A31: ${text[$lab]}: none of $count pings from pcA is lost" none_lost "ab-$lab"
	check "A31: ${text[$lab]}: none of $count pings from pcB is lost" none_lost "ba-$lab"
	check "A31: ${text[$lab]}: there was a new handshake meanwhile" rekeyed
	diag "$(tail -n 1 "$scratch/ab-$lab")"
	[ ! -f "$scratch/tcp-$lab" ] || diag "$(grep receiver "$scratch/tcp-$lab")"
done

done_testing
