# Shared by hopwire's scripts: which network devices lead to neighbours.
# shellcheck shell=dash

# hw_bridge_ports: read the bridges of /etc/config/network into $hw_bridged, as
# words PORT@BRIDGE. It loads that configuration, so call it before another one.
hw_bridge_ports() {
	hw_bridged=''
	config_load network
	config_foreach hw_bridge_section device
}

hw_bridge_section() {
	local type name
	config_get type "$1" type
	config_get name "$1" name
	[ "$type" = bridge ] && config_list_foreach "$1" ports hw_bridge_port "$name"
}

# A port of a bridge with VLANs may end in :t or :u*; such lists are elsewhere.
hw_bridge_port() { hw_bridged="$hw_bridged $1@$2"; }

# hw_bridge_of DEVICE: print the bridge that the device is a port of. The kernel
# knows; early at boot only the configuration does.
hw_bridge_of() {
	local master p
	if master=$(readlink "/sys/class/net/$1/master") && [ -d "/sys/class/net/${master##*/}/bridge" ]; then
		echo "${master##*/}"
		return 0
	fi
	for p in $hw_bridged; do
		[ "${p%@*}" = "$1" ] && echo "${p#*@}" && return 0
	done
	return 1
}

# hw_board ROLE: print the devices that the board data gives to lan, wan ...
hw_board() {
	[ -s /etc/board.json ] || return 0
	jsonfilter -q -i /etc/board.json -e "@.network.$1.ports[*]" -e "@.network.$1.device" -e "@.network.$1.ifname"
}

# hw_board_all: print every device that the board data gives a role.
hw_board_all() {
	[ -s /etc/board.json ] || return 0
	jsonfilter -q -i /etc/board.json -e '@.network[*].ports[*]' -e '@.network[*].device' -e '@.network[*].ifname' -e '@.switch[*].ports[*].device'
}

# hw_in WORD LIST...: is the word in the list?
hw_in() {
	local w="$1" x
	shift
	for x; do [ "$x" = "$w" ] && return 0; done
	return 1
}

# hw_plain NAME: a wired Ethernet device of its own: hardware behind it, no Wi-Fi,
# no port of anything, not the inner side of a switch (frames there are tagged).
hw_plain() {
	local d="/sys/class/net/$1"
	[ -e "$d/device" ] && [ "$(cat "$d/type" 2>/dev/null)" = 1 ] && [ ! -e "$d/phy80211" ] && [ ! -e "$d/master" ] && [ ! -e "$d/dsa" ]
}

# hw_spare: print the wired devices that neither the board data nor the network
# configuration uses. A VLAN of a device uses the device.
hw_spare() {
	local used d n
	used="$(hw_board_all) $(uci -q show network | sed -n "s/^network\.[^=]*\.\(device\|ifname\|name\|ports\)=//p" | tr -d "'")"
	# shellcheck disable=SC2086
	for d in /sys/class/net/*; do
		n=${d##*/}
		hw_plain "$n" || continue
		hw_in "$n" $used || hw_in_vlan "$n" $used || echo "$n"
	done
}

hw_in_vlan() {
	local w="$1" x
	shift
	for x; do
		case "$x" in "$w".*) return 0 ;; esac
	done
	return 1
}

# hw_radio_band RADIO: print 2g, 5g, 6g or nothing.
hw_radio_band() {
	local b
	b=$(uci -q get "wireless.$1.band") && echo "$b" && return 0
	case "$(uci -q get "wireless.$1.hwmode")" in
	11a*) echo 5g ;;
	11b* | 11g*) echo 2g ;;
	esac
}

# hw_band_channel BAND CHANNEL...: print the first channel of that band.
hw_band_channel() {
	local band="$1" c
	shift
	for c; do
		case "$band:$c" in
		*:*[!0-9]* | *:) continue ;;
		2g:*) [ "$c" -le 14 ] && echo "$c" && return 0 ;;
		5g:*) [ "$c" -ge 32 ] && [ "$c" -le 177 ] && echo "$c" && return 0 ;;
		esac
	done
	return 0
}
