# Sourced by test.sh: what the node needs and may not have.
# shellcheck shell=bash disable=SC2154
router ready x86
service start >/dev/null
same "no network key: one line with a hint, no instance" "$(started; echo $?) $(wc -l <"$r/tmp/log") $(grep -c 'daemon.err not started: there is no network key in /etc/hopwire/network.key; hint: copy' "$r/tmp/log")" "1 1 1"
has "but the reload on a change of the settings is there" "$(cat "$r/tmp/procd")" "add_reload_trigger hopwire network"
echo 'correct horse battery staple' >"$r/etc/hopwire/network.key"
: >"$r/tmp/log"
service start >/dev/null
same "a wrong network key: one line, without the key" "$(started; echo $?) $(wc -l <"$r/tmp/log") $(grep -c 'is not one line of 64 hex digits' "$r/tmp/log") $(grep -c horse "$r/tmp/log")" "1 1 1 0"
for bad in '1 1' '1 2 3'; do
	# shellcheck disable=SC2086
	printf '%064d\n' $bad >"$r/etc/hopwire/network.key"
	service start >/dev/null
	if started; then not_ok "keys $bad"; else ok "keys $bad are refused"; fi
done
{ echo '# ours' && printf '%064d\n' 1 && printf '%064d\r\n' 2; } >"$r/etc/hopwire/network.key"
service start >/dev/null
if started; then ok "two keys, while one is changed for the other"; else not_ok "two keys" "$(cat "$r/tmp/log")"; fi
service start >/dev/null
check "an identity was made where the first boot could not" test -s "$r/etc/hopwire/identity"
chmod 644 "$r/etc/hopwire/identity"
: >"$r/tmp/log"
service start >/dev/null
same "an identity that others can read: the daemon's own words" "$(started; echo $?) $(grep -c 'can be read by others; hint: chmod 600' "$r/tmp/log")" "1 1"
chmod 600 "$r/etc/hopwire/identity"
set_config hopwire.node.enabled=0
: >"$r/tmp/log"
service start >/dev/null
same "disabled: no instance, not a word" "$(started; echo $?) $(cat "$r/tmp/log")" "1 "
set_config hopwire.node.enabled=1
inside sh -c 'uci delete hopwire.mesh; uci commit'
service start >/dev/null
same "no interface at all: one line" "$(started; echo $?) $(grep -c 'no interface leads to neighbours; hint' "$r/tmp/log")" "1 1"
keep=$(cat "$files/lib/upgrade/keep.d/hopwire")
same "a sysupgrade keeps the folder of identity and key" "$keep" /etc/hopwire/
