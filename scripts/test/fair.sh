#!/bin/bash
# Who waits for whom, with real daemons, when a cable or the processor is slow:
#
#   a ---- r ==== b        a sends as much as it can to b, c pings b;
#   c ---- r               the cable r-b is slow (tbf), or r has little of a CPU
#
# The ping must stay within a few milliseconds of what it is when nothing else is
# sent. Each case prints 'ok - NAME' or 'not ok - NAME' with its figures.
set -u
cd "$(dirname "$0")/../.." || exit 1
hopwire=$PWD/bin/hopwire
# shellcheck source=scripts/lab.sh
. scripts/lab.sh
# shellcheck source=scripts/test/tap.sh
. scripts/test/tap.sh
[ "$(id -u)" = 0 ] || die "needs root, for network namespaces"
need ip:iproute2 tc:iproute2 ethtool ping:iputils-ping iperf3

host a c r b
cable a r
cable c r
cable r b
for n in a c r b; do start $n; done
wait_for 10 reaches a b || die "a does not reach b"
wait_for 10 reaches c b || die "c does not reach b"

# rtt: the median and the 95th percentile of c's pings to b, in microseconds.
rtt() {
	in_ns c ping -i 0.02 -c "$1" -W 2 "$(ip_of b)" | sed -n 's/.*time=\([0-9.]*\).*/\1/p' | sort -n >"$lab_dir/rtts"
	awk '{t[NR] = $1 * 1000} END {print (NR ? int(t[int((NR + 1) / 2)]) : 999999), (NR ? int(t[int(NR * 0.95)]) : 999999)}' "$lab_dir/rtts"
}

# beside NAME MILLISECONDS MBITS: pings beside bulk wait at most so much longer, at
# the median, than alone; the bulk gets most of what there is.
beside() {
	name=$1 limit=$2 least=$3
	# shellcheck disable=SC2046
	set -- $(rtt 50)
	idle=$1
	in_ns b iperf3 -s -1 >/dev/null 2>&1 &
	server=$!
	sleep 0.3
	in_ns a iperf3 -t 6 -f m -c "$(ip_of b)" >"$lab_dir/bulk" 2>&1 &
	bulk=$!
	sleep 1
	# shellcheck disable=SC2046
	set -- $(rtt 200)
	wait $bulk
	kill $server 2>/dev/null
	wait $server 2>/dev/null
	mbits=$(awk '/receiver/ {print int($7)}' "$lab_dir/bulk")
	text="ping $idle us alone, $1 us beside bulk (95 %: $2), bulk ${mbits:-0} Mbit/s"
	if [ $(($1 - idle)) -le $((limit * 1000)) ] && [ "${mbits:-0}" -ge "$least" ]; then ok "$name: $text"; else not_ok "$name" "$text"; fi
}

# shape MBIT: the cable to b. The limit is long: if the kernel's queue decided, the
# ping would wait for all of it.
shape() {
	in_ns r tc qdisc replace dev to-b root tbf rate "$1mbit" burst 4000 limit 200000
	in_ns b tc qdisc replace dev to-r root tbf rate "$1mbit" burst 4000 limit 200000
}

beside "no limit" 5 50
for mbit in 6 20 50; do
	shape $mbit
	beside "$mbit Mbit/s" $((mbit == 6 ? 12 : 6)) $((mbit * 6 / 10))
done
in_ns r tc qdisc del dev to-b root
in_ns b tc qdisc del dev to-r root

# starve PID PERCENT: so much of one CPU in each 10 ms.
starve() {
	if [ -w /sys/fs/cgroup/cgroup.procs ]; then
		group=/sys/fs/cgroup/$lab_id
		echo +cpu >/sys/fs/cgroup/cgroup.subtree_control 2>/dev/null
		mkdir "$group" && echo "$(($2 * 100)) 10000" >"$group/cpu.max"
	else
		group=/sys/fs/cgroup/cpu/$lab_id
		mkdir "$group" && echo 10000 >"$group/cpu.cfs_period_us" && echo $(($2 * 100)) >"$group/cpu.cfs_quota_us"
	fi && echo "$1" >"$group/cgroup.procs"
}
if starve "$(pid_of r)" 20; then
	beside "a relay with a fifth of a CPU" 25 10
	kill "$(pid_of r)"
	wait_for 5 gone "$(pid_of r)"
	rmdir "$group"
else
	not_ok "a relay with a fifth of a CPU" "no cgroup with a CPU quota"
fi
[ $failures = 0 ]
