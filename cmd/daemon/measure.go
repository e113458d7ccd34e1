package daemon

import (
	"io"
	"strconv"
	"time"

	"hopwire/cmd/control"
	"hopwire/cmd/hint"
	"hopwire/hop"
	"hopwire/link/identity"
)

const pingUsage = "ping ADDR [-c N] [-i SECONDS] [--path N]"

// A pingCommand is what the command's words say.
type pingCommand struct {
	to    identity.Key
	count int
	gap   time.Duration
	path  string // number of a way; "": the circuit in use
}

func (d *Daemon) pingCommand(args []string) (c pingCommand, err error) {
	c.count, c.gap = 5, time.Second
	if c.to, err = d.Target(args); err != nil {
		return c, err
	}
	for i := 1; i+1 < len(args); i += 2 {
		v, err := strconv.ParseFloat(args[i+1], 64)
		switch {
		case err == nil && args[i] == "-c" && v >= 1 && v <= 1e6:
			c.count = int(v)
		case err == nil && args[i] == "-i" && v >= 0.001:
			c.gap = time.Duration(v * float64(time.Second))
		case args[i] == "--path":
			c.path = args[i+1]
		default:
			return c, hint.Errorf(pingUsage, "bad option %s %s", args[i], args[i+1])
		}
	}
	return c, nil
}

// ping prints the answers as they come.
func (d *Daemon) ping(w io.Writer, args []string) error {
	c, err := d.pingCommand(args)
	if err != nil {
		return err
	}
	gone := control.Gone(w)
	if c.path == "" {
		lost := pings(w, gone, &c, func() (time.Duration, bool) { return d.pingOnce(gone, c.to) })
		if lost == c.count {
			return d.unreachable(c.to)
		}
		return nil
	}
	path, err := d.way(gone, c.to, c.path)
	if err != nil {
		return err
	}
	walk := d.Walk(path)
	defer walk.Close()
	lost := pings(w, gone, &c, func() (time.Duration, bool) { return walk.Ask(gone, len(path.Hops)-1) })
	if lost == c.count {
		return d.deadWay(c.path)
	}
	return nil
}

// pings asks again and again, until gone is closed, and returns how many were lost.
func pings(w io.Writer, gone <-chan struct{}, c *pingCommand, ask func() (rtt time.Duration, ok bool)) (lost int) {
	control.Begin(w, "seq:n rtt_ms:n lost:n")
	for seq := 1; ; seq++ {
		next := time.After(c.gap)
		rtt, ok := ask()
		if !ok {
			lost++
		}
		if control.Row(w, seq, answered(rtt), lost) != nil || seq == c.count {
			return lost
		}
		select {
		case <-next:
		case <-gone:
			return lost
		}
	}
}

func (d *Daemon) deadWay(number string) error {
	return hint.Errorf(d.do("paths")+" shows the others, and with --probe which are alive", "no answer over path %s", number)
}

// pingOnce asks the node at the other end.
func (d *Daemon) pingOnce(gone <-chan struct{}, to identity.Key) (rtt time.Duration, ok bool) {
	return d.question(gone, func(now time.Time, done func(time.Time, time.Duration, bool)) error {
		return d.Runner.Node().Ping(now, to, done)
	})
}

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

// trace asks each hop by control cells: of the circuit in use, which is opened when there
// is none, or of one over a given way.
func (d *Daemon) trace(w io.Writer, args []string) error {
	key, err := d.Target(args)
	if err != nil {
		return err
	}
	gone := control.Gone(w)
	switch {
	case len(args) == 1:
		return d.traceInUse(w, gone, key)
	case len(args) != 3 || args[1] != "--path":
		return hint.Errorf("trace ADDR [--path N]", "bad option %s", args[1])
	}
	path, err := d.way(gone, key, args[2])
	if err != nil {
		return err
	}
	walk := d.Walk(path)
	defer walk.Close()
	if _, ok := walk.Ask(gone, len(path.Hops)-1); !ok { // it may be broken on the way: then the hops before answer
		if _, ok := walk.Ask(gone, 0); !ok {
			return d.deadWay(args[2])
		}
	}
	traceHops(w, path.Hops, func(i int) (time.Duration, bool) { return walk.Ask(gone, i) })
	return nil
}

func (d *Daemon) traceInUse(w io.Writer, gone <-chan struct{}, key identity.Key) error {
	if _, ok := d.pingOnce(gone, key); !ok {
		return d.unreachable(key)
	}
	var hops []hop.Hop
	d.Runner.Turn(func(now time.Time) { hops = d.Runner.Node().Route(key) })
	if len(hops) == 0 {
		return hint.Errorf("the other end calls us: its circuit is used, and its path is not ours to know", "there is no circuit of our own to %s", key)
	}
	traceHops(w, hops, func(i int) (time.Duration, bool) {
		return d.question(gone, func(now time.Time, done func(time.Time, time.Duration, bool)) error {
			return d.Runner.Node().TraceHop(now, key, i, done)
		})
	})
	return nil
}

// traceHops shows the least of ten round trips to each hop.
func traceHops(w io.Writer, hops []hop.Hop, ask func(i int) (rtt time.Duration, ok bool)) {
	control.Begin(w, "hop:n address:s ip:s rtt_ms:n sent:n lost:n")
	const probes = 10
	for i, h := range hops {
		var best time.Duration
		lost := 0
		for range probes {
			rtt, ok := ask(i)
			if !ok {
				lost++
			} else if best == 0 || rtt < best {
				best = rtt
			}
		}
		if control.Row(w, i+1, h.Key, h.Key.IPv6(), answered(best), probes, lost) != nil {
			return
		}
	}
}
