#!/bin/bash
# Names in namespaces: two clients behind two routers, that know nothing of
# hopwire, open each other's router by name.
#
#   ca ---lan--- ra ====hopwire==== rb ---lan--- cb
#   dig, curl    dnsmasq            dnsmasq
#                node, nft          node, nft
#
# Each prints 'ok - NAME' or 'not ok - NAME'.
set -u
cd "$(dirname "$0")/../.." || exit 1
hopwire=$PWD/bin/hopwire
# shellcheck source=scripts/lab.sh
. scripts/lab.sh
# shellcheck source=scripts/test/tap.sh
. scripts/test/tap.sh
[ "$(id -u)" = 0 ] || die "needs root, for network namespaces"
need ip:iproute2 ethtool ping:iputils-ping curl python3 dig:bind9-dnsutils dnsmasq:dnsmasq-base nft:nftables

names_end() {
	ended=$?
	rm -rf "/etc/netns/$lab_id-ca" "/etc/netns/$lab_id-cb"
	rmdir /etc/netns 2>/dev/null
	(exit $ended)
	lab_end
}
trap names_end EXIT

# lan ROUTER CLIENT PREFIX: a LAN with the router's resolver in resolv.conf.
lan() {
	cable "$1" "$2" lan eth0
	for end in "$1 lan 1" "$2 eth0 2"; do
		# shellcheck disable=SC2086
		set -- "$1" "$2" "$3" $end
		in_ns "$4" sh -c "echo 0 >/proc/sys/net/ipv6/conf/$5/disable_ipv6"
		in_ns "$4" ip -6 addr add "$3::$6/64" dev "$5" nodad
	done
	in_ns "$2" ip -6 route add default via "$3::1"
	mkdir -p "/etc/netns/$lab_id-$2"
	echo "nameserver $3::1" >"/etc/netns/$lab_id-$2/resolv.conf"
}

# gateway ROUTER: what OpenWrt's zones do: masquerading from the LAN to the mesh,
# and nothing from the mesh to the LAN.
gateway() {
	in_ns "$1" sh -c 'echo 1 >/proc/sys/net/ipv6/conf/all/forwarding'
	in_ns "$1" nft -f - <<-END
		table ip6 mesh {
			chain masq { type nat hook postrouting priority srcnat; oifname "hopwire0" masquerade; }
			chain forward { type filter hook forward priority filter; policy drop;
				ct state established,related accept; iifname "lan" oifname "hopwire0" accept; }
		}
	END
}

# resolver ROUTER LAN-ADDRESS SERVER: dnsmasq, with its guard against answers that
# point into private networks, and the exception from it.
resolver() {
	ip netns exec "$lab_id-$1" dnsmasq --keep-in-foreground --conf-file=/dev/null --no-resolv --no-hosts --pid-file= --user=root --port=53 \
		--bind-interfaces --listen-address="$2" --stop-dns-rebind --log-facility="$lab_dir/$1/dnsmasq" \
		"${@:4}" --server="/hop/$3" --server="/0.7.f.6.8.6.d.f.ip6.arpa/$3" >"$lab_dir/$1/dnsmasq.out" 2>&1 &
	lab_pids="$lab_pids $!"
	dnsmasq=$!
}

# web ROUTER: a web server on the router's mesh address.
web() {
	mkdir "$lab_dir/$1/www"
	echo "hello from $1" >"$lab_dir/$1/www/hello"
	(cd "$lab_dir/$1/www" && exec ip netns exec "$lab_id-$1" python3 -m http.server --bind "$(ip_of "$1")" 80) >/dev/null 2>&1 &
	lab_pids="$lab_pids $!"
}

# counter ROUTER NAME
counter() { with "$1" "$hopwire" metrics | awk -v n="hopwire_names_$2_total" '$1 == n {print $2}'; }
# says NAME WANT COMMAND...: the command prints exactly that.
says() {
	name=$1 want=$2
	shift 2
	got=$("$@" 2>&1)
	if [ "$got" = "$want" ]; then ok "$name"; else not_ok "$name" "got '$got' instead of '$want'"; fi
}
# counts NAME ROUTER COUNTER COMMAND...: the command raises the counter.
counts() {
	name=$1 router=$2 which=$3
	shift 3
	before=$(counter "$router" "$which")
	"$@" >/dev/null 2>&1
	after=$(counter "$router" "$which")
	if [ "$after" -gt "$before" ]; then ok "$name: $which $before, then $after"; else not_ok "$name" "$which $before, then $after"; fi
}
# status_of NS DIG-ARGUMENTS...: the answer's code.
status_of() { in_ns "$1" dig +time=2 +tries=1 "${@:2}" | sed -n 's/.*status: \([A-Z]*\),.*/\1/p'; }
ask() { in_ns "$1" dig +short +time=2 +tries=1 "${@:2}"; }
fetch() { in_ns "$1" curl -sS --max-time 10 "$2"; }

