package hop

import (
	"time"

	"hopwire/hop/onion"
	"hopwire/link"
)

// A Passage is what the fast path has made of a frame.
type Passage struct {
	// Port is where the frame goes, if it was passed on: the caller puts it into that
	// port's queue. Back says in which direction.
	Port int
	Back bool
	// Done: it was passed on. Else Finish has to take it.
	Done bool

	from  *link.Link
	r     *relay
	label uint32 // of r, which may be another circuit by then
	seq   uint32
	iv    uint64
	taken bool // number noted and layer taken off
}

// Pass is the fast path through a relay, for a data frame that link.Fast has opened:
// look up, check the number, take the layer off. Several goroutines may be in it at
// once while nobody uses Circuits otherwise: forward frames of a circuit come by one
// link and backward ones by another, and each link's come to one goroutine; the two
// directions share nothing that is written here. What is not plain (cells, answers,
// ends, circuits that are broken or not known) is left to Finish. It allocates
// nothing.
func (cs *Circuits) Pass(now time.Time, l *link.Link, h link.Header, f *link.Frame) (p Passage) {
	s := cs.side(l)
	switch {
	case s == nil || h.Label == 0:
	case h.Label&backward == 0:
		r := s.relay(h.Label)
		if r == nil || r.terminal != nil || r.broken != 0 || !r.isNew(now, h) {
			return p
		}
		p = Passage{r: r, label: h.Label, seq: h.Seq, taken: true}
		if p.iv = r.keys.Forward.Apply(h.Seq, h.IV, f.Body()); p.iv > onion.IVTick {
			r.out++
			p.Port, p.Done = r.down.l.Stage(r.onwardHeader(h.Seq, p.iv), f, &r.onward)
		}
	case h.Seq&onion.AnswerBit == 0:
		o := s.slot(h.Label)
		if o == nil || o.of <= 0 {
			return p
		}
		r := cs.relay(o.of)
		seq := (h.Seq + r.keys.BackwardOffset) & onion.SeqMask
		if !r.bwd.Check(seq) {
			return p
		}
		r.bwd.Accept(seq)
		o.acked = true
		r.backIn++
		r.backOut++
		p = Passage{Back: true}
		p.Port, p.Done = r.up.l.Stage(r.homewardHeader(seq, r.keys.Backward.Apply(seq, h.IV, f.Body())), f, &r.homeward)
	}
	return p
}

// Finish does, as the only user of Circuits, what Pass has left, and owns f.
func (cs *Circuits) Finish(now time.Time, l *link.Link, p Passage, f *link.Frame) {
	s := cs.side(l)
	if s == nil || s.relay(p.label) != p.r {
		cs.c.Env.Free(f) // ended meanwhile
		return
	}
	p.r.forwarded(now, p.seq, p.iv, f)
}

// Taken says that Pass has used the frame up to a point from which only Finish can
// go on; else it is as link.Fast has left it.
func (p *Passage) Taken() bool { return p.taken && !p.Done }

// Waits says whether frames of the circuit wait for long at the port; the caller has
// the port's queue for itself.
func (p *Passage) Waits(now time.Time) bool {
	return p.r != nil && p.r.onward.Waiting(now) >= slowAfter
}

// Slow has the source of a frame that was passed on told that frames wait, here or
// where it goes.
func (cs *Circuits) Slow(now time.Time, l *link.Link, p Passage) {
	if s := cs.side(l); s != nil && p.r != nil && s.relay(p.label) == p.r {
		p.r.saySlow(now, p.seq)
	}
}
