#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# check: beside others
# siteB is known to siteA by name. It is not where the name leads, until the name is changed; it moves
# and takes the name along; of two addresses the one that answers is found.
#
#   pcA ───── siteA ═════════════════════ inet ═════ siteB ───── pcB
#             encrypterd,                            encrypterd
#             /etc/hosts of its own
#
. "$(dirname "$0")/_init.sh"
. "$here/_outside.sh"
need_encrypterd

# Both daemons see the test's files instead of the machine's, in a mount namespace that ends with them. A
# minimal Debian has none, so there they get a copy of /etc that has.
hosts=$scratch/hosts
resolv=$scratch/resolv.conf
: >"$resolv"
wrapper=$scratch/with-hosts
cat >"$wrapper" <<END
#!/bin/sh
exec unshare --mount sh -c '
	[ -e /etc/hosts ] && [ -e /etc/resolv.conf ] || {
		mkdir -p $scratch/etc && cp -a /etc/. $scratch/etc && rm -f $scratch/etc/resolv.conf &&
			touch $scratch/etc/hosts $scratch/etc/resolv.conf &&
			mount --bind $scratch/etc /etc || exit
	}
	mount --bind $hosts /etc/hosts && mount --bind $resolv /etc/resolv.conf && exec "\$@"' sh "\$@"
END
chmod 755 "$wrapper"
leads_to() { # ADDRESS…
	printf '%s\n' '127.0.0.1 localhost' >"$hosts"
	[ $# = 0 ] || printf '%s b.sites.example\n' "$@" >>"$hosts"
}
named() { # of siteA's peer
	ctl siteA show --json | python3 -c '
import json, sys
print(json.load(sys.stdin)["peers"][0]["endpoint_name"])'
}
not_reached() { ! ping_once pcA 10.0.2.10; }
logged() { lab_do log siteA | grep -qE "$1"; }

leads_to 192.168.1.77
lab_up --no-endpoint A --no-endpoint B --wrap "$wrapper"
lab_do stop siteA
echo "Endpoint = b.sites.example:51820" >>"$(conf_of siteA)"
check "a name as the endpoint is taken" lab_do start siteA
check "it is resolved at the start" await 10 endpoint_is siteA 192.168.1.77:51820
check "show has the name too" test "$(named)" = b.sites.example:51820
check "nobody is there" not_reached

# It is asked for again after two attempts that failed, 5 s apart; each goes to the next address.
leads_to 192.168.1.78 192.168.1.20
check "A34: the name leads to siteB too: it is found while handshakes fail" \
	await 30 ping_once pcA 10.0.2.10
check "the endpoint is siteB's" endpoint_is siteA 192.168.1.20:51820
check "traffic passes" pings pcA 20 10.0.2.10 -i 0.02

# siteB moves, while the tunnel is idle; it cannot tell, since it does not know where siteA is. The session
# is given up after 15 s without an answer, and then it goes as above.
lab_do stop siteB
readdress siteB 192.168.1.21/24 192.168.1.100
check "siteB starts again elsewhere" lab_do start siteB
leads_to 192.168.1.21
check "A36: traffic is back within 40 seconds, at the new address" await 40 ping_once pcA 10.0.2.10
check "the endpoint is the new one" endpoint_is siteA 192.168.1.21:51820

# ---- no address ----

lab_do stop siteA
leads_to
lab_do start siteA
check "a name without an address: the daemon is there all the same" await 10 logged 'no usable address'
leads_to 192.168.1.21
check "it is asked for again" await 15 ping_once pcA 10.0.2.10

# ---- name servers that do not answer ----

silent() { # three of them: 127.0.0.1 to 3, in siteA
	printf 'nameserver 127.0.0.%d\n' 1 2 3 >"$resolv"
	spawn silent "$scratch/silent" siteA python3 -c '
import socket, time
sockets = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for i in range(3)]
for i in range(3):
    sockets[i].bind(("127.0.0.%d" % (i + 1), 53))
print("silent", flush=True)
time.sleep(60)'
	await 10 grep -q silent "$scratch/silent"
}
failures() { [ "$(lab_do log siteA | grep -c 'no usable address')" -ge "$1" ]; }
check "name servers that are silent" silent
before=$(lab_do log siteA | grep -c 'no usable address')
lab_do stop siteA
leads_to
lab_do start siteA
check "cost a name 2 s each" await 9 failures $((before + 1))
despawn silent
leads_to 192.168.1.21
check "after which it is asked for again" await 15 ping_once pcA 10.0.2.10

# ---- the process that does it ----

helper=$(pgrep -P "$(daemon_pid siteA)" -x encrypter-names)
check "a process of its own resolves" test -n "$helper"
status() { sed -n "s/^$1:\s*//p" "/proc/$helper/status" | tr '\t' ' '; }
check "it is nobody" test "$(status Uid)" = "65534 65534 65534 65534"
check "without capabilities" test "$(status CapEff)$(status CapPrm)$(status CapInh)" = \
	000000000000000000000000000000000000000000000000
check "and gets no new rights" test "$(status NoNewPrivs) $(status Seccomp)" = "1 2"
check "it holds its socket and nothing else" test \
	"$(readlink /proc/"$helper"/fd/* | grep -v '^/dev/null$' | sed 's/:.*//' | tr '\n' ' ')" = "socket "
kill -KILL "$helper"
check "when it dies, that is said" await 5 logged 'names are not resolved any more'
check "and traffic goes on" pings pcA 20 10.0.2.10 -i 0.02
lab_do stop siteA
lab_do start siteA
helper=$(pgrep -P "$(daemon_pid siteA)" -x encrypter-names)
check "a new daemon has a new one" test -d "/proc/${helper:-none}"
lab_do kill siteA
helper_gone() { [ ! -d "/proc/$helper" ]; }
check "which ends with its daemon, however that ends" await 5 helper_gone

done_testing
