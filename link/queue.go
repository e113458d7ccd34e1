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

// A backlog is what of a flow waits at a queue, which it belongs to.
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

// A group is the flows that came by one link.
type group struct {
	class  *class
	flows  flowRing
	rest   Flow // what is left of circuits that have ended
	next   *group
	owed   int
	active bool
}

// A class is the paid flows of a port, or the others.
type class struct {
	q      *Queue
	groups []*group // by Flow.From; made at first use, at most one a link
	first  *group   // those in which something waits, in turn
	last   *group
	flows  int // in which something waits
	paid   bool
}

// A Queue is what waits at one port: link control first, then the circuits, shared
// by deficit round robin (Shreedhar, Varghese 1995) in two levels: among the links
// that they come by, so that nobody gains by opening many, and among the circuits
// of a link. It reads no clock, allocates nothing per frame and is not safe for
// concurrent use.
type Queue struct {
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
	credit  int      // bytes that unpaid circuits may send ahead of paid ones, × freeShare
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
	for g := c.first; g != nil; g = g.next {
		for b := g.flows.first; b != nil; b = b.next {
			if l == nil || b.frames > l.frames {
				l = b
			}
		}
	}
	return l
}

func (q *Queue) pushFlow(l *Flow, f *Frame) {
	if l.waits == nil {
		l.waits = q.backlog()
		l.waits.flow = l
		q.class(l).enter(l.waits)
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

// enter puts a backlog at the end of its group's turn.
func (c *class) enter(b *backlog) {
	g := c.group(int(b.flow.From))
	if !g.active {
		g.active, g.owed, g.next = true, quantum, nil
		if c.first == nil {
			c.first = g
		} else {
			c.last.next = g
		}
		c.last = g
	}
	b.group, b.owed = g, quantum
	g.flows.push(b)
	c.flows++
}

func (c *class) group(from int) *group {
	for len(c.groups) <= from {
		c.groups = append(c.groups, nil)
	}
	if c.groups[from] == nil {
		c.groups[from] = &group{class: c}
		c.groups[from].rest.From = uint16(from)
	}
	return c.groups[from]
}

// leave takes a backlog out of its group.
func (b *backlog) leave() {
	g := b.group
	g.flows.remove(b)
	g.class.flows--
}

// end is leave for one that is empty: it may be used for another flow.
func (b *backlog) end() {
	b.leave()
	q := b.group.class.q
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

// pick takes the frame whose turn it is: urgent control, the share of the rest of
// it, the share of unpaid circuits, then paid ones before unpaid ones.
func (q *Queue) pick(now time.Time) *Frame {
	paid, free := &q.classes[0], &q.classes[1]
	switch data := paid.first != nil || free.first != nil; {
	case q.urgent.frames > 0:
		return q.urgent.pop()
	case q.routing.frames > 0 && (!data || q.routed >= FrameLong*(routeShare-1)):
		f := q.routing.pop()
		q.routed = max(0, q.routed-f.N*(routeShare-1))
		return f
	case !data:
		return nil
	case free.first != nil && q.credit >= FrameLong*(freeShare-1):
		if f := free.pop(now); f != nil {
			q.credit -= f.N * (freeShare - 1)
			return q.data(f)
		}
		return q.pick(now)
	case paid.first != nil:
		if f := paid.pop(now); f != nil {
			if free.first != nil {
				q.credit = min(q.credit+f.N, FrameLong*freeShare)
			}
			return q.data(f)
		}
		return q.pick(now)
	}
	if f := free.pop(now); f != nil {
		return q.data(f)
	}
	return q.pick(now)
}

// data notes that a frame of a circuit leaves.
func (q *Queue) data(f *Frame) *Frame {
	if q.routing.frames > 0 {
		q.routed = min(q.routed+f.N, FrameLong*routeShare)
	}
	return f
}

// target is how long a frame of the class may wait.
func (c *class) target() time.Duration {
	rate := c.q.Rate
	if rate == 0 {
		return QueueTarget
	}
	if other := &c.q.classes[0]; !c.paid && other.first != nil {
		rate /= freeShare
	}
	return max(QueueTarget, time.Duration(float64(queueLeast*FrameLong*c.flows)/rate*1e9))
}

// pop takes the next frame of the class; nil: all that waited has waited too long,
// or there was none.
func (c *class) pop(now time.Time) *Frame {
	for c.first != nil {
		g := c.first
		if g.flows.first == nil {
			c.drop()
			continue
		}
		if g.owed <= 0 {
			g.owed += quantum
			c.turn()
			continue
		}
		f := g.pop(now)
		g.owed -= f.N
		return f
	}
	return nil
}

// turn puts the first group behind the others.
func (c *class) turn() {
	g := c.first
	if g.next == nil {
		return
	}
	c.first, c.last.next, c.last, g.next = g.next, g, g, nil
}

// drop takes the first group, in which nothing waits, out of the turn.
func (c *class) drop() {
	g := c.first
	if c.first, g.next, g.active = g.next, nil, false; c.first == nil {
		c.last = nil
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
		g.expire(now, b)
		f := b.line.pop()
		b.owed -= f.N
		switch {
		case b.frames == 0:
			b.end()
		case b.flow.Paid != g.class.paid:
			b.leave()
			g.class.q.class(b.flow).enter(b)
		}
		return f
	}
}

// expire drops what has waited too long, but never what has nothing behind it: one
// frame that waited is better than none.
func (g *group) expire(now time.Time, b *backlog) {
	q := g.class.q
	for target := g.class.target(); b.frames > 1 && now.Sub(b.first.queued) > target; {
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
		b.bequeath(&b.group.rest)
	}
	*l = Flow{}
}

// bequeath gives all that waits to another flow of the group, behind what it has.
func (b *backlog) bequeath(to *Flow) {
	c := b.group.class
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
