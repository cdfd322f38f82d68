#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# A site with two addresses of each family on the black side, and one in another network: what it sends
# comes from the one at which the peer reaches it, from the first answer on (A52).
#
#   pcA ───── siteA ═══════════════ inet ═════ siteB ────────────────────────── pcB
#             encrypterd                       wireguard-go, then encrypterd
#             192.168.1.10 and .11,
#             2001:db8:168::10 and ::11,
#             10.50.0.1
#
. "$(dirname "$0")/_init.sh"
. "$here/_outside.sh"
need_encrypterd
need_wireguard_go

# Both ways, one after the other: so no message of siteA's is on its way when siteB turns elsewhere.
reached_at() { # ENDPOINT
	wg set "$lab-siteB" peer "$(wg show "$lab-siteB" peers)" endpoint "$1" &&
		pings pcB 5 10.0.1.10 -i 0.05 && pings pcA 5 10.0.2.10 -i 0.05
}

captured() { # COUNT
	[ "$(tcpdump -r "$scratch/capture" -nn src port 51820 2>/dev/null | wc -l)" -ge "$1" ]
}

# On the wire, each message of siteA's comes from where siteB's latest went.
answers_from_there() {
	tcpdump -r "$scratch/capture" -nn udp 2>/dev/null | python3 -c '
import re, sys
sites = {"192.168.1.20", "2001:db8:168::20"}
reached, answers, wrong = None, 0, []
for line in sys.stdin:
    fields = line.split()
    source, target = (f.rstrip(":").rpartition(".")[0] for f in (fields[2], fields[4]))
    if source in sites:
        reached = target
    else:
        answers += 1
        if source != reached:
            wrong.append(line)
print(answers, "messages of site A, not from there:", len(wrong), *wrong[:3])
sys.exit(answers < 50 or bool(wrong))'
}

two_addresses() { # KIND-OF-SITE-B
	local who=$1 at
	lab_up --ipv6 --no-endpoint A --siteB "$1" --more siteA.Black 'Address = 192.168.1.11/24' \
		--more siteA.Black 'Address = 2001:db8:168::11/64' --more siteA.Black 'Address = 10.50.0.1/24'
	spawn capture "$scratch/capture" inet tcpdump -i portA -U -w - udp port 51820
	capturing() { grep -q 'listening on' "$scratch/capture.err"; }
	await 10 capturing
	places=(192.168.1.11 '[2001:db8:168::11]' 192.168.1.10 '[2001:db8:168::10]' 192.168.1.11)
	# An encrypterd's ways follow from its addresses.
	[ "$who" = encrypterd ] || {
		places+=(10.50.0.1)
		ip -n "$lab-siteB" route add 10.50.0.0/24 dev wan0
	}
	shaken=
	for at in "${places[@]}"; do
		check "A52: $who: siteA is reached at $at" reached_at "$at:51820"
		check "A52: $who: there siteB finds it still" endpoint_is siteB "$at:51820"
		[ -n "$shaken" ] || remember_handshakes
	done
	check "A52: $who: that took no handshake but the first" no_handshake
	check "A52: $who: all of it was captured" await 5 captured 100
	despawn capture
	check "A52: $who: each message of siteA's came from where siteB's latest went" answers_from_there
	lab_down
	rm -f "$scratch/capture" "$scratch/capture.err"
}

two_addresses wireguard-go
two_addresses encrypterd

done_testing
