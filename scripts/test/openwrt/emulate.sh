#!/bin/bash
# make openwrt-emulate: what 'make ipk' packed, unpacked by other programs than our
# own and run on other processors under user-mode emulation.
#
#   the feed's signature      verified by OpenBSD's signify, whose format usign's is
#   packages                  unpacked by GNU tar and by busybox, as opkg would
#   installation scripts      silent where an image is made (IPKG_INSTROOT)
#   binaries                  version, init, address; a mesh of MIPS and ARM
#
# Each prints 'ok - NAME' or 'not ok - NAME'.
set -u
cd "$(dirname "$0")/../../.." || exit 1
# shellcheck source=scripts/lab.sh
. scripts/lab.sh
# shellcheck source=scripts/test/tap.sh
. scripts/test/tap.sh
[ "$(id -u)" = 0 ] || die "needs root, to become nobody and for network namespaces"
need qemu-mips:qemu-user busybox signify-openbsd setpriv:util-linux ip:iproute2 ethtool make git
umask 022
chmod 755 "$lab_dir"

# architecture emulator: one of each kind of processor.
kinds="mips_24kc qemu-mips
mipsel_24kc qemu-mipsel
arm_xscale qemu-arm
arm_cortex-a7_neon-vfpv4 qemu-arm
aarch64_cortex-a53 qemu-aarch64"
dist=$lab_dir/dist keys=$lab_dir/keys

# make_packages "ARCH ARCH ..."
make_packages() {
	make -s cross ARCHS="$1" && mkdir -p "$keys" &&
		go build -o "$lab_dir/ipk" ./scripts/product/ipk && "$lab_dir/ipk" -keys "$keys" key &&
		SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct)} "$lab_dir/ipk" -version "$version" -keys "$keys" -out "$dist" pack "${@:2}" &&
		"$lab_dir/ipk" -keys "$keys" -out "$dist" check
}

# unpack PACKAGE FOLDER TAR...: data into FOLDER, control into FOLDER.control.
unpack() {
	ipk=$1 to=$2
	shift 2
	mkdir -p "$to" "$to.control"
	"$@" -xzOf "$ipk" ./data.tar.gz | "$@" -xzf - -C "$to" && "$@" -xzOf "$ipk" ./control.tar.gz | "$@" -xzf - -C "$to.control"
}

# same_trees A B: names, modes, owners and contents, and the times of files (busybox
# sets those of folders only while it fills them).
same_trees() {
	diff -r "$1" "$2" && [ "$(describe "$1")" = "$(describe "$2")" ]
}
describe() { (cd "$1" && find . -type d -printf '%P %m %U:%G\n' -o -printf '%P %m %U:%G %y %Ts\n' | sort); }

as_nobody() { setpriv --reuid=65534 --regid=65534 --clear-groups env -i PATH="$PATH" HOPWIRE_STATE="$1/state" "${@:2}"; }

# runs EMULATOR ROOT: the package's version is the binary's; an identity is made and
# kept, and this machine computes the same addresses from it.
runs() {
	home=$2.home
	mkdir -p "$home" && chmod 777 "$home"
	want="hopwire $(sed -n 's/^Version: \(.*\)-r[0-9]*$/\1/p' "$2.control/control")"
	[ "$(as_nobody "$home" "$1" "$2/usr/sbin/hopwire" --version)" = "$want" ] &&
		[ "$(as_nobody "$home" "$1" "$2/usr/sbin/hopwire" version)" = "$want" ] || return 1
	a=$(as_nobody "$home" "$1" "$2/usr/sbin/hopwire" init) && b=$(as_nobody "$home" "$1" "$2/usr/sbin/hopwire" init 2>/dev/null) &&
		c=$(as_nobody "$home" "$lab_dir/native" address) && [ -n "$a" ] && [ "$a" = "$b" ] && [ "$a" = "$c" ] &&
		[ "$(as_nobody "$home" "$1" "$2/usr/sbin/hopwire" address --ip)" = "$(as_nobody "$home" "$lab_dir/native" address --ip)" ]
}

# silent ROOT CONTROL: ImageBuilder runs the scripts in bash on another machine,
# with IPKG_INSTROOT set. Nothing may be said, and nothing of this machine used.
silent() {
	for script in postinst postinst-pkg prerm; do
		[ ! -f "$2/$script" ] && continue
		if ! out=$(cd / && env -i PATH=/usr/bin:/bin IPKG_INSTROOT="$1" bash "$2/$script" configure 2>&1) || [ -n "$out" ]; then
			echo "$script: $out"
			return 1
		fi
	done
}

