#!/bin/bash
# make test: all tests, those that need root too. Ends with the counts and one
# plain line.
set -u
cd "$(dirname "$0")/.." || exit 1
out=$(mktemp)
trap 'rm -f "$out"' EXIT
if [ "$(id -u)" != 0 ]; then
	echo "test: FAILED: make test needs root, for network namespaces; 'go test ./...' does not"
	exit 1
fi
# CI=true: a privileged test that would skip fails.
CI=true go test -count=1 -timeout 900s -v ./... >"$out" 2>&1
go=$?
grep -E '^(---|===|ok|FAIL|panic|\s+.*_test.go:)' "$out" | grep -vE '^=== (RUN|CONT|PAUSE|NAME)|^--- PASS' | tail -n 60
scenarios=0
for s in netns.sh operator.sh fair.sh names.sh secrecy.sh openwrt/test.sh; do
	scripts/test/$s 2>&1 | tee -a "$out"
	[ "${PIPESTATUS[0]}" = 0 ] || scenarios=1
done
passed=$(grep -cE '^(--- PASS|ok - )' "$out")
failed=$(grep -cE '^(--- FAIL|not ok - )' "$out")
skipped=$(grep -cE '^--- SKIP' "$out")
echo "$passed passed, $failed failed, $skipped skipped"
if [ "$go" = 0 ] && [ "$scenarios" = 0 ] && [ "$failed" = 0 ] && [ "$skipped" = 0 ]; then
	echo "test: ok"
else
	echo "test: FAILED"
	exit 1
fi
