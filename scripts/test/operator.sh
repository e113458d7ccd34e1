#!/bin/bash
# What operators and their machines do to a node, with real daemons in namespaces:
# a log that nobody reads, no descriptors, two nodes on one socket, a state folder that
# is read-only, full or emptied by a power cut.
#
#   a ---- b
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
need ip:iproute2 ethtool ping:iputils-ping prlimit:util-linux timeout:coreutils

# begin NAME COMMAND...: start a program there as start does, with the log where the
# caller's standard error is; its pid is in $pid. exec: the pid is the program's own.
begin() {
	ns=$lab_id-$1 state=${state:-$lab_dir/$1}
	ip netns exec "$ns" env HOPWIRE_STATE="$state" HOPWIRE_SOCKET="${socket:-}" HOPWIRE_NETWORK_KEY_FILE="$(key)" HOPWIRE_INTERFACES='to-*' "${@:2}" >/dev/null &
	pid=$!
	lab_pids="$lab_pids $pid"
	state=''
}
# ended NAME PID WANT: a process ends by itself with that status.
ended() {
	wait_for 4 gone "$2" || kill -9 "$2"
	wait "$2"
	status=$?
	[ $status = "$3" ] && ok "$1" || not_ok "$1" "exit status $status"
}
asks() { timeout 5 env HOPWIRE_STATE="$lab_dir/$1" "$hopwire" status --json; }
metric() { HOPWIRE_STATE="$lab_dir/$1" "$hopwire" metrics | awk -v n="hopwire_$2" '$1 == n {print $2}'; }
lost() { [ "$(metric "$1" log_lost_lines_total)" -gt 0 ]; }

host a b
cable a b
start b
with a "$hopwire" init >/dev/null

# A pipe that is full, and that nobody reads.
mkfifo "$lab_dir/pipe"
exec 8<>"$lab_dir/pipe"
head -c 65536 /dev/zero >&8
begin a "$hopwire" run 2>&8
node=$pid
is "with a log that nobody reads, a ping" wait_for 10 reaches b a
is "and it answers commands" asks a
kill -TERM "$node"
ended "SIGTERM ends it all the same" "$node" 0
[ -e "$lab_dir/a/hopwire.sock" ] && not_ok "and leaves no socket" "still there" || ok "and leaves no socket"
# With errors of the start it is the same: the exit must not wait.
begin a env HOPWIRE_TUN='to-b' "$hopwire" run 2>&8
ended "a start that fails ends" "$pid" 1

# What was lost is said when there is a reader again.
begin a "$hopwire" run 2>&8
node=$pid
wait_for 3 asks a
for _ in $(seq 400); do # one at a time, or the kernel takes several for one
	kill -USR1 "$node"
	sleep 0.001
done
is "lines that cannot be written are counted" wait_for 3 lost a
is "doctor says so" sh -c "HOPWIRE_STATE=$lab_dir/a $hopwire doctor | grep -q 'lines of the log could not be written'"
timeout 2 cat <&8 | tr -d '\0' >"$lab_dir/read"
for _ in 1 2 3; do kill -USR1 "$node"; done
timeout 2 cat <&8 >>"$lab_dir/read"
is "and said when there is a reader again" grep -q "error: log lines lost n=" "$lab_dir/read"
is "a signal that means nothing is said" grep -q "signal ignored" "$lab_dir/read"
kill -HUP "$node"
ended "SIGHUP ends it" "$node" 0
[ -e "$lab_dir/a/hopwire.sock" ] && not_ok "and leaves no socket behind" "still there" || ok "and leaves no socket behind"
exec 8>&-

# A reader that has ended.
begin a "$hopwire" run 2> >(head -n 1 >"$lab_dir/head")
node=$pid
wait_for 3 asks a
for _ in 1 2 3; do kill -USR1 "$node"; done
is "a node whose log's reader has ended goes on" wait_for 3 lost a
is "and answers pings" wait_for 10 reaches b a
kill -TERM "$node"
ended "and ends by SIGTERM" "$node" 0

