# shellcheck shell=bash
# SPDX-License-Identifier: BSD-3-Clause
# Sourced by the programs of tests/qemu/: a kernel of Debian's in a virtual machine, without KVM, that
# does what it is told over a serial line.
# shellcheck source-path=SCRIPTDIR
# shellcheck source=../lab/_init.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lab/_init.sh"

kernel='' keep=''
boot_seconds=120
guest_seconds=20
root=$scratch/root
qemu=(qemu-system-x86_64)

install_packages() { # PACKAGE…
	dpkg-query -W -f '${db:Status-Status}\n' "$@" >"$scratch/status" 2>/dev/null &&
		! grep -qvx installed "$scratch/status" && return
	DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=600 install -y \
		--no-install-recommends "$@" >"$scratch/apt.out" 2>&1 </dev/null
}

# fetch_kernel PACKAGE: unpacked in $kernel, which somebody may have done already
fetch_kernel() {
	[ -z "$kernel" ] || return 0
	kernel=$scratch/kernel
	[ -n "$1" ] && mkdir "$kernel" && cd "$scratch" &&
		apt-get -q -o APT::Sandbox::User=root download "$1" >"$scratch/apt.out" 2>&1 &&
		dpkg -x "$1"_*.deb "$kernel"
}

kernel_version() {
	basename "$kernel"/lib/modules/*
}

# ---- the guest's first file system: busybox, modules, and an /init of the caller's ----

# copy_modules NAME…: in an order in which they can be loaded
copy_modules() {
	local version name file
	version=$(kernel_version)
	depmod -b "$kernel" "$version" || return
	for name in "$@"; do
		modprobe -d "$kernel" -S "$version" --show-depends "$name"
	done | awk '$1 == "insmod" && !seen[$2]++ { print $2 }' | while read -r file; do
		cp "$file" "$root/modules/"
		[[ $file != *.xz ]] || unxz "$root/modules/${file##*/}"
		file=${file##*/}
		printf '/modules/%s\n' "${file%.xz}"
	done >"$root/modules/list"
}

pack() {
	(cd "$root" && find . | cpio -o -H newc --quiet | gzip -1) >"$scratch/initrd"
}

init_begins() {
	cat <<'END'
#!/bin/busybox sh
/bin/busybox --install -s /bin
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
while read -r module; do insmod $module; done </modules/list
END
}

# What comes over the second serial line is done, and answered there.
init_answers() {
	cat <<'END'
exec </dev/ttyS1 >/dev/ttyS1 2>&1
stty raw -echo
echo up
while read -r command; do
	eval "$command"
	echo "status $?."
done
END
}

# ---- the machine ----

# guest_boot PARAMETERS OPTION…: with these parameters of the kernel and options of QEMU
guest_boot() {
	local parameters="console=ttyS0 quiet panic=-1 $1"
	shift
	rm -f "$scratch/orders" && mkfifo "$scratch/orders" && exec 3<>"$scratch/orders"
	: >"$scratch/answers"
	: >"$scratch/console"
	"${qemu[@]}" -accel tcg,thread=multi -cpu max -smp 2 -nodefaults -display none -no-reboot "$@" \
		-kernel "$kernel"/boot/vmlinuz-* -initrd "$scratch/initrd" -append "$parameters" \
		-serial "file:$scratch/console" -serial stdio \
		<"$scratch/orders" >>"$scratch/answers" 2>"$scratch/qemu.err" &
	process_keep "$scratch/guest.pid" $!
	await "$boot_seconds" grep -q '^up' "$scratch/answers"
}

# guest COMMAND: done in the guest, which takes it as one line; what it says and its status
guest() {
	local status
	: >"$scratch/answers"
	printf '%s\n' "${*//$'\n'/ }" >&3
	if ! await "$guest_seconds" guest_answered; then
		echo "no answer in $((guest_seconds * patience)) s: the guest is ended" # lest it answer later
		process_end "$scratch/guest.pid"
		return 99
	fi
	status=$(sed -n 's/^status \([0-9]*\)\..*/\1/p' "$scratch/answers")
	grep -v '^status ' "$scratch/answers"
	return "${status:-98}" # it died meanwhile
}

guest_answered() {
	grep -q '^status [0-9]*\.' "$scratch/answers" || process_gone "$scratch/guest.pid"
}

guest_down() {
	printf 'poweroff -f\n' >&3
	await 20 process_gone "$scratch/guest.pid"
	process_end "$scratch/guest.pid"
	exec 3>&-
}

# keep_logs NAME FILE…: of $scratch, when --keep says where
keep_logs() {
	local name=$1 file
	shift
	[ -n "$keep" ] || return 0
	mkdir -p "$keep"
	for file in "$@"; do
		[ ! -e "$scratch/$file" ] || cp "$scratch/$file" "$keep/$name.$file"
	done
}
