package route

import (
	"bytes"

	"hopwire/link/identity"
)

// Which servers have slots: those configured, then the nearest, two by one neighbour.

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
