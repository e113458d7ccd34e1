#!/bin/bash
# make wifi: radios, as the kernel models them (mac80211_hwsim), in a virtual machine
# on Debian's kernel; on a host that has the module itself, without one:
#
#   guest.sh   what is tried
#
# Kernel and tools come by apt and stay in .wifi/. Two minutes under plain emulation.
set -u
cd "$(dirname "$0")/../../.." || exit 1
# shellcheck source=scripts/lab.sh
. scripts/lab.sh
[ "$(id -u)" = 0 ] || die "needs root"
need ip:iproute2 iw
if modprobe -n mac80211_hwsim 2>/dev/null; then
	timeout 200 unshare -n -m scripts/test/wifi/guest.sh "$PWD/bin/hopwire"
	exit
fi
[ "$(dpkg --print-architecture 2>/dev/null)" = amd64 ] || die "no mac80211_hwsim here, and the virtual machine needs Debian on amd64"
need ip:iproute2 ping:iputils-ping iw qemu-system-x86_64:qemu-system-x86 busybox dash cpio depmod:kmod
image=$(pwd -P)/.wifi/kernel root=$lab_dir/root

# fetch: Debian's kernel, unpacked, not installed.
fetch() {
	package=$(apt-cache depends linux-image-amd64 | awk '/Depends: linux-image/ {print $2; exit}')
	(cd "$lab_dir" && apt-get -qq download "$package") >"$lab_dir/apt.log" 2>&1 && mkdir -p .wifi && rm -rf "$image" &&
		dpkg-deb -x "$lab_dir"/linux-image-*.deb "$image.new" && mv "$image.new" "$image"
}
[ -d "$image" ] || fetch || die "no kernel by apt: $(tail -n 1 "$lab_dir/apt.log")"
release=$(basename "$image"/lib/modules/*)
[ -e "$image/lib/modules/$release/modules.dep" ] || depmod -b "$image" "$release"

# copy PROGRAM: with the libraries that it is linked to.
copy() {
	cp -L "$1" "$root/bin/"
	ldd "$1" 2>/dev/null | grep -o '/[^ )]*' | while read -r l; do mkdir -p "$root$(dirname "$l")" && cp -L "$l" "$root$l"; done
}
mkdir -p "$root"/{bin,proc,sys,dev,tmp,run,etc}
for p in ip iw ping dash busybox; do copy "$(command -v $p)"; done
cp bin/hopwire scripts/test/wifi/guest.sh "$root/bin/"
for m in mac80211_hwsim tun ccm; do
	modprobe -d "$image" -S "$release" --show-depends $m | awk '$1 == "insmod" {print $2}'
done | sort -u | while read -r f; do
	mkdir -p "$root/$(dirname "${f#"$image/"}")" && cp "$f" "$root/${f#"$image/"}"
done
cp "$image"/lib/modules/"$release"/modules.{builtin,builtin.modinfo,order} "$root/lib/modules/$release/"
depmod -b "$root" "$release"
cat >"$root/init" <<'GUEST'
#!/bin/busybox sh
export PATH=/bin:/sbin
for a in $(/bin/busybox --list); do [ -e /bin/$a ] || /bin/busybox ln -s busybox /bin/$a; done
ln -sf dash /bin/sh
mount -t devtmpfs dev /dev; mount -t proc proc /proc; mount -t sysfs sys /sys
mkdir -p /run/netns
ip link set lo up
/bin/guest.sh /bin/hopwire </dev/null >/dev/ttyS1 2>&1
echo "exit $?" >/dev/ttyS1
poweroff -f
GUEST
chmod +x "$root/init"
(cd "$root" && find . | cpio --quiet -o -H newc) | gzip -1 >"$lab_dir/initrd"
timeout 240 qemu-system-x86_64 -M q35 -cpu max,la57=off -m 512 -nodefaults -display none -no-reboot \
	-kernel "$image"/boot/vmlinuz-* -initrd "$lab_dir/initrd" -append "console=ttyS0 quiet panic=-1 mitigations=off" \
	-device virtio-rng-pci -serial "file:$lab_dir/console" -serial stdio </dev/null | tr -d '\r' | tee "$lab_dir/out" | grep -v '^exit '
grep -q '^exit 0$' "$lab_dir/out" && exit 0
grep -q '^exit ' "$lab_dir/out" || tail -n 20 "$lab_dir/console"
exit 1
