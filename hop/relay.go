package hop

import (
	"encoding/binary"
	"time"

	"hopwire/link"
)

// A relay is one circuit that passes through or ends here. It knows its two
// neighbours on the circuit and nothing else. Flat and small: there are thousands.
type relay struct {
	cs        *Circuits
	up, down  *side // down nil: it ends here, or its next hop is lost
	upLabel   uint32
	downLabel uint32
	place     int // in cs.relays
	keys      *HopKeys
	cellIn    *CellKey // made at the first cell
	cellOut   *CellKey
	cells     uint64 // sent
	terminal  *Terminal

	fwd, bwd Window
	answers  Answers
	answered rate

	born, heard, end time.Time // heard: last forward frame
	broken           Reason    // tombstone: the next hop is lost
	brokenAt         time.Time
	freed            bool

	in, out, dropped, backIn, backOut uint32
}

// forward takes a frame from upstream; it owns f.
func (r *relay) forward(now time.Time, h link.Header, f *link.Frame) {
	n := &r.cs.N
	if h.Seq&answerBit != 0 || !r.fwd.Check(h.Seq) {
		n.BadSeq++
		r.cs.c.Env.Free(f)
		return
	}
	r.fwd.Accept(h.Seq)
	r.heard = now
	r.in++
	iv := r.keys.Forward.Apply(h.Seq, h.IV, f.Body())
	switch {
	case r.terminal != nil:
		r.arrived(now, h.Seq, iv, f)
	case iv == ivAddressed:
		r.cell(now, h.Seq, f.Body())
		r.cs.c.Env.Free(f)
	case r.broken != 0:
		r.sayBroken(now, h.Seq)
		r.cs.c.Env.Free(f)
	default:
		r.out++
		n.Relayed++
		r.down.l.Send(now, link.Header{Label: r.downLabel, Seq: (h.Seq + r.keys.ForwardOffset) & seqMask, IV: iv}, f)
	}
}

// arrived takes a frame at the last hop.
func (r *relay) arrived(now time.Time, seq uint32, iv uint64, f *link.Frame) {
	switch iv {
	case ivAddressed:
		r.cs.ev.TerminalFrame(now, r.terminal, seq, f.Body())
	case ivControl:
		r.cell(now, seq, f.Body())
	default:
		r.cs.N.Spoiled++
	}
	r.cs.c.Env.Free(f)
}

// backward takes a frame from downstream; it owns f. Answers bear the number of a
// forward frame, the last hop's frames a number of its own.
func (r *relay) backward(now time.Time, h link.Header, f *link.Frame) {
	seq, ok := r.backNumber(now, h)
	if !ok {
		r.cs.c.Env.Free(f)
		return
	}
	r.backIn++
	iv := r.keys.Backward.Apply(seq, h.IV, f.Body())
	r.backOut++
	r.cs.N.RelayedBack++
	r.up.l.Send(now, link.Header{Label: r.upLabel | backward, Seq: seq, IV: iv}, f)
}

// backNumber turns the number on the far wire into that on the near one, and
// checks that it is new.
func (r *relay) backNumber(now time.Time, h link.Header) (uint32, bool) {
	if h.Seq&answerBit == 0 {
		seq := (h.Seq + r.keys.BackwardOffset) & seqMask
		if !r.bwd.Check(seq) {
			r.cs.N.BadSeq++
			return 0, false
		}
		r.bwd.Accept(seq)
		return seq, true
	}
	seq := (h.Seq - r.keys.ForwardOffset) & seqMask
	newest, any := r.fwd.Highest()
	if !any || !r.answered.take(now, answerRate, answerRate) || !r.answers.Accept(seq, h.IV, newest) {
		r.cs.N.BadAnswer++
		return 0, false
	}
	return seq | answerBit, true
}

// cell takes a control cell that is for us.
func (r *relay) cell(now time.Time, seq uint32, body []byte) {
	if r.cellIn == nil {
		r.cellIn, r.cellOut = NewCellKey(r.keys.ControlForward), NewCellKey(r.keys.ControlBackward)
	}
	c, _, err := r.cellIn.Open(body)
	if err != nil {
		r.cs.N.Spoiled++
		return
	}
	switch {
	case c.Type == CellPing && len(c.Data) >= 4:
		p := Pong{binary.LittleEndian.Uint32(c.Data), r.in, r.out, r.dropped, r.backIn, r.backOut}
		r.answer(now, seq, CellPong, p.Append(nil))
	case c.Type == CellClose:
		r.free(now)
	case c.Type == CellExtend && r.terminal != nil:
		r.takeExtend(now, seq, c.Data)
	}
}

