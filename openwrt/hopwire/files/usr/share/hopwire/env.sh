# Shared by hopwire's scripts: /etc/config/hopwire as the environment of the daemon.
# Sourced where functions.sh and procd.sh are loaded.
# shellcheck shell=dash disable=SC1091,SC2034
. /usr/share/hopwire/common.sh
. /usr/share/hopwire/devices.sh

# hw_takes OPTION: what a value may be.
hw_takes() {
	case "$1" in
	enabled | beacon | radio | lan_ports | dns) echo '0 or 1' ;;
	state | network_key_file | hosts) echo 'an absolute path without spaces' ;;
	ethertype) echo '0x and four hex digits, 0x0600 or above' ;;
	allow) echo "an address of 56 characters, as 'hopwire address' prints it" ;;
	address) echo "an address of 56 characters, as 'hopwire address' prints it; of a route server also own or none" ;;
	udp_listen) echo '[ADDRESS]:PORT, ADDRESS:PORT or :PORT' ;;
	tun) echo 'a device name of at most 15 characters, or none' ;;
	memory) echo 'megabytes, 8 to 4096' ;;
	vicinity) echo 'relays, 4 to 8192' ;;
	log) echo 'error, info or debug' ;;
	mesh_name | mesh_id) echo 'at most 32 characters' ;;
	country) echo 'two capital letters' ;;
	channel) echo 'channel numbers, one for each band' ;;
	mesh_key) echo '8 to 63 characters' ;;
	price) echo 'a number' ;;
	device) echo 'device names and globs such as eth1 or lan*' ;;
	network) echo 'names of interface sections of /etc/config/network, globs allowed' ;;
	at) echo 'a MAC address, or IP:PORT with IPv6 in brackets' ;;
	esac
}

# hw_bad SECTION OPTION VALUE: remember the first wrong value.
hw_bad() { [ -n "$hw_wrong" ] || hw_wrong="/etc/config/hopwire: section '$1': option '$2' is '$3'; hint: it takes $(hw_takes "$2")"; }

# hw_validate SECTION KIND TYPE...: in a subshell, because the validation sets
# variables; silent, because hw_bad says it better.
hw_validate() (
	section="$1" kind="$2"
	shift 2
	uci_validate_section hopwire "$kind" "$section" "$@"
) >/dev/null 2>&1

# hw_typed SECTION KIND TYPE...: validate a section by types of validate_data; when
# that fails, option by option, to name the one that is wrong.
hw_typed() {
	local section="$1" kind="$2" spec value
	shift 2
	[ -x /sbin/validate_data ] || return 0
	hw_validate "$section" "$kind" "$@" && return 0
	for spec; do
		hw_validate "$section" "$kind" "$spec" && continue
		config_get value "$section" "${spec%%:*}"
		[ "${spec%%:*}" = mesh_key ] && value='(secret)'
		hw_bad "$section" "${spec%%:*}" "$value"
	done
}

# hw_add VARIABLE VALUE: one more variable of the environment.
hw_add() {
	[ -n "$2" ] && hw_env="$hw_env$1=$2
"
}

# hw_comma NAME VALUE: one more value of a comma list.
hw_comma() { eval "$1=\"\${$1:+\$$1,}\$2\""; }

# hw_read: read the whole configuration: hw_env gets the environment, line by line,
# hw_networks the networks to watch. Fails with hw_wrong set when a value is wrong.
hw_read() {
	hw_wrong='' hw_env='' hw_networks='' hw_interfaces='' hw_neighbours='' hw_servers='' hw_notes='' hw_udp_port=''
	hw_bridge_ports
	hw_network_names=$(uci -q show network | sed -n 's/^network\.\([A-Za-z0-9_]*\)=interface$/\1/p')
	config_load hopwire
	hw_node
	config_foreach hw_interface interface
	hw_network 'hopwire_*' setup # what setup made for ports and radios
	config_foreach hw_neighbour neighbour
	config_foreach hw_route_server route_server
	config_foreach hw_other gateway
	hw_add HOPWIRE_INTERFACES "$hw_interfaces"
	hw_add HOPWIRE_NEIGHBOURS "$hw_neighbours"
	hw_add HOPWIRE_ROUTE_SERVERS "$hw_servers"
	[ -z "$hw_wrong" ]
}

