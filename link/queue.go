package link

import "time"

// Constants of the queues (wire.md, "Queues").
const (
	// QueueTarget is how long a frame may wait at a port: frames of a flow that has
	// others behind it are dropped when they have waited longer, from the front,
	// since a sender learns of that soonest. Slow ports get as long as queueLeast
	// frames take.
	QueueTarget = 25 * time.Millisecond
	queueLeast  = 3
	freeShare   = 16 // unpaid circuits keep one part in so many of a saturated port
	routeShare  = 4  // and what is not urgent in link control, while data waits
	quantum     = FrameLong
)

// A Flow is one circuit in one direction at the port that it leaves by: the unit
// that shares the port. The zero Flow is ready; it belongs to the owner of the
// circuit, who must call End before its memory is used for another.
type Flow struct {
	// From tells by which link its frames come: the link's index + 1; 0: our own
	// traffic, which is one among them.
	From int
	// Paid: it goes ahead of those that are not. A change takes effect with the
	// next frame, for the circuit as a whole, so that none overtakes another.
	Paid bool

	Dropped uint32 // by the queue

	line
	group *group // that it waits in; nil: nothing waits
	next  *Flow
	owed  int // bytes, may be negative
}

// A line is frames in the order in which they came.
type line struct {
	first, last *Frame
	frames      int
}

func (l *line) push(f *Frame) {
	f.next = nil
	if l.first == nil {
		l.first = f
	} else {
		l.last.next = f
	}
	l.last = f
	l.frames++
}

func (l *line) pop() *Frame {
	f := l.first
	if l.first, f.next = f.next, nil; l.first == nil {
		l.last = nil
	}
	l.frames--
	return f
}

// A group is the flows that came by one link, to one station.
type group struct {
	station *station
	flows   flowRing
	rest    Flow // what is left of circuits that have ended
	next    *group
	owed    int
	active  bool
}

// A class is the paid flows of a port, or the others.
type class struct {
	q        *Queue
	stations []*station // by Link.Index; made at first use
	turns    []*station // those in which something waits
	at       int        // whose turn it is
	paid     bool
}

// A Queue is what waits at one port: link control first, then the circuits, shared
// by deficit round robin (Shreedhar, Varghese 1995) in two levels: among the links
// that they come by, so that nobody gains by opening many, and among the circuits
// of a link. On a radio a level comes before, among the neighbours that they go to,
// by the air that they take (airtime.go). It reads no clock, allocates nothing per
// frame and is not safe for concurrent use.
type Queue struct {
	// Radio: neighbours share the air, so frames cost time; it is set before use.
	Radio bool
	// Rate is how fast the port is known to send, in bytes a second; 0: not known.
	Rate float64
	// Dropped counts frames that waited too long or found no room.
	Dropped uint64

	most    int
	frames  int
	free    func(f *Frame)
	urgent  line
	routing line
	classes [2]class // paid, free
	credit  int      // cost of what unpaid circuits may send ahead of paid ones, × freeShare
	routed  int      // and link control ahead of circuits, × routeShare
}

// NewQueue returns a queue for at most so many frames; free takes those that are
// dropped.
func NewQueue(most int, free func(f *Frame)) *Queue {
	q := &Queue{most: most, free: free}
	q.classes[0], q.classes[1] = class{q: q, paid: true}, class{q: q}
	return q
}

// Len is how many frames wait.
func (q *Queue) Len() int { return q.frames }

// Push takes a frame of Env.Send and owns it. When there is no room, the longest
// flow loses its oldest.
func (q *Queue) Push(now time.Time, f *Frame) {
	if q.frames >= q.most && !q.makeRoom() {
		q.drop(f)
		return
	}
	f.queued = now
	q.frames++
	switch {
	case f.flow != nil:
		q.pushFlow(f.flow, f)
	case f.bulk:
		q.routing.push(f)
	default:
		q.urgent.push(f)
	}
}

