package main

import (
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"hopwire/link/identity"
)

// A mesh is what a mesh file says: values by name.
type mesh map[string][]string

func (m mesh) one(name string) string { return strings.Join(m[name], " ") }

// A setting may stand in a mesh file; good judges one value of it.
type setting struct {
	name string
	many bool
	good func(string) bool
	want string // what a good value is
}

func matches(pattern string) func(string) bool {
	return regexp.MustCompile("^(?:" + pattern + ")$").MatchString
}

var (
	yesNo   = matches("yes|no")
	between = func(least, most int) func(string) bool {
		return func(s string) bool {
			n, err := strconv.Atoi(s)
			return err == nil && n >= least && n <= most && s == strconv.Itoa(n)
		}
	}
	address = func(s string) bool { _, err := identity.ParseKey(s); return err == nil }
	// Between the quotes of UCI.
	quotable = `[ -&(-\[\]-~]`
)

const wantAddress = "an address of 56 characters, as 'hopwire address' prints it"

var settings = []setting{
	{"name", false, matches("[a-z][a-z0-9-]{0,30}"), "up to 31 of a-z, 0-9 and dashes, a letter first"},
	{"network_key_file", false, matches("[^/]+"), "the name of a file beside the mesh file"},
	{"radio", false, yesNo, "yes or no"},
	{"country", false, matches("[A-Z]{2}"), "two capital letters of ISO 3166, such as DE"},
	{"channel", false, goodChannels, "a 20 MHz channel of 2.4 or 5 GHz, or one of each: 6 36"},
	{"mesh_id", false, matches(quotable + "{1,32}"), "1 to 32 characters of ASCII without quote and backslash"},
	{"mesh_key", false, matches(quotable + "{8,63}"), "8 to 63 characters of ASCII without quote and backslash"},
	{"lan_ports", false, yesNo, "yes or no"},
	{"device", true, matches(`[A-Za-z0-9_.*?@-]{1,15}`), "the name of a network device, * and ? allowed"},
	{"price", false, between(0, 1<<31-1), "a whole number of 10^-9 coin for 64 KiB"},
	{"route_server", true, address, wantAddress},
	{"gateway", true, address, wantAddress},
	{"allow", true, address, wantAddress},
	{"neighbour", true, goodNeighbour, wantAddress + ", then IP:PORT, a MAC address or nothing"},
	{"udp_listen", false, goodListen, "an address and a port, such as [::]:7070"},
	{"beacon", false, yesNo, "yes or no"},
	{"memory", false, between(8, 4096), "8 to 4096, in MB"},
	{"log", false, matches("error|info|debug"), "error, info or debug"},
	{"ssh_key", true, matches(`(ssh-(ed25519|rsa)|ecdsa-sha2-nistp(256|384|521)) [A-Za-z0-9+/]{40,}={0,2}( .*)?`), "one line of ~/.ssh/id_ed25519.pub"},
	{"package", true, matches("-?[a-z0-9][a-z0-9+._-]*"), "the name of an OpenWrt package"},
}

// goodChannels: at most one channel of each band, as all routers must meet on it.
func goodChannels(s string) bool {
	low, high := 0, 0
	for _, f := range strings.Fields(s) {
		n, err := strconv.Atoi(f)
		switch {
		case err != nil:
			return false
		case n >= 1 && n <= 14:
			low++
		case n >= 36 && n <= 64 && n%4 == 0, n >= 100 && n <= 144 && n%4 == 0, n >= 149 && n <= 177 && n%4 == 1:
			high++
		default:
			return false
		}
	}
	return low <= 1 && high <= 1 && low+high > 0
}

func goodNeighbour(s string) bool {
	key, at, located := strings.Cut(s, " ")
	mac, err := net.ParseMAC(at)
	_, errPort := netip.ParseAddrPort(at)
	return address(key) && (!located || err == nil && len(mac) == 6 || errPort == nil)
}

func goodListen(s string) bool {
	_, err := netip.ParseAddrPort(s)
	return err == nil
}

// readMesh reads and judges a mesh file.
func readMesh(name string) (mesh, error) {
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, hint("copy openwrt/mesh.example and edit it", "%w", err)
	}
	m := make(mesh)
	n := 0
	for line := range strings.Lines(string(text)) {
		n++
		if line = strings.TrimSpace(line); line == "" || line[0] == '#' {
			continue
		}
		if err := m.add(line); err != nil {
			return nil, fmt.Errorf("%s:%d: %w", name, n, err)
		}
	}
	if err := m.whole(); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return m, nil
}

// add takes one line.
func (m mesh) add(line string) error {
	name, value, _ := strings.Cut(line, " ")
	value = strings.TrimSpace(value)
	i := slices.IndexFunc(settings, func(s setting) bool { return s.name == name })
	if i < 0 {
		return hint("openwrt/mesh.example has every setting there is", "unknown setting %q", name)
	}
	if name == "neighbour" || name == "channel" {
		value = strings.Join(strings.Fields(value), " ")
	}
	switch s := settings[i]; {
	case !s.good(value):
		return hint("it takes "+s.want, "%s: bad value %q", name, value)
	case !s.many && m[name] != nil:
		return hint("keep one of the lines", "%s: given twice", name)
	case slices.Contains(m[name], value):
		return hint("keep one of the lines", "%s: %q is given twice", name, value)
	}
	m[name] = append(m[name], value)
	return nil
}

// whole checks what must not be missing, and what does not go together.
func (m mesh) whole() error {
	if m["name"] == nil {
		return hint("add a line such as: name village", "name: missing")
	}
	if m["radio"] == nil {
		m["radio"] = []string{"yes"}
	}
	radio := m.one("radio") == "yes"
	for _, name := range []string{"country", "channel"} {
		if radio && m[name] == nil {
			return hint("all routers must use the same; or say: radio no", "%s: missing", name)
		}
	}
	for _, name := range []string{"mesh_id", "mesh_key"} {
		if !radio && m[name] != nil {
			return hint("remove one of the two", "%s: the mesh has no radio", name)
		}
	}
	if m.one("beacon") == "no" && m["neighbour"] == nil {
		return hint("list neighbours, or let them find each other", "beacon no: and no neighbour is listed")
	}
	return nil
}

// keyFile is where the network key lies.
func (m mesh) keyFile(meshFile string) string {
	name := m.one("network_key_file")
	if name == "" {
		name = m.one("name") + ".key"
	}
	return filepath.Join(filepath.Dir(meshFile), name)
}
