#!/bin/bash
# make profile: where a relay's time goes, by perf, under one TCP stream (long frames)
# and under a steady stream of 64-byte datagrams, beside 'load floor' in its place
# under the same load: the system calls alone. Cycles are sampled where the machine
# has counters, else cpu-clock, whose timer waits while interrupts are off: such
# time then shows under the function that enables them again (pvm_irq_enable and its
# like), and only the shares of whole calls can be believed.
# RATE=20000 packets/s, FOR=4 seconds and TOP=30 functions can be set.
set -u
cd "$(dirname "$0")/../.." || exit 1
hopwire=$PWD/bin/hopwire
# shellcheck source=scripts/lab.sh
. scripts/lab.sh
# shellcheck source=scripts/bench/chain.sh
. scripts/bench/chain.sh
# shellcheck source=/dev/null
for p in hopwire kernel floor; do . "scripts/bench/peers/$p.sh"; done
[ "$(id -u)" = 0 ] || die "make profile needs root, for network namespaces"
need ip:iproute2 ethtool perf:linux-perf
for_s=${FOR:-4}
rate=${RATE:-20000}

event=cpu-clock
perf stat -e cycles true 2>&1 | grep -q 'not supported' || event=cycles

# watch NAME PID WHAT FIGURE: perf and the frame counts of a process under load.
watch() {
	local data=$lab_dir/$1-$4.perf
	perf record -q -e $event -F 4999 -g -o "$data" -p "$2" -- sleep "$for_s" 2>"$lab_dir/perf.log" &
	local recorder=$!
	"$load" frames -what "$3" -nodes 3 -relay "$2" -figure "$4" -for "${for_s}s"
	wait $recorder || die "perf record: $(tail -n 1 "$lab_dir/perf.log")"
}

# report NAME FIGURE: by kernel and user, by system call, by function.
report() {
	local data=$lab_dir/$1-$2.perf
	printf '\n== %s, %s: kernel and user\n' "$1" "$2"
	perf report -i "$data" --stdio --no-children -g none --sort dso 2>/dev/null | grep -E '^ +[0-9]' | head -n 6
	printf -- '-- inside these, with all they call\n'
	perf report -i "$data" --stdio --children -g none --sort sym 2>/dev/null |
		grep -E 'recvmmsg|sendmmsg|epoll|futex|nanosleep|sched_yield|veth_xmit|do_softirq|packet_rcv|hopwire/[a-z]+\.' | grep -E '^ +[0-9]' | head -n 24
	printf -- '-- functions themselves\n'
	perf report -i "$data" --stdio --no-children -g none --sort sym 2>/dev/null | grep -E '^ +[0-9]' | head -n "${TOP:-30}"
}

# loaded FROM TO-ADDRESS SINK PID WHAT: watch a process while the stream runs, then
# while the datagrams do.
loaded() {
	local a=$1 b=$2 sink=$3 pid=$4 what=$5 sender
	LOAD_RECORD="" gen "$a" tcp -what "$what" -nodes 3 -relay "$pid" -to "[$b]:$port" -control "$sink" -for "$((for_s + 1))s" &
	sender=$!
	sleep 0.8
	watch "$what" "$pid" "$what" long
	wait $sender
	gen "$a" udp -what "$what" -nodes 3 -relay "$pid" -to "[$b]:$port" -control "$sink" -size 64 -steps 1 -least "$rate" -most "$rate" -for "$((for_s + 1))s" &
	sender=$!
	sleep 0.5
	watch "$what" "$pid" "$what" small
	wait $sender
}

export LOAD_RECORD=$lab_dir/figures
floor_pid=""
chain 3
hopwire_up 3
floor_up
loaded 3a "$(ip_of 3b)" "$lab_dir/3b/control" "$(pid_of 3r1)" hopwire
loaded Fa "$(ip_of Fb)" "$lab_dir/Fb/control" "$floor_pid" floor
for f in long small; do for w in hopwire floor; do report $w $f; done; done
echo
"$load" table <"$LOAD_RECORD" | grep -v '^{'
