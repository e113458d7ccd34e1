#!/bin/bash
# make bench-peers: hopwire, plain kernel forwarding, wireguard-go and a private Tor
# network in one sitting, in turn, round after round. One JSON line a figure, then
# the medians over the rounds side by side with the ratios of hopwire to each, then
# these ratios as JSON. ROUNDS=3 takes about eight minutes; after LIMIT seconds no
# further round begins.
set -u
cd "$(dirname "$0")/../.." || exit 1
hopwire=$PWD/bin/hopwire
# shellcheck source=scripts/lab.sh
. scripts/lab.sh
# shellcheck source=scripts/bench/chain.sh
. scripts/bench/chain.sh
# shellcheck source=/dev/null
for p in hopwire kernel wireguard tor floor; do . "scripts/bench/peers/$p.sh"; done
[ "$(id -u)" = 0 ] || die "make bench-peers needs root, for network namespaces"
need ip:iproute2 ethtool taskset:util-linux awk:mawk tor-gencert:tor
export LOAD_RECORD=$lab_dir/figures
rounds=${ROUNDS:-3}
last=$(($(date +%s) + ${LIMIT:-430}))

wireguard_get
for long in 3 5; do chain $long; done
tor_begin 5
for long in 3 5; do
	kernel_up $long
	hopwire_up $long
	wireguard_up $long
done
tor=""
tor_wait 5 && tor=yes
generator_limit 3

# round: each peer in turn; packets/s are searched for on three nodes only.
round() {
	local long udp_sizes
	for long in 3 5; do
		[ $long = 3 ] && udp_sizes="64 1200" || udp_sizes=""
		measured kernel $long kernel_at 0
		steered $long
		measured hopwire $long hopwire_at "$(pid_of "$(middle $long)")"
		measured wireguard-go $long wireguard_at "$(wireguard_pid "$(middle $long)")"
	done
	[ -z "$tor" ] || tor_measured 5
}
for r in $(seq "$rounds"); do
	[ "$(date +%s)" -lt "$last" ] || { echo "no time for round $r of $rounds" >&2; break; }
	round
done
for long in 3 5; do
	gen ${long}a rss -what hopwire -nodes $long -relay "$(pid_of "$(middle $long)")"
	gen ${long}a rss -what wireguard-go -nodes $long -relay "$(wireguard_pid "$(middle $long)")"
done
[ -z "$tor" ] || gen 5a rss -what tor -nodes 5 -relay "$(tor_pid 5r2)"
echo
"$load" table <"$LOAD_RECORD"
