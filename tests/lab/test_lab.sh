#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# The lab itself: it comes up, goes down from any state, and leaves nothing.
#
#   pcA ───── siteA ═════ inet ═════ siteB ───── pcB
#             wireguard-go           wireguard-go
#
. "$(dirname "$0")/_init.sh"
[ "$(id -u)" = 0 ] || skip_all "only root can make network namespaces"
need_wireguard_go
wireguard=(--siteA wireguard-go --siteB wireguard-go)

nothing_left() { # LAB
	local left
	left=$(ip netns list | cut -d ' ' -f 1 | grep "^$1-")
	left+=$(find /run/encrypter-lab /run/encrypter /var/run/wireguard -name "$1*" 2>/dev/null)
	printf 'left: %s\n' "$left"
	[ -z "$left" ]
}
fails() { ! "$@"; }
says() { # STATUS PATTERN COMMAND…: that exit status, and that on stderr
	local status=0
	"${@:3}" 2>"$scratch/said" || status=$?
	cat "$scratch/said"
	[ $status = "$1" ] && grep -q -- "$2" "$scratch/said"
}
another=n$$ # a lab beside the first
leave_others() { # and what was made of that name to be in its way
	leave
	ip netns del $another-inet 2>/dev/null
	rm -rf /run/encrypter/$another-siteB
}
trap leave_others EXIT
up_another() { "$top/tools/lab" up --name $another "${wireguard[@]}" "$@"; }
down_another() { "$top/tools/lab" down --name $another; }

lab_up "${wireguard[@]}" --psk
check "two wireguard-go talk" pings pcA 50 10.0.2.10 -i 0.01
check "keys and configuration are root's alone" sh -c \
	"! find /run/encrypter-lab/$lab -perm /077 \( -name '*.key' -o -name '*.conf' -o -name psk \) | grep -q ."
check "the web server answers" on siteA bash -c ': </dev/tcp/198.51.100.80/80'
check "status" "$top/tools/lab" status --name "$lab"
check "exec passes the exit status on" \
	sh -c "'$top/tools/lab' exec --name $lab pcA sh -c 'exit 7'; test \$? = 7"
check "a second lab of that name is refused" fails "$top/tools/lab" up --name "$lab" "${wireguard[@]}"
check "and the first goes on" pings pcA 5 10.0.2.10 -i 0.05
check "a line for a section that there is not: refused" says 2 'with a section' \
	up_another --siteA encrypterd --more siteA.black 'Address = 192.0.2.1/24'
check "a line for a site that is no encrypterd: refused" says 2 'there is no encrypterd' \
	up_another --more siteA.Black 'Address = 192.0.2.1/24'

# ---- what is not the lab's ----

labs+=($another)
socket=/var/run/wireguard/$another-siteA.sock
check "who takes down only his own leaves the lab alone" env LAB_OWNER=somebody "$top/tools/lab" down --name "$lab"
check "it goes on" pings pcA 5 10.0.2.10 -i 0.05
ip netns add $another-inet
check "a namespace of that name: refused" says 1 'not from a lab' up_another
down_another
check "and left alone" ip netns del $another-inet
spawn foreign "$scratch/foreign" pcA wireguard-go -f $another-siteA
await 10 test -S "$socket"
check "an instance of that name that runs: refused" says 1 'take another --name' up_another
down_another
check "and left alone" sh -c "wg show interfaces | tr ' ' '\n' | grep -qxF $another-siteA"
despawn foreign KILL
mkdir -p /run/encrypter/$another-siteB
flock -F /run/encrypter/$another-siteB/lock sleep 60 &
process_keep "$scratch/holder.pid" $!
await 5 fails flock -n /run/encrypter/$another-siteB/lock true
check "an encrypterd of that name that runs: refused" says 1 'take another --name' up_another
despawn holder
check "the files of one that was killed are in nobody's way" up_another
down_another
check "and go with the lab" nothing_left $another
if [ -x "$BUILD/encrypterd" ]; then
	check "a lab with an encrypterd" up_another --siteA encrypterd --build "$BUILD"
	locks="/run/encrypter/.iface-$(stat -Lc %i /run/netns/$another-siteA)-*"
	"$top/tools/lab" kill --name $another siteA
	check "which leaves its locks of interfaces when it is killed" compgen -G "$locks"
	down_another
	check "and they go with the lab, too" fails compgen -G "$locks"
