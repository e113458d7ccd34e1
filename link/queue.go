package link

import "time"

// Constants of the queues (wire.md, "Queues").
const (
	// QueueTarget is how long a frame may wait at a port. One that has waited longer is
	// dropped when another of its flow waits behind it, the oldest first: its sender
	// learns of that soonest. On slow ports it is the time of queueLeast long frames for
	// each flow that waits.
	QueueTarget = 25 * time.Millisecond
	queueLeast  = 3
	freeShare   = 16 // unpaid circuits keep one part in so many of a saturated port
	routeShare  = 4  // and what is not urgent in link control, while data waits
	quantum     = FrameLong
)

// A Flow is one circuit in one direction at the port that it leaves by: the unit
// that shares the port. The zero Flow is ready; it belongs to the owner of the
// circuit, who must call End before its memory is used for another. It is small, for
// there are thousands, of which few have frames that wait.
type Flow struct {
	waits   *backlog // nil: nothing does
	Dropped uint32   // by the queue
	// From tells by which link its frames come: the link's index + 1; 0: our own
	// traffic, which is one among them.
	From uint16
	// Paid: it goes ahead of those that are not. A change takes effect with the
	// next frame, for the circuit as a whole, so that none overtakes another.
	Paid bool
}

// A backlog is the frames of one flow that wait at a queue; the queue uses it again.
type backlog struct {
	line
	flow  *Flow
	group *group
	next  *backlog // in the group's turn, or of those to be used again
	owed  int      // bytes, may be negative
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

// A group is the flows that came by one link, to one station (airtime.go: a neighbour on
// a radio; on a wire all are one).
type group struct {
	station *station
	flows   flowRing
	ended   Flow // what is left of circuits that have ended
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
	spare   *backlog // to be used again
	credit  int      // cost of paid frames that left while unpaid ones waited; one of these uses up freeShare−1 times its own
	routed  int      // cost of data that left while routing waited, used up likewise by routeShare−1
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

// Push takes a frame that Env.Send was given, or that Stage has readied, and owns it. When there is no room, the longest
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
		if b := q.classes[i].longest(); b != nil {
			q.frames--
			q.drop(b.line.pop())
			if b.frames == 0 {
				b.end()
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

func (c *class) longest() (l *backlog) {
	for _, s := range c.turns {
		for g := s.first; g != nil; g = g.next {
			for b := g.flows.first; b != nil; b = b.next {
				if l == nil || b.frames > l.frames {
					l = b
				}
			}
		}
	}
	return l
}

func (q *Queue) pushFlow(l *Flow, f *Frame) {
	if l.waits == nil {
		l.waits = q.backlog()
		l.waits.flow = l
		q.class(l).station(q.stationOf(f)).enter(l.waits)
	}
	l.waits.push(f)
}

// class is the one that a flow belongs to now.
func (q *Queue) class(l *Flow) *class {
	if l.Paid {
		return &q.classes[0]
	}
	return &q.classes[1]
}

// backlog returns an empty one. There are never more than frames in the queue, and
// those that were made are used again.
func (q *Queue) backlog() *backlog {
	if q.spare == nil {
		return new(backlog)
	}
	b := q.spare
	q.spare, b.next = b.next, nil
	return b
}

// enter puts a backlog at the end of its group's turn, and those at the end of theirs.
func (s *station) enter(b *backlog) {
	g := s.group(int(b.flow.From))
	if !g.active {
		g.active, g.owed, g.next = true, quantum, nil
		if s.first == nil {
			s.first = g
		} else {
			s.last.next = g
		}
		s.last = g
	}
	b.group, b.owed = g, quantum
	g.flows.push(b)
	s.flows++
	s.wait()
}

func (s *station) group(from int) *group {
	for len(s.groups) <= from {
		s.groups = append(s.groups, nil)
	}
	if s.groups[from] == nil {
		s.groups[from] = &group{station: s}
		s.groups[from].ended.From = uint16(from)
	}
	return s.groups[from]
}

// leave takes a backlog out of its group.
func (b *backlog) leave() {
	g := b.group
	g.flows.remove(b)
	g.station.flows--
}

// end is leave for one that is empty: it may be used for another flow.
func (b *backlog) end() {
	b.leave()
	q := b.group.station.class.q
	b.flow.waits = nil
	*b = backlog{next: q.spare}
	q.spare = b
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

// pick takes the frame whose turn it is: urgent control; routing, below its quarter;
// unpaid circuits, below their sixteenth; paid ones; unpaid ones.
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

// Waiting is for how long the oldest frame of the flow has waited.
func (l *Flow) Waiting(now time.Time) time.Duration {
	if l.waits == nil {
		return 0
	}
	return now.Sub(l.waits.first.queued)
}

// End is called when the circuit ends: what waits still leaves, and the memory of
// the flow may be used for another.
func (l *Flow) End() {
	if b := l.waits; b != nil {
		b.bequeath(&b.group.ended)
	}
	*l = Flow{}
}

// bequeath gives all that waits to another flow of the group, behind what it has.
func (b *backlog) bequeath(to *Flow) {
	c := b.group.station.class
	if to.waits == nil {
		to.Paid = c.paid
	}
	for b.frames > 0 {
		f := b.line.pop()
		f.flow = to
		c.q.pushFlow(to, f)
	}
	b.end()
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
type flowRing struct{ first, last *backlog }

func (r *flowRing) push(l *backlog) {
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

func (r *flowRing) remove(l *backlog) {
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
