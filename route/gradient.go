package route

import (
	"bytes"
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
			m.choose(now, t, s)
		}
	}
	m.sweep()
	for i, s := range m.ways.slots {
		m.publish(now, t, i, s)
	}
}

// used: it has a server, and keeps it.
func (s *slot) used() bool { return s.id != identity.ShortID{} && !s.leaving }

// way is what a slot has or tries; nil: nothing.
func (s *slot) way() *way {
	switch {
	case s.held != nil:
		return s.held
	case s.trial != nil:
		return s.trial
	}
	return s.old
}

func (m *Map) slotOf(server identity.ShortID) *slot {
	for _, s := range m.ways.slots {
		if s.id == server {
			return s
		}
	}
	return nil
}

func (m *Map) configured(server identity.ShortID) bool {
	for i := range m.c.Servers {
		if m.c.Servers[i].Short() == server {
			return true
		}
	}
	return false
}

// vacate frees the slots of servers that leave, once no neighbour believes that we have
// a way to them.
func (m *Map) vacate() {
	for i, s := range m.ways.slots {
		if s.leaving && m.believers(i) == 0 {
			*s = slot{}
		}
	}
}

func (m *Map) believers(i int) (sum int) {
	for _, n := range m.near {
		sum += int(n.knows >> i & 1)
	}
	return sum
}

// fill gives a slot to the best server that has none; false: there is none, or no slot.
func (m *Map) fill(t tick) bool {
	var best *way
	for _, n := range m.near {
		for _, w := range n.ways {
			if m.slotOf(w.ids[0]) == nil && m.welcome(t, w) && (best == nil || m.before(w, best)) {
				best = w
			}
		}
	}
	if best == nil {
		return false
	}
	s := m.slotOf(identity.ShortID{})
	if s == nil {
		m.displace(t, best)
		return false
	}
	*s = slot{id: best.ids[0], configured: m.configured(best.ids[0]), by: best.from}
	return true
}

// welcome says whether a server may have a slot for a way: it is configured, or the
// neighbour has brought fewer than its two; and the way is worth a trial.
func (m *Map) welcome(t tick, w *way) bool {
	if !m.triable(t, w) {
		return false
	}
	if m.configured(w.ids[0]) {
		return true
	}
	brought := 0
	for _, s := range m.ways.slots {
		if s.used() && !s.configured && s.by == w.from {
			brought++
		}
	}
	return brought < maxBrought
}

// before says which of two ways is to be tried first: to a configured server; by a port
// that did not tell ways in vain; with fewer hops; older.
func (m *Map) before(w, v *way) bool {
	switch a, b := m.configured(w.ids[0]), m.configured(v.ids[0]); {
	case a != b:
		return a
	case w.from.port.vain.gap != v.from.port.vain.gap:
		return w.from.port.vain.gap < v.from.port.vain.gap
	case w.hops() != v.hops():
		return w.hops() < v.hops()
	case w.since != v.since:
		return w.since < v.since
	case w.ids[0] != v.ids[0]:
		return bytes.Compare(w.ids[0][:], v.ids[0][:]) < 0
	}
	return bytes.Compare(w.from.short[:], v.from.short[:]) < 0
}

// displace has a server leave for a better one: for a configured one, for one by a port
// that has fewer slots, or for one that is clearly nearer. One leaves at a time.
func (m *Map) displace(t tick, w *way) {
	var worst *slot
	ours := m.slotsOf(w.from.port)
	for _, s := range m.ways.slots {
		switch {
		case s.leaving:
			return
		case s.configured:
		case m.configured(w.ids[0]) || m.slotsOf(s.by.port) >= ours+2 || s.way() == nil || s.way().hops() >= w.hops()+clearlyNearer:
			if worst == nil || m.worse(s, worst) {
				worst = s
			}
		}
	}
	if worst == nil {
		return
	}
	if at := w.since + tick(wayStood); t < at && !m.configured(w.ids[0]) {
		m.ways.by(at)
		return
	}
	m.leave(worst)
}

// slotsOf is how many servers a port has brought.
func (m *Map) slotsOf(p *port) (sum int) {
	for _, s := range m.ways.slots {
		if s.used() && !s.configured && s.by.port == p {
			sum++
		}
	}
	return sum
}

// worse says which of two slots has the farther server, of the port that has more.
func (m *Map) worse(s, t *slot) bool {
	if a, b := m.slotsOf(s.by.port), m.slotsOf(t.by.port); a != b {
		return a > b
	}
	return s.way() == nil || t.way() != nil && s.way().hops() > t.way().hops()
}

func (m *Map) leave(s *slot) {
	s.leaving = true
	s.held, s.old, s.trial = nil, nil, nil
	m.ways.stale = true
}

