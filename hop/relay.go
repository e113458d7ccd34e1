package hop

import (
	"encoding/binary"
	"time"

	"hopwire/hop/onion"
	"hopwire/link"
)

// A relay is one circuit that passes through or ends here. It knows its two
// neighbours on the circuit and nothing else. Small, for there are thousands: what
// has no pointers, which is most of it, lies outside the Go heap (relayTable).
type relay struct {
	cs       *Circuits
	up, down *side // down nil: it ends here, or its next hop is lost
	terminal *Terminal

	onward, homeward link.Flow // what waits to go on: forward, and backward

	*relayState
}

// relayState is what of a relay has no pointers.
type relayState struct {
	keys               onion.HopKeys
	upLabel, downLabel uint32
	place              int32 // in cs.relays
	id                 int32 // in cs.table
	fwd, bwd           onion.SeqWindow
	print              uint64 // of the set-up, to know a duplicate by
	cells              uint64 // sent

	answered pace // answers of others passed on; apart, so that they cannot use up
	said     pace // our own

	born, heard, end moment // heard: last forward frame
	brokenAt, slowAt moment
	broken           Reason // tombstone: the next hop is lost
	freed            bool
	paid             bool // ahead of the others when room is needed
	price            byte // most the source will pay, as a power of two

	in, out, backIn, backOut uint32
}

// forward takes a frame from upstream; it owns f.
func (r *relay) forward(now time.Time, h link.Header, f *link.Frame) {
	if !r.isNew(now, h) {
		r.cs.N.BadSeq++
		r.cs.c.Env.Free(f)
		return
	}
	r.forwarded(now, h.Seq, r.keys.Forward.Apply(h.Seq, h.IV, f.Body()), f)
}

// isNew checks a forward frame's number and notes it.
func (r *relay) isNew(now time.Time, h link.Header) bool {
	if h.Seq&onion.AnswerBit != 0 || !r.fwd.Check(h.Seq) {
		return false
	}
	r.fwd.Accept(h.Seq)
	r.heard = r.cs.at(now)
	r.in++
	return true
}

// forwarded does what is left for a forward frame whose layer is off.
func (r *relay) forwarded(now time.Time, seq uint32, iv uint64, f *link.Frame) {
	cs := r.cs // r may be another circuit when a cell was taken
	switch {
	case r.terminal != nil:
		r.arrived(now, seq, iv, f)
	case iv == onion.IVAddressed, iv == onion.IVControl: // the latter: an Extend that came again
		r.cell(now, seq, f.Body())
		cs.c.Env.Free(f)
	case r.broken != 0:
		r.sayBroken(now, seq)
		cs.c.Env.Free(f)
	case iv == onion.IVTick:
		cs.N.Ticks++
		cs.c.Env.Free(f)
	default:
		r.out++
		cs.N.Relayed++
		r.down.l.Send(now, r.onwardHeader(seq, iv), f, &r.onward)
		r.late(now, seq)
	}
}

func (r *relay) onwardHeader(seq uint32, iv uint64) link.Header {
	return link.Header{Label: r.downLabel, Seq: (seq + r.keys.ForwardOffset) & onion.SeqMask, IV: iv}
}

func (r *relay) homewardHeader(seq uint32, iv uint64) link.Header {
	return link.Header{Label: r.upLabel | backward, Seq: seq, IV: iv}
}

// late tells the source when its frames wait here for long.
func (r *relay) late(now time.Time, seq uint32) {
	if r.onward.Waiting(now) >= slowAfter {
		r.saySlow(now, seq)
	}
}

// arrived takes a frame at the last hop.
func (r *relay) arrived(now time.Time, seq uint32, iv uint64, f *link.Frame) {
	cs := r.cs
	switch iv {
	case onion.IVAddressed:
		cs.ev.TerminalFrame(now, r.terminal, seq, f.Body())
	case onion.IVControl:
		r.cell(now, seq, f.Body())
	case onion.IVTick:
		cs.N.Ticks++
	default:
		cs.N.Spoiled++
	}
	cs.c.Env.Free(f)
}

// backward takes a frame from downstream; it owns f. Answers bear the number of a
// forward frame, the last hop's frames a number of its own.
func (r *relay) backward(now time.Time, h link.Header, f *link.Frame) {
	seq, ok := r.backNumber(h)
	if !ok {
		r.cs.c.Env.Free(f)
		return
	}
	r.backIn++
	iv := r.keys.Backward.Apply(seq, h.IV, f.Body())
	if seq&onion.AnswerBit != 0 && !r.passAnswer(now, seq, iv^h.IV) {
		r.cs.c.Env.Free(f)
		return
	}
	r.backOut++
	r.cs.N.RelayedBack++
	r.up.l.Send(now, r.homewardHeader(seq, iv), f, &r.homeward)
}

// backNumber turns the number on the far wire into that on the near one, and
// checks that it is new, or that of a frame that an answer may be to.
func (r *relay) backNumber(h link.Header) (uint32, bool) {
	if h.Seq&onion.AnswerBit == 0 {
		seq := (h.Seq + r.keys.BackwardOffset) & onion.SeqMask
		if !r.bwd.Check(seq) {
			r.cs.N.BadSeq++
			return 0, false
		}
		r.bwd.Accept(seq)
		return seq, true
	}
	seq := (h.Seq - r.keys.ForwardOffset) & onion.SeqMask
	if newest, any := r.fwd.Highest(); !any || !r.answers().Check(seq, newest) {
		r.cs.N.BadAnswer++
		return 0, false
	}
	return seq | onion.AnswerBit, true
}

// answers is of a table apart: most circuits never need theirs, and its pages stay
// untouched.
func (r *relay) answers() *onion.Answers { return &r.cs.table.answers[r.id] }