else
	skip "an encrypterd's locks of interfaces" "encrypterd is not built"
fi

# A lab that comes up when these have found none.
meanwhile=/run/encrypter-lab/$another
mkdir "$scratch/bin"
cat >"$scratch/bin/mkdir" <<END
#!/bin/sh
/bin/mkdir -p $meanwhile && : >$meanwhile/settings
exec /bin/mkdir "\$@"
END
chmod +x "$scratch/bin/mkdir"
check "compare: refused" says 1 'is up already' env "PATH=$scratch/bin:$PATH" \
	"$top/tools/compare" --name $another --quick forward
check "and the lab left alone" test -e $meanwhile/settings
down_another
tree=$scratch/tree
mkdir -p "$tree/tools" "$tree/build"
cp "$top"/tools/{demo,lab,_common.sh,_labnet.sh} "$tree/tools"
for program in tools/install-deps build/encrypterd build/encrypterctl build/meson build/ninja; do
	printf '#!/bin/sh\nmkdir -p /run/encrypter-lab/lab && : >/run/encrypter-lab/lab/settings\n' >"$tree/$program"
	chmod +x "$tree/$program"
done
demo() { # in a /run of its own: the demo's lab has one name only
	unshare -m sh -c '
		mount -t tmpfs tmpfs /run || exit
		PATH="$1/build:$PATH" "$1/tools/demo" >"$1/said" 2>&1
		cat "$1/said"
		grep -q "^DEMO FAILED: the lab did not come up" "$1/said" &&
			test -e /run/encrypter-lab/lab/settings' demo "$tree"
}
check "the demo fails, and leaves the lab alone" demo
lab_down
check "down leaves nothing" nothing_left "$lab"
check "down again is no error" lab_down

# A site that cannot start: the lab is taken down again, with the reason.
mkdir "$scratch/build"
printf '#!/bin/sh\necho the reason\nexit 1\n' >"$scratch/build/encrypterd"
chmod +x "$scratch/build/encrypterd"
refused() {
	! "$top/tools/lab" up --name "$lab" --build "$scratch/build" >"$scratch/out" 2>&1 &&
		grep -q 'the reason' "$scratch/out"
}
check "a daemon that ends at once: up fails and shows its log" refused
check "and leaves nothing" nothing_left "$lab"

# up interrupted half-way: down removes what is there.
printf '#!/bin/sh\nexec tail -f /dev/null\n' >"$scratch/build/encrypterd"
"$top/tools/lab" up --name "$lab" --build "$scratch/build" >/dev/null 2>&1 &
up=$!
labs+=("$lab")
check "a lab is half-way up" await 10 test -s "/run/encrypter-lab/$lab/siteA.pid"
kill -s KILL $up
wait $up 2>/dev/null
check "down removes a lab whose up was killed" lab_down
check "and leaves nothing" nothing_left "$lab"

# up interrupted while a daemon is being started, whose pid is not known yet
printf '#!/bin/sh\nexec tail -f %s\n' "$scratch/started" >"$scratch/build/encrypterd"
: >"$scratch/started"
cat >"$scratch/bin/setsid" <<'END'
#!/bin/sh
case "$*" in */siteA\ ip*) kill -s TERM $PPID ;; esac
exec /usr/bin/setsid "$@"
END
rm "$scratch/bin/mkdir"
chmod +x "$scratch/bin/setsid"
started() { pgrep -f "tail -f $scratch/started"; }
check "up can be interrupted while a daemon starts" fails env "PATH=$scratch/bin:$PATH" \
	"$top/tools/lab" up --name "$lab" --build "$scratch/build"
check "and does not leave that behind" fails await 1 started
started | xargs -r kill
check "nor anything else" nothing_left "$lab"

done_testing
