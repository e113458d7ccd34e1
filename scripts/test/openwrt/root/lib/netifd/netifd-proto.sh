# Stand-in for netifd's: what a handler asks for goes to /tmp/proto. The arguments
# are PROTOCOL ACTION INTERFACE.
# shellcheck shell=dash disable=SC2154
init_proto() { proto_action=$2 proto_interface=$3; }
for f in init_update add_ipv6_address add_ipv6_route send_update notify_error block_restart setup_failed run_command; do
	eval "proto_$f() { printf '%s\n' \"$f \$*\" >>/tmp/proto; }"
done
add_protocol() {
	case "$proto_action" in
	dump) "proto_$1_init_config" && echo "$1 no_device=$no_device available=$available no_proto_task=$no_proto_task" ;;
	*) "proto_$1_$proto_action" "$proto_interface" ;;
	esac
}
