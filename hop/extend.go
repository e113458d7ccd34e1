package hop

import (
	"slices"
	"time"

	"hopwire/hop/onion"
	"hopwire/link"
	"hopwire/link/step"
)

// A growth is an Extend on its way: nothing acknowledges a cell, so it is repeated
// until something comes from a hop beyond.
type growth struct {
	hop   int    // the last before it, which becomes a relay
	data  []byte // of the cell; nil: the set-up is being built
	again Repeat
}

// reached: a set-up is on its way. The next set-up of a longer path waits for an answer
// from beyond, since one Extend is under way at a time.
func (c *Circuit) reached(now time.Time) {
	switch {
	case len(c.rest) == 0:
		c.cs.ev.CircuitReady(now, c)
	case c.growth == nil:
		c.goOn(now)
	}
}

// goOn extends the circuit by what is left of its path, as far as one set-up goes.
func (c *Circuit) goOn(now time.Time) {
	n := min(len(c.rest), onion.MaxHops)
	if c.extend(now, c.rest[:n]) == nil {
		c.rest, c.restAt = c.rest[n:], time.Time{}
		return
	}
	c.restAt = now.Add(setupRetry)
	c.watchGrowth(c.restAt)
}

// extend makes the circuit longer, for ways of more than onion.MaxHops hops: the last hop
// becomes a relay and passes a further set-up on. Events.CircuitReady is called when
// that is on its way; Events.CircuitBroken when it is refused, or when nothing has
// come from beyond after four seconds. ErrNoPath: the circuit is not ready, or was extended
// twice, or more has no hops or too many; ErrTooMany: it is being extended, or there is no room.
func (c *Circuit) extend(now time.Time, more []Hop) error {
	switch {
	case len(more) == 0 || len(more) > onion.MaxHops || !c.Ready() || c.extended >= extensionsMost:
		return ErrNoPath
	case c.growth != nil:
		return ErrTooMany
	}
	hops, rand := setupHops(more, c.life), step.Stream(c.cs.c.Rand)
	g := &growth{hop: len(c.keys) - 1}
	ok := c.cs.c.Env.Work(link.Cost{Class: link.ClassSetup, DH: 2 * len(hops)}, func() func(time.Time) {
		packet, keys, err := onion.BuildSetup(rand, hops)
		return func(now time.Time) {
			switch {
			case !c.Ready():
				wipe(keys)
			case err != nil:
				c.growth = nil
				c.fail(now, g.hop, ReasonBusy)
			default:
				id := more[0].Key.Short()
				g.data = append(id[:], packet[:]...)
				c.setKeys(keys)
				c.path.Hops = append(slices.Clone(c.path.Hops), more...)
				c.grow(now)
				c.reached(now)
			}
		}
	})
	if !ok {
		return ErrTooMany
	}
	c.growth, c.extended = g, c.extended+1
	return nil
}

// grow sends the Extend, and a Ping to the hop that is to be the last: its answer
// shows that all hops have their set-up.
func (c *Circuit) grow(now time.Time) {
	g := c.growth
	at := g.again.Sent(now)
	c.cell(now, g.hop, onion.CellExtend, g.data, link.FrameLong)
	c.Ping(now, len(c.keys)-1, 0)
	c.watchGrowth(at)
}

// watchGrowth has growAgain look at the circuit.
func (c *Circuit) watchGrowth(at time.Time) {
	if !slices.Contains(c.cs.growing, c) {
		c.cs.growing = append(c.cs.growing, c)
	}
	c.cs.next.By(at)
}

// grown notes that something came from a hop. What is left of the path comes next.
func (c *Circuit) grown(now time.Time, hop int) {
	if c.growth != nil && c.growth.data != nil && hop > c.growth.hop {
		c.growth = nil
		if len(c.rest) > 0 {
			c.goOn(now)
		}
	}
}

// growAgain repeats the Extends that are due, and gives up those that were
// repeated for long.
func (cs *Circuits) growAgain(now time.Time) {
	cs.growing = slices.DeleteFunc(cs.growing, func(c *Circuit) bool { return c.ended || c.growth == nil && c.restAt.IsZero() })
	for _, c := range step.Clone(cs.growing) {
		switch g := c.growth; {
		case g == nil && now.Before(c.restAt):
			cs.next.By(c.restAt)
		case g == nil:
			c.goOn(now)
		case now.Before(g.again.At):
			cs.next.By(g.again.At)
		case !g.again.Over():
			c.grow(now)
		default:
			c.fail(now, g.hop, ReasonTimeout)
		}
	}
}
