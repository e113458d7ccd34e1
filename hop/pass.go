package hop

import (
	"time"

	"hopwire/hop/onion"
	"hopwire/link"
)

// A passage is what the rule of relaying has made of a frame.
type passage struct {
	_ [0]func() // not compared: saves the code
	origin
	iv   uint64
	port int  // where it goes, if it was passed on
	back bool // in which direction
	done bool // it was passed on
	// taken: its number is noted and its layer off, but it is not for the next hop.
	taken bool
}

// An origin is what is needed to answer a forward frame.
type origin struct {
	l     *link.Link // by which it came
	r     *relay
	label uint32 // r's memory is used again: it is this circuit only if the label finds it (stands)
	seq   uint32
}

// pass is the rule of relaying, and stands here alone: look the circuit up, check the
// number, take the layer off, stage the frame for the next hop. Several lanes may be
// in it at once while nobody uses Circuits otherwise: forward frames of a circuit come
// by one link and backward ones by another, each link's frames come to one lane, and
// the two directions share nothing that is written here. It counts only what belongs
// to the circuit and allocates nothing. When p.done is
// false, either p.taken is set (number noted, layer off: proceed goes on from there) or
// nothing has changed.
func (cs *Circuits) pass(now time.Time, l *link.Link, h link.Header, f *link.Frame, p *passage) {
	p.l = l
	s := cs.side(l)
	switch {
	case s == nil || h.Label == 0:
	case h.Label&backward == 0:
		if r := s.relay(h.Label); r != nil && r.terminal == nil && r.broken == 0 {
			r.passOn(now, h, f, p)
		}
	case h.Seq&onion.AnswerBit == 0:
		if o := s.slot(h.Label); o != nil && o.of > 0 {
			cs.relay(o.of).passBack(o, h, f, p)
		}
	}
}

// passOn takes a forward frame to the next hop, unless its iv says that it is for this
// one (onion.IVAddressed, IVControl, IVTick).
func (r *relay) passOn(now time.Time, h link.Header, f *link.Frame, p *passage) {
	iv, ok := r.unwrap(now, h, f)
	if !ok {
		return
	}
	p.r, p.label, p.seq, p.iv, p.taken = r, h.Label, h.Seq, iv, true
	if iv > onion.IVTick {
		r.out++
		header := link.Header{Label: r.downLabel, Seq: (h.Seq + r.keys.ForwardOffset) & onion.SeqMask, IV: iv}
		p.port, p.done = r.down.l.Stage(header, f, &r.onward)
	}
}

// passBack takes a frame of the last hop to the hop before.
func (r *relay) passBack(o *slot, h link.Header, f *link.Frame, p *passage) {
	seq := (h.Seq + r.keys.BackwardOffset) & onion.SeqMask
	if !r.bwd.Check(seq) {
		return
	}
	r.bwd.Accept(seq)
	o.acked = true
	r.backIn++
	r.backOut++
	p.back = true
	p.port, p.done = r.up.l.Stage(r.homewardHeader(seq, r.keys.Backward.Apply(seq, h.IV, f.Body())), f, &r.homeward)
}

// unwrap notes the number of a forward frame and takes the layer off; false: it came
// before, is outside the window, or is marked as an answer.
func (r *relay) unwrap(now time.Time, h link.Header, f *link.Frame) (iv uint64, ok bool) {
	if h.Seq&onion.AnswerBit != 0 || !r.fwd.Check(h.Seq) {
		return 0, false
	}
	r.fwd.Accept(h.Seq)
	r.heard = r.cs.at(now)
	r.in++
	return r.keys.Forward.Apply(h.Seq, h.IV, f.Body()), true
}

// proceed goes on with a frame that pass has taken, as the only user of Circuits; it
// owns f.
func (cs *Circuits) proceed(now time.Time, p *passage, f *link.Frame) {
	if cs.stands(&p.origin) {
		p.r.takeFrame(now, p.seq, p.iv, f)
	} else {
		cs.c.Env.Free(f) // ended meanwhile
	}
}

// stands says whether the circuit of a frame that came is still there.
func (cs *Circuits) stands(o *origin) bool {
	s := cs.side(o.l)
	return s != nil && o.r != nil && s.relay(o.label) == o.r
}

// waits says whether frames of the circuit wait for long at the port; the caller has
// the port's queue for itself.
func (o *origin) waits(now time.Time) bool {
	return o.r != nil && o.r.onward.Waiting(now) >= slowAfter
}

// slow has the source of a frame that was passed on told that frames wait, here or
// where it goes.
func (cs *Circuits) slow(now time.Time, o *origin) {
	if cs.stands(o) {
		o.r.saySlow(now, o.seq)
	}
}
