#!/bin/bash
# Route servers, with real daemons: a line of ten, of which each knows six, and a server
# near the middle.
#
#   n0 -- n1 -- n2 -- n3 -- n4 -- n5 -- n6 -- n7 -- n8 -- n9
#                                  |
#                                 rs
#
# Each line is 'ok - NAME' or 'not ok - NAME'.
set -u
cd "$(dirname "$0")/../.." || exit 1
hopwire=$PWD/bin/hopwire
server=$PWD/bin/hopwire-route
# shellcheck source=scripts/lab.sh
. scripts/lab.sh
# shellcheck source=scripts/test/tap.sh
. scripts/test/tap.sh
[ "$(id -u)" = 0 ] || die "needs root, for network namespaces"
need ip:iproute2 ethtool ping:iputils-ping python3
export HOPWIRE_VICINITY=6

# serve NAME: run the route server there.
route() {
	n=$1
	shift
	in_ns "$n" env -u HOPWIRE_VICINITY HOPWIRE_ROUTE_STATE="$lab_dir/$n/route" HOPWIRE_ROUTE_NETWORK_KEY_FILE="$(key)" HOPWIRE_ROUTE_INTERFACES='to-*' HOPWIRE_ROUTE_MEMORY=64 "$server" "$@"
}
serve() {
	[ -f "$lab_dir/$1/route/identity" ] || route "$1" init >/dev/null || die "init failed on $1"
	ip netns exec "$lab_id-$1" env -u HOPWIRE_VICINITY HOPWIRE_ROUTE_STATE="$lab_dir/$1/route" HOPWIRE_ROUTE_NETWORK_KEY_FILE="$(key)" HOPWIRE_ROUTE_INTERFACES='to-*' HOPWIRE_ROUTE_MEMORY=64 \
		"$server" run >>"$lab_dir/$1/log" 2>&1 &
	pid=$!
	echo "$pid" >"$lab_dir/$1/pid"
	lab_pids="$lab_pids $pid"
}
relays() { route rs map | tail -n +2 | wc -l; }
knows() { [ "$(relays)" -ge "$1" ]; }

nodes="n0 n1 n2 n3 n4 n5 n6 n7 n8 n9"
host $nodes rs
for i in 0 1 2 3 4 5 6 7 8; do cable n$i n$((i + 1)); done
cable n5 rs
for n in $nodes; do start $n; done
serve rs
is "the server has the whole map within 30 s" wait_for 30 knows 11
is "a node has a way to it without asking" wait_for 20 sh -c "HOPWIRE_STATE=$lab_dir/n0 $hopwire servers | grep -q $(route rs address)"
is "a node beyond the horizon is reached" wait_for 20 reaches n0 n9
for n in $nodes; do with $n "$hopwire" routes | tail -n +2 | wc -l; done | tr '\n' ' '
echo "relays known to each"
tail -n 3 "$lab_dir/rs/log"
with n0 "$hopwire" metrics | grep -i ask
[ $failures = 0 ]
