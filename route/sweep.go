package route

import "hopwire/link/identity"

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
