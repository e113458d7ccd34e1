#!/bin/bash
# make fuzz: every fuzz target in turn, for the given time.
set -eu
cd "$(dirname "$0")/../.."
grep -rlE '^func Fuzz' --include='*_test.go' cmd link hop route pay scripts | sort | while read -r file; do
	grep -oE '^func Fuzz[A-Za-z0-9]+' "$file" | cut -d ' ' -f 2 | while read -r name; do
		go test -run '^$' -fuzz "^$name\$" -fuzztime "${1:-10s}" "./$(dirname "$file")"
	done
done
echo "fuzz: ok"
