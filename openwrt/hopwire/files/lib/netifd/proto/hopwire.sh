#!/bin/sh
# netifd's protocol 'hopwire': an interface section with it has the node's device,
# mesh address and route. The node itself is run by procd, in its jail; this script
# starts it when it should run and does not, waits for its device and gives that to
# netifd. When the node dies, its device goes: netifd tears down and sets up again.
# shellcheck shell=dash disable=SC1091,SC2034,SC2154

[ -n "$INCLUDE_ONLY" ] || {
	. /lib/functions.sh
	. ../netifd-proto.sh
	init_proto "$@"
}
. /usr/share/hopwire/common.sh

proto_hopwire_init_config() {
	no_device=1
	available=1
	no_proto_task=1
	teardown_on_l3_link_down=1
}

proto_hopwire_setup() {
	local config="$1" tun state ip
	config_load hopwire
	config_get tun node tun hopwire0
	config_get state node state /etc/hopwire
	if [ "$tun" = none ]; then
		hw_give_up "$config" NO_TUN "option 'tun' of /etc/config/hopwire is none"
	elif ! /etc/init.d/hopwire enabled; then
		hw_give_up "$config" DISABLED "service hopwire enable; service hopwire start"
	elif ! hw_device_there "$tun"; then
		hw_no_device "$config" "$tun"
	elif ! ip=$(HOPWIRE_STATE="$state" hopwire address --ip 2>/dev/null); then
		hw_give_up "$config" NO_IDENTITY "$state"
	else
		rm -f "$HW_RUN/waiting.$config"
		ip link set "$tun" up
		proto_init_update "$tun" 1
		proto_add_ipv6_address "$ip" 32
		proto_add_ipv6_route fd68:6f70:: 32
		proto_send_update "$config"
	fi
}

# hw_give_up INTERFACE CODE TEXT: no retry; the init script wakes the interface when
# the node starts.
hw_give_up() {
	hw_folder "$HW_RUN"
	: >"$HW_RUN/waiting.$1"
	proto_notify_error "$1" "$2" "$3"
	proto_block_restart "$1"
	proto_setup_failed "$1"
}

# hw_no_device INTERFACE DEVICE: the init script may have said why; else it is slow,
# and netifd tries again.
hw_no_device() {
	local enabled
	config_get_bool enabled node enabled 1
	if [ "$enabled" = 0 ]; then
		hw_give_up "$1" DISABLED "option 'enabled' of /etc/config/hopwire is 0"
	elif [ -s "$HW_RUN/problem" ]; then
		hw_give_up "$1" NOT_READY "$(cat "$HW_RUN/problem")"
	else
		proto_notify_error "$1" NO_DEVICE "$2"
		proto_setup_failed "$1"
	fi
}

# hw_device_there DEVICE: start the node if there is no device, and wait for it. A
# node that dies at once is not started faster than procd would do it.
hw_device_there() {
	local n=0 now last=''
	[ -d "/sys/class/net/$1" ] && return 0
	hw_folder "$HW_RUN"
	read -r now _ </proc/uptime
	[ -s "$HW_RUN/started" ] && read -r last <"$HW_RUN/started"
	if [ -z "$last" ] || [ "$((${now%.*} - last))" -ge 5 ]; then
		echo "${now%.*}" >"$HW_RUN/started"
		HW_AGAIN=again /etc/init.d/hopwire start
	fi
	while [ "$n" -lt 15 ]; do
		[ -d "/sys/class/net/$1" ] && return 0
		[ -s "$HW_RUN/problem" ] && return 1
		n=$((n + 1))
		sleep 1
	done
	return 1
}

# The node goes on relaying. Its device goes down: of one that is up the node thinks
# that somebody took the address away, and gives it back.
proto_hopwire_teardown() {
	local tun
	config_load hopwire
	config_get tun node tun hopwire0
	[ ! -d "/sys/class/net/$tun" ] || ip link set "$tun" down
}

[ -n "$INCLUDE_ONLY" ] || add_protocol hopwire