// answer sends a cell backward under the number of the frame it answers.
func (r *relay) answer(now time.Time, seq uint32, t CellType, data []byte) {
	f := r.cs.c.Env.Alloc()
	if f == nil {
		return
	}
	if r.cellOut == nil {
		r.cellIn, r.cellOut = NewCellKey(r.keys.ControlForward), NewCellKey(r.keys.ControlBackward)
	}
	f.N = link.FrameShort
	r.cells++
	r.cellOut.Seal(r.cells, t, data, f.Body())
	seq |= answerBit
	iv := r.keys.Backward.Apply(seq, ivAddressed, f.Body())
	r.up.l.Send(now, link.Header{Label: r.upLabel | backward, Seq: seq, IV: iv}, f)
}

// takeExtend makes a last hop into a relay: the set-up goes on to the next.
func (r *relay) takeExtend(now time.Time, seq uint32, data []byte) {
	id, packet, err := parseExtend(data)
	if err != nil {
		r.cs.N.Spoiled++
		return
	}
	next := r.cs.toward(id)
	if next == nil || next.l.Peer() == r.up.l.Peer() || !r.extend(now, next, packet) {
		r.answer(now, seq, CellBroken, []byte{byte(ReasonNoNext)})
		return
	}
	t := r.terminal
	r.terminal = nil
	r.cs.ev.TerminalClosed(now, t)
}

// extend gives the circuit its next hop.
func (r *relay) extend(now time.Time, next *side, packet *[SetupSize]byte) bool {
	label, ok := next.assign(slot{relay: r}, r.cs.c.MaxCircuits)
	if !ok {
		return false
	}
	r.down, r.downLabel = next, label
	if !r.cs.postSetup(now, next, label, packet) {
		next.release(label)
		r.down = nil
		return false
	}
	next.l.SetBusy(now, true)
	return true
}

// postSetup sends a set-up; when the neighbour never acknowledges, the circuit is broken.
func (cs *Circuits) postSetup(now time.Time, s *side, label uint32, packet *[SetupSize]byte) bool {
	b := binary.LittleEndian.AppendUint32(make([]byte, 0, 4+SetupSize), label)
	return s.l.Post(now, kindSetup, append(b, packet[:]...), func(now time.Time, ok bool) {
		o := s.slot(label)
		switch {
		case o == nil || s.down:
		case ok:
			o.acked = true
		default:
			cs.breakSlot(now, o, ReasonLinkDown)
		}
	})
}

// lose makes the relay a tombstone: its next hop is lost, the source shall know.
func (r *relay) lose(now time.Time, why Reason) {
	if r.broken != 0 || r.freed {
		return
	}
	r.cs.N.Tombs++
	r.detach(now)
	r.broken, r.heard = why, now
	if seq, ok := r.fwd.Highest(); ok {
		r.sayBroken(now, seq)
	}
}

// sayBroken answers a forward frame with the reason, at most once a second.
func (r *relay) sayBroken(now time.Time, seq uint32) {
	if now.Sub(r.brokenAt) < brokenGap {
		return
	}
	r.brokenAt = now
	r.answer(now, seq, CellBroken, []byte{byte(r.broken)})
}

// detach gives the downstream label back, telling the neighbour.
func (r *relay) detach(now time.Time) {
	if d := r.down; d != nil {
		r.down = nil
		d.release(r.downLabel)
		r.cs.gone(now, d, r.downLabel)
	}
}

// over says whether the circuit's time is up.
func (r *relay) over(now time.Time) bool {
	idle := circuitIdle
	if r.broken != 0 {
		idle = tombstoneFor
	}
	return !now.Before(r.end) || now.Sub(r.heard) >= idle
}

// evict frees the circuit for another; its source is told.
func (r *relay) evict(now time.Time) {
	r.cs.N.Evicted++
	if seq, ok := r.fwd.Highest(); ok && r.broken == 0 {
		r.answer(now, seq, CellBroken, []byte{byte(ReasonFull)})
	}
	r.free(now)
}

// free removes the circuit and tells the downstream neighbour.
func (r *relay) free(now time.Time) {
	if r.freed {
		return
	}
	r.freed = true
	r.detach(now)
	cs := r.cs
	last := cs.relays[len(cs.relays)-1]
	cs.relays[r.place], last.place = last, r.place
	cs.relays = cs.relays[:len(cs.relays)-1]
	if i := r.upLabel & indexMask; r.up.in[i] == r {
		r.up.in[i] = nil
	}
	r.up.passing--
	if t := r.terminal; t != nil {
		r.terminal = nil
		t.closed = true
		cs.ev.TerminalClosed(now, t)
	}
}
