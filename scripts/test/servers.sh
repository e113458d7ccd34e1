#!/bin/bash
# Route servers, with real daemons: a line of ten nodes, of which each knows six; a server
# near the middle, with one leaf beside it that has a way around and one that has none; and
# later a second server.
#
#                        ,-- lf ----- rs -- lx
#                       /            /
#   n0 -- n1 -- n2 -- n3 -- n4 -- n5 -- n6 -- n7 -- n8 -- n9
#               |
#              r2
#
# Each line is 'ok - NAME' or 'not ok - NAME'.
set -u
cd "$(dirname "$0")/../.." || exit 1
hopwire=$PWD/bin/hopwire
server=$PWD/bin/hopwire-route
# shellcheck source=scripts/lab.sh
. scripts/lab.sh
# shellcheck source=scripts/test/tap.sh
. scripts/test/tap.sh
[ "$(id -u)" = 0 ] || die "needs root, for network namespaces"
need ip:iproute2 ethtool ping:iputils-ping python3
export HOPWIRE_VICINITY=6

stop() { kill "-$2" "$(pid_of "$1")" && wait "$(pid_of "$1")" 2>/dev/null; }
again() { # NAME: start a node anew
	stop "$1" TERM
	start "$1"
}

# field NAME COLUMN COMMAND...: a value of the first object that a command prints as JSON;
# of servers, of the one that $of is the address of.
field() {
	n=$1 column=$2
	shift 2
	"$@" --json 2>/dev/null | of=${of:-} python3 -c 'import json, os, sys
all = json.load(sys.stdin)
for o in all if type(all) is list else [all]:
    if os.environ["of"] in ("", o.get("address")): print(*o[sys.argv[1]] if type(o[sys.argv[1]]) is list else [o[sys.argv[1]]]); break' "$column"
}
of_server() { field "$1" "$2" with_server "$1" status; }
of_servers() { of=$3 field "$1" "$2" with "$1" "$hopwire" servers; }
metric() { with "$1" "$hopwire" metrics | awk -v m="hopwire_$2_total" '$1 == m {print $2}'; }
knows() { [ "$(of_server "$1" relays)" -ge "$2" ]; }
has_way() { [ "$(of_servers "$1" hops "$2")" -ge 3 ]; }
saved() { [ "$(field "$1" relays with_server "$1" verify "$lab_dir/$1/route/map")" -ge "$2" ]; }
prints() { # WORD COMMAND...
	word=$1
	shift
	"$@" 2>&1 | grep -q -- "$word"
}

nodes="n0 n1 n2 n3 n4 n5 n6 n7 n8 n9 lf lx"
# shellcheck disable=SC2086
host $nodes rs r2
for i in 0 1 2 3 4 5 6 7 8; do cable n$i n$((i + 1)); done
for c in "n5 rs" "n3 lf" "lf rs" "lx rs" "n2 r2"; do
	# shellcheck disable=SC2086
	cable $c
done
for n in $nodes; do start "$n"; done
start_server rs
rs=$(with_server rs address)
is "the server has the whole map within 90 s" wait_for 90 knows rs 13

# What is beyond the horizon.
is "a node has a way to it without asking" wait_for 20 has_way n0 "$rs"
far=$(address n9)
is "a node beyond the horizon is reached by its mesh address alone" wait_for 20 reaches n0 n9
is "and a way to it is shown, that lives" wait_for 10 prints '"from": "[^"]*answer[^"]*", "alive": "yes"' with n0 "$hopwire" paths "$far" --probe --json
is "ping goes over a way of a number" prints 'seq 2 .*lost 0' with n0 "$hopwire" ping "$far" --path 1 -c 2 -i 0.05
is "trace too, to each of nine hops" prints "hop 9  address $far .*lost 0" with n0 "$hopwire" trace "$far" --path 1
is "there is no way of another number" prints 'error: there is no path 17 of' with n0 "$hopwire" ping "$far" --path 17
is "whose a mesh address is, a server says" wait_for 30 prints "^$far\$" with n1 "$hopwire" address "$(ip_of n9)"
is "what nobody knows is one line and a hint, within four seconds" wait_for 4 prints 'error: fd68:6f70::1 is not known' with n1 "$hopwire" address fd68:6f70::1

