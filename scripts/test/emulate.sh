#!/bin/bash
# make emulate: the packages' tests and a few commands on other processors, one of
# them big-endian, under user-mode emulation. Everything runs as nobody: tests that
# need root skip themselves, as the emulator has neither packet sockets' options nor
# all of rtnetlink. Simulations of many nodes are left out by -short.
set -u
cd "$(dirname "$0")/../.." || exit 1
go=${GO:-go}
# shellcheck source=scripts/need.sh
. scripts/need.sh
[ "$(id -u)" = 0 ] || { echo "emulate: needs root, to become nobody"; exit 1; }
need qemu-mips:qemu-user setpriv:util-linux
dir=$(mktemp -d "${TMPDIR:-/tmp}/hopwire-emulate.XXXXXX")
trap 'rm -rf "$dir"' EXIT
export go dir
failed=""

# packages: every room that has tests, those that take minutes first. The house's own
# tests stay at home: they read the sources by Go; so do servers, which are no routers.
packages() {
	list=$("$go" list -f '{{if or .TestGoFiles .XTestGoFiles}}{{.ImportPath}}{{end}}' ./link/... ./hop/... ./route/... ./pay/... ./cmd/... |
		sed 's|^hopwire/||' | grep -vxE 'cmd|route/(server|geo|meshtest)|cmd/hopwire-.*|pay/gateway.*')
	{ printf '%s\n' hop route hop/node link | grep -Fx "$list"; echo "${list:-none}"; } | awk '!seen[$0]++'
}

# as_nobody COMMAND...: in the folder that nobody can read, without our settings.
as_nobody() { setpriv --reuid=65534 --regid=65534 --clear-groups env -i PATH="$PATH" HOME="$dir/home" TMPDIR="$dir/home" "$@"; }

# emulate EMULATOR GOARCH=... ...: two packages at a time.
emulate() {
	qemu=$1
	shift
	export qemu CGO_ENABLED=0 GOOS=linux "${@?}"
	rm -rf "${dir:?}"/*
	mkdir -p "$dir/home"
	find link hop route pay cmd \( -name '*.md' -o -path '*/testdata/*' \) -type f -exec cp --parents -t "$dir" {} +
	"$go" build -o "$dir/hopwire" ./cmd/hopwire || failed="$failed $qemu:hopwire"
	chmod -R a+rX "$dir"
	chmod 777 "$dir/home"
	packages | xargs -P 2 -I '{}' bash -c 'tests "$1" || echo " $qemu:$1" >>"$dir/failed"' tests '{}'
	failed="$failed$(cat "$dir/failed" 2>/dev/null)"
	unset GOOS GOARCH "${@%%=*}"
	commands "$qemu" || failed="$failed $qemu:commands"
}

# tests PACKAGE: built, and run where its own files are.
tests() {
	local at=$dir/$1 out=$dir/${1//\//-}.out status begun
	mkdir -p "$at" && chmod 755 "$at" && "$go" test -c -o "$at/tests" "./$1" || return 1
	begun=$SECONDS
	(cd "$at" && as_nobody "$qemu" ./tests -test.short -test.timeout 900s -test.v) >"$out" 2>&1
	status=$?
	echo "$qemu $1: $(grep -c '^--- PASS' "$out") passed, $(grep -c '^--- FAIL' "$out") failed, $(grep -c '^--- SKIP' "$out") skipped, $((SECONDS - begun)) s"
	[ $status = 0 ] || grep -v '^=== \|^ *--- PASS\|^ *--- SKIP' "$out" | tail -n 40
	return $status
}
export -f tests as_nobody

# commands EMULATOR: an identity is made and kept, and its addresses agree with
# those that this machine computes.
commands() {
	run() { as_nobody HOPWIRE_STATE="$dir/home/state" "$@"; }
	CGO_ENABLED=0 "$go" build -o "$dir/native" ./cmd/hopwire && chmod 755 "$dir/native" || return 1
	a=$(run "$1" "$dir/hopwire" init) && b=$(run "$1" "$dir/hopwire" init 2>/dev/null) && c=$(run "$dir/native" address) || return 1
	d=$(run "$1" "$dir/hopwire" address --ip) && e=$(run "$dir/native" address --ip) || return 1
	echo "$1 $(run "$1" "$dir/hopwire" version): $a $d"
	[ -n "$a" ] && [ "$a" = "$b" ] && [ "$a" = "$c" ] && [ -n "$d" ] && [ "$d" = "$e" ]
}

# ON="qemu-mips qemu-arm" leaves one out: four minutes each.
for on in ${ON:-qemu-mips qemu-mipsel qemu-arm}; do
	case $on in
	qemu-mips) emulate $on GOARCH=mips GOMIPS=softfloat ;;
	qemu-mipsel) emulate $on GOARCH=mipsle GOMIPS=softfloat ;;
	qemu-arm) emulate $on GOARCH=arm GOARM=5 ;;
	esac
done
[ -z "$failed" ] || { echo "emulate: FAILED:$failed"; exit 1; }
echo "emulate: ok"
