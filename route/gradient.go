package route

import (
	"time"

	"hopwire/link/identity"
	"hopwire/link/step"
)

// The gradient: which route servers this node knows ways to, and by which way each is
// reached. A slot is one of them.
type slot struct {
	_          [0]func()        // not to be compared, which would take code
	id         identity.ShortID // zero: a free slot
	configured bool
	leaving    bool  // free as soon as no neighbour believes that we have a way
	by         *near // who brought it

	held  *way // complete: what we have,
	since tick // since then
	old   *way // was held before: what is on it is kept until another is complete,
	until tick // or till then
	trial *way // whose announcements are gathered,
	ends  tick // till then
	asked bool // they have been asked for

	out      *way // what neighbours are told,
	sequence uint32
	at       tick        // since then
	due      tick        // when they are told what is held; 0: now, or they are
	settled  tick        // when the loss of one has been heard of
	lost     step.Bucket // changes because one was lost, told then
	pace     rest        // of others
}

// gradient is the state of it.
type gradient struct {
	slots []*slot
	stale bool      // something has changed since it was ranked
	begun time.Time // tick 0
	next  tick      // when it is to be ranked again; 0: nothing pending
	kept  marks     // scratch of sweep
	own   tick      // when our own way, as a server, was last told to all; 0: not yet
}

func newGradient(slots int) (g gradient) {
	if slots == 0 {
		slots = maxServers
	}
	for range min(slots, maxServers) {
		g.slots = append(g.slots, &slot{})
	}
	return g
}

// A tick is a time since the first link. (Of time.Time each comparison takes as much code
// as ten of these, where words have 32 bits.)
type tick time.Duration

// tick is what time it is.
func (g *gradient) tick(now time.Time) tick {
	if g.begun.IsZero() {
		g.begun = now.Add(-1) // no tick of an event is 0
	}
	return tick(now.Sub(g.begun))
}

// by has it ranked again by a time.
func (g *gradient) by(at tick) {
	if g.next == 0 || at < g.next {
		g.next = at
	}
}

// A rest has what is done again and again done after growing rests. After twice the last
// one, and twice the least, it starts small again.
type rest struct{ last, gap tick }

// over is when the rest is over.
func (r *rest) over(now tick, first time.Duration) tick {
	if now-r.last > 2*max(r.gap, tick(first)) {
		r.gap = 0
	}
	return r.last + r.gap
}

// begin begins one, of twice the last, from first up to most.
func (r *rest) begin(now tick, first, most time.Duration) {
	r.last, r.gap = now, min(max(2*r.gap, tick(first)), tick(most))
}

// rankSoon has everything ranked at the end of this turn.
func (m *Map) rankSoon(now time.Time) {
	m.ways.stale = true
	m.next.By(now)
}

// advanceWays does what is due.
func (m *Map) advanceWays(now time.Time) {
	g := &m.ways
	if t := g.tick(now); g.stale || g.next != 0 && t >= g.next {
		g.stale, g.next = false, 0
		m.rank(now, t)
	}
	if g.stale { // a slot has become free
		m.next.By(now)
	} else if g.next != 0 {
		m.next.By(g.begun.Add(time.Duration(g.next)))
	}
}

// rank decides which servers have slots, by which way, and what neighbours are told.
func (m *Map) rank(now time.Time, t tick) {
	for _, p := range m.ports {
		p.vain.over(t, lastGap) // forgives after a quiet while
	}
	m.vacate()
	for m.fill(t) {
	}
	for _, s := range m.ways.slots {
		if s.used() {
			m.choose(t, s)
		}
	}
	m.sweep()
	for i, s := range m.ways.slots {
		if s.trial != nil && !s.asked {
			s.asked = true
			m.gather(now, s.trial)
		}
		m.publish(now, t, i, s)
	}
}
