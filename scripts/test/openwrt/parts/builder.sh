# Sourced by test.sh: ImageBuilder sources the scripts in bash with
# IPKG_INSTROOT set, where nothing runs and nothing may be touched.
# shellcheck shell=bash disable=SC2154
router builder mt7621
one=$(fingerprint)
said=$(IPKG_INSTROOT=$r bash -c 'cd "$IPKG_INSTROOT/etc/uci-defaults" && ( . ./90-hopwire ) && bash "$IPKG_INSTROOT/etc/rc.common" "$IPKG_INSTROOT/etc/init.d/hopwire" enable; ACTION=add bash "$IPKG_INSTROOT/etc/hotplug.d/ieee80211/60-hopwire"' 2>&1)
same "ImageBuilder hears nothing" "$said" ""
same "ImageBuilder: nothing is touched, no identity is made" "$(fingerprint)" "$one"
same "ImageBuilder: the service is enabled" "$(ls "$r/etc/rc.d")" S95hopwire
