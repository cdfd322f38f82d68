#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# 130,000 AllowedIPs on one peer, of both families: read from the file, shown in full, changed under traffic; and where
# there is no room for them, refused whole.
#
#   pcA ───── siteA ═════ inet ═════ siteB ───── pcB
#             130,000 AllowedIPs     encrypterd
#
. "$(dirname "$0")/_init.sh"
need_encrypterd
umask 077
lab_up --ipv6
a=$lab-siteA
conf=/run/encrypter-lab/$lab/siteA.conf
key_b=$(cat "/run/encrypter-lab/$lab/siteB.pub")
count=130000

# Single addresses, every second one, so that nothing can be joined; one a line, IPv4 last
python3 - $count >"$scratch/prefixes" <<'END'
import ipaddress, sys
for first, length in ("2001:db8:77::", 128), ("172.16.0.0", 32):
    first = ipaddress.ip_address(first)
    for i in range(int(sys.argv[1]) // 2):
        print(first + 2 * i, length, sep="/")
END
config_lines() { # FILE: AllowedIPs, a hundred a line
	xargs -n 100 <"$1" | sed 's/ /, /g; s/^/AllowedIPs = /'
}
wg_conf() { # FILE of prefixes
	printf '[Interface]\nPrivateKey = %s\nListenPort = 51820\n' "$(cat "/run/encrypter-lab/$lab/siteA.key")"
	printf '[Peer]\nPublicKey = %s\nEndpoint = 192.168.1.20:51820\nAllowedIPs = 10.0.2.0/24, fd00:2::/64\n' "$key_b"
	config_lines "$1"
}
shown() { wg show "$a" allowed-ips | cut -f 2 | tr ' ' '\n' | sed 's/^allowed-ips$//' | sort; }
shows_all() { # FILE of prefixes
	shown >"$scratch/shown"
	{ cat "$1" && printf '%s\n' 10.0.2.0/24 fd00:2::/64; } | sort >"$scratch/expected"
	wc -l "$scratch/shown" "$scratch/expected"
	cmp "$scratch/shown" "$scratch/expected"
}
takes_at_most() { # SECONDS COMMAND…
	local began limit=$1 took
	shift
	began=$(now_us)
	"$@" || return
	took=$((($(now_us) - began) / 1000))
	echo "$*: $took ms" >>"$scratch/took"
	[ $took -le $((limit * 1000)) ]
}
resident() { sed -n 's/^VmRSS:\s*\([0-9]*\) kB/\1/p' "/proc/$(daemon_pid siteA)/status"; }

# ---- no room: the default memory is for far fewer ----

wg_conf "$scratch/prefixes" >"$scratch/many.conf"
check "traffic passes" pings pcA 5 10.0.2.10 -i 0.05
shown >"$scratch/before"
refused() { ! wg syncconf "$a" "$scratch/many.conf"; }
unchanged() { shown | cmp - "$scratch/before"; }
check "without the memory for them they are refused" refused
check "and nothing of that was done" unchanged
check "traffic passes" pings pcA 5 10.0.2.10 -i 0.05
small=$(resident)

# ---- from the file ----

lab_do stop siteA
config_lines "$scratch/prefixes" >>"$conf"
sed -i '/^\[Red\]/a Memory = 256M' "$conf"
sed -i '/^\[Crypt\]/a Memory = 96M' "$conf"
check "$count prefixes of one peer: the daemon is ready within ten seconds" \
	takes_at_most 10 lab_do start siteA
check "A46: wg show has all of them" shows_all "$scratch/prefixes"
check "wg show takes no more than two seconds" takes_at_most 2 wg show "$a" allowed-ips
json_has_all() {
	ctl siteA show --json | python3 -c '
import json, sys
n = len(json.load(sys.stdin)["peers"][0]["allowed_ips"])
print(n)
sys.exit(n != int(sys.argv[1]))' $((count + 2))
}
check "encrypterctl show has all of them" json_has_all
check "traffic passes" await 10 ping_once pcA 10.0.2.10
large=$(resident)
diag "resident: $small kB with two prefixes, $large kB with $((count + 2)), and room for as many again"
# Half of them are IPv6, whose nodes are the larger ones.
check "they, and room for as many again, cost less than two and a half kilobytes each" \
	test $(((large - small) * 1024 / count)) -lt 2560

# ---- the first, the last, and what lies between ----

# Their hosts are not there, but the other site decrypts what is for them.
arrives() { # ADDRESS
	local before
	before=$(counter siteB crypt opened_packets)
	on pcA ping -q -c 1 -W 0.2 "$1"
	more() { [ "$(counter siteB crypt opened_packets)" -gt "$before" ]; }
	await 2 more
}
is_nobodys() { # ADDRESS
	on pcA ping -c 1 -W 1 "$1" | tee /dev/stderr |
		grep -qE 'From (10.0.1.254 .*Packet filtered|fd00:1::254 .*Administratively prohibited)'
}
last=$(tail -n 1 "$scratch/prefixes")
last=${last%/32}
last6=$(sed -n "$((count / 2))p" "$scratch/prefixes")
last6=${last6%/128}
check "A45: a packet for the first of them reaches the other site" arrives 172.16.0.0
check "A45: and one for the last, $last" arrives "$last"
check "A45: the address after the first is nobody's" is_nobodys 172.16.0.1
check "A45: nor is the one after the last" is_nobodys "${last%.*}.$((${last##*.} + 1))"
check "A45: the first of IPv6 reaches the other site" arrives 2001:db8:77::
check "A45: and the last, $last6" arrives "$last6"
check "A45: the address after the first is nobody's" is_nobodys 2001:db8:77::1

# ---- changed under traffic ----

sed -n '1~2p' "$scratch/prefixes" >"$scratch/half"
wg_conf "$scratch/half" >"$scratch/half.conf"
change_twice() {
	spawn ping "$scratch/ping.out" pcA "$top/tools/_pings" 250 -i 0.02 10.0.2.10
	takes_at_most 5 wg syncconf "$a" "$scratch/half.conf" && shows_all "$scratch/half" &&
		takes_at_most 5 wg syncconf "$a" "$scratch/many.conf" && shows_all "$scratch/prefixes"
	local status=$?
	await 20 process_gone "$scratch/ping.pid"
	cat "$scratch/ping.out"
	return $status
}
none_lost() { grep -q ' 250 received' "$scratch/ping.out"; }
check "A46: half of them go and come again, under five seconds each" change_twice
check "U: no ping is lost meanwhile" none_lost
sed 's/^/# /' "$scratch/took"

done_testing
