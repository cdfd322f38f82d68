#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# A WireGuard peer of the tests' own (tests/judge) that shares no code with the daemon and does what a
# good peer never does: replays, old timestamps, bent messages, counters at the limits, spoofed inner
# addresses. With LONG=yes also what takes minutes. `test_judge.sh A13` runs the checks of a row.
#
#   pcA ───── siteA ═════ inet ═════ siteB
#             encrypterd             the judge, at site B's address
#
. "$(dirname "$0")/_init.sh"
need_encrypterd
# Debian's package is for Debian's python3, which need not be the first in the path.
python=python3
"$python" -c 'import cryptography' 2>/dev/null || python=/usr/bin/python3
"$python" -c 'import cryptography' 2>/dev/null || skip_all "python3-cryptography is not installed"

second_address() { # site A's black port gets two (A52)
	lab_do stop siteA &&
		sed -i 's|^Address = 192.168.1.10/24|&, 192.168.1.11/24|' "/run/encrypter-lab/$lab/siteA.conf" &&
		lab_do start siteA
}
take_over() {
	lab_do stop siteB
	ip -n "$lab-siteB" addr add 192.168.1.20/24 dev wan0 &&
		ip -n "$lab-siteB" addr add 192.168.1.21/24 dev wan0 && ip -n "$lab-siteB" link set wan0 up
}

lab_up
check "site A has two black addresses" second_address
check "the judge is where site B was" take_over

planned=none ended=no before=$tests_run
while IFS= read -r line; do
	case "$line" in
	'1..'[0-9]*) planned=${line#1..} ;;
	'ok '*) ok "${line#ok }" ;;
	'not ok '*) not_ok "${line#not ok }" ;;
	'# '*) printf '%s\n' "$line" ;;
	'exit status '[01]) ended=yes ;;
	*) diag "$line" ;;
	esac
done < <(timeout -s KILL 270 "$python" "$here/../judge/main.py" "$lab" "$BUILD" "${1:-}" 2>&1; echo "exit status $?")
heard=$((tests_run - before))
judged_all() { [ "$ended" = yes ] && [ "$heard" = "$planned" ] && [ "$heard" != 0 ]; }
check "the judge comes to its end, and judged all that it meant to: $heard of $planned" judged_all

done_testing