// triable says whether what a way lacks may be gathered: not while its neighbour waits
// for having told one in vain.
func (m *Map) triable(t tick, w *way) bool {
	if at := w.from.repute.vain.over(t, lastGap); t < at && !m.stands(w) {
		m.ways.by(at)
		return false
	}
	return true
}

// choose finds the way to a server.
func (m *Map) choose(now time.Time, t tick, s *slot) {
	m.review(t, s)
	if w := m.best(t, s); w != nil && m.stands(w) {
		s.hold(t, w)
	} else if w != nil && s.trial == nil {
		s.trial, s.ends = w, t+tick(trialWait)
		m.gather(now, w)
	}
	if s.trial != nil {
		m.ways.by(s.ends)
	}
	if s.way() == nil {
		m.leave(s)
	}
}

// hold takes a way. What was on the one before is not needed any more.
func (s *slot) hold(t tick, w *way) {
	if s.held == nil {
		s.since = t
	}
	s.held, s.old = w, nil
	if s.trial == w {
		s.trial = nil
	}
}

// review sees what has become of the ways that a slot has.
func (m *Map) review(t tick, s *slot) {
	if s.held != nil && !m.stands(s.held) {
		s.old, s.until, s.held = s.held, t+tick(oldWay), nil
	}
	switch w := s.trial; {
	case w == nil:
	case w.gone:
		s.trial = nil
	case t >= s.ends:
		if s.trial = nil; !m.stands(w) {
			w.from.repute.vain.begin(t, firstGap, lastGap)
			w.from.port.vain.begin(t, firstGap, lastGap)
		}
	}
	if w := s.way(); w != nil && s.by.gone {
		s.by = w.from
	}
	if s.old != nil {
		if m.ways.by(s.until); t >= s.until {
			s.old = nil
		}
	}
}

// best returns the way that is to be held or tried next; nil: what is held stays.
func (m *Map) best(t tick, s *slot) (best *way) {
	ready := false
	for _, n := range m.near {
		w := n.wayTo(s.id)
		if w == nil || w == s.held || s.held != nil && !m.nearer(t, w, s.held) || !m.triable(t, w) {
			continue
		}
		if !m.fits(w) {
			m.ways.stale = m.ways.stale || s.old != nil
			s.old = nil
			continue
		}
		// Without any a complete one is best.
		r := s.held == nil && m.stands(w)
		if best == nil || r && !ready || r == ready && m.before(w, best) {
			best, ready = w, r
		}
	}
	return best
}

// nearer says whether a way is so much better that the held one is given up: clearly
// nearer, or nearer for some time.
func (m *Map) nearer(t tick, w, held *way) bool {
	d := held.hops() - w.hops()
	if at := w.since + tick(wayStood); 0 < d && d < clearlyNearer && t < at {
		m.ways.by(at)
		return false
	}
	return d > 0
}

// wanted says whether a node is on a way that is held or tried.
func (m *Map) wanted(id identity.ShortID) bool {
	for _, s := range m.ways.slots {
		if s.held.has(id) || s.trial.has(id) || s.old.has(id) {
			return true
		}
	}
	return false
}

// sweep has the class onWay be what is on ways. Those for which there is no room are given up:
// old ones first, then trials, then those to servers that nobody has configured.
func (m *Map) sweep() {
	if m.ways.kept == nil {
		m.ways.kept = m.marks()
	}
	clear(m.ways.kept)
	room := maxOnWay
	for pass := range 4 {
		for i := range m.ways.slots {
			s := m.ways.slots[i]
			w := [...]**way{&s.held, &s.held, &s.trial, &s.old}[pass]
			if (pass == 0) != s.configured && pass < 2 || *w == nil {
				continue
			}
			if !m.mark(*w, &room) {
				*w = nil
				m.N.Limited++
			}
		}
	}
	for i := len(m.order) - 1; i >= 0; i-- {
		o := m.order[i]
		if kept := m.ways.kept.from(o.vertex) == o.vertex; kept {
			m.enlist(o, onWay)
		} else if o.class&onWay != 0 {
			m.release(o, onWay)
		}
	}
}

// fits says whether the class onWay has room for what is on a way.
func (m *Map) fits(w *way) bool {
	more := m.members[onWay]
	for i := range w.ids {
		if o := m.open(w.ids[i]); o == nil || o.class&onWay == 0 {
			more++
		}
	}
	return more <= maxOnWay
}

// mark marks those on a way, present or not, if there is room for them.
func (m *Map) mark(w *way, room *int) bool {
	more := 0
	for i := range w.ids {
		if o := m.open(w.ids[i]); o == nil || m.ways.kept.from(o.vertex) != o.vertex {
			more++
		}
	}
	if more > *room {
		return false
	}
	*room -= more
	for i := range w.ids {
		if o := m.open(w.ids[i]); o != nil {
			m.ways.kept.set(o.vertex, true)
		}
	}
	return true
}
