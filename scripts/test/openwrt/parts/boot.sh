# Sourced by test.sh: the first boot of four kinds of router, twice.
# shellcheck shell=bash disable=SC2154

untouched() { (cd "$r/etc/config" && cat dropbear && inside uci show network | grep -E '\.(wan6?|loopback)[.=]'); }

for board in ath79 mt7621 single x86; do
	for lan in 0 1; do
		router "boot-$board-$lan" "$board"
		network_key
		[ "$lan" = 0 ] || set_config hopwire.node.lan_ports=1
		set_config hopwire.node.channel='6 44'
		set_config hopwire.node.country=DE
		before=$(untouched)
		said=$(first_boot 2>&1)
		one=$(fingerprint)
		cp "$files/etc/uci-defaults/90-hopwire" "$r/etc/uci-defaults/"
		said=$said$(first_boot 2>&1)
		same "$board, lan_ports $lan: a second first boot changes nothing" "$(fingerprint)" "$one"
		same "$board, lan_ports $lan: silent, done, WAN and SSH as they were" "$said|$(ls "$r/etc/uci-defaults")|$(untouched)" "||$before"
		all=$(inside sh -c 'for p in network wireless firewall dhcp system; do uci -q show $p; done')
		n=$(cat "scripts/test/openwrt/boards/$board/wireless" 2>/dev/null | grep -c wifi-device)
		same "$board, lan_ports $lan: one mesh interface on each radio, forwarding off" \
			"$(grep -c "^wireless.hopwire_radio.*.mode='mesh'" <<<"$all") $(grep -c ".mesh_fwding='0'" <<<"$all") $(grep -c "disabled='0'" <<<"$all")" "$n $n $n"
		same "$board, lan_ports $lan: no open access point goes on the air" "$(grep -c "default_radio.*disabled='1'" <<<"$all")" "$n"
		for want in "network.hopwire.proto='hopwire'" "firewall.hopwire=zone" "firewall.hopwire.input='REJECT'" "firewall.hopwire.masq6='1'" \
			"firewall.hopwire.network='hopwire'" "firewall.hopwire_lan.dest='hopwire'" "firewall.hopwire_ssh.enabled='0'" "dhcp.lan.ra_default='2'" \
			"dhcp.@dnsmasq[0].server='/example.org/192.0.2.1' '/hop/::1#5354' '/0.7.f.6.8.6.d.f.ip6.arpa/::1#5354'" "dhcp.@dnsmasq[0].rebind_domain='hop'"; do
			has "$board, lan_ports $lan: $want" "$all" "$want"
		done
		same "$board, lan_ports $lan: identity and key are root's alone" "$(cd "$r/etc/hopwire" && stat -c '%a %n' . identity network.key | tr '\n' ' ')" "700 . 600 identity 600 network.key "
		same "$board, lan_ports $lan: /etc/config/hopwire keeps its comments" "$(grep -c '^# hopwire on this router' "$files/etc/config/hopwire")" 1
		ports=$(grep -oE "^network.hopwire_[a-z0-9]+.device='[^']*'" <<<"$all" | sed "s/.*device=//" | tr -d "'" | sort | tr '\n' ' ')
		bridge=$(grep -oE "ports=.*" <<<"$all" | head -n 1 | tr -d "'")
		case $board-$lan in
		ath79-0 | mt7621-0 | single-0) want='' ;;
		x86-0) want='eth2 eth3 ' ;;
		ath79-1 | single-1) want='br-lan ' ;;
		mt7621-1) want='lan2 lan3 lan4 ' ;;
		x86-1) want='br-lan eth2 eth3 ' ;;
		esac
		same "$board, lan_ports $lan: the mesh ports" "$ports" "$want"
		case $board-$lan in
		mt7621-0) same "$board: br-lan whole" "$bridge" "ports=lan1 lan2 lan3 lan4" ;;
		mt7621-1)
			same "$board: br-lan keeps its first port" "$bridge" "ports=lan1"
			has "$board: mesh ports say nothing of their own" "$all" "network.hopwire_dev_lan3.ipv6='0'"
			;;
		esac
		same "$board, lan_ports $lan: a host name of its own" "$(config system.@system[0].hostname)" "hopwire-$(inside env HOPWIRE_STATE=/etc/hopwire hopwire address | cut -c 1-6)"
		hasnt "$board, lan_ports $lan: the clock was not asked" "$(cat "$r/tmp/date-used" 2>/dev/null)" .
		[ ! -e "$r/tmp/log" ] || hasnt "$board, lan_ports $lan: nothing to complain of" "$(cat "$r/tmp/log")" .
	done
