#!/bin/bash
# make mips: what depends on the byte order and on assembly, tested on big- and
# little-endian MIPS under emulation. The emulated processor is of release 2.
set -eu
cd "$(dirname "$0")/../.."
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
for arch in mips mipsle; do
	qemu=qemu-${arch/%le/el}
	command -v "$qemu" >/dev/null || { echo "mips: error: no $qemu"; echo "hint: apt-get install qemu-user"; exit 1; }
	while read -r package tests; do
		name=$(basename "$package")
		GOOS=linux GOARCH=$arch GOMIPS=softfloat go test -c -o "$dir/$name" "./$package"
		echo "== $arch $package $tests"
		(cd "$package" && "$qemu" "$dir/$name" -test.run "$tests")
	done <<-END
		link/aead .
		link ^Test(Frame|Header|Control|NoAllocs)
		link/identity ^TestAddress
		link/handshake ^Test(HandshakeVectors|NoAllocs)
		hop ^Test(SetupGoesFirst|CellsGainNothing)
		hop/onion ^Test(Setup|Forward|Backward|Layer|Cells)
	END
done
echo "mips: ok"
