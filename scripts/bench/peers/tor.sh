# A private Tor network on a chain of five: the three relays are its directory
# authorities too, a has the client, b the service, and the client's circuits are
# made to go r1, r2, r3. Cables and IPv4 routes of its own.

# tor_at N NODE
tor_at() { echo "10.9.$1.$(number "$2")"; }

tor_common() {
	cat <<-END
		TestingTorNetwork 1
		DataDirectory $1
		Address $2
		Log notice file $1/log
		AssumeReachable 1
		PathsNeededToBuildCircuits 0.67
		EnforceDistinctSubnets 0
		ConfluxEnabled 0
		User root
		$(cat "$lab_dir/tor-authorities" 2>/dev/null)
	END
}

tor_relay() {
	cat <<-END
		Nickname ${1}
		ContactInfo nobody
		ORPort 5000 IPv4Only
		DirPort 7001 IPv4Only
		SocksPort 0
		ExitRelay 1
		ExitPolicy accept *:*
		ExitPolicyRejectPrivate 0
		AuthoritativeDirectory 1
		V3AuthoritativeDirectory 1
		TestingDirAuthVoteExit *
		TestingDirAuthVoteGuard *
		TestingDirAuthVoteHSDir *
		TestingMinExitFlagThreshold 0
		V3AuthVotingInterval 20
		V3AuthVoteDelay 4
		V3AuthDistDelay 4
		TestingV3AuthInitialVotingInterval 10
		TestingV3AuthInitialVoteDelay 3
		TestingV3AuthInitialDistDelay 3
	END
}

# Two ports whose streams never share a circuit: the same relays, other circuits.
tor_client() {
	cat <<-END
		SocksPort 127.0.0.1:9050 SessionGroup=1
		SocksPort 127.0.0.1:9051 SessionGroup=2
		ClientRejectInternalAddresses 0
		ClientDNSRejectInternalAddresses 0
		EntryNodes ${1}r1
		MiddleNodes ${1}r2
		ExitNodes ${1}r3
		StrictNodes 1
		UseEntryGuards 1
		NumEntryGuards 1
		NumDirectoryGuards 1
	END
}

# tor_keys N: an authority's keys for each relay, and the lines that name all three.
tor_keys() {
	local node dir v3 print
	for node in $(relays "$1"); do
		dir=$lab_dir/$node/tor
		mkdir -p "$dir/keys" && chmod 700 "$dir" "$dir/keys"
		echo bench | (cd "$dir/keys" && tor-gencert --create-identity-key -m 12 -a "$(tor_at "$1" "$node"):7001" --passphrase-fd 0) >"$dir/gencert" 2>&1 ||
			die "tor-gencert: $(tail -n 1 "$dir/gencert")"
		tor_common "$dir" "$(tor_at "$1" "$node")" >"$dir/torrc"
		tor_relay "$node" >>"$dir/torrc"
	done
	for node in $(relays "$1"); do
		dir=$lab_dir/$node/tor
		v3=$(awk '/^fingerprint/ {print $2}' "$dir/keys/authority_certificate")
		print=$(tor -f "$dir/torrc" --DirAuthority "x 127.0.0.1:1 0000000000000000000000000000000000000000" --list-fingerprint --quiet 2>/dev/null | awk 'END {$1 = ""; gsub(" ", ""); print}')
		[ ${#print} = 40 ] || die "tor has no fingerprint for $node: $(tor -f "$dir/torrc" --list-fingerprint 2>&1 | tail -n 3)"
		echo "DirAuthority $node orport=5000 v3ident=$v3 $(tor_at "$1" "$node"):7001 $print"
	done >"$lab_dir/tor-authorities"
}

# tor_start NODE: its pid goes to tor.pid.
tor_start() {
	local ns=$lab_id-$1
	# shellcheck disable=SC2046
	ip netns exec "$ns" $(core_of "$1") tor -f "$lab_dir/$1/tor/torrc" --RunAsDaemon 0 >"$lab_dir/$1/tor/out" 2>&1 &
	echo $! >"$lab_dir/$1/tor.pid"
	lab_pids="$lab_pids $!"
}

tor_pid() { cat "$lab_dir/$1/tor.pid"; }

# tor_begin N: start it; the network needs half a minute to agree on itself.
tor_begin() {
	local node
	wire "$1" t
	routed "$1" t "10.9.$1." 32
	tor_keys "$1"
	for node in $(relays "$1"); do
		cat "$lab_dir/tor-authorities" >>"$lab_dir/$node/tor/torrc"
		tor_start "$node"
	done
	mkdir "$lab_dir/$1a/tor" && chmod 700 "$lab_dir/$1a/tor"
	{
		tor_common "$lab_dir/$1a/tor" "$(tor_at "$1" "$1a")"
		tor_client "$1"
	} >"$lab_dir/$1a/tor/torrc"
	tor_start "$1a"
}

# tor_wait N: until a stream gets through, 150 s at most; the other peers are measured
# without it.
tor_wait() {
	wait_for 150 tor_through "$1" && return
	echo "Tor is left out: its network does not come up in 150 s; the client's log ends: $(tail -n 1 "$lab_dir/$1a/tor/log")" >&2
	return 1
	tor_socks 9051
	wait_for 30 tor_through "$1" || die "no second circuit over Tor"
	tor_socks 9050
}

tor_socks() { socks="-socks 127.0.0.1:$1"; }

# shellcheck disable=SC2086
tor_through() { LOAD_RECORD="" gen "$1a" echo ${socks:--socks 127.0.0.1:9050} -to "$(tor_at "$1" "$1b"):$port" -count 1; }

# tor_measured N: a stream's figures. What is loaded in "same" shares the circuit with
# the bulk stream, in "other" the relays only.
tor_measured() {
	local to bulk other
	to=$(tor_at "$1" "$1b"):$port
	set -- "$1a" "$lab_dir/$1b/control" -what tor -nodes "$1" -to "$to" -relay "$(tor_pid "$(middle "$1")")"
	local a=$1 sink=$2
	shift 2
	gen "$a" echo "$@" -socks 127.0.0.1:9050 -figure echo_rtt -count "$((pings / 2))"
	gen "$a" firstbyte "$@" -socks 127.0.0.1:9050 -figure first_byte -count "$streams"
	gen "$a" tcp "$@" -socks 127.0.0.1:9050 -control "$sink" -for "$tcp_for" &
	bulk=$!
	sleep 0.7
	gen "$a" echo "$@" -socks 127.0.0.1:9051 -figure loaded_echo_other -count "$pings" -for "$loaded_for" &
	other=$!
	gen "$a" echo "$@" -socks 127.0.0.1:9050 -figure loaded_echo_same -count "$pings" -for "$loaded_for"
	wait $bulk $other
}
