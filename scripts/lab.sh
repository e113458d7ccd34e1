# Sourced by the other scripts: routers in network namespaces of our own, joined
# by veth cables that carry nothing but hopwire frames. Everything that is made
# here is named hw<pid>-..., bounded in time and removed by the trap on exit.

# shellcheck source=scripts/need.sh
. scripts/need.sh
lab_id=hw$$
lab_dir=""
lab_pids=""
lab_names=""

die() {
	echo "$0: $*" >&2
	exit 1
}

# lab_end: end what runs, remove what was made. A second Ctrl-C does not stop it.
lab_end() {
	status=$?
	trap - EXIT
	trap '' INT TERM HUP
	lab_kill TERM
	wait_for 5 lab_over || lab_kill KILL
	for n in $lab_names; do ip netns del "$lab_id-$n" 2>/dev/null; done
	rm -rf "$lab_dir"
	exit "$status"
}
# lab_running: what was started here, and what still runs in our namespaces, as
# servers that went into the background do.
lab_running() {
	for p in $lab_pids; do ! grep -qsx "PPid:.$$" "/proc/$p/status" || echo "$p"; done # ours, not one that has the number now
	for n in $lab_names; do ip netns pids "$lab_id-$n" 2>/dev/null; done
}
lab_kill() { for p in $(lab_running); do kill -s "$1" "$p" 2>/dev/null; done; }
lab_over() { [ -z "$(lab_running)" ]; }
trap lab_end EXIT
trap 'exit 130' INT TERM HUP
lab_dir=$(mktemp -d "${TMPDIR:-/tmp}/hopwire-lab.XXXXXX")

# host NAME ...: new namespaces.
host() {
	for n; do
		lab_names="$lab_names $n" # first: it is to go even if we are stopped in between
		ip netns add "$lab_id-$n" || die "no network namespaces: run as root"
		in_ns "$n" ip link set lo up
		mkdir -p "$lab_dir/$n"
	done
}

# in_ns NAME COMMAND...: run a command there.
in_ns() {
	ns=$lab_id-$1
	shift
	ip netns exec "$ns" "$@"
}

# cable A B [a-end b-end]: a veth pair named after the other end, offloads off,
# without any IP address.
cable() {
	a=$1 b=$2 ea=${3:-to-$2} eb=${4:-to-$1}
	ip -n "$lab_id-$a" link add "$ea" type veth peer name "$eb" netns "$lab_id-$b"
	plain "$a" "$ea"
	plain "$b" "$eb"
}

# plain NS INTERFACE: no IPv6, no offloads, up.
plain() {
	in_ns "$1" sh -c "echo 1 >/proc/sys/net/ipv6/conf/$2/disable_ipv6"
	in_ns "$1" ethtool -K "$2" tx off rx off tso off gso off gro off >/dev/null 2>&1
	in_ns "$1" ip link set "$2" up
}

# key: the network key of this lab.
key() {
	[ -f "$lab_dir/key" ] || head -c 32 /dev/urandom | od -An -vtx1 | tr -d ' \n' >"$lab_dir/key"
	echo "$lab_dir/key"
}

# with NAME COMMAND...: run hopwire's commands as the router's operator.
with() {
	n=$1
	shift
	in_ns "$n" env HOPWIRE_STATE="$lab_dir/$n" HOPWIRE_NETWORK_KEY_FILE="$(key)" HOPWIRE_INTERFACES="${HOPWIRE_INTERFACES:-to-*}" "$@"
}

# start NAME: start the daemon there, under $lab_pin if set ("taskset -c 0"); its log is
# $lab_dir/NAME/log, its pid in $pid.
start() {
	[ -f "$lab_dir/$1/identity" ] || with "$1" "$hopwire" init >/dev/null || die "init failed on $1"
	ns=$lab_id-$1
	ip netns exec "$ns" env HOPWIRE_STATE="$lab_dir/$1" HOPWIRE_NETWORK_KEY_FILE="$(key)" HOPWIRE_INTERFACES="${HOPWIRE_INTERFACES:-to-*}" \
		${lab_pin:-} "$hopwire" run >>"$lab_dir/$1/log" 2>&1 &
	pid=$!
	echo "$pid" >"$lab_dir/$1/pid"
	lab_pids="$lab_pids $pid"
}

# with_server NAME COMMAND...: hopwire-route's commands as the operator of the route server
# there. start_server NAME: run it as start runs a router; it copies those in $lab_peers.
lab_server() {
	ns=$lab_id-$1 at=$1
	shift
	exec ip netns exec "$ns" env HOPWIRE_ROUTE_STATE="$lab_dir/$at/route" HOPWIRE_ROUTE_NETWORK_KEY_FILE="$(key)" HOPWIRE_ROUTE_INTERFACES='to-*' \
		HOPWIRE_ROUTE_MEMORY=64 HOPWIRE_ROUTE_PEERS="${lab_peers:-}" "${server:-hopwire-route}" "$@"
}
with_server() { (lab_server "$@"); }
start_server() {
	[ -f "$lab_dir/$1/route/identity" ] || with_server "$1" init >/dev/null || die "init failed on $1"
	lab_server "$1" run >>"$lab_dir/$1/log" 2>&1 &
	pid=$!
	echo "$pid" >"$lab_dir/$1/pid"
	lab_pids="$lab_pids $pid"
}

pid_of() { cat "$lab_dir/$1/pid"; }
address() { with "$1" "$hopwire" address; }
ip_of() { with "$1" "$hopwire" address --ip; }
# short_of NAME: the short id, which the mesh address ends with behind its prefix.
short_of() { ip_of "$1" | python3 -c 'import ipaddress, sys; print(ipaddress.ip_address(sys.stdin.read().strip()).packed[4:12].hex())'; }

# wait_for SECONDS COMMAND...: until the command succeeds. Time is read without a
# program: a Ctrl-C while bash waits for one in $( ) can be lost.
wait_for() {
	limit=$((${EPOCHREALTIME/[.,]/} + $1 * 1000000))
	shift
	until "$@" >/dev/null 2>&1; do
		[ "${EPOCHREALTIME/[.,]/}" -lt "$limit" ] || return 1
		sleep 0.02
	done
}

# reaches A B: one ping over the mesh.
reaches() { in_ns "$1" ping -c 1 -W 1 "$(ip_of "$2")"; }

# resident NAME: the router's memory, "now peak" in kB.
resident() { awk '/VmHWM/ {h = $2} /VmRSS/ {r = $2} END {print r, h}' "/proc/$(pid_of "$1")/status"; }

# cpu NAME: CPU seconds used.
cpu() { awk -v hz="$(getconf CLK_TCK)" '{print ($14 + $15) / hz}' "/proc/$(pid_of "$1")/stat"; }
