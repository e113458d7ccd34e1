#!/bin/bash
# Runs every script of openwrt/hopwire/files under busybox's ash, in a root folder
# like a router's with stand-ins for OpenWrt's own programs: box, root, boards.
# Needs no root where user namespaces are allowed. Ends with "openwrt: ok". With
# arguments only those parts: lint boot fleet builder ...
# shellcheck disable=SC2016,SC2034 # what is in single quotes is for the router's shell
set -u
cd "$(dirname "$0")/../../.." || exit 1
files=openwrt/hopwire/files
dir=$(mktemp -d "${TMPDIR:-/tmp}/hopwire-openwrt.XXXXXX")
trap 'rm -rf "$dir"' EXIT
trap 'exit 130' INT TERM
failed=0 passed=0 names=""

ok() { passed=$((passed + 1)) && echo "ok - $1"; }
not_ok() {
	failed=$((failed + 1))
	echo "not ok - $1"
	[ -z "${2:-}" ] || sed 's/^/    /' <<<"$2"
}
# check NAME COMMAND...: the command succeeds.
check() {
	local name=$1 out
	shift
	if out=$("$@" 2>&1); then ok "$name"; else not_ok "$name" "$out"; fi
}
# same NAME GOT WANT
same() { if [ "$2" = "$3" ]; then ok "$1"; else not_ok "$1" "$(diff <(echo "$3") <(echo "$2"))"; fi; }
has() { if grep -qxF -- "$3" <<<"$2"; then ok "$1"; else not_ok "$1" "no line: $3
$2"; fi; }
hasnt() { if grep -qE -- "$3" <<<"$2"; then not_ok "$1" "$(grep -E -- "$3" <<<"$2")"; else ok "$1"; fi; }

# shellcheck source=scripts/need.sh
. scripts/need.sh
need busybox shellcheck unshare:util-linux ip:iproute2
CGO_ENABLED=0 go build -o "$dir/box" ./scripts/test/openwrt/box && CGO_ENABLED=0 go build -o "$dir/hopwire" ./cmd/hopwire || exit 1
# own_busybox: a copy to which the names of our stand-ins are no applets. Where it is
# built to prefer its applets to programs, as Debian's static one is, its shell, env
# and xargs would never look for ours. In its list of names the last letter goes.
mapfile -t stand_ins < <(find scripts/test/openwrt/root -path '*bin/*' -type f -printf '%f\n' | sort)
own_busybox() {
	local name hide=()
	for name in "${stand_ins[@]}"; do hide+=(-e "s/^$name\$/${name%?}~/"); done
	LC_ALL=C sed -z "${hide[@]}" "$(command -v busybox)"
}
# plain: what all routers have, made once.
plain() {
	local name p=$dir/plain
	mkdir -p "$p"/{bin,dev,proc,sys/class/net,tmp/run,tmp/lock,usr/sbin,usr/bin,root,etc/rc.d}
	cp -r scripts/test/openwrt/root/. "$files"/. "$p"
	own_busybox >"$p/bin/busybox" && chmod 755 "$p/bin/busybox"
	# Debian has it static and not, and only one of them at a time.
	for name in $(ldd "$p/bin/busybox" 2>/dev/null | grep -oE '/[^ ]+'); do
		[ ! -e "$name" ] || { mkdir -p "$p${name%/*}" && cp -L "$name" "$p$name"; }
	done
	busybox --list | grep -vxF -e busybox "${stand_ins[@]/#/-e}" | sed 's/.*/ln -s busybox "&"/' | (cd "$p/bin" && exec busybox ash)
	ln -s tmp "$p/var"
	: >"$p/tmp/log"
}
plain
variables=$("$dir/hopwire" help config | grep '^HOPWIRE_' | sort)

# router NAME BOARD: a root folder as after the first lines of a first boot.
router() {
	r=$dir/$1
	local b=scripts/test/openwrt/boards/$2 name kind
	cp -a "$dir/plain" "$r"
	for name in sbin/uci sbin/validate_data usr/bin/jsonfilter; do ln "$dir/box" "$r/$name"; done
	ln "$dir/hopwire" "$r/usr/sbin/hopwire"
	cp "$b/board.json" "$r/etc/board.json"
	cp "$b/network" "$r/etc/config/network"
	[ ! -e "$b/wireless" ] || cp "$b/wireless" "$r/etc/config/wireless"
	while read -r name kind; do device "$name" "$kind"; done <"$b/devices"
}
# device NAME wired|radio|inner|virtual: a device in the router's /sys.
device() {
	local d=$r/sys/class/net/$1
	mkdir -p "$d"
	echo 1 >"$d/type"
	case $2 in
	wired) mkdir "$d/device" ;;
	radio) mkdir "$d/device" "$d/phy80211" ;;
	inner) mkdir "$d/device" "$d/dsa" ;;
	esac
}
network_key() { mkdir -p "$r/etc/hopwire" && printf '%064d\n' 7 >"$r/etc/hopwire/network.key"; }
# inside COMMAND...: run it on the router; without a network.
inside() { isolated '' "$@"; }
# isolated OPTIONS COMMAND...: with other namespaces too. $prelude runs before the
# root is changed, with the programs of this machine; $extra is more environment.
isolated() {
	local more=$1 user=''
	shift
	[ "$(id -u)" = 0 ] || user=-r
	# shellcheck disable=SC2086
	unshare $user -m $more -- /bin/sh -c 'mount --rbind /dev "$0/dev" && mount --rbind /proc "$0/proc" && '"${prelude:-:}"' && exec env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root '"${extra:-}"' timeout 120 chroot "$0" "$@"' "$r" "$@"
}
service() { inside /bin/sh /etc/rc.common /etc/init.d/hopwire "$1" 2>&1; }
first_boot() { inside /bin/sh -c 'cd /etc/uci-defaults && ( . ./90-hopwire ) && rm -f 90-hopwire'; }
config() { inside uci -q get "$1"; }
set_config() { inside sh -c 'uci -q set "$1" && uci commit' sh "$1"; }
# fingerprint: all of /etc, with the modes.
fingerprint() { (cd "$r/etc" && find . -type f ! -path './uci-defaults/*' -printf '%m %p ' -exec md5sum {} \; | sort -k 2); }
environment() { sed -n 's/^set env //p' "$r/tmp/procd"; }
started() { grep -q '^open_instance' "$r/tmp/procd" 2>/dev/null; }

[ $# -gt 0 ] || set -- lint boot fleet builder environment wrong ready devices netifd node
for s; do
	# shellcheck source=/dev/null
	. "scripts/test/openwrt/parts/$s.sh"
done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ] && echo "openwrt: ok" && exit 0
echo "openwrt: FAILED"
exit 1