# What the server learns. Who asks has an identity that is drawn for the question; who offers
# his vicinity does so by name, on circuits of his own.
everybody() { for n in $nodes; do address "$n"; done; }
everybody >"$lab_dir/everybody"
watch() { while :; do with_server rs circuits --json; done >"$lab_dir/circuits" 2>/dev/null; }
watch &
watching=$!
lab_pids="$lab_pids $watching"
asked=$(of_server rs questions)
for n in n8 n7 n6; do with n0 "$hopwire" paths "$(address $n)" --refresh >/dev/null; done
answered_more() { [ "$(of_server rs answers)" -gt "$asked" ]; }
is "questions are answered" wait_for 10 answered_more
kill $watching && wait $watching 2>/dev/null
strangers() { grep -o '"peer": "[a-z2-7]*"' "$lab_dir/circuits" | cut -d '"' -f 4 | sort -u | grep -vFf "$lab_dir/everybody" | grep -qv "^$rs\$"; }
is "they come under identities of nobody" strangers
nameless() { # the asker is in nothing that the server says, but for what all nodes announce
	{
		cat "$lab_dir/rs/log"
		for c in status peers metrics findings; do with_server rs $c; done
		with_server rs doctor
	} >"$lab_dir/said" 2>&1
	! grep -qe "$(address n0)" -e "$(short_of n0)" -e "$(ip_of n0)" "$lab_dir/said" && grep -q questions "$lab_dir/said"
}
is "and nothing that the server says has the asker's name" nameless
around() { [ "$(of_servers lf hops "$rs")" -ge 3 ] && [ "$(of_servers lf way "$rs" | cut -d ' ' -f 1)" = "$(short_of n3)" ]; }
is "a leaf beside the server asks" wait_for 20 reaches lf n9
is "by its other neighbour, over two relays or more" around
with lx "$hopwire" ping "$far" -c 1 >/dev/null 2>&1
silent() { [ "$(of_servers lx asked "$rs")" = 0 ] && [ "$(metric lx ask_no_detour)" -gt 0 ]; }
is "a leaf with the server alone asks nothing" silent
is "and doctor says so" prints 'no way to a route server has two relays between' with lx "$hopwire" doctor

# A server that is killed, and comes back.
is "the map is on the disk" wait_for 60 saved rs 13
with n0 "$hopwire" ping "$far" -c 1 >/dev/null
(with n0 "$hopwire" ping "$far" -c 60 -i 0.1 >"$lab_dir/pings") &
pings=$!
sleep 1
stop rs KILL
wait $pings
few_lost() { [ "$(awk 'END {print $NF}' "$lab_dir/pings")" -le 20 ]; }
is "the server is killed: traffic goes on" few_lost
with n0 "$hopwire" circuits >"$lab_dir/own"
is "a node that was asked for before is reached" wait_for 10 reaches n0 n8
start_server rs
is "a server that was killed has its map at once" wait_for 10 prints 'map read.*relays=13' cat "$lab_dir/rs/log"
is "and answers" wait_for 10 prints ' ' with_server rs paths "$(address n0)" "$far"
again n0
is "a node that is started anew finds it" wait_for 30 has_way n0 "$rs"
is "and by it who is beyond the horizon" wait_for 20 reaches n0 n9

# A second server copies the first; whom to ask can be set.
lab_peers=$rs start_server r2
r2=$(with_server r2 address)
is "a second server copies the map of the first" wait_for 30 prints "ok *the map of $rs was copied" with_server r2 doctor
is "and has it whole" wait_for 20 knows r2 14
is "a node has a way to both" wait_for 30 has_way n9 "$r2"
is "doctor says that both ways begin alike" wait_for 10 prints 'begin with the same neighbour' with n9 "$hopwire" doctor
second() { with lx "$hopwire" paths "$far" --refresh >/dev/null && reaches lx n9; }
is "the leaf beside the first can ask the second" wait_for 60 second
HOPWIRE_ROUTE_SERVERS=none again n0
is "none: nobody is asked" wait_for 20 prints 'no route server is asked' with n0 "$hopwire" doctor
refused() { ! reaches n0 n9 && [ "$(metric n0 ask_asked)" = 0 ]; }
is "and nobody beyond the horizon is reached" refused
HOPWIRE_ROUTE_SERVERS=$rs again n0
only() { [ "$(with n0 "$hopwire" servers | tail -n +2 | wc -l)" = 1 ] && has_way n0 "$rs"; }
is "an address: that server alone" wait_for 30 only
is "and it answers" wait_for 20 reaches n0 n9
HOPWIRE_ROUTE_SERVERS=own HOPWIRE_MEMORY=16 again n0
whole() { [ "$(with n0 "$hopwire" routes | tail -n +2 | wc -l)" -ge 13 ]; }
is "own: the whole map is copied" wait_for 60 whole
own() { reaches n0 n9 && [ "$(metric n0 ask_asked)" = 0 ]; }
is "and nobody is asked" wait_for 10 own

# Without any server.
again n0
wait_for 20 reaches n0 n9
stop rs KILL
stop r2 KILL
is "all servers are killed: who was asked for is reached" wait_for 20 reaches n0 n9
is "and doctor says that there is none" wait_for 90 prints 'no route server is known' with n1 "$hopwire" doctor
[ $failures = 0 ] || for n in n0 n1 n9 lf lx; do with $n "$hopwire" servers; done
[ $failures = 0 ]