done
same "channel and country by band" "$(r=$dir/boot-mt7621-0 && config wireless.radio0.channel && config wireless.radio1.channel && config wireless.radio1.country | tr '\n' ' ')" "6
44
DE "
check "two routers have two identities" bash -c '! cmp -s "$0/boot-x86-0/etc/hopwire/identity" "$0/boot-x86-1/etc/hopwire/identity"' "$dir"

# A router that its owner already uses: what is there stays, nothing new is on the air.
router owner mt7621
set_config system.@system[0].hostname=cellar
set_config wireless.radio0.disabled=0
set_config wireless.radio0.channel=11
first_boot
same "without a network key nothing goes on the air" "$(config wireless.hopwire_radio0.disabled) $(config wireless.hopwire_radio1.disabled) $(config wireless.radio0.channel) $(config wireless.radio1.disabled) $(config system.@system[0].hostname)" "1 1 11 1 cellar"
network_key
set_config hopwire.node.mesh_id=village
set_config hopwire.node.mesh_key='eight letters or more'
service setup >/dev/null
same "setup makes it what the settings say" "$(config wireless.hopwire_radio0.disabled) $(config wireless.hopwire_radio1.encryption) $(config wireless.hopwire_radio1.mesh_id) $(config wireless.radio1.disabled) $(config wireless.default_radio1.disabled) $(config wireless.default_radio0.disabled)" " sae village 0 1 "
inside sh -c 'uci set wireless.hopwire_radio0.mesh_id=mine; uci set firewall.hopwire.input=ACCEPT; uci set firewall.hopwire_ssh.enabled=1; uci commit'
cp "$files/etc/uci-defaults/90-hopwire" "$r/etc/uci-defaults/" && first_boot
same "a later first boot (sysupgrade) keeps what the owner changed" "$(config wireless.hopwire_radio0.mesh_id) $(config firewall.hopwire.input) $(config firewall.hopwire_ssh.enabled)" "mine ACCEPT 1"
set_config hopwire.node.radio=0
set_config hopwire.node.dns=0
service setup >/dev/null
same "radio 0 and dns 0 take it away again" "$(config wireless.hopwire_radio0)$(config dhcp.@dnsmasq[0].rebind_domain) $(config dhcp.@dnsmasq[0].server)" " /example.org/192.0.2.1"

# Radios that show up late, and a running system that is told.
router late mt7621
network_key
mv "$r/etc/config/wireless" "$r/tmp/late"
first_boot
same "no radio yet" "$(config wireless.hopwire_radio1)" ""
cp "$r/tmp/late" "$r/etc/config/wireless" && touch "$r/tmp/netifd-runs"
extra='ACTION=add' inside /bin/sh /etc/hotplug.d/ieee80211/60-hopwire
same "a late radio gets its mesh interface, and the system is told" "$(config wireless.hopwire_radio1.mode) $(grep -c reload_config "$r/tmp/ubus")" "mesh 1"
router board mt7621
network_key
mv "$r/etc/config/wireless" "$r/tmp/wireless"
first_boot
same "radios that only the board data knows are configured first" "$(config wireless.hopwire_radio0.device)" radio0

# A power cut has emptied the identity: made anew and said, with nobody there.
for left in 0 65; do
	router "empty$left" x86
	mkdir -p "$r/etc/hopwire" && head -c "$left" /dev/zero >"$r/etc/hopwire/identity"
	inside sh -c '. /lib/functions.sh; . /usr/share/hopwire/common.sh; hw_identity /etc/hopwire 10'
	same "an identity of $left empty bytes is made anew" "$? $(wc -c <"$r/etc/hopwire/identity") $(grep -c 'is empty: a new one' "$r/tmp/log")" "0 65 1"
done

# The random numbers are not ready: bounded, and no half-made identity.
router random x86
rm "$r/usr/sbin/hopwire"
printf '#!/bin/sh\nexec sleep 100\n' >"$r/usr/sbin/hopwire" && chmod 755 "$r/usr/sbin/hopwire"
began=$SECONDS
inside sh -c '. /lib/functions.sh; . /usr/share/hopwire/common.sh; hw_identity /etc/hopwire 2'
same "a wait for random numbers ends" "$? $((SECONDS - began < 6)) $(ls "$r/etc/hopwire")" "1 1 "
