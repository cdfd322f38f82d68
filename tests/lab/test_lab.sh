#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# The lab itself: it comes up, goes down from any state, and leaves nothing.
#
#   pcA ───── siteA ═════ inet ═════ siteB ───── pcB
#             wireguard-go           wireguard-go
#
. "$(dirname "$0")/_init.sh"
[ "$(id -u)" = 0 ] || skip_all "only root can make network namespaces"
need_wireguard_go
wireguard=(--siteA wireguard-go --siteB wireguard-go)

nothing_left() { # LAB
	local left
	left=$(ip netns list | cut -d ' ' -f 1 | grep "^$1-")
	left+=$(find /run/encrypter-lab /run/encrypter /var/run/wireguard -name "$1*" 2>/dev/null)
	printf 'left: %s\n' "$left"
	[ -z "$left" ]
}
fails() { ! "$@"; }

lab_up "${wireguard[@]}" --psk
check "two wireguard-go talk" pings pcA 50 10.0.2.10 -i 0.01
check "keys and configuration are root's alone" sh -c \
	"! find /run/encrypter-lab/$lab -perm /077 \( -name '*.key' -o -name '*.conf' -o -name psk \) | grep -q ."
check "the web server answers" on siteA bash -c ': </dev/tcp/198.51.100.80/80'
check "status" "$top/tools/lab" status --name "$lab"
check "exec passes the exit status on" \
	sh -c "'$top/tools/lab' exec --name $lab pcA sh -c 'exit 7'; test \$? = 7"
check "a second lab of that name is refused" fails "$top/tools/lab" up --name "$lab" "${wireguard[@]}"
check "and the first goes on" pings pcA 5 10.0.2.10 -i 0.05
lab_down
check "down leaves nothing" nothing_left "$lab"
check "down again is no error" lab_down

# A site that cannot start: the lab is taken down again, with the reason.
mkdir "$scratch/build"
printf '#!/bin/sh\necho the reason\nexit 1\n' >"$scratch/build/encrypterd"
chmod +x "$scratch/build/encrypterd"
refused() {
	! "$top/tools/lab" up --name "$lab" --build "$scratch/build" >"$scratch/out" 2>&1 &&
		grep -q 'the reason' "$scratch/out"
}
check "a daemon that ends at once: up fails and shows its log" refused
check "and leaves nothing" nothing_left "$lab"

# up interrupted half-way: down removes what is there.
printf '#!/bin/sh\nexec tail -f /dev/null\n' >"$scratch/build/encrypterd"
"$top/tools/lab" up --name "$lab" --build "$scratch/build" >/dev/null 2>&1 &
up=$!
labs+=("$lab")
await 10 test -s "/run/encrypter-lab/$lab/siteA.pid"
kill -s KILL $up
wait $up 2>/dev/null
check "down removes a lab whose up was killed" lab_down
check "and leaves nothing" nothing_left "$lab"

done_testing
