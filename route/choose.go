package route

// Which way to a server is held, and which is tried.

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
func (m *Map) choose(t tick, s *slot) {
	m.review(t, s)
	if w := m.best(t, s); w != nil && m.stands(w) {
		s.hold(t, w)
	} else if w != nil && s.trial == nil {
		s.trial, s.ends, s.asked = w, t+tick(trialWait), false
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
