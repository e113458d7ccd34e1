#!/bin/bash
# What a relay can know of the circuits that pass through it:
#
#   a ---- x ---- r ---- y ---- b        traffic from a to b
#   `- - - - - - - - - - - - - -'        a cable that is gone before it begins
#
# r's neighbours keep every announcement of or naming a or b from it (a test build:
# route/withhold_hopwiretest.go); a and b learn of each other by the cable that is
# removed. Then neither a nor b may be found in r's memory, log or answers, while
# what must be found is found: r's neighbours there, b in a's memory, and both in
# r's when nothing is withheld.
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=scripts/lab.sh
. scripts/lab.sh
# shellcheck source=scripts/test/tap.sh
. scripts/test/tap.sh
[ "$(id -u)" = 0 ] || die "needs root, for network namespaces"
need ip:iproute2 ethtool ping:iputils-ping iperf3
hopwire=$lab_dir/hopwire memsearch=$lab_dir/memsearch
CGO_ENABLED=0 ${GO:-go} build -tags hopwiretest -o "$hopwire" ./cmd/hopwire || die "build failed"
CGO_ENABLED=0 ${GO:-go} build -o "$memsearch" ./scripts/test/memsearch || die "build failed"

# stop NAME ...: kill -9.
stop() {
	for n; do
		kill -9 "$(pid_of "$n")"
		wait "$(pid_of "$n")" 2>/dev/null
	done
}
# in_memory NODE ADDRESS...: what of them its memory holds.
in_memory() {
	n=$1
	shift
	"$memsearch" "$(pid_of "$n")" "$@"
}
# nothing_found: the last search was made and found nothing.
nothing_found() { grep -q 'bytes searched$' "$lab_dir/found" && ! grep -v 'bytes searched$' "$lab_dir/found"; }
# has FORM ADDRESS: the last search found it.
has() { grep -q "^$2 $1 " "$lab_dir/found"; }
# knows NODE ADDRESS: by announcement, with a path.
knows() { with "$1" "$hopwire" routes --json | grep "\"$2\"" | grep -q '"state": "ok"'; }
# links NODE ADDRESS N: the node knows it with N links.
links() { with "$1" "$hopwire" routes --json | grep "\"$2\"" | grep -q "\"links\": $3,"; }
# everything r's operator can ask.
answers() {
	with r "$hopwire" metrics
	for c in status peers circuits routes doctor; do
		with r "$hopwire" $c
		with r "$hopwire" $c --json
	done
	cat "$lab_dir/r/log"
}
relayed() { with r "$hopwire" metrics | awk '/^hopwire_circuit_relayed(_back)?_total/ {n += $2} END {print n + 0}'; }

host a x r y b
cable a x
cable x r
cable r y
cable y b
cable a b
for n in a x r y b; do start $n; done
for n in a x r y b; do
	wait_for 5 address $n || die "no address on $n"
	eval "$n=$(address $n)"
done
# shellcheck disable=SC2154 # a, x, r, y, b
{
	for n in $x $r $y $b; do is "a learns of a node" wait_for 10 knows a "$n"; done
	wait_for 10 knows r "$a" && wait_for 10 knows r "$b"
	in_memory r "$a" "$b" >"$lab_dir/found" 2>&1
	for k in $a $b; do
		for form in key short ip-numbers; do is "nothing withheld: r's memory has an end's $form" has $form "$k"; done
	done

	stop a x r y b
	mv "$lab_dir/r/log" "$lab_dir/r/log.told"
	for n in a r b; do start $n; done
	export HOPWIRETEST_WITHHOLD="$r:$a,$b"
	for n in x y; do start $n; done
	unset HOPWIRETEST_WITHHOLD
	for n in $x $y $b $r; do is "a knows the line" wait_for 15 links a "$n" 2; done
	ip -n "$lab_id-a" link del to-b
}
is "a reaches b over x, r and y" wait_for 15 reaches a b
before=$(relayed)
in_ns b iperf3 -s -1 -D >/dev/null
sleep 0.2
in_ns a iperf3 -R -c "$(ip_of b)" -t 6 >"$lab_dir/iperf" 2>&1 &
flow=$!
is "traffic both ways" in_ns a ping -c 100 -i 0.005 "$(ip_of b)"
is "trace over four hops" sh -c "HOPWIRE_STATE=$lab_dir/a $hopwire trace $(address b) --json | grep -c address | grep -qx 4"

# shellcheck disable=SC2154
for round in 1 2 3; do
	answers >"$lab_dir/answers" 2>&1
	"$memsearch" - "$x" "$y" <"$lab_dir/answers" >"$lab_dir/found" 2>/dev/null
	for k in $x $y; do is "round $round: r's operator sees a neighbour" has text "$k"; done
	"$memsearch" - "$a" "$b" <"$lab_dir/answers" >"$lab_dir/found" 2>&1
	is "round $round: and neither end" nothing_found
	in_memory r "$x" "$y" >"$lab_dir/found" 2>&1
	for k in $x $y; do
		for form in key short text; do is "round $round: r's memory has a neighbour's $form" has $form "$k"; done
	done
	in_memory r "$a" "$b" >"$lab_dir/found" 2>&1
	is "round $round: and no form of an end" nothing_found
done
in_memory a "$b" >"$lab_dir/found" 2>&1
for form in key short ip-numbers; do is "a's memory has b's $form" has $form "$b"; done
wait $flow
is "the traffic went on" grep -q receiver "$lab_dir/iperf"
n=$(($(relayed) - before))
[ $n -gt 5000 ] && ok "over r: $n frames" || not_ok "over r" "$n frames"

[ $failures = 0 ]
