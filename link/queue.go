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
	for g := c.first; g != nil; g = g.next {
		for f := g.flows.first; f != nil; f = f.next {
			if l == nil || f.frames > l.frames {
				l = f
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
		c.enter(l)
	}
	l.push(f)
}

// enter puts a flow at the end of its group's turn.
func (c *class) enter(l *Flow) {
	g := c.group(l.From)
	if !g.active {
		g.active, g.owed, g.next = true, quantum, nil
		if c.first == nil {
			c.first = g
		} else {
			c.last.next = g
		}
		c.last = g
	}
	l.group, l.owed = g, quantum
	g.flows.push(l)
	c.flows++
}

func (c *class) group(from int) *group {
	for len(c.groups) <= from {
		c.groups = append(c.groups, nil)
	}
	if c.groups[from] == nil {
		c.groups[from] = &group{class: c}
		c.groups[from].rest.From = from
	}
	return c.groups[from]
}

// leave takes a flow in which nothing waits out of its group.
func (l *Flow) leave() {
	g := l.group
	g.flows.remove(l)
	l.group = nil
	g.class.flows--
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
		l := g.flows.first
		if l.owed <= 0 {
			l.owed += quantum
			g.flows.turn()
			continue
		}
		g.expire(now, l)
		f := l.line.pop()
		l.owed -= f.N
		switch {
		case l.frames == 0:
			l.leave()
		case l.Paid != g.class.paid:
			l.change()
		}
		return f
	}
}

// expire drops what has waited too long, but never what has nothing behind it: one
// frame that waited is better than none.
func (g *group) expire(now time.Time, l *Flow) {
	q := g.class.q
	for target := g.class.target(); l.frames > 1 && now.Sub(l.first.queued) > target; {
		q.frames--
		q.drop(l.line.pop())
	}
}

// change moves the flow to the other class.
func (l *Flow) change() {
	q := l.group.class.q
	l.leave()
	c := &q.classes[1]
	if l.Paid {
		c = &q.classes[0]
	}
	c.enter(l)
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
			g.rest.Paid = g.class.paid
			g.class.enter(&g.rest)
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
