#!/bin/bash
# What a stranger without any key can do to others from a cable, with real daemons:
#
#   a ---- sw ---- r ---- b      sw hands every frame to all its ports, so that s hears
#          |       |\            what a and r say, and its frames arrive whatever source
#          `-- s --' `~~ u       they state; u is linked to r by UDP alone
#
# Each kind prints a line 'attack: | NAME | ...' for attack.sh, with what a's pings had
# before, during and 2 s after it, and 'ok - NAME' or 'not ok - NAME'. LOST_MOST (per
# cent), LATER_MOST (ms, the 99th percentile) and GROWS_MOST (kB) are the bounds, and
# QUIET_MOST (ms) that of the machine.
set -u
cd "$(dirname "$0")/../.." || exit 1
hopwire=$PWD/bin/hopwire
# shellcheck source=scripts/lab.sh
. scripts/lab.sh
# shellcheck source=scripts/test/tap.sh
. scripts/test/tap.sh
[ "$(id -u)" = 0 ] || die "needs root, for network namespaces"
need ip:iproute2 ethtool ping:iputils-ping chrt:util-linux
# What else runs on this machine is no part of it: those that are measured go before it,
# and before the stranger, so it takes from them only what its frames cost.
lab_pin="chrt -r 1"
$lab_pin true 2>/dev/null || lab_pin="" # forbidden here
lost_most=${LOST_MOST:-1} later_most=${LATER_MOST:-5} grows_most=${GROWS_MOST:-2048} quiet_most=${QUIET_MOST:-20}
evil=$lab_dir/evil
CGO_ENABLED=0 ${GO:-go} build -o "$evil" ./scripts/test/evil || die "build failed"

host a r b s u sw
in_ns sw ip link add br0 type bridge ageing_time 0
plain sw br0
for n in a r s; do
	cable $n sw
	in_ns sw ip link set to-$n master br0
done
cable s r
cable r b
cable r u
in_ns r ip addr add 192.0.2.1/24 dev to-s
in_ns s ip addr add 192.0.2.2/24 dev to-r
in_ns r ip addr add 198.51.100.1/24 dev to-u
in_ns u ip addr add 198.51.100.2/24 dev to-r

# hostile INTERFACE WHAT RATE TO: one process more of the attack at hand.
hostile() {
	ip netns exec "$lab_id-s" "$evil" -interface "$1" -what "$2" -rate "$3" -to "$4" -file "$lab_dir/heard" -duration 20s \
		>"$lab_dir/sent.${#hostiles[@]}" &
	hostiles+=($!) rates=$((rates + $3))
	lab_pids="$lab_pids $!"
}
# disarm: end them; what they sent is in $sent, what of it was for r in $meant.
disarm() {
	kill "${hostiles[@]}"
	wait "${hostiles[@]}"
	read -r sent meant < <(cat "$lab_dir"/sent.* | awk '{s += $1; m += $2} END {print s + 0, m + 0}')
	rm -f "$lab_dir"/sent.*
	hostiles=()
}
hostiles=()
mac() { in_ns r cat "/sys/class/net/$1/address"; }

replay() { hostile to-sw replay 5000 "$(mac to-sw)"; }
long() {
	hostile to-r long 10000 "$(mac to-s)"
	hostile to-sw long 10000 "$(mac to-sw)"
}
short() {
	hostile to-r short 10000 "$(mac to-s)"
	hostile to-sw short 10000 "$(mac to-sw)"
}
udp() { hostile to-r udp 5000 192.0.2.1:7000; }

# pings TO COUNT: 50 a second; how many were lost, and the 99th percentile in µs.
pings() {
	# shellcheck disable=SC2086
	in_ns a timeout 10 $lab_pin ping -n -i 0.02 -c "$2" -W 1 "$1" | sed -n '/DUP/d; s/.*time=\([0-9.]*\).*/\1/p' | sort -n |
		awk -v n="$2" '{t[NR] = $1 * 1000} END {print n - NR, NR ? int(t[int(NR * 0.99 + 0.5)]) : 999999}'
}
# shown COUNT LOST P99
shown() { awk -v n="$1" -v l="$2" -v p="$3" 'BEGIN {printf "%.1f %% lost, %.1f ms", 100 * l / n, p / 1000}'; }

