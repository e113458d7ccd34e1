package route

import (
	"encoding/binary"
	"time"

	"hopwire/link/identity"
	"hopwire/route/announce"
)

// What neighbours are told of ways: what is lost at once, what is better after a while, so
// that a link that flaps does not have the whole mesh choose anew each time.

// ownWay is the bit of our own way among those of slots, when we are a server.
const ownWay = maxServers

// publish has neighbours told what a slot holds, now or when it is due.
func (m *Map) publish(now time.Time, t tick, i int, s *slot) {
	if s.held == s.out && (s.held == nil || s.held.sequence == s.sequence) {
		s.due = 0
		return
	}
	if s.out != nil && !m.stands(s.out) {
		s.out, s.settled = nil, t+tick(settleAfter)
		m.tellAll(now, 1<<i)
	}
	if at := s.publishAt(now, t); s.due == 0 || at < s.due {
		s.due = at
	}
	if t < s.due {
		m.ways.by(s.due)
	} else if s.due = 0; s.held != nil {
		s.publish(now, t)
		m.tellAll(now, 1<<i)
	}
}

// publish has what is held be what neighbours are told.
func (s *slot) publish(now time.Time, t tick) {
	if s.held != s.out && (s.out != nil || !s.lost.Take(now, lostRate, lostBurst)) {
		s.pace.begin(t, holdFirst, holdMost)
	}
	s.out, s.at, s.sequence = s.held, t, s.held.sequence
}

// publishAt is when neighbours are to be told: of another in the place of one that is lost
// as soon as all have heard of the loss, who may have told that other, unless that happens
// all the time; of a better one when the hold-down is over; of a newer sequence now and then.
func (s *slot) publishAt(now time.Time, t tick) tick {
	switch {
	case s.held == nil:
		return t
	case s.held == s.out:
		return s.at + tick(digestGap)
	case s.out != nil:
		return max(s.pace.over(t, holdFirst), t+tick(holdFirst))
	}
	if has := s.lost; has.Take(now, lostRate, lostBurst) {
		return s.settled
	}
	return max(s.pace.over(t, holdFirst), s.settled)
}

// tellAll has all neighbours told of ways, by the bits of their slots.
func (m *Map) tellAll(now time.Time, slots uint16) {
	for _, n := range m.near {
		n.tell |= slots
		m.pump(now, n)
	}
}

// tellOwn has our own way told, as a server, when it is new and at each refresh.
func (m *Map) tellOwn(now time.Time) {
	t := m.ways.tick(now)
	if g := &m.ways; m.c.Flags&announce.FlagServer != 0 && (g.own == 0 || t-g.own > tick(refreshAfter/2)) {
		g.own = t
		m.tellAll(now, 1<<ownWay)
	}
}

// sayWay returns the next message to a neighbour about a way; kind 0: none.
func (m *Map) sayWay(now time.Time, n *near) (kind byte, data []byte) {
	for i := 0; n.tell != 0; i++ {
		bit := uint16(1) << i
		if n.tell&bit == 0 {
			continue
		}
		n.tell &^= bit
		if data = m.vector(n, i); data != nil {
			n.knows |= bit
			m.N.WaysSent++
			return kindWay, data
		}
		if n.knows&bit != 0 {
			n.knows &^= bit
			id := m.ways.slots[i].id
			m.rankSoon(now) // the slot may be free now
			return kindNoWay, id[:]
		}
	}
	return 0, nil
}

// vector is what a neighbour is told of a slot; nil: no way, or one that it is on.
func (m *Map) vector(n *near, i int) []byte {
	if i == ownWay {
		if m.own == nil || m.c.Flags&announce.FlagServer == 0 {
			return nil
		}
		return append(binary.LittleEndian.AppendUint32(nil, m.own.Sequence()), m.short[:]...)
	}
	if i >= len(m.ways.slots) {
		return nil
	}
	s := m.ways.slots[i]
	if s.out == nil || s.out.hops() >= maxWay || s.out.has(n.short) {
		return nil
	}
	b := make([]byte, waySize, waySize+(s.out.hops()+1)*len(m.short))
	binary.LittleEndian.PutUint32(b, s.sequence)
	for j := range s.out.ids {
		b = append(b, s.out.ids[j][:]...)
	}
	return append(b, m.short[:]...)
}

// notify has the neighbours that know a way of ours over a node asked whether they want
// its newer announcement.
func (m *Map) notify(from *near, o *node, at time.Time) {
	var on uint16
	for i, s := range m.ways.slots {
		if s.out.has(o.short) {
			on |= 1 << i
		}
	}
	for _, n := range m.near {
		if n.knows&on == 0 || n == from || n.short == o.short {
			continue
		}
		if n.newerAt.IsZero() || at.Before(n.newerAt) {
			n.newerAt = at
		}
		n.newer.set(o.vertex, true)
		m.next.By(n.newerAt)
	}
}

// sayNewer returns the message of what is newer on ways, when it is due.
func (m *Map) sayNewer(now time.Time, n *near) (b []byte) {
	if n.newerAt.IsZero() || now.Before(n.newerAt) {
		return nil
	}
	for v := n.newer.from(0); v >= 0 && len(b) < maxNewer*digestSize; v = n.newer.from(v + 1) {
		n.newer.set(v, false)
		o := m.graph.nodes[v]
		b = binary.LittleEndian.AppendUint32(append(b, o.short[:]...), o.raw.Sequence())
	}
	if n.newer.from(0) < 0 {
		n.newerAt = time.Time{}
	}
	return b
}

// takeNewer asks for what is newer there, if we have it at all or need it for a way.
func (m *Map) takeNewer(now time.Time, n *near, data []byte) {
	for ; len(data) >= digestSize; data = data[digestSize:] {
		id, sequence := identity.ShortID(data), binary.LittleEndian.Uint32(data[len(m.short):])
		o := m.open(id)
		if o == nil && m.wanted(id) || o != nil && int32(sequence-o.raw.Sequence()) > 0 {
			m.wish(n, id)
		}
	}
	m.pump(now, n)
}
