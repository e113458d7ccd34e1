# Stand-in for OpenWrt's procd.sh: what a service asks for goes to /tmp/procd, one
# line each.
# shellcheck shell=dash
say() { printf '%s\n' "$*" >>/tmp/procd; }
for f in open_instance close_instance add_jail add_jail_mount add_jail_mount_rw add_reload_trigger \
	add_reload_interface_trigger set_config_changed open_data close_data; do
	eval "procd_$f() { say $f \"\$@\"; }"
done
for f in add_array add_object add_string close_object close_array; do
	eval "json_$f() { say json_$f \"\$@\"; }"
done
procd_set_param() { say set "$@"; }
procd_append_param() { say set "$@"; }
uci_validate_section() {
	local package="$1" kind="$2" name="$3" out status
	shift 3
	out=$(/sbin/validate_data "$package" "$kind" "$name" "$@" 2>/dev/null)
	status=$?
	eval "$out"
	[ "$status" = 0 ] || /sbin/validate_data "$package" "$kind" "$name" "$@" >/dev/null
	return $status
}
