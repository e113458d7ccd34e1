#!/bin/bash
# make demo: six routers in network namespaces, real frames between them; then eight others,
# of which none knows all, and a route server.
#
#        r1 ---- r2
#       /          \
#     r5            r3 ---- r6
#       \          /
#        `-- r4 --'
#
# A ring of five with one router hanging off it. No cable has an IP address.
#
#   v1 -- v2 -- v3 -- v4 -- v5 -- v6 -- v7 -- v8
#                            |
#                           rs
#
# A valley in which each router knows five others. rs is a route server.
set -u
cd "$(dirname "$0")/.." || exit 1
hopwire=$PWD/bin/hopwire
server=$PWD/bin/hopwire-route
# shellcheck source=scripts/lab.sh
. scripts/lab.sh
[ "$(id -u)" = 0 ] || die "make demo needs root, for network namespaces"
need ip:iproute2 ethtool ping:iputils-ping curl python3

say() { printf '\n== %s\n' "$*"; }
fail() {
	echo "demo: FAILED: $*"
	tail -n 5 "$lab_dir"/[rv]*/log
	exit 1
}

# gap MOST LEAST: what the ping has seen: no pause above MOST seconds, LEAST answers.
gap() {
	awk -F'[][]' -v most="$1" -v least="$2" '/icmp_seq/ {if (last && $2 - last > gap) gap = $2 - last; last = $2; n++}
		END {printf "traffic stood still for %.0f ms; %d answers\n", gap * 1000, n; exit gap > most || n < least}' "$lab_dir/ping"
}

sed -n '5,10p' scripts/demo.sh | cut -c 3-

say "cables without any IP address, and a capture on r2-r3 from before the daemons start"
host r1 r2 r3 r4 r5 r6
for c in "r1 r2" "r2 r3" "r3 r4" "r4 r5" "r5 r1" "r3 r6"; do
	# shellcheck disable=SC2086
	cable $c
done
ip netns exec "$lab_id-r2" "$PWD/bin/capture" to-r3 >"$lab_dir/capture" 2>&1 &
capture=$!
lab_pids="$lab_pids $capture"

say "six daemons; each knows its interfaces and the network key, nothing else"
begun=$(date +%s%N)
for n in r1 r2 r3 r4 r5 r6; do start $n; done
for n in r1 r2 r3 r4 r5 r6; do
	wait_for 5 address $n || fail "no address on $n"
	echo "$n $(address $n)"
done
wait_for 15 reaches r1 r6 || fail "r1 does not reach r6"
echo "r1 reaches r6 $((($(date +%s%N) - begun) / 1000000)) ms after the start of the first daemon"
sleep 2 # let the warm circuits come up, and some control frames pass

# names: addresses to names.
names() { for n in r1 r2 r3 r4 r5 r6; do sed_args="${sed_args:-} -e s/$(address $n)/$n/g"; done; }
names
# shellcheck disable=SC2086
name_them() { sed $sed_args; }
# path: the circuit in use from r1 to r6.
path() {
	with r1 "$hopwire" circuits --json | name_them |
		python3 -c 'import json, sys
for c in json.load(sys.stdin):
    if c["kind"] == "own" and c["peer"] == "r6" and c["state"] == sys.argv[1]: print(*c["hops"])' "${1:-active}"
}

say "the circuit in use from r1 to r6"
first=$(path)
echo "active: r1 $first"
echo "warm:   r1 $(path warm)"
with r1 "$hopwire" trace "$(address r6)" | name_them | cut -d ' ' -f 1-5,9- || fail "trace"

say "ping"
kill -USR1 "$capture"
in_ns r1 ping -c 20 -i 0.05 -q "$(ip_of r6)" | tail -n 2 || fail "ping"

say "a file of 64 MiB from r6 to r1, by curl"
head -c 67108864 /dev/urandom >"$lab_dir/r6/file"
(cd "$lab_dir/r6" && exec ip netns exec "$lab_id-r6" python3 -m http.server --bind "$(ip_of r6)" 8000) >/dev/null 2>&1 &
lab_pids="$lab_pids $!"
wait_for 20 in_ns r1 curl -sf -o /dev/null -r 0-0 "http://[$(ip_of r6)]:8000/file" || fail "no HTTP server"
in_ns r1 curl -sf --max-time 40 -o "$lab_dir/r1/file" -w '%{size_download} bytes in %{time_total} s, %{speed_download} bytes/s\n' \
	"http://[$(ip_of r6)]:8000/file" || fail "curl"
