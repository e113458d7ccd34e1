// Command hopwire is the mesh node and its tools.
package main

import (
	"errors"
	"io"
	"os"

	"hopwire/cmd/command"
	"hopwire/cmd/hint"
	"hopwire/cmd/setting"
	"hopwire/cmd/state"
	"hopwire/link/identity"
)

// version is set by the linker.
var version = "0.1.0-dev"

// program is our name: of the command, and before each setting's.
const program = "hopwire"

const notes = `ADDR is an address of 56 characters, a name such as gate.hop, or a mesh IPv6
address.

Example, on each of several routers that share a cable:
  HOPWIRE_INTERFACES=eth1 HOPWIRE_NETWORK_KEY_FILE=/etc/hopwire.key hopwire run
`

// commands are what hopwire does.
var commands = []command.Command{
	{Name: "init", Help: "make this node's identity and print its address", Run: initCommand},
	{Name: "run", Help: "run the node", Run: runNode},
	{Name: "address", Usage: "[ADDR] [--ip]", Help: "the address (of ADDR), or its mesh IPv6 address", Run: address},
	{Name: "status", Usage: "[--json]", Help: "what the node does", Run: ask},
	{Name: "peers", Usage: "[--json]", Help: "neighbours: round-trip time, loss, frames", Run: ask},
	{Name: "circuits", Usage: "[--json]", Help: "circuits that start, pass or end here", Run: ask},
	{Name: "routes", Usage: "[--json]", Help: "nodes that are known, how far they are", Run: ask},
	{Name: "ping", Usage: "ADDR [-c N] [-i SECONDS] [--json]", Help: "round-trip time to a node", Run: ask},
	{Name: "trace", Usage: "ADDR [--json]", Help: "round-trip time and loss to each hop", Run: ask},
	{Name: "doctor", Usage: "[--json]", Help: "what may be wrong, with hints", Run: doctor},
	{Name: "metrics", Help: "counters in Prometheus text", Run: ask},
}

func main() { os.Exit(hopwire().Main(os.Args[1:], os.Stdout, os.Stderr)) }

// hopwire is the program.
func hopwire() *command.Program {
	return &command.Program{Name: program, About: "a mesh relay for routers", Version: version, Commands: commands, Notes: notes,
		Settings: func(w io.Writer) { setting.Print(w, program, &config{}) }}
}

// ask hands a command on to the node that runs and shows its answer.
func ask(a *command.Args) error {
	c, err := loadConfig()
	if err != nil {
		return err
	}
	line := a.Command
	for _, s := range append(a.Words, a.Options...) {
		if s != "--json" {
			line += " " + s
		}
	}
	return c.socket().Ask(a.Out, line, a.Has("--json"))
}

func initCommand(a *command.Args) error {
	c, err := loadConfig()
	if err != nil {
		return err
	}
	_, was := c.folder().Load()
	id, made, err := c.folder().Init()
	switch {
	case err != nil:
		return err
	case !made:
		io.WriteString(os.Stderr, "hopwire: the identity in "+c.State+" is kept\n")
	case errors.Is(was, state.ErrEmpty):
		io.WriteString(os.Stderr, "hopwire: warning: the identity in "+c.State+" was empty; a new one is made, with a new address\n")
	}
	io.WriteString(a.Out, id.Key().String()+"\n")
	return nil
}

// address prints the address of this node or of another. Names, and mesh IPv6
// addresses, the running node knows.
func address(a *command.Args) error {
	c, err := loadConfig()
	if err != nil {
		return err
	}
	var key identity.Key
	switch {
	case len(a.Words) == 0:
		id, err := c.folder().Load()
		if err != nil {
			return err
		}
		key = id.Key()
	case isAddress(a.Words[0]):
		if key, err = identity.ParseKey(a.Words[0]); err != nil {
			return hint.Add(err, "an address is what 'hopwire address' prints")
		}
	default:
		return ask(a)
	}
	io.WriteString(a.Out, inText(key, a.Has("--ip"))+"\n")
	return nil
}
