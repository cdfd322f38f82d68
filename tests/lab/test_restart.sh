#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# A daemon that dies leaves its interfaces closed, and traffic comes back with it; one that is stopped
# gives them back as they were.
#
#   pcA ───── siteA ═════ inet ═════ siteB ───── pcB
#             encrypterd             encrypterd
#
. "$(dirname "$0")/_init.sh"
need_encrypterd
lab_up

addresses() { on siteA ip -br addr show "$1" | tr -s ' '; }
has_address() { addresses "$1" | grep -qF "$2"; }
lacks_address() { ! has_address "$1" "$2"; }

check "traffic passes" pings pcA 10 10.0.2.10 -i 0.05

lab_do kill siteA
# An address that somebody gives the dead daemon's interface must not open it.
on siteA ip addr add 10.0.1.99/24 dev lan0
on siteA ip addr add 192.168.1.99/24 dev wan0
check "killed: pcA reaches nothing through it" no_ping pcA 10.0.2.10
check "killed: the kernel does not answer on the red interface" no_ping pcA 10.0.1.99
check "killed: the kernel does not answer on the black interface" no_ping inet 192.168.1.99
on siteA ip addr flush dev lan0
on siteA ip addr flush dev wan0

check "it starts again" lab_do start siteA
check "traffic is back within ten seconds" await 10 ping_once pcA 10.0.2.10
check "without further loss" pings pcA 50 10.0.2.10 -i 0.02

check "SIGTERM: it ends with status 0" lab_do stop siteA
on siteA ip addr add 10.0.1.98/24 dev lan0
on siteA ip addr add 192.168.1.98/24 dev wan0
check "stopped: the red interface is the kernel's again" await 5 ping_once pcA 10.0.1.98
check "stopped: the black interface is the kernel's again" await 5 ping_once inet 192.168.1.98
check "nothing is forwarded while it is down" no_ping pcA 10.0.2.10

check "it starts on interfaces with addresses" lab_do start siteA
check "which it takes away (red)" lacks_address lan0 10.0.1.98
check "which it takes away (black)" lacks_address wan0 192.168.1.98
check "traffic is back within ten seconds" await 10 ping_once pcA 10.0.2.10
check "the other side's restart is survived too" lab_do stop siteB
check "siteB starts again" lab_do start siteB
# siteA goes on under a key that siteB has no more, until it misses the answers (10 + 5 s).
check "A36: traffic is back within 25 seconds" await 25 ping_once pcA 10.0.2.10
check "SIGTERM: it ends with status 0" lab_do stop siteA
check "the addresses are back (red)" has_address lan0 10.0.1.98/24
check "the addresses are back (black)" has_address wan0 192.168.1.98/24

done_testing
