# Shared by hopwire's scripts: what the first boot makes, and 'service hopwire setup'
# makes again: identity, host name, network sections, radios, ports, firewall zone,
# names. Only named sections of our own are made, and those that are there are left
# alone at a first boot (which comes after each sysupgrade too); "again" sets them
# anew. WAN, SSH and failsafe are not touched.
# shellcheck shell=dash disable=SC1091,SC2154
. /usr/share/hopwire/common.sh
. /usr/share/hopwire/devices.sh

HW_PACKAGES='network wireless firewall dhcp system'
HW_REVERSE='0.7.f.6.8.6.d.f.ip6.arpa' # of the mesh prefix

# hw_setup [again]: all of it. One at a time: a radio may be found meanwhile.
hw_setup() {
	mkdir -p /var/lock
	(
		hw_settings "$1"
		hw_secrets
		flock 9
		hw_hostname
		hw_network
		hw_firewall
		hw_names
		hw_ports
		hw_radios
		hw_commit
	) 9>/var/lock/hopwire-setup
}

# hw_setup_radios: for a radio that was found after the first boot's setup.
hw_setup_radios() {
	mkdir -p /var/lock
	(
		hw_settings
		flock 9
		hw_radios
		hw_commit
	) 9>/var/lock/hopwire-setup
}

hw_commit() {
	local p
	for p in $HW_PACKAGES; do
		[ ! -f "/etc/config/$p" ] || uci -q commit "$p"
	done
}

# hw_reload: tell a running system; at first boot nothing runs yet.
hw_reload() {
	[ -x /sbin/reload_config ] && ubus -t 5 list network >/dev/null 2>&1 && /sbin/reload_config >/dev/null 2>&1
	return 0
}

hw_settings() {
	hw_again="$1"
	config_load hopwire
	config_get hw_state node state /etc/hopwire
	config_get hw_key node network_key_file /etc/hopwire/network.key
	config_get hw_tun node tun hopwire0
	config_get hw_name node mesh_name
	config_get hw_mesh_id node mesh_id "${hw_name:-hopwire}"
	config_get hw_mesh_key node mesh_key
	config_get hw_country node country
	config_get hw_channel node channel
	config_get_bool hw_radio node radio 1
	config_get_bool hw_lan_ports node lan_ports 0
	config_get_bool hw_dns node dns 1
	case "$hw_country" in [A-Z][A-Z]) ;; *) hw_country='' ;; esac
	# Without a network key there is no mesh to join: nothing goes on the air.
	hw_joined=''
	[ -s "$hw_key" ] && hw_joined=1
}

# The identity is this router's own, made here, once; never from the MAC address.
hw_secrets() {
	hw_folder "$hw_state"
	hw_identity "$hw_state" 30 || hw_log err "no identity yet: the kernel's random numbers were not ready; the service tries again"
	[ ! -f "$hw_key" ] || chmod 0600 "$hw_key"
}

# hw_section PACKAGE NAME TYPE: make a section where there is none. hw_new says
# whether hw_put may set its options.
hw_section() {
	hw_new="$hw_again"
	[ "$(uci -q get "$1.$2")" = "$3" ] && return
	uci -q set "$1.$2=$3"
	hw_new=1
}

hw_put() {
	[ -n "$hw_new" ] || return 0
	if [ -n "$2" ]; then
		[ "$(uci -q get "$1")" = "$2" ] || uci -q set "$1=$2"
	else
		uci -q delete "$1"
	fi
}

# hw_list NAME VALUE: a value that the list shall have; others stay.
hw_list() {
	local v
	v=$(uci -q get "$1")
	# shellcheck disable=SC2086
	hw_in "$2" $v || uci -q add_list "$1=$2"
}

# A host name of its own, where nobody has given one.
hw_hostname() {
	local address name
	[ "$(uci -q get system.@system[0].hostname)" = OpenWrt ] || return 0
	address=$(HOPWIRE_STATE="$hw_state" hopwire address 2>/dev/null) || return 0
	name=$(printf '%.40s' "$hw_name" | tr 'A-Z _' 'a-z--' | tr -cd 'a-z0-9-' | sed 's/^-*//')
	uci -q set "system.@system[0].hostname=${name:-hopwire}-$(printf '%.6s' "$address")"
}

# The node's device as an interface of netifd.
hw_network() {
	[ -f /etc/config/network ] && [ "$hw_tun" != none ] || return 0
	hw_section network hopwire interface
	hw_put network.hopwire.proto hopwire
}

