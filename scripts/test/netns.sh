#!/bin/bash
# Scenarios with real daemons in network namespaces:
#
#   a ---- r ---- b        in line; a and b know r only, and reach each other
#
# Each prints 'ok - NAME' or 'not ok - NAME'.
set -u
cd "$(dirname "$0")/../.." || exit 1
hopwire=$PWD/bin/hopwire
# shellcheck source=scripts/lab.sh
. scripts/lab.sh
# shellcheck source=scripts/test/tap.sh
. scripts/test/tap.sh
[ "$(id -u)" = 0 ] || die "needs root, for network namespaces"
need ip:iproute2 ethtool ping:iputils-ping iperf3 python3 setpriv:util-linux

host a r b
cable a r
cable r b
for n in a r b; do start $n; done
is "first ping over one relay within 2 s" wait_for 2 reaches a b
is "20 pings without loss" in_ns a ping -c 20 -i 0.02 -W 1 "$(ip_of b)"
is "hopwire ping" with a "$hopwire" ping "$(address b)" -c 3 -i 0.05
is "hopwire trace" with a "$hopwire" trace "$(address b)"
is "hopwire doctor" with a "$hopwire" doctor
in_ns b iperf3 -s -1 -D >/dev/null
sleep 0.2
is "iperf3 TCP" in_ns a iperf3 -c "$(ip_of b)" -t 2
for c in status peers circuits routes; do
	is "$c --json is JSON" sh -c "HOPWIRE_STATE=$lab_dir/a $hopwire $c --json | python3 -c 'import json, sys; json.load(sys.stdin)'"
done
if with r "$hopwire" circuits --json | grep '"relay"' | grep -q '"peer": ""'; then ok "a relay does not know whose circuit it is"; else not_ok "a relay does not know whose circuit it is" "$(with r "$hopwire" circuits)"; fi

# kill -9 and restart: the same address, works again at once.
before=$(address a)
kill -9 "$(pid_of a)"
wait "$(pid_of a)" 2>/dev/null
start a
is "after kill -9 and restart, ping within 2 s" wait_for 2 reaches a b
is "b opens circuits to it: its new announcement is accepted" wait_for 3 reaches b a
[ "$before" = "$(address a)" ] && ok "same address" || not_ok "same address" "$(address a)"

# A relay that restarts.
kill -9 "$(pid_of r)"
wait "$(pid_of r)" 2>/dev/null
start r
is "after a relay's restart, ping within 8 s" wait_for 8 reaches a b

# SIGTERM: exit 0 within a second, nothing left.
p=$(pid_of b)
kill -TERM "$p"
is "SIGTERM ends it within a second" wait_for 1 gone "$p"
wait "$p"
status=$?
[ $status = 0 ] && ok "exit status 0" || not_ok "exit status 0" "$status"
in_ns b ip link show hopwire0 >/dev/null 2>&1 && not_ok "TUN removed" "still there" || ok "TUN removed"
start b
is "b is back" wait_for 5 reaches a b

# A wrong network key stays alone.
host w
cable r w
echo "$(head -c 32 /dev/urandom | od -An -vtx1 | tr -d ' \n')" >"$lab_dir/wrong"
good=$lab_dir/key
mv "$good" "$lab_dir/right"
cp "$lab_dir/wrong" "$good"
start w
wait_for 3 log_has w started
sleep 1
mv "$lab_dir/right" "$good"
log_has w "link up" && not_ok "a wrong network key stays alone" "link up" || ok "a wrong network key stays alone"
HOPWIRE_STATE=$lab_dir/w "$hopwire" status --json | grep -q '"links": 0' && ok "and has no link" || not_ok "and has no link" "it has"

# A missing interface is waited for and said.
host late
HOPWIRE_INTERFACES=to-r start late
is "a missing interface is said" wait_for 3 log_has late "missing: waiting"
cable late r to-r to-late
is "and used when it comes" wait_for 8 reaches late a

# Errors of the operator.
host e
with e "$hopwire" init >/dev/null
in_ns e ip link add br0 type bridge
in_ns e ip link add p0 type veth peer name p1
in_ns e ip link set p0 master br0
in_ns e ip link set p0 up
echo nonsense >"$lab_dir/bad"
bad() { with e env "$@" "$hopwire" run; }
refuses "bridge member" "port of the bridge br0" bad HOPWIRE_INTERFACES=p0
refuses "malformed key file" "not a network key" bad HOPWIRE_NETWORK_KEY_FILE="$lab_dir/bad"
refuses "unknown variable" "HOPWIRE_INTERFACE" bad HOPWIRE_INTERFACE=eth0
refuses "bad value" "HOPWIRE_MEMORY" bad HOPWIRE_MEMORY=much
refuses "occupied TUN name" "TUN device p1" bad HOPWIRE_TUN=p1
refuses "no interfaces" "HOPWIRE_INTERFACES" with e env HOPWIRE_INTERFACES= "$hopwire" run
refuses "no capabilities" "CAP_NET\|operation not permitted" with e setpriv --bounding-set=-net_raw,-net_admin --inh-caps=-net_raw,-net_admin "$hopwire" run
refuses "no CAP_NET_RAW" "CAP_NET_RAW" with e env HOPWIRE_TUN=none HOPWIRE_INTERFACES=p1 setpriv --bounding-set=-net_raw --inh-caps=-net_raw "$hopwire" run
refuses "no identity" "no identity" with e env HOPWIRE_STATE="$lab_dir/none" "$hopwire" run
refuses "no daemon" "does not run" with e "$hopwire" status
refuses "a state folder in use" "another hopwire" with a "$hopwire" run

[ $failures = 0 ]
