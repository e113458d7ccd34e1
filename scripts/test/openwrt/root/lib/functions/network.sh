# Stand-in for OpenWrt's network.sh: /tmp/networks has lines NETWORK DEVICE.
# shellcheck shell=dash
network_flush_cache() { :; }
network_get_device() {
	local d
	d=$(sed -n "s/^$2 //p" /tmp/networks 2>/dev/null)
	[ -n "$d" ] && eval "$1=\$d"
}
