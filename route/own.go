package route

import (
	"encoding/binary"
	"time"

	"hopwire/link"
	"hopwire/link/identity"
	"hopwire/link/step"
	"hopwire/route/announce"
)

// ownState is when and what we announce.
type ownState struct {
	_        [0]func() // not to be compared, which would take code
	sequence uint32
	at       time.Time // when the newest was made; it may not be signed yet
	asked    time.Time // for our last sequence; zero: not yet
	known    bool      // the wait for it is over
	dirty    bool      // something changed since
	due      time.Time
	links    pace // of new neighbours on whatever port
	loads    pace
	above    pace // of going above an announcement that bears our name
	figures  step.Bucket
	checkAt  time.Time
	late     bool // the first announcement was old before it was signed
	full     bool // hysteresis of the load bits
	load     byte // as last announced

	elsewhere     identity.Key // the neighbour that gave us another boot's announcement
	elsewhereSeen time.Time
}

// linksChanged has a new announcement made.
func (m *Map) linksChanged(now time.Time, n *near, lost bool) {
	s := &m.state
	if s.asked.IsZero() {
		s.asked = now
	}
	if !s.known && !lost {
		m.post(now, n, kindAskSequence, nil)
	}
	m.announceBy(now, m.changeDue(now, n, lost))
	s.checkAt = now.Add(checkGap)
	m.next.By(s.checkAt)
}

// announceBy has a new announcement made by a time.
func (m *Map) announceBy(now, at time.Time) {
	s := &m.state
	s.dirty = true
	if s.due.IsZero() || at.Before(s.due) {
		s.due = at
	}
	m.next.By(s.due)
}

// changeDue is when a change of a link is announced (wire.md, "Life"): at once when one
// is lost or back, unless that happens all the time on the port or to the neighbour; a
// new neighbour's a little later and then at growing gaps, so that a mesh that boots as
// a whole has whole maps soon and is quiet afterwards.
func (m *Map) changeDue(now time.Time, n *near, lost bool) time.Time {
	p, r := n.port, n.repute
	if !lost && !r.back {
		p.pending = true
		return m.state.links.earliest(now, p.pace.earliest(now, now.Add(firstAfter)))
	}
	r.back = true
	if (lost || r.ups.Take(now, backRate, backBurst)) && p.changes.Take(now, changeRate, changeBurst) {
		return now
	}
	return now.Add(changeGap)
}

// takeAsk tells a neighbour the last sequence of its own that we know.
func (m *Map) takeAsk(now time.Time, n *near) {
	var b [4]byte
	if o := m.open(n.short); o != nil {
		binary.LittleEndian.PutUint32(b[:], o.raw.Sequence())
	}
	m.post(now, n, kindSequence, b[:])
}

// takeSequence: a neighbour says that it knows this sequence of ours. Anybody can say
// so: one above ours is believed when we see what we signed.
func (m *Map) takeSequence(now time.Time, n *near, sequence uint32) {
	if int32(sequence-m.state.sequence) > 0 {
		m.post(now, n, kindWant, m.short[:])
		return
	}
	m.state.known = true
	m.next.By(now)
}

// above says whether an announcement that bears our name is above ours: it has a higher
// sequence, or the same of another boot.
func (m *Map) above(a announce.Raw) bool {
	d := int32(a.Sequence() - m.state.sequence)
	return d > 0 || d == 0 && a.Boot() != m.c.Boot
}

// sawOwn: an announcement that bears our name and signature is above ours. It is from
// before a restart, or from somebody with our identity, and then younger than we are. We
// announce above it: at once, then at growing gaps.
func (m *Map) sawOwn(from *near, w *unverified) {
	s, now := &m.state, w.at
	if !m.above(w.a) {
		return
	}
	if m.own != nil && w.a.Boot() != m.c.Boot && w.age < now.Sub(s.asked) {
		m.N.ElsewhereSeen++
		s.elsewhere, s.elsewhereSeen = from.l.Peer(), now
	}
	s.sequence, s.known = w.a.Sequence(), true
	m.announceBy(now, s.above.earliest(now, now))
	s.above.used(now, lastGap)
}

