# Shared by hopwire's scripts: logging, and the identity.
# shellcheck shell=dash disable=SC2034

HW_RUN=/var/run/hopwire
HW_SOCKET=$HW_RUN/hopwire.sock
# Where the resolver listens for dnsmasq, with or without a mesh address.
HW_DNS='[::1]:5354'
HW_DNS_SERVER='::1#5354'

# hw_folder PATH: a folder for root alone.
hw_folder() { mkdir -p "$1" && chmod 0700 "$1"; }

hw_log() { logger -t hopwire -p "daemon.$1" "$2"; }

# hw_identity FOLDER SECONDS: make the identity where there is none, or nothing in
# its file, as a power cut may leave it. 'hopwire init' waits for the kernel's random
# number generator; the wait is bounded, and the init script tries again at the next
# start. It writes the file whole or not at all.
hw_identity() {
	local pid n=0
	[ -f "$1/identity" ] && grep -q '[0-9a-zA-Z]' "$1/identity" && return 0
	[ ! -f "$1/identity" ] || hw_log err "the identity in $1 is empty: a new one is made, with a new address"
	hw_folder "$1" || return 1
	HOPWIRE_STATE="$1" hopwire init >/dev/null 2>&1 &
	pid=$!
	while kill -0 "$pid" 2>/dev/null; do
		if [ "$n" -ge "$2" ]; then
			kill "$pid"
			return 1
		fi
		n=$((n + 1))
		sleep 1
	done
	[ -s "$1/identity" ]
}
