# Plain kernel forwarding along a chain: static IPv6 routes over cables of the same
# kind. As veth goes, a frame is forwarded on the core of whoever sent it, in one go
# and without a wake-up. kernel-rps is the same with receive packet steering to the
# relays' core, where the interrupts of a machine of its own would be served.

kernel_up() {
	local node i
	wire "$1" k
	for node in $(nodes "$1"); do
		for i in $(in_ns "$node" ls /sys/class/net); do case $i in k-*) ip -n "$lab_id-$node" link set "$i" mtu "$mtu" ;; esac; done
	done
	routed "$1" k "fd00:$1::" 128
	LOAD_RECORD="" gen "$1a" reach -what kernel -nodes "$1" -to "$(kernel_at "$1" "$1b")" -for 5s >/dev/null || die "the kernel does not forward on $1 nodes"
}

# kernel_at N NODE
kernel_at() { echo "fd00:$1::$(number "$2")"; }

# kernel_rps N MASK: steer what the relays receive to a set of cores; 0: not at all.
kernel_rps() {
	local node
	for node in $(relays "$1"); do
		in_ns "$node" sh -c "for q in /sys/class/net/k-*/queues/rx-0/rps_cpus; do echo $2 >\$q; done" 2>/dev/null || return 1
	done
}

# steered N: the idle round trip with steering.
steered() {
	kernel_rps "$1" 1 || return 0
	gen "$1a" ping -what kernel-rps -nodes "$1" -to "$(kernel_at "$1" "$1b")" -figure idle_rtt -count "$pings"
	kernel_rps "$1" 0
}
