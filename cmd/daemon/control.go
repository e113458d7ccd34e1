package daemon

import (
	"errors"
	"fmt"
	"io"
	"net/netip"
	"strings"
	"time"

	"hopwire/cmd/control"
	"hopwire/cmd/hint"
	"hopwire/hop"
	"hopwire/hop/node"
	"hopwire/link/identity"
)

// Answer does one command of a client.
func (d *Daemon) Answer(w io.Writer, args []string) error {
	switch args[0] {
	case "status":
		control.Send(w, d.status())
	case "peers":
		control.Send(w, d.peers())
	case "circuits":
		control.Send(w, d.circuits())
	case "routes":
		control.Send(w, d.routes())
	case "findings":
		control.Send(w, d.findings())
	case "metrics":
		return d.metrics(w)
	case "address":
		return d.address(w, args[1:])
	case "ping":
		return d.ping(w, args[1:])
	case "trace":
		return d.trace(w, args[1:])
	default:
		if d.Parts.Answer != nil {
			if done, err := d.Parts.Answer(w, args); done {
				return err
			}
		}
		return fmt.Errorf("no command %q", args[0])
	}
	return nil
}

// Target reads an address, a name, or the mesh IPv6 address of a node that is known, or
// that a map which asks others finds within three seconds.
func (d *Daemon) Target(args []string) (key identity.Key, err error) {
	if len(args) == 0 {
		return key, hint.Errorf("give the address or name of a node", "no address")
	}
	text := args[0]
	if ip, err := netip.ParseAddr(text); err == nil {
		return d.resolve(ip)
	}
	ok := false
	if d.Parts.Name != nil {
		key, ok = d.Parts.Name(text)
	} else {
		key, ok = plainName(text)
	}
	switch {
	case ok:
		return key, nil
	case IsAddress(text):
		_, err := identity.ParseKey(text)
		return key, hint.Errorf("an address is what "+d.do("address")+" prints", "%v", err)
	}
	return key, hint.Errorf("names are lines of ADDRESS NAME in the hosts file", "no node is named %q", text)
}

// plainName is an address, or ADDRESS.hop.
func plainName(text string) (identity.Key, bool) {
	key, err := identity.ParseKey(strings.TrimSuffix(text, ".hop"))
	return key, err == nil
}

// do is a command of the program, as hints name it.
func (c *Config) do(command string) string { return "'" + c.Program + " " + command + "'" }

// IsAddress says whether text is as long as an address: what may be wrong with it
// is then a character.
func IsAddress(text string) bool {
	return len(text) == 56 || len(text) == 60 && strings.HasSuffix(text, ".hop")
}

// address prints the address of what is named, or its mesh IPv6 address.
func (d *Daemon) address(w io.Writer, args []string) error {
	ip := len(args) > 1
	if ip && args[0] == "--ip" {
		args = args[1:]
	}
	key, err := d.Target(args)
	if err == nil {
		control.Text(w, inText(key, ip))
	}
	return err
}

// resolvePatience is above what a map takes that asks others (node.Resolver).
const resolvePatience = 4 * time.Second

// resolve finds the key of a mesh address.
func (d *Daemon) resolve(ip netip.Addr) (key identity.Key, err error) {
	ok, asked, answer := false, false, make(chan identity.Key, 1)
	d.Runner.Turn(func(now time.Time) {
		n := d.Runner.Node()
		if key, ok = n.Lookup(ip); ok {
			return
		}
		r, can := n.Map.(node.Resolver)
		asked = can && r.Resolve(now, ip, func(_ time.Time, key identity.Key, ok bool) {
			if !ok {
				key = identity.Key{}
			}
			answer <- key
		})
	})
	if asked {
		select {
		case key = <-answer:
			ok = key != identity.Key{}
		case <-time.After(resolvePatience):
		}
	}
	if !ok {
		return key, hint.Errorf(d.do("routes")+" lists the nodes that are known, "+d.do("doctor")+" says whether a route server is asked", "%s is not known", ip)
	}
	return key, nil
}

// inText is an address, or its mesh IPv6 address.
func inText(key identity.Key, ip bool) string {
	if ip {
		return key.IPv6().String()
	}
	return key.String()
}

// Milliseconds is a duration as tables have it.
func Milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// answered is a round-trip time in Milliseconds, or nothing where none was measured.
func answered(rtt time.Duration) any {
	if rtt == 0 {
		return ""
	}
	return Milliseconds(rtt)
}

// unreachable says why, as far as the map knows.
func (d *Daemon) unreachable(key identity.Key) error {
	var err error
	d.Runner.Turn(func(now time.Time) { _, err = d.Map.Paths(now, key, 1) })
	switch {
	case errors.Is(err, hop.ErrUnknown):
		return hint.Errorf(d.do("routes")+" lists the nodes that are known; "+d.do("doctor")+" looks for faults here", "%s is not known", key)
	case errors.Is(err, hop.ErrTooFar):
		return hint.Errorf(d.do("routes")+" shows how far nodes are; a link that shortens the way helps, on a cable or over UDP", "%s is out of reach of a circuit: %s", key, plain(err))
	case errors.Is(err, hop.ErrNoPath):
		return hint.Errorf(d.do("doctor")+" looks for faults here", "there is no path to %s", key)
	}
	return hint.Errorf("it is known but does not answer: it may have gone", "no answer from %s", key)
}

// plain is an error of the node's without the name of its package.
func plain(err error) string { return strings.TrimPrefix(err.Error(), "hop: ") }
