package link

import "time"

// Who sends next: deficit round robin among the ports that frames came by, among the
// links of a port, and among the circuits of a link.

// A group takes turns with others for a station: the links of one port, or the flows that
// came by one link.
type group struct {
	station *station
	of      []*group // a port's, by Flow.From: an index goes from link to link, of other ports too
	links   ring     // those in which something waits
	flows   flowRing // of a link
	ended   Flow     // what is left of circuits that have ended
	next    *group
	owed    int // bytes, may be negative
	active  bool
}

// A ring is groups in turn.
type ring struct{ first, last *group }

// join puts a group behind the others, unless it is among them.
func (r *ring) join(g *group) {
	if g.active {
		return
	}
	g.active, g.owed, g.next = true, quantum, nil
	if r.first == nil {
		r.first = g
	} else {
		r.last.next = g
	}
	r.last = g
}

// turn puts the first group behind the others.
func (r *ring) turn() {
	g := r.first
	if g.next == nil {
		return
	}
	r.first, r.last.next, r.last, g.next = g.next, g, g, nil
}

// drop takes the first group, in which nothing waits, out of the turn.
func (r *ring) drop() {
	g := r.first
	for g.links.first != nil {
		g.links.drop()
	}
	if r.first, g.next, g.active = g.next, nil, false; r.first == nil {
		r.last = nil
	}
}

// head returns the group whose turn it is; nil: nothing waits in any.
func (r *ring) head() *group {
	for r.first != nil {
		switch g := r.first; {
		case g.flows.first == nil && g.links.first == nil:
			r.drop()
		case g.owed <= 0:
			g.owed += quantum
			r.turn()
		default:
			return g
		}
	}
	return nil
}

// A class is the paid flows of a port, or the others.
type class struct {
	q        *Queue
	stations []*station // by Link.Index; made at first use
	turns    []*station // those in which something waits
	at       int        // whose turn it is
	paid     bool
}

// longest is the flow of which most waits; nil: nothing does.
func (c *class) longest() (l *backlog) {
	for _, s := range c.turns {
		for p := s.first; p != nil; p = p.next {
			for g := p.links.first; g != nil; g = g.next {
				for b := g.flows.first; b != nil; b = b.next {
					if l == nil || b.frames > l.frames {
						l = b
					}
				}
			}
		}
	}
	return l
}

// enter puts a backlog at the end of its link's turn, and those at the end of theirs.
func (s *station) enter(b *backlog) {
	p := s.group(&s.ports, int(b.flow.port))
	g := s.group(&p.of, int(b.flow.From))
	g.ended.From, g.ended.port = b.flow.From, b.flow.port
	p.links.join(g)
	s.join(p)
	b.group, b.owed = g, quantum
	g.flows.push(b)
	s.flows++
	s.wait()
}

// group returns one of a list, made at first use.
func (s *station) group(list *[]*group, i int) *group {
	for len(*list) <= i {
		*list = append(*list, nil)
	}
	if (*list)[i] == nil {
		(*list)[i] = &group{station: s}
	}
	return (*list)[i]
}

// target is how long a frame to the station may wait: until each of its circuits,
// in turn with other stations, has sent a few.
func (s *station) target(f *Frame) time.Duration {
	c, q := s.class, s.class.q
	long := 0.0
	if q.Rate > 0 {
		long = FrameLong / q.Rate * 1e9
	}
	if q.Radio && f.link != nil {
		long = max(long, float64(f.link.air.long))
	}
	if long == 0 {
		return QueueTarget
	}
	if other := &q.classes[0]; !c.paid && len(other.turns) > 0 {
		long *= freeShare
	}
	return max(QueueTarget, time.Duration(long*float64(queueLeast*s.flows*len(c.turns))))
}

// pop takes the next frame to the station, which has one.
func (s *station) pop(now time.Time) *Frame {
	for {
		p := s.head()
		g := p.links.head()
		if g == nil {
			continue // nothing of the port waits: it leaves the turn
		}
		f := g.pop(now)
		g.owed -= f.N
		p.owed -= f.N
		if q := s.class.q; q.Radio {
			s.pay(q.cost(f))
		}
		return f
	}
}

// pop takes the next frame of the group, which has one.
func (g *group) pop(now time.Time) *Frame {
	for {
		b := g.flows.first
		if b.owed <= 0 {
			b.owed += quantum
			g.flows.turn()
			continue
		}
		if b.frames > 1 {
			g.expire(now, b)
		}
		f := b.line.pop()
		b.owed -= f.N
		switch c := g.station.class; {
		case b.frames == 0:
			b.end()
		case b.flow.Paid != c.paid:
			b.leave()
			c.q.class(b.flow).station(g.station.id).enter(b)
		}
		return f
	}
}

// expire drops what has waited too long, but never what has nothing behind it: one
// frame that waited is better than none.
func (g *group) expire(now time.Time, b *backlog) {
	q := g.station.class.q
	for target := g.station.target(b.first); b.frames > 1 && now.Sub(b.first.queued) > target; {
		q.frames--
		q.drop(b.line.pop())
	}
}