// passAnswer says whether an answer may go on; hash is that of the layer.
func (r *relay) passAnswer(now time.Time, seq uint32, hash uint64) bool {
	if !r.answers().Accept(seq&onion.SeqMask, hash) {
		r.cs.N.BadAnswer++
		return false
	}
	if !r.answered.take(r.cs.at(now), answerRate, answerRate) {
		r.cs.N.AnswersLimited++
		return false
	}
	return true
}

// setPaid puts the circuit into the class of those that are paid for, or out of it.
func (r *relay) setPaid(paid bool) { r.paid, r.onward.Paid, r.homeward.Paid = paid, paid, paid }

// saySlow tells the source that its frames wait here, at most ten times a second.
func (r *relay) saySlow(now time.Time, seq uint32) {
	if at := r.cs.at(now); at.since(r.slowAt) >= slowGap {
		r.slowAt = at
		r.answer(now, seq, onion.CellSlow, nil)
	}
}

// cell takes a control cell that is for us.
func (r *relay) cell(now time.Time, seq uint32, body []byte) {
	c, _, err := onion.NewCellKey(r.keys.ControlForward).Open(body) // not kept: cells are rare, circuits many
	if err != nil {
		r.cs.N.Spoiled++
		return
	}
	switch {
	case c.Type == onion.CellPing && len(c.Data) >= 4:
		if !r.said.take(r.cs.at(now), answerRate, answerRate) {
			r.cs.N.AnswersLimited++
			return
		}
		p := onion.Pong{ID: binary.LittleEndian.Uint32(c.Data), In: r.in, Out: r.out, Dropped: r.onward.Dropped,
			BackIn: r.backIn, BackOut: r.backOut, BackDropped: r.homeward.Dropped}
		r.answer(now, seq, onion.CellPong, p.Append(nil))
	case c.Type == onion.CellClose:
		r.free(now)
	case c.Type == onion.CellExtend && r.terminal != nil:
		r.takeExtend(now, seq, c.Data)
	}
}

// answer sends a cell backward under the number of the frame it answers.
func (r *relay) answer(now time.Time, seq uint32, t onion.CellType, data []byte) {
	f := r.cs.c.Env.Alloc()
	if f == nil {
		return
	}
	f.N = link.FrameShort
	r.cells++
	onion.NewCellKey(r.keys.ControlBackward).Seal(r.cells, t, data, f.Body())
	seq |= onion.AnswerBit
	iv := r.keys.Backward.Apply(seq, onion.IVAddressed, f.Body())
	r.backOut++
	r.up.l.Send(now, r.homewardHeader(seq, iv), f, &r.homeward)
}

// takeExtend makes a last hop into a relay: the set-up goes on to the next.
func (r *relay) takeExtend(now time.Time, seq uint32, data []byte) {
	id, packet, err := onion.ParseExtend(data)
	if err != nil {
		r.cs.N.Spoiled++
		return
	}
	var why Reason
	t, cs := r.terminal, r.cs
	switch next := cs.toward(id); {
	case next == nil:
		why = ReasonNoNext
	case next.l.Peer() == r.up.l.Peer():
		why = ReasonRefused
	case !r.extend(now, next, cs.newMessage(packet)):
		why = ReasonFull
	}
	if why != 0 {
		r.answer(now, seq, onion.CellBroken, []byte{byte(why)})
		return
	}
	r.terminal, t.closed = nil, true
	cs.ev.TerminalClosed(now, t)
}

// extend gives the circuit its next hop, and the message away.
func (r *relay) extend(now time.Time, next *side, message *setupMessage) bool {
	label, ok := next.assign(now, slot{of: r.ref()}, r.cs.c.MaxCircuits)
	if !ok {
		r.cs.discard(message)
		return false
	}
	r.down, r.downLabel, r.onward.From = next, label, uint16(r.up.l.Index+1)
	r.homeward.From = uint16(next.l.Index + 1)
	if !r.cs.postSetup(now, next, label, message) {
		next.release(now, label)
		r.down = nil
		return false
	}
	return true
}

// postSetup sends a set-up, and owns the message; when the neighbour never
// acknowledges, the circuit is broken.
func (cs *Circuits) postSetup(now time.Time, s *side, label uint32, message *setupMessage) (ok bool) {
	binary.LittleEndian.PutUint32(message[:], label)
	ok = s.l.Post(now, kindSetup, message[:], func(now time.Time, ok bool) {
		cs.discard(message)
		o := s.slot(label)
		switch {
		case o == nil || s.down:
		case ok:
			o.acked = true
		default:
			cs.breakSlot(now, o, ReasonLinkDown)
			cs.tell(now)
		}
	})
	if !ok {
		cs.discard(message)
	}
	return ok
}

// over says whether nobody has used the circuit for too long.
func (r *relay) over(now time.Time) bool {
	idle := circuitIdle
	if r.broken != 0 {
		idle = tombstoneFor
	}
	return r.cs.at(now).since(r.heard) >= idle
}

// free removes the circuit and tells the downstream neighbour. r is vacant then,
// and may be another circuit as soon as the owner of a terminal was told.
func (r *relay) free(now time.Time) {
	if r.freed {
		return
	}
	r.freed = true
	r.detach(now)
	r.homeward.End()
	cs, up, t := r.cs, r.up, r.terminal
	last := cs.relays[len(cs.relays)-1]
	cs.relays[r.place], last.place = last, r.place
	cs.relays = cs.relays[:len(cs.relays)-1]
	if e := &up.in[r.upLabel&indexMask]; e.of == r.ref() {
		e.of = 0
	}
	up.passing--
	up.rest(now)
	cs.vacant = append(cs.vacant, r.id)
	r.clear()
	if t != nil {
		t.closed = true
		cs.ev.TerminalClosed(now, t)
	}
}
