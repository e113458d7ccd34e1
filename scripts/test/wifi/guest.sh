#!/bin/sh
# What wifi.sh runs as root where there is mac80211_hwsim:
#
#   a - - - b     three radios in one 802.11s mesh that does not forward, a router
#    \- - - c     on each; b has no 802.11n, and a sends by fixed rates
#
# Prints 'ok - NAME' or 'not ok - NAME: FIGURES'. The radios are the kernel's own model:
# frames and rates are real, but nobody has to wait for the air.
set -u
hopwire=${1:-./hopwire}
dir=/tmp/wifi
failures=0
ok() { echo "ok - $1"; }
not_ok() {
	echo "not ok - $1: $2"
	failures=$((failures + 1))
}
die() {
	echo "not ok - $*"
	for n in a b c; do tail -n 5 $dir/$n/log; done
	exit 1
}

# with NAME COMMAND...: as the operator of a router.
with() {
	n=$1
	shift
	ip netns exec "$n" env HOPWIRE_STATE=$dir/"$n" HOPWIRE_NETWORK_KEY_FILE=$dir/key HOPWIRE_INTERFACES=wlan* "$@"
}

# wait_for SECONDS COMMAND...
wait_for() {
	left=$(($1 * 2))
	shift
	until "$@" >/dev/null 2>&1; do
		[ $((left -= 1)) -gt 0 ] || return 1
		sleep 0.5
	done
}

# join NAME RADIO WIDTH: the router's radio becomes a mesh point.
# shellcheck disable=SC2015
join() {
	ip netns add "$1" && ip -n "$1" link set lo up && iw phy "phy$2" set netns name "$1" &&
		ip netns exec "$1" sh -c "echo 1 >/proc/sys/net/ipv6/conf/wlan$2/disable_ipv6" &&
		ip netns exec "$1" iw dev "wlan$2" set type mp && ip -n "$1" link set "wlan$2" up &&
		ip netns exec "$1" iw dev "wlan$2" mesh join hop freq 2412 "$3" mesh_fwding 0 || die "$1 has no mesh point"
}

# kbits NAME: what a says of its link to it.
kbits() { with a "$hopwire" peers --json | tr '{' '\n' | grep "$(with "$1" "$hopwire" address)" | sed -n 's/.*"kbits": *\([0-9]*\).*/\1/p'; }

known() { [ "$(kbits "$1")" -gt 0 ]; }

# driver RADIO: what the driver of a's radio says of it, "expected bitrate" in kbit/s; the
# first, which iw divides by 1,024, is 0 where it does not say.
driver() {
	ip netns exec a iw dev wlan0 station get "02:00:00:00:0$1:00" |
		awk '/tx bitrate/ {r = $3 * 1000} /expected throughput/ {e = $3 * 1024} END {print int(e), int(r)}'
}

# shows NAME RADIO: the link's capacity is what is expected, within a quarter (it is
# smoothed), or else somewhat below the bit rate.
shows() {
	wait_for 20 known "$1"
	k=$(kbits "$1")
	# shellcheck disable=SC2046
	set -- "$1" $(driver "$2")
	least=$(($2 * 3 / 4)) most=$(($2 * 5 / 4))
	[ "$2" = 0 ] || [ "$2" -gt "$3" ] && least=$(($3 / 10)) most=$3
	if [ "${k:-0}" -gt 0 ] && [ "$k" -ge "$least" ] && [ "$k" -le "$most" ]; then
		ok "a shows $k kbit/s to $1 (driver: rate $3, expected $2)"
	else
		not_ok "rate to $1" "${k:-no} kbit/s (driver: rate $3, expected $2)"
	fi
}

modprobe mac80211_hwsim radios=3 || die "no mac80211_hwsim"
modprobe tun
mkdir -p $dir/a $dir/b $dir/c
head -c 32 /dev/urandom | od -An -vtx1 | tr -d ' \n' >$dir/key
join a 0 HT20
join b 1 NOHT
join c 2 HT20
for n in a b c; do
	with $n "$hopwire" init >/dev/null || die "init failed on $n"
	with "$n" "$hopwire" run >"$dir/$n/log" 2>&1 &
done

reach() { ip netns exec a ping -c 1 -W 1 "$(with "$1" "$hopwire" address --ip)"; }
for n in b c; do
	if wait_for 20 reach $n; then ok "a reaches $n by 802.11s"; else die "a does not reach $n"; fi
done
shows b 1
shows c 2

ip netns exec a iw dev wlan0 set bitrates legacy-2.4 1 ht-mcs-2.4 7 || not_ok "fixed rates" "iw refuses"
for _ in 1 2 3 4 5 6; do # what is expected follows what is sent
	reach b >/dev/null
	reach c >/dev/null
	sleep 2
done
shows b 1
shows c 2
if [ "$(kbits c)" -gt $(($(kbits b) * 5)) ]; then ok "both at once: $(kbits b) and $(kbits c) kbit/s"; else not_ok "two rates on one radio" "$(kbits b) and $(kbits c) kbit/s"; fi
with a "$hopwire" peers --json
[ $failures = 0 ]
