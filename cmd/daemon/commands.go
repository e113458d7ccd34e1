package daemon

import (
	"errors"
	"io"
	"os"

	"hopwire/cmd/command"
	"hopwire/cmd/hint"
	"hopwire/cmd/state"
	"hopwire/link/identity"
)

// Commands are those of every program around a node. load reads and checks its settings;
// run is its command of that name.
func Commands(load func() (*Config, error), run func(*command.Args) error) []command.Command {
	with := func(do func(c *Config, a *command.Args) error) func(*command.Args) error {
		return func(a *command.Args) error {
			c, err := load()
			if err != nil {
				return err
			}
			return do(c, a)
		}
	}
	ask := with((*Config).Ask)
	return []command.Command{
		{Name: "init", Help: "make this node's identity and print its address", Run: with((*Config).init)},
		{Name: "run", Help: "run the node", Run: run},
		{Name: "address", Usage: "[ADDR] [--ip]", Help: "the address (of ADDR), or its mesh IPv6 address", Run: with((*Config).address)},
		{Name: "status", Usage: "[--json]", Help: "what the node does", Run: ask},
		{Name: "peers", Usage: "[--json]", Help: "neighbours: round-trip time, loss, frames", Run: ask},
		{Name: "circuits", Usage: "[--json]", Help: "circuits that start, pass or end here", Run: ask},
		{Name: "routes", Usage: "[--json]", Help: "nodes that are known, how far they are", Run: ask},
		{Name: "ping", Usage: "ADDR [-c N] [-i SECONDS] [--path N] [--json]", Help: "round-trip time to a node", Run: ask},
		{Name: "trace", Usage: "ADDR [--path N] [--json]", Help: "round-trip time and loss to each hop", Run: ask},
		{Name: "doctor", Usage: "[--json]", Help: "what may be wrong, with hints", Run: with((*Config).doctor)},
		{Name: "metrics", Help: "counters in Prometheus text", Run: ask},
	}
}

// Ask hands a command on to the node that runs and shows its answer.
func (c *Config) Ask(a *command.Args) error {
	line := a.Command
	for _, s := range append(a.Words, a.Options...) {
		if s != "--json" {
			line += " " + s
		}
	}
	return c.ControlSocket().Ask(a.Out, line, a.Has("--json"))
}

func (c *Config) init(a *command.Args) error {
	_, was := c.Folder().Load()
	id, made, err := c.Folder().Init()
	switch {
	case err != nil:
		return err
	case !made:
		io.WriteString(os.Stderr, c.Program+": the identity in "+c.State+" is kept\n")
	case errors.Is(was, state.ErrEmpty):
		io.WriteString(os.Stderr, c.Program+": warning: the identity in "+c.State+" was empty; a new one is made, with a new address\n")
	}
	io.WriteString(a.Out, id.Key().String()+"\n")
	return nil
}

// address prints the address of this node or of another. Names, and mesh IPv6
// addresses, the running node knows.
func (c *Config) address(a *command.Args) (err error) {
	var key identity.Key
	switch {
	case len(a.Words) == 0:
		id, err := c.Folder().Load()
		if err != nil {
			return err
		}
		key = id.Key()
	case IsAddress(a.Words[0]):
		if key, err = identity.ParseKey(a.Words[0]); err != nil {
			return hint.Add(err, "an address is what "+c.do("address")+" prints")
		}
	default:
		return c.Ask(a)
	}
	io.WriteString(a.Out, inText(key, a.Has("--ip"))+"\n")
	return nil
}