func (q *Queue) drop(f *Frame) {
	q.Dropped++
	if f.flow != nil {
		f.flow.Dropped++
	}
	q.free(f)
}

// makeRoom drops the oldest frame of the longest flow, unpaid ones first. False:
// nothing but link control waits.
func (q *Queue) makeRoom() bool {
	for i := len(q.classes) - 1; i >= 0; i-- {
		if l := q.classes[i].longest(); l != nil {
			q.frames--
			q.drop(l.pop())
			if l.frames == 0 {
				l.leave()
			}
			return true
		}
	}
	if q.routing.frames == 0 {
		return false
	}
	q.frames--
	q.drop(q.routing.pop())
	return true
}

func (c *class) longest() (l *Flow) {
	for _, s := range c.turns {
		for g := s.first; g != nil; g = g.next {
			for f := g.flows.first; f != nil; f = f.next {
				if l == nil || f.frames > l.frames {
					l = f
				}
			}
		}
	}
	return l
}

func (q *Queue) pushFlow(l *Flow, f *Frame) {
	if l.group == nil {
		c := &q.classes[1]
		if l.Paid {
			c = &q.classes[0]
		}
		c.station(q.stationOf(f)).enter(l)
	}
	l.push(f)
}

// enter puts a flow at the end of its group's turn, and those at the end of theirs.
func (s *station) enter(l *Flow) {
	g := s.group(l.From)
	if !g.active {
		g.active, g.owed, g.next = true, quantum, nil
		if s.first == nil {
			s.first = g
		} else {
			s.last.next = g
		}
		s.last = g
	}
	l.group, l.owed = g, quantum
	g.flows.push(l)
	s.flows++
	s.wait()
}

func (s *station) group(from int) *group {
	for len(s.groups) <= from {
		s.groups = append(s.groups, nil)
	}
	if s.groups[from] == nil {
		s.groups[from] = &group{station: s}
		s.groups[from].rest.From = from
	}
	return s.groups[from]
}

// leave takes a flow in which nothing waits out of its group.
func (l *Flow) leave() {
	g := l.group
	g.flows.remove(l)
	l.group = nil
	g.station.flows--
}

// Pop returns the next frame to send, sealed; nil: none waits. The caller owns it.
func (q *Queue) Pop(now time.Time) *Frame {
	for q.frames > 0 {
		f := q.pick(now)
		if f == nil {
			return nil
		}
		q.frames--
		f.flow = nil
		if f.Seal() {
			return f
		}
		q.free(f) // its link has gone down
	}
	return nil
}

// pick takes the frame whose turn it is: urgent control, the share of the rest of
// it, the share of unpaid circuits, then paid ones before unpaid ones.
func (q *Queue) pick(now time.Time) *Frame {
	if q.urgent.frames > 0 {
		return q.charge(q.urgent.pop())
	}
	paid, free := q.classes[0].next(), q.classes[1].next()
	data := paid != nil || free != nil
	if q.routing.frames > 0 && (!data || q.routed >= q.unit()*(routeShare-1)) {
		f := q.charge(q.routing.pop())
		q.routed = max(0, q.routed-q.cost(f)*(routeShare-1))
		return f
	}
	switch {
	case !data:
		return nil
	case free != nil && q.credit >= q.unit()*(freeShare-1):
		f := q.data(free.pop(now))
		q.credit -= q.cost(f) * (freeShare - 1)
		return f
	case paid == nil:
		return q.data(free.pop(now))
	}
	f := q.data(paid.pop(now))
	if len(q.classes[1].turns) > 0 {
		q.credit = min(q.credit, q.unit()*(freeShare-1)) + q.cost(f)
	}
	return f
}

