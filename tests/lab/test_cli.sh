#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# encrypterctl on a running daemon, and its key verbs beside those of wg.
#
#   pcA ───── siteA ═════ inet ═════ siteB ───── pcB
#             encrypterd, asked by encrypterctl
#
. "$(dirname "$0")/_init.sh"
need_encrypterd
lab_up --psk --keepalive 20

exits() { # STATUS COMMAND…
	local expected=$1 status=0
	shift
	"$@" </dev/null || status=$?
	printf 'exit status %d, expected %d\n' $status "$expected"
	[ $status = "$expected" ]
}
json() { # PYTHON-EXPRESSION over d: true?
	python3 -c "
import json, sys
d = json.load(sys.stdin)
sys.exit(not ($1))"
}
encrypterctl=$BUILD/encrypterctl

# ---- a daemon that takes its time; its answer is looked at in the end ----

# It answers version at once, all else after 17 s: encrypterctl waits for 15 s without a look.
slow=/run/encrypter/$lab-slow
trap 'rm -rf "$slow"; leave' EXIT
mkdir -m 700 "$slow"
spawn slow /dev/null siteA python3 -c '
import socket, sys, threading, time
def serve(client):
    asked = client.recv(4096)
    time.sleep(0 if b"version" in asked else 17)
    client.sendall(b"version=0\nerrno=0\n\n")
listener = socket.socket(socket.AF_UNIX)
listener.bind(sys.argv[1])
listener.listen()
while True:
    threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
' "$slow/control.sock"
check "a daemon that is slow listens" await 5 test -S "$slow/control.sock"
spawn waiting "$scratch/waiting" siteA sh -c "'$encrypterctl' -n '$lab-slow' reload; echo exit status \$?"

# ---- keys ----

"$encrypterctl" genkey >"$scratch/key"
check "genkey and pubkey agree with wg" \
	test "$("$encrypterctl" pubkey <"$scratch/key")" = "$(wg pubkey <"$scratch/key")"
same_as_wg() {
	wg genkey >"$scratch/key" && [ "$("$encrypterctl" pubkey <"$scratch/key")" = "$(wg pubkey <"$scratch/key")" ]
}
check "pubkey takes wg's keys" same_as_wg
check "two keys differ" test "$("$encrypterctl" genkey)" != "$("$encrypterctl" genkey)"
check "genpsk prints 32 bytes" sh -c "'$encrypterctl' genpsk | base64 -d | wc -c | grep -qx 32"
check "a key that is none is refused" exits 1 sh -c "echo short | '$encrypterctl' pubkey"

# ---- exit statuses ----

check "no verb: 2" exits 2 "$encrypterctl"
check "an unknown verb: 2" exits 2 "$encrypterctl" frobnicate
check "an unknown option: 2" exits 2 "$encrypterctl" --frobnicate show
check "an instance that is not there: 1" exits 1 "$encrypterctl" -n nobody show
check "help: 0" exits 0 "$encrypterctl" --help
check "a good configuration: 0" exits 0 "$encrypterctl" check "/run/encrypter-lab/$lab/siteA.conf"
sed 's/^ListenPort.*/ListenPort = many/' "/run/encrypter-lab/$lab/siteA.conf" >"$scratch/bad.conf"
check "a bad one: 1" exits 1 "$encrypterctl" check "$scratch/bad.conf"

# ---- a running daemon ----

check "traffic passes" pings pcA 10 10.0.2.10 -i 0.05
for verb in show status stats; do
	check "$verb" ctl siteA $verb
	ctl siteA $verb --json >"$scratch/$verb.json"
	check "$verb --json is JSON" json True <"$scratch/$verb.json"
done
public=$(cat "/run/encrypter-lab/$lab/siteA.pub") peer=$(cat "/run/encrypter-lab/$lab/siteB.pub")
shown() { json "$1" <"$scratch/show.json"; }
check "show: name, public_key, listen_port" \
	shown "(d['name'], d['public_key'], d['listen_port']) == ('$lab-siteA', '$public', 51820)"
check "show: one peer" shown "len(d['peers']) == 1"
check "show: its name and public_key" \
	shown "(d['peers'][0]['name'], d['peers'][0]['public_key']) == ('siteB', '$peer')"
check "show: its endpoint" shown "d['peers'][0]['endpoint'] == '192.168.1.20:51820'"
check "show: its allowed_ips" shown "d['peers'][0]['allowed_ips'] == ['10.0.2.0/24']"
check "show: its latest_handshake is now" \
	shown "abs(d['peers'][0]['latest_handshake'] - __import__('time').time()) < 60"
check "A55: show: its transfer counts WireGuard's overhead" \
	shown "all(d['peers'][0]['transfer'][k] >= 10 * 128 for k in ('rx', 'tx'))"
check "show: its persistent_keepalive" shown "d['peers'][0]['persistent_keepalive'] == 20"
check "no secret is shown" sh -c "! grep -qF -f /run/encrypter-lab/$lab/siteA.key \
	-f /run/encrypter-lab/$lab/psk '$scratch/show.json' '$scratch/status.json' '$scratch/stats.json'"
check "stats: ten packets were encrypted, ten decrypted" \
	json "d['crypt']['sealed_packets'] >= 10 and d['crypt']['opened_packets'] >= 10" <"$scratch/stats.json"
every_counter() {
	sed -n 's/^\tX(\([a-z0-9_]*\),.*/\1/p' "$top/include/encrypter/stats.h" | sort -u >"$scratch/names"
	python3 -c '
import json, sys
d = json.load(open(sys.argv[1]))
print("\n".join(sorted({k for domain in ("black", "red", "crypt", "control") for k in d[domain]})))' \
		"$scratch/stats.json" | sort -u | diff "$scratch/names" -
}
check "stats: every counter of stats.h is there, and no other" every_counter
check "wg show agrees on the peer" sh -c "wg show $lab-siteA peers | grep -qxF '$peer'"

answered() { grep -q 'exit status' "$scratch/waiting"; }
check "a change that goes on is waited for" await 30 answered
check "until it has succeeded" grep -qx 'exit status 0' "$scratch/waiting"

done_testing