# enabled ROOT CONTROL: the default script is OpenWrt's, which enables services.
enabled() {
	# shellcheck disable=SC2016
	mkdir -p "$1/lib" && echo 'default_postinst() { echo "default_postinst $(basename "$1") $2"; }' >"$1/lib/functions.sh"
	out=$(env -i PATH=/usr/bin:/bin IPKG_INSTROOT="$1" busybox sh "$2/postinst" configure)
	rm "$1/lib/functions.sh"
	[ "$out" = "default_postinst postinst configure" ] || { echo "$out"; return 1; }
}

# shellcheck disable=SC2016
version=$(make -s --eval='print: ; @echo $(VERSION)' print)
archs=$(echo "$kinds" | cut -d ' ' -f 1 | tr '\n' ' ')
# shellcheck disable=SC2086
is "packages of five architectures" make_packages "$archs" $archs
CGO_ENABLED=0 go build -o "$lab_dir/native" ./cmd/hopwire || die "no hopwire for this machine"
chmod 755 "$lab_dir/native"

feed=$dist/mips_24kc
cp "$keys/feed.pub" "$lab_dir/feed.pub"
is "signify verifies the feed" signify-openbsd -V -q -p "$lab_dir/feed.pub" -x "$feed/Packages.sig" -m "$feed/Packages"
sed 's/^Size: /Size: 1/' "$feed/Packages" >"$lab_dir/forged"
is "and not a forged one" sh -c "! signify-openbsd -V -q -p $lab_dir/feed.pub -x $feed/Packages.sig -m $lab_dir/forged 2>/dev/null"
is "signify signs with our key, to the same bytes" sh -c "signify-openbsd -S -s $keys/feed.sec -x $lab_dir/sig -m $feed/Packages && [ \"\$(tail -n 1 $lab_dir/sig)\" = \"\$(tail -n 1 $feed/Packages.sig)\" ]"
is "the public key lies under its name" sh -c "cmp $keys/feed.pub $dist/keys/\$(sed -n 's/.* key \([0-9a-f]\{16\}\)\$/\1/p' $keys/feed.pub)"

while read -r arch emulator; do
	root=$lab_dir/$arch
	is "$arch: GNU tar unpacks it" unpack "$dist/$arch/hopwire_$version-r1_$arch.ipk" "$root" tar --numeric-owner
	unpack "$dist/$arch/hopwire_$version-r1_$arch.ipk" "$root.busybox" busybox tar
	is "$arch: busybox unpacks the same" same_trees "$root" "$root.busybox"
	is "$arch: runs on $emulator" runs "$emulator" "$root"
done <<<"$kinds"

for p in hopwire_$version-r1_mips_24kc luci-app-hopwire_$version-r1_all; do
	root=$lab_dir/$p
	unpack "$feed/$p.ipk" "$root" tar
	is "$p: silent in an image" silent "$root" "$root.control"
	is "$p: installs by OpenWrt's functions" enabled "$root" "$root.control"
done
# Three routers on two cables, without TUN devices: MIPS of both byte orders and ARM.
# (The emulator garbles rtnetlink for the big-endian one: it goes by /sys.)
for kind in "mips_24kc qemu-mips" "mipsel_24kc qemu-mipsel" "arm_xscale qemu-arm"; do
	printf '#!/bin/sh\nHOPWIRE_TUN=none exec %s %s "$@"\n' "${kind#* }" "$lab_dir/${kind% *}/usr/sbin/hopwire" >"$lab_dir/${kind#* }"
	chmod 755 "$lab_dir/${kind#* }"
done
host mips mipsel arm
cable mips mipsel
cable mipsel arm
for n in mips mipsel arm; do hopwire=$lab_dir/qemu-$n start $n; done
pings() { wait_for 90 with "$1" "$lab_dir/qemu-$1" ping "$(with "$2" "$lab_dir/native" address)" -c 3; }
is "a mesh of MIPS of both byte orders: one pings the other" pings mips mipsel
is "and the other the one" pings mipsel mips
is "from big-endian MIPS over little-endian MIPS to ARM" pings mips arm
for n in mips mipsel arm; do
	p=$(pid_of $n)
	kill -TERM "$p"
	is "$n ends at SIGTERM" wait "$p"
done
[ $failures = 0 ] || die "FAILED: $failures"
echo "openwrt-emulate: ok"
