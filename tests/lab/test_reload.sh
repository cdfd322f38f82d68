#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# The configuration of a running encrypterd is changed: by its file and by encrypterctl.
#
#   pcA ───── siteA ═════ inet ═════ siteB ───── pcB
#             encrypterd             encrypterd
#
. "$(dirname "$0")/_init.sh"
. "$here/_outside.sh"
need_encrypterd
umask 077
lab_up
conf=$(conf_of siteA)
key_b=$(cat "/run/encrypter-lab/$lab/siteB.pub")
other=$(wg genkey | wg pubkey)
cp "$conf" "$scratch/first.conf"

refused() { # PATTERN COMMAND…: exit status 1, and that on stderr
	local pattern=$1 status=0
	shift
	"$@" 2>"$scratch/err" || status=$?
	cat "$scratch/err"
	[ $status = 1 ] && grep -qE "$pattern" "$scratch/err"
}
peers() { ctl siteA peer list | cut -f 1; }
has_peer() { peers | grep -qxF "$1"; }
has_no_peer() { ! has_peer "$1"; }
shows() { ctl siteA show --json | grep -qF "$1"; }
# What was there before goes on without a handshake, and no ping of 250 is lost.
undisturbed() { # COMMAND…
	local status=0
	remember_handshakes
	begin_pings ab pcA 250 0.01 10.0.2.10
	"$@" || status=1
	pings_end ab
	lost_at_most ab 0 && no_handshake && [ $status = 0 ]
}
check "traffic passes" pings pcA 5 10.0.2.10 -i 0.05

# ---- reload ----

check "reload of the same file: nothing is lost, no handshake" undisturbed ctl siteA reload
audit() { lab_do log siteA | grep 'configured by=' | tail -n 1; } # the last change
audit_is() { audit | tee /dev/stderr | grep -qE "$1"; }
check "the audit names nothing that stayed as it was" audit_is ' routes=[0-9]+$'
sed -i 's/^ListenPort.*/ListenPort = 51999/' "$conf"
check "another port is taken" ctl siteA reload
check "the audit names the port alone" audit_is ' routes=[0-9]+ listen_port=set$'
cp "$scratch/first.conf" "$conf"
check "the former one is again" ctl siteA reload
check "traffic passes again" pings pcA 5 10.0.2.10 -i 0.05
add_to_file() {
	printf '\n[Peer]\nName = third\nPublicKey = %s\nAllowedIPs = 10.0.3.0/24\n' "$other" >>"$conf"
	ctl siteA reload
}
check "a peer is added to the file: nothing is lost, no handshake" undisturbed add_to_file
check "it is there" has_peer "$other"
check "with its name" sh -c "'$BUILD/encrypterctl' -n $lab-siteA peer list | grep -q third"
edit_file() {
	sed -i 's|^AllowedIPs = 10.0.2.0/24|AllowedIPs = 10.0.2.0/24, 10.0.4.0/24|; s/third/fourth/' "$conf"
	ctl siteA reload
}
check "both are edited: likewise" undisturbed edit_file
check "the new prefix is there" shows '"10.0.4.0/24"'
check "the new name is" shows '"fourth"'
by_signal() {
	cp "$scratch/first.conf" "$conf"
	kill -HUP "$(daemon_pid siteA)"
	await 5 has_no_peer "$other"
}
check "SIGHUP does the same: the peer is gone, likewise" undisturbed by_signal
check "the other one is not" has_peer "$key_b"

# ---- refused: whole, with the line ----

unchanged() { ctl siteA showconf | cmp - "$scratch/before"; }
ctl siteA showconf >"$scratch/before"
n=$(grep -n '^Engine' "$conf" | cut -d : -f 1)
sed 's/^Engine.*/Engine = sodium/; s|10.0.2.0/24|10.0.5.0/24|' "$scratch/first.conf" >"$conf"
check "what cannot change is refused with FILE:LINE" \
	refused "$conf:$n: \[Crypt\] Engine cannot change" ctl siteA reload
check "nothing of it was done" unchanged
sed 's|10.0.2.0/24|10.0.5.0/33|' "$scratch/first.conf" >"$conf"
n=$(grep -n '/33' "$conf" | cut -d : -f 1)
check "what is wrong is refused with FILE:LINE" refused "$conf:$n: .*10.0.5.0/33" ctl siteA reload
check "nothing of it was done" unchanged
printf 'nonsense\n' >"$scratch/100%.conf"
check "a file's name is told as it is written" refused '/100%\.conf:1: ' ctl siteA syncconf "$scratch/100%.conf"
mkfifo "$scratch/pipe"
check "a pipe is refused" refused '/pipe: is no regular file' ctl siteA syncconf "$scratch/pipe"
rm "$conf"
check "a file that is gone is refused" refused "$conf: cannot be read" ctl siteA reload
check "traffic passes all the same" pings pcA 5 10.0.2.10 -i 0.05
cp "$scratch/first.conf" "$conf"
check "put back, it is taken" ctl siteA reload

