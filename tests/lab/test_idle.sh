#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# What a daemon without traffic costs. The figure is reported; only a runaway is a failure.
#
#   pcA ───── siteA ═════ inet ═════ siteB ───── pcB      (silence)
#
. "$(dirname "$0")/_init.sh"
need_encrypterd
lab_up
check "traffic passes" pings pcA 10 10.0.2.10 -i 0.05

ticks() { # SITE: of CPU time
	local stat
	read -r stat <"/proc/$(daemon_pid "$1")/stat"
	# shellcheck disable=SC2086
	set -- ${stat##*) }
	printf '%d' $((${12} + ${13}))
}

declare -A began
begin_us=$(now_us)
for site in siteA siteB; do began[$site]=$(ticks $site); done
over() { [ "$(now_us)" -ge $((begin_us + 5000000)) ]; }
await 6 over
for site in siteA siteB; do
	per_mille=$((1000 * 10000 * ($(ticks $site) - began[$site]) / ($(now_us) - begin_us)))
	diag "$site idle: $((per_mille / 10)).$((per_mille % 10)) % of a core"
	check "$site: Poll = adaptive, idle: under 20 % of a core" test $per_mille -lt 200
done
check "it is awake at once" pings pcA 10 10.0.2.10 -i 0.05

done_testing
