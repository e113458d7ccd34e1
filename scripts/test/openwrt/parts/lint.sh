# Sourced by test.sh: shellcheck, and every script parsed by ash.
# shellcheck shell=bash disable=SC2154
mapfile -t scripts < <(grep -rlE '^#!/bin/sh|shellcheck shell=dash' "$files" scripts/test/openwrt/root)
check "shellcheck: ${#scripts[@]} scripts for ash" shellcheck -s dash "${scripts[@]}"
check "shellcheck: the tests" shellcheck -s bash -x -S warning scripts/test/openwrt/test.sh scripts/test/openwrt/parts/*.sh
for s in "${scripts[@]}"; do busybox ash -n "$s" || not_ok "ash reads $s"; done
ok "ash reads them"
router found x86
same "ash finds the stand-ins, not applets of its own" "$(inside sh -c 'for n; do command -v "$n"; done' sh "${stand_ins[@]}" | sort)" \
	"$(cd scripts/test/openwrt/root && find . -path '*bin/*' -type f -printf '/%P\n' | sort)"
check "what must be executable is" test -x "$files/etc/init.d/hopwire" -a -x "$files/lib/netifd/proto/hopwire.sh" -a -x "$files/usr/libexec/rpcd/hopwire"
same "what is sourced is not executable" "$(find "$files" -type f -perm /111 -printf '%P\n' | sort | tr '\n' ' ')" "etc/init.d/hopwire lib/netifd/proto/hopwire.sh usr/libexec/rpcd/hopwire "
ln -sf "$dir/box" "$dir/jsonfilter"
same "the capabilities are JSON" "$("$dir/jsonfilter" -i "$files/etc/capabilities/hopwire.json" -e '@.bounding[*]' | tr '\n' ' ')" "CAP_NET_ADMIN CAP_NET_RAW CAP_NET_BIND_SERVICE "

# Every option that is validated is explained in the shipped file, and the other way round.
validated=$(grep -ohE "'[a-z_]+:[a-z]+[^']*'" "$files/usr/share/hopwire/env.sh" | sed "s/'\([a-z_]*\):.*/\1/" | sort -u)
explained=$(sed -nE 's/^[[:space:]#]*(option|list) ([a-z_]+) .*/\2/p' "$files/etc/config/hopwire" | sort -u)
same "the options that are validated are those in /etc/config/hopwire" "$validated" "$explained"
