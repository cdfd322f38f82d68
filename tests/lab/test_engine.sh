#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Engines by crypto devices of DPDK's: two sites talk with them, and with one of another engine; keys lie
# in crypt's memory alone and end with their sessions; a device that will not do is named.
#
#   pcA ── siteA ═════ inet ═════ siteB ── pcB
#          crypto_aesni_mb        crypto_aesni_mb, then sodium
#
. "$(dirname "$0")/_init.sh"
need_encrypterd
ls /usr/lib/*/dpdk/pmds-*/librte_crypto_ipsec_mb.so* >/dev/null 2>&1 ||
	skip_all "DPDK's driver crypto_aesni_mb is not installed"
lab_up "${with_hook[@]}" --engine cryptodev

engine_is() { # SITE ENGINE
	ctl "$1" status
	[ "$(ctl "$1" status --json | python3 -c 'import json, sys; print(json.load(sys.stdin)["engine"])')" = "$2" ]
}
all_kinds() { # sizes around the padding, fragments, both ways
	pings pcA 5 10.0.2.10 -i 0.1 && pings pcB 5 10.0.1.10 -i 0.1 -s 1392 &&
		pings pcA 5 10.0.2.10 -i 0.1 -s 3000
}
check "siteA's engine is the device" engine_is siteA crypto_aesni_mb
check "siteB's, too" engine_is siteB crypto_aesni_mb
check "packets of all sizes cross both ways" all_kinds
check "a file crosses" transfers pcA pcB 10.0.2.10 4
for site in siteA siteB; do
	check "$site: no tag was wrong" counter_is $site crypt drop_tag 0
done

# ---- where keys are: a device keeps its own copy ----

only_crypt() { # SITE
	python3 "$here/canary.py" ask "$lab-$1" keys >"$scratch/answer"
	cat "$scratch/answer"
	awk '$1 == "sessions" { n = $NF } $1 == "crypt" { c += $NF }
		$1 != "sessions" && $1 != "crypt" && $1 != "end" { other = 1 }
		END { exit !(n >= 1 && c >= 4 && !other) }' "$scratch/answer"
}
for site in siteA siteB; do
	check "$site: session keys and the device's copies are in crypt's memory alone" only_crypt $site
done

# ---- engines understand each other, and devices have names ----

conf=/run/encrypter-lab/$lab/siteB.conf
with_engine() { # ENGINE: siteB again
	lab_do stop siteB && sed -i "s/^Engine = .*/Engine = $1/" "$conf" && lab_do start siteB
}
for engine in sodium crypto_chacha20_poly1305,max_nb_queue_pairs=1; do
	check "siteB starts with $engine" with_engine $engine
	check "siteB says so" engine_is siteB $engine
	check "it talks with siteA's device" await 20 ping_once pcB 10.0.1.10
	check "packets of all sizes cross both ways" all_kinds
done

lab_do stop siteB
refused() { # ENGINE REASON
	local status=0
	sed -i "s/^Engine = .*/Engine = $1/" "$conf"
	timeout 20 ip netns exec "$lab-siteB" "$BUILD/encrypterd" -c "$conf" >"$scratch/log" 2>&1 \
		</dev/null || status=$?
	cat "$scratch/log"
	[ $status = 1 ] && grep -q "device=$1 reason=\".*$2" "$scratch/log"
}
check "a device that does not exist is refused by name" refused crypto_abacus "no driver"
check "a device without the cipher is refused by name" refused crypto_null "no ChaCha20-Poly1305"
check "nothing is forwarded" no_ping pcA 10.0.2.10
done_testing