# No descriptors: nothing is dead when there are some again.
start a
wait_for 10 reaches a b
node=$(pid_of a)
was=$(prlimit --pid "$node" --nofile --output SOFT --noheadings)
prlimit --pid "$node" --nofile=3:
asks a >/dev/null 2>&1 && not_ok "without descriptors, no command is answered" "it is" || ok "without descriptors, no command is answered"
cable a b to-b2 to-a2
is "the true reason is said" wait_for 12 log_has a "error: interfaces error=.*too many open files"
is "of the control socket too" log_has a "error: control socket error=.*too many open files"
log_has a "no interface to-b2\|CAP_NET\|interface down" && not_ok "and no other" "$(tail -n 3 "$lab_dir/a/log")" || ok "and no other"
is "what runs goes on" reaches a b
prlimit --pid "$node" --nofile="$was":
is "with descriptors, commands are answered again" wait_for 3 asks a
is "and the new interface is used" wait_for 12 log_has a "interface up interface=to-b2"

# A second node with the same socket.
host c
cable c a
with c "$hopwire" init >/dev/null
refuses "a socket on which a node answers" "another hopwire answers on" with c env HOPWIRE_SOCKET="$lab_dir/a/hopwire.sock" "$hopwire" run
is "the first one keeps it" asks a
kill -9 "$node"
wait "$node" 2>/dev/null
start a
is "one that is left over is taken" wait_for 3 asks a

# A state folder that is read-only: it starts, and another is refused.
kill -TERM "$(pid_of a)"
wait "$(pid_of a)"
only_read="mount --bind $lab_dir/a $lab_dir/a && mount -o remount,ro,bind $lab_dir/a && exec \"\$0\" run"
socket=$lab_dir/run.sock begin a unshare -m sh -c "$only_read" "$hopwire" 2>"$lab_dir/ro"
node=$pid
is "a node on a read-only medium starts" wait_for 10 reaches b a
refuses "a state folder in use" "another hopwire runs" with a "$hopwire" run
kill -TERM "$node"
ended "and ends" "$node" 0
begin a unshare -m sh -c "$only_read" "$hopwire" 2>"$lab_dir/ro"
node=$pid
is "without room for a socket it runs" wait_for 10 reaches b a
is "and says what is missing" grep -q "error: .*read-only file system.* hint=.*HOPWIRE_SOCKET" "$lab_dir/ro"
kill -TERM "$node"
ended "and ends too" "$node" 0

# Full.
mkdir "$lab_dir/full"
full="mount -t tmpfs -o size=8k,nr_inodes=3 none $lab_dir/full && cp $lab_dir/a/identity $lab_dir/full && : >$lab_dir/full/x && exec \"\$0\" run"
state=$lab_dir/full begin a unshare -m sh -c "$full" "$hopwire" 2>"$lab_dir/fulllog"
node=$pid
is "a node on a full medium runs" wait_for 10 reaches b a
is "and says that there is no room" grep -q "error: .*no space left.* hint=" "$lab_dir/fulllog"
kill -TERM "$node"
ended "it ends" "$node" 0
mkdir "$lab_dir/empty"
refuses "an identity where there is no room" "no space left" unshare -m sh -c "mount -t tmpfs -o nr_inodes=1 none $lab_dir/empty && HOPWIRE_STATE=$lab_dir/empty exec $hopwire init"

# A power cut has emptied the identity; a FIFO is no file.
before=$(address a)
: >"$lab_dir/a/identity"
start a
is "a node whose identity is empty runs" wait_for 3 asks a
is "and says that its address is new" log_has a "error: new identity"
[ "$before" = "$(address a)" ] && not_ok "which it is" "$before" || ok "which it is"
kill -TERM "$(pid_of a)"
wait "$(pid_of a)"
rm "$lab_dir/a/identity"
mkfifo -m 600 "$lab_dir/a/identity"
refuses "an identity that is a FIFO" "not a regular file" with a "$hopwire" run
refuses "a network key that is a FIFO" "not a regular file" with a env HOPWIRE_NETWORK_KEY_FILE="$lab_dir/a/identity" "$hopwire" run

# An address that comes later.
rm "$lab_dir/a/identity"
with a "$hopwire" init >/dev/null
HOPWIRE_UDP_LISTEN=192.0.2.77:7000 start a
is "an address that no interface has is waited for" wait_for 3 log_has a "interface=udp .*tried again"
in_ns a ip addr add 192.0.2.77/32 dev lo
is "and listened on when it comes" wait_for 12 log_has a "UDP up port=7000"

[ $failures = 0 ]
