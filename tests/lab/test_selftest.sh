#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# A primitive that computes something else: the daemon says which, and never gets to forwarding.
#
#   siteA: encrypterd with another X25519 in libsodium's place
#
. "$(dirname "$0")/_init.sh"
need_encrypterd
broken=$BUILD/tests/lab/broken_sodium.so
[ -f "$broken" ] || skip_all "built without the test libraries"
lab_up
conf=/run/encrypter-lab/$lab/siteA.conf
lab_do stop siteA

fails() {
	local status=0
	timeout 20 ip netns exec "$lab-siteA" env LD_PRELOAD="$broken" "$BUILD/encrypterd" -c "$conf" \
		>"$scratch/log" 2>&1 </dev/null || status=$?
	cat "$scratch/log"
	[ $status = 1 ]
}
named() { grep -q 'self-test failed test=dh' "$scratch/log"; }
untouched() { ! on siteA ip link show lan0 | grep -q NOARP; }

check "with a wrong X25519 it ends with 1" fails
check "and names the test that failed" named
check "no interface was taken" untouched
check "nothing is forwarded" no_ping pcA 10.0.2.10
check "with the right one it starts" lab_do start siteA
check "and forwards" await 20 ping_once pcA 10.0.2.10
done_testing
