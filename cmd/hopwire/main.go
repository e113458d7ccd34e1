// Command hopwire is the mesh node and its tools.
package main

import (
	"io"
	"os"

	"hopwire/cmd/command"
	"hopwire/cmd/daemon"
	"hopwire/cmd/setting"
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

func main() { os.Exit(hopwire().Main(os.Args[1:], os.Stdout, os.Stderr)) }

// hopwire is the program.
func hopwire() *command.Program {
	return &command.Program{Name: program, About: "a mesh relay for routers", Version: version,
		Commands: commands(), Notes: notes,
		Settings: func(w io.Writer) { setting.Print(w, program, &config{}) }}
}

// commands are those of every node, and this one's own.
func commands() []command.Command {
	return append(daemon.Commands(nodeConfig, runNode),
		command.Command{Name: "paths", Usage: "ADDR [-k N] [--avoid ADDR] [--via ADDR] [--probe] [--refresh] [--json]", Help: "ways to a node: cost, round trip, capacity, age", Run: passOn},
		command.Command{Name: "servers", Usage: "[--json]", Help: "route servers: way, questions, answers", Run: passOn})
}

func passOn(a *command.Args) error {
	c, err := nodeConfig()
	if err != nil {
		return err
	}
	return c.Ask(a)
}
