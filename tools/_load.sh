# shellcheck shell=bash
# SPDX-License-Identifier: BSD-3-Clause
# Sourced, after _common.sh and _labnet.sh, by the programs that send traffic through a lab: the load
# generator, and what the CPUs did meanwhile. Results go to files KEY.* of the folder $results.
# shellcheck disable=SC2034,SC2154  # names of those who source this file, and for them

udp_payload=1368 # bytes of a datagram, which fit into a tunnel's 1420 with both headers

listening() { # HOST
	[ -n "$(on "$1" ss -Hltn 'sport = :5201')" ]
}

process_ticks() { # PID: CPU time of a process so far, in clock ticks
	local stat
	{ read -r stat <"/proc/$1/stat"; } 2>/dev/null || {
		echo 0
		return
	}
	# shellcheck disable=SC2086
	set -- ${stat##*) }
	echo $((${12} + ${13}))
}

site_ticks() { # SITE: of its daemon, if it has one
	local file=$labs_folder/$lab/$1.pid
	if [ -e "$file" ]; then process_ticks "$(process_pid "$file")"; else echo 0; fi
}

softirq_ticks() { # of the kernel threads to which packets are put off
	local pid sum=0
	for pid in $(pgrep -x 'ksoftirqd/[0-9]+'); do
		sum=$((sum + $(process_ticks "$pid")))
	done
	echo $sum
}

machine_ticks() { # all CPUs, all but idle time, whoever used it
	awk '$1 == "cpu" { print $2 + $3 + $4 + $7 + $8 }' /proc/stat
}

# NAME TICKS …, one a line; with the time
read_clocks() {
	printf '%s %s\n' now_us "$(now_us)" siteA "$(site_ticks siteA)" siteB "$(site_ticks siteB)" \
		ksoftirqd "$(softirq_ticks)" machine "$(machine_ticks)"
}

rcvbuf_errors() { # HOST: datagrams so far for which a socket had no room
	on "$1" awk '$1 == "Udp:" && !names { for (i = 2; i <= NF; i++) at[$i] = i; names = 1; next }
		$1 == "Udp:" { print $at["RcvbufErrors"] }' /proc/net/snmp
}

# iperf KEY FROM TO OPTION…: one run, into KEY.json; KEY.before and KEY.after are the clocks,
# KEY.overflows the datagrams that the receiver's socket had no room for.
iperf() {
	local key=$1 from=$2 to=$3 status=0 overflows
	shift 3
	on "$to" iperf3 -s -1 >"$results/server.log" 2>&1 </dev/null &
	process_keep "$results/server.pid" $!
	await 5 listening "$to" || die "the iperf3 server on $to did not start"
	overflows=$(rcvbuf_errors "$to")
	read_clocks >"$results/$key.before"
	on "$from" iperf3 -J -c "${address[$to]}" -t "$seconds" --connect-timeout 5000 "$@" \
		>"$results/$key.json" || status=1
	read_clocks >"$results/$key.after"
	echo $(($(rcvbuf_errors "$to") - overflows)) >"$results/$key.overflows"
	[ $status != 0 ] || await 5 process_gone "$results/server.pid"
	process_end "$results/server.pid"
	return $status
}

# ping_times KEY COUNT [INTERVAL]: from pcA to pcB, 500 a second or each INTERVAL seconds, into KEY.txt
ping_times() {
	on pcA ping -c "$2" -i "${3:-0.002}" -W 2 "${address[pcB]}" >"$results/$1.txt"
}

# silence KEY SECONDS: KEY.before and KEY.after are the clocks
silence() {
	read_clocks >"$results/$1.before"
	sleep "$2"
	read_clocks >"$results/$1.after"
}
