#!/bin/bash
# make memory: the stripped relay as a process of its own. memload (beside this file)
# plays 32 neighbours, 512 nodes, and 2,048 and 4,096 circuits under load for it, over
# UDP on loopback in a network namespace: the program for this machine, and that for
# mipsle under qemu-user, of whose memory only what the program has is counted. One
# line of JSON each; fails above 12 and 14 MiB. FOR=60s, LINKS=8 (of each node, 56 at
# most), ON="native mipsle" and BUDGETS="12:2048 14:4096" can be set.
set -u
cd "$(dirname "$0")/../../.." || exit 1
# shellcheck source=scripts/lab.sh
. scripts/lab.sh
[ "$(id -u)" = 0 ] || die "make memory needs root, for a network namespace"
need ip:iproute2 qemu-mipsel:qemu-user
host relay
# An emulator has no TUN; without one here too, the figures compare. A TUN adds 72 kB.
export HOPWIRE_TUN=none HOPWIRE_DNS=none HOPWIRE_UDP_LISTEN=127.0.0.1:7000 HOPWIRE_LOG=error
base=0x100000000 # where the emulated program's addresses begin
native=${HOPWIRE:-$PWD/bin/hopwire}
hopwire=$native
with relay "$hopwire" init >/dev/null || die "no identity"

# measure native|mipsle MB CIRCUITS: one relay with that budget.
measure() {
	hopwire=$native lab_pin='' guest=0 rate=4000 within=2m what=$(go env GOARCH)
	if [ "$1" = mipsle ]; then
		hopwire=$PWD/bin/mipsle-softfloat/hopwire lab_pin="qemu-mipsel -cpu 24Kc -B $base" guest=$base rate=400 within=15m what=mipsle
	fi
	rm -f "$lab_dir/relay/log"
	HOPWIRE_MEMORY=$2 start relay
	hopwire=$native
	wait_for 20 with relay "$hopwire" status || die "the relay did not start: $(tail -n 3 "$lab_dir/relay/log")"
	in_ns relay timeout 1200 bin/memload -what "$what" -relay "$(address relay)@127.0.0.1:7000" -key "$(key)" -pid "$pid" -guest $guest \
		-most "$2" -circuits "$3" -for "${FOR:-60s}" -links "${LINKS:-8}" -rate $rate -limit $within -at-once $((rate / 12))
	status=$?
	kill "$pid"
	wait "$pid" 2>/dev/null
	return $status
}

failed=
for on in ${ON:-native mipsle}; do
	for budget in ${BUDGETS:-12:2048 14:4096}; do
		measure "$on" "${budget%:*}" "${budget#*:}" || failed="$failed $on:$budget"
	done
done
[ -z "$failed" ] || die "FAILED:$failed"