hw_node() {
	local kind
	config_get kind node TYPE
	[ "$kind" = node ] && hw_typed node node 'enabled:bool:1' 'state:string' 'network_key_file:string' \
		'ethertype:string' 'allow:list(string)' 'beacon:bool:1' 'udp_listen:string' 'tun:maxlength(15)' \
		'memory:range(8,4096)' 'vicinity:range(4,8192)' 'log:or("error","info","debug")' 'mesh_name:maxlength(32)' 'radio:bool:1' \
		'country:string' 'channel:list(uinteger)' 'mesh_id:maxlength(32)' 'mesh_key:wpakey' \
		'lan_ports:bool:0' 'price:uinteger' 'dns:bool:1' 'hosts:string'
	config_get_bool hw_enabled node enabled 1
	hw_path hw_state state STATE /etc/hopwire
	hw_path hw_key network_key_file NETWORK_KEY_FILE /etc/hopwire/network.key
	hw_path hw_hosts hosts HOSTS /etc/hopwire/hosts
	hw_add HOPWIRE_SOCKET "$HW_SOCKET"
	hw_plain_option tun TUN
	hw_plain_option memory MEMORY
	hw_plain_option vicinity VICINITY
	hw_plain_option log LOG
	hw_ethertype
	hw_udp
	hw_allow
	hw_switch beacon 1 || hw_add HOPWIRE_BEACON false
	if hw_switch dns 1; then hw_add HOPWIRE_DNS "$HW_DNS"; else hw_add HOPWIRE_DNS none; fi
}

# hw_switch OPTION DEFAULT: is it on?
hw_switch() {
	local on
	config_get_bool on node "$1" "$2"
	[ "$on" = 1 ]
}

# hw_plain_option OPTION VARIABLE: its value as it stands, where it is set.
hw_plain_option() {
	local v
	config_get v node "$1"
	case "$v" in *[!A-Za-z0-9_.-]*) hw_bad node "$1" "$v" ;; esac
	hw_add "HOPWIRE_$2" "$v"
}

