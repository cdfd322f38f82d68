# shellcheck shell=bash
# SPDX-License-Identifier: BSD-3-Clause
# Sourced after _init.sh: the untrusted network as something between the sites. Each site stands in a
# network of its own, and what the others see of it is an address and a port which the network gives it
# and can change in mid-flow.
#
#   siteA ──── portA inet portB ──── siteB
#   inside A   router, translator    inside B
#
# Everything takes the family of the outer addresses, 4 or 6, from $family; a lab can go from one to the
# other by placing its sites again.
family=4
declare -A inside=([4siteA]=172.16.1.2 [4siteB]=172.16.2.2 [6siteA]=2001:db8:a::2 [6siteB]=2001:db8:b::2)
declare -A router=([4siteA]=172.16.1.1 [4siteB]=172.16.2.1 [6siteA]=2001:db8:a::1 [6siteB]=2001:db8:b::1)
declare -A length=([4]=24 [6]=64) table=([4]=ip [6]=ip6)
declare -A port_of=([siteA]=portA [siteB]=portB)
declare -A source=() targets=() # of each site: "ADDRESS PORT", and several such, one a line
inner_port=51820

conf_of() { # SITE
	printf '/run/encrypter-lab/%s/%s.conf' "$lab" "$1"
}

# An address that the network can give a site: of siteA number 1 is 203.0.113.11, of siteB …21
public() { # SITE NUMBER
	local base=1
	[ "$1" = siteA ] || base=2
	if [ $family = 4 ]; then printf '203.0.113.%d%d' $base "$2"; else printf '2001:db8:c::%d%d' $base "$2"; fi
}

endpoint_text() { # ADDRESS PORT
	if [ $family = 4 ]; then printf '%s:%s' "$1" "$2"; else printf '[%s]:%s' "$1" "$2"; fi
}

# The network that the lab made becomes two, with a router between them, in both families.
make_router() {
	local site=siteA family
	on inet sysctl -q -w net.ipv4.ip_forward=1 && switch_ipv6_on inet &&
		on inet sysctl -q -w net.ipv6.conf.all.forwarding=1 || return
	for site in siteA siteB; do
		ip -n "$lab-inet" link set "${port_of[$site]}" nomaster || return
		for family in 4 6; do
			ip -n "$lab-inet" addr add "${router[$family$site]}/${length[$family]}" \
				dev "${port_of[$site]}" || return
		done
	done
}

