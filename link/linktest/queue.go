package linktest

import (
	"math"
	"time"

	"hopwire/link"
)

// An event is one thing that happens: a frame arrives at an end, a host's core is
// called, or a function.
type event struct {
	at    time.Duration // since the start of the world
	order uint64        // of events at one time: as they were scheduled
	do    func()
	host  *Host
	to    *End
	frame *link.Frame
}

func (e *event) before(o *event) bool { return e.at < o.at || e.at == o.at && e.order < o.order }

// A queue is a heap whose nodes have four children: half as deep as a binary one, and
// what is compared lies side by side. Nothing is allocated for an event.
type queue []event

// never is later than all events.
const never = time.Duration(math.MaxInt64)

// first is when the next event happens.
func (q queue) first() time.Duration {
	if len(q) == 0 {
		return never
	}
	return q[0].at
}

func (q *queue) push(e event) {
	*q = append(*q, e)
	h := *q
	i := len(h) - 1
	for ; i > 0 && e.before(&h[(i-1)/4]); i = (i - 1) / 4 {
		h[i] = h[(i-1)/4]
	}
	h[i] = e
}

func (q *queue) pop() event {
	h := *q
	first, last := h[0], h[len(h)-1]
	h[len(h)-1] = event{} // what it points to may go
	h = h[:len(h)-1]
	if *q = h; len(h) > 0 {
		h.sink(last)
	}
	return first
}

// sink puts e in the place of the first, and down to where it belongs.
func (q queue) sink(e event) {
	i := 0
	for {
		least := 4*i + 1
		if least >= len(q) {
			break
		}
		for c := least + 1; c < min(4*i+5, len(q)); c++ {
			if q[c].before(&q[least]) {
				least = c
			}
		}
		if e.before(&q[least]) {
			break
		}
		q[i] = q[least]
		i = least
	}
	q[i] = e
}

// schedule has an event happen at t.
func (s *Sim) schedule(t time.Time, e event) {
	s.order++
	e.at, e.order = t.Sub(s.start), s.order
	s.events.push(e)
}

// step has the next event happen; there must be one.
func (s *Sim) step() {
	e := s.events.pop()
	at := s.start.Add(e.at)
	if at.After(s.Now) {
		s.Now = at
	}
	switch {
	case e.do != nil:
		e.do()
	case e.host != nil:
		e.host.wake(at)
	default:
		e.arrives()
	}
}

// arrives is the end of a frame's way.
func (e *event) arrives() {
	if h := e.to.Host; h.dead || e.to.segment.Down {
		h.Sim.free = append(h.Sim.free, e.frame)
		return
	}
	e.to.take(e.frame)
}
