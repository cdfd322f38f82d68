#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# The stock wg drives a running encrypterd: show, set, showconf, setconf, syncconf.
#
#   pcA ───── siteA ═════ inet ═════ siteB ───── pcB
#             encrypterd, driven by wg
#
. "$(dirname "$0")/_init.sh"
need_encrypterd
command -v wg >/dev/null || skip_all "wireguard-tools are not installed"
umask 077
lab_up
site=$lab-siteA
socket=/var/run/wireguard/$site.sock
keys=/run/encrypter-lab/$lab
own=$(cat "$keys/siteA.pub") peer=$(cat "$keys/siteB.pub")

field() { # COMMAND of `wg show`, KEY: what it says of that peer
	wg show "$site" "$1" | sed -n "s|^$2\t||p"
}
field_is() { # COMMAND KEY VALUE
	printf '%s: %s\n' "$1" "$(field "$1" "$2")"
	[ "$(field "$1" "$2")" = "$3" ]
}
has_peer() { wg show "$site" peers | grep -qxF "$1"; }
has_no_peer() { ! has_peer "$1"; }
# What a program other than wg says: text on stdin, the answer on stdout.
ask() {
	timeout 20 python3 -c '
import socket, sys
s = socket.socket(socket.AF_UNIX)
s.connect(sys.argv[1])
s.sendall(sys.stdin.buffer.read())
s.shutdown(socket.SHUT_WR)
while data := s.recv(65536):
    sys.stdout.buffer.write(data)' "$socket"
}
says() { # ANSWER REQUEST: printf's format, both
	local answer expected
	expected=$(printf "%b." "$1")
	answer=$(printf "%b" "$2" | ask; printf .)
	printf 'answer: %s\n' "$answer"
	[ "$answer" = "$expected" ]
}

# ---- who may ask ----

check "the socket is root's alone" test "$(stat -c '%a %u' "$socket")" = "600 0"
check "its folder is open to all" test "$(stat -c %a /var/run/wireguard)" = 755
check "wg show interfaces names it" sh -c "wg show interfaces | tr ' ' '\n' | grep -qxF $site"
probes() {
	for _ in {1..50}; do wg show interfaces >/dev/null; done
	[ -S "$socket" ]
}
check "a hundred probes leave the socket where it is" probes

# ---- show ----

check "traffic passes" pings pcA 5 10.0.2.10 -i 0.05
check "show: the peer" has_peer "$peer"
check "show: its endpoint" field_is endpoints "$peer" 192.168.1.20:51820
check "show: its allowed IPs" field_is allowed-ips "$peer" 10.0.2.0/24
check "show: the port" test "$(wg show "$site" listen-port)" = 51820
# Five pings, 84 bytes each, 96 with their padding; and the handshake that siteA began.
transferred() {
	local received=$((92 + 5 * 128)) sent=$((148 + 5 * 128))
	wg show "$site" transfer
	wg show "$lab-siteB" transfer
	[ "$(wg show "$site" transfer | cut -f 2,3)" = "$received"$'\t'"$sent" ] &&
		[ "$(wg show "$lab-siteB" transfer | cut -f 2,3)" = "$sent"$'\t'"$received" ]
}
check "A55, C28: show: transfer, both ways, to the byte, at both sites" transferred
recent() { [ $(($(date +%s) - $(handshake_time siteA))) -lt 60 ]; }
check "show: the latest handshake is now" recent
no_secret() {
	! wg showconf "$site" | grep -E 'PrivateKey|PresharedKey' &&
		! printf 'get=1\n\n' | ask | grep -E '^(private|preshared)_key='
}
check "no secret is shown" no_secret

# ---- set ----

other=$(wg genkey | wg pubkey)
wg genpsk >"$scratch/psk"
check "set: a new peer" wg set "$site" peer "$other" endpoint 192.168.1.77:999 \
	allowed-ips 10.7.1.2/16,fd00:7::/64 persistent-keepalive 25 preshared-key "$scratch/psk"
check "its endpoint" field_is endpoints "$other" 192.168.1.77:999
check "A46: its allowed IPs, masked" field_is allowed-ips "$other" "10.7.0.0/16 fd00:7::/64"
check "its keepalive" field_is persistent-keepalive "$other" 25
check "set: keepalive off" wg set "$site" peer "$other" persistent-keepalive off
check "it is off" field_is persistent-keepalive "$other" off
check "set: an IPv6 endpoint" wg set "$site" peer "$other" endpoint '[2001:db8::1]:1000'
check "it is there" field_is endpoints "$other" '[2001:db8::1]:1000'
check "A46: a prefix given to another peer moves" wg set "$site" peer "$other" allowed-ips 10.0.2.0/24
check "away from the one" field_is allowed-ips "$peer" "(none)"
check "to the other" field_is allowed-ips "$other" 10.0.2.0/24
check "and traffic with it" no_ping pcA 10.0.2.10
check "set: remove" wg set "$site" peer "$other" remove
check "it is gone" has_no_peer "$other"
check "the prefix returns" wg set "$site" peer "$peer" allowed-ips 10.0.2.0/24
check "and traffic with it" pings pcA 5 10.0.2.10 -i 0.05
check "A53: a peer with our own key is ignored" wg set "$site" peer "$own" allowed-ips 10.9.0.0/16
check "it is not there" has_no_peer "$own"

