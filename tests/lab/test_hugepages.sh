#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# The same with hugepages, which the other labs may have to do without.
#
#   pcA ───── siteA ═════ inet ═════ siteB ───── pcB
#             encrypterd, Hugepages = required
#
. "$(dirname "$0")/_init.sh"
need_encrypterd
pages=/proc/sys/vm/nr_hugepages
wanted=512
before=$(cat $pages)

give_back() {
	leave
	echo "$before" >$pages
}
trap give_back EXIT
{ echo $((before + wanted)) >$pages; } 2>/dev/null || skip_all "this machine lets nobody reserve hugepages"
[ "$(cat $pages)" -ge $((before + wanted)) ] || skip_all "there is no memory for $wanted hugepages"

lab_up --hugepages required
status_of() { ctl siteA status; }
diag "$(status_of)"
check "pings" pings pcA 200 10.0.2.10 -i 0.005
check "TCP from pcA unchanged" transfers pcA pcB 10.0.2.10 32
check "TCP from pcB unchanged" transfers pcB pcA 10.0.1.10 32
used() { [ "$(sed -n 's/^HugePages_Free: *//p' /proc/meminfo)" -lt "$(sed -n 's/^HugePages_Total: *//p' /proc/meminfo)" ]; }
check "hugepages are in use" used
lab_down
# Other daemons of this machine may have some, too.
ownerless() { # hugepages that no process has
	local used mapped
	used=$(awk '/^HugePages_Total/ { n = $2 } /^HugePages_Free/ { n -= $2 } END { print n }' /proc/meminfo)
	mapped=$(cat /proc/[0-9]*/smaps_rollup 2>/dev/null |
		awk '/_Hugetlb:/ { sum += $2 } END { print int(sum / 2048) }')
	echo $((used - mapped))
}
none_ownerless() { [ "$(ownerless)" -le 0 ]; }
check "none is left without an owner" await 5 none_ownerless

done_testing
