package node

import (
	"slices"
	"time"

	"hopwire/hop"
	"hopwire/link/step"
)

// A Probe is a circuit over a given path that carries nothing but questions to its hops: it
// has no peer and no session, so the last hop learns only that a circuit ends there. The
// map hears nothing of how it went.
//
//	         Probe          CircuitReady            Close, a hop that fails
//	(none) --------> building ----------> standing ------------------------> ended
//	                  |    ^                  |
//	                  +----+------------------+
//	                   a hop has refused: once more, with its other onion key
type Probe struct {
	n     *Node
	c     *hop.Circuit
	path  hop.Path
	asked []probed // in order; those that were answered may be among them
	ready bool
	ended bool
}

// A probed is a question to a hop.
type probed struct {
	id  uint32
	hop int
}

// maxProbes is how many there are at once: they are a person's.
const maxProbes = 8

// Probe begins one, which its owner closes. Errors are those of hop.Circuits.Open.
func (n *Node) Probe(now time.Time, path hop.Path) (*Probe, error) {
	if len(n.probes) >= maxProbes {
		return nil, hop.ErrTooMany
	}
	p := &Probe{n: n, path: path}
	if err := p.open(now); err != nil {
		return nil, err
	}
	n.probes = append(n.probes, p)
	return p, nil
}

func (p *Probe) open(now time.Time) error {
	c, err := p.n.Circuits.Open(now, p.path, lifeOfErrands)
	if err == nil {
		c.User = p
		p.c, p.ready = c, false
	}
	return err
}

// Ping asks hop i (from 0) for a Pong and reports the round trip once, as Node.Ping does:
// what is asked before the circuit stands has the set-up in it. hop.ErrNoPath: the circuit
// has ended, as it does two minutes after its set-up, or there is no such hop.
func (p *Probe) Ping(now time.Time, i int, done func(now time.Time, rtt time.Duration, ok bool)) error {
	if p.ended || i < 0 || i >= len(p.path.Hops) {
		return hop.ErrNoPath
	}
	id, err := p.n.question(now, done)
	if err != nil {
		return err
	}
	p.asked = append(slices.DeleteFunc(p.asked, p.answered), probed{id, i})
	if p.ready {
		p.c.Ping(now, i, id)
	}
	return nil
}

func (p *Probe) answered(a probed) bool {
	_, waits := p.n.waits[a.id]
	return !waits
}

// stands: what waited goes.
func (p *Probe) stands(now time.Time) {
	p.ready = true
	for _, a := range p.asked {
		p.c.Ping(now, a.hop, a.id)
	}
}

// broken: a hop has failed.
func (p *Probe) broken(now time.Time, i int, why hop.Reason) {
	if path, ok := otherKeyOf(p.path, i); ok && why == hop.ReasonRefused {
		if p.path = path; p.open(now) == nil {
			return
		}
	}
	p.Close(now)
}

// Close ends the circuit; what still waits for an answer has none. Closing twice is fine.
func (p *Probe) Close(now time.Time) {
	if p.ended {
		return
	}
	p.ended = true
	p.c.Close(now)
	p.n.probes = step.Remove(p.n.probes, p)
	for _, a := range p.asked {
		if w, waits := p.n.waits[a.id]; waits {
			delete(p.n.waits, a.id)
			w.done(now, 0, false)
		}
	}
}