// Elsewhere returns the neighbour that last gave us an announcement by another node with
// our identity, and when. Zero: none did. Either the identity was copied, or a neighbour
// has understated the age of one from before our restart.
func (m *Map) Elsewhere() (from identity.Key, at time.Time) {
	return m.state.elsewhere, m.state.elsewhereSeen
}

// advanceOwn announces what is due.
func (m *Map) advanceOwn(now time.Time) {
	s := &m.state
	if s.asked.IsZero() {
		return
	}
	m.checkOwn(now)
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

// checkOwn looks at our figures and load now and then.
func (m *Map) checkOwn(now time.Time) {
	s := &m.state
	if !s.checkAt.IsZero() && !now.Before(s.checkAt) {
		s.checkAt = now.Add(checkGap)
		if !s.dirty && m.own != nil && m.load() != s.load {
			m.announceBy(now, s.loads.earliest(now, now))
			s.loads.used(now, lastGap)
		}
		if !s.dirty && m.figuresChanged() && s.figures.Take(now, 1/figureGap.Seconds(), figureBurst) {
			s.dirty, s.due = true, now
		}
	}
	m.next.By(s.checkAt)
}

// announce makes a new announcement and has it signed elsewhere: to sign takes 12 ms
// on a small router, too long for what it relays.
func (m *Map) announce(now time.Time) {
	s := &m.state
	s.known = true
	s.sequence++
	s.at, s.dirty, s.due = now, false, time.Time{}
	m.paced(now)
	epoch, left, current, next := m.c.Onion(now)
	s.load = m.load()
	a := &announce.Announcement{Flags: m.c.Flags | s.load, Key: m.c.Identity.Key(), Boot: m.c.Boot, Sequence: s.sequence,
		Epoch: epoch, Left: left, Current: current, Next: next, Price: m.c.Price}
	for _, n := range m.near {
		n.stated, n.told = n.state(), true
		a.Links = append(a.Links, n.stated)
	}
	a.Links = announce.Sort(a.Links)
	ok := m.c.Env.Work(link.Cost{Class: link.ClassSetup, Sign: 1}, func() func(time.Time) {
		raw := a.Signed(m.c.Identity)
		return func(signed time.Time) { m.announced(signed, now, raw) }
	})
	if !ok {
		m.announceBy(now, now.Add(firstAfter))
	}
}

// paced has the gaps grow for the ports whose new neighbours are being announced.
func (m *Map) paced(now time.Time) {
	for _, p := range m.ports {
		if p.pending {
			p.pending = false
			p.pace.used(now, lastGap)
			m.state.links.used(now, nodeGap)
		}
	}
}

// announced spreads what has been signed; its age counts from when it was made. The
// first is made once more when links came up while a slow processor signed it, for one
// signature here costs less than one verification everywhere.
func (m *Map) announced(now, made time.Time, a announce.Raw) {
	if m.own == nil && m.state.dirty && !m.state.late {
		m.state.late = true
		m.announce(now)
		return
	}
	m.own, m.ownAt = a, made
	m.N.Announced++
	m.next.By(now.Add(refreshAfter))
	for _, n := range m.near {
		m.offer(now, n, 0)
	}
	m.tellOwn(now)
}

// state is what we state of the link to a neighbour.
func (n *near) state() announce.Statement {
	q := n.l.Quality()
	return announce.Statement{ID: n.short, RTT: max(q.RTTMin, announce.LeastRTT), Capacity: announce.PowerOfTwo(q.Capacity),
		Loss: byte(min(255, 256*max(q.LossIn, q.LossOut)))}
}

// figuresChanged: RTT or loss of a link differ by a quarter from what we stated.
func (m *Map) figuresChanged() bool {
	for _, n := range m.near {
		s := n.state()
		if !n.told || apart(float64(s.RTT), float64(n.stated.RTT), float64(announce.LeastRTT)) || apart(float64(s.Loss), float64(n.stated.Loss), 12) {
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
		return announce.FlagFull | announce.FlagBusy
	case used*5 >= most*3 && m.state.full:
		return announce.FlagBusy
	}
	m.state.full = false
	return 0
}
