# shellcheck shell=bash
# SPDX-License-Identifier: BSD-3-Clause
# Sourced by every tests/lab/test_*.sh: TAP on stdout, labs of the test's own, and nothing left behind.
set -u
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=../../tools/_common.sh
. "$here/../../tools/_common.sh"

BUILD=${BUILD:-$top/build}
# shellcheck disable=SC2034  # for those who source this
BUILD_ASAN=${BUILD_ASAN:-$top/build-asan}
lab=t$$ # the one that on(), ctl() and the others mean
labs=()
scratch=$(mktemp -d)
tests_run=0
tests_failed=0

# ---- TAP ----

diag() {
	printf '%s\n' "$*" | sed 's/^/# /'
}

ok() {
	tests_run=$((tests_run + 1))
	printf 'ok %d - %s\n' $tests_run "$*"
}

not_ok() {
	tests_run=$((tests_run + 1))
	tests_failed=$((tests_failed + 1))
	printf 'not ok %d - %s\n' $tests_run "$*"
}

# check DESCRIPTION COMMAND…: ok when the command succeeds; otherwise what it said is shown.
check() {
	local what=$1
	shift
	if "$@" >"$scratch/check.out" 2>&1; then
		ok "$what"
	else
		not_ok "$what"
		diag "failed: $*"
		tail -n 15 "$scratch/check.out" | sed 's/^/#   /'
		return 1
	fi
}

skip() { # DESCRIPTION REASON
	tests_run=$((tests_run + 1))
	printf 'ok %d - %s # SKIP %s\n' $tests_run "$1" "$2"
}

skip_all() {
	printf '1..0 # SKIP %s\n' "$*"
	exit 0
}

done_testing() {
	if [ $tests_failed != 0 ]; then
		for lab in "${labs[@]}"; do
			show_logs
		done
	fi
	printf '1..%d\n' $tests_run
	exit $((tests_failed != 0))
}

show_logs() {
	local site
	for site in siteA siteB; do
		diag "log of $lab $site:"
		"$top/tools/lab" log --name "$lab" $site 2>&1 | tail -n 15 | sed 's/^/#   /'
	done
}

# ---- labs ----

# lab_up OPTION…: the lab of the name in $lab. Without one there is nothing to test.
lab_up() {
	labs+=("$lab")
	if ! "$top/tools/lab" up --name "$lab" --build "$BUILD" "$@" >"$scratch/up.out" 2>&1; then
		not_ok "the lab comes up ($*)"
		sed 's/^/#   /' "$scratch/up.out"
		printf '1..%d\n' $tests_run
		exit 1
	fi
}

lab_down() {
	"$top/tools/lab" down --name "$lab"
}

lab_do() { # VERB SITE, as tools/lab knows them
	"$top/tools/lab" "$1" --name "$lab" "${@:2}"
}

on() { # HOST COMMAND…
	local host=$1
	shift
	ip netns exec "$lab-$host" "$@"
}

need_encrypterd() {
	[ "$(id -u)" = 0 ] || skip_all "only root can make network namespaces"
	[ -x "$BUILD/encrypterd" ] || skip_all "encrypterd is not built"
}

# For lab_up: daemons with the scanner of tests/hooks, for tests that look into them.
# shellcheck disable=SC2034  # for those who source this
with_hook=(--build "$BUILD/tests/hooks")

lacks_hook() { # PROGRAM
	! grep -q 'scan\.sock' "$1" && grep -q 'scan\.sock' "$BUILD/tests/hooks/encrypterd"
}

need_wireguard_go() {
	command -v wireguard-go >/dev/null || skip_all "wireguard-go is not installed"
	[ -c /dev/net/tun ] || skip_all "/dev/net/tun is missing, which wireguard-go needs"
}

# shellcheck disable=SC2034  # for those who source this
no_kernel_wireguard="this kernel has no WireGuard; tests/qemu/debian12-kernel runs it on one that has"

# ---- daemons ----

ctl() { # SITE VERB…
	local site=$1
	shift
	"$BUILD/encrypterctl" -n "$lab-$site" "$@"
}

daemon_pid() { # SITE
	process_pid "/run/encrypter-lab/$lab/$1.pid"
}

counter() { # SITE DOMAIN NAME
	ctl "$1" stats --all | awk -v domain="$2" -v name="$3" \
		'NF == 1 { there = $1 == domain } NF > 1 && there && $2 == name { print $1 }'
}

counter_is() { # SITE DOMAIN NAME VALUE
	[ "$(counter "$1" "$2" "$3")" = "$4" ]
}

handshake_time() { # SITE: of its only peer, unix seconds; 0: never
	on "$1" wg show "$lab-$1" latest-handshakes | cut -f 2
}

# ---- traffic ----

pings() { # HOST COUNT ADDRESS [OPTION…]: none may be lost
	local host=$1 count=$2 address=$3
	shift 3
	on "$host" "$top/tools/_pings" "$count" "$@" "$address"
}

ping_once() { # HOST ADDRESS [OPTION…]
	on "$1" ping -q -c 1 -W 1 "${@:2}"
}

no_ping() { # HOST ADDRESS [OPTION…]
	! on "$1" ping -q -c 3 -i 0.2 -W 1 "${@:2}"
}

# transfers FROM TO ADDRESS MEGABYTES: a file by TCP; the digests at both ends must agree. Who has
# patience is slow: the file is as many times smaller.
transfers() {
	local from=$1 to=$2 address=$3 megabytes=$4 sent received
	head -c $((megabytes * 1048576 / patience)) /dev/urandom >"$scratch/file"
	sent=$(sha256sum "$scratch/file" | cut -d ' ' -f 1)
	spawn receiver "$scratch/digest" "$to" python3 "$here/transfer.py" receive 7000
	await 10 listens "$to" 7000 || return
	on "$from" timeout $((60 * patience)) python3 "$here/transfer.py" send "$address" 7000 "$scratch/file" || return
	await 10 process_gone "$scratch/receiver.pid"
	received=$(cat "$scratch/digest")
	printf 'sent %s, received %s\n' "$sent" "$received"
	[ "$sent" = "$received" ]
}

listens() { # HOST PORT
	on "$1" ss -Hltn "sport = :$2" | grep -q .
}

# spawn KEY OUTPUT HOST COMMAND…: in the background, until it ends, another of that KEY, despawn KEY, or
# the test's end.
spawn() {
	local key=$1 output=$2 host=$3
	shift 3
	despawn "$key"
	: >"$output" # at once: what a former one said is not to be taken for its words
	: >"$scratch/$key.err"
	ip netns exec "$lab-$host" "$@" >"$output" 2>"$scratch/$key.err" </dev/null &
	process_keep "$scratch/$key.pid" $!
}

despawn() { # KEY [SIGNAL]
	process_end "$scratch/$1.pid" "${2:-TERM}"
}

leave() {
	local pid_file
	trap '' INT TERM
	for pid_file in "$scratch"/*.pid; do
		[ ! -e "$pid_file" ] || process_end "$pid_file"
	done
	for lab in "${labs[@]}"; do
		"$top/tools/lab" down --name "$lab"
	done
	rm -rf "$scratch"
}
trap leave EXIT
trap 'exit 143' INT TERM
