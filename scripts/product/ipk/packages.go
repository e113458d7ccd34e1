package main

// A product is one package: what openwrt/*/Makefile says for OpenWrt's own build
// system. A test compares the two, so that neither can change alone.
type product struct {
	name        string
	section     string
	depends     []string // without libc, which every package gets
	description string
	all         bool              // for all architectures: no binary in it
	binaries    map[string]string // command of cmd/ -> path on the router
	trees       map[string]string // folder of the repository -> folder on the router
	conffiles   []string          // what an upgrade keeps; a folder ends in a slash
	user        string            // Require-User
	postinst    string            // own code after installation, run by default_postinst
}

const (
	release = "1" // of the packaging; the version comes from the Makefile
	license = "Apache-2.0"
	// What fits on a router with 16 MB of flash: 1.9 MB for the one with the most
	// of them, compressed as the package is.
	mostMIPS = 1_900_000
)

// products: hopwire-route and hopwire-gateway go here when they exist.
var products = []product{
	{
		name:    "hopwire",
		section: "net",
		depends: []string{"kmod-tun"},
		description: "hopwire is a mesh relay for routers. Neighbours find each other on raw Ethernet\n" +
			"and on 802.11s radios, addresses are keys, and circuits are onion-routed.",
		binaries:  map[string]string{"hopwire": "usr/sbin/hopwire"},
		trees:     map[string]string{"openwrt/hopwire/files": ""},
		conffiles: []string{"/etc/config/hopwire", "/etc/hopwire/"},
		postinst:  postinstRpcd,
	},
	{
		name:        "luci-app-hopwire",
		section:     "luci",
		depends:     []string{"luci-base", "hopwire"},
		description: "LuCI pages of hopwire: the state of the node, and its settings.",
		all:         true,
		trees:       map[string]string{"openwrt/luci-app-hopwire/htdocs": "www", "openwrt/luci-app-hopwire/root": ""},
		postinst:    postinstLuCI,
	},
}

// rpcd finds a new object or access list when it reloads. Where IPKG_INSTROOT is
// set, an image is being made on another machine: nothing runs there.
const postinstRpcd = `#!/bin/sh
[ -n "${IPKG_INSTROOT}" ] || [ ! -x /etc/init.d/rpcd ] || /etc/init.d/rpcd reload
exit 0
`

const postinstLuCI = `#!/bin/sh
[ -n "${IPKG_INSTROOT}" ] || {
	rm -rf /tmp/luci-indexcache* /tmp/luci-modulecache
	[ ! -x /etc/init.d/rpcd ] || /etc/init.d/rpcd reload
}
exit 0
`

// The same in every package of OpenWrt: its functions add the user, run our
// postinst-pkg and uci-defaults, enable and start the service.
const postinstDefault = `#!/bin/sh
[ "${IPKG_NO_SCRIPT}" = "1" ] && exit 0
[ -s ${IPKG_INSTROOT}/lib/functions.sh ] || exit 0
. ${IPKG_INSTROOT}/lib/functions.sh
default_postinst $0 $@
`

const prermDefault = `#!/bin/sh
[ -s ${IPKG_INSTROOT}/lib/functions.sh ] || exit 0
. ${IPKG_INSTROOT}/lib/functions.sh
default_prerm $0 $@
`
