// Command hopwire is the mesh node and its tools.
package main

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"hopwire/cmd/hint"
	"hopwire/cmd/setting"
	"hopwire/link"
)

// version is set by the linker.
var version = "0.1.0-dev"

const usage = `hopwire: a mesh relay for routers

  hopwire init                 make this node's identity and print its address
  hopwire run                  run the node
  hopwire address [ADDR] [--ip]
                               print the address (of ADDR), or its mesh IPv6 address
  hopwire status               what the node does
  hopwire peers                neighbours: round-trip time, loss, frames
  hopwire circuits             circuits that start, pass or end here
  hopwire routes               nodes that are known, and how far they are
  hopwire ping ADDR [-c N] [-i SECONDS]
  hopwire trace ADDR           round-trip time and loss to each hop
  hopwire doctor               what may be wrong, with hints
  hopwire metrics              counters in Prometheus text
  hopwire version
  hopwire help config          the settings: environment variables

status, peers, circuits, routes, ping, trace and doctor take --json. ADDR is an
address of 56 characters, a name such as gate.hop, or a mesh IPv6 address.

Example, on each of several routers that share a cable:
  HOPWIRE_INTERFACES=eth1 HOPWIRE_NETWORK_KEY_FILE=/etc/hopwire.key hopwire run
`

func main() { os.Exit(command(os.Args[1:])) }

// command runs one command and returns the exit status: 0, 1 for an error, 2 for
// a command line that makes no sense.
func command(args []string) int {
	json := slices.Contains(args, "--json")
	args = slices.DeleteFunc(slices.Clone(args), func(a string) bool { return a == "--json" })
	if len(args) == 0 {
		fmt.Fprint(os.Stderr, usage)
		return 2
	}
	err := dispatch(args, json)
	if err == nil {
		return 0
	}
	fmt.Fprintln(os.Stderr, "hopwire: error:", err)
	if h := hint.Of(err); h != "" {
		fmt.Fprintln(os.Stderr, "hopwire: hint:", h)
	}
	if errors.Is(err, errUsage) {
		return 2
	}
	return 1
}

var errUsage = errors.New("usage")

func dispatch(args []string, json bool) error {
	switch args[0] {
	case "-h", "--help", "help":
		if len(args) > 1 && args[1] == "config" {
			setting.Print(os.Stdout, program, &config{})
		} else {
			fmt.Print(usage)
		}
		return nil
	case "version", "--version":
		fmt.Println("hopwire", version)
		return nil
	}
	c, err := loadConfig()
	if err != nil {
		return err
	}
	switch args[0] {
	case "init":
		return initCommand(c)
	case "address":
		return addressCommand(c, args[1:])
	case "run":
		return runNode(c)
	case "doctor":
		return doctor(c, json)
	case "status", "peers", "circuits", "routes", "metrics", "ping", "trace":
		return c.socket().Ask(os.Stdout, strings.Join(args, " "), json)
	}
	return hint.Errorf("'hopwire help' lists the commands", "%w: no command %q", errUsage, args[0])
}

func initCommand(c *config) error {
	id, made, err := c.folder().Init()
	if err != nil {
		return err
	}
	if !made {
		fmt.Fprintln(os.Stderr, "hopwire: the identity in", c.State, "is kept")
	}
	fmt.Println(id.Key())
	return nil
}

// addressCommand prints the address of this node or of another. Names, and mesh
// IPv6 addresses, the running node knows.
func addressCommand(c *config, args []string) error {
	given := slices.DeleteFunc(slices.Clone(args), func(a string) bool { return a == "--ip" })
	ip := len(given) < len(args)
	var key link.Key
	var err error
	switch {
	case len(given) == 0:
		var id *link.Identity
		if id, err = c.folder().Load(); err == nil {
			key = id.Key()
		}
	case len(given) > 1 || strings.HasPrefix(given[0], "-"):
		err = hint.Errorf("hopwire address [ADDR] [--ip]", "%w: too many arguments", errUsage)
	case isAddress(given[0]):
		if key, err = link.ParseKey(given[0]); err != nil {
			err = hint.Add(err, "an address is what 'hopwire address' prints")
		}
	default:
		return c.socket().Ask(os.Stdout, "address "+strings.Join(args, " "), false)
	}
	if err == nil {
		fmt.Println(inText(key, ip))
	}
	return err
}