host ra rb ca cb
cable ra rb
lan ra ca fd00:a
lan rb cb fd00:b
export HOPWIRE_DNS=127.0.0.1:5355
for n in ra rb; do
	HOPWIRE_HOSTS=$lab_dir/$n/names start $n
	gateway "$n"
done
for n in ra rb; do
	wait_for 5 log_has $n started || die "$n does not start: $(cat "$lab_dir/$n/log")"
done
printf '# the valley\n%s ra first.hop\nnonsense\n%s rb second\n' "$(address ra)" "$(address rb)" >"$lab_dir/names"
for n in ra rb; do cp "$lab_dir/names" "$lab_dir/$n/names"; done
is "first ping over the mesh" wait_for 5 reaches ra rb
web ra
web rb

# On the router itself.
is "the file is read when it comes" wait_for 3 sh -c "ip netns exec $lab_id-ra dig +short @$(ip_of ra) AAAA rb.hop | grep -q ."
is "a bad line is said once, with its number" sh -c "[ \$(grep -c 'bad line.*line=3' $lab_dir/ra/log) = 1 ]"
says "AAAA on the mesh address" "$(ip_of rb)" ask ra "@$(ip_of ra)" AAAA rb.hop
says "AAAA on 127.0.0.1:5355" "$(ip_of rb)" ask ra @127.0.0.1 -p 5355 AAAA "$(address rb).hop"
says "AAAA by TCP" "$(ip_of rb)" ask ra "@$(ip_of ra)" +tcp AAAA second.hop
says "PTR" "rb.hop." ask ra "@$(ip_of ra)" -x "$(ip_of rb)"
says "its own name" "$(ip_of ra)" ask ra "@$(ip_of ra)" AAAA "$(address ra).hop"
says "A has no data" NOERROR status_of ra "@$(ip_of ra)" A rb.hop
says "an unknown name does not exist" NXDOMAIN status_of ra "@$(ip_of ra)" AAAA nobody.hop
says "hopwire address NAME" "$(address rb)" with ra "$hopwire" address rb.hop
says "hopwire address NAME --ip" "$(ip_of rb)" with ra "$hopwire" address second --ip
says "hopwire address ADDRESS without a node" "$(ip_of rb)" with ca "$hopwire" address "$(address rb)" --ip
is "hopwire ping NAME" with ra "$hopwire" ping rb.hop -c 2 -i 0.05
is "hopwire trace NAME" with ra "$hopwire" trace rb
refuses "an unknown name" 'no node is named "nobody.hop"' with ra "$hopwire" ping nobody.hop

# From the clients, by dnsmasq. One forwards to the mesh address, one to loopback.
resolver ra fd00:a::1 "127.0.0.1#5355"
guarded=$dnsmasq
is "dnsmasq answers" wait_for 5 sh -c "ip netns exec $lab_id-ca dig +time=1 +tries=1 rb.hop | grep -q status:"
says "without the exception dnsmasq holds the answer back" "" ask ca AAAA rb.hop
kill "$guarded"
wait "$guarded"
resolver ra fd00:a::1 "127.0.0.1#5355" --rebind-domain-ok=/hop/
resolver rb fd00:b::1 "$(ip_of rb)" --rebind-domain-ok=/hop/
is "with it, client a has the address" wait_for 5 sh -c "ip netns exec $lab_id-ca dig +short AAAA rb.hop | grep -qx $(ip_of rb)"
is "client b too" wait_for 5 sh -c "ip netns exec $lab_id-cb dig +short AAAA ra.hop | grep -qx $(ip_of ra)"
says "PTR through dnsmasq" "rb.hop." ask ca -x "$(ip_of rb)"
says "TCP through dnsmasq" "$(ip_of rb)" ask ca +tcp AAAA second.hop
says "client a opens http://rb.hop/" "hello from rb" fetch ca http://rb.hop/hello
says "client b opens http://ra.hop/" "hello from ra" fetch cb http://ra.hop/hello
says "client a opens http://ADDRESS.hop/" "hello from rb" fetch ca "http://$(address rb).hop/hello"
says "a client may ask the node itself" "$(ip_of rb)" ask ca "@$(ip_of ra)" AAAA rb.hop
if in_ns rb ping -c 1 -W 1 fd00:a::2 >/dev/null 2>&1; then not_ok "nothing comes in to a LAN" "it does"; else ok "nothing comes in to a LAN"; fi

