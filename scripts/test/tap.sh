# Sourced behind lab.sh by the scenarios: each prints 'ok - NAME' or 'not ok - NAME'.

failures=0
ok() { echo "ok - $1"; }
not_ok() {
	echo "not ok - $1: $2"
	failures=$((failures + 1))
}
# is NAME COMMAND...: the command must succeed.
is() {
	name=$1
	shift
	if "$@" >"$lab_dir/out" 2>&1; then ok "$name"; else not_ok "$name" "$(tail -n 3 "$lab_dir/out" | tr '\n' ' ')"; fi
}
# refuses NAME WORD COMMAND...: the command must end at once with status not 0, one
# error line that has the word, and one hint.
refuses() {
	name=$1 word=$2
	shift 2
	"$@" >"$lab_dir/out" 2>&1 &
	p=$!
	wait_for 5 gone $p || kill -9 $(cat "/proc/$p/task/$p/children")
	wait $p
	status=$?
	errors=$(grep -c '^hopwire: error: ' "$lab_dir/out")
	hints=$(grep -c '^hopwire: hint: ' "$lab_dir/out")
	if [ $status = 0 ] || [ $status -ge 128 ]; then
		not_ok "$name" "exit status $status"
	elif [ "$errors" != 1 ] || [ "$hints" != 1 ] || ! grep -q "^hopwire: error: .*$word" "$lab_dir/out"; then
		not_ok "$name" "$(tr '\n' ' ' <"$lab_dir/out")"
	else
		ok "$name"
	fi
}
log_has() { grep -q "$2" "$lab_dir/$1/log"; }
gone() { ! kill -0 "$1" 2>/dev/null; }