cmp "$lab_dir/r1/file" "$lab_dir/r6/file" || fail "the copy differs"
sha256sum "$lab_dir/r1/file" "$lab_dir/r6/file" | sed "s|$lab_dir/||"

say "the cable in use is cut while a ping goes every 20 ms"
first=$(path)
# shellcheck disable=SC2086
set -- $first
cut_a=$1 cut_b=$2 # the second cable of the path: neither end sees it go
ip netns exec "$lab_id-r1" ping -D -i 0.02 -w 6 "$(ip_of r6)" >"$lab_dir/ping" 2>&1 &
ping=$!
sleep 2
in_ns "$cut_a" ip link set "to-$cut_b" down
echo "cut: $cut_a-$cut_b of r1 $first"
wait $ping
gap 3 100 || fail "traffic did not come back"
echo "now active: r1 $(path)"
[ "$(path)" != "$first" ] || fail "the circuit is the same"

say "what an outsider sees on r2-r3 (a capture of every frame)"
kill -TERM "$capture"
wait "$capture" || { cat "$lab_dir/capture"; fail "the frames can be told from random bytes"; }
cat "$lab_dir/capture"

say "memory of each router, kB: resident, peak"
for n in r1 r2 r3 r4 r5 r6; do echo "$n $(resident $n)"; done

for n in r1 r2 r3 r4 r5 r6; do kill -TERM "$(pid_of $n)"; done
for n in r1 r2 r3 r4 r5 r6; do wait "$(pid_of $n)" || fail "$n did not end well"; done

say "a valley: eight routers, of which each has room for five others, and a route server (rs)"
sed -n '13,15p' scripts/demo.sh | cut -c 3-
valley="v1 v2 v3 v4 v5 v6 v7 v8"
# shellcheck disable=SC2086
host $valley rs
for c in "v1 v2" "v2 v3" "v3 v4" "v4 v5" "v5 v6" "v6 v7" "v7 v8" "v5 rs"; do
	# shellcheck disable=SC2086
	cable $c
done
export HOPWIRE_VICINITY=5
for n in $valley; do start "$n"; done
start_server rs
wait_for 5 with_server rs address || fail "no address on rs"
for n in $valley; do sed_args="$sed_args -e s/$(address "$n")/$n/g -e s/$(short_of "$n")/$n/g"; done
sed_args="$sed_args -e s/$(with_server rs address)/rs/g"
mapped() { [ "$(with_server rs map | tail -n +2 | wc -l)" = 9 ]; }
wait_for 90 mapped || fail "the server has no whole map"
echo "the server knows $(with_server rs map | tail -n +2 | wc -l) nodes"
echo "v1 knows $(with v1 "$hopwire" routes | tail -n +2 | cut -d ' ' -f 1 | name_them | sort | tr '\n' ' ')"

say "beyond the horizon: a name for v8, of which v1 knows nothing but the address"
echo "$(address v8) lake" >"$lab_dir/v1/hosts"
wait_for 40 with v1 "$hopwire" ping lake.hop -c 1 || fail "v8 is not reached by its name"
with v1 "$hopwire" ping lake.hop -c 3 -i 0.1 || fail "ping lake.hop"
with v1 "$hopwire" paths lake.hop -k 1 --json | name_them |
	python3 -c 'import json, sys
p = json.loads(sys.stdin.readline()); print("the way: v1", *p["way"], "(" + str(p["hops"]) + " hops, known from", p["from"] + ")")' || fail "paths"
echo "whose address is $(ip_of v7)? $(with v2 "$hopwire" address "$(ip_of v7)" | name_them), says the server to v2"
in_ns v1 ping -c 20 -i 0.05 -q "$(ip_of v8)" | tail -n 2 || fail "ping to v8"

say "what the server knows of who asked"
with_server rs status | grep -E '^(relays|questions|answers)'
with_server rs metrics >"$lab_dir/said"
if cat "$lab_dir/said" "$lab_dir/rs/log" | grep -qe "$(address v1)" -e "$(short_of v1)"; then fail "the server names who asked"; fi
echo "in its log and counters: nothing"

say "the server is killed while a ping goes from v1 to v8 every 20 ms"
ip netns exec "$lab_id-v1" ping -D -i 0.02 -w 4 "$(ip_of v8)" >"$lab_dir/ping" 2>&1 &
ping=$!
sleep 1
kill -KILL "$(pid_of rs)"
wait "$(pid_of rs)" 2>/dev/null
wait $ping
gap 1 150 || fail "traffic did not go on"

for n in $valley; do kill -TERM "$(pid_of "$n")"; done
for n in $valley; do wait "$(pid_of "$n")" || fail "$n did not end well"; done
echo
echo "demo: ok"
