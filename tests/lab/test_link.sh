#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# A port's link goes down and comes back: the daemon waits for it, at rest, and traffic goes on.
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
done_testing
