#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# One daemon, 250 sites at once, and 10,000: all sessions up from a cold start, then traffic both ways
# to all of them, each packet numbered. With LONG=yes ten minutes of it, across four rekeys and more.
#
#   world: a host 10.0.1.10 ──── red 10.0.1.254 ┌────────────┐
#          sites 172.16.0.1 …                   │ encrypterd │
#          192.168.1.100 ─── black 192.168.1.10 └────────────┘
#
. "$(dirname "$0")/_init.sh"
need_encrypterd
fleet=$BUILD/tests/fleet/fleet
[ -x "$fleet" ] || skip_all "tests/fleet is not built"

node=$lab-node world=$lab-world name=$lab-fleet
mapfile -t cpus < <(python3 -c 'import os; print(*sorted(os.sched_getaffinity(0)), sep="\n")')
leave_spaces() {
	leave
	ip netns del "$node" 2>/dev/null
	ip netns del "$world" 2>/dev/null
}
trap leave_spaces EXIT

# ---- the network ----

space() {
	ip netns add "$1"
	ip netns exec "$1" sh -c '
		echo 1 >/proc/sys/net/ipv6/conf/all/disable_ipv6
		echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6' 2>/dev/null
	ip -n "$1" link set lo up
}

cable() { # IN-NODE IN-WORLD
	ip -n "$node" link add "$1" type veth peer name "$2" netns "$world"
	ip netns exec "$node" ethtool -K "$1" tx off >/dev/null
	ip netns exec "$world" ethtool -K "$2" tx off >/dev/null
	ip -n "$node" link set "$1" up
	ip -n "$world" link set "$2" up
}

space "$node"
space "$world"
cable wan0 black
cable lan0 red
ip -n "$world" addr add 192.168.1.100/24 dev black
ip -n "$world" addr add 10.0.1.10/24 dev red
ip -n "$world" route add local 172.16.0.0/14 dev lo
ip -n "$world" route add 10.128.0.0/9 via 10.0.1.254

# ---- the daemon ----

(umask 077 && "$BUILD/encrypterctl" genkey >"$scratch/key")
public_key=$("$BUILD/encrypterctl" pubkey <"$scratch/key")

configure() { # SITES MEMORY-LINE [--endpoints]
	local sites=$1 memory=$2 endpoints=${3:-}
	cat >"$scratch/conf" <<END
[Node]
Name = $name
StateDirectory = none
[Black]
Port = iface:wan0
Address = 192.168.1.10/24
Gateway = 192.168.1.100
[Red]
Port = iface:lan0
Address = 10.0.1.254/24
Secure = 10.0.0.0/8
[Crypt]
PrivateKeyFile = $scratch/key
$memory
END
	# shellcheck disable=SC2086  # no option, or one
	"$fleet" peers --sites "$sites" $endpoints >>"$scratch/conf"
}

is_ready() { grep -qE '^[a-z]+ [a-z]+ ready( |$)' "$scratch/log"; }

start() {
	local begin_us
	begin_us=$(now_us)
	: >"$scratch/log"
	ip netns exec "$node" taskset -c "${cpus[0]}" "$BUILD/encrypterd" -c "$scratch/conf" \
		>"$scratch/log" 2>&1 </dev/null &
	process_keep "$scratch/daemon.pid" $!
	await 30 is_ready || {
		tail "$scratch/log"
		return 1
	}
	ready_ms=$((($(now_us) - begin_us) / 1000))
}

stop() {
	process_end "$scratch/daemon.pid"
}

# ---- the fleet, and what it tells ----

run_fleet() { # SITES OPTION…
	ip netns exec "$world" taskset -c "${cpus[1]:-${cpus[0]}}" timeout 1000 \
		"$fleet" run --sites "$1" --daemon-key "$public_key" --daemon 192.168.1.10:51820 \
		--red 10.0.1.10 --json "${@:2}" >"$scratch/figures" 2>"$scratch/progress"
	cat "$scratch/progress" "$scratch/figures"
}

# holds EXPRESSION: over the figures, and `missed`: frames that came while the port had no room, as
# when the machine had no time for the daemon. That is the wire's loss; it is 0 on a machine of our own.
holds() {
	python3 -c '
import json, sys
figures = json.load(open(sys.argv[1]))
figures["missed"] = int(sys.argv[3])
print(figures)
sys.exit(not eval(sys.argv[2], {}, figures))' "$scratch/figures" "$1" "$(missed)"
}

missed() {
	"$BUILD/encrypterctl" -n "$name" stats --json | python3 -c '
import json, sys
stats = json.load(sys.stdin)
print(stats["black"]["rx_missed"] + stats["red"]["rx_missed"])'
}

figures() { # FORMAT, with {name} for a figure
	python3 -c '
import json, sys
print("# " + sys.argv[2].format(**json.load(open(sys.argv[1]))))' "$scratch/figures" "$1"
}

