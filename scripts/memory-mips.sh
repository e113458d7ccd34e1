#!/bin/bash
# make memory-mips: as make memory, with the relay on an emulated MIPS router: the
# stripped mipsle daemon under Debian's kernel on a Malta board with a 24Kc core and
# 64 MiB, where what the kernel says of its memory is true. The load stays on this
# machine and reaches the relay by the emulator's forwarding of one UDP port.
# Kernel and busybox are fetched by a private apt into bin/malta the first time.
# FOR=60s, RATE=400 frames a second, LINKS=8 and BUDGETS="12:2048 14:4096" can be set.
set -u
cd "$(dirname "$0")/.." || exit 1
cache=$PWD/bin/malta
# shellcheck source=scripts/lab.sh
. scripts/lab.sh
need qemu-system-mipsel qemu-system-mips cpio cpio modprobe kmod dpkg-deb dpkg

# papt TOOL ARG...: an apt of another architecture, which leaves the machine's alone.
papt() {
	tool=$1
	shift
	"$tool" -o Dir::State="$cache/apt/state" -o Dir::State::status="$cache/apt/status" -o Dir::Cache="$cache/apt/cache" \
		-o Dir::Etc::sourcelist="$cache/apt/sources.list" -o Dir::Etc::sourceparts=/dev/null -o APT::Architecture=mipsel \
		-o APT::Architectures=mipsel -o APT::Sandbox::User=root -o Acquire::Languages=none "$@"
}

# fetch: the newest kernel of the suite for the board, and a static busybox.
fetch() {
	rm -rf "$cache"
	mkdir -p "$cache"/apt/state/lists/partial "$cache"/apt/cache/archives/partial "$cache/root"
	: >"$cache/apt/status"
	mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' | head -n 1)
	echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror bookworm main" >"$cache/apt/sources.list"
	papt apt-get -qq update || return
	image=$(papt apt-cache depends linux-image-4kc-malta | awk '/Depends: linux-image/ {print $2; exit}')
	(cd "$cache" && papt apt-get -qq download "$image" busybox-static) || return
	for deb in "$cache"/*.deb; do dpkg-deb -x "$deb" "$cache/root" || return; done
	release=${image#linux-image-}
	depmod -b "$cache/root" "$release"
	echo "$release" >"$cache/release"
}
[ -f "$cache/release" ] || fetch || die "Debian's kernel for mipsel cannot be fetched"
release=$(cat "$cache/release")

# guest MB: the initramfs, with an identity made here.
guest() {
	rm -rf "$lab_dir/guest"
	mkdir -p "$lab_dir"/guest/{bin,dev,proc,sys,tmp,state,modules}
	cp "$(find "$cache/root" -path '*bin/busybox' -type f)" bin/mipsle-softfloat/hopwire "$lab_dir/guest/bin/"
	n=10
	for ko in $(for m in pcnet32 tun; do modprobe -d "$cache/root" -S "$release" --show-depends $m; done | awk '$1 == "insmod" {print $2}'); do
		cp "$ko" "$lab_dir/guest/modules/$((n++))-${ko##*/}"
	done
	cp "$(key)" "$lab_dir/guest/state/key"
	[ -f "$lab_dir/identity/identity" ] || HOPWIRE_STATE=$lab_dir/identity bin/hopwire init >"$lab_dir/address" || die "no identity"
	cp "$lab_dir/identity/identity" "$lab_dir/guest/state/"
	sed "s/@MB@/$1/" >"$lab_dir/guest/init" <<-'END'
		#!/bin/busybox sh
		/bin/busybox --install -s /bin
		export PATH=/bin
		mount -t devtmpfs dev /dev; mount -t proc proc /proc; mount -t sysfs sys /sys
		for m in /modules/*; do insmod "$m"; done
		ifconfig lo up
		ifconfig eth0 10.0.2.15 netmask 255.255.255.0 up
		export HOPWIRE_STATE=/state HOPWIRE_NETWORK_KEY_FILE=/state/key HOPWIRE_UDP_LISTEN=10.0.2.15:7000 HOPWIRE_MEMORY=@MB@
		hopwire run &
		pid=$!
		while sleep 1; do
			s=$(grep -E '^(VmRSS|VmHWM|RssAnon|RssFile|RssShmem)' /proc/$pid/status) || break
			echo memory: $s $(grep MemFree /proc/meminfo)
		done
		echo relay ended
		poweroff -f
	END
	chmod 755 "$lab_dir/guest/init"
	(cd "$lab_dir/guest" && find . -print0 | cpio --quiet -0 -o -H newc -R 0:0) | gzip >"$lab_dir/boot.gz"
}

# measure MB CIRCUITS
measure() {
	guest "$1"
	: >"$lab_dir/console"
	port=$((20000 + $$ % 20000))
	timeout 1200 qemu-system-mipsel -M malta -cpu 24Kc -m 64 -nodefaults -display none -no-reboot -kernel "$cache"/root/boot/vmlinu* -initrd "$lab_dir/boot.gz" \
		-append "console=ttyS0 quiet loglevel=3 panic=-1 ${APPEND:-nowait}" -serial "file:$lab_dir/console" \
		-netdev "user,id=n,hostfwd=udp:127.0.0.1:$port-10.0.2.15:7000" -device pcnet,netdev=n,romfile= </dev/null >"$lab_dir/qemu" 2>&1 &
	pid=$!
	lab_pids="$lab_pids $pid"
	wait_for 120 grep -q '^memory:' "$lab_dir/console" || die "the machine did not come up: $(tail -n 5 "$lab_dir/qemu" "$lab_dir/console")"
	timeout 1100 bin/memload -what mipsle -relay "$(cat "$lab_dir/address")@127.0.0.1:$port" -key "$(key)" -samples "$lab_dir/console" \
		-most "$1" -circuits "$2" -for "${FOR:-60s}" -rate "${RATE:-400}" -links "${LINKS:-8}" -at-once 32 -limit 900s
	status=$?
	[ $status = 0 ] || tail -n 4 "$lab_dir/console"
	kill "$pid"
	wait "$pid" 2>/dev/null
	return $status
}

failed=
for budget in ${BUDGETS:-12:2048 14:4096}; do
	measure "${budget%:*}" "${budget#*:}" || failed="$failed $budget"
done
[ -z "$failed" ] || die "FAILED:$failed"
