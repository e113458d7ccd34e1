#!/bin/bash
# make mips: what depends on the byte order and on assembly, tested on big- and
# little-endian MIPS under emulation, in whatever package it is. The emulated
# processor is of release 2.
set -eu
cd "$(dirname "$0")/../.."
# shellcheck source=scripts/need.sh
. scripts/need.sh
need qemu-mips:qemu-user
dir=$(mktemp -d "${TMPDIR:-/tmp}/hopwire-mips.XXXXXX")
trap 'rm -rf "$dir"' EXIT
formats='^Test(Frame|Header|Control|Address|NoAllocs|Setup|Forward|Backward|Layer|Cells|[A-Za-z]*Vector)'
export CGO_ENABLED=0 GOOS=linux GOMIPS=softfloat
for GOARCH in mips mipsle; do
	export GOARCH
	for package in $(go list -f '{{if or .TestGoFiles .XTestGoFiles}}{{.ImportPath}}{{end}}' ./link/... ./hop/... ./route/...); do
		package=${package#hopwire/}
		case $package in
		link/aead) tests=. ;;
		link/nic) continue ;; # the kernel's own interfaces, which the emulator garbles
		*) tests=$formats ;;
		esac
		grep -qhE "^func ${tests#^}" "$package"/*_test.go || continue
		go test -c -o "$dir/tests" "./$package"
		begun=$SECONDS
		(cd "$package" && "qemu-${GOARCH/%le/el}" "$dir/tests" -test.short -test.v -test.run "$tests") >"$dir/out" 2>&1 ||
			{ grep -v '^=== \|^ *--- PASS' "$dir/out" | tail -n 40 && echo "mips: FAILED: $GOARCH $package" && exit 1; }
		echo "$GOARCH $package: $(grep -c '^--- PASS' "$dir/out") passed, $((SECONDS - begun)) s"
	done
done
echo "mips: ok"