# hw_path NAME OPTION VARIABLE DEFAULT
hw_path() {
	local v
	config_get v node "$2" "$4"
	case "$v" in
	*[!A-Za-z0-9_./@+-]*) hw_bad node "$2" "$v" ;;
	/*) ;;
	*) hw_bad node "$2" "$v" ;;
	esac
	eval "$1=\$v"
	hw_add "HOPWIRE_$3" "$v"
}

hw_ethertype() {
	local v
	config_get v node ethertype
	case "$v" in
	'') return ;;
	0x0[0-5][0-9a-fA-F][0-9a-fA-F]) hw_bad node ethertype "$v" ;;
	0x[0-9a-fA-F][0-9a-fA-F][0-9a-fA-F][0-9a-fA-F]) hw_add HOPWIRE_ETHERTYPE "$v" ;;
	*) hw_bad node ethertype "$v" ;;
	esac
}

hw_udp() {
	local v
	config_get v node udp_listen
	[ -n "$v" ] || return
	if hw_ip_port "$v" || hw_ip_port "0$v"; then
		hw_udp_port=${v##*:}
		hw_add HOPWIRE_UDP_LISTEN "$v"
	else
		hw_bad node udp_listen "$v"
	fi
}

# hw_ip_port TEXT: IP:PORT with IPv6 in brackets, by its shape.
hw_ip_port() {
	local port="${1##*:}"
	case "$port" in '' | *[!0-9]* | ??????*) return 1 ;; esac
	[ "$port" -ge 1 ] && [ "$port" -le 65535 ] || return 1
	case "${1%:*}" in
	'['*[!0-9a-fA-F:.%]*']') return 1 ;;
	'['?*']') return 0 ;;
	'' | *[!0-9.]*) return 1 ;;
	esac
}

hw_key_shape() {
	local k="${1%.hop}"
	case "$k" in *[!A-Za-z2-7]*) return 1 ;; esac
	[ ${#k} = 56 ]
}

hw_allow() {
	local all k list=''
	config_get all node allow
	for k in $all; do
		hw_key_shape "$k" || hw_bad node allow "$k"
		hw_comma list "$k"
	done
	hw_add HOPWIRE_ALLOW "$list"
}

# hw_interface SECTION: globs must not meet the files of the working folder.
hw_interface() {
	local section="$1" devices networks x
	hw_typed "$section" interface 'device:list(string)' 'network:string'
	config_get devices "$section" device
	config_get networks "$section" network
	set -f
	# shellcheck disable=SC2086
	set -- $devices
	set +f
	for x; do hw_device "$x" "$section"; done
	set -f
	# shellcheck disable=SC2086
	set -- $networks
	set +f
	for x; do hw_network "$x" "$section"; done
}

# hw_device NAME SECTION: one more device or glob. A port of a bridge is deaf: the
# bridge is taken instead, and a note says so.
hw_device() {
	local d="$1" bridge
	case "$d" in *[!A-Za-z0-9_.:*?[\]-]*) hw_bad "$2" device "$d" && return ;; esac
	case "$d" in
	*[*?[]*) ;;
	*) if bridge=$(hw_bridge_of "$d"); then
		hw_notes="$hw_notes$d is a port of the bridge $bridge, where it would hear nothing: $bridge is used instead
"
		d=$bridge
	fi ;;
	esac
	hw_take "$d"
}

# hw_take DEVICE: add it, unless a name or glob that we have covers it. So a device
# that comes up later changes nothing, and the daemon need not restart.
hw_take() {
	local have IFS=,
	set -f
	for have in $hw_interfaces; do
		# shellcheck disable=SC2254
		case "$1" in $have) set +f && return 0 ;; esac
	done
	set +f
	hw_comma hw_interfaces "$1"
}

# hw_network NAME SECTION: the devices of the networks by that name or glob.
hw_network() {
	local n dev
	case "$1" in *[!A-Za-z0-9_*?]*) hw_bad "$2" network "$1" && return ;; esac
	for n in $hw_network_names; do
		# shellcheck disable=SC2254
		case "$n" in $1) ;; *) continue ;; esac
		# shellcheck disable=SC2086
		hw_in "$n" $hw_networks && continue
		hw_networks="$hw_networks $n"
		dev=$(hw_network_device "$n") && hw_device "$dev" "$2"
	done
}

# hw_network_device NAME: the device, by configuration where that says it (so it is
# the same before and after it comes up), else as netifd has it.
hw_network_device() {
	local dev
	dev=$(uci -q get "network.$1.device")
	case "$dev" in
	'' | @* | *' '*) ;;
	*) echo "$dev" && return 0 ;;
	esac
	(
		. /lib/functions/network.sh
		network_flush_cache
		network_get_device dev "$1" && [ -n "$dev" ] && echo "$dev"
	) 2>/dev/null
}

hw_neighbour() {
	local address at
	hw_typed "$1" neighbour 'address:string' 'at:string'
	config_get address "$1" address
	config_get at "$1" at
	hw_key_shape "$address" || hw_bad "$1" address "$address"
	case "$at" in
	'' | [0-9a-fA-F][0-9a-fA-F]:[0-9a-fA-F][0-9a-fA-F]:[0-9a-fA-F][0-9a-fA-F]:[0-9a-fA-F][0-9a-fA-F]:[0-9a-fA-F][0-9a-fA-F]:[0-9a-fA-F][0-9a-fA-F]) ;;
	*) hw_ip_port "$at" || hw_bad "$1" at "$at" ;;
	esac
	case "$at" in '['* | *.*) hw_far=1 ;; esac
	hw_comma hw_neighbours "$address${at:+@$at}"
}

# hw_route_server: whether own or none may stand beside others, the daemon says.
hw_route_server() {
	local address
	hw_typed "$1" route_server 'address:string'
	config_get address "$1" address
	case "$address" in
	own | none) ;;
	*) hw_key_shape "$address" || hw_bad "$1" address "$address" ;;
	esac
	hw_comma hw_servers "$address"
}

# hw_other: what the daemon does not know yet is checked and kept.
hw_other() {
	local kind address
	config_get kind "$1" TYPE
	hw_typed "$1" "$kind" 'address:string'
	config_get address "$1" address
	hw_key_shape "$address" || hw_bad "$1" address "$address"
}
