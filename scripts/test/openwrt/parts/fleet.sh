# Sourced by test.sh: a mesh described once, its overlay in a router's root,
# and two routers of it that boot for the first time.
# shellcheck shell=bash disable=SC2154
mkdir "$dir/fleet"
known=$(HOPWIRE_STATE="$dir/fleet/known" "$dir/hopwire" init)
cat >"$dir/fleet/village.mesh" <<END
name village
country DE
channel 6 36
mesh_key correct horse battery staple
lan_ports yes
price 7
device eth7
neighbour $known [2001:db8::1]:7070
route_server $known
gateway $known
udp_listen [::]:7070
memory 14
ssh_key ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl you
END
check "scripts/image makes the overlay" scripts/image -overlay "$dir/fleet/files" "$dir/fleet/village.mesh"
for n in 1 2; do
	router "fleet$n" mt7621
	cp -r "$dir/fleet/files/." "$r"
	first_boot
	service start >/dev/null
	same "router $n of the fleet starts, with nothing to complain of" "$(started; echo $?) $(cat "$r/tmp/log")" "0 "
	names="$names $(config system.@system[0].hostname)"
done
check "each has a host name of its own: $names" bash -c '[[ "$0" =~ ^\ village-[a-z2-7]{6}\ village-[a-z2-7]{6}$ ]] && [ "${0% *}" != " ${0##* }" ]' "$names"
same "its settings reach the daemon" "$(environment | grep -vE '_(STATE|SOCKET|DNS|HOSTS)=' | sort)" "HOPWIRE_INTERFACES=hopmesh*,eth7,lan2,lan3,lan4
HOPWIRE_MEMORY=14
HOPWIRE_NEIGHBOURS=$known@[2001:db8::1]:7070
HOPWIRE_NETWORK_KEY_FILE=/etc/hopwire/network.key
HOPWIRE_ROUTE_SERVERS=$known
HOPWIRE_UDP_LISTEN=[::]:7070"
same "and the radios" "$(inside sh -c 'for o in mesh_id encryption key disabled; do uci -q get wireless.hopwire_radio1.$o; done; uci get wireless.radio1.channel; uci get wireless.radio0.channel')" "village
sae
correct horse battery staple
36
6"