# Whatever the daemon dropped.
drops() {
	"$BUILD/encrypterctl" -n "$name" stats --json | python3 -c '
import json, sys
print({d + " " + c: n for d, counters in json.load(sys.stdin).items() for c, n in counters.items()
       if n and (c.startswith("drop_") or c == "rx_missed")})'
}

# The red host is asked for when the first packets for it come, and eight of them wait.
no_drops() {
	drops | tee /dev/stderr | sed "s/'[a-z]* rx_missed': [0-9]*,\? \?//g" |
		grep -qxE "\{('red drop_neighbour': [0-9]+)?\}"
}

streams='lost <= missed and down_sent == up_sent'
doubles='down_duplicates + down_answer_duplicates + up_duplicates + up_answer_duplicates == 0'
order='down_reordered + down_answer_reordered + up_reordered + up_answer_reordered == 0'

# KiB: what is of control (anonymous), and what is of the zones and shared with the kernel
memory() { sed -n "s/^$1:\s*\([0-9]*\) kB/\1/p" "/proc/$(process_pid "$scratch/daemon.pid")/status"; }

# ---- 250 sites, with the memory that is the default ----

rate=16 seconds=4 rekeys=0
[ "${LONG:-no}" = no ] || rate=4 seconds=600 rekeys=4

for who in sites daemon both; do
	endpoints=--endpoints
	[ $who != sites ] || endpoints=
	configure 250 "" $endpoints
	check "250 sites: the daemon starts ($who begin)" start || {
		stop
		continue
	}
	time_of=1
	[ $who != sites ] || time_of=$seconds
	run_fleet 250 --start $who --rate $rate --seconds $time_of --up-within 20 >"$scratch/out"
	check "250 sites: all up in under 5 s from a cold start ($who begin)" \
		holds 'up == sites == 250 and up_ms < 5000'
	check "250 sites: nothing lost, doubled or out of order ($who begin)" \
		holds "down_sent == 250 * $rate * $time_of and $streams and $doubles and $order"
	figures "$who begin: 250 up after {up_ms:.0f} ms (half after {up_median_ms:.0f} ms); {down_sent} + {up_sent} requests answered, round trip {round_trip_mean_ms:.2f} ms, at worst {round_trip_worst_ms:.1f} ms; rekeys {rekeys}; lost {lost}, missed by the ports $(missed)"
	if [ $who = sites ] && [ $rekeys != 0 ]; then
		check "A31, C34: 250 sites: $rekeys rekeys or more of each, by the timers" \
			holds "rekeys_fewest >= $rekeys"
	fi
	[ $who != sites ] || check "C34: 250 sites: no counter of a drop moved" no_drops
	stop
done

# ---- 10,000, with as much memory as the daemon says that it needs ----

session_bytes() { sed -n 's/.* crypt room for peers=.* bytes_each=\([0-9]*\)$/\1/p' "$scratch/log"; }
all_up() { "$BUILD/encrypterctl" -n "$name" status --json | tee /dev/stderr | grep -q '"peers_up": *10000'; }
shows_all() {
	local begin_us
	begin_us=$(now_us)
	"$BUILD/encrypterctl" -n "$name" show --json >"$scratch/show" || return
	show_ms=$((($(now_us) - begin_us) / 1000))
	python3 -c '
import json, sys
peers = json.load(open(sys.argv[1]))["peers"]
sys.exit(len(peers) != 10000 or any(p["latest_handshake"] == 0 for p in peers))' "$scratch/show"
}

wanted() { # prints MEGABYTES, from what the daemon says when the default is too small
	timeout 20 "$BUILD/encrypterd" -c "$scratch/conf" --check 2>&1 | sed -n 's/.*\[Crypt\] Memory is too small for 10000 peers; set Memory = \([0-9]*\)M or more/\1/p'
}
configure 10000 ""
megabytes=$(wanted)
check "10,000 peers: the default memory is refused, and what is needed is said: ${megabytes:-?}M" \
	test "${megabytes:-9999}" -le 128
configure 10000 "Memory = ${megabytes:-128}M"
if check "10,000 peers: the daemon starts" start; then
	run_fleet 10000 --start sites --rate 1 --seconds 4 --up-within 60 >"$scratch/out"
	check "10,000 peers: all come up" holds 'up == sites == 10000'
	check "10,000 peers: nothing lost, doubled or out of order" \
		holds "down_sent == 40000 and $streams and $doubles and $order"
	check "10,000 peers: status counts them" all_up
	check "10,000 peers: show tells of each" shows_all
	check "10,000 peers: show takes less than 2 s" test "${show_ms:-9999}" -lt 2000
	figures "10,000: lost {lost}, missed by the ports $(missed); ready after $ready_ms ms, up after {up_ms:.0f} ms, show in ${show_ms:-?} ms, resident $(($(memory VmHWM) / 1024)) MiB; round trip {round_trip_mean_ms:.2f} ms, at worst {round_trip_worst_ms:.1f} ms"
	diag "dropped meanwhile: $(drops)"
	check "10,000 peers: the session state of each takes less than 4 KiB: $(session_bytes) bytes" \
		test "$(session_bytes)" -lt 4096
	stop
fi

done_testing
