# Sourced by test.sh: which devices are taken.
# shellcheck shell=bash disable=SC2154
router devices mt7621
network_key
first_boot
cp "$r/etc/config/hopwire" "$dir/hopwire.config"
interfaces() { # SECTION-TEXT
	cp "$dir/hopwire.config" "$r/etc/config/hopwire"
	printf '\n%s\n' "$1" >>"$r/etc/config/hopwire"
	: >"$r/tmp/log"
	service start >/dev/null
	environment | sed -n 's/^HOPWIRE_INTERFACES=//p'
}
same "a port of a bridge by the configuration: its bridge" "$(interfaces "config interface
	list device 'lan2'
	list device 'lan3'")" 'hopmesh*,br-lan'
has "and a note says so" "$(cat "$r/tmp/log")" 'daemon.notice lan2 is a port of the bridge br-lan, where it would hear nothing: br-lan is used instead'
mkdir -p "$r/sys/class/net/br-guest/bridge" && device eth5 wired && ln -s ../br-guest "$r/sys/class/net/eth5/master"
same "a port of a bridge by the kernel: its bridge" "$(interfaces "config interface
	list device 'eth5'")" 'hopmesh*,br-guest'
same "globs stay globs, options serve for lists" "$(interfaces "config interface
	option device 'mesh* eth7'")" 'hopmesh*,mesh*,eth7'
echo "backbone wlan1-mesh" >"$r/tmp/networks"
inside sh -c 'uci set network.backbone=interface; uci set network.backbone.proto=none; uci commit'
same "a network by name: as netifd has it" "$(interfaces "config interface
	option network 'backbone'")" 'hopmesh*,wlan1-mesh'
has "and its changes are watched" "$(cat "$r/tmp/procd")" "add_reload_interface_trigger backbone"
before=$(interfaces '')
echo "hopwire_radio0 hopmesh0" >"$r/tmp/networks"
same "a radio that comes up changes nothing: no restart" "$(interfaces '')" "$before"
set_config hopwire.node.lan_ports=1
service setup >/dev/null
same "LAN ports after setup" "$(service start >/dev/null; environment | sed -n 's/^HOPWIRE_INTERFACES=//p')" 'hopmesh*,lan2,lan3,lan4'
