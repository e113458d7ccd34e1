#!/bin/bash
# make attack: every attack that the repository knows, in full, and a table: what the
# others got before, during and after it. 'make test' runs the same in small.
set -u
cd "$(dirname "$0")/../.." || exit 1
out=$(mktemp)
trap 'rm -f "$out"' EXIT
ATTACK=full go test -count=1 -timeout 3600s -v -run '^TestAttack' ./link/... ./hop/... ./route/... >"$out" 2>&1
status=$?
echo '| attack | before | during | after |'
echo '|---|---|---|---|'
sed -n 's/^attack: //p' "$out"
if [ $status != 0 ]; then
	grep -E '^(--- FAIL|panic:|FAIL)|_test.go:|battle.go:' "$out"
	echo "attack: FAILED"
	exit 1
fi
echo "$(grep -c '^attack: ' "$out") attacks, $(grep -c '^--- PASS' "$out") passed, 0 failed"
echo "attack: ok"
