package daemon

import (
	"fmt"
	"net"
	"net/netip"
	"path/filepath"
	"strconv"
	"strings"

	"hopwire/cmd/hint"
	"hopwire/cmd/logs"
	"hopwire/cmd/setting"
	"hopwire/link"
	"hopwire/link/identity"
)

// Settings are those that every program around a node has; its own struct of settings
// embeds them.
type Settings struct {
	Interfaces     []string `desc:"comma list of interfaces, globs allowed: eth1,lan*,mesh0"`
	NetworkKeyFile string   `split_words:"true" desc:"file with one or two lines of 64 hex digits; the first key is used, both are accepted"`
	EtherType      string   `desc:"EtherType as 0x0600-0xffff; empty: derived from the network key"`
	Neighbours     []string `desc:"comma list of ADDRESS, ADDRESS@MAC or ADDRESS@IP:PORT (IPv6 in brackets)"`
	Allow          []string `desc:"comma list of addresses; when set, nobody else becomes a neighbour"`
	Beacon         bool     `default:"true" desc:"announce this node on its interfaces: true or false"`
	UDPListen      string   `split_words:"true" desc:"address:port for links over UDP; empty: a random port, and only if a neighbour is behind UDP"`
	Socket         string   `desc:"control socket; empty: PROGRAM.sock in the state folder"`
	Log            string   `default:"info" desc:"what is logged: error, info or debug"`
}

// name is a setting's variable.
func (c *Config) name(of string) string { return setting.Name(c.Program, of) }

// Check refuses values that can be judged without looking at the system.
func (c *Config) Check() error {
	_, level := logs.ParseLevel(c.Log)
	switch {
	case LinkLocal(c.UDPListen):
		return hint.Errorf("use an address that other islands reach, or :PORT; neighbours on a cable need no IP: name it in "+c.name("INTERFACES"), "%s: %s is link-local", c.name("UDP_LISTEN"), c.UDPListen)
	case !level:
		return hint.Errorf("use error, info or debug", "%s: %q is not a log level", c.name("LOG"), c.Log)
	}
	for _, p := range c.Interfaces {
		if _, err := filepath.Match(p, ""); err != nil {
			return hint.Errorf("use names and globs such as eth1,lan*", "%s: bad pattern %q", c.name("INTERFACES"), p)
		}
	}
	if _, err := c.etherType(identity.NetworkKey{}); err != nil {
		return err
	}
	if _, err := c.neighbours(); err != nil {
		return err
	}
	_, err := c.Addresses("ALLOW", c.Allow)
	return err
}

// etherType returns the one that is set, or that of the key.
func (c *Config) etherType(k identity.NetworkKey) (uint16, error) {
	if c.EtherType == "" {
		return k.EtherType(), nil
	}
	digits, ok := strings.CutPrefix(c.EtherType, "0x")
	t, err := strconv.ParseUint(digits, 16, 16)
	if !ok || len(digits) != 4 || err != nil || t < 0x0600 {
		return 0, hint.Errorf("write it as 0x followed by four hex digits, 0x0600 or above", "%s: %q is not an EtherType", c.name("ETHERTYPE"), c.EtherType)
	}
	return uint16(t), nil
}

// neighbours parses the setting NEIGHBOURS.
func (c *Config) neighbours() (list []link.Static, err error) {
	for _, text := range c.Neighbours {
		address, where, located := strings.Cut(text, "@")
		s := link.Static{}
		if s.Key, err = identity.ParseKey(address); err != nil {
			return nil, hint.Errorf("a neighbour is ADDRESS, ADDRESS@MAC or ADDRESS@IP:PORT", "%s: %q: %v", c.name("NEIGHBOURS"), text, err)
		}
		if located {
			if s.Addr, err = parseAddr(where); err != nil {
				return nil, hint.Errorf("a neighbour is ADDRESS, ADDRESS@MAC or ADDRESS@IP:PORT; one on the same cable needs no IP: name the interface in "+c.name("INTERFACES"), "%s: %q: %v", c.name("NEIGHBOURS"), text, err)
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
	if LinkLocal(s) {
		return link.Addr{}, fmt.Errorf("%q is link-local: frames go there without IP", s)
	}
	return link.UDPAddr(ap), nil
}

// LinkLocal says whether an address is one: such an address means something on one interface alone. Links over UDP
// are for islands; a neighbour on the same cable is one without IP.
func LinkLocal(text string) bool {
	return strings.HasPrefix(text, "[fe8") || strings.Contains(text, "%")
}

// Addresses parses those of a setting.
func (c *Config) Addresses(setting string, list []string) (keys []identity.Key, err error) {
	for _, text := range list {
		k, err := identity.ParseKey(text)
		if err != nil {
			return nil, hint.Errorf("list addresses of 56 characters", "%s: %q: %v", c.name(setting), text, err)
		}
		keys = append(keys, k)
	}
	return keys, nil
}
