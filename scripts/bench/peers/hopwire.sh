# hopwire along a chain: a daemon on every node, discovery and circuits as shipped.

# hopwire_up N: prints start_to_first_ping: from the start of all daemons at once.
hopwire_up() {
	local node begun
	wire "$1" to
	for node in $(nodes "$1"); do with "$node" "$hopwire" init >/dev/null || die "init failed on $node"; done
	for node in $(nodes "$1"); do
		[ "$node" = "$1a" ] && begun=$(date +%s%N)
		lab_pin=$(core_of "$node")
		start "$node"
	done
	gen "$1a" reach -what hopwire -nodes "$1" -to "$(hopwire_at "$1" "$1b")" -since "$begun" -for 20s || die "no way over hopwire on $1 nodes"
	LOAD_RECORD="" gen "$1c" reach -to "$(hopwire_at "$1" "$1d")" -for 20s >/dev/null || die "no way over hopwire on $1 nodes"
}

# hopwire_at N NODE
hopwire_at() { ip_of "$2"; }
