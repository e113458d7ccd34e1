#!/bin/bash
# For how long does a failure stop traffic, with real daemons?
#
#   a ---- r ---- b
#    \---- s ----/
#
# A ping every 10 ms runs over the one relay in use when its cable loses its carrier,
# falls silent without that (nftables drops all that comes in), or the relay stands still.
# CARRIER_MS and SILENT_MS are the bounds of the longest time without an answer: twice what
# an idle machine takes. Each line
# is 'ok - NAME' or 'not ok - NAME'.
set -u
cd "$(dirname "$0")/../.." || exit 1
hopwire=$PWD/bin/hopwire
# shellcheck source=scripts/lab.sh
. scripts/lab.sh
# shellcheck source=scripts/test/tap.sh
. scripts/test/tap.sh
[ "$(id -u)" = 0 ] || die "needs root, for network namespaces"
need ip:iproute2 ethtool ping:iputils-ping nft:nftables
carrier_most=${CARRIER_MS:-200} silent_most=${SILENT_MS:-1000}

# whole: both ways are there.
whole() { reaches a b && [ "$(with a "$hopwire" peers | wc -l)$(with b "$hopwire" peers | wc -l)" = 33 ]; }

host a r b s
cable a r
cable r b
cable a s
cable s b
for n in a r b s; do start $n; done
wait_for 10 whole || die "no ping before anything fails"
to_b=$(ip_of b)

# relay: the one that a's circuit to b leads over.
relay() {
	for n in r s; do
		with a "$hopwire" trace "$(address b)" | grep -q "$(address $n)" && echo $n && return
	done
}

# longest: ms between two answers of the pings, or from the last to the end.
longest() {
	grep 'bytes from' "$lab_dir/pings" | sed -E 's/^\[([0-9.]+)\].*/\1/' |
		awk 'NR > 1 && $1 - last > most {most = $1 - last} {last = $1} END {print NR < 100 ? 10000 : int(1000 * most)}'
}

# breaks NAME BOUND FAIL MEND: what FAIL does to the relay in use stops traffic for at most BOUND ms.
breaks() {
	relay=$(relay)
	[ -n "$relay" ] || { not_ok "$1" "no relay in use" && return; }
	in_ns a ping -n -D -i 0.01 -w 4 "$to_b" >"$lab_dir/pings" 2>/dev/null &
	pings=$!
	lab_pids="$lab_pids $pings"
	sleep 1
	"$3" "$relay"
	wait $pings
	"$4" "$relay"
	gap=$(longest)
	echo "$1: no answer for $gap ms"
	[ "$gap" -le "$2" ] && ok "$1: at most $2 ms" || not_ok "$1: at most $2 ms" "$gap ms"
	wait_for 10 whole || not_ok "$1: heals" "no answer, or a link is missing"
	sleep 3 # the other way is open again
}

unplug() { in_ns "$1" ip link set to-b down; }
plug() { in_ns "$1" ip link set to-b up; }

# drop NAME INTERFACE: nothing that comes in is heard, and no end sees why.
drop() { in_ns "$1" nft "add table netdev cut; add chain netdev cut c { type filter hook ingress device $2 priority 0; policy drop; }"; }
silence() { drop "$1" to-b && drop b "to-$1"; }
speak() { for n in "$1" b; do in_ns "$n" nft delete table netdev cut; done; }
freeze() { kill -STOP "$(pid_of "$1")"; }
thaw() { kill -CONT "$(pid_of "$1")"; }

for again in "" ", the other relay or again"; do
	breaks "carrier lost$again" "$carrier_most" unplug plug
	breaks "cut without carrier$again" "$silent_most" silence speak
	breaks "relay stands still$again" "$silent_most" freeze thaw
done

[ $failures = 0 ]
