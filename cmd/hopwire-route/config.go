package main

import (
	"path/filepath"
	"slices"

	"hopwire/cmd/daemon"
	"hopwire/cmd/hint"
	"hopwire/cmd/setting"
	"hopwire/link/identity"
	"hopwire/route/server"
)

// A config is everything that can be set, by environment variables only.
type config struct {
	State string `default:"/var/lib/hopwire-route" desc:"folder of the identity, the map and other state (0700)"`
	daemon.Settings
	Peers   []string `desc:"comma list of addresses of route servers whose maps are copied"`
	Allowed []string `desc:"comma list of addresses that may ask for ways with conditions, which show who asks"`
	Memory  int      `default:"256" desc:"memory budget in MB, 64 or more: 256 allows 100,000 relays"`
}

// loadConfig reads the environment; unknown and bad values are errors.
func loadConfig() (*config, error) {
	var c config
	if err := setting.Load(program, &c); err != nil {
		return nil, err
	}
	return &c, c.check()
}

func nodeConfig() (*daemon.Config, error) {
	c, err := loadConfig()
	if err != nil {
		return nil, err
	}
	return c.node(), nil
}

// nodeMemory is the node's part of the budget, in MB.
const nodeMemory = 32

func (c *config) node() *daemon.Config {
	return &daemon.Config{Program: program, Version: version, Settings: &c.Settings, State: c.State, Memory: c.Memory,
		Budget: daemon.Budget{Circuits: 16384, Nodes: 512, Frames: 4096}}
}

// check refuses values that can be judged without looking at the system.
func (c *config) check() error {
	if c.Memory < 64 || c.Memory > 65536 {
		return hint.Errorf("256 is the default, for 100,000 relays", "HOPWIRE_ROUTE_MEMORY: %d MB is not between 64 and 65536", c.Memory)
	}
	if _, err := c.keys("PEERS", c.Peers); err != nil {
		return err
	}
	if _, err := c.keys("ALLOWED", c.Allowed); err != nil {
		return err
	}
	return c.node().Check()
}

func (c *config) keys(setting string, list []string) ([]identity.Key, error) {
	return c.node().Addresses(setting, list)
}

// peers are the servers whose maps are copied: without this one, so that all of them may
// have the same list.
func (c *config) peers(id *identity.Identity) (list []identity.Key) {
	all, _ := c.keys("PEERS", c.Peers)
	for _, k := range all {
		if k != id.Key() && !slices.Contains(list, k) {
			list = append(list, k)
		}
	}
	return list
}

// server is what the server is made of, but for who does its work.
func (c *config) server(id *identity.Identity) server.Config {
	allowed, _ := c.keys("ALLOWED", c.Allowed)
	relays, bytes := server.Fit((c.Memory - nodeMemory) << 20)
	return server.Config{Identity: id, Servers: c.peers(id), Allowed: allowed, Relays: relays, Bytes: bytes}
}

func (c *config) file() string { return filepath.Join(c.State, "map") }
