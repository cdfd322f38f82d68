#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# A port's link goes down and comes back: the daemon waits for it, at rest, and traffic goes on. And
# the sizes of its frames: jumbo ones, and a path between the sites that takes less than the ports.
#
#   pcA ──┤├── siteA ══┤├══ inet ═════ siteB ───── pcB
#
. "$(dirname "$0")/_init.sh"
need_encrypterd
lab_up

ticks() { # of siteA's daemon, hundredths of a second of CPU
	awk '{ print $14 + $15 }' "/proc/$(daemon_pid siteA)/stat"
}
rests() { # for two seconds: under a fifth of a core
	local from to
	from=$(ticks)
	on pcB ping -q -c 10 -i 0.2 -W 0.1 10.0.1.10 # two seconds of somebody trying
	to=$(ticks)
	printf '%d ticks\n' $((to - from))
	[ $((to - from)) -lt 40 ]
}
# An interface that comes up is the kernel's to configure: what was taken from it stays taken.
check "traffic passes" pings pcA 5 10.0.2.10 -i 0.05
for port in lan0 wan0; do
	on siteA ip link set $port down
	check "$port down: nothing passes" no_ping pcA 10.0.2.10
	check "$port down: the daemon rests" rests
	on siteA ip link set $port up
	check "$port up again: traffic is back" await 20 ping_once pcA 10.0.2.10
	check "$port up again: and none is lost" pings pcA 20 10.0.2.10 -i 0.05
done

# ---- sizes ----

sizes() { # BLACK PATH RED [MTU-KEY]: of the interfaces; both sites start again
	local site port
	for site in siteA siteB; do
		lab_do stop $site
		port=port${site#site}
		on $site ip link set wan0 mtu "$1" && on inet ip link set "$port" mtu "$2" &&
			on $site ip link set lan0 mtu "$3" && on pc"${site#site}" ip link set eth0 mtu "$3" || return
		sed -i '/^Mtu/d' "/run/encrypter-lab/$lab/$site.conf"
		[ -z "${4-}" ] || sed -i "/^\\[Black\\]/a Mtu = $4" "/run/encrypter-lab/$lab/$site.conf"
		lab_do start $site || return
	done
	on pcA ip route flush cache
	on pcB ip route flush cache
}
told() { # MTU: to whoever sends more than that with DF
	on pcA ping -c 2 -i 0.2 -W 2 -M 'do' -s $(($1 - 27)) 10.0.2.10 >"$scratch/ping" 2>&1
	cat "$scratch/ping"
	grep -qF "Frag needed and DF set (mtu = $1)" "$scratch/ping"
}
full_size() { # MTU: with DF
	pings pcA 20 10.0.2.10 -M 'do' -s $(($1 - 28)) -i 0.02
}
check "red MTU 9000: both sites start" sizes 1500 1500 9000
check "red MTU 9000: packets of the tunnel's size pass" full_size 1420
check "red MTU 9000: packets of 9000 bytes pass, cut" pings pcA 20 10.0.2.10 -M dont -s 8972 -i 0.02
check "red MTU 9000: TCP from pcA unchanged" transfers pcA pcB 10.0.2.10 8
check "MTU 9000 on both: both sites start" sizes 9000 9000 9000
check "MTU 9000 on both: packets of 8920 bytes pass whole" full_size 8920
check "A49: MTU 9000 on both: larger ones draw 'fragmentation needed', MTU 8920" told 8920
check "MTU 9000 on both: TCP from pcB unchanged" transfers pcB pcA 10.0.1.10 8
# The switch drops what is longer than its ports' MTU.
check "a path of 1400 between ports of 1500: both sites start" sizes 1500 1400 1500
check "a path of 1400: small packets pass" pings pcA 5 10.0.2.10 -i 0.05
check "a path of 1400: those of the port's size do not" no_ping pcA 10.0.2.10 -M 'do' -s 1392
check "[Black] Mtu = 1400: both sites start" sizes 1500 1400 1500 1400
check "[Black] Mtu = 1400: packets of 1320 bytes pass" full_size 1320
check "A49: [Black] Mtu = 1400: larger ones draw 'fragmentation needed', MTU 1320" told 1320
check "[Black] Mtu = 1400: TCP from pcA unchanged" transfers pcA pcB 10.0.2.10 8
check "[Black] Mtu = 1400: TCP from pcB unchanged" transfers pcB pcA 10.0.1.10 8
done_testing
