# The floor: two hopwire nodes with 'load floor' between them in the relay's place,
# which carries every frame on unopened. The ends do the same work as with a relay;
# what the process uses is system calls and nothing else. Without it: the limit of
# the generator over one cable.

floor_type=0x88b5

# floor_up: a chain of three whose relay is the floor; its pid in $floor_pid.
floor_up() {
	local ns node
	host Fa Fr Fb
	cable Fa Fr to-Fr e0
	cable Fr Fb e1 to-Fr
	ns=$lab_id-Fr
	# shellcheck disable=SC2086
	ip netns exec "$ns" $relay_core "$load" floor e0 e1 $floor_type 2>"$lab_dir/Fr/log" &
	floor_pid=$!
	lab_pids="$lab_pids $floor_pid"
	lab_pin=$end_core
	for node in Fa Fb; do HOPWIRE_ETHERTYPE=$floor_type start $node; done
	server Fb
	LOAD_RECORD="" gen Fa reach -to "$(ip_of Fb)" -for 20s >/dev/null || die "the floor does not carry: $(cat "$lab_dir/Fr/log")"
}

# floor_run: its figures.
floor_run() {
	local b size
	floor_up
	b=$(ip_of Fb)
	set -- -what floor -nodes 3 -relay "$floor_pid"
	gen Fa ping "$@" -to "$b" -figure idle_rtt -count "$pings"
	gen Fa tcp "$@" -to "[$b]:$port" -control "$lab_dir/Fb/control" -for "$tcp_for"
	for size in ${udp_sizes-64 1200}; do
		gen Fa udp "$@" -to "[$b]:$port" -control "$lab_dir/Fb/control" -size "$size" -for "$udp_for" -steps "$udp_steps"
	done
}

# generator_limit N: from a to a server in r1 over one plain cable: what generator and
# server can do at most, both on the ends' core.
generator_limit() {
	local size near
	server "$1r1"
	near=$pid
	for size in ${udp_sizes-64 1200}; do
		gen "$1a" udp -what generator -nodes 2 -to "[$(kernel_at "$1" "$1r1")]:$port" -control "$lab_dir/$1r1/control" -size "$size" -for "$udp_for" -steps "$udp_steps"
	done
	kill "$near"
}
