#!/bin/bash
# make insns: instructions per frame and step on big- and little-endian MIPS, counted
# under emulation: with x/crypto alone ('before'), and with ours on release 1 and 2
# of MIPS32. Fails when relaying a long frame outgrows its budget on either.
set -eu
cd "$(dirname "$0")/../../.."
most1=${1:-95000} most2=${2:-67200} # release 1 and 2
# shellcheck source=scripts/need.sh
. scripts/need.sh
need gcc /usr/include/stdio.h:libc6-dev qemu-mips:qemu-user
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
gcc -O2 -shared -fPIC -o "$dir/insncount.so" scripts/bench/insns/insncount.c
# What the emulated programs see of /proc: the emulator itself tells them the host's.
for r in 1 2; do
	mkdir -p "$dir/release$r/proc"
	echo "isa : $([ $r = 1 ] && echo mips1 mips32r1 || echo mips1 mips2 mips32r1 mips32r2)" >"$dir/release$r/proc/cpuinfo"
done

# rounds N ARCH BUILD RELEASE PACKAGE STEP: instructions of the first thread, which
# does all of the step; the least of three, for what the runtime adds varies.
rounds() {
	local cpu=24Kc
	[ "$4" = 2 ] || cpu=4Kc
	for _ in 1 2 3; do
		INSNS="$6 $1" GOMAXPROCS=1 GOGC=off GODEBUG=asyncpreemptoff=1 "qemu-${2/%le/el}" -cpu $cpu -L "$dir/release$4" \
			-plugin "$dir/insncount.so" -d plugin "$dir/$2-$3-$5" 2>&1 | awk '/^insns thread 0:/ {print $4}'
	done | sort -n | head -n 1
}

# count ARCH BUILD RELEASE PACKAGE STEP: instructions of one round.
count() { echo $((($(rounds 900 "$@") - $(rounds 100 "$@")) / 800)); }

# Each step: the package whose TestInstructions does it, its name there, and in words.
steps="link open/long   unmask and open, long
link open/short  unmask and open, short
link window      window
hop/onion hash/long   NH and SipHash, long
hop/onion hash/short  NH and SipHash, short
hop/onion layer/long  layer, long
hop/onion layer/short layer, short
link seal/long   seal, long
link seal/short  seal, short
hop  relay/long  whole relay, long
hop  relay/short whole relay, short"

over=0
for arch in mips mipsle; do
	for package in $(cut -d ' ' -f 1 <<<"$steps" | sort -u); do
		GOOS=linux GOARCH=$arch GOMIPS=softfloat go test -c -tags xcrypto -o "$dir/$arch-before-${package//\//-}" "./$package"
		GOOS=linux GOARCH=$arch GOMIPS=softfloat go test -c -o "$dir/$arch-after-${package//\//-}" "./$package"
	done
	printf '%-7s %-24s %9s %9s %9s\n' $arch "instructions" before "release 1" "release 2"
	while read -r package step what; do
		package=${package//\//-}
		before=$(count $arch before 2 "$package" "$step")
		r1=$(count $arch after 1 "$package" "$step")
		r2=$(count $arch after 2 "$package" "$step")
		printf '%-7s %-24s %9d %9d %9d\n' $arch "$what" "$before" "$r1" "$r2"
		[ "$step" != relay/long ] || { [ "$r1" -le "$most1" ] && [ "$r2" -le "$most2" ]; } || over=1
	done <<<"$steps"
done
[ $over = 0 ] || { echo "insns: FAILED: a long frame costs more than $most1 on release 1, or than $most2 on release 2"; exit 1; }
echo "insns: ok"
