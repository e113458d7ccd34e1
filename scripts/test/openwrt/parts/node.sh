# Sourced by test.sh: the real node, started with exactly the environment of
# the init script, in a network of its own, beside a neighbour. The commands and the
# ubus object answer, and the state folder on flash is not written.
# shellcheck shell=bash disable=SC2034,SC2154
router node x86
network_key
first_boot
service start >/dev/null
environment >"$r/tmp/environment"
rm -rf "$r/sys" && mkdir "$r/sys"
cat >"$r/tmp/scenario" <<'END'
call() { echo '{}' | /usr/libexec/rpcd/hopwire call "$1"; }
mkdir -p /tmp/other && HOPWIRE_STATE=/tmp/other hopwire init >/tmp/other.address
echo "not running: $(call status)"
( while IFS= read -r v; do export "$v"; done </tmp/environment; exec hopwire run ) >/tmp/node.log 2>&1 &
node=$!
HOPWIRE_STATE=/tmp/other HOPWIRE_NETWORK_KEY_FILE=/etc/hopwire/network.key HOPWIRE_INTERFACES=other0 HOPWIRE_TUN=none hopwire run >/tmp/other.log 2>&1 &
other=$!
n=0
until hopwire peers --json 2>/dev/null | grep -q other0\\\|hopmesh0 || [ $n = 20 ]; do n=$((n + 1)); sleep 1; done
look() { stat -c '%n %i %s %a %Y %Z' /etc/hopwire /etc/hopwire/*; }
look >/tmp/flash.before
hopwire ping "$(cat /tmp/other.address)" -c 20 -i 0.3 --json >/tmp/ping
hopwire routes >/dev/null
sleep 2
look >/tmp/flash.after
for m in status neighbours circuits routes; do call $m >"/tmp/rpc.$m"; done
echo '{}' | /usr/libexec/rpcd/hopwire call reboot; echo "unknown method: $?"
( . /etc/profile.d/hopwire.sh; hopwire doctor ) >/tmp/doctor 2>&1
ls -l /sys/class/net/ | grep -c hopwire0
echo "5354: $(grep -c '00000000000000000000000001000000:14EA ' /proc/net/udp6)"
kill $node $other
wait $node
echo "end: $?"
END
prelude='mount -t sysfs sysfs "$0/sys" && ip link set lo up && ip link add hopmesh0 type veth peer name other0 && ip link set hopmesh0 up && ip link set other0 up'
out=$(isolated -n /bin/sh /tmp/scenario 2>&1)
prelude=''
has "the node does not run: error and hint" "$out" 'not running: {"error":"the node does not run (/var/run/hopwire/hopwire.sock)","hint":"start it: service hopwire start"}'
has "an unknown method fails" "$out" "unknown method: 1"
has "the node ends well" "$out" "end: 0"
same "20 pings of the neighbour, none lost" "$(grep -c '"rtt_ms": [0-9]' "$r/tmp/ping")" 20
ln -sf "$dir/box" "$dir/jsonfilter"
json() { "$dir/jsonfilter" -i "$r/tmp/rpc.$1" -e "$2" 2>&1; }
same "ubus: status, neighbours, routes" "$(json status @.links) $(json neighbours '@.neighbours[*].address') $(json routes '@.routes[*].address')" "1 $(cat "$r/tmp/other.address") $(cat "$r/tmp/other.address")"
check "ubus: circuits" "$dir/jsonfilter" -i "$r/tmp/rpc.circuits" -e @.circuits
same "ubus: the methods" "$(inside /usr/libexec/rpcd/hopwire list)" '{"status":{},"neighbours":{},"circuits":{},"routes":{}}'
has "doctor in a login shell knows the settings" "$(cat "$r/tmp/doctor")" "ok    identity in /etc/hopwire"
same "no write to flash while it works: names, inodes, sizes, times" "$(cat "$r/tmp/flash.after")" "$(cat "$r/tmp/flash.before")"
hasnt "nothing wrong in its log" "$(cat "$r/tmp/node.log")" '^hopwire: error'
has "the resolver answers where dnsmasq asks" "$out" "5354: 1"