# LAN hosts reach the mesh behind the router's address; from the mesh come answers
# and pings only. SSH over the mesh is a rule that waits to be enabled.
hw_firewall() {
	[ -f /etc/config/firewall ] || return 0
	hw_section firewall hopwire zone
	hw_put firewall.hopwire.name hopwire
	hw_put firewall.hopwire.input REJECT
	hw_put firewall.hopwire.output ACCEPT
	hw_put firewall.hopwire.forward REJECT
	hw_put firewall.hopwire.masq6 1
	hw_put firewall.hopwire.mtu_fix 1
	if [ -n "$hw_new" ]; then
		hw_list firewall.hopwire.network hopwire
		[ "$hw_tun" = none ] || hw_list firewall.hopwire.device "$hw_tun"
	fi
	hw_section firewall hopwire_lan forwarding
	hw_put firewall.hopwire_lan.src lan
	hw_put firewall.hopwire_lan.dest hopwire
	hw_put firewall.hopwire_lan.family ipv6
	hw_rule ping 'Allow-hopwire-ping' icmp
	hw_put firewall.hopwire_ping.icmp_type echo-request
	hw_put firewall.hopwire_ping.limit 50/sec
	hw_rule ssh 'Allow-hopwire-SSH' tcp
	hw_put firewall.hopwire_ssh.dest_port 22
	[ -n "$(uci -q get firewall.hopwire_ssh.enabled)" ] || hw_put firewall.hopwire_ssh.enabled 0
}

hw_rule() {
	hw_section firewall "hopwire_$1" rule
	hw_put "firewall.hopwire_$1.name" "$2"
	hw_put "firewall.hopwire_$1.src" hopwire
	hw_put "firewall.hopwire_$1.family" ipv6
	hw_put "firewall.hopwire_$1.proto" "$3"
	hw_put "firewall.hopwire_$1.target" ACCEPT
}

# dnsmasq asks the node for names under .hop and for names of mesh addresses; its
# protection against rebinding would drop the answers, and port 53 of the mesh
# address is the node's. LAN hosts take the router
# for their way to the mesh only when it announces itself.
hw_names() {
	local s
	[ "$(uci -q get dhcp.@dnsmasq[0])" = dnsmasq ] || return 0
	if [ "$hw_dns" = 1 ]; then
		hw_list dhcp.@dnsmasq[0].server "/hop/$HW_DNS_SERVER"
		hw_list dhcp.@dnsmasq[0].server "/$HW_REVERSE/$HW_DNS_SERVER"
		hw_list dhcp.@dnsmasq[0].rebind_domain hop
		[ "$hw_tun" = none ] || hw_list dhcp.@dnsmasq[0].notinterface "$hw_tun"
	elif [ -n "$hw_again" ]; then
		for s in "/hop/$HW_DNS_SERVER" "/$HW_REVERSE/$HW_DNS_SERVER"; do uci -q del_list "dhcp.@dnsmasq[0].server=$s"; done
		uci -q del_list dhcp.@dnsmasq[0].rebind_domain=hop
		uci -q del_list "dhcp.@dnsmasq[0].notinterface=$hw_tun"
	fi
	[ "$(uci -q get dhcp.lan)" != dhcp ] || [ -n "$(uci -q get dhcp.lan.ra_default)" ] || uci -q set dhcp.lan.ra_default=2
}

