#!/bin/bash
# make emulate: the packages' tests and a few commands on other processors, one of
# them big-endian, under user-mode emulation. Everything runs as nobody: tests that
# need root skip themselves, as the emulator has neither packet sockets' options nor
# all of rtnetlink. Simulations of many nodes are left out by -short.
set -u
cd "$(dirname "$0")/../.." || exit 1
go=${GO:-go}
[ "$(id -u)" = 0 ] || { echo "emulate: needs root, to become nobody"; exit 1; }
if ! command -v qemu-mips >/dev/null; then
	echo "installing qemu-user"
	(apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y qemu-user) >/dev/null 2>&1 || { echo "emulate: FAILED: apt-get install qemu-user"; exit 1; }
fi
dir=$(mktemp -d "${TMPDIR:-/tmp}/hopwire-emulate.XXXXXX")
trap 'rm -rf "$dir"' EXIT
failed=""

# as_nobody COMMAND...: in the folder that nobody can read, without our settings.
as_nobody() { setpriv --reuid=65534 --regid=65534 --clear-groups env -i PATH="$PATH" HOME="$dir/home" TMPDIR="$dir/home" "$@"; }

# packages PATTERN...: those with tests.
packages() { "$go" list -f '{{if or .TestGoFiles .XTestGoFiles}}{{.ImportPath}}{{end}}' "$@" | sed 's,^hopwire/,,'; }

# emulate EMULATOR GOARCH=... ...: two packages at a time.
emulate() {
	qemu=$1
	shift
	rm -rf "${dir:?}/home"
	mkdir -p "$dir/home"
	env CGO_ENABLED=0 GOOS=linux "$@" "$go" build -o "$dir/hopwire" ./cmd/hopwire || failed="$failed $qemu:hopwire"
	for p in $(packages ./link/... ./hop/... ./route/...); do
		mkdir -p "$dir/$p"
		cp -r "$p"/testdata "$p"/*.md "$dir/$p/" 2>/dev/null
		env CGO_ENABLED=0 GOOS=linux "$@" "$go" test -c -o "$dir/$p/tests" "./$p" || failed="$failed $qemu:$p"
	done
	chmod -R a+rX "$dir"
	chmod 777 "$dir/home"
	several "$qemu" $(packages ./hop/...) & # as long as the others together
	hop=$!
	several "$qemu" $(packages ./link/... ./route/...) || failed="$failed $qemu:link,route"
	wait $hop || failed="$failed $qemu:hop"
	commands "$qemu" || failed="$failed $qemu:commands"
}

# several EMULATOR PACKAGE...
several() {
	on=$1 bad=0
	shift
	for p; do tests "$on" "$p" || bad=1; done
	return $bad
}

# tests EMULATOR PACKAGE
tests() {
	begun=$(date +%s)
	out=$dir/$2/out
	(cd "$dir/$2" && as_nobody "$1" ./tests -test.short -test.timeout 300s -test.v) >"$out" 2>&1
	status=$?
	echo "$1 $2: $(grep -c '^--- PASS' "$out") passed, $(grep -c '^--- FAIL' "$out") failed, $(grep -c '^--- SKIP' "$out") skipped, $(($(date +%s) - begun)) s"
	[ $status = 0 ] || grep -v '^=== \|^ *--- PASS\|^ *--- SKIP' "$out" | tail -n 40
	return $status
}

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