# ---- other files ----

sed 's|10.0.2.0/24|10.0.2.0/24, 10.0.6.0/24|' "$scratch/first.conf" >"/run/encrypter-lab/$lab/other.conf"
check "syncconf of another file: nothing is lost, no handshake" \
	undisturbed ctl siteA syncconf "/run/encrypter-lab/$lab/other.conf"
check "its prefix is there" shows '"10.0.6.0/24"'
remember_handshakes
check "setconf makes the peers anew" ctl siteA setconf "/run/encrypter-lab/$lab/other.conf"
check "so there is no session until traffic wants one" pings pcA 5 10.0.2.10 -i 0.1
shook_hands() { ! no_handshake; }
check "that took a handshake" shook_hands
check "a relative path is found from where encrypterctl is" \
	sh -c "cd '/run/encrypter-lab/$lab' && '$BUILD/encrypterctl' -n $lab-siteA syncconf other.conf"

# ---- peers one by one ----

check "peer add" ctl siteA peer add "$other" allowed-ips 10.7.0.0/16,fd00:7::/64,10.8.0.1 \
	endpoint 192.168.1.77:999 persistent-keepalive 25
check "it is there" test "$(wg show "$lab-siteA" allowed-ips | grep -F "$other" | cut -f 2)" = \
	"10.7.0.0/16 fd00:7::/64 10.8.0.1/32"
check "peer add of one that is there: refused" refused 'already' ctl siteA peer add "$other"
check "A53: peer add of the device's own key: refused" refused "own key" \
	ctl siteA peer add "$(cat "/run/encrypter-lab/$lab/siteA.pub")"
check "peer set" ctl siteA peer set "$other" persistent-keepalive off allowed-ips 10.9.0.0/16
check "it is set" test "$(wg show "$lab-siteA" allowed-ips | grep -F "$other" | cut -f 2)" = 10.9.0.0/16
wg genpsk >"$scratch/psk"
check "peer set of a preshared key" ctl siteA peer set "$other" preshared-key "$scratch/psk"
check "showconf says so, without it" sh -c "'$BUILD/encrypterctl' -n $lab-siteA showconf |
	tee '$scratch/conf' | grep -qF '# PresharedKey is set' && ! grep -qFf '$scratch/psk' '$scratch/conf'"
check "showconf has our words" sh -c "grep -qxF 'PublicKey = $other' '$scratch/conf' &&
	grep -qxF 'Name = siteB' '$scratch/conf' && grep -qxF 'AllowedIPs = 10.9.0.0/16' '$scratch/conf'"
check "peer set by its name" ctl siteA peer set siteB persistent-keepalive 20
check "it is set" shows '"persistent_keepalive":20'
check "peer set of nobody: refused" refused 'no such peer' ctl siteA peer set nobody
check "peer set with a bad value: refused" refused 'not valid' ctl siteA peer set siteB endpoint nonsense
check "peer remove" ctl siteA peer remove "$other"
check "it is gone" has_no_peer "$other"
usage() {
	local status=0
	"$@" || status=$?
	[ $status = 2 ]
}
check "peer of nothing: usage" usage ctl siteA peer
check "peer set with half a setting: usage" usage ctl siteA peer set siteB endpoint
check "what was set so ends with the next reload" ctl siteA reload
check "it has ended" shows '"persistent_keepalive":0'
shows_no() { ! shows "$1"; }
check "it reads the file that the daemon was started with" shows_no '"10.0.6.0/24"'
check "traffic passes" pings pcA 5 10.0.2.10 -i 0.05
lab_down

# ---- threads on cores of their own: who reads the file again may use one of them only ----

more_cores() {
	lab=t$$c
	core_a=$(cpu_of siteA) core_b=$(cpu_of siteB)
	lab_up --wrap "taskset -c $core_a,$core_b" --more siteA.Node "Core = $core_a" \
		--more siteA.Crypt "Cores = $core_b"
	conf=$(conf_of siteA)
	check "on two cores: reload" ctl siteA reload
	check "reload of another core is refused" elsewhere
	cp "$scratch/cores" "$conf"
	check "SIGHUP is taken, too" by_signal_again
	check "traffic passes" await 10 ping_once pcA 10.0.2.10
}
elsewhere() {
	cp "$conf" "$scratch/cores"
	sed -i "s/^Cores = .*/Cores = $core_a/" "$conf"
	refused 'Cores cannot change' ctl siteA reload
}
by_signal_again() {
	sed 's/^ListenPort.*/ListenPort = 51999/' "$scratch/cores" >"$conf"
	kill -HUP "$(daemon_pid siteA)"
	await 5 shows '51999'
}
if [ "$(nproc)" -gt 1 ]; then
	more_cores
else
	skip "on two cores: reload" "this machine has one"
fi

done_testing
