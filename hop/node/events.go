package node

import (
	"time"

	"hopwire/hop"
	"hopwire/hop/onion"
)

// events is the node as its circuits see it.
type events Node

func (e *events) node() *Node { return (*Node)(e) }

// Accept: a circuit ends here; its first frame says who is at the other end.
func (e *events) Accept(now time.Time, t *hop.Terminal) {
	e.arrived++
	t.User = &channel{n: e.node(), t: t, count: e.arrived, born: now, heard: now}
}

func (e *events) TerminalFrame(now time.Time, t *hop.Terminal, seq uint32, body []byte) {
	ch, ok := t.User.(*channel)
	switch {
	case !ok || ch.closed:
	case ch.repeated(now, body):
	case ch.ready():
		ch.receive(now, seq, body)
	default:
		e.node().firstFrame(now, ch, seq, body)
	}
}

func (e *events) TerminalClosed(now time.Time, t *hop.Terminal) {
	if ch, ok := t.User.(*channel); ok {
		ch.close(now)
	}
}

func (e *events) CircuitReady(now time.Time, c *hop.Circuit) {
	if p, ok := c.User.(*Probe); ok {
		p.stands(now)
	}
	if ch, ok := c.User.(*channel); ok && !ch.closed {
		ch.first(now)
	}
}

func (e *events) CircuitFrame(now time.Time, c *hop.Circuit, seq uint32, body []byte) {
	ch, ok := c.User.(*channel)
	switch {
	case !ok || ch.closed:
	case ch.opening != nil:
		ch.opened(now, seq, body)
	case ch.ready():
		ch.receive(now, seq, body)
	}
}

// CircuitAnswer: a hop answered a control cell, or frames wait there.
func (e *events) CircuitAnswer(now time.Time, c *hop.Circuit, at int, cell onion.Cell) {
	ch, ok := c.User.(*channel)
	switch {
	case cell.Type == onion.CellSlow && ok && !ch.closed:
		ch.slowed(now)
	case cell.Type == onion.CellPong:
		pong, err := onion.ParsePong(cell.Data)
		if err == nil && !(ok && ch.loss != nil && ch.loss.Answer(now, at, pong)) {
			e.node().answer(now, pong.ID, at)
		}
	}
}

// CircuitBroken: the circuit has ended because a hop failed.
func (e *events) CircuitBroken(now time.Time, c *hop.Circuit, at int, why hop.Reason) {
	p, probes := c.User.(*Probe)
	if probes {
		p.broken(now, blamed(&p.path, at, why), why)
	}
	ch, ok := c.User.(*channel)
	if !ok || ch.closed {
		return
	}
	at = blamed(&ch.path, at, why)
	if why == hop.ReasonRefused && ch.otherKey(now, at) {
		return
	}
	e.node().N.Failed++
	ch.o.fail(now, ch, at, why)
}

// blamed is the hop that failed: of the one that says so, often the way to the next.
func blamed(path *hop.Path, at int, why hop.Reason) int {
	if next := at + 1; next < len(path.Hops) && (why == hop.ReasonLinkDown || why == hop.ReasonNoNext || why == hop.ReasonRefused) {
		return next
	}
	return at
}
