#!/bin/bash
# make bench: hopwire end to end over three and five nodes in line, beside plain
# kernel forwarding over cables of the same kind, and the floor: what the relay's
# system calls cost alone. One JSON line a figure; scripts/bench/chain.sh holds the
# configuration. 'make bench-peers' has the others.
set -u
cd "$(dirname "$0")/../.." || exit 1
hopwire=$PWD/bin/hopwire
# shellcheck source=scripts/lab.sh
. scripts/lab.sh
# shellcheck source=scripts/bench/chain.sh
. scripts/bench/chain.sh
# shellcheck source=/dev/null
for p in hopwire kernel floor; do . "scripts/bench/peers/$p.sh"; done
[ "$(id -u)" = 0 ] || die "make bench needs root, for network namespaces"
need ip:iproute2 ethtool taskset:util-linux awk:mawk
export LOAD_RECORD=$lab_dir/figures
for long in 3 5; do
	chain $long
	kernel_up $long
	hopwire_up $long
done
generator_limit 3
for long in 3 5; do
	relay=$(pid_of "$(middle $long)")
	measured kernel $long kernel_at 0
	steered $long
	measured hopwire $long hopwire_at "$relay"
	gen ${long}a rss -what hopwire -nodes $long -relay "$relay"
done
floor_run
echo
"$load" table <"$LOAD_RECORD" | grep -v '^{'
