# shellcheck shell=bash
# SPDX-License-Identifier: BSD-3-Clause
# Sourced by the programs that make a lab or send traffic through one: who stands where in it.
# shellcheck disable=SC2034  # used by those who source this file

lab=lab # its name
hosts=(pcA siteA inet siteB pcB)
sites=(siteA siteB)
declare -A black=([siteA]=192.168.1.10 [siteB]=192.168.1.20)
declare -A red=([siteA]=10.0.1.254 [siteB]=10.0.2.254)
declare -A prefix=([siteA]=10.0.1.0/24 [siteB]=10.0.2.0/24)
declare -A other=([siteA]=siteB [siteB]=siteA)
declare -A pc=([siteA]=pcA [siteB]=pcB)
declare -A address=([pcA]=10.0.1.10 [pcB]=10.0.2.10)
declare -A black6=([siteA]=2001:db8:168::10 [siteB]=2001:db8:168::20)
declare -A red6=([siteA]=fd00:1::254 [siteB]=fd00:2::254)
declare -A prefix6=([siteA]=fd00:1::/64 [siteB]=fd00:2::/64)
gateway=192.168.1.100
gateway6=2001:db8:168::100
web=198.51.100.80
labs_folder=/run/encrypter-lab # of each, what it has to remember

on() { # HOST COMMAND…
	local host=$1
	shift
	ip netns exec "$lab-$host" "$@"
}
