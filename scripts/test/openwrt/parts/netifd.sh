# Sourced by test.sh: the protocol handler, as netifd calls it.
# shellcheck shell=bash disable=SC2154
router netifd x86
handler() { inside /bin/sh -c 'cd /lib/netifd/proto && exec ./hopwire.sh hopwire "$@"' sh "$@"; }
same "dump" "$(handler dump)" "hopwire no_device=1 available=1 no_proto_task=1"
handler setup mymesh
same "the service is not enabled: netifd hears why and does not try again" "$(cat "$r/tmp/proto")" "notify_error mymesh DISABLED service hopwire enable; service hopwire start
block_restart mymesh
setup_failed mymesh"
service enable
: >"$r/tmp/proto"
handler setup mymesh
has "no network key: netifd hears why" "$(cut -d ';' -f 1 "$r/tmp/proto")" "notify_error mymesh NOT_READY there is no network key in /etc/hopwire/network.key"
same "and the log has it once" "$(wc -l <"$r/tmp/log")" 1
network_key
touch "$r/tmp/netifd-runs"
service start >/dev/null
has "when the node starts, netifd is told" "$(cat "$r/tmp/ubus")" "-t 5 call network.interface.mymesh up"
: >"$r/tmp/proto"
: >"$r/tmp/procd"
rm -f "$r/var/run/hopwire/started"
(for ((i = 0; i < 300; i++)); do
	started && device hopwire0 virtual && break
	sleep 0.1
done) &
handler setup mymesh
wait $!
check "there is no device: the service is started" started
same "then the device, the address and the route go to netifd" "$(cat "$r/tmp/proto")" "init_update hopwire0 1
add_ipv6_address $(inside env HOPWIRE_STATE=/etc/hopwire hopwire address --ip) 32
add_ipv6_route fd68:6f70:: 32
send_update mymesh"
: >"$r/tmp/procd"
handler setup mymesh
if started; then not_ok "with a device nothing is started"; else ok "with a device nothing is started"; fi
hasnt "netifd never runs a second node" "$(cat "$r/tmp/proto")" run_command
handler teardown mymesh
same "ifup has the device up, ifdown has it down" "$(tail -n 2 "$r/tmp/ip" | tr '\n' ';')" "link set hopwire0 up;link set hopwire0 down;"
set_config hopwire.node.tun=none
: >"$r/tmp/proto"
handler setup mymesh
has "tun none: said" "$(cut -d ' ' -f 1-3 "$r/tmp/proto")" "notify_error mymesh NO_TUN"
same "teardown leaves the node alone" "$(handler teardown mymesh 2>&1)" ""
