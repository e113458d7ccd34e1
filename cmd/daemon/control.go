package daemon

import (
	"errors"
	"fmt"
	"io"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"hopwire/cmd/control"
	"hopwire/cmd/hint"
	"hopwire/hop"
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

// Target reads an address, a name, or the mesh IPv6 address of a node that is known.
func (d *Daemon) Target(args []string) (key identity.Key, err error) {
	if len(args) == 0 {
		return key, hint.Errorf("give the address or name of a node", "no address")
	}
	text := args[0]
	if ip, err := netip.ParseAddr(text); err == nil {
		key, ok := d.lookup(ip)
		if !ok {
			return key, hint.Errorf(d.do("routes")+" lists the nodes that are known", "%s is not known", ip)
		}
		return key, nil
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

// lookup finds the key of a mesh address that the node knows.
func (d *Daemon) lookup(ip netip.Addr) (key identity.Key, ok bool) {
	d.Runner.Turn(func(time.Time) { key, ok = d.Runner.Node().Lookup(ip) })
	return key, ok
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

// ping prints the answers as they come.
func (d *Daemon) ping(w io.Writer, args []string) error {
	key, err := d.Target(args)
	if err != nil {
		return err
	}
	count, gap := 5, time.Second
	for i := 1; i+1 < len(args); i += 2 {
		v, err := strconv.ParseFloat(args[i+1], 64)
		switch {
		case err == nil && args[i] == "-c" && v >= 1 && v <= 1e6:
			count = int(v)
		case err == nil && args[i] == "-i" && v >= 0.001:
			gap = time.Duration(v * float64(time.Second))
		default:
			return hint.Errorf("ping ADDR [-c N] [-i SECONDS]", "bad option %s %s", args[i], args[i+1])
		}
	}
	control.Begin(w, "seq:n rtt_ms:n lost:n")
	lost, gone := 0, control.Gone(w)
	for seq := 1; seq <= count; seq++ {
		next := time.After(gap)
		rtt, ok := d.question(gone, func(now time.Time, done func(time.Time, time.Duration, bool)) error {
			return d.Runner.Node().Ping(now, key, done)
		})
		if !ok {
			lost++
		}
		if control.Row(w, seq, answered(rtt), lost) != nil {
			return nil // the client has gone
		}
		if seq == count {
			break
		}
		select {
		case <-next:
		case <-gone:
			return nil
		}
	}
	if lost == count {
		return d.unreachable(key)
	}
	return nil
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

// question asks the node something and waits for the answer, or until gone is closed.
func (d *Daemon) question(gone <-chan struct{}, ask func(now time.Time, done func(time.Time, time.Duration, bool)) error) (rtt time.Duration, ok bool) {
	answer := make(chan time.Duration, 1) // negative: there was none
	var err error
	d.Runner.Turn(func(now time.Time) {
		err = ask(now, func(_ time.Time, rtt time.Duration, ok bool) {
			if !ok {
				rtt = -1
			}
			answer <- rtt
		})
	})
	if err != nil {
		return 0, false
	}
	select {
	case rtt = <-answer:
		return rtt, rtt >= 0
	case <-time.After(10 * time.Second):
	case <-gone:
	}
	return 0, false
}

// trace opens a circuit when there is none and asks each hop of it by control cells.
func (d *Daemon) trace(w io.Writer, args []string) error {
	key, err := d.Target(args)
	if err != nil {
		return err
	}
	gone := control.Gone(w)
	if _, ok := d.question(gone, func(now time.Time, done func(time.Time, time.Duration, bool)) error {
		return d.Runner.Node().Ping(now, key, done)
	}); !ok {
		return d.unreachable(key)
	}
	var hops []hop.Hop
	d.Runner.Turn(func(now time.Time) { hops = d.Runner.Node().Route(key) })
	if len(hops) == 0 {
		return hint.Errorf("the other end calls us: its circuit is used, and its path is not ours to know", "there is no circuit of our own to %s", key)
	}
	control.Begin(w, "hop:n address:s ip:s rtt_ms:n sent:n lost:n")
	const probes = 10
	for i, h := range hops {
		var best time.Duration
		lost := 0
		for range probes {
			rtt, ok := d.question(gone, func(now time.Time, done func(time.Time, time.Duration, bool)) error {
				return d.Runner.Node().TraceHop(now, key, i, done)
			})
			if !ok {
				lost++
			} else if best == 0 || rtt < best {
				best = rtt
			}
		}
		if control.Row(w, i+1, h.Key, h.Key.IPv6(), answered(best), probes, lost) != nil {
			return nil
		}
	}
	return nil
}
