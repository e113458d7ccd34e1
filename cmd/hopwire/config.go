package main

import (
	"net/netip"

	"hopwire/cmd/daemon"
	"hopwire/cmd/hint"
	"hopwire/cmd/setting"
	"hopwire/route/ask"
)

// A config is everything that can be set, by environment variables only.
type config struct {
	State string `default:"/var/lib/hopwire" desc:"folder of the identity and other state (0700)"`
	daemon.Settings
	TUN          string   `default:"hopwire0" desc:"name of the TUN device; none: no IP on this node"`
	DNS          []string `desc:"comma list of IP:PORT that answer for names too, for the LAN or dnsmasq; empty: port 53 of the mesh address alone; none: no names"`
	Hosts        string   `desc:"file of friendly names, lines of ADDRESS NAME [NAME ...]; empty: hosts in the state folder"`
	RouteServers []string `split_words:"true" desc:"comma list of addresses of route servers to ask; own: copy the whole map and ask nobody; none; empty: those that are found"`
	Vicinity     int      `desc:"relays nearby that are kept of the map, 4 to 8192; 0: as many as the memory budget allows"`
	Memory       int      `default:"12" desc:"memory budget in MB, 8 or more: 12 allows 2048 circuits, 14 allows 4096"`
}

// loadConfig reads the environment; unknown and bad values are errors.
func loadConfig() (*config, error) {
	var c config
	if err := setting.Load(program, &c); err != nil {
		return nil, err
	}
	return &c, c.check()
}

// nodeConfig is what a node needs of it.
func nodeConfig() (*daemon.Config, error) {
	c, err := loadConfig()
	if err != nil {
		return nil, err
	}
	return c.node(), nil
}

func (c *config) node() *daemon.Config {
	return &daemon.Config{Program: program, Version: version, Settings: &c.Settings, State: c.State, Memory: c.Memory, Budget: c.budget(), Device: c.device()}
}

// device is the TUN's name; "": none is wanted.
func (c *config) device() string {
	if c.TUN == "none" {
		return ""
	}
	return c.TUN
}

// routeServers is who is asked.
func (c *config) routeServers() (ask.Servers, error) {
	return ask.ParseServers(c.RouteServers)
}

// ownMemory is what a copy of the whole map needs, in MB.
const ownMemory = 16

// budget is what the memory allows, with as much of the map as is set.
func (c *config) budget() daemon.Budget {
	b := budget(c.Memory)
	if c.Vicinity != 0 {
		b.Nodes = c.Vicinity
	}
	return b
}

// check refuses values that can be judged without looking at the system.
func (c *config) check() error {
	if c.Memory < 8 || c.Memory > 4096 {
		return hint.Errorf("12 is the default for a router", "HOPWIRE_MEMORY: %d MB is not between 8 and 4096", c.Memory)
	}
	if c.Vicinity != 0 && (c.Vicinity < 4 || c.Vicinity > 8192) {
		return hint.Errorf("leave it empty: the memory budget says how many", "HOPWIRE_VICINITY: %d is not between 4 and 8192", c.Vicinity)
	}
	if s, err := c.routeServers(); err != nil {
		return hint.Errorf("list addresses of 56 characters, or write own or none", "HOPWIRE_ROUTE_SERVERS: %v", err)
	} else if s.Own && c.Memory < ownMemory {
		return hint.Errorf("set HOPWIRE_MEMORY to 16 or more, or ask route servers", "HOPWIRE_ROUTE_SERVERS: own: the whole map does not fit into %d MB", c.Memory)
	}
	if err := c.checkDNS(); err != nil {
		return err
	}
	return c.node().Check()
}

// checkDNS refuses what is no address to listen on. A listener on all addresses
// would be one for strangers.
func (c *config) checkDNS() error {
	for _, text := range c.DNS {
		if a, err := netip.ParseAddrPort(text); text != "none" && (err != nil || a.Addr().IsUnspecified() || daemon.LinkLocal(text)) {
			return hint.Errorf("write an address of this router's in the LAN, not a link-local one, or 127.0.0.1, and a port, as in 127.0.0.1:5355", "HOPWIRE_DNS: %q is not an address and port", text)
		}
	}
	return nil
}

// budget says what a memory budget allows.
func budget(mb int) daemon.Budget {
	switch {
	case mb < 10:
		return daemon.Budget{Circuits: 1024, Nodes: 256, Frames: 384}
	case mb < 14:
		return daemon.Budget{Circuits: 2048, Nodes: 512, Frames: 640}
	case mb < 32:
		return daemon.Budget{Circuits: 4096, Nodes: 512, Frames: 1024}
	}
	return daemon.Budget{Circuits: min(mb*256, 60000), Nodes: 2048, Frames: 4096}
}