# A name added is known a second later, one removed is gone.
sed -i 's/ rb second/ rb third/' "$lab_dir/ra/names"
is "the file is read again" wait_for 3 sh -c "ip netns exec $lab_id-ra dig +short @$(ip_of ra) AAAA third.hop | grep -q ."
says "what was removed is gone" NXDOMAIN status_of ra "@$(ip_of ra)" AAAA second.hop

# Refused, and counted.
says "another zone" REFUSED status_of ca "@$(ip_of ra)" AAAA example.org
counts "another zone is counted" ra refused ask ca "@$(ip_of ra)" AAAA example.org
says "another class" REFUSED status_of ca "@$(ip_of ra)" version.bind CH TXT
says "a zone transfer" "; Transfer failed." sh -c "ip netns exec $lab_id-ca dig +noall +time=2 +tries=1 @$(ip_of ra) AXFR hop | grep Transfer"
# send ADDRESS HEX [tcp]: a message, however bad; prints the answer's code.
send() {
	in_ns ca python3 - "$@" <<-'END'
		import socket, sys
		kind = socket.SOCK_STREAM if len(sys.argv) > 3 else socket.SOCK_DGRAM
		s = socket.socket(socket.AF_INET6, kind)
		s.settimeout(1)
		s.connect((sys.argv[1], 53))
		s.send(bytes.fromhex(sys.argv[2]))
		try:
		    b = s.recv(2000)
		    print(*(len(b), b[3] & 15) if b else ["closed"])
		except TimeoutError:
		    print("nothing")
		except ConnectionResetError:
		    print("closed")
	END
}
zeros() { head -c "$1" /dev/zero | od -An -vtx1 | tr -d ' \n'; }
says "half a header is not answered" nothing send "$(ip_of ra)" 1234
counts "and counted" ra dropped send "$(ip_of ra)" 1234
says "an answer is not answered" nothing send "$(ip_of ra)" "123481$(zeros 30)"
says "a malformed query: FORMERR" "12 1" send "$(ip_of ra)" "12340100000100000000$(zeros 2)05"
counts "and counted" ra malformed send "$(ip_of ra)" "12340100000100000000$(zeros 2)05"
says "an oversize query: FORMERR" "12 1" send "$(ip_of ra)" "12340100000100000000$(zeros 3000)"
says "an oversize message ends a connection" closed send "$(ip_of ra)" "ffff$(zeros 30)" tcp
counts "another node's question is counted" rb stranger ask ra "@$(ip_of rb)" AAAA rb.hop
says "and not answered" "" status_of ra "@$(ip_of rb)" AAAA rb.hop
says "nor by TCP" "" status_of ra "@$(ip_of rb)" +tcp AAAA rb.hop
counts "nor is a client of another router" rb stranger ask ca "@$(ip_of rb)" AAAA rb.hop

# A port that another has: the node runs, says so, and takes it when it is free.
host rc
(exec ip netns exec "$lab_id-rc" python3 -c 'import socket
s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM); s.bind(("::", 53)); print("bound", flush=True); s.recv(1)' >"$lab_dir/rc/squatter") &
squatter=$!
lab_pids="$lab_pids $squatter"
wait_for 10 grep -q bound "$lab_dir/rc/squatter" || die "python3 does not listen"
HOPWIRE_HOSTS='' start rc
is "a port in use is said" wait_for 5 log_has rc "names at=.*address already in use"
is "and the node runs" with rc "$hopwire" status
kill "$squatter"
is "the port is taken when it is free" wait_for 8 sh -c "ip netns exec $lab_id-rc dig +short +time=1 +tries=1 @$(ip_of rc) AAAA $(address rc).hop | grep -q ."
kill -TERM "$(pid_of rc)"
wait "$(pid_of rc)"
says "and it ends well" 0 echo $?

[ $failures = 0 ]
