// Command hopwire-gateway is a gateway: a node that keeps accounts and answers their
// owners' calls.
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
const program = "hopwire-gateway"

const notes = `Settings begin with HOPWIRE_GATEWAY_. Clients call it over circuits; it has no TUN and
no names. 'init' makes its keys, and says which of them belong elsewhere. Without a
journal on another disk, what its disk loses is lost.

Example:
  HOPWIRE_GATEWAY_INTERFACES=eth1 HOPWIRE_GATEWAY_JOURNAL=/mnt/second/journal hopwire-gateway run
`

func main() { os.Exit(hopwireGateway().Main(os.Args[1:], os.Stdout, os.Stderr)) }

// hopwireGateway is the program.
func hopwireGateway() *command.Program {
	all := daemon.Commands(nodeConfig, runGateway)
	for i := range all {
		if all[i].Name == "init" {
			all[i] = command.Command{Name: "init", Help: "make the keys of the node and of the gateway", Run: initKeys}
		}
	}
	all = append(all,
		command.Command{Name: "epoch", Usage: "OFFLINE", Help: "make a key that signs for the next 30 days, with the file of the offline key", Run: newEpoch},
		command.Command{Name: "accounts", Usage: "[--json]", Help: "what there is of each asset", Run: ask},
		command.Command{Name: "audit", Help: "check the books, of a gateway that runs or not", Run: audit},
		command.Command{Name: "backup", Usage: "FILE", Help: "copy the ledger of the gateway that runs", Run: ask},
		command.Command{Name: "restore", Usage: "COPY JOURNAL RECOVERY", Help: "bring a copy up to the end of a journal, with the file of the recovery key", Run: restore},
		command.Command{Name: "time", Help: "accept the system clock after a long pause", Run: acceptTime})
	return &command.Program{Name: program, About: "a gateway: accounts for a mesh", Version: version, Commands: all, Notes: notes,
		Settings: func(w io.Writer) { setting.Print(w, program, &config{}) }}
}

func ask(a *command.Args) error {
	c, err := nodeConfig()
	if err != nil {
		return err
	}
	return c.Ask(a)
}