// data notes that a frame of a circuit leaves.
func (q *Queue) data(f *Frame) *Frame {
	if q.routing.frames > 0 {
		q.routed = min(q.routed, q.unit()*(routeShare-1)) + q.cost(f)
	}
	return f
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
		g := s.first
		if g.flows.first == nil {
			s.drop()
			continue
		}
		if g.owed <= 0 {
			g.owed += quantum
			s.turn()
			continue
		}
		f := g.pop(now)
		g.owed -= f.N
		if q := s.class.q; q.Radio {
			s.pay(q.cost(f))
		}
		return f
	}
}

// turn puts the first group behind the others.
func (s *station) turn() {
	g := s.first
	if g.next == nil {
		return
	}
	s.first, s.last.next, s.last, g.next = g.next, g, g, nil
}

// drop takes the first group, in which nothing waits, out of the turn.
func (s *station) drop() {
	g := s.first
	if s.first, g.next, g.active = g.next, nil, false; s.first == nil {
		s.last = nil
	}
}

// pop takes the next frame of the group, which has one.
func (g *group) pop(now time.Time) *Frame {
	for {
		l := g.flows.first
		if l.owed <= 0 {
			l.owed += quantum
			g.flows.turn()
			continue
		}
		if l.frames > 1 {
			g.expire(now, l)
		}
		f := l.line.pop()
		l.owed -= f.N
		switch {
		case l.frames == 0:
			l.leave()
		case l.Paid != g.station.class.paid:
			l.change()
		}
		return f
	}
}

// expire drops what has waited too long, but never what has nothing behind it: one
// frame that waited is better than none.
func (g *group) expire(now time.Time, l *Flow) {
	q := g.station.class.q
	for target := g.station.target(l.first); l.frames > 1 && now.Sub(l.first.queued) > target; {
		q.frames--
		q.drop(l.line.pop())
	}
}

// change moves the flow to the other class.
func (l *Flow) change() {
	s := l.group.station
	l.leave()
	c := &s.class.q.classes[1]
	if l.Paid {
		c = &s.class.q.classes[0]
	}
	c.station(s.id).enter(l)
}

// Waiting is for how long the oldest frame of the flow has waited.
func (l *Flow) Waiting(now time.Time) time.Duration {
	if l.first == nil {
		return 0
	}
	return now.Sub(l.first.queued)
}

// End is called when the circuit ends: what waits still leaves, and the memory of
// the flow may be used for another.
func (l *Flow) End() {
	if g := l.group; g != nil {
		waiting := l.line
		l.line = line{}
		l.leave()
		if g.rest.group == nil {
			g.rest.Paid = g.station.class.paid
			g.station.enter(&g.rest)
		}
		for waiting.frames > 0 {
			f := waiting.pop()
			f.flow = &g.rest
			g.rest.push(f)
		}
	}
	*l = Flow{}
}

// Shed drops a frame, the oldest of the longest flow, to make room elsewhere; false:
// there is none to be had.
func (q *Queue) Shed() bool { return q.makeRoom() }

// Close drops everything that waits: the port is gone.
func (q *Queue) Close() {
	for q.frames > 0 && q.makeRoom() {
	}
	for q.urgent.frames > 0 {
		q.frames--
		q.drop(q.urgent.pop())
	}
}

// A flowRing is the flows of a group in turn.
type flowRing struct{ first, last *Flow }

func (r *flowRing) push(l *Flow) {
	l.next = nil
	if r.first == nil {
		r.first = l
	} else {
		r.last.next = l
	}
	r.last = l
}

func (r *flowRing) turn() {
	l := r.first
	if l.next == nil {
		return
	}
	r.first, r.last.next, r.last, l.next = l.next, l, l, nil
}

func (r *flowRing) remove(l *Flow) {
	if r.first == l {
		if r.first = l.next; r.first == nil {
			r.last = nil
		}
		l.next = nil
		return
	}
	for o := r.first; o != nil; o = o.next {
		if o.next == l {
			if o.next = l.next; r.last == l {
				r.last = o
			}
			l.next = nil
			return
		}
	}
}
