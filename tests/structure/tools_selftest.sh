#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# tools/check and tools/install-deps, in a tree of their own with programs that only play: they notice
# what must not pass.
set -u
top=$(cd "$(dirname "$0")/../.." && pwd)
scratch=$(mktemp -d)
first='' # a tools/check that runs beside us
leave() {
	[ -z "$first" ] || { kill "$first" && wait "$first"; } 2>/dev/null # ends what it runs, too
	[ ! -e "$scratch/stays" ] || kill "$(cat "$scratch/stays")" 2>/dev/null
	rm -rf "$scratch"
}
trap leave EXIT
trap 'exit 143' INT TERM
tree=$scratch/tree
failed=0

program() { # PATH: its lines are on stdin
	mkdir -p "$(dirname "$1")"
	{ echo '#!/bin/sh'; cat; } >"$1"
	chmod +x "$1"
}

check() { # DESCRIPTION COMMAND…
	local what=$1
	shift
	"$@" && return
	printf 'not so: %s\n' "$what"
	sed 's/^/    | /' "$scratch/out"
	failed=1
}
says() { # STATUS PATTERN COMMAND…
	local status=0
	"${@:3}" >"$scratch/out" 2>&1 </dev/null || status=$?
	[ $status = "$1" ] && grep -q "$2" "$scratch/out"
}
run_check() { "$tree/tools/check" "$@"; }

mkdir -p "$tree/tools" "$tree/tests/lab"
cp "$top"/tools/{check,_common.sh} "$tree/tools"
program "$tree/tools/install-deps" <<<'exit 0'
program "$tree/tests/lab/test_one.sh" <<<'echo 1..1; echo ok 1 - one'
program "$scratch/bin/ninja" <<<'exit 0'
# One unit test in each folder, which is the program `unit`.
program "$scratch/bin/meson" <<END
[ "\$1" = introspect ] || exec mkdir -p "\$2" # setup FOLDER …
[ "\${3##*/}" != "\${SILENT-}" ] || exit 1
echo '[{"suite": ["x:unit"], "name": "one", "protocol": "exitcode", "timeout": 60, "workdir": null,
	"env": {}, "cmd": ["$scratch/bin/unit"]}]'
END
program "$scratch/bin/unit" <<<'exit 0'
export PATH=$scratch/bin:$PATH

check "all pass" says 0 ' 0 failed' run_check
check "a build that does not tell its tests is a failure" \
	says 1 'build: its tests are known' env SILENT=build "$tree/tools/check" --quick
check "so is the one with sanitizers" \
	says 1 'build-asan: its tests are known' env SILENT=build-asan "$tree/tools/check"

# ---- two at once ----

program "$scratch/bin/unit" <<END
: >$scratch/runs
until [ -e $scratch/go ]; do sleep 0.05; done
sleep 20 >/dev/null 2>&1 & # a daemon that stays
echo \$! >$scratch/stays
END
"$tree/tools/check" --quick >"$scratch/first" 2>&1 &
first=$!
for _ in {1..200}; do
	[ -e "$scratch/runs" ] || sleep 0.05
done
check "a second one is refused" says 1 'another tools/check runs here' run_check --quick --only nothing
check "the first one's output is still there" test -e "$tree/build/check-logs/unit-one.log"
: >"$scratch/go"
wait $first
first=''
check "the first one passes" says 0 '^1 passed, 0 failed' cat "$scratch/first"
program "$scratch/bin/unit" <<<'exit 0'
check "what it has left running keeps no further one out" says 0 ' 0 failed' run_check --quick
kill "$(cat "$scratch/stays")" 2>/dev/null
rm -f "$scratch/stays"
rm -f "$tree/build/.check-lock" && mkdir "$tree/build/.check-lock"
check "a folder that cannot be written is said to be one" says 1 'cannot be written' run_check --quick --only nothing
rmdir "$tree/build/.check-lock"

# ---- packages ----

program "$scratch/bin/dpkg-query" <<'END'
# of two architectures, as dpkg-query would with the format it was given
case "$4" in
gcc) exit 1 ;;
libdpdk-dev) printf "not-installed${3#*\}}" ;;
*) printf "installed${3#*\}}installed${3#*\}}" ;;
esac
END
check "a package of two architectures is there" says 1 '^missing packages: gcc libdpdk-dev$' \
	"$top/tools/install-deps" --check

exit $failed