# holds WHAT FOUND CONDITION...: of the kind at hand.
holds() {
	title="$kind: $1" found=$2
	shift 2
	if "$@"; then ok "$title"; else not_ok "$title" "$found"; fi
}
# fine WHEN COUNT LOST P99: no worse than before, but for the bounds.
fine() {
	holds "$1 at most $lost_most % lost" "$(shown "$2" "$3" "$4")" [ $((100 * $3)) -le $((lost_most * $2)) ]
	holds "$1 at most $later_most ms later" "$(shown "$2" "$3" "$4")" [ "$4" -le $((before_p99 + 1000 * later_most)) ]
}
downs() { cat "$lab_dir"/*/log | grep -c 'link down'; }
none_down() { holds "no link went down $1" "$(($(downs) - downs)) did" [ "$(downs)" = "$downs" ]; }
memory() { resident r | cut -d ' ' -f 1; }
# dropped: each frame counts once; one that 'replayed' has is among these too.
dropped() { with r "$hopwire" metrics | awk '/^hopwire_link_(bad_length|unknown|beacons_bad|no_room|first_bad_filter|first_seen|first_limited)_total / {n += $2} END {print n + 0}'; }

# anew NODE: it is restarted, and has a link within 2 s.
ups() { grep -c 'link up' "$lab_dir/$1/log"; }
more_ups() { [ "$(ups "$1")" -gt "$2" ]; }
anew() {
	kill "$(pid_of "$1")"
	wait_for 5 gone "$(pid_of "$1")"
	was=$(ups "$1")
	started=${EPOCHREALTIME/[.,]/}
	start "$1"
	holds "$1, restarted during it, links within 2 s" "not yet" wait_for 2 more_ups "$1" "$was"
	echo "$1 linked in $(((${EPOCHREALTIME/[.,]/} - started) / 1000)) ms"
}

# before TO: what a's pings have while nobody does anything. All kinds are held to it, so
# it has to be good.
before() {
	read -r before_lost before_p99 < <(pings "$1" 150)
	kind="before any"
	holds "at most $lost_most % lost, $quiet_most ms" "$(shown 150 "$before_lost" "$before_p99")" \
		[ $((100 * before_lost <= 150 * lost_most && before_p99 <= 1000 * quiet_most)) = 1 ]
}

# attack KIND TO FUNCTION: a pings TO while the stranger does it.
attack() {
	kind="stranger: $1" to=$2 rates=0
	downs=$(downs) dropped=$(dropped) memory=$(memory) begun=${EPOCHREALTIME/[.,]/}
	"$3"
	sleep 0.3 # until it is there
	read -r lost p99 < <(pings "$to" 200)
	grown=$(memory)
	none_down "during it"
	[ "$3" = udp ] || for n in a b; do anew $n; done
	downs=$(downs) due=$((rates * (${EPOCHREALTIME/[.,]/} - begun) / 1000000))
	disarm
	sleep 2
	arrived=$(($(dropped) - dropped))
	read -r after_lost after_p99 < <(pings "$to" 150)
	echo "attack: | $kind | $(shown 150 "$before_lost" "$before_p99") | $(shown 200 "$lost" "$p99") | $(shown 150 "$after_lost" "$after_p99") | $memory → $grown kB |"
	fine "during it" 200 "$lost" "$p99"
	fine "2 s after it" 150 "$after_lost" "$after_p99"
	none_down "after it"
	holds "r grows by at most $grows_most kB" "$memory to $grown kB" [ $((grown - memory)) -le "$grows_most" ]
	arrives="$due due, $sent sent, $meant of them for r, $arrived dropped there"
	echo "$arrives"
	holds "half of it is sent" "$arrives" [ $((2 * sent)) -ge $due ]
	holds "half of that arrives" "$arrives" [ $((2 * arrived)) -ge "$meant" ]
}

ip netns exec "$lab_id-s" "$evil" -interface to-sw -what record -file "$lab_dir/heard" -duration 20s &
recorder=$!
lab_pids="$lab_pids $recorder"
for n in a r b u; do with $n "$hopwire" init >/dev/null; done
to_b=$(ip_of b) to_u=$(ip_of u)
HOPWIRE_UDP_LISTEN=:7000 start r
for n in a b; do start $n; done
HOPWIRE_INTERFACES=none HOPWIRE_NEIGHBOURS=$(address r)@198.51.100.1:7000 start u
wait_for 5 reaches a b || die "no ping before any attack"
wait_for 5 reaches a u || die "no ping over UDP before any attack"
before "$to_b"
kill $recorder
wait $recorder

attack "recorded frames again, 5,000/s" "$to_b" replay # first: of links that stand
attack "10,000 long frames/s on each of two cables" "$to_b" long
attack "10,000 short broadcasts/s on each of two cables" "$to_b" short
before "$to_u"
attack "5,000 datagrams/s to the UDP port" "$to_u" udp

[ $failures = 0 ]
