# wireguard-go along a chain: one device on every node with a tunnel to each
# neighbour, so that a relay opens each packet and seals it again. The kernel routes
# between the tunnels. Configured over its own socket; no wg(8) is needed.

wg_version=v0.0.0-20250521234502-f333402bd9cb

# wireguard_get: build that very version, outside of our module.
wireguard_get() {
	wg_go=$lab_dir/wireguard-go
	[ -x "$wg_go" ] && return
	mkdir -p "$lab_dir/wg"
	(cd "$lab_dir/wg" && printf 'module bench\n\ngo 1.23\n' >go.mod &&
		go get "golang.zx2c4.com/wireguard@$wg_version" && go build -o "$wg_go" golang.zx2c4.com/wireguard) >"$lab_dir/wg/log" 2>&1 ||
		die "cannot build wireguard-go $wg_version: $(tail -n 1 "$lab_dir/wg/log")"
}

wireguard_at() { echo "fd01:$1::$(number "$2")"; }

# wireguard_up N: prints first_ping, from the start of all daemons at once.
wireguard_up() {
	local node dev ns begun
	wireguard_get
	wire "$1" w
	for node in $(nodes "$1"); do "$load" wgkey >"$lab_dir/$node/wg"; done
	routed "$1" w "fd02:$1::" 128
	begun=$(date +%s%N)
	for node in $(nodes "$1"); do
		dev=w$$_$node
		ns=$lab_id-$node
		# shellcheck disable=SC2046
		ip netns exec "$ns" env WG_PROCESS_FOREGROUND=1 LOG_LEVEL=error $(core_of "$node") "$wg_go" -f "$dev" >>"$lab_dir/$node/wg.log" 2>&1 &
		echo $! >"$lab_dir/$node/wg.pid"
		lab_pids="$lab_pids $!"
	done
	for node in $(nodes "$1"); do wireguard_node "$1" "$node"; done
	gen "$1a" reach -what wireguard-go -nodes "$1" -to "$(wireguard_at "$1" "$1b")" -since "$begun" -for 20s || die "no way over wireguard-go on $1 nodes"
	LOAD_RECORD="" gen "$1c" reach -to "$(wireguard_at "$1" "$1d")" -for 20s >/dev/null || die "no way over wireguard-go on $1 nodes"
}

# wireguard_node N NODE: keys, tunnels and routes of one node.
wireguard_node() {
	local dev m
	dev=w$$_$2
	wait_for 5 test -S "/var/run/wireguard/$dev.sock" || die "wireguard-go does not start: $(tail -n 1 "$lab_dir/$2/wg.log")"
	{
		echo "private_key=$(cut -d ' ' -f 1 "$lab_dir/$2/wg")"
		echo "listen_port=51820"
		for m in $(ways "$1" | awk -v n="$2" '$1 == n && $2 == $3 {print $2}'); do
			echo "public_key=$(cut -d ' ' -f 2 "$lab_dir/$m/wg")"
			echo "endpoint=[fd02:$1::$(number "$m")]:51820"
			ways "$1" | awk -v n="$2" -v m="$m" -v prefix="fd01:$1::" '$1 == n && $3 == m {print "allowed_ip=" prefix $5 "/128"}'
		done
	} | "$load" uapi -control "/var/run/wireguard/$dev.sock" || die "wireguard-go on $2 refuses its configuration"
	ip -n "$lab_id-$2" addr add "$(wireguard_at "$1" "$2")/128" dev "$dev" nodad
	ip -n "$lab_id-$2" link set "$dev" mtu "$mtu" up
	ip -n "$lab_id-$2" route add "fd01:$1::/64" dev "$dev"
}

wireguard_pid() { cat "$lab_dir/$1/wg.pid"; }
