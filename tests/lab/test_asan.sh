#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# The daemons built with AddressSanitizer and UndefinedBehaviorSanitizer: traffic, hostile frames, an
# orderly end; and nothing found.
#
#   pcA ───── siteA ═════ inet ═════ siteB ───── pcB
#             encrypterd, sanitized  encrypterd, sanitized
#
BUILD=${BUILD_ASAN:-$(dirname "$0")/../../build-asan}
export UBSAN_OPTIONS=${UBSAN_OPTIONS:-halt_on_error=1:print_stacktrace=1}
. "$(dirname "$0")/_init.sh"
[ -x "$BUILD/encrypterd" ] || skip_all "no sanitized encrypterd was built"
need_encrypterd
lab_up --psk

check "pings from pcA" pings pcA 200 10.0.2.10 -i 0.01
check "pings from pcB" pings pcB 200 10.0.1.10 -i 0.01
check "large ones" pings pcA 20 10.0.2.10 -i 0.02 -s 4000
check "TCP from pcA unchanged" transfers pcA pcB 10.0.2.10 16
check "TCP from pcB unchanged" transfers pcB pcA 10.0.1.10 16

black_mac=$(on siteA cat /sys/class/net/wan0/address)
red_mac=$(on siteA cat /sys/class/net/lan0/address)
key=$(cat "/run/encrypter-lab/$lab/siteA.pub")
on siteA ip link set wan0 mtu 9200 && on inet ip link set portA mtu 9200
on siteA ip link set lan0 mtu 9200 && on pcA ip link set eth0 mtu 9200
hostile() { # SIDE HOST IFACE MAC
	local name rest
	python3 "$here/frames.py" list "$1" >"$scratch/frames" && [ -s "$scratch/frames" ] || return
	while read -r name rest; do
		on "$2" python3 "$here/frames.py" send "$1" "$name" "$3" "$4" "$key" || return
	done <"$scratch/frames"
}
check "hostile frames into the black port" hostile black inet portA "$black_mac"
check "hostile frames into the red port" hostile red pcA eth0 "$red_mac"
check "traffic goes on" pings pcA 20 10.0.2.10 -i 0.02
check "the control socket answers" ctl siteA stats --json
check "wg answers" wg show "$lab-siteA"

clean() { # SITE
	! lab_do log "$1" | grep -E 'ERROR: (Address|Leak)Sanitizer|runtime error|^error '
}
for site in siteA siteB; do
	check "$site: SIGTERM: 0 (no leak, no finding)" lab_do stop $site
	check "$site: a clean log" clean $site
done

done_testing
