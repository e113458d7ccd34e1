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

// A Queue is what waits at one port: link control first, then the circuits, shared
// by deficit round robin (Shreedhar, Varghese 1995) in three levels: among the ports
// that they come by, so that nobody gains by many links or identities on a cable, among
// the links of a port, and among the circuits of a link. On a radio a level comes
// before, among the neighbours that they go to, by the air that they take (airtime.go).
// It reads no clock, allocates nothing per frame and is not safe for concurrent use.
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
