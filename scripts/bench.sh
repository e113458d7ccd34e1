#!/bin/bash
# make bench: three nodes in line over veth, offloads off, against plain kernel
# forwarding on the same cables in the same sitting. One JSON line a figure.
#
#   a ---- r ---- b        hopwire over raw Ethernet
#   a ==== r ==== b        the same cables' twins with IPv6 and forwarding
set -u
cd "$(dirname "$0")/.." || exit 1
hopwire=$PWD/bin/hopwire
# shellcheck source=scripts/lab.sh
. scripts/lab.sh
[ "$(id -u)" = 0 ] || die "make bench needs root, for network namespaces"
need ip iproute2 ethtool ethtool ping iputils-ping iperf3 iperf3 python3 python3
seconds=${SECONDS_EACH:-5}

host a r b
cable a r
cable r b
cable a r k0 k0
cable r b k1 k0
for n in a r b; do
	for i in k0 k1; do in_ns $n sh -c "echo 0 >/proc/sys/net/ipv6/conf/$i/disable_ipv6" 2>/dev/null; done
done
ip -n "$lab_id-a" addr add fd00:a::2/64 dev k0 nodad
ip -n "$lab_id-r" addr add fd00:a::1/64 dev k0 nodad
ip -n "$lab_id-r" addr add fd00:b::1/64 dev k1 nodad
ip -n "$lab_id-b" addr add fd00:b::2/64 dev k0 nodad
ip -n "$lab_id-a" -6 route add fd00:b::/64 via fd00:a::1
ip -n "$lab_id-b" -6 route add fd00:a::/64 via fd00:b::1
in_ns r sh -c 'echo 1 >/proc/sys/net/ipv6/conf/all/forwarding'
ip -n "$lab_id-a" link set k0 mtu 1380
ip -n "$lab_id-b" link set k0 mtu 1380

figure() { printf '{"path": "%s", "figure": "%s", "value": %s, "unit": "%s"}\n' "$1" "$2" "$3" "$4" | tee -a "$lab_dir/figures"; }
# json FILE EXPRESSION: of an iperf3 report r.
json() { python3 -c "import json, sys; r = json.load(open('$1')); print($2)"; }
server() { in_ns b iperf3 -s -1 -D >/dev/null; sleep 0.3; }
rtt() { in_ns a ping -q -i 0.005 -c "$2" "$1" | awk -F'[ /]' '/^rtt/ {print $8 * 1000}'; }

# measure NAME ADDRESS [ROUTER PROCESS]
measure() {
	figure "$1" idle_rtt "$(rtt "$2" 400)" us
	server
	before=$([ -n "${3:-}" ] && cpu r)
	in_ns a iperf3 -J -t "$seconds" -c "$2" >"$lab_dir/tcp" &
	tcp=$!
	sleep 1
	figure "$1" loaded_rtt "$(rtt "$2" 300)" us
	wait $tcp
	after=$([ -n "${3:-}" ] && cpu r)
	figure "$1" tcp "$(json "$lab_dir/tcp" "round(r['end']['sum_received']['bits_per_second'] / 1e6, 1)")" Mbit/s
	[ -z "${3:-}" ] || figure "$1" relay_cpu "$(json "$lab_dir/tcp" "round(($after - $before) / r['end']['sum_received']['bytes'] * 1e9, 2)")" s/GB
	best=0
	for rate in 10 15 20 25 30 35 40 50 60 80; do # Mbit/s of 64-byte payload
		server
		in_ns a iperf3 -J -u -l 64 -b ${rate}M -t 2 -c "$2" >"$lab_dir/udp"
		got=$(json "$lab_dir/udp" "int(r['end']['sum']['packets'] * (1 - r['end']['sum']['lost_percent'] / 100) / r['end']['sum']['seconds']) if r['end']['sum']['lost_percent'] < 1 else 0")
		[ "$got" -gt "$best" ] && best=$got
		[ "$got" = 0 ] && break
	done
	figure "$1" udp64 "$best" packets/s
}

for n in a r b; do start $n; done
begun=$(date +%s%N)
wait_for 10 reaches a b || die "a does not reach b"
figure hopwire first_ping $((($(date +%s%N) - begun) / 1000000)) ms
sleep 1
measure kernel fd00:b::2
measure hopwire "$(ip_of b)" r
# shellcheck disable=SC2046
set -- $(resident r)
figure hopwire relay_rss "$2" kB
