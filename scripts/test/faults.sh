#!/bin/bash
# What others do to the system under a node that runs:
#
#   a ---- r ---- b        in line; a and b know r only
#
# Its TUN is deleted, flushed, taken down; descriptors run out; addresses come later;
# /sys is of another namespace. Each prints 'ok - NAME' or 'not ok - NAME'.
set -u
cd "$(dirname "$0")/../.." || exit 1
hopwire=$PWD/bin/hopwire
# shellcheck source=scripts/lab.sh
. scripts/lab.sh
# shellcheck source=scripts/test/tap.sh
. scripts/test/tap.sh
[ "$(id -u)" = 0 ] || die "needs root, for network namespaces"
need ip:iproute2 ethtool ping:iputils-ping nsenter:util-linux prlimit:util-linux

host a r b
cable a r
cable r b
for n in a r b; do start $n; done
wait_for 5 reaches a b || die "no ping before any fault"

# hurt NAME COMMAND...: within a second of it a reaches b again, and that is logged.
restored() { grep -c 'TUN restored' "$lab_dir/a/log"; }
more() { [ "$(restored)" -gt "$1" ]; }
hurt() {
	fault=$1 before=$(restored)
	shift
	in_ns a "$@" || not_ok "$fault" "the fault could not be made"
	is "$fault: restored within a second" wait_for 1 more "$before"
	is "$fault: ping" wait_for 1 reaches a b
}
hurt "TUN deleted" ip link del hopwire0
hurt "TUN deleted again" ip link del hopwire0
hurt "addresses flushed" ip -6 addr flush dev hopwire0
hurt "route deleted" ip -6 route del fd68:6f70::/32
hurt "down and up" sh -c 'ip link set hopwire0 down; ip link set hopwire0 up'
hurt "IPv6 off and on" sh -c 'echo 1 >/proc/sys/net/ipv6/conf/hopwire0/disable_ipv6; sleep 1.5; echo 0 >/proc/sys/net/ipv6/conf/hopwire0/disable_ipv6'
hurt "MTU too small for IPv6" ip link set hopwire0 mtu 1000
hurt "TUN moved to another namespace" ip link set hopwire0 netns "$lab_id-r" name elsewhere
is "doctor is content" with a "$hopwire" doctor
before=$(cpu a)
sleep 1
awk -v a="$before" -v b="$(cpu a)" 'BEGIN {exit b - a > 0.1}' && ok "no CPU is burnt" || not_ok "no CPU is burnt" "$before to $(cpu a) s in a second"

# Down is the operator's word: it stays, and doctor says so.
in_ns a ip link set hopwire0 down
is "down is said" wait_for 1 log_has a "down: it stays so"
with a "$hopwire" doctor >"$lab_dir/doctor" 2>&1 && not_ok "doctor sees that it is down" "content" || ok "doctor sees that it is down"
is "and says what to do" grep -q "ip link set hopwire0 up" "$lab_dir/doctor"
in_ns a ip link set hopwire0 up
is "up: ping within a second" wait_for 1 reaches a b

# Out of descriptors: the true reason, and no more than a second once there are some.
host c
used=$(find "/proc/$(pid_of r)/fd" -mindepth 1 | wc -l)
prlimit --pid "$(pid_of r)" --nofile="$((used + 2)):1024"
cable r c
is "out of descriptors is said" wait_for 3 log_has r "too many open files"
prlimit --pid "$(pid_of r)" --nofile=1024:1024
start c
is "and the cable is used when there are some" wait_for 5 reaches c a

# An address that comes later.
host u
HOPWIRE_UDP_LISTEN=192.0.2.1:7000 start u
is "an address that is not there is said" wait_for 3 log_has u "cannot assign"
cable r u
in_ns u ip addr add 192.0.2.1/24 dev to-r
is "and waited for: a second" wait_for 1 log_has u "UDP up"

# /sys of another namespace, as after nsenter --net or in systemd's NetworkNamespacePath.
host s
cable r s
with s "$hopwire" init >/dev/null
nsenter --net="/run/netns/$lab_id-s" env HOPWIRE_STATE="$lab_dir/s" HOPWIRE_NETWORK_KEY_FILE="$(key)" HOPWIRE_INTERFACES='to-*' "$hopwire" run >"$lab_dir/s/log" 2>&1 &
lab_pids="$lab_pids $!"
is "with /sys of another namespace: ping" wait_for 5 reaches s b
is "its MAC address is that of the cable" log_has s "mac=$(in_ns s cat /sys/class/net/to-r/address)"

# A smaller MTU in the middle: beacons come through, handshakes do not.
host n m o
cable n m
cable m o
in_ns m ip link set to-o mtu 1000
in_ns m ip link add name br0 type bridge
in_ns m ip link set to-n master br0
in_ns m ip link set to-o master br0
in_ns m ip link set br0 up
start n
start o
doctor_says() { with "$1" "$hopwire" doctor | grep -q "$2"; }
is "a smaller MTU in the middle: doctor says it" wait_for 10 doctor_says n "smaller MTU"
is "at the other end too" wait_for 10 doctor_says o "smaller MTU"

[ $failures = 0 ]
