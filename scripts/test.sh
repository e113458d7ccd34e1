#!/bin/bash
# make test: all tests, those that need root too. A line for each package and each
# scenario when it ends, with its counts and seconds; at the end the names of what
# failed, the counts, and one plain line. Which they are is tally's to say.
set -u
cd "$(dirname "$0")/.." || exit 1
if [ "$(id -u)" != 0 ]; then
	echo "test: FAILED: make test needs root, for network namespaces; 'go test ./...' does not"
	exit 1
fi
dir=$(mktemp -d "${TMPDIR:-/tmp}/hopwire-test.XXXXXX")
trap 'rm -rf "$dir"' EXIT
go build -o "$dir/tally" ./scripts/test/tally || { echo "test: FAILED: tally does not compile"; exit 1; }

# stage NAME COMMAND...
stage() {
	echo "# begin $1"
	"${@:2}" 2>&1
	echo "# end $1 $?"
}
# CI=true: a privileged test that would skip fails.
all() {
	trap 'exit 130' INT TERM # or else the next would begin
	CI=true stage go go test -count=1 -timeout 900s -json ./...
	for s in netns.sh operator.sh faults.sh flap.sh failover.sh evil.sh fair.sh names.sh secrecy.sh servers.sh openwrt/test.sh; do
		stage $s scripts/test/$s
	done
	echo "# done"
}
all | "$dir/tally"
