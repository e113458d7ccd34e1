#!/bin/bash
# make luci-test: the LuCI pages. Files parse, texts and names agree, and the pages do
# their work in a headless Chromium against a stub ubus, on loopback. It installs
# what is missing (node, chromium; playwright-core into a folder of its own) and
# removes what it made. SHOTS=folder keeps the pictures; MODULES=folder has
# playwright-core already.
set -eu
cd "$(dirname "$0")/../../.."
app=openwrt/luci-app-hopwire
work=$(mktemp -d)
browser=$work/browser
# Chromium keeps its state in HOME and TMPDIR; both are ours.
trap 'rm -rf "$work"' EXIT
shots=${SHOTS:-$work/shots}
mkdir -p "$shots" "$browser"

# shellcheck source=scripts/need.sh
. scripts/need.sh
need node:nodejs npm chromium

failed=0
check() { # WHAT COMMAND...
	local what=$1
	shift
	if "$@"; then echo "ok - luci: $what"; else echo "not ok - luci: $what" && failed=1; fi
}
while read -r f; do
	# As LuCI runs them: strict functions with a return, not modules.
	{ echo '(function() {' && cat "$f" && echo '})'; } >"$work/parse.js"
	check "parses: ${f##*/resources/}" node --check "$work/parse.js"
done < <(find "$app/htdocs" -name '*.js' | sort)
while read -r f; do
	check "JSON: ${f##*/share/}" node -e 'JSON.parse(require("fs").readFileSync(process.argv[1], "utf8"))' "$f"
done < <(find "$app/root" -name '*.json' | sort)
node scripts/test/luci/texts.js || failed=1

if [ -z "${MODULES:-}" ]; then
	MODULES=$work/npm/node_modules
	timeout 240 npm install --silent --no-audit --no-fund --ignore-scripts --prefix "$work/npm" playwright-core@1.56.1 >"$work/npm.log" 2>&1 ||
		{ tail -n 5 "$work/npm.log" && echo "not ok - luci: no playwright-core" && exit 1; }
fi
HOME=$browser TMPDIR=$browser CHROMIUM=$(command -v chromium) timeout -k 10 600 nice -n 10 node scripts/test/luci/test.js "$MODULES" "$shots" || failed=1
exit "$failed"