# Wired mesh ports: those that nobody uses, and LAN ports when told. The first LAN
# port stays, so that a cable still leads to the router. A LAN that is one device
# (one port, or a switch without a device for each port) cannot be taken apart:
# there the bridge itself carries the mesh, beside the LAN.
hw_ports() {
	local p lan
	[ -f /etc/config/network ] || return 0
	hw_bridge_ports
	for p in $(hw_spare); do hw_port "$p"; done
	[ "$hw_lan_ports" = 1 ] || return 0
	# shellcheck disable=SC2046
	set -- $(hw_board lan)
	lan="$1"
	if [ $# -gt 1 ]; then
		shift
		for p; do hw_free_port "$p" && hw_port "$p"; done
	elif [ -n "$lan" ]; then
		hw_section network hopwire_lan interface
		hw_put network.hopwire_lan.proto none
		hw_put network.hopwire_lan.device "$(hw_bridge_of "$lan" || echo "$lan")"
	fi
}

# hw_port DEVICE: an interface of netifd that does nothing but keep it up.
hw_port() {
	local name
	name=hopwire_$(printf '%s' "$1" | tr -c 'A-Za-z0-9\n' _)
	hw_section network "$name" interface
	hw_put "network.$name.proto" none
	hw_put "network.$name.device" "$1"
	hw_quiet "$1"
}

# hw_quiet DEVICE: no IPv6 of the kernel's own on it; its greetings would show what
# the frames hide.
hw_quiet() {
	local name
	hw_found=''
	config_load network
	config_foreach hw_find_device device "$1"
	if [ -n "$hw_found" ]; then
		[ -n "$(uci -q get "network.$hw_found.ipv6")" ] || uci -q set "network.$hw_found.ipv6=0"
		return
	fi
	name=hopwire_dev_$(printf '%s' "$1" | tr -c 'A-Za-z0-9\n' _)
	uci -q set "network.$name=device"
	uci -q set "network.$name.name=$1"
	uci -q set "network.$name.ipv6=0"
}

hw_find_device() {
	local name
	config_get name "$1" name
	[ "$name" != "$2" ] || hw_found="$1"
}

# hw_free_port PORT: take it out of its bridge. Fails where that is not ours to do.
hw_free_port() {
	local bridge
	bridge=$(hw_bridge_of "$1") || return 0
	if uci -q show network | grep -q '=bridge-vlan$'; then
		hw_log notice "$1 stays in $bridge: a bridge with VLANs must be changed by hand"
		return 1
	fi
	hw_found=''
	config_load network
	config_foreach hw_find_device device "$bridge"
	[ -n "$hw_found" ] && uci -q del_list "network.$hw_found.ports=$1"
}

hw_radio_names() { uci -q show wireless | sed -n 's/^wireless\.\([A-Za-z0-9_]*\)=wifi-device$/\1/p'; }

# One mesh interface on each radio, with the radio's own configuration where the
# board data knows radios that nobody configured yet.
hw_radios() {
	local r
	[ -n "$(hw_radio_names)" ] || { [ -x /sbin/wifi ] && /sbin/wifi config >/dev/null 2>&1; }
	for r in $(hw_radio_names); do
		if [ "$hw_radio" = 1 ]; then
			hw_radio_one "$r"
		elif [ -n "$hw_again" ]; then
			uci -q delete "wireless.hopwire_$r"
			uci -q delete "network.hopwire_$r"
		fi
	done
}

# 802.11s, but without its own forwarding: the node finds the ways. Open, because
# hopwire encrypts; with a key where a community wants strangers off the air.
hw_radio_one() {
	local r="$1" vif="hopwire_$1" dev="hopmesh${1#radio}" band kind
	kind=$(uci -q get "wireless.$r.type")
	[ "${kind:-mac80211}" = mac80211 ] || return
	band=$(hw_radio_band "$r")
	[ "$band" != 6g ] || [ -n "$hw_mesh_key" ] || return # 6 GHz is never open
	hw_section network "$vif" interface
	hw_put "network.$vif.proto" none
	hw_section wireless "$vif" wifi-iface
	[ -n "$hw_new" ] || return
	hw_quiet "$dev"
	hw_put "wireless.$vif.device" "$r"
	hw_put "wireless.$vif.mode" mesh
	hw_put "wireless.$vif.ifname" "$dev"
	hw_put "wireless.$vif.network" "$vif"
	hw_put "wireless.$vif.mesh_id" "$hw_mesh_id"
	hw_put "wireless.$vif.mesh_fwding" 0
	hw_put "wireless.$vif.encryption" "$([ -n "$hw_mesh_key" ] && echo sae || echo none)"
	hw_put "wireless.$vif.key" "$hw_mesh_key"
	if [ -n "$hw_joined" ]; then
		hw_put "wireless.$vif.disabled" ''
		hw_radio_on "$r" "$band"
	else
		hw_put "wireless.$vif.disabled" 1
	fi
}

# hw_radio_on RADIO BAND: country and channel, and the radio on. A radio that was
# off may have an open access point waiting in its configuration: that stays off.
hw_radio_on() {
	local s channel
	[ -z "$hw_country" ] || hw_put "wireless.$1.country" "$hw_country"
	# shellcheck disable=SC2086
	channel=$(hw_band_channel "$2" $hw_channel)
	[ -n "$channel" ] || [ "$(uci -q get "wireless.$1.channel")" != auto ] || channel=$([ "$2" = 2g ] && echo 1 || echo 36)
	[ -z "$channel" ] || hw_put "wireless.$1.channel" "$channel"
	[ "$(uci -q get "wireless.$1.disabled")" = 1 ] || return 0
	for s in $(uci -q show wireless | sed -n "s/^wireless\.\([^.]*\)\.device='$1'\$/\1/p"); do
		case "$s" in hopwire_*) ;; *) uci -q set "wireless.$s.disabled=1" ;; esac
	done
	uci -q set "wireless.$1.disabled=0"
}
