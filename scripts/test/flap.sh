#!/bin/bash
# What is new must count at once, with real daemons:
#
#   a ---- r ---- b        first: three routers that start together
#    \---- s ----/         then: a second way, beside a cable that flaps
#
# FIRST_PING (ms, median of five starts) and FLAP_LOST (of 200 pings in ten seconds) are
# the bounds. Each line is 'ok - NAME' or 'not ok - NAME'.
set -u
cd "$(dirname "$0")/../.." || exit 1
hopwire=$PWD/bin/hopwire
# shellcheck source=scripts/lab.sh
. scripts/lab.sh
# shellcheck source=scripts/test/tap.sh
. scripts/test/tap.sh
[ "$(id -u)" = 0 ] || die "needs root, for network namespaces"
need ip:iproute2 ethtool ping:iputils-ping
first_most=${FIRST_PING:-250} lost_most=${FLAP_LOST:-20}

host a r b s
cable a r
cable r b
for n in a r b s; do with $n "$hopwire" init >/dev/null; done
to_b=$(ip_of b)

# first: ms from the start of three daemons to the first answer at a.
first() {
	begun=$(date +%s%N)
	for n in a r b; do start $n; done
	at=""
	until [ -n "$at" ] || [ "$(date +%s%N)" -gt $((begun + 10000000000)) ]; do # no device, no ping
		at=$(in_ns a ping -n -D -i 0.01 -w 10 "$to_b" 2>/dev/null | grep -m 1 'bytes from' | grep -oE '[0-9]+\.[0-9]{6}' | head -n 1)
	done
	[ -n "$at" ] || { echo 10000 && return; }
	echo $(((${at/./} - begun / 1000) / 1000))
}
end() {
	for n in "$@"; do
		kill "$(pid_of $n)"
		wait_for 2 gone "$(pid_of $n)"
	done
}

times=""
for _ in 1 2 3 4 5; do
	first >"$lab_dir/ms" # not in a subshell: the daemons are to be killed at the end
	times="$times $(cat "$lab_dir/ms")"
	end a r b
done
# shellcheck disable=SC2086
median=$(printf '%s\n' $times | sort -n | sed -n 3p)
echo "first pings after$times ms"
[ "$median" -le "$first_most" ] && ok "first ping over one relay within $first_most ms of the start of all" || not_ok "first ping over one relay within $first_most ms of the start of all" "median $median ms"

# A cable that flaps eight times is up for three seconds when the other way leaves.
cable a s
cable s b
for n in a r b s; do start $n; done
wait_for 10 reaches a b || die "no ping before the cable flaps"
for _ in 1 2 3 4 5 6 7 8; do
	in_ns r ip link set to-b down
	sleep 0.4
	in_ns r ip link set to-b up
	sleep 0.8
done
sleep 2.2 # and 0.8
in_ns s ip link set to-b down
in_ns a ping -n -q -c 200 -i 0.05 -W 1 "$to_b" >"$lab_dir/ping"
lost=$((200 - $(sed -nE 's/.* ([0-9]+) received.*/\1/p' "$lab_dir/ping")))
echo "$lost of 200 pings lost after the other way had left"
[ "$lost" -le "$lost_most" ] && ok "a cable that has flapped takes over: at most $lost_most of 200 pings lost" || not_ok "a cable that has flapped takes over: at most $lost_most of 200 pings lost" "$lost lost"

[ $failures = 0 ]
