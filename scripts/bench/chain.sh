# Sourced by bench.sh, bench-peers.sh and profile.sh after lab.sh: the one
# configuration of all measurements, chains of namespaces, and how they are measured.
#
#   c         d         three nodes: a r1 b;   five: a r1 r2 r3 b
#    \       /          c - d shares the relays with a - b, nothing else
# a - r1 ... rk - b
#
# Each peer has veth cables of its own between the same namespaces, named after it:
# to-X hopwire, k-X plain forwarding, w-X WireGuard, t-X Tor. Names start with the
# chain's length: 3a, 3r1, 3b.

mtu=1380                 # of every IP path: hopwire's TUN, WireGuard's, plain cables
port=7000                # of 'load serve'
tcp_for=${TCP_FOR:-3s}   # one stream, after half a second of warm-up
loaded_for=${LOADED_FOR:-2500ms} # pings beside it, begun 0.7 s after it
udp_for=${UDP_FOR:-500ms} # one probe of a search
udp_steps=${UDP_STEPS:-7} # halvings between 2,000 and 640,000 packets/s: to 4 %
pings=${PINGS:-300}      # 5 ms apart
streams=${STREAMS:-20}   # new streams for the time to the first byte
load=$PWD/bin/load

# Relays have a core of their own, where there is one; ends and generators the other.
relay_core="" end_core=""
if [ "$(nproc)" -gt 1 ]; then relay_core="taskset -c 0" end_core="taskset -c 1"; fi
# Of the name: pin for a node.
core_of() { case $1 in ?r*) echo "$relay_core" ;; *) echo "$end_core" ;; esac; }
# gen NAME COMMAND...: the generator in a namespace.
gen() {
	local gen_ns=$1
	shift
	# shellcheck disable=SC2086
	in_ns "$gen_ns" $end_core "$load" "$@"
}

# relays N, nodes N, middle N, links N: names of a chain. links prints pairs.
relays() { seq -f "$1r%g" $(($1 - 2)); }
nodes() { printf '%s\n' "$1a" "$1b" "$1c" "$1d" && relays "$1"; }
middle() { echo "$1r$((($1 - 1) / 2))"; }
links() {
	local r last before
	last=$1r$(($1 - 2)) before=$1a
	for r in $(relays "$1"); do
		echo "$before $r"
		before=$r
	done
	echo "$last $1b $1c $1r1 $last $1d"
}

# chain N: the namespaces, with the servers in b and d.
chain() {
	local e
	# shellcheck disable=SC2046
	host $(nodes "$1")
	for e in "$1b" "$1d"; do server "$e"; done
}

# server NAME: 'load serve' there; its pid in $pid.
server() {
	local ns=$lab_id-$1 # 'ip' itself in the background, for $! to be the server
	# shellcheck disable=SC2086
	ip netns exec "$ns" $end_core "$load" serve -to "[::]:$port" -control "$lab_dir/$1/control" 2>>"$lab_dir/$1/load" &
	pid=$!
	lab_pids="$lab_pids $pid"
	wait_for 10 test -S "$lab_dir/$1/control" || die "no server in $1: $(cat "$lab_dir/$1/load")"
}

# wire N KIND: cables of a kind (a letter) along the chain.
wire() {
	# shellcheck disable=SC2046
	set -- "$2" $(links "$1")
	local kind=$1
	shift
	while [ $# -gt 1 ]; do
		cable "$1" "$2" "$kind-$2" "$kind-$1"
		shift 2
	done
}

# ways N: a line "from to via" for each pair of a chain's nodes: via is the neighbour
# of from on the way; behind them the numbers of the three, their places in addresses.
ways() {
	[ -f "$lab_dir/ways$1" ] || links "$1" | awk '
		function number(x) { return substr(x, 2, 1) == "r" ? 10 + substr(x, 3) : index("abcd", substr(x, 2)) }
		{ for (i = 1; i < NF; i += 2) { near[$i, $(i+1)]; near[$(i+1), $i]; all[$i]; all[$(i+1)] } }
		END {
			for (to in all) {
				split("", via); via[to] = to; queue[q = 1] = to
				for (h = 1; h <= q; h++) for (x in all) if (((queue[h], x) in near) && !(x in via)) { via[x] = queue[h]; queue[++q] = x }
				for (x in all) if (x != to) print x, to, via[x], number(x), number(to), number(via[x])
			}
		}' >"$lab_dir/ways$1"
	cat "$lab_dir/ways$1"
}

# number NODE: its place in addresses.
number() { case $1 in ?a) echo 1 ;; ?b) echo 2 ;; ?c) echo 3 ;; ?d) echo 4 ;; *) echo $((10 + ${1#?r})) ;; esac; }

# routed N KIND PREFIX LENGTH: static routes among all nodes of a chain over cables
# of a kind; a node's address is PREFIX and its number, the same on all its cables.
routed() {
	local n
	for n in $(nodes "$1"); do
		ways "$1" | awk -v n="$n" -v kind="$2" -v prefix="$3" -v len="$4" '$1 == n {
			if ($2 == $3) print "addr add " prefix $4 "/" len " dev " kind "-" $2 (len == 128 ? " nodad" : "")
			print "route add " prefix $5 "/" len " via " prefix $6 " dev " kind "-" $3 " onlink" }' |
			sort >"$lab_dir/$n/batch" # addresses before routes
		in_ns "$n" sh -c "[ $4 = 32 ] || for i in /proc/sys/net/ipv6/conf/$2-*; do echo 0 >\$i/disable_ipv6; done
			echo 1 >/proc/sys/net/ipv6/conf/all/forwarding; echo 1 >/proc/sys/net/ipv4/ip_forward; ip -batch $lab_dir/$n/batch" ||
			die "no routes on $n"
	done
}

# A peer's file defines PEER_up N, and PEER_at N NODE, which prints its address there.

# measured WHAT N FUNCTION RELAY-PID: every figure of an IP path, as JSON lines. The
# ping that is loaded in "same" shares its ends with the stream, in "other" only the
# relays.
measured() {
	local a b c d sink bulk other size
	a=$2a c=$2c b=$($3 "$2" "$2b") d=$($3 "$2" "$2d") sink=$lab_dir/$2b/control
	set -- -what "$1" -nodes "$2" -relay "$4"
	gen "$a" ping "$@" -to "$b" -figure idle_rtt -count "$pings"
	gen "$a" echo "$@" -to "[$b]:$port" -figure echo_rtt -count "$((pings / 2))"
	gen "$a" firstbyte "$@" -to "[$b]:$port" -figure first_byte -count "$streams"
	gen "$a" tcp "$@" -to "[$b]:$port" -control "$sink" -for "$tcp_for" &
	bulk=$!
	sleep 0.7
	gen "$c" ping "$@" -to "$d" -figure loaded_rtt_other -count "$pings" -for "$loaded_for" &
	other=$!
	gen "$a" ping "$@" -to "$b" -figure loaded_rtt_same -count "$pings" -for "$loaded_for"
	wait $bulk $other
	for size in ${udp_sizes-64 1200}; do
		gen "$a" udp "$@" -to "[$b]:$port" -control "$sink" -size "$size" -for "$udp_for" -steps "$udp_steps"
	done
}
