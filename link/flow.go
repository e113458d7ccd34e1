package link

import "time"

// A Flow is one circuit in one direction at the port that it leaves by: the unit
// that shares the port. The zero Flow is ready; it belongs to the owner of the
// circuit, who must call End before its memory is used for another. It is small, for
// there are thousands, of which few have frames that wait.
type Flow struct {
	waits   *backlog // nil: nothing does
	Dropped uint32   // by the queue
	// From tells by which link its frames come: the link's index + 1; 0: our own
	// traffic, which is one among them. Set by By, with the port of that link.
	From uint16
	port uint8
	// Paid: it goes ahead of those that are not. A change takes effect with the
	// next frame, for the circuit as a whole, so that none overtakes another.
	Paid bool
}

// By says that the flow's frames come by a link. (Of more than 255 ports, some share a turn.)
func (f *Flow) By(l *Link) { f.From, f.port = uint16(l.Index+1), uint8(l.port.id%255+1) }

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