# ---- refused, whole ----

refused() { ! "$@"; }
check "set: fwmark is refused" refused wg set "$site" fwmark 7
check "U: an unknown key: EINVAL, negative" says 'errno=-22\n\n' 'set=1\nlisten_port=1\nnonsense=1\n\n'
check "nothing of that request was done" test "$(wg show "$site" listen-port)" = 51820
check "U: a failing get: positive" says 'errno=22\n\n' 'get=2\n\n'
check "a request without its end does nothing" says '' 'set=1\nlisten_port=1\n'
check "still the same port" test "$(wg show "$site" listen-port)" = 51820

# ---- whole configurations ----

write_conf() { # FILE, further lines
	{
		printf '[Interface]\nPrivateKey = %s\nListenPort = 51820\n' "$(cat "$keys/siteA.key")"
		printf '[Peer]\nPublicKey = %s\nAllowedIPs = 10.0.2.0/24\nEndpoint = 192.168.1.20:51820\n' "$peer"
		[ $# = 1 ] || printf '%s\n' "$2"
	} >"$1"
}
many() { # COUNT
	python3 -c '
import base64, sys
for i in range(int(sys.argv[1])):
    key = base64.b64encode(b"peer" + i.to_bytes(28, "big")).decode()
    print("[Peer]\nPublicKey = %s\nAllowedIPs = 172.16.%d.%d/32" % (key, i // 250, i % 250))' "$1"
}
write_conf "$scratch/one.conf"
write_conf "$scratch/many.conf" "$(many 300)"
check "showconf is what was configured" \
	sh -c "wg showconf $site | grep -qxF 'AllowedIPs = 10.0.2.0/24'"
check "A54: setconf" wg setconf "$site" "$scratch/one.conf"
check "traffic passes after it" pings pcA 5 10.0.2.10 -i 0.05
check "syncconf: 300 peers more" wg syncconf "$site" "$scratch/many.conf"
check "they are there" test "$(wg show "$site" peers | wc -l)" = 301
syncs_under_traffic() {
	local status=0
	spawn ping "$scratch/sync.out" pcA "$top/tools/_pings" 200 -i 0.02 10.0.2.10
	for _ in {1..5}; do
		wg syncconf "$site" "$scratch/one.conf" && wg syncconf "$site" "$scratch/many.conf" || status=1
	done
	await 20 process_gone "$scratch/ping.pid" || status=1
	cat "$scratch/sync.out"
	grep -q '200 received' "$scratch/sync.out" && [ $status = 0 ]
}
check "U: syncconf, ten times under traffic: no packet is lost" syncs_under_traffic
before=$(handshake_time siteA | head -n 1)
check "C25: the same private key again keeps the session" wg syncconf "$site" "$scratch/one.conf"
check "no new handshake" test "$(handshake_time siteA)" = "$before"
check "one peer is left" test "$(wg show "$site" peers)" = "$peer"

# ---- keys ----

wg genpsk >"$scratch/psk"
both_psk() {
	wg set "$site" peer "$peer" preshared-key "$scratch/psk" &&
		wg set "$lab-siteB" peer "$own" preshared-key "$scratch/psk"
}
check "A54: a preshared key on both sides" both_psk
wg genkey | tee "$scratch/key" | wg pubkey >"$scratch/pub"
new_key() {
	wg set "$site" private-key "$scratch/key" &&
		wg set "$lab-siteB" peer "$own" remove &&
		wg set "$lab-siteB" peer "$(cat "$scratch/pub")" preshared-key "$scratch/psk" \
			endpoint 192.168.1.10:51820 allowed-ips 10.0.1.0/24
}
check "A54: a new private key" new_key
check "traffic passes under it, with the preshared key" pings pcA 5 10.0.2.10 -i 0.1
wg genpsk >"$scratch/psk"
wrong_psk() {
	wg set "$site" peer "$peer" preshared-key "$scratch/psk" remove &&
		wg set "$site" peer "$peer" preshared-key "$scratch/psk" endpoint 192.168.1.20:51820 \
			allowed-ips 10.0.2.0/24 && no_ping pcA 10.0.2.10
}
check "another preshared key on one side: no traffic" wrong_psk
check "set: another port" wg set "$site" listen-port 51999
check "it is shown" test "$(wg show "$site" listen-port)" = 51999

# ---- a crowd ----

crowd() {
	timeout 60 python3 - "$socket" <<'END'
import socket, sys, time
def connect():
    s = socket.socket(socket.AF_UNIX)
    s.settimeout(30)
    s.connect(sys.argv[1])
    return s
silent = [connect() for _ in range(16)]
begin = time.monotonic()
late = connect()
late.sendall(b'get=1\n\n')
answer = b''
while not answer.endswith(b'errno=0\n\n'):
    data = late.recv(65536)
    assert data
    answer += data
print('answered after %.1f s' % (time.monotonic() - begin))
assert all(s.recv(1) == b'' for s in silent)
END
}
check "U: sixteen silent clients are sent away, the next one is served" crowd
check "encrypterctl agrees on the peers" test "$(ctl siteA show --json | python3 -c '
import json, sys
print(*[p["public_key"] for p in json.load(sys.stdin)["peers"]])')" = "$(wg show "$site" peers)"

done_testing
