#!/bin/bash
# make memory: the stripped relay as a process of its own, for which scripts/memload
# plays 32 neighbours, 512 nodes, and 2,048 and 4,096 circuits under load, over UDP on
# loopback in a network namespace. One line of JSON each; fails above 12 and 14 MB.
# FOR=60s and LINKS=8 (of each node, 56 at most) can be set, and HOPWIRE to a binary.
set -u
cd "$(dirname "$0")/.." || exit 1
hopwire=${HOPWIRE:-$PWD/bin/hopwire}
# shellcheck source=scripts/lab.sh
. scripts/lab.sh
[ "$(id -u)" = 0 ] || die "make memory needs root, for a network namespace"
need ip iproute2
host relay

# measure MB CIRCUITS: one relay with that budget.
measure() {
	lab_pin=
	HOPWIRE_MEMORY=$1 HOPWIRE_UDP_LISTEN=127.0.0.1:7000 HOPWIRE_LOG=error start relay
	wait_for 10 with relay "$hopwire" status || die "the relay did not start: $(tail -n 3 "$lab_dir/relay/log")"
	in_ns relay timeout 400 bin/memload -relay "$(address relay)@127.0.0.1:7000" -key "$(key)" -pid "$pid" \
		-most "$1" -circuits "$2" -for "${FOR:-60s}" -links "${LINKS:-8}"
	status=$?
	[ -z "${STATUS:-}" ] || with relay "$hopwire" status
	[ -z "${SMAPS:-}" ] || cp "/proc/$pid/smaps" "$SMAPS"
	kill "$pid"
	wait "$pid" 2>/dev/null
	return $status
}

failed=
for budget in ${BUDGETS:-12:2048 14:4096}; do
	measure "${budget%:*}" "${budget#*:}" || failed="$failed $budget"
done
[ -z "$failed" ] || die "FAILED:$failed"
