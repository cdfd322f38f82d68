#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Frames that no honest host sends, into both ports of site A. Each is dropped, counted by its reason,
# and harms nothing.
#
#   pcA ──────► siteA ◄────── inet ───── siteB ───── pcB
#       frames  encrypterd    frames
#
. "$(dirname "$0")/_init.sh"
need_encrypterd
lab_up

declare -A from=([black]=inet [red]=pcA) wire=([black]=portA [red]=eth0) port=([black]=wan0 [red]=lan0)
declare -A mac
for side in black red; do
	mac[$side]=$(on siteA cat "/sys/class/net/${port[$side]}/address")
done
key=$(ctl siteA show --json | python3 -c 'import json, sys; print(json.load(sys.stdin)["public_key"])')

send_frame() { # SIDE NAME
	on "${from[$1]}" python3 "$here/frames.py" send "$1" "$2" "${wire[$1]}" "${mac[$1]}" "$key"
}

# counted SIDE NAME DOMAIN COUNTER: five frames, five more in the counter
counted() {
	local before
	before=$(counter siteA "$3" "$4")
	send_frame "$1" "$2" || return
	await 5 counter_is siteA "$3" "$4" $((before + 5)) && return
	printf '%s: %s before, %s after five frames\n' "$4" "$before" "$(counter siteA "$3" "$4")"
	return 1
}

# A frame longer than the port's buffers, which only a wire with a larger MTU carries.
survives_jumbo() { # SIDE
	on siteA ip link set "${port[$1]}" mtu 9200 && on "${from[$1]}" ip link set "${wire[$1]}" mtu 9200
	send_frame "$1" jumbo
	await 5 counter_is siteA "$1" rx_too_long 5
}

check "traffic passes before" pings pcA 5 10.0.2.10 -i 0.05

frames_known() { # SIDE: those there are, in a file
	python3 "$here/frames.py" list "$1" >"$scratch/$1.frames" && [ -s "$scratch/$1.frames" ]
}
for side in black red; do
	check "$side: what to send is known" frames_known $side
	while read -r name domain counter; do
		if [ "$counter" = - ]; then
			check "$side: $name is counted as $side rx_too_long" survives_jumbo $side
		else
			check "$side: $name is counted as $domain $counter" counted $side "$name" "$domain" "$counter"
		fi
	done <"$scratch/$side.frames"
	check "$side: traffic goes on" pings pcA 20 10.0.2.10 -i 0.02
done

# A data message seen on the wire, sent again, and bent.
spawn grab "$scratch/grab.out" inet python3 "$here/frames.py" grab portA "$scratch/frame"
grabbing() { grep -q grabbing "$scratch/grab.out"; }
await 10 grabbing
check "a data message is seen on the wire" pings pcB 5 10.0.1.10 -i 0.05
await 10 process_gone "$scratch/grab.pid"

message_counted() { # COUNTER [bend]
	local before
	before=$(counter siteA crypt "$1")
	on inet python3 "$here/frames.py" again portA "$scratch/frame" "${@:2}" || return
	await 5 counter_is siteA crypt "$1" $((before + 5))
}
check "A28: sent again it is counted as drop_replay" message_counted drop_replay
check "C1: with another tag it is counted as drop_tag" message_counted drop_tag bend
check "traffic goes on" pings pcA 20 10.0.2.10 -i 0.02

done_testing
