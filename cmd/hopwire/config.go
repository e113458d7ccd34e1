package main

import (
	"fmt"
	"net"
	"net/netip"
	"path/filepath"
	"strconv"
	"strings"

	"hopwire/cmd/control"
	"hopwire/cmd/hint"
	"hopwire/cmd/logs"
	"hopwire/cmd/setting"
	"hopwire/cmd/state"
	"hopwire/link"
	"hopwire/link/identity"
)

// A config is everything that can be set, by environment variables only.
type config struct {
	State          string   `default:"/var/lib/hopwire" desc:"folder of the identity and other state (0700)"`
	Interfaces     []string `desc:"comma list of interfaces, globs allowed: eth1,lan*,mesh0"`
	NetworkKeyFile string   `split_words:"true" desc:"file with one or two lines of 64 hex digits; the first key is used, both are accepted"`
	EtherType      string   `desc:"EtherType as 0x0600-0xffff; empty: derived from the network key"`
	Neighbours     []string `desc:"comma list of ADDRESS, ADDRESS@MAC or ADDRESS@IP:PORT (IPv6 in brackets)"`
	Allow          []string `desc:"comma list of addresses; when set, nobody else becomes a neighbour"`
	Beacon         bool     `default:"true" desc:"announce this node on its interfaces: true or false"`
	UDPListen      string   `split_words:"true" desc:"address:port for links over UDP; empty: a random port, and only if a neighbour is behind UDP"`
	TUN            string   `default:"hopwire0" desc:"name of the TUN device; none: no IP on this node"`
	DNS            []string `desc:"comma list of IP:PORT that answer for names too, for the LAN or dnsmasq; empty: port 53 of the mesh address alone; none: no names"`
	Hosts          string   `desc:"file of friendly names, lines of ADDRESS NAME [NAME ...]; empty: hosts in the state folder"`
	Socket         string   `desc:"control socket; empty: hopwire.sock in the state folder"`
	Memory         int      `default:"12" desc:"memory budget in MB, 8 or more: 12 allows 2048 circuits, 14 allows 4096"`
	Log            string   `default:"info" desc:"what is logged: error, info or debug"`
}

// loadConfig reads the environment; unknown and bad values are errors.
func loadConfig() (*config, error) {
	var c config
	if err := setting.Load(program, &c); err != nil {
		return nil, err
	}
	return &c, c.check()
}

// check refuses values that can be judged without looking at the system.
func (c *config) check() error {
	_, level := logs.ParseLevel(c.Log)
	switch {
	case c.Memory < 8 || c.Memory > 4096:
		return hint.Errorf("12 is the default for a router", "HOPWIRE_MEMORY: %d MB is not between 8 and 4096", c.Memory)
	case linkLocal(c.UDPListen):
		return hint.Errorf("use an address that other islands reach, or :PORT; neighbours on a cable need no IP: name it in HOPWIRE_INTERFACES", "HOPWIRE_UDP_LISTEN: %s is link-local", c.UDPListen)
	case !level:
		return hint.Errorf("use error, info or debug", "HOPWIRE_LOG: %q is not a log level", c.Log)
	}
	for _, p := range c.Interfaces {
		if _, err := filepath.Match(p, ""); err != nil {
			return hint.Errorf("use names and globs such as eth1,lan*", "HOPWIRE_INTERFACES: bad pattern %q", p)
		}
	}
	if _, err := c.etherType(identity.NetworkKey{}); err != nil {
		return err
	}
	if _, err := c.neighbours(); err != nil {
		return err
	}
	if err := c.checkDNS(); err != nil {
		return err
	}
	_, err := c.allowed()
	return err
}

// socket is where the node that runs is asked.
func (c *config) socket() *control.Socket {
	path := c.Socket
	if path == "" {
		path = filepath.Join(c.State, "hopwire.sock")
	}
	return &control.Socket{Program: program, Service: "the node", Path: path}
}

// folder is where the identity is.
func (c *config) folder() *state.Folder { return &state.Folder{Program: program, Path: c.State} }

// etherType returns the one that is set, or that of the key.
func (c *config) etherType(k identity.NetworkKey) (uint16, error) {
	if c.EtherType == "" {
		return k.EtherType(), nil
	}
	digits, ok := strings.CutPrefix(c.EtherType, "0x")
	t, err := strconv.ParseUint(digits, 16, 16)
	if !ok || len(digits) != 4 || err != nil || t < 0x0600 {
		return 0, hint.Errorf("write it as 0x followed by four hex digits, 0x0600 or above", "HOPWIRE_ETHERTYPE: %q is not an EtherType", c.EtherType)
	}
	return uint16(t), nil
}

// neighbours parses HOPWIRE_NEIGHBOURS.
func (c *config) neighbours() (list []link.Static, err error) {
	for _, text := range c.Neighbours {
		address, where, located := strings.Cut(text, "@")
		s := link.Static{}
		if s.Key, err = identity.ParseKey(address); err != nil {
			return nil, hint.Errorf("a neighbour is ADDRESS, ADDRESS@MAC or ADDRESS@IP:PORT", "HOPWIRE_NEIGHBOURS: %q: %v", text, err)
		}
		if located {
			if s.Addr, err = parseAddr(where); err != nil {
				return nil, hint.Errorf("a neighbour is ADDRESS, ADDRESS@MAC or ADDRESS@IP:PORT; one on the same cable needs no IP: name the interface in HOPWIRE_INTERFACES", "HOPWIRE_NEIGHBOURS: %q: %v", text, err)
			}
		}
		list = append(list, s)
	}
	return list, nil
}

func parseAddr(s string) (link.Addr, error) {
	if m, err := net.ParseMAC(s); err == nil && len(m) == 6 {
		return link.MACAddr([6]byte(m)), nil
	}
	ap, err := netip.ParseAddrPort(s)
	if err != nil {
		return link.Addr{}, fmt.Errorf("%q is neither a MAC address nor IP:PORT", s)
	}
	if linkLocal(s) {
		return link.Addr{}, fmt.Errorf("%q is link-local: frames go there without IP", s)
	}
	return link.UDPAddr(ap), nil
}

// linkLocal: such an address means something on one interface alone. Links over UDP
// are for islands; a neighbour on the same cable is one without IP.
func linkLocal(text string) bool {
	return strings.HasPrefix(text, "[fe8") || strings.Contains(text, "%")
}

// checkDNS refuses what is no address to listen on. A listener on all addresses
// would be one for strangers.
func (c *config) checkDNS() error {
	for _, text := range c.DNS {
		if a, err := netip.ParseAddrPort(text); text != "none" && (err != nil || a.Addr().IsUnspecified() || linkLocal(text)) {
			return hint.Errorf("write an address of this router's in the LAN, not a link-local one, or 127.0.0.1, and a port, as in 127.0.0.1:5355", "HOPWIRE_DNS: %q is not an address and port", text)
		}
	}
	return nil
}

func (c *config) allowed() (keys []identity.Key, err error) {
	for _, text := range c.Allow {
		k, err := identity.ParseKey(text)
		if err != nil {
			return nil, hint.Errorf("list addresses of 56 characters", "HOPWIRE_ALLOW: %q: %v", text, err)
		}
		keys = append(keys, k)
	}
	return keys, nil
}

// budget says what a memory budget allows.
func budget(mb int) (circuits, nodes, frames int) {
	switch {
	case mb < 10:
		return 1024, 256, 384
	case mb < 14:
		return 2048, 512, 640
	case mb < 32:
		return 4096, 512, 1024
	}
	return min(mb*256, 60000), 2048, 4096
}
