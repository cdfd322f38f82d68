# shellcheck shell=bash
# SPDX-License-Identifier: BSD-3-Clause
# Sourced by the programs of tools/ and by the lab tests: how they speak, wait, build and keep
# processes.

export LC_ALL=C
# shellcheck disable=SC2034  # used by those who source this file
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

die() {
	printf "tools/%s: %s\n" "${0##*/}" "$*" >&2
	exit 1
}

usage_error() {
	printf "tools/%s: %s (see --help)\n" "${0##*/}" "$*" >&2
	exit 2
}

need_root() {
	[ "$(id -u)" = 0 ] || die "this needs root: it makes network namespaces"
}

now_us() {
	printf '%s' "${EPOCHREALTIME//[.,]/}"
}

# Limits are for a machine that is not emulated: on one that is, PATIENCE says how many times as long.
patience=${PATIENCE:-1}

# await SECONDS COMMAND...: runs it every 50 ms until it succeeds; 1 when the time is over.
await() {
	local limit_us=$(($(now_us) + $1 * patience * 1000000))
	shift
	until "$@"; do
		[ "$(now_us)" -lt "$limit_us" ] || return 1
		sleep 0.05
	done
}

# ---- processes, kept in pid files as "PID START-TIME": a number used again is not mistaken ----

process_start_time() {
	local stat
	{ read -r stat <"/proc/$1/stat"; } 2>/dev/null || return 1
	stat=${stat##*) } # the name before may hold spaces
	# shellcheck disable=SC2086
	set -- $stat
	[ "$1" != Z ] && printf '%s' "${20}"
}

# process_keep PIDFILE PID
process_keep() {
	printf '%s %s\n' "$2" "$(process_start_time "$2")" >"$1"
}

# process_alive PIDFILE
process_alive() {
	local pid started
	{ read -r pid started <"$1"; } 2>/dev/null || return 1
	[ -n "$started" ] && [ "$(process_start_time "$pid")" = "$started" ]
}

process_pid() {
	cut -d ' ' -f 1 "$1"
}

process_gone() {
	! process_alive "$1"
}

# process_end PIDFILE [SIGNAL [SECONDS]]: SIGTERM, and SIGKILL when it has not ended in time (1).
process_end() {
	local pid status=0
	if process_alive "$1"; then
		pid=$(process_pid "$1")
		kill -s "${2:-TERM}" "$pid" 2>/dev/null
		if ! await "${3:-5}" process_gone "$1"; then
			kill -s KILL "$pid" 2>/dev/null
			await 5 process_gone "$1"
			status=1
		fi
	fi
	rm -f "$1"
	return $status
}

# ---- the machine ----

cpu_of() { # SITE: the first or the second CPU that this process may use
	local part cpus=()
	for part in $(sed -n 's/^Cpus_allowed_list:\s*//p' /proc/self/status | tr , ' '); do
		mapfile -t -O ${#cpus[@]} cpus < <(seq "${part%-*}" "${part#*-}")
	done
	if [ "$1" = siteB ]; then printf '%s' "${cpus[1]:-${cpus[0]}}"; else printf '%s' "${cpus[0]}"; fi
}

# kernel_before MAJOR MINOR
kernel_before() {
	local major minor rest
	IFS=.- read -r major minor rest < <(uname -r)
	[ "$major" -lt "$1" ] || { [ "$major" = "$1" ] && [ "$minor" -lt "$2" ]; }
}

kernel_has_wireguard() {
	ip link add "wg-try$$" type wireguard 2>/dev/null && ip link del "wg-try$$"
}

# ---- building ----

# What `build` holds, for everybody alike: then nobody has to build it again.
build_release() {
	build_in "$top/build" --buildtype=release -Dwerror=true
}

# build_in FOLDER MESON-OPTION...: configures it once for these options, then compiles. Quiet unless
# it fails.
build_in() {
	local folder=$1 log
	shift
	log=$(mktemp)
	if ! { configure "$folder" "$@" && ninja -C "$folder"; } >"$log" 2>&1; then
		cat "$log" >&2
		rm -f "$log"
		return 1
	fi
	rm -f "$log"
}

configure() {
	local folder=$1 stamp=$1/.options
	shift
	[ "$(cat "$stamp" 2>/dev/null)" = "$*" ] && return
	if [ -f "$folder/build.ninja" ]; then
		meson setup --reconfigure "$folder" "$top" "$@" || return
	else
		meson setup "$folder" "$top" "$@" || return
	fi
	printf '%s' "$*" >"$stamp"
}
