# Shared by hopwire's scripts: may the node start? procd would restart a daemon that
# refuses for ever, so what it would refuse is found here and said once.
# shellcheck shell=dash disable=SC1091,SC2154
. /usr/share/hopwire/env.sh

# hw_ready: read the configuration and look at all that the node needs. Fails with
# the reason in hw_wrong; hw_enabled says whether the node is wanted at all.
hw_ready() {
	hw_far=''
	if ! hw_read; then
		[ "$hw_enabled" = 1 ] || hw_wrong=''
	elif [ "$hw_enabled" = 1 ]; then
		hw_identity "$hw_state" 20 ||
			hw_no "there is no identity in $hw_state, and none can be made; hint: can the folder be written? try: HOPWIRE_STATE=$hw_state hopwire init"
		hw_key_file
		[ -n "$hw_interfaces$hw_udp_port$hw_far" ] ||
			hw_no "no interface leads to neighbours; hint: name a device or network in a 'config interface' section of /etc/config/hopwire"
		[ -n "$hw_wrong" ] || hw_preflight
	fi
	[ -z "$hw_wrong" ]
}

hw_no() { [ -n "$hw_wrong" ] || hw_wrong="$1"; }

# hw_key_file: one or two different lines of 64 hex digits, and comments.
hw_key_file() {
	local keys
	if [ ! -s "$hw_key" ]; then
		hw_no "there is no network key in $hw_key; hint: copy the file of the mesh there, then: service hopwire setup"
		return
	fi
	keys=$(tr -d ' \t\r' <"$hw_key" | grep -v '^#' | grep .)
	if printf '%s\n' "$keys" | grep -qvxE '[0-9a-fA-F]{64}' || [ "$(printf '%s\n' "$keys" | wc -l)" -gt 2 ] || [ -n "$(printf '%s\n' "$keys" | sort | uniq -d)" ]; then
		hw_no "the network key in $hw_key is not one line of 64 hex digits, or two different ones; hint: copy the file of the mesh there again"
	fi
}

# hw_preflight: the daemon's own parser has the last word. 'hopwire address' reads
# the whole environment and the identity, and ends at once.
hw_preflight() {
	local said
	said=$(hw_run address 2>&1 >/dev/null) ||
		hw_no "$(printf '%s\n' "$said" | sed -n 's/^hopwire: error: //p; s/^hopwire: hint: /; hint: /p' | tr -d '\n')"
}

# hw_run COMMAND...: run hopwire in the environment of the daemon and no other: a
# login shell has one too.
hw_run() (
	for v in $(env | sed -n 's/^\(HOPWIRE_[A-Z_]*\)=.*/\1/p'); do unset "$v"; done
	while IFS= read -r line; do
		[ -n "$line" ] && export "${line?}"
	done <<END
$hw_env
END
	hopwire "$@"
)

# hw_say [again]: log why the node does not start, to the terminal too if there is
# one. With "again" not what was said already: interfaces may come and go often. The
# reason is kept for netifd's handler and for people, in /var/run/hopwire/problem.
hw_say() {
	hw_folder "$HW_RUN"
	if [ -z "$hw_wrong" ]; then
		rm -f "$HW_RUN/problem"
		return
	fi
	[ "$1" = again ] && [ "$(cat "$HW_RUN/problem" 2>/dev/null)" = "$hw_wrong" ] && return
	printf '%s\n' "$hw_wrong" >"$HW_RUN/problem"
	hw_log err "${2:-not started}: $hw_wrong"
	[ ! -t 2 ] || printf 'hopwire: %s\n' "$hw_wrong" >&2
}
