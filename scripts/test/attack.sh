#!/bin/bash
# make attack: every attack that the repository knows, in full, and a table: what the
# others got before, during and after it. 'make test' runs the same in small. Those on
# real cables (evil.sh) need root; without it the rest is run, and that is said.
set -u
cd "$(dirname "$0")/../.." || exit 1
out=$(mktemp)
evil=$(mktemp)
trap 'rm -f "$out" "$evil"' EXIT
ATTACK=full go test -count=1 -timeout 3600s -v -run '^TestAttack' ./link/... ./hop/... ./route/... >"$out" 2>&1
status=$?
cables=0
if [ "$(id -u)" = 0 ]; then
	scripts/test/evil.sh >"$evil" 2>&1
	cables=$?
else
	echo "attack: without those on real cables, which need root"
fi
echo '| attack | before | during | after | memory of the relay |'
echo '|---|---|---|---|---|'
sed -n 's/^attack: //p' "$out" "$evil"
if [ $status != 0 ] || [ $cables != 0 ]; then
	grep -E '^(--- FAIL|panic:|FAIL)|_test.go:|battle.go:' "$out"
	grep -vE '^(ok - |attack: )' "$evil"
	echo "attack: FAILED"
	exit 1
fi
echo "$(cat "$out" "$evil" | grep -c '^attack: ') attacks, $(cat "$out" "$evil" | grep -cE '^(--- PASS|ok - )') checks passed, 0 failed"
echo "attack: ok"
