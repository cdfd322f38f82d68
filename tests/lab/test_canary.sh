#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Isolation, looked at from inside: a known text that crosses the tunnel lies in red memory and in no
# black memory; session keys lie in crypt's memory alone. The scanner first finds what was planted.
#
#   pcA ─────── siteA ═════ inet ═════ siteB ─────── pcB
#    text ──► red │ crypt │ black      black │ crypt │ red ──► text
#
. "$(dirname "$0")/_init.sh"
need_encrypterd
lab_up "${with_hook[@]}"

# 64 bytes that are nowhere by chance, as hex (never on a command line of the daemon)
canary=$(head -c 64 /dev/urandom | od -An -v -tx1 | tr -d ' \n')
planted=$(head -c 64 /dev/urandom | od -An -v -tx1 | tr -d ' \n')

ask() { # SITE REQUEST…
	local site=$1
	shift
	python3 "$here/canary.py" ask "$lab-$site" "$@" >"$scratch/answer"
	local status=$?
	cat "$scratch/answer"
	return $status
}

# found CLASS: how often the last answer has it
found() {
	awk -v class="$1" '$1 == class { n += $NF } END { print n + 0 }' "$scratch/answer"
}

check "the daemon that gets installed has no scanner" lacks_hook "$BUILD/encrypterd"

pings pcA 3 10.0.2.10 -i 0.1 >/dev/null

# ---- does the scanner find anything at all? ----

for where in black red crypt heap; do
	ask siteA plant $where "$planted" >/dev/null
done
planted_found() {
	ask siteA pattern "$planted"
	[ "$(found black)" = 1 ] && [ "$(found red)" = 1 ] && [ "$(found crypt)" = 1 ] &&
		[ $(($(found '[heap]') + $(found anonymous))) -ge 1 ]
}
check "a pattern planted in black, red, crypt and the heap is found in each" planted_found
nothing_left() {
	ask siteA unplant
	ask siteA pattern "$planted"
	[ "$(wc -l <"$scratch/answer")" = 1 ]
}
check "taken away, it is found nowhere" nothing_left

# ---- the canary crosses ----

spawn flood /dev/null pcA python3 "$here/canary.py" flood 10.0.2.10 9 "$canary"
flowing() { [ "$(counter siteB red tx_packets)" -ge 100 ]; }
check "the canary flows from pcA to pcB" await 20 flowing

# The packet socket's rings count as the port's; the red one must show up too, or it was not looked at.
only_red() { # SITE
	ask "$1" pattern "$canary"
	[ "$(found red)" -ge 1 ] && [ "$(found red-port)" -ge 1 ] && [ "$(awk '$1 != "red" && $1 != "red-port" && $1 != "end"' \
		"$scratch/answer" | wc -l)" = 0 ]
}
for round in 1 2 3; do
	for site in siteA siteB; do
		check "$site, look $round: plaintext is in red memory and in no other" only_red $site
	done
done

# ---- the keys ----

only_crypt() { # SITE
	ask "$1" keys
	[ "$(found sessions)" -ge 1 ] && [ "$(found crypt)" -ge 2 ] &&
		[ "$(awk '$1 != "crypt" && $1 != "sessions" && $1 != "end"' "$scratch/answer" |
			wc -l)" = 0 ]
}
for site in siteA siteB; do
	check "$site: session keys are in crypt's memory and in no other" only_crypt $site
done
despawn flood
done_testing
