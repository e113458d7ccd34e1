// Command hopwire-route is a route server: a node that keeps the whole map of the mesh and
// answers questions about it.
package main

import (
	"io"
	"os"

	"hopwire/cmd/command"
	"hopwire/cmd/daemon"
	"hopwire/cmd/hint"
	"hopwire/cmd/setting"
)

// version is set by the linker.
var version = "0.1.0-dev"

// program is our name: of the command, and before each setting's.
const program = "hopwire-route"

const notes = `Nodes whose vicinity is full find the server by themselves, and ask it over
several relays, so that it does not learn who asks. Settings begin with
HOPWIRE_ROUTE_. It has no TUN and no names; beside a hopwire on the same machine
it needs a state folder and an identity of its own.

Example:
  HOPWIRE_ROUTE_INTERFACES=eth1 \
  HOPWIRE_ROUTE_NETWORK_KEY_FILE=/etc/hopwire.key hopwire-route run
`

func main() { os.Exit(hopwireRoute().Main(os.Args[1:], os.Stdout, os.Stderr)) }

// hopwireRoute is the program.
func hopwireRoute() *command.Program {
	all := append(daemon.Commands(nodeConfig, runServer),
		command.Command{Name: "map", Usage: "[--json] [--dot]", Help: "relays on the map and their links", Run: ask},
		command.Command{Name: "paths", Usage: "FROM TO [-k N] [--by latency|capacity|loss|price] [--avoid ADDR] [--json]", Help: "ways between two relays", Run: ask},
		command.Command{Name: "verify", Usage: "FILE [--json]", Help: "check a file of the map of this server", Run: verify})
	return &command.Program{Name: program, About: "a route server for meshes", Version: version, Commands: all, Notes: notes,
		Settings: func(w io.Writer) { setting.Print(w, program, &config{}) }}
}

func ask(a *command.Args) error {
	if a.Has("--dot") && a.Has("--json") {
		return hint.Errorf("give one of the two", "--dot is a form of its own")
	}
	c, err := nodeConfig()
	if err != nil {
		return err
	}
	return c.Ask(a)
}
