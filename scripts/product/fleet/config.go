package main

import (
	"fmt"
	"strings"
)

// options of the section 'node', in the order they are written: the name in UCI,
// and in the mesh file.
var options = []struct{ uci, mesh string }{
	{"mesh_name", "name"},
	{"radio", "radio"},
	{"country", "country"},
	{"channel", "channel"},
	{"mesh_id", "mesh_id"},
	{"mesh_key", "mesh_key"},
	{"lan_ports", "lan_ports"},
	{"price", "price"},
	{"udp_listen", "udp_listen"},
	{"beacon", "beacon"},
	{"memory", "memory"},
	{"log", "log"},
}

// config is the /etc/config/hopwire of the image; standard is the package's.
func (m mesh) config(standard string) string {
	var b strings.Builder
	b.WriteString("\nconfig node 'node'\n\toption enabled '1'\n\toption state '/etc/hopwire'\n\toption network_key_file '/" + keyPath + "'\n")
	for _, o := range options {
		if value := m.one(o.mesh); value != "" {
			fmt.Fprintf(&b, "\toption %s '%s'\n", o.uci, uciValue(o.mesh, value))
		}
	}
	for _, key := range m["allow"] {
		fmt.Fprintf(&b, "\tlist allow '%s'\n", key)
	}
	b.WriteString(standardInterfaces(standard))
	if devices := m["device"]; devices != nil {
		b.WriteString("\nconfig interface 'more'\n")
		for _, d := range devices {
			fmt.Fprintf(&b, "\tlist device '%s'\n", d)
		}
	}
	for _, n := range m["neighbour"] {
		key, at, located := strings.Cut(n, " ")
		fmt.Fprintf(&b, "\nconfig neighbour\n\toption address '%s'\n", key)
		if located {
			fmt.Fprintf(&b, "\toption at '%s'\n", at)
		}
	}
	for _, kind := range []string{"route_server", "gateway"} {
		for _, key := range m[kind] {
			fmt.Fprintf(&b, "\nconfig %s\n\toption address '%s'\n", kind, key)
		}
	}
	return b.String()
}

// uciValue writes yes and no as UCI does.
func uciValue(name, value string) string {
	switch {
	case name != "radio" && name != "lan_ports" && name != "beacon":
		return value
	case value == "yes":
		return "1"
	}
	return "0"
}

// standardInterfaces copies the interface sections of the package's configuration:
// they name what its scripts make on the router.
func standardInterfaces(standard string) (sections string) {
	inside := false
	for line := range strings.Lines(standard) {
		switch {
		case strings.HasPrefix(line, "config "):
			inside = strings.HasPrefix(line, "config interface")
			if inside {
				sections += "\n"
			}
		case strings.TrimSpace(line) == "" || strings.HasPrefix(line, "#"):
			inside = false
		}
		if inside {
			sections += line
		}
	}
	return sections
}
