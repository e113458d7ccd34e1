#!/bin/bash
# make size: what the binaries weigh, how much code there is, what is linked in.
# Fails when the one for small routers outgrows its flash.
set -eu
cd "$(dirname "$0")/../.."
# shellcheck source=scripts/need.sh
. scripts/need.sh
need xz:xz-utils
most=4660000 # bytes, on mipsle
printf '%-32s %10s %10s\n' target bytes xz
for t; do
	for p in hopwire hopwire-route; do # the second only for servers
		[ ! -e "bin/$t/$p" ] || printf '%-32s %10d %10d\n' "$t/$p" "$(stat -c %s "bin/$t/$p")" "$(xz -6 -c "bin/$t/$p" | wc -c)"
	done
done
echo
printf '%-28s %8s %8s\n' package code tests
for d in $(find cmd link hop route pay scripts -name '*.go' -printf '%h\n' | sort -u); do
	printf '%-28s %8d %8d\n' "$d" \
		"$(find "$d" -maxdepth 1 -name '*.go' ! -name '*_test.go' -exec cat {} + | wc -l)" \
		"$(find "$d" -maxdepth 1 -name '*_test.go' -exec cat {} + | wc -l)"
done
echo
go version -m bin/mipsle-softfloat/hopwire | awk '$1 == "dep" {print $2, $3}'
size=$(stat -c %s bin/mipsle-softfloat/hopwire)
[ "$size" -le "$most" ] || { echo "size: FAILED: mipsle is $size bytes, more than $most"; exit 1; }
