package route

import (
	"encoding/binary"
	"time"

	"hopwire/link"
	"hopwire/link/identity"
	"hopwire/link/step"
)

// ownState is when and what we announce.
type ownState struct {
	sequence uint32
	at       time.Time // when the newest was made
	asked    time.Time // for our last sequence; zero: not yet
	known    bool      // the wait for it is over
	dirty    bool      // something changed since
	due      time.Time
	gap      time.Duration
	lastGap  time.Time // when a gap was last used up: a quiet while starts small again
	figures  step.Bucket
	checkAt  time.Time
	full     bool // hysteresis of the load bits
	load     byte // as last announced

	elsewhere     identity.Key // the neighbour that gave us another boot's announcement
	elsewhereSeen time.Time
}

// linksChanged has a new announcement made: at once for a lost link, else 250 ms
// after the first change and then at growing gaps, so that a mesh that boots as a
// whole has whole maps soon and is quiet afterwards.
func (m *Map) linksChanged(now time.Time, n *near, lost bool) {
	s := &m.state
	if s.asked.IsZero() {
		s.asked = now
	}
	if !s.known && !lost {
		m.post(now, n, kindAskSequence, nil)
	}
	s.dirty = true
	if now.Sub(s.lastGap) > 2*lastGap {
		s.gap = 0
	}
	at := now.Add(firstAfter)
	if earliest := s.lastGap.Add(s.gap); s.gap > 0 && earliest.After(at) {
		at = earliest
	}
	if lost {
		at = now
	}
	if s.due.IsZero() || at.Before(s.due) {
		s.due = at
	}
	s.checkAt = now.Add(checkGap)
	m.next.By(s.due)
	m.next.By(s.checkAt)
}

// takeAsk tells a neighbour the last sequence of its own that we know.
func (m *Map) takeAsk(now time.Time, n *near) {
	var b [4]byte
	if o := m.node(n.short); o != nil {
		binary.LittleEndian.PutUint32(b[:], o.raw.sequence())
	}
	m.post(now, n, kindSequence, b[:])
}

// takeSequence: a neighbour knows this sequence of ours.
func (m *Map) takeSequence(now time.Time, sequence uint32) {
	s := &m.state
	s.known = true
	if int32(sequence-s.sequence) > 0 {
		s.sequence = sequence
		s.dirty, s.due = true, now
	}
	m.next.By(now)
}

// sawOwn: an announcement of ours comes back. One with a higher sequence, or the
// same of another boot, is from before a restart, or from somebody with our
// identity: we announce above it at once.
func (m *Map) sawOwn(now time.Time, from *near, a raw) {
	d := int32(a.sequence() - m.state.sequence)
	if d < 0 || d == 0 && a.boot() == m.c.Boot {
		return
	}
	if m.own != nil && a.boot() != m.c.Boot {
		m.N.ElsewhereSeen++
		m.state.elsewhere, m.state.elsewhereSeen = from.l.Peer(), now
	}
	m.takeSequence(now, a.sequence()+1)
}

// Elsewhere returns the neighbour that last gave us an announcement by another node with
// our identity, and when. Zero: none did.
func (m *Map) Elsewhere() (from identity.Key, at time.Time) {
	return m.state.elsewhere, m.state.elsewhereSeen
}

// advanceOwn announces what is due.
func (m *Map) advanceOwn(now time.Time) {
	s := &m.state
	if s.asked.IsZero() {
		return
	}
	if !s.checkAt.IsZero() && !now.Before(s.checkAt) {
		s.checkAt = now.Add(checkGap)
		if !s.dirty && m.own != nil && m.load() != s.load {
			s.dirty, s.due = true, s.lastGap.Add(s.gap)
		}
		if !s.dirty && m.figuresChanged() && s.figures.Take(now, 1/figureGap.Seconds(), figureBurst) {
			s.dirty, s.due = true, now
		}
	}
	m.next.By(s.checkAt)
	if refresh := s.at.Add(refreshAfter); m.own != nil && !s.dirty {
		if now.Before(refresh) {
			m.next.By(refresh)
			return
		}
		s.dirty, s.due = true, now
	}
	if wait := s.asked.Add(sequenceWait); !s.known && now.Before(wait) {
		m.next.By(wait)
		return
	}
	if s.dirty && now.Before(s.due) {
		m.next.By(s.due)
	} else if s.dirty {
		m.announce(now)
	}
}

// announce makes a new announcement and has it signed elsewhere: to sign takes 12 ms
// on a small router, too long for what it relays.
func (m *Map) announce(now time.Time) {
	s := &m.state
	s.known = true
	s.sequence++
	s.at, s.lastGap, s.dirty, s.due = now, now, false, time.Time{}
	s.gap = min(max(2*s.gap, firstGap), lastGap)
	epoch, left, current, next := m.c.Onion(now)
	s.load = m.load()
	a := &announcement{flags: m.c.Flags | s.load, key: m.c.Identity.Key(), boot: m.c.Boot, sequence: s.sequence,
		epoch: epoch, left: left, current: current, next: next, price: m.c.Price}
	for _, n := range m.near {
		n.stated, n.told = n.state(), true
		a.links = append(a.links, n.stated)
	}
	a.links = sortStatements(a.links)
	ok := m.c.Env.Work(link.Cost{Class: link.ClassSetup, Sign: 1}, func() func(time.Time) {
		raw := a.signed(m.c.Identity)
		return func(now time.Time) { m.announced(now, raw) }
	})
	if !ok {
		s.dirty, s.due = true, now.Add(firstAfter)
		m.next.By(s.due)
	}
}

// announced spreads what has been signed; its age counts from when it was made.
func (m *Map) announced(now time.Time, raw []byte) {
	m.own = raw
	m.graph = nil
	m.N.Announced++
	m.next.By(now.Add(refreshAfter))
	for _, n := range m.near {
		m.offer(now, n, m.short)
	}
}

// state is what we state of the link to a neighbour.
func (n *near) state() statement {
	q := n.l.Quality()
	return statement{n.short, max(q.RTTMin, leastRTT), powerOfTwo(q.Capacity), byte(min(255, 256*max(q.LossIn, q.LossOut)))}
}

// figuresChanged: RTT or loss of a link differ by a quarter from what we stated.
func (m *Map) figuresChanged() bool {
	for _, n := range m.near {
		s := n.state()
		if !n.told || apart(float64(s.rtt), float64(n.stated.rtt), float64(leastRTT)) || apart(float64(s.loss), float64(n.stated.loss), 12) {
			return true
		}
	}
	return false
}

func apart(a, b, least float64) bool {
	d := a - b
	if d < 0 {
		d = -d
	}
	return d > least/2 && d > max(a, b)/4
}

// load is the state of the circuit table in two bits, with hysteresis.
func (m *Map) load() byte {
	if m.c.Load == nil {
		return 0
	}
	used, most := m.c.Load()
	switch {
	case used*4 >= most*3:
		m.state.full = true
		return FlagFull | FlagBusy
	case used*5 >= most*3 && m.state.full:
		return FlagBusy
	}
	m.state.full = false
	return 0
}
