#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# check: beside others
# Traffic across a rekey (every 120 seconds, A31), in a lab for each kind of site B at once: encrypterd
# with one crypt thread and with two, wireguard-go and, where it has one, the kernel's WireGuard. With
# LONG=yes, ten minutes of it, beside TCP at 50 Mbit/s.
#
#   pcA ───── siteA ═════ inet ═════ siteB ───────────────────────── pcB
#             encrypterd             encrypterd; in other labs wireguard-go,
#                                    wireguard-kernel
#
. "$(dirname "$0")/_init.sh"
need_encrypterd
need_wireguard_go

seconds=130
[ "${LONG:-no}" = no ] || seconds=600
count=$((seconds * 10))
running=()
declare -A text=() before=()

lab_with() { # NAME TEXT OPTION…
	lab=$1
	running+=("$lab")
	text[$lab]=$2
	lab_up "${@:3}"
}

lab_with t$$ "two encrypterd"
lab_with t$$b "encrypterd and wireguard-go" --siteB wireguard-go --psk
core_a=$(cpu_of siteA) core_b=$(cpu_of siteB)
lab_with t$$d "two encrypterd with two crypt threads" --more siteA.Crypt "Cores = $core_a, $core_a" \
	--more siteB.Crypt "Cores = $core_b, $core_b"
if kernel_has_wireguard; then
	lab_with t$$c "encrypterd and wireguard-kernel" --siteB wireguard-kernel --psk
else
	skip "encrypterd and wireguard-kernel" "$no_kernel_wireguard"
fi

for lab in "${running[@]}"; do
	check "${text[$lab]}: traffic passes" pings pcA 5 10.0.2.10 -i 0.05
	before[$lab]=$(handshake_time siteA)
	spawn "ab-$lab" "$scratch/ab-$lab" pcA "$top/tools/_pings" $count -i 0.1 10.0.2.10
	spawn "ba-$lab" "$scratch/ba-$lab" pcB "$top/tools/_pings" $count -i 0.1 10.0.1.10
	if [ $seconds = 600 ]; then
		spawn "server-$lab" /dev/null pcB iperf3 -s
		await 5 listens pcB 5201
		spawn "tcp-$lab" "$scratch/tcp-$lab" pcA iperf3 -c 10.0.2.10 -t $seconds -b 50M
	fi
done

rekeyed() { [ "$(handshake_time siteA)" -gt "${before[$lab]}" ]; }
none_lost() {
	await $((seconds + 60)) process_gone "$scratch/$1.pid"
	grep -q " $count received, 0% packet loss" "$scratch/$1" && return
	where_lost
	cat "$scratch/$1"
	return 1
}
where_lost() { # what a port misses is not the rekey's fault, but that of a machine with too much to do
	local site
	for site in siteA siteB; do
		[ ! -f "/run/encrypter-lab/$lab/$site.conf" ] || ctl $site stats | grep -E '^[a-z]|drop|missed'
	done
}
for lab in "${running[@]}"; do
	check "A31: ${text[$lab]}: none of $count pings from pcA is lost" none_lost "ab-$lab"
	check "A31: ${text[$lab]}: none of $count pings from pcB is lost" none_lost "ba-$lab"
	check "A31: ${text[$lab]}: there was a new handshake meanwhile" rekeyed
	diag "$(tail -n 1 "$scratch/ab-$lab")"
	[ ! -f "$scratch/tcp-$lab" ] || diag "$(grep receiver "$scratch/tcp-$lab")"
done

done_testing
