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
//
//	         enter                 takeExtend
//	vacant --------> last hop -------------------> passing through
//	   |                |                             |      |
//	   |  enter, with a next hop                      |      | next hop lost (lose)
//	   +----------------|---------------------------->+      v
//	                    |                             |   tombstone
//	                    |  free                       | free |  free
//	                    +-----------------------------+------+--------> vacant
//
// Last hop: terminal is set, down is nil. Passing through: down is set, terminal nil.
// Tombstone: broken is set, down and terminal are nil; it says Broken once a second, and
// is freed after tombstoneFor without a forward frame.
// Vacant: freed is set, keys are erased, the place in the table is for the next.
// Causes of free: gone from upstream, or its link went down; a Close cell; idle for
// circuitIdle (over); a later generation of its label (supersede); and, with a Broken cell
// first (part): its lifetime (Expired), eviction (Full), its owner at the last hop
// (Terminal.Close: Expired). Causes of lose: the downstream link went down, the next
// hop did not acknowledge the set-up, refused it, or does not know the label.
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

	answered pace // bounds the answers of hops beyond that are passed on
	said     pace // bounds our own: apart, so that hops beyond cannot use it up

	born, heard, end moment // heard: last forward frame
	brokenAt, slowAt moment
	broken           Reason // tombstone: the next hop is lost
	freed            bool
	price            byte // most the source will pay, as a power of two
	extension        byte // of its set-up: how many Extends came before

	in, out, backIn, backOut uint32
}

// forward takes a frame from upstream that pass has left; it owns f.
func (r *relay) forward(now time.Time, h link.Header, f *link.Frame) {
	iv, ok := r.unwrap(now, h, f)
	if !ok {
		r.cs.N.BadSeq++
		r.cs.c.Env.Free(f)
		return
	}
	r.takeFrame(now, h.Seq, iv, f)
}

// takeFrame takes a forward frame whose layer is off and that goes no further.
func (r *relay) takeFrame(now time.Time, seq uint32, iv uint64, f *link.Frame) {
	cs := r.cs // kept: a cell may free r, whose memory may be another circuit's then
	switch {
	case r.terminal != nil:
		r.arrived(now, seq, iv, f)
	case iv == onion.IVAddressed, iv == onion.IVControl: // the latter: an Extend that came again
		r.cell(now, seq, f.Body())
	case r.broken != 0:
		r.sayBroken(now, seq)
	case iv == onion.IVTick:
		cs.N.Ticks++
	}
	cs.c.Env.Free(f)
}

func (r *relay) homewardHeader(seq uint32, iv uint64) link.Header {
	return link.Header{Label: r.upLabel | backward, Seq: seq, IV: iv}
}

// arrived takes a frame at the last hop; f stays the caller's.
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
}

// takeAnswer takes a frame from downstream that pass has left, and owns it: another
// hop's answer, which bears the number of a forward frame, or one whose number is bad.
func (r *relay) takeAnswer(now time.Time, h link.Header, f *link.Frame) {
	if iv, seq, ok := r.unwrapAnswer(now, h, f); ok {
		r.backOut++
		r.cs.N.RelayedBack++
		r.up.l.Send(now, r.homewardHeader(seq, iv), f, &r.homeward)
	} else {
		r.cs.c.Env.Free(f)
	}
}

// unwrapAnswer checks that an answer may be to a frame of the circuit and is new, and
// puts our layer on.
func (r *relay) unwrapAnswer(now time.Time, h link.Header, f *link.Frame) (iv uint64, seq uint32, ok bool) {
	if h.Seq&onion.AnswerBit == 0 {
		r.cs.N.BadSeq++
		return 0, 0, false
	}
	seq = (h.Seq - r.keys.ForwardOffset) & onion.SeqMask
	if newest, any := r.fwd.Highest(); !any || !r.answers().Check(seq, newest) {
		r.cs.N.BadAnswer++
		return 0, 0, false
	}
	r.backIn++
	seq |= onion.AnswerBit
	iv = r.keys.Backward.Apply(seq, h.IV, f.Body())
	return iv, seq, r.passAnswer(now, seq, iv^h.IV)
}

// answers returns the circuit's ring of answers. It lies in a table of its own: most
// circuits never need theirs, and its pages stay untouched.
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

// setPaid puts the circuit into the class of those that are paid for, or out of it. They
// are also ahead of the others when room is needed.
func (r *relay) setPaid(paid bool) { r.onward.Paid, r.homeward.Paid = paid, paid }

// saySlow tells the source that its frames wait here, at most ten times a second.
func (r *relay) saySlow(now time.Time, seq uint32) {
	if at := r.cs.at(now); at.since(r.slowAt) >= slowGap {
		r.slowAt = at
		r.answer(now, seq, onion.CellSlow, nil)
	}
}

// cell takes a control cell that is for us.
func (r *relay) cell(now time.Time, seq uint32, body []byte) {
	k := onion.NewCellKey(&r.keys.ControlForward) // not kept: cells are rare, circuits many
	c, _, err := k.Open(body)
	k.Wipe()
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
	k := onion.NewCellKey(&r.keys.ControlBackward)
	k.Seal(r.cells, t, data, f.Body())
	k.Wipe()
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
	case next.l.Peer() == r.up.l.Peer() || r.extension >= extensionsMost:
		why = ReasonRefused
	case !cs.mayPass(now, r.up.account, next.account):
		why = ReasonBusy
	case !r.extend(now, next, cs.newMessage(r.extension+1, packet)):
		why = ReasonFull
	}
	if why != 0 {
		r.answer(now, seq, onion.CellBroken, []byte{byte(why)})
		return
	}
	r.terminal, t.closed = nil, true
	cs.ev.TerminalClosed(now, t)
}

// extend gives the circuit its next hop and posts the set-up there; the message is no
// longer the caller's. False: there is no label left, or the link takes no message.
func (r *relay) extend(now time.Time, next *side, message *setupMessage) bool {
	label, ok := next.assign(now, slot{of: r.ref()}, r.cs.c.MaxCircuits)
	if !ok {
		r.cs.discard(message)
		return false
	}
	r.down, r.downLabel = next, label
	r.onward.By(r.up.l)
	r.homeward.By(next.l)
	if !r.cs.postSetup(now, next, label, message) {
		next.release(now, label)
		r.down = nil
		return false
	}
	r.cs.sentSetup(now, r.up.account.port)
	r.cs.sentSetup(now, next.account)
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

// free removes the circuit and tells the downstream neighbour. r must not be used
// afterwards: it is vacant, and the owner of a terminal, who is told at the end, may
// cause another circuit that gets its memory.
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
	up.account.count(-1)
	up.calm(now)
	cs.vacant = append(cs.vacant, r.id)
	r.clear()
	if t != nil {
		t.closed = true
		cs.ev.TerminalClosed(now, t)
	}
}
