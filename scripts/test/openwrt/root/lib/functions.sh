# Stand-in for OpenWrt's functions.sh: reading UCI.
# shellcheck shell=dash
config_load() {
	CONFIG_ALL=''
	eval "$(uci -q -n export "$1")"
}
package() { :; }
config() {
	CONFIG_NOW=$2
	CONFIG_ALL="$CONFIG_ALL $2"
	config_forget "$2"
	config_set "$2" TYPE "$1"
}
# A section that is loaded again has only what it has now.
config_forget() {
	local v
	for v in $(set | sed -n "s/^\(CONFIG_$1_[A-Za-z0-9_]*\)=.*/\1/p"); do unset "$v"; done
}
option() { config_set "$CONFIG_NOW" "$1" "$2"; }
list() {
	local n have
	config_get n "$CONFIG_NOW" "$1_LENGTH" 0
	config_get have "$CONFIG_NOW" "$1"
	config_set "$CONFIG_NOW" "$1_LENGTH" $((n + 1))
	config_set "$CONFIG_NOW" "$1_ITEM$((n + 1))" "$2"
	config_set "$CONFIG_NOW" "$1" "${have:+$have }$2"
}
config_set() { eval "CONFIG_$1_$2=\$3"; }
config_get() { eval "$1=\"\${CONFIG_$2_$3:-\$4}\""; }
config_get_bool() {
	local b
	config_get b "$2" "$3" "$4"
	case "$b" in
	1 | on | true | yes | enabled) b=1 ;;
	0 | off | false | no | disabled) b=0 ;;
	*) b=$4 ;;
	esac
	eval "$1=\$b"
}
config_foreach() {
	local f="$1" kind="$2" s t
	shift 2
	for s in $CONFIG_ALL; do
		config_get t "$s" TYPE
		[ "$t" != "$kind" ] || "$f" "$s" "$@"
	done
}
config_list_foreach() {
	local s="$1" o="$2" f="$3" n i=1 v
	shift 3
	config_get n "$s" "${o}_LENGTH" 0
	while [ "$i" -le "$n" ]; do
		config_get v "$s" "${o}_ITEM$i"
		"$f" "$v" "$@"
		i=$((i + 1))
	done
}