# Addresses are there at once, not after a second of asking whether somebody has them.
switch_ipv6_on() { # HOST
	# shellcheck disable=SC2016
	on "$1" sh -c '
		for f in /proc/sys/net/ipv6/conf/*; do
			echo 0 >"$f/accept_dad" && echo 0 >"$f/accept_ra" || exit
		done
		for f in /proc/sys/net/ipv6/conf/*; do
			echo 0 >"$f/disable_ipv6" || exit
		done'
}

# place SITE ENDPOINT-OF-THE-OTHER: into its own network; "" when it is not to know the other's.
place() {
	local site=$1 endpoint=$2 wg=$lab-$1 net
	net=${inside[$family$site]}/${length[$family]}
	# A checksum that is still to be made must be that of the addresses it will arrive with.
	on "$site" ethtool -K wan0 tx off >/dev/null || return
	if [ -f "$(conf_of "$site")" ]; then
		lab_do stop "$site" && readdress "$site" "$net" "${router[$family$site]}" &&
			sed -i '/^Endpoint/d' "$(conf_of "$site")" || return
		[ -z "$endpoint" ] || echo "Endpoint = $endpoint" >>"$(conf_of "$site")"
		lab_do start "$site"
	else
		switch_ipv6_on "$site" && ip -n "$wg" addr flush dev wan0 scope global &&
			ip -n "$wg" addr add "$net" dev wan0 &&
			ip -n "$wg" "-$family" route replace default via "${router[$family$site]}" || return
		[ -z "$endpoint" ] || wg set "$wg" peer "$(wg show "$wg" peers)" endpoint "$endpoint"
	fi
}

# In its configuration: these addresses and gateways, and no others.
readdress() { # SITE ADDRESS/LENGTH[,…] GATEWAY[,…]
	local lines
	lines="Address = ${2//,/, }\\nGateway = ${3//,/\\nGateway = }"
	sed -i "/^\[Black\]/,/^\[Red\]/ { /^Address/d; /^Gateway/d; s|^\[Black\]|&\\n$lines|; }" \
		"$(conf_of "$1")"
}

# ---- a translator without memory: what it does changes from one packet to the next, and nothing else ----

# What a site sends comes from there.
appears() { # SITE ADDRESS PORT
	source[$1]="$2 $3"
}

# What is sent there reaches the site; without an address: nothing does.
reachable() { # SITE [ADDRESS PORT]…
	local site=$1
	targets[$site]=
	shift
	while [ $# -ge 2 ]; do
		targets[$site]+="$1 $2"$'\n'
		shift 2
	done
}

# Over IPv4 a message may be without a checksum, and changing its port would give it a wrong one.
rules() {
	local site address port finish=
	[ $family = 6 ] || finish='udp checksum set 0'
	echo "add table ${table[$family]} outside"
	echo "flush table ${table[$family]} outside"
	echo "table ${table[$family]} outside {"
	echo 'chain in { type filter hook prerouting priority -300; policy accept;'
	for site in siteA siteB; do
		while read -r address port; do
			[ -z "$address" ] || printf '%s daddr %s udp dport %s %s daddr set %s udp dport set %s %s\n' \
				"${table[$family]}" "$address" "$port" "${table[$family]}" "${inside[$family$site]}" \
				$inner_port "$finish"
		done <<<"${targets[$site]:-}"
	done
	echo '}'
	echo 'chain out { type filter hook postrouting priority 300; policy accept;'
	for site in siteA siteB; do
		read -r address port <<<"${source[$site]:-}"
		[ -z "$address" ] || printf '%s saddr %s %s saddr set %s udp sport set %s %s\n' \
			"${table[$family]}" "${inside[$family$site]}" "${table[$family]}" "$address" "$port" "$finish"
	done
	echo '}'
	echo '}'
}

# From now on, at once and whole.
translate() {
	rules | on inet nft -f -
}

# The site is seen at the address of that number and port, and reached there alone.
moves_to() { # SITE NUMBER PORT
	appears "$1" "$(public "$1" "$2")" "$3"
	reachable "$1" "$(public "$1" "$2")" "$3"
	translate
}

# ---- what is told of it ----

endpoint_is() { # SITE ENDPOINT: of its only peer
	local is
	is=$(wg show "$lab-$1" endpoints | cut -f 2)
	printf '%s, expected %s\n' "$is" "$2"
	[ "$is" = "$2" ]
}

# Handshake messages that came in: of an encrypterd exactly; wireguard-go tells the latest's time.
handshakes() { # SITE
	if [ -f "$(conf_of "$1")" ]; then counter "$1" black rx_handshake; else handshake_time "$1"; fi
}

remember_handshakes() {
	shaken="$(handshakes siteA) $(handshakes siteB)"
}

no_handshake() {
	local now
	now="$(handshakes siteA) $(handshakes siteB)"
	printf 'handshakes: %s before, %s now\n' "$shaken" "$now"
	[ "$shaken" = "$now" ]
}

# ---- a flow of pings, both ways, under which something happens ----

begin_flow() {
	spawn ab "$scratch/ab.out" pcA ping -q -i 0.02 -W 2 10.0.2.10
	spawn ba "$scratch/ba.out" pcB ping -q -i 0.02 -W 2 10.0.1.10
}

# What comes into site A at its red port: requests of pcA's, and answers to pcB's.
flows_on() {
	local began
	began=$(counter siteA red rx_packets)
	flowing() { [ "$(counter siteA red rx_packets)" -gt $((began + 20)) ]; }
	await 5 flowing
}

# While it flows, and afterwards it still does.
in_flow() { # COMMAND…
	flows_on && "$@" && flows_on
}

# end_flow; then lost_at_most tells how it went.
end_flow() {
	flows_on
	local status=$?
	despawn ab INT && despawn ba INT && return $status
}

# begin_pings KEY HOST COUNT INTERVAL ADDRESS; lost_at_most then waits for their end.
begin_pings() {
	spawn "$1" "$scratch/$1.out" "$2" "$top/tools/_pings" "$3" -i "$4" "$5"
}

pings_end() { # KEY
	await 60 process_gone "$scratch/$1.pid"
}

lost_at_most() { # KEY NUMBER: of begin_flow (ab, ba) or begin_pings
	local sent received
	cat "$scratch/$1.out"
	read -r sent received < <(sed -n 's/^\([0-9]*\) packets transmitted, \([0-9]*\) received.*/\1 \2/p' \
		"$scratch/$1.out")
	[ -n "$received" ] && [ "$received" -gt 0 ] && [ $((sent - received)) -le "$2" ]
}
