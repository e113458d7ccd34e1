# Sourced by test.sh: options of UCI and variables of the daemon, one by one.
# shellcheck shell=bash disable=SC2154
router env mt7621
network_key
first_boot
address=$(inside env HOPWIRE_STATE=/etc/hopwire hopwire address)

# Options without a variable, and why.
declare -A apart=(
	[enabled]='decides whether there is an instance'
	[mesh_name]=setup [radio]=setup [country]=setup [channel]=setup [mesh_id]=setup [mesh_key]='setup; a secret' [lan_ports]=setup
	[price]='for a later version'
)
# A value other than the default for each option.
declare -A other=(
	[state]=/etc/elsewhere [network_key_file]=/etc/hopwire/key2 [ethertype]=0x88b5 [allow]=$address [beacon]=0 [udp_listen]='[::]:7070'
	[tun]=mesh7 [memory]=14 [vicinity]=64 [log]=debug [dns]=0 [hosts]=/etc/hosts [device]=eth7 [network]=wan [address]=$address [at]='[2001:db8::1]:7070'
)
mkdir -p "$r/etc/elsewhere" && cp "$r/etc/hopwire/identity" "$r/etc/elsewhere/" && cp "$r/etc/hopwire/network.key" "$r/etc/hopwire/key2"
cp "$r/etc/config/hopwire" "$dir/hopwire.config"
start_with() {
	cp "$dir/hopwire.config" "$r/etc/config/hopwire"
	printf '\n%s\n' "$1" >>"$r/etc/config/hopwire"
	: >"$r/tmp/log"
	service start >/dev/null
	environment | sort
}
usual=$(start_with '')
seen=$(cut -d = -f 1 <<<"$usual")
for o in $(sed -nE 's/^[[:space:]#]*(option|list) ([a-z_]+) .*/\2/p' "$files/etc/config/hopwire" | sort -u); do
	[ -z "${apart[$o]:-}" ] || continue
	case $o in
	device | network) extra_section="config interface
	option $o '${other[$o]}'" ;;
	address) extra_section="config neighbour
	option address '${other[$o]}'" ;;
	at) extra_section="config neighbour
	option address '$address'
	option at '${other[$o]}'" ;;
	*) extra_section="config node 'node'
	option $o '${other[$o]}'" ;;
	esac
	now=$(start_with "$extra_section")
	if [ "$now" != "$usual" ] && [ -n "$now" ]; then ok "option $o reaches the daemon"; else not_ok "option $o reaches the daemon" "$(cat "$r/tmp/log")"; fi
	seen="$seen
$(cut -d = -f 1 <<<"$now")"
done
servers() { start_with "$(printf "config route_server\n\toption address '%s'\n" "$@")" | grep ROUTE_SERVERS; }
for v in "$address" none; do
	now=$(servers "$v")
	same "route server $v reaches the daemon" "$now" "HOPWIRE_ROUTE_SERVERS=$v"
	seen="$seen
$(cut -d = -f 1 <<<"$now")"
done
same "and so do two" "$(servers "$address" "${address}.hop")" "HOPWIRE_ROUTE_SERVERS=$address,$address.hop"
same "the variables that UCI can set are those of 'hopwire help config'" "$(sort -u <<<"$seen")" "$variables"
hasnt "no secret in the environment" "$(start_with "config node 'node'
	option mesh_key 'a secret of the radio'")" 'secret|0000000000000007'
same "the defaults" "$usual" "$(sort <<<"HOPWIRE_INTERFACES=hopmesh*
HOPWIRE_NETWORK_KEY_FILE=/etc/hopwire/network.key
HOPWIRE_SOCKET=/var/run/hopwire/hopwire.sock
HOPWIRE_STATE=/etc/hopwire
HOPWIRE_DNS=[::1]:5354
HOPWIRE_HOSTS=/etc/hopwire/hosts")"
start_with '' >/dev/null
same "what procd is told" "$(grep -vE '^(set env|json)' "$r/tmp/procd")" "open_instance
set command /usr/sbin/hopwire run
set file /etc/hopwire/network.key /etc/hopwire/identity
set respawn 3600 5 0
set stdout 1
set stderr 1
close_instance
add_reload_trigger hopwire network
add_reload_interface_trigger hopwire_radio0
add_reload_interface_trigger hopwire_radio1"
start_with "config node 'node'
	option udp_listen ':7070'" >/dev/null
has "a UDP port is opened in the firewall" "$(cat "$r/tmp/procd")" "json_add_string dest_port 7070"
has "and the firewall is told" "$(cat "$r/tmp/procd")" "set_config_changed firewall"
touch "$r/sbin/ujail" && chmod 755 "$r/sbin/ujail"
start_with "config node 'node'
	option network_key_file '/etc/key'" >/dev/null
cp "$r/etc/hopwire/network.key" "$r/etc/key"
start_with "config node 'node'
	option network_key_file '/etc/key'" >/dev/null
same "with a jail: capabilities and mounts" "$(grep -E 'jail|capab|privs|user' "$r/tmp/procd" | grep -v hosts)" "set capabilities /etc/capabilities/hopwire.json
set no_new_privs 1
add_jail hopwire log procfs sysfs
add_jail_mount /etc/key
add_jail_mount_rw /dev/net/tun /etc/hopwire /var/run/hopwire"
