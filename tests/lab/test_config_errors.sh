#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# What `encrypterd -c FILE --check` says of wrong configurations. Each file of config-errors/ begins
# with a comment: the line and the message that are expected.
# shellcheck source=_init.sh
. "$(dirname "$0")/_init.sh"

[ -x "$BUILD/encrypterd" ] || skip_all "encrypterd is not built"

make_keys() {
	(umask 077 && head -c 32 /dev/urandom | base64 >"$scratch/siteA.key")
	cp "$scratch/siteA.key" "$scratch/open.key"
	chmod 644 "$scratch/open.key"
}

# checks FILE STATUS: the exit status, and within a second
checks() {
	local from status
	from=$(now_us)
	timeout 20 "$BUILD/encrypterd" -c "$1" --check >"$scratch/out" 2>"$scratch/err"
	status=$?
	printf 'exit %d after %d us\n' "$status" $(($(now_us) - from))
	cat "$scratch/out" "$scratch/err"
	[ "$status" = "$2" ] && [ $(($(now_us) - from)) -lt 1000000 ]
}

refuses() { # FILE: with exit 2 and FILE:LINE: MESSAGE; REMEDY
	local expected
	expected=$(head -n 1 "$1")
	expected=$1${expected#\# }
	printf 'expected %s\n' "$expected"
	checks "$1" 2 && grep -qF "$expected" "$scratch/err" && grep -F "$expected" "$scratch/err" | grep -q ';'
}

hides_keys() { # FILE: nothing of what is long enough for a part of a key comes back
	local word
	checks "$1" 2 || return
	grep -oE '[A-Za-z0-9+/]{16,}=?$' "$1" | while read -r word; do
		! grep -qF "${word:0:16}" "$scratch/err" || exit 1
	done
}

# ends_waiting SIGNAL [OPTION]: while it reads from a pipe that nobody writes to
ends_waiting() {
	local pid status
	[ -p "$scratch/pipe" ] || mkfifo "$scratch/pipe" || return
	exec 9<>"$scratch/pipe"
	env --default-signal=INT "$BUILD/encrypterd" -c "$scratch/pipe" "${@:2}" \
		>"$scratch/out" 2>&1 9>&- & # which the shell would have ignore SIGINT
	pid=$!
	await 5 has_open $pid "$scratch/pipe" && kill -"$1" $pid && await 5 process_ended $pid
	status=$?
	exec 9>&-
	kill -KILL $pid 2>/dev/null
	wait $pid 2>/dev/null
	return $status
}
has_open() { # PID FILE
	find "/proc/$1/fd" -lname "$2" | grep -q .
}
process_ended() { # a zombie has
	! grep -qs '^State:[[:space:]]*[^Z]' "/proc/$1/status"
}

# Ten thousand peers.
big_file() {
	python3 - "$1" <<'END'
import base64, sys
keys = [base64.b64encode(i.to_bytes(32, "little")).decode() for i in range(1, 10001)]
with open(sys.argv[1], "w") as f:
    f.write("[Node]\nName = siteA\n[Black]\nPort = iface:wan0\nAddress = 192.168.1.10/24\n"
            "[Red]\nPort = iface:lan0\nAddress = 10.0.1.254/24\n"
            "[Crypt]\nPrivateKeyFile = siteA.key\nMemory = 128M\n")
    for i, key in enumerate(keys):
        f.write(f"[Peer]\nPublicKey = {key}\nEndpoint = 192.0.2.1:{i + 1}\n"
                f"AllowedIPs = 10.{100 + i // 256}.{i % 256}.0/24, fd00:{i:x}::/64\n")
END
}

example() { # the commented example, with a key where it wants one
	sed "s|/etc/encrypter/siteA.key|$scratch/siteA.key|" "$top/conf/encrypter.conf" >"$scratch/example.conf"
	grep -qF "$scratch/siteA.key" "$scratch/example.conf" && checks "$scratch/example.conf" 0
}

make_keys
cp "$here"/config-errors/*.conf "$scratch/"
for file in "$here"/config-errors/*.conf; do
	name=$(basename "$file" .conf)
	check "$name is refused: $(head -n 1 "$file" | cut -c 3-)" refuses "$scratch/$name.conf"
done
check "a private key in the file stays out of the message" hides_keys "$scratch/private-key-inline.conf"
check "a key broken in two stays out of the message" hides_keys "$scratch/key-broken-in-two.conf"
check "a file that is not there is refused" checks "$scratch/none.conf" 2
big_file "$scratch/big.conf"
check "C24: ten thousand peers are accepted within a second" checks "$scratch/big.conf" 0
tail -n 4 "$scratch/big.conf" | sed 's/10\.139\.15\.0/10.100.0.0/' >"$scratch/last"
{
	printf '# :40014: this PublicKey is already the peer'"'"'s in line 40010\n'
	cat "$scratch/big.conf" "$scratch/last"
} >"$scratch/twice.conf"
check "C24: one of them twice is found within a second" refuses "$scratch/twice.conf"
check "conf/encrypter.conf is accepted, given a key" example
check "Ctrl-C ends one that waits for the text of its configuration" ends_waiting INT --check
check "SIGTERM ends one that is to start" ends_waiting TERM
done_testing
