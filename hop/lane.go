package hop

import (
	"time"

	"hopwire/link"
)

// A Lane takes the frames of one receive queue through a node. Those that only pass
// through are handled by the lane alone, side by side with other lanes (Frame); the
// rest waits for a turn (Finish), which is for one goroutine alone. It does no I/O and
// takes no lock: package run has the lanes of a real node, and a simulator holds one for
// each of its nodes, so that both run the same code. Its zero value is of no use.
type Lane struct {
	// Stands is set by the owner before a batch: the receive queue that it came from is
	// standing (run/queues.md). The source of the batch's first forward frame is told to
	// go slower; when the first ends here, ease is called.
	Stands bool

	links    *link.Links
	circuits *Circuits
	ease     func()          // a flow that ends here is to go slower
	onward   [][]*link.Frame // by port: passed on since Sent
	from     [][]origin      // and where from
	left     []deferred      // needs a turn
	held     bool            // what follows waits for the turn too
	tally    tally
}

// A deferred frame needs a turn.
type deferred struct {
	passage             // l is nil: it has not been opened
	f       *link.Frame // nil: no frame, its source is to be told
	header  link.Header
	port    int
}

// A tally counts what lanes do side by side; turns add it to the node's counters.
type tally struct{ passed, back uint64 }

// NewLane returns a lane for frames of links; ease is called in a turn when frames that
// end here are to become fewer, and may be nil.
func NewLane(links *link.Links, circuits *Circuits, ease func()) *Lane {
	return &Lane{links: links, circuits: circuits, ease: ease}
}

// Frame takes a frame from a port and owns it. Several lanes may be in it at once,
// while nobody uses the node otherwise. It allocates nothing once the lane has seen
// its largest batch.
func (ln *Lane) Frame(now time.Time, port int, f *link.Frame) {
	l, h, ok := ln.links.Fast(port, f)
	if !ok {
		ln.left = append(ln.left, deferred{f: f, port: port})
		return
	}
	ln.opened(now, port, l, h, f)
}

// opened takes a frame that link.Fast has opened. After a frame that is for this hop the
// rest of the batch waits too: it may be a Ping, and its Pong must not count frames that
// came behind it (wire.md, "Loss").
func (ln *Lane) opened(now time.Time, port int, l *link.Link, h link.Header, f *link.Frame) {
	p := passage{origin: origin{l: l}}
	if !ln.held {
		ln.circuits.pass(now, l, h, f, &p)
	}
	if !p.done {
		ln.held = ln.held || p.taken
		ln.left = append(ln.left, deferred{passage: p, f: f, header: h, port: port})
		return
	}
	l.Passed(now)
	ln.tally.passed++
	if p.back {
		ln.tally.back++
	} else if ln.Stands { // for the other direction there is no Slow
		ln.Stands = false
		ln.tell(p.origin)
	}
	for len(ln.onward) <= p.port {
		ln.onward, ln.from = append(ln.onward, nil), append(ln.from, nil)
	}
	ln.onward[p.port] = append(ln.onward[p.port], f)
	ln.from[p.port] = append(ln.from[p.port], p.origin)
}

// Onward returns the frames that were passed on since Sent, by port; the caller puts
// them into the ports' queues and owns them.
func (ln *Lane) Onward() [][]*link.Frame { return ln.onward }

// Waiting looks at the circuits of the frames that were passed on to a port: where
// they wait for long, their sources are told in the next turn. The caller has the
// port's queue for itself.
func (ln *Lane) Waiting(now time.Time, port int) {
	from := ln.from[port]
	for i := range from {
		if from[i].waits(now) && (i == 0 || from[i-1].r != from[i].r) {
			ln.tell(from[i])
		}
	}
}

// tell has the source of a frame told to go slower.
func (ln *Lane) tell(o origin) { ln.left = append(ln.left, deferred{passage: passage{origin: o}}) }

// Sent forgets the frames of Onward.
func (ln *Lane) Sent() {
	for port := range ln.onward {
		clear(ln.onward[port])
		ln.onward[port], ln.from[port] = ln.onward[port][:0], ln.from[port][:0]
	}
}

// Left says whether a turn is needed.
func (ln *Lane) Left() bool { return len(ln.left) > 0 }

// Finish is the turn for what the lane has left.
func (ln *Lane) Finish(now time.Time) {
	for i := range ln.left {
		ln.finish(now, &ln.left[i])
	}
	clear(ln.left)
	ln.left, ln.held = ln.left[:0], false
}

func (ln *Lane) finish(now time.Time, d *deferred) {
	switch {
	case d.f == nil:
		ln.circuits.slow(now, &d.origin)
	case d.l == nil:
		ln.links.Receive(now, d.port, d.f)
	case d.taken:
		d.l.Passed(now)
		ln.links.N.In++
		ln.circuits.proceed(now, &d.passage, d.f)
	default:
		if ln.Stands && ln.ease != nil { // a frame that ends here was among them
			ln.Stands = false
			ln.ease()
		}
		ln.links.Opened(now, d.l, d.header, d.f)
	}
}

// Drain sends what was passed on and takes the turn at once, for an owner with one
// thread and no locks: a simulator. send owns the frames.
func (ln *Lane) Drain(now time.Time, send func(port int, f *link.Frame)) {
	for port, frames := range ln.onward {
		for _, f := range frames {
			send(port, f)
		}
		if len(frames) > 0 {
			ln.Waiting(now, port)
		}
	}
	ln.Sent()
	ln.Finish(now)
	ln.Count()
}

// Count adds what the lane has counted side by side to the counters of links and
// circuits; it is for a turn.
func (ln *Lane) Count() {
	t := &ln.tally
	ln.links.N.In += t.passed
	ln.links.N.Out += t.passed
	ln.circuits.N.RelayedBack += t.back
	ln.circuits.N.Relayed += t.passed - t.back
	*t = tally{}
}
