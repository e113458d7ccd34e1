# Sourced by test.sh: each wrong value is one line in the log that names the
# option and the value, and no instance.
# shellcheck shell=bash disable=SC2154
router wrong mt7621
network_key
first_boot
cp "$r/etc/config/hopwire" "$dir/hopwire.config"
try() { # NAME SECTION-TEXT PATTERN...
	local name=$1 line
	cp "$dir/hopwire.config" "$r/etc/config/hopwire"
	printf '\n%s\n' "$2" >>"$r/etc/config/hopwire"
	shift 2
	: >"$r/tmp/log"
	service start >"$dir/said"
	if started; then not_ok "$name: no instance"; fi
	line=$(cat "$r/tmp/log")
	[ "$(wc -l <"$r/tmp/log")" = 1 ] || not_ok "$name: one line" "$line"
	for p; do grep -qF -- "$p" <<<"$line" || { not_ok "$name: the line has $p" "$line" && return; }; done
	ok "$name: $(cut -c 1-150 <<<"$line")"
}
node() { printf "config node 'node'\n\toption %s '%s'\n" "$1" "$2"; }
for pair in 'memory|lots' 'memory|4' 'vicinity|3' 'vicinity|near' 'log|verbose' 'beacon|maybe' 'enabled|perhaps' 'ethertype|88b5' 'ethertype|0x0500' 'udp_listen|here' 'udp_listen|[::]:99999' \
	'tun|a_device_name_that_is_long' 'tun|a b' 'state|etc/hopwire' 'network_key_file|/etc/a key' 'radio|both' 'channel|six' 'lan_ports|2' 'price|free' \
	'mesh_key|short' 'mesh_id|a name of a mesh that is longer than may be' 'dns|udp' 'hosts|hosts' 'allow|someone'; do
	value=${pair#*|}
	[ "${pair%%|*}" != mesh_key ] || value='(secret)'
	try "${pair%%|*}" "$(node "${pair%%|*}" "${pair#*|}")" "option '${pair%%|*}' is '$value'" 'hint: it takes'
done
try "device" "config interface 'x'
	list device 'eth 1;reboot'" "section 'x'" "option 'device'" 'reboot'
try "network" "config interface 'x'
	option network 'a/b'" "option 'network' is 'a/b'"
try "neighbour without an address" "config neighbour 'n'
	option at '02:00:00:00:00:01'" "section 'n'" "option 'address' is ''"
try "neighbour at nowhere" "config neighbour 'n'
	option address '$(printf 'a%.0s' {1..56})'
	option at 'next door'" "option 'at' is 'next door'"
try "an address with a wrong checksum: the daemon's own words" "config neighbour 'n'
	option address '$(printf 'a%.0s' {1..56})'" 'HOPWIRE_NEIGHBOURS' 'hint: a neighbour is ADDRESS'
try "route server" "config route_server 'rs'
	option address 'x'" "section 'rs'" "option 'address' is 'x'" 'own or none'
try "own beside an address: the daemon's own words" "config route_server
	option address 'own'
config route_server
	option address '$(inside env HOPWIRE_STATE=/etc/hopwire hopwire address)'" 'HOPWIRE_ROUTE_SERVERS' 'hint: '
try "own with little memory: the daemon's own words" "config route_server
	option address 'own'" 'HOPWIRE_ROUTE_SERVERS' 'HOPWIRE_MEMORY'

# A node that runs goes on when a wrong value comes with a reload, and says it once.
cp "$dir/hopwire.config" "$r/etc/config/hopwire"
service start >/dev/null
started && ok "with good values there is an instance"
set_config hopwire.node.memory=lots
: >"$r/tmp/log"
cp "$r/tmp/procd" "$dir/procd"
service reload >/dev/null
service reload >/dev/null
same "a reload with a wrong value: nothing is told to procd, one line" "$(cmp "$r/tmp/procd" "$dir/procd" && wc -l <"$r/tmp/log")" 1
set_config hopwire.node.enabled=0
service reload >/dev/null
if started; then not_ok "disabled wins over a wrong value"; else ok "disabled wins over a wrong value"; fi
set_config hopwire.node.enabled=1
set_config hopwire.node.memory=12
service reload >/dev/null
if started; then ok "and a good value starts it again"; else not_ok "and a good value starts it again" "$(cat "$r/tmp/log")"; fi
check "what the daemon does not know yet is kept" bash -c 'cat >>"$0/etc/config/hopwire"' "$r" <<END

config gateway 'g'
	option address '$(inside env HOPWIRE_STATE=/etc/hopwire hopwire address)'
END
service start >/dev/null
if started; then ok "a gateway in the settings does no harm"; else not_ok "a gateway in the settings does no harm" "$(cat "$r/tmp/log")"; fi
