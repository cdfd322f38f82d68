#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# C30: a wall clock that is set back or forward, over a crash and a restart, does not make the other
# side deaf to us. siteA's encrypterd gets its wall clock from a file (libfaketime); siteB is
# WireGuard's own implementation, which remembers the latest time stamp that it has seen.
#
#   pcA ───── siteA ═════ inet ═════ siteB ───── pcB
#             encrypterd             wireguard-go
#             its clock is wrong
#
. "$(dirname "$0")/_init.sh"
need_encrypterd
need_wireguard_go
faketime=$(find /usr/lib -name libfaketimeMT.so.1 2>/dev/null | head -n 1)
[ -n "$faketime" ] || skip_all "libfaketime is not installed"

cat >"$scratch/wrap" <<END
#!/bin/sh
export LD_PRELOAD=$faketime FAKETIME_TIMESTAMP_FILE=$scratch/clock
export FAKETIME_DONT_FAKE_MONOTONIC=1 FAKETIME_CACHE_DURATION=1
exec "\$@"
END
chmod 755 "$scratch/wrap"
clock() { # OFFSET as libfaketime writes it: -1d, +1y
	printf '%s\n' "$1" >"$scratch/clock"
}
mark=/run/encrypter-lab/$lab/marks/$lab-siteA.mark

ahead() { # how far the wall clock is ahead of what is believed, in seconds
	ctl siteA status --json | python3 -c 'import json, sys; print(json.load(sys.stdin)["clock_ahead"])'
}
believed() { [ "$(ahead)" = 0 ]; }
doubted() { ! believed; }
mark_is_near() { # the mark is at most a day from the real time
	local off=$(($(cat "$mark") / 1000000000 - $(date +%s)))
	printf 'the mark is %d s ahead\n' $off
	[ ${off#-} -lt 86400 ]
}
crash_and_start() { # OFFSET of the clock when it starts again
	lab_do kill siteA
	clock "$1"
	lab_do start siteA
}

clock +0
lab_up --siteB wireguard-go --wrap "$scratch/wrap"
check "traffic passes" pings pcA 5 10.0.2.10 -i 0.05
check "the clock is believed" believed

check "a crash; it starts again with the clock a day back" crash_and_start -1d
check "C30: traffic is back" await 10 ping_once pcA 10.0.2.10
check "C30: and stays" pings pcA 20 10.0.2.10 -i 0.05

check "a crash; it starts again with the clock a year ahead" crash_and_start +365d
check "C30: traffic is back" await 10 ping_once pcA 10.0.2.10
check "C30: the clock is not believed" doubted
check "C30: and the mark has not followed it" mark_is_near

check "it ends" lab_do stop siteA
clock +0
check "it starts with the right clock" lab_do start siteA
check "C30: traffic is back" await 10 ping_once pcA 10.0.2.10
check "the clock is believed" believed

# While it runs, too; and the administrator has the last word.
clock +2h
check "C30: two hours ahead are not believed" await 10 doubted
check "the administrator says that the clock is right" ctl siteA accept-clock
check "then it is believed" believed

# This test can fail: without the mark siteB hears nothing new.
lab_do kill siteA
rm -f "$mark"
clock -1d
check "without its mark it starts, a day back" lab_do start siteA
check "and siteB takes its initiations for replays" no_ping pcA 10.0.2.10

done_testing
